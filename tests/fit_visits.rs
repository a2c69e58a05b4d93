//! `fit visits`: the reference table from the shared record, and what is said of a history with mistakes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]
// Coefficients that happen to lie near 1/pi.
#![allow(clippy::approx_constant)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use statecraft::config::load_strategies;
use statecraft::research::fit::history::History as FitHistory;
use statecraft::research::fit::month::Month;
use statecraft::research::fit::panel::Panel;
use statecraft::research::fit::rolling::forecast_year;
use statecraft_engine::config::ModelSpec;

/// A directory of the shared data, if it is there.
fn shared(name: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let root = std::env::var_os("STATECRAFT_SHARED").map_or(beside, PathBuf::from);
    let path = root.join("data").join(name);
    if !path.is_dir() {
        eprintln!("skipped: {} is not there (see CONTRIBUTING.md)", path.display());
        return None;
    }
    Some(path)
}

fn fit(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_statecraft"));
    command.args(["fit", "visits"]).args(args).output().unwrap()
}

fn fit_json(histories: &[&Path], more: &[&str]) -> Value {
    let mut args = vec!["--json"];
    args.extend(more);
    for history in histories {
        args.extend(["--history", history.to_str().unwrap()]);
    }
    let output = fit(&args);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn coefficient<'a>(fit: &'a Value, name: &str) -> &'a Value {
    let all = fit["coefficients"].as_array().unwrap();
    all.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("no {name}"))
}

fn near(found: &Value, expected: f64, tolerance: f64) {
    let found = number(found);
    assert!((found - expected).abs() <= tolerance, "{found} is not {expected}");
}

/// model.md 3.2: coefficients to .01, the table to .0005.
#[test]
fn the_reference_table_is_reproduced() {
    let Some(history) = shared("visit-hazard") else { return };
    let fit = fit_json(&[&history], &[]);
    for (name, mean, sd) in [
        ("intercept", -4.770, f64::NAN),
        ("host_month", 5.337, 0.185),
        ("visited_0_6", -0.988, 0.202),
        ("visited_7_12", -0.251, 0.164),
        ("inbound_0_6", 0.383, 0.126),
        ("inbound_7_12", 0.318, 0.143),
        ("country:japan", 0.680, 0.293),
    ] {
        near(&coefficient(&fit, name)["mean"], mean, 0.001);
        if sd.is_finite() {
            near(&coefficient(&fit, name)["sd"], sd, 0.001);
        }
        assert_eq!(coefficient(&fit, name)["prior_only"], false);
    }
    assert_eq!(fit["coefficients"].as_array().unwrap().len(), 56);
    let table = &fit["rolling_origin"];
    for (line, expected) in [
        (&table["pooled_climatology"], [0.14858, 0.47715, 0.12158, 0.40915]),
        (&table["same_as_last_year"], [0.14799, 0.47509, 0.12186, 0.41008]),
        (&table["climatology"], [0.13305, 0.43300, 0.11525, 0.38840]),
        (&table["hierarchical_rates"], [0.13479, 0.43425, 0.11428, 0.38280]),
        (&table["host_only"], [0.11221, 0.38050, 0.11505, 0.38606]),
        (table, [0.11091, 0.37654, 0.11360, 0.38091]),
    ] {
        let keys = ["brier", "log_score", "brier_no_summit", "log_score_no_summit"];
        for (key, expected) in keys.into_iter().zip(expected) {
            near(&line[key], expected, 0.00005);
        }
        assert_eq!((&line["n"], &line["n_no_summit"]), (&2000.into(), &1906.into()));
    }
    near(&table["base_rate"], 0.1785, 0.00005);
    near(&table["base_rate_no_summit"], 0.1406, 0.00005);
    near(&table["brier_difference"]["mean"], -0.02214, 0.00001);
    near(&table["brier_difference_no_summit"]["mean"], -0.00166, 0.00001);
    // The ends of the intervals are those of other random numbers.
    near(&table["brier_difference"]["low"], -0.02699, 0.001);
    near(&table["brier_difference"]["high"], -0.01729, 0.001);
    near(&table["brier_difference_no_summit"]["low"], -0.00478, 0.0005);
    near(&table["brier_difference_no_summit"]["high"], 0.00148, 0.0005);
    let bins: Vec<u64> = table["calibration"]
        .as_array()
        .unwrap()
        .iter()
        .map(|bin| bin["n"].as_u64().unwrap())
        .collect();
    assert_eq!(bins, [475, 622, 585, 139, 83, 28, 68]);
    // Japan in 2026: mean, interval, log intensity (the reference's digits are those of its draws).
    for (answer, expected) in fit["predictions"].as_array().unwrap().iter().zip([
        [0.1361, 0.0870, 0.1987],
        [0.1971, 0.1288, 0.2830],
        [0.1803, 0.1183, 0.2577],
        [0.1356, 0.0873, 0.1968],
        [0.0825, 0.0527, 0.1205],
    ]) {
        near(&answer["mean"], expected[0], 0.001);
        near(&answer["q05"], expected[1], 0.002);
        near(&answer["q95"], expected[2], 0.002);
    }
    near(&fit["predictions"][0]["log_intensity_mean"], -1.9528, 0.005);
    near(&fit["predictions"][0]["log_intensity_sd"], 0.2696, 0.005);
    let reading = fit["reading"].to_string();
    assert!(reading.contains("Nearly all skill is the published summit calendar"), "{reading}");
    assert!(reading.contains("not distinguishable"), "{reading}");
}

