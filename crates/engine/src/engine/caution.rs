//! What the market knows and the model does not: prices that moved before a signal came, and prices
//! that move without one (reliability.md 8.4, model.md 2.6).

use statecraft_domain::action::Severity;
use statecraft_domain::control::{AlreadyPriced, CautionRaised, Latch, Scope};
use statecraft_domain::{Action, Denial, Nanos, Side, StrategyId, Timestamp};

use super::Engine;
use super::binding::Binding;
use crate::config::{Caution, Decision, ModelSpec, Strategy};
use crate::decision::Verdict;
use crate::market::history::logit;

/// Prices are noted at most this often.
const SAMPLE_MIN: Nanos = Nanos::from_secs(60);
/// Samples over the longest span that is looked at.
const SAMPLES: i64 = 120;
/// A move of fewer dollars is a tick or two of a longshot, whatever its log-odds say.
const MOVE_MIN: f64 = 0.03;
/// A market wider than this has no price that could have moved.
const SPREAD_MAX_E4: u16 = 1_000;
/// The market's lead over a signal is forgotten after this.
const PRICED_FOR: Nanos = Nanos::from_secs(86_400);

/// A move that began so many dollars further away is another one.
const FURTHER: f64 = 0.01;
/// Told again by another signal it is written down anew once it would be forgotten this much later.
const PRICED_AGAIN: Nanos = Nanos::from_secs(3_600);

/// Why a binding holds back.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Restraint {
    /// No new positions before this: an unexplained move.
    frozen_until: Option<Timestamp>,
    /// The model counts half until then.
    halved_until: Option<Timestamp>,
    /// The market was there before the signal.
    priced: Option<AlreadyPriced>,
}

impl Restraint {
    /// Share of the model's weight that counts.
    pub(crate) fn weight(&self, now: Timestamp) -> f64 {
        if self.halved_until.is_some_and(|until| now < until) { 0.5 } else { 1.0 }
    }

    /// What of it these rules still have.
    fn under(self, caution: &Caution) -> Self {
        let has = |span: Nanos| span > Nanos::ZERO && caution.unexplained_move.is_finite();
        Self {
            frozen_until: self.frozen_until.filter(|_| has(caution.freeze)),
            halved_until: self.halved_until.filter(|_| has(caution.half_weight)),
            ..self
        }
    }

    /// Without what an unexplained move brought.
    const fn released(self) -> Self {
        Self { frozen_until: None, halved_until: None, ..self }
    }

    /// Does an unexplained move still hold back anything?
    fn holds(&self, now: Timestamp) -> bool {
        self.is_frozen(now) || self.weight(now) < 1.0
    }

    /// Is it holding back for an unexplained move?
    pub(crate) fn is_frozen(&self, now: Timestamp) -> bool {
        self.frozen_until.is_some_and(|until| now < until)
    }
}

/// Does the market's course concern this strategy: has it an opinion of its own that it sizes by?
pub(crate) const fn watches(strategy: &Strategy) -> bool {
    let own = matches!(strategy.model, ModelSpec::Hazard(_) | ModelSpec::External { .. });
    own && matches!(strategy.decision, Decision::Kelly(_) | Decision::Maker(_))
}

/// How often prices are noted for these strategies; `None`: never.
pub(crate) fn sample_interval(strategies: &[Strategy]) -> Option<Nanos> {
    let spans = strategies.iter().filter(|strategy| watches(strategy)).map(|strategy| {
        strategy.caution.unexplained_window.max(strategy.caution.already_priced_window)
    });
    spans.max().map(|longest| Nanos::new(longest.get() / SAMPLES).max(SAMPLE_MIN))
}

impl Engine {
    /// Notes every market's price if it is time to, and looks for moves that nothing explains.
    #[cold]
    pub(super) fn note_prices(&mut self, interval: Nanos, actions: &mut Vec<Action>) {
        self.sample_due = self.now + interval;
        self.histories.resize_with(self.markets.len(), Default::default);
        for market in 0..self.markets.len() {
            let Some(price) = self.mid(market) else { continue };
            self.look_for_moves(market, price, actions);
            self.histories[market].note(self.now, price);
        }
    }

