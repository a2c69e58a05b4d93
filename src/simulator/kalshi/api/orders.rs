//! Order writes of the V2 family: kalshi.md section 3.5.

use serde_json::{Value, json};
use statecraft_domain::{
    Price, Quantity, RejectReason, SelfTradePrevention, Side, TimeInForce, Timestamp,
};
use statecraft_exchange::venue::{Acceptance, Amendment, OrderRecord, Reject};
use statecraft_exchange::{NewOrder, OrderKey, Report};

use super::{Answer, Call, Reply};
use crate::simulator::kalshi::call::{Fields, decode};
use crate::simulator::kalshi::error::ApiError;
use crate::simulator::kalshi::format::{Named, count2};
use crate::simulator::kalshi::venue::KalshiVenue;
use crate::simulator::kalshi::wire::order::{Ack, CancelAck, DecreaseAck};

const CLIENT_ID_LIMIT: usize = 64;

pub(super) fn write(venue: &mut KalshiVenue, rest: &[&str], call: &Call<'_>) -> Answer {
    let at = venue.catch_up();
    venue.before_write(at);
    let body = decode(call.body)?;
    match (call.method, rest) {
        ("POST", []) => create(venue, at, &body).map(|ack| Reply::with(201, &ack)),
        ("POST", ["batched"]) => create_many(venue, at, &body),
        ("DELETE", ["batched"]) => cancel_many(venue, at, &body),
        ("DELETE", []) => cancel_all(venue, at, call),
        ("DELETE", [order]) => {
            only_subaccount_zero(call.query.text("subaccount"))?;
            cancel(venue, at, order).map(|ack| Reply::ok(&ack))
        }
        ("POST", [order, "amend"]) => amend(venue, at, order, &body).map(|ack| Reply::ok(&ack)),
        ("POST", [order, "decrease"]) => {
            decrease(venue, at, order, &body).map(|ack| Reply::ok(&ack))
        }
        _ => Err(ApiError::not_found()),
    }
}

/// The simulated account has no subaccounts.
fn only_subaccount_zero(number: Option<&str>) -> Result<(), ApiError> {
    match number {
        None | Some("0") => Ok(()),
        Some(_) => Err(ApiError::coded(403, "subaccount_not_allowed")),
    }
}

fn check_route(fields: &Fields<'_>) -> Result<(), ApiError> {
    if fields.integer_opt("subaccount")?.is_some_and(|number| number != 0) {
        return Err(ApiError::coded(403, "subaccount_not_allowed"));
    }
    // 0 is the shard of everything here; -1 asks for automatic routing.
    match fields.integer_opt("exchange_index")? {
        None | Some(-1 | 0) => Ok(()),
        Some(other) => Err(ApiError::coded(400, "insufficient_balance")
            .with_details(format!("no balance on exchange index {other}"))),
    }
}

fn side(text: &str) -> Result<Side, ApiError> {
    match text {
        "bid" => Ok(Side::Bid),
        "ask" => Ok(Side::Ask),
        other => Err(ApiError::invalid_order(format!("invalid side: {other}"))),
    }
}

fn prevention(text: &str) -> Result<SelfTradePrevention, ApiError> {
    match text {
        "taker_at_cross" => Ok(SelfTradePrevention::CancelTaker),
        "maker" => Ok(SelfTradePrevention::CancelMaker),
        other => {
            Err(ApiError::invalid_order(format!("invalid self_trade_prevention_type: {other}")))
        }
    }
}

fn lifetime(fields: &Fields<'_>, at: Timestamp) -> Result<TimeInForce, ApiError> {
    let expires = fields.instant_opt("expiration_time")?;
    let lifetime = match fields.text("time_in_force")? {
        "good_till_canceled" => TimeInForce::GoodTilCancelled { expires },
        "immediate_or_cancel" => TimeInForce::ImmediateOrCancel,
        "fill_or_kill" => TimeInForce::FillOrKill,
        other => return Err(ApiError::invalid_order(format!("invalid time_in_force: {other}"))),
    };
    match (lifetime, expires) {
        (_, None) => Ok(lifetime),
        (TimeInForce::GoodTilCancelled { .. }, Some(expires)) if expires > at => Ok(lifetime),
        (TimeInForce::GoodTilCancelled { .. }, Some(_)) => {
            Err(ApiError::invalid_order("expiration_time must be in the future"))
        }
        _ => Err(ApiError::invalid_order("expiration_time needs good_till_canceled")),
    }
}

fn client_id<'a>(fields: &Fields<'a>, name: &str) -> Result<Option<&'a str>, ApiError> {
    let id = fields.text_opt(name)?.filter(|id| !id.is_empty());
    if id.is_some_and(|id| id.len() > CLIENT_ID_LIMIT) {
        return Err(ApiError::invalid_order(format!("{name} is longer than 64 characters")));
    }
    Ok(id)
}

