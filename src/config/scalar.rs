//! One value: from TOML to the type its key declares, with the reason if it cannot be.

use statecraft_domain::{Nanos, NumberError, Price, Quantity, Timestamp, Usd};
use toml::de::DeValue;

use super::nearest::nearest;
use super::node::Value;
use super::shape::{FOREVER, Kind, SPAN_UNITS, quoted};

/// Why a value is wrong: what it is (under the caret), and what to do if that is not obvious.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    /// What is wrong with it.
    pub label: String,
    /// Advice beyond what is allowed; may be empty.
    pub advice: String,
}

impl Wrong {
    fn new(label: impl Into<String>) -> Self {
        Self { label: label.into(), advice: String::new() }
    }

    fn advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = advice.into();
        self
    }
}

type Read = Result<Value, Wrong>;

/// Reads a value that is not a table.
///
/// # Errors
/// [`Wrong`] if it is of another type, unreadable, or out of range.
pub(super) fn read(kind: &Kind, value: &DeValue<'_>) -> Read {
    match kind {
        Kind::Text | Kind::Path => text(value).map(Value::Text),
        Kind::Word(words) => word(words, value),
        Kind::Flag => match value {
            DeValue::Boolean(flag) => Ok(Value::Flag(*flag)),
            other => Err(mistyped(other)),
        },
        Kind::Whole { min, max } => whole(*min, *max, value),
        Kind::Real { min, max } => {
            let number = real(value)?;
            in_range(number, *min, *max).map(Value::Real)
        }
        Kind::Money { min, max } => money(*min, *max, value),
        Kind::Price { min, max } => {
            let price: Price = decimal(value)?;
            in_range(price, *min, *max).map(Value::Price)
        }
        Kind::Contracts { min, max } => contracts(*min, *max, value),
        Kind::Span { min, max, forever } => span(*min, *max, *forever, value),
        Kind::Instant => instant(value),
        Kind::Beta => beta(value),
        Kind::Texts => texts(value),
        Kind::Table(_) | Kind::List(_) => Err(mistyped(value)),
    }
}

/// `this is a string`.
fn mistyped(value: &DeValue<'_>) -> Wrong {
    Wrong::new(format!("this is {}", with_article(value.type_str())))
}

fn with_article(noun: &str) -> String {
    let vowel = noun.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {noun}", if vowel { "an" } else { "a" })
}

fn in_range<T: PartialOrd + std::fmt::Display>(value: T, min: T, max: T) -> Result<T, Wrong> {
    if value < min {
        return Err(Wrong::new(format!("below {min}")));
    }
    if value > max {
        return Err(Wrong::new(format!("above {max}")));
    }
    Ok(value)
}

fn text(value: &DeValue<'_>) -> Result<String, Wrong> {
    match value {
        DeValue::String(text) if text.trim().is_empty() => Err(Wrong::new("empty")),
        DeValue::String(text) if text.trim() != text.as_ref() => {
            Err(Wrong::new("has blanks at its ends"))
        }
        DeValue::String(text) => Ok(text.clone().into_owned()),
        other => Err(mistyped(other)),
    }
}

fn word(words: &[&str], value: &DeValue<'_>) -> Read {
    let text = text(value)?;
    if words.contains(&text.as_str()) {
        return Ok(Value::Text(text));
    }
    let wrong = Wrong::new("not one of the allowed words");
    Err(match nearest(&text, words.iter().copied()) {
        Some(meant) => {
            wrong.advice(format!("did you mean \"{meant}\"? Allowed: {}", quoted(words)))
        }
        None => wrong,
    })
}

fn whole(min: u64, max: u64, value: &DeValue<'_>) -> Read {
    match value {
        DeValue::Integer(number) => {
            let number = i128::from_str_radix(number.as_str(), number.radix())
                .map_err(|_| Wrong::new("too large"))?;
            in_range(number, i128::from(min), i128::from(max))?;
            u64::try_from(number).map(Value::Whole).map_err(|_| Wrong::new("too large"))
        }
        other => Err(mistyped(other)),
    }
}

fn real(value: &DeValue<'_>) -> Result<f64, Wrong> {
    let text = match value {
        DeValue::Float(number) => number.as_str(),
        DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
        other => return Err(mistyped(other)),
    };
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ => Err(Wrong::new("not a finite number")),
    }
}

