//! Both own forms of the tape give back every event exactly, whatever it is; a torn tail costs only
//! the torn event; damage is told from a tail.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::path::Path;

use proptest::prelude::*;
use statecraft::tape::{
    EventSource as _, SealOptions, SealedWriter, TapeReader, TapeWriter, recording,
};
use statecraft_domain::event::*;
use statecraft_domain::fees::{FeePeriod, FeeRates, FeeRounding};
use statecraft_domain::order::CloseReason;
use statecraft_domain::signal::Label;
use statecraft_domain::*;

fn at() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        any::<i64>().prop_map(Timestamp::from_nanos),
        (1_700_000_000_000_000_000..1_900_000_000_000_000_000_i64).prop_map(Timestamp::from_nanos),
    ]
}

fn price() -> impl Strategy<Value = Price> {
    (0..=10_000_u16).prop_map(|e4| Price::from_e4(e4).unwrap())
}

fn quantity() -> impl Strategy<Value = Quantity> {
    (-Quantity::MAX.e6()..=Quantity::MAX.e6()).prop_map(Quantity::from_e6)
}

fn usd() -> impl Strategy<Value = Usd> {
    (-1_000_000_000_000_000_000_000_i128..=1_000_000_000_000_000_000_000).prop_map(Usd::from_e10)
}

fn market() -> impl Strategy<Value = MarketId> {
    prop_oneof![(0..5_u32).prop_map(MarketId), any::<u32>().prop_map(MarketId)]
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Bid), Just(Side::Ask)]
}

fn order() -> impl Strategy<Value = ClientOrderId> {
    (any::<u64>(), any::<u64>()).prop_map(|(lineage, sequence)| ClientOrderId { lineage, sequence })
}

fn text() -> impl Strategy<Value = String> {
    "[ -~äß€\\n\\t\"\\\\]{0,30}"
}

fn levels() -> impl Strategy<Value = Vec<Level>> {
    prop::collection::vec(
        (price(), quantity()).prop_map(|(price, quantity)| Level { price, quantity }),
        0..12,
    )
}

fn change() -> impl Strategy<Value = LevelChange> {
    quantity().prop_flat_map(|q| prop_oneof![Just(LevelChange::By(q)), Just(LevelChange::To(q))])
}

fn venue() -> impl Strategy<Value = Venue> {
    prop_oneof![Just(Venue::Kalshi), Just(Venue::Polymarket), Just(Venue::File)]
}

fn status() -> impl Strategy<Value = MarketStatus> {
    prop_oneof![
        Just(MarketStatus::Unopened),
        Just(MarketStatus::Active),
        Just(MarketStatus::Paused),
        Just(MarketStatus::Closed)
    ]
}

fn fees() -> impl Strategy<Value = FeeSchedule> {
    let rounding = prop_oneof![
        Just(FeeRounding::Exact),
        Just(FeeRounding::CentPerFill),
        (usd(), usd(), usd()).prop_map(|(trade_unit, balance_unit, rebate_unit)| {
            FeeRounding::Accumulated { trade_unit, balance_unit, rebate_unit }
        }),
    ];
    let period = (at(), any::<(u32, u32, u32)>(), rounding).prop_map(|(from, rates, rounding)| {
        let rates = FeeRates { taker_e4: rates.0, maker_e4: rates.1, multiplier_e6: rates.2 };
        FeePeriod { from, rates, rounding }
    });
    prop::collection::vec(period, 0..3).prop_map(FeeSchedule::new)
}

fn listed() -> impl Strategy<Value = Event> {
    (
        at(),
        market(),
        venue(),
        (text(), text(), text(), text()),
        prop::option::of(at()),
        fees(),
        status(),
        quantity(),
    )
        .prop_map(
            |(at, market, venue, (ticker, event, series, title), close, fees, status, lot)| {
                let grid = TickGrid::cents();
                let listing =
                    Listing { venue, ticker, event, series, title, grid, lot, close, fees, status };
                Event::MarketListed(Box::new(MarketListed { at, market, listing }))
            },
        )
}

fn signal() -> impl Strategy<Value = Event> {
    let label = (text(), any::<f64>().prop_filter("finite", |x| x.is_finite()))
        .prop_map(|(slug, strength)| Label { slug, strength });
    (
        text(),
        text(),
        at(),
        at(),
        (text(), text(), text(), text(), text()),
        prop::collection::vec(label, 0..4),
    )
        .prop_map(
            |(id, source, published, received, (title, text, url, lang, target), labels)| {
                Event::SignalReceived(Box::new(Signal {
                    id,
                    source,
                    published,
                    received,
                    title,
                    text,
                    url,
                    lang,
                    target,
                    labels,
                    ..Signal::default()
                }))
            },
        )
}

