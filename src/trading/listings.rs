//! [`Listings`]: when the listings of followed markets are read again, and what a difference means.
//!
//! The stream tells of changes once. Whatever it could not tell (no connection, a gap, changes it never
//! announces: a market opens and closes silently) would stay unknown for the life of the process. So
//! everything is read anew after every new connection and every gap, and states, closes and rules every
//! few minutes besides.
//!
//! A rules text that changes means that the question may be another one than the strategy was written for:
//! that market only closes from then on, until a person says otherwise (F40).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sha2::{Digest, Sha256};
use statecraft_domain::control::{Origin, RestrictionChanged, Scope};
use statecraft_domain::event::{MarketListed, MarketStatusChanged, Mode};
use statecraft_domain::{Event, FeeSchedule, Listing, MarketId, Settlement};
use statecraft_engine::Engine;

use super::desk::Takes;
use super::reconciler::Wall;
use crate::journal::{JournalClosed, RulesRead};
use crate::venue::kalshi::map::{listing, settlement};
use crate::venue::kalshi::rest::{Listed, Unlistable};
use crate::venue::kalshi::wire::Market;

/// The stable reason of a market whose rules text changed.
pub const RULES_CHANGED: &str = "rules_changed";
/// The stable reason of a market whose listing this program cannot use any more.
pub const LISTING_UNUSABLE: &str = "listing_unusable";

/// States, closes and rules are read this often, one request for a hundred markets.
const LOOK: Duration = Duration::from_secs(180);
/// The account has the first word after a new connection.
const LATER: Duration = Duration::from_secs(2);
/// Everything, with fees, is read this often at most, and a read that failed is tried again after this.
const AGAIN: Duration = Duration::from_secs(30);
/// A question without an answer is given up.
const UNANSWERED: Duration = Duration::from_secs(600);
/// Reads lag the stream: what it said of a market so shortly before is the newer word.
const LAG: Duration = Duration::from_secs(10);

/// Which listings may have changed unheard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// Any.
    All,
    /// Fees of this event's markets.
    Event(String),
    /// This market's.
    Market(String),
}

/// What is known of a market that is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// Its number.
    pub market: MarketId,
    /// Its series.
    pub series: String,
    /// Its fees, where they are not asked for.
    pub fees: FeeSchedule,
}

/// What to ask for.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// When.
    pub asked: Wall,
    /// By ticker.
    pub markets: BTreeMap<String, Known>,
    /// Their events and series, too, which have the fees.
    pub with_fees: bool,
}

/// What an answer told besides the events it gave.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    /// Listings the stream must know.
    pub relisted: Vec<(MarketId, Listing)>,
    /// Markets that were paid out without a word of it having been heard.
    pub settled: Vec<(String, Settlement)>,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Listings {
    all: bool,
    /// A read with fees failed: states are looked at before it is tried again.
    plain_first: bool,
    events: BTreeSet<String>,
    markets: BTreeSet<String>,
    /// When the doubts are looked into.
    due: Option<Wall>,
    next_look: Wall,
    /// When everything was last asked for with its fees.
    last_full: Option<Wall>,
    /// A question is under way since then.
    under_way: Option<Wall>,
    /// SHA-256 of the rules text by ticker, hex, as last read, in this run or an earlier one.
    rules: BTreeMap<String, String>,
    /// Those of them that nobody has written down yet.
    unwritten: Vec<RulesRead>,
    /// When the stream last spoke of a market's state or listing.
    touched: BTreeMap<MarketId, Wall>,
}

impl Listings {
    /// Nothing is due before a while.
    #[must_use]
    pub fn new(now: Wall) -> Self {
        Self { next_look: now + LOOK, ..Self::default() }
    }

    /// Earlier runs read these rules: hashes by ticker.
    pub fn know_rules(&mut self, rules: BTreeMap<String, String>) {
        self.rules.extend(rules);
    }

    /// Rules that were read for the first time, or changed, since the last call: to be written down, or a restart
    /// would take what it finds then for what it was.
    pub fn unwritten(&mut self) -> Vec<RulesRead> {
        std::mem::take(&mut self.unwritten)
    }

    /// Something may have changed unheard.
    pub fn doubt(&mut self, now: Wall, doubt: Doubt) {
        match doubt {
            Doubt::All => self.all = true,
            Doubt::Event(event) => {
                self.events.insert(event);
            }
            Doubt::Market(ticker) => {
                self.markets.insert(ticker);
            }
        }
        self.look_at(now + LATER);
    }

    /// This market was not in an answer: it is asked for again in a while.
    pub fn again(&mut self, now: Wall, ticker: String) {
        self.markets.insert(ticker);
        self.look_at(now + AGAIN);
    }

