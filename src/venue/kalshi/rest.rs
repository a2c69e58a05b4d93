//! [`KalshiRest`]: the venue's REST API.
//!
//! Orders are sent at most once: [`KalshiRest::create_order`] never repeats a request, whatever
//! happens to it. Reads and cancels are repeated with jittered backoff. Every call has a size limit
//! and a deadline, and takes its tokens from our own copy of the venue's budgets first.

mod account;
mod answer;
mod clock;
mod groups;
mod guarded;
mod markets;
mod orders;
mod pages;
pub mod reads;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, redirect};
use serde::de::DeserializeOwned;
use statecraft_domain::Timestamp;
use tokio_util::sync::CancellationToken;

use super::auth::{AuthHeaders, ReadySignature, SignError, Signer};
use super::endpoint::Endpoint;
use super::limits::{Operation, RateLimits, Wait};
use super::wire::{AccountLimits, EndpointCosts, ErrorBody};
use crate::venue::backoff::Backoff;
use crate::venue::tls;

pub use super::classify::{Accepted, Placed};
pub use answer::{RestError, parse};
pub use clock::ClockOffset;
pub(crate) use clock::offset;
pub use markets::{Listed, STATUS, Unlistable};
pub use orders::{
    Cancelled, Changed, OrderFilter, OrderRoute, create_bytes, judge_cancel, judge_create,
};
pub use pages::Get;

use answer::Answer;

/// Path of new orders, below the API root.
pub(crate) const ORDERS: &str = "/portfolio/events/orders";

/// Deadlines and attempts.
#[derive(Debug, Clone, Copy)]
pub struct RestSettings {
    /// To have a connection.
    pub connect_timeout: Duration,
    /// For a whole call.
    pub total_timeout: Duration,
    /// Longest answer, after decompression.
    pub body_max_bytes: usize,
    /// Attempts of a read or cancel.
    pub attempts_max: u32,
    /// First wait between attempts, at most.
    pub backoff_base: Duration,
    /// Longest wait between attempts.
    pub backoff_cap: Duration,
}

impl Default for RestSettings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            total_timeout: Duration::from_secs(10),
            body_max_bytes: 8 * 1024 * 1024,
            attempts_max: 4,
            backoff_base: Duration::from_millis(200),
            backoff_cap: Duration::from_secs(5),
        }
    }
}

/// Where the time comes from.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// See the module.
pub struct KalshiRest {
    http: reqwest::Client,
    endpoint: Endpoint,
    signer: Arc<Signer>,
    order_signature: Arc<ReadySignature>,
    clock: Clock,
    limits: Mutex<RateLimits>,
    /// From here on time is counted for the limits: the wall clock may be set back.
    start: tokio::time::Instant,
    settings: RestSettings,
}

impl fmt::Debug for KalshiRest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KalshiRest")
            .field("endpoint", &self.endpoint.rest.as_str())
            .finish_non_exhaustive()
    }
}

