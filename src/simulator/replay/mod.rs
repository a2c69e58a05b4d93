//! [`ReplayBackend`]: a recording as a venue. What was recorded is served at its own pace (times the
//! clock's speed), and the orders of the API user meet it through
//! [`statecraft_exchange::replay::ReplayVenue`].
//!
//! The public book is the recorded one: the user's own orders are not in it, and nobody reacts to
//! them. An amended order goes to the back of the queue, also where only its size fell.

mod orders;
mod tape;

use statecraft_domain::event::{Level, LevelChange};
use statecraft_domain::{
    Book, Event, Listing, MarketId, MarketStatus, Quantity, Settlement, Side, Signal, Timestamp,
    Usd,
};
use statecraft_exchange::replay::{ReplayRules, ReplayVenue};
use statecraft_exchange::venue::{
    Acceptance, Amendment, FillRecord, OrderRecord, Reject, TradeKey,
};
use statecraft_exchange::{Account, AccountId, NewOrder, OrderKey, Report};

use super::backend::{Backend, MarketFacts};
use orders::Orders;
pub use tape::play;

/// The only account.
const USER: AccountId = AccountId(0);

/// One recorded market.
#[derive(Debug)]
struct Market {
    listing: Listing,
    book: Book,
    settlement: Option<Settlement>,
}

/// Events in order of time.
pub type EventStream = Box<dyn Iterator<Item = Event> + Send>;

/// See the module.
pub struct ReplayBackend {
    events: std::iter::Peekable<EventStream>,
    venue: ReplayVenue,
    markets: Vec<Market>,
    orders: Orders,
    signals: Vec<Signal>,
    trades: u64,
    now: Timestamp,
    ended: bool,
}

impl ReplayBackend {
    /// A recording whose API user starts with this cash. It begins at the first event; markets listed
    /// at the very start are known at once.
    #[must_use]
    pub fn new(events: EventStream, cash: Usd) -> Self {
        let mut backend = Self {
            events: events.peekable(),
            venue: ReplayVenue::new(ReplayRules { cash, own_impact: true }),
            markets: Vec::new(),
            orders: Orders::default(),
            signals: Vec::new(),
            trades: 0,
            now: Timestamp::EPOCH,
            ended: false,
        };
        if let Some(first) = backend.events.peek().map(Event::at) {
            backend.advance(first, &mut Vec::new());
        }
        backend
    }

    fn market_mut(&mut self, market: MarketId) -> Option<&mut Market> {
        self.markets.get_mut(market.index())
    }

    /// One recorded event: first the public side of it, then what it does to the user's orders.
    fn play(&mut self, event: &Event, out: &mut Vec<Report>) {
        let cash_before = self.venue.account().cash;
        let mut private = Vec::new();
        self.venue.observe(event, &mut private);
        self.show(event, out);
        self.orders.follow(&private, out);
        if let Event::MarketSettled(settled) = event {
            let (at, market) = (settled.at, settled.market);
            let payout = self.venue.account().cash - cash_before;
            if let Some(quantity) = self.orders.take_position(market) {
                out.push(Report::Paid { at, account: USER, market, quantity, payout });
            }
        }
    }

    fn show(&mut self, event: &Event, out: &mut Vec<Report>) {
        match event {
            Event::MarketListed(listed) => self.list(listed.market, listed.listing.clone()),
            Event::MarketStatusChanged(changed) => {
                let (at, market, status) = (changed.at, changed.market, changed.status);
                if let Some(held) = self.market_mut(market) {
                    held.listing.close = changed.close.or(held.listing.close);
                }
                self.set_status(at, market, status, out);
            }
            Event::MarketSettled(settled) => {
                let (at, market, settlement) = (settled.at, settled.market, settled.settlement);
                self.set_status(at, market, MarketStatus::Closed, out);
                if let Some(held) = self.market_mut(market) {
                    held.settlement = Some(settlement);
                    out.push(Report::Settled { at, market, settlement });
                }
            }
            Event::BookSnapshot(snapshot) => {
                if let Some(held) = self.markets.get_mut(snapshot.market.index()) {
                    let both = [(Side::Bid, &snapshot.bids), (Side::Ask, &snapshot.asks)];
                    for (side, levels) in both {
                        replace(held, (snapshot.at, snapshot.market, side), levels, out);
                    }
                }
            }
            Event::BookChanged(changed) => {
                if let Some(held) = self.markets.get_mut(changed.market.index()) {
                    let place = (changed.at, changed.market, changed.side);
                    apply(held, place, changed.price, changed.change, out);
                }
            }
            Event::Traded(traded) => {
                self.trades += 1;
                out.push(Report::Traded {
                    at: traded.at,
                    trade: TradeKey(self.trades),
                    market: traded.market,
                    taker: traded.taker,
                    price: traded.price,
                    quantity: traded.quantity,
                });
            }
            Event::SignalReceived(signal) => self.signals.push((**signal).clone()),
            // The recorder's own state: of no concern to whoever trades on the recording.
            Event::BookLost(_)
            | Event::Quoted(_)
            | Event::ClockTicked(_)
            | Event::SourceSeen(_)
            | Event::OrderSent(_)
            | Event::OrderAccepted(_)
            | Event::OrderRejected(_)
            | Event::OrderUnknown(_)
            | Event::OrderFilled(_)
            | Event::OrderClosed(_)
            | Event::CancelFailed(_)
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
            | Event::PositionsAccepted(_)
            | Event::CautionRaised(_)
            | Event::FlattenEnded(_) => {}
        }
    }

