//! The markets this mapper has met, and whose book each of them is in.

use std::collections::HashMap;

use statecraft_domain::event::{LossCause, MarketListed};
use statecraft_domain::{
    Event, FeeSchedule, Listing, MarketId, MarketStatus, Price, Quantity, Settlement, TickGrid,
    Timestamp, Venue,
};

use super::grid::SeenPrices;
use super::{FrameError, lost};

/// The venue allows 500,000 market subscriptions a session; a bot that needs more than this many has
/// subscribed to the whole exchange by mistake.
const MARKETS_MAX: usize = 100_000;
/// Smallest size step of the venue.
const LOT: Quantity = Quantity::from_e6(10_000);

/// A market's place in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot(usize);

/// What is known of one market.
#[derive(Debug)]
pub(super) struct Market {
    pub(super) ticker: String,
    pub(super) id: MarketId,
    /// `None`: named elsewhere, and whoever did so listed it.
    pub(super) listing: Option<Listing>,
    /// The prices seen, while the listing's grid is our guess.
    seen: Option<SeenPrices>,
    /// The subscription whose snapshot and unbroken deltas make up the book.
    pub(super) book: Option<u64>,
    /// The announced result, until something is paid.
    pub(super) result: Option<Settlement>,
}

/// See the module. Losses are reported in slot order, so that the same frames give the same events.
#[derive(Debug, Default)]
pub(super) struct MarketTable {
    markets: Vec<Market>,
    slots: HashMap<String, Slot>,
    /// Listings given for ids whose ticker has not been met: by ticker.
    last: Option<Slot>,
}

impl MarketTable {
    pub(super) fn get(&self, slot: Slot) -> &Market {
        &self.markets[slot.0]
    }

    pub(super) fn get_mut(&mut self, slot: Slot) -> &mut Market {
        &mut self.markets[slot.0]
    }

    /// The market's slot, if it was met.
    pub(super) fn find(&self, ticker: &str) -> Option<Slot> {
        // Frames come in runs of one market; with one market there is nothing to look up at all.
        match self.last {
            Some(slot) if self.get(slot).ticker == ticker => Some(slot),
            _ => self.slots.get(ticker).copied(),
        }
    }

    /// A listing from elsewhere.
    pub(super) fn know(&mut self, id: MarketId, listing: Listing) {
        if let Some(slot) = self.find(&listing.ticker) {
            let market = self.get_mut(slot);
            market.seen = None;
            market.listing = Some(listing);
            return;
        }
        let ticker = listing.ticker.clone();
        self.insert(Market {
            ticker,
            id,
            listing: Some(listing),
            seen: None,
            book: None,
            result: None,
        });
    }

    fn insert(&mut self, market: Market) -> Slot {
        let slot = Slot(self.markets.len());
        self.slots.insert(market.ticker.clone(), slot);
        self.markets.push(market);
        self.last = Some(slot);
        slot
    }

    /// A market met for the first time: listed by default if its name is new to the run.
    #[expect(clippy::too_many_arguments, reason = "one caller; a struct would only rename them")]
    pub(super) fn add(
        &mut self,
        ticker: &str,
        id: MarketId,
        is_new: bool,
        fees: &FeeSchedule,
        prices: impl Iterator<Item = Price>,
        at: Timestamp,
        out: &mut Vec<Event>,
    ) -> Result<Slot, FrameError> {
        if self.markets.len() >= MARKETS_MAX {
            return Err(FrameError::TooManyMarkets(MARKETS_MAX));
        }
        let seen = prices.fold(SeenPrices::NONE, SeenPrices::with);
        let listing = is_new.then(|| default_listing(ticker, seen.grid(), fees.clone()));
        if let Some(listing) = &listing {
            out.push(listed(id, listing, at));
        }
        let seen = is_new.then_some(seen);
        let ticker = ticker.to_owned();
        Ok(self.insert(Market { ticker, id, listing, seen, book: None, result: None }))
    }

    /// Takes note of prices; lists the market again if its guessed grid is too coarse for them.
    pub(super) fn observe(
        &mut self,
        slot: Slot,
        prices: impl IntoIterator<Item = Price>,
        at: Timestamp,
        out: &mut Vec<Event>,
    ) {
        self.last = Some(slot);
        let market = self.get_mut(slot);
        let Some(before) = market.seen else { return };
        let seen = prices.into_iter().fold(before, SeenPrices::with);
        market.seen = Some(seen);
        if seen.coarsest() != before.coarsest() {
            let id = market.id;
            if let Some(listing) = &mut market.listing {
                listing.grid = seen.grid();
                out.push(listed(id, listing, at));
            }
        }
    }

    /// Changes a listing from the venue's own word and sends it again.
    pub(super) fn relist(
        &mut self,
        slot: Slot,
        at: Timestamp,
        out: &mut Vec<Event>,
        change: impl FnOnce(&mut Listing),
    ) {
        let market = self.get_mut(slot);
        let id = market.id;
        if let Some(listing) = &mut market.listing {
            change(listing);
            out.push(listed(id, listing, at));
        }
    }

    /// The venue stated the grid: no more guessing.
    pub(super) fn grid_is_known(&mut self, slot: Slot) {
        self.get_mut(slot).seen = None;
    }

    pub(super) fn lose_all(&mut self, cause: LossCause, at: Timestamp, out: &mut Vec<Event>) {
        self.lose_where(cause, at, out, |_| true);
    }

    pub(super) fn lose_of(
        &mut self,
        sid: u64,
        cause: LossCause,
        at: Timestamp,
        out: &mut Vec<Event>,
    ) {
        self.lose_where(cause, at, out, |market| market.book == Some(sid));
    }

    pub(super) fn lose_one(
        &mut self,
        slot: Slot,
        cause: LossCause,
        at: Timestamp,
        out: &mut Vec<Event>,
    ) {
        let market = self.get_mut(slot);
        if market.book.take().is_some() {
            out.push(lost(market.id, cause, at));
        }
    }

    /// Loses the books that exist and are chosen.
    pub(super) fn lose_where(
        &mut self,
        cause: LossCause,
        at: Timestamp,
        out: &mut Vec<Event>,
        chosen: impl Fn(&Market) -> bool,
    ) {
        for market in &mut self.markets {
            if market.book.is_some() && chosen(market) {
                market.book = None;
                out.push(lost(market.id, cause, at));
            }
        }
    }
}

fn listed(market: MarketId, listing: &Listing, at: Timestamp) -> Event {
    Event::MarketListed(Box::new(MarketListed { at, market, listing: listing.clone() }))
}

/// What can be said of a market from its ticker: `SERIES-EVENT-MARKET`.
pub(super) fn default_listing(ticker: &str, grid: TickGrid, fees: FeeSchedule) -> Listing {
    Listing {
        venue: Venue::Kalshi,
        ticker: ticker.to_owned(),
        event: ticker.rsplit_once('-').map_or(ticker, |(event, _)| event).to_owned(),
        series: ticker.split('-').next().unwrap_or(ticker).to_owned(),
        title: ticker.to_owned(),
        grid,
        lot: LOT,
        close: None,
        fees,
        status: MarketStatus::Active,
    }
}