    fn mid(&self, market: usize) -> Option<f64> {
        let evidence = self.markets[market].evidence()?;
        (evidence.spread_e4() <= SPREAD_MAX_E4)
            .then(|| f64::midpoint(evidence.bid.as_f64(), evidence.ask.as_f64()))
    }

    fn caution_of(&self, index: usize) -> Option<Caution> {
        let strategy = &self.config.strategies[self.bindings[index].strategy.index()];
        watches(strategy).then_some(strategy.caution)
    }

    /// Judges every strategy of a market by the same past. It is forgotten only then: the first one's move is
    /// the others' too, explained or not.
    fn look_for_moves(&mut self, market: usize, price: f64, actions: &mut Vec<Action>) {
        let mut found = false;
        for position in 0..self.bindings_of[market].len() {
            found |= self.look_for_move(self.bindings_of[market][position], price, actions);
        }
        if found && let Some(history) = self.histories.get_mut(market) {
            history.forget();
        }
    }

    /// `|delta logit m| > limit` within the window: is there such a move? Without a story that moved the model in
    /// that time it freezes.
    fn look_for_move(&mut self, index: usize, price: f64, actions: &mut Vec<Action>) -> bool {
        let Some(caution) = self.caution_of(index) else { return false };
        let (now, market) = (self.now, self.bindings[index].market.index());
        let history = self.histories.get(market);
        let before =
            history.and_then(|h| h.furthest_within(now, caution.unexplained_window, price));
        let Some(before) = before else { return false };
        let moved = logit(price) - logit(before);
        if moved.abs() <= caution.unexplained_move || (price - before).abs() < MOVE_MIN {
            return false;
        }
        let state = &self.strategies[self.bindings[index].strategy.index()];
        let explained =
            state.last_story.is_some_and(|story| now - story <= caution.unexplained_window);
        if explained {
            return true;
        }
        let restraint = &mut self.bindings[index].restraint;
        restraint.frozen_until = Some(now + caution.freeze);
        restraint.halved_until = Some(now + caution.half_weight);
        self.bindings[index].wake();
        self.keep_caution(index, actions);
        let message = format!(
            "strategy {} on {}: the price went from {before:.3} to {price:.3} ({moved:+.2} in log-odds) \
             and no signal says why; no new positions for a while: somebody may know something",
            self.config.strategies[self.bindings[index].strategy.index()].name,
            self.markets[market].listing().ticker,
        );
        self.alert(Severity::Warning, "unexplained_move", message, actions);
        true
    }

    /// A signal moved a model from `before` to `after`: markets that had moved the same way before it
    /// came are no bargain.
    pub(super) fn note_already_priced(
        &mut self,
        strategy: usize,
        (before, after): (f64, f64),
        actions: &mut Vec<Action>,
    ) {
        let side = if after > before { Side::Bid } else { Side::Ask };
        for index in 0..self.bindings.len() {
            if self.bindings[index].strategy.index() != strategy {
                continue;
            }
            let Some(caution) = self.caution_of(index) else { return };
            let market = self.bindings[index].market.index();
            let Some(price) = self.mid(market) else { continue };
            let history = self.histories.get(market);
            let reference =
                history.and_then(|h| h.first_within(self.now, caution.already_priced_window));
            let Some(reference) = reference else { continue };
            let limit = caution.already_priced_limit;
            let until = self.now + PRICED_FOR;
            // A forecast that is pushed every second says the same again: it is in the journal already.
            let says_so = |old: AlreadyPriced| {
                old.side == side
                    && self.now < old.until
                    && until - old.until < PRICED_AGAIN
                    && lead(side, old.reference, price) > limit
                    && lead(side, reference, old.reference) < FURTHER
            };
            let is_known = self.bindings[index].restraint.priced.is_some_and(says_so);
            if lead(side, reference, price) > limit && !is_known {
                let priced = AlreadyPriced { side, reference, until };
                self.bindings[index].restraint.priced = Some(priced);
                self.keep_caution(index, actions);
            }
        }
    }

