//! Losses of the day, of the week and since the best moment (R24): how they are counted, what they stop, and what a
//! person accepts who lets it trade on.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod support;

use statecraft_domain::control::VenueCondition;
use statecraft_domain::event::{BookLost, LossCause, Mode, ModeChanged};
use statecraft_domain::order::CloseReason;
use statecraft_domain::{Action, Event, Nanos, OrderRequest, Side, Usd};
use statecraft_engine::Engine;
use statecraft_engine::config::{Decision, EngineConfig};
use support::*;

const HOUR: i64 = 3_600_000;

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

#[test]
fn r24_f33_a_days_loss_only_closes_and_a_drawdown_kills() {
    let (mut engine, _) = holder();
    run(&mut engine, &[bid(2_000, 17), tick(2_001)]);
    assert_eq!(engine.mode(), Mode::Active, "3.01 lost");
    let actions = run(&mut engine, &[bid(3_000, 16), tick(3_001)]);
    assert_eq!(told(&actions), ["latch", "alert day_loss"]);
    assert_eq!(engine.mode(), Mode::ReduceOnly, "3.11 lost");
    let actions = run(&mut engine, &[bid(4_000, 7), tick(4_001)]);
    assert_eq!(engine.mode(), Mode::ReduceOnly, "4.01 lost {actions:?}");
    let actions = run(&mut engine, &[bid(5_000, 6), tick(5_001)]);
    assert_eq!(told(&actions), ["latch", "alert drawdown"]);
    assert_eq!(engine.mode(), Mode::Killed, "4.11 lost");
    // A person accepts what was lost; nothing is lost from there on.
    run(&mut engine, &[mode(6_000, Mode::Active), tick(6_001), tick(6_002)]);
    assert_eq!(engine.mode(), Mode::Active);
}

/// Whoever lets it trade on after a day's loss has not given away the week's limit with it.
#[test]
fn r24_a_resume_accepts_the_loss_that_stopped_it_and_no_longer_one() {
    let (mut engine, first) = holder();
    // 3.11 lost: the day's limit.
    run(&mut engine, &[bid(2_000, 16), tick(2_001)]);
    assert_eq!(engine.mode(), Mode::ReduceOnly);
    let resumed = run(&mut engine, &[mode(3_000, Mode::Active), tick(3_001)]);
    assert_eq!(engine.mode(), Mode::Active);
    let losses = engine.losses();
    assert_eq!((losses.day, losses.week), (Usd::ZERO, Usd::from_cents(311)));
    // 50 cents more: little for a day, too much for the week.
    let actions = run(&mut engine, &[bid(4_000, 11), tick(4_001)]);
    assert_eq!(told(&actions), ["latch", "alert week_loss"]);
    let again = run(&mut engine, &[mode(5_000, Mode::Active), tick(5_001)]);
    let losses = engine.losses();
    assert_eq!((losses.day, losses.week), (Usd::ZERO, Usd::ZERO));
    assert_eq!(losses.drawdown, Usd::from_cents(361));
    // It is written down so.
    let written = [latched(&first), latched(&resumed), latched(&again)].concat();
    let Some(Event::ProfitMarked(last)) = written.last() else { panic!("{written:?}") };
    assert_eq!((last.day_base, last.high_water), (Usd::from_cents(-361), Usd::ZERO));
    let actions = run(&mut engine, &[bid(6_000, 6), tick(6_001)]);
    assert_eq!(told(&actions), ["latch", "alert drawdown"], "and so is the drawdown");
    run(&mut engine, &[mode(7_000, Mode::Active), tick(7_001)]);
    assert_eq!(engine.losses().drawdown, Usd::ZERO);
}

/// A stop for another reason has nothing to do with what was lost; a pause over a loss does not hide it.
#[test]
fn r24_other_stops_forgive_no_losses() {
    let (mut engine, _) = holder();
    run(&mut engine, &[bid(2_000, 20), tick(2_001)]);
    let lost = engine.losses();
    assert_eq!(lost.day, Usd::from_cents(271));
    let disk = ModeChanged::by_engine(ms(3_000), Mode::Halted, "disk_reserve", "full");
    run(&mut engine, &[Event::ModeChanged(disk), mode(4_000, Mode::Active), tick(4_001)]);
    assert_eq!((engine.mode(), engine.losses()), (Mode::Active, lost));
    run(&mut engine, &[mode(5_000, Mode::Killed), mode(6_000, Mode::Active), tick(6_001)]);
    assert_eq!((engine.mode(), engine.losses()), (Mode::Active, lost));
    run(&mut engine, &[bid(7_000, 16), tick(7_001)]);
    assert_eq!(engine.mode(), Mode::ReduceOnly);
    run(&mut engine, &[mode(8_000, Mode::Halted)]);
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
        run(&mut engine, &[mode(1_900, Mode::Active), bid(2_000, 16), tick(2_001)]);
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
    run(&mut engine, &[bid(3_000, 30), tick(3_001)]);
    assert_eq!(engine.losses().day, Usd::from_cents(171));
    assert_eq!(engine.losses().drawdown, Usd::from_cents(200));
    // 1970-01-02 was a Friday, the 5th a Monday.
    let next = run(&mut engine, &[bid(day, 30), tick(day + 1)]);
    assert_eq!(latched(&next).len(), 1);
    let losses = engine.losses();
    assert_eq!((losses.day, losses.week), (Usd::ZERO, Usd::from_cents(171)));
    run(&mut engine, &[bid(4 * day, 25), tick(4 * day + 1)]);
    let losses = engine.losses();
    assert_eq!(
        (losses.day, losses.week, losses.drawdown),
        (Usd::ZERO, Usd::ZERO, Usd::from_cents(250))
    );
}
