//! A bounded queue that would rather lose its oldest than make its writer wait.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

/// Between one source's reader and its sender.
#[derive(Debug)]
pub(super) struct Queue<T> {
    items: Mutex<VecDeque<T>>,
    limit: usize,
    added: Notify,
    taken: Notify,
}

impl<T> Queue<T> {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            items: Mutex::new(VecDeque::new()),
            limit: limit.max(1),
            added: Notify::new(),
            taken: Notify::new(),
        }
    }

    /// Adds one; true if the oldest had to go for it.
    pub(super) fn push(&self, item: T) -> bool {
        let mut items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        let full = items.len() >= self.limit;
        if full {
            items.pop_front();
        }
        items.push_back(item);
        drop(items);
        self.added.notify_one();
        full
    }

    /// Waits until nothing has to go for one more.
    pub(super) async fn room(&self) {
        loop {
            let taken = self.taken.notified();
            if self.items.lock().unwrap_or_else(PoisonError::into_inner).len() < self.limit {
                return;
            }
            taken.await;
        }
    }

    /// Waits for the oldest.
    pub(super) async fn pop(&self) -> T {
        loop {
            let added = self.added.notified();
            let next = self.items.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            if let Some(item) = next {
                self.taken.notify_one();
                return item;
            }
            added.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn drops_the_oldest() {
        let queue = Queue::new(2);
        assert_eq!([1, 2, 3].map(|n| queue.push(n)), [false, false, true]);
        assert_eq!((queue.pop().await, queue.pop().await), (2, 3));
    }

    #[tokio::test]
    async fn who_waits_for_room_loses_nothing() {
        let queue = std::sync::Arc::new(Queue::new(2));
        let writer = std::sync::Arc::clone(&queue);
        let writing = tokio::spawn(async move {
            for n in 0..100 {
                writer.room().await;
                assert!(!writer.push(n));
            }
        });
        for n in 0..100 {
            assert_eq!(queue.pop().await, n);
        }
        writing.await.expect("wrote all");
    }
}
