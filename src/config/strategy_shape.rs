//! The shape of a strategy file.

use statecraft_domain::{Nanos, Price, Quantity, Usd};

use super::model_shape::{CAUTION, DEAL, SEASON, SILENCE};
use super::shape::{Choice, Key, Kind, Presence, Table, Variant};

const DAY: i64 = 86_400;
const YEAR: i64 = 366 * DAY;

const fn key(name: &'static str, kind: Kind, presence: Presence, doc: &'static str) -> Key {
    Key { name, doc, kind, presence }
}

const fn span(min_secs: i64, max_secs: i64) -> Kind {
    Kind::Span { min: Nanos::from_secs(min_secs), max: Nanos::from_secs(max_secs), forever: false }
}

const fn real(min: f64, max: f64) -> Kind {
    Kind::Real { min, max }
}

const fn whole(min: u64, max: u64) -> Kind {
    Kind::Whole { min, max }
}

const fn money(max_dollars: i64) -> Kind {
    Kind::Money { min: Usd::CENT, max: Usd::from_dollars(max_dollars) }
}

const fn contracts(min_e6: i64, max: i32) -> Kind {
    Kind::Contracts { min: Quantity::from_e6(min_e6), max: Quantity::from_contracts(max) }
}

/// Any price, zero and one dollar included: a distance or a bound.
const DISTANCE: Kind = Kind::Price { min: Price::ZERO, max: Price::ONE };

/// A distance that is one.
const TICK_OR_MORE: Kind = Kind::Price { min: TICK, max: Price::ONE };
/// The smallest price there is.
const TICK: Price = match Price::from_e4(1) {
    Some(tick) => tick,
    None => Price::ONE,
};

/// The whole file.
pub(super) static STRATEGY: Table = Table {
    doc: "A strategy: one event, its markets, a model, a decision, and limits.",
    keys: &[
        key(
            "event",
            Kind::Text,
            Presence::Required,
            "Slug of the event; markets of one event share a limit, signals name it as their target.",
        ),
        key(
            "driver",
            Kind::Text,
            Presence::Optional,
            "Slug of what moves this event and others with it; their markets share `max_driver_cost` (R15).",
        ),
        key("question", Kind::Text, Presence::Required, "The question, for people."),
        key(
            "country",
            Kind::Text,
            Presence::Optional,
            "Slug of the country that headlines are read for (\"japan\"); left out: only signals that \
             carry their labels reach it.",
        ),
        key(
            "enabled",
            Kind::Flag,
            Presence::Default("true"),
            "Does `run` trade it? (`backtest` and `check` with its path always take it.)",
        ),
        key("market", Kind::List(&MARKET), Presence::Required, "Which markets it may trade."),
        key(
            "companion",
            Kind::List(&COMPANION),
            Presence::Optional,
            "Other events that come about by the same trips: contracts on them are sized together.",
        ),
        key("model", Kind::Table(&MODEL), Presence::Required, "Where its probability comes from."),
        key(
            "blend",
            Kind::Table(&BLEND),
            Presence::Default(""),
            "How the model's probability is mixed with the market's.",
        ),
        key(
            "caution",
            Kind::Table(&CAUTION),
            Presence::Default(""),
            "What it does when the market knows more than the model.",
        ),
        key(
            "decision",
            Kind::Table(&DECISION),
            Presence::Required,
            "From a probability to an order.",
        ),
        key(
            "limits",
            Kind::Table(&LIMITS),
            Presence::Default(""),
            "Limits of this strategy alone, never looser than the account's.",
        ),
    ],
    choice: None,
};

static MARKET: Table = Table {
    doc: "Which markets it may trade: exactly one of ticker, series or pattern.",
    keys: &[
        key(
            "venue",
            Kind::Word(&["kalshi", "polymarket", "file"]),
            Presence::Required,
            "Where it trades; \"file\" is a recording without a venue.",
        ),
        key("ticker", Kind::Text, Presence::Optional, "One market, by the venue's name for it."),
        key("series", Kind::Text, Presence::Optional, "Every market of this series."),
        key("pattern", Kind::Text, Presence::Optional, "Tickers in which * stands for any text."),
        key(
            "deadline",
            Kind::Instant,
            Presence::Optional,
            "These markets' own deadline, before that of the (hazard) model: the same beliefs, another \
             rung of the ladder.",
        ),
        key(
            "window_start",
            Kind::Instant,
            Presence::Optional,
            "Events before this instant do not count for these markets; not before the model's own.",
        ),
    ],
    choice: None,
};

