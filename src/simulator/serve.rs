//! [`Simulator`]: a venue being served.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::serve::ListenerExt as _;
use statecraft_domain::{Nanos, Timestamp};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::backend::Backend;
use super::clock::{ClockReading, VenueClock};
use super::faults::{FaultPlan, Faults};
use super::kalshi::{
    Buckets, Hub, Ids, KalshiVenue, Ledger, Shared, Tier, VenueOptions, Verifier, router,
};
use super::keys::{Credentials, KeyPairs};

/// How often the world is moved on when nobody asks.
const STEP: Duration = Duration::from_millis(50);

/// What to serve and how.
pub struct SimulatorConfig {
    /// Where; loopback only. Port 0 takes any free one.
    pub listen: SocketAddr,
    /// What happens in it.
    pub backend: Box<dyn Backend>,
    /// Story seconds per wall second.
    pub speed: f64,
    /// The account's keys.
    pub keys: KeyPairs,
    /// What goes wrong.
    pub faults: FaultPlan,
    /// Switches.
    pub options: VenueOptions,
    /// Rate limits.
    pub tier: Tier,
    /// Seed of the ids that the venue gives out.
    pub seed: u64,
    /// How old a signed timestamp may be.
    pub timestamp_oldest: Duration,
    /// How far ahead a signed timestamp may be.
    pub timestamp_newest: Duration,
    /// Time between websocket pings.
    pub heartbeat: Duration,
    /// Frames that may wait for one slow websocket client before it gets error 25.
    pub queue_limit: usize,
    /// Websocket connections at once.
    pub connection_limit: usize,
}

impl SimulatorConfig {
    /// Defaults: any free port, no faults, never rate limited, one story second per second.
    #[must_use]
    pub fn new(backend: Box<dyn Backend>, keys: KeyPairs) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            backend,
            speed: 1.0,
            keys,
            faults: FaultPlan::default(),
            options: VenueOptions::default(),
            tier: Tier::Unmetered,
            seed: 0,
            timestamp_oldest: Duration::from_secs(20),
            timestamp_newest: Duration::from_secs(60),
            heartbeat: Duration::from_secs(10),
            queue_limit: 4_096,
            connection_limit: 200,
        }
    }
}

/// Switches faults on and off in a venue that is being served, for rehearsals.
#[derive(Clone)]
pub struct FaultDesk(Arc<Shared>);

impl std::fmt::Debug for FaultDesk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FaultDesk")
    }
}

impl FaultDesk {
    /// From here on these faults, and no others; counting begins anew.
    pub fn set(&self, plan: FaultPlan) {
        self.0.venue().faults = Faults::new(plan);
    }

    /// How often each kind fired since.
    #[must_use]
    pub fn fired(&self) -> BTreeMap<&'static str, u64> {
        self.0.venue().faults.fired()
    }

    /// Contracts by ticker, as the venue counts them; what is flat is left out.
    #[must_use]
    pub fn positions(&self) -> BTreeMap<String, String> {
        let positions = self.ledger().positions.into_iter();
        positions
            .filter(|position| !position.quantity.is_zero())
            .map(|position| (position.ticker, position.quantity.to_string()))
            .collect()
    }

    /// Has the venue never taken two orders of one name?
    #[must_use]
    pub fn no_order_twice(&self) -> bool {
        let mut seen = std::collections::BTreeSet::new();
        self.ledger().orders.into_iter().all(|order| seen.insert(order.client_order_id))
    }

    fn ledger(&self) -> Ledger {
        let mut venue = self.0.venue();
        venue.catch_up();
        venue.ledger()
    }
}

/// Why a venue cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// A simulated venue holds no real money and must not look as if it did.
    #[error("a simulated venue listens on loopback only, not on {0}; use 127.0.0.1 or [::1]")]
    NotLoopback(SocketAddr),
    /// Somebody has the port.
    #[error("port {} is in use; choose another with --listen {}:PORT", .0.port(), .0.ip())]
    PortInUse(SocketAddr),
    /// The socket cannot be opened for another reason.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// A speed that is no speed.
    #[error("speed must be a number above zero, not {0}")]
    Speed(f64),
}

/// A venue being served until it is shut down or dropped.
pub struct Simulator {
    addr: SocketAddr,
    keys: KeyPairs,
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
}

