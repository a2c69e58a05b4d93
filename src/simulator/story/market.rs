//! The story's markets: what is listed, and how each one ends.

use statecraft_domain::fees::{KalshiFeeType, KalshiMember};
use statecraft_domain::{
    FeeSchedule, Listing, MarketStatus, Quantity, Settlement, TickGrid, Timestamp, Venue,
};

use super::calendar::{self, FIRST_DAY, LAST_DAY, instant};
use super::meetings::Month;
use super::news::Place;
use super::path::Path;
use super::{CLOSES_AFTER, SETTLES_AFTER};

/// How a market ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// YES or NO.
    pub yes: bool,
    /// The deciding event; `None` if the time ran out.
    pub decided: Option<Timestamp>,
    /// Trading ends.
    pub closes: Timestamp,
    /// Positions are paid.
    pub settles: Timestamp,
}

impl End {
    /// As the venue says it.
    #[must_use]
    pub const fn settlement(&self) -> Settlement {
        if self.yes { Settlement::Yes } else { Settlement::No }
    }
}

/// One market of a story.
#[derive(Debug, Clone, PartialEq)]
pub struct StoryMarket {
    /// Kalshi ticker.
    pub ticker: String,
    /// Kalshi event ticker.
    pub event: String,
    /// Kalshi series ticker.
    pub series: String,
    /// The question.
    pub title: String,
    /// The YES side in a word or two.
    pub yes_title: String,
    /// The rule, in our own words.
    pub rules: String,
    /// Listed, not yet open.
    pub listed: Timestamp,
    /// Opens.
    pub opens: Timestamp,
    /// Closes if nothing decides it before.
    pub scheduled_close: Timestamp,
    /// How it ends. Not public before it happens.
    pub end: End,
    /// The latent probability. Not public, ever.
    pub path: Path,
}

impl StoryMarket {
    /// The venue's listing, unopened: whole cents, hundredths of a contract, quadratic fees.
    #[must_use]
    pub fn listing(&self) -> Listing {
        const MULTIPLIER_ONE_E6: u32 = 1_000_000;
        Listing {
            venue: Venue::Kalshi,
            ticker: self.ticker.clone(),
            event: self.event.clone(),
            series: self.series.clone(),
            title: self.title.clone(),
            grid: TickGrid::cents(),
            lot: Quantity::from_e6(10_000),
            close: Some(self.scheduled_close),
            fees: FeeSchedule::kalshi(
                KalshiFeeType::Quadratic,
                MULTIPLIER_ONE_E6,
                KalshiMember::Direct,
            ),
            status: MarketStatus::Unopened,
        }
    }
}

fn end(decided: Option<Timestamp>, scheduled_close: Timestamp) -> End {
    let closes = decided.map_or(scheduled_close, |at| (at + CLOSES_AFTER).min(scheduled_close));
    End { yes: decided.is_some(), decided, closes, settles: closes + SETTLES_AFTER }
}

/// A market of the series of countries.
#[must_use]
pub fn country(place: Place, code: &str, visited: Option<Timestamp>, path: Path) -> StoryMarket {
    let close = instant(LAST_DAY);
    let event = "KXTRUMPCOUNTRIES-27JAN01";
    StoryMarket {
        ticker: format!("{event}-{code}"),
        event: event.to_owned(),
        series: "KXTRUMPCOUNTRIES".to_owned(),
        title: format!("Will Trump visit {} before Jan 1, 2027?", place.country),
        yes_title: place.country.to_owned(),
        rules: format!(
            "YES if the President sets foot in {} after this market opens and before 1 January 2027. \
             Flying over it, or waiting in an airport on the way elsewhere, does not count.",
            place.country
        ),
        listed: instant(FIRST_DAY),
        opens: instant(FIRST_DAY),
        scheduled_close: close,
        end: end(visited, close),
        path,
    }
}

/// A market of the monthly series.
#[must_use]
pub fn month(month: Month, met: Option<Timestamp>, mut path: Path) -> StoryMarket {
    const LISTED_BEFORE_DAYS: f64 = 2.0;
    let name = calendar::month_name(month.index);
    let event = format!("KXTRUMPMEETPM-26{}", month.code());
    let close = instant(month.end);
    if let Some(at) = met {
        path.end(at, 1.0);
    }
    StoryMarket {
        ticker: format!("{event}-JAP"),
        event,
        series: "KXTRUMPMEETPM".to_owned(),
        title: format!("Will Trump meet Japan's Prime Minister in person in {name} 2026?"),
        yes_title: name.to_owned(),
        rules: format!(
            "YES if the two are in one room in {name} 2026 (until 15:00 UTC of the following day), \
             after this market opens. Calls and video do not count."
        ),
        listed: instant((month.opens - LISTED_BEFORE_DAYS).max(FIRST_DAY)),
        opens: instant(month.opens),
        scheduled_close: close,
        end: end(met, close),
        path,
    }
}
