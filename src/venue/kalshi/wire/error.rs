//! The four shapes of an error body (reference: nested, flat, bare, rate limit).

use serde::{Deserialize, Serialize};

/// Venue text in logs, journal and events is cut to this.
pub const VENUE_TEXT_MAX_BYTES: usize = 512;

/// What every error shape comes down to. Empty text where the shape has no such part.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ErrorBody {
    /// Stable code such as `insufficient_balance`; may carry an id after a colon.
    #[serde(default)]
    pub code: String,
    /// For people.
    #[serde(default)]
    pub message: String,
    /// Further detail, for example `post only cross`.
    #[serde(default)]
    pub details: String,
}

#[derive(Deserialize)]
struct Shapes {
    error: Option<NestedOrText>,
    msg: Option<String>,
    code: Option<String>,
    message: Option<String>,
    details: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum NestedOrText {
    Nested {
        #[serde(default)]
        code: Option<String>,
        #[serde(default)]
        message: Option<String>,
        #[serde(default)]
        details: Option<String>,
    },
    Text(String),
}

impl ErrorBody {
    /// Reads any of the shapes; `None` if the bytes are none of them.
    #[must_use]
    pub fn parse(body: &[u8]) -> Option<Self> {
        let shapes: Shapes = serde_json::from_slice(body).ok()?;
        let of = |code: Option<String>, message: Option<String>, details: Option<String>| Self {
            code: clean_venue_text(&code.unwrap_or_default()),
            message: clean_venue_text(&message.unwrap_or_default()),
            details: clean_venue_text(&details.unwrap_or_default()),
        };
        match shapes {
            Shapes { error: Some(NestedOrText::Nested { code, message, details }), .. }
                if code.is_some() || message.is_some() =>
            {
                Some(of(code, message, details))
            }
            Shapes { error: Some(NestedOrText::Text(text)), .. } => {
                Some(of(None, Some(text), None))
            }
            Shapes { code: Some(code), message, details, .. } => {
                Some(of(Some(code), message, details))
            }
            Shapes { msg: Some(text), .. } => Some(of(None, Some(text), None)),
            _ => None,
        }
    }

    /// One line for logs and events: at most [`VENUE_TEXT_MAX_BYTES`], no control characters.
    #[must_use]
    pub fn line(&self) -> String {
        let parts = [&self.code, &self.message, &self.details];
        let mut line = String::new();
        for part in parts.into_iter().filter(|part| !part.is_empty()) {
            if !line.is_empty() {
                line.push_str(": ");
            }
            line.push_str(part);
        }
        clean_venue_text(&line)
    }
}

/// Venue text made fit for a log line: control characters become spaces (no log forging), and it is
/// cut to [`VENUE_TEXT_MAX_BYTES`] at a character border.
#[must_use]
pub fn clean_venue_text(text: &str) -> String {
    let mut clean = String::with_capacity(text.len().min(VENUE_TEXT_MAX_BYTES));
    for character in text.chars() {
        if clean.len() + character.len_utf8() > VENUE_TEXT_MAX_BYTES {
            break;
        }
        clean.push(if character.is_control() { ' ' } else { character });
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, code: &str, message: &str, details: &str) {
        let parsed = ErrorBody::parse(body.as_bytes()).unwrap();
        let expected = ErrorBody {
            code: code.to_owned(),
            message: message.to_owned(),
            details: details.to_owned(),
        };
        assert_eq!(parsed, expected, "{body}");
    }

    #[test]
    fn all_four_shapes_are_read() {
        check(
            r#"{"error":{"code":"authentication_error","message":"authentication_error","details":"NOT_FOUND"}}"#,
            "authentication_error",
            "authentication_error",
            "NOT_FOUND",
        );
        check(
            r#"{"error":{"code":"insufficient_balance","message":"insufficient balance"}}"#,
            "insufficient_balance",
            "insufficient balance",
            "",
        );
        check(
            r#"{"code":"bad_request","message":"bad request","details":"json: cannot unmarshal number into Go struct field CreateOrderV2Request.count of type string"}"#,
            "bad_request",
            "bad request",
            "json: cannot unmarshal number into Go struct field CreateOrderV2Request.count of type string",
        );
        check(
            r#"{"msg":"Parameter validation failed for GetMarkets: limit"}"#,
            "",
            "Parameter validation failed for GetMarkets: limit",
            "",
        );
        check(r#"{"error":"too many requests"}"#, "", "too many requests", "");
    }

    #[test]
    fn what_is_no_error_body_is_none() {
        for body in ["", "{}", "[]", "<html>", r#"{"order_id":"x"}"#, r#"{"error":{}}"#, "null"] {
            assert_eq!(ErrorBody::parse(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn venue_text_cannot_forge_log_lines_or_flood_them() {
        let long = format!("a\nb\u{1b}[31m{}", "\u{e9}".repeat(600));
        let clean = clean_venue_text(&long);
        assert!(clean.len() <= VENUE_TEXT_MAX_BYTES && clean.starts_with("a b [31m"));
        assert!(!clean.chars().any(char::is_control));
        let body =
            ErrorBody { code: "x".repeat(400), message: "y".repeat(400), ..Default::default() };
        assert!(body.line().len() <= VENUE_TEXT_MAX_BYTES);
    }
}
