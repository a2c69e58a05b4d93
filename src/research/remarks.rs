//! What of a line of signals will not have the effect that it seems to ask for: words that nobody listens
//! to, dates that are none, targets that nobody has, strengths beyond their bounds, fields misspelt. Each
//! is taken as it is, and said.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::IgnoredAny;
use statecraft_domain::Signal;
use statecraft_domain::signal::Label;
use statecraft_engine::model::Dates;

use crate::config::nearest::nearest;
use crate::signals::parse::{STRENGTH_MAX, TEXT_CHARS_MAX, TITLE_CHARS_MAX};
use crate::signals::text::clean;

/// The fields of a line, and those of archives that are known to mean nothing here.
const FIELDS: [&str; 14] = [
    "id",
    "published",
    "published_utc",
    "title",
    "text",
    "url",
    "lang",
    "target",
    "labels",
    "source",
    "received",
    "section",
    "class",
    "publisher",
];

/// The label by which a desk states a probability.
const PROBABILITY: &str = "probability";

/// Who listens, and to what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vocabulary {
    /// The slugs that the strategies of an event listen to, without dates.
    pub events: BTreeMap<String, BTreeSet<String>>,
    /// Events of strategies that are there but not asked about.
    pub elsewhere: BTreeSet<String>,
}

/// A line as it was sent, before anything is held to its bounds.
#[derive(Deserialize)]
struct Sent {
    #[serde(default)]
    title: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    labels: Vec<Label>,
    #[serde(flatten)]
    others: BTreeMap<String, IgnoredAny>,
}

impl Vocabulary {
    /// Is the signal about an event of somebody else?
    #[must_use]
    pub fn is_elsewhere(&self, signal: &Signal) -> bool {
        !self.events.contains_key(&signal.target) && self.elsewhere.contains(&signal.target)
    }

    /// Everything about a line, read as `signal`, that a sender would want to know.
    #[must_use]
    pub fn remarks(&self, line: &[u8], signal: &Signal) -> Vec<String> {
        let mut remarks = as_sent(line);
        if !signal.target.is_empty() && !self.events.contains_key(&signal.target) {
            remarks.push(self.no_such_event(signal));
            return remarks;
        }
        remarks.extend(signal.labels.iter().filter_map(|label| self.about(label, &signal.target)));
        remarks
    }

    fn no_such_event(&self, signal: &Signal) -> String {
        let known = self.events.keys().chain(&self.elsewhere).map(String::as_str);
        let meant = nearest(&signal.target, known).map_or_else(
            || {
                let own: Vec<&str> = self.events.keys().map(String::as_str).collect();
                format!("known here: {}", own.join(", "))
            },
            |word| format!("did you mean {word}?"),
        );
        let then = if signal.labels.is_empty() {
            "its headline is read for every country all the same"
        } else {
            "it moves nothing"
        };
        format!("unknown target `{}`: {then} ({meant})", signal.target)
    }

    /// What is wrong with a label for the event that it is sent to, or for all if it names none.
    fn about(&self, label: &Label, target: &str) -> Option<String> {
        let slug = label.slug.as_str();
        let listeners = || {
            let addressed = |event: &&String| target.is_empty() || event.as_str() == target;
            self.events.iter().filter(move |(event, _)| addressed(event)).flat_map(|(_, own)| own)
        };
        let is_heard = |word: &str| listeners().any(|known| known == word);
        if slug == PROBABILITY && is_heard(slug) && !(0.0..=1.0).contains(&label.strength) {
            return Some(format!("the strength {} of `{slug}` is no probability", label.strength));
        }
        if is_heard(slug) {
            return None;
        }
        let (head, rest) =
            slug.split_once(':').map_or((slug, None), |(head, rest)| (head, Some(rest)));
        if !is_heard(head) {
            let meant = nearest(head, listeners().map(String::as_str));
            let meant = meant.map_or(String::new(), |word| format!(" (did you mean {word}?)"));
            return Some(format!(
                "unknown label `{slug}`: no model here listens to it, it moves nothing{meant}"
            ));
        }
        // What follows a deal is its stage.
        let is_stage = matches!(head, "deal" | "private_deal");
        let bad = rest.filter(|rest| !is_stage && Dates::parse(rest).is_none())?;
        Some(format!("impossible date `{bad}` in `{slug}`: it moves nothing"))
    }
}

/// What was held to its bounds, and fields whose names are slips.
fn as_sent(line: &[u8]) -> Vec<String> {
    let Ok(sent) = serde_json::from_slice::<Sent>(line) else { return Vec::new() };
    let held =
        sent.labels.iter().filter(|label| label.strength.abs() > STRENGTH_MAX).map(|label| {
            let bound = STRENGTH_MAX.copysign(label.strength);
            format!("the strength {} of `{}` is clamped to {bound}", label.strength, label.slug)
        });
    let long = [("title", &sent.title, TITLE_CHARS_MAX), ("text", &sent.text, TEXT_CHARS_MAX)];
    let cut = long.into_iter().filter(|(_, text, most)| text.chars().nth(*most).is_some());
    let cut = cut.map(|(field, _, most)| format!("`{field}` is cut after {most} characters"));
    let slips = sent.others.keys().filter(|field| !FIELDS.contains(&field.as_str()));
    let slips = slips.filter_map(|field| Some((field, nearest(field, FIELDS)?)));
    let slips =
        slips.map(|(field, meant)| format!("unknown field `{field}` (did you mean {meant}?)"));
    held.chain(cut).chain(slips).map(|text| clean(&text, 300)).collect()
}
