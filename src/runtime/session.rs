//! One run of the bot, from the first check to the closing summary. [`run`] reads as the story:
//! arm, lock, reach the venue, recover, list markets, connect, reconcile, trade, drain, sum up.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use statecraft_domain::event::{ConnectionChanged, Standing};
use statecraft_domain::{Event, Nanos, OrderRequest, RiskApproved, StrategyId, Timestamp, Venue};
use statecraft_engine::config::Supervision;
use statecraft_engine::{Engine, EngineConfig, Strategy};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::access::Access;
use super::account_lock::AccountLock;
use super::clock::RunClock;
use super::core::{Core, Outlets};
use super::discovery::{discover, series_of};
use super::disk::{self, Level};
use super::error::RunError;
use super::feeds::Feeds;
use super::flatten;
use super::gateway::{CancelRequest, Gateway};
use super::hot_config::{self, HotConfig};
use super::input::Input;
use super::operate::Desk;
use super::operator::Operator;
use super::order_group::OrderGroup;
use super::paper_run;
use super::recording::{self, Unbegun};
use super::screen::Screen;
use super::signals;
use super::skill::SkillKeeper;
use super::source_watch::SourceWatch;
use super::standing;
use super::start;
use super::state_dir::{StateDir, journal_dir};
use super::summary::{StopCause, Summary};
use super::trading::Trading;
use super::watch::Amiss;
use crate::config::{Endpoint, Loaded, Overrides, Settings, TradingMode, arming};
use crate::journal::{
    Identity, Journal, JournalClosed, Journaled, Opened, Record, Recovery, RunStarted, RunStopped,
    trading_since,
};
use crate::simulator::Simulator;
use crate::trading::beginning::{Step, Why};
use crate::trading::flow::{FlowWatch, Sent};
use crate::trading::gate::Gate;
use crate::trading::markets::Markets;
use crate::trading::reconciler::{GRACE, GRACE_LOOPBACK, Reconciler};
use crate::trading::recovery::{self, Recovered};
use crate::trading::watch::{Pace, Watch};

/// Inputs that may wait for the loop; producers wait beyond that (books notice by their sequence).
const INPUT_QUEUE: usize = 16_384;
/// Orders and cancels that may wait for the gateway.
const ORDER_QUEUE: usize = 1_024;
/// A decision older than this is not sent (reliability.md R11), wall time.
const DECISION_AGE_MAX: Nanos = Nanos::from_secs(2);
/// How long the end of a run waits for the cancels of a kill.
const SWEEP_DRAIN: Duration = Duration::from_secs(10);
/// How long the gateway may take to hear the last answers.
const DRAIN: Duration = Duration::from_secs(12);

/// The only thing the gateway sends.
type ApprovedOrder = Journaled<RiskApproved<OrderRequest>>;

/// What the command line says about a run.
#[derive(Debug, Default)]
pub struct Options {
    /// Behind it orders leave; whoever holds a copy may close it for good.
    pub gate: Gate,
    /// `--live`.
    pub live: bool,
    /// `--for`.
    pub run_for: Option<Duration>,
    /// Where the state of the run is shown.
    pub screen: Screen,
    /// The settings file and what the command line says on top of it: strategy files that are edited
    /// while the bot runs are read again with them. `None`: edits wait for the next start.
    pub source: Option<(PathBuf, Overrides)>,
}

