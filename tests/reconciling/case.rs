//! An account, the venue's story of it, and what compares them.

use std::time::Duration;

use statecraft::journal::{JournalClosed, Record, is_journaled};
use statecraft::trading::desk::Takes;
use statecraft::trading::markets::Markets;
use statecraft::trading::reconcile::{AccountState, VenueFill, VenueOrder, VenueOrderState};
use statecraft::trading::reconciler::{GRACE, Reconciler, Start, StartError};
use statecraft_domain::action::Alert;
use statecraft_domain::event::*;
use statecraft_domain::order::CloseReason;
use statecraft_domain::*;
use statecraft_engine::config::{AccountLimits, Guards, Supervision};
use statecraft_engine::orders::Phase;
use statecraft_engine::{Engine, EngineConfig};

pub(crate) const LINEAGE: u64 = 7;
pub(crate) const TICKER: &str = "T";
pub(crate) const MARKET: MarketId = MarketId(0);
pub(crate) const START: Timestamp = Timestamp::from_secs(1_772_452_800);

pub(crate) struct Core {
    pub(crate) engine: Engine,
    pub(crate) at: Timestamp,
    pub(crate) actions: Vec<Action>,
    /// What a journal would have kept.
    pub(crate) records: Vec<Record>,
}

impl Takes for Core {
    fn engine(&self) -> &Engine {
        &self.engine
    }

    fn now(&self) -> Timestamp {
        self.at
    }

    fn tell(&mut self, alert: Alert) {
        self.actions.push(Action::Alert(alert));
    }

    fn take(&mut self, event: Event) -> Result<(), JournalClosed> {
        let before = self.actions.len();
        self.engine.step(&event, &mut self.actions);
        let latches = self.actions[before..].iter().filter_map(|action| match action {
            Action::Latch(latch) => Some(latch.clone().into_event()),
            _ => None,
        });
        let kept = Some(event).filter(is_journaled).into_iter().chain(latches);
        self.records.extend(kept.map(Record::Event));
        Ok(())
    }
}

pub(crate) fn limits() -> AccountLimits {
    AccountLimits {
        max_account_cost: Usd::from_dollars(500),
        cash_buffer_e4: 500,
        max_open_orders: 20,
        max_orders_per_second: 2,
        max_orders_per_minute: 30,
        max_orders_per_day: 500,
        max_book_age: Nanos::from_secs(15),
        duplicate_window: Nanos::from_secs(30),
        max_unknown_orders: 3,
        max_unattended: Nanos::from_secs(300),
        guards: Guards::default(),
    }
}

pub(crate) fn listing() -> Listing {
    Listing {
        venue: Venue::Kalshi,
        ticker: TICKER.to_owned(),
        event: String::new(),
        series: String::new(),
        title: "A question".to_owned(),
        grid: TickGrid::cents(),
        lot: Quantity::from_contracts(1),
        close: None,
        fees: FeeSchedule::free(),
        status: MarketStatus::Active,
    }
}

pub(crate) fn engine() -> Engine {
    Engine::new(EngineConfig {
        lineage: LINEAGE,
        first_sequence: 1,
        time_scale: 1,
        strategies: Vec::new(),
        limits: limits(),
        real_money: false,
        keep_checks: false,
        prediction_interval: Nanos::ZERO,
        sources: Vec::new(),
        supervision: Supervision::default(),
    })
}

/// An account, the venue's story of it, and what compares them.
pub(crate) struct Case {
    pub(crate) core: Core,
    pub(crate) reconciler: Reconciler,
    pub(crate) state: AccountState,
    pub(crate) markets: Markets,
}

impl Case {
    /// Every order was filled whole, one after the other: contracts bought, or sold if below zero.
    pub(crate) fn new(orders: &[i32]) -> Self {
        let markets = Markets::default();
        assert_eq!(markets.intern(Venue::Kalshi, TICKER), MARKET);
        let wall = Duration::ZERO;
        let reconciler = Reconciler::new(markets.clone(), 1, GRACE, START, wall);
        let core = Core { engine: engine(), at: START, actions: Vec::new(), records: Vec::new() };
        let mut case = Self { core, reconciler, state: AccountState::default(), markets };
        let (at, listing) = (START, listing());
        case.step(Event::MarketListed(Box::new(MarketListed { at, market: MARKET, listing })));
        case.report(Usd::from_dollars(1_000));
        for (number, contracts) in (1..).zip(orders) {
            case.trade(number, *contracts);
        }
        case.state.cash = case.core.engine.cash(Venue::Kalshi).unwrap();
        // The newest first, as the venue lists them.
        case.state.fills.reverse();
        case
    }

    pub(crate) fn step(&mut self, event: Event) {
        self.core.take(event).unwrap();
    }

    pub(crate) fn report(&mut self, cash: Usd) {
        let (at, venue) = (START, Venue::Kalshi);
        let report = AccountReported {
            at,
            venue,
            cash,
            positions: Vec::new(),
            proven: Vec::new(),
            disputes: Vec::new(),
        };
        self.step(Event::AccountReported(Box::new(report)));
    }

    /// An order is decided: contracts to buy, or to sell if below zero.
    pub(crate) fn decide(&mut self, id: ClientOrderId, contracts: i32, time_in_force: TimeInForce) {
        let order = OrderRequest {
            id,
            strategy: StrategyId(0),
            market: MARKET,
            side: if contracts > 0 { Side::Bid } else { Side::Ask },
            price: Price::from_cents(40).unwrap(),
            quantity: Quantity::from_contracts(contracts.abs()),
            time_in_force,
            post_only: false,
            reduce_only: false,
            self_trade_prevention: SelfTradePrevention::CancelTaker,
            decided_at: START,
        };
        self.core.engine.restore_intent(&order);
        self.core.records.push(Record::Intent(RiskApproved::by_risk_gate(order)));
    }

