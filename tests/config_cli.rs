//! What `check`, `schema` and `completions` print, by the real program.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

use std::path::Path;
use std::process::{Command, Output};

/// Runs the program in `dir` without any of our variables in the environment.
fn statecraft(dir: &Path, args: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_statecraft"));
    command.args(args).current_dir(dir).env_clear();
    command.envs(variables.iter().copied()).output().unwrap()
}

fn shipped() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A snapshot of exit code, stdout and stderr.
fn shown(output: &Output) -> String {
    format!(
        "exit {}\n--- stdout\n{}--- stderr\n{}",
        output.status.code().unwrap(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn with_hash_hidden() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter("configuration [0-9a-f]{12}", "configuration [hash]");
    settings.add_filter("\"(config_hash|hash)\":\"[0-9a-f]{64}\"", "\"$1\":\"[hash]\"");
    settings
}

const BAD_SETTINGS: &str = r#"
[run]
mode = "lvie"
cash = "5"
[limit]
x = 1
[limits]
max_order_per_day = 5
max_account_cost = 500
cash_buffer = nan
max_orders_per_minute = 900
[[signals]]
name = "a"
path = "x"
url = "https://x"
[[signals]]
name = "a"
kind = "rss"
[kalshi]
endpoint = "pord"
member =
"#;

const BAD_STRATEGY: &str = r#"
event = "A B"
question = "?"
[[market]]
venue = "kalshi"
ticker = "A"
series = "B"
[model]
kind = "hazard"
window_start = 2027-01-01T00:00:00Z
deadline = 2026-01-01T00:00:00Z
base_rate_per_year = -1
[[model.signal]]
slug = "occurred"
mean = 0.1
sd = inf
shape = "decaying"
half_life = "-3d"
length = "3d"
[[model.window]]
name = "late"
start = 2026-02-01T00:00:00
end = 2026-01-01T00:00:00Z
attend = [1]
include = [1, 2]
[decision]
kind = "kelly"
min_contracts = 500
[limits]
min_price = "0.99"
max_group_cost = "1000"
max_position_costs = "1000"
"#;

#[test]
fn the_shipped_files_are_valid() {
    with_hash_hidden().bind(|| {
        insta::assert_snapshot!(shown(&statecraft(shipped(), &["check"], &[])));
        insta::assert_snapshot!(shown(&statecraft(shipped(), &["check", "--json"], &[])));
    });
}

#[test]
fn every_mistake_of_every_file_is_shown_at_once() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("bad.toml"), BAD_SETTINGS).unwrap();
    std::fs::write(dir.path().join("strategy.toml"), BAD_STRATEGY).unwrap();
    let args = ["--config", "bad.toml", "check", "strategy.toml"];
    insta::assert_snapshot!(shown(&statecraft(dir.path(), &args, &[])));
    let output = statecraft(dir.path(), &[&args[..], &["--json"]].concat(), &[]);
    assert_eq!(output.status.code(), Some(2));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let first = &report["problems"][0];
    assert_eq!(
        (&first["file"], &first["line"], &first["column"]),
        (&"bad.toml".into(), &3.into(), &8.into())
    );
}

#[test]
fn of_hundreds_of_mistakes_the_first_are_drawn_and_all_are_counted() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("strategies")).unwrap();
    let text: String = (0..300).map(|at| format!("no_such_setting_{at} = 1\n")).collect();
    std::fs::write(dir.path().join("s.toml"), text).unwrap();
    let output = shown(&statecraft(dir.path(), &["-c", "s.toml", "check"], &[]));
    assert!(output.contains("300 mistakes"), "{output}");
    assert!(output.contains("no_such_setting_0 ") && !output.contains("no_such_setting_299"));
    assert!(output.contains("and 260 more; `statecraft check --json` lists them all"), "{output}");
    let output = statecraft(dir.path(), &["-c", "s.toml", "check", "--json"], &[]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["problems"].as_array().unwrap().len(), 300);
}

#[test]
fn mistakes_in_variables_and_flags_are_shown_where_they_are() {
    let variables = [
        ("STATECRAFT__LIMITS__MAX_ORDERS_PER_DAI", "5"),
        ("STATECRAFT__LIMITS__CASH_BUFFER", "a lot"),
    ];
    let args = ["check", "--set", "limits.max_account_cost=-1", "--set", "tape=x"];
    insta::assert_snapshot!(shown(&statecraft(shipped(), &args, &variables)));
}

#[test]
fn a_key_in_a_file_is_refused_and_not_repeated() {
    let dir = tempfile::tempdir().unwrap();
    let key = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";
    let text = format!("[kalshi]\nendpoint = 3\nprivate_key = \"{key}\"\nsecret = \"{key}\"\n");
    std::fs::write(dir.path().join("s.toml"), text).unwrap();
    let output = shown(&statecraft(dir.path(), &["-c", "s.toml", "check"], &[]));
    assert!(!output.contains(&key[..12]), "{output}");
    insta::assert_snapshot!(output);
    let args = ["check", "--set", &format!("kalshi.private_key={key}")];
    let output = statecraft(shipped(), &args, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(!shown(&output).contains(&key[..12]));
}

#[cfg(unix)]
#[test]
fn a_key_file_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("strategies")).unwrap();
    std::fs::write(dir.path().join("key.pem"), "not looked into").unwrap();
    let text = "[kalshi]\nendpoint = \"demo\"\nkey_id = \"k\"\nprivate_key = \"key.pem\"\n";
    std::fs::write(dir.path().join("s.toml"), text).unwrap();
    let mode = |mode| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(dir.path().join("key.pem"), permissions).unwrap();
        statecraft(dir.path(), &["-c", "s.toml", "check"], &[])
    };
    insta::assert_snapshot!(String::from_utf8(mode(0o644).stderr).unwrap());
    assert_eq!(mode(0o640).status.code(), Some(2));
    assert_eq!(mode(0o600).status.code(), Some(0));
}

#[test]
fn schemas() {
    for which in ["settings", "strategy"] {
        let output = statecraft(shipped(), &["schema", which], &[]);
        assert_eq!(output.status.code(), Some(0));
        insta::assert_snapshot!(
            format!("schema_{which}"),
            String::from_utf8(output.stdout).unwrap()
        );
    }
}

#[test]
fn completions_name_every_verb() {
    for shell in ["bash", "zsh", "fish"] {
        let output = statecraft(shipped(), &["completions", shell], &[]);
        let script = String::from_utf8(output.stdout).unwrap();
        for verb in ["run", "check", "backtest", "journal", "schema"] {
            assert!(script.contains(verb), "{shell} does not complete {verb}");
        }
    }
}
