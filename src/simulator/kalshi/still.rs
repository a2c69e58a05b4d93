//! [`StillVenue`]: the venue without sockets, threads or a clock of its own. Whoever holds it says what time
//! it is, calls it, and takes the frames it would have sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use statecraft_domain::{MarketId, Timestamp};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::api::{self, Call};
use super::call::Query;
use super::error::ErrorShape;
use super::format::Ids;
use super::limits::Tier;
use super::stream::command;
use super::stream::hub::{Channel, ConnectionId, Hub, Outgoing, Scope};
use super::venue::{KalshiVenue, VenueOptions};
use crate::simulator::backend::Backend;
use crate::simulator::clock::VenueClock;
use crate::simulator::faults::{FaultPlan, Faults};

/// Frames that may wait for its one client.
const QUEUE_MAX: usize = 1_000_000;

/// See the module.
pub struct StillVenue {
    venue: KalshiVenue,
    hand: Arc<AtomicI64>,
    client: Option<Client>,
}

struct Client {
    id: ConnectionId,
    frames: UnboundedReceiver<Outgoing>,
    depth: Arc<AtomicUsize>,
}

impl StillVenue {
    /// The venue of `backend` at its own present time. `seed` shapes its names of things.
    #[must_use]
    pub fn new(backend: Box<dyn Backend>, seed: u64) -> Self {
        let hand = Arc::new(AtomicI64::new(backend.now().nanos()));
        let venue = KalshiVenue::new(
            backend,
            VenueClock::by_hand(Arc::clone(&hand)),
            VenueOptions::default(),
            Ids::new(seed),
            Hub::new(QUEUE_MAX),
            Faults::new(FaultPlan::default()),
            Tier::Basic,
        );
        Self { venue, hand, client: None }
    }

    /// It is `now`; everything that happens until then happens.
    pub fn advance(&mut self, now: Timestamp) {
        self.hand.store(now.nanos(), Ordering::Relaxed);
        self.venue.catch_up();
    }

    /// One REST call of the account's owner: `path` below the API root, with its query. The answer's
    /// status and body.
    pub fn call(&mut self, method: &str, path: &str, body: &[u8]) -> (u16, String) {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let segments = path.trim_start_matches('/').split('/').collect();
        let call = Call { method, segments, query: Query::parse(query), body };
        match api::handle(&mut self.venue, &call, &[]) {
            Ok(reply) => (reply.status, reply.body),
            Err(error) => (error.status, error.json(ErrorShape::Nested)),
        }
    }

    /// The owner's websocket connects; an earlier one is gone.
    pub fn connect(&mut self) {
        self.disconnect();
        let (sender, frames) = unbounded_channel();
        let depth = Arc::new(AtomicUsize::new(0));
        let id = self.venue.hub.connect(sender, Arc::clone(&depth));
        self.client = Some(Client { id, frames, depth });
    }

    /// The owner's websocket is gone.
    pub fn disconnect(&mut self) {
        if let Some(client) = self.client.take() {
            self.venue.hub.disconnect(client.id);
        }
    }

    /// A command of the owner's websocket.
    pub fn command(&mut self, text: &str) {
        if let Some(client) = &self.client {
            command::handle(&mut self.venue, client.id, text);
        }
    }

    /// Frames for the owner's websocket since the last look, in order.
    pub fn frames(&mut self) -> Vec<String> {
        let mut texts = Vec::new();
        if let Some(client) = &mut self.client {
            while let Ok(Outgoing::Frame(text, _)) = client.frames.try_recv() {
                client.depth.fetch_sub(1, Ordering::Relaxed);
                texts.push(text);
            }
        }
        texts
    }

    /// The subscription to this market's book is dead: nothing more is sent of it, and no number is
    /// used up.
    pub fn mute_book(&mut self, market: MarketId) {
        let Some(client) = &self.client else { return };
        let connection = self.venue.hub.connection(client.id);
        let held = connection.and_then(|connection| connection.on(Channel::OrderbookDelta));
        if let Some(Scope::Only(markets)) = held.map(|held| &mut held.scope) {
            markets.remove(&market);
        }
    }

    /// Private reads tell the state of now for as long as this holds.
    pub fn freeze_reads(&mut self, frozen: bool) {
        self.venue.freeze_reads(frozen);
    }

    /// What stands behind it: the truth.
    #[must_use]
    pub fn truth(&self) -> &dyn Backend {
        &*self.venue.backend
    }
}
