//! Which markets a strategy means.

use statecraft_domain::Listing;

use crate::config::{MarketSelector, TickerPattern};

impl MarketSelector {
    /// Does it mean this market?
    #[must_use]
    pub fn matches(&self, listing: &Listing) -> bool {
        self.venue == listing.venue && self.pattern.matches(listing)
    }
}

impl TickerPattern {
    /// Does it name this market?
    #[must_use]
    pub fn matches(&self, listing: &Listing) -> bool {
        match self {
            Self::Exact(ticker) => *ticker == listing.ticker,
            Self::Series(series) => {
                let prefix = listing.ticker.split('-').next();
                *series == listing.series || prefix == Some(series.as_str())
            }
            Self::Glob(pattern) => glob(pattern, &listing.ticker),
        }
    }

    /// Does it name a market of this ticker, as far as the ticker alone tells?
    #[must_use]
    pub fn names(&self, ticker: &str) -> bool {
        match self {
            Self::Exact(own) => own == ticker,
            Self::Series(series) => ticker.split('-').next() == Some(series.as_str()),
            Self::Glob(pattern) => glob(pattern, ticker),
        }
    }
}

/// `*` stands for any text, everything else for itself. Linear in the text per star: the first place
/// at which a piece fits is as good as any later one.
fn glob(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let Some(last) = pieces.next_back() else { return rest.is_empty() };
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        for (pattern, text, expected) in [
            ("*", "anything", true),
            ("KX*-JAP", "KXTRUMPCOUNTRIES-27JAN01-JAP", true),
            ("KX*-JAP", "KXTRUMPCOUNTRIES-27JAN01-CHN", false),
            ("a*b*c", "a1b2bc", true),
            ("a*b*c", "a1c2b", false),
            ("exact", "exact", true),
            ("exact", "exactly", false),
            ("ab*ba", "aba", false),
            ("", "", true),
        ] {
            assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
        }
    }
}
