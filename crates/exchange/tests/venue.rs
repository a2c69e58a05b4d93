//! How a venue treats single orders, and that random operations reach every corner of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

mod support;

use std::collections::BTreeMap;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use statecraft_domain::fees::{FeeSchedule, KalshiFeeType, KalshiMember, MICRO_FEES_FROM};
use statecraft_domain::order::CloseReason;
use statecraft_domain::{
    MarketId, MarketStatus, Nanos, Price, Quantity, RejectReason, SelfTradePrevention, Settlement,
    Side, TickGrid, TimeInForce, Timestamp, Usd,
};
use statecraft_exchange::venue::{Amendment, OrderEnd};
use statecraft_exchange::{AccountId, Exchange, NewOrder, OrderKey, Report};
use support::{World, any_op, listing};

const MARKET: MarketId = MarketId(0);
const ANN: AccountId = AccountId(0);
const BOB: AccountId = AccountId(1);
const GTC: TimeInForce = TimeInForce::GoodTilCancelled { expires: None };
const IOC: TimeInForce = TimeInForce::ImmediateOrCancel;
const FOK: TimeInForce = TimeInForce::FillOrKill;
const NOW: Timestamp = MICRO_FEES_FROM;

fn cents(cents: u16) -> Price {
    Price::from_cents(cents).unwrap()
}

fn contracts(contracts: i32) -> Quantity {
    Quantity::from_contracts(contracts)
}

fn order(account: AccountId, side: Side, price: u16, size: i32, tif: TimeInForce) -> NewOrder {
    NewOrder {
        account,
        client_id: None,
        market: MARKET,
        side,
        price: cents(price),
        quantity: contracts(size),
        time_in_force: tif,
        post_only: false,
        reduce_only: false,
        self_trade_prevention: SelfTradePrevention::CancelTaker,
        cancel_on_pause: false,
    }
}

struct Bench {
    exchange: Exchange,
    out: Vec<Report>,
}

impl Bench {
    fn new() -> Self {
        let mut exchange = Exchange::new();
        exchange.open_account(Usd::from_dollars(100));
        exchange.open_account(Usd::from_dollars(100));
        exchange.list(listing("M", TickGrid::cents(), FeeSchedule::free()));
        Self { exchange, out: Vec::new() }
    }

    /// `(order, filled, resting)` or the reason for the refusal.
    fn place(&mut self, order: NewOrder) -> Result<(OrderKey, i64, i64), RejectReason> {
        match self.exchange.place(NOW, order, &mut self.out) {
            Ok(done) => {
                Ok((done.order, done.filled.e6() / 1_000_000, done.remaining.e6() / 1_000_000))
            }
            Err(reject) => Err(reject.reason),
        }
    }

    fn rest(&mut self, account: AccountId, side: Side, price: u16, size: i32) -> OrderKey {
        let (key, filled, resting) = self.place(order(account, side, price, size, GTC)).unwrap();
        assert_eq!((filled, resting), (0, i64::from(size)));
        key
    }

    fn amend(&mut self, key: OrderKey, price: u16, total: i32) -> Result<(i64, i64), RejectReason> {
        let account = self.exchange.order(key).unwrap().order.account;
        let amendment = Amendment {
            price: cents(price),
            total: contracts(total),
            expires: None,
            client_id: None,
        };
        match self.exchange.amend(NOW, account, key, amendment, &mut self.out) {
            Ok(done) => Ok((done.filled.e6() / 1_000_000, done.remaining.e6() / 1_000_000)),
            Err(reject) => Err(reject.reason),
        }
    }

    fn end(&self, key: OrderKey) -> Option<OrderEnd> {
        self.exchange.order(key).unwrap().end
    }

    fn ahead(&self, key: OrderKey) -> Option<Quantity> {
        self.exchange.queue_ahead(key)
    }
}

