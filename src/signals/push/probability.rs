//! `POST /v1/probability`: the user's own probability, for a strategy whose model is external.

use std::collections::BTreeMap;

use serde::Deserialize;
use sha2::{Digest, Sha256};
use statecraft_domain::signal::{Forecast, SourceClass};
use statecraft_domain::{Nanos, Signal, Timestamp};

use super::{Refused, SOURCE};
use crate::signals::parse::NAME_CHARS_MAX;
use crate::signals::text::clean;

/// Half the width of a central interval of 90 %, in standard deviations.
const Z90: f64 = 1.644_853_626_951_472_2;
/// Smallest standard deviation of log-odds: a quarter of a cent at even odds. Nobody is surer than that.
const SD_MIN: f64 = 0.01;
/// Largest standard deviation of log-odds: beyond it, a probability says nothing.
const SD_MAX: f64 = 10.0;
/// Nearest to 0 and 1 that a probability may be.
const PROBABILITY_MIN: f64 = 1e-6;
/// A probability is good for a year at most.
const VALID_MAX: Nanos = Nanos::from_secs(366 * 86_400);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    event: Option<String>,
    #[serde(default)]
    strategy: Option<String>,
    probability: f64,
    /// Of the log-odds.
    #[serde(default)]
    sd: Option<f64>,
    /// Ends of the central interval of 90 %.
    #[serde(default)]
    low: Option<f64>,
    #[serde(default)]
    high: Option<f64>,
    valid_until: String,
}

/// Until when it counts, and whether the strategy's `max_age` ends it before it was asked to end.
pub(super) fn tell_end(
    report: &mut serde_json::Value,
    said: Option<&Forecast>,
    max_age: Option<Nanos>,
    now: Timestamp,
) {
    let asked = said.and_then(|said| said.valid_until);
    let by_age = max_age.map(|age| now + age);
    let Some(until) = asked.into_iter().chain(by_age).min() else { return };
    let text = |at: Timestamp| {
        let instant = jiff::Timestamp::from_nanosecond(i128::from(at.nanos()));
        instant.map_or_else(|_| at.nanos().to_string(), |instant| instant.to_string())
    };
    report["counts_until"] = text(until).into();
    if asked.is_some_and(|asked| until < asked) {
        let warning = format!(
            "model.max_age of the strategy ends it at {}, before `valid_until`",
            text(until)
        );
        report["warnings"] = serde_json::json!([warning]);
    }
}

/// The signal of a body. `external` are the strategies that listen, and their events.
pub(super) fn read(
    body: &[u8],
    external: &BTreeMap<String, String>,
    now: Timestamp,
) -> Result<Signal, Refused> {
    let refused = |message: String| Refused::new(422, "bad_probability", message);
    let given: Body = serde_json::from_slice(body)
        .map_err(|error| refused(format!("not understood: {}", clean(&error.to_string(), 200))))?;
    let event = event(&given, external).map_err(refused)?;
    let forecast = forecast(&given, now).map_err(refused)?;
    let id = match clean(given.id.as_deref().unwrap_or_default(), NAME_CHARS_MAX) {
        id if id.is_empty() => content_id(event, &forecast),
        id => id,
    };
    Ok(Signal {
        id,
        source: SOURCE.to_owned(),
        published: now,
        received: now,
        title: format!("probability {} for {event}", forecast.probability),
        target: event.to_owned(),
        class: SourceClass::Desk,
        publisher: SOURCE.to_owned(),
        forecast: Some(forecast),
        ..Signal::default()
    })
}

fn event<'a>(given: &Body, external: &'a BTreeMap<String, String>) -> Result<&'a str, String> {
    let found = match (&given.event, &given.strategy) {
        (Some(event), None) => external.values().find(|known| *known == event),
        (None, Some(strategy)) => external.get(strategy),
        _ => return Err("name either `event` or `strategy`".to_owned()),
    };
    let nobody = || {
        let known: Vec<&str> = external.values().map(String::as_str).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        format!("no enabled strategy with model.kind = \"external\" is about that (known: {known})")
    };
    found.map(String::as_str).ok_or_else(nobody)
}

fn forecast(given: &Body, now: Timestamp) -> Result<Forecast, String> {
    let probability = inside("probability", given.probability)?;
    let sd_logit = match (given.sd, given.low, given.high) {
        (Some(sd), None, None) if (SD_MIN..=SD_MAX).contains(&sd) => Some(sd),
        (Some(sd), None, None) => {
            return Err(format!("`sd` is {SD_MIN} to {SD_MAX}, of the log-odds, and not {sd:?}"));
        }
        (None, Some(low), Some(high)) => Some(width(probability, low, high)?),
        (None, None, None) => None,
        _ => return Err("give `sd`, or `low` and `high`, or neither".to_owned()),
    };
    let valid_until = valid_until(&given.valid_until, now)?;
    Ok(Forecast { probability, sd_logit, valid_until: Some(valid_until) })
}

fn width(probability: f64, low: f64, high: f64) -> Result<f64, String> {
    let (low, high) = (inside("low", low)?, inside("high", high)?);
    if !(low < high && low <= probability && probability <= high) {
        return Err("`low` <= `probability` <= `high`, and `low` < `high`".to_owned());
    }
    let sd = (logit(high) - logit(low)) / (2.0 * Z90);
    if sd <= SD_MAX { Ok(sd) } else { Err("`low` and `high` say nothing".to_owned()) }
}

