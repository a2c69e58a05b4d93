//! [`Exchange`]: a whole venue. Every change it makes is appended to a list of [`Report`]s in the
//! order in which it happened; a simulated venue turns those into frames and responses.
//!
//! | file | idea |
//! |---|---|
//! | `types` | what goes in and what comes out |
//! | `member` | an account of the venue, its claims and its order names |
//! | `market` | one market: public book and the queue behind each side |
//! | `admission` | may this order be accepted at all |
//! | `placing` | placing, cancelling, amending |
//! | `matching` | meeting resting orders |
//! | `booking` | how a trade and a resting order change records, money and book |
//! | `lifecycle` | expiry, pause, close, settlement |
//! | `query` | reading |

mod admission;
mod booking;
mod lifecycle;
mod market;
mod matching;
mod member;
mod placing;
mod query;
mod types;

use std::collections::BTreeSet;

use statecraft_domain::{Listing, MarketId, RejectReason, Timestamp, Usd};

pub use types::{
    Acceptance, AccountId, Amendment, FillRecord, NewOrder, OrderEnd, OrderKey, OrderRecord,
    Reject, Report, TradeKey,
};

use crate::account::Account;
use crate::collateral::Place;
use market::Market;
use member::Member;

/// A venue.
#[derive(Debug, Default)]
pub struct Exchange {
    markets: Vec<Market>,
    members: Vec<Member>,
    orders: Vec<Entry>,
    fills: Vec<FillRecord>,
    /// Trades so far; the next one has this plus one as its key.
    trades: u64,
    /// Times an order joined a queue so far: later joins stand further back.
    joins: u64,
    /// Live orders that end by themselves.
    expiries: BTreeSet<(Timestamp, OrderKey)>,
    /// Trading is paused on the whole exchange.
    paused: bool,
    till: Till,
}

/// The venue's own money. At any time `cash of all accounts + collateral of all markets + fees`
/// equals `deposits + void_paid`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Till {
    /// Paid in by accounts less taken out.
    pub deposits: Usd,
    /// Net fees taken.
    pub fees: Usd,
    /// Signed: what voided markets paid out beyond the collateral in them. A void returns what each
    /// position cost, and those costs need not add up to the dollar a pair.
    pub void_paid: Usd,
}

/// An order and what only the venue knows about it.
#[derive(Debug)]
struct Entry {
    record: OrderRecord,
    /// Rounding not paid back yet (fees).
    accumulator: Usd,
    /// Where it stands in its queue, if it rests.
    place: Option<Place>,
}

impl Exchange {
    /// A venue without markets or accounts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens an account with cash.
    pub fn open_account(&mut self, cash: Usd) -> AccountId {
        let id = AccountId(u32::try_from(self.members.len()).unwrap_or(u32::MAX));
        self.members.push(Member::new(Account::with_cash(cash)));
        self.till.deposits += cash;
        id
    }

    /// Adds money (positive) or takes it (negative, no further than free cash).
    ///
    /// # Errors
    /// [`Reject`] if more would be taken than is free.
    pub fn deposit(&mut self, account: AccountId, amount: Usd) -> Result<(), Reject> {
        let member = self.member_mut(account)?;
        if amount.is_negative() && (member.account.free() + amount).is_negative() {
            let detail = format!("only {} is free", member.account.free());
            return Err(Reject { reason: RejectReason::InsufficientBalance, detail });
        }
        member.account.cash += amount;
        self.till.deposits += amount;
        Ok(())
    }

    /// Lists a market; ids are dense from zero in order of listing.
    pub fn list(&mut self, listing: Listing) -> MarketId {
        let id = MarketId(u32::try_from(self.markets.len()).unwrap_or(u32::MAX));
        self.markets.push(Market::new(listing));
        id
    }

    fn member_mut(&mut self, account: AccountId) -> Result<&mut Member, Reject> {
        let unknown = || Reject::new(RejectReason::NotAuthorized, "unknown account");
        self.members.get_mut(account.0 as usize).ok_or_else(unknown)
    }

    fn entry(&self, order: OrderKey) -> Option<&Entry> {
        self.orders.get(index_of(order)?)
    }

    fn entry_mut(&mut self, order: OrderKey) -> Option<&mut Entry> {
        self.orders.get_mut(index_of(order)?)
    }

    fn next_order(&self) -> OrderKey {
        OrderKey(self.orders.len() as u64 + 1)
    }
}

/// Keys count from one, the table from zero.
fn index_of(order: OrderKey) -> Option<usize> {
    usize::try_from(order.0).ok()?.checked_sub(1)
}