#[test]
fn the_shipped_fit_is_what_the_shared_record_gives() {
    let Some(history) = shared("visit-hazard") else { return };
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("fit.toml");
    fit_json(&[&history], &["--out", out.to_str().unwrap()]);
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("fits/us-presidential-visits.toml");
    let numbers = |path: &Path| -> Vec<String> {
        let text = std::fs::read_to_string(path).unwrap();
        text.lines().filter(|line| !line.starts_with('#')).map(rounded).collect()
    };
    assert_eq!(numbers(&out), numbers(&shipped));
}

/// The last digits of a fit depend on the machine's library of functions.
fn rounded(line: &str) -> String {
    match line.split_once(" = ").map(|(key, value)| (key, value.parse::<f64>())) {
        Some((key, Ok(value))) => format!("{key} = {value:.5}"),
        _ => line.to_owned(),
    }
}

#[test]
fn the_fuller_record_adds_the_years_after_the_fit() {
    let (Some(hazard), Some(trips)) = (shared("visit-hazard"), shared("presidential-trips")) else {
        return;
    };
    let predict = ["--predict", "japan@2026-01,inbound=2025-02"];
    let fit = fit_json(&[&hazard, &trips], &predict);
    // The fit itself stays where both records are complete.
    assert_eq!(fit["last_month"], "2024-12");
    near(&coefficient(&fit, "visited_0_6")["mean"], -0.988, 0.001);
    // 2025, never fitted: 12 of 50 visited, 8.93 expected (model.md 3.2).
    let year = &fit["hold_out"][0];
    assert_eq!((&year["first_month"], &year["last_month"]), (&"2025-01".into(), &"2025-12".into()));
    assert_eq!(year["visited"], 12);
    near(&year["expected"], 8.93, 0.01);
    near(&year["scores"]["model"]["brier"], 0.1537, 0.0001);
    near(&year["scores"]["climatology"]["brier"], 0.1773, 0.0001);
    near(&year["scores"]["model"]["brier_no_summit"], 0.1531, 0.0001);
    near(&year["scores"]["climatology"]["brier_no_summit"], 0.1512, 0.0001);
    // The beginning of 2026: 4 visited, 4.68 expected.
    let months = &fit["hold_out"][1];
    assert_eq!((&months["last_month"], &months["visited"]), (&"2026-07".into(), &4.into()));
    near(&months["expected"], 4.68, 0.01);
    near(&months["scores"]["model"]["brier"], 0.0384, 0.0001);
    // The visit of October 2025 is now in the record and need not be assumed.
    near(&fit["predictions"][0]["mean"], 0.1361, 0.001);
    assert!(fit["notes"].to_string().contains("only to 2024-11"), "{}", fit["notes"]);
}

