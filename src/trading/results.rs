//! [`Results`]: how markets that were paid out ended. Asked until the venue says so, since what it announced
//! before may have been disputed and amended: the payment counts, and the announcement is only compared.

use std::collections::BTreeMap;
use std::time::Duration;

use statecraft_domain::Settlement;

use super::reconciler::Wall;

/// First pause before asking again; doubled each time.
const PAUSE: Duration = Duration::from_secs(1);
/// Longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(300);
/// So many questions at a time: hundreds of markets may end at once, and other reads have the same budget.
const AT_ONCE: usize = 4;

#[derive(Debug)]
struct Open {
    announced: Option<Settlement>,
    /// Ask then; none while a question is under way.
    due: Option<Wall>,
    pause: Duration,
}

/// What a market paid, by the venue's own listing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Paid {
    /// What counts.
    pub settlement: Settlement,
    /// What was announced, where it was another result: somebody should look.
    pub announced_otherwise: Option<Settlement>,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Results {
    open: BTreeMap<String, Open>,
}

impl Results {
    /// This market was paid out. `announced`: the last result that was heard of.
    pub fn want(&mut self, now: Wall, ticker: String, announced: Option<Settlement>) {
        let open = Open { announced: None, due: Some(now), pause: PAUSE };
        let open = self.open.entry(ticker).or_insert(open);
        open.announced = announced.or(open.announced);
    }

    /// The questions that are due; each is under way until it is [`Self::answered`].
    pub fn due(&mut self, now: Wall) -> Vec<String> {
        let under_way = self.open.values().filter(|open| open.due.is_none()).count();
        let due = self.open.iter_mut().filter(|(_, open)| open.due.is_some_and(|due| due <= now));
        due.take(AT_ONCE.saturating_sub(under_way))
            .map(|(ticker, open)| {
                open.due = None;
                ticker.clone()
            })
            .collect()
    }

    /// The venue said how the market was paid, or nothing yet (or did not answer): then it is asked again.
    pub fn answered(&mut self, now: Wall, ticker: &str, said: Option<Settlement>) -> Option<Paid> {
        let Some(settlement) = said else {
            if let Some(open) = self.open.get_mut(ticker) {
                open.due = Some(now + open.pause);
                open.pause = (open.pause * 2).min(PAUSE_MAX);
            }
            return None;
        };
        let announced = self.open.remove(ticker).and_then(|open| open.announced);
        let announced_otherwise = announced.filter(|announced| *announced != settlement);
        Some(Paid { settlement, announced_otherwise })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(secs: u64) -> Wall {
        Wall::from_secs(secs)
    }

    #[test]
    fn it_is_asked_until_the_venue_says_so_and_more_and_more_seldom() {
        let mut results = Results::default();
        results.want(secs(0), "T".to_owned(), Some(Settlement::Yes));
        let mut asked = Vec::new();
        for second in 0..400 {
            if results.due(secs(second)) == ["T"] {
                asked.push(second);
                assert_eq!(results.answered(secs(second), "T", None), None);
            }
        }
        assert_eq!(asked, [0, 1, 3, 7, 15, 31, 63, 127, 255]);
        let paid = results.answered(secs(400), "T", Some(Settlement::Yes)).unwrap();
        assert_eq!(paid.announced_otherwise, None);
        assert!(results.due(secs(9_000)).is_empty(), "it is known");
    }

    #[test]
    fn hundreds_of_markets_that_end_at_once_are_asked_a_few_at_a_time() {
        let mut results = Results::default();
        for market in 0..100 {
            results.want(secs(0), format!("T{market:03}"), None);
        }
        let mut asked = std::collections::BTreeSet::new();
        for round in 0.. {
            let due = results.due(secs(0));
            assert!(due.len() <= 4 && results.due(secs(0)).is_empty(), "round {round}");
            if due.is_empty() {
                break;
            }
            for ticker in due {
                assert!(results.answered(secs(0), &ticker, Some(Settlement::No)).is_some());
                asked.insert(ticker);
            }
        }
        assert_eq!(asked.len(), 100);
    }

    #[test]
    fn an_amended_result_is_what_was_paid_and_the_announced_one_is_told() {
        let mut results = Results::default();
        results.want(secs(0), "T".to_owned(), Some(Settlement::Yes));
        // The frame comes twice, the second time after a new connection that never heard a result.
        results.want(secs(1), "T".to_owned(), None);
        assert_eq!(results.due(secs(1)).len(), 1);
        assert!(results.due(secs(1)).is_empty(), "one question at a time");
        let paid = results.answered(secs(2), "T", Some(Settlement::No)).unwrap();
        assert_eq!(paid.settlement, Settlement::No);
        assert_eq!(paid.announced_otherwise, Some(Settlement::Yes));
    }
}
