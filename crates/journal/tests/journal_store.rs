//! The journal keeps what it acknowledged, in order, for one account and one process at a time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

#[path = "support/records.rs"]
mod records;

use std::path::Path;
use std::sync::mpsc;

use proptest::prelude::*;
use records::{account, closed, event, filled, intent, listed, started, stopped};
use statecraft_domain::signal::Forecast;
use statecraft_domain::{Event, Signal, Timestamp, Venue};
use statecraft_journal::{
    Identity, Journal, JournalError, KeyChanged, Options, Record, RunStarted, inspect,
};

fn open(dir: &Path, strategies: &[&str]) -> Result<statecraft_journal::Opened, JournalError> {
    let names: Vec<String> = strategies.iter().map(|&name| name.to_owned()).collect();
    Journal::open(dir, &account("a"), &names, |_| {})
}

#[test]
fn reopening_gives_the_same_records() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path(), &["one"]).unwrap();
    assert!(first.recovery.records.is_empty() && first.recovery.clean_stop);
    let lineage = first.recovery.lineage;
    let written = vec![
        started(&["one"]),
        listed(0, "KXA"),
        intent(lineage, 1, 0, 0),
        Record::Event(filled(lineage, 1, 0, "t1", "0.40", "3")),
        Record::Event(closed(lineage, 1, "3")),
        stopped(),
    ];
    for record in &written {
        first.journal.append(record.clone()).unwrap();
    }
    first.journal.close().unwrap();

    let second = open(dir.path(), &["one"]).unwrap();
    assert_eq!(second.recovery.records, written);
    assert_eq!(second.recovery.lineage, lineage);
    assert_eq!(second.recovery.next_sequence, 2);
    assert_eq!(second.recovery.markets, [(Venue::Kalshi, "KXA".to_owned())]);
    assert!(second.recovery.clean_stop);
}

#[test]
fn intents_come_out_durable_in_order_and_nothing_else_does() {
    let dir = tempfile::tempdir().unwrap();
    let (out, seen) = mpsc::channel();
    let database = dir.path().join("journal.sqlite");
    let opened = Journal::open(dir.path(), &account("a"), &["one".to_owned()], move |order| {
        // Another connection sees the intent already: it was committed before it came out.
        let reader = rusqlite::Connection::open(&database).unwrap();
        let id = order.get().get().id.to_string();
        let sql = "SELECT count(*) FROM records WHERE kind = 'intent' AND body ->> '$.id' = ?1";
        let rows: i64 = reader.query_row(sql, [&id], |row| row.get(0)).unwrap();
        out.send((order.into_inner().into_inner().id.sequence, rows)).unwrap();
    })
    .unwrap();
    let lineage = opened.recovery.lineage;
    opened.journal.append(started(&["one"])).unwrap();
    for sequence in 1..=20 {
        opened.journal.append(intent(lineage, sequence, 0, 0)).unwrap();
        opened.journal.append(Record::Event(closed(lineage, sequence, "0"))).unwrap();
    }
    opened.journal.flush().unwrap();
    let expected: Vec<_> = (1..=20).map(|sequence| (sequence, 1)).collect();
    assert_eq!(seen.try_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn a_journal_belongs_to_one_account() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path(), &[]).unwrap().journal.close().unwrap();
    let error = Journal::open(dir.path(), &account("b"), &[], |_| {}).unwrap_err();
    assert!(matches!(error, JournalError::OtherKey { .. }), "{error}");
    assert!(error.is_refusal());
    assert!(error.to_string().contains("journal new-key"), "{error}");
    for other in [
        Identity { endpoint: "prod".to_owned(), ..account("a") },
        Identity { venue: Venue::Polymarket, ..account("a") },
    ] {
        let error = Journal::open(dir.path(), &other, &[], |_| {}).unwrap_err();
        assert!(matches!(error, JournalError::OtherIdentity { .. }), "{error}");
        assert!(error.is_refusal());
        assert!(
            error.to_string().contains("belongs to account \"a\" at kalshi (embedded)"),
            "{error}"
        );
    }
    open(dir.path(), &[]).unwrap();
}

