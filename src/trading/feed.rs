//! What the stream's news beside its events ask for.

use statecraft_domain::Settlement;

use super::listings::Doubt;
use crate::venue::kalshi::map::LIFECYCLE;
use crate::venue::kalshi::stream::{Notice, StreamItem};

/// What to do about an item, besides feeding its events to the engine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reaction {
    /// Orders wait until the account has been compared: the private stream was interrupted (I15).
    pub hold: bool,
    /// Compare the account as soon as possible.
    pub hurry: bool,
    /// Ask how this market ended, and what was announced of it.
    pub result_of: Option<(String, Option<Settlement>)>,
    /// Read these listings again.
    pub doubt: Option<Doubt>,
    /// A market was announced.
    pub created: Option<String>,
}

/// Private channels have no sequence numbers: what was missed is read by REST.
#[must_use]
pub fn reaction(item: &StreamItem) -> Reaction {
    match item {
        // What happened to markets before this connection was not heard.
        StreamItem::Connected { .. } => {
            Reaction { hold: true, hurry: true, doubt: Some(Doubt::All), ..Reaction::default() }
        }
        StreamItem::Disconnected { .. } => Reaction { hold: true, ..Reaction::default() },
        StreamItem::Notice(notice) => noticed(notice),
        StreamItem::Events(_) | StreamItem::Raw { .. } => Reaction::default(),
    }
}

fn doubt(doubt: Doubt) -> Reaction {
    Reaction { doubt: Some(doubt), ..Reaction::default() }
}

fn noticed(notice: &Notice) -> Reaction {
    let hurry = Reaction { hurry: true, ..Reaction::default() };
    match notice {
        Notice::AccountInDoubt { .. } | Notice::Foreign { .. } => hurry,
        Notice::ResultNeeded { ticker, announced } => {
            Reaction { result_of: Some((ticker.clone(), *announced)), ..hurry }
        }
        // A subscription whose channel is not known yet may be that of the markets' lives.
        Notice::Gap { channel, .. } if channel == LIFECYCLE || channel == "unknown" => {
            doubt(Doubt::All)
        }
        // A frame that could not be read may have been about any market.
        Notice::Unreadable { .. } => doubt(Doubt::All),
        Notice::FeesChanged { event } => doubt(Doubt::Event(event.clone())),
        Notice::MetadataChanged { ticker } => doubt(Doubt::Market(ticker.clone())),
        Notice::MarketCreated { ticker } => {
            Reaction { created: Some(ticker.clone()), ..Reaction::default() }
        }
        Notice::Gap { .. }
        | Notice::NoBook { .. }
        | Notice::Refused { .. }
        | Notice::Position { .. } => Reaction::default(),
    }
}
