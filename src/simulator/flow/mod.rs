//! The other participants of the embedded venue, in story time.
//!
//! [`Flow`] keeps one list of tasks in order of time: markets are listed, opened, closed and settled;
//! makers quote anew; people without information trade; people with it react to news, minutes to days
//! late. Every task draws the time of its next one, so the course depends on the seed and on what the
//! user does, not on how time is cut into calls, and the work of a call is proportional to the story
//! time it covers (about ten book changes an hour).
//!
//! Prices are wrong in ways that can be traded on: all makers share a mood that wanders by some cents
//! over days, and each hears the news late. They are also right often enough to punish a bad model.

mod maker;
mod opinion;
mod order;
mod task;
mod world;

pub use world::{World, WorldMarket};

use std::sync::Arc;

use statecraft_domain::{MarketId, MarketStatus, Quantity, Side, Timestamp, Usd};
use statecraft_exchange::{AccountId, Exchange, Report};

use super::story::dice::Dice;
use super::story::{Story, StoryMarket};
use maker::{Desk, rounded, whole};
use opinion::{Mood, cents, heard};
use task::{Agenda, Task};

/// How late each maker hears the news, in days.
const MAKER_LAGS_DAYS: [f64; 4] = [0.2, 0.7, 1.4, 2.5];
/// Mean time between two quotes of a maker, in days.
const QUOTE_DAYS: f64 = 2.0 / 24.0;
/// Mean time between two trades of people without information, at a long market.
const NOISE_DAYS: f64 = 0.25;
/// Mean time between two trades of people who know the value, without news.
const VALUE_DAYS: f64 = 1.5;
/// Mean delays of the three who react to a piece of news, in days.
const INFORMED_DELAYS_DAYS: [f64; 3] = [0.1, 0.6, 2.0];
/// News that moves a probability by less is no news.
const NEWS_MIN: f64 = 0.004;
/// Accounts of people without information, and of people with it.
const CROWD: usize = 3;
/// What each participant brings.
const CASH: Usd = Usd::from_dollars(5_000_000);

/// One open market, as its participants see it.
#[derive(Debug)]
struct Floor {
    /// Index into the story's markets.
    story: usize,
    market: MarketId,
    /// Shared by everybody.
    mood: Mood,
    desks: Vec<Desk>,
    /// Monthly markets are smaller.
    scale: f64,
}

/// The other participants.
#[derive(Debug)]
pub struct Flow {
    story: Arc<Story>,
    dice: Dice,
    agenda: Agenda,
    floors: Vec<Floor>,
    makers: Vec<AccountId>,
    crowd: Vec<AccountId>,
    informed: Vec<AccountId>,
}

impl Flow {
    /// Opens the participants' accounts and writes their agenda. Nothing is listed yet: the first call
    /// of [`Flow::advance`] does that.
    #[must_use]
    pub fn new(story: Arc<Story>, seed: u64, exchange: &mut Exchange) -> Self {
        let mut open = |count: usize| (0..count).map(|_| exchange.open_account(CASH)).collect();
        let mut flow = Self {
            dice: Dice::stream(seed, 100),
            agenda: Agenda::default(),
            floors: Vec::new(),
            makers: open(MAKER_LAGS_DAYS.len()),
            crowd: open(CROWD),
            informed: open(INFORMED_DELAYS_DAYS.len()),
            story,
        };
        let story = Arc::clone(&flow.story);
        for (index, market) in story.markets.iter().enumerate() {
            flow.agenda.add(market.listed, Task::List(index));
        }
        flow
    }

    /// Everything that happens after `from` and not after `to`; at the story's first instant also what
    /// happens at it. The reports of what changed are appended in order.
    pub fn advance(
        &mut self,
        exchange: &mut Exchange,
        from: Timestamp,
        to: Timestamp,
        out: &mut Vec<Report>,
    ) {
        while let Some((due, task)) = self.agenda.next_until(to) {
            let at = due.max(from);
            if exchange.next_expiry().is_some_and(|expiry| expiry <= at) {
                exchange.expire(at, out);
            }
            self.run(exchange, at, task, out);
        }
        exchange.expire(to, out);
    }

