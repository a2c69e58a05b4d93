//! Makers: quotes that rest, are kept, replaced and pulled, and never risk more than allowed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

mod support;

use std::collections::BTreeMap;

use proptest::prelude::*;
use statecraft_domain::event::{
    BookLost, CancelFailed, ConnectionChanged, LossCause, MarketStatusChanged, Mode, OrderRejected,
    StrategyChanged,
};
use statecraft_domain::order::CloseReason;
use statecraft_domain::{
    Action, ClientOrderId, Denial, Event, MarketStatus, Nanos, OrderRequest, Price, Quantity,
    RejectReason, Side, StrategyId, TimeInForce, Venue,
};
use statecraft_engine::config::{Decision, EngineConfig, Exits, Maker, ModelSpec, QuoteSides};
use statecraft_engine::{DecisionOutcome, Engine};
use support::*;

fn with(rules: Maker) -> EngineConfig {
    config(vec![strategy(constant(0.33), Decision::Maker(rules))])
}

fn book_of(at: i64) -> Event {
    snapshot(at, &[(30, 100)], &[(36, 100)])
}

/// Both quotes rest: 1 is the bid, 2 the ask.
fn quoting(config: EngineConfig) -> Engine {
    let mut engine = trading(config);
    let first = run(&mut engine, &[book_of(1000)]);
    assert_eq!(told(&first), ["1 buy 20 @ 0.31"]);
    let second = run(&mut engine, &[sent(1001, 1), accepted(1002, 1), tick(2000)]);
    assert_eq!(told(&second), ["2 sell 20 @ 0.35"]);
    assert_eq!(told(&run(&mut engine, &[sent(2001, 2), accepted(2002, 2), tick(3000)])), [""; 0]);
    engine
}

fn why(engine: &Engine) -> Denial {
    match engine.last_decision(StrategyId(0), M).unwrap().outcome {
        DecisionOutcome::Denied(denial) => denial,
        DecisionOutcome::Order { .. } => panic!("an order"),
    }
}

#[test]
fn quotes_wait_and_end_by_themselves() {
    let mut engine = trading(with(maker()));
    let placed = orders(&run(&mut engine, &[book_of(1000)]));
    let quote = placed.first().unwrap();
    assert!(quote.post_only && !quote.reduce_only);
    let TimeInForce::GoodTilCancelled { expires: Some(expires) } = quote.time_in_force else {
        panic!("{:?}", quote.time_in_force)
    };
    assert_eq!(expires - quote.decided_at, Nanos::from_secs(300));
}

#[test]
fn the_account_bounds_how_long_a_quote_is_unattended() {
    let mut config = with(maker());
    config.limits.max_unattended = statecraft_domain::Nanos::from_secs(60);
    let mut engine = trading(config);
    let placed = orders(&run(&mut engine, &[book_of(1000)]));
    let TimeInForce::GoodTilCancelled { expires: Some(expires) } = placed[0].time_in_force else {
        panic!()
    };
    assert_eq!(expires - placed[0].decided_at, Nanos::from_secs(60));
}

/// A tick is not worth the place in the queue; two are. The new quote waits for the old one's end.
#[test]
fn a_replacement_waits_for_the_end_of_the_old_quote() {
    let mut engine = quoting(with(maker()));
    // Others come up to our price, then one tick past it: still no reason to move.
    let nothing = run(&mut engine, &[snapshot(4000, &[(31, 50)], &[(36, 100)]), tick(5000)]);
    assert_eq!(told(&nothing), [""; 0]);
    // Others fall back by two ticks: our bid is more generous than it needs to be.
    let moved = run(&mut engine, &[snapshot(6000, &[(28, 50)], &[(36, 100)])]);
    assert_eq!(told(&moved), ["cancel 1"]);
    // Asked once; and nothing new before the end is known.
    assert_eq!(told(&run(&mut engine, &[tick(7000), tick(8000), tick(9000)])), [""; 0]);
    let after = run(&mut engine, &[closed(9500, 1, CloseReason::Cancelled, 0)]);
    assert_eq!(told(&after), ["3 buy 20 @ 0.29"]);
}

