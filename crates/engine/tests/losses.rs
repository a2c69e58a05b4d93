//! Losses of the day, of the week and since the best moment (R24): how they are counted, what they stop, and what a
//! person accepts who lets it trade on.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod support;

use statecraft_domain::Usd;
use statecraft_domain::control::VenueCondition;
use statecraft_domain::event::{BookLost, LossCause, MarketStatusChanged, Mode, ModeChanged};
use statecraft_domain::order::CloseReason;
use statecraft_domain::{
    Action, Denial, Event, MarketStatus, Nanos, OrderRequest, Side, StrategyId,
};
use statecraft_engine::config::{Decision, EngineConfig};
use statecraft_engine::{DecisionOutcome, Engine};
use support::*;

const HOUR: i64 = 3_600_000;

fn why(engine: &Engine) -> Option<Denial> {
    match engine.last_decision(StrategyId(0), M)?.outcome {
        DecisionOutcome::Denied(denial) => Some(denial),
        DecisionOutcome::Order { .. } => None,
    }
}

fn loss_guards(config: &mut EngineConfig) {
    let guards = &mut config.limits.guards;
    guards.max_day_loss = Usd::from_cents(311);
    guards.max_week_loss = Usd::from_cents(361);
    guards.max_drawdown = Usd::from_cents(411);
    guards.mark_patience = Nanos::from_secs(600);
}

/// Holds ten that cost 4.70 and a cent: 11 cents are lost at a bid of 0.46.
fn holder() -> (Engine, Vec<Action>) {
    let mut engine = buyer(loss_guards);
    let fill = filled(1_100, 1, "t", Side::Bid, 47, 10);
    let actions = run(&mut engine, &[tempting(1_000), fill, tick(1_200)]);
    assert_eq!(engine.position(M).quantity, contracts(10));
    (engine, actions)
}

fn bid(at: i64, cents: u16) -> Event {
    snapshot(at, &[(cents, 50)], &[(60, 50)])
}

/// Looks at the clock until what is seen at `at` stands.
fn stands(engine: &mut Engine, at: i64) -> Vec<Action> {
    let ticks: Vec<Event> = (0..12).map(|second| tick(at + 1 + second * 1_000)).collect();
    run(engine, &ticks)
}

/// The same of a price that is seen then.
fn sees(engine: &mut Engine, at: i64, cents: u16) -> Vec<Action> {
    let mut actions = run(engine, &[bid(at, cents)]);
    actions.extend(stands(engine, at));
    actions
}

#[test]
fn r24_f33_a_days_loss_only_closes_and_a_drawdown_kills() {
    let (mut engine, _) = holder();
    sees(&mut engine, 20_000, 17);
    assert_eq!(engine.mode(), Mode::Active, "3.01 lost");
    let actions = sees(&mut engine, 40_000, 16);
    assert_eq!(told(&actions), ["latch", "alert day_loss"]);
    assert_eq!(engine.mode(), Mode::ReduceOnly, "3.11 lost");
    let actions = sees(&mut engine, 60_000, 7);
    assert_eq!(engine.mode(), Mode::ReduceOnly, "4.01 lost {actions:?}");
    let actions = sees(&mut engine, 80_000, 6);
    assert_eq!(told(&actions), ["latch", "alert drawdown"]);
    assert_eq!(engine.mode(), Mode::Killed, "4.11 lost");
    // A person accepts what was lost; nothing is lost from there on.
    run(&mut engine, &[mode(100_000, Mode::Active)]);
    stands(&mut engine, 100_000);
    let losses = engine.losses();
    assert_eq!((losses.day, losses.week, losses.drawdown), (Usd::ZERO, Usd::ZERO, Usd::ZERO));
    assert_eq!(engine.mode(), Mode::Active);
}

