//! Polymarket's fee rule. The rate is a property of each market and is read from the venue.

use super::{FeePeriod, FeeRates, FeeRounding, FeeSchedule};
use crate::{Timestamp, Usd};

impl FeeSchedule {
    /// A market with this taker rate (1/10,000; 400 is 4 %) and exponent 1; makers pay nothing. Fees
    /// have five decimals; the venue does not say how it rounds, so halves go up. Zero is no fee.
    #[must_use]
    pub fn polymarket(taker_e4: u32) -> Self {
        if taker_e4 == 0 {
            return Self::free();
        }
        Self::new(vec![FeePeriod {
            from: Timestamp::from_nanos(i64::MIN),
            rates: FeeRates { taker_e4, maker_e4: 0, multiplier_e6: 1_000_000 },
            rounding: FeeRounding::Nearest { unit: Usd::from_micros(10) },
        }])
    }
}
