//! F32: configurations that would lose money are refused, each with the key and what it may hold.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

use statecraft::config::{Loaded, Overrides, load_with};
use statecraft_domain::{Nanos, Timestamp, Usd};

const STRATEGY: &str = r#"
event = "e"
question = "?"
market = [{ venue = "kalshi", ticker = "T" }]
[model]
kind = "external"
sd_logit = 0.5
max_age = "1d"
[decision]
kind = "kelly"
"#;

const THRESHOLD: &str = r#"
event = "e"
question = "?"
market = [{ venue = "kalshi", ticker = "T" }]
[model]
kind = "constant"
probability = 0.5
[decision]
kind = "threshold"
"#;

/// Loads settings and one strategy; the messages with their labels and advice if they are refused.
fn load(settings: &str, strategy: &str) -> Result<Loaded, String> {
    let dir = tempfile::tempdir().unwrap();
    let (config, file) = (dir.path().join("c.toml"), dir.path().join("s.toml"));
    std::fs::write(&config, settings).unwrap();
    std::fs::write(&file, strategy).unwrap();
    load_with(&config, &Overrides::default(), &[], Some(&[file]))
        .map_err(|report| report.render(false))
}

#[test]
fn the_basis_is_valid() {
    load("", STRATEGY).unwrap();
    let threshold = format!("{THRESHOLD}edge = \"0.03\"\ncontracts = 10\nmax_position = 100\n");
    load("", &threshold).unwrap();
}

/// `(in [limits] of the settings, the key, what the message says of its range)`.
const ACCOUNT: &[(&str, &str, &str)] = &[
    // A hundred times too much, or no limit at all.
    ("max_account_cost = \"50000\"", "max_account_cost", "0.01 to 10000"),
    ("max_account_cost = \"1e9\"", "max_account_cost", "from \"0.01\""),
    ("max_account_cost = \"0\"", "max_account_cost", "from \"0.01\""),
    ("max_account_cost = \"-500\"", "max_account_cost", "from \"0.01\""),
    ("max_account_cost = 500", "max_account_cost", "in quotes"),
    ("max_account_cost = 500.0", "max_account_cost", "in quotes"),
    ("max_account_cost = \"500 USD\"", "max_account_cost", "from \"0.01\""),
    ("max_account_cost = \"500,00\"", "max_account_cost", "from \"0.01\""),
    ("max_account_cost = nan", "max_account_cost", "from \"0.01\""),
    ("max_account_cost = inf", "max_account_cost", "from \"0.01\""),
    ("max_total_cost = \"400\"", "max_account_cost", "max_total_cost"),
    ("max_total_cost = \"80000\"", "max_total_cost", "0.01 to 16000"),
    ("max_venue_cost = \"600\"", "max_venue_cost", "max_account_cost"),
    ("max_day_loss = \"0\"", "max_day_loss", "from \"0.01\""),
    ("max_day_loss = \"5000\"", "max_day_loss", "0.01 to 1000"),
    ("max_day_loss = \"90\"", "max_day_loss", "max_week_loss"),
    ("max_week_loss = \"150\"", "max_week_loss", "max_drawdown"),
    ("max_drawdown = \"10000\"", "max_drawdown", "0.01 to 2000"),
    ("max_drawdown = \"0\"", "max_drawdown", "from \"0.01\""),
    ("max_hour_cost = \"15000\"", "max_hour_cost", "0.01 to 5000"),
    ("max_signal_cost = \"500\"", "max_signal_cost", "max_source_cost"),
    ("max_source_cost = \"200\"", "max_source_cost", "max_hour_cost"),
    // A share that was meant as percent, and the other way round.
    ("cash_buffer = 5", "cash_buffer", "from 0 to 0.9"),
    ("cash_buffer = -0.05", "cash_buffer", "from 0 to 0.9"),
    ("cash_buffer = nan", "cash_buffer", "from 0 to 0.9"),
    ("max_reject_ratio = 30", "max_reject_ratio", "from 0.01 to 1"),
    ("max_cancel_ratio = 30.0", "max_cancel_ratio", "from 0.01 to 1"),
    ("max_reject_ratio = 0", "max_reject_ratio", "from 0.01 to 1"),
    ("ramp_fraction = 10", "ramp_fraction", "from 0.01 to 1"),
    ("ramp_fraction = 0.0", "ramp_fraction", "from 0.01 to 1"),
    ("ramp_days = -1", "ramp_days", "from 0 to 365"),
    // A loop let loose.
    ("max_orders_per_second = 0", "max_orders_per_second", "from 1 to 100"),
    ("max_orders_per_second = 1000", "max_orders_per_second", "from 1 to 100"),
    ("max_orders_per_second = 50", "max_orders_per_second", "max_orders_per_minute"),
    ("max_orders_per_minute = 3000", "max_orders_per_minute", "max_orders_per_day"),
    ("max_orders_per_day = 50000", "max_orders_per_day", "1 to 10000"),
    ("max_repeats_per_hour = 100", "max_repeats_per_hour", "max_repeats_per_day"),
    ("max_repeats_per_hour = 0", "max_repeats_per_hour", "from 1"),
    ("min_ratio_orders = 0", "min_ratio_orders", "from 2"),
    ("max_open_orders = 1000000", "max_open_orders", "from 1 to 10000"),
    ("max_unknown_orders = 1000", "max_unknown_orders", "from 0 to 100"),
    ("max_auth_rejects = 0", "max_auth_rejects", "from 1 to 100"),
    // Time without its unit, or for ever.
    ("max_book_age = 15", "max_book_age", "\"100ms\""),
    ("max_book_age = \"15\"", "max_book_age", "\"100ms\""),
    ("max_book_age = \"1d\"", "max_book_age", "\"100ms\""),
    ("max_unattended = \"forever\"", "max_unattended", "\"10s\""),
    ("max_unattended = \"30d\"", "max_unattended", "\"10s\""),
    ("reconcile_interval = \"1d\"", "reconcile_interval", "\"10s\""),
    ("max_model_age = \"0s\"", "max_model_age", "\"1m\""),
    ("mark_patience = \"7d\"", "mark_patience", "\"1s\""),
    ("day_zone = \"Amerika/New_York\"", "day_zone", "America/New_York"),
    ("max_daily_loss = \"50\"", "max_daily_loss", "unknown key"),
    ("[limits.ceiling]\nmax_account_cost = \"1e12\"", "max_account_cost", "from \"0.01\""),
    ("[limits.ceiling]\nmax_account_cost = \"100\"", "max_account_cost", "0.01 to 100"),
];

