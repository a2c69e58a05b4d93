//! Quotes of another strategy do not hold up a close on their market: they go, the close leaves, and it never
//! meets them and never sells more than is held.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

mod support;

use statecraft_domain::control::VenueCondition;
use statecraft_domain::control::{Origin, Scope};
use statecraft_domain::event::{FlattenRequested, Mode, Standing, StandingChanged};
use statecraft_domain::order::CloseReason;
use statecraft_domain::{Action, Denial, Event, Nanos, OrderRequest, Side, StrategyId};
use statecraft_engine::config::{
    Decision, EngineConfig, Exits, Kelly, Maker, QuoteSides, StrategyLimits,
};
use statecraft_engine::{DecisionOutcome, Engine};
use support::*;

const TAKER: StrategyId = StrategyId(0);
const MAKER: StrategyId = StrategyId(1);
const SECOND: i64 = 1_000;

fn why(engine: &Engine, strategy: StrategyId) -> Option<Denial> {
    match engine.last_decision(strategy, M)?.outcome {
        DecisionOutcome::Denied(denial) => Some(denial),
        DecisionOutcome::Order { .. } => None,
    }
}

fn fill(at: i64, order: &OrderRequest, price: u16, size: i32) -> Event {
    filled(at, order.id.sequence, &format!("t{}", order.id.sequence), order.side, price, size)
}

/// What of the maker rests on this side.
fn quote(engine: &Engine, side: Side) -> Option<OrderRequest> {
    let mut live = engine.orders().live().iter().map(|record| &record.request);
    live.find(|order| order.strategy == MAKER && order.side == side).cloned()
}

/// The book of others, and in it what rests of ours.
fn book_with_ours(engine: &Engine, at: i64, bid: u16, ask: u16) -> Event {
    let of = |side, others| (quote(engine, side), others);
    book_with(at, of(Side::Bid, bid), of(Side::Ask, ask))
}

fn book_with(
    at: i64,
    bids: (Option<OrderRequest>, u16),
    asks: (Option<OrderRequest>, u16),
) -> Event {
    let of = |(own, others): (Option<OrderRequest>, u16)| {
        let own = own.map(|order| (order.price.e4() / 100, 20));
        own.into_iter().chain([(others, 900)]).collect::<Vec<_>>()
    };
    snapshot(at, &of(bids), &of(asks))
}

/// Shows that book.
fn see(engine: &mut Engine, at: i64, bid: u16, ask: u16) -> Vec<Action> {
    let book = book_with_ours(engine, at, bid, ask);
    run(engine, &[book])
}

/// A taker that has bought 50 at 33 cents, and a maker that quotes both sides of 30 to 37 cents since.
fn beside_quotes(exits: Exits, maker_thinks: f64) -> Engine {
    beside_quotes_under(exits, maker_thinks, |_| ())
}

fn beside_quotes_under(
    exits: Exits,
    maker_thinks: f64,
    change: impl FnOnce(&mut EngineConfig),
) -> Engine {
    let rules = Maker { max_quotes_per_minute: 60, ..maker() };
    let mut two = vec![
        strategy(constant(0.42), Decision::Kelly(Kelly { exits, ..kelly() })),
        strategy(constant(maker_thinks), Decision::Maker(rules)),
    ];
    two[1].name = "maker".into();
    two[0].limits = StrategyLimits {
        max_order_contracts: contracts(50),
        max_position_contracts: contracts(200),
        ..two[0].limits
    };
    let mut config = config(two);
    change(&mut config);
    let mut engine = trading(config);
    let entry = of(TAKER, &run(&mut engine, &[snapshot(SECOND, &[(30, 900)], &[(33, 50)])]));
    run(&mut engine, &[fill(SECOND + 1, &entry[0], 33, 50)]);
    for step in 2..8 {
        let placed = see(&mut engine, step * SECOND, 30, 37);
        for order in of(MAKER, &placed) {
            run(&mut engine, &[accepted(step * SECOND + 1, order.id.sequence)]);
        }
    }
    assert_eq!(engine.position(M).quantity, contracts(50));
    assert!(quote(&engine, Side::Bid).is_some() && quote(&engine, Side::Ask).is_some());
    engine
}

