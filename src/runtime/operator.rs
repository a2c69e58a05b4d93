//! [`Operator`]: the thread that hears a person. It has a runtime of its own, so that the stop button works
//! while the loop hangs; it closes the gate by itself and asks the loop for everything else.
//!
//! It never writes a log line before its work is done: where the log's reader has stopped, that line is
//! what the loop hangs on.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use statecraft_domain::StrategyId;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::error::RunError;
use super::sweep::{Remains, sweep};
use crate::control::latch::KillLatch;
use crate::control::protocol::{Outcome, Reply, Request};
use crate::control::server::Server;
use crate::trading::gate::{Bar, Gate};
use crate::venue::kalshi::rest::KalshiRest;

/// Requests that may wait for the loop.
const CALLS_MAX: usize = 32;
/// How often the file `KILL` is looked for.
const LOOK: Duration = Duration::from_millis(25);
/// A kill is acknowledged without the journal's word after this: the latch holds it.
const KILL_PATIENCE: Duration = Duration::from_millis(400);
/// How long one sweep tries; another follows while something is open.
const SWEEP: Duration = Duration::from_secs(60);
/// For so long after it a cancel-all of the venue may end new orders, too (kalshi.md 3.5).
const CANCEL_ALL_TAIL: Duration = Duration::from_secs(60);
/// A loop that has not been heard of for so long hangs.
const HANGS: Duration = Duration::from_secs(2);

/// A request for the loop, and where its reply goes.
#[derive(Debug)]
pub struct Call {
    /// What.
    pub request: Request,
    /// Where to. Nobody there any more: he was told that nothing was done, and what lets anything trade is dropped;
    /// what stops counts all the same.
    pub reply: oneshot::Sender<Reply>,
    /// How often everything had been stopped when it was asked: it does not undo a later stop.
    pub stops: u64,
}

impl Call {
    /// Must it not be carried out behind the back of whoever asked for it, minutes or hours later?
    #[must_use]
    pub fn is_void(&self) -> bool {
        let lets_trade = match &self.request {
            Request::Kill { .. } | Request::Pause { .. } | Request::Status => false,
            Request::Resume { .. }
            | Request::Flatten { .. }
            | Request::AcceptConfig { .. }
            | Request::Drill { .. } => true,
        };
        lets_trade && self.reply.is_closed()
    }
}

/// When the loop was last heard of. Shared by the loop, which beats, and the thread, which looks.
#[derive(Debug, Clone)]
pub struct Heartbeat {
    start: Instant,
    /// Milliseconds after the start; 0: not yet.
    last: Arc<AtomicU64>,
}

impl Default for Heartbeat {
    fn default() -> Self {
        Self { start: Instant::now(), last: Arc::default() }
    }
}

impl Heartbeat {
    /// The loop is alive.
    pub fn beat(&self) {
        let passed = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(passed.max(1), Ordering::Relaxed);
    }

    /// How long ago that was; `None`: the loop has not begun.
    #[must_use]
    pub fn age(&self) -> Option<Duration> {
        match self.last.load(Ordering::Relaxed) {
            0 => None,
            last => Some(self.start.elapsed().saturating_sub(Duration::from_millis(last))),
        }
    }
}

/// The venue as the thread reaches it: a client of its own, with its own connection and budget.
#[derive(Debug)]
struct Reach {
    rest: KalshiRest,
    is_loopback: bool,
}

#[derive(Debug)]
struct Shared {
    gate: Gate,
    latch: KillLatch,
    calls: mpsc::Sender<Call>,
    beat: Heartbeat,
    names: OnceLock<Vec<String>>,
    reach: OnceLock<Reach>,
    reached: Notify,
    sweep_wanted: Notify,
    sweeping: AtomicBool,
    /// Of the last sweep, and when it ended.
    remains: Mutex<Option<(Remains, Instant)>>,
}

