//! Why a strategy believes what it believes, and why it did what it did: base, windows, signals,
//! structure, the market, the edge, and every check of the risk gate.
//!
//! Two sources of truth. For a moment, the strategy file and the signals up to it: the model is a pure
//! function of both, so the replay is the model as it was. For an order, the decision as it was
//! journaled with the order, before it was sent. Nothing here writes anything.

mod phase;
mod recorded;
mod text;

use serde::Serialize;
use statecraft_domain::event::ClockTicked;
use statecraft_domain::signal::{Assertion, Claim, Label, SourceClass};
use statecraft_domain::{ClientOrderId, Denial, Event, Nanos, Signal, StrategyId, Timestamp, Usd};
use statecraft_engine::config::{
    AccountLimits, Decision, EngineConfig, Guards, Horizon, ModelSpec, SourcePolicy, Supervision,
};
use statecraft_engine::facts::{DecisionFacts, ModelFacts, PartFacts, PartKind, StoryFacts};
use statecraft_engine::{DecisionOutcome, Engine, Strategy};

pub use recorded::{ExplainError, Past, heard, last_at, order, past};
pub use text::{labels, text};

/// What is explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// A point in time.
    At(Timestamp),
    /// An order, at the time of its decision.
    Order(ClientOrderId),
}

/// The whole explanation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// Version of this object.
    pub schema_version: u32,
    /// Name of the strategy.
    pub strategy: String,
    /// Its question.
    pub question: String,
    /// Its event.
    pub event: String,
    /// SHA-256 of its file.
    pub strategy_hash: String,
    /// What is explained.
    pub of: Moment,
    /// As of, RFC 3339.
    pub at: String,
    /// Events count from here, RFC 3339; nothing for models without a window.
    pub opens: Option<String>,
    /// The model's probability, taken apart; nothing for models without parts.
    pub model: Option<ModelFacts>,
    /// Base and effects less the probability: rounding.
    pub rounding: Option<f64>,
    /// What each story did to the probability.
    pub evidence: Vec<Evidence>,
    /// What was heard of the events that it must come before; nothing for an order, with which only its
    /// own event's stories are kept.
    pub rivals: Vec<RivalEvidence>,
    /// What the bot itself wrote down last, before the moment.
    pub recorded: Option<Recorded>,
    /// Why nothing would be decided at the moment itself, whatever was decided before.
    pub present: Option<String>,
    /// The decision: belief, prices, edge, checks; or why nothing was sent. Of the order, or the last one
    /// on record, which may be old: see its time.
    pub decision: Option<DecisionFacts>,
    /// What the model said at the decision, where that is not what it says above.
    pub other_model: Option<f64>,
    /// What a reader should know besides.
    pub notes: Vec<String>,
}

/// A story and its effect.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evidence {
    /// Key of the story in the model's facts.
    pub story: String,
    /// Headline.
    pub title: String,
    /// Source.
    pub source: String,
    /// Cents by the weights of its signals, and its shares of the lines of deal, windows and plan; nothing if it
    /// has neither.
    pub cents: Option<f64>,
    /// Without weights: cents that the probability would lose if the story had not been heard.
    pub without: Option<f64>,
    /// Key of the story in whose effect all its signals are counted: what lasts is true once, however
    /// often it is told.
    pub counted_with: Option<String>,
}

/// A story of an event that the strategy's own must come before.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RivalEvidence {
    /// Whose story.
    pub event: String,
    /// The story.
    pub story: StoryFacts,
    /// Cents that the strategy's own probability would lose if the story had not been heard: negative
    /// for what makes the rival likelier.
    pub without: Option<f64>,
}

/// A forecast as it was kept.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Recorded {
    /// When, RFC 3339.
    pub at: String,
    /// Which market.
    pub ticker: String,
    /// The model's probability then.
    pub model: f64,
    /// Hash of the model's specification then.
    pub version: String,
    /// Does the replay, at that instant, come to the same probability? Nothing if the model is the market.
    pub replays: Option<bool>,
    /// What the replay comes to.
    pub replayed: Option<f64>,
}

