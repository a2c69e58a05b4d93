//! Orders: written once, cancelled until it is certain, read back whole.

use reqwest::Method;
use statecraft_domain::{
    Nanos, OrderRequest, Quantity, RejectReason, RiskApproved, SelfTradePrevention, TimeInForce,
    Timestamp,
};

use super::guarded::{Guarded, Look};
use super::{
    Answer, Get as _, KalshiRest, ORDERS, RestError, reads, segment, venue_words, with_query,
};
use crate::venue::kalshi::auth::AuthHeaders;
use crate::venue::kalshi::classify::{
    self, Asked, Placed, ambiguous, classify_batch_item, classify_create,
};
use crate::venue::kalshi::limits::Operation;
use crate::venue::kalshi::wire::{
    self, AmendAck, AmendOrder, BatchCancel, BatchCancelAck, BatchCancelItem, BatchCreate,
    BatchCreateAck, CancelAck, CreateOrder, DecreaseAck, DecreaseOrder, Order, OrderPage,
    OrderResponse, OrderStatus,
};

/// Smallest size step of the venue.
const LOT: Quantity = Quantity::from_e6(10_000);

/// What an order needs beside what the engine decided.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrderRoute {
    /// Group of this run: a rolling contract limit at the venue.
    pub order_group_id: Option<String>,
    /// The venue cancels it when trading pauses.
    pub cancel_order_on_pause: bool,
    /// It ends so much earlier than its expiry says: engine time is ahead of the venue's by that.
    pub expires_earlier: Nanos,
    /// 0 to 63.
    pub subaccount: Option<u8>,
    /// Shard of the market; without it every shard's budget is billed.
    pub exchange_index: Option<i32>,
}

/// Which orders to list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrderFilter {
    /// Of this market.
    pub ticker: Option<String>,
    /// In this state.
    pub status: Option<OrderStatus>,
    /// Created at or after this instant.
    pub since: Option<Timestamp>,
    /// Of this subaccount; all of them if absent.
    pub subaccount: Option<u8>,
}

/// What became of a cancel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cancelled {
    /// It is out of the book; this many contracts were taken out.
    Done {
        /// Contracts taken out.
        reduced_by: Quantity,
        /// Venue time.
        venue_at: Timestamp,
    },
    /// It is not live any more (or never was): cancelled before, or *filled*. Look at its fills before
    /// booking it as cancelled.
    NotLive,
    /// The venue refuses; the order's state is unchanged.
    Refused {
        /// In the venue's words, cleaned.
        detail: String,
    },
    /// Nobody knows; asking again does no harm.
    Failed {
        /// What happened instead of an answer.
        cause: String,
    },
}

/// What became of an amend or decrease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed<T> {
    /// Done.
    Done(T),
    /// The venue refuses; the order's state is unchanged.
    Refused {
        /// In the venue's words, cleaned.
        detail: String,
    },
    /// Nobody knows: read the order back.
    Ambiguous {
        /// What happened instead of an answer.
        cause: String,
    },
}

/// Why a request cannot be put in the venue's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum UnsendableOrder {
    #[error("the size is not a positive multiple of 0.01 contracts")]
    Size,
    #[error("the price is not strictly between zero and one dollar")]
    Price,
    #[error("a reduce-only order must be immediate at this venue")]
    ReduceOnlyResting,
}

/// The engine's order in the venue's words.
fn create_body(
    order: &OrderRequest,
    ticker: &str,
    route: &OrderRoute,
) -> Result<CreateOrder, UnsendableOrder> {
    if !order.quantity.is_positive() || order.quantity.floor_to(LOT) != order.quantity {
        return Err(UnsendableOrder::Size);
    }
    if !order.price.is_inside() {
        return Err(UnsendableOrder::Price);
    }
    let (time_in_force, expires) = match order.time_in_force {
        TimeInForce::ImmediateOrCancel => (wire::TimeInForce::ImmediateOrCancel, None),
        TimeInForce::FillOrKill => (wire::TimeInForce::FillOrKill, None),
        TimeInForce::GoodTilCancelled { expires } => (wire::TimeInForce::GoodTillCanceled, expires),
    };
    let rests = time_in_force == wire::TimeInForce::GoodTillCanceled;
    if order.reduce_only && rests {
        return Err(UnsendableOrder::ReduceOnlyResting);
    }
    let self_trade_prevention_type = match order.self_trade_prevention {
        SelfTradePrevention::CancelTaker => wire::SelfTradePrevention::TakerAtCross,
        SelfTradePrevention::CancelMaker => wire::SelfTradePrevention::Maker,
    };
    Ok(CreateOrder {
        ticker: ticker.to_owned(),
        side: order.side.into(),
        count: order.quantity,
        price: order.price,
        time_in_force,
        self_trade_prevention_type,
        client_order_id: Some(order.id.to_string()),
        // Whole seconds: rounded down, so that nothing rests longer than decided.
        expiration_time: expires.map(|at| (at - route.expires_earlier).secs()),
        post_only: order.post_only.then_some(true),
        cancel_order_on_pause: (rests && route.cancel_order_on_pause).then_some(true),
        reduce_only: order.reduce_only.then_some(true),
        subaccount: route.subaccount,
        order_group_id: route.order_group_id.clone(),
        exchange_index: route.exchange_index,
        unknown: Default::default(),
    })
}

