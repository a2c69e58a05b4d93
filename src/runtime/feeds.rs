//! [`Feeds`]: everything that reaches the bot by itself: the venue's stream, new markets, signals.

mod ask;
mod unlisted;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use statecraft_domain::event::MarketListed;
use statecraft_domain::fees::KalshiMember;
use statecraft_domain::{ClientOrderId, Event, Listing, MarketId, Venue, VenueOrderId};
use statecraft_engine::Engine;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::access::{Access, venue};
use super::clock::RunClock;
use super::core::Core;
use super::discovery::{Discovered, Unlisted, discover_series, series_of_ticker};
use super::error::RunError;
use super::gateway::Gate;
use super::input::Input;
use crate::journal::{JournalClosed, Record};
use crate::trading::feed;
use crate::trading::listings::Listings;
use crate::trading::markets::Markets;
use crate::trading::results::Results;
use crate::venue::kalshi::rest::KalshiRest;
use crate::venue::kalshi::stream::{KalshiStream, Notice, StreamConfig, StreamHandle, StreamItem};

pub use ask::Told;

/// How often series are asked for new markets, wall time; a compressed venue lists them faster.
const REDISCOVER: Duration = Duration::from_secs(60);
const REDISCOVER_COMPRESSED: Duration = Duration::from_secs(1);
/// Stream items that may wait.
const STREAM_QUEUE: usize = 4_096;

/// What the stream is asked to do. Sent from places that cannot wait: where the queue is full, a book to
/// be followed waits for its turn, and the rest is dropped, since the stream's own recovery does the same
/// a little later.
#[derive(Debug)]
pub enum Steer {
    /// A market whose book is wanted, with its listing.
    Follow(MarketId, Box<Listing>),
    /// A fresh snapshot.
    Resnapshot(MarketId),
    /// A new subscription of this book.
    Resubscribe(MarketId),
    /// This book no longer: the market was paid out.
    Drop(MarketId),
    /// A new connection.
    Reconnect,
    /// An order of ours, so that its fills are recognised.
    KnowOrder(VenueOrderId, ClientOrderId),
}

/// How the market data is doing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FeedHealth {
    /// Connected and subscribed.
    pub connected: bool,
    /// Wall seconds since anything arrived.
    pub silent_secs: f64,
}

/// See the module.
#[derive(Debug)]
pub struct Feeds {
    rest: Arc<KalshiRest>,
    markets: Markets,
    clock: RunClock,
    member: KalshiMember,
    inputs: mpsc::Sender<Input>,
    steer: mpsc::Sender<Steer>,
    gate: Gate,
    /// Tickers the engine has been told of.
    listed: Arc<Mutex<BTreeSet<String>>>,
    /// Books to be subscribed as soon as the stream takes requests again.
    to_follow: VecDeque<(MarketId, Box<Listing>)>,
    series: BTreeSet<String>,
    look_again: Arc<Notify>,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
    connected: bool,
    last_item: Instant,
    /// Words of each book that the stream has brought, by market.
    heard: Vec<u64>,
    /// Markets whose listing is looked at and, if the venue shows them, whose book is subscribed.
    followed: BTreeSet<MarketId>,
    /// Those of them that the venue does not show: the stream refuses a name that it does not know, so nobody asks
    /// for it before it is listed again.
    unshown: BTreeSet<MarketId>,
    listings: Listings,
    results: Results,
}

impl Feeds {
    /// Knows the venue; nothing runs yet.
    #[must_use]
    pub fn new(
        access: &Access,
        markets: Markets,
        member: KalshiMember,
        series: BTreeSet<String>,
        inputs: mpsc::Sender<Input>,
        steer: mpsc::Sender<Steer>,
        gate: Gate,
    ) -> Self {
        Self {
            rest: Arc::clone(&access.rest),
            markets,
            clock: access.clock.clone(),
            member,
            inputs,
            steer,
            gate,
            listed: Arc::default(),
            series,
            to_follow: VecDeque::new(),
            look_again: Arc::default(),
            stop: CancellationToken::new(),
            tasks: Vec::new(),
            connected: false,
            last_item: Instant::now(),
            heard: Vec::new(),
            followed: BTreeSet::new(),
            unshown: BTreeSet::new(),
            listings: Listings::new(access.clock.wall()),
            results: Results::default(),
        }
    }

