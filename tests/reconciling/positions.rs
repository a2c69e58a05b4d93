//! A person trades by hand at the venue, and says so (5.10, F64).

use std::time::Duration;

use statecraft::journal::{Record, Recovery};
use statecraft::trading::contest::Offer;
use statecraft::trading::reconcile::VenueFill;
use statecraft::trading::reconciler::{GRACE, Reconciler, Start};
use statecraft::trading::recovery;
use statecraft_domain::event::*;
use statecraft_domain::*;
use statecraft_engine::Engine;
use statecraft_engine::orders::Phase;

use crate::case::*;

fn contracts(count: i32) -> Quantity {
    Quantity::from_contracts(count)
}

fn cents(cents: u16) -> Price {
    Price::from_cents(cents).unwrap()
}

impl Case {
    /// Nobody asks for our own executions any more: positions from before them are no old page.
    fn long_ago(mut self) -> Self {
        self.state.fills.clear();
        self
    }

    /// Somebody sells (below zero) or buys YES by hand, for a cent of fee; the venue lists the execution.
    fn by_hand(&mut self, number: i64, count: i32, price: u16) {
        let fill = VenueFill {
            trade: TradeId::new(&format!("hand-{number}")),
            venue_order: VenueOrderId::new(&format!("hand-order-{number}")),
            ticker: TICKER.to_owned(),
            side: if count > 0 { Side::Bid } else { Side::Ask },
            price: cents(price),
            quantity: contracts(count.abs()),
            liquidity: Liquidity::Taker,
            fee: Usd::CENT,
            venue_at: START + Nanos::from_secs(100 + number),
        };
        self.state.fills.insert(0, fill);
        self.money(-i64::from(count) * i64::from(price) - 1);
    }

    fn offer(&self, since: u64) -> Option<Offer> {
        self.reconciler.offer(&self.core.engine, Duration::from_secs(since))
    }

    /// What a report asked for at this second has proven is taken over, and nothing is left.
    fn accept(&mut self, second: u64) {
        let offer = self.offer(second).unwrap();
        assert!(!offer.waits && offer.left.is_empty(), "{offer:?}");
        self.take_over(&offer, second);
    }

    fn take_over(&mut self, offer: &Offer, second: u64) {
        let wall = Duration::from_secs(second);
        self.reconciler.accept(&mut self.core, offer, "operator: by hand", wall).unwrap();
    }

    fn position(&self) -> statecraft_engine::orders::Position {
        self.core.engine.position(MARKET)
    }

    /// The next process: what the journal kept, read back from its own words.
    fn restart(&mut self) {
        let reread =
            |record: &Record| Record::from_json(record.kind(), &record.to_json().unwrap()).unwrap();
        let records: Vec<Record> = self.core.records.iter().map(reread).collect();
        let next_sequence = self.core.engine.orders().next_id().sequence;
        let recovery = Recovery {
            lineage: LINEAGE,
            next_sequence,
            records,
            retired: Vec::new(),
            markets: vec![(Venue::Kalshi, TICKER.to_owned())],
            clean_stop: false,
        };
        let mut engine: Engine = engine();
        let recovered = recovery::replay(&mut engine, &recovery);
        self.core.engine = engine;
        let (markets, since) = (self.markets.clone(), recovered.last_at);
        self.reconciler = Reconciler::new(markets, 1, GRACE, since, Duration::ZERO);
    }
}

