//! [`KalshiStream`]: the venue's websocket as a task that keeps itself connected, subscribed and in
//! step, and hands out events.
//!
//! Channels are bounded and block when full: a consumer that falls behind makes the venue end the
//! subscription (error 25), which loses the books loudly, rather than this task dropping frames.

mod conversation;
mod dial;
mod session;
mod task;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use statecraft_domain::{
    ClientOrderId, Event, Listing, MarketId, Quantity, Settlement, Timestamp, VenueOrderId,
};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;

pub use conversation::{Conversation, Next};

use super::auth::Signer;
use super::map::{FrameMapper, MapperSettings};
use crate::venue::MarketRegistry;

/// Requests to the task that may wait; more than that and the caller waits.
const REQUESTS_MAX: usize = 64;

/// When the task loses patience.
#[derive(Debug, Clone, Copy)]
pub struct StreamTiming {
    /// Connecting and shaking hands.
    pub connect: Duration,
    /// Writing one command.
    pub write: Duration,
    /// A command's answer.
    pub answer: Duration,
    /// A book's snapshot after it was asked for.
    pub snapshot: Duration,
    /// Before asking again for the book of a market that never got one while others did.
    pub hopeless: Duration,
    /// Silence before a ping of our own.
    pub ping: Duration,
    /// Silence after which no book is trusted.
    pub stale: Duration,
    /// Silence after which the connection is given up.
    pub reconnect: Duration,
    /// First wait before a new connection, at most.
    pub backoff_base: Duration,
    /// Longest wait before a new connection.
    pub backoff_cap: Duration,
    /// A connection that held this long starts the backoff over.
    pub healthy: Duration,
    /// How often deadlines are looked at.
    pub tick: Duration,
    /// Most attempts to connect in any minute.
    pub attempts_per_minute: usize,
}

impl Default for StreamTiming {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            write: Duration::from_secs(5),
            answer: Duration::from_secs(10),
            snapshot: Duration::from_secs(5),
            hopeless: Duration::from_secs(60),
            // The venue pings every 10 s (reference 4.1), but not when busy: any frame counts.
            ping: Duration::from_secs(12),
            stale: Duration::from_secs(15),
            reconnect: Duration::from_secs(20),
            backoff_base: Duration::from_millis(500),
            backoff_cap: Duration::from_secs(30),
            healthy: Duration::from_secs(60),
            tick: Duration::from_millis(250),
            attempts_per_minute: 10,
        }
    }
}

/// What to listen to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Channels {
    /// `ticker` of the subscribed markets.
    pub ticker: bool,
    /// `trade` of the subscribed markets.
    pub trade: bool,
    /// `fill`, `user_orders` and `market_positions` of the whole account.
    pub account: bool,
    /// `market_lifecycle_v2` of the whole exchange.
    pub lifecycle: bool,
}

impl Default for Channels {
    fn default() -> Self {
        Self { ticker: true, trade: true, account: true, lifecycle: true }
    }
}

/// How a stream is set up.
#[derive(Debug, Clone)]
pub struct StreamConfig {
    /// Websocket URL.
    pub url: Url,
    /// Markets whose books are wanted from the start.
    pub tickers: Vec<String>,
    /// Listings that are known already.
    pub listings: Vec<(MarketId, Listing)>,
    /// Series whose new markets are listed when announced.
    pub series: Vec<String>,
    /// What to listen to.
    pub channels: Channels,
    /// How frames are read.
    pub mapper: MapperSettings,
    /// Hand out every frame as received, too.
    pub keep_raw: bool,
    /// Deadlines.
    pub timing: StreamTiming,
}

impl StreamConfig {
    /// Every channel, default deadlines.
    #[must_use]
    pub fn new(url: Url, tickers: Vec<String>) -> Self {
        Self {
            url,
            tickers,
            listings: Vec::new(),
            series: Vec::new(),
            channels: Channels::default(),
            mapper: MapperSettings::default(),
            keep_raw: false,
            timing: StreamTiming::default(),
        }
    }
}

/// What comes out of the stream, in the order in which it happened.
#[derive(Debug, Clone, PartialEq)]
pub enum StreamItem {
    /// For the engine.
    Events(Vec<Event>),
    /// Connected, and every channel acknowledged. Private channels have no sequence numbers: what was
    /// missed meanwhile must be read by REST now.
    Connected {
        /// Which connection, from 1.
        connection: u32,
    },
    /// Not connected.
    Disconnected {
        /// Which connection, or the one that could not be made.
        connection: u32,
        /// Why.
        cause: String,
        /// When the next attempt is made.
        retry_in: Duration,
    },
    /// Something to act on that is no event.
    Notice(Notice),
    /// A frame as received, before its events.
    Raw {
        /// When.
        received: Timestamp,
        /// On which connection.
        connection: u32,
        /// The text.
        bytes: Bytes,
    },
}

