//! A restart holds back for as long as the run before it would have: what a decision remembers of orders and of
//! prices comes back from the journal.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

mod support;

use statecraft_domain::control::{Origin, Scope};
use statecraft_domain::event::{FlattenRequested, MarketStatusChanged, Mode, StrategyChanged};
use statecraft_domain::order::CloseReason;
use statecraft_domain::signal::{Label, SourceClass};
use statecraft_domain::{
    Action, ClientOrderId, Denial, Event, MarketId, MarketStatus, Nanos, OrderRequest, Side,
    Signal, StrategyId, Timestamp, Venue,
};
use statecraft_engine::config::{
    CalendarWindow, DealSpec, Decision, EngineConfig, Exits, HazardSpec, Kelly, Maker, ModelSpec,
    SignalShape, SignalWeight, Strategy, StrategyLimits, Threshold,
};
use statecraft_engine::{DecisionFacts, DecisionOutcome, Engine};
use support::*;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

/// What the journal keeps of a run, in its order.
enum Kept {
    Event(Event),
    Intent(OrderRequest, Box<DecisionFacts>),
    Cancel(ClientOrderId),
}

/// An engine and its journal.
struct Bot {
    config: EngineConfig,
    engine: Engine,
    kept: Vec<Kept>,
}

impl Bot {
    fn new(strategies: Vec<Strategy>) -> Self {
        Self::with(config(strategies))
    }

    fn with(config: EngineConfig) -> Self {
        let mut bot = Self { engine: Engine::new(config.clone()), config, kept: Vec::new() };
        bot.step(&[listed(0, 0, "KXTEST-1"), account(0, 10_000, &[]), mode(0, Mode::Active)]);
        bot
    }

    fn step(&mut self, events: &[Event]) -> Vec<OrderRequest> {
        let mut placed = Vec::new();
        for event in events {
            let market_data = matches!(
                event,
                Event::BookSnapshot(_) | Event::BookChanged(_) | Event::ClockTicked(_)
            );
            if !market_data && !matches!(event, Event::ModeChanged(_) | Event::FlattenRequested(_))
            {
                self.kept.push(Kept::Event(event.clone()));
            }
            for action in run(&mut self.engine, std::slice::from_ref(event)) {
                match action {
                    Action::Place(order) => {
                        let decided = self.engine.decided(order.get().id).cloned().unwrap();
                        self.kept.push(Kept::Intent(order.get().clone(), Box::new(decided)));
                        placed.push(order.get().clone());
                    }
                    Action::Latch(latch) => self.kept.push(Kept::Event(latch.into_event())),
                    Action::Cancel(cancel) => self.kept.push(Kept::Cancel(cancel.order)),
                    _ => {}
                }
            }
        }
        placed
    }

    /// Fills an order whole at a price.
    fn fill(&mut self, at: i64, order: &OrderRequest, price: u16) -> Vec<OrderRequest> {
        let size = i32::try_from(order.quantity.e6() / 1_000_000).unwrap();
        let (id, trade) = (order.id.sequence, format!("t{}", order.id.sequence));
        let mut fill = filled(at, id, &trade, order.side, price, size);
        if let Event::OrderFilled(filled) = &mut fill {
            filled.fill.market = order.market;
        }
        self.step(&[fill])
    }

    /// Another process that has read the journal, compared the account and trades.
    fn restarted(&self, at: i64) -> Engine {
        let mut engine = Engine::new(self.config.clone());
        for kept in &self.kept {
            match kept {
                Kept::Event(event) => drop(run(&mut engine, std::slice::from_ref(event))),
                Kept::Intent(order, decided) => engine.restore_decided(order, decided),
                Kept::Cancel(order) => engine.restore_cancel(*order),
            }
        }
        let held = self.engine.markets().iter().map(|market| {
            let held = self.engine.position(market.id()).quantity.e6() / 1_000_000;
            (market.id().0, i32::try_from(held).unwrap())
        });
        let mut report = account(at, 0, &held.collect::<Vec<_>>());
        if let Event::AccountReported(report) = &mut report {
            report.cash = self.engine.cash(Venue::Kalshi).unwrap();
        }
        run(&mut engine, &[report, mode(at, Mode::Active)]);
        assert_eq!(engine.mode(), Mode::Active);
        engine
    }

