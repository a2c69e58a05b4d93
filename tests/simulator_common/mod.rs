//! A raw client of a simulated Kalshi venue, written from the venue's documentation and sharing
//! nothing with the program's own client; and a small venue to point it at.

#![allow(dead_code, unreachable_pub)]

use std::sync::mpsc::Sender;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt as _, StreamExt as _};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, RSA_PSS_SHA256, RsaKeyPair};
use serde_json::{Value, json};
use statecraft::simulator::clock::wall_now;
use statecraft::simulator::{
    Credentials, KeyPairs, QuietExchange, Simulator, SimulatorConfig, Step,
};
use statecraft_domain::fees::{KalshiFeeType, KalshiMember};
use statecraft_domain::{
    FeeSchedule, Listing, MarketId, MarketStatus, Price, Quantity, SelfTradePrevention, Side,
    TickGrid, TimeInForce, Usd, Venue,
};
use statecraft_exchange::{AccountId, Exchange, NewOrder};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

pub const USER: AccountId = AccountId(0);
pub const MAKER: AccountId = AccountId(1);
pub const FIRST: &str = "EV-26-AAA";
pub const SECOND: &str = "EV-26-BBB";

pub fn contracts(count: i32) -> Quantity {
    Quantity::from_contracts(count)
}

pub fn cents(count: u16) -> Price {
    Price::from_cents(count).unwrap()
}

pub fn listing(ticker: &str, fees: FeeSchedule) -> Listing {
    Listing {
        venue: Venue::Kalshi,
        ticker: ticker.to_owned(),
        event: "EV-26".to_owned(),
        series: "EV".to_owned(),
        title: format!("Will {ticker} happen?"),
        grid: TickGrid::cents(),
        lot: Quantity::from_e6(10_000),
        close: None,
        fees,
        status: MarketStatus::Active,
    }
}

pub fn order(account: AccountId, market: u32, side: Side, price: u16, count: i32) -> NewOrder {
    NewOrder {
        account,
        client_id: None,
        market: MarketId(market),
        side,
        price: cents(price),
        quantity: contracts(count),
        time_in_force: TimeInForce::GoodTilCancelled { expires: None },
        post_only: false,
        reduce_only: false,
        self_trade_prevention: SelfTradePrevention::CancelTaker,
        cancel_on_pause: false,
    }
}

/// Two markets without fees, quoted 40/50 by a maker; the user has 100 dollars.
pub fn small_venue() -> (QuietExchange, Sender<Step>) {
    venue_with(FeeSchedule::free())
}

pub fn venue_with(fees: FeeSchedule) -> (QuietExchange, Sender<Step>) {
    let mut exchange = Exchange::new();
    exchange.open_account(Usd::from_dollars(100));
    exchange.open_account(Usd::from_dollars(1_000_000));
    exchange.list(listing(FIRST, fees.clone()));
    exchange.list(listing(SECOND, fees));
    let now = wall_now();
    let mut reports = Vec::new();
    for market in [0, 1] {
        for (side, price) in [(Side::Bid, 40), (Side::Ask, 50), (Side::Ask, 60)] {
            exchange.place(now, order(MAKER, market, side, price, 20), &mut reports).unwrap();
        }
    }
    QuietExchange::new(exchange, USER, now)
}

pub fn kalshi_fees() -> FeeSchedule {
    FeeSchedule::kalshi(KalshiFeeType::Quadratic, 1_000_000, KalshiMember::Direct)
}

/// A venue, a client with its RSA key, and the means to act on the venue.
pub struct Bench {
    pub simulator: Simulator,
    pub client: Client,
    pub steps: Sender<Step>,
}

impl Bench {
    pub async fn new() -> Self {
        Self::with(small_venue(), |_| {}).await
    }

    pub async fn with(
        (backend, steps): (QuietExchange, Sender<Step>),
        change: impl FnOnce(&mut SimulatorConfig),
    ) -> Self {
        let mut config = SimulatorConfig::new(Box::new(backend), KeyPairs::generate().unwrap());
        change(&mut config);
        let simulator = Simulator::start(config).await.unwrap();
        let client = Client::rsa(&simulator);
        Self { simulator, client, steps }
    }

    /// Does something at the venue and waits until it is done.
    pub async fn act(
        &self,
        act: impl FnOnce(
            &mut Exchange,
            statecraft_domain::Timestamp,
            &mut Vec<statecraft_exchange::Report>,
        ) + Send
        + 'static,
    ) {
        self.steps.send(Box::new(act)).unwrap();
        let _ = self.simulator.ledger();
    }
}

enum Key {
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// Signs and sends.
pub struct Client {
    pub base: String,
    pub key_id: String,
    key: Key,
    http: reqwest::Client,
    /// Added to the timestamps that are signed.
    pub skew_ms: i64,
}

fn der(credentials: &Credentials) -> Vec<u8> {
    let body: String =
        credentials.private_key_pem.lines().filter(|line| !line.starts_with('-')).collect();
    STANDARD.decode(body).unwrap()
}

impl Client {
    pub fn rsa(simulator: &Simulator) -> Self {
        let credentials = simulator.credentials();
        let key = Key::Rsa(RsaKeyPair::from_pkcs8(&der(credentials)).unwrap());
        Self::new(simulator, &credentials.key_id, key)
    }

    pub fn ed25519(simulator: &Simulator) -> Self {
        let credentials = simulator.ed25519_credentials();
        let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der(credentials)).unwrap();
        Self::new(simulator, &credentials.key_id, Key::Ed25519(key))
    }

