//! What the engine is told before its first event: validated, in the engine's own units.
//! Whoever reads files makes these values; nothing here is parsed.

mod guards;

use statecraft_domain::{Price, Quantity, Timestamp, Usd, Venue};

pub use guards::{Days, Guards, Supervision};

use crate::model::chain::{BETA_PRIOR, PRIVATE_FACTOR_PRIOR, SOVEREIGN_PROFILE, STAGES, Stage};

/// Everything the engine is configured with. Equal configurations and equal events give equal actions.
#[derive(Debug, Clone, PartialEq)]
pub struct EngineConfig {
    /// Names this account's orders (see [`statecraft_domain::ClientOrderId`]).
    pub lineage: u64,
    /// The first intent sequence number this engine may use (1 with an empty journal).
    pub first_sequence: u64,
    /// Engine seconds per second of wall time: 1 live, the compression factor of an embedded story.
    /// Limits on *transport* (book age, decision age, order rates, duplicates) are wall time and are
    /// multiplied by it; market and model time (cooldown, half-lives, deadlines) is not.
    pub time_scale: u32,
    /// In the order of their [`statecraft_domain::StrategyId`].
    pub strategies: Vec<Strategy>,
    /// Limits of the whole account.
    pub limits: AccountLimits,
    /// Is it real money? Then a demoted strategy may only close what it holds (R2).
    pub real_money: bool,
    /// Are the risk checks of every approved order kept for whoever asks why (live and in `explain`)? A
    /// backtest of millions of events has nobody who asks. Decisions are the same either way.
    pub keep_checks: bool,
    /// How often a market's prediction is recorded at most, engine time in nanoseconds (0: at every
    /// decision).
    pub prediction_interval: statecraft_domain::Nanos,
    /// How far each source of signals is believed; a source that is not listed has
    /// [`SourcePolicy::default`].
    pub sources: Vec<SourcePolicy>,
    /// What a running bot's shell watches over; research has nobody who does.
    pub supervision: Supervision,
}

/// How far one source of signals is believed (reliability.md 8.2).
#[derive(Debug, Clone, PartialEq)]
pub struct SourcePolicy {
    /// Its name in the configuration ([`statecraft_domain::Signal::source`]).
    pub name: String,
    /// Share of the evidence of its reports that counts, `0..=1`.
    pub trust: f64,
    /// Most that it may move the model's log-odds, by one story and within 24 hours, if nobody else
    /// says the same; infinite: no limit.
    pub max_influence: f64,
    /// What it says counts nothing before another publisher says it too.
    pub requires_corroboration: bool,
}

impl Default for SourcePolicy {
    fn default() -> Self {
        Self {
            name: String::new(),
            trust: 1.0,
            max_influence: f64::INFINITY,
            requires_corroboration: false,
        }
    }
}

/// One strategy: which markets, which model, how it decides and how far it may go.
#[derive(Debug, Clone, PartialEq)]
pub struct Strategy {
    /// Unique name, from the file name.
    pub name: String,
    /// Markets whose outcome hangs on the same event share a group (R15). Signals with this target
    /// reach this strategy.
    pub event: String,
    /// What drives several events together (R15); `None`: the event itself.
    pub driver: Option<String>,
    /// Which markets it may trade.
    pub markets: Vec<MarketSelector>,
    /// Where its probability comes from.
    pub model: ModelSpec,
    /// How the model's probability is mixed with the market's.
    pub blend: Blend,
    /// What it does when the market knows more than the model.
    pub caution: Caution,
    /// From probability to target.
    pub decision: Decision,
    /// Limits of this strategy alone, never looser than the account's.
    pub limits: StrategyLimits,
    /// Other events that come about by the same causes: contracts on them are sized together.
    pub companions: Vec<Companion>,
}

/// Another event that shares trips with a strategy's own (model.md 1.9, 5.5).
#[derive(Debug, Clone, PartialEq)]
pub struct Companion {
    /// Its slug, as its strategy names it.
    pub event: String,
    /// Share of the rarer event's trips that bring the other one too, `0..=1`.
    pub shared_trips: f64,
}

impl Strategy {
    /// What moves its event, and perhaps others with it.
    #[must_use]
    pub fn driver(&self) -> &str {
        self.driver.as_deref().unwrap_or(&self.event)
    }

