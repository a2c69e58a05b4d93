//! How recorded depth answers single orders.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

use statecraft_domain::event::{
    BookChanged, BookLost, BookSnapshot, Level, LevelChange, LossCause, MarketListed,
    MarketSettled, MarketStatusChanged, Traded,
};
use statecraft_domain::fees::{KalshiFeeType, KalshiMember, MICRO_FEES_FROM};
use statecraft_domain::{
    ClientOrderId, Event, FeeSchedule, Listing, MarketId, MarketStatus, Nanos, OrderRequest, Price,
    Quantity, RejectReason, SelfTradePrevention, Settlement, Side, StrategyId, TickGrid,
    TimeInForce, Timestamp, Usd, Venue,
};
use statecraft_exchange::replay::{QueueModel, ReplayRules, ReplayVenue};

const MARKET: MarketId = MarketId(0);
const IOC: TimeInForce = TimeInForce::ImmediateOrCancel;
const FOK: TimeInForce = TimeInForce::FillOrKill;
const GTC: TimeInForce = TimeInForce::GoodTilCancelled { expires: None };

fn cents(cents: u16) -> Price {
    Price::from_cents(cents).unwrap()
}

fn contracts(contracts: i32) -> Quantity {
    Quantity::from_contracts(contracts)
}

struct Bench {
    venue: ReplayVenue,
    now: Timestamp,
    sequence: u64,
}

/// `[(bid cents, contracts)], [(ask cents, contracts)]`.
type Ladder<'a> = &'a [(u16, i32)];

impl Bench {
    fn with(fees: FeeSchedule, own_impact: bool, model: QueueModel) -> Self {
        let rules = ReplayRules { cash: Usd::from_dollars(1_000), own_impact };
        let mut bench = Self {
            venue: ReplayVenue::new(rules).with_queue_model(model),
            now: MICRO_FEES_FROM,
            sequence: 0,
        };
        let listing = Listing {
            venue: Venue::Kalshi,
            ticker: "M".to_owned(),
            event: String::new(),
            series: String::new(),
            title: String::new(),
            grid: TickGrid::cents(),
            lot: Quantity::from_e6(10_000),
            close: Some(MICRO_FEES_FROM + Nanos::from_secs(1_000)),
            fees,
            status: MarketStatus::Active,
        };
        let at = bench.now;
        let listed = MarketListed { at, market: MARKET, listing };
        assert_eq!(bench.see(Event::MarketListed(Box::new(listed))), "");
        bench
    }

    fn new() -> Self {
        Self::with(FeeSchedule::free(), false, QueueModel::Pessimistic)
    }

    fn see(&mut self, event: Event) -> String {
        let mut out = Vec::new();
        self.venue.observe(&event, &mut out);
        short(&out)
    }

    fn tick(&mut self) -> Timestamp {
        self.now = self.now + Nanos::new(1);
        self.now
    }

