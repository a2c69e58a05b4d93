//! Bodies of the venue's REST answers. The first byte says which; a body that does not prove acceptance
//! or refusal leaves the order unknown, and never panics.
#![no_main]

use libfuzzer_sys::fuzz_target;
use statecraft::venue::kalshi::classify::{Asked, classify_create};
use statecraft::venue::kalshi::map::{listing, settlement};
use statecraft::venue::kalshi::{Placed, wire};
use statecraft_domain::{FeeSchedule, Quantity};

const STATUS: [u16; 10] = [200, 201, 400, 401, 404, 409, 429, 500, 503, 408];

fuzz_target!(|data: &[u8]| {
    let Some((&which, body)) = data.split_first() else { return };
    match which % 10 {
        0..=3 => {
            let status = STATUS[usize::from(which / 10 % 10)];
            let asked = Asked { client_order_id: "sc-0000000000000001-1", count: Quantity::from_contracts(5) };
            let placed = classify_create(status, body, asked);
            if status >= 500 {
                assert!(matches!(placed, Placed::Ambiguous { .. }), "an outage proves nothing");
            }
        }
        4 => drop(serde_json::from_slice::<wire::PositionPage>(body)),
        5 => drop(serde_json::from_slice::<wire::FillPage>(body)),
        6 => drop(serde_json::from_slice::<wire::Balance>(body)),
        7 => drop(serde_json::from_slice::<wire::SettlementPage>(body)),
        8 => {
            if let Ok(page) = serde_json::from_slice::<wire::MarketPage>(body) {
                for market in &page.markets {
                    let _ = settlement(market);
                    let _ = listing(market, "KXA", FeeSchedule::free());
                }
            }
        }
        _ => drop(serde_json::from_slice::<wire::AccountLimits>(body)),
    }
});