#[test]
fn a_journal_goes_on_under_the_key_that_it_was_told_of_last() {
    let dir = tempfile::tempdir().unwrap();
    let change = |from: &str, to: &str| {
        Record::KeyChanged(KeyChanged {
            at: Timestamp::from_secs(9),
            from: from.to_owned(),
            to: to.to_owned(),
            proof: "an order".to_owned(),
        })
    };
    let opened = open(dir.path(), &[]).unwrap();
    let lineage = opened.recovery.lineage;
    opened.journal.append(started(&["one"])).unwrap();
    opened.journal.append(intent(lineage, 1, 0, 0)).unwrap();
    opened.journal.append(stopped()).unwrap();
    opened.journal.close().unwrap();
    for (from, to) in [("a", "b"), ("b", "c")] {
        let opened = Journal::open(dir.path(), &account(from), &[], |_| {}).unwrap();
        opened.journal.append(change(from, to)).unwrap();
        opened.journal.close().unwrap();
    }
    for old in ["a", "b"] {
        let error = Journal::open(dir.path(), &account(old), &[], |_| {}).unwrap_err();
        assert!(
            matches!(&error, JournalError::OtherKey { theirs, .. } if theirs == "c"),
            "{error}"
        );
    }
    let opened = Journal::open(dir.path(), &account("c"), &[], |_| {}).unwrap();
    assert_eq!((opened.recovery.lineage, opened.recovery.next_sequence), (lineage, 2));
    assert!(opened.recovery.clean_stop);
    let verdict = inspect::verify(dir.path()).unwrap();
    assert_eq!((verdict.records, verdict.violations), (5, Vec::<String>::new()));
}

#[test]
fn a_second_instance_is_refused_with_the_process_of_the_first() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path(), &[]).unwrap();
    let error = open(dir.path(), &[]).unwrap_err();
    assert!(matches!(error, JournalError::Locked { .. }), "{error}");
    assert!(error.is_refusal());
    assert!(error.to_string().contains(&format!("process {}", std::process::id())), "{error}");
    drop(first);
    open(dir.path(), &[]).unwrap();
}

/// What tells a journal's orders from those of every other one is drawn anew for each, and read back.
#[test]
fn every_journal_has_a_lineage_of_its_own() {
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let lineage = |at: usize| open(dirs[at].path(), &[]).unwrap().recovery.lineage;
    let (first, second) = (lineage(0), lineage(1));
    assert_ne!(first, second);
    assert_eq!((lineage(0), lineage(1)), (first, second));
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    // A file where the directory should be: refused for every user, root included.
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let error = open(&file.join("state"), &[]).unwrap_err();
    assert!(matches!(error, JournalError::Unwritable { .. }), "{error}");
    assert!(error.to_string().contains("file"), "{error}");
    assert!(!error.is_refusal(), "a failure, and no safety rule");
}

/// A rehearsal of a full disk is one: what was acknowledged stays, and nothing is taken any more.
#[test]
fn a_rehearsed_full_disk_takes_nothing_any_more() {
    let dir = tempfile::tempdir().unwrap();
    let opened = open(dir.path(), &[]).unwrap();
    let lineage = opened.recovery.lineage;
    opened.journal.append(intent(lineage, 1, 0, 0)).unwrap();
    opened.journal.flush().unwrap();
    opened.journal.rehearse_full_disk();
    let error = opened.journal.append(intent(lineage, 2, 0, 0)).unwrap_err();
    assert!(error.reason.contains("disk is full (a rehearsal"), "{error}");
    assert!(opened.journal.flush().is_err() && opened.journal.failed());
    drop(opened);
    assert_eq!(open(dir.path(), &[]).unwrap().recovery.next_sequence, 2);
}

/// What is no database at all is damage, and left as it is.
#[test]
fn what_is_no_database_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.sqlite");
    let text = "dear diary, ".repeat(1_000);
    std::fs::write(&path, &text).unwrap();
    let error = open(dir.path(), &[]).unwrap_err();
    assert!(matches!(error, JournalError::Corrupt { .. }), "{error:?}");
    assert!(error.is_refusal());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn a_read_only_database_is_named() {
    let dir = tempfile::tempdir().unwrap();
    // A directory in the place of the database cannot be opened for writing by anybody.
    std::fs::create_dir(dir.path().join("journal.sqlite")).unwrap();
    let error = open(dir.path(), &[]).unwrap_err();
    assert!(matches!(error, JournalError::Unwritable { .. }), "{error}");
}

