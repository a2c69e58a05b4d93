//! The real program and its sources of signals, as an operator meets them: files that are replaced, files
//! with a backlog, hosts that are busy, and what `status` and the closing summary tell of all of them.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "support/ledger.rs"]
mod ledger;
#[path = "support/process.rs"]
mod process;
#[path = "support/skill.rs"]
mod skill;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use ledger::text;
use process::{CHURN, journal, program, run_args, watch};
use serde_json::Value;
use skill::bad_record;

/// Settings with the embedded venue at the wall's own speed, a strategy that wants nothing, and sources.
fn configure(dir: &Path, sources: &str) {
    fs::create_dir_all(dir.join("strategies")).unwrap();
    let idle = CHURN.replace("edge = \"0.01\"", "edge = \"0.90\"");
    fs::write(dir.join("strategies/churn.toml"), idle).unwrap();
    let settings = format!(
        "[run]\nstate_dir = \"{0}/state\"\nstrategies_dir = \"{0}/strategies\"\n[embedded]\nspeed = 1\n\
         [limits]\nmax_account_cost = \"5000\"\n{sources}",
        dir.display()
    );
    fs::write(dir.join("statecraft.toml"), settings).unwrap();
}

fn file_source(dir: &Path, name: &str, more: &str) -> String {
    format!(
        "[[signals]]\nname = \"{name}\"\npath = \"{}/{name}.jsonl\"\npoll = \"1s\"\nmax_age = \"400d\"\n{more}",
        dir.display()
    )
}

fn line(id: &str) -> String {
    let line = serde_json::json!({
        "id": id, "published": "2025-12-31T00:00:00Z", "title": "our own word", "target": "churn",
        "labels": [{"slug": "ours", "strength": 1.0}],
    });
    format!("{line}\n")
}

/// The ids of the signals in the journal of the embedded run.
fn heard(dir: &Path) -> Vec<String> {
    let output = Command::new(program())
        .args(["journal", "show", "--records", "--limit", "100000", "--json", "--config"])
        .arg(dir.join("statecraft.toml"))
        .output()
        .unwrap();
    let rows = String::from_utf8_lossy(&output.stdout).into_owned();
    rows.lines()
        .map(|row| serde_json::from_str::<Value>(row).unwrap())
        .filter(|row| row["kind"] == "signal_received")
        .map(|row| text(&row["body"], "id"))
        .collect()
}

fn wait_heard(dir: &Path, ids: &[&str]) {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let known = heard(dir);
        if ids.iter().all(|id| known.iter().any(|one| one == id)) {
            return;
        }
        assert!(Instant::now() < end, "{ids:?} were not all heard: {known:?}");
        std::thread::sleep(Duration::from_millis(300));
    }
}

fn ask(dir: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(program());
    command.args(arguments).arg("--config").arg(dir.join("statecraft.toml")).output().unwrap()
}

fn status(dir: &Path) -> Value {
    serde_json::from_slice(&ask(dir, &["status", "--json"]).stdout).unwrap_or_default()
}

fn source<'a>(told: &'a Value, name: &str) -> &'a Value {
    let sources = told["sources"].as_array().unwrap_or_else(|| panic!("no sources in {told}"));
    sources.iter().find(|one| one["name"] == name).expect("the source is in the table")
}

/// Waits until `status` says so of a source.
fn wait_status(dir: &Path, name: &str, done: impl Fn(&Value) -> bool) -> Value {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let told = status(dir);
        if told["sources"].is_array() && done(source(&told, name)) {
            return told;
        }
        assert!(Instant::now() < end, "{name} is not so: {told}");
        std::thread::sleep(Duration::from_millis(300));
    }
}

fn log(dir: &Path) -> String {
    fs::read_to_string(dir.join("run.log")).unwrap()
}