/// What a moment's explanation is made from.
#[derive(Debug, Clone)]
pub struct Case {
    /// The strategy.
    pub strategy: Strategy,
    /// Its question.
    pub question: String,
    /// SHA-256 of its file.
    pub hash: String,
    /// The market that is asked about, if it matters which: it may have a deadline of its own.
    pub market: Option<String>,
    /// Strategies whose events its own must come before.
    pub rivals: Vec<Strategy>,
    /// How far sources are believed.
    pub sources: Vec<SourcePolicy>,
    /// Signals and signs of life of their sources, in order.
    pub events: Vec<Event>,
}

impl Case {
    /// The engine as it would stand at an instant, having heard the events up to it.
    #[must_use]
    pub fn engine_at(&self, at: Timestamp) -> Engine {
        let mut engine = self.engine();
        self.hear(&mut engine, None, at);
        looked_at(engine, at)
    }

    fn engine(&self) -> Engine {
        Engine::new(EngineConfig {
            lineage: 0,
            first_sequence: 1,
            time_scale: 1,
            strategies: std::iter::once(&self.strategy).chain(&self.rivals).cloned().collect(),
            limits: no_limits(),
            real_money: false,
            keep_checks: true,
            prediction_interval: Nanos::ZERO,
            sources: self.sources.clone(),
            supervision: Supervision::default(),
        })
    }

    /// Hears what came after one instant, up to another.
    fn hear(&self, engine: &mut Engine, after: Option<Timestamp>, to: Timestamp) {
        let mut actions = Vec::new();
        let new = |event: &&Event| event.at() <= to && after.is_none_or(|after| event.at() > after);
        for event in self.events.iter().filter(new) {
            engine.step(event, &mut actions);
            actions.clear();
        }
    }

    /// The explanation of a moment, with what the bot wrote down before it, if it did.
    #[must_use]
    pub fn explain(&self, at: Timestamp, past: Option<Past>) -> Explanation {
        // One replay passes both instants: that of the last forecast and the one explained.
        let mut engine = self.engine();
        let then = past.as_ref().map(|past| past.forecast.at).filter(|then| *then <= at);
        let before = then.map(|then| {
            self.hear(&mut engine, None, then);
            looked_at(engine.clone(), then)
        });
        self.hear(&mut engine, then, at);
        let engine = looked_at(engine, at);
        let model = match self.horizon(self.market.as_deref()) {
            Some(horizon) => engine.facts_within(StrategyId(0), horizon),
            None => engine.model_facts(StrategyId(0)),
        };
        let mut explanation = self.skeleton(Moment::At(at), at, model);
        self.leave_out(&mut explanation, &engine, at);
        explanation.rivals = self.rival_evidence(&engine, at);
        explanation.present = self.present(&engine, at);
        if explanation.model.is_none() {
            let estimate = engine.estimate(StrategyId(0));
            let market = matches!(self.strategy.model, ModelSpec::Market);
            explanation.notes.push(match estimate {
                Some(one) => {
                    format!("the model says {:.4}; it has no parts", one.probability.get())
                }
                None if market => {
                    "this strategy's model is the market's own price, debiased".to_owned()
                }
                None => "the model has no probability of its own now".to_owned(),
            });
        }
        explanation.notes.extend(self.pushed(at));
        explanation.notes.extend(foresight(explanation.model.as_ref(), at));
        match past {
            Some(past) => {
                let now = self.probability(&engine, Some(&past.forecast.ticker));
                self.add_past(&mut explanation, (at, now), past, before);
            }
            None => explanation.notes.push(
                "no price is on record at that moment, so nothing could be decided".to_owned(),
            ),
        }
        explanation
    }

    /// The horizon of a market, if that is not the model's own.
    fn horizon(&self, ticker: Option<&str>) -> Option<Horizon> {
        let (ModelSpec::Hazard(spec), Some(ticker)) = (&self.strategy.model, ticker) else {
            return None;
        };
        let rung = spec.ladder.iter().find(|rung| rung.market.pattern.names(ticker));
        rung.map(|rung| rung.horizon)
    }

