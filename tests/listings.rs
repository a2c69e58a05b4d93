//! What a market's listing says is read again while a bot runs: what the stream did not tell, and what
//! changes the question (F40).
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "../crates/journal/tests/support/records.rs"]
mod records;

use std::collections::BTreeSet;
use std::time::Duration;

use statecraft::journal::{Journal, JournalClosed};
use statecraft::runtime::access::Access;
use statecraft::runtime::core::{Core, Outlets};
use statecraft::runtime::discovery::{Discovered, Unlisted};
use statecraft::runtime::feeds::{Feeds, Steer, Told};
use statecraft::runtime::gateway::{CancelRequest, Gate};
use statecraft::runtime::input::Input;
use statecraft::trading::desk::Takes;
use statecraft::trading::feed::reaction;
use statecraft::trading::listings::{
    Doubt, Found, Listings, Question, RULES_CHANGED, rules_hash, unusable,
};
use statecraft::trading::markets::Markets;
use statecraft::venue::kalshi::map::listing;
use statecraft::venue::kalshi::rest::{Listed, Unlistable};
use statecraft::venue::kalshi::stream::{Notice, StreamItem};
use statecraft::venue::kalshi::wire::{Market, MarketResult, MarketStatus as Word};
use statecraft_domain::action::Alert;
use statecraft_domain::control::{Origin, RestrictionChanged, Scope};
use statecraft_domain::event::{BookSnapshot, Level, MarketListed, MarketStatusChanged, Mode};
use statecraft_domain::fees::{KalshiFeeType, KalshiMember};
use statecraft_domain::{
    Event, FeeSchedule, Listing, MarketId, MarketStatus, Nanos, Price, Quantity, Settlement,
    StrategyId, Timestamp, Usd, Venue,
};
use statecraft_engine::config::{AccountLimits, Guards, Supervision};
use statecraft_engine::{Engine, EngineConfig};
use tokio::sync::mpsc;

const MARKET: &str = r#"{"ticker":"KXT-27-JPN","event_ticker":"KXT-27","title":"Japan?","open_time":"2025-12-22T15:00:00Z","close_time":"2027-01-01T15:00:00Z","status":"active","yes_bid_dollars":"0.3100","yes_bid_size_fp":"120.00","yes_ask_dollars":"0.3400","yes_ask_size_fp":"75.50","no_bid_dollars":"0.6600","no_ask_dollars":"0.6900","last_price_dollars":"0.3300","volume_fp":"1.00","volume_24h_fp":"1.00","result":"","open_interest_fp":"1.00","notional_value_dollars":"1.0000","previous_yes_bid_dollars":"0.3000","previous_yes_ask_dollars":"0.3400","previous_price_dollars":"0.3200","rules_primary":"A visit to Japan.","rules_secondary":"","price_ranges":[{"start":"0.0000","end":"1.0000","step":"0.0100"}]}"#;
const M: MarketId = MarketId(0);
const NOW: Timestamp = Timestamp::from_secs(1_772_452_800);

