//! Faults on demand: what a venue does wrong, how often, and how often it did.
//!
//! A file of switches (`sim --faults FILE`):
//!
//! ```toml
//! seed = 7
//!
//! [[fault]]
//! kind = "error_after_accept"   # the order is placed, the answer is a 503
//! nth = 2                       # on the second occasion only
//! status = 503
//!
//! [[fault]]
//! kind = "read_lag"             # for 400 ms after a write, reads tell the state before it
//! probability = 0.2
//! ms = 400
//! ```

use std::collections::BTreeMap;
use std::path::Path;

use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};

/// What can go wrong. The occasion on which each is drawn is part of its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// At each order write: private reads tell the state before it for `ms`.
    ReadLag,
    /// At each accepted order write: it is done, but the answer is `status`.
    ErrorAfterAccept,
    /// At each order write: nothing is done and the answer is `status`.
    ErrorBeforeAccept,
    /// At each REST call: the answer comes `ms` late.
    DelayResponse,
    /// At each signed REST call: 429, nothing done.
    RateLimit,
    /// At each private frame (fill, order, position): it is never sent.
    DropPrivate,
    /// At each numbered frame: its number is used up, the frame is not sent.
    SequenceGap,
    /// At each data frame: it is sent twice.
    DuplicateFrame,
    /// At each data frame: it and what follows on that connection comes `ms` late.
    DelayFrame,
    /// At each data frame: the connection is cut.
    Disconnect,
    /// At each order write: trading is paused for `ms` from now.
    Pause,
    /// At each signature check: the venue's clock is off by `ms` (may be negative).
    WrongClock,
    /// At each REST answer: its `Date` header is off by `ms` (may be negative).
    WrongDate,
    /// At each change of a book: no change of that book is sent on that connection any more, and no number
    /// is used up, for `ms` or until its snapshot is asked for.
    FrozenSubscription,
    /// At each change of a book: no word of any book is sent on that connection any more, whatever it asks for,
    /// and no number is used up.
    DeadBooks,
}

impl FaultKind {
    /// The name in the file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReadLag => "read_lag",
            Self::ErrorAfterAccept => "error_after_accept",
            Self::ErrorBeforeAccept => "error_before_accept",
            Self::DelayResponse => "delay_response",
            Self::RateLimit => "rate_limit",
            Self::DropPrivate => "drop_private",
            Self::SequenceGap => "sequence_gap",
            Self::DuplicateFrame => "duplicate_frame",
            Self::DelayFrame => "delay_frame",
            Self::Disconnect => "disconnect",
            Self::Pause => "pause",
            Self::WrongClock => "wrong_clock",
            Self::WrongDate => "wrong_date",
            Self::FrozenSubscription => "frozen_subscription",
            Self::DeadBooks => "dead_books",
        }
    }
}

/// When a switch fires. Exactly one of `nth`, `every`, `probability` is given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// What happens.
    pub kind: FaultKind,
    /// On this occasion only, counted from 1.
    #[serde(default)]
    pub nth: Option<u64>,
    /// On each multiple of this.
    #[serde(default)]
    pub every: Option<u64>,
    /// With this probability on each occasion.
    #[serde(default)]
    pub probability: Option<f64>,
    /// Never more often than this.
    #[serde(default)]
    pub limit: Option<u64>,
    /// How long or how far, in milliseconds of wall time; see the kind.
    #[serde(default = "default_ms")]
    pub ms: i64,
    /// HTTP status of the error kinds.
    #[serde(default = "default_status")]
    pub status: u16,
}

fn default_ms() -> i64 {
    500
}

fn default_status() -> u16 {
    503
}

/// A file of switches.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultPlan {
    /// Seed of the draws.
    #[serde(default)]
    pub seed: u64,
    /// The switches.
    #[serde(default, rename = "fault")]
    pub faults: Vec<FaultRule>,
}

