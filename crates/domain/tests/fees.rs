//! Fee arithmetic against the venues' worked examples, and its laws.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

use proptest::prelude::*;
use statecraft_domain::fees::{
    FIXED_POINT_FROM, FeeCharge, FeePeriod, FeeRates, FeeRounding, FeeSchedule, KalshiFeeType,
    KalshiMember, MICRO_FEES_FROM,
};
use statecraft_domain::{Liquidity, Nanos, Price, Quantity, Timestamp, Usd};

const ONE: u32 = 1_000_000;
const CENT_ERA: Timestamp = Timestamp::EPOCH;

fn usd(text: &str) -> Usd {
    text.parse().unwrap()
}

fn kalshi(fee_type: KalshiFeeType, multiplier_e6: u32, member: KalshiMember) -> FeeSchedule {
    FeeSchedule::kalshi(fee_type, multiplier_e6, member)
}

/// Charges a lone fill; `deed` is `buy` (YES), `sell` (YES held) or `no` (an ask that opens NO).
fn charge(
    schedule: &FeeSchedule,
    at: Timestamp,
    liquidity: Liquidity,
    deed: &str,
    quantity: &str,
    price: &str,
) -> FeeCharge {
    let price: Price = price.parse().unwrap();
    let quantity: Quantity = quantity.parse().unwrap();
    let revenue = match deed {
        "buy" => -price.times(quantity),
        "sell" => price.times(quantity),
        _ => -price.complement().times(quantity),
    };
    schedule.charge(at, liquidity, price, quantity, revenue, &mut Usd::ZERO.clone())
}

#[test]
fn worked_examples_of_the_rule_of_august_2026() {
    use KalshiFeeType::{Quadratic, QuadraticWithComboMakerFees, QuadraticWithMakerFees};
    use Liquidity::{Maker, Taker};
    #[rustfmt::skip]
    let rows = [
        (Quadratic, ONE, Taker, "buy", "100", "0.50", "1.75", "1.75", "-51.75", "1.75", "-51.75"),
        (QuadraticWithMakerFees, ONE, Maker, "buy", "100", "0.50", "0.4375", "0.4375", "-50.4375", "0.44", "-50.44"),
        (QuadraticWithComboMakerFees, ONE, Maker, "buy", "100", "0.50", "0.875", "0.875", "-50.875", "0.88", "-50.88"),
        (Quadratic, ONE, Taker, "buy", "1", "0.50", "0.0175", "0.0175", "-0.5175", "0.02", "-0.52"),
        (Quadratic, ONE, Taker, "buy", "10", "0.33", "0.15477", "0.1548", "-3.4548", "0.16", "-3.46"),
        (Quadratic, ONE, Taker, "sell", "10", "0.33", "0.15477", "0.1548", "3.1452", "0.16", "3.14"),
        (Quadratic, ONE, Taker, "no", "10", "0.33", "0.15477", "0.1548", "-6.8548", "0.16", "-6.86"),
        (Quadratic, ONE, Taker, "buy", "1", "0.99", "0.000693", "0.0007", "-0.9907", "0.01", "-1.00"),
        (Quadratic, ONE, Taker, "buy", "7.77", "0.03", "0.015828", "0.0159", "-0.2490", "0.0169", "-0.25"),
        (Quadratic, ONE / 2, Taker, "buy", "100", "0.10", "0.315", "0.3150", "-10.3150", "0.32", "-10.32"),
        (Quadratic, 0, Taker, "buy", "100", "0.10", "0", "0", "-10", "0", "-10"),
        (Quadratic, ONE, Maker, "buy", "10", "0.33", "0", "0", "-3.3", "0", "-3.3"),
        (Quadratic, ONE, Maker, "buy", "7.77", "0.033", "0", "0.00009", "-0.2565", "0.00359", "-0.26"),
    ];
    for (kind, multiplier, liquidity, deed, quantity, price, trade, net, cash, net_nd, cash_nd) in
        rows
    {
        for (member, net, cash) in
            [(KalshiMember::Direct, net, cash), (KalshiMember::NonDirect, net_nd, cash_nd)]
        {
            let schedule = kalshi(kind, multiplier, member);
            let got = charge(&schedule, MICRO_FEES_FROM, liquidity, deed, quantity, price);
            let name = format!("{deed} {quantity} @ {price} {member:?}");
            assert_eq!(got.trade_fee, usd(trade), "trade fee of {name}");
            assert_eq!(got.net_fee, usd(net), "net fee of {name}");
            assert_eq!(got.cash_change, usd(cash), "cash change of {name}");
        }
    }
}

