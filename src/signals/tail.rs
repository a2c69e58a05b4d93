//! A file that grows.

use std::io::SeekFrom;
use std::path::PathBuf;

use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use super::intake::Intake;
use super::parse::LINE_BYTES_MAX;

/// Most bytes taken in at one look, so that a huge file cannot fill the memory.
const LOOK_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A place in a file.
pub(super) struct Tail {
    path: PathBuf,
    offset: u64,
    lines: u64,
    /// The beginning of a line whose end is not there yet.
    partial: Vec<u8>,
    /// The present line is too long already: drop the rest of it.
    skipping: bool,
}

impl Tail {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, offset: 0, lines: 0, partial: Vec::new(), skipping: false }
    }

    /// Reads what is new and takes every whole line in. A file that became shorter was replaced, and is
    /// read from its beginning.
    pub(super) async fn look(&mut self, intake: &Intake) -> std::io::Result<()> {
        let mut file = tokio::fs::File::open(&self.path).await?;
        if file.metadata().await?.len() < self.offset {
            *self = Self::new(std::mem::take(&mut self.path));
        }
        file.seek(SeekFrom::Start(self.offset)).await?;
        let mut fresh = Vec::new();
        let limit = u64::try_from(LOOK_BYTES_MAX).unwrap_or(u64::MAX);
        let read = file.take(limit).read_to_end(&mut fresh).await?;
        self.offset += u64::try_from(read).unwrap_or(0);
        for piece in fresh.split_inclusive(|&byte| byte == b'\n') {
            self.piece(piece, intake);
        }
        Ok(())
    }

    fn piece(&mut self, piece: &[u8], intake: &Intake) {
        let (text, ended) = match piece.split_last() {
            Some((b'\n', text)) => (text, true),
            _ => (piece, false),
        };
        if !self.skipping {
            self.partial.extend_from_slice(text);
        }
        // One byte over the limit is enough for the parser to say so, whatever else comes.
        if self.partial.len() > LINE_BYTES_MAX {
            self.partial.truncate(LINE_BYTES_MAX + 1);
            self.skipping = true;
        }
        if ended {
            self.lines += 1;
            intake.line(&self.partial, self.lines);
            self.partial.clear();
            self.skipping = false;
        }
    }
}
