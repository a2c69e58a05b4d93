//! The venue's rate limits, kept here so that we stay below them: two token buckets in virtual time
//! (docs.kalshi.com rate_limits, 2026-09-22).
//!
//! `now` is time since any fixed instant, by a clock that only goes forward. Never the machine's wall
//! clock: set back by an hour it would hold every order and read for that hour (F43).

use std::time::Duration;

use statecraft_domain::Nanos;

use super::wire::{AccountLimits, BucketLimits, EndpointCosts};

/// What a call does, as far as its cost goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// One new order.
    Create,
    /// One cancel, or cancel-all.
    Cancel,
    /// Amend or decrease.
    Change,
    /// Order groups.
    Group,
    /// One order read by its id.
    GetOrder,
    /// Any other read.
    Read,
}

/// Tokens each kind of call costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Costs {
    create: u32,
    cancel: u32,
    change: u32,
    group: u32,
    get_order: u32,
    read: u32,
}

impl Default for Costs {
    fn default() -> Self {
        Self { create: 10, cancel: 2, change: 10, group: 10, get_order: 2, read: 10 }
    }
}

impl Costs {
    /// From `GET /account/endpoint_costs`; what it does not list costs its default.
    #[must_use]
    pub fn from_wire(costs: &EndpointCosts) -> Self {
        let of = |method: &str, path: &str| {
            let listed = costs.endpoint_costs.iter().find(|listed| {
                listed.method.eq_ignore_ascii_case(method) && same_path(&listed.path, path)
            });
            listed.map_or(costs.default_cost, |listed| listed.cost)
        };
        Self {
            create: of("POST", "/portfolio/events/orders"),
            cancel: of("DELETE", "/portfolio/events/orders/{}"),
            change: of("POST", "/portfolio/events/orders/{}/amend")
                .max(of("POST", "/portfolio/events/orders/{}/decrease")),
            group: of("POST", "/portfolio/order_groups/create"),
            get_order: of("GET", "/portfolio/orders/{}"),
            read: costs.default_cost,
        }
    }

    /// Tokens of `count` such calls.
    #[must_use]
    pub const fn of(&self, operation: Operation, count: u32) -> u32 {
        let one = match operation {
            Operation::Create => self.create,
            Operation::Cancel => self.cancel,
            Operation::Change => self.change,
            Operation::Group => self.group,
            Operation::GetOrder => self.get_order,
            Operation::Read => self.read,
        };
        one.saturating_mul(count)
    }
}

/// Are two path templates the same, whatever the placeholders are called and whether the API root is
/// spelled out?
fn same_path(listed: &str, wanted: &str) -> bool {
    let bare = listed.strip_prefix(super::endpoint::REST_ROOT).unwrap_or(listed);
    let is_placeholder = |part: &str| part.starts_with('{') || part.starts_with(':');
    let mut listed = bare.trim_end_matches('/').split('/');
    let mut wanted = wanted.split('/');
    loop {
        match (listed.next(), wanted.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if a == b || (is_placeholder(a) && is_placeholder(b)) => {}
            _ => return false,
        }
    }
}

/// Tokens that grow with time up to a capacity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenBucket {
    /// Tokens a second.
    rate: u32,
    capacity: u32,
    /// Tokens x 10^9, so that one nanosecond is worth `rate` units and nothing is rounded.
    level: u128,
    filled_at: Duration,
}

/// A `Retry-After` is heeded for so long at most: a venue's slip must not silence us for a day.
pub const HOLD_MAX: Nanos = Nanos::from_secs(60);

const UNITS: u128 = 1_000_000_000;

impl TokenBucket {
    /// A full bucket.
    #[must_use]
    pub fn full(limits: BucketLimits, now: Duration) -> Self {
        let capacity = limits.bucket_capacity;
        Self {
            rate: limits.refill_rate,
            capacity,
            level: u128::from(capacity) * UNITS,
            filled_at: now,
        }
    }

    fn refill(&mut self, now: Duration) {
        let elapsed = now.saturating_sub(self.filled_at).as_nanos();
        let full = u128::from(self.capacity) * UNITS;
        let gained = elapsed.saturating_mul(self.rate.into());
        self.level = self.level.saturating_add(gained).min(full);
        self.filled_at = now;
    }

