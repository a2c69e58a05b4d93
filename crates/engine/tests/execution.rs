//! How a taker executes: in slices, out in time, where it is cheapest, and together with what wins
//! together.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

mod support;

use statecraft_domain::control::{Origin, Scope};
use statecraft_domain::event::{MarketStatusChanged, Mode, OrderUnknown};
use statecraft_domain::order::CloseReason;
use statecraft_domain::{
    Action, Denial, Event, MarketId, MarketStatus, Nanos, OrderRequest, Quantity, Side, StrategyId,
};
use statecraft_engine::config::{
    Band, Companion, Decision, EngineConfig, Exits, Kelly, MarketSelector, ModelSpec, Slicing,
    TickerPattern,
};
use statecraft_engine::{DecisionOutcome, Engine, Strategy};
use support::*;

const SECOND: i64 = 1_000;
const HOUR: i64 = 3_600 * SECOND;

fn taker(rules: Kelly, probability: f64) -> Engine {
    trading(config(vec![strategy(constant(probability), Decision::Kelly(rules))]))
}

fn why(engine: &Engine, market: u32) -> Denial {
    match engine.last_decision(StrategyId(0), MarketId(market)).unwrap().outcome {
        DecisionOutcome::Denied(denial) => denial,
        DecisionOutcome::Order { .. } => panic!("an order"),
    }
}

fn why_not(engine: &Engine, market: u32) -> DecisionOutcome {
    engine.last_decision(StrategyId(0), MarketId(market)).unwrap().outcome
}

/// Fills an order whole at a price, and tells of it.
fn fill_whole(engine: &mut Engine, at: i64, order: &OrderRequest, price: u16) -> Vec<Action> {
    let size = i32::try_from(order.quantity.e6() / 1_000_000).unwrap();
    let trade = format!("t{}", order.id.sequence);
    let mut fill = filled(at, order.id.sequence, &trade, order.side, price, size);
    if let Event::OrderFilled(filled) = &mut fill {
        filled.fill.market = order.market;
    }
    run(engine, &[fill])
}

#[test]
fn an_entry_comes_in_slices_and_ends() {
    let slicing = Slicing { contracts: Some(contracts(100)), interval: Nanos::from_secs(60) };
    let mut engine = taker(Kelly { slicing, ..kelly() }, 0.42);
    let asks = |at| snapshot(at, &[(30, 900)], &[(33, 5_000)]);
    let mut at = SECOND;
    let mut total = 0;
    let mut sizes = Vec::new();
    for _ in 0..2_000 {
        for order in orders(&run(&mut engine, &[asks(at)])) {
            sizes.push((at, order.quantity));
            total += i32::try_from(order.quantity.e6() / 1_000_000).unwrap();
            fill_whole(&mut engine, at + 1, &order, 33);
        }
        at += SECOND;
    }
    assert!(sizes.iter().all(|(_, size)| *size <= contracts(100)), "{sizes:?}");
    assert!(sizes.len() > 3, "{sizes:?}");
    let apart = sizes.windows(2).all(|pair| pair[1].0 - pair[0].0 >= 60 * SECOND);
    assert!(apart, "{sizes:?}");
    // All slices together come to what one order would have been.
    let mut whole = taker(kelly(), 0.42);
    let once = orders(&run(&mut whole, &[asks(SECOND)]));
    let once = i32::try_from(once[0].quantity.e6() / 1_000_000).unwrap();
    assert!((total - once).abs() <= once / 20, "{total} in slices, {once} at once");
}

/// Never past the level whose own edge is too small, however much is wanted.
#[test]
fn no_sweep_past_the_edge() {
    let mut engine = taker(Kelly { fraction: 1.0, max_loss_share: 1.0, ..kelly() }, 0.42);
    let deep = snapshot(SECOND, &[(30, 900)], &[(38, 10), (39, 10), (41, 10_000)]);
    let placed = orders(&run(&mut engine, &[deep]));
    // 42 - 41 is one cent; two are needed.
    assert_eq!((placed[0].price, placed[0].quantity), (cents(39), contracts(20)));
}

