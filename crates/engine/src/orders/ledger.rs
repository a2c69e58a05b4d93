//! Every order of this account lineage, live or over.

use std::collections::BTreeMap;

use statecraft_domain::order::CloseReason;
use statecraft_domain::{
    ClientOrderId, Fill, MarketId, OrderRequest, Probability, Quantity, RejectReason, Side,
    StrategyId, Timestamp, TradeId, VenueOrderId,
};

use super::life::{Phase, Report, Step};

/// Orders that are over are remembered up to this many, the oldest forgotten first: weeks of live
/// trading, and far beyond any overlap in which a venue repeats its reports.
const DONE_MAX: usize = 10_000;

/// An order and everything reported about it.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderRecord {
    /// As it was approved.
    pub request: OrderRequest,
    /// The blended probability of YES by which it was decided, where that is known.
    pub believed: Option<Probability>,
    /// Where it stands.
    pub phase: Phase,
    /// Sum of the fills seen.
    pub filled: Quantity,
    /// Sum of the fills by the venue's account, if it said that the order is over.
    pub closed_filled: Option<Quantity>,
    /// How it ended, if it was closed.
    pub close_reason: Option<CloseReason>,
    /// Why it was refused, if it was.
    pub reject_reason: Option<RejectReason>,
    /// The venue's name for it.
    pub venue_order: Option<VenueOrderId>,
    /// When a cancel was last asked for. A wish, not a state: exposure stays (I8).
    pub cancel_requested: Option<Timestamp>,
    /// A cancel was asked for at some time, also by an earlier process: its end is what we wanted.
    pub withdrawn: bool,
    /// Trades already counted.
    trades: Vec<TradeId>,
}

impl OrderRecord {
    fn new(request: OrderRequest, phase: Phase) -> Self {
        Self {
            request,
            believed: None,
            phase,
            filled: Quantity::ZERO,
            closed_filled: None,
            close_reason: None,
            reject_reason: None,
            venue_order: None,
            cancel_requested: None,
            withdrawn: false,
            trades: Vec::new(),
        }
    }

    /// Contracts that may still be filled as far as we know: the rest of a live order; of a closed
    /// one, what the venue counted and we have not seen yet.
    #[must_use]
    pub fn reserved(&self) -> Quantity {
        let most = match self.phase {
            Phase::Approved | Phase::Sent | Phase::Unknown | Phase::Open => self.request.quantity,
            Phase::Closed => self.closed_filled.unwrap_or(Quantity::ZERO),
            Phase::Rejected | Phase::Filled | Phase::NotPlaced => Quantity::ZERO,
        };
        (most - self.filled).max(Quantity::ZERO)
    }

    /// Is it over, with nothing outstanding?
    #[must_use]
    pub fn is_done(&self) -> bool {
        !self.phase.is_live() && self.reserved().is_zero()
    }

    /// Our name for it.
    #[must_use]
    pub const fn id(&self) -> ClientOrderId {
        self.request.id
    }
}

/// What a report came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The order moved on.
    Moved,
    /// Nothing new, or known already.
    Stale,
    /// We never made such an order.
    UnknownOrder,
    /// One of ours that was over so long ago that it is forgotten.
    Forgotten,
    /// It contradicts what is known.
    Impossible,
}

/// What a fill came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FillOutcome {
    /// To be booked.
    Book {
        /// It came after the order was over.
        late: bool,
    },
    /// To be booked, because money moved, but it contradicts what is known about the order.
    BookImpossible,
    /// Counted before: nothing to do.
    Duplicate,
    /// We never made such an order.
    UnknownOrder,
    /// One of ours that was over so long ago that it is forgotten: nobody can tell whether the fill
    /// was counted, so it is not booked; the next account report will tell.
    Forgotten,
    /// Market, side or size are not those of the order: not to be booked.
    Mismatch,
}