    fn run(&mut self, exchange: &mut Exchange, at: Timestamp, task: Task, out: &mut Vec<Report>) {
        match task {
            Task::List(story) => self.list(exchange, at, story),
            Task::Open(floor) => self.open(exchange, at, floor, out),
            Task::Close(floor) => {
                if let Some(floor) = self.floors.get(floor) {
                    exchange.set_status(at, floor.market, MarketStatus::Closed, out);
                }
            }
            Task::Settle(floor) => self.settle(exchange, at, floor, out),
            Task::Quote(floor, desk) => self.quote(exchange, at, (floor, desk), out),
            Task::Noise(floor) => self.noise(exchange, at, floor, out),
            Task::Value(floor) => self.value(exchange, at, floor, out),
            Task::React(floor, who) => {
                self.trade_towards(exchange, at, floor, who, out);
            }
        }
    }

    /// Lists a market and writes its life into the agenda.
    fn list(&mut self, exchange: &mut Exchange, at: Timestamp, story: usize) {
        let shared = Arc::clone(&self.story);
        let Some(facts) = shared.markets.get(story) else { return };
        let market = exchange.list(facts.listing());
        let floor = self.floors.len();
        let scale = if facts.series == "KXTRUMPCOUNTRIES" { 1.0 } else { 0.4 };
        let desks = self.desks(at, market, scale);
        let mood = Mood::new(&mut self.dice, at, 0.16, 5.0);
        self.floors.push(Floor { story, market, mood, desks, scale });
        self.agenda.add(facts.opens, Task::Open(floor));
        self.agenda.add(facts.end.closes, Task::Close(floor));
        self.agenda.add(facts.end.settles, Task::Settle(floor));
    }

    fn desks(&mut self, at: Timestamp, market: MarketId, scale: f64) -> Vec<Desk> {
        let dice = &mut self.dice;
        let makers = self.makers.iter().zip(MAKER_LAGS_DAYS);
        makers
            .map(|(&account, lag_days)| Desk {
                account,
                market,
                lag_days,
                half_spread: dice.between(0.5, 1.2) + if scale < 1.0 { 0.5 } else { 0.0 },
                size: scale * dice.between(0.7, 1.6),
                mood: Mood::new(dice, at, 0.05, 1.0),
                bids: Vec::new(),
                asks: Vec::new(),
            })
            .collect()
    }

    /// Opens a market: every maker quotes at once, and everybody who will trade is put on the agenda.
    fn open(
        &mut self,
        exchange: &mut Exchange,
        at: Timestamp,
        floor: usize,
        out: &mut Vec<Report>,
    ) {
        let story = Arc::clone(&self.story);
        let Some((market, facts)) = self
            .floors
            .get(floor)
            .and_then(|found| story.markets.get(found.story).map(|facts| (found.market, facts)))
        else {
            return;
        };
        exchange.set_status(at, market, MarketStatus::Active, out);
        for desk in 0..self.makers.len() {
            self.quote(exchange, at, (floor, desk), out);
        }
        self.agenda.add(at, Task::Noise(floor));
        self.agenda.add(at, Task::Value(floor));
        for event in
            story.events.iter().filter(|event| event.at > at && event.at < facts.end.closes)
        {
            if (facts.path.at(event.at) - facts.path.before(event.at)).abs() >= NEWS_MIN {
                for (who, mean) in INFORMED_DELAYS_DAYS.into_iter().enumerate() {
                    let delay = self.dice.waiting(mean);
                    self.agenda.add_after(event.at, delay, Task::React(floor, who));
                }
            }
        }
    }

    fn settle(
        &mut self,
        exchange: &mut Exchange,
        at: Timestamp,
        floor: usize,
        out: &mut Vec<Report>,
    ) {
        let Some(found) = self.floors.get(floor) else { return };
        if let Some(facts) = self.story.markets.get(found.story) {
            exchange.settle(at, found.market, facts.end.settlement(), out);
        }
    }

    fn quote(
        &mut self,
        exchange: &mut Exchange,
        at: Timestamp,
        (floor, desk): (usize, usize),
        out: &mut Vec<Report>,
    ) {
        let dice = &mut self.dice;
        let Some(found) = self.floors.get_mut(floor) else { return };
        let Some(facts) = trading(&self.story, exchange, found) else { return };
        let mood = found.mood.now(dice, at);
        if let Some(place) = found.desks.get_mut(desk) {
            let own = place.mood.now(dice, at);
            let fair = cents(heard(&facts.path, at, place.lag_days), mood + own);
            place.quote(exchange, dice, at, fair, out);
        }
        let wait = self.dice.waiting(QUOTE_DAYS);
        self.agenda.add_after(at, wait, Task::Quote(floor, desk));
    }

