//! Countries by months: what happened, and the covariates of a month as they were known at some time.

use std::collections::BTreeMap;

use super::history::History;
use super::month::Month;

/// How many covariates a month has beside the intercept and the country.
pub const FEATURES: usize = 5;

/// Their names, in order.
pub const FEATURE_NAMES: [&str; FEATURES] =
    ["host_month", "visited_0_6", "visited_7_12", "inbound_0_6", "inbound_7_12"];

/// Which covariates are 1.
pub type Features = [bool; FEATURES];

/// The first month of the fit: January 1970. What lies before feeds recency only.
pub const FIRST: Month = Month(0);

/// One country: months in ascending order, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Country {
    /// Its slug.
    pub slug: String,
    /// With a visit of the President.
    pub visits: Vec<Month>,
    /// With a bilateral visit of its leader to the United States.
    pub inbound: Vec<Month>,
    /// In which it hosts a summit.
    pub hosts: Vec<Month>,
}

/// All countries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panel {
    /// In the order of the history.
    pub countries: Vec<Country>,
}

/// Equal rows of the panel, by country and covariates: (months, months with a visit).
pub type Cells = BTreeMap<(usize, Features), (u32, u32)>;

impl Panel {
    /// Sorts a history by country; records of countries outside the panel play no part.
    #[must_use]
    pub fn new(history: &History) -> Self {
        let months = |of: &std::collections::BTreeSet<(String, Month)>, slug: &str| {
            of.iter().filter(|(country, _)| country == slug).map(|(_, month)| *month).collect()
        };
        let country = |slug: &String| Country {
            slug: slug.clone(),
            visits: months(&history.visits, slug),
            inbound: months(&history.inbound, slug),
            hosts: months(&history.summits, slug),
        };
        Self { countries: history.countries.iter().map(country).collect() }
    }

    /// The months from [`FIRST`] to `last`, alike ones together; each month knows all before it.
    #[must_use]
    pub fn cells(&self, last: Month) -> Cells {
        let mut cells = Cells::new();
        for (index, country) in self.countries.iter().enumerate() {
            for month in FIRST.to(last) {
                let cell = cells.entry((index, country.features(month, month))).or_default();
                cell.0 += 1;
                cell.1 += u32::from(country.is_visited(month, month));
            }
        }
        cells
    }
}

impl Country {
    /// The covariates of `month` with what had happened before `known` (at most `month`). Summits are on
    /// the published calendar and always known.
    #[must_use]
    pub fn features(&self, month: Month, known: Month) -> Features {
        let visited = since(&self.visits, month, known);
        let inbound = since(&self.inbound, month, known);
        let within = |months: Option<i32>, from: i32, to: i32| {
            months.is_some_and(|months| (from..=to).contains(&months))
        };
        [
            self.is_host(month, month),
            within(visited, 1, 6),
            within(visited, 7, 12),
            within(inbound, 1, 6),
            within(inbound, 7, 12),
        ]
    }

    /// Was it visited in any month of first..=last?
    #[must_use]
    pub fn is_visited(&self, first: Month, last: Month) -> bool {
        any_within(&self.visits, first, last)
    }

    /// Does it host a summit in any month of first..=last?
    #[must_use]
    pub fn is_host(&self, first: Month, last: Month) -> bool {
        any_within(&self.hosts, first, last)
    }
}

fn any_within(months: &[Month], first: Month, last: Month) -> bool {
    let from = months.partition_point(|month| *month < first);
    months.get(from).is_some_and(|month| *month <= last)
}

/// Months from the last event before both `month` and `known` to `month`.
fn since(events: &[Month], month: Month, known: Month) -> Option<i32> {
    let before = events.partition_point(|event| *event < month.min(known));
    let last = before.checked_sub(1).and_then(|last| events.get(last))?;
    Some(month.0 - last.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn japan() -> Country {
        Country {
            slug: "japan".to_owned(),
            visits: vec![Month(10), Month(30)],
            inbound: vec![Month(12)],
            hosts: vec![Month(30)],
        }
    }

    #[test]
    fn recency_is_counted_from_the_last_event_before() {
        let country = japan();
        let at = |month: i32| country.features(Month(month), Month(month));
        assert_eq!(at(10), [false; 5]);
        assert_eq!(at(11), [false, true, false, false, false]);
        assert_eq!(at(13), [false, true, false, true, false]);
        assert_eq!(at(16), [false, true, false, true, false]);
        assert_eq!(at(17), [false, false, true, true, false]);
        assert_eq!(at(22), [false, false, true, false, true]);
        assert_eq!(at(23), [false, false, false, false, true]);
        assert_eq!(at(25), [false; 5]);
        assert_eq!(at(30), [true, false, false, false, false]);
    }

    #[test]
    fn a_forecast_knows_only_what_came_before_its_origin() {
        let country = japan();
        assert_eq!(country.features(Month(31), Month(30)), [false; 5]);
        assert_eq!(country.features(Month(31), Month(31)), [false, true, false, false, false]);
        // The calendar is published.
        assert_eq!(country.features(Month(30), Month(0)), [true, false, false, false, false]);
    }

    #[test]
    fn cells_hold_every_month_once() {
        let panel = Panel { countries: vec![japan(), Country::default()] };
        let cells = panel.cells(Month(59));
        assert_eq!(cells.values().map(|cell| cell.0).sum::<u32>(), 120);
        assert_eq!(cells.values().map(|cell| cell.1).sum::<u32>(), 2);
    }
}
