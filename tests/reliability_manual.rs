//! docs/RELIABILITY.md names a row for every fault of the catalogue, and only tests, kinds of simulated faults
//! and fuzz targets that exist. That a test tries what its row says is for people to see.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

use std::path::{Path, PathBuf};

use statecraft::simulation::Fault;

/// F1 to F73; the rest of the catalogue is security.
const FAULTS: usize = 73;
/// Where tests are.
const ROOTS: &[&str] = &["src", "tests", "crates"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// A row of the fault table.
struct Row {
    id: String,
    behaviour: String,
    tried: String,
}

fn rows() -> Vec<Row> {
    let manual = read("docs/RELIABILITY.md");
    let (_, table) = manual.split_once("| id | fault | behaviour | tried by |\n").unwrap();
    let lines = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [id, fault, behaviour, tried] = cells[..] else { panic!("four cells: {line}") };
        assert!(!fault.is_empty() && !behaviour.is_empty(), "{line}");
        Row { id: id.to_owned(), behaviour: behaviour.to_owned(), tried: tried.to_owned() }
    };
    lines.map(row).collect()
}

/// Every source by its path from the root, without `.rs`.
fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for dir in ROOTS {
        read_all(&root().join(dir), &mut found);
    }
    found
}

fn read_all(dir: &Path, into: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, into);
        } else if let Some(name) = path.to_str().and_then(|path| path.strip_suffix(".rs")) {
            let name = name.strip_prefix(root().to_str().unwrap()).unwrap();
            into.push((name.replace("/src/", "/"), std::fs::read_to_string(&path).unwrap()));
        }
    }
}

/// Is there a function of this name with a `#[test]` of any kind before it?
fn has_test(text: &str, name: &str) -> bool {
    let starts = format!("fn {name}(");
    let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
    lines.iter().enumerate().any(|(at, line)| {
        let is_it = line.strip_prefix("async ").unwrap_or(line).starts_with(&starts);
        let attributes = lines[..at].iter().rev().take_while(|line| line.starts_with("#["));
        let mut attributes = attributes.filter(|line| line.contains("test"));
        is_it && attributes.any(|line| line.starts_with("#[test]") || line.contains("::test"))
    })
}

/// What stands in backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn every_fault_has_its_row_and_says_what_tries_it() {
    let rows = rows();
    for number in 1..=FAULTS {
        let id = format!("F{number}");
        assert_eq!(rows.iter().filter(|row| row.id == id).count(), 1, "{id}");
    }
    for row in &rows {
        let says_no = row.behaviour.to_lowercase().contains("not covered");
        assert!(
            says_no || !row.tried.is_empty(),
            "{}: nothing tries it, and it is not said",
            row.id
        );
    }
}

#[test]
fn every_test_kind_and_target_exists() {
    let (sources, fuzz) = (sources(), read("fuzz/Cargo.toml"));
    let mut simulated = Vec::new();
    for row in rows() {
        for part in row.tried.split("; ") {
            let (kind, names) = part.split_once(": ").unwrap_or(("", part));
            // A path has colons of its own, and no space behind them.
            let (kind, names) = if kind.contains('`') { ("", part) } else { (kind, names) };
            for name in quoted(names) {
                match kind {
                    "simulate" => {
                        assert!(Fault::named(name).is_some(), "{}: no kind {name}", row.id);
                        simulated.push(name.to_owned());
                    }
                    "fuzz" => {
                        let target = format!("name = \"{name}\"");
                        assert!(fuzz.contains(&target), "{}: no target {name}", row.id);
                    }
                    "" => {
                        let (file, test) = name.split_once("::").expect(name);
                        let found = sources.iter().any(|(path, text)| {
                            path.ends_with(&format!("/{file}")) && has_test(text, test)
                        });
                        assert!(found, "{}: no test {name}", row.id);
                    }
                    other => panic!("{}: what is {other:?}?", row.id),
                }
            }
        }
    }
    let unnamed: Vec<&str> = Fault::ALL
        .iter()
        .map(|fault| fault.name())
        .filter(|name| !simulated.iter().any(|known| known == name))
        .collect();
    assert!(unnamed.is_empty(), "kinds of simulated faults without a row: {unnamed:?}");
}
