//! A file that grows, and may be replaced or rewritten while it does.

use std::fs::File;
use std::io::{Error, Result};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::intake::Intake;
use super::parse::LINE_BYTES_MAX;

/// Most bytes taken in at one look, so that a huge file cannot fill the memory.
const LOOK_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Bytes remembered of the beginning of a file, and before the place where reading stopped: whoever
/// rewrites a file in place changes one of the two.
const PRINT_BYTES: usize = 1_024;
/// A file that was moved away is read on for so long after it last grew: its writer may not know yet.
const LINGER: Duration = Duration::from_secs(60);
/// Files that were moved away and are still read, at most.
const LINGERING_MAX: usize = 4;

/// A path whose file is read to its end, again and again.
pub(super) struct Tail {
    path: PathBuf,
    /// What the path named, oldest first; the last one is what it names now.
    readers: Vec<Reader>,
}

impl Tail {
    pub(super) const fn new(path: PathBuf) -> Self {
        Self { path, readers: Vec::new() }
    }

    /// Reads what is new and takes every whole line in, as far as the source's limits let it. A file in
    /// the place of another is read from its beginning, after the other was read to its end; one that was
    /// rewritten in place is read from its beginning.
    pub(super) async fn look(&mut self, intake: &Intake) -> Result<()> {
        let found = self.find(intake).await;
        let mut unread = 0;
        let mut at = 0;
        while let Some(reader) = self.readers.get_mut(at) {
            if let Err(error) = reader.read_on(intake).await {
                if at + 1 == self.readers.len() {
                    return Err(error);
                }
                tracing::warn!(source = %intake.name, %error, "what is left of a file that was replaced is lost");
                self.readers.remove(at);
                continue;
            }
            unread += reader.unread;
            // What is newer waits until what was before it has been read.
            if !reader.is_at_end {
                break;
            }
            at += 1;
        }
        self.drop_old(intake);
        intake.waits(self.lines(unread));
        found
    }

    /// Opens what the path names if that is another file than before.
    async fn find(&mut self, intake: &Intake) -> Result<()> {
        let path = self.path.clone();
        let known = self.readers.last().map(|reader| reader.id);
        let Some(reader) = blocking(move || open_other(&path, known)).await? else { return Ok(()) };
        if known.is_some() {
            tracing::info!(
                source = %intake.name,
                path = %self.path.display(),
                "the file was replaced: the one before is read to its end, the new one from its beginning"
            );
        }
        self.readers.push(reader);
        Ok(())
    }

    /// So many bytes in lines, as long as those before them were.
    fn lines(&self, bytes: u64) -> u64 {
        let read: u64 = self.readers.iter().map(|reader| reader.offset).sum();
        let lines: u64 = self.readers.iter().map(|reader| reader.lines).sum();
        bytes.div_ceil(read.checked_div(lines).unwrap_or(1).max(1))
    }

    /// Lets go of what was moved away and grows no more.
    fn drop_old(&mut self, intake: &Intake) {
        let last = self.readers.len().saturating_sub(1);
        let crowd = last.saturating_sub(LINGERING_MAX);
        let mut at = 0;
        self.readers.retain_mut(|reader| {
            let is_old = at < last;
            let is_over = reader.is_at_end && (at < crowd || reader.grown.elapsed() > LINGER);
            at += 1;
            if is_old && is_over {
                reader.finish(intake);
            }
            !(is_old && is_over)
        });
    }
}

/// Work that may wait for a disk.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(Error::other)?
}

/// Opens what the path names, unless that is the file `known`.
fn open_other(path: &Path, known: Option<Id>) -> Result<Option<Reader>> {
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(Error::other(format!("{} is no regular file", path.display())));
    }
    if known == Some(Id::of(&metadata)) {
        return Ok(None);
    }
    let reader = Reader::new(File::open(path)?)?;
    Ok((known != Some(reader.id)).then_some(reader))
}

/// What names a file whatever its path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Id {
    device: u64,
    inode: u64,
}

impl Id {
    fn of(metadata: &std::fs::Metadata) -> Self {
        Self { device: metadata.dev(), inode: metadata.ino() }
    }
}

/// A place in one file.
struct Reader {
    file: Arc<File>,
    id: Id,
    offset: u64,
    lines: u64,
    /// Its first bytes, as they were read.
    head: Vec<u8>,
    /// The last bytes that were read.
    trail: Vec<u8>,
    /// The beginning of a line whose end is not there yet.
    partial: Vec<u8>,
    /// The present line is too long already: drop the rest of it.
    skipping: bool,
    /// Everything there was has been read.
    is_at_end: bool,
    /// Bytes that were there and not read.
    unread: u64,
    /// When something new was read.
    grown: Instant,
}