    fn new(simulator: &Simulator, key_id: &str, key: Key) -> Self {
        // A second installation (another test) is refused, which is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            base: format!("http://{}", simulator.addr()),
            key_id: key_id.to_owned(),
            key,
            http,
            skew_ms: 0,
        }
    }

    pub fn sign(
        &self,
        message: &str,
        padding: &'static dyn ring::signature::RsaEncoding,
    ) -> String {
        match &self.key {
            Key::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                let random = SystemRandom::new();
                pair.sign(padding, &random, message.as_bytes(), &mut signature).unwrap();
                STANDARD.encode(signature)
            }
            Key::Ed25519(pair) => STANDARD.encode(pair.sign(message.as_bytes())),
        }
    }

    pub fn now_ms(&self) -> i64 {
        wall_now().millis() + self.skew_ms
    }

    /// The three headers over this method and path.
    pub fn headers(&self, method: &str, path: &str) -> Vec<(&'static str, String)> {
        let timestamp = self.now_ms().to_string();
        let signature = self.sign(&format!("{timestamp}{method}{path}"), &RSA_PSS_SHA256);
        vec![
            ("KALSHI-ACCESS-KEY", self.key_id.clone()),
            ("KALSHI-ACCESS-TIMESTAMP", timestamp),
            ("KALSHI-ACCESS-SIGNATURE", signature),
        ]
    }

    /// A request with exactly these headers.
    pub async fn raw(
        &self,
        method: &str,
        target: &str,
        headers: Vec<(&'static str, String)>,
        body: Option<Value>,
    ) -> (u16, Value) {
        let method = method.parse().unwrap();
        let mut request = self.http.request(method, format!("{}{target}", self.base));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// A signed call below `/trade-api/v2`.
    pub async fn call(&self, method: &str, target: &str, body: Option<Value>) -> (u16, Value) {
        let target = format!("/trade-api/v2{target}");
        let path = target.split('?').next().unwrap().to_owned();
        self.raw(method, &target, self.headers(method, &path), body).await
    }

    pub async fn get(&self, target: &str) -> Value {
        let (status, body) = self.call("GET", target, None).await;
        assert_eq!(status, 200, "{target}: {body}");
        body
    }

    pub async fn create(&self, fields: Value) -> (u16, Value) {
        let mut order = json!({
            "ticker": FIRST,
            "side": "bid",
            "count": "1.00",
            "price": "0.0100",
            "time_in_force": "good_till_canceled",
            "self_trade_prevention_type": "taker_at_cross",
        });
        for (name, value) in fields.as_object().unwrap() {
            order[name] = value.clone();
        }
        self.call("POST", "/portfolio/events/orders", Some(order)).await
    }

    pub async fn created(&self, fields: Value) -> Value {
        let (status, body) = self.create(fields).await;
        assert_eq!(status, 201, "{body}");
        body
    }

    pub async fn socket(&self) -> Socket {
        let headers = self.headers("GET", "/trade-api/ws/v2");
        Socket::open(&self.base, headers).await.unwrap()
    }
}

/// A raw websocket.
pub struct Socket {
    stream: tokio_tungstenite::WebSocketStream<
        tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>,
    >,
    pub pings: Vec<Vec<u8>>,
}

impl Socket {
    pub async fn open(
        base: &str,
        headers: Vec<(&'static str, String)>,
    ) -> Result<Self, tokio_tungstenite::tungstenite::Error> {
        let url = format!("{}/trade-api/ws/v2", base.replace("http://", "ws://"));
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        let (stream, _) = tokio_tungstenite::connect_async(request).await?;
        Ok(Self { stream, pings: Vec::new() })
    }

    pub async fn send(&mut self, command: Value) {
        self.send_text(command.to_string()).await;
    }

    pub async fn send_text(&mut self, text: String) {
        self.stream.send(Message::text(text)).await.unwrap();
    }

    /// The next frame within two seconds, if there is one.
    pub async fn frame(&mut self) -> Option<Value> {
        let next = async {
            while let Some(Ok(message)) = self.stream.next().await {
                match message {
                    Message::Text(text) => {
                        assert!(text.ends_with('\n'), "frames end with a newline");
                        return Some(serde_json::from_str(&text).unwrap());
                    }
                    Message::Ping(payload) => self.pings.push(payload.to_vec()),
                    _ => {}
                }
            }
            None
        };
        tokio::time::timeout(Duration::from_secs(2), next).await.ok().flatten()
    }

    pub async fn next(&mut self) -> Value {
        self.frame().await.expect("a frame within two seconds")
    }

    /// The next frame of this type; others are dropped.
    pub async fn next_of(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.next().await;
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// Subscribes and returns the answer.
    pub async fn subscribe(&mut self, channel: &str, tickers: &[&str]) -> Value {
        let mut params = json!({ "channels": [channel] });
        if !tickers.is_empty() {
            params["market_tickers"] = json!(tickers);
        }
        self.send(json!({ "id": 1, "cmd": "subscribe", "params": params })).await;
        self.next().await
    }

    /// Nothing comes for a little while.
    pub async fn is_silent(&mut self) -> bool {
        let wait = Duration::from_millis(200);
        loop {
            match tokio::time::timeout(wait, self.stream.next()).await {
                Err(_) => return true,
                Ok(Some(Ok(Message::Text(_)))) => return false,
                Ok(Some(Ok(_))) => {}
                Ok(Some(Err(_)) | None) => return true,
            }
        }
    }
}
