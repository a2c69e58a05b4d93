//! The shape of `config/statecraft.toml`.

use statecraft_domain::{Nanos, Quantity, Usd};

use super::shape::{Key, Kind, Presence, Table};

const DAY: i64 = 86_400;

const fn key(name: &'static str, kind: Kind, presence: Presence, doc: &'static str) -> Key {
    Key { name, doc, kind, presence }
}

const fn section(name: &'static str, table: &'static Table, doc: &'static str) -> Key {
    key(name, Kind::Table(table), Presence::Default(""), doc)
}

const fn span(min_millis: i64, max_secs: i64) -> Kind {
    Kind::Span {
        min: Nanos::from_millis(min_millis),
        max: Nanos::from_secs(max_secs),
        forever: false,
    }
}

const fn money(max_dollars: i64) -> Kind {
    Kind::Money { min: Usd::CENT, max: Usd::from_dollars(max_dollars) }
}

const fn whole(min: u64, max: u64) -> Kind {
    Kind::Whole { min, max }
}

/// The whole file.
pub(super) static SETTINGS: Table = Table {
    doc: "Settings of the program: money at stake, venue, limits of the account, signals, recording.",
    keys: &[
        section("run", &RUN, "What runs and where it keeps its state."),
        section("kalshi", &KALSHI, "How Kalshi is reached."),
        section("embedded", &EMBEDDED, "The simulated venue inside this process."),
        section("limits", &LIMITS, "Limits of the whole account, checked before every order."),
        section("tape", &TAPE, "Recording of market data for research."),
        section("extraction", &EXTRACTION, "How headlines are read."),
        section("skill", &SKILL, "When a strategy's own record costs it the right to real money."),
        section("api", &API, "Signals pushed by your own pipeline."),
        key("signals", Kind::List(&SIGNALS), Presence::Default(""), "Where signals come from."),
    ],
    choice: None,
};

static RUN: Table = Table {
    doc: "What runs and where it keeps its state.",
    keys: &[
        key(
            "mode",
            Kind::Word(&["paper", "live"]),
            Presence::Default("\"paper\""),
            "Simulated or real money. Live trading also needs `run --live`.",
        ),
        key(
            "state_dir",
            Kind::Path,
            Presence::Default("\"state\""),
            "Directory of the journal and its lock; one per account.",
        ),
        key(
            "min_free_bytes",
            whole(0, 1 << 50),
            Presence::Default("536870912"),
            "With fewer bytes free on the disk of state_dir the bot only reduces, and records nothing \
             (67108864 at least; 0: nobody looks).",
        ),
        key(
            "paper_state_dir",
            Kind::Path,
            Presence::Optional,
            "State directory of the paper runs that `limits.paper_days` asks for before real money.",
        ),
        key(
            "strategies_dir",
            Kind::Path,
            Presence::Default("\"strategies\""),
            "Directory of the strategy files (*.toml).",
        ),
        key(
            "prediction_interval",
            span(0, 30 * DAY),
            Presence::Default("\"15m\""),
            "A market's prediction is recorded at most this often (0s: at every decision).",
        ),
        key(
            "max_crashes",
            whole(0, 1_000),
            Presence::Default("5"),
            "After so many ends without a stop within ten minutes the next start is paused, until a person \
             resumes (0: never).",
        ),
    ],
    choice: None,
};

static KALSHI: Table = Table {
    doc: "How Kalshi is reached.",
    keys: &[
        key(
            "endpoint",
            Kind::Text,
            Presence::Default("\"embedded\""),
            "\"embedded\" (a simulated venue inside this process), \"demo\", \"prod\", or the URL of \
             anything that speaks Kalshi's protocol.",
        ),
        key(
            "key_id",
            Kind::Text,
            Presence::Optional,
            "Id of the API key (not a secret). Environment: KALSHI_API_KEY_ID.",
        ),
        key(
            "private_key",
            Kind::Path,
            Presence::Optional,
            "File with the API key in PEM form, mode 0600. Environment: KALSHI_PRIVATE_KEY_PATH.",
        ),
        key(
            "member",
            Kind::Word(&["direct", "non_direct"]),
            Presence::Default("\"direct\""),
            "How fees are rounded: direct members' balances are kept to $0.0001, others' to $0.01.",
        ),
        key(
            "order_group_contracts",
            Kind::Contracts {
                min: Quantity::from_contracts(1),
                max: Quantity::from_contracts(10_000_000),
            },
            Presence::Default("1000"),
            "Contracts of resting orders that may match within 15 seconds before the venue itself cancels \
             them all and takes no more in this run.",
        ),
    ],
    choice: None,
};

