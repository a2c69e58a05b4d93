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
        let channels = Channels { ticker: false, trade: false, account: true, lifecycle: false };
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
    let added: Vec<_> =
        rig.session.add(vec!["B".to_owned(), "A".to_owned()], now).iter().map(describe).collect();
    assert_eq!(added, ["AddMarkets [9] B"]);
    let removed: Vec<_> = rig.session.remove(&["A".to_owned()], now).iter().map(describe).collect();
    assert_eq!(removed, ["DeleteMarkets [9] A"]);
    assert!(!rig.session.wanted().contains("A"), "nor on the next connection");
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
    rig.session.refused(Some(1), None, (9, "no"), rig.start);
    assert!(matches!(rig.session.check(rig.start), Verdict::GiveUp(_)));

    let mut rig = Rig::running(&["A"]);
    let now = rig.at(1);
    assert!(rig.session.refused(None, Some(1), (25, "overflow"), now).is_empty());
    assert!(matches!(rig.session.check(now), Verdict::GiveUp(_)));
}

#[test]
fn an_ended_subscription_without_a_number_means_a_new_connection() {
    let mut rig = Rig::running(&["A"]);
    let now = rig.at(1);
    rig.session.ended_unnamed("overflow");
    let Verdict::GiveUp(cause) = rig.session.check(now) else { panic!("it goes on") };
    assert!(cause.contains("overflow"), "{cause}");
}

