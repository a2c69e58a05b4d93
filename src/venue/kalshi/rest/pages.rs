//! Lists in pages, read to their end or not at all.

use std::collections::HashSet;

use serde::de::DeserializeOwned;

use super::{RestError, with_query};
use crate::venue::kalshi::limits::Operation;
use crate::venue::kalshi::wire;

/// More pages than any account or catalogue has.
const PAGES_MAX: usize = 2_000;

/// One page: its items and where the next one starts.
pub(super) trait Page: DeserializeOwned {
    type Item: Send;
    fn split(self) -> (Vec<Self::Item>, Option<String>);
}

macro_rules! page {
    ($page:ident, $items:ident, $item:ident) => {
        impl Page for wire::$page {
            type Item = wire::$item;
            fn split(self) -> (Vec<Self::Item>, Option<String>) {
                (self.$items, self.cursor)
            }
        }
    };
}

page!(OrderPage, orders, Order);
page!(FillPage, fills, Fill);
page!(PositionPage, market_positions, MarketPosition);
page!(SettlementPage, settlements, Settlement);
page!(MarketPage, markets, Market);
page!(EventPage, events, Event);
page!(TradePage, trades, Trade);

/// A read of the venue that must succeed and parse. The client can do it, and so can a venue that lives
/// in memory.
pub trait Get: Sync {
    /// One read.
    ///
    /// # Errors
    /// [`RestError`], after whatever repetition the implementation has.
    fn get<T: DeserializeOwned + Send>(
        &self,
        operation: Operation,
        path: &str,
    ) -> impl Future<Output = Result<T, RestError>> + Send;
}

/// Every item of a list. A page that fails, or a cursor that comes twice (the venue answers an unknown
/// cursor with the first page), makes the whole list an error: half a report of an account is worse than
/// none.
pub(super) async fn all_pages<P: Page + Send>(
    api: &impl Get,
    path: &str,
    pairs: &[(&str, Option<&str>)],
) -> Result<Vec<P::Item>, RestError> {
    let incomplete = |cause| RestError::Incomplete { path: path.to_owned(), cause };
    let mut items = Vec::new();
    let mut cursors = HashSet::new();
    let mut cursor: Option<String> = None;
    for _ in 0..PAGES_MAX {
        let mut query = pairs.to_vec();
        query.push(("cursor", cursor.as_deref()));
        let page: P = api.get(Operation::Read, &with_query(path, &query)).await?;
        let (more, next) = page.split();
        items.extend(more);
        let Some(next) = next.filter(|next| !next.is_empty()) else {
            return Ok(items);
        };
        if !cursors.insert(next.clone()) {
            return Err(incomplete("the list's cursor came twice: its end cannot be reached"));
        }
        cursor = Some(next);
    }
    Err(incomplete("the list does not end"))
}