    /// What the model says of a market at the engine's time.
    fn probability(&self, engine: &Engine, ticker: Option<&str>) -> Option<f64> {
        match self.horizon(ticker) {
            Some(horizon) => engine.probability_within(StrategyId(0), horizon),
            None => engine.estimate(StrategyId(0)).map(|one| one.probability.get()),
        }
    }

    /// The explanation of an order, from what was journaled with it.
    #[must_use]
    pub fn explain_order(&self, decided: &crate::journal::Decided) -> Explanation {
        let (order, at) = (decided.order, decided.facts.at);
        let mut explanation = self.skeleton(Moment::Order(order), at, decided.model.clone());
        if decided.strategy_hash != self.hash {
            explanation.notes.push(
                "the strategy file has changed since this order was decided; the numbers are those of \
                 the decision"
                    .to_owned(),
            );
        }
        explanation.decision = Some(decided.facts.clone());
        explanation
    }

    fn skeleton(&self, of: Moment, at: Timestamp, mut model: Option<ModelFacts>) -> Explanation {
        if let (Some(model), ModelSpec::Hazard(spec)) = (&mut model, &self.strategy.model) {
            phase::name_phases(model, spec);
        }
        Explanation {
            schema_version: 2,
            strategy: self.strategy.name.clone(),
            question: self.question.clone(),
            event: self.strategy.event.clone(),
            strategy_hash: self.hash.clone(),
            of,
            at: time_text(at),
            opens: match &self.strategy.model {
                ModelSpec::Hazard(spec) => {
                    let own = self.horizon(self.market.as_deref());
                    Some(time_text(own.unwrap_or_else(|| spec.horizon()).start))
                }
                _ => None,
            },
            rounding: model.as_ref().map(|model| model.sum() - model.q),
            evidence: model.as_ref().map(evidence).unwrap_or_default(),
            rivals: Vec::new(),
            model,
            recorded: None,
            present: None,
            decision: None,
            other_model: None,
            notes: Vec::new(),
        }
    }

    fn add_past(
        &self,
        explanation: &mut Explanation,
        (at, now): (Timestamp, Option<f64>),
        past: Past,
        then: Option<Engine>,
    ) {
        let Past { forecast, decision } = past;
        let then = then.unwrap_or_else(|| self.engine_at(forecast.at));
        let replayed = self.probability(&then, Some(&forecast.ticker));
        // A model is refreshed at most once an hour: what it said may be an hour old.
        let replays = replayed.map(|again| (again - forecast.model).abs() < SAME);
        explanation.recorded = Some(Recorded {
            at: time_text(forecast.at),
            ticker: forecast.ticker.clone(),
            model: forecast.model,
            version: forecast.version.clone(),
            replays,
            replayed,
        });
        let now_version = explanation.model.as_ref().map(|model| model.version.clone());
        if now_version.is_some_and(|version| version != forecast.version) {
            explanation.notes.push(
                "the strategy file's model is not the one that made the recorded forecast"
                    .to_owned(),
            );
        } else if replays == Some(false) {
            explanation.notes.push(
                "the replay does not come to the recorded probability: signals may be missing from the \
                 journal"
                    .to_owned(),
            );
        }
        let age = at - forecast.at;
        if age > Nanos::from_secs(3_600) {
            let hours = age.secs_f64() / 3_600.0;
            explanation.notes.push(format!("the last prices on record are {hours:.1} h old"));
        }
        explanation.notes.extend(decision.as_ref().and_then(|one| self.implausible(one)));
        let said = decision.as_ref().and_then(|one| one.belief).map(|belief| belief.model);
        explanation.other_model =
            said.filter(|said| now.is_some_and(|now| (now - said).abs() > SAME));
        explanation.decision = decision;
    }

    /// How far model and market are apart, if that is why nothing was sent.
    fn implausible(&self, decision: &DecisionFacts) -> Option<String> {
        let DecisionOutcome::Denied(Denial::Implausible) = decision.outcome else { return None };
        let belief = decision.belief.as_ref()?;
        let logit = |p: f64| p.ln() - (-p).ln_1p();
        let distance = (logit(belief.model) - logit(belief.market?)).abs();
        let limit = match &self.strategy.decision {
            Decision::Kelly(rules) => format!("{:.2}", rules.max_logit_distance),
            Decision::Maker(rules) => format!("{:.2}", rules.max_logit_distance),
            Decision::Threshold(_) => "not in the strategy file any more".to_owned(),
        };
        Some(format!(
            "implausible: model and market are {distance:.2} of log-odds apart; max_logit_distance is {limit}"
        ))
    }

