//! The engine with its journal around it: what a start takes over from earlier runs, and what happens
//! when the disk fails.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "../crates/journal/tests/support/records.rs"]
mod records;
#[path = "../crates/engine/tests/support/mod.rs"]
mod scenes;

use std::collections::BTreeMap;

use records::{account, closed, filled, intent, listed, started};
use statecraft::config::SkillSettings;
use statecraft::journal::{Decided, Journal, JournalClosed, Options, Record};
use statecraft::runtime::clock::RunClock;
use statecraft::runtime::core::{Core, Outlets};
use statecraft::runtime::gateway::Gate;
use statecraft::runtime::input::Input;
use statecraft::runtime::recovery;
use statecraft::runtime::skill::SkillKeeper;
use statecraft::simulation::{self, FixedRates};
use statecraft::skill::Store;
use statecraft::trading::desk::{Desk, Log};
use statecraft::trading::dispatch::{CancelRequest, cancel_outcome};
use statecraft::trading::flow::{EVERY, FlowWatch, Sent};
use statecraft::trading::gate::Bar;
use statecraft::venue::kalshi::rest::Cancelled;
use statecraft_domain::control::{
    Origin, RestrictionChanged, Scope, VenueCondition, VenueConditionChanged,
};
use statecraft_domain::event::{
    AccountReported, FlattenEnded, FlattenRequested, Mode, ModeChanged, ReportedPosition, Standing,
};
use statecraft_domain::{
    Denial, Event, MarketId, Nanos, Quantity, StrategyId, Timestamp, Usd, Venue,
};
use statecraft_engine::config::{
    AccountLimits, Decision, Exits, Guards, Kelly, ModelSpec, Supervision,
};
use statecraft_engine::facts::{BeliefFacts, ProposalFacts};
use statecraft_engine::{DecisionFacts, DecisionOutcome, Engine, EngineConfig, Motive};
use tokio::sync::mpsc;

fn engine(lineage: u64) -> Engine {
    Engine::new(EngineConfig {
        lineage,
        first_sequence: 1,
        time_scale: 1,
        strategies: Vec::new(),
        limits: AccountLimits {
            max_account_cost: Usd::from_dollars(1_000),
            cash_buffer_e4: 0,
            max_open_orders: 10,
            max_orders_per_second: 1,
            max_orders_per_minute: 10,
            max_orders_per_day: 100,
            max_book_age: Nanos::from_secs(15),
            duplicate_window: Nanos::from_secs(30),
            max_unknown_orders: 3,
            max_unattended: Nanos::from_secs(300),
            guards: Guards::open(),
        },
        real_money: false,
        keep_checks: true,
        sources: Vec::new(),
        supervision: Supervision::default(),
        prediction_interval: Nanos::from_secs(3_600),
    })
}

fn report(positions: &[(u32, &str)]) -> Event {
    let positions = positions.iter().map(|(market, quantity)| ReportedPosition {
        market: MarketId(*market),
        quantity: quantity.parse().unwrap(),
    });
    Event::AccountReported(Box::new(AccountReported {
        at: Timestamp::from_secs(6),
        venue: Venue::Kalshi,
        cash: Usd::from_dollars(100),
        positions: positions.collect(),
        proven: Vec::new(),
        disputes: Vec::new(),
    }))
}

/// A start that found another position was journaled with what it found. That must not keep every later
/// start from trading once the account is in order; and while it is not, the report halts again.
#[test]
fn i13_an_old_halt_is_lifted_by_a_report_that_agrees_and_by_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let open = || Journal::open(dir.path(), &account("a"), &[], |_| {}).unwrap();
    let first = open();
    let lineage = first.recovery.lineage;
    let records = [
        started(&[]),
        listed(0, "KXA"),
        intent(lineage, 1, 0, 0),
        Record::Event(filled(lineage, 1, 0, "t1", "0.40", "3")),
        Record::Event(closed(lineage, 1, "3")),
        started(&[]),
        Record::Event(report(&[(0, "5")])),
    ];
    for record in records {
        first.journal.append(record).unwrap();
    }
    first.journal.close().unwrap();

    let recovery = open().recovery;
    let mut engine = engine(lineage);
    recovery::replay(&mut engine, &recovery);
    assert_eq!(engine.mode(), Mode::Starting);
    assert_eq!(engine.position(MarketId(0)).quantity, "3".parse().unwrap());

    let mut still_wrong = engine.clone();
    still_wrong.step(&report(&[(0, "5")]), &mut Vec::new());
    assert_eq!(still_wrong.mode(), Mode::Halted);
    engine.step(&report(&[(0, "3")]), &mut Vec::new());
    assert_eq!(engine.mode(), Mode::Starting);
}

