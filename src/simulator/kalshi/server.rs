//! The HTTP side: one handler takes a request apart, checks signature and rate limit, draws the
//! faults, and hands what is left to the table of routes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::Response;
use statecraft_domain::{Nanos, Timestamp};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::api::{self, Call};
use super::auth::{SignedHeaders, Verifier};
use super::call::Query;
use super::error::{ApiError, ErrorShape};
use super::limits::Buckets;
use super::stream::socket;
use super::venue::KalshiVenue;
use crate::simulator::clock::wall_now;
use crate::simulator::faults::{FaultKind, Shot};
use crate::simulator::story::{AtomFeed, signal_lines};

const API: &str = "/trade-api/v2/";
const SOCKET: &str = "/trade-api/ws/v2";
const STORY: &str = "/story/";
const BODY_LIMIT: usize = 4 << 20;

/// What every request and every socket shares.
pub(crate) struct Shared {
    pub(crate) venue: Mutex<KalshiVenue>,
    pub(crate) buckets: Mutex<Buckets>,
    pub(crate) verifier: Verifier,
    pub(crate) heartbeat: Duration,
    pub(crate) connection_limit: usize,
    pub(crate) stop: CancellationToken,
    pub(crate) tasks: TaskTracker,
}

impl Shared {
    /// The venue. A panic elsewhere does not take it away: its state is consistent between reports.
    pub(crate) fn venue(&self) -> MutexGuard<'_, KalshiVenue> {
        self.venue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shape(&self) -> ErrorShape {
        self.venue().options.error_shape
    }

    fn draw(&self, kind: FaultKind) -> Option<Shot> {
        self.venue().faults.draw(kind)
    }

    fn pays(&self, call: &Call<'_>) -> bool {
        let (bucket, cost) = call.cost();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.take(bucket, cost, Instant::now())
    }

    /// Checks the signature of a request by the venue's own clock, which a fault may set wrong.
    fn check_signature(
        &self,
        headers: &HeaderMap,
        method: &str,
        path: &str,
    ) -> Result<(), ApiError> {
        let wrong = self.draw(FaultKind::WrongClock).map_or(0, |shot| shot.ms);
        let wall: Timestamp = wall_now() + Nanos::from_millis(wrong);
        self.verifier.check(signed(headers), method, path, wall)
    }
}

fn signed(headers: &HeaderMap) -> SignedHeaders<'_> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    SignedHeaders {
        key: text("kalshi-access-key"),
        timestamp: text("kalshi-access-timestamp"),
        signature: text("kalshi-access-signature"),
    }
}

/// The service.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new().fallback(serve).with_state(shared)
}

