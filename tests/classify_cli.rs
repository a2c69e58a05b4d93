//! `classify` by the real program: lines of JSON, dates of visits, a lexicon of one's own, exit codes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

use std::path::Path;
use std::process::{Command, Output};

fn classify(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_statecraft"));
    command.arg("classify").args(args).env_clear().output().unwrap()
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn lines(output: &Output) -> Vec<serde_json::Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_file_becomes_one_object_a_row() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("rows.csv");
    std::fs::write(
        &file,
        "id,lang,source_class,headline,target\n\
         a,en,wire,Japan commits ¥5 trillion to US chip plants,japan\n\
         b,en,satire,Trump agrees to visit Japan on condition Mount Fuji be renamed,japan\n",
    )
    .unwrap();
    let output = classify(&["--file", file.to_str().unwrap(), "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
    let rows = lines(&output);
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0]["id"], "a");
    assert_eq!(rows[0]["relevant"], 1);
    assert_eq!(rows[0]["capital_type"], "sovereign");
    assert_eq!(rows[0]["amount_native_bn"], 5000.0);
    assert_eq!(rows[0]["currency"], "JPY");
    assert_eq!(rows[0]["direction"], "up");
    assert_eq!(rows[1]["relevant"], 0);
    assert_eq!(rows[1]["assertion"], "satire");
    assert_eq!(rows[1]["direction"], "neutral");
    assert_eq!(rows[1]["signals"], "none");
}

#[test]
fn a_visit_shows_its_date() {
    let output = classify(&["Trump to visit Tokyo on November 14, 2026, White House announces"]);
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("2026-11-14"));
}

#[test]
fn words_of_ones_own_count() {
    let dir = tempfile::tempdir().unwrap();
    let own = dir.path().join("own.toml");
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/lexicon.toml");
    let text = std::fs::read_to_string(shipped).unwrap();
    let text = text.replace("[word.satire]\nany = [", "[word.satire]\nany = [\"quibblefax\", ");
    std::fs::write(&own, text).unwrap();
    let headline = "Quibblefax: Trump lands in Tokyo";
    let read = |args: &[&str]| lines(&classify(args)).remove(0)["assertion"].clone();
    assert_eq!(read(&[headline, "--json"]), "asserted");
    assert_eq!(read(&[headline, "--json", "--lexicon", own.to_str().unwrap()]), "satire");
}

#[test]
fn mistakes_name_what_is_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let bad = dir.path().join("bad.toml");
    std::fs::write(&bad, "[word.travel]\nen = [\"Visit\"]\n").unwrap();
    let output = classify(&["x", "--lexicon", bad.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(errors(&output).contains("bad.toml"), "{}", errors(&output));
    let output = classify(&["x", "--lexicon", "no-such-file.toml"]);
    assert_eq!(output.status.code(), Some(2));
    let output = classify(&["x", "--target", "atlantis"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(errors(&output).contains("atlantis"), "{}", errors(&output));
    let output = classify(&["--file", "no-such-file.csv"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
}

/// What is wrong with one row, or with its letters, is told and costs no other row.
#[test]
fn a_bad_row_costs_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("odd.csv");
    let header = "id,lang,source_class,headline,target\n";
    let good = "9,en,wire,Japan pledges 5 trillion yen for AI parks,japan\n";
    let read = |bytes: &[u8]| {
        std::fs::write(&file, bytes).unwrap();
        classify(&["--file", file.to_str().unwrap(), "--json"])
    };
    let few = format!(
        "{header}1,en,wire,too few\n2,en,wire,one, too many,japan\n3,en,nobody,x,japan\n{good}"
    );
    let output = read(few.as_bytes());
    assert_eq!((output.status.code(), lines(&output).len()), (Some(0), 1), "{}", errors(&output));
    for told in [
        "line 2: 4 fields",
        "line 3: 6 fields",
        "line 4: unknown source_class",
        "3 of 4 rows were LEFT OUT",
    ] {
        assert!(errors(&output).contains(told), "{}", errors(&output));
    }
    let latin =
        [header.as_bytes(), b"1,de,wire,Japan f\xfcr Tokio,japan\n", good.as_bytes()].concat();
    let output = read(&latin);
    assert_eq!(lines(&output).len(), 2, "{}", errors(&output));
    assert!(errors(&output).contains("was replaced"), "{}", errors(&output));
    let utf16: Vec<u8> =
        format!("\u{feff}{header}{good}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(lines(&read(&utf16))[0]["amount_native_bn"], 5000.0);
    let output = read(header.as_bytes());
    assert!(output.stdout.is_empty() && errors(&output).contains("no row below the header"));
    assert_eq!(read(b"").status.code(), Some(2));
}
