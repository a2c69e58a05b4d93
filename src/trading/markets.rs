//! [`Markets`]: the shared numbering of markets, for tasks that need a ticker.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use statecraft_domain::{MarketId, Venue};

use crate::venue::MarketRegistry;

/// The registry behind a lock that is held for a look-up only, never over an await.
#[derive(Debug, Clone, Default)]
pub struct Markets(Arc<Mutex<MarketRegistry>>);

impl Markets {
    /// Numbers the markets that earlier runs knew as they numbered them.
    #[must_use]
    pub fn with(known: &[(Venue, String)]) -> Self {
        let markets = Self::default();
        for (venue, ticker) in known {
            markets.lock().intern(*venue, ticker);
        }
        markets
    }

    /// The registry itself, for the stream that fills it.
    #[must_use]
    pub fn shared(&self) -> Arc<Mutex<MarketRegistry>> {
        Arc::clone(&self.0)
    }

    /// The venue's name of a market.
    #[must_use]
    pub fn ticker(&self, market: MarketId) -> Option<String> {
        self.lock().ticker(market).map(str::to_owned)
    }

    /// The id of a market, if it has one.
    #[must_use]
    pub fn get(&self, venue: Venue, ticker: &str) -> Option<MarketId> {
        self.lock().get(venue, ticker)
    }

    /// The id of a market, made if need be.
    #[must_use]
    pub fn intern(&self, venue: Venue, ticker: &str) -> MarketId {
        self.lock().intern(venue, ticker).0
    }

    fn lock(&self) -> MutexGuard<'_, MarketRegistry> {
        // A panic elsewhere ends the process; a look-up table has no half-done state to fear.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