static MODEL: Table = Table {
    doc: "Where the probability comes from.",
    keys: &[key(
        "kind",
        Kind::Word(&["hazard", "constant", "external", "market"]),
        Presence::Required,
        "Which model.",
    )],
    choice: Some(Choice {
        tag: "kind",
        variants: &[
            Variant {
                name: "hazard",
                doc: "An event by a deadline, from an intensity that signals move.",
                keys: HAZARD,
            },
            Variant {
                name: "constant",
                doc: "A fixed probability.",
                keys: &[
                    key("probability", real(0.0, 1.0), Presence::Required, "Of YES."),
                    key(
                        "sd_logit",
                        real(0.0, 10.0),
                        Presence::Default("0.0"),
                        "Standard deviation of its log-odds.",
                    ),
                ],
            },
            Variant {
                name: "external",
                doc: "Your own probability: the latest pushed forecast, or signal label `probability`.",
                keys: &[
                    key(
                        "sd_logit",
                        real(0.0, 10.0),
                        Presence::Required,
                        "Standard deviation of its log-odds: how sure you are.",
                    ),
                    key(
                        "max_age",
                        span(1, 5 * YEAR),
                        Presence::Required,
                        "Older than this it counts for nothing, and nothing is traded.",
                    ),
                ],
            },
            Variant {
                name: "market",
                doc: "The market's own price, debiased: the benchmark.",
                keys: &[],
            },
        ],
    }),
};

const HAZARD: &[Key] = &[
    key(
        "window_start",
        Kind::Instant,
        Presence::Required,
        "Events before this instant do not count.",
    ),
    key(
        "deadline",
        Kind::Instant,
        Presence::Required,
        "The event must happen before this instant.",
    ),
    key(
        "first_before",
        Kind::Texts,
        Presence::Optional,
        "Events of other strategies of the same run (with hazard models) before which this one must \
         happen.",
    ),
    key(
        "fit",
        Kind::Path,
        Presence::Optional,
        "Fitted event file, relative to this one: brings base_rate_per_year and log_base_sd of the \
         strategy's country, and the weights of signals with from_fit.",
    ),
    key(
        "base_rate_per_year",
        real(0.000_001, 1_000.0),
        Presence::Unless("fit"),
        "Events a year (of 365.25 days) with no signal at all.",
    ),
    key(
        "log_base_sd",
        real(0.0, 5.0),
        Presence::Default("0.37"),
        "Standard deviation of the logarithm of the base rate.",
    ),
    key(
        "base_share_beside_windows",
        real(0.01, 1.0),
        Presence::Default("1.0"),
        "Share of the base rate that is left while a [[model.window]] lies ahead: below one if the base rate \
         was counted with what windows bring. A fitted event file may bring it.",
    ),
    key(
        "signal_cap",
        real(0.01, 10.0),
        Presence::Default("1.5"),
        "The sum S of all signals is softened to cap * tanh(S / cap).",
    ),
    key(
        "scheduled_cancel",
        real(0.0, 1.0),
        Presence::Default("0.06"),
        "Probability that an announced event is called off.",
    ),
    key(
        "scheduled_slip",
        real(0.0, 1.0),
        Presence::Default("0.14"),
        "Probability that an announced event is put off.",
    ),
    key(
        "scheduled_slip_mean",
        span(3_600, 5 * YEAR),
        Presence::Default("\"45d\""),
        "How long it is put off, on average.",
    ),
    key(
        "stopover_counts",
        Kind::Flag,
        Presence::Default("false"),
        "Does a stop on the way count as the event? Read the contract's rules.",
    ),
    key(
        "plan_prior",
        real(0.001, 0.999),
        Presence::Default("0.2"),
        "Probability of a plan before the first report of it.",
    ),
    key(
        "plan_memory",
        span(DAY, 5 * YEAR),
        Presence::Default("\"60d\""),
        "Mean time between an announcement without a date and the event (a guess): such a plan is \
         forgotten at this pace unless it is heard of again.",
    ),
    key(
        "denied_days_left",
        real(0.001, 1.0),
        Presence::Default("0.15"),
        "What officials who deny a visit for days that they name (\"not this year\") leave of every calendar \
         window in them: one in seven takes place all the same (a guess, fitted to nothing).",
    ),
    key(
        "denied_days_left_sd",
        real(0.0, 1.0),
        Presence::Default("0.10"),
        "Standard deviation of `denied_days_left`.",
    ),
    key(
        "lead_mean",
        span(3_600, 5 * YEAR),
        Presence::Optional,
        "Mean time between announcement and event (\"30d\"): the event is announced before it happens, \
         and nothing is announced yet. Left out: it needs no announcement.",
    ),
    key(
        "frailty",
        real(0.0, 10.0),
        Presence::Default("0.0"),
        "Variance of the year's unobserved effect on the intensity.",
    ),
    key(
        "solo_move_limit",
        real(0.0, 1.0),
        Presence::Default("0.05"),
        "Most that all one publisher says alone moves the probability, however often; more needs a second \
         one in other words. Pages that copy each other are one publisher.",
    ),
    key(
        "corroboration_window",
        span(3_600, YEAR),
        Presence::Default("\"72h\""),
        "How far apart two publishers may report to count as two.",
    ),
    key(
        "official_alone",
        Kind::Flag,
        Presence::Default("true"),
        "An official record needs no second publisher.",
    ),
    key("deal", Kind::Table(&DEAL), Presence::Optional, "A deal whose stage moves the intensity."),
    key("season", Kind::Table(&SEASON), Presence::Optional, "The course of the year."),
    key("silence", Kind::Table(&SILENCE), Presence::Optional, "What silence about a plan says."),
    key("signal", Kind::List(&SIGNAL), Presence::Default(""), "The signals this event knows."),
    key("window", Kind::List(&WINDOW), Presence::Default(""), "Dated occasions for the event."),
];