/// One market maker withdraws his price and shows it again; between the two a tick sees what nobody would sell at.
#[test]
fn r24_a_gap_in_the_book_stops_nothing_and_a_fall_that_stands_does() {
    let there = |at| snapshot(at, &[(46, 500), (1, 5_000)], &[(60, 50)]);
    let gone = |at| book(at, Side::Bid, 46, 0);
    let (mut engine, _) = holder();
    run(&mut engine, &[there(2_000), tick(2_100)]);
    let actions = run(&mut engine, &[gone(2_150), tick(2_200)]);
    assert_eq!((told(&actions), engine.mode()), (vec![], Mode::Active));
    // Nothing is opened by what is shown: 4.61 are lost if it is so.
    assert_eq!(engine.losses().day, Usd::from_cents(461));
    let tempting = snapshot(2_250, &[(1, 5_000)], &[(40, 50)]);
    assert_eq!(told(&run(&mut engine, &[tempting])), [""; 0]);
    assert_eq!(why(&engine), Some(Denial::Loss));
    run(&mut engine, &[there(2_300), tick(2_400)]);
    assert_eq!((engine.mode(), engine.losses().day), (Mode::Active, Usd::from_cents(11)));
    // For half a minute it is no gap.
    stands(&mut engine, 3_000);
    let mut stopped = None;
    run(&mut engine, &[gone(20_000)]);
    for at in (20_100..50_000).step_by(100) {
        run(&mut engine, &[tick(at)]);
        if engine.mode() == Mode::Killed {
            stopped.get_or_insert(at);
        }
    }
    assert_eq!(stopped, Some(25_100), "{:?}", engine.losses());
}

/// A price that is away most of the time is not there: what was seen of it in between only delays the stop.
#[test]
fn r24_a_price_that_flickers_hides_no_loss() {
    let (mut engine, _) = holder();
    for round in 0..40 {
        let at = 10_000 + round * 1_000;
        run(&mut engine, &[bid(at, 46), tick(at + 100), bid(at + 150, 5)]);
        for tenth in 2..10 {
            run(&mut engine, &[tick(at + tenth * 100)]);
        }
    }
    assert_eq!(engine.mode(), Mode::Killed, "{:?}", engine.losses());
}

/// What was sold is lost at once.
#[test]
fn r24_what_is_realised_is_lost_at_once() {
    let (mut engine, _) = holder();
    let order = OrderRequest { side: Side::Ask, quantity: contracts(10), ..resting(&engine, None) };
    engine.restore_intent(&order);
    run(&mut engine, &[bid(2_000, 6), filled(2_050, 99, "u", Side::Ask, 6, 10)]);
    assert_eq!(told(&run(&mut engine, &[tick(2_100)])), ["latch", "alert drawdown"]);
}

/// Limits of wall time: ten engine seconds to a second of it.
#[test]
fn r24_a_fall_stands_for_seconds_of_wall_time() {
    let mut engine = buyer(|config| {
        loss_guards(config);
        config.time_scale = 10;
    });
    let fill = filled(11_000, 1, "t", Side::Bid, 47, 10);
    run(&mut engine, &[tempting(10_000), fill]);
    for second in 12..120 {
        run(&mut engine, &[tick(second * 1_000)]);
    }
    run(&mut engine, &[bid(120_000, 6)]);
    for second in 121..171 {
        run(&mut engine, &[tick(second * 1_000)]);
        assert_eq!(engine.mode(), Mode::Active, "{second}");
    }
    run(&mut engine, &[tick(171_000)]);
    assert_eq!(engine.mode(), Mode::Killed);
}

/// While nobody can trade the venue takes out what rests: that is no price.
#[test]
fn r24_a_book_that_is_swept_in_a_pause_is_no_price() {
    let (mut engine, _) = holder();
    let status = |at, status| {
        Event::MarketStatusChanged(MarketStatusChanged {
            at: ms(at),
            market: M,
            status,
            close: None,
        })
    };
    let empty = |at| snapshot(at, &[(1, 5_000)], &[(60, 50)]);
    for (at, pause) in [(20_000, MarketStatus::Paused), (40_000, MarketStatus::Closed)] {
        let actions = run(&mut engine, &[status(at, pause), empty(at + 1)]);
        assert_eq!((told(&actions), told(&stands(&mut engine, at))), (vec![], vec![]));
        assert_eq!(engine.losses().day, Usd::from_cents(11), "the last price");
    }
    let mut at_rest = engine.clone();
    run(&mut engine, &[status(60_000, MarketStatus::Active)]);
    stands(&mut engine, 60_000);
    assert_eq!(engine.mode(), Mode::Killed, "that is what it is worth now");
    let conditions = [
        VenueCondition::PostOnly,
        VenueCondition::CancelOnly,
        VenueCondition::Paused,
        VenueCondition::Maintenance,
    ];
    for (at, found) in (60_000..).step_by(20_000).zip(conditions) {
        let events = [condition(at, found), status(at, MarketStatus::Active)];
        run(&mut at_rest, &events);
        stands(&mut at_rest, at);
        assert_eq!(at_rest.mode(), Mode::Active, "{found:?}");
    }
    // Nor is it one after an hour in which nobody looked.
    run(&mut at_rest, &[mode(HOUR, Mode::Halted), mode(2 * HOUR, Mode::Active)]);
    stands(&mut at_rest, 2 * HOUR);
    assert_eq!((at_rest.mode(), at_rest.losses().unmarked), (Mode::Active, false));
}

