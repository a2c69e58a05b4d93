//! A recorded session run again: the same engine, told and given the same, must ask for the same, action
//! by action and byte by byte (P7).

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use statecraft_domain::event::StrategyChanged;
use statecraft_domain::{Action, Event, Timestamp};
use statecraft_engine::Engine;

use super::recovery;
use super::session::engine_config;
use super::session_file::{
    Decided, End, Head, Known, Line, SessionFileError, VERSION, beside, engine_hash,
};
use crate::config::{self, ConfigReport};
use crate::journal::{Record, Recovery};
use crate::research::actions_hash::ActionsHash;
use crate::tape::{TapeError, TapeReader, event_kind};
use crate::trading::edits::Extent;

/// Why a session cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The session file.
    #[error(transparent)]
    Session(#[from] SessionFileError),
    /// There is none.
    #[error(
        "there is no session file at {}: only what `run` recorded (`[tape] record = true`) can be replayed, \
         and both files are needed",
        .0.display()
    )]
    NoSession(PathBuf),
    /// The recording.
    #[error(transparent)]
    Tape(#[from] TapeError),
    /// The settings or strategies in it are not understood by this program.
    #[error("the settings of the session are not valid for this program: {0}")]
    Config(ConfigReport),
    /// An edit whose text is not what its hash says.
    #[error("the text of the edit {0} in the recording is another one: it cannot be replayed")]
    OtherText(String),
    /// The settings could not be laid out to be read.
    #[error("cannot lay out the settings of the session: {0}")]
    Layout(std::io::Error),
}

/// Where the replay first did something else.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// Number of the event, from 1.
    pub event: u64,
    /// Its kind.
    pub kind: String,
    /// When it was received, nanoseconds of engine time.
    pub at: Timestamp,
    /// Which of its actions, from 1.
    pub action: usize,
    /// What was recorded; nothing if the replay does more.
    pub recorded: Option<Action>,
    /// What the replay did; nothing if it does less.
    pub replayed: Option<Action>,
}

/// What a replay came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// Version of this object.
    pub schema_version: u32,
    /// Is everything the same?
    pub ok: bool,
    /// Events replayed.
    pub events: u64,
    /// Actions of the replay.
    pub actions: u64,
    /// Of these, orders.
    pub orders: u64,
    /// SHA-256 of all actions of the replay.
    pub actions_hash: String,
    /// The same of the recording; nothing if its run did not end in good order.
    pub recorded_hash: Option<String>,
    /// Events of the recorded run; nothing if it did not end in good order.
    pub recorded_events: Option<u64>,
    /// Actions after the last that a killed run could still write down: compared with nothing.
    pub unrecorded: u64,
    /// Was the engine configured as it was then?
    pub same_configuration: bool,
    /// The first difference.
    pub first_difference: Option<Difference>,
}

/// A session file, read.
#[derive(Debug)]
struct Session {
    head: Head,
    records: Vec<Record>,
    decided: VecDeque<Decided>,
    end: Option<End>,
}

/// Runs the session recorded in `tape` again and compares. `strategies` replaces the recorded strategy
/// files, to see where an edit would first have made a difference.
///
/// # Errors
/// [`ReplayError`] if the session cannot be read.
pub fn verify(tape: &Path, strategies: &[PathBuf]) -> Result<Verdict, ReplayError> {
    let session = read(tape)?;
    let laid = tempfile_dir().map_err(ReplayError::Layout)?;
    let mut loaded = session.head.given.load(&laid.0).map_err(|error| match error {
        config::GivenError::Layout(error) => ReplayError::Layout(error),
        config::GivenError::Report(report) => ReplayError::Config(report),
    })?;
    if !strategies.is_empty() {
        loaded.strategies = config::load_strategies(strategies).map_err(ReplayError::Config)?;
    }
    let is_replaced = !strategies.is_empty();
    let enabled = || loaded.strategies.iter().filter(|one| one.enabled || is_replaced);
    // What was edited since is in the recording, and says nothing about other files.
    let files = enabled().map(|one| one.path.clone()).filter(|_| !is_replaced).collect();
    let enabled = enabled().map(|one| one.strategy.clone()).collect();
    let head = &session.head;
    let (lineage, first) = (head.lineage, head.first_sequence);
    let config =
        engine_config(&loaded, enabled, head.time_scale, (lineage, first), &session.records);
    let same_configuration = engine_hash(&config) == head.engine_hash;
    let mut engine = Engine::new(config);
    let recovery = Recovery {
        lineage,
        next_sequence: first,
        records: session.records,
        retired: Vec::new(),
        markets: Vec::new(),
        clean_stop: false,
    };
    recovery::replay(&mut engine, &recovery);
    let replay = Replay {
        engine,
        files,
        decided: session.decided,
        hash: ActionsHash::default(),
        verdict: Verdict {
            schema_version: 1,
            ok: false,
            events: 0,
            actions: 0,
            orders: 0,
            actions_hash: String::new(),
            recorded_hash: session.end.as_ref().map(|end| end.hash.clone()),
            recorded_events: session.end.as_ref().map(|end| end.events),
            unrecorded: 0,
            same_configuration,
            first_difference: None,
        },
    };
    replay.run(TapeReader::open(tape)?)
}

struct Replay {
    engine: Engine,
    /// The strategies' files as laid out, in the order of their ids.
    files: Vec<PathBuf>,
    decided: VecDeque<Decided>,
    hash: ActionsHash,
    verdict: Verdict,
}

impl Replay {
    fn run(mut self, tape: TapeReader) -> Result<Verdict, ReplayError> {
        let mut actions = Vec::new();
        for event in tape {
            let event = event?;
            actions.clear();
            if let Event::StrategyChanged(changed) = &event {
                self.stage(changed)?;
            }
            self.engine.step(&event, &mut actions);
            self.take(&event, &actions);
        }
        Ok(self.finish())
    }