static SIGNAL: Table = Table {
    doc: "How one kind of signal moves the logarithm of the intensity (0.10 is +10.5 %).",
    keys: &[
        key(
            "slug",
            Kind::Text,
            Presence::Required,
            "Label that carries it; unique in the file. `visited` is a visit: `since` is its date, and it \
             ends every plan that was heard before it.",
        ),
        key(
            "from_fit",
            Kind::Text,
            Presence::Optional,
            "Covariate of the fitted event file (visited_0_6, visited_7_12, inbound_0_6, \
             inbound_7_12) that brings mean and sd.",
        ),
        key("mean", real(-5.0, 5.0), Presence::Unless("from_fit"), "Change at strength 1."),
        key(
            "sd",
            real(0.0, 5.0),
            Presence::Unless("from_fit"),
            "Standard deviation of that change.",
        ),
        key(
            "shape",
            Kind::Word(&["decaying", "step", "ramp", "while_deal"]),
            Presence::Required,
            "How the effect runs over time.",
        ),
        key(
            "since",
            Kind::Instant,
            Presence::Optional,
            "It is known history: in force since this instant.",
        ),
        key(
            "strength",
            real(-3.0, 3.0),
            Presence::Optional,
            "Strength of that history (1 if left out); needs `since`.",
        ),
    ],
    choice: Some(Choice {
        tag: "shape",
        variants: &[
            Variant {
                name: "decaying",
                doc: "Halves again and again.",
                keys: &[key(
                    "half_life",
                    span(3_600, 50 * YEAR),
                    Presence::Required,
                    "Time in which the effect halves.",
                )],
            },
            Variant {
                name: "step",
                doc: "Constant for a time, or until a later signal of the same slug.",
                keys: &[
                    key(
                        "length",
                        Kind::Span {
                            min: Nanos::from_secs(3_600),
                            max: Nanos::from_secs(50 * YEAR),
                            forever: true,
                        },
                        Presence::Required,
                        "How long it lasts.",
                    ),
                    key(
                        "then_from_fit",
                        Kind::Text,
                        Presence::Optional,
                        "Covariate of the fitted event file for the time after that: the second half year \
                     (inbound_7_12 after inbound_0_6) follows by itself.",
                    ),
                    key("then_mean", real(-5.0, 5.0), Presence::Optional, "The same, by hand."),
                    key("then_sd", real(0.0, 5.0), Presence::Optional, "Its standard deviation."),
                    key(
                        "then_length",
                        Kind::Span {
                            min: Nanos::from_secs(3_600),
                            max: Nanos::from_secs(50 * YEAR),
                            forever: true,
                        },
                        Presence::Optional,
                        "How long that lasts (as long as the first part if left out).",
                    ),
                ],
            },
            Variant {
                name: "while_deal",
                doc: "Holds while the deal lives: times the probability that it is neither none nor \
                      dead, over time.",
                keys: &[],
            },
            Variant {
                name: "ramp",
                doc: "Rises to a date and falls again, linearly.",
                keys: &[
                    key("date", Kind::Instant, Presence::Required, "The date."),
                    key(
                        "radius",
                        span(3_600, 5 * YEAR),
                        Presence::Required,
                        "Distance from the date at which the effect is zero.",
                    ),
                ],
            },
        ],
    }),
};