#[test]
fn held_too_long_is_sold_and_not_bought_back_at_once() {
    let exits = Exits {
        max_holding: Some(Nanos::from_secs(3_600)),
        reentry: Nanos::from_secs(7_200),
        ..Exits::default()
    };
    let mut engine = taker(Kelly { exits, ..kelly() }, 0.42);
    let book = |at| snapshot(at, &[(32, 900)], &[(33, 500)]);
    let entry = orders(&run(&mut engine, &[book(SECOND)])).remove(0);
    fill_whole(&mut engine, 2 * SECOND, &entry, 33);
    let early = run(&mut engine, &[book(HOUR)]);
    assert!(orders(&early).iter().all(|order| order.side == Side::Bid), "{:?}", told(&early));
    for order in orders(&early) {
        run(&mut engine, &[closed(HOUR, order.id.sequence, CloseReason::ImmediateRest, 0)]);
    }
    let exit = orders(&run(&mut engine, &[book(HOUR + 3 * SECOND)])).remove(0);
    assert_eq!((exit.side, exit.price, exit.reduce_only), (Side::Ask, cents(32), true));
    assert_eq!(exit.quantity, engine.position(M).quantity.abs());
    fill_whole(&mut engine, HOUR + 4 * SECOND, &exit, 32);
    assert!(engine.position(M).quantity.is_zero());
    assert!(orders(&run(&mut engine, &[book(2 * HOUR)])).is_empty());
    assert_eq!(why(&engine, 0), Denial::Reentry);
    assert_eq!(orders(&run(&mut engine, &[book(3 * HOUR + 4 * SECOND)])).len(), 1);
}

/// An exit reaches no further than its slippage, and comes back for the rest.
#[test]
fn an_exit_takes_what_is_near() {
    let exits = Exits { max_holding: Some(Nanos::from_secs(60)), ..Exits::default() };
    let mut engine = taker(Kelly { exits, ..kelly() }, 0.42);
    let entry = orders(&run(&mut engine, &[snapshot(SECOND, &[(32, 9)], &[(33, 500)])])).remove(0);
    fill_whole(&mut engine, 2 * SECOND, &entry, 33);
    let thin = snapshot(63 * SECOND, &[(32, 5), (30, 6), (20, 9_000)], &[(33, 500)]);
    let exit = orders(&run(&mut engine, &[thin])).remove(0);
    assert_eq!((exit.price, exit.quantity), (cents(30), contracts(11)));
    let rest = fill_whole(&mut engine, 64 * SECOND, &exit, 30);
    assert_eq!(orders(&rest).len(), 1, "the rest follows");
}

#[test]
fn the_model_moved_against_what_is_held() {
    let external = ModelSpec::External { sd_logit: 0.3, max_age: Nanos::from_secs(86_400) };
    let exits = Exits { stop_move: Some(0.08), ..Exits::default() };
    let rules = Kelly { exits, ..kelly() };
    let mut engine = trading(config(vec![strategy(external, Decision::Kelly(rules))]));
    let book = |at| snapshot(at, &[(22, 900)], &[(23, 500)]);
    run(&mut engine, &[signal(500, "a", "probability", 0.42)]);
    let entry = orders(&run(&mut engine, &[book(SECOND)])).remove(0);
    fill_whole(&mut engine, 2 * SECOND, &entry, 23);
    run(&mut engine, &[book(3 * SECOND)]);
    // Still worth more than its price: without the stop it would be held.
    let moved = orders(&run(&mut engine, &[signal(4_000, "b", "probability", 0.33)]));
    assert_eq!(moved.len(), 1);
    assert_eq!((moved[0].side, moved[0].reduce_only), (Side::Ask, true));
}

#[test]
fn out_before_the_close_and_in_reduce_only() {
    let exits = Exits { before_close: Some(Nanos::from_secs(1_800)), ..Exits::default() };
    let mut engine = taker(Kelly { exits, ..kelly() }, 0.42);
    let book = |at| snapshot(at, &[(32, 900)], &[(33, 500)]);
    let entry = orders(&run(&mut engine, &[book(SECOND)])).remove(0);
    fill_whole(&mut engine, 2 * SECOND, &entry, 33);
    let close = Event::MarketStatusChanged(MarketStatusChanged {
        at: ms(3 * SECOND),
        market: M,
        status: MarketStatus::Active,
        close: Some(ms(HOUR)),
    });
    run(&mut engine, &[close, mode(4 * SECOND, Mode::ReduceOnly)]);
    assert!(orders(&run(&mut engine, &[book(HOUR / 2 - SECOND)])).is_empty());
    let exit = orders(&run(&mut engine, &[book(HOUR / 2)])).remove(0);
    assert_eq!((exit.side, exit.reduce_only), (Side::Ask, true));
}