/// A create request, read and not yet judged; the second value is its order group.
fn read_order(
    venue: &KalshiVenue,
    at: Timestamp,
    body: &Value,
) -> Result<(NewOrder, Option<u64>), ApiError> {
    let fields = Fields::new("CreateOrderV2Request", body)?;
    let ticker = fields.text("ticker")?;
    let side = side(fields.text("side")?)?;
    let quantity = fields.count("count")?;
    let price = fields.price("price")?;
    let time_in_force = lifetime(&fields, at)?;
    let self_trade_prevention = prevention(fields.text("self_trade_prevention_type")?)?;
    let client_id = client_id(&fields, "client_order_id")?.map(str::to_owned);
    let group = match fields.text_opt("order_group_id")?.filter(|id| !id.is_empty()) {
        Some(id) => Some(find_group(venue, id)?),
        None => None,
    };
    check_route(&fields)?;
    let order = NewOrder {
        account: venue.backend.user(),
        client_id,
        market: venue.market(ticker).ok_or_else(ApiError::not_found)?,
        side,
        price,
        quantity,
        time_in_force,
        post_only: fields.flag("post_only")?,
        reduce_only: fields.flag("reduce_only")?,
        self_trade_prevention,
        cancel_on_pause: fields.flag("cancel_order_on_pause")?,
    };
    Ok((order, group))
}

fn find_group(venue: &KalshiVenue, id: &str) -> Result<u64, ApiError> {
    let number =
        venue.ids.read(Named::Group, id).filter(|number| venue.groups.get(*number).is_some());
    number.ok_or_else(|| ApiError::coded(404, "order_group_not_found"))
}

fn create(venue: &mut KalshiVenue, at: Timestamp, body: &Value) -> Result<Ack, ApiError> {
    let (order, group) = read_order(venue, at, body)?;
    if group.and_then(|group| venue.groups.get(group)).is_some_and(|group| group.triggered) {
        let reason = RejectReason::OrderGroupEnded;
        return Err(Reject { reason, detail: String::new() }.into());
    }
    let client_order_id = order.client_id.clone();
    let mut reports = Vec::new();
    let placed = venue.backend.place(at, order, &mut reports);
    if let (Ok(acceptance), Some(group)) = (&placed, group) {
        venue.groups.join(group, acceptance.order);
    }
    venue.absorb(reports);
    Ok(acknowledge(venue, at, &placed?, client_order_id))
}

/// The answer to a create or amend. Averages appear only where something filled.
fn acknowledge(
    venue: &KalshiVenue,
    at: Timestamp,
    acceptance: &Acceptance,
    client_order_id: Option<String>,
) -> Ack {
    let filled = acceptance.filled.is_positive();
    Ack {
        order_id: Some(venue.ids.write(Named::Order, acceptance.order.0)),
        client_order_id,
        fill_count: Some(count2(acceptance.filled)),
        remaining_count: Some(count2(acceptance.remaining)),
        average_fill_price: filled.then(|| per_contract(acceptance.cost.e10(), acceptance.filled)),
        average_fee_paid: filled.then(|| per_contract(acceptance.fees.e10(), acceptance.filled)),
        ts_ms: Some(at.millis()),
        error: None,
    }
}

/// Dollars per contract with four decimals, rounded half up.
fn per_contract(amount_e10: i128, contracts: Quantity) -> String {
    let contracts = i128::from(contracts.e6()).max(1);
    let e4 = (amount_e10 * 2 + contracts).div_euclid(contracts * 2);
    format!("{}.{:04}", e4 / 10_000, e4 % 10_000)
}

fn create_many(venue: &mut KalshiVenue, at: Timestamp, body: &Value) -> Answer {
    let fields = Fields::new("BatchCreateOrdersV2Request", body)?;
    let mut acks = Vec::new();
    for entry in fields.list("orders")? {
        let ack = create(venue, at, entry).unwrap_or_else(|error| Ack {
            client_order_id: entry
                .get("client_order_id")
                .and_then(Value::as_str)
                .map(str::to_owned),
            error: Some(error.entry()),
            ..Ack::default()
        });
        acks.push(ack);
    }
    Ok(Reply::with(201, &json!({ "orders": acks })))
}

/// An own order by its id.
fn find(venue: &KalshiVenue, id: &str) -> Result<(OrderKey, OrderRecord), ApiError> {
    let key = venue.ids.read(Named::Order, id).map(OrderKey).ok_or_else(ApiError::not_found)?;
    let record = venue
        .backend
        .order(key)
        .filter(|record| record.order.account == venue.backend.user())
        .ok_or_else(ApiError::not_found)?;
    Ok((key, record.clone()))
}