#[test]
fn an_ended_book_subscription_is_made_anew() {
    let mut rig = Rig::running(&["A"]);
    rig.books.clear();
    let now = rig.at(1);
    let said: Vec<_> =
        rig.session.refused(None, Some(9), (25, "overflow"), now).iter().map(describe).collect();
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

/// A venue that refuses every command with a market that it does not take, and every market above its limit.
struct Venue {
    refuses: BTreeSet<String>,
    most: usize,
    given: BTreeSet<String>,
    sid: Option<u64>,
    asked: usize,
}

impl Venue {
    fn new(refuses: &[&str]) -> Self {
        let refuses = refuses.iter().map(|ticker| (*ticker).to_owned()).collect();
        Self { refuses, most: usize::MAX, given: BTreeSet::new(), sid: None, asked: 0 }
    }

    /// Answers commands until no more come of it.
    fn answer(&mut self, session: &mut Session, commands: Vec<Command>, now: Instant) {
        let mut queue: std::collections::VecDeque<Command> = commands.into();
        while let Some(command) = queue.pop_front() {
            self.asked += 1;
            let id = Some(command.id);
            let params = command.params.clone().unwrap();
            let channel = params.channels.map(|mut channels| channels.remove(0));
            let tickers: BTreeSet<String> =
                params.market_tickers.unwrap_or_default().into_iter().collect();
            let more: BTreeSet<&String> = self.given.union(&tickers).collect();
            let refusal = if tickers.iter().any(|ticker| self.refuses.contains(ticker)) {
                Some((11, "Invalid parameter"))
            } else {
                (more.len() > self.most).then_some((26, "Subscription market limit exceeded"))
            };
            let said = match (refusal, channel) {
                (Some(refusal), _) => session.refused(id, None, refusal, now),
                (None, Some(channel)) => {
                    let sid = if channel == BOOK { *self.sid.insert(9) } else { command.id };
                    self.given.extend(tickers);
                    session.subscribed(id, &channel, sid, now)
                }
                (None, None) => {
                    if command.cmd == "unsubscribe" {
                        (self.sid, self.given) = (None, BTreeSet::new());
                    }
                    self.given.extend(tickers);
                    session.acknowledged(id);
                    Vec::new()
                }
            };
            queue.extend(said);
        }
    }
}

#[test]
fn a_market_that_is_refused_costs_no_other_its_book_and_is_told_and_tried_again() {
    let mut rig = Rig::new(&["A", "B", "GHOST", "Z"]);
    let mut venue = Venue::new(&["GHOST"]);
    let first = rig.session.start(rig.start);
    venue.answer(&mut rig.session, first, rig.start);
    assert_eq!(rig.session.check(rig.start), Verdict::Fine);
    assert!(rig.session.became_ready());
    assert_eq!(venue.given.iter().map(String::as_str).collect::<Vec<_>>(), ["A", "B", "Z"]);
    rig.books.clone_from(&venue.given);
    assert_eq!(rig.repair(1), ["hopeless GHOST"]);
    for secs in 2..60 {
        assert_eq!(rig.repair(secs), Vec::<String>::new());
    }
    // Others that are lost are asked for without it.
    rig.books.remove("B");
    assert_eq!(rig.repair(40), ["GetSnapshot [9] B"]);
    assert_eq!(rig.repair(45), ["unsubscribe ", "subscribe A,B,Z"]);
    rig.session.subscribed(None, BOOK, 10, rig.at(45));
    rig.books.insert("B".to_owned());
    assert_eq!(rig.repair(60), ["AddMarkets [10] GHOST"]);
    let id = rig.session.pending.keys().max().copied();
    rig.session.refused(id, None, (11, "Invalid parameter"), rig.at(60));
    for secs in 61..180 {
        assert_eq!(rig.repair(secs), Vec::<String>::new(), "told once, tried later and later");
    }
    assert_eq!(rig.repair(180), ["AddMarkets [10] GHOST"]);
    let id = rig.session.pending.keys().max().copied();
    rig.session.acknowledged(id);
    rig.books.insert("GHOST".to_owned());
    for secs in 181..600 {
        assert_eq!(rig.repair(secs), Vec::<String>::new());
    }
}

/// The answer to another try is lost, or speaks of something else: only that market waits.
#[test]
fn another_try_that_is_not_answered_costs_no_other_its_book() {
    let mut rig = Rig::new(&["A", "B", "GHOST"]);
    let mut venue = Venue::new(&["GHOST"]);
    let first = rig.session.start(rig.start);
    venue.answer(&mut rig.session, first, rig.start);
    rig.books.clone_from(&venue.given);
    assert_eq!(rig.repair(1), ["hopeless GHOST"]);
    assert_eq!(rig.repair(60), ["AddMarkets [9] GHOST"]);
    let mut said = Vec::new();
    for quarter in 241..(4 * 300) {
        let now = rig.start + Duration::from_millis(250 * quarter);
        rig.session.heard(now);
        assert_eq!(rig.session.check(now), Verdict::Fine);
        let books = rig.books.clone();
        let (commands, told) = rig.session.repair(|ticker| books.contains(ticker), now);
        said.extend(commands.iter().map(describe));
        assert_eq!(told, Vec::<String>::new());
        if quarter == 600 {
            let id = rig.session.pending.keys().max().copied();
            rig.session.refused(id, None, (27, "Too many requests"), now);
        }
    }
    assert!(said.len() >= 3 && said.iter().all(|said| said == "AddMarkets [9] GHOST"), "{said:?}");
    // The other channels are made anew without it.
    rig.session.sids.insert(TRADE, 4);
    let now = rig.at(301);
    let anew = rig.session.refused(None, Some(4), (25, "overflow"), now);
    assert_eq!(anew.iter().map(describe).collect::<Vec<_>>(), ["subscribe A,B"]);
}

#[test]
fn a_venue_that_refuses_every_market_means_a_new_connection() {
    let mut rig = Rig::new(&["A", "B"]);
    let first = rig.session.start(rig.start);
    Venue::new(&["A", "B"]).answer(&mut rig.session, first, rig.start);
    let Verdict::GiveUp(cause) = rig.session.check(rig.start) else { panic!("it goes on") };
    assert!(cause.contains("every market: Invalid parameter"), "{cause}");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    /// Whichever markets the venue refuses, and however many it takes: every other is asked for, each
    /// refused one is told once, and it costs no more than two commands a market.
    #[test]
    fn whichever_markets_are_refused_the_others_come(
        count in 2_usize..700,
        bad in proptest::collection::btree_set(0_usize..700, 0..12),
        most in proptest::option::of(1_usize..700),
    ) {
        let names: Vec<String> = (0..count).map(|number| format!("T{number:03}")).collect();
        let refused: Vec<&str> =
            bad.iter().filter_map(|number| names.get(*number)).map(String::as_str).collect();
        proptest::prop_assume!(refused.len() < count);
        let wanted: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut rig = Rig::new(&wanted);
        let mut venue = Venue::new(&refused);
        venue.most = most.unwrap_or(usize::MAX);
        let first = rig.session.start(rig.start);
        venue.answer(&mut rig.session, first, rig.start);
        proptest::prop_assert_eq!(rig.session.check(rig.start), Verdict::Fine);
        proptest::prop_assert!(rig.session.became_ready());
        let good = count - refused.len();
        proptest::prop_assert_eq!(venue.given.len(), good.min(venue.most));
        proptest::prop_assert!(venue.asked <= 3 + 2 * count);
        rig.books.clone_from(&venue.given);
        let mut told = rig.repair(1);
        told.sort();
        told.dedup();
        proptest::prop_assert_eq!(told.len(), count - venue.given.len());
        proptest::prop_assert!(told.iter().all(|said| said.starts_with("hopeless ")), "{:?}", told);
        proptest::prop_assert_eq!(rig.repair(2), Vec::<String>::new());
    }
}
