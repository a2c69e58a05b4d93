//! For how long strategies have run on paper as they are (R28).

use statecraft_domain::{Event, Nanos, Timestamp};

use super::Record;

/// What the records have to be of, for [`paper_time`]: [`super::inspect::records`] reads them.
pub const PAPER_KINDS: [&str; 4] = ["run_started", "run_stopped", "reconciled", "strategy_changed"];

/// How long each of these strategy files (their SHA-256, hex) has run on paper, over all runs in the records.
///
/// A run counts from its start to the last comparison of the account, or its end: a run that was killed
/// proves nothing after its last sign of life. Only runs against the venue's own demo count: simulated years
/// may take minutes.
#[must_use]
pub fn paper_time(records: &[Record], hashes: &[String]) -> Vec<Nanos> {
    let mut run = Run::default();
    let mut total = vec![Nanos::ZERO; hashes.len()];
    for record in records {
        match record {
            Record::RunStarted(started) => run = Run::of(started),
            Record::RunStopped(stopped) => {
                run.count(stopped.at, hashes, &mut total);
                run = Run::default();
            }
            Record::Event(Event::Reconciled(reconciled)) => {
                run.count(reconciled.at, hashes, &mut total);
            }
            Record::Event(Event::StrategyChanged(changed)) => {
                run.count(changed.at, hashes, &mut total);
                if let Some(hash) = run.hashes.get_mut(changed.strategy.index()) {
                    hash.clone_from(&changed.hash);
                }
            }
            _ => {}
        }
    }
    total
}

/// The run that the records are of.
#[derive(Default)]
struct Run {
    counts: bool,
    /// By strategy id.
    hashes: Vec<String>,
    /// Up to here it has been counted.
    last: Timestamp,
}

impl Run {
    /// Up to `at` it ran as it is.
    fn count(&mut self, at: Timestamp, hashes: &[String], total: &mut [Nanos]) {
        let span = (at - self.last).max(Nanos::ZERO).get();
        self.last = at;
        for (hash, total) in hashes.iter().zip(total) {
            if self.counts && self.hashes.contains(hash) {
                *total = Nanos::new(total.get().saturating_add(span));
            }
        }
    }

    fn of(started: &super::RunStarted) -> Self {
        Self {
            counts: started.mode == "paper" && started.endpoint == "demo",
            hashes: started.hashes.clone(),
            last: started.at,
        }
    }
}

#[cfg(test)]
mod tests {
    use statecraft_domain::control::Reconciled;
    use statecraft_domain::event::StrategyChanged;
    use statecraft_domain::{StrategyId, Venue};

    use super::*;
    use crate::{RunStarted, RunStopped};

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    fn started(secs: i64, mode: &str, endpoint: &str) -> Record {
        Record::RunStarted(RunStarted {
            at: at(secs),
            strategies: vec!["a".to_owned(), "b".to_owned()],
            hashes: vec!["A".to_owned(), "B".to_owned()],
            lineages: Vec::new(),
            config_hash: String::new(),
            mode: mode.to_owned(),
            endpoint: endpoint.to_owned(),
            version: String::new(),
        })
    }

    fn compared(secs: i64) -> Record {
        Record::Event(Event::Reconciled(Reconciled {
            at: at(secs),
            venue: Venue::Kalshi,
            asked: at(secs - 1),
        }))
    }

    fn stopped(secs: i64) -> Record {
        Record::RunStopped(RunStopped { at: at(secs), reason: String::new() })
    }

    fn edited(secs: i64, strategy: u16, hash: &str) -> Record {
        Record::Event(Event::StrategyChanged(Box::new(StrategyChanged {
            at: at(secs),
            strategy: StrategyId(strategy),
            hash: hash.to_owned(),
            summary: String::new(),
            text: String::new(),
        })))
    }

    fn secs(records: &[Record]) -> Vec<i64> {
        let hashes = ["A", "B", "C"].map(str::to_owned);
        paper_time(records, &hashes).iter().map(|span| span.get() / 1_000_000_000).collect()
    }

    #[test]
    fn r28_a_run_counts_up_to_its_last_sign_of_life() {
        let whole = [started(100, "paper", "demo"), compared(160), stopped(200)];
        assert_eq!(secs(&whole), [100, 100, 0]);
        // Killed: what came after the comparison is not known to have run. The next run adds.
        let killed = [
            started(100, "paper", "demo"),
            compared(160),
            started(500, "paper", "demo"),
            stopped(510),
        ];
        assert_eq!(secs(&killed), [70, 70, 0]);
    }

    #[test]
    fn r28_an_edited_file_begins_again() {
        let run = [started(100, "paper", "demo"), edited(130, 0, "C"), stopped(200)];
        assert_eq!(secs(&run), [30, 100, 70]);
    }

    #[test]
    fn r28_real_money_and_compressed_years_prove_nothing() {
        assert_eq!(secs(&[started(100, "live", "prod"), stopped(200)]), [0, 0, 0]);
        for simulated in ["embedded", "http://127.0.0.1:8080"] {
            assert_eq!(secs(&[started(100, "paper", simulated), stopped(200)]), [0, 0, 0]);
        }
        // A clock that was set back takes nothing away.
        assert_eq!(secs(&[started(100, "paper", "demo"), compared(50), stopped(60)]), [10, 10, 0]);
    }
}
