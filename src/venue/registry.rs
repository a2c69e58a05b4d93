//! [`MarketRegistry`]: which [`MarketId`] a venue's ticker has in this run.

use std::collections::HashMap;

use statecraft_domain::{MarketId, Venue};

/// Gives every (venue, ticker) a dense id, in order of first mention. Whoever makes an id also sends
/// the `MarketListed` event that explains it before any other event that uses it.
#[derive(Debug, Clone, Default)]
pub struct MarketRegistry {
    ids: HashMap<(Venue, String), MarketId>,
    names: Vec<(Venue, String)>,
}

impl MarketRegistry {
    /// Knows nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The id, if the market was mentioned before.
    #[must_use]
    pub fn get(&self, venue: Venue, ticker: &str) -> Option<MarketId> {
        // The map is keyed by owned strings; one small allocation off the hot path (frames cache ids).
        self.ids.get(&(venue, ticker.to_owned())).copied()
    }

    /// The id, and whether it is new.
    pub fn intern(&mut self, venue: Venue, ticker: &str) -> (MarketId, bool) {
        if let Some(id) = self.get(venue, ticker) {
            return (id, false);
        }
        let id = MarketId(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        self.ids.insert((venue, ticker.to_owned()), id);
        self.names.push((venue, ticker.to_owned()));
        (id, true)
    }

    /// The venue's name of a market.
    #[must_use]
    pub fn ticker(&self, market: MarketId) -> Option<&str> {
        self.names.get(market.index()).map(|(_, ticker)| ticker.as_str())
    }

    /// How many markets have an id.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// No market yet?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}
