//! Exact money, prices and sizes, and the checked floats of the model.

mod decimal;
mod price;
mod probability;
mod quantity;
mod usd;

pub use decimal::NumberError;
pub use price::Price;
pub use probability::{LogOdds, Probability};
pub use quantity::Quantity;
pub use usd::Usd;

pub(crate) use decimal::{parse_scaled, write_scaled};