/// Runs the bot until it is told to stop, and sums up.
///
/// # Errors
/// [`RunError`]: before trading began, with nothing left running; or because the journal failed.
pub async fn run(
    loaded: Loaded,
    options: Options,
    stop: CancellationToken,
) -> Result<Summary, RunError> {
    let strategies = enabled(&loaded)?;
    arm(&loaded, &options)?;
    let state_dir = StateDir::lock(&loaded.settings.state_dir)?;
    let (disk, room) = disk::first_look(&loaded.settings).await.unzip();
    let gate = options.gate.clone();
    let (operator, calls) = Operator::start(state_dir.path(), &gate)?;
    operator.know_strategies(strategies.iter().map(|strategy| strategy.name.clone()).collect());
    let _account = AccountLock::take(&loaded.settings).await?;
    let access = Access::open(&loaded.settings).await?;
    let _user = AccountLock::take_user(&loaded.settings, &access.rest).await?;
    operator.know_venue(access.another_client()?, access.endpoint.is_loopback());
    let (orders_in, orders) = mpsc::channel(ORDER_QUEUE);
    let opened = open_journal(&loaded, &state_dir, &access, &strategies, orders_in)?;
    let markets = Markets::with(&opened.recovery.markets);
    let lineage = opened.recovery.lineage;
    let first = (lineage, opened.recovery.next_sequence);
    let records = &opened.recovery.records;
    let config = engine_config(&loaded, strategies.clone(), access.clock.speed(), first, records);
    let mut engine = Engine::new(config);
    let mut recovered = recovery::replay(&mut engine, &opened.recovery);
    access.clock.go_on_from(recovered.last_at);
    report_recovery(&recovered, opened.recovery.clean_stop);
    let (member, knew) = (loaded.settings.kalshi.member, known_tickers(&engine));
    let found = discover(&access.rest, &strategies, member, &knew).await?;

    let (cancels_in, cancels) = mpsc::channel(ORDER_QUEUE);
    let (steer_in, steer) = mpsc::channel(ORDER_QUEUE);
    let outlets = Outlets { cancels: cancels_in, steer: steer_in.clone(), gate: gate.clone() };
    let has_room = room.as_ref().is_none_or(|room| room.level == Level::Ample);
    let recorder = recording::recorder(&loaded.settings, has_room)?;
    let unbegun = Unbegun::of(recorder.as_ref());
    let session = recorder
        .as_ref()
        .and_then(|recorder| recording::session(recorder, &loaded, &engine, &opened.recovery));
    let clock = access.clock.clone();
    let mut core = Core::new(
        engine,
        opened.journal,
        clock,
        outlets,
        recorder,
        std::mem::take(&mut recovered.venue_orders),
    );
    core.keep_actions(session);
    core.take_over(std::mem::take(&mut recovered.unfinished));
    core.write(run_started(&loaded, &access, &strategies))?;

    let (inputs_in, inputs) = mpsc::channel(INPUT_QUEUE);
    let skill = skill_keeper(&loaded, &state_dir, &core, &opened.recovery, &inputs_in);
    core.keep_record(skill, hashes(&loaded));
    core.inherit(&opened.recovery)?;
    report_demoted(core.engine());
    let group = order_group(&loaded.settings, &state_dir, &access).await?;
    let (gateway, sent) =
        spawn_gateway(&access, &markets, &gate, &inputs_in, orders, cancels, group);
    let series = series_of(&strategies);
    let mut feeds = Feeds::new(
        &access,
        markets.clone(),
        member,
        series,
        inputs_in.clone(),
        steer_in,
        gate.clone(),
    );
    feeds.know_rules(std::mem::take(&mut recovered.rules));
    feeds.listed(&mut core, found.listed)?;
    feeds.start_without(&mut core, found.unlisted)?;
    report_unread(&found.unread);
    let since = recovered.ask_from(core.engine());
    let mut reconciler = reconciler(&access, markets, since);
    tokio::select! {
        biased;
        () = stop.cancelled() => return Err(RunError::StoppedEarly),
        settled = start::settle(&mut reconciler, &access, &mut core, loaded.settings.mode) => settled?,
    }
    feeds.keep_held(&mut core).await?;
    // Until the stream says that it is up there is nothing to decide on: what would be decided on its first
    // books would be held back when it does, until the account was compared again.
    let (at, venue) = (core.now(), Venue::Kalshi);
    core.take(Event::ConnectionChanged(ConnectionChanged { at, venue, connected: false }))?;
    feeds.start(&access, lineage, steer);
    let heard = signals::heard(&loaded, &opened.recovery, access.clock.now());
    // A year of records would stay in memory for the whole run.
    drop(opened.recovery);
    let signals = signals::start(&loaded, &access, heard, inputs_in.clone()).await?;
    let listening = signals.listening();
    core.begin();
    begin_mode(&mut core, &gate, &recovered, &operator, loaded.settings.max_crashes)?;
    flatten::tell_unclosed(&core);
    unbegun.begun();

    let watching = CancellationToken::new();
    if let Some((path, overrides)) = options.source {
        let dir = loaded.settings.strategies_dir.clone();
        tokio::spawn(hot_config::watch(path, overrides, dir, inputs_in.clone(), watching.clone()));
    }
    if let Some(disk) = disk {
        tokio::spawn(disk.watch(inputs_in.clone(), watching.clone()));
    }
    let _watching_ends = watching.drop_guard();
    let story_over = watch_story(access.simulator.as_ref(), &access.clock);
    let label = format!("{} · {}", loaded.settings.mode.name(), loaded.settings.kalshi.endpoint);
    let is_loopback = access.endpoint.is_loopback();
    let pace = if is_loopback { Pace::LOOPBACK } else { Pace::VENUE };
    let mut trading = Trading {
        core,
        inputs,
        inputs_in,
        feeds,
        reconciler,
        desk: Desk::new(calls, &operator, gate.clone())
            .with_drills(access.simulator.as_ref().map(Simulator::fault_desk), &operator),
        hot: HotConfig::new(loaded.settings.clone(), hashes(&loaded)),
        watch: Watch::new(pace, access.clock.wall()).at_speed(access.clock.speed()),
        amiss: Amiss::default(),
        disk: room,
        is_loopback,
        sent,
        flow: FlowWatch::default(),
        rest: Arc::clone(&access.rest),
        clock: access.clock.clone(),
        gate,
        screen: options.screen,
        label,
        listening: listening.clone(),
        source_watch: SourceWatch::of(&loaded.settings.signals),
        signals: Some(signals),
        story_over,
    };
    let outcome = trading.until_stopped(options.run_for, stop).await;
    let Trading { core, feeds, signals, .. } = trading;
    // The journal failed: nothing is taken any more.
    if let Some(signals) = signals {
        signals.stop().await;
    }
    feeds.stop().await;
    operator.finish(SWEEP_DRAIN).await;
    let summary = finish(core, gateway, access, &loaded.settings, outcome).await?;
    Ok(Summary {
        unmatched_revisions: listening.unmatched(),
        sources: listening.sources(),
        ..summary
    })
}

