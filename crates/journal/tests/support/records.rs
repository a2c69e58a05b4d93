//! Records for the tests of the journal.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, missing_docs)]

use proptest::prelude::*;
use statecraft_domain::control::{AlreadyPriced, CautionRaised};
use statecraft_domain::event::*;
use statecraft_domain::order::CloseReason;
use statecraft_domain::signal::Label;
use statecraft_domain::*;
use statecraft_journal::{Identity, Record, RunStarted, RunStopped};

pub fn account(name: &str) -> Identity {
    Identity { venue: Venue::Kalshi, endpoint: "embedded".to_owned(), account: name.to_owned() }
}

pub fn started(strategies: &[&str]) -> Record {
    Record::RunStarted(RunStarted {
        at: Timestamp::from_secs(1),
        strategies: strategies.iter().map(|&name| name.to_owned()).collect(),
        hashes: Vec::new(),
        lineages: Vec::new(),
        config_hash: "00".to_owned(),
        mode: "paper".to_owned(),
        endpoint: "embedded".to_owned(),
        version: "0.1.0".to_owned(),
    })
}

pub fn stopped() -> Record {
    Record::RunStopped(RunStopped { at: Timestamp::from_secs(9), reason: "asked".to_owned() })
}

pub fn id(lineage: u64, sequence: u64) -> ClientOrderId {
    ClientOrderId { lineage, sequence }
}

pub fn intent(lineage: u64, sequence: u64, strategy: u16, market: u32) -> Record {
    Record::Intent(RiskApproved::by_risk_gate(OrderRequest {
        id: id(lineage, sequence),
        strategy: StrategyId(strategy),
        market: MarketId(market),
        side: Side::Bid,
        price: "0.40".parse().unwrap(),
        quantity: "10".parse().unwrap(),
        time_in_force: TimeInForce::ImmediateOrCancel,
        post_only: false,
        reduce_only: false,
        self_trade_prevention: SelfTradePrevention::CancelTaker,
        decided_at: Timestamp::from_secs(3),
    }))
}

pub fn listed(market: u32, ticker: &str) -> Record {
    Record::Event(Event::MarketListed(Box::new(MarketListed {
        at: Timestamp::from_secs(2),
        market: MarketId(market),
        listing: listing(ticker),
    })))
}

pub fn listing(ticker: &str) -> Listing {
    Listing {
        venue: Venue::Kalshi,
        ticker: ticker.to_owned(),
        event: String::new(),
        series: String::new(),
        title: "A question".to_owned(),
        grid: TickGrid::cents(),
        lot: Quantity::from_contracts(1),
        close: Some(Timestamp::from_secs(100)),
        fees: FeeSchedule::free(),
        status: MarketStatus::Active,
    }
}

pub fn filled(
    lineage: u64,
    sequence: u64,
    market: u32,
    trade: &str,
    price: &str,
    quantity: &str,
) -> Event {
    Event::OrderFilled(Box::new(OrderFilled {
        at: Timestamp::from_secs(4),
        fill: Fill {
            trade: TradeId::new(trade),
            order: id(lineage, sequence),
            venue_order: VenueOrderId::new("v1"),
            market: MarketId(market),
            side: Side::Bid,
            price: price.parse().unwrap(),
            quantity: quantity.parse().unwrap(),
            liquidity: Liquidity::Taker,
            fee: "0.0504".parse().unwrap(),
            venue_at: Timestamp::from_secs(4),
        },
    }))
}

pub fn closed(lineage: u64, sequence: u64, filled: &str) -> Event {
    Event::OrderClosed(OrderClosed {
        at: Timestamp::from_secs(5),
        order: id(lineage, sequence),
        reason: CloseReason::ImmediateRest,
        filled: filled.parse().unwrap(),
    })
}

