//! [`Conversation`]: what a stream makes of what it hears, over all its connections. No I/O: it is told
//! what came and what time it is, and answers with what is to be said; items for the consumer pile up
//! until they are taken. The live task and the seeded simulation run this very thing.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use bytes::Bytes;
use statecraft_domain::event::ConnectionChanged;
use statecraft_domain::{Event, Timestamp, Venue};

use super::session::{Session, Verdict};
use super::{Channels, Notice, Request, StreamConfig, StreamItem, StreamTiming};
use crate::venue::MarketRegistry;
use crate::venue::kalshi::map::{FrameDetail, FrameKind, FrameMapper, FrameNote};
use crate::venue::kalshi::wire::Command;

/// What a look at the clock asks for.
#[derive(Debug)]
pub enum Next {
    /// Say this; often nothing.
    Say(Vec<Command>),
    /// Ping the venue, then say this.
    Ping(Vec<Command>),
    /// Make a new connection.
    GiveUp(String),
}

/// See the module.
#[derive(Debug)]
pub struct Conversation {
    channels: Channels,
    timing: StreamTiming,
    keep_raw: bool,
    mapper: FrameMapper,
    /// The present connection's; none while there is none.
    session: Option<Session>,
    wanted: BTreeSet<String>,
    connection: u32,
    is_up: bool,
    /// Not handed out yet.
    events: Vec<Event>,
    items: Vec<StreamItem>,
}

impl Conversation {
    /// Not connected yet.
    #[must_use]
    pub fn new(config: &StreamConfig, mapper: FrameMapper) -> Self {
        Self {
            channels: config.channels,
            timing: config.timing,
            keep_raw: config.keep_raw,
            mapper,
            session: None,
            wanted: config.tickers.iter().cloned().collect(),
            connection: 0,
            is_up: false,
            events: Vec::new(),
            items: Vec::new(),
        }
    }

    /// Which connection is being made or in use, from 1.
    #[must_use]
    pub const fn connection(&self) -> u32 {
        self.connection
    }

    /// Is the market's book known and unbroken?
    #[must_use]
    pub fn has_book(&self, ticker: &str) -> bool {
        self.mapper.has_book(ticker)
    }

    /// Another connection is going to be made.
    pub const fn next_connection(&mut self) {
        self.connection = self.connection.wrapping_add(1);
    }

    /// It is made: the first words.
    pub fn connected(&mut self, now: Instant) -> Vec<Command> {
        let mut session = Session::new(self.channels, self.timing, self.wanted.clone(), now);
        let first = session.start(now);
        self.session = Some(session);
        first
    }

    /// It is gone, or could not be made.
    pub fn went_down(&mut self, at: Timestamp, cause: String, retry_in: Duration) {
        if let Some(session) = self.session.take() {
            self.wanted.clone_from(session.wanted());
        }
        // First of all: a decision on one book must not follow the loss of another (I17).
        if std::mem::take(&mut self.is_up) {
            self.connection_changed(at, false);
        }
        self.mapper.disconnected(at, &mut self.events);
        let connection = self.connection;
        self.item(StreamItem::Disconnected { connection, cause, retry_in });
    }

    /// Everything for the consumer, in order.
    pub fn items(&mut self) -> Vec<StreamItem> {
        if !self.events.is_empty() {
            self.items.push(StreamItem::Events(std::mem::take(&mut self.events)));
        }
        std::mem::take(&mut self.items)
    }

    /// Puts an item behind the events so far.
    fn item(&mut self, item: StreamItem) {
        if !self.events.is_empty() {
            self.items.push(StreamItem::Events(std::mem::take(&mut self.events)));
        }
        self.items.push(item);
    }

    fn connection_changed(&mut self, at: Timestamp, connected: bool) {
        let venue = Venue::Kalshi;
        self.events.push(Event::ConnectionChanged(ConnectionChanged { at, venue, connected }));
    }

    /// A request of the owner.
    pub fn request(&mut self, request: Request, at: Timestamp, now: Instant) -> Vec<Command> {
        // What is known of these books is over, whatever comes of the request: only a book that is missing here
        // is asked for again until it comes.
        let over = match &request {
            Request::Unsubscribe(tickers) => tickers.as_slice(),
            Request::Resnapshot(ticker) => std::slice::from_ref(ticker),
            _ => &[],
        };
        for ticker in over {
            self.mapper.lose(ticker, at, &mut self.events);
        }
        match request {
            Request::Know(known) => self.mapper.know(known.0, known.1),
            Request::KnowOrder(venue_order, order) => self.mapper.know_order(&venue_order, order),
            Request::Subscribe(tickers) => match &mut self.session {
                Some(session) => return session.add(tickers, now),
                None => self.wanted.extend(tickers),
            },
            Request::Unsubscribe(tickers) => match &mut self.session {
                Some(session) => return session.remove(&tickers, now),
                None => self.wanted.retain(|ticker| !tickers.contains(ticker)),
            },
            Request::Resnapshot(ticker) => {
                if let Some(session) = &mut self.session {
                    return session.resnapshot(&ticker, now);
                }
            }
            // Whoever holds the socket ends it; without one there is nothing to end.
            Request::Reconnect => {}
        }
        Vec::new()
    }

