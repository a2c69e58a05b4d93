//! `GET /account/*` and `GET /api_keys`.

use serde_json::json;

use super::{Answer, Reply};
use crate::simulator::kalshi::error::ApiError;
use crate::simulator::kalshi::limits::{CHEAP_COST, DEFAULT_COST, Tier};
use crate::simulator::kalshi::venue::KalshiVenue;
use crate::simulator::kalshi::wire::account::{ApiKey, BucketLimit, EndpointCost};

pub(super) fn get(rest: &[&str], venue: &KalshiVenue) -> Answer {
    match rest {
        ["limits"] => Ok(limits(venue.tier)),
        ["endpoint_costs"] => Ok(costs()),
        _ => Err(ApiError::not_found()),
    }
}

fn limits(tier: Tier) -> Reply {
    let ((read, write), (read_capacity, write_capacity)) = (tier.refill(), tier.capacity());
    Reply::ok(&json!({
        "usage_tier": tier.name(),
        "read": BucketLimit { refill_rate: read, bucket_capacity: read_capacity },
        "write": BucketLimit { refill_rate: write, bucket_capacity: write_capacity },
        "grants": [],
    }))
}

fn costs() -> Reply {
    let cheap = |method, path| EndpointCost { method, path, cost: CHEAP_COST };
    let costs = [
        cheap("DELETE", "/trade-api/v2/portfolio/events/orders/{order_id}"),
        cheap("DELETE", "/trade-api/v2/portfolio/events/orders"),
        cheap("DELETE", "/trade-api/v2/portfolio/events/orders/batched"),
        cheap("GET", "/trade-api/v2/portfolio/orders/{order_id}"),
    ];
    Reply::ok(&json!({ "default_cost": DEFAULT_COST, "endpoint_costs": costs }))
}

pub(super) fn api_keys(key_ids: &[String]) -> Answer {
    let keys: Vec<ApiKey> = key_ids
        .iter()
        .enumerate()
        .map(|(index, id)| ApiKey {
            api_key_id: id.clone(),
            name: format!("simulated key {}", index + 1),
            scopes: vec!["read", "write"],
        })
        .collect();
    Ok(Reply::ok(&json!({ "api_keys": keys })))
}