#[test]
fn price_then_time_and_the_resting_price() {
    let mut bench = Bench::new();
    let first = bench.rest(ANN, Side::Ask, 60, 5);
    let second = bench.rest(ANN, Side::Ask, 60, 5);
    let better = bench.rest(ANN, Side::Ask, 55, 5);
    assert_eq!(bench.ahead(first), Some(Quantity::ZERO));
    assert_eq!(bench.ahead(second), Some(contracts(5)));
    let done = bench.exchange.place(NOW, order(BOB, Side::Bid, 60, 12, IOC), &mut bench.out);
    let done = done.unwrap();
    assert_eq!((done.filled, done.cost), (contracts(12), Usd::from_cents(5 * 55 + 7 * 60)));
    let makers = bench.out.iter().filter_map(|report| match report {
        Report::Filled(fill) if fill.account == ANN => Some((fill.order, fill.price)),
        _ => None,
    });
    let expected = [(better, cents(55)), (first, cents(60)), (second, cents(60))];
    assert_eq!(makers.collect::<Vec<_>>(), expected);
    assert_eq!(bench.end(first), Some(OrderEnd::Filled));
    assert_eq!(bench.exchange.order(second).unwrap().remaining, contracts(3));
}

#[test]
fn immediate_orders_leave_nothing_behind() {
    let mut bench = Bench::new();
    bench.rest(ANN, Side::Ask, 60, 5);
    let (key, filled, resting) = bench.place(order(BOB, Side::Bid, 60, 8, IOC)).unwrap();
    assert_eq!((filled, resting), (5, 0));
    assert_eq!(bench.end(key), Some(OrderEnd::Closed(CloseReason::ImmediateRest)));
    let (key, filled, _) = bench.place(order(BOB, Side::Bid, 60, 8, IOC)).unwrap();
    assert_eq!(filled, 0);
    assert_eq!(bench.end(key), Some(OrderEnd::Closed(CloseReason::ImmediateRest)));
}

#[test]
fn a_killed_order_burns_its_name_and_changes_nothing() {
    let mut bench = Bench::new();
    bench.rest(ANN, Side::Ask, 60, 5);
    let mut killed = order(BOB, Side::Bid, 60, 6, FOK);
    killed.client_id = Some("once".to_owned());
    bench.out.clear();
    assert_eq!(bench.place(killed.clone()), Err(RejectReason::FillOrKill));
    assert!(bench.out.is_empty());
    assert_eq!(bench.exchange.orders(BOB).count(), 0);
    killed.quantity = contracts(5);
    assert_eq!(bench.place(killed.clone()), Err(RejectReason::DuplicateId));
    killed.client_id = Some("twice".to_owned());
    assert_eq!(bench.place(killed).map(|done| done.1), Ok(5));
}

#[test]
fn a_name_is_used_once_for_ever() {
    let mut bench = Bench::new();
    let mut named = order(ANN, Side::Bid, 40, 5, GTC);
    named.client_id = Some("name".to_owned());
    let refused = NewOrder { price: Price::ONE, ..named.clone() };
    assert_eq!(bench.place(refused), Err(RejectReason::InvalidPrice));
    let (key, ..) = bench.place(named.clone()).unwrap();
    assert_eq!(bench.exchange.order_by_client_id(ANN, "name"), Some(key));
    assert_eq!(bench.place(named.clone()), Err(RejectReason::DuplicateId));
    bench.exchange.cancel(NOW, ANN, key, &mut bench.out).unwrap();
    assert_eq!(bench.place(named.clone()), Err(RejectReason::DuplicateId));
    named.account = BOB;
    assert!(bench.place(named).is_ok(), "names are each account's own");
    let other = bench.rest(ANN, Side::Bid, 40, 5);
    let amendment = Amendment {
        price: cents(41),
        total: contracts(5),
        expires: None,
        client_id: Some("name".to_owned()),
    };
    let refused = bench.exchange.amend(NOW, ANN, other, amendment.clone(), &mut bench.out);
    assert_eq!(refused.unwrap_err().reason, RejectReason::DuplicateId);
    let renamed = Amendment { client_id: Some("new".to_owned()), ..amendment };
    bench.exchange.amend(NOW, ANN, other, renamed, &mut bench.out).unwrap();
    assert_eq!(bench.exchange.order_by_client_id(ANN, "new"), Some(other));
}

