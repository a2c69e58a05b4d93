//! Answers and the ways in which there is none.

use std::error::Error;

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use serde::de::DeserializeOwned;
use statecraft_domain::{Nanos, Timestamp};

use super::venue_words;
use crate::venue::kalshi::auth::SignError;
use crate::venue::kalshi::limits::Wait;
use crate::venue::kalshi::wire::{ErrorBody, clean_venue_text};

/// Why a call gave no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum RestError {
    /// The client itself is at fault; nothing was sent.
    #[error("cannot make the request: {0}")]
    Client(String),
    /// Nothing was sent.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// Nothing was sent: our copy of the venue's budget is used up.
    #[error(transparent)]
    Budget(Wait),
    /// Nothing was sent: a name with characters that no name of this venue has.
    #[error("{0:?} is no name of this venue")]
    BadName(String),
    /// No connection could be made; no byte of the request left.
    #[error("no connection to the venue: {0}")]
    NotConnected(String),
    /// Nothing was sent: the order was withheld at the last look, or the request ended before its turn.
    #[error("not sent: {0}")]
    Withheld(String),
    /// The connection failed while the request or the answer was under way.
    #[error("the connection failed: {0}")]
    Transport(String),
    /// The deadline passed while the request or the answer was under way.
    #[error("no answer in time")]
    TimedOut,
    /// The answer is longer than allowed.
    #[error("an answer of more than {0} bytes")]
    TooLarge(usize),
    /// The venue answered with an error.
    #[error("{path}: status {status}: {}", .error.line())]
    Venue {
        /// What was asked.
        path: String,
        /// HTTP status.
        status: u16,
        /// What it said, cleaned.
        error: ErrorBody,
    },
    /// The answer is not what is documented.
    #[error("{path}: unreadable answer: {cause}")]
    Malformed {
        /// What was asked.
        path: String,
        /// Where and why.
        cause: String,
    },
    /// A list that cannot be read to its end: no report, rather than half a report.
    #[error("{path}: {cause}")]
    Incomplete {
        /// What was asked.
        path: String,
        /// Why.
        cause: &'static str,
    },
}

impl RestError {
    /// Is it about the one thing that was asked for? Otherwise (no connection, the key, a budget) every
    /// other request would fare no better.
    #[must_use]
    pub const fn is_of_it_alone(&self) -> bool {
        match self {
            Self::Client(_)
            | Self::Sign(_)
            | Self::Budget(_)
            | Self::NotConnected(_)
            | Self::Withheld(_) => false,
            Self::Venue { status, .. } => !matches!(status, 401 | 403 | 429),
            Self::BadName(_)
            | Self::Transport(_)
            | Self::TimedOut
            | Self::TooLarge(_)
            | Self::Malformed { .. }
            | Self::Incomplete { .. } => true,
        }
    }

    /// Would the same request probably fare better a little later?
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        match self {
            Self::Venue { status, .. } => *status >= 500 || *status == 429,
            Self::Transport(_) | Self::TimedOut | Self::NotConnected(_) | Self::Budget(_) => true,
            _ => false,
        }
    }

    /// Is it certain that the venue has not seen the request?
    #[must_use]
    pub const fn never_sent(&self) -> bool {
        match self {
            Self::Client(_)
            | Self::Sign(_)
            | Self::Budget(_)
            | Self::BadName(_)
            | Self::NotConnected(_)
            | Self::Withheld(_) => true,
            Self::Transport(_)
            | Self::TimedOut
            | Self::TooLarge(_)
            | Self::Venue { .. }
            | Self::Malformed { .. }
            | Self::Incomplete { .. } => false,
        }
    }
}

/// A complete answer of any status.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    /// The venue's `Date` header.
    pub(super) date: Option<String>,
    /// Its `Retry-After`.
    pub(super) retry_after: Option<Nanos>,
    pub(super) sent_at: Timestamp,
    pub(super) received_at: Timestamp,
}

impl Answer {
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body of a successful answer, or the venue's error. A success status with an error body is
    /// an error.
    pub(super) fn parse<T: DeserializeOwned>(&self, path: &str) -> Result<T, RestError> {
        if !self.is_success() {
            return Err(self.error(path));
        }
        serde_json::from_slice(&self.body).map_err(|error| match ErrorBody::parse(&self.body) {
            Some(_) => self.error(path),
            None => RestError::Malformed { path: path.to_owned(), cause: error.to_string() },
        })
    }

    pub(super) fn error(&self, path: &str) -> RestError {
        RestError::Venue {
            path: path.to_owned(),
            status: self.status,
            error: venue_words(&self.body),
        }
    }
}

/// The body of a successful answer, or the venue's error.
///
/// # Errors
/// [`RestError`]: an error status, or a body that is not what is documented.
pub fn parse<T: DeserializeOwned>(status: u16, body: Vec<u8>, path: &str) -> Result<T, RestError> {
    let at = Timestamp::EPOCH;
    Answer { status, body, date: None, retry_after: None, sent_at: at, received_at: at }.parse(path)
}

/// Reads an answer to its end or to the limit.
pub(super) async fn read(
    mut response: reqwest::Response,
    max_bytes: usize,
    sent_at: Timestamp,
    now: impl Fn() -> Timestamp,
) -> Result<Answer, RestError> {
    let received_at = now();
    let status = response.status().as_u16();
    let date = response.headers().get(DATE).and_then(|date| date.to_str().ok()).map(str::to_owned);
    let retry_after = retry_after(response.headers(), received_at);
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| transport(&error))? {
        if body.len() + chunk.len() > max_bytes {
            return Err(RestError::TooLarge(max_bytes));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, body, date, retry_after, sent_at, received_at })
}

/// Seconds, or a date; nothing if it is neither.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Nanos> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(Nanos::from_secs(seconds.into()));
    }
    let until = super::clock::parse_http_date(text)?;
    // A date of the venue's is measured by the venue's clock, which may not be ours.
    let said = headers.get(DATE).and_then(|date| date.to_str().ok());
    let now = said.and_then(super::clock::parse_http_date).unwrap_or(now);
    Some((until - now).max(Nanos::ZERO))
}

/// What kind of failure it is. Only a failed connect is proof that nothing was sent.
pub(super) fn transport(error: &reqwest::Error) -> RestError {
    if error.is_connect() {
        RestError::NotConnected(causes(error))
    } else if error.is_timeout() {
        RestError::TimedOut
    } else if error.is_builder() {
        RestError::Client(causes(error))
    } else {
        RestError::Transport(causes(error))
    }
}

/// An error with its causes in one line.
pub(super) fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    clean_venue_text(&text)
}
