//! M17, P7: a session of the real program, run again from its recording, asks for the same to the byte;
//! and a change of one number or one event is found.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

#[path = "support/process.rs"]
mod process;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use process::*;
use serde_json::Value;
use statecraft::tape::{TapeReader, TapeWriter};
use statecraft_domain::Event;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Settings of a recorded run on the embedded venue with the shipped strategies.
fn embedded(dir: &Path) {
    let settings = format!(
        "[run]\nstate_dir = \"{0}/state\"\nstrategies_dir = \"{1}/strategies\"\n\
         [tape]\nrecord = true\ndir = \"{0}/tapes\"\n",
        dir.display(),
        ROOT
    );
    fs::write(dir.join("statecraft.toml"), settings).unwrap();
}

/// Settings of a recorded run against this venue.
fn configure_recorded(dir: &Path, url: &str) {
    configure(dir, url);
    let path = dir.join("statecraft.toml");
    let settings = fs::read_to_string(&path).unwrap();
    let record = format!("[tape]\nrecord = true\ndir = \"{}/tapes\"\n", dir.display());
    fs::write(path, settings + &record).unwrap();
}

/// Recordings of a directory, by ending.
fn recordings(dir: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir.join("tapes")).unwrap();
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == ending))
        .collect();
    found.sort();
    found
}

/// The verb's exit code and its JSON.
fn replay(tape: &Path, extra: &[&str]) -> (i32, Value) {
    let mut command = Command::new(program());
    command.args(["replay", "--verify", "--json"]).arg(tape).args(extra);
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let verdict = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{told}"));
    (output.status.code().unwrap(), verdict)
}

fn expect_same(tape: &Path) -> Value {
    let (code, verdict) = replay(tape, &[]);
    assert_eq!((code, &verdict["ok"]), (0, &Value::Bool(true)), "{verdict}");
    verdict
}

/// The recording without one event, as a recording of its own, beside the same session.
fn without(tape: &Path, dir: &Path, leave_out: impl Fn(usize, &Event) -> bool) -> PathBuf {
    let cut = dir.join("cut.tape");
    let _ = fs::remove_file(&cut);
    let mut writer = TapeWriter::create(&cut).unwrap();
    for (number, event) in TapeReader::open(tape).unwrap().enumerate() {
        let event = event.unwrap();
        if !leave_out(number, &event) {
            writer.append(&event).unwrap();
        }
    }
    writer.sync().unwrap();
    fs::copy(tape.with_extension("session"), dir.join("cut.session")).unwrap();
    cut
}

#[test]
fn p7_a_recorded_session_replays_to_the_same_bytes_and_a_change_is_found() {
    let dir = tempfile::tempdir().unwrap();
    embedded(dir.path());
    let summary = run_for(dir.path(), "12s");
    assert!(summary["orders"].as_u64().unwrap() > 0, "nothing to compare: {summary}");
    let tapes = recordings(dir.path(), "parquet");
    let tape = tapes.first().unwrap();
    let verdict = expect_same(tape);
    assert_eq!(verdict["orders"], summary["orders"]);
    assert_eq!(verdict["actions_hash"], verdict["recorded_hash"]);
    assert!(verdict["actions"].as_u64() > verdict["orders"].as_u64());
    eprintln!(
        "{} events, {} actions, {} orders: equal to the byte",
        verdict["events"], verdict["actions"], verdict["orders"]
    );
    a_missing_event_is_found(tape, dir.path());
    a_changed_number_is_found(tape, dir.path());
    a_changed_action_is_found(tape, dir.path());
    what_a_killed_run_could_not_write_down_is_no_difference(tape, dir.path());
}