    fn book(&mut self, bids: Ladder<'_>, asks: Ladder<'_>) -> String {
        let at = self.tick();
        let levels = |ladder: Ladder<'_>| {
            ladder
                .iter()
                .map(|&(price, size)| Level { price: cents(price), quantity: contracts(size) })
                .collect()
        };
        let (bids, asks) = (levels(bids), levels(asks));
        let snapshot = BookSnapshot { at, venue_at: at, market: MARKET, bids, asks };
        self.see(Event::BookSnapshot(Box::new(snapshot)))
    }

    fn level(&mut self, side: Side, price: u16, size: i32) -> String {
        let at = self.tick();
        let change = LevelChange::To(contracts(size));
        let price = cents(price);
        self.see(Event::BookChanged(BookChanged {
            at,
            venue_at: at,
            market: MARKET,
            side,
            price,
            change,
        }))
    }

    fn trade(&mut self, taker: Side, price: u16, size: i32) -> String {
        let at = self.tick();
        let (price, quantity) = (cents(price), contracts(size));
        self.see(Event::Traded(Traded { at, venue_at: at, market: MARKET, taker, price, quantity }))
    }

    fn lose(&mut self) -> String {
        let at = self.tick();
        let cause = LossCause::SequenceGap;
        self.see(Event::BookLost(BookLost { at, market: MARKET, cause }))
    }

    fn status(&mut self, status: MarketStatus) -> String {
        let at = self.tick();
        let change = MarketStatusChanged { at, market: MARKET, status, close: None };
        self.see(Event::MarketStatusChanged(change))
    }

    fn settle(&mut self, settlement: Settlement) -> String {
        let at = self.tick();
        self.see(Event::MarketSettled(MarketSettled { at, market: MARKET, settlement }))
    }

    fn order(&mut self, side: Side, price: u16, size: i32, tif: TimeInForce) -> OrderRequest {
        self.sequence += 1;
        OrderRequest {
            id: ClientOrderId { lineage: 1, sequence: self.sequence },
            strategy: StrategyId(0),
            market: MARKET,
            side,
            price: cents(price),
            quantity: contracts(size),
            time_in_force: tif,
            post_only: false,
            reduce_only: false,
            self_trade_prevention: SelfTradePrevention::CancelTaker,
            decided_at: self.now,
        }
    }

    fn submit(&mut self, order: &OrderRequest) -> String {
        let at = self.tick();
        let mut out = Vec::new();
        self.venue.submit(at, order, &mut out);
        short(&out)
    }

    fn place(&mut self, side: Side, price: u16, size: i32, tif: TimeInForce) -> String {
        let order = self.order(side, price, size, tif);
        self.submit(&order)
    }

    fn cancel(&mut self, sequence: u64) -> String {
        let at = self.tick();
        let mut out = Vec::new();
        self.venue.cancel(at, ClientOrderId { lineage: 1, sequence }, &mut out);
        short(&out)
    }

    fn cash(&self) -> String {
        self.venue.account().cash.to_string()
    }
}

/// Events in short: `ok`, `take 5@0.48`, `make 5@0.48`, `end immediate_rest 5`, `no invalid_price`.
fn short(events: &[Event]) -> String {
    let texts: Vec<String> = events
        .iter()
        .map(|event| match event {
            Event::OrderAccepted(_) => "ok".to_owned(),
            Event::OrderRejected(rejected) => format!("no {}", rejected.reason),
            Event::OrderFilled(filled) => {
                let fill = &filled.fill;
                let how = format!("{:?}", fill.liquidity).replace("Taker", "take");
                let how = how.replace("Maker", "make");
                format!("{how} {}@{}", fill.quantity, fill.price)
            }
            Event::OrderClosed(closed) => {
                let order = closed.order.sequence;
                format!("end {:?} #{order} {}", closed.reason, closed.filled)
            }
            Event::CancelFailed(_) => "cancel failed".to_owned(),
            other => format!("{other:?}"),
        })
        .collect();
    texts.join(", ")
}

#[test]
fn a_taker_walks_the_levels_and_gets_each_ones_price() {
    let mut bench = Bench::new();
    bench.book(&[(45, 10)], &[(48, 5), (49, 5), (50, 100)]);
    assert_eq!(
        bench.place(Side::Bid, 49, 20, IOC),
        "ok, take 5@0.48, take 5@0.49, end ImmediateRest #1 10"
    );
    assert_eq!(bench.cash(), "995.15");
    // The recorded book did not shrink.
    assert_eq!(bench.place(Side::Bid, 48, 5, IOC), "ok, take 5@0.48");
    assert_eq!(bench.place(Side::Ask, 45, 3, IOC), "ok, take 3@0.45");
    assert_eq!(bench.place(Side::Ask, 46, 3, IOC), "ok, end ImmediateRest #4 0");
}

#[test]
fn own_impact_stays_until_the_level_changes() {
    let mut bench = Bench::with(FeeSchedule::free(), true, QueueModel::Pessimistic);
    bench.book(&[(45, 10)], &[(48, 5), (49, 5)]);
    assert_eq!(bench.place(Side::Bid, 48, 3, IOC), "ok, take 3@0.48");
    assert_eq!(bench.place(Side::Bid, 48, 5, IOC), "ok, take 2@0.48, end ImmediateRest #2 2");
    assert_eq!(bench.place(Side::Bid, 48, 5, FOK), "no fill_or_kill");
    bench.level(Side::Ask, 49, 6);
    assert_eq!(bench.place(Side::Bid, 48, 5, IOC), "ok, end ImmediateRest #4 0");
    // A snapshot that leaves the level as it was brings nothing back; a change does.
    bench.book(&[(45, 10)], &[(48, 5), (49, 6)]);
    assert_eq!(bench.place(Side::Bid, 48, 5, IOC), "ok, end ImmediateRest #5 0");
    bench.level(Side::Ask, 48, 4);
    assert_eq!(bench.place(Side::Bid, 48, 5, IOC), "ok, take 4@0.48, end ImmediateRest #6 4");
}

