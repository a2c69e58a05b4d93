//! The words of the control socket: one JSON line each way.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use statecraft_domain::Price;

/// Longest request, in bytes with its newline.
pub const REQUEST_MAX_BYTES: usize = 16 * 1024;
/// Longest reply.
pub const REPLY_MAX_BYTES: usize = 4 * 1024 * 1024;
/// Longest reason, in characters; the rest is cut.
const REASON_MAX: usize = 400;

/// What is asked of the bot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// How it is.
    Status,
    /// No new orders, of one strategy or of all; what rests is cancelled.
    Pause {
        /// Name of the strategy; `None`: the whole account.
        strategy: Option<String>,
        /// Why.
        reason: String,
    },
    /// Trade again.
    Resume {
        /// Name of the strategy; `None`: the whole account.
        strategy: Option<String>,
        /// Why.
        reason: String,
        /// Also out of a kill, after the account was compared.
        release_kill: bool,
        /// Positions that are proven not to be ours become the venue's first.
        #[serde(default)]
        accept_positions: bool,
    },
    /// Nothing leaves any more, everything that rests is cancelled, also after a restart.
    Kill {
        /// Why.
        reason: String,
    },
    /// Close positions, no worse than the executable price by so much.
    Flatten {
        /// Dollars per contract.
        max_slippage: Price,
        /// Ticker; `None`: every market.
        market: Option<String>,
        /// `--yes` was given.
        confirmed: bool,
        /// Why.
        reason: String,
    },
    /// A changed strategy file that loosens limits may take effect.
    AcceptConfig {
        /// Its hash, or the first eight digits or more.
        hash: String,
        /// Also where a limit grows more than fivefold.
        understood: bool,
    },
    /// Rehearse a fault.
    Drill {
        /// Which.
        name: String,
    },
}

impl Request {
    /// Parses a line and makes its texts safe to keep: no control characters, not too long.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(line: &[u8]) -> Result<Self, String> {
        let mut request: Self =
            serde_json::from_slice(line).map_err(|error| format!("not a request: {error}"))?;
        if let Some(reason) = request.reason_mut() {
            let clean: String =
                reason.chars().filter(|c| !c.is_control()).take(REASON_MAX).collect();
            clean.trim().clone_into(reason);
            if reason.is_empty() {
                return Err("a reason is needed: the journal keeps it".to_owned());
            }
        }
        Ok(request)
    }

    const fn reason_mut(&mut self) -> Option<&mut String> {
        match self {
            Self::Pause { reason, .. }
            | Self::Resume { reason, .. }
            | Self::Kill { reason }
            | Self::Flatten { reason, .. } => Some(reason),
            Self::Status | Self::AcceptConfig { .. } | Self::Drill { .. } => None,
        }
    }
}

/// How a request ended; decides the exit code of the verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Exit code 0.
    Done,
    /// A safety rule says no: exit code 3.
    Refused,
    /// It did not work: exit code 1.
    Failed,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// How it ended.
    pub outcome: Outcome,
    /// In words.
    pub message: String,
    /// Figures, for `--json` and for what a verb shows.
    #[serde(default)]
    pub data: Value,
}

impl Reply {
    /// It is done.
    pub fn done(message: impl Into<String>) -> Self {
        Self { outcome: Outcome::Done, message: message.into(), data: Value::Null }
    }

    /// A safety rule says no.
    pub fn refused(message: impl Into<String>) -> Self {
        Self { outcome: Outcome::Refused, message: message.into(), data: Value::Null }
    }

    /// It did not work.
    pub fn failed(message: impl Into<String>) -> Self {
        Self { outcome: Outcome::Failed, message: message.into(), data: Value::Null }
    }

    /// With figures.
    #[must_use]
    pub fn with(mut self, data: Value) -> Self {
        self.data = data;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_needed_and_cleaned() {
        let parse = |text: &str| Request::parse(text.as_bytes());
        assert!(parse(r#"{"verb":"kill","reason":" \n "}"#).is_err());
        assert!(parse(r#"{"verb":"kill"}"#).is_err());
        assert!(parse(r#"{"verb":"kill","reason":"x","force":true}"#).is_err(), "unknown keys");
        let kill = parse("{\"verb\":\"kill\",\"reason\":\" a\\u001b[31mb\\nc \"}").unwrap();
        assert_eq!(kill, Request::Kill { reason: "a[31mbc".to_owned() });
        let long = format!(r#"{{"verb":"kill","reason":"{}"}}"#, "x".repeat(9_000));
        let Request::Kill { reason } = parse(&long).unwrap() else { panic!("kill") };
        assert_eq!(reason.len(), REASON_MAX);
    }
}
