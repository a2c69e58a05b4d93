//! [`Session`]: what has to be said on one connection, and when to give it up. No I/O: it is told what
//! happened and what time it is, and answers with commands.
//!
//! A wanted book that is missing is asked for with `get_snapshot`; if that brings nothing, the
//! subscription is made anew; if even that brings no book of any market, the connection is. A market
//! that alone gets no book (it may not exist) does not take the others down with it, nor does one that the venue
//! refuses ([`unasked`]).

mod unasked;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use self::unasked::{BATCH, Unasked};
use super::{Channels, StreamTiming};
use crate::venue::kalshi::wire::{Command, CommandParams, UpdateAction};

pub(super) const BOOK: &str = "orderbook_delta";
const TICKER: &str = "ticker";
const TRADE: &str = "trade";
const ACCOUNT: [&str; 3] = ["fill", "user_orders", "market_positions"];
const LIFECYCLE: &str = "market_lifecycle_v2";
/// Without these a bot would trade blind; the others can be missed.
const REQUIRED: [&str; 3] = [BOOK, "fill", "user_orders"];

/// What a command was for, and of which markets.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Purpose {
    Subscribe(&'static str, Vec<String>),
    AddBooks(Vec<String>),
    Update,
    Unsubscribe,
}

/// How hard a missing book has been asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Subscribed,
    Requested,
    Resubscribed,
    /// Given up for now.
    Hopeless,
}

#[derive(Debug, Clone, Copy)]
struct Missing {
    stage: Stage,
    deadline: Instant,
}

/// What the look at the clock found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// All is well, or being seen to.
    Fine,
    /// Quiet for long: send a ping.
    Ping,
    /// Quiet for too long: trust no book.
    Silent,
    /// Make a new connection.
    GiveUp(String),
}

/// See the module.
#[derive(Debug)]
pub(super) struct Session {
    timing: StreamTiming,
    channels: Channels,
    next_id: u64,
    pending: BTreeMap<u64, (Purpose, Instant)>,
    sids: BTreeMap<&'static str, u64>,
    wanted: BTreeSet<String>,
    missing: BTreeMap<String, Missing>,
    /// Wanted, and not yet in any command, or refused.
    unasked: Unasked,
    is_ready: bool,
    last_heard: Instant,
    pinged: bool,
    silent: bool,
    gave_up: Option<String>,
}

impl Session {
    pub(super) fn new(
        channels: Channels,
        timing: StreamTiming,
        wanted: BTreeSet<String>,
        now: Instant,
    ) -> Self {
        Self {
            timing,
            channels,
            next_id: 1,
            pending: BTreeMap::new(),
            sids: BTreeMap::new(),
            unasked: Unasked::new(wanted.clone()),
            wanted,
            missing: BTreeMap::new(),
            is_ready: false,
            last_heard: now,
            pinged: false,
            silent: false,
            gave_up: None,
        }
    }

    pub(super) fn wanted(&self) -> &BTreeSet<String> {
        &self.wanted
    }

    /// The first commands: one per channel, so that a refusal names its channel.
    pub(super) fn start(&mut self, now: Instant) -> Vec<Command> {
        let mut commands = Vec::new();
        if self.channels.account {
            for channel in ACCOUNT {
                commands.push(self.subscribe(channel, None, now));
            }
        }
        if self.channels.lifecycle {
            commands.push(self.subscribe(LIFECYCLE, None, now));
        }
        commands.extend(self.ask(now));
        commands
    }

    fn command(
        &mut self,
        cmd: &str,
        purpose: Purpose,
        params: CommandParams,
        now: Instant,
    ) -> Command {
        let id = self.next_id;
        self.next_id += 1;
        self.pending.insert(id, (purpose, now + self.timing.answer));
        Command { id, cmd: cmd.to_owned(), params: Some(params) }
    }

