//! [`DecisionFacts`] and [`ModelFacts`]: one decision, and the probability behind it, with every number
//! they used, in a form that can be kept and read again.

use serde::{Deserialize, Serialize};
use statecraft_domain::event::{Level, Mode, Standing};
use statecraft_domain::signal::{Label, SourceClass};
use statecraft_domain::{
    ClientOrderId, MarketId, Price, Probability, Quantity, Side, StrategyId, Timestamp,
};

use crate::config::{Horizon, Rung};
use crate::engine::{DecisionOutcome, Engine, KNOWN_STORY_STAKE, Motive};
use crate::model::Estimate;
use crate::model::anatomy::{
    Anatomy, DealPart, PlanPart, PlanState, SignalPart, StoryView, Structure, StructurePart,
    WindowPart,
};
use crate::model::blend::debiased;
use crate::model::influence::Hold;
use crate::model::shares::Line;
use crate::model::version;
use crate::risk::report::CheckLine;

/// 95 % quantile of the standard normal distribution.
const Z95: f64 = 1.644_853_626_951_472_2;

/// The last decision of a strategy on a market (I19).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DecisionFacts {
    /// When.
    pub at: Timestamp,
    /// The order, or why not.
    pub outcome: DecisionOutcome,
    /// What was believed, if anything was.
    pub belief: Option<BeliefFacts>,
    /// Best bid.
    pub bid: Option<Level>,
    /// Best ask.
    pub ask: Option<Level>,
    /// The account's position: YES positive, NO negative.
    pub position: Quantity,
    /// What the strategy's own orders brought of it; nothing in old records.
    #[serde(default)]
    pub own: Option<Quantity>,
    /// What decided the proposal; nothing in old records.
    #[serde(default)]
    pub motive: Option<Motive>,
    /// The story because of which a model far from the market was believed, at a smaller stake.
    #[serde(default)]
    pub cause: Option<CauseFacts>,
    /// Edges, if the decision reckoned any.
    pub edge: Option<EdgeFacts>,
    /// What was proposed to the risk gate, if anything was.
    pub proposal: Option<ProposalFacts>,
    /// Every check of the gate, if it was asked.
    pub checks: Vec<CheckLine>,
    /// What the engine was allowed to do.
    pub mode: Mode,
    /// What the strategy was allowed to do.
    pub standing: Standing,
}

/// A fresh story that officials, the desk or two publishers tell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CauseFacts {
    /// Its key.
    pub story: String,
    /// Its headline.
    pub title: String,
    /// Who made it known.
    pub source: String,
    /// The share of the stake.
    pub stake: f64,
    /// What the model would say without it.
    pub without: f64,
}

/// Model and market, mixed (model.md 4.1, 4.2).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BeliefFacts {
    /// The model's own probability.
    pub model: f64,
    /// Standard deviation of its log-odds.
    pub model_sd_logit: f64,
    /// The market's microprice, if it is evidence.
    pub market: Option<f64>,
    /// The same without the favourite-longshot bias.
    pub market_debiased: Option<f64>,
    /// The model's weight in log-odds.
    pub weight: f64,
    /// The probability that decides.
    pub blended: f64,
    /// Standard deviation of its log-odds.
    pub sd_logit: f64,
}

/// Dollars per contract after fees, slippage, resolution risk and the price of waiting (model.md 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EdgeFacts {
    /// Of buying YES at the best ask; nothing without an ask.
    pub yes: Option<f64>,
    /// Of buying NO at the best bid.
    pub no: Option<f64>,
    /// What it has to reach.
    pub needed: f64,
    /// Value of YES held to settlement.
    pub value_yes: f64,
    /// Value of NO held to settlement.
    pub value_no: f64,
    /// Contracts wanted before rounding and caps.
    pub wanted: f64,
}

/// See [`crate::decision::Proposal`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ProposalFacts {
    /// Buy or sell YES.
    pub side: Side,
    /// Worst YES price accepted.
    pub price: Price,
    /// Contracts.
    pub quantity: Quantity,
    /// It only lowers a position.
    pub reduces: bool,
    /// Edge per contract in dollars at the best level.
    pub edge: f64,
}

impl Engine {
    /// The story that an evaluation relied on.
    fn cause_facts(&self, strategy: StrategyId, market: MarketId) -> Option<CauseFacts> {
        let bound = self.bindings_of.get(market.index())?;
        let mut own = bound.iter().map(|&index| &self.bindings[index]);
        let looked = &own.find(|binding| binding.strategy == strategy)?.looked;
        let cause = looked.cause.as_ref().filter(|_| looked.used)?;
        Some(CauseFacts {
            story: cause.key.clone(),
            title: cause.title.clone(),
            source: cause.source.clone(),
            stake: KNOWN_STORY_STAKE,
            without: cause.without,
        })
    }

