//! Two-price Kelly with an existing position, executable prices and a no-trade band
//! (model.md 5.2 to 5.8).
//!
//! Everything is computed for one *outcome*, YES or NO, as if it were the only one: its probability,
//! its price levels, the wealth if it loses and if it wins. The two are mirror images, so a mistake in
//! one is a mistake in both and the symmetry test finds it.

use statecraft_domain::event::Level;
use statecraft_domain::{Denial, Outcome, Price, Quantity, Side};

use super::hysteresis::{growth_curvature, half_width};
use super::{Proposal, Reach, Style, Verdict, contracts_toward_position};
use crate::config::Kelly;

/// Levels this far from the best one still count as displayed depth, in 1/10,000 dollar.
const DEPTH_NEAR_E4: u16 = 300;
/// Selling is worth it if it brings at most this much less than holding (model.md 5.2).
pub(crate) const EXIT_MARGIN: f64 = 0.005;
/// Settlement of NO comes this many days after the deadline (model.md 5.2).
const SETTLEMENT_DAYS: f64 = 3.0;
/// Days of a year in the discount.
const YEAR_DAYS: f64 = 365.0;

/// The log-optimal *change* of contracts of an outcome with probability `p` at all-in price `x`, given
/// wealth if it loses and if it wins (model.md 5.3): `p W_lose / x - (1 - p) W_win / (1 - x)`.
#[must_use]
pub fn optimal_change(p: f64, wealth_lose: f64, wealth_win: f64, price: f64) -> f64 {
    p * wealth_lose / price - (1.0 - p) * wealth_win / (1.0 - price)
}

/// Fraction `f` of Kelly is full Kelly at `f p + (1 - f) x` (model.md 5.4).
#[must_use]
pub fn shrunk(fraction: f64, p: f64, price: f64) -> f64 {
    fraction * p + (1.0 - fraction) * price
}

/// What a Kelly decision looks at.
pub struct Situation<'a, F> {
    /// Parameters.
    pub rules: &'a Kelly,
    /// Blended probability of YES.
    pub probability: f64,
    /// Its standard deviation.
    pub sd: f64,
    /// YES bids, best first.
    pub bids: &'a [Level],
    /// YES asks, best first.
    pub asks: &'a [Level],
    /// Position: YES positive, NO negative.
    pub position: Quantity,
    /// Position in other markets that ask the same question.
    pub elsewhere: Quantity,
    /// What the open position cost, there too, in dollars.
    pub position_cost: f64,
    /// Equity with this position at what it would bring now, in dollars.
    pub equity: f64,
    /// What this position would bring now, there too, in dollars.
    pub position_value: f64,
    /// Days to the deadline or close.
    pub days: f64,
    /// Size step.
    pub lot: Quantity,
    /// Time since the last entry is shorter than the cooldown.
    pub cooling: bool,
    /// How far an order that closes may go.
    pub reach: Reach,
    /// Planned taker fee in dollars for one contract at a YES price.
    pub fee: F,
}

/// The numbers behind a verdict, for `explain`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Reckoning {
    /// Edge of buying YES at the best ask, after costs; not a number without an ask.
    pub edge_yes: f64,
    /// Edge of buying NO at the best bid.
    pub edge_no: f64,
    /// What the edge had to reach.
    pub edge_needed: f64,
    /// Discounted value of YES, and of NO, held to settlement.
    pub value_yes: f64,
    /// See [`Self::value_yes`].
    pub value_no: f64,
    /// Contracts wanted before rounding and caps.
    pub wanted: f64,
}

/// One outcome's view of the situation.
struct View {
    outcome: Outcome,
    /// `(1 - e) p + e x_disputed`.
    probability: f64,
    /// `e^(r tau / 365)`.
    growth: f64,
    wealth_lose: f64,
    wealth_win: f64,
}

impl View {
    fn value(&self) -> f64 {
        self.probability / self.growth
    }

    /// A YES price as this outcome's price.
    fn price(&self, level: &Level) -> f64 {
        match self.outcome {
            Outcome::Yes => level.price.as_f64(),
            Outcome::No => level.price.complement().as_f64(),
        }
    }
}

/// What came of walking a ladder of levels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Walked {
    /// Contracts taken.
    pub contracts: Quantity,
    /// Contracts wanted at the level where the walk ended, and all taken before.
    pub wanted: f64,
    /// Worst YES price taken.
    pub worst: Option<Price>,
    /// Wealth afterwards if the outcome loses, and if it wins.
    pub wealth: (f64, f64),
}