/// Closing by hand, which the program itself advises, is no end of it: once reports have proven it a person takes it
/// over, what it cost counts as the venue's ledger shows it, and a restart knows.
#[test]
fn f64_what_was_closed_by_hand_is_taken_over_once_it_is_proven() {
    let mut case = Case::new(&[5]);
    case.page(5);
    case.activate();
    assert_eq!(case.compare(5), Mode::Active);
    case.by_hand(1, -5, 30);
    case.page(0);
    assert_eq!(case.compare(10), Mode::Active);
    let offer = case.offer(10).unwrap();
    assert!(offer.accepted.is_empty() && offer.waits, "one report proves nothing: {offer:?}");
    assert_eq!(case.compare(40), Mode::Halted);
    assert!(case.alerted("foreign_fill"));
    case.compare(70);
    assert!(case.alerted("position_mismatch"));
    assert_eq!(case.resume(), Mode::Halted, "a person who only resumes is refused");
    assert_eq!(case.offer(71), None, "no report was asked for since");
    case.compare(75);
    case.accept(75);
    assert!(case.alerted("position_accepted"));
    let position = case.position();
    assert_eq!((position.quantity, position.cost), (Quantity::ZERO, Usd::ZERO));
    assert_eq!((position.realized, position.fees), (Usd::from_cents(-50), Usd::CENT));
    assert_eq!(case.core.engine.cash(Venue::Kalshi), Some(case.state.cash));
    assert!(case.core.engine.is_money_conserved());
    assert_eq!(case.core.engine.mode(), Mode::Halted, "it is still for a person to let it trade");
    assert_eq!(case.resume(), Mode::Active);
    for second in [80, 140, 200, 260] {
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
        assert_eq!(case.reconciler.agreed(), Some(Duration::from_secs(second)));
    }
    let (before, cash) = (case.position(), case.core.engine.cash(Venue::Kalshi));
    case.restart();
    assert_eq!((case.position(), case.core.engine.cash(Venue::Kalshi)), (before, cash));
    assert_eq!(case.settle(5), Start::Settled);
    assert_eq!(case.core.engine.mode(), Mode::Starting);
}

/// What was traded while nobody ran is found by the start, which then waits for a person instead of ending.
#[test]
fn f64_a_start_that_finds_other_positions_waits_for_a_person() {
    let mut case = Case::new(&[5]);
    case.by_hand(1, -2, 30);
    case.page(3);
    case.restart();
    assert_eq!(case.settle(5), Start::AskAgain);
    assert_eq!(case.settle(20), Start::AskAgain);
    assert_eq!(case.settle(35), Start::Halted);
    assert!(case.alerted("position_mismatch"));
    assert_eq!(case.core.engine.mode(), Mode::Halted);
    assert_eq!(case.reconciler.agreed(), None, "no comparison has agreed");
    let (at, mode, reason) = (START, Mode::Active, "started".to_owned());
    case.step(Event::ModeChanged(ModeChanged { at, mode, reason }));
    assert_eq!(case.resume(), Mode::Halted);
    case.compare(45);
    case.accept(45);
    assert_eq!(case.position().quantity, contracts(3));
    assert_eq!(
        (case.position().cost, case.position().realized),
        (Usd::from_cents(120), Usd::from_cents(-20))
    );
    assert_eq!(case.resume(), Mode::Active);
    assert_eq!(case.compare(50), Mode::Active);
    assert_eq!(case.reconciler.agreed(), Some(Duration::from_secs(50)));
}

/// A run whose mismatch nobody has accepted ends; the next one finds it, and so does everybody after it.
#[test]
fn f64_a_mismatch_that_nobody_accepted_holds_over_restarts() {
    let mut case = Case::new(&[5]).long_ago();
    case.page(5);
    case.activate();
    case.page(0);
    for second in [10, 40] {
        case.compare(second);
    }
    assert_eq!(case.core.engine.mode(), Mode::Halted);
    for _ in 0..2 {
        case.restart();
        let starts = [5, 20, 35].map(|second| case.settle(second));
        assert_eq!(starts, [Start::AskAgain, Start::AskAgain, Start::Halted]);
    }
    case.compare(45);
    case.accept(45);
    case.restart();
    assert_eq!(case.position().quantity, Quantity::ZERO);
    case.state.cash = case.core.engine.cash(Venue::Kalshi).unwrap();
    assert_eq!(case.settle(5), Start::Settled);
}