#[test]
fn self_trade_prevention_both_ways() {
    let mut bench = Bench::new();
    bench.rest(BOB, Side::Ask, 55, 2);
    let own = bench.rest(ANN, Side::Ask, 56, 5);
    bench.rest(BOB, Side::Ask, 57, 2);
    let (taker, filled, resting) = bench.place(order(ANN, Side::Bid, 57, 10, GTC)).unwrap();
    assert_eq!((filled, resting), (2, 0), "the fill before the cross stands");
    assert_eq!(bench.end(taker), Some(OrderEnd::Closed(CloseReason::SelfTrade)));
    assert_eq!(bench.end(own), None);
    let mut onward = order(ANN, Side::Bid, 57, 10, GTC);
    onward.self_trade_prevention = SelfTradePrevention::CancelMaker;
    let (_, filled, resting) = bench.place(onward).unwrap();
    assert_eq!((filled, resting), (2, 8));
    assert_eq!(bench.end(own), Some(OrderEnd::Closed(CloseReason::SelfTrade)));
}

#[test]
fn a_fill_or_kill_that_meets_an_own_order_is_an_immediate_one() {
    let mut bench = Bench::new();
    bench.rest(BOB, Side::Ask, 55, 2);
    bench.rest(ANN, Side::Ask, 56, 8);
    let (key, filled, _) = bench.place(order(ANN, Side::Bid, 56, 10, FOK)).unwrap();
    assert_eq!(filled, 2);
    assert_eq!(bench.end(key), Some(OrderEnd::Closed(CloseReason::SelfTrade)));
    let mut strict = order(ANN, Side::Bid, 56, 10, FOK);
    strict.self_trade_prevention = SelfTradePrevention::CancelMaker;
    assert_eq!(bench.place(strict), Err(RejectReason::FillOrKill));
}

#[test]
fn what_keeps_its_place_and_what_loses_it() {
    let mut bench = Bench::new();
    let first = bench.rest(ANN, Side::Bid, 40, 10);
    let second = bench.rest(BOB, Side::Bid, 40, 10);
    assert_eq!(bench.amend(first, 40, 8), Ok((0, 8)));
    assert_eq!((bench.ahead(first), bench.ahead(second)), (Some(contracts(0)), Some(contracts(8))));
    bench.exchange.decrease_to(NOW, ANN, first, contracts(6), &mut bench.out).unwrap();
    assert_eq!((bench.ahead(first), bench.ahead(second)), (Some(contracts(0)), Some(contracts(6))));
    let later = Some(Some(NOW + Nanos::from_secs(9)));
    let expiry =
        Amendment { price: cents(40), total: contracts(6), expires: later, client_id: None };
    bench.exchange.amend(NOW, ANN, first, expiry, &mut bench.out).unwrap();
    assert_eq!(bench.ahead(first), Some(contracts(0)));
    assert_eq!(bench.exchange.next_expiry(), later.flatten());
    assert_eq!(bench.amend(first, 40, 7), Ok((0, 7)), "an increase goes to the back");
    assert_eq!(
        (bench.ahead(first), bench.ahead(second)),
        (Some(contracts(10)), Some(contracts(0)))
    );
    assert_eq!(bench.amend(second, 41, 10), Ok((0, 10)), "so does a change of price");
    assert_eq!(bench.amend(second, 40, 10), Ok((0, 10)));
    assert_eq!(bench.ahead(second), Some(contracts(7)));
    bench.exchange.expire(NOW + Nanos::from_secs(9), &mut bench.out);
    assert_eq!(bench.end(first), Some(OrderEnd::Closed(CloseReason::Expired)));
}

