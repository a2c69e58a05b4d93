//! Quotes of one's own (model.md 5.9): around a reservation price that leans against the inventory, as
//! wide as risk, competition and better-informed traders ask for. And when to cross instead (5.11).
//!
//! Everything is in log-odds until the last step, so that no quote is below zero or above one.

use statecraft_domain::{Nanos, Timestamp};

use crate::input::{self, InputError};
use crate::log_odds::{expit, logit};

/// Inventory risk is reckoned over at most this many days.
pub const HORIZON_MAX_DAYS: f64 = 30.0;
/// Quotes are pulled this long before a calendar window opens.
pub const PULL_BEFORE_WINDOW: Nanos = Nanos::from_secs(48 * 3600);
/// And after a gap in the feed longer than this.
pub const FEED_GAP_MAX: Nanos = Nanos::from_secs(60);
/// A story younger than this is worth crossing the spread for.
pub const FRESH_STORY: Nanos = Nanos::from_secs(600);

/// What a pair of quotes depends on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quoting {
    /// Probability of YES, inside `(0, 1)`.
    pub probability: f64,
    /// Inventory in units of 100 contracts, YES positive.
    pub inventory: f64,
    /// Risk aversion.
    pub risk_aversion: f64,
    /// Variance of the belief's log-odds per day.
    pub variance_per_day: f64,
    /// Days left.
    pub days: f64,
    /// How fast arrivals fall with distance, per unit of log-odds.
    pub arrival_decay: f64,
    /// Share of traders who know the outcome, `0..1`.
    pub informed_share: f64,
}

/// A pair of quotes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quotes {
    /// Reservation price in log-odds.
    pub reservation: f64,
    /// Whole distance of bid and ask in log-odds.
    pub spread: f64,
    /// Bid as a probability.
    pub bid: f64,
    /// Ask as a probability.
    pub ask: f64,
}

/// `(2 / g) ln(1 + g / k)`: the spread that competition alone allows (Avellaneda and Stoikov 2008).
/// Its limit without risk aversion is `2 / k`.
///
/// # Errors
/// [`InputError`] for a negative risk aversion or a decay that is not above zero.
pub fn arrival_spread(risk_aversion: f64, arrival_decay: f64) -> Result<f64, InputError> {
    input::not_negative("the risk aversion", risk_aversion)?;
    input::positive("the decay of arrivals", arrival_decay)?;
    let x = risk_aversion / arrival_decay;
    let share = if x > 0.0 { x.ln_1p() / x } else { 1.0 };
    Ok(2.0 / arrival_decay * share)
}

/// Half-spread in log-odds against traders of whom this share knows the outcome:
/// `ln((1 + m) / (1 - m))` (Glosten and Milgrom 1985, binary case).
///
/// # Errors
/// [`InputError`] unless the share is in `[0, 1)`.
pub fn adverse_selection(informed_share: f64) -> Result<f64, InputError> {
    let allowed = (0.0..1.0).contains(&informed_share);
    input::check("the share of informed traders", informed_share, allowed, "in [0, 1)")?;
    Ok(2.0 * informed_share.atanh())
}

impl Quoting {
    /// Reservation `r = l - q g s^2 t`, spread `g s^2 t + (2 / g) ln(1 + g / k)` or twice the adverse
    /// selection, whichever is larger; `t` at most [`HORIZON_MAX_DAYS`].
    ///
    /// # Errors
    /// [`InputError`] for a value outside its domain.
    pub fn quotes(&self) -> Result<Quotes, InputError> {
        let p = input::inner_probability("the probability", self.probability)?;
        input::finite("the inventory", self.inventory)?;
        input::not_negative("the variance of the belief", self.variance_per_day)?;
        input::not_negative("the days left", self.days)?;
        let competition = arrival_spread(self.risk_aversion, self.arrival_decay)?;
        let risk = self.risk_aversion * self.variance_per_day * self.days.min(HORIZON_MAX_DAYS);
        let reservation = logit(p) - self.inventory * risk;
        let spread = (risk + competition).max(2.0 * adverse_selection(self.informed_share)?);
        input::finite("the reservation price", reservation)?;
        input::finite("the spread", spread)?;
        let (bid, ask) = (expit(reservation - spread / 2.0), expit(reservation + spread / 2.0));
        Ok(Quotes { reservation, spread, bid, ask })
    }
}

