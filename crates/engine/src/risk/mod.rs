//! May this order go out? A list of pure checks; the first that fails names the reason. There is no
//! flag that skips one (reliability.md section 9).

mod checks;
pub mod exposure;
pub mod history;
pub mod report;

use statecraft_domain::event::Mode;
use statecraft_domain::{Denial, OrderRequest, RiskApproved, Timestamp};

use crate::config::{AccountLimits, Strategy};
use crate::market::{MarketState, Venues};
use crate::orders::{Accounts, Ledger};
use history::OrderHistory;

/// Everything a check may look at. Nothing here can be changed by a check.
#[derive(Debug, Clone, Copy)]
pub struct Inquiry<'a> {
    /// The order in question.
    pub order: &'a OrderRequest,
    /// Its edge per contract in dollars.
    pub edge: f64,
    /// Engine time.
    pub now: Timestamp,
    /// Engine mode.
    pub mode: Mode,
    /// The strategy was demoted, and this is real money.
    pub barred: bool,
    /// Markets bound to the strategy.
    pub bound: &'a [statecraft_domain::MarketId],
    /// The order's market.
    pub market: &'a MarketState,
    /// Every market, by id.
    pub markets: &'a [MarketState],
    /// Markets on the same event as the strategy's.
    pub group: &'a [statecraft_domain::MarketId],
    /// Connections.
    pub venues: &'a Venues,
    /// The strategy.
    pub strategy: &'a Strategy,
    /// The account's limits.
    pub limits: &'a AccountLimits,
    /// Engine seconds per second of wall time.
    pub time_scale: u32,
    /// Orders.
    pub ledger: &'a Ledger,
    /// Money and positions.
    pub accounts: &'a Accounts,
    /// Equity at executable prices.
    pub equity: statecraft_domain::Usd,
    /// Orders decided lately.
    pub history: &'a OrderHistory,
}

/// One check: its reason and its predicate, true to let the order pass.
pub type Check = (Denial, fn(&Inquiry<'_>) -> bool);

/// The checks in the order of the table. To add one, add a reason to [`Denial`] and a line here.
pub const CHECKS: &[Check] = &[
    (Denial::Mode, checks::mode),
    (Denial::Demoted, checks::standing),
    (Denial::MarketState, checks::market_state),
    (Denial::Universe, checks::universe),
    (Denial::Price, checks::price),
    (Denial::Size, checks::size),
    (Denial::OrderCost, checks::order_cost),
    (Denial::Collar, checks::collar),
    (Denial::EdgeTooLarge, checks::edge_plausible),
    (Denial::Book, checks::book),
    (Denial::MarketPosition, checks::market_position),
    (Denial::GroupCost, checks::group_cost),
    (Denial::AccountCost, checks::account_cost),
    (Denial::BuyingPower, checks::buying_power),
    (Denial::OpenOrders, checks::open_orders),
    (Denial::OrderRate, checks::order_rate),
    (Denial::Duplicate, checks::not_duplicate),
    (Denial::SelfCross, checks::no_self_cross),
    (Denial::Unknowns, checks::unknowns),
];

/// Runs every check. This is the only place that approves an order.
///
/// # Errors
/// The reason of the first check that failed.
pub fn gate(inquiry: &Inquiry<'_>) -> Result<RiskApproved<OrderRequest>, Denial> {
    match CHECKS.iter().find(|(_, passes)| !passes(inquiry)) {
        Some(&(denial, _)) => Err(denial),
        None => Ok(RiskApproved::by_risk_gate(inquiry.order.clone())),
    }
}
