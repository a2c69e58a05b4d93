//! Two numbers and one unit: "3,2 statt 32 Milliarden Euro", "14.2, not 142, billion dollars".

use crate::amount::Money;

/// The sum with the number that stands before the word of contrast, if one stands there: it shares the
/// unit of the sum that is set aside.
pub(crate) fn shared(text: &str, trigger: usize, money: &Money) -> Option<Money> {
    let head = text.get(..trigger)?.trim_end_matches([' ', ',']);
    let from = head.rfind(|c: char| !is_digit(c)).map_or(0, |at| at + 1);
    let new = thousandths(head.get(from..)?)?;
    let sum = text.get(money.start..money.end)?;
    let begin = sum.find(|c: char| c.is_ascii_digit())?;
    let digits: String = sum.get(begin..)?.chars().take_while(|c| is_digit(*c)).collect();
    let old = thousandths(&digits)?;
    let scaled = u128::from(money.units).checked_mul(new)?.checked_div(old)?;
    Some(Money { start: from, units: u64::try_from(scaled).ok()?, ends: None, ..*money })
}

const fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || c == '.' || c == ','
}

/// A small number in thousandths; one mark with one to three digits behind it is a decimal mark.
fn thousandths(text: &str) -> Option<u128> {
    let text = text.trim_matches(['.', ',']);
    let (whole, part) = text.split_once(['.', ',']).unwrap_or((text, ""));
    if whole.is_empty() || part.len() > 2 || whole.len() > 6 {
        return None;
    }
    let padded = format!("{part:0<3}");
    Some(whole.parse::<u128>().ok()? * 1_000 + padded.parse::<u128>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::thousandths;

    #[test]
    fn decimal_marks_of_both_kinds() {
        assert_eq!(thousandths("3,2"), Some(3_200));
        assert_eq!(thousandths("14.25"), Some(14_250));
        assert_eq!(thousandths("32"), Some(32_000));
        assert_eq!(thousandths("1,350"), None);
        assert_eq!(thousandths(""), None);
    }
}