/// The orders.
#[derive(Debug, Clone)]
pub struct Ledger {
    lineage: u64,
    next_sequence: u64,
    /// Not done yet: few, so looking through them is the fastest way.
    live: Vec<OrderRecord>,
    /// Over, kept for late fills and repeated reports, by sequence.
    done: BTreeMap<u64, OrderRecord>,
    /// The highest sequence forgotten; zero if none.
    forgotten: u64,
    /// Reports of orders that were over.
    revisions: u64,
}

impl Ledger {
    /// No orders yet.
    #[must_use]
    pub const fn new(lineage: u64, first_sequence: u64) -> Self {
        let next_sequence = if first_sequence == 0 { 1 } else { first_sequence };
        Self {
            lineage,
            next_sequence,
            live: Vec::new(),
            done: BTreeMap::new(),
            forgotten: 0,
            revisions: 0,
        }
    }

    /// How often anything was reported of an order that was over: as long as this stays, so does what is known
    /// of all of them.
    #[must_use]
    pub const fn revisions(&self) -> u64 {
        self.revisions
    }

    /// The name the next order will have (I3).
    #[must_use]
    pub const fn next_id(&self) -> ClientOrderId {
        ClientOrderId { lineage: self.lineage, sequence: self.next_sequence }
    }

    /// Orders that may still trade or have fills outstanding, oldest first.
    #[must_use]
    pub fn live(&self) -> &[OrderRecord] {
        &self.live
    }

    /// An order, live or over.
    #[must_use]
    pub fn get(&self, id: ClientOrderId) -> Option<&OrderRecord> {
        if id.lineage != self.lineage {
            return None;
        }
        let live = self.live.iter().find(|record| record.request.id == id);
        live.or_else(|| self.done.get(&id.sequence))
    }

