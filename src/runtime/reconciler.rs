//! Keeps the journal's account and the venue's the same: once before trading, then every minute, and
//! sooner while an order's fate is unknown.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use statecraft_domain::control::Reconciled;
use statecraft_domain::event::{AccountReported, OrderClosed, ReportedPosition};
use statecraft_domain::order::CloseReason;
use statecraft_domain::{ClientOrderId, Event, MarketId, Quantity, Timestamp, Usd, Venue};
use statecraft_engine::Engine;
use statecraft_engine::orders::Phase;
use tokio::sync::mpsc;

use super::access::{Access, venue};
use super::account::{self, Question};
use super::core::Core;
use super::error::RunError;
use super::input::Input;
use super::markets::Markets;
use super::reconcile::{AccountState, Differences, KnownOrder, differences};
use super::recovery;
use crate::config::TradingMode;
use crate::journal::JournalClosed;
use crate::venue::kalshi::rest::{KalshiRest, RestError};

/// How often the account is compared when nothing is amiss.
const EVERY: Duration = Duration::from_secs(60);
/// First and longest pause between questions about unknown orders.
const UNKNOWN_PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// A missing order is "not placed" only after two complete reports this far apart. A simulator on
/// loopback answers at once; a real venue's reads may lag its writes.
const GRACE: Duration = Duration::from_secs(30);
const GRACE_LOOPBACK: Duration = Duration::from_secs(2);

/// Fills that an order's end promised may take this long before they are asked for.
const FILL_PATIENCE: Duration = Duration::from_secs(3);

/// What the engine was like when a report was asked for. A report says what was true some time after
/// that and before its answer, so only what did not move in between can be compared.
#[derive(Debug, Clone)]
struct Asked {
    wall: Instant,
    at: Timestamp,
    /// Orders without a definitive answer: if they are not in the report, they were not at the venue.
    unknown: BTreeSet<ClientOrderId>,
    /// Positions of markets in which no order of ours could trade.
    quiet: BTreeMap<MarketId, Quantity>,
    /// Nothing at all was under way, and this was the cash and the next order.
    calm: Option<(Option<Usd>, ClientOrderId)>,
}

impl Asked {
    fn of(engine: &Engine) -> Self {
        let live = engine.orders().live();
        let unknown = live.iter().filter(|order| order.phase == Phase::Unknown);
        Self {
            wall: Instant::now(),
            at: engine.now(),
            unknown: unknown.map(|order| order.id()).collect(),
            quiet: quiet(engine),
            calm: live.is_empty().then(|| (engine.cash(Venue::Kalshi), engine.orders().next_id())),
        }
    }
}

/// See the module.
#[derive(Debug)]
pub struct Reconciler {
    rest: Arc<KalshiRest>,
    markets: Markets,
    lineage: u64,
    speed: u32,
    grace: Duration,
    /// Orders and fills are asked for from here.
    since: Timestamp,
    /// Orders the venue did not list, and since when.
    missing: BTreeMap<ClientOrderId, Instant>,
    /// The last position difference, if any: it must be seen twice.
    suspicion: Option<Vec<(String, Quantity)>>,
    /// The venue's cash when it last differed from ours: it must be seen twice, too.
    cash_suspicion: Option<Usd>,
    next: Instant,
    last: Instant,
    pause: Duration,
    /// Since when an order that is over has lacked fills.
    lacking: Option<Instant>,
    /// A report is on its way.
    asked: Option<Asked>,
    /// When the last report was asked for that agreed in everything.
    agreed: Option<Instant>,
}

impl Reconciler {
    /// Asks for orders and fills from `since` on.
    #[must_use]
    pub fn new(access: &Access, markets: Markets, lineage: u64, since: Timestamp) -> Self {
        let grace = if access.endpoint.is_loopback() { GRACE_LOOPBACK } else { GRACE };
        Self {
            rest: Arc::clone(&access.rest),
            markets,
            lineage,
            speed: access.clock.speed(),
            grace,
            since,
            missing: BTreeMap::new(),
            suspicion: None,
            cash_suspicion: None,
            next: Instant::now() + EVERY,
            last: Instant::now(),
            pause: UNKNOWN_PAUSE.0,
            lacking: None,
            asked: None,
            agreed: None,
        }
    }