    /// Takes `tokens` if `floor` would remain.
    ///
    /// # Errors
    /// How long until they would be there.
    fn take(&mut self, tokens: u32, floor: u32, now: Duration) -> Result<(), Wait> {
        self.refill(now);
        let needed = u128::from(tokens.saturating_add(floor)) * UNITS;
        if needed > u128::from(self.capacity) * UNITS || self.rate == 0 && needed > self.level {
            return Err(Wait::Never);
        }
        if self.level < needed {
            let nanos = (needed - self.level).div_ceil(u128::from(self.rate));
            return Err(Wait::For(Nanos::new(i64::try_from(nanos).unwrap_or(i64::MAX))));
        }
        self.level -= u128::from(tokens) * UNITS;
        Ok(())
    }
}

/// A call has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Wait {
    /// This long.
    #[error("rate limit: {} ms to wait", .0.get() / 1_000_000)]
    For(Nanos),
    /// It needs more tokens than the bucket can ever hold.
    #[error("rate limit: larger than the whole budget")]
    Never,
}

/// Both buckets and the prices. A fifth of the write budget is kept for cancels: whatever orders
/// cost, there is always enough to get out.
#[derive(Debug, Clone)]
pub struct RateLimits {
    read: TokenBucket,
    write: TokenBucket,
    costs: Costs,
    /// The venue asked for silence until then (`Retry-After`); cancels are no noise.
    held_until: Duration,
}

impl RateLimits {
    /// What the lowest tier had when recorded (June 2026): enough until the account's own limits are
    /// read.
    #[must_use]
    pub fn basic(now: Duration) -> Self {
        let read = BucketLimits { refill_rate: 200, bucket_capacity: 200 };
        let write = BucketLimits { refill_rate: 100, bucket_capacity: 100 };
        Self::new(read, write, Costs::default(), now)
    }

    /// From the venue's own figures.
    #[must_use]
    pub fn from_wire(limits: &AccountLimits, costs: &EndpointCosts, now: Duration) -> Self {
        Self::new(limits.read, limits.write, Costs::from_wire(costs), now)
    }

    fn new(read: BucketLimits, write: BucketLimits, costs: Costs, now: Duration) -> Self {
        Self {
            read: TokenBucket::full(read, now),
            write: TokenBucket::full(write, now),
            costs,
            held_until: Duration::ZERO,
        }
    }

    /// Takes the tokens of `count` calls of a kind.
    ///
    /// # Errors
    /// [`Wait`]; nothing was taken.
    pub fn take(&mut self, operation: Operation, count: u32, now: Duration) -> Result<(), Wait> {
        let tokens = self.costs.of(operation, count);
        let held = self.held_for(now);
        if operation != Operation::Cancel && held > Nanos::ZERO {
            return Err(Wait::For(held));
        }
        match operation {
            Operation::GetOrder | Operation::Read => self.read.take(tokens, 0, now),
            Operation::Cancel => self.write.take(tokens, 0, now),
            Operation::Create | Operation::Change | Operation::Group => {
                self.write.take(tokens, self.cancel_reserve(), now)
            }
        }
    }

    /// The venue asked for silence: nothing but cancels is let through for so long, and at most for
    /// [`HOLD_MAX`].
    pub fn hold(&mut self, span: Nanos, now: Duration) {
        let span = span.clamp(Nanos::ZERO, HOLD_MAX).get();
        let until = now + Duration::from_nanos(u64::try_from(span).unwrap_or(0));
        self.held_until = self.held_until.max(until);
    }

    /// How long it still holds.
    #[must_use]
    pub fn held_for(&self, now: Duration) -> Nanos {
        let held = self.held_until.saturating_sub(now).as_nanos();
        Nanos::new(i64::try_from(held).unwrap_or(i64::MAX))
    }

    /// The venue said 429: its bucket is emptier than ours. Ours is emptied.
    pub fn exhausted(&mut self, operation: Operation, now: Duration) {
        let bucket = match operation {
            Operation::GetOrder | Operation::Read => &mut self.read,
            Operation::Create | Operation::Cancel | Operation::Change | Operation::Group => {
                &mut self.write
            }
        };
        bucket.refill(now);
        bucket.level = 0;
    }

    /// The largest batch of new orders that can ever be sent at once.
    #[must_use]
    pub fn batch_max(&self) -> u32 {
        (self.write.capacity - self.cancel_reserve()) / self.costs.create.max(1)
    }

