//! Rehearsals: a fault of the embedded venue is switched on, the bot is watched from outside as a person
//! would watch it, and the venue is put right again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use super::operator::Call;
use crate::control::protocol::{Reply, Request};
use crate::simulator::{FaultDesk, FaultPlan};
use crate::trading::gate::Gate;

/// How often the bot is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// One rehearsal.
struct Drill {
    name: &'static str,
    expect: &'static str,
    faults: &'static str,
    /// Seconds in which the fault must show and, once it is over, be gone.
    shows_within: u64,
    heals_within: u64,
    shows: fn(&Value, &Value, &FaultDesk) -> bool,
    healed: fn(&Value, &FaultDesk) -> bool,
}

const DRILLS: &[Drill] = &[
    Drill {
        name: "ws-freeze",
        expect: "the stream goes silent while pings flow; within seconds the venue's own books are found to \
                 differ (alert subscription_frozen), the books are dropped and asked for anew",
        faults: "[[fault]]\nkind = 'frozen_subscription'\nevery = 1\nms = 600000\n",
        shows_within: 30,
        heals_within: 30,
        shows: |now, before, _| {
            now["watch"]["frozen_subscriptions"].as_u64()
                > before["watch"]["frozen_subscriptions"].as_u64()
        },
        healed: |now, _| all_markets(now, |market| market["state"] == "synced"),
    },
    Drill {
        name: "timeout-after-accept",
        expect: "the venue takes the next order, answers with an error, and its stream says nothing of it: its \
                 fate is unknown (alert order_unknown), it is looked for, found, and never sent again",
        // A stream that tells of the order before the answer is there leaves nothing unknown. It fires until an order
        // meets it: a cancel may come first.
        faults: "[[fault]]\nkind = 'error_after_accept'\nevery = 1\n\
                 [[fault]]\nkind = 'drop_private'\nevery = 1\n",
        shows_within: 60,
        heals_within: 45,
        shows: |now, _, desk| {
            let fired = desk.fired().get("error_after_accept").is_some_and(|times| *times > 0);
            fired && now["unknown_orders"].as_u64() > Some(0)
        },
        healed: |now, desk| now["unknown_orders"] == 0 && desk.no_order_twice(),
    },
    Drill {
        name: "ghost-fill",
        expect: "fills are not told by the stream; they arrive by comparison with the account",
        faults: "[[fault]]\nkind = 'drop_private'\nevery = 1\n",
        shows_within: 60,
        heals_within: 50,
        // An update of an order is hidden as well, and no fill: that is not the fault.
        shows: |now, before, desk| {
            let fired = desk.fired().values().any(|times| *times > 0);
            fired
                && (now["fills"].as_u64() > before["fills"].as_u64() || !holds_the_same(now, desk))
        },
        healed: holds_the_same,
    },
    Drill {
        name: "venue-pause",
        expect: "trading is paused at the next order: no order leaves until the status says so and the account \
                 was compared (alert venue_condition, twice)",
        faults: "[[fault]]\nkind = 'pause'\nevery = 1\nlimit = 1\nms = 5000\n",
        shows_within: 60,
        heals_within: 45,
        shows: |now, _, _| now["condition"] != "open",
        healed: |now, _| now["condition"] == "open",
    },
    Drill {
        name: "clock-skew",
        expect: "the venue's clock is five seconds off ours: no order leaves (alert clock_untrusted) until they \
                 agree again",
        faults: "[[fault]]\nkind = 'wrong_date'\nevery = 1\nms = 5000\n",
        shows_within: 30,
        heals_within: 30,
        shows: |now, _, _| now["clock"]["trusted"] == false,
        healed: |now, _| now["clock"]["trusted"] == true,
    },
];

/// The rehearsal of which the run ends.
pub const DISK_FULL: &str = "disk-full";
/// How long the gate may take to close: the loop looks at the journal at every tick.
const GATE_CLOSES: Duration = Duration::from_secs(2);