fn dropped(detail: String) -> Placed {
    Placed::Rejected { reason: RejectReason::DroppedByGateway, detail }
}

/// What a failed exchange means for an order: only a request that certainly never left is refused.
fn placed_without_answer(error: &RestError) -> Placed {
    if error.never_sent() { dropped(error.to_string()) } else { ambiguous(error.to_string()) }
}

/// The body that asks for a new order.
///
/// # Errors
/// The verdict on an order that cannot be put in the venue's words: refused, with nothing sent.
pub fn create_bytes(
    order: &OrderRequest,
    ticker: &str,
    route: &OrderRoute,
) -> Result<Vec<u8>, Placed> {
    let body = create_body(order, ticker, route).map_err(|error| dropped(error.to_string()))?;
    serde_json::to_vec(&body).map_err(|_| dropped("the order cannot be written as JSON".to_owned()))
}

/// What became of an order, by its answer (status and body) or by the lack of one.
#[must_use]
pub fn judge_create(order: &OrderRequest, answer: Result<(u16, &[u8]), &RestError>) -> Placed {
    let client_order_id = order.id.to_string();
    let asked = Asked { client_order_id: &client_order_id, count: order.quantity };
    match answer {
        Ok((status, body)) => classify_create(status, body, asked),
        Err(error) => placed_without_answer(error),
    }
}

impl KalshiRest {
    /// Sends one order, once. The signature was made ahead of time if
    /// [`Self::keep_order_signature`] runs. `look` is asked at the last moment, on a live connection:
    /// what it refuses is not sent.
    pub async fn create_order(
        &self,
        order: &RiskApproved<OrderRequest>,
        ticker: &str,
        route: &OrderRoute,
        look: impl Fn() -> Result<(), String> + Send + Sync + 'static,
    ) -> Placed {
        let order = order.get();
        let bytes = match create_bytes(order, ticker, route) {
            Ok(bytes) => bytes,
            Err(refused) => return refused,
        };
        let auth = match self.order_signature.take(self.now().millis()) {
            Ok(auth) => auth,
            Err(error) => return dropped(error.to_string()),
        };
        let answer = self.send_orders(ORDERS, &auth, bytes, 1, Box::new(look)).await;
        judge_create(order, answer.as_ref().map(|answer| (answer.status, &answer.body[..])))
    }

    /// Sends several orders in one request, once; one verdict per order, in their sequence. The whole
    /// batch must fit the write budget ([`Self::batch_max`]). `look` as for one order.
    pub async fn create_orders(
        &self,
        orders: &[(RiskApproved<OrderRequest>, &str, OrderRoute)],
        look: impl Fn() -> Result<(), String> + Send + Sync + 'static,
    ) -> Vec<Placed> {
        let all = |placed: Placed| vec![placed; orders.len()];
        let bodies: Result<Vec<_>, _> = orders
            .iter()
            .map(|(order, ticker, route)| create_body(order.get(), ticker, route))
            .collect();
        let bodies = match bodies {
            Ok(bodies) if !bodies.is_empty() => bodies,
            Ok(_) => return Vec::new(),
            Err(error) => return all(dropped(format!("in the same batch: {error}"))),
        };
        let Ok(bytes) = serde_json::to_vec(&BatchCreate { orders: bodies }) else {
            return all(dropped("the batch cannot be written as JSON".to_owned()));
        };
        let path = format!("{ORDERS}/batched");
        let auth = match self.sign(&Method::POST, &path) {
            Ok(auth) => auth,
            Err(error) => return all(dropped(error.to_string())),
        };
        let count = u32::try_from(orders.len()).unwrap_or(u32::MAX);
        match self.send_orders(&path, &auth, bytes, count, Box::new(look)).await {
            Ok(answer) => Self::batch_verdicts(&answer, orders),
            Err(error) => all(placed_without_answer(&error)),
        }
    }

