//! Which markets the strategies mean, as the venue lists them.

use std::collections::{BTreeMap, BTreeSet};

use statecraft_domain::fees::KalshiMember;
use statecraft_domain::{Listing, Venue};
use statecraft_engine::Strategy;
use statecraft_engine::config::TickerPattern;

use crate::config::nearest::by_nearness;
use crate::trading::listings::rules_hash;
use crate::venue::kalshi::rest::{KalshiRest, Listed, RestError, Unlistable};
use crate::venue::kalshi::wire::Market;

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
    /// The venue could not be asked for all of a listing.
    #[error("the venue's listing of {ticker:?} could not be read: {detail}")]
    Unread {
        /// Which market.
        ticker: String,
        /// Why.
        detail: String,
    },
}

impl DiscoveryError {
    /// Is a strategy file wrong, rather than the venue out of reach?
    #[must_use]
    pub const fn is_usage(&self) -> bool {
        !matches!(self, Self::Venue { .. } | Self::Unread { .. })
    }

    /// Does it say nothing of other markets and series?
    const fn is_of_it_alone(&self) -> bool {
        match self {
            Self::UnknownSeries { .. } => true,
            Self::Venue { source, .. } => source.is_of_it_alone(),
            _ => false,
        }
    }
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
    /// The row, and why the market cannot be traded.
    pub fn of(row: Listed) -> Result<Self, (Box<Market>, Unlistable)> {
        let Listed { market, listing } = row;
        match listing {
            Ok(listing) => Ok(Self { listing, rules: rules_hash(&market) }),
            Err(why) => Err((Box::new(market), why)),
        }
    }
}

/// A market that earlier runs knew and that cannot be listed now.
#[derive(Debug, Clone, PartialEq)]
pub struct Unlisted {
    /// Its name.
    pub ticker: String,
    /// As the venue shows it; none if it does not.
    pub shown: Option<Box<Market>>,
    /// Why.
    pub why: String,
}

impl Unlisted {
    /// One that the venue does not show, or not in a form that can be understood.
    #[must_use]
    pub fn not_shown(ticker: String) -> Self {
        let why = "the venue does not show it (any more)".to_owned();
        Self { ticker, shown: None, why }
    }

    /// One that it shows.
    #[must_use]
    pub fn shown(market: Box<Market>, why: &Unlistable) -> Self {
        Self { ticker: market.ticker.clone(), shown: Some(market), why: why.to_string() }
    }
}

/// What the strategies mean, and how much of it there is.
#[derive(Debug, Default)]
pub struct Discovery {
    /// Markets that can be traded.
    pub listed: Vec<Discovered>,
    /// Markets that cannot, although earlier runs knew them.
    pub unlisted: Vec<Unlisted>,
    /// Series whose markets could not be listed although earlier runs knew some, each with the cause.
    pub unread: Vec<(String, String)>,
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

/// Lists every market that a strategy names and every open market of a series that one names. A name
/// that the venue does not know is a typing error, unless it is among the tickers that earlier runs
/// `knew`: such a market must not keep the others from being traded.
///
/// # Errors
/// [`DiscoveryError`] for the first name that neither the venue nor an earlier run knows, or if the venue
/// cannot be asked.
pub async fn discover(
    rest: &KalshiRest,
    strategies: &[Strategy],
    member: KalshiMember,
    knew: &BTreeSet<String>,
) -> Result<Discovery, DiscoveryError> {
    // Ticker to the strategy that named it itself; none for a market found through its series.
    let mut wanted: BTreeMap<String, Option<String>> = BTreeMap::new();
    let mut unread = Vec::new();
    for strategy in strategies {
        for selector in strategy.markets.iter().filter(|market| market.venue == Venue::Kalshi) {
            let series = match &selector.pattern {
                TickerPattern::Exact(ticker) => {
                    wanted.insert(ticker.clone(), Some(strategy.name.clone()));
                    continue;
                }
                TickerPattern::Series(series) => series,
                TickerPattern::Glob(pattern) => series_of_pattern(pattern).ok_or_else(|| {
                    let (strategy, pattern) = (strategy.name.clone(), pattern.clone());
                    DiscoveryError::PatternTooWide { strategy, pattern }
                })?,
            };
            match open_of_strategy(rest, &strategy.name, series).await {
                Ok(tickers) => {
                    for ticker in tickers {
                        wanted.entry(ticker).or_default();
                    }
                }
                Err(error) if error.is_of_it_alone() && knew_series(knew, series) => {
                    unread.push((series.to_owned(), error.to_string()));
                }
                Err(error) => return Err(error),
            }
        }
    }
    Ok(Discovery { unread, ..list(rest, &wanted, member, knew).await? })
}

fn knew_series(knew: &BTreeSet<String>, series: &str) -> bool {
    knew.iter().any(|ticker| series_of_ticker(ticker) == series)
}

async fn open_of_strategy(
    rest: &KalshiRest,
    strategy: &str,
    series: &str,
) -> Result<Vec<String>, DiscoveryError> {
    know_series(rest, strategy, series).await?;
    open_tickers(rest, series).await
}

/// Lists the open markets of series, for a bot that is running already. Markets whose listing makes
/// no sense are left out, loudly, and so is a series that cannot be read.
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
        let open = match open_tickers(rest, series).await {
            Ok(open) => open,
            Err(error) if error.is_of_it_alone() => {
                tracing::warn!(%error, "no new markets of this series");
                continue;
            }
            Err(error) => return Err(error),
        };
        wanted.extend(open.into_iter().filter(|ticker| !known(ticker)).map(|new| (new, None)));
    }
    Ok(list(rest, &wanted, member, &BTreeSet::new()).await?.listed)
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
    knew: &BTreeSet<String>,
) -> Result<Discovery, DiscoveryError> {
    let mut found = Discovery::default();
    if wanted.is_empty() {
        return Ok(found);
    }
    let tickers: Vec<String> = wanted.keys().cloned().collect();
    let listed = rest
        .listings(&tickers, member)
        .await
        .map_err(|source| venue("the markets of the strategies".to_owned(), source))?;
    for (ticker, strategy) in wanted {
        if listed.iter().any(|listed| listed.market.ticker == *ticker) {
            continue;
        }
        if knew.contains(ticker) {
            found.unlisted.push(Unlisted::not_shown(ticker.clone()));
        } else if let Some(strategy) = strategy {
            let known = nearest_tickers(rest, ticker).await;
            let (strategy, ticker) = (strategy.clone(), ticker.clone());
            return Err(DiscoveryError::UnknownMarket { strategy, ticker, known });
        }
    }
    for listed in listed {
        let (market, why) = match Discovered::of(listed) {
            Ok(discovered) => {
                found.listed.push(discovered);
                continue;
            }
            Err(unusable) => unusable,
        };
        let (ticker, detail) = (market.ticker.clone(), why.to_string());
        if knew.contains(&ticker) {
            found.unlisted.push(Unlisted::shown(market, &why));
        } else if wanted.get(&ticker).is_none_or(Option::is_none) {
            tracing::warn!(ticker, detail, "market left out");
        } else if matches!(why, Unlistable::Unread(_)) {
            return Err(DiscoveryError::Unread { ticker, detail });
        } else {
            return Err(DiscoveryError::BadListing { ticker, detail });
        }
    }
    Ok(found)
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