    /// The decision behind an order of the last step; `None` for any other order.
    #[must_use]
    pub fn decided(&self, order: ClientOrderId) -> Option<&DecisionFacts> {
        self.decided.iter().find(|(id, _)| *id == order).map(|(_, facts)| facts)
    }

    /// The last decision of a strategy on a market, with its numbers; `None` before the first.
    #[must_use]
    pub fn decision_facts(&self, strategy: StrategyId, market: MarketId) -> Option<DecisionFacts> {
        let last = self.last_decision(strategy, market)?;
        let rules = &self.config.strategies.get(strategy.index())?.blend;
        let finite = |number: f64| number.is_finite().then_some(number);
        Some(DecisionFacts {
            at: last.at,
            outcome: last.outcome,
            belief: last.belief.map(|belief| BeliefFacts {
                model: belief.model.get(),
                model_sd_logit: belief.model_sd_logit,
                market: belief.market,
                market_debiased: belief
                    .market
                    .and_then(|price| debiased(rules, price))
                    .map(|probability| probability.get()),
                weight: rules.model_weight,
                blended: belief.blended.get(),
                sd_logit: belief.sd_logit,
            }),
            bid: last.top.0,
            ask: last.top.1,
            position: last.position,
            own: Some(last.own),
            motive: last.proposal.and(last.motive),
            cause: self.cause_facts(strategy, market),
            edge: last.reckoning.map(|numbers| EdgeFacts {
                yes: finite(numbers.edge_yes),
                no: finite(numbers.edge_no),
                needed: numbers.edge_needed,
                value_yes: numbers.value_yes,
                value_no: numbers.value_no,
                wanted: numbers.wanted,
            }),
            proposal: last.proposal.map(|proposal| ProposalFacts {
                side: proposal.side,
                price: proposal.price,
                quantity: proposal.quantity,
                reduces: proposal.reduces,
                edge: proposal.edge,
            }),
            checks: self.checks(strategy, market),
            mode: self.mode(),
            standing: self.standing(strategy),
        })
    }
}

/// The model's probability, taken apart, in a form that can be kept and read again. Base and effects add
/// up to the probability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelFacts {
    /// As of.
    pub at: Timestamp,
    /// The event must happen before.
    pub deadline: Timestamp,
    /// Hash of the specification.
    pub version: String,
    /// The probability.
    pub q: f64,
    /// Standard deviation of its log-odds.
    pub sd_logit: f64,
    /// Ends of the 90 % interval.
    pub interval: (f64, f64),
    /// The base rate's probability.
    pub base: BaseFacts,
    /// What changes it, in the order in which it is counted.
    pub parts: Vec<PartFacts>,
    /// The stories behind it, oldest first.
    pub stories: Vec<StoryFacts>,
    /// The same event by the deadlines of markets that have their own.
    #[serde(default)]
    pub ladder: Vec<RungFacts>,
}

/// The probability for markets with a horizon of their own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RungFacts {
    /// Which markets, as the strategy names them.
    pub market: String,
    /// Events count from here.
    pub start: Timestamp,
    /// The event must happen before.
    pub deadline: Timestamp,
    /// The model's probability.
    pub q: f64,
}

/// Where the probability starts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BaseFacts {
    /// Events a year.
    pub rate_per_year: f64,
    /// Standard deviation of its logarithm.
    pub log_sd: f64,
    /// Days left.
    pub days: f64,
    /// The probability that makes.
    pub probability: f64,
}

/// What kind of part it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartKind {
    /// A signal's weight.
    Signal,
    /// The stage of the deal.
    Deal,
    /// A dated occasion.
    Window,
    /// An announced, postponed or past event.
    Plan,
    /// Width, cap, lead, and what else the structure of the model does.
    Structure,
}

/// One part of the probability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PartFacts {
    /// What it is.
    pub kind: PartKind,
    /// Its name: a slug, a window's name, a word.
    pub name: String,
    /// Change of the probability.
    pub effect: f64,
    /// Weight on the log-intensity at strength 1, and its standard deviation.
    #[serde(default)]
    pub weight: Option<(f64, f64)>,
    /// Strength now.
    #[serde(default)]
    pub strength: Option<f64>,
    /// Key of the story that says it; of several, the one that does most.
    #[serde(default)]
    pub story: Option<String>,
    /// What each story did to it, one after another in time; empty where one says it all.
    #[serde(default)]
    pub shares: Vec<ShareFacts>,
    /// Known history since then.
    #[serde(default)]
    pub since: Option<Timestamp>,
    /// Its own numbers, in words.
    #[serde(default)]
    pub note: String,
}