fn cancel(venue: &mut KalshiVenue, at: Timestamp, id: &str) -> Result<CancelAck, ApiError> {
    let (key, record) = find(venue, id)?;
    let mut reports = Vec::new();
    let removed = venue.backend.cancel(at, key, &mut reports);
    venue.absorb(reports);
    let removed = removed.map_err(|reject| match reject.reason {
        // Cancelled, executed and unknown are one answer.
        RejectReason::OrderNotFound => ApiError::not_found(),
        _ => reject.into(),
    })?;
    Ok(CancelAck {
        order_id: id.to_owned(),
        client_order_id: record.order.client_id,
        reduced_by: count2(removed),
        ts_ms: Some(at.millis()),
        error: None,
    })
}

fn cancel_many(venue: &mut KalshiVenue, at: Timestamp, body: &Value) -> Answer {
    let fields = Fields::new("BatchCancelOrdersV2Request", body)?;
    let mut acks = Vec::new();
    for entry in fields.list("orders")? {
        let order = Fields::new("BatchCancelOrdersV2RequestOrder", entry)?;
        let id = order.text("order_id")?;
        let ack = cancel(venue, at, id).unwrap_or_else(|error| CancelAck {
            order_id: id.to_owned(),
            client_order_id: None,
            reduced_by: count2(Quantity::ZERO),
            ts_ms: None,
            error: Some(error.entry()),
        });
        acks.push(ack);
    }
    Ok(Reply::ok(&json!({ "orders": acks })))
}

fn cancel_all(venue: &mut KalshiVenue, at: Timestamp, call: &Call<'_>) -> Answer {
    only_subaccount_zero(call.query.text("subaccount"))?;
    let live: Vec<OrderKey> = venue
        .backend
        .orders()
        .into_iter()
        .filter(|record| record.end.is_none())
        .map(|record| record.key)
        .collect();
    let mut reports: Vec<Report> = Vec::new();
    for order in live {
        // One that cannot be cancelled any more (market closed) is no reason to spare the others.
        let _ = venue.backend.cancel(at, order, &mut reports);
    }
    venue.absorb(reports);
    Ok(Reply { status: 204, body: String::new() })
}

fn amend(venue: &mut KalshiVenue, at: Timestamp, id: &str, body: &Value) -> Result<Ack, ApiError> {
    let fields = Fields::new("AmendOrderV2Request", body)?;
    check_route(&fields)?;
    let price: Price = fields.price("price")?;
    let total = fields.count("count")?;
    let (key, record) = find(venue, id)?;
    check_same_order(venue, &fields, &record)?;
    let expires = match fields.integer_opt("expiration_time")? {
        None => None,
        Some(0) => Some(None),
        Some(secs) if Timestamp::from_secs(secs) > at => Some(Some(Timestamp::from_secs(secs))),
        Some(_) => return Err(ApiError::invalid_order("expiration_time must be in the future")),
    };
    let renamed = client_id(&fields, "updated_client_order_id")?.map(str::to_owned);
    let amendment = Amendment { price, total, expires, client_id: renamed.clone() };
    let mut reports = Vec::new();
    venue.change_reason = "Amend";
    let amended = venue.backend.amend(at, key, amendment, &mut reports);
    venue.absorb(reports);
    let name = renamed.or(record.order.client_id);
    Ok(acknowledge(venue, at, &amended?, name))
}

fn check_same_order(
    venue: &KalshiVenue,
    fields: &Fields<'_>,
    record: &OrderRecord,
) -> Result<(), ApiError> {
    if fields.text("ticker")? != venue.ticker(record.order.market) {
        return Err(ApiError::coded(400, "order_ticker_mismatch"));
    }
    if side(fields.text("side")?)? != record.order.side {
        return Err(ApiError::coded(400, "order_side_mismatch"));
    }
    let named = client_id(fields, "client_order_id")?;
    if named.is_some() && named != record.order.client_id.as_deref() {
        return Err(ApiError::coded(400, "order_id_and_client_order_id_mismatch"));
    }
    Ok(())
}

fn decrease(
    venue: &mut KalshiVenue,
    at: Timestamp,
    id: &str,
    body: &Value,
) -> Result<DecreaseAck, ApiError> {
    let fields = Fields::new("DecreaseOrderV2Request", body)?;
    check_route(&fields)?;
    let by = fields.count_opt("reduce_by")?;
    let to = fields.count_opt("reduce_to")?;
    let (key, record) = find(venue, id)?;
    if record.end.is_some() {
        return Err(ApiError::not_found());
    }
    let remaining = match (by, to) {
        (Some(by), None) => (record.remaining - by).max(Quantity::ZERO),
        (None, Some(to)) => to,
        _ => return Err(ApiError::invalid_order("exactly one of reduce_by and reduce_to")),
    };
    let mut reports = Vec::new();
    venue.change_reason = "Decrease";
    let left = venue.backend.decrease_to(at, key, remaining, &mut reports);
    venue.absorb(reports);
    Ok(DecreaseAck {
        order_id: id.to_owned(),
        client_order_id: record.order.client_id,
        remaining_count: count2(left?),
        ts_ms: at.millis(),
    })
}