    /// Has there ever been an order?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.live.is_empty() && self.done.is_empty()
    }

    /// Orders without a definitive answer.
    #[must_use]
    pub fn unknown_count(&self) -> usize {
        self.live.iter().filter(|record| record.phase == Phase::Unknown).count()
    }

    /// Orders of a strategy on a market that are still working or have fills outstanding.
    #[must_use]
    pub fn is_working(&self, strategy: StrategyId, market: MarketId) -> bool {
        self.live
            .iter()
            .any(|record| record.request.strategy == strategy && record.request.market == market)
    }

    /// Live orders on one side of a market, with what is reserved for each.
    pub fn on(&self, market: MarketId, side: Side) -> impl Iterator<Item = &OrderRecord> + '_ {
        self.live
            .iter()
            .filter(move |record| record.request.market == market && record.request.side == side)
    }

    /// An approved order enters.
    pub fn place(&mut self, request: OrderRequest) {
        debug_assert!(request.id == self.next_id(), "ids are given out in order");
        self.next_sequence = self.next_sequence.max(request.id.sequence.saturating_add(1));
        self.live.push(OrderRecord::new(request, Phase::Approved));
    }

    /// An order that an earlier run wrote down: unknown at full size. One that is known already, or of
    /// another lineage, is left alone.
    pub fn restore(&mut self, request: OrderRequest) {
        if request.id.lineage != self.lineage || self.get(request.id).is_some() {
            return;
        }
        self.next_sequence = self.next_sequence.max(request.id.sequence.saturating_add(1));
        self.live.push(OrderRecord::new(request, Phase::Unknown));
    }

    /// By which probability an order that has just entered was decided.
    pub fn note_belief(&mut self, id: ClientOrderId, believed: Probability) {
        if let Some(record) = self.live.iter_mut().find(|record| record.request.id == id) {
            record.believed = Some(believed);
        }
    }

    /// A report other than a fill or a close.
    pub fn report(&mut self, id: ClientOrderId, report: Report) -> Outcome {
        self.update(id, |record| step(record, report))
    }

    /// The venue has it, under this name.
    pub fn accepted(&mut self, id: ClientOrderId, venue_order: &VenueOrderId) -> Outcome {
        self.update(id, |record| {
            record.venue_order.get_or_insert_with(|| venue_order.clone());
            step(record, Report::Accepted)
        })
    }

    /// The venue refused it.
    pub fn rejected(&mut self, id: ClientOrderId, reason: RejectReason) -> Outcome {
        self.update(id, |record| {
            let outcome = step(record, Report::Rejected);
            if outcome != Outcome::Impossible {
                record.reject_reason.get_or_insert(reason);
            }
            outcome
        })
    }

    /// It is over. Of several reasons the first of the list wins, of several sums the largest, so that
    /// the order of reports does not matter.
    pub fn closed(&mut self, id: ClientOrderId, reason: CloseReason, filled: Quantity) -> Outcome {
        let report = match reason {
            CloseReason::NotPlaced => Report::NotPlaced,
            CloseReason::Cancelled
            | CloseReason::ImmediateRest
            | CloseReason::Expired
            | CloseReason::SelfTrade
            | CloseReason::MarketClosed
            | CloseReason::VenueRemoved => Report::Closed,
        };
        self.update(id, |record| {
            let sane = filled >= Quantity::ZERO && filled <= record.request.quantity;
            if !sane || (report == Report::NotPlaced && !filled.is_zero()) {
                return Outcome::Impossible;
            }
            let outcome = step(record, report);
            if outcome != Outcome::Impossible && report == Report::Closed {
                record.closed_filled = record.closed_filled.max(Some(filled));
                let first = record.close_reason.is_none_or(|before| (reason as u8) < before as u8);
                if first {
                    record.close_reason = Some(reason);
                }
            }
            outcome
        })
    }

    /// One execution. Identified by trade and order: counted exactly once (I7).
    pub fn filled(&mut self, fill: &Fill) -> FillOutcome {
        let mut applied = None;
        let outcome = self.update(fill.order, |record| {
            applied = Some(apply_fill(record, fill));
            Outcome::Moved
        });
        applied.unwrap_or(match outcome {
            Outcome::Forgotten => FillOutcome::Forgotten,
            Outcome::Moved | Outcome::Stale | Outcome::UnknownOrder | Outcome::Impossible => {
                FillOutcome::UnknownOrder
            }
        })
    }

    /// Was this fill booked already? (Of an order that was forgotten long ago nobody can tell: no.)
    #[must_use]
    pub fn has_booked(&self, fill: &Fill) -> bool {
        self.get(fill.order).is_some_and(|record| record.trades.contains(&fill.trade))
    }

    /// Was this trade of the order that the venue calls so booked already?
    #[must_use]
    pub fn has_booked_trade(&self, order: &VenueOrderId, trade: &TradeId) -> bool {
        self.named(order).is_some_and(|record| record.trades.contains(trade))
    }

    /// The venue proves that an order is in the book which was over by what we were told: it is open, at full
    /// size, until the venue ends it again. `false`: there is no such record, or nothing of it could be left.
    pub fn revive(&mut self, id: ClientOrderId, venue_order: &VenueOrderId) -> bool {
        self.update(id, |record| {
            if record.phase.is_live() || record.filled >= record.request.quantity {
                return Outcome::Stale;
            }
            record.phase = Phase::Open;
            (record.closed_filled, record.close_reason, record.reject_reason) = (None, None, None);
            record.venue_order = Some(venue_order.clone());
            (record.cancel_requested, record.withdrawn) = (None, false);
            Outcome::Moved
        }) == Outcome::Moved
    }

    /// The order that the venue calls so.
    #[must_use]
    pub fn named(&self, order: &VenueOrderId) -> Option<&OrderRecord> {
        let ours = |record: &&OrderRecord| record.venue_order.as_ref() == Some(order);
        // The newest first: it is most often one of the last.
        self.live.iter().find(ours).or_else(|| self.done.values().rev().find(ours))
    }

    /// Takes live orders out, for whoever asks what could be done without them; what comes back is to be
    /// [put back](Self::put_back).
    #[must_use]
    pub fn set_aside(&mut self, gone: &[ClientOrderId]) -> Vec<OrderRecord> {
        let is_left = |record: &&OrderRecord| !gone.contains(&record.request.id);
        let left = self.live.iter().filter(is_left).cloned().collect();
        std::mem::replace(&mut self.live, left)
    }

    /// All that was live before [`Self::set_aside`].
    pub fn put_back(&mut self, live: Vec<OrderRecord>) {
        self.live = live;
    }

    /// A cancel is being asked for.
    pub fn cancel_requested(&mut self, id: ClientOrderId, at: Timestamp) {
        if let Some(record) = self.live.iter_mut().find(|record| record.request.id == id) {
            (record.cancel_requested, record.withdrawn) = (Some(at), true);
        }
    }

    /// An earlier process asked for a cancel. Whether that ever left nobody knows: it is asked for again as soon as
    /// this one wants it.
    pub fn withdrawn_before(&mut self, id: ClientOrderId) {
        if let Some(record) = self.live.iter_mut().find(|record| record.request.id == id) {
            record.withdrawn = true;
        }
    }

    /// Changes a record and keeps it where it belongs.
    fn update(
        &mut self,
        id: ClientOrderId,
        change: impl FnOnce(&mut OrderRecord) -> Outcome,
    ) -> Outcome {
        if id.lineage != self.lineage {
            return Outcome::UnknownOrder;
        }
        if let Some(index) = self.live.iter().position(|record| record.request.id == id) {
            let outcome = change(&mut self.live[index]);
            if self.live[index].is_done() {
                let record = self.live.remove(index);
                self.done.insert(id.sequence, record);
                self.forget_oldest(id.sequence);
            }
            return outcome;
        }
        let Some(record) = self.done.get_mut(&id.sequence) else {
            let ours = (1..=self.forgotten).contains(&id.sequence);
            return if ours { Outcome::Forgotten } else { Outcome::UnknownOrder };
        };
        let outcome = change(record);
        self.revisions += 1;
        if !record.is_done()
            && let Some(record) = self.done.remove(&id.sequence)
        {
            self.live.push(record);
            self.live.sort_by_key(|record| record.request.id.sequence);
        }
        outcome
    }

    /// Forgets one order too many, though not the one that has just ended, however old it is: whoever books its last
    /// fill asks for it.
    fn forget_oldest(&mut self, ended: u64) {
        let oldest = self.done.keys().copied().find(|&sequence| sequence != ended);
        if self.done.len() > DONE_MAX
            && let Some(sequence) = oldest
        {
            self.done.remove(&sequence);
            self.forgotten = self.forgotten.max(sequence);
        }
    }
}