async fn serve(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    if path == SOCKET {
        return open_socket(&shared, request);
    }
    let answered = match path.strip_prefix(STORY) {
        Some(story) => tell_story(&shared, story, request.uri(), request.headers()),
        None => rest(&shared, &path, request).await,
    };
    let mut response = answered.unwrap_or_else(|error| refusal(&error, shared.shape()));
    if let Some(shot) = shared.draw(FaultKind::WrongDate)
        && let Some(date) = http_date(wall_now() + Nanos::from_millis(shot.ms))
    {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

/// `Thu, 26 Nov 2026 05:00:00 GMT`.
fn http_date(at: Timestamp) -> Option<HeaderValue> {
    let instant = jiff::Timestamp::from_second(at.secs()).ok()?;
    let text = instant.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    HeaderValue::from_str(&text).ok()
}

fn respond(status: u16, body: String, content_type: &'static str) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    if status != 204 {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    response
}

fn refusal(error: &ApiError, shape: ErrorShape) -> Response {
    let mut response = respond(error.status, error.json(shape), "application/json");
    if let Some(location) = error.location().and_then(|text| HeaderValue::from_str(text).ok()) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

fn open_socket(shared: &Arc<Shared>, request: Request) -> Response {
    let checked = shared.check_signature(request.headers(), "GET", SOCKET);
    let full = shared.venue().hub.len() >= shared.connection_limit;
    match checked {
        Err(error) => refusal(&error, shared.shape()),
        Ok(()) if full => refusal(&ApiError::too_many_requests(), ErrorShape::Nested),
        Ok(()) => socket::upgrade(shared, request),
    }
}

/// Our own extension: what a client of a compressed, made-up world needs to follow it.
fn tell_story(
    shared: &Shared,
    story: &str,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let mut venue = shared.venue();
    let json = |value: serde_json::Value| respond(200, value.to_string(), "application/json");
    match story {
        "clock" => Ok(json(serde_json::json!(venue.clock.reading()))),
        "faults" => Ok(json(serde_json::json!(venue.faults.fired()))),
        "ledger" => {
            venue.catch_up();
            Ok(json(serde_json::json!(venue.ledger())))
        }
        "signals" => {
            venue.catch_up();
            let query = Query::parse(uri.query().unwrap_or_default());
            let after = query.integer("GetSignals", "after", 0..=i64::MAX)?.unwrap_or(0);
            let after = usize::try_from(after).unwrap_or(usize::MAX);
            let fresh = venue.signals.get(after..).unwrap_or_default();
            Ok(respond(200, signal_lines(fresh), "application/x-ndjson"))
        }
        "feed.atom" => feed(&mut venue, None, headers),
        _ => {
            let source = story.strip_prefix("feeds/").and_then(|name| name.strip_suffix(".atom"));
            feed(&mut venue, Some(source.ok_or_else(ApiError::not_found)?), headers)
        }
    }
}

/// The news so far as a feed, or that there is none since the client's last look.
fn feed(
    venue: &mut KalshiVenue,
    source: Option<&str>,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    venue.catch_up();
    let feed = AtomFeed::of(&venue.signals, source).ok_or_else(ApiError::not_found)?;
    let given = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let known = match given(header::IF_NONE_MATCH) {
        Some(etags) => etags.split(',').any(|etag| etag.trim() == feed.etag),
        None => given(header::IF_MODIFIED_SINCE) == Some(feed.last_modified.as_str()),
    };
    let (status, body) = if known { (304, String::new()) } else { (200, feed.document) };
    let mut response = respond(status, body, "application/atom+xml; charset=utf-8");
    for (name, value) in [(header::ETAG, feed.etag), (header::LAST_MODIFIED, feed.last_modified)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}

async fn rest(shared: &Shared, path: &str, request: Request) -> Result<Response, ApiError> {
    if let Some(bare) = path.strip_suffix('/').filter(|bare| !bare.is_empty()) {
        let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
        return Err(ApiError::moved(format!("{bare}{query}")));
    }
    let Some(below) = path.strip_prefix(API) else { return Err(ApiError::not_found()) };
    let (head, body) = request.into_parts();
    let body = to_bytes(body, BODY_LIMIT)
        .await
        .map_err(|error| ApiError::undecodable(format!("body: {error}")))?;
    let call = Call {
        method: head.method.as_str(),
        segments: below.split('/').collect(),
        query: Query::parse(head.uri.query().unwrap_or_default()),
        body: &body,
    };
    if call.is_private() || signed(&head.headers).any() {
        shared.check_signature(&head.headers, call.method, path)?;
    }
    check_content_type(&call, &head.headers)?;
    if !shared.pays(&call) || shared.draw(FaultKind::RateLimit).is_some() {
        return Err(ApiError::too_many_requests());
    }
    let answered = answer(shared, &call);
    if let Some(shot) = shared.draw(FaultKind::DelayResponse) {
        tokio::time::sleep(shot.delay()).await;
    }
    answered
}

/// A body has to say that it is JSON.
fn check_content_type(call: &Call<'_>, headers: &HeaderMap) -> Result<(), ApiError> {
    let declared = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let json = declared.is_some_and(|text| text.starts_with("application/json"));
    if call.method == "GET" || call.body.is_empty() || json {
        Ok(())
    } else {
        Err(ApiError::undecodable("Content-Type must be application/json"))
    }
}

fn answer(shared: &Shared, call: &Call<'_>) -> Result<Response, ApiError> {
    let mut venue = shared.venue();
    let outage = |shot: Shot| ApiError::coded(shot.status, "service_unavailable");
    if call.is_order_write()
        && let Some(shot) = venue.faults.draw(FaultKind::ErrorBeforeAccept)
    {
        return Err(outage(shot));
    }
    let key_ids: Vec<String> = shared.verifier.key_ids().map(str::to_owned).collect();
    let reply = api::handle(&mut venue, call, &key_ids)?;
    if call.is_order_write()
        && let Some(shot) = venue.faults.draw(FaultKind::ErrorAfterAccept)
    {
        return Err(outage(shot));
    }
    Ok(respond(reply.status, reply.body, "application/json"))
}
