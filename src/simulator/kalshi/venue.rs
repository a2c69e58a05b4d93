//! [`KalshiVenue`]: the venue's whole state behind one lock, so that REST answers and websocket frames
//! tell one story in one order.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use statecraft_domain::{
    Liquidity, MarketId, MarketStatus, Price, Quantity, SelfTradePrevention, Settlement, Side,
    Signal, Timestamp, Usd,
};
use statecraft_exchange::venue::{FillRecord, OrderEnd, OrderRecord};
use statecraft_exchange::{Account, OrderKey, Report};

use super::board::{Board, PublicTrade, Quote};
use super::error::ErrorShape;
use super::format::{Ids, Named};
use super::groups::Groups;
use super::holding::Holding;
use super::limits::Tier;
use super::stream::frames::{end_reason, result_of};
use super::stream::hub::{Channel, Hub};
use super::wire::stream::MarketChange;
use crate::simulator::backend::Backend;
use crate::simulator::clock::VenueClock;
use crate::simulator::faults::{FaultKind, Faults};
use crate::venue::kalshi::hours::is_maintenance;

/// Answers to open questions about the real venue, as switches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VenueOptions {
    /// The form of coded errors.
    pub error_shape: ErrorShape,
    /// The reported balance is lowered by what resting orders hold back.
    pub balance_deducts_resting: bool,
    /// `ok` and `unsubscribed` frames use up a sequence number.
    pub answers_consume_seq: bool,
    /// Trading pauses every Thursday from 03:00 to 05:00 Eastern time.
    pub weekly_maintenance: bool,
}

impl Default for VenueOptions {
    fn default() -> Self {
        Self {
            error_shape: ErrorShape::default(),
            balance_deducts_resting: false,
            answers_consume_seq: true,
            weekly_maintenance: false,
        }
    }
}

/// How far an order has come, report by report (the backend only knows how far it is by now).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Progress {
    pub(crate) filled: Quantity,
    pub(crate) remaining: Quantity,
    pub(crate) taker_cost: Usd,
    pub(crate) maker_cost: Usd,
    pub(crate) taker_fees: Usd,
    pub(crate) maker_fees: Usd,
    ended: Option<OrderEnd>,
}

impl Progress {
    pub(crate) fn of(record: &OrderRecord) -> Self {
        Self {
            filled: record.filled,
            remaining: record.remaining,
            taker_cost: record.taker_cost,
            maker_cost: record.maker_cost,
            taker_fees: record.taker_fees,
            maker_fees: record.maker_fees,
            ended: record.end,
        }
    }

    fn fill(&mut self, fill: &FillRecord) {
        let unit = match fill.side {
            Side::Bid => fill.price,
            Side::Ask => fill.price.complement(),
        };
        let cost = unit.times(fill.quantity);
        self.filled += fill.quantity;
        self.remaining = (self.remaining - fill.quantity).max(Quantity::ZERO);
        match fill.liquidity {
            Liquidity::Taker => {
                self.taker_cost += cost;
                self.taker_fees += fill.fee;
            }
            Liquidity::Maker => {
                self.maker_cost += cost;
                self.maker_fees += fill.fee;
            }
        }
    }

    /// The venue's word. An order that ended with nothing left to fill was executed.
    pub(crate) const fn status(&self) -> &'static str {
        match self.ended {
            None if self.remaining.is_zero() && self.filled.is_positive() => "executed",
            None => "resting",
            Some(OrderEnd::Filled) => "executed",
            Some(OrderEnd::Closed(_)) => "canceled",
        }
    }
}

/// The user's payout from one market.
#[derive(Debug, Clone)]
pub(crate) struct Payout {
    pub(crate) at: Timestamp,
    pub(crate) market: MarketId,
    pub(crate) settlement: Settlement,
    pub(crate) quantity: Quantity,
    pub(crate) cost: Usd,
    pub(crate) payout: Usd,
    pub(crate) fees: Usd,
}

/// What private reads tell: a copy, so that a lagging read can tell an earlier one.
#[derive(Debug, Clone, Default)]
pub(crate) struct PrivateView {
    pub(crate) orders: Vec<OrderRecord>,
    pub(crate) fills: Vec<FillRecord>,
    pub(crate) account: Account,
    pub(crate) holdings: BTreeMap<MarketId, Holding>,
}