    /// Something came from the venue, of whatever kind.
    pub fn heard(&mut self, now: Instant) -> Vec<Command> {
        let ended_silence = self.session.as_mut().is_some_and(|session| session.heard(now));
        if ended_silence { self.repair(now) } else { Vec::new() }
    }

    /// A ping or pong came. On a quiet market they are the only sign of life, and without one no book is
    /// young enough (R11).
    pub fn pinged(&mut self, at: Timestamp) {
        if self.is_up {
            self.connection_changed(at, true);
        }
    }

    /// Looks at the deadlines.
    pub fn look_at_clock(&mut self, at: Timestamp, now: Instant) -> Next {
        let Some(session) = &mut self.session else { return Next::Say(Vec::new()) };
        let ping = match session.check(now) {
            Verdict::Fine => false,
            Verdict::Ping => true,
            Verdict::Silent => {
                self.mapper.connection_silent(at, &mut self.events);
                false
            }
            Verdict::GiveUp(cause) => return Next::GiveUp(cause),
        };
        self.announce(at);
        let commands = self.repair(now);
        if ping { Next::Ping(commands) } else { Next::Say(commands) }
    }

    /// Says once that everything is subscribed.
    fn announce(&mut self, at: Timestamp) {
        if self.session.as_mut().is_some_and(Session::became_ready) {
            self.is_up = true;
            self.connection_changed(at, true);
            self.item(StreamItem::Connected { connection: self.connection });
        }
    }

    /// Asks for the books that are wanted and missing.
    fn repair(&mut self, now: Instant) -> Vec<Command> {
        let (Some(session), mapper) = (&mut self.session, &self.mapper) else { return Vec::new() };
        let (commands, hopeless) = session.repair(|ticker| mapper.has_book(ticker), now);
        for ticker in hopeless {
            self.item(StreamItem::Notice(Notice::NoBook { ticker }));
        }
        commands
    }

    /// Reads a frame of the present connection.
    pub fn frame(
        &mut self,
        registry: &mut MarketRegistry,
        received: Timestamp,
        now: Instant,
        bytes: &Bytes,
    ) -> Vec<Command> {
        let connection = self.connection;
        if self.keep_raw {
            self.item(StreamItem::Raw { received, connection, bytes: bytes.clone() });
        }
        let mapped = self.mapper.frame(registry, received, connection, bytes, &mut self.events);
        let mut in_doubt = false;
        let mut commands = match mapped {
            Ok(note) => {
                in_doubt = note.missing() > 0;
                self.note(note, now)
            }
            Err(error) => {
                let cause = error.to_string();
                if error.endangers_books() {
                    in_doubt = true;
                    self.mapper.connection_unreadable(received, connection, &mut self.events);
                }
                tracing::warn!(%cause, "unusable kalshi frame");
                if error.endangers_orders() {
                    self.item(StreamItem::Notice(Notice::AccountInDoubt { cause: cause.clone() }));
                }
                self.item(StreamItem::Notice(Notice::Unreadable { cause }));
                Vec::new()
            }
        };
        if in_doubt {
            commands.extend(self.repair(now));
        }
        self.announce(received);
        commands
    }

    /// Acts on what the mapper said beside its events.
    fn note(&mut self, note: FrameNote, now: Instant) -> Vec<Command> {
        let Some(session) = &mut self.session else { return Vec::new() };
        if matches!(note.kind, FrameKind::Ok | FrameKind::Unsubscribed) {
            session.acknowledged(note.command);
        }
        if note.missing() > 0 {
            let channel = session.channel_of(note.sid).unwrap_or("unknown").to_owned();
            let missing = note.missing();
            self.item(StreamItem::Notice(Notice::Gap { channel, missing }));
        }
        let (Some(detail), Some(session)) = (note.detail, &mut self.session) else {
            return Vec::new();
        };
        let notice = match *detail {
            FrameDetail::Subscribed { channel, sid } => {
                return session.subscribed(note.command, &channel, sid, now);
            }
            FrameDetail::VenueError { code, text, terminal } => {
                let ended = if terminal { note.sid } else { None };
                let commands = session.refused(note.command, ended, (code, &text), now);
                if terminal && ended.is_none() {
                    session.ended_unnamed(&text);
                }
                self.item(StreamItem::Notice(Notice::Refused { code, text }));
                return commands;
            }
            FrameDetail::Reopened(ticker) => return session.resnapshot(&ticker, now),
            // The session knows by itself which books are missing.
            FrameDetail::NeedsSnapshot(_) | FrameDetail::Unknown(_) => return Vec::new(),
            FrameDetail::ForeignFill { ticker, venue_order } => {
                Notice::Foreign { ticker, venue_order, filled: true }
            }
            FrameDetail::ForeignOrder { ticker, venue_order } => {
                Notice::Foreign { ticker, venue_order, filled: false }
            }
            FrameDetail::Position { ticker, quantity } => Notice::Position { ticker, quantity },
            FrameDetail::Created { ticker } => Notice::MarketCreated { ticker },
            FrameDetail::ResultNeeded { ticker, announced } => {
                Notice::ResultNeeded { ticker, announced }
            }
            FrameDetail::MetadataChanged { ticker } => Notice::MetadataChanged { ticker },
            FrameDetail::FeesChanged { event } => Notice::FeesChanged { event },
        };
        self.item(StreamItem::Notice(notice));
        Vec::new()
    }
}
