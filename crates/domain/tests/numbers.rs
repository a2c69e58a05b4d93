//! Laws of the number types: text and integers agree, nothing rounds silently, nothing panics.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

use proptest::prelude::*;
use statecraft_domain::{
    LogOdds, Nanos, NumberError, Price, Probability, Quantity, TickBand, TickGrid, Timestamp, Usd,
};

#[test]
fn decimal_texts() {
    use NumberError::{Empty, Malformed, OutOfRange, TooPrecise};
    let rows: [(&str, Result<u16, NumberError>); 16] = [
        ("0.47", Ok(4_700)),
        ("0.470000", Ok(4_700)),
        (".5", Ok(5_000)),
        ("1", Ok(10_000)),
        ("1.0000", Ok(10_000)),
        ("+0.0001", Ok(1)),
        ("-0", Ok(0)),
        ("", Err(Empty)),
        ("-", Err(Malformed)),
        (".", Err(Malformed)),
        ("4e-1", Err(Malformed)),
        ("NaN", Err(Malformed)),
        (" 0.4", Err(Malformed)),
        ("0.00001", Err(TooPrecise(4))),
        ("1.0001", Err(OutOfRange)),
        ("-0.01", Err(OutOfRange)),
    ];
    for (text, expected) in rows {
        assert_eq!(Price::parse(text.as_bytes()).map(Price::e4), expected, "{text:?}");
    }
    assert_eq!(Quantity::parse(b"1000000000").map(|q| q == Quantity::MAX), Ok(true));
    assert_eq!(Quantity::parse(b"1000000000.000001"), Err(OutOfRange));
    assert_eq!(Usd::parse(b"-12.3456789012"), Ok(Usd::from_e10(-123_456_789_012)));
    assert_eq!(Usd::parse(b"1000000000000000000"), Err(OutOfRange));
}

#[test]
fn texts_for_people() {
    assert_eq!(Price::from_cents(5).unwrap().to_string(), "0.05");
    assert_eq!(Price::from_e4(5_001).unwrap().to_string(), "0.5001");
    assert_eq!(Price::ONE.to_string(), "1.00");
    assert_eq!(Quantity::from_e6(7_770_000).to_string(), "7.77");
    assert_eq!(Quantity::from_e6(-1).to_string(), "-0.000001");
    assert_eq!(Usd::from_cents(-5).to_string(), "-0.05");
    assert_eq!(Usd::from_e10(1).to_string(), "0.0000000001");
    assert_eq!(format!("[{:>6}]", Usd::ONE), "[  1.00]");
}

#[test]
fn fixed_decimals_are_cut_toward_zero() {
    let amount: Usd = "98.01869".parse().unwrap();
    assert_eq!((amount.to_fixed(4), amount.cents_truncated()), ("98.0186".to_owned(), 9_801));
    assert_eq!(((-amount).to_fixed(2), (-amount).to_fixed(0)), ("-98.01".into(), "-98".into()));
    assert_eq!(Usd::from_e10(-1).to_fixed(2), "0.00");
    for (text, shown) in
        [("-16.1781", "-16.18"), ("0.005", "0.01"), ("-0.004", "0.00"), ("2", "2.00")]
    {
        assert_eq!(Usd::parse(text.as_bytes()).unwrap().to_rounded(2), shown);
    }
}

#[test]
fn probabilities_are_checked() {
    for bad in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        assert!(Probability::new(bad).is_err(), "{bad}");
    }
    assert!(Probability::clamped(f64::NAN).is_err());
    assert!((Probability::clamped(-5.0).unwrap().get() - 1e-4).abs() < 1e-18);
    assert!(LogOdds::new(f64::INFINITY).is_err());
    assert!(serde_json::from_str::<Probability>("2.0").is_err());
}

#[test]
fn time_saturates() {
    assert_eq!(Timestamp::MAX + Nanos::from_secs(1), Timestamp::MAX);
    assert_eq!(Timestamp::from_secs(i64::MAX), Timestamp::MAX);
    assert_eq!(Timestamp::from_nanos(-1).millis(), -1);
}

fn any_usd() -> impl Strategy<Value = Usd> {
    (-1_000_000_000_000_000_000_000_i128..1_000_000_000_000_000_000_000).prop_map(Usd::from_e10)
}

fn any_quantity() -> impl Strategy<Value = Quantity> {
    (-Quantity::MAX.e6()..=Quantity::MAX.e6()).prop_map(Quantity::from_e6)
}

