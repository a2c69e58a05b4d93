//! [`Suspicions`]: figures that are not the venue's, and since when. One report proves nothing: reads lag
//! writes, and what is open may be filled between two reads of one report.

use std::collections::BTreeMap;
use std::time::Duration;

use super::reconciler::Wall;

/// What it takes to believe a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Proof {
    /// It must have been the same for so long,
    pub(super) patience: Duration,
    /// in so many reports.
    pub(super) reports: u32,
}

/// A figure that differs.
#[derive(Debug, Clone, Copy)]
struct Suspicion<D> {
    /// What we hold less what the venue says.
    difference: D,
    /// When the report was asked for that showed it first, and how many have.
    since: Wall,
    reports: u32,
    /// The same for any difference at all.
    differs_since: Wall,
    /// When the last report was asked for that showed it.
    last: Wall,
}

/// By name: of a market, say.
#[derive(Debug)]
pub(super) struct Suspicions<D>(BTreeMap<String, Suspicion<D>>);

impl<D> Default for Suspicions<D> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<D: Copy + PartialEq> Suspicions<D> {
    /// A report asked for at `asked` shows these differences. Proven are those that every report has shown alike
    /// for as long as `proof` asks, and those that were there all the time for `longest`, whatever their size:
    /// somebody may go on trading. What no report has shown for twice as long begins anew.
    pub(super) fn seen(
        &mut self,
        differences: &[(String, D)],
        asked: Wall,
        longest: Duration,
        proof: impl Fn(&str, D) -> Proof,
    ) -> Vec<String> {
        let before = std::mem::take(&mut self.0);
        let mut proven = Vec::new();
        for (ticker, difference) in differences {
            let recent = |known: &&Suspicion<D>| {
                asked.saturating_sub(known.last) < longest.saturating_mul(2)
            };
            let known = before.get(ticker).filter(recent);
            let same = known.filter(|known| known.difference == *difference);
            let suspicion = Suspicion {
                difference: *difference,
                since: same.map_or(asked, |known| known.since),
                reports: same.map_or(1, |known| known.reports.saturating_add(1)),
                differs_since: known.map_or(asked, |known| known.differs_since),
                last: asked,
            };
            let Proof { patience, reports } = proof(ticker, *difference);
            let stands = asked.saturating_sub(suspicion.since) >= patience;
            let stays = asked.saturating_sub(suspicion.differs_since) >= longest;
            if stays || (stands && suspicion.reports >= reports) {
                proven.push(ticker.clone());
            }
            self.0.insert(ticker.clone(), suspicion);
        }
        proven
    }
}

#[cfg(test)]
mod tests {
    use statecraft_domain::Quantity;

    use super::*;

    fn seen(
        suspicions: &mut Suspicions<Quantity>,
        secs: u64,
        differences: &[(&str, i32)],
    ) -> Vec<String> {
        let differences: Vec<(String, Quantity)> = differences
            .iter()
            .map(|(ticker, contracts)| ((*ticker).to_owned(), Quantity::from_contracts(*contracts)))
            .collect();
        let longest = Duration::from_secs(300);
        suspicions.seen(&differences, Wall::from_secs(secs), longest, |ticker, _| {
            let (secs, reports) = if ticker == "SLOW" { (90, 3) } else { (30, 2) };
            Proof { patience: Duration::from_secs(secs), reports }
        })
    }

    #[test]
    fn only_what_stays_the_same_for_its_patience_is_proven() {
        let mut suspicions = Suspicions::default();
        assert!(seen(&mut suspicions, 0, &[("A", 1), ("SLOW", -2)]).is_empty());
        assert!(seen(&mut suspicions, 29, &[("A", 1), ("SLOW", -2)]).is_empty());
        assert_eq!(seen(&mut suspicions, 30, &[("A", 1), ("SLOW", -2)]), ["A"]);
        // Another difference, or none, begins anew; one market's says nothing of another's.
        assert!(seen(&mut suspicions, 60, &[("A", 2), ("SLOW", -2)]).is_empty());
        assert_eq!(seen(&mut suspicions, 90, &[("SLOW", -2)]), ["SLOW"]);
        assert!(seen(&mut suspicions, 100, &[("A", 2)]).is_empty());
    }

    #[test]
    fn two_reports_do_not_prove_what_takes_three() {
        let mut suspicions = Suspicions::default();
        assert!(seen(&mut suspicions, 0, &[("SLOW", 1)]).is_empty());
        assert!(seen(&mut suspicions, 95, &[("SLOW", 1)]).is_empty());
        assert_eq!(seen(&mut suspicions, 96, &[("SLOW", 1)]), ["SLOW"]);
    }

    #[test]
    fn a_difference_that_nobody_has_seen_for_long_begins_anew() {
        let mut suspicions = Suspicions::default();
        assert!(seen(&mut suspicions, 0, &[("A", 1)]).is_empty());
        assert!(seen(&mut suspicions, 600, &[("A", 1)]).is_empty());
        assert_eq!(seen(&mut suspicions, 630, &[("A", 1)]), ["A"]);
    }

    #[test]
    fn a_difference_that_grows_and_grows_is_proven_in_the_end() {
        let mut suspicions = Suspicions::default();
        for report in 0..10 {
            let difference = i32::try_from(report).unwrap() + 1;
            assert!(seen(&mut suspicions, 30 * report, &[("SLOW", difference)]).is_empty());
        }
        assert_eq!(seen(&mut suspicions, 300, &[("SLOW", 11)]), ["SLOW"]);
    }
}