/// `(appended to a sized strategy, the key, the range)`.
const OWN: &[(&str, &str, &str)] = &[
    ("[limits]\nmax_order_contracts = 10000", "max_order_contracts", "max_position_contracts"),
    (
        "[limits]\nmax_order_contracts = 10000\nmax_position_contracts = 30000",
        "max_order_contracts",
        "0.01 to 2000",
    ),
    ("[limits]\nmax_order_cost = \"2500\"", "max_order_cost", "max_position_cost"),
    ("[limits]\nmax_order_cost = \"25.00001 \"", "max_order_cost", "from \"0.01\""),
    ("[limits]\nmax_order_cost = 25", "max_order_cost", "in quotes"),
    (
        "[limits]\nmax_position_cost = \"10000\"\nmax_group_cost = \"15000\"",
        "max_position_cost",
        "0.01 to 2500",
    ),
    ("[limits]\nmax_group_cost = \"1000\"", "max_group_cost", "max_account_cost"),
    ("[limits]\nmax_price = \"98\"", "max_price", "from \"0.00\" to \"1.00\""),
    ("[limits]\nmax_price = 0.98", "max_price", "in quotes"),
    ("[limits]\nmin_price = \"0.99\"", "min_price", "max_price"),
    ("[limits]\nprice_collar = \"8\"", "price_collar", "from \"0.00\" to \"1.00\""),
    ("[limits]\nmin_edge = \"3\"", "min_edge", "from \"0.00\" to \"1.00\""),
    ("[limits]\nmin_edge = \"0.40\"", "min_edge", "max_edge"),
    ("[limits]\nmax_edge = \"35\"", "max_edge", "from \"0.00\" to \"1.00\""),
    ("[limits]\nmax_markets = 0", "max_markets", "from 1"),
    ("[limits]\nmax_open_orders = 400", "max_open_orders", "max_open_orders is 20"),
    ("[limits]\nno_new_orders_before_close = 300", "no_new_orders_before_close", "\"0s\""),
    ("fraction = 25", "fraction", "from 0 to 1"),
    ("fraction = 1.5", "fraction", "from 0 to 1"),
    ("max_loss_share = 2", "max_loss_share", "from 0.0001 to 1"),
    ("edge_min = \"2\"", "edge_min", "from \"0.00\" to \"1.00\""),
    ("max_depth_share = 20", "max_depth_share", "from 0 to 1"),
    ("min_contracts = 0", "min_contracts", "from 0.01"),
    ("cooldown = 900", "cooldown", "\"0s\""),
    ("[blend]\nmodel_weight = 20", "model_weight", "from 0 to 1"),
];

