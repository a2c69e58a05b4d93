//! [`CashCheck`]: is the venue's cash ours (5.10)? Whatever is open may have moved it, and payouts may be made
//! there before they are heard of here, or after; what lies beyond that, report after report, is somebody else's.

use std::collections::VecDeque;
use std::time::Duration;

use statecraft_domain::{MarketId, Price, Settlement, Usd, Venue};
use statecraft_engine::Engine;

use super::markets::Markets;
use super::reconcile::AccountState;
use super::reconciler::Wall;
use super::suspicion::{Proof, Suspicions};

/// A difference must stand in so many reports.
const REPORTS: u32 = 3;
/// While orders are open it must stand for so many graces: a fill may fall between two reads of one report.
const BUSY: u32 = 3;
/// A payout that is made there and not heard of here may look like a deposit for so many graces, while an old
/// page of positions is served.
const PAYABLE: u32 = 10;
/// A balance that was ours until so long ago may come from an old copy of the venue's records, and proves as little
/// as an old page of positions.
const OLD_PAGE: Duration = Duration::from_secs(300);
/// So many earlier balances are kept.
const EARLIER: usize = 1_024;

/// What a report says of the cash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cash {
    /// It is ours.
    Agrees,
    /// What is open or due explains the difference for now.
    Explained,
    /// Nothing explains the difference, but one report proves nothing.
    Suspect,
    /// Nothing explains it, in report after report.
    Proven,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct CashCheck {
    suspicions: Suspicions<Usd>,
    /// Our cash as it was last noted, and what it was until when before that, oldest first.
    noted: Option<Usd>,
    earlier: VecDeque<(Wall, Usd)>,
}

/// Between what the venue's cash may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Between(Usd, Usd);

impl Between {
    /// As far as the engine knows. `state`: the venue's positions, where they are known.
    pub(super) fn of(engine: &Engine, state: Option<&AccountState>, markets: &Markets) -> Self {
        let unpaid = state.map_or(Usd::ZERO, |state| unpaid(engine, state, markets));
        let open = engine.markets().iter().filter(|market| market.settlement().is_none());
        let payable =
            open.map(|market| Price::ONE.times(engine.position(market.id()).quantity.abs()));
        let (least, most) = engine.cash_between(Venue::Kalshi, unpaid, payable.sum());
        Self(least, most)
    }

    /// Either may hold.
    pub(super) fn or(self, other: Self) -> Self {
        Self(self.0.min(other.0), self.1.max(other.1))
    }
}

/// Payouts that are counted here, of markets in which the venue still lists us.
fn unpaid(engine: &Engine, state: &AccountState, markets: &Markets) -> Usd {
    let listed = state.positions.iter().filter_map(|(ticker, quantity)| {
        let market: MarketId = markets.get(Venue::Kalshi, ticker)?;
        Some((engine.market(market)?.settlement()?, *quantity))
    });
    let paid = listed.map(|(settlement, quantity): (Settlement, _)| {
        let each = match settlement.yes_value() {
            Some(yes) if quantity.is_positive() => yes,
            Some(yes) => yes.complement(),
            None => Price::ONE,
        };
        each.times(quantity.abs())
    });
    paid.sum()
}

impl CashCheck {
    /// Looks what our cash is now.
    pub(super) fn note(&mut self, ours: Option<Usd>, now: Wall) {
        if ours != self.noted {
            self.earlier.extend(self.noted.map(|before| (now, before)));
            self.noted = ours;
        }
        let is_old = |(until, _): &(Wall, Usd)| now.saturating_sub(*until) > OLD_PAGE;
        while self.earlier.len() > EARLIER || self.earlier.front().is_some_and(is_old) {
            self.earlier.pop_front();
        }
    }

    /// A report asked for at `asked` says that there is `theirs` where we have `ours`. `calm`: no order of ours
    /// was open or under way all the time.
    pub(super) fn seen(
        &mut self,
        (ours, theirs): (Usd, Usd),
        between: Between,
        calm: bool,
        asked: Wall,
        grace: Duration,
    ) -> Cash {
        let Between(least, most) = between;
        let inside = (least..=most).contains(&theirs);
        if ours == theirs {
            self.suspicions = Suspicions::default();
            return Cash::Agrees;
        }
        // In which orders or payouts due explain it, a report says nothing for or against a suspicion.
        if inside && !(calm && theirs > ours) {
            return Cash::Explained;
        }
        let was_ours = self.earlier.iter().any(|(_, before)| *before == theirs);
        let graces = if inside || was_ours {
            PAYABLE
        } else if calm {
            1
        } else {
            BUSY
        };
        let proof = Proof { patience: grace * graces, reports: REPORTS };
        let difference = [("cash".to_owned(), theirs - ours)];
        let proven = self.suspicions.seen(&difference, asked, grace * PAYABLE, |_, _| proof);
        if !proven.is_empty() {
            self.suspicions = Suspicions::default();
            return Cash::Proven;
        }
        if inside { Cash::Explained } else { Cash::Suspect }
    }

