//! REST bodies in domain words: a market with its series is a [`Listing`].

use statecraft_domain::fees::{KalshiFeeType, KalshiMember};
use statecraft_domain::market::TickGridError;
use statecraft_domain::{FeeSchedule, Listing, MarketStatus, Quantity, Settlement, Venue};

use super::lifecycle::grid_of_ranges;
use crate::venue::kalshi::wire;

/// Why a market cannot be listed.
#[derive(Debug, thiserror::Error)]
pub enum ListingError {
    /// Its prices make no grid.
    #[error("market {ticker}: {source}")]
    Grid {
        /// Market.
        ticker: String,
        /// Why.
        source: TickGridError,
    },
    /// A fee rule this program cannot compute.
    #[error(
        "series {series} has a fee rule that this version does not know ({fee_type:?}); it cannot be traded"
    )]
    FeeType {
        /// Series.
        series: String,
        /// The rule.
        fee_type: wire::FeeType,
    },
}

/// The fee rules of a market: its event's overrides before its series' rule.
///
/// # Errors
/// [`ListingError::FeeType`] for a rule this program does not know.
pub fn fee_schedule(
    series: &wire::Series,
    event: Option<&wire::Event>,
    member: KalshiMember,
) -> Result<FeeSchedule, ListingError> {
    let fee_type = event.and_then(|event| event.fee_type_override).unwrap_or(series.fee_type);
    let multiplier =
        event.and_then(|event| event.fee_multiplier_override).unwrap_or(series.fee_multiplier);
    let known = match fee_type {
        wire::FeeType::Quadratic => KalshiFeeType::Quadratic,
        wire::FeeType::QuadraticWithMakerFees => KalshiFeeType::QuadraticWithMakerFees,
        wire::FeeType::QuadraticWithComboMakerFees => KalshiFeeType::QuadraticWithComboMakerFees,
        wire::FeeType::Flat | wire::FeeType::Unrecognized => {
            return Err(ListingError::FeeType { series: series.ticker.clone(), fee_type });
        }
    };
    Ok(FeeSchedule::kalshi(known, multiplier.e6, member))
}

/// A market in domain words.
///
/// # Errors
/// [`ListingError::Grid`] if its price ranges make no grid.
pub fn listing(
    market: &wire::Market,
    series: &str,
    fees: FeeSchedule,
) -> Result<Listing, ListingError> {
    let grid = grid_of_ranges(&market.price_ranges)
        .map_err(|source| ListingError::Grid { ticker: market.ticker.clone(), source })?;
    let title = market.title.clone().unwrap_or_default();
    Ok(Listing {
        venue: Venue::Kalshi,
        ticker: market.ticker.clone(),
        event: market.event_ticker.clone(),
        series: series.to_owned(),
        title: if title.is_empty() { market.yes_sub_title.clone() } else { title },
        grid,
        lot: Quantity::from_e6(10_000),
        close: market.close_time,
        fees,
        status: status(market.status),
    })
}

/// May the market trade? An unknown state may not.
#[must_use]
pub const fn status(status: wire::MarketStatus) -> MarketStatus {
    match status {
        wire::MarketStatus::Initialized => MarketStatus::Unopened,
        wire::MarketStatus::Active => MarketStatus::Active,
        wire::MarketStatus::Inactive | wire::MarketStatus::Unrecognized => MarketStatus::Paused,
        wire::MarketStatus::Closed
        | wire::MarketStatus::Determined
        | wire::MarketStatus::Disputed
        | wire::MarketStatus::Amended
        | wire::MarketStatus::Finalized => MarketStatus::Closed,
    }
}

/// How a market was paid out; `None` before it was, or where the venue does not give the value.
#[must_use]
pub fn settlement(market: &wire::Market) -> Option<Settlement> {
    if market.status != wire::MarketStatus::Finalized {
        return None;
    }
    match market.result {
        wire::MarketResult::Yes => Some(Settlement::Yes),
        wire::MarketResult::No => Some(Settlement::No),
        wire::MarketResult::Scalar => market.settlement_value_dollars.map(Settlement::Scalar),
        wire::MarketResult::Open => None,
    }
}
