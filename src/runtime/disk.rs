//! How much room the journal's disk has (F50). A task of its own looks, so that a disk that hangs cannot hang
//! the loop; the loop obeys. Below `run.min_free_bytes` the bot only reduces and records nothing, below the
//! floor it halts. A reserve file is given back to the disk there, so that the halt and the cancels can still be
//! journaled.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use statecraft_domain::event::{Mode, ModeChanged};
use statecraft_domain::{Event, StrategyId};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::hold::Hold;
use super::input::Input;
use super::trading::Trading;
use crate::config::{MIN_FREE_LEAST, Settings};
use crate::journal::JournalClosed;
use crate::trading::gate::Bar;
use crate::trading::reconciler::Wall;

/// How often it is looked at while there is room,
const LOOK: Duration = Duration::from_secs(10);
/// and while there is little.
const LOOK_LOW: Duration = Duration::from_secs(1);
/// No look for so long, and nobody knows how much room there is.
const SILENT: Duration = Duration::from_secs(60);
/// Name of the reserve in the state directory.
pub const RESERVE_FILE: &str = "disk.reserve";
/// Its size.
const RESERVE_BYTES: u64 = 16 << 20;
/// With less than this beside the reserve nothing is sent any more.
const FLOOR_BYTES: u64 = 16 << 20;
const MIB: u64 = 1 << 20;

/// How much room there is, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Enough.
    Ample,
    /// Less than `run.min_free_bytes`: nothing is opened.
    Low,
    /// Nearly none: nothing is sent.
    Floor,
}

impl Level {
    const fn name(self) -> &'static str {
        match self {
            Self::Ample => "ample",
            Self::Low => "low",
            Self::Floor => "floor",
        }
    }

    /// After a look that found so much `room`. The way back needs a little more than the way down, so that a
    /// disk at a limit does not go to and fro.
    const fn next(self, room: u64, min: u64) -> Self {
        if room < FLOOR_BYTES + RESERVE_BYTES {
            return Self::Floor;
        }
        if room >= min.saturating_add(min / 10) {
            return Self::Ample;
        }
        match self {
            Self::Floor if room < MIN_FREE_LEAST => Self::Floor,
            Self::Ample if room >= min => Self::Ample,
            Self::Floor | Self::Low | Self::Ample => Self::Low,
        }
    }
}

/// What a look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// How it is.
    pub level: Level,
    /// Bytes for the journal, the reserve included; `None`: nobody could say.
    room: Option<u64>,
    min: u64,
    /// The same in words.
    told: String,
    /// When the loop heard of it.
    heard: Wall,
}

impl Look {
    /// For `status`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "level": self.level.name(),
            "free_bytes": self.room,
            "min_free_bytes": self.min,
            "text": self.told,
        })
    }
}

/// Looks at a disk, and keeps the reserve on it.
#[derive(Debug)]
pub struct Disk {
    dir: PathBuf,
    min: u64,
    level: Level,
    /// The reserve is made as soon as there is room for it; once, since it may not be possible.
    wants_reserve: bool,
}

impl Disk {
    /// The disk of the state directory; `None` if nobody wants it watched.
    #[must_use]
    pub fn of(settings: &Settings) -> Option<Self> {
        let (dir, min) = (settings.state_dir.clone(), settings.min_free_bytes);
        (min > 0).then_some(Self { dir, min, level: Level::Ample, wants_reserve: true })
    }

    /// Looks once, and gives the reserve back or makes it. Waits for the disk.
    pub fn look(&mut self) -> Look {
        let (room, told) = match self.measure() {
            Ok(room) => {
                self.level = self.level.next(room, self.min);
                (Some(room), format!("{} free for {}", mib(room), self.dir.display()))
            }
            Err(error) => return self.unknown(&error),
        };
        Look { level: self.level, room, min: self.min, told, heard: Wall::ZERO }
    }

    /// Who cannot look opens nothing; the next look judges from what the last one found.
    fn unknown(&self, why: &dyn std::fmt::Display) -> Look {
        let told = format!("the room on the disk of {} is unknown: {why}", self.dir.display());
        let level = self.level.max(Level::Low);
        Look { level, room: None, min: self.min, told, heard: Wall::ZERO }
    }