    /// Why nothing would be decided at this moment, as far as the strategy and its signals tell.
    fn present(&self, engine: &Engine, at: Timestamp) -> Option<String> {
        if let ModelSpec::Hazard(spec) = &self.strategy.model {
            let own = self.horizon(self.market.as_deref()).unwrap_or_else(|| spec.horizon());
            if at >= own.deadline {
                return Some(format!("over: the window ended {}", time_text(own.deadline)));
            }
        }
        let market = matches!(self.strategy.model, ModelSpec::Market);
        (!market && engine.estimate(StrategyId(0)).is_none())
            .then(|| "no_model: the model has no probability at this moment".to_owned())
    }

    /// The last probability from outside, and how long it counts.
    fn pushed(&self, at: Timestamp) -> Option<String> {
        let ModelSpec::External { max_age, .. } = &self.strategy.model else { return None };
        let heard = |event: &Event| match event {
            Event::SignalReceived(signal)
                if event.at() <= at
                    && signal.class == SourceClass::Desk
                    && signal.target == self.strategy.event =>
            {
                let label = signal.labels.iter().find(|label| label.slug == "probability");
                let forecast = signal.forecast;
                let stated =
                    forecast.map(|one| one.probability).or(label.map(|one| one.strength))?;
                Some((event.at(), stated, forecast.and_then(|one| one.valid_until)))
            }
            _ => None,
        };
        let (when, stated, valid_until) = self.events.iter().rev().find_map(heard)?;
        let by_age = when + *max_age;
        let until = valid_until.map_or(by_age, |until| until.min(by_age));
        let verb = if until < at { "expired" } else { "counts until" };
        let why = match valid_until {
            Some(asked) if by_age < asked => {
                format!(
                    " by the strategy's max_age (it was sent as valid until {})",
                    time_text(asked)
                )
            }
            Some(_) => " as it was sent".to_owned(),
            None => " by the strategy's max_age".to_owned(),
        };
        let (when, until) = (time_text(when), time_text(until));
        Some(format!("probability {stated} pushed at {when}, {verb} {until}{why}"))
    }

    /// What the probability would be without a story that has no weight of its own. Taken back by the
    /// desk, a story is gone as if it had never been told (model.md 2.4): no replay is needed.
    fn leave_out(&self, explanation: &mut Explanation, engine: &Engine, at: Timestamp) {
        let Some(all) = self.probability(engine, self.market.as_deref()) else { return };
        let unweighed = explanation.evidence.iter_mut().filter(|one| one.cents.is_none());
        for evidence in unweighed.take(LEFT_OUT_MAX) {
            evidence.without =
                self.lost_without(engine, all, &self.strategy.event, &evidence.story, at);
        }
    }

    /// Cents that the probability, which is `all`, would lose without a story of an event.
    fn lost_without(
        &self,
        engine: &Engine,
        all: f64,
        event: &str,
        story: &str,
        at: Timestamp,
    ) -> Option<f64> {
        let mut without = engine.clone();
        let withdrawal = Event::SignalReceived(Box::new(withdrawal(event, story, at)));
        without.step(&withdrawal, &mut Vec::new());
        let left = self.probability(&without, self.market.as_deref())?;
        Some(100.0 * (all - left))
    }