/// See the module. Dropping it ends the thread.
#[derive(Debug)]
pub struct Operator {
    shared: Arc<Shared>,
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl Operator {
    /// Opens the socket of a locked state directory and starts to listen. A latch that is set already
    /// closes the gate before this returns.
    ///
    /// # Errors
    /// [`RunError::Control`] if the socket or the latch's reserve cannot be made.
    pub fn start(state_dir: &Path, gate: &Gate) -> Result<(Self, mpsc::Receiver<Call>), RunError> {
        let failed = |source| RunError::Control { path: state_dir.to_owned(), source };
        let (calls, inbox) = mpsc::channel(CALLS_MAX);
        let latch = KillLatch::of(state_dir);
        if latch.is_set() {
            gate.bar(Bar::Kill);
        } else {
            latch.prepare().map_err(failed)?;
        }
        let shared = Arc::new(Shared {
            gate: gate.clone(),
            latch,
            calls,
            beat: Heartbeat::default(),
            names: OnceLock::new(),
            reach: OnceLock::new(),
            reached: Notify::new(),
            sweep_wanted: Notify::new(),
            sweeping: AtomicBool::new(false),
            remains: Mutex::new(None),
        });
        if gate.has(Bar::Kill) {
            shared.sweep_wanted.notify_one();
        }
        let stop = CancellationToken::new();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .thread_name("operator")
            .build()
            .map_err(failed)?;
        let server = {
            let _inside = runtime.enter();
            Server::open(state_dir).map_err(failed)?
        };
        let (theirs, token) = (Arc::clone(&shared), stop.clone());
        let thread = std::thread::Builder::new()
            .name("operator".to_owned())
            .spawn(move || {
                // Neither this thread nor the client it uses may ever wait for a log's reader.
                let quiet = tracing::subscriber::NoSubscriber::default();
                let _quiet = tracing::subscriber::set_default(quiet);
                runtime.block_on(listen(theirs, server, token));
                // A log line nobody reads must not keep the program from ending.
                runtime.shutdown_background();
            })
            .map_err(failed)?;
        Ok((Self { shared, stop, thread: Some(thread) }, inbox))
    }

    /// The names of the strategies, in the order of their ids.
    pub fn know_strategies(&self, names: Vec<String>) {
        // Said once a run.
        let _ = self.shared.names.set(names);
    }

    /// Where the venue is: from here on a kill cancels by itself.
    pub fn know_venue(&self, rest: KalshiRest, is_loopback: bool) {
        if self.shared.reach.set(Reach { rest, is_loopback }).is_ok() {
            self.shared.reached.notify_one();
        }
    }

    /// The loop beats it.
    #[must_use]
    pub fn heartbeat(&self) -> Heartbeat {
        self.shared.beat.clone()
    }

    /// Where the loop is asked.
    #[must_use]
    pub fn calls(&self) -> mpsc::Sender<Call> {
        self.shared.calls.clone()
    }

    /// The latch of a kill.
    #[must_use]
    pub fn latch(&self) -> KillLatch {
        self.shared.latch.clone()
    }

    /// What the loop may ask of the thread.
    #[must_use]
    pub fn sweeper(&self) -> Sweeper {
        Sweeper(Arc::clone(&self.shared))
    }

    /// Waits for a sweep that is under way, and ends the thread.
    pub async fn finish(mut self, patience: Duration) {
        let end = Instant::now() + patience;
        while self.shared.sweeping.load(Ordering::SeqCst) && Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was reported by its own hook.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Cancels everything at the venue, as after a person's kill.
#[derive(Debug, Clone)]
pub struct Sweeper(Arc<Shared>);

impl Sweeper {
    /// Begins, or begins again once the sweep under way is over.
    pub fn sweep(&self) {
        self.0.sweep_wanted.notify_one();
    }

    /// What of a sweep could still end an order that is sent now; `None`: nothing.
    #[must_use]
    pub fn unfinished(&self) -> Option<String> {
        let remains = self.0.remains.lock().unwrap_or_else(PoisonError::into_inner);
        let open = remains.as_ref().map_or(0, |(remains, _)| remains.orders.len());
        if open > 0 {
            return Some(format!(
                "{open} orders still rest at the venue, ours or somebody else's; `status` names them"
            ));
        }
        let swept = remains.as_ref().is_none_or(|(remains, _)| remains.is_empty);
        if self.0.sweeping.load(Ordering::SeqCst) || !swept {
            return Some("what rests at the venue is still being cancelled".to_owned());
        }
        let tail =
            self.0.reach.get().filter(|reach| !reach.is_loopback).map(|_| CANCEL_ALL_TAIL)?;
        let left = tail.saturating_sub(remains.as_ref()?.1.elapsed());
        (left > Duration::ZERO).then(|| {
            format!(
                "the venue's cancel of everything may still end new orders; ask again in {} s",
                left.as_secs() + 1
            )
        })
    }

    /// The program has killed itself: latched by the file, as a person's kill is, and swept. A slow disk must not
    /// hold up the cancels, nor the loop.
    pub fn attend_kill(&self, reason: String) {
        if !self.0.gate.has(Bar::Kill) {
            self.0.gate.bar(Bar::Kill);
        }
        self.sweep();
        let latch = self.0.latch.clone();
        drop(tokio::task::spawn_blocking(move || {
            // The loop may see a person's kill before its reason is in the file.
            if let Err(error) = latch.keep(&reason) {
                tracing::error!(%error, "the file KILL could not be made; the journal holds the kill");
            }
        }));
    }
}

async fn listen(shared: Arc<Shared>, server: Server, stop: CancellationToken) {
    let answerer = Arc::clone(&shared);
    let answer = move |request| {
        let shared = Arc::clone(&answerer);
        async move { shared.answer(request).await }
    };
    tokio::spawn(server.serve(answer));
    tokio::spawn(Arc::clone(&shared).watch_file());
    tokio::spawn(Arc::clone(&shared).watch_signal());
    tokio::spawn(Arc::clone(&shared).sweep_when_wanted());
    stop.cancelled().await;
}

/// A log line, from a thread that may wait for the log's reader.
fn say(line: impl FnOnce() + Send + 'static) {
    drop(tokio::task::spawn_blocking(line));
}

impl Shared {
    async fn answer(&self, request: Request) -> Reply {
        match request {
            Request::Status => self.status().await,
            Request::Kill { reason } => self.kill(format!("operator: {reason}")).await,
            Request::Pause { ref strategy, .. } => match self.bar(strategy.as_deref()) {
                Ok(()) => self.ask(request, Duration::from_secs(3), PAUSE_UNHEARD).await,
                Err(refusal) => refusal,
            },
            // Two waits of the loop: for a proof, and for a comparison that agrees.
            Request::Resume { accept_positions: true, .. } => {
                self.ask(request, Duration::from_secs(100), UNHEARD).await
            }
            Request::Resume { .. } => self.ask(request, Duration::from_secs(45), UNHEARD).await,
            Request::Flatten { .. } | Request::AcceptConfig { .. } => {
                self.ask(request, Duration::from_secs(10), UNHEARD).await
            }
            Request::Drill { .. } => self.ask(request, Duration::from_secs(120), UNHEARD).await,
        }
    }

    /// Closes the gate, for one strategy or all.
    fn bar(&self, strategy: Option<&str>) -> Result<(), Reply> {
        let Some(name) = strategy else {
            self.gate.bar(Bar::Pause);
            return Ok(());
        };
        let names = self.names.get().map_or(&[][..], Vec::as_slice);
        let index = names.iter().position(|known| known == name);
        match index.and_then(|index| u16::try_from(index).ok()) {
            Some(id) => {
                self.gate.bar_strategy(StrategyId(id));
                Ok(())
            }
            None => Err(Reply::failed(format!(
                "no strategy is called {name:?}; running: {}",
                names.join(", ")
            ))),
        }
    }

    /// Asks the loop.
    async fn ask(&self, request: Request, patience: Duration, unheard: &str) -> Reply {
        self.try_ask(request, patience).await.unwrap_or_else(|| {
            Reply::failed(match self.beat.age() {
                None => format!("the bot has not begun to trade yet: {unheard}"),
                Some(age) => format!(
                    "the bot's loop has not been heard of for {:.1} s: {unheard}",
                    age.as_secs_f64()
                ),
            })
        })
    }

    async fn try_ask(&self, request: Request, patience: Duration) -> Option<Reply> {
        let (reply, answer) = oneshot::channel();
        // A full queue: the loop hangs.
        self.calls.try_send(Call { request, reply, stops: self.gate.stops() }).ok()?;
        tokio::time::timeout(patience, answer).await.ok()?.ok()
    }

    /// Reliability.md 10.2: gate, durable, acknowledged, cancelled, told.
    async fn kill(&self, reason: String) -> Reply {
        let read = Instant::now();
        self.gate.bar(Bar::Kill);
        let closed = read.elapsed();
        self.sweep_wanted.notify_one();
        let (latch, text) = (self.latch.clone(), reason.clone());
        // A slow disk must not hold up the cancels.
        let latching = tokio::task::spawn_blocking(move || latch.set(&text));
        let journaled = self.try_ask(Request::Kill { reason }, KILL_PATIENCE).await;
        let latched = tokio::time::timeout(KILL_PATIENCE, latching).await;
        let latched = matches!(latched, Ok(Ok(Ok(()))));
        let journaled = journaled.is_some_and(|reply| reply.outcome == Outcome::Done);
        let data = json!({
            "gate_closed_us": closed.as_secs_f64() * 1e6,
            "latched": latched,
            "journaled": journaled,
            "acknowledged_ms": read.elapsed().as_secs_f64() * 1e3,
        });
        match (latched, journaled) {
            (true, true) => Reply::done("killed: the gate is closed, journaled and latched"),
            (true, false) => Reply::done(
                "killed: the gate is closed and latched by the file KILL; the loop has not answered",
            ),
            (false, true) => Reply::done("killed: the gate is closed and journaled"),
            (false, false) => Reply::failed(
                "the gate is closed, but neither journal nor file KILL could be written: make the file \
                 KILL in the state directory yourself before any restart",
            ),
        }
        .with(data)
    }

    async fn watch_file(self: Arc<Self>) {
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            look.tick().await;
            if !self.gate.has(Bar::Kill) && self.latch.is_set() {
                let reason = self.latch.reason().unwrap_or_default();
                let reply = self.kill(format!("file KILL: {reason}")).await;
                say(move || tracing::error!(message = reply.message, "killed by the file KILL"));
            }
        }
    }

    async fn watch_signal(self: Arc<Self>) {
        let Ok(mut signals) = signal(SignalKind::user_defined1()) else { return };
        while signals.recv().await.is_some() {
            let reply = self.kill("SIGUSR1".to_owned()).await;
            say(move || tracing::error!(message = reply.message, "killed by SIGUSR1"));
        }
    }

    async fn sweep_when_wanted(self: Arc<Self>) {
        loop {
            self.sweep_wanted.notified().await;
            self.sweeping.store(true, Ordering::SeqCst);
            let reach = loop {
                match self.reach.get() {
                    Some(reach) => break reach,
                    None => self.reached.notified().await,
                }
            };
            let remains = sweep(&reach.rest, SWEEP, reach.is_loopback).await;
            let (told, clear, empty) = (remains.to_text(), remains.is_clear, remains.is_empty);
            *self.remains.lock().unwrap_or_else(PoisonError::into_inner) =
                Some((remains, Instant::now()));
            say(move || {
                tracing::error!(
                    code = "kill_swept",
                    clear,
                    "after the kill: {}",
                    told.replace('\n', "; ")
                );
            });
            self.sweeping.store(false, Ordering::SeqCst);
            // A venue that does not take the cancel of everything, and lists nothing, is swept as well.
            if !empty && self.gate.has(Bar::Kill) {
                self.sweep_wanted.notify_one();
            }
        }
    }

    async fn status(&self) -> Reply {
        let remains = self.remains.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let remains = remains.map(|(remains, _)| remains);
        // Before the loop turns nobody takes it, and questions must not fill the queue of a kill.
        let answer = match self.beat.age() {
            None => None,
            Some(_) => self.try_ask(Request::Status, Duration::from_secs(1)).await,
        };
        let age = self.beat.age();
        let hangs = age.is_some_and(|age| age >= HANGS) || (age.is_some() && answer.is_none());
        let mut data = json!({
            "pid": std::process::id(),
            "gate": {
                "open": !self.gate.is_closed(),
                "killed": self.gate.has(Bar::Kill),
                "paused": self.gate.has(Bar::Pause),
                "stopped": self.gate.has(Bar::Stop),
                "latched": self.gate.has(Bar::Latched),
                "held": self.gate.has(Bar::Held),
                "ungrouped": self.gate.has(Bar::Ungrouped),
            },
            "latch": self.latch.reason(),
            "loop": match (age, hangs) {
                (None, _) => "starting",
                (_, true) => "hangs",
                (_, false) => "alive",
            },
            "loop_silent_secs": age.map(|age| age.as_secs_f64()),
            "sweeping": self.sweeping.load(Ordering::SeqCst),
            "swept": remains.map(|remains| remains.to_json()),
        });
        if let (Some(Value::Object(theirs)), Some(ours)) =
            (answer.map(|reply| reply.data), data.as_object_mut())
        {
            ours.extend(theirs);
        }
        let reply = if hangs {
            Reply::failed(format!(
                "the loop hangs: not heard of for {:.1} s; kill works all the same",
                age.unwrap_or_default().as_secs_f64()
            ))
        } else {
            Reply::done("running")
        };
        reply.with(data)
    }
}

const UNHEARD: &str = "nothing was done yet; ask again, and look at the log";
const PAUSE_UNHEARD: &str = "the gate is closed, so nothing leaves, but the pause is not in the journal and nothing was \
     cancelled; `kill` works without the loop";
