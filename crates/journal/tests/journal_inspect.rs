//! What `journal verify` and `journal show` say of a journal: every invariant is broken once, and named.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "support/records.rs"]
mod records;

use std::path::Path;

use records::{account, closed, filled, id, intent, listed, started, stopped};
use statecraft_domain::action::CancelOrder;
use statecraft_domain::event::{
    AcceptedPosition, CancelFailed, ForeignExecution, OrderAccepted, OrderRejected, OrderSent,
    OrderUnknown, PositionsAccepted,
};
use statecraft_domain::{
    ClientOrderId, Event, MarketId, OrderRequest, Quantity, RejectReason, RiskApproved, Side,
    Timestamp, TradeId, Usd, Venue, VenueOrderId,
};
use statecraft_journal::inspect::{self, View};
use statecraft_journal::{Identity, Journal, JournalError, Record};

const AT: Timestamp = Timestamp::from_secs(4);

/// Writes one run of these records of the journal's lineage.
fn write(dir: &Path, records: impl FnOnce(u64) -> Vec<Record>) {
    let opened = Journal::open(dir, &account("a"), &["one".to_owned()], |_| {}).unwrap();
    let lineage = opened.recovery.lineage;
    for record in records(lineage) {
        opened.journal.append(record).unwrap();
    }
    opened.journal.close().unwrap();
}

/// What is wrong with one run of these records.
fn violations(records: impl FnOnce(u64) -> Vec<Record>) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), records);
    inspect::verify(dir.path()).unwrap().violations
}

fn fill(lineage: u64, sequence: u64, trade: &str, quantity: &str) -> Record {
    Record::Event(filled(lineage, sequence, 0, trade, "0.40", quantity))
}

fn sized(lineage: u64, sequence: u64, quantity: Quantity) -> Record {
    let Record::Intent(order) = intent(lineage, sequence, 0, 0) else { unreachable!() };
    let order = OrderRequest { quantity, ..order.get().clone() };
    Record::Intent(RiskApproved::by_risk_gate(order))
}

#[test]
fn a_sound_journal_is_counted_and_nothing_is_wrong_with_it() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), |lineage| {
        vec![
            started(&["one"]),
            listed(0, "KXA"),
            intent(lineage, 1, 0, 0),
            fill(lineage, 1, "t1", "4"),
            fill(lineage, 1, "t2", "6"),
            // Told again: counts once.
            fill(lineage, 1, "t2", "6"),
            Record::Event(closed(lineage, 1, "10")),
            stopped(),
        ]
    });
    write(dir.path(), |lineage| {
        let order = id(lineage, 2);
        vec![
            started(&["one"]),
            intent(lineage, 2, 0, 0),
            Record::CancelRequested(CancelOrder { at: AT, order }),
            Record::Event(closed(lineage, 2, "0")),
        ]
    });
    let verdict = inspect::verify(dir.path()).unwrap();
    assert_eq!(verdict.violations, Vec::<String>::new());
    let counted = (verdict.records, verdict.runs, verdict.intents, verdict.fills);
    assert_eq!(counted, (12, 2, 2, 2));
}

/// Whatever speaks of an order comes after its intent.
#[test]
fn what_was_never_intended_is_found() {
    let told = |order: ClientOrderId| {
        vec![
            Record::CancelRequested(CancelOrder { at: AT, order }),
            Record::Event(Event::OrderSent(OrderSent { at: AT, order })),
            Record::Event(Event::OrderAccepted(OrderAccepted {
                at: AT,
                order,
                venue_order: VenueOrderId::new("v1"),
            })),
            Record::Event(Event::OrderRejected(OrderRejected {
                at: AT,
                order,
                reason: RejectReason::TradingPaused,
                detail: String::new(),
            })),
            Record::Event(Event::OrderUnknown(OrderUnknown {
                at: AT,
                order,
                cause: String::new(),
            })),
            Record::Event(Event::CancelFailed(CancelFailed {
                at: AT,
                order,
                detail: String::new(),
            })),
            fill(order.lineage, order.sequence, "t1", "1"),
            Record::Event(closed(order.lineage, order.sequence, "1")),
        ]
    };
    let after = violations(|lineage| {
        let intended = vec![started(&["one"]), listed(0, "KXA"), intent(lineage, 1, 0, 0)];
        [intended, told(id(lineage, 1))].concat()
    });
    assert_eq!(after, Vec::<String>::new());
    let before = violations(|lineage| {
        let listed = vec![started(&["one"]), listed(0, "KXA")];
        [listed, told(id(lineage, 1))].concat()
    });
    assert_eq!(before.len(), 8, "{before:?}");
    for (found, record) in before.iter().zip(3..) {
        assert!(found.starts_with(&format!("record {record}: ")), "{found}");
        assert!(found.contains("never intended"), "{found}");
    }
}

