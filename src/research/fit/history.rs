//! Directories of dated records: who visited whom, and where summits were held.
//!
//! Two layouts are known by the names of their files: the compact one of `data/visit-hazard`
//! (`visits.csv`, `inbound.csv`, `summits.csv`, `countries.csv`, any of them) and the fuller record of
//! `data/presidential-trips` (`president_trips.csv`, `foreign_leader_visits_to_us.csv.gz`). Several
//! directories may be given: each adds only what lies after the last row of its kind so far, so that
//! no visit counts twice and no earlier classification is overruled.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::FitError;
use super::csv_table::{Source, Table};
use super::month::Month;

/// A country and a month.
pub type CountryMonth = (String, Month);

/// Everything that is known, in months.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    /// The countries of the panel, in order.
    pub countries: Vec<String>,
    /// Visits of the President that are no mere stops.
    pub visits: BTreeSet<CountryMonth>,
    /// Bilateral visits of a country's leader to the United States.
    pub inbound: BTreeSet<CountryMonth>,
    /// Summits by host.
    pub summits: BTreeSet<CountryMonth>,
    /// Last month with a row of any kind of presidential trip (stops included).
    pub visits_until: Option<Month>,
    /// The same of visits the other way.
    pub inbound_until: Option<Month>,
    /// Files that were read.
    pub sources: Vec<Source>,
    /// What is missing, or was decided, for people.
    pub notes: Vec<String>,
}

/// The panel where no `countries.csv` says otherwise: the one of the reference fit.
const PANEL: [&str; 50] = [
    "argentina",
    "australia",
    "brazil",
    "canada",
    "china",
    "france",
    "germany",
    "india",
    "indonesia",
    "italy",
    "japan",
    "mexico",
    "russia",
    "saudi-arabia",
    "south-africa",
    "korea-south",
    "turkey",
    "united-kingdom",
    "spain",
    "netherlands",
    "belgium",
    "poland",
    "portugal",
    "denmark",
    "norway",
    "greece",
    "switzerland",
    "ireland",
    "israel",
    "egypt",
    "jordan",
    "pakistan",
    "philippines",
    "thailand",
    "singapore",
    "malaysia",
    "vietnam",
    "united-arab-emirates",
    "qatar",
    "kuwait",
    "iraq",
    "ukraine",
    "colombia",
    "chile",
    "peru",
    "panama",
    "finland",
    "austria",
    "nigeria",
    "kenya",
];

/// Rows of one kind in one file.
#[derive(Default)]
struct Records {
    /// Those that count.
    counted: Vec<CountryMonth>,
    /// Last month of any row.
    until: Option<Month>,
}

impl Records {
    fn add(&mut self, country: &str, month: Month, counts: bool) {
        self.until = self.until.max(Some(month));
        if counts {
            self.counted.push((country.to_owned(), month));
        }
    }
}

impl History {
    /// Reads the directories, in the order given.
    ///
    /// # Errors
    /// [`FitError`] for the first mistake.
    pub fn read(paths: &[PathBuf]) -> Result<Self, FitError> {
        let mut history = Self::default();
        for path in paths {
            history.add(path)?;
        }
        if history.countries.is_empty() {
            history.countries = PANEL.map(str::to_owned).to_vec();
            history.notes.push("no countries.csv: the panel is the built-in one of 50".to_owned());
        }
        if history.summits.is_empty() {
            history.notes.push(
                "no summits.csv: host_month is 0 throughout, and the summit calendar, which is nearly all \
                 of the skill, is missing; add a directory that has one"
                    .to_owned(),
            );
        }
        if history.inbound.is_empty() {
            history
                .notes
                .push("no visits of foreign leaders: inbound_* are 0 throughout".to_owned());
        }
        if history.visits.is_empty() {
            return Err(FitError::NoVisits);
        }
        Ok(history)
    }

    fn add(&mut self, dir: &Path) -> Result<(), FitError> {
        // A directory that is not there is that, and not one without files.
        std::fs::read_dir(dir)
            .map_err(|source| FitError::Unreadable { path: dir.to_owned(), source })?;
        let known: [(&str, Reader); 7] = [
            ("countries.csv", Self::countries),
            ("visits.csv", Self::visits),
            ("inbound.csv", Self::inbound),
            ("summits.csv", Self::summits),
            ("president_trips.csv", Self::trips),
            ("foreign_leader_visits_to_us.csv", Self::leaders),
            ("foreign_leader_visits_to_us.csv.gz", Self::leaders),
        ];
        let mut found = false;
        for (name, read) in known {
            let path = dir.join(name);
            if path.is_file() {
                let table = Table::read(&path)?;
                read(self, &table)?;
                self.sources.push(table.source());
                found = true;
            }
        }
        if found { Ok(()) } else { Err(FitError::NotAHistory { path: dir.to_owned() }) }
    }

    fn countries(&mut self, table: &Table) -> Result<(), FitError> {
        let country = table.column("country")?;
        for row in table.rows() {
            let slug = row.country(country)?;
            if self.countries.iter().any(|known| known == slug) {
                return Err(row.wrong(country, "each country once"));
            }
            self.countries.push(slug.to_owned());
        }
        Ok(())
    }

