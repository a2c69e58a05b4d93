//! [`Scene`]: which markets a world lists for the strategies it is given, and the frames that no venue of
//! good faith would send.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::json;
use statecraft_domain::fees::{KalshiFeeType, KalshiMember};
use statecraft_domain::{
    Book, ClientOrderId, FeeSchedule, Listing, MarketId, MarketStatus, OrderRequest, Price,
    Quantity, SelfTradePrevention, Side, StrategyId, TickGrid, TimeInForce, Timestamp, Venue,
};
use statecraft_engine::Strategy;
use statecraft_engine::config::{Decision, ModelSpec, TickerPattern};
use statecraft_exchange::venue::OrderRecord;

use super::dice::Dice;
use crate::journal::{Record, RunStarted};

/// Markets of a series or pattern.
const OF_A_SERIES: usize = 2;
/// 2 March 2026, a Monday, at noon UTC: no window of maintenance is near.
const BEGINS: i64 = 1_772_452_800_000_000_000;

/// See the module.
pub(super) struct Scene {
    /// The markets, in the order of their ids.
    pub(super) listings: Vec<Listing>,
    /// When it begins, nanoseconds since 1970.
    pub(super) began: i64,
    /// A strategy is sure to trade here all the time.
    pub(super) is_busy: bool,
    /// Price grids changed so far, and the step of each market that has a new one.
    changes: usize,
    steps: BTreeMap<MarketId, &'static str>,
}

/// The markets that these strategies mean.
pub(super) fn of(strategies: &[Strategy]) -> Scene {
    let mut tickers: Vec<(String, String)> = Vec::new();
    for strategy in strategies {
        for selector in strategy.markets.iter().filter(|one| one.venue == Venue::Kalshi) {
            let named: Vec<String> = match &selector.pattern {
                TickerPattern::Exact(ticker) => vec![ticker.clone()],
                TickerPattern::Series(series) => {
                    (1..=OF_A_SERIES).map(|number| format!("{series}-SIM-{number}")).collect()
                }
                TickerPattern::Glob(pattern) => (1..=OF_A_SERIES)
                    .map(|number| pattern.replace('*', &format!("SIM{number}")))
                    .collect(),
            };
            for ticker in named {
                if tickers.iter().all(|(known, _)| *known != ticker) {
                    tickers.push((ticker, strategy.event.clone()));
                }
            }
        }
    }
    let began = starts(strategies);
    let close = Timestamp::from_nanos(began + 400 * 86_400 * 1_000_000_000);
    let listings = tickers
        .into_iter()
        .map(|(ticker, event)| Listing {
            venue: Venue::Kalshi,
            series: ticker.split('-').next().unwrap_or_default().to_owned(),
            ticker,
            event,
            title: String::new(),
            grid: TickGrid::cents(),
            lot: Quantity::from_e6(10_000),
            close: Some(close),
            fees: FeeSchedule::kalshi(KalshiFeeType::Quadratic, 1_000_000, KalshiMember::Direct),
            status: MarketStatus::Active,
        })
        .collect();
    let is_busy = strategies.iter().any(|strategy| {
        matches!(strategy.decision, Decision::Threshold(_))
            && matches!(strategy.model, ModelSpec::Constant { .. })
    });
    Scene { listings, began, is_busy, changes: 0, steps: BTreeMap::new() }
}

/// A hazard model's window decides what year it is.
fn starts(strategies: &[Strategy]) -> i64 {
    let windows = strategies.iter().filter_map(|strategy| match &strategy.model {
        ModelSpec::Hazard(hazard) => Some(hazard.window_start.nanos()),
        ModelSpec::Constant { .. } | ModelSpec::Market | ModelSpec::External { .. } => None,
    });
    windows.max().map_or(BEGINS, |start| start.max(BEGINS))
}

impl Scene {
    pub(super) fn ticker(&self, market: MarketId) -> String {
        self.listings.get(market.index()).map(|one| one.ticker.clone()).unwrap_or_default()
    }

    /// A market's price grid becomes another one: finer than the usual, and never the last one.
    pub(super) fn tick_change(&mut self, market: MarketId) -> Bytes {
        self.changes += 1;
        let mut step = ["0.0050", "0.0020", "0.0010"][self.changes % 3];
        // What a market has already is no change: its book goes on.
        if self.steps.get(&market) == Some(&step) {
            self.changes += 1;
            step = ["0.0050", "0.0020", "0.0010"][self.changes % 3];
        }
        self.steps.insert(market, step);
        let frame = json!({
            "type": "market_lifecycle_v2",
            "sid": 0,
            "msg": {
                "market_ticker": self.ticker(market),
                "event_type": "price_level_structure_updated",
                "price_level_structure": "simulated",
                "price_ranges": [{ "start": "0.0000", "end": "1.0000", "step": step }],
            },
        });
        Bytes::from(frame.to_string())
    }