/// What the strategy holds is given up in time, whether it still believes anything or not.
#[test]
fn out_before_the_close_without_a_probability() {
    let exits = Exits { before_close: Some(Nanos::from_secs(1_800)), ..Exits::default() };
    let external = ModelSpec::External { sd_logit: 0.3, max_age: Nanos::from_secs(600) };
    let rules = Kelly { exits, ..kelly() };
    let mut engine = trading(config(vec![strategy(external, Decision::Kelly(rules))]));
    let book = |at| snapshot(at, &[(32, 900)], &[(33, 500)]);
    run(&mut engine, &[signal(500, "a", "probability", 0.42)]);
    let entry = orders(&run(&mut engine, &[book(SECOND)])).remove(0);
    fill_whole(&mut engine, 2 * SECOND, &entry, 33);
    let close = Event::MarketStatusChanged(MarketStatusChanged {
        at: ms(3 * SECOND),
        market: M,
        status: MarketStatus::Active,
        close: Some(ms(HOUR)),
    });
    run(&mut engine, &[close]);
    assert!(orders(&run(&mut engine, &[book(HOUR / 2 - SECOND)])).is_empty());
    assert_eq!(engine.estimate(StrategyId(0)), None, "too old");
    assert_eq!(why(&engine, 0), Denial::NoModel);
    let exit = orders(&run(&mut engine, &[book(HOUR / 2)])).into_iter().next().expect("an exit");
    assert_eq!((exit.side, exit.quantity, exit.reduce_only), (Side::Ask, entry.quantity, true));
}

/// Around its target a position is left alone.
#[test]
fn the_band_leaves_small_differences_alone() {
    let with = |share: f64| {
        let band = Band { share, variance_per_day: 0.0 };
        let rules = Kelly { band, cooldown: Nanos::ZERO, max_loss_share: 1.0, ..kelly() };
        let mut engine = taker(rules, 0.42);
        let deep = |at, ask| snapshot(at, &[(30, 9_000)], &[(ask, 90_000)]);
        let entry = orders(&run(&mut engine, &[deep(SECOND, 33)])).remove(0);
        fill_whole(&mut engine, 2 * SECOND, &entry, 33);
        // A little cheaper: a little more would be best.
        orders(&run(&mut engine, &[deep(3 * SECOND, 32)])).iter().map(|order| order.quantity).sum()
    };
    let (free, banded): (Quantity, Quantity) = (with(0.0), with(0.5));
    assert!(free.is_positive());
    assert_eq!(banded, Quantity::ZERO);
    assert!(with(0.02) < free);
}

fn both_markets(at: i64, first: u16, second: u16) -> [Event; 2] {
    [
        snapshot_of(at, 0, &[(first - 2, 500)], &[(first, 500)]),
        snapshot_of(at + 1, 1, &[(second - 2, 500)], &[(second, 500)]),
    ]
}

fn same_question(limit: i32) -> Engine {
    same_question_with(|config| {
        config.strategies[0].limits.max_position_contracts = contracts(limit);
    })
}

fn same_question_with(change: impl FnOnce(&mut EngineConfig)) -> Engine {
    let rules = Kelly { same_question: true, cooldown: Nanos::ZERO, ..kelly() };
    let mut config = config(vec![strategy(constant(0.42), Decision::Kelly(rules))]);
    change(&mut config);
    let mut engine = trading(config);
    run(&mut engine, &[listed(10, 1, "KXTEST-2")]);
    engine
}

#[test]
fn bought_where_it_is_cheapest() {
    let mut engine = same_question(1_000_000);
    // The dearer market has news first: nothing is bought there once the cheaper one is known.
    run(&mut engine, &[mode(20, Mode::Halted)]);
    run(&mut engine, &both_markets(SECOND, 35, 33));
    let placed = run(&mut engine, &[mode(2 * SECOND, Mode::Active)]);
    assert!(orders(&placed).is_empty());
    let first = run(&mut engine, &[snapshot_of(3 * SECOND, 0, &[(33, 500)], &[(35, 501)])]);
    assert!(orders(&first).is_empty(), "{:?}", told(&first));
    assert_eq!(why(&engine, 0), Denial::CheaperElsewhere);
    let second = orders(&run(&mut engine, &[tick(4 * SECOND)]));
    assert_eq!(second.len(), 1);
    assert_eq!((second[0].market, second[0].price), (MarketId(1), cents(33)));
    // While that one is on its way, the other market waits.
    let third = run(&mut engine, &[snapshot_of(5 * SECOND, 0, &[(29, 500)], &[(31, 501)])]);
    assert!(orders(&third).is_empty());
    assert_eq!(why(&engine, 0), Denial::OrderWorking);
}

