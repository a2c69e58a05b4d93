//! What can go wrong, and how likely it is in a seed.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::dice::Dice;

macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $occasion:ident, $base:literal;)+) => {
        /// A kind of fault.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Fault {
            $($(#[$doc])* $name),+
        }

        impl Fault {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its name in files and reports.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }

            /// When it is drawn.
            #[must_use]
            pub const fn occasion(self) -> Occasion {
                match self { $(Self::$name => Occasion::$occasion),+ }
            }

            /// A usual rate: a probability, or a number an hour.
            const fn base(self) -> f64 {
                match self { $(Self::$name => $base),+ }
            }
        }
    };
}

/// When a fault is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// At each of something, with a probability.
    Each,
    /// At any time, so many times an hour.
    Hourly,
}

faults! {
    /// A frame of the websocket is lost; its number, if it has one, is used up.
    FrameDrop = "frame_drop", Each, 0.002;
    /// A frame comes twice.
    FrameDuplicate = "frame_duplicate", Each, 0.004;
    /// A frame comes after its successors.
    FrameReorder = "frame_reorder", Each, 0.002;
    /// A frame, and what follows it, is late by up to five seconds.
    FrameDelay = "frame_delay", Each, 0.002;
    /// A frame arrives garbled.
    FrameMalformed = "frame_malformed", Each, 0.0005;
    /// A frame says something that crosses the book.
    BookCrossed = "book_crossed", Each, 0.0005;
    /// The socket stays open and nothing comes.
    SilentSocket = "silent_socket", Hourly, 2.0;
    /// The socket is alive, one book on it is not.
    FrozenSubscription = "frozen_subscription", Hourly, 1.0;
    /// The connection is cut.
    Disconnect = "disconnect", Hourly, 4.0;
    /// The venue changes a market's price grid.
    TickChange = "tick_change", Hourly, 1.0;
    /// An order is refused for a documented reason.
    PlaceReject = "place_reject", Each, 0.03;
    /// An order is lost on its way to the venue.
    PlaceTimeoutBefore = "place_timeout_before", Each, 0.03;
    /// The answer to an order that was accepted is lost.
    PlaceTimeoutAfter = "place_timeout_after", Each, 0.05;
    /// An order meets a server error and is not processed.
    PlaceErrorBefore = "place_5xx_before", Each, 0.03;
    /// An order is processed and answered with a server error.
    PlaceErrorAfter = "place_5xx_after", Each, 0.04;
    /// An order is processed and answered with a success that names no order.
    PlaceWithoutOrder = "place_2xx_without_order", Each, 0.03;
    /// An order is refused because there were too many.
    PlaceTooMany = "place_429", Each, 0.02;
    /// An order is held in the network for seconds to minutes.
    PlaceHeld = "place_held", Each, 0.03;
    /// The answer to an order comes after its fills.
    FillBeforeAck = "fill_before_ack", Each, 0.1;
    /// A private frame comes twice.
    FillDuplicate = "fill_duplicate", Each, 0.05;
    /// A private frame is minutes late.
    FillLate = "fill_late", Each, 0.03;
    /// The venue tells of a fill that its own ledger does not know.
    FillGhost = "fill_ghost", Hourly, 0.1;
    /// A cancel is lost, or its answer is.
    CancelLost = "cancel_lost", Each, 0.3;
    /// A cancel is answered with "not found".
    CancelNotFound = "cancel_404", Each, 0.3;
    /// A cancel is answered as done, and the order rests on.
    CancelUndone = "cancel_undone", Each, 0.01;
    /// Trading is paused everywhere.
    VenuePause = "venue_pause", Hourly, 1.0;
    /// An order that comes while trading is paused is kept, and placed when it goes on.
    PlaceParked = "place_parked", Each, 0.3;
    /// The venue answers nothing but errors and takes no connection.
    Maintenance = "maintenance", Hourly, 0.6;
    /// The venue takes cancels and refuses orders with a server error.
    CancelOnly = "cancel_only", Hourly, 0.7;
    /// A market pauses and opens again.
    MarketClosed = "market_closed", Hourly, 2.0;
    /// A market is paid out.
    Settlement = "settlement", Hourly, 0.6;
    /// Reads of the account tell an earlier state.
    ReportLag = "report_lag", Hourly, 3.0;
    /// A page of a report fails, is cut short, or never comes.
    PageFailed = "page_failed", Each, 0.03;
    /// A report's positions are older than its orders and fills (also while they cannot be read).
    ReportInconsistent = "report_inconsistent", Each, 0.03;
    /// The machine's clock is wrong for minutes.
    ClockSkew = "clock_skew", Hourly, 1.5;
    /// The machine's clock jumps, and back.
    ClockJump = "clock_jump", Hourly, 1.2;
    /// The process stands still.
    Suspension = "suspension", Hourly, 1.0;
    /// The disk takes its time.
    DiskSlow = "disk_slow", Hourly, 2.0;
    /// A flush fails.
    FlushError = "flush_error", Hourly, 0.5;
    /// The disk is full.
    DiskFull = "disk_full", Hourly, 0.5;
    /// The process dies while it writes its journal.
    CrashAtWrite = "crash_at_write", Hourly, 2.0;
    /// The process dies between two steps.
    Crash = "crash", Hourly, 1.5;
    /// A person presses the kill switch.
    OperatorKill = "operator_kill", Hourly, 2.0;
    /// A person pauses and resumes.
    OperatorPause = "operator_pause", Hourly, 2.5;
    /// A source sends hundreds of signals at once.
    SignalFlood = "signal_flood", Hourly, 1.0;
    /// A source that nobody configured says the opposite.
    SignalForged = "signal_forged", Hourly, 1.5;
    /// A signal is taken back.
    SignalRetracted = "signal_retracted", Hourly, 1.0;
    /// Every read of one part of the account fails for a while.
    ReadsFail = "reads_fail", Hourly, 2.5;
    /// The machine is gone for minutes.
    Outage = "outage", Hourly, 0.6;
    /// The venue serves nobody who comes from here.
    GeoBlocked = "geo_blocked", Hourly, 0.3;
    /// The venue refuses our key.
    KeyRevoked = "key_revoked", Hourly, 0.3;
    /// Somebody else writes on the account: under our names or his own, to take something or to rest.
    ForeignWriter = "foreign_writer", Hourly, 0.1;
    /// Money goes from the account that no order of ours has cost.
    CashTaken = "cash_taken", Hourly, 0.2;
    /// Money comes into the account.
    CashAdded = "cash_added", Hourly, 0.2;
}