    /// A fill that the venue's ledger does not know.
    pub(super) fn ghost_fill(&self, record: &OrderRecord, now: i64) -> Option<Bytes> {
        let order = &record.order;
        let (outcome, book) = match order.side {
            Side::Bid => ("yes", "bid"),
            Side::Ask => ("no", "ask"),
        };
        let frame = json!({
            "type": "fill",
            "sid": 0,
            "msg": {
                "trade_id": format!("ghost-{now}"),
                "order_id": format!("ghost-order-{}", record.key.0),
                "client_order_id": order.client_id.clone()?,
                "market_ticker": self.ticker(order.market),
                "exchange_index": 0,
                "is_taker": false,
                "side": "yes",
                "action": if order.side == Side::Bid { "buy" } else { "sell" },
                "outcome_side": outcome,
                "book_side": book,
                "purchased_side": outcome,
                "yes_price_dollars": order.price.to_string(),
                "count_fp": "1.00",
                "fee_cost": "0.000000",
                "post_position_fp": "1.00",
                "ts": now / 1_000_000_000,
                "ts_ms": now / 1_000_000,
            },
        });
        Some(Bytes::from(frame.to_string()))
    }
}

/// A delta that makes its book cross itself.
pub(super) fn crossing(bytes: &Bytes) -> Option<Bytes> {
    let text = std::str::from_utf8(bytes).ok()?;
    let frame: serde_json::Value = serde_json::from_str(text).ok()?;
    let message = &frame["msg"];
    let text = text.replacen(
        &format!(r#""price_dollars":{}"#, message["price_dollars"]),
        r#""price_dollars":"0.9900""#,
        1,
    );
    let text =
        text.replacen(&format!(r#""delta_fp":{}"#, message["delta_fp"]), r#""delta_fp":"7.00""#, 1);
    Some(Bytes::from(text))
}

/// A small order that rests behind the best price.
pub(super) fn resting(
    id: ClientOrderId,
    market: MarketId,
    book: Option<&Book>,
    now: i64,
    dice: &mut Dice,
) -> Option<OrderRequest> {
    let book = book?;
    let side = if dice.chance(0.5) { Side::Bid } else { Side::Ask };
    let price = match side {
        Side::Bid => book.best_bid()?.price.e4().checked_sub(100)?,
        Side::Ask => book.best_ask()?.price.e4().checked_add(100)?,
    };
    let expires = now / 1_000_000_000 + 120 + i64::try_from(dice.below(600)).unwrap_or(0);
    Some(OrderRequest {
        id,
        strategy: StrategyId(0),
        market,
        side,
        price: Price::from_e4(price).filter(|price| price.is_inside())?,
        quantity: Quantity::from_contracts(1 + i32::try_from(dice.below(3)).unwrap_or(0)),
        time_in_force: TimeInForce::GoodTilCancelled {
            expires: Some(Timestamp::from_secs(expires)),
        },
        post_only: true,
        reduce_only: false,
        self_trade_prevention: SelfTradePrevention::CancelTaker,
        decided_at: Timestamp::from_nanos(now),
    })
}

/// A small order that takes what is offered.
pub(super) fn taking(
    id: ClientOrderId,
    market: MarketId,
    book: Option<&Book>,
    now: i64,
    dice: &mut Dice,
) -> Option<OrderRequest> {
    let resting = resting(id, market, book, now, dice)?;
    let price = match resting.side {
        Side::Bid => book?.best_ask()?.price,
        Side::Ask => book?.best_bid()?.price,
    };
    let time_in_force = TimeInForce::ImmediateOrCancel;
    Some(OrderRequest { price, time_in_force, post_only: false, ..resting })
}

/// The first record of a run.
pub(super) fn run_started(names: &[String], at: Timestamp) -> Record {
    Record::RunStarted(RunStarted {
        at,
        strategies: names.to_vec(),
        config_hash: String::new(),
        mode: "paper".to_owned(),
        endpoint: "simulation".to_owned(),
        version: String::new(),
        hashes: Vec::new(),
        lineages: Vec::new(),
    })
}
