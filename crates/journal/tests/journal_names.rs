//! A run reads what earlier ones wrote in ids of its own: names of strategies and tickers say what was meant.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "support/records.rs"]
mod records;

use std::path::Path;

use records::{account, intent, listed, started};
use statecraft_domain::control::{
    AlreadyPriced, CautionRaised, OrderDenied, Origin, RestrictionChanged, Scope,
};
use statecraft_domain::event::{
    AcceptedPosition, BookLost, FlattenRequested, ForeignExecution, LossCause, Mode,
    PositionsAccepted, ReportedPosition, Standing, StandingChanged, StrategyChanged,
};
use statecraft_domain::{
    Denial, Event, MarketId, Quantity, Side, StrategyId, Timestamp, TradeId, Usd, Venue,
};
use statecraft_journal::{Journal, JournalError, Record, inspect, is_journaled};

fn open(dir: &Path, strategies: &[&str]) -> Result<statecraft_journal::Opened, JournalError> {
    let names: Vec<String> = strategies.iter().map(|&name| name.to_owned()).collect();
    Journal::open(dir, &account("a"), &names, |_| {})
}

#[test]
fn strategies_and_markets_get_the_ids_of_this_run() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path(), &["a", "b"]).unwrap();
    let lineage = first.recovery.lineage;
    for record in [
        started(&["a", "b"]),
        listed(0, "KXA"),
        listed(1, "KXB"),
        intent(lineage, 1, 0, 0),
        intent(lineage, 2, 1, 1),
    ] {
        first.journal.append(record).unwrap();
    }
    first.journal.close().unwrap();
    // This run numbers both the other way round, and has lost strategy `a`.
    let second = open(dir.path(), &["c", "b"]).unwrap();
    for record in
        [started(&["c", "b"]), listed(0, "KXB"), intent(lineage, 3, 1, 0), intent(lineage, 4, 0, 1)]
    {
        second.journal.append(record).unwrap();
    }
    second.journal.close().unwrap();

    let third = open(dir.path(), &["b", "c"]).unwrap().recovery;
    assert_eq!(third.retired, ["a"]);
    let names: Vec<_> = third.markets.iter().map(|(_, ticker)| ticker.as_str()).collect();
    assert_eq!(names, ["KXA", "KXB"]);
    let ids: Vec<_> = third
        .records
        .iter()
        .filter_map(|record| match record {
            Record::Intent(order) => Some((order.get().strategy, order.get().market)),
            _ => None,
        })
        .collect();
    let pair = |strategy, market| (StrategyId(strategy), MarketId(market));
    // The last one kept the number that recovery gave it: KXB is market 1 unless the run says otherwise.
    assert_eq!(ids, [pair(2, 0), pair(0, 1), pair(0, 1), pair(1, 1)]);
}

/// Why a strategy holds back is told in the ids of the run that reads it.
#[test]
fn caution_is_kept_in_the_names_of_the_run_that_reads_it() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path(), &["a", "b"]).unwrap();
    let raised = CautionRaised {
        at: Timestamp::from_secs(3),
        strategy: StrategyId(1),
        market: MarketId(0),
        frozen_until: Some(Timestamp::from_secs(7_203)),
        halved_until: None,
        priced: Some(AlreadyPriced {
            side: Side::Ask,
            reference: 0.345,
            until: Timestamp::from_secs(9),
        }),
    };
    let event = |raised| Record::Event(Event::CautionRaised(Box::new(raised)));
    for record in [started(&["a", "b"]), listed(0, "KXA"), event(raised)] {
        first.journal.append(record).unwrap();
    }
    first.journal.close().unwrap();
    let second = open(dir.path(), &["b"]).unwrap();
    let ours = CautionRaised { strategy: StrategyId(0), ..raised };
    assert_eq!(second.recovery.records.last(), Some(&event(ours)));
    for record in [started(&["b"]), listed(0, "KXB"), event(ours)] {
        second.journal.append(record).unwrap();
    }
    second.journal.close().unwrap();
    let third = open(dir.path(), &["c", "b"]).unwrap().recovery;
    let theirs = CautionRaised { strategy: StrategyId(1), market: MarketId(1), ..raised };
    assert_eq!(third.records.last(), Some(&event(theirs)));
}

