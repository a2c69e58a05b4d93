//! The recorded Kalshi sessions: everything in them is read, and two runs do exactly the same. Three
//! sessions by default; all 28 with `STATECRAFT_ALL_SESSIONS=1` (best in release).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use statecraft::tape::open;
use statecraft::tape::statistics::Statistics;

fn shared() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let dir = std::env::var_os("STATECRAFT_SHARED").map_or(beside, PathBuf::from);
    let dir = dir.join("data/kalshi-ws-btc15m");
    if !dir.is_dir() {
        eprintln!("skipped: no recorded sessions at {}; set STATECRAFT_SHARED", dir.display());
        return None;
    }
    Some(dir)
}

/// A row of `sessions.csv`: file, deltas, snapshots, tickers, ticker checks and matches, markets.
struct Row {
    file: String,
    deltas: u64,
    snapshots: u64,
    tickers: u64,
    checks: u64,
    matches: u64,
    markets: usize,
}

fn rows(dir: &Path) -> Vec<Row> {
    let csv = std::fs::read_to_string(dir.join("sessions.csv")).unwrap();
    csv.lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let number = |index: usize| fields[index].parse().unwrap();
            Row {
                file: fields[0].to_owned(),
                deltas: number(5),
                snapshots: number(6),
                tickers: number(7),
                checks: number(11),
                matches: number(12),
                markets: fields[15].split(' ').count(),
            }
        })
        .collect()
}

fn chosen(dir: &Path) -> Vec<Row> {
    let all = rows(dir);
    if std::env::var_os("STATECRAFT_ALL_SESSIONS").is_some() {
        return all;
    }
    // One market; two markets with a rotation; the same market continued in the next file.
    let names = ["20260511T053113Z", "20260511T053341Z", "20260513T155623Z"];
    all.into_iter().filter(|row| names.iter().any(|name| row.file.starts_with(name))).collect()
}

#[test]
fn every_session_is_read_to_the_last_delta_and_agrees_with_its_tickers() {
    let Some(dir) = shared() else { return };
    for row in chosen(&dir) {
        let mut source = open(&dir.join(&row.file)).unwrap();
        let mut statistics = Statistics::default();
        let mut batch = Vec::new();
        while source.read(&mut batch).unwrap() {
            batch.drain(..).for_each(|event| statistics.observe(&event));
        }
        let notes = source.notes();
        assert_eq!((notes.broken_lines, notes.sequence_gaps), (0, 0), "{}", row.file);
        let count = |kind| statistics.kinds.get(kind).copied().unwrap_or_default();
        assert_eq!(count("book_changed"), row.deltas, "{}", row.file);
        assert_eq!(count("book_snapshot"), row.snapshots, "{}", row.file);
        assert_eq!(count("quoted"), row.tickers, "{}", row.file);
        assert_eq!(statistics.tickers.len(), row.markets, "{}", row.file);
        let ticker = statistics.ticker;
        assert_eq!((ticker.checks, ticker.matches), (row.checks, row.matches), "{}", row.file);
        assert_eq!(ticker.crossed, 0, "{}", row.file);
    }
}

fn backtest(dir: &Path, files: &[PathBuf], out: &Path) -> Output {
    let strategy = Path::new(env!("CARGO_MANIFEST_DIR")).join("strategies/kalshi-btc-15m.toml");
    Command::new(env!("CARGO_BIN_EXE_statecraft"))
        .args(["--json", "backtest"])
        .arg(strategy)
        .arg("--tape")
        .args(files)
        .arg("--settlements")
        .arg(dir.join("settlements.csv"))
        .arg("--out")
        .arg(out)
        .output()
        .unwrap()
}

