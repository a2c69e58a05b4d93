//! The manual of the risk controls says what the program does: its tables are made from the program's own
//! lists, and every control names keys and tests that exist.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use statecraft::cli::controls::CONTROLS;
use statecraft::config::schema;
use statecraft_domain::{Denial, RejectReason};
use statecraft_engine::risk::CHECKS;

const BEGIN: &str = "<!-- generated: tests/risk_manual.rs, STATECRAFT_WRITE_DOCS=1 -->\n";
const END: &str = "<!-- end of the generated part -->\n";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn generated() -> String {
    let mut text = String::new();
    let gated = |denial: &Denial| CHECKS.iter().any(|(check, _)| check == denial);
    let mut table = |title: &str, rows: Vec<(&str, &str)>| {
        writeln!(text, "\n### {title}\n\n| code | meaning |\n|---|---|").unwrap();
        for (code, meaning) in rows {
            writeln!(text, "| `{code}` | {meaning} |").unwrap();
        }
    };
    let row = |denial: &Denial| (denial.code(), denial.meaning());
    table("The gate, in its order", CHECKS.iter().map(|(denial, _)| row(denial)).collect());
    let own = Denial::ALL.iter().filter(|denial| !gated(denial));
    table("Findings of the decision itself", own.map(row).collect());
    let refusals = RejectReason::ALL.iter().map(|reason| (reason.code(), reason.meaning()));
    table("Refusals of a venue, in our words", refusals.collect());
    text.push_str(
        "\n### Controls\n\n| rule | sees to | denies with | stops with | limits | proof |\n",
    );
    text.push_str("|---|---|---|---|---|---|\n");
    let list = |items: Vec<String>| items.join(", ");
    let quoted = |items: &[&str]| list(items.iter().map(|item| format!("`{item}`")).collect());
    for control in CONTROLS {
        let codes = list(control.codes.iter().map(|code| format!("`{}`", code.code())).collect());
        writeln!(
            text,
            "| {} | {} | {codes} | {} | {} | {} |",
            control.rule,
            control.what,
            quoted(control.stops),
            quoted(control.parameters),
            quoted(control.tests)
        )
        .unwrap();
    }
    text.push('\n');
    text
}

#[test]
fn the_tables_of_the_manual_are_the_program_s_own() {
    let path = root().join("docs/RISK.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("docs/RISK.md has its generated part");
    let (written, after) = rest.split_once(END).expect("docs/RISK.md ends its generated part");
    if std::env::var_os("STATECRAFT_WRITE_DOCS").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{}{END}{after}", generated())).unwrap();
        return;
    }
    assert_eq!(written, generated(), "run this test with STATECRAFT_WRITE_DOCS=1");
}

#[test]
fn every_check_of_the_gate_is_a_control_and_every_code_has_one() {
    let controlled: BTreeSet<Denial> =
        CONTROLS.iter().flat_map(|control| control.codes.iter().copied()).collect();
    let gated: BTreeSet<Denial> = CHECKS.iter().map(|&(denial, _)| denial).collect();
    assert_eq!(controlled, gated);
    let codes: BTreeSet<&str> = Denial::ALL.iter().map(|denial| denial.code()).collect();
    assert_eq!(codes.len(), Denial::ALL.len(), "a code twice");
    for denial in Denial::ALL {
        assert!(!denial.meaning().is_empty() && !denial.meaning().contains('\n'), "{denial}");
    }
}

/// The gate asks in the order of the manual.
#[test]
fn the_gate_asks_in_the_order_of_the_rules() {
    let number = |denial: &Denial| -> u32 {
        let digits = denial.code().trim_start_matches('R');
        digits.split('_').next().unwrap().parse().unwrap()
    };
    let numbers: Vec<u32> = CHECKS.iter().map(|(denial, _)| number(denial)).collect();
    assert!(numbers.is_sorted(), "{numbers:?}");
    let rules: BTreeSet<u32> = numbers.into_iter().collect();
    assert_eq!(rules, (1..=28).collect(), "R1 to R28, every one");
}

#[test]
fn every_parameter_is_a_key_and_every_proof_a_test() {
    let keys = format!("{}{}", schema::settings(), schema::strategy());
    let mut sources = String::new();
    for dir in ["crates", "src", "tests"] {
        read_all(&root().join(dir), &mut sources);
    }
    for control in CONTROLS {
        for key in control.parameters {
            assert!(keys.contains(&format!("\"{key}\"")), "{}: no key {key}", control.rule);
        }
        assert!(!control.tests.is_empty(), "{} proves nothing", control.rule);
        for test in control.tests {
            let found = sources.contains(&format!("#[test]\nfn {test}("))
                || sources.contains(&format!("#[test]\n    fn {test}("))
                || sources.contains(&format!("    fn {test}(\n"));
            assert!(found, "{}: no test {test}", control.rule);
        }
    }
}

fn read_all(dir: &Path, into: &mut String) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && !path.ends_with("tests/risk_manual.rs")
            && !path.ends_with("controls/table.rs")
        {
            into.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}
