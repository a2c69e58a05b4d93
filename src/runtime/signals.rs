//! Signal sources of a run: those of the settings, and the embedded venue's story.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use statecraft_domain::Signal;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::access::Access;
use super::error::RunError;
use super::input::Input;
use crate::config::{Settings, SourceOrigin};
use crate::signals::settings::check_url;
use crate::signals::{BadSource, Handle, SourceKind, SourceSettings, spawn};
use url::Url;

/// Name of the embedded venue's own source.
const STORY: &str = "story";
/// The story is asked often: at full compression a day passes in less than a second.
const STORY_POLL: Duration = Duration::from_millis(250);
/// Signals that may wait for the loop.
const QUEUE: usize = 1_024;

/// The running sources.
#[derive(Debug)]
pub struct Sources {
    stop: CancellationToken,
    handle: Handle,
    forward: JoinHandle<()>,
}

impl Sources {
    /// Ends them.
    pub async fn stop(self) {
        self.stop.cancel();
        for source in self.handle.counters() {
            tracing::debug!(source = source.name, counters = ?source.counters, "signal source");
        }
        // Whatever a source was waiting for is not waited for any longer.
        let _ = tokio::time::timeout(Duration::from_secs(2), self.handle.stopped()).await;
        self.forward.abort();
    }
}

/// Starts every source.
///
/// # Errors
/// [`RunError::Source`] for a source that must not be used.
pub fn start(
    settings: &Settings,
    access: &Access,
    inputs: mpsc::Sender<Input>,
) -> Result<Sources, RunError> {
    let mut sources = Vec::new();
    let mut trust = BTreeMap::new();
    for source in &settings.signals {
        let kind = match &source.origin {
            SourceOrigin::File(path) => SourceKind::File(PathBuf::from(path)),
            SourceOrigin::Url(url) => http(url).map_err(|error| bad(&source.name, error))?,
        };
        let mut settings = SourceSettings::new(&source.name, kind);
        settings.poll = Duration::from_nanos(u64::try_from(source.poll.get()).unwrap_or(0));
        trust.insert(source.name.clone(), source.trust);
        sources.push(settings);
    }
    if access.simulator.is_some() {
        let mut url = access.endpoint.rest.clone();
        url.set_path("/story/signals");
        let kind = http(url.as_str()).map_err(|error| bad(STORY, error))?;
        let mut settings = SourceSettings::new(STORY, kind);
        settings.poll = STORY_POLL;
        sources.push(settings);
    }
    let (sender, signals) = mpsc::channel(QUEUE);
    let stop = CancellationToken::new();
    let clock = access.clock.clone();
    let handle =
        spawn(sources, Arc::new(move || clock.now()), access.clock.speed(), sender, stop.clone());
    Ok(Sources { stop, handle, forward: tokio::spawn(forward(signals, inputs, trust)) })
}

/// Passes signals on, each label weighed by the trust in its source.
async fn forward(
    mut signals: mpsc::Receiver<Signal>,
    inputs: mpsc::Sender<Input>,
    trust: BTreeMap<String, f64>,
) {
    while let Some(mut signal) = signals.recv().await {
        if let Some(trust) = trust.get(&signal.source) {
            for label in &mut signal.labels {
                label.strength *= trust;
            }
        }
        if inputs.send(Input::Signal(signal)).await.is_err() {
            return;
        }
    }
}

/// An address from the settings: naming it there is what allows its host.
fn http(url: &str) -> Result<SourceKind, BadSource> {
    let url = Url::parse(url).map_err(|_| BadSource::Scheme(url.to_owned()))?;
    let hosts: Vec<String> = url.host_str().map(str::to_owned).into_iter().collect();
    check_url(&url, &hosts)?;
    Ok(SourceKind::Http(url))
}

fn bad(name: &str, source: BadSource) -> RunError {
    RunError::Source { name: name.to_owned(), source }
}