    fn batch_verdicts(
        answer: &Answer,
        orders: &[(RiskApproved<OrderRequest>, &str, OrderRoute)],
    ) -> Vec<Placed> {
        let whole = |index: usize| {
            let (order, ..) = orders.get(index)?;
            Some((order.get().id.to_string(), order.get().quantity))
        };
        let ids: Vec<_> = (0..orders.len()).filter_map(whole).collect();
        let parsed = if answer.is_success() {
            serde_json::from_slice::<BatchCreateAck>(&answer.body).ok()
        } else {
            None
        };
        ids.iter()
            .enumerate()
            .map(|(index, (id, count))| {
                let asked = Asked { client_order_id: id, count: *count };
                match &parsed {
                    Some(ack) if ack.orders.len() <= orders.len() => {
                        classify_batch_item(ack.orders.get(index), asked)
                    }
                    Some(_) => ambiguous("more answers than orders in a batch".to_owned()),
                    // Refused or unreadable as a whole: the same verdict for each.
                    None => classify_create(answer.status, &answer.body, asked),
                }
            })
            .collect()
    }

    /// The one place from which bytes of a new order leave. Never called twice for an order.
    async fn send_orders(
        &self,
        path: &str,
        auth: &AuthHeaders,
        bytes: Vec<u8>,
        count: u32,
        look: Look,
    ) -> Result<Answer, RestError> {
        // An order does not wait for tokens: by then it would be another decision.
        self.take(Operation::Create, count).map_err(RestError::Budget)?;
        let (body, fate) = Guarded::new(bytes, look);
        let body = Some(reqwest::Body::wrap(body));
        match self.exchange(Method::POST, path, auth, body).await {
            // Whatever the client calls it: the body was never handed over, and never will be.
            Err(error) if fate.withhold() && !error.never_sent() => {
                let why = fate.refusal().map_or_else(|| error.to_string(), str::to_owned);
                Err(RestError::Withheld(why))
            }
            ended => ended,
        }
    }

    /// Cancels one order, repeating the request until there is an answer.
    pub async fn cancel_order(
        &self,
        venue_order: &str,
        ticker: &str,
        route: &OrderRoute,
    ) -> Cancelled {
        let subaccount = route.subaccount.map(|number| number.to_string());
        let exchange_index = route.exchange_index.map(|index| index.to_string());
        let pairs = [
            ("subaccount", subaccount.as_deref()),
            ("exchange_index", exchange_index.as_deref()),
            ("market_ticker", Some(ticker)),
        ];
        let path = match segment(venue_order) {
            Ok(name) => with_query(&format!("{ORDERS}/{name}"), &pairs),
            Err(error) => return Cancelled::Refused { detail: error.to_string() },
        };
        match self.repeatable(Operation::Cancel, 1, Method::DELETE, &path, None).await {
            Ok(answer) => judge_cancel(answer.status, &answer.body),
            Err(error) => Cancelled::Failed { cause: error.to_string() },
        }
    }

    /// Cancels several orders in one request, repeating it until there is an answer; one verdict per
    /// order, in their sequence.
    pub async fn cancel_orders(&self, orders: Vec<BatchCancelItem>) -> Vec<Cancelled> {
        let count = orders.len();
        let all = |cancelled: Cancelled| vec![cancelled; count];
        if count == 0 {
            return Vec::new();
        }
        let Ok(body) = serde_json::to_vec(&BatchCancel { orders: orders.clone() }) else {
            return all(Cancelled::Refused { detail: "cannot be written as JSON".to_owned() });
        };
        let path = format!("{ORDERS}/batched");
        let tokens = u32::try_from(count).unwrap_or(u32::MAX);
        let answer =
            self.repeatable(Operation::Cancel, tokens, Method::DELETE, &path, Some(body)).await;
        let ack = match answer.and_then(|answer| answer.parse::<BatchCancelAck>(&path)) {
            Ok(ack) => ack,
            Err(error) => return all(Cancelled::Failed { cause: error.to_string() }),
        };
        orders.iter().map(|order| judge_batch_cancel(&ack, &order.order_id)).collect()
    }

