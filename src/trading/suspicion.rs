//! [`Suspicions`]: positions that are not the venue's, and since when. One report proves nothing: reads lag
//! writes, and what is open may be filled between two reads of one report.

use std::collections::BTreeMap;
use std::time::Duration;

use statecraft_domain::Quantity;

use super::reconciler::Wall;

/// By ticker: what we hold less what the venue says, and when the report was asked for that showed it first.
#[derive(Debug, Default)]
pub(super) struct Suspicions(BTreeMap<String, (Quantity, Wall)>);

impl Suspicions {
    /// A report asked for at `asked` shows these differences. Those that every report has shown alike for as long
    /// as `patience` asks are proven.
    pub(super) fn seen(
        &mut self,
        differences: &[(String, Quantity)],
        asked: Wall,
        patience: impl Fn(&str, Quantity) -> Duration,
    ) -> Vec<String> {
        let before = std::mem::take(&mut self.0);
        let mut proven = Vec::new();
        for (ticker, difference) in differences {
            let same = before.get(ticker).filter(|(known, _)| known == difference);
            let since = same.map_or(asked, |(_, since)| *since);
            if asked.saturating_sub(since) >= patience(ticker, *difference) {
                proven.push(ticker.clone());
            }
            self.0.insert(ticker.clone(), (*difference, since));
        }
        proven
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(suspicions: &mut Suspicions, secs: u64, differences: &[(&str, i32)]) -> Vec<String> {
        let differences: Vec<(String, Quantity)> = differences
            .iter()
            .map(|(ticker, contracts)| ((*ticker).to_owned(), Quantity::from_contracts(*contracts)))
            .collect();
        suspicions.seen(&differences, Wall::from_secs(secs), |ticker, _| {
            Duration::from_secs(if ticker == "SLOW" { 90 } else { 30 })
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
}
