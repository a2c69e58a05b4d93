//! The explanation for people: short tables, nothing that the numbers do not carry.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};
use statecraft_domain::Timestamp;
use statecraft_engine::DecisionOutcome;
use statecraft_engine::Motive;
use statecraft_engine::facts::{
    CALLED_OFF, DEAL, DENIED, DecisionFacts, EdgeFacts, ModelFacts, POSTPONED, PartFacts, PartKind,
    RungFacts, StoryFacts, plan_names, structure_names,
};

use super::{Explanation, Moment, RivalEvidence, time_text};

/// Headlines are cut here, characters.
const HEADLINE: usize = 64;
/// Parts smaller than this many cents are summed up in one line.
const SMALL: f64 = 0.005;
/// Stories named in the line that they make, the others are summed up.
const SHARES: usize = 3;
/// The line of what is summed up.
const SMALLER: &str = "smaller parts";
/// The last line.
const TOTAL: &str = "= model probability";
/// Stories shown at most, the ones with the largest effect first.
const STORIES: usize = 15;

/// The whole text.
#[must_use]
pub fn text(explanation: &Explanation) -> String {
    let of = match &explanation.of {
        Moment::At(_) => format!("as of {}", second(&explanation.at)),
        Moment::Order(id) => format!("order {id}, decided {}", second(&explanation.at)),
    };
    let mut text = format!("{}: {}\n{of}", explanation.strategy, explanation.question);
    if let Some(model) = &explanation.model {
        text.push_str(&format!(", {}; model {}", window_text(explanation, model), model.version));
    }
    text.push_str("\n\n");
    if let Some(model) = &explanation.model {
        text.push_str(&model_text(model));
        text.push_str(&stories_text(explanation, model));
        text.push_str(&rivals_text(explanation));
    }
    if let Some(recorded) = &explanation.recorded {
        let verdict = match recorded.replays {
            Some(true) => "; the replay of that instant agrees",
            Some(false) => "; THE REPLAY OF THAT INSTANT DIFFERS",
            None => "",
        };
        text.push_str(&format!(
            "recorded for {} at {}: model {:.4}{verdict}\n",
            recorded.ticker,
            second(&recorded.at),
            recorded.model
        ));
    }
    if let Some(present) = &explanation.present {
        text.push_str(&format!("now: {present}\n"));
    }
    if let Some(decision) = &explanation.decision {
        text.push_str(&age_text(explanation, decision));
        text.push_str(&decision_text(decision));
    }
    for note in &explanation.notes {
        text.push_str(&format!("note: {note}\n"));
    }
    text
}

/// Where the moment lies: before the window, in it, or after it.
fn window_text(explanation: &Explanation, model: &ModelFacts) -> String {
    let deadline = short(&time_text(model.deadline));
    let days = |span: statecraft_domain::Nanos| span.secs_f64() / 86_400.0;
    if model.at >= model.deadline {
        return format!(
            "{:.1} days after the window ended {deadline}",
            days(model.at - model.deadline)
        );
    }
    let opens = explanation.opens.as_deref().unwrap_or_default();
    // RFC 3339 in UTC sorts as time does, to the second.
    if opens.get(..19) > explanation.at.get(..19) {
        return format!(
            "before the window, which opens {} and has {:.1} days until {deadline}",
            short(opens),
            model.base.days
        );
    }
    format!("{:.1} days of the window left, until {deadline}", model.base.days)
}

/// A decision that is not of the moment says when it is from.
fn age_text(explanation: &Explanation, decision: &DecisionFacts) -> String {
    let Moment::At(at) = explanation.of else { return String::new() };
    let hours = (at - decision.at).secs_f64() / 3_600.0;
    let when = second(&time_text(decision.at));
    let head = if hours < 1.0 {
        format!("decided at {when}")
    } else {
        format!("the last decision on record is {hours:.1} h OLD, of {when}, and was")
    };
    let now = explanation.model.as_ref().map(|model| model.q);
    match (explanation.other_model, now) {
        (Some(then), Some(now)) => format!(
            "{head}, by ANOTHER MODEL VALUE than the {:.2} above: it was {:.2} then:\n",
            100.0 * now,
            100.0 * then
        ),
        (Some(then), None) => format!("{head}, by another model value, {:.2}:\n", 100.0 * then),
        (None, _) => format!("{head}:\n"),
    }
}

/// `2025-12-31 23:59:07 UTC`: decisions follow each other within seconds.
fn second(rfc3339: &str) -> String {
    let second = rfc3339.get(..19).map(|text| format!("{} UTC", text.replace('T', " ")));
    second.unwrap_or_else(|| rfc3339.to_owned())
}

