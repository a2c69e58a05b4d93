//! What a desk says and asks on the command line: labels, names of strategies, and explanations that must
//! be what a backtest of the same headlines comes to.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "support/process.rs"]
mod process;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use process::Process;
use serde_json::Value;

const JAPAN: &str = "trump-visits-japan-2026";

/// A market of Japan's visit before China's, or the other way round.
fn first(event: &str, country: &str, rival: &str, ticker: &str) -> String {
    format!(
        "event = \"{event}\"\nquestion = \"Who is first?\"\ncountry = \"{country}\"\n\
         market = [{{ venue = \"file\", ticker = \"{ticker}\" }}]\n\
         [decision]\nkind = \"kelly\"\n[model]\nkind = \"hazard\"\nwindow_start = 2026-01-01T00:00:00Z\n\
         deadline = 2027-01-01T00:00:00Z\nbase_rate_per_year = 0.6\nfirst_before = [\"{rival}\"]\n"
    )
}

/// One event on two markets, the second with a deadline of its own.
const LADDER: &str = r#"
event = "ladder"
question = "By when?"
country = "japan"
market = [
  { venue = "file", ticker = "KXL-DEC" },
  { venue = "file", ticker = "KXL-JUN", deadline = 2026-07-01T00:00:00Z },
]
[decision]
kind = "kelly"
[model]
kind = "hazard"
window_start = 2026-01-01T00:00:00Z
deadline = 2027-01-01T00:00:00Z
base_rate_per_year = 0.6
"#;

const HEADLINES: [(&str, &str); 4] = [
    ("2026-02-01T09:00:00Z", "Trump to visit Beijing in April, White House confirms"),
    ("2026-02-03T09:00:00Z", "Trump to visit Tokyo in September, White House says"),
    ("2026-02-05T09:00:00Z", "China confirms Trump visit to Beijing on April 14"),
    ("2026-02-09T09:00:00Z", "Japan: Trump considering visit to Tokyo"),
];

fn headlines(dir: &Path) -> String {
    let line = |(at, title): &(&str, &str)| {
        serde_json::json!({"id": at, "published": at, "title": title}).to_string() + "\n"
    };
    let path = dir.join("wire.jsonl");
    std::fs::write(&path, HEADLINES.iter().map(line).collect::<String>()).unwrap();
    format!("class=official:{}", path.display())
}

fn statecraft(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_statecraft"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(arguments)
        .output()
        .unwrap()
}

