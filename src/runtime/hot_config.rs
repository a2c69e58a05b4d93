//! Strategy files that are edited while the bot runs: read when they have stopped changing, compared, and
//! put in force at one point in the order of events, or not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use statecraft_domain::event::{Mode, StrategyChanged};
use statecraft_domain::{Event, Nanos, StrategyId};
use statecraft_engine::Strategy;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::hold::Hold;
use super::input::Input;
use super::trading::Trading;
use crate::config::{self, ConfigReport, Loaded, LoadedStrategy, Overrides, Settings, TradingMode};
use crate::control::protocol::Reply;
use crate::journal::JournalClosed;
use crate::trading::edits::{Change, Extent, GROWTH_MAX, changes};

/// How often the files are looked at. A file must look the same twice: an editor may be in the middle.
const LOOK: Duration = Duration::from_millis(500);
/// A hash is named by at least so many digits.
const HASH_MIN: usize = 8;
/// An order may cost at most this share of the equity without a second word, in per cent.
const ORDER_SHARE_MAX: i128 = 25;

/// The files as they are now.
#[derive(Debug)]
pub struct Edited {
    /// Everything, if all of it is valid.
    pub read: Result<Loaded, Invalid>,
    /// The strategies' texts, by name.
    pub texts: BTreeMap<String, String>,
}

/// Files of which nothing takes effect.
#[derive(Debug)]
pub struct Invalid {
    mistakes: ConfigReport,
    /// Strategies that are there and not disabled, as far as can be told ([`config::strategies_present`]); `None`: it
    /// cannot be told.
    present: Option<BTreeSet<String>>,
}

/// An edit that waits for a person.
#[derive(Debug, Clone)]
struct Pending {
    id: StrategyId,
    strategy: Strategy,
    text: String,
    summary: String,
    /// A limit grows too much for a plain yes: which.
    needs_understanding: Option<String>,
}

/// What is in force, and what is not yet.
#[derive(Debug)]
pub struct HotConfig {
    settings: Settings,
    /// By strategy id: the hash of the file that is in force.
    hashes: Vec<String>,
    pending: BTreeMap<String, Pending>,
    removed: BTreeSet<StrategyId>,
    /// Why the files as they are now are not in force.
    invalid: Option<ConfigReport>,
    /// What has been told already.
    told: BTreeSet<String>,
}

impl HotConfig {
    /// As loaded at the start.
    #[must_use]
    pub fn new(settings: Settings, hashes: Vec<String>) -> Self {
        let (pending, removed, told) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
        Self { settings, hashes, pending, removed, invalid: None, told }
    }

    /// For `status`: why the files as they are now are not in force.
    #[must_use]
    pub fn invalid_json(&self) -> Value {
        self.invalid.as_ref().map_or(
            Value::Null,
            |report| json!({ "summary": report.summary(), "mistakes": report.located() }),
        )
    }

    /// For `status`.
    #[must_use]
    pub fn pending_json(&self) -> Value {
        let pending = self.pending.iter().map(|(hash, edit)| {
            json!({
                "strategy": edit.strategy.name,
                "hash": hash,
                "summary": edit.summary,
                "needs_i_understand": edit.needs_understanding,
            })
        });
        Value::Array(pending.collect())
    }

    /// A line for a person, once.
    fn tell(&mut self, code: &'static str, line: String) {
        if self.told.insert(line.clone()) {
            tracing::error!(code, "{line}");
        }
    }
}

/// Looks at the files until `stop`; an edit that has settled is read and sent to the loop. They are read once in any
/// case: what was edited while the run was starting, which may take hours, is an edit too.
pub async fn watch(
    config_path: PathBuf,
    overrides: Overrides,
    strategies_dir: PathBuf,
    inputs: mpsc::Sender<Input>,
    stop: CancellationToken,
) {
    let mut known = Vec::new();
    let mut before = fingerprint(&strategies_dir, &config_path);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
        let now = fingerprint(&strategies_dir, &config_path);
        let settled = now == before;
        before.clone_from(&now);
        if now == known || !settled {
            continue;
        }
        known = now;
        let (path, overrides, dir) =
            (config_path.clone(), overrides.clone(), strategies_dir.clone());
        let look = move || read(&path, &overrides, &dir);
        let Ok(edited) = tokio::task::spawn_blocking(look).await else { continue };
        if inputs.send(Input::Edited(Box::new(edited))).await.is_err() {
            return;
        }
    }
}

