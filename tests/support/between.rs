//! Stands between the program and the simulated venue, and hides markets and events from it.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    missing_docs
)]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Whoever asks for markets by this name asks for one that there is not.
const NOWHERE: &str = "KXNOWHERE";

#[derive(Default)]
struct Hidden {
    market: Option<String>,
    /// A path below `/trade-api/v2` and the status it is answered with.
    path: Option<(String, u16)>,
}

/// See the module.
pub struct Between {
    pub url: String,
    venue: Arc<Mutex<String>>,
    hidden: Arc<Mutex<Hidden>>,
}

impl Between {
    /// Before the venue at this address.
    pub fn before(venue: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (led, hidden) = (Arc::new(Mutex::new(address(venue))), Arc::default());
        let (shared, venue) = (Arc::clone(&hidden), Arc::clone(&led));
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let venue = venue.lock().unwrap().clone();
                let Ok(upstream) = TcpStream::connect(venue) else { continue };
                let shared = Arc::clone(&shared);
                let (from, to) = (upstream.try_clone().unwrap(), client.try_clone().unwrap());
                std::thread::spawn(move || answers(from, to));
                std::thread::spawn(move || requests(client, upstream, &shared));
            }
        });
        Self { url, venue: led, hidden }
    }

    /// From the next connection on this is another venue.
    pub fn lead_to(&self, venue: &str) {
        *self.venue.lock().unwrap() = address(venue);
    }

    /// The venue shows everything.
    pub fn hide_nothing(&self) {
        *self.hidden.lock().unwrap() = Hidden::default();
    }

    /// It does not list this market by its name.
    pub fn hide_market(&self, ticker: &str) {
        self.hidden.lock().unwrap().market = Some(ticker.to_owned());
    }

    /// It answers this path with an error.
    pub fn fail(&self, path: &str, status: u16) {
        self.hidden.lock().unwrap().path = Some((path.to_owned(), status));
    }
}

fn address(url: &str) -> String {
    url.strip_prefix("http://").unwrap().to_owned()
}

fn answers(mut from: TcpStream, mut to: TcpStream) {
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Both);
}

fn requests(mut client: TcpStream, mut upstream: TcpStream, hidden: &Mutex<Hidden>) {
    let mut bytes = [0; 65_536];
    while let Ok(count @ 1..) = client.read(&mut bytes) {
        // A request without a body comes in one piece, and the next one after its answer.
        let sent = match seen(&bytes[..count], &hidden.lock().unwrap()) {
            Seen::As(bytes) => upstream.write_all(&bytes),
            Seen::Answered(answer) => client.write_all(answer.as_bytes()),
        };
        if sent.is_err() {
            break;
        }
    }
    let _ = upstream.shutdown(Shutdown::Both);
}

enum Seen {
    As(Vec<u8>),
    Answered(String),
}

fn seen(bytes: &[u8], hidden: &Hidden) -> Seen {
    let Some(text) = std::str::from_utf8(bytes).ok().filter(|text| text.starts_with("GET ")) else {
        return Seen::As(bytes.to_vec());
    };
    let (line, rest) = text.split_once("\r\n").unwrap();
    if let Some((path, status)) = &hidden.path
        && line.contains(&format!("/trade-api/v2{path} "))
    {
        let body = r#"{"error":{"code":"not_found","message":"not found"}}"#;
        let length = body.len();
        return Seen::Answered(format!(
            "HTTP/1.1 {status} Error\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        ));
    }
    match &hidden.market {
        // The query is not signed.
        Some(ticker) if line.contains("/markets?") => {
            Seen::As(format!("{}\r\n{rest}", line.replace(ticker, NOWHERE)).into_bytes())
        }
        _ => Seen::As(bytes.to_vec()),
    }
}
