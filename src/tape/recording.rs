//! The form that is appended to: a head, then frames. A crash can tear the last frame and nothing else.
//!
//! ```text
//! head   "SCTAPE" version:u16
//! frame  length:u32 crc:u32 payload[length]      crc = CRC-32C(length bytes, payload)
//! ```
//! All numbers are little-endian.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use statecraft_domain::Event;

use super::{BATCH, EventSource, SourceNotes, TapeError, codec};

/// First bytes of a recording.
pub const MAGIC: &[u8; 6] = b"SCTAPE";
/// Version of the frames' payload.
pub const VERSION: u16 = 1;
const HEAD: u64 = 8;
/// Larger than any event that can be written; a longer length is damage, not an event.
const MAX_PAYLOAD: u32 = 64 << 20;
/// More than a crash can tear off: a damaged length field, and the rest may still be there.
const MAX_TORN: u64 = 1 << 20;

/// Appends events to a recording.
#[derive(Debug)]
pub struct TapeWriter {
    path: PathBuf,
    file: BufWriter<File>,
    frame: Vec<u8>,
    events: u64,
}

impl TapeWriter {
    /// A new recording; an existing file is not overwritten.
    ///
    /// # Errors
    /// [`TapeError::Io`] if the file exists or cannot be made.
    pub fn create(path: &Path) -> Result<Self, TapeError> {
        let mut file = File::create_new(path).map_err(|e| TapeError::io(path, e))?;
        file.write_all(MAGIC)
            .and_then(|()| file.write_all(&VERSION.to_le_bytes()))
            .map_err(|e| TapeError::io(path, e))?;
        Ok(Self::over(path, file))
    }

    /// Goes on with a recording: a torn tail is cut off first. Returns the writer and how many bytes
    /// were cut.
    ///
    /// # Errors
    /// [`TapeError`] if the file is no recording or is damaged before its end.
    pub fn resume(path: &Path) -> Result<(Self, u64), TapeError> {
        let mut reader = RecordingReader::open(path)?;
        let mut batch = Vec::new();
        while reader.read(&mut batch)? {
            batch.clear();
        }
        if reader.notes.torn_bytes > MAX_TORN {
            let reason = format!(
                "{} unreadable bytes at the end are more than one torn event: not cut; copy the \
                 file and look at it",
                reader.notes.torn_bytes
            );
            return Err(TapeError::damaged(path, reason));
        }
        let file =
            OpenOptions::new().append(true).open(path).map_err(|e| TapeError::io(path, e))?;
        file.set_len(reader.good_bytes).map_err(|e| TapeError::io(path, e))?;
        Ok((Self::over(path, file), reader.notes.torn_bytes))
    }

    fn over(path: &Path, file: File) -> Self {
        let file = BufWriter::with_capacity(1 << 16, file);
        Self { path: path.to_owned(), file, frame: Vec::with_capacity(256), events: 0 }
    }

    /// Appends one event (buffered: see [`Self::flush`] and [`Self::sync`]).
    ///
    /// # Errors
    /// [`TapeError::Io`].
    pub fn append(&mut self, event: &Event) -> Result<(), TapeError> {
        self.frame.clear();
        self.frame.extend_from_slice(&[0; 8]);
        codec::encode(event, &mut self.frame);
        let length = u32::try_from(self.frame.len() - 8)
            .ok()
            .filter(|&length| length <= MAX_PAYLOAD)
            .ok_or_else(|| TapeError::damaged(&self.path, "an event larger than 64 MiB"))?;
        self.frame[..4].copy_from_slice(&length.to_le_bytes());
        let crc = frame_crc(length, &self.frame[8..]);
        self.frame[4..8].copy_from_slice(&crc.to_le_bytes());
        self.events += 1;
        self.file.write_all(&self.frame).map_err(|e| TapeError::io(&self.path, e))
    }

    /// Hands everything to the operating system.
    ///
    /// # Errors
    /// [`TapeError::Io`].
    pub fn flush(&mut self) -> Result<(), TapeError> {
        self.file.flush().map_err(|e| TapeError::io(&self.path, e))
    }

