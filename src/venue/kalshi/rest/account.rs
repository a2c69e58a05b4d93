//! The account: cash, positions, fills, settlements.

use statecraft_domain::Timestamp;

use super::{KalshiRest, RestError, reads};
use crate::venue::kalshi::wire::{Balance, Fill, MarketPosition, Settlement};

impl KalshiRest {
    /// Cash. Of one subaccount (0 if absent), over all shards.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn balance(&self, subaccount: Option<u8>) -> Result<Balance, RestError> {
        reads::balance(self, subaccount).await
    }

    /// Every non-zero position of a subaccount (0 if absent).
    ///
    /// # Errors
    /// [`RestError`]; a failed page is no report at all.
    pub async fn positions(
        &self,
        subaccount: Option<u8>,
    ) -> Result<Vec<MarketPosition>, RestError> {
        reads::positions(self, subaccount).await
    }

    /// Every fill at or after `since`, of one order or of all, newest first.
    ///
    /// # Errors
    /// [`RestError`]; a failed page is no report at all.
    pub async fn fills(
        &self,
        venue_order: Option<&str>,
        since: Option<Timestamp>,
    ) -> Result<Vec<Fill>, RestError> {
        reads::fills(self, venue_order, since).await
    }

    /// Every settlement at or after `since`, newest first.
    ///
    /// # Errors
    /// [`RestError`]; a failed page is no report at all.
    pub async fn settlements(
        &self,
        since: Option<Timestamp>,
    ) -> Result<Vec<Settlement>, RestError> {
        reads::settlements(self, since).await
    }
}
