//! The slugs that something says by itself: what headlines are read as, and the states of a plan and of a
//! deal. Whatever else a strategy weighs, only labels of the user's own can say.

/// What headlines are read as, besides states (model.md 1.2, docs/EXTRACTION.md).
pub const READ: [&str; 10] = [
    "america_first",
    "branding",
    "econ_security",
    "emergency_decl",
    "fed_land",
    "host_preference",
    "leader_inbound",
    "relation_bad",
    "relation_good",
    "summit_window",
];

/// Words for states of a plan and of a deal, which every dated event listens to (model.md 1.3, 1.5, 1.6).
pub const STATES: [&str; 20] = [
    "occurred",
    "visit_occurred",
    "stopover",
    "visit_stopover",
    "scheduled",
    "visit_announced",
    "planned",
    "visit_planned",
    "postponed",
    "visit_postponed",
    "called_off",
    "visit_cancelled",
    "deal",
    "private_deal",
    "deal_progress",
    "deal_collapse",
    "sov_capital",
    "priv_capital",
    "visit_window",
    "construction",
];

/// Every slug of both kinds.
pub fn known() -> impl Iterator<Item = &'static str> {
    READ.iter().chain(&STATES).copied()
}