/// See the module.
pub(crate) struct KalshiVenue {
    pub(crate) backend: Box<dyn Backend>,
    pub(crate) clock: VenueClock,
    pub(crate) options: VenueOptions,
    pub(crate) ids: Ids,
    pub(crate) hub: Hub,
    pub(crate) faults: Faults,
    pub(crate) groups: Groups,
    pub(crate) boards: Vec<Board>,
    pub(crate) holdings: BTreeMap<MarketId, Holding>,
    pub(crate) payouts: Vec<Payout>,
    pub(crate) signals: Vec<Signal>,
    /// Why the next `Changed` report happens.
    pub(crate) change_reason: &'static str,
    by_ticker: BTreeMap<String, MarketId>,
    progress: BTreeMap<OrderKey, Progress>,
    /// Accepted within the reports at hand and not told of yet.
    untold: BTreeMap<OrderKey, Timestamp>,
    signalled: Timestamp,
    lagging: Option<(Instant, Arc<PrivateView>)>,
    frozen: Option<Arc<PrivateView>>,
    /// The present, until something of the user's changes.
    view: Option<Arc<PrivateView>>,
    paused_until: Option<Instant>,
    trading: bool,
    pub(crate) tier: Tier,
}

impl KalshiVenue {
    pub(crate) fn new(
        backend: Box<dyn Backend>,
        clock: VenueClock,
        options: VenueOptions,
        ids: Ids,
        hub: Hub,
        faults: Faults,
        tier: Tier,
    ) -> Self {
        // Signals of the first instant count as published at the start.
        let signalled = Timestamp::from_nanos(backend.now().nanos().saturating_sub(1));
        let mut venue = Self {
            backend,
            clock,
            options,
            ids,
            hub,
            faults,
            groups: Groups::default(),
            boards: Vec::new(),
            holdings: BTreeMap::new(),
            payouts: Vec::new(),
            signals: Vec::new(),
            change_reason: "Amend",
            by_ticker: BTreeMap::new(),
            progress: BTreeMap::new(),
            untold: BTreeMap::new(),
            signalled,
            lagging: None,
            frozen: None,
            view: None,
            paused_until: None,
            trading: true,
            tier,
        };
        venue.discover();
        venue
    }

    /// Every market listed so far.
    pub(crate) fn markets(&self) -> impl Iterator<Item = MarketId> + use<> {
        (0..u32::try_from(self.boards.len()).unwrap_or(u32::MAX)).map(MarketId)
    }

    pub(crate) fn market(&self, ticker: &str) -> Option<MarketId> {
        self.by_ticker.get(ticker).copied()
    }

    pub(crate) fn ticker(&self, market: MarketId) -> String {
        self.backend.listing(market).map(|listing| listing.ticker.clone()).unwrap_or_default()
    }

    pub(crate) fn user_id(&self) -> String {
        self.ids.write(Named::User, u64::from(self.backend.user().0))
    }

    /// May orders be placed anywhere at all?
    pub(crate) fn is_trading(&self) -> bool {
        self.trading && self.backend.is_trading()
    }

    /// Story time of an action that happens now; the world is brought up to it first.
    pub(crate) fn catch_up(&mut self) -> Timestamp {
        let mut reports = Vec::new();
        let now = self.clock.now().max(self.backend.now());
        self.backend.advance(now, &mut reports);
        self.absorb(reports);
        self.discover();
        self.tell_results();
        self.publish_signals(now);
        self.set_trading(now);
        now
    }

    /// Results that became known since the last look (payment follows later).
    fn tell_results(&mut self) {
        for market in self.markets() {
            let told = self.boards.get(market.index()).is_none_or(|board| board.determined);
            if told {
                continue;
            }
            if let Some((at, settlement)) = self.backend.determined(market) {
                self.on_determined(at, market, settlement);
            }
        }
    }

    fn publish_signals(&mut self, now: Timestamp) {
        if now > self.signalled {
            self.signals.extend(self.backend.signals(self.signalled, now));
            self.signalled = now;
        }
    }

    /// Trading stands still during maintenance and while a fault holds it.
    fn set_trading(&mut self, now: Timestamp) {
        let held = self.paused_until.is_some_and(|until| Instant::now() < until);
        let maintenance = self.options.weekly_maintenance && is_maintenance(now);
        let trading = !held && !maintenance;
        if trading != self.trading {
            self.trading = trading;
            let mut reports = Vec::new();
            self.backend.set_trading(now, trading, &mut reports);
            self.absorb(reports);
        }
    }

    /// Draws the faults that belong to an order write, before it is done.
    pub(crate) fn before_write(&mut self, now: Timestamp) {
        if let Some(shot) = self.faults.draw(FaultKind::ReadLag) {
            self.lagging = Some((Instant::now() + shot.delay(), self.live_view()));
        }
        if let Some(shot) = self.faults.draw(FaultKind::Pause) {
            self.paused_until = Some(Instant::now() + shot.delay());
            self.set_trading(now);
        }
    }