/// An order that is not over may be older than the last record by any time: the venue is asked from its
/// decision on, or it would count as never placed.
#[test]
fn i4_the_venue_is_asked_from_the_oldest_open_order_on() {
    let mut engine = engine(7);
    let late = Timestamp::from_secs(100_000);
    assert_eq!(recovery::ask_from(&engine, late), late);
    let Record::Intent(order) = intent(7, 1, 0, 0) else { unreachable!() };
    engine.restore_intent(order.get());
    assert_eq!(recovery::ask_from(&engine, late), order.get().decided_at);
}

/// 5.4: on a quiet market nobody appends, and the failed disk must be noticed all the same.
#[test]
fn i1_a_failed_journal_closes_the_gate_at_the_next_tick() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { max_pages: Some(24), batch: 8, ..Options::default() };
    let opened = Journal::open_with(options, dir.path(), &account("a"), &[], |_| {}).unwrap();
    let lineage = opened.recovery.lineage;
    for sequence in 1..10_000 {
        let appended = opened.journal.append(intent(lineage, sequence, 0, 0));
        if appended.and_then(|()| opened.journal.flush()).is_err() {
            break;
        }
    }
    assert!(opened.journal.failed());
    let (gate, (cancels, _to_gateway), (steer, _to_stream)) =
        (Gate::default(), mpsc::channel(1), mpsc::channel(1));
    let outlets = Outlets { cancels, steer, gate: gate.clone() };
    let (engine, clock) = (engine(lineage), RunClock::real());
    let mut core = Core::new(engine, opened.journal, clock, outlets, None, BTreeMap::new());
    assert!(!gate.is_closed());
    core.tick().unwrap_err();
    assert!(gate.is_closed());
    assert_eq!(core.engine().mode(), Mode::Killed);
}

/// A person's release of a strategy waits until it runs: a run that does not have it takes nothing up.
#[test]
fn a_release_waits_for_its_strategy() {
    let exercise = simulation::exercise(FixedRates::default(), 1).unwrap().strategies.remove(0);
    for (runs, waits) in [(false, true), (true, false)] {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        store.release(&exercise.name, "refitted", Timestamp::from_secs(1)).unwrap();
        let opened = Journal::open(dir.path(), &account("a"), &[], |_| {}).unwrap();
        let strategies = if runs { vec![exercise.clone()] } else { Vec::new() };
        let engine = Engine::new(EngineConfig { strategies, ..engine(1).config().clone() });
        let ((cancels, _to_gateway), (steer, _to_stream)) = (mpsc::channel(8), mpsc::channel(8));
        let outlets = Outlets { cancels, steer, gate: Gate::default() };
        let clock = RunClock::real();
        let mut core = Core::new(engine, opened.journal, clock, outlets, None, BTreeMap::new());
        let (findings, mut heard) = mpsc::channel(8);
        let settings = SkillSettings { min_resolutions: 50, credible: 0.95 };
        let skill = SkillKeeper::open(dir.path(), settings, findings).unwrap();
        core.keep_record(Some(skill), Vec::new());
        let Some(Input::Skill(finding)) = heard.blocking_recv() else { panic!("no release") };
        core.judge(&finding).unwrap();
        // Both write what they have.
        let _ = core.close();
        let left = store.open_releases().unwrap();
        assert_eq!(left.len(), usize::from(waits), "runs: {runs}");
    }
}

/// Every comparison of the account tells the fills of a while again: the journal keeps each once.
#[test]
fn i7_a_fill_told_again_is_not_written_again() {
    let dir = tempfile::tempdir().unwrap();
    let open = || Journal::open(dir.path(), &account("a"), &[], |_| {}).unwrap();
    let opened = open();
    let lineage = opened.recovery.lineage;
    opened.journal.append(intent(lineage, 1, 0, 0)).unwrap();
    let mut engine = engine(lineage);
    let Record::Intent(order) = intent(lineage, 1, 0, 0) else { unreachable!() };
    engine.restore_intent(order.get());
    let ((cancels, _to_gateway), (steer, _to_stream)) = (mpsc::channel(8), mpsc::channel(8));
    let outlets = Outlets { cancels, steer, gate: Gate::default() };
    let clock = RunClock::real();
    let mut core = Core::new(engine, opened.journal, clock, outlets, None, BTreeMap::new());
    for (trade, quantity) in [("t1", "1"), ("t1", "1"), ("t2", "1"), ("t1", "1"), ("t2", "1")] {
        core.take(filled(lineage, 1, 0, trade, "0.40", quantity)).unwrap();
    }
    let _ = core.close();
    let fills = open().recovery.records.into_iter();
    assert_eq!(
        fills.filter(|record| matches!(record, Record::Event(Event::OrderFilled(_)))).count(),
        2
    );
}

