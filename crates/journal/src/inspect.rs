//! Looking into a journal without writing: what `journal show` and `journal verify` print.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use serde::Serialize;
use statecraft_domain::event::AcceptedPosition;
use statecraft_domain::{ClientOrderId, Event, Quantity, Side, TradeId};

use super::store::{Row, Store};
use super::{Identity, JournalError, Record};

/// What `journal verify` found.
#[derive(Debug, Default, Serialize)]
pub struct Verdict {
    /// Records read; the chain of checksums holds over all of them.
    pub records: u64,
    /// Process runs.
    pub runs: u64,
    /// Orders that were to be sent.
    pub intents: u64,
    /// Executions.
    pub fills: u64,
    /// Invariants that do not hold, each with the number of its record.
    pub violations: Vec<String>,
}

/// Reads the whole journal in `dir`: the chain of checksums, every record's form, and the invariants:
/// every order event and cancel refers to an intent before it, order ids are this journal's and grow,
/// no execution is counted twice, no order is filled beyond its size, a position that was taken over is what others'
/// executions come to where any are told.
///
/// # Errors
/// [`JournalError::Corrupt`] if the chain or a record is broken, [`JournalError::NewerRecord`] if a later version
/// wrote it, other [`JournalError`]s if it cannot be
/// read at all. Broken invariants are in the [`Verdict`].
pub fn verify(dir: &Path) -> Result<Verdict, JournalError> {
    let store = Store::open_read_only(dir)?;
    store.check_structure()?;
    let mut auditor = Auditor { lineage: store.lineage()?, ..Auditor::default() };
    store.scan(|row| {
        let record = Record::from_json(row.kind, &row.body)?;
        auditor.audit(row, &record);
        Ok(())
    })?;
    Ok(auditor.verdict)
}

#[derive(Default)]
struct Auditor {
    lineage: u64,
    last_sequence: u64,
    run: i64,
    /// Size and executed part of every order.
    orders: HashMap<ClientOrderId, (Quantity, Quantity)>,
    executions: HashSet<(ClientOrderId, TradeId)>,
    verdict: Verdict,
}

impl Auditor {
    fn audit(&mut self, row: &Row<'_>, record: &Record) {
        self.verdict.records += 1;
        if row.run != self.run {
            self.verdict.runs += 1;
            if row.run < self.run {
                self.violation(row, "its run is older than the one before it".to_owned());
            }
            self.run = row.run;
        }
        match record {
            Record::Intent(order) => self.intent(row, order.get().id, order.get().quantity),
            Record::CancelRequested(cancel) => self.expect_intent(row, cancel.order),
            Record::Event(event) => self.event(row, event),
            Record::RunStarted(_)
            | Record::Decision(_)
            | Record::RulesRead(_)
            | Record::KeyChanged(_)
            | Record::RunStopped(_) => {}
        }
    }

    fn intent(&mut self, row: &Row<'_>, id: ClientOrderId, quantity: Quantity) {
        self.verdict.intents += 1;
        if id.lineage != self.lineage {
            self.violation(row, format!("order {id} is of another journal"));
        }
        if id.sequence <= self.last_sequence {
            self.violation(row, format!("order {id} comes after number {}", self.last_sequence));
        }
        if !quantity.is_positive() {
            self.violation(row, format!("order {id} is for {quantity} contracts"));
        }
        self.last_sequence = self.last_sequence.max(id.sequence);
        self.orders.insert(id, (quantity, Quantity::ZERO));
    }

    fn event(&mut self, row: &Row<'_>, event: &Event) {
        match event {
            Event::OrderSent(event) => self.expect_intent(row, event.order),
            Event::OrderAccepted(event) => self.expect_intent(row, event.order),
            Event::OrderRejected(event) => self.expect_intent(row, event.order),
            Event::OrderUnknown(event) => self.expect_intent(row, event.order),
            Event::CancelFailed(event) => self.expect_intent(row, event.order),
            Event::OrderFilled(event) => {
                let fill = &event.fill;
                self.fill(row, fill.order, &fill.trade, fill.quantity);
            }
            Event::OrderClosed(event) => self.closed(row, event.order, event.filled),
            Event::PositionsAccepted(event) => {
                for accepted in &event.accepted {
                    self.accepted(row, accepted);
                }
            }
            Event::MarketListed(_)
            | Event::MarketStatusChanged(_)
            | Event::MarketSettled(_)
            | Event::BookSnapshot(_)
            | Event::BookChanged(_)
            | Event::BookLost(_)
            | Event::Traded(_)
            | Event::Quoted(_)
            | Event::ClockTicked(_)
            | Event::SignalReceived(_)
            | Event::SourceSeen(_)
            | Event::AccountReported(_)
            | Event::ConnectionChanged(_)
            | Event::ModeChanged(_)
            | Event::StandingChanged(_)
            | Event::RestrictionChanged(_)
            | Event::FlattenRequested(_)
            | Event::StrategyChanged(_)
            | Event::ClockJudged(_)
            | Event::VenueConditionChanged(_)
            | Event::Reconciled(_)
            | Event::ProfitMarked(_)
            | Event::OrderDenied(_)
            | Event::CautionRaised(_)
            | Event::FlattenEnded(_) => {}
        }
    }

