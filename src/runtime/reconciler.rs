//! Keeps the journal's account and the venue's the same: once before trading, then every minute, and
//! sooner while an order's fate is unknown.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use statecraft_domain::event::{AccountReported, OrderClosed, ReportedPosition};
use statecraft_domain::order::CloseReason;
use statecraft_domain::{ClientOrderId, Event, MarketId, Quantity, Timestamp, Venue};
use statecraft_engine::Engine;
use statecraft_engine::orders::Phase;
use tokio::sync::mpsc;

use super::access::{Access, venue};
use super::account;
use super::core::Core;
use super::error::RunError;
use super::input::Input;
use super::markets::Markets;
use super::reconcile::{AccountState, Differences, KnownOrder, differences};
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

/// See the module.
#[derive(Debug)]
pub struct Reconciler {
    rest: Arc<KalshiRest>,
    markets: Markets,
    lineage: u64,
    grace: Duration,
    /// Fills are asked for from here.
    since: Timestamp,
    /// Orders the venue did not list, and since when.
    missing: BTreeMap<ClientOrderId, Instant>,
    /// The last position difference, if any: it must be seen twice.
    suspicion: Option<Vec<(MarketId, Quantity)>>,
    next: Instant,
    last: Instant,
    pause: Duration,
    fetching: bool,
}

impl Reconciler {
    /// Asks for fills from `since` on.
    #[must_use]
    pub fn new(access: &Access, markets: Markets, lineage: u64, since: Timestamp) -> Self {
        let grace = if access.endpoint.is_loopback() { GRACE_LOOPBACK } else { GRACE };
        Self {
            rest: Arc::clone(&access.rest),
            markets,
            lineage,
            grace,
            since,
            missing: BTreeMap::new(),
            suspicion: None,
            next: Instant::now() + EVERY,
            last: Instant::now(),
            pause: UNKNOWN_PAUSE.0,
            fetching: false,
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
            let state = account::fetch(&self.rest, self.since)
                .await
                .map_err(venue("cannot read the account"))?;
            let found = self.compare(core, &state)?;
            refuse(&found, mode)?;
            if known_orders(core.engine()).is_empty() {
                core.take(self.report(core.now(), &state))?;
                return match core.engine().mode() {
                    statecraft_domain::event::Mode::Starting => Ok(()),
                    _ => Err(RunError::Reconcile(position_differences(
                        core.engine(),
                        &state,
                        &self.markets,
                    ))),
                };
            }
            tracing::info!(
                unresolved = known_orders(core.engine()).len(),
                "waiting for orders whose fate is unknown"
            );
            tokio::time::sleep(self.grace / 2).await;
        }
    }

    /// Starts a fetch if one is due; the answer comes back as [`Input::Account`].
    pub fn poll(&mut self, engine: &Engine, inputs: &mpsc::Sender<Input>) {
        let unknown = engine.orders().unknown_count() > 0;
        let now = Instant::now();
        // While an order's fate is unknown the wait is shorter, and grows.
        let due = if unknown { self.next.min(self.last + self.pause) } else { self.next };
        if self.fetching || now < due {
            return;
        }
        self.fetching = true;
        self.last = now;
        let (rest, since, inputs) = (Arc::clone(&self.rest), self.since, inputs.clone());
        tokio::spawn(async move {
            let state = account::fetch(&rest, since).await;
            // The loop has ended: nobody needs the answer.
            let _ = inputs.send(Input::Account(Box::new(state))).await;
        });
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
        self.fetching = false;
        self.next = Instant::now() + EVERY;
        let state = match state {
            Ok(state) => state,
            // A failed page is no report, not an empty one.
            Err(error) => {
                tracing::warn!(%error, "the account could not be compared");
                self.pause = (self.pause * 2).min(UNKNOWN_PAUSE.1);
                return Ok(());
            }
        };
        let found = self.compare(core, &state)?;
        self.pause = if found.missing.is_empty() {
            UNKNOWN_PAUSE.0
        } else {
            (self.pause * 2).min(UNKNOWN_PAUSE.1)
        };
        self.check_positions(core, &state)
    }

    /// Feeds the differences to the engine and closes what two reports proved never to have arrived.
    fn compare(
        &mut self,
        core: &mut Core,
        state: &AccountState,
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
        let now = Instant::now();
        self.missing.retain(|id, _| found.missing.contains(id));
        for id in &found.missing {
            let first = *self.missing.entry(*id).or_insert(now);
            if now.duration_since(first) >= self.grace {
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

    /// Positions that differ twice in a row, with no order under way, are not a matter of timing.
    fn check_positions(
        &mut self,
        core: &mut Core,
        state: &AccountState,
    ) -> Result<(), JournalClosed> {
        if core.has_live_orders() {
            self.suspicion = None;
            return Ok(());
        }
        let difference = differing(core.engine(), state, &self.markets);
        if difference.is_empty() {
            self.suspicion = None;
            return Ok(());
        }
        if self.suspicion.as_ref() == Some(&difference) {
            self.suspicion = None;
            // The engine compares for itself, and halts.
            return core.take(self.report(core.now(), state));
        }
        self.suspicion = Some(difference);
        self.next = Instant::now() + self.grace;
        Ok(())
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

/// Markets whose position differs: ours minus theirs.
fn differing(
    engine: &Engine,
    state: &AccountState,
    markets: &Markets,
) -> Vec<(MarketId, Quantity)> {
    let mut ours: BTreeMap<MarketId, Quantity> =
        engine.markets().iter().map(|m| (m.id(), engine.position(m.id()).quantity)).collect();
    for (ticker, theirs) in &state.positions {
        let market = markets.intern(Venue::Kalshi, ticker);
        *ours.entry(market).or_default() -= *theirs;
    }
    ours.into_iter().filter(|(_, difference)| !difference.is_zero()).collect()
}

fn position_differences(engine: &Engine, state: &AccountState, markets: &Markets) -> String {
    let mut text: Vec<String> = differing(engine, state, markets)
        .into_iter()
        .map(|(market, difference)| {
            let ticker = markets.ticker(market).unwrap_or_else(|| market.0.to_string());
            format!("{ticker} differs by {difference} contracts (journal minus venue)")
        })
        .collect();
    if text.is_empty() {
        text.push("the engine halted; see the alerts above".to_owned());
    }
    text.join("; ")
}
