//! The verb `status`.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::Value;

use super::{CliError, Common, Outcome, emit, operate};
use crate::control::protocol::{self, Request};
use crate::runtime::source_table;
use crate::signals::SourceReport;

/// Flags of `status`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {}

/// How the running bot is. Exit code 1 if none runs, or its loop hangs.
///
/// # Errors
/// [`CliError`]: 1.
pub fn run(_args: Args, common: &Common) -> Outcome {
    let reply = operate::request(common, &Request::Status, Duration::from_secs(5))?;
    if common.json {
        emit(&format!("{}\n", reply.data))?;
        return Ok(operate::exit(reply.outcome));
    }
    emit(&as_text(&reply.data))?;
    match reply.outcome {
        protocol::Outcome::Done => Ok(super::Exit::Ok),
        _ => Err(CliError::failed(reply.message)),
    }
}

fn as_text(data: &Value) -> String {
    let mut text = String::new();
    let word = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        Value::Number(number) if number.is_f64() => {
            format!("{:.1}", number.as_f64().unwrap_or_default())
        }
        other => other.to_string(),
    };
    let gate = &data["gate"];
    let gate = match (gate["killed"].as_bool(), gate["paused"].as_bool(), gate["open"].as_bool()) {
        (Some(true), ..) => "closed: KILLED",
        (_, Some(true), _) => "closed: paused",
        _ if gate["latched"] == true => "closed: the engine has stopped itself",
        (.., Some(true)) if gate["held"] == true => {
            "open; nothing leaves until the account is compared"
        }
        (.., Some(true)) if gate["ungrouped"] == true => {
            "open; nothing rests until the order group is set up anew"
        }
        (.., Some(true)) => "open",
        _ => "closed",
    };
    let lines = [
        ("process", word(&data["pid"])),
        ("venue", word(&data["venue"])),
        ("loop", word(&data["loop"])),
        ("gate", gate.to_owned()),
        ("mode", word(&data["mode"])),
        ("cause", word(&data["mode_cause"])),
        ("latch", word(&data["latch"])),
        ("files", files(&data["config_invalid"])),
        ("market data", if data["connected"] == true { "connected" } else { "down" }.to_owned()),
        ("venue condition", word(&data["condition"])),
        ("unsteady", unsteady(&data["unsteady"])),
        ("clock", clock(&data["clock"])),
        ("engine time", speed(&data["engine_time_speed"])),
        ("disk", disk(&data["disk"])),
        ("account compared", format!("{} s ago", word(&data["reconciled_secs_ago"]))),
        ("cash", word(&data["cash"])),
        ("equity", word(&data["equity"])),
        ("P&L", word(&data["pnl"])),
        ("open orders", word(&data["open_orders"])),
        ("unknown orders", word(&data["unknown_orders"])),
    ];
    for (name, value) in lines.iter().filter(|(_, value)| value != "-" && value != "- s ago") {
        let _ = writeln!(text, "{name:<18}{value}");
    }
    for one in data["restrictions"].as_array().into_iter().flatten() {
        let _ = writeln!(
            text,
            "restricted        {}: {} ({}) {}",
            word(&one["scope"]),
            word(&one["mode"]),
            word(&one["code"]),
            word(&one["reason"])
        );
    }
    for one in data["held_back"].as_array().into_iter().flatten() {
        let _ = writeln!(
            text,
            "held back         strategy {} on {}: {} until {} (unexplained_move)",
            word(&one["strategy"]),
            word(&one["market"]),
            word(&one["what"]),
            word(&one["until"])
        );
    }
    for one in data["unclosed"].as_array().into_iter().flatten() {
        let _ = writeln!(
            text,
            "flatten cut short {} {}: nothing closes it; `{}`",
            word(&one["contracts"]),
            word(&one["ticker"]),
            word(&one["again"])
        );
    }
    for one in data["pending_config"].as_array().into_iter().flatten() {
        let _ = writeln!(
            text,
            "pending edit      {} {}: {}",
            word(&one["strategy"]),
            word(&one["hash"]),
            word(&one["summary"])
        );
    }
    for market in data["markets"].as_array().into_iter().flatten() {
        if market["position"] != "0" {
            let _ = writeln!(
                text,
                "position          {} {} (P&L {})",
                word(&market["position"]),
                word(&market["ticker"]),
                word(&market["pnl"])
            );
        }
    }
    text.push_str(&sources(data));
    for one in data["source_alerts"].as_array().into_iter().flatten() {
        let (source, code) = (word(&one["source"]), word(&one["code"]));
        let _ = writeln!(text, "source alert      {source}: {code} for {} s", word(&one["secs"]));
    }
    if !data["swept"].is_null() {
        let swept = &data["swept"];
        let _ = writeln!(
            text,
            "after the kill    clear: {}, open orders: {}, rounds: {}",
            word(&swept["clear"]),
            word(&swept["open_orders"]),
            word(&swept["rounds"])
        );
    }
    text
}

