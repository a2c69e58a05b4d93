//! Kalshi's published fee rules, with the dates from which we take each to hold.

use super::{FeePeriod, FeeRates, FeeRounding, FeeSchedule, KalshiFeeType, KalshiMember};
use crate::{Timestamp, Usd};

/// 2026-03-12T00:00:00Z. The fee schedule effective 2026-02-05 rounds every fill up to a cent; its
/// successor (0.0001 dollar) is undated. Until this day the API still carried balances and prices in
/// whole cents, so nothing finer could have been charged; demo recordings of June 2026 show fees of
/// 0.0007 and 0.0175. The removal of the cent fields is therefore the latest day on which the cent
/// rule can have ended, and ending it as late as possible never understates a cost.
pub const FIXED_POINT_FROM: Timestamp = Timestamp::from_secs(1_773_273_600);

/// 2026-08-26T00:00:00Z, the date of the fee rounding page that gives the present rule.
pub const MICRO_FEES_FROM: Timestamp = Timestamp::from_secs(1_787_702_400);

const MICRO: Usd = Usd::from_micros(1);
const TEN_THOUSANDTH: Usd = Usd::from_micros(100);

impl KalshiFeeType {
    /// `(taker, maker)` rate in 1/10,000.
    #[must_use]
    pub const fn rates_e4(self) -> (u32, u32) {
        match self {
            Self::Quadratic => (700, 0),
            Self::QuadraticWithMakerFees => (700, 175),
            Self::QuadraticWithComboMakerFees => (700, 350),
        }
    }
}

impl KalshiMember {
    /// The unit on which this member's balance is kept.
    #[must_use]
    pub const fn balance_unit(self) -> Usd {
        match self {
            Self::Direct => TEN_THOUSANDTH,
            Self::NonDirect => Usd::CENT,
        }
    }
}

impl FeeSchedule {
    /// Kalshi's dated rules for a series of this fee type and multiplier (1/1,000,000).
    ///
    /// | from | fee rounded up to | balance floored to | rebates in |
    /// |---|---|---|---|
    /// | the beginning | 0.01 | not at all | none |
    /// | [`FIXED_POINT_FROM`] | 0.0001 | the member's unit | 0.01 |
    /// | [`MICRO_FEES_FROM`] | 0.000001 | the member's unit | the member's unit |
    #[must_use]
    pub fn kalshi(fee_type: KalshiFeeType, multiplier_e6: u32, member: KalshiMember) -> Self {
        let (taker_e4, maker_e4) = fee_type.rates_e4();
        let rates = FeeRates { taker_e4, maker_e4, multiplier_e6 };
        let balance_unit = member.balance_unit();
        let period = |from, rounding| FeePeriod { from, rates, rounding };
        Self::new(vec![
            period(Timestamp::from_nanos(i64::MIN), FeeRounding::CentPerFill),
            period(
                FIXED_POINT_FROM,
                FeeRounding::Accumulated {
                    trade_unit: TEN_THOUSANDTH,
                    balance_unit,
                    rebate_unit: Usd::CENT,
                },
            ),
            period(
                MICRO_FEES_FROM,
                FeeRounding::Accumulated {
                    trade_unit: MICRO,
                    balance_unit,
                    rebate_unit: balance_unit,
                },
            ),
        ])
    }
}
