//! Keeps the journal's account and the venue's the same: once before trading, then every minute, and
//! sooner while an order's fate is unknown.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use statecraft_domain::control::Reconciled;
use statecraft_domain::event::{AccountReported, Mode, OrderClosed, OrderSent, ReportedPosition};
use statecraft_domain::order::CloseReason;
use statecraft_domain::{
    ClientOrderId, Event, MarketId, Nanos, Quantity, Side, Timestamp, Usd, Venue,
};
use statecraft_engine::Engine;
use statecraft_engine::orders::Phase;

use super::account::Question;
use super::desk::Takes;
use super::markets::Markets;
use super::reconcile::{AccountState, Differences, KnownOrder, differences};
use super::recovery;
use super::stale::is_older_page;
use super::suspicion::{Proof, Suspicions};
use crate::journal::JournalClosed;
use crate::venue::kalshi::rest::RestError;

/// Wall time since the process began, by a clock that never goes back.
pub type Wall = Duration;

/// How often the account is compared when nothing is amiss.
const EVERY: Duration = Duration::from_secs(60);
/// First and longest pause between questions about unknown orders.
const UNKNOWN_PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// A missing order is "not placed" only after two complete reports this far apart. A real venue's
/// reads may lag its writes; a simulator on loopback answers at once.
pub const GRACE: Duration = Duration::from_secs(30);
/// The same against a simulator on loopback.
pub const GRACE_LOOPBACK: Duration = Duration::from_secs(2);

/// Positions that only lag behind the fills of their own report (`stale`), or are ahead of fills that an order's
/// end has promised, prove nothing for so many graces: a venue may serve an old page for minutes while the newest
/// cannot be read. What differs all that time is believed, whatever its size.
const OLD_PAGE: u32 = 10;

/// Positions of a market in which we have open orders must differ in the same way for so many graces, in as many
/// reports: a fill may fall between two reads of one report, but not of every report, and always the same.
const BUSY: u32 = 3;

/// At the start orders and fills are asked for from so much earlier: the clock of an earlier run may have
/// been ahead, and an order that is not in the answer counts as never placed.
const START_OVERLAP: Nanos = Nanos::from_secs(86_400);
/// Engine time that is further ahead than this (a clock was set ahead, and back) says nothing about the
/// venue's: the account is asked for whole.
const AHEAD_MAX: Nanos = Nanos::from_secs(120);

/// Fills that an order's end promised may take this long before they are asked for.
const FILL_PATIENCE: Duration = Duration::from_secs(3);

/// What the engine was like when a report was asked for. A report says what was true some time after
/// that and before its answer, so only what did not move in between can be compared.
#[derive(Debug, Clone)]
struct Asked {
    wall: Wall,
    at: Timestamp,
    /// Orders without a definitive answer: if they are not in the report, they were not at the venue.
    unknown: BTreeSet<ClientOrderId>,
    /// Positions, by market.
    positions: BTreeMap<MarketId, Quantity>,
    /// Markets in which orders of ours could trade.
    busy: BTreeSet<MarketId>,
    /// Nothing at all was under way, and this was the cash and the next order.
    calm: Option<(Option<Usd>, ClientOrderId)>,
}

impl Asked {
    fn of(engine: &Engine, wall: Wall) -> Self {
        let live = engine.orders().live();
        let unknown = live.iter().filter(|order| order.phase == Phase::Unknown);
        Self {
            wall,
            at: engine.now(),
            unknown: unknown.map(|order| order.id()).collect(),
            positions: positions(engine),
            busy: busy(engine),
            calm: live.is_empty().then(|| (engine.cash(Venue::Kalshi), engine.orders().next_id())),
        }
    }

    /// Could an order of ours trade there since it was asked?
    fn is_busy(&self, engine: &Engine, market: MarketId) -> bool {
        self.busy.contains(&market)
            || engine.orders().live().iter().any(|order| order.request.market == market)
    }
}

/// How far the comparison before trading has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// The engine has its account.
    Settled,
    /// Ask again after half the grace.
    AskAgain,
}

/// Why a start cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The disk has failed.
    #[error(transparent)]
    JournalClosed(#[from] JournalClosed),
    /// The account cannot be the journal's: what differs.
    #[error("{0}")]
    Refused(String),
}

