//! What every scenario needs: a market, strategies, limits, and short ways to write events.

#![allow(dead_code, unreachable_pub)]

use statecraft_domain::control::{
    ClockJudged, Latch, Origin, Reconciled, RestrictionChanged, Scope, VenueCondition,
    VenueConditionChanged,
};
use statecraft_domain::event::{
    AccountReported, BookChanged, BookSnapshot, ClockTicked, ConnectionChanged, Level, LevelChange,
    MarketListed, Mode, ModeChanged, OrderAccepted, OrderClosed, OrderFilled, OrderRejected,
    OrderSent, ReportedPosition, Traded,
};
use statecraft_domain::order::{CloseReason, SelfTradePrevention};
use statecraft_domain::signal::Label;
use statecraft_domain::{
    Action, ClientOrderId, Denial, Event, FeeSchedule, Fill, Liquidity, Listing, MarketId,
    MarketStatus, Nanos, OrderRequest, Price, Quantity, RejectReason, Side, Signal, StrategyId,
    TickGrid, TimeInForce, Timestamp, TradeId, Usd, Venue, VenueOrderId,
};
use statecraft_engine::config::{
    AccountLimits, Band, Blend, Caution, Decision, EngineConfig, Exits, Guards, Kelly, Maker,
    MarketSelector, ModelSpec, QuoteSides, Slicing, Strategy, StrategyLimits, Supervision,
    Threshold, TickerPattern,
};
use statecraft_engine::{DecisionOutcome, Engine};

pub const LINEAGE: u64 = 0xabcd;
pub const M: MarketId = MarketId(0);

pub fn cents(cents: u16) -> Price {
    Price::from_cents(cents).unwrap()
}

pub fn contracts(contracts: i32) -> Quantity {
    Quantity::from_contracts(contracts)
}

