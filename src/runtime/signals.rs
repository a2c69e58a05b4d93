//! Signal sources of a run: those of the settings, the embedded venue's story, and what is pushed.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use statecraft_domain::event::SourceSeen;
use statecraft_domain::signal::SourceClass;
use statecraft_domain::{Event, Nanos, Signal, Timestamp};
use statecraft_engine::Strategy;
use statecraft_engine::config::{CalendarWindow, ModelSpec};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::access::Access;
use super::error::RunError;
use super::input::Input;
use super::story_feeds;
use crate::config::{
    ApiSettings, Loaded, LoadedStrategy, SourceOrigin, SourceSettings as Configured,
};
use crate::journal::{Record, Recovery};
use crate::signals::labeller::{Labeller, LabellerSettings};
use crate::signals::lexicon::extractor;
use crate::signals::memory;
use crate::signals::push::{self, PushSettings, Server};
use crate::signals::settings::check_url;
use crate::signals::slugs;
use crate::signals::{
    BadSource, Board, Common, Handle, ReadingRoom, Rules, Seen, SourceKind, SourceReport,
    SourceSettings, Subject, spawn,
};

/// Signals that may wait for the loop.
const QUEUE: usize = 1_024;
/// Signals a minute that the user's own pipeline may push.
const PUSHED_PER_MINUTE: u32 = 600;
/// A source is said to be alive at most this often, engine time.
const SEEN_EVERY: Nanos = Nanos::from_secs(60);

/// The running sources.
#[derive(Debug)]
pub struct Sources {
    stop: CancellationToken,
    handle: Handle,
    room: Option<Arc<ReadingRoom>>,
    server: Option<Server>,
    forward: JoinHandle<()>,
}

impl Sources {
    /// How they are, also after they have ended.
    #[must_use]
    pub fn listening(&self) -> Listening {
        Listening { room: self.room.clone(), board: self.handle.board() }
    }

    /// Ends them. What was taken in until then has been passed on when this returns, if somebody takes it.
    pub async fn stop(mut self) {
        if let Some(server) = self.server {
            server.stop().await;
        }
        self.stop.cancel();
        // Whatever a source was waiting for is not waited for any longer.
        let _ = tokio::time::timeout(Duration::from_secs(2), self.handle.stopped()).await;
        // Ends by itself when nobody is left who could bring a signal.
        let _ = tokio::time::timeout(Duration::from_secs(2), &mut self.forward).await;
        self.forward.abort();
    }
}

/// See [`Sources::listening`].
#[derive(Debug, Clone, Default)]
pub struct Listening {
    room: Option<Arc<ReadingRoom>>,
    board: Board,
}

impl Listening {
    /// How many withdrawals and denials answered no story known, so far.
    #[must_use]
    pub fn unmatched(&self) -> u64 {
        self.room.as_ref().map_or(0, |room| room.unmatched_revisions())
    }

    /// How every source is.
    #[must_use]
    pub fn sources(&self) -> Vec<SourceReport> {
        self.board.reports()
    }
}

/// The signals of the journal that a new run must remember, oldest first.
#[must_use]
pub fn heard(loaded: &Loaded, recovery: &Recovery, now: Timestamp) -> Vec<Signal> {
    let signals = recovery.records.iter().filter_map(|record| match record {
        Record::Event(Event::SignalReceived(signal)) => Some(signal.as_ref()),
        _ => None,
    });
    let ages = loaded.settings.signals.iter().map(|source| source.max_age);
    memory::recent(signals, ages.max().unwrap_or_default(), now)
}

