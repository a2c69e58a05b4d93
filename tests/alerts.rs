//! The runbook has one entry for every alert that the program can raise: the list in `cli::alerts` is held
//! against the sources both ways, and the table of docs/OPERATING.md is made from it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use regex::Regex;
use statecraft::cli::alerts::ALERTS;
use statecraft_domain::action::Severity;

const BEGIN: &str = "<!-- generated: tests/alerts.rs, STATECRAFT_WRITE_DOCS=1 -->\n";
const END: &str = "<!-- end of the generated part -->\n";

/// Rooms whose codes are not those of a running bot.
const ELSEWHERE: &[&str] = &["src/simulation", "src/simulator", "src/research", "src/cli"];

/// Files that raise alerts under codes that no rule below reads, and these codes; none: the codes are made
/// where another rule finds them.
const PASSED_ON: &[(&str, &[&str])] = &[
    ("crates/engine/src/engine.rs", &[]),
    ("crates/engine/src/engine/breakers.rs", &[]),
    ("crates/engine/src/engine/loss.rs", &["day_loss", "week_loss"]),
    ("src/runtime/core.rs", &[]),
    ("src/runtime/hot_config.rs", &[]),
    ("src/trading/listings.rs", &["rules_changed", "listing_unusable"]),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Sources without their tests, by path from the root.
fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for dir in ["crates/engine/src", "src"] {
        read_all(&root().join(dir), &mut found);
    }
    assert!(found.len() > 100);
    found
}

fn read_all(dir: &Path, into: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        if ELSEWHERE.contains(&name.as_str()) || name.ends_with("tests.rs") {
            continue;
        }
        if path.is_dir() {
            read_all(&path, into);
        } else if name.ends_with(".rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned();
            into.push((name, text));
        }
    }
}

/// Codes that a source raises: each with the severities that are plain to see there.
type Raised = BTreeMap<String, Vec<Option<Severity>>>;

/// The program's regular expressions know ASCII only.
fn pattern_of(text: &str) -> Regex {
    let ascii =
        text.replace(r"\b", r"(?-u:\b)").replace(r"\w", "[A-Za-z0-9_]").replace(r"\s", "[ \n]");
    Regex::new(&ascii).unwrap()
}

