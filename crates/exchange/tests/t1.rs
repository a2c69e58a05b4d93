//! Strategy T1 of the benchmarks, replayed event by event: the fills must be the oracle's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

#[path = "support/stream.rs"]
mod stream;

use std::time::Instant;

use statecraft_domain::event::{BookChanged, LevelChange, MarketListed, Traded};
use statecraft_domain::{
    ClientOrderId, Event, FeeSchedule, Listing, MarketId, MarketStatus, OrderRequest, Price,
    Quantity, SelfTradePrevention, Side, StrategyId, TickGrid, TimeInForce, Timestamp, Usd, Venue,
};
use statecraft_exchange::replay::{ReplayRules, ReplayVenue};
use stream::Row;

const MARKET: MarketId = MarketId(0);
const COOLDOWN: i64 = 1_000_000_000;
const LATENCY: i64 = 50_000_000;

fn listed() -> Event {
    Event::MarketListed(Box::new(MarketListed {
        at: Timestamp::EPOCH,
        market: MARKET,
        listing: Listing {
            venue: Venue::File,
            ticker: "T1".to_owned(),
            event: String::new(),
            series: String::new(),
            title: String::new(),
            grid: TickGrid::cents(),
            lot: Quantity::from_contracts(1),
            close: None,
            fees: FeeSchedule::free(),
            status: MarketStatus::Active,
        },
    }))
}

fn event(row: Row) -> Event {
    let at = Timestamp::from_nanos(row.nanos);
    let price = Price::from_cents(row.cents).unwrap();
    let quantity = Quantity::from_contracts(row.contracts);
    let side = if row.bid { Side::Bid } else { Side::Ask };
    if row.trade {
        let (venue_at, market, taker) = (at, MARKET, side);
        return Event::Traded(Traded { at, venue_at, market, taker, price, quantity });
    }
    let change = LevelChange::To(quantity);
    Event::BookChanged(BookChanged { at, venue_at: at, market: MARKET, side, price, change })
}

/// The strategy: its own view of the book, one order at a time, fifty milliseconds to the venue.
struct T1 {
    venue: ReplayVenue,
    book: statecraft_domain::Book,
    rows: u64,
    last: i64,
    pending: Option<(i64, OrderRequest)>,
    orders: u64,
    fills: u64,
    contracts: Quantity,
    position: Quantity,
    cash: Usd,
    out: Vec<Event>,
}

impl T1 {
    fn new() -> Self {
        let rules = ReplayRules { cash: Usd::from_dollars(100_000), own_impact: false };
        let mut venue = ReplayVenue::new(rules);
        venue.observe(&listed(), &mut Vec::new());
        Self {
            venue,
            book: statecraft_domain::Book::new(),
            rows: 0,
            last: 0,
            pending: None,
            orders: 0,
            fills: 0,
            contracts: Quantity::ZERO,
            position: Quantity::ZERO,
            cash: Usd::ZERO,
            out: Vec::new(),
        }
    }

    fn row(&mut self, row: Row) {
        if let Some((_, order)) = self.pending.take_if(|(arrival, _)| row.nanos >= *arrival) {
            let at = Timestamp::from_nanos(order.decided_at.nanos() + LATENCY);
            self.venue.submit(at, &order, &mut self.out);
            self.learn();
        }
        let event = event(row);
        self.venue.observe(&event, &mut self.out);
        assert!(self.out.is_empty(), "nothing rests, so nothing happens: {:?}", self.out);
        if let Event::BookChanged(change) = event {
            self.book.apply(change.side, change.price, change.change).unwrap();
            self.rows += 1;
            self.decide(row.nanos);
        }
    }

    fn learn(&mut self) {
        for event in self.out.drain(..) {
            match event {
                Event::OrderFilled(filled) => {
                    let fill = filled.fill;
                    self.fills += 1;
                    self.contracts += fill.quantity;
                    let value = fill.price.times(fill.quantity);
                    let buys = fill.side == Side::Bid;
                    self.position += if buys { fill.quantity } else { -fill.quantity };
                    self.cash += if buys { -value } else { value };
                }
                Event::OrderAccepted(_) | Event::OrderClosed(_) => {}
                other => panic!("unexpected {other:?}"),
            }
        }
    }

    fn decide(&mut self, nanos: i64) {
        let limit = Quantity::from_contracts(990);
        if self.rows <= 60 || self.pending.is_some() || nanos - self.last < COOLDOWN {
            return;
        }
        let (bid, ask) = (self.book.best_bid().unwrap(), self.book.best_ask().unwrap());
        let (side, price) = if ask.price.e4() <= 4_700 && self.position <= limit {
            (Side::Bid, ask.price)
        } else if bid.price.e4() >= 5_300 && self.position >= -limit {
            (Side::Ask, bid.price)
        } else {
            return;
        };
        self.orders += 1;
        self.last = nanos;
        let order = OrderRequest {
            id: ClientOrderId { lineage: 1, sequence: self.orders },
            strategy: StrategyId(0),
            market: MARKET,
            side,
            price,
            quantity: Quantity::from_contracts(10),
            time_in_force: TimeInForce::ImmediateOrCancel,
            post_only: false,
            reduce_only: false,
            self_trade_prevention: SelfTradePrevention::CancelTaker,
            decided_at: Timestamp::from_nanos(nanos),
        };
        self.pending = Some((nanos + LATENCY, order));
    }
}

#[test]
fn t1_gives_the_fills_of_the_oracle() {
    let mut rows = Vec::new();
    stream::generate(2_000_000, |row| rows.push(row));
    assert_eq!(rows.len(), 2_097_093);
    let mut t1 = T1::new();
    let start = Instant::now();
    for &row in &rows {
        t1.row(row);
    }
    let per_event = start.elapsed().as_nanos() / rows.len() as u128;
    eprintln!("T1 with its own book: {per_event} ns an event");
    assert_eq!((t1.orders, t1.fills), (24_458, 23_546));
    assert_eq!(t1.contracts, Quantity::from_contracts(234_020));
    assert_eq!(t1.position, Quantity::from_contracts(-994));
    assert_eq!(t1.cash, "18766.92".parse().unwrap());
    // The account pays 1 - p for a NO where the oracle books a short sale at p: a dollar a contract.
    let account = t1.venue.account();
    assert_eq!(account.quantity(MARKET), t1.position);
    let short = Usd::from_dollars(994);
    assert_eq!(account.cash, Usd::from_dollars(100_000) + t1.cash - short);
    assert_eq!(account.paid_in(), Usd::from_dollars(100_000));
}
