//! One REST call, taken apart: path, query, body; and what is wrong with them.

use serde_json::{Map, Value};
use statecraft_domain::{NumberError, Price, Quantity, Timestamp};

use super::error::ApiError;

/// The query part of a call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    pub(crate) fn parse(text: &str) -> Self {
        let pairs = url::form_urlencoded::parse(text.as_bytes()).into_owned().collect();
        Self { pairs }
    }

    /// The first value, `None` where absent or empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// Repeated parameters and comma lists, together.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        self.pairs
            .iter()
            .filter(|(key, _)| key == name)
            .flat_map(|(_, value)| value.split(','))
            .filter(|value| !value.is_empty())
            .collect()
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.text(name) == Some("true")
    }

    /// An integer within `range`.
    pub(crate) fn integer(
        &self,
        operation: &str,
        name: &str,
        range: std::ops::RangeInclusive<i64>,
    ) -> Result<Option<i64>, ApiError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        match text.parse() {
            Ok(value) if range.contains(&value) => Ok(Some(value)),
            _ => Err(ApiError::parameter(
                operation,
                &format!("{name} must be an integer from {} to {}", range.start(), range.end()),
            )),
        }
    }

    /// A bound in Unix seconds.
    pub(crate) fn seconds(&self, operation: &str, name: &str) -> Result<Option<i64>, ApiError> {
        self.integer(operation, name, i64::MIN..=i64::MAX)
    }

    /// A page: `limit` and `cursor`.
    pub(crate) fn page(
        &self,
        operation: &str,
        default: usize,
        most: i64,
    ) -> Result<Page, ApiError> {
        let limit = self.integer(operation, "limit", 1..=most)?;
        let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(default);
        Ok(Page { limit, after: self.text("cursor").and_then(decode_cursor) })
    }
}

/// A window on a list. Items are named by a number that never changes and falls (newest first) or
/// rises (by listing) along the list; the cursor is the last number given out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    limit: usize,
    after: Option<u64>,
}

/// Which way the numbers of a list run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Run {
    Rising,
    Falling,
}

impl Page {
    /// Cuts the page out of a list of numbered items; the second value is the next cursor, empty at
    /// the end. A cursor that is none of ours was dropped already: the first page comes again, as the
    /// venue does it.
    pub(crate) fn cut<T>(
        self,
        run: Run,
        items: impl Iterator<Item = (u64, T)>,
    ) -> (Vec<T>, String) {
        let mut rest = items.filter(|(number, _)| match (self.after, run) {
            (None, _) => true,
            (Some(after), Run::Rising) => *number > after,
            (Some(after), Run::Falling) => *number < after,
        });
        let mut page = Vec::new();
        let mut last = 0;
        for (number, item) in rest.by_ref().take(self.limit) {
            last = number;
            page.push(item);
        }
        let cursor = if rest.next().is_some() { encode_cursor(last) } else { String::new() };
        (page, cursor)
    }
}

/// Opaque text for a number.
fn encode_cursor(number: u64) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(format!("c1:{number}"))
}

fn decode_cursor(text: &str) -> Option<u64> {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).ok()?;
    std::str::from_utf8(&bytes).ok()?.strip_prefix("c1:")?.parse().ok()
}

/// A JSON object of a request body, read field by field the way the venue's decoder does: a value of
/// the wrong JSON type is the recorded 400, never converted.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    /// Name of the request type, for the error text.
    kind: &'static str,
    object: &'a Map<String, Value>,
}

/// Decodes a body; an empty one is an empty object.
pub(crate) fn decode(body: &[u8]) -> Result<Value, ApiError> {
    if body.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    serde_json::from_slice(body).map_err(|error| ApiError::undecodable(format!("json: {error}")))
}

impl<'a> Fields<'a> {
    pub(crate) fn new(kind: &'static str, value: &'a Value) -> Result<Self, ApiError> {
        match value {
            Value::Object(object) => Ok(Self { kind, object }),
            other => Err(ApiError::undecodable(format!(
                "json: cannot unmarshal {} into Go value of type {kind}",
                type_name(other)
            ))),
        }
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        self.object.get(name).filter(|value| !value.is_null())
    }

    fn wrong_type(&self, name: &str, value: &Value, wanted: &str) -> ApiError {
        ApiError::undecodable(format!(
            "json: cannot unmarshal {} into Go struct field {}.{name} of type {wanted}",
            type_name(value),
            self.kind
        ))
    }

