//! The server: who may ask, how much, how fast, and how it ends.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::given::{Given, print};
use super::token::Token;
use super::{BODY_BYTES_MAX, PushError, PushSettings, Refused, SOURCE, probability, signals};
use crate::signals::gate::Refusal;
use crate::signals::intake::{Intake, Outcome};
use crate::signals::run::Handle;

/// A client may take so long for its headers, and again for its body.
const READ_TIMEOUT: Duration = Duration::from_secs(5);
/// Connections at once.
const CONNECTIONS_MAX: usize = 32;
/// Requests at once after a pause, and a second in the long run.
const REQUESTS_BURST: f64 = 60.0;
const REQUESTS_PER_SECOND: f64 = 10.0;
/// Open requests may take so long when the server ends.
const DRAIN: Duration = Duration::from_secs(2);

/// A running server.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    accepting: JoinHandle<()>,
    open: TaskTracker,
}

impl Server {
    /// Starts it. `sources` must run the source [`SOURCE`].
    ///
    /// # Errors
    /// [`PushError`].
    pub async fn start(settings: PushSettings, sources: &Handle) -> Result<Self, PushError> {
        let listen = settings.listen;
        if !listen.ip().is_loopback() && !settings.allow_remote {
            return Err(PushError::NotLoopback(listen));
        }
        let token = Token::load_or_create(&settings.token_file)?;
        let intake = sources.intake(SOURCE).ok_or(PushError::NoSource)?;
        let failed = |source| PushError::Listen { address: listen, source };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let given = Given::heard(&intake.common.heard);
        let shared = Shared {
            token,
            intake,
            settings,
            bucket: Mutex::new(Bucket::full()),
            given: Mutex::new(given),
        };
        let (stop, open) = (CancellationToken::new(), TaskTracker::new());
        let accepting = accept(listener, router(Arc::new(shared)), stop.clone(), open.clone());
        Ok(Self { address, stop, accepting: tokio::spawn(accepting), open })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts nothing more, and lets open requests end.
    pub async fn stop(self) {
        self.stop.cancel();
        let _ = self.accepting.await;
        self.open.close();
        let _ = tokio::time::timeout(DRAIN, self.open.wait()).await;
    }
}

async fn accept(listener: TcpListener, router: Router, stop: CancellationToken, open: TaskTracker) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        // Whoever comes when all places are taken waits in the system's queue.
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            place = Arc::clone(&places).acquire_owned() => match place {
                Ok(place) => tokio::select! {
                    () = stop.cancelled() => return,
                    accepted = listener.accept() => accepted.map(|(stream, _)| (stream, place)),
                },
                Err(_) => return,
            },
        };
        match accepted {
            Ok((stream, place)) => {
                let (router, stop) = (router.clone(), stop.clone());
                open.spawn(async move {
                    converse(stream, router, stop).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection to the signal API was not accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn converse(stream: TcpStream, router: Router, stop: CancellationToken) {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(READ_TIMEOUT);
    let service = TowerToHyperService::new(router);
    let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection to the signal API ended badly");
    }
}

struct Shared {
    token: Token,
    intake: Arc<Intake>,
    settings: PushSettings,
    bucket: Mutex<Bucket>,
    given: Mutex<Given>,
}

fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/v1/signals", post(push_signals))
        .route("/v1/probability", post(push_probability))
        .route("/v1/health", get(|| async { answer(200, &json!({ "status": "ok" })) }))
        .fallback(|| async { refuse(&Refused::new(404, "not_found", "there is no such path")) })
        .with_state(shared)
}

async fn push_signals(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let taken = async {
        let (headers, body) = shared.admit(request).await?;
        let lines = content_type(&headers)? == Form::Lines;
        // One at a time: of two bodies under one id, the second is told so.
        let mut given = shared.given.lock().unwrap_or_else(PoisonError::into_inner);
        signals::take(&shared.intake, &shared.settings, &mut given, &body, lines)
    };
    match taken.await {
        Ok(report) => answer(report.status(), &json!(report)),
        Err(refused) => refuse(&refused),
    }
}

async fn push_probability(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let taken = async {
        let (headers, body) = shared.admit(request).await?;
        if content_type(&headers)? == Form::Lines {
            return Err(unsupported());
        }
        let now = shared.intake.now();
        let signal = probability::read(&body, &shared.settings.external, now)?;
        let (id, event, said) = (signal.id.clone(), signal.target.clone(), signal.forecast);
        let content = print(&signal);
        let max_age = shared.settings.max_age.get(&event).copied();
        // One at a time: of two bodies under one id, the second is told so.
        let mut given = shared.given.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = match shared.intake.signal(signal) {
            Outcome::Refused(Refusal::Duplicate) if given.contradicts(&id, &content) => {
                let message = format!(
                    "another probability was given under the id {id}; it stands, and this one was not \
                     taken: send it under an id of its own"
                );
                return Err(Refused::new(409, "conflict", message));
            }
            Outcome::Refused(Refusal::Duplicate) => "duplicate",
            Outcome::Refused(refusal @ Refusal::TooMany) => {
                return Err(Refused::new(429, "too_many", refusal.to_string()));
            }
            Outcome::Refused(refusal) => {
                return Err(Refused::new(422, "refused", refusal.to_string()));
            }
            Outcome::Accepted(_) | Outcome::Silent(_) => {
                given.keep(&id, content);
                "accepted"
            }
        };
        drop(given);
        let mut report = json!({ "id": id, "event": event, "outcome": outcome });
        if outcome == "accepted" {
            probability::tell_end(&mut report, said.as_ref(), max_age, now);
        }
        Ok(report)
    };
    match taken.await {
        Ok(report) => answer(200, &report),
        Err(refused) => refuse(&refused),
    }
}

impl Shared {
    /// Token, rate and body, in this order: without the token, nothing is read.
    async fn admit(&self, request: Request) -> Result<(HeaderMap, Vec<u8>), Refused> {
        let (parts, body) = request.into_parts();
        let authorization = parts.headers.get(header::AUTHORIZATION);
        let admitted = authorization
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| self.token.admits(value));
        if !admitted {
            let message = "send the token of api.token_file: Authorization: Bearer TOKEN";
            return Err(Refused::new(401, "unauthorized", message));
        }
        if !self.bucket.lock().unwrap_or_else(PoisonError::into_inner).take(Instant::now()) {
            return Err(Refused::new(
                429,
                "too_many",
                "more requests than this takes; wait a second",
            ));
        }
        content_type(&parts.headers)?;
        Ok((parts.headers, read(body).await?))
    }
}

async fn read(body: Body) -> Result<Vec<u8>, Refused> {
    let slow = |_| Refused::new(408, "too_slow", "the body took too long");
    let large = |_| {
        let message = format!("the body was cut off, or is larger than {BODY_BYTES_MAX} bytes");
        Refused::new(413, "too_large", message)
    };
    let read = tokio::time::timeout(READ_TIMEOUT, to_bytes(body, BODY_BYTES_MAX)).await;
    Ok(read.map_err(slow)?.map_err(large)?.to_vec())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Lines,
}

fn content_type(headers: &HeaderMap) -> Result<Form, Refused> {
    let text = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media = text.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    match media.to_ascii_lowercase().as_str() {
        "application/json" => Ok(Form::Json),
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" => Ok(Form::Lines),
        _ => Err(unsupported()),
    }
}

fn unsupported() -> Refused {
    let message = "Content-Type is application/json, or application/x-ndjson for lines of signals";
    Refused::new(415, "unsupported_media_type", message)
}

fn refuse(refused: &Refused) -> Response {
    let body = json!({ "error": refused.code, "message": refused.message });
    answer(refused.status, &body)
}

fn answer(status: u16, body: &serde_json::Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let json = HeaderValue::from_static("application/json");
    let mut response = (status, [(header::CONTENT_TYPE, json)], body.to_string()).into_response();
    let headers = response.headers_mut();
    if status == StatusCode::TOO_MANY_REQUESTS {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// Requests that may still be made at once.
struct Bucket {
    left: f64,
    filled: Instant,
}

impl Bucket {
    fn full() -> Self {
        Self { left: REQUESTS_BURST, filled: Instant::now() }
    }

    fn take(&mut self, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.filled).as_secs_f64();
        self.filled = now;
        self.left = (self.left + passed * REQUESTS_PER_SECOND).min(REQUESTS_BURST);
        let enough = self.left >= 1.0;
        if enough {
            self.left -= 1.0;
        }
        enough
    }
}
