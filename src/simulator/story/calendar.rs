//! Story days: time as a float of days since the first midnight of 2026 (UTC), and back.

use statecraft_domain::{Nanos, Timestamp};

/// 2026-01-01T00:00:00Z.
const MIDNIGHT: Timestamp = Timestamp::from_secs(1_767_225_600);
const DAY_SECONDS: f64 = 86_400.0;
const NAMES: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// First story day of each month of 2026, and of January 2027.
pub const MONTH_STARTS: [u16; 13] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];

/// Hour of the day at which markets open and close, as a part of a day: 15:00 UTC.
pub const OPEN_HOUR: f64 = 15.0 / 24.0;

/// The story begins: 2026-01-01T15:00Z.
pub const FIRST_DAY: f64 = OPEN_HOUR;

/// The long markets close: 2027-01-01T15:00Z.
pub const LAST_DAY: f64 = 365.0 + OPEN_HOUR;

/// The instant of a story day, to the whole second.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "seconds of a few years")]
pub fn instant(day: f64) -> Timestamp {
    MIDNIGHT + Nanos::from_secs((day * DAY_SECONDS).round() as i64)
}

/// The story day of an instant.
#[must_use]
pub fn day(at: Timestamp) -> f64 {
    (at - MIDNIGHT).days()
}

/// "24 March", for headlines; dates after 2026 carry their year.
#[must_use]
pub fn date(day: f64) -> String {
    let whole = day.floor();
    for (index, window) in MONTH_STARTS.windows(2).enumerate() {
        if let [start, end] = *window
            && whole < f64::from(end)
        {
            let name = NAMES.get(index).copied().unwrap_or_default();
            return format!("{} {name}", (whole - f64::from(start)).max(0.0) + 1.0);
        }
    }
    "early 2027".to_owned()
}

/// "2026-03-24", for labels (UTC).
#[must_use]
pub fn iso_date(day: f64) -> String {
    let at = jiff::Timestamp::from_second(instant(day).secs()).unwrap_or_default();
    at.strftime("%Y-%m-%d").to_string()
}

/// "March", by index from zero.
#[must_use]
pub fn month_name(index: usize) -> &'static str {
    NAMES.get(index).copied().unwrap_or("January")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_instants() {
        assert_eq!(instant(FIRST_DAY), Timestamp::from_secs(1_767_279_600));
        assert_eq!(instant(LAST_DAY), Timestamp::from_secs(1_798_815_600));
        assert!((day(instant(123.25)) - 123.25).abs() < 1e-9);
        assert_eq!(date(0.7), "1 January");
        assert_eq!(date(82.9), "24 March");
        assert_eq!(date(364.5), "31 December");
        assert_eq!(date(370.0), "early 2027");
        assert_eq!(iso_date(82.9), "2026-03-24");
        assert_eq!(iso_date(366.2), "2027-01-02");
    }
}