/// `2025-12-31 23:59 UTC`.
fn short(rfc3339: &str) -> String {
    let minute = rfc3339.get(..16).map(|text| format!("{} UTC", text.replace('T', " ")));
    minute.unwrap_or_else(|| rfc3339.to_owned())
}

pub(super) fn day(at: Timestamp) -> String {
    time_text(at).get(..10).map_or_else(String::new, str::to_owned)
}

fn cents(probability: f64) -> String {
    format!("{:+.2}", 100.0 * probability)
}

fn table(header: &[&str], rows: Vec<Vec<String>>, right: &[usize]) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(header).add_rows(rows);
    for &index in right {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn model_text(model: &ModelFacts) -> String {
    let base = format!("base: {:.3} a year for {:.0} d", model.base.rate_per_year, model.base.days);
    let width = format!("log sd {:.2}", model.base.log_sd);
    let mut rows = vec![vec![base, format!("{:.2}", 100.0 * model.base.probability), width]];
    // What became of a plan is worth a line even where it changes nothing.
    let is_shown =
        |part: &&PartFacts| part.kind == PartKind::Plan || (100.0 * part.effect).abs() >= SMALL;
    let (large, small): (Vec<&PartFacts>, Vec<&PartFacts>) = model.parts.iter().partition(is_shown);
    rows.extend(large.iter().map(|part| part_row(model, part)));
    if !small.is_empty() {
        let sum: f64 = small.iter().map(|part| part.effect).sum();
        rows.push(vec![format!("{} {SMALLER}", small.len()), cents(sum), String::new()]);
    }
    let (low, high) = model.interval;
    rows.push(vec![
        TOTAL.to_owned(),
        format!("{:.2}", 100.0 * model.q),
        format!(
            "90 %: {:.1} to {:.1}; sd of log-odds {:.2}",
            100.0 * low,
            100.0 * high,
            model.sd_logit
        ),
    ]);
    table(&["", "cents", "with"], rows, &[1]) + &ladder_text(model) + "\n"
}

/// The same event by the deadlines of the strategy's other markets.
fn ladder_text(model: &ModelFacts) -> String {
    let line = |rung: &RungFacts| {
        let (from, until) = (day(rung.start), short(&time_text(rung.deadline)));
        format!("{}: {:.2} from {from} until {until}\n", rung.market, 100.0 * rung.q)
    };
    model.ladder.iter().map(line).collect()
}

/// Every label that a line of the model's table can have, as docs/EXPLAIN.md lists them: capital letters
/// stand for a name or a number.
#[must_use]
pub fn labels() -> Vec<String> {
    let mut labels = vec!["base".to_owned(), format!("N {SMALLER}"), TOTAL.to_owned()];
    labels.extend(["signal SLUG", "window NAME", "before EVENT"].map(str::to_owned));
    labels.push(DEAL.to_owned());
    labels.extend(structure_names().map(str::to_owned));
    labels.extend(plan_names().map(|name| format!("plan {name}")));
    labels
}

/// What a line is called; where several have one name, what tells them apart.
fn label(model: &ModelFacts, part: &PartFacts) -> String {
    let kind = match part.kind {
        PartKind::Signal => "signal ",
        PartKind::Deal => "",
        PartKind::Window => "window ",
        PartKind::Plan => "plan ",
        PartKind::Structure => "",
    };
    let twins = model.parts.iter().filter(|one| one.kind == part.kind && one.name == part.name);
    if part.kind != PartKind::Signal || twins.count() < 2 {
        return format!("{kind}{}", part.name);
    }
    let told = part.story.as_ref().and_then(|key| model.story(key)).map(|story| story.first);
    let apart = match (super::phase::noted_stretch(part), told.or(part.since)) {
        (Some(stretch), _) => format!(", {stretch}"),
        (None, Some(at)) => format!(", of {}", day(at)),
        (None, None) => String::new(),
    };
    format!("{kind}{}{apart}", part.name)
}

/// The stories that make a line together, those that do most first.
fn shares_text(model: &ModelFacts, part: &PartFacts) -> Option<String> {
    if part.shares.is_empty() {
        return None;
    }
    let mut shares: Vec<_> = part.shares.iter().collect();
    shares.sort_by(|a, b| b.effect.abs().total_cmp(&a.effect.abs()));
    let named = shares.iter().take(SHARES).map(|share| {
        let story = model.story(&share.story);
        let what = story.map_or_else(
            || share.story.clone(),
            |story| format!("{} {}", day(story.first), cut(&story.title, 40)),
        );
        format!("{} by {what}", cents(share.effect))
    });
    let mut text: Vec<String> = named.collect();
    let rest = shares.get(SHARES..).unwrap_or_default();
    if !rest.is_empty() {
        let sum: f64 = rest.iter().map(|share| share.effect).sum();
        text.push(format!("{} by {} more", cents(sum), rest.len()));
    }
    Some(text.join(", "))
}

fn part_row(model: &ModelFacts, part: &PartFacts) -> Vec<String> {
    let mut with = Vec::new();
    if let (Some((mean, sd)), Some(strength)) = (part.weight, part.strength) {
        with.push(format!("weight {mean:+.2} ± {sd:.2}, strength {strength:+.2}"));
    }
    if !part.note.is_empty() {
        with.push(part.note.clone());
    }
    with.extend(shares_text(model, part));
    match (&part.story, part.since) {
        (Some(key), _) if part.shares.is_empty() => with.extend(
            model.story(key).map(|story| format!("{} {}", day(story.first), cut(&story.title, 40))),
        ),
        (_, Some(since)) if part.kind == PartKind::Signal => {
            let known = if since > model.at { "in force from" } else { "known since" };
            with.push(format!("{known} {}", day(since)));
        }
        (_, Some(date)) => {
            let what = match part.name.as_str() {
                CALLED_OFF => "cancelled",
                DENIED => "denied",
                POSTPONED => "since",
                _ => "on",
            };
            with.push(format!("{what} {}", day(date)));
        }
        (_, None) => {}
    }
    vec![label(model, part), cents(part.effect), with.join("; ")]
}

/// A headline, and when officials denied it.
fn headline(story: &StoryFacts) -> String {
    let denied = |at| format!(" (officially denied {})", day(at));
    cut(&story.title, HEADLINE) + &story.denied.map_or(String::new(), denied)
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

fn stories_text(explanation: &Explanation, model: &ModelFacts) -> String {
    if model.stories.is_empty() {
        return no_stories(explanation, model).to_owned();
    }
    let mut order: Vec<usize> = (0..model.stories.len()).collect();
    let size = |index: usize| {
        explanation
            .evidence
            .get(index)
            .and_then(|one| one.cents.or(one.without))
            .map_or(0.0, f64::abs)
    };
    order.sort_by(|&a, &b| size(b).total_cmp(&size(a)).then(b.cmp(&a)));
    let mut shown: Vec<usize> = order.into_iter().take(STORIES).collect();
    shown.sort_unstable();
    let mut held: Vec<String> = Vec::new();
    let (mut left_out, mut told_before) = (false, false);
    let row = |&index: &usize| {
        let (story, evidence) = (model.stories.get(index)?, explanation.evidence.get(index)?);
        let labels: Vec<&str> = story.labels.iter().map(|label| label.slug.as_str()).collect();
        let mut says: Vec<String> = story.labels.iter().map(says).collect();
        if says.is_empty() {
            // Read, but not plainly enough to count (docs/EXTRACTION.md).
            says.push("nothing that counts".to_owned());
        }
        let llr = story.llr.map_or("as given".to_owned(), |llr| format!("{llr:+.2}"));
        let share = story.hold.as_ref().map_or(String::new(), |why| {
            held.push(format!("held back: {}: {why}\n", cut(&story.title, HEADLINE)));
            format!(" x {:.0} %", 100.0 * story.scale)
        });
        let effect = match (evidence.cents, evidence.without) {
            (Some(cents), _) => format!("{cents:+.2}"),
            (None, without) if evidence.counted_with.is_some() => {
                told_before = true;
                format!("{:+.2}=", without.unwrap_or_default())
            }
            (None, Some(cents)) => {
                left_out = true;
                format!("{cents:+.2}*")
            }
            (None, None) => place(&labels).to_owned(),
        };
        let class = format!("{:?}", story.class).to_lowercase();
        Some(vec![
            day(story.first),
            format!("{} ({class})", story.source),
            format!("{}/{}", story.reports, story.publishers),
            effect,
            format!("{llr}{share}"),
            headline(story),
            says.join(", "),
            cut(&story.key, 16),
        ])
    };
    let rows: Vec<Vec<String>> = shown.iter().filter_map(row).collect();
    let header = [
        "evidence",
        "source",
        "reports/publishers",
        "cents",
        "log-odds",
        "headline",
        "says",
        "story",
    ];
    let mut text = table(&header, rows, &[3, 4]);
    text.push_str(&held.concat());
    if left_out {
        text.push_str(
            "* what the probability would lose without the story; it counts in the lines of deal and plan\n",
        );
    }
    if told_before {
        text.push_str(
            "= what it says lasts, and is counted above with the story that says it most firmly\n",
        );
    }
    let hidden = model.stories.len().saturating_sub(shown.len());
    if hidden > 0 {
        text.push_str(&format!("and {hidden} stories with less effect (all of them: --json)\n"));
    }
    text + "\n"
}

/// Nothing was heard of the event itself; of others, perhaps.
fn no_stories(explanation: &Explanation, model: &ModelFacts) -> &'static str {
    let before =
        |part: &PartFacts| part.kind == PartKind::Structure && part.name.starts_with("before ");
    let has_rivals = model.parts.iter().any(before);
    match (&explanation.of, has_rivals) {
        (_, false) => "evidence: none was heard\n\n",
        (Moment::Order(_), true) => {
            "evidence: none was heard of the event itself; what was heard of those that it must come \
             before is not kept with an order (try --at)\n\n"
        }
        (Moment::At(_), true) if explanation.rivals.is_empty() => {
            "evidence: none was heard, neither of the event itself nor of those that it must come before\n\n"
        }
        (Moment::At(_), true) => {
            "evidence: none was heard of the event itself; of others, see below\n\n"
        }
    }
}

/// What was heard of the events that this one must come before, those with the largest effect.
fn rivals_text(explanation: &Explanation) -> String {
    let mut shown: Vec<&RivalEvidence> = explanation.rivals.iter().collect();
    if shown.is_empty() {
        return String::new();
    }
    let size = |one: &RivalEvidence| one.without.map_or(0.0, f64::abs);
    shown.sort_by(|a, b| size(b).total_cmp(&size(a)).then(b.story.first.cmp(&a.story.first)));
    let hidden = shown.len().saturating_sub(STORIES);
    shown.truncate(STORIES);
    shown.sort_by_key(|one| (one.story.first, &one.story.key));
    let row = |one: &&RivalEvidence| {
        let story = &one.story;
        let class = format!("{:?}", story.class).to_lowercase();
        let labels: Vec<String> = story.labels.iter().map(says).collect();
        vec![
            day(story.first),
            one.event.clone(),
            format!("{} ({class})", story.source),
            one.without.map_or("-".to_owned(), |cents| format!("{cents:+.2}")),
            headline(story),
            labels.join(", "),
        ]
    };
    let header = ["evidence", "of", "source", "cents", "headline", "says"];
    let mut text = table(&header, shown.iter().map(row).collect(), &[3]);
    text.push_str(
        "what was heard of the events it must come before, and what each did to this one\n",
    );
    if hidden > 0 {
        text.push_str(&format!("and {hidden} stories with less effect (all of them: --json)\n"));
    }
    text + "\n"
}

/// A label in words: a denial says the opposite.
fn says(label: &statecraft_domain::signal::Label) -> String {
    let (not, strength) = (if label.strength < 0.0 { "not " } else { "" }, label.strength.abs());
    if (strength - 1.0).abs() < 0.005 {
        return format!("{not}{}", label.slug);
    }
    format!("{not}{} ({strength:.2})", label.slug)
}

/// Where the effect of a story without weights is counted.
fn place(labels: &[&str]) -> &'static str {
    let deal = |slug: &&str| slug.contains("capital") || slug.starts_with("deal");
    let plan = |slug: &&str| {
        let name = slug.split(':').next().unwrap_or_default();
        let states = ["occurred", "announced", "scheduled", "planned", "postponed", "called_off"];
        name.starts_with("visit_") || states.contains(&name)
    };
    if labels.iter().any(plan) {
        "plan"
    } else if labels.iter().any(deal) {
        "deal"
    } else {
        "-"
    }
}

