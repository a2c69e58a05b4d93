use proptest::prelude::*;

use super::*;

const TABLE_CLASSES: [(SourceClass, f64); 13] = [
    (SourceClass::Official, 4.50),
    (SourceClass::Wire, 2.30),
    (SourceClass::TopTier, 2.30),
    (SourceClass::National, 1.08),
    (SourceClass::TradePress, 1.08),
    (SourceClass::Business, 1.08),
    (SourceClass::Aggregator, 0.69),
    (SourceClass::Local, 0.69),
    (SourceClass::Sports, 0.69),
    (SourceClass::Entertainment, 0.69),
    (SourceClass::Social, 0.22),
    (SourceClass::Commentary, 0.0),
    (SourceClass::Satire, 0.0),
];

fn llr(class: SourceClass, assertion: Assertion) -> f64 {
    EvidenceTable::default().llr(class, assertion).unwrap().unwrap()
}

#[test]
fn table_2_1_as_printed() {
    for (class, expected) in TABLE_CLASSES {
        assert!((llr(class, Assertion::Asserted) - expected).abs() < 0.005, "{class:?}");
        let half = llr(class, Assertion::Hedged) - llr(class, Assertion::Asserted) / 2.0;
        assert!(half.abs() < 1e-15, "{class:?}");
        for zero in [Assertion::Opinion, Assertion::Satire, Assertion::Injection] {
            assert!(llr(class, zero).abs() < f64::MIN_POSITIVE, "{class:?} {zero:?}");
        }
    }
    assert!((UNNAMED_SOURCES.llr().unwrap() - 1.39).abs() < 0.005);
    let principal = EvidenceTable::default().denial_llr(Denier::Principal).unwrap();
    assert!((principal - -1.04).abs() < 0.005);
    assert!((llr(SourceClass::Official, Assertion::Denied) - principal).abs() < 1e-15);
    assert_eq!(EvidenceTable::default().llr(SourceClass::Desk, Assertion::Asserted), Ok(None));
}

#[test]
fn a_denial_never_speaks_for_the_claim() {
    for (class, plain) in TABLE_CLASSES {
        let denial = llr(class, Assertion::Denied);
        assert!(denial <= 0.0 && -denial <= plain + 0.005, "{class:?}");
    }
}

#[test]
fn t2_1_unnamed_sources() {
    let llr = UNNAMED_SOURCES.llr().unwrap();
    assert!((llr - 1.386_294_361).abs() < 1e-9);
    assert!((credibility(0.20, llr).unwrap() - 0.5).abs() < 1e-12);
}

#[test]
fn t2_2_pooling_both_forms() {
    let mixed = [1.386, 0.9, 0.4];
    assert!((pool(&mixed, SAME_STORY).unwrap() - 1.582).abs() < 1e-9);
    assert!((mixed.iter().sum::<f64>() - 2.686).abs() < 1e-9);
    assert!((pool(&[0.9; 12], SAME_STORY).unwrap() - 1.124_999_995).abs() < 1e-9);
    let effective = effective_count(12, SAME_STORY).unwrap();
    assert!((effective - 1.224_489_796).abs() < 1e-9);
    assert!((0.9 * effective - 1.102_040_816).abs() < 1e-9);
    // The limits of both: one over rho times the strongest.
    assert!((pool(&[0.9; 400], SAME_STORY).unwrap() - 0.9 / SAME_STORY).abs() < 1e-12);
    assert!((effective_count(1_000_000_000, SAME_STORY).unwrap() - 1.25).abs() < 1e-8);
}

#[test]
fn the_thirteenth_copy_is_worth_nothing() {
    for one in [0.22, 1.386, 4.5] {
        let (twelve, thirteen) =
            (pool(&[one; 12], SAME_STORY).unwrap(), pool(&[one; 13], SAME_STORY).unwrap());
        assert!(thirteen >= twelve && thirteen - twelve < 1e-8 * twelve);
    }
}

#[test]
fn opposite_signs_are_pooled_apart() {
    let rho = SAME_STORY;
    let both = pool(&[2.3, -1.04, 1.08, -0.35], rho).unwrap();
    let apart = pool(&[2.3, 1.08], rho).unwrap() + pool(&[-1.04, -0.35], rho).unwrap();
    assert!((both - apart).abs() < 1e-15);
    assert!(pool(&[], rho).unwrap().abs() < f64::MIN_POSITIVE);
}

#[test]
fn t2_5_silence() {
    let without_floor = silence(0.9, 0.3, 5.0, f64::NEG_INFINITY).unwrap();
    assert!((without_floor - -3.0).abs() < 1e-12);
    assert!((credibility(0.5, without_floor).unwrap() - 0.047_425_873).abs() < 1e-9);
    let floored = silence(0.9, 0.3, 5.0, SILENCE_FLOOR).unwrap();
    assert!((credibility(0.5, floored).unwrap() - 0.119_202_922).abs() < 1e-9);
    assert!(silence(0.3, 0.9, 5.0, SILENCE_FLOOR).is_err());
    assert!(silence(0.9, 0.3, -1.0, SILENCE_FLOOR).is_err());
}

#[test]
fn t2_6_stage_filter() {
    let chain = Generator::deal_per_day().unwrap();
    let prior = [0.05, 0.15, 0.50, 0.15, 0.05, 0.02, 0.08];
    let likelihood = [0.02, 0.10, 0.30, 0.60, 0.25, 0.15, 0.05];
    let posterior = filter(&chain, &prior, 14.0, &likelihood).unwrap();
    let expected = [
        0.003_977_639,
        0.050_827_585,
        0.506_497_991,
        0.360_275_857,
        0.049_633_257,
        0.011_910_133,
        0.016_877_539,
    ];
    for (got, expected) in posterior.iter().zip(expected) {
        assert!((got - expected).abs() < 1e-9, "{posterior:?}");
    }
}

