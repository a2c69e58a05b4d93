//! [`Settings`]: what the program as a whole is told, validated and in the program's own units.

use std::net::SocketAddr;
use std::path::PathBuf;

use statecraft_domain::fees::KalshiMember;
use statecraft_domain::signal::SourceClass;
use statecraft_domain::{Nanos, Quantity, Usd};
use statecraft_engine::config::{AccountLimits, Days, SourcePolicy, Supervision};

use crate::signals::labeller::LabellerSettings;

/// Everything of `config/statecraft.toml`, after defaults, environment and command line.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Simulated or real money.
    pub mode: TradingMode,
    /// Where the journal and its lock live.
    pub state_dir: PathBuf,
    /// With less room on the disk of the state directory the bot only reduces, bytes; 0: nobody looks.
    pub min_free_bytes: u64,
    /// What must have run on paper before it trades real money.
    pub paper: PaperSettings,
    /// Where strategy files are looked for (`*.toml`, in order of name).
    pub strategies_dir: PathBuf,
    /// A market's prediction is recorded at most this often, engine time.
    pub prediction_interval: Nanos,
    /// So many ends without a stop within ten minutes, and the next start waits for a person; 0: never.
    pub max_crashes: u32,
    /// The venue Kalshi.
    pub kalshi: KalshiSettings,
    /// The venue inside this process.
    pub embedded: EmbeddedSettings,
    /// Where signals come from.
    pub signals: Vec<SourceSettings>,
    /// A lexicon of the user's own, if any.
    pub lexicon: Option<PathBuf>,
    /// The second reader of headlines, if any.
    pub labeller: Option<LabellerSettings>,
    /// When a strategy's own record costs it the right to real money.
    pub skill: SkillSettings,
    /// Where signals are pushed to; `None`: nowhere.
    pub api: Option<ApiSettings>,
    /// Recording of market data.
    pub tape: TapeSettings,
    /// Limits of the whole account.
    pub limits: AccountLimits,
    /// What no limit exceeds.
    pub ceilings: Ceilings,
    /// When days begin, for the limits of losses.
    pub days: Days,
}

/// The least [`Settings::min_free_bytes`]: twice what the halt on a full disk keeps for itself.
pub const MIN_FREE_LEAST: u64 = 64 << 20;

/// The paper run that goes before real money (R28).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaperSettings {
    /// For how long each strategy's file must have run as it is; zero: no paper run is asked for.
    pub wanted: Nanos,
    /// The state directory of those runs.
    pub state_dir: Option<PathBuf>,
}

/// What no limit may exceed (section 9: hard ceilings).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ceilings {
    /// R6.
    pub max_order_contracts: Quantity,
    /// R7.
    pub max_order_cost: Usd,
    /// R14.
    pub max_position_contracts: Quantity,
    /// R14.
    pub max_position_cost: Usd,
    /// R15.
    pub max_group_cost: Usd,
}

/// Whose money is at stake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TradingMode {
    /// Nobody's: the embedded venue, a demo account, or a URL on loopback.
    Paper,
    /// Ours. Needs `endpoint = "prod"`, a key, and `--live` on the command line.
    Live,
}

impl TradingMode {
    /// The word used in files and in the journal.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Paper => "paper",
            Self::Live => "live",
        }
    }
}

/// How Kalshi is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KalshiSettings {
    /// Which of Kalshi's systems, or which simulation of it.
    pub endpoint: Endpoint,
    /// The id that belongs to the key (not a secret). `None` only with [`Endpoint::Embedded`], or for
    /// a paper run that has no account.
    pub key_id: Option<String>,
    /// The PEM file of the RSA key. Never the key itself.
    pub private_key: Option<PathBuf>,
    /// How the account's fees are rounded.
    pub member: KalshiMember,
    /// Contracts of resting orders that may match within 15 seconds before the venue ends them all.
    pub order_group_contracts: Quantity,
}

/// Which system plays the venue.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// A simulated venue that `run` starts inside its own process.
    Embedded,
    /// Kalshi's demo system.
    Demo,
    /// Kalshi itself.
    Prod,
    /// Anything that speaks Kalshi's protocol; paper only. `http://` is accepted on loopback only.
    Url(String),
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Embedded => "embedded",
            Self::Demo => "demo",
            Self::Prod => "prod",
            Self::Url(url) => url,
        })
    }
}

/// The venue inside this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbeddedSettings {
    /// The same seed gives the same story.
    pub seed: u64,
    /// Story seconds per second of wall time.
    pub speed: u32,
    /// Opening cash of the paper account.
    pub cash: Usd,
}

impl Settings {
    /// What the engine is told of the shell that watches over it. The shell adds what it alone knows:
    /// that it compares accounts, whether these limits are armed, since when strategies trade.
    #[must_use]
    pub fn supervision(&self) -> Supervision {
        Supervision { days: self.days.clone(), ..Supervision::default() }
    }

    /// How far the engine believes each source. The trust in the user's own desk is in the strength of
    /// its labels already.
    #[must_use]
    pub fn source_policies(&self) -> Vec<SourcePolicy> {
        self.signals
            .iter()
            .map(|source| SourcePolicy {
                name: source.name.clone(),
                trust: source.trust,
                max_influence: source.max_influence,
                requires_corroboration: source.requires_corroboration,
            })
            .collect()
    }
}

/// One source of signals.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceSettings {
    /// Unique; becomes [`statecraft_domain::Signal::source`].
    pub name: String,
    /// Where it comes from.
    pub origin: SourceOrigin,
    /// Share of its evidence that is believed, `0..=1`.
    pub trust: f64,
    /// Most that it moves a model's log-odds within 24 hours; infinite: no limit.
    pub max_influence: f64,
    /// It counts only once another publisher says the same.
    pub requires_corroboration: bool,
    /// How often it is looked at.
    pub poll: Nanos,
    /// How far its headlines are believed.
    pub class: SourceClass,
    /// Older signals are not used.
    pub max_age: Nanos,
    /// Nothing new for so long is told; the longest span there is: never.
    pub silent_after: Nanos,
    /// Most signals a minute; `u32::MAX` of a file that is not limited.
    pub per_minute: u32,
    /// Hosts besides its own that a redirect may lead to.
    pub hosts: Vec<String>,
    /// Hosts whose pages are the official record.
    pub official_hosts: Vec<String>,
    /// Hosts whose owner counts as the publisher of what links there.
    pub publisher_hosts: Vec<String>,
}

/// Where a source's signals are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceOrigin {
    /// A file that grows, one JSON object a line.
    File(PathBuf),
    /// A document fetched by GET, one JSON object a line.
    Url(String),
    /// A feed.
    Feed(String),
}

/// Signals pushed over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiSettings {
    /// Where it listens.
    pub listen: SocketAddr,
    /// On more than this machine.
    pub allow_remote: bool,
    /// File with the bearer token.
    pub token_file: PathBuf,
}

/// When a strategy is demoted to paper.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SkillSettings {
    /// Resolved facts that its record must have first.
    pub min_resolutions: u32,
    /// How sure it must be that it did worse than the market's prices.
    pub credible: f64,
}

/// Recording of market data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TapeSettings {
    /// Record what the engine sees?
    pub record: bool,
    /// Where recordings go.
    pub dir: PathBuf,
}
