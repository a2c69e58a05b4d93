//! Before trading: the account is compared until nothing is unknown, and the engine gets it, or it is said why not.

use statecraft_domain::action::{Alert, Severity};
use statecraft_domain::event::{Dispute, Mode, ModeChanged};
use statecraft_domain::{Event, Usd, Venue};
use statecraft_engine::Engine;

use super::{
    AccountState, Asked, Between, Cash, Differences, Reconciler, differing, is_settled,
    position_differences, reconciled,
};
use crate::journal::JournalClosed;
use crate::trading::desk::Takes;
use crate::trading::recovery;
use crate::trading::suspicion::Suspicions;

/// How far the comparison before trading has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// The engine has its account.
    Settled,
    /// It is proven that positions are not ours: the engine is halted, and a person decides.
    Halted,
    /// Ask again after half the grace.
    AskAgain,
}

/// Why a start cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The disk has failed.
    #[error(transparent)]
    JournalClosed(#[from] JournalClosed),
    /// The account cannot be the journal's: what differs.
    #[error("{0}")]
    Refused(String),
}

impl Reconciler {
    /// Before trading: compares until nothing is unknown, then gives the engine its account. With real
    /// money, resting orders of somebody else are a reason not to start.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn settle(
        &mut self,
        core: &mut impl Takes,
        state: &AccountState,
        real_money: bool,
    ) -> Result<Start, StartError> {
        let Some(asked) = self.asked.take() else { return Ok(Start::AskAgain) };
        let found = self.compare(core, state, &asked)?;
        self.contest.saw(&found.foreign_fills);
        refuse(&found, real_money).map_err(StartError::Refused)?;
        if !is_settled(core.engine()) {
            tracing::info!("waiting for orders whose fate is unknown, or for their fills");
            return Ok(Start::AskAgain);
        }
        let Some(proven) = self.certain(core.engine(), state, &asked) else {
            tracing::info!("positions differ; asking again");
            return Ok(Start::AskAgain);
        };
        // A journal that knows its account has somebody to decide between the two; what it has not heard of yet is no
        // account to trade on.
        if !proven.is_empty()
            && core.engine().mode() == Mode::Starting
            && core.engine().is_cash_stated(Venue::Kalshi)
        {
            self.begin(core.engine(), state, &found, &asked);
            return self.begin_halted(core, state, &proven, &asked);
        }
        let Some(disputes) = self.settle_cash(core.engine(), state, &asked) else {
            tracing::info!("cash differs; asking again");
            return Ok(Start::AskAgain);
        };
        self.begin(core.engine(), state, &found, &asked);
        // The engine tells of what this report shows.
        let told = !disputes.is_empty();
        core.take(self.report(core.now(), state, &proven, disputes))?;
        if core.engine().mode() != Mode::Starting {
            return Err(StartError::Refused(self.not_taken_over(core.engine(), state)));
        }
        halt_for_cash(core, told)?;
        self.agreed = Some(asked.wall);
        core.take(reconciled(core.now(), &asked))?;
        Ok(Start::Settled)
    }

    /// Why a new journal did not take over the account.
    fn not_taken_over(&self, engine: &Engine, state: &AccountState) -> String {
        let unnamed = state.positions.iter().filter(|(ticker, _)| {
            let market = self.markets.get(Venue::Kalshi, ticker);
            market.and_then(|market| engine.market(market)).is_none()
        });
        let unnamed: Vec<String> =
            unnamed.map(|(ticker, quantity)| format!("{quantity} contracts of {ticker}")).collect();
        if unnamed.is_empty() {
            return position_differences(engine, state, &self.markets);
        }
        format!(
            "the account holds {}, which no strategy file names: name its market in one, or close it at the venue, and start \
             again",
            unnamed.join(", ")
        )
    }

    /// Trading begins, or waits for a person, on an account like this.
    fn begin(&mut self, engine: &Engine, state: &AccountState, found: &Differences, asked: &Asked) {
        let begins = self.question(engine).since;
        self.strangers.begin(state, found, begins);
        // What is over here and rests there is seen again, and proven, by the reports to come.
        if found.ghosts.is_empty() {
            self.since = recovery::ask_from(engine, asked.at.max(self.since));
        } else {
            self.hurry(asked.wall);
        }
    }

    /// Positions that are proven not to be ours stop a start as they stop a run: halted until a person decides. But it
    /// starts, so that there is somebody to say so to.
    fn begin_halted(
        &mut self,
        core: &mut impl Takes,
        state: &AccountState,
        proven: &[String],
        asked: &Asked,
    ) -> Result<Start, StartError> {
        self.suspicions = Suspicions::default();
        let differences = position_differences(core.engine(), state, &self.markets);
        // The engine compares for itself, and tells.
        core.take(self.report(core.now(), state, proven, Vec::new()))?;
        let (at, code) = (core.now(), "position_mismatch");
        let halt = ModeChanged::by_engine(at, Mode::Halted, code, &differences);
        core.take(Event::ModeChanged(halt))?;
        self.hurry(asked.wall);
        Ok(Start::Halted)
    }

    /// Before trading: what is to be said of the cash, or `None`: nobody can say yet.
    fn settle_cash(
        &mut self,
        engine: &Engine,
        state: &AccountState,
        asked: &Asked,
    ) -> Option<Vec<Dispute>> {
        let calm = asked.is_calm(engine);
        let both = (engine.cash(Venue::Kalshi).unwrap_or_default(), state.cash);
        if !engine.is_cash_stated(Venue::Kalshi) {
            return self.cash.is_baseline(both, calm, asked.wall).then(Vec::new);
        }
        let between = asked.between.or(Between::of(engine, Some(state), &self.markets));
        match self.cash.seen(both, between, calm, asked.wall, self.grace) {
            Cash::Agrees => Some(Vec::new()),
            // More than nothing at all can explain but a payout: waited for, so that it is not counted twice.
            Cash::Explained if calm && state.cash > both.0 => None,
            // It was explained by orders that are over by now: the next report is of a calm account.
            Cash::Explained if !calm && engine.orders().live().is_empty() => None,
            Cash::Explained => Some(Vec::new()),
            Cash::Suspect => None,
            Cash::Proven => Some(vec![Dispute::Cash]),
        }
    }

    /// Positions agree, or these have differed in the same way for long enough; `None`: nobody can say yet. A
    /// venue's reads lag its writes, and a position that the last fills opened may have been paid out meanwhile.
    fn certain(
        &mut self,
        engine: &Engine,
        state: &AccountState,
        asked: &Asked,
    ) -> Option<Vec<String>> {
        let difference = differing(engine, state, &self.markets);
        let proven = if difference.is_empty() {
            Vec::new()
        } else {
            self.suspect(engine, state, asked, &difference)
        };
        self.note(engine, state, asked, &difference, &proven, difference.is_empty());
        // A new journal takes over what is there.
        let is_new = engine.orders().is_empty() && !engine.is_cash_stated(Venue::Kalshi);
        let settles = difference.is_empty() || is_new || !proven.is_empty();
        settles.then_some(proven)
    }
}