    /// Is the other the same strategy with other rules? Then it can take this one's place while the engine
    /// runs; another event, other markets or another model would need what was heard before.
    #[must_use]
    pub fn differs_only_in_rules(&self, other: &Self) -> bool {
        self.name == other.name
            && self.event == other.event
            && self.driver == other.driver
            && self.markets == other.markets
            && self.model == other.model
    }
}

/// What a strategy does when the market knows more than its model (reliability.md 8.4, model.md 2.6).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Caution {
    /// A signal that comes after the price moved by more dollars than this to where it points updates
    /// the model and opens nothing on that side while the price stays there.
    pub already_priced_limit: f64,
    /// How far back that move is looked for, engine time.
    pub already_priced_window: statecraft_domain::Nanos,
    /// A move of the price's log-odds beyond this without a signal is unexplained.
    pub unexplained_move: f64,
    /// Within this span, engine time.
    pub unexplained_window: statecraft_domain::Nanos,
    /// No new positions for so long after it.
    pub freeze: statecraft_domain::Nanos,
    /// Half the model's weight for so long after it.
    pub half_weight: statecraft_domain::Nanos,
}

impl Default for Caution {
    fn default() -> Self {
        let hours = |hours: i64| statecraft_domain::Nanos::from_secs(hours * 3600);
        Self {
            already_priced_limit: 0.05,
            already_priced_window: hours(1),
            unexplained_move: 0.5,
            unexplained_window: statecraft_domain::Nanos::from_secs(1800),
            freeze: hours(2),
            half_weight: hours(24),
        }
    }
}

/// Which markets a strategy means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarketSelector {
    /// Where.
    pub venue: Venue,
    /// Which.
    pub pattern: TickerPattern,
}

/// How a strategy names its markets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TickerPattern {
    /// This ticker.
    Exact(String),
    /// Every market of this series: the listing's series, or the ticker's text before its first `-`.
    Series(String),
    /// A pattern in which `*` stands for any text.
    Glob(String),
}

impl std::fmt::Display for TickerPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exact(name) | Self::Series(name) | Self::Glob(name) => f.write_str(name),
        }
    }
}

/// Where a probability comes from.
#[expect(clippy::large_enum_variant, reason = "one a strategy, never moved after the start")]
#[derive(Debug, Clone, PartialEq)]
pub enum ModelSpec {
    /// A fixed probability.
    Constant {
        /// Of YES.
        probability: f64,
        /// Standard deviation of its log-odds.
        sd_logit: f64,
    },
    /// The market's own price, debiased: the benchmark.
    Market,
    /// The user's own probability: the strength of the latest signal label `probability`.
    External {
        /// Standard deviation of its log-odds.
        sd_logit: f64,
        /// Older than this it counts for nothing, engine time.
        max_age: statecraft_domain::Nanos,
    },
    /// Event by a deadline, from an intensity moved by signals (model.md section 1).
    Hazard(HazardSpec),
}

/// The time in which an event counts for a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Horizon {
    /// Events before this instant do not count.
    pub start: Timestamp,
    /// The event must happen before this instant.
    pub deadline: Timestamp,
}

impl Horizon {
    /// Does an event at this instant count?
    #[must_use]
    pub fn contains(&self, at: Timestamp) -> bool {
        self.start <= at && at < self.deadline
    }
}

/// A market with a horizon of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rung {
    /// Which.
    pub market: MarketSelector,
    /// Inside the model's own.
    pub horizon: Horizon,
}

impl HazardSpec {
    /// The model's own horizon, which contains those of its markets.
    #[must_use]
    pub const fn horizon(&self) -> Horizon {
        Horizon { start: self.window_start, deadline: self.deadline }
    }
}