    fn look_at(&mut self, at: Wall) {
        self.due = Some(self.due.map_or(at, |due| due.min(at)));
    }

    /// What the stream said of markets is noted: its word is newer than a read that was under way.
    pub fn heard(&mut self, now: Wall, event: &Event) {
        let market = match event {
            Event::MarketStatusChanged(changed) => changed.market,
            Event::MarketListed(listed) => listed.market,
            _ => return,
        };
        self.touched.insert(market, now);
    }

    /// The question that is due, about markets that are `followed` and not paid out.
    pub fn due(
        &mut self,
        engine: &Engine,
        followed: &BTreeSet<MarketId>,
        now: Wall,
    ) -> Option<Question> {
        if self.under_way.is_some_and(|since| now < since + UNANSWERED) {
            return None;
        }
        let doubts = self.due.is_some_and(|due| due <= now);
        if !doubts && now < self.next_look {
            return None;
        }
        let full = doubts && self.all;
        // A connection that comes and goes must not use up the budget of reads.
        if let (true, Some(last)) = (full, self.last_full)
            && now < last + AGAIN
        {
            self.due = Some(last + AGAIN);
            return None;
        }
        // One event that cannot be read must not keep states, closes and rules of all from being looked at.
        let plain = full && std::mem::take(&mut self.plain_first);
        if plain {
            self.due = Some(now + AGAIN);
        }
        let (full, doubts) = (full && !plain, doubts && !plain);
        let everything = full || !doubts;
        let with_fees = full || (doubts && !self.events.is_empty());
        let chosen = |listing: &Listing| {
            everything
                || self.events.contains(&listing.event)
                || self.markets.contains(&listing.ticker)
        };
        let open = engine.markets().iter().filter(|market| {
            market.settlement().is_none()
                && followed.contains(&market.id())
                && chosen(market.listing())
        });
        let markets: BTreeMap<String, Known> = open
            .map(|market| {
                let Listing { ticker, series, fees, .. } = market.listing().clone();
                (ticker, Known { market: market.id(), series, fees })
            })
            .collect();
        if doubts {
            (self.all, self.due) = (false, None);
            self.events.clear();
            self.markets.clear();
        }
        if everything {
            self.next_look = now + LOOK;
        }
        if full {
            self.last_full = Some(now);
        }
        if markets.is_empty() {
            return None;
        }
        self.under_way = Some(now);
        Some(Question { asked: now, markets, with_fees })
    }

    /// Nobody answered: the same is asked again later.
    pub fn unread(&mut self, now: Wall, question: &Question) {
        self.under_way = None;
        self.all |= question.with_fees;
        self.markets.extend(question.markets.keys().cloned());
        self.look_at(now + AGAIN);
        self.plain_first |= question.with_fees;
    }

    /// The venue lists these. Tells the engine what is different.
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed.
    pub fn read(
        &mut self,
        core: &mut impl Takes,
        now: Wall,
        question: &Question,
        rows: &[Listed],
    ) -> Result<Found, JournalClosed> {
        self.under_way = None;
        let mut found = Found::default();
        for row in rows {
            let Some(known) = question.markets.get(&row.market.ticker) else { continue };
            let market = known.market;
            let state = core.engine().markets().get(market.index());
            let Some(before) = state.filter(|state| state.settlement().is_none()) else { continue };
            let before = before.listing().clone();
            if let Some(settlement) = settlement(&row.market) {
                found.settled.push((row.market.ticker.clone(), settlement));
                continue;
            }
            self.look_at_rules(core, market, &row.market.ticker, rules_hash(&row.market))?;
            let (listing, with_fees) = match usable(row, known, question.with_fees) {
                Ok(usable) => usable,
                Err(detail) => {
                    unusable(core, market, detail)?;
                    continue;
                }
            };
            if question.with_fees && !with_fees {
                self.events.insert(before.event.clone());
                self.look_at(now + AGAIN);
            }
            // Its fees as they were kept here say nothing of those that cannot be read.
            let unusable = restriction(core.engine(), market) == Some(LISTING_UNUSABLE);
            if unusable && !with_fees {
                self.events.insert(before.event.clone());
                self.look_at(now + AGAIN);
            } else if unusable {
                let reason = "its listing can be used again".to_owned();
                restrict(core, market, Mode::Active, LISTING_UNUSABLE, reason)?;
            }
            let newer = self.touched.get(&market).is_some_and(|at| *at + LAG > question.asked);
            if listing != before && newer {
                if question.with_fees {
                    self.events.insert(before.event.clone());
                }
                self.markets.insert(row.market.ticker.clone());
                self.look_at(now + LAG);
                continue;
            }
            if tell(core, market, &before, &listing)? {
                found.relisted.push((market, listing));
            }
        }
        Ok(found)
    }