impl Simulator {
    /// Starts serving; to be called within a tokio runtime.
    ///
    /// # Errors
    /// [`SimError`] for an address that is not loopback or not free, or a speed that is none.
    pub async fn start(config: SimulatorConfig) -> Result<Self, SimError> {
        if !config.listen.ip().is_loopback() {
            return Err(SimError::NotLoopback(config.listen));
        }
        if !(config.speed.is_finite() && config.speed > 0.0) {
            return Err(SimError::Speed(config.speed));
        }
        let listener = listen(config.listen).await?;
        let addr = listener
            .local_addr()
            .map_err(|source| SimError::Listen { address: config.listen, source })?;
        let keys = config.keys.clone();
        let shared = share(config);
        let tasks = vec![
            tokio::spawn(drive(Arc::clone(&shared))),
            tokio::spawn(accept(listener, Arc::clone(&shared))),
        ];
        Ok(Self { addr, keys, shared, tasks })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// `http://…/trade-api/v2`, as clients want it.
    #[must_use]
    pub fn rest_url(&self) -> String {
        format!("http://{}/trade-api/v2", self.addr)
    }

    /// `ws://…/trade-api/ws/v2`.
    #[must_use]
    pub fn socket_url(&self) -> String {
        format!("ws://{}/trade-api/ws/v2", self.addr)
    }

    /// The account's RSA key.
    #[must_use]
    pub fn credentials(&self) -> &Credentials {
        self.keys.rsa()
    }

    /// The account's Ed25519 key.
    #[must_use]
    pub fn ed25519_credentials(&self) -> &Credentials {
        self.keys.ed25519()
    }

    /// The user's account as the venue keeps it, at this moment of the story.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        let mut venue = self.shared.venue();
        venue.catch_up();
        venue.ledger()
    }

    /// Wall and story time.
    #[must_use]
    pub fn clock(&self) -> ClockReading {
        self.shared.venue().clock.reading()
    }

    /// When the story has nothing more to tell, if it ends.
    #[must_use]
    pub fn story_end(&self) -> Option<Timestamp> {
        self.shared.venue().backend.end()
    }

    /// How often each kind of fault fired.
    #[must_use]
    pub fn faults_fired(&self) -> BTreeMap<&'static str, u64> {
        self.shared.venue().faults.fired()
    }

    /// Where faults are switched on and off while it is being served.
    #[must_use]
    pub fn fault_desk(&self) -> FaultDesk {
        FaultDesk(Arc::clone(&self.shared))
    }

    /// Stops serving and waits for the open connections to end, a second at most.
    pub async fn shutdown(mut self) {
        self.shared.stop.cancel();
        self.shared.tasks.close();
        let tasks = std::mem::take(&mut self.tasks);
        let finished = async {
            self.shared.tasks.wait().await;
            for task in tasks {
                // A task that panicked has ended too.
                let _ = task.await;
            }
        };
        // What is still open then is cut when the value is dropped.
        let _ = tokio::time::timeout(Duration::from_secs(1), finished).await;
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.shared.stop.cancel();
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, SimError> {
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        std::io::ErrorKind::AddrInUse => SimError::PortInUse(address),
        _ => SimError::Listen { address, source },
    })
}

fn share(config: SimulatorConfig) -> Arc<Shared> {
    let span =
        |duration: Duration| Nanos::new(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX));
    let verifier = Verifier::new(
        config.keys.registered(),
        span(config.timestamp_oldest),
        span(config.timestamp_newest),
    );
    let clock = VenueClock::starting_at(config.backend.now(), config.speed);
    let venue = KalshiVenue::new(
        config.backend,
        clock,
        config.options,
        Ids::new(config.seed),
        Hub::new(config.queue_limit),
        Faults::new(config.faults),
        config.tier,
    );
    Arc::new(Shared {
        venue: Mutex::new(venue),
        buckets: Mutex::new(Buckets::full(config.tier, Instant::now())),
        verifier,
        heartbeat: config.heartbeat,
        connection_limit: config.connection_limit,
        stop: CancellationToken::new(),
        tasks: TaskTracker::new(),
    })
}

/// Moves the world on.
async fn drive(shared: Arc<Shared>) {
    let mut ticks = tokio::time::interval(STEP);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            () = shared.stop.cancelled() => return,
            _ = ticks.tick() => {
                shared.venue().catch_up();
            }
        }
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let listener = listener.tap_io(|stream| {
        // Answers are small and awaited: without this each could wait for the peer's delayed ack.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY");
        }
    });
    let stop = shared.stop.clone();
    let served = axum::serve(listener, router(shared)).with_graceful_shutdown(async move {
        stop.cancelled().await;
    });
    if let Err(error) = served.await {
        tracing::error!(%error, "the simulated venue stopped serving");
    }
}