/// An event by a deadline.
#[derive(Debug, Clone, PartialEq)]
pub struct HazardSpec {
    /// Events before this instant do not count.
    pub window_start: Timestamp,
    /// The event must happen before this instant.
    pub deadline: Timestamp,
    /// Markets of this event with other deadlines; the same posterior is evaluated at each.
    pub ladder: Vec<Rung>,
    /// Events of other strategies before which this one must happen (model.md 1.9); empty: it need not
    /// come first.
    pub first_before: Vec<String>,
    /// Intensity with no signal at all, per year of 365.25 days.
    pub base_rate_per_year: f64,
    /// Standard deviation of the logarithm of the base rate (parameter and structure together).
    pub log_base_sd: f64,
    /// The share of the base rate that is left while a window lies ahead: the rest is what windows bring, if the
    /// base rate was counted with them (model.md 1.4). At most one, above zero; one: counted without.
    pub base_share_beside_windows: f64,
    /// Cap of the summed signals: `S_max tanh(S / S_max)` (model.md 1.2; 1.5).
    pub signal_cap: f64,
    /// The signals this event knows.
    pub signals: Vec<SignalWeight>,
    /// Dated occasions (model.md 1.4).
    pub windows: Vec<CalendarWindow>,
    /// Probability of a scheduled event being called off (model.md 1.5).
    pub scheduled_cancel: f64,
    /// Probability of a scheduled event slipping (model.md 1.5).
    pub scheduled_slip: f64,
    /// Mean slip in days (model.md 1.5).
    pub scheduled_slip_days: f64,
    /// Does a stop on the way (`visit_stopover`) count as the event (model.md 1.3)?
    pub stopover_counts: bool,
    /// The deal whose stage moves the intensity (model.md 1.6); `None`: no deal.
    pub deal: Option<DealSpec>,
    /// Mean time in days between announcement and event, if nothing is announced yet (model.md 1.5);
    /// `None`: the event needs no announcement.
    pub lead_mean_days: Option<f64>,
    /// Variance of the unobserved effect of the year on the intensity (model.md 1.7); zero: none.
    pub frailty: f64,
    /// `cos` and `sin` of one and of two cycles a year, in that order (model.md 1.2); `None`: off.
    pub season: Option<[f64; 4]>,
    /// What silence says about a plan (model.md 2.5); `None`: nothing.
    pub silence: Option<SilenceSpec>,
    /// Probability of a plan before anything is heard of it (model.md 2.1).
    pub plan_prior: f64,
    /// Mean time in days between the announcement of an event without a date and the event: how long
    /// such a plan is remembered, and how much of it fits into the time left. Above zero; a guess.
    pub plan_memory_days: f64,
    /// What an official denial of the days that it names ("not this year") leaves of every calendar window in
    /// them; above zero. A guess: one in seven such trips takes place all the same.
    pub denied_days_left: f64,
    /// Its standard deviation. A guess.
    pub denied_days_left_sd: f64,
    /// How far few can move it (reliability.md 8.2).
    pub influence: Influence,
}

impl Default for HazardSpec {
    /// The defaults of a strategy file; no event at all.
    fn default() -> Self {
        Self {
            window_start: Timestamp::EPOCH,
            deadline: Timestamp::EPOCH,
            ladder: Vec::new(),
            first_before: Vec::new(),
            base_rate_per_year: 0.0,
            log_base_sd: 0.37,
            base_share_beside_windows: 1.0,
            signal_cap: 1.5,
            signals: Vec::new(),
            windows: Vec::new(),
            scheduled_cancel: 0.06,
            scheduled_slip: 0.14,
            scheduled_slip_days: 45.0,
            stopover_counts: false,
            deal: None,
            lead_mean_days: None,
            frailty: 0.0,
            season: None,
            silence: None,
            plan_prior: 0.2,
            plan_memory_days: 60.0,
            denied_days_left: 0.15,
            denied_days_left_sd: 0.10,
            influence: Influence::default(),
        }
    }
}

/// A deal whose stage modulates the intensity: `lambda e^(beta g_stage)` (model.md 1.6).
#[derive(Debug, Clone, PartialEq)]
pub struct DealSpec {
    /// Distribution over the stages as of `as_of`.
    pub initial: [f64; STAGES],
    /// When that was so.
    pub as_of: Timestamp,
    /// Every default transition rate times this; zero freezes the stage.
    pub speed: f64,
    /// `g`: log-intensity by stage, per unit of beta.
    pub profile: [f64; STAGES],
    /// Mean and standard deviation of beta.
    pub beta: (f64, f64),
    /// Distribution over the stages of the private deal as of `as_of`.
    pub private_initial: [f64; STAGES],
    /// Mean and standard deviation of what multiplies beta where the capital is private.
    pub private_kappa: (f64, f64),
}

impl Default for DealSpec {
    fn default() -> Self {
        Self {
            initial: Stage::None.certain(),
            as_of: Timestamp::EPOCH,
            speed: 1.0,
            profile: SOVEREIGN_PROFILE,
            beta: BETA_PRIOR,
            private_initial: Stage::None.certain(),
            private_kappa: PRIVATE_FACTOR_PRIOR,
        }
    }
}

