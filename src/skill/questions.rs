//! The same scores over published questions with their daily prices: how good a market's price is as a
//! forecast, and what undoing its favourite-longshot bias would have gained (model.md 4.1).

use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use statecraft_statistics::score::Forecast as Call;
use statecraft_statistics::special::{expit, logit};

use super::score::{Bin, Comparison, Scored, compare, reliability_by_tenths};

/// No published table is larger, unpacked.
const MAX_BYTES: u64 = 1 << 30;
/// Days before the resolution at which prices are taken, and how many more days are looked back.
const HORIZONS: [(i32, i32); 3] = [(30, 14), (7, 7), (1, 4)];
/// A certain price has no log-odds: the final clamp of model.md.
const CLAMP: f64 = 1e-4;

/// Why questions cannot be scored.
#[derive(Debug, thiserror::Error)]
pub enum QuestionsError {
    /// A file cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A row is not what it should be.
    #[error("{}: {what}", path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        what: String,
    },
}

#[derive(Debug, Deserialize)]
struct QuestionRow {
    source: String,
    question_id: String,
    resolution_date: String,
    outcome: String,
    #[serde(default)]
    p_t30: Option<f64>,
    #[serde(default)]
    p_t7: Option<f64>,
    #[serde(default)]
    p_t1: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct PriceRow {
    source: String,
    question_id: String,
    date: String,
    price: f64,
}

/// Scores of one horizon.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Horizon {
    /// Days before the resolution.
    pub days: i32,
    /// `all`, or a source of questions.
    pub source: String,
    /// `market` is the price as it stands, `decided` the debiased price.
    pub comparison: Comparison,
    /// Calibration of the price.
    pub reliability_price: Vec<Bin>,
    /// Calibration of the debiased price.
    pub reliability_debiased: Vec<Bin>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QuestionsReport {
    /// Version of this object.
    pub schema_version: u32,
    /// Questions in the file.
    pub questions: usize,
    /// Of these, resolved yes or no.
    pub resolved: usize,
    /// Debias intercept and slope.
    pub debias: (f64, f64),
    /// Level of the intervals.
    pub level: f64,
    /// Rows of the file whose own price of a horizon is not the one found in the history.
    pub disagreements: usize,
    /// Every horizon, over all sources first.
    pub horizons: Vec<Horizon>,
}

/// Scores the resolved questions of `questions` at the prices of `history`.
///
/// # Errors
/// [`QuestionsError`] if a file cannot be read.
pub fn score_questions(
    questions: &Path,
    history: &Path,
    debias: (f64, f64),
    level: f64,
) -> Result<QuestionsReport, QuestionsError> {
    let needed = ["source", "question_id", "resolution_date", "outcome"];
    let rows: Vec<QuestionRow> = read(questions, &needed)?;
    let prices = price_paths(history)?;
    let mut horizons = Vec::new();
    let mut disagreements = 0;
    for (days, back) in HORIZONS {
        let mut groups: BTreeMap<String, Vec<Scored>> = BTreeMap::new();
        for row in &rows {
            let Some(outcome) = row.outcome() else { continue };
            let key = (row.source.clone(), row.question_id.clone());
            let end = day(questions, &row.resolution_date)?;
            let found = prices.get(&key).and_then(|path| last_before(path, end - days, back));
            disagreements += usize::from(
                row.stated(days)
                    .is_some_and(|stated| found.is_none_or(|price| (price - stated).abs() > 1e-9)),
            );
            let Some(price) = found else { continue };
            let scored = scored(row, price, outcome, debias);
            // A space sorts before every source's name.
            groups.entry(" all".to_owned()).or_default().push(scored.clone());
            groups.entry(row.source.clone()).or_default().push(scored);
        }
        horizons.extend(
            groups.iter().filter_map(|(source, rows)| horizon(days, source.trim(), rows, level)),
        );
    }
    Ok(QuestionsReport {
        schema_version: 1,
        questions: rows.len(),
        resolved: rows.iter().filter(|row| row.outcome().is_some()).count(),
        debias,
        level,
        disagreements,
        horizons,
    })
}

impl QuestionRow {
    fn outcome(&self) -> Option<bool> {
        match self.outcome.as_str() {
            "1" | "1.0" => Some(true),
            "0" | "0.0" => Some(false),
            _ => None,
        }
    }

