//! The account: cash, positions, fills, settlements.

use statecraft_domain::Timestamp;

use super::{KalshiRest, RestError, with_query};
use crate::venue::kalshi::limits::Operation;
use crate::venue::kalshi::wire::{
    Balance, Fill, FillPage, MarketPosition, PositionPage, Settlement, SettlementPage,
};

impl KalshiRest {
    /// Cash. Of one subaccount (0 if absent), over all shards.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn balance(&self, subaccount: Option<u8>) -> Result<Balance, RestError> {
        let subaccount = subaccount.map(|number| number.to_string());
        let path = with_query("/portfolio/balance", &[("subaccount", subaccount.as_deref())]);
        self.get(Operation::Read, &path).await
    }

    /// Every non-zero position of a subaccount (0 if absent).
    ///
    /// # Errors
    /// [`RestError`]; a failed page is no report at all.
    pub async fn positions(
        &self,
        subaccount: Option<u8>,
    ) -> Result<Vec<MarketPosition>, RestError> {
        let subaccount = subaccount.map(|number| number.to_string());
        let pairs = [
            ("count_filter", Some("position")),
            ("subaccount", subaccount.as_deref()),
            ("limit", Some("1000")),
        ];
        self.all_pages::<PositionPage>("/portfolio/positions", &pairs).await
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
        let since = since.map(|since| since.secs().to_string());
        let pairs =
            [("order_id", venue_order), ("min_ts", since.as_deref()), ("limit", Some("1000"))];
        self.all_pages::<FillPage>("/portfolio/fills", &pairs).await
    }

    /// Every settlement at or after `since`, newest first.
    ///
    /// # Errors
    /// [`RestError`]; a failed page is no report at all.
    pub async fn settlements(
        &self,
        since: Option<Timestamp>,
    ) -> Result<Vec<Settlement>, RestError> {
        let since = since.map(|since| since.secs().to_string());
        let pairs = [("min_ts", since.as_deref()), ("limit", Some("1000"))];
        self.all_pages::<SettlementPage>("/portfolio/settlements", &pairs).await
    }
}