/// Quotes that rest would open something, too: they go until it is known what is lost.
#[test]
fn r24_quotes_go_while_a_loss_does_not_stand_yet() {
    let mut config = config(vec![strategy(constant(0.33), Decision::Maker(maker()))]);
    config.limits.guards.max_day_loss = Usd::from_dollars(3);
    let mut engine = trading(config);
    let there = |at| snapshot(at, &[(30, 100)], &[(36, 100)]);
    run(&mut engine, &[there(1_000), accepted(1_001, 1), tick(2_000), accepted(2_001, 2)]);
    run(&mut engine, &[filled(3_000, 1, "t", Side::Bid, 31, 20), tick(3_100)]);
    let third = engine.orders().live().iter().map(|one| one.id().sequence).max().unwrap();
    run(&mut engine, &[accepted(3_200, third), tick(3_300)]);
    let actions = run(&mut engine, &[snapshot(4_000, &[(5, 100)], &[(36, 100)]), tick(4_100)]);
    let mut cancels = told(&actions);
    cancels.sort();
    assert_eq!(cancels, ["cancel 2".to_owned(), format!("cancel {third}")], "{:?}", why(&engine));
    assert_eq!((engine.mode(), why(&engine)), (Mode::Active, Some(Denial::Loss)));
    let ends = [2, third].map(|order| closed(4_200, order, CloseReason::Cancelled, 0));
    assert_eq!(told(&run(&mut engine, &ends)), [""; 0]);
    let back = run(&mut engine, &[there(4_300), tick(4_400), there(4_500)]);
    assert_eq!(
        orders(&back).first().map(|order| order.side),
        Some(Side::Ask),
        "{:?}",
        why(&engine)
    );
}

/// Whoever lets it trade on after a day's loss has not given away the week's limit with it.
#[test]
fn r24_a_resume_accepts_the_loss_that_stopped_it_and_no_longer_one() {
    let (mut engine, first) = holder();
    // 3.11 lost: the day's limit.
    sees(&mut engine, 20_000, 16);
    assert_eq!(engine.mode(), Mode::ReduceOnly);
    let resumed = run(&mut engine, &[mode(40_000, Mode::Active), tick(40_001)]);
    assert_eq!(engine.mode(), Mode::Active);
    let losses = engine.losses();
    assert_eq!((losses.day, losses.week), (Usd::ZERO, Usd::from_cents(311)));
    // 50 cents more: little for a day, too much for the week.
    let actions = sees(&mut engine, 60_000, 11);
    assert_eq!(told(&actions), ["latch", "alert week_loss"]);
    let again = run(&mut engine, &[mode(80_000, Mode::Active), tick(80_001)]);
    let losses = engine.losses();
    assert_eq!((losses.day, losses.week), (Usd::ZERO, Usd::ZERO));
    assert_eq!(losses.drawdown, Usd::from_cents(361));
    // It is written down so.
    let written = [latched(&first), latched(&resumed), latched(&again)].concat();
    let Some(Event::ProfitMarked(last)) = written.last() else { panic!("{written:?}") };
    assert_eq!((last.day_base, last.high_water), (Usd::from_cents(-361), Usd::ZERO));
    let actions = sees(&mut engine, 100_000, 6);
    assert_eq!(told(&actions), ["latch", "alert drawdown"], "and so is the drawdown");
    run(&mut engine, &[mode(140_000, Mode::Active), tick(140_001)]);
    assert_eq!(engine.losses().drawdown, Usd::ZERO);
}