/// The least `ask - p`: `(1 - p)(1 - e^(-l t))`, what a resting ask loses on average if the event comes
/// while nobody looks, `t` days of latency at `l` per day.
///
/// # Errors
/// [`InputError`] unless `p` is a probability and intensity and latency are not negative.
pub fn stale_quote_floor(p: f64, intensity: f64, latency_days: f64) -> Result<f64, InputError> {
    input::probability("the probability", p)?;
    input::not_negative("the intensity", intensity)?;
    input::not_negative("the latency", latency_days)?;
    Ok((1.0 - p) * -(-intensity * latency_days).exp_m1())
}

/// Why all quotes must go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pull {
    /// A calendar window is open or opens within two days.
    Window,
    /// The price moved and nobody knows why.
    UnexplainedMove,
    /// The feed was silent for too long.
    FeedGap,
}

/// Must quotes be pulled now? `windows` are first and last instants of calendar windows.
#[must_use]
pub fn pull(
    now: Timestamp,
    mut windows: impl Iterator<Item = (Timestamp, Timestamp)>,
    unexplained_move: bool,
    feed_gap: Nanos,
) -> Option<Pull> {
    if feed_gap > FEED_GAP_MAX {
        return Some(Pull::FeedGap);
    }
    if unexplained_move {
        return Some(Pull::UnexplainedMove);
    }
    windows
        .any(|(start, end)| start - now <= PULL_BEFORE_WINDOW && now <= end)
        .then_some(Pull::Window)
}