#[test]
fn orders_of_others_out_of_order_or_of_nothing_are_found() {
    let begun = || vec![started(&["one"]), listed(0, "KXA")];
    let foreign = violations(|lineage| [begun(), vec![intent(lineage ^ 1, 1, 0, 0)]].concat());
    assert_eq!(foreign.len(), 1, "{foreign:?}");
    assert!(foreign[0].contains("is of another journal"), "{foreign:?}");
    let nothing = violations(|lineage| [begun(), vec![sized(lineage, 1, Quantity::ZERO)]].concat());
    assert_eq!(nothing.len(), 1, "{nothing:?}");
    assert!(nothing[0].contains("is for 0 contracts"), "{nothing:?}");
    let less = violations(|lineage| {
        [begun(), vec![intent(lineage, 5, 0, 0), intent(lineage, 4, 0, 0)]].concat()
    });
    assert_eq!(less.len(), 1, "{less:?}");
    assert!(less[0].contains("comes after number 5"), "{less:?}");
}

#[test]
fn more_than_the_size_and_less_than_nothing_are_found() {
    let of = |what: fn(u64) -> Vec<Record>| {
        violations(|lineage| {
            let begun = vec![started(&["one"]), listed(0, "KXA"), intent(lineage, 1, 0, 0)];
            [begun, what(lineage)].concat()
        })
    };
    let one = |found: Vec<String>, words: &str| {
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains(words), "{found:?}");
    };
    let none: Vec<String> = Vec::new();
    assert_eq!(of(|of| vec![fill(of, 1, "a", "4"), fill(of, 1, "b", "6")]), none, "ten of ten");
    one(of(|of| vec![fill(of, 1, "a", "4"), fill(of, 1, "b", "6.01")]), "beyond its size");
    one(of(|of| vec![fill(of, 1, "a", "0")]), "has size 0");
    one(of(|of| vec![fill(of, 1, "a", "-1")]), "has size -1");
    assert_eq!(of(|of| vec![Record::Event(closed(of, 1, "10"))]), none, "all of it");
    assert_eq!(of(|of| vec![Record::Event(closed(of, 1, "0"))]), none);
    one(of(|of| vec![Record::Event(closed(of, 1, "10.01"))]), "closed with 10.01 filled");
    one(of(|of| vec![Record::Event(closed(of, 1, "-1"))]), "closed with -1 filled");
}

#[test]
fn what_others_traded_leads_from_ours_to_theirs() {
    let contracts = Quantity::from_contracts;
    let taken = |theirs: i32, fills: &[(Side, i32)]| {
        let told = |(&(side, quantity), trade): (&(Side, i32), u32)| ForeignExecution {
            trade: TradeId::new(&format!("hand-{trade}")),
            side,
            price: "0.30".parse().unwrap(),
            quantity: contracts(quantity),
            fee: Usd::CENT,
        };
        let fills = fills.iter().zip(0..).map(told).collect();
        let (market, ours, theirs) = (MarketId(0), contracts(7), contracts(theirs));
        violations(|_| {
            let accepted = Record::Event(Event::PositionsAccepted(Box::new(PositionsAccepted {
                at: AT,
                venue: Venue::Kalshi,
                positions: Vec::new(),
                accepted: vec![AcceptedPosition { market, ours, theirs, fills }],
                reason: "by hand".to_owned(),
            })));
            vec![started(&["one"]), listed(0, "KXA"), accepted]
        })
    };
    let none: Vec<String> = Vec::new();
    assert_eq!(taken(3, &[(Side::Ask, 5), (Side::Bid, 1)]), none);
    assert_eq!(taken(3, &[]), none, "nobody knows of any");
    assert!(taken(4, &[(Side::Ask, 5), (Side::Bid, 1)])[0].contains("does not lead from 7"));
    let empty = taken(7, &[(Side::Ask, 0)]);
    assert_eq!(empty.len(), 1, "{empty:?}");
    assert!(empty[0].contains("execution hand-0 of somebody else has size 0"), "{empty:?}");
}