static WINDOW: Table = Table {
    doc: "A dated occasion on which the event may happen.",
    keys: &[
        key(
            "name",
            Kind::Text,
            Presence::Required,
            "For people, and for reports of who attends: the label summit_window@apec means the next \
             window of whose name `APEC` is a word.",
        ),
        key("start", Kind::Instant, Presence::Required, "First instant."),
        key("end", Kind::Instant, Presence::Required, "Last instant; then it is worth nothing."),
        key("attend", Kind::Beta, Presence::Required, "Beta parameters: the trip is made."),
        key(
            "include",
            Kind::Beta,
            Presence::Required,
            "Beta parameters: this country is on the trip, given that it is made.",
        ),
    ],
    choice: None,
};

static BLEND: Table = Table {
    doc: "logit p = w logit q + (1 - w) (a + b logit m), q from the model and m from the market.",
    keys: &[
        key("model_weight", real(0.0, 1.0), Presence::Default("0.20"), "w: weight of the model."),
        key("a", real(-3.0, 3.0), Presence::Default("-0.10"), "Debias intercept of the market."),
        key("b", real(0.1, 5.0), Presence::Default("1.15"), "Debias slope of the market."),
        key(
            "market_sd_logit",
            real(0.0, 5.0),
            Presence::Default("0.25"),
            "Standard deviation of the market's log-odds.",
        ),
        key(
            "max_spread",
            DISTANCE,
            Presence::Default("\"0.10\""),
            "A market with a wider spread is no evidence: nothing is decided then, unless the model has all the weight.",
        ),
    ],
    choice: None,
};

static COMPANION: Table = Table {
    doc: "Another event that shares trips with this one.",
    keys: &[
        key("event", Kind::Text, Presence::Required, "Its slug, as its own strategy names it."),
        key(
            "shared_trips",
            real(0.0, 1.0),
            Presence::Required,
            "Share of the rarer event's trips that bring the other one too.",
        ),
    ],
    choice: None,
};

static DECISION: Table = Table {
    doc: "From a probability to an order.",
    keys: &[key(
        "kind",
        Kind::Word(&["kelly", "threshold", "maker"]),
        Presence::Required,
        "Which rule.",
    )],
    choice: Some(Choice {
        tag: "kind",
        variants: &[
            Variant {
                name: "kelly",
                doc: "A fraction of the log-optimal position at executable prices.",
                keys: KELLY,
            },
            Variant {
                name: "maker",
                doc: "Quotes of one's own around the probability; they rest and never take.",
                keys: MAKER,
            },
            Variant {
                name: "threshold",
                doc: "A fixed size whenever the price is far enough from the probability.",
                keys: &[
                    key("edge", TICK_OR_MORE, Presence::Required, "Distance that triggers."),
                    key(
                        "contracts",
                        contracts(10_000, 1_000_000),
                        Presence::Required,
                        "Contracts per order.",
                    ),
                    key(
                        "max_position",
                        contracts(10_000, 10_000_000),
                        Presence::Required,
                        "Largest position either way.",
                    ),
                    key(
                        "interval",
                        span(0, 30 * DAY),
                        Presence::Default("\"1s\""),
                        "Least time between two decisions.",
                    ),
                ],
            },
        ],
    }),
};

