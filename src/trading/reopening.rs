//! [`Reopenings`]: how long all must be well before orders leave again by themselves (reliability.md 10.7). What is
//! interrupted again and again is not over each time it seems to be. Nothing here waits for a person for ever: who
//! holds positions must be able to close them.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use super::reconciler::Wall;

/// So many times an hour orders leave again as soon as the cause itself is over.
const AT_ONCE: usize = 3;
const HOUR: Duration = Duration::from_secs(3_600);
/// From then on all must have been well for so long, doubled each time, up to the second.
const WELL: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(600));
/// How often a person is told of one wait.
const TOLD: Duration = Duration::from_secs(600);

/// What is well now. What only slows orders down (a rate limit, the lost book of one market) is no interruption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Well {
    /// The venue takes orders, or is closed by its calendar.
    pub venue: bool,
    /// Market data comes in time.
    pub market_data: bool,
    /// The stream is up.
    pub connection: bool,
    /// The clock is trusted.
    pub clock: bool,
}

/// Why orders wait although the cause is over, or will once it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// What was interrupted.
    pub cause: &'static str,
    /// How often within the hour, this time included.
    pub times: usize,
    /// How long it must have been well.
    pub wait: Duration,
    /// How much of that is left.
    pub left: Duration,
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cause, times, wait, .. } = self;
        write!(
            f,
            "the {cause} was interrupted {times} times within an hour: orders wait until it has been well for {} s",
            wait.as_secs()
        )
    }
}

/// See the module.
#[derive(Debug)]
pub struct Reopenings {
    causes: [Reopening; 4],
    /// When a person was last told of the present wait.
    told: Option<Wall>,
}

impl Default for Reopenings {
    fn default() -> Self {
        let causes = ["venue", "market data", "connection", "clock"];
        Self { causes: causes.map(Reopening::of), told: None }
    }
}

impl Reopenings {
    /// Is it well now? To be told often.
    pub fn look(&mut self, now: Wall, well: Well) {
        let Well { venue, market_data, connection, clock } = well;
        for (cause, is_well) in self.causes.iter_mut().zip([venue, market_data, connection, clock])
        {
            cause.look(now, is_well);
        }
    }

    /// The longest wait that holds orders up; `None`: none does.
    #[must_use]
    pub fn hold(&self, now: Wall) -> Option<Hold> {
        self.causes.iter().filter_map(|cause| cause.hold(now)).max_by_key(|hold| hold.left)
    }

    /// A person has looked, and lets it trade: the waits are over, and counting begins anew.
    pub fn forgive(&mut self) {
        self.causes.iter_mut().for_each(|cause| cause.reopened.clear());
    }

