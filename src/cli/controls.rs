//! The verb `controls`: every control, its parameters as they are in force, the last time it stopped
//! something, and the test that proves it.

mod table;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};
use statecraft_domain::event::Standing;
use statecraft_domain::{Denial, Event, Timestamp};

use super::check::{account_rows, strategy_rows};
use super::{CliError, Common, Exit, Outcome, emit};
use crate::config::{self, Loaded, arming};
use crate::journal::{Record, inspect};
use crate::runtime::state_dir::journal_dir;

pub use table::{CONTROLS, Control};

/// Flags of `controls`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The report for the self-check of a release or a year; also what this verb prints without it.
    #[arg(long)]
    report: bool,
    /// Arm the limits in force for real money; HASH is the one that the report ends with.
    #[arg(long, value_name = "HASH", conflicts_with = "report")]
    arm: Option<String>,
}

/// Runs the verb.
///
/// # Errors
/// [`CliError`] if the configuration is invalid, the journal cannot be read, or other limits than those in
/// force are to be armed.
pub fn run(args: Args, common: &Common) -> Outcome {
    let loaded = config::load(&common.config, &config::Overrides::default())?;
    let Args { report: _, arm: hash } = args;
    match hash {
        Some(hash) => arm(&loaded, &hash, common),
        None => report(&loaded, common),
    }
}

fn arm(loaded: &Loaded, hash: &str, common: &Common) -> Outcome {
    let (ours, state_dir) = (arming::risk_hash(loaded), &loaded.settings.state_dir);
    if hash != ours {
        let message = format!(
            "{hash} does not name the limits in force; look at `statecraft controls --report`, and arm {ours}"
        );
        return Err(CliError::refused(message));
    }
    arming::arm(state_dir, &ours).map_err(|error| {
        CliError::failed(format!("cannot arm in {}: {error}", state_dir.display()))
    })?;
    if common.json {
        emit(&format!("{}\n", json!({ "armed": ours })))?;
    } else {
        emit(&format!("armed: real money may trade under the limits {ours}\n"))?;
    }
    Ok(Exit::Ok)
}

fn report(loaded: &Loaded, common: &Common) -> Outcome {
    let settings = &loaded.settings;
    let hash = arming::risk_hash(loaded);
    let armed = arming::is_armed(&settings.state_dir, &hash);
    let stops = last_stops(&journal_dir(&settings.state_dir, &settings.kalshi.endpoint))?;
    let lines: Vec<Line> =
        CONTROLS.iter().map(|control| Line::of(control, loaded, &stops)).collect();
    if common.json {
        let lines: Vec<Value> = lines.iter().map(Line::as_json).collect();
        emit(&format!(
            "{}\n",
            json!({
                "controls": lines,
                "config_hash": loaded.config_hash,
                "risk_hash": hash,
                "armed": armed,
            })
        ))?;
    } else {
        let text: String = lines.iter().map(Line::as_text).collect();
        let word = if armed { "armed for real money" } else { "not armed for real money" };
        emit(&format!("{text}limits {hash}: {word}\n"))?;
    }
    Ok(Exit::Ok)
}

/// The last time something was denied or stopped with a code, and why.
type Stops = BTreeMap<String, (Timestamp, String)>;

/// What the journal knows; nothing if there is none yet.
fn last_stops(dir: &Path) -> Result<Stops, CliError> {
    let mut stops = Stops::new();
    if !dir.join(crate::journal::FILE_NAME).exists() {
        return Ok(stops);
    }
    let kinds = ["mode_changed", "restriction_changed", "standing_changed", "order_denied"];
    for record in inspect::records(dir, &kinds, Timestamp::MAX)? {
        let Record::Event(event) = record else { continue };
        if let Some((code, at, reason)) = stop(event) {
            stops.insert(code, (at, reason));
        }
    }
    Ok(stops)
}

