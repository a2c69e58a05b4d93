//! What limits a running bot beyond one order: breakers, losses, and who watches over it.

use statecraft_domain::{Nanos, Timestamp, Usd};

/// Seconds of a day.
const DAY: i64 = 86_400;
/// Days from a Monday to 1970-01-01, a Thursday.
const MONDAY: i64 = 3;

/// Limits of the account beyond one order, and its breakers (reliability.md sections 4, 9 and 10).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Guards {
    /// I15: nothing new is sent if the account was last compared longer ago, wall time.
    pub reconcile_interval: Nanos,
    /// R12: age of the model's result and of the last word from any source, engine time.
    pub max_model_age: Nanos,
    /// R15: worst case of all markets of strategies with one driver.
    pub max_driver_cost: Usd,
    /// R16: worst case at one venue.
    pub max_venue_cost: Usd,
    /// R16: worst case of this account and of the others together.
    pub max_total_cost: Usd,
    /// R21: executions of a strategy on one side of a market within an hour of wall time.
    pub max_repeats_per_hour: u32,
    /// R21: within a day of wall time.
    pub max_repeats_per_day: u32,
    /// R24: more lost within a day: only closing.
    pub max_day_loss: Usd,
    /// R24: more lost within a week: only closing.
    pub max_week_loss: Usd,
    /// R24: more lost since the best moment: killed.
    pub max_drawdown: Usd,
    /// R24: a position without a price is counted at its last one for so long, wall time, and then as
    /// worth nothing.
    pub mark_patience: Nanos,
    /// R25: opened because of one signal.
    pub max_signal_cost: Usd,
    /// R25: opened because of one source.
    pub max_source_cost: Usd,
    /// R25: opened within an hour, engine time.
    pub max_hour_cost: Usd,
    /// R26: share of a strategy's orders that the venue refuses within five minutes of wall time, in
    /// 1/10,000.
    pub max_reject_e4: u32,
    /// R26: share that ends cancelled; quotes that we withdraw ourselves do not count.
    pub max_cancel_e4: u32,
    /// R26: with fewer orders than this no share is taken.
    pub min_ratio_orders: u32,
    /// Refusals for want of authorisation in a row that halt the account.
    pub max_auth_rejects: u32,
    /// I5: orders with an impossible history; one more kills.
    pub max_impossible: u32,
    /// R28: share of its limits that a new strategy has, in 1/10,000.
    pub ramp_e4: u32,
    /// R28: for how long, engine time.
    pub ramp: Nanos,
}

impl Default for Guards {
    /// Those of a small unattended account (reliability.md section 9).
    fn default() -> Self {
        Self {
            reconcile_interval: Nanos::from_secs(180),
            max_model_age: Nanos::from_secs(DAY),
            max_driver_cost: Usd::from_dollars(500),
            max_venue_cost: Usd::from_dollars(500),
            max_total_cost: Usd::from_dollars(800),
            max_repeats_per_hour: 20,
            max_repeats_per_day: 60,
            max_day_loss: Usd::from_dollars(50),
            max_week_loss: Usd::from_dollars(80),
            max_drawdown: Usd::from_dollars(100),
            mark_patience: Nanos::from_secs(600),
            max_signal_cost: Usd::from_dollars(50),
            max_source_cost: Usd::from_dollars(100),
            max_hour_cost: Usd::from_dollars(150),
            max_reject_e4: 3_000,
            max_cancel_e4: 3_000,
            min_ratio_orders: 10,
            max_auth_rejects: 3,
            max_impossible: 3,
            ramp_e4: 1_000,
            ramp: Nanos::from_secs(7 * DAY),
        }
    }
}

impl Guards {
    /// Nothing is limited: research asks what a strategy would do.
    #[must_use]
    pub const fn open() -> Self {
        let (never, any) = (Nanos::new(i64::MAX), Usd::from_dollars(1_000_000_000_000));
        Self {
            reconcile_interval: never,
            max_model_age: never,
            max_driver_cost: any,
            max_venue_cost: any,
            max_total_cost: any,
            max_repeats_per_hour: u32::MAX,
            max_repeats_per_day: u32::MAX,
            max_day_loss: any,
            max_week_loss: any,
            max_drawdown: any,
            mark_patience: never,
            max_signal_cost: any,
            max_source_cost: any,
            max_hour_cost: any,
            max_reject_e4: 10_000,
            max_cancel_e4: 10_000,
            min_ratio_orders: u32::MAX,
            max_auth_rejects: u32::MAX,
            max_impossible: u32::MAX,
            ramp_e4: 10_000,
            ramp: Nanos::ZERO,
        }
    }