fn core_of(dir: &std::path::Path, restored: &[Record], gate: &Gate) -> (Core, u64) {
    let opened = Journal::open(dir, &account("a"), &[], |_| {}).unwrap();
    let lineage = opened.recovery.lineage;
    let mut engine = engine(lineage);
    engine.step(&report(&[]), &mut Vec::new());
    for record in restored {
        let Record::Intent(order) = record else { unreachable!() };
        engine.restore_intent(order.get());
    }
    let ((cancels, _to_gateway), (steer, _to_stream)) = (mpsc::channel(8), mpsc::channel(8));
    let outlets = Outlets { cancels, steer, gate: gate.clone() };
    let clock = RunClock::real();
    (Core::new(engine, opened.journal, clock, outlets, None, BTreeMap::new()), lineage)
}

/// Something left that was not approved: the gate closes, and the kill is durable.
#[test]
fn an_order_that_nobody_approved_is_a_kill_that_holds() {
    let dir = tempfile::tempdir().unwrap();
    let gate = Gate::default();
    let (mut core, lineage) = core_of(dir.path(), &[], &gate);
    core.set_mode(Mode::Active, "a test").unwrap();
    let (sent, mut watch) = (Sent::default(), FlowWatch::default());
    assert!(watch.look(EVERY, core.engine(), sent.flow()).is_empty(), "nothing left");
    let Record::Intent(order) = intent(lineage, 1, 0, 0) else { unreachable!() };
    sent.clone().add(order.get());
    assert!(watch.look(EVERY, core.engine(), sent.flow()).is_empty(), "not before the next look");
    let breaches = watch.look(EVERY * 2, core.engine(), sent.flow());
    assert_eq!(breaches.len(), 1, "{breaches:?}");
    assert!(breaches[0].kills && breaches[0].code == "sent_unapproved", "{breaches:?}");
    core.breached(&breaches[0]).unwrap();
    assert!(gate.is_closed());
    assert_eq!(core.engine().mode(), Mode::Killed);
    assert!(watch.look(EVERY * 3, core.engine(), sent.flow()).is_empty(), "said once");
    // A person releases it; the next one is another.
    watch.forgive(core.engine(), sent.flow());
    assert!(watch.look(EVERY * 4, core.engine(), sent.flow()).is_empty(), "forgiven");
    sent.clone().add(order.get());
    assert_eq!(watch.look(EVERY * 5, core.engine(), sent.flow()).len(), 1, "not forgiven");
    drop(core);
    let opened = Journal::open(dir.path(), &account("a"), &[], |_| {}).unwrap();
    let killed = opened.recovery.records.iter().any(|record| {
        matches!(record, Record::Event(Event::ModeChanged(change))
            if change.mode == Mode::Killed && change.reason.contains("sent_unapproved"))
    });
    assert!(killed, "the kill is in the journal");
}

/// Three of ten filled, then cancelled: the fill stays, the rest is free, whichever is heard first.
#[test]
fn i6_a_partial_fill_and_then_a_cancel_leave_what_was_filled() {
    for fill_first in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        let lineage =
            Journal::open(dir.path(), &account("a"), &[], |_| {}).unwrap().recovery.lineage;
        let Record::Intent(order) = intent(lineage, 1, 0, 0) else { unreachable!() };
        let (mut core, _) = core_of(dir.path(), &[intent(lineage, 1, 0, 0)], &Gate::default());
        let listing = listed(0, "KXA");
        let Record::Event(listing) = listing else { unreachable!() };
        core.take(listing).unwrap();
        let request = CancelRequest {
            order: order.get().id,
            venue_order: statecraft_domain::VenueOrderId::new("v1"),
            market: MarketId(0),
            quantity: order.get().quantity,
        };
        let at = Timestamp::from_secs(5);
        let done = Cancelled::Done { reduced_by: "7".parse().unwrap(), venue_at: at };
        let cancelled = cancel_outcome(&request, done, at).expect("an outcome");
        let fill = filled(lineage, 1, 0, "t1", "0.40", "3");
        let both = if fill_first { [fill, cancelled] } else { [cancelled, fill] };
        for event in both {
            core.take(event).unwrap();
        }
        assert_eq!(core.engine().position(MarketId(0)).quantity, "3".parse().unwrap());
        assert!(!core.has_live_orders(), "{:?}", core.engine().orders().live());
    }
}