#[test]
fn a_cancel_without_an_end_is_asked_for_again_after_a_while() {
    let mut engine = quoting(with(maker()));
    let moved = run(&mut engine, &[snapshot(6000, &[(28, 50)], &[(36, 100)])]);
    assert_eq!(told(&moved), ["cancel 1"]);
    let failed = Event::CancelFailed(CancelFailed {
        at: ms(6100),
        order: order_id(1),
        detail: "not found".into(),
    });
    assert_eq!(told(&run(&mut engine, &[failed, tick(7000), tick(10_900)])), [""; 0]);
    assert_eq!(told(&run(&mut engine, &[tick(11_000)])), ["cancel 1"]);
}

#[test]
fn renewed_before_it_ends_by_itself() {
    let mut engine = quoting(with(maker()));
    let keep: Vec<Event> = (1..=26).map(|i| book_of(i * 10_000)).collect();
    assert_eq!(told(&run(&mut engine, &keep)), [""; 0]);
    // The bid ends at 301 s: a tenth of its life is left at 271 s.
    let renewed = run(&mut engine, &[book_of(271_000)]);
    assert_eq!(told(&renewed), ["cancel 1"]);
    let after = run(&mut engine, &[closed(271_100, 1, CloseReason::Cancelled, 0)]);
    assert_eq!(told(&after), ["3 buy 20 @ 0.31"]);
}

/// I17: a gap loses several books, one event each. Nothing is decided on a market whose own loss may be next.
#[test]
fn i17_the_loss_of_one_book_decides_nothing_elsewhere() {
    let mut engine = trading(with(maker()));
    assert_eq!(told(&run(&mut engine, &[book_of(1000)])), ["1 buy 20 @ 0.31"]);
    run(&mut engine, &[sent(1001, 1), accepted(1002, 1)]);
    let elsewhere = statecraft_domain::MarketId(M.0 + 1);
    let cause = LossCause::SequenceGap;
    let lost = Event::BookLost(BookLost { at: ms(1500), market: elsewhere, cause });
    assert_eq!(told(&run(&mut engine, &[lost])), [""; 0]);
    assert_eq!(told(&run(&mut engine, &[tick(2000)])), ["2 sell 20 @ 0.35"]);
}

/// Whatever is doubtful pulls both quotes, at once or with the next look at the clock.
#[test]
fn everything_doubtful_pulls() {
    let lost = BookLost { at: ms(4000), market: M, cause: LossCause::SequenceGap };
    let down = ConnectionChanged { at: ms(4000), venue: Venue::Kalshi, connected: false };
    let paused =
        MarketStatusChanged { at: ms(4000), market: M, status: MarketStatus::Paused, close: None };
    let closing = MarketStatusChanged {
        at: ms(4000),
        market: M,
        status: MarketStatus::Active,
        close: Some(ms(4000 + 3_599_000)),
    };
    let silent: Vec<Event> = vec![tick(19_500)];
    for (name, events, reason) in [
        ("reduce only", vec![mode(4000, Mode::ReduceOnly)], Denial::Mode),
        ("book lost", vec![Event::BookLost(lost)], Denial::Book),
        ("disconnected", vec![Event::ConnectionChanged(down)], Denial::Book),
        ("paused", vec![Event::MarketStatusChanged(paused)], Denial::MarketState),
        ("near the close", vec![Event::MarketStatusChanged(closing)], Denial::MarketState),
        ("silent feed", silent, Denial::Book),
        ("crossed", vec![book(4000, Side::Bid, 36, 10)], Denial::Book),
        ("implausible", vec![snapshot(4000, &[(94, 9)], &[(96, 9)])], Denial::Implausible),
    ] {
        let mut config = with(maker());
        config.strategies[0].blend.max_spread = cents(50);
        let mut engine = quoting(config);
        let actions = told(&run(&mut engine, &events));
        let cancels: Vec<&String> = actions.iter().filter(|a| a.starts_with("cancel")).collect();
        assert_eq!(cancels, ["cancel 1", "cancel 2"], "{name}");
        assert_eq!(why(&engine), reason, "{name}");
    }
}

#[test]
fn halting_cancels_what_rests() {
    let mut engine = quoting(with(maker()));
    let actions = told(&run(&mut engine, &[mode(4000, Mode::Killed)]));
    assert_eq!(actions, ["cancel 1", "cancel 2"]);
}

