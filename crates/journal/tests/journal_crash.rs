//! A process that is killed without warning loses nothing that it was told is durable.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

#[path = "support/records.rs"]
mod records;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use records::{account, closed, filled, intent, listed, started};
use statecraft_journal::{Journal, Record, inspect};

const DIR: &str = "STATECRAFT_TEST_JOURNAL_DIR";

/// The process that is killed: writes intents for ever and says which are durable.
#[test]
#[ignore = "run by the test below, in a process of its own"]
fn writer_process() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    let opened = Journal::open(Path::new(&dir), &account("a"), &["one".to_owned()], |order| {
        let mut stdout = std::io::stdout().lock();
        writeln!(stdout, "\nack {}", order.get().get().id.sequence).unwrap();
        stdout.flush().unwrap();
    })
    .unwrap();
    let lineage = opened.recovery.lineage;
    opened.journal.append(started(&["one"])).unwrap();
    opened.journal.append(listed(0, "KXA")).unwrap();
    for sequence in opened.recovery.next_sequence.. {
        opened.journal.append(intent(lineage, sequence, 0, 0)).unwrap();
        let trade = format!("t{sequence}");
        let fill = filled(lineage, sequence, 0, &trade, "0.40", "3");
        opened.journal.append(Record::Event(fill)).unwrap();
        opened.journal.append(Record::Event(closed(lineage, sequence, "3"))).unwrap();
        if sequence % 3 == 0 {
            opened.journal.flush().unwrap();
        }
    }
}

/// Runs the writer until `acks` intents are durable, kills it, and returns the last one it was told of.
fn run_and_kill(dir: &Path, acks: usize) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "writer_process", "--nocapture"])
        .env(DIR, dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut last = 0;
    let mut seen = 0;
    for line in lines.map_while(Result::ok) {
        let Some(sequence) = line.strip_prefix("ack ") else { continue };
        last = sequence.parse().unwrap_or(last);
        seen += 1;
        if seen == acks {
            // SIGKILL; what is in the pipe is still read.
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(seen >= acks, "the writer ended by itself after {seen}");
    last
}

#[test]
fn killed_processes_lose_nothing_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let mut expected_first = 1;
    for acks in [1, 7, 40, 113, 300] {
        let acknowledged = run_and_kill(dir.path(), acks);
        assert!(acknowledged >= expected_first);

        let opened = Journal::open(dir.path(), &account("a"), &["one".to_owned()], |_| {}).unwrap();
        let recovery = opened.recovery;
        assert!(!recovery.clean_stop);
        let sequences: Vec<u64> = recovery
            .records
            .iter()
            .filter_map(|record| match record {
                Record::Intent(order) => Some(order.get().id.sequence),
                _ => None,
            })
            .collect();
        let recovered = recovery.next_sequence - 1;
        assert!(recovered >= acknowledged, "{acknowledged} acknowledged, {recovered} recovered");
        assert_eq!(sequences, (1..=recovered).collect::<Vec<_>>(), "no gap, no repetition");
        drop(opened.journal);
        let verdict = inspect::verify(dir.path()).unwrap();
        assert_eq!(verdict.violations, Vec::<String>::new());
        assert_eq!(verdict.intents, recovered);
        expected_first = recovered + 1;
    }
}

/// Prints how long a long journal takes; `cargo test --release --test journal_crash -- --ignored million`.
#[test]
#[ignore = "a measurement"]
fn a_million_records() {
    let dir = tempfile::tempdir().unwrap();
    let names = ["one".to_owned()];
    let opened = Journal::open(dir.path(), &account("a"), &names, |_| {}).unwrap();
    let lineage = opened.recovery.lineage;
    let begun = std::time::Instant::now();
    opened.journal.append(started(&["one"])).unwrap();
    opened.journal.append(listed(0, "KXA")).unwrap();
    for sequence in 1..=333_333 {
        opened.journal.append(intent(lineage, sequence, 0, 0)).unwrap();
        let trade = format!("t{sequence}");
        opened
            .journal
            .append(Record::Event(filled(lineage, sequence, 0, &trade, "0.40", "3")))
            .unwrap();
        opened.journal.append(Record::Event(closed(lineage, sequence, "3"))).unwrap();
    }
    opened.journal.close().unwrap();
    eprintln!("written in {:?}", begun.elapsed());
    let begun = std::time::Instant::now();
    let opened = Journal::open(dir.path(), &account("a"), &names, |_| {}).unwrap();
    eprintln!("{} records recovered in {:?}", opened.recovery.records.len(), begun.elapsed());
    assert_eq!(opened.recovery.next_sequence, 333_334);
    drop(opened);
    let begun = std::time::Instant::now();
    inspect::verify(dir.path()).unwrap();
    eprintln!("verified in {:?}", begun.elapsed());
    let begun = std::time::Instant::now();
    inspect::show(dir.path(), inspect::View::Orders, 100).unwrap();
    inspect::show(dir.path(), inspect::View::Positions, 100).unwrap();
    eprintln!("shown in {:?}", begun.elapsed());
}
