//! Closed lists of reasons. Every code is stable: it appears in the journal, in summaries and in the
//! manual.

use serde::{Deserialize, Serialize};

macro_rules! coded_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[doc = $vdoc:literal])+ $variant:ident = $code:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[doc = $vdoc])+ #[serde(rename = $code)] $variant),+
        }

        impl $name {
            /// Every value, in declaration order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// What it means, in a sentence, for people.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($vdoc),+).trim()),+ }
            }

            /// Position in [`Self::ALL`], for tables of counters.
            #[must_use]
            pub const fn index(self) -> usize {
                self as usize
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.code())
            }
        }
    };
}

coded_enum! {
    /// Why a decision did not become an order ("why not"). The first group are findings of the
    /// decision itself, the second the risk checks of reliability.md section 9 in their order.
    Denial {
        /// The model has no probability for this market now.
        NoModel = "no_model",
        /// The market is to have a say and no price of it counts as evidence: the model does not decide alone.
        NoEvidence = "no_evidence",
        /// No executable price on the wanted side.
        NoPrice = "no_price",
        /// Edge after fees and depth below the entry threshold.
        NoEdge = "no_edge",
        /// The target size rounds to less than the minimum.
        TooSmall = "too_small",
        /// Cooldown between entries, on all markets that ask the same, or one order at a time.
        Cooldown = "cooldown",
        /// An order of this strategy on this market is still working or unresolved.
        OrderWorking = "order_working",
        /// Model and market disagree by more than is plausible.
        Implausible = "implausible",
        /// The market had moved before the signal came: it only updates the model.
        AlreadyPriced = "already_priced",
        /// The market moved and no signal says why: no new positions for a while.
        UnexplainedMove = "unexplained_move",
        /// Quotes are pulled: a signal just moved the model, a dated occasion is near, the feed is
        /// silent, or another strategy closes here.
        QuotesPulled = "quotes_pulled",
        /// Quotes were placed too often lately; what rests stays while it still has an edge.
        QuoteBudget = "quote_budget",
        /// Something was closed a short while ago, here or on a market that asks the same.
        Reentry = "reentry",
        /// The same contract costs less on another market, or may: its book has been missing for a moment.
        CheaperElsewhere = "cheaper_elsewhere",
        /// R1: the mode forbids it.
        Mode = "R1_mode",
        /// R1: the account was not compared with the venue's since the last connection, or too long ago.
        Unreconciled = "R1_unreconciled",
        /// R2: the strategy was demoted to paper by its own record, and this is real money.
        Demoted = "R2_demoted",
        /// R2: real money, and nobody armed these limits.
        NotArmed = "R2_not_armed",
        /// R3: exchange or market not tradable, or too near its close.
        MarketState = "R3_market_state",
        /// R4: not in the strategy's universe, or too many markets.
        Universe = "R4_universe",
        /// R5: price off the grid or outside the allowed range.
        Price = "R5_price",
        /// R6: size not a multiple of the lot, below the minimum or above the maximum.
        Size = "R6_size",
        /// R7: one order would cost too much.
        OrderCost = "R7_order_cost",
        /// R8: price too far from the reference, or no reference.
        Collar = "R8_collar",
        /// R9: the limit price is worse than the model's value less the required edge.
        MinEdge = "R9_min_edge",
        /// R10: the edge is too large to be true.
        EdgeTooLarge = "R10_edge_too_large",
        /// R11: the book is not trusted or too old.
        Book = "R11_book",
        /// R12: the model was not computed, or no source was heard, for too long.
        ModelAge = "R12_model_age",
        /// R13: the clock is not trusted.
        Clock = "R13_clock",
        /// R14: worst-case position of the market.
        MarketPosition = "R14_market_position",
        /// R15: worst-case cost of the event group.
        GroupCost = "R15_group_cost",
        /// R15: worst-case cost of all events that one thing drives.
        DriverCost = "R15_driver_cost",
        /// R16: worst-case cost at the venue.
        VenueCost = "R16_venue_cost",
        /// R16: worst-case cost of the account.
        AccountCost = "R16_account_cost",
        /// R16: worst-case cost of all accounts together.
        TotalCost = "R16_total_cost",
        /// R17: not enough free cash after all reservations.
        BuyingPower = "R17_buying_power",
        /// R18: too many open orders.
        OpenOrders = "R18_open_orders",
        /// R19: too many orders per second, minute or day.
        OrderRate = "R19_order_rate",
        /// R20: the same order again without any change in between.
        Duplicate = "R20_duplicate",
        /// R21: too many executions of the strategy on one side of the market.
        Repeats = "R21_repeats",
        /// R22: would meet an own resting order.
        SelfCross = "R22_self_cross",
        /// R23: too many unresolved orders on the account.
        Unknowns = "R23_unknowns",
        /// R24: lost too much in a day, in a week, or since the best day.
        Loss = "R24_loss",
        /// R25: one signal opened too much.
        SignalCost = "R25_signal_cost",
        /// R25: one source opened too much.
        SourceCost = "R25_source_cost",
        /// R25: too much was opened within an hour.
        HourCost = "R25_hour_cost",
        /// R26: the venue refuses or cancels too many of the strategy's orders.
        Ratios = "R26_ratios",
        /// R27: a resting order that nobody ends if we are gone.
        Unattended = "R27_unattended",
        /// R28: a new or changed strategy trades with a part of its limits first.
        Ramp = "R28_ramp",
    }
}

coded_enum! {
    /// A venue's definitive refusal, in our words.
    RejectReason {
        /// Not enough money.
        InsufficientBalance = "insufficient_balance",
        /// Price off the grid or out of range.
        InvalidPrice = "invalid_price",
        /// Size off the grid or out of range.
        InvalidSize = "invalid_size",
        /// Anything else about the request's form.
        InvalidOrder = "invalid_order",
        /// A post-only order would have taken.
        PostOnlyCross = "post_only_cross",
        /// A fill-or-kill order could not fill whole.
        FillOrKill = "fill_or_kill",
        /// A reduce-only order would not reduce.
        ReduceOnly = "reduce_only",
        /// The client order id exists already.
        DuplicateId = "duplicate_id",
        /// The market is unknown.
        MarketNotFound = "market_not_found",
        /// The market is not open.
        MarketNotActive = "market_not_active",
        /// Trading is paused on the exchange.
        TradingPaused = "trading_paused",
        /// The key may not do this.
        NotAuthorized = "not_authorized",
        /// Too many requests; documented as not processed.
        RateLimited = "rate_limited",
        /// A limit of the venue on orders or positions.
        VenueLimit = "venue_limit",
        /// The venue has ended the order group of this run: a burst of fills beyond its limit, or somebody did.
        OrderGroupEnded = "order_group_ended",
        /// The order to change or cancel is not live.
        OrderNotFound = "order_not_found",
        /// Our own gateway dropped it before a byte left (too old, gate closed).
        DroppedByGateway = "dropped_by_gateway",
    }
}
