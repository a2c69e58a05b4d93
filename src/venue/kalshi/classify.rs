//! What an answer to a new order means: placed, refused, or unknown. A table, because money hangs on
//! every row.
//!
//! Only a documented refusal is a refusal; whatever is not understood is *ambiguous*, and the order is
//! then looked for at the venue with its full exposure reserved.

use statecraft_domain::{Quantity, RejectReason, Timestamp, Usd, VenueOrderId};

use super::wire::{BatchCreateItemAck, CreateAck, ErrorBody, clean_venue_text};

/// What became of a new order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placed {
    /// The venue has it.
    Accepted(Accepted),
    /// The venue definitively refused it.
    Rejected {
        /// In our words.
        reason: RejectReason,
        /// In the venue's, cleaned.
        detail: String,
    },
    /// Nobody knows. Never send it again; look for it.
    Ambiguous {
        /// What happened instead of an answer.
        cause: String,
    },
}

/// The venue's acknowledgement of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The venue's name.
    pub venue_order: VenueOrderId,
    /// Filled at once. The fills themselves come by the stream.
    pub filled: Quantity,
    /// Resting now.
    pub remaining: Quantity,
    /// Venue time.
    pub venue_at: Timestamp,
    /// Average YES price of what filled.
    pub average_price: Option<Usd>,
    /// Average fee per contract of what filled.
    pub average_fee: Option<Usd>,
}

/// What was asked for: an acknowledgement that contradicts it is not believed.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Our id as sent.
    pub client_order_id: &'a str,
    /// Contracts as sent.
    pub count: Quantity,
}

/// One row: an answer with this status whose code (or, for [`Test::Detail`], code and detail) matches.
struct Row {
    status: Status,
    test: Test,
    reason: RejectReason,
}

enum Status {
    /// This one.
    Is(u16),
    /// 400 to 499 except 408 and 425.
    Refusal,
    /// Any below 500.
    Any,
}