    /// Both look at an event; what both come to.
    fn both(&mut self, restarted: &mut Engine, event: &Event) -> DecisionOutcome {
        self.step(std::slice::from_ref(event));
        run(restarted, std::slice::from_ref(event));
        let outcome = |engine: &Engine| engine.last_decision(StrategyId(0), M).unwrap().outcome;
        let (without, with) = (outcome(&self.engine), outcome(restarted));
        assert_eq!(without, with, "without and with a restart, at {:?}", event.at());
        with
    }
}

fn ordered(outcome: DecisionOutcome) -> bool {
    matches!(outcome, DecisionOutcome::Order { .. })
}

#[test]
fn what_was_given_up_is_not_bought_back_by_the_next_process() {
    let exits = Exits {
        max_holding: Some(Nanos::from_secs(3_600)),
        reentry: Nanos::from_secs(7_200),
        ..Exits::default()
    };
    let rules = Kelly { exits, ..kelly() };
    let mut bot = Bot::new(vec![strategy(constant(0.42), Decision::Kelly(rules))]);
    let book = |at| snapshot(at, &[(32, 900)], &[(33, 500)]);
    let entry = bot.step(&[book(SECOND)]).remove(0);
    bot.fill(2 * SECOND, &entry, 33);
    let exit = bot.step(&[book(HOUR + 3 * SECOND)]).remove(0);
    assert!(exit.reduce_only && bot.fill(HOUR + 4 * SECOND, &exit, 32).is_empty());
    let mut next = bot.restarted(HOUR + 5 * SECOND);
    let early = bot.both(&mut next, &book(3 * HOUR + 2 * SECOND));
    assert_eq!(early, DecisionOutcome::Denied(Denial::Reentry));
    assert!(ordered(bot.both(&mut next, &book(3 * HOUR + 3 * SECOND))));
}

/// What was given up on one market is not bought on another that asks the same; one that is about to close is left for
/// its own sake. A restart changes neither.
#[test]
fn what_was_given_up_is_not_bought_elsewhere_by_the_next_process_either() {
    let limit = Exits { reentry: Nanos::from_secs(7_200), ..Exits::default() };
    let too_long = Exits { max_holding: Some(Nanos::from_secs(60)), ..limit };
    let closes = Exits { before_close: Some(Nanos::from_secs(1_800)), ..limit };
    for (exits, waits) in [(too_long, true), (closes, false)] {
        let cooldown = Nanos::from_secs(30);
        let rules = Kelly { exits, same_question: true, cooldown, ..kelly() };
        let mut strategy = strategy(constant(0.42), Decision::Kelly(rules));
        strategy.limits.max_position_contracts = contracts(20);
        let mut bot = Bot::new(vec![strategy]);
        let dear = |at| snapshot_of(at, 0, &[(33, 900)], &[(35, 900)]);
        let cheap = |at| snapshot_of(at, 1, &[(31, 900)], &[(33, 900)]);
        let entry = bot.step(&[listed(1, 1, "KXTEST-2"), dear(2), cheap(SECOND)]).remove(0);
        assert_eq!((entry.market, entry.quantity), (MarketId(1), contracts(20)));
        bot.fill(2 * SECOND, &entry, 33);
        let close = Event::MarketStatusChanged(MarketStatusChanged {
            at: ms(69 * SECOND),
            market: MarketId(1),
            status: MarketStatus::Active,
            close: Some(ms(2_400 * SECOND)),
        });
        // The later of both.
        let mut placed = bot.step(&[close, cheap(70 * SECOND), cheap(601 * SECOND)]);
        let exit = placed.remove(0);
        assert!(exit.reduce_only && exit.market == MarketId(1) && placed.is_empty());
        let at = exit.decided_at.millis() + SECOND;
        bot.fill(at, &exit, 31);
        let mut next = bot.restarted(at + 1);
        // No longer the cheapest, so that nothing but the pause is against the other.
        let other = snapshot_of(at + 2, 1, &[(31, 900)], &[(36, 900)]);
        bot.step(std::slice::from_ref(&other));
        run(&mut next, &[other]);
        let outcome = bot.both(&mut next, &dear(at + 3));
        if waits {
            assert_eq!(outcome, DecisionOutcome::Denied(Denial::Reentry));
            assert!(ordered(bot.both(&mut next, &dear(at + 2 * HOUR))));
        } else {
            assert!(ordered(outcome), "{outcome:?}");
        }
    }
}

