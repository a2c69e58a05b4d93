//! A venue that says what a test tells it to: REST answers from a queue, byte for byte, and a
//! websocket whose frames the test sends.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use statecraft::venue::kalshi::{Credentials, Endpoint, Signer};
use statecraft_domain::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};

/// A private Ed25519 key that opens nothing: seed 00 01 .. 1f.
const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n-----END PRIVATE KEY-----\n";

pub(crate) fn signer() -> Arc<Signer> {
    Arc::new(Signer::new(Credentials::from_pem("key-id", KEY.as_bytes()).unwrap()).unwrap())
}

pub(crate) fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_nanos(i64::try_from(since.as_nanos()).unwrap())
}

/// What the venue does with one request.
#[derive(Debug, Clone)]
pub(crate) enum Script {
    /// Answers.
    Say(u16, String),
    /// Answers with more headers.
    SayWith(u16, String, String),
    /// Announces more bytes than it sends, then closes.
    Truncate(String),
    /// Never answers.
    Hang,
    /// Closes without a word.
    Slam,
    /// An endless body.
    Flood,
}

pub(crate) fn say(status: u16, body: &str) -> Script {
    Script::Say(status, body.to_owned())
}

/// One request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) line: String,
    pub(crate) head: String,
    pub(crate) body: String,
}

#[derive(Clone)]
pub(crate) struct Venue {
    scripts: Arc<Mutex<VecDeque<Script>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
    pub(crate) endpoint: Endpoint,
}

impl Venue {
    /// Plain sockets rather than a web framework: broken answers are the point.
    pub(crate) async fn start(scripts: Vec<Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let venue = Self {
            scripts: Arc::new(Mutex::new(scripts.into())),
            seen: Arc::default(),
            endpoint: Endpoint::parse(&format!("http://{address}")).unwrap(),
        };
        let serving = venue.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(socket));
            }
        });
        venue
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    async fn serve(self, mut socket: TcpStream) {
        let Some(seen) = read_request(&mut socket).await else { return };
        self.seen.lock().unwrap().push(seen);
        let script = self.scripts.lock().unwrap().pop_front();
        let reply = |status: u16, more: &str, length: usize, body: &str| {
            format!(
                "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nconnection: close\r\n{more}content-length: {length}\r\n\r\n{body}"
            )
        };
        let bytes = match script.unwrap_or_else(|| say(500, "the script is over")) {
            Script::Say(status, body) => reply(status, "", body.len(), &body),
            Script::SayWith(status, more, body) => reply(status, &more, body.len(), &body),
            Script::Truncate(body) => reply(201, "", body.len() + 40, &body),
            Script::Hang => {
                tokio::time::sleep(Duration::from_secs(60)).await;
                return;
            }
            Script::Slam => return,
            Script::Flood => {
                let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n").await;
                let chunk = [b'x'; 65_536];
                while socket.write_all(&chunk).await.is_ok() {}
                return;
            }
        };
        let _ = socket.write_all(bytes.as_bytes()).await;
        let _ = socket.shutdown().await;
    }
}

async fn read_request(socket: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = socket.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix("content-length:")
                .map(|n| n.trim().parse().unwrap())
        });
        if body.len() >= length.unwrap_or(0) {
            let line = head.lines().next()?.trim_end_matches(" HTTP/1.1").to_owned();
            return Some(Seen { line, head: head.to_ascii_lowercase(), body: body.to_owned() });
        }
    }
}

/// A websocket venue: the test holds the server side of each connection.
pub(crate) struct WsVenue {
    listener: TcpListener,
    pub(crate) endpoint: Endpoint,
}

pub(crate) struct WsPeer {
    socket: WebSocketStream<TcpStream>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) path: String,
}

impl WsVenue {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let endpoint = Endpoint::parse(&format!("http://{address}")).unwrap();
        Self { listener, endpoint }
    }

    /// The next connection, accepted.
    pub(crate) async fn accept(&self) -> WsPeer {
        let (mut headers, mut path) = (Vec::new(), String::new());
        let (socket, _) = self.listener.accept().await.unwrap();
        #[expect(clippy::result_large_err, reason = "the library's signature")]
        let look = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
            path = request.uri().path().to_owned();
            headers = request
                .headers()
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
                .collect();
            Ok(response)
        };
        let socket = tokio_tungstenite::accept_hdr_async(socket, look).await.unwrap();
        WsPeer { socket, headers, path }
    }

    /// Answers the next handshake with an HTTP error.
    pub(crate) async fn refuse(&self, status: u16, body: &str) {
        let (mut socket, _) = self.listener.accept().await.unwrap();
        read_request(&mut socket).await.unwrap();
        let reply = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        socket.write_all(reply.as_bytes()).await.unwrap();
        let _ = socket.shutdown().await;
    }
}

impl WsPeer {
    /// The next command, within two seconds.
    pub(crate) async fn command(&mut self) -> serde_json::Value {
        loop {
            let next = tokio::time::timeout(Duration::from_secs(5), self.socket.next());
            match next.await.expect("a command in time").unwrap().unwrap() {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Close(_) => panic!("closed"),
                _ => {}
            }
        }
    }

    /// Any message at all, or `None` once the client is gone.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        self.socket.next().await.and_then(Result::ok)
    }

    /// Frames end with a newline, as the venue's do.
    pub(crate) async fn send(&mut self, frame: &str) {
        self.socket.send(Message::text(format!("{frame}\n"))).await.unwrap();
    }

    /// Queues a frame; [`Self::flush`] sends what is queued in one go.
    pub(crate) async fn feed(&mut self, frame: &str) {
        self.socket.feed(Message::text(format!("{frame}\n"))).await.unwrap();
    }

    pub(crate) async fn flush(&mut self) {
        self.socket.flush().await.unwrap();
    }

    pub(crate) async fn send_raw(&mut self, message: Message) {
        let _ = self.socket.send(message).await;
    }

    /// Takes the first subscription commands and acknowledges them; returns the sid of the books.
    pub(crate) async fn acknowledge_all(&mut self, channels: usize) -> u64 {
        let mut books = 0;
        for sid in 1..=channels as u64 {
            let command = self.command().await;
            assert_eq!(command["cmd"], "subscribe");
            let channel = command["params"]["channels"][0].as_str().unwrap().to_owned();
            if channel == "orderbook_delta" {
                assert_eq!(command["params"]["use_yes_price"], false);
                books = sid;
            }
            let id = &command["id"];
            self.send(&format!(
                r#"{{"id":{id},"type":"subscribed","msg":{{"channel":"{channel}","sid":{sid}}}}}"#
            ))
            .await;
        }
        books
    }

    pub(crate) async fn close(mut self) {
        let _ = self.socket.close(None).await;
    }
}