    /// Tells the engine and the stream of markets.
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed.
    pub fn listed(
        &mut self,
        core: &mut Core,
        listings: Vec<Discovered>,
    ) -> Result<(), JournalClosed> {
        for Discovered { listing, rules } in listings {
            let market = self.markets.intern(Venue::Kalshi, &listing.ticker);
            if self.note_listed(&listing.ticker) {
                self.followed.insert(market);
                self.to_follow.push_back((market, Box::new(listing.clone())));
            }
            let ticker = listing.ticker.clone();
            core.take(Event::MarketListed(Box::new(MarketListed {
                at: core.now(),
                market,
                listing,
            })))?;
            self.listings.look_at_rules(core, market, &ticker, rules)?;
        }
        self.follow();
        self.write_rules(core)
    }

    /// The engine is told of this ticker; `true` the first time.
    fn note_listed(&self, ticker: &str) -> bool {
        let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        listed.insert(ticker.to_owned())
    }

    /// Writes down which rules texts were read.
    fn write_rules(&mut self, core: &mut Core) -> Result<(), JournalClosed> {
        self.listings
            .unwritten()
            .into_iter()
            .try_for_each(|read| core.write(Record::RulesRead(read)))
    }

    /// Earlier runs read these rules texts: hashes by ticker. To be told before [`Self::listed`].
    pub fn know_rules(&mut self, rules: BTreeMap<String, String>) {
        self.listings.know_rules(rules);
    }

    /// Hands over as many books to be followed as there is room for; the rest has its turn later.
    fn follow(&mut self) {
        while let Some((market, listing)) = self.to_follow.pop_front() {
            let sent = self.steer.try_send(Steer::Follow(market, listing));
            if let Err(TrySendError::Full(Steer::Follow(market, listing))) = sent {
                self.to_follow.push_front((market, listing));
                return;
            }
        }
    }

    /// Lists the markets in which we still hold something although no strategy finds them any more
    /// (their series goes on without them, or the strategy is gone): they must be followed to their
    /// end. Then tells the stream the orders of earlier runs that may still trade.
    ///
    /// # Errors
    /// [`RunError`] if the venue cannot be asked or the disk has failed.
    pub async fn keep_held(&mut self, core: &mut Core) -> Result<(), RunError> {
        for (order, venue_order) in core.venue_orders() {
            let name = Steer::KnowOrder(venue_order.clone(), *order);
            // Fills carry our own id as well; this is for the day they do not.
            let _ = self.steer.try_send(name);
        }
        let held = self.unlisted_but_held(core.engine());
        if held.is_empty() {
            return Ok(());
        }
        let found = self.rest.listings(&held, self.member).await;
        let found = found.map_err(venue("cannot list the markets of open positions"))?;
        let is_missing = |ticker: &&String| found.iter().all(|row| row.market.ticker != **ticker);
        let missing: Vec<String> = held.iter().filter(is_missing).cloned().collect();
        let mut unlisted: Vec<Unlisted> = missing.into_iter().map(Unlisted::not_shown).collect();
        let mut listings = Vec::new();
        for listed in found {
            match Discovered::of(listed) {
                Ok(discovered) => listings.push(discovered),
                Err((market, why)) => unlisted.push(Unlisted::shown(market, &why)),
            }
        }
        self.listed(core, listings)?;
        Ok(self.start_without(core, unlisted)?)
    }