    /// Before trading: compares until nothing is unknown, then gives the engine its account.
    ///
    /// # Errors
    /// [`RunError::Reconcile`] if the account cannot be the journal's; [`RunError::Venue`] if it
    /// cannot be fetched.
    pub async fn settle_start(
        &mut self,
        core: &mut Core,
        mode: TradingMode,
    ) -> Result<(), RunError> {
        loop {
            let (asked, question) = (Asked::of(core.engine()), self.question(core.engine()));
            let state = account::fetch(&self.rest, &question)
                .await
                .map_err(venue("cannot read the account"))?;
            let found = self.compare(core, &state, &asked)?;
            refuse(&found, mode)?;
            if !is_settled(core.engine()) {
                tracing::info!("waiting for orders whose fate is unknown, or for their fills");
            } else if self.is_certain(core.engine(), &state) {
                self.since = recovery::ask_from(core.engine(), asked.at.max(self.since));
                core.take(self.report(core.now(), &state))?;
                return match core.engine().mode() {
                    statecraft_domain::event::Mode::Starting => {
                        self.agree(core, &asked)?;
                        Ok(())
                    }
                    _ => Err(RunError::Reconcile(position_differences(
                        core.engine(),
                        &state,
                        &self.markets,
                    ))),
                };
            } else {
                tracing::info!("positions differ; asking again");
            }
            tokio::time::sleep(self.grace / 2).await;
        }
    }

    /// Positions agree, or differ in the same way for the second time. A venue's reads lag its writes,
    /// and a position that the last fills opened may have been paid out meanwhile.
    fn is_certain(&mut self, engine: &Engine, state: &AccountState) -> bool {
        let difference = differing(engine, state, &self.markets);
        // A new journal takes over what is there.
        if difference.is_empty() || engine.orders().is_empty() {
            return true;
        }
        let again = self.suspicion.as_ref() == Some(&difference);
        self.suspicion = (!again).then_some(difference);
        again
    }

    fn question(&self, engine: &Engine) -> Question {
        let holding = engine
            .markets()
            .iter()
            .filter(|market| market.settlement().is_none())
            .filter(|market| !engine.position(market.id()).quantity.is_zero())
            .map(|market| market.listing().ticker.clone());
        Question { since: self.since, speed: self.speed, holding: holding.collect() }
    }

    /// Starts a fetch if one is due; the answer comes back as [`Input::Account`].
    pub fn poll(&mut self, engine: &Engine, inputs: &mpsc::Sender<Input>) {
        let now = Instant::now();
        self.lacking =
            lacks_fills(engine).then(|| self.lacking.map_or(now, |since| since.min(now)));
        let lacking = self.lacking.is_some_and(|since| now - since >= FILL_PATIENCE);
        // While an order's fate is unknown the wait is shorter, and grows.
        let hurried = lacking || engine.orders().unknown_count() > 0;
        let due = if hurried { self.next.min(self.last + self.pause) } else { self.next };
        if self.asked.is_some() || now < due {
            return;
        }
        self.asked = Some(Asked::of(engine));
        self.last = now;
        let (rest, inputs) = (Arc::clone(&self.rest), inputs.clone());
        let question = self.question(engine);
        tokio::spawn(async move {
            let state = account::fetch(&rest, &question).await;
            // The loop has ended: nobody needs the answer.
            let _ = inputs.send(Input::Account(Box::new(state))).await;
        });
    }

    /// When the last report was asked for that agreed in everything; `None`: none has.
    #[must_use]
    pub const fn agreed(&self) -> Option<Instant> {
        self.agreed
    }

    /// Compares as soon as possible: something may have been missed.
    pub fn hurry(&mut self) {
        self.next = Instant::now();
    }

    /// Takes in a fetched account.
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed.
    pub fn take(
        &mut self,
        core: &mut Core,
        state: Result<AccountState, RestError>,
    ) -> Result<(), JournalClosed> {
        let Some(asked) = self.asked.take() else { return Ok(()) };
        // Something that made us hurry after this was asked is not answered by it.
        if self.next <= asked.wall {
            self.next = Instant::now() + EVERY;
        }
        let state = match state {
            Ok(state) => state,
            // A failed page is no report, not an empty one.
            Err(error) => {
                tracing::warn!(%error, "the account could not be compared");
                self.pause = (self.pause * 2).min(UNKNOWN_PAUSE.1);
                self.next = self.next.min(Instant::now() + self.pause);
                return Ok(());
            }
        };
        self.compare(core, &state, &asked)?;
        self.since = recovery::ask_from(core.engine(), asked.at.max(self.since));
        self.pause = if is_settled(core.engine()) {
            UNKNOWN_PAUSE.0
        } else {
            (self.pause * 2).min(UNKNOWN_PAUSE.1)
        };
        if self.check(core, &state, &asked)? {
            self.agree(core, &asked)?;
        }
        Ok(())
    }

