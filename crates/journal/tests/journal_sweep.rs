//! M5, I21, I22: a journal cut anywhere, or with any bit turned over, gives back the records before the
//! damage or is refused with a clear message. It never invents one, and it never forgets one that was
//! durable before the damage.
//!
//! The quick version takes 60 records and a sample of the bits; with `STATECRAFT_BIT_STEP=N` there are 200
//! records, and every N-th bit is turned (every one: 1, which takes days).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

#[path = "support/records.rs"]
mod records;

use std::fs;
use std::path::{Path, PathBuf};

use records::{account, closed, filled, intent, listed, signal, started};
use statecraft_domain::Event;
use statecraft_journal::{FILE_NAME, Journal, JournalError, Opened, Options, Record};

const STEP: &str = "STATECRAFT_BIT_STEP";
/// Sizes of the write-ahead log's parts (SQLite file format, section 4.1).
const WAL_HEAD: usize = 32;
const FRAME: usize = 24 + 4096;

/// The files of a journal.
#[derive(Clone)]
struct Image {
    database: Vec<u8>,
    log: Vec<u8>,
}

impl Image {
    fn of(dir: &Path) -> Self {
        let log = fs::read(wal(dir)).unwrap_or_default();
        Self { database: fs::read(dir.join(FILE_NAME)).unwrap(), log }
    }

    fn lay(&self, dir: &Path) {
        for name in [FILE_NAME.to_owned(), format!("{FILE_NAME}-shm")] {
            let _ = fs::remove_file(dir.join(name));
        }
        fs::write(dir.join(FILE_NAME), &self.database).unwrap();
        let _ = fs::remove_file(wal(dir));
        if !self.log.is_empty() {
            fs::write(wal(dir), &self.log).unwrap();
        }
    }
}

fn wal(dir: &Path) -> PathBuf {
    dir.join(format!("{FILE_NAME}-wal"))
}

fn options() -> Options {
    Options { batch: 1, ..Options::default() }
}

fn open(dir: &Path) -> Result<Opened, JournalError> {
    Journal::open_with(options(), dir, &account("a"), &["one".to_owned()], |_| {})
}

/// What a restart makes of the files in `dir`: its records, or why it refuses.
fn restart(dir: &Path) -> Result<(Vec<Record>, u64), JournalError> {
    let opened = open(dir)?;
    let Opened { journal, recovery } = opened;
    drop(journal);
    Ok((recovery.records, recovery.next_sequence))
}

fn record(lineage: u64, number: usize) -> Record {
    let sequence = (number / 4 + 1) as u64;
    match number {
        0 => return started(&["one"]),
        1 => return listed(0, "KXA"),
        _ => {}
    }
    match number % 4 {
        2 => intent(lineage, sequence, 0, 0),
        3 => {
            let trade = format!("t{sequence}");
            Record::Event(filled(lineage, sequence, 0, &trade, "0.40", "3"))
        }
        0 => Record::Event(closed(lineage, sequence - 1, "3")),
        _ => Record::Event(Event::SignalReceived(Box::new(signal(&format!("s{number}"), 0.5)))),
    }
}

/// A journal whose every record was made durable by a commit of its own.
struct Sample {
    /// Its records.
    records: Vec<Record>,
    /// While it was open: everything in the write-ahead log.
    open: Image,
    /// Length of the log when so many records were durable.
    durable: Vec<usize>,
    /// After it was closed in good order: no log.
    closed: Image,
}

