//! The dates that a label may carry: a day, days, a month, months, or a year. A uniform belief over their
//! days; days are days of UTC, named by their first instant. And how much later something is to be.

use statecraft_domain::{Nanos, Timestamp};

/// A day.
pub(super) const DAY: Nanos = Nanos::from_secs(86_400);
/// Longer than this is no date.
const DAYS_MAX: i64 = 3_660;

/// Consecutive days of UTC, at least one and at most ten years of them, as a label writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dates {
    first: Timestamp,
    last: Timestamp,
}

impl Dates {
    /// `2028`, `2028-03`, `2028-03-14`, `2028-03..2028-05` or `2028-03-14..2028-03-18`, of the years 1970 to 2199;
    /// `None`: it is none of these.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let dates = match text.split_once("..") {
            Some((first, last)) => {
                let end = |text: &str| match text.len() {
                    7 => month(text),
                    10 => day(text),
                    _ => None,
                };
                // Both ends are days, or both are months.
                (first.len() == last.len()).then_some(())?;
                Self { first: end(first)?.first, last: end(last)?.last }
            }
            None => match text.len() {
                4 => year(text)?,
                7 => month(text)?,
                10 => day(text)?,
                _ => return None,
            },
        };
        let days = (dates.last - dates.first).get() / DAY.get() + 1;
        (1..=DAYS_MAX).contains(&days).then_some(dates)
    }

    #[cfg(test)]
    pub(super) const fn on(day: Timestamp) -> Self {
        Self { first: day, last: day }
    }

    pub(super) const fn first(self) -> Timestamp {
        self.first
    }

    /// The last day.
    pub(super) const fn last(self) -> Timestamp {
        self.last
    }

    /// The day in the middle.
    pub(super) fn middle(self) -> Timestamp {
        let days = (self.last - self.first).get() / DAY.get();
        self.first + Nanos::new(days / 2 * DAY.get())
    }

    pub(super) fn each(self) -> impl Iterator<Item = Timestamp> {
        std::iter::successors(Some(self.first), |&day| Some(day + DAY))
            .take_while(move |&day| day <= self.last)
    }

    pub(super) fn contains(self, other: Self) -> bool {
        self.first <= other.first && other.last <= self.last
    }

    /// Without the days that are over at `at`, unless that is all of them.
    pub(super) fn from(self, at: Timestamp) -> Self {
        let over = (at - self.first).get().div_euclid(DAY.get()).max(0);
        let first = self.first + Nanos::new(over.saturating_mul(DAY.get()));
        if first > self.last { self } else { Self { first, ..self } }
    }
}

/// By how much something is put off: `+3d`, `+2w`, `+1m`, `+1y`. What is said in weeks, months or years is meant
/// roughly (three days, half a month, a quarter either way; guesses).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shift {
    days: i64,
    either_way: i64,
}

impl Shift {
    /// At least a day and at most ten years; `None`: it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('+')?;
        let (count, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        let count = digits(count, count.len()).filter(|_| (1..=4).contains(&count.len()))?;
        let (days, either_way) = match unit {
            "d" => (count, 0),
            "w" => (7 * count, 3),
            // The mean month of the calendar: 365.25 / 12.
            "m" => (count * 30_438 / 1_000, 15),
            "y" => (count * 36_525 / 100, 91),
            _ => return None,
        };
        (1..=DAYS_MAX).contains(&days).then_some(Self { days, either_way })
    }

    /// These dates, so much later.
    pub(super) fn after(self, dates: Dates) -> Dates {
        let later = |from: Timestamp, days: i64| from + Nanos::new(days.saturating_mul(DAY.get()));
        Dates {
            first: later(dates.first, self.days - self.either_way),
            last: later(dates.last, self.days + self.either_way),
        }
    }
}

fn year(text: &str) -> Option<Dates> {
    let year = digits(text, 4)?;
    Some(Dates { first: civil(year, 1, 1)?, last: civil(year, 12, 31)? })
}

