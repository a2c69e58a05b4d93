use proptest::prelude::*;
use statecraft_domain::Nanos;

use super::*;
use crate::config::{Band, Exits, Slicing};

fn plain_rules() -> Kelly {
    Kelly {
        fraction: 1.0,
        edge_min: 0.0,
        edge_sds: 0.0,
        opportunity_rate: 0.0,
        resolution_risk: 0.0,
        disputed_value: 0.5,
        min_contracts: Quantity::from_contracts(1),
        max_depth_share: 1.0,
        max_logit_distance: 2.5,
        cooldown: Nanos::ZERO,
        max_loss_share: 1.0,
        slicing: Slicing::default(),
        band: Band::default(),
        exits: Exits::default(),
        same_question: false,
    }
}

fn fee(price: f64) -> f64 {
    0.07 * price * (1.0 - price)
}

fn level(cents: u16, contracts: i32) -> Level {
    Level {
        price: Price::from_cents(cents).unwrap(),
        quantity: Quantity::from_contracts(contracts),
    }
}

fn flat<'a>(
    rules: &'a Kelly,
    probability: f64,
    bids: &'a [Level],
    asks: &'a [Level],
) -> Situation<'a, fn(f64) -> f64> {
    Situation {
        rules,
        probability,
        sd: 0.0,
        bids,
        asks,
        position: Quantity::ZERO,
        elsewhere: Quantity::ZERO,
        position_cost: 0.0,
        equity: 10_000.0,
        position_value: 0.0,
        days: 0.0,
        lot: Quantity::from_contracts(1),
        cooling: false,
        reach: Reach { most: Quantity::MAX, worst: None },
        fee,
    }
}

fn proposal(verdict: Verdict) -> Proposal {
    match verdict {
        Verdict::Propose(proposal) => proposal,
        Verdict::Nothing(denial) => panic!("denied: {denial}"),
    }
}

#[test]
fn t5_2_edge() {
    let rules = Kelly { opportunity_rate: 0.045, resolution_risk: 0.01, ..plain_rules() };
    let (bids, asks) = ([level(31, 100)], [level(33, 100)]);
    let situation = Situation { days: 217.0, ..flat(&rules, 0.42, &bids, &asks) };
    let (_, reckoning) = situation.decide();
    assert!((reckoning.value_yes - 0.409_691_418).abs() < 1e-9);
    assert!((reckoning.edge_yes - 0.064_214_418).abs() < 1e-9);
}

#[test]
fn t5_3_two_price_kelly() {
    let (cost, p) = (0.345_477, 0.42);
    let flat = optimal_change(p, 10_000.0, 10_000.0, cost);
    assert!((flat - 3_295.689_418_169).abs() < 1e-6);
    assert!((flat * cost / 10_000.0 - 0.113_858_489).abs() < 1e-9);
    assert!((optimal_change(p, 9_827.0, 10_327.0, cost) - 2_795.603_235_890).abs() < 1e-6);
    assert!((optimal_change(p, 10_160.0, 9_660.0, cost) - 3_791.491_204_203).abs() < 1e-6);
    let (after_no, after_yes) = (10_000.0 - flat * cost, 10_000.0 + flat * (1.0 - cost));
    assert!(optimal_change(p, after_no, after_yes, cost).abs() < 1e-8);
    let quiet = p * after_no / (p * after_no + (1.0 - p) * after_yes);
    assert!(optimal_change(p, after_no, after_yes, quiet).abs() < 1e-8);
    let net = 0.31 - fee(0.31);
    assert!(optimal_change(p, after_no, after_yes, net) > 0.0, "inside the band: hold");
}

#[test]
fn t5_4_fraction_is_shrinking() {
    assert!((shrunk(0.25, 0.42, 0.33) - 0.3525).abs() < 1e-12);
    let quarter = 0.25 * optimal_change(0.42, 1.0, 1.0, 0.33) * 0.33;
    let at_shrunk = optimal_change(0.3525, 1.0, 1.0, 0.33) * 0.33;
    assert!((quarter - 0.033_582_090).abs() < 1e-9);
    assert!((at_shrunk - quarter).abs() < 1e-12);
}

/// P(doubling before halving) = [1 - 2^-k] / [1 - 4^-k] with k = 2/f - 1.
#[test]
fn t5_6_growth_against_security() {
    let doubling = |fraction: f64| {
        let k = 2.0 / fraction - 1.0;
        (1.0 - 0.5_f64.powf(k)) / (1.0 - 0.25_f64.powf(k))
    };
    for (fraction, expected) in [(1.0, 2.0 / 3.0), (0.5, 0.888_888_889), (0.25, 0.992_248_062)] {
        assert!((doubling(fraction) - expected).abs() < 1e-9);
    }
}