fn engine() -> Engine {
    Engine::new(EngineConfig {
        lineage: 1,
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

struct Desk {
    engine: Engine,
    taken: Vec<Event>,
}

impl Takes for Desk {
    fn engine(&self) -> &Engine {
        &self.engine
    }

    fn now(&self) -> Timestamp {
        NOW
    }

    fn tell(&mut self, _: Alert) {}

    fn take(&mut self, event: Event) -> Result<(), JournalClosed> {
        self.engine.step(&event, &mut Vec::new());
        self.taken.push(event);
        Ok(())
    }
}

fn fees(multiplier_e6: u32) -> FeeSchedule {
    FeeSchedule::kalshi(KalshiFeeType::Quadratic, multiplier_e6, KalshiMember::Direct)
}

fn listed(wire: &Market, fees: FeeSchedule) -> Result<Listing, Unlistable> {
    listing(wire, "KXT", fees).map_err(|error| Unlistable::Unusable(error.to_string()))
}

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// One market that trades, with a book, and its listing.
struct Case {
    desk: Desk,
    listings: Listings,
    wire: Market,
}

impl Case {
    fn new() -> Self {
        let wire: Market = serde_json::from_str(MARKET).unwrap();
        let mut desk = Desk { engine: engine(), taken: Vec::new() };
        let listing = listing(&wire, "KXT", fees(1_000_000)).unwrap();
        desk.take(Event::MarketListed(Box::new(MarketListed { at: NOW, market: M, listing })))
            .unwrap();
        let level = |cents| Level {
            price: Price::from_cents(cents).unwrap(),
            quantity: Quantity::from_contracts(7),
        };
        desk.take(Event::BookSnapshot(Box::new(BookSnapshot {
            at: NOW,
            venue_at: NOW,
            market: M,
            bids: vec![level(31)],
            asks: vec![level(34)],
        })))
        .unwrap();
        desk.taken.clear();
        Self { desk, listings: Listings::new(secs(0)), wire }
    }

    fn due(&mut self, now: u64) -> Option<Question> {
        self.listings.due(&self.desk.engine, &BTreeSet::from([M]), secs(now))
    }

    /// Everything is asked at this second, and answered at once.
    fn read(&mut self, now: u64, fees: FeeSchedule) -> Found {
        self.listings.doubt(secs(now - 2), Doubt::All);
        let question = self.due(now).unwrap();
        let listing = listed(&self.wire, fees);
        let rows = [Listed { market: self.wire.clone(), listing }];
        self.listings.read(&mut self.desk, secs(now), &question, &rows).unwrap()
    }

    fn known(&self) -> &Listing {
        self.desk.engine.markets()[0].listing()
    }

    fn restriction(&self) -> Option<(Mode, String)> {
        let found = self.desk.engine.controls().restriction(Scope::Market(M));
        found.map(|found| (found.mode, found.code.clone()))
    }

    fn restrict(&mut self, origin: Origin, mode: Mode) {
        let (scope, code) = (Scope::Market(M), "another".to_owned());
        let change =
            RestrictionChanged { at: NOW, scope, mode, origin, code, reason: String::new() };
        self.desk.take(Event::RestrictionChanged(Box::new(change))).unwrap();
    }
}

#[test]
fn what_the_stream_did_not_tell_is_told_once_and_the_book_stays() {
    let mut case = Case::new();
    assert_eq!(case.read(10, fees(1_000_000)), Found::default());
    assert!(case.desk.taken.is_empty(), "{:?}", case.desk.taken);
    // It was paused and its close moved while nobody listened, and its fees are others.
    case.wire.status = Word::Inactive;
    case.wire.close_time = Some(Timestamp::from_secs(1_799_000_000));
    let found = case.read(50, fees(2_000_000));
    assert_eq!(found.relisted.len(), 1, "the stream must know");
    assert_eq!(case.known(), &found.relisted[0].1);
    assert_eq!(case.known().status, MarketStatus::Paused);
    assert_eq!(case.known().close, Some(Timestamp::from_secs(1_799_000_000)));
    assert_eq!(case.known().fees, fees(2_000_000));
    assert!(case.desk.engine.markets()[0].is_tradable_book(), "its book goes on");
    let kinds: Vec<bool> =
        case.desk.taken.iter().map(|e| matches!(e, Event::MarketStatusChanged(_))).collect();
    assert_eq!(kinds, [false, true], "{:?}", case.desk.taken);
    case.desk.taken.clear();
    assert_eq!(case.read(100, fees(2_000_000)), Found::default());
    assert!(case.desk.taken.is_empty());
    // Only its state: no word of a listing.
    case.wire.status = Word::Active;
    case.read(150, fees(2_000_000));
    assert!(
        matches!(case.desk.taken[..], [Event::MarketStatusChanged(_)]),
        "{:?}",
        case.desk.taken
    );
}

#[test]
fn what_the_stream_said_meanwhile_is_the_newer_word() {
    let mut case = Case::new();
    case.listings.doubt(secs(8), Doubt::All);
    let question = case.due(10).unwrap();
    let (status, close) = (MarketStatus::Closed, None);
    let said =
        Event::MarketStatusChanged(MarketStatusChanged { at: NOW, market: M, status, close });
    case.listings.heard(secs(11), &said);
    case.desk.take(said).unwrap();
    case.desk.taken.clear();
    // The answer was read before that.
    let listing = listed(&case.wire, fees(1_000_000));
    let rows = [Listed { market: case.wire.clone(), listing }];
    case.listings.read(&mut case.desk, secs(12), &question, &rows).unwrap();
    assert_eq!(case.known().status, MarketStatus::Closed);
    assert!(case.due(13).is_none());
    assert!(case.due(22).is_some(), "and it is asked again soon");
}

/// F40: the question may be another one.
#[test]
fn f40_a_market_whose_rules_changed_only_closes_until_a_person_says_otherwise() {
    let mut case = Case::new();
    case.read(10, fees(1_000_000));
    assert_eq!(case.restriction(), None, "the first reading is what is traded on");
    case.wire.rules_primary = "A visit to Japan or Korea.".to_owned();
    case.read(50, fees(1_000_000));
    let restricted = Some((Mode::ReduceOnly, RULES_CHANGED.to_owned()));
    assert_eq!(case.restriction(), restricted);
    let mode = case.desk.engine.controls().mode(Mode::Active, StrategyId(0), M);
    assert_eq!(mode, Mode::ReduceOnly);
    // Neither the end of another check's quarantine nor the next reading lifts it.
    case.restrict(Origin::Shell, Mode::Halted);
    case.restrict(Origin::Shell, Mode::Active);
    case.read(100, fees(1_000_000));
    assert_eq!(case.restriction(), restricted);
    case.restrict(Origin::Operator, Mode::Active);
    assert_eq!(case.restriction(), None);
    case.read(150, fees(1_000_000));
    assert_eq!(case.restriction(), None, "the rules are as they were accepted");
}

/// F40: nobody looked while it was off.
#[test]
fn f40_rules_that_changed_between_two_runs_restrict_the_market_too() {
    let mut case = Case::new();
    case.read(10, fees(1_000_000));
    let written = case.listings.unwritten();
    assert_eq!(written.len(), 1);
    case.read(50, fees(1_000_000));
    assert!(case.listings.unwritten().is_empty(), "the same text is written down once");

    let restarted = |wire: &dyn Fn(&mut Market)| {
        let mut case = Case::new();
        wire(&mut case.wire);
        let known = written.iter().map(|read| (read.ticker.clone(), read.hash.clone()));
        case.listings.know_rules(known.collect());
        let hash = rules_hash(&case.wire);
        case.listings.look_at_rules(&mut case.desk, M, &case.wire.ticker, hash).unwrap();
        case
    };
    let mut same = restarted(&|_| {});
    assert_eq!(same.restriction(), None);
    assert!(same.listings.unwritten().is_empty());
    let mut other = restarted(&|wire| wire.rules_secondary = "Or by telephone.".to_owned());
    assert_eq!(other.restriction(), Some((Mode::ReduceOnly, RULES_CHANGED.to_owned())));
    assert_ne!(other.listings.unwritten(), written);
}

#[test]
fn a_market_whose_fees_cannot_be_computed_only_closes_until_they_can() {
    let mut case = Case::new();
    case.listings.doubt(secs(8), Doubt::Event("KXT-27".to_owned()));
    let question = case.due(10).unwrap();
    assert!(question.with_fees);
    let unknown = Unlistable::Unusable("an unknown rule".to_owned());
    let rows = [Listed { market: case.wire.clone(), listing: Err(unknown) }];
    case.listings.read(&mut case.desk, secs(10), &question, &rows).unwrap();
    assert_eq!(case.restriction().unwrap().0, Mode::ReduceOnly);
    case.read(50, fees(1_000_000));
    assert_eq!(case.restriction(), None);
}

#[test]
fn fees_that_could_not_be_read_this_time_stand_and_the_rest_of_the_row_is_news() {
    let mut case = Case::new();
    case.listings.doubt(secs(8), Doubt::All);
    let question = case.due(10).unwrap();
    case.wire.status = Word::Inactive;
    let unread = || Err(Unlistable::Unread("status 503".to_owned()));
    let rows = [Listed { market: case.wire.clone(), listing: unread() }];
    case.listings.read(&mut case.desk, secs(10), &question, &rows).unwrap();
    assert_eq!(case.restriction(), None);
    assert_eq!(case.known().status, MarketStatus::Paused);
    assert_eq!(case.known().fees, fees(1_000_000));
    assert!(case.due(39).is_none());
    assert!(case.due(40).unwrap().with_fees, "and they are asked for again");
    // Where they were unusable, they still are.
    let mut case = Case::new();
    unusable(&mut case.desk, M, "an unknown rule".to_owned()).unwrap();
    case.listings.doubt(secs(8), Doubt::All);
    let question = case.due(10).unwrap();
    let rows = [Listed { market: case.wire.clone(), listing: unread() }];
    case.listings.read(&mut case.desk, secs(10), &question, &rows).unwrap();
    assert_eq!(case.restriction().unwrap().0, Mode::ReduceOnly);
}

#[test]
fn a_payment_nobody_heard_of_is_found() {
    let mut case = Case::new();
    case.wire.status = Word::Determined;
    case.wire.result = MarketResult::Yes;
    assert!(case.read(10, fees(1_000_000)).settled.is_empty(), "announced is not paid");
    case.wire.status = Word::Finalized;
    case.wire.result = MarketResult::No;
    let found = case.read(50, fees(1_000_000));
    assert_eq!(found.settled, [("KXT-27-JPN".to_owned(), Settlement::No)]);
}

#[test]
fn everything_is_read_after_a_connection_and_states_now_and_then() {
    let mut case = Case::new();
    let answered = |case: &mut Case, now: u64, question: &Question| {
        case.listings.read(&mut case.desk, secs(now), question, &[]).unwrap();
    };
    assert!(case.due(179).is_none());
    let question = case.due(180).unwrap();
    assert!(!question.with_fees, "one request");
    assert!(case.due(200).is_none(), "one question at a time");
    answered(&mut case, 200, &question);
    assert!(case.due(359).is_none());
    case.listings.doubt(secs(300), Doubt::All);
    assert!(case.due(301).is_none(), "the account first");
    let question = case.due(302).unwrap();
    assert!(question.with_fees);
    answered(&mut case, 303, &question);
    // A connection that comes and goes.
    for second in 303..332 {
        case.listings.doubt(secs(second), Doubt::All);
        assert!(case.due(second).is_none());
    }
    let question = case.due(332).unwrap();
    // Nobody answers.
    case.listings.unread(secs(340), &question);
    assert!(case.due(369).is_none());
    // What may hang on one event that cannot be read does not keep the others from being looked at.
    let question = case.due(370).unwrap();
    assert!(!question.with_fees);
    answered(&mut case, 371, &question);
    assert!(case.due(399).is_none());
    assert!(case.due(400).unwrap().with_fees);
    // A question that is never answered ends by itself; nothing is asked where nothing is followed.
    assert!(case.due(999).is_none());
    assert!(case.listings.due(&case.desk.engine, &BTreeSet::new(), secs(1_000)).is_none());
    assert!(case.due(1_300).is_some());
}

#[test]
fn the_stream_says_when_it_may_have_missed_something() {
    let of = |item: StreamItem| reaction(&item).doubt;
    assert_eq!(of(StreamItem::Connected { connection: 2 }), Some(Doubt::All));
    let gap = |channel: &str| {
        of(StreamItem::Notice(Notice::Gap { channel: channel.to_owned(), missing: 1 }))
    };
    assert_eq!(gap("market_lifecycle_v2"), Some(Doubt::All));
    assert_eq!(gap("orderbook_delta"), None);
    let event = "E".to_owned();
    let fees = Notice::FeesChanged { event: event.clone() };
    assert_eq!(of(StreamItem::Notice(fees)), Some(Doubt::Event(event)));
    let ticker = "T".to_owned();
    let metadata = Notice::MetadataChanged { ticker: ticker.clone() };
    assert_eq!(of(StreamItem::Notice(metadata)), Some(Doubt::Market(ticker)));
}

/// The live parts, against an embedded venue.
struct Live {
    core: Core,
    feeds: Feeds,
    markets: Markets,
    steered: mpsc::Receiver<Steer>,
    arrived: mpsc::Receiver<Input>,
    /// A market as the venue lists it.
    truth: Listing,
    _access: Access,
    _cancels: mpsc::Receiver<CancelRequest>,
    _dir: tempfile::TempDir,
}

impl Live {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("s.toml");
        std::fs::write(&file, "[kalshi]\nendpoint = \"embedded\"\n").unwrap();
        let overrides = statecraft::config::Overrides::default();
        let settings =
            statecraft::config::load_with(&file, &overrides, &[], Some(&[])).unwrap().settings;
        let access = Access::open(&settings).await.unwrap();
        let some = access.rest.some_open_markets().await.unwrap();
        let ticker = some[0].ticker.clone();
        let listed =
            access.rest.listings(std::slice::from_ref(&ticker), KalshiMember::Direct).await;
        let truth = listed.unwrap()[0].listing.clone().unwrap();

        let (cancels, _cancels) = mpsc::channel(8);
        let (steer, steered) = mpsc::channel(8);
        let (inputs, arrived) = mpsc::channel(8);
        let gate = Gate::default();
        let outlets = Outlets { cancels, steer: steer.clone(), gate: gate.clone() };
        let opened = Journal::open(dir.path(), &records::account("a"), &[], |_| {}).unwrap();
        let journal = opened.journal;
        let core =
            Core::new(engine(), journal, access.clock.clone(), outlets, None, Default::default());
        let markets = Markets::default();
        let (member, series) = (KalshiMember::Direct, BTreeSet::new());
        let feeds = Feeds::new(&access, markets.clone(), member, series, inputs, steer, gate);
        Self { core, feeds, markets, steered, arrived, truth, _access: access, _cancels, _dir: dir }
    }

    /// The stream connects, and what is asked then is answered.
    async fn told_after_connecting(&mut self) -> Told {
        self.feeds.take(&mut self.core, StreamItem::Connected { connection: 1 }).unwrap();
        let told = tokio::time::timeout(secs(20), async {
            loop {
                self.feeds.tick(&self.core);
                match self.arrived.try_recv() {
                    Ok(Input::Told(told)) => return told,
                    _ => tokio::time::sleep(Duration::from_millis(50)).await,
                }
            }
        });
        told.await.expect("the listings are asked for")
    }

    fn market(&self) -> MarketId {
        self.markets.get(Venue::Kalshi, &self.truth.ticker).unwrap()
    }

    fn known(&self) -> &Listing {
        self.core.engine().markets()[self.market().index()].listing()
    }
}

/// What the engine believes of a market is not what the venue lists, and after the next connection it is.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_connection_the_engine_knows_what_the_venue_lists() {
    let mut live = Live::new().await;
    let truth = live.truth.clone();
    let wrong = Listing { fees: FeeSchedule::free(), close: None, ..truth.clone() };
    let wrong = vec![Discovered { listing: wrong, rules: String::new() }];
    live.feeds.listed(&mut live.core, wrong).unwrap();
    assert!(matches!(live.steered.recv().await, Some(Steer::Follow(..))));
    let told = live.told_after_connecting().await;
    assert!(matches!(&told, Told::Listings { question, .. } if question.with_fees));
    live.feeds.told(&mut live.core, told).unwrap();
    assert_eq!((live.known().close, &live.known().fees), (truth.close, &truth.fees));
    assert!(
        matches!(live.steered.recv().await, Some(Steer::Follow(..))),
        "the stream knows it too"
    );

    // It is paid out otherwise than announced: the payment counts, and its book is let go.
    live.feeds.told(&mut live.core, settled(&truth.ticker)).unwrap();
    let market = live.market();
    assert_eq!(live.core.engine().markets()[market.index()].settlement(), Some(Settlement::No));
    live.feeds.tick(&live.core);
    assert!(matches!(live.steered.recv().await, Some(Steer::Drop(dropped)) if dropped == market));
    live.feeds.tick(&live.core);
    assert!(live.steered.try_recv().is_err(), "once");
}

/// The stream refuses a name that the venue does not know, and all others with it.
#[tokio::test(flavor = "multi_thread")]
async fn the_book_of_a_market_that_is_not_shown_is_asked_for_when_it_is() {
    let mut live = Live::new().await;
    let (at, listing) = (live.core.now(), live.truth.clone());
    let market = live.markets.intern(Venue::Kalshi, &listing.ticker);
    let listed = MarketListed { at, market, listing };
    live.core.take(Event::MarketListed(Box::new(listed))).unwrap();
    let unlisted = vec![Unlisted::not_shown(live.truth.ticker.clone())];
    live.feeds.start_without(&mut live.core, unlisted).unwrap();
    assert!(live.steered.try_recv().is_err(), "nothing to be followed");
    assert_eq!(live.known().status, MarketStatus::Paused);
    let mode = |live: &Live| {
        live.core.engine().controls().mode(Mode::Active, StrategyId(0), live.market())
    };
    assert_eq!(mode(&live), Mode::ReduceOnly);
    let told = live.told_after_connecting().await;
    live.feeds.told(&mut live.core, told).unwrap();
    assert!(
        matches!(live.steered.recv().await, Some(Steer::Follow(followed, _)) if followed == market)
    );
    assert_eq!((live.known(), mode(&live)), (&live.truth, Mode::Active));
}

fn settled(ticker: &str) -> Told {
    let mut market: Market = serde_json::from_str(MARKET).unwrap();
    ticker.clone_into(&mut market.ticker);
    (market.status, market.result) = (Word::Finalized, MarketResult::No);
    Told::Result { ticker: ticker.to_owned(), answer: Box::new(Ok(market)) }
}