    /// What was heard of the events that this one must come before, and what each story did to it.
    fn rival_evidence(&self, engine: &Engine, at: Timestamp) -> Vec<RivalEvidence> {
        let Some(all) = self.probability(engine, self.market.as_deref()) else { return Vec::new() };
        let mut evidence: Vec<RivalEvidence> = Vec::new();
        for (rival, index) in self.rivals.iter().zip(1..) {
            let told = evidence.iter().any(|one| one.event == rival.event);
            let Some(model) = engine.model_facts(StrategyId(index)).filter(|_| !told) else {
                continue;
            };
            for story in model.stories {
                let without = (evidence.len() < LEFT_OUT_MAX)
                    .then(|| self.lost_without(engine, all, &rival.event, &story.key, at))
                    .flatten();
                evidence.push(RivalEvidence { event: rival.event.clone(), story, without });
            }
        }
        evidence
    }
}

/// The desk takes a story of an event back.
fn withdrawal(event: &str, story: &str, at: Timestamp) -> Signal {
    Signal {
        id: format!("without {story}"),
        published: at,
        received: at,
        target: event.to_owned(),
        class: SourceClass::Desk,
        cluster: story.to_owned(),
        claim: Some(Claim { assertion: Assertion::Retracted, ..Claim::default() }),
        ..Signal::default()
    }
}

/// The engine once its clock has come to an instant.
fn looked_at(mut engine: Engine, at: Timestamp) -> Engine {
    engine.step(&Event::ClockTicked(ClockTicked { at }), &mut Vec::new());
    engine
}

/// Stories left out one by one at most.
const LEFT_OUT_MAX: usize = 200;

/// Probabilities this near are the same: a model is refreshed at most once an hour.
const SAME: f64 = 2e-3;

/// A strategy file may state history that was not known yet at the moment explained.
fn foresight(model: Option<&ModelFacts>, at: Timestamp) -> Option<String> {
    let later = |part: &&PartFacts| {
        part.kind == PartKind::Signal
            && part.story.is_none()
            && part.since.is_some_and(|one| one > at)
    };
    let slugs: Vec<&str> =
        model?.parts.iter().filter(later).map(|part| part.name.as_str()).collect();
    (!slugs.is_empty()).then(|| {
        format!(
            "the strategy file states history from after this moment ({}): this is not what it would \
             have said then",
            slugs.join(", ")
        )
    })
}

/// Sums the effects by story, oldest story first.
fn evidence(model: &ModelFacts) -> Vec<Evidence> {
    let cents = |key: &str| {
        let effects = model.parts.iter().filter_map(|part| share_of(part, key));
        effects.reduce(|sum, effect| sum + effect).map(|effect| 100.0 * effect)
    };
    let line = |story: &StoryFacts| Evidence {
        story: story.key.clone(),
        title: story.title.clone(),
        source: story.source.clone(),
        cents: cents(&story.key),
        without: None,
        counted_with: counted_with(model, story),
    };
    model.stories.iter().map(line).collect()
}

/// What a story did to a part.
fn share_of(part: &PartFacts, key: &str) -> Option<f64> {
    if part.shares.is_empty() {
        return (part.story.as_deref() == Some(key)).then_some(part.effect);
    }
    part.shares.iter().find(|share| share.story == key).map(|share| share.effect)
}

/// The other story by whose effect every signal of this one is counted, if it has none of its own.
fn counted_with(model: &ModelFacts, story: &StoryFacts) -> Option<String> {
    let teller = |label: &Label| {
        let weighed = |part: &&PartFacts| part.kind == PartKind::Signal && part.name == label.slug;
        model.parts.iter().find(weighed)?.story.clone()
    };
    let tellers: Option<Vec<String>> = story.labels.iter().map(teller).collect();
    let tellers = tellers.filter(|all| !all.contains(&story.key))?;
    tellers.into_iter().next()
}

/// RFC 3339, UTC.
fn time_text(at: Timestamp) -> String {
    crate::research::summary::time_text(at)
}

/// Explaining sends nothing.
fn no_limits() -> AccountLimits {
    AccountLimits {
        max_account_cost: Usd::ZERO,
        cash_buffer_e4: 0,
        max_open_orders: 0,
        max_orders_per_second: 0,
        max_orders_per_minute: 0,
        max_orders_per_day: 0,
        max_book_age: Nanos::from_secs(60),
        duplicate_window: Nanos::ZERO,
        max_unknown_orders: 0,
        max_unattended: Nanos::from_secs(86_400),
        guards: Guards::open(),
    }
}