impl<F: Fn(f64) -> f64> Situation<'_, F> {
    /// Decides, and shows its numbers.
    #[must_use]
    pub fn decide(&self) -> (Verdict, Reckoning) {
        let (yes, no) = (self.view(Outcome::Yes), self.view(Outcome::No));
        let needed = self.rules.edge_min.max(self.rules.edge_sds * self.sd);
        let mut reckoning = Reckoning {
            edge_yes: self.edge(&yes),
            edge_no: self.edge(&no),
            edge_needed: needed,
            value_yes: yes.value(),
            value_no: no.value(),
            wanted: 0.0,
        };
        let (held, against) =
            if self.position > Quantity::ZERO { (&yes, &no) } else { (&no, &yes) };
        if !self.position.is_zero() {
            let exit = self.reduce(held, self.edge(against));
            if let Some((verdict, wanted)) = exit {
                reckoning.wanted = wanted;
                return (verdict, reckoning);
            }
        }
        let entry = match (reckoning.edge_yes >= needed, reckoning.edge_no >= needed) {
            (true, _) => &yes,
            (false, true) => &no,
            (false, false) => {
                let priced = !self.bids.is_empty() || !self.asks.is_empty();
                let why = if priced { Denial::NoEdge } else { Denial::NoPrice };
                return (Verdict::Nothing(why), reckoning);
            }
        };
        let (verdict, wanted) = self.enter(entry, needed);
        reckoning.wanted = wanted;
        (verdict, reckoning)
    }

    fn view(&self, outcome: Outcome) -> View {
        let risk = self.rules.resolution_risk;
        let (p, disputed, days) = match outcome {
            Outcome::Yes => (self.probability, self.rules.disputed_value, self.days),
            Outcome::No => (
                1.0 - self.probability,
                1.0 - self.rules.disputed_value,
                self.days + SETTLEMENT_DAYS,
            ),
        };
        let others = self.equity - self.position_value;
        let total = self.position + self.elsewhere;
        let held = total.abs().as_f64();
        let wins = (total > Quantity::ZERO) == (outcome == Outcome::Yes);
        View {
            outcome,
            probability: (1.0 - risk) * p + risk * disputed,
            growth: (self.rules.opportunity_rate * days.max(0.0) / YEAR_DAYS).exp(),
            wealth_lose: if wins { others } else { others + held },
            wealth_win: if wins { others + held } else { others },
        }
    }

    /// Levels at which this outcome can be bought, and sold.
    fn ladders(&self, view: &View) -> (&[Level], &[Level]) {
        match view.outcome {
            Outcome::Yes => (self.asks, self.bids),
            Outcome::No => (self.bids, self.asks),
        }
    }

    fn cost(&self, view: &View, level: &Level) -> f64 {
        view.price(level) + (self.fee)(level.price.as_f64())
    }

    fn proceeds(&self, view: &View, level: &Level) -> f64 {
        view.price(level) - (self.fee)(level.price.as_f64())
    }

    /// `V - c` at the best level; not a number without one.
    fn edge(&self, view: &View) -> f64 {
        let (buyable, _) = self.ladders(view);
        buyable.first().map_or(f64::NAN, |best| view.value() - self.cost(view, best))
    }

    fn enter(&self, view: &View, needed: f64) -> (Verdict, f64) {
        if self.cooling {
            return (Verdict::Nothing(Denial::Cooldown), 0.0);
        }
        let (levels, _) = self.ladders(view);
        let mut walked = self.walk_buying(view, levels, needed);
        self.stop_at_the_band(view, levels, &mut walked);
        let edge = self.edge(view);
        match walked.worst {
            Some(price) if walked.contracts >= self.rules.min_contracts => {
                let side = match view.outcome {
                    Outcome::Yes => Side::Bid,
                    Outcome::No => Side::Ask,
                };
                let quantity = walked.contracts;
                let style = Style::Take;
                let proposal = Proposal { side, price, quantity, reduces: false, edge, style };
                (Verdict::Propose(proposal), walked.wanted)
            }
            _ => (Verdict::Nothing(Denial::TooSmall), walked.wanted),
        }
    }

    /// Walks the levels from the best (5.8): at each, the optimal change at *its* price given what was
    /// taken before, while the level's own edge suffices; bounded by displayed depth and by the loss
    /// at the worst outcome (5.7).
    fn walk_buying(&self, view: &View, levels: &[Level], needed: f64) -> Walked {
        let slice = self.rules.slicing.contracts.unwrap_or(Quantity::MAX);
        let mut depth_left = self.depth_cap(levels).min(slice.floor_to(self.lot));
        let same_side = view.wealth_win > view.wealth_lose;
        let lost_already = if same_side { self.position_cost } else { 0.0 };
        let mut loss_left = self.rules.max_loss_share * self.equity - lost_already;
        let mut walked = Walked {
            contracts: Quantity::ZERO,
            wanted: 0.0,
            worst: None,
            wealth: (view.wealth_lose, view.wealth_win),
        };
        for level in levels {
            let cost = self.cost(view, level);
            let grossed = cost * view.growth;
            if view.value() - cost < needed || grossed >= 1.0 || cost <= 0.0 {
                break;
            }
            let p = shrunk(self.rules.fraction, view.probability, grossed);
            let change = optimal_change(p, walked.wealth.0, walked.wealth.1, grossed);
            walked.wanted = walked.contracts.as_f64() + change.max(0.0);
            let bounded = change.min(loss_left / cost);
            let taken = contracts_toward_position(bounded, self.lot)
                .min(level.quantity.floor_to(self.lot))
                .min(depth_left);
            if taken.is_zero() {
                break;
            }
            let contracts = taken.as_f64();
            walked.contracts += taken;
            walked.worst = Some(level.price);
            walked.wealth.0 -= contracts * grossed;
            walked.wealth.1 += contracts * (1.0 - grossed);
            loss_left -= contracts * cost;
            depth_left -= taken;
            if taken < level.quantity {
                break;
            }
        }
        walked
    }

    /// What is held already is added to only up to the edge of the band around its target (5.6).
    fn stop_at_the_band(&self, view: &View, levels: &[Level], walked: &mut Walked) {
        let held = self.held(view);
        let Some(best) = levels.first().filter(|_| held > 0.0) else { return };
        let half = self.half_band(view, best, held + walked.wanted);
        let most = contracts_toward_position(walked.wanted - half, self.lot);
        walked.contracts = walked.contracts.min(most);
    }

    /// Contracts of this outcome that are held, on all markets that ask the same question.
    fn held(&self, view: &View) -> f64 {
        let total = (self.position + self.elsewhere).as_f64();
        match view.outcome {
            Outcome::Yes => total.max(0.0),
            Outcome::No => (-total).max(0.0),
        }
    }

    /// Half-width of the band around a target, in contracts (5.6).
    fn half_band(&self, view: &View, level: &Level, target: f64) -> f64 {
        let share = self.rules.band.share * target.abs();
        let (p, price) = (view.probability, view.price(level));
        let daily = self.rules.band.variance_per_day * (p * (1.0 - p)).powi(2);
        if daily <= 0.0 {
            return share;
        }
        // How far the target goes with the probability (5.3).
        let slope = view.wealth_lose / price + view.wealth_win / (1.0 - price);
        let variance = daily * (self.rules.fraction * slope).powi(2);
        let spread = match (self.bids.first(), self.asks.first()) {
            (Some(bid), Some(ask)) => ask.price.as_f64() - bid.price.as_f64(),
            _ => 0.0,
        };
        let cost = (self.fee)(level.price.as_f64()) + spread.max(0.0) / 2.0;
        let per_day = growth_curvature(p, price, view.wealth_lose, view.wealth_win)
            .map(|curvature| curvature / self.days.max(1.0));
        let half = per_day.and_then(|l| half_width(cost / self.equity.max(1.0), variance, l));
        half.unwrap_or(0.0).max(share)
    }

    fn depth_cap(&self, levels: &[Level]) -> Quantity {
        let Some(best) = levels.first() else { return Quantity::ZERO };
        let near = |level: &&Level| level.price.e4().abs_diff(best.price.e4()) <= DEPTH_NEAR_E4;
        let depth: f64 = levels.iter().take_while(near).map(|level| level.quantity.as_f64()).sum();
        contracts_toward_position(depth * self.rules.max_depth_share, self.lot)
    }

    /// Sells what is held where that beats holding: everything if the opposite side has an edge of its
    /// own or holding is worth no more than selling (5.2), otherwise down to the Kelly target (5.3).
    /// One order goes as far as it may; the best level is named whatever it is, for the risk gate to judge.
    /// `None` to hold.
    fn reduce(&self, view: &View, edge_against: f64) -> Option<(Verdict, f64)> {
        let (_, levels) = self.ladders(view);
        let side = match view.outcome {
            Outcome::Yes => Side::Ask,
            Outcome::No => Side::Bid,
        };
        let mut left = self.position.abs();
        let mut wealth = (view.wealth_lose, view.wealth_win);
        let (mut sold, mut wanted) = (Quantity::ZERO, 0.0);
        let mut worst = None;
        for level in levels {
            let net = self.proceeds(view, level);
            let grossed = net * view.growth;
            let beyond = !sold.is_zero() && !self.reach.allows(side, level.price);
            if net <= 0.0 || grossed >= 1.0 || beyond {
                break;
            }
            let leave = view.value() < net + EXIT_MARGIN || (sold.is_zero() && edge_against >= 0.0);
            let surplus = if leave {
                left.as_f64()
            } else {
                let p = shrunk(self.rules.fraction, view.probability, grossed);
                let surplus = -optimal_change(p, wealth.0, wealth.1, grossed);
                surplus - self.half_band(view, level, left.as_f64() - surplus)
            };
            if surplus <= 0.0 {
                break;
            }
            wanted = sold.as_f64() + surplus.min(left.as_f64());
            let taken = if leave { left } else { contracts_toward_position(surplus, self.lot) }
                .min(left)
                .min(level.quantity)
                .min(self.reach.most - sold)
                .floor_to(self.lot);
            if taken.is_zero() {
                break;
            }
            sold += taken;
            left -= taken;
            worst = Some((level.price, net));
            wealth.0 += taken.as_f64() * grossed;
            wealth.1 -= taken.as_f64() * (1.0 - grossed);
            if left.is_zero() || taken < level.quantity {
                break;
            }
        }
        let (price, net) = worst?;
        if sold < self.rules.min_contracts && !left.is_zero() {
            return None;
        }
        let edge = net - view.value();
        let style = Style::Take;
        let proposal = Proposal { side, price, quantity: sold, reduces: true, edge, style };
        Some((Verdict::Propose(proposal), wanted))
    }
}

#[cfg(test)]
mod tests;
