//! Order groups: kalshi.md section 3.7.

use serde_json::json;
use statecraft_domain::{Quantity, Timestamp};

use super::{Answer, Call, Reply};
use crate::simulator::kalshi::call::{Fields, decode};
use crate::simulator::kalshi::error::ApiError;
use crate::simulator::kalshi::format::{Named, count2};
use crate::simulator::kalshi::venue::KalshiVenue;
use crate::simulator::kalshi::wire::order::{OrderGroup, OrderGroupCreated, OrderGroupDetail};

pub(super) fn handle(venue: &mut KalshiVenue, rest: &[&str], call: &Call<'_>) -> Answer {
    let at = venue.catch_up();
    match (call.method, rest) {
        ("GET", []) => Ok(list(venue)),
        ("POST", ["create"]) => create(venue, at, call),
        ("GET", [id]) => one(venue, id),
        ("DELETE", [id]) => delete(venue, at, id),
        ("PUT", [id, "reset"]) => reset(venue, at, id),
        ("PUT", [id, "trigger"]) => trigger(venue, at, id),
        ("PUT", [id, "limit"]) => limit(venue, at, id, call),
        _ => Err(ApiError::not_found()),
    }
}

fn find(venue: &KalshiVenue, id: &str) -> Result<u64, ApiError> {
    let number =
        venue.ids.read(Named::Group, id).filter(|number| venue.groups.get(*number).is_some());
    number.ok_or_else(ApiError::not_found)
}

fn empty() -> Reply {
    Reply::ok(&json!({}))
}

/// The limit in either of its two spellings, at least one contract.
fn read_limit(kind: &'static str, call: &Call<'_>) -> Result<Quantity, ApiError> {
    let body = decode(call.body)?;
    let fields = Fields::new(kind, &body)?;
    let whole = fields.integer_opt("contracts_limit")?;
    let exact = fields.count_opt("contracts_limit_fp")?;
    let limit = match (whole, exact) {
        (_, Some(exact)) => Some(exact),
        (Some(whole), None) => i32::try_from(whole).ok().map(Quantity::from_contracts),
        (None, None) => None,
    };
    limit
        .filter(|limit| limit.is_positive())
        .ok_or_else(|| ApiError::undecodable("contracts_limit must be at least 1"))
}

fn list(venue: &KalshiVenue) -> Reply {
    let groups: Vec<OrderGroup> = venue
        .groups
        .iter()
        .map(|(number, group)| OrderGroup {
            id: venue.ids.write(Named::Group, number),
            contracts_limit_fp: count2(group.limit),
            is_auto_cancel_enabled: true,
            exchange_index: 0,
        })
        .collect();
    Reply::ok(&json!({ "order_groups": groups }))
}

fn create(venue: &mut KalshiVenue, at: Timestamp, call: &Call<'_>) -> Answer {
    let limit = read_limit("CreateOrderGroupRequest", call)?;
    let number = venue.groups.create(limit);
    venue.tell_group(number, "created", at);
    let order_group_id = venue.ids.write(Named::Group, number);
    Ok(Reply::with(201, &OrderGroupCreated { order_group_id, subaccount: 0, exchange_index: 0 }))
}

fn one(venue: &KalshiVenue, id: &str) -> Answer {
    let number = find(venue, id)?;
    let group = venue.groups.get(number).ok_or_else(ApiError::not_found)?;
    let orders = group.orders.iter().map(|order| venue.ids.write(Named::Order, order.0)).collect();
    Ok(Reply::ok(&OrderGroupDetail {
        is_auto_cancel_enabled: true,
        contracts_limit_fp: count2(group.limit),
        orders,
        exchange_index: 0,
    }))
}

fn trigger(venue: &mut KalshiVenue, at: Timestamp, id: &str) -> Answer {
    let number = find(venue, id)?;
    let mut reports = Vec::new();
    venue.trigger(number, at, &mut reports);
    venue.absorb(reports);
    Ok(empty())
}

fn reset(venue: &mut KalshiVenue, at: Timestamp, id: &str) -> Answer {
    let number = find(venue, id)?;
    if let Some(group) = venue.groups.get_mut(number) {
        group.reset();
    }
    venue.tell_group(number, "reset", at);
    Ok(empty())
}

/// A limit below what matched in the window triggers at once.
fn limit(venue: &mut KalshiVenue, at: Timestamp, id: &str, call: &Call<'_>) -> Answer {
    let number = find(venue, id)?;
    let limit = read_limit("UpdateOrderGroupLimitRequest", call)?;
    if let Some(group) = venue.groups.get_mut(number) {
        group.limit = limit;
    }
    venue.tell_group(number, "limit_updated", at);
    if venue.groups.over_limit(number, at) {
        let mut reports = Vec::new();
        venue.trigger(number, at, &mut reports);
        venue.absorb(reports);
    }
    Ok(empty())
}

/// Deleting a group cancels its orders.
fn delete(venue: &mut KalshiVenue, at: Timestamp, id: &str) -> Answer {
    let number = find(venue, id)?;
    let orders = venue.groups.get(number).map(|group| group.orders.clone()).unwrap_or_default();
    let mut reports = Vec::new();
    for order in orders {
        // One that ended within the same instant is not live any more.
        let _ = venue.backend.cancel(at, order, &mut reports);
    }
    venue.absorb(reports);
    venue.groups.remove(number);
    venue.tell_group(number, "deleted", at);
    Ok(empty())
}