#[test]
fn an_untrusted_book_fills_nothing() {
    let mut bench = Bench::new();
    bench.book(&[(45, 10)], &[(48, 5)]);
    assert_eq!(bench.place(Side::Bid, 47, 5, GTC), "ok");
    bench.lose();
    assert_eq!(bench.place(Side::Bid, 48, 5, IOC), "ok, end ImmediateRest #2 0");
    assert_eq!(bench.place(Side::Bid, 48, 5, FOK), "no fill_or_kill");
    assert_eq!(bench.level(Side::Ask, 46, 5), "");
    assert_eq!(bench.trade(Side::Ask, 45, 5), "");
    // The next snapshot shows what came at or through the price meanwhile.
    assert_eq!(bench.book(&[(45, 10)], &[(46, 2), (48, 5)]), "make 2@0.47");
    assert_eq!(bench.place(Side::Bid, 48, 7, IOC), "ok, take 2@0.46, take 5@0.48");
}

#[test]
fn an_order_placed_without_a_book_waits_for_one() {
    let mut bench = Bench::new();
    bench.book(&[(45, 10)], &[(48, 5)]);
    bench.lose();
    assert_eq!(bench.place(Side::Bid, 48, 8, GTC), "ok");
    assert_eq!(bench.book(&[(45, 10)], &[(48, 5), (49, 5)]), "make 5@0.48");
    assert_eq!(bench.book(&[(45, 10)], &[(48, 5), (49, 5)]), "");
    // Another one stands behind what the snapshot shows at its price.
    bench.lose();
    assert_eq!(bench.place(Side::Bid, 45, 8, GTC), "ok");
    assert_eq!(bench.book(&[(45, 10)], &[(49, 5)]), "");
    // Twelve sold at 0.45: three of them to the rest of the first order at the better price, then
    // nine of the ten that were there first.
    assert_eq!(bench.trade(Side::Ask, 45, 12), "make 3@0.48");
    assert_eq!(bench.trade(Side::Ask, 45, 2), "make 1@0.45");
}

#[test]
fn a_book_that_contradicts_itself_is_untrusted() {
    let mut bench = Bench::new();
    bench.book(&[(45, 10)], &[(48, 5)]);
    let at = bench.tick();
    bench.see(Event::BookChanged(BookChanged {
        at,
        venue_at: at,
        market: MARKET,
        side: Side::Ask,
        price: cents(48),
        change: LevelChange::By(contracts(-6)),
    }));
    assert_eq!(bench.place(Side::Bid, 48, 5, IOC), "ok, end ImmediateRest #1 0");
}

#[test]
fn a_maker_fills_after_the_quantity_ahead_has_traded() {
    let mut bench = Bench::new();
    bench.book(&[(45, 100)], &[(48, 5)]);
    assert_eq!(bench.place(Side::Bid, 45, 30, GTC), "ok");
    assert_eq!(bench.trade(Side::Bid, 48, 500), "", "a buyer is no counterparty of a bid");
    assert_eq!(bench.trade(Side::Ask, 46, 500), "", "a trade above the bid passes it by");
    assert_eq!(bench.trade(Side::Ask, 45, 60), "");
    assert_eq!(bench.level(Side::Bid, 45, 40), "");
    assert_eq!(bench.trade(Side::Ask, 45, 50), "make 10@0.45");
    assert_eq!(bench.trade(Side::Ask, 44, 5), "make 5@0.45", "through the price");
    assert_eq!(bench.trade(Side::Ask, 45, 99), "make 15@0.45");
    assert_eq!(bench.trade(Side::Ask, 45, 99), "");
    assert_eq!(bench.cancel(1), "cancel failed");
}