/// Why a fault file was refused.
#[derive(Debug, thiserror::Error)]
pub enum FaultError {
    /// It cannot be read.
    #[error("cannot read the fault file {path}: {source}")]
    Unreadable {
        /// Which file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is not a fault file.
    #[error("the fault file does not parse: {0}")]
    Malformed(#[from] toml::de::Error),
    /// A switch that says when to fire in no way, in two ways, or impossibly.
    #[error(
        "fault {0} ({1}) needs exactly one of nth (from 1), every (from 1), probability (0 to 1)"
    )]
    When(usize, &'static str),
    /// A status that is no error.
    #[error("fault {0} ({1}): status must be 400 to 599")]
    Status(usize, &'static str),
}

impl FaultPlan {
    /// Reads a file of switches.
    ///
    /// # Errors
    /// [`FaultError`] for a file that cannot be read or is not valid.
    pub fn read(path: &Path) -> Result<Self, FaultError> {
        let text = std::fs::read_to_string(path).map_err(|source| FaultError::Unreadable {
            path: path.display().to_string(),
            source,
        })?;
        Self::parse(&text)
    }

    /// Parses and checks a text of switches.
    ///
    /// # Errors
    /// [`FaultError`] for a text that is not valid.
    pub fn parse(text: &str) -> Result<Self, FaultError> {
        let plan: Self = toml::from_str(text)?;
        for (index, rule) in plan.faults.iter().enumerate() {
            rule.check(index + 1)?;
        }
        Ok(plan)
    }
}

impl FaultRule {
    fn check(&self, position: usize) -> Result<(), FaultError> {
        let name = self.kind.name();
        let ways = [self.nth.is_some(), self.every.is_some(), self.probability.is_some()];
        let possible = self.nth != Some(0)
            && self.every != Some(0)
            && self.probability.is_none_or(|p| (0.0..=1.0).contains(&p));
        if ways.iter().filter(|way| **way).count() != 1 || !possible {
            return Err(FaultError::When(position, name));
        }
        if !(400..600).contains(&self.status) {
            return Err(FaultError::Status(position, name));
        }
        Ok(())
    }
}

/// What a switch that fired asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shot {
    pub(crate) ms: i64,
    pub(crate) status: u16,
}

impl Shot {
    /// The span as a duration; a negative one is none.
    pub(crate) fn delay(self) -> std::time::Duration {
        std::time::Duration::from_millis(u64::try_from(self.ms).unwrap_or(0))
    }
}

#[derive(Debug)]
struct Switch {
    rule: FaultRule,
    occasions: u64,
    fired: u64,
}

/// The switches at work.
#[derive(Debug)]
pub(crate) struct Faults {
    switches: Vec<Switch>,
    rng: Pcg64Mcg,
}

impl Faults {
    pub(crate) fn new(plan: FaultPlan) -> Self {
        let switches =
            plan.faults.into_iter().map(|rule| Switch { rule, occasions: 0, fired: 0 }).collect();
        Self { switches, rng: Pcg64Mcg::seed_from_u64(plan.seed) }
    }

    /// An occasion for `kind`. The first switch of that kind that fires wins; all count the occasion.
    pub(crate) fn draw(&mut self, kind: FaultKind) -> Option<Shot> {
        let mut shot = None;
        for switch in self.switches.iter_mut().filter(|switch| switch.rule.kind == kind) {
            switch.occasions += 1;
            let rule = &switch.rule;
            let due = rule.nth == Some(switch.occasions)
                || rule.every.is_some_and(|every| switch.occasions.is_multiple_of(every))
                || rule.probability.is_some_and(|p| self.rng.random::<f64>() < p);
            if due && shot.is_none() && rule.limit.is_none_or(|limit| switch.fired < limit) {
                switch.fired += 1;
                shot = Some(Shot { ms: rule.ms, status: rule.status });
            }
        }
        shot
    }

    /// How often each kind of the plan fired.
    pub(crate) fn fired(&self) -> BTreeMap<&'static str, u64> {
        let mut counts = BTreeMap::new();
        for switch in &self.switches {
            *counts.entry(switch.rule.kind.name()).or_default() += switch.fired;
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Faults {
        Faults::new(FaultPlan::parse(text).unwrap())
    }

    #[test]
    fn nth_fires_once_and_every_fires_often() {
        let mut faults = faults(
            "[[fault]]\nkind = 'pause'\nnth = 2\n[[fault]]\nkind = 'read_lag'\nevery = 3\nlimit = 2",
        );
        let pauses: Vec<bool> = (0..4).map(|_| faults.draw(FaultKind::Pause).is_some()).collect();
        assert_eq!(pauses, [false, true, false, false]);
        let lags = (0..12).filter(|_| faults.draw(FaultKind::ReadLag).is_some()).count();
        assert_eq!(lags, 2);
        assert_eq!(faults.fired(), BTreeMap::from([("pause", 1), ("read_lag", 2)]));
    }

    #[test]
    fn the_same_seed_draws_the_same_faults() {
        let text = "seed = 9\n[[fault]]\nkind = 'sequence_gap'\nprobability = 0.3";
        let draws = |mut faults: Faults| -> Vec<bool> {
            (0..200).map(|_| faults.draw(FaultKind::SequenceGap).is_some()).collect()
        };
        let first = draws(faults(text));
        assert_eq!(first, draws(faults(text)));
        let hits = first.iter().filter(|hit| **hit).count();
        assert!((30..90).contains(&hits), "{hits} of 200 at 0.3");
    }

    #[test]
    fn a_switch_without_a_when_is_refused() {
        for text in [
            "[[fault]]\nkind = 'pause'",
            "[[fault]]\nkind = 'pause'\nnth = 1\nevery = 2",
            "[[fault]]\nkind = 'pause'\nnth = 0",
            "[[fault]]\nkind = 'pause'\nprobability = 1.5",
        ] {
            assert!(matches!(FaultPlan::parse(text), Err(FaultError::When(1, "pause"))), "{text}");
        }
        assert!(matches!(
            FaultPlan::parse("[[fault]]\nkind = 'gremlin'\nnth = 1"),
            Err(FaultError::Malformed(_))
        ));
    }
}