/// A kill and a person's pause hold over restarts (I13), and a process that crashes again and again waits for
/// a person (F47); every other run begins to trade.
fn begin_mode(
    core: &mut Core,
    gate: &Gate,
    recovered: &Recovered,
    operator: &Operator,
    max_crashes: u32,
) -> Result<(), JournalClosed> {
    let crashes = recovered.recent_crashes(core.now());
    let limit = usize::try_from(max_crashes).unwrap_or(usize::MAX);
    let crash_loop = (limit > 0 && crashes >= limit).then_some(crashes);
    let latch = operator.latch().reason();
    let steps = recovered.beginning(core.engine().mode(), latch.as_deref(), crash_loop);
    for Step { why, bar, mode, reason } in steps {
        if let Some(bar) = bar {
            gate.bar(bar);
        }
        match why {
            Why::Killed => {
                operator.sweeper().sweep();
                tracing::error!(
                    code = "still_killed",
                    reason,
                    "killed, until `resume --release-kill`"
                );
            }
            Why::Stopped => {
                tracing::warn!(code = "still_paused", reason, "stopped, until `resume`")
            }
            Why::Crashes(crashes) => tracing::error!(
                code = "crash_loop",
                crashes,
                "crashed too often: paused, until `resume`"
            ),
            Why::Started => {}
        }
        if let Some(mode) = mode {
            core.set_mode(mode, &reason)?;
        }
    }
    Ok(())
}

fn reconciler(access: &Access, markets: Markets, since: Timestamp) -> Reconciler {
    let grace = if access.endpoint.is_loopback() { GRACE_LOOPBACK } else { GRACE };
    let (speed, now) = (access.clock.speed(), access.clock.wall());
    Reconciler::new(markets, speed, grace, since, now)
}

/// The skill ledger beside the journal. A run without it trades on, loudly: it is evidence, not safety.
fn skill_keeper(
    loaded: &Loaded,
    state_dir: &StateDir,
    core: &Core,
    recovery: &Recovery,
    inputs: &mpsc::Sender<Input>,
) -> Option<SkillKeeper> {
    let dir = journal_dir(state_dir.path(), &loaded.settings.kalshi.endpoint);
    match SkillKeeper::open(&dir, loaded.settings.skill, inputs.clone()) {
        Ok(skill) => {
            skill.catch_up(core.engine(), recovery);
            Some(skill)
        }
        Err(error) => {
            tracing::error!(%error, "no skill ledger: forecasts of this run will not be judged");
            None
        }
    }
}

/// Hashes of the files of the enabled strategies, in the order of their ids.
fn hashes(loaded: &Loaded) -> Vec<String> {
    let enabled = loaded.strategies.iter().filter(|strategy| strategy.enabled);
    enabled.map(|strategy| strategy.hash.clone()).collect()
}

