//! [`Crowd`]: the other participants of the simulated venue. A maker quotes around a price that wanders, a
//! taker meets the quotes; both are seeded.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use statecraft_domain::order::SelfTradePrevention;
use statecraft_domain::{
    MarketId, MarketStatus, Price, Quantity, Side, Signal, TimeInForce, Timestamp, Usd,
};
use statecraft_exchange::{AccountId, Exchange, NewOrder, OrderKey, Report};

use super::dice::Dice;
use crate::simulator::{ExchangeHost, Step};

/// Quotes on each side of each market.
const SLOTS: usize = 4;
/// Mean seconds between two acts in a market.
const PACE_SECS: f64 = 3.0;

/// One market's quotes.
#[derive(Debug)]
struct Stall {
    market: MarketId,
    /// Where the price is, in cents.
    fair: i32,
    next: i64,
    slots: Vec<(Side, i32, Option<OrderKey>)>,
}

/// See the module.
pub(super) struct Crowd {
    exchange: Exchange,
    user: AccountId,
    maker: AccountId,
    taker: AccountId,
    now: Timestamp,
    stalls: Vec<Stall>,
    dice: Dice,
    quiet: Arc<AtomicBool>,
    inbox: Receiver<Step>,
}

/// What steers a crowd from outside.
pub(super) struct Reins {
    /// Something to be done to the exchange at its next advance.
    pub(super) steps: Sender<Step>,
    /// Nobody trades while this is set.
    pub(super) quiet: Arc<AtomicBool>,
}

impl Crowd {
    /// A venue with these markets, quoted, at `now`.
    pub(super) fn new(
        mut exchange: Exchange,
        markets: &[MarketId],
        user: AccountId,
        seed: u64,
        now: Timestamp,
    ) -> (Self, Reins) {
        let mut dice = Dice::new(seed, 2);
        let maker = exchange.open_account(Usd::from_dollars(10_000_000));
        let taker = exchange.open_account(Usd::from_dollars(10_000_000));
        let stalls = markets
            .iter()
            .map(|market| {
                let sides = [Side::Bid, Side::Ask];
                let slots = sides.iter().flat_map(|side| {
                    (0..SLOTS).map(|depth| (*side, i32::try_from(depth).unwrap_or(0), None))
                });
                Stall {
                    market: *market,
                    fair: 35 + i32::try_from(dice.below(30)).unwrap_or(0),
                    next: now.nanos(),
                    slots: slots.collect(),
                }
            })
            .collect();
        let (steps, inbox) = channel();
        let quiet = Arc::new(AtomicBool::new(false));
        let reins = Reins { steps, quiet: Arc::clone(&quiet) };
        let mut crowd = Self { exchange, user, maker, taker, now, stalls, dice, quiet, inbox };
        for stall in 0..crowd.stalls.len() {
            for slot in 0..2 * SLOTS {
                crowd.requote(stall, slot, now, &mut Vec::new());
            }
        }
        (crowd, reins)
    }

    fn act(&mut self, index: usize, at: Timestamp, out: &mut Vec<Report>) {
        let roll = self.dice.below(100);
        let Some(stall) = self.stalls.get_mut(index) else { return };
        if roll < 35 {
            let pull = (50 - stall.fair) / 8;
            let step = i32::try_from(self.dice.below(7)).unwrap_or(3) - 3;
            stall.fair = (stall.fair + step + pull).clamp(8, 92);
        } else if roll < 70 {
            let slot = self.dice.below(2 * SLOTS);
            self.requote(index, slot, at, out);
        } else {
            self.take(index, at, out);
        }
    }