fn filled() -> impl Strategy<Value = Event> {
    (
        at(),
        text(),
        order(),
        text(),
        market(),
        side(),
        price(),
        quantity(),
        usd(),
        at(),
        any::<bool>(),
    )
        .prop_map(
            |(
                at,
                trade,
                order,
                venue_order,
                market,
                side,
                price,
                quantity,
                fee,
                venue_at,
                took,
            )| {
                let liquidity = if took { Liquidity::Taker } else { Liquidity::Maker };
                let fill = Fill {
                    trade: TradeId::new(&trade),
                    order,
                    venue_order: VenueOrderId::new(&venue_order),
                    market,
                    side,
                    price,
                    quantity,
                    liquidity,
                    fee,
                    venue_at,
                };
                Event::OrderFilled(Box::new(OrderFilled { at, fill }))
            },
        )
}

fn market_event() -> impl Strategy<Value = Event> {
    let settlement = prop_oneof![
        Just(Settlement::Yes),
        Just(Settlement::No),
        Just(Settlement::Void),
        price().prop_map(Settlement::Scalar)
    ];
    let cause = prop_oneof![
        Just(LossCause::SequenceGap),
        Just(LossCause::Disconnected),
        Just(LossCause::Unreadable),
        Just(LossCause::NegativeLevel),
        Just(LossCause::SubscriptionEnded),
        Just(LossCause::Silent)
    ];
    prop_oneof![
        4 => (at(), at(), market(), side(), price(), change()).prop_map(|(at, venue_at, market, side, price, change)| {
            Event::BookChanged(BookChanged { at, venue_at, market, side, price, change })
        }),
        2 => (at(), market(), side(), price(), change()).prop_map(|(at, market, side, price, change)| {
            Event::BookChanged(BookChanged { at, venue_at: at, market, side, price, change })
        }),
        2 => (at(), at(), market(), side(), price(), quantity()).prop_map(|(at, venue_at, market, taker, price, quantity)| {
            Event::Traded(Traded { at, venue_at, market, taker, price, quantity })
        }),
        2 => (at(), at(), market(), price(), price(), price()).prop_map(|(at, venue_at, market, bid, ask, last)| {
            Event::Quoted(Quoted { at, venue_at, market, bid, ask, last })
        }),
        2 => (at(), at(), market(), levels(), levels()).prop_map(|(at, venue_at, market, bids, asks)| {
            Event::BookSnapshot(Box::new(BookSnapshot { at, venue_at, market, bids, asks }))
        }),
        1 => listed(),
        1 => (at(), market(), status(), prop::option::of(at())).prop_map(|(at, market, status, close)| {
            Event::MarketStatusChanged(MarketStatusChanged { at, market, status, close })
        }),
        1 => (at(), market(), settlement).prop_map(|(at, market, settlement)| {
            Event::MarketSettled(MarketSettled { at, market, settlement })
        }),
        1 => (at(), market(), cause).prop_map(|(at, market, cause)| {
            Event::BookLost(BookLost { at, market, cause })
        }),
        1 => at().prop_map(|at| Event::ClockTicked(ClockTicked { at })),
        1 => signal(),
    ]
}

fn private_event() -> impl Strategy<Value = Event> {
    let reject = (0..RejectReason::ALL.len()).prop_map(|index| RejectReason::ALL[index]);
    let close = prop_oneof![
        Just(CloseReason::Cancelled),
        Just(CloseReason::ImmediateRest),
        Just(CloseReason::Expired),
        Just(CloseReason::SelfTrade),
        Just(CloseReason::MarketClosed),
        Just(CloseReason::VenueRemoved),
        Just(CloseReason::NotPlaced)
    ];
    let mode = prop_oneof![
        Just(Mode::Starting),
        Just(Mode::Active),
        Just(Mode::ReduceOnly),
        Just(Mode::Halted),
        Just(Mode::Killed)
    ];
    let positions = prop::collection::vec(
        (market(), quantity()).prop_map(|(market, quantity)| ReportedPosition { market, quantity }),
        0..4,
    );
    prop_oneof![
        (at(), order()).prop_map(|(at, order)| Event::OrderSent(OrderSent { at, order })),
        (at(), order(), text()).prop_map(|(at, order, id)| {
            Event::OrderAccepted(OrderAccepted { at, order, venue_order: VenueOrderId::new(&id) })
        }),
        (at(), order(), reject, text()).prop_map(|(at, order, reason, detail)| {
            Event::OrderRejected(OrderRejected { at, order, reason, detail })
        }),
        (at(), order(), text()).prop_map(|(at, order, cause)| Event::OrderUnknown(OrderUnknown {
            at,
            order,
            cause
        })),
        filled(),
        (at(), order(), close, quantity()).prop_map(|(at, order, reason, filled)| {
            Event::OrderClosed(OrderClosed { at, order, reason, filled })
        }),
        (at(), order(), text()).prop_map(|(at, order, detail)| Event::CancelFailed(CancelFailed {
            at,
            order,
            detail
        })),
        (at(), venue(), usd(), positions).prop_map(|(at, venue, cash, positions)| {
            Event::AccountReported(Box::new(AccountReported {
                at,
                venue,
                cash,
                positions,
                proven: Vec::new(),
                disputes: Vec::new(),
            }))
        }),
        (at(), venue(), any::<bool>()).prop_map(|(at, venue, connected)| {
            Event::ConnectionChanged(ConnectionChanged { at, venue, connected })
        }),
        (at(), mode, text()).prop_map(|(at, mode, reason)| Event::ModeChanged(ModeChanged {
            at,
            mode,
            reason
        })),
    ]
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    prop::collection::vec(prop_oneof![3 => market_event(), 1 => private_event()], 0..120)
}