    fn visits(&mut self, table: &Table) -> Result<(), FitError> {
        const KINDS: [&str; 4] = ["bilateral", "summit", "funeral", "stop"];
        let records =
            dated(table, &KINDS, "bilateral, summit, funeral or stop", |kind| kind != "stop")?;
        self.take_visits(records);
        Ok(())
    }

    fn inbound(&mut self, table: &Table) -> Result<(), FitError> {
        const KINDS: [&str; 4] = ["bilateral", "multilateral", "private", "funeral"];
        let expected = "bilateral, multilateral, private or funeral";
        let records = dated(table, &KINDS, expected, |kind| kind == "bilateral")?;
        self.take_inbound(records);
        Ok(())
    }

    fn summits(&mut self, table: &Table) -> Result<(), FitError> {
        let (year, month) = (table.column("year")?, table.column("month")?);
        let country = table.column("country")?;
        for row in table.rows() {
            let year = row.whole(year, 1900..=2300, "a year")?;
            let month = row.whole(month, 1..=12, "a month from 1 to 12")?;
            self.summits.insert((row.country(country)?.to_owned(), Month::new(year, month)));
        }
        Ok(())
    }

    /// The fuller record of presidential trips: visits made as President-elect do not count.
    fn trips(&mut self, table: &Table) -> Result<(), FitError> {
        let (date, country) = (table.column("start_date")?, table.column("country_id")?);
        let (kind, remarks) = (table.column("kind")?, table.column("remarks")?);
        let mut records = Records::default();
        for row in table.rows() {
            let word = row.word(kind, &["visit", "stopover"], "visit or stopover")?;
            let elect = row.text(remarks).contains("President-elect");
            records.add(row.country(country)?, row.month(date)?, word == "visit" && !elect);
        }
        if self.visits_until.is_none() {
            self.notes.push(
                "president_trips.csv calls only technical halts stopovers; the reference also leaves out \
                 visits whose remarks name American troops, so the coefficients differ a little"
                    .to_owned(),
            );
        }
        self.take_visits(records);
        Ok(())
    }

    /// The fuller record of visits to the United States; whether they were bilateral follows from their
    /// description, by rule (the compact record agrees for 99 % of its rows).
    fn leaders(&mut self, table: &Table) -> Result<(), FitError> {
        let (date, country) = (table.column("start_date")?, table.column("country_ids")?);
        let description = table.column("description")?;
        let mut records = Records::default();
        for row in table.rows() {
            let bilateral = is_bilateral(row.text(description));
            records.add(row.country(country)?, row.month(date)?, bilateral);
        }
        self.take_inbound(records);
        Ok(())
    }

    fn take_visits(&mut self, records: Records) {
        merge(&mut self.visits, &mut self.visits_until, records);
    }

    fn take_inbound(&mut self, records: Records) {
        merge(&mut self.inbound, &mut self.inbound_until, records);
    }
}

type Reader = fn(&mut History, &Table) -> Result<(), FitError>;

/// `start_date,country,kind`.
fn dated(
    table: &Table,
    kinds: &[&str],
    expected: &'static str,
    counts: impl Fn(&str) -> bool,
) -> Result<Records, FitError> {
    let (date, country) = (table.column("start_date")?, table.column("country")?);
    let kind = table.column("kind")?;
    let mut records = Records::default();
    for row in table.rows() {
        let word = row.word(kind, kinds, expected)?;
        records.add(row.country(country)?, row.month(date)?, counts(word));
    }
    Ok(records)
}

/// Adds what lies after `until`, and moves `until` on.
fn merge(known: &mut BTreeSet<CountryMonth>, until: &mut Option<Month>, records: Records) {
    let is_new = |month: Month| until.is_none_or(|until| month > until);
    known.extend(records.counted.into_iter().filter(|(_, month)| is_new(*month)));
    *until = (*until).max(records.until);
}

/// Neither private nor on the occasion of a meeting of many.
fn is_bilateral(description: &str) -> bool {
    const MEETINGS: [&str; 13] = [
        "summit",
        "general assembly",
        "conference",
        "nato",
        "g-7",
        "g7",
        "g-8",
        "g8",
        "g-20",
        "g20",
        "apec",
        "council session",
        "funeral",
    ];
    let text = description.to_lowercase();
    !text.starts_with("private") && !MEETINGS.iter().any(|meeting| text.contains(meeting))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_bilateral() {
        for yes in ["Official Visit.", "Working visit. Met with President Bush at Camp David, MD."]
        {
            assert!(is_bilateral(yes), "{yes}");
        }
        for no in [
            "Private visit.",
            "Attended the G-20 Economic Summit Meeting.",
            "At the UN General Assembly.",
        ] {
            assert!(!is_bilateral(no), "{no}");
        }
    }

    #[test]
    fn a_later_record_adds_only_what_is_new() {
        let (mut known, mut until) = (BTreeSet::new(), None);
        let records = |months: &[i32], until| Records {
            counted: months.iter().map(|&m| ("japan".to_owned(), Month(m))).collect(),
            until: Some(Month(until)),
        };
        merge(&mut known, &mut until, records(&[1, 5], 8));
        merge(&mut known, &mut until, records(&[3, 8, 9], 9));
        let months: Vec<i32> = known.iter().map(|(_, month)| month.0).collect();
        assert_eq!(months, [1, 5, 9]);
        assert_eq!(until, Some(Month(9)));
    }
}