/// A forecast of January 1995 must not change when the future does; the published calendar may move it.
#[test]
fn nothing_after_the_origin_reaches_a_forecast() {
    let history = History::new();
    let read = || FitHistory::read(&[history.dir.path().to_owned()]).unwrap();
    let said = |history: &FitHistory| -> Vec<[f64; 6]> {
        let panel = Panel::new(history);
        let year =
            forecast_year(&panel, Month::december(1994), 1995, Month::december(1995)).unwrap();
        year.iter().map(|one| one.probabilities).collect()
    };
    let (honest, mut future) = (read(), read());
    let origin = Month::january(1995);
    future.visits.retain(|(_, month)| *month < origin);
    future.inbound.retain(|(_, month)| *month < origin);
    future.visits.insert(("c".to_owned(), Month::new(1995, 3)));
    future.inbound.insert(("a".to_owned(), origin));
    assert_eq!(said(&honest), said(&future));
    // The past does reach it: the test can fail.
    let mut past = read();
    past.visits.insert(("c".to_owned(), Month::new(1994, 12)));
    assert_ne!(said(&honest), said(&past));
    let mut calendar = read();
    calendar.summits.insert(("c".to_owned(), Month::new(1995, 6)));
    assert_ne!(said(&honest), said(&calendar));
}

#[test]
fn the_fuller_record_alone_says_what_is_missing() {
    let Some(trips) = shared("presidential-trips") else { return };
    let fit = fit_json(&[&trips], &["--predict", "japan@2026-01"]);
    let notes = fit["notes"].to_string();
    for missing in ["no countries.csv", "no summits.csv", "stopovers"] {
        assert!(notes.contains(missing), "{notes}");
    }
    assert_eq!(coefficient(&fit, "host_month")["prior_only"], true);
    assert!(number(&coefficient(&fit, "visited_0_6")["mean"]) < -0.3);
}

/// Two countries, visited now and then, one of them host of summits.
struct History {
    dir: tempfile::TempDir,
}

impl History {
    fn new() -> Self {
        let history = Self { dir: tempfile::tempdir().unwrap() };
        let mut visits = String::from("start_date,country,kind\n");
        let mut summits = String::from("year,month,forum,country\n");
        for year in 1968..2000 {
            visits.push_str(&format!("{year}-0{}-11,a,bilateral\n", 1 + year % 9));
            visits.push_str(&format!("{year}-10-02,b,stop\n"));
            if year % 4 == 0 {
                visits.push_str(&format!("{year}-05-02,b,summit\n"));
                summits.push_str(&format!("{year},5,G7,b\n"));
            }
        }
        history.write("countries.csv", "country\na\nb\nc\n");
        history.write("visits.csv", &visits);
        history.write("summits.csv", &summits);
        history.write(
            "inbound.csv",
            "start_date,country,kind\n1980-01-01,a,bilateral\n1999-12-01,b,private\n",
        );
        history
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.dir.path().join(name), text).unwrap();
    }

    fn append(&self, name: &str, text: &str) {
        let path = self.dir.path().join(name);
        let before = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, before + text).unwrap();
    }

    /// Exit code and stderr.
    fn refused(&self) -> (i32, String) {
        let output =
            fit(&["--history", self.dir.path().to_str().unwrap(), "--predict", "a@2000-01"]);
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }
}

#[test]
fn a_small_history_is_fitted_and_the_order_of_its_rows_is_nothing() {
    let history = History::new();
    let predict = ["--predict", "a@2000-01", "--predict", "c@2000-07"];
    let first = fit_json(&[history.dir.path()], &predict);
    assert_eq!(first["last_month"], "1999-12");
    assert!(number(&coefficient(&first, "host_month")["mean"]) > 2.0);
    assert_eq!(coefficient(&first, "country:c")["prior_only"], false);
    // Nothing is known of inbound_0_6 but one visit: nearly the prior.
    assert!(number(&coefficient(&first, "inbound_0_6")["sd"]) > 0.7);
    let visits = std::fs::read_to_string(history.dir.path().join("visits.csv")).unwrap();
    let (header, rows) = visits.split_once('\n').unwrap();
    let mut rows: Vec<&str> = rows.lines().collect();
    rows.reverse();
    history.write("visits.csv", &format!("{header}\n{}\n", rows.join("\n")));
    let second = fit_json(&[history.dir.path()], &predict);
    for part in ["coefficients", "rolling_origin", "predictions"] {
        assert_eq!(first[part], second[part]);
    }
}