/// Starts every source; what earlier runs have `heard` is known before any is asked.
///
/// # Errors
/// [`RunError::Source`] for a source that must not be used, [`RunError::Push`] if signals cannot be
/// pushed.
pub async fn start(
    loaded: &Loaded,
    access: &Access,
    heard: Vec<Signal>,
    inputs: mpsc::Sender<Input>,
) -> Result<Sources, RunError> {
    let mut sources = Vec::new();
    let mut trust = BTreeMap::new();
    for configured in &loaded.settings.signals {
        trust.insert(configured.name.clone(), configured.trust);
        let bad = |source| RunError::Source { name: configured.name.clone(), source };
        sources.push(configured_source(configured).map_err(bad)?);
    }
    if access.simulator.is_some() {
        sources.extend(story_feeds::sources(&access.endpoint.rest));
    }
    if loaded.settings.api.is_some() {
        let source = SourceSettings::new(push::SOURCE, SourceKind::Push);
        sources.push(SourceSettings { per_minute: PUSHED_PER_MINUTE, ..source });
    }
    let clock = access.clock.clone();
    let mut common = Common::new(Arc::new(move || clock.now()), access.clock.speed());
    common.reading = {
        let settings = &loaded.settings;
        reading_room(&loaded.strategies, settings.lexicon.as_deref(), settings.labeller.clone())?
    };
    common.seen = Some(seen(inputs.clone()));
    common.heard = heard.into();
    let (sender, signals) = mpsc::channel(QUEUE);
    let stop = CancellationToken::new();
    let handle = spawn(sources, &common, &sender, &stop);
    let server = match &loaded.settings.api {
        Some(api) => Some(Server::start(pushed(api, &loaded.strategies), &handle).await?),
        None => None,
    };
    if let Some(server) = &server {
        tracing::info!(address = %server.address(), "signals may be pushed");
    }
    let (room, forward) = (common.reading, tokio::spawn(forward(signals, inputs, trust)));
    Ok(Sources { stop, handle, room, server, forward })
}

fn configured_source(configured: &Configured) -> Result<SourceSettings, BadSource> {
    let kind = match &configured.origin {
        SourceOrigin::File(path) => SourceKind::File(path.clone()),
        SourceOrigin::Url(url) => SourceKind::Http(allowed(url)?),
        SourceOrigin::Feed(url) => SourceKind::Feed(allowed(url)?),
    };
    Ok(SourceSettings {
        poll: Duration::from_nanos(u64::try_from(configured.poll.get()).unwrap_or(0)),
        age_max: configured.max_age,
        per_minute: configured.per_minute,
        class: configured.class,
        hosts: configured.hosts.clone(),
        official_hosts: configured.official_hosts.clone(),
        publisher_hosts: configured.publisher_hosts.clone(),
        ..SourceSettings::new(&configured.name, kind)
    })
}

/// An address from the settings: naming it there is what allows its host.
fn allowed(url: &str) -> Result<Url, BadSource> {
    let url = Url::parse(url).map_err(|_| BadSource::Scheme(url.to_owned()))?;
    let hosts: Vec<String> = url.host_str().map(str::to_owned).into_iter().collect();
    check_url(&url, &hosts)?;
    Ok(url)
}

fn pushed(api: &ApiSettings, strategies: &[LoadedStrategy]) -> PushSettings {
    let external = |strategy: &&LoadedStrategy| {
        strategy.enabled && matches!(strategy.strategy.model, ModelSpec::External { .. })
    };
    let named = |strategy: &LoadedStrategy| {
        (strategy.strategy.name.clone(), strategy.strategy.event.clone())
    };
    PushSettings {
        listen: api.listen,
        allow_remote: api.allow_remote,
        token_file: api.token_file.clone(),
        external: strategies.iter().filter(external).map(named).collect(),
        max_age: max_ages(strategies),
        events: enabled(strategies).map(|one| one.event.clone()).collect(),
        slugs: enabled(strategies).flat_map(heard_slugs).collect(),
    }
}

fn enabled(strategies: &[LoadedStrategy]) -> impl Iterator<Item = &Strategy> {
    strategies.iter().filter(|one| one.enabled).map(|one| &one.strategy)
}

