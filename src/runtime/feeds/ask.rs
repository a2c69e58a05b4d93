//! What is asked of the venue about markets: their listings now and then, and how they ended.

use std::sync::Arc;
use std::time::Duration;

use statecraft_domain::event::MarketSettled;
use statecraft_domain::fees::KalshiMember;
use statecraft_domain::{Event, Settlement, Venue};

use super::{Feeds, Steer};
use crate::journal::JournalClosed;
use crate::runtime::core::Core;
use crate::runtime::input::Input;
use crate::trading::listings::Question;
use crate::venue::kalshi::map::{listing, settlement};
use crate::venue::kalshi::rest::{KalshiRest, Listed, RestError, Unlistable};
use crate::venue::kalshi::wire::Market;

/// Markets whose events and series are read without a pause.
const AT_ONCE: usize = 10;
/// The pause.
const BREATH: Duration = Duration::from_secs(1);

/// An answer about markets.
#[derive(Debug)]
pub enum Told {
    /// How a market that was paid out is listed.
    Result {
        /// Which.
        ticker: String,
        /// What the venue said.
        answer: Box<Result<Market, RestError>>,
    },
    /// Listings.
    Listings {
        /// What was asked.
        question: Question,
        /// What the venue said.
        answer: Result<Vec<Listed>, RestError>,
    },
}

impl Feeds {
    /// Starts the questions that are due, and lets go of markets that were paid out. The answers come back
    /// as [`Input::Told`].
    pub fn tick(&mut self, core: &Core) {
        self.follow();
        let now = self.clock.wall();
        for ticker in self.results.due(now) {
            let (rest, inputs) = (Arc::clone(&self.rest), self.inputs.clone());
            tokio::spawn(async move {
                let answer = Box::new(rest.market(&ticker).await);
                // The loop has ended: the next start reads the listings anew.
                let _ = inputs.send(Input::Told(Told::Result { ticker, answer })).await;
            });
        }
        if self.connected
            && let Some(question) = self.listings.due(core.engine(), &self.followed, now)
        {
            let (rest, inputs, member) = (Arc::clone(&self.rest), self.inputs.clone(), self.member);
            tokio::spawn(async move {
                let answer = read(&rest, &question, member).await;
                let _ = inputs.send(Input::Told(Told::Listings { question, answer })).await;
            });
        }
        self.let_go(core);
    }

    /// Takes in an answer.
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed.
    pub fn told(&mut self, core: &mut Core, told: Told) -> Result<(), JournalClosed> {
        let now = self.clock.wall();
        match told {
            Told::Result { ticker, answer } => {
                if let Err(error) = answer.as_ref() {
                    tracing::warn!(ticker, %error, "the result could not be read");
                }
                let said = answer.ok().as_ref().and_then(settlement);
                self.settle(core, &ticker, said)
            }
            Told::Listings { question, answer: Err(error) } => {
                tracing::warn!(%error, "the listings could not be read");
                self.listings.unread(now, &question);
                Ok(())
            }
            Told::Listings { question, answer: Ok(rows) } => {
                let found = self.listings.read(core, now, &question, &rows)?;
                self.shown_again(core, &question, &rows);
                for (market, listing) in found.relisted {
                    self.to_follow.push_back((market, Box::new(listing)));
                }
                for (ticker, settlement) in found.settled {
                    self.settle(core, &ticker, Some(settlement))?;
                }
                self.follow();
                self.write_rules(core)
            }
        }
    }

    fn settle(
        &mut self,
        core: &mut Core,
        ticker: &str,
        said: Option<Settlement>,
    ) -> Result<(), JournalClosed> {
        let Some(paid) = self.results.answered(self.clock.wall(), ticker, said) else {
            return Ok(());
        };
        let Some(market) = self.markets.get(Venue::Kalshi, ticker) else { return Ok(()) };
        let settlement = paid.settlement;
        if let Some(announced) = paid.announced_otherwise {
            tracing::error!(
                code = "result_amended",
                ticker,
                ?announced,
                paid = ?settlement,
                "a market was paid otherwise than its result was announced"
            );
        }
        let at = core.now();
        core.take(Event::MarketSettled(MarketSettled { at, market, settlement }))
    }

    /// A market that was paid out has no book to come: it is not subscribed again after every reconnect.
    fn let_go(&mut self, core: &Core) {
        let markets = core.engine().markets();
        let is_over = |market: &&statecraft_domain::MarketId| {
            markets.get(market.index()).is_some_and(|state| state.settlement().is_some())
        };
        let over: Vec<_> = self.followed.iter().filter(is_over).copied().collect();
        for market in over {
            if self.steer.try_send(Steer::Drop(market)).is_err() {
                // The queue is full: at the next tick.
                return;
            }
            self.followed.remove(&market);
            self.to_follow.retain(|(waiting, _)| *waiting != market);
        }
    }
}

/// Every event and series is a request of its own: at a pace that leaves the account its share of the
/// budget of reads, above all after a new connection.
async fn read_with_fees(
    rest: &KalshiRest,
    tickers: &[String],
    member: KalshiMember,
) -> Result<Vec<Listed>, RestError> {
    let mut listed = Vec::with_capacity(tickers.len());
    for (number, some) in tickers.chunks(AT_ONCE).enumerate() {
        if number > 0 {
            tokio::time::sleep(BREATH).await;
        }
        listed.extend(rest.listings(some, member).await?);
    }
    Ok(listed)
}

/// Reads listings. Without their fees it is one request for a hundred of them.
async fn read(
    rest: &KalshiRest,
    question: &Question,
    member: KalshiMember,
) -> Result<Vec<Listed>, RestError> {
    let tickers: Vec<String> = question.markets.keys().cloned().collect();
    if question.with_fees {
        return read_with_fees(rest, &tickers, member).await;
    }
    let list = |market: Market| {
        let listing = match question.markets.get(&market.ticker) {
            Some(known) => listing(&market, &known.series, known.fees.clone())
                .map_err(|error| Unlistable::Unusable(error.to_string())),
            None => Err(Unlistable::Unread("nobody asked for it".to_owned())),
        };
        Listed { market, listing }
    };
    Ok(rest.markets(&tickers).await?.into_iter().map(list).collect())
}
