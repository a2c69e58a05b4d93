//! What holds after every operation on a venue, whatever the operations are.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

mod support;

use proptest::prelude::*;
use statecraft_domain::{MarketId, Price, Quantity, Settlement, Side, Usd};
use statecraft_exchange::Report;
use statecraft_exchange::venue::FillRecord;
use support::{ACCOUNTS, World, any_era, any_op, any_settlement};

/// The report as the mirror world would make it: bids are asks, prices complements, positions negated.
fn mirrored(report: &Report) -> Report {
    let flip = Price::complement;
    match report.clone() {
        Report::Filled(fill) => Report::Filled(FillRecord {
            side: fill.side.opposite(),
            price: flip(fill.price),
            position_after: -fill.position_after,
            ..fill
        }),
        Report::Traded { at, trade, market, taker, price, quantity } => Report::Traded {
            at,
            trade,
            market,
            taker: taker.opposite(),
            price: flip(price),
            quantity,
        },
        Report::LevelChanged { at, market, side, price, by, order } => Report::LevelChanged {
            at,
            market,
            side: side.opposite(),
            price: flip(price),
            by,
            order,
        },
        Report::Settled { at, market, settlement } => Report::Settled {
            at,
            market,
            settlement: match settlement {
                Settlement::Yes => Settlement::No,
                Settlement::No => Settlement::Yes,
                Settlement::Scalar(value) => Settlement::Scalar(flip(value)),
                Settlement::Void => Settlement::Void,
            },
        },
        Report::Paid { at, account, market, quantity, payout } => {
            Report::Paid { at, account, market, quantity: -quantity, payout }
        }
        same => same,
    }
}

/// A pause cancels resting bids before asks; in the mirror world asks come first. The order within one
/// sweep is the only thing that differs, so sweeps are compared without it.
fn sorted(reports: &[Report]) -> Vec<String> {
    let mut texts: Vec<_> = reports.iter().map(|report| format!("{report:?}")).collect();
    texts.sort();
    texts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn money_contracts_and_books_are_conserved(
        era in any_era(),
        ops in prop::collection::vec(any_op(), 1..80),
    ) {
        let mut world = World::new(era, false);
        for op in &ops {
            world.run(op)?;
        }
    }

    #[test]
    fn settling_everything_leaves_only_cash(
        era in any_era(),
        ops in prop::collection::vec(any_op(), 1..40),
        settlements in prop::collection::vec(any_settlement(), 2),
    ) {
        let mut world = World::new(era, false);
        for op in &ops {
            world.run(op)?;
        }
        world.settle(0, settlements[0]);
        world.settle(1, settlements[1]);
        let exchange = &world.exchange;
        let mut cash = Usd::ZERO;
        for account in (0..ACCOUNTS).map(statecraft_exchange::AccountId) {
            let account = exchange.account(account).unwrap();
            prop_assert!(account.positions.values().all(|p| p.quantity.is_zero()));
            prop_assert!(account.positions.values().all(|p| p.cost.is_zero()));
            prop_assert_eq!(account.reserved, Usd::ZERO);
            cash += account.cash;
        }
        let till = exchange.till();
        prop_assert_eq!(cash + till.fees, till.deposits + till.void_paid);
        for market in [MarketId(0), MarketId(1)] {
            let book = exchange.book(market).unwrap();
            prop_assert_eq!(book.depth(Side::Bid) + book.depth(Side::Ask), 0);
            if exchange.settlement(market) != Some(Settlement::Void) {
                prop_assert_eq!(exchange.collateral(market), Usd::ZERO);
            }
        }
    }

    #[test]
    fn the_mirror_world_gives_mirrored_results(
        era in any_era(),
        ops in prop::collection::vec(any_op(), 1..60),
    ) {
        let (mut world, mut mirror) = (World::new(era, false), World::new(era, true));
        let mut seen = 0;
        for op in &ops {
            world.run(op)?;
            mirror.run(op)?;
            let expected: Vec<_> = world.reports[seen..].iter().map(mirrored).collect();
            let got = &mirror.reports[seen..];
            prop_assert_eq!(sorted(&expected), sorted(got));
            seen = world.reports.len();
            for account in (0..ACCOUNTS).map(statecraft_exchange::AccountId) {
                let (one, other) =
                    (world.exchange.account(account), mirror.exchange.account(account));
                let (one, other) = (one.unwrap(), other.unwrap());
                prop_assert_eq!((one.cash, one.reserved), (other.cash, other.reserved));
                for (market, position) in &one.positions {
                    let twin = other.positions[market];
                    let quantity: Quantity = -twin.quantity;
                    prop_assert_eq!(position.quantity, quantity);
                    prop_assert_eq!(
                        (position.cost, position.realized, position.fees),
                        (twin.cost, twin.realized, twin.fees)
                    );
                }
            }
        }
    }
}