    /// Somebody without information takes what is there, or leaves an order for a while.
    fn noise(
        &mut self,
        exchange: &mut Exchange,
        at: Timestamp,
        floor: usize,
        out: &mut Vec<Report>,
    ) {
        let dice = &mut self.dice;
        let Some(found) = self.floors.get(floor) else { return };
        if trading(&self.story, exchange, found).is_none() {
            return;
        }
        let account = self.crowd.get(dice.below(CROWD)).copied();
        let side = if dice.chance(0.5) { Side::Bid } else { Side::Ask };
        let size = crowd_size(dice, found.scale);
        let market = found.market;
        let (takes, offset, days) =
            (dice.chance(0.65), dice.between(-1.0, 3.0).floor(), dice.between(0.2, 3.0));
        let reference = order::best(exchange, market, if takes { side.opposite() } else { side });
        let away = if takes { 1 } else { -rounded(offset) };
        let limit = reference.map(|cents| match side {
            Side::Bid => cents + away,
            Side::Ask => cents - away,
        });
        if let (Some(account), Some(price)) = (account, limit.and_then(order::price)) {
            let order = if takes {
                order::taking(account, market, side, price, size)
            } else {
                let expires = Some(task::after(at, days));
                order::resting(account, market, side, price, size, expires)
            };
            // A post-only order that would have taken is refused, and that is that.
            let _ = exchange.place(at, order, out);
        }
        let wait = self.dice.waiting(NOISE_DAYS / found.scale);
        self.agenda.add_after(at, wait, Task::Noise(floor));
    }

    /// Somebody looks whether the price is wrong, without any news.
    fn value(
        &mut self,
        exchange: &mut Exchange,
        at: Timestamp,
        floor: usize,
        out: &mut Vec<Report>,
    ) {
        let who = self.dice.below(INFORMED_DELAYS_DAYS.len());
        if self.trade_towards(exchange, at, floor, who, out) {
            let wait = self.dice.waiting(VALUE_DAYS);
            self.agenda.add_after(at, wait, Task::Value(floor));
        }
    }

    /// An informed trader takes what is wrong by more than he asks for. False when the market is over.
    fn trade_towards(
        &mut self,
        exchange: &mut Exchange,
        at: Timestamp,
        floor: usize,
        who: usize,
        out: &mut Vec<Report>,
    ) -> bool {
        const EDGE_CENTS: f64 = 2.5;
        let dice = &mut self.dice;
        let Some(found) = self.floors.get(floor) else { return false };
        let Some(facts) = trading(&self.story, exchange, found) else { return false };
        let value = 100.0 * facts.path.at(at) + dice.normal();
        let size = whole(found.scale * dice.between(60.0, 500.0));
        let buys = order::middle(exchange, found.market).is_none_or(|middle| middle < value);
        let (side, limit) = if buys {
            (Side::Bid, (value - EDGE_CENTS).floor())
        } else {
            (Side::Ask, (value + EDGE_CENTS).ceil())
        };
        if let (Some(&account), Some(price)) =
            (self.informed.get(who), order::price(rounded(limit).clamp(0, 100)))
        {
            let order = order::taking(account, found.market, side, price, size);
            let _ = exchange.place(at, order, out);
        }
        true
    }
}

/// The facts of a market while it trades.
fn trading<'a>(story: &'a Story, exchange: &Exchange, floor: &Floor) -> Option<&'a StoryMarket> {
    let open = exchange.listing(floor.market)?.status == MarketStatus::Active;
    story.markets.get(floor.story).filter(|_| open)
}

/// Mostly whole contracts, sometimes a part of one.
#[expect(clippy::cast_possible_truncation, reason = "sizes of some hundred contracts")]
fn crowd_size(dice: &mut Dice, scale: f64) -> Quantity {
    const LOT_E6: i64 = 10_000;
    let contracts = 1.0 + dice.waiting(55.0 * scale).min(800.0);
    if dice.chance(0.1) {
        Quantity::from_e6((contracts * 100.0) as i64 * LOT_E6)
    } else {
        whole(contracts)
    }
}

#[cfg(test)]
mod tests;
