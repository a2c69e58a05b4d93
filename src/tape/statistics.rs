//! What is inside a tape: counts, markets, span, and how well its books can be trusted.

use std::collections::BTreeMap;

use statecraft_domain::event::{Level, LossCause, Quoted};
use statecraft_domain::{Book, Event, MarketId, Nanos, Timestamp};

use super::codec;

/// Trust in the books over time: how long each was untrusted, and why it was lost.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    markets: Vec<MarketTrust>,
}

/// Trust in one market's book.
#[derive(Debug, Clone, Copy, Default)]
pub struct MarketTrust {
    /// Since when it has been untrusted and why, if it is now.
    lost: Option<(Timestamp, LossCause)>,
    /// Did a snapshot ever come?
    ever_trusted: bool,
    /// Times the book was lost for another reason than the end of a recording.
    pub losses: u64,
    /// Of these, skipped sequence numbers.
    pub sequence_gaps: u64,
    /// How long the book was untrusted in all, between a loss and the next snapshot.
    pub untrusted: Nanos,
}

impl Trust {
    /// Takes in an event; only losses and snapshots matter.
    pub fn observe(&mut self, event: &Event) {
        match event {
            Event::BookLost(lost) => self.lost(lost.market, lost.at, lost.cause),
            Event::BookSnapshot(snapshot) => {
                let market = self.market_mut(snapshot.market);
                market.ever_trusted = true;
                market.found(snapshot.at);
            }
            _ => {}
        }
    }

    fn lost(&mut self, market: MarketId, at: Timestamp, cause: LossCause) {
        // The end of a recording: the time until the next one is nobody's fault.
        if cause == LossCause::SubscriptionEnded {
            return self.session_ended(market, at);
        }
        let market = self.market_mut(market);
        market.losses += 1;
        market.sequence_gaps += u64::from(cause == LossCause::SequenceGap);
        if market.ever_trusted && market.lost.is_none() {
            market.lost = Some((at, cause));
        }
    }

    /// A recording of this market ended, or its market did. A connection that was never renewed is
    /// nobody's fault: the recorder had turned to another market.
    pub fn session_ended(&mut self, market: MarketId, at: Timestamp) {
        let market = self.market_mut(market);
        market.lost = market.lost.filter(|(_, cause)| *cause != LossCause::Disconnected);
        market.found(at);
    }

    /// The recording ended: whatever is untrusted now stayed so until here.
    pub fn ended(&mut self, at: Timestamp) {
        for index in 0..self.markets.len() {
            self.session_ended(MarketId(u32::try_from(index).unwrap_or(u32::MAX)), at);
        }
    }

    /// The market with this id.
    #[must_use]
    pub fn market(&self, market: MarketId) -> MarketTrust {
        self.markets.get(market.index()).copied().unwrap_or_default()
    }

    /// All markets together, in seconds.
    #[must_use]
    pub fn untrusted_seconds(&self) -> f64 {
        self.markets.iter().map(|market| market.untrusted.secs_f64()).sum()
    }

    fn market_mut(&mut self, market: MarketId) -> &mut MarketTrust {
        if market.index() >= self.markets.len() {
            self.markets.resize(market.index() + 1, MarketTrust::default());
        }
        &mut self.markets[market.index()]
    }
}

impl MarketTrust {
    fn found(&mut self, at: Timestamp) {
        if let Some((since, _)) = self.lost.take() {
            self.untrusted = Nanos::new(self.untrusted.get().saturating_add((at - since).get()));
        }
    }
}

/// Rebuilt best prices against the venue's own statement of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct TickerCheck {
    /// Quotes with both sides, met with a trusted book.
    pub checks: u64,
    /// Of these, equal to the book.
    pub matches: u64,
    /// Of these, met with a crossed book.
    pub crossed: u64,
}

impl TickerCheck {
    /// Compares one quote with the book at that moment. A quote without a side is no statement.
    pub fn check(&mut self, quoted: &Quoted, bid: Option<Level>, ask: Option<Level>) {
        if !quoted.bid.is_inside() || !quoted.ask.is_inside() {
            return;
        }
        self.checks += 1;
        let (bid, ask) = (bid.map(|level| level.price), ask.map(|level| level.price));
        self.matches += u64::from(bid == Some(quoted.bid) && ask == Some(quoted.ask));
        self.crossed += u64::from(bid.zip(ask).is_some_and(|(bid, ask)| bid >= ask));
    }
}

/// Counts of one tape, gathered event by event.
#[derive(Debug, Default)]
pub struct Statistics {
    /// Events by kind.
    pub kinds: BTreeMap<&'static str, u64>,
    /// Tickers in order of listing.
    pub tickers: Vec<String>,
    /// Events by market.
    pub by_market: Vec<u64>,
    /// First and last event.
    pub span: Option<(Timestamp, Timestamp)>,
    /// Trust in the books.
    pub trust: Trust,
    /// Rebuilt books against quotes.
    pub ticker: TickerCheck,
    books: Vec<Option<Book>>,
}

impl Statistics {
    /// Counts one event.
    pub fn observe(&mut self, event: &Event) {
        *self.kinds.entry(codec::kind(event)).or_default() += 1;
        let at = event.at();
        self.span = Some(self.span.map_or((at, at), |(first, _)| (first, at)));
        if let Some(market) = codec::market_of(event)
            && market.index() < 10_000_000
        {
            let index = market.index();
            if index >= self.by_market.len() {
                self.by_market.resize(index + 1, 0);
                self.tickers.resize(index + 1, String::new());
                self.books.resize(index + 1, None);
            }
            self.by_market[index] += 1;
            self.rebuild(index, event);
        }
        self.trust.observe(event);
    }

    fn rebuild(&mut self, index: usize, event: &Event) {
        let slot = &mut self.books[index];
        match event {
            Event::MarketListed(listed) => self.tickers[index].clone_from(&listed.listing.ticker),
            Event::BookSnapshot(snapshot) => {
                let mut book = slot.take().unwrap_or_default();
                *slot = book.replace(&snapshot.bids, &snapshot.asks).is_ok().then_some(book);
            }
            Event::BookChanged(e) => {
                slot.take_if(|book| book.apply(e.side, e.price, e.change).is_err());
            }
            Event::BookLost(_) => *slot = None,
            Event::Quoted(quoted) => {
                if let Some(book) = slot {
                    self.ticker.check(quoted, book.best_bid(), book.best_ask());
                }
            }
            _ => {}
        }
    }

    /// There are no more events.
    pub fn finish(&mut self) {
        if let Some((_, end)) = self.span {
            self.trust.ended(end);
        }
    }

    /// All events.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.kinds.values().sum()
    }
}