/// Names, times and sizes of the files that count.
fn fingerprint(dir: &Path, config: &Path) -> Vec<(PathBuf, Option<SystemTime>, u64)> {
    let strategies = config::strategy_files(dir).unwrap_or_default();
    let mut files: Vec<_> = strategies
        .into_iter()
        .chain([config.to_owned()])
        .map(|path| {
            let meta = std::fs::metadata(&path).ok();
            let modified = meta.as_ref().and_then(|meta| meta.modified().ok());
            (path, modified, meta.map_or(0, |meta| meta.len()))
        })
        .collect();
    files.sort();
    files
}

fn read(path: &Path, overrides: &Overrides, dir: &Path) -> Edited {
    let read = config::load(path, overrides).map_err(|mistakes| {
        let present = match config::strategies_present(dir) {
            // Taken away with all that is in it.
            Err(error) if error.kind() == ErrorKind::NotFound => Some(BTreeSet::new()),
            present => present.ok(),
        };
        Invalid { mistakes, present }
    });
    let strategies = read.as_ref().map_or(&[][..], |loaded| loaded.strategies.as_slice());
    let texts = strategies
        .iter()
        .filter_map(|one| Some((one.strategy.name.clone(), text_of(&read, &one.path)?)))
        .collect();
    Edited { read, texts }
}

/// The text of which the hash was made: the file itself may have been saved again since.
fn text_of(read: &Result<Loaded, Invalid>, path: &Path) -> Option<String> {
    let files = &read.as_ref().ok()?.given.files;
    files.iter().find(|(known, _)| known == path).map(|(_, text)| text.clone())
}

impl Trading {
    /// Takes in the files as they are now.
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed.
    pub(super) fn edited(&mut self, edited: Edited) -> Result<(), JournalClosed> {
        let loaded = match edited.read {
            Ok(loaded) => loaded,
            Err(Invalid { mistakes, present }) => {
                let (summary, drawn) = (mistakes.summary(), mistakes.drawn(false));
                // The code in the first line, for whoever reads lines.
                tracing::error!(
                    code = "config_invalid",
                    mistakes = %format_args!("\n{drawn}"),
                    "edited files are not valid, and nothing of them takes effect: {summary}"
                );
                self.hot.invalid = Some(mistakes);
                return self.without_what_is_gone(present.as_ref());
            }
        };
        if self.hot.invalid.take().is_some() {
            tracing::warn!(code = "config_valid", "the files are valid again");
        }
        if loaded.settings != self.hot.settings {
            let line = "the settings were edited: they take effect with the next start".to_owned();
            self.hot.tell("config_needs_restart", line);
        }
        let names: Vec<String> =
            self.core.engine().config().strategies.iter().map(|one| one.name.clone()).collect();
        for (name, id) in names.iter().zip(0_u16..) {
            let found =
                loaded.strategies.iter().find(|one| one.enabled && one.strategy.name == *name);
            let text = edited.texts.get(name).cloned().unwrap_or_default();
            match found {
                None => self.removed(StrategyId(id), name)?,
                Some(one) => self.present(StrategyId(id), one, text)?,
            }
        }
        for one in loaded.strategies.iter().filter(|one| one.enabled) {
            if !names.contains(&one.strategy.name) {
                let name = &one.strategy.name;
                let line = format!("strategy {name} is new: it takes effect with the next start");
                self.hot.tell("config_needs_restart", line);
            }
        }
        Ok(())
    }

