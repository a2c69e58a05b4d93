//! [`Record`]: one line of the journal, and how it is written as JSON.

use serde::{Deserialize, Serialize};
use statecraft_domain::action::CancelOrder;
use statecraft_domain::control::Scope;
use statecraft_domain::{
    ClientOrderId, Event, MarketId, OrderRequest, RiskApproved, StrategyId, Timestamp,
};
use statecraft_engine::facts::{DecisionFacts, ModelFacts};

use super::{JournalError, RecordError};

/// What the journal keeps, in the order in which the engine consumed or decided it.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// A process began. Its strategy ids mean these names until the next such record.
    RunStarted(RunStarted),
    /// Why the order of the next intent was decided. Durable with it.
    Decision(Box<Decided>),
    /// An order is about to be sent. Durable before any byte of it leaves.
    Intent(RiskApproved<OrderRequest>),
    /// A cancel was decided. Sent without waiting: a cancel never makes things worse.
    CancelRequested(CancelOrder),
    /// Something happened (see [`is_journaled`]).
    Event(Event),
    /// The rules text of a market was read, the first time or another one than before.
    RulesRead(RulesRead),
    /// From here on the account is reached with another key: a person asked for it, and the venue showed that
    /// it is the same account.
    KeyChanged(KeyChanged),
    /// The process ended in good order.
    RunStopped(RunStopped),
}

/// See [`Record::RunStarted`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunStarted {
    /// When.
    pub at: Timestamp,
    /// Names of the strategies, in the order of their ids.
    pub strategies: Vec<String>,
    /// SHA-256 of their files, hex, in the same order.
    #[serde(default)]
    pub hashes: Vec<String>,
    /// What each of them trades, in the same order: `event/model kind/venue`, one a venue. A standing
    /// belongs to these as well as to the name.
    #[serde(default)]
    pub lineages: Vec<Vec<String>>,
    /// Hash of everything that was configured.
    pub config_hash: String,
    /// `paper` or `live`.
    pub mode: String,
    /// Which system plays the venue.
    pub endpoint: String,
    /// Version of the program.
    pub version: String,
}

/// See [`Record::Decision`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decided {
    /// The order.
    pub order: ClientOrderId,
    /// SHA-256 of the strategy's file, hex.
    pub strategy_hash: String,
    /// The decision with every number it used.
    pub facts: DecisionFacts,
    /// The model's probability, taken apart; nothing for models without parts.
    #[serde(default)]
    pub model: Option<ModelFacts>,
}

/// See [`Record::RulesRead`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesRead {
    /// When.
    pub at: Timestamp,
    /// The venue's market.
    pub ticker: String,
    /// SHA-256 of the text, hex.
    pub hash: String,
}

/// See [`Record::KeyChanged`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyChanged {
    /// When.
    pub at: Timestamp,
    /// The key's id before.
    pub from: String,
    /// The key's id from here on.
    pub to: String,
    /// What showed that it is the same account.
    pub proof: String,
}

/// See [`Record::RunStopped`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunStopped {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

/// Does the journal keep this event?
///
/// It keeps what a restart must know and what a trader asks about later: orders, fills, the account,
/// listings and their end, signals, and changes of mode. Books, trades, quotes and clock ticks belong
/// to the tape: they are many, and a restart gets fresh ones. Connections belong to the log: a restart
/// begins with none.
#[must_use]
pub const fn is_journaled(event: &Event) -> bool {
    match event {
        Event::MarketListed(_)
        | Event::MarketStatusChanged(_)
        | Event::MarketSettled(_)
        | Event::SignalReceived(_)
        | Event::SourceSeen(_)
        | Event::OrderSent(_)
        | Event::OrderAccepted(_)
        | Event::OrderRejected(_)
        | Event::OrderUnknown(_)
        | Event::OrderFilled(_)
        | Event::OrderClosed(_)
        | Event::CancelFailed(_)
        | Event::AccountReported(_)
        | Event::ModeChanged(_)
        | Event::StandingChanged(_)
        | Event::RestrictionChanged(_)
        | Event::VenueConditionChanged(_)
        | Event::FlattenRequested(_)
        | Event::StrategyChanged(_)
        | Event::ProfitMarked(_)
        | Event::OrderDenied(_)
        | Event::PositionsAccepted(_)
        | Event::CautionRaised(_)
        | Event::FlattenEnded(_) => true,
        Event::BookSnapshot(_)
        | Event::BookChanged(_)
        | Event::BookLost(_)
        | Event::Traded(_)
        | Event::Quoted(_)
        | Event::ClockTicked(_)
        | Event::ConnectionChanged(_)
        | Event::ClockJudged(_)
        | Event::Reconciled(_) => false,
    }
}

pub(super) const RUN_STARTED: &str = "run_started";
const RUN_STOPPED: &str = "run_stopped";
const DECISION: &str = "decision";
const INTENT: &str = "intent";
const CANCEL_REQUESTED: &str = "cancel_requested";
const RULES_READ: &str = "rules_read";
pub(super) const KEY_CHANGED: &str = "key_changed";

