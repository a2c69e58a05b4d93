use proptest::prelude::*;

use super::*;

const TINY: f64 = 1e-12;

fn yearly() -> Generator<STAGES> {
    Generator::deal_per_year(&[1.0; 14]).unwrap()
}

fn close(left: &[f64], right: &[f64], within: f64) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(l, r)| (l - r).abs() <= within)
}

#[test]
fn t1_9a_distribution_after_90_days() {
    let after = yearly().distribution(&Stage::Proposed.certain(), 90.0 / 365.25).unwrap();
    let expected = [
        0.006_952_544,
        0.041_563_620,
        0.580_900_676,
        0.222_091_903,
        0.035_406_811,
        0.003_244_034,
        0.109_840_411,
    ];
    assert!(close(&after, &expected, 1e-9), "{after:?}");
    let daily = Generator::deal_per_day().unwrap();
    assert!(close(&daily.distribution(&Stage::Proposed.certain(), 90.0).unwrap(), &after, TINY));
}

#[test]
fn t1_9b_distribution_after_a_year() {
    let after = yearly().distribution(&Stage::Proposed.certain(), 1.0).unwrap();
    let expected = [
        0.037_854_584,
        0.050_039_059,
        0.148_990_920,
        0.209_389_904,
        0.164_457_531,
        0.086_927_688,
        0.302_340_315,
    ];
    assert!(close(&after, &expected, 1e-9), "{after:?}");
}

#[test]
fn t1_9c_modulated_survival() {
    let intensity = modulation(&SOVEREIGN_PROFILE, 1.0).unwrap().map(|factor| 0.20 * factor);
    let from = |stage: Stage| yearly().probability(&stage.certain(), &intensity, 1.0).unwrap();
    assert!((from(Stage::Proposed) - 0.214_195_900).abs() < 1e-9);
    assert!((from(Stage::None) - 0.185_158_747).abs() < 1e-9);
    assert!((from(Stage::Signed) - 0.273_884_592).abs() < 1e-9);
    let plug_in = -(-intensity[Stage::Proposed.index()]).exp_m1();
    assert!((plug_in - 0.207_344_714).abs() < 1e-9);
    let unmoved = yearly().probability(&Stage::Proposed.certain(), &[0.20; STAGES], 1.0).unwrap();
    assert!((unmoved - 0.181_269_247).abs() < 1e-9);
}

#[test]
fn t1_9d_two_states() {
    let generator = Generator::new([[-1.0, 1.0], [0.5, -0.5]]).unwrap();
    let p = generator.probability(&[1.0, 0.0], &[0.2, 0.8], 1.0).unwrap();
    assert!((p - 0.311_780_392).abs() < 1e-9);
}

#[test]
fn beta_may_be_negative() {
    // P(beta < 0) = Phi(-1 / 0.8) = 10.6 %: of the normal, by Simpson's rule on its upper tail.
    let density = |z: f64| (-z * z / 2.0).exp() / std::f64::consts::TAU.sqrt();
    let (mean, sd) = BETA_PRIOR;
    let cells = 2000_u32;
    let step = (12.0 - mean / sd) / f64::from(cells);
    let at = |i: u32| density(mean / sd + f64::from(i) * step);
    let inner: f64 = (1..cells).map(|i| at(i) * if i % 2 == 1 { 4.0 } else { 2.0 }).sum();
    let tail = (at(0) + inner + at(cells)) * step / 3.0;
    assert!((tail - 0.106).abs() < 5e-4, "{tail}");
}

#[test]
fn what_is_no_generator_is_refused() {
    assert!(Generator::new([[-1.0, 0.9], [0.5, -0.5]]).is_err());
    assert!(Generator::new([[1.0, -1.0], [0.5, -0.5]]).is_err());
    assert!(Generator::new([[f64::NAN, 1.0], [0.5, -0.5]]).is_err());
    let chain = yearly();
    assert!(chain.distribution(&[0.2; STAGES], 1.0).is_err());
    assert!(chain.distribution(&Stage::None.certain(), -1.0).is_err());
    assert!(chain.distribution(&Stage::None.certain(), f64::INFINITY).is_err());
    assert!(chain.distribution(&Stage::None.certain(), 1e9).is_err());
    assert!(chain.probability(&Stage::None.certain(), &[-0.1; STAGES], 1.0).is_err());
    assert!(modulation(&SOVEREIGN_PROFILE, f64::NAN).is_err());
    assert!(modulation(&SOVEREIGN_PROFILE, 1e5).is_err());
}

