//! Every alert: its code, how urgent it is, what it means and what a person does about it. The runbook's
//! table (docs/OPERATING.md) is made from this list; `tests/alerts.rs` holds it against the sources, both ways.

use statecraft_domain::action::Severity;
use statecraft_domain::action::Severity::{Critical, Info, Warning};

/// One entry of the runbook.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The code in the log line, or the cause named by a line `restricted`.
    pub code: &'static str,
    /// The most urgent form in which it is told.
    pub severity: Severity,
    /// What it means, in one line.
    pub meaning: &'static str,
    /// What a person does; empty: nothing.
    pub action: &'static str,
}

const fn entry(
    code: &'static str,
    severity: Severity,
    meaning: &'static str,
    action: &'static str,
) -> Entry {
    Entry { code, severity, meaning, action }
}

/// By what they are about; within that, the worst first.
pub const ALERTS: &[Entry] = &[
    // A person, or what stops everything.
    entry("killed", Critical, "a kill is in force", "find out why; `resume --release-kill`"),
    entry("still_killed", Critical, "started under an earlier kill", "as `killed`"),
    entry(
        "kill_swept",
        Critical,
        "the cancels after a kill ended; says what remains",
        "if not clear: `kill --direct`, then the venue's own page",
    ),
    entry(
        "panic",
        Critical,
        "a defect: the gate is closed and the process ends with 101; the next start compares the account",
        "report it with the line; after five within ten minutes see `crash_loop`",
    ),
    entry(
        "crash_loop",
        Critical,
        "five runs within ten minutes (`run.max_crashes`) ended without a stop: the account is compared, what \
         rests is cancelled, nothing leaves",
        "find out why (the last lines of the log); then `resume`",
    ),
    entry(
        "paused",
        Warning,
        "a person stopped the bot; for one strategy the cause of `restricted`",
        "",
    ),
    entry(
        "still_paused",
        Warning,
        "started stopped, as an earlier run ended: by a person or by a breaker, the line says which",
        "clear the cause; then `resume`",
    ),
    entry(
        "resumed",
        Warning,
        "a person released it; for one strategy the cause of `restriction_lifted`",
        "",
    ),
    entry("flatten", Warning, "a person asked for positions to be closed", ""),
    entry(
        "flatten_incomplete",
        Critical,
        "not everything could be closed within the slippage in two minutes",
        "again with more slippage, or close by hand at the venue and then `resume --accept-positions`",
    ),
    entry(
        "flatten_interrupted",
        Critical,
        "a flatten of an earlier run did not close everything: it is not asked again by itself; the line names what is \
         held and the command, and so does `status`, until a person decides",
        "the command it names; `pause` or `resume` give it up",
    ),
    entry("flatten_done", Info, "the position in this market is closed", ""),
    entry("drill", Warning, "a rehearsal begins; what follows is its doing", ""),
    entry(
        "service_manager",
        Warning,
        "the service manager cannot be told that the bot is ready or lives; its watchdog may end it",
        "look at the unit (`NotifyAccess`) and its socket",
    ),
    // A strategy or a market.
    entry(
        "restricted",
        Critical,
        "a strategy or market is stopped; the line names the cause, who, and why",
        "see the cause; `resume NAME` if it was a breaker or a person",
    ),
    entry("restriction_lifted", Warning, "a strategy or market is released", ""),
    entry(
        "reject_ratio",
        Critical,
        "cause of `restricted`: the venue refused too many of a strategy's orders within five minutes",
        "read the refusals in the log; then `resume NAME`",
    ),
    entry(
        "cancel_ratio",
        Critical,
        "cause of `restricted`: too many of a strategy's orders ended cancelled without trading within five \
         minutes",
        "look at the market and at who cancels; then `resume NAME`",
    ),
    entry(
        "repeats",
        Critical,
        "cause of `restricted`: a strategy traded one side of a market too often within an hour or a day",
        "look for a loop or a signal that repeats; then `resume NAME`",
    ),
    entry(
        "book_quarantine",
        Critical,
        "cause of `restricted`: a book was impossible three times in five minutes",
        "ends by itself after 30 sound seconds, three times an hour; then `status`, restart",
    ),
    entry(
        "rules_changed",
        Critical,
        "cause of `restricted`: the text of a market's rules changed; it only closes",
        "read the rules; `resume TICKER` if the strategy still means that question",
    ),
    entry(
        "listing_unusable",
        Critical,
        "cause of `restricted`: a market's listing cannot be used any more (fees, prices, not shown); it only closes",
        "ends by itself when it can; otherwise look at the venue's page",
    ),
    entry(
        "started_without",
        Critical,
        "a market or series that earlier runs knew could not be listed at the start: started without it, and what is \
         held of it only closes",
        "the line says why; it is asked for again by itself. A name that is over comes out of the strategy file; what \
         is held there, look at the venue's page",
    ),
    entry(
        "strategy_removed",
        Critical,
        "cause of `restricted`: a strategy's file is gone or disabled; it only closes",
        "put the file back, or leave it",
    ),
    entry(
        "strategy_returned",
        Warning,
        "cause of `restriction_lifted`: a strategy's file is there again",
        "",
    ),
    entry(
        "disk_low",
        Critical,
        "less room on the journal's disk than `run.min_free_bytes`: only closing, nothing is recorded; also the cause \
         of `restricted`",
        "make room; it ends by itself a tenth above the limit",
    ),
    entry(
        "disk_reserve",
        Critical,
        "less than 16 MiB beside the reserve on the journal's disk: the reserve was given back, halted, what rests is \
         cancelled",
        "make room; then `resume`",
    ),
    entry(
        "disk_recovered",
        Warning,
        "the journal's disk has room again; also the cause of `restriction_lifted`",
        "",
    ),
    entry(
        "strategy_demoted",
        Critical,
        "a strategy's own record is worse than the market's prices (docs/SKILL.md); with real money it only \
         closes",
        "`skill`; `skill --reinstate`",
    ),
    entry("strategy_reinstated", Warning, "a demoted strategy may trade again", ""),
    entry(
        "model_failed",
        Critical,
        "a model gives no probability; its strategy does nothing",
        "see its message",
    ),
    // Losses and limits.
    entry(
        "drawdown",
        Critical,
        "the loss since the best moment reached its limit: killed",
        "think; then `resume --release-kill`, from which losses are counted anew",
    ),
    entry(
        "day_loss",
        Critical,
        "the loss of the day reached its limit: only closing, until a person resumes",
        "think; then `resume`",
    ),
    entry(
        "week_loss",
        Critical,
        "the loss of the week reached its limit: only closing, until a person resumes",
        "think; then `resume`",
    ),
    entry(
        "sent_unapproved",
        Critical,
        "more orders or more value left than the risk gate approved: killed",
        "a defect: keep the state directory, report it; do not trade on",
    ),
    entry(
        "money_not_conserved",
        Critical,
        "the engine's own money does not add up: killed",
        "a defect: keep the state directory, report it; do not trade on",
    ),
    entry(
        "position_over_limit",
        Critical,
        "a market could cost or hold more than the widest limits of its strategies, at worst; told, not stopped",
        "tightened or inherited? then wait for it to close, or `flatten`; otherwise `kill`",
    ),
    entry(
        "account_over_limit",
        Critical,
        "all markets together could cost more than `max_account_cost`, at worst; told, not stopped",
        "as `position_over_limit`",
    ),
    entry(
        "venue_over_limit",
        Critical,
        "all markets of one venue could cost more than `max_venue_cost`, at worst; told, not stopped",
        "as `position_over_limit`",
    ),
    entry(
        "total_over_limit",
        Critical,
        "everything together could cost more than `max_total_cost`, at worst; told, not stopped",
        "as `position_over_limit`",
    ),
    entry(
        "group_over_limit",
        Critical,
        "the markets of one event could cost more than `max_group_cost`, at worst; told, not stopped",
        "as `position_over_limit`",
    ),
    entry(
        "driver_over_limit",
        Critical,
        "all events that one thing drives could cost more than `max_driver_cost`, at worst; told, not stopped",
        "as `position_over_limit`",
    ),
    entry(
        "orders_over_limit",
        Critical,
        "more orders are open than `max_open_orders`; told, not stopped",
        "inherited orders end by their expiry; otherwise `kill`",
    ),
    entry(
        "cash_short",
        Critical,
        "open orders may take more cash than the account has; told, not stopped",
        "cash taken out at the venue? put it back, or cancel orders; otherwise `kill`",
    ),
    // The account.
    entry(
        "position_mismatch",
        Critical,
        "positions differ from the journal twice, 30 s apart (three times in 90 s where orders rest; five \
         minutes where positions and fills could be of different times): halted; a start begins halted",
        "compare at the venue's page; if it is your own trade there: `resume --accept-positions`; otherwise find out \
         whose, and `resume` after the next agreement",
    ),
    entry(
        "position_accepted",
        Warning,
        "a person took over a position of the venue; the line says how it was booked and what it gained or lost",
        "",
    ),
    entry(
        "cash_mismatch",
        Critical,
        "cash differs in several reports and nothing of ours explains it; the venue's figure is used: less than we \
         had halts the account; more, or a cent, is told (W)",
        "a withdrawal, a fee? then `resume`, which accepts it; otherwise ask the venue",
    ),
    entry(
        "ghost_order",
        Critical,
        "an order that was over by what we were told rests in the book: it counts as open again, is cancelled, \
         and the account halts",
        "look at the venue's page; then `resume`",
    ),
    entry(
        "position_adopted",
        Info,
        "a new journal took over a position, at the worst price it can have cost",
        "",
    ),
    entry(
        "foreign_order",
        Critical,
        "an order of somebody else on the account: they trade on it, too; halted, the order is left \
         alone",
        "stop them, or give the bot an account of its own; then `resume`. Your own: cancel it; what it traded: \
         `resume --accept-positions`",
    ),
    entry(
        "foreign_writer",
        Critical,
        "an order under this journal's own name that it never made: another copy of this bot trades on the account; \
         killed, everything at the venue is cancelled",
        "find and stop the other copy (a cloned state directory, a restored machine); then `resume --release-kill`",
    ),
    entry(
        "foreign_fill",
        Critical,
        "a fill of such an order: halted",
        "your own trade at the venue: `resume --accept-positions`; otherwise as `foreign_order`",
    ),
    // Orders.
    entry(
        "order_unknown",
        Warning,
        "an order's fate is not known; its size is reserved, nothing is sent again",
        "nothing: it is asked for until it is known",
    ),
    entry(
        "start_waits",
        Critical,
        "the start waits: the venue has not proved what became of orders of an earlier run; nothing leaves",
        "nothing; if it lasts, look for these orders at the venue's page",
    ),
    entry(
        "order_group_ended",
        Critical,
        "the venue has ended the run's order group and cancelled what rested in it: more contracts matched within 15 \
         seconds than `kalshi.order_group_contracts`, or somebody ended it (`kill --direct` from elsewhere). The \
         account only reduces; the group is set up anew",
        "look at the last fills: a burst that you want wants a higher limit, any other wants its cause found. Then \
         `resume`",
    ),
    entry(
        "order_group",
        Critical,
        "the run's order group was not ended (every order is cancelled by itself all the same), or is not set up anew \
         yet: nothing that rests leaves until it is, and it is tried again",
        "nothing; if it lasts, the venue has trouble",
    ),
    entry(
        "impossible_fill",
        Critical,
        "a fill contradicts its order: halted",
        "`journal verify`; keep the state directory, report it",
    ),
    entry(
        "impossible_transition",
        Critical,
        "an order did what it cannot do: halted",
        "as `impossible_fill`",
    ),
    entry(
        "impossible_transitions",
        Critical,
        "more orders than `max_impossible_orders` have such a history: killed",
        "as `impossible_fill`",
    ),
    entry(
        "duplicate_order_id",
        Critical,
        "the venue knows the name of a new order already: it counts as unknown until the account says more",
        "another copy of the journal in use? stop it",
    ),
    entry(
        "fill_of_old_order",
        Warning,
        "a fill of an order that was over long ago: not booked; the next comparison of positions decides",
        "watch for `position_mismatch`",
    ),
    entry(
        "not_authorized",
        Critical,
        "the venue refused orders in a row for want of authorisation (`max_auth_rejects`): halted",
        "key, permissions or clock; then `resume`",
    ),
    entry(
        "resume_refused",
        Critical,
        "trading needs a comparison that agrees, or a person, first",
        "wait a minute; then look for a mismatch; if it is your own trade at the venue: `resume --accept-positions`",
    ),
    // The venue and its data.
    entry(
        "market_data_late",
        Critical,
        "no order has left for ten minutes, because the market data is late again and again or nothing proves that \
         it is of now; told every ten minutes",
        "look at the network, at the load of the machine and at the disk; the venue's status page; what is held can \
         be closed by hand at the venue: then `resume --accept-positions`",
    ),
    entry(
        "venue_unsteady",
        Critical,
        "venue, market data, connection or clock was interrupted for the fourth time within an hour, or more often: \
         no order leaves before it has been well for 30 s, twice as long each time, ten minutes at most; told again \
         every ten minutes",
        "the line says what comes and goes: look at the venue's status page, the network, NTP, the load of the \
         machine; `resume` or `flatten` ends the wait and counts anew",
    ),
    entry(
        "venue_condition",
        Warning,
        "paused, maintenance, rate limited, unreachable, key refused, geo-blocked, or its market data is more than 2 s \
         old when it is taken in (`lagging`): no order until it is over and the account was compared; I when it is open again",
        "`auth_revoked`: make a new key of the same account, name it in the settings, `journal new-key`, restart; `geo_blocked`: stop; `lagging` for long: look at the network and \
         at the load of the machine",
    ),
    entry(
        "subscription_frozen",
        Critical,
        "the venue's own book differs and the stream was silent; asked for anew, at the second time over a new \
         connection",
        "nothing; if it repeats, the venue has trouble",
    ),
    entry(
        "settlement_changed",
        Critical,
        "the venue corrected a payout; the first one stays in the books",
        "look at the venue's page",
    ),
    entry(
        "result_amended",
        Critical,
        "a market was paid otherwise than its result was announced; what was paid counts",
        "look at the venue's page",
    ),
    entry("close_moved", Warning, "the venue moved a market's close", "look at the market's rules"),
    entry("listing_changed", Warning, "a market is listed with other prices, fees or words", ""),
    entry("bad_market_id", Warning, "a market came out of order and is left out", "report it"),
    // Time.
    entry(
        "not_recorded",
        Critical,
        "the recording could not be begun or went on no further: trading goes on without",
        "look at the disk of `[tape] dir`; the next start records again",
    ),
    entry(
        "no_book",
        Critical,
        "the stream does not take a market, or never sends its book: that market is not traded, the others are; it is \
         asked for again, later and later",
        "look whether the venue lists the market under this ticker and the key may see it",
    ),
    entry(
        "books_not_compared",
        Warning,
        "the venue's books could not be compared with ours three times in a row: meanwhile a frozen subscription \
         goes unseen",
        "the line names the cause; if it lasts, look at the venue's status, and report an answer that cannot be read",
    ),
    entry("clock_offset", Warning, "this clock is more than 0.5 s off the venue's", "start NTP"),
    entry(
        "clock_untrusted",
        Critical,
        "more than 2 s off, or set while running: no order until it is right and was steady for a minute",
        "NTP; never set the clock by hand",
    ),
    entry("clock_jumped", Critical, "the clock was set while running", "as `clock_untrusted`"),
    entry("clock_trusted", Info, "the clock is right again", ""),
    entry(
        "suspended",
        Critical,
        "nothing ran for more than 10 s; every book was dropped and the account is compared",
        "do not suspend the machine",
    ),
    // Edits.
    entry(
        "config_invalid",
        Critical,
        "edited files have mistakes: nothing of them takes effect, but a strategy whose file is gone or disabled only closes",
        "fix the file; `check` explains; `status` says so as long as it lasts",
    ),
    entry("config_valid", Warning, "the files are valid again, and in force", "nothing to do"),
    entry(
        "config_pending",
        Critical,
        "an edit loosens limits and waits; a restart on paper takes the file as it is",
        "`config accept HASH`, or edit it back; before the next start with real money, `controls --arm`",
    ),
    entry(
        "config_needs_restart",
        Critical,
        "the edit cannot take effect while running",
        "restart when convenient",
    ),
    entry("strategy_changed", Warning, "new rules are in force", ""),
    entry("strategy_change_refused", Warning, "as `config_needs_restart`", "restart"),
    // Signals, and what is too good to be true.
    entry(
        "parser_failed",
        Critical,
        "a document of a source broke its parser; it alone is lost",
        "report it, with the document",
    ),
    entry(
        "host_busy",
        Warning,
        "a host asked to be left alone (429, 503): the sources it names are not asked for so long",
        "fewer sources there, or a longer `poll`",
    ),
    entry(
        "source_failing",
        Critical,
        "three looks at a source in a row failed; told once, until it answers",
        "the line says what is wrong: address, network, format; `status` shows all sources",
    ),
    entry(
        "source_silent",
        Critical,
        "a source has brought nothing new that could be read for its `silent_after`; told once, until it does",
        "look at the source: has it moved, or changed its format? otherwise a longer `silent_after`",
    ),
    entry("source_back", Info, "a source that failed or was silent is heard again", ""),
    entry(
        "signal_backlog",
        Warning,
        "a source has more than its `per_minute` lets in; says when the newest is heard",
        "raise it, or leave it out for a file of your own",
    ),
    entry(
        "clearance_failed",
        Warning,
        "own quotes were withdrawn for a close that was then denied all the same: the position is still held",
        "the line says by what; loosen that limit, or `flatten`",
    ),
    entry(
        "stop_unjudged",
        Warning,
        "something is held, and for ten minutes no market price counts: its `stop_move` compares nothing",
        "look at the market's book; if in doubt `flatten`, or close it by hand at the venue and then \
         `resume --accept-positions`",
    ),
    entry(
        "sibling_unseen",
        Warning,
        "one of several markets that ask the same (`same_question`) has had no book for a minute: entries do not wait \
         any longer to see whether it is the cheapest",
        "look why its book is missing; if it will not come back, take the market out of the strategy",
    ),
    entry(
        "unexplained_move",
        Warning,
        "the price moved and no signal says why: nothing is opened for a while",
        "look for news; `resume TICKER` or `resume NAME` if you know why",
    ),
    entry(
        "far_from_market",
        Warning,
        "the model is far from the price because of a fresh story it names: traded with a part of the stake",
        "read that story",
    ),
    entry(
        "implausible",
        Warning,
        "model and price are so far apart that the model probably misses a fact: not traded",
        "look at the market's rules",
    ),
    entry(
        "edge_too_large",
        Warning,
        "the edge is above `max_edge`: an error until a person says otherwise; not traded",
        "look at the market's rules",
    ),
];
