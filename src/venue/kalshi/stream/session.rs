//! [`Session`]: what has to be said on one connection, and when to give it up. No I/O: it is told what
//! happened and what time it is, and answers with commands.
//!
//! A wanted book that is missing is asked for with `get_snapshot`; if that brings nothing, the
//! subscription is made anew; if even that brings no book of any market, the connection is. A market
//! that alone gets no book (it may not exist) does not take the others down with it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use super::{Channels, StreamTiming};
use crate::venue::kalshi::wire::{Command, CommandParams, UpdateAction};

pub(super) const BOOK: &str = "orderbook_delta";
const TICKER: &str = "ticker";
const TRADE: &str = "trade";
const ACCOUNT: [&str; 3] = ["fill", "user_orders", "market_positions"];
const LIFECYCLE: &str = "market_lifecycle_v2";
/// Without these a bot would trade blind; the others can be missed.
const REQUIRED: [&str; 3] = [BOOK, "fill", "user_orders"];
/// Tickers in one command.
const BATCH: usize = 500;

/// What a command was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Subscribe(&'static str),
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
    /// Wanted, and not yet in any command.
    unasked: BTreeSet<String>,
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
            unasked: wanted.clone(),
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
        let params = CommandParams {
            channels: Some(vec![channel.to_owned()]),
            market_tickers: tickers,
            // Explicit: the venue's default is announced to flip.
            use_yes_price: (channel == BOOK).then_some(false),
            ..CommandParams::default()
        };
        self.command("subscribe", Purpose::Subscribe(channel), params, now)
    }

    fn update(
        &mut self,
        action: UpdateAction,
        sid: u64,
        tickers: Vec<String>,
        now: Instant,
    ) -> Command {
        let params = CommandParams {
            sids: Some(vec![sid]),
            action: Some(action),
            market_tickers: Some(tickers),
            ..CommandParams::default()
        };
        self.command("update_subscription", Purpose::Update, params, now)
    }

    /// Asks for the books that were not asked for yet: the first batch by a subscription, further
    /// ones by adding to it once it has its number.
    fn ask(&mut self, now: Instant) -> Vec<Command> {
        let mut commands = Vec::new();
        while !self.unasked.is_empty() {
            let sid = self.sids.get(BOOK).copied();
            if sid.is_none() && self.is_pending(BOOK) {
                break;
            }
            let batch: Vec<String> = self.unasked.iter().take(BATCH).cloned().collect();
            for ticker in &batch {
                self.unasked.remove(ticker);
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
            .any(|(purpose, _)| matches!(purpose, Purpose::Subscribe(name) if *name == channel))
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
            self.unasked.remove(ticker);
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
            self.pending.retain(
                |_, (purpose, _)| !matches!(purpose, Purpose::Subscribe(name) if *name == channel),
            );
        }
        if channel == BOOK { self.ask(now) } else { Vec::new() }
    }

    /// A command was acknowledged.
    pub(super) fn acknowledged(&mut self, command: Option<u64>) {
        if let Some(id) = command {
            self.pending.remove(&id);
        }
    }

    /// The venue refused a command, or ended a subscription for good.
    pub(super) fn refused(
        &mut self,
        command: Option<u64>,
        ended: Option<u64>,
        text: &str,
        now: Instant,
    ) -> Vec<Command> {
        if let Some((Purpose::Subscribe(channel), _)) =
            command.and_then(|id| self.pending.remove(&id))
            && REQUIRED.contains(&channel)
        {
            self.gave_up = Some(format!("the venue refused the channel {channel}: {text}"));
        }
        match ended.and_then(|sid| self.sids.iter().find(|(_, known)| **known == sid)) {
            Some((&channel, _)) => {
                self.sids.remove(channel);
                self.resubscribe(channel, text, now)
            }
            None => Vec::new(),
        }
    }

    /// A subscription that the venue ended is made anew. On a private channel something was missed:
    /// only a new connection makes the account be read again.
    fn resubscribe(&mut self, channel: &'static str, text: &str, now: Instant) -> Vec<Command> {
        match channel {
            BOOK => {
                self.unasked.clone_from(&self.wanted);
                self.missing.clear();
                self.ask(now)
            }
            TICKER | TRADE => {
                let tickers: Vec<String> = self.wanted.iter().cloned().collect();
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

    /// Channel of a subscription.
    pub(super) fn channel_of(&self, sid: Option<u64>) -> Option<&'static str> {
        let sid = sid?;
        self.sids.iter().find(|(_, known)| **known == sid).map(|(channel, _)| *channel)
    }

    /// True once, when every first command is acknowledged.
    pub(super) fn became_ready(&mut self) -> bool {
        let waiting =
            self.pending.values().any(|(purpose, _)| matches!(purpose, Purpose::Subscribe(_)));
        if self.is_ready || waiting {
            return false;
        }
        self.is_ready = true;
        true
    }

    /// Compares what is wanted with what there is and says what to send; the tickers are those newly
    /// found hopeless.
    pub(super) fn repair(
        &mut self,
        has_book: impl Fn(&str) -> bool,
        now: Instant,
    ) -> (Vec<Command>, Vec<String>) {
        self.missing.retain(|ticker, _| !has_book(ticker));
        if self.silent {
            return (Vec::new(), Vec::new());
        }
        let lost: Vec<String> = self
            .wanted
            .iter()
            .filter(|ticker| !self.missing.contains_key(*ticker) && !has_book(ticker))
            .filter(|ticker| !self.unasked.contains(*ticker))
            .cloned()
            .collect();
        let mut commands = if lost.is_empty() { Vec::new() } else { self.request(lost, now) };
        let (more, hopeless) = self.escalate(&has_book, now);
        commands.extend(more);
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
        let tickers: Vec<String> = self.wanted.iter().cloned().collect();
        for ticker in tickers.iter().filter(|ticker| !hopeless.contains(*ticker)) {
            self.expect_book(ticker, Stage::Resubscribed, now);
        }
        let mut batches = tickers.chunks(BATCH).map(<[String]>::to_vec);
        if let Some(first) = batches.next() {
            commands.push(self.subscribe(BOOK, Some(first), now));
        }
        self.unasked = batches.flatten().collect();
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
            Purpose::Subscribe(channel) if *deadline <= now && REQUIRED.contains(channel) => {
                Some(*channel)
            }
            _ => None,
        })
    }
}

