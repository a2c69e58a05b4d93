//! CSV files with a header, plain or gzip, and mistakes that name file, line and column.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::FitError;
use super::month::Month;

/// A history file is never this large; neither is what a small one unpacks to.
const MAX_BYTES: u64 = 64 << 20;

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Where.
    pub path: PathBuf,
    /// SHA-256 of the file as it lies on disk, hex.
    pub sha256: String,
    /// Rows without the header.
    pub rows: usize,
}

/// A CSV file in memory.
#[derive(Debug)]
pub struct Table {
    path: PathBuf,
    header: Vec<String>,
    rows: Vec<(u64, csv::StringRecord)>,
    sha256: String,
}

/// One row of a [`Table`].
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    table: &'a Table,
    line: u64,
    record: &'a csv::StringRecord,
}

impl Table {
    /// Reads a file; a name that ends in `.gz` is unpacked.
    ///
    /// # Errors
    /// [`FitError`] if it cannot be read, or is no CSV.
    pub fn read(path: &Path) -> Result<Self, FitError> {
        let unreadable = |source| FitError::Unreadable { path: path.to_owned(), source };
        let raw = bounded(std::fs::File::open(path).map_err(unreadable)?).map_err(unreadable)?;
        let sha256 = hex::encode(Sha256::digest(&raw));
        let bytes = if path.extension().is_some_and(|extension| extension == "gz") {
            bounded(flate2::read::MultiGzDecoder::new(raw.as_slice())).map_err(unreadable)?
        } else {
            raw
        };
        Self::parse(path, &bytes, sha256)
    }

    fn parse(path: &Path, bytes: &[u8], sha256: String) -> Result<Self, FitError> {
        let wrong = |error: csv::Error| {
            let line = LineCounter::new(bytes).of(error.position());
            FitError::Csv { path: path.to_owned(), line, message: plain(&error) }
        };
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
        let header = reader.headers().map_err(wrong)?.iter().map(str::to_owned).collect();
        let (mut rows, mut lines) = (Vec::new(), LineCounter::new(bytes));
        for record in reader.records() {
            let record = record.map_err(wrong)?;
            rows.push((lines.of(record.position()), record));
        }
        Ok(Self { path: path.to_owned(), header, rows, sha256 })
    }

    /// The position of a column.
    ///
    /// # Errors
    /// [`FitError::MissingColumn`].
    pub fn column(&self, name: &'static str) -> Result<Column, FitError> {
        let index = self.header.iter().position(|column| column == name).ok_or_else(|| {
            FitError::MissingColumn {
                path: self.path.clone(),
                column: name,
                found: self.header.join(", "),
            }
        })?;
        Ok(Column { name, index })
    }

    /// Every row.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|(line, record)| Row { table: self, line: *line, record })
    }

    /// What was read.
    #[must_use]
    pub fn source(&self) -> Source {
        Source { path: self.path.clone(), sha256: self.sha256.clone(), rows: self.rows.len() }
    }
}

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    name: &'static str,
    index: usize,
}

impl<'a> Row<'a> {
    /// The field in a column.
    #[must_use]
    pub fn text(&self, column: Column) -> &'a str {
        self.record.get(column.index).unwrap_or("")
    }

    /// The mistake of a field that is not what it should be.
    #[must_use]
    pub fn wrong(&self, column: Column, expected: &'static str) -> FitError {
        FitError::Field {
            path: self.table.path.clone(),
            line: self.line,
            column: column.name,
            value: self.text(column).to_owned(),
            expected,
        }
    }

    /// The month of a date.
    ///
    /// # Errors
    /// [`FitError::Field`] unless the field is a date.
    pub fn month(&self, column: Column) -> Result<Month, FitError> {
        let date: Result<jiff::civil::Date, _> = self.text(column).parse();
        let date = date.map_err(|_| self.wrong(column, "a date such as 2017-11-05"))?;
        if !(1700..=2300).contains(&date.year()) {
            return Err(self.wrong(column, "a year from 1700 to 2300"));
        }
        Ok(Month::of(date))
    }

    /// A whole number in a range.
    ///
    /// # Errors
    /// [`FitError::Field`] unless it is.
    pub fn whole(
        &self,
        column: Column,
        range: std::ops::RangeInclusive<i32>,
        expected: &'static str,
    ) -> Result<i32, FitError> {
        let number = self.text(column).parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| self.wrong(column, expected))
    }

    /// The slug of a country.
    ///
    /// # Errors
    /// [`FitError::Field`] unless it is one.
    pub fn country(&self, column: Column) -> Result<&'a str, FitError> {
        let text = self.text(column);
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !text.is_empty() && text.chars().all(fits) {
            return Ok(text);
        }
        Err(self.wrong(column, "a country's slug such as korea-south"))
    }

    /// One of some words.
    ///
    /// # Errors
    /// [`FitError::Field`] unless it is.
    pub fn word(
        &self,
        column: Column,
        words: &[&str],
        expected: &'static str,
    ) -> Result<&'a str, FitError> {
        let text = self.text(column);
        if words.contains(&text) { Ok(text) } else { Err(self.wrong(column, expected)) }
    }
}

/// Counts lines from one, forwards. The reader's own count is that of the end of the record before: one
/// too low after `\r\n`, and lower after empty lines.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LineCounter<'a> {
    bytes: &'a [u8],
    counted: usize,
    line: u64,
}

impl<'a> LineCounter<'a> {
    /// At the beginning of a file.
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, counted: 0, line: 1 }
    }

    /// The line on which a record begins.
    pub(crate) fn of(&mut self, position: Option<&csv::Position>) -> u64 {
        let start = position.and_then(|one| usize::try_from(one.byte()).ok()).unwrap_or(0);
        let rest = self.bytes.get(start..).unwrap_or_default();
        let blank = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let begins = start.saturating_add(blank);
        let passed = self.bytes.get(self.counted..begins).unwrap_or_default();
        self.line += passed.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.counted = self.counted.max(begins);
        self.line
    }
}

fn bounded(reader: impl std::io::Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(std::io::Error::other("it is larger than 64 MiB"));
    }
    Ok(bytes)
}

/// What is wrong, without the position, which is said apart.
fn plain(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "not UTF-8".to_owned(),
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} fields; the header has {expected_len}")
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_an_editor() {
        for text in ["a,b\n1,2\n3,4\n", "a,b\r\n1,2\r\n3,4\r\n"] {
            let table = Table::parse(Path::new("t.csv"), text.as_bytes(), String::new());
            let lines: Vec<u64> = table.expect("table").rows().map(|row| row.line).collect();
            assert_eq!(lines, [2, 3], "{text:?}");
        }
        for text in
            ["a,b\n\n1,2\n\n\"3\n3\",4\n5,6\n", "a,b\r\n\r\n1,2\r\n\r\n\"3\r\n3\",4\r\n5,6\r\n"]
        {
            let table = Table::parse(Path::new("t.csv"), text.as_bytes(), String::new());
            let lines: Vec<u64> = table.expect("table").rows().map(|row| row.line).collect();
            assert_eq!(lines, [3, 5, 7], "{text:?}");
        }
        let short = Table::parse(Path::new("t.csv"), b"a,b\r\n1,2\r\n3\r\n", String::new());
        let message = short.expect_err("too short").to_string();
        assert!(message.starts_with("t.csv:3: "), "{message}");
    }
}
