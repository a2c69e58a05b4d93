//! Writes a sealed tape, a row group at a time, in constant memory.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::ColumnPath;
use statecraft_domain::{Event, Price, Quantity, Side};

use super::{SCHEMA_VERSION, SCHEMA_VERSION_KEY, schema};
use crate::tape::row::{Code, NO_MARKET, Row, flat_row, plain, snapshot_rows};
use crate::tape::{TapeError, codec};

/// Rows in memory before they are written; also the unit of reading.
const ROW_GROUP: usize = 131_072;

/// What a sealed tape holds besides the exact columns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SealOptions {
    /// Add `price` and `size` as floats: convenient in a notebook, about two bytes an event.
    pub floats: bool,
}

/// Writes events into a sealed tape. Call [`SealedWriter::finish`]: without it the file is unreadable.
#[derive(Debug)]
pub struct SealedWriter {
    path: PathBuf,
    partial: PathBuf,
    file: SerializedFileWriter<File>,
    options: SealOptions,
    rows: Vec<Row>,
    /// JSON of the rows with [`Code::Other`] in order, with the tag that goes into `kind`.
    details: Vec<(&'static str, String)>,
    tickers: Vec<ByteArray>,
    events: u64,
}

impl SealedWriter {
    /// Starts a file. It appears under its name only when it is finished.
    ///
    /// # Errors
    /// [`TapeError`] if the file cannot be made.
    pub fn create(path: &Path, options: SealOptions) -> Result<Self, TapeError> {
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        let out = File::create(&partial).map_err(|e| TapeError::io(&partial, e))?;
        let file = properties()
            .and_then(|props| {
                SerializedFileWriter::new(out, schema(options.floats)?, Arc::new(props))
            })
            .map_err(|e| TapeError::parquet(path, e))?;
        Ok(Self {
            path: path.to_owned(),
            partial,
            file,
            options,
            rows: Vec::with_capacity(ROW_GROUP),
            details: Vec::new(),
            tickers: Vec::new(),
            events: 0,
        })
    }

    /// Adds one event.
    ///
    /// # Errors
    /// [`TapeError`] if a row group cannot be written.
    pub fn append(&mut self, event: &Event) -> Result<(), TapeError> {
        if let Event::MarketListed(listed) = event {
            self.name_market(listed.market.index(), &listed.listing.ticker);
        }
        if let Some(row) = flat_row(event) {
            self.rows.push(row);
        } else if let Event::BookSnapshot(snapshot) = event
            && let Some(rows) = snapshot_rows(snapshot)
        {
            self.rows.extend(rows);
        } else {
            let at = event.at().nanos();
            let market = codec::market_of(event).map_or(NO_MARKET, |market| market.0);
            self.rows.push(plain(Code::Other, at, at, market));
            self.details.push((codec::kind(event), codec::to_json(event)));
        }
        self.events += 1;
        if self.rows.len() >= ROW_GROUP { self.flush() } else { Ok(()) }
    }

    fn name_market(&mut self, index: usize, ticker: &str) {
        // Ids are dense in a well-formed stream; a stray one only goes without its name.
        if index > self.tickers.len() + 1_000_000 {
            return;
        }
        if index >= self.tickers.len() {
            self.tickers.resize(index + 1, ByteArray::from(""));
        }
        self.tickers[index] = ByteArray::from(ticker);
    }

    fn flush(&mut self) -> Result<(), TapeError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        self.write_group().map_err(|e| TapeError::parquet(&self.path, e))?;
        self.rows.clear();
        self.details.clear();
        Ok(())
    }

    fn write_group(&mut self) -> Result<(), ParquetError> {
        let (rows, details) = (&self.rows, &self.details);
        let mut group = self.file.next_row_group()?;
        required::<Int64Type>(&mut group, rows.iter().map(|row| row.at))?;
        optional::<Int64Type>(
            &mut group,
            rows.iter().map(|row| (row.venue_at != row.at).then_some(row.venue_at)),
        )?;
        required::<ByteArrayType>(&mut group, kinds(rows, details))?;
        required::<Int32Type>(&mut group, rows.iter().map(|row| i32::from(row.code as u8)))?;
        required::<Int32Type>(&mut group, rows.iter().map(|row| row.market.cast_signed()))?;
        let tickers = &self.tickers;
        optional::<ByteArrayType>(&mut group, rows.iter().map(|row| ticker(tickers, row)))?;
        optional::<ByteArrayType>(&mut group, sides(rows))?;
        required::<Int64Type>(&mut group, rows.iter().map(|row| i64::from(row.price)))?;
        required::<Int64Type>(&mut group, rows.iter().map(|row| i64::from(row.ask)))?;
        required::<Int64Type>(&mut group, rows.iter().map(|row| i64::from(row.last)))?;
        required::<Int64Type>(&mut group, rows.iter().map(|row| row.size))?;
        let mut json = details.iter();
        optional::<ByteArrayType>(
            &mut group,
            rows.iter().map(|row| match row.code {
                Code::Other => json.next().map(|(_, json)| ByteArray::from(json.as_str())),
                _ => None,
            }),
        )?;
        if self.options.floats {
            optional::<DoubleType>(&mut group, rows.iter().map(float_price))?;
            optional::<DoubleType>(&mut group, rows.iter().map(float_size))?;
        }
        group.close()?;
        Ok(())
    }