static EMBEDDED: Table = Table {
    doc: "The simulated venue inside this process.",
    keys: &[
        key(
            "seed",
            whole(0, u64::MAX),
            Presence::Default("20260101"),
            "The same seed tells the same story.",
        ),
        key(
            "speed",
            whole(1, 1_000_000),
            Presence::Default("105000"),
            "Story seconds per second of wall time; 105000 tells the year 2026 in five minutes.",
        ),
        key(
            "cash",
            money(1_000_000_000),
            Presence::Default("\"1000\""),
            "Opening cash of the paper account.",
        ),
    ],
    choice: None,
};

static TAPE: Table = Table {
    doc: "Recording of market data for research.",
    keys: &[
        key("record", Kind::Flag, Presence::Default("false"), "Record what the engine sees."),
        key("dir", Kind::Path, Presence::Default("\"tapes\""), "Directory of the recordings."),
    ],
    choice: None,
};

static SKILL: Table = Table {
    doc: "When a strategy's own record costs it the right to real money.",
    keys: &[
        key(
            "min_resolutions",
            whole(5, 10_000),
            Presence::Default("20"),
            "Resolved facts that a record must have before it can demote a strategy.",
        ),
        key(
            "credible",
            Kind::Real { min: 0.8, max: 0.999_9 },
            Presence::Default("0.95"),
            "How sure it must be that the strategy did worse than the market's prices.",
        ),
    ],
    choice: None,
};
/// What kind of source it is, as files write it (model.md 2.1).
pub(super) const CLASSES: &[&str] = &[
    "desk",
    "official",
    "wire",
    "top_tier",
    "national",
    "trade_press",
    "aggregator",
    "local",
    "business",
    "sports",
    "entertainment",
    "commentary",
    "social",
    "satire",
];

static SIGNALS: Table = Table {
    doc: "A source of signals: a feed, or one JSON object a line.",
    keys: &[
        key("name", Kind::Text, Presence::Required, "Unique name of the source."),
        key(
            "kind",
            Kind::Word(&["jsonl", "feed"]),
            Presence::Default("\"jsonl\""),
            "\"feed\": RSS, Atom or JSON Feed. \"jsonl\": one JSON object a line.",
        ),
        key("path", Kind::Path, Presence::Optional, "A file that grows (jsonl only)."),
        key("url", Kind::Text, Presence::Optional, "Where it is fetched (instead of path)."),
        key(
            "class",
            Kind::Word(CLASSES),
            Presence::Optional,
            "What kind of source it is: how far its headlines are believed. Required for a feed; a \
             jsonl source without it is your own desk.",
        ),
        key(
            "trust",
            Kind::Real { min: 0.0, max: 1.0 },
            Presence::Default("1.0"),
            "Share of a signal's evidence (from your own desk: of its strength) that is believed.",
        ),
        key(
            "max_influence",
            Kind::Real { min: 0.0, max: 20.0 },
            Presence::Optional,
            "Most that it moves a model's log-odds within 24 hours unless others say the same; left \
             out: no limit of its own.",
        ),
        key(
            "requires_corroboration",
            Kind::Flag,
            Presence::Default("false"),
            "Does it count only once another publisher says the same in other words?",
        ),
        key(
            "poll",
            span(100, DAY),
            Presence::Optional,
            "How often it is looked at: 5s if left out, 60s for a feed (30s at least, politeness).",
        ),
        key(
            "max_age",
            span(1_000, 3_660 * DAY),
            Presence::Default("\"30d\""),
            "Older is not used.",
        ),
        key(
            "silent_after",
            Kind::Span {
                min: Nanos::from_secs(1),
                max: Nanos::from_secs(3_660 * DAY),
                forever: true,
            },
            Presence::Optional,
            "Nothing new that can be read for so long is told (`source_silent`): 3d of a feed or an address if \
             left out; a file, which is your own, may be silent \"forever\".",
        ),
        key(
            "per_minute",
            whole(1, 100_000),
            Presence::Optional,
            "More a minute than this wait: 30 of a feed or an address if left out; of a file, which is your \
             own, as many as it has.",
        ),
        key(
            "hosts",
            Kind::Texts,
            Presence::Optional,
            "Hosts besides its own that a redirect may lead to.",
        ),
        key(
            "official_hosts",
            Kind::Texts,
            Presence::Optional,
            "Class official only: hosts whose pages are the official record. An item that links \
             elsewhere counts as an aggregator's.",
        ),
        key(
            "publisher_hosts",
            Kind::Texts,
            Presence::Optional,
            "Class aggregator only: hosts whose owner counts as the publisher of an item that links \
             there. Everything else it brings has one publisher: itself.",
        ),
    ],
    choice: None,
};

