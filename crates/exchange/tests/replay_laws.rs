//! What holds for one account against recorded depth, whatever is recorded and ordered.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

mod support;

use std::collections::BTreeMap;

use proptest::prelude::*;
use statecraft_domain::event::{
    BookChanged, BookLost, BookSnapshot, Level, LevelChange, LossCause, MarketListed,
    MarketSettled, MarketStatusChanged, Traded,
};
use statecraft_domain::fees::{FeeSchedule, KalshiFeeType, KalshiMember, MICRO_FEES_FROM};
use statecraft_domain::{
    Book, ClientOrderId, Event, Fill, Liquidity, MarketId, MarketStatus, Nanos, OrderRequest,
    Quantity, SelfTradePrevention, Side, StrategyId, TickGrid, TimeInForce, Timestamp, Usd,
};
use statecraft_exchange::replay::{QueueModel, ReplayRules, ReplayVenue};
use support::{any_settlement, listing, price};

#[derive(Debug, Clone)]
enum Op {
    Level(Side, u16, i64),
    Snapshot(Vec<(u16, i64)>, Vec<(u16, i64)>),
    Lose,
    Trade(Side, u16, i64),
    Submit { side: Side, cents: u16, lots: i64, kind: u8, post_only: bool, reduce_only: bool },
    Cancel(u64),
    Wait(i64),
    Status(MarketStatus),
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Bid), Just(Side::Ask)]
}

fn lots() -> impl Strategy<Value = i64> {
    prop_oneof![(1_i64..30).prop_map(|n| n * 100), 1_i64..3_000]
}

fn ladder(from: u16, to: u16) -> impl Strategy<Value = Vec<(u16, i64)>> {
    prop::collection::btree_map(from..to, lots(), 0..6).prop_map(|map| map.into_iter().collect())
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        // Bids stay at or below 50 cents and asks at or above 48: books cross now and then.
        20 => (side(), 0_u16..6, prop_oneof![2 => lots(), 1 => Just(0)]).prop_map(|(side, d, q)| {
            Op::Level(side, if side == Side::Bid { 50 - d } else { 48 + d }, q)
        }),
        3 => (ladder(42, 50), ladder(50, 58)).prop_map(|(bids, asks)| Op::Snapshot(bids, asks)),
        1 => Just(Op::Lose),
        10 => (side(), 43_u16..56, lots()).prop_map(|(side, cents, q)| Op::Trade(side, cents, q)),
        20 => (side(), 43_u16..56, lots(), 0_u8..10, prop::bool::weighted(0.2),
            prop::bool::weighted(0.1))
            .prop_map(|(side, cents, lots, kind, post_only, reduce_only)| Op::Submit {
                side,
                cents,
                lots,
                kind: if reduce_only { 8 } else { kind },
                post_only: post_only && !reduce_only && kind < 7,
                reduce_only,
            }),
        4 => (1_u64..40).prop_map(Op::Cancel),
        2 => (0_i64..20).prop_map(Op::Wait),
        1 => prop_oneof![Just(MarketStatus::Paused), Just(MarketStatus::Active)]
            .prop_map(Op::Status),
    ]
}

const MARKET: MarketId = MarketId(0);
const CASH: i64 = 60;

/// What the test knows of an order from its request and events.
#[derive(Debug)]
struct Known {
    request: OrderRequest,
    accepted: bool,
    rejected: bool,
    ended: bool,
    filled: Quantity,
}

struct World {
    venue: ReplayVenue,
    now: Timestamp,
    book: Book,
    trusted: bool,
    status: MarketStatus,
    orders: BTreeMap<ClientOrderId, Known>,
    fills: Vec<Fill>,
}

impl World {
    fn new(own_impact: bool, model: QueueModel, fees: FeeSchedule) -> Self {
        let rules = ReplayRules { cash: Usd::from_dollars(CASH), own_impact };
        let mut venue = ReplayVenue::new(rules).with_queue_model(model);
        let at = MICRO_FEES_FROM;
        let listing = listing("M", TickGrid::cents(), fees);
        let listed = MarketListed { at, market: MARKET, listing };
        venue.observe(&Event::MarketListed(Box::new(listed)), &mut Vec::new());
        Self {
            venue,
            now: at,
            book: Book::new(),
            trusted: true,
            status: MarketStatus::Active,
            orders: BTreeMap::new(),
            fills: Vec::new(),
        }
    }