#[test]
fn a_model_that_fell_silent_pulls() {
    let external =
        ModelSpec::External { sd_logit: 0.3, max_age: statecraft_domain::Nanos::from_secs(3600) };
    let rules = Maker { signal_pause: statecraft_domain::Nanos::from_secs(10), ..maker() };
    let mut engine = trading(config(vec![strategy(external, Decision::Maker(rules))]));
    let opinion = signal(500, "a", "probability", 0.33);
    assert_eq!(told(&run(&mut engine, &[opinion, book_of(1000)])), [""; 0]);
    assert_eq!(why(&engine), Denial::QuotesPulled);
    // The pause after the signal is over.
    let placed = run(&mut engine, &[book_of(10_500)]);
    assert_eq!(told(&placed), ["1 buy 20 @ 0.31"]);
    let gone = run(&mut engine, &[accepted(10_600, 1), tick(3_601_000)]);
    assert_eq!(told(&gone)[0], "cancel 1");
}

/// The quotes of a maker go before the taker of the same event acts on the news.
#[test]
fn a_signal_pulls_before_anything_is_taken() {
    let external = || ModelSpec::External {
        sd_logit: 0.3,
        max_age: statecraft_domain::Nanos::from_secs(86_400),
    };
    let rules = Maker { signal_pause: statecraft_domain::Nanos::from_secs(10), ..maker() };
    let mut config = config(vec![
        strategy(external(), Decision::Kelly(kelly())),
        strategy(external(), Decision::Maker(rules)),
    ]);
    config.strategies[1].name = "maker".into();
    let mut engine = trading(config);
    run(&mut engine, &[signal(500, "a", "probability", 0.33)]);
    let placed = run(&mut engine, &[snapshot(11_000, &[(32, 100)], &[(35, 100)])]);
    assert_eq!(told(&placed), ["1 buy 20 @ 0.32"]);
    let news = run(&mut engine, &[accepted(11_100, 1), signal(12_000, "b", "probability", 0.60)]);
    let news = told(&news);
    let cancel = news.iter().position(|a| a == "cancel 1").unwrap();
    let buy = news.iter().position(|a| a.contains("buy")).unwrap();
    assert!(cancel < buy, "{news:?}");
}

/// Own quotes are no opinion of the market: alone inside a wide spread they do not move the belief.
#[test]
fn own_quotes_are_no_evidence() {
    let mut config = with(maker());
    config.strategies[0].blend.model_weight = 0.5;
    let mut engine = trading(config);
    run(&mut engine, &[snapshot(1000, &[(30, 100)], &[(36, 100)])]);
    let before = engine.last_decision(StrategyId(0), M).unwrap().belief.unwrap();
    let own = orders_in(&engine);
    assert_eq!(own.len(), 1);
    let (price, size) = (own[0].price, own[0].quantity);
    run(&mut engine, &[accepted(1100, 1), book_at(1200, Side::Bid, price, size), tick(2000)]);
    let after = engine.last_decision(StrategyId(0), M).unwrap().belief.unwrap();
    assert_eq!(before.market, after.market);
    assert_eq!(engine.market(M).unwrap().bid().unwrap().price, price);
}

fn orders_in(engine: &Engine) -> Vec<OrderRequest> {
    engine.orders().live().iter().map(|record| record.request.clone()).collect()
}

fn book_at(at: i64, side: Side, price: Price, size: Quantity) -> Event {
    Event::BookChanged(statecraft_domain::event::BookChanged {
        at: ms(at),
        venue_at: ms(at),
        market: M,
        side,
        price,
        change: statecraft_domain::event::LevelChange::To(size),
    })
}

#[test]
fn a_refused_post_only_quote_is_not_repeated_at_once() {
    let mut engine = trading(with(maker()));
    run(&mut engine, &[book_of(1000)]);
    let refused = Event::OrderRejected(OrderRejected {
        at: ms(1100),
        order: order_id(1),
        reason: RejectReason::PostOnlyCross,
        detail: String::new(),
    });
    let after = told(&run(&mut engine, &[refused, tick(2000)]));
    assert!(after.iter().all(|action| !action.contains("buy")), "{after:?}");
}

