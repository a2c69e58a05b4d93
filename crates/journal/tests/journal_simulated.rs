//! The journal on a made-up disk keeps the rules of the real one.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "support/records.rs"]
mod records;

use records::{id, intent, listed, started, stopped};
use statecraft_domain::Timestamp;
use statecraft_journal::simulated::SimulatedJournal;
use statecraft_journal::{Record, RunStopped};

const LINEAGE: u64 = 7;

fn ended(at: i64) -> Record {
    let at = Timestamp::from_secs(at);
    Record::RunStopped(RunStopped { at, reason: "test".to_owned() })
}

fn opened() -> SimulatedJournal {
    let mut journal = SimulatedJournal::new(LINEAGE);
    journal.open(&[]).unwrap();
    journal
}

#[test]
fn what_was_flushed_survives_and_of_the_rest_a_prefix() {
    let mut journal = opened();
    for at in 0..5 {
        journal.append(ended(at)).unwrap();
        if at == 1 {
            assert!(journal.flush().is_empty());
        }
    }
    assert_eq!((journal.durable(), journal.waiting()), (2, 3));
    journal.crash(2);
    assert_eq!((journal.durable(), journal.waiting()), (4, 0));
    let recovered = journal.open(&[]).unwrap();
    assert_eq!(recovered.records, (0..4).map(ended).collect::<Vec<_>>());
}

#[test]
fn orders_come_out_once_they_are_durable() {
    let mut journal = opened();
    journal.append(intent(LINEAGE, 1, 0, 0)).unwrap();
    journal.append(stopped()).unwrap();
    journal.append(intent(LINEAGE, 2, 0, 0)).unwrap();
    let orders: Vec<_> = journal.flush().iter().map(|order| order.get().get().id).collect();
    assert_eq!(orders, [id(LINEAGE, 1), id(LINEAGE, 2)]);
    assert!(journal.flush().is_empty(), "once");
}

#[test]
fn after_a_failed_flush_nothing_is_taken_until_the_next_run() {
    let mut journal = opened();
    assert_eq!(journal.failure(), None);
    journal.append(ended(0)).unwrap();
    journal.append(ended(1)).unwrap();
    let closed = journal.fail("the disk is gone", 1);
    assert_eq!(closed.reason, "the disk is gone");
    assert_eq!(journal.append(ended(2)).unwrap_err(), closed);
    assert_eq!(journal.fail("later", 0), closed, "the first cause is the cause");
    assert_eq!(journal.failure(), Some(closed));
    assert_eq!(journal.open(&[]).unwrap().records.len(), 1);
    assert_eq!(journal.failure(), None);
    journal.append(ended(2)).unwrap();
    assert_eq!((journal.durable(), journal.waiting()), (1, 1));
}

/// What was read once is not read again, and what is recovered is the same as by reading it all.
#[test]
fn reading_on_is_reading_all() {
    let strategies = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    let mut journal = SimulatedJournal::new(LINEAGE);
    journal.open(&strategies(&["a", "b"])).unwrap();
    for record in [started(&["a", "b"]), listed(0, "KXA"), intent(LINEAGE, 1, 1, 0)] {
        journal.append(record).unwrap();
    }
    journal.flush();
    let first = journal.open(&strategies(&["a", "b"])).unwrap();
    assert_eq!((first.records.len(), first.next_sequence), (3, 2));
    journal.append(started(&["a", "b"])).unwrap();
    journal.append(intent(LINEAGE, 2, 0, 0)).unwrap();
    journal.flush();
    let on = journal.open(&strategies(&["a", "b"])).unwrap();
    assert_eq!((on.records.len(), on.next_sequence), (5, 3));
    // Strategies of another order: everything is told in their ids.
    let other = journal.open(&strategies(&["b", "a"])).unwrap();
    assert_eq!(other.records[2], intent(LINEAGE, 1, 0, 0));
    assert_eq!(other.records[4], intent(LINEAGE, 2, 1, 0));
    assert_eq!(journal.open(&strategies(&["a", "b"])).unwrap().records, on.records);
}

/// A run that only goes on behind the earlier ones writes rows that follow theirs.
#[test]
fn a_run_that_goes_on_is_the_next_run() {
    let mut journal = opened();
    journal.append(started(&["a"])).unwrap();
    journal.append(intent(LINEAGE, 1, 0, 0)).unwrap();
    journal.flush();
    journal.append(stopped()).unwrap();
    journal.resume();
    assert_eq!(journal.waiting(), 0, "what was not flushed is gone with the run");
    journal.append(started(&["a"])).unwrap();
    journal.append(intent(LINEAGE, 2, 0, 0)).unwrap();
    journal.flush();
    assert_eq!((journal.durable(), journal.open(&[]).unwrap().records.len()), (4, 4));
}

#[test]
fn the_text_of_a_record_is_there_as_long_as_the_disk_has_it() {
    let mut journal = opened();
    let (first, second) = (ended(1), ended(2));
    journal.append(first.clone()).unwrap();
    journal.flush();
    journal.append(second.clone()).unwrap();
    assert_eq!(journal.body(0), Some(first.to_json().unwrap().as_str()));
    assert_eq!(journal.body(1), Some(second.to_json().unwrap().as_str()));
    assert_eq!(journal.body(2), None);
    journal.crash(0);
    assert_eq!(journal.body(1), None);
}

/// An order's name that was used before is no record of this journal.
#[test]
fn a_name_used_twice_is_refused_when_it_is_read() {
    let mut journal = opened();
    journal.append(intent(LINEAGE, 2, 0, 0)).unwrap();
    journal.append(intent(LINEAGE, 1, 0, 0)).unwrap();
    journal.flush();
    let error = journal.open(&[]).unwrap_err();
    assert!(error.contains("order"), "{error}");
}

/// A disk that loses what it acknowledged is found out.
#[cfg(feature = "planted-defects")]
#[test]
fn a_disk_that_loses_records_is_one_that_has_fewer() {
    let mut journal = opened();
    for at in 0..3 {
        journal.append(ended(at)).unwrap();
    }
    journal.flush();
    journal.lose(2);
    assert_eq!(journal.open(&[]).unwrap().records, [ended(0)]);
}