enum Test {
    /// Any body.
    Always,
    /// The code, or the code up to an id (`user_not_found:_<uuid>`), in any case.
    Code(&'static str),
    /// The code, and a detail that contains this.
    Detail(&'static str, &'static str),
    /// No code, and a message that starts so.
    Message(&'static str),
}

const fn row(status: Status, test: Test, reason: RejectReason) -> Row {
    Row { status, test, reason }
}

/// First match wins. Evidence per row: reference kalshi.md 3.5, 3.10, and the FIX reject vocabulary.
const REFUSALS: &[Row] = &[
    row(Status::Any, Test::Code("deprecated_v1_order_endpoint"), RejectReason::InvalidOrder),
    row(Status::Is(401), Test::Always, RejectReason::NotAuthorized),
    row(Status::Is(403), Test::Always, RejectReason::NotAuthorized),
    row(Status::Is(429), Test::Always, RejectReason::RateLimited),
    row(Status::Refusal, Test::Code("order_already_exists"), RejectReason::DuplicateId),
    row(Status::Refusal, Test::Code("insufficient_balance"), RejectReason::InsufficientBalance),
    row(
        Status::Refusal,
        Test::Code("available_balance_too_low"),
        RejectReason::InsufficientBalance,
    ),
    row(
        Status::Refusal,
        Test::Code("fill_or_kill_insufficient_resting_volume"),
        RejectReason::FillOrKill,
    ),
    row(Status::Refusal, Test::Code("fok_insufficient_volume"), RejectReason::FillOrKill),
    row(Status::Refusal, Test::Code("trading_is_paused"), RejectReason::TradingPaused),
    row(Status::Refusal, Test::Code("trading_paused"), RejectReason::TradingPaused),
    row(Status::Refusal, Test::Code("exchange_paused"), RejectReason::TradingPaused),
    row(Status::Refusal, Test::Code("market_not_active"), RejectReason::MarketNotActive),
    row(Status::Refusal, Test::Code("market_inactive"), RejectReason::MarketNotActive),
    row(Status::Refusal, Test::Code("market_already_closed"), RejectReason::MarketNotActive),
    row(Status::Refusal, Test::Code("market_not_found"), RejectReason::MarketNotFound),
    row(Status::Is(404), Test::Code("not_found"), RejectReason::MarketNotFound),
    row(Status::Refusal, Test::Code("post_only_cross"), RejectReason::PostOnlyCross),
    row(
        Status::Refusal,
        Test::Detail("invalid_order", "post only cross"),
        RejectReason::PostOnlyCross,
    ),
    row(Status::Refusal, Test::Detail("invalid_order", "reduce only"), RejectReason::ReduceOnly),
    row(Status::Refusal, Test::Detail("invalid_order", "reduce_only"), RejectReason::ReduceOnly),
    row(
        Status::Refusal,
        Test::Detail("invalid_order", "invalid price"),
        RejectReason::InvalidPrice,
    ),
    row(Status::Refusal, Test::Code("invalid_price"), RejectReason::InvalidPrice),
    row(Status::Refusal, Test::Code("invalid_order_size"), RejectReason::InvalidSize),
    row(Status::Refusal, Test::Code("invalid_order"), RejectReason::InvalidOrder),
    row(Status::Refusal, Test::Code("bad_request"), RejectReason::InvalidOrder),
    row(Status::Is(400), Test::Message("Parameter validation failed"), RejectReason::InvalidOrder),
    row(Status::Refusal, Test::Code("self_cross_attempt"), RejectReason::InvalidOrder),
    row(Status::Refusal, Test::Code("order_group_not_found"), RejectReason::OrderGroupEnded),
    row(
        Status::Refusal,
        Test::Code("exceeded_order_group_risk_limit"),
        RejectReason::OrderGroupEnded,
    ),
    row(Status::Refusal, Test::Code("exceeded_per_market_risk_limit"), RejectReason::VenueLimit),
    row(Status::Refusal, Test::Code("exceeded_sell_position_floor"), RejectReason::VenueLimit),
];

impl Row {
    fn matches(&self, status: u16, error: &ErrorBody) -> bool {
        let status_fits = match self.status {
            Status::Is(wanted) => status == wanted,
            Status::Refusal => (400..500).contains(&status) && status != 408 && status != 425,
            Status::Any => status < 500,
        };
        status_fits && self.test.matches(error)
    }
}

impl Test {
    fn matches(&self, error: &ErrorBody) -> bool {
        match self {
            Self::Always => true,
            Self::Code(code) => has_code(error, code),
            Self::Detail(code, part) => {
                has_code(error, code)
                    && (contains(&error.details, part) || contains(&error.message, part))
            }
            Self::Message(start) => error.code.is_empty() && error.message.starts_with(start),
        }
    }
}

fn has_code(error: &ErrorBody, code: &str) -> bool {
    let plain = error.code.split(':').next().unwrap_or_default();
    plain.eq_ignore_ascii_case(code)
}

fn contains(text: &str, part: &str) -> bool {
    text.to_ascii_lowercase().contains(part)
}

/// Judges a complete answer to `POST /portfolio/events/orders`.
#[must_use]
pub fn classify_create(status: u16, body: &[u8], asked: Asked<'_>) -> Placed {
    if let Some(placed) = refusal(status, ErrorBody::parse(body)) {
        return placed;
    }
    if !(200..300).contains(&status) {
        return ambiguous(format!("status {status}: {}", excerpt(body)));
    }
    match serde_json::from_slice::<CreateAck>(body) {
        Ok(ack) => accepted(ack, asked),
        Err(error) => {
            ambiguous(format!("status {status} without an order ({error}): {}", excerpt(body)))
        }
    }
}

/// Judges one item of a batch answer whose request succeeded as a whole; `None` is a missing item.
#[must_use]
pub fn classify_batch_item(item: Option<&BatchCreateItemAck>, asked: Asked<'_>) -> Placed {
    let Some(item) = item else {
        return ambiguous("the batch answer has no item for this order".to_owned());
    };
    if let Some(error) = &item.error {
        // An item's error is a refusal of the kind a single order gets with 400 or 409.
        return refusal(400, Some(error.clone()))
            .unwrap_or_else(|| ambiguous(format!("batch item error: {}", error.line())));
    }
    let (Some(order_id), Some(fill_count), Some(remaining_count), Some(ts_ms)) =
        (&item.order_id, item.fill_count, item.remaining_count, item.ts_ms)
    else {
        return ambiguous("a batch item without an order and without an error".to_owned());
    };
    let ack = CreateAck {
        order_id: order_id.clone(),
        client_order_id: item.client_order_id.clone(),
        fill_count,
        remaining_count,
        ts_ms,
        average_fill_price: item.average_fill_price,
        average_fee_paid: item.average_fee_paid,
        unknown: Default::default(),
    };
    accepted(ack, asked)
}

/// A definitive refusal, if this is one; a success status with an error body that is in no row is
/// ambiguous.
pub(super) fn refusal(status: u16, error: Option<ErrorBody>) -> Option<Placed> {
    let has_error = error.is_some();
    let error = error.unwrap_or_default();
    let found = REFUSALS.iter().find(|row| row.matches(status, &error));
    match found {
        Some(row) => Some(Placed::Rejected { reason: row.reason, detail: error.line() }),
        None if has_error => Some(ambiguous(format!("status {status}: {}", error.line()))),
        None => None,
    }
}

fn accepted(ack: CreateAck, asked: Asked<'_>) -> Placed {
    if ack.order_id.is_empty() {
        return ambiguous("an acknowledgement with an empty order id".to_owned());
    }
    if ack.client_order_id.as_deref() != Some(asked.client_order_id) {
        return ambiguous(format!(
            "the acknowledgement of order {} does not carry our id",
            clean_venue_text(&ack.order_id)
        ));
    }
    let sum = ack.fill_count.checked_add(ack.remaining_count);
    let plausible = ack.fill_count >= Quantity::ZERO
        && ack.remaining_count >= Quantity::ZERO
        && sum.is_some_and(|sum| sum <= asked.count);
    if !plausible {
        return ambiguous(format!(
            "the acknowledgement says {} filled and {} resting of {} ordered",
            ack.fill_count, ack.remaining_count, asked.count
        ));
    }
    Placed::Accepted(Accepted {
        venue_order: VenueOrderId::new(&ack.order_id),
        filled: ack.fill_count,
        remaining: ack.remaining_count,
        venue_at: Timestamp::from_millis(ack.ts_ms),
        average_price: ack.average_fill_price,
        average_fee: ack.average_fee_paid,
    })
}

pub(super) fn ambiguous(cause: String) -> Placed {
    Placed::Ambiguous { cause: clean_venue_text(&cause) }
}

/// The start of a body for a message.
pub(super) fn excerpt(body: &[u8]) -> String {
    let start = body.get(..body.len().min(512)).unwrap_or_default();
    clean_venue_text(&String::from_utf8_lossy(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: Asked<'_> =
        Asked { client_order_id: "sc-0000000000000001-1", count: Quantity::from_contracts(3) };

    fn check_reject(status: u16, body: &str, reason: RejectReason) {
        match classify_create(status, body.as_bytes(), ASKED) {
            Placed::Rejected { reason: found, .. } => assert_eq!(found, reason, "{status} {body}"),
            other => panic!("{status} {body}: {other:?}"),
        }
    }

    fn check_ambiguous(status: u16, body: &str) {
        let placed = classify_create(status, body.as_bytes(), ASKED);
        assert!(matches!(placed, Placed::Ambiguous { .. }), "{status} {body}: {placed:?}");
    }

    fn nested(code: &str) -> String {
        format!(r#"{{"error":{{"code":"{code}","message":"words"}}}}"#)
    }

    fn flat(code: &str, details: &str) -> String {
        format!(r#"{{"code":"{code}","message":"words","details":"{details}"}}"#)
    }

    /// Every row is hit by a vector made from the row itself, in the nested and the flat shape.
    #[test]
    fn every_row_of_the_table_has_its_vectors() {
        for row in REFUSALS {
            let status = match row.status {
                Status::Is(status) => status,
                Status::Refusal => 409,
                Status::Any => 200,
            };
            match row.test {
                Test::Always => check_reject(status, "", row.reason),
                Test::Code(code) => {
                    check_reject(status, &nested(code), row.reason);
                    check_reject(status, &flat(&code.to_ascii_uppercase(), ""), row.reason);
                    check_reject(status, &nested(&format!("{code}:_some-id")), row.reason);
                }
                Test::Detail(code, part) => {
                    check_reject(status, &flat(code, &part.to_ascii_uppercase()), row.reason);
                }
                Test::Message(start) => {
                    check_reject(status, &format!(r#"{{"msg":"{start} for X"}}"#), row.reason);
                }
            }
        }
    }

    #[test]
    fn recorded_refusals() {
        use RejectReason as R;
        let check = check_reject;
        check(400, &nested("insufficient_balance"), R::InsufficientBalance);
        check(400, &flat("invalid_order", "post only cross"), R::PostOnlyCross);
        check(
            400,
            &flat("invalid_order", "invalid price: invalid dollar precision: -5"),
            R::InvalidPrice,
        );
        check(409, &nested("order_already_exists"), R::DuplicateId);
        check(409, &nested("fill_or_kill_insufficient_resting_volume"), R::FillOrKill);
        check(409, &nested("trading_is_paused"), R::TradingPaused);
        check(400, &nested("MARKET_NOT_ACTIVE"), R::MarketNotActive);
        check(401, &nested("authentication_error"), R::NotAuthorized);
        check(429, r#"{"error":"too many requests"}"#, R::RateLimited);
        // Seen in a success status: the order does not exist.
        check(200, &nested("deprecated_v1_order_endpoint"), R::InvalidOrder);
        check(201, &flat("deprecated_v1_order_endpoint", ""), R::InvalidOrder);
    }

    const ACK: &str = r#"{"average_fee_paid":"0.0175","average_fill_price":"0.5200","client_order_id":"sc-0000000000000001-1","fill_count":"1.00","order_id":"97ec18b7","remaining_count":"2.00","ts_ms":1781159370164}"#;

    #[test]
    fn an_acknowledgement_with_our_id_is_acceptance() {
        let Placed::Accepted(accepted) = classify_create(201, ACK.as_bytes(), ASKED) else {
            panic!("not accepted");
        };
        assert_eq!(accepted.venue_order.as_str(), "97ec18b7");
        assert_eq!(accepted.filled, Quantity::from_contracts(1));
        assert_eq!(accepted.remaining, Quantity::from_contracts(2));
        assert_eq!(accepted.venue_at, Timestamp::from_millis(1_781_159_370_164));
        assert_eq!(accepted.average_fee, Some("0.0175".parse().unwrap()));
        // An immediate order that met nothing: accepted, nothing filled, nothing rests.
        let killed = ACK.replace("\"1.00\"", "\"0.00\"").replace("\"2.00\"", "\"0.00\"");
        assert!(matches!(classify_create(201, killed.as_bytes(), ASKED), Placed::Accepted(_)));
    }

    #[test]
    fn whatever_is_not_understood_is_ambiguous() {
        for status in [408, 425, 500, 502, 503, 504] {
            check_ambiguous(status, &nested("insufficient_balance"));
            check_ambiguous(status, "");
        }
        // Success without an order, with an error, cut short, or with another's order.
        for body in ["", "{}", "null", "[]", "<html></html>", &ACK[..60], &nested("weird")] {
            check_ambiguous(201, body);
        }
        check_ambiguous(201, &ACK.replace("sc-0000000000000001-1", "sc-0000000000000001-2"));
        check_ambiguous(201, &ACK.replace("\"client_order_id\":\"sc-0000000000000001-1\",", ""));
        check_ambiguous(201, &ACK.replace("97ec18b7", ""));
        check_ambiguous(201, &ACK.replace("\"fill_count\":\"1.00\",", ""));
        // More than was ordered, less than nothing, and a number where a string belongs.
        check_ambiguous(201, &ACK.replace("\"2.00\"", "\"2.01\""));
        check_ambiguous(201, &ACK.replace("\"1.00\"", "\"-1.00\""));
        check_ambiguous(201, &ACK.replace("\"1.00\"", "1.00"));
        // Refusals that no document names, and redirects.
        check_ambiguous(400, &nested("something_new"));
        check_ambiguous(422, "");
        check_ambiguous(301, "");
    }

    #[test]
    fn batch_items_are_judged_one_by_one() {
        let ack = |text: &str| serde_json::from_str::<BatchCreateItemAck>(text).unwrap();
        let judge = |item: Option<&BatchCreateItemAck>| classify_batch_item(item, ASKED);
        assert!(matches!(judge(Some(&ack(ACK))), Placed::Accepted(_)));
        assert!(matches!(judge(None), Placed::Ambiguous { .. }));
        assert!(matches!(judge(Some(&ack("{}"))), Placed::Ambiguous { .. }));
        let refused = ack(r#"{"error":{"code":"insufficient_balance","message":"x"}}"#);
        assert!(matches!(
            judge(Some(&refused)),
            Placed::Rejected { reason: RejectReason::InsufficientBalance, .. }
        ));
        let odd = ack(r#"{"error":{"code":"odd"}}"#);
        assert!(matches!(judge(Some(&odd)), Placed::Ambiguous { .. }));
    }

    #[test]
    fn details_are_short_and_clean() {
        let body = flat("something_new", &"x\\n".repeat(2_000));
        let Placed::Ambiguous { cause } = classify_create(400, body.as_bytes(), ASKED) else {
            panic!("not ambiguous");
        };
        assert!(cause.len() <= 512 && !cause.chars().any(char::is_control));
    }
}