pub fn signal(id: &str, strength: f64) -> Signal {
    Signal {
        id: id.to_owned(),
        source: "wire".to_owned(),
        published: Timestamp::from_secs(1),
        received: Timestamp::from_secs(2),
        title: "A headline".to_owned(),
        text: String::new(),
        url: String::new(),
        lang: "en".to_owned(),
        target: String::new(),
        labels: vec![Label { slug: "visited".to_owned(), strength }],
        ..Signal::default()
    }
}

fn any_time() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp::from_nanos)
}

fn any_price() -> impl Strategy<Value = Price> {
    (0_u16..=10_000).prop_map(|e4| Price::from_e4(e4).unwrap())
}

fn any_quantity() -> impl Strategy<Value = Quantity> {
    (-Quantity::MAX.e6()..=Quantity::MAX.e6()).prop_map(Quantity::from_e6)
}

fn any_usd() -> impl Strategy<Value = Usd> {
    let limit = 10_i128.pow(28) - 1;
    (-limit..=limit).prop_map(Usd::from_e10)
}

fn any_order() -> impl Strategy<Value = ClientOrderId> {
    any::<(u64, u64)>().prop_map(|(lineage, sequence)| id(lineage, sequence))
}

fn any_float() -> impl Strategy<Value = f64> {
    any::<u64>().prop_map(f64::from_bits).prop_filter("finite", |value| value.is_finite())
}

fn any_reason() -> impl Strategy<Value = RejectReason> {
    (0..RejectReason::ALL.len()).prop_map(|index| RejectReason::ALL[index])
}

fn any_mode() -> impl Strategy<Value = Mode> {
    prop_oneof![
        Just(Mode::Starting),
        Just(Mode::Active),
        Just(Mode::ReduceOnly),
        Just(Mode::Halted),
        Just(Mode::Killed)
    ]
}

fn any_listing() -> impl Strategy<Value = Event> {
    let close = proptest::option::of(any_time());
    (any_time(), any::<u32>(), ".{0,20}", any_quantity(), close).prop_map(
        |(at, market, ticker, lot, close)| {
            let listing = Listing { lot, close, ..listing(&ticker) };
            Event::MarketListed(Box::new(MarketListed { at, market: MarketId(market), listing }))
        },
    )
}

fn any_fill() -> impl Strategy<Value = Event> {
    let what = (any_price(), any_quantity(), any_usd());
    (any_time(), any_order(), any::<u32>(), ".{1,20}", what).prop_map(
        |(at, order, market, trade, (price, quantity, fee))| {
            Event::OrderFilled(Box::new(OrderFilled {
                at,
                fill: Fill {
                    trade: TradeId::new(&trade),
                    order,
                    venue_order: VenueOrderId::new(&trade),
                    market: MarketId(market),
                    side: Side::Ask,
                    price,
                    quantity,
                    liquidity: Liquidity::Maker,
                    fee,
                    venue_at: at,
                },
            }))
        },
    )
}

fn any_signal() -> impl Strategy<Value = Event> {
    (any_time(), ".{0,40}", any_float(), any_float()).prop_map(|(at, text, first, second)| {
        let mut signal = signal(&text, first);
        signal.received = at;
        signal.text = text.clone();
        signal.labels.push(Label { slug: text, strength: second });
        Event::SignalReceived(Box::new(signal))
    })
}

fn any_account() -> impl Strategy<Value = Event> {
    let positions = proptest::collection::vec((any::<u32>(), any_quantity()), 0..4);
    (any_time(), any_usd(), positions).prop_map(|(at, cash, positions)| {
        let positions = positions
            .into_iter()
            .map(|(market, quantity)| ReportedPosition { market: MarketId(market), quantity })
            .collect();
        Event::AccountReported(Box::new(AccountReported {
            at,
            venue: Venue::Kalshi,
            cash,
            positions,
            proven: Vec::new(),
            disputes: Vec::new(),
        }))
    })
}

