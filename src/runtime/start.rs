//! The comparison with the venue before anything is traded.

use std::time::Duration;

use super::access::{Access, venue};
use super::clock::RunClock;
use super::core::Core;
use super::error::RunError;
use crate::config::TradingMode;
use crate::trading::account;
use crate::trading::reconciler::{Reconciler, Start, StartError};

/// A start that waits says so as often.
const TELL_EVERY: Duration = Duration::from_secs(60);

impl From<StartError> for RunError {
    fn from(error: StartError) -> Self {
        match error {
            StartError::JournalClosed(closed) => closed.into(),
            StartError::Refused(what) => Self::Reconcile(what),
        }
    }
}

/// Asks the venue until the account is the journal's and nothing is unknown, or until it is proven that it is not: then
/// the engine is halted.
///
/// # Errors
/// [`RunError::Reconcile`] if the account cannot be the journal's; [`RunError::Venue`] if it cannot be
/// fetched.
pub async fn settle(
    reconciler: &mut Reconciler,
    access: &Access,
    core: &mut Core,
    mode: TradingMode,
) -> Result<(), RunError> {
    let clock: &RunClock = &access.clock;
    let mut told = clock.wall();
    loop {
        let question = reconciler.ask(core.engine(), clock.wall(), clock.ahead());
        let state = account::fetch(&*access.rest, &question)
            .await
            .map_err(venue("cannot read the account"))?;
        match reconciler.settle(core, &state, mode == TradingMode::Live)? {
            // Whoever halted it has told why, and somebody must be there to hear what a person decides.
            Start::Settled | Start::Halted => return Ok(()),
            Start::AskAgain => tokio::time::sleep(reconciler.start_pause()).await,
        }
        // It waits for as long as it takes: what is not known must not be traded on. But not in silence.
        if clock.wall().saturating_sub(told) >= TELL_EVERY {
            told = clock.wall();
            let unknown = core.engine().orders().unknown_count();
            tracing::error!(
                code = "start_waits",
                unknown,
                "the start waits: the venue has not proved yet what became of orders of an earlier run"
            );
        }
    }
}