    /// Whoever takes a strategy away means it, whatever is wrong with another one's file. What came back waits until
    /// every file is valid.
    fn without_what_is_gone(
        &mut self,
        present: Option<&BTreeSet<String>>,
    ) -> Result<(), JournalClosed> {
        let Some(present) = present else { return Ok(()) };
        let strategies = &self.core.engine().config().strategies;
        let gone: Vec<(StrategyId, String)> = (0_u16..)
            .zip(strategies)
            .filter(|(_, one)| !present.contains(&one.name))
            .map(|(id, one)| (StrategyId(id), one.name.clone()))
            .collect();
        gone.iter().try_for_each(|(id, name)| self.removed(*id, name))
    }

    /// A strategy that is gone closes what it holds and opens nothing.
    fn removed(&mut self, id: StrategyId, name: &str) -> Result<(), JournalClosed> {
        if !self.hot.removed.insert(id) {
            return Ok(());
        }
        self.hot.pending.retain(|_, pending| pending.id != id);
        let reason = format!("the file of {name} is there");
        self.hold_strategy(id, Hold::new(Mode::Active, "strategy_returned", reason))
    }

    /// What the absence of its file holds against a strategy.
    pub(super) fn file_hold(&self, id: StrategyId) -> Option<Hold> {
        let known = self.core.engine().config().strategies.get(id.index());
        let name = known.filter(|_| self.hot.removed.contains(&id)).map(|one| &one.name)?;
        let reason = format!("the file of {name} is gone or disabled");
        Some(Hold::new(Mode::ReduceOnly, "strategy_removed", reason))
    }

    fn present(
        &mut self,
        id: StrategyId,
        file: &LoadedStrategy,
        text: String,
    ) -> Result<(), JournalClosed> {
        if self.hot.removed.remove(&id) {
            let reason = "its file is there again".to_owned();
            self.hold_strategy(id, Hold::new(Mode::Active, "strategy_returned", reason))?;
        }
        let known = self.hot.hashes.get(id.index()).is_some_and(|hash| *hash == file.hash);
        if known {
            self.hot.pending.retain(|_, pending| pending.id != id);
            return Ok(());
        }
        if self.hot.pending.contains_key(&file.hash) {
            return Ok(());
        }
        self.hot.pending.retain(|_, pending| pending.id != id);
        let Some(now) = self.core.engine().config().strategies.get(id.index()).cloned() else {
            return Ok(());
        };
        let name = &now.name;
        if !now.differs_only_in_rules(&file.strategy) {
            let line = format!(
                "strategy {name} was edited in its event, markets or model ({}): that takes effect with \
                 the next start, which reads its evidence again",
                short(&file.hash)
            );
            self.hot.tell("config_needs_restart", line);
            return Ok(());
        }
        let found = changes(&now.limits, &file.strategy.limits);
        let summary = summary(&now, &file.strategy, &found);
        if self.wants_paper() {
            return self.only_tightened(id, &now, file, text, summary);
        }
        if !found.iter().any(|change| change.loosens) {
            return self.put_in_force(id, file.strategy.clone(), file.hash.clone(), text, summary);
        }
        // What it tightens holds at once, with everything else; what it loosens waits.
        let cautious = Extent::Cautious.apply(&now, &file.strategy);
        if cautious != now {
            let hash = Extent::Cautious.name(&file.hash);
            let summary = format!("{summary}; what loosens a limit waits for a person");
            self.put_in_force(id, cautious, hash, text.clone(), summary)?;
        }
        let needs_understanding = self.needs_understanding(&file.strategy, &found);
        tracing::error!(
            code = "config_pending",
            strategy = name,
            hash = short(&file.hash),
            summary,
            "an edit loosens limits: `statecraft config accept {}` puts it in force",
            short(&file.hash)
        );
        let strategy = file.strategy.clone();
        let pending = Pending { id, strategy, text, summary, needs_understanding };
        self.hot.pending.insert(file.hash.clone(), pending);
        Ok(())
    }

    /// With real money, must a file have run on paper first (R28)?
    fn wants_paper(&self) -> bool {
        let settings = &self.hot.settings;
        settings.mode == TradingMode::Live && settings.paper.wanted > Nanos::ZERO
    }