#[test]
fn an_amendment_may_trade() {
    let mut bench = Bench::new();
    let ask = bench.rest(ANN, Side::Ask, 60, 4);
    let bid = bench.rest(BOB, Side::Bid, 40, 10);
    assert_eq!(bench.amend(bid, 60, 10), Ok((4, 6)));
    assert_eq!(bench.end(ask), Some(OrderEnd::Filled));
    let record = bench.exchange.order(bid).unwrap();
    assert_eq!((record.filled, record.initial), (contracts(4), contracts(10)));
    assert_eq!(bench.amend(bid, 60, 4), Err(RejectReason::InvalidSize), "nothing would be left");
    assert_eq!(bench.amend(bid, 60, 9), Ok((0, 5)), "the total counts what is filled");
    let fresh = bench.rest(ANN, Side::Ask, 70, 4);
    assert_eq!(bench.amend(fresh, 70, 4_000), Err(RejectReason::InsufficientBalance));
    assert_eq!(bench.exchange.order(fresh).unwrap().remaining, contracts(4));
}

#[test]
fn collateral_counts_what_rests_and_what_is_held() {
    let mut bench = Bench::new();
    bench.rest(ANN, Side::Bid, 50, 150);
    assert_eq!(
        bench.place(order(ANN, Side::Bid, 50, 51, GTC)),
        Err(RejectReason::InsufficientBalance)
    );
    bench.rest(ANN, Side::Ask, 60, 62);
    assert_eq!(bench.exchange.account(ANN).unwrap().free(), Usd::from_cents(20));
    bench.place(order(BOB, Side::Ask, 50, 150, IOC)).unwrap();
    // The 150 held cover a sale of 150: nothing of it is reserved, and 150 may be sold in all.
    let account = bench.exchange.account(ANN).unwrap();
    assert_eq!((account.cash, account.reserved), (Usd::from_dollars(25), Usd::ZERO));
    bench.rest(ANN, Side::Ask, 60, 88);
    assert_eq!(bench.exchange.account(ANN).unwrap().reserved, Usd::ZERO);
    bench.rest(ANN, Side::Ask, 60, 10);
    assert_eq!(bench.exchange.account(ANN).unwrap().reserved, Usd::from_dollars(4));
    let refused = bench.exchange.deposit(ANN, Usd::from_dollars(-22));
    assert_eq!(refused.unwrap_err().reason, RejectReason::InsufficientBalance);
    assert!(bench.exchange.deposit(ANN, Usd::from_dollars(-21)).is_ok());
}

#[test]
fn pauses_closes_and_the_exchange_pause() {
    let mut bench = Bench::new();
    let stays = bench.rest(ANN, Side::Bid, 40, 5);
    let mut timid = order(ANN, Side::Bid, 40, 5, GTC);
    timid.cancel_on_pause = true;
    let (goes, ..) = bench.place(timid.clone()).unwrap();
    let closed = Some(OrderEnd::Closed(CloseReason::MarketClosed));
    bench.exchange.set_trading(NOW, false, &mut bench.out);
    assert_eq!((bench.end(stays), bench.end(goes)), (None, closed));
    let new = order(ANN, Side::Bid, 40, 5, GTC);
    assert_eq!(bench.place(new.clone()), Err(RejectReason::TradingPaused));
    assert_eq!(bench.amend(stays, 41, 5), Err(RejectReason::TradingPaused));
    let extra = bench.exchange.cancel(NOW, ANN, stays, &mut bench.out);
    assert_eq!(extra.unwrap(), contracts(5), "a cancel is accepted");
    bench.exchange.set_trading(NOW, true, &mut bench.out);
    let stays = bench.rest(ANN, Side::Bid, 40, 5);
    let (goes, ..) = bench.place(timid).unwrap();
    bench.exchange.set_status(NOW, MARKET, MarketStatus::Paused, &mut bench.out);
    assert_eq!((bench.end(stays), bench.end(goes)), (None, closed));
    assert_eq!(bench.place(new.clone()), Err(RejectReason::MarketNotActive));
    bench.exchange.set_status(NOW, MARKET, MarketStatus::Active, &mut bench.out);
    assert_eq!(bench.end(stays), closed, "a resumed market starts empty");
    let last = bench.rest(ANN, Side::Bid, 40, 5);
    bench.exchange.set_status(NOW, MARKET, MarketStatus::Closed, &mut bench.out);
    assert_eq!(bench.end(last), closed);
    assert_eq!(bench.place(new), Err(RejectReason::MarketNotActive));
    let again = bench.exchange.cancel(NOW, ANN, last, &mut bench.out);
    assert_eq!(again.unwrap_err().reason, RejectReason::OrderNotFound);
}

