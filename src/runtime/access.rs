//! How the venue is reached: the embedded one is started, any other is connected to.

use std::fs::{File, TryLockError};
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use statecraft_domain::{Nanos, Timestamp};

use super::clock::{RunClock, wall_now};
use super::error::RunError;
use crate::config::{EmbeddedSettings, Endpoint, Settings, TradingMode};
use crate::simulator::{KeyPairs, Simulator, SimulatorConfig, flow::World};
use crate::venue::kalshi::rest::{ClockOffset, KalshiRest, RestSettings};
use crate::venue::kalshi::{Credentials, Endpoint as KalshiEndpoint, Signer};

/// Farther off than this, signatures and deadlines are not to be trusted (reliability.md 11.2).
const CLOCK_OFFSET_MAX: Nanos = Nanos::from_secs(2);
/// It is looked at so often before it counts as off.
const CLOCK_LOOKS: u32 = 3;

/// The venue, reachable, with its clock.
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
    /// Keeps a second instance from the same account, wherever its state directory is.
    _key_lock: Option<File>,
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
        let _key_lock = lock_key(settings)?;
        let (endpoint, key_id, credentials, simulator) = match &settings.kalshi.endpoint {
            Endpoint::Embedded => embedded(settings).await?,
            Endpoint::Demo => reached(KalshiEndpoint::demo()?, settings)?,
            Endpoint::Prod => reached(KalshiEndpoint::prod()?, settings)?,
            Endpoint::Url(url) => reached(KalshiEndpoint::parse(url)?, settings)?,
        };
        if settings.mode == TradingMode::Paper && endpoint.is_prod() {
            return Err(RunError::NotArmed(
                "endpoint \"prod\" takes real orders; a paper run needs \"embedded\", \"demo\" or a \
                 simulator's URL"
                    .to_owned(),
            ));
        }
        let signer = Arc::new(Signer::new(credentials).map_err(RunError::Signer)?);
        let rest = Arc::new(client(&endpoint, &signer)?);
        let clock = story_clock(&endpoint).await.unwrap_or_else(RunClock::real);
        check_clock(&rest).await?;
        rest.read_limits().await.map_err(venue("cannot read the account's rate limits"))?;
        Ok(Self { endpoint, signer, rest, clock, key_id, simulator, _key_lock })
    }

    /// A second client of the same account, with connections and a budget of its own.
    ///
    /// # Errors
    /// [`RunError::Venue`] if it cannot be made.
    pub fn another_client(&self) -> Result<KalshiRest, RunError> {
        client(&self.endpoint, &self.signer)
    }

    /// A client of the account alone, for whoever needs nothing else (`kill --direct`). The embedded
    /// venue cannot be reached from outside its process.
    ///
    /// # Errors
    /// [`RunError`] if there is no key, or it cannot be used.
    pub fn direct(settings: &Settings) -> Result<(KalshiRest, bool), RunError> {
        let endpoint = match &settings.kalshi.endpoint {
            Endpoint::Embedded => return Err(RunError::NothingDirect),
            Endpoint::Demo => KalshiEndpoint::demo()?,
            Endpoint::Prod => KalshiEndpoint::prod()?,
            Endpoint::Url(url) => KalshiEndpoint::parse(url)?,
        };
        let (endpoint, _, credentials, _) = reached(endpoint, settings)?;
        let signer = Arc::new(Signer::new(credentials).map_err(RunError::Signer)?);
        let is_loopback = endpoint.is_loopback();
        Ok((client(&endpoint, &signer)?, is_loopback))
    }
}

fn client(endpoint: &KalshiEndpoint, signer: &Arc<Signer>) -> Result<KalshiRest, RunError> {
    let (signer, clock) = (Arc::clone(signer), Arc::new(wall_now));
    KalshiRest::new(endpoint.clone(), signer, clock, RestSettings::default())
        .map_err(venue("cannot make a client"))
}

/// Wraps a failure of the venue with what we were doing.
pub fn venue(what: &'static str) -> impl FnOnce(crate::venue::kalshi::rest::RestError) -> RunError {
    move |source| RunError::Venue { what, source: Box::new(source) }
}

/// Where the venue is, the key's id, the key, and the venue itself if it is ours.
type Reached = (KalshiEndpoint, String, Credentials, Option<Simulator>);

async fn embedded(settings: &Settings) -> Result<Reached, RunError> {
    let EmbeddedSettings { seed, speed, cash } = settings.embedded;
    let world = World::new(seed, cash);
    let mut config = SimulatorConfig::new(Box::new(world), KeyPairs::generate()?);
    config.speed = f64::from(speed);
    config.seed = seed;
    let simulator = Simulator::start(config).await?;
    let endpoint = KalshiEndpoint::parse(&format!("http://{}", simulator.addr()))?;
    let key = simulator.ed25519_credentials();
    let (key_id, pem) = (key.key_id.clone(), key.private_key_pem.clone());
    let credentials = Credentials::from_pem(&key_id, pem.as_bytes())?;
    Ok((endpoint, key_id, credentials, Some(simulator)))
}