/// Nobody is certain: log-odds of 0 and 1 are infinite, and those of a millionth nobody's knowledge.
fn inside(name: &str, value: f64) -> Result<f64, String> {
    if (PROBABILITY_MIN..=1.0 - PROBABILITY_MIN).contains(&value) {
        return Ok(value);
    }
    if value > 0.0 && value < 1.0 {
        return Err(format!(
            "`{name}` is {value:?}: what is nearer to 0 or 1 than {PROBABILITY_MIN} is not taken, because nobody \
             is that sure"
        ));
    }
    Err(format!("`{name}` lies between 0 and 1, and is neither; it is {value:?}"))
}

fn logit(probability: f64) -> f64 {
    (probability / (1.0 - probability)).ln()
}

fn valid_until(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let parsed: Option<jiff::Timestamp> = text.parse().ok();
    let nanos = parsed.and_then(|at| i64::try_from(at.as_nanosecond()).ok());
    let until = nanos.map(Timestamp::from_nanos).ok_or("`valid_until` is no RFC 3339 time")?;
    if until <= now {
        return Err("`valid_until` has passed".to_owned());
    }
    if until - now > VALID_MAX {
        return Err("`valid_until` is more than a year away".to_owned());
    }
    Ok(until)
}

fn content_id(event: &str, forecast: &Forecast) -> String {
    let mut hash = Sha256::new();
    hash.update(event.as_bytes());
    hash.update(format!("{forecast:?}"));
    let mut id = hex::encode(hash.finalize());
    id.truncate(32);
    id
}

#[cfg(test)]
mod tests {
    use super::super::given::{Given, print};
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_770_000_000);

    fn given(body: &str) -> Result<Forecast, String> {
        let external = BTreeMap::from([("mine".to_owned(), "e".to_owned())]);
        let read = read(body.as_bytes(), &external, NOW);
        read.map(|signal| signal.forecast.expect("forecast")).map_err(|refused| refused.message)
    }

    #[test]
    fn an_interval_becomes_a_width() {
        let until = r#""valid_until":"2026-03-01T00:00:00Z""#;
        let sd = given(&format!(r#"{{"event":"e","probability":0.3,"sd":0.4,{until}}}"#));
        assert_eq!(sd.expect("good").sd_logit, Some(0.4));
        let body =
            format!(r#"{{"strategy":"mine","probability":0.5,"low":0.25,"high":0.75,{until}}}"#);
        // logit .75 - logit .25 = 2 ln 3; over 2 * 1.6449.
        let width = given(&body).expect("good").sd_logit.expect("width");
        assert!((width - 3.0_f64.ln() / Z90).abs() < 1e-12);
    }

    #[test]
    fn a_restart_knows_what_was_said_under_an_id() {
        let external = BTreeMap::from([("mine".to_owned(), "e".to_owned())]);
        let body = |p: f64| {
            let body = format!(
                r#"{{"id":"m","event":"e","probability":{p},"valid_until":"2026-03-01T00:00:00Z"}}"#
            );
            read(body.as_bytes(), &external, NOW).expect("good")
        };
        let given = Given::heard(&[body(0.4)]);
        assert!(!given.contradicts("m", &print(&body(0.4))));
        assert!(given.contradicts("m", &print(&body(0.6))));
        let other = Signal { target: "other".to_owned(), ..body(0.4) };
        assert!(given.contradicts("m", &print(&other)));
        let later = Signal { received: NOW + Nanos::from_secs(9), published: NOW, ..body(0.4) };
        assert!(!given.contradicts("m", &print(&later)), "when it came is no part of it");
    }

    #[test]
    fn a_width_of_nothing_and_a_tiny_probability_are_refused_in_their_own_words() {
        let until = r#""valid_until":"2026-03-01T00:00:00Z""#;
        let told =
            |rest: &str| given(&format!(r#"{{"event":"e",{rest},{until}}}"#)).expect_err(rest);
        assert!(told(r#""probability":0.5,"sd":0"#).contains("`sd` is 0.01 to 10"));
        let tiny = told(r#""probability":1e-300"#);
        assert!(tiny.contains("is 1e-300") && tiny.contains("nobody is that sure"), "{tiny}");
        assert!(told(r#""probability":1"#).contains("between 0 and 1, and is neither"));
    }

    #[test]
    fn nonsense_is_refused() {
        let until = r#""valid_until":"2026-03-01T00:00:00Z""#;
        for bad in [
            format!(r#"{{"event":"e","probability":1,{until}}}"#),
            format!(r#"{{"event":"e","probability":-0.1,{until}}}"#),
            format!(r#"{{"event":"e","probability":1e999,{until}}}"#),
            format!(r#"{{"event":"e","probability":"0.5",{until}}}"#),
            format!(r#"{{"event":"e","probability":0.5,"sd":-1,{until}}}"#),
            format!(r#"{{"event":"e","probability":0.5,"sd":1,"low":0.1,"high":0.9,{until}}}"#),
            format!(r#"{{"event":"e","probability":0.5,"low":0.6,"high":0.9,{until}}}"#),
            format!(r#"{{"event":"e","probability":0.5,"low":0.4,{until}}}"#),
            format!(r#"{{"event":"other","probability":0.5,{until}}}"#),
            format!(r#"{{"event":"e","strategy":"mine","probability":0.5,{until}}}"#),
            format!(r#"{{"probability":0.5,{until}}}"#),
            format!(r#"{{"event":"e","probability":0.5,"order":"buy",{until}}}"#),
            r#"{"event":"e","probability":0.5}"#.to_owned(),
            r#"{"event":"e","probability":0.5,"valid_until":"2020-01-01T00:00:00Z"}"#.to_owned(),
            r#"{"event":"e","probability":0.5,"valid_until":"2040-01-01T00:00:00Z"}"#.to_owned(),
            r#"{"event":"e","probability":0.5,"valid_until":"tomorrow"}"#.to_owned(),
            "[]".to_owned(),
            String::new(),
        ] {
            given(&bad).expect_err(&bad);
        }
    }
}