    /// What private reads tell now.
    pub(crate) fn private_view(&mut self) -> Arc<PrivateView> {
        if let Some(frozen) = &self.frozen {
            return Arc::clone(frozen);
        }
        match &self.lagging {
            Some((until, view)) if Instant::now() < *until => Arc::clone(view),
            _ => {
                self.lagging = None;
                self.live_view()
            }
        }
    }

    /// Private reads tell the state of now from here on, or the present again.
    pub(crate) fn freeze_reads(&mut self, frozen: bool) {
        self.frozen = frozen.then(|| self.live_view());
    }

    fn live_view(&mut self) -> Arc<PrivateView> {
        if let Some(view) = &self.view {
            return Arc::clone(view);
        }
        let view = Arc::new(PrivateView {
            orders: self.backend.orders().into_iter().cloned().collect(),
            fills: self.backend.fills().into_iter().cloned().collect(),
            account: self.backend.account().cloned().unwrap_or_default(),
            holdings: self.holdings.clone(),
        });
        self.view = Some(Arc::clone(&view));
        view
    }

    /// Does a report change what private reads tell?
    fn touches_user(&self, report: &Report) -> bool {
        let user = self.backend.user();
        match report {
            Report::Accepted { order, .. }
            | Report::Changed { order, .. }
            | Report::Ended { order, .. } => self.is_own(*order).is_some(),
            Report::Filled(fill) => fill.account == user,
            Report::Paid { account, .. } => *account == user,
            Report::StatusChanged { .. } | Report::Settled { .. } => true,
            Report::Traded { .. } | Report::LevelChanged { .. } => false,
        }
    }

    /// Takes up markets that were listed since the last look.
    fn discover(&mut self) {
        loop {
            let market = MarketId(u32::try_from(self.boards.len()).unwrap_or(u32::MAX));
            let Some(listing) = self.backend.listing(market) else { return };
            let (ticker, status) = (listing.ticker.clone(), listing.status);
            let quote = Quote::of(self.backend.book(market));
            self.boards.push(Board::new(status, quote, self.backend.now()));
            self.by_ticker.insert(ticker, market);
            if self.hub.wants(Channel::MarketLifecycle) {
                for message in [self.created_message(market), self.event_message(market)] {
                    self.publish(message);
                }
            }
        }
    }

    fn publish(&mut self, message: Option<super::stream::hub::Message>) {
        if let Some(message) = message {
            self.hub.publish(&message, &mut self.faults);
        }
    }

    /// Takes reports in, in order: remembers them and tells whoever listens.
    pub(crate) fn absorb(&mut self, reports: Vec<Report>) {
        let mut queue = VecDeque::from(reports);
        let mut touched = BTreeMap::new();
        while let Some(report) = queue.pop_front() {
            let triggered = self.record(&report, &mut touched);
            if let Some((group, at)) = triggered {
                let mut more = Vec::new();
                self.trigger(group, at, &mut more);
                queue.extend(more);
            }
        }
        for (order, at) in std::mem::take(&mut self.untold) {
            self.tell_order(at, order, "");
        }
        self.requote(&touched);
    }

    /// One report; returns the order group that it drove to its limit.
    fn record(
        &mut self,
        report: &Report,
        touched: &mut BTreeMap<MarketId, (Timestamp, bool)>,
    ) -> Option<(u64, Timestamp)> {
        if self.view.is_some() && self.touches_user(report) {
            self.view = None;
        }
        match report {
            Report::Accepted { at, order } => self.on_accepted(*at, *order),
            Report::Filled(fill) => return self.on_filled(fill),
            Report::Changed { at, order } => self.on_changed(*at, *order),
            Report::Ended { at, order, end, .. } => self.on_ended(*at, *order, *end),
            Report::Traded { at, trade, market, taker, price, quantity } => {
                let trade = PublicTrade {
                    key: *trade,
                    at: *at,
                    taker: *taker,
                    price: *price,
                    quantity: *quantity,
                };
                self.on_traded(*market, trade);
                touched.insert(*market, (*at, true));
            }
            Report::LevelChanged { at, market, side, price, by, order } => {
                if self.hub.wants(Channel::OrderbookDelta) {
                    let message = self.delta_message(*at, *market, *side, *price, *by, *order);
                    self.publish(Some(message));
                }
                touched.entry(*market).or_insert((*at, false)).0 = *at;
            }
            Report::StatusChanged { at, market, status } => self.on_status(*at, *market, *status),
            Report::Settled { at, market, settlement } => {
                self.on_settled(*at, *market, *settlement);
            }
            Report::Paid { at, account, market, quantity, payout } => {
                if *account == self.backend.user() {
                    self.on_paid(*at, *market, *quantity, *payout);
                }
            }
        }
        None
    }

