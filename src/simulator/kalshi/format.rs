//! How the venue writes numbers, times and ids: kalshi.md sections 1.2 and 1.3.

use statecraft_domain::{Price, Quantity, Timestamp};

/// Dollars with four decimals: `"0.4700"`.
pub(crate) fn price4(price: Price) -> String {
    format!("{}.{:04}", price.e4() / 10_000, price.e4() % 10_000)
}

/// Contracts with exactly two decimals: `"10.00"`. The lot is never finer.
pub(crate) fn count2(quantity: Quantity) -> String {
    let hundredths = quantity.e6() / 10_000;
    let sign = if hundredths < 0 { "-" } else { "" };
    let magnitude = hundredths.unsigned_abs();
    format!("{sign}{}.{:02}", magnitude / 100, magnitude % 100)
}

/// RFC 3339 in UTC, microseconds with trailing zeros trimmed: `…:24.112341Z`, `…:42.60323Z`, `…:29Z`.
pub(crate) fn rfc3339(at: Timestamp) -> String {
    let micros = at.nanos().div_euclid(1_000);
    jiff::Timestamp::from_microsecond(micros).unwrap_or_default().to_string()
}

/// What an id names; part of the id, so that an order's id is never mistaken for a trade's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Named {
    Order,
    Trade,
    Market,
    User,
    Group,
}

impl Named {
    const fn tag(self) -> u8 {
        match self {
            Self::Order => b'o',
            Self::Trade => b't',
            Self::Market => b'm',
            Self::User => b'u',
            Self::Group => b'g',
        }
    }
}

/// UUID texts that are a pure function of the venue's seed and a running number. The number stands in
/// the last 60 bits, so reading one back needs no table; the rest is a checksum.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ids {
    seed: u64,
}

impl Ids {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { seed }
    }

    pub(crate) fn write(self, named: Named, number: u64) -> String {
        // Every frame names its market: nothing is allocated but the text.
        let mut input = [0; 17];
        let (seed, rest) = input.split_at_mut(8);
        seed.copy_from_slice(&self.seed.to_be_bytes());
        let (tag, rest) = rest.split_at_mut(1);
        tag.fill(named.tag());
        rest.copy_from_slice(&number.to_be_bytes());
        let digest = ring::digest::digest(&ring::digest::SHA256, &input);
        let (first, _) = digest.as_ref().split_first_chunk().unwrap_or((&[0; 8], &[]));
        let checksum = u64::from_be_bytes(*first);
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            checksum >> 32,
            (checksum >> 16) & 0xffff,
            (checksum >> 4) & 0xfff,
            0x8000 | (number >> 48) & 0xfff,
            number & 0xffff_ffff_ffff
        )
    }

    /// The number in an id of this venue; `None` for any other text.
    pub(crate) fn read(self, named: Named, text: &str) -> Option<u64> {
        let (_, tail) = text.split_at_checked(19)?;
        let (high, low) = tail.split_once('-')?;
        let high = u64::from_str_radix(high, 16).ok()? & 0xfff;
        let low = u64::from_str_radix(low, 16).ok()?;
        let number = high << 48 | low;
        (self.write(named, number) == text).then_some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_recorded() {
        assert_eq!(price4(Price::from_cents(47).unwrap()), "0.4700");
        assert_eq!(price4(Price::ONE), "1.0000");
        assert_eq!(count2(Quantity::from_contracts(10)), "10.00");
        assert_eq!(count2(Quantity::from_e6(-7_770_000)), "-7.77");
        assert_eq!(count2(Quantity::from_e6(-770_000)), "-0.77");
        assert_eq!(count2(Quantity::ZERO), "0.00");
    }

    #[test]
    fn times_trim_their_zeros() {
        let at = |nanos: i64| rfc3339(Timestamp::from_nanos(1_781_159_484_000_000_000 + nanos));
        assert_eq!(at(112_341_000), "2026-06-11T06:31:24.112341Z");
        assert_eq!(at(603_230_000), "2026-06-11T06:31:24.60323Z");
        assert_eq!(at(0), "2026-06-11T06:31:24Z");
        assert_eq!(at(36_000_000_000), "2026-06-11T06:32:00Z");
        assert_eq!(at(1_000), "2026-06-11T06:31:24.000001Z");
        assert_eq!(rfc3339(Timestamp::from_nanos(i64::MIN)), "1677-09-21T00:12:43.145224Z");
        assert_eq!(rfc3339(Timestamp::from_nanos(i64::MAX)), "2262-04-11T23:47:16.854775Z");
    }

    /// Names of things in recordings and tests stay what they were.
    #[test]
    fn ids_are_a_checksum_and_the_number() {
        let digest = |named: Named, number: u64| {
            let mut input = 7_u64.to_be_bytes().to_vec();
            input.push(named.tag());
            input.extend_from_slice(&number.to_be_bytes());
            hex::encode(ring::digest::digest(&ring::digest::SHA256, &input))
        };
        for number in [0_u64, 1, 77, 1 << 50, u64::MAX] {
            let hex = digest(Named::Order, number);
            let expected = format!(
                "{}-{}-4{}-{:04x}-{:012x}",
                &hex[..8],
                &hex[8..12],
                &hex[12..15],
                0x8000 | (number >> 48) & 0xfff,
                number & 0xffff_ffff_ffff
            );
            assert_eq!(Ids::new(7).write(Named::Order, number), expected);
        }
    }

    #[test]
    fn ids_read_back_and_foreign_ones_do_not() {
        let ids = Ids::new(7);
        for number in [0, 1, 77, 1 << 50] {
            let text = ids.write(Named::Order, number);
            assert_eq!(text.len(), 36);
            assert_eq!(ids.read(Named::Order, &text), Some(number));
            assert_eq!(ids.read(Named::Trade, &text), None);
            assert_eq!(Ids::new(8).read(Named::Order, &text), None);
        }
        assert_eq!(ids.read(Named::Order, "nonsense"), None);
        assert_eq!(ids.read(Named::Order, "ééééééééééééééé-ééé-é"), None);
    }
}