#[test]
fn own_orders_at_one_price_share_a_trade() {
    let mut bench = Bench::new();
    bench.book(&[(45, 10)], &[(48, 5)]);
    bench.place(Side::Bid, 45, 5, GTC);
    bench.place(Side::Bid, 45, 5, GTC);
    bench.place(Side::Bid, 46, 5, GTC);
    assert_eq!(bench.trade(Side::Ask, 45, 23), "make 5@0.46, make 5@0.45, make 3@0.45");
}

#[test]
fn without_trades_the_other_side_reaching_the_price_is_the_evidence() {
    let mut bench = Bench::new();
    bench.book(&[(44, 10), (45, 100)], &[(48, 5)]);
    bench.place(Side::Bid, 45, 30, GTC);
    assert_eq!(bench.level(Side::Bid, 45, 0), "", "a cancel is no trade");
    assert_eq!(bench.level(Side::Ask, 45, 12), "make 12@0.45");
    assert_eq!(bench.level(Side::Ask, 45, 12), "", "the same quantity does not come twice");
    assert_eq!(bench.level(Side::Ask, 45, 7), "");
    assert_eq!(bench.level(Side::Ask, 45, 9), "make 2@0.45");
    assert_eq!(bench.level(Side::Ask, 44, 40), "make 16@0.45", "through the price");
}

#[test]
fn at_the_price_the_quantity_ahead_goes_first() {
    let mut bench = Bench::new();
    bench.book(&[(45, 100)], &[(48, 5)]);
    bench.place(Side::Bid, 45, 30, GTC);
    assert_eq!(bench.level(Side::Ask, 45, 12), "");
    assert_eq!(bench.level(Side::Bid, 45, 20), "");
    assert_eq!(bench.level(Side::Ask, 45, 10), "");
    assert_eq!(bench.level(Side::Bid, 45, 0), "make 10@0.45");
}

#[test]
fn queue_models_differ_in_what_a_cancel_ahead_does() {
    for (model, fill) in [(QueueModel::Pessimistic, ""), (QueueModel::Proportional, "make 20@0.45")]
    {
        let mut bench = Bench::with(FeeSchedule::free(), false, model);
        bench.book(&[(45, 100)], &[(48, 5)]);
        bench.place(Side::Bid, 45, 30, GTC);
        bench.level(Side::Bid, 45, 200);
        // 120 of the 200 go, 60 of them ahead: 40 are left ahead of us, or all 100 as far as they fit.
        bench.level(Side::Bid, 45, 80);
        assert_eq!(bench.trade(Side::Ask, 45, 60), fill, "{model:?}");
    }
}

#[test]
fn a_trade_and_its_delta_are_not_counted_twice() {
    let mut bench = Bench::with(FeeSchedule::free(), false, QueueModel::Proportional);
    bench.book(&[(45, 100)], &[(48, 5)]);
    bench.place(Side::Bid, 45, 30, GTC);
    bench.trade(Side::Ask, 45, 50);
    bench.level(Side::Bid, 45, 50);
    // What is cancelled after that does count: half of 200, 50 of them ahead.
    bench.level(Side::Bid, 45, 200);
    bench.level(Side::Bid, 45, 100);
    assert_eq!(bench.trade(Side::Ask, 45, 40), "make 15@0.45");
}

#[test]
fn a_close_a_pause_and_a_settlement_end_what_rests() {
    let mut bench = Bench::new();
    bench.book(&[(45, 10)], &[(48, 5)]);
    bench.place(Side::Bid, 45, 5, GTC);
    assert_eq!(bench.status(MarketStatus::Paused), "");
    assert_eq!(bench.place(Side::Bid, 45, 5, GTC), "no market_not_active");
    assert_eq!(bench.trade(Side::Ask, 44, 5), "", "nothing fills in a pause");
    assert_eq!(bench.status(MarketStatus::Active), "end MarketClosed #1 0");
    bench.place(Side::Bid, 48, 7, GTC);
    assert_eq!(bench.cash(), "997.60");
    assert_eq!(bench.settle(Settlement::Yes), "end MarketClosed #3 5");
    assert_eq!(bench.cash(), "1002.60");
    assert_eq!(bench.venue.account().reserved, Usd::ZERO);
    assert_eq!(bench.place(Side::Bid, 45, 5, GTC), "no market_not_active");
    assert_eq!(bench.settle(Settlement::Yes), "");
    assert_eq!(bench.cash(), "1002.60");
}

