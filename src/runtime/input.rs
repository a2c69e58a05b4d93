//! Everything that reaches the running loop, through one bounded queue.

use statecraft_domain::{Event, Signal};

use super::discovery::Discovered;
use super::disk::Look;
use super::feeds::Told;
use super::hot_config::Edited;
use super::watch::Watched;
use crate::skill::Finding;
use crate::trading::reconcile::AccountState;
use crate::venue::kalshi::rest::RestError;
use crate::venue::kalshi::stream::StreamItem;

/// One thing to take in.
#[derive(Debug)]
pub enum Input {
    /// From the venue's websocket.
    Stream(StreamItem),
    /// What became of an order or a cancel.
    Outcome(Event),
    /// From a signal source.
    Signal(Box<Signal>),
    /// From the skill ledger.
    Skill(Finding),
    /// A signal source answered.
    Seen(Event),
    /// Markets of the strategies' series, as the venue lists them now.
    Listed(Vec<Discovered>),
    /// An answer about markets that are followed.
    Told(Told),
    /// Strategy files were edited.
    Edited(Box<Edited>),
    /// An answer to one of the loop's own looks around.
    Watched(Watched),
    /// How much room the disk has.
    Disk(Look),
    /// The account, or why it could not be fetched.
    Account(Box<Result<AccountState, RestError>>),
}