#[test]
fn t5_8_walks_the_book() {
    let rules = plain_rules();
    let asks = [level(33, 300), level(34, 400), level(36, 1000), level(40, 1000)];
    let situation = flat(&rules, 0.42, &[], &asks);
    let walked = situation.walk_buying(&situation.view(Outcome::Yes), &asks, 0.0);
    assert_eq!(walked.contracts, Quantity::from_contracts(1700));
    assert_eq!(walked.worst, Price::from_cents(36));
    assert!((walked.wealth.0 - 9_377.945_7).abs() < 1e-4);
    assert!((walked.wealth.1 - 11_077.945_7).abs() < 1e-4);
}

fn t5_10_rules() -> Kelly {
    Kelly {
        fraction: 0.25,
        edge_min: 0.02,
        edge_sds: 0.5,
        opportunity_rate: 0.045,
        resolution_risk: 0.01,
        max_loss_share: 0.02,
        ..plain_rules()
    }
}

#[test]
fn t5_10_end_to_end_buys_282_no() {
    let rules = t5_10_rules();
    let (bids, asks) = ([level(32, 5000)], [level(34, 5000)]);
    let p = 0.260_430_021;
    // YES settles 217 days from now; NO, by the table, too (three days are added to NO).
    let yes = Situation { days: 217.0, sd: 0.043_068, ..flat(&rules, p, &bids, &asks) };
    assert!((yes.decide().1.edge_yes - -0.099_820_542).abs() < 1e-6);
    let no = Situation { days: 214.0, sd: 0.043_068, ..flat(&rules, p, &bids, &asks) };
    let (verdict, reckoning) = no.decide();
    assert!((reckoning.value_no - 0.717_713_820).abs() < 1e-8);
    assert!((reckoning.edge_no - 0.022_481_820).abs() < 1e-8);
    assert!((reckoning.edge_needed - 0.021_534).abs() < 1e-9);
    assert!((reckoning.wanted - 282.749_316_075).abs() < 1e-4);
    let proposal = proposal(verdict);
    assert_eq!(proposal.side, Side::Ask);
    assert_eq!(proposal.price, Price::from_cents(32).unwrap());
    assert_eq!(proposal.quantity, Quantity::from_contracts(282));
}

#[test]
fn t5_10_without_the_model_there_is_no_trade() {
    let rules = t5_10_rules();
    let (bids, asks) = ([level(32, 5000)], [level(34, 5000)]);
    let no = Situation { days: 214.0, sd: 0.05, ..flat(&rules, 0.286_097_688, &bids, &asks) };
    let (verdict, reckoning) = no.decide();
    assert!((reckoning.edge_no - -0.002_258_352).abs() < 1e-6);
    assert_eq!(verdict, Verdict::Nothing(Denial::NoEdge));
}

#[test]
fn the_loss_cap_counts_what_is_already_at_risk() {
    let rules = Kelly { fraction: 1.0, ..t5_10_rules() };
    let (bids, asks) = ([level(32, 5000)], [level(34, 5000)]);
    let no = Situation { days: 214.0, ..flat(&rules, 0.2, &bids, &asks) };
    assert_eq!(proposal(no.decide().0).quantity, Quantity::from_contracts(287));
    let held = Situation {
        position: Quantity::from_contracts(-200),
        position_cost: 139.0,
        position_value: 132.0,
        ..flat(&rules, 0.2, &bids, &asks)
    };
    // (200 - 139) / 0.695232
    assert_eq!(proposal(held.decide().0).quantity, Quantity::from_contracts(87));
}

#[test]
fn depth_share_and_minimum_are_kept() {
    let rules = Kelly { max_depth_share: 0.2, ..plain_rules() };
    let (bids, asks) = ([level(31, 50)], [level(33, 60), level(36, 40), level(37, 5000)]);
    let decided = proposal(flat(&rules, 0.6, &bids, &asks).decide().0);
    // A fifth of the 100 contracts within three cents of 33.
    assert_eq!(decided.quantity, Quantity::from_contracts(20));
    let picky = Kelly { min_contracts: Quantity::from_contracts(21), ..rules };
    let verdict = flat(&picky, 0.6, &bids, &asks).decide().0;
    assert_eq!(verdict, Verdict::Nothing(Denial::TooSmall));
}

#[test]
fn a_position_worth_less_than_its_bid_is_sold_whole() {
    let rules = Kelly { fraction: 0.25, edge_min: 0.02, ..plain_rules() };
    let (bids, asks) = ([level(50, 80), level(49, 1000)], [level(52, 100)]);
    let held = Situation {
        position: Quantity::from_contracts(120),
        position_cost: 40.0,
        position_value: 60.0,
        ..flat(&rules, 0.40, &bids, &asks)
    };
    let sold = proposal(held.decide().0);
    assert_eq!((sold.side, sold.reduces), (Side::Ask, true));
    assert_eq!(sold.quantity, Quantity::from_contracts(120));
    assert_eq!(sold.price, Price::from_cents(49).unwrap());
}