fn ok(arguments: &[&str]) -> String {
    let output = statecraft(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The model's probability as `explain` has it.
fn explained(arguments: &[&str]) -> f64 {
    let mut all = vec!["explain", "--json"];
    all.extend(arguments);
    let told: Value = serde_json::from_str(&ok(&all)).unwrap();
    told["model"]["q"].as_f64().unwrap()
}

/// Time, market, strategy and probability of every prediction of a backtest.
fn predictions(out: &Path) -> Vec<(String, String, String, f64)> {
    let rows = std::fs::read_to_string(out.join("predictions.csv")).unwrap();
    let row = |row: &str| {
        let cells: Vec<&str> = row.split(',').collect();
        let word = |index: usize| cells[index].to_owned();
        (word(0), word(1), word(2), cells[3].parse().unwrap())
    };
    rows.lines().skip(1).map(row).collect()
}

/// A strategy that must come before another hears what is told of the other, explained and backtested.
#[test]
fn who_is_first_is_explained_as_it_is_backtested() {
    let dir = tempfile::tempdir().unwrap();
    let (tokyo, beijing) = (dir.path().join("tokyo.toml"), dir.path().join("beijing.toml"));
    std::fs::write(&tokyo, first("tokyo", "japan", "beijing", "KXT")).unwrap();
    std::fs::write(&beijing, first("beijing", "china", "tokyo", "KXB")).unwrap();
    let (tokyo, beijing) = (tokyo.to_str().unwrap(), beijing.to_str().unwrap());
    let (signals, out) = (headlines(dir.path()), dir.path().join("out"));
    let out_text = out.to_str().unwrap();
    ok(&["backtest", tokyo, beijing, "--signals", &signals, "--out", out_text]);
    let rows = predictions(&out);
    // Every headline moved both: whichever country it is about.
    for (file, name) in [(tokyo, "tokyo"), (beijing, "beijing")] {
        let own: Vec<_> = rows.iter().filter(|row| row.2 == name).collect();
        let mut seen = Vec::new();
        for (at, _) in HEADLINES {
            let (_, _, _, p) = own
                .iter()
                .rfind(|row| row.0.get(..19) == at.get(..19))
                .expect("a row at a headline");
            let q = explained(&[file, "--signals", &signals, "--at", at]);
            assert!((q - p).abs() < 1e-6, "{name} at {at}: explained {q}, backtested {p}");
            seen.push(*p);
        }
        assert!((seen[0] - seen[2]).abs() > 1e-3, "{name} has heard nothing: {seen:?}");
    }
}

/// Each market of a ladder is explained for its own deadline, without a state directory, as the backtest of
/// the same headlines and prices has it.
#[test]
fn a_ladder_is_explained_as_it_is_backtested() {
    let dir = tempfile::tempdir().unwrap();
    let (ladder, tape) = (dir.path().join("ladder.toml"), dir.path().join("quotes.csv"));
    std::fs::write(&ladder, LADDER).unwrap();
    let mut quotes = "ts,market,bid,ask\n".to_owned();
    for day in 1..12 {
        for market in ["KXL-DEC", "KXL-JUN"] {
            quotes.push_str(&format!("2026-02-{day:02}T12:00:00Z,{market},0.40,0.44\n"));
        }
    }
    std::fs::write(&tape, quotes).unwrap();
    let (ladder, tape) = (ladder.to_str().unwrap(), tape.to_str().unwrap());
    let (signals, out) = (headlines(dir.path()), dir.path().join("out"));
    let out_text = out.to_str().unwrap();
    ok(&["backtest", ladder, "--tape", tape, "--signals", &signals, "--out", out_text]);
    let rows = predictions(&out);
    let mut last = Vec::new();
    for market in ["KXL-DEC", "KXL-JUN"] {
        let (at, _, _, p) = rows.iter().rfind(|row| row.1 == market).expect("a prediction");
        let q = explained(&[ladder, "--market", market, "--signals", &signals, "--at", at]);
        // The engine refreshes its model once an hour at least.
        assert!((q - p).abs() < 1e-3, "{market} at {at}: explained {q}, backtested {p}");
        last.push(q);
    }
    assert!(last[0] > last[1] + 0.05, "more time is worth more: {last:?}");
    let other = statecraft(&["explain", ladder, "--market", "KXL-MAY", "--signals", &signals]);
    assert_eq!(other.status.code(), Some(2));
    let words = String::from_utf8_lossy(&other.stderr).into_owned();
    assert!(words.contains("no market of ladder") && words.contains("KXL-JUN"), "{words}");
}

fn label(dir: &Path, name: &str, slug: &str, strength: f64) -> String {
    let line = serde_json::json!({
        "id": name, "published": "2026-03-01T00:00:00Z", "title": "our own word",
        "target": JAPAN, "labels": [{"slug": slug, "strength": strength}],
    });
    let path = dir.join(name).with_extension("jsonl");
    std::fs::write(&path, line.to_string() + "\n").unwrap();
    path.to_str().unwrap().to_owned()
}

/// The desk says who attends a summit and in which months a visit is planned; what no model could read is
/// refused.
#[test]
fn labels_of_a_desk_name_windows_and_months() {
    let dir = tempfile::tempdir().unwrap();
    let told = |name: &str, slug: &str, strength| {
        let file = label(dir.path(), name, slug, strength);
        explained(&[JAPAN, "--signals", &file, "--at", "2026-03-02"])
    };
    let nothing = told("zero", "branding", 0.0);
    let (missed, goes) =
        (told("missed", "summit_window@apec", -1.0), told("goes", "summit_window@apec", 1.0));
    assert!(missed < nothing - 0.05, "stays away: {missed} after {nothing}");
    assert!(goes > nothing + 0.01, "goes: {goes} after {nothing}");
    let months = told("months", "visit_planned:2026-09..2026-10", 1.0);
    assert!(months > nothing + 0.05, "planned: {months} after {nothing}");
    let later = told("later", "visit_planned:2028-09..2028-10", 1.0);
    assert!(later < nothing + 0.01, "planned for later: {later} after {nothing}");
    for bad in ["summit_window@APEC", "a..b", "visit_planned:2026-05-01..2026-05-40", "../x"] {
        let file = label(dir.path(), "bad", bad, 1.0);
        let refused = statecraft(&["explain", JAPAN, "--signals", &file]);
        assert_eq!(refused.status.code(), Some(1), "{bad}");
        let words = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(words.contains("labels.slug") && words.contains("summit_window@apec"), "{words}");
    }
}

/// Posts one signal; the status line and the report.
fn post(address: &str, token: &str, body: &Value) -> (String, Value) {
    let body = body.to_string();
    let mut socket = TcpStream::connect(address).unwrap();
    write!(
        socket,
        "POST /v1/signals HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    let json = &answer[answer.find('{').unwrap()..=answer.rfind('}').unwrap()];
    (answer.lines().next().unwrap().to_owned(), serde_json::from_str(json).unwrap())
}

/// The whole road: a running bot is told by HTTP that the summit is missed, and believes less.
#[test]
fn a_missed_summit_that_is_pushed_moves_the_strategy() {
    let dir = tempfile::tempdir().unwrap();
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let strategies = dir.path().join("strategies");
    std::fs::create_dir_all(&strategies).unwrap();
    std::fs::create_dir_all(dir.path().join("fits")).unwrap();
    let fit = "fits/us-presidential-visits.toml";
    std::fs::copy(root.join(fit), dir.path().join(fit)).unwrap();
    let file = format!("strategies/{JAPAN}.toml");
    std::fs::copy(root.join(&file), dir.path().join(&file)).unwrap();
    let state = dir.path().join("state");
    let settings = dir.path().join("statecraft.toml");
    std::fs::write(
        &settings,
        format!(
            "[run]\nstate_dir = \"{}\"\nstrategies_dir = \"{}\"\n[embedded]\nspeed = 100\n\
             [api]\nlisten = \"127.0.0.1:0\"\n",
            state.display(),
            strategies.display()
        ),
    )
    .unwrap();
    let settings = settings.to_str().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_statecraft"))
        .args(["run", "--json", "--for", "20s", "--config", settings])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stderr = BufReader::new(child.stderr.take().unwrap());
    let _bot = Process(child);
    let mut lines = stderr.lines().map_while(Result::ok);
    let told = lines.find(|line| line.contains("signals may be pushed")).expect("the API is up");
    let told: Value = serde_json::from_str(&told).unwrap();
    let address = told["fields"]["address"].as_str().unwrap().to_owned();
    std::thread::spawn(move || lines.for_each(drop));
    let token = std::fs::read_to_string(state.join("api-token")).unwrap().trim().to_owned();
    let item = |id: &str, slug: &str| {
        serde_json::json!({
            "id": id, "published": "2026-01-01T00:00:00Z", "title": "our own word",
            "target": JAPAN, "labels": [{"slug": slug, "strength": -1.0}],
        })
    };
    let (status, report) = post(&address, &token, &item("a", "summit_window@apec"));
    assert!(status.contains(" 200 "), "{status} {report}");
    assert!(report["items"][0].get("warnings").is_none(), "{report}");
    let (status, report) = post(&address, &token, &item("b", "summit_window@nothing"));
    assert!(status.contains(" 200 "), "{status} {report}");
    assert!(report["items"][0]["warnings"][0].as_str().unwrap().contains("moves nothing"));
    let (status, report) = post(&address, &token, &item("c", "summit_window@"));
    assert!(status.contains(" 422 "), "{status} {report}");
    std::thread::sleep(Duration::from_secs(2));
    let explained: Value =
        serde_json::from_str(&ok(&["explain", JAPAN, "--json", "--config", settings])).unwrap();
    let parts = explained["model"]["parts"].as_array().unwrap();
    let window = parts.iter().find(|part| part["name"] == "APEC Shenzhen").expect("the window");
    assert!(window["effect"].as_f64().unwrap() < 0.01, "{window}");
    let before = explained["evidence"].as_array().unwrap();
    let took = |one: &Value, key: &str| one[key].as_f64().is_some_and(|cents| cents < -5.0);
    assert!(before.iter().any(|one| took(one, "cents") || took(one, "without")), "{before:?}");
}

/// A strategy's name will do where its file does; a name that is none is answered with those that are.
#[test]
fn strategies_are_named_or_pointed_at() {
    let dir = tempfile::tempdir().unwrap();
    let file = label(dir.path(), "one", "branding", 1.0);
    let backtested = |strategy: &str| {
        let told: Value =
            serde_json::from_str(&ok(&["backtest", strategy, "--signals", &file, "--json"]))
                .unwrap();
        told["actions_hash"].as_str().unwrap().to_owned()
    };
    assert_eq!(backtested(JAPAN), backtested(&format!("strategies/{JAPAN}.toml")));
    for verb in ["backtest", "explain"] {
        let slip = statecraft(&[verb, "trump-visits-japn-2026", "--signals", &file]);
        assert_eq!(slip.status.code(), Some(2), "{verb}");
        let words = String::from_utf8_lossy(&slip.stderr).into_owned();
        assert!(words.contains("the directory has: trump-visits-japan-2026,"), "{words}");
    }
}

/// The two half-years after a visit are told apart, with their dates.
#[test]
fn the_half_years_after_a_visit_are_told_apart() {
    let of = |at: &str| ok(&["explain", JAPAN, "--at", at, "--config", "config/statecraft.toml"]);
    let visited = |told: &str| {
        let lines = told.lines().filter(|line| line.contains("signal visited"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let early = visited(&of("2026-02-10"));
    assert_eq!(early.len(), 2, "{early:?}");
    assert!(early[0].contains("months 1 to 6 after it: counts from 2025-10-29 until 2026-04-30"));
    assert!(early[1].contains("months 7 to 12 after it: counts from 2026-04-30 until 2026-10-30"));
    let late = visited(&of("2026-06-10"));
    assert_eq!(late.len(), 1, "{late:?}");
    assert!(late[0].contains("months 7 to 12"), "{late:?}");
}

/// What of a file of signals is not taken as it stands, and where.
const DAMAGED: [(&str, &str); 9] = [
    ("{ this is no JSON", "not a signal"),
    (r#"{"published":"2026-02-30T00:00:00Z","title":"x"}"#, "`published` must be"),
    ("visit_anounced", "unknown label `visit_anounced`"),
    ("visit_announced:2026-13", "impossible date `2026-13`"),
    ("trump-visits-mars", "unknown target `trump-visits-mars`"),
    ("1e9", "the strength of `visit_announced:2026-05` is 1000000000.0, which is a slip"),
    ("lables", "unknown field `lables` (did you mean labels?)"),
    ("twice", "its id is that of"),
    ("long", "`title` is cut after 400 characters"),
];

/// A damaged file with a byte order mark, whose first line is good; the file.
fn damaged(dir: &Path) -> PathBuf {
    let say = |id: &str, target: &str, slug: &str, strength: f64| {
        serde_json::json!({
            "id": id, "published": "2026-03-01T00:00:00Z", "title": "our own word",
            "target": target, "labels": [{"slug": slug, "strength": strength}],
        })
    };
    let mut lines = vec![say("good", JAPAN, "visit_planned:2026-09..2026-10", 1.0).to_string()];
    for (what, _) in DAMAGED {
        let line = match what {
            "visit_anounced" | "visit_announced:2026-13" => say(what, JAPAN, what, 1.0),
            "trump-visits-mars" => say(what, what, "visit_announced:2026-05", 1.0),
            "1e9" => say(what, JAPAN, "visit_announced:2026-05", 1e9),
            "lables" => serde_json::json!({
                "published": "2026-03-02T00:00:00Z", "title": "weather", "lables": [],
            }),
            "twice" => say("good", JAPAN, "visit_planned", 1.0),
            "long" => serde_json::json!({
                "published": "2026-03-02T00:00:00Z", "title": "rain ".repeat(100),
            }),
            raw => {
                lines.push(raw.to_owned());
                continue;
            }
        };
        lines.push(line.to_string());
    }
    // Another strategy's line is nobody's mistake; a good date, a stage and a window are none either.
    lines.push(say("china", "trump-visits-china-2026", "visit_planned", 1.0).to_string());
    lines.push(say("apec", JAPAN, "summit_window@apec", 1.0).to_string());
    let path = dir.join("damaged.jsonl");
    std::fs::write(&path, format!("\u{feff}{}\n", lines.join("\n"))).unwrap();
    path
}

/// Every line that was left out or bent is told with its file, its number and why: to people on stderr,
/// to programs in `notes`.
#[test]
fn no_line_of_a_file_of_signals_is_lost_in_silence() {
    let dir = tempfile::tempdir().unwrap();
    let path = damaged(dir.path());
    let file = path.to_str().unwrap();
    let check = |told: &str, whose: &str| {
        assert!(told.contains("9 of 12 lines of signals were left out or bent"), "{whose}: {told}");
        for (index, (_, words)) in DAMAGED.iter().enumerate() {
            let place = format!("damaged.jsonl:{}: ", index + 2);
            let is_it = |line: &str| line.contains(&place) && line.contains(words);
            assert!(told.lines().any(is_it), "{whose}: {place}{words} is missing in\n{told}");
        }
        for good in ["damaged.jsonl:1:", "damaged.jsonl:11:", "damaged.jsonl:12:"] {
            // The one whose id came again is named by the other.
            let named = |line: &&str| line.contains(good) && !line.contains("its id is that of");
            assert_eq!(told.lines().find(named), None, "{whose}");
        }
        assert!(told.contains("1 lines (11) are for trump-visits-china-2026"), "{whose}: {told}");
    };
    for arguments in [
        vec!["explain", JAPAN, "--at", "2026-03-02", "--signals", file],
        vec!["backtest", JAPAN, "--signals", file],
    ] {
        let people = statecraft(&arguments);
        assert!(people.status.success(), "{arguments:?}");
        check(&String::from_utf8_lossy(&people.stderr), arguments[0]);
        let programs = statecraft(&[arguments.as_slice(), &["--json"]].concat());
        let told: Value = serde_json::from_slice(&programs.stdout).unwrap();
        let notes =
            if arguments[0] == "explain" { &told["notes"] } else { &told["signals"]["notes"] };
        let notes: Vec<&str> =
            notes.as_array().unwrap().iter().map(|note| note.as_str().unwrap()).collect();
        check(&notes.join("\n"), "JSON");
    }
    let of = |path: &Path| {
        explained(&[JAPAN, "--at", "2026-03-02", "--signals", path.to_str().unwrap()])
    };
    // The line behind the byte order mark counts.
    let marked = dir.path().join("marked.jsonl");
    let first = std::fs::read_to_string(&path).unwrap().lines().next().unwrap().to_owned();
    std::fs::write(&marked, &first).unwrap();
    let plain = dir.path().join("plain.jsonl");
    std::fs::write(&plain, first.trim_start_matches('\u{feff}')).unwrap();
    assert!((of(&marked) - of(&plain)).abs() < 1e-9);
    std::fs::write(&plain, "").unwrap();
    assert!(of(&marked) > of(&plain) + 0.05, "it moved something");
}

/// A file of official headlines, each with its time.
fn official(dir: &Path, name: &str, headlines: &[(&str, &str)]) -> String {
    let line = |(at, title): &(&str, &str)| {
        serde_json::json!({"id": at, "published": at, "title": title}).to_string() + "\n"
    };
    let path = dir.join(name).with_extension("jsonl");
    std::fs::write(&path, headlines.iter().map(line).collect::<String>()).unwrap();
    format!("class=official:{}", path.display())
}

/// The headline that decided who is first is shown, although it is about the other country.
#[test]
fn what_moved_the_rival_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let (tokyo, beijing) = (dir.path().join("tokyo.toml"), dir.path().join("beijing.toml"));
    std::fs::write(&tokyo, first("tokyo", "japan", "beijing", "KXT")).unwrap();
    std::fs::write(&beijing, first("beijing", "china", "tokyo", "KXB")).unwrap();
    let tokyo = tokyo.to_str().unwrap();
    let told = "President Trump arrives in Beijing";
    let landed = official(dir.path(), "landed", &[("2026-03-01T09:00:00Z", told)]);
    let of = |more: &[&str]| ok(&[&["explain", tokyo, "--at", "2026-03-02"], more].concat());
    let text = of(&["--signals", &landed]);
    let line = text.lines().find(|line| line.contains(told)).expect("the headline is told");
    assert!(line.contains(" beijing ") && line.contains("visit_occurred"), "{line}");
    assert!(text.contains("none was heard of the event itself; of others, see below"), "{text}");
    let json: Value = serde_json::from_str(&of(&["--signals", &landed, "--json"])).unwrap();
    let (rival, q) = (&json["rivals"][0], json["model"]["q"].as_f64().unwrap());
    assert_eq!(
        (rival["event"].as_str(), rival["story"]["title"].as_str()),
        (Some("beijing"), Some(told))
    );
    // What the story took away is what there was without it.
    let before: Value = serde_json::from_str(&of(&["--json"])).unwrap();
    let took = 100.0 * (q - before["model"]["q"].as_f64().unwrap());
    assert!(took < -5.0, "{took}");
    assert!((rival["without"].as_f64().unwrap() - took).abs() < 0.3, "{rival} and {took}");
    assert!(before["rivals"].as_array().unwrap().is_empty());
    let text = of(&[]);
    assert!(text.contains("neither of the event itself nor of those"), "{text}");
}

/// Plans are told as what became of them, and a denial is not denied by itself.
#[test]
fn plans_are_told_as_what_became_of_them() {
    const ANNOUNCED: (&str, &str) = (
        "2026-02-01T09:00:00Z",
        "President Trump will travel to Japan in May 2026, White House announces",
    );
    let dir = tempfile::tempdir().unwrap();
    let of = |signals: &str| ok(&["explain", JAPAN, "--at", "2026-03-10", "--signals", signals]);
    let cancelled = ("2026-03-01T09:00:00Z", "White House: President Trump cancels Japan trip");
    let text = of(&official(dir.path(), "cancelled", &[ANNOUNCED, cancelled]));
    let line = text.lines().find(|line| line.contains("plan called off")).expect("called off");
    assert!(line.contains("cancelled 2026-03-01"), "{line}");
    assert!(!text.contains("nothing announced"), "{text}");
    let plain = of(&official(dir.path(), "announced", &[ANNOUNCED]));
    assert!(plain.contains("plan announced") && !plain.contains("called off"), "{plain}");

    let denied = ("2026-03-05T09:00:00Z", "President Trump will not visit Japan, White House says");
    let text = of(&official(dir.path(), "denied", &[ANNOUNCED, denied]));
    let own: Vec<&str> =
        text.lines().filter(|line| line.contains("will not visit Japan")).collect();
    assert!(own.iter().all(|line| !line.contains("officially denied")), "{text}");
    let alone = of(&official(dir.path(), "alone", &[denied]));
    let row = |line: &&str| line.contains("will not visit") && line.contains("alone (official)");
    let line = alone.lines().find(row).expect("the denial");
    assert!(line.contains("not visit_") && !line.contains("officially denied"), "{alone}");

    let put_off = |name: &str, slug: &str| {
        let line = |id: &str, at: &str, slug: &str| {
            serde_json::json!({
                "id": id, "published": at, "title": slug, "target": JAPAN,
                "labels": [{"slug": slug, "strength": 1.0}],
            })
        };
        let path = dir.path().join(name).with_extension("jsonl");
        let first = line("a", "2026-02-01T09:00:00Z", "visit_announced:2026-05");
        let then = line("b", "2026-03-01T09:00:00Z", slug);
        std::fs::write(&path, format!("{first}\n{then}\n")).unwrap();
        of(path.to_str().unwrap())
    };
    let postponed = ("2026-03-01T09:00:00Z", "White House: President Trump postpones Japan trip");
    let undated = of(&official(dir.path(), "undated", &[ANNOUNCED, postponed]));
    let line = undated.lines().find(|line| line.contains("plan postponed (no date)"));
    assert!(line.expect("put off").contains("since 2026-03-01"), "{undated}");
    // Also where it changes nothing.
    let ours = put_off("ours", "visit_postponed");
    assert!(ours.contains("plan postponed (no date)"), "{ours}");
    let dated = put_off("dated", "visit_postponed:2027-03");
    assert!(dated.contains("plan postponed to a new date"), "{dated}");
}
