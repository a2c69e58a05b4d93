//! The parts of an event's model that have tables of their own, and the rules that tie them together.

use statecraft_domain::Nanos;
use statecraft_engine::config::{Caution, DealSpec, Influence, SilenceSpec};
use statecraft_engine::model::{DEAL_SLUGS, stage_named};

use super::node::Node;
use super::read::Reader;
use super::report::Problem;

const WEEK_DAYS: f64 = 7.0;

/// A table that may be left out: `Some(None)` if it is, `None` if it is wrong.
pub(super) type Maybe<T> = Option<Option<T>>;

fn optional<T>(node: &Node, key: &str, build: impl FnOnce(&Node) -> Option<T>) -> Maybe<T> {
    match node.table(key) {
        Some(table) => build(table).map(Some),
        None => (!node.is_given(key)).then_some(None),
    }
}

/// `[model.deal]`.
pub(super) fn deal(reader: &mut Reader, model: &Node) -> Maybe<DealSpec> {
    optional(model, "deal", |node| {
        if let (Some(as_of), Some(deadline)) = (node.instant("as_of"), model.instant("deadline"))
            && as_of >= deadline
        {
            reader.problem(
                Problem::at(node.place("as_of"), "a deal that begins after the deadline")
                    .related(model.place("deadline"), "the deadline"),
            );
        }
        no_weight_besides(reader, model, node);
        let stage = |key: &str| stage_named(&node.text(key)?).map(|stage| stage.certain());
        Some(DealSpec {
            initial: stage("stage")?,
            as_of: node.instant("as_of")?,
            speed: node.real("speed")?,
            profile: [
                0.0,
                node.real("g_rumoured")?,
                node.real("g_proposed")?,
                node.real("g_negotiated")?,
                node.real("g_signed")?,
                node.real("g_construction")?,
                node.real("g_dead")?,
            ],
            beta: (node.real("beta_mean")?, node.real("beta_sd")?),
            private_initial: stage("private_stage")?,
            private_kappa: (node.real("kappa_mean")?, node.real("kappa_sd")?),
        })
    })
}

/// What reaches the deal through its stages must not be a weight as well.
fn no_weight_besides(reader: &mut Reader, model: &Node, deal: &Node) {
    for signal in model.list("signal") {
        let Some(slug) = signal.text("slug") else { continue };
        if DEAL_SLUGS.contains(&slug.as_str()) {
            let message = format!("`{slug}` moves the stage of the deal and is a weight as well");
            let help = "that counts it twice: remove the signal, or the table [model.deal]";
            reader.problem(
                Problem::at(signal.place("slug"), message)
                    .related(&deal.place, "the deal it moves")
                    .help(help),
            );
        }
    }
}

/// `[model.season]`.
pub(super) fn season(model: &Node) -> Maybe<[f64; 4]> {
    optional(model, "season", |node| {
        Some([node.real("cos_1")?, node.real("sin_1")?, node.real("cos_2")?, node.real("sin_2")?])
    })
}

/// `[model.silence]`.
pub(super) fn silence(reader: &mut Reader, model: &Node) -> Maybe<SilenceSpec> {
    optional(model, "silence", |node| {
        if model.is_given("lead_mean") {
            let message = "`lead_mean` and [model.silence] both read the same silence";
            reader.problem(
                Problem::at(&node.place, message)
                    .label("silence about a plan")
                    .related(model.place("lead_mean"), "silence before an announcement")
                    .help("that counts it twice: keep one of the two"),
            );
        }
        let planned = node.real("reports_if_planned")?;
        let otherwise = node.real("reports_otherwise")?;
        if planned < otherwise {
            let message = "a plan would make fewer reports than no plan";
            reader.problem(
                Problem::at(node.place("reports_if_planned"), message)
                    .label(format!("{planned} a week"))
                    .related(node.place("reports_otherwise"), format!("{otherwise} a week")),
            );
            return None;
        }
        Some(SilenceSpec {
            rate_if_planned: planned / WEEK_DAYS,
            rate_if_not: otherwise / WEEK_DAYS,
            sources: node.texts("sources").unwrap_or_default(),
            alive_gap: node.span("alive_gap")?,
        })
    })
}

/// The limits of influence among the model's own keys.
pub(super) fn influence(model: &Node) -> Option<Influence> {
    Some(Influence {
        solo_move_limit: model.real("solo_move_limit")?,
        corroboration_window: model.span("corroboration_window")?,
        official_alone: model.flag("official_alone")?,
    })
}

/// Mean lead in days; it cannot fill the whole window.
pub(super) fn lead(reader: &mut Reader, model: &Node) -> Option<f64> {
    let lead = model.span("lead_mean")?;
    if let (Some(start), Some(end)) = (model.instant("window_start"), model.instant("deadline"))
        && end > start
        && lead >= end - start
    {
        let message = "events are announced longer ahead than the window is wide";
        reader.problem(Problem::at(model.place("lead_mean"), message));
    }
    Some(lead.days())
}

/// `[caution]`.
pub(super) fn caution(reader: &mut Reader, node: &Node) -> Option<Caution> {
    let (freeze, half_weight): (Nanos, Nanos) = (node.span("freeze")?, node.span("half_weight")?);
    if half_weight < freeze {
        reader.problem(
            Problem::at(node.place("half_weight"), "full weight returns before entries do")
                .related(node.place("freeze"), "no new positions for so long"),
        );
    }
    Some(Caution {
        already_priced_limit: node.price("already_priced_limit")?.as_f64(),
        already_priced_window: node.span("already_priced_window")?,
        unexplained_move: node.real("unexplained_move")?,
        unexplained_window: node.span("unexplained_window")?,
        freeze,
        half_weight,
    })
}