/// What the quotes brought is given up in time, after the quotes are gone.
#[test]
fn inventory_held_too_long_is_given_up() {
    let exits = Exits {
        max_holding: Some(statecraft_domain::Nanos::from_secs(100)),
        reentry: statecraft_domain::Nanos::from_secs(50),
        ..Exits::default()
    };
    let mut engine = quoting(with(Maker { exits, ..maker() }));
    run(&mut engine, &[filled(4000, 1, "t", Side::Bid, 31, 20)]);
    let mut at = 5000;
    while at < 104_000 {
        let kept = told(&run(&mut engine, &[book_of(at)]));
        assert!(kept.iter().all(|action| !action.contains("sell")), "{at}: {kept:?}");
        at += 9_000;
        for record in orders_in(&engine) {
            if record.id != order_id(2) {
                let id = record.id.sequence;
                run(&mut engine, &[accepted(at - 1, id)]);
            }
        }
    }
    let leaving = told(&run(&mut engine, &[book_of(104_000)]));
    assert!(leaving.contains(&"cancel 2".to_owned()), "{leaving:?}");
    assert!(leaving.iter().all(|action| !action.contains("sell")));
    let ids: Vec<u64> = orders_in(&engine).iter().map(|order| order.id.sequence).collect();
    let ends: Vec<Event> =
        ids.iter().map(|&id| closed(104_100, id, CloseReason::Cancelled, 0)).collect();
    let gone = orders(&run(&mut engine, &ends));
    assert_eq!(gone.len(), 1);
    assert_eq!((gone[0].side, gone[0].price), (Side::Ask, cents(30)));
    assert_eq!(gone[0].time_in_force, TimeInForce::ImmediateOrCancel);
    assert!(gone[0].reduce_only);
    let id = gone[0].id.sequence;
    let after = run(
        &mut engine,
        &[
            accepted(104_200, id),
            filled(104_300, id, "u", Side::Ask, 30, 20),
            book_of(110_000),
            tick(111_000),
        ],
    );
    assert_eq!(told(&after), [""; 0]);
    assert_eq!(why(&engine), Denial::Reentry);
    assert_eq!(orders(&run(&mut engine, &[book_of(154_101)])).len(), 1);
}

/// A file that quotes no more leaves no quotes behind.
#[test]
fn an_edit_that_ends_quoting_pulls() {
    let mut engine = quoting(with(maker()));
    let edited = strategy(constant(0.33), Decision::Kelly(kelly()));
    engine.stage_strategy("new".into(), edited);
    let change = StrategyChanged {
        at: ms(4_000),
        strategy: StrategyId(0),
        hash: "new".into(),
        summary: "a test".into(),
        text: String::new(),
    };
    let actions = told(&run(&mut engine, &[Event::StrategyChanged(Box::new(change))]));
    assert_eq!(actions, ["cancel 1", "cancel 2", "alert strategy_changed"]);
    let failed = |order| {
        Event::CancelFailed(CancelFailed {
            at: ms(4_100),
            order: order_id(order),
            detail: "try again".into(),
        })
    };
    assert_eq!(told(&run(&mut engine, &[failed(1), failed(2), tick(8_000)])), [""; 0]);
    assert_eq!(told(&run(&mut engine, &[tick(9_000)])), ["cancel 1", "cancel 2"]);
}

/// A limit that a smaller quote keeps makes it smaller, whatever the limit is on.
#[test]
fn quotes_shrink_to_every_limit_on_cost() {
    // Twenty at 0.31 cost 6.20, ten 3.10.
    let most = statecraft_domain::Usd::from_cents(400);
    type Change = fn(&mut EngineConfig, statecraft_domain::Usd);
    let limits: [(&str, Change); 5] = [
        ("venue", |c, most| c.limits.guards.max_venue_cost = most),
        ("total", |c, most| c.limits.guards.max_total_cost = most),
        ("hour", |c, most| c.limits.guards.max_hour_cost = most),
        ("signal", |c, most| c.limits.guards.max_signal_cost = most),
        ("source", |c, most| c.limits.guards.max_source_cost = most),
    ];
    for (name, change) in limits {
        let external = ModelSpec::External { sd_logit: 0.3, max_age: Nanos::from_secs(86_400) };
        let rules = Maker { signal_pause: Nanos::ZERO, ..maker() };
        let mut config = config(vec![strategy(external, Decision::Maker(rules))]);
        change(&mut config, most);
        let mut engine = trading(config);
        run(&mut engine, &[signal(500, "a", "probability", 0.33)]);
        let placed = told(&run(&mut engine, &[book_of(1000)]));
        assert_eq!(placed, ["1 buy 10 @ 0.31"], "{name}: {:?}", why_not(&engine));
    }
    let mut config = with(maker());
    config.real_money = true;
    config.supervision.armed = true;
    config.limits.guards.ramp_e4 = 1_000;
    config.limits.guards.ramp = Nanos::from_secs(100);
    config.strategies[0].limits.max_group_cost = statecraft_domain::Usd::from_dollars(40);
    let mut engine = trading(config);
    let placed = told(&run(&mut engine, &[book_of(1000)]));
    assert_eq!(placed, ["1 buy 10 @ 0.31"], "ramp: {:?}", why_not(&engine));
}