    /// Writes what is left and gives the file its name. Returns how many events it holds.
    ///
    /// # Errors
    /// [`TapeError`] if it cannot be written.
    pub fn finish(mut self) -> Result<u64, TapeError> {
        self.flush()?;
        let file = self.file.into_inner().map_err(|e| TapeError::parquet(&self.path, e))?;
        file.sync_all().map_err(|e| TapeError::io(&self.partial, e))?;
        std::fs::rename(&self.partial, &self.path).map_err(|e| TapeError::io(&self.path, e))?;
        Ok(self.events)
    }
}

fn properties() -> Result<WriterProperties, ParquetError> {
    let path = |name: &str| ColumnPath::from(name);
    Ok(WriterProperties::builder()
        .set_created_by(concat!("statecraft ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_max_row_group_row_count(None)
        .set_column_dictionary_enabled(path("ts_recv"), false)
        .set_column_encoding(path("ts_recv"), Encoding::DELTA_BINARY_PACKED)
        .set_column_dictionary_enabled(path("ts_event"), false)
        .set_column_encoding(path("ts_event"), Encoding::DELTA_BINARY_PACKED)
        .set_column_dictionary_enabled(path("detail"), false)
        .set_key_value_metadata(Some(vec![KeyValue::new(
            SCHEMA_VERSION_KEY.to_owned(),
            SCHEMA_VERSION.to_owned(),
        )]))
        .build())
}

type Group<'a> = SerializedRowGroupWriter<'a, File>;

fn required<D: DataType>(
    group: &mut Group<'_>,
    values: impl Iterator<Item = D::T>,
) -> Result<(), ParquetError> {
    let values: Vec<D::T> = values.collect();
    write::<D>(group, &values, None)
}

fn optional<D: DataType>(
    group: &mut Group<'_>,
    values: impl Iterator<Item = Option<D::T>>,
) -> Result<(), ParquetError> {
    let mut present = Vec::new();
    let mut levels = Vec::with_capacity(ROW_GROUP);
    for value in values {
        levels.push(i16::from(value.is_some()));
        present.extend(value);
    }
    write::<D>(group, &present, Some(&levels))
}

fn write<D: DataType>(
    group: &mut Group<'_>,
    values: &[D::T],
    levels: Option<&[i16]>,
) -> Result<(), ParquetError> {
    let mut column = group
        .next_column()?
        .ok_or_else(|| ParquetError::General("more columns than the schema has".to_owned()))?;
    column.typed::<D>().write_batch(values, levels, None)?;
    column.close()
}

/// The `kind` of every row: its own word, or the tag of its JSON.
fn kinds(rows: &[Row], details: &[(&'static str, String)]) -> impl Iterator<Item = ByteArray> {
    // One shared allocation a word: a clone only counts a reference.
    let mut words: Vec<(&'static str, ByteArray)> = Vec::new();
    let mut tags = details.iter().map(|(tag, _)| *tag);
    rows.iter().map(move |row| {
        let word = match row.code {
            Code::Other => tags.next().unwrap_or(Code::Other.kind()),
            code => code.kind(),
        };
        match words.iter().find(|(known, _)| *known == word) {
            Some((_, bytes)) => bytes.clone(),
            None => {
                let bytes = ByteArray::from(word);
                words.push((word, bytes.clone()));
                bytes
            }
        }
    })
}

fn sides(rows: &[Row]) -> impl Iterator<Item = Option<ByteArray>> {
    let (bid, ask) = (ByteArray::from("bid"), ByteArray::from("ask"));
    rows.iter().map(move |row| {
        row.code.side().map(|side| match side {
            Side::Bid => bid.clone(),
            Side::Ask => ask.clone(),
        })
    })
}

fn ticker(tickers: &[ByteArray], row: &Row) -> Option<ByteArray> {
    tickers.get(row.market as usize).filter(|ticker| !ticker.is_empty()).cloned()
}

fn float_price(row: &Row) -> Option<f64> {
    row.code.has_price().then(|| Price::from_e4(row.price).map(Price::as_f64)).flatten()
}

fn float_size(row: &Row) -> Option<f64> {
    row.code.side().map(|_| Quantity::from_e6(row.size).as_f64())
}