    /// Moves one quote to where it should be now.
    fn requote(&mut self, index: usize, slot: usize, at: Timestamp, out: &mut Vec<Report>) {
        let Some(stall) = self.stalls.get_mut(index) else { return };
        let (market, fair) = (stall.market, stall.fair);
        let Some((side, depth, held)) = stall.slots.get_mut(slot) else { return };
        let (side, depth) = (*side, *depth);
        if let Some(key) = held.take() {
            // It may have traded or ended meanwhile.
            let _ = self.exchange.cancel(at, self.maker, key, out);
        }
        let cents = match side {
            Side::Bid => fair - 1 - depth,
            Side::Ask => fair + 1 + depth,
        };
        let quantity =
            Quantity::from_contracts(4 + i32::try_from(self.dice.below(30)).unwrap_or(0));
        let placed = order(self.maker, market, side, cents, quantity, true)
            .and_then(|order| self.exchange.place(at, order, out).ok());
        let rests =
            placed.filter(|placed| placed.remaining.is_positive()).map(|placed| placed.order);
        if let Some(slot) = self.stalls.get_mut(index).and_then(|stall| stall.slots.get_mut(slot)) {
            slot.2 = rests;
        }
    }

    /// Somebody meets the quotes, sometimes deep.
    fn take(&mut self, index: usize, at: Timestamp, out: &mut Vec<Report>) {
        let Some(stall) = self.stalls.get(index) else { return };
        let (market, fair) = (stall.market, stall.fair);
        let side = if self.dice.chance(0.5) { Side::Bid } else { Side::Ask };
        let reach = 1 + i32::try_from(self.dice.below(4)).unwrap_or(0);
        let cents = match side {
            Side::Bid => fair + reach,
            Side::Ask => fair - reach,
        };
        let quantity =
            Quantity::from_contracts(1 + i32::try_from(self.dice.below(25)).unwrap_or(0));
        if let Some(order) = order(self.taker, market, side, cents, quantity, false) {
            let _ = self.exchange.place(at, order, out);
        }
    }
}

fn order(
    account: AccountId,
    market: MarketId,
    side: Side,
    cents: i32,
    quantity: Quantity,
    rests: bool,
) -> Option<NewOrder> {
    let price = Price::from_cents(u16::try_from(cents.clamp(1, 99)).ok()?)?;
    let time_in_force = if rests {
        TimeInForce::GoodTilCancelled { expires: None }
    } else {
        TimeInForce::ImmediateOrCancel
    };
    Some(NewOrder {
        account,
        client_id: None,
        market,
        side,
        price,
        quantity,
        time_in_force,
        post_only: rests,
        reduce_only: false,
        self_trade_prevention: SelfTradePrevention::CancelTaker,
        cancel_on_pause: false,
    })
}

impl ExchangeHost for Crowd {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn end(&self) -> Option<Timestamp> {
        None
    }

    fn advance(&mut self, to: Timestamp, out: &mut Vec<Report>) {
        while let Ok(step) = self.inbox.try_recv() {
            step(&mut self.exchange, self.now, out);
        }
        for index in 0..self.stalls.len() {
            while let Some(next) = self.stalls.get(index).map(|stall| stall.next)
                && next <= to.nanos()
            {
                let market = self.stalls.get(index).map(|stall| stall.market);
                let open = market
                    .and_then(|market| self.exchange.listing(market))
                    .is_some_and(|listing| listing.status == MarketStatus::Active);
                if open && !self.quiet.load(Ordering::Relaxed) {
                    self.act(index, Timestamp::from_nanos(next), out);
                }
                let wait = self.dice.waiting(PACE_SECS).max(1);
                if let Some(stall) = self.stalls.get_mut(index) {
                    stall.next = next + wait;
                }
            }
        }
        self.exchange.expire(to, out);
        self.now = self.now.max(to);
    }

    fn user(&self) -> AccountId {
        self.user
    }

    fn exchange(&self) -> &Exchange {
        &self.exchange
    }

    fn exchange_mut(&mut self) -> &mut Exchange {
        &mut self.exchange
    }

    fn signals(&self, _after: Timestamp, _until: Timestamp) -> Vec<Signal> {
        Vec::new()
    }
}