fn decision_text(decision: &DecisionFacts) -> String {
    let mut text = String::new();
    if let Some(belief) = &decision.belief {
        let market = match (belief.market, belief.market_debiased) {
            (Some(price), Some(debiased)) => {
                format!("market {:.2} (debiased {:.2})", 100.0 * price, 100.0 * debiased)
            }
            (Some(price), None) => format!("market {:.2}", 100.0 * price),
            (None, _) => "market no evidence (no price, or too wide)".to_owned(),
        };
        text.push_str(&format!(
            "blend: model {:.2} at weight {:.2}, {market} = {:.2} ± {:.2} cents\n",
            100.0 * belief.model,
            belief.weight,
            100.0 * belief.blended,
            100.0 * belief.sd_logit * belief.blended * (1.0 - belief.blended)
        ));
    }
    let level = |level: Option<statecraft_domain::event::Level>| {
        level.map_or("none".to_owned(), |one| format!("{} x {}", one.price, one.quantity))
    };
    text.push_str(&format!(
        "prices: bid {}, ask {}; position {}{}\n",
        level(decision.bid),
        level(decision.ask),
        decision.position,
        match decision.own {
            Some(own) if own != decision.position => format!(" (of this strategy: {own})"),
            _ => String::new(),
        }
    ));
    if let Some(edge) = &decision.edge {
        text.push_str(&edge_text(edge));
    }
    if let Some(proposal) = &decision.proposal {
        let deed = if proposal.side == statecraft_domain::Side::Bid { "buy" } else { "sell" };
        let rests = matches!(decision.motive, Some(Motive::Quote { .. }));
        let how = if rests { "resting at that price" } else { "or better" };
        text.push_str(&format!(
            "proposal: {deed} {} YES at {}, {how}\n",
            proposal.quantity, proposal.price
        ));
    }
    if let Some(motive) = &decision.motive {
        text.push_str(&format!("why: {}\n", motive_text(motive)));
    }
    if let Some(cause) = &decision.cause {
        text.push_str(&format!(
            "far from the market because of \"{}\" ({}), without which the model says {:.2}: {} of the \
             stake\n",
            cut(&cause.title, HEADLINE),
            cause.source,
            100.0 * cause.without,
            cause.stake
        ));
    }
    text.push_str(&checks_text(decision));
    text.push_str(&match decision.outcome {
        DecisionOutcome::Order { id, side, price, quantity } => {
            let deed = if side == statecraft_domain::Side::Bid { "buy" } else { "sell" };
            format!("outcome: order {id}: {deed} {quantity} YES at {price}\n")
        }
        DecisionOutcome::Denied(denial) => format!("outcome: nothing was sent: {denial}\n"),
    });
    text
}