fn after_a_minute() -> Exits {
    Exits { max_holding: Some(Nanos::from_secs(60)), ..Exits::default() }
}

fn cancels(actions: &[Action], order: &OrderRequest) -> bool {
    told(actions).contains(&format!("cancel {}", order.id.sequence))
}

fn gone(at: i64, order: &OrderRequest) -> Event {
    closed(at, order.id.sequence, CloseReason::Cancelled, 0)
}

/// The bid that the exit would meet goes first; the exit leaves when its end is known, at the price of others.
#[test]
fn an_exit_does_not_wait_behind_a_quote() {
    let mut engine = beside_quotes(after_a_minute(), 0.35);
    let bid = quote(&engine, Side::Bid).unwrap();
    assert!(bid.price > cents(30), "{bid:?}");
    let due = see(&mut engine, 62 * SECOND, 30, 37);
    assert!(cancels(&due, &bid), "{:?}", told(&due));
    assert_eq!((of(TAKER, &due), why(&engine, TAKER)), (vec![], Some(Denial::OrderWorking)));
    // Asked once, nothing new, and nothing that would meet it.
    let mut waiting = see(&mut engine, 63 * SECOND, 30, 37);
    waiting.extend(run(&mut engine, &[tick(64 * SECOND)]));
    assert_eq!((orders(&waiting), cancels(&waiting, &bid)), (vec![], false));
    assert_eq!(why(&engine, MAKER), Some(Denial::QuotesPulled));
    let exit = run(&mut engine, &[gone(65 * SECOND, &bid)]);
    let [exit] = orders(&exit).try_into().unwrap_or_else(|_| panic!("{:?}", told(&exit)));
    assert_eq!((exit.strategy, exit.side, exit.reduce_only), (TAKER, Side::Ask, true));
    assert_eq!((exit.price, exit.quantity), (cents(30), contracts(50)));
    // A part fills: no quote comes before the rest has left too.
    let ask = quote(&engine, Side::Ask);
    let ended = ask.iter().map(|ask| gone(65_500, ask)).collect::<Vec<_>>();
    run(&mut engine, &ended);
    let part = [
        fill(66 * SECOND, &exit, 30, 20),
        closed(66_100, exit.id.sequence, CloseReason::ImmediateRest, 20),
    ];
    let rest = run(&mut engine, &part);
    let [rest] = orders(&rest).try_into().unwrap_or_else(|_| panic!("{:?}", told(&rest)));
    assert_eq!((rest.strategy, rest.quantity), (TAKER, contracts(30)));
    run(&mut engine, &[fill(67 * SECOND, &rest, 30, 30)]);
    assert!(engine.position(M).quantity.is_zero());
    let again =
        run(&mut engine, &[snapshot(68 * SECOND, &[(30, 900)], &[(37, 900)]), tick(69 * SECOND)]);
    assert!(!of(MAKER, &again).is_empty(), "{:?} {:?}", told(&again), why(&engine, MAKER));
}

/// What passes by itself (late market data, a venue that pauses) gives the market back to nobody meanwhile.
#[test]
fn a_denial_that_passes_by_itself_keeps_the_way_of_an_exit_clear() {
    let mut engine = beside_quotes(after_a_minute(), 0.35);
    let bid = quote(&engine, Side::Bid).unwrap();
    assert!(cancels(&see(&mut engine, 62 * SECOND, 30, 37), &bid));
    let late = condition(62_500, VenueCondition::Lagging);
    let mut waiting = run(&mut engine, &[late, gone(63 * SECOND, &bid)]);
    waiting.extend(see(&mut engine, 64 * SECOND, 30, 37));
    assert_eq!((orders(&waiting), why(&engine, TAKER)), (vec![], Some(Denial::MarketState)));
    assert!(!told(&waiting).iter().any(|line| line.contains("clearance_failed")));
    let open = run(&mut engine, &[condition(70 * SECOND, VenueCondition::Open)]);
    let after = [open, see(&mut engine, 71 * SECOND, 30, 37)].concat();
    assert_eq!((of(TAKER, &after).len(), of(MAKER, &after)), (1, vec![]), "{:?}", told(&after));
}

