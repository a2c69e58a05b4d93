//! How the venue is reached: the embedded one is started, any other is connected to.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use statecraft_domain::Timestamp;

use super::clock::{RunClock, wall_now};
use super::error::RunError;
use crate::config::{Endpoint, Settings, TradingMode};
use crate::simulator::{Simulator, SimulatorConfig};
use crate::venue::kalshi::rest::KalshiRest;
use crate::venue::kalshi::{Credentials, Endpoint as KalshiEndpoint, Signer};

/// Farther off than this, signatures and deadlines are not to be trusted (reliability.md 11.2).
const CLOCK_OFFSET_MAX: Duration = Duration::from_secs(2);

/// The venue, reachable, with its clock.
#[derive(Debug)]
pub struct Access {
    /// Where it is.
    pub endpoint: KalshiEndpoint,
    /// Signs requests.
    pub signer: Arc<Signer>,
    /// The REST client.
    pub rest: Arc<KalshiRest>,
    /// Engine time.
    pub clock: RunClock,
    /// The key's id: names the account.
    pub key_id: String,
    /// The venue, if it lives in this process.
    pub simulator: Option<Simulator>,
}

/// What a simulated venue says of its clock (`GET /story/clock`).
#[derive(Debug, Deserialize)]
struct StoryClock {
    wall_ns: i64,
    story_ns: i64,
    speed: f64,
}

impl Access {
    /// Starts or finds the venue, loads the key, and checks that the clocks agree.
    ///
    /// # Errors
    /// [`RunError`]; nothing is left running then.
    pub async fn open(settings: &Settings) -> Result<Self, RunError> {
        let (endpoint, credentials, simulator) = match &settings.kalshi.endpoint {
            Endpoint::Embedded => embedded(settings).await?,
            Endpoint::Demo => (KalshiEndpoint::demo()?, credentials(settings)?, None),
            Endpoint::Prod => (KalshiEndpoint::prod()?, credentials(settings)?, None),
            Endpoint::Url(url) => (KalshiEndpoint::parse(url)?, credentials(settings)?, None),
        };
        if settings.mode == TradingMode::Paper && endpoint.is_prod() {
            return Err(RunError::NotArmed(
                "endpoint \"prod\" takes real orders; a paper run needs \"embedded\", \"demo\" or a \
                 simulator's URL"
                    .to_owned(),
            ));
        }
        let key_id = credentials.key_id().to_owned();
        let signer = Arc::new(Signer::new(credentials).map_err(RunError::Signer)?);
        let rest = Arc::new(KalshiRest::new(&endpoint, Arc::clone(&signer)).map_err(venue("client"))?);
        let clock = story_clock(&endpoint).await.unwrap_or_else(RunClock::real);
        check_clock(&rest).await?;
        Ok(Self { endpoint, signer, rest, clock, key_id, simulator })
    }
}

/// Wraps a failure of the venue with what we were doing.
pub fn venue(what: &'static str) -> impl FnOnce(crate::venue::kalshi::rest::RestError) -> RunError {
    move |source| RunError::Venue { what, source }
}

async fn embedded(
    settings: &Settings,
) -> Result<(KalshiEndpoint, Credentials, Option<Simulator>), RunError> {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let config = SimulatorConfig::seeded(
        listen,
        settings.embedded.seed,
        settings.embedded.cash,
        settings.embedded.speed,
    );
    let simulator = Simulator::start(config).await?;
    let endpoint = KalshiEndpoint::parse(&format!("http://{}", simulator.addr()))?;
    let key = simulator.credentials();
    let credentials = Credentials::from_pem(&key.key_id, key.pem.as_bytes())?;
    Ok((endpoint, credentials, Some(simulator)))
}

fn credentials(settings: &Settings) -> Result<Credentials, RunError> {
    let key_id = settings.kalshi.key_id.as_deref().ok_or(RunError::NoKey("key_id"))?;
    let path = settings.kalshi.private_key.as_deref().ok_or(RunError::NoKey("private_key"))?;
    Ok(Credentials::load(key_id, path)?)
}

/// A simulated venue's compressed time; `None` for a venue that has no such thing.
async fn story_clock(endpoint: &KalshiEndpoint) -> Option<RunClock> {
    if !endpoint.is_loopback() {
        return None;
    }
    let mut url = endpoint.rest.clone();
    url.set_path("/story/clock");
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(2))
        .build()
        .ok()?;
    let clock: StoryClock = client.get(url).send().await.ok()?.json().await.ok()?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
    let speed = clock.speed.round().clamp(1.0, 1e9) as u32;
    Some(RunClock::compressed(
        Timestamp::from_nanos(clock.wall_ns),
        Timestamp::from_nanos(clock.story_ns),
        speed,
    ))
}

async fn check_clock(rest: &KalshiRest) -> Result<(), RunError> {
    let offset = rest.clock_offset().await.map_err(venue("cannot read the venue's clock"))?;
    let seconds = offset.secs_f64();
    if seconds.abs() > CLOCK_OFFSET_MAX.as_secs_f64() {
        return Err(RunError::ClockOff(seconds));
    }
    tracing::debug!(offset_secs = seconds, wall = wall_now().nanos(), "clocks agree");
    Ok(())
}
