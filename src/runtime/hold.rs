//! What the shell itself holds against a strategy: its file is gone, or the disk is nearly full. The engine keeps
//! one restriction of the shell a strategy; both causes are weighed here, so that the end of one does not lift
//! the other.

use statecraft_domain::control::{Origin, RestrictionChanged, Scope};
use statecraft_domain::event::Mode;
use statecraft_domain::{Event, StrategyId};

use super::trading::Trading;
use crate::journal::JournalClosed;

/// A restriction, or with [`Mode::Active`] the end of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hold {
    mode: Mode,
    code: &'static str,
    reason: String,
}

impl Hold {
    pub(super) const fn new(mode: Mode, code: &'static str, reason: String) -> Self {
        Self { mode, code, reason }
    }
}

impl Trading {
    /// Puts in force again what there is to be held against a strategy that a person has resumed: why, if so.
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed.
    pub(super) fn hold_again(&mut self, id: StrategyId) -> Result<Option<String>, JournalClosed> {
        let Some(hold) = self.file_hold(id).or_else(|| self.disk_hold()) else { return Ok(None) };
        let told = hold.reason.clone();
        self.hold_strategy(id, hold)?;
        self.core.flush()?;
        Ok(Some(told))
    }

    /// Holds against a strategy what there is to be held; `lifted` says why there is nothing.
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed.
    pub(super) fn hold_strategy(
        &mut self,
        id: StrategyId,
        lifted: Hold,
    ) -> Result<(), JournalClosed> {
        let Hold { mode, code, reason } =
            self.file_hold(id).or_else(|| self.disk_hold()).unwrap_or(lifted);
        let scope = Scope::Strategy(id);
        let controls = self.core.engine().controls();
        let now = controls
            .restrictions()
            .find(|one| one.scope == scope && one.origin == Origin::Shell)
            .map(|one| (one.mode, one.code.as_str()));
        if now.unwrap_or((Mode::Active, code)) == (mode, code) {
            return Ok(());
        }
        let (at, origin, code) = (self.core.now(), Origin::Shell, code.to_owned());
        let change = RestrictionChanged { at, scope, mode, origin, code, reason };
        self.core.take(Event::RestrictionChanged(Box::new(change)))
    }
}