/// Cash that went stops a start, too, until a person accepts it, whether this start found it or a run that ended
/// before it could halt: but it starts, so that there is somebody to say so to. A cent is rounding.
fn halt_for_cash(core: &mut impl Takes, told: bool) -> Result<(), JournalClosed> {
    let lost = core.engine().unaccepted_cash();
    if lost <= Usd::CENT {
        return Ok(());
    }
    let message = format!("{lost} of the cash went, and nothing of ours explains it");
    let (at, severity, code) = (core.now(), Severity::Critical, "cash_mismatch".to_owned());
    core.take(Event::ModeChanged(ModeChanged::by_engine(at, Mode::Halted, &code, &message)))?;
    if !told {
        core.tell(Alert { at, severity, code, message });
    }
    Ok(())
}

/// What makes an account one that we must not trade.
fn refuse(found: &Differences, real_money: bool) -> Result<(), String> {
    if let Some(id) = found.usurped.first() {
        return Err(format!(
            "it has order {id}, which this journal never wrote; another copy of the journal is or was \
             in use"
        ));
    }
    let Some(first) = found.foreign.first() else { return Ok(()) };
    let message = format!(
        "{} resting order(s) of somebody else, the first {:?} ({}) on {}",
        found.foreign.len(),
        first.client_id,
        first.venue_order,
        first.ticker
    );
    if real_money {
        return Err(message);
    }
    tracing::warn!("{message}; left alone on paper");
    Ok(())
}
