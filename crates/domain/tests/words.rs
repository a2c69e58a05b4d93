//! Laws of names, sides, price grids and books.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

use std::collections::BTreeMap;

use proptest::prelude::*;
use statecraft_domain::event::{Level, LevelChange};
use statecraft_domain::market::TickGridError;
use statecraft_domain::side::{Deed, normal_form};
use statecraft_domain::{
    Book, ClientOrderId, Outcome, Price, Quantity, Side, TickBand, TickGrid, Usd,
};

fn price(e4: u16) -> Price {
    Price::from_e4(e4).unwrap()
}

fn bands(bands: &[(u16, u16, u16)]) -> Vec<TickBand> {
    let band =
        |&(start, end, step)| TickBand { start: price(start), end: price(end), step: price(step) };
    bands.iter().map(band).collect()
}

// Names

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn an_order_id_is_its_text(lineage in any::<u64>(), sequence in any::<u64>()) {
        let id = ClientOrderId { lineage, sequence };
        let text = id.to_string();
        prop_assert!(text.len() <= 40);
        prop_assert!(text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
        prop_assert_eq!(text.parse(), Ok(id));
        let json = serde_json::to_string(&id).unwrap();
        prop_assert_eq!(serde_json::from_str::<ClientOrderId>(&json).unwrap(), id);
    }

    /// Only the canonical spelling is ours: whatever parses prints as it was.
    #[test]
    fn a_foreign_id_is_never_taken_for_ours(text in "(sc-)?[0-9a-fA-F+]{0,18}-?[0-9+]{0,4}") {
        if let Ok(id) = text.parse::<ClientOrderId>() {
            prop_assert_eq!(id.to_string(), text);
        }
    }
}

#[test]
fn other_spellings_are_foreign() {
    let ours = "sc-00000000000000ff-7";
    assert!(ours.parse::<ClientOrderId>().is_ok());
    for text in [
        "",
        "sc-",
        "sc-ff-7",
        "sc-00000000000000FF-7",
        "sc-00000000000000ff-07",
        "sc-00000000000000ff-+7",
        "sc-00000000000000ff-",
        "SC-00000000000000ff-7",
        "sc-00000000000000ff-7 ",
        "sc-00000000000000ff-7-8",
    ] {
        assert!(text.parse::<ClientOrderId>().is_err(), "{text:?}");
    }
}

// Sides

#[test]
fn the_four_deeds_in_normal_form() {
    let p = price(3_300);
    let rows = [
        (Deed::Buy, Outcome::Yes, Side::Bid, 3_300),
        (Deed::Sell, Outcome::Yes, Side::Ask, 3_300),
        (Deed::Buy, Outcome::No, Side::Ask, 6_700),
        (Deed::Sell, Outcome::No, Side::Bid, 6_700),
    ];
    for (deed, outcome, side, e4) in rows {
        assert_eq!(normal_form(deed, outcome, p), (side, price(e4)), "{deed:?} {outcome:?}");
    }
}

proptest! {
    /// Profit of a deed at either settlement, worked out by hand, equals that of its normal form.
    #[test]
    fn normal_form_is_the_same_risk(e4 in 1_u16..10_000, yes_wins in any::<bool>()) {
        let p = price(e4);
        let one = Quantity::from_contracts(1);
        for (deed, outcome) in [
            (Deed::Buy, Outcome::Yes), (Deed::Sell, Outcome::Yes),
            (Deed::Buy, Outcome::No), (Deed::Sell, Outcome::No),
        ] {
            let wins = (outcome == Outcome::Yes) == yes_wins;
            let pays = if wins { Usd::ONE } else { Usd::ZERO };
            let bought = pays - p.times(one);
            let by_hand = if deed == Deed::Buy { bought } else { -bought };
            let (side, yes_price) = normal_form(deed, outcome, p);
            let yes_pays = if yes_wins { Usd::ONE } else { Usd::ZERO };
            let in_normal_form = yes_pays - yes_price.times(one);
            let signed = if side == Side::Bid { in_normal_form } else { -in_normal_form };
            prop_assert_eq!(by_hand, signed);
        }
    }

    #[test]
    fn a_side_accepts_its_limit_and_better(limit in 0_u16..=10_000, at in 0_u16..=10_000) {
        let (limit, at) = (price(limit), price(at));
        prop_assert_eq!(Side::Bid.accepts(at, limit), at <= limit);
        prop_assert_eq!(
            Side::Ask.accepts(at, limit),
            Side::Bid.accepts(at.complement(), limit.complement())
        );
    }
}

