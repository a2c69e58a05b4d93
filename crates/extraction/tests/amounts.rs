//! Laws of the amount parser: every way of writing a sum gives the same sum.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use proptest::prelude::*;
use statecraft_extraction::amount::amounts;
use statecraft_extraction::lexicon::Lang;

fn one(text: &str, lang: Lang) -> Option<(u64, &'static str)> {
    let found = amounts(&text.to_lowercase(), lang);
    (found.len() == 1).then(|| found.first().map(|money| (money.units, money.currency))).flatten()
}

#[test]
fn units_of_six_languages() {
    let cases = [
        (Lang::En, "$36.5bn", 36_500_000_000, "USD"),
        (Lang::En, "half a trillion dollars", 500_000_000_000, "USD"),
        (Lang::En, "5,000 billion yen", 5_000_000_000_000, "JPY"),
        (Lang::En, "Y5trn", 5_000_000_000_000, "JPY"),
        (Lang::En, "¥5 trillion", 5_000_000_000_000, "JPY"),
        (Lang::En, "$20 billion to $30 billion", 25_000_000_000, "USD"),
        (Lang::En, "$20-30bn", 25_000_000_000, "USD"),
        (Lang::En, "between $20bn and $30bn", 25_000_000_000, "USD"),
        (Lang::En, "SR75 billion", 75_000_000_000, "SAR"),
        (Lang::En, "$500,000,000", 500_000_000, "USD"),
        (Lang::Ja, "1兆2000億円", 1_200_000_000_000, "JPY"),
        (Lang::Ja, "5500億ドル", 550_000_000_000, "USD"),
        (Lang::Ja, "55兆円", 55_000_000_000_000, "JPY"),
        (Lang::Ja, "五千億円", 500_000_000_000, "JPY"),
        (Lang::Ja, "200億~300億ドル", 25_000_000_000, "USD"),
        (Lang::Ko, "3500억달러", 350_000_000_000, "USD"),
        (Lang::Ko, "3천500억 달러", 350_000_000_000, "USD"),
        (Lang::Ko, "1조 2천억 원", 1_200_000_000_000, "KRW"),
        (Lang::Zh, "5.5万亿日元", 5_500_000_000_000, "JPY"),
        (Lang::Zh, "5500亿美元", 550_000_000_000, "USD"),
        (Lang::Zh, "1650億美元", 165_000_000_000, "USD"),
        (Lang::De, "550 Mrd. Dollar", 550_000_000_000, "USD"),
        (Lang::De, "36,5 Milliarden Euro", 36_500_000_000, "EUR"),
        (Lang::De, "1,2 Billionen Dollar", 1_200_000_000_000, "USD"),
        (Lang::De, "20 bis 30 Milliarden Euro", 25_000_000_000, "EUR"),
        (Lang::Fr, "36,5 milliards d'euros", 36_500_000_000, "EUR"),
        (Lang::Fr, "5 000 milliards de yens", 5_000_000_000_000, "JPY"),
        (Lang::Fr, "20 à 30 milliards de dollars", 25_000_000_000, "USD"),
    ];
    for (lang, text, units, currency) in cases {
        assert_eq!(one(text, lang), Some((units, currency)), "{text}");
    }
}

#[test]
fn what_is_no_amount() {
    for text in [
        "25% tariff",
        "12 AI parks",
        "50,000 jobs",
        "in 2026",
        "March 31-April 2",
        "$70",
        "28,500 troops",
        "7 percent",
    ] {
        assert!(amounts(text, Lang::En).is_empty(), "{text}");
    }
}

proptest! {
    #[test]
    fn formattings_agree(tenths in 10_u64..99_999) {
        let units = tenths * 100_000_000;
        let (whole, tenth) = (tenths / 10, tenths % 10);
        let grouped = |mark: &str| if whole >= 1_000 { format!("{}{mark}{:03}", whole / 1_000, whole % 1_000) } else { whole.to_string() };
        let english = [format!("${}.{tenth}bn", grouped(",")), format!("{}.{tenth} billion dollars", grouped(",")), format!("US${whole}.{tenth} bln"), format!("usd {whole}.{tenth}b")];
        for text in english {
            prop_assert_eq!(one(&text, Lang::En), Some((units, "USD")), "{}", text);
        }
        prop_assert_eq!(one(&format!("{},{tenth} Mrd. Dollar", grouped(".")), Lang::De), Some((units, "USD")));
        prop_assert_eq!(one(&format!("{},{tenth} milliards de dollars", grouped(" ")), Lang::Fr), Some((units, "USD")));
        prop_assert_eq!(one(&format!("{tenths}億ドル"), Lang::Ja), Some((units, "USD")));
        prop_assert_eq!(one(&format!("{tenths}억달러"), Lang::Ko), Some((units, "USD")));
        prop_assert_eq!(one(&format!("{tenths}亿美元"), Lang::Zh), Some((units, "USD")));
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in "\\PC{0,300}") {
        for lang in [Lang::En, Lang::Ja, Lang::Ko, Lang::Zh, Lang::De, Lang::Fr] {
            let _ = amounts(&text, lang);
        }
    }
}