/// logrotate, an editor, a pipeline that writes its file anew: nothing that was written is lost, and the
/// log says what happened.
#[test]
fn a_file_that_is_replaced_or_rewritten_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    configure(dir, &file_source(dir, "desk", ""));
    let path = dir.join("desk.jsonl");
    fs::write(&path, line("a1")).unwrap();
    let bot = watch(dir);
    assert!(bot.wait_for("market data connected", Duration::from_secs(60)).is_some());
    wait_heard(dir, &["a1"]);

    // Moved away with a line that was not read yet; the new one is as long, and its writer appends to the
    // old one once more.
    let mut old = fs::OpenOptions::new().append(true).open(&path).unwrap();
    old.write_all(line("lost1").as_bytes()).unwrap();
    fs::rename(&path, dir.join("desk.jsonl.1")).unwrap();
    fs::write(&path, line("a2") + &line("a3") + &line("a4")).unwrap();
    wait_heard(dir, &["lost1", "a2", "a3", "a4"]);
    old.write_all(line("late").as_bytes()).unwrap();
    wait_heard(dir, &["late"]);
    assert!(log(dir).contains("the file was replaced"), "{}", log(dir));

    // Overwritten in place: longer than before, and of the same length.
    fs::write(&path, (1..=6).map(|n| line(&format!("b{n}"))).collect::<String>()).unwrap();
    wait_heard(dir, &["b1", "b2", "b3", "b4", "b5", "b6"]);
    fs::write(&path, (1..=6).map(|n| line(&format!("c{n}"))).collect::<String>()).unwrap();
    wait_heard(dir, &["c1", "c2", "c3", "c4", "c5", "c6"]);
    assert!(log(dir).contains("rewritten in place"), "{}", log(dir));

    // Gone for a while, then there again and longer.
    fs::remove_file(&path).unwrap();
    std::thread::sleep(Duration::from_millis(2_500));
    fs::write(&path, (1..=9).map(|n| line(&format!("d{n}"))).collect::<String>()).unwrap();
    wait_heard(dir, &["d1", "d9"]);
    assert!(!log(dir).contains("bad signal line"), "read from the middle of a line: {}", log(dir));
}

/// A file of one's own is heard to its end; one that a limit was asked for waits, loudly, and loses nothing.
#[test]
fn a_backlog_is_heard_or_shown() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let sources = file_source(dir, "own", "") + &file_source(dir, "slow", "per_minute = 30\n");
    configure(dir, &sources);
    let lines =
        |name: &str| (0..3_000).map(|n| line(&format!("{name}-{n:04}"))).collect::<String>();
    fs::write(dir.join("own.jsonl"), lines("own")).unwrap();
    fs::write(dir.join("slow.jsonl"), lines("slow")).unwrap();
    let _bot = watch(dir);
    let told = wait_status(dir, "own", |own| own["counters"]["delivered"] == 3_000);
    let (own, slow) = (source(&told, "own"), source(&told, "slow"));
    assert_eq!((&own["waiting"], &own["health"]), (&0.into(), &"good".into()), "{own}");
    assert_eq!((&own["counters"]["too_many"], &own["counters"]["dropped"]), (&0.into(), &0.into()));
    let waiting = slow["waiting"].as_u64().unwrap();
    assert!((2_900..2_975).contains(&waiting) && slow["health"] == "behind", "{slow}");
    assert!(log(dir).contains("signal_backlog"), "{}", log(dir));
    let shown = String::from_utf8(ask(dir, &["status"]).stdout).unwrap();
    let line = shown.lines().find(|line| line.trim().starts_with("slow")).unwrap_or_default();
    assert!(
        line.contains("BEHIND") && line.contains("desk") && line.contains("about 29"),
        "{shown}"
    );
    // Delivered is on its way to the journal.
    wait_heard(dir, &["own-2999"]);
    assert_eq!(heard(dir).iter().filter(|id| *id == "own-2999").count(), 1, "the newest was heard");
}

/// Answers every request the same, and counts them.
fn serve(answer: &'static str) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (url, count) =
        (format!("http://{}", listener.local_addr().unwrap()), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&count);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream: TcpStream = stream.unwrap();
            counted.fetch_add(1, Ordering::SeqCst);
            let _ = stream.read(&mut [0; 4_096]);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (url, count)
}