fn json(output: &Output) -> serde_json::Value {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn two_runs_over_the_sessions_do_the_same_and_write_everything() {
    let Some(dir) = shared() else { return };
    let rows = chosen(&dir);
    let mut files: Vec<PathBuf> = rows.iter().map(|row| dir.join(&row.file)).collect();
    let outs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let first = json(&backtest(&dir, &files, outs[0].path()));
    // Sessions are put in order of time, whatever the order of their names.
    files.reverse();
    let second = json(&backtest(&dir, &files, outs[1].path()));
    assert_eq!(first["actions_hash"], second["actions_hash"]);
    assert_eq!(first["actions_hash"].as_str().unwrap().len(), 64);
    for key in ["orders", "fills", "pnl_net", "predictions", "brier_model", "max_drawdown"] {
        assert_eq!(first[key], second[key], "{key}");
    }
    assert_eq!(first["unparsable_lines"], 0);
    assert_eq!(first["sequence_gaps"], 0);
    assert!(first["predictions"].as_u64().unwrap() > 0);
    assert!(first["pnl_net"].is_string(), "money is a decimal string");
    let table = |name: &str| {
        let read = |out: &tempfile::TempDir| std::fs::read(out.path().join(name)).unwrap();
        assert_eq!(read(&outs[0]), read(&outs[1]), "{name}");
        read(&outs[0]).iter().filter(|&&byte| byte == b'\n').count() as u64 - 1
    };
    assert_eq!(table("fills.csv"), first["fills"].as_u64().unwrap());
    assert_eq!(table("predictions.csv"), first["predictions"].as_u64().unwrap());
    assert!(table("equity.csv") > 2);
    check_report(outs[0].path(), &first);
    if std::env::var_os("STATECRAFT_ALL_SESSIONS").is_some() {
        assert_eq!(first["markets"].as_array().unwrap().len(), 41);
        assert_eq!(first["settled_markets"], 40);
    }
}

#[test]
fn an_imported_tape_gives_the_same_actions_as_the_recordings_it_was_made_from() {
    let Some(dir) = shared() else { return };
    let files: Vec<PathBuf> = chosen(&dir).iter().map(|row| dir.join(&row.file)).collect();
    let out = tempfile::tempdir().unwrap();
    let tape = out.path().join("all.parquet");
    let import = Command::new(env!("CARGO_BIN_EXE_statecraft"))
        .args(["--json", "import", "--format", "kalshi-ws"])
        .args(&files)
        .arg("--out")
        .arg(&tape)
        .output()
        .unwrap();
    assert_eq!(json(&import)["unparsable_lines"], 0);
    let direct = json(&backtest(&dir, &files, &out.path().join("direct")));
    let sealed = json(&backtest(&dir, &[tape], &out.path().join("sealed")));
    for key in ["actions_hash", "orders", "pnl_net", "settled_markets", "ticker_checks"] {
        assert_eq!(direct[key], sealed[key], "{key}");
    }
}

/// The summary on disk is the one on stdout, and the page can be made again from the files.
fn check_report(out: &Path, summary: &serde_json::Value) {
    let on_disk: serde_json::Value =
        serde_json::from_slice(&std::fs::read(out.join("summary.json")).unwrap()).unwrap();
    assert_eq!(&on_disk, summary);
    let page = out.join("report.html");
    let before = std::fs::read_to_string(&page).unwrap();
    assert!(before.contains("KXBTC15M-26MAY110145-45") && !before.contains("<script"));
    std::fs::remove_file(&page).unwrap();
    let again =
        Command::new(env!("CARGO_BIN_EXE_statecraft")).arg("report").arg(out).output().unwrap();
    assert!(again.status.success());
    let after = std::fs::read_to_string(&page).unwrap();
    let head = |page: &str| page.split("<h2>Equity</h2>").next().unwrap().to_owned();
    assert_eq!(head(&before), head(&after));
}

#[test]
fn mistakes_have_their_exit_codes() {
    let strategy = Path::new(env!("CARGO_MANIFEST_DIR")).join("strategies/threshold.toml");
    let dir = tempfile::tempdir().unwrap();
    let empty = dir.path().join("empty.csv");
    std::fs::write(&empty, "seq,ts_ns,type,side,price_cents,qty\n").unwrap();
    let run = |args: &[&std::ffi::OsStr]| {
        let output =
            Command::new(env!("CARGO_BIN_EXE_statecraft")).arg("backtest").args(args).output();
        output.unwrap()
    };
    let (tape, missing) = ("--tape".as_ref(), "nowhere.toml".as_ref());
    assert_eq!(run(&[strategy.as_ref()]).status.code(), Some(2), "no tape");
    assert_eq!(run(&[missing, tape, empty.as_ref()]).status.code(), Some(2), "no strategy");
    let absent = run(&[strategy.as_ref(), tape, "nowhere.csv".as_ref()]);
    assert_eq!(absent.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&absent.stderr).contains("nowhere.csv"));
    let nothing = run(&[strategy.as_ref(), tape, empty.as_ref()]);
    assert_eq!(nothing.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("no event"));
    let cash = run(&[strategy.as_ref(), tape, empty.as_ref(), "--cash".as_ref(), "0".as_ref()]);
    assert_eq!(cash.status.code(), Some(2));
}