fn known_channel(channel: &str) -> Option<&'static str> {
    [BOOK, TICKER, TRADE, LIFECYCLE].into_iter().chain(ACCOUNT).find(|name| *name == channel)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    struct Rig {
        session: Session,
        books: BTreeSet<String>,
        start: Instant,
    }

    impl Rig {
        fn new(tickers: &[&str]) -> Self {
            let start = Instant::now();
            let wanted = tickers.iter().map(|ticker| (*ticker).to_owned()).collect();
            let channels =
                Channels { ticker: false, trade: false, account: true, lifecycle: false };
            let session = Session::new(channels, StreamTiming::default(), wanted, start);
            Self { session, books: BTreeSet::new(), start }
        }

        fn at(&self, secs: u64) -> Instant {
            self.start + Duration::from_secs(secs)
        }

        /// Starts, acknowledges everything, books on sid 9.
        fn running(tickers: &[&str]) -> Self {
            let mut rig = Self::new(tickers);
            let now = rig.start;
            for (index, command) in rig.session.start(now).iter().enumerate() {
                let channel = command.params.as_ref().unwrap().channels.clone().unwrap().remove(0);
                let sid = if channel == BOOK { 9 } else { index as u64 + 1 };
                rig.session.subscribed(Some(command.id), &channel, sid, now);
            }
            assert!(rig.session.became_ready());
            rig.books = tickers.iter().map(|ticker| (*ticker).to_owned()).collect();
            assert_eq!(rig.repair(0), Vec::<String>::new());
            rig
        }

        fn repair(&mut self, secs: u64) -> Vec<String> {
            let now = self.at(secs);
            let books = self.books.clone();
            let (commands, hopeless) = self.session.repair(|ticker| books.contains(ticker), now);
            let mut said: Vec<String> = commands.iter().map(describe).collect();
            said.extend(hopeless.iter().map(|ticker| format!("hopeless {ticker}")));
            said
        }
    }

    fn describe(command: &Command) -> String {
        let params = command.params.clone().unwrap();
        let tickers = params.market_tickers.unwrap_or_default().join(",");
        match params.action {
            Some(action) => format!("{action:?} {:?} {tickers}", params.sids.unwrap()),
            None => format!("{} {tickers}", command.cmd),
        }
    }

    #[test]
    fn books_are_subscribed_with_the_no_scale_spelled_out() {
        let mut rig = Rig::new(&["A", "B"]);
        let commands = rig.session.start(rig.start);
        let ids: Vec<_> = commands.iter().map(|command| command.id).collect();
        assert_eq!(ids, [1, 2, 3, 4], "0 would count as no id");
        let book = commands.last().unwrap().params.clone().unwrap();
        assert_eq!(book.channels.unwrap(), [BOOK]);
        assert_eq!(book.market_tickers.unwrap(), ["A", "B"]);
        assert_eq!(book.use_yes_price, Some(false));
        assert!(!rig.session.became_ready());
    }

    #[test]
    fn a_lost_book_is_requested_then_resubscribed_then_reconnected() {
        let mut rig = Rig::running(&["A", "B"]);
        rig.books.clear();
        assert_eq!(rig.repair(1), ["GetSnapshot [9] A,B"]);
        assert_eq!(rig.repair(5), Vec::<String>::new(), "not before the deadline");
        assert_eq!(rig.repair(6), ["unsubscribe ", "subscribe A,B"]);
        rig.session.subscribed(None, BOOK, 10, rig.at(6));
        assert_eq!(rig.repair(10), Vec::<String>::new());
        rig.repair(11);
        assert!(matches!(rig.session.check(rig.at(11)), Verdict::GiveUp(_)));
    }

    #[test]
    fn a_snapshot_in_time_ends_it() {
        let mut rig = Rig::running(&["A", "B"]);
        rig.books.remove("B");
        assert_eq!(rig.repair(1), ["GetSnapshot [9] B"]);
        rig.books.insert("B".to_owned());
        for secs in 2..15 {
            assert_eq!(rig.repair(secs), Vec::<String>::new());
        }
    }

    #[test]
    fn a_market_that_never_gets_a_book_does_not_take_the_others_down() {
        let mut rig = Rig::running(&["A", "GHOST"]);
        rig.books.remove("GHOST");
        rig.repair(1);
        assert_eq!(rig.repair(6), ["unsubscribe ", "subscribe A,GHOST"]);
        let subscribe = rig.session.pending.keys().max().copied();
        rig.session.subscribed(subscribe, BOOK, 10, rig.at(6));
        assert_eq!(rig.repair(11), ["hopeless GHOST"]);
        for secs in 12..71 {
            assert_eq!(rig.repair(secs), Vec::<String>::new());
        }
        assert_eq!(rig.repair(71), ["GetSnapshot [10] GHOST"], "asked again now and then");
        rig.session.heard(rig.at(76));
        assert_eq!(rig.repair(76), ["hopeless GHOST"]);
        assert_eq!(rig.session.check(rig.at(76)), Verdict::Fine);
    }

    #[test]
    fn silence_is_pinged_then_distrusted_then_given_up() {
        let mut rig = Rig::running(&["A"]);
        assert_eq!(rig.session.check(rig.at(11)), Verdict::Fine);
        assert_eq!(rig.session.check(rig.at(12)), Verdict::Ping);
        assert_eq!(rig.session.check(rig.at(13)), Verdict::Fine, "one ping is enough");
        assert_eq!(rig.session.check(rig.at(15)), Verdict::Silent);
        rig.books.clear();
        assert_eq!(rig.repair(16), Vec::<String>::new(), "no use asking into silence");
        assert!(rig.session.heard(rig.at(17)), "the silence is over");
        assert_eq!(rig.repair(17), ["GetSnapshot [9] A"]);
        assert!(matches!(rig.session.check(rig.at(37)), Verdict::GiveUp(_)));
    }

    #[test]
    fn markets_are_added_to_the_running_subscription() {
        let mut rig = Rig::running(&["A"]);
        let now = rig.at(1);
        let added: Vec<_> = rig
            .session
            .add(vec!["B".to_owned(), "A".to_owned()], now)
            .iter()
            .map(describe)
            .collect();
        assert_eq!(added, ["AddMarkets [9] B"]);
        let removed: Vec<_> =
            rig.session.remove(&["A".to_owned()], now).iter().map(describe).collect();
        assert_eq!(removed, ["DeleteMarkets [9] A"]);
    }

    #[test]
    fn many_markets_go_in_batches_once_the_subscription_has_its_number() {
        let tickers: Vec<String> = (0..1_201).map(|number| format!("T{number:04}")).collect();
        let names: Vec<&str> = tickers.iter().map(String::as_str).collect();
        let mut rig = Rig::new(&names);
        let first = rig.session.start(rig.start);
        let count = |command: &Command| {
            command.params.as_ref().unwrap().market_tickers.as_ref().map_or(0, Vec::len)
        };
        assert_eq!(first.iter().map(count).sum::<usize>(), 500);
        let rest = rig.session.subscribed(Some(4), BOOK, 1, rig.start);
        assert_eq!(rest.iter().map(count).collect::<Vec<_>>(), [500, 201]);
    }

    #[test]
    fn a_refused_or_ended_private_channel_means_a_new_connection() {
        let mut rig = Rig::new(&["A"]);
        rig.session.start(rig.start);
        rig.session.refused(Some(1), None, "no", rig.start);
        assert!(matches!(rig.session.check(rig.start), Verdict::GiveUp(_)));

        let mut rig = Rig::running(&["A"]);
        let now = rig.at(1);
        assert!(rig.session.refused(None, Some(1), "overflow", now).is_empty());
        assert!(matches!(rig.session.check(now), Verdict::GiveUp(_)));
    }

    #[test]
    fn an_ended_book_subscription_is_made_anew() {
        let mut rig = Rig::running(&["A"]);
        rig.books.clear();
        let now = rig.at(1);
        let said: Vec<_> =
            rig.session.refused(None, Some(9), "overflow", now).iter().map(describe).collect();
        assert_eq!(said, ["subscribe A"]);
        assert_eq!(rig.session.check(now), Verdict::Fine);
    }

    #[test]
    fn an_unanswered_channel_that_can_be_missed_does_not_hold_up_the_rest() {
        let mut rig = Rig::new(&["A"]);
        for command in rig.session.start(rig.start) {
            let channel = command.params.unwrap().channels.unwrap().remove(0);
            if channel != "market_positions" {
                rig.session.subscribed(Some(command.id), &channel, command.id, rig.start);
            }
        }
        assert!(!rig.session.became_ready());
        assert_eq!(rig.session.check(rig.at(10)), Verdict::Fine);
        assert!(rig.session.became_ready());
    }

    #[test]
    fn an_unanswered_required_channel_means_a_new_connection() {
        let mut rig = Rig::new(&["A"]);
        rig.session.start(rig.start);
        rig.session.heard(rig.at(9));
        assert_eq!(rig.session.check(rig.at(9)), Verdict::Fine);
        rig.session.heard(rig.at(10));
        assert!(matches!(rig.session.check(rig.at(10)), Verdict::GiveUp(_)));
    }
}