/// One answer of 429 stops all that lives at the host at once, also what already waited for its turn; one
/// alert names them. A source that is not there is seen too, in `status` and at the end.
#[test]
fn a_busy_host_is_left_alone_at_once_and_everybody_it_stops_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let (url, asked) = serve(
        "HTTP/1.1 429 Too Many Requests\r\nretry-after: 999999999\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    );
    let names: Vec<String> = (1..=4).map(|n| format!("feed-{n}")).collect();
    let feeds = names.iter().map(|name| {
        format!("[[signals]]\nname = \"{name}\"\nkind = \"feed\"\nurl = \"{url}/{name}\"\nclass = \"wire\"\n")
    });
    configure(dir, &(feeds.collect::<String>() + &file_source(dir, "gone", "")));
    let started = Instant::now();
    let output = Command::new(program())
        .args(run_args(dir, &["--for", "22s"]))
        .stdout(std::process::Stdio::piped())
        .stderr(process::log_file(dir))
        .spawn()
        .unwrap();
    let told = wait_status(dir, "feed-1", |feed| feed["health"] == "held");
    let left = source(&told, "feed-3")["next_look_secs"].as_u64().unwrap();
    assert!((3_000..=3_600).contains(&left), "an hour at most: {left}");
    wait_status(dir, "gone", |gone| gone["health"] == "failing");
    let shown = String::from_utf8(ask(dir, &["status"]).stdout).unwrap();
    assert_eq!(shown.matches("LEFT ALONE").count(), 4, "{shown}");
    assert!(shown.contains("FAILING") && shown.contains("No such file"), "{shown}");
    let ended = output.wait_with_output().unwrap();
    assert!(started.elapsed() > Duration::from_secs(15), "the queue had its time");
    assert_eq!(asked.load(Ordering::SeqCst), 1, "asked again although it said to wait");
    let log = log(dir);
    let alerts: Vec<&str> = log.lines().filter(|line| line.contains("host_busy")).collect();
    assert_eq!(alerts.len(), 1, "{log}");
    assert!(names.iter().all(|name| alerts[0].contains(name.as_str())), "{}", alerts[0]);
    let summary: Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(source(&summary, "feed-2")["health"], "held", "{summary}");
    assert!(source(&summary, "gone")["counters"]["failures"].as_u64().unwrap() > 0, "{summary}");
}

fn told(dir: &Path, code: &str) -> usize {
    log(dir).matches(&format!("\"code\":\"{code}\"")).count()
}

fn wait_told(dir: &Path, code: &str, times: usize) {
    let end = Instant::now() + Duration::from_secs(60);
    while told(dir, code) < times {
        assert!(Instant::now() < end, "{code} is not told {times} times:\n{}", log(dir));
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// F72: a source that cannot be read, and one that brings nothing that could be read, are told once each time;
/// `status` shows them as long as it lasts.
#[test]
fn f72_a_source_that_fails_or_falls_silent_is_told_once_an_episode() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let desk = file_source(dir, "desk", "silent_after = \"12s\"\n");
    configure(dir, &desk);
    let running = watch(dir);
    wait_told(dir, "source_failing", 1);
    let alerts = |dir: &Path| status(dir)["source_alerts"].clone();
    assert_eq!(
        (&alerts(dir)[0]["source"], &alerts(dir)[0]["code"]),
        (&"desk".into(), &"source_failing".into())
    );
    // It fails again and again, and is silent as well: one alert.
    wait_status(dir, "desk", |desk| desk["failures_in_a_row"].as_u64() > Some(3));
    assert_eq!((told(dir, "source_failing"), told(dir, "source_silent")), (1, 0), "{}", log(dir));
    let path = dir.join("desk.jsonl");
    fs::write(&path, line("a")).unwrap();
    wait_told(dir, "source_back", 1);
    wait_told(dir, "source_silent", 1);
    assert_eq!(alerts(dir)[0]["code"], "source_silent");
    // Its format changed: lines come, and nobody can read them.
    let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    writeln!(file, "<html>we have moved</html>").unwrap();
    wait_status(dir, "desk", |desk| desk["counters"]["malformed"] == 1);
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!((told(dir, "source_silent"), told(dir, "source_back")), (1, 1), "{}", log(dir));
    file.write_all(line("b").as_bytes()).unwrap();
    wait_told(dir, "source_back", 2);
    drop(running);
}

/// What the demo decides first is not held back by its own start: nothing is decided before the stream is
/// up and the account was compared after that.
#[test]
fn nothing_is_decided_before_the_stream_is_up() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let settings = format!(
        "[run]\nstate_dir = \"{}/state\"\nstrategies_dir = \"{}/strategies\"\n",
        dir.display(),
        root.display()
    );
    fs::write(dir.join("statecraft.toml"), settings).unwrap();
    for _ in 0..3 {
        let output = ask(dir, &["run", "--json", "--for", "4s"]);
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        let first = |words: &str| log.lines().position(|line| line.contains(words));
        let (up, decided) = (first("market data connected"), first("order decided"));
        assert!(up.is_some() && decided.is_some(), "{log}");
        assert!(up < decided, "decided before the stream was up: {log}");
        assert!(!log.contains("has not been compared since the connection came up"), "{log}");
    }
}

