//! What became of a plan, in words: the model knows an open question after a cancellation as it knows one
//! before any announcement, and a visit that was put off to a date as it knows one with that date. What was
//! said tells them apart.

use statecraft_domain::signal::Label;
use statecraft_domain::{Event, Timestamp};
use statecraft_engine::facts::{ModelFacts, PartFacts, PartKind};

use super::text::day;

/// A plan that was put off without a date; its part's date is when that was heard.
pub(super) const POSTPONED: &str = "postponed (no date)";

/// Names the states of plans by what was said; and takes the mark of a denial off the denial itself.
/// `heard`: what was heard of the event, besides the model's own stories, which keep first reports only.
pub(super) fn name_plans(model: &mut ModelFacts, event: &str, heard: &[Event]) {
    let said = said(model, event, heard);
    let cancelled = last(&said, |label| {
        label.strength > 0.0 && matches!(state(label).0, "called_off" | "visit_cancelled")
    });
    let denied = last(&said, |label| label.strength < 0.0 && is_plan(state(label).0));
    for part in &mut model.parts {
        match (part.kind, part.name.as_str()) {
            (PartKind::Plan, "nothing announced") => match (cancelled, denied) {
                (Some(at), _) => call(part, "called off", &format!("cancelled {}", day(at))),
                (None, Some(at)) => call(part, "denied", &format!("denied {}", day(at))),
                (None, None) => {}
            },
            (PartKind::Plan, "announced") if is_put_off(part, &said) => {
                part.name = "postponed to a new date".to_owned();
            }
            (PartKind::Plan, "postponed") => part.name = POSTPONED.to_owned(),
            (PartKind::Structure, "an earlier cancellation") => {
                part.name = "new plans are rarer after a cancellation".to_owned();
            }
            _ => {}
        }
    }
    for story in &mut model.stories {
        let is_denial =
            !story.labels.is_empty() && story.labels.iter().all(|label| label.strength < 0.0);
        story.denied = story.denied.filter(|&at| !is_denial || at > story.first);
    }
}

fn call(part: &mut PartFacts, name: &str, note: &str) {
    part.name = name.to_owned();
    part.note = format!("{}; {note}", part.note);
}

/// Everything that was said of the event up to the model's time.
fn said(model: &ModelFacts, event: &str, heard: &[Event]) -> Vec<(Timestamp, Label)> {
    let of_stories = model
        .stories
        .iter()
        .flat_map(|story| story.labels.iter().map(move |label| (story.first, label.clone())));
    let of_events = heard.iter().filter(|one| one.at() <= model.at).filter_map(|one| match one {
        Event::SignalReceived(signal) if signal.target.is_empty() || signal.target == event => {
            Some(signal.labels.iter().map(move |label| (one.at(), label.clone())))
        }
        _ => None,
    });
    of_stories.chain(of_events.flatten()).collect()
}

fn last(said: &[(Timestamp, Label)], is: impl Fn(&Label) -> bool) -> Option<Timestamp> {
    said.iter().filter(|(_, label)| is(label)).map(|(at, _)| *at).max()
}

/// The state that a label names, and its date.
fn state(label: &Label) -> (&str, Option<&str>) {
    let slug = label.slug.as_str();
    slug.split_once(':').map_or((slug, None), |(state, date)| (state, Some(date)))
}

fn is_plan(state: &str) -> bool {
    matches!(state, "scheduled" | "visit_announced" | "planned" | "visit_planned")
}

/// Is the date of a plan the one that it was put off to?
fn is_put_off(part: &PartFacts, said: &[(Timestamp, Label)]) -> bool {
    let Some(planned) = part.since.map(day) else { return false };
    // A month begins with its first day, a span of months lies between its first and its last.
    let holds = |dates: &str| match dates.split_once("..") {
        Some((first, last)) => {
            planned.get(..7).is_some_and(|month| (first..=last).contains(&month))
        }
        None => planned.starts_with(dates),
    };
    let names = |states: fn(&str) -> bool| {
        said.iter().any(|(_, label)| {
            let (state, date) = state(label);
            label.strength > 0.0 && states(state) && date.is_some_and(holds)
        })
    };
    let postponed = |state: &str| matches!(state, "postponed" | "visit_postponed");
    part.effect < 0.0 && names(postponed) || names(postponed) && !names(is_plan)
}
