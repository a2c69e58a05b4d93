//! Laws of the flow: exact money, legal orders, plausible prices.

use statecraft_domain::{Nanos, Price, SelfTradePrevention, TimeInForce};
use statecraft_exchange::NewOrder;

use super::*;

const START_CASH: Usd = Usd::from_dollars(10_000);
const STEP: Nanos = Nanos::from_secs(2 * 3600);

fn year(seed: u64, step: Nanos, mut look: impl FnMut(&mut World, &[Report])) -> World {
    let mut world = World::new(seed, START_CASH);
    let mut reports = Vec::new();
    while world.now() < world.end() {
        reports.clear();
        let to = world.now() + step;
        world.advance(to, &mut reports);
        look(&mut world, &reports);
    }
    world
}

fn count(reports: &[Report], wanted: impl Fn(&Report) -> bool) -> usize {
    reports.iter().filter(|report| wanted(report)).count()
}

fn is_change(report: &Report) -> bool {
    matches!(report, Report::LevelChanged { .. })
}

/// Cash of all accounts.
fn cash(exchange: &Exchange) -> Usd {
    let accounts = (0..).map_while(|id| exchange.account(AccountId(id)));
    accounts.map(|account| account.cash).sum()
}

#[test]
fn a_year_is_lively_and_every_dollar_is_accounted_for() {
    for seed in [crate::simulator::story::SEED_YES, crate::simulator::story::SEED_NO] {
        let (mut changes, mut most, mut trades) = (0, 0, 0);
        let world = year(seed, STEP, |_, reports| {
            let now = count(reports, is_change);
            changes += now;
            most = most.max(now);
            trades += count(reports, |report| matches!(report, Report::Traded { .. }));
        });
        assert!((50_000..150_000).contains(&changes), "{changes} book changes");
        assert!(most < 400, "{most} book changes in one call");
        assert!((1_000..30_000).contains(&trades), "{trades} trades");

        // All is settled: what was paid in is with somebody, or was paid as fees.
        let till = world.exchange().till();
        assert_eq!(cash(world.exchange()) + till.fees, till.deposits);
        let accounts = (0..).map_while(|id| world.exchange().account(AccountId(id)));
        for account in accounts {
            assert!(account.positions.values().all(|position| position.quantity.is_zero()));
            assert!(account.reserved.is_zero() && !account.cash.is_negative());
        }
        let idle = world.exchange().account(world.user_account()).expect("user");
        assert_eq!(idle.cash, START_CASH, "who does nothing keeps everything");
    }
}

#[test]
fn markets_open_close_and_settle_as_the_story_says() {
    let world = year(crate::simulator::story::SEED_YES, STEP, |world, _| {
        for listed in world.markets() {
            let facts = world.facts(listed.id).expect("listed");
            let status = world.exchange().listing(listed.id).expect("listed").status;
            let expected = if world.now() < facts.opens {
                MarketStatus::Unopened
            } else if world.now() < facts.end.closes {
                MarketStatus::Active
            } else {
                MarketStatus::Closed
            };
            assert_eq!(status, expected, "{} at {:?}", facts.ticker, world.now());
            assert_eq!(listed.determined.is_some(), world.now() >= facts.end.closes);
            assert_eq!(listed.settled.is_some(), world.now() >= facts.end.settles);
        }
    });
    assert_eq!(world.markets().len(), world.story().markets.len());
    for listed in world.markets() {
        let facts = world.facts(listed.id).expect("listed");
        assert_eq!(world.exchange().settlement(listed.id), Some(facts.end.settlement()));
    }
}

#[test]
fn books_are_never_crossed_and_prices_are_plausible() {
    let (mut narrow, mut quoted, mut error, mut far) = (0.0, 0.0, 0.0, 0.0);
    let mut depth = 0.0;
    year(3, STEP, |world, _| {
        for listed in world.markets().iter().filter(|listed| listed.id.0 < 2) {
            let book = world.exchange().book(listed.id).expect("listed");
            assert!(!book.is_crossed());
            let latent = world.latent(listed.id).expect("listed");
            if let (Some(bid), Some(ask)) = (book.best_bid(), book.best_ask()) {
                let spread = ask.price.e4() - bid.price.e4();
                let middle = f64::midpoint(ask.price.as_f64(), bid.price.as_f64());
                quoted += 1.0;
                narrow += f64::from(u8::from((100..=400).contains(&spread)));
                error += (middle - latent).abs();
                far += f64::from(u8::from((middle - latent).abs() > 0.03));
                depth += book.levels(Side::Bid).take(4).map(|l| l.quantity.as_f64()).sum::<f64>();
            }
        }
    });
    assert!(quoted > 3_000.0, "{quoted}");
    assert!(narrow / quoted > 0.95, "spread of 1 to 4 cents: {}", narrow / quoted);
    assert!((0.005..0.04).contains(&(error / quoted)), "mean error {}", error / quoted);
    assert!((0.05..0.6).contains(&(far / quoted)), "off by 3 cents or more: {}", far / quoted);
    assert!(depth / quoted > 1_000.0, "depth of four levels: {}", depth / quoted);
}

#[test]
fn the_course_does_not_depend_on_the_steps() {
    let trace = |step: Nanos| {
        let mut all = Vec::new();
        let mut world = World::new(6, START_CASH);
        let until = world.now() + Nanos::from_secs(30 * 86_400);
        while world.now() < until {
            let to = (world.now() + step).min(until);
            world.advance(to, &mut all);
        }
        all
    };
    // Orders that expire between two tasks end at the next look, so their stamps may differ.
    let public = |reports: Vec<Report>| -> Vec<Report> {
        let traded = |report: &Report| matches!(report, Report::Traded { .. });
        reports.into_iter().filter(traded).collect()
    };
    let (fine, coarse) = (public(trace(Nanos::from_secs(60))), public(trace(STEP.times(30))));
    assert!(!fine.is_empty());
    assert_eq!(fine, coarse);
}

#[test]
fn the_user_trades_and_is_paid() {
    let mut world = World::new(crate::simulator::story::SEED_YES, START_CASH);
    let (user, now) = (world.user_account(), world.now());
    let mut reports = Vec::new();
    let order = NewOrder {
        account: user,
        client_id: Some("first".to_owned()),
        market: MarketId(0),
        side: Side::Bid,
        price: Price::from_cents(60).expect("price"),
        quantity: Quantity::from_contracts(100),
        time_in_force: TimeInForce::ImmediateOrCancel,
        post_only: false,
        reduce_only: false,
        self_trade_prevention: SelfTradePrevention::CancelTaker,
        cancel_on_pause: false,
    };
    let accepted = world.exchange_mut().place(now, order, &mut reports).expect("accepted");
    assert_eq!(accepted.filled, Quantity::from_contracts(100));
    let paid = accepted.cost + accepted.fees;
    let end = world.end();
    world.advance(end, &mut reports);
    let cash = world.exchange().account(user).expect("user").cash;
    assert_eq!(cash, START_CASH - paid + Usd::from_dollars(100));
}

#[test]
fn news_is_published_in_its_time_only() {
    let mut world = World::new(1, START_CASH);
    let all: Vec<_> = world.story().events.iter().map(|event| event.signal.clone()).collect();
    assert!(world.published_after(0).is_empty());
    let mut seen = Vec::new();
    while world.now() < world.end() {
        let from = world.now();
        world.advance(from + STEP, &mut Vec::new());
        assert!(world.published(from, Timestamp::MAX).iter().all(|s| s.published <= world.now()));
        seen.extend(world.published_after(seen.len()).to_vec());
    }
    assert_eq!(seen, all);
}