/// What the engine stops by itself closes the gate before that is durable (I12), and opens it again only when a
/// person may: a resumption that the engine refuses is not written down, so that no restart finds it (I13).
#[test]
fn i12_i13_a_halt_of_the_engine_closes_the_gate_and_a_refused_resumption_never_happened() {
    let dir = tempfile::tempdir().unwrap();
    let gate = Gate::default();
    let (mut core, lineage) = core_of(dir.path(), &[], &gate);
    let Record::Event(listing) = listed(0, "KXA") else { unreachable!() };
    core.take(listing).unwrap();
    core.set_mode(Mode::Active, "a test").unwrap();
    assert_eq!(gate.refuses(StrategyId(0)), None);
    // Somebody else's fill.
    core.take(filled(lineage, 99, 0, "t1", "0.40", "3")).unwrap();
    assert_eq!(core.engine().mode(), Mode::Halted);
    assert!(gate.has(Bar::Latched) && gate.ends_all());
    core.set_mode(Mode::Active, "resumed by the operator: too soon").unwrap();
    assert_eq!(core.engine().mode(), Mode::Halted, "no report has agreed since");
    assert!(gate.has(Bar::Latched));
    let held = core.engine().position(MarketId(0)).quantity.to_string();
    let found: Vec<(u32, &str)> = if held == "0" { Vec::new() } else { vec![(0, &held)] };
    core.take(report(&found)).unwrap();
    core.set_mode(Mode::Active, "resumed by the operator: compared").unwrap();
    assert_eq!((core.engine().mode(), gate.has(Bar::Latched)), (Mode::Active, false));
    let _ = core.close();
    let opened = Journal::open(dir.path(), &account("a"), &[], |_| {}).unwrap();
    let resumed = opened.recovery.records.iter().filter_map(|record| match record {
        Record::Event(Event::ModeChanged(change)) if change.mode == Mode::Active => {
            Some(change.reason.as_str())
        }
        _ => None,
    });
    let resumed: Vec<&str> = resumed.collect();
    assert_eq!(resumed, ["a test", "resumed by the operator: compared"]);
}

/// What a process saw of a venue or of a book held for that process: the next one looks anew, and nobody would
/// lift what an earlier one restricted. What the engine or a person restricted stays.
#[test]
fn f35_f6_a_restart_forgets_what_the_process_before_saw() {
    let dir = tempfile::tempdir().unwrap();
    let open = || Journal::open(dir.path(), &account("a"), &[], |_| {}).unwrap();
    let first = open();
    let lineage = first.recovery.lineage;
    let at = Timestamp::from_secs(3);
    let restricted = |scope, origin| {
        Record::Event(Event::RestrictionChanged(Box::new(RestrictionChanged {
            at,
            scope,
            mode: Mode::Halted,
            origin,
            code: "a_test".into(),
            reason: "a test".into(),
        })))
    };
    let (market, strategy) = (Scope::Market(MarketId(0)), Scope::Strategy(StrategyId(0)));
    let records = [
        started(&[]),
        listed(0, "KXA"),
        Record::Event(Event::VenueConditionChanged(Box::new(VenueConditionChanged {
            at,
            venue: Venue::Kalshi,
            condition: VenueCondition::Unreachable,
            detail: "no answer".into(),
        }))),
        restricted(market, Origin::Shell),
        restricted(strategy, Origin::Operator),
    ];
    for record in records {
        first.journal.append(record).unwrap();
    }
    first.journal.close().unwrap();
    let mut engine = engine(lineage);
    recovery::replay(&mut engine, &open().recovery);
    let controls = engine.controls();
    assert_eq!(controls.condition(Venue::Kalshi), VenueCondition::Open);
    let left: Vec<Scope> = controls.restrictions().map(|one| one.scope).collect();
    assert_eq!(left, [strategy]);
}