/// How alerts are raised: a pattern whose group `code` is the code; and how urgent that is.
fn rules() -> Vec<(Regex, Option<Severity>)> {
    let code = r#""(?<code>[a-z][a-z_]*[a-z])""#;
    let critical = Some(Severity::Critical);
    let mut rules = Vec::new();
    let mut rule = |pattern: &str, severity| {
        rules.push((pattern_of(&pattern.replace("CODE", code)), severity));
    };
    for (level, severity) in
        [("error", Severity::Critical), ("warn", Severity::Warning), ("info", Severity::Info)]
    {
        rule(&format!(r#"\b{level}!\([^;"]*?\bcode = CODE"#), Some(severity));
    }
    for severity in [Severity::Critical, Severity::Warning, Severity::Info] {
        rule(&format!(r"Severity::{severity:?},\s*CODE"), Some(severity));
    }
    rule(r"\bcode = CODE", None);
    rule(r"\balert\(\s*severity,\s*CODE", None);
    rule(r"\b(halt|tell)\(\s*CODE", critical);
    rule(r"\bstop\(\s*Mode::\w+,\s*CODE", critical);
    rule(r"\bhalt_strategy\(\s*\w+,\s*CODE", critical);
    rule(r"\bBreach::(alarm|kill)\(\s*CODE", critical);
    rule(r"\bover\(\s*CODE", critical);
    rule(r"\bHold::new\(\s*Mode::ReduceOnly,\s*CODE", critical);
    rule(r"\bHold::new\(\s*Mode::Active,\s*CODE", Some(Severity::Warning));
    rule(r"\bby_engine\(\s*at,\s*Mode::Halted,\s*CODE", critical);
    // Of a restriction that a person or a breaker sets, or of a choice between two codes.
    rule(r"\bcode: CODE\.to_owned\(\)", None);
    rule(r"\bcode: if [^;]*?\{ CODE \} else", None);
    rule(r"\bcode: if [^;]*?else \{ CODE \}\.to_owned", None);
    rule(r"\(CODE, message\)", None);
    rule(r"\blet code = if [^;]*?\{ CODE \} else", None);
    rule(r"\blet code = if [^;]*?else \{ CODE \};", None);
    rules
}

fn raised(sources: &[(String, String)]) -> Raised {
    let rules = rules();
    let mut raised = Raised::new();
    for (name, text) in sources {
        // The push API has error codes of its own, for whoever asks it.
        let is_answer = name.starts_with("src/signals/push/");
        for (pattern, severity) in rules.iter().filter(|_| !is_answer) {
            for found in pattern.captures_iter(text) {
                raised.entry(found["code"].to_owned()).or_default().push(*severity);
            }
        }
    }
    for (file, codes) in PASSED_ON {
        let (_, text) = sources.iter().find(|(name, _)| name == file).expect(file);
        for code in *codes {
            assert!(text.contains(&format!("\"{code}\"")), "{file} does not raise {code}");
            raised.entry((*code).to_owned()).or_default().push(Some(Severity::Critical));
        }
    }
    raised
}

#[test]
fn every_alert_is_in_the_list_and_every_entry_is_an_alert() {
    let raised = raised(&sources());
    let listed: BTreeMap<&str, Severity> =
        ALERTS.iter().map(|entry| (entry.code, entry.severity)).collect();
    assert_eq!(listed.len(), ALERTS.len(), "a code twice");
    let unlisted: Vec<&String> =
        raised.keys().filter(|code| !listed.contains_key(code.as_str())).collect();
    assert!(unlisted.is_empty(), "not in src/cli/alerts.rs, so not in the runbook: {unlisted:?}");
    let gone: Vec<&&str> = listed.keys().filter(|code| !raised.contains_key(**code)).collect();
    assert!(gone.is_empty(), "in src/cli/alerts.rs, and nothing raises it: {gone:?}");
    for (code, severities) in &raised {
        let Some(worst) = severities.iter().flatten().min_by_key(|severity| rank(**severity))
        else {
            continue;
        };
        assert_eq!(listed[code.as_str()], *worst, "{code} in src/cli/alerts.rs");
    }
}

const fn rank(severity: Severity) -> u8 {
    match severity {
        Severity::Critical => 0,
        Severity::Warning => 1,
        Severity::Info => 2,
    }
}

/// What the rules above cannot read would be missing without a word: a code in a variable is known here.
#[test]
fn an_alert_whose_code_is_not_written_beside_it_is_accounted_for() {
    let calls = [
        r"\balert\(\s*Severity::\w+,\s*(code|&)",
        r"\balert\(\s*severity,\s*(code|&)",
        r"\bhalt\(\s*code",
        r"\bstop\(\s*[\w:]+,\s*code",
        r"\bhalt_strategy\(\s*\w+,\s*code",
        r"\btell\(\s*code",
        r"\b(error|warn|info)!\(\s*code(,| = [^\x22])",
        r"\bBreach::(alarm|kill)\(\s*[a-z]",
    ];
    let calls: Vec<Regex> = calls.iter().map(|call| pattern_of(call)).collect();
    // A choice among several, with their severities or with one of its own.
    let chosen = pattern_of(
        r#"Severity::\w+,\s*"[a-z_]+",?\s*(\)|format|message)|let code = if|\("[a-z_]+", message\)"#,
    );
    for (name, text) in sources() {
        let passes = calls.iter().any(|call| call.is_match(&text));
        let known = PASSED_ON.iter().any(|(file, _)| *file == name) || chosen.is_match(&text);
        assert!(!passes || known, "{name}: an alert under a code that this test cannot read");
    }
}

fn letter(severity: Severity) -> char {
    match severity {
        Severity::Critical => 'C',
        Severity::Warning => 'W',
        Severity::Info => 'I',
    }
}

fn generated() -> String {
    let mut text = "\n| code | | meaning | do |\n|---|---|---|---|\n".to_owned();
    for entry in ALERTS {
        let letter = letter(entry.severity);
        writeln!(text, "| `{}` | {letter} | {} | {} |", entry.code, entry.meaning, entry.action)
            .unwrap();
    }
    text.push('\n');
    text
}

#[test]
fn the_runbook_has_one_row_for_every_alert() {
    let path = root().join("docs/OPERATING.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("docs/OPERATING.md has its generated part");
    let (written, after) = rest.split_once(END).expect("docs/OPERATING.md ends its generated part");
    if std::env::var_os("STATECRAFT_WRITE_DOCS").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{}{END}{after}", generated())).unwrap();
        return;
    }
    assert_eq!(written, generated(), "run this test with STATECRAFT_WRITE_DOCS=1");
    for entry in ALERTS {
        let row = format!("| `{}` | {} |", entry.code, letter(entry.severity));
        assert_eq!(text.matches(&row).count(), 1, "{}", entry.code);
        for line in [entry.meaning, entry.action] {
            assert!(!line.contains(['\n', '|']), "{}: {line:?}", entry.code);
        }
        assert!(!entry.meaning.is_empty(), "{}", entry.code);
    }
}
