//! The books as they were heard.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use statecraft_domain::ClientOrderId;

use super::Judge;
use super::surroundings::is_late;

/// A book as heard, in plain integers: price in 1/10,000 dollar to size in 1/100 contract.
#[derive(Debug, Default)]
pub(super) struct Heard {
    yes: BTreeMap<i64, i64>,
    no: BTreeMap<i64, i64>,
    sid: u64,
    pub(super) trusted: bool,
}

impl Heard {
    /// Best bid and ask for YES, in 1/10,000 dollar.
    pub(super) fn best(&self) -> (Option<i64>, Option<i64>) {
        let ask = self.no.last_key_value().map(|(no, _)| 10_000 - no);
        (self.yes.last_key_value().map(|(yes, _)| *yes), ask)
    }

    pub(super) fn is_crossed(&self) -> bool {
        match (self.yes.last_key_value(), self.no.last_key_value()) {
            (Some((yes, _)), Some((no, _))) => yes + no >= 10_000,
            _ => false,
        }
    }
}

/// A frame without its message, which is read only where it is of a book.
#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(rename = "type", default, borrow)]
    kind: Option<Cow<'a, str>>,
    sid: Option<u64>,
    seq: Option<i64>,
    #[serde(borrow)]
    msg: Option<&'a RawValue>,
}

impl Judge {
    /// Somebody else has placed this order in the bot's name.
    pub(in crate::simulation) fn usurped(&mut self, order: ClientOrderId) {
        self.usurper.get_or_insert_with(|| (format!("\"{order}\""), false));
    }

    /// A person lets it trade on, whoever writes with its name: until it hears of that again.
    pub(in crate::simulation) fn resumed(&mut self) {
        if let Some((_, heard)) = &mut self.usurper {
            *heard = false;
        }
    }

    pub(in crate::simulation) const fn is_usurped(&self) -> bool {
        self.usurper.is_some()
    }

    fn hear_usurper(&mut self, message: &str) {
        if let Some((order, heard)) = &mut self.usurper {
            *heard |= message.contains(order.as_str());
        }
    }

    /// What the bot hears, it hears too. `misread`: by how much the bot is wrong about the venue's time;
    /// `has_book`: does it follow the book of this ticker now?
    pub(in crate::simulation) fn hear(
        &mut self,
        (now, misread): (i64, i64),
        text: &[u8],
        has_book: impl Fn(&str) -> bool,
    ) {
        let Ok(frame) = serde_json::from_slice::<Frame<'_>>(text) else {
            // One of another channel says nothing about any book.
            let of_a_book = text.windows(11).any(|part| part == b"\"orderbook_");
            for book in self.books.values_mut().filter(|_| of_a_book) {
                book.trusted = false;
            }
            return;
        };
        let sid = frame.sid.unwrap_or(0);
        if let (true, Some(seq)) = (sid > 0, frame.seq) {
            let last = self.last_seq.get(&sid).copied();
            if last.is_some_and(|last| seq <= last) {
                return;
            }
            if last.is_some_and(|last| seq > last + 1) {
                for book in self.books.values_mut().filter(|book| book.sid == sid) {
                    book.trusted = false;
                }
            }
            self.last_seq.insert(sid, seq);
        }
        let kind = frame.kind.as_deref().unwrap_or_default();
        if matches!(kind, "user_order" | "fill") {
            self.hear_usurper(frame.msg.map_or("", RawValue::get));
        }
        if !kind.starts_with("orderbook_") && kind != "market_lifecycle_v2" {
            return;
        }
        let Some(Ok(message)) = frame.msg.map(|raw| serde_json::from_str::<Value>(raw.get()))
        else {
            return;
        };
        let Some(ticker) = message["market_ticker"].as_str() else { return };
        if kind.starts_with("orderbook_") {
            self.thaws(Some(ticker));
        }
        match frame.kind.as_deref() {
            Some("orderbook_snapshot") => {
                let book = self.books.entry(ticker.to_owned()).or_default();
                (book.yes, book.no) =
                    (ladder(&message["yes_dollars_fp"]), ladder(&message["no_dollars_fp"]));
                (book.sid, book.trusted) = (sid, true);
            }
            Some("orderbook_delta") => {
                let Some(book) = self.books.get_mut(ticker) else { return };
                let is_late =
                    message["ts_ms"].as_i64().is_some_and(|millis| is_late(now + misread, millis));
                if is_late && book.trusted && has_book(ticker) {
                    self.around.heard_late(now);
                }
                let (Some(price), Some(delta)) =
                    (scaled(&message["price_dollars"], 4), scaled(&message["delta_fp"], 2))
                else {
                    return;
                };
                let side = if message["side"] == "yes" { &mut book.yes } else { &mut book.no };
                let size = side.entry(price).or_insert(0);
                *size += delta;
                let size = *size;
                if size <= 0 {
                    side.remove(&price);
                }
                if size < 0 {
                    book.trusted = false;
                }
            }
            Some("market_lifecycle_v2")
                if message["event_type"] == "price_level_structure_updated" =>
            {
                if let Some(book) = self.books.get_mut(ticker) {
                    book.trusted = false;
                }
            }
            _ => {}
        }
    }
}

fn ladder(levels: &Value) -> BTreeMap<i64, i64> {
    let levels = levels.as_array().map(Vec::as_slice).unwrap_or_default();
    levels.iter().filter_map(|level| Some((scaled(&level[0], 4)?, scaled(&level[1], 2)?))).collect()
}

/// The digits of a decimal text as an integer of that many decimals.
pub(super) fn scaled(value: &Value, decimals: usize) -> Option<i64> {
    let text = value.as_str()?;
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let mut digits = format!("{whole}{part}");
    for _ in part.len()..decimals {
        digits.push('0');
    }
    let kept = digits.len().saturating_sub(part.len().saturating_sub(decimals));
    let number: i64 = digits.get(..kept)?.parse().ok()?;
    Some(if negative { -number } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_read_exactly() {
        for (text, decimals, expected) in
            [("0.4500", 4, 4_500), ("-3.00", 2, -300), ("12", 2, 1_200), ("0.5", 4, 5_000)]
        {
            assert_eq!(scaled(&Value::String(text.to_owned()), decimals), Some(expected), "{text}");
        }
    }
}
