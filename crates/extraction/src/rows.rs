//! Rows of a file of headlines: what is read, and what is printed for them.

use statecraft_domain::signal::{Assertion, Capital, Citation, DealStage, Direction, SourceClass};

use crate::amount::amounts;
use crate::cluster::{Report, batch};
use crate::lexicon::Lang;
use crate::normalise::normalise;
use crate::read::Extractor;
use crate::{Headline, Reading};

/// A row of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    /// Its id.
    pub id: String,
    /// Language tag.
    pub lang: String,
    /// Class of its source.
    pub class: SourceClass,
    /// The words.
    pub headline: String,
    /// Country slug.
    pub target: String,
}

impl Row {
    /// The row as a headline.
    #[must_use]
    pub fn as_headline(&self) -> Headline<'_> {
        Headline {
            title: &self.headline,
            lang: &self.lang,
            class: self.class,
            target: &self.target,
            published: None,
        }
    }
}

/// Reads all rows of a file, and puts them into stories.
#[must_use]
pub fn classify(extractor: &Extractor, rows: &[Row]) -> Vec<(Reading, Option<String>)> {
    let mut readings: Vec<Reading> =
        rows.iter().map(|row| extractor.read(&row.as_headline())).collect();
    let reports: Vec<(String, Option<Report>)> = rows
        .iter()
        .zip(&readings)
        .map(|(row, reading)| {
            let report = reading.relevant.then(|| {
                Report::new(extractor, &row.headline, &row.lang, &row.target, reading, "", None)
            });
            (row.id.clone(), report)
        })
        .collect();
    let stories = batch(&reports);
    withdraw_replaced(rows, &mut readings);
    readings.into_iter().zip(stories).collect()
}

/// A report whose figure a later report of the same target replaces is withdrawn by it.
fn withdraw_replaced(rows: &[Row], readings: &mut [Reading]) {
    let mut replaced: Vec<usize> = Vec::new();
    for (row, correction) in rows.iter().zip(readings.iter()) {
        let (Assertion::Correction, Some(fresh)) =
            (correction.claim.assertion, &correction.claim.amount)
        else {
            continue;
        };
        let text = normalise(&row.headline);
        let sums = amounts(&text.lower, Lang::from_tag(&row.lang).unwrap_or(Lang::En));
        let old = |units: u64, currency: &str| {
            units != fresh.units
                && sums.iter().any(|sum| sum.units == units && sum.currency == currency)
        };
        for (index, (other_row, other)) in rows.iter().zip(readings.iter()).enumerate() {
            let amount = other
                .claim
                .amount
                .as_ref()
                .is_some_and(|amount| old(amount.units, &amount.currency));
            // "CORRECTED: ..." with the old figure: the label says that it has been replaced.
            let marked = other.claim.assertion == Assertion::Correction;
            if amount && marked && other_row.target == row.target {
                replaced.push(index);
            }
        }
    }
    for index in replaced {
        if let Some(reading) = readings.get_mut(index) {
            reading.claim.assertion = Assertion::Retracted;
            reading.claim.citations.push(Citation {
                field: "assertion".to_owned(),
                rule: "figure_replaced_by_another_report".to_owned(),
                words: String::new(),
            });
        }
    }
}

/// Class of a source by its name in files and flags.
#[must_use]
pub fn class_from_name(name: &str) -> Option<SourceClass> {
    use SourceClass as C;
    Some(match name {
        "desk" => C::Desk,
        "official" => C::Official,
        "wire" => C::Wire,
        "top_tier" => C::TopTier,
        "national" => C::National,
        "trade_press" => C::TradePress,
        "aggregator" => C::Aggregator,
        "local" => C::Local,
        "business" => C::Business,
        "sports" => C::Sports,
        "entertainment" => C::Entertainment,
        "commentary" => C::Commentary,
        "social" => C::Social,
        "satire" => C::Satire,
        _ => return None,
    })
}

/// Name in files.
#[must_use]
pub const fn capital_name(capital: Capital) -> &'static str {
    match capital {
        Capital::Sovereign => "sovereign",
        Capital::Private => "private",
        Capital::Mixed => "mixed",
        Capital::Unknown => "unknown",
        Capital::None => "none",
    }
}

/// Name in files; `na` if no deal is spoken of.
#[must_use]
pub const fn stage_name(stage: Option<DealStage>) -> &'static str {
    match stage {
        None => "na",
        Some(DealStage::Rumoured) => "rumoured",
        Some(DealStage::Proposed) => "proposed",
        Some(DealStage::Negotiated) => "negotiated",
        Some(DealStage::Signed) => "signed",
        Some(DealStage::Construction) => "construction",
        Some(DealStage::Dead) => "dead",
    }
}

/// Name in files.
#[must_use]
pub const fn direction_name(direction: Direction) -> &'static str {
    match direction {
        Direction::Up => "up",
        Direction::Down => "down",
        Direction::Neutral => "neutral",
    }
}

/// Name in files.
#[must_use]
pub const fn assertion_name(assertion: Assertion) -> &'static str {
    match assertion {
        Assertion::Asserted => "asserted",
        Assertion::Confirmed => "confirmed",
        Assertion::Hedged => "hedged",
        Assertion::Conditional => "conditional",
        Assertion::Denied => "denied",
        Assertion::Retracted => "retracted",
        Assertion::Correction => "correction",
        Assertion::Opinion => "opinion",
        Assertion::Satire => "satire",
        Assertion::Injection => "injection",
    }
}

/// Units of a currency for one US dollar, at the fixed test rates of the headline set; `None` if the
/// set fixes no rate.
#[must_use]
pub fn per_dollar(currency: &str) -> Option<f64> {
    Some(match currency {
        "USD" => 1.0,
        "JPY" => 150.0,
        "KRW" => 1_400.0,
        "EUR" => 1.0 / 1.10,
        "GBP" => 1.0 / 1.30,
        "SAR" => 3.75,
        "CNY" => 7.2,
        _ => return None,
    })
}

/// Whole units in billions.
#[must_use]
pub fn billions(units: u64) -> f64 {
    // Headlines round to far fewer digits than the 53 bits of an f64.
    #[expect(clippy::cast_precision_loss, reason = "figures of headlines have a handful of digits")]
    let units = units as f64;
    units / 1e9
}