/// See the module.
#[derive(Debug)]
pub struct Reconciler {
    markets: Markets,
    lineage: u64,
    speed: u32,
    grace: Duration,
    /// Orders and fills are asked for from here.
    since: Timestamp,
    /// Engine time and wall time when the account was first asked for.
    first: Option<(Timestamp, Wall)>,
    /// Engine time is ahead: everything is asked for.
    whole: bool,
    /// Orders the venue did not list, and since when.
    missing: BTreeMap<ClientOrderId, Wall>,
    /// Positions that differ; [`Self::suspect`] says for how long they must.
    suspicions: Suspicions,
    /// The venue's cash when it last differed from ours: the same holds for it.
    cash_suspicion: Option<(Usd, Wall)>,
    next: Wall,
    last: Wall,
    pause: Duration,
    /// Since when an order that is over has lacked fills.
    lacking: Option<Wall>,
    /// A report is on its way.
    asked: Option<Asked>,
    /// When the last report was asked for that agreed in everything.
    agreed: Option<Wall>,
}

impl Reconciler {
    /// Asks for orders and fills from `since` on. `speed`: engine seconds per wall second.
    #[must_use]
    pub fn new(
        markets: Markets,
        lineage: u64,
        speed: u32,
        grace: Duration,
        since: Timestamp,
        now: Wall,
    ) -> Self {
        Self {
            markets,
            lineage,
            speed,
            grace,
            since: since - START_OVERLAP,
            first: None,
            whole: false,
            missing: BTreeMap::new(),
            suspicions: Suspicions::default(),
            cash_suspicion: None,
            next: now + EVERY,
            last: now,
            pause: UNKNOWN_PAUSE.0,
            lacking: None,
            asked: None,
            agreed: None,
        }
    }

    /// How long a start waits before it asks again.
    #[must_use]
    pub fn start_pause(&self) -> Duration {
        self.grace / 2
    }

    /// What to ask the venue now; its answer goes to [`Self::settle`] at a start, to [`Self::take`]
    /// after it. Engine time is so far `ahead` of the machine's clock.
    pub fn ask(&mut self, engine: &Engine, now: Wall, ahead: Nanos) -> Question {
        self.watch_ahead(ahead);
        self.asked = Some(Asked::of(engine, now));
        let (at, began) = *self.first.get_or_insert((engine.now(), now));
        let passed = i64::try_from(now.saturating_sub(began).as_nanos()).unwrap_or(i64::MAX);
        let passed = Nanos::new(passed).times(self.speed);
        self.watch_ahead(engine.now() - (at + passed));
        self.last = now;
        self.question(engine)
    }

    /// Once it was too far ahead, engine time is not asked about again in this run.
    fn watch_ahead(&mut self, ahead: Nanos) {
        if ahead > AHEAD_MAX.times(self.speed) && !self.whole {
            tracing::warn!(
                seconds = ahead.secs_f64(),
                "engine time is ahead of the clocks: the account is asked for whole from now on"
            );
            self.whole = true;
        }
    }