    /// The first report of all says so much where our fills alone have moved so much: with orders open it is
    /// the baseline only if the next one says the same.
    pub(super) fn is_baseline(
        &mut self,
        (ours, theirs): (Usd, Usd),
        calm: bool,
        asked: Wall,
    ) -> bool {
        let proof = Proof { patience: Duration::from_millis(1), reports: 2 };
        let longest = Duration::MAX;
        let difference = [("baseline".to_owned(), theirs - ours)];
        let is_proven = !self.suspicions.seen(&difference, asked, longest, |_, _| proof).is_empty();
        if calm || is_proven {
            self.suspicions = Suspicions::default();
        }
        calm || is_proven
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRACE: Duration = Duration::from_secs(30);

    fn usd(dollars: i64) -> Usd {
        Usd::from_dollars(dollars)
    }

    fn seen(check: &mut CashCheck, theirs: i64, (least, most): (i64, i64), secs: u64) -> Cash {
        let calm = (least, most) == (100, 100);
        let between = Between(usd(least), usd(most));
        check.seen((usd(100), usd(theirs)), between, calm, Wall::from_secs(secs), GRACE)
    }

    #[test]
    fn in_a_calm_account_three_reports_of_a_difference_prove_it() {
        let mut check = CashCheck::default();
        let calm = (100, 100);
        assert_eq!(seen(&mut check, 100, calm, 0), Cash::Agrees);
        assert_eq!(seen(&mut check, 90, calm, 60), Cash::Suspect);
        assert_eq!(seen(&mut check, 90, calm, 90), Cash::Suspect, "two are not three");
        assert_eq!(seen(&mut check, 90, calm, 91), Cash::Proven);
        assert_eq!(seen(&mut check, 90, calm, 120), Cash::Suspect);
        assert_eq!(seen(&mut check, 100, calm, 150), Cash::Agrees);
        assert_eq!(seen(&mut check, 90, calm, 180), Cash::Suspect);
        assert_eq!(
            seen(&mut check, 91, calm, 240),
            Cash::Suspect,
            "another difference begins anew"
        );
    }

    /// The venue may serve a balance from before our last fill for minutes, while nothing else moves.
    #[test]
    fn a_balance_that_was_ours_a_moment_ago_is_an_old_page() {
        let mut check = CashCheck::default();
        let calm = (100, 100);
        check.note(Some(usd(120)), Wall::from_secs(0));
        check.note(Some(usd(110)), Wall::from_secs(20));
        check.note(Some(usd(100)), Wall::from_secs(30));
        for secs in [40, 70, 100, 130, 300] {
            check.note(Some(usd(100)), Wall::from_secs(secs));
            assert_eq!(seen(&mut check, 120, calm, secs), Cash::Suspect, "{secs}");
        }
        // It is believed in the end,
        assert_eq!(seen(&mut check, 120, calm, 340), Cash::Proven);
        // and what was ours long ago explains nothing.
        check.note(Some(usd(100)), Wall::from_secs(350));
        for secs in [360, 390] {
            assert_eq!(seen(&mut check, 120, calm, secs), Cash::Suspect, "{secs}");
        }
        assert_eq!(seen(&mut check, 120, calm, 420), Cash::Proven);
    }

    #[test]
    fn what_open_orders_may_cost_explains_so_much_and_no_more() {
        let mut check = CashCheck::default();
        for secs in [0, 60, 120, 180, 600] {
            assert_eq!(seen(&mut check, 80, (80, 120), secs), Cash::Explained);
            assert_eq!(seen(&mut check, 120, (80, 120), secs), Cash::Explained);
        }
        assert_eq!(seen(&mut check, 79, (80, 120), 660), Cash::Suspect);
        // A report that open orders explain says nothing of the suspicion.
        assert_eq!(seen(&mut check, 79, (70, 120), 700), Cash::Explained);
        assert_eq!(seen(&mut check, 79, (80, 120), 720), Cash::Suspect);
        assert_eq!(seen(&mut check, 79, (80, 120), 749), Cash::Suspect);
        assert_eq!(seen(&mut check, 79, (80, 120), 750), Cash::Proven);
    }

    #[test]
    fn a_difference_beyond_what_is_open_is_proven_whatever_it_grows_to() {
        let mut check = CashCheck::default();
        for report in 0..10_u32 {
            let theirs = 70 - i64::from(report);
            assert_eq!(seen(&mut check, theirs, (80, 120), u64::from(30 * report)), Cash::Suspect);
        }
        assert_eq!(seen(&mut check, 50, (80, 120), 300), Cash::Proven);
    }
}