    fn subscribe(
        &mut self,
        channel: &'static str,
        tickers: Option<Vec<String>>,
        now: Instant,
    ) -> Command {
        let purpose = Purpose::Subscribe(channel, tickers.clone().unwrap_or_default());
        let params = CommandParams {
            channels: Some(vec![channel.to_owned()]),
            market_tickers: tickers,
            // Explicit: the venue's default is announced to flip.
            use_yes_price: (channel == BOOK).then_some(false),
            ..CommandParams::default()
        };
        self.command("subscribe", purpose, params, now)
    }

    fn update(
        &mut self,
        action: UpdateAction,
        sid: u64,
        tickers: Vec<String>,
        now: Instant,
    ) -> Command {
        let purpose = match action {
            UpdateAction::AddMarkets => Purpose::AddBooks(tickers.clone()),
            _ => Purpose::Update,
        };
        let params = CommandParams {
            sids: Some(vec![sid]),
            action: Some(action),
            market_tickers: Some(tickers),
            ..CommandParams::default()
        };
        self.command("update_subscription", purpose, params, now)
    }

    /// Asks for the books that were not asked for yet: the first batch by a subscription, further
    /// ones by adding to it once it has its number.
    fn ask(&mut self, now: Instant) -> Vec<Command> {
        let mut commands = Vec::new();
        loop {
            let sid = self.sids.get(BOOK).copied();
            if sid.is_none() && self.is_pending(BOOK) {
                break;
            }
            let Some(batch) = self.unasked.take() else { break };
            for ticker in &batch {
                self.expect_book(ticker, Stage::Subscribed, now);
            }
            // A second subscription on a channel is merged into the first.
            if self.channels.ticker {
                commands.push(self.subscribe(TICKER, Some(batch.clone()), now));
            }
            if self.channels.trade {
                commands.push(self.subscribe(TRADE, Some(batch.clone()), now));
            }
            commands.push(match sid {
                Some(sid) => self.update(UpdateAction::AddMarkets, sid, batch, now),
                None => self.subscribe(BOOK, Some(batch), now),
            });
        }
        commands
    }

    fn is_pending(&self, channel: &str) -> bool {
        self.pending
            .values()
            .any(|(purpose, _)| matches!(purpose, Purpose::Subscribe(name, _) if *name == channel))
    }

    fn expect_book(&mut self, ticker: &str, stage: Stage, now: Instant) {
        let deadline = now + self.timing.snapshot;
        self.missing.insert(ticker.to_owned(), Missing { stage, deadline });
    }

    /// More markets.
    pub(super) fn add(&mut self, tickers: Vec<String>, now: Instant) -> Vec<Command> {
        for ticker in tickers {
            if self.wanted.insert(ticker.clone()) {
                self.unasked.insert(ticker);
            }
        }
        self.ask(now)
    }

    /// Fewer markets.
    pub(super) fn remove(&mut self, tickers: &[String], now: Instant) -> Vec<Command> {
        let gone: Vec<String> =
            tickers.iter().filter(|ticker| self.wanted.remove(*ticker)).cloned().collect();
        for ticker in &gone {
            self.unasked.forget(ticker);
            self.missing.remove(ticker);
        }
        match self.sids.get(BOOK).copied() {
            Some(sid) if !gone.is_empty() => {
                vec![self.update(UpdateAction::DeleteMarkets, sid, gone, now)]
            }
            _ => Vec::new(),
        }
    }

    /// A fresh snapshot of a market that is wanted.
    pub(super) fn resnapshot(&mut self, ticker: &str, now: Instant) -> Vec<Command> {
        if !self.wanted.contains(ticker) || self.missing.contains_key(ticker) {
            return Vec::new();
        }
        self.request(vec![ticker.to_owned()], now)
    }