fn record(path: &Path, events: &[Event]) {
    let mut writer = TapeWriter::create(path).unwrap();
    for event in events {
        writer.append(event).unwrap();
    }
    writer.sync().unwrap();
}

fn read(path: &Path) -> Vec<Event> {
    TapeReader::open(path).unwrap().map(Result::unwrap).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_recording_gives_back_every_event(events in events()) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.tape");
        record(&path, &events);
        prop_assert_eq!(read(&path), events);
    }

    #[test]
    fn a_sealed_tape_gives_back_every_event(events in events(), floats: bool) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.parquet");
        let mut writer = SealedWriter::create(&path, SealOptions { floats }).unwrap();
        for event in &events {
            writer.append(event).unwrap();
        }
        prop_assert_eq!(writer.finish().unwrap(), events.len() as u64);
        prop_assert_eq!(read(&path), events);
    }

    #[test]
    fn cut_anywhere_a_recording_keeps_its_whole_frames(events in events(), cut in 0.0..1.0_f64) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.tape");
        record(&path, &events);
        let size = std::fs::metadata(&path).unwrap().len();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let keep = 8 + ((size - 8) as f64 * cut) as u64;
        std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(keep).unwrap();
        let kept = read(&path);
        prop_assert_eq!(&kept[..], &events[..kept.len()]);
        let (mut writer, cut_off) = TapeWriter::resume(&path).unwrap();
        let tick = Event::ClockTicked(ClockTicked { at: Timestamp::EPOCH });
        writer.append(&tick).unwrap();
        writer.sync().unwrap();
        let mut wanted = kept.clone();
        wanted.push(tick);
        prop_assert_eq!(read(&path), wanted);
        if keep < size && cut_off == 0 {
            prop_assert!(kept.len() < events.len(), "a cut between frames loses whole events only");
        }
    }
}

#[test]
fn a_flipped_bit_in_the_middle_is_damage_and_names_its_frame() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.tape");
    let tick = |n| Event::ClockTicked(ClockTicked { at: Timestamp::from_nanos(n) });
    record(&path, &[tick(1), tick(2), tick(3)]);
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let error = TapeReader::open(&path).unwrap().find_map(Result::err).unwrap().to_string();
    assert!(error.contains("frame 2 at byte"), "{error}");
}

#[test]
fn a_torn_tail_is_reported_in_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.tape");
    let tick = Event::ClockTicked(ClockTicked { at: Timestamp::EPOCH });
    record(&path, &[tick.clone(), tick]);
    let size = std::fs::metadata(&path).unwrap().len();
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(size - 5).unwrap();
    let mut reader = recording::RecordingReader::open(&path).unwrap();
    let mut out = Vec::new();
    while reader.read(&mut out).unwrap() {}
    assert_eq!(out.len(), 1);
    assert_eq!(reader.notes().torn_bytes, (size - 8) / 2 - 5);
}

#[test]
fn a_sealed_tape_of_many_row_groups_streams_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    let mut writer = SealedWriter::create(&path, SealOptions::default()).unwrap();
    let changed = |n: i64| {
        Event::BookChanged(BookChanged {
            at: Timestamp::from_nanos(n * 1_000),
            venue_at: Timestamp::from_nanos(n * 1_000),
            market: MarketId(0),
            side: if n % 3 == 0 { Side::Bid } else { Side::Ask },
            price: Price::from_cents(1 + u16::try_from(n % 99).unwrap()).unwrap(),
            change: LevelChange::To(Quantity::from_e6(n % 977 * 1_000_000)),
        })
    };
    for n in 0..300_000 {
        writer.append(&changed(n)).unwrap();
    }
    assert_eq!(writer.finish().unwrap(), 300_000);
    for (n, event) in (0..).zip(TapeReader::open(&path).unwrap()) {
        assert_eq!(event.unwrap(), changed(n));
    }
    assert_eq!(TapeReader::open(&path).unwrap().count(), 300_000);
}

#[test]
fn an_unfinished_sealed_tape_has_no_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    drop(SealedWriter::create(&path, SealOptions::default()).unwrap());
    assert!(!path.exists());
}