    /// Is there a loss that would stop anything?
    #[must_use]
    pub fn watch_losses(&self) -> bool {
        let open = Self::open();
        self.max_day_loss < open.max_day_loss
            || self.max_week_loss < open.max_week_loss
            || self.max_drawdown < open.max_drawdown
    }
}

/// What the shell of a running bot watches over. By default nobody does: a backtest compares no accounts
/// and keeps no calendar.
#[derive(Debug, Clone, PartialEq)]
pub struct Supervision {
    /// The shell compares the account with the venue's and says so
    /// ([`statecraft_domain::Event::Reconciled`]): without that nothing is sent (I15).
    pub reconciles: bool,
    /// A person armed these limits for real money (R2).
    pub armed: bool,
    /// Resting orders leave in an order group that the venue ends as a whole: may they? `None`: there
    /// are no groups (R27).
    pub order_group: Option<bool>,
    /// What other accounts of the same owner have at stake (R16).
    pub elsewhere: Usd,
    /// Since when each strategy has been trading real money as it is now, in the order of ids; a missing
    /// one is new (R28).
    pub since: Vec<Option<Timestamp>>,
    /// When days begin (R24).
    pub days: Days,
}

impl Default for Supervision {
    fn default() -> Self {
        Self {
            reconciles: false,
            armed: true,
            order_group: None,
            elsewhere: Usd::ZERO,
            since: Vec::new(),
            days: Days::default(),
        }
    }
}

/// The calendar of one time zone: its offsets from UTC, from when on. The engine has no time-zone
/// database; whoever configures it has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Days {
    /// From this instant on, local time is UTC plus so many seconds; in order of time. Before the first:
    /// as from the first on. Empty: UTC.
    pub offsets: Vec<(Timestamp, i32)>,
}

impl Days {
    /// The local day of an instant, numbered from 1970-01-01.
    #[must_use]
    pub fn day(&self, at: Timestamp) -> i64 {
        let later = self.offsets.partition_point(|&(from, _)| from <= at);
        let offset = self.offsets.get(later.saturating_sub(1)).map_or(0, |&(_, offset)| offset);
        at.secs().saturating_add(i64::from(offset)).div_euclid(DAY)
    }

    /// The local week of a day, from Monday, numbered from the one of 1970-01-01.
    #[must_use]
    pub const fn week_of(day: i64) -> i64 {
        day.saturating_add(MONDAY).div_euclid(7)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_weeks_begin_where_the_zone_says() {
        let utc = Days::default();
        assert_eq!(utc.day(Timestamp::from_secs(DAY - 1)), 0);
        assert_eq!(utc.day(Timestamp::from_secs(DAY)), 1);
        assert_eq!(utc.day(Timestamp::from_secs(-1)), -1);
        // New York's summer of 2026 began on 8 March, 07:00 UTC: a day of 23 hours.
        let march = 1_772_928_000; // 2026-03-08T00:00:00Z
        let spring = Timestamp::from_secs(march + 7 * 3_600);
        let york = Days { offsets: vec![(Timestamp::EPOCH, -18_000), (spring, -14_400)] };
        let eighth = york.day(spring);
        assert_eq!(york.day(Timestamp::from_secs(march + 5 * 3_600 - 1)), eighth - 1);
        assert_eq!(york.day(Timestamp::from_secs(march + 5 * 3_600)), eighth);
        assert_eq!(york.day(Timestamp::from_secs(march + 28 * 3_600 - 1)), eighth);
        assert_eq!(york.day(Timestamp::from_secs(march + 28 * 3_600)), eighth + 1);
        // 2026-03-08 was a Sunday.
        assert_eq!(Days::week_of(eighth) + 1, Days::week_of(eighth + 1));
        assert_eq!(Days::week_of(eighth), Days::week_of(eighth - 6));
    }
}
