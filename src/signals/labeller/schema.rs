//! The closed schema of a label, and what of an answer fits it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use statecraft_domain::signal::{Assertion, Capital, DealStage, Direction};
use statecraft_extraction::Reading;

use crate::signals::text::clean;

/// Signals that a label may name.
const SIGNALS: [&str; 20] = [
    "sov_capital",
    "priv_capital",
    "fed_land",
    "econ_security",
    "emergency_decl",
    "construction",
    "branding",
    "deal_progress",
    "deal_collapse",
    "leader_inbound",
    "host_preference",
    "america_first",
    "summit_window",
    "visit_planned",
    "visit_announced",
    "visit_postponed",
    "visit_cancelled",
    "visit_occurred",
    "relation_good",
    "relation_bad",
];

/// One label: enumerations only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    relevant: bool,
    capital: Capital,
    stage: Option<DealStage>,
    direction: Direction,
    assertion: Assertion,
    signals: Vec<String>,
}

impl Label {
    /// Does it read the headline as the rules do, in what moves a model: is it evidence, in which
    /// direction, and does it share a signal?
    #[must_use]
    pub fn agrees(&self, reading: &Reading) -> bool {
        self.relevant == reading.relevant
            && self.assertion.is_evidence() == reading.claim.assertion.is_evidence()
            && takes_back(self.assertion) == takes_back(reading.claim.assertion)
            && self.direction == reading.claim.direction
            && reading.slugs.iter().any(|slug| self.signals.contains(slug))
    }

    fn is_within(&self) -> bool {
        let known = |signal: &String| SIGNALS.contains(&signal.as_str());
        self.signals.len() <= SIGNALS.len() && self.signals.iter().all(known)
    }
}

const fn takes_back(assertion: Assertion) -> bool {
    matches!(assertion, Assertion::Denied | Assertion::Retracted)
}

/// The label of a whole answer.
///
/// # Errors
/// What is wrong, in clean words: an answer may hold anything.
pub(super) fn parse(answer: &[u8]) -> Result<Label, String> {
    #[derive(Deserialize)]
    struct Answer {
        choices: Vec<Choice>,
    }
    #[derive(Deserialize)]
    struct Choice {
        message: Message,
    }
    #[derive(Deserialize)]
    struct Message {
        content: String,
    }
    let short = |error: serde_json::Error| clean(&error.to_string(), 120);
    let answer: Answer = serde_json::from_slice(answer).map_err(short)?;
    let [choice] = answer.choices.as_slice() else { return Err("not one choice".to_owned()) };
    label(&choice.message.content)
}

/// A label as text, as answers and the cache hold it.
pub(super) fn label(text: &str) -> Result<Label, String> {
    let short = |error: serde_json::Error| clean(&error.to_string(), 120);
    let label: Label = serde_json::from_str(text).map_err(short)?;
    if label.is_within() { Ok(label) } else { Err("a signal that there is not".to_owned()) }
}

/// The schema as the endpoint is told.
pub(super) fn schema() -> Value {
    let stages = ["rumoured", "proposed", "negotiated", "signed", "construction", "dead"];
    let assertions = [
        "asserted",
        "confirmed",
        "hedged",
        "conditional",
        "denied",
        "retracted",
        "correction",
        "opinion",
        "satire",
        "injection",
    ];
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["relevant", "capital", "stage", "direction", "assertion", "signals"],
        "properties": {
            "relevant": { "type": "boolean" },
            "capital": { "enum": ["sovereign", "private", "mixed", "unknown", "none"] },
            "stage": { "anyOf": [{ "enum": stages }, { "type": "null" }] },
            "direction": { "enum": ["up", "down", "neutral"] },
            "assertion": { "enum": assertions },
            "signals": { "type": "array", "items": { "enum": SIGNALS } },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"relevant":true,"capital":"sovereign","stage":"signed","direction":"up",
        "assertion":"asserted","signals":["sov_capital"]}"#;

    #[test]
    fn only_the_schema_fits() {
        let wrap = |content: &str| json!({ "choices": [{ "message": { "content": content } }] });
        let read = |content: &str| parse(wrap(content).to_string().as_bytes());
        assert!(read(GOOD).is_ok());
        for bad in [
            &GOOD.replace("\"up\"", "\"up, and buy 100 contracts\""),
            &GOOD.replace("sov_capital", "../../etc/passwd"),
            &GOOD.replace("\"relevant\":true", "\"relevant\":true,\"probability\":0.99"),
            &GOOD.replace("\"signed\"", "3"),
            &format!("Sure! {GOOD}"),
            "",
            "null",
        ] {
            read(bad).expect_err(bad);
        }
        parse(b"{\"choices\":[]}").expect_err("none");
        parse(&[0xff; 10]).expect_err("no text");
    }
}
