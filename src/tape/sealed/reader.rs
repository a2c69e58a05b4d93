//! Reads a sealed tape in blocks, only the exact columns, in constant memory. A column that is the
//! same in a whole row group is taken from the group's statistics and not decoded at all.

use std::fs::File;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use parquet::column::reader::{ColumnReaderImpl, get_typed_column_reader};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use parquet::file::statistics::Statistics;
use statecraft_domain::event::{BookChanged, LevelChange, Traded};
use statecraft_domain::{Event, MarketId, Price, Quantity, Side, Timestamp};

use super::{SCHEMA_VERSION, SCHEMA_VERSION_KEY, column, schema};
use crate::tape::row::{Code, Row, SnapshotBuilder, event_of};
use crate::tape::{BATCH, EventSource, SourceNotes, TapeError, codec};

/// One column of the group being read.
struct Column<D: DataType> {
    /// `None`: every row has this value.
    reader: Option<ColumnReaderImpl<D>>,
    constant: D::T,
    values: Vec<D::T>,
    levels: Vec<i16>,
    nullable: bool,
}

impl<D: DataType> Column<D> {
    fn new() -> Self {
        Self {
            reader: None,
            constant: D::T::default(),
            values: Vec::with_capacity(BATCH),
            levels: Vec::new(),
            nullable: false,
        }
    }

    /// Starts a row group: a reader, or the value that every row has.
    fn start(&mut self, reader: Option<ColumnReaderImpl<D>>, constant: D::T) {
        self.reader = reader;
        self.constant = constant;
        self.values.clear();
        self.levels.clear();
    }

    /// Reads up to `rows` rows; how many came is the same in every column of a sound file.
    fn fill(&mut self, rows: usize) -> Result<usize, ParquetError> {
        match &mut self.reader {
            None if self.nullable => Ok(rows),
            None => {
                // What is there already is the same value.
                self.values.resize(rows, self.constant.clone());
                Ok(rows)
            }
            Some(reader) => {
                self.values.clear();
                self.levels.clear();
                let levels = self.nullable.then_some(&mut self.levels);
                Ok(reader.read_records(rows, levels, None, &mut self.values)?.0)
            }
        }
    }
}

/// A column of 64-bit integers, or the one value it has in this group.
fn open_i64(
    column: &mut Column<Int64Type>,
    group: &dyn RowGroupReader,
    index: usize,
) -> Result<(), ParquetError> {
    let constant = match group.metadata().column(index).statistics() {
        Some(Statistics::Int64(stats)) => constant(stats.min_opt(), stats.max_opt()),
        _ => None,
    };
    let reader = match constant {
        Some(_) => None,
        None => Some(get_typed_column_reader(group.get_column_reader(index)?)),
    };
    column.start(reader, constant.unwrap_or_default());
    Ok(())
}

fn open_i32(
    column: &mut Column<Int32Type>,
    group: &dyn RowGroupReader,
    index: usize,
) -> Result<(), ParquetError> {
    let constant = match group.metadata().column(index).statistics() {
        Some(Statistics::Int32(stats)) => constant(stats.min_opt(), stats.max_opt()),
        _ => None,
    };
    let reader = match constant {
        Some(_) => None,
        None => Some(get_typed_column_reader(group.get_column_reader(index)?)),
    };
    column.start(reader, constant.unwrap_or_default());
    Ok(())
}

fn constant<T: PartialEq + Copy>(min: Option<&T>, max: Option<&T>) -> Option<T> {
    match (min, max) {
        (Some(min), Some(max)) if min == max => Some(*min),
        _ => None,
    }
}

/// A nullable column; not opened at all where the group has nothing in it.
fn open_optional<D: DataType>(
    column: &mut Column<D>,
    group: &dyn RowGroupReader,
    index: usize,
) -> Result<(), ParquetError> {
    column.nullable = true;
    let reader = if is_empty(group.metadata(), index) {
        None
    } else {
        Some(get_typed_column_reader(group.get_column_reader(index)?))
    };
    column.start(reader, D::T::default());
    Ok(())
}

fn is_empty(group: &RowGroupMetaData, index: usize) -> bool {
    let rows = u64::try_from(group.num_rows()).unwrap_or(u64::MAX);
    group.column(index).statistics().and_then(Statistics::null_count_opt) == Some(rows)
}

/// Reads a sealed tape.
pub struct SealedReader {
    path: PathBuf,
    file: SerializedFileReader<File>,
    next_group: usize,
    left_in_group: usize,
    at: Column<Int64Type>,
    venue_at: Column<Int64Type>,
    code: Column<Int32Type>,
    market: Column<Int32Type>,
    price: Column<Int64Type>,
    ask: Column<Int64Type>,
    last: Column<Int64Type>,
    size: Column<Int64Type>,
    detail: Column<ByteArrayType>,
    snapshot: Option<SnapshotBuilder>,
    notes: SourceNotes,
}

