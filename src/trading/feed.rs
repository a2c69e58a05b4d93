//! What the stream's news beside its events ask for.

use crate::venue::kalshi::stream::{Notice, StreamItem};

/// What to do about an item, besides feeding its events to the engine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reaction {
    /// Orders wait until the account has been compared: the private stream was interrupted (I15).
    pub hold: bool,
    /// Compare the account as soon as possible.
    pub hurry: bool,
    /// Ask how this market ended.
    pub result_of: Option<String>,
    /// A market was announced.
    pub created: Option<String>,
}

/// Private channels have no sequence numbers: what was missed is read by REST.
#[must_use]
pub fn reaction(item: &StreamItem) -> Reaction {
    match item {
        StreamItem::Connected { .. } => Reaction { hold: true, hurry: true, ..Reaction::default() },
        StreamItem::Disconnected { .. } => Reaction { hold: true, ..Reaction::default() },
        StreamItem::Notice(notice) => noticed(notice),
        StreamItem::Events(_) | StreamItem::Raw { .. } => Reaction::default(),
    }
}

fn noticed(notice: &Notice) -> Reaction {
    let hurry = Reaction { hurry: true, ..Reaction::default() };
    match notice {
        Notice::AccountInDoubt { .. } | Notice::Foreign { .. } => hurry,
        Notice::ResultNeeded { ticker } => Reaction { result_of: Some(ticker.clone()), ..hurry },
        Notice::MarketCreated { ticker } => {
            Reaction { created: Some(ticker.clone()), ..Reaction::default() }
        }
        Notice::Gap { .. }
        | Notice::NoBook { .. }
        | Notice::FeesChanged { .. }
        | Notice::Unreadable { .. }
        | Notice::Refused { .. }
        | Notice::Position { .. } => Reaction::default(),
    }
}