    pub(crate) fn trade(&mut self, sequence: u64, contracts: i32) {
        let id = ClientOrderId { lineage: LINEAGE, sequence };
        let side = if contracts > 0 { Side::Bid } else { Side::Ask };
        let (at, price) = (START, Price::from_cents(40).unwrap());
        let quantity = Quantity::from_contracts(contracts.abs());
        let venue_order = VenueOrderId::new(&format!("v{sequence}"));
        self.decide(id, contracts, TimeInForce::ImmediateOrCancel);
        let accepted = OrderAccepted { at, order: id, venue_order: venue_order.clone() };
        self.step(Event::OrderAccepted(accepted));
        let fill = Fill {
            trade: TradeId::new(&format!("t{sequence}")),
            order: id,
            venue_order: venue_order.clone(),
            market: MARKET,
            side,
            price,
            quantity,
            liquidity: Liquidity::Taker,
            fee: Usd::ZERO,
            venue_at: at + Nanos::from_secs(i64::try_from(sequence).unwrap()),
        };
        self.state.fills.push(VenueFill {
            trade: fill.trade.clone(),
            venue_order: venue_order.clone(),
            ticker: TICKER.to_owned(),
            side,
            price,
            quantity,
            liquidity: Liquidity::Taker,
            fee: Usd::ZERO,
            venue_at: fill.venue_at,
        });
        self.step(Event::OrderFilled(Box::new(OrderFilled { at, fill })));
        let reason = CloseReason::ImmediateRest;
        self.step(Event::OrderClosed(OrderClosed { at, order: id, reason, filled: quantity }));
        self.state.orders.push(VenueOrder {
            client_id: id.to_string(),
            venue_order,
            ticker: TICKER.to_owned(),
            state: VenueOrderState::Executed,
            filled: quantity,
        });
    }

    /// An order that rests, here and at the venue.
    pub(crate) fn rest(&mut self, sequence: u64, contracts: i32) {
        let id = ClientOrderId { lineage: LINEAGE, sequence };
        let venue_order = VenueOrderId::new(&format!("v{sequence}"));
        let at = START;
        let expires = Some(at + Nanos::from_secs(90));
        self.decide(id, contracts, TimeInForce::GoodTilCancelled { expires });
        let accepted = OrderAccepted { at, order: id, venue_order: venue_order.clone() };
        self.step(Event::OrderAccepted(accepted));
        self.state.orders.push(VenueOrder {
            client_id: id.to_string(),
            venue_order,
            ticker: TICKER.to_owned(),
            state: VenueOrderState::Resting,
            filled: Quantity::ZERO,
        });
    }

    pub(crate) fn activate(&mut self) {
        let (at, mode, reason) = (START, Mode::Active, "started".to_owned());
        self.step(Event::ModeChanged(ModeChanged { at, mode, reason }));
        assert_eq!(self.core.engine.mode(), Mode::Active);
    }

    pub(crate) fn page(&mut self, position: i32) {
        let position = Quantity::from_contracts(position);
        let held = (!position.is_zero()).then(|| (TICKER.to_owned(), position));
        self.state.positions = held.into_iter().collect();
    }

    /// A report asked for at this second; what the engine then is.
    pub(crate) fn compare(&mut self, second: u64) -> Mode {
        let wall = Duration::from_secs(second);
        let _ = self.reconciler.ask(&self.core.engine, wall, Nanos::ZERO);
        let state = Ok(self.state.clone());
        self.reconciler.take(&mut self.core, wall + Duration::from_secs(1), state).unwrap();
        self.core.engine.mode()
    }

    /// Did something raise an alert of this code?
    pub(crate) fn alerted(&self, code: &str) -> bool {
        self.core
            .actions
            .iter()
            .any(|action| matches!(action, Action::Alert(it) if it.code == code))
    }

    pub(crate) fn close(&mut self, sequence: u64) {
        let order = ClientOrderId { lineage: LINEAGE, sequence };
        let (at, reason, filled) = (START, CloseReason::Cancelled, Quantity::ZERO);
        self.step(Event::OrderClosed(OrderClosed { at, order, reason, filled }));
    }

    /// A person lets it trade on.
    pub(crate) fn resume(&mut self) -> Mode {
        let (at, mode) = (START, Mode::Active);
        let reason = "resumed by the operator: test".to_owned();
        self.step(Event::ModeChanged(ModeChanged { at, mode, reason }));
        self.core.engine.mode()
    }

    /// Money comes, or goes if below zero.
    pub(crate) fn money(&mut self, cents: i64) {
        self.state.cash += Usd::from_cents(cents);
    }

    pub(crate) fn phase(&self, sequence: u64) -> Phase {
        let order = ClientOrderId { lineage: LINEAGE, sequence };
        self.core.engine.orders().get(order).unwrap().phase
    }

    pub(crate) fn settle(&mut self, second: u64) -> Start {
        self.try_settle(second).unwrap()
    }

    pub(crate) fn try_settle(&mut self, second: u64) -> Result<Start, StartError> {
        let _ = self.reconciler.ask(&self.core.engine, Duration::from_secs(second), Nanos::ZERO);
        let state = self.state.clone();
        self.reconciler.settle(&mut self.core, &state, false)
    }
}
