//! A cursor over one flat JSON object. Every method answers `None` as soon as the text is anything
//! but the plainest form, which the caller takes as "leave it to serde".

use statecraft_domain::{Price, Quantity};

/// Longest integer read here: fits both `i64` and `u64` with room.
const DIGITS_MAX: usize = 18;

/// A place in the bytes of a frame.
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// Sets a field that must not come twice.
pub(super) fn once<T>(field: &mut Option<T>, value: T) -> Option<()> {
    if field.is_some() {
        return None;
    }
    *field = Some(value);
    Some(())
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    /// The next byte after white space, which must be `wanted`.
    fn expect(&mut self, wanted: u8) -> Option<()> {
        if self.peek()? != wanted {
            self.skip_space();
            if self.peek()? != wanted {
                return None;
            }
        }
        self.at += 1;
        Some(())
    }

    /// `{`, with at least one field to follow.
    pub(super) fn open_object(&mut self) -> Option<()> {
        self.expect(b'{')
    }

    /// A field name and its colon.
    pub(super) fn key(&mut self) -> Option<&'a [u8]> {
        let key = self.ascii()?;
        self.expect(b':')?;
        Some(key)
    }

    /// After a value: is there another field (`,`), or is the object over (`}`)?
    pub(super) fn more(&mut self) -> Option<bool> {
        self.skip_space();
        let more = match self.peek()? {
            b',' => true,
            b'}' => false,
            _ => return None,
        };
        self.at += 1;
        Some(more)
    }

    /// Nothing but white space is left.
    pub(super) fn end(&mut self) -> Option<()> {
        self.skip_space();
        (self.at == self.bytes.len()).then_some(())
    }

    /// A string of plain ASCII without escapes.
    pub(super) fn string(&mut self) -> Option<&'a str> {
        // Known to be ASCII; this cannot fail, and only the few strings that are kept pay for it.
        std::str::from_utf8(self.ascii()?).ok()
    }

    /// The bytes of a string of plain ASCII without escapes.
    pub(super) fn ascii(&mut self) -> Option<&'a [u8]> {
        self.expect(b'"')?;
        let rest = self.bytes.get(self.at..)?;
        let length = plain_length(rest);
        let text = rest.get(..length)?;
        if *rest.get(length)? != b'"' {
            return None;
        }
        self.at += length + 1;
        Some(text)
    }

    /// An integer from zero.
    pub(super) fn unsigned(&mut self) -> Option<u64> {
        self.skip_space();
        self.digits()
    }

    /// An integer.
    pub(super) fn integer(&mut self) -> Option<i64> {
        self.skip_space();
        let negative = self.peek()? == b'-';
        if negative {
            self.at += 1;
        }
        let magnitude = i64::try_from(self.digits()?).ok()?;
        // serde reads "-0" as a float.
        match (negative, magnitude) {
            (true, 0) => None,
            (true, _) => Some(-magnitude),
            (false, _) => Some(magnitude),
        }
    }

    fn digits(&mut self) -> Option<u64> {
        let start = self.at;
        let mut value: u64 = 0;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            if self.at - start == DIGITS_MAX {
                return None;
            }
            value = value * 10 + u64::from(digit - b'0');
            self.at += 1;
        }
        let leading_zero = self.bytes.get(start) == Some(&b'0') && self.at - start > 1;
        // A fraction, an exponent or letters: not for here.
        let ends = matches!(self.peek(), Some(b',' | b'}' | b' ' | b'\n' | b'\r' | b'\t'));
        (self.at > start && !leading_zero && ends).then_some(value)
    }

    /// `true` or `false`.
    pub(super) fn boolean(&mut self) -> Option<bool> {
        self.skip_space();
        let rest = self.bytes.get(self.at..)?;
        if rest.starts_with(b"true") {
            self.at += 4;
            Some(true)
        } else if rest.starts_with(b"false") {
            self.at += 5;
            Some(false)
        } else {
            None
        }
    }

    /// Any value without parts.
    pub(super) fn skip_scalar(&mut self) -> Option<()> {
        self.skip_space();
        match self.peek()? {
            b'"' => self.ascii().map(|_| ()),
            b't' | b'f' => self.boolean().map(|_| ()),
            b'-' | b'0'..=b'9' => self.integer().map(|_| ()),
            _ => None,
        }
    }

    /// A price as a decimal string.
    pub(super) fn price(&mut self) -> Option<Price> {
        let text = self.ascii()?;
        // The usual form: "0.4700".
        if let [b'0', b'.', a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', d @ b'0'..=b'9'] =
            text
        {
            let digit = |byte: &u8| u16::from(byte - b'0');
            let e4 = digit(a) * 1_000 + digit(b) * 100 + digit(c) * 10 + digit(d);
            return Price::from_e4(e4);
        }
        Price::parse(text).ok()
    }

    /// A number of contracts as a decimal string.
    pub(super) fn count(&mut self) -> Option<Quantity> {
        let text = self.ascii()?;
        short_count(text).or_else(|| Quantity::parse(text).ok())
    }
}