impl Record {
    /// When it happened or was decided.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        match self {
            Self::RunStarted(record) => record.at,
            Self::Decision(decided) => decided.facts.at,
            Self::Intent(order) => order.get().decided_at,
            Self::CancelRequested(cancel) => cancel.at,
            Self::Event(event) => event.at(),
            Self::RulesRead(read) => read.at,
            Self::KeyChanged(change) => change.at,
            Self::RunStopped(record) => record.at,
        }
    }

    /// The word in the column `kind`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::RunStarted(_) => RUN_STARTED,
            Self::Decision(_) => DECISION,
            Self::Intent(_) => INTENT,
            Self::CancelRequested(_) => CANCEL_REQUESTED,
            Self::Event(event) => event_kind(event),
            Self::RulesRead(_) => RULES_READ,
            Self::KeyChanged(_) => KEY_CHANGED,
            Self::RunStopped(_) => RUN_STOPPED,
        }
    }

    /// The JSON in the column `body`.
    ///
    /// # Errors
    /// [`JournalError::Unwritten`] for a float that is not finite, which JSON cannot hold.
    pub fn to_json(&self) -> Result<String, JournalError> {
        if let Self::Event(Event::SignalReceived(signal)) = self
            && let Some(label) = signal.labels.iter().find(|label| !label.strength.is_finite())
        {
            let what =
                format!("label {} of signal {} is {}", label.slug, signal.id, label.strength);
            return Err(JournalError::Unwritten(what));
        }
        if let Self::Event(Event::SignalReceived(signal)) = self
            && signal.forecast.is_some_and(|forecast| !forecast.is_finite())
        {
            let what = format!("the forecast of signal {} is not finite", signal.id);
            return Err(JournalError::Unwritten(what));
        }
        let written = match self {
            Self::RunStarted(record) => serde_json::to_string(record),
            Self::Decision(decided) => serde_json::to_string(decided),
            Self::Intent(order) => serde_json::to_string(order),
            Self::CancelRequested(cancel) => serde_json::to_string(cancel),
            Self::Event(event) => serde_json::to_string(event),
            Self::RulesRead(read) => serde_json::to_string(read),
            Self::KeyChanged(change) => serde_json::to_string(change),
            Self::RunStopped(record) => serde_json::to_string(record),
        };
        written.map_err(|error| JournalError::Unwritten(error.to_string()))
    }

    /// Reads what [`Self::kind`] and [`Self::to_json`] wrote.
    ///
    /// # Errors
    /// [`RecordError::OtherForm`] if this version does not know the kind, or something in the body.
    pub fn from_json(kind: &str, body: &str) -> Result<Self, RecordError> {
        let record = match kind {
            RUN_STARTED => serde_json::from_str(body).map(Self::RunStarted),
            // The order did pass the gate: this is the proof's own written form.
            INTENT => serde_json::from_str(body).map(Self::Intent),
            DECISION => serde_json::from_str(body).map(Self::Decision),
            CANCEL_REQUESTED => serde_json::from_str(body).map(Self::CancelRequested),
            RULES_READ => serde_json::from_str(body).map(Self::RulesRead),
            KEY_CHANGED => serde_json::from_str(body).map(Self::KeyChanged),
            RUN_STOPPED => serde_json::from_str(body).map(Self::RunStopped),
            kind => return event_from_json(kind, body).map(Self::Event),
        };
        record.map_err(|error| RecordError::OtherForm(error.to_string()))
    }

    /// The same record in the ids of this run.
    ///
    /// # Errors
    /// A sentence, if the order cannot be written again.
    pub(super) fn renamed(
        self,
        mut strategy: impl FnMut(StrategyId) -> StrategyId,
        mut market: impl FnMut(MarketId) -> MarketId,
    ) -> Result<Self, String> {
        match self {
            Self::Intent(order) => {
                let mut request = order.get().clone();
                request.strategy = strategy(request.strategy);
                request.market = market(request.market);
                if request == *order.get() { Ok(Self::Intent(order)) } else { reread(&request) }
            }
            Self::Event(mut event) => {
                if let Event::StandingChanged(change) = &mut event {
                    change.strategy = strategy(change.strategy);
                }
                if let Event::OrderDenied(denied) = &mut event {
                    denied.strategy = strategy(denied.strategy);
                }
                if let Event::CautionRaised(raised) = &mut event {
                    raised.strategy = strategy(raised.strategy);
                }
                if let Event::StrategyChanged(change) = &mut event {
                    change.strategy = strategy(change.strategy);
                }
                if let Event::RestrictionChanged(change) = &mut event
                    && let Scope::Strategy(theirs) = change.scope
                {
                    change.scope = Scope::Strategy(strategy(theirs));
                }
                map_event_markets(&mut event, market);
                Ok(Self::Event(event))
            }
            same @ (Self::RunStarted(_)
            | Self::Decision(_)
            | Self::CancelRequested(_)
            | Self::RulesRead(_)
            | Self::KeyChanged(_)
            | Self::RunStopped(_)) => Ok(same),
        }
    }
}