    fn unlisted_but_held(&self, engine: &Engine) -> Vec<String> {
        let listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        let live = engine.orders().live();
        engine
            .markets()
            .iter()
            .filter(|market| market.settlement().is_none())
            .filter(|market| {
                !engine.position(market.id()).quantity.is_zero()
                    || live.iter().any(|order| order.request.market == market.id())
            })
            .map(|market| market.listing().ticker.clone())
            .filter(|ticker| !listed.contains(ticker))
            .collect()
    }

    /// Starts the stream and the look-out for new markets.
    pub fn start(&mut self, access: &Access, lineage: u64, steer: mpsc::Receiver<Steer>) {
        let (items, from_stream) = mpsc::channel(STREAM_QUEUE);
        let mut config = StreamConfig::new(access.endpoint.ws.clone(), Vec::new());
        config.mapper.lineage = Some(lineage);
        let clock = self.clock.clone();
        let stream = KalshiStream::spawn(
            config,
            Arc::clone(&access.signer),
            self.markets.shared(),
            move || clock.now(),
            items,
        );
        self.tasks.push(tokio::spawn(forward(from_stream, self.inputs.clone())));
        self.tasks.push(tokio::spawn(steer_stream(
            stream,
            steer,
            self.markets.clone(),
            self.stop.clone(),
        )));
        self.tasks.push(tokio::spawn(access.rest.keep_order_signature(self.stop.clone())));
        if !self.series.is_empty() {
            self.tasks.push(tokio::spawn(self.look_out()));
        }
    }

    /// Asks for new markets of the strategies' series, for ever.
    fn look_out(&self) -> impl Future<Output = ()> + Send + 'static {
        let every = if self.clock.speed() > 1 { REDISCOVER_COMPRESSED } else { REDISCOVER };
        let (rest, member, series) = (Arc::clone(&self.rest), self.member, self.series.clone());
        let (inputs, stop) = (self.inputs.clone(), self.stop.clone());
        let (listed, look_again) = (Arc::clone(&self.listed), Arc::clone(&self.look_again));
        async move {
            loop {
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(every) => {}
                    () = look_again.notified() => {}
                }
                let known = |ticker: &str| {
                    listed.lock().unwrap_or_else(PoisonError::into_inner).contains(ticker)
                };
                match discover_series(&rest, &series, known, member).await {
                    Ok(listings) if listings.is_empty() => {}
                    Ok(listings) => {
                        if inputs.send(Input::Listed(listings)).await.is_err() {
                            return;
                        }
                    }
                    Err(error) => tracing::warn!(%error, "no new markets could be looked for"),
                }
            }
        }
    }

    /// Takes in what the stream says. `true` means: compare the account soon.
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed.
    pub fn take(&mut self, core: &mut Core, item: StreamItem) -> Result<bool, JournalClosed> {
        self.last_item = Instant::now();
        self.follow();
        let reaction = feed::reaction(&item);
        let now = self.clock.wall();
        if let Some((ticker, announced)) = reaction.result_of {
            self.results.want(now, ticker, announced);
        }
        if let Some(doubt) = reaction.doubt {
            self.listings.doubt(now, doubt);
        }
        if reaction.created.is_some_and(|ticker| self.series.contains(series_of_ticker(&ticker))) {
            self.look_again.notify_one();
        }
        if reaction.hold {
            self.gate.hold();
        }
        match item {
            StreamItem::Events(events) => {
                for event in events {
                    self.note_word(&event);
                    self.listings.heard(now, &event);
                    core.take(event)?;
                }
            }
            StreamItem::Connected { connection } => {
                tracing::info!(connection, "market data connected");
                self.connected = true;
            }
            StreamItem::Disconnected { connection, cause, retry_in } => {
                let retry_secs = retry_in.as_secs_f64();
                tracing::warn!(connection, cause, retry_secs, "market data lost");
                self.connected = false;
            }
            StreamItem::Notice(notice) => log_notice(&notice),
            StreamItem::Raw { .. } => {}
        }
        Ok(reaction.hurry)
    }

    fn note_word(&mut self, event: &Event) {
        let market = match event {
            Event::BookChanged(changed) => changed.market,
            Event::BookSnapshot(snapshot) => snapshot.market,
            _ => return,
        };
        if self.heard.len() <= market.index() {
            self.heard.resize(market.index() + 1, 0);
        }
        if let Some(words) = self.heard.get_mut(market.index()) {
            *words += 1;
        }
    }

    /// How many words of this book the stream has brought.
    #[must_use]
    pub fn heard(&self, market: MarketId) -> u64 {
        self.heard.get(market.index()).copied().unwrap_or(0)
    }

    /// Asks for a new connection: every book anew, and the account compared.
    pub fn reconnect(&self) {
        self.ask(Steer::Reconnect);
    }

    /// Asks for a new subscription of one book.
    pub fn resubscribe(&self, market: MarketId) {
        self.ask(Steer::Resubscribe(market));
    }

    fn ask(&self, steer: Steer) {
        if self.steer.try_send(steer).is_err() {
            // The book stays untrusted, and the next comparison asks again.
            tracing::warn!("a request to the stream was dropped: queue full");
        }
    }

    /// How the market data is doing.
    #[must_use]
    pub fn health(&self) -> FeedHealth {
        FeedHealth {
            connected: self.connected,
            silent_secs: self.last_item.elapsed().as_secs_f64(),
        }
    }

    /// Ends every task.
    pub async fn stop(self) {
        self.stop.cancel();
        drop(self.steer);
        for task in self.tasks {
            // A panic of a task was reported by its own hook.
            let _ = tokio::time::timeout(Duration::from_secs(2), task).await;
        }
    }
}

