//! Refusals and the bodies they are sent in: kalshi.md sections 2.4 and 3.10.

use serde::Serialize;
use statecraft_domain::RejectReason;
use statecraft_exchange::venue::Reject;

/// Which of the two documented forms an error with a code takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ErrorShape {
    /// `{"error":{"code",…}}`, as recorded.
    #[default]
    Nested,
    /// `{"code",…}`, as the published schema has it.
    Flat,
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) status: u16,
    body: Body,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Body {
    Coded(Coded),
    /// Always flat: the request could not be decoded.
    Undecodable(Coded),
    /// `{"msg":…}`: a query parameter was wrong.
    Bare(String),
    /// `{"error":"…"}`.
    Plain(&'static str),
    /// 204, 301: nothing.
    Empty {
        location: String,
    },
}

/// The published `ErrorResponse`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Coded {
    code: String,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<String>,
}

impl ApiError {
    /// An error whose message is its code in words.
    pub(crate) fn coded(status: u16, code: &str) -> Self {
        let coded = Coded { code: code.to_owned(), message: code.replace('_', " "), details: None };
        Self { status, body: Body::Coded(coded) }
    }

    pub(crate) fn with_details(mut self, details: impl Into<String>) -> Self {
        if let Body::Coded(coded) | Body::Undecodable(coded) = &mut self.body {
            coded.details = Some(details.into());
        }
        self
    }

    /// 401 for a key or signature: the message repeats the code unchanged.
    pub(crate) fn authentication(details: &str) -> Self {
        let code = "authentication_error";
        let coded = Coded {
            code: code.to_owned(),
            message: code.to_owned(),
            details: Some(details.to_owned()),
        };
        Self { status: 401, body: Body::Coded(coded) }
    }

    pub(crate) fn not_found() -> Self {
        Self::coded(404, "not_found")
    }

    pub(crate) fn invalid_order(details: impl Into<String>) -> Self {
        Self::coded(400, "invalid_order").with_details(details)
    }

    /// 400 for a body that does not decode; flat in every case.
    pub(crate) fn undecodable(details: impl Into<String>) -> Self {
        let coded = Coded {
            code: "bad_request".to_owned(),
            message: "bad request".to_owned(),
            details: Some(details.into()),
        };
        Self { status: 400, body: Body::Undecodable(coded) }
    }

    /// 400 for a query parameter.
    pub(crate) fn parameter(operation: &str, problem: &str) -> Self {
        let text = format!("Parameter validation failed for {operation}: {problem}");
        Self { status: 400, body: Body::Bare(text) }
    }

    pub(crate) fn too_many_requests() -> Self {
        Self { status: 429, body: Body::Plain("too many requests") }
    }

    pub(crate) fn moved(location: String) -> Self {
        Self { status: 301, body: Body::Empty { location } }
    }

    /// Where a 301 points to.
    pub(crate) fn location(&self) -> Option<&str> {
        match &self.body {
            Body::Empty { location } => Some(location),
            Body::Coded(_) | Body::Undecodable(_) | Body::Bare(_) | Body::Plain(_) => None,
        }
    }

    /// The body as it is sent.
    pub(crate) fn json(&self, shape: ErrorShape) -> String {
        let value = match (&self.body, shape) {
            (Body::Coded(coded), ErrorShape::Nested) => serde_json::json!({ "error": coded }),
            (Body::Coded(coded), ErrorShape::Flat) | (Body::Undecodable(coded), _) => {
                serde_json::json!(coded)
            }
            (Body::Bare(text), _) => serde_json::json!({ "msg": text }),
            (Body::Plain(text), _) => serde_json::json!({ "error": text }),
            (Body::Empty { .. }, _) => return String::new(),
        };
        value.to_string()
    }

    /// The flat form, for one entry of a batch answer.
    pub(crate) fn entry(&self) -> Coded {
        match &self.body {
            Body::Coded(coded) | Body::Undecodable(coded) => coded.clone(),
            Body::Bare(text) => {
                Coded { code: "bad_request".to_owned(), message: text.clone(), details: None }
            }
            Body::Plain(text) => {
                Coded { code: text.replace(' ', "_"), message: (*text).to_owned(), details: None }
            }
            Body::Empty { .. } => {
                Coded { code: "moved".to_owned(), message: String::new(), details: None }
            }
        }
    }
}

impl From<Reject> for ApiError {
    /// Statuses and codes of kalshi.md sections 3.5 and 3.10.
    fn from(reject: Reject) -> Self {
        let error = match reject.reason {
            RejectReason::InsufficientBalance => Self::coded(400, "insufficient_balance"),
            RejectReason::InvalidPrice => Self::coded(400, "invalid_price"),
            RejectReason::InvalidSize => Self::coded(400, "invalid_order_size"),
            RejectReason::PostOnlyCross => return Self::invalid_order("post only cross"),
            RejectReason::FillOrKill => {
                Self::coded(409, "fill_or_kill_insufficient_resting_volume")
            }
            RejectReason::DuplicateId => Self::coded(409, "order_already_exists"),
            RejectReason::TradingPaused => Self::coded(409, "trading_is_paused"),
            RejectReason::MarketNotActive => Self::coded(400, "MARKET_NOT_ACTIVE"),
            RejectReason::MarketNotFound | RejectReason::OrderNotFound => Self::not_found(),
            RejectReason::NotAuthorized => Self::coded(403, "forbidden"),
            RejectReason::RateLimited => Self::too_many_requests(),
            RejectReason::OrderGroupEnded => Self::coded(400, "exceeded_order_group_risk_limit"),
            RejectReason::VenueLimit => Self::coded(400, "exceeded_per_market_risk_limit"),
            RejectReason::ReduceOnly
            | RejectReason::InvalidOrder
            | RejectReason::DroppedByGateway => Self::coded(400, "invalid_order"),
        };
        if reject.detail.is_empty() { error } else { error.with_details(reject.detail) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_have_the_recorded_shapes() {
        let nested = |error: &ApiError| error.json(ErrorShape::Nested);
        assert_eq!(
            nested(&ApiError::authentication("NOT_FOUND")),
            r#"{"error":{"code":"authentication_error","details":"NOT_FOUND","message":"authentication_error"}}"#
        );
        assert_eq!(
            nested(&ApiError::coded(400, "insufficient_balance")),
            r#"{"error":{"code":"insufficient_balance","message":"insufficient balance"}}"#
        );
        assert_eq!(nested(&ApiError::too_many_requests()), r#"{"error":"too many requests"}"#);
        assert_eq!(
            ApiError::not_found().json(ErrorShape::Flat),
            r#"{"code":"not_found","message":"not found"}"#
        );
        assert!(nested(&ApiError::parameter("GetMarkets", "limit")).starts_with(r#"{"msg":"#));
    }
}
