//! Rate limits: token buckets by tier, kalshi.md section 5.

use std::time::Instant;

/// An API usage tier. Numbers are tokens a second; a call costs 10 unless a table says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tier {
    /// Sign-up.
    Basic,
    /// Self-service.
    Advanced,
    /// By volume.
    Expert,
    /// By volume.
    Premier,
    /// By volume.
    Paragon,
    /// By volume.
    Prime,
    /// By volume.
    Prestige,
    /// Never refuses; reports itself as prestige. For embedded use.
    #[default]
    Unmetered,
}

impl Tier {
    /// The venue's word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Advanced => "advanced",
            Self::Expert => "expert",
            Self::Premier => "premier",
            Self::Paragon => "paragon",
            Self::Prime => "prime",
            Self::Prestige | Self::Unmetered => "prestige",
        }
    }

    /// Tokens a second: read, write.
    #[must_use]
    pub const fn refill(self) -> (u32, u32) {
        match self {
            Self::Basic => (200, 100),
            Self::Advanced => (300, 300),
            Self::Expert => (600, 600),
            Self::Premier => (1_200, 1_200),
            Self::Paragon => (2_400, 2_400),
            Self::Prime => (4_800, 4_800),
            Self::Prestige | Self::Unmetered => (12_000, 9_600),
        }
    }

    /// Bucket sizes: read, write. Basic as recorded in June 2026; three seconds where the page says so.
    #[must_use]
    pub const fn capacity(self) -> (u32, u32) {
        let (read, write) = self.refill();
        match self {
            Self::Basic => (read, write),
            Self::Advanced => (read * 3, write),
            Self::Expert
            | Self::Premier
            | Self::Paragon
            | Self::Prime
            | Self::Prestige
            | Self::Unmetered => (read, write * 3),
        }
    }
}

/// Which bucket a call is billed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bucket {
    Read,
    Write,
}

/// What a call costs if no table says otherwise.
pub(crate) const DEFAULT_COST: u32 = 10;
/// What a cancel and a query of one order cost.
pub(crate) const CHEAP_COST: u32 = 2;

#[derive(Debug)]
struct Tokens {
    level: f64,
    capacity: f64,
    per_second: f64,
    at: Instant,
}

impl Tokens {
    fn full(capacity: u32, per_second: u32, now: Instant) -> Self {
        let capacity = f64::from(capacity);
        Self { level: capacity, capacity, per_second: f64::from(per_second), at: now }
    }

    fn take(&mut self, cost: u32, now: Instant) -> bool {
        let elapsed = now.saturating_duration_since(self.at).as_secs_f64();
        self.level = (self.level + elapsed * self.per_second).min(self.capacity);
        self.at = now;
        let cost = f64::from(cost);
        let enough = self.level >= cost;
        if enough {
            self.level -= cost;
        }
        enough
    }
}

/// The two buckets of an account.
#[derive(Debug)]
pub(crate) struct Buckets {
    tier: Tier,
    read: Tokens,
    write: Tokens,
}

impl Buckets {
    pub(crate) fn full(tier: Tier, now: Instant) -> Self {
        let (read, write) = tier.refill();
        let (read_capacity, write_capacity) = tier.capacity();
        Self {
            tier,
            read: Tokens::full(read_capacity, read, now),
            write: Tokens::full(write_capacity, write, now),
        }
    }

    /// Pays for a call, whole or not at all.
    pub(crate) fn take(&mut self, bucket: Bucket, cost: u32, now: Instant) -> bool {
        if self.tier == Tier::Unmetered {
            return true;
        }
        match bucket {
            Bucket::Read => self.read.take(cost, now),
            Bucket::Write => self.write.take(cost, now),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn basic_allows_ten_creates_or_fifty_cancels_a_second() {
        let start = Instant::now();
        let mut buckets = Buckets::full(Tier::Basic, start);
        let creates = (0..20).filter(|_| buckets.take(Bucket::Write, 10, start)).count();
        assert_eq!(creates, 10);
        let later = start + Duration::from_secs(1);
        let cancels = (0..80).filter(|_| buckets.take(Bucket::Write, 2, later)).count();
        assert_eq!(cancels, 50);
        assert!(buckets.take(Bucket::Read, 10, later), "reads have their own bucket");
    }

    #[test]
    fn a_batch_must_fit_whole() {
        let start = Instant::now();
        let mut buckets = Buckets::full(Tier::Basic, start);
        assert!(!buckets.take(Bucket::Write, 110, start));
        assert!(buckets.take(Bucket::Write, 100, start));
    }
}
