//! Sequence numbers: one counter per subscription, over all its markets (reference 4.4).

/// How a frame's number continues its subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sequence {
    /// The frame has no number.
    #[default]
    Unnumbered,
    /// The next one, or the first of the subscription.
    Next,
    /// Seen before: the frame changes nothing.
    Duplicate,
    /// Numbers were skipped.
    Gap {
        /// How many.
        missing: u64,
    },
}

#[derive(Debug)]
struct Subscription {
    sid: u64,
    last: u64,
    /// The last number came from an acknowledgement. Whether those use numbers up is unsettled: the
    /// next data frame may carry the same number again.
    last_was_ack: bool,
}

/// Every subscription of the present connection.
#[derive(Debug, Default)]
pub(super) struct Subscriptions(Vec<Subscription>);

/// A connection has one subscription per channel; ids far beyond that are not from this venue.
const SUBSCRIPTIONS_MAX: usize = 256;

impl Subscriptions {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Takes note of a frame's number.
    pub(super) fn advance(&mut self, sid: u64, seq: u64, is_ack: bool) -> Sequence {
        let Some(subscription) = self.0.iter_mut().find(|known| known.sid == sid) else {
            if self.0.len() == SUBSCRIPTIONS_MAX {
                self.0.remove(0);
            }
            self.0.push(Subscription { sid, last: seq, last_was_ack: is_ack });
            return Sequence::Next;
        };
        let repeats_ack = seq == subscription.last && (is_ack || subscription.last_was_ack);
        let sequence = match seq.checked_sub(subscription.last) {
            Some(1) => Sequence::Next,
            Some(0) if repeats_ack => Sequence::Next,
            Some(0) | None => return Sequence::Duplicate,
            Some(step) => Sequence::Gap { missing: step - 1 },
        };
        // An acknowledgement that repeats a data frame's number does not make that number free.
        subscription.last_was_ack = is_ack && seq != subscription.last;
        subscription.last = seq;
        sequence
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// (is acknowledgement, number) in, verdicts out.
    fn check(frames: &[(bool, u64)], expected: &[Sequence]) {
        let mut subscriptions = Subscriptions::default();
        let verdicts: Vec<_> =
            frames.iter().map(|&(is_ack, seq)| subscriptions.advance(7, seq, is_ack)).collect();
        assert_eq!(verdicts, expected, "{frames:?}");
    }

    #[test]
    fn acknowledgements_may_or_may_not_use_numbers_up() {
        use Sequence::{Duplicate, Gap, Next};
        // They do (recorded July 2026).
        check(&[(true, 1), (false, 2), (true, 3), (true, 4), (false, 5)], &[Next; 5]);
        // They do not: the number is the last one's, and the next data frame goes on from there.
        check(&[(false, 1), (true, 1), (false, 2), (true, 2), (false, 3)], &[Next; 5]);
        // They announce the next one, which the data frame then has too.
        check(&[(false, 1), (true, 2), (false, 2), (false, 3)], &[Next; 4]);
        // A repeated data frame is a duplicate, acknowledged in between or not.
        check(&[(false, 1), (false, 1)], &[Next, Duplicate]);
        check(&[(false, 1), (true, 1), (false, 1)], &[Next, Next, Duplicate]);
        check(&[(false, 1), (true, 3)], &[Next, Gap { missing: 1 }]);
        check(
            &[(false, 5), (false, 9), (false, 10), (false, 8)],
            &[Next, Gap { missing: 3 }, Next, Duplicate],
        );
    }

    proptest! {
        /// Whatever is dropped from a run of numbers is reported missing, to the number.
        #[test]
        fn every_dropped_number_is_missed(kept in proptest::collection::vec(any::<bool>(), 2..60)) {
            let mut subscriptions = Subscriptions::default();
            let (mut missing, mut first, mut last) = (0, None, 0);
            for (seq, _) in (1_u64..).zip(&kept).filter(|(_, kept)| **kept) {
                if let Sequence::Gap { missing: more } = subscriptions.advance(1, seq, false) {
                    missing += more;
                }
                first = first.or(Some(seq));
                last = seq;
            }
            if let Some(first) = first {
                let seen = kept.iter().filter(|kept| **kept).count() as u64;
                prop_assert_eq!(missing, last - first + 1 - seen);
            }
        }
    }
}