/// A demotion of an earlier run still holds: said at every start.
fn report_demoted(engine: &Engine) {
    for (strategy, id) in engine.config().strategies.iter().zip(0..) {
        if engine.standing(StrategyId(id)) == Standing::Demoted {
            tracing::error!(
                strategy = strategy.name,
                real_money = engine.config().real_money,
                "this strategy is demoted to paper by its own record; `statecraft skill` shows it, \
                 `statecraft skill --reinstate` releases it"
            );
        }
    }
}

/// Cancelled once the embedded venue has told its whole story.
fn watch_story(simulator: Option<&Simulator>, clock: &RunClock) -> CancellationToken {
    let over = CancellationToken::new();
    if let Some(end) = simulator.and_then(Simulator::story_end) {
        let (over, clock) = (over.clone(), clock.clone());
        tokio::spawn(async move {
            while clock.now() < end {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            // The last frames and payouts are still on their way.
            tokio::time::sleep(Duration::from_secs(1)).await;
            over.cancel();
        });
    }
    over
}

/// The strategies that are switched on.
fn enabled(loaded: &Loaded) -> Result<Vec<Strategy>, RunError> {
    let strategies: Vec<Strategy> = loaded
        .strategies
        .iter()
        .filter(|strategy| strategy.enabled)
        .map(|strategy| strategy.strategy.clone())
        .collect();
    if strategies.is_empty() {
        return Err(RunError::NoStrategy(loaded.settings.strategies_dir.clone()));
    }
    Ok(strategies)
}

/// Real money needs the file and the flag to say so, and then the real venue.
fn arm(loaded: &Loaded, options: &Options) -> Result<(), RunError> {
    let refuse = |reason: &str| Err(RunError::NotArmed(reason.to_owned()));
    let settings = &loaded.settings;
    match (settings.mode, options.live) {
        (TradingMode::Paper, false) => Ok(()),
        (TradingMode::Paper, true) => {
            refuse("--live was given, but mode is \"paper\" in the settings")
        }
        (TradingMode::Live, false) => {
            refuse("mode is \"live\" in the settings, but --live was not given")
        }
        (TradingMode::Live, true) if settings.kalshi.endpoint != Endpoint::Prod => {
            refuse("live trading needs endpoint = \"prod\"")
        }
        (TradingMode::Live, true) => {
            let hash = arming::risk_hash(loaded);
            if !arming::is_armed(&settings.state_dir, &hash) {
                return refuse(&format!(
                    "these limits are not armed: look at `statecraft controls`, then \
                     `statecraft controls --arm {hash}`"
                ));
            }
            let unproved = paper_run::unproved(loaded)?;
            let Some((name, run)) = unproved.first() else { return Ok(()) };
            refuse(&format!(
                "strategy {name} has run on paper for {:.1} of {:.0} days as its file is now (R28); let it run \
                 against endpoint \"demo\" and name that run's state directory in run.paper_state_dir, or set \
                 limits.paper_days = 0 and arm again",
                run.days(),
                settings.paper.wanted.days(),
            ))
        }
    }
}

fn open_journal(
    loaded: &Loaded,
    state_dir: &StateDir,
    access: &Access,
    strategies: &[Strategy],
    orders: mpsc::Sender<ApprovedOrder>,
) -> Result<Opened, RunError> {
    let endpoint = &loaded.settings.kalshi.endpoint;
    let identity = Identity {
        venue: Venue::Kalshi,
        endpoint: endpoint.to_string(),
        account: access.key_id.clone(),
    };
    let names: Vec<String> = strategies.iter().map(|strategy| strategy.name.clone()).collect();
    let dir = state_dir.journal_dir(endpoint)?;
    // The journal's thread hands an order over only after its commit; a full queue makes it wait.
    Ok(Journal::open(&dir, &identity, &names, move |order| {
        if orders.blocking_send(order).is_err() {
            tracing::error!(
                "an order was journaled after the gateway had stopped; it was not sent"
            );
        }
    })?)
}

/// What the engine is told; `first` is the lineage and the number of its first order.
pub(super) fn engine_config(
    loaded: &Loaded,
    strategies: Vec<Strategy>,
    time_scale: u32,
    (lineage, first_sequence): (u64, u64),
    records: &[Record],
) -> EngineConfig {
    let settings = &loaded.settings;
    // A run with real money does not begin unless its limits are armed.
    let supervision = Supervision {
        reconciles: true,
        since: trading_since(records, &hashes(loaded)),
        ..settings.supervision()
    };
    EngineConfig {
        lineage,
        first_sequence,
        time_scale,
        strategies,
        limits: settings.limits,
        real_money: settings.mode == TradingMode::Live,
        keep_checks: true,
        prediction_interval: settings.prediction_interval,
        sources: settings.source_policies(),
        supervision,
    }
}

/// Markets of the venue that earlier runs were told of.
fn known_tickers(engine: &Engine) -> BTreeSet<String> {
    let listings = engine.markets().iter().map(|market| market.listing());
    let ours = listings.filter(|listing| listing.venue == Venue::Kalshi);
    ours.map(|listing| listing.ticker.clone()).collect()
}

/// Series that earlier runs knew and that could not be listed; they are asked for again every minute.
fn report_unread(series: &[(String, String)]) {
    for (series, why) in series {
        tracing::error!(
            code = "started_without",
            series,
            why,
            "a series cannot be listed: what is held of it is followed, the rest as soon as it can be"
        );
    }
}

fn report_recovery(recovered: &Recovered, clean: bool) {
    if recovered.records > 0 {
        tracing::info!(
            records = recovered.records,
            clean_stop = clean,
            live_orders = recovered.venue_orders.len(),
            "recovered from the journal"
        );
    }
}

fn run_started(loaded: &Loaded, access: &Access, strategies: &[Strategy]) -> Record {
    Record::RunStarted(RunStarted {
        at: access.clock.now(),
        strategies: strategies.iter().map(|strategy| strategy.name.clone()).collect(),
        hashes: hashes(loaded),
        lineages: strategies.iter().map(standing::lineages).collect(),
        config_hash: loaded.config_hash.clone(),
        mode: loaded.settings.mode.name().to_owned(),
        endpoint: loaded.settings.kalshi.endpoint.to_string(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}

/// This run's order group, after those of earlier runs have been ended. Real money does not trade
/// without one; on paper a venue may do without.
async fn order_group(
    settings: &Settings,
    state_dir: &StateDir,
    access: &Access,
) -> Result<Option<Arc<OrderGroup>>, RunError> {
    let dir = journal_dir(state_dir.path(), &settings.kalshi.endpoint);
    match OrderGroup::make(&access.rest, &dir, settings.kalshi.order_group_contracts).await {
        Ok(group) => Ok(Some(Arc::new(group))),
        Err(error) if settings.mode == TradingMode::Live => Err(error.into()),
        Err(error) => {
            tracing::warn!(%error, "no order group: resting orders end by their expiry only");
            Ok(None)
        }
    }
}

fn spawn_gateway(
    access: &Access,
    markets: &Markets,
    gate: &Gate,
    inputs: &mpsc::Sender<Input>,
    orders: mpsc::Receiver<ApprovedOrder>,
    cancels: mpsc::Receiver<CancelRequest>,
    order_group: Option<Arc<OrderGroup>>,
) -> (JoinHandle<()>, Sent) {
    let sent = Sent::default();
    let gateway = Gateway {
        rest: Arc::clone(&access.rest),
        markets: markets.clone(),
        clock: access.clock.clone(),
        gate: gate.clone(),
        sent: sent.clone(),
        max_decision_age: DECISION_AGE_MAX.times(access.clock.speed()),
        outcomes: inputs.clone(),
        order_group,
    };
    (tokio::spawn(gateway.run(orders, cancels)), sent)
}

/// The last records, the journal closed, the gateway drained, and the summary.
async fn finish(
    mut core: Core,
    gateway: JoinHandle<()>,
    access: Access,
    settings: &Settings,
    outcome: Result<StopCause, JournalClosed>,
) -> Result<Summary, RunError> {
    let at = core.now();
    let cause = outcome.as_ref().map_or(StopCause::JournalFailed, |cause| *cause);
    let reason = cause.name().to_owned();
    if outcome.is_ok() {
        core.write(Record::RunStopped(RunStopped { at, reason }))?;
    }
    let tally = core.close();
    if tokio::time::timeout(DRAIN, gateway).await.is_err() {
        tracing::warn!(
            "the gateway was still waiting for an answer; the next start will reconcile"
        );
    }
    if let Some(simulator) = access.simulator {
        simulator.shutdown().await;
    }
    outcome?;
    Ok(Summary::new(tally, settings.mode, cause))
}
