//! Which markets the strategies mean, as the venue lists them.

use std::collections::{BTreeMap, BTreeSet};

use statecraft_domain::fees::KalshiMember;
use statecraft_domain::{Listing, Venue};
use statecraft_engine::Strategy;
use statecraft_engine::config::TickerPattern;

use crate::venue::kalshi::rest::{KalshiRest, RestError};
use crate::venue::kalshi::{listing_of, wire};

/// Why the markets of the strategies could not be listed.
#[derive(Debug, thiserror::Error)]
pub enum DiscoveryError {
    /// The venue has no such market: the strategy file is wrong.
    #[error("strategy {strategy:?} names the market {ticker:?}, which the venue does not know")]
    UnknownMarket {
        /// Whose.
        strategy: String,
        /// Which.
        ticker: String,
    },
    /// The venue has no such series.
    #[error("strategy {strategy:?} names the series {series:?}, which the venue does not know")]
    UnknownSeries {
        /// Whose.
        strategy: String,
        /// Which.
        series: String,
    },
    /// A pattern that would mean every market of the venue.
    #[error(
        "strategy {strategy:?} has the pattern {pattern:?}; on a live venue a pattern must begin with \
         the series and a dash, such as \"KXBTC15M-*\""
    )]
    PatternTooWide {
        /// Whose.
        strategy: String,
        /// Which.
        pattern: String,
    },
    /// The venue did not answer, or not in a form we understand.
    #[error("cannot list {what}: {source}")]
    Venue {
        /// What was asked for.
        what: String,
        /// The failure.
        source: RestError,
    },
    /// The venue's listing makes no sense to us.
    #[error("the venue's listing of {ticker:?} cannot be used: {detail}")]
    BadListing {
        /// Which market.
        ticker: String,
        /// Why.
        detail: String,
    },
}

/// Lists every market that a strategy names and every open market of a series that one names.
///
/// # Errors
/// [`DiscoveryError`] for the first name the venue does not know, or if it cannot be asked.
pub async fn discover(
    rest: &KalshiRest,
    strategies: &[Strategy],
    member: KalshiMember,
) -> Result<Vec<Listing>, DiscoveryError> {
    let mut asked = Asked { rest, member, series: BTreeMap::new(), found: BTreeMap::new() };
    for strategy in strategies {
        for selector in strategy.markets.iter().filter(|market| market.venue == Venue::Kalshi) {
            asked.selector(&strategy.name, &selector.pattern).await?;
        }
    }
    Ok(asked.found.into_values().collect())
}

/// The series whose new markets a running bot must watch for.
#[must_use]
pub fn series_of(strategies: &[Strategy]) -> BTreeSet<String> {
    strategies
        .iter()
        .flat_map(|strategy| &strategy.markets)
        .filter(|market| market.venue == Venue::Kalshi)
        .filter_map(|market| match &market.pattern {
            TickerPattern::Exact(_) => None,
            TickerPattern::Series(series) => Some(series.clone()),
            TickerPattern::Glob(pattern) => series_of_pattern(pattern).map(str::to_owned),
        })
        .collect()
}

/// `KXBTC15M` of `KXBTC15M-*`.
fn series_of_pattern(pattern: &str) -> Option<&str> {
    let (series, _) = pattern.split_once('-')?;
    (!series.is_empty() && !series.contains('*')).then_some(series)
}

/// One round of questions; every series is asked for once.
struct Asked<'a> {
    rest: &'a KalshiRest,
    member: KalshiMember,
    series: BTreeMap<String, wire::Series>,
    found: BTreeMap<String, Listing>,
}

impl Asked<'_> {
    async fn selector(
        &mut self,
        strategy: &str,
        pattern: &TickerPattern,
    ) -> Result<(), DiscoveryError> {
        match pattern {
            TickerPattern::Exact(ticker) => self.market(strategy, ticker).await,
            TickerPattern::Series(series) => self.open_markets(strategy, series).await,
            TickerPattern::Glob(pattern) => match series_of_pattern(pattern) {
                Some(series) => self.open_markets(strategy, series).await,
                None => Err(DiscoveryError::PatternTooWide {
                    strategy: strategy.to_owned(),
                    pattern: pattern.clone(),
                }),
            },
        }
    }

    async fn market(&mut self, strategy: &str, ticker: &str) -> Result<(), DiscoveryError> {
        if self.found.contains_key(ticker) {
            return Ok(());
        }
        let market = self.rest.market(ticker).await.map_err(|source| {
            if source.is_not_found() {
                let (strategy, ticker) = (strategy.to_owned(), ticker.to_owned());
                DiscoveryError::UnknownMarket { strategy, ticker }
            } else {
                DiscoveryError::Venue { what: ticker.to_owned(), source }
            }
        })?;
        let series = series_of_ticker(ticker).to_owned();
        self.add(strategy, &series, &market).await
    }

    async fn open_markets(&mut self, strategy: &str, series: &str) -> Result<(), DiscoveryError> {
        let markets = self.rest.open_markets(series).await.map_err(|source| {
            DiscoveryError::Venue { what: format!("the markets of {series}"), source }
        })?;
        // An unknown series looks like one without open markets: ask for the series itself.
        self.know_series(strategy, series).await?;
        for market in &markets {
            self.add(strategy, series, market).await?;
        }
        Ok(())
    }

    async fn add(
        &mut self,
        strategy: &str,
        series: &str,
        market: &wire::Market,
    ) -> Result<(), DiscoveryError> {
        let series = self.know_series(strategy, series).await?;
        let listing = listing_of(market, &series, self.member).map_err(|error| {
            DiscoveryError::BadListing { ticker: market.ticker.clone(), detail: error.to_string() }
        })?;
        self.found.insert(market.ticker.clone(), listing);
        Ok(())
    }

    async fn know_series(
        &mut self,
        strategy: &str,
        series: &str,
    ) -> Result<wire::Series, DiscoveryError> {
        if let Some(known) = self.series.get(series) {
            return Ok(known.clone());
        }
        let answer = self.rest.series(series).await.map_err(|source| {
            if source.is_not_found() {
                let (strategy, series) = (strategy.to_owned(), series.to_owned());
                DiscoveryError::UnknownSeries { strategy, series }
            } else {
                DiscoveryError::Venue { what: format!("the series {series}"), source }
            }
        })?;
        self.series.insert(series.to_owned(), answer.clone());
        Ok(answer)
    }
}

/// Kalshi tickers begin with their series.
fn series_of_ticker(ticker: &str) -> &str {
    ticker.split('-').next().unwrap_or(ticker)
}