/// A cheaper price where no order can leave is nobody's: the entry is made where it can be.
#[test]
fn a_cheaper_price_that_cannot_be_had_holds_nothing_up() {
    let other = MarketId(1);
    let cheaper = |size| snapshot_of(2 * SECOND, 1, &[(31, 500)], &[(33, size)]);
    let quarantine = |mode| restriction(10, Scope::Market(other), mode, Origin::Shell);
    let thin = |c: &mut EngineConfig| {
        if let Decision::Kelly(rules) = &mut c.strategies[0].decision {
            rules.min_contracts = contracts(20);
        }
    };
    let halves = |c: &mut EngineConfig| c.strategies[0].blend.model_weight = 0.9;
    let range = |c: &mut EngineConfig| c.strategies[0].limits.min_price = cents(34);
    let collar = |c: &mut EngineConfig| c.strategies[0].limits.price_collar = cents(4);
    type Change = fn(&mut EngineConfig);
    let same: Change = |_| ();
    let closing = Event::MarketStatusChanged(MarketStatusChanged {
        at: ms(3 * SECOND),
        market: other,
        status: MarketStatus::Active,
        close: Some(ms(200 * SECOND)),
    });
    let wide = snapshot_of(2 * SECOND, 1, &[(20, 500)], &[(33, 500)]);
    let cases: [(&str, Change, Vec<Event>, bool); 8] = [
        ("nothing is against it", same, vec![cheaper(500)], false),
        ("quarantined", same, vec![quarantine(Mode::ReduceOnly), cheaper(500)], true),
        ("stopped", same, vec![quarantine(Mode::Halted), cheaper(500)], true),
        ("about to close", same, vec![cheaper(500), closing], true),
        ("too small", thin, vec![cheaper(5)], true),
        ("outside the range of prices", range, vec![cheaper(500)], true),
        ("not enough of a market", halves, vec![wide.clone()], true),
        ("too far from the middle", collar, vec![wide], true),
    ];
    for (name, change, events, bought) in cases {
        let mut engine = same_question_with(change);
        run(&mut engine, &[mode(20, Mode::Halted)]);
        run(&mut engine, &events);
        run(&mut engine, &[mode(4 * SECOND, Mode::Active)]);
        let here =
            orders(&run(&mut engine, &[snapshot_of(5 * SECOND, 0, &[(33, 500)], &[(35, 500)])]));
        let prices: Vec<_> = here.iter().map(|order| (order.market, order.price)).collect();
        let expected = if bought { vec![(M, cents(35))] } else { vec![] };
        assert_eq!(prices, expected, "{name}: {:?}", why_not(&engine, 0));
    }
}

/// A pause of one's own is no reason to pay more elsewhere.
#[test]
fn a_pause_where_it_is_cheapest_is_waited_for() {
    let mut engine = same_question_with(|config| {
        if let Decision::Kelly(rules) = &mut config.strategies[0].decision {
            rules.cooldown = Nanos::from_secs(900);
        }
    });
    let cheap = |at, size| snapshot_of(at, 1, &[(31, 500)], &[(33, size)]);
    let entry = orders(&run(&mut engine, &[cheap(SECOND, 20)])).remove(0);
    assert_eq!(entry.quantity, contracts(20));
    fill_whole(&mut engine, 2 * SECOND, &entry, 33);
    let here = |at| snapshot_of(at, 0, &[(33, 500)], &[(35, 500)]);
    let waits = run(&mut engine, &[cheap(3 * SECOND, 500), here(4 * SECOND)]);
    assert_eq!((orders(&waits), why(&engine, 0)), (vec![], Denial::CheaperElsewhere));
    let later = orders(&run(&mut engine, &[here(901 * SECOND), tick(902 * SECOND)]));
    assert_eq!(later.first().map(|order| order.market), Some(MarketId(1)), "{later:?}");
}