/// A model that is told its probability, and a taker with this stop.
fn told_probability(stop: f64) -> Bot {
    let external = ModelSpec::External { sd_logit: 0.3, max_age: Nanos::from_secs(864_000) };
    let exits = Exits { stop_move: Some(stop), ..Exits::default() };
    let cooldown = Nanos::from_secs(60);
    let rules = Kelly { exits, cooldown, max_logit_distance: 20.0, ..kelly() };
    Bot::new(vec![strategy(external, Decision::Kelly(rules))])
}

fn think(at: i64, probability: f64) -> Event {
    signal(at, &format!("at {at}"), "probability", probability)
}

const fn sold(outcome: DecisionOutcome) -> bool {
    matches!(outcome, DecisionOutcome::Order { side: Side::Ask, .. })
}

/// An order may fill late, after another of its side was decided by another belief: its own counts.
#[test]
fn a_stop_counts_from_the_decision_whose_order_filled() {
    let book = |at| snapshot(at, &[(18, 900)], &[(20, 10)]);
    let nothing = |at, id| closed(at, id, CloseReason::ImmediateRest, 0);
    for (first, second, leaves) in [(0.60, 0.45, true), (0.45, 0.60, false)] {
        let mut bot = told_probability(0.10);
        let mut orders = bot.step(&[think(500, first), book(SECOND)]);
        orders.extend(bot.step(&[
            nothing(2 * SECOND, 1),
            think(69 * SECOND, second),
            book(70 * SECOND),
        ]));
        orders.extend(bot.step(&[nothing(71 * SECOND, 2)]));
        assert_eq!(orders.len(), 2);
        let mut next = bot.restarted(72 * SECOND);
        bot.both(&mut next, &book(73 * SECOND));
        let late = filled(74 * SECOND, 1, "late", Side::Bid, 20, 10);
        let outcome = bot.both(&mut next, &late);
        assert_eq!(sold(outcome), leaves, "{first} {second}: {outcome:?}");
        if leaves {
            continue;
        }
        // Of the second decision it would be a fall.
        let mut third = bot.restarted(75 * SECOND);
        bot.both(&mut third, &book(76 * SECOND));
        run(&mut next, &[book(76 * SECOND)]);
        let outcome = bot.both(&mut third, &think(77 * SECOND, 0.46));
        run(&mut next, &[think(77 * SECOND, 0.46)]);
        assert!(!sold(outcome) && next.orders().live().is_empty(), "{outcome:?}");
        assert!(sold(bot.both(&mut third, &think(78 * SECOND, 0.349))));
    }
}

/// Ten were bought at 60 % and thirty at 40 %: the stop counts from 45 %.
#[test]
fn a_stop_counts_from_the_mean_of_what_was_believed() {
    let book = |at, size| snapshot(at, &[(9, 900)], &[(10, size)]);
    let mut bot = told_probability(0.25);
    let first = bot.step(&[think(500, 0.60), book(SECOND, 10)]).remove(0);
    bot.fill(2 * SECOND, &first, 10);
    let second = bot.step(&[think(69 * SECOND, 0.40), book(70 * SECOND, 30)]).remove(0);
    bot.fill(71 * SECOND, &second, 10);
    assert_eq!((first.quantity, second.quantity), (contracts(10), contracts(30)));
    let mut next = bot.restarted(72 * SECOND);
    bot.both(&mut next, &book(73 * SECOND, 30));
    let kept = bot.both(&mut next, &think(80 * SECOND, 0.21));
    assert_eq!(kept, DecisionOutcome::Denied(Denial::Cooldown));
    assert!(sold(bot.both(&mut next, &think(81 * SECOND, 0.199))));
}