const KELLY: &[Key] = &[
    key("fraction", real(0.0, 1.0), Presence::Default("0.25"), "Fraction of full Kelly."),
    key(
        "edge_min",
        DISTANCE,
        Presence::Default("\"0.02\""),
        "Least edge per contract after all costs.",
    ),
    key(
        "edge_sds",
        real(0.0, 10.0),
        Presence::Default("0.5"),
        "Least edge in standard deviations of the probability.",
    ),
    key(
        "opportunity_rate",
        real(0.0, 1.0),
        Presence::Default("0.045"),
        "What the money would earn elsewhere, per year.",
    ),
    key(
        "resolution_risk",
        real(0.0, 0.5),
        Presence::Default("0.01"),
        "Probability that the resolution disputes what happened.",
    ),
    key(
        "disputed_value",
        real(0.0, 1.0),
        Presence::Default("0.5"),
        "What a disputed contract pays, in dollars.",
    ),
    key(
        "min_contracts",
        contracts(10_000, 1_000_000),
        Presence::Default("20"),
        "Smallest order: fees eat smaller ones.",
    ),
    key(
        "max_depth_share",
        real(0.0, 1.0),
        Presence::Default("0.20"),
        "Largest share of what is shown within three cents of the best price.",
    ),
    key(
        "max_logit_distance",
        real(0.1, 20.0),
        Presence::Default("2.5"),
        "If model and market are further apart in log-odds, the model is missing a fact: no trade.",
    ),
    key(
        "cooldown",
        span(0, 30 * DAY),
        Presence::Default("\"15m\""),
        "Least time between two entries on a market; with same_question, on all of them.",
    ),
    key(
        "max_loss_share",
        real(0.000_1, 1.0),
        Presence::Default("0.02"),
        "Share of equity that one contract may lose at worst.",
    ),
    key(
        "slice_contracts",
        contracts(10_000, 1_000_000),
        Presence::Optional,
        "A larger entry is cut into orders of at most so many contracts; left out: all at once.",
    ),
    key(
        "slice_interval",
        span(0, 30 * DAY),
        Presence::Default("\"1m\""),
        "Least time between two slices of one entry.",
    ),
    key(
        "band_share",
        real(0.0, 1.0),
        Presence::Default("0.10"),
        "What is held is left alone while it is within this share of its target.",
    ),
    key(
        "band_variance_per_day",
        real(0.0, 10.0),
        Presence::Default("0.0"),
        "Variance of the log-odds per day, for a band that also weighs the cost of trading; 0: none.",
    ),
    key(
        "same_question",
        Kind::Flag,
        Presence::Default("false"),
        "All [[market]]s ask the same question: the contract is bought where it is cheapest after fees, \
         and max_position_contracts holds for all of them together.",
    ),
    MAX_HOLDING,
    STOP_MOVE,
    EXIT_BEFORE_CLOSE,
    EXIT_SLIPPAGE,
    REENTRY_PAUSE,
];

const MAX_HOLDING: Key = key(
    "max_holding",
    span(1, 10 * YEAR),
    Presence::Optional,
    "Longest time that something is held; left out: to the end.",
);
const STOP_MOVE: Key = key(
    "stop_move",
    DISTANCE,
    Presence::Optional,
    "Given up once the probability of what is held fell by this much; left out: never.",
);
const EXIT_BEFORE_CLOSE: Key = key(
    "exit_before_close",
    span(1, YEAR),
    Presence::Optional,
    "Given up this long before the market's close; left out: held to settlement.",
);
const EXIT_SLIPPAGE: Key = key(
    "exit_slippage",
    DISTANCE,
    Presence::Default("\"0.03\""),
    "Furthest from the best price that such an exit may reach.",
);
const REENTRY_PAUSE: Key = key(
    "reentry_pause",
    span(0, 30 * DAY),
    Presence::Default("\"15m\""),
    "Nothing is opened on a market for so long after something was closed there; with same_question, on none of them.",
);