impl Reader {
    fn new(file: File) -> Result<Self> {
        let id = Id::of(&file.metadata()?);
        Ok(Self {
            file: Arc::new(file),
            id,
            offset: 0,
            lines: 0,
            head: Vec::new(),
            trail: Vec::new(),
            partial: Vec::new(),
            skipping: false,
            is_at_end: false,
            unread: 0,
            grown: Instant::now(),
        })
    }

    /// Takes in what is new.
    async fn read_on(&mut self, intake: &Intake) -> Result<()> {
        let (file, offset) = (Arc::clone(&self.file), self.offset);
        let (head, trail) = (self.head.clone(), self.trail.clone());
        let mut fresh = blocking(move || {
            if is_rewritten(&file, offset, &head, &trail)? {
                return Ok(None);
            }
            read_at(&file, offset, LOOK_BYTES_MAX).map(Some)
        })
        .await?;
        if fresh.is_none() {
            tracing::warn!(
                source = %intake.name,
                "the file was rewritten in place: it is read from its beginning; what was added and \
                 overwritten between two looks is lost, which moving the old file away would not do"
            );
            self.begin_anew();
            let file = Arc::clone(&self.file);
            fresh = blocking(move || read_at(&file, 0, LOOK_BYTES_MAX).map(Some)).await?;
        }
        let fresh = fresh.unwrap_or_default();
        let mut taken = 0;
        for piece in fresh.split_inclusive(|&byte| byte == b'\n') {
            intake.room().await;
            if !self.piece(piece, intake) {
                break;
            }
            taken += piece.len();
        }
        self.passed(fresh.get(..taken).unwrap_or_default());
        self.unread = self.file.metadata()?.len().saturating_sub(self.offset);
        self.is_at_end = taken == fresh.len() && fresh.len() < LOOK_BYTES_MAX;
        Ok(())
    }

    fn begin_anew(&mut self) {
        (self.offset, self.lines, self.skipping) = (0, 0, false);
        self.head.clear();
        self.trail.clear();
        self.partial.clear();
    }

    /// These bytes have been read.
    fn passed(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.grown = Instant::now();
        self.offset += bytes.len() as u64;
        let room = PRINT_BYTES.saturating_sub(self.head.len());
        self.head.extend(bytes.iter().take(room));
        self.trail.extend(bytes.iter().skip(bytes.len().saturating_sub(PRINT_BYTES)));
        self.trail.drain(..self.trail.len().saturating_sub(PRINT_BYTES));
    }

    /// Takes in a line, or a piece of one; false: the source's limits let it wait.
    fn piece(&mut self, piece: &[u8], intake: &Intake) -> bool {
        let (text, ended) = match piece.split_last() {
            Some((b'\n', text)) => (text, true),
            _ => (piece, false),
        };
        let before = (self.partial.len(), self.skipping);
        if !self.skipping {
            self.partial.extend_from_slice(text);
        }
        // One byte over the limit is enough for the parser to say so, whatever else comes.
        if self.partial.len() > LINE_BYTES_MAX {
            self.partial.truncate(LINE_BYTES_MAX + 1);
            self.skipping = true;
        }
        if ended {
            if !intake.line(&self.partial, self.lines + 1) {
                self.partial.truncate(before.0);
                self.skipping = before.1;
                return false;
            }
            self.lines += 1;
            self.partial.clear();
            self.skipping = false;
        }
        true
    }

    /// Nobody will end its last line any more.
    fn finish(&mut self, intake: &Intake) {
        if !self.partial.is_empty() {
            intake.line(&self.partial, self.lines + 1);
        }
    }
}

/// Is what was read, up to `offset`, not there any more?
fn is_rewritten(file: &File, offset: u64, head: &[u8], trail: &[u8]) -> Result<bool> {
    let trail_at = offset.saturating_sub(trail.len() as u64);
    Ok(file.metadata()?.len() < offset
        || read_at(file, 0, head.len())? != head
        || read_at(file, trail_at, trail.len())? != trail)
}

/// What stands there, up to so many bytes.
fn read_at(file: &File, at: u64, limit: usize) -> Result<Vec<u8>> {
    let size = file.metadata()?.len().saturating_sub(at);
    let mut bytes = vec![0; usize::try_from(size).unwrap_or(limit).min(limit)];
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, at + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}