    /// Cancels every order of the account (or subaccount) on every shard. Orders placed in the
    /// following minute may be cancelled too: wait before quoting again.
    ///
    /// # Errors
    /// [`RestError`]: not known to be done.
    pub async fn cancel_all(&self, subaccount: Option<u8>) -> Result<(), RestError> {
        let subaccount = subaccount.map(|number| number.to_string());
        let path = with_query(ORDERS, &[("subaccount", subaccount.as_deref())]);
        let answer = self.repeatable(Operation::Cancel, 1, Method::DELETE, &path, None).await?;
        if answer.is_success() { Ok(()) } else { Err(answer.error(&path)) }
    }

    /// Changes price or total size of a resting order, once. It can fill at once like a new order.
    pub async fn amend_order(
        &self,
        venue_order: &str,
        amend: &RiskApproved<AmendOrder>,
    ) -> Changed<AmendAck> {
        let body = serde_json::to_vec(amend.get());
        self.change(venue_order, "amend", body).await
    }

    /// Takes contracts out of a resting order, once; it keeps its place in the queue.
    pub async fn decrease_order(
        &self,
        venue_order: &str,
        decrease: &DecreaseOrder,
    ) -> Changed<DecreaseAck> {
        self.change(venue_order, "decrease", serde_json::to_vec(decrease)).await
    }

    async fn change<T: serde::de::DeserializeOwned>(
        &self,
        venue_order: &str,
        verb: &str,
        body: serde_json::Result<Vec<u8>>,
    ) -> Changed<T> {
        let refused = |detail: String| Changed::Refused { detail };
        let (name, body) = match (segment(venue_order), body) {
            (Ok(name), Ok(body)) => (name, body),
            (Err(error), _) => return refused(error.to_string()),
            (_, Err(error)) => return refused(error.to_string()),
        };
        if let Err(wait) = self.take(Operation::Change, 1) {
            return refused(wait.to_string());
        }
        let path = format!("{ORDERS}/{name}/{verb}");
        let auth = match self.sign(&Method::POST, &path) {
            Ok(auth) => auth,
            Err(error) => return refused(error.to_string()),
        };
        let answer = match self.exchange(Method::POST, &path, &auth, Some(body.into())).await {
            Ok(answer) => answer,
            Err(error) if error.never_sent() => return refused(error.to_string()),
            Err(error) => return Changed::Ambiguous { cause: error.to_string() },
        };
        match answer.parse::<T>(&path) {
            Ok(ack) => Changed::Done(ack),
            Err(RestError::Venue { status, error, .. })
                if (400..500).contains(&status) && status != 408 && status != 425 =>
            {
                refused(error.line())
            }
            Err(error) => Changed::Ambiguous { cause: error.to_string() },
        }
    }

    /// One order by the venue's name.
    ///
    /// # Errors
    /// [`RestError`]. Reads lag writes: one answer is no proof.
    pub async fn get_order(&self, venue_order: &str) -> Result<Order, RestError> {
        let path = format!("/portfolio/orders/{}", segment(venue_order)?);
        let response: OrderResponse = self.get(Operation::GetOrder, &path).await?;
        Ok(response.order)
    }

    /// The venue's name of whoever has this key, as the newest order tells it; nothing without an order.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn user_id(&self) -> Result<Option<String>, RestError> {
        let path = with_query("/portfolio/orders", &[("limit", Some("1"))]);
        let page: OrderPage = self.get(Operation::Read, &path).await?;
        let newest = page.orders.into_iter().next().map(|order| order.user_id);
        Ok(newest.filter(|user| !user.is_empty()))
    }

    /// Every order that the filter lets through, newest first.
    ///
    /// # Errors
    /// [`RestError`]; a failed page is no report at all.
    pub async fn list_orders(&self, filter: &OrderFilter) -> Result<Vec<Order>, RestError> {
        reads::orders(self, filter).await
    }
}

