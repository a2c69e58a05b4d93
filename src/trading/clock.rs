//! [`Steady`]: wall time that never goes back and never stands still.

/// Follows the wall clock forwards. When that is set back, or back again after a jump ahead, time goes on
/// by the monotonic clock: ages and deadlines must pass whatever the machine's clock does (F43).
#[derive(Debug, Clone, Copy, Default)]
pub struct Steady {
    /// The last answer, and the monotonic clock then.
    last: Option<(i64, i64)>,
}

impl Steady {
    /// An earlier run had come to `time`: this one goes on from there, by the monotonic clock, until the
    /// wall clock has caught up. Without that the engine's time, which never goes back either, would stand
    /// still, and with it every age and every limit of a rate.
    pub fn go_on_from(&mut self, time: i64, mono: i64) {
        if self.last.is_none_or(|(last, _)| last < time) {
            self.last = Some((time, mono));
        }
    }

    /// The time when the wall clock says `wall` and the monotonic clock `mono`, in nanoseconds.
    pub fn read(&mut self, wall: i64, mono: i64) -> i64 {
        let carried = self
            .last
            .map_or(wall, |(time, then)| time.saturating_add(mono.saturating_sub(then).max(0)));
        let time = wall.max(carried);
        let then = self.last.map_or(mono, |(_, then)| then.max(mono));
        self.last = Some((time, then));
        time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_earlier_run_that_was_ahead_does_not_stop_time() {
        let mut clock = Steady::default();
        clock.go_on_from(9_000, 5);
        assert_eq!(clock.read(1_000, 10), 9_005);
        assert_eq!(clock.read(9_010, 11), 9_010, "the wall clock has caught up");
        clock.go_on_from(4_000, 12);
        assert_eq!(clock.read(9_011, 12), 9_011);
    }

    #[test]
    fn a_jump_ahead_and_back_does_not_stop_time() {
        let mut clock = Steady::default();
        assert_eq!(clock.read(1_000, 0), 1_000);
        assert_eq!(
            clock.read(9_000, 10),
            9_000,
            "a jump ahead is followed: it may be a suspension"
        );
        assert_eq!(clock.read(1_020, 20), 9_010, "and the way back is not");
        assert_eq!(clock.read(1_030, 30), 9_020);
    }
}
