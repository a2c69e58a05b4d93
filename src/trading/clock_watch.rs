//! May orders leave on this machine's clock? (reliability.md 11.2, 11.3, R13). Both clocks of the machine are
//! compared at every tick, and the wall clock with the venue's now and then.

use statecraft_domain::{Nanos, Timestamp};

use super::reconciler::Wall;

/// Further off than this a person is told.
pub const OFFSET_WARN: Nanos = Nanos::from_millis(500);
/// Further off than this no order leaves.
pub const OFFSET_MAX: Nanos = Nanos::from_secs(2);
/// The two clocks of the machine may part by this much between two ticks.
const JUMP: Nanos = Nanos::from_secs(1);
/// After a jump, the clock is trusted again when it was steady for so long.
const STEADY: Wall = Wall::from_secs(60);
/// Between two ticks this means that the machine or the process slept.
const SLEPT: Nanos = Nanos::from_secs(10);

/// What a tick found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tick {
    /// Time passed as it should.
    Steady,
    /// The wall clock was set: by so much (negative: back).
    Jumped(Nanos),
    /// Nothing ran for so long: whatever happened meanwhile was missed.
    Slept(Nanos),
}

/// See the module.
#[derive(Debug, Default)]
pub struct ClockWatch {
    last: Option<(Timestamp, Wall)>,
    unsteady_until: Option<Wall>,
    offset: Nanos,
}

impl ClockWatch {
    /// Looks at both clocks: the wall clock and the one that never goes back.
    pub fn tick(&mut self, wall: Timestamp, steady: Wall) -> Tick {
        let Some((wall_before, before)) = self.last.replace((wall, steady)) else {
            return Tick::Steady;
        };
        let passed = nanos(steady.saturating_sub(before));
        let drift = Nanos::new((wall - wall_before).get().saturating_sub(passed.get()));
        // A clock set back by any amount is as bad: things would seem to happen before their causes.
        let jumped = drift.get() > JUMP.get() || drift.get() < -JUMP.get() || wall < wall_before;
        if jumped {
            self.unsteady_until = Some(steady + STEADY);
        }
        // The steady clock stands still while the machine is suspended; the wall clock then shows it.
        let slept = passed.max(Nanos::new(passed.get().saturating_add(drift.get())));
        if slept.get() > SLEPT.get() {
            Tick::Slept(slept)
        } else if jumped {
            Tick::Jumped(drift)
        } else {
            Tick::Steady
        }
    }

    /// The venue's clock minus ours was measured.
    pub const fn measured(&mut self, offset: Nanos) {
        self.offset = offset;
    }

    /// Venue minus ours, as last measured.
    #[must_use]
    pub const fn offset(&self) -> Nanos {
        self.offset
    }

    /// May orders leave on this clock?
    #[must_use]
    pub fn is_trusted(&self, steady: Wall) -> bool {
        let is_near = self.offset.get().saturating_abs() <= OFFSET_MAX.get();
        is_near && self.unsteady_until.is_none_or(|until| steady >= until)
    }
}

/// One look at the venue's clock: the offset lies within plus or minus the uncertainty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// Venue minus ours.
    pub offset: Nanos,
    /// Half the width of what is possible.
    pub uncertainty: Nanos,
}

/// The offset that all samples allow: a venue that tells whole seconds is known better the more often it is
/// asked. Where no offset fits all of them (a slow answer, a clock in motion), their median. At least three.
#[must_use]
pub fn combined(samples: &[Sample]) -> Option<Nanos> {
    if samples.len() < 3 {
        return None;
    }
    let low = samples.iter().map(|s| s.offset.get().saturating_sub(s.uncertainty.get())).max()?;
    let high = samples.iter().map(|s| s.offset.get().saturating_add(s.uncertainty.get())).min()?;
    if low <= high {
        return Some(Nanos::new(low + (high - low) / 2));
    }
    let mut offsets: Vec<Nanos> = samples.iter().map(|sample| sample.offset).collect();
    offsets.sort_unstable();
    offsets.get(offsets.len() / 2).copied()
}

/// Machine time as a span of engine time that runs no faster.
pub(super) fn nanos(span: Wall) -> Nanos {
    Nanos::new(i64::try_from(span.as_nanos()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_secs(1_790_000_000);

    fn at(watch: &mut ClockWatch, wall_ms: i64, steady_ms: u64) -> Tick {
        watch.tick(START + Nanos::from_millis(wall_ms), Wall::from_millis(steady_ms))
    }

    #[test]
    fn f43_a_step_of_the_clock_is_untrusted_until_it_was_steady_for_a_minute() {
        for (step, found) in [(3_600_000, true), (-3_600_000, true), (900, false), (-150, true)] {
            let mut watch = ClockWatch::default();
            at(&mut watch, 0, 0);
            at(&mut watch, 100, 100);
            let tick = at(&mut watch, 200 + step, 200);
            assert_eq!(tick != Tick::Steady, found, "{step}: {tick:?}");
            assert_eq!(watch.is_trusted(Wall::from_millis(59_000)), !found, "{step}");
            assert!(watch.is_trusted(Wall::from_millis(60_200)), "{step}");
        }
    }

    #[test]
    fn f43_sleep_is_seen_whichever_clock_stood_still() {
        let mut stopped = ClockWatch::default();
        at(&mut stopped, 0, 0);
        assert_eq!(at(&mut stopped, 15_000, 15_000), Tick::Slept(Nanos::from_secs(15)));
        assert!(stopped.is_trusted(Wall::from_secs(15)), "both clocks agree");
        let mut suspended = ClockWatch::default();
        at(&mut suspended, 0, 0);
        assert_eq!(at(&mut suspended, 600_000, 100), Tick::Slept(Nanos::from_secs(600)));
        assert!(!suspended.is_trusted(Wall::from_millis(100)));
    }

    #[test]
    fn f42_two_seconds_off_is_too_far_and_samples_sharpen_each_other() {
        let sample = |offset, uncertainty| Sample {
            offset: Nanos::from_millis(offset),
            uncertainty: Nanos::from_millis(uncertainty),
        };
        assert_eq!(combined(&[sample(0, 500); 2]), None);
        let sharp = combined(&[sample(400, 550), sample(-300, 550), sample(100, 550)]).unwrap();
        assert_eq!(sharp, Nanos::from_millis(50));
        let torn = combined(&[sample(0, 10), sample(5_000, 10), sample(200, 10)]).unwrap();
        assert_eq!(torn, Nanos::from_millis(200));
        let mut watch = ClockWatch::default();
        watch.measured(Nanos::from_millis(-2_001));
        assert!(!watch.is_trusted(Wall::ZERO));
        watch.measured(Nanos::from_millis(1_999));
        assert!(watch.is_trusted(Wall::ZERO));
    }
}