fn log_notice(notice: &Notice) {
    match notice {
        Notice::MarketCreated { .. }
        | Notice::ResultNeeded { .. }
        | Notice::MetadataChanged { .. }
        | Notice::Position { .. } => {}
        Notice::NoBook { ticker } => tracing::error!(
            code = "no_book",
            ticker,
            "the stream gives no book of this market: it is not traded, others are; asked for again now and then"
        ),
        _ => tracing::warn!(?notice, "stream"),
    }
}

async fn forward(mut items: mpsc::Receiver<StreamItem>, inputs: mpsc::Sender<Input>) {
    while let Some(item) = items.recv().await {
        if inputs.send(Input::Stream(item)).await.is_err() {
            return;
        }
    }
}

/// Owns the stream's handle; ends with it.
async fn steer_stream(
    stream: StreamHandle,
    mut steer: mpsc::Receiver<Steer>,
    markets: Markets,
    stop: CancellationToken,
) {
    loop {
        let command = tokio::select! {
            () = stop.cancelled() => break,
            command = steer.recv() => command,
        };
        let done = match command {
            None => break,
            Some(Steer::Follow(market, listing)) => {
                let ticker = listing.ticker.clone();
                match stream.know(market, *listing).await {
                    Ok(()) => stream.subscribe(vec![ticker]).await,
                    ended => ended,
                }
            }
            Some(Steer::Resnapshot(market)) => match markets.ticker(market) {
                Some(ticker) => stream.resnapshot(&ticker).await,
                None => Ok(()),
            },
            Some(Steer::Resubscribe(market)) => match markets.ticker(market) {
                Some(ticker) => match stream.unsubscribe(vec![ticker.clone()]).await {
                    Ok(()) => stream.subscribe(vec![ticker]).await,
                    ended => ended,
                },
                None => Ok(()),
            },
            Some(Steer::Drop(market)) => match markets.ticker(market) {
                Some(ticker) => stream.unsubscribe(vec![ticker]).await,
                None => Ok(()),
            },
            Some(Steer::Reconnect) => stream.reconnect().await,
            Some(Steer::KnowOrder(venue_order, order)) => {
                stream.know_order(venue_order, order).await
            }
        };
        if done.is_err() {
            tracing::error!("the stream has ended by itself");
            break;
        }
    }
    stream.shutdown().await;
}