/// A kill that was released after an hour: what stood before it says nothing about now.
#[test]
fn r24_a_resume_after_a_while_counts_from_the_price_of_then() {
    let (mut engine, _) = holder();
    sees(&mut engine, 20_000, 16);
    assert_eq!(engine.mode(), Mode::ReduceOnly);
    let halt = [mode(40_000, Mode::Halted), bid(HOUR, 3), mode(HOUR + 1, Mode::Active)];
    run(&mut engine, &halt);
    run(&mut engine, &[tick(HOUR + 2)]);
    assert!(engine.losses().day >= Usd::from_cents(300), "nothing is opened until it is known");
    stands(&mut engine, HOUR + 2);
    // Only the day's loss was accepted, up to now.
    assert_eq!(engine.mode(), Mode::Killed, "4.41 lost since the highest profit");
}

/// A stop for another reason has nothing to do with what was lost; a pause over a loss does not hide it.
#[test]
fn r24_other_stops_forgive_no_losses() {
    let (mut engine, _) = holder();
    sees(&mut engine, 20_000, 20);
    let lost = engine.losses();
    assert_eq!(lost.day, Usd::from_cents(271));
    let disk = ModeChanged::by_engine(ms(40_000), Mode::Halted, "disk_reserve", "full");
    run(&mut engine, &[Event::ModeChanged(disk), mode(41_000, Mode::Active), tick(41_001)]);
    assert_eq!((engine.mode(), engine.losses()), (Mode::Active, lost));
    run(&mut engine, &[mode(42_000, Mode::Killed), mode(43_000, Mode::Active), tick(43_001)]);
    assert_eq!((engine.mode(), engine.losses()), (Mode::Active, lost));
    sees(&mut engine, 60_000, 16);
    assert_eq!(engine.mode(), Mode::ReduceOnly);
    run(&mut engine, &[mode(80_000, Mode::Halted)]);
    assert!(engine.halt_cause().unwrap().contains("day_loss"), "{:?}", engine.halt_cause());
}

#[test]
fn r24_a_restart_counts_from_where_the_run_before_it_counted() {
    let (_, actions) = holder();
    let journaled = latched(&actions);
    assert_eq!(journaled.len(), 1, "the first mark is written down");
    // What recovery does: listings, intents, fills and latches, then an account that agrees.
    let restart = |latches: &[Event]| {
        let mut config = config(vec![strategy(constant(0.5), Decision::Threshold(t1()))]);
        loss_guards(&mut config);
        let mut engine = Engine::new(config);
        run(&mut engine, &[listed(0, 0, "KXTEST-1"), account(0, 10_000, &[])]);
        let order = OrderRequest {
            id: order_id(1),
            quantity: contracts(10),
            price: cents(47),
            ..resting(&engine, None)
        };
        engine.restore_intent(&order);
        run(&mut engine, &[filled(1_100, 1, "t", Side::Bid, 47, 10)]);
        run(&mut engine, latches);
        // A first look that falls into a gap stops nothing, and opens nothing.
        run(&mut engine, &[mode(1_900, Mode::Active), bid(2_000, 1), tick(2_001)]);
        let losses = engine.losses();
        assert_eq!(engine.mode(), Mode::Active);
        assert!(losses.unmarked || losses.day >= Usd::from_cents(311), "{losses:?}");
        run(&mut engine, &[bid(2_100, 16)]);
        stands(&mut engine, 2_100);
        engine
    };
    let engine = restart(&journaled);
    assert_eq!((engine.mode(), engine.losses().day), (Mode::ReduceOnly, Usd::from_cents(311)));
    // The last word counts.
    let Event::ProfitMarked(mut later) = journaled[0].clone() else { panic!("{journaled:?}") };
    later.at = ms(1_500);
    later.day_base = Usd::from_cents(-100);
    let rolled = restart(&[journaled[0].clone(), Event::ProfitMarked(later)]);
    assert_eq!(rolled.losses().day, Usd::from_cents(211));
    let twice = restart(&[journaled.clone(), journaled].concat());
    assert_eq!(twice.losses(), engine.losses());
    // Without it the loss would be forgotten.
    assert_eq!(restart(&[]).losses().day, Usd::ZERO);
}

