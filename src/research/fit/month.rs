//! [`Month`]: months counted from January 1970.

use std::fmt;

/// A calendar month; January 1970 is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(pub i32);

impl Month {
    /// January of `year`.
    #[must_use]
    pub const fn january(year: i32) -> Self {
        Self((year - 1970) * 12)
    }

    /// December of `year`.
    #[must_use]
    pub const fn december(year: i32) -> Self {
        Self((year - 1970) * 12 + 11)
    }

    /// The month of a day.
    #[must_use]
    pub fn of(date: jiff::civil::Date) -> Self {
        Self((i32::from(date.year()) - 1970) * 12 + i32::from(date.month()) - 1)
    }

    /// The month with this number (1..=12) of a year.
    #[must_use]
    pub const fn new(year: i32, month: i32) -> Self {
        Self((year - 1970) * 12 + month - 1)
    }

    /// Reads `YYYY-MM`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let date: jiff::civil::Date = format!("{text}-01").parse().ok()?;
        (text.len() == 7).then_some(Self::of(date))
    }

    /// Its year.
    #[must_use]
    pub const fn year(self) -> i32 {
        1970 + self.0.div_euclid(12)
    }

    /// Its number in the year, 1 to 12.
    #[must_use]
    pub const fn number(self) -> i32 {
        self.0.rem_euclid(12) + 1
    }

    /// The months from this one to `last`, both included.
    pub fn to(self, last: Self) -> impl Iterator<Item = Self> + Clone {
        (self.0..=last.0).map(Self)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year(), self.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_counted_from_1970() {
        assert_eq!(Month::parse("1970-01"), Some(Month(0)));
        assert_eq!(Month::parse("2024-12"), Some(Month(659)));
        assert_eq!(Month::parse("1969-12"), Some(Month(-1)));
        assert_eq!(Month(-1).to_string(), "1969-12");
        assert_eq!(Month::december(2024), Month(659));
        for wrong in ["2024", "2024-13", "2024-1", "2024-01-01", "x", ""] {
            assert_eq!(Month::parse(wrong), None, "{wrong}");
        }
    }
}