/// F64: what a person took over is told in the ids of the run that reads it, and adds up.
#[test]
fn accepted_positions_keep_their_market_and_add_up() {
    let dir = tempfile::tempdir().unwrap();
    let contracts = Quantity::from_contracts;
    let accepted = |market: u32, theirs: i32| {
        let fill = ForeignExecution {
            trade: TradeId::new("hand"),
            side: Side::Ask,
            price: "0.30".parse().unwrap(),
            quantity: contracts(5),
            fee: Usd::CENT,
        };
        let (market, theirs) = (MarketId(market), contracts(theirs));
        Record::Event(Event::PositionsAccepted(Box::new(PositionsAccepted {
            at: Timestamp::from_secs(4),
            venue: Venue::Kalshi,
            positions: vec![ReportedPosition { market, quantity: theirs }],
            accepted: vec![AcceptedPosition {
                market,
                ours: contracts(7),
                theirs,
                fills: vec![fill],
            }],
            reason: "operator: by hand".to_owned(),
        })))
    };
    let first = open(dir.path(), &["a"]).unwrap();
    for record in [started(&["a"]), listed(0, "KXA"), accepted(0, 2)] {
        first.journal.append(record).unwrap();
    }
    first.journal.close().unwrap();
    assert_eq!(inspect::verify(dir.path()).unwrap().violations, Vec::<String>::new());
    let second = open(dir.path(), &["a"]).unwrap();
    // This run numbers the markets otherwise.
    for record in [started(&["a"]), listed(0, "KXB"), listed(1, "KXA"), accepted(1, 3)] {
        second.journal.append(record).unwrap();
    }
    second.journal.close().unwrap();
    let third = open(dir.path(), &["a"]).unwrap().recovery;
    assert_eq!(third.records.last(), Some(&accepted(0, 3)));
    let violations = inspect::verify(dir.path()).unwrap().violations;
    assert_eq!(violations.len(), 1, "{violations:?}");
    assert!(violations[0].contains("does not lead from 7 contracts to 3"), "{violations:?}");
}

/// The tape keeps what is seen; the journal what a restart must know, in the ids of the run that reads it.
#[test]
fn what_a_restart_must_know_is_kept_and_what_is_only_seen_is_not() {
    let (at, market) = (Timestamp::from_secs(4), MarketId(0));
    let seen = Event::BookLost(BookLost { at, market, cause: LossCause::Silent });
    assert!(!is_journaled(&seen));
    let dir = tempfile::tempdir().unwrap();
    let restricted = |scope: Scope| {
        Event::RestrictionChanged(Box::new(RestrictionChanged {
            at,
            scope,
            mode: Mode::ReduceOnly,
            origin: Origin::Operator,
            code: "paused".to_owned(),
            reason: "by hand".to_owned(),
        }))
    };
    let flatten = |market| {
        let (max_slippage, reason) = ("0.05".parse().unwrap(), "by hand".to_owned());
        Event::FlattenRequested(FlattenRequested { at, max_slippage, market, reason })
    };
    let demoted = |strategy: u16| {
        let (strategy, reason) = (StrategyId(strategy), "a run of losses".to_owned());
        Event::StandingChanged(StandingChanged {
            at,
            strategy,
            standing: Standing::Demoted,
            reason,
        })
    };
    let denied = |strategy: u16, market: u32| {
        let (strategy, market, denial) = (StrategyId(strategy), MarketId(market), Denial::NoEdge);
        Event::OrderDenied(OrderDenied { at, strategy, market, denial, count: 3 })
    };
    let edited = |strategy: u16| {
        Event::StrategyChanged(Box::new(StrategyChanged {
            at,
            strategy: StrategyId(strategy),
            hash: "0b".to_owned(),
            summary: "a smaller size".to_owned(),
            text: String::new(),
        }))
    };
    let kept = |a: u16, market: u32| {
        [
            demoted(a),
            denied(a, market),
            edited(a),
            restricted(Scope::Strategy(StrategyId(a))),
            restricted(Scope::Market(MarketId(market))),
            flatten(Some(MarketId(market))),
            flatten(None),
        ]
    };
    let first = open(dir.path(), &["a", "b"]).unwrap();
    for record in [started(&["a", "b"]), listed(0, "KXA"), listed(1, "KXB")] {
        first.journal.append(record).unwrap();
    }
    // The last of them is of the other strategy.
    let all = |a: u16, b: u16| [&kept(a, 1)[..], &[demoted(b)]].concat();
    let records = |events: Vec<Event>| events.into_iter().map(Record::Event).collect::<Vec<_>>();
    for event in all(0, 1) {
        assert!(is_journaled(&event));
        first.journal.append(Record::Event(event)).unwrap();
    }
    first.journal.close().unwrap();
    let second = open(dir.path(), &["b", "a"]).unwrap();
    let told: Vec<_> = second.recovery.records[3..].to_vec();
    assert_eq!(told, records(all(1, 0)));
    // Strategies that do not run any more have numbers of their own, behind those that do.
    drop(second);
    let third = open(dir.path(), &["c"]).unwrap();
    let told: Vec<_> = third.recovery.records[3..].to_vec();
    assert_eq!(told, records(all(1, 2)));
    assert_eq!(
        third.recovery.markets,
        [(Venue::Kalshi, "KXA".to_owned()), (Venue::Kalshi, "KXB".to_owned())]
    );
}