/// What one story did to a part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShareFacts {
    /// Its key.
    pub story: String,
    /// Change of the probability.
    pub effect: f64,
}

/// One piece of evidence: reports of one story.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoryFacts {
    /// Its cluster, or the id of its only signal.
    pub key: String,
    /// When it was first heard.
    pub first: Timestamp,
    /// Headline of the first report.
    pub title: String,
    /// Id of the first signal.
    pub signal: String,
    /// Source of the first report.
    pub source: String,
    /// Publisher of the first report.
    pub publisher: String,
    /// Class of the first report.
    pub class: SourceClass,
    /// How often it was told.
    pub reports: usize,
    /// By how many publishers.
    pub publishers: usize,
    /// What the first report says.
    pub labels: Vec<Label>,
    /// Pooled evidence in log-odds; `None` for the desk, whose labels count as given.
    pub llr: Option<f64>,
    /// Share of it that counts.
    pub scale: f64,
    /// Why not all of it.
    #[serde(default)]
    pub hold: Option<String>,
    /// When officials denied it.
    #[serde(default)]
    pub denied: Option<Timestamp>,
}

impl ModelFacts {
    /// Base and every effect: the probability.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.base.probability + self.parts.iter().map(|part| part.effect).sum::<f64>()
    }

    /// The story behind a part.
    #[must_use]
    pub fn story(&self, key: &str) -> Option<&StoryFacts> {
        self.stories.iter().find(|story| story.key == key)
    }
}

impl Engine {
    /// The model's probability of a strategy, taken apart as of engine time; `None` for models without
    /// parts.
    #[must_use]
    pub fn model_facts(&self, strategy: StrategyId) -> Option<ModelFacts> {
        self.facts_within(strategy, self.hazard(strategy)?.spec().horizon())
    }

    /// The same for the horizon of a market that the strategy is bound to.
    #[must_use]
    pub fn market_facts(&self, strategy: StrategyId, market: MarketId) -> Option<ModelFacts> {
        let mut bound = self.bindings_of.get(market.index())?.iter().map(|&i| &self.bindings[i]);
        let binding = bound.find(|binding| binding.strategy == strategy)?;
        let state = self.strategies.get(strategy.index())?;
        self.facts_within(strategy, state.model.horizon(binding.horizon)?)
    }

    /// The same for any horizon of the strategy's event.
    #[must_use]
    pub fn facts_within(&self, strategy: StrategyId, horizon: Horizon) -> Option<ModelFacts> {
        let spec = &self.config.strategies.get(strategy.index())?.model;
        let hazard = self.hazard(strategy)?;
        let anatomy = hazard.anatomy_within(horizon, self.now).ok()?;
        let mut facts = ModelFacts::new(&anatomy, version(spec));
        let probability = Probability::clamped(anatomy.q).ok()?;
        let alone = Estimate { probability, sd_logit: anatomy.sd_logit };
        let first = self.with_rivals(strategy.index(), hazard, horizon, alone).ok()?;
        if !hazard.spec().first_before.is_empty() {
            facts.come_first(first.probability.get(), &hazard.spec().first_before);
        }
        facts.ladder =
            hazard.spec().ladder.iter().filter_map(|rung| self.rung(strategy, rung)).collect();
        Some(facts)
    }

    /// The model's probability of a strategy's event within a horizon, as of engine time.
    #[must_use]
    pub fn probability_within(&self, strategy: StrategyId, horizon: Horizon) -> Option<f64> {
        let hazard = self.hazard(strategy)?;
        let alone = hazard.estimate_within(horizon, self.now).ok()?;
        let first = self.with_rivals(strategy.index(), hazard, horizon, alone).ok()?;
        Some(first.probability.get())
    }

    fn rung(&self, strategy: StrategyId, rung: &Rung) -> Option<RungFacts> {
        Some(RungFacts {
            market: rung.market.pattern.to_string(),
            start: rung.horizon.start,
            deadline: rung.horizon.deadline,
            q: self.probability_within(strategy, rung.horizon)?,
        })
    }
}

impl ModelFacts {
    /// It must come before others: one more part.
    fn come_first(&mut self, first: f64, rivals: &[String]) {
        let effect = first - self.q;
        let name = format!("before {}", rivals.join(", "));
        self.parts.push(part(PartKind::Structure, name, effect));
        // The width is that of the event alone, moved to where it now is.
        let moved = |p: f64| (p * first / self.q.max(f64::MIN_POSITIVE)).clamp(0.0, 1.0);
        self.interval = (moved(self.interval.0), moved(self.interval.1));
        self.q = first;
    }

