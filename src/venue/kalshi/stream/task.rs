//! The task behind a stream: connect, listen, speak, and again.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use futures_util::{FutureExt, SinkExt, StreamExt};
use statecraft_domain::Timestamp;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, client_async_tls_with_config};
use tokio_util::sync::CancellationToken;

use super::conversation::{Conversation, Next};
use super::dial::dial;
use super::{Request, StreamConfig, StreamItem};
use crate::venue::MarketRegistry;
use crate::venue::backoff::Backoff;
use crate::venue::kalshi::auth::Signer;
use crate::venue::kalshi::classify::excerpt;
use crate::venue::kalshi::endpoint::WS_PATH;
use crate::venue::kalshi::map::FrameMapper;
use crate::venue::kalshi::wire::{Command, clean_venue_text};
use crate::venue::tls;

/// Longest frame and message: far above the largest book, far below what would hurt (reliability 7.6).
const FRAME_MAX_BYTES: usize = 1 << 20;
const MESSAGE_MAX_BYTES: usize = 4 << 20;
/// Frames taken together before their events are handed out.
const BURST: usize = 256;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The venue checks a signature against the wall clock, which is not engine time when that runs
/// compressed.
fn wall_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Why a connection ended.
enum End {
    /// Asked to stop, or nobody listens.
    Stop,
    /// Anything else.
    Lost(String),
}

pub(super) struct Task {
    config: StreamConfig,
    signer: Arc<Signer>,
    registry: Arc<Mutex<MarketRegistry>>,
    clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
    sender: mpsc::Sender<StreamItem>,
    talk: Conversation,
}

impl Task {
    pub(super) fn new(
        config: StreamConfig,
        signer: Arc<Signer>,
        registry: Arc<Mutex<MarketRegistry>>,
        clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
        sender: mpsc::Sender<StreamItem>,
        mapper: FrameMapper,
    ) -> Self {
        let talk = Conversation::new(&config, mapper);
        Self { config, signer, registry, clock, sender, talk }
    }

    pub(super) async fn run(mut self, mut inbox: mpsc::Receiver<Request>, stop: CancellationToken) {
        let timing = self.config.timing;
        let mut backoff = Backoff::new(timing.backoff_base, timing.backoff_cap);
        let mut attempts = VecDeque::new();
        loop {
            attempts.push_back(Instant::now());
            self.talk.next_connection();
            let started = Instant::now();
            let end = self.connection_life(&mut inbox, &stop).await;
            let cause = match end {
                End::Stop => "stopped".to_owned(),
                End::Lost(cause) => cause,
            };
            let stopping = stop.is_cancelled() || self.sender.is_closed();
            if started.elapsed() >= timing.healthy {
                backoff.reset();
            }
            let retry_in = wait_before(&mut attempts, &mut backoff, timing.attempts_per_minute);
            self.went_down(cause, if stopping { Duration::ZERO } else { retry_in });
            if self.flush(&stop).await.is_err() || stopping {
                return;
            }
            if self.pause(retry_in, &mut inbox, &stop).await.is_err() {
                return;
            }
        }
    }