#[test]
fn the_next_process_waits_out_the_cooldown() {
    let patient = Kelly { cooldown: Nanos::from_secs(60), ..kelly() };
    let rarely = Threshold { interval: Nanos::from_secs(60), ..t1() };
    for decision in [Decision::Kelly(patient), Decision::Threshold(rarely)] {
        let mut bot = Bot::new(vec![strategy(constant(0.45), decision)]);
        // Little is to be had at a time: more is wanted.
        let book = |at| snapshot(at, &[(30, 900)], &[(33, 10)]);
        let entry = bot.step(&[book(SECOND)]).remove(0);
        bot.fill(2 * SECOND, &entry, 33);
        let mut next = bot.restarted(3 * SECOND);
        let early = bot.both(&mut next, &book(60 * SECOND));
        assert_eq!(early, DecisionOutcome::Denied(Denial::Cooldown));
        assert!(ordered(bot.both(&mut next, &book(61 * SECOND))));
    }
}

/// The venue counts the quotes of a minute whichever process placed them.
#[test]
fn the_next_process_counts_the_quotes_of_the_last_minute() {
    let rules = Maker { max_quotes_per_minute: 2, ..maker() };
    let mut bot = Bot::new(vec![strategy(constant(0.33), Decision::Maker(rules))]);
    let book = |at| snapshot(at, &[(30, 100)], &[(36, 100)]);
    let mut quotes = bot.step(&[book(SECOND), accepted(SECOND + 1, 1), tick(2 * SECOND)]);
    quotes.extend(bot.step(&[accepted(2 * SECOND + 1, 2)]));
    assert_eq!(quotes.len(), 2);
    let gone = |at, id| closed(at, id, CloseReason::Cancelled, 0);
    bot.step(&[gone(4 * SECOND, 1), gone(4 * SECOND, 2)]);
    let mut next = bot.restarted(5 * SECOND);
    let early = bot.both(&mut next, &book(6 * SECOND));
    assert_eq!(early, DecisionOutcome::Denied(Denial::QuoteBudget));
    assert!(ordered(bot.both(&mut next, &book(64 * SECOND))));
}

/// R26: quotes that the run before withdrew are no cancels of somebody else's.
#[test]
fn quotes_that_were_withdrawn_speak_against_no_strategy_in_the_next_process() {
    let mut config = config(vec![strategy(constant(0.33), Decision::Maker(maker()))]);
    config.limits.guards.min_ratio_orders = 1;
    config.limits.guards.max_cancel_e4 = 0;
    let mut bot = Bot::with(config);
    let book = |at, bid, ask| snapshot(at, &[(bid, 100)], &[(ask, 100)]);
    let quotes = bot.step(&[book(SECOND, 30, 36), accepted(SECOND + 1, 1), tick(2 * SECOND)]);
    assert!(!quotes.is_empty());
    bot.step(&[accepted(2 * SECOND + 1, 2)]);
    // Nothing is quoted while it may only reduce; what is withdrawn is gone.
    bot.step(&[mode(3 * SECOND, Mode::ReduceOnly)]);
    let gone = |at, id| closed(at, id, CloseReason::Cancelled, 0);
    let cancels = bot.kept.iter().filter(|kept| matches!(kept, Kept::Cancel(_))).count();
    assert_eq!(cancels, quotes.len());
    bot.step(&[gone(4 * SECOND, 1), gone(4 * SECOND, 2), mode(4 * SECOND, Mode::Active)]);
    let mut next = bot.restarted(5 * SECOND);
    assert!(ordered(bot.both(&mut next, &book(6 * SECOND, 30, 36))));
}

