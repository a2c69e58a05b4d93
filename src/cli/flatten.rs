//! The verb `flatten`.

use std::time::Duration;

use statecraft_domain::Price;

use super::{Common, Outcome, operate};
use crate::control::protocol::Request;

/// Flags of `flatten`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// No order is more than this worse than the best price, dollars per contract, such as 0.03.
    #[arg(long, value_name = "DOLLARS", value_parser = slippage)]
    max_slippage: Price,
    /// Only this market (ticker).
    #[arg(long)]
    market: Option<String>,
    /// Do it; without this it only says what would be closed.
    #[arg(long)]
    yes: bool,
    /// Why; the journal keeps it.
    #[arg(long, default_value = "flatten")]
    reason: String,
}

fn slippage(text: &str) -> Result<Price, String> {
    let price: Price = text.parse().map_err(|_| "dollars per contract, such as 0.03".to_owned())?;
    let most = Price::from_cents(50).unwrap_or(Price::ONE);
    if price <= most { Ok(price) } else { Err("at most 0.50 dollars per contract".to_owned()) }
}

/// Closes positions with immediate orders near the best price; nothing new is opened until `resume`.
///
/// # Errors
/// [`super::CliError`]: 1 if no bot runs, 3 without `--yes` or if a safety rule refuses.
pub fn run(args: Args, common: &Common) -> Outcome {
    let request = Request::Flatten {
        max_slippage: args.max_slippage,
        market: args.market,
        confirmed: args.yes,
        reason: args.reason,
    };
    let reply = operate::request(common, &request, Duration::from_secs(15))?;
    operate::show(&reply, common.json)
}
