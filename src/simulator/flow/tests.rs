//! Laws of the flow: exact money, legal orders, plausible prices.

use statecraft_domain::{Nanos, Price};

use super::*;

const START_CASH: Usd = Usd::from_dollars(10_000);

fn year(seed: u64, step: Nanos, mut look: impl FnMut(&World, &[Report])) -> World {
    let mut world = World::new(seed, START_CASH);
    let mut reports = Vec::new();
    while world.now() < world.end() {
        reports.clear();
        let to = world.now() + step;
        world.advance(to, &mut reports);
        look(&world, &reports);
    }
    world
}

const STEP: Nanos = Nanos::from_secs(2 * 3600);

#[test]
fn survey() {
    for seed in 0..3 {
        let (mut changes, mut trades, mut n) = (0, 0, 0);
        let mut spreads = [0u32; 12];
        let (mut err, mut quoted, mut most) = (0.0, 0, 0);
        let started = std::time::Instant::now();
        let mut log = String::new();
        let world = year(seed, STEP, |world, reports| {
            let c = reports.iter().filter(|r| matches!(r, Report::LevelChanged { .. })).count();
            changes += c;
            most = most.max(c);
            trades += reports.iter().filter(|r| matches!(r, Report::Traded { .. })).count();
            n += 1;
            for listed in world.markets() {
                let book = world.exchange().book(listed.id).unwrap();
                assert!(!book.is_crossed());
                if let (Some(b), Some(a)) = (book.best_bid(), book.best_ask()) {
                    spreads[usize::from((a.price.e4() - b.price.e4()) / 100).min(11)] += 1;
                    let mid = (a.price.as_f64() + b.price.as_f64()) / 2.0;
                    err += (mid - world.latent(listed.id).unwrap()).abs();
                    quoted += 1;
                    if n % 150 == 0 && listed.id.0 < 2 {
                        log += &format!(
                            " {}:{:.2}/{:.2} d{:.0}",
                            listed.id.0,
                            mid,
                            world.latent(listed.id).unwrap(),
                            b.quantity.as_f64()
                        );
                    }
                }
            }
        });
        println!(
            "seed {seed} changes {changes} trades {trades} max/call {most} err {:.4} spreads {spreads:?} {:?} orders {}",
            err / f64::from(quoted),
            started.elapsed(),
            world.exchange().till().fees
        );
        println!("{log}");
        for a in 0..11 {
            println!("{a} {}", world.exchange().account(AccountId(a)).unwrap().cash);
        }
    }
}
