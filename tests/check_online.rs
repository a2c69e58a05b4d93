//! `check --online`: whether a run could begin now, without one (12.5).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

#[path = "support/ledger.rs"]
mod ledger;
#[path = "support/process.rs"]
mod process;
#[path = "support/verbs.rs"]
mod verbs;

use std::fs;
use std::path::Path;
use std::process::Command;

use process::{Process, bot, configure, configure_embedded, program, venue};
use serde_json::Value;
use verbs::wait_for_orders;

/// Exit code, and the verdict and words of each look.
fn looks(dir: &Path) -> (i32, Vec<(String, String, String)>) {
    let config = dir.join("statecraft.toml");
    let output = Command::new(program())
        .args(["check", "--online", "--json", "--config", config.to_str().unwrap()])
        .output()
        .unwrap();
    let told: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let text = |look: &Value, key: &str| look[key].as_str().unwrap().to_owned();
    let looks = told["online"].as_array().unwrap().iter();
    let looks = looks.map(|look| (text(look, "what"), text(look, "verdict"), text(look, "told")));
    (output.status.code().unwrap(), looks.collect())
}

fn bad(looks: &[(String, String, String)]) -> Vec<&str> {
    let bad = looks.iter().filter(|(_, verdict, _)| verdict == "bad");
    bad.map(|(what, ..)| what.as_str()).collect()
}

#[test]
fn everything_is_looked_at_and_nothing_is_left_behind() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _venue) = venue(dir.path(), "");
    configure(dir.path(), &url);
    let (code, found) = looks(dir.path());
    assert_eq!((code, bad(&found)), (0, Vec::new()), "{found:?}");
    let what: Vec<&str> = found.iter().map(|(what, ..)| what.as_str()).collect();
    assert_eq!(what, ["disk", "account lock", "clock", "key", "venue", "account", "markets"]);
    assert!(found[6].2.contains("KXTRUMPCOUNTRIES-27JAN01-JAP"), "{found:?}");
    assert!(!dir.path().join("state").exists(), "it only looks");
}

#[test]
fn what_would_stop_a_start_is_said_before_it() {
    let dir = tempfile::tempdir().unwrap();
    let (url, mut venue) = venue(dir.path(), "");
    configure(dir.path(), &url);
    // A market that is not there.
    let path = dir.path().join("strategies/churn.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("-JAP", "-JAPAN")).unwrap();
    let (code, found) = looks(dir.path());
    assert_eq!((code, bad(&found)), (1, vec!["markets"]), "{found:?}");
    assert!(found[6].2.contains("KXTRUMPCOUNTRIES-27JAN01-JAP"), "the nearest name: {found:?}");
    fs::write(&path, text).unwrap();
    // A key the venue does not know.
    let settings = dir.path().join("statecraft.toml");
    let text = fs::read_to_string(&settings).unwrap();
    let key_id = fs::read_to_string(dir.path().join("keys/api_key_id.txt")).unwrap();
    fs::write(&settings, text.replace(key_id.trim(), "00000000-0000-4000-8000-000000000000"))
        .unwrap();
    let (code, found) = looks(dir.path());
    assert_eq!((code, bad(&found)), (1, vec!["key"]), "{found:?}");
    fs::write(&settings, text).unwrap();
    // A bot that has the account.
    let mut running = Process(bot(dir.path(), &[]).spawn().unwrap());
    wait_for_orders(&url, 0);
    let (code, found) = looks(dir.path());
    assert_eq!((code, bad(&found)), (1, vec!["account lock"]), "{found:?}");
    assert!(found[1].2.contains(&running.0.id().to_string()), "{found:?}");
    running.stop();
    // No venue.
    venue.kill();
    let (code, found) = looks(dir.path());
    assert_eq!((code, bad(&found)), (1, vec!["venue"]), "{found:?}");
}

#[test]
fn the_embedded_venue_is_asked_for_its_markets() {
    let dir = tempfile::tempdir().unwrap();
    configure_embedded(dir.path());
    let (code, found) = looks(dir.path());
    assert_eq!((code, bad(&found)), (0, Vec::new()), "{found:?}");
}