    fn run(&mut self, op: &Op) -> Result<(), TestCaseError> {
        self.now = self.now + Nanos::new(1);
        let at = self.now;
        let mut out = Vec::new();
        self.venue.expire(at, &mut out);
        self.learn(&out)?;
        out.clear();
        // The most that resting orders may trade with in this step.
        let mut supply = Quantity::ZERO;
        match op {
            Op::Level(side, cents, lots) => {
                let change = LevelChange::To(Quantity::from_e6(lots * 10_000));
                let price = price(cents * 100);
                if self.trusted {
                    self.book.apply(*side, price, change).unwrap();
                }
                let changed =
                    BookChanged { at, venue_at: at, market: MARKET, side: *side, price, change };
                self.venue.observe(&Event::BookChanged(changed), &mut out);
                supply = self.displayed();
            }
            Op::Snapshot(bids, asks) => {
                let levels = |ladder: &[(u16, i64)]| -> Vec<Level> {
                    let level = |&(cents, lots): &(u16, i64)| Level {
                        price: price(cents * 100),
                        quantity: Quantity::from_e6(lots * 10_000),
                    };
                    ladder.iter().map(level).collect()
                };
                let (bids, asks) = (levels(bids), levels(asks));
                self.book.replace(&bids, &asks).unwrap();
                self.trusted = true;
                let snapshot = BookSnapshot { at, venue_at: at, market: MARKET, bids, asks };
                self.venue.observe(&Event::BookSnapshot(Box::new(snapshot)), &mut out);
                supply = self.displayed();
            }
            Op::Lose => {
                self.trusted = false;
                let cause = LossCause::Disconnected;
                self.venue
                    .observe(&Event::BookLost(BookLost { at, market: MARKET, cause }), &mut out);
            }
            Op::Trade(taker, cents, lots) => {
                let quantity = Quantity::from_e6(lots * 10_000);
                let (taker, price) = (*taker, price(cents * 100));
                let trade = Traded { at, venue_at: at, market: MARKET, taker, price, quantity };
                self.venue.observe(&Event::Traded(trade), &mut out);
                supply = quantity;
            }
            Op::Submit { .. } => self.submit(op, &mut out),
            Op::Cancel(sequence) => {
                let id = ClientOrderId { lineage: 1, sequence: *sequence };
                let live = self.orders.get(&id).is_some_and(|known| known.accepted && !known.ended);
                self.venue.cancel(at, id, &mut out);
                prop_assert_eq!(live, matches!(out[..], [Event::OrderClosed(_)]));
            }
            Op::Wait(seconds) => self.now = self.now + Nanos::from_secs(*seconds),
            Op::Status(status) => {
                self.status = *status;
                let change =
                    MarketStatusChanged { at, market: MARKET, status: *status, close: None };
                self.venue.observe(&Event::MarketStatusChanged(change), &mut out);
            }
        }
        self.check_fills(&out, supply)?;
        self.learn(&out)?;
        self.check_money()
    }

    fn displayed(&self) -> Quantity {
        let sides = [Side::Bid, Side::Ask].into_iter();
        sides.flat_map(|side| self.book.levels(side)).map(|level| level.quantity).sum()
    }