    /// The rules text of a market has this [`rules_hash`]. Another one than before restricts it.
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed.
    pub fn look_at_rules(
        &mut self,
        core: &mut impl Takes,
        market: MarketId,
        ticker: &str,
        hash: String,
    ) -> Result<(), JournalClosed> {
        let before = self.rules.insert(ticker.to_owned(), hash.clone());
        if before.as_ref() == Some(&hash) {
            return Ok(());
        }
        if let Some(before) = before {
            let reason = format!(
                "the rules text of {ticker} changed (from {} to {}): the question may be another one than the \
                 strategy was written for; it only closes until `resume {ticker}`",
                short(&before),
                short(&hash),
            );
            restrict(core, market, Mode::ReduceOnly, RULES_CHANGED, reason)?;
        }
        let (at, ticker) = (core.now(), ticker.to_owned());
        self.unwritten.push(RulesRead { at, ticker, hash });
        Ok(())
    }
}

/// SHA-256 of what decides how a market ends, hex.
#[must_use]
pub fn rules_hash(market: &Market) -> String {
    let text = [&market.rules_primary, "\0", &market.rules_secondary].concat();
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// The listing, and whether its fees were read with it: where they could not be this time, those that are
/// known stand, and the rest of the row is news all the same.
///
/// # Errors
/// Why it cannot be used.
fn usable(row: &Listed, known: &Known, with_fees: bool) -> Result<(Listing, bool), String> {
    match &row.listing {
        Ok(listing) => Ok((listing.clone(), with_fees)),
        Err(Unlistable::Unusable(detail)) => Err(detail.clone()),
        Err(Unlistable::Unread(detail)) => {
            tracing::warn!(ticker = row.market.ticker, detail, "fees could not be read");
            let listing = listing(&row.market, &known.series, known.fees.clone());
            listing.map(|listing| (listing, false)).map_err(|error| error.to_string())
        }
    }
}

/// This market only closes until its listing can be used again.
///
/// # Errors
/// [`JournalClosed`] once the disk has failed.
pub fn unusable(
    core: &mut impl Takes,
    market: MarketId,
    detail: String,
) -> Result<(), JournalClosed> {
    restrict(core, market, Mode::ReduceOnly, LISTING_UNUSABLE, detail)
}

/// Tells the engine of a listing that differs; `true` if one did.
fn tell(
    core: &mut impl Takes,
    market: MarketId,
    before: &Listing,
    listing: &Listing,
) -> Result<bool, JournalClosed> {
    if listing == before {
        return Ok(false);
    }
    let at = core.now();
    let moved = listing.close.is_some() && listing.close != before.close;
    if moved {
        let ticker = &listing.ticker;
        tracing::warn!(code = "close_moved", ticker, from = ?before.close, to = ?listing.close);
    }
    let as_before = Listing {
        status: before.status,
        close: if moved { before.close } else { listing.close },
        ..listing.clone()
    };
    if as_before != *before {
        tracing::warn!(code = "listing_changed", ticker = listing.ticker, "listed differently");
        let listing = listing.clone();
        core.take(Event::MarketListed(Box::new(MarketListed { at, market, listing })))?;
    }
    if moved || listing.status != before.status {
        let (status, close) = (listing.status, listing.close.filter(|_| moved));
        core.take(Event::MarketStatusChanged(MarketStatusChanged { at, market, status, close }))?;
    }
    Ok(true)
}

/// The reason for which this market is restricted by its listing, if it is.
fn restriction(engine: &Engine, market: MarketId) -> Option<&str> {
    let restrictions = engine.controls().restrictions();
    restrictions
        .filter(|one| one.scope == Scope::Market(market) && one.origin == Origin::Listing)
        .map(|one| one.code.as_str())
        .next()
}

/// Restricts, or lifts. Changed rules are not forgotten for a lesser reason, and nothing is said twice.
fn restrict(
    core: &mut impl Takes,
    market: MarketId,
    mode: Mode,
    code: &str,
    reason: String,
) -> Result<(), JournalClosed> {
    let present = restriction(core.engine(), market);
    if code == LISTING_UNUSABLE && mode != Mode::Active && present.is_some() {
        return Ok(());
    }
    tracing::error!(code, reason, "a market's listing");
    let (at, scope, origin) = (core.now(), Scope::Market(market), Origin::Listing);
    let code = code.to_owned();
    let change = RestrictionChanged { at, scope, mode, origin, code, reason };
    core.take(Event::RestrictionChanged(Box::new(change)))
}

fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}