/// What was given up where it is cheapest is not bought there for hours: that is no reason not to buy elsewhere.
#[test]
fn a_pause_after_an_exit_where_it_is_cheapest_holds_nothing_up() {
    let mut engine = same_question_with(|config| {
        if let Decision::Kelly(rules) = &mut config.strategies[0].decision {
            rules.cooldown = Nanos::from_secs(30);
            rules.exits = Exits {
                max_holding: Some(Nanos::from_secs(60)),
                reentry: Nanos::from_secs(7_200),
                ..Exits::default()
            };
        }
    });
    let cheap = |at, size| snapshot_of(at, 1, &[(31, 500)], &[(33, size)]);
    let entry = orders(&run(&mut engine, &[cheap(SECOND, 20)])).remove(0);
    fill_whole(&mut engine, 2 * SECOND, &entry, 33);
    let exit = orders(&run(&mut engine, &[cheap(70 * SECOND, 20)])).remove(0);
    assert!(exit.reduce_only);
    let mut after = fill_whole(&mut engine, 71 * SECOND, &exit, 31);
    after.extend(run(&mut engine, &[cheap(72 * SECOND, 500)]));
    assert_eq!((orders(&after), why(&engine, 1)), (vec![], Denial::Reentry));
    let here =
        orders(&run(&mut engine, &[snapshot_of(73 * SECOND, 0, &[(33, 500)], &[(35, 500)])]));
    assert_eq!(here.first().map(|order| order.market), Some(M), "{:?}", why_not(&engine, 0));
}

/// News that the cheaper market had first are no bargain on the dearer one, and each says so of itself.
#[test]
fn news_that_the_cheaper_market_had_first_are_not_bought_at_the_dearer() {
    const MINUTE: i64 = 60 * SECOND;
    let external = ModelSpec::External { sd_logit: 0.3, max_age: Nanos::from_secs(864_000) };
    let mut engine = same_question_with(|config| config.strategies[0].model = external);
    let books = |at, cheaper: u16| {
        [
            snapshot_of(at, 0, &[(44, 900)], &[(45, 900)]),
            snapshot_of(at, 1, &[(cheaper, 900)], &[(cheaper + 1, 900)]),
        ]
    };
    run(&mut engine, &[mode(20, Mode::Halted), signal(500, "a", "probability", 0.40)]);
    for minute in 1..30 {
        run(&mut engine, &books(minute * MINUTE, if minute < 20 { 34 } else { 41 }));
        run(&mut engine, &[tick(minute * MINUTE + 1)]);
    }
    run(&mut engine, &[signal(30 * MINUTE, "b", "probability", 0.65)]);
    run(&mut engine, &[mode(30 * MINUTE + 1, Mode::Active)]);
    let held = run(&mut engine, &books(31 * MINUTE, 41));
    assert_eq!(orders(&held), vec![]);
    assert_eq!((why(&engine, 0), why(&engine, 1)), (Denial::AlreadyPriced, Denial::AlreadyPriced));
    // Where it has come back it is worth something again.
    let back = orders(&run(&mut engine, &books(32 * MINUTE, 35)));
    assert_eq!(back.first().map(|order| order.market), Some(MarketId(1)));
}

#[test]
fn one_limit_for_all_markets_of_the_question() {
    let mut engine = same_question(50);
    let mut at = SECOND;
    for round in 0..40_u16 {
        let (first, second) = if round.is_multiple_of(2) { (33, 34) } else { (34, 33) };
        for event in both_markets(at, first, second) {
            for order in orders(&run(&mut engine, &[event])) {
                fill_whole(&mut engine, at + 2, &order, first.min(second));
            }
        }
        at += SECOND;
    }
    let total = engine.position(MarketId(0)).quantity + engine.position(MarketId(1)).quantity;
    assert!(total.is_positive() && total <= contracts(50), "{total}");
}

/// A strategy in its ramp has a part of that limit, for all its markets together as well (R28).
#[test]
fn one_ramped_limit_for_all_markets_of_the_question() {
    let mut engine = same_question_with(|config| {
        config.strategies[0].limits.max_position_contracts = contracts(500);
        config.real_money = true;
        config.supervision.armed = true;
        config.limits.guards.ramp_e4 = 1_000;
        config.limits.guards.ramp = Nanos::from_secs(100_000);
    });
    for round in 0..40_u16 {
        let (first, second) = if round.is_multiple_of(2) { (33, 34) } else { (34, 33) };
        let at = SECOND * i64::from(round + 1);
        for event in both_markets(at, first, second) {
            for order in orders(&run(&mut engine, &[event])) {
                fill_whole(&mut engine, at + 2, &order, first.min(second));
            }
        }
    }
    let total = engine.position(MarketId(0)).quantity + engine.position(MarketId(1)).quantity;
    assert!(total.is_positive() && total <= contracts(50), "{total}");
}