    fn submit(&mut self, op: &Op, out: &mut Vec<Event>) {
        let Op::Submit { side, cents, lots, kind, post_only, reduce_only } = *op else { return };
        let sequence = self.orders.len() as u64 + 1;
        let id = ClientOrderId { lineage: 1, sequence };
        let expires = (kind == 6).then(|| self.now + Nanos::from_secs(10));
        let request = OrderRequest {
            id,
            strategy: StrategyId(0),
            market: MARKET,
            side,
            price: price(cents * 100),
            quantity: Quantity::from_e6(lots * 10_000),
            time_in_force: match kind {
                0..=6 => TimeInForce::GoodTilCancelled { expires },
                7 | 8 => TimeInForce::ImmediateOrCancel,
                _ => TimeInForce::FillOrKill,
            },
            post_only,
            reduce_only,
            self_trade_prevention: if lots % 2 == 0 {
                SelfTradePrevention::CancelMaker
            } else {
                SelfTradePrevention::CancelTaker
            },
            decided_at: self.now,
        };
        self.venue.submit(self.now, &request, out);
        let known = Known {
            request,
            accepted: false,
            rejected: false,
            ended: false,
            filled: Quantity::ZERO,
        };
        self.orders.insert(id, known);
    }

    /// Fills are within limits, within what is displayed, and only where there is evidence.
    fn check_fills(&self, out: &[Event], supply: Quantity) -> Result<(), TestCaseError> {
        let mut made = Quantity::ZERO;
        let mut taken: BTreeMap<_, Quantity> = BTreeMap::new();
        for event in out {
            let Event::OrderFilled(filled) = event else { continue };
            let fill = &filled.fill;
            prop_assert!(self.trusted && self.status == MarketStatus::Active);
            prop_assert!(fill.quantity.is_positive());
            let order = &self.orders[&fill.order].request;
            prop_assert_eq!(order.side, fill.side);
            prop_assert!(order.side.accepts(fill.price, order.price));
            match fill.liquidity {
                Liquidity::Maker => {
                    prop_assert_eq!(fill.price, order.price);
                    made += fill.quantity;
                }
                Liquidity::Taker => *taken.entry(fill.price).or_default() += fill.quantity,
            }
        }
        prop_assert!(made <= supply, "{made} made of {supply}");
        let taker = out.iter().find_map(|event| match event {
            Event::OrderAccepted(accepted) => Some(&self.orders[&accepted.order].request),
            _ => None,
        });
        for (price, quantity) in taken {
            let against = taker.unwrap().side.opposite();
            prop_assert!(quantity <= self.book.quantity_at(against, price));
        }
        Ok(())
    }

    /// The life of each order: one answer, fills while it lives, at most one end.
    fn learn(&mut self, out: &[Event]) -> Result<(), TestCaseError> {
        for event in out {
            match event {
                Event::OrderAccepted(accepted) => {
                    let known = self.orders.get_mut(&accepted.order).unwrap();
                    prop_assert!(!known.accepted && !known.rejected);
                    known.accepted = true;
                }
                Event::OrderRejected(rejected) => {
                    let known = self.orders.get_mut(&rejected.order).unwrap();
                    prop_assert!(!known.accepted && !known.rejected);
                    known.rejected = true;
                    known.ended = true;
                }
                Event::OrderFilled(filled) => {
                    let known = self.orders.get_mut(&filled.fill.order).unwrap();
                    prop_assert!(known.accepted && !known.ended);
                    known.filled += filled.fill.quantity;
                    prop_assert!(known.filled <= known.request.quantity);
                    known.ended = known.filled == known.request.quantity;
                    self.fills.push(filled.fill.clone());
                }
                Event::OrderClosed(closed) => {
                    let known = self.orders.get_mut(&closed.order).unwrap();
                    let capped = known.request.reduce_only;
                    prop_assert!(known.accepted && (!known.ended || capped));
                    prop_assert_eq!(closed.filled, known.filled);
                    known.ended = true;
                    if known.request.time_in_force == TimeInForce::FillOrKill {
                        let self_trade = statecraft_domain::order::CloseReason::SelfTrade;
                        prop_assert_eq!(closed.reason, self_trade);
                    }
                }
                Event::CancelFailed(_) => {}
                other => prop_assert!(false, "unexpected {:?}", other),
            }
        }
        // An order that reduced to nothing is over although less than it asked for was filled.
        for known in self.orders.values_mut() {
            if known.request.time_in_force == TimeInForce::ImmediateOrCancel {
                known.ended = true;
            }
        }
        Ok(())
    }

