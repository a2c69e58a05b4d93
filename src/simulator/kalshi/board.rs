//! [`Board`]: what a venue remembers of one market's public life beyond its book: trades, volumes,
//! open interest, candles.

use std::collections::{BTreeMap, VecDeque};

use statecraft_domain::{Book, MarketStatus, Price, Quantity, Side, Timestamp, Usd};
use statecraft_exchange::AccountId;
use statecraft_exchange::venue::TradeKey;

/// Trades kept for queries.
const TRADES_KEPT: usize = 20_000;
/// One-minute candles kept: a week.
const CANDLES_KEPT: usize = 10_080;

/// A public trade.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PublicTrade {
    pub(crate) key: TradeKey,
    pub(crate) at: Timestamp,
    pub(crate) taker: Side,
    pub(crate) price: Price,
    pub(crate) quantity: Quantity,
}

/// Best prices; a missing bid is zero, a missing ask one dollar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quote {
    pub(crate) bid: Price,
    pub(crate) bid_size: Quantity,
    pub(crate) ask: Price,
    pub(crate) ask_size: Quantity,
}

impl Quote {
    pub(crate) const NONE: Self = Self {
        bid: Price::ZERO,
        bid_size: Quantity::ZERO,
        ask: Price::ONE,
        ask_size: Quantity::ZERO,
    };

    pub(crate) fn of(book: Option<&Book>) -> Self {
        let Some(book) = book else { return Self::NONE };
        let mut quote = Self::NONE;
        if let Some(level) = book.best_bid() {
            (quote.bid, quote.bid_size) = (level.price, level.quantity);
        }
        if let Some(level) = book.best_ask() {
            (quote.ask, quote.ask_size) = (level.price, level.quantity);
        }
        quote
    }
}

/// First, lowest, highest, last.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) open: Price,
    pub(crate) low: Price,
    pub(crate) high: Price,
    pub(crate) close: Price,
}

impl Span {
    const fn at(price: Price) -> Self {
        Self { open: price, low: price, high: price, close: price }
    }

    fn add(&mut self, price: Price) {
        self.low = self.low.min(price);
        self.high = self.high.max(price);
        self.close = price;
    }

    fn join(&mut self, later: &Self) {
        self.low = self.low.min(later.low);
        self.high = self.high.max(later.high);
        self.close = later.close;
    }
}

/// What happened in one period. The period that ends at `end_secs` includes its end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candle {
    pub(crate) end_secs: i64,
    pub(crate) bid: Span,
    pub(crate) ask: Span,
    pub(crate) traded: Option<Span>,
    pub(crate) volume: Quantity,
    /// Sum of price times size, for the mean.
    pub(crate) turnover: Usd,
    pub(crate) open_interest: Quantity,
}

impl Candle {
    fn join(&mut self, later: &Self) {
        self.bid.join(&later.bid);
        self.ask.join(&later.ask);
        self.traded = match (self.traded, later.traded) {
            (Some(mut span), Some(other)) => {
                span.join(&other);
                Some(span)
            }
            (one, other) => one.or(other),
        };
        self.volume += later.volume;
        self.turnover += later.turnover;
        self.open_interest = later.open_interest;
    }
}

#[derive(Debug, Clone, Copy)]
struct Hour {
    number: i64,
    volume: Quantity,
    quote: Quote,
    last: Price,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Board {
    pub(crate) status: MarketStatus,
    pub(crate) quote: Quote,
    pub(crate) last: Option<PublicTrade>,
    pub(crate) volume: Quantity,
    pub(crate) dollar_volume: Usd,
    pub(crate) open_interest: Quantity,
    pub(crate) updated: Timestamp,
    pub(crate) settled: Option<Timestamp>,
    /// The result is known and was told.
    pub(crate) determined: bool,
    pub(crate) opened: Timestamp,
    trades: VecDeque<PublicTrade>,
    candles: VecDeque<Candle>,
    hours: VecDeque<Hour>,
    holdings: BTreeMap<AccountId, Quantity>,
}

impl Board {
    pub(crate) fn new(status: MarketStatus, quote: Quote, at: Timestamp) -> Self {
        Self {
            status,
            quote,
            last: None,
            volume: Quantity::ZERO,
            dollar_volume: Usd::ZERO,
            open_interest: Quantity::ZERO,
            updated: at,
            settled: None,
            determined: false,
            opened: at,
            trades: VecDeque::new(),
            candles: VecDeque::new(),
            hours: VecDeque::new(),
            holdings: BTreeMap::new(),
        }
    }

    /// A public trade.
    pub(crate) fn trade(&mut self, trade: PublicTrade) {
        self.last = Some(trade);
        self.volume += trade.quantity;
        self.dollar_volume += trade.price.times(trade.quantity);
        self.updated = trade.at;
        self.trades.push_back(trade);
        if self.trades.len() > TRADES_KEPT {
            self.trades.pop_front();
        }
        self.hour(trade.at).volume += trade.quantity;
        let open_interest = self.open_interest;
        let candle = self.candle(trade.at);
        candle.volume += trade.quantity;
        candle.turnover += trade.price.times(trade.quantity);
        candle.open_interest = open_interest;
        match &mut candle.traded {
            Some(span) => span.add(trade.price),
            none => *none = Some(Span::at(trade.price)),
        }
    }

    /// An account's position after a fill: open interest is the sum of all YES positions.
    pub(crate) fn holding(&mut self, account: AccountId, after: Quantity) {
        let long = |quantity: Quantity| quantity.max(Quantity::ZERO);
        let before = self.holdings.insert(account, after).unwrap_or_default();
        self.open_interest += long(after) - long(before);
    }