/// Only the risk gate makes approvals and only their written form is read back, so an approved order
/// under this run's ids goes the same way as any other: through JSON.
fn reread(request: &OrderRequest) -> Result<Record, String> {
    let body = serde_json::to_string(request).map_err(|error| error.to_string())?;
    Record::from_json(INTENT, &body).map_err(|error| error.to_string())
}

fn map_event_markets(event: &mut Event, mut map: impl FnMut(MarketId) -> MarketId) {
    match event {
        Event::MarketListed(event) => event.market = map(event.market),
        Event::MarketStatusChanged(event) => event.market = map(event.market),
        Event::MarketSettled(event) => event.market = map(event.market),
        Event::BookSnapshot(event) => event.market = map(event.market),
        Event::BookChanged(event) => event.market = map(event.market),
        Event::BookLost(event) => event.market = map(event.market),
        Event::Traded(event) => event.market = map(event.market),
        Event::Quoted(event) => event.market = map(event.market),
        Event::OrderFilled(event) => event.fill.market = map(event.fill.market),
        Event::OrderDenied(event) => event.market = map(event.market),
        Event::CautionRaised(event) => event.market = map(event.market),
        Event::FlattenEnded(event) => event.market = map(event.market),
        Event::RestrictionChanged(event) => {
            if let Scope::Market(market) = event.scope {
                event.scope = Scope::Market(map(market));
            }
        }
        Event::AccountReported(event) => {
            for position in &mut event.positions {
                position.market = map(position.market);
            }
            for market in &mut event.proven {
                *market = map(*market);
            }
        }
        Event::PositionsAccepted(event) => {
            for position in &mut event.positions {
                position.market = map(position.market);
            }
            for accepted in &mut event.accepted {
                accepted.market = map(accepted.market);
            }
        }
        Event::FlattenRequested(event) => event.market = event.market.map(map),
        Event::ClockTicked(_)
        | Event::StrategyChanged(_)
        | Event::SignalReceived(_)
        | Event::SourceSeen(_)
        | Event::OrderSent(_)
        | Event::OrderAccepted(_)
        | Event::OrderRejected(_)
        | Event::OrderUnknown(_)
        | Event::OrderClosed(_)
        | Event::CancelFailed(_)
        | Event::ConnectionChanged(_)
        | Event::ModeChanged(_)
        | Event::StandingChanged(_)
        | Event::ClockJudged(_)
        | Event::VenueConditionChanged(_)
        | Event::Reconciled(_)
        | Event::ProfitMarked(_) => {}
    }
}

/// The kind column says which struct the body is, so reading one needs no search for its tag.
macro_rules! event_kinds {
    ($($variant:ident = $kind:literal),+ $(,)?) => {
        const fn event_kind(event: &Event) -> &'static str {
            match event { $(Event::$variant(_) => $kind),+ }
        }

        fn event_from_json(kind: &str, body: &str) -> Result<Event, RecordError> {
            let event = match kind {
                $($kind => serde_json::from_str(body).map(Event::$variant),)+
                _ => return Err(RecordError::OtherForm("the kind is unknown".to_owned())),
            };
            event.map_err(|error| RecordError::OtherForm(error.to_string()))
        }
    };
}

event_kinds!(
    MarketListed = "market_listed",
    MarketStatusChanged = "market_status_changed",
    MarketSettled = "market_settled",
    BookSnapshot = "book_snapshot",
    BookChanged = "book_changed",
    BookLost = "book_lost",
    Traded = "traded",
    Quoted = "quoted",
    ClockTicked = "clock_ticked",
    SignalReceived = "signal_received",
    SourceSeen = "source_seen",
    OrderSent = "order_sent",
    OrderAccepted = "order_accepted",
    OrderRejected = "order_rejected",
    OrderUnknown = "order_unknown",
    OrderFilled = "order_filled",
    OrderClosed = "order_closed",
    CancelFailed = "cancel_failed",
    AccountReported = "account_reported",
    ConnectionChanged = "connection_changed",
    ModeChanged = "mode_changed",
    StandingChanged = "standing_changed",
    RestrictionChanged = "restriction_changed",
    ClockJudged = "clock_judged",
    VenueConditionChanged = "venue_condition_changed",
    Reconciled = "reconciled",
    FlattenRequested = "flatten_requested",
    StrategyChanged = "strategy_changed",
    ProfitMarked = "profit_marked",
    OrderDenied = "order_denied",
    CautionRaised = "caution_raised",
    FlattenEnded = "flatten_ended",
    PositionsAccepted = "positions_accepted",
);