/// The longest age of a probability from outside, by event.
fn max_ages(strategies: &[LoadedStrategy]) -> BTreeMap<String, Nanos> {
    let mut ages: BTreeMap<String, Nanos> = BTreeMap::new();
    for one in enabled(strategies) {
        if let ModelSpec::External { max_age, .. } = &one.model {
            let age = ages.entry(one.event.clone()).or_insert(*max_age);
            *age = (*age).max(*max_age);
        }
    }
    ages
}

/// The slugs that a strategy's model listens to, without dates.
#[must_use]
pub fn heard_slugs(strategy: &Strategy) -> Vec<String> {
    match &strategy.model {
        ModelSpec::External { .. } => vec!["probability".to_owned()],
        ModelSpec::Hazard(spec) => {
            let own = spec.signals.iter().map(|one| one.slug.clone());
            let states = slugs::STATES.iter().map(|one| (*one).to_owned());
            own.chain(states).chain(spec.windows.iter().flat_map(summit_slugs)).collect()
        }
        ModelSpec::Constant { .. } | ModelSpec::Market => Vec::new(),
    }
}

/// Who attends a window is said by any word of its name.
fn summit_slugs(window: &CalendarWindow) -> Vec<String> {
    let words = window.name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| format!("{}@{}", slugs::SUMMIT, word.to_lowercase())).collect()
}

/// Where headlines are read for the countries of the enabled strategies; `None` if there are none.
///
/// # Errors
/// [`RunError`] if the lexicon or the second reader cannot be used.
pub fn reading_room(
    strategies: &[LoadedStrategy],
    lexicon: Option<&Path>,
    labeller: Option<LabellerSettings>,
) -> Result<Option<Arc<ReadingRoom>>, RunError> {
    let subjects = subjects(strategies);
    if subjects.is_empty() {
        return Ok(None);
    }
    let labeller = labeller.map(Labeller::new).transpose()?;
    let rules = Rules::new(extractor(lexicon)?).with_labeller(labeller);
    Ok(Some(Arc::new(ReadingRoom::new(Arc::new(rules), subjects))))
}

/// The countries of the enabled strategies, each with its events.
#[must_use]
pub fn subjects(strategies: &[LoadedStrategy]) -> Vec<Subject> {
    let mut events: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for strategy in strategies.iter().filter(|strategy| strategy.enabled) {
        let Some(country) = &strategy.country else { continue };
        let known = events.entry(country).or_default();
        if !known.contains(&strategy.strategy.event) {
            known.push(strategy.strategy.event.clone());
        }
    }
    let subject =
        |(country, events): (&str, Vec<String>)| Subject { country: country.to_owned(), events };
    events.into_iter().map(subject).collect()
}

/// Tells the loop that a source is alive, not too often. A full queue loses the message: the next look
/// brings another.
fn seen(inputs: mpsc::Sender<Input>) -> Seen {
    let last: Mutex<BTreeMap<String, Timestamp>> = Mutex::default();
    Arc::new(move |source, at| {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.get(source).is_some_and(|last| at - *last < SEEN_EVERY) {
            return;
        }
        let event = Event::SourceSeen(SourceSeen { at, source: source.to_owned() });
        if inputs.try_send(Input::Seen(event)).is_ok() {
            last.insert(source.to_owned(), at);
        }
    })
}

/// Passes signals on, each label of the desk weighed by the trust in its source; what others report is
/// weighed by the model.
async fn forward(
    mut signals: mpsc::Receiver<Signal>,
    inputs: mpsc::Sender<Input>,
    trust: BTreeMap<String, f64>,
) {
    while let Some(mut signal) = signals.recv().await {
        let desk = signal.class == SourceClass::Desk;
        if let Some(trust) = trust.get(&signal.source).filter(|_| desk) {
            for label in &mut signal.labels {
                label.strength *= trust;
            }
        }
        if inputs.send(Input::Signal(Box::new(signal))).await.is_err() {
            return;
        }
    }
}