/// What is closed because its price is right goes the same way; own quotes are no depth to sell into.
#[test]
fn a_sale_for_its_edge_does_not_wait_behind_a_quote() {
    let mut engine = beside_quotes(Exits::default(), 0.60);
    let low = quote(&engine, Side::Bid).unwrap();
    assert!(cancels(&see(&mut engine, 9 * SECOND, 41, 50), &low));
    let placed = run(&mut engine, &[gone(9_000, &low)]);
    let bid = quote(&engine, Side::Bid);
    let bid = bid.unwrap_or_else(|| panic!("{:?} {:?}", told(&placed), why(&engine, MAKER)));
    assert_eq!(bid.price, cents(42), "{:?}", told(&placed));
    run(&mut engine, &[accepted(9_001, bid.id.sequence)]);
    let own = see(&mut engine, 10 * SECOND, 41, 50);
    assert_eq!((of(TAKER, &own), why(&engine, TAKER)), (vec![], Some(Denial::NoEdge)));
    assert!(!cancels(&own, &bid));
    let met = see(&mut engine, 11 * SECOND, 42, 50);
    assert_eq!((of(TAKER, &met), why(&engine, TAKER)), (vec![], Some(Denial::OrderWorking)));
    assert!(cancels(&met, &bid), "{:?}", told(&met));
    let sale = of(TAKER, &run(&mut engine, &[gone(12 * SECOND, &bid)]));
    let sale = sale.first().map(|order| (order.side, order.price, order.quantity));
    assert_eq!(sale, Some((Side::Ask, cents(42), contracts(50))));
}

/// Where only closing is allowed, an ask of the maker's would leave nothing to close: it goes first. Where more is
/// allowed it is in nobody's way.
#[test]
fn an_exit_that_may_only_close_does_not_wait_for_a_quote_of_its_side() {
    for only in [false, true] {
        let mut engine = beside_quotes(after_a_minute(), 0.35);
        let (bid, ask) = (quote(&engine, Side::Bid).unwrap(), quote(&engine, Side::Ask).unwrap());
        assert!(bid.price < cents(35));
        if only {
            let scope = Scope::Strategy(TAKER);
            run(
                &mut engine,
                &[restriction(30 * SECOND, scope, Mode::ReduceOnly, Origin::Operator)],
            );
        }
        let mut actions = see(&mut engine, 62 * SECOND, 35, 37);
        if only {
            assert!(cancels(&actions, &ask), "{:?}", told(&actions));
            assert_eq!(
                (of(TAKER, &actions), why(&engine, TAKER)),
                (vec![], Some(Denial::OrderWorking))
            );
            actions = run(&mut engine, &[gone(63 * SECOND, &ask)]);
        }
        let exit = of(TAKER, &actions);
        let exit = exit.first().map(|order| (order.side, order.price, order.quantity));
        assert_eq!(exit, Some((Side::Ask, cents(35), contracts(50))), "{:?}", told(&actions));
    }
}