fn sample() -> Sample {
    let count: usize = if std::env::var_os(STEP).is_some() { 200 } else { 60 };
    let dir = scratch();
    let Opened { journal, recovery } = open(dir.path()).unwrap();
    // A reader that never ends keeps the log from being folded in.
    let reader = rusqlite::Connection::open(dir.path().join(FILE_NAME)).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM records;").unwrap();
    let mut durable = vec![fs::metadata(wal(dir.path())).unwrap().len() as usize];
    for number in 0..count {
        journal.append(record(recovery.lineage, number)).unwrap();
        journal.flush().unwrap();
        durable.push(fs::metadata(wal(dir.path())).unwrap().len() as usize);
    }
    let open_image = Image::of(dir.path());
    drop(reader);
    journal.close().unwrap();
    let closed = Image::of(dir.path());
    assert!(closed.log.is_empty(), "the log was not folded in");
    let (records, next) = restart(dir.path()).unwrap();
    assert_eq!((records.len(), next), (count, count as u64 / 4 + 1));
    Sample { records, open: open_image, durable, closed }
}

/// A directory in memory where there is one: a sweep is a hundred thousand restarts.
fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// What came of the restarts of a sweep.
#[derive(Default)]
struct Tally {
    tried: u64,
    whole: u64,
    prefix: u64,
    refused: u64,
}

impl Tally {
    /// `at_least` records were durable before the damage.
    fn judge(&mut self, sample: &Sample, dir: &Path, at_least: usize, what: &str) {
        self.tried += 1;
        match restart(dir) {
            Ok((found, _)) => {
                let expected = sample.records.get(..found.len());
                assert_eq!(expected, Some(found.as_slice()), "{what}: a record was invented");
                assert!(
                    found.len() >= at_least,
                    "{what}: {at_least} were durable, {} came back",
                    found.len()
                );
                let all = found.len() == sample.records.len();
                *(if all { &mut self.whole } else { &mut self.prefix }) += 1;
            }
            Err(error) => {
                let told = error.to_string();
                assert!(told.contains(FILE_NAME), "{what}: the message names no file: {told}");
                self.refused += 1;
            }
        }
    }

    fn tell(&self, what: &str) {
        let Self { tried, whole, prefix, refused } = self;
        eprintln!("{what}: {tried} tried, {whole} whole, {prefix} a prefix, {refused} refused");
    }
}