/// What strategies hold, also against each other, and what a person's flatten took of it: a flatten is asked for again,
/// or not at all, but what it closed is closed.
#[test]
fn the_next_process_knows_whose_everything_is() {
    let limits = StrategyLimits {
        max_order_contracts: contracts(100),
        max_position_contracts: contracts(100),
        ..loose_strategy_limits()
    };
    let minds = [("idle", 0.41), ("bull", 0.50), ("bear", 0.30)];
    let strategies = minds.map(|(name, probability)| Strategy {
        name: name.into(),
        limits,
        ..strategy(constant(probability), Decision::Kelly(kelly()))
    });
    let mut bot = Bot::new(strategies.into());
    let book = |at, size| snapshot(at, &[(40, size)], &[(42, 500)]);
    let mut placed = bot.step(&[book(SECOND, 30)]);
    while let Some(order) = placed.pop() {
        let price = if order.side == Side::Bid { 42 } else { 40 };
        placed.extend(bot.fill(2 * SECOND, &order, price));
    }
    assert_eq!(bot.engine.position(M).quantity, contracts(70), "100 of one, 30 against it");
    let flatten = Event::FlattenRequested(FlattenRequested {
        at: ms(3 * SECOND),
        max_slippage: cents(9),
        market: Some(M),
        reason: "test".into(),
    });
    let close = bot.step(&[flatten]).remove(0);
    assert_eq!((close.strategy, close.quantity), (StrategyId(0), contracts(70)));
    bot.step(&[filled(4 * SECOND, close.id.sequence, "part", Side::Ask, 40, 45)]);
    let mut next = bot.restarted(5 * SECOND);
    let look = [
        closed(6 * SECOND, close.id.sequence, CloseReason::ImmediateRest, 45),
        book(7 * SECOND, 1),
    ];
    bot.step(&look);
    run(&mut next, &look);
    for (id, held) in [(0, 0), (1, 55), (2, -30)] {
        for engine in [&bot.engine, &next] {
            let facts = engine.decision_facts(StrategyId(id), M).unwrap();
            assert_eq!(facts.own, Some(contracts(held)), "strategy {id}");
        }
    }
}

fn visitor(rules: Kelly) -> Strategy {
    let spec = HazardSpec {
        window_start: Timestamp::EPOCH,
        deadline: Timestamp::from_secs(365 * 86_400),
        base_rate_per_year: 0.30,
        signals: vec![SignalWeight {
            slug: "relation_good".into(),
            mean: 0.5,
            sd: 0.2,
            shape: SignalShape::Decaying { half_life_days: 60.0 },
            since: None,
        }],
        windows: vec![CalendarWindow {
            name: "summit".into(),
            start: Timestamp::from_secs(300 * 86_400),
            end: Timestamp::from_secs(310 * 86_400),
            attend: (20.5, 6.5),
            include: (1.5, 6.0),
        }],
        deal: Some(DealSpec::default()),
        ..HazardSpec::default()
    };
    strategy(ModelSpec::Hazard(spec), Decision::Kelly(rules))
}

/// One freeze for each strategy and market, with the same end as without the restart.
#[test]
fn a_freeze_outlives_the_process_that_saw_the_move() {
    let mut first = visitor(kelly());
    first.blend = blend(0.4);
    let second = Strategy { name: "second".into(), event: "other-event".into(), ..first.clone() };
    let mut bot = Bot::new(vec![first, second]);
    bot.step(&[listed(0, 1, "KXTEST-2")]);
    bot.step(&[snapshot(MINUTE, &[(34, 900)], &[(35, 900)]), tick(MINUTE + 1)]);
    // The second one knows why.
    let mut told = news(5 * MINUTE, "relation_good");
    if let Event::SignalReceived(signal) = &mut told {
        signal.target = "other-event".into();
    }
    bot.step(&[told, snapshot(10 * MINUTE, &[(54, 900)], &[(55, 900)]), tick(10 * MINUTE + 1)]);
    let mut next = bot.restarted(20 * MINUTE);
    let edge = |at: i64| snapshot(at, &[(80, 900)], &[(81, 900)]);
    let frozen = bot.both(&mut next, &edge(130 * MINUTE - 1));
    assert_eq!(frozen, DecisionOutcome::Denied(Denial::UnexplainedMove));
    let weight = |engine: &Engine, strategy: u16| {
        let last = engine.last_decision(StrategyId(strategy), M).unwrap();
        last.belief.unwrap().blended.get()
    };
    assert!((weight(&bot.engine, 0) - weight(&next, 0)).abs() < 1e-12, "the model counts half");
    let other = next.last_decision(StrategyId(1), M).unwrap().outcome;
    assert_ne!(other, DecisionOutcome::Denied(Denial::UnexplainedMove), "not that strategy");
    let elsewhere = next.last_decision(StrategyId(0), MarketId(1)).map(|last| last.outcome);
    assert_ne!(elsewhere, Some(DecisionOutcome::Denied(Denial::UnexplainedMove)));
    let after = bot.both(&mut next, &edge(130 * MINUTE + 1));
    assert_ne!(after, DecisionOutcome::Denied(Denial::UnexplainedMove), "it ends");
}