    /// Before trading: compares until nothing is unknown, then gives the engine its account. With real
    /// money, resting orders of somebody else are a reason not to start.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn settle(
        &mut self,
        core: &mut impl Takes,
        state: &AccountState,
        real_money: bool,
    ) -> Result<Start, StartError> {
        let Some(asked) = self.asked.take() else { return Ok(Start::AskAgain) };
        let found = self.compare(core, state, &asked)?;
        refuse(&found, real_money).map_err(StartError::Refused)?;
        if !is_settled(core.engine()) {
            tracing::info!("waiting for orders whose fate is unknown, or for their fills");
            return Ok(Start::AskAgain);
        }
        let Some(proven) = self.certain(core.engine(), state, &asked) else {
            tracing::info!("positions differ; asking again");
            return Ok(Start::AskAgain);
        };
        self.since = recovery::ask_from(core.engine(), asked.at.max(self.since));
        core.take(self.report(core.now(), state, &proven))?;
        if core.engine().mode() != Mode::Starting {
            let differences = position_differences(core.engine(), state, &self.markets);
            return Err(StartError::Refused(differences));
        }
        self.agreed = Some(asked.wall);
        core.take(reconciled(core.now(), &asked))?;
        Ok(Start::Settled)
    }

    /// Positions agree, or these have differed in the same way for long enough; `None`: nobody can say yet. A
    /// venue's reads lag its writes, and a position that the last fills opened may have been paid out meanwhile.
    fn certain(
        &mut self,
        engine: &Engine,
        state: &AccountState,
        asked: &Asked,
    ) -> Option<Vec<String>> {
        let difference = differing(engine, state, &self.markets);
        // A new journal takes over what is there.
        if difference.is_empty() || engine.orders().is_empty() {
            return Some(Vec::new());
        }
        let proven = self.suspect(engine, state, asked, &difference);
        (!proven.is_empty()).then_some(proven)
    }

    /// Notes what differs, and says what has differed long enough.
    fn suspect(
        &mut self,
        engine: &Engine,
        state: &AccountState,
        asked: &Asked,
        difference: &[(String, Quantity)],
    ) -> Vec<String> {
        let (markets, grace) = (&self.markets, self.grace);
        self.suspicions.seen(difference, asked.wall, grace * OLD_PAGE, |ticker, missing| {
            let market = markets.get(Venue::Kalshi, ticker);
            let is_owed = market.is_some_and(|market| outstanding(engine, market) == missing);
            let (graces, reports) = if is_owed || is_older_page(engine, state, ticker, missing) {
                tracing::info!(ticker, "the venue's positions and fills are not of one time");
                (OLD_PAGE, 2)
            } else if market.is_some_and(|market| asked.is_busy(engine, market)) {
                (BUSY, BUSY)
            } else {
                (1, 2)
            };
            Proof { patience: grace * graces, reports }
        })
    }

    fn question(&self, engine: &Engine) -> Question {
        let holding = engine
            .markets()
            .iter()
            .filter(|market| market.settlement().is_none())
            .filter(|market| !engine.position(market.id()).quantity.is_zero())
            .map(|market| market.listing().ticker.clone());
        let since = if self.whole { Timestamp::EPOCH } else { self.since };
        Question { since, speed: self.speed, holding: holding.collect() }
    }

    /// What to ask, if a report is due; see [`Self::ask`].
    pub fn poll(&mut self, engine: &Engine, now: Wall, ahead: Nanos) -> Option<Question> {
        self.lacking =
            lacks_fills(engine).then(|| self.lacking.map_or(now, |since| since.min(now)));
        let lacking = self.lacking.is_some_and(|since| now - since >= FILL_PATIENCE);
        // While an order's fate is unknown the wait is shorter, and grows.
        let hurried = lacking || engine.orders().unknown_count() > 0;
        let due = if hurried { self.next.min(self.last + self.pause) } else { self.next };
        (self.asked.is_none() && now >= due).then(|| self.ask(engine, now, ahead))
    }

    /// When the last report was asked for that agreed in everything; `None`: none has.
    #[must_use]
    pub const fn agreed(&self) -> Option<Wall> {
        self.agreed
    }

    /// Compares as soon as possible: something may have been missed.
    pub fn hurry(&mut self, now: Wall) {
        self.next = now;
    }

    /// Takes in a fetched account. `true`: it was complete, nothing differs, and it was asked for after
    /// everything that made us hurry.
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed.
    pub fn take(
        &mut self,
        core: &mut impl Takes,
        now: Wall,
        state: Result<AccountState, RestError>,
    ) -> Result<bool, JournalClosed> {
        let Some(asked) = self.asked.take() else { return Ok(false) };
        // Something that made us hurry after this was asked is not answered by it.
        let answers = self.next <= asked.wall;
        if answers {
            self.next = now + EVERY;
        }
        let state = match state {
            Ok(state) => state,
            // A failed page is no report, not an empty one.
            Err(error) => {
                tracing::warn!(%error, "the account could not be compared");
                self.pause = (self.pause * 2).min(UNKNOWN_PAUSE.1);
                self.next = self.next.min(now + self.pause);
                return Ok(false);
            }
        };
        let found = self.compare(core, &state, &asked)?;
        // Somebody else writes with our name (F57): the engine never made such an order, and halts.
        for &order in &found.usurped {
            core.take(Event::OrderSent(OrderSent { at: core.now(), order }))?;
        }
        self.since = recovery::ask_from(core.engine(), asked.at.max(self.since));
        self.pause = if is_settled(core.engine()) {
            UNKNOWN_PAUSE.0
        } else {
            (self.pause * 2).min(UNKNOWN_PAUSE.1)
        };
        let agrees = self.check(core, now, &state, &asked)?;
        if agrees {
            self.agreed = Some(asked.wall);
            core.take(reconciled(core.now(), &asked))?;
        }
        Ok(agrees && answers)
    }

    /// Feeds the differences to the engine and closes what two reports proved never to have arrived.
    fn compare(
        &mut self,
        core: &mut impl Takes,
        state: &AccountState,
        asked: &Asked,
    ) -> Result<Differences, JournalClosed> {
        let known = known_orders(core.engine());
        let found = differences(
            core.now(),
            self.lineage,
            core.engine().orders().next_id().sequence,
            &known,
            state,
            |ticker| self.markets.get(Venue::Kalshi, ticker),
        );
        for event in found.events.clone() {
            core.take(event)?;
        }
        // An answer that was still to come when we asked proves nothing by not being in the report.
        let absent = |id: &ClientOrderId| found.missing.contains(id) && asked.unknown.contains(id);
        self.missing.retain(|id, _| absent(id));
        for id in found.missing.iter().filter(|id| absent(id)) {
            let first = *self.missing.entry(*id).or_insert(asked.wall);
            if asked.wall.saturating_sub(first) >= self.grace {
                tracing::warn!(order = %id, "the venue never had this order");
                core.take(Event::OrderClosed(OrderClosed {
                    at: core.now(),
                    order: *id,
                    reason: CloseReason::NotPlaced,
                    filled: Quantity::ZERO,
                }))?;
            }
        }
        Ok(found)
    }

    /// Compares positions that did not move while the report was on its way. `true`: nothing differs that an
    /// open order does not explain for now.
    fn check(
        &mut self,
        core: &mut impl Takes,
        now: Wall,
        state: &AccountState,
        asked: &Asked,
    ) -> Result<bool, JournalClosed> {
        let still = positions(core.engine());
        let steady = |ticker: &str| match self.markets.get(Venue::Kalshi, ticker) {
            Some(market) => {
                let before = asked.positions.get(&market);
                // Neither in the engine nor known to the registry: certainly not ours.
                before == still.get(&market)
                    && (before.is_some() || market.index() >= core.engine().markets().len())
            }
            None => true,
        };
        let mut difference = differing(core.engine(), state, &self.markets);
        difference.retain(|(ticker, _)| steady(ticker));
        let proven = self.suspect(core.engine(), state, asked, &difference);
        if !proven.is_empty() {
            self.suspicions = Suspicions::default();
            // The engine compares for itself, and halts.
            return core.take(self.report(core.now(), state, &proven)).map(|()| false);
        }
        if !difference.is_empty() {
            self.next = self.next.min(now + self.grace);
        }
        // What is open may have been filled between two reads of this report: that alone holds nothing up.
        let is_quiet = |ticker: &str| {
            let market = self.markets.get(Venue::Kalshi, ticker);
            market.is_none_or(|market| !asked.is_busy(core.engine(), market))
        };
        if difference.iter().any(|(ticker, _)| is_quiet(ticker)) {
            return Ok(false);
        }
        self.check_cash(core, now, state, asked)
    }

    /// Cash can be compared only while nothing moves it. The engine takes over the venue's figure.
    fn check_cash(
        &mut self,
        core: &mut impl Takes,
        now: Wall,
        state: &AccountState,
        asked: &Asked,
    ) -> Result<bool, JournalClosed> {
        if asked.calm.is_none() || asked.calm != Asked::of(core.engine(), now).calm {
            self.cash_suspicion = None;
            return Ok(true);
        }
        let agrees = core.engine().cash(Venue::Kalshi) == Some(state.cash);
        let same = self.cash_suspicion.filter(|(cash, _)| *cash == state.cash);
        let since = same.map_or(asked.wall, |(_, since)| since);
        if agrees || asked.wall.saturating_sub(since) >= self.grace {
            self.cash_suspicion = None;
            return core.take(self.report(core.now(), state, &[])).map(|()| true);
        }
        self.cash_suspicion = Some((state.cash, since));
        self.next = self.next.min(now + self.grace);
        Ok(false)
    }

    fn report(&self, at: Timestamp, state: &AccountState, proven: &[String]) -> Event {
        let positions = state
            .positions
            .iter()
            .map(|(ticker, quantity)| ReportedPosition {
                market: self.markets.intern(Venue::Kalshi, ticker),
                quantity: *quantity,
            })
            .collect();
        let (venue, cash) = (Venue::Kalshi, state.cash);
        let proven =
            proven.iter().map(|ticker| self.markets.intern(Venue::Kalshi, ticker)).collect();
        Event::AccountReported(Box::new(AccountReported { at, venue, cash, positions, proven }))
    }
}