#[test]
fn r24_a_position_without_a_price_is_worth_nothing_after_a_while() {
    let lost = |at| {
        Event::BookLost(BookLost { at: ms(at), market: M, cause: LossCause::SubscriptionEnded })
    };
    // It is looked at the clock every half minute.
    let look = |engine: &mut Engine, from: i64, until: i64| {
        let mut at = from;
        while at < until {
            at = (at + 30_000).min(until);
            run(engine, &[tick(at)]);
        }
    };
    let (mut engine, _) = holder();
    run(&mut engine, &[lost(2_000), tick(2_001)]);
    look(&mut engine, 2_001, 602_001);
    assert_eq!(
        (engine.mode(), engine.losses().day),
        (Mode::Active, Usd::from_cents(11)),
        "the last price"
    );
    run(&mut engine, &[tick(602_002)]);
    assert_eq!(engine.mode(), Mode::Killed, "{:?}", engine.losses());
    // While nobody can trade, nobody knows better.
    let (mut engine, _) = holder();
    let closed = [condition(1_900, VenueCondition::Maintenance), lost(2_000), tick(2_001)];
    run(&mut engine, &closed);
    run(&mut engine, &[tick(7_200_000)]);
    assert_eq!(engine.mode(), Mode::Active);
    // It counts from when the venue is back.
    run(&mut engine, &[condition(7_300_000, VenueCondition::Open), tick(7_300_001)]);
    look(&mut engine, 7_300_001, 7_900_001);
    assert_eq!(engine.mode(), Mode::Active);
    run(&mut engine, &[tick(7_900_002)]);
    assert_eq!(engine.mode(), Mode::Killed);
}

/// A venue that comes and goes hides no loss: what was waited for a price counts on, and late books and a refusal of
/// our own requests are no pause of the market.
#[test]
fn r24_a_venue_that_comes_and_goes_does_not_begin_the_wait_anew() {
    const LOOK: i64 = 30_000;
    let on_and_off = |between: VenueCondition| {
        let (mut engine, _) = holder();
        let at = ms(2_000);
        let lost = Event::BookLost(BookLost { at, market: M, cause: LossCause::SubscriptionEnded });
        run(&mut engine, &[lost, tick(2_001)]);
        let mut looks = 0;
        while engine.mode() == Mode::Active && looks < 200 {
            let at = 2_001 + looks * LOOK;
            let now = if looks % 2 == 0 { between } else { VenueCondition::Open };
            run(&mut engine, &[condition(at, now), tick(at + LOOK)]);
            looks += 1;
        }
        (engine.mode(), looks)
    };
    assert_eq!(on_and_off(VenueCondition::Lagging), (Mode::Killed, 21));
    assert_eq!(on_and_off(VenueCondition::Unsteady), (Mode::Killed, 21));
    assert_eq!(on_and_off(VenueCondition::RateLimited), (Mode::Killed, 21));
    assert_eq!(on_and_off(VenueCondition::Maintenance), (Mode::Killed, 42));
}

/// F43: a clock that is set ahead makes nothing worthless.
#[test]
fn r24_a_jump_of_the_clock_is_no_waiting_for_a_price() {
    let (mut engine, _) = holder();
    let at = ms(2_000);
    let lost = Event::BookLost(BookLost { at, market: M, cause: LossCause::SubscriptionEnded });
    run(&mut engine, &[lost, tick(2_001), tick(3_600_000), tick(7_200_000)]);
    assert_eq!((engine.mode(), engine.losses().day), (Mode::Active, Usd::from_cents(11)));
    for look in 0..9 {
        assert_eq!(engine.mode(), Mode::Active, "after {look} more minutes");
        run(&mut engine, &[tick(7_200_000 + (look + 1) * 60_001)]);
    }
    assert_eq!(engine.mode(), Mode::Killed);
}

