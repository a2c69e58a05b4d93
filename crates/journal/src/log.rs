//! Is the write-ahead log whole? `SQLite` takes the first frame that does not check for the end of the
//! log, and drops everything behind it without a word: right for a torn tail, and wrong for damage in
//! the middle, where commits behind it were durable. This looks first (I22).
//!
//! The format is that of <https://sqlite.org/fileformat2.html#the_write_ahead_log>: a head of 32 bytes,
//! then frames of a head of 24 bytes and a page, chained by checksums. All numbers are big-endian.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::path::Path;

const HEAD: usize = 32;
const FRAME_HEAD: usize = 24;
/// Magic number of a log whose checksums read words big-endian; the other one is one less.
const MAGIC_BIG: u32 = 0x377f_0683;
const PAGE_SIZES: std::ops::RangeInclusive<usize> = 512..=65_536;

/// What is wrong with the log at `path`, if anything is: damage before the last commit. A missing, empty
/// or torn log is none.
///
/// # Errors
/// Whatever the system says about reading it.
pub(super) fn damage(path: &Path) -> std::io::Result<Option<String>> {
    let mut file = match File::open(path) {
        Ok(file) => BufReader::with_capacity(1 << 16, file),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut head = [0; HEAD];
    if !filled(&mut file, &mut head)? {
        return Ok(None);
    }
    match Chain::from_head(&head) {
        Some(chain) => follow(&mut file, chain),
        None => headless(&mut file),
    }
}

/// A log whose head does not check: everything in it would be dropped.
fn headless(file: &mut impl Read) -> std::io::Result<Option<String>> {
    // The head is on the disk before the first frame. Without frames it was never used.
    let mut frame = vec![0; FRAME_HEAD + 4_096];
    while filled(file, &mut frame)? {
        if word(&frame, 0) != 0 && word(&frame, 4) != 0 {
            return Ok(Some("the head of its write-ahead log does not check".to_owned()));
        }
    }
    Ok(None)
}

fn follow(file: &mut impl Read, mut chain: Chain) -> std::io::Result<Option<String>> {
    let mut frame = vec![0; FRAME_HEAD + chain.page];
    let mut number = 0_u64;
    loop {
        number += 1;
        if !filled(file, &mut frame)? {
            return Ok(None);
        }
        if !chain.accepts(&frame) {
            break;
        }
    }
    // One commit behind a frame that is none itself may be its own: a torn tail. More were durable.
    let mut commits = u32::from(word(&frame, 4) != 0 && chain.half_salted(&frame));
    let mut behind = 0;
    while filled(file, &mut frame)? {
        let commit = chain.salted(&frame) && word(&frame, 4) != 0;
        commits += u32::from(commit);
        behind += u32::from(commit);
    }
    let damaged = behind > 0 && commits > 1;
    Ok(damaged.then(|| {
        format!(
            "frame {number} of its write-ahead log does not check, and {behind} commits lie behind it"
        )
    }))
}

/// Reads exactly one buffer; `false` at a torn or proper end.
fn filled(file: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<bool> {
    match file.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// The running checksum, and what marks the frames of this log.
struct Chain {
    big_endian: bool,
    page: usize,
    salts: (u32, u32),
    sum: (u32, u32),
}

impl Chain {
    fn from_head(head: &[u8; HEAD]) -> Option<Self> {
        let magic = word(head, 0);
        let page = usize::try_from(word(head, 8)).ok()?;
        if magic | 1 != MAGIC_BIG || !PAGE_SIZES.contains(&page) {
            return None;
        }
        let mut chain = Self {
            big_endian: magic & 1 == 1,
            page,
            salts: (word(head, 16), word(head, 20)),
            sum: (0, 0),
        };
        chain.add(head.get(..24)?);
        (chain.sum == (word(head, 24), word(head, 28))).then_some(chain)
    }

    /// Is it of this log, and not a leftover of an earlier one?
    fn salted(&self, frame: &[u8]) -> bool {
        self.salts == (word(frame, 8), word(frame, 12))
    }

    /// [`Self::salted`], if it may be the salt itself that is damaged.
    fn half_salted(&self, frame: &[u8]) -> bool {
        self.salts.0 == word(frame, 8) || self.salts.1 == word(frame, 12)
    }

    /// Does the frame continue the chain? Then it is part of it.
    fn accepts(&mut self, frame: &[u8]) -> bool {
        let before = self.sum;
        let parts = (frame.get(..8), frame.get(FRAME_HEAD..));
        let (Some(head), Some(page)) = parts else { return false };
        self.add(head);
        self.add(page);
        let good = self.salted(frame)
            && word(frame, 0) != 0
            && self.sum == (word(frame, 16), word(frame, 20));
        if !good {
            self.sum = before;
        }
        good
    }

    fn add(&mut self, bytes: &[u8]) {
        let (mut first, mut second) = self.sum;
        for pair in bytes.chunks_exact(8) {
            let read = |at| {
                let value = word(pair, at);
                if self.big_endian { value } else { value.swap_bytes() }
            };
            first = first.wrapping_add(read(0)).wrapping_add(second);
            second = second.wrapping_add(read(4)).wrapping_add(first);
        }
        self.sum = (first, second);
    }
}

/// The big-endian word at this place; zero where there is none.
fn word(bytes: &[u8], at: usize) -> u32 {
    match bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        Some(word) => u32::from_be_bytes(*word),
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: usize = 4_096;
    const SALTS: (u32, u32) = (0x0102_0304, 0x0506_0708);

    fn put(bytes: &mut [u8], at: usize, values: &[u32]) {
        for (place, value) in bytes[at..].chunks_exact_mut(4).zip(values) {
            place.copy_from_slice(&value.to_be_bytes());
        }
    }

    /// A log as `SQLite` writes one: each frame is a page's number, the size of the database if it commits, and salts.
    fn log(frames: &[(u32, u32, (u32, u32))]) -> Vec<u8> {
        let mut head = [0; HEAD];
        put(&mut head, 0, &[MAGIC_BIG]);
        put(&mut head, 8, &[u32::try_from(PAGE).unwrap()]);
        put(&mut head, 16, &[SALTS.0, SALTS.1]);
        let mut chain = Chain { big_endian: true, page: PAGE, salts: SALTS, sum: (0, 0) };
        chain.add(&head[..24]);
        put(&mut head, 24, &[chain.sum.0, chain.sum.1]);
        let mut bytes = head.to_vec();
        for (&(number, commit, salts), fill) in frames.iter().zip(1..) {
            let mut frame = vec![fill; FRAME_HEAD + PAGE];
            put(&mut frame, 0, &[number, commit, salts.0, salts.1]);
            chain.add(&frame[..8]);
            chain.add(&frame[FRAME_HEAD..]);
            put(&mut frame, 16, &[chain.sum.0, chain.sum.1]);
            bytes.extend(frame);
        }
        bytes
    }

    fn said(bytes: &[u8]) -> Option<String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.sqlite-wal");
        std::fs::write(&path, bytes).unwrap();
        damage(&path).unwrap()
    }

    /// The byte in the middle of this frame's page is another one.
    fn turned(mut bytes: Vec<u8>, frame: usize) -> Vec<u8> {
        bytes[HEAD + (frame - 1) * (FRAME_HEAD + PAGE) + FRAME_HEAD + PAGE / 2] ^= 1;
        bytes
    }

    const COMMIT: (u32, u32, (u32, u32)) = (2, 5, SALTS);
    const PART: (u32, u32, (u32, u32)) = (3, 0, SALTS);
    /// Of the log before this one, whose place it took.
    const LEFT_OVER: (u32, u32, (u32, u32)) = (2, 5, (9, 9));

    #[test]
    fn a_whole_torn_or_missing_log_is_sound() {
        let whole = log(&[COMMIT, PART, COMMIT]);
        assert_eq!(said(&whole), None);
        assert_eq!(said(&whole[..whole.len() - 1]), None);
        assert_eq!(said(&whole[..HEAD - 1]), None);
        assert_eq!(said(&[]), None);
        assert_eq!(damage(Path::new("/nowhere/journal.sqlite-wal")).unwrap(), None);
    }

    #[test]
    fn damage_before_a_later_commit_is_told() {
        let told = |frame: u32, behind: u32| {
            Some(format!(
                "frame {frame} of its write-ahead log does not check, and {behind} commits lie behind it"
            ))
        };
        assert_eq!(said(&turned(log(&[COMMIT, COMMIT, COMMIT]), 2)), told(2, 1));
        assert_eq!(said(&turned(log(&[PART, COMMIT, COMMIT]), 1)), told(1, 2));
        // The salt of a commit is damaged in one half.
        let mut salted = log(&[COMMIT, COMMIT]);
        salted[HEAD + 8] ^= 1;
        assert_eq!(said(&salted), told(1, 1));
    }

    /// A page of the last commit that does not check is what a torn write leaves; so is what an earlier log left.
    #[test]
    fn a_torn_last_commit_is_its_end() {
        assert_eq!(said(&turned(log(&[COMMIT, COMMIT]), 2)), None);
        assert_eq!(said(&turned(log(&[COMMIT, PART, COMMIT]), 2)), None);
        assert_eq!(said(&turned(log(&[COMMIT, COMMIT, PART]), 2)), None);
        assert_eq!(said(&log(&[COMMIT, LEFT_OVER, LEFT_OVER, LEFT_OVER])), None);
        // What is left over is no commit of this log, whatever stands behind it.
        assert_eq!(said(&log(&[COMMIT, LEFT_OVER, COMMIT])), None);
    }

    #[test]
    fn a_damaged_head_loses_every_commit_and_is_told() {
        let headless = |frames: &[(u32, u32, (u32, u32))]| {
            let mut bytes = log(frames);
            bytes[20] ^= 1;
            said(&bytes)
        };
        let told = Some("the head of its write-ahead log does not check".to_owned());
        assert_eq!(headless(&[COMMIT]), told);
        assert_eq!(headless(&[PART, COMMIT]), told);
        // Without a commit it was never used.
        assert_eq!(headless(&[]), None);
        assert_eq!(headless(&[PART, (0, 5, SALTS)]), None);
        // A head of another kind, or of pages that no database has, is none, even where its sum is right.
        for (at, value) in [(0, 0x1234_5679), (8, 256)] {
            let mut bytes = log(&[COMMIT]);
            put(&mut bytes, at, &[value]);
            let mut chain = Chain { big_endian: true, page: PAGE, salts: SALTS, sum: (0, 0) };
            chain.add(&bytes[..24]);
            put(&mut bytes, 24, &[chain.sum.0, chain.sum.1]);
            assert_eq!(said(&bytes), told, "{at}");
        }
    }
}
