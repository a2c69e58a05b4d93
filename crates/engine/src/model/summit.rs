//! Who goes to a summit: labels `summit_window@NAME` move the attendance of the calendar window of that
//! name, as reports move the credibility of a plan (model.md 1.4, 2.1).

use statecraft_domain::Timestamp;

use super::dates::DAY;
use super::plan::{OFFICIAL_LOG_ODDS, expit};
use super::state::{Voice, undated};
use crate::config::{CalendarWindow, HazardSpec};

const PREFIX: &str = "summit_window@";

/// Is the label of a window that the specification lists?
pub(super) fn is_named(spec: &HazardSpec, slug: &str) -> bool {
    name_of(slug).is_some_and(|name| spec.windows.iter().any(|window| is_called(window, name)))
}

/// The window that a label means, heard at `at`: the next of those whose name has that word, or the first
/// on the days that it names.
pub(super) fn next(spec: &HazardSpec, slug: &str, at: Timestamp) -> Option<usize> {
    let (name, date) = (name_of(slug)?, undated(slug).1);
    let named = spec.windows.iter().enumerate().filter(|(_, window)| is_called(window, name));
    let meant = |window: &CalendarWindow| {
        date.is_none_or(|date| window.end >= date.first() && window.start <= date.last() + DAY)
    };
    let ahead = named.filter(|(_, window)| window.end >= at && meant(window));
    ahead.min_by_key(|(_, window)| window.start).map(|(index, _)| index)
}

fn name_of(slug: &str) -> Option<&str> {
    undated(slug).0.strip_prefix(PREFIX).filter(|name| !name.is_empty())
}

fn is_called(window: &CalendarWindow, name: &str) -> bool {
    let mut words = window.name.split(|c: char| !c.is_alphanumeric());
    words.any(|word| word.to_lowercase() == name.to_lowercase())
}

/// Log-odds of the attendance before anything is heard.
pub(super) fn prior(window: &CalendarWindow) -> f64 {
    let (goes, stays) = window.attend;
    goes.ln() - stays.ln()
}

/// What was said so far in log-odds, with one more story. An official word is nearly certain, and
/// replaces what was said before; the desk's decides.
pub(super) fn moved(before: f64, prior: f64, said: &Voice, scale: f64, official: bool) -> f64 {
    if let Some(desk) = said.desk {
        let decided = (desk * scale).clamp(-1.0, 1.0) * OFFICIAL_LOG_ODDS - prior;
        return if desk > 0.0 {
            before.max(decided)
        } else if desk < 0.0 {
            before.min(decided)
        } else {
            before
        };
    }
    let log_odds = prior + before + said.llr * scale;
    let log_odds = match official {
        true if said.llr > 0.0 => log_odds.max(OFFICIAL_LOG_ODDS),
        true if said.llr < 0.0 => log_odds.min(-OFFICIAL_LOG_ODDS),
        _ => log_odds,
    };
    log_odds - prior
}

/// The Beta parameters of the attendance after reports worth `evidence`: as many cases as before, in
/// another proportion.
pub(super) fn attend(window: &CalendarWindow, evidence: f64) -> (f64, f64) {
    if evidence == 0.0 {
        return window.attend;
    }
    let total = window.attend.0 + window.attend.1;
    // Never nothing at all: a Beta distribution has two parameters above zero.
    let mean = expit(prior(window) + evidence).clamp(1e-6, 1.0 - 1e-6);
    (mean * total, (1.0 - mean) * total)
}
