//! `POST /v1/signals`.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use statecraft_domain::Signal;
use statecraft_domain::signal::Label;

use super::given::{Given, print};
use super::{ITEMS_MAX, PushSettings, Refused, SOURCE};
use crate::signals::gate::Refusal;
use crate::signals::intake::{Intake, Outcome, Silence};
use crate::signals::parse::{STRENGTH_MAX, parse_line};

/// The label by which a desk states a probability (see `model.kind = "external"`).
const PROBABILITY: &str = "probability";

/// What became of a request.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    accepted: usize,
    duplicate: usize,
    /// Something else was taken under the same id.
    conflict: usize,
    refused: usize,
    items: Vec<Verdict>,
    #[serde(skip)]
    limited: usize,
}

/// What became of one item.
#[derive(Debug, Serialize)]
struct Verdict {
    /// Place in the request, from zero.
    index: usize,
    #[serde(skip_serializing_if = "String::is_empty")]
    id: String,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Signals made of it: one an event that it bears on.
    #[serde(skip_serializing_if = "Option::is_none")]
    signals: Option<usize>,
    /// What of it will not have the effect that it seems to ask for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

impl Report {
    /// The status that says the most about all of it.
    pub(super) fn status(&self) -> u16 {
        match (self.accepted + self.duplicate, self.conflict, self.refused) {
            (0, 0, refused) if refused > 0 && self.limited == refused => 429,
            (0, 0, refused) if refused > 0 => 422,
            (0, conflict, _) if conflict > 0 => 409,
            _ => 200,
        }
    }

    fn add(&mut self, index: usize, id: String, outcome: &Outcome, warnings: Vec<String>) {
        let (word, reason, signals) = match outcome {
            Outcome::Accepted(count) => ("accepted", None, Some(*count)),
            Outcome::Refused(Refusal::Duplicate) => ("duplicate", None, None),
            Outcome::Silent(silence @ Silence::Repost) => {
                ("duplicate", Some(silence.to_string()), None)
            }
            Outcome::Refused(refusal) => ("refused", Some(refusal.to_string()), None),
            Outcome::Silent(silence) => ("refused", Some(silence.to_string()), None),
        };
        self.limited += usize::from(*outcome == Outcome::Refused(Refusal::TooMany));
        self.push(Verdict { index, id, outcome: word, reason, signals, warnings });
    }

    /// Something else stands under its id.
    fn contradicts(&mut self, index: usize, id: String) {
        let reason = format!(
            "another signal was taken under the id {id}; it stands, and this one was not taken: send it under an \
             id of its own"
        );
        let (outcome, reason) = ("conflict", Some(reason));
        self.push(Verdict { index, id, outcome, reason, signals: None, warnings: Vec::new() });
    }

    fn refuse(&mut self, intake: &Intake, index: usize, id: String, reason: String) {
        intake.malformed();
        let (outcome, reason) = ("refused", Some(reason));
        self.push(Verdict { index, id, outcome, reason, signals: None, warnings: Vec::new() });
    }

    fn push(&mut self, verdict: Verdict) {
        match verdict.outcome {
            "accepted" => self.accepted += 1,
            "duplicate" => self.duplicate += 1,
            "conflict" => self.conflict += 1,
            _ => self.refused += 1,
        }
        self.items.push(verdict);
    }
}

/// Takes a body in; `lines`: it says that it is JSON lines.
pub(super) fn take(
    intake: &Intake,
    settings: &PushSettings,
    given: &mut Given,
    body: &[u8],
    lines: bool,
) -> Result<Report, Refused> {
    let items = split(body, lines)?;
    if items.is_empty() {
        return Err(Refused::new(422, "empty", "there is no signal in the body"));
    }
    if items.len() > ITEMS_MAX {
        let message = format!("{} signals; at most {ITEMS_MAX} in one request", items.len());
        return Err(Refused::new(413, "too_many_items", message));
    }
    let mut report = Report::default();
    for (index, item) in items.into_iter().enumerate() {
        match parse_line(item, SOURCE, intake.now()) {
            Ok(signal) => {
                let id = signal.id.clone();
                match pointless(&signal, settings) {
                    Some(reason) => report.refuse(intake, index, id, reason),
                    None => {
                        let (warnings, content) =
                            (warnings(item, &signal, settings), print(&signal));
                        let outcome = intake.signal(signal);
                        if matches!(outcome, Outcome::Accepted(_) | Outcome::Silent(_)) {
                            given.keep(&id, content);
                        }
                        let is_known = outcome == Outcome::Refused(Refusal::Duplicate);
                        if is_known && given.contradicts(&id, &content) {
                            report.contradicts(index, id);
                        } else {
                            report.add(index, id, &outcome, warnings);
                        }
                    }
                }
            }
            Err(error) => report.refuse(intake, index, String::new(), error.to_string()),
        }
    }
    Ok(report)
}

/// Why nobody could use a signal.
fn pointless(signal: &Signal, settings: &PushSettings) -> Option<String> {
    if !signal.target.is_empty() && !settings.events.contains(&signal.target) {
        let known: Vec<&str> = settings.events.iter().map(String::as_str).collect();
        return Some(format!(
            "`target` {} is the event of no enabled strategy (known: {})",
            signal.target,
            if known.is_empty() { "none".to_owned() } else { known.join(", ") }
        ));
    }
    let stated = signal.labels.iter().find(|label| label.slug == PROBABILITY)?;
    (!(0.0..=1.0).contains(&stated.strength)).then(|| {
        format!("the strength of the label `{PROBABILITY}` is {}, no probability", stated.strength)
    })
}

/// The labels as they were sent, before any is held to its bounds.
#[derive(Deserialize)]
struct Sent {
    #[serde(default)]
    labels: Vec<Label>,
}

fn warnings(item: &[u8], signal: &Signal, settings: &PushSettings) -> Vec<String> {
    let sent = serde_json::from_slice::<Sent>(item).map_or_else(|_| Vec::new(), |sent| sent.labels);
    let held = sent.iter().filter(|label| label.strength.abs() > STRENGTH_MAX).map(|label| {
        let bound = STRENGTH_MAX.copysign(label.strength);
        format!("the strength {} of {} counts as {bound}", label.strength, label.slug)
    });
    let heard = |slug: &str| {
        // A state may carry its date after a colon.
        settings.slugs.contains(slug.split(':').next().unwrap_or(slug))
    };
    let unheard = signal.labels.iter().filter(|label| !heard(&label.slug)).map(|label| {
        format!("no model of an enabled strategy listens to `{}`: it moves nothing", label.slug)
    });
    held.chain(unheard).collect()
}

/// The items of a body: lines, an array, or one object.
fn split(body: &[u8], lines: bool) -> Result<Vec<&[u8]>, Refused> {
    if lines {
        let filled = |line: &&[u8]| !line.iter().all(u8::is_ascii_whitespace);
        return Ok(body.split(|&byte| byte == b'\n').filter(filled).collect());
    }
    let malformed = |error: serde_json::Error| {
        let at = format!("line {}, column {}", error.line(), error.column());
        Refused::new(422, "malformed", format!("the body is not JSON ({at})"))
    };
    match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_slice(body).map_err(malformed)?;
            Ok(items.into_iter().map(|item| item.get().as_bytes()).collect())
        }
        Some(_) => {
            let item: &RawValue = serde_json::from_slice(body).map_err(malformed)?;
            Ok(vec![item.get().as_bytes()])
        }
        None => Ok(Vec::new()),
    }
}
