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
use statecraft_domain::action::Alert;
use statecraft_domain::control::{VenueCondition, VenueConditionChanged};
use statecraft_domain::event::*;
use statecraft_domain::order::CloseReason;
use statecraft_domain::*;
use statecraft_engine::config::{AccountLimits, Guards, Supervision};
use statecraft_engine::orders::Phase;
use statecraft_engine::{Engine, EngineConfig};

const LINEAGE: u64 = 7;
const TICKER: &str = "T";
const MARKET: MarketId = MarketId(0);
const START: Timestamp = Timestamp::from_secs(1_772_452_800);

struct Core {
    engine: Engine,
    at: Timestamp,
    actions: Vec<Action>,
}

impl Takes for Core {
    fn engine(&self) -> &Engine {
        &self.engine
    }

    fn now(&self) -> Timestamp {
        self.at
    }

    fn tell(&mut self, alert: Alert) {
        self.actions.push(Action::Alert(alert));
    }

    fn take(&mut self, event: Event) -> Result<(), JournalClosed> {
        self.engine.step(&event, &mut self.actions);
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
    markets: Markets,
}

impl Case {
    /// Every order was filled whole, one after the other: contracts bought, or sold if below zero.
    fn new(orders: &[i32]) -> Self {
        let markets = Markets::default();
        assert_eq!(markets.intern(Venue::Kalshi, TICKER), MARKET);
        let wall = Duration::ZERO;
        let reconciler = Reconciler::new(markets.clone(), 1, GRACE, START, wall);
        let core = Core { engine: engine(), at: START, actions: Vec::new() };
        let mut case = Self { core, reconciler, state: AccountState::default(), markets };
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

    /// Did something raise an alert of this code?
    fn alerted(&self, code: &str) -> bool {
        self.core
            .actions
            .iter()
            .any(|action| matches!(action, Action::Alert(it) if it.code == code))
    }

    fn close(&mut self, sequence: u64) {
        let order = ClientOrderId { lineage: LINEAGE, sequence };
        let (at, reason, filled) = (START, CloseReason::Cancelled, Quantity::ZERO);
        self.step(Event::OrderClosed(OrderClosed { at, order, reason, filled }));
    }

    /// A person lets it trade on.
    fn resume(&mut self) -> Mode {
        let (at, mode) = (START, Mode::Active);
        let reason = "resumed by the operator: test".to_owned();
        self.step(Event::ModeChanged(ModeChanged { at, mode, reason }));
        self.core.engine.mode()
    }

    /// Money comes, or goes if below zero.
    fn money(&mut self, cents: i64) {
        self.state.cash += Usd::from_cents(cents);
    }

    fn phase(&self, sequence: u64) -> Phase {
        let order = ClientOrderId { lineage: LINEAGE, sequence };
        self.core.engine.orders().get(order).unwrap().phase
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

/// F57: the venue lists an order as resting whose cancel it has acknowledged. For a while that is a lag, or
/// an old page; then it is an order that nobody reserves for and nobody cancels.
#[test]
fn f57_an_order_that_is_over_and_rests_is_cancelled_and_halts() {
    let mut case = Case::new(&[5, -3]);
    case.page(2);
    case.rest(3, 6);
    case.activate();
    assert_eq!(case.compare(5), Mode::Active);
    case.close(3);
    for second in [10, 40, 69] {
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
    case.core.actions.clear();
    assert_eq!(case.compare(70), Mode::Halted);
    assert!(case.alerted("ghost_order"));
    assert_eq!(case.phase(3), Phase::Open, "it is reserved for again");
    let order = ClientOrderId { lineage: LINEAGE, sequence: 3 };
    let cancels =
        |action: &Action| matches!(action, Action::Cancel(cancel) if cancel.order == order);
    assert!(case.core.actions.iter().any(cancels));
    // It ends, and a person lets it go on.
    case.close(3);
    case.state.orders.last_mut().unwrap().state = VenueOrderState::Cancelled;
    assert_eq!(case.compare(130), Mode::Halted);
    assert_eq!(case.resume(), Mode::Active);
}

/// However old it is: until it is proven, every report is asked for from where it was seen.
#[test]
fn f57_a_ghost_found_at_a_start_stays_in_the_reports_until_it_is_proven() {
    let mut case = Case::new(&[5, -3]);
    case.page(2);
    case.rest(3, 6);
    case.close(3);
    let since = |case: &mut Case, second| {
        let wall = Duration::from_secs(second);
        case.reconciler.ask(&case.core.engine, wall, Nanos::ZERO).since
    };
    let first = since(&mut case, 5);
    assert_eq!(case.settle(10), Start::Settled);
    case.activate();
    assert_eq!(since(&mut case, 20), first, "it was seen, and nothing is proven");
    assert_eq!(case.compare(30), Mode::Active);
    assert_eq!(since(&mut case, 60), first);
    assert_eq!(case.compare(61), Mode::Active);
    assert_eq!(case.compare(90), Mode::Halted);
    assert!(case.alerted("ghost_order"));
}

#[test]
fn an_order_that_ends_while_the_report_is_read_is_no_ghost() {
    let mut case = Case::new(&[5, -3]);
    case.page(2);
    case.rest(3, 6);
    case.activate();
    let wall = Duration::from_secs(10);
    let _ = case.reconciler.ask(&case.core.engine, wall, Nanos::ZERO);
    case.close(3);
    let state = Ok(case.state.clone());
    case.reconciler.take(&mut case.core, wall + Duration::from_secs(25), state).unwrap();
    // Read five seconds after the acknowledgement.
    for second in [40, 70, 99] {
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
    assert_eq!(case.compare(100), Mode::Halted);
}

/// A name that this journal never gave.
fn foreign(state: VenueOrderState) -> VenueOrder {
    VenueOrder {
        client_id: "sc-0000000000000001-4".to_owned(),
        venue_order: VenueOrderId::new("foreign"),
        ticker: TICKER.to_owned(),
        state,
        filled: Quantity::ZERO,
    }
}

/// F57: somebody else's order appears while we trade.
#[test]
fn f57_a_resting_order_of_somebody_else_halts_with_the_second_report() {
    let mut case = Case::new(&[5, -3]);
    case.page(2);
    case.activate();
    case.state.orders.push(foreign(VenueOrderState::Resting));
    assert_eq!(case.compare(10), Mode::Active);
    assert_eq!(case.compare(39), Mode::Active);
    assert_eq!(case.compare(40), Mode::Halted);
    assert!(case.alerted("foreign_order"));
}

/// F57: a position in a market that nobody here follows halts, and numbers no market.
#[test]
fn f57_a_position_in_a_market_that_is_not_followed_halts_and_keeps_no_market_out() {
    let mut case = Case::new(&[5, -3]);
    case.page(2);
    case.activate();
    case.state.positions.push(("STRANGE".to_owned(), Quantity::from_contracts(4)));
    assert_eq!(case.compare(10), Mode::Active);
    assert_eq!(case.compare(40), Mode::Halted);
    assert!(case.alerted("position_mismatch"));
    // As long as it is there, so is the halt.
    case.resume();
    case.compare(70);
    assert_eq!(case.compare(100), Mode::Halted);
    case.page(2);
    case.compare(130);
    assert_eq!(case.resume(), Mode::Active);
    for second in [160, 190] {
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
    let market = case.markets.intern(Venue::Kalshi, "NEW");
    let listing = Listing { ticker: "NEW".to_owned(), ..listing() };
    case.step(Event::MarketListed(Box::new(MarketListed { at: START, market, listing })));
    assert!(!case.alerted("bad_market_id"));
    assert_eq!(case.core.engine.market(market).unwrap().listing().ticker, "NEW");
}

/// On paper what was there before is left alone; with real money nothing starts beside it.
#[test]
fn f57_what_rested_before_a_run_on_paper_is_left_alone() {
    let mut case = Case::new(&[5, -3]);
    case.page(2);
    case.state.orders.push(foreign(VenueOrderState::Resting));
    assert_eq!(case.settle(5), Start::Settled);
    case.activate();
    for second in [10, 40, 70, 100] {
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
    let mut other = Case::new(&[5, -3]);
    other.page(2);
    other.state.orders.push(foreign(VenueOrderState::Resting));
    let _ = other.reconciler.ask(&other.core.engine, Duration::from_secs(5), Nanos::ZERO);
    let state = other.state.clone();
    assert!(other.reconciler.settle(&mut other.core, &state, true).is_err());
}

/// F57: fills of an order that this journal never sent, also where they leave no trace in the position.
#[test]
fn f57_a_fill_of_somebody_elses_order_halts_with_the_second_report() {
    let fill_of = |case: &Case, name: &str, after: i64| VenueFill {
        trade: TradeId::new(&format!("t-{name}")),
        venue_order: VenueOrderId::new(name),
        venue_at: START + Nanos::from_secs(after),
        ..case.state.fills.first().unwrap().clone()
    };
    let mut case = Case::new(&[5, -3]);
    case.page(2);
    // What was filled before this run is for positions and cash to tell.
    let old = fill_of(&case, "before", 1);
    case.state.fills.push(old);
    assert_eq!(case.settle(5), Start::Settled);
    case.activate();
    for second in [10, 40, 70] {
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
    let new = fill_of(&case, "during", 80);
    case.state.fills.push(new);
    assert_eq!(case.compare(90), Mode::Active);
    assert_eq!(case.compare(120), Mode::Halted);
    assert!(case.alerted("foreign_fill"));
}

/// 5.10: cash that went and that nothing explains, in an account where nothing is open.
#[test]
fn p2_cash_that_went_halts_until_a_person_accepts_it() {
    let mut case = Case::new(&[5, -3]);
    case.page(2);
    case.activate();
    assert_eq!(case.compare(5), Mode::Active);
    case.money(-700);
    for second in [10, 40] {
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
    assert_eq!(case.compare(70), Mode::Halted);
    assert!(case.alerted("cash_mismatch"));
    assert_eq!(case.core.engine.lost_cash(), Usd::from_dollars(7), "no deposit below zero");
    assert_eq!(case.resume(), Mode::Halted, "not before a report agrees");
    assert_eq!(case.compare(100), Mode::Halted);
    assert_eq!(case.resume(), Mode::Active);
    assert_eq!(case.compare(130), Mode::Active);
    assert_eq!(case.core.engine.cash(Venue::Kalshi), Some(case.state.cash));
    assert!(case.core.engine.is_money_conserved());
}

/// 5.10: a maker is never without orders. What they may have cost explains so much and no more.
#[test]
fn p2_cash_is_compared_while_orders_rest() {
    let mut case = Case::new(&[5, -3]);
    case.page(2);
    // Six at 40 cents, and a cent for rounding: 2.41 may be held back, or be a fill on its way.
    case.rest(3, 6);
    case.activate();
    case.money(-241);
    for second in [10, 45, 80, 115, 200, 400] {
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
    case.money(-1);
    for second in [460, 520] {
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
    assert_eq!(case.compare(550), Mode::Halted);
    assert!(case.alerted("cash_mismatch"));
}

/// A page of positions from before our last fill says nothing of the cash beside it, and is not held against us
/// because the cash is another one.
#[test]
fn p2_missing_cash_beside_an_old_page_of_positions_is_found_and_not_taken_for_foreign_trade() {
    let mut case = Case::new(&[5, -3]);
    case.page(5);
    case.rest(3, 6);
    case.activate();
    case.money(-1_000);
    for second in [10, 70, 130] {
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
    case.page(2);
    for second in [160, 220] {
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
    assert_eq!(case.compare(280), Mode::Halted);
    assert!(case.alerted("cash_mismatch") && !case.alerted("position_mismatch"));
}

#[test]
fn p2_money_that_comes_is_taken_over_and_stops_nothing() {
    let mut case = Case::new(&[5, -3]);
    case.page(2);
    case.activate();
    // More than all positions together could be paid: 2 contracts.
    case.money(500);
    for second in [10, 40, 70] {
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
    assert_eq!(case.core.engine.cash(Venue::Kalshi), Some(case.state.cash));
    assert_eq!(case.core.engine.lost_cash(), Usd::ZERO);
    // What could be a payout that we have not heard of is not counted before that is sure.
    case.money(200);
    for second in [100, 130, 160, 190, 399] {
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
    assert_ne!(case.core.engine.cash(Venue::Kalshi), Some(case.state.cash));
    case.compare(400);
    assert_eq!(case.core.engine.cash(Venue::Kalshi), Some(case.state.cash));
}

/// A payout that is counted here and not yet made there is no loss, for as long as the venue lists the position.
#[test]
fn p2_a_payout_that_is_due_explains_its_amount() {
    let mut case = Case::new(&[5, -3]);
    case.page(2);
    case.activate();
    let (at, market, settlement) = (START, MARKET, Settlement::Yes);
    case.step(Event::MarketSettled(MarketSettled { at, market, settlement }));
    for second in [10, 40, 70, 100, 400] {
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
    case.page(0);
    case.money(200);
    assert_eq!(case.compare(430), Mode::Active);
    case.money(-200);
    for second in [460, 490] {
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
    assert_eq!(case.compare(520), Mode::Halted, "not listed any more, and not paid");
}

/// 5.10: what went while nobody ran is found at the start, which then waits for a person.
#[test]
fn p2_a_start_finds_cash_that_went_and_waits_for_a_person() {
    let mut case = Case::new(&[5, -3]);
    case.page(2);
    case.money(-700);
    assert_eq!(case.settle(5), Start::AskAgain);
    assert_eq!(case.settle(20), Start::AskAgain);
    assert_eq!(case.settle(35), Start::Settled);
    assert_eq!(case.core.engine.mode(), Mode::Halted);
    let (at, mode, reason) = (START, Mode::Active, "started".to_owned());
    case.step(Event::ModeChanged(ModeChanged { at, mode, reason }));
    assert_eq!(case.core.engine.mode(), Mode::Halted, "a start is no person");
    assert_eq!(case.resume(), Mode::Active);
}

/// Orders of the last run whose end the first report tells explain nothing any more: what went is no deposit.
#[test]
fn p2_a_start_after_a_crash_finds_cash_that_went() {
    let mut case = Case::new(&[5, -3]);
    case.page(2);
    let order = ClientOrderId { lineage: LINEAGE, sequence: 3 };
    case.decide(order, 6, TimeInForce::ImmediateOrCancel);
    case.state.orders.push(VenueOrder {
        client_id: order.to_string(),
        venue_order: VenueOrderId::new("v3"),
        ticker: TICKER.to_owned(),
        state: VenueOrderState::Cancelled,
        filled: Quantity::ZERO,
    });
    case.money(-100);
    for second in [5, 20, 35] {
        assert_eq!(case.settle(second), Start::AskAgain, "after {second} s");
    }
    assert_eq!(case.settle(50), Start::Settled);
    assert_eq!(case.core.engine.mode(), Mode::Halted);
    assert_eq!(case.core.engine.lost_cash(), Usd::from_dollars(1));
}

/// The run that found it died before it could halt: its report is in the journal, and nobody has accepted it.
#[test]
fn p2_cash_that_went_is_not_accepted_by_a_crash() {
    let mut case = Case::new(&[5, -3]);
    case.page(2);
    case.money(-100);
    let report = AccountReported {
        at: case.core.now(),
        venue: Venue::Kalshi,
        cash: case.state.cash,
        positions: Vec::new(),
        proven: Vec::new(),
        disputes: vec![Dispute::Cash],
    };
    case.core.engine.step(&Event::AccountReported(Box::new(report)), &mut Vec::new());
    case.core.engine.step(
        &Event::ModeChanged(ModeChanged {
            at: case.core.now(),
            mode: Mode::Starting,
            reason: "a restart".to_owned(),
        }),
        &mut Vec::new(),
    );
    let mut second = 5;
    while case.settle(second) != Start::Settled {
        second += 15;
        assert!(second < 400, "it never settles");
    }
    assert_eq!(case.core.engine.mode(), Mode::Halted);
    assert!(case.alerted("cash_mismatch"), "whoever looks after it is told, too");
    assert_eq!(case.resume(), Mode::Active);
}

/// 6.3, F16, F35: what it takes for "never placed".
#[test]
fn i4_absence_proves_nothing_before_the_request_is_dead_and_while_the_venue_stands_still() {
    let case = || {
        let mut case = Case::new(&[5, -3]);
        case.page(2);
        case.activate();
        let order = ClientOrderId { lineage: LINEAGE, sequence: 3 };
        case.decide(order, 6, TimeInForce::ImmediateOrCancel);
        case.state.processes = Some(true);
        case
    };
    let mut alive = case();
    // The request lives for ten seconds after it is known to have no answer, which is at five.
    for second in [5, 14, 36, 44] {
        alive.compare(second);
        assert_eq!(alive.phase(3), Phase::Unknown, "after {second} s");
    }
    alive.compare(66);
    assert_eq!(alive.phase(3), Phase::NotPlaced);
    let mut still = case();
    for (second, processes) in
        [(20, Some(true)), (60, Some(false)), (100, None), (140, Some(true)), (169, Some(true))]
    {
        still.state.processes = processes;
        still.compare(second);
        assert_eq!(still.phase(3), Phase::Unknown, "after {second} s");
    }
    still.compare(170);
    assert_eq!(still.phase(3), Phase::NotPlaced);
    let mut told = case();
    let condition = |case: &mut Case, condition| {
        let (at, venue, detail) = (START, Venue::Kalshi, String::new());
        let changed = VenueConditionChanged { at, venue, condition, detail };
        case.step(Event::VenueConditionChanged(Box::new(changed)));
    };
    condition(&mut told, VenueCondition::Paused);
    for second in [20, 60, 100] {
        told.compare(second);
        assert_eq!(told.phase(3), Phase::Unknown, "after {second} s");
    }
    condition(&mut told, VenueCondition::Open);
    told.compare(140);
    assert_eq!(told.phase(3), Phase::Unknown);
    told.compare(170);
    assert_eq!(told.phase(3), Phase::NotPlaced);
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