/// A bot that forecasts many times a second takes a release up within seconds.
#[test]
fn a_release_is_taken_up_by_a_busy_bot() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let (url, _venue) = process::venue(dir, "");
    process::configure(dir, &url);
    let settings = fs::read_to_string(dir.join("statecraft.toml")).unwrap();
    fs::write(dir.join("statecraft.toml"), settings + "[skill]\nmin_resolutions = 6\n").unwrap();
    bad_record(&dir.join("state"));
    let bot = watch(dir);
    assert!(bot.wait_for("strategy_demoted", Duration::from_secs(60)).is_some());
    // The standing reaches the ledger a moment after it was journaled.
    let end = Instant::now() + Duration::from_secs(10);
    while !ask(dir, &["skill", "--reinstate", "churn", "--because", "refitted"]).status.success() {
        assert!(Instant::now() < end, "no release was taken");
        std::thread::sleep(Duration::from_millis(200));
    }
    let taken = bot.wait_for("strategy_reinstated", Duration::from_secs(15));
    assert!(taken.is_some(), "a busy bot never looked for the release");
    // It is logged when it is decided, and journaled a moment later.
    let good = || journal(dir, "--records").iter().any(|row| row["body"]["standing"] == "good");
    let end = Instant::now() + Duration::from_secs(10);
    while !good() {
        assert!(Instant::now() < end, "the release was never journaled");
        std::thread::sleep(Duration::from_millis(200));
    }
}

const HAZARD: &str = r#"
event = "e"
question = "?"
market = [{ venue = "kalshi", ticker = "T" }]
[decision]
kind = "kelly"
[model]
kind = "hazard"
window_start = 2026-01-01T00:00:00Z
deadline = 2099-01-01T00:00:00Z
base_rate_per_year = 0.2
signal_cap = 1.5
[[model.signal]]
slug = "relation_good"
mean = 0.2
sd = 0.1
shape = "step"
length = "30d"
[[model.window]]
name = "Summit"
start = 2098-05-01T00:00:00Z
end = 2098-05-09T00:00:00Z
attend = [6.5, 2.5]
include = [3.0, 5.0]
"#;