/// A wish that a limit cuts to less than half rests as it is: to ask for it again would get no more.
#[test]
fn a_quote_that_the_limits_cut_down_keeps_its_place() {
    let mut config = with(maker());
    config.limits.guards.max_total_cost = statecraft_domain::Usd::from_cents(200);
    let mut engine = trading(config);
    let placed = told(&run(&mut engine, &[book_of(1000)]));
    assert_eq!(placed, ["1 buy 5 @ 0.31"], "{:?}", why_not(&engine));
    let later = told(&run(&mut engine, &[accepted(1010, 1), book_of(1100), tick(1200)]));
    assert_eq!(later, Vec::<String>::new());
}

fn why_not(engine: &Engine) -> DecisionOutcome {
    engine.last_decision(StrategyId(0), M).unwrap().outcome
}

/// What quotes close opens nothing: round trips use up no limit on what is opened because of one signal.
#[test]
fn r25_quotes_that_close_open_nothing() {
    let external = ModelSpec::External { sd_logit: 0.3, max_age: Nanos::from_secs(86_400) };
    let rules = Maker { signal_pause: Nanos::ZERO, sides: QuoteSides::Both, ..maker() };
    let mut config = config(vec![strategy(external, Decision::Maker(rules))]);
    // A bid for twenty costs 6.20; the ask that sells them again is worth 13.00 of the other outcome.
    config.limits.guards.max_signal_cost = statecraft_domain::Usd::from_cents(900);
    let mut engine = trading(config);
    run(&mut engine, &[signal(500, "a", "probability", 0.33), book_of(1000)]);
    let bid = orders_in(&engine)[0].clone();
    assert_eq!((bid.side, bid.quantity), (Side::Bid, contracts(20)));
    run(&mut engine, &[accepted(1_100, 1), filled(1_200, 1, "a", Side::Bid, 31, 20)]);
    let closing = orders(&run(&mut engine, &[book_of(2_000)]));
    let asks: Vec<_> =
        closing.iter().chain(&orders_in(&engine)).map(|o| (o.side, o.quantity)).collect();
    assert!(asks.contains(&(Side::Ask, contracts(20))), "{asks:?} {:?}", why_not(&engine));
    // With that ask resting, half of the other side may be opened: 2.80 are left.
    run(&mut engine, &[accepted(2_100, 2), tick(3_000)]);
    let bids: Vec<_> = orders_in(&engine).into_iter().filter(|o| o.side == Side::Bid).collect();
    assert_eq!(bids.len(), 1, "{:?}", why_not(&engine));
    // A restart comes to the same: the intents stand among the events that they followed.
    let mut restarted = Engine::new(engine.config().clone());
    run(&mut restarted, &[listed(0, 0, "KXTEST-1"), account(0, 10_000, &[])]);
    run(&mut restarted, &[signal(500, "a", "probability", 0.33)]);
    restarted.restore_intent(&bid);
    run(&mut restarted, &[accepted(1_100, 1), filled(1_200, 1, "a", Side::Bid, 31, 20)]);
    let ask = orders_in(&engine).into_iter().find(|o| o.side == Side::Ask).expect("an ask");
    restarted.restore_intent(&ask);
    run(&mut restarted, &[accepted(2_100, 2), mode(2_200, Mode::Active), book_of(3_000)]);
    let again: Vec<_> = orders_in(&restarted).into_iter().filter(|o| o.side == Side::Bid).collect();
    assert_eq!(again.len(), 1, "{:?}", why_not(&restarted));
    assert_eq!(again[0].quantity, bids[0].quantity);
}