/// Cross the spread instead of resting: the edge is at least twice what an entry needs, or the story
/// is fresh. Makers earn and takers pay, so the default is to rest.
///
/// # Errors
/// [`InputError`] unless the edge is finite and the least edge not negative.
pub fn crosses(
    edge: f64,
    edge_min: f64,
    youngest_story: Option<Nanos>,
) -> Result<bool, InputError> {
    input::finite("the edge", edge)?;
    input::not_negative("the least edge", edge_min)?;
    let fresh = youngest_story.is_some_and(|age| age < FRESH_STORY);
    Ok(edge >= 2.0 * edge_min || fresh)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn published() -> Quoting {
        Quoting {
            probability: 0.33,
            inventory: 3.0,
            risk_aversion: 0.1,
            variance_per_day: 0.02,
            days: 30.0,
            arrival_decay: 6.0,
            informed_share: 0.0,
        }
    }

    #[test]
    fn t5_9a_quotes() {
        let quotes = published().quotes().unwrap();
        assert!((quotes.reservation - -0.888_185_058).abs() < 1e-9);
        assert!((quotes.spread - 0.390_586_039).abs() < 1e-9);
        assert!((quotes.bid - 0.252_848_387).abs() < 1e-9);
        assert!((quotes.ask - 0.333_390_034).abs() < 1e-9);
        // Beyond the horizon more time is no more risk.
        assert_eq!(Quoting { days: 217.0, ..published() }.quotes().unwrap(), quotes);
    }

    #[test]
    fn t5_9b_the_original_setting() {
        // sigma 2, T 1, k 1.5: the spread averaged over the session.
        for (gamma, expected) in [(0.1, 1.490_770_423), (0.01, 1.348_908_544)] {
            let average = arrival_spread(gamma, 1.5).unwrap() + gamma * 4.0 / 2.0;
            assert!((average - expected).abs() < 1e-9, "{gamma}: {average}");
        }
        for tiny in [0.0, 1e-300, 1e-12] {
            assert!((arrival_spread(tiny, 1.5).unwrap() - 2.0 / 1.5).abs() < 1e-9);
        }
    }

    #[test]
    fn t5_9c_adverse_selection() {
        let half = adverse_selection(0.15).unwrap();
        assert!((half - 0.302_280_872).abs() < 1e-9);
        let quoting = Quoting { inventory: 0.0, informed_share: 0.15, ..published() };
        let quotes = quoting.quotes().unwrap();
        assert!((quotes.bid - 0.266_888_677).abs() < 1e-9);
        assert!((quotes.ask - 0.399_894_626).abs() < 1e-9);
        assert!(adverse_selection(1.0).is_err());
    }

    #[test]
    fn stale_quotes_cost() {
        let rate = crate::model::survival::cumulated(0.33) / 217.0;
        let floor = stale_quote_floor(0.33, rate, 8.0 / 24.0).unwrap();
        assert!((floor - 0.000_412_039).abs() < 1e-9);
        assert!(stale_quote_floor(0.33, -rate, 1.0).is_err());
    }

    #[test]
    fn quotes_are_pulled_in_time() {
        let day = |day: i64| Timestamp::from_secs(1_790_000_000 + day * 86_400);
        let window = [(day(10), day(15))];
        let at = |now| pull(now, window.into_iter(), false, Nanos::ZERO);
        assert_eq!(at(day(7)), None);
        assert_eq!(at(day(8)), Some(Pull::Window));
        assert_eq!(at(day(15)), Some(Pull::Window));
        assert_eq!(at(day(16)), None);
        let quiet = |moved, gap| pull(day(0), window.into_iter(), moved, Nanos::from_secs(gap));
        assert_eq!(quiet(false, 60), None);
        assert_eq!(quiet(false, 61), Some(Pull::FeedGap));
        assert_eq!(quiet(true, 0), Some(Pull::UnexplainedMove));
    }

    #[test]
    fn crossing_is_the_exception() {
        assert_eq!(crosses(0.03, 0.02, None), Ok(false));
        assert_eq!(crosses(0.04, 0.02, None), Ok(true));
        assert_eq!(crosses(0.03, 0.02, Some(Nanos::from_secs(599))), Ok(true));
        assert_eq!(crosses(0.03, 0.02, Some(Nanos::from_secs(600))), Ok(false));
        assert!(crosses(f64::NAN, 0.02, None).is_err());
    }

    #[test]
    fn nonsense_is_refused() {
        for bad in [
            Quoting { probability: 1.0, ..published() },
            Quoting { inventory: f64::NAN, ..published() },
            Quoting { risk_aversion: -0.1, ..published() },
            Quoting { variance_per_day: f64::INFINITY, ..published() },
            Quoting { days: -1.0, ..published() },
            Quoting { arrival_decay: 0.0, ..published() },
            Quoting { informed_share: 1.0, ..published() },
        ] {
            assert!(bad.quotes().is_err(), "{bad:?}");
        }
    }

    proptest! {
        /// Inside (0, 1), bid below ask, leaning against the inventory, mirrored for NO; never
        /// narrower than what either reason asks for.
        #[test]
        fn laws_of_quotes(
            probability in 0.01..0.99_f64, inventory in -20.0..20.0_f64, more in 0.1..5.0_f64,
            risk_aversion in 0.0..1.0_f64, informed_share in 0.0..0.9_f64, days in 0.0..300.0_f64
        ) {
            let quoting = Quoting {
                probability, inventory, risk_aversion, informed_share, days, ..published()
            };
            let quotes = quoting.quotes().unwrap();
            prop_assert!(quotes.bid > 0.0 && quotes.bid < quotes.ask && quotes.ask < 1.0);
            let longer = Quoting { inventory: inventory + more, ..quoting }.quotes().unwrap();
            prop_assert!(longer.bid <= quotes.bid && longer.ask <= quotes.ask);
            let mirror = Quoting {
                probability: 1.0 - probability, inventory: -inventory, ..quoting
            };
            let mirror = mirror.quotes().unwrap();
            prop_assert!((mirror.bid + quotes.ask - 1.0).abs() < 1e-9);
            prop_assert!(quotes.spread >= 2.0 * adverse_selection(informed_share).unwrap());
            prop_assert!(quotes.spread >= arrival_spread(risk_aversion, 6.0).unwrap());
        }
    }
}
