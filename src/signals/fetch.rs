//! The HTTP client of the sources: no redirects, no proxies, bounded bodies, and outside this machine
//! only public addresses, pinned for the connection.

use std::sync::Arc;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{self, HeaderMap, HeaderValue};
use url::Url;

use super::hosts::{PAUSE_MAX, place};
use super::settings::{BadSource, check_url, is_loopback, is_public};

/// Largest body that is read, in bytes, after decompression.
pub const BODY_BYTES_MAX: usize = 5 * 1024 * 1024;
/// Most redirects that are followed.
pub const REDIRECTS_MAX: usize = 3;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A server that says nothing for so long hangs.
const IDLE_TIMEOUT: Duration = Duration::from_secs(5);
/// A whole answer takes no longer, however steadily it drips.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a busy server is left alone if it does not say.
const RETRY_AFTER: Duration = Duration::from_secs(60);
/// Longest validator that is kept and sent back.
const VALIDATOR_BYTES_MAX: usize = 1_024;
const USER_AGENT: &str = concat!("statecraft/", env!("CARGO_PKG_VERSION"));

/// Why nothing was fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The client could not be built, or the request failed.
    #[error("request failed: {0}")]
    Request(#[from] reqwest::Error),
    /// Anything but success.
    #[error("answered with status {0}")]
    Status(u16),
    /// The server asks to be left alone (429, 503).
    #[error("answered with status {status}; not asked again for {} s", .retry_after.as_secs())]
    Busy {
        /// The status.
        status: u16,
        /// For how long.
        retry_after: Duration,
    },
    /// More than [`BODY_BYTES_MAX`].
    #[error("answered with more than {BODY_BYTES_MAX} bytes")]
    TooLarge,
    /// More than [`REDIRECTS_MAX`] in a row.
    #[error("more than {REDIRECTS_MAX} redirects")]
    TooManyRedirects,
    /// A redirect to where nothing may be fetched.
    #[error("redirected to where nothing may be fetched: {0}")]
    Redirect(BadSource),
    /// A redirect without a readable address.
    #[error("redirected to an address that cannot be read")]
    BadLocation,
}

/// A client for one address.
///
/// # Errors
/// [`FetchError::Request`] if it cannot be built.
pub fn client(url: &Url) -> Result<reqwest::Client, FetchError> {
    // Fails only if a provider is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect::<rustls::RootCertStore>();
    let tls = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let mut builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .user_agent(USER_AGENT)
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(IDLE_TIMEOUT)
        .timeout(TOTAL_TIMEOUT);
    if !is_loopback(url) {
        builder = builder.dns_resolver(Arc::new(PublicOnly));
    }
    Ok(builder.build()?)
}

/// Fetches the lines after the first `after`.
///
/// # Errors
/// [`FetchError`]: nothing of the answer is used then.
pub async fn lines_after(
    client: &reqwest::Client,
    url: &Url,
    after: u64,
) -> Result<Vec<u8>, FetchError> {
    let request = client.get(url.clone()).query(&[("after", after.to_string())]);
    let response = request.send().await?;
    match response.status() {
        status if is_busy(status) => Err(busy(status, response.headers())),
        status if !status.is_success() => Err(FetchError::Status(status.as_u16())),
        _ => body(response).await,
    }
}

/// Does the server ask to be left alone?
fn is_busy(status: StatusCode) -> bool {
    matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)
}

fn busy(status: StatusCode, headers: &HeaderMap) -> FetchError {
    FetchError::Busy { status: status.as_u16(), retry_after: retry_after(headers) }
}