#[test]
fn the_default_confusion_is_a_distribution_for_every_truth() {
    let confusion = default_confusion();
    for truth in Stage::ALL {
        let column = confusion.map(|row| row[truth.index()]);
        assert!((column.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{truth:?}");
        assert!((column[truth.index()] - 0.75).abs() < 1e-15);
        assert!(column.iter().all(|&p| p > 0.0));
    }
}

#[test]
fn a_perfect_reader_gives_the_reports_own_llr() {
    let identity: Confusion = Stage::ALL.map(Stage::certain);
    for llr in [0.0, 0.22, 1.08, 2.3, 4.5] {
        let r = reliability(llr).unwrap();
        let likelihood = stage_likelihood(Stage::Signed, r, &identity, 1.0).unwrap();
        let ratio = likelihood[Stage::Signed.index()] / likelihood[Stage::None.index()];
        assert!((ratio.ln() - llr).abs() < 1e-9, "{llr}");
    }
    assert!(reliability(1e300).unwrap() <= 1.0);
    assert!(reliability(-1.0).is_err());
}

#[test]
fn nonsense_is_refused() {
    assert!(credibility(0.0, 1.0).is_err());
    assert!(credibility(0.5, f64::NAN).is_err());
    assert!(pool(&[f64::INFINITY], 0.5).is_err());
    assert!(pool(&[1.0], 1.5).is_err());
    assert!(update(&[0.5, 0.5], &[0.0, 0.0]).is_err());
    assert!(update(&[1.0, 0.0], &[0.0, 1.0]).is_err());
    assert!(update(&[0.5, 0.5], &[f64::NAN, 1.0]).is_err());
    let confusion = default_confusion();
    assert!(stage_likelihood(Stage::None, 1.0, &confusion, 1.0).is_err());
    assert!(stage_likelihood(Stage::None, 0.5, &[[0.5; STAGES]; STAGES], 1.0).is_err());
    let broken = EvidenceTable { social: Rates::new(0.0, 0.1), ..EvidenceTable::default() };
    assert!(broken.llr(SourceClass::Social, Assertion::Asserted).is_err());
}

fn stages() -> impl Strategy<Value = [f64; STAGES]> {
    proptest::collection::vec(0.01..1.0_f64, STAGES).prop_map(|weights| {
        let sum: f64 = weights.iter().sum();
        std::array::from_fn(|stage| weights[stage] / sum)
    })
}

proptest! {
    /// The order in which the reports of a story arrive is nothing, bit for bit.
    #[test]
    fn pooling_is_order_invariant(
        llrs in proptest::collection::vec(-5.0..5.0_f64, 0..12), rho in 0.0..1.0_f64,
        turn in 0_usize..12
    ) {
        let mut other = llrs.clone();
        other.reverse();
        let turn = turn.min(other.len());
        other.rotate_left(turn);
        let (left, right) = (pool(&llrs, rho).unwrap(), pool(&other, rho).unwrap());
        prop_assert_eq!(left.to_bits(), right.to_bits());
    }

    /// A stronger or a further report never weakens its side, and a story is never worth more than
    /// one over rho times its strongest report.
    #[test]
    fn pooling_is_monotone_and_bounded(
        llrs in proptest::collection::vec(0.01..5.0_f64, 1..12), rho in 0.05..1.0_f64,
        which in 0_usize..12, more in 0.0..3.0_f64
    ) {
        let base = pool(&llrs, rho).unwrap();
        let mut raised = llrs.clone();
        let which = which % llrs.len();
        raised[which] += more;
        prop_assert!(pool(&raised, rho).unwrap() >= base - 1e-12);
        let mut longer = llrs.clone();
        longer.push(more);
        prop_assert!(pool(&longer, rho).unwrap() >= base - 1e-12);
        let strongest = llrs.iter().fold(0.0_f64, |most, &llr| most.max(llr));
        prop_assert!(base <= strongest / rho + 1e-12);
    }

    /// A report of a stage raises it and a denial lowers it; the posterior stays a distribution.
    #[test]
    fn reports_raise_what_they_report(
        prior in stages(), stage in 0_usize..STAGES, llr in 0.05..4.5_f64
    ) {
        let confusion = default_confusion();
        let r = reliability(llr).unwrap();
        let stage = Stage::ALL[stage];
        let after = |temper: f64| {
            let l = stage_likelihood(stage, r, &confusion, temper).unwrap();
            update(&prior, &l).unwrap()
        };
        let (report, denial, nothing) = (after(1.0), after(-1.0), after(0.0));
        prop_assert!((report.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        prop_assert!(report[stage.index()] > prior[stage.index()]);
        prop_assert!(denial[stage.index()] < prior[stage.index()]);
        prop_assert!((nothing[stage.index()] - prior[stage.index()]).abs() < 1e-12);
    }

    /// Evidence and its opposite cancel; strength is odd and below one.
    #[test]
    fn credibility_is_reversible(prior in 0.001..0.999_f64, llr in -8.0..8.0_f64) {
        let there = credibility(prior, llr).unwrap();
        prop_assert!((credibility(there, -llr).unwrap() - prior).abs() < 1e-9);
        let strength = belief_strength(llr).unwrap();
        prop_assert!((strength - (llr / 2.0).tanh()).abs() < 1e-12);
        prop_assert!((strength + belief_strength(-llr).unwrap()).abs() < 1e-12);
    }
}