    fn is_own(&self, order: OrderKey) -> Option<&OrderRecord> {
        self.backend.order(order).filter(|record| record.order.account == self.backend.user())
    }

    fn tell_order(&mut self, at: Timestamp, order: OrderKey, reason: &'static str) {
        self.untold.remove(&order);
        if !self.hub.wants(Channel::UserOrders) {
            return;
        }
        if let Some(progress) = self.progress.get(&order).copied() {
            let message = self.order_message(order, &progress, at, reason);
            self.publish(message);
        }
    }

    fn on_accepted(&mut self, at: Timestamp, order: OrderKey) {
        let Some(record) = self.is_own(order) else { return };
        let rests = record.order.time_in_force.rests();
        let progress = Progress { remaining: record.initial, ..Progress::default() };
        self.progress.insert(order, progress);
        // An order is first told of as what it came to: one that trades or ends at once is never
        // told of as resting.
        if rests {
            self.untold.insert(order, at);
        }
    }

    fn on_filled(&mut self, fill: &FillRecord) -> Option<(u64, Timestamp)> {
        if let Some(board) = self.boards.get_mut(fill.market.index()) {
            board.holding(fill.account, fill.position_after);
        }
        if fill.account != self.backend.user() {
            return None;
        }
        self.holdings.entry(fill.market).or_default().fill(
            fill.at,
            fill.side,
            fill.price,
            fill.quantity,
            fill.fee,
        );
        self.progress.entry(fill.order).or_default().fill(fill);
        if self.hub.wants(Channel::Fill) {
            let message = self.fill_message(fill);
            self.publish(Some(message));
        }
        self.tell_order(fill.at, fill.order, "Trade");
        self.tell_position(fill.market);
        let group = self.groups.matched(fill.at, fill.order, fill.quantity)?;
        Some((group, fill.at))
    }

    fn tell_position(&mut self, market: MarketId) {
        if self.hub.wants(Channel::MarketPositions) {
            let message = self.position_message(market);
            self.publish(message);
        }
    }

    fn on_changed(&mut self, at: Timestamp, order: OrderKey) {
        let Some(record) = self.is_own(order) else { return };
        // Fills of an amendment are reported after the change itself.
        let remaining = (record.initial - self.filled_so_far(order)).max(Quantity::ZERO);
        self.progress.entry(order).or_default().remaining = remaining;
        self.tell_order(at, order, self.change_reason);
    }

    fn filled_so_far(&self, order: OrderKey) -> Quantity {
        self.progress.get(&order).map_or(Quantity::ZERO, |progress| progress.filled)
    }

    fn on_ended(&mut self, at: Timestamp, order: OrderKey, end: OrderEnd) {
        self.groups.leave(order);
        if self.is_own(order).is_none() {
            return;
        }
        let progress = self.progress.entry(order).or_default();
        let told = progress.status() == "executed";
        progress.ended = Some(end);
        progress.remaining = Quantity::ZERO;
        if !(told && end == OrderEnd::Filled) {
            self.tell_order(at, order, end_reason(end));
        }
        self.progress.remove(&order);
    }

    fn on_traded(&mut self, market: MarketId, trade: PublicTrade) {
        if let Some(board) = self.boards.get_mut(market.index()) {
            board.trade(trade);
        }
        if self.hub.wants(Channel::Trade) {
            let message = self.trade_message(market, &trade);
            self.publish(Some(message));
        }
    }

    fn tell_lifecycle(&mut self, change: &MarketChange) {
        if self.hub.wants(Channel::MarketLifecycle) {
            let message = self.lifecycle_message(change);
            self.publish(Some(message));
        }
    }

    /// Opening and closing on schedule are silent; pausing and resuming are told.
    fn on_status(&mut self, at: Timestamp, market: MarketId, status: MarketStatus) {
        let Some(board) = self.boards.get_mut(market.index()) else { return };
        let before = std::mem::replace(&mut board.status, status);
        board.updated = at;
        let mut change =
            MarketChange { market_ticker: self.ticker(market), ..MarketChange::default() };
        match (before, status) {
            (_, MarketStatus::Paused) => {
                change.event_type = "deactivated";
                change.is_deactivated = Some(true);
            }
            (MarketStatus::Paused | MarketStatus::Closed, MarketStatus::Active) => {
                change.event_type = "activated";
                change.is_deactivated = Some(false);
            }
            (MarketStatus::Unopened | MarketStatus::Active, MarketStatus::Active)
            | (_, MarketStatus::Unopened | MarketStatus::Closed) => return,
        }
        self.tell_lifecycle(&change);
    }

