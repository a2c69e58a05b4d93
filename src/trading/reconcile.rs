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
use statecraft_engine::orders::{Ledger, Phase};

/// An order of ours that is not known to be over, as the engine has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct KnownOrder {
    /// Where.
    market: MarketId,
    /// The venue has confirmed it (else it is unknown).
    confirmed: bool,
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
    /// The venue was processing requests when the report was begun; `None`: nobody asked.
    pub processes: Option<bool>,
}

/// What came out of a comparison.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Differences {
    /// To be fed to the engine, in this order.
    pub events: Vec<Event>,
    /// Orders of ours that the venue does not list. One such report proves nothing.
    pub missing: Vec<ClientOrderId>,
    /// Orders that rest in the book and that this journal never sent. One such report proves nothing.
    pub foreign: Vec<ForeignOrder>,
    /// Orders of ours that rest in the book and are over by what we know. One such report proves nothing:
    /// reads lag writes.
    pub ghosts: Vec<(ClientOrderId, VenueOrderId, String)>,
    /// Fills of orders that this journal never sent, as far as the report tells. One proves nothing: an order
    /// placed while the report was read is in its fills alone.
    pub foreign_fills: Vec<VenueFill>,
    /// Orders under our lineage that the journal does not know: somebody else writes with our name, or
    /// the journal is not the newest copy.
    pub usurped: Vec<ClientOrderId>,
}

/// An order in the book that is not of this journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignOrder {
    /// The name its sender gave it; empty if none.
    pub client_id: String,
    /// The venue's name.
    pub venue_order: VenueOrderId,
    /// The venue's market.
    pub ticker: String,
}