    /// The best prices now; says whether they changed.
    pub(crate) fn requote(&mut self, at: Timestamp, quote: Quote) -> bool {
        if quote == self.quote {
            return false;
        }
        self.quote = quote;
        self.updated = at;
        let candle = self.candle(at);
        candle.bid.add(quote.bid);
        candle.ask.add(quote.ask);
        let last = self.last_price();
        let hour = self.hour(at);
        hour.quote = quote;
        hour.last = last;
        true
    }

    /// Last traded price; zero if there was no trade.
    pub(crate) fn last_price(&self) -> Price {
        self.last.map_or(Price::ZERO, |trade| trade.price)
    }

    /// Trades, newest first.
    pub(crate) fn trades(&self) -> impl Iterator<Item = &PublicTrade> {
        self.trades.iter().rev()
    }

    /// Contracts traded in the last 24 hours, by whole hours.
    pub(crate) fn volume_24h(&self, now: Timestamp) -> Quantity {
        let first = now.secs().div_euclid(3_600) - 23;
        self.hours.iter().filter(|hour| hour.number >= first).map(|hour| hour.volume).sum()
    }

    /// Quote and last price a day ago (or the oldest known).
    pub(crate) fn day_before(&self, now: Timestamp) -> (Quote, Price) {
        let wanted = now.secs().div_euclid(3_600) - 24;
        let hour = self.hours.iter().rev().find(|hour| hour.number <= wanted);
        hour.or(self.hours.front())
            .map_or((Quote::NONE, Price::ZERO), |hour| (hour.quote, hour.last))
    }

    /// Candles of `minutes` whose end lies in `start..=end` (Unix seconds), oldest first.
    pub(crate) fn candles(&self, minutes: i64, start: i64, end: i64) -> Vec<Candle> {
        let period = minutes * 60;
        let mut joined: Vec<Candle> = Vec::new();
        for minute in &self.candles {
            let end_secs = ceil_to(minute.end_secs, period);
            if end_secs < start || end_secs > end {
                continue;
            }
            match joined.last_mut() {
                Some(candle) if candle.end_secs == end_secs => candle.join(minute),
                _ => joined.push(Candle { end_secs, ..*minute }),
            }
        }
        joined
    }

    fn candle(&mut self, at: Timestamp) -> &mut Candle {
        let end_secs = ceil_to(at.nanos().div_euclid(1_000_000_000), 60);
        let newest = self.candles.back().map(|candle| candle.end_secs);
        if newest.is_none_or(|newest| newest < end_secs) {
            if self.candles.len() >= CANDLES_KEPT {
                self.candles.pop_front();
            }
            self.candles.push_back(Candle {
                end_secs,
                bid: Span::at(self.quote.bid),
                ask: Span::at(self.quote.ask),
                traded: None,
                volume: Quantity::ZERO,
                turnover: Usd::ZERO,
                open_interest: self.open_interest,
            });
        }
        let last = self.candles.len() - 1;
        &mut self.candles[last]
    }

    fn hour(&mut self, at: Timestamp) -> &mut Hour {
        let number = at.secs().div_euclid(3_600);
        if self.hours.back().is_none_or(|hour| hour.number < number) {
            let last = self.last_price();
            self.hours.push_back(Hour { number, volume: Quantity::ZERO, quote: self.quote, last });
            while self.hours.len() > 48 {
                self.hours.pop_front();
            }
        }
        let last = self.hours.len() - 1;
        &mut self.hours[last]
    }
}

fn ceil_to(value: i64, step: i64) -> i64 {
    value.div_euclid(step) * step + if value.rem_euclid(step) == 0 { 0 } else { step }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trade(at: i64, cents: u16, contracts: i32) -> PublicTrade {
        PublicTrade {
            key: TradeKey(1),
            at: Timestamp::from_secs(at),
            taker: Side::Bid,
            price: Price::from_cents(cents).unwrap(),
            quantity: Quantity::from_contracts(contracts),
        }
    }

    #[test]
    fn minutes_join_into_hours() {
        let mut board = Board::new(MarketStatus::Active, Quote::NONE, Timestamp::EPOCH);
        for (at, cents) in [(30, 40), (60, 45), (61, 30), (3_600, 35), (3_601, 50)] {
            board.trade(trade(at, cents, 2));
        }
        let minutes = board.candles(1, 0, 10_000);
        assert_eq!(minutes.len(), 4, "the trade at second 60 belongs to the first minute");
        let hours = board.candles(60, 0, 10_000);
        assert_eq!(hours.len(), 2);
        let first = hours[0].traded.unwrap();
        let cents = [first.open, first.low, first.high, first.close].map(|price| price.e4() / 100);
        assert_eq!(cents, [40, 30, 45, 35]);
        assert_eq!(hours[0].volume, Quantity::from_contracts(8));
    }

    #[test]
    fn a_day_of_volume_forgets_the_day_before() {
        let mut board = Board::new(MarketStatus::Active, Quote::NONE, Timestamp::EPOCH);
        board.trade(trade(0, 40, 5));
        board.trade(trade(90_000, 41, 7));
        assert_eq!(board.volume_24h(Timestamp::from_secs(90_000)), Quantity::from_contracts(7));
        assert_eq!(board.volume, Quantity::from_contracts(12));
    }

    #[test]
    fn open_interest_counts_long_positions() {
        let mut board = Board::new(MarketStatus::Active, Quote::NONE, Timestamp::EPOCH);
        board.holding(AccountId(0), Quantity::from_contracts(5));
        board.holding(AccountId(1), Quantity::from_contracts(-5));
        assert_eq!(board.open_interest, Quantity::from_contracts(5));
        board.holding(AccountId(0), Quantity::from_contracts(-1));
        board.holding(AccountId(1), Quantity::from_contracts(1));
        assert_eq!(board.open_interest, Quantity::from_contracts(1));
    }
}