fn reached(endpoint: KalshiEndpoint, settings: &Settings) -> Result<Reached, RunError> {
    let key_id = settings.kalshi.key_id.as_deref().ok_or(RunError::NoKey("key_id"))?;
    let path = settings.kalshi.private_key.as_deref().ok_or(RunError::NoKey("private_key"))?;
    Ok((endpoint, key_id.to_owned(), Credentials::load(key_id, path)?, None))
}

/// Locks the key's file, without writing to it, until the process ends, however it ends. A file system
/// that cannot lock is no reason not to trade, and a key that cannot be read is told of elsewhere.
fn lock_key(settings: &Settings) -> Result<Option<File>, RunError> {
    let path = match (&settings.kalshi.endpoint, &settings.kalshi.private_key) {
        (Endpoint::Embedded, _) | (_, None) => return Ok(None),
        (_, Some(path)) => path,
    };
    let Ok(file) = File::open(path) else { return Ok(None) };
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(RunError::KeyInUse(path.clone())),
        Ok(()) | Err(TryLockError::Error(_)) => Ok(Some(file)),
    }
}

/// A simulated venue's compressed time; `None` for a venue that has no such thing.
async fn story_clock(endpoint: &KalshiEndpoint) -> Option<RunClock> {
    if !endpoint.is_loopback() {
        return None;
    }
    let mut url = endpoint.rest.clone();
    url.set_path("/story/clock");
    let client =
        reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(2)).build().ok()?;
    let clock: StoryClock = client.get(url).send().await.ok()?.json().await.ok()?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
    let speed = clock.speed.round().clamp(1.0, 1e9) as u32;
    Some(RunClock::compressed(
        Timestamp::from_nanos(clock.wall_ns),
        Timestamp::from_nanos(clock.story_ns),
        speed,
    ))
}

/// How far the venue's clock is from ours: venue minus ours, wall time.
///
/// # Errors
/// [`RunError::ClockOff`] if that is too far, [`RunError::Venue`] if it cannot be asked.
pub(super) async fn check_clock(rest: &KalshiRest) -> Result<Nanos, RunError> {
    let mut sure: Option<ClockOffset> = None;
    for _ in 0..CLOCK_LOOKS {
        // The first answer waits for a connection, and says as little of the clock as that took.
        let seen = rest.measure_clock().await.map_err(venue("cannot read the venue's clock"))?;
        let best = *sure.insert(match sure {
            Some(before) if before.uncertainty <= seen.uncertainty => before,
            _ => seen,
        });
        if best.offset.get().abs() <= CLOCK_OFFSET_MAX.get() {
            tracing::debug!(
                offset_secs = best.offset.secs_f64(),
                wall = wall_now().nanos(),
                "clocks agree"
            );
            return Ok(best.offset);
        }
    }
    Err(RunError::ClockOff(sure.map_or(0.0, |seen| seen.offset.secs_f64())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Overrides, load_with};

    /// A venue whose clock is ours, and whose first answer takes its time.
    #[tokio::test]
    async fn f41_a_slow_first_answer_says_nothing_of_the_clock() {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            for answer in 0.. {
                let mut request = [0; 4_096];
                if socket.read(&mut request).await.unwrap() == 0 {
                    return;
                }
                if answer == 0 {
                    tokio::time::sleep(Duration::from_secs(6)).await;
                }
                let now = jiff::Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
                let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2";
                let said = format!("{head}\r\ndate: {now}\r\n\r\n{{}}");
                socket.write_all(said.as_bytes()).await.unwrap();
            }
        });
        let pem = include_bytes!("../simulator/demo_rsa_key_loopback_only.pem");
        let signer = Signer::new(Credentials::from_pem("key-id", pem).unwrap()).unwrap();
        let endpoint = KalshiEndpoint::parse(&format!("http://{address}")).unwrap();
        let settings = RestSettings::default();
        let rest =
            KalshiRest::new(endpoint, Arc::new(signer), Arc::new(wall_now), settings).unwrap();
        let offset = check_clock(&rest).await.unwrap();
        assert!(offset.get().abs() <= 1_000_000_000, "{offset:?}");
    }

    #[test]
    fn a_key_in_use_is_refused_until_its_user_ends() {
        let dir = tempfile::tempdir().unwrap();
        let (file, key) = (dir.path().join("s.toml"), dir.path().join("k.pem"));
        std::fs::write(&file, "[kalshi]\nendpoint = \"demo\"\n").unwrap();
        let set = vec![("kalshi.endpoint".to_owned(), "embedded".to_owned())];
        let mut settings = load_with(&file, &Overrides { set }, &[], Some(&[])).unwrap().settings;
        settings.kalshi.private_key = Some(key.clone());
        settings.kalshi.endpoint = Endpoint::Demo;
        assert!(lock_key(&settings).unwrap().is_none(), "told of where the key is loaded");
        std::fs::write(&key, "").unwrap();
        let first = lock_key(&settings).unwrap();
        assert!(first.is_some());
        let refused = lock_key(&settings).unwrap_err();
        assert!(refused.is_refusal() && refused.to_string().contains("k.pem"), "{refused}");
        drop(first);
        assert!(lock_key(&settings).is_ok());
    }
}