#[test]
fn nothing_is_placed_past_the_close() {
    let mut bench = Bench::new();
    bench.exchange.set_close(MARKET, Some(NOW));
    let late = bench.place(order(ANN, Side::Bid, 40, 5, GTC));
    assert_eq!(late, Err(RejectReason::MarketNotActive));
}

#[test]
fn a_settlement_pays_once() {
    let mut bench = Bench::new();
    bench.rest(ANN, Side::Bid, 40, 10);
    bench.place(order(BOB, Side::Ask, 40, 10, IOC)).unwrap();
    bench.out.clear();
    bench.exchange.settle(NOW, MARKET, Settlement::Yes, &mut bench.out);
    let (market, at) = (MARKET, NOW);
    let expected = [
        Report::StatusChanged { at, market, status: MarketStatus::Closed },
        Report::Settled { at, market, settlement: Settlement::Yes },
        Report::Paid {
            at,
            account: ANN,
            market,
            quantity: contracts(10),
            payout: Usd::from_dollars(10),
        },
        Report::Paid { at, account: BOB, market, quantity: contracts(-10), payout: Usd::ZERO },
    ];
    assert_eq!(bench.out, expected);
    bench.exchange.settle(NOW, MARKET, Settlement::No, &mut bench.out);
    assert_eq!(bench.out.len(), expected.len());
    assert_eq!(bench.exchange.settlement(MARKET), Some(Settlement::Yes));
    assert_eq!(bench.exchange.account(ANN).unwrap().cash, Usd::from_dollars(106));
    assert_eq!(bench.exchange.account(BOB).unwrap().cash, Usd::from_dollars(94));
}

#[test]
fn foreign_and_unknown_orders_are_not_found() {
    let mut bench = Bench::new();
    let key = bench.rest(ANN, Side::Bid, 40, 5);
    for (account, key) in [(BOB, key), (ANN, OrderKey(0)), (ANN, OrderKey(99))] {
        let refused = bench.exchange.cancel(NOW, account, key, &mut bench.out);
        assert_eq!(refused.unwrap_err().reason, RejectReason::OrderNotFound);
    }
    let stranger = order(AccountId(9), Side::Bid, 40, 5, GTC);
    assert_eq!(bench.place(stranger), Err(RejectReason::NotAuthorized));
    let nowhere = NewOrder { market: MarketId(9), ..order(ANN, Side::Bid, 40, 5, GTC) };
    assert_eq!(bench.place(nowhere), Err(RejectReason::MarketNotFound));
}

/// Under the cent rule a hundredth of a contract pays a whole cent, more than anyone sets aside.
fn dusty(ann: i64) -> Bench {
    let mut exchange = Exchange::new();
    exchange.open_account(Usd::from_cents(ann));
    exchange.open_account(Usd::from_dollars(1_000));
    let fees =
        FeeSchedule::kalshi(KalshiFeeType::QuadraticWithMakerFees, 1_000_000, KalshiMember::Direct);
    exchange.list(listing("DUST", TickGrid::cents(), fees));
    Bench { exchange, out: Vec::new() }
}