#[test]
fn the_accumulator_pays_back_what_the_floors_took() {
    let cases = [
        (
            KalshiMember::Direct,
            ["0.0037", "0.0036", "0.0037"],
            ["0.000061", "0.000022", "0.000083"],
        ),
        (KalshiMember::NonDirect, ["0.005"; 3], ["0.001361", "0.002722", "0.004083"]),
    ];
    let price: Price = "0.055".parse().unwrap();
    let one = Quantity::from_contracts(1);
    for (member, nets, accumulated) in cases {
        let schedule = kalshi(KalshiFeeType::Quadratic, ONE, member);
        let mut accumulator = Usd::ZERO;
        for (net, left) in nets.into_iter().zip(accumulated) {
            let got = schedule.charge(
                MICRO_FEES_FROM,
                Liquidity::Taker,
                price,
                one,
                -price.times(one),
                &mut accumulator,
            );
            assert_eq!(got.trade_fee, usd("0.003639"));
            assert_eq!((got.net_fee, accumulator), (usd(net), usd(left)), "{member:?}");
        }
    }
}

#[test]
fn a_non_direct_rebate_comes_when_a_cent_has_gathered() {
    let schedule = kalshi(KalshiFeeType::Quadratic, ONE, KalshiMember::NonDirect);
    let price: Price = "0.055".parse().unwrap();
    let one = Quantity::from_contracts(1);
    let mut accumulator = Usd::ZERO;
    let mut fills = 0;
    let rebated = loop {
        fills += 1;
        let revenue = -price.times(one);
        let got = schedule.charge(
            MICRO_FEES_FROM,
            Liquidity::Taker,
            price,
            one,
            revenue,
            &mut accumulator,
        );
        if !got.rebate.is_zero() || fills > 100 {
            break got;
        }
    };
    // Each fill is charged half a cent in all, so a whole cent can never come back from one of them:
    // the cap on the fill's net fee holds the rebate back however much has gathered.
    assert_eq!((fills, rebated.rebate), (101, Usd::ZERO));
    assert_eq!(accumulator, Usd::from_e10(13_610_000 * 101));
    // A bigger fill of the same order then takes whole cents back.
    let ten = Quantity::from_contracts(10);
    let revenue = -price.times(ten);
    let got =
        schedule.charge(MICRO_FEES_FROM, Liquidity::Taker, price, ten, revenue, &mut accumulator);
    assert_eq!((got.trade_fee, got.rebate), (usd("0.036383"), usd("0.04")));
    assert_eq!(got.net_fee, got.trade_fee + got.rounding_fee - usd("0.04"));
}

#[test]
fn fees_by_era() {
    // T5.1 of the decision model: cent rule, 0.0001 rule, maker fee under the cent rule.
    let rows = [
        ("100", "0.33", "1.55", "1.5477", "0.39"),
        ("1", "0.33", "0.02", "0.0155", "0.01"),
        ("10", "0.50", "0.18", "0.1750", "0.05"),
        ("1000", "0.05", "3.33", "3.3250", "0.84"),
        ("7", "0.99", "0.01", "0.0049", "0.01"),
    ];
    let schedule = kalshi(KalshiFeeType::QuadraticWithMakerFees, ONE, KalshiMember::Direct);
    for (quantity, price, cent, fine, maker_cent) in rows {
        let net = |at, liquidity| charge(&schedule, at, liquidity, "buy", quantity, price).net_fee;
        assert_eq!(net(CENT_ERA, Liquidity::Taker), usd(cent), "{quantity} @ {price}");
        assert_eq!(net(FIXED_POINT_FROM, Liquidity::Taker), usd(fine), "{quantity} @ {price}");
        assert_eq!(net(CENT_ERA, Liquidity::Maker), usd(maker_cent), "{quantity} @ {price}");
    }
}

