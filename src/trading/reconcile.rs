//! What the venue says about the account, against what we know: the differences, as events.
//!
//! Pure: the shell fetches an [`AccountState`] (complete, or it is no report at all) and feeds what
//! comes out here to the engine. Everything is safe to say twice: the engine applies each fill once
//! and a closed order stays closed.

use std::collections::{BTreeMap, BTreeSet};

use statecraft_domain::event::{MarketSettled, OrderAccepted, OrderClosed, OrderFilled};
use statecraft_domain::order::CloseReason;
use statecraft_domain::{
    ClientOrderId, Event, Fill, Liquidity, MarketId, Price, Quantity, Settlement, Side, Timestamp,
    TradeId, Usd, VenueOrderId,
};

/// An order of ours that is not known to be over, as the engine has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownOrder {
    /// Our name.
    pub id: ClientOrderId,
    /// Where.
    pub market: MarketId,
    /// The venue has confirmed it (else it is unknown or on its way).
    pub confirmed: bool,
}

/// An order as the venue lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VenueOrder {
    /// The client order id it was placed with, whoever placed it; empty if none.
    pub client_id: String,
    /// The venue's name.
    pub venue_order: VenueOrderId,
    /// The venue's market.
    pub ticker: String,
    /// Its state.
    pub state: VenueOrderState,
    /// Filled so far.
    pub filled: Quantity,
}

/// See [`VenueOrder`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VenueOrderState {
    /// In the book.
    Resting,
    /// Filled whole.
    Executed,
    /// Over, for any other reason.
    Cancelled,
}

/// A fill as the venue lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VenueFill {
    /// The trade.
    pub trade: TradeId,
    /// The venue's name of the order.
    pub venue_order: VenueOrderId,
    /// The venue's market.
    pub ticker: String,
    /// Side of the order.
    pub side: Side,
    /// YES price.
    pub price: Price,
    /// Contracts.
    pub quantity: Quantity,
    /// Took or made.
    pub liquidity: Liquidity,
    /// Net fee.
    pub fee: Usd,
    /// When, by the venue's clock.
    pub venue_at: Timestamp,
}

/// The whole account as the venue states it; pages followed to the end.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountState {
    /// Every order we asked about.
    pub orders: Vec<VenueOrder>,
    /// Every fill since the time we asked about.
    pub fills: Vec<VenueFill>,
    /// Non-zero positions by ticker, YES positive.
    pub positions: Vec<(String, Quantity)>,
    /// Cash.
    pub cash: Usd,
    /// Markets we asked about that have been paid out.
    pub settled: Vec<(String, Settlement)>,
}

/// What came out of a comparison.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Differences {
    /// To be fed to the engine, in this order.
    pub events: Vec<Event>,
    /// Orders of ours that the venue does not list. One such report proves nothing.
    pub missing: Vec<ClientOrderId>,
    /// Orders and fills of this account that this journal never sent: (client id, ticker).
    pub foreign: Vec<(String, String)>,
    /// Orders under our lineage that the journal does not know: somebody else writes with our name, or
    /// the journal is not the newest copy.
    pub usurped: Vec<ClientOrderId>,
}

/// Compares. `next_sequence` is the first intent number the journal has not used; `market` resolves a
/// ticker to this run's id.
#[must_use]
pub fn differences(
    at: Timestamp,
    lineage: u64,
    next_sequence: u64,
    known: &[KnownOrder],
    state: &AccountState,
    market: impl Fn(&str) -> Option<MarketId>,
) -> Differences {
    let mut found = Differences::default();
    let known: BTreeMap<ClientOrderId, &KnownOrder> =
        known.iter().map(|order| (order.id, order)).collect();
    let mut fills: BTreeMap<&VenueOrderId, Vec<&VenueFill>> = BTreeMap::new();
    for fill in &state.fills {
        fills.entry(&fill.venue_order).or_default().push(fill);
    }
    let mut listed = BTreeSet::new();
    for order in &state.orders {
        match order.client_id.parse::<ClientOrderId>() {
            Ok(id) if id.lineage == lineage && id.sequence >= next_sequence => {
                found.usurped.push(id);
            }
            Ok(id) if id.lineage == lineage => {
                listed.insert(id);
                let fills = fills.remove(&order.venue_order).unwrap_or_default();
                report_order(
                    &mut found.events,
                    at,
                    id,
                    known.get(&id).copied(),
                    order,
                    &fills,
                    &market,
                );
            }
            _ if order.state == VenueOrderState::Resting => {
                found.foreign.push((order.client_id.clone(), order.ticker.clone()));
            }
            _ => {}
        }
    }
    // After the fills: what a market pays depends on what was held in the end.
    for (ticker, settlement) in &state.settled {
        if let Some(market) = market(ticker) {
            let settlement = *settlement;
            found.events.push(Event::MarketSettled(MarketSettled { at, market, settlement }));
        }
    }
    found.missing = known.keys().filter(|id| !listed.contains(id)).copied().collect();
    found
}