#[test]
fn a_failed_commit_closes_the_gate_for_good() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { max_pages: Some(24), batch: 8, ..Options::default() };
    let (out, seen) = mpsc::channel();
    let opened = Journal::open_with(options, dir.path(), &account("a"), &[], move |order| {
        out.send(order.get().get().id.sequence).unwrap();
    })
    .unwrap();
    let lineage = opened.recovery.lineage;
    assert!(!opened.journal.failed() && opened.journal.failure().is_none());
    let mut refused = None;
    for sequence in 1..10_000 {
        let appended = opened.journal.append(intent(lineage, sequence, 0, 0));
        if let Err(error) = appended.and_then(|()| opened.journal.flush()) {
            refused = Some((sequence, error));
            break;
        }
    }
    let (sequence, error) = refused.expect("the quota was never reached");
    assert!(error.to_string().contains("disk is full"), "{error}");
    assert!(opened.journal.failed());
    assert_eq!(opened.journal.failure(), Some(error));
    // The intent whose commit failed never came out, and no later one is taken.
    assert_eq!(seen.try_iter().last(), Some(sequence - 1));
    opened.journal.append(intent(lineage, sequence + 1, 0, 0)).unwrap_err();
    assert!(matches!(opened.journal.close(), Err(JournalError::DiskFull { .. })));
    assert_eq!(seen.try_iter().count(), 0);

    // What was acknowledged is there, and nothing else.
    let again = open(dir.path(), &[]).unwrap();
    assert_eq!(again.recovery.next_sequence, sequence);
    assert!(!again.recovery.clean_stop);
}

#[test]
fn an_order_id_is_used_once() {
    let dir = tempfile::tempdir().unwrap();
    let opened = open(dir.path(), &[]).unwrap();
    let lineage = opened.recovery.lineage;
    opened.journal.append(intent(lineage, 1, 0, 0)).unwrap();
    opened.journal.flush().unwrap();
    opened.journal.append(intent(lineage, 1, 0, 0)).unwrap();
    opened.journal.flush().unwrap_err();
    assert!(opened.journal.failed());
}

#[test]
fn every_change_by_hand_is_found() {
    let tampering: [(&str, i64); 5] = [
        ("UPDATE records SET body = replace(body, '0.40', '0.41') WHERE kind = 'order_filled'", 4),
        ("UPDATE records SET at = at + 1 WHERE seq = 2", 2),
        ("UPDATE records SET kind = 'run_stopped' WHERE seq = 1", 1),
        ("DELETE FROM records WHERE seq = 3", 4),
        ("UPDATE records SET seq = CASE seq WHEN 4 THEN -5 ELSE seq END", -5),
    ];
    for (sql, at) in tampering {
        let dir = tempfile::tempdir().unwrap();
        let opened = open(dir.path(), &["one"]).unwrap();
        let lineage = opened.recovery.lineage;
        for record in [
            started(&["one"]),
            listed(0, "KXA"),
            intent(lineage, 1, 0, 0),
            Record::Event(filled(lineage, 1, 0, "t1", "0.40", "3")),
            Record::Event(closed(lineage, 1, "3")),
        ] {
            opened.journal.append(record).unwrap();
        }
        opened.journal.close().unwrap();
        let database = rusqlite::Connection::open(dir.path().join("journal.sqlite")).unwrap();
        let refused = database.execute_batch(sql).unwrap_err();
        assert!(refused.to_string().contains("never"), "{refused}");
        database
            .execute_batch(
                "DROP TRIGGER records_are_never_changed; DROP TRIGGER records_are_never_deleted;",
            )
            .unwrap();
        database.execute_batch(sql).unwrap();
        drop(database);
        match open(dir.path(), &["one"]).unwrap_err() {
            JournalError::Corrupt { sequence, .. } => assert_eq!(sequence, at, "{sql}"),
            other => panic!("{sql}: {other}"),
        }
        assert!(inspect::verify(dir.path()).is_err());
    }
}

#[test]
fn a_foreign_database_is_not_touched() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.sqlite");
    rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE mine (x)").unwrap();
    let error = open(dir.path(), &[]).unwrap_err();
    assert!(matches!(error, JournalError::OtherFormat { .. }), "{error}");
}

/// F58: a journal of a later or an earlier version of this program is refused and left as it is.
#[test]
fn f58_a_journal_of_another_version_is_refused_and_not_touched() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path(), &["one"]).unwrap().journal.close().unwrap();
    let path = dir.path().join("journal.sqlite");
    let version = |set: Option<i64>| -> i64 {
        let database = rusqlite::Connection::open(&path).unwrap();
        if let Some(version) = set {
            database.pragma_update(None, "user_version", version).unwrap();
        }
        database.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
    };
    let ours = version(None);
    for other in [ours + 1, ours - 1] {
        version(Some(other));
        let error = open(dir.path(), &["one"]).unwrap_err();
        assert!(matches!(error, JournalError::OtherFormat { .. }), "{error}");
        assert_eq!(version(None), other);
    }
    version(Some(ours));
    open(dir.path(), &["one"]).unwrap();
}

