//! What an edited strategy file changes about its limits: which are loosened, and by how much
//! (reliability.md 12.2 to 12.4). Tightening takes effect at once; loosening waits for a person.

use statecraft_engine::Strategy;
use statecraft_engine::config::StrategyLimits;

/// A limit that grows by more than this needs more than a yes.
pub const GROWTH_MAX: f64 = 5.0;

/// How much of an edited file is put in force. The hash that an edit is known by says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    Whole,
    /// All but the limits that it loosens.
    Cautious,
    /// The limits that it tightens, and nothing else.
    Tighter,
}

impl Extent {
    const MARKED: [(Self, &'static str); 2] =
        [(Self::Cautious, "-cautious"), (Self::Tighter, "-tighter")];

    /// The name of so much of the file of this hash.
    #[must_use]
    pub fn name(self, hash: &str) -> String {
        let mark = Self::MARKED.iter().find(|(extent, _)| *extent == self);
        format!("{hash}{}", mark.map_or("", |(_, mark)| mark))
    }

    /// What a name says.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let marked = Self::MARKED.iter().find(|(_, mark)| name.ends_with(mark));
        marked.map_or(Self::Whole, |(extent, _)| *extent)
    }

    /// The strategy that comes of it.
    #[must_use]
    pub fn apply(self, now: &Strategy, file: &Strategy) -> Strategy {
        let limits = stricter(&now.limits, &file.limits);
        match self {
            Self::Whole => file.clone(),
            Self::Cautious => Strategy { limits, ..file.clone() },
            Self::Tighter => Strategy { limits, ..now.clone() },
        }
    }
}

/// One limit that is different.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Its key in the file.
    pub key: &'static str,
    /// Before, as text.
    pub before: String,
    /// After, as text.
    pub after: String,
    /// It allows more than before.
    pub loosens: bool,
    /// How many times as much it allows; 1 where that makes no sense.
    pub growth: f64,
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = if self.loosens { "loosens" } else { "tightens" };
        write!(f, "{} {} -> {} ({word})", self.key, self.before, self.after)
    }
}

/// Every limit by its key: how it is shown, how much it allows, and does more mean looser?
macro_rules! limits {
    ($before:expr, $after:expr, $each:expr; $($key:ident: $loose:tt, $show:expr, $size:expr;)+) => {
        // No `..`: a new limit must be added here.
        let StrategyLimits { $($key: _),+ } = $before;
        $($each(
            stringify!($key),
            ($show($before.$key), $show($after.$key)),
            ($size($before.$key), $size($after.$key)),
            limits!(@ $loose),
        );)+
    };
    (@ more) => { true };
    (@ less) => { false };
}

/// The limits that differ.
#[must_use]
pub fn changes(before: &StrategyLimits, after: &StrategyLimits) -> Vec<Change> {
    let mut found = Vec::new();
    let mut each = |key, shown: (String, String), size: (f64, f64), more_is_looser: bool| {
        if shown.0 == shown.1 {
            return;
        }
        let loosens = if more_is_looser { size.1 > size.0 } else { size.1 < size.0 };
        let (small, large) = if more_is_looser { size } else { (1.0, 1.0) };
        let growth = if small > 0.0 { large / small } else { f64::INFINITY };
        found.push(Change { key, before: shown.0, after: shown.1, loosens, growth });
    };
    limits!(before, after, each;
        max_markets: more, |v: u32| v.to_string(), f64::from;
        min_price: less, |v: statecraft_domain::Price| v.to_string(), |v: statecraft_domain::Price| v.as_f64();
        max_price: more, |v: statecraft_domain::Price| v.to_string(), |v: statecraft_domain::Price| v.as_f64();
        max_order_contracts: more, |v: statecraft_domain::Quantity| v.to_string(), |v: statecraft_domain::Quantity| v.as_f64();
        max_order_cost: more, |v: statecraft_domain::Usd| v.to_string(), |v: statecraft_domain::Usd| v.as_f64();
        price_collar: more, |v: statecraft_domain::Price| v.to_string(), |v: statecraft_domain::Price| v.as_f64();
        min_edge: less, |v: statecraft_domain::Price| v.to_string(), |v: statecraft_domain::Price| v.as_f64();
        max_edge: more, |v: f64| v.to_string(), |v: f64| v;
        max_position_contracts: more, |v: statecraft_domain::Quantity| v.to_string(), |v: statecraft_domain::Quantity| v.as_f64();
        max_position_cost: more, |v: statecraft_domain::Usd| v.to_string(), |v: statecraft_domain::Usd| v.as_f64();
        max_group_cost: more, |v: statecraft_domain::Usd| v.to_string(), |v: statecraft_domain::Usd| v.as_f64();
        max_open_orders: more, |v: u32| v.to_string(), f64::from;
        no_new_orders_before_close: less, |v: statecraft_domain::Nanos| format!("{} s", v.secs_f64()), |v: statecraft_domain::Nanos| v.secs_f64();
    );
    found
}