    /// The result is known; told once.
    fn on_determined(&mut self, at: Timestamp, market: MarketId, settlement: Settlement) {
        let Some(board) = self.boards.get_mut(market.index()).filter(|board| !board.determined)
        else {
            return;
        };
        board.determined = true;
        board.updated = at;
        let (result, value) = result_of(settlement);
        self.tell_lifecycle(&MarketChange {
            market_ticker: self.ticker(market),
            event_type: "determined",
            result: Some(result),
            determination_ts: Some(at.secs()),
            settlement_value: value.map(super::format::price4),
            ..MarketChange::default()
        });
    }

    fn on_settled(&mut self, at: Timestamp, market: MarketId, settlement: Settlement) {
        self.on_determined(at, market, settlement);
        let Some(board) = self.boards.get_mut(market.index()) else { return };
        board.settled = Some(at);
        board.status = MarketStatus::Closed;
        board.updated = at;
        self.tell_lifecycle(&MarketChange {
            market_ticker: self.ticker(market),
            event_type: "settled",
            settled_ts: Some(at.secs()),
            ..MarketChange::default()
        });
    }

    fn on_paid(&mut self, at: Timestamp, market: MarketId, quantity: Quantity, payout: Usd) {
        let Some(settlement) = self.backend.settlement(market) else { return };
        let holding = self.holdings.entry(market).or_default();
        let (cost, fees) = (holding.cost, holding.fees);
        holding.settle(at, payout);
        self.payouts.push(Payout { at, market, settlement, quantity, cost, payout, fees });
        self.tell_position(market);
    }

    /// New best prices and tickers of the markets that changed, once each.
    fn requote(&mut self, touched: &BTreeMap<MarketId, (Timestamp, bool)>) {
        for (market, (at, traded)) in touched {
            let quote = Quote::of(self.backend.book(*market));
            let Some(board) = self.boards.get_mut(market.index()) else { continue };
            if (board.requote(*at, quote) || *traded) && self.hub.wants(Channel::Ticker) {
                let message = self.ticker_message(*market, *at);
                self.publish(message);
            }
        }
    }

    /// Cancels a group's orders and refuses new ones until it is reset.
    pub(crate) fn trigger(&mut self, group: u64, at: Timestamp, out: &mut Vec<Report>) {
        let Some(state) = self.groups.get_mut(group) else { return };
        state.triggered = true;
        let orders: BTreeSet<OrderKey> = state.orders.clone();
        self.tell_group(group, "triggered", at);
        for order in orders {
            // An order that ended within the same instant is not live any more.
            let _ = self.backend.cancel(at, order, out);
        }
    }

    pub(crate) fn tell_group(&mut self, group: u64, event: &'static str, at: Timestamp) {
        if self.hub.wants(Channel::OrderGroupUpdates) {
            let message = self.group_message(group, event, at);
            self.publish(Some(message));
        }
    }

    /// When a market closes; far away if nobody said.
    pub(crate) fn close_of(&self, market: MarketId) -> Timestamp {
        let close = self.backend.listing(market).and_then(|listing| listing.close);
        close.unwrap_or(Timestamp::from_secs(4_102_444_800))
    }

    /// The series of a market; the event's first word if the listing has none.
    pub(crate) fn series_of(&self, market: MarketId) -> String {
        let Some(listing) = self.backend.listing(market) else { return String::new() };
        if listing.series.is_empty() {
            let event = if listing.event.is_empty() { &listing.ticker } else { &listing.event };
            return event.split('-').next().unwrap_or_default().to_owned();
        }
        listing.series.clone()
    }

    /// Marks a position: last trade, else the middle of the quotes.
    pub(crate) fn mark(&self, market: MarketId) -> Price {
        let Some(board) = self.boards.get(market.index()) else { return Price::ZERO };
        if board.last.is_some() {
            return board.last_price();
        }
        let middle = (board.quote.bid.e4() + board.quote.ask.e4()) / 2;
        Price::from_e4(middle).unwrap_or(Price::ZERO)
    }
}

/// Outcome and book side as the venue names a direction.
pub(crate) const fn sides(side: Side) -> (&'static str, &'static str) {
    match side {
        Side::Bid => ("yes", "bid"),
        Side::Ask => ("no", "ask"),
    }
}

/// The venue's word for self-trade prevention.
pub(crate) const fn stp(prevention: SelfTradePrevention) -> &'static str {
    match prevention {
        SelfTradePrevention::CancelTaker => "taker_at_cross",
        SelfTradePrevention::CancelMaker => "maker",
    }
}