#[test]
fn cooling_blocks_entries_but_never_exits() {
    let rules = plain_rules();
    let (bids, asks) = ([level(50, 80)], [level(52, 100)]);
    let entry = Situation { cooling: true, ..flat(&rules, 0.7, &bids, &asks) };
    assert_eq!(entry.decide().0, Verdict::Nothing(Denial::Cooldown));
    let exit = Situation {
        position: Quantity::from_contracts(10),
        cooling: true,
        ..flat(&rules, 0.3, &bids, &asks)
    };
    assert!(matches!(exit.decide().0, Verdict::Propose(sale) if sale.reduces));
}

fn mirrored(levels: &[Level]) -> Vec<Level> {
    levels
        .iter()
        .map(|level| Level { price: level.price.complement(), quantity: level.quantity })
        .collect()
}

proptest! {
    /// Zero at the own probability with no position.
    #[test]
    fn nothing_to_do_at_the_own_price(p in 0.01..0.99_f64, wealth in 1.0..1e6_f64) {
        prop_assert!(optimal_change(p, wealth, wealth, p).abs() < 1e-6 * wealth);
    }

    /// The change of YES at x is minus the change of NO at 1 - x.
    #[test]
    fn yes_and_no_are_mirror_images(
        p in 0.01..0.99_f64, no in 1.0..1e5_f64, yes in 1.0..1e5_f64, x in 0.01..0.99_f64
    ) {
        let (left, right) =
            (optimal_change(p, no, yes, x), -optimal_change(1.0 - p, yes, no, 1.0 - x));
        prop_assert!((left - right).abs() <= 1e-9 * (1.0 + left.abs()) * 100.0);
    }

    /// All wealth times k scales the change by k.
    #[test]
    fn scale_free(p in 0.01..0.99_f64, no in 1.0..1e4_f64, yes in 1.0..1e4_f64, k in 0.1..10.0_f64) {
        let (one, many) = (optimal_change(p, no, yes, 0.4), optimal_change(p, k * no, k * yes, 0.4));
        prop_assert!((many - k * one).abs() < 1e-6 * (1.0 + many.abs()));
    }

    /// Buying, then deciding again at the same prices, never reverses.
    #[test]
    fn never_reverses(p in 0.05..0.95_f64, ask in 5_u16..95, fraction in 0.05..1.0_f64) {
        let rules = Kelly { fraction, edge_min: 0.02, ..plain_rules() };
        let (bids, asks) = ([level(ask - 2, 100_000)], [level(ask, 100_000)]);
        let first = flat(&rules, p, &bids, &asks);
        let Verdict::Propose(bought) = first.decide().0 else { return Ok(()) };
        let signed = match bought.side {
            Side::Bid => bought.quantity,
            Side::Ask => -bought.quantity,
        };
        let own = match bought.side {
            Side::Bid => bought.price,
            Side::Ask => bought.price.complement(),
        };
        let contracts = bought.quantity.as_f64();
        let paid = contracts * (own.as_f64() + fee(own.as_f64()));
        let brings = match bought.side {
            Side::Bid => bids[0].price,
            Side::Ask => asks[0].price.complement(),
        };
        let value = contracts * brings.as_f64();
        let again = Situation {
            position: signed,
            position_cost: paid,
            position_value: value,
            equity: 10_000.0 - paid + value,
            ..flat(&rules, p, &bids, &asks)
        };
        if let Verdict::Propose(second) = again.decide().0 {
            prop_assert_eq!(second.side, bought.side, "{:?} then {:?}", bought, second);
        }
    }

    /// The mirrored market with the mirrored probability and position gives the mirrored order.
    #[test]
    fn i11_decisions_are_symmetric(
        p in 0.05..0.95_f64, bid in 5_u16..90, width in 1_u16..5, held in -500_i32..500
    ) {
        let rules = Kelly { fraction: 0.3, edge_min: 0.02, ..plain_rules() };
        let bids = [level(bid, 300), level(bid - 1, 200)];
        let asks = [level(bid + width, 300), level(bid + width + 1, 200)];
        // Dyadic sizes of wealth keep both roundings equal.
        let straight = Situation {
            position: Quantity::from_contracts(held),
            ..flat(&rules, p, &bids, &asks)
        };
        let (other_bids, other_asks) = (mirrored(&asks), mirrored(&bids));
        let mirror = Situation {
            position: Quantity::from_contracts(-held),
            ..flat(&rules, 1.0 - p, &other_bids, &other_asks)
        };
        // Settlement of NO is three days later, but time is worth nothing here.
        match (straight.decide().0, mirror.decide().0) {
            (Verdict::Propose(left), Verdict::Propose(right)) => {
                prop_assert_eq!(left.side, right.side.opposite());
                prop_assert_eq!(left.price, right.price.complement());
                let gap = (left.quantity - right.quantity).abs();
                prop_assert!(gap <= Quantity::from_contracts(1));
            }
            (left, right) => prop_assert_eq!(left, right),
        }
    }
}