    const fn cancel_reserve(&self) -> u32 {
        self.write.capacity / 5
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::venue::kalshi::wire::EndpointCost;

    fn at(millis: u64) -> Duration {
        Duration::from_millis(1_000_000 + millis)
    }

    #[test]
    fn a_fifth_of_the_write_budget_stays_for_cancels() {
        let mut limits = RateLimits::basic(at(0));
        assert_eq!(limits.batch_max(), 8);
        for _ in 0..8 {
            limits.take(Operation::Create, 1, at(0)).unwrap();
        }
        assert_eq!(
            limits.take(Operation::Create, 1, at(0)),
            Err(Wait::For(Nanos::from_millis(100))),
            "20 tokens are left, and they are not for orders"
        );
        for _ in 0..10 {
            limits.take(Operation::Cancel, 1, at(0)).unwrap();
        }
        assert!(limits.take(Operation::Cancel, 1, at(0)).is_err());
        limits.take(Operation::Cancel, 1, at(20)).unwrap();
        limits.take(Operation::Read, 20, at(20)).unwrap();
        assert!(limits.take(Operation::Read, 1, at(20)).is_err());
    }

    #[test]
    fn what_never_fits_says_never() {
        let mut limits = RateLimits::basic(at(0));
        assert_eq!(limits.take(Operation::Create, 9, at(0)), Err(Wait::Never));
        limits.take(Operation::Create, 8, at(0)).unwrap();
        assert!(limits.take(Operation::Create, 1, at(0)).is_err());
        limits.exhausted(Operation::Cancel, at(0));
        assert!(limits.take(Operation::Cancel, 1, at(0)).is_err());
    }

    #[test]
    fn f13_asked_for_silence_nothing_but_cancels_leaves_for_so_long() {
        let mut limits = RateLimits::basic(at(0));
        limits.hold(Nanos::from_secs(3), at(0));
        limits.hold(Nanos::from_secs(1), at(0));
        for operation in [Operation::Create, Operation::Read, Operation::GetOrder] {
            let wait = limits.take(operation, 1, at(1_000));
            assert_eq!(wait, Err(Wait::For(Nanos::from_secs(2))), "{operation:?}");
        }
        limits.take(Operation::Cancel, 1, at(1_000)).unwrap();
        limits.take(Operation::Create, 1, at(3_000)).unwrap();
        limits.hold(Nanos::from_secs(86_400), at(4_000));
        assert_eq!(limits.held_for(at(4_000)), HOLD_MAX);
        assert_eq!(limits.held_for(at(63_000)), Nanos::from_secs(1));
        limits.take(Operation::Create, 1, at(64_000)).unwrap();
    }

    #[test]
    fn costs_are_the_venues_whatever_it_calls_the_placeholder() {
        let cost = |method: &str, path: &str, cost| EndpointCost {
            method: method.to_owned(),
            path: path.to_owned(),
            cost,
        };
        let costs = Costs::from_wire(&EndpointCosts {
            default_cost: 7,
            endpoint_costs: vec![
                cost("DELETE", "/trade-api/v2/portfolio/events/orders/{order_id}", 3),
                cost("get", "/portfolio/orders/{id}", 4),
                cost("DELETE", "/portfolio/events/orders", 99),
            ],
        });
        assert_eq!(costs.of(Operation::Cancel, 2), 6);
        assert_eq!(costs.of(Operation::GetOrder, 1), 4);
        assert_eq!(costs.of(Operation::Create, 1), 7);
    }

    proptest! {
        /// In any run, no window of time lets more tokens through than capacity plus its refill.
        #[test]
        fn no_window_exceeds_the_budget(
            steps in proptest::collection::vec((0_u64..200, 1_u32..4), 1..80),
        ) {
            let mut limits = RateLimits::basic(at(0));
            let (mut now, mut taken) = (0, Vec::new());
            for (wait, count) in steps {
                now += wait;
                if limits.take(Operation::Create, count, at(now)).is_ok() {
                    taken.push((now, u64::from(count) * 10));
                }
            }
            for (index, &(start, _)) in taken.iter().enumerate() {
                let mut sum = 0;
                for &(end, tokens) in &taken[index..] {
                    sum += tokens;
                    prop_assert!(sum <= 80 + (end - start) / 10, "{sum} tokens in {} ms", end - start);
                }
            }
        }
    }
}
