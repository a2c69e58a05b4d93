//! Markets of a strategy with deadlines of their own, and events that must come before others.

use statecraft_engine::config::{Horizon, MarketSelector, ModelSpec, Rung};

use super::LoadedStrategy;
use super::nearest::nearest;
use super::node::Node;
use super::read::Reader;
use super::report::Problem;

const KEYS: [&str; 2] = ["deadline", "window_start"];

/// Puts the markets with a horizon of their own into the model.
pub(super) fn on(
    reader: &mut Reader,
    root: &Node,
    markets: Option<&[MarketSelector]>,
    model: Option<ModelSpec>,
) -> Option<ModelSpec> {
    let (mut model, markets) = (model?, markets?);
    for (node, market) in root.list("market").iter().zip(markets) {
        let Some(key) = KEYS.into_iter().find(|key| node.is_given(key)) else { continue };
        let ModelSpec::Hazard(spec) = &mut model else {
            let message = format!("`{key}` of a market is for models of an event by a deadline");
            let help = "only [model] kind = \"hazard\" looks at deadlines; remove it";
            reader.problem(Problem::at(node.place(key), message).help(help));
            continue;
        };
        let own = spec.horizon();
        let horizon = Horizon {
            start: node.instant("window_start").unwrap_or(own.start),
            deadline: node.instant("deadline").unwrap_or(own.deadline),
        };
        if check(reader, root, node, own, horizon) {
            spec.ladder.push(Rung { market: market.clone(), horizon });
        }
    }
    Some(model)
}

/// A market's horizon lies inside the model's. Says what is wrong otherwise.
fn check(reader: &mut Reader, root: &Node, node: &Node, own: Horizon, horizon: Horizon) -> bool {
    let problem = if horizon.start >= horizon.deadline {
        Some(("deadline", "a market whose deadline is not after the start of its window"))
    } else if horizon.deadline > own.deadline {
        Some(("deadline", "a market with a later deadline than the model"))
    } else if horizon.start < own.start {
        Some(("window_start", "a market whose window opens before the model's"))
    } else {
        None
    };
    let Some((key, message)) = problem else { return true };
    let key = if node.is_given(key) { key } else { KEYS[usize::from(key == KEYS[0])] };
    let mut problem = Problem::at(node.place(key), message);
    if let Some(model) = root.table("model") {
        problem = problem.related(model.place(key), "the model's");
    }
    let help = "the model's window is the widest of the ladder: widen it, and give the other markets \
                their own deadline";
    reader.problem(problem.help(help));
    false
}

/// Every rival is the event of another strategy of the run that has a model of it.
pub(super) fn check_rivals<'a>(
    reader: &mut Reader,
    read: impl Iterator<Item = (&'a LoadedStrategy, &'a Node)> + Clone,
) {
    for (loaded, root) in read.clone() {
        let ModelSpec::Hazard(spec) = &loaded.strategy.model else { continue };
        let Some(model) = root.table("model") else { continue };
        let others = read.clone().map(|(other, _)| &other.strategy);
        let others = others.filter(|other| other.name != loaded.strategy.name);
        let events: Vec<(&str, bool)> = others
            .map(|other| (other.event.as_str(), matches!(other.model, ModelSpec::Hazard(_))))
            .collect();
        for rival in &spec.first_before {
            if events.iter().any(|(event, modelled)| event == rival && *modelled) {
                continue;
            }
            let known = events.iter().any(|(event, _)| event == rival);
            let own = *rival == loaded.strategy.event;
            let place = model.place("first_before");
            reader.problem(unknown(Problem::at(place, message(rival, known, own)), rival, &events));
        }
    }
}

fn message(rival: &str, known: bool, own: bool) -> String {
    let rival = rival.escape_debug();
    match (known, own) {
        (true, _) => format!("the strategy of `{rival}` has no model of its event"),
        (false, true) => format!("`{rival}` cannot come before itself"),
        (false, false) => format!("no strategy of this run is about `{rival}`"),
    }
}

fn unknown(problem: Problem, rival: &str, events: &[(&str, bool)]) -> Problem {
    let modelled = || events.iter().filter(|(_, modelled)| *modelled).map(|(event, _)| *event);
    match nearest(rival, modelled()) {
        Some(meant) if meant != rival => problem.help(format!("did you mean \"{meant}\"?")),
        _ => problem.help(
            "a rival is the event of another strategy with [model] kind = \"hazard\": give its file \
             too, and enable it",
        ),
    }
}