/// Nothing of a stopped strategy leaves: it keeps nobody from quoting.
#[test]
fn a_stopped_strategy_clears_nothing() {
    let mut engine = beside_quotes(after_a_minute(), 0.35);
    let bid = quote(&engine, Side::Bid).unwrap();
    assert!(cancels(&see(&mut engine, 62 * SECOND, 30, 37), &bid));
    run(
        &mut engine,
        &[restriction(63 * SECOND, Scope::Strategy(TAKER), Mode::Halted, Origin::Operator)],
    );
    for order in
        [Side::Bid, Side::Ask].iter().filter_map(|&side| quote(&engine, side)).collect::<Vec<_>>()
    {
        run(&mut engine, &[gone(64 * SECOND, &order)]);
    }
    for step in 65..75 {
        let placed = see(&mut engine, step * SECOND, 30, 37);
        for order in orders(&placed) {
            assert_eq!(order.strategy, MAKER);
            run(&mut engine, &[accepted(step * SECOND + 1, order.id.sequence)]);
        }
        let kept = told(&placed).iter().all(|line| !line.starts_with("cancel"));
        assert!(kept, "{:?} {:?}", told(&placed), why(&engine, MAKER));
    }
    assert!(quote(&engine, Side::Bid).is_some() && quote(&engine, Side::Ask).is_some());
}

/// Our own bid is nobody to sell to, and need not go.
#[test]
fn an_exit_without_a_buyer_says_so() {
    let mut engine = beside_quotes(after_a_minute(), 0.35);
    let bid = quote(&engine, Side::Bid).unwrap();
    run(&mut engine, &[accepted(8 * SECOND, bid.id.sequence)]);
    let alone = [(bid.price.e4() / 100, 20)];
    let actions = run(&mut engine, &[snapshot(62 * SECOND, &alone, &[(37, 900)])]);
    assert_eq!((of(TAKER, &actions), why(&engine, TAKER)), (vec![], Some(Denial::NoPrice)));
    assert_ne!(why(&engine, MAKER), Some(Denial::QuotesPulled));
}

/// Shows the book of others every second, ends what is cancelled and takes what is placed: how many of the
/// maker's quotes were cancelled, and the alerts.
fn over(
    engine: &mut Engine,
    seconds: std::ops::Range<i64>,
    bid: u16,
    ask: u16,
) -> (usize, Vec<String>) {
    let (mut cancelled, mut alerts) = (0, Vec::new());
    for second in seconds {
        let mut actions = see(engine, second * SECOND, bid, ask);
        let mut told_now = Vec::new();
        for round in 1..5 {
            let at = second * SECOND + round * 10;
            let mut answers = Vec::new();
            let mut kept = [quote(engine, Side::Bid), quote(engine, Side::Ask)];
            for line in told(&actions) {
                if let Some(sequence) = line.strip_prefix("cancel ") {
                    cancelled += 1;
                    let sequence = sequence.parse().unwrap();
                    answers.push(closed(at, sequence, CloseReason::Cancelled, 0));
                    for own in &mut kept {
                        *own = own.take().filter(|order| order.id.sequence != sequence);
                    }
                } else if let Some(code) = line.strip_prefix("alert ") {
                    told_now.push(code.to_owned());
                }
            }
            answers.extend(of(MAKER, &actions).iter().map(|order| accepted(at, order.id.sequence)));
            assert_eq!(of(TAKER, &actions), vec![]);
            if !answers.is_empty() {
                // What goes leaves the book first.
                let [bids, asks] = kept;
                answers.insert(0, book_with(at, (bids, bid), (asks, ask)));
            }
            actions = run(engine, &answers);
        }
        alerts.extend(told_now);
    }
    (cancelled, alerts)
}

/// Quotes are withdrawn for a close that leaves then, not for one that another check denies in any case: they would
/// come and go for ever, and every one is an order of the day.
#[test]
fn no_quote_goes_for_an_exit_that_is_denied_in_any_case() {
    for demoted in [false, true] {
        let mut engine = beside_quotes_under(after_a_minute(), 0.35, |config| {
            config.strategies[0].limits.max_price = cents(34);
            (config.real_money, config.supervision.armed) = (true, true);
        });
        let only_closes = if demoted {
            let (strategy, standing) = (TAKER, Standing::Demoted);
            let (at, reason) = (ms(30 * SECOND), String::new());
            Event::StandingChanged(StandingChanged { at, strategy, standing, reason })
        } else {
            restriction(30 * SECOND, Scope::Strategy(TAKER), Mode::ReduceOnly, Origin::Operator)
        };
        run(&mut engine, &[only_closes]);
        let (cancelled, alerts) = over(&mut engine, 62..92, 35, 37);
        assert!(cancelled <= 1, "{cancelled} {alerts:?}");
        assert!(quote(&engine, Side::Ask).is_some());
        let first = if demoted { Denial::Demoted } else { Denial::Mode };
        assert_eq!(why(&engine, TAKER), Some(first));
    }
}

