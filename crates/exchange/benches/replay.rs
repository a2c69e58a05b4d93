//! What a recorded event costs the replay venue, and an order the whole venue.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "../tests/support/stream.rs"]
mod stream;

use divan::counter::ItemsCount;
use statecraft_domain::event::{BookChanged, LevelChange, MarketListed, Traded};
use statecraft_domain::{
    ClientOrderId, Event, FeeSchedule, Listing, MarketId, MarketStatus, OrderRequest, Price,
    Quantity, SelfTradePrevention, Side, StrategyId, TickGrid, TimeInForce, Timestamp, Usd, Venue,
};
use statecraft_exchange::replay::{ReplayRules, ReplayVenue};
use statecraft_exchange::{Exchange, NewOrder};

const MARKET: MarketId = MarketId(0);
const DELTAS: u64 = 500_000;
const GTC: TimeInForce = TimeInForce::GoodTilCancelled { expires: None };

fn main() {
    divan::main();
}

fn listing() -> Listing {
    Listing {
        venue: Venue::File,
        ticker: String::new(),
        event: String::new(),
        series: String::new(),
        title: String::new(),
        grid: TickGrid::cents(),
        lot: Quantity::from_contracts(1),
        close: None,
        fees: FeeSchedule::free(),
        status: MarketStatus::Active,
    }
}

fn events() -> Vec<Event> {
    let mut events = Vec::new();
    stream::generate(DELTAS, |row| {
        let (at, market) = (Timestamp::from_nanos(row.nanos), MARKET);
        let price = Price::from_cents(row.cents).unwrap();
        let quantity = Quantity::from_contracts(row.contracts);
        let side = if row.bid { Side::Bid } else { Side::Ask };
        let change = LevelChange::To(quantity);
        events.push(if row.trade {
            Event::Traded(Traded { at, venue_at: at, market, taker: side, price, quantity })
        } else {
            Event::BookChanged(BookChanged { at, venue_at: at, market, side, price, change })
        });
    });
    events
}

fn venue() -> ReplayVenue {
    let rules = ReplayRules { cash: Usd::from_dollars(10_000), own_impact: false };
    let mut venue = ReplayVenue::new(rules);
    let at = Timestamp::EPOCH;
    let listed = MarketListed { at, market: MARKET, listing: listing() };
    venue.observe(&Event::MarketListed(Box::new(listed)), &mut Vec::new());
    venue
}

/// Events of the benchmark stream with this many orders resting far from the touch.
#[divan::bench(args = [0, 2])]
fn observe(bencher: divan::Bencher<'_, '_>, resting: u64) {
    let events = events();
    bencher
        .counter(ItemsCount::new(events.len()))
        .with_inputs(|| {
            let mut venue = venue();
            for sequence in 1..=resting {
                let order = OrderRequest {
                    id: ClientOrderId { lineage: 1, sequence },
                    strategy: StrategyId(0),
                    market: MARKET,
                    side: Side::Bid,
                    price: Price::from_cents(1).unwrap(),
                    quantity: Quantity::from_contracts(1),
                    time_in_force: GTC,
                    post_only: true,
                    reduce_only: false,
                    self_trade_prevention: SelfTradePrevention::CancelTaker,
                    decided_at: Timestamp::EPOCH,
                };
                venue.submit(Timestamp::EPOCH, &order, &mut Vec::new());
            }
            venue
        })
        .bench_local_values(|mut venue| {
            let mut out = Vec::new();
            for event in &events {
                venue.observe(event, &mut out);
            }
            (venue, out)
        });
}

/// Orders of two accounts around fifty cents; half of them trade.
#[divan::bench]
fn place(bencher: divan::Bencher<'_, '_>) {
    const ORDERS: u64 = 20_000;
    bencher
        .counter(ItemsCount::new(ORDERS))
        .with_inputs(|| {
            let mut exchange = Exchange::new();
            let cash = Usd::from_dollars(100_000_000);
            let accounts = [exchange.open_account(cash), exchange.open_account(cash)];
            exchange.list(listing());
            (exchange, accounts)
        })
        .bench_local_values(|(mut exchange, accounts)| {
            let mut out = Vec::new();
            for n in 0..ORDERS {
                let side = if n % 2 == 0 { Side::Bid } else { Side::Ask };
                let wobble = u16::try_from(n * 7 % 11).unwrap();
                let order = NewOrder {
                    account: accounts[usize::try_from(n % 2).unwrap()],
                    client_id: Some(n.to_string()),
                    market: MARKET,
                    side,
                    price: Price::from_cents(45 + wobble).unwrap(),
                    quantity: Quantity::from_contracts(10),
                    time_in_force: GTC,
                    post_only: false,
                    reduce_only: false,
                    self_trade_prevention: SelfTradePrevention::CancelTaker,
                    cancel_on_pause: false,
                };
                exchange.place(Timestamp::EPOCH, order, &mut out).unwrap();
                out.clear();
            }
            exchange
        });
}