#[test]
fn a_chain_that_cannot_move_stays() {
    let still = Generator::new([[0.0; 2]; 2]).unwrap();
    assert!(close(&still.distribution(&[0.3, 0.7], 10.0).unwrap(), &[0.3, 0.7], 0.0));
    let p = still.probability(&[0.3, 0.7], &[0.0, 0.1], 10.0).unwrap();
    assert!((p - 0.7 * -(-1.0_f64).exp_m1()).abs() < TINY);
}

#[test]
fn long_times_reach_the_stationary_distribution() {
    let chain = yearly();
    let after = chain.distribution(&Stage::None.certain(), 2_000.0).unwrap();
    let later = chain.distribution(&after, 10.0).unwrap();
    assert!(close(&after, &later, 1e-12));
}

fn any_chain() -> impl Strategy<Value = Generator<4>> {
    proptest::array::uniform4(proptest::array::uniform4(0.0..5.0_f64))
        .prop_map(|rates| Generator::from_transitions(rates).unwrap())
}

fn any_start() -> impl Strategy<Value = [f64; 4]> {
    proptest::array::uniform4(0.01..1.0_f64).prop_map(|weights| {
        let sum: f64 = weights.iter().sum();
        weights.map(|weight| weight / sum)
    })
}

proptest! {
    /// A distribution stays one: nothing negative, a sum of one.
    #[test]
    fn rows_stay_a_distribution(chain in any_chain(), start in any_start(), t in 0.0..50.0_f64) {
        let after = chain.distribution(&start, t).unwrap();
        prop_assert!(after.iter().all(|&p| p >= 0.0));
        prop_assert!((after.iter().sum::<f64>() - 1.0).abs() < TINY);
    }

    /// `P(s + t) = P(s) P(t)`.
    #[test]
    fn semigroup(
        chain in any_chain(), start in any_start(), s in 0.0..5.0_f64, t in 0.0..5.0_f64
    ) {
        let at_once = chain.distribution(&start, s + t).unwrap();
        let in_turn = chain.distribution(&chain.distribution(&start, s).unwrap(), t).unwrap();
        prop_assert!(close(&at_once, &in_turn, TINY));
    }

    /// More time and more intensity never make the event less likely.
    #[test]
    fn monotone(
        chain in any_chain(), start in any_start(), t in 0.0..5.0_f64, more in 0.0..5.0_f64,
        intensity in proptest::array::uniform4(0.0..2.0_f64), state in 0_usize..4
    ) {
        let p = |intensity: &[f64; 4], t| chain.probability(&start, intensity, t).unwrap();
        let base = p(&intensity, t);
        prop_assert!((0.0..=1.0 + TINY).contains(&(base + TINY)));
        prop_assert!(p(&intensity, t + more) >= base - TINY);
        let mut raised = intensity;
        raised[state] += more;
        prop_assert!(p(&raised, t) >= base - TINY);
    }

    /// Where every stage has the same intensity the stages do not matter.
    #[test]
    fn equal_intensities_are_the_closed_form(
        chain in any_chain(), start in any_start(), rate in 0.0..3.0_f64, t in 0.0..5.0_f64
    ) {
        let p = chain.probability(&start, &[rate; 4], t).unwrap();
        prop_assert!((p - -(-rate * t).exp_m1()).abs() < TINY);
    }

    /// Splitting a panel anywhere changes nothing; forward and backward are one number.
    #[test]
    fn splitting_changes_nothing(
        chain in any_chain(), start in any_start(), t in 0.01..4.0_f64, split in 0.0..1.0_f64,
        levels in proptest::array::uniform2(0.0..2.0_f64)
    ) {
        let factors = [1.0, 0.5, 1.7, 0.0];
        let [first, second] = levels;
        let whole = [
            Panel { time: t, intensity: first },
            Panel { time: 1.0, intensity: second },
        ];
        let parts = [
            Panel { time: split * t, intensity: first },
            Panel { time: t - split * t, intensity: first },
            Panel { time: 1.0, intensity: second },
        ];
        let left = chain.survival(&start, &factors, whole).unwrap();
        let right = chain.survival(&start, &factors, parts).unwrap();
        prop_assert!((left - right).abs() < TINY, "{left} {right}");
    }
}
