//! How the recorded markets ended: `market_ticker,result`.

use std::collections::HashMap;
use std::path::Path;

use statecraft_domain::{Price, Settlement};

use super::TapeError;
use super::foreign::lines::Lines;

/// Results by ticker. A market that is not in it, or has an empty result, stays unsettled.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settlements(HashMap<String, Settlement>);

impl Settlements {
    /// Reads a file: header `market_ticker,result`, results `yes`, `no`, `void`, a YES value such as
    /// `0.35`, or nothing for unknown.
    ///
    /// # Errors
    /// [`TapeError`] if it cannot be read, a result is none of these, or a ticker has two results:
    /// money depends on it, so nothing is skipped.
    pub fn read(path: &Path) -> Result<Self, TapeError> {
        let mut lines = Lines::open(path)?;
        let mut results = HashMap::new();
        while lines.advance()? {
            let number = lines.number();
            let fault = |reason: String| TapeError::Settlements {
                path: path.to_owned(),
                line: number,
                reason,
            };
            let text = std::str::from_utf8(lines.line()).map_err(|e| fault(e.to_string()))?;
            let (ticker, result) = text
                .split_once(',')
                .ok_or_else(|| fault("expected `market_ticker,result`".to_owned()))?;
            let (ticker, result) = (ticker.trim(), result.trim());
            if number == 1 && ticker == "market_ticker" {
                continue;
            }
            let Some(settlement) = parse(result).map_err(fault)? else { continue };
            if results.insert(ticker.to_owned(), settlement).is_some_and(|old| old != settlement) {
                return Err(fault(format!("`{ticker}` has two different results")));
            }
        }
        Ok(Self(results))
    }

    /// The result of a market.
    #[must_use]
    pub fn get(&self, ticker: &str) -> Option<Settlement> {
        self.0.get(ticker).copied()
    }

    /// How many markets have a result.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// No result at all?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn parse(result: &str) -> Result<Option<Settlement>, String> {
    Ok(match result {
        "" => None,
        "yes" => Some(Settlement::Yes),
        "no" => Some(Settlement::No),
        "void" => Some(Settlement::Void),
        value => match value.parse::<Price>() {
            Ok(Price::ONE) => Some(Settlement::Yes),
            Ok(Price::ZERO) => Some(Settlement::No),
            Ok(price) => Some(Settlement::Scalar(price)),
            Err(_) => {
                return Err(format!("`{value}` is no result; yes, no, void, 0..1 or empty"));
            }
        },
    })
}