#[test]
fn a_rule_holds_from_its_first_instant() {
    let schedule = kalshi(KalshiFeeType::Quadratic, ONE, KalshiMember::Direct);
    let trade_fee = |at| charge(&schedule, at, Liquidity::Taker, "buy", "10", "0.33").trade_fee;
    let before = |at: Timestamp| at - Nanos::new(1);
    assert_eq!(trade_fee(before(FIXED_POINT_FROM)), usd("0.16"));
    assert_eq!(trade_fee(FIXED_POINT_FROM), usd("0.1548"));
    assert_eq!(trade_fee(before(MICRO_FEES_FROM)), usd("0.1548"));
    assert_eq!(trade_fee(MICRO_FEES_FROM), usd("0.15477"));
    assert_eq!(trade_fee(Timestamp::from_nanos(i64::MIN)), usd("0.16"));
}

#[test]
fn recorded_demo_fees_of_june_2026() {
    // A demo account of 100 dollars bought 1 @ 0.99 twice and had 98.0186; 1 @ 0.52 cost 0.0175.
    let june = Timestamp::from_secs(1_781_136_000);
    let schedule = kalshi(KalshiFeeType::Quadratic, ONE, KalshiMember::Direct);
    let buy = |price| charge(&schedule, june, Liquidity::Taker, "buy", "1", price);
    assert_eq!(usd("100") + buy("0.99").cash_change + buy("0.99").cash_change, usd("98.0186"));
    assert_eq!(buy("0.52").net_fee, usd("0.0175"));
}

#[test]
fn polymarket_examples() {
    let rows = [
        (400, "100", "0.33", "0.8844"),
        (0, "100", "0.33", "0"),
        (500, "3.5", "0.07", "0.01139"),
        (300, "1000", "0.50", "7.5"),
        (400, "37.5", "0.33", "0.33165"),
        (400, "12.34", "0.97", "0.01436"),
        (700, "100", "0.01", "0.0693"),
    ];
    for (rate, quantity, price, fee) in rows {
        let schedule = FeeSchedule::polymarket(rate);
        let got = charge(&schedule, CENT_ERA, Liquidity::Taker, "buy", quantity, price);
        assert_eq!(got.net_fee, usd(fee), "{quantity} @ {price} at {rate}");
        let made = charge(&schedule, CENT_ERA, Liquidity::Maker, "buy", quantity, price);
        assert_eq!(made.net_fee, Usd::ZERO);
    }
}

#[test]
fn planning_uses_the_unrounded_model() {
    let schedule = kalshi(KalshiFeeType::QuadraticWithMakerFees, ONE / 2, KalshiMember::Direct);
    let at = MICRO_FEES_FROM;
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} is not {b}");
    close(schedule.planned(at, Liquidity::Taker, 0.33, 10.0), 0.5 * 0.15477);
    close(schedule.planned(at, Liquidity::Maker, 0.5, 100.0), 0.5 * 0.4375);
    close(FeeSchedule::free().planned(at, Liquidity::Taker, 0.5, 100.0), 0.0);
}

#[test]
fn extreme_rates_and_sizes_do_not_overflow() {
    let rates = FeeRates { taker_e4: u32::MAX, maker_e4: u32::MAX, multiplier_e6: u32::MAX };
    for rounding in [
        FeeRounding::Exact,
        FeeRounding::CentPerFill,
        FeeRounding::Nearest { unit: Usd::from_micros(10) },
        FeeRounding::Accumulated {
            trade_unit: Usd::from_micros(1),
            balance_unit: Usd::CENT,
            rebate_unit: Usd::CENT,
        },
    ] {
        let schedule = FeeSchedule::new(vec![FeePeriod { from: CENT_ERA, rates, rounding }]);
        let got = charge(&schedule, CENT_ERA, Liquidity::Taker, "buy", "1000000000", "0.5");
        assert!(got.net_fee > Usd::ZERO, "{rounding:?}");
    }
}

fn any_schedule() -> impl Strategy<Value = (FeeSchedule, KalshiMember)> {
    (0..3_usize, 0..=2_000_000_u32, any::<bool>()).prop_map(|(kind, multiplier, direct)| {
        let kind = [
            KalshiFeeType::Quadratic,
            KalshiFeeType::QuadraticWithMakerFees,
            KalshiFeeType::QuadraticWithComboMakerFees,
        ][kind];
        let member = if direct { KalshiMember::Direct } else { KalshiMember::NonDirect };
        (kalshi(kind, multiplier, member), member)
    })
}