#[test]
fn deadlines_are_the_expiry_or_the_close() {
    let mut bench = Bench::new();
    bench.book(&[(45, 10)], &[(48, 5)]);
    let expiry = bench.now + Nanos::from_secs(60);
    let expires = Some(expiry);
    bench.place(Side::Bid, 45, 5, TimeInForce::GoodTilCancelled { expires });
    bench.place(Side::Bid, 44, 5, GTC);
    assert_eq!(bench.venue.next_expiry(), expires);
    let mut out = Vec::new();
    bench.venue.expire(expiry - Nanos::new(1), &mut out);
    assert_eq!(short(&out), "");
    bench.venue.expire(expiry, &mut out);
    assert_eq!(short(&out), "end Expired #1 0");
    let close = MICRO_FEES_FROM + Nanos::from_secs(1_000);
    assert_eq!(bench.venue.next_expiry(), Some(close));
    // The close moves, and the deadline with it.
    let earlier = close - Nanos::from_secs(500);
    let (at, status) = (bench.tick(), MarketStatus::Active);
    let moved = MarketStatusChanged { at, market: MARKET, status, close: Some(earlier) };
    assert_eq!(bench.see(Event::MarketStatusChanged(moved)), "");
    assert_eq!(bench.venue.next_expiry(), Some(earlier));
    out.clear();
    bench.venue.expire(earlier, &mut out);
    assert_eq!(short(&out), "end MarketClosed #2 0");
    assert_eq!(bench.venue.next_expiry(), None);
    bench.now = earlier;
    assert_eq!(bench.place(Side::Bid, 45, 5, GTC), "no market_not_active");
}

#[test]
fn nothing_fills_past_its_expiry_even_if_nobody_asked_to_expire() {
    let mut bench = Bench::new();
    bench.book(&[(45, 10)], &[(48, 5)]);
    for price in [46, 47] {
        let expires = Some(bench.now + Nanos::from_secs(60));
        bench.place(Side::Bid, price, 5, TimeInForce::GoodTilCancelled { expires });
    }
    bench.now = bench.now + Nanos::from_secs(61);
    let ended = "end Expired #1 0, end Expired #2 0";
    assert_eq!(bench.trade(Side::Ask, 40, 100), ended);
    let expires = Some(bench.now + Nanos::from_secs(60));
    bench.place(Side::Bid, 46, 5, TimeInForce::GoodTilCancelled { expires });
    bench.now = bench.now + Nanos::from_secs(61);
    assert_eq!(bench.level(Side::Ask, 40, 100), "end Expired #3 0");
}

#[test]
fn refusals() {
    let mut bench = Bench::new();
    bench.book(&[(45, 10)], &[(48, 5)]);
    let plain = bench.order(Side::Bid, 47, 5, GTC);
    let past = TimeInForce::GoodTilCancelled { expires: Some(bench.now) };
    let rows: [(OrderRequest, RejectReason); 12] = [
        (OrderRequest { market: MarketId(7), ..plain.clone() }, RejectReason::MarketNotFound),
        (OrderRequest { quantity: Quantity::ZERO, ..plain.clone() }, RejectReason::InvalidSize),
        (
            OrderRequest { quantity: Quantity::from_e6(15_000), ..plain.clone() },
            RejectReason::InvalidSize,
        ),
        (OrderRequest { quantity: contracts(-1), ..plain.clone() }, RejectReason::InvalidSize),
        (
            OrderRequest { price: Price::from_e4(4_750).unwrap(), ..plain.clone() },
            RejectReason::InvalidPrice,
        ),
        (OrderRequest { price: Price::ONE, ..plain.clone() }, RejectReason::InvalidPrice),
        (
            OrderRequest { post_only: true, price: cents(48), ..plain.clone() },
            RejectReason::PostOnlyCross,
        ),
        (
            OrderRequest { post_only: true, time_in_force: IOC, ..plain.clone() },
            RejectReason::InvalidOrder,
        ),
        (OrderRequest { reduce_only: true, ..plain.clone() }, RejectReason::InvalidOrder),
        (
            OrderRequest { reduce_only: true, time_in_force: IOC, ..plain.clone() },
            RejectReason::ReduceOnly,
        ),
        (OrderRequest { time_in_force: past, ..plain.clone() }, RejectReason::InvalidOrder),
        (
            OrderRequest { quantity: contracts(3_000), ..plain.clone() },
            RejectReason::InsufficientBalance,
        ),
    ];
    for (order, reason) in rows {
        assert_eq!(bench.submit(&order), format!("no {reason}"), "{order:?}");
    }
    assert_eq!(bench.submit(&plain), "ok", "a refused name is still free");
    assert_eq!(bench.submit(&plain), "no duplicate_id");
    bench.cancel(plain.id.sequence);
    assert_eq!(bench.submit(&plain), "no duplicate_id", "for ever");
    let killed = bench.order(Side::Bid, 48, 6, FOK);
    assert_eq!(bench.submit(&killed), "no fill_or_kill");
    let again = OrderRequest { quantity: contracts(5), ..killed };
    assert_eq!(bench.submit(&again), "no duplicate_id", "a killed order burns its name");
}