    fn new(anatomy: &Anatomy, version: String) -> Self {
        let mut parts: Vec<PartFacts> = anatomy.signals.iter().map(signal).collect();
        // The order in which the model counts them (see `Anatomy`).
        let shared = |line: Line, part: PartFacts| share_out(anatomy, &line, part);
        parts.extend(anatomy.deal.iter().map(|one| shared(Line::Deal, deal(one))));
        let structures = anatomy.structure.iter();
        parts.extend(structures.map(|one| shared(Line::Structure(one.kind), structure(one))));
        let windows = anatomy.windows.iter().enumerate();
        parts.extend(windows.map(|(index, one)| shared(Line::Window(index), window(one))));
        parts.extend(anatomy.plan.iter().map(|one| shared(Line::of_plan(one), plan(one))));
        let base = &anatomy.base;
        Self {
            at: anatomy.at,
            deadline: anatomy.deadline,
            version,
            q: anatomy.q,
            sd_logit: anatomy.sd_logit,
            interval: interval(anatomy),
            base: BaseFacts {
                rate_per_year: base.rate_per_year,
                log_sd: base.log_sd,
                days: base.days,
                probability: base.probability,
            },
            parts,
            stories: anatomy.stories.iter().map(story).collect(),
            ladder: Vec::new(),
        }
    }
}

/// What stories did to a line.
fn share_out(anatomy: &Anatomy, line: &Line, part: PartFacts) -> PartFacts {
    let shares: Vec<ShareFacts> = anatomy
        .shares
        .iter()
        .filter(|share| share.line == *line)
        .map(|share| ShareFacts { story: share.story.clone(), effect: share.effect })
        .collect();
    let most = shares.iter().max_by(|a, b| a.effect.abs().total_cmp(&b.effect.abs()));
    PartFacts { story: most.map(|share| share.story.clone()), shares, ..part }
}

/// Of the seeded draws and of the width that the decision uses, whichever reaches further: draws do not
/// doubt a plan that has been announced.
fn interval(anatomy: &Anatomy) -> (f64, f64) {
    let (draws, spread) = (&anatomy.draws, Z95 * anatomy.sd_logit);
    let inside = anatomy.q.clamp(1e-9, 1.0 - 1e-9);
    let log_odds = inside.ln() - (-inside).ln_1p();
    let expit = |x: f64| 1.0 / (1.0 + (-x).exp());
    let (low, high) = (expit(log_odds - spread), expit(log_odds + spread));
    if draws.draws == 0 { (low, high) } else { (low.min(draws.q05), high.max(draws.q95)) }
}

fn part(kind: PartKind, name: impl Into<String>, effect: f64) -> PartFacts {
    PartFacts {
        kind,
        name: name.into(),
        effect,
        weight: None,
        strength: None,
        story: None,
        shares: Vec::new(),
        since: None,
        note: String::new(),
    }
}

const fn structure_name(kind: Structure) -> &'static str {
    match kind {
        Structure::ToursInBase => "base rate without what windows bring",
        Structure::Denied => "denials of plans",
        Structure::CalledOff => "new plans are rarer after a cancellation",
        Structure::CapAndOverlap => "cap, season and overlap of signals",
        Structure::WeightWidth => "width of the weights",
        Structure::Frailty => "unobserved effect of the year",
        Structure::AnnouncementLead => "announcement lead",
        Structure::Held => "lone voices stay held",
        Structure::DeniedDays => "denied days of windows",
        Structure::Bounds => "bounds",
    }
}

/// Name of the deal's part.
pub const DEAL: &str = "stage of the deal";

/// Every name that a part of the structure can have, except "before EVENT".
pub fn structure_names() -> impl Iterator<Item = &'static str> {
    std::iter::successors(Some(Structure::FIRST), |one| one.next()).map(structure_name)
}

/// Every name that a part of the plan can have.
pub fn plan_names() -> impl Iterator<Item = &'static str> {
    std::iter::successors(Some(PlanState::FIRST), |one| one.next()).map(plan_name)
}

/// Name of a plan's part that was denied; its date is when that was heard.
pub const DENIED: &str = "denied";
/// Name of a plan's part that was called off; its date is when that was heard.
pub const CALLED_OFF: &str = "called off";
/// Name of a plan's part that was put off without a new date; its date is when that was heard.
pub const POSTPONED: &str = "postponed (no date)";

/// Name of a plan's part that says that nobody holds the office any more whose visit it would be.
pub const GONE: &str = "no longer in office";