// Grids

#[test]
fn a_grid_has_contiguous_bands() {
    let rows = [
        (bands(&[]), TickGridError::Empty),
        (bands(&[(0, 10_000, 0)]), TickGridError::BadBand(0)),
        (bands(&[(500, 100, 10)]), TickGridError::BadBand(0)),
        (bands(&[(0, 1_000, 10), (1_100, 10_000, 100)]), TickGridError::NotContiguous(1)),
        (bands(&[(0, 1_000, 10), (900, 10_000, 100)]), TickGridError::NotContiguous(1)),
    ];
    for (bands, error) in rows {
        assert_eq!(TickGrid::new(bands), Err(error));
    }
    assert!(serde_json::from_str::<TickGrid>("[]").is_err());
}

#[test]
fn tapered_prices() {
    let grid = TickGrid::new(bands(&[(0, 1_000, 10), (1_000, 9_000, 100), (9_000, 10_000, 10)]));
    let grid = grid.unwrap();
    let rows = [
        (990, true),
        (995, false),
        (1_000, true),
        (1_010, false),
        (8_900, true),
        (8_910, false),
        (9_000, true),
        (9_010, true),
        (9_995, false),
        (0, false),
        (10_000, false),
    ];
    for (e4, allowed) in rows {
        assert_eq!(grid.allows(price(e4)), allowed, "{e4}");
    }
    assert_eq!(grid.floor(price(1_050)), Some(price(1_000)));
    assert_eq!(grid.ceil(price(1_050)), Some(price(1_100)));
    assert_eq!((grid.floor(price(5)), grid.ceil(price(9_995))), (None, None));
    assert_eq!(
        (grid.floor(Price::ONE), grid.ceil(Price::ZERO)),
        (Some(price(9_990)), Some(price(10)))
    );
}

