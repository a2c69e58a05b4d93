//! The weekly maintenance: Thursdays from 03:00 to 05:00 Eastern time nothing new is taken (cancels are).

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use statecraft_domain::Timestamp;

/// US Eastern time by its rule since 2007, so that no time zone database is needed.
const EASTERN: &str = "EST5EDT,M3.2.0,M11.1.0";

/// Is the exchange under maintenance at this instant by its calendar?
#[must_use]
pub fn is_maintenance(at: Timestamp) -> bool {
    let (Ok(instant), Ok(eastern)) =
        (jiff::Timestamp::from_second(at.secs()), TimeZone::posix(EASTERN))
    else {
        return false;
    };
    let local = instant.to_zoned(eastern);
    local.weekday() == Weekday::Thursday && (3..5).contains(&local.hour())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// First and last second, and the seconds beside them, in UTC.
    fn hours(day: &str, first: u8) {
        let at = |time: String| {
            let instant: jiff::Timestamp = time.parse().unwrap();
            is_maintenance(Timestamp::from_secs(instant.as_second()))
        };
        let (before, last, after) = (first - 1, first + 1, first + 2);
        assert!(!at(format!("{day}T{before:02}:59:59Z")), "{day}");
        assert!(at(format!("{day}T{first:02}:00:00Z")), "{day}");
        assert!(at(format!("{day}T{last:02}:59:59Z")), "{day}");
        assert!(!at(format!("{day}T{after:02}:00:00Z")), "{day}");
    }

    /// F44: the Thursdays before and after both changes of the clock, 2024 to 2030.
    #[test]
    fn f44_the_calendar_follows_daylight_saving() {
        let winter = [
            "2024-03-07",
            "2024-11-07",
            "2025-03-06",
            "2025-11-06",
            "2026-03-05",
            "2026-11-05",
            "2027-03-11",
            "2027-11-11",
            "2028-03-09",
            "2028-11-09",
            "2029-03-08",
            "2029-11-08",
            "2030-03-07",
            "2030-11-07",
        ];
        let summer = [
            "2024-03-14",
            "2024-10-31",
            "2025-03-13",
            "2025-10-30",
            "2026-03-12",
            "2026-10-29",
            "2027-03-18",
            "2027-11-04",
            "2028-03-16",
            "2028-11-02",
            "2029-03-15",
            "2029-11-01",
            "2030-03-14",
            "2030-10-31",
        ];
        winter.iter().for_each(|day| hours(day, 8));
        summer.iter().for_each(|day| hours(day, 7));
        let at = |text: &str| {
            let instant: jiff::Timestamp = text.parse().unwrap();
            is_maintenance(Timestamp::from_secs(instant.as_second()))
        };
        assert!(at("2026-07-09T07:00:00Z"), "03:00 EDT");
        assert!(!at("2026-07-09T09:00:00Z"), "05:00 EDT");
        assert!(!at("2026-12-10T07:30:00Z"), "02:30 EST");
        assert!(at("2026-12-10T08:30:00Z"), "03:30 EST");
        assert!(!at("2026-12-11T08:30:00Z"), "a Friday");
    }
}