#[test]
fn tables_show_the_last_rows_in_order() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), |lineage| {
        vec![
            started(&["one"]),
            listed(0, "KXA"),
            intent(lineage, 1, 0, 0),
            fill(lineage, 1, "t1", "4"),
            intent(lineage, 2, 0, 0),
            fill(lineage, 2, "t2", "10"),
            Record::Event(closed(lineage, 2, "10")),
        ]
    });
    let orders = inspect::show(dir.path(), View::Orders, 10).unwrap();
    let column = |name: &str| orders.columns.iter().position(|column| column == name).unwrap();
    let cells = |name: &str| -> Vec<&str> {
        orders.rows.iter().map(|row| row[column(name)].as_str()).collect()
    };
    assert_eq!((cells("market"), cells("filled")), (vec!["KXA", "KXA"], vec!["4", "10"]));
    assert_eq!(cells("state")[1], "filled");
    let last = inspect::show(dir.path(), View::Orders, 1).unwrap();
    assert_eq!(last.rows, orders.rows[1..]);
    let fills = inspect::show(dir.path(), View::Fills, 10).unwrap();
    assert_eq!(fills.rows.len(), 2);
    let positions = inspect::show(dir.path(), View::Positions, 10).unwrap();
    assert_eq!(positions.rows.len(), 1);
    assert_eq!(positions.rows[0][..3], ["KXA", "2", "14"]);
    let all = inspect::show(dir.path(), View::Records, 10).unwrap();
    assert_eq!(all.rows.len(), 7);
    assert_eq!(all.rows[2][3], "intent");
}

#[test]
fn records_of_some_kinds_are_read_up_to_an_instant() {
    let dir = tempfile::tempdir().unwrap();
    let opened = Journal::open(dir.path(), &account("a"), &[], |_| {}).unwrap();
    assert_eq!(inspect::last_at(dir.path()).unwrap(), None, "nothing was written yet");
    opened.journal.close().unwrap();
    write(dir.path(), |lineage| {
        let order = intent(lineage, 1, 0, 0);
        vec![started(&["one"]), listed(0, "KXA"), order, fill(lineage, 1, "t1", "4")]
    });
    let read = |kinds: &[&str], until| inspect::records(dir.path(), kinds, until).unwrap();
    assert_eq!(read(&["run_started", "market_listed"], Timestamp::MAX).len(), 2);
    assert_eq!(
        read(&["run_started", "market_listed"], Timestamp::from_secs(1)),
        [started(&["one"])]
    );
    assert_eq!(read(&["market_listed"], Timestamp::from_secs(2)), [listed(0, "KXA")]);
    assert_eq!(read(&["run_stopped"], Timestamp::MAX), []);
    assert_eq!(inspect::last_at(dir.path()).unwrap(), Some(AT));
}

#[test]
fn whose_journal_it_is_can_be_asked_beforehand() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), |_| vec![started(&["one"])]);
    inspect::expect_account(dir.path(), &account("a")).unwrap();
    let error = inspect::expect_account(dir.path(), &account("b")).unwrap_err();
    assert!(matches!(error, JournalError::OtherKey { .. }), "{error}");
    // Of the same venue and system: the key may be another.
    assert_eq!(inspect::account_at(dir.path(), &account("b")).unwrap(), "a");
    let elsewhere = Identity { endpoint: "prod".to_owned(), ..account("a") };
    let error = inspect::account_at(dir.path(), &elsewhere).unwrap_err();
    assert!(matches!(error, JournalError::OtherIdentity { .. }), "{error}");
}