fn step(default: usize) -> usize {
    std::env::var(STEP).ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

/// The records that were durable when the log had this length.
fn durable_at(sample: &Sample, length: usize) -> usize {
    sample.durable.iter().rposition(|&known| known <= length).unwrap_or(0)
}

#[test]
fn i21_a_log_cut_at_every_record_and_every_frame_gives_what_was_durable() {
    let sample = sample();
    let dir = scratch();
    let mut tally = Tally::default();
    let whole = sample.open.log.len();
    let frames = (whole - WAL_HEAD) / FRAME;
    let boundaries = (0..=frames).map(|frame| WAL_HEAD + frame * FRAME);
    let mut cuts: Vec<usize> = boundaries
        .flat_map(|at| [at.saturating_sub(1), at, at + 1, at + 24, at + 512, at + 2_048])
        .chain(sample.durable.iter().copied())
        .filter(|&cut| cut <= whole)
        .collect();
    cuts.extend(0..=WAL_HEAD);
    cuts.sort_unstable();
    cuts.dedup();
    for &cut in &cuts {
        // Below the first commit there are no tables yet: such a journal is new, and empty.
        let mut image = sample.open.clone();
        image.log.truncate(cut);
        image.lay(dir.path());
        tally.judge(&sample, dir.path(), durable_at(&sample, cut), &format!("cut at {cut}"));
    }
    assert!(cuts.len() > sample.records.len());
    tally.tell(&format!("log of {whole} bytes and {frames} frames cut"));
}

#[test]
fn i22_a_database_cut_anywhere_is_refused() {
    let sample = sample();
    let dir = scratch();
    let mut tally = Tally::default();
    let whole = sample.closed.database.len();
    let cuts = (1..whole / 512).map(|sector| sector * 512).flat_map(|at| [at - 1, at, at + 1]);
    for cut in cuts {
        let mut image = sample.closed.clone();
        image.database.truncate(cut);
        image.lay(dir.path());
        tally.judge(&sample, dir.path(), sample.records.len(), &format!("database cut at {cut}"));
    }
    assert_eq!(tally.whole + tally.prefix, 0, "a cut database was taken for a whole one");
    tally.tell(&format!("database of {whole} bytes cut"));
}

#[test]
fn i22_a_bit_turned_over_in_the_database_is_found_or_harmless() {
    let sample = sample();
    let dir = scratch();
    let mut tally = Tally::default();
    let bits = sample.closed.database.len() * 8;
    // Every bit of the head of every page, where the structure is, and a sample of the rest.
    let step = step(997);
    let chosen = (0..bits).filter(|bit| {
        let in_page = bit / 8 % 4096;
        bit % step == 0 || (in_page < 16 && bit % (step.min(5)) == 0)
    });
    for bit in chosen {
        let mut image = sample.closed.clone();
        image.database[bit / 8] ^= 1 << (bit % 8);
        image.lay(dir.path());
        tally.judge(&sample, dir.path(), sample.records.len(), &format!("database bit {bit}"));
    }
    assert!(tally.refused > 0);
    tally.tell(&format!("database of {bits} bits, one turned"));
}

#[test]
fn i22_a_bit_turned_over_in_the_log_costs_nothing_before_it() {
    let sample = sample();
    let dir = scratch();
    let mut tally = Tally::default();
    let bits = sample.open.log.len() * 8;
    let step = step(39_989);
    let last_commit = sample.durable[sample.records.len() - 1];
    let chosen = (0..bits).filter(|bit| {
        let at = bit / 8;
        let in_frame = at.saturating_sub(WAL_HEAD) % FRAME;
        let head = at < WAL_HEAD || in_frame < 24;
        bit % step == 0
            || (head && bit % step.min(167) == 0)
            || (at >= last_commit && bit % step.min(1_999) == 0)
    });
    for bit in chosen {
        let mut image = sample.open.clone();
        image.log[bit / 8] ^= 1 << (bit % 8);
        image.lay(dir.path());
        // Damage in the last commit cannot be told from a torn tail; before it, it is damage.
        let torn = bit / 8 >= last_commit;
        let at_least = sample.records.len() - usize::from(torn);
        tally.judge(&sample, dir.path(), at_least, &format!("log bit {bit}"));
    }
    assert!(tally.refused > 0);
    tally.tell(&format!("log of {bits} bits, one turned"));
}

/// Runs `sql` on a copy of the closed sample whose guards are taken off.
fn altered(sample: &Sample, dir: &Path, sql: &str) {
    sample.closed.lay(dir);
    let database = rusqlite::Connection::open(dir.join(FILE_NAME)).unwrap();
    database
        .execute_batch(
            "DROP TRIGGER records_are_never_changed; DROP TRIGGER records_are_never_deleted;
             DROP INDEX intents;",
        )
        .unwrap();
    database.execute_batch(sql).unwrap();
    database.close().unwrap();
}

#[test]
fn i21_records_swapped_doubled_or_taken_out_are_refused() {
    let sample = sample();
    let dir = scratch();
    let mut tally = Tally::default();
    for seq in 1..sample.records.len() {
        let swap = format!(
            "UPDATE records SET seq = -1 WHERE seq = {seq}; \
             UPDATE records SET seq = {seq} WHERE seq = {seq} + 1; \
             UPDATE records SET seq = {seq} + 1 WHERE seq = -1;"
        );
        let double = format!(
            "UPDATE records SET seq = -seq - 1 WHERE seq > {seq}; \
             UPDATE records SET seq = -seq WHERE seq < 0; \
             INSERT INTO records SELECT {seq} + 1, at, run, kind, body, checksum \
               FROM records WHERE seq = {seq};"
        );
        let take_out = format!("DELETE FROM records WHERE seq = {seq};");
        for (what, sql) in [("swapped", swap), ("doubled", double), ("taken out", take_out)] {
            altered(&sample, dir.path(), &sql);
            tally.judge(&sample, dir.path(), sample.records.len(), &format!("record {seq} {what}"));
        }
    }
    assert_eq!(tally.refused, tally.tried);
    tally.tell("records swapped, doubled, taken out");
}