fn any_accepted() -> impl Strategy<Value = Event> {
    let fills = proptest::collection::vec((any_price(), any_quantity(), any_usd()), 0..3);
    (any_time(), any::<u32>(), any_quantity(), any_quantity(), fills, ".{0,20}").prop_map(
        |(at, market, ours, theirs, fills, reason)| {
            let market = MarketId(market);
            let fills = fills.into_iter().map(|(price, quantity, fee)| ForeignExecution {
                trade: TradeId::new("hand"),
                side: Side::Ask,
                price,
                quantity,
                fee,
            });
            let fills = fills.collect();
            Event::PositionsAccepted(Box::new(PositionsAccepted {
                at,
                venue: Venue::Kalshi,
                positions: vec![ReportedPosition { market, quantity: theirs }],
                accepted: vec![AcceptedPosition { market, ours, theirs, fills }],
                reason,
            }))
        },
    )
}

fn any_settlement() -> impl Strategy<Value = Settlement> {
    prop_oneof![
        Just(Settlement::Yes),
        Just(Settlement::No),
        any_price().prop_map(Settlement::Scalar),
        Just(Settlement::Void)
    ]
}

/// Every kind of event that the journal keeps.
pub fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        any_listing(),
        (any_time(), any::<u32>(), proptest::option::of(any_time())).prop_map(|(at, id, close)| {
            let (market, status) = (MarketId(id), MarketStatus::Paused);
            Event::MarketStatusChanged(MarketStatusChanged { at, market, status, close })
        }),
        (any_time(), any::<u32>(), any_settlement()).prop_map(|(at, id, settlement)| {
            Event::MarketSettled(MarketSettled { at, market: MarketId(id), settlement })
        }),
        any_signal(),
        (any_time(), any_order()).prop_map(|(at, order)| Event::OrderSent(OrderSent { at, order })),
        (any_time(), any_order(), ".{0,20}").prop_map(|(at, order, text)| {
            let venue_order = VenueOrderId::new(&text);
            Event::OrderAccepted(OrderAccepted { at, order, venue_order })
        }),
        (any_time(), any_order(), any_reason(), ".{0,20}").prop_map(
            |(at, order, reason, detail)| {
                Event::OrderRejected(OrderRejected { at, order, reason, detail })
            }
        ),
        (any_time(), any_order(), ".{0,20}")
            .prop_map(|(at, order, cause)| Event::OrderUnknown(OrderUnknown { at, order, cause })),
        any_fill(),
        (any_time(), any_order(), any_quantity()).prop_map(|(at, order, filled)| {
            let reason = CloseReason::VenueRemoved;
            Event::OrderClosed(OrderClosed { at, order, reason, filled })
        }),
        (any_time(), any_order(), ".{0,20}").prop_map(|(at, order, detail)| Event::CancelFailed(
            CancelFailed { at, order, detail }
        )),
        prop_oneof![any_account(), any_accepted()],
        (any_time(), any_mode(), ".{0,20}")
            .prop_map(|(at, mode, reason)| Event::ModeChanged(ModeChanged { at, mode, reason })),
        (any_time(), any::<i64>(), -1_000..1_000_i64).prop_map(|(at, day, dollars)| {
            let base = statecraft_domain::Usd::from_dollars(dollars);
            Event::ProfitMarked(statecraft_domain::control::ProfitMarked {
                at,
                day,
                day_base: base,
                week: day / 7,
                week_base: base,
                high_water: base,
            })
        }),
        (any_time(), any_float(), any::<u16>(), any::<u32>()).prop_map(
            |(at, reference, strategy, market)| {
                let priced = AlreadyPriced { side: Side::Ask, reference, until: at };
                Event::CautionRaised(Box::new(CautionRaised {
                    at,
                    strategy: StrategyId(strategy),
                    market: MarketId(market),
                    frozen_until: Some(at),
                    halved_until: None,
                    priced: Some(priced),
                }))
            }
        ),
        (any_time(), any::<u32>(), any_quantity()).prop_map(|(at, market, left)| {
            Event::FlattenEnded(FlattenEnded { at, market: MarketId(market), left })
        }),
    ]
}