static EXTRACTION: Table = Table {
    doc: "How headlines are read: by rules, and if you like by a second reader as well.",
    keys: &[
        key(
            "lexicon",
            Kind::Path,
            Presence::Optional,
            "A lexicon of your own (a copy of config/lexicon.toml, edited); without it, the shipped one.",
        ),
        section(
            "labeller",
            &LABELLER,
            "An OpenAI-compatible endpoint that labels headlines too. It adds nothing; where it \
             disagrees with the rules, a report counts half.",
        ),
    ],
    choice: None,
};

static LABELLER: Table = Table {
    doc: "The second reader of headlines; off unless `url` is given.",
    keys: &[
        key(
            "url",
            Kind::Text,
            Presence::Optional,
            "Its base address (https, or http on this machine); /chat/completions follows.",
        ),
        key("model", Kind::Text, Presence::Optional, "Which model; needed with url."),
        key(
            "key_file",
            Kind::Path,
            Presence::Optional,
            "File with its key, mode 0600, if it wants one.",
        ),
        key("timeout", span(100, 60), Presence::Default("\"10s\""), "How long an answer may take."),
    ],
    choice: None,
};

static API: Table = Table {
    doc: "Signals and probabilities pushed by your own pipeline over HTTP (docs/SIGNALS.md).",
    keys: &[
        key(
            "listen",
            Kind::Text,
            Presence::Optional,
            "Address and port, such as \"127.0.0.1:8787\"; left out: nothing listens.",
        ),
        key(
            "allow_remote",
            Kind::Flag,
            Presence::Default("false"),
            "May it listen on more than this machine? There is no TLS: put something in front.",
        ),
        key(
            "token_file",
            Kind::Path,
            Presence::Optional,
            "File with the bearer token, mode 0600; made at the first start. Left out: api-token in \
             the state directory.",
        ),
    ],
    choice: None,
};

