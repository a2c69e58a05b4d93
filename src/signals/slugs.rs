//! The slugs that something says by itself: what headlines are read as, and the states of a plan and of a
//! deal. Whatever else a strategy weighs, only labels of the user's own can say.

use statecraft_engine::model::{Dates, GONE, Shift};

/// What headlines are read as, besides states (model.md 1.2, docs/EXTRACTION.md).
pub const READ: [&str; 10] = [
    "america_first",
    "branding",
    "econ_security",
    "emergency_decl",
    "fed_land",
    "host_preference",
    "leader_inbound",
    "relation_bad",
    "relation_good",
    "summit_window",
];

/// Words for states of a plan and of a deal, which every dated event listens to (model.md 1.3, 1.5, 1.6).
pub const STATES: [&str; 23] = [
    "occurred",
    "visit_occurred",
    "stopover",
    "visit_stopover",
    "stopover_planned",
    "visit_stopover_planned",
    GONE,
    "scheduled",
    "visit_announced",
    "planned",
    "visit_planned",
    "postponed",
    "visit_postponed",
    "called_off",
    "visit_cancelled",
    "deal",
    "private_deal",
    "deal_progress",
    "deal_collapse",
    "sov_capital",
    "priv_capital",
    "visit_window",
    "construction",
];

/// The slug of who attends a calendar window; the window is named after the `@` (`summit_window@apec`).
pub const SUMMIT: &str = "summit_window";

/// May a label be called so? A plain name of `a-z 0-9 _ - :`; a name and, after an `@`, a word of a
/// window's name; a name and a span of months or days (`visit_planned:2028-03..2028-05`); or a name and how
/// much later it is to be (`visit_postponed:+2w`). What the model could
/// not read is not taken: it would move nothing, silently.
#[must_use]
pub fn is_slug(slug: &str) -> bool {
    if let Some((name, word)) = slug.split_once('@') {
        return is_plain(name, b"_-") && is_plain(word, b"");
    }
    if let Some((name, by)) = slug.split_once(":+") {
        return is_plain(name, b"_-") && by.len() < 8 && Shift::parse(&format!("+{by}")).is_some();
    }
    if slug.contains("..") {
        let Some((name, dates)) = slug.split_once(':') else { return false };
        return is_plain(name, b"_-") && Dates::parse(dates).is_some();
    }
    is_plain(slug, b"_-:")
}

/// At least one of `a-z 0-9` and `more`, and nothing else.
fn is_plain(text: &str, more: &[u8]) -> bool {
    let allowed =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || more.contains(&byte);
    !text.is_empty() && text.bytes().all(allowed)
}

/// Every slug of both kinds.
pub fn known() -> impl Iterator<Item = &'static str> {
    READ.iter().chain(&STATES).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_name_windows_and_times_and_nothing_else() {
        let good = [
            "sov_capital",
            "deal:signed",
            "leader_inbound:2026-03-19",
            "visit_planned:2026-05",
            "visit_planned:2026-05..2026-07",
            "visit_announced:2026-05-10..2026-05-14",
            "visit_postponed:+2w",
            "visit_postponed:+1y",
            "summit_window@apec",
            "summit_window@g7",
        ];
        for slug in good {
            assert!(is_slug(slug), "{slug}");
        }
        let bad = [
            "",
            "Sov",
            "a b",
            "../a",
            "a/b",
            "a..b",
            "@apec",
            "summit_window@",
            "summit_window@APEC",
            "summit_window@apec@g7",
            "summit_window@apec:2026",
            "summit_window@ap.ec",
            "visit_planned:2026-07..2026-05",
            "visit_planned:2026-13..2026-14",
            "visit_planned:2026-05..",
            "visit_planned:2026-05..2026-06..2026-07",
            "visit_planned:2026-05-10..2026-05-01",
            "visit_planned:2026-05..2026-05-10",
            "visit_postponed:+",
            "visit_postponed:+w",
            "visit_postponed:+2w+1d",
            ":+2w",
            "2026-05..2026-06",
            "visit_planned:+026-05..2026-06",
        ];
        for slug in bad {
            assert!(!is_slug(slug), "{slug}");
        }
    }
}