    /// What has not run on paper trades no real money: the limits that it tightens hold at once, everything else
    /// with a start, which asks for the paper run.
    fn only_tightened(
        &mut self,
        id: StrategyId,
        now: &Strategy,
        file: &LoadedStrategy,
        text: String,
        summary: String,
    ) -> Result<(), JournalClosed> {
        let tighter = Extent::Tighter.apply(now, &file.strategy);
        if tighter == file.strategy {
            return self.put_in_force(id, tighter, file.hash.clone(), text, summary);
        }
        let line = format!(
            "strategy {} was edited ({}): with real money that takes effect with the next start, after its paper \
             run (limits.paper_days); limits that it tightens hold at once",
            now.name,
            short(&file.hash)
        );
        self.hot.tell("config_needs_restart", line);
        if tighter == *now {
            return Ok(());
        }
        let hash = Extent::Tighter.name(&file.hash);
        self.put_in_force(id, tighter, hash, text, summary)
    }

    /// Fat fingers: a limit more than five times as wide, or an order worth a quarter of everything.
    fn needs_understanding(&self, new: &Strategy, found: &[Change]) -> Option<String> {
        let wide = found.iter().find(|change| change.loosens && change.growth > GROWTH_MAX);
        if let Some(change) = wide {
            return Some(format!("{change}: more than {GROWTH_MAX} times as much"));
        }
        let equity = self.core.engine().equity().e10();
        let cost = new.limits.max_order_cost;
        (cost.e10().saturating_mul(100) > equity.saturating_mul(ORDER_SHARE_MAX)).then(|| {
            format!("one order may cost {cost}, more than {ORDER_SHARE_MAX} % of the equity")
        })
    }

    fn put_in_force(
        &mut self,
        id: StrategyId,
        strategy: Strategy,
        hash: String,
        text: String,
        summary: String,
    ) -> Result<(), JournalClosed> {
        let at = self.core.now();
        self.core.stage_strategy(hash.clone(), strategy);
        let changed = StrategyChanged { at, strategy: id, hash: hash.clone(), summary, text };
        self.core.take(Event::StrategyChanged(Box::new(changed)))?;
        if let Some(known) = self.hot.hashes.get_mut(id.index()) {
            *known = hash;
        }
        self.core.name_strategies(self.hot.hashes.clone());
        self.core.flush()
    }

    /// `config accept`.
    pub(super) fn accept(&mut self, hash: &str, understood: bool) -> Result<Reply, JournalClosed> {
        if hash.len() < HASH_MIN || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(Reply::failed("name the edit by at least 8 digits of its hash"));
        }
        let found: Vec<String> =
            self.hot.pending.keys().filter(|key| key.starts_with(hash)).cloned().collect();
        let [full] = found.as_slice() else {
            return Ok(Reply::failed("no edit of this hash waits; `status` lists those that do"));
        };
        let Some(pending) = self.hot.pending.get(full).cloned() else {
            return Ok(Reply::failed("no edit of this hash waits"));
        };
        if let (Some(why), false) = (&pending.needs_understanding, understood) {
            return Ok(Reply::refused(format!(
                "{why}; say --i-understand to accept it all the same"
            )));
        }
        self.hot.pending.remove(full);
        let told = format!("strategy {}: {}", pending.strategy.name, pending.summary);
        let Pending { id, strategy, text, summary, .. } = pending;
        self.put_in_force(id, strategy, full.clone(), text, summary)?;
        Ok(Reply::done(format!("in force: {told}")))
    }
}

fn summary(now: &Strategy, new: &Strategy, found: &[Change]) -> String {
    let mut parts: Vec<String> = found.iter().map(ToString::to_string).collect();
    let others = [
        ("decision", now.decision != new.decision),
        ("blend", now.blend != new.blend),
        ("caution", now.caution != new.caution),
    ];
    parts.extend(
        others.iter().filter(|(_, changed)| *changed).map(|(name, _)| format!("{name} changed")),
    );
    if parts.is_empty() { "nothing that counts".to_owned() } else { parts.join(", ") }
}

fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}
