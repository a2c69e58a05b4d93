//! May this order go out? A list of pure checks; the first that fails names the reason. There is no
//! flag that skips one (reliability.md section 9).

pub mod attribution;
mod checks;
pub mod conduct;
pub mod exposure;
mod guards;
pub mod history;
pub mod post_trade;
pub(crate) mod reference;
pub mod report;

use statecraft_domain::event::Mode;
use statecraft_domain::{Denial, Nanos, OrderRequest, RiskApproved, Timestamp};

use crate::config::{AccountLimits, Strategy, Supervision};
use crate::engine::{Controls, Holdings, Losses};
use crate::market::{MarketState, Venues};
use crate::orders::{Accounts, Ledger};
use attribution::{Attributions, Story};
use conduct::Conduct;
use history::OrderHistory;

/// Everything a check may look at. Nothing here can be changed by a check.
#[derive(Debug, Clone)]
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
    /// It is real money.
    pub real_money: bool,
    /// Any limit beyond one order is in force.
    pub guarded: bool,
    /// What the shell watches over.
    pub supervision: &'a Supervision,
    /// Restrictions, venues, the clock, comparisons of the account.
    pub controls: &'a Controls,
    /// The model's value of YES, where an edge over it is asked for.
    pub value: Option<statecraft_domain::Price>,
    /// Since the model was last computed; `None`: it does not age.
    pub model_age: Option<Nanos>,
    /// Since any source of signals was last heard; `None`: none ever was, or the model hears none.
    pub heard_age: Option<Nanos>,
    /// How the strategy's orders fared.
    pub conduct: &'a Conduct,
    /// What was lost.
    pub losses: Losses,
    /// The newest signal that moved the strategy's model.
    pub story: Option<&'a Story>,
    /// What was opened because of which story.
    pub attributions: &'a Attributions,
    /// Since when the strategy has been trading as it is; `None`: not yet.
    pub since: Option<Timestamp>,
    /// Markets bound to the strategy.
    pub bound: &'a [statecraft_domain::MarketId],
    /// The order's market.
    pub market: &'a MarketState,
    /// Every market, by id.
    pub markets: &'a [MarketState],
    /// Markets on the same event as the strategy's.
    pub group: &'a [statecraft_domain::MarketId],
    /// Markets of every event that is driven by what drives the strategy's.
    pub driven: &'a [statecraft_domain::MarketId],
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
    /// What each strategy's own orders brought.
    pub(crate) holdings: Holdings<'a>,
    /// Equity at executable prices.
    pub equity: statecraft_domain::Usd,
    /// Orders decided lately.
    pub history: &'a OrderHistory,
    /// What is at stake because of the same story, source and hour, this order included; computed when the
    /// first check asks.
    pub attributed: std::cell::OnceCell<attribution::Attributed>,
    /// The worst case of every market, by id, this order included; computed when the first check asks.
    pub exposures: std::cell::OnceCell<Vec<exposure::Exposure>>,
}

/// One check: its reason and its predicate, true to let the order pass.
pub type Check = (Denial, fn(&Inquiry<'_>) -> bool);

/// The checks in the order of the table. To add one, add a reason to [`Denial`] and a line here.
pub const CHECKS: &[Check] = &[
    (Denial::Mode, checks::mode),
    (Denial::Unreconciled, guards::reconciled),
    (Denial::Demoted, checks::standing),
    (Denial::NotArmed, guards::armed),
    (Denial::MarketState, checks::market_state),
    (Denial::Universe, checks::universe),
    (Denial::Price, checks::price),
    (Denial::Size, checks::size),
    (Denial::OrderCost, checks::order_cost),
    (Denial::Collar, checks::collar),
    (Denial::MinEdge, guards::min_edge),
    (Denial::EdgeTooLarge, checks::edge_plausible),
    (Denial::Book, checks::book),
    (Denial::ModelAge, guards::model_age),
    (Denial::Clock, guards::clock),
    (Denial::MarketPosition, checks::market_position),
    (Denial::GroupCost, checks::group_cost),
    (Denial::DriverCost, guards::driver_cost),
    (Denial::VenueCost, guards::venue_cost),
    (Denial::AccountCost, checks::account_cost),
    (Denial::TotalCost, guards::total_cost),
    (Denial::BuyingPower, checks::buying_power),
    (Denial::OpenOrders, checks::open_orders),
    (Denial::OrderRate, checks::order_rate),
    (Denial::Duplicate, checks::not_duplicate),
    (Denial::Repeats, guards::repeats),
    (Denial::SelfCross, checks::no_self_cross),
    (Denial::Unknowns, checks::unknowns),
    (Denial::Loss, guards::loss),
    (Denial::SignalCost, guards::signal_cost),
    (Denial::SourceCost, guards::source_cost),
    (Denial::HourCost, guards::hour_cost),
    (Denial::Ratios, guards::ratios),
    (Denial::Unattended, guards::attended),
    (Denial::Ramp, guards::ramp),
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