fn named(name: &str, event: &str, ticker: &str, companions: Vec<Companion>) -> Strategy {
    Strategy {
        name: name.into(),
        event: event.into(),
        markets: vec![MarketSelector {
            venue: statecraft_domain::Venue::Kalshi,
            pattern: TickerPattern::Exact(ticker.into()),
        }],
        companions,
        ..strategy(constant(0.42), Decision::Kelly(Kelly { max_loss_share: 1.0, ..kelly() }))
    }
}

/// With trips shared, less is bought of the second country than alone.
#[test]
fn companions_are_sized_together() {
    let size = |shared: Option<f64>| {
        let companions = shared
            .map(|shared_trips| Companion { event: "china".into(), shared_trips })
            .into_iter()
            .collect();
        let mut engine = trading(config(vec![
            named("china", "china", "KXTEST-1", Vec::new()),
            named("japan", "japan", "KXTEST-2", companions),
        ]));
        run(&mut engine, &[listed(10, 1, "KXTEST-2")]);
        let first = snapshot_of(SECOND, 0, &[(31, 9_000)], &[(33, 9_000)]);
        let china = orders(&run(&mut engine, &[first])).remove(0);
        fill_whole(&mut engine, SECOND + 1, &china, 33);
        let second = snapshot_of(2 * SECOND, 1, &[(31, 9_000)], &[(33, 9_000)]);
        orders(&run(&mut engine, &[second])).remove(0).quantity
    };
    assert!(size(Some(0.8)) < size(Some(0.2)));
    assert!(size(Some(0.2)) <= size(None));
}

fn two_countries(shared_trips: f64) -> Engine {
    let companions = vec![Companion { event: "china".into(), shared_trips }];
    let mut config = config(vec![
        named("china", "china", "KXTEST-1", Vec::new()),
        named("japan", "japan", "KXTEST-2", companions),
    ]);
    for one in &mut config.strategies {
        one.limits.max_order_contracts = contracts(300);
        if let Decision::Kelly(rules) = &mut one.decision {
            rules.cooldown = Nanos::ZERO;
        }
    }
    config.strategies[1].limits.max_order_contracts = contracts(100_000);
    let mut engine = trading(config);
    run(&mut engine, &[listed(10, 1, "KXTEST-2")]);
    engine
}

fn china(at: i64, bid: u16, ask: u16) -> Event {
    snapshot_of(at, 0, &[(bid, 9_000)], &[(ask, 9_000)])
}

fn japan(engine: &mut Engine) -> Quantity {
    let second = snapshot_of(9 * SECOND, 1, &[(31, 9_000)], &[(33, 9_000)]);
    orders(&run(engine, &[second])).remove(0).quantity
}

fn no_answer(at: i64, order: &OrderRequest) -> Event {
    let cause = "timeout".to_owned();
    Event::OrderUnknown(OrderUnknown { at: ms(at), order: order.id, cause })
}

/// A companion is there whatever its last evaluation came to: while its order is at work it has no need of a belief.
#[test]
fn a_companion_whose_order_is_at_work_counts() {
    let size = |woken: bool| {
        let mut engine = two_countries(0.8);
        let first = orders(&run(&mut engine, &[china(SECOND, 31, 33)])).remove(0);
        let second = fill_whole(&mut engine, SECOND + 1, &first, 33);
        let second = orders(&second).remove(0);
        run(&mut engine, &[no_answer(SECOND + 2, &second)]);
        if woken {
            run(&mut engine, &[reconciled(3 * SECOND, 2 * SECOND), china(4 * SECOND, 31, 33)]);
            assert_eq!(why(&engine, 0), Denial::OrderWorking);
        }
        japan(&mut engine)
    };
    assert_eq!(size(true), size(false));
    let alone = japan(&mut two_countries(0.8));
    assert!(size(true) < alone, "{} with it, {alone} without", size(true));
}

/// What may still fill counts as filled.
#[test]
fn what_a_companion_has_on_its_way_counts_as_held() {
    let size = |filled: bool| {
        let mut engine = two_countries(0.8);
        let order = orders(&run(&mut engine, &[china(SECOND, 31, 33)])).remove(0);
        run(&mut engine, &[mode(SECOND + 1, Mode::Halted)]);
        if filled {
            fill_whole(&mut engine, SECOND + 2, &order, 33);
        } else {
            run(&mut engine, &[no_answer(SECOND + 2, &order)]);
        }
        // Nothing more is worth buying there.
        run(&mut engine, &[china(2 * SECOND, 31, 42), mode(3 * SECOND, Mode::Active)]);
        japan(&mut engine)
    };
    assert_eq!(size(false), size(true));
    assert!(size(false) < japan(&mut two_countries(0.8)));
}
