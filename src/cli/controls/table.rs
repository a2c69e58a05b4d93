//! Every control: its codes, its parameters, and the tests that prove it. A test holds that each code of
//! the risk gate is here, that each parameter is a key of the configuration, and that each test exists.

use statecraft_domain::Denial;

/// One control of the risk manual.
#[derive(Debug, Clone, Copy)]
pub struct Control {
    /// Its number in the manual.
    pub rule: &'static str,
    /// What it sees to.
    pub what: &'static str,
    /// With which codes it denies; none: it stops instead.
    pub codes: &'static [Denial],
    /// Codes with which it stops a strategy or the account until a person releases it.
    pub stops: &'static [&'static str],
    /// Keys of the configuration: `[limits]` of the settings or of the strategy.
    pub parameters: &'static [&'static str],
    /// The functions that prove it.
    pub tests: &'static [&'static str],
}

const fn control(
    rule: &'static str,
    what: &'static str,
    codes: &'static [Denial],
    parameters: &'static [&'static str],
    tests: &'static [&'static str],
) -> Control {
    Control { rule, what, codes, stops: &[], parameters, tests }
}

const fn breaker(
    rule: &'static str,
    what: &'static str,
    codes: &'static [Denial],
    stops: &'static [&'static str],
    parameters: &'static [&'static str],
    tests: &'static [&'static str],
) -> Control {
    Control { rule, what, codes, stops, parameters, tests }
}