    pub(crate) fn text_opt(&self, name: &str) -> Result<Option<&'a str>, ApiError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.wrong_type(name, other, "string")),
        }
    }

    pub(crate) fn text(&self, name: &str) -> Result<&'a str, ApiError> {
        self.text_opt(name)?
            .filter(|text| !text.is_empty())
            .ok_or_else(|| ApiError::undecodable(format!("{}.{name} is required", self.kind)))
    }

    pub(crate) fn flag(&self, name: &str) -> Result<bool, ApiError> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(value)) => Ok(*value),
            Some(other) => Err(self.wrong_type(name, other, "bool")),
        }
    }

    pub(crate) fn integer_opt(&self, name: &str) -> Result<Option<i64>, ApiError> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => match value.as_i64() {
                Some(integer) => Ok(Some(integer)),
                None => Err(self.wrong_type(name, value, "int64")),
            },
        }
    }

    pub(crate) fn list(&self, name: &str) -> Result<&'a [Value], ApiError> {
        match self.get(name) {
            Some(Value::Array(items)) => Ok(items),
            Some(other) => Err(self.wrong_type(name, other, "[]")),
            None => Err(ApiError::undecodable(format!("{}.{name} is required", self.kind))),
        }
    }

    /// A price in decimal dollars, at most four decimals.
    pub(crate) fn price(&self, name: &str) -> Result<Price, ApiError> {
        let text = self.text(name)?;
        if let Some(precision) = decimals_beyond(text, 4) {
            return Err(ApiError::invalid_order(format!(
                "invalid {name}: invalid dollar precision: -{precision}"
            )));
        }
        Price::parse(text.as_bytes()).map_err(|error| match error {
            NumberError::OutOfRange => ApiError::coded(400, "invalid_price"),
            NumberError::Empty | NumberError::Malformed | NumberError::TooPrecise(_) => {
                ApiError::invalid_order(format!("invalid {name}: {error}"))
            }
        })
    }

    /// A count of contracts above zero, at most two decimals.
    pub(crate) fn count(&self, name: &str) -> Result<Quantity, ApiError> {
        match self.count_opt(name)? {
            Some(count) if count.is_positive() => Ok(count),
            Some(_) => Err(ApiError::coded(400, "invalid_order_size")),
            None => Err(ApiError::undecodable(format!("{}.{name} is required", self.kind))),
        }
    }

    /// A count of contracts, zero allowed.
    pub(crate) fn count_opt(&self, name: &str) -> Result<Option<Quantity>, ApiError> {
        let Some(text) = self.text_opt(name)? else { return Ok(None) };
        let bad = || ApiError::coded(400, "invalid_order_size");
        if decimals_beyond(text, 2).is_some() {
            return Err(bad().with_details(format!("invalid {name}: at most two decimals")));
        }
        match Quantity::parse(text.as_bytes()) {
            Ok(count) if count >= Quantity::ZERO => Ok(Some(count)),
            _ => Err(bad()),
        }
    }

    /// An instant in Unix seconds.
    pub(crate) fn instant_opt(&self, name: &str) -> Result<Option<Timestamp>, ApiError> {
        Ok(self.integer_opt(name)?.map(Timestamp::from_secs))
    }
}

/// How many decimals `text` has, if they are more than `most`.
fn decimals_beyond(text: &str, most: usize) -> Option<usize> {
    let (_, decimals) = text.split_once('.')?;
    (decimals.len() > most).then_some(decimals.len())
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_tile_a_list_and_garbage_starts_again() {
        let items = || (1..=5_u64).rev().map(|number| (number, number));
        let page = |cursor: &str| {
            let query = Query::parse(&format!("limit=2&cursor={cursor}"));
            query.page("GetOrders", 100, 1_000).unwrap().cut(Run::Falling, items())
        };
        let (first, cursor) = page("");
        let (second, next) = page(&cursor);
        let (third, end) = page(&next);
        assert_eq!((first, second, third), (vec![5, 4], vec![3, 2], vec![1]));
        assert_eq!(end, "");
        assert_eq!(page("garbage").0, [5, 4]);
    }

    #[test]
    fn a_limit_out_of_range_names_the_operation() {
        let error = Query::parse("limit=1001").page("GetMarkets", 100, 1_000).unwrap_err();
        let body = error.json(super::super::error::ErrorShape::Nested);
        assert!(body.starts_with(r#"{"msg":"Parameter validation failed for GetMarkets: "#));
    }

    #[test]
    fn numbers_instead_of_strings_are_the_recorded_error() {
        let value = serde_json::json!({ "count": 1, "price": "0.12345" });
        let fields = Fields::new("CreateOrderV2Request", &value).unwrap();
        let shape = super::super::error::ErrorShape::Nested;
        assert_eq!(
            fields.count("count").unwrap_err().json(shape),
            r#"{"code":"bad_request","details":"json: cannot unmarshal number into Go struct field CreateOrderV2Request.count of type string","message":"bad request"}"#
        );
        assert!(
            fields.price("price").unwrap_err().json(shape).contains("invalid dollar precision: -5")
        );
    }
}