    /// Makes everything durable.
    ///
    /// # Errors
    /// [`TapeError::Io`].
    pub fn sync(&mut self) -> Result<(), TapeError> {
        self.flush()?;
        self.file.get_ref().sync_data().map_err(|e| TapeError::io(&self.path, e))
    }

    /// How many events this writer has appended.
    #[must_use]
    pub const fn events(&self) -> u64 {
        self.events
    }
}

fn frame_crc(length: u32, payload: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&length.to_le_bytes()), payload)
}

/// Reads a recording. A torn tail ends it and is noted; damage before the end is an error.
#[derive(Debug)]
pub struct RecordingReader {
    path: PathBuf,
    file: BufReader<File>,
    size: u64,
    good_bytes: u64,
    payload: Vec<u8>,
    notes: SourceNotes,
    ended: bool,
}

impl RecordingReader {
    /// Opens a recording.
    ///
    /// # Errors
    /// [`TapeError`] if it cannot be read or is of another version.
    pub fn open(path: &Path) -> Result<Self, TapeError> {
        let file = File::open(path).map_err(|e| TapeError::io(path, e))?;
        let size = file.metadata().map_err(|e| TapeError::io(path, e))?.len();
        let mut file = BufReader::with_capacity(1 << 16, file);
        let mut head = [0; HEAD as usize];
        file.read_exact(&mut head).map_err(|e| TapeError::io(path, e))?;
        if &head[..6] != MAGIC {
            return Err(TapeError::damaged(path, "not a recording"));
        }
        let version = u16::from_le_bytes([head[6], head[7]]);
        if version != VERSION {
            let reason = format!("recording of version {version}; this program reads {VERSION}");
            return Err(TapeError::damaged(path, reason));
        }
        Ok(Self {
            path: path.to_owned(),
            file,
            size,
            good_bytes: HEAD,
            payload: Vec::new(),
            notes: SourceNotes::default(),
            ended: false,
        })
    }

    /// The next event; `None` at the end, torn or not.
    fn next_event(&mut self) -> Result<Option<Event>, TapeError> {
        if self.ended || self.good_bytes == self.size {
            return Ok(None);
        }
        let Some((length, crc)) = self.read_head()? else { return Ok(self.torn()) };
        let end = self.good_bytes + 8 + u64::from(length);
        if end > self.size || length > MAX_PAYLOAD {
            return Ok(self.torn());
        }
        self.payload.resize(length as usize, 0);
        self.file.read_exact(&mut self.payload).map_err(|e| TapeError::io(&self.path, e))?;
        if frame_crc(length, &self.payload) != crc {
            // The last frame may be half written; anything before it was whole once.
            return if end == self.size {
                Ok(self.torn())
            } else {
                Err(self.damage("checksum does not match"))
            };
        }
        let event = codec::decode(&self.payload).map_err(|e| self.damage(&e.to_string()))?;
        self.good_bytes = end;
        self.notes.lines += 1;
        Ok(Some(event))
    }

    fn read_head(&mut self) -> Result<Option<(u32, u32)>, TapeError> {
        if self.size - self.good_bytes < 8 {
            return Ok(None);
        }
        let mut head = [0; 8];
        self.file.read_exact(&mut head).map_err(|e| TapeError::io(&self.path, e))?;
        let [a, b, c, d, e, f, g, h] = head;
        Ok(Some((u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]))))
    }

    fn torn(&mut self) -> Option<Event> {
        self.ended = true;
        self.notes.torn_bytes = self.size - self.good_bytes;
        None
    }

    fn damage(&self, what: &str) -> TapeError {
        let reason = format!("frame {} at byte {}: {what}", self.notes.lines + 1, self.good_bytes);
        TapeError::damaged(&self.path, reason)
    }
}

impl EventSource for RecordingReader {
    fn read(&mut self, out: &mut Vec<Event>) -> Result<bool, TapeError> {
        let start = out.len();
        while out.len() - start < BATCH
            && let Some(event) = self.next_event()?
        {
            out.push(event);
        }
        Ok(out.len() > start)
    }

    fn notes(&self) -> &SourceNotes {
        &self.notes
    }
}