    /// What a person is to be told now: when all is well and orders begin to wait, and while that goes on.
    pub fn alert(&mut self, now: Wall) -> Option<Hold> {
        let Some(hold) = self.hold(now) else {
            self.told = None;
            return None;
        };
        let is_due = self.told.is_none_or(|told| now.saturating_sub(told) >= TOLD);
        // Whatever is amiss is told for itself.
        let is_well = self.causes.iter().all(|cause| cause.state != State::Interrupted);
        (is_due && is_well).then(|| {
            self.told = Some(now);
            hold
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// It was never well in this run: that is a start, and no interruption.
    Begins,
    Open,
    Interrupted,
    /// It is well again, since then.
    Waits(Wall),
}

/// The same of one cause.
#[derive(Debug)]
struct Reopening {
    name: &'static str,
    state: State,
    /// When orders left again by themselves, within the hour.
    reopened: VecDeque<Wall>,
}

impl Reopening {
    const fn of(name: &'static str) -> Self {
        Self { name, state: State::Begins, reopened: VecDeque::new() }
    }

    fn look(&mut self, now: Wall, is_well: bool) {
        self.state = match (self.state, is_well) {
            (State::Begins | State::Open, true) => State::Open,
            (State::Begins, false) => State::Begins,
            (_, false) => State::Interrupted,
            (State::Interrupted, true) => State::Waits(now),
            (waits @ State::Waits(_), true) => waits,
        };
        if matches!(self.state, State::Waits(since) if now.saturating_sub(since) >= self.wait(now))
        {
            self.reopened.retain(|&at| now.saturating_sub(at) < HOUR);
            self.reopened.push_back(now);
            self.state = State::Open;
        }
    }

    fn times(&self, now: Wall) -> usize {
        self.reopened.iter().filter(|&&at| now.saturating_sub(at) < HOUR).count()
    }

    fn wait(&self, now: Wall) -> Duration {
        let Some(more) = self.times(now).checked_sub(AT_ONCE) else { return Duration::ZERO };
        (0..more).fold(WELL.0, |wait, _| (wait * 2).min(WELL.1))
    }

    fn hold(&self, now: Wall) -> Option<Hold> {
        let wait = self.wait(now);
        let left = match self.state {
            State::Begins | State::Open => Duration::ZERO,
            State::Interrupted => wait,
            State::Waits(since) => wait.saturating_sub(now.saturating_sub(since)),
        };
        let times = self.times(now) + 1;
        (!left.is_zero()).then_some(Hold { cause: self.name, times, wait, left })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: Well = Well { venue: true, market_data: true, connection: true, clock: true };
    const PAUSED: Well = Well { venue: false, ..ALL };
    const DOWN: Well = Well { connection: false, ..ALL };

    fn secs(secs: u64) -> Wall {
        Wall::from_secs(secs)
    }

    /// Interrupts at `now`, and says how long orders waited after it was over.
    fn waited(reopenings: &mut Reopenings, now: &mut u64, amiss: Well) -> u64 {
        reopenings.look(secs(*now), amiss);
        let began = *now;
        loop {
            reopenings.look(secs(*now), ALL);
            if reopenings.hold(secs(*now)).is_none() {
                return *now - began;
            }
            *now += 1;
        }
    }

    #[test]
    fn three_an_hour_are_free_and_then_it_must_be_well_for_longer_each_time() {
        let mut reopenings = Reopenings::default();
        let mut now = 0;
        reopenings.look(secs(now), ALL);
        let mut waits = Vec::new();
        for _ in 0..9 {
            waits.push(waited(&mut reopenings, &mut now, PAUSED));
            now += 60;
        }
        assert_eq!(waits, [0, 0, 0, 30, 60, 120, 240, 480, 600]);
        // Another cause has its own, a person lifts it, and an hour forgets.
        assert_eq!(waited(&mut reopenings, &mut now, DOWN), 0);
        reopenings.look(secs(now), PAUSED);
        assert_eq!(reopenings.hold(secs(now)).unwrap().times, 10);
        reopenings.forgive();
        assert_eq!(reopenings.hold(secs(now)), None);
        for wait in [0, 0, 0, 30] {
            assert_eq!(waited(&mut reopenings, &mut now, PAUSED), wait);
        }
        now += 3_600;
        assert_eq!(waited(&mut reopenings, &mut now, PAUSED), 0);
    }

    #[test]
    fn what_was_never_well_is_a_start() {
        let mut reopenings = Reopenings::default();
        for now in 0..10 {
            reopenings.look(secs(now), DOWN);
            assert_eq!(reopenings.hold(secs(now)), None);
        }
        let mut now = 10;
        reopenings.look(secs(now), ALL);
        for wait in [0, 0, 0, 30] {
            assert_eq!(waited(&mut reopenings, &mut now, DOWN), wait);
        }
    }

    #[test]
    fn each_wait_is_told_when_it_begins_and_every_ten_minutes() {
        let mut reopenings = Reopenings::default();
        let mut now = 0;
        reopenings.look(secs(now), ALL);
        for _ in 0..3 {
            waited(&mut reopenings, &mut now, PAUSED);
        }
        let mut told = Vec::new();
        for second in 100..2_000 {
            // Paused for a second in every twenty: never well for thirty.
            let well = if second % 20 == 0 { PAUSED } else { ALL };
            reopenings.look(secs(second), well);
            told.extend(reopenings.alert(secs(second)).map(|hold| (second, hold.times)));
        }
        assert_eq!(told, [(101, 4), (701, 4), (1_301, 4), (1_901, 4)]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// However it flaps, orders leave again at most a dozen times in any hour; and after ten minutes in which all
        /// was well they always do.
        #[test]
        fn a_venue_that_flaps_reopens_a_dozen_times_an_hour_and_never_waits_for_ever(
            spans in proptest::collection::vec((1_u64..90, 1_u64..700), 1..40),
        ) {
            let mut reopenings = Reopenings::default();
            let (mut now, mut opened) = (0, Vec::new());
            reopenings.look(secs(0), ALL);
            for (amiss, well) in spans {
                let mut was_held = true;
                for second in 0..amiss + well {
                    now += 1;
                    reopenings.look(secs(now), if second < amiss { PAUSED } else { ALL });
                    let is_held = second < amiss || reopenings.hold(secs(now)).is_some();
                    if was_held && !is_held {
                        opened.push(now);
                    }
                    was_held = is_held;
                    prop_assert!(!is_held || second < amiss + 600);
                }
            }
            for (first, at) in opened.iter().enumerate() {
                let within = opened[first..].iter().take_while(|&&other| other < at + 3_600);
                prop_assert!(within.count() <= 12);
            }
        }
    }
}