static LIMITS: Table = Table {
    doc: "Limits of the whole account, checked before every order.",
    keys: &[
        key(
            "max_account_cost",
            money(100_000_000),
            Presence::Default("\"500\""),
            "R16: most that open positions and orders together may lose.",
        ),
        key(
            "cash_buffer",
            Kind::Real { min: 0.0, max: 0.9 },
            Presence::Default("0.05"),
            "R17: share of equity that always stays in cash.",
        ),
        key("max_open_orders", whole(1, 10_000), Presence::Default("20"), "R18: resting orders."),
        key("max_orders_per_second", whole(1, 100), Presence::Default("2"), "R19."),
        key(
            "max_orders_per_minute",
            whole(1, 6_000),
            Presence::Default("30"),
            "R19. A fifth is kept for what only closes; quotes use at most half.",
        ),
        key(
            "max_orders_per_day",
            whole(1, 1_000_000),
            Presence::Default("2000"),
            "R19. A fifth is kept for what only closes; quotes use at most half.",
        ),
        key(
            "max_book_age",
            span(100, 600),
            Presence::Default("\"15s\""),
            "R11: no order on a book whose connection was silent for longer.",
        ),
        key(
            "duplicate_window",
            span(0, 3_600),
            Presence::Default("\"30s\""),
            "R20: the same order again within this time is refused unless something changed.",
        ),
        key(
            "max_unknown_orders",
            whole(0, 100),
            Presence::Default("3"),
            "R23: with more orders of unknown fate than this, nothing new is sent.",
        ),
        key(
            "max_unattended",
            span(10_000, DAY),
            Presence::Default("\"5m\""),
            "Resting orders end by themselves at the venue after this time.",
        ),
        key(
            "reconcile_interval",
            span(10_000, 3_600),
            Presence::Default("\"3m\""),
            "I15: nothing new is sent if the account was last compared with the venue's longer ago.",
        ),
        key(
            "max_model_age",
            span(60_000, 366 * DAY),
            Presence::Default("\"1d\""),
            "R12: no order from a model that was not computed, or heard no source, for longer.",
        ),
        key(
            "max_driver_cost",
            money(100_000_000),
            Presence::Optional,
            "R15: most that all events with one `driver` may lose together; left out: as max_account_cost.",
        ),
        key(
            "max_venue_cost",
            money(100_000_000),
            Presence::Optional,
            "R16: most that one venue's positions and orders may lose; left out: as max_account_cost.",
        ),
        key(
            "max_total_cost",
            money(100_000_000),
            Presence::Optional,
            "R16: most that all accounts together may lose; left out: 1.6 times max_account_cost.",
        ),
        key(
            "max_repeats_per_hour",
            whole(1, 100_000),
            Presence::Default("20"),
            "R21: orders of a strategy that trade on one side of a market within an hour; then it is \
             halted until you release it.",
        ),
        key(
            "max_repeats_per_day",
            whole(1, 1_000_000),
            Presence::Default("60"),
            "R21: the same within a day.",
        ),
        key(
            "max_day_loss",
            money(10_000_000),
            Presence::Default("\"50\""),
            "R24: lost within a day: from then on only closing, until you release it.",
        ),
        key(
            "max_week_loss",
            money(10_000_000),
            Presence::Default("\"80\""),
            "R24: lost within a week (from Monday): the same.",
        ),
        key(
            "max_drawdown",
            money(10_000_000),
            Presence::Default("\"100\""),
            "R24: lost since the highest profit: killed, until you release it.",
        ),
        key(
            "mark_patience",
            span(1_000, DAY),
            Presence::Default("\"10m\""),
            "R24: a position without a price keeps its last one for so long; then it counts as lost.",
        ),
        key(
            "day_zone",
            Kind::Text,
            Presence::Default("\"UTC\""),
            "R24: time zone in which days and weeks begin, such as \"America/New_York\".",
        ),
        key(
            "max_signal_cost",
            money(100_000_000),
            Presence::Default("\"50\""),
            "R25: most that is opened because of one signal.",
        ),
        key(
            "max_source_cost",
            money(100_000_000),
            Presence::Default("\"100\""),
            "R25: most that is opened because of one source.",
        ),
        key(
            "max_hour_cost",
            money(100_000_000),
            Presence::Default("\"150\""),
            "R25: most that is opened within an hour.",
        ),
        key(
            "max_reject_ratio",
            Kind::Real { min: 0.01, max: 1.0 },
            Presence::Default("0.30"),
            "R26: share of a strategy's orders that the venue may refuse within five minutes; then it is \
             halted until you release it.",
        ),
        key(
            "max_cancel_ratio",
            Kind::Real { min: 0.01, max: 1.0 },
            Presence::Default("0.30"),
            "R26: share that may end cancelled; quotes that are withdrawn do not count.",
        ),
        key(
            "min_ratio_orders",
            whole(2, 10_000),
            Presence::Default("10"),
            "R26: no share is taken of fewer orders.",
        ),
        key(
            "max_auth_rejects",
            whole(1, 100),
            Presence::Default("3"),
            "Refusals of the key in a row that halt the account.",
        ),
        key(
            "max_impossible_orders",
            whole(0, 100),
            Presence::Default("3"),
            "I5: orders with an impossible history; one more kills.",
        ),
        key(
            "ramp_fraction",
            Kind::Real { min: 0.01, max: 1.0 },
            Presence::Default("0.10"),
            "R28: share of its limits that a new or changed strategy has with real money.",
        ),
        key("ramp_days", whole(0, 365), Presence::Default("7"), "R28: for so many days."),
        key(
            "paper_days",
            whole(0, 365),
            Presence::Default("3"),
            "R28: days that a strategy's file must have run on paper, as it is, before real money.",
        ),
        section("ceiling", &CEILING, "What no limit may exceed, whoever changes it."),
    ],
    choice: None,
};

/// What no limit may exceed: raised here, deliberately, or not at all.
static CEILING: Table = Table {
    doc: "What no limit may exceed, whoever changes it.",
    keys: &[
        key(
            "max_order_contracts",
            Kind::Contracts {
                min: Quantity::from_contracts(1),
                max: Quantity::from_contracts(10_000_000),
            },
            Presence::Default("2000"),
            "R6.",
        ),
        key("max_order_cost", money(10_000_000), Presence::Default("\"500\""), "R7."),
        key(
            "max_position_contracts",
            Kind::Contracts {
                min: Quantity::from_contracts(1),
                max: Quantity::from_contracts(100_000_000),
            },
            Presence::Default("5000"),
            "R14.",
        ),
        key("max_position_cost", money(100_000_000), Presence::Default("\"2500\""), "R14."),
        key("max_group_cost", money(100_000_000), Presence::Default("\"5000\""), "R15."),
        key("max_account_cost", money(100_000_000), Presence::Default("\"10000\""), "R16."),
        key("max_total_cost", money(100_000_000), Presence::Default("\"16000\""), "R16."),
        key("max_orders_per_day", whole(1, 1_000_000), Presence::Default("10000"), "R19."),
        key("max_day_loss", money(10_000_000), Presence::Default("\"1000\""), "R24."),
        key("max_week_loss", money(10_000_000), Presence::Default("\"1600\""), "R24."),
        key("max_drawdown", money(10_000_000), Presence::Default("\"2000\""), "R24."),
        key("max_hour_cost", money(100_000_000), Presence::Default("\"5000\""), "R25."),
    ],
    choice: None,
};