#[test]
fn a_maker_that_dust_makes_poor_loses_its_order_and_owes_nothing() {
    let mut bench = dusty(60);
    let at = Timestamp::EPOCH;
    let mut place = |order| bench.exchange.place(at, order, &mut bench.out).unwrap();
    let resting = place(order(ANN, Side::Bid, 50, 1, GTC)).order;
    let mut filled = Quantity::ZERO;
    for _ in 0..100 {
        let mut dust = order(BOB, Side::Ask, 50, 1, IOC);
        dust.quantity = Quantity::from_e6(10_000);
        filled += place(dust).filled;
    }
    // Each hundredth costs half a cent and a cent of fee: forty of them are 60 cents.
    assert_eq!(filled, Quantity::from_e6(400_000));
    assert_eq!(bench.end(resting), Some(OrderEnd::Closed(CloseReason::VenueRemoved)));
    let account = bench.exchange.account(ANN).unwrap();
    assert_eq!((account.cash, account.reserved), (Usd::ZERO, Usd::ZERO));
}

#[test]
fn a_taker_that_dust_makes_poor_stops_and_a_fill_or_kill_does_not_start() {
    let mut bench = dusty(60);
    let at = Timestamp::EPOCH;
    for _ in 0..100 {
        let mut dust = order(BOB, Side::Ask, 50, 1, GTC);
        dust.quantity = Quantity::from_e6(10_000);
        bench.exchange.place(at, dust, &mut bench.out).unwrap();
    }
    let whole = order(ANN, Side::Bid, 50, 1, FOK);
    let refused = bench.exchange.place(at, whole.clone(), &mut bench.out);
    assert_eq!(refused.unwrap_err().reason, RejectReason::FillOrKill);
    assert_eq!(bench.exchange.account(ANN).unwrap().cash, Usd::from_cents(60));
    let part = NewOrder { time_in_force: IOC, ..whole };
    let done = bench.exchange.place(at, part, &mut bench.out).unwrap();
    assert_eq!(done.filled, Quantity::from_e6(400_000));
    assert_eq!(bench.end(done.order), Some(OrderEnd::Closed(CloseReason::VenueRemoved)));
    assert_eq!(bench.exchange.account(ANN).unwrap().cash, Usd::ZERO);
}

/// The random operations of the laws are worth nothing if they never get anywhere.
#[test]
fn random_operations_reach_every_corner() {
    let mut runner = TestRunner::deterministic();
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for _ in 0..300 {
        let ops = proptest::collection::vec(any_op(), 60);
        let ops = ops.new_tree(&mut runner).unwrap().current();
        let mut world = World::new(NOW, false);
        for op in &ops {
            world.run(op).unwrap();
        }
        for report in &world.reports {
            let name = match report {
                Report::Ended { end: OrderEnd::Closed(reason), .. } => format!("{reason:?}"),
                other => format!("{other:?}").split([' ', '(']).next().unwrap().to_owned(),
            };
            *seen.entry(name).or_default() += 1;
        }
        for (reason, count) in world.refused {
            *seen.entry(reason.code().to_owned()).or_default() += count;
        }
        *seen.entry("amended into a trade".to_owned()).or_default() += world.amended_into_trades;
    }
    eprintln!("{seen:#?}");
    let corners = [
        "Accepted",
        "Filled",
        "Changed",
        "Traded",
        "LevelChanged",
        "StatusChanged",
        "Settled",
        "Paid",
        "Cancelled",
        "ImmediateRest",
        "Expired",
        "SelfTrade",
        "MarketClosed",
        "insufficient_balance",
        "invalid_price",
        "post_only_cross",
        "fill_or_kill",
        "reduce_only",
        "market_not_active",
        "trading_paused",
        "invalid_order",
        "amended into a trade",
    ];
    for corner in corners {
        assert!(seen.get(corner).is_some_and(|&count| count >= 5), "{corner} was hardly reached");
    }
}