/// Without the quotes the middle is elsewhere (R8): that was not to be seen before they went. It is tried again after a minute, and a person is told once.
#[test]
fn quotes_that_went_in_vain_stay_for_a_minute() {
    let mut engine = beside_quotes_under(after_a_minute(), 0.35, |config| {
        config.strategies[0].limits.price_collar = cents(4);
    });
    let quoted = quote(&engine, Side::Bid).unwrap();
    assert!(quoted.price > cents(30));
    let only = restriction(30 * SECOND, Scope::Strategy(TAKER), Mode::ReduceOnly, Origin::Operator);
    run(&mut engine, &[only]);
    let (cancelled, alerts) = over(&mut engine, 62..70, 30, 40);
    assert!((1..=3).contains(&cancelled), "{cancelled}");
    assert_eq!(alerts.iter().filter(|code| *code == "clearance_failed").count(), 1, "{alerts:?}");
    let (cancelled, alerts) = over(&mut engine, 70..118, 30, 40);
    assert_eq!((cancelled, alerts), (0, vec![]));
    assert!(quote(&engine, Side::Bid).is_some());
    // Better bids after the minute: it leaves.
    let ask = quote(&engine, Side::Ask).unwrap();
    assert!(cancels(&see(&mut engine, 135 * SECOND, 34, 40), &ask));
    let exit = of(TAKER, &run(&mut engine, &[gone(136 * SECOND, &ask)]));
    assert_eq!(exit.first().map(|order| order.price), Some(cents(34)));
}

/// A threshold looks at books only; a flatten that it gave up releases the quotes nevertheless.
#[test]
fn a_threshold_that_closes_no_more_releases_the_quotes_without_a_book() {
    let rules = Maker { max_quotes_per_minute: 60, ..maker() };
    let mut two = vec![
        strategy(constant(0.42), Decision::Threshold(t1())),
        strategy(constant(0.47), Decision::Maker(rules)),
    ];
    two[1].name = "maker".into();
    let mut engine = trading(config(two));
    let entry = of(TAKER, &run(&mut engine, &[snapshot(SECOND, &[(30, 900)], &[(33, 50)])]));
    run(&mut engine, &[fill(SECOND + 1, &entry[0], 33, 10)]);
    over(&mut engine, 2..9, 40, 50);
    assert!(quote(&engine, Side::Bid).is_some());
    let asked = FlattenRequested {
        at: ms(10 * SECOND),
        max_slippage: cents(5),
        market: None,
        reason: String::new(),
    };
    run(&mut engine, &[Event::FlattenRequested(asked)]);
    assert_eq!(why(&engine, TAKER), Some(Denial::OrderWorking));
    // Nothing answers, and nothing moves but trades.
    for second in 11..140 {
        run(&mut engine, &[traded(second * SECOND, 45), tick(second * SECOND + 500)]);
    }
    assert_ne!(why(&engine, MAKER), Some(Denial::QuotesPulled));
}