/// The code, the time and the words of an event that denied or stopped something.
fn stop(event: Event) -> Option<(String, Timestamp, String)> {
    match event {
        Event::ModeChanged(change) if change.is_latched() => {
            let words = change.reason.strip_prefix("engine: ").unwrap_or(&change.reason);
            let (code, reason) = words.split_once(": ").unwrap_or((words, ""));
            Some((code.to_owned(), change.at, reason.to_owned()))
        }
        Event::RestrictionChanged(change) => Some((change.code, change.at, change.reason)),
        Event::StandingChanged(change) if change.standing == Standing::Demoted => {
            Some((Denial::Demoted.code().to_owned(), change.at, change.reason))
        }
        Event::OrderDenied(denied) => {
            let words = match denied.count {
                1 => "an order was denied".to_owned(),
                count => format!("{count} orders were denied"),
            };
            Some((denied.denial.code().to_owned(), denied.at, words))
        }
        _ => None,
    }
}

/// One control as it is in force.
struct Line<'a> {
    control: &'a Control,
    /// Key and value of the account.
    account: Vec<(&'static str, String)>,
    /// The same of each enabled strategy.
    strategies: Vec<(&'a str, Vec<(&'static str, String)>)>,
    last: Option<(Timestamp, &'a str, &'a str)>,
}

impl<'a> Line<'a> {
    fn of(control: &'a Control, loaded: &'a Loaded, stops: &'a Stops) -> Self {
        let own = |rows: Vec<(&'static str, String)>| -> Vec<(&'static str, String)> {
            rows.into_iter().filter(|(key, _)| control.parameters.contains(key)).collect()
        };
        let enabled = loaded.strategies.iter().filter(|strategy| strategy.enabled);
        let strategies = enabled.map(|strategy| {
            (strategy.strategy.name.as_str(), own(strategy_rows(&strategy.strategy.limits)))
        });
        let codes = control.codes.iter().map(|code| code.code());
        let last = codes.chain(control.stops.iter().copied()).filter_map(|code| {
            let (known, (at, reason)) = stops.get_key_value(code)?;
            Some((*at, known.as_str(), reason.as_str()))
        });
        Self {
            control,
            account: own(account_rows(&loaded.settings)),
            strategies: strategies.filter(|(_, rows)| !rows.is_empty()).collect(),
            last: last.max_by_key(|(at, _, _)| *at),
        }
    }

    fn as_text(&self) -> String {
        let codes: Vec<&str> = self.control.codes.iter().map(|code| code.code()).collect();
        let mut text = format!("{:<5} {}\n", self.control.rule, self.control.what);
        let mut line =
            |name: &str, value: &str| text.push_str(&format!("      {name:<9} {value}\n"));
        if !codes.is_empty() {
            line("denies", &codes.join(", "));
        }
        if !self.control.stops.is_empty() {
            line("stops", &self.control.stops.join(", "));
        }
        let pairs = |rows: &[(&str, String)]| {
            rows.iter().map(|(key, value)| format!("{key} {value}")).collect::<Vec<_>>().join(", ")
        };
        if !self.account.is_empty() {
            line("account", &pairs(&self.account));
        }
        for (name, rows) in &self.strategies {
            line("strategy", &format!("{name}: {}", pairs(rows)));
        }
        let last = self.last.map_or("never, as far as the journal knows".to_owned(), |last| {
            let (at, code, reason) = last;
            format!("{} {code}: {reason}", crate::research::summary::time_text(at))
        });
        line("last", &last);
        line("proof", &self.control.tests.join(", "));
        text.push('\n');
        text
    }

    fn as_json(&self) -> Value {
        let object = |rows: &[(&'static str, String)]| {
            let pairs = rows.iter().map(|(key, value)| ((*key).to_owned(), json!(value)));
            Value::Object(pairs.collect::<Map<_, _>>())
        };
        let strategies: Map<String, Value> =
            self.strategies.iter().map(|(name, rows)| ((*name).to_owned(), object(rows))).collect();
        let last = self.last.map(|(at, code, reason)| {
            let at = crate::research::summary::time_text(at);
            json!({ "at": at, "code": code, "reason": reason })
        });
        json!({
            "rule": self.control.rule,
            "what": self.control.what,
            "codes": self.control.codes.iter().map(|code| code.code()).collect::<Vec<_>>(),
            "stops": self.control.stops,
            "account": object(&self.account),
            "strategies": strategies,
            "last": last,
            "tests": self.control.tests,
        })
    }
}