    fn fill(&mut self, row: &Row<'_>, id: ClientOrderId, trade: &TradeId, quantity: Quantity) {
        if !self.executions.insert((id, trade.clone())) {
            // A venue may report an execution again; it counts once.
            return;
        }
        self.verdict.fills += 1;
        if !quantity.is_positive() {
            self.violation(row, format!("execution {trade} of order {id} has size {quantity}"));
        }
        let Some((size, filled)) = self.orders.get_mut(&id) else {
            return self.violation(row, format!("execution {trade} of order {id}, never intended"));
        };
        let (size, sum) = (*size, filled.checked_add(quantity));
        *filled = sum.unwrap_or(Quantity::MAX);
        if sum.is_none_or(|sum| sum > size) {
            self.violation(
                row,
                format!("order {id} of {size} contracts is filled beyond its size"),
            );
        }
    }

    fn closed(&mut self, row: &Row<'_>, id: ClientOrderId, filled: Quantity) {
        match self.orders.get(&id) {
            None => self.expect_intent(row, id),
            Some((size, _)) if filled > *size || filled < Quantity::ZERO => {
                let size = *size;
                let what = format!("order {id} of {size} contracts closed with {filled} filled");
                self.violation(row, what);
            }
            Some(_) => {}
        }
    }

    /// What somebody else traded leads from our position to the venue's, or is not told at all.
    fn accepted(&mut self, row: &Row<'_>, accepted: &AcceptedPosition) {
        let AcceptedPosition { market, ours, theirs, fills } = accepted;
        for fill in fills.iter().filter(|fill| !fill.quantity.is_positive()) {
            let what =
                format!("execution {} of somebody else has size {}", fill.trade, fill.quantity);
            self.violation(row, what);
        }
        let end = fills.iter().try_fold(*ours, |sum, fill| {
            sum.checked_add(match fill.side {
                Side::Bid => fill.quantity,
                Side::Ask => -fill.quantity,
            })
        });
        if !fills.is_empty() && end != Some(*theirs) {
            let what = format!(
                "market {}: what others traded does not lead from {ours} contracts to {theirs}",
                market.0
            );
            self.violation(row, what);
        }
    }

    fn expect_intent(&mut self, row: &Row<'_>, id: ClientOrderId) {
        if !self.orders.contains_key(&id) {
            self.violation(row, format!("{} of order {id}, never intended", row.kind));
        }
    }

    fn violation(&mut self, row: &Row<'_>, what: String) {
        self.verdict.violations.push(format!("record {}: {what}", row.seq));
    }
}

/// A table of the journal as text, for people and for JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Cells, row by row.
    pub rows: Vec<Vec<String>>,
}

/// Which table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Orders and what became of them.
    Orders,
    /// Executions.
    Fills,
    /// What was traded in each market, and how it settled if it has.
    Positions,
    /// The records themselves.
    Records,
}

impl View {
    const fn sql(self) -> &'static str {
        match self {
            // Executions may outrun the word that the order is done, and say more than it.
            Self::Orders => {
                "SELECT seq, time, order_id, strategy, market, side, price, contracts, filled, \
                 CASE WHEN filled + 0.0 = contracts + 0.0 THEN 'filled' ELSE state END AS state \
                 FROM (SELECT * FROM orders ORDER BY seq DESC LIMIT ?1) ORDER BY seq"
            }
            Self::Fills => {
                "SELECT * FROM (SELECT * FROM fills ORDER BY seq DESC LIMIT ?1) ORDER BY seq"
            }
            // Market numbers are given anew by every run: the last listing says what one meant.
            Self::Positions => {
                "SELECT market, fills, contracts, rtrim(rtrim(paid, '0'), '.') AS paid, \
                 rtrim(rtrim(fees, '0'), '.') AS fees, \
                 (SELECT s.body ->> '$.settlement' FROM records s WHERE s.kind = 'market_settled' AND \
                  (SELECT m.body ->> '$.listing.ticker' FROM records m WHERE m.kind = 'market_listed' \
                   AND m.body ->> '$.market' = s.body ->> '$.market' AND m.seq < s.seq \
                   ORDER BY m.seq DESC LIMIT 1) = positions.market \
                  ORDER BY s.seq DESC LIMIT 1) AS settled \
                 FROM positions ORDER BY market LIMIT ?1"
            }
            Self::Records => {
                "SELECT seq, strftime('%Y-%m-%dT%H:%M:%fZ', at / 1000000000.0, 'unixepoch') AS time, run, \
                 kind, body FROM (SELECT * FROM records ORDER BY seq DESC LIMIT ?1) ORDER BY seq"
            }
        }
    }
}