/// Tape and session file are written by themselves: a kill may leave either behind.
fn what_a_killed_run_could_not_write_down_is_no_difference(tape: &Path, dir: &Path) {
    let session = fs::read_to_string(tape.with_extension("session")).unwrap();
    let lines: Vec<&str> = session.lines().collect();
    let copy = dir.join("killed.parquet");
    fs::copy(tape, &copy).unwrap();
    let decided = lines.iter().rposition(|line| line.contains("\"hash\"")).unwrap() - 1;
    assert!(lines[decided].contains("actions"), "{}", lines[decided]);
    let write = |lines: &[&str]| {
        fs::write(dir.join("killed.session"), lines.join("\n") + "\n").unwrap();
    };
    write(&lines[..decided]);
    let verdict = expect_same(&copy);
    let (all, beyond) = (verdict["actions"].as_u64().unwrap(), verdict["unrecorded"].as_u64());
    assert!((1..all).contains(&beyond.unwrap()), "{verdict}");
    // In the middle something is missing all the same.
    let first = lines.iter().position(|line| line.contains("\"action\":\"place\"")).unwrap();
    let mut hole = lines[..decided].to_vec();
    hole.remove(first);
    write(&hole);
    let (code, verdict) = replay(&copy, &[]);
    assert_eq!(code, 4, "{verdict}");
}

fn a_missing_event_is_found(tape: &Path, dir: &Path) {
    // Any event at all: the numbers no longer fit.
    let (code, verdict) = replay(&without(tape, dir, |number, _| number == 0), &[]);
    assert_eq!((code, &verdict["ok"]), (4, &Value::Bool(false)), "{verdict}");
    // One that matters: the first action without it is named.
    let first = |event: &Event| matches!(event, Event::OrderFilled(_));
    let lost = TapeReader::open(tape).unwrap().position(|event| first(&event.unwrap())).unwrap();
    let (code, verdict) = replay(&without(tape, dir, |number, _| number == lost), &[]);
    assert_eq!(code, 4, "{verdict}");
    let difference = &verdict["first_difference"];
    assert!(difference["event"].as_u64().unwrap() > lost as u64, "{difference}");
}

fn a_changed_number_is_found(tape: &Path, dir: &Path) {
    let session = fs::read_to_string(tape.with_extension("session")).unwrap();
    // The head holds the strategies' text.
    let changed = session.replace("model_weight = 0.40", "model_weight = 0.39");
    assert!(changed != session, "no such number in the strategies any more: choose another");
    let copy = dir.join("changed.parquet");
    fs::copy(tape, &copy).unwrap();
    fs::write(dir.join("changed.session"), changed).unwrap();
    let (code, verdict) = replay(&copy, &[]);
    assert_eq!(code, 4, "{verdict}");
    assert_eq!(verdict["same_configuration"], false, "{verdict}");
    let difference = &verdict["first_difference"];
    assert!(difference["recorded"].is_object() && difference["replayed"].is_object(), "{verdict}");
}

fn a_changed_action_is_found(tape: &Path, dir: &Path) {
    let session = fs::read_to_string(tape.with_extension("session")).unwrap();
    // One bit of one recorded hash.
    let lines: Vec<&str> = session.lines().collect();
    let place = lines.iter().position(|line| line.contains("\"action\":\"place\"")).unwrap();
    let at = lines[place].rfind("\"hash\":\"").unwrap() + 8;
    let mut line = lines[place].to_owned();
    let digit = if line.as_bytes()[at] == b'0' { "1" } else { "0" };
    line.replace_range(at..=at, digit);
    let mut lines = lines;
    lines[place] = &line;
    let copy = dir.join("flipped.parquet");
    fs::copy(tape, &copy).unwrap();
    fs::write(dir.join("flipped.session"), lines.join("\n") + "\n").unwrap();
    let (code, verdict) = replay(&copy, &[]);
    assert_eq!(code, 4, "{verdict}");
    assert!(verdict["first_difference"]["recorded"].is_object(), "{verdict}");
}