    /// Nothing is left unexplained (I15).
    fn agree(&mut self, core: &mut Core, asked: &Asked) -> Result<(), JournalClosed> {
        self.agreed = Some(asked.wall);
        let (at, venue, asked) = (core.now(), Venue::Kalshi, asked.at);
        core.take(Event::Reconciled(Reconciled { at, venue, asked }))
    }

    /// Feeds the differences to the engine and closes what two reports proved never to have arrived.
    fn compare(
        &mut self,
        core: &mut Core,
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
            if asked.wall.duration_since(first) >= self.grace {
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

    /// What differs twice in a row, where nothing was under way, is not a matter of timing. Does
    /// everything agree?
    fn check(
        &mut self,
        core: &mut Core,
        state: &AccountState,
        asked: &Asked,
    ) -> Result<bool, JournalClosed> {
        let still = quiet(core.engine());
        let steady = |ticker: &str| match self.markets.get(Venue::Kalshi, ticker) {
            Some(market) => {
                let before = asked.quiet.get(&market);
                // Neither in the engine nor known to the registry: certainly not ours.
                before == still.get(&market)
                    && (before.is_some() || market.index() >= core.engine().markets().len())
            }
            None => true,
        };
        let mut difference = differing(core.engine(), state, &self.markets);
        difference.retain(|(ticker, _)| steady(ticker));
        if !difference.is_empty() {
            if self.suspicion.as_ref() == Some(&difference) {
                self.suspicion = None;
                // The engine compares for itself, and halts.
                core.take(self.report(core.now(), state))?;
                return Ok(false);
            }
            self.suspicion = Some(difference);
            self.next = self.next.min(Instant::now() + self.grace);
            return Ok(false);
        }
        self.suspicion = None;
        self.check_cash(core, state, asked)
    }

    /// Cash can be compared only while nothing moves it. The engine takes over the venue's figure.
    fn check_cash(
        &mut self,
        core: &mut Core,
        state: &AccountState,
        asked: &Asked,
    ) -> Result<bool, JournalClosed> {
        if asked.calm.is_none() || asked.calm != Asked::of(core.engine()).calm {
            self.cash_suspicion = None;
            return Ok(true);
        }
        let agrees = core.engine().cash(Venue::Kalshi) == Some(state.cash);
        if agrees || self.cash_suspicion == Some(state.cash) {
            self.cash_suspicion = None;
            core.take(self.report(core.now(), state))?;
            return Ok(true);
        }
        self.cash_suspicion = Some(state.cash);
        self.next = self.next.min(Instant::now() + self.grace);
        Ok(false)
    }

    fn report(&self, at: Timestamp, state: &AccountState) -> Event {
        let positions = state
            .positions
            .iter()
            .map(|(ticker, quantity)| ReportedPosition {
                market: self.markets.intern(Venue::Kalshi, ticker),
                quantity: *quantity,
            })
            .collect();
        let (venue, cash) = (Venue::Kalshi, state.cash);
        Event::AccountReported(Box::new(AccountReported { at, venue, cash, positions }))
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

/// Positions of markets in which no order of ours can trade or has fills outstanding.
fn quiet(engine: &Engine) -> BTreeMap<MarketId, Quantity> {
    let busy: BTreeSet<MarketId> =
        engine.orders().live().iter().map(|order| order.request.market).collect();
    let markets = engine.markets().iter().map(statecraft_engine::market::MarketState::id);
    markets
        .filter(|market| !busy.contains(market))
        .map(|market| (market, engine.position(market).quantity))
        .collect()
}

/// An order that is over by the venue's word, with fills that we have not seen.
fn lacks_fills(engine: &Engine) -> bool {
    engine.orders().live().iter().any(|order| order.phase == Phase::Closed)
}

/// Nothing is unknown. Orders that rest in the book by the venue's own word are not.
fn is_settled(engine: &Engine) -> bool {
    engine.orders().live().iter().all(|order| order.phase == Phase::Open)
}

/// What makes an account one that we must not trade.
fn refuse(found: &Differences, mode: TradingMode) -> Result<(), RunError> {
    if let Some(id) = found.usurped.first() {
        return Err(RunError::Reconcile(format!(
            "it has order {id}, which this journal never wrote; another copy of the journal is or was \
             in use"
        )));
    }
    let Some((client_id, ticker)) = found.foreign.first() else { return Ok(()) };
    let message = format!(
        "{} resting order(s) of somebody else, the first {client_id:?} on {ticker}",
        found.foreign.len()
    );
    match mode {
        TradingMode::Live => Err(RunError::Reconcile(message)),
        TradingMode::Paper => {
            tracing::warn!("{message}; left alone on paper");
            Ok(())
        }
    }
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