/// The journal has been told to fail: says whether the gate closed, as far as one can say that while the
/// process ends.
pub async fn disk_full(gate: Gate, reply: oneshot::Sender<Reply>) {
    tracing::warn!(code = "drill", name = DISK_FULL, "a rehearsal begins, of which this run ends");
    let start = Instant::now();
    while !gate.is_closed() && start.elapsed() < GATE_CLOSES {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let (is_closed, after) = (gate.is_closed(), start.elapsed());
    let lines = [
        "expect: the journal takes nothing more; the gate closes, what rests is cancelled, and the run ends \
         with exit code 5: make room before the next start, which compares the account"
            .to_owned(),
        line("the gate is closed", is_closed.then_some(after), GATE_CLOSES.as_secs()),
        "now: the run ends; its exit code and its log are the rest of this rehearsal".to_owned(),
    ];
    let data = json!({ "drill": DISK_FULL, "gate_closed_after_secs": after.as_secs_f64() });
    let (text, done) = (lines.join("\n"), is_closed);
    let answer = if done { Reply::done(text) } else { Reply::failed(text) };
    // Whoever asked may have gone.
    let _ = reply.send(answer.with(data));
}

/// Is what the bot holds what the venue says it does?
fn holds_the_same(now: &Value, desk: &FaultDesk) -> bool {
    let held = desk.positions();
    all_markets(now, |market| {
        let ticker = market["ticker"].as_str().unwrap_or_default();
        let theirs = held.get(ticker).map_or("0", String::as_str);
        market["position"].as_str() == Some(theirs)
    })
}

fn all_markets(status: &Value, is_so: impl Fn(&Value) -> bool) -> bool {
    let over = |market: &&Value| {
        market["state"].as_str().is_some_and(|state| state.starts_with("settled"))
    };
    let markets = status["markets"].as_array().into_iter().flatten();
    markets.filter(|market| !over(market)).all(is_so)
}

/// Runs the rehearsal of this name and replies when it is over. One at a time.
pub async fn run(
    name: String,
    desk: FaultDesk,
    calls: mpsc::Sender<Call>,
    busy: Arc<AtomicBool>,
    reply: oneshot::Sender<Reply>,
) {
    let answer = match DRILLS.iter().find(|drill| drill.name == name) {
        None => {
            let names: Vec<&str> =
                DRILLS.iter().map(|drill| drill.name).chain([DISK_FULL]).collect();
            Reply::failed(format!("no drill is called {name:?}; there are {}", names.join(", ")))
        }
        Some(_) if busy.swap(true, Ordering::SeqCst) => {
            Reply::refused("a drill is running already")
        }
        Some(drill) => {
            let answer = rehearse(drill, &desk, &calls).await;
            desk.set(FaultPlan::default());
            busy.store(false, Ordering::SeqCst);
            answer
        }
    };
    // Whoever asked may have gone; the venue is right again either way.
    let _ = reply.send(answer);
}

async fn rehearse(drill: &Drill, desk: &FaultDesk, calls: &mpsc::Sender<Call>) -> Reply {
    let plan = match FaultPlan::parse(drill.faults) {
        Ok(plan) => plan,
        Err(error) => return Reply::failed(error.to_string()),
    };
    tracing::warn!(code = "drill", name = drill.name, "a rehearsal begins");
    let before = status(calls).await;
    let mut lines = vec![format!("expect: {}", drill.expect)];
    desk.set(plan);
    let shown = wait(calls, drill.shows_within, |now| (drill.shows)(now, &before, desk)).await;
    let fired: u64 = desk.fired().values().sum();
    desk.set(FaultPlan::default());
    lines.push(line("the fault was met", shown, drill.shows_within));
    let is_fired = fired > 0;
    lines
        .push(format!("{}: the fault fired {fired} times", if is_fired { "pass" } else { "FAIL" }));
    let healed = wait(calls, drill.heals_within, |now| (drill.healed)(now, desk)).await;
    lines.push(line("all is as it should be again", healed, drill.heals_within));
    let data = json!({
        "drill": drill.name,
        "fired": fired,
        "met_after_secs": shown.map(|span| span.as_secs_f64()),
        "healed_after_secs": healed.map(|span| span.as_secs_f64()),
    });
    let text = lines.join("\n");
    if shown.is_some() && is_fired && healed.is_some() {
        Reply::done(text).with(data)
    } else {
        Reply::failed(text).with(data)
    }
}

fn line(what: &str, after: Option<Duration>, within: u64) -> String {
    match after {
        Some(span) => format!("pass: {what} after {:.1} s", span.as_secs_f64()),
        None => format!("FAIL: {what} not within {within} s"),
    }
}

async fn status(calls: &mpsc::Sender<Call>) -> Value {
    let (reply, answer) = oneshot::channel();
    let asked = calls.send(Call { request: Request::Status, reply, stops: 0 }).await;
    match (asked, tokio::time::timeout(Duration::from_secs(2), answer).await) {
        (Ok(()), Ok(Ok(reply))) => reply.data,
        _ => Value::Null,
    }
}

async fn wait(
    calls: &mpsc::Sender<Call>,
    within: u64,
    is_so: impl Fn(&Value) -> bool,
) -> Option<Duration> {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(within) {
        let now = status(calls).await;
        if !now.is_null() && is_so(&now) {
            return Some(start.elapsed());
        }
        tokio::time::sleep(LOOK).await;
    }
    None
}
