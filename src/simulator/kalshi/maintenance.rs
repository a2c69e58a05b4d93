//! The weekly trading pause: Thursdays 03:00 to 05:00 Eastern time.

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use statecraft_domain::Timestamp;

/// US Eastern time by its present rule, so that no time zone database is needed.
const EASTERN: &str = "EST5EDT,M3.2.0,M11.1.0";

/// Is the pause on at this instant?
pub(crate) fn is_on(at: Timestamp) -> bool {
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

    fn at(text: &str) -> Timestamp {
        let instant: jiff::Timestamp = text.parse().unwrap();
        Timestamp::from_secs(instant.as_second())
    }

    #[test]
    fn it_follows_daylight_saving() {
        assert!(is_on(at("2026-07-09T07:00:00Z")), "03:00 EDT");
        assert!(!is_on(at("2026-07-09T09:00:00Z")), "05:00 EDT");
        assert!(!is_on(at("2026-12-10T07:30:00Z")), "02:30 EST");
        assert!(is_on(at("2026-12-10T08:30:00Z")), "03:30 EST");
        assert!(!is_on(at("2026-12-11T08:30:00Z")), "a Friday");
    }
}
