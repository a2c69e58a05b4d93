//! What a report of the account proves, and what it does not: a page of positions that is older than the
//! fills beside it is not somebody else's trade.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::time::Duration;

use proptest::prelude::*;
use statecraft::journal::JournalClosed;
use statecraft::trading::desk::Takes;
use statecraft::trading::markets::Markets;
use statecraft::trading::reconcile::{AccountState, VenueFill, VenueOrder, VenueOrderState};
use statecraft::trading::reconciler::{GRACE, Reconciler, Start};
use statecraft_domain::event::*;
use statecraft_domain::order::CloseReason;
use statecraft_domain::*;
use statecraft_engine::config::{AccountLimits, Guards, Supervision};
use statecraft_engine::{Engine, EngineConfig};

const LINEAGE: u64 = 7;
const TICKER: &str = "T";
const MARKET: MarketId = MarketId(0);
const START: Timestamp = Timestamp::from_secs(1_772_452_800);

struct Core {
    engine: Engine,
    at: Timestamp,
}

impl Takes for Core {
    fn engine(&self) -> &Engine {
        &self.engine
    }

    fn now(&self) -> Timestamp {
        self.at
    }

    fn take(&mut self, event: Event) -> Result<(), JournalClosed> {
        self.engine.step(&event, &mut Vec::new());
        Ok(())
    }
}

fn limits() -> AccountLimits {
    AccountLimits {
        max_account_cost: Usd::from_dollars(500),
        cash_buffer_e4: 500,
        max_open_orders: 20,
        max_orders_per_second: 2,
        max_orders_per_minute: 30,
        max_orders_per_day: 500,
        max_book_age: Nanos::from_secs(15),
        duplicate_window: Nanos::from_secs(30),
        max_unknown_orders: 3,
        max_unattended: Nanos::from_secs(300),
        guards: Guards::default(),
    }
}

fn listing() -> Listing {
    Listing {
        venue: Venue::Kalshi,
        ticker: TICKER.to_owned(),
        event: String::new(),
        series: String::new(),
        title: "A question".to_owned(),
        grid: TickGrid::cents(),
        lot: Quantity::from_contracts(1),
        close: None,
        fees: FeeSchedule::free(),
        status: MarketStatus::Active,
    }
}

fn engine() -> Engine {
    Engine::new(EngineConfig {
        lineage: LINEAGE,
        first_sequence: 1,
        time_scale: 1,
        strategies: Vec::new(),
        limits: limits(),
        real_money: false,
        keep_checks: false,
        prediction_interval: Nanos::ZERO,
        sources: Vec::new(),
        supervision: Supervision::default(),
    })
}

/// An account, the venue's story of it, and what compares them.
struct Case {
    core: Core,
    reconciler: Reconciler,
    state: AccountState,
}

impl Case {
    /// Every order was filled whole, one after the other: contracts bought, or sold if below zero.
    fn new(orders: &[i32]) -> Self {
        let markets = Markets::default();
        assert_eq!(markets.intern(Venue::Kalshi, TICKER), MARKET);
        let wall = Duration::ZERO;
        let reconciler = Reconciler::new(markets, 1, GRACE, START, wall);
        let core = Core { engine: engine(), at: START };
        let mut case = Self { core, reconciler, state: AccountState::default() };
        let (at, listing) = (START, listing());
        case.step(Event::MarketListed(Box::new(MarketListed { at, market: MARKET, listing })));
        case.report(Usd::from_dollars(1_000));
        for (number, contracts) in (1..).zip(orders) {
            case.trade(number, *contracts);
        }
        case.state.cash = case.core.engine.cash(Venue::Kalshi).unwrap();
        // The newest first, as the venue lists them.
        case.state.fills.reverse();
        case
    }

    fn step(&mut self, event: Event) {
        self.core.take(event).unwrap();
    }

    fn report(&mut self, cash: Usd) {
        let (at, venue) = (START, Venue::Kalshi);
        let report = AccountReported {
            at,
            venue,
            cash,
            positions: Vec::new(),
            proven: Vec::new(),
            disputes: Vec::new(),
        };
        self.step(Event::AccountReported(Box::new(report)));
    }

    /// An order is decided: contracts to buy, or to sell if below zero.
    fn decide(&mut self, id: ClientOrderId, contracts: i32, time_in_force: TimeInForce) {
        self.core.engine.restore_intent(&OrderRequest {
            id,
            strategy: StrategyId(0),
            market: MARKET,
            side: if contracts > 0 { Side::Bid } else { Side::Ask },
            price: Price::from_cents(40).unwrap(),
            quantity: Quantity::from_contracts(contracts.abs()),
            time_in_force,
            post_only: false,
            reduce_only: false,
            self_trade_prevention: SelfTradePrevention::CancelTaker,
            decided_at: START,
        });
    }