/// Orders whose end is not known and whose request is not under way right now.
fn known_orders(engine: &Engine) -> Vec<KnownOrder> {
    engine
        .orders()
        .live()
        .iter()
        // Approved and sent orders are under way: their answer says more than a list could.
        .filter(|order| !matches!(order.phase, Phase::Approved | Phase::Sent))
        .map(|order| KnownOrder {
            id: order.id(),
            market: order.request.market,
            confirmed: order.phase != Phase::Unknown,
        })
        .collect()
}

/// Markets in which orders of ours can trade or have fills outstanding.
fn busy(engine: &Engine) -> BTreeSet<MarketId> {
    engine.orders().live().iter().map(|order| order.request.market).collect()
}

/// What the fills would add that the ends of our orders have promised and nobody has listed yet, with the sign of
/// what we hold less what the venue says.
fn outstanding(engine: &Engine, market: MarketId) -> Quantity {
    let live = engine.orders().live().iter();
    let owed = live.filter(|order| order.phase == Phase::Closed && order.request.market == market);
    owed.fold(Quantity::ZERO, |sum, order| match order.request.side {
        Side::Bid => sum - order.reserved(),
        Side::Ask => sum + order.reserved(),
    })
}

/// Positions of all markets.
fn positions(engine: &Engine) -> BTreeMap<MarketId, Quantity> {
    let markets = engine.markets().iter().map(statecraft_engine::market::MarketState::id);
    markets.map(|market| (market, engine.position(market).quantity)).collect()
}