    /// The engine is told what an edited file is, as it was told then.
    fn stage(&mut self, changed: &StrategyChanged) -> Result<(), ReplayError> {
        let index = changed.strategy.index();
        let now = self.engine.config().strategies.get(index);
        let (Some(path), Some(now)) = (self.files.get(index), now) else { return Ok(()) };
        fs::write(path, &changed.text).map_err(ReplayError::Layout)?;
        // All of them: one file may name another's event.
        let read = config::load_strategies(&self.files).map_err(ReplayError::Config)?;
        let Some(file) = read.get(index) else { return Ok(()) };
        if Extent::of(&changed.hash).name(&file.hash) != changed.hash {
            return Err(ReplayError::OtherText(changed.hash.clone()));
        }
        let staged = Extent::of(&changed.hash).apply(now, &file.strategy);
        self.engine.stage_strategy(changed.hash.clone(), staged);
        Ok(())
    }

    fn take(&mut self, event: &Event, actions: &[Action]) {
        self.verdict.events += 1;
        for action in actions {
            self.hash.update(action);
            self.verdict.actions += 1;
            self.verdict.orders += u64::from(matches!(action, Action::Place(_)));
        }
        if self.decided.is_empty() && self.verdict.recorded_hash.is_none() {
            // The run was killed, and its tape was written further than its session file.
            self.verdict.unrecorded += actions.len() as u64;
            return;
        }
        let due = self.decided.front().is_some_and(|next| next.event <= self.verdict.events);
        let recorded = if due { self.decided.pop_front() } else { None };
        if self.verdict.first_difference.is_some() {
            return;
        }
        let told = recorded.as_ref().map_or(&[][..], |recorded| &recorded.actions);
        let same_bytes = recorded.as_ref().is_none_or(|r| r.hash == self.hash.clone().finish());
        if same(told, actions) && same_bytes {
            return;
        }
        let length = told.len().max(actions.len());
        let pair = |at: usize| (told.get(at), actions.get(at));
        let differs = |at: &usize| match pair(*at) {
            (Some(told), Some(now)) => bytes(told) != bytes(now),
            (told, now) => told.is_some() != now.is_some(),
        };
        // Only bits that JSON does not show differ: then it is one of these all the same.
        let at = (0..length).find(differs).unwrap_or(0);
        let (recorded, replayed) = pair(at);
        self.verdict.first_difference = Some(Difference {
            event: self.verdict.events,
            kind: event_kind(event).to_owned(),
            at: event.at(),
            action: at + 1,
            recorded: recorded.cloned(),
            replayed: replayed.cloned(),
        });
    }

    fn finish(mut self) -> Verdict {
        let hash = self.hash.finish();
        let verdict = &mut self.verdict;
        let same_end = match (&verdict.recorded_hash, verdict.recorded_events) {
            (Some(recorded), Some(events)) => *recorded == hash && events == verdict.events,
            // The run was killed: the tape may lack what was not yet written.
            _ => true,
        };
        verdict.ok = verdict.first_difference.is_none() && same_end && verdict.same_configuration;
        verdict.actions_hash = hash;
        self.verdict
    }
}

fn same(told: &[Action], now: &[Action]) -> bool {
    told.len() == now.len() && told.iter().zip(now).all(|(a, b)| bytes(a) == bytes(b))
}

/// The hash of one action: of every byte of it, floats by their bits.
fn bytes(action: &Action) -> String {
    let mut hash = ActionsHash::default();
    hash.update(action);
    hash.finish()
}

fn read(tape: &Path) -> Result<Session, ReplayError> {
    let path = beside(tape);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(ReplayError::NoSession(path));
        }
        Err(source) => return Err(SessionFileError::Io { path, source }.into()),
    };
    Ok(parse(&path, &text)?)
}

fn parse(path: &Path, text: &str) -> Result<Session, SessionFileError> {
    let wrong = |line: usize, reason: String| SessionFileError::Malformed {
        path: path.to_owned(),
        line,
        reason,
    };
    // A killed run may leave half a line: what has no line end is not there.
    let whole = text.rfind('\n').map_or("", |end| text.get(..=end).unwrap_or(""));
    let mut lines = whole.lines().zip(1..);
    let (first, _) = lines.next().ok_or_else(|| wrong(1, "an empty session file".to_owned()))?;
    let head: Head = serde_json::from_str(first).map_err(|e| wrong(1, e.to_string()))?;
    if head.session != VERSION {
        return Err(wrong(1, format!("form {} of a session; this program reads 1", head.session)));
    }
    let mut session = Session { records: Vec::new(), decided: VecDeque::new(), end: None, head };
    for (line, number) in lines {
        if session.records.len() < session.head.records {
            let known: Known =
                serde_json::from_str(line).map_err(|e| wrong(number, e.to_string()))?;
            let record = Record::from_json(&known.kind, &known.body);
            session.records.push(record.map_err(|reason| wrong(number, reason.to_string()))?);
            continue;
        }
        match serde_json::from_str(line).map_err(|e| wrong(number, e.to_string()))? {
            Line::Decided(decided) => session.decided.push_back(decided),
            Line::End(end) => session.end = Some(end),
        }
    }
    Ok(session)
}

/// A directory of our own that goes away with the value.
struct Laid(PathBuf);

impl Drop for Laid {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn tempfile_dir() -> std::io::Result<Laid> {
    let name =
        format!("statecraft-replay-{}-{}", std::process::id(), super::clock::wall_now().nanos());
    let dir = std::env::temp_dir().join(name);
    // Nobody else's directory is taken for ours.
    fs::create_dir(&dir)?;
    Ok(Laid(dir))
}