/// Everything the venue says about one of our orders.
fn report_order(
    events: &mut Vec<Event>,
    at: Timestamp,
    id: ClientOrderId,
    known: Option<&KnownOrder>,
    order: &VenueOrder,
    fills: &[&VenueFill],
    market: &impl Fn(&str) -> Option<MarketId>,
) {
    if known.is_some_and(|known| !known.confirmed) {
        let venue_order = order.venue_order.clone();
        events.push(Event::OrderAccepted(OrderAccepted { at, order: id, venue_order }));
    }
    for fill in fills {
        // A fill's market is its order's; a ticker nobody registered can only be a listing we missed.
        let Some(market) = known.map(|known| known.market).or_else(|| market(&fill.ticker)) else {
            continue;
        };
        events.push(Event::OrderFilled(Box::new(OrderFilled {
            at,
            fill: to_fill(id, market, fill),
        })));
    }
    let reason = match order.state {
        VenueOrderState::Resting => return,
        VenueOrderState::Executed => CloseReason::ImmediateRest,
        VenueOrderState::Cancelled => CloseReason::Cancelled,
    };
    if known.is_some() {
        let filled = order.filled;
        events.push(Event::OrderClosed(OrderClosed { at, order: id, reason, filled }));
    }
}

fn to_fill(order: ClientOrderId, market: MarketId, fill: &VenueFill) -> Fill {
    Fill {
        trade: fill.trade.clone(),
        order,
        venue_order: fill.venue_order.clone(),
        market,
        side: fill.side,
        price: fill.price,
        quantity: fill.quantity,
        liquidity: fill.liquidity,
        fee: fill.fee,
        venue_at: fill.venue_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINEAGE: u64 = 0xabc;

    fn id(sequence: u64) -> ClientOrderId {
        ClientOrderId { lineage: LINEAGE, sequence }
    }

    fn known(sequence: u64, confirmed: bool) -> KnownOrder {
        KnownOrder { id: id(sequence), market: MarketId(0), confirmed }
    }

    fn order(client_id: &str, venue: &str, state: VenueOrderState, filled: i32) -> VenueOrder {
        VenueOrder {
            client_id: client_id.to_owned(),
            venue_order: VenueOrderId::new(venue),
            ticker: "T".to_owned(),
            state,
            filled: Quantity::from_contracts(filled),
        }
    }

    fn fill(trade: &str, venue: &str) -> VenueFill {
        VenueFill {
            trade: TradeId::new(trade),
            venue_order: VenueOrderId::new(venue),
            ticker: "T".to_owned(),
            side: Side::Bid,
            price: Price::from_cents(40).unwrap(),
            quantity: Quantity::from_contracts(2),
            liquidity: Liquidity::Taker,
            fee: Usd::CENT,
            venue_at: Timestamp::EPOCH,
        }
    }

    fn compare(known: &[KnownOrder], state: &AccountState) -> Differences {
        differences(Timestamp::from_secs(1), LINEAGE, 10, known, state, |_| Some(MarketId(0)))
    }

    fn kinds(events: &[Event]) -> Vec<&'static str> {
        events
            .iter()
            .map(|event| match event {
                Event::OrderAccepted(_) => "accepted",
                Event::OrderFilled(_) => "filled",
                Event::OrderClosed(_) => "closed",
                _ => "other",
            })
            .collect()
    }

    #[test]
    fn an_unknown_order_that_filled_is_accepted_filled_and_closed_in_that_order() {
        let state = AccountState {
            orders: vec![order(&id(3).to_string(), "v1", VenueOrderState::Executed, 2)],
            fills: vec![fill("t1", "v1")],
            ..AccountState::default()
        };
        let found = compare(&[known(3, false)], &state);
        assert_eq!(kinds(&found.events), ["accepted", "filled", "closed"]);
        assert!(found.missing.is_empty());
    }

    #[test]
    fn an_order_the_venue_does_not_list_is_missing_and_nothing_more() {
        let found = compare(&[known(3, false)], &AccountState::default());
        assert_eq!(found.missing, [id(3)]);
        assert!(found.events.is_empty());
    }

    #[test]
    fn a_fill_of_an_order_that_is_over_here_still_arrives() {
        let state = AccountState {
            orders: vec![order(&id(2).to_string(), "v1", VenueOrderState::Cancelled, 2)],
            fills: vec![fill("t1", "v1")],
            ..AccountState::default()
        };
        assert_eq!(kinds(&compare(&[], &state).events), ["filled"]);
    }

    #[test]
    fn resting_orders_of_others_are_named_and_finished_ones_ignored() {
        let state = AccountState {
            orders: vec![
                order("by-hand", "v1", VenueOrderState::Resting, 0),
                order("sc-0000000000000001-4", "v2", VenueOrderState::Resting, 0),
                order("old", "v3", VenueOrderState::Executed, 5),
            ],
            ..AccountState::default()
        };
        let found = compare(&[], &state);
        assert_eq!(found.foreign.len(), 2);
        assert!(found.events.is_empty());
    }

    #[test]
    fn an_order_of_our_name_that_we_never_wrote_down_is_an_alarm() {
        let state = AccountState {
            orders: vec![order(&id(10).to_string(), "v1", VenueOrderState::Resting, 0)],
            ..AccountState::default()
        };
        assert_eq!(compare(&[], &state).usurped, [id(10)]);
    }
}
