//! One question on several markets: bought where it is cheapest as far as anybody can tell, at one pace, and given up
//! everywhere at once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

mod support;

use statecraft_domain::control::{Origin, Scope};
use statecraft_domain::event::{BookLost, FlattenRequested, LossCause, MarketStatusChanged, Mode};
use statecraft_domain::order::CloseReason;
use statecraft_domain::{Denial, Event, MarketId, MarketStatus, Nanos, Side, StrategyId};
use statecraft_engine::config::{Decision, EngineConfig, Exits, Kelly, ModelSpec, Slicing};
use statecraft_engine::{DecisionOutcome, Engine};
use support::*;

const SECOND: i64 = 1_000;

fn why_not(engine: &Engine, market: u32) -> DecisionOutcome {
    engine.last_decision(StrategyId(0), MarketId(market)).unwrap().outcome
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

fn kelly_of(config: &mut EngineConfig) -> &mut Kelly {
    match &mut config.strategies[0].decision {
        Decision::Kelly(rules) => rules,
        other => panic!("{other:?}"),
    }
}

/// A book of the market that is bought on first, and one of the other market.
fn there(at: i64, ask: u16, size: i32) -> Event {
    snapshot_of(at, 1, &[(ask - 2, 500)], &[(ask, size)])
}

fn here(at: i64, ask: u16) -> Event {
    snapshot_of(at, 0, &[(ask - 2, 500)], &[(ask, 500)])
}

/// The pause between entries is that of the question: neither is more paid elsewhere because of it, nor bought at once
/// where the same has become cheaper.
#[test]
fn a_pause_between_entries_holds_on_every_market_of_the_question() {
    for (ask, bought) in [(35, MarketId(1)), (31, MarketId(0))] {
        let mut engine =
            same_question_with(|config| kelly_of(config).cooldown = Nanos::from_secs(900));
        let entry =
            orders(&run(&mut engine, &[here(SECOND, 35), there(SECOND + 1, 33, 20)])).remove(0);
        assert_eq!((entry.market, entry.quantity), (MarketId(1), contracts(20)));
        fill_whole(&mut engine, 2 * SECOND, &entry, 33);
        let waits = run(&mut engine, &[there(3 * SECOND, 33, 500), here(900 * SECOND, ask)]);
        assert_eq!((orders(&waits), why(&engine, 0)), (vec![], Denial::Cooldown));
        let later = orders(&run(&mut engine, &[here(901 * SECOND + 1, ask), tick(902 * SECOND)]));
        assert_eq!(later.first().map(|order| order.market), Some(bought), "{later:?}");
    }
}

fn in_slices(fraction: f64) -> Engine {
    same_question_with(|config| {
        let rules = kelly_of(config);
        rules.fraction = fraction;
        rules.cooldown = Nanos::from_secs(900);
        rules.slicing = Slicing { contracts: Some(contracts(10)), interval: Nanos::from_secs(60) };
    })
}

/// Slices go on where it has become cheapest, as far apart as on one market.
#[test]
fn slices_go_on_where_it_is_cheapest() {
    let mut engine = in_slices(0.25);
    let first =
        orders(&run(&mut engine, &[here(SECOND, 35), there(SECOND + 1, 33, 500)])).remove(0);
    assert_eq!((first.market, first.quantity), (MarketId(1), contracts(10)));
    fill_whole(&mut engine, 2 * SECOND, &first, 33);
    let early = run(&mut engine, &[there(3 * SECOND, 36, 500), here(60 * SECOND, 34)]);
    assert_eq!((orders(&early), why(&engine, 0)), (vec![], Denial::Cooldown));
    // Where it began nothing ends because it goes on elsewhere.
    let dearer = run(&mut engine, &[there(61 * SECOND + 1, 36, 400)]);
    assert_eq!((orders(&dearer), why(&engine, 1)), (vec![], Denial::CheaperElsewhere));
    let next = orders(&run(&mut engine, &[here(61 * SECOND + 2, 34)])).remove(0);
    assert_eq!((next.market, next.quantity), (M, contracts(10)));
    fill_whole(&mut engine, 62 * SECOND, &next, 34);
    let back = orders(&run(&mut engine, &[there(122 * SECOND, 33, 500)]));
    assert_eq!(back.first().map(|order| order.market), Some(MarketId(1)));
}

/// The last slice ends the entry wherever it is bought: what is wanted after that waits as any other entry.
#[test]
fn the_last_slice_may_be_bought_elsewhere() {
    let mut engine = in_slices(0.0042);
    let first =
        orders(&run(&mut engine, &[here(SECOND, 35), there(SECOND + 1, 33, 500)])).remove(0);
    assert_eq!(first.quantity, contracts(10));
    fill_whole(&mut engine, 2 * SECOND, &first, 33);
    run(&mut engine, &[there(3 * SECOND, 36, 500)]);
    let last = orders(&run(&mut engine, &[here(61 * SECOND + 1, 34)])).remove(0);
    assert!(last.market == M && last.quantity < contracts(10), "{last:?}");
    fill_whole(&mut engine, 62 * SECOND, &last, 34);
    let more = run(&mut engine, &[here(900 * SECOND, 30)]);
    assert_eq!((orders(&more), why(&engine, 0)), (vec![], Denial::Cooldown));
    assert_eq!(orders(&run(&mut engine, &[here(962 * SECOND, 30)])).len(), 1);
}

/// What was given up where it is cheapest is not bought at once where it is dearer, whatever gave it up.
#[test]
fn what_was_given_up_is_opened_on_no_market_of_the_question() {
    let external = ModelSpec::External { sd_logit: 0.3, max_age: Nanos::from_secs(864_000) };
    let too_long = Exits { max_holding: Some(Nanos::from_secs(60)), ..Exits::default() };
    let stop = Exits { stop_move: Some(0.04), ..Exits::default() };
    let flatten = Event::FlattenRequested(FlattenRequested {
        at: ms(70 * SECOND),
        max_slippage: cents(2),
        market: Some(MarketId(1)),
        reason: "test".into(),
    });
    let believe = |at, probability| signal(at, &format!("at {at}"), "probability", probability);
    let cases = [
        ("held too long", too_long, tick(70 * SECOND)),
        ("stopped", stop, believe(70 * SECOND, 0.45)),
        ("not worth holding", Exits::default(), believe(70 * SECOND, 0.30)),
        ("a person asked", Exits::default(), flatten),
    ];
    for (name, exits, cause) in cases {
        let mut engine = same_question_with(|config| {
            config.strategies[0].model = external.clone();
            let rules = kelly_of(config);
            rules.cooldown = Nanos::from_secs(30);
            rules.exits = Exits { reentry: Nanos::from_secs(7_200), ..exits };
        });
        let seen = [believe(500, 0.50), here(SECOND, 35), there(SECOND + 1, 33, 20)];
        let entry = orders(&run(&mut engine, &seen)).remove(0);
        fill_whole(&mut engine, 2 * SECOND, &entry, 33);
        let gone = snapshot_of(3 * SECOND, 1, &[(31, 500)], &[]);
        let exit = orders(&run(&mut engine, &[gone, cause, there(71 * SECOND, 33, 20)])).remove(0);
        assert!(exit.reduce_only && exit.market == MarketId(1), "{name}");
        let mut after = fill_whole(&mut engine, 72 * SECOND, &exit, 31);
        after.extend(run(
            &mut engine,
            &[believe(73 * SECOND, 0.55), tick(73_500), there(74 * SECOND, 33, 500)],
        ));
        after.extend(run(&mut engine, &[here(75 * SECOND, 35)]));
        assert_eq!(orders(&after), vec![], "{name}");
        assert_eq!(
            (why(&engine, 0), why(&engine, 1)),
            (Denial::Reentry, Denial::Reentry),
            "{name}"
        );
        let end = exit.decided_at.millis() + 7_200 * SECOND;
        run(&mut engine, &[there(end - 1, 36, 500)]);
        let again = orders(&run(&mut engine, &[here(end, 35)]));
        assert_eq!(again.first().map(|order| order.market), Some(M), "{name}");
    }
}

/// A market that is about to close is left for its own sake: the question may be bought elsewhere at once.
#[test]
fn what_is_left_before_its_close_may_be_bought_elsewhere() {
    let mut engine = same_question_with(|config| {
        let rules = kelly_of(config);
        rules.cooldown = Nanos::from_secs(30);
        rules.exits = Exits {
            before_close: Some(Nanos::from_secs(1_800)),
            reentry: Nanos::from_secs(7_200),
            ..Exits::default()
        };
    });
    let entry = orders(&run(&mut engine, &[here(SECOND, 35), there(SECOND + 1, 33, 20)])).remove(0);
    fill_whole(&mut engine, 2 * SECOND, &entry, 33);
    let closes = Event::MarketStatusChanged(MarketStatusChanged {
        at: ms(70 * SECOND),
        market: MarketId(1),
        status: MarketStatus::Active,
        close: Some(ms(1_500 * SECOND)),
    });
    let exit = orders(&run(&mut engine, &[closes])).remove(0);
    assert!(exit.reduce_only);
    fill_whole(&mut engine, 71 * SECOND, &exit, 31);
    run(&mut engine, &[there(72 * SECOND, 33, 500)]);
    assert_eq!(why(&engine, 1), Denial::Reentry);
    let bought = orders(&run(&mut engine, &[here(73 * SECOND, 35)]));
    assert_eq!(bought.first().map(|order| order.market), Some(M), "{:?}", why_not(&engine, 0));
}

fn loses_its_book(at: i64, market: u32) -> Event {
    let (at, market, cause) = (ms(at), MarketId(market), LossCause::SequenceGap);
    Event::BookLost(BookLost { at, market, cause })
}

/// A market without a book may be the cheapest: a minute is waited for it, and no longer, and then a person is told.
#[test]
fn a_market_without_a_book_is_waited_for_and_not_for_ever() {
    let cheaper = || vec![there(SECOND, 33, 500), loses_its_book(2 * SECOND, 1)];
    let dearer = vec![there(SECOND, 36, 500), loses_its_book(2 * SECOND, 1)];
    let quarantined = restriction(10, Scope::Market(MarketId(1)), Mode::Halted, Origin::Shell);
    let mut bid = book(2 * SECOND, Side::Bid, 33, 9);
    if let Event::BookChanged(bid) = &mut bid {
        bid.market = MarketId(1);
    }
    let crossed = vec![there(SECOND, 33, 500), bid];
    let listed_again = vec![listed(2 * SECOND, 1, "KXTEST-2")];
    let cases = [
        ("never seen", listed_again, true),
        ("seen cheaper", cheaper(), true),
        ("seen dearer", dearer, false),
        ("crossed", crossed, true),
        (
            "seen cheaper, where nothing may be opened",
            [vec![quarantined], cheaper()].concat(),
            false,
        ),
    ];
    for (name, seen, waits) in cases {
        let mut engine = same_question_with(|_| ());
        run(&mut engine, &[mode(20, Mode::Halted)]);
        run(&mut engine, &seen);
        run(&mut engine, &[mode(3 * SECOND, Mode::Active)]);
        let at_once = orders(&run(&mut engine, &[here(4 * SECOND, 35)]));
        assert_eq!(at_once.is_empty(), waits, "{name}");
        if !waits {
            continue;
        }
        assert_eq!(why(&engine, 0), Denial::CheaperElsewhere, "{name}");
        // It comes back: bought there.
        let mut back = engine.clone();
        let bought = orders(&run(&mut back, &[there(30 * SECOND, 33, 500)]));
        assert_eq!(bought.first().map(|order| order.market), Some(MarketId(1)), "{name}");
        // Lost again and again without a book in between it is not waited for longer.
        let mut until = |from: i64, to: i64| {
            // The venue is heard of, this market is not.
            let mut trade = traded(0, 34);
            let mut again = |at: i64| {
                trade.stamp(ms(at * SECOND));
                if let Event::Traded(trade) = &mut trade {
                    trade.market = MarketId(1);
                }
                [trade.clone(), loses_its_book(at * SECOND + 1, 1), tick(at * SECOND + 2)]
            };
            let mut actions = Vec::new();
            for at in from..to {
                actions.extend(run(&mut engine, &again(at)));
            }
            actions
        };
        let early = until(5, 62);
        let asks_again = |one: &String| one == "resnapshot 1";
        assert!(told(&early).iter().all(asks_again), "{name}: {:?}", told(&early));
        let late = until(62, 64);
        assert_eq!(orders(&late).first().map(|order| order.market), Some(M), "{name}");
        let alerts = told(&late).iter().filter(|one| **one == "alert sibling_unseen").count();
        assert_eq!(alerts, 1, "{name}");
    }
}

/// A person is told once for every book that is missing.
#[test]
fn a_missing_book_is_told_once() {
    let mut engine = same_question_with(|config| kelly_of(config).cooldown = Nanos::from_secs(60));
    let mut alerts = 0;
    let start = [there(SECOND, 33, 500), loses_its_book(2 * SECOND, 1)];
    run(&mut engine, &[mode(20, Mode::Halted)]);
    run(&mut engine, &start);
    run(&mut engine, &[mode(3 * SECOND, Mode::Active)]);
    for (round, ask) in (0..6_i64).zip([35, 34].into_iter().cycle()) {
        let at = (100 + 100 * round) * SECOND;
        if round == 3 {
            run(&mut engine, &[mode(at - 9, Mode::Halted), there(at - 8, 40, 500)]);
            run(&mut engine, &[there(at - 7, 33, 500), loses_its_book(at - 6, 1)]);
            run(&mut engine, &[mode(at - 5, Mode::Active)]);
        }
        let actions = run(&mut engine, &[here(at, ask)]);
        alerts += told(&actions).iter().filter(|one| **one == "alert sibling_unseen").count();
        for order in orders(&actions) {
            run(&mut engine, &[closed(at + 1, order.id.sequence, CloseReason::ImmediateRest, 0)]);
        }
    }
    assert_eq!(alerts, 2);
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
    // Its price of a moment ago says so, too, however long the book is gone.
    let lost = engine.clone();
    for after in [1, 600] {
        let mut lost = lost.clone();
        let at = (31 * 60 + after) * SECOND;
        run(&mut lost, &[loses_its_book(31 * MINUTE + 2, 1)]);
        let dearer = run(&mut lost, &[snapshot_of(at, 0, &[(44, 900)], &[(45, 800)])]);
        assert_eq!((orders(&dearer), why(&lost, 0)), (vec![], Denial::AlreadyPriced));
    }
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