    /// Waits for the next attempt, taking in requests meanwhile.
    async fn pause(
        &mut self,
        wait: Duration,
        inbox: &mut mpsc::Receiver<Request>,
        stop: &CancellationToken,
    ) -> Result<(), End> {
        let until = tokio::time::sleep(wait);
        tokio::pin!(until);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return Err(End::Stop),
                request = inbox.recv() => match request {
                    // Not connected: nothing is to be said yet.
                    Some(request) => {
                        drop(self.talk.request(request, (self.clock)(), Instant::now()));
                    }
                    None => return Err(End::Stop),
                },
                () = &mut until => return Ok(()),
            }
        }
    }

    fn went_down(&mut self, cause: String, retry_in: Duration) {
        let connection = self.talk.connection();
        if retry_in.is_zero() {
            tracing::info!(connection, "kalshi stream closed");
        } else {
            tracing::warn!(connection, %cause, "kalshi stream down");
        }
        self.talk.went_down((self.clock)(), cause, retry_in);
    }

    /// Hands everything out; blocks while the consumer is behind.
    async fn flush(&mut self, stop: &CancellationToken) -> Result<(), End> {
        for item in self.talk.items() {
            // A stop that comes before the consumer has room must not wait for it.
            if let Err(full) = self.sender.try_send(item) {
                let item = match full {
                    mpsc::error::TrySendError::Full(item) => item,
                    mpsc::error::TrySendError::Closed(_) => return Err(End::Stop),
                };
                tokio::select! {
                    biased;
                    () = stop.cancelled() => return Err(End::Stop),
                    sent = self.sender.send(item) => sent.map_err(|_| End::Stop)?,
                }
            }
        }
        Ok(())
    }

    async fn connect(&self) -> Result<Socket, String> {
        let mut request =
            self.config.url.as_str().into_client_request().map_err(|error| error.to_string())?;
        let auth =
            self.signer.headers("GET", WS_PATH, wall_ms()).map_err(|error| error.to_string())?;
        auth.apply(request.headers_mut());
        let limits = WebSocketConfig::default()
            .max_frame_size(Some(FRAME_MAX_BYTES))
            .max_message_size(Some(MESSAGE_MAX_BYTES));
        let connector = match self.config.url.scheme() {
            "wss" => Connector::Rustls(tls::client_config()),
            _ => Connector::Plain,
        };
        let connecting = async {
            let stream = dial(&self.config.url).await?;
            client_async_tls_with_config(request, stream, Some(limits), Some(connector)).await
        };
        match timeout(self.config.timing.connect, connecting).await {
            Ok(Ok((socket, _))) => Ok(socket),
            Ok(Err(error)) => Err(handshake_failure(&error)),
            Err(_) => Err("no connection in time".to_owned()),
        }
    }

    async fn connection_life(
        &mut self,
        inbox: &mut mpsc::Receiver<Request>,
        stop: &CancellationToken,
    ) -> End {
        let socket = tokio::select! {
            biased;
            () = stop.cancelled() => return End::Stop,
            socket = self.connect() => socket,
        };
        let mut socket = match socket {
            Ok(socket) => socket,
            Err(cause) => return End::Lost(cause),
        };
        let end = match self.converse(&mut socket, inbox, stop).await {
            Ok(()) => End::Stop,
            Err(end) => end,
        };
        // Politeness with a deadline: the venue sees a close, not a vanished peer.
        let _ = timeout(Duration::from_secs(1), socket.close(None)).await;
        end
    }

    async fn converse(
        &mut self,
        socket: &mut Socket,
        inbox: &mut mpsc::Receiver<Request>,
        stop: &CancellationToken,
    ) -> Result<(), End> {
        let mut ticks = interval(self.config.timing.tick);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let first = self.talk.connected(Instant::now());
        self.say(socket, first).await?;
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return Err(End::Stop),
                request = inbox.recv() => {
                    let commands = match request {
                        Some(Request::Reconnect) => {
                            return Err(End::Lost("a new connection was asked for".to_owned()));
                        }
                        Some(request) => self.talk.request(request, (self.clock)(), Instant::now()),
                        None => return Err(End::Stop),
                    };
                    self.say(socket, commands).await?;
                }
                _ = ticks.tick() => self.look_at_clock(socket).await?,
                message = socket.next() => self.burst(socket, message).await?,
            }
            self.flush(stop).await?;
        }
    }

    async fn say(&self, socket: &mut Socket, commands: Vec<Command>) -> Result<(), End> {
        for command in commands {
            let text = serde_json::to_string(&command)
                .map_err(|error| End::Lost(format!("a command cannot be written: {error}")))?;
            self.write(socket, Message::text(text)).await?;
        }
        Ok(())
    }

    async fn write(&self, socket: &mut Socket, message: Message) -> Result<(), End> {
        match timeout(self.config.timing.write, socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(End::Lost(format!("cannot write: {error}"))),
            Err(_) => Err(End::Lost("the venue does not read".to_owned())),
        }
    }

    async fn look_at_clock(&mut self, socket: &mut Socket) -> Result<(), End> {
        match self.talk.look_at_clock((self.clock)(), Instant::now()) {
            Next::Say(commands) => self.say(socket, commands).await,
            Next::Ping(commands) => {
                self.write(socket, Message::Ping(Bytes::from_static(b"alive?"))).await?;
                self.say(socket, commands).await
            }
            Next::GiveUp(cause) => Err(End::Lost(cause)),
        }
    }

    /// Takes a message and whatever else has arrived, up to a limit.
    async fn burst(
        &mut self,
        socket: &mut Socket,
        first: Option<Result<Message, WsError>>,
    ) -> Result<(), End> {
        let mut message = first;
        for taken in 1.. {
            let received = match message {
                Some(Ok(received)) => received,
                Some(Err(error)) => return Err(End::Lost(format!("cannot read: {error}"))),
                None => return Err(End::Lost("the connection was closed".to_owned())),
            };
            self.message(socket, received).await?;
            // Looked at before the next one is taken: a message taken is a message handled.
            if taken == BURST {
                break;
            }
            message = match socket.next().now_or_never() {
                Some(next) => next,
                None => break,
            };
        }
        Ok(())
    }

    async fn message(&mut self, socket: &mut Socket, message: Message) -> Result<(), End> {
        let commands = self.talk.heard(Instant::now());
        self.say(socket, commands).await?;
        match message {
            Message::Text(text) => self.frame(socket, text.into()).await,
            Message::Binary(bytes) => self.frame(socket, bytes).await,
            // The library answers pings by itself when the next message is read or written.
            Message::Ping(_) | Message::Pong(_) => {
                self.talk.pinged((self.clock)());
                Ok(())
            }
            Message::Frame(_) => Ok(()),
            Message::Close(frame) => {
                let why = frame.map_or_else(
                    || "without a reason".to_owned(),
                    |frame| format!("{}: {}", frame.code, clean_venue_text(&frame.reason)),
                );
                Err(End::Lost(format!("the venue closed the connection ({why})")))
            }
        }
    }

    async fn frame(&mut self, socket: &mut Socket, bytes: Bytes) -> Result<(), End> {
        let received = (self.clock)();
        let commands = {
            let mut registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
            self.talk.frame(&mut registry, received, Instant::now(), &bytes)
        };
        self.say(socket, commands).await
    }
}