/// In the order of the manual.
pub const CONTROLS: &[Control] = &[
    control(
        "R1",
        "the mode of account, strategy and market allows it",
        &[Denial::Mode],
        &[],
        &["who_restricts_lifts_his_own", "i13_a_latched_stop_is_not_loosened_by_the_shell"],
    ),
    control(
        "R1",
        "the account was compared with the venue's since the last connection, and lately (I15)",
        &[Denial::Unreconciled],
        &["reconcile_interval"],
        &["i15_nothing_is_sent_before_the_account_was_compared_and_since_the_last_connection"],
    ),
    control(
        "R2",
        "a demoted strategy opens nothing with real money; real money only under armed limits",
        &[Denial::Demoted, Denial::NotArmed],
        &[],
        &[
            "r2_a_demoted_strategy_opens_nothing_with_real_money_and_goes_on_on_paper",
            "i10_each_limit_has_its_own_denial",
        ],
    ),
    control(
        "R3",
        "exchange and market tradable, and not too near the close",
        &[Denial::MarketState],
        &["no_new_orders_before_close"],
        &["r13_r3_no_order_on_a_doubted_clock_or_at_a_venue_that_takes_none"],
    ),
    control(
        "R4",
        "a market of the strategy's own, and not too many of them",
        &[Denial::Universe],
        &["max_markets"],
        &["i10_each_limit_has_its_own_denial"],
    ),
    control(
        "R5",
        "price on the grid and inside the range",
        &[Denial::Price],
        &["min_price", "max_price"],
        &["i10_each_limit_has_its_own_denial"],
    ),
    control(
        "R6",
        "size in whole lots, up to the maximum",
        &[Denial::Size],
        &["max_order_contracts"],
        &["i10_each_limit_has_its_own_denial"],
    ),
    control(
        "R7",
        "cost of one order with fees",
        &[Denial::OrderCost],
        &["max_order_cost"],
        &["i10_each_limit_has_its_own_denial"],
    ),
    control(
        "R8",
        "price near a reference; of a close, not much worse",
        &[Denial::Collar],
        &["price_collar"],
        &[
            "i10_each_limit_has_its_own_denial",
            "r8_a_close_goes_as_far_as_it_may",
            "r8_an_exit_does_not_sell_into_a_gap",
        ],
    ),
    control(
        "R9",
        "limit price better than the model's value by the required edge",
        &[Denial::MinEdge],
        &["min_edge"],
        &["r9_the_limit_price_keeps_the_required_edge"],
    ),
    control(
        "R10",
        "an edge that is not too large to be true, of what opens something",
        &[Denial::EdgeTooLarge],
        &["max_edge"],
        &["i10_each_limit_has_its_own_denial", "r10_holds_up_no_close"],
    ),
    control(
        "R11",
        "a trusted, uncrossed book of a venue that was heard of lately",
        &[Denial::Book],
        &["max_book_age"],
        &["r11_a_venue_not_heard_of_for_too_long_does_not_trade"],
    ),
    control(
        "R12",
        "a model computed of late, whose sources were heard of late",
        &[Denial::ModelAge],
        &["max_model_age"],
        &["r12_a_model_that_hears_of_nothing_is_blind"],
    ),
    control(
        "R13",
        "a trusted clock",
        &[Denial::Clock],
        &[],
        &["r13_r3_no_order_on_a_doubted_clock_or_at_a_venue_that_takes_none"],
    ),
    control(
        "R14",
        "worst-case position of the market, and of the strategy's own part of it",
        &[Denial::MarketPosition],
        &["max_position_contracts", "max_position_cost"],
        &[
            "i10_each_limit_has_its_own_denial",
            "r14_counts_open_orders_and_positions_together",
            "two_minds_that_net_to_nothing_trade_once",
            "i10_the_worst_case_stays_within_its_limits",
        ],
    ),
    control(
        "R15",
        "worst-case cost of all markets of the event, and of all events that one thing drives",
        &[Denial::GroupCost, Denial::DriverCost],
        &["max_group_cost", "max_driver_cost"],
        &["i10_each_limit_has_its_own_denial", "r15_events_with_one_driver_are_limited_together"],
    ),
    control(
        "R16",
        "worst-case cost at the venue, of the account, of all accounts",
        &[Denial::VenueCost, Denial::AccountCost, Denial::TotalCost],
        &["max_venue_cost", "max_account_cost", "max_total_cost"],
        &["i10_each_limit_has_its_own_denial"],
    ),
    control(
        "R17",
        "cash for everything that may fill, and a buffer",
        &[Denial::BuyingPower],
        &["cash_buffer"],
        &["i10_each_limit_has_its_own_denial"],
    ),
    control(
        "R18",
        "open orders of the market and of the account",
        &[Denial::OpenOrders],
        &["max_open_orders"],
        &["i10_each_limit_has_its_own_denial"],
    ),
    control(
        "R19",
        "orders per second, minute and day, of which a part is kept for closing",
        &[Denial::OrderRate],
        &["max_orders_per_second", "max_orders_per_minute", "max_orders_per_day"],
        &[
            "r19_rates_are_exact_and_run_in_wall_time",
            "r19_keeps_orders_for_what_only_closes",
            "r19_quotes_use_up_half_of_the_day_and_an_exit_still_leaves",
        ],
    ),
    control(
        "R20",
        "the same order again without any change in between",
        &[Denial::Duplicate],
        &["duplicate_window"],
        &["r20_a_refused_order_is_not_repeated_at_once", "r20_a_normal_end_is_a_change_in_between"],
    ),
    breaker(
        "R21",
        "a strategy that keeps trading one side of a market is halted",
        &[Denial::Repeats],
        &["repeats"],
        &["max_repeats_per_hour", "max_repeats_per_day"],
        &["r21_f31_a_strategy_that_keeps_trading_one_side_is_stopped"],
    ),
    control(
        "R22",
        "would not meet an own order, however it is named",
        &[Denial::SelfCross],
        &[],
        &["f34_no_order_meets_an_own_one"],
    ),
    control(
        "R23",
        "orders of unknown fate",
        &[Denial::Unknowns],
        &["max_unknown_orders"],
        &["r23_unanswered_orders_stop_new_ones"],
    ),
    breaker(
        "R24",
        "losses of the day, of the week, and since the best moment",
        &[Denial::Loss],
        &["day_loss", "week_loss", "drawdown"],
        &["max_day_loss", "max_week_loss", "max_drawdown", "mark_patience"],
        &[
            "r24_f33_a_days_loss_only_closes_and_a_drawdown_kills",
            "r24_a_gap_in_the_book_stops_nothing_and_a_fall_that_stands_does",
            "r24_what_is_realised_is_lost_at_once",
            "r24_a_restart_counts_from_where_the_run_before_it_counted",
            "r24_a_position_without_a_price_is_worth_nothing_after_a_while",
            "r24_a_venue_that_comes_and_goes_does_not_begin_the_wait_anew",
            "r24_one_contract_at_a_fine_price_marks_one_contract",
            "r24_days_and_weeks_begin_anew_and_the_high_water_mark_stays",
            "r24_a_resume_accepts_the_loss_that_stopped_it_and_no_longer_one",
            "f44_days_begin_where_the_zone_says_through_every_change_of_its_clocks",
        ],
    ),
    control(
        "R25",
        "opened because of one signal, because of one source, and within one hour",
        &[Denial::SignalCost, Denial::SourceCost, Denial::HourCost],
        &["max_signal_cost", "max_source_cost", "max_hour_cost"],
        &[
            "r25_f67_one_signal_one_source_and_one_hour_open_only_so_much",
            "r25_what_is_closed_is_at_stake_no_more_and_a_restart_remembers",
            "r25_a_round_trip_adds_nothing_to_what_another_strategy_holds",
        ],
    ),
    breaker(
        "R26",
        "a strategy whose orders are refused or cancelled too often is halted",
        &[Denial::Ratios],
        &["reject_ratio", "cancel_ratio"],
        &["max_reject_ratio", "max_cancel_ratio", "min_ratio_orders"],
        &[
            "r26_f27_refusals_halt_the_strategy_within_ten_orders_until_a_person_releases_it",
            "r26_only_what_the_venue_does_counts",
        ],
    ),
    breaker(
        "R27",
        "what rests ends by itself, and with its group where there are groups; a group that the venue ended lets the \
         account only reduce",
        &[Denial::Unattended],
        &["order_group_ended"],
        &["max_unattended"],
        &[
            "r27_what_rests_ends_by_itself_and_with_its_group",
            "r27_after_the_venue_ended_the_order_group_the_account_only_reduces",
        ],
    ),
    control(
        "R28",
        "a new or changed strategy trades real money with a part of its limits first",
        &[Denial::Ramp],
        &["ramp_fraction", "ramp_days", "paper_days"],
        &["i10_each_limit_has_its_own_denial", "r28_a_run_counts_up_to_its_last_sign_of_life"],
    ),
    breaker(
        "F28",
        "refusals of the key in a row halt the account",
        &[],
        &["not_authorized"],
        &["max_auth_rejects"],
        &["f28_three_refusals_of_the_key_halt_the_account"],
    ),
    breaker(
        "I5",
        "an impossible history of an order halts the account; of too many orders, it kills",
        &[],
        &["impossible_transition", "impossible_fill", "impossible_transitions"],
        &["max_impossible_orders"],
        &["i5_an_impossible_report_halts", "i5_impossible_histories_of_many_orders_kill"],
    ),
    breaker(
        "5.10",
        "what the account holds and nobody here ordered halts it",
        &[],
        &[
            "position_mismatch",
            "cash_mismatch",
            "foreign_order",
            "foreign_fill",
            "ghost_order",
            "foreign_writer",
        ],
        &[],
        &[
            "p2_account_reports_are_held_against_ours",
            "p2_cash_that_went_halts_until_a_person_accepts_it",
            "f64_what_was_closed_by_hand_is_taken_over_once_it_is_proven",
            "f57_a_fill_that_is_not_ours_halts",
            "f57_another_copy_of_this_bot_kills",
            "f57_an_order_that_was_over_and_rests_stops_the_bot",
        ],
    ),
    breaker(
        "10.1",
        "post-trade: positions, cash and open orders against limits; what left against what was approved, and money \
         that is not conserved: these two kill",
        &[],
        &["sent_unapproved", "money_not_conserved"],
        &[],
        &["post_trade_finds_what_the_checks_before_the_trade_should_have"],
    ),
    breaker(
        "5.5",
        "the room on the journal's disk: little only closes (`disk_low`), none halts the account",
        &[],
        &["disk_reserve"],
        &[],
        &["f50_at_the_floor_halt_and_cancels_are_journaled"],
    ),
];