/// F58: a record that only a later version writes is no damage: nobody is to repair that journal.
#[test]
fn f58_a_record_of_a_later_version_is_no_damage() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path(), &["one"]).unwrap();
    let Record::RunStarted(run) = started(&["one"]) else { panic!() };
    let later = RunStarted { version: "7.8.9".to_owned(), ..run };
    let signal = Event::SignalReceived(Box::new(records::signal("s", 1.0)));
    for record in [Record::RunStarted(later), Record::Event(signal), stopped()] {
        first.journal.append(record).unwrap();
    }
    first.journal.close().unwrap();
    rewrite(dir.path(), 2, "moon_seen");

    for error in [open(dir.path(), &["one"]).unwrap_err(), inspect::verify(dir.path()).unwrap_err()]
    {
        let JournalError::NewerRecord { sequence: 2, kind, version, .. } = &error else {
            panic!("{error}")
        };
        assert_eq!((kind.as_str(), version.as_str()), ("moon_seen", "7.8.9"));
        assert!(error.to_string().contains("not damaged"), "{error}");
    }
    // So is a word that only a later version writes, in a record of a kind that is known.
    let again = tempfile::tempdir().unwrap();
    let first = open(again.path(), &["one"]).unwrap();
    first.journal.append(started(&["one"])).unwrap();
    first.journal.append(stopped()).unwrap();
    first.journal.close().unwrap();
    rewrite(again.path(), 2, "mode_changed");
    let error = open(again.path(), &["one"]).unwrap_err();
    assert!(matches!(&error, JournalError::NewerRecord { sequence: 2, .. }), "{error}");
    assert!(error.to_string().contains("mode_changed"), "{error}");
    // Where the chain does not hold it is damage, whatever the kind.
    let database = rusqlite::Connection::open(dir.path().join("journal.sqlite")).unwrap();
    database.execute_batch("UPDATE records SET kind = 'sun_seen' WHERE seq = 2").unwrap();
    let error = open(dir.path(), &["one"]).unwrap_err();
    assert!(matches!(error, JournalError::Corrupt { sequence: 2, .. }), "{error}");
}

/// Gives a record another kind and mends the chain from there on, as a program that knows the kind would write it.
fn rewrite(dir: &Path, at: i64, other: &str) {
    let database = rusqlite::Connection::open(dir.join("journal.sqlite")).unwrap();
    database.execute_batch("DROP TRIGGER records_are_never_changed").unwrap();
    let rows: Vec<(i64, i64, i64, String, String)> = {
        let sql = "SELECT seq, at, run, kind, body FROM records ORDER BY seq";
        let mut statement = database.prepare(sql).unwrap();
        let row = |row: &rusqlite::Row<'_>| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
        };
        statement.query_map([], row).unwrap().map(Result::unwrap).collect()
    };
    let mut checksum = 0_u32;
    for (seq, time, run, kind, body) in rows {
        let kind = if seq == at { other.to_owned() } else { kind };
        let mut bytes = checksum.to_le_bytes().to_vec();
        bytes.extend([seq, time, run].iter().flat_map(|number| number.to_le_bytes()));
        bytes.extend([kind.as_bytes(), &[0xff], body.as_bytes()].concat());
        checksum = crc32c::crc32c(&bytes);
        let sql = "UPDATE records SET kind = ?2, checksum = ?3 WHERE seq = ?1";
        database.execute(sql, (seq, &kind, checksum)).unwrap();
    }
}

proptest! {
    /// What is read back is what was written, to the last bit of every float.
    #[test]
    fn any_record_goes_through_json_unchanged(event in event()) {
        let record = Record::Event(event);
        let body = record.to_json().unwrap();
        let back = Record::from_json(record.kind(), &body).unwrap();
        // Debug text tells 0.0 from -0.0 and shows the shortest decimal that names the float.
        prop_assert_eq!(format!("{back:?}"), format!("{record:?}"));
        let tagged: serde_json::Value = serde_json::from_str(&body).unwrap();
        prop_assert_eq!(tagged["event"].as_str(), Some(record.kind()));
    }
}

#[test]
fn a_float_that_json_cannot_hold_is_refused() {
    let mut signal = records::signal("s", 1.0);
    signal.labels[0].strength = f64::NAN;
    let record = Record::Event(Event::SignalReceived(Box::new(signal)));
    assert!(matches!(record.to_json(), Err(JournalError::Unwritten(_))));
    let forecast = |probability: f64| {
        let forecast = Forecast { probability, sd_logit: Some(0.5), valid_until: None };
        let signal = Signal { forecast: Some(forecast), ..records::signal("s", 1.0) };
        Record::Event(Event::SignalReceived(Box::new(signal))).to_json()
    };
    assert!(matches!(forecast(f64::NAN), Err(JournalError::Unwritten(_))));
    forecast(0.3).unwrap();
}
