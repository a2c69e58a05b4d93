//! [`Recovered::beginning`]: how a start begins to trade, or does not. What earlier runs stopped for and nobody has
//! released holds over restarts (I13, F47); one piece of code, live and simulated.

use statecraft_domain::event::Mode;

use super::gate::Bar;
use super::recovery::{CRASHED, Recovered};

/// Why a [`Step`] is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Killed, and not released.
    Killed,
    /// Stopped by itself or by a person, and not released.
    Stopped,
    /// So many runs within [`super::recovery::CRASH_WINDOW`] ended without a stop.
    Crashes(usize),
    /// Nothing speaks against it.
    Started,
}

/// A bar that goes down first, and then a change of mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Why.
    pub why: Why,
    /// Before the change.
    pub bar: Option<Bar>,
    /// The mode; `None`: it stays.
    pub mode: Option<Mode>,
    /// The reason of the change.
    pub reason: String,
}

impl Recovered {
    /// The steps of a start whose engine is in `mode` by now, in order. `latch`: what the file `KILL` says.
    /// `crash_loop`: so many runs crashed, and that is too many.
    #[must_use]
    pub fn beginning(
        &self,
        mode: Mode,
        latch: Option<&str>,
        crash_loop: Option<usize>,
    ) -> Vec<Step> {
        let step =
            |why, bar, mode, reason: &str| Step { why, bar, mode, reason: reason.to_owned() };
        if let Some(reason) = self.killed.as_deref().or(latch) {
            return vec![step(Why::Killed, Some(Bar::Kill), Some(Mode::Killed), reason)];
        }
        // What only closes may be what crashes: then it waits as well.
        let held = self.held.as_ref();
        let held = held.filter(|(mode, _)| *mode == Mode::Halted || crash_loop.is_none());
        // A pause lets nothing leave; an engine that may still reduce sees to the rest by itself.
        let pauses = |mode: Mode| (mode == Mode::Halted).then_some(Bar::Pause);
        // What this start itself has stopped for stays, whatever held before.
        if mode != Mode::Starting {
            let held = held.map(|(mode, reason)| step(Why::Stopped, pauses(*mode), None, reason));
            return held.into_iter().collect();
        }
        let mut steps = Vec::new();
        if let Some((mode, reason)) = &self.latched {
            steps.push(step(Why::Stopped, None, Some(*mode), reason));
        }
        if let Some((mode, reason)) = held {
            steps.push(step(Why::Stopped, pauses(*mode), Some(*mode), reason));
        } else if let Some(crashes) = crash_loop {
            let reason = format!("{CRASHED}{crashes} runs within ten minutes ended without a stop");
            steps.push(step(Why::Crashes(crashes), Some(Bar::Pause), Some(Mode::Halted), &reason));
        }
        if steps.is_empty() {
            steps.push(step(Why::Started, None, Some(Mode::Active), "started"));
        }
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LATCHED: (Mode, &str) = (Mode::ReduceOnly, "engine: day_loss: 50 lost");
    const PAUSED: (Mode, &str) = (Mode::Halted, "paused by the operator: lunch");
    const FLATTEN: (Mode, &str) = (Mode::ReduceOnly, "paused by the operator: flatten: out");

    fn recovered(latched: Option<(Mode, &str)>, held: Option<(Mode, &str)>) -> Recovered {
        let owned = |(mode, reason): (Mode, &str)| (mode, reason.to_owned());
        let (latched, held) = (latched.map(owned), held.map(owned));
        Recovered { latched, held, ..Recovered::default() }
    }

    fn modes(steps: &[Step]) -> Vec<(Why, Option<Bar>, Option<Mode>)> {
        steps.iter().map(|step| (step.why, step.bar, step.mode)).collect()
    }

    #[test]
    fn i13_a_start_begins_as_the_run_before_it_was_stopped() {
        let of = |latched, held, crashes| {
            modes(&recovered(latched, held).beginning(Mode::Starting, None, crashes))
        };
        let stopped = |bar, mode| (Why::Stopped, bar, Some(mode));
        let pause = stopped(Some(Bar::Pause), Mode::Halted);
        let (reduces, crashed) = (
            stopped(None, Mode::ReduceOnly),
            (Why::Crashes(5), Some(Bar::Pause), Some(Mode::Halted)),
        );
        assert_eq!(of(None, None, None), [(Why::Started, None, Some(Mode::Active))]);
        assert_eq!(of(Some(LATCHED), None, None), [reduces]);
        assert_eq!(of(None, Some(PAUSED), None), [pause]);
        assert_eq!(of(Some(LATCHED), Some(PAUSED), None), [reduces, pause], "beside each other");
        assert_eq!(of(None, None, Some(5)), [crashed]);
        assert_eq!(of(Some(LATCHED), Some(FLATTEN), Some(5)), [reduces, crashed]);
        assert_eq!(of(None, Some(PAUSED), Some(5)), [pause], "paused already");
    }

    #[test]
    fn i13_a_kill_comes_before_everything_also_one_that_only_the_file_knows() {
        let killed = [(Why::Killed, Some(Bar::Kill), Some(Mode::Killed))];
        let mut run = recovered(Some(LATCHED), Some(PAUSED));
        assert_eq!(modes(&run.beginning(Mode::Starting, Some("file"), None)), killed);
        run.killed = Some("operator".to_owned());
        assert_eq!(run.beginning(Mode::Halted, Some("file"), None)[0].reason, "operator");
    }

    /// Cash went: neither "started" nor the flatten of an earlier run loosens that.
    #[test]
    fn what_a_start_has_stopped_for_is_not_loosened() {
        let of = |held| modes(&recovered(None, held).beginning(Mode::Halted, None, None));
        assert_eq!(of(None), []);
        assert_eq!(of(Some(FLATTEN)), [(Why::Stopped, None, None)]);
        assert_eq!(of(Some(PAUSED)), [(Why::Stopped, Some(Bar::Pause), None)]);
    }
}