/// A flatten ends with its process, and is not asked again by itself: the start says so, with what is held and the
/// command, for as long as no person has decided about it, and says nothing of one that had ended.
#[test]
fn i13_a_start_knows_what_a_flatten_left_until_a_person_decides() {
    let at = Timestamp::from_secs(7);
    let change = |mode, reason: &str| {
        Record::Event(Event::ModeChanged(ModeChanged { at, mode, reason: reason.to_owned() }))
    };
    let ended = |market, left: &str| {
        let (market, left) = (MarketId(market), left.parse().unwrap());
        Record::Event(Event::FlattenEnded(FlattenEnded { at, market, left }))
    };
    let asked = |market: Option<u32>| {
        Record::Event(Event::FlattenRequested(FlattenRequested {
            at,
            max_slippage: "0.08".parse().unwrap(),
            market: market.map(MarketId),
            reason: "out".to_owned(),
        }))
    };
    let reduces = || change(Mode::ReduceOnly, "paused by the operator: flatten: out");
    let left = |more: Vec<Record>| {
        let dir = tempfile::tempdir().unwrap();
        let open = || Journal::open(dir.path(), &account("a"), &[], |_| {}).unwrap();
        let first = open();
        let lineage = first.recovery.lineage;
        let opening = [
            started(&[]),
            listed(0, "KXA"),
            listed(1, "KXB"),
            listed(2, "KXC"),
            intent(lineage, 1, 0, 0),
            intent(lineage, 2, 0, 1),
            Record::Event(filled(lineage, 1, 0, "t1", "0.40", "3")),
            Record::Event(filled(lineage, 2, 1, "t2", "0.40", "5")),
        ];
        for record in opening.into_iter().chain(more) {
            first.journal.append(record).unwrap();
        }
        first.journal.close().unwrap();
        let mut engine = engine(lineage);
        let recovered = recovery::replay(&mut engine, &open().recovery);
        assert_eq!(engine.flattening().count(), 0, "nothing is closed by surprise");
        let left = recovered.unfinished.left(&engine).into_iter();
        left.map(|one| format!("{} {}: {}", one.contracts, one.ticker, one.again))
            .collect::<Vec<_>>()
    };
    let all = "statecraft flatten --max-slippage 0.08 --yes";
    let both = [format!("3 KXA: {all}"), format!("5 KXB: {all}")];
    assert_eq!(left(vec![reduces(), asked(None)]), both, "killed");
    let stopped = || change(Mode::Halted, "interrupted");
    assert_eq!(left(vec![reduces(), asked(None), stopped()]), both, "stopped in order");
    let again = [reduces(), asked(None), stopped(), started(&[]), reduces(), stopped()];
    assert_eq!(left(again.into()), both, "nobody has decided in the run after it");
    let one = "5 KXB: statecraft flatten --max-slippage 0.08 --market KXB --yes";
    assert_eq!(left(vec![reduces(), asked(Some(1))]), [one]);
    assert_eq!(left(vec![reduces(), asked(None), ended(0, "3")]), both[1..], "given up, and told");
    assert_eq!(left(vec![reduces(), asked(None), ended(0, "0"), ended(1, "5")]), [""; 0]);
    let decided = [
        change(Mode::Active, "resumed by the operator: enough"),
        change(Mode::Halted, "paused by the operator: enough"),
        change(Mode::Killed, "operator: enough"),
    ];
    for decided in decided {
        assert_eq!(left(vec![reduces(), asked(None), decided]), [""; 0]);
    }
    assert_eq!(left(vec![reduces()]), [""; 0], "nothing was asked");
}