#[test]
fn mistakes_name_file_line_and_column() {
    for (name, line, said) in [
        ("visits.csv", "1999-13-01,a,bilateral\n", "visits.csv:74: `start_date` is \"1999-13-01\""),
        ("visits.csv", "1999-11-01,a,holiday\n", "`kind` is \"holiday\"; expected bilateral"),
        ("visits.csv", "1999-11-01,A land,stop\n", "`country` is \"A land\""),
        ("visits.csv", "1999-11-01,a\n", "visits.csv:74: 2 fields; the header has 3"),
        ("inbound.csv", "0000-00-00,a,bilateral\n", "inbound.csv:4: `start_date`"),
        ("summits.csv", "1999,13,G7,a\n", "`month` is \"13\""),
        ("countries.csv", "a\n", "countries.csv:5: `country` is \"a\"; expected each country once"),
    ] {
        let history = History::new();
        history.append(name, line);
        let (exit, stderr) = history.refused();
        assert!(exit == 1 && stderr.contains(said), "{exit} {stderr}");
    }
    let history = History::new();
    history.write("visits.csv", "date,country,kind\n1999-11-01,a,stop\n");
    let (exit, stderr) = history.refused();
    assert_eq!(exit, 1);
    assert!(
        stderr.contains("the column `start_date` is missing; the header has: date"),
        "{stderr}"
    );
    history.write("visits.csv", "start_date,country,kind\n\u{1b}[31m,a,stop\n");
    assert!(!history.refused().1.contains('\u{1b}'), "control characters reach the terminal");
    history.write("visits.csv", "start_date,country,kind\n1975-11-01,a,bilateral\n");
    assert!(history.refused().1.contains("the rolling origin begins in 1985"));
    history.write("visits.csv", "start_date,country,kind\n");
    assert!(history.refused().1.contains("no visit at all"));
    std::fs::write(
        history.dir.path().join("visits.csv"),
        b"start_date,country,kind\n\xff\xfe,a,stop\n",
    )
    .unwrap();
    let (exit, stderr) = history.refused();
    assert!(exit == 1 && stderr.contains("UTF-8"), "{stderr}");
}

#[test]
fn wrong_usage_exits_with_2() {
    let history = History::new();
    let dir = history.dir.path().to_str().unwrap();
    let empty = tempfile::tempdir().unwrap();
    for (args, said) in [
        (
            vec!["--history", dir, "--predict", "atlantis@2000-01"],
            "not in the panel; it has: a, b, c",
        ),
        (vec!["--history", dir, "--predict", "a@2000"], "`2000` is no month"),
        (vec!["--history", dir, "--predict", "a@2000-01,visits=1"], "`visits=1` is not known"),
        (vec!["--history", empty.path().to_str().unwrap()], "is no history"),
        (vec!["--history", "no/such/directory"], "cannot read no/such/directory"),
        (vec![], "--history"),
    ] {
        let output = fit(&args);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(said), "{stderr}");
        assert!(output.stdout.is_empty());
    }
}

const STRATEGY: &str = r#"
event = "e"
question = "?"
country = "a"
market = [{ venue = "kalshi", ticker = "T" }]
[decision]
kind = "kelly"
[model]
kind = "hazard"
window_start = 2000-01-01T00:00:00Z
deadline = 2001-01-01T00:00:00Z
fit = "fit.toml"
[[model.signal]]
slug = "visited"
from_fit = "visited_0_6"
shape = "step"
length = "183d"
"#;

/// A directory with a fitted event file, and its JSON.
fn fitted() -> (tempfile::TempDir, Value) {
    let history = History::new();
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("fit.toml");
    let more = ["--predict", "a@2000-01", "--out", out.to_str().unwrap()];
    let fit = fit_json(&[history.dir.path()], &more);
    (dir, fit)
}

fn problems(dir: &Path, text: &str) -> Vec<(String, usize, String)> {
    let path = dir.join("s.toml");
    std::fs::write(&path, text).unwrap();
    let report = load_strategies(&[path]).expect_err("this strategy must be refused");
    let name = |file: &str| {
        Path::new(file).file_name().map_or(String::new(), |name| name.to_string_lossy().into())
    };
    report
        .located()
        .into_iter()
        .map(|problem| (name(&problem.file), problem.line, problem.message))
        .collect()
}

