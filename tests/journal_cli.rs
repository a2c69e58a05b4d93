//! What `journal show` and `journal verify` print, by the real program, while the journal is open.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

#[path = "../crates/journal/tests/support/records.rs"]
mod records;

use std::path::Path;
use std::process::{Command, Output};

use records::{account, closed, filled, intent, listed, started};
use statecraft::journal::{Journal, Record};
use statecraft_domain::Event;
use statecraft_domain::event::{MarketSettled, OrderAccepted, OrderUnknown};
use statecraft_domain::{MarketId, Settlement, Timestamp, VenueOrderId};

fn journal(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_statecraft"))
        .arg("journal")
        .args(args)
        .arg("--state-dir")
        .arg(dir)
        .env_clear()
        .output()
        .unwrap()
}

fn shown(output: &Output, lineage: u64) -> String {
    let text = format!(
        "exit {}\n--- stdout\n{}--- stderr\n{}",
        output.status.code().unwrap(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    text.replace(&format!("{lineage:016x}"), "LINEAGELINEAGE00")
}

/// Two orders in different states, still being written.
fn write(dir: &Path) -> (Journal, u64) {
    let opened = Journal::open(dir, &account("a"), &["japan".to_owned()], |_| {}).unwrap();
    let lineage = opened.recovery.lineage;
    let order = |sequence| records::id(lineage, sequence);
    let accepted = OrderAccepted {
        at: Timestamp::from_secs(4),
        order: order(1),
        venue_order: VenueOrderId::new("v1"),
    };
    let unknown =
        OrderUnknown { at: Timestamp::from_secs(6), order: order(2), cause: "timeout".to_owned() };
    for record in [
        started(&["japan"]),
        listed(0, "KXTRUMPCOUNTRIES-27JAN01-JAP"),
        intent(lineage, 1, 0, 0),
        Record::Event(Event::OrderAccepted(accepted)),
        Record::Event(filled(lineage, 1, 0, "t1", "0.40", "2.5")),
        Record::Event(filled(lineage, 1, 0, "t2", "0.39", "0.75")),
        // The venue says it again after a reconnect.
        Record::Event(filled(lineage, 1, 0, "t1", "0.40", "2.5")),
        Record::Event(closed(lineage, 1, "3.25")),
        intent(lineage, 2, 0, 0),
        Record::Event(Event::OrderUnknown(unknown)),
    ] {
        opened.journal.append(record).unwrap();
    }
    opened.journal.flush().unwrap();
    (opened.journal, lineage)
}

#[test]
fn show_while_the_journal_is_being_written() {
    let dir = tempfile::tempdir().unwrap();
    let (_open, lineage) = write(dir.path());
    for (name, args) in [
        ("orders", &["show"][..]),
        ("fills", &["show", "--fills"]),
        ("positions", &["show", "--positions"]),
        ("orders_json", &["show", "--orders", "--json"]),
        ("records_json", &["show", "--records", "--limit", "2", "--json"]),
        ("verify", &["verify"]),
        ("verify_json", &["verify", "--json"]),
    ] {
        insta::assert_snapshot!(name, shown(&journal(dir.path(), args), lineage));
    }
}

#[test]
fn verify_finds_orders_without_intent_and_fills_beyond_the_size() {
    let dir = tempfile::tempdir().unwrap();
    let (open, lineage) = write(dir.path());
    open.append(Record::Event(filled(lineage, 2, 0, "t3", "0.40", "10.000001"))).unwrap();
    open.append(Record::Event(filled(lineage, 7, 0, "t4", "0.40", "1"))).unwrap();
    open.close().unwrap();
    insta::assert_snapshot!(shown(&journal(dir.path(), &["verify"]), lineage));
}

#[test]
fn verify_finds_damage() {
    let dir = tempfile::tempdir().unwrap();
    let (open, _) = write(dir.path());
    open.close().unwrap();
    let database = rusqlite::Connection::open(dir.path().join("journal.sqlite")).unwrap();
    database
        .execute_batch(
            "DROP TRIGGER records_are_never_changed;
             UPDATE records SET body = replace(body, '2.5', '2.6') WHERE kind = 'order_filled';",
        )
        .unwrap();
    drop(database);
    let output = journal(dir.path(), &["verify"]);
    assert_eq!(output.status.code(), Some(4));
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(message.contains("damaged at record 5"), "{message}");
}

#[test]
fn no_journal_is_a_failure_that_creates_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let output = journal(&dir.path().join("state"), &["show"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(!dir.path().join("state").exists());
}

#[test]
fn without_a_directory_the_journal_of_the_settings_is_shown() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(
        dir.path().join("settings.toml"),
        "[run]\nstate_dir = \"here\"\n[kalshi]\nendpoint = \"embedded\"\n",
    )
    .unwrap();
    std::fs::create_dir(dir.path().join("strategies")).unwrap();
    let journal = dir.path().join("here/embedded");
    std::fs::create_dir_all(&journal).unwrap();
    let show = || {
        Command::new(env!("CARGO_BIN_EXE_statecraft"))
            .args(["-c", "settings.toml", "journal", "show"])
            .current_dir(dir.path())
            .env_clear()
            .output()
            .unwrap()
    };
    let missing = show();
    assert_eq!(missing.status.code(), Some(1));
    let message = String::from_utf8_lossy(&missing.stderr).into_owned();
    assert!(message.contains("here/embedded") && message.contains("--state DIR"), "{message}");
    let (open, _) = write(&journal);
    open.close().unwrap();
    let found = show();
    let text = String::from_utf8_lossy(&found.stdout).into_owned();
    assert!(text.contains("KXTRUMPCOUNTRIES-27JAN01-JAP"), "{text}{found:?}");
}

#[test]
fn positions_say_how_their_market_settled_and_filled_orders_that_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let (open, lineage) = write(dir.path());
    open.append(Record::Event(filled(lineage, 2, 0, "t3", "0.40", "10"))).unwrap();
    let settled = MarketSettled {
        at: Timestamp::from_secs(9),
        market: MarketId(0),
        settlement: Settlement::No,
    };
    open.append(Record::Event(Event::MarketSettled(settled))).unwrap();
    open.close().unwrap();
    let positions = journal(dir.path(), &["show", "--positions", "--json"]);
    let text = String::from_utf8_lossy(&positions.stdout).into_owned();
    assert!(text.contains("\"settled\":\"no\""), "{text}");
    assert!(text.contains("\"paid\":\"5.2925\""), "{text}");
    let orders = journal(dir.path(), &["show", "--orders", "--json"]);
    let text = String::from_utf8_lossy(&orders.stdout).into_owned();
    assert!(text.contains("\"state\":\"filled\""), "{text}");
}