/// What decided an order.
fn motive_text(motive: &Motive) -> String {
    let days = |span: statecraft_domain::Nanos| span.secs_f64() / 86_400.0;
    match *motive {
        Motive::Entry { target } => {
            format!("the edge suffices; the best stake is {target:+.2} contracts, before limits")
        }
        Motive::OtherSide { edge } => {
            format!("closed: the other side has an edge of its own, {} cents", cents(edge))
        }
        Motive::NotWorthHolding { loss } => format!(
            "closed: selling brings {} cents beside what holding to settlement is worth (half a cent is not \
             worth the wait)",
            cents(loss)
        ),
        Motive::AboveTarget { target } => {
            format!("lowered: more is held than is best, {target:+.2} contracts")
        }
        Motive::MaxHolding { held, most } => {
            format!(
                "closed: max_holding: held for {:.1} d, at most {:.1} d",
                days(held),
                days(most)
            )
        }
        Motive::StopMove { fall, most } => format!(
            "closed: stop_move: the probability of what is held fell by {:.1} cents, at most {:.1}",
            100.0 * fall,
            100.0 * most
        ),
        Motive::BeforeClose { left, margin } => format!(
            "closed: exit_before_close: {:.2} d are left, at least {:.2} d",
            days(left),
            days(margin)
        ),
        Motive::Flatten => "closed: a person asked".to_owned(),
        Motive::Quote { value, edge } => format!(
            "a quote: what it buys is worth {:.2} cents held to settlement, and it earns {} if it fills",
            100.0 * value,
            cents(edge)
        ),
    }
}

fn edge_text(edge: &EdgeFacts) -> String {
    let number = |edge: Option<f64>| edge.map_or("none".to_owned(), cents);
    format!(
        "edge after fees, cents: YES {}, NO {}; needed {}\n",
        number(edge.yes),
        number(edge.no),
        cents(edge.needed)
    )
}

fn checks_text(decision: &DecisionFacts) -> String {
    if decision.checks.is_empty() {
        return "checks: nothing was proposed, so the risk gate was not asked\n".to_owned();
    }
    let rows = decision.checks.iter().map(|line| {
        let verdict = match (line.passed, line.waived) {
            (true, true) => "passed (only closes)",
            (true, false) => "passed",
            (false, _) => "DENIED",
        };
        let measures: Vec<String> = line
            .measures
            .iter()
            .map(|one| format!("{} {} ({})", one.what, one.value, one.bound))
            .collect();
        vec![line.check.code().to_owned(), verdict.to_owned(), measures.join("; ")]
    });
    table(&["check", "", "numbers"], rows.collect(), &[])
}
