//! Closing what is held because a person asked: the request carried out, and what a start says of one that ended with
//! its process.

use serde_json::{Value, json};
use statecraft_domain::event::{FlattenRequested, Mode};
use statecraft_domain::{Event, Price, Quantity};

use super::core::Core;
use super::operate::STOPPED_SINCE;
use super::recovery::PAUSED;
use super::trading::Trading;
use crate::control::protocol::Reply;
use crate::journal::JournalClosed;
use crate::trading::gate::Bar;

/// A position that a flatten is about.
#[derive(Debug)]
struct Held {
    ticker: String,
    contracts: Quantity,
    /// Some strategy is bound to the market.
    has_strategy: bool,
    /// One of them is not stopped.
    has_closer: bool,
}

/// Those that are so, by ticker.
fn tickers(held: &[Held], is_so: impl Fn(&Held) -> bool) -> String {
    let found: Vec<&str> =
        held.iter().filter(|held| is_so(held)).map(|held| held.ticker.as_str()).collect();
    found.join(", ")
}

impl Trading {
    /// Carries out `flatten`. `stops`: how often everything had been stopped when it was asked.
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed.
    pub(super) fn flatten(
        &mut self,
        max_slippage: Price,
        market: Option<&str>,
        confirmed: bool,
        reason: &str,
        stops: u64,
    ) -> Result<Reply, JournalClosed> {
        let engine = self.core.engine();
        let id = match market {
            None => None,
            Some(ticker) => match self.market_called(ticker) {
                Some(id) => Some(id),
                None => return Ok(Reply::failed(format!("no market is called {ticker:?} here"))),
            },
        };
        let held: Vec<Held> = engine
            .markets()
            .iter()
            .filter(|market| market.settlement().is_none() && id.is_none_or(|id| id == market.id()))
            .map(|market| Held {
                ticker: market.listing().ticker.clone(),
                contracts: engine.position(market.id()).quantity,
                has_strategy: engine.is_bound(market.id()),
                has_closer: engine.closer(market.id()).is_some(),
            })
            .filter(|held| !held.contracts.is_zero())
            .collect();
        let orphans = tickers(&held, |held| !held.has_strategy);
        let stopped = tickers(&held, |held| held.has_strategy && !held.has_closer);
        let data = json!({
            "positions": held.iter().map(|held| json!({
                "ticker": held.ticker, "contracts": held.contracts.to_string(),
                "has_strategy": held.has_strategy,
            })).collect::<Vec<_>>(),
        });
        let none_closes = !held.is_empty() && held.iter().all(|held| !held.has_closer);
        if confirmed && !self.is_killed() && none_closes && !stopped.is_empty() {
            return Ok(Reply::refused(format!(
                "every strategy that may trade {stopped} is stopped: `resume NAME` one of them first (`status` \
                 names them), or close by hand at the venue and then `resume --accept-positions`; nothing was done"
            ))
            .with(data));
        }
        let list: Vec<String> =
            held.iter().map(|held| format!("{} of {}", held.contracts, held.ticker)).collect();
        let nothing = list.is_empty();
        let list = if nothing { "nothing is held".to_owned() } else { list.join(", ") };
        if !confirmed {
            return Ok(Reply::refused(format!(
                "flatten would close: {list}; with orders up to {max_slippage} worse than the best price. \
                 Say --yes to do it"
            ))
            .with(data));
        }
        if self.is_killed() {
            return Ok(Reply::refused(
                "killed: nothing leaves, not even orders that close; `resume --release-kill` first",
            )
            .with(data));
        }
        if let Some(told) = self.disk_is_full() {
            return Ok(Reply::refused(format!(
                "orders that close must be journaled too: {told}; make room first"
            ))
            .with(data));
        }
        if self.gate.stops() != stops {
            return Ok(Reply::refused(STOPPED_SINCE).with(data));
        }
        self.core.set_mode(Mode::ReduceOnly, &format!("{PAUSED}flatten: {reason}"))?;
        if self.core.engine().mode() != Mode::ReduceOnly {
            return Ok(Reply::refused(
                "halted, and no comparison of the account has agreed since. If what differs are positions that you \
                 traded at the venue, `resume --accept-positions` first",
            )
            .with(data));
        }
        let at = self.core.now();
        self.core.take(Event::FlattenRequested(FlattenRequested {
            at,
            max_slippage,
            market: id,
            reason: reason.to_owned(),
        }))?;
        self.core.flush()?;
        self.watch.forgive();
        self.gate.lift_since(Bar::Pause, stops);
        tracing::warn!(code = "flatten", reason, list, "closing positions");
        let doing = if nothing { list } else { format!("closing {list}") };
        let mut told = format!("{doing}; nothing new is opened until `resume`{}", self.but());
        if !orphans.is_empty() {
            told += &format!(
                "; no strategy may trade {orphans}: close by hand at the venue, and then `resume --accept-positions`"
            );
        }
        if !stopped.is_empty() {
            told += &format!("; every strategy of {stopped} is stopped: `resume NAME` one first");
        }
        Ok(Reply::done(told).with(data))
    }
}

/// A flatten that ended with its process is not begun again by itself, and not passed over in silence.
pub(super) fn tell_unclosed(core: &Core) {
    let unclosed = core.unclosed();
    if unclosed.is_empty() {
        return;
    }
    let held: Vec<String> =
        unclosed.iter().map(|left| format!("{} of {}", left.contracts, left.ticker)).collect();
    let mut again: Vec<&str> = unclosed.iter().map(|left| left.again.as_str()).collect();
    again.dedup();
    tracing::error!(
        code = "flatten_interrupted",
        held = held.join(", "),
        again = again.join("; "),
        "a flatten of an earlier run did not close these positions: nothing does until it is asked again"
    );
}

/// For `status`.
pub(super) fn unclosed_json(core: &Core) -> Value {
    let left = core.unclosed().into_iter().map(|left| {
        let contracts = left.contracts.to_string();
        json!({ "ticker": left.ticker, "contracts": contracts, "again": left.again })
    });
    left.collect()
}