impl Fault {
    /// Position in [`Self::ALL`].
    pub(super) const fn index(self) -> usize {
        self as usize
    }

    /// The kind of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|fault| fault.name() == name)
    }
}

/// Share of the kinds that do not happen at all in a seed.
const ABSENT: f64 = 0.4;

/// Rates fixed by a file; every other kind is drawn anew by each seed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FixedRates {
    rates: BTreeMap<Fault, f64>,
    /// Kinds that are not in the file do not happen.
    only: bool,
}

/// Why a file of rates was refused.
#[derive(Debug, thiserror::Error)]
pub enum FixedRatesError {
    /// It cannot be read.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// Which file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is not TOML of the right shape.
    #[error("the fault file does not parse: {0}")]
    Malformed(#[from] toml::de::Error),
    /// No such kind.
    #[error("there is no fault {0:?}; the kinds are {1}")]
    Unknown(String, String),
    /// A rate that is none.
    #[error("{0} = {1}: a probability is 0 to 1, a number an hour 0 to 1000")]
    Rate(&'static str, f64),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    only: bool,
    #[serde(default)]
    rates: BTreeMap<String, f64>,
}

impl FixedRates {
    /// Nothing goes wrong.
    #[must_use]
    pub fn none() -> Self {
        Self { rates: BTreeMap::new(), only: true }
    }

    /// Can this kind happen in any seed?
    #[must_use]
    pub fn can_fire(&self, fault: Fault) -> bool {
        self.rates.get(&fault).map_or(!self.only, |rate| *rate > 0.0)
    }

    /// Reads a file: `only = true` and a table `[rates]` of kinds.
    ///
    /// # Errors
    /// [`FixedRatesError`].
    pub fn read(path: &Path) -> Result<Self, FixedRatesError> {
        let text = std::fs::read_to_string(path).map_err(|source| FixedRatesError::Unreadable {
            path: path.display().to_string(),
            source,
        })?;
        Self::parse(&text)
    }

    /// As [`Self::read`], of a text.
    ///
    /// # Errors
    /// [`FixedRatesError`].
    pub fn parse(text: &str) -> Result<Self, FixedRatesError> {
        let file: File = toml::from_str(text)?;
        let mut rates = BTreeMap::new();
        for (name, rate) in file.rates {
            let Some(fault) = Fault::named(&name) else {
                let names: Vec<&str> = Fault::ALL.iter().map(|fault| fault.name()).collect();
                return Err(FixedRatesError::Unknown(name, names.join(", ")));
            };
            let most = match fault.occasion() {
                Occasion::Each => 1.0,
                Occasion::Hourly => 1_000.0,
            };
            if !(0.0..=most).contains(&rate) {
                return Err(FixedRatesError::Rate(fault.name(), rate));
            }
            rates.insert(fault, rate);
        }
        Ok(Self { rates, only: file.only })
    }

    /// The rates of a seed: each kind is absent, or more or less frequent than usual.
    pub(super) fn draw(&self, dice: &mut Dice) -> Rates {
        let rates = Fault::ALL
            .iter()
            .map(|fault| {
                let absent = dice.chance(ABSENT);
                let scale = dice.between(0.2, 2.5);
                match self.rates.get(fault) {
                    Some(rate) => *rate,
                    None if self.only || absent => 0.0,
                    None => fault.base() * scale,
                }
            })
            .collect();
        Rates(rates)
    }
}

/// The rates of one seed.
#[derive(Debug, Clone)]
pub(super) struct Rates(Vec<f64>);

impl Rates {
    pub(super) fn of(&self, fault: Fault) -> f64 {
        self.0.get(fault.index()).copied().unwrap_or(0.0)
    }
}

/// How often each kind fired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fired(Vec<u64>);

impl Default for Fired {
    fn default() -> Self {
        Self(vec![0; Fault::ALL.len()])
    }
}

impl Fired {
    pub(super) fn count(&mut self, fault: Fault) {
        if let Some(count) = self.0.get_mut(fault.index()) {
            *count += 1;
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine += theirs;
        }
    }

    /// How often this kind fired.
    #[must_use]
    pub fn of(&self, fault: Fault) -> u64 {
        self.0.get(fault.index()).copied().unwrap_or(0)
    }

    /// By name, every kind.
    #[must_use]
    pub fn by_name(&self) -> BTreeMap<&'static str, u64> {
        Fault::ALL.iter().map(|fault| (fault.name(), self.of(*fault))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_fixes_what_it_names() {
        let fixed =
            FixedRates::parse("only = true\n[rates]\ndisconnect = 6\nframe_drop = 0.5").unwrap();
        let rates = fixed.draw(&mut Dice::new(1, 1));
        assert!((rates.of(Fault::Disconnect) - 6.0).abs() < 1e-12);
        assert!(rates.of(Fault::Crash).abs() < 1e-12);
        assert!(fixed.can_fire(Fault::Disconnect) && !fixed.can_fire(Fault::Crash));
        let off = FixedRates::parse("[rates]\ncrash = 0").unwrap();
        assert!(off.can_fire(Fault::Disconnect) && !off.can_fire(Fault::Crash));
        for wrong in ["[rates]\ngremlin = 1", "[rates]\nframe_drop = 2", "rates = 3", "seed = 1"] {
            assert!(FixedRates::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_kind_is_absent_in_some_seeds_and_present_in_others() {
        for fault in Fault::ALL {
            let rates: Vec<f64> = (0..100)
                .map(|seed| FixedRates::default().draw(&mut Dice::new(seed, 1)).of(*fault))
                .collect();
            assert!(rates.iter().any(|rate| *rate > 0.0), "{}", fault.name());
            assert!(rates.iter().any(|rate| rate.abs() < 1e-12), "{}", fault.name());
        }
    }
}