/// The stop of a position counts from what was believed when it was bought: the decision beside the order's intent says
/// it, and the first look of the next process may be long after the fall.
#[test]
fn a_restart_knows_what_was_believed_when_it_was_bought() {
    let rules = || {
        let exits = Exits { stop_move: Some(0.10), ..Exits::default() };
        let external = ModelSpec::External { sd_logit: 0.3, max_age: Nanos::from_secs(864_000) };
        let kelly = Kelly { exits, ..scenes::kelly() };
        scenes::config(vec![scenes::strategy(external, Decision::Kelly(kelly))])
    };
    let belief = |blended| BeliefFacts {
        model: blended,
        model_sd_logit: 0.3,
        market: None,
        market_debiased: None,
        weight: 1.0,
        blended,
        sd_logit: 0.3,
    };
    for (believed, leaves) in [(0.45, true), (0.39, false)] {
        let dir = tempfile::tempdir().unwrap();
        let names = ["test".to_owned()];
        let open = || Journal::open(dir.path(), &account("a"), &names, |_| {}).unwrap();
        let first = open();
        let lineage = first.recovery.lineage;
        let mut asked = intent(lineage, 1, 0, 0);
        let Record::Intent(order) = &mut asked else { unreachable!() };
        let order = order.get();
        let facts = DecisionFacts {
            at: order.decided_at,
            outcome: DecisionOutcome::Order {
                id: order.id,
                side: order.side,
                price: order.price,
                quantity: order.quantity,
            },
            belief: Some(belief(believed)),
            bid: None,
            ask: None,
            position: Quantity::ZERO,
            own: None,
            motive: None,
            cause: None,
            edge: None,
            proposal: Some(ProposalFacts {
                side: order.side,
                price: order.price,
                quantity: order.quantity,
                reduces: false,
                edge: 0.05,
            }),
            checks: Vec::new(),
            mode: Mode::Active,
            standing: Standing::Good,
        };
        let (order, strategy_hash) = (order.id, String::new());
        let decided = Decided { order, strategy_hash, facts, model: None };
        let records = [
            started(&["test"]),
            listed(0, "KXA"),
            Record::Decision(Box::new(decided)),
            asked,
            Record::Event(filled(lineage, 1, 0, "t1", "0.40", "10")),
            Record::Event(closed(lineage, 1, "10")),
        ];
        for record in records {
            first.journal.append(record).unwrap();
        }
        first.journal.close().unwrap();
        let mut engine = Engine::new(EngineConfig { lineage, ..rules() });
        recovery::replay(&mut engine, &open().recovery);
        let begins = [
            scenes::account(20_000, 1_000, &[(0, 10)]),
            scenes::mode(20_001, Mode::Active),
            scenes::signal(20_002, "now", "probability", 0.33),
            scenes::snapshot(20_003, &[(30, 900)], &[(31, 900)]),
        ];
        scenes::run(&mut engine, &begins);
        let last = engine.last_decision(StrategyId(0), MarketId(0)).unwrap();
        assert_eq!(last.own, "10".parse().unwrap());
        let is_given_up = last.proposal.is_some_and(|proposal| proposal.reduces);
        assert_eq!(is_given_up, leaves, "{believed}: {last:?}");
    }
}

/// A log that keeps what it is given.
#[derive(Debug, Default)]
struct Kept(Vec<Record>);

impl Log for Kept {
    fn append(&mut self, record: Record) -> Result<(), JournalClosed> {
        self.0.push(record);
        Ok(())
    }

    fn failure(&self) -> Option<JournalClosed> {
        None
    }
}

/// A market whose position is being closed is looked at twice in one step if its price has moved and nothing says why:
/// the decision behind the order is written down all the same.
#[test]
fn an_order_is_written_with_its_decision_whatever_is_decided_after_it_in_the_same_step() {
    let external = ModelSpec::External { sd_logit: 0.3, max_age: Nanos::from_secs(864_000) };
    let strategy = scenes::strategy(external, Decision::Kelly(scenes::kelly()));
    let mut engine = Engine::new(scenes::config(vec![strategy]));
    scenes::run(&mut engine, &[scenes::listed(0, 0, "KXA"), scenes::account(1, 1_000, &[(0, 10)])]);
    let mut desk = Desk::new(engine, Kept::default(), Gate::default(), BTreeMap::new());
    let flatten = Event::FlattenRequested(FlattenRequested {
        at: Timestamp::from_secs(63),
        max_slippage: scenes::cents(2),
        market: None,
        reason: "a test".into(),
    });
    let events = [
        scenes::mode(2, Mode::Active),
        scenes::snapshot(1_000, &[(33, 900)], &[(34, 900)]),
        scenes::tick(1_001),
        scenes::clock(61_000, false),
        scenes::snapshot(62_000, &[(53, 900)], &[(54, 900)]),
        flatten,
        scenes::clock(64_000, true),
    ];
    for event in &events {
        desk.step(event).unwrap();
        assert!(desk.engine().orders().is_empty(), "{event:?}");
    }
    desk.step(&scenes::tick(65_000)).unwrap();
    let last = desk.engine().last_decision(StrategyId(0), MarketId(0)).unwrap();
    assert_eq!(last.outcome, DecisionOutcome::Denied(Denial::OrderWorking), "looked at again");
    let Kept(records) = desk.log();
    let decided = records.windows(2).find_map(|pair| match pair {
        [Record::Decision(decided), Record::Intent(order)] => Some((decided, order)),
        _ => None,
    });
    let (decided, order) = decided.unwrap();
    assert_eq!((decided.order, decided.facts.motive), (order.get().id, Some(Motive::Flatten)));
    assert!(matches!(decided.facts.outcome, DecisionOutcome::Order { .. }), "{decided:?}");
}