#[test]
fn resting_orders_hold_their_collateral() {
    let mut bench = Bench::new();
    bench.book(&[(45, 10)], &[(48, 5)]);
    assert_eq!(bench.place(Side::Bid, 40, 2_000, GTC), "ok");
    assert_eq!(bench.venue.account().reserved, Usd::from_dollars(800));
    assert_eq!(bench.place(Side::Bid, 40, 501, GTC), "no insufficient_balance");
    assert_eq!(bench.place(Side::Ask, 60, 500, GTC), "ok");
    assert_eq!(bench.venue.account().free(), Usd::ZERO);
    assert_eq!(bench.cancel(1), "end Cancelled #1 0");
    assert_eq!(bench.venue.account().free(), Usd::from_dollars(800));
}

#[test]
fn reduce_only_stops_at_nothing() {
    let mut bench = Bench::new();
    bench.book(&[(45, 100)], &[(48, 5)]);
    bench.place(Side::Bid, 48, 5, IOC);
    let mut order = bench.order(Side::Ask, 45, 50, IOC);
    order.reduce_only = true;
    assert_eq!(bench.submit(&order), "ok, take 5@0.45");
    order.id.sequence += 100;
    assert_eq!(bench.submit(&order), "no reduce_only");
}

#[test]
fn meeting_an_own_order() {
    let mut bench = Bench::new();
    bench.book(&[(45, 10)], &[(48, 5), (50, 5)]);
    bench.place(Side::Ask, 49, 5, GTC);
    let mut order = bench.order(Side::Bid, 50, 20, IOC);
    assert_eq!(bench.submit(&order), "ok, take 5@0.48, end SelfTrade #2 5");
    order.id.sequence = 50;
    order.self_trade_prevention = SelfTradePrevention::CancelMaker;
    assert_eq!(
        bench.submit(&order),
        "ok, take 5@0.48, end SelfTrade #1 0, take 5@0.50, end ImmediateRest #50 10"
    );
}

#[test]
fn fees_are_those_of_the_day() {
    let fees = FeeSchedule::kalshi(KalshiFeeType::Quadratic, 1_000_000, KalshiMember::Direct);
    let mut bench = Bench::with(fees, false, QueueModel::Pessimistic);
    bench.book(&[(45, 10)], &[(50, 100)]);
    assert_eq!(bench.place(Side::Bid, 50, 100, IOC), "ok, take 100@0.50");
    assert_eq!(bench.cash(), "948.25");
    let position = bench.venue.account().positions[&MARKET];
    assert_eq!((position.cost, position.fees), (Usd::from_dollars(50), Usd::from_cents(175)));
}

#[test]
fn names_are_deterministic() {
    let mut bench = Bench::new();
    bench.book(&[(45, 10)], &[(48, 5)]);
    let order = bench.order(Side::Bid, 48, 5, IOC);
    let mut out = Vec::new();
    bench.venue.submit(bench.now, &order, &mut out);
    match &out[..] {
        [Event::OrderAccepted(accepted), Event::OrderFilled(filled)] => {
            assert_eq!(accepted.venue_order.as_str(), "replay-1");
            assert_eq!(filled.fill.trade.as_str(), "replay-t1");
            assert_eq!(filled.fill.venue_order, accepted.venue_order);
        }
        other => panic!("{other:?}"),
    }
}