/// Fills of one order: price, hundredths of a contract, maker?, buys YES?
fn any_fills() -> impl Strategy<Value = Vec<(u16, i64, bool, bool)>> {
    prop::collection::vec((1..10_000_u16, 1..100_000_i64, any::<bool>(), any::<bool>()), 1..20)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn laws_of_a_charge(
        (schedule, member) in any_schedule(),
        fills in any_fills(),
        era in 0..3_usize,
    ) {
        let at = [CENT_ERA, FIXED_POINT_FROM, MICRO_FEES_FROM][era];
        let mut accumulator = Usd::ZERO;
        let (mut rounding, mut rebates) = (Usd::ZERO, Usd::ZERO);
        for (price, hundredths, maker, buys) in fills {
            let price = Price::from_e4(price).unwrap();
            let quantity = Quantity::from_e6(hundredths * 10_000);
            let liquidity = if maker { Liquidity::Maker } else { Liquidity::Taker };
            let revenue = if buys { -price.times(quantity) } else { price.times(quantity) };
            let got =
                schedule.charge(at, liquidity, price, quantity, revenue, &mut accumulator);
            prop_assert!(!got.net_fee.is_negative());
            prop_assert!(!got.rounding_fee.is_negative());
            prop_assert!(!got.rebate.is_negative());
            prop_assert!(!accumulator.is_negative());
            prop_assert_eq!(got.net_fee, got.trade_fee + got.rounding_fee - got.rebate);
            prop_assert_eq!(got.cash_change, revenue - got.net_fee);
            if era > 0 {
                // The balance stays on its unit.
                let unit = member.balance_unit();
                prop_assert_eq!(got.cash_change.floor_to(unit), got.cash_change);
                prop_assert!(got.rounding_fee < unit);
            }
            // Nothing that was floored is lost: it was paid back or waits.
            rounding += got.rounding_fee;
            rebates += got.rebate;
            prop_assert_eq!(rounding, rebates + accumulator);
        }
    }

    #[test]
    fn the_model_fee_is_symmetric_and_bounds_the_trade_fee(
        (schedule, _) in any_schedule(),
        price in 1..10_000_u16,
        hundredths in 1..10_000_000_i64,
        era in 0..3_usize,
    ) {
        let at = [CENT_ERA, FIXED_POINT_FROM, MICRO_FEES_FROM][era];
        let unit = [Usd::CENT, Usd::from_micros(100), Usd::from_micros(1)][era];
        let price = Price::from_e4(price).unwrap();
        let quantity = Quantity::from_e6(hundredths * 10_000);
        let fee = |price: Price| {
            schedule
                .charge(at, Liquidity::Taker, price, quantity, Usd::ZERO, &mut Usd::ZERO.clone())
                .trade_fee
        };
        prop_assert_eq!(fee(price), fee(price.complement()));
        let model =
            schedule.planned(at, Liquidity::Taker, price.as_f64(), quantity.as_f64());
        let slack = 1e-9 + model * 1e-12;
        prop_assert!(fee(price).as_f64() >= model - slack);
        prop_assert!(fee(price).as_f64() < model + unit.as_f64() + slack);
    }

    #[test]
    fn the_reserve_covers_any_split_into_that_many_fills(
        (schedule, _) in any_schedule(),
        price in 1..10_000_u16,
        parts in prop::collection::vec(1..50_000_i64, 1..12),
        era in 1..3_usize,
    ) {
        // Under the rebate cap a split can cost up to a unit a fill more than the reserve foresees
        // (the venues cancel the order then); everywhere else the reserve is enough.
        let at = [CENT_ERA, FIXED_POINT_FROM, MICRO_FEES_FROM][era];
        let price = Price::from_e4(price).unwrap();
        let total: i64 = parts.iter().sum();
        let fills = u32::try_from(parts.len()).unwrap();
        let reserve = schedule.reserve(
            at, Liquidity::Taker, price, Quantity::from_e6(total * 10_000), fills,
        );
        let mut trade_fees = Usd::ZERO;
        for part in parts {
            let quantity = Quantity::from_e6(part * 10_000);
            trade_fees += schedule
                .charge(at, Liquidity::Taker, price, quantity, Usd::ZERO, &mut Usd::ZERO.clone())
                .trade_fee;
        }
        prop_assert!(trade_fees <= reserve);
    }
}