/// The stricter of both in every limit.
#[must_use]
pub fn stricter(before: &StrategyLimits, after: &StrategyLimits) -> StrategyLimits {
    StrategyLimits {
        max_markets: before.max_markets.min(after.max_markets),
        min_price: before.min_price.max(after.min_price),
        max_price: before.max_price.min(after.max_price),
        max_order_contracts: before.max_order_contracts.min(after.max_order_contracts),
        max_order_cost: before.max_order_cost.min(after.max_order_cost),
        price_collar: before.price_collar.min(after.price_collar),
        min_edge: before.min_edge.max(after.min_edge),
        max_edge: before.max_edge.min(after.max_edge),
        max_position_contracts: before.max_position_contracts.min(after.max_position_contracts),
        max_position_cost: before.max_position_cost.min(after.max_position_cost),
        max_group_cost: before.max_group_cost.min(after.max_group_cost),
        max_open_orders: before.max_open_orders.min(after.max_open_orders),
        no_new_orders_before_close: before
            .no_new_orders_before_close
            .max(after.no_new_orders_before_close),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use statecraft_domain::{Nanos, Price, Quantity, Usd};

    fn limits() -> StrategyLimits {
        let cents = |cents| Price::from_cents(cents).unwrap();
        StrategyLimits {
            max_markets: 20,
            min_price: cents(2),
            max_price: cents(98),
            max_order_contracts: Quantity::from_contracts(100),
            max_order_cost: Usd::from_cents(2_500),
            price_collar: cents(8),
            min_edge: cents(3),
            max_edge: 0.35,
            max_position_contracts: Quantity::from_contracts(300),
            max_position_cost: Usd::from_cents(10_000),
            max_group_cost: Usd::from_cents(15_000),
            max_open_orders: 4,
            no_new_orders_before_close: Nanos::from_secs(300),
        }
    }

    #[test]
    fn more_is_looser_for_a_maximum_and_stricter_for_a_minimum() {
        let before = limits();
        let mut after = before;
        after.max_order_cost = Usd::from_cents(15_000);
        after.min_edge = Price::from_cents(5).unwrap();
        after.no_new_orders_before_close = Nanos::from_secs(60);
        let found = changes(&before, &after);
        let loosened: Vec<&str> = found.iter().filter(|c| c.loosens).map(|c| c.key).collect();
        assert_eq!(loosened, ["max_order_cost", "no_new_orders_before_close"]);
        assert_eq!(found.len(), 3);
        assert!(found.iter().any(|change| change.growth > GROWTH_MAX));
        let both = stricter(&before, &after);
        assert!(changes(&before, &both).iter().all(|change| !change.loosens));
        assert_eq!(both.min_edge, after.min_edge);
        assert!(changes(&before, &before).is_empty());
    }
}