/// The bot has never traded, and its journal knows its account: no way out would be needed but this one.
#[test]
fn f64_a_start_without_orders_waits_for_a_person_too() {
    let mut case = Case::new(&[]);
    case.page(4);
    let starts = [5, 20, 35].map(|second| case.settle(second));
    assert_eq!(starts, [Start::AskAgain, Start::AskAgain, Start::Halted]);
    case.compare(40);
    case.accept(40);
    assert_eq!(
        (case.position().quantity, case.position().cost),
        (contracts(4), Usd::from_dollars(4))
    );
    assert_eq!(case.resume(), Mode::Active);
}

/// No executions lead to it: what is gone brought nothing, what came cost a dollar each.
#[test]
fn f64_what_nobody_knows_the_price_of_is_booked_at_the_worst() {
    for (there, cost, realized, cash) in [(0, 0, -200, 0), (8, 500, 0, -300), (-2, 200, -200, -200)]
    {
        let mut case = Case::new(&[5]).long_ago();
        case.page(there);
        case.activate();
        let before = case.core.engine.cash(Venue::Kalshi).unwrap();
        for second in [10, 40] {
            case.compare(second);
        }
        case.accept(40);
        let position = case.position();
        assert_eq!(position.quantity, contracts(there));
        assert_eq!(position.cost, Usd::from_cents(cost), "{there}");
        assert_eq!(position.realized, Usd::from_cents(realized), "{there}");
        assert_eq!(case.core.engine.cash(Venue::Kalshi), Some(before + Usd::from_cents(cash)));
        assert!(case.core.engine.is_money_conserved());
        assert_eq!(case.resume(), Mode::Active);
        // What it really brought comes as money that nothing here explains, and stops nothing.
        let mut second = 45;
        while case.core.engine.cash(Venue::Kalshi) != Some(case.state.cash) {
            assert_eq!(case.compare(second), Mode::Active, "after {second} s");
            second += 60;
            assert!(second < 1_000, "the cash is never believed");
        }
    }
}

/// Only a figure that reports have shown alike is taken over.
#[test]
fn f64_another_figure_than_the_proven_one_is_not_taken_over() {
    let mut case = Case::new(&[5]).long_ago();
    case.page(0);
    case.activate();
    for second in [10, 40] {
        case.compare(second);
    }
    assert_eq!(case.core.engine.mode(), Mode::Halted);
    case.page(1);
    case.compare(50);
    let offer = case.offer(50).unwrap();
    assert!(offer.accepted.is_empty() && offer.waits, "{offer:?}");
    assert!(offer.left[0].contains("T: the venue says 1 contracts, we have 5"), "{offer:?}");
    case.compare(80);
    case.accept(80);
    assert_eq!(case.position().quantity, contracts(1));
}

/// An order whose fate is unknown may be what differs.
#[test]
fn f64_nothing_is_taken_over_where_an_order_of_ours_is_not_known_to_be_over() {
    let mut case = Case::new(&[5]).long_ago();
    case.page(0);
    case.activate();
    let order = ClientOrderId { lineage: LINEAGE, sequence: 2 };
    case.decide(order, -5, TimeInForce::ImmediateOrCancel);
    for second in [10, 60, 110] {
        case.compare(second);
    }
    assert_eq!(case.core.engine.mode(), Mode::Halted);
    assert_eq!(case.phase(2), Phase::Unknown);
    let offer = case.offer(110).unwrap();
    assert!(offer.accepted.is_empty() && offer.left[0].contains("an order of ours"), "{offer:?}");
    case.state.processes = Some(true);
    for second in [150, 190, 230] {
        case.compare(second);
    }
    assert_eq!(case.phase(2), Phase::NotPlaced);
    case.accept(230);
    assert_eq!(case.resume(), Mode::Active);
}

/// What is held in a market that nobody follows cannot be counted: it is named, the rest is taken over, and it stays
/// halted until that is gone.
#[test]
fn f64_a_market_that_nobody_follows_is_named_and_not_taken_over() {
    let mut case = Case::new(&[5]);
    case.page(3);
    case.state.positions.push(("STRANGE".to_owned(), contracts(4)));
    case.activate();
    for second in [10, 40] {
        case.compare(second);
    }
    let offer = case.offer(40).unwrap();
    assert!(!offer.waits && offer.left.len() == 1, "{offer:?}");
    assert!(
        offer.left[0].starts_with("STRANGE: the venue says 4 contracts, we have 0"),
        "{offer:?}"
    );
    case.take_over(&offer, 40);
    assert_eq!(case.position().quantity, contracts(3));
    assert_eq!(case.resume(), Mode::Halted);
    case.page(3);
    case.compare(70);
    case.state.cash = case.core.engine.cash(Venue::Kalshi).unwrap();
    for second in [100, 130] {
        case.compare(second);
    }
    assert_eq!(case.resume(), Mode::Active);
}

