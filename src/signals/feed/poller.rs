//! A feed that is asked again and again, politely.

use std::time::Duration;

use url::Url;

use super::{BadFeed, Contents};
use crate::signals::contained::contained;
use crate::signals::fetch::{self, Answer, FetchError, Validators};
use crate::signals::hosts::{Hosts, leave_alone, place};
use crate::signals::settings::SourceSettings;

/// Longest time between looks that a server may ask for by `Cache-Control: max-age`.
const MAX_AGE_MAX: Duration = Duration::from_secs(15 * 60);

/// Why a look at a feed brought nothing.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    /// Nothing was fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// What was fetched is no feed.
    #[error(transparent)]
    Feed(#[from] BadFeed),
}

/// What a look brought.
#[derive(Debug, Default)]
pub struct Look {
    /// The items, newest as the feed orders them; `None`: not modified.
    pub contents: Option<Contents>,
    /// The server wants no other look for so long.
    pub wait: Duration,
}

/// One feed and what is remembered of it between looks.
pub struct Poller {
    source: String,
    client: reqwest::Client,
    url: Url,
    /// Hosts that a redirect may lead to.
    allowed: Vec<String>,
    hosts: Option<Hosts>,
    validators: Validators,
}

impl Poller {
    /// A poller of one feed. `hosts` is shared by all sources.
    ///
    /// # Errors
    /// [`FetchError::Request`] if no client can be built.
    pub fn new(url: Url, settings: &SourceSettings, hosts: &Hosts) -> Result<Self, FetchError> {
        let own = url.host_str().map(str::to_owned);
        Ok(Self {
            source: settings.name.clone(),
            client: fetch::client(&url)?,
            allowed: settings.hosts.iter().cloned().chain(own).collect(),
            hosts: settings.polite.then(|| hosts.clone()),
            validators: Validators::default(),
            url,
        })
    }

    /// Asks once. A document that turns out to be no feed is asked for in full the next time.
    ///
    /// # Errors
    /// [`LookError`].
    pub async fn look(&mut self) -> Result<Look, LookError> {
        let answer = self.get().await?;
        let Answer { body, charset, validators, max_age } = match answer {
            None => return Ok(Look::default()),
            Some(answer) => answer,
        };
        // Parsing is bounded, but not short; and a parser's panic spoils its own document only.
        let parse = move || contained(|| super::read(&body, charset.as_deref()));
        let read = tokio::task::spawn_blocking(parse).await.ok().flatten();
        let failed = || Err(BadFeed::NoFeed("the parser failed".to_owned()));
        let contents = read.unwrap_or_else(failed);
        self.validators = if contents.is_ok() { validators } else { Validators::default() };
        Ok(Look { contents: Some(contents?), wait: max_age.min(MAX_AGE_MAX) })
    }

    /// The document if it is new, the redirects followed, each host in its turn.
    async fn get(&self) -> Result<Option<Answer>, FetchError> {
        let mut url = self.url.clone();
        for _ in 0..=fetch::REDIRECTS_MAX {
            let host = place(&url);
            if let Some(hosts) = &self.hosts {
                hosts.turn(&host, &self.source).await;
            }
            match fetch::get(&self.client, &url, &self.validators).await {
                Ok(fetch::Got::Answer(answer)) => return Ok(Some(answer)),
                Ok(fetch::Got::NotModified) => return Ok(None),
                Ok(fetch::Got::Redirect(location)) => {
                    url = fetch::redirected(&self.url, &url, &location, &self.allowed)?;
                }
                Err(error) => {
                    if let (Some(hosts), FetchError::Busy { status, retry_after }) =
                        (&self.hosts, &error)
                    {
                        leave_alone(hosts, &host, *status, *retry_after);
                    }
                    return Err(error);
                }
            }
        }
        Err(FetchError::TooManyRedirects)
    }
}