#[test]
fn a_strategy_takes_its_numbers_from_the_fit() {
    let (dir, fit) = fitted();
    let path = dir.path().join("s.toml");
    std::fs::write(&path, STRATEGY).unwrap();
    let loaded = load_strategies(std::slice::from_ref(&path)).unwrap().remove(0);
    let ModelSpec::Hazard(model) = &loaded.strategy.model else { panic!("not a hazard model") };
    let of = |name: &str, key: &str| number(&coefficient(&fit, name)[key]);
    let rate = 12.0 * (of("intercept", "mean") + of("country:a", "mean")).exp();
    assert!((model.base_rate_per_year / rate - 1.0).abs() < 1e-6);
    // The two are negatively correlated: less than their independent sum, more than structure alone.
    let independent = of("intercept", "sd").hypot(of("country:a", "sd")).hypot(0.25);
    assert!((0.25..independent).contains(&model.log_base_sd), "{}", model.log_base_sd);
    assert!((model.signals[0].mean - of("visited_0_6", "mean")).abs() < 1e-6);
    assert!((model.signals[0].sd - of("visited_0_6", "sd")).abs() < 1e-6);
    // Another fit under the same name is another strategy.
    let file = dir.path().join("fit.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{text}\n# changed\n")).unwrap();
    assert_ne!(load_strategies(&[path]).unwrap()[0].hash, loaded.hash);
}

#[test]
fn what_contradicts_the_fit_is_refused_where_it_stands() {
    let (dir, _) = fitted();
    let edited = |from: &str, to: &str| {
        assert!(STRATEGY.contains(from));
        problems(dir.path(), &STRATEGY.replace(from, to))
    };
    let at = |line: usize, said: &str| vec![("s.toml".to_owned(), line, said.to_owned())];
    assert_eq!(
        edited("fit = \"fit.toml\"", "fit = \"fit.toml\"\nbase_rate_per_year = 0.2"),
        at(13, "`base_rate_per_year` is given twice: here, and by `fit`")
    );
    assert_eq!(
        edited("fit = \"fit.toml\"", "fit = \"fit.toml\"\nlog_base_sd = 0.2"),
        at(13, "`log_base_sd` is given twice: here, and by `fit`")
    );
    assert_eq!(
        edited("from_fit = \"visited_0_6\"", "from_fit = \"visited_0_6\"\nsd = 1"),
        at(16, "`sd` is given twice: here, and by `from_fit`")
    );
    assert_eq!(
        edited("visited_0_6", "visited_0_5"),
        at(15, "the fit has no covariate `visited_0_5`")
    );
    assert_eq!(edited("visited_0_6", "country:a"), at(15, "the fit has no covariate `country:a`"));
    assert_eq!(edited("country = \"a\"", "country = \"x\""), at(4, "the fit knows no country `x`"));
    assert_eq!(
        edited("country = \"a\"\n", ""),
        at(11, "a fit of many countries, and none is named")
    );
    let missing = edited("fit = \"fit.toml\"", "fit = \"other.toml\"");
    assert_eq!((missing[0].0.as_str(), missing[0].1, missing.len()), ("s.toml", 12, 1));
    assert!(missing[0].2.contains("cannot read the fitted event file"));
    let without = edited("fit = \"fit.toml\"", "base_rate_per_year = 0.2");
    assert_eq!(without, at(15, "`from_fit` without a fit"));
    let neither = edited("fit = \"fit.toml\"\n", "");
    assert!(neither.iter().any(|(_, _, said)| said == "`base_rate_per_year` is missing"));
    let plain = edited("from_fit = \"visited_0_6\"\n", "");
    assert_eq!(plain.len(), 2, "mean and sd are missing: {plain:?}");
}

#[test]
fn a_broken_fitted_event_file_is_refused_in_its_own_lines() {
    let (dir, _) = fitted();
    let file = dir.path().join("fit.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let line = 1 + text.lines().position(|line| line.starts_with("mean = ")).unwrap();
    let broken = text.replacen("mean = ", "mean = nan # ", 1);
    std::fs::write(&file, broken).unwrap();
    let found = problems(dir.path(), STRATEGY);
    assert_eq!((found[0].0.as_str(), found[0].1, found.len()), ("fit.toml", line, 1), "{found:?}");
}
