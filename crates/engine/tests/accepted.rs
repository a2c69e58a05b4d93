//! A person takes over positions of the venue that nothing here explains (5.10, F64).
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod support;

use statecraft_domain::event::{
    AcceptedPosition, ForeignExecution, Mode, PositionsAccepted, ReportedPosition,
};
use statecraft_domain::{Event, Nanos, Quantity, Side, StrategyId, TradeId, Usd, Venue};
use statecraft_engine::Engine;
use statecraft_engine::config::Decision;
use support::*;

const TAKER: StrategyId = StrategyId(0);
const MAKER: StrategyId = StrategyId(1);

/// The venue has `theirs`; somebody else has sold the rest at `price` cents, if that is known.
fn taken_over(engine: &Engine, at: i64, theirs: i32, price: Option<u16>) -> Event {
    let ours = engine.position(M).quantity;
    let theirs = contracts(theirs);
    let fill = |price| ForeignExecution {
        trade: TradeId::new("hand"),
        side: Side::Ask,
        price: cents(price),
        quantity: ours - theirs,
        fee: Usd::CENT,
    };
    let fills = price.map(fill).into_iter().collect();
    let held = ReportedPosition { market: M, quantity: theirs };
    Event::PositionsAccepted(Box::new(PositionsAccepted {
        at: ms(at),
        venue: Venue::Kalshi,
        positions: Some(held).filter(|held| !held.quantity.is_zero()).into_iter().collect(),
        accepted: vec![AcceptedPosition { market: M, ours, theirs, fills }],
        reason: "operator: by hand".into(),
    }))
}

/// R24: what a person lost by hand is lost. Ten that cost 4.70 and a cent are sold for 1.50, less another cent.
#[test]
fn f64_what_was_sold_by_hand_counts_as_lost() {
    for (price, stops) in [(16, false), (15, true)] {
        let mut engine = buyer(|config| {
            config.limits.guards.max_day_loss = Usd::from_cents(321);
            config.limits.guards.mark_patience = Nanos::from_secs(600);
        });
        let fill = filled(1_100, 1, "t", Side::Bid, 47, 10);
        run(&mut engine, &[tempting(1_000), fill, tick(1_200)]);
        run(&mut engine, &[account(2_000, 1_000, &[])]);
        assert_eq!(engine.mode(), Mode::Halted);
        let event = taken_over(&engine, 3_000, 0, Some(price));
        run(&mut engine, &[event]);
        assert!(engine.is_money_conserved());
        run(&mut engine, &[mode(4_000, Mode::Active)]);
        assert_eq!(engine.mode(), Mode::Active, "what differed is ours now");
        run(&mut engine, &[tick(4_100)]);
        assert_eq!(engine.mode() == Mode::ReduceOnly, stops, "at {price}: {:?}", engine.losses());
    }
}

/// What is gone nobody holds any more, whoever bought it, and nobody else is short of it.
#[test]
fn f64_a_strategy_holds_no_more_than_the_account() {
    for buyer in [TAKER, MAKER] {
        let mut two = vec![
            strategy(constant(0.42), Decision::Kelly(kelly())),
            strategy(constant(0.42), Decision::Maker(maker())),
        ];
        two[1].name = "maker".into();
        let mut engine = trading(config(two));
        // A taker finds an ask at 33 cheap; of a book around its own opinion only a maker buys.
        let (bid, ask) = if buyer == TAKER { (30, 33) } else { (39, 46) };
        let books: Vec<Event> = (0..4)
            .map(|step| snapshot(1_000 + i64::from(step), &[(bid, 900 + step)], &[(ask, 900)]))
            .collect();
        let placed = of(buyer, &run(&mut engine, &books));
        let entry = placed.iter().find(|order| order.side == Side::Bid).expect("a bid").clone();
        let bought = i32::try_from(entry.quantity.e6() / 1_000_000).unwrap();
        assert!(bought > 4, "{entry:?}");
        let price = entry.price.e4() / 100;
        run(&mut engine, &[filled(2_000, entry.id.sequence, "t", Side::Bid, price, bought)]);
        let own = |engine: &mut Engine, at, strategy| {
            let size = i32::try_from(at / 10).unwrap();
            run(engine, &[snapshot(at, &[(38, size)], &[(45, size)])]);
            engine.decision_facts(strategy, M).unwrap().own
        };
        let other = if buyer == TAKER { MAKER } else { TAKER };
        assert_eq!(own(&mut engine, 3_000, buyer), Some(contracts(bought)));
        for left in [4, 0] {
            let at = 10_000 - 1_000 * i64::from(left);
            let event = taken_over(&engine, at, left, None);
            run(&mut engine, &[event]);
            assert_eq!(engine.position(M).quantity, contracts(left));
            assert_eq!(own(&mut engine, at + 10, buyer), Some(contracts(left)), "{buyer:?}");
            assert_eq!(own(&mut engine, at + 20, other), Some(Quantity::ZERO), "{buyer:?}");
        }
    }
}