    fn list(&mut self, market: MarketId, listing: Listing) {
        let next = self.markets.len();
        match self.markets.get_mut(market.index()) {
            Some(held) => held.listing = listing,
            None if market.index() == next => {
                self.markets.push(Market { listing, book: Book::new(), settlement: None });
            }
            // Ids are dense in every recording; one that is not cannot be served.
            None => tracing::warn!(market = market.0, "a market is listed out of order: skipped"),
        }
    }

    fn set_status(
        &mut self,
        at: Timestamp,
        market: MarketId,
        status: MarketStatus,
        out: &mut Vec<Report>,
    ) {
        if let Some(held) = self.market_mut(market)
            && held.listing.status != status
        {
            held.listing.status = status;
            out.push(Report::StatusChanged { at, market, status });
        }
    }
}

/// Changes one level of the public book and reports by how much.
fn apply(
    held: &mut Market,
    (at, market, side): (Timestamp, MarketId, Side),
    price: statecraft_domain::Price,
    change: LevelChange,
    out: &mut Vec<Report>,
) {
    let before = held.book.quantity_at(side, price);
    // A recorded change that leaves less than nothing is a gap of the recording: the level is left
    // as it is until the next snapshot.
    if let Ok(after) = held.book.apply(side, price, change)
        && after != before
    {
        let by = after - before;
        out.push(Report::LevelChanged { at, market, side, price, by, order: None });
    }
}

/// Replaces one side of the public book, reported level by level.
fn replace(
    held: &mut Market,
    place: (Timestamp, MarketId, Side),
    levels: &[Level],
    out: &mut Vec<Report>,
) {
    let gone: Vec<Level> = held
        .book
        .levels(place.2)
        .filter(|level| !levels.iter().any(|fresh| fresh.price == level.price))
        .collect();
    for level in gone {
        apply(held, place, level.price, LevelChange::To(Quantity::ZERO), out);
    }
    for level in levels {
        apply(held, place, level.price, LevelChange::To(level.quantity), out);
    }
}

impl Backend for ReplayBackend {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn end(&self) -> Option<Timestamp> {
        self.ended.then_some(self.now)
    }

    fn advance(&mut self, to: Timestamp, out: &mut Vec<Report>) {
        let mut private = Vec::new();
        while let Some(event) = self.events.next_if(|event| event.at() <= to) {
            self.venue.expire(event.at(), &mut private);
            self.orders.follow(&private, out);
            private.clear();
            self.play(&event, out);
        }
        self.venue.expire(to, &mut private);
        self.orders.follow(&private, out);
        self.now = self.now.max(to);
        self.ended = self.events.peek().is_none();
    }

    fn user(&self) -> AccountId {
        USER
    }

    fn listing(&self, market: MarketId) -> Option<&Listing> {
        self.markets.get(market.index()).map(|held| &held.listing)
    }

    fn book(&self, market: MarketId) -> Option<&Book> {
        self.markets.get(market.index()).map(|held| &held.book)
    }

    fn settlement(&self, market: MarketId) -> Option<Settlement> {
        self.markets.get(market.index())?.settlement
    }

    fn determined(&self, _market: MarketId) -> Option<(Timestamp, Settlement)> {
        None
    }

    fn facts(&self, _market: MarketId) -> Option<MarketFacts> {
        None
    }

    fn account(&self) -> Option<&Account> {
        Some(self.venue.account())
    }

    fn order(&self, order: OrderKey) -> Option<&OrderRecord> {
        self.orders.get(order)
    }

    fn orders(&self) -> Vec<&OrderRecord> {
        self.orders.records().iter().collect()
    }

    fn fills(&self) -> Vec<&FillRecord> {
        self.orders.fills().iter().collect()
    }

    fn queue_ahead(&self, _order: OrderKey) -> Option<Quantity> {
        None
    }

    fn place(
        &mut self,
        at: Timestamp,
        order: NewOrder,
        out: &mut Vec<Report>,
    ) -> Result<Acceptance, Reject> {
        self.orders.place(&mut self.venue, at, order, out)
    }

    fn cancel(
        &mut self,
        at: Timestamp,
        order: OrderKey,
        out: &mut Vec<Report>,
    ) -> Result<Quantity, Reject> {
        self.orders.cancel(&mut self.venue, at, order, out)
    }

    fn amend(
        &mut self,
        at: Timestamp,
        order: OrderKey,
        amendment: Amendment,
        out: &mut Vec<Report>,
    ) -> Result<Acceptance, Reject> {
        self.orders.amend(&mut self.venue, at, order, amendment, out)
    }

    fn decrease_to(
        &mut self,
        at: Timestamp,
        order: OrderKey,
        remaining: Quantity,
        out: &mut Vec<Report>,
    ) -> Result<Quantity, Reject> {
        self.orders.decrease_to(&mut self.venue, at, order, remaining, out)
    }

    fn is_trading(&self) -> bool {
        self.orders.is_trading()
    }

    fn set_trading(&mut self, _at: Timestamp, active: bool, _out: &mut Vec<Report>) {
        self.orders.set_trading(active);
    }

    fn signals(&self, after: Timestamp, until: Timestamp) -> Vec<Signal> {
        let first = self.signals.partition_point(|signal| signal.received <= after);
        let last = self.signals.partition_point(|signal| signal.received <= until);
        self.signals.get(first..last).unwrap_or_default().to_vec()
    }
}

#[cfg(test)]
mod tests;