/// Compares. `market` resolves a ticker to this run's id.
#[must_use]
pub fn differences(
    at: Timestamp,
    ledger: &Ledger,
    state: &AccountState,
    market: impl Fn(&str) -> Option<MarketId>,
) -> Differences {
    let mut found = Differences::default();
    let ClientOrderId { lineage, sequence: next_sequence } = ledger.next_id();
    let known = known_orders(ledger);
    let mut fills: BTreeMap<&VenueOrderId, Vec<&VenueFill>> = BTreeMap::new();
    for fill in &state.fills {
        fills.entry(&fill.venue_order).or_default().push(fill);
    }
    let mut listed = BTreeSet::new();
    for order in &state.orders {
        match order.client_id.parse::<ClientOrderId>() {
            Ok(id) if id.lineage == lineage && id.sequence >= next_sequence => {
                found.usurped.push(id);
                fills.remove(&order.venue_order);
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
                let live = ledger.get(id).is_some_and(|record| record.phase.is_live());
                if order.state == VenueOrderState::Resting && !live {
                    found.ghosts.push((id, order.venue_order.clone(), order.ticker.clone()));
                }
            }
            _ if order.state == VenueOrderState::Resting => {
                found.foreign.push(ForeignOrder {
                    client_id: order.client_id.clone(),
                    venue_order: order.venue_order.clone(),
                    ticker: order.ticker.clone(),
                });
            }
            _ => {}
        }
    }
    for (venue_order, fills) in fills {
        // An order may be older than what was asked for, and its fills not.
        match ledger.named(venue_order).map(|record| (record.id(), record.request.market)) {
            Some((id, market)) => {
                found.events.extend(fills.iter().map(|fill| filled(at, id, market, fill)));
            }
            None => found.foreign_fills.extend(fills.into_iter().cloned()),
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

/// Orders whose end is not known and whose request is not under way right now.
fn known_orders(ledger: &Ledger) -> BTreeMap<ClientOrderId, KnownOrder> {
    let live = ledger.live().iter();
    // Approved and sent orders are under way: their answer says more than a list could.
    live.filter(|order| !matches!(order.phase, Phase::Approved | Phase::Sent))
        .map(|order| {
            let (market, confirmed) = (order.request.market, order.phase != Phase::Unknown);
            (order.id(), KnownOrder { market, confirmed })
        })
        .collect()
}

fn filled(at: Timestamp, order: ClientOrderId, market: MarketId, fill: &VenueFill) -> Event {
    Event::OrderFilled(Box::new(OrderFilled { at, fill: to_fill(order, market, fill) }))
}

/// Everything the venue says about one of our orders.
fn report_order(
    events: &mut Vec<Event>,
    at: Timestamp,
    id: ClientOrderId,
    known: Option<KnownOrder>,
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
        events.push(filled(at, id, market, fill));
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
    use statecraft_domain::order::SelfTradePrevention;
    use statecraft_domain::{OrderRequest, StrategyId, TimeInForce};

    use super::*;

    const LINEAGE: u64 = 0xabc;

    fn id(sequence: u64) -> ClientOrderId {
        ClientOrderId { lineage: LINEAGE, sequence }
    }

    /// A ledger that has used the first nine names and knows of these orders nothing but that.
    fn ledger(unknown: &[u64]) -> Ledger {
        let mut ledger = Ledger::new(LINEAGE, 10);
        unknown.iter().for_each(|sequence| ledger.restore(request(*sequence)));
        ledger
    }

    fn request(sequence: u64) -> OrderRequest {
        OrderRequest {
            id: id(sequence),
            strategy: StrategyId(0),
            market: MarketId(0),
            side: Side::Bid,
            price: Price::from_cents(40).unwrap(),
            quantity: Quantity::from_contracts(2),
            time_in_force: TimeInForce::ImmediateOrCancel,
            post_only: false,
            reduce_only: false,
            self_trade_prevention: SelfTradePrevention::CancelTaker,
            decided_at: Timestamp::EPOCH,
        }
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

    fn compare(ledger: &Ledger, state: &AccountState) -> Differences {
        differences(Timestamp::from_secs(1), ledger, state, |_| Some(MarketId(0)))
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
        let found = compare(&ledger(&[3]), &state);
        assert_eq!(kinds(&found.events), ["accepted", "filled", "closed"]);
        assert!(found.missing.is_empty());
    }

    #[test]
    fn an_order_the_venue_does_not_list_is_missing_and_nothing_more() {
        let found = compare(&ledger(&[3]), &AccountState::default());
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
        assert_eq!(kinds(&compare(&ledger(&[]), &state).events), ["filled"]);
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
        let found = compare(&ledger(&[]), &state);
        assert_eq!(found.foreign.len(), 2);
        assert!(found.events.is_empty());
    }

    #[test]
    fn an_order_of_our_name_that_we_never_wrote_down_is_an_alarm() {
        let state = AccountState {
            orders: vec![order(&id(10).to_string(), "v1", VenueOrderState::Resting, 0)],
            ..AccountState::default()
        };
        assert_eq!(compare(&ledger(&[]), &state).usurped, [id(10)]);
    }

    /// F57: what rests under our name although it is over here is no order of ours as far as we knew.
    #[test]
    fn an_order_that_is_over_here_and_rests_there_is_a_ghost() {
        let resting = |state| AccountState {
            orders: vec![order(&id(3).to_string(), "v1", state, 0)],
            ..AccountState::default()
        };
        let ends: [fn(&mut Ledger); 4] = [
            |_| {},
            |ledger| {
                let _ = ledger.rejected(id(3), statecraft_domain::RejectReason::MarketNotActive);
            },
            |ledger| {
                let _ = ledger.closed(id(3), CloseReason::NotPlaced, Quantity::ZERO);
            },
            |ledger| {
                let _ = ledger.closed(id(3), CloseReason::Cancelled, Quantity::ZERO);
            },
        ];
        for (number, end) in ends.into_iter().enumerate() {
            let mut ledger = ledger(&[3]);
            end(&mut ledger);
            let found = compare(&ledger, &resting(VenueOrderState::Resting)).ghosts;
            let expected = if number == 0 { 0 } else { 1 };
            assert_eq!(found.len(), expected, "end {number}");
            let over = compare(&ledger, &resting(VenueOrderState::Cancelled)).ghosts;
            assert_eq!(over, [], "end {number}");
        }
    }

    /// F57: fills of nobody's order are not dropped; those of an order too old for the list are ours.
    #[test]
    fn a_fill_of_no_order_of_ours_is_foreign_unless_the_order_is_only_old() {
        let state = AccountState { fills: vec![fill("t1", "v1")], ..AccountState::default() };
        assert_eq!(compare(&ledger(&[3]), &state).foreign_fills, [fill("t1", "v1")]);
        let mut ledger = ledger(&[3]);
        let _ = ledger.accepted(id(3), &VenueOrderId::new("v1"));
        let found = compare(&ledger, &state);
        assert_eq!((kinds(&found.events), found.foreign_fills), (vec!["filled"], Vec::new()));
    }
}