/// A maker that has closed a part and finds nobody for the rest keeps nobody from quoting meanwhile.
#[test]
fn a_makers_exit_without_a_buyer_keeps_nobody_from_quoting() {
    let rules = Maker { max_quotes_per_minute: 60, ..maker() };
    let leaving = Maker { exits: after_a_minute(), sides: QuoteSides::Bid, ..rules };
    let mut two = vec![
        strategy(constant(0.42), Decision::Maker(leaving)),
        strategy(constant(0.35), Decision::Maker(rules)),
    ];
    two[1].name = "maker".into();
    let mut engine = trading(config(two));
    let bid = of(TAKER, &run(&mut engine, &[snapshot(SECOND, &[(30, 900)], &[(39, 900)])]));
    let bid = bid.first().unwrap().clone();
    run(&mut engine, &[accepted(SECOND + 1, bid.id.sequence)]);
    let price = bid.price.e4() / 100;
    for order in of(MAKER, &run(&mut engine, &[fill(SECOND + 2, &bid, price, 20)])) {
        run(&mut engine, &[gone(SECOND + 3, &order)]);
    }
    assert_eq!(engine.position(M).quantity, contracts(20));
    // Ends whatever rests, until the exit leaves.
    let mut exit = None;
    for step in 0..10 {
        let at = 62 * SECOND + step * 100;
        let mut actions = run(&mut engine, &[snapshot(at, &[(30, 8)], &[(39, 900)])]);
        let live: Vec<_> = engine.orders().live().iter().map(|one| one.request.clone()).collect();
        let rests = live.iter().filter(|order| order.time_in_force.rests());
        for order in rests {
            actions.extend(run(&mut engine, &[gone(at + 1, order)]));
        }
        exit = of(TAKER, &actions).into_iter().find(|order| order.reduce_only);
        if exit.is_some() {
            break;
        }
    }
    let exit = exit.unwrap();
    assert_eq!(exit.quantity, contracts(8));
    let nobody = [
        snapshot(70 * SECOND, &[], &[(39, 900)]),
        fill(70 * SECOND + 1, &exit, 30, 8),
        tick(71 * SECOND),
        snapshot(72 * SECOND, &[], &[(45, 899)]),
    ];
    run(&mut engine, &nobody);
    assert_eq!(why(&engine, TAKER), Some(Denial::NoPrice));
    run(&mut engine, &[tick(73 * SECOND)]);
    assert_ne!(why(&engine, MAKER), Some(Denial::QuotesPulled));
}

/// Two that leave at once do not sell more than the account holds, at worst.
#[test]
fn two_exits_sell_no_more_than_is_held() {
    let exits = Exits { max_holding: Some(Nanos::from_secs(60)), ..Exits::default() };
    let taker = |name: &str, probability, most, exits| {
        let limits =
            StrategyLimits { max_order_contracts: contracts(most), ..loose_strategy_limits() };
        let rules = Kelly { exits, ..kelly() };
        let name = name.into();
        statecraft_engine::Strategy {
            name,
            limits,
            ..strategy(constant(probability), Decision::Kelly(rules))
        }
    };
    let mut engine = trading(config(vec![
        taker("first", 0.42, 50, exits),
        taker("second", 0.42, 50, exits),
        taker("other way", 0.20, 40, Exits::default()),
    ]));
    let mut entries = orders(&run(&mut engine, &[snapshot(SECOND, &[(30, 900)], &[(33, 900)])]));
    let mut sizes = Vec::new();
    while let Some(entry) = entries.pop() {
        let (price, size) =
            (entry.price.e4() / 100, i32::try_from(entry.quantity.e6() / 1_000_000).unwrap());
        sizes.push((entry.side, size));
        entries.extend(orders(&run(&mut engine, &[fill(2 * SECOND, &entry, price, size)])));
    }
    assert_eq!(sizes, [(Side::Bid, 50), (Side::Bid, 50), (Side::Ask, 40)]);
    assert_eq!(engine.position(M).quantity, contracts(60));
    let exits = orders(&run(&mut engine, &[snapshot(62 * SECOND, &[(30, 901)], &[(33, 901)])]));
    let sizes: Vec<_> =
        exits.iter().filter(|order| order.reduce_only).map(|order| order.quantity).collect();
    assert_eq!(sizes, [contracts(50), contracts(10)], "{exits:?}");
}
