//! Markets that earlier runs knew and that cannot be listed at a start. One that is held or rests must be
//! managed as far as possible, and none keeps the others from being traded.

use statecraft_domain::event::MarketListed;
use statecraft_domain::{Event, Listing, MarketStatus, Venue};

use super::Feeds;
use crate::journal::JournalClosed;
use crate::runtime::core::Core;
use crate::runtime::discovery::Unlisted;
use crate::trading::listings::{Question, rules_hash, unusable};
use crate::venue::kalshi::map::status;
use crate::venue::kalshi::rest::Listed;

impl Feeds {
    /// Goes on with what earlier runs knew of these markets. They only close, their listing is asked for
    /// again and again, and as soon as it can be used they are as any other.
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed.
    pub fn start_without(
        &mut self,
        core: &mut Core,
        unlisted: Vec<Unlisted>,
    ) -> Result<(), JournalClosed> {
        unlisted.into_iter().try_for_each(|one| self.start_without_one(core, one))?;
        self.follow();
        self.write_rules(core)
    }

    fn start_without_one(
        &mut self,
        core: &mut Core,
        Unlisted { ticker, shown, why }: Unlisted,
    ) -> Result<(), JournalClosed> {
        let market = self.markets.get(Venue::Kalshi, &ticker);
        let state = market.and_then(|market| core.engine().markets().get(market.index()));
        let (Some(market), Some(state)) = (market, state) else {
            tracing::warn!(ticker, why, "market left out");
            return Ok(());
        };
        if state.settlement().is_some() {
            tracing::info!(ticker, why, "not listed: it was paid out");
            return Ok(());
        }
        tracing::error!(
            code = "started_without",
            ticker,
            why,
            "a market cannot be listed: it only closes until it can"
        );
        let before = state.listing().clone();
        let listing = match &shown {
            Some(row) => Listing {
                status: status(row.status),
                close: row.close_time.or(before.close),
                ..before
            },
            // Nobody can say that it may trade.
            None => Listing { status: MarketStatus::Paused, ..before },
        };
        self.note_listed(&ticker);
        self.followed.insert(market);
        if shown.is_some() {
            self.to_follow.push_back((market, Box::new(listing.clone())));
        } else {
            self.unshown.insert(market);
        }
        let at = core.now();
        core.take(Event::MarketListed(Box::new(MarketListed { at, market, listing })))?;
        if let Some(row) = shown {
            self.listings.look_at_rules(core, market, &ticker, rules_hash(&row))?;
        }
        unusable(core, market, why)
    }

    /// Follows the books of those that the venue shows again, and asks again for the others.
    pub(super) fn shown_again(&mut self, core: &Core, question: &Question, rows: &[Listed]) {
        for (ticker, known) in &question.markets {
            let market = known.market;
            let state = core.engine().markets().get(market.index());
            let Some(state) = state.filter(|_| self.unshown.contains(&market)) else { continue };
            if rows.iter().any(|row| row.market.ticker == *ticker) {
                self.unshown.remove(&market);
                self.to_follow.push_back((market, Box::new(state.listing().clone())));
            } else {
                self.listings.again(self.clock.wall(), ticker.clone());
            }
        }
    }
}