/// What became of a cancel, by its answer.
#[must_use]
pub fn judge_cancel(status: u16, body: &[u8]) -> Cancelled {
    if (200..300).contains(&status) {
        return match serde_json::from_slice::<CancelAck>(body) {
            Ok(ack) => Cancelled::Done {
                reduced_by: ack.reduced_by,
                venue_at: Timestamp::from_millis(ack.ts_ms),
            },
            Err(error) => {
                Cancelled::Failed { cause: format!("{error}: {}", classify::excerpt(body)) }
            }
        };
    }
    match status {
        404 => Cancelled::NotLive,
        408 | 425 | 429 | 500.. => {
            Cancelled::Failed { cause: format!("status {status}: {}", venue_words(body).line()) }
        }
        _ => Cancelled::Refused { detail: venue_words(body).line() },
    }
}

fn judge_batch_cancel(ack: &BatchCancelAck, order_id: &str) -> Cancelled {
    let Some(item) = ack.orders.iter().find(|item| item.order_id == order_id) else {
        return Cancelled::Failed { cause: "the answer has no item for this order".to_owned() };
    };
    match &item.error {
        None => Cancelled::Done {
            reduced_by: item.reduced_by,
            venue_at: Timestamp::from_millis(item.ts_ms.unwrap_or(0)),
        },
        Some(error) if error.code.eq_ignore_ascii_case("not_found") => Cancelled::NotLive,
        Some(error) => Cancelled::Refused { detail: error.line() },
    }
}

#[cfg(test)]
mod tests {
    use statecraft_domain::{ClientOrderId, MarketId, Price, Side, StrategyId};

    use super::*;

    fn order() -> OrderRequest {
        OrderRequest {
            id: ClientOrderId { lineage: 1, sequence: 7 },
            strategy: StrategyId(0),
            market: MarketId(0),
            side: Side::Ask,
            price: Price::from_cents(33).unwrap(),
            quantity: Quantity::from_e6(7_770_000),
            time_in_force: TimeInForce::GoodTilCancelled {
                expires: Some(Timestamp::from_millis(1_800_000_000_999)),
            },
            post_only: true,
            reduce_only: false,
            self_trade_prevention: SelfTradePrevention::CancelTaker,
            decided_at: Timestamp::EPOCH,
        }
    }

    #[test]
    fn an_order_in_the_venues_words() {
        let route = OrderRoute {
            order_group_id: Some("g".to_owned()),
            cancel_order_on_pause: true,
            expires_earlier: Nanos::ZERO,
            subaccount: None,
            exchange_index: Some(0),
        };
        let body = serde_json::to_value(create_body(&order(), "T-1", &route).unwrap()).unwrap();
        let expected = serde_json::json!({
            "ticker": "T-1", "side": "ask", "count": "7.77", "price": "0.3300",
            "time_in_force": "good_till_canceled", "self_trade_prevention_type": "taker_at_cross",
            "client_order_id": "sc-0000000000000001-7", "expiration_time": 1_800_000_000_i64,
            "post_only": true, "cancel_order_on_pause": true, "order_group_id": "g",
            "exchange_index": 0,
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn an_immediate_order_carries_nothing_of_a_resting_one() {
        let mut order = order();
        order.time_in_force = TimeInForce::ImmediateOrCancel;
        order.post_only = false;
        order.reduce_only = true;
        let route = OrderRoute { cancel_order_on_pause: true, ..OrderRoute::default() };
        let body = serde_json::to_value(create_body(&order, "T", &route).unwrap()).unwrap();
        assert_eq!(body["time_in_force"], "immediate_or_cancel");
        assert_eq!(body["reduce_only"], true);
        for absent in ["expiration_time", "post_only", "cancel_order_on_pause", "subaccount"] {
            assert!(body.get(absent).is_none(), "{absent}");
        }
    }

    #[test]
    fn what_the_venue_cannot_take_is_not_sent() {
        let refuse = |change: fn(&mut OrderRequest), expected: UnsendableOrder| {
            let mut order = order();
            change(&mut order);
            assert_eq!(create_body(&order, "T", &OrderRoute::default()), Err(expected));
        };
        refuse(|order| order.quantity = Quantity::from_e6(5_000), UnsendableOrder::Size);
        refuse(|order| order.quantity = Quantity::ZERO, UnsendableOrder::Size);
        refuse(|order| order.price = Price::ONE, UnsendableOrder::Price);
        refuse(|order| order.reduce_only = true, UnsendableOrder::ReduceOnlyResting);
    }
}