fn any_price() -> impl Strategy<Value = Price> {
    (0_u16..=10_000).prop_map(|e4| Price::from_e4(e4).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn text_round_trips(usd in any_usd(), quantity in any_quantity(), price in any_price()) {
        prop_assert_eq!(usd.to_string().parse::<Usd>(), Ok(usd));
        prop_assert_eq!(quantity.to_string().parse::<Quantity>(), Ok(quantity));
        prop_assert_eq!(price.to_string().parse::<Price>(), Ok(price));
        let json = serde_json::to_string(&(usd, quantity, price)).unwrap();
        prop_assert_eq!(serde_json::from_str::<(Usd, Quantity, Price)>(&json).unwrap(),
            (usd, quantity, price));
    }

    #[test]
    fn parsers_never_panic(text in "[-+.0-9eE ]{0,45}", bytes in any::<Vec<u8>>()) {
        for input in [text.as_bytes(), &bytes] {
            let _ = (Usd::parse(input), Quantity::parse(input), Price::parse(input));
        }
    }

    /// What a parser accepts has the value that the text says: compared by digits, without floats.
    #[test]
    fn a_parsed_number_is_the_text(text in "-?[0-9]{1,9}(\\.[0-9]{1,12})?") {
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let padded = format!("{fraction:0<12}");
        match Usd::parse(text.as_bytes()) {
            Ok(usd) => {
                let digits: i128 = format!("{whole}{padded}").parse().unwrap();
                let signed = if text.starts_with('-') { -digits.abs() } else { digits };
                prop_assert_eq!(usd.e10() * 100, signed);
            }
            Err(error) => {
                prop_assert_eq!(error, NumberError::TooPrecise(10));
                prop_assert!(padded.as_bytes()[10..] != *b"00");
            }
        }
    }

    #[test]
    fn a_pair_costs_a_dollar(price in any_price(), quantity in any_quantity()) {
        let pair = price.times(quantity) + price.complement().times(quantity);
        prop_assert_eq!(pair, Price::ONE.times(quantity));
        prop_assert_eq!(price.complement().complement(), price);
        prop_assert_eq!(price.times(-quantity), -price.times(quantity));
    }

    #[test]
    fn rounding_goes_the_named_way(usd in any_usd(), unit in 1_i128..1_000_000_000_000) {
        let unit = Usd::from_e10(unit);
        let (floor, ceil) = (usd.floor_to(unit), usd.ceil_to(unit));
        prop_assert!(floor <= usd && usd <= ceil);
        prop_assert!(usd - floor < unit && ceil - usd < unit);
        prop_assert_eq!((floor.e10() % unit.e10(), ceil.e10() % unit.e10()), (0, 0));
        prop_assert_eq!((-usd).floor_to(unit), -ceil);
    }

    #[test]
    fn lots_round_toward_zero(quantity in any_quantity(), lot in 1_i64..10_000_000) {
        let floored = quantity.floor_to(Quantity::from_e6(lot));
        prop_assert!(floored.abs() <= quantity.abs());
        prop_assert!((quantity - floored).abs() < Quantity::from_e6(lot));
        prop_assert_eq!(floored.e6() % lot, 0);
    }

    #[test]
    fn log_odds_and_probability_are_inverse(x in -30.0_f64..30.0) {
        let probability = LogOdds::new(x).unwrap().expit();
        prop_assert!(Probability::new(probability.get()).is_ok());
        // Near one, 1 - p has few digits left, and so has the logit.
        let slack = 1e-9 + 4.0 * f64::EPSILON * x.abs().exp();
        prop_assert!((probability.logit() - x).abs() <= slack);
        let other = LogOdds::new(-x).unwrap().expit();
        prop_assert!((probability.complement().get() - other.get()).abs() < 1e-15);
    }
}

/// Grids of one to four bands, from anywhere to anywhere.
fn grids() -> impl Strategy<Value = TickGrid> {
    let band = (0..4_000_u16, 1..700_u16);
    (0..3_000_u16, proptest::collection::vec(band, 1..5)).prop_map(|(start, bands)| {
        let price = |e4: u16| Price::from_e4(e4.min(10_000)).unwrap();
        let mut from = if start < 1_000 { 0 } else { start };
        let bands = bands.into_iter().map(|(length, step)| {
            let band =
                TickBand { start: price(from), end: price(from + length), step: price(step) };
            from = band.end.e4();
            band
        });
        TickGrid::new(bands.collect()).unwrap()
    })
}

proptest! {
    /// The nearest allowed prices are those that a search finds.
    #[test]
    fn neighbours_on_a_grid(grid in grids(), prices in proptest::collection::vec(0..=10_000_u16, 40)) {
        for price in prices {
            let price = Price::from_e4(price).unwrap();
            let allowed = |e4: &u16| grid.allows(Price::from_e4(*e4).unwrap());
            let below = (0..=price.e4()).rev().find(allowed);
            let above = (price.e4()..=10_000).find(allowed);
            prop_assert_eq!(grid.floor(price).map(Price::e4), below);
            prop_assert_eq!(grid.ceil(price).map(Price::e4), above);
        }
    }
}