/// An exit may close while nothing may be opened.
#[test]
fn reduce_only_lets_an_exit_pass() {
    let exits =
        Exits { max_holding: Some(statecraft_domain::Nanos::from_secs(10)), ..Exits::default() };
    let mut engine = quoting(with(Maker { exits, ..maker() }));
    let actions = run(
        &mut engine,
        &[
            filled(4000, 1, "t", Side::Bid, 31, 20),
            mode(5000, Mode::ReduceOnly),
            closed(6000, 2, CloseReason::Cancelled, 0),
            closed(6000, 3, CloseReason::Cancelled, 0),
            book_of(14_000),
            tick(14_500),
        ],
    );
    let exits: Vec<_> = orders(&actions).into_iter().filter(|order| order.reduce_only).collect();
    assert_eq!(exits.len(), 1, "{:?} {:?}", told(&actions), why(&engine));
}

// ---------------------------------------------------------------------------------------------------
// The laws, against a venue that does what it likes.

#[derive(Debug, Clone)]
enum Step {
    Book { bid: u16, spread: u16 },
    Wait { millis: i64 },
    Accept,
    Refuse,
    Fill { which: usize, share: u8 },
    End { which: usize },
    CancelFails,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (2_u16..80, 1_u16..15).prop_map(|(bid, spread)| Step::Book { bid, spread }),
        4 => (1_i64..20_000).prop_map(|millis| Step::Wait { millis }),
        4 => Just(Step::Accept),
        1 => Just(Step::Refuse),
        4 => (any::<usize>(), 1_u8..=100).prop_map(|(which, share)| Step::Fill { which, share }),
        3 => any::<usize>().prop_map(|which| Step::End { which }),
        1 => Just(Step::CancelFails),
    ];
    prop::collection::vec(step, 1..120)
}

/// The test's own account of what is out there.
#[derive(Debug, Default)]
struct Shadow {
    open: BTreeMap<ClientOrderId, (Side, Price, i64)>,
    sent: Vec<ClientOrderId>,
    position: i64,
    placed_at: Vec<i64>,
    cancels: BTreeMap<ClientOrderId, i64>,
    best: (u16, u16),
    trades: u32,
    /// The tighter of the two limits, in millionths.
    most: i64,
    /// Orders allowed in a day.
    per_day: u32,
}

impl Shadow {
    fn note(&mut self, now: i64, actions: &[Action]) -> Result<(), TestCaseError> {
        for action in actions {
            match action {
                Action::Place(order) => {
                    let order = order.get();
                    prop_assert!(order.post_only);
                    // Never crosses the book it sees.
                    match order.side {
                        Side::Bid => prop_assert!(order.price.e4() < self.best.1 * 100),
                        Side::Ask => prop_assert!(order.price.e4() > self.best.0 * 100),
                    }
                    // Never two on a side.
                    let twin = self.open.values().any(|(side, ..)| *side == order.side);
                    prop_assert!(!twin, "two quotes on {:?}: {:?}", order.side, self.open);
                    self.open.insert(order.id, (order.side, order.price, order.quantity.e6()));
                    self.sent.push(order.id);
                    self.placed_at.push(now);
                }
                Action::Cancel(cancel) => {
                    let before = self.cancels.insert(cancel.order, now);
                    prop_assert!(before.is_none_or(|at| now - at >= 5_000), "asked twice");
                }
                _ => {}
            }
        }
        let lately = self.placed_at.iter().filter(|&&at| at > now - 60_000).count();
        prop_assert!(lately <= 6, "{lately} quotes in a minute");
        // A run is no longer than a day.
        let (today, half) = (self.placed_at.len(), self.per_day as usize / 2);
        prop_assert!(today <= half, "{today} quotes in a day");
        self.check_worst_case()
    }