/// A person who comes by sees why it does not trade, and no reason of an earlier run where it only starts.
#[test]
fn every_stop_has_a_cause_and_a_start_has_none() {
    let mut case = Case::new(&[5]).long_ago();
    case.page(5);
    case.activate();
    assert_eq!(case.core.engine.mode_cause(), None);
    let (at, mode, reason) = (START, Mode::ReduceOnly, "paused by the operator: flatten: out");
    let flatten = ModeChanged { at, mode, reason: reason.to_owned() };
    case.step(Event::ModeChanged(flatten));
    assert_eq!(case.core.engine.mode_cause(), Some(reason));
    assert_eq!(case.resume(), Mode::Active);
    assert_eq!(case.core.engine.mode_cause(), None);
    case.page(0);
    for second in [310, 340] {
        case.compare(second);
    }
    let cause = case.core.engine.mode_cause().unwrap();
    assert!(cause.contains("the venue says 0 contracts"), "{cause}");
    case.restart();
    assert_eq!(case.core.engine.mode(), Mode::Starting);
    assert_eq!(case.core.engine.mode_cause(), None);
}

/// The first start on an account that holds something in a market that no strategy names takes over nothing: once the
/// market is named, or what is in it gone, the next one is a first start like any other.
#[test]
fn a_first_start_that_was_refused_is_no_start() {
    let mut case = Case::new(&[]);
    let listed = |market, ticker: &str| {
        let listing = Listing { ticker: ticker.to_owned(), ..listing() };
        Event::MarketListed(Box::new(MarketListed { at: START, market, listing }))
    };
    case.core = Core { engine: engine(), at: START, actions: Vec::new(), records: Vec::new() };
    case.step(listed(MARKET, TICKER));
    case.page(3);
    case.state.positions.push(("STRANGE".to_owned(), contracts(4)));
    let refused = case.try_settle(5).unwrap_err().to_string();
    assert!(refused.contains("4 contracts of STRANGE, which no strategy"), "{refused}");
    assert!(!refused.contains("3 contracts"), "{refused}");
    case.restart();
    let named = case.markets.intern(Venue::Kalshi, "STRANGE");
    case.step(listed(named, "STRANGE"));
    assert_eq!(case.settle(5), Start::Settled);
    let held = [MARKET, named].map(|market| case.core.engine.position(market).quantity);
    assert_eq!(held, [contracts(3), contracts(4)]);
    case.activate();
    assert_eq!(case.compare(40), Mode::Active);
    assert!(case.core.engine.is_money_conserved());
}

/// The venue lists an execution for minutes after it was taken over: the next one is booked by its own.
#[test]
fn f64_a_second_trade_by_hand_is_booked_by_its_own_execution() {
    let mut case = Case::new(&[5]);
    case.page(5);
    case.activate();
    case.by_hand(1, -2, 30);
    case.page(3);
    for second in [10, 40, 70, 75] {
        case.compare(second);
    }
    case.accept(75);
    assert_eq!(case.resume(), Mode::Active);
    assert_eq!(case.compare(80), Mode::Active);
    case.by_hand(2, -3, 20);
    case.page(0);
    for second in [140, 170, 200, 205] {
        case.compare(second);
    }
    case.accept(205);
    // Two at ten cents less than they cost, three at twenty.
    assert_eq!(case.position().realized, Usd::from_cents(-20 - 60));
    assert_eq!(case.position().fees, Usd::from_cents(2));
    assert_eq!(case.core.engine.cash(Venue::Kalshi), Some(case.state.cash));
}