impl std::fmt::Debug for SealedReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SealedReader").field("path", &self.path).finish_non_exhaustive()
    }
}

impl SealedReader {
    /// Opens a sealed tape and checks that it is one.
    ///
    /// # Errors
    /// [`TapeError`] if it is not, or of another version.
    pub fn open(path: &Path) -> Result<Self, TapeError> {
        let file = File::open(path).map_err(|e| TapeError::io(path, e))?;
        let file = SerializedFileReader::new(file).map_err(|e| TapeError::parquet(path, e))?;
        check_version(path, &file)?;
        check_columns(path, &file)?;
        Ok(Self {
            path: path.to_owned(),
            file,
            next_group: 0,
            left_in_group: 0,
            at: Column::new(),
            venue_at: Column::new(),
            code: Column::new(),
            market: Column::new(),
            price: Column::new(),
            ask: Column::new(),
            last: Column::new(),
            size: Column::new(),
            detail: Column::new(),
            snapshot: None,
            notes: SourceNotes::default(),
        })
    }

    /// How many rows (events and the levels of snapshots) the file has.
    #[must_use]
    pub fn rows(&self) -> i64 {
        self.file.metadata().file_metadata().num_rows()
    }

    fn open_group(&mut self) -> Result<bool, ParquetError> {
        if self.next_group >= self.file.num_row_groups() {
            return Ok(false);
        }
        let group = self.file.get_row_group(self.next_group)?;
        let group = group.as_ref();
        self.next_group += 1;
        self.left_in_group = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
        open_i64(&mut self.at, group, column::TS_RECV)?;
        open_optional(&mut self.venue_at, group, column::TS_EVENT)?;
        open_i32(&mut self.code, group, column::CODE)?;
        open_i32(&mut self.market, group, column::MARKET)?;
        open_i64(&mut self.price, group, column::PRICE)?;
        open_i64(&mut self.ask, group, column::ASK)?;
        open_i64(&mut self.last, group, column::LAST)?;
        open_i64(&mut self.size, group, column::SIZE)?;
        open_optional(&mut self.detail, group, column::DETAIL)?;
        Ok(true)
    }

    /// Decodes the next block of rows into the columns; how many.
    fn fill(&mut self) -> Result<usize, ParquetError> {
        while self.left_in_group == 0 {
            if !self.open_group()? {
                return Ok(0);
            }
        }
        let rows = self.left_in_group.min(BATCH);
        let read = [
            self.at.fill(rows)?,
            self.venue_at.fill(rows)?,
            self.code.fill(rows)?,
            self.market.fill(rows)?,
            self.price.fill(rows)?,
            self.ask.fill(rows)?,
            self.last.fill(rows)?,
            self.size.fill(rows)?,
            self.detail.fill(rows)?,
        ];
        if read.iter().any(|&count| count != rows) {
            return Err(ParquetError::General("columns of different length".to_owned()));
        }
        self.left_in_group -= rows;
        Ok(rows)
    }

    fn emit(&mut self, rows: usize, out: &mut Vec<Event>) -> Result<(), TapeError> {
        let mut venue_times = self.venue_at.values.iter();
        let mut details = self.detail.values.iter();
        let plain_times = self.venue_at.reader.is_none();
        out.reserve(rows);
        for index in 0..rows {
            let at = self.at.values[index];
            let venue_at = if plain_times || self.venue_at.levels[index] == 0 {
                at
            } else {
                venue_times.next().copied().unwrap_or(at)
            };
            let (code, market) = (self.code.values[index], self.market.values[index]);
            let (price, size) = (self.price.values[index], self.size.values[index]);
            if let Some(event) = hot_event(code, at, venue_at, market, price, size) {
                out.push(event);
                continue;
            }
            let (ask, last) = (self.ask.values[index], self.last.values[index]);
            let result = row_of(code, [at, venue_at, size], market, [price, ask, last])
                .and_then(|row| other_row(&mut self.snapshot, &row, &mut details, out));
            if let Err(what) = result {
                return Err(self.damaged(index, &what));
            }
        }
        self.notes.lines += rows as u64;
        Ok(())
    }

    fn damaged(&self, index: usize, what: &str) -> TapeError {
        let row = self.notes.lines + index as u64 + 1;
        TapeError::damaged(&self.path, format!("row {row}: {what}"))
    }
}

