use proptest::prelude::*;

use super::*;
use crate::config::Exits;

fn cents(cents: u16) -> Price {
    Price::from_cents(cents).unwrap()
}

fn contracts(contracts: i32) -> Quantity {
    Quantity::from_contracts(contracts)
}

fn rules() -> Maker {
    Maker {
        contracts: contracts(20),
        min_contracts: contracts(5),
        max_inventory: contracts(100),
        sides: QuoteSides::Both,
        risk_aversion: 0.1,
        variance_per_day: 0.02,
        arrival_decay: 6.0,
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

fn scene<'a>(rules: &'a Maker, grid: &'a TickGrid) -> Scene<'a, fn(f64) -> f64> {
    Scene {
        rules,
        probability: 0.33,
        sd: 0.04,
        inventory: Quantity::ZERO,
        days: 30.0,
        grid,
        lot: contracts(1),
        top: (None, None),
        others: (None, None),
        fee: |_| 0.0,
    }
}

#[test]
fn t5_9a_with_ticks() {
    // The reference's inventory of three hundred YES: bid 0.2528, ask 0.3334. The ask would give NO away
    // above its value less the least edge (0.67 - 0.01), so it stays at 34.
    let mut rules = rules();
    rules.max_inventory = contracts(1000);
    let grid = TickGrid::cents();
    let mut scene = scene(&rules, &grid);
    scene.inventory = contracts(300);
    let wishes = scene.wishes().unwrap();
    assert_eq!(wishes.bid.unwrap().price, cents(25));
    assert_eq!(wishes.ask.unwrap().price, cents(34));
}

#[test]
fn no_more_generous_than_others_make_necessary() {
    let (rules, grid) = (rules(), TickGrid::cents());
    let mut scene = scene(&rules, &grid);
    scene.others = (Some(cents(20)), Some(cents(50)));
    scene.top = scene.others;
    let wishes = scene.wishes().unwrap();
    assert_eq!(wishes.bid.unwrap().price, cents(21));
    assert_eq!(wishes.ask.unwrap().price, cents(49));
}

#[test]
fn inventory_takes_a_side_away() {
    let (rules, grid) = (rules(), TickGrid::cents());
    let mut scene = scene(&rules, &grid);
    scene.inventory = contracts(97);
    let wishes = scene.wishes().unwrap();
    assert_eq!(wishes.bid, Err(Denial::TooSmall));
    assert_eq!(wishes.ask.unwrap().quantity, contracts(20));
}

#[test]
fn one_sided_makers_only_close_on_the_other() {
    let rules = Maker { sides: QuoteSides::Bid, ..rules() };
    let grid = TickGrid::cents();
    let mut scene = scene(&rules, &grid);
    assert_eq!(scene.wishes().unwrap().ask, Err(Denial::TooSmall));
    scene.inventory = contracts(12);
    assert_eq!(scene.wishes().unwrap().ask.unwrap().quantity, contracts(12));
}

#[test]
fn a_quote_keeps_its_place_for_a_tick() {
    let rules = rules();
    let wish = |price| Wish { price: cents(price), quantity: contracts(20), edge: 0.02 };
    let life = Nanos::from_secs(300);
    let resting = Resting {
        price: cents(30),
        quoted: contracts(20),
        left: contracts(20),
        expires_in: Some(Nanos::from_secs(200)),
    };
    let at = |price| upkeep(&rules, &resting, 0.02, Some(&wish(price)), life);
    assert_eq!(at(30), Upkeep::Keep);
    assert_eq!(at(31), Upkeep::Keep);
    assert_eq!(at(29), Upkeep::Keep);
    assert_eq!(at(32), Upkeep::Replace);
    assert_eq!(at(28), Upkeep::Replace);
    assert_eq!(upkeep(&rules, &resting, -0.001, Some(&wish(30)), life), Upkeep::Pull);
    assert_eq!(upkeep(&rules, &resting, f64::NAN, Some(&wish(30)), life), Upkeep::Pull);
    assert_eq!(upkeep(&rules, &resting, 0.02, None, life), Upkeep::Pull);
    let ending = Resting { expires_in: Some(Nanos::from_secs(30)), ..resting };
    assert_eq!(upkeep(&rules, &ending, 0.02, Some(&wish(30)), life), Upkeep::Replace);
    let small = Resting { left: contracts(9), ..resting };
    assert_eq!(upkeep(&rules, &small, 0.02, Some(&wish(30)), life), Upkeep::Replace);
    let cut_down = Resting { quoted: contracts(5), left: contracts(5), ..resting };
    assert_eq!(upkeep(&rules, &cut_down, 0.02, Some(&wish(30)), life), Upkeep::Keep);
    let cut_and_filled = Resting { left: contracts(2), ..cut_down };
    assert_eq!(upkeep(&rules, &cut_and_filled, 0.02, Some(&wish(30)), life), Upkeep::Replace);
}

fn price() -> impl Strategy<Value = Option<Price>> {
    prop::option::of((1_u16..100).prop_map(cents))
}

proptest! {
    /// Never reaches the other side of the book it sees, never without its edge, never beyond the
    /// largest inventory; and the mirror image of the market gives the mirror image of the quotes.
    #[test]
    fn laws_of_wishes(
        probability in 0.02..0.98_f64, sd in 0.0..0.1_f64, inventory in -120..120_i32,
        bid in price(), ask in price(), others_bid in price(), others_ask in price(),
        days in 0.0..300.0_f64, edge_sds in 0.0..2.0_f64, fee_rate in 0.0..0.07_f64,
    ) {
        // No rates: the three days that NO settles later cost nothing.
        let rules = Maker { edge_sds, resolution_risk: 0.01, ..rules() };
        let grid = TickGrid::cents();
        let scene = Scene {
            rules: &rules,
            probability,
            sd,
            inventory: contracts(inventory),
            days,
            grid: &grid,
            lot: contracts(1),
            top: (bid, ask),
            others: (others_bid, others_ask),
            fee: |price: f64| fee_rate * price * (1.0 - price),
        };
        let wishes = scene.wishes().unwrap();
        let needed = scene.edge_needed();
        for (side, wish) in [(Side::Bid, wishes.bid), (Side::Ask, wishes.ask)] {
            let Ok(wish) = wish else { continue };
            prop_assert!(grid.allows(wish.price));
            prop_assert!(wish.edge >= needed - 1e-6, "{side:?} {wish:?} {needed}");
            prop_assert!((scene.edge_at(side, wish.price).unwrap() - wish.edge).abs() < 1e-12);
            match side {
                Side::Bid => {
                    prop_assert!(ask.is_none_or(|ask| wish.price < ask));
                    prop_assert!(contracts(inventory) + wish.quantity <= rules.max_inventory);
                }
                Side::Ask => {
                    prop_assert!(bid.is_none_or(|bid| wish.price > bid));
                    prop_assert!(contracts(inventory) - wish.quantity >= -rules.max_inventory);
                }
            }
        }
        if let (Ok(bid), Ok(ask)) = (wishes.bid, wishes.ask) {
            prop_assert!(bid.price < ask.price);
        }
        let flip = |price: Option<Price>| price.map(Price::complement);
        let mirror = Scene {
            probability: 1.0 - probability,
            inventory: contracts(-inventory),
            top: (flip(ask), flip(bid)),
            others: (flip(others_ask), flip(others_bid)),
            ..scene
        };
        let mirrored = mirror.wishes().unwrap();
        let flipped = |wish: Result<Wish, Denial>| {
            wish.map(|wish| (wish.price.complement(), wish.quantity)).ok()
        };
        let plain = |wish: Result<Wish, Denial>| wish.map(|wish| (wish.price, wish.quantity)).ok();
        prop_assert_eq!(plain(wishes.bid), flipped(mirrored.ask));
        prop_assert_eq!(plain(wishes.ask), flipped(mirrored.bid));
    }
}
