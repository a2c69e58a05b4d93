//! Which stretch of time a step of the intensity is, in words: a step and the one that follows it have one
//! name, and only their dates tell them apart.

use statecraft_domain::{Nanos, Timestamp};
use statecraft_engine::config::{HazardSpec, SignalShape, SignalWeight};
use statecraft_engine::facts::{ModelFacts, PartFacts, PartKind};

/// A mean month.
const MONTH_DAYS: f64 = 30.436_875;
/// Half a year is told in months although it is not exactly six of them.
const MONTH_SLACK: f64 = 0.1;

/// Says of every step in force which of its weight's stretches it is, and of history since when it counts.
pub(super) fn name_phases(model: &mut ModelFacts, spec: &HazardSpec) {
    for part in model.parts.iter_mut().filter(|part| part.kind == PartKind::Signal) {
        let Some(phase) = phase(part, spec) else { continue };
        part.note = if part.note.is_empty() { phase } else { format!("{phase}; {}", part.note) };
    }
}

fn phase(part: &PartFacts, spec: &HazardSpec) -> Option<String> {
    let weight = spec.signals.iter().find(|weight| is_of(part, weight))?;
    let (after, length) = match weight.shape {
        SignalShape::Step { days } => (0.0, days),
        SignalShape::LaterStep { after_days, days } => (after_days, days),
        SignalShape::Decaying { .. } | SignalShape::WhileDeal | SignalShape::Ramp { .. } => {
            return None;
        }
    };
    let one_of_many = spec.signals.iter().filter(|other| other.slug == weight.slug).count() > 1;
    let dates = part.since.and_then(|since| dates(since, after, length));
    match (one_of_many, dates) {
        (true, Some(dates)) => Some(format!("{}: {dates}", stretch(after, length))),
        (true, None) => Some(stretch(after, length)),
        (false, dates) => dates,
    }
}

/// The stretch that [`name_phases`] noted of a step that is one of several.
pub(super) fn noted_stretch(part: &PartFacts) -> Option<&str> {
    let first = part.note.split("; ").next()?.split(": ").next()?;
    first.ends_with(" after it").then_some(first)
}

/// Is the part the weight's? A file that has changed since has other numbers.
fn is_of(part: &PartFacts, weight: &SignalWeight) -> bool {
    let same = |(mean, sd): (f64, f64)| {
        mean.to_bits() == weight.mean.to_bits() && sd.to_bits() == weight.sd.to_bits()
    };
    part.name == weight.slug && part.weight.is_some_and(same)
}

/// `months 7 to 12 after it`, or in days where months do not fit.
fn stretch(after: f64, length: f64) -> String {
    let end = after + length;
    let months = |days: f64| {
        let months = days / MONTH_DAYS;
        ((months - months.round()).abs() < MONTH_SLACK).then_some(months.round())
    };
    let (unit, first, last) = match (months(after), months(end)) {
        (Some(first), Some(last)) if last > first => ("months", first, last),
        (Some(first), None) if end.is_infinite() => ("months", first, end),
        _ => ("days", after, end),
    };
    if last.is_infinite() {
        return format!("from {unit} {:.0} on after it", first + 1.0);
    }
    format!("{unit} {:.0} to {last:.0} after it", first + 1.0)
}

/// Nothing for what lasts forever from the beginning: `known since` says it all.
fn dates(since: Timestamp, after: f64, length: f64) -> Option<String> {
    let from = since + days(after)?;
    let day = super::text::day;
    if length.is_infinite() {
        return (after > 0.0).then(|| format!("counts from {} on", day(from)));
    }
    Some(format!("counts from {} until {}", day(from), day(from + days(length)?)))
}

fn days(days: f64) -> Option<Nanos> {
    // A hundred years: beyond it no date is told.
    #[expect(clippy::cast_possible_truncation, reason = "checked here")]
    (0.0..36_525.0).contains(&days).then(|| Nanos::from_secs((days * 86_400.0).round() as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_are_told_in_months_or_days() {
        assert_eq!(stretch(0.0, 183.0), "months 1 to 6 after it");
        assert_eq!(stretch(183.0, 183.0), "months 7 to 12 after it");
        assert_eq!(stretch(10.0, 20.0), "days 11 to 30 after it");
        assert_eq!(stretch(183.0, f64::INFINITY), "from months 7 on after it");
    }

    #[test]
    fn what_counts_has_dates() {
        let since = Timestamp::from_secs(1_761_696_000);
        let told = dates(since, 183.0, 183.0);
        assert_eq!(told.as_deref(), Some("counts from 2026-04-30 until 2026-10-30"));
        assert_eq!(dates(since, 0.0, f64::INFINITY), None);
        assert_eq!(dates(since, 1e9, 1.0), None);
    }
}
