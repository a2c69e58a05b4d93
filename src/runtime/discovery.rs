//! Which markets the strategies mean, as the venue lists them.

use std::collections::{BTreeMap, BTreeSet};

use statecraft_domain::fees::KalshiMember;
use statecraft_domain::{Listing, Venue};
use statecraft_engine::Strategy;
use statecraft_engine::config::TickerPattern;

use crate::config::nearest::by_nearness;
use crate::trading::listings::rules_hash;
use crate::venue::kalshi::rest::{KalshiRest, Listed, RestError};

/// Why the markets of the strategies could not be listed.
#[derive(Debug, thiserror::Error)]
pub enum DiscoveryError {
    /// The venue has no such market: the strategy file is wrong.
    #[error(
        "strategy {strategy:?} names the market {ticker:?}, which the venue does not know; {}",
        listed(.known)
    )]
    UnknownMarket {
        /// Whose.
        strategy: String,
        /// Which.
        ticker: String,
        /// Open markets, the nearest name first: of its series if there are any, else of the venue.
        known: Vec<String>,
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
        source: Box<RestError>,
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

/// A market that can be traded.
#[derive(Debug, Clone, PartialEq)]
pub struct Discovered {
    /// As it is listed.
    pub listing: Listing,
    /// [`rules_hash`] of its rules text.
    pub rules: String,
}

impl Discovered {
    /// Of the venue's row.
    ///
    /// # Errors
    /// The ticker, and why it cannot be traded.
    pub fn of(row: Listed) -> Result<Self, (String, String)> {
        let Listed { market, listing } = row;
        match listing {
            Ok(listing) => Ok(Self { listing, rules: rules_hash(&market) }),
            Err(detail) => Err((market.ticker, detail)),
        }
    }
}

/// Names shown at most.
const SHOWN: usize = 8;

fn listed(known: &[String]) -> String {
    if known.is_empty() {
        return "it shows no open market at all".to_owned();
    }
    let more = if known.len() > SHOWN { ", ..." } else { "" };
    let shown: Vec<&str> = known.iter().take(SHOWN).map(String::as_str).collect();
    format!("the nearest names among its open ones: {}{more}", shown.join(", "))
}

/// Open markets by the nearness of their names, for a message alone: what cannot be asked is not shown.
async fn nearest_tickers(rest: &KalshiRest, ticker: &str) -> Vec<String> {
    let series = open_tickers(rest, series_of_ticker(ticker)).await.unwrap_or_default();
    let some = if series.is_empty() { rest.some_open_markets().await } else { Ok(Vec::new()) };
    let others = some.unwrap_or_default().into_iter().map(|market| market.ticker);
    by_nearness(ticker, series.into_iter().chain(others))
}

/// Lists every market that a strategy names and every open market of a series that one names.
///
/// # Errors
/// [`DiscoveryError`] for the first name the venue does not know, or if it cannot be asked.
pub async fn discover(
    rest: &KalshiRest,
    strategies: &[Strategy],
    member: KalshiMember,
) -> Result<Vec<Discovered>, DiscoveryError> {
    // Ticker to the strategy that named it itself; none for a market found through its series.
    let mut wanted: BTreeMap<String, Option<String>> = BTreeMap::new();
    for strategy in strategies {
        for selector in strategy.markets.iter().filter(|market| market.venue == Venue::Kalshi) {
            match &selector.pattern {
                TickerPattern::Exact(ticker) => {
                    wanted.insert(ticker.clone(), Some(strategy.name.clone()));
                }
                TickerPattern::Series(series) => {
                    know_series(rest, &strategy.name, series).await?;
                    for ticker in open_tickers(rest, series).await? {
                        wanted.entry(ticker).or_default();
                    }
                }
                TickerPattern::Glob(pattern) => {
                    let series = series_of_pattern(pattern).ok_or_else(|| {
                        let (strategy, pattern) = (strategy.name.clone(), pattern.clone());
                        DiscoveryError::PatternTooWide { strategy, pattern }
                    })?;
                    know_series(rest, &strategy.name, series).await?;
                    for ticker in open_tickers(rest, series).await? {
                        wanted.entry(ticker).or_default();
                    }
                }
            }
        }
    }
    list(rest, &wanted, member).await
}

/// Lists the open markets of series, for a bot that is running already. Markets whose listing makes
/// no sense are left out, loudly.
///
/// # Errors
/// [`DiscoveryError::Venue`] if the venue cannot be asked.
pub async fn discover_series(
    rest: &KalshiRest,
    series: &BTreeSet<String>,
    known: impl Fn(&str) -> bool,
    member: KalshiMember,
) -> Result<Vec<Discovered>, DiscoveryError> {
    let mut wanted = BTreeMap::new();
    for series in series {
        for ticker in open_tickers(rest, series).await?.into_iter().filter(|t| !known(t)) {
            wanted.insert(ticker, None);
        }
    }
    list(rest, &wanted, member).await
}

async fn open_tickers(rest: &KalshiRest, series: &str) -> Result<Vec<String>, DiscoveryError> {
    let markets = rest
        .markets_of_series(series, Some("open"))
        .await
        .map_err(|source| venue(format!("the markets of {series}"), source))?;
    Ok(markets.into_iter().map(|market| market.ticker).collect())
}

/// An unknown series looks like one without open markets, so the series itself is asked for.
async fn know_series(
    rest: &KalshiRest,
    strategy: &str,
    series: &str,
) -> Result<(), DiscoveryError> {
    match rest.series(series).await {
        Ok(_) => Ok(()),
        Err(RestError::Venue { status: 404, .. }) => {
            let (strategy, series) = (strategy.to_owned(), series.to_owned());
            Err(DiscoveryError::UnknownSeries { strategy, series })
        }
        Err(source) => Err(venue(format!("the series {series}"), source)),
    }
}

async fn list(
    rest: &KalshiRest,
    wanted: &BTreeMap<String, Option<String>>,
    member: KalshiMember,
) -> Result<Vec<Discovered>, DiscoveryError> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let tickers: Vec<String> = wanted.keys().cloned().collect();
    let listed = rest
        .listings(&tickers, member)
        .await
        .map_err(|source| venue("the markets of the strategies".to_owned(), source))?;
    for (ticker, strategy) in wanted {
        let found = listed.iter().any(|listed| listed.market.ticker == *ticker);
        if let (false, Some(strategy)) = (found, strategy) {
            let known = nearest_tickers(rest, ticker).await;
            let (strategy, ticker) = (strategy.clone(), ticker.clone());
            return Err(DiscoveryError::UnknownMarket { strategy, ticker, known });
        }
    }
    let mut listings = Vec::new();
    for listed in listed {
        match Discovered::of(listed) {
            Ok(discovered) => listings.push(discovered),
            Err((ticker, detail)) if wanted.get(&ticker).is_some_and(Option::is_some) => {
                return Err(DiscoveryError::BadListing { ticker, detail });
            }
            Err((ticker, detail)) => tracing::warn!(ticker, detail, "market left out"),
        }
    }
    Ok(listings)
}

fn venue(what: String, source: RestError) -> DiscoveryError {
    DiscoveryError::Venue { what, source: Box::new(source) }
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

/// Kalshi tickers begin with their series.
#[must_use]
pub fn series_of_ticker(ticker: &str) -> &str {
    ticker.split('-').next().unwrap_or(ticker)
}