    /// Free bytes and the reserve's.
    fn measure(&mut self) -> io::Result<u64> {
        let file = self.dir.join(RESERVE_FILE);
        let (free, reserve) = (free_bytes(&self.dir)?, occupied(&file));
        let room = free.saturating_add(reserve);
        if room < FLOOR_BYTES + RESERVE_BYTES {
            self.wants_reserve = true;
            // A reserve that stays is no room less than there was.
            if reserve > 0
                && let Err(error) = fs::remove_file(&file)
            {
                tracing::error!(%error, "the reserve on the disk cannot be given back");
            }
        } else if reserve == 0 && self.wants_reserve && free >= MIN_FREE_LEAST {
            self.wants_reserve = false;
            if let Err(error) = make_reserve(&file) {
                tracing::warn!(%error, "no reserve on the disk: a halt on a full one may not be journaled");
            }
        }
        Ok(room)
    }

    /// Looks again and again, until `stop`, and tells the loop.
    pub async fn watch(mut self, inputs: mpsc::Sender<Input>, stop: CancellationToken) {
        loop {
            let pause = if self.level == Level::Ample { LOOK } else { LOOK_LOW };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
            let looked = tokio::task::spawn_blocking(move || {
                let look = self.look();
                (self, look)
            });
            // It panicked, of which the process ends.
            let Ok((disk, look)) = looked.await else { return };
            self = disk;
            if inputs.send(Input::Disk(look)).await.is_err() {
                return;
            }
        }
    }
}

