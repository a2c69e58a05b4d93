//! The verb `sim`.

use std::net::SocketAddr;
use std::path::PathBuf;

use statecraft_domain::Usd;

use super::{CliError, Common, Exit, Outcome, emit};
use crate::simulator::flow::World;
use crate::simulator::kalshi::{Tier, VenueOptions};
use crate::simulator::{
    Backend, FaultPlan, KeyPairs, ReplayBackend, SimError, Simulator, SimulatorConfig, replay,
};
use crate::tape::{PlaybackOptions, Settlements};

/// A venue that can be simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum SimVenue {
    /// Kalshi Trade API v2: REST and websocket.
    Kalshi,
}

/// An API usage tier whose rate limits apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum TierName {
    /// 10 creates a second.
    Basic,
    /// 30 creates a second.
    Advanced,
    /// 60 creates a second.
    Expert,
    /// 960 creates a second.
    Prestige,
    /// No limit.
    Unmetered,
}

/// Flags of `sim`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Which venue.
    pub venue: SimVenue,
    /// Loopback address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8765", value_name = "ADDR")]
    pub listen: SocketAddr,
    /// Directory that gets working credentials (kept if they are there already).
    #[arg(long, value_name = "DIR")]
    pub keys: PathBuf,
    /// Seed of the story that the venue lives through.
    #[arg(long, default_value_t = crate::simulator::story::SEED_YES)]
    pub seed: u64,
    /// Recordings to serve instead of a story: our tapes, foreign ones (format recognised), or
    /// directories of them.
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub tape: Vec<PathBuf>,
    /// How the recorded markets ended (`market_ticker,result`).
    #[arg(long, value_name = "CSV", requires = "tape")]
    pub settlements: Option<PathBuf>,
    /// File of faults to inject.
    #[arg(long, value_name = "FILE")]
    pub faults: Option<PathBuf>,
    /// Story seconds per wall second.
    #[arg(long, default_value_t = 1.0)]
    pub speed: f64,
    /// Opening cash of the account, dollars.
    #[arg(long, default_value = "10000", value_name = "USD")]
    pub cash: Usd,
    /// Rate limits.
    #[arg(long, value_enum, default_value_t = TierName::Unmetered)]
    pub tier: TierName,
    /// Pause trading every Thursday from 03:00 to 05:00 Eastern, as the venue does.
    #[arg(long)]
    pub weekly_maintenance: bool,
}

impl From<TierName> for Tier {
    fn from(name: TierName) -> Self {
        match name {
            TierName::Basic => Self::Basic,
            TierName::Advanced => Self::Advanced,
            TierName::Expert => Self::Expert,
            TierName::Prestige => Self::Prestige,
            TierName::Unmetered => Self::Unmetered,
        }
    }
}

/// Runs the verb.
///
/// # Errors
/// [`CliError`] with the exit code that the failure deserves.
pub fn run(args: Args, common: &Common) -> Outcome {
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|error| CliError::failed(format!("cannot start the runtime: {error}")))?;
    runtime.block_on(serve(&args, common))
}

async fn serve(args: &Args, common: &Common) -> Outcome {
    let keys = KeyPairs::in_dir(&args.keys).map_err(|error| CliError::usage(error.to_string()))?;
    let mut config = SimulatorConfig::new(backend(args)?, keys);
    config.listen = args.listen;
    config.speed = args.speed;
    config.seed = args.seed;
    config.tier = args.tier.into();
    config.options =
        VenueOptions { weekly_maintenance: args.weekly_maintenance, ..VenueOptions::default() };
    if let Some(path) = &args.faults {
        config.faults =
            FaultPlan::read(path).map_err(|error| CliError::usage(error.to_string()))?;
    }
    let simulator = Simulator::start(config).await.map_err(start_error)?;
    announce(args, common, &simulator)?;
    stop_signal().await?;
    tracing::info!(faults = ?simulator.faults_fired(), "stopping");
    simulator.shutdown().await;
    Ok(Exit::Ok)
}

/// A story, or the recordings that were named.
fn backend(args: &Args) -> Result<Box<dyn Backend>, CliError> {
    if args.tape.is_empty() {
        return Ok(Box::new(World::new(args.seed, args.cash)));
    }
    let usage = |error: crate::tape::TapeError| CliError::usage(error.to_string());
    let settlements = match &args.settlements {
        Some(path) => Settlements::read(path).map_err(usage)?,
        None => Settlements::default(),
    };
    let options = PlaybackOptions { settlements, public_only: true };
    let events = replay::play(args.tape.clone(), options).map_err(usage)?;
    Ok(Box::new(ReplayBackend::new(events, args.cash)))
}

fn start_error(error: SimError) -> CliError {
    let message = error.to_string();
    match error {
        SimError::NotLoopback(_) => CliError::refused(message),
        SimError::Speed(_) => CliError::usage(message),
        SimError::PortInUse(_) | SimError::Listen { .. } => CliError::usage(message),
    }
}

/// Says where the venue is and how to sign for it.
fn announce(args: &Args, common: &Common, simulator: &Simulator) -> Result<(), CliError> {
    let key_path = args.keys.join("private_key.pem");
    let key_id = &simulator.credentials().key_id;
    if !common.json {
        return emit(&format!(
            "kalshi {} key {key_id} in {} seed {}\n",
            simulator.rest_url(),
            key_path.display(),
            args.seed
        ));
    }
    let line = serde_json::json!({
        "venue": "kalshi",
        "base_url": simulator.rest_url(),
        "websocket_url": simulator.socket_url(),
        "key_id": key_id,
        "key_path": key_path,
        "ed25519_key_id": simulator.ed25519_credentials().key_id,
        "ed25519_key_path": args.keys.join("ed25519/private_key.pem"),
        "seed": args.seed,
        "speed": args.speed,
    });
    emit(&format!("{line}\n"))
}

/// Ctrl-C or SIGTERM.
async fn stop_signal() -> Result<(), CliError> {
    use tokio::signal::unix::{SignalKind, signal};
    let failed =
        |error: std::io::Error| CliError::failed(format!("cannot wait for signals: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted.map_err(failed),
        _ = terminate.recv() => Ok(()),
    }
}
