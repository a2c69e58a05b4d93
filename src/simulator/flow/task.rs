//! The agenda: what is to be done next, in order of time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use statecraft_domain::{Nanos, Timestamp};

/// Something to do. Numbers are indices: of a market in the story, of a floor, of a desk or person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Task {
    List(usize),
    Open(usize),
    Close(usize),
    Settle(usize),
    Quote(usize, usize),
    Noise(usize),
    Value(usize),
    React(usize, usize),
}

/// Tasks by time; at one instant in the order in which they were added.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    heap: BinaryHeap<Reverse<(Timestamp, u64, Task)>>,
    added: u64,
}

impl Agenda {
    pub(super) fn add(&mut self, at: Timestamp, task: Task) {
        self.added += 1;
        self.heap.push(Reverse((at, self.added, task)));
    }

    pub(super) fn add_after(&mut self, at: Timestamp, days: f64, task: Task) {
        self.add(after(at, days), task);
    }

    /// The next task that is due at or before `to`.
    pub(super) fn next_until(&mut self, to: Timestamp) -> Option<(Timestamp, Task)> {
        let due = self.heap.peek().is_some_and(|next| next.0.0 <= to);
        let Reverse((at, _, task)) = if due { self.heap.pop()? } else { return None };
        Some((at, task))
    }
}

/// An instant so many days later, to the millisecond as venues stamp it; always later.
#[expect(clippy::cast_possible_truncation, reason = "milliseconds of some days")]
pub(super) fn after(at: Timestamp, days: f64) -> Timestamp {
    at + Nanos::from_millis(((days * 86_400_000.0) as i64).max(1))
}