/// What a process without privileges may still write.
pub(super) fn free_bytes(dir: &Path) -> io::Result<u64> {
    let found = rustix::fs::statvfs(dir)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

/// The size of a file; zero without one.
fn occupied(file: &Path) -> u64 {
    fs::symlink_metadata(file).map_or(0, |found| found.len())
}

fn make_reserve(path: &Path) -> io::Result<()> {
    let made = File::create(path).and_then(|mut file| {
        let all = rustix::fs::FallocateFlags::empty();
        match rustix::fs::fallocate(&file, all, 0, RESERVE_BYTES) {
            // A file system that cannot set blocks aside: they are written.
            Err(rustix::io::Errno::OPNOTSUPP) => {
                io::copy(&mut io::repeat(0).take(RESERVE_BYTES), &mut file).map(|_| ())
            }
            set_aside => Ok(set_aside?),
        }
    });
    if made.is_err() {
        // Half a reserve is none.
        let _ = fs::remove_file(path);
    }
    made
}

/// Bytes as people read them.
pub(super) fn mib(bytes: u64) -> String {
    format!("{}.{} MiB", bytes / MIB, bytes % MIB * 10 / MIB)
}

/// Looks before anything else is done with the disk; the disk and what was found.
pub async fn first_look(settings: &Settings) -> Option<(Disk, Look)> {
    let mut disk = Disk::of(settings)?;
    let looked = tokio::task::spawn_blocking(move || {
        let look = disk.look();
        (disk, look)
    });
    looked.await.ok()
}

impl Trading {
    /// Obeys a look.
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed.
    pub(super) fn disk_looked(&mut self, mut look: Look) -> Result<(), JournalClosed> {
        look.heard = self.clock.wall();
        let before = self.disk.as_ref().map_or(Level::Ample, |before| before.level);
        let (now, told, is_known) = (look.level, look.told.clone(), look.room.is_some());
        self.disk = Some(look);
        if now != before {
            tell(now, &told);
        }
        if now != Level::Ample && is_known {
            self.core.stop_recording();
        }
        self.hold_all_for_disk()?;
        if now == Level::Floor { self.halt_for_disk(&told) } else { Ok(()) }
    }

    /// A disk that does not answer at all is one whose room nobody knows.
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed.
    pub(super) fn disk_silent(&mut self) -> Result<(), JournalClosed> {
        let now = self.clock.wall();
        let silent = |look: &&Look| look.room.is_some() && now.saturating_sub(look.heard) >= SILENT;
        let Some(last) = self.disk.as_ref().filter(silent).cloned() else { return Ok(()) };
        let told = format!("the disk has not answered for a minute; at last: {}", last.told);
        self.disk_looked(Look { level: last.level.max(Level::Low), room: None, told, ..last })
    }

    /// Also what a person has lifted meanwhile: it is the disk that must have room again.
    fn hold_all_for_disk(&mut self) -> Result<(), JournalClosed> {
        let count = self.core.engine().config().strategies.len();
        for id in (0_u16..).take(count).map(StrategyId) {
            let reason = "the disk has room again".to_owned();
            self.hold_strategy(id, Hold::new(Mode::Active, "disk_recovered", reason))?;
        }
        Ok(())
    }

    /// What the disk holds against a strategy.
    pub(super) fn disk_hold(&self) -> Option<Hold> {
        let look = self.disk.as_ref().filter(|look| look.level != Level::Ample)?;
        Some(Hold::new(Mode::ReduceOnly, "disk_low", look.told.clone()))
    }

    /// No order could be journaled: how it is.
    pub(super) fn disk_is_full(&self) -> Option<&str> {
        let look = self.disk.as_ref().filter(|look| look.level == Level::Floor)?;
        Some(look.told.as_str())
    }

    /// The gate first, then journaled: it holds over restarts until a person resumes.
    fn halt_for_disk(&mut self, told: &str) -> Result<(), JournalClosed> {
        if matches!(self.core.engine().mode(), Mode::Halted | Mode::Killed) {
            return Ok(());
        }
        self.gate.bar(Bar::Latched);
        let at = self.core.now();
        let change = ModeChanged::by_engine(at, Mode::Halted, "disk_reserve", told);
        self.core.take(Event::ModeChanged(change))?;
        self.core.flush()
    }
}

fn tell(level: Level, told: &str) {
    match level {
        Level::Ample => tracing::warn!(code = "disk_recovered", "the disk has room again: {told}"),
        Level::Low => tracing::error!(
            code = "disk_low",
            "the disk is nearly full: nothing is opened, nothing is recorded: {told}"
        ),
        Level::Floor => tracing::error!(
            code = "disk_reserve",
            "the disk is full but for the reserve: no order leaves until there is room and a person resumes: \
             {told}"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIN: u64 = 512 * MIB;

    #[test]
    fn f50_the_way_back_needs_more_than_the_way_down() {
        let next = |level: Level, room: u64| level.next(room * MIB, MIN);
        use Level::{Ample, Floor, Low};
        assert_eq!((next(Ample, 512), next(Ample, 511)), (Ample, Low));
        assert_eq!((next(Low, 563), next(Low, 564)), (Low, Ample));
        assert_eq!((next(Low, 32), next(Low, 31)), (Low, Floor));
        assert_eq!((next(Floor, 63), next(Floor, 64)), (Floor, Low));
        assert_eq!((next(Floor, 563), next(Floor, 600)), (Low, Ample));
        assert_eq!(next(Ample, 0), Floor);
    }

    #[test]
    fn f50_a_reserve_is_kept_where_there_is_room_and_counts_as_room() {
        let dir = tempfile::tempdir().unwrap();
        let (min, level) = (MIN_FREE_LEAST, Level::Ample);
        let mut disk = Disk { dir: dir.path().to_owned(), min, level, wants_reserve: true };
        assert_eq!(disk.look().level, Level::Ample, "this test needs 71 MiB of disk");
        assert_eq!(occupied(&dir.path().join(RESERVE_FILE)), RESERVE_BYTES);
        assert!(disk.look().room >= Some(RESERVE_BYTES));
        let gone = Disk { dir: dir.path().join("gone"), ..disk }.look();
        assert_eq!((gone.level, gone.room), (Level::Low, None), "{}", gone.told);
    }

    #[test]
    fn sizes_in_words() {
        assert_eq!(mib(0), "0.0 MiB");
        assert_eq!(mib(512 * MIB + MIB / 2), "512.5 MiB");
    }
}
