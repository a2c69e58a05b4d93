//! Keeps the journal's account and the venue's the same: once before trading, then every minute, and
//! sooner while an order's fate is unknown.

use std::collections::BTreeMap;
use std::time::Duration;

use statecraft_domain::control::Reconciled;
use statecraft_domain::event::{
    AccountReported, Dispute, Mode, OrderAccepted, OrderClosed, OrderSent, PositionsAccepted,
    ReportedPosition,
};
use statecraft_domain::order::CloseReason;
use statecraft_domain::{ClientOrderId, Event, MarketId, Nanos, Quantity, Side, Timestamp, Venue};
use statecraft_engine::Engine;
use statecraft_engine::orders::Phase;

use super::absence::{Absences, processes};
use super::account::Question;
use super::asked::{Asked, positions};
use super::cash::{Between, Cash, CashCheck};
use super::contest::{Contest, Offer};
use super::desk::Takes;
use super::forgotten::Forgotten;
use super::markets::Markets;
use super::reconcile::{AccountState, Differences, differences};
use super::recovery;
use super::stale::is_older_page;
use super::strangers::Strangers;
use super::suspicion::{Proof, Suspicions};
use crate::journal::JournalClosed;
use crate::venue::kalshi::rest::RestError;

mod settle;

pub use settle::{Start, StartError};

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

/// Stands in a report for a market that has no id. Whoever makes an id also lists it, in its order: one made here
/// would keep every later market out of the engine, which halts for a position in a market that is not listed.
const UNLISTED: MarketId = MarketId(u32::MAX);

/// Fills that an order's end promised may take this long before they are asked for.
const FILL_PATIENCE: Duration = Duration::from_secs(3);