    fn trade(&mut self, sequence: u64, contracts: i32) {
        let id = ClientOrderId { lineage: LINEAGE, sequence };
        let side = if contracts > 0 { Side::Bid } else { Side::Ask };
        let (at, price) = (START, Price::from_cents(40).unwrap());
        let quantity = Quantity::from_contracts(contracts.abs());
        let venue_order = VenueOrderId::new(&format!("v{sequence}"));
        self.decide(id, contracts, TimeInForce::ImmediateOrCancel);
        let accepted = OrderAccepted { at, order: id, venue_order: venue_order.clone() };
        self.step(Event::OrderAccepted(accepted));
        let fill = Fill {
            trade: TradeId::new(&format!("t{sequence}")),
            order: id,
            venue_order: venue_order.clone(),
            market: MARKET,
            side,
            price,
            quantity,
            liquidity: Liquidity::Taker,
            fee: Usd::ZERO,
            venue_at: at + Nanos::from_secs(i64::try_from(sequence).unwrap()),
        };
        self.state.fills.push(VenueFill {
            trade: fill.trade.clone(),
            venue_order: venue_order.clone(),
            ticker: TICKER.to_owned(),
            side,
            price,
            quantity,
            liquidity: Liquidity::Taker,
            fee: Usd::ZERO,
            venue_at: fill.venue_at,
        });
        self.step(Event::OrderFilled(Box::new(OrderFilled { at, fill })));
        let reason = CloseReason::ImmediateRest;
        self.step(Event::OrderClosed(OrderClosed { at, order: id, reason, filled: quantity }));
        self.state.orders.push(VenueOrder {
            client_id: id.to_string(),
            venue_order,
            ticker: TICKER.to_owned(),
            state: VenueOrderState::Executed,
            filled: quantity,
        });
    }

    /// An order that rests, here and at the venue.
    fn rest(&mut self, sequence: u64, contracts: i32) {
        let id = ClientOrderId { lineage: LINEAGE, sequence };
        let venue_order = VenueOrderId::new(&format!("v{sequence}"));
        let at = START;
        let expires = Some(at + Nanos::from_secs(90));
        self.decide(id, contracts, TimeInForce::GoodTilCancelled { expires });
        let accepted = OrderAccepted { at, order: id, venue_order: venue_order.clone() };
        self.step(Event::OrderAccepted(accepted));
        self.state.orders.push(VenueOrder {
            client_id: id.to_string(),
            venue_order,
            ticker: TICKER.to_owned(),
            state: VenueOrderState::Resting,
            filled: Quantity::ZERO,
        });
    }

    fn activate(&mut self) {
        let (at, mode, reason) = (START, Mode::Active, "started".to_owned());
        self.step(Event::ModeChanged(ModeChanged { at, mode, reason }));
        assert_eq!(self.core.engine.mode(), Mode::Active);
    }

    fn page(&mut self, position: i32) {
        let position = Quantity::from_contracts(position);
        let held = (!position.is_zero()).then(|| (TICKER.to_owned(), position));
        self.state.positions = held.into_iter().collect();
    }

    /// A report asked for at this second; what the engine then is.
    fn compare(&mut self, second: u64) -> Mode {
        let wall = Duration::from_secs(second);
        let _ = self.reconciler.ask(&self.core.engine, wall, Nanos::ZERO);
        let state = Ok(self.state.clone());
        self.reconciler.take(&mut self.core, wall + Duration::from_secs(1), state).unwrap();
        self.core.engine.mode()
    }

    fn settle(&mut self, second: u64) -> Start {
        let _ = self.reconciler.ask(&self.core.engine, Duration::from_secs(second), Nanos::ZERO);
        let state = self.state.clone();
        self.reconciler.settle(&mut self.core, &state, false).unwrap()
    }
}

