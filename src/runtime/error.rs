//! Why a run did not start, or stopped.

use std::path::PathBuf;

use super::discovery::DiscoveryError;
use crate::journal::{JournalClosed, JournalError};
use crate::signals::BadSource;
use crate::signals::push::PushError;
use crate::simulator::{KeyError, SimError};
use crate::tape::TapeError;
use crate::venue::kalshi::EndpointError;
use crate::venue::kalshi::auth::{CredentialsError, SignError};
use crate::venue::kalshi::rest::RestError;

/// What went wrong; [`RunError::is_refusal`] and [`RunError::is_usage`] decide the exit code.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Real money without every part of the arming.
    #[error("live trading is not armed: {0}")]
    NotArmed(String),
    /// `kill --direct` where there is no venue outside the process of the bot.
    #[error(
        "the embedded venue lives inside `run`, and nothing of it rests elsewhere: use `kill` without --direct"
    )]
    NothingDirect,
    /// Another process runs in this state directory.
    #[error(
        "another statecraft already runs in {}; stop it first, or give this one a state directory of \
         its own",
        .0.display()
    )]
    SecondInstance(PathBuf),
    /// Another process trades with this key.
    #[error(
        "another statecraft already trades with the key {}; two on one account would break each \
         other's limits",
        .0.display()
    )]
    KeyInUse(PathBuf),
    /// The state directory cannot be used.
    #[error("cannot use the state directory {}: {source}", .path.display())]
    StateDir {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another process on this machine trades on this account.
    #[error(
        "process {holder} already trades on account {account} from this machine, with another state \
         directory; two on one account would break each other's limits"
    )]
    AccountInUse {
        /// Which account: venue and key id.
        account: String,
        /// The other process, if the system tells.
        holder: String,
    },
    /// Nobody could operate this run.
    #[error("cannot open the control socket in {}: {source}", .path.display())]
    Control {
        /// The state directory.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The journal cannot be opened.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The journal failed while trading.
    #[error(
        "the journal failed while trading ({0}); resting orders were cancelled, nothing else was sent"
    )]
    JournalFailed(#[from] JournalClosed),
    /// Nothing may rest at the venue without the run's order group.
    #[error(transparent)]
    OrderGroup(#[from] super::order_group::GroupError),
    /// The embedded venue did not start.
    #[error("the embedded venue did not start: {0}")]
    Simulator(#[from] SimError),
    /// The embedded venue has no keys.
    #[error("the embedded venue did not start: {0}")]
    SimulatorKeys(#[from] KeyError),
    /// The key signs nothing.
    #[error("the key cannot sign: {0}")]
    Signer(SignError),
    /// The recording cannot be started.
    #[error("cannot record: {0}")]
    Tape(TapeError),
    /// A signal source that must not be used.
    #[error("signal source {name:?}: {source}")]
    Source {
        /// Which.
        name: String,
        /// Why.
        source: BadSource,
    },
    /// Signals cannot be pushed.
    #[error(transparent)]
    Push(#[from] PushError),
    /// Headlines cannot be read.
    #[error("extraction.lexicon: {0}")]
    Extraction(#[from] crate::signals::lexicon::BadLexicon),
    /// The second reader of headlines cannot be used.
    #[error("extraction.labeller: {0}")]
    Labeller(#[from] crate::signals::labeller::LabelError),
    /// The endpoint makes no sense.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// The key cannot be used.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// No key where one is needed.
    #[error(
        "kalshi.{0} is not set; a venue other than the embedded one needs key_id and private_key"
    )]
    NoKey(&'static str),
    /// Asked to stop before the account was compared.
    #[error("stopped before trading began; the next start goes on where this one ended")]
    StoppedEarly,
    /// The venue did not answer as it should.
    #[error("{what}: {source}")]
    Venue {
        /// What we were doing.
        what: &'static str,
        /// What happened.
        source: Box<RestError>,
    },
    /// A strategy names what the venue does not have.
    #[error(transparent)]
    Discovery(#[from] DiscoveryError),
    /// The clocks disagree: signatures and deadlines would be wrong.
    #[error(
        "this machine's clock is {0:.1} s off the venue's; more than 2 s is not safe. Set the clock \
         (NTP) and start again"
    )]
    ClockOff(f64),
    /// The venue and the journal disagree about the account.
    #[error("the venue's account is not what the journal says: {0}")]
    Reconcile(String),
    /// Nothing shows that a new key is of the account of the journal.
    #[error(
        "the venue shows none of this journal's orders under the key {to:?} ({looked}): nothing proves that it is of \
         the same account as {from:?}, so the journal stays as it is. A key of another account needs another state \
         directory ([run] state_dir). If it is the same account: orders are shown for two weeks and fills for three \
         months, so what is older proves nothing; put the old key back while it lasts"
    )]
    UnprovenKey {
        /// The key's id of the journal.
        from: String,
        /// The key's id of the settings.
        to: String,
        /// What was asked for.
        looked: String,
    },
    /// No strategy to run.
    #[error("no strategy is enabled in {}", .0.display())]
    NoStrategy(PathBuf),
}

impl RunError {
    /// Refused by a safety rule (exit code 3).
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::NotArmed(_)
            | Self::NothingDirect
            | Self::SecondInstance(_)
            | Self::KeyInUse(_)
            | Self::AccountInUse { .. }
            | Self::Control { .. }
            | Self::StateDir { .. }
            | Self::Journal(_)
            | Self::UnprovenKey { .. }
            | Self::Reconcile(_) => true,
            Self::JournalFailed(_)
            | Self::OrderGroup(_)
            // Comes right by itself, after a boot say: whoever starts it tries again.
            | Self::ClockOff(_)
            | Self::StoppedEarly
            | Self::Simulator(_)
            | Self::SimulatorKeys(_)
            | Self::Signer(_)
            | Self::Tape(_)
            | Self::Source { .. }
            | Self::Push(_)
            | Self::Extraction(_)
            | Self::Labeller(_)
            | Self::Endpoint(_)
            | Self::Credentials(_)
            | Self::NoKey(_)
            | Self::Venue { .. }
            | Self::Discovery(_)
            | Self::NoStrategy(_) => false,
        }
    }

    /// Wrong configuration or usage (exit code 2).
    #[must_use]
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Endpoint(_) | Self::Credentials(_) | Self::NoKey(_) | Self::NoStrategy(_) => true,
            Self::Simulator(_) | Self::Source { .. } | Self::Push(_) | Self::Labeller(_) => true,
            Self::Discovery(error) => error.is_usage(),
            _ => false,
        }
    }
}
