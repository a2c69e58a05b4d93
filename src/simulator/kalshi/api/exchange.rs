//! `GET /exchange/*`.

use serde_json::json;
use statecraft_domain::Timestamp;

use super::{Answer, Reply};
use crate::simulator::kalshi::error::ApiError;
use crate::simulator::kalshi::format::rfc3339;
use crate::simulator::kalshi::venue::KalshiVenue;
use crate::simulator::kalshi::wire::account::{
    DailySchedule, ExchangeStatus, IndexStatus, WeeklySchedule,
};

pub(super) fn get(venue: &mut KalshiVenue, rest: &[&str]) -> Answer {
    match rest {
        ["status"] => Ok(Reply::ok(&status(venue))),
        ["schedule"] => Ok(schedule(venue)),
        ["user_data_timestamp"] => {
            Ok(Reply::ok(&json!({ "as_of_time": rfc3339(venue.backend.now()) })))
        }
        _ => Err(ApiError::not_found()),
    }
}

fn status(venue: &KalshiVenue) -> ExchangeStatus {
    let trading_active = venue.is_trading();
    ExchangeStatus {
        exchange_active: true,
        trading_active,
        intra_exchange_transfers_active: true,
        exchange_estimated_resume_time: None,
        exchange_index_statuses: vec![IndexStatus {
            exchange_index: 0,
            description: "Default",
            exchange_active: true,
            trading_active,
            intra_exchange_transfers_active: true,
        }],
    }
}

/// Open around the clock, Thursdays with the weekly pause if it is switched on. Times are Eastern.
fn schedule(venue: &KalshiVenue) -> Reply {
    let all_day = || vec![DailySchedule { open_time: "00:00", close_time: "24:00" }];
    let thursday = if venue.options.weekly_maintenance {
        vec![
            DailySchedule { open_time: "00:00", close_time: "03:00" },
            DailySchedule { open_time: "05:00", close_time: "24:00" },
        ]
    } else {
        all_day()
    };
    let week = WeeklySchedule {
        start_time: rfc3339(Timestamp::from_secs(1_735_689_600)),
        end_time: rfc3339(Timestamp::from_secs(1_893_456_000)),
        monday: all_day(),
        tuesday: all_day(),
        wednesday: all_day(),
        thursday,
        friday: all_day(),
        saturday: all_day(),
        sunday: all_day(),
    };
    Reply::ok(&json!({ "schedule": { "standard_hours": [week], "maintenance_windows": [] } }))
}
