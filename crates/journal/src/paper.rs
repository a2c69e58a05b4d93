//! For how long strategies have run on paper as they are (R28).

use statecraft_domain::event::Mode;
use statecraft_domain::{Event, Nanos, Timestamp};

use super::Record;

/// What the records have to be of, for [`paper_time`]: [`super::inspect::records`] reads them.
pub const PAPER_KINDS: [&str; 6] = [
    "run_started",
    "run_stopped",
    "account_reported",
    "order_sent",
    "mode_changed",
    "strategy_changed",
];

/// How long each of these strategy files (their SHA-256, hex) has traded on paper, over all runs in the records.
///
/// A run counts while its mode lets it open something, up to the last comparison of the account that was calm, its
/// last order, or its end: a run that was killed proves nothing after its last sign of life. Only runs against the
/// venue's own demo count: simulated years may take minutes.
#[must_use]
pub fn paper_time(records: &[Record], hashes: &[String]) -> Vec<Nanos> {
    let mut run = Run::default();
    let mut total = vec![Nanos::ZERO; hashes.len()];
    for record in records {
        let at = record.at();
        match record {
            Record::RunStarted(started) => run = Run::of(started),
            Record::RunStopped(_) => {
                run.count(at, hashes, &mut total);
                run = Run::default();
            }
            Record::Event(Event::AccountReported(_) | Event::OrderSent(_)) => {
                run.count(at, hashes, &mut total);
            }
            Record::Event(Event::ModeChanged(changed)) => {
                run.count(at, hashes, &mut total);
                run.active = changed.mode == Mode::Active;
            }
            Record::Event(Event::StrategyChanged(changed)) => {
                run.count(at, hashes, &mut total);
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
    /// Its mode lets it open something.
    active: bool,
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
            if self.counts && self.active && self.hashes.contains(hash) {
                *total = Nanos::new(total.get().saturating_add(span));
            }
        }
    }

    fn of(started: &super::RunStarted) -> Self {
        Self {
            counts: started.mode == "paper" && started.endpoint == "demo",
            active: false,
            hashes: started.hashes.clone(),
            last: started.at,
        }
    }
}

#[cfg(test)]
mod tests {
    use statecraft_domain::event::{AccountReported, ModeChanged, StrategyChanged};
    use statecraft_domain::{StrategyId, Usd, Venue};

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
        let report = AccountReported {
            at: at(secs),
            venue: Venue::Kalshi,
            cash: Usd::ZERO,
            positions: Vec::new(),
            proven: Vec::new(),
            disputes: Vec::new(),
        };
        let record = Record::Event(Event::AccountReported(Box::new(report)));
        assert!(PAPER_KINDS.contains(&record.kind()));
        let Record::Event(event) = &record else { unreachable!() };
        assert!(crate::is_journaled(event), "a sign of life that no journal holds is none");
        record
    }

    fn mode(secs: i64, mode: Mode) -> Record {
        let reason = "test".to_owned();
        Record::Event(Event::ModeChanged(ModeChanged { at: at(secs), mode, reason }))
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

    /// Each run begins to trade as it starts.
    fn trading(records: &[Record]) -> Vec<i64> {
        let mut all = Vec::new();
        for record in records {
            all.push(record.clone());
            if let Record::RunStarted(started) = record {
                all.push(mode(started.at.secs(), Mode::Active));
            }
        }
        secs(&all)
    }

    fn secs(records: &[Record]) -> Vec<i64> {
        let hashes = ["A", "B", "C"].map(str::to_owned);
        paper_time(records, &hashes).iter().map(|span| span.get() / 1_000_000_000).collect()
    }

    #[test]
    fn r28_a_run_counts_up_to_its_last_sign_of_life() {
        let whole = [started(100, "paper", "demo"), compared(160), stopped(200)];
        assert_eq!(trading(&whole), [100, 100, 0]);
        // Killed: what came after the comparison is not known to have run. The next run adds.
        let killed = [
            started(100, "paper", "demo"),
            compared(160),
            started(500, "paper", "demo"),
            stopped(510),
        ];
        assert_eq!(trading(&killed), [70, 70, 0]);
    }

    #[test]
    fn r28_a_run_that_may_open_nothing_proves_nothing() {
        let run = [
            started(100, "paper", "demo"),
            compared(110),
            mode(120, Mode::Active),
            mode(150, Mode::Halted),
            compared(900),
            mode(1_000, Mode::Active),
            compared(1_010),
            mode(1_020, Mode::Killed),
            stopped(9_000),
        ];
        assert_eq!(secs(&run), [50, 50, 0]);
    }

    #[test]
    fn r28_an_edited_file_begins_again() {
        let run = [started(100, "paper", "demo"), edited(130, 0, "C"), stopped(200)];
        assert_eq!(trading(&run), [30, 100, 70]);
    }

    #[test]
    fn r28_real_money_and_compressed_years_prove_nothing() {
        assert_eq!(trading(&[started(100, "live", "prod"), stopped(200)]), [0, 0, 0]);
        for simulated in ["embedded", "http://127.0.0.1:8080"] {
            assert_eq!(trading(&[started(100, "paper", simulated), stopped(200)]), [0, 0, 0]);
        }
        // A clock that was set back takes nothing away.
        assert_eq!(
            trading(&[started(100, "paper", "demo"), compared(50), stopped(60)]),
            [10, 10, 0]
        );
    }
}