/// What silence says about a plan of which something was heard (model.md 2.5).
#[derive(Debug, Clone, PartialEq)]
pub struct SilenceSpec {
    /// Reports a day while the plan is real.
    pub rate_if_planned: f64,
    /// Reports a day while it is not.
    pub rate_if_not: f64,
    /// Only time in which one of these answered counts; empty: any source.
    pub sources: Vec<String>,
    /// Two answers of a source further apart than this leave a hole between them.
    pub alive_gap: statecraft_domain::Nanos,
}

/// How far few can move a model (reliability.md 8.2). The user's own desk is exempt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Influence {
    /// Most that everything one publisher says alone has moved the probability, as of the first report of
    /// each of his stories; what another publisher tells in other words is not said alone. Pages that copy
    /// each other are one publisher. What time makes of it afterwards is not limited.
    pub solo_move_limit: f64,
    /// How far apart two publishers may report to corroborate each other.
    pub corroboration_window: statecraft_domain::Nanos,
    /// An official record needs no second publisher.
    pub official_alone: bool,
}

impl Default for Influence {
    fn default() -> Self {
        Self {
            solo_move_limit: 0.05,
            corroboration_window: statecraft_domain::Nanos::from_secs(72 * 3600),
            official_alone: true,
        }
    }
}

/// How one kind of signal moves the log-intensity.
#[derive(Debug, Clone, PartialEq)]
pub struct SignalWeight {
    /// The label's slug. Besides weights, the slugs `occurred`, `scheduled`, `called_off` and
    /// `postponed` are states (model.md 1.3, 1.5), never weights.
    pub slug: String,
    /// Change of the log-intensity at strength 1.
    pub mean: f64,
    /// Its standard deviation.
    pub sd: f64,
    /// How the effect runs over time.
    pub shape: SignalShape,
    /// In force from the start (known history): when it arrived, how strong.
    pub since: Option<(Timestamp, f64)>,
}

/// The course of a signal's effect (model.md 1.2).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SignalShape {
    /// Halves every so many days.
    Decaying {
        /// Half-life in days; above zero.
        half_life_days: f64,
    },
    /// Constant for so many days, or until a later signal of the same slug replaces it.
    Step {
        /// Length in days; infinite allowed.
        days: f64,
    },
    /// Rises to a date and falls again, linearly.
    Ramp {
        /// The date.
        date: Timestamp,
        /// Distance at which it is zero, in days; above zero.
        radius_days: f64,
    },
    /// Constant for so many days, some time after it was said: the second half year after a visit.
    LaterStep {
        /// Days until it begins.
        after_days: f64,
        /// Length in days; infinite allowed.
        days: f64,
    },
    /// Holds while the deal of the specification lives: its effect times the probability that the
    /// sovereign deal is anywhere from rumoured to construction, over time, from the chain. Nothing
    /// without a deal.
    WhileDeal,
}

/// A dated occasion on which the event may happen (model.md 1.4).
#[derive(Debug, Clone, PartialEq)]
pub struct CalendarWindow {
    /// For people; and labels `summit_window@WORD` mean the next window of whose name that is a word.
    pub name: String,
    /// First instant.
    pub start: Timestamp,
    /// Last instant; after it the window is worth nothing.
    pub end: Timestamp,
    /// Beta parameters of "the trip is made".
    pub attend: (f64, f64),
    /// Beta parameters of "this country is included, given the trip".
    pub include: (f64, f64),
}

/// Mixing with the market (model.md 4.1, 4.2): `logit p = w logit q + (1 - w) (a + b logit m)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Blend {
    /// Weight of the model, `0..=1`.
    pub model_weight: f64,
    /// Debias intercept.
    pub a: f64,
    /// Debias slope.
    pub b: f64,
    /// Standard deviation of the market's log-odds in the blend (0.25).
    pub market_sd_logit: f64,
    /// Wider spreads are no evidence.
    pub max_spread: Price,
}

/// From probability to order.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// Two-price Kelly with executable prices (model.md 5.2 to 5.8).
    Kelly(Kelly),
    /// A fixed size whenever the price is far enough from the probability (`bench/README.md`, T1).
    Threshold(Threshold),
    /// Quotes of one's own around the probability (model.md 5.9).
    Maker(Maker),
}