    /// What holds back in a scope because of an unexplained move.
    pub fn cautions(&self, scope: Scope) -> impl Iterator<Item = CautionRaised> + '_ {
        let held =
            move |binding: &&Binding| binding.is_in(scope) && binding.restraint.holds(self.now);
        self.bindings.iter().filter(held).map(|binding| self.raised(binding))
    }

    /// A person knows why the price moved, or wants no more caution because of it.
    pub(super) fn release_caution(&mut self, scope: Scope) {
        let now = self.now;
        for binding in self.bindings.iter_mut().filter(|binding| binding.is_in(scope)) {
            if binding.restraint.holds(now) {
                binding.wake();
            }
            binding.restraint = binding.restraint.released();
        }
    }

    /// Rules that changed may hold back no more.
    pub(super) fn adapt_caution(&mut self, strategy: StrategyId) {
        let Some(rules) = self.config.strategies.get(strategy.index()) else { return };
        let (watches, caution) = (watches(rules), rules.caution);
        let own = |binding: &&mut Binding| binding.strategy == strategy;
        for binding in self.bindings.iter_mut().filter(own) {
            let before = binding.restraint;
            binding.restraint = if watches { before.under(&caution) } else { Restraint::default() };
        }
    }

    /// Why a strategy holds back comes of prices, which no journal keeps: it is written down itself, before
    /// anything is decided by it.
    fn keep_caution(&self, index: usize, actions: &mut Vec<Action>) {
        actions.push(Action::Latch(Latch::Caution(self.raised(&self.bindings[index]))));
    }

    fn raised(&self, binding: &Binding) -> CautionRaised {
        let Binding { strategy, market, restraint, .. } = binding;
        let Restraint { frozen_until, halved_until, priced } = *restraint;
        let (at, strategy, market) = (self.now, *strategy, *market);
        CautionRaised { at, strategy, market, frozen_until, halved_until, priced }
    }

    /// What an earlier run wrote down of it.
    pub(super) fn caution_raised(&mut self, raised: &CautionRaised) {
        let Some(index) = self.binding_on(raised.strategy, raised.market) else { return };
        let CautionRaised { frozen_until, halved_until, priced, .. } = *raised;
        self.bindings[index].restraint = Restraint { frozen_until, halved_until, priced };
        // The file may have been edited since.
        self.adapt_caution(raised.strategy);
    }

    /// Holds back what would open a position on news that the market had first, or against a move that
    /// nothing explains. What lowers a position passes.
    pub(super) fn restrained(
        &mut self,
        index: usize,
        verdict: Verdict,
        actions: &mut Vec<Action>,
    ) -> Verdict {
        let Verdict::Propose(proposal) = verdict else { return verdict };
        if proposal.reduces || self.sample_interval.is_none() {
            return verdict;
        }
        // The move may be younger than the last look at the clock.
        let market = self.bindings[index].market.index();
        if let Some(price) = self.mid(market) {
            self.look_for_moves(market, price, actions);
        }
        let restraint = &self.bindings[index].restraint;
        if *restraint == Restraint::default() {
            return verdict;
        }
        if restraint.is_frozen(self.now) {
            return Verdict::Nothing(Denial::UnexplainedMove);
        }
        if self.is_priced(index, proposal.side) {
            return Verdict::Nothing(Denial::AlreadyPriced);
        }
        verdict
    }

    /// Had the market moved to this side before the signal that speaks for it came, and is it still there?
    pub(super) fn is_priced(&self, index: usize, side: Side) -> bool {
        let restraint = &self.bindings[index].restraint;
        let Some(priced) = restraint.priced.filter(|priced| self.now < priced.until) else {
            return false;
        };
        let limit = self.caution_of(index).map_or(0.0, |caution| caution.already_priced_limit);
        let market = self.bindings[index].market.index();
        let still = || {
            self.mid(market).is_none_or(|price| lead(priced.side, priced.reference, price) > limit)
        };
        side == priced.side && still()
    }
}

/// How far the market has gone from `reference` to where the signal points.
fn lead(side: Side, reference: f64, price: f64) -> f64 {
    match side {
        Side::Bid => price - reference,
        Side::Ask => reference - price,
    }
}