/// A person's `resume` releases what an unexplained move froze, of the strategy or the market that he names, and the
/// next process finds it released.
#[test]
fn a_release_ends_a_freeze_also_for_the_next_process() {
    let frozen = || {
        let mut first = visitor(kelly());
        first.blend = blend(0.4);
        let second =
            Strategy { name: "second".into(), event: "other-event".into(), ..first.clone() };
        let mut bot = Bot::new(vec![first, second]);
        bot.step(&[snapshot(MINUTE, &[(34, 900)], &[(35, 900)]), tick(MINUTE + 1)]);
        bot.step(&[snapshot(10 * MINUTE, &[(54, 900)], &[(55, 900)]), tick(10 * MINUTE + 1)]);
        bot
    };
    let is_frozen = |engine: &Engine, strategy: u16| {
        let last = engine.last_decision(StrategyId(strategy), M).unwrap();
        last.outcome == DecisionOutcome::Denied(Denial::UnexplainedMove)
    };
    let edge = |at: i64| snapshot(at, &[(60, 900)], &[(61, 900)]);
    let operator = |scope| restriction(15 * MINUTE, scope, Mode::Active, Origin::Operator);
    let halted = restriction(15 * MINUTE, Scope::Market(M), Mode::Halted, Origin::Operator);
    let cases = [
        (None, [true, true]),
        (Some(halted), [true, true]),
        (Some(restriction(15 * MINUTE, Scope::Market(M), Mode::Active, Origin::Shell)), [true; 2]),
        (Some(operator(Scope::Strategy(StrategyId(0)))), [false, true]),
        (Some(operator(Scope::Market(MarketId(0)))), [false, false]),
    ];
    for (release, expected) in cases {
        let mut bot = frozen();
        let held = |engine: &Engine| engine.cautions(Scope::Market(M)).count();
        assert_eq!(held(&bot.engine), 2);
        bot.step(&release.into_iter().collect::<Vec<_>>());
        let left = expected.iter().filter(|frozen| **frozen).count();
        let mut next = bot.restarted(20 * MINUTE);
        assert_eq!((held(&bot.engine), held(&next)), (left, left));
        bot.both(&mut next, &edge(30 * MINUTE));
        for engine in [&bot.engine, &next] {
            let found = [is_frozen(engine, 0), is_frozen(engine, 1)];
            assert_eq!(found, expected);
        }
    }
}

/// An edit takes away the rule: what it froze is free, whichever of process and edit comes first.
#[test]
fn an_edit_without_the_rule_ends_a_freeze() {
    for (no_freeze, no_half) in [(true, true), (true, false), (false, false)] {
        let mut before = visitor(kelly());
        before.blend = blend(0.4);
        let mut bot = Bot::new(vec![before.clone()]);
        bot.step(&[snapshot(MINUTE, &[(34, 900)], &[(35, 900)]), tick(MINUTE + 1)]);
        bot.step(&[snapshot(10 * MINUTE, &[(54, 900)], &[(55, 900)]), tick(10 * MINUTE + 1)]);
        let mut edited = before;
        if no_freeze {
            edited.caution.freeze = Nanos::ZERO;
        }
        if no_half {
            edited.caution.half_weight = Nanos::ZERO;
        }
        let change = Event::StrategyChanged(Box::new(StrategyChanged {
            at: ms(15 * MINUTE),
            strategy: StrategyId(0),
            hash: "edited".into(),
            summary: String::new(),
            text: String::new(),
        }));
        bot.engine.stage_strategy("edited".into(), edited.clone());
        // Recovery leaves the event out: its file is that of now.
        run(&mut bot.engine, &[change]);
        bot.config.strategies[0] = edited;
        let mut next = bot.restarted(20 * MINUTE);
        let outcome = bot.both(&mut next, &snapshot(30 * MINUTE, &[(60, 900)], &[(61, 900)]));
        let is_frozen = outcome == DecisionOutcome::Denied(Denial::UnexplainedMove);
        assert_eq!(is_frozen, !no_freeze, "{outcome:?}");
        let halved = |engine: &Engine| engine.cautions(Scope::Market(M)).count();
        let left = usize::from(!no_half);
        assert_eq!((halved(&bot.engine), halved(&next)), (left, left));
    }
}