/// Money is never a float: `0.1` has no exact binary form, and nobody should have to think about it.
fn quoted_decimal<'a>(value: &'a DeValue<'_>) -> Result<&'a str, Wrong> {
    match value {
        DeValue::String(text) => Ok(text.as_ref()),
        DeValue::Float(number) => {
            let advice = format!("money is exact: write it in quotes, \"{}\"", number.as_str());
            Err(Wrong::new("this is a float").advice(advice))
        }
        DeValue::Integer(number) => {
            let advice = format!("money is exact: write it in quotes, \"{}\"", number.as_str());
            Err(Wrong::new("this is an integer").advice(advice))
        }
        other => Err(mistyped(other)),
    }
}

fn decimal<T: std::str::FromStr<Err = NumberError>>(value: &DeValue<'_>) -> Result<T, Wrong> {
    quoted_decimal(value)?.parse().map_err(|error: NumberError| Wrong::new(error.to_string()))
}

fn money(min: Usd, max: Usd, value: &DeValue<'_>) -> Read {
    let amount: Usd = decimal(value)?;
    in_range(amount, min, max).map(Value::Money)
}

fn contracts(min: Quantity, max: Quantity, value: &DeValue<'_>) -> Read {
    let text = match value {
        DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
        DeValue::String(text) => text.as_ref(),
        DeValue::Float(number) => {
            let advice =
                format!("write fractions of a contract in quotes, \"{}\"", number.as_str());
            return Err(Wrong::new("this is a float").advice(advice));
        }
        other => return Err(mistyped(other)),
    };
    let quantity: Quantity =
        text.parse().map_err(|error: NumberError| Wrong::new(error.to_string()))?;
    in_range(quantity, min, max).map(Value::Contracts)
}

fn span(min: Nanos, max: Nanos, forever: bool, value: &DeValue<'_>) -> Read {
    let DeValue::String(text) = value else {
        let wrong = mistyped(value);
        return Err(match value {
            DeValue::Integer(number) => {
                wrong.advice(format!("write the unit and quotes, such as \"{}s\"", number.as_str()))
            }
            _ => wrong,
        });
    };
    if forever && text == "forever" {
        return Ok(Value::Span(FOREVER));
    }
    let span = parse_span(text)?;
    if span < min {
        return Err(Wrong::new("too short"));
    }
    if span > max {
        return Err(Wrong::new("too long"));
    }
    Ok(Value::Span(span))
}

fn parse_span(text: &str) -> Result<Nanos, Wrong> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    if number.is_empty() {
        return Err(Wrong::new("a span begins with a whole number"));
    }
    let Some((_, size)) = SPAN_UNITS.iter().find(|(name, _)| *name == unit) else {
        let label = if unit.is_empty() { "the unit is missing" } else { "unknown unit" };
        return Err(Wrong::new(label));
    };
    let nanos = number.parse::<i64>().ok().and_then(|count| count.checked_mul(*size));
    nanos.map(Nanos::new).ok_or_else(|| Wrong::new("too long"))
}

fn instant(value: &DeValue<'_>) -> Read {
    let text = match value {
        DeValue::Datetime(datetime) if datetime.offset.is_none() => {
            return Err(no_offset());
        }
        DeValue::Datetime(datetime) => datetime.to_string(),
        DeValue::String(text) => text.clone().into_owned(),
        other => return Err(mistyped(other)),
    };
    let parsed: jiff::Timestamp = text.parse().map_err(|_| {
        if text.parse::<jiff::civil::DateTime>().is_ok() {
            no_offset()
        } else {
            Wrong::new("not an instant")
        }
    })?;
    let nanos = i64::try_from(parsed.as_nanosecond()).map_err(|_| Wrong::new("out of range"))?;
    Ok(Value::Instant(Timestamp::from_nanos(nanos)))
}

/// Tokyo is fourteen hours ahead of New York in winter: a date alone is not an instant.
fn no_offset() -> Wrong {
    Wrong::new("the offset from UTC is missing")
        .advice("say which clock: add Z for UTC, or -05:00 for New York in winter")
}

fn texts(value: &DeValue<'_>) -> Read {
    let DeValue::Array(items) = value else { return Err(mistyped(value)) };
    items.iter().map(|item| text(item.get_ref())).collect::<Result<_, _>>().map(Value::Texts)
}

