//! [`change`]: the journal goes on under another key of the same account (`journal new-key`).
//!
//! The venue names no account without an order, so a journal knows its account by the id of a key. A key can
//! be lost or revoked, and what the journal knows (a kill, losses, pauses, whose positions these are) must not
//! be lost with it. Nor may it be taken over to another account: the venue has to show an order or a fill of
//! this journal under the new key, unless there has never been one.

use std::collections::BTreeSet;

use serde::Serialize;
use statecraft_domain::{ClientOrderId, Event, Venue, VenueOrderId};

use super::access::{Access, venue};
use super::account_lock::AccountLock;
use super::clock::wall_now;
use super::error::RunError;
use super::state_dir::{StateDir, journal_dir};
use crate::config::{Endpoint, Settings};
use crate::journal::{FILE_NAME, Identity, Journal, JournalError, KeyChanged, Record, inspect};
use crate::venue::kalshi::rest::{KalshiRest, RestError};

/// So many of the newest orders, and of those that were filled, are asked for.
const ASKED: usize = 20;

/// A change of key, as it was journaled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// The key's id before.
    pub from: String,
    /// The key's id from now on.
    pub to: String,
    /// What showed that it is the same account.
    pub proof: String,
}

/// Lets the journal go on under the key of the settings. `None`: it is of that key already.
///
/// # Errors
/// [`RunError::UnprovenKey`] if the venue shows nothing of this journal under it; other [`RunError`]s if a bot
/// runs, there is no journal, or the venue cannot be asked. Nothing is changed then.
pub async fn change(settings: &Settings) -> Result<Option<Changed>, RunError> {
    let endpoint = &settings.kalshi.endpoint;
    let dir = journal_dir(&settings.state_dir, endpoint);
    let to = settings.kalshi.key_id.clone().ok_or(RunError::NoKey("key_id"))?;
    if *endpoint == Endpoint::Embedded || !dir.join(FILE_NAME).exists() {
        return Err(JournalError::Missing { path: dir.join(FILE_NAME) }.into());
    }
    let _state_dir = StateDir::lock(&settings.state_dir)?;
    let _account = AccountLock::take(settings).await?;
    let ours = Identity { venue: Venue::Kalshi, endpoint: endpoint.to_string(), account: to };
    let theirs = Identity { account: inspect::account_at(&dir, &ours)?, ..ours.clone() };
    if theirs == ours {
        return Ok(None);
    }
    let (rest, is_loopback) = Access::direct(settings)?;
    let opened = Journal::open(&dir, &theirs, &[], |_| {})?;
    let (from, to) = (theirs.account, ours.account);
    let records = &opened.recovery.records;
    let proof = match proof(&rest, &Sent::of(records)).await? {
        Ok(proof) => proof,
        Err(looked) => return Err(RunError::UnprovenKey { from, to, looked }),
    };
    let last = records.last().map(Record::at);
    // A simulated venue has a time of its own, which nobody has asked for here.
    let at = last.filter(|last| is_loopback || *last > wall_now()).unwrap_or_else(wall_now);
    let changed = Changed { from, to, proof };
    let Changed { from, to, proof } = changed.clone();
    let record = Record::KeyChanged(KeyChanged { at, from, to, proof });
    opened.journal.append(record).map_err(JournalError::Closed)?;
    opened.journal.close()?;
    Ok(Some(changed))
}

/// What the journal knows of the orders that it sent.
#[derive(Debug, Default)]
struct Sent {
    /// Those that the venue has named, oldest first.
    named: Vec<(ClientOrderId, VenueOrderId)>,
    /// Those of them that were filled.
    filled: BTreeSet<ClientOrderId>,
    /// Those of which nothing was ever heard, or not their end.
    open: BTreeSet<ClientOrderId>,
}

impl Sent {
    fn of(records: &[Record]) -> Self {
        let mut sent = Self::default();
        for record in records {
            match record {
                Record::Intent(order) => {
                    sent.open.insert(order.get().id);
                }
                Record::Event(Event::OrderAccepted(accepted)) => {
                    sent.named.push((accepted.order, accepted.venue_order.clone()));
                }
                Record::Event(Event::OrderFilled(filled)) => {
                    sent.filled.insert(filled.fill.order);
                }
                Record::Event(Event::OrderRejected(rejected)) => {
                    sent.open.remove(&rejected.order);
                }
                Record::Event(Event::OrderClosed(closed)) => {
                    sent.open.remove(&closed.order);
                }
                _ => {}
            }
        }
        sent
    }

    /// Did no order of this journal ever come to the venue?
    fn is_nothing(&self) -> bool {
        self.named.is_empty() && self.filled.is_empty() && self.open.is_empty()
    }
}

/// What shows that the journal is of the account of this client, or what was asked for in vain.
async fn proof(rest: &KalshiRest, sent: &Sent) -> Result<Result<String, String>, RunError> {
    if sent.is_nothing() {
        return Ok(Ok("no order of this journal ever came to the venue".to_owned()));
    }
    let unread = || venue("cannot read the account under the new key");
    // An account that cannot be read at all shows nothing either way.
    rest.balance(None).await.map_err(unread())?;
    let newest = sent.named.iter().rev().take(ASKED);
    for (order, name) in newest.clone() {
        match rest.get_order(name.as_str()).await {
            Ok(found) if found.client_order_id == order.to_string() => {
                return Ok(Ok(format!("the venue shows order {order} ({name})")));
            }
            Ok(_) | Err(RestError::Venue { status: 404, .. }) => {}
            Err(error) => return Err(unread()(error)),
        }
    }
    let filled = sent.named.iter().rev().filter(|(order, _)| sent.filled.contains(order));
    for (order, name) in filled.clone().take(ASKED) {
        let fills = rest.fills(Some(name.as_str()), None).await.map_err(unread())?;
        if fills.iter().any(|fill| fill.order_id == name.as_str()) {
            return Ok(Ok(format!("the venue shows a fill of order {order} ({name})")));
        }
    }
    let (orders, fills) = (newest.count(), filled.take(ASKED).count());
    Ok(Err(format!("{orders} orders and the fills of {fills} were asked for")))
}