/// An order that is over by the venue's word, with fills that we have not seen.
fn lacks_fills(engine: &Engine) -> bool {
    engine.orders().live().iter().any(|order| order.phase == Phase::Closed)
}

/// Nothing is unknown. Orders that rest in the book by the venue's own word are not.
fn is_settled(engine: &Engine) -> bool {
    engine.orders().live().iter().all(|order| order.phase == Phase::Open)
}

fn reconciled(at: Timestamp, asked: &Asked) -> Event {
    Event::Reconciled(Reconciled { at, venue: Venue::Kalshi, asked: asked.at })
}

/// What makes an account one that we must not trade.
fn refuse(found: &Differences, real_money: bool) -> Result<(), String> {
    if let Some(id) = found.usurped.first() {
        return Err(format!(
            "it has order {id}, which this journal never wrote; another copy of the journal is or was \
             in use"
        ));
    }
    let Some((client_id, ticker)) = found.foreign.first() else { return Ok(()) };
    let message = format!(
        "{} resting order(s) of somebody else, the first {client_id:?} on {ticker}",
        found.foreign.len()
    );
    if real_money {
        return Err(message);
    }
    tracing::warn!("{message}; left alone on paper");
    Ok(())
}

/// Markets whose position differs: ours minus theirs. Those that are paid out have none.
fn differing(engine: &Engine, state: &AccountState, markets: &Markets) -> Vec<(String, Quantity)> {
    let market =
        |ticker: &str| markets.get(Venue::Kalshi, ticker).and_then(|market| engine.market(market));
    let mut ours: BTreeMap<&str, Quantity> = engine
        .markets()
        .iter()
        .filter(|market| market.settlement().is_none())
        .map(|market| (market.listing().ticker.as_str(), engine.position(market.id()).quantity))
        .collect();
    for (ticker, theirs) in &state.positions {
        if market(ticker).is_none_or(|market| market.settlement().is_none()) {
            *ours.entry(ticker).or_default() -= *theirs;
        }
    }
    ours.into_iter()
        .filter(|(_, difference)| !difference.is_zero())
        .map(|(ticker, difference)| (ticker.to_owned(), difference))
        .collect()
}

fn position_differences(engine: &Engine, state: &AccountState, markets: &Markets) -> String {
    let mut text: Vec<String> = differing(engine, state, markets)
        .into_iter()
        .map(|(ticker, difference)| {
            format!("{ticker} differs by {difference} contracts (journal minus venue)")
        })
        .collect();
    if text.is_empty() {
        text.push("the engine halted; see the alerts above".to_owned());
    }
    text.join("; ")
}