/// The last `limit` rows of a table of the journal in `dir`, also while a bot is writing it.
///
/// # Errors
/// [`JournalError`] if there is no journal or it cannot be read.
pub fn show(dir: &Path, view: View, limit: u32) -> Result<Table, JournalError> {
    let store = Store::open_read_only(dir)?;
    store.check(read_table(&store, view, limit))
}

fn read_table(store: &Store, view: View, limit: u32) -> rusqlite::Result<Table> {
    let mut statement = store.connection.prepare(view.sql())?;
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let width = columns.len();
    let mut found = statement.query([limit])?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        rows.push((0..width).map(|column| cell(row, column)).collect::<rusqlite::Result<_>>()?);
    }
    Ok(Table { columns, rows })
}

fn cell(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<String> {
    use rusqlite::types::ValueRef;
    Ok(match row.get_ref(column)? {
        ValueRef::Null => String::new(),
        ValueRef::Integer(value) => value.to_string(),
        ValueRef::Real(value) => value.to_string(),
        ValueRef::Text(text) | ValueRef::Blob(text) => String::from_utf8_lossy(text).into_owned(),
    })
}

/// The records of some kinds up to an instant, in order, also while a bot is writing. The chain of
/// checksums is not checked: [`verify`] does that.
///
/// # Errors
/// [`JournalError`] if there is no journal, it cannot be read, or a record cannot.
pub fn records(
    dir: &Path,
    kinds: &[&str],
    until: statecraft_domain::Timestamp,
) -> Result<Vec<Record>, JournalError> {
    let store = Store::open_read_only(dir)?;
    let sql = "SELECT seq, kind, body FROM records WHERE at <= ?1 ORDER BY seq";
    let mut statement = store.check(store.connection.prepare(sql))?;
    let mut rows = store.check(statement.query([until.nanos()]))?;
    let mut found = Vec::new();
    while let Some(row) = store.check(rows.next())? {
        let kind = store.check(row.get_ref(1).and_then(|kind| Ok(kind.as_str()?)))?;
        if !kinds.contains(&kind) {
            continue;
        }
        let body = store.check(row.get_ref(2).and_then(|body| Ok(body.as_str()?)))?;
        let sequence: i64 = store.check(row.get(0))?;
        let record = Record::from_json(kind, body);
        found.push(record.map_err(|error| store.corrupt(sequence, error.to_string()))?);
    }
    Ok(found)
}

/// The key's id that the journal in `dir` is of, if it is of the venue and the system of `ours`.
///
/// # Errors
/// [`JournalError::OtherIdentity`] if it is not; other [`JournalError`]s if there is no journal or it cannot be
/// read.
pub fn account_at(dir: &Path, ours: &Identity) -> Result<String, JournalError> {
    Store::open_read_only(dir)?.account_at(ours)
}

/// Is the journal in `dir` of this account, so that [`super::Journal::open`] would take it?
///
/// # Errors
/// As [`super::Journal::open`].
pub fn expect_account(dir: &Path, ours: &Identity) -> Result<(), JournalError> {
    Store::open_read_only(dir)?.expect_identity(ours)
}

/// When the last record was written, engine time; `None` in an empty journal.
///
/// # Errors
/// [`JournalError`] if there is no journal or it cannot be read.
pub fn last_at(dir: &Path) -> Result<Option<statecraft_domain::Timestamp>, JournalError> {
    let store = Store::open_read_only(dir)?;
    let sql = "SELECT max(at) FROM records";
    let last: Option<i64> = store.check(store.connection.query_row(sql, [], |row| row.get(0)))?;
    Ok(last.map(statecraft_domain::Timestamp::from_nanos))
}