fn step(record: &mut OrderRecord, report: Report) -> Outcome {
    match record.phase.after(report) {
        Step::To(phase) => {
            record.phase = phase;
            Outcome::Moved
        }
        Step::Stay => Outcome::Stale,
        Step::Impossible => Outcome::Impossible,
    }
}

fn apply_fill(record: &mut OrderRecord, fill: &Fill) -> FillOutcome {
    if record.trades.contains(&fill.trade) {
        return FillOutcome::Duplicate;
    }
    let ours = fill.market == record.request.market && fill.side == record.request.side;
    let Some(filled) = record.filled.checked_add(fill.quantity) else {
        return FillOutcome::Mismatch;
    };
    if !ours || !fill.quantity.is_positive() {
        return FillOutcome::Mismatch;
    }
    let late = !record.phase.is_live();
    let whole = filled >= record.request.quantity;
    let report = if whole { Report::FilledWhole } else { Report::FilledInPart };
    record.trades.push(fill.trade.clone());
    record.filled = filled;
    record.venue_order.get_or_insert_with(|| fill.venue_order.clone());
    let outcome = step(record, report);
    if outcome == Outcome::Impossible || filled > record.request.quantity {
        return FillOutcome::BookImpossible;
    }
    FillOutcome::Book { late }
}