fn beta(value: &DeValue<'_>) -> Read {
    let DeValue::Array(items) = value else { return Err(mistyped(value)) };
    let numbers: Vec<f64> =
        items.iter().map(|item| real(item.get_ref())).collect::<Result<_, _>>()?;
    match numbers[..] {
        [alpha, beta] if alpha > 0.0 && beta > 0.0 => Ok(Value::Beta(alpha, beta)),
        [_, _] => Err(Wrong::new("both must be above 0")),
        _ => Err(Wrong::new(format!("{} numbers instead of 2", numbers.len()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: &Kind, toml: &str) -> Result<Value, String> {
        let value = DeValue::parse(toml).expect("the test's own TOML is well formed");
        read(kind, value.get_ref()).map_err(|wrong| wrong.label)
    }

    #[test]
    fn spans() {
        let any = Kind::Span { min: Nanos::ZERO, max: FOREVER, forever: true };
        let secs = |secs| Ok(Value::Span(Nanos::from_secs(secs)));
        assert_eq!(check(&any, "\"30s\""), secs(30));
        assert_eq!(check(&any, "\"15m\""), secs(900));
        assert_eq!(check(&any, "\"2h\""), secs(7_200));
        assert_eq!(check(&any, "\"120d\""), secs(120 * 86_400));
        assert_eq!(check(&any, "\"250ms\""), Ok(Value::Span(Nanos::from_millis(250))));
        assert_eq!(check(&any, "\"forever\""), Ok(Value::Span(FOREVER)));
        for wrong in
            ["30", "\"30\"", "\"s\"", "\"1.5h\"", "\"-3s\"", "\"9999999999999d\"", "\"3y\""]
        {
            check(&any, wrong).expect_err(wrong);
        }
    }

    #[test]
    fn money_is_text() {
        let kind = Kind::Money { min: Usd::ZERO, max: Usd::from_dollars(100) };
        assert_eq!(check(&kind, "\"25\""), Ok(Value::Money(Usd::from_dollars(25))));
        assert_eq!(check(&kind, "\"0.01\""), Ok(Value::Money(Usd::CENT)));
        for wrong in ["25", "0.5", "nan", "\"nan\"", "\"1e2\"", "\"-1\"", "\"100.01\"", "\"\""] {
            check(&kind, wrong).expect_err(wrong);
        }
    }

    #[test]
    fn numbers_are_finite() {
        let kind = Kind::Real { min: -10.0, max: 10.0 };
        assert_eq!(check(&kind, "0.25"), Ok(Value::Real(0.25)));
        assert_eq!(check(&kind, "-3"), Ok(Value::Real(-3.0)));
        for wrong in ["nan", "inf", "-inf", "1e400", "10.1", "\"1\"", "0x10"] {
            check(&kind, wrong).expect_err(wrong);
        }
    }

    #[test]
    fn whole_numbers() {
        let kind = Kind::Whole { min: 1, max: u64::MAX };
        assert_eq!(check(&kind, "0x10"), Ok(Value::Whole(16)));
        assert_eq!(check(&kind, "18446744073709551615"), Ok(Value::Whole(u64::MAX)));
        for wrong in ["0", "-1", "1.0", "18446744073709551616", "true"] {
            check(&kind, wrong).expect_err(wrong);
        }
    }

    #[test]
    fn instants_have_an_offset() {
        let at = Ok(Value::Instant(Timestamp::from_secs(1_798_779_600)));
        assert_eq!(check(&Kind::Instant, "2027-01-01T00:00:00-05:00"), at);
        assert_eq!(check(&Kind::Instant, "\"2027-01-01T05:00:00Z\""), at);
        for wrong in
            ["2027-01-01T00:00:00", "2027-01-01", "\"2027-01-01T00:00:00\"", "\"soon\"", "1"]
        {
            check(&Kind::Instant, wrong).expect_err(wrong);
        }
    }

    #[test]
    fn beta_parameters() {
        assert_eq!(check(&Kind::Beta, "[20.5, 6.5]"), Ok(Value::Beta(20.5, 6.5)));
        for wrong in ["[1]", "[1, 2, 3]", "[0, 1]", "[1, -1]", "[1, nan]", "1", "[\"1\", 1]"] {
            check(&Kind::Beta, wrong).expect_err(wrong);
        }
        let hosts = Value::Texts(vec!["a.example".to_owned(), "b.example".to_owned()]);
        assert_eq!(check(&Kind::Texts, "[\"a.example\", \"b.example\"]"), Ok(hosts));
        for wrong in ["\"a\"", "[1]", "[\"\"]", "[[\"a\"]]"] {
            check(&Kind::Texts, wrong).expect_err(wrong);
        }
    }
}
