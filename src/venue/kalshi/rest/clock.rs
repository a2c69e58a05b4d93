//! How far our clock is from the venue's.

use statecraft_domain::{Nanos, Timestamp};

use super::{KalshiRest, RestError, STATUS};
use crate::venue::kalshi::limits::Operation;

/// What to add to our clock to have the venue's, and how sure that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockOffset {
    /// Venue minus ours.
    pub offset: Nanos,
    /// The truth lies within plus or minus this: half a second for the header's resolution and half
    /// the round trip.
    pub uncertainty: Nanos,
}

impl KalshiRest {
    /// Measures the offset from the `Date` header of an exchange status answer. Signatures are
    /// accepted within +-5 s, so a second is precise enough.
    ///
    /// # Errors
    /// [`RestError`], also for an answer without a readable date.
    pub async fn measure_clock(&self) -> Result<ClockOffset, RestError> {
        let answer =
            self.repeatable(Operation::Read, 1, reqwest::Method::GET, STATUS, None).await?;
        let date = answer.date.as_deref().and_then(parse_http_date);
        let date = date.ok_or_else(|| RestError::Malformed {
            path: STATUS.to_owned(),
            cause: "no readable Date header".to_owned(),
        })?;
        Ok(offset(date, answer.sent_at, answer.received_at))
    }
}

/// The date is cut to the second: the venue's clock was between it and a second later at some moment
/// between sending and receiving.
pub(crate) fn offset(date: Timestamp, sent: Timestamp, received: Timestamp) -> ClockOffset {
    let half_trip = Nanos::new((received - sent).get().max(0) / 2);
    let middle = sent + half_trip;
    let half_second = Nanos::from_millis(500);
    ClockOffset {
        offset: (date + half_second) - middle,
        uncertainty: Nanos::new(half_second.get().saturating_add(half_trip.get())),
    }
}

pub(super) fn parse_http_date(text: &str) -> Option<Timestamp> {
    let zoned = jiff::fmt::rfc2822::parse(text).ok()?;
    i64::try_from(zoned.timestamp().as_nanosecond()).ok().map(Timestamp::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offset_brackets_the_truth() {
        let date = parse_http_date("Sun, 22 Nov 2026 12:00:00 GMT").unwrap();
        assert_eq!(date.secs(), 1_795_348_800);
        // The venue is 3.2 s ahead and answers at its 12:00:00.7; the trip takes 100 ms.
        let truth = Nanos::from_millis(3_200);
        let answered = date + Nanos::from_millis(700) - truth;
        let measured =
            offset(date, answered - Nanos::from_millis(50), answered + Nanos::from_millis(50));
        let error = (measured.offset.get() - truth.get()).abs();
        assert!(error <= measured.uncertainty.get());
        assert_eq!(measured.uncertainty, Nanos::from_millis(550));
        assert_eq!(parse_http_date("soon"), None);
    }
}