/// The event of a row of the two kinds that make up nearly all of a tape; `None` for any other row,
/// and for a price that is none.
#[inline]
fn hot_event(
    code: i32,
    at: i64,
    venue_at: i64,
    market: i32,
    price: i64,
    size: i64,
) -> Option<Event> {
    const BY: RangeInclusive<i32> = Code::BidBy as i32..=Code::AskBy as i32;
    const CHANGED: RangeInclusive<i32> = Code::BidBy as i32..=Code::AskTo as i32;
    const TRADED: RangeInclusive<i32> = Code::Bought as i32..=Code::Sold as i32;
    let price = u16::try_from(price).ok().and_then(Price::from_e4)?;
    let (at, venue_at) = (Timestamp::from_nanos(at), Timestamp::from_nanos(venue_at));
    let (market, quantity) = (MarketId(market.cast_unsigned()), Quantity::from_e6(size));
    // Odd codes are bids, even ones asks.
    let side = if code % 2 == 1 { Side::Bid } else { Side::Ask };
    if CHANGED.contains(&code) {
        let by = BY.contains(&code);
        let change = if by { LevelChange::By(quantity) } else { LevelChange::To(quantity) };
        Some(Event::BookChanged(BookChanged { at, venue_at, market, side, price, change }))
    } else if TRADED.contains(&code) {
        Some(Event::Traded(Traded { at, venue_at, market, taker: side, price, quantity }))
    } else {
        None
    }
}

fn row_of(
    code: i32,
    times_and_size: [i64; 3],
    market: i32,
    prices: [i64; 3],
) -> Result<Row, String> {
    let number = |value: i64| u16::try_from(value).map_err(|_| "a price outside its range");
    let known = u8::try_from(code).ok().and_then(Code::from_u8);
    let [at, venue_at, size] = times_and_size;
    let [price, ask, last] = prices;
    Ok(Row {
        code: known.ok_or_else(|| format!("unknown code {code}: written by a newer version?"))?,
        at,
        venue_at,
        market: market.cast_unsigned(),
        price: number(price)?,
        ask: number(ask)?,
        last: number(last)?,
        size,
    })
}

/// Quotes and ticks, and rows that are JSON or no event by themselves.
fn other_row<'a>(
    pending: &mut Option<SnapshotBuilder>,
    row: &Row,
    details: &mut impl Iterator<Item = &'a ByteArray>,
    out: &mut Vec<Event>,
) -> Result<(), String> {
    match row.code {
        Code::Other => {
            let detail = details.next().ok_or("an empty `detail`")?;
            out.push(codec::from_json(detail.data()).map_err(|e| e.to_string())?);
        }
        Code::Snapshot => *pending = Some(SnapshotBuilder::new(row).map_err(|e| e.to_string())?),
        Code::SnapshotBid | Code::SnapshotAsk => {
            let builder = pending.as_mut().ok_or("a level without its snapshot")?;
            builder.push(row).map_err(|e| e.to_string())?;
        }
        _ => out.push(event_of(row).map_err(|e| e.to_string())?),
    }
    if let Some(builder) = pending.take_if(|builder| builder.is_complete()) {
        out.push(builder.finish());
    }
    Ok(())
}

fn check_version(path: &Path, file: &SerializedFileReader<File>) -> Result<(), TapeError> {
    let metadata = file.metadata().file_metadata().key_value_metadata();
    let version = metadata
        .and_then(|pairs| pairs.iter().find(|pair| pair.key == SCHEMA_VERSION_KEY))
        .and_then(|pair| pair.value.as_deref());
    match version {
        Some(SCHEMA_VERSION) => Ok(()),
        Some(other) => {
            let reason =
                format!("sealed tape of version {other}; this program reads {SCHEMA_VERSION}");
            Err(TapeError::damaged(path, reason))
        }
        None => Err(TapeError::Unrecognised {
            path: path.to_owned(),
            reason: format!("a Parquet file without `{SCHEMA_VERSION_KEY}`: not one of our tapes"),
        }),
    }
}

fn check_columns(path: &Path, file: &SerializedFileReader<File>) -> Result<(), TapeError> {
    let wanted = schema(false).map_err(|e| TapeError::parquet(path, e))?;
    let found = file.metadata().file_metadata().schema_descr().root_schema();
    let same = wanted.get_fields().iter().zip(found.get_fields()).take(column::COUNT).all(
        |(wanted, found)| {
            wanted.name() == found.name()
                && found.is_primitive()
                && wanted.get_physical_type() == found.get_physical_type()
                && wanted.is_optional() == found.is_optional()
        },
    );
    if same && found.get_fields().len() >= column::COUNT {
        return Ok(());
    }
    Err(TapeError::damaged(path, "the columns are not those of a sealed tape"))
}

impl EventSource for SealedReader {
    fn read(&mut self, out: &mut Vec<Event>) -> Result<bool, TapeError> {
        let start = out.len();
        while out.len() == start {
            let rows = self.fill().map_err(|e| TapeError::parquet(&self.path, e))?;
            if rows == 0 {
                if self.snapshot.is_some() {
                    return Err(TapeError::damaged(&self.path, "the last snapshot is not whole"));
                }
                return Ok(false);
            }
            self.emit(rows, out)?;
        }
        Ok(true)
    }

    fn notes(&self) -> &SourceNotes {
        &self.notes
    }
}