/// See [`StreamItem::Notice`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A frame that could have told of our orders or fills could not be read, or such a channel was
    /// interrupted: reconcile.
    AccountInDoubt {
        /// Why.
        cause: String,
    },
    /// A fill or order of somebody else on this account.
    Foreign {
        /// Market.
        ticker: String,
        /// The venue's name of the order.
        venue_order: String,
        /// It traded.
        filled: bool,
    },
    /// The venue's word on one position.
    Position {
        /// Market.
        ticker: String,
        /// Signed: YES positive.
        quantity: Quantity,
    },
    /// A market was announced.
    MarketCreated {
        /// Market.
        ticker: String,
    },
    /// A market was paid out; read the result by REST.
    ResultNeeded {
        /// Market.
        ticker: String,
        /// What was announced, if it was heard.
        announced: Option<Settlement>,
    },
    /// What is said of a market changed; read its listing again.
    MetadataChanged {
        /// Market.
        ticker: String,
    },
    /// An event's fees changed; read its listing again.
    FeesChanged {
        /// Event.
        event: String,
    },
    /// The book of this market does not come, though others do. It is asked for again now and then.
    NoBook {
        /// Market.
        ticker: String,
    },
    /// Numbers were skipped on a subscription.
    Gap {
        /// Channel, if known.
        channel: String,
        /// How many.
        missing: u64,
    },
    /// A frame could not be used.
    Unreadable {
        /// Why.
        cause: String,
    },
    /// The venue refused a command.
    Refused {
        /// Its error code.
        code: u32,
        /// In its words, cleaned.
        text: String,
    },
}

/// The task has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the Kalshi stream has ended")]
pub struct StreamEnded;

/// What the owner of a stream may ask of it.
#[derive(Debug, Clone)]
pub enum Request {
    /// The books of more markets.
    Subscribe(Vec<String>),
    /// The books of these markets no longer.
    Unsubscribe(Vec<String>),
    /// A fresh snapshot.
    Resnapshot(String),
    /// A listing to use.
    Know(Box<(MarketId, Listing)>),
    /// An order of ours.
    KnowOrder(VenueOrderId, ClientOrderId),
    /// Ends the connection and opens another: what it tells is not trusted any more.
    Reconnect,
}

/// Steers a running stream. Dropping it ends the stream.
#[derive(Debug)]
pub struct StreamHandle {
    requests: mpsc::Sender<Request>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl StreamHandle {
    /// Wants the books of more markets.
    ///
    /// # Errors
    /// [`StreamEnded`].
    pub async fn subscribe(&self, tickers: Vec<String>) -> Result<(), StreamEnded> {
        self.request(Request::Subscribe(tickers)).await
    }

    /// Wants the books of these markets no longer.
    ///
    /// # Errors
    /// [`StreamEnded`].
    pub async fn unsubscribe(&self, tickers: Vec<String>) -> Result<(), StreamEnded> {
        self.request(Request::Unsubscribe(tickers)).await
    }

    /// Wants a fresh snapshot of a subscribed market.
    ///
    /// # Errors
    /// [`StreamEnded`].
    pub async fn resnapshot(&self, ticker: &str) -> Result<(), StreamEnded> {
        self.request(Request::Resnapshot(ticker.to_owned())).await
    }

    /// Wants a new connection: every book anew.
    ///
    /// # Errors
    /// [`StreamEnded`].
    pub async fn reconnect(&self) -> Result<(), StreamEnded> {
        self.request(Request::Reconnect).await
    }

    /// Uses this listing instead of a default one; see [`FrameMapper::know`].
    ///
    /// # Errors
    /// [`StreamEnded`].
    pub async fn know(&self, market: MarketId, listing: Listing) -> Result<(), StreamEnded> {
        self.request(Request::Know(Box::new((market, listing)))).await
    }

    /// Connects a venue order with ours; see [`FrameMapper::know_order`].
    ///
    /// # Errors
    /// [`StreamEnded`].
    pub async fn know_order(
        &self,
        venue_order: VenueOrderId,
        order: ClientOrderId,
    ) -> Result<(), StreamEnded> {
        self.request(Request::KnowOrder(venue_order, order)).await
    }

    async fn request(&self, request: Request) -> Result<(), StreamEnded> {
        self.requests.send(request).await.map_err(|_| StreamEnded)
    }

    /// Closes the connection and waits for the task to end.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        // An error here is a panic of the task, which its own hook has reported.
        let _ = (&mut self.task).await;
    }
}

impl Drop for StreamHandle {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct KalshiStream;

impl KalshiStream {
    /// Starts the task. It ends when the handle is dropped or shut down, or when nobody receives.
    pub fn spawn(
        config: StreamConfig,
        signer: Arc<Signer>,
        registry: Arc<Mutex<MarketRegistry>>,
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
        sender: mpsc::Sender<StreamItem>,
    ) -> StreamHandle {
        let (requests, inbox) = mpsc::channel(REQUESTS_MAX);
        let stop = CancellationToken::new();
        let mut mapper = FrameMapper::new(config.mapper.clone());
        for (market, listing) in &config.listings {
            mapper.know(*market, listing.clone());
        }
        for series in &config.series {
            mapper.follow_series(series);
        }
        let task = task::Task::new(config, signer, registry, Box::new(clock), sender, mapper);
        let task = tokio::spawn(task.run(inbox, stop.clone()));
        StreamHandle { requests, stop, task }
    }
}