impl Decision {
    /// When a position is given up whatever its edge; nothing for a threshold.
    #[must_use]
    pub const fn exits(&self) -> Option<&Exits> {
        match self {
            Self::Kelly(rules) => Some(&rules.exits),
            Self::Maker(rules) => Some(&rules.exits),
            Self::Threshold(_) => None,
        }
    }
}

/// Parameters of the Kelly decision.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kelly {
    /// Fraction of full Kelly, `0..=1`.
    pub fraction: f64,
    /// Least edge in dollars per contract after all costs (theta).
    pub edge_min: f64,
    /// Least edge in standard deviations of the blended probability (kappa).
    pub edge_sds: f64,
    /// Opportunity rate per year.
    pub opportunity_rate: f64,
    /// Probability that the resolution disputes the event (epsilon).
    pub resolution_risk: f64,
    /// What a disputed contract pays.
    pub disputed_value: f64,
    /// Smallest order in contracts.
    pub min_contracts: Quantity,
    /// Largest share of the displayed depth within three cents of the best price.
    pub max_depth_share: f64,
    /// Distance of model and market log-odds beyond which nothing is done (5.7; 2.5).
    pub max_logit_distance: f64,
    /// Least time between two entries on a market, or on all that ask the same, engine time.
    pub cooldown: statecraft_domain::Nanos,
    /// Share of equity that may be lost on one contract at the worst outcome.
    pub max_loss_share: f64,
    /// How large entries are cut.
    pub slicing: Slicing,
    /// The band around the target in which a position is left alone.
    pub band: Band,
    /// When a position is given up whatever its edge.
    pub exits: Exits,
    /// All its markets ask the same question: a contract is bought where it is cheapest after fees, and
    /// the limits on a position hold for all of them together.
    pub same_question: bool,
}

/// How a large entry is cut into orders over time (model.md 5.8).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Slicing {
    /// Most contracts of one order; `None`: everything at once.
    pub contracts: Option<Quantity>,
    /// Least time between two slices of one entry, engine time.
    pub interval: statecraft_domain::Nanos,
}

/// A band around the target of a position that is held (model.md 5.6).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Band {
    /// Half-width as a share of the target, `0..=1`; zero: none.
    pub share: f64,
    /// Variance of the belief's log-odds per day, which moves the target; zero: only the share counts.
    pub variance_per_day: f64,
}

/// When a position is given up whatever its edge, and when it may be opened again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exits {
    /// Longest time that something is held, engine time; `None`: to the end.
    pub max_holding: Option<statecraft_domain::Nanos>,
    /// Given up once the probability of what is held fell by this much since it was bought, in the mean of its
    /// contracts; `None`: never.
    pub stop_move: Option<f64>,
    /// Given up this long before the market's close, engine time; `None`: held to settlement.
    pub before_close: Option<statecraft_domain::Nanos>,
    /// Furthest from the best price that an exit may reach.
    pub slippage: Price,
    /// Nothing is opened on a market for so long after something was closed there, engine time; nor on others that ask
    /// the same, unless it was closed because the market was about to.
    pub reentry: statecraft_domain::Nanos,
}

impl Default for Exits {
    fn default() -> Self {
        Self {
            max_holding: None,
            stop_move: None,
            before_close: None,
            slippage: Price::from_e4(300).unwrap_or(Price::ZERO),
            reentry: statecraft_domain::Nanos::ZERO,
        }
    }
}

/// Which sides a maker quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuoteSides {
    /// Bids and asks.
    Both,
    /// Only bids for YES; it sells what it holds.
    Bid,
    /// Only asks of YES; it buys back what it sold.
    Ask,
}