/// The table of sources; nothing of a bot that tells of none.
fn sources(data: &Value) -> String {
    let reports = serde_json::from_value::<Vec<SourceReport>>(data["sources"].clone());
    reports.map_or_else(|_| String::new(), |reports| source_table::text(&reports))
}

/// Are the files as they are now in force? Nothing is said if so.
fn files(invalid: &Value) -> String {
    invalid["summary"].as_str().map_or("-".to_owned(), |summary| {
        format!("not valid, and nothing of them takes effect ({summary}); `check` shows where")
    })
}

/// Nothing where orders do not wait.
fn unsteady(hold: &Value) -> String {
    match (hold["text"].as_str(), hold["left_secs"].as_u64()) {
        (Some(text), Some(left)) => format!("{text}, {left} s of it left; `resume` ends that wait"),
        _ => "-".to_owned(),
    }
}

fn clock(judged: &Value) -> String {
    match (judged["trusted"].as_bool(), judged["offset"].as_i64()) {
        (Some(trusted), Some(offset)) => {
            let word = if trusted { "trusted" } else { "NOT trusted" };
            format!("{word}, {} ms from the venue's", offset / 1_000_000)
        }
        _ => "-".to_owned(),
    }
}

fn disk(look: &Value) -> String {
    let word = match look["level"].as_str() {
        Some("low") => "NEARLY FULL, ",
        Some("floor") => "FULL, ",
        Some(_) => "",
        None => return "-".to_owned(),
    };
    format!("{word}{}", look["text"].as_str().unwrap_or_default())
}

/// Nothing where engine time is wall time.
fn speed(speed: &Value) -> String {
    match speed.as_u64() {
        Some(speed) if speed > 1 => {
            format!("runs {speed} times as fast; spans of this page are wall time")
        }
        _ => "-".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_matters_is_on_a_line_of_its_own() {
        let data = serde_json::json!({
            "pid": 7, "loop": "alive", "engine_time_speed": 20_000, "mode": "killed", "latch": "operator: why",
            "gate": { "open": false, "killed": true, "paused": false },
            "clock": { "trusted": false, "offset": 3_200_000_000_i64 },
            "restrictions": [{ "scope": "strategy a", "mode": "halted", "code": "paused",
                "reason": "operator: b" }],
            "markets": [{ "ticker": "KX", "position": "-3", "pnl": "0.1" }],
            "unsteady": { "text": "the venue was interrupted 4 times", "left_secs": 12 },
            "unclosed": [{ "ticker": "KY", "contracts": "12", "again": "statecraft flatten --yes" }],
            "disk": { "level": "low", "text": "99.0 MiB free for state" },
            "source_alerts": [{ "source": "desk", "code": "source_silent", "secs": 300_000 }],
        });
        let text = as_text(&data);
        for part in [
            "closed: KILLED",
            "NOT trusted, 3200 ms",
            "strategy a: halted",
            "-3 KX",
            "interrupted 4 times, 12 s of it left; `resume` ends that wait",
            "12 KY: nothing closes it; `statecraft flatten --yes`",
            "20000 times as fast",
            "NEARLY FULL, 99.0 MiB",
            "desk: source_silent for 300000 s",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!text.contains("venue condition"), "{text}");
    }
}
