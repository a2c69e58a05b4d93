//! [`Contest`]: positions that are not the venue's, report after report, until they agree again or a person takes the
//! venue's over (5.10, F64).

use std::cmp::Reverse;
use std::collections::BTreeMap;

use statecraft_domain::event::{AcceptedPosition, ForeignExecution};
use statecraft_domain::{MarketId, Quantity, Side, Venue};
use statecraft_engine::Engine;

use super::asked::Asked;
use super::markets::Markets;
use super::reconcile::{AccountState, VenueFill};
use super::reconciler::Wall;

/// So many reports must have shown the very difference that is taken over.
const REPORTS: u32 = 2;
/// So many executions of somebody else are kept, and may explain a position.
const FILLS_MAX: usize = 1_000;

/// A position that differs.
#[derive(Debug, Clone, Copy)]
struct Standing {
    ours: Quantity,
    theirs: Quantity,
    /// How many reports have said so, one after the other.
    reports: u32,
    /// One of them has proven it.
    proven: bool,
    /// An order of ours could trade there when the last was asked for.
    busy: bool,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Contest {
    /// By ticker, of the last report.
    standing: BTreeMap<String, Standing>,
    /// When that was asked for.
    asked: Option<Wall>,
    /// Every position in it.
    positions: Vec<(String, Quantity)>,
    /// None of them differed.
    agrees: bool,
    /// Executions of orders that are not ours since positions agreed last; the newest reports' first.
    fills: Vec<VenueFill>,
}

/// What a person may take over by the last report, and what not.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// Becomes the venue's, by ticker.
    pub accepted: Vec<(String, AcceptedPosition)>,
    /// Cannot be taken over (yet): which, and why.
    pub left: Vec<String>,
    /// A later report may prove more.
    pub waits: bool,
    /// Every position in the report.
    pub(super) positions: Vec<(String, Quantity)>,
}

impl Contest {
    /// A report has these executions of orders that are not ours.
    pub(super) fn saw(&mut self, foreign: &[VenueFill]) {
        let mut fills: Vec<VenueFill> = foreign.to_vec();
        let known = std::mem::take(&mut self.fills);
        let is_new = |old: &VenueFill| {
            foreign
                .iter()
                .all(|new| (&new.trade, &new.venue_order) != (&old.trade, &old.venue_order))
        };
        fills.extend(known.into_iter().filter(is_new));
        fills.truncate(FILLS_MAX);
        self.fills = fills;
    }

    /// The positions of that report are compared: ours less theirs, where they did not move meanwhile; and what of
    /// that it proves. `agrees`: nothing differs at all.
    pub(super) fn compared(
        &mut self,
        engine: &Engine,
        markets: &Markets,
        (asked, state): (&Asked, &AccountState),
        difference: &[(String, Quantity)],
        proven: &[String],
        agrees: bool,
    ) {
        let before = std::mem::take(&mut self.standing);
        self.asked = Some(asked.wall);
        self.positions.clone_from(&state.positions);
        self.agrees = agrees;
        if agrees {
            self.fills.clear();
            return;
        }
        for (ticker, difference) in difference {
            let held = state.positions.iter().filter(|(name, _)| name == ticker);
            let theirs: Quantity = held.map(|(_, quantity)| *quantity).sum();
            let ours = *difference + theirs;
            // We may go on trading beside it.
            let same = before.get(ticker).filter(|one| one.ours - one.theirs == *difference);
            let market = markets.get(Venue::Kalshi, ticker);
            let standing = Standing {
                ours,
                theirs,
                reports: same.map_or(1, |one| one.reports.saturating_add(1)),
                proven: same.is_some_and(|one| one.proven) || proven.contains(ticker),
                busy: market.is_some_and(|market| asked.is_busy(engine, market)),
            };
            self.standing.insert(ticker.clone(), standing);
        }
    }

    /// What may be taken over by the last report, if it was asked for at `since` or later.
    pub(super) fn offer(&self, engine: &Engine, markets: &Markets, since: Wall) -> Option<Offer> {
        self.asked.filter(|&asked| asked >= since)?;
        let mut offer = Offer {
            accepted: Vec::new(),
            left: Vec::new(),
            waits: false,
            positions: self.positions.clone(),
        };
        if self.standing.is_empty() && !self.agrees {
            offer.waits = true;
            offer.left.push("positions moved while they were compared".to_owned());
        }
        for (ticker, standing) in &self.standing {
            let Standing { ours, theirs, .. } = *standing;
            let differs = format!("{ticker}: the venue says {theirs} contracts, we have {ours}");
            let market = markets.get(Venue::Kalshi, ticker);
            let Some(market) = market.filter(|&market| engine.market(market).is_some()) else {
                offer.left.push(format!(
                    "{differs}; no market here is called so: close it at the venue, or name it in a strategy file"
                ));
                continue;
            };
            match hindrance(engine, market, standing) {
                None => {
                    let fills = self.leading(ticker, theirs - ours);
                    let position = AcceptedPosition { market, ours, theirs, fills };
                    offer.accepted.push((ticker.clone(), position));
                }
                Some(why) => {
                    offer.waits = true;
                    offer.left.push(format!("{differs}; {why}"));
                }
            }
        }
        Some(offer)
    }

    /// These positions are the venue's now.
    pub(super) fn taken(&mut self, offer: &Offer) {
        for (ticker, _) in &offer.accepted {
            self.standing.remove(ticker);
            self.fills.retain(|fill| fill.ticker != *ticker);
        }
    }

    /// Somebody else's newest executions on a market that add up to `change`, oldest first; nothing where none do.
    /// What came before them is accounted for otherwise: it was there when positions agreed.
    fn leading(&self, ticker: &str, change: Quantity) -> Vec<ForeignExecution> {
        let mut fills: Vec<&VenueFill> =
            self.fills.iter().filter(|fill| fill.ticker == ticker).collect();
        // Stable: the venue lists the newest first.
        fills.sort_by_key(|fill| Reverse(fill.venue_at));
        let mut sum = Quantity::ZERO;
        let last = fills.iter().position(|fill| {
            match fill.side {
                Side::Bid => sum += fill.quantity,
                Side::Ask => sum -= fill.quantity,
            }
            sum == change
        });
        let Some(last) = last else { return Vec::new() };
        let leading = fills.iter().take(last + 1).rev();
        leading
            .map(|fill| ForeignExecution {
                trade: fill.trade.clone(),
                side: fill.side,
                price: fill.price,
                quantity: fill.quantity,
                fee: fill.fee,
            })
            .collect()
    }
}

/// Why a difference cannot be taken over yet.
fn hindrance(engine: &Engine, market: MarketId, standing: &Standing) -> Option<&'static str> {
    let live = engine.orders().live().iter().any(|order| order.request.market == market);
    if live || standing.busy {
        return Some("what became of an order of ours there is not known yet");
    }
    let stands = standing.proven && standing.reports >= REPORTS;
    if !stands || engine.position(market).quantity != standing.ours {
        return Some("reports have not proven that yet");
    }
    None
}