pub fn ms(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

pub fn level(price: u16, size: i32) -> Level {
    Level { price: cents(price), quantity: contracts(size) }
}

pub fn order_id(sequence: u64) -> ClientOrderId {
    ClientOrderId { lineage: LINEAGE, sequence }
}

pub fn listing(ticker: &str) -> Listing {
    Listing {
        venue: Venue::Kalshi,
        ticker: ticker.into(),
        event: String::new(),
        series: String::new(),
        title: "will it?".into(),
        grid: TickGrid::cents(),
        lot: contracts(1),
        close: None,
        fees: FeeSchedule::free(),
        status: MarketStatus::Active,
    }
}

pub fn loose_strategy_limits() -> StrategyLimits {
    StrategyLimits {
        max_markets: 20,
        min_price: cents(1),
        max_price: cents(99),
        max_order_contracts: contracts(1_000_000),
        max_order_cost: Usd::from_dollars(1_000_000),
        price_collar: cents(50),
        min_edge: Price::ZERO,
        max_edge: 1.0,
        max_position_contracts: contracts(1_000_000),
        max_position_cost: Usd::from_dollars(1_000_000),
        max_group_cost: Usd::from_dollars(1_000_000),
        max_open_orders: 100,
        no_new_orders_before_close: Nanos::from_secs(300),
    }
}

pub fn loose_account_limits() -> AccountLimits {
    AccountLimits {
        max_account_cost: Usd::from_dollars(1_000_000),
        cash_buffer_e4: 0,
        max_open_orders: 100,
        max_orders_per_second: 1_000,
        max_orders_per_minute: 10_000,
        max_orders_per_day: 1_000_000,
        max_book_age: Nanos::from_secs(15),
        duplicate_window: Nanos::from_secs(30),
        max_unknown_orders: 3,
        max_unattended: Nanos::from_secs(300),
        guards: Guards::open(),
    }
}

pub fn blend(model_weight: f64) -> Blend {
    Blend { model_weight, a: 0.0, b: 1.0, market_sd_logit: 0.25, max_spread: cents(10) }
}

pub fn t1() -> Threshold {
    Threshold {
        edge: cents(3),
        quantity: contracts(10),
        max_position: contracts(1000),
        interval: Nanos::from_secs(1),
    }
}

pub fn kelly() -> Kelly {
    Kelly {
        fraction: 0.25,
        edge_min: 0.02,
        edge_sds: 0.0,
        opportunity_rate: 0.0,
        resolution_risk: 0.0,
        disputed_value: 0.5,
        min_contracts: contracts(1),
        max_depth_share: 1.0,
        max_logit_distance: 2.5,
        cooldown: Nanos::from_secs(900),
        max_loss_share: 0.05,
        slicing: Slicing::default(),
        band: Band::default(),
        exits: Exits::default(),
        same_question: false,
    }
}

pub fn maker() -> Maker {
    Maker {
        contracts: contracts(20),
        min_contracts: contracts(5),
        max_inventory: contracts(100),
        sides: QuoteSides::Both,
        risk_aversion: 0.1,
        variance_per_day: 0.02,
        arrival_decay: 40.0,
        informed_share: 0.0,
        edge_min: 0.01,
        edge_sds: 0.0,
        opportunity_rate: 0.0,
        resolution_risk: 0.0,
        disputed_value: 0.5,
        max_logit_distance: 2.5,
        improve_ticks: 1,
        requote_band: cents(1),
        max_quotes_per_minute: 6,
        lifetime: Nanos::from_secs(300),
        signal_pause: Nanos::from_secs(900),
        stop_before_close: Nanos::from_secs(3600),
        exits: Exits::default(),
    }
}

pub fn strategy(model: ModelSpec, decision: Decision) -> Strategy {
    Strategy {
        name: "test".into(),
        event: "test-event".into(),
        markets: vec![MarketSelector {
            venue: Venue::Kalshi,
            pattern: TickerPattern::Glob("*".into()),
        }],
        model,
        blend: blend(1.0),
        caution: Caution::default(),
        decision,
        limits: loose_strategy_limits(),
        driver: None,
        companions: Vec::new(),
    }
}

pub fn constant(probability: f64) -> ModelSpec {
    ModelSpec::Constant { probability, sd_logit: 0.3 }
}

pub fn config(strategies: Vec<Strategy>) -> EngineConfig {
    EngineConfig {
        lineage: LINEAGE,
        first_sequence: 1,
        time_scale: 1,
        strategies,
        limits: loose_account_limits(),
        real_money: false,
        keep_checks: true,
        prediction_interval: Nanos::from_secs(3600),
        sources: Vec::new(),
        supervision: Supervision::default(),
    }
}

pub fn listed(at: i64, market: u32, ticker: &str) -> Event {
    Event::MarketListed(Box::new(MarketListed {
        at: ms(at),
        market: MarketId(market),
        listing: listing(ticker),
    }))
}

pub fn account(at: i64, dollars: i64, positions: &[(u32, i32)]) -> Event {
    let positions = positions
        .iter()
        .map(|&(market, quantity)| ReportedPosition {
            market: MarketId(market),
            quantity: contracts(quantity),
        })
        .collect();
    Event::AccountReported(Box::new(AccountReported {
        at: ms(at),
        venue: Venue::Kalshi,
        cash: Usd::from_dollars(dollars),
        positions,
        proven: Vec::new(),
        disputes: Vec::new(),
    }))
}

pub fn mode(at: i64, mode: Mode) -> Event {
    Event::ModeChanged(ModeChanged {
        at: ms(at),
        mode,
        reason: "test by the operator: test".into(),
    })
}

pub fn snapshot(at: i64, bids: &[(u16, i32)], asks: &[(u16, i32)]) -> Event {
    snapshot_of(at, 0, bids, asks)
}

pub fn snapshot_of(at: i64, market: u32, bids: &[(u16, i32)], asks: &[(u16, i32)]) -> Event {
    let levels = |levels: &[(u16, i32)]| levels.iter().map(|&(p, q)| level(p, q)).collect();
    Event::BookSnapshot(Box::new(BookSnapshot {
        at: ms(at),
        venue_at: ms(at),
        market: MarketId(market),
        bids: levels(bids),
        asks: levels(asks),
    }))
}

pub fn book(at: i64, side: Side, price: u16, size: i32) -> Event {
    Event::BookChanged(BookChanged {
        at: ms(at),
        venue_at: ms(at),
        market: M,
        side,
        price: cents(price),
        change: LevelChange::To(contracts(size)),
    })
}

pub fn traded(at: i64, price: u16) -> Event {
    Event::Traded(Traded {
        at: ms(at),
        venue_at: ms(at),
        market: M,
        taker: Side::Bid,
        price: cents(price),
        quantity: contracts(1),
    })
}

pub fn tick(at: i64) -> Event {
    Event::ClockTicked(ClockTicked { at: ms(at) })
}

pub fn sent(at: i64, sequence: u64) -> Event {
    Event::OrderSent(OrderSent { at: ms(at), order: order_id(sequence) })
}

pub fn accepted(at: i64, sequence: u64) -> Event {
    Event::OrderAccepted(OrderAccepted {
        at: ms(at),
        order: order_id(sequence),
        venue_order: VenueOrderId::new("V1"),
    })
}

pub fn filled(at: i64, sequence: u64, trade: &str, side: Side, price: u16, size: i32) -> Event {
    Event::OrderFilled(Box::new(OrderFilled {
        at: ms(at),
        fill: Fill {
            trade: TradeId::new(trade),
            order: order_id(sequence),
            venue_order: VenueOrderId::new("V1"),
            market: M,
            side,
            price: cents(price),
            quantity: contracts(size),
            liquidity: Liquidity::Taker,
            fee: Usd::from_cents(1),
            venue_at: ms(at),
        },
    }))
}

pub fn closed(at: i64, sequence: u64, reason: CloseReason, filled: i32) -> Event {
    Event::OrderClosed(OrderClosed {
        at: ms(at),
        order: order_id(sequence),
        reason,
        filled: contracts(filled),
    })
}

pub fn signal(at: i64, id: &str, slug: &str, strength: f64) -> Event {
    Event::SignalReceived(Box::new(Signal {
        id: id.into(),
        source: "test".into(),
        published: ms(at),
        received: ms(at),
        title: "a headline".into(),
        text: String::new(),
        url: String::new(),
        lang: String::new(),
        target: String::new(),
        labels: vec![Label { slug: slug.into(), strength }],
        ..Signal::default()
    }))
}

pub fn reconciled(at: i64, asked: i64) -> Event {
    Event::Reconciled(Reconciled { at: ms(at), venue: Venue::Kalshi, asked: ms(asked) })
}

pub fn clock(at: i64, trusted: bool) -> Event {
    Event::ClockJudged(ClockJudged { at: ms(at), offset: Nanos::from_secs(3), trusted })
}

pub fn condition(at: i64, condition: VenueCondition) -> Event {
    let detail = String::new();
    let venue = Venue::Kalshi;
    let at = ms(at);
    Event::VenueConditionChanged(Box::new(VenueConditionChanged { at, venue, condition, detail }))
}

pub fn connection(at: i64, connected: bool) -> Event {
    Event::ConnectionChanged(ConnectionChanged { at: ms(at), venue: Venue::Kalshi, connected })
}

pub fn rejected(at: i64, sequence: u64, reason: RejectReason) -> Event {
    let (at, order, detail) = (ms(at), order_id(sequence), String::new());
    Event::OrderRejected(OrderRejected { at, order, reason, detail })
}

pub fn restriction(at: i64, scope: Scope, mode: Mode, origin: Origin) -> Event {
    let (code, reason) = ("test".to_owned(), "a test".to_owned());
    let at = ms(at);
    let change = RestrictionChanged { at, scope, mode, origin, code, reason };
    Event::RestrictionChanged(Box::new(change))
}

/// The events that a journal would keep of these actions, denials aside.
pub fn latched(actions: &[Action]) -> Vec<Event> {
    let latch = |action: &Action| match action {
        Action::Latch(Latch::Denied(_)) => None,
        Action::Latch(latch) => Some(latch.clone().into_event()),
        _ => None,
    };
    actions.iter().filter_map(latch).collect()
}

/// Steps through events and returns every action.
pub fn run(engine: &mut Engine, events: &[Event]) -> Vec<Action> {
    let mut actions = Vec::new();
    for event in events {
        engine.step(event, &mut actions);
    }
    actions
}

/// An engine with one market, 10,000 dollars and trading switched on.
pub fn trading(config: EngineConfig) -> Engine {
    let mut engine = Engine::new(config);
    let opening = [listed(0, 0, "KXTEST-1"), account(0, 10_000, &[]), mode(0, Mode::Active)];
    assert_eq!(run(&mut engine, &opening), vec![]);
    engine
}

pub fn threshold_engine() -> Engine {
    trading(config(vec![strategy(constant(0.5), Decision::Threshold(t1()))]))
}

/// The orders placed.
pub fn orders(actions: &[Action]) -> Vec<OrderRequest> {
    let placed = actions.iter().filter_map(|action| match action {
        Action::Place(order) => Some(order.get().clone()),
        _ => None,
    });
    placed.collect()
}

/// Those of one strategy.
pub fn of(strategy: StrategyId, actions: &[Action]) -> Vec<OrderRequest> {
    orders(actions).into_iter().filter(|order| order.strategy == strategy).collect()
}

/// Actions in a short form that is easy to compare.
pub fn told(actions: &[Action]) -> Vec<String> {
    actions
        .iter()
        .filter_map(|action| match action {
            Action::Place(order) => {
                let OrderRequest { id, side, price, quantity, .. } = order.get();
                let deed = match side {
                    Side::Bid => "buy",
                    Side::Ask => "sell",
                };
                Some(format!("{} {deed} {quantity} @ {price}", id.sequence))
            }
            Action::Cancel(cancel) => Some(format!("cancel {}", cancel.order.sequence)),
            Action::Predict(_) => None,
            Action::Resnapshot(resnapshot) => Some(format!("resnapshot {}", resnapshot.market.0)),
            Action::Latch(Latch::Denied(_)) => None,
            Action::Latch(_) => Some("latch".to_owned()),
            Action::Alert(alert) => Some(format!("alert {}", alert.code)),
        })
        .collect()
}

/// Buys 10 at 0.47 whenever the book moves, at most once a second.
pub fn buyer(change: impl FnOnce(&mut EngineConfig)) -> Engine {
    let mut config = config(vec![strategy(constant(0.5), Decision::Threshold(t1()))]);
    config.limits.duplicate_window = Nanos::ZERO;
    change(&mut config);
    trading(config)
}

pub fn tempting(at: i64) -> Event {
    snapshot(at, &[(46, 50)], &[(47, 50)])
}

/// An order to rest for so many seconds, or until it is cancelled.
pub fn resting(engine: &Engine, seconds: Option<i64>) -> OrderRequest {
    let expires = seconds.map(|seconds| engine.now() + Nanos::from_secs(seconds));
    OrderRequest {
        id: order_id(99),
        strategy: StrategyId(0),
        market: M,
        side: Side::Bid,
        price: cents(46),
        quantity: contracts(1),
        time_in_force: TimeInForce::GoodTilCancelled { expires },
        post_only: false,
        reduce_only: false,
        self_trade_prevention: SelfTradePrevention::CancelTaker,
        decided_at: engine.now(),
    }
}

/// Why the first strategy does nothing on a market.
pub fn why(engine: &Engine, market: u32) -> Denial {
    match engine.last_decision(StrategyId(0), MarketId(market)).unwrap().outcome {
        DecisionOutcome::Denied(denial) => denial,
        DecisionOutcome::Order { .. } => panic!("an order"),
    }
}

/// Fills an order whole at a price, and tells of it.
pub fn fill_whole(engine: &mut Engine, at: i64, order: &OrderRequest, price: u16) -> Vec<Action> {
    let size = i32::try_from(order.quantity.e6() / 1_000_000).unwrap();
    let trade = format!("t{}", order.id.sequence);
    let mut fill = filled(at, order.id.sequence, &trade, order.side, price, size);
    if let Event::OrderFilled(filled) = &mut fill {
        filled.fill.market = order.market;
    }
    run(engine, &[fill])
}