    fn request(&mut self, tickers: Vec<String>, now: Instant) -> Vec<Command> {
        for ticker in &tickers {
            self.expect_book(ticker, Stage::Requested, now);
        }
        let Some(sid) = self.sids.get(BOOK).copied() else {
            return Vec::new();
        };
        let batches: Vec<_> = tickers.chunks(BATCH).map(<[String]>::to_vec).collect();
        batches
            .into_iter()
            .map(|batch| self.update(UpdateAction::GetSnapshot, sid, batch, now))
            .collect()
    }

    /// Something came from the venue. True if it ends a silence.
    pub(super) fn heard(&mut self, now: Instant) -> bool {
        self.last_heard = now;
        self.pinged = false;
        std::mem::take(&mut self.silent)
    }

    /// A channel has its subscription.
    pub(super) fn subscribed(
        &mut self,
        command: Option<u64>,
        channel: &str,
        sid: u64,
        now: Instant,
    ) -> Vec<Command> {
        if let Some(name) = known_channel(channel) {
            self.sids.insert(name, sid);
        }
        self.acknowledged(command);
        if command.is_none() {
            // An answer that does not say to what can only be to this channel's subscription.
            let answered = |purpose: &Purpose| matches!(purpose, Purpose::Subscribe(name, _) if *name == channel);
            let ids: Vec<u64> = self
                .pending
                .iter()
                .filter(|(_, (purpose, _))| answered(purpose))
                .map(|(id, _)| *id)
                .collect();
            for id in ids {
                self.acknowledged(Some(id));
            }
        }
        if channel == BOOK { self.ask(now) } else { Vec::new() }
    }

    /// A command was acknowledged.
    pub(super) fn acknowledged(&mut self, command: Option<u64>) {
        let done = command.and_then(|id| self.pending.remove(&id));
        if let Some((Purpose::Subscribe(BOOK, batch) | Purpose::AddBooks(batch), _)) = done {
            self.unasked.accepted(&batch);
        }
    }

    /// The venue refused a command, or ended a subscription for good. `code`: the venue's.
    pub(super) fn refused(
        &mut self,
        command: Option<u64>,
        ended: Option<u64>,
        (code, text): (u32, &str),
        now: Instant,
    ) -> Vec<Command> {
        let mut commands = Vec::new();
        match command.and_then(|id| self.pending.remove(&id)) {
            Some((Purpose::Subscribe(BOOK, batch) | Purpose::AddBooks(batch), _))
                if may_be_a_market(code) =>
            {
                commands = self.ask_in_halves(batch, text, now);
            }
            Some((Purpose::Subscribe(channel, _), _)) if REQUIRED.contains(&channel) => {
                self.gave_up = Some(format!("the venue refused the channel {channel}: {text}"));
            }
            _ => {}
        }
        if let Some((&channel, _)) =
            ended.and_then(|sid| self.sids.iter().find(|(_, known)| **known == sid))
        {
            self.sids.remove(channel);
            commands.extend(self.resubscribe(channel, text, now));
        }
        commands
    }

    /// One of these is a market that the venue does not take, or one too many.
    fn ask_in_halves(&mut self, mut batch: Vec<String>, text: &str, now: Instant) -> Vec<Command> {
        batch.retain(|ticker| self.wanted.contains(ticker));
        for ticker in &batch {
            self.missing.remove(ticker);
        }
        self.unasked.refused(batch, self.timing.hopeless, now);
        let commands = self.ask(now);
        let waits = self.sids.contains_key(BOOK) || self.is_pending(BOOK);
        if !waits && self.unasked.is_empty() && !self.wanted.is_empty() {
            self.gave_up = Some(format!("the venue refused every market: {text}"));
        }
        commands
    }

    /// The venue ended a subscription and did not say which: nothing on this connection can be relied on.
    pub(super) fn ended_unnamed(&mut self, text: &str) {
        self.gave_up = Some(format!("the venue ended a subscription without its number: {text}"));
    }