/// `(after `kind = "threshold"`, the key, the range)`.
const FIXED: &[(&str, &str, &str)] = &[
    ("edge = \"0\"\ncontracts = 10\nmax_position = 100", "edge", "from \"0.0001\" to \"1.00\""),
    ("edge = \"3\"\ncontracts = 10\nmax_position = 100", "edge", "from \"0.0001\" to \"1.00\""),
    ("edge = \"0.03\"\ncontracts = 1000\nmax_position = 1000", "contracts", "max_order_contracts"),
    (
        "edge = \"0.03\"\ncontracts = 10\nmax_position = 10000",
        "max_position",
        "max_position_contracts",
    ),
];

/// Real money where none was meant.
const MODES: &[(&str, &str, &str)] = &[
    ("[run]\nmode = \"live\"", "mode", "prod"),
    ("[run]\nmode = \"real\"", "mode", "\"paper\", \"live\""),
    ("[kalshi]\nendpoint = \"prod\"\nkey_id = \"k\"\nprivate_key = \"k.pem\"", "endpoint", "paper"),
    ("[embedded]\ncash = \"0\"", "cash", "from \"0.01\""),
    ("[run]\nmin_free_bytes = 1000000", "min_free_bytes", "67108864"),
];

#[test]
fn f32_configurations_that_lose_money_are_refused_by_key_and_range() {
    let account = ACCOUNT.iter().map(|&(text, key, range)| {
        (format!("[limits]\n{text}\n"), STRATEGY.to_owned(), key, range)
    });
    let own = OWN
        .iter()
        .map(|&(text, key, range)| (String::new(), format!("{STRATEGY}{text}\n"), key, range));
    let fixed = FIXED
        .iter()
        .map(|&(text, key, range)| (String::new(), format!("{THRESHOLD}{text}\n"), key, range));
    let modes = MODES
        .iter()
        .map(|&(text, key, range)| (format!("{text}\n"), STRATEGY.to_owned(), key, range));
    let cases: Vec<_> = account.chain(own).chain(fixed).chain(modes).collect();
    assert!(cases.len() >= 60, "{}", cases.len());
    let mut passed = Vec::new();
    for (settings, strategy, key, range) in cases {
        match load(&settings, &strategy) {
            Ok(_) => passed.push(format!("accepted: {settings}{strategy}")),
            Err(told) if !(told.contains(key) && told.contains(range)) => {
                passed.push(format!("{key} / {range} not in: {told}"));
            }
            Err(_) => {}
        }
    }
    assert!(passed.is_empty(), "{} slipped:\n{}", passed.len(), passed.join("\n"));
}

/// A ceiling that is raised deliberately lets a limit through.
#[test]
fn a_ceiling_is_raised_in_its_own_place() {
    let wide = "[limits]\nmax_account_cost = \"50000\"\n[limits.ceiling]\nmax_account_cost = \"60000\"\n\
                max_total_cost = \"100000\"\n";
    let limits = load(wide, STRATEGY).unwrap().settings.limits;
    assert_eq!(limits.max_account_cost, Usd::from_dollars(50_000));
    assert_eq!(limits.guards.max_venue_cost, Usd::from_dollars(50_000), "left out: as the account");
    assert_eq!(limits.guards.max_total_cost, Usd::from_dollars(80_000));
    assert_eq!(
        load("", STRATEGY).unwrap().settings.limits.guards,
        statecraft_engine::config::Guards::default()
    );
}

/// F44: local midnight, through every change of the clocks from 2024 to 2030, against the time-zone
/// database itself.
#[test]
fn f44_days_begin_where_the_zone_says_through_every_change_of_its_clocks() {
    let epoch = jiff::civil::date(1970, 1, 1);
    for name in ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "UTC"] {
        let Ok(zone) = jiff::tz::TimeZone::get(name) else {
            eprintln!("skipped {name}: this machine has no time-zone database");
            continue;
        };
        let settings = format!("[limits]\nday_zone = \"{name}\"\n");
        let days = load(&settings, STRATEGY).unwrap().settings.days;
        let mut at = Timestamp::from_secs(1_704_067_200); // 2024-01-01
        while at < Timestamp::from_secs(1_924_992_000) {
            let local = jiff::Timestamp::from_second(at.secs()).unwrap().to_zoned(zone.clone());
            let number = i64::from((local.date() - epoch).get_days());
            assert_eq!(days.day(at), number, "{name} {local}");
            at = at + Nanos::from_secs(1_800);
        }
    }
}
