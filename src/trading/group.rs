//! [`GroupWatch`]: the order group of a run follows the gate (reliability.md 6.6). Whenever everything must end, the
//! group ends in one request, beside the single cancels; and it is set up anew before anything may rest in it
//! again, since the venue refuses every order of a group that was ended. One that the venue ended by itself (the
//! refusal of an order says so, and whoever hears it puts down [`Bar::Ungrouped`]) is set up anew as well: by then the
//! engine has stopped opening, until a person resumes.

use std::time::Duration;

use super::gate::{Bar, Gate};
use super::reconciler::Wall;

/// Between two tries to set it up anew.
const AGAIN: Duration = Duration::from_secs(1);

/// What to ask of the venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// Cancel everything in it and let nothing in any more.
    End,
    /// Let orders in again.
    Renew,
}

/// See the module.
#[derive(Debug, Default)]
pub struct GroupWatch {
    /// It was asked to end, and is not set up anew yet.
    ended: bool,
    /// The venue has been asked and has not answered.
    is_asking: bool,
    /// Not asked again before.
    again: Wall,
}

impl GroupWatch {
    /// What is to be asked now; then nothing more until it is [`Self::answered`]. From the end of the group on
    /// nothing that rests leaves.
    pub fn due(&mut self, gate: &Gate, now: Wall) -> Option<Ask> {
        if self.is_asking {
            return None;
        }
        self.ended |= gate.has(Bar::Ungrouped);
        let ask = if gate.ends_all() {
            (!self.ended).then_some(Ask::End)
        } else {
            (self.ended && now >= self.again).then_some(Ask::Renew)
        }?;
        if ask == Ask::End {
            self.ended = true;
            gate.bar(Bar::Ungrouped);
        }
        self.is_asking = true;
        Some(ask)
    }

    /// The venue did it, or did not. An end that failed is not asked again: single cancels go out all the same.
    pub fn answered(&mut self, gate: &Gate, now: Wall, ask: Ask, done: bool) {
        self.is_asking = false;
        match ask {
            Ask::End => {}
            Ask::Renew if !done => self.again = now + AGAIN,
            // Whoever has stopped everything meanwhile holds everything back, and ends it again.
            Ask::Renew => {
                self.ended = false;
                gate.lift(Bar::Ungrouped);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(secs: u64) -> Wall {
        Wall::from_secs(secs)
    }

    #[test]
    fn r27_nothing_rests_from_the_end_of_the_group_until_it_is_set_up_anew() {
        let (gate, mut group) = (Gate::default(), GroupWatch::default());
        assert_eq!(group.due(&gate, secs(0)), None);
        gate.bar(Bar::Pause);
        assert_eq!(group.due(&gate, secs(1)), None, "a pause cancels order by order");
        gate.bar(Bar::Kill);
        assert_eq!(group.due(&gate, secs(2)), Some(Ask::End));
        assert!(gate.has(Bar::Ungrouped));
        assert_eq!(group.due(&gate, secs(2)), None, "one question at a time");
        group.answered(&gate, secs(3), Ask::End, true);
        assert_eq!(group.due(&gate, secs(4)), None, "once");
        gate.lift(Bar::Kill);
        assert_eq!(group.due(&gate, secs(5)), Some(Ask::Renew));
        group.answered(&gate, secs(6), Ask::Renew, false);
        assert_eq!(group.due(&gate, secs(6)), None);
        assert_eq!(group.due(&gate, secs(7)), Some(Ask::Renew));
        assert!(gate.has(Bar::Ungrouped));
        group.answered(&gate, secs(8), Ask::Renew, true);
        assert!(!gate.has(Bar::Ungrouped));
        assert_eq!(group.due(&gate, secs(9)), None);
    }

    #[test]
    fn r27_a_group_that_the_venue_ended_is_set_up_anew() {
        let (gate, mut group) = (Gate::default(), GroupWatch::default());
        gate.bar(Bar::Ungrouped);
        assert_eq!(group.due(&gate, secs(0)), Some(Ask::Renew));
        group.answered(&gate, secs(0), Ask::Renew, true);
        assert!(!gate.has(Bar::Ungrouped));
        assert_eq!(group.due(&gate, secs(9)), None);
        // While everything must end it stays as it is.
        gate.bar(Bar::Ungrouped);
        gate.bar(Bar::Kill);
        assert_eq!(group.due(&gate, secs(10)), None);
        gate.lift(Bar::Kill);
        assert_eq!(group.due(&gate, secs(11)), Some(Ask::Renew));
    }

    #[test]
    fn r27_stopped_while_it_is_set_up_anew_it_ends_again() {
        let (gate, mut group) = (Gate::default(), GroupWatch::default());
        gate.bar(Bar::Latched);
        assert_eq!(group.due(&gate, secs(0)), Some(Ask::End));
        group.answered(&gate, secs(0), Ask::End, false);
        gate.lift(Bar::Latched);
        assert_eq!(group.due(&gate, secs(1)), Some(Ask::Renew));
        gate.bar(Bar::Kill);
        group.answered(&gate, secs(2), Ask::Renew, true);
        assert_eq!(group.due(&gate, secs(2)), Some(Ask::End));
        assert!(gate.has(Bar::Ungrouped));
    }
}
