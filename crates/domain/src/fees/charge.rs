//! The arithmetic of a fee: the model `m r C P (1 - P)` exactly, then the venue's rounding.

use super::{FeeCharge, FeePeriod, FeeRates, FeeRounding, FeeSchedule, Liquidity};
use crate::{Price, Quantity, Timestamp, Usd};

/// `m r C P (1 - P)` has 24 decimals (6 + 4 + 6 + 4 + 4), [`Usd`] has ten.
const MODEL_TO_USD: u128 = 100_000_000_000_000;

impl FeeRates {
    const fn rate_e4(&self, liquidity: Liquidity) -> u32 {
        match liquidity {
            Liquidity::Taker => self.taker_e4,
            Liquidity::Maker => self.maker_e4,
        }
    }

    /// The model fee in 10^-10 dollar, rounded down, and what that left in 10^-24 dollar. Exact for
    /// every value of its arguments: the product is split before it could pass 128 bits.
    fn model(&self, liquidity: Liquidity, price: Price, quantity: Quantity) -> (u128, u128) {
        let rate = u128::from(self.rate_e4(liquidity)) * u128::from(self.multiplier_e6);
        let spread = u128::from(price.e4()) * u128::from(price.complement().e4());
        let base = u128::from(quantity.e6().unsigned_abs()) * spread;
        let low = rate * (base % MODEL_TO_USD);
        (rate * (base / MODEL_TO_USD) + low / MODEL_TO_USD, low % MODEL_TO_USD)
    }

    /// The model fee up to the next 10^-10 dollar. A multiple of any unit that is not below it is not
    /// below the exact fee either, and the other way round, so rounding up further stays exact.
    fn model_ceil(&self, liquidity: Liquidity, price: Price, quantity: Quantity) -> Usd {
        let (units, rest) = self.model(liquidity, price, quantity);
        usd(units + u128::from(rest > 0))
    }

    /// The model fee to the nearest multiple of `unit`, halves up.
    fn model_nearest(
        &self,
        liquidity: Liquidity,
        price: Price,
        quantity: Quantity,
        unit: Usd,
    ) -> Usd {
        // Adding half a unit and flooring ignores the rest below 10^-10 dollar rightly only if half
        // a unit is a whole number of 10^-10 dollars, which holds for every even unit.
        let (units, _) = self.model(liquidity, price, quantity);
        (usd(units) + Usd::from_e10(unit.e10() / 2)).floor_to(unit)
    }
}

fn usd(units: u128) -> Usd {
    Usd::from_e10(i128::try_from(units).unwrap_or(i128::MAX / 4))
}

impl FeePeriod {
    fn trade_fee(&self, liquidity: Liquidity, price: Price, quantity: Quantity) -> Usd {
        let rates = &self.rates;
        match self.rounding {
            FeeRounding::Exact => rates.model_ceil(liquidity, price, quantity),
            FeeRounding::CentPerFill => {
                rates.model_ceil(liquidity, price, quantity).ceil_to(Usd::CENT)
            }
            FeeRounding::Nearest { unit } => rates.model_nearest(liquidity, price, quantity, unit),
            FeeRounding::Accumulated { trade_unit, .. } => {
                rates.model_ceil(liquidity, price, quantity).ceil_to(trade_unit)
            }
        }
    }

    fn charge(
        &self,
        liquidity: Liquidity,
        price: Price,
        quantity: Quantity,
        revenue: Usd,
        accumulator: &mut Usd,
    ) -> FeeCharge {
        let trade_fee = self.trade_fee(liquidity, price, quantity);
        let FeeRounding::Accumulated { balance_unit, rebate_unit, .. } = self.rounding else {
            return FeeCharge::plain(trade_fee, revenue);
        };
        let before_rounding = revenue - trade_fee;
        let rounding_fee = before_rounding - before_rounding.floor_to(balance_unit);
        let gross = trade_fee + rounding_fee;
        *accumulator += rounding_fee;
        // Whole rebate units only, and never more than this fill was charged.
        let rebate = (*accumulator).min(gross).floor_to(rebate_unit);
        *accumulator -= rebate;
        let net_fee = gross - rebate;
        FeeCharge { trade_fee, rounding_fee, rebate, net_fee, cash_change: revenue - net_fee }
    }
}