/// The usual form of a count: at most eleven digits with two decimals, perhaps signed.
fn short_count(text: &[u8]) -> Option<Quantity> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let [whole @ .., b'.', tens @ b'0'..=b'9', ones @ b'0'..=b'9'] = digits else {
        return None;
    };
    if whole.is_empty() || whole.len() > 9 {
        return None;
    }
    let mut value: i64 = 0;
    for byte in whole {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value * 10 + i64::from(byte - b'0');
    }
    let hundredths = value * 100 + i64::from(tens - b'0') * 10 + i64::from(ones - b'0');
    let e6 = hundredths * 10_000;
    Some(Quantity::from_e6(if negative { -e6 } else { e6 }))
}

/// How many bytes from the start are plain string content: printable ASCII, no quote, no backslash.
/// Eight bytes at a time.
fn plain_length(bytes: &[u8]) -> usize {
    let mut length = 0;
    while let Some(chunk) = bytes.get(length..).and_then(|rest| rest.first_chunk::<8>()) {
        let special = special_bytes(u64::from_le_bytes(*chunk));
        if special != 0 {
            return length + (special.trailing_zeros() / 8) as usize;
        }
        length += 8;
    }
    let tail = bytes.get(length..).unwrap_or_default();
    length + tail.iter().position(|&byte| !is_plain(byte)).unwrap_or(tail.len())
}

const fn is_plain(byte: u8) -> bool {
    byte >= 0x20 && byte < 0x80 && byte != b'"' && byte != b'\\'
}

/// The high bit of each byte that is no plain string content. Exact up to and including the lowest
/// such byte (a borrow can only reach bytes above one that is already marked), which is all that
/// counts.
const fn special_bytes(word: u64) -> u64 {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    const fn zero_bytes(word: u64) -> u64 {
        word.wrapping_sub(LOW) & !word & HIGH
    }
    let quote = zero_bytes(word ^ (LOW * b'"' as u64));
    let backslash = zero_bytes(word ^ (LOW * b'\\' as u64));
    let control = word.wrapping_sub(LOW * 0x20) & !word & HIGH;
    quote | backslash | control | (word & HIGH)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn plain_length_is_what_a_byte_loop_finds(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let naive = bytes.iter().position(|&byte| !is_plain(byte)).unwrap_or(bytes.len());
            prop_assert_eq!(plain_length(&bytes), naive);
        }

        #[test]
        fn short_counts_agree_with_the_domain(text in "-?[0-9]{0,12}\\.?[0-9]{0,3}") {
            if let Some(short) = short_count(text.as_bytes()) {
                prop_assert_eq!(Quantity::parse(text.as_bytes()), Ok(short));
            }
        }

        #[test]
        fn prices_agree_with_the_domain(text in "[01]?\\.?[0-9]{0,5}") {
            let json = format!("\"{text}\"");
            let scanned = Cursor::new(json.as_bytes()).price();
            prop_assert_eq!(scanned, Price::parse(text.as_bytes()).ok());
        }
    }
}