/// See the module.
#[derive(Debug)]
pub struct Reconciler {
    markets: Markets,
    speed: u32,
    grace: Duration,
    /// Orders and fills are asked for from here.
    since: Timestamp,
    /// Engine time and wall time when the account was first asked for.
    first: Option<(Timestamp, Wall)>,
    /// Engine time is ahead: everything is asked for.
    whole: bool,
    /// Orders the venue did not list.
    absences: Absences,
    /// Positions that differ; [`Self::suspect`] says for how long they must.
    suspicions: Suspicions<Quantity>,
    /// What of them a person may take over.
    contest: Contest,
    cash: CashCheck,
    /// Orders and fills that are not ours.
    strangers: Strangers,
    /// Fills of orders that were over long ago.
    forgotten: Forgotten,
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
    pub fn new(markets: Markets, speed: u32, grace: Duration, since: Timestamp, now: Wall) -> Self {
        Self {
            markets,
            speed,
            grace,
            since: since - START_OVERLAP,
            first: None,
            whole: false,
            absences: Absences::default(),
            suspicions: Suspicions::default(),
            contest: Contest::default(),
            cash: CashCheck::default(),
            strangers: Strangers::default(),
            forgotten: Forgotten::default(),
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
        self.absences.note(engine, now);
        self.asked = Some(Asked::of(engine, &self.markets, now));
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

    fn note(
        &mut self,
        engine: &Engine,
        state: &AccountState,
        asked: &Asked,
        difference: &[(String, Quantity)],
        proven: &[String],
        agrees: bool,
    ) {
        let (markets, report) = (&self.markets, (asked, state));
        self.contest.compared(engine, markets, report, difference, proven, agrees);
    }

    /// What a person may take over of positions that are not ours, by a report that was asked for at `since` or later;
    /// `None`: there is none yet.
    #[must_use]
    pub fn offer(&self, engine: &Engine, since: Wall) -> Option<Offer> {
        self.contest.offer(engine, &self.markets, since)
    }

    /// A person takes it over; `reason` says who, and why. The account is compared again at once.
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed.
    pub fn accept(
        &mut self,
        core: &mut impl Takes,
        offer: &Offer,
        reason: &str,
        now: Wall,
    ) -> Result<(), JournalClosed> {
        let (at, venue, reason) = (core.now(), Venue::Kalshi, reason.to_owned());
        let positions = self.reported(&offer.positions);
        let accepted = offer.accepted.iter().map(|(_, position)| position.clone()).collect();
        let event = PositionsAccepted { at, venue, positions, accepted, reason };
        core.take(Event::PositionsAccepted(Box::new(event)))?;
        self.contest.taken(offer);
        self.suspicions = Suspicions::default();
        self.hurry(now);
        Ok(())
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
        let unknown = engine.orders().unknown_count() > 0;
        Question { since, speed: self.speed, holding: holding.collect(), unknown }
    }

    /// What to ask, if a report is due; see [`Self::ask`].
    pub fn poll(&mut self, engine: &Engine, now: Wall, ahead: Nanos) -> Option<Question> {
        self.absences.note(engine, now);
        self.cash.note(engine.cash(Venue::Kalshi), now);
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
        self.contest.saw(&found.foreign_fills);
        // Somebody else writes with our name (F57): the engine never made such an order, and halts.
        for &order in &found.usurped {
            core.take(Event::OrderSent(OrderSent { at: core.now(), order }))?;
        }
        self.pause = if is_settled(core.engine()) {
            UNKNOWN_PAUSE.0
        } else {
            (self.pause * 2).min(UNKNOWN_PAUSE.1)
        };
        if self.meets_strangers(core, now, &state, &found, &asked)? {
            return Ok(false);
        }
        // What is not proven yet must be in the reports to come, however old it is.
        if !self.strangers.suspects() {
            self.since = recovery::ask_from(core.engine(), asked.at.max(self.since));
        }
        let agrees = self.check(core, now, &state, &asked)?;
        if agrees {
            self.agreed = Some(asked.wall);
            core.take(reconciled(core.now(), &asked))?;
        }
        Ok(agrees && answers)
    }

    /// Orders and fills that are not ours, and orders that are over here and rest there: what two reports have
    /// shown halts the engine, which cancels what was ours. `true`: it was told of some.
    fn meets_strangers(
        &mut self,
        core: &mut impl Takes,
        now: Wall,
        state: &AccountState,
        found: &Differences,
        asked: &Asked,
    ) -> Result<bool, JournalClosed> {
        let shown = self.strangers.of(found, |order| asked.is_over(*order));
        let trades = matches!(core.engine().mode(), Mode::Active | Mode::ReduceOnly);
        let proven = self.strangers.seen(shown, asked.wall, self.grace, trades);
        if self.strangers.suspects() {
            self.next = self.next.min(now + self.grace);
        }
        if proven.is_empty() {
            return Ok(false);
        }
        core.take(self.report(core.now(), state, &[], proven.clone()))?;
        // The engine asks for their cancels; the venue's names of orders that were over are forgotten.
        for dispute in proven {
            if let Dispute::Ghost { order, venue_order, .. } = dispute {
                let at = core.now();
                core.take(Event::OrderAccepted(OrderAccepted { at, order, venue_order }))?;
            }
        }
        Ok(true)
    }

    /// Feeds the differences to the engine and closes what two reports proved never to have arrived.
    fn compare(
        &mut self,
        core: &mut impl Takes,
        state: &AccountState,
        asked: &Asked,
    ) -> Result<Differences, JournalClosed> {
        let found = differences(core.now(), core.engine().orders(), state, |ticker| {
            self.markets.get(Venue::Kalshi, ticker)
        });
        for event in &found.events {
            if self.forgotten.is_new(core.engine().orders(), event) {
                core.take(event.clone())?;
            }
        }
        // An answer that was still to come when we asked proves nothing by not being in the report.
        let absent = found.missing.iter().filter(|id| asked.unknown.contains(id)).copied();
        let absent: Vec<ClientOrderId> = absent.collect();
        let now = processes(core.engine().controls().condition(Venue::Kalshi));
        // A start has heard of nothing yet, and goes by the report alone.
        let starting = core.engine().mode() == Mode::Starting;
        let processes = state.processes.unwrap_or(false) && (starting || (asked.processes && now));
        for order in self.absences.seen(&absent, asked.wall, processes, self.grace) {
            tracing::warn!(%order, "the venue never had this order");
            core.take(Event::OrderClosed(OrderClosed {
                at: core.now(),
                order,
                reason: CloseReason::NotPlaced,
                filled: Quantity::ZERO,
            }))?;
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
        let agrees = difference.is_empty();
        difference.retain(|(ticker, _)| steady(ticker));
        let proven = self.suspect(core.engine(), state, asked, &difference);
        self.note(core.engine(), state, asked, &difference, &proven, agrees);
        if !proven.is_empty() {
            self.suspicions = Suspicions::default();
            // The engine compares for itself, and halts.
            let report = self.report(core.now(), state, &proven, Vec::new());
            return core.take(report).map(|()| false);
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
        // A report whose positions may be of another time says nothing of the cash, and the engine, which compares
        // for itself, must not see it.
        if agrees { self.check_cash(core, now, state, asked) } else { Ok(true) }
    }

    /// Compares cash that did not move while the report was on its way.
    fn check_cash(
        &mut self,
        core: &mut impl Takes,
        now: Wall,
        state: &AccountState,
        asked: &Asked,
    ) -> Result<bool, JournalClosed> {
        let engine = core.engine();
        let Some(ours) = engine.cash(Venue::Kalshi).filter(|ours| Some(*ours) == asked.cash) else {
            return Ok(true);
        };
        let calm = asked.is_calm(engine);
        let between = asked.between.or(Between::of(engine, Some(state), &self.markets));
        match self.cash.seen((ours, state.cash), between, calm, asked.wall, self.grace) {
            // In a calm account the engine compares for itself, too: a halt needs a report that agrees.
            Cash::Agrees if calm => {
                core.take(self.report(core.now(), state, &[], Vec::new())).map(|()| true)
            }
            Cash::Agrees | Cash::Explained => Ok(true),
            Cash::Suspect => {
                tracing::warn!(%ours, theirs = %state.cash, "cash differs; asking again");
                self.next = self.next.min(now + self.grace);
                Ok(false)
            }
            Cash::Proven => {
                let lost = engine.lost_cash();
                core.take(self.report(core.now(), state, &[], vec![Dispute::Cash]))?;
                Ok(core.engine().lost_cash() == lost)
            }
        }
    }

    fn report(
        &self,
        at: Timestamp,
        state: &AccountState,
        proven: &[String],
        disputes: Vec<Dispute>,
    ) -> Event {
        let positions = self.reported(&state.positions);
        let (venue, cash) = (Venue::Kalshi, state.cash);
        let market = |ticker: &String| self.markets.get(Venue::Kalshi, ticker);
        let proven = proven.iter().filter_map(market).collect();
        let report = AccountReported { at, venue, cash, positions, proven, disputes };
        Event::AccountReported(Box::new(report))
    }

    /// Positions in our ids.
    fn reported(&self, positions: &[(String, Quantity)]) -> Vec<ReportedPosition> {
        let reported = positions.iter().map(|(ticker, quantity)| {
            let market = self.markets.get(Venue::Kalshi, ticker).unwrap_or_else(|| {
                tracing::warn!(ticker, %quantity, "a position in a market that is not followed");
                UNLISTED
            });
            ReportedPosition { market, quantity: *quantity }
        });
        reported.collect()
    }
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
            let held = state.positions.iter().filter(|(name, _)| *name == ticker);
            let theirs: Quantity = held.map(|(_, quantity)| *quantity).sum();
            format!(
                "{ticker}: the venue says {theirs} contracts, the journal {}",
                difference + theirs
            )
        })
        .collect();
    if text.is_empty() {
        text.push("the engine halted; see the alerts above".to_owned());
    }
    text.join("; ")
}
