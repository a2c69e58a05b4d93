//! The shapes of a model's tables: the deal, the season, silence, and caution before the market.

use statecraft_domain::{Nanos, Price};

use super::shape::{Key, Kind, Presence, Table};

const DAY: i64 = 86_400;

const fn key(name: &'static str, kind: Kind, default: &'static str, doc: &'static str) -> Key {
    Key { name, doc, kind, presence: Presence::Default(default) }
}

const fn required(name: &'static str, kind: Kind, doc: &'static str) -> Key {
    Key { name, doc, kind, presence: Presence::Required }
}

const fn span(min_secs: i64, max_secs: i64) -> Kind {
    Kind::Span { min: Nanos::from_secs(min_secs), max: Nanos::from_secs(max_secs), forever: false }
}

const fn real(min: f64, max: f64) -> Kind {
    Kind::Real { min, max }
}

const DISTANCE: Kind = Kind::Price { min: Price::ZERO, max: Price::ONE };

const STAGE: Kind =
    Kind::Word(&["none", "rumoured", "proposed", "negotiated", "signed", "construction", "dead"]);

/// `[model.deal]`.
pub(super) static DEAL: Table = Table {
    doc: "A deal whose stage multiplies the intensity by e^(beta g): a Markov chain from none over \
          rumoured, proposed, negotiated and signed to construction, or dead. Reports of its stage \
          (labels sov_capital, priv_capital, deal_progress, deal_collapse) move it.",
    keys: &[
        required("as_of", Kind::Instant, "When the stages below were so."),
        key("stage", STAGE, "\"none\"", "Stage of the deal with sovereign capital."),
        key("private_stage", STAGE, "\"none\"", "Stage of the deal with private capital."),
        key(
            "speed",
            real(0.0, 100.0),
            "1.0",
            "Every transition rate of the chain times this; 0 freezes the stage.",
        ),
        key("beta_mean", real(-5.0, 5.0), "1.0", "Mean of beta."),
        key("beta_sd", real(0.0, 5.0), "0.8", "Standard deviation of beta."),
        key("kappa_mean", real(-5.0, 5.0), "0.25", "Private capital: beta times this, on average."),
        key("kappa_sd", real(0.0, 5.0), "0.25", "Standard deviation of that."),
        key("g_rumoured", real(-5.0, 5.0), "0.05", "g of a rumour."),
        key("g_proposed", real(-5.0, 5.0), "0.15", "g of a proposal."),
        key("g_negotiated", real(-5.0, 5.0), "0.30", "g of negotiations."),
        key("g_signed", real(-5.0, 5.0), "0.55", "g of a signature."),
        key("g_construction", real(-5.0, 5.0), "0.40", "g while it is being built."),
        key("g_dead", real(-5.0, 5.0), "-0.10", "g of a deal that is off."),
    ],
    choice: None,
};

/// `[model.season]`.
pub(super) static SEASON: Table = Table {
    doc: "The intensity times exp of one and two cycles a year, counted from 1 January. Off unless \
          given: what was fitted is mostly the calendar of summits, and did not help out of sample.",
    keys: &[
        required("cos_1", real(-3.0, 3.0), "Cosine of one cycle."),
        required("sin_1", real(-3.0, 3.0), "Sine of one cycle."),
        key("cos_2", real(-3.0, 3.0), "0.0", "Cosine of two cycles."),
        key("sin_2", real(-3.0, 3.0), "0.0", "Sine of two cycles."),
    ],
    choice: None,
};

/// `[model.silence]`.
pub(super) static SILENCE: Table = Table {
    doc: "What it says if nothing more is heard of a plan: only time in which sources answered counts, \
          and never more than -2 in log-odds. Not together with lead_mean.",
    keys: &[
        key(
            "reports_if_planned",
            real(0.0, 1_000.0),
            "0.9",
            "Reports a week while the plan is real.",
        ),
        key("reports_otherwise", real(0.0, 1_000.0), "0.3", "Reports a week while it is not."),
        Key {
            name: "sources",
            doc: "Only these sources count; left out: any.",
            kind: Kind::Texts,
            presence: Presence::Optional,
        },
        key(
            "alive_gap",
            span(60, 7 * DAY),
            "\"1h\"",
            "Two answers of a source further apart than this leave a hole.",
        ),
    ],
    choice: None,
};

/// `[caution]`.
pub(super) static CAUTION: Table = Table {
    doc: "When the market knows more than the model (Kelly decisions of hazard and external models).",
    keys: &[
        key(
            "already_priced_limit",
            DISTANCE,
            "\"0.05\"",
            "A signal that comes after the price moved further than this to where it points opens \
             nothing on that side while the price stays there.",
        ),
        key(
            "already_priced_window",
            span(60, 7 * DAY),
            "\"1h\"",
            "How far back that move is looked for.",
        ),
        key(
            "unexplained_move",
            real(0.05, 20.0),
            "0.5",
            "A move of the price's log-odds beyond this without a signal: somebody knows something.",
        ),
        key("unexplained_window", span(60, DAY), "\"30m\"", "Within this span."),
        key("freeze", span(0, 30 * DAY), "\"2h\"", "No new positions for so long after it."),
        key("half_weight", span(0, 30 * DAY), "\"24h\"", "Half the model's weight for so long."),
    ],
    choice: None,
};
