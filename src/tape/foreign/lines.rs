//! Lines of a text file, plain or zstd.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};

use crate::tape::TapeError;

/// No line of a recording is longer; a file without line ends must not fill the memory.
const MAX_LINE: u64 = 64 << 20;
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];

/// Any readable text.
pub(crate) type Reader = Box<dyn BufRead + Send>;

/// Opens a file; zstd is recognised from its first bytes.
pub(crate) fn open(path: &Path) -> Result<Reader, TapeError> {
    let io = |source| TapeError::io(path, source);
    let mut file = BufReader::with_capacity(1 << 17, File::open(path).map_err(io)?);
    if file.fill_buf().map_err(io)?.starts_with(&ZSTD_MAGIC) {
        let decoder = zstd::Decoder::with_buffer(file).map_err(io)?;
        return Ok(Box::new(BufReader::with_capacity(1 << 17, decoder)));
    }
    Ok(Box::new(file))
}

/// Reads one line without its end. Returns how many bytes were consumed; zero at the end.
pub(crate) fn read_line(reader: &mut Reader, line: &mut Vec<u8>) -> io::Result<u64> {
    let read = reader.by_ref().take(MAX_LINE).read_until(b'\n', line)? as u64;
    if read == MAX_LINE && line.last() != Some(&b'\n') {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a line longer than 64 MiB"));
    }
    while matches!(line.last(), Some(b'\n' | b'\r')) {
        line.pop();
    }
    Ok(read)
}

/// Numbered lines of one file, read into one buffer.
pub(crate) struct Lines {
    pub(crate) path: PathBuf,
    reader: Reader,
    line: Vec<u8>,
    number: u64,
}

impl std::fmt::Debug for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lines").field("path", &self.path).field("number", &self.number).finish()
    }
}

impl Lines {
    pub(crate) fn open(path: &Path) -> Result<Self, TapeError> {
        let reader = open(path)?;
        Ok(Self { path: path.to_owned(), reader, line: Vec::with_capacity(1024), number: 0 })
    }

    /// The next line that is not blank; `false` at the end. See [`Self::line`].
    pub(crate) fn advance(&mut self) -> Result<bool, TapeError> {
        loop {
            self.line.clear();
            let read = read_line(&mut self.reader, &mut self.line)
                .map_err(|source| TapeError::io(&self.path, source))?;
            if read == 0 {
                return Ok(false);
            }
            self.number += 1;
            if !self.line.trim_ascii().is_empty() {
                return Ok(true);
            }
        }
    }

    pub(crate) fn line(&self) -> &[u8] {
        &self.line
    }

    /// The line's buffer, to be lent out and given back.
    pub(crate) const fn line_mut(&mut self) -> &mut Vec<u8> {
        &mut self.line
    }

    /// Number of the current line, from 1.
    pub(crate) const fn number(&self) -> u64 {
        self.number
    }
}