    /// Cash from the events alone: short sales credit `p`, and every NO held ties up a dollar.
    fn check_money(&self) -> Result<(), TestCaseError> {
        let mut position = Quantity::ZERO;
        let mut cash = Usd::from_dollars(CASH);
        for fill in &self.fills {
            let value = fill.price.times(fill.quantity);
            let buys = fill.side == Side::Bid;
            position += if buys { fill.quantity } else { -fill.quantity };
            cash += if buys { -value } else { value };
            cash -= fill.fee;
        }
        let no_held = (-position).max(Quantity::ZERO);
        cash -= statecraft_domain::Price::ONE.times(no_held);
        let account = self.venue.account();
        prop_assert_eq!(account.quantity(MARKET), position);
        prop_assert_eq!(account.cash, cash);
        prop_assert!(!cash.is_negative());
        prop_assert_eq!(account.paid_in(), Usd::from_dollars(CASH));
        prop_assert!(!account.reserved.is_negative());
        if self.orders.values().all(|known| known.ended) {
            prop_assert_eq!(account.reserved, Usd::ZERO);
            prop_assert_eq!(self.venue.next_expiry(), None);
        }
        Ok(())
    }
}

fn fees() -> impl Strategy<Value = FeeSchedule> {
    prop_oneof![
        Just(FeeSchedule::free()),
        Just(FeeSchedule::kalshi(
            KalshiFeeType::QuadraticWithMakerFees,
            1_000_000,
            KalshiMember::Direct
        )),
        Just(FeeSchedule::kalshi(KalshiFeeType::Quadratic, 1_000_000, KalshiMember::NonDirect)),
        Just(FeeSchedule::polymarket(400)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn one_account_against_recorded_depth(
        ops in prop::collection::vec(op(), 1..80),
        own_impact in any::<bool>(),
        proportional in any::<bool>(),
        fees in fees(),
        settlement in any_settlement(),
    ) {
        let model =
            if proportional { QueueModel::Proportional } else { QueueModel::Pessimistic };
        let mut world = World::new(own_impact, model, fees);
        for op in &ops {
            world.run(op)?;
        }
        let before = world.venue.account().clone();
        let mut out = Vec::new();
        let (at, market) = (world.now, MARKET);
        world.venue.observe(
            &Event::MarketSettled(MarketSettled { at, market, settlement }),
            &mut out,
        );
        let after = world.venue.account();
        let position = before.quantity(MARKET);
        let paid = match settlement.yes_value() {
            None => before.positions.get(&MARKET).map_or(Usd::ZERO, |p| p.cost),
            Some(yes) if position.is_positive() => yes.times(position),
            Some(yes) => yes.complement().times(-position),
        };
        prop_assert_eq!(after.cash, before.cash + paid);
        prop_assert_eq!((after.quantity(MARKET), after.reserved), (Quantity::ZERO, Usd::ZERO));
        prop_assert_eq!(after.paid_in(), Usd::from_dollars(CASH));
    }

    /// A resting order never gets more from a trade than the trade had beyond the displayed queue.
    #[test]
    fn a_lone_maker_gets_what_the_queue_leaves(
        displayed in lots(),
        size in lots(),
        trades in prop::collection::vec(lots(), 1..10),
    ) {
        let mut world = World::new(false, QueueModel::Pessimistic, FeeSchedule::free());
        world.run(&Op::Level(Side::Bid, 50, displayed))?;
        let (cents, kind) = (50, 0);
        let submit = Op::Submit {
            side: Side::Bid, cents, lots: size, kind, post_only: false, reduce_only: false,
        };
        world.run(&submit)?;
        let accepted = world.orders.values().all(|known| known.accepted);
        for &trade in &trades {
            world.run(&Op::Trade(Side::Ask, 50, trade))?;
        }
        let traded: i64 = trades.iter().sum();
        let expected = if accepted { (traded - displayed).clamp(0, size) } else { 0 };
        let made: Quantity = world.fills.iter().map(|fill| fill.quantity).sum();
        prop_assert_eq!(made, Quantity::from_e6(expected * 10_000));
    }
}