    fn check_worst_case(&self) -> Result<(), TestCaseError> {
        let pending = |wanted: Side| -> i64 {
            let of = self.open.values().filter(|(side, ..)| *side == wanted);
            of.map(|(_, _, left)| left).sum()
        };
        let most = self.most;
        prop_assert!(self.position + pending(Side::Bid) <= most, "{self:?}");
        prop_assert!(-self.position + pending(Side::Ask) <= most, "{self:?}");
        Ok(())
    }
}

fn fill_event(at: i64, id: ClientOrderId, trade: u32, side: Side, price: Price, e6: i64) -> Event {
    let mut event = filled(at, id.sequence, &format!("t{trade}"), side, 50, 1);
    if let Event::OrderFilled(filled) = &mut event {
        filled.fill.price = price;
        filled.fill.quantity = Quantity::from_e6(e6);
        filled.fill.liquidity = statecraft_domain::Liquidity::Maker;
    }
    event
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever the venue does: at most one quote a side, never across the book, the worst case inside
    /// both limits, at most six quotes in any minute and half of the orders of a day, a cancel at most every
    /// five seconds.
    #[test]
    fn laws_of_quoting(
        steps in steps(),
        inventory in prop_oneof![Just(40), Just(80)],
        per_day in prop_oneof![Just(11_u32), Just(1_000_000)],
    ) {
        let rules = Maker { max_inventory: contracts(inventory), ..maker() };
        let mut config = with(rules);
        // The tighter of the two limits counts.
        config.strategies[0].limits.max_position_contracts = contracts(60);
        config.strategies[0].blend.max_spread = cents(50);
        config.limits.max_orders_per_day = per_day;
        let mut engine = trading(config);
        let most = contracts(inventory.min(60)).e6();
        let mut shadow = Shadow { best: (0, 100), most, per_day, ..Shadow::default() };
        let mut now = 1000_i64;
        for step in steps {
            let pick = |which: usize| {
                let count = shadow.open.len().max(1);
                shadow.open.iter().nth(which % count).map(|(id, order)| (*id, *order))
            };
            now += 1;
            let events = match step {
                Step::Book { bid, spread } => {
                    shadow.best = (bid, bid + spread);
                    vec![snapshot(now, &[(bid, 50)], &[(bid + spread, 50)])]
                }
                Step::Wait { millis } => {
                    now += millis;
                    vec![tick(now)]
                }
                Step::Accept => shadow.sent.drain(..).map(|id| accepted(now, id.sequence)).collect(),
                Step::Refuse => shadow.sent.pop().map_or(vec![], |order| {
                    let filled = engine.orders().get(order).is_none_or(|o| !o.filled.is_zero());
                    if filled {
                        return vec![accepted(now, order.sequence)];
                    }
                    shadow.open.remove(&order);
                    let reason = RejectReason::PostOnlyCross;
                    let detail = String::new();
                    vec![Event::OrderRejected(OrderRejected { at: ms(now), order, reason, detail })]
                }),
                Step::Fill { which, share } => pick(which).map_or(vec![], |(id, order)| {
                    let (side, price, left) = order;
                    let lots = (left / 1_000_000 * i64::from(share) / 100).max(1);
                    let e6 = (lots * 1_000_000).min(left);
                    shadow.trades += 1;
                    shadow.position += side.sign() * e6;
                    if e6 == left {
                        shadow.open.remove(&id);
                    } else {
                        shadow.open.insert(id, (side, price, left - e6));
                    }
                    vec![fill_event(now, id, shadow.trades, side, price, e6)]
                }),
                Step::End { which } => pick(which).map_or(vec![], |(id, (_, _, left))| {
                    shadow.open.remove(&id);
                    shadow.sent.retain(|&sent| sent != id);
                    let size = engine.orders().get(id).unwrap().request.quantity.e6();
                    let filled = i32::try_from((size - left) / 1_000_000).unwrap();
                    vec![closed(now, id.sequence, CloseReason::Cancelled, filled)]
                }),
                Step::CancelFails => shadow.cancels.keys().next().map_or(vec![], |&order| {
                    let (at, detail) = (ms(now), String::new());
                    vec![Event::CancelFailed(CancelFailed { at, order, detail })]
                }),
            };
            for event in events {
                let mut actions = Vec::new();
                engine.step(&event, &mut actions);
                prop_assert_eq!(engine.mode(), Mode::Active);
                shadow.note(now, &actions)?;
            }
        }
    }
}