#[test]
fn r24_one_contract_at_a_fine_price_marks_one_contract() {
    let (mut engine, _) = holder();
    run(&mut engine, &[snapshot(2_000, &[(46, 1), (20, 4)], &[(60, 50)]), tick(2_001)]);
    // 0.46 + 9 * 0.20 = 2.26 of the 4.71 they cost: five of them beyond what is shown.
    assert_eq!(engine.losses().day, Usd::from_cents(471 - 226));
    // The middle is worse than the bid only in a crossed book, which marks nothing.
    run(&mut engine, &[snapshot(3_000, &[(46, 50)], &[(48, 50)]), tick(3_001)]);
    assert_eq!(engine.losses().day, Usd::from_cents(11));
}

/// What we bid ourselves is no price that what we hold could be sold at.
#[test]
fn r24_own_quotes_are_no_price() {
    let (mut engine, _) = holder();
    let own = OrderRequest {
        id: order_id(77),
        price: cents(55),
        quantity: contracts(10),
        ..resting(&engine, Some(300))
    };
    engine.restore_intent(&own);
    run(&mut engine, &[accepted(1_900, 77)]);
    // Others bid less: those ten are ours.
    run(&mut engine, &[snapshot(2_000, &[(55, 10), (30, 50)], &[(60, 50)]), tick(2_001)]);
    assert_eq!(engine.losses().day, Usd::from_cents(171), "at the 30 of others");
    let equity = engine.equity();
    // The middle is others' too.
    let ask = OrderRequest { id: order_id(78), price: cents(31), side: Side::Ask, ..own.clone() };
    let mut asked = engine.clone();
    run(&mut asked, &[closed(2_100, 77, CloseReason::Cancelled, 0)]);
    asked.restore_intent(&ask);
    run(&mut asked, &[accepted(2_200, 78)]);
    run(&mut asked, &[snapshot(2_300, &[(30, 50)], &[(31, 10), (60, 50)]), tick(2_301)]);
    assert_eq!(asked.losses().day, Usd::from_cents(171));
    // Nobody else bids: the last price, for a while.
    run(&mut engine, &[snapshot(3_000, &[(55, 10)], &[(60, 50)]), tick(3_001)]);
    assert_eq!(engine.losses().day, Usd::from_cents(171), "the last price of others");
    assert!(engine.equity() <= equity, "{} {equity}", engine.equity());
    for look in 1..=21 {
        run(&mut engine, &[tick(3_001 + look * 30_000)]);
    }
    assert_eq!(engine.mode(), Mode::Killed, "{:?}", engine.losses());
}

#[test]
fn r24_days_and_weeks_begin_anew_and_the_high_water_mark_stays() {
    let (mut engine, _) = holder();
    let day = 24 * HOUR;
    let up = run(&mut engine, &[bid(2_000, 50), tick(2_001)]);
    assert_eq!(latched(&up).len(), 1, "a new high is written down");
    sees(&mut engine, 3_000, 30);
    assert_eq!(engine.losses().day, Usd::from_cents(171));
    assert_eq!(engine.losses().drawdown, Usd::from_cents(200));
    // 1970-01-02 was a Friday, the 5th a Monday.
    let next = sees(&mut engine, day, 30);
    assert_eq!(latched(&next).len(), 1);
    let losses = engine.losses();
    assert_eq!((losses.day, losses.week), (Usd::ZERO, Usd::from_cents(171)));
    sees(&mut engine, 4 * day, 25);
    let losses = engine.losses();
    assert_eq!(
        (losses.day, losses.week, losses.drawdown),
        (Usd::ZERO, Usd::ZERO, Usd::from_cents(250))
    );
}

/// A gap at midnight makes no day begin lower than it does.
#[test]
fn r24_a_gap_at_midnight_gives_nothing_away() {
    let (mut engine, _) = holder();
    let day = 24 * HOUR;
    sees(&mut engine, day - 20_000, 46);
    let midnight = [bid(day - 50, 10), tick(day + 50), bid(day + 100, 46), tick(day + 150)];
    run(&mut engine, &midnight);
    assert_eq!(engine.losses().day, Usd::ZERO);
}