const fn plan_name(state: PlanState) -> &'static str {
    match state {
        PlanState::Denied => DENIED,
        PlanState::CalledOff => CALLED_OFF,
        PlanState::Scheduled => "announced",
        PlanState::Moved => "postponed to a new date",
        PlanState::Postponed => POSTPONED,
        PlanState::Occurred => "it happened",
        PlanState::Gone => GONE,
    }
}

/// Why not all of a story counts, with the limit and what is held back.
fn hold_name(hold: Hold, one: &StoryView) -> String {
    let (counts, held) = (100.0 * one.scale, 100.0 * (1.0 - one.scale));
    let shares = format!("{counts:.0} % of it counts, {held:.0} % is held back");
    match (hold, one.limit) {
        (Hold::OneSource, Some(limit)) => format!(
            "one publisher alone may move it by {:.1} cents at most, with all that he says: {shares}",
            100.0 * limit
        ),
        (Hold::SourceLimit, Some(limit)) => {
            format!("its source may move the log-odds by {limit:.2} in a day at most: {shares}")
        }
        (Hold::OneSource | Hold::SourceLimit, None) => {
            format!("it has moved it as far as it may: {shares}")
        }
        (Hold::Uncorroborated, _) => {
            "its source needs corroboration: all of it is held back".to_owned()
        }
        (Hold::Undone, _) => "a later word took it away".to_owned(),
    }
}

fn signal(one: &SignalPart) -> PartFacts {
    let evidence = one.llr.map_or(String::new(), |llr| format!("evidence {llr:+.2}"));
    PartFacts {
        weight: Some((one.mean, one.sd)),
        strength: Some(one.strength),
        story: one.story.clone(),
        since: one.since,
        note: evidence,
        ..part(PartKind::Signal, one.slug.clone(), one.effect)
    }
}

fn deal(one: &DealPart) -> PartFacts {
    let stages = ["none", "rumoured", "proposed", "negotiated", "signed", "construction", "dead"];
    let shares = stages.iter().zip(one.stages).filter(|(_, share)| *share >= 0.05);
    let told: Vec<String> =
        shares.map(|(name, share)| format!("{name} {:.0} %", 100.0 * share)).collect();
    PartFacts {
        weight: Some((one.beta, one.beta_sd)),
        strength: Some(one.profile),
        note: told.join(", "),
        ..part(PartKind::Deal, DEAL, one.effect)
    }
}

fn structure(one: &StructurePart) -> PartFacts {
    part(PartKind::Structure, structure_name(one.kind), one.effect)
}

fn window(one: &WindowPart) -> PartFacts {
    let mut note = format!("trip {:.2} x included {:.2}", one.attend, one.include);
    if one.inside < 1.0 {
        note.push_str(&format!(" x {:.2} of its days", one.inside));
    }
    note.push_str(&format!(" = {:.3}", one.mass));
    if one.evidence != 0.0 {
        let (prior, evidence) = (one.prior, one.evidence);
        note.push_str(&format!("; trip {prior:.2} before reports worth {evidence:+.2}"));
    }
    let (left, left_sd) = one.left;
    if left < 1.0 {
        note.push_str(&format!("; denied: {left:.2} ± {left_sd:.2} of it left (prior only)"));
    }
    PartFacts {
        since: Some(one.start),
        note,
        ..part(PartKind::Window, one.name.clone(), one.effect)
    }
}

fn plan(one: &PlanPart) -> PartFacts {
    let mut note =
        format!("credible {:.3}; probability if so {:.3}", one.credibility, one.probability);
    if one.standing < 1.0 {
        let (age, ahead) = (one.age_days, 100.0 * one.standing);
        note.push_str(&format!("; last heard of {age:.0} d ago: {ahead:.0} % still ahead"));
    }
    if let (Some(first), Some(until)) = (one.date, one.until)
        && until > first
    {
        note.push_str(&format!("; any of {:.0} days", (until - first).days() + 1.0));
    }
    PartFacts { since: one.date, note, ..part(PartKind::Plan, plan_name(one.state), one.effect) }
}

fn story(one: &StoryView) -> StoryFacts {
    StoryFacts {
        key: one.key.clone(),
        first: one.first,
        title: one.title.clone(),
        signal: one.signal.clone(),
        source: one.source.clone(),
        publisher: one.publisher.clone(),
        class: one.class,
        reports: one.reports,
        publishers: one.publishers,
        labels: one.labels.clone(),
        llr: one.llr,
        scale: one.scale,
        hold: one.hold.map(|hold| hold_name(hold, one)),
        denied: one.denied,
    }
}