fn month(text: &str) -> Option<Dates> {
    let (year, month) = text.split_once('-')?;
    let (year, month) = (digits(year, 4)?, digits(month, 2)?);
    Some(Dates { first: civil(year, month, 1)?, last: civil(year, month, length(year, month))? })
}

fn day(text: &str) -> Option<Dates> {
    let (head, day) = text.rsplit_once('-')?;
    let (year, month) = head.split_once('-')?;
    let day = civil(digits(year, 4)?, digits(month, 2)?, digits(day, 2)?)?;
    Some(Dates { first: day, last: day })
}

/// A number of exactly so many digits.
fn digits(text: &str, count: usize) -> Option<i64> {
    let plain = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

const fn length(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Midnight UTC (proleptic Gregorian; Howard Hinnant's days-from-civil).
fn civil(year: i64, month: i64, day: i64) -> Option<Timestamp> {
    let plausible = (1970..2200).contains(&year) && (1..=12).contains(&month);
    if !plausible || !(1..=length(year, month)).contains(&day) {
        return None;
    }
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted - era * 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = era * 146_097 + day_of_era - 719_468;
    Some(Timestamp::from_secs(days * 86_400))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read() {
        let read = |text: &str| Dates::parse(text).map(|d| (d.first.secs(), d.each().count()));
        assert_eq!(read("1970-01-01"), Some((0, 1)));
        assert_eq!(read("2026-03-31"), Some((1_774_915_200, 1)));
        assert_eq!(read("2024-02"), Some((1_706_745_600, 29)));
        assert_eq!(read("2024"), Some((1_704_067_200, 366)));
        assert_eq!(read("2024-02..2024-03"), Some((1_706_745_600, 60)));
        assert_eq!(read("2024-02..2024-02"), read("2024-02"));
        assert_eq!(read("2024-02-27..2024-03-01"), Some((1_708_992_000, 4)));
        assert_eq!(read("2024-02-27..2024-02-27"), read("2024-02-27"));
        for wrong in
            ["2024-02-27..2024-02-26", "2024-02..2024-03-01", "2024-02-27..2024-03", "2024..2025"]
        {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        for (text, days) in
            [("+3d", (3, 0)), ("+2w", (14, 3)), ("+1m", (30, 15)), ("+1y", (365, 91))]
        {
            let shift = Shift::parse(text);
            assert_eq!(shift.map(|shift| (shift.days, shift.either_way)), Some(days), "{text}");
        }
        for wrong in
            ["", "+", "2w", "+w", "+0d", "+2", "+2x", "++2w", "+-2w", "+99999d", "+11y", "+2週"]
        {
            assert_eq!(Shift::parse(wrong), None, "{wrong}");
        }
        for wrong in ["", "soon", "2026-13-01", "2026-02-30", "2026-3", "+202", "2024-02..2024-01"]
        {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!(read("2024-02..2044-02"), None);
    }

    #[test]
    fn dates_are_those_of_a_calendar() {
        for good in ["2028", "2028-03", "2028-02-29", "2026-05..2026-07"] {
            assert!(Dates::parse(good).is_some(), "{good}");
        }
        let bad =
            ["", "2026-13", "2026-02-30", "2026-00", "26-05", "soon", "2026-5", "2026-05..2026-13"];
        for bad in
            bad.into_iter().chain(["0026", "1969-12", "2200", "20260501", "2026-07..2026-05"])
        {
            assert!(Dates::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn what_is_over_is_left_out() {
        let march = Dates::parse("2026-03").unwrap();
        let tenth = day("2026-03-10").unwrap().first;
        let left = march.from(tenth + Nanos::from_secs(3_600));
        assert_eq!((left.first, left.last), (tenth, march.last));
        assert!(march.contains(left) && !left.contains(march));
        assert_eq!(march.from(march.last + DAY), march);
        assert_eq!(march.from(Timestamp::EPOCH), march);
        assert_eq!(march.middle(), day("2026-03-16").unwrap().first);
        assert_eq!(Dates::on(tenth).middle(), tenth);
    }
}