#[test]
fn positions_older_than_the_fills_beside_them_do_not_halt() {
    let mut case = Case::new(&[5, -3, -8]);
    case.activate();
    // Before the last order; the venue tells so for two minutes.
    case.page(2);
    for second in [10, 45, 80, 115, 150] {
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
    case.page(-6);
    assert_eq!(case.compare(180), Mode::Active);
    assert!(case.reconciler.agreed().is_some());
}

#[test]
fn an_old_page_is_known_by_fills_whose_orders_are_older_than_the_question() {
    let mut case = Case::new(&[5, -3, -8]);
    case.activate();
    case.state.orders.clear();
    case.page(2);
    for second in [10, 45, 80] {
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
}

/// F26: the answer to an order promises fills, the position has them, and the list of fills lags.
#[test]
fn fills_that_an_end_has_promised_are_waited_for() {
    let mut case = Case::new(&[5]);
    let (at, order) = (START, ClientOrderId { lineage: LINEAGE, sequence: 2 });
    case.decide(order, 3, TimeInForce::ImmediateOrCancel);
    let venue_order = VenueOrderId::new("v2");
    case.step(Event::OrderAccepted(OrderAccepted { at, order, venue_order }));
    let (reason, filled) = (CloseReason::ImmediateRest, Quantity::from_contracts(3));
    case.step(Event::OrderClosed(OrderClosed { at, order, reason, filled }));
    case.activate();
    case.page(8);
    for second in [10, 60, 101, 200] {
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
    assert_eq!(
        case.compare(310),
        Mode::Halted,
        "a fill that never comes is not waited for for ever"
    );
}

#[test]
fn an_old_page_is_believed_when_it_stays() {
    let mut case = Case::new(&[5, -3, -8]);
    case.activate();
    case.page(5);
    assert_eq!(case.compare(10), Mode::Active);
    assert_eq!(case.compare(300), Mode::Active);
    assert_eq!(case.compare(310), Mode::Halted, "whoever undoes our own trade is found, too");
}

#[test]
fn a_fill_that_the_venue_does_not_list_excuses_nothing() {
    let mut case = Case::new(&[5, -3]);
    case.activate();
    case.state.fills.remove(0);
    case.page(5);
    assert_eq!(case.compare(10), Mode::Active);
    assert_eq!(case.compare(41), Mode::Halted);
}

/// F26, F57: a maker rests all the time, and its position may be wrong all the same.
#[test]
fn an_order_that_rests_does_not_explain_a_difference_for_ever() {
    let mut case = Case::new(&[5, -3]);
    case.rest(3, 6);
    case.activate();
    // Within what the resting bid could have bought; the venue lists no such fill.
    case.page(4);
    for second in [10, 45, 80] {
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
    assert_eq!(case.compare(101), Mode::Halted);
}

#[test]
fn a_fill_between_two_reads_of_a_report_holds_nothing_up() {
    let mut case = Case::new(&[5, -3]);
    case.rest(3, 6);
    case.activate();
    case.page(4);
    assert_eq!(case.compare(10), Mode::Active);
    assert!(case.reconciler.agreed().is_some(), "what is open explains it for now");
    // The next reports have another such fill each; the one before is counted by then.
    for (second, told) in [(45, 3), (80, 4), (115, 3)] {
        case.page(told);
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
}

#[test]
fn a_start_does_not_take_what_rests_for_an_excuse() {
    let mut case = Case::new(&[5, -3]);
    case.rest(3, 6);
    case.page(4);
    for second in [10, 45, 80] {
        assert_eq!(case.settle(second), Start::AskAgain, "after {second} s");
    }
    let _ = case.reconciler.ask(&case.core.engine, Duration::from_secs(101), Nanos::ZERO);
    let state = case.state.clone();
    assert!(case.reconciler.settle(&mut case.core, &state, false).is_err());
}

#[test]
fn a_start_waits_for_positions_that_are_older_than_the_fills() {
    let mut case = Case::new(&[5, -3]);
    case.page(5);
    for second in [10, 25, 40, 55] {
        assert_eq!(case.settle(second), Start::AskAgain, "after {second} s");
    }
    case.page(2);
    assert_eq!(case.settle(70), Start::Settled);
}

/// F43, I4: after a clock was set ahead and back, a list that begins in the future lacks every order, and none of
/// them counts as never placed.
#[test]
fn f43_engine_time_ahead_of_the_clocks_asks_for_everything() {
    let mut engine = engine();
    let mut reconciler = reconciler_at(START);
    let mut since = |reconciler: &mut Reconciler, engine_secs: i64, wall: u64, ahead: i64| {
        let at = START + Nanos::from_secs(engine_secs);
        engine.step(&Event::ClockTicked(ClockTicked { at }), &mut Vec::new());
        reconciler.ask(&engine, Duration::from_secs(wall), Nanos::from_secs(ahead)).since
    };
    let day = Nanos::from_secs(86_400);
    let first = since(&mut reconciler, 0, 5, 0);
    assert!(first <= START - day, "an earlier run's clock may have been ahead");
    assert!(since(&mut reconciler, 100, 105, 0) > Timestamp::EPOCH);
    // Half an hour ahead.
    assert_eq!(since(&mut reconciler, 1_900, 106, 0), Timestamp::EPOCH);
    assert_eq!(since(&mut reconciler, 1_960, 166, 0), Timestamp::EPOCH);
    // A process that starts on a journal from the future is ahead from its first question on.
    let mut restarted = reconciler_at(START + Nanos::from_secs(1_960));
    assert_eq!(since(&mut restarted, 1_960, 5, 2_600), Timestamp::EPOCH);
    let later = since(&mut restarted, 1_960, 65, 0);
    assert_eq!(later, Timestamp::EPOCH, "once ahead, always ahead in this run");
}

fn reconciler_at(since: Timestamp) -> Reconciler {
    Reconciler::new(Markets::default(), 1, GRACE, since, Duration::from_secs(5))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A page halts after the grace, unless it is what we held before some of the newest fills.
    #[test]
    fn only_an_earlier_position_is_an_older_page(
        orders in prop::collection::vec((1..9, any::<bool>()), 1..6),
        told in -20..20,
    ) {
        let orders: Vec<i32> = orders.iter().map(|(n, buys)| if *buys { *n } else { -n }).collect();
        let held: Vec<i32> = orders
            .iter()
            .scan(0, |sum, contracts| { *sum += contracts; Some(*sum) })
            .collect();
        let ours = held.last().copied().unwrap();
        let was = told == 0 || held.contains(&told);
        let mut case = Case::new(&orders);
        case.activate();
        case.page(told);
        prop_assert_eq!(case.compare(10), Mode::Active);
        let expected = if told == ours || was { Mode::Active } else { Mode::Halted };
        prop_assert_eq!(case.compare(45), expected);
    }
}