impl KalshiRest {
    /// A client of one account. Opens no connection yet; starts with the lowest tier's budgets until
    /// [`Self::read_limits`].
    ///
    /// # Errors
    /// [`RestError::Client`] if the HTTP client cannot be built.
    pub fn new(
        endpoint: Endpoint,
        signer: Arc<Signer>,
        clock: Clock,
        settings: RestSettings,
    ) -> Result<Self, RestError> {
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured((*tls::client_config()).clone())
            .connect_timeout(settings.connect_timeout)
            .timeout(settings.total_timeout)
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .tcp_nodelay(true)
            .https_only(!endpoint.is_loopback())
            .user_agent(concat!("statecraft/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| RestError::Client(answer::causes(&error)))?;
        let path = Endpoint::signed_path(ORDERS);
        let order_signature = Arc::new(ReadySignature::new(Arc::clone(&signer), "POST", path));
        let limits = Mutex::new(RateLimits::basic(Duration::ZERO));
        let start = tokio::time::Instant::now();
        Ok(Self { http, endpoint, signer, order_signature, clock, limits, start, settings })
    }

    /// Keeps a signature ready for new orders until `stop`. Spawn it; without it orders are signed on
    /// their way.
    pub fn keep_order_signature(
        &self,
        stop: CancellationToken,
    ) -> impl Future<Output = ()> + Send + 'static + use<> {
        let clock = Arc::clone(&self.clock);
        Arc::clone(&self.order_signature).keep_renewed(move || clock(), stop)
    }

    /// Reads the account's own budgets and prices and uses them from now on.
    ///
    /// # Errors
    /// [`RestError`]; the budgets stay as they were.
    pub async fn read_limits(&self) -> Result<(AccountLimits, EndpointCosts), RestError> {
        let limits: AccountLimits = self.get(Operation::Read, "/account/limits").await?;
        let costs: EndpointCosts = self.get(Operation::Read, "/account/endpoint_costs").await?;
        let mut fresh = RateLimits::from_wire(&limits, &costs, self.elapsed());
        let mut present = self.limits.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.elapsed();
        fresh.hold(present.held_for(now), now);
        *present = fresh;
        drop(present);
        Ok((limits, costs))
    }

    /// The largest batch of orders that the write budget can ever hold.
    #[must_use]
    pub fn batch_max(&self) -> u32 {
        self.limits.lock().unwrap_or_else(PoisonError::into_inner).batch_max()
    }

    fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Time by a clock that only goes forward, for the limits.
    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn take(&self, operation: Operation, count: u32) -> Result<(), Wait> {
        let now = self.elapsed();
        self.limits.lock().unwrap_or_else(PoisonError::into_inner).take(operation, count, now)
    }

    /// Waits for the tokens of a repeatable call.
    async fn wait_for_tokens(&self, operation: Operation, count: u32) -> Result<(), RestError> {
        let deadline = tokio::time::Instant::now() + self.settings.total_timeout;
        loop {
            match self.take(operation, count) {
                Ok(()) => return Ok(()),
                Err(Wait::For(nanos)) => {
                    let pause = Duration::from_nanos(u64::try_from(nanos.get()).unwrap_or(0));
                    // What would be too late anyway is not waited for.
                    if tokio::time::Instant::now() + pause > deadline {
                        return Err(RestError::Budget(Wait::For(nanos)));
                    }
                    tokio::time::sleep(pause).await;
                }
                Err(wait) => return Err(RestError::Budget(wait)),
            }
        }
    }

    fn sign(&self, method: &Method, path: &str) -> Result<AuthHeaders, SignError> {
        let signed = Endpoint::signed_path(path);
        self.signer.headers(method.as_str(), &signed, self.now().millis())
    }

    /// One request, one answer, no repetition.
    async fn exchange(
        &self,
        method: Method,
        path: &str,
        auth: &AuthHeaders,
        body: Option<reqwest::Body>,
    ) -> Result<Answer, RestError> {
        let url = self.endpoint.url(path).map_err(|error| RestError::Client(error.to_string()))?;
        let mut headers = HeaderMap::with_capacity(8);
        auth.apply(&mut headers);
        // Some endpoints refuse a POST or PUT without a JSON content type, even without a body.
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let request = self.http.request(method, url).headers(headers);
        let request = match body {
            Some(body) => request.body(body),
            None => request,
        };
        let sent_at = self.now();
        let response = request.send().await.map_err(|error| answer::transport(&error))?;
        let body_max = self.settings.body_max_bytes;
        let answer = answer::read(response, body_max, sent_at, || self.now()).await?;
        self.heed(&answer);
        Ok(answer)
    }

    /// A venue that asks for silence gets it, whatever was asked.
    fn heed(&self, answer: &Answer) {
        let (429 | 503, Some(span)) = (answer.status, answer.retry_after) else { return };
        let mut limits = self.limits.lock().unwrap_or_else(PoisonError::into_inner);
        limits.hold(span, self.elapsed());
    }

    /// How long the venue still wants to hear nothing but cancels (`Retry-After`, bounded).
    #[must_use]
    pub fn held_for(&self) -> Duration {
        let now = self.elapsed();
        let held = self.limits.lock().unwrap_or_else(PoisonError::into_inner).held_for(now);
        Duration::from_nanos(u64::try_from(held.get()).unwrap_or(0))
    }

    /// A request that may be repeated: until an answer that is neither 429 nor a server error, or
    /// until the attempts are used up.
    async fn repeatable(
        &self,
        operation: Operation,
        count: u32,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> Result<Answer, RestError> {
        let mut backoff = Backoff::new(self.settings.backoff_base, self.settings.backoff_cap);
        let mut attempt = 1;
        loop {
            self.wait_for_tokens(operation, count).await?;
            let auth = self.sign(&method, path)?;
            let result =
                self.exchange(method.clone(), path, &auth, body.clone().map(Into::into)).await;
            let again = match &result {
                Ok(answer) if answer.status == 429 => {
                    let now = self.elapsed();
                    let mut limits = self.limits.lock().unwrap_or_else(PoisonError::into_inner);
                    limits.exhausted(operation, now);
                    true
                }
                Ok(answer) => answer.status >= 500 || answer.status == 408,
                Err(RestError::Transport(_) | RestError::TimedOut | RestError::NotConnected(_)) => {
                    true
                }
                Err(_) => false,
            };
            if !again || attempt >= self.settings.attempts_max {
                return result;
            }
            attempt += 1;
            tokio::time::sleep(backoff.next_delay()).await;
        }
    }
}

impl Get for KalshiRest {
    async fn get<T: DeserializeOwned + Send>(
        &self,
        operation: Operation,
        path: &str,
    ) -> Result<T, RestError> {
        self.repeatable(operation, 1, Method::GET, path, None).await?.parse(path)
    }
}

/// A path segment from a name that the venue or a user gave. Names of this venue need no escaping;
/// anything else could reach another path than the one that was meant and signed.
fn segment(name: &str) -> Result<&str, RestError> {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    if !name.is_empty() && name.bytes().all(plain) && !name.bytes().all(|byte| byte == b'.') {
        Ok(name)
    } else {
        Err(RestError::BadName(super::wire::clean_venue_text(name)))
    }
}

/// A path with a query of the pairs that have a value.
fn with_query(path: &str, pairs: &[(&str, Option<&str>)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// What an error answer says, for a message.
fn venue_words(body: &[u8]) -> ErrorBody {
    ErrorBody::parse(body).unwrap_or_else(|| ErrorBody {
        message: super::classify::excerpt(body),
        ..ErrorBody::default()
    })
}