/// How long to wait before the next attempt: jittered, and never more than so many in a minute.
fn wait_before(
    attempts: &mut VecDeque<Instant>,
    backoff: &mut Backoff,
    per_minute: usize,
) -> Duration {
    const MINUTE: Duration = Duration::from_secs(60);
    let now = Instant::now();
    while attempts.front().is_some_and(|first| now.saturating_duration_since(*first) >= MINUTE) {
        attempts.pop_front();
    }
    let jittered = backoff.next_delay();
    match attempts.front() {
        Some(first) if attempts.len() >= per_minute => {
            jittered.max((*first + MINUTE).saturating_duration_since(now))
        }
        _ => jittered,
    }
}

/// A refused handshake says why in its body (401, 429).
fn handshake_failure(error: &WsError) -> String {
    match error {
        WsError::Http(response) => {
            let body = response.body().as_deref().unwrap_or_default();
            format!("the venue refused the handshake: {} {}", response.status(), excerpt(body))
        }
        other => format!("no connection: {}", clean_venue_text(&other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_more_than_ten_attempts_in_a_minute() {
        let mut backoff = Backoff::new(Duration::from_millis(1), Duration::from_millis(1));
        let mut attempts: VecDeque<Instant> = (0..9).map(|_| Instant::now()).collect();
        assert!(wait_before(&mut attempts, &mut backoff, 10) <= Duration::from_millis(1));
        attempts.push_back(Instant::now());
        let wait = wait_before(&mut attempts, &mut backoff, 10);
        assert!(wait > Duration::from_secs(59) && wait <= Duration::from_secs(60));
    }
}
