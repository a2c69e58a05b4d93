//! Decimal text to scaled integers and back, exactly.

use std::fmt;

/// Why a decimal text is not a number of the wanted kind. The value is at fault, never rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Nothing there.
    #[error("empty where a decimal number was expected")]
    Empty,
    /// A character that a plain decimal number does not have (exponents and NaN included).
    #[error("not a plain decimal number")]
    Malformed,
    /// More significant decimals than the unit can hold.
    #[error("more decimals than the {0} this field can hold")]
    TooPrecise(u32),
    /// Outside the type's range.
    #[error("outside the allowed range")]
    OutOfRange,
}

/// Reads `text` as an integer of `10^-decimals` units. Trailing zeros beyond `decimals` are allowed
/// (`"0.470000"` is 47 cents); any other further digit is an error, never rounded away.
///
/// # Errors
/// [`NumberError`] for anything but an optionally signed plain decimal below `10^18` whole units.
pub(crate) fn parse_scaled(text: &[u8], decimals: u32) -> Result<i128, NumberError> {
    let (negative, digits) = match text {
        [] => return Err(NumberError::Empty),
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let mut value: i128 = 0;
    let mut seen_digit = false;
    let mut fraction_digits: Option<u32> = None;
    for &byte in digits {
        match (byte, fraction_digits) {
            (b'0'..=b'9', None) => {
                seen_digit = true;
                value = value * 10 + i128::from(byte - b'0');
                if value >= 1_000_000_000_000_000_000 {
                    return Err(NumberError::OutOfRange);
                }
            }
            (b'0'..=b'9', Some(count)) if count < decimals => {
                seen_digit = true;
                value = value * 10 + i128::from(byte - b'0');
                fraction_digits = Some(count + 1);
            }
            (b'0', Some(_)) => seen_digit = true,
            (b'1'..=b'9', Some(_)) => return Err(NumberError::TooPrecise(decimals)),
            (b'.', None) => fraction_digits = Some(0),
            _ => return Err(NumberError::Malformed),
        }
    }
    if !seen_digit {
        return Err(NumberError::Malformed);
    }
    let missing = decimals - fraction_digits.unwrap_or(0);
    let scaled = value * 10_i128.pow(missing);
    Ok(if negative { -scaled } else { scaled })
}

/// Writes `value` of `10^-decimals` units as plain decimal text with at least `decimals_min`
/// decimals and no further trailing zeros.
pub(crate) fn write_scaled(
    f: &mut fmt::Formatter<'_>,
    value: i128,
    decimals: u32,
    decimals_min: u32,
) -> fmt::Result {
    let unit = 10_u128.pow(decimals);
    let magnitude = value.unsigned_abs();
    let mut fraction = magnitude % unit;
    let mut width = decimals;
    while width > decimals_min && fraction.is_multiple_of(10) {
        fraction /= 10;
        width -= 1;
    }
    let sign = if value < 0 { "-" } else { "" };
    let text = if width == 0 {
        format!("{sign}{}", magnitude / unit)
    } else {
        format!("{sign}{}.{fraction:0width$}", magnitude / unit, width = width as usize)
    };
    // `pad` honours the width and alignment a table asks for.
    f.pad(&text)
}
