//! The files of a backtest: `fills.csv`, `equity.csv` and `predictions.csv` as it runs, then
//! `summary.json` and `report.html`.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use statecraft_domain::action::Prediction;
use statecraft_domain::{Fill, Liquidity, Side, Timestamp, Usd};

use super::equity::Point;
use super::summary::{Summary, time_text};

/// A file that cannot be written or read back.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", path.display())]
pub struct OutputError {
    /// Which file.
    pub path: PathBuf,
    /// What the operating system said.
    pub source: io::Error,
}

struct Table {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Table {
    fn create(dir: &Path, name: &str, header: &str) -> Result<Self, OutputError> {
        let path = dir.join(name);
        let open = || -> io::Result<BufWriter<File>> {
            let mut file = BufWriter::with_capacity(1 << 16, File::create(&path)?);
            writeln!(file, "{header}")?;
            Ok(file)
        };
        match open() {
            Ok(file) => Ok(Self { path, file }),
            Err(source) => Err(OutputError { path, source }),
        }
    }

    fn row(&mut self, line: std::fmt::Arguments<'_>) -> Result<(), OutputError> {
        writeln!(self.file, "{line}").map_err(|source| self.fault(source))
    }

    fn finish(mut self) -> Result<(), OutputError> {
        self.file.flush().map_err(|source| self.fault(source))
    }

    fn fault(&self, source: io::Error) -> OutputError {
        OutputError { path: self.path.clone(), source }
    }
}

/// The three tables of a running backtest.
pub struct Outputs {
    dir: PathBuf,
    fills: Table,
    equity: Table,
    predictions: Table,
}

impl std::fmt::Debug for Outputs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outputs").field("dir", &self.dir).finish_non_exhaustive()
    }
}

impl Outputs {
    /// Makes the directory and starts the tables.
    ///
    /// # Errors
    /// [`OutputError`].
    pub fn create(dir: &Path) -> Result<Self, OutputError> {
        std::fs::create_dir_all(dir)
            .map_err(|source| OutputError { path: dir.to_owned(), source })?;
        Ok(Self {
            dir: dir.to_owned(),
            fills: Table::create(
                dir,
                "fills.csv",
                "ts,market,strategy,side,price,quantity,liquidity,fee,order,trade",
            )?,
            equity: Table::create(dir, "equity.csv", "ts,cash,equity,drawdown,gross_contracts")?,
            predictions: Table::create(
                dir,
                "predictions.csv",
                "ts,market,strategy,model,sd_logit,blended,market_price,bid,ask",
            )?,
        })
    }

    /// One execution.
    ///
    /// # Errors
    /// [`OutputError`].
    pub fn fill(
        &mut self,
        at: Timestamp,
        market: &str,
        strategy: &str,
        fill: &Fill,
    ) -> Result<(), OutputError> {
        let side = if fill.side == Side::Bid { "bid" } else { "ask" };
        let liquidity = if fill.liquidity == Liquidity::Taker { "taker" } else { "maker" };
        self.fills.row(format_args!(
            "{},{},{},{side},{},{},{liquidity},{},{},{}",
            time_text(at),
            field(market),
            field(strategy),
            fill.price,
            fill.quantity,
            fill.fee,
            fill.order,
            field(fill.trade.as_str())
        ))
    }

    /// One prediction.
    ///
    /// # Errors
    /// [`OutputError`].
    pub fn prediction(
        &mut self,
        market: &str,
        strategy: &str,
        p: &Prediction,
    ) -> Result<(), OutputError> {
        self.predictions.row(format_args!(
            "{},{},{},{},{},{},{},{},{}",
            time_text(p.at),
            field(market),
            field(strategy),
            p.model,
            p.sd_logit,
            p.blended,
            p.market_price,
            p.bid,
            p.ask
        ))
    }

    /// What a model without a market says: a row without market and prices.
    ///
    /// # Errors
    /// [`OutputError`].
    pub fn model(
        &mut self,
        at: Timestamp,
        strategy: &str,
        p: f64,
        sd_logit: f64,
    ) -> Result<(), OutputError> {
        let (at, strategy) = (time_text(at), field(strategy));
        self.predictions.row(format_args!("{at},,{strategy},{p},{sd_logit},,,,"))
    }

    /// One point of the equity curve.
    ///
    /// # Errors
    /// [`OutputError`].
    pub fn equity(&mut self, point: &Point, drawdown: Usd) -> Result<(), OutputError> {
        self.equity.row(format_args!(
            "{},{},{},{},{}",
            time_text(point.at),
            point.cash,
            point.equity,
            drawdown,
            point.gross
        ))
    }

    /// Completes the tables and writes summary and report.
    ///
    /// # Errors
    /// [`OutputError`].
    pub fn finish(self, summary: &Summary, report: &str) -> Result<(), OutputError> {
        self.fills.finish()?;
        self.equity.finish()?;
        self.predictions.finish()?;
        let json = serde_json::to_string_pretty(summary).map_err(|error| OutputError {
            path: self.dir.join("summary.json"),
            source: io::Error::other(error),
        })?;
        write(&self.dir.join("summary.json"), &(json + "\n"))?;
        write(&self.dir.join("report.html"), report)
    }
}

/// Writes a whole file.
///
/// # Errors
/// [`OutputError`].
pub fn write(path: &Path, text: &str) -> Result<(), OutputError> {
    std::fs::write(path, text).map_err(|source| OutputError { path: path.to_owned(), source })
}

/// A CSV field: quoted where it must be, and never one that a spreadsheet would run.
fn field(text: &str) -> std::borrow::Cow<'_, str> {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if !formula && !text.contains([',', '"', '\n', '\r']) {
        return text.into();
    }
    let guard = if formula { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\"")).into()
}

#[cfg(test)]
mod tests {
    use super::field;

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        for (text, wanted) in [
            ("KXBTC15M-26MAY", "KXBTC15M-26MAY"),
            ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("=cmd()", "\"'=cmd()\""),
        ] {
            assert_eq!(field(text), wanted);
        }
    }
}