/// A forecast that is pushed every second says once that the market had the news first, and again within the hour
/// before that would be forgotten.
#[test]
fn a_forecast_pushed_every_second_is_written_down_once_an_hour() {
    let external = ModelSpec::External { sd_logit: 0.3, max_age: Nanos::from_secs(864_000) };
    let rules = Kelly { edge_min: 0.12, ..kelly() };
    let mut bot = Bot::new(vec![strategy(external, Decision::Kelly(rules))]);
    let book = |at, price| snapshot(at, &[(price, 900)], &[(price + 1, 900)]);
    bot.step(&[signal(SECOND, "first", "probability", 0.36)]);
    for minute in 1..30 {
        bot.step(&[book(minute * MINUTE, 35), tick(minute * MINUTE + 1)]);
    }
    bot.step(&[book(30 * MINUTE, 43)]);
    let written = |bot: &Bot| {
        let raised = |kept: &&Kept| matches!(kept, Kept::Event(Event::CautionRaised(_)));
        bot.kept.iter().filter(raised).count()
    };
    let push = |bot: &mut Bot, second: i64| {
        let chance = if second % 2 == 0 { 0.6 } else { 0.61 } + second as f64 * 1e-6;
        bot.step(&[
            signal(30 * MINUTE + second * SECOND, &format!("push {second}"), "probability", chance),
            tick(30 * MINUTE + second * SECOND + 1),
        ]);
    };
    // Those that rise say it; those that fall say nothing of this side.
    for second in 1..1_200 {
        push(&mut bot, second);
    }
    assert_eq!(written(&bot), 1);
    let mut next = bot.restarted(51 * MINUTE);
    let held = bot.both(&mut next, &book(52 * MINUTE, 43));
    assert_eq!(held, DecisionOutcome::Denied(Denial::AlreadyPriced));
    assert_eq!(bot.engine.counters().orders, 0);
}

fn news(at: i64, slug: &str) -> Event {
    Event::SignalReceived(Box::new(Signal {
        id: "wh".into(),
        source: "wh".into(),
        publisher: "wh.example".into(),
        received: ms(at),
        title: "headline".into(),
        class: SourceClass::Official,
        cluster: "wh".into(),
        labels: vec![Label { slug: slug.into(), strength: 1.0 }],
        ..Signal::default()
    }))
}

#[test]
fn news_that_the_market_had_first_open_nothing_in_the_next_process_either() {
    let rules = Kelly { max_logit_distance: 20.0, edge_min: 0.20, ..kelly() };
    let mut bot = Bot::new(vec![visitor(rules)]);
    let book = |at, price| snapshot(at, &[(price, 900)], &[(price + 1, 900)]);
    for (at, price) in [(MINUTE, 35), (20 * MINUTE, 43), (29 * MINUTE, 43)] {
        assert!(bot.step(&[book(at, price), tick(at + 1)]).is_empty());
    }
    assert!(bot.step(&[news(30 * MINUTE, "visit_announced:1970-06-01")]).is_empty());
    let mut next = bot.restarted(31 * MINUTE);
    let ahead = bot.both(&mut next, &book(32 * MINUTE, 43));
    assert_eq!(ahead, DecisionOutcome::Denied(Denial::AlreadyPriced));
    assert_eq!(bot.engine.counters().orders, 0);
    let back = bot.both(&mut next, &book(40 * MINUTE, 36));
    assert!(matches!(back, DecisionOutcome::Order { side: Side::Bid, .. }), "{back:?}");
}