/// `check` of one strategy: exit code, stdout, stderr.
fn check(strategy: &str) -> (Option<i32>, String, String) {
    let dir = tempfile::tempdir().unwrap();
    configure(dir.path(), "");
    let path = dir.path().join("s.toml");
    fs::write(&path, strategy).unwrap();
    let output = ask(dir.path(), &["check", path.to_str().unwrap()]);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// What is allowed and suspicious is said on stderr, where `> /dev/null` does not lose it.
#[test]
fn check_warns_where_it_is_heard() {
    let (code, out, err) = check(HAZARD);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    let window = &HAZARD[HAZARD.find("[[model.window]]").unwrap()..];
    let (code, _, err) = check(&format!("{HAZARD}{window}"));
    assert_eq!(code, Some(2));
    assert!(err.contains("two windows are called \"Summit\""), "{err}");
    let again = window.replace("Summit", "Tour").replace("2098-05-01", "2098-05-04");
    let twice = format!("{HAZARD}{}", again.replace("end = 2098-05-09", "end = 2098-05-12"));
    for (strategy, said) in [
        (twice, "windows \"Summit\" (2098-05-01 to 2098-05-09) and \"Tour\" (2098-05-04 to"),
        (
            HAZARD.replace("sd = 0.1", "sd = 0"),
            "sd of the signal `relation_good` = 0: nobody is that sure",
        ),
        (
            HAZARD
                .replace("2098-", "2025-")
                .replace("2099-", "2025-12-")
                .replace("12-01-01", "12-31")
                .replace("2026-01-01", "2025-01-01"),
            "its deadline 2025-12-31T00:00:00Z has passed",
        ),
    ] {
        let (code, out, err) = check(&strategy);
        assert_eq!(code, Some(0), "{err}");
        assert!(err.contains("warning: strategy s: ") && err.contains(said), "{said}: {err}");
        assert!(!out.contains("warning:") && out.contains("valid, with a warning"), "{out}");
    }
}

/// What the parser makes up in place of a broken line is no second mistake.
#[test]
fn a_slip_of_the_keyboard_is_one_mistake() {
    let (code, _, err) = check(&HAZARD.replace("signal_cap = 1.5", "signal_cap = = 1.5"));
    assert_eq!(code, Some(2));
    assert!(err.contains("1 mistake in the configuration") && err.contains("not TOML"), "{err}");
}

/// Long before its window a contract has no probability; before the record it has the file's alone, and
/// nobody is sent for a directory that was read.
#[test]
fn a_moment_before_anything_is_known_is_told_as_that() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    configure(dir, &file_source(dir, "desk", ""));
    let path = dir.join("s.toml");
    fs::write(&path, HAZARD).unwrap();
    let path = path.to_str().unwrap();
    let explain = |at: &str| {
        let output = ask(dir, &["explain", path, "--at", at]);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout) + &text(&output.stderr))
    };
    let (code, told) = explain("1999-01-01");
    assert!(code == Some(2) && told.contains("more than a year before the window"), "{told}");
    let (code, told) = explain("2025-11-01");
    assert!(code == Some(0) && told.contains("--state names the directory of a run"), "{told}");
    assert!(ask(dir, &["run", "--json", "--for", "2s"]).status.success());
    let (code, told) = explain("2025-11-01");
    assert!(code == Some(0) && told.contains("what the strategy file alone says"), "{told}");
    assert!(!told.contains("--state"), "it was read: {told}");
}

/// Posts one signal; `None`: there was no whole answer.
fn post(address: &str, token: &str, id: &str) -> Option<Value> {
    let body = line(id);
    let mut socket = TcpStream::connect(address).ok()?;
    write!(
        socket,
        "POST /v1/signals HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .ok()?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer).ok()?;
    let json = answer.get(answer.find('{')?..=answer.rfind('}')?)?;
    serde_json::from_str(json).ok()
}

/// Who was told that a signal is accepted does not send it again: it must be in the journal, also if the bot was
/// being stopped meanwhile.
#[test]
fn what_the_api_accepted_is_in_the_journal_of_a_bot_that_stops() {
    let dir = tempfile::tempdir().unwrap();
    configure(dir.path(), "[api]\nlisten = \"127.0.0.1:0\"\n");
    let mut running = watch(dir.path());
    let patience = Duration::from_secs(20);
    let told = std::iter::from_fn(|| running.lines.recv_timeout(patience).ok())
        .find(|line| line.contains("signals may be pushed"))
        .expect("the API is up");
    let told: Value = serde_json::from_str(&told).unwrap();
    let address = told["fields"]["address"].as_str().unwrap().to_owned();
    let token = fs::read_to_string(dir.path().join("state/api-token")).unwrap().trim().to_owned();
    let pushing = [0, 1, 2, 3, 4, 5].map(|pipeline| {
        let (address, token) = (address.clone(), token.clone());
        std::thread::spawn(move || {
            let mut accepted = Vec::new();
            for number in 0.. {
                let id = format!("pushed-{pipeline}-{number}");
                match post(&address, &token, &id) {
                    Some(report) if report["accepted"] == 1 => accepted.push(id),
                    Some(_) => {}
                    None => break,
                }
            }
            accepted
        })
    });
    std::thread::sleep(Duration::from_millis(1_500));
    assert_eq!(running.process.stop(), Some(0), "{}", log(dir.path()));
    let accepted = pushing.into_iter().flat_map(|one| one.join().unwrap()).collect::<Vec<_>>();
    assert!(accepted.len() > 20, "{accepted:?}");
    let heard: std::collections::BTreeSet<String> = heard(dir.path()).into_iter().collect();
    let lost: Vec<&String> = accepted.iter().filter(|id| !heard.contains(*id)).collect();
    assert!(lost.is_empty(), "{} of {} lost: {lost:?}", lost.len(), accepted.len());
}