const MAKER: &[Key] = &[
    key(
        "contracts",
        contracts(10_000, 1_000_000),
        Presence::Default("20"),
        "Contracts of one quote.",
    ),
    key(
        "min_contracts",
        contracts(10_000, 1_000_000),
        Presence::Default("5"),
        "Smallest quote: less room than this, and there is none.",
    ),
    key(
        "max_inventory",
        contracts(10_000, 10_000_000),
        Presence::Default("100"),
        "Largest inventory on a market either way, open quotes counted as filled.",
    ),
    key(
        "sides",
        Kind::Word(&["both", "bid", "ask"]),
        Presence::Default("\"both\""),
        "Which side opens positions; the other one then only closes them.",
    ),
    key(
        "risk_aversion",
        real(0.0, 10.0),
        Presence::Default("0.1"),
        "Gamma: how far quotes lean against the inventory (per 100 contracts), and how wide they are.",
    ),
    key(
        "variance_per_day",
        real(0.0, 10.0),
        Presence::Default("0.02"),
        "Variance of the probability's log-odds per day.",
    ),
    key(
        "arrival_decay",
        real(0.01, 1000.0),
        Presence::Default("6.0"),
        "k: how fast takers become fewer with distance, per unit of log-odds.",
    ),
    key(
        "informed_share",
        real(0.0, 0.99),
        Presence::Default("0.05"),
        "Share of takers who know the outcome.",
    ),
    key(
        "edge_min",
        DISTANCE,
        Presence::Default("\"0.01\""),
        "Least distance from value to quote after the maker's fee.",
    ),
    key(
        "edge_sds",
        real(0.0, 10.0),
        Presence::Default("0.25"),
        "The same in standard deviations of the probability: doubt makes quotes wide.",
    ),
    key(
        "opportunity_rate",
        real(0.0, 1.0),
        Presence::Default("0.045"),
        "What the money would earn elsewhere, per year.",
    ),
    key(
        "resolution_risk",
        real(0.0, 0.5),
        Presence::Default("0.01"),
        "Probability that the resolution disputes what happened.",
    ),
    key(
        "disputed_value",
        real(0.0, 1.0),
        Presence::Default("0.5"),
        "What a disputed contract pays, in dollars.",
    ),
    key(
        "max_logit_distance",
        real(0.1, 20.0),
        Presence::Default("2.5"),
        "If model and market are further apart in log-odds, nothing is quoted.",
    ),
    key(
        "improve_ticks",
        whole(0, 100),
        Presence::Default("1"),
        "At most so many ticks better than the best price of others.",
    ),
    key(
        "requote_band",
        DISTANCE,
        Presence::Default("\"0.01\""),
        "A quote keeps its place in the queue while the wanted price is no further away than this.",
    ),
    key(
        "max_quotes_per_minute",
        whole(1, 600),
        Presence::Default("6"),
        "Quotes placed on one market in a minute of wall time. All markets together use at most half of \
         the account's max_orders_per_minute and max_orders_per_day.",
    ),
    key(
        "lifetime",
        span(10, DAY),
        Presence::Default("\"300s\""),
        "A quote ends at the venue by itself after this (wall time), never later than the account's \
         max_unattended; it is renewed before.",
    ),
    key(
        "signal_pause",
        span(0, 30 * DAY),
        Presence::Default("\"15m\""),
        "No quotes for so long after a signal moved the model.",
    ),
    key(
        "stop_before_close",
        span(0, YEAR),
        Presence::Default("\"1h\""),
        "No quotes this near the market's close.",
    ),
    MAX_HOLDING,
    STOP_MOVE,
    EXIT_BEFORE_CLOSE,
    EXIT_SLIPPAGE,
    REENTRY_PAUSE,
];

static LIMITS: Table = Table {
    doc: "Limits of this strategy alone, never looser than the account's.",
    keys: &[
        key("max_markets", whole(1, 100_000), Presence::Default("20"), "R4: markets it trades."),
        key("min_price", DISTANCE, Presence::Default("\"0.02\""), "R5: lowest price it quotes."),
        key("max_price", DISTANCE, Presence::Default("\"0.98\""), "R5: highest price it quotes."),
        key(
            "max_order_contracts",
            contracts(10_000, 10_000_000),
            Presence::Default("100"),
            "R6: contracts per order.",
        ),
        key(
            "max_order_cost",
            money(10_000_000),
            Presence::Default("\"25\""),
            "R7: cost of an order.",
        ),
        key(
            "price_collar",
            DISTANCE,
            Presence::Default("\"0.08\""),
            "R8: furthest from the reference price.",
        ),
        key(
            "min_edge",
            DISTANCE,
            Presence::Optional,
            "R9: the limit price is at least this much better than the value (kelly, and not a constant); \
             closing needs no edge. Left out: 0.03, or the decision's own edge_min if that is less.",
        ),
        key(
            "max_edge",
            DISTANCE,
            Presence::Default("\"0.35\""),
            "R10: a larger edge is an error, not an opportunity.",
        ),
        key(
            "max_position_contracts",
            contracts(10_000, 100_000_000),
            Presence::Default("300"),
            "R14: contracts on one market, orders included.",
        ),
        key(
            "max_position_cost",
            money(100_000_000),
            Presence::Default("\"100\""),
            "R14: most that one market may lose.",
        ),
        key(
            "max_group_cost",
            money(100_000_000),
            Presence::Default("\"150\""),
            "R15: most that all markets of the event together may lose.",
        ),
        key(
            "max_open_orders",
            whole(1, 10_000),
            Presence::Default("4"),
            "R18: resting orders on one market.",
        ),
        key(
            "no_new_orders_before_close",
            span(0, YEAR),
            Presence::Default("\"5m\""),
            "R3: no new order this near the market's close.",
        ),
    ],
    choice: None,
};
