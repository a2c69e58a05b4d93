//! Cancels everything at the venue until it reports no open order in two rounds. Needs a client and
//! nothing else: no engine, no journal, no lock. For a kill, from inside the bot or without it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::venue::kalshi::rest::{KalshiRest, OrderFilter, RestError};
use crate::venue::kalshi::wire::{BatchCancelItem, OrderStatus};

/// Between rounds: a venue's reads lag its writes.
const PAUSE: Duration = Duration::from_millis(500);
const PAUSE_LOOPBACK: Duration = Duration::from_millis(100);
/// Between rounds after a failure, at most.
const PAUSE_FAILED_MAX: Duration = Duration::from_secs(5);
/// Cancels in one request.
const BATCH: usize = 20;
/// Orders named in a report.
const NAMED: usize = 50;

/// What is left at the venue.
#[derive(Debug, Clone, Default)]
pub struct Remains {
    /// Two rounds found no open order, and the venue took the cancel of everything.
    pub is_clear: bool,
    /// Two rounds found no open order.
    pub is_empty: bool,
    /// Rounds made.
    pub rounds: u32,
    /// Orders that still rest, by the last list: venue id and ticker.
    pub orders: Vec<(String, String)>,
    /// Positions: ticker and contracts, YES positive. `None`: could not be read.
    pub positions: Option<Vec<(String, String)>>,
    /// The last failure, if the last round failed.
    pub failure: Option<String>,
    /// From the start to the end.
    pub took: Duration,
}

impl Remains {
    /// For `--json`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let pairs = |pairs: &[(String, String)], first: &str, second: &str| -> Vec<Value> {
            pairs.iter().take(NAMED).map(|(a, b)| json!({ first: a, second: b })).collect()
        };
        json!({
            "clear": self.is_clear,
            "rounds": self.rounds,
            "open_orders": self.orders.len(),
            "orders": pairs(&self.orders, "venue_order", "ticker"),
            "positions": self.positions.as_deref().map(|all| pairs(all, "ticker", "contracts")),
            "failure": self.failure,
            "seconds": self.took.as_secs_f64(),
        })
    }

    /// In words, one fact a line.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut lines = Vec::new();
        if self.is_empty {
            lines.push(format!(
                "no open order at the venue in two rounds ({} rounds, {:.1} s)",
                self.rounds,
                self.took.as_secs_f64()
            ));
        } else {
            lines.push(format!("NOT clear: {} open orders known", self.orders.len()));
        }
        for (order, ticker) in self.orders.iter().take(NAMED) {
            lines.push(format!("open order {order} on {ticker}"));
        }
        if let Some(failure) = &self.failure {
            lines.push(format!("last failure: {failure}"));
        }
        match &self.positions {
            None => lines.push("positions could not be read".to_owned()),
            Some(positions) if positions.is_empty() => lines.push("no position remains".to_owned()),
            Some(positions) => {
                for (ticker, contracts) in positions {
                    lines.push(format!("position remains: {contracts} on {ticker}"));
                }
            }
        }
        lines.join("\n")
    }
}

/// Cancels everything, order groups too, until two rounds in a row find nothing open, or for `patience`.
pub async fn sweep(rest: &KalshiRest, patience: Duration, is_loopback: bool) -> Remains {
    let start = Instant::now();
    let pause = if is_loopback { PAUSE_LOOPBACK } else { PAUSE };
    let mut remains = Remains::default();
    let (mut empty, mut wait) = (0, pause);
    loop {
        remains.rounds += 1;
        match round(rest, remains.rounds == 1).await {
            Ok((open, refused)) => {
                empty = if open.is_empty() { empty + 1 } else { 0 };
                (remains.orders, remains.failure, wait) = (open, refused, pause);
            }
            Err(error) => {
                // No answer is not "nothing is open".
                empty = 0;
                remains.failure = Some(error.to_string());
                wait = (wait * 2).min(PAUSE_FAILED_MAX);
            }
        }
        remains.is_empty = empty >= 2;
        remains.is_clear = remains.is_empty && remains.failure.is_none();
        if remains.is_clear || start.elapsed() + wait >= patience {
            break;
        }
        tokio::time::sleep(wait).await;
    }
    let positions = rest.positions(None).await.ok();
    remains.positions = positions.map(|positions| {
        let held = positions.into_iter().filter(|position| !position.position_fp.is_zero());
        held.map(|position| (position.ticker, position.position_fp.to_string())).collect()
    });
    remains.took = start.elapsed();
    remains
}

/// What is open (venue id and ticker), and why the venue did not take the cancel of everything, if so.
type Round = (Vec<(String, String)>, Option<String>);

/// Cancel everything, then see what is open.
async fn round(rest: &KalshiRest, first: bool) -> Result<Round, RestError> {
    // A refusal of the cancel-all must not keep the single cancels from being tried.
    let all = rest.cancel_all(None).await;
    if first {
        trigger_groups(rest).await;
    }
    let filter = OrderFilter { status: Some(OrderStatus::Resting), ..OrderFilter::default() };
    let open = rest.list_orders(&filter).await?;
    for some in open.chunks(BATCH) {
        let items = some.iter().map(|order| BatchCancelItem {
            order_id: order.order_id.clone(),
            subaccount: None,
            exchange_index: None,
            market_ticker: Some(order.ticker.clone()),
        });
        rest.cancel_orders(items.collect()).await;
    }
    let refused = all.err().map(|error| error.to_string());
    Ok((open.into_iter().map(|order| (order.order_id, order.ticker)).collect(), refused))
}

/// Whatever is still on its way in a group is refused by the venue from here on.
async fn trigger_groups(rest: &KalshiRest) {
    let Ok(groups) = rest.order_groups().await else { return };
    for group in groups {
        // A group that is gone has no orders either; what rests is seen by the list.
        let _ = rest.trigger_order_group(&group).await;
    }
}
