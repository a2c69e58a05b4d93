//! The sources of signals as a table, for `status` and the closing summary.

use comfy_table::Table;
use comfy_table::presets::NOTHING;
use statecraft_domain::signal::SourceClass;

use crate::signals::{Counters, Health, SourceReport};

const HEADER: [&str; 7] =
    ["source", "class", "state", "last answer", "signals", "waiting", "not used"];

/// One line a source; nothing if there is none.
#[must_use]
pub fn text(reports: &[SourceReport]) -> String {
    if reports.is_empty() {
        return String::new();
    }
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(HEADER).add_rows(reports.iter().map(row));
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn row(report: &SourceReport) -> [String; 7] {
    let none = || "-".to_owned();
    [
        report.name.clone(),
        class_name(report.class),
        state(report),
        report.last_answer_secs_ago.map_or_else(none, |secs| format!("{} ago", span(secs))),
        report.counters.delivered.to_string(),
        if report.waiting == 0 { none() } else { format!("about {}", report.waiting) },
        lost(&report.counters),
    ]
}

fn class_name(class: SourceClass) -> String {
    let word = serde_json::to_value(class).ok();
    word.and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

fn state(report: &SourceReport) -> String {
    let again =
        report.next_look_secs.map_or_else(String::new, |secs| format!(", again in {}", span(secs)));
    match report.health {
        Health::Good => "good".to_owned(),
        Health::Behind => "BEHIND: above per_minute".to_owned(),
        Health::Pushed => "pushed".to_owned(),
        Health::Unheard => "no answer yet".to_owned(),
        Health::Held => format!("LEFT ALONE: its host asks for that{again}"),
        Health::Failing => {
            let times = report.failures_in_a_row;
            format!("FAILING {times} times in a row{again}: {}", report.error)
        }
    }
}

fn span(secs: u64) -> String {
    match secs {
        0..120 => format!("{secs} s"),
        120..7_200 => format!("{} min", secs / 60),
        _ => format!("{} h", secs / 3_600),
    }
}

/// What did not become signals and is nobody's everyday: headlines about other things are not told.
fn lost(counters: &Counters) -> String {
    let parts = [
        ("malformed", counters.malformed),
        ("ahead", counters.ahead),
        ("too old", counters.too_old),
        ("undated", counters.undated),
        ("too many", counters.too_many),
        ("dropped", counters.dropped),
        ("injections", counters.injections),
    ];
    let told: Vec<String> = parts
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    if told.is_empty() { "-".to_owned() } else { told.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_source_stands_on_its_line() {
        let report = |name: &str, health| SourceReport {
            name: name.to_owned(),
            class: SourceClass::TopTier,
            health,
            last_answer: None,
            last_answer_secs_ago: Some(300),
            failures_in_a_row: 3,
            error: "answered with status 500".to_owned(),
            next_look_secs: Some(60),
            waiting: 99_970,
            counters: Counters { delivered: 30, malformed: 2, ..Counters::default() },
        };
        assert_eq!(text(&[]), "");
        let table = text(&[report("a", Health::Failing), report("b", Health::Behind)]);
        let line = |name: &str| table.lines().find(|line| line.trim().starts_with(name)).unwrap();
        for part in ["top_tier", "FAILING 3 times", "again in 60 s", "status 500", "5 min ago"] {
            assert!(line("a").contains(part), "{part}: {table}");
        }
        for part in ["BEHIND", "about 99970", "malformed 2", "30"] {
            assert!(line("b").contains(part), "{part}: {table}");
        }
    }
}