#[test]
fn p7_sessions_that_go_on_where_a_killed_one_ended_replay_too() {
    let dir = tempfile::tempdir().unwrap();
    let faults = "[[fault]]\nkind = \"error_after_accept\"\nevery = 3\n";
    let (url, _venue) = venue(dir.path(), faults);
    configure_recorded(dir.path(), &url);
    for _ in 0..2 {
        let mut bot = watch(dir.path());
        bot.wait_for(" active ", Duration::from_secs(30)).expect("never ready");
        std::thread::sleep(Duration::from_millis(900));
        bot.process.kill();
    }
    run_for(dir.path(), "2s");
    assert_fired(&url, "error_after_accept");
    let (killed, ended) = (recordings(dir.path(), "tape"), recordings(dir.path(), "parquet"));
    assert_eq!((killed.len(), ended.len()), (2, 1));
    for tape in killed.iter().chain(&ended) {
        let verdict = expect_same(tape);
        eprintln!(
            "{}: {} events, {} actions",
            tape.display(),
            verdict["events"],
            verdict["actions"]
        );
    }
    let records = |tape: &Path| {
        let session = fs::read_to_string(tape.with_extension("session")).unwrap();
        let head: Value = serde_json::from_str(session.lines().next().unwrap()).unwrap();
        head["records"].as_u64().unwrap()
    };
    assert_eq!(records(&killed[0]), 0);
    assert!(records(&ended[0]) > 5, "the last run knew nothing of the ones before");
}

/// An edit of a running bot is part of its session: the text that was put in force is in the recording.
#[test]
fn p7_a_session_with_edits_replays_too() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _venue) = venue(dir.path(), "");
    configure_recorded(dir.path(), &url);
    let mut bot = watch(dir.path());
    bot.wait_for(" active ", Duration::from_secs(30)).expect("never ready");
    // One whole, with a limit that is tightened; one of which the limit that it loosens waits.
    let edits = [
        (
            "interval = \"30m\"",
            "interval = \"20m\"",
            "max_position_cost = \"2000\"",
            "max_position_cost = \"1900\"",
        ),
        (
            "interval = \"20m\"",
            "interval = \"25m\"",
            "max_position_cost = \"1900\"",
            "max_position_cost = \"1950\"",
        ),
    ];
    let path = dir.path().join("strategies/churn.toml");
    for (number, (rule, new_rule, limit, new_limit)) in edits.into_iter().enumerate() {
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(rule) && text.contains(limit), "{text}");
        fs::write(&path, text.replace(rule, new_rule).replace(limit, new_limit)).unwrap();
        let told = || log(dir.path()).matches("decides by its new file").count();
        let end = std::time::Instant::now() + Duration::from_secs(30);
        while told() <= number {
            assert!(std::time::Instant::now() < end, "{}", log(dir.path()));
            std::thread::sleep(Duration::from_millis(50));
        }
        std::thread::sleep(Duration::from_secs(1));
    }
    assert_eq!(bot.process.stop(), Some(0), "{}", log(dir.path()));
    let tape = recordings(dir.path(), "parquet").remove(0);
    let verdict = expect_same(&tape);
    assert!(verdict["orders"].as_u64().unwrap() > 2, "{verdict}");
    let session = fs::read_to_string(tape.with_extension("session")).unwrap();
    assert_eq!(session.matches("\"code\":\"strategy_changed\"").count(), 2);
}

/// A service is started again every few seconds while the venue does not answer.
#[test]
fn a_start_that_comes_to_nothing_leaves_no_recording() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _venue) =
        venue(dir.path(), "[[fault]]\nkind = \"delay_response\"\nevery = 1\nms = 1500\n");
    configure_recorded(dir.path(), &url);
    let mut bot = watch(dir.path());
    let end = std::time::Instant::now() + Duration::from_secs(30);
    let is_there =
        || dir.path().join("tapes").exists() && recordings(dir.path(), "tape").len() == 1;
    while !is_there() {
        assert!(std::time::Instant::now() < end, "{}", log(dir.path()));
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_ne!(bot.process.stop(), Some(0), "{}", log(dir.path()));
    assert_eq!(fs::read_dir(dir.path().join("tapes")).unwrap().count(), 0);
}

#[test]
fn a_recording_without_its_session_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let tape = dir.path().join("alone.tape");
    TapeWriter::create(&tape).unwrap().sync().unwrap();
    let output = Command::new(program()).arg("replay").arg(&tape).arg("--verify").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("alone.session"));
}