/// Parameters of quotes (model.md 5.9).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Maker {
    /// Contracts of one quote.
    pub contracts: Quantity,
    /// Smallest quote in contracts.
    pub min_contracts: Quantity,
    /// Largest inventory of this strategy on a market, either way, with open quotes counted as filled.
    pub max_inventory: Quantity,
    /// Which sides are quoted.
    pub sides: QuoteSides,
    /// Risk aversion (gamma).
    pub risk_aversion: f64,
    /// Variance of the belief's log-odds per day.
    pub variance_per_day: f64,
    /// How fast arrivals fall with distance, per unit of log-odds (k).
    pub arrival_decay: f64,
    /// Share of traders who know the outcome (mu).
    pub informed_share: f64,
    /// Least distance in dollars between value and quote after the maker's fee.
    pub edge_min: f64,
    /// Least distance in standard deviations of the blended probability.
    pub edge_sds: f64,
    /// Opportunity rate per year.
    pub opportunity_rate: f64,
    /// Probability that the resolution disputes the event.
    pub resolution_risk: f64,
    /// What a disputed contract pays.
    pub disputed_value: f64,
    /// Distance of model and market log-odds beyond which nothing is quoted.
    pub max_logit_distance: f64,
    /// At most so many ticks better than the best price of others on the same side.
    pub improve_ticks: u32,
    /// A quote stays while the wanted price is no further from it than this.
    pub requote_band: Price,
    /// Quotes placed on one market in a minute of wall time, at most.
    pub max_quotes_per_minute: u32,
    /// A quote ends at the venue by itself after this, wall time; never longer than
    /// [`AccountLimits::max_unattended`].
    pub lifetime: statecraft_domain::Nanos,
    /// No quotes for so long after a signal moved the model, engine time.
    pub signal_pause: statecraft_domain::Nanos,
    /// No quotes this near the market's close, engine time.
    pub stop_before_close: statecraft_domain::Nanos,
    /// When inventory is given up whatever its edge.
    pub exits: Exits,
}

/// Parameters of the threshold decision.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    /// Distance between price and probability that triggers.
    pub edge: Price,
    /// Contracts per order.
    pub quantity: Quantity,
    /// Largest position either way.
    pub max_position: Quantity,
    /// Least time between two decisions, engine time.
    pub interval: statecraft_domain::Nanos,
}

/// Limits of one strategy (reliability.md section 9).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StrategyLimits {
    /// R4.
    pub max_markets: u32,
    /// R5.
    pub min_price: Price,
    /// R5.
    pub max_price: Price,
    /// R6.
    pub max_order_contracts: Quantity,
    /// R7.
    pub max_order_cost: Usd,
    /// R8.
    pub price_collar: Price,
    /// R9: the limit price is at least this much better than the model's value. Not asked of a threshold
    /// or of a constant, which define their own.
    pub min_edge: Price,
    /// R10, dollars per contract.
    pub max_edge: f64,
    /// R14.
    pub max_position_contracts: Quantity,
    /// R14.
    pub max_position_cost: Usd,
    /// R15.
    pub max_group_cost: Usd,
    /// R18, per market.
    pub max_open_orders: u32,
    /// R3: no new orders this near the close (engine time).
    pub no_new_orders_before_close: statecraft_domain::Nanos,
}

impl StrategyLimits {
    /// These limits with every size and every cost cut to a share, in 1/10,000, rounded down.
    #[must_use]
    pub fn share(&self, e4: u32) -> Self {
        let quantity = |size: Quantity| {
            let part = i128::from(size.e6()) * i128::from(e4) / 10_000;
            Quantity::from_e6(i64::try_from(part).unwrap_or(i64::MAX))
        };
        let money = |amount: Usd| Usd::from_e10(amount.e10() / 10_000 * i128::from(e4));
        Self {
            max_order_contracts: quantity(self.max_order_contracts),
            max_order_cost: money(self.max_order_cost),
            max_position_contracts: quantity(self.max_position_contracts),
            max_position_cost: money(self.max_position_cost),
            max_group_cost: money(self.max_group_cost),
            ..*self
        }
    }
}

/// Limits of the account (reliability.md section 9).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AccountLimits {
    /// R16.
    pub max_account_cost: Usd,
    /// R17, in 1/10,000 of equity.
    pub cash_buffer_e4: u32,
    /// R18, whole account.
    pub max_open_orders: u32,
    /// R19.
    pub max_orders_per_second: u32,
    /// R19.
    pub max_orders_per_minute: u32,
    /// R19.
    pub max_orders_per_day: u32,
    /// R11: age of the last frame of the connection, wall time.
    pub max_book_age: statecraft_domain::Nanos,
    /// R20, wall time.
    pub duplicate_window: statecraft_domain::Nanos,
    /// R23.
    pub max_unknown_orders: u32,
    /// Resting orders end by themselves after this, wall time (section 6.6).
    pub max_unattended: statecraft_domain::Nanos,
    /// Limits beyond one order, and breakers.
    pub guards: Guards,
}