fn any_grid() -> impl Strategy<Value = TickGrid> {
    let step = prop_oneof![Just(1_u16), Just(10), Just(20), Just(50), Just(100)];
    prop::collection::vec((1_u16..50, step), 1..4).prop_map(|parts| {
        let mut start = 0;
        let mut bands = Vec::new();
        for (steps, step) in parts {
            let end = start + steps * step;
            if end > 10_000 {
                break;
            }
            bands.push(TickBand { start: price(start), end: price(end), step: price(step) });
            start = end;
        }
        TickGrid::new(bands).unwrap_or_else(|_| TickGrid::cents())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn floor_and_ceil_are_the_nearest_allowed(grid in any_grid(), e4 in 0_u16..=10_000) {
        let at = price(e4);
        let allowed: Vec<Price> =
            (0..=10_000).map(price).filter(|&candidate| grid.allows(candidate)).collect();
        prop_assert_eq!(grid.floor(at), allowed.iter().copied().rfind(|&p| p <= at));
        prop_assert_eq!(grid.ceil(at), allowed.iter().copied().find(|&p| p >= at));
        let json = serde_json::to_string(&grid).unwrap();
        prop_assert_eq!(serde_json::from_str::<TickGrid>(&json).unwrap(), grid);
    }
}

// Books

#[derive(Debug, Clone)]
enum BookOp {
    Apply(Side, u16, bool, i64),
    Replace(Vec<(u16, i64)>, Vec<(u16, i64)>),
}

fn book_op() -> impl Strategy<Value = BookOp> {
    let side = prop_oneof![Just(Side::Bid), Just(Side::Ask)];
    let ladder = || prop::collection::vec((1_u16..40, -1_i64..20), 0..8);
    prop_oneof![
        30 => (side, 1_u16..40, any::<bool>(), -20_i64..40)
            .prop_map(|(side, p, by, q)| BookOp::Apply(side, p, by, q)),
        1 => (ladder(), ladder()).prop_map(|(bids, asks)| BookOp::Replace(bids, asks)),
    ]
}

/// The obvious book: a map.
type Naive = BTreeMap<(Side, Price), i64>;

fn replace(book: &mut Book, naive: &mut Naive, ladders: [&[(u16, i64)]; 2]) {
    let levels = |ladder: &[(u16, i64)]| -> Vec<Level> {
        let level =
            |&(p, q): &(u16, i64)| Level { price: price(p), quantity: Quantity::from_e6(q) };
        ladder.iter().map(level).collect()
    };
    let done = book.replace(&levels(ladders[0]), &levels(ladders[1]));
    naive.clear();
    let negative = ladders.iter().any(|ladder| ladder.iter().any(|&(_, q)| q < 0));
    assert_eq!(done.is_err(), negative);
    if !negative {
        for (side, ladder) in [Side::Bid, Side::Ask].into_iter().zip(ladders) {
            for &(p, q) in ladder {
                *naive.entry((side, price(p))).or_default() += q;
            }
        }
        naive.retain(|_, q| *q != 0);
    }
}

fn apply(book: &mut Book, naive: &mut Naive, side: Side, at: Price, by: bool, quantity: i64) {
    let before = naive.get(&(side, at)).copied().unwrap_or(0);
    let after = if by { before + quantity } else { quantity };
    let amount = Quantity::from_e6(quantity);
    let change = if by { LevelChange::By(amount) } else { LevelChange::To(amount) };
    let done = book.apply(side, at, change);
    if after < 0 {
        assert_eq!(done.unwrap_err().quantity, Quantity::from_e6(after));
    } else {
        assert_eq!(done, Ok(Quantity::from_e6(after)));
        naive.insert((side, at), after);
        naive.retain(|_, q| *q != 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_book_is_a_map_in_order(ops in prop::collection::vec(book_op(), 1..80)) {
        let (mut book, mut naive) = (Book::new(), Naive::new());
        for op in ops {
            match op {
                BookOp::Apply(side, p, by, q) => {
                    apply(&mut book, &mut naive, side, price(p), by, q);
                }
                BookOp::Replace(bids, asks) => replace(&mut book, &mut naive, [&bids, &asks]),
            }
            for side in [Side::Bid, Side::Ask] {
                let mut expected: Vec<Level> = naive
                    .iter()
                    .filter(|((s, _), _)| *s == side)
                    .map(|((_, p), q)| Level { price: *p, quantity: Quantity::from_e6(*q) })
                    .collect();
                if side == Side::Bid {
                    expected.reverse();
                }
                prop_assert_eq!(book.levels(side).collect::<Vec<_>>(), expected.clone());
                prop_assert_eq!(book.best(side), expected.first().copied());
                prop_assert_eq!(book.depth(side), expected.len());
                for p in 1..40 {
                    let q = naive.get(&(side, price(p))).copied().unwrap_or(0);
                    prop_assert_eq!(book.quantity_at(side, price(p)), Quantity::from_e6(q));
                }
            }
            let crossed = match (book.best_bid(), book.best_ask()) {
                (Some(bid), Some(ask)) => bid.price >= ask.price,
                _ => false,
            };
            prop_assert_eq!(book.is_crossed(), crossed);
        }
    }
}

#[test]
fn an_overflowing_level_is_refused() {
    let mut book = Book::new();
    let most = LevelChange::To(Quantity::from_e6(i64::MAX));
    book.apply(Side::Bid, price(1), most).unwrap();
    let more = LevelChange::By(Quantity::from_e6(1));
    assert!(book.apply(Side::Bid, price(1), more).is_err());
    assert_eq!(book.quantity_at(Side::Bid, price(1)), Quantity::from_e6(i64::MAX));
}