    /// A subscription that the venue ended is made anew. On a private channel something was missed:
    /// only a new connection makes the account be read again.
    fn resubscribe(&mut self, channel: &'static str, text: &str, now: Instant) -> Vec<Command> {
        match channel {
            BOOK => {
                for ticker in &self.wanted {
                    if !self.unasked.holds(ticker) {
                        self.unasked.insert(ticker.clone());
                    }
                }
                self.missing.clear();
                self.ask(now)
            }
            TICKER | TRADE => {
                let tickers = self.taken();
                let batches: Vec<_> = tickers.chunks(BATCH).map(<[String]>::to_vec).collect();
                batches.into_iter().map(|batch| self.subscribe(channel, Some(batch), now)).collect()
            }
            LIFECYCLE => vec![self.subscribe(channel, None, now)],
            _ => {
                self.gave_up = Some(format!("the venue ended the channel {channel}: {text}"));
                Vec::new()
            }
        }
    }

    /// All that is wanted but those that the venue refuses: they would have their whole batch refused.
    fn taken(&self) -> Vec<String> {
        let taken = self.wanted.iter().filter(|ticker| !self.unasked.is_refused(ticker));
        taken.cloned().collect()
    }

    /// Channel of a subscription.
    pub(super) fn channel_of(&self, sid: Option<u64>) -> Option<&'static str> {
        let sid = sid?;
        self.sids.iter().find(|(_, known)| **known == sid).map(|(channel, _)| *channel)
    }

    /// True once, when every first command is acknowledged.
    pub(super) fn became_ready(&mut self) -> bool {
        let waiting =
            self.pending.values().any(|(purpose, _)| matches!(purpose, Purpose::Subscribe(..)));
        if self.is_ready || waiting {
            return false;
        }
        self.is_ready = true;
        true
    }

    /// Compares what is wanted with what there is and says what to send; the tickers are those newly
    /// found hopeless or refused.
    pub(super) fn repair(
        &mut self,
        has_book: impl Fn(&str) -> bool,
        now: Instant,
    ) -> (Vec<Command>, Vec<String>) {
        // A refused one is tried again at its time, whatever came of the last try: it costs no other its book.
        let unasked = &self.unasked;
        self.missing.retain(|ticker, _| !has_book(ticker) && !unasked.is_refused(ticker));
        if self.silent {
            return (Vec::new(), Vec::new());
        }
        let lost: Vec<String> = self
            .wanted
            .iter()
            .filter(|ticker| !self.missing.contains_key(*ticker) && !has_book(ticker))
            .filter(|ticker| !self.unasked.holds(ticker))
            .cloned()
            .collect();
        let mut commands = if lost.is_empty() { Vec::new() } else { self.request(lost, now) };
        let (more, mut hopeless) = self.escalate(&has_book, now);
        commands.extend(more);
        hopeless.extend(self.unasked.untold());
        self.unasked.retry(now);
        commands.extend(self.ask(now));
        (commands, hopeless)
    }

    fn escalate(
        &mut self,
        has_book: &impl Fn(&str) -> bool,
        now: Instant,
    ) -> (Vec<Command>, Vec<String>) {
        let overdue: Vec<(String, Stage)> = self
            .missing
            .iter()
            .filter(|(_, missing)| missing.deadline <= now)
            .map(|(ticker, missing)| (ticker.clone(), missing.stage))
            .collect();
        if overdue.is_empty() {
            return (Vec::new(), Vec::new());
        }
        let any_book = self.wanted.iter().any(|ticker| has_book(ticker));
        let in_stage = |wanted: &[Stage]| -> Vec<String> {
            let chosen = overdue.iter().filter(|(_, stage)| wanted.contains(stage));
            chosen.map(|(ticker, _)| ticker.clone()).collect()
        };
        let given_up = in_stage(&[Stage::Resubscribed]);
        if !given_up.is_empty() && !any_book {
            self.gave_up = Some("no book came, even from a new subscription".to_owned());
            return (Vec::new(), Vec::new());
        }
        for ticker in &given_up {
            let deadline = now + self.timing.hopeless;
            self.missing.insert(ticker.clone(), Missing { stage: Stage::Hopeless, deadline });
        }
        if !in_stage(&[Stage::Requested]).is_empty() {
            return (self.renew_books(now), given_up);
        }
        let again = in_stage(&[Stage::Subscribed, Stage::Hopeless]);
        let hopeless_again: BTreeSet<String> = in_stage(&[Stage::Hopeless]).into_iter().collect();
        let commands = if again.is_empty() { Vec::new() } else { self.request(again, now) };
        // One that was hopeless is asked for, not subscribed anew: its stage stays at the end.
        for ticker in hopeless_again {
            self.expect_book(&ticker, Stage::Resubscribed, now);
        }
        (commands, given_up)
    }

    /// Ends the book subscription and makes it anew with every wanted market.
    fn renew_books(&mut self, now: Instant) -> Vec<Command> {
        let mut commands = Vec::new();
        if let Some(sid) = self.sids.remove(BOOK) {
            let params = CommandParams { sids: Some(vec![sid]), ..CommandParams::default() };
            commands.push(self.command("unsubscribe", Purpose::Unsubscribe, params, now));
        }
        let hopeless: BTreeSet<String> = self
            .missing
            .iter()
            .filter(|(_, missing)| missing.stage == Stage::Hopeless)
            .map(|(ticker, _)| ticker.clone())
            .collect();
        let tickers = self.taken();
        for ticker in tickers.iter().filter(|ticker| !hopeless.contains(*ticker)) {
            self.expect_book(ticker, Stage::Resubscribed, now);
        }
        let mut batches = tickers.chunks(BATCH).map(<[String]>::to_vec);
        if let Some(first) = batches.next() {
            commands.push(self.subscribe(BOOK, Some(first), now));
        }
        for ticker in batches.flatten() {
            self.unasked.insert(ticker);
        }
        commands
    }

    /// Looks at the deadlines.
    pub(super) fn check(&mut self, now: Instant) -> Verdict {
        if let Some(cause) = self.gave_up.take() {
            return Verdict::GiveUp(cause);
        }
        let quiet = now.saturating_duration_since(self.last_heard);
        if quiet >= self.timing.reconnect {
            return Verdict::GiveUp(format!("nothing came for {} s", quiet.as_secs()));
        }
        if let Some(channel) = self.unanswered(now) {
            return Verdict::GiveUp(format!("no answer to the subscription of {channel}"));
        }
        // The books themselves show whether the other commands worked.
        self.pending.retain(|_, (_, deadline)| *deadline > now);
        if quiet >= self.timing.stale && !self.silent {
            self.silent = true;
            return Verdict::Silent;
        }
        if quiet >= self.timing.ping && !self.pinged {
            self.pinged = true;
            return Verdict::Ping;
        }
        Verdict::Fine
    }
}

impl Session {
    /// A channel that must not be missed and whose subscription got no answer in time.
    fn unanswered(&self, now: Instant) -> Option<&'static str> {
        self.pending.values().find_map(|(purpose, deadline)| match purpose {
            Purpose::Subscribe(channel, _) if *deadline <= now && REQUIRED.contains(channel) => {
                Some(*channel)
            }
            _ => None,
        })
    }
}

/// May a refusal be for one of the markets of a command? The others are known to speak of something else
/// (kalshi.md 4.6): the form of the command, the channel, the key, the connection.
const fn may_be_a_market(code: u32) -> bool {
    !matches!(code, 2..=5 | 7..=10 | 12 | 13 | 18..=25 | 27 | 28)
}

fn known_channel(channel: &str) -> Option<&'static str> {
    [BOOK, TICKER, TRADE, LIFECYCLE].into_iter().chain(ACCOUNT).find(|name| *name == channel)
}

#[cfg(test)]
mod tests;