    /// The file's own price of a horizon.
    const fn stated(&self, days: i32) -> Option<f64> {
        match days {
            30 => self.p_t30,
            7 => self.p_t7,
            1 => self.p_t1,
            _ => None,
        }
    }
}

fn scored(row: &QuestionRow, price: f64, outcome: bool, (a, b): (f64, f64)) -> Scored {
    let inside = price.clamp(CLAMP, 1.0 - CLAMP);
    let debiased = logit(inside).map_or(price, |log_odds| expit(a + b * log_odds));
    Scored {
        fact: format!("{}/{}", row.source, row.question_id),
        outcome,
        model: debiased,
        decided: debiased,
        market: price,
        executable: price,
        windowed: false,
        sources: std::collections::BTreeSet::new(),
    }
}

fn horizon(days: i32, source: &str, rows: &[Scored], level: f64) -> Option<Horizon> {
    let calls = |of: fn(&Scored) -> f64| -> Vec<Call> {
        rows.iter().map(|row| Call { probability: of(row), outcome: row.outcome }).collect()
    };
    Some(Horizon {
        days,
        source: source.to_owned(),
        comparison: compare(rows.iter(), level)?,
        reliability_price: reliability_by_tenths(&calls(|row| row.market)),
        reliability_debiased: reliability_by_tenths(&calls(|row| row.decided)),
    })
}

type Paths = HashMap<(String, String), Vec<(i32, f64)>>;

fn price_paths(path: &Path) -> Result<Paths, QuestionsError> {
    let mut paths: Paths = HashMap::new();
    for row in read::<PriceRow>(path, &["source", "question_id", "date", "price"])? {
        if !(0.0..=1.0).contains(&row.price) {
            return Err(malformed(path, format!("price {} of {}", row.price, row.question_id)));
        }
        let at = day(path, &row.date)?;
        paths.entry((row.source, row.question_id)).or_default().push((at, row.price));
    }
    for prices in paths.values_mut() {
        prices.sort_by_key(|&(at, _)| at);
    }
    Ok(paths)
}

/// The last price on or before a day, at most `back` days before it.
fn last_before(path: &[(i32, f64)], at: i32, back: i32) -> Option<f64> {
    let until = path.partition_point(|&(day, _)| day <= at);
    let &(day, price) = path.get(until.checked_sub(1)?)?;
    (day >= at - back).then_some(price)
}

/// Days since 1970.
fn day(path: &Path, text: &str) -> Result<i32, QuestionsError> {
    let date: jiff::civil::Date =
        text.parse().map_err(|error| malformed(path, format!("date {text:?}: {error}")))?;
    let epoch = jiff::civil::date(1970, 1, 1);
    let days = date.since(epoch).map(|span| span.get_days());
    days.map_err(|error| malformed(path, format!("date {text:?}: {error}")))
}

/// Every row. A file that is no such table at all (another file, a broken archive) is no empty table.
fn read<T: for<'de> Deserialize<'de>>(
    path: &Path,
    needed: &[&str],
) -> Result<Vec<T>, QuestionsError> {
    let mut reader = csv::Reader::from_reader(open(path)?);
    let headers = reader.headers().map_err(|error| malformed(path, error.to_string()))?;
    if let Some(missing) = needed.iter().find(|name| !headers.iter().any(|one| one == **name)) {
        let needed = needed.join(", ");
        let what = format!(
            "line 1: there is no column `{missing}`; a CSV file (plain or gzip) with the columns {needed} \
             is wanted"
        );
        return Err(malformed(path, what));
    }
    let mut rows = Vec::new();
    for row in reader.deserialize() {
        rows.push(row.map_err(|error| malformed(path, error.to_string()))?);
    }
    if rows.is_empty() {
        return Err(malformed(path, "there is no row below the header".to_owned()));
    }
    Ok(rows)
}

fn malformed(path: &Path, what: String) -> QuestionsError {
    QuestionsError::Malformed { path: path.to_owned(), what }
}

/// A CSV file, plain or gzip, recognised from its first bytes.
fn open(path: &Path) -> Result<Box<dyn Read>, QuestionsError> {
    use std::io::BufRead as _;
    let io = |source| QuestionsError::Io { path: path.to_owned(), source };
    let mut file = std::io::BufReader::new(std::fs::File::open(path).map_err(io)?);
    let packed = file.fill_buf().map_err(io)?.starts_with(&[0x1f, 0x8b]);
    if packed {
        return Ok(Box::new(flate2::bufread::MultiGzDecoder::new(file).take(MAX_BYTES)));
    }
    Ok(Box::new(file.take(MAX_BYTES)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_table_is_an_error_not_an_empty_table() {
        let dir = tempfile::tempdir().expect("directory");
        let path = dir.path().join("random.csv.gz");
        let bytes: Vec<u8> = (0..2_000_u32).map(|n| (n * 7_919 % 251) as u8 | 0x80).collect();
        let nothing = b"source,question_id,resolution_date,outcome\n";
        for content in [bytes.as_slice(), b"a,b\n1,2\n", nothing, b""] {
            std::fs::write(&path, content).expect("written");
            let found = score_questions(&path, &path, (0.0, 1.0), 0.9);
            assert!(matches!(found, Err(QuestionsError::Malformed { .. })), "{found:?}");
        }
    }

    #[test]
    fn the_last_price_is_looked_for_only_so_far_back() {
        let path = [(10, 0.1), (20, 0.2), (30, 0.3)];
        assert_eq!(last_before(&path, 20, 0), Some(0.2));
        assert_eq!(last_before(&path, 29, 9), Some(0.2));
        assert_eq!(last_before(&path, 29, 8), None);
        assert_eq!(last_before(&path, 9, 100), None);
    }
}