/// Reads a body as it comes, and stops at the limit: a small answer may grow without end when it is
/// decompressed.
async fn body(mut response: reqwest::Response) -> Result<Vec<u8>, FetchError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > BODY_BYTES_MAX {
            return Err(FetchError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// What a server gave with its last answer, to be told if there is nothing newer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    etag: Option<HeaderValue>,
    last_modified: Option<HeaderValue>,
}

/// A document.
#[derive(Debug)]
pub struct Answer {
    /// The bytes.
    pub body: Vec<u8>,
    /// The character set of the header.
    pub charset: Option<String>,
    /// For the next request.
    pub validators: Validators,
    /// For so long nothing newer is to be expected.
    pub max_age: Duration,
}

/// What came of one request.
#[derive(Debug)]
pub enum Got {
    /// A document.
    Answer(Answer),
    /// Nothing newer than the validators.
    NotModified,
    /// It is elsewhere.
    Redirect(String),
}

/// Asks once, without following redirects.
///
/// # Errors
/// [`FetchError`].
pub async fn get(
    client: &reqwest::Client,
    url: &Url,
    validators: &Validators,
) -> Result<Got, FetchError> {
    let mut request = client.get(url.clone()).header(header::ACCEPT, ACCEPT);
    if let Some(etag) = &validators.etag {
        request = request.header(header::IF_NONE_MATCH, etag);
    }
    if let Some(date) = &validators.last_modified {
        request = request.header(header::IF_MODIFIED_SINCE, date);
    }
    let response = request.send().await?;
    let headers = response.headers();
    match response.status() {
        StatusCode::NOT_MODIFIED => Ok(Got::NotModified),
        status if status.is_redirection() => {
            let location = headers.get(header::LOCATION).and_then(|value| value.to_str().ok());
            location.map(|text| Got::Redirect(text.to_owned())).ok_or(FetchError::BadLocation)
        }
        status if is_busy(status) => Err(busy(status, headers)),
        status if status.is_success() => {
            let (charset, max_age) = (charset(headers), max_age(headers));
            let validators = Validators {
                etag: validator(headers, header::ETAG),
                last_modified: validator(headers, header::LAST_MODIFIED),
            };
            Ok(Got::Answer(Answer { body: body(response).await?, charset, validators, max_age }))
        }
        status => Err(FetchError::Status(status.as_u16())),
    }
}

const ACCEPT: &str = "application/atom+xml, application/rss+xml, application/feed+json, \
                      application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1";

/// The address a redirect leads to, if it may be fetched: it is on the list, and nothing leads into this
/// machine but a server of it that sends on to itself.
///
/// # Errors
/// [`FetchError::Redirect`] or [`FetchError::BadLocation`].
pub fn redirected(
    first: &Url,
    from: &Url,
    location: &str,
    allowed: &[String],
) -> Result<Url, FetchError> {
    let url = from.join(location).map_err(|_| FetchError::BadLocation)?;
    if is_loopback(&url) && place(&url) != place(first) {
        return Err(FetchError::Redirect(BadSource::Inside(place(&url))));
    }
    check_url(&url, allowed).map_err(FetchError::Redirect)?;
    Ok(url)
}

fn validator(headers: &HeaderMap, name: header::HeaderName) -> Option<HeaderValue> {
    headers.get(name).filter(|value| value.len() <= VALIDATOR_BYTES_MAX).cloned()
}

fn charset(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::CONTENT_TYPE)?.to_str().ok()?.to_ascii_lowercase();
    let value = text.split("charset=").nth(1)?.split(';').next()?;
    Some(value.trim().trim_matches('"').to_owned())
}

fn max_age(headers: &HeaderMap) -> Duration {
    let text = headers.get(header::CACHE_CONTROL).and_then(|value| value.to_str().ok());
    let seconds = text
        .into_iter()
        .flat_map(|text| text.split(','))
        .find_map(|part| part.trim().strip_prefix("max-age=")?.parse().ok());
    Duration::from_secs(seconds.unwrap_or(0))
}

/// Seconds, or a date; never longer than it will be heeded.
fn retry_after(headers: &HeaderMap) -> Duration {
    retry_after_told(headers).min(PAUSE_MAX)
}

fn retry_after_told(headers: &HeaderMap) -> Duration {
    let text = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    let Some(text) = text.map(str::trim) else { return RETRY_AFTER };
    if let Ok(seconds) = text.parse() {
        return Duration::from_secs(seconds);
    }
    let until = jiff::fmt::rfc2822::parse(text).map(|at| at.timestamp());
    let left = until.map(|until| until.as_second() - jiff::Timestamp::now().as_second());
    left.ok().and_then(|left| u64::try_from(left).ok()).map_or(RETRY_AFTER, Duration::from_secs)
}

/// Resolves names, and keeps public addresses only: a name on the list must not lead inside.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let open: Vec<_> = found.filter(|address| is_public(address.ip())).collect();
            if open.is_empty() {
                return Err("the name has no public address".into());
            }
            Ok(Box::new(open.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absurd_pause_is_told_as_it_is_kept() {
        let told = |text: &'static str| {
            let value = HeaderValue::from_static(text);
            retry_after(&HeaderMap::from_iter([(header::RETRY_AFTER, value)]))
        };
        assert_eq!(told("7"), Duration::from_secs(7));
        assert_eq!(told("9999999999"), PAUSE_MAX);
        assert_eq!(told("Fri, 01 Jan 2100 00:00:00 GMT"), PAUSE_MAX);
        assert_eq!(told("soon"), RETRY_AFTER);
    }
}
