//! [`World`]: the venue, its story and its other participants under one clock.

use std::sync::Arc;

use statecraft_domain::{MarketId, Settlement, Signal, Timestamp, Usd};
use statecraft_exchange::{AccountId, Exchange, Report};

use super::Flow;
use crate::simulator::story::{Story, StoryMarket};

/// A listed market.
#[derive(Debug, Clone)]
pub struct WorldMarket {
    /// The venue's id of it.
    pub id: MarketId,
    /// Index into [`Story::markets`].
    pub story: usize,
    /// How it ends, from the close on (Kalshi: determined); `None` before.
    pub determined: Option<(Timestamp, Settlement)>,
    /// When it was paid (Kalshi: finalized).
    pub settled: Option<Timestamp>,
}

/// Everything that goes on at the embedded venue.
#[derive(Debug)]
pub struct World {
    story: Arc<Story>,
    exchange: Exchange,
    flow: Flow,
    user: AccountId,
    now: Timestamp,
    markets: Vec<WorldMarket>,
    signals: Vec<Signal>,
}

impl World {
    /// Draws the story and opens the venue at the story's first instant, with books already quoted.
    #[must_use]
    pub fn new(seed: u64, user_cash: Usd) -> Self {
        let story = Arc::new(Story::draw(seed));
        let mut exchange = Exchange::new();
        let user = exchange.open_account(user_cash);
        let flow = Flow::new(Arc::clone(&story), seed, &mut exchange);
        let signals = story.events.iter().map(|event| event.signal.clone()).collect();
        let now = story.start();
        let mut world = Self { story, exchange, flow, user, now, markets: Vec::new(), signals };
        world.advance(now, &mut Vec::new());
        world
    }

    /// Lets time pass until `to` (the story's end at most, never back), and appends what happened at
    /// the venue. Markets listed meanwhile show up in [`World::markets`]; the news is in
    /// [`World::published`].
    pub fn advance(&mut self, to: Timestamp, out: &mut Vec<Report>) {
        let to = to.min(self.end()).max(self.now);
        let first = out.len();
        self.flow.advance(&mut self.exchange, self.now, to, out);
        self.now = to;
        for index in self.markets.len()..self.flow.floors.len() {
            if let Some(floor) = self.flow.floors.get(index) {
                let (id, story) = (floor.market, floor.story);
                self.markets.push(WorldMarket { id, story, determined: None, settled: None });
            }
        }
        for report in out.get(first..).unwrap_or_default() {
            if let Report::Settled { at, market, .. } = report {
                let found = self.markets.iter_mut().find(|listed| listed.id == *market);
                if let Some(listed) = found {
                    listed.settled = Some(*at);
                }
            }
        }
        self.determine();
    }

    /// From its close on, a market's result is known.
    fn determine(&mut self) {
        for listed in &mut self.markets {
            if let Some(facts) = self.story.markets.get(listed.story)
                && facts.end.closes <= self.now
            {
                listed.determined = Some((facts.end.closes, facts.end.settlement()));
            }
        }
    }

    /// Story time.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// The story's last instant: everything is paid.
    #[must_use]
    pub fn end(&self) -> Timestamp {
        self.story.end()
    }

    /// The account of whoever uses the venue: one like any other.
    #[must_use]
    pub const fn user_account(&self) -> AccountId {
        self.user
    }

    /// The venue.
    #[must_use]
    pub const fn exchange(&self) -> &Exchange {
        &self.exchange
    }

    /// The venue, to trade on it at [`World::now`].
    pub const fn exchange_mut(&mut self) -> &mut Exchange {
        &mut self.exchange
    }

    /// The story.
    #[must_use]
    pub fn story(&self) -> &Story {
        &self.story
    }

    /// The markets listed so far, in the order of their ids.
    #[must_use]
    pub fn markets(&self) -> &[WorldMarket] {
        &self.markets
    }

    /// What is known of a listed market from its listing on: titles, rules, times.
    #[must_use]
    pub fn facts(&self, market: MarketId) -> Option<&StoryMarket> {
        let listed = self.markets.iter().find(|listed| listed.id == market)?;
        self.story.markets.get(listed.story)
    }

    /// The news published after `from` and not after `to`, as far as time has come.
    #[must_use]
    pub fn published(&self, from: Timestamp, to: Timestamp) -> &[Signal] {
        let to = to.min(self.now);
        let first = self.signals.partition_point(|signal| signal.published <= from);
        let last = self.signals.partition_point(|signal| signal.published <= to);
        self.signals.get(first..last).unwrap_or_default()
    }

    /// All news so far but the first `skip`: what `GET /story/signals?after=<skip>` serves.
    #[must_use]
    pub fn published_after(&self, skip: usize) -> &[Signal] {
        self.published(Timestamp::from_nanos(i64::MIN), self.now).get(skip..).unwrap_or_default()
    }

    /// The latent probability of a market now: for tests and for people who ask afterwards.
    #[must_use]
    pub fn latent(&self, market: MarketId) -> Option<f64> {
        self.facts(market).map(|facts| facts.path.at(self.now))
    }
}