impl FeeCharge {
    /// A fee without balance rounding.
    const fn plain(trade_fee: Usd, revenue: Usd) -> Self {
        Self {
            trade_fee,
            rounding_fee: Usd::ZERO,
            rebate: Usd::ZERO,
            net_fee: trade_fee,
            cash_change: Usd::from_e10(revenue.e10() - trade_fee.e10()),
        }
    }
}

impl FeeSchedule {
    /// The unrounded model fee in dollars, for planning (decision side of the crossing).
    #[must_use]
    pub fn planned(&self, at: Timestamp, liquidity: Liquidity, price: f64, contracts: f64) -> f64 {
        self.planned_rate(at, liquidity) * contracts.abs() * price * (1.0 - price)
    }

    /// What [`Self::planned`] multiplies `C P (1 - P)` by: looked up once where many prices are tried.
    #[must_use]
    pub fn planned_rate(&self, at: Timestamp, liquidity: Liquidity) -> f64 {
        let Some(period) = self.at(at) else { return 0.0 };
        let rate = f64::from(period.rates.rate_e4(liquidity)) / 1e4;
        f64::from(period.rates.multiplier_e6) / 1e6 * rate
    }

    /// What a whole order may cost in fees at `price`, for reserving money before it fills: the model
    /// fee of all of it, what rounding each of `fills` fills up may add, and one rebate not yet paid.
    #[must_use]
    pub fn reserve(
        &self,
        at: Timestamp,
        liquidity: Liquidity,
        price: Price,
        quantity: Quantity,
        fills: u32,
    ) -> Usd {
        let Some(period) = self.at(at) else { return Usd::ZERO };
        let model = period.rates.model_ceil(liquidity, price, quantity);
        let per_fill = |unit: Usd| Usd::from_e10(unit.e10() * i128::from(fills));
        match period.rounding {
            FeeRounding::Exact => model + per_fill(Usd::from_e10(1)),
            _ if model.is_zero() && !period.rounding.aligns_balance() => Usd::ZERO,
            FeeRounding::CentPerFill => model.ceil_to(Usd::CENT) + per_fill(Usd::CENT),
            FeeRounding::Nearest { unit } => model.ceil_to(unit) + per_fill(unit),
            FeeRounding::Accumulated { trade_unit, balance_unit, rebate_unit } => {
                let rounded = if model.is_zero() { model } else { model + per_fill(trade_unit) };
                rounded.ceil_to(balance_unit) + rebate_unit
            }
        }
    }

    /// Charges one fill and moves the order's rounding accumulator. `revenue` is the signed cash of
    /// the fill before fees (buy YES `-C*P`, buy NO `-C*(1-P)`, a sale positive).
    ///
    /// Kalshi's rule (docs.kalshi.com, fee_rounding): the fee is rounded up, the balance change down;
    /// what the floors took accumulates per order and comes back in whole rebate units, never so much
    /// that the fill's net fee would fall below zero.
    pub fn charge(
        &self,
        at: Timestamp,
        liquidity: Liquidity,
        price: Price,
        quantity: Quantity,
        revenue: Usd,
        accumulator: &mut Usd,
    ) -> FeeCharge {
        match self.at(at) {
            Some(period) => period.charge(liquidity, price, quantity, revenue, accumulator),
            None => FeeCharge::plain(Usd::ZERO, revenue),
        }
    }
}

impl FeeRounding {
    const fn aligns_balance(self) -> bool {
        matches!(self, Self::Accumulated { .. })
    }
}
