//! Times by class and language; published on 20 November 2026.

use statecraft_domain::Timestamp;

use super::span;

fn said(text: &str, put_off: bool) -> String {
    let published = Some(Timestamp::from_secs(1_795_132_800));
    span(text, published, put_off).map_or_else(|| "-".to_owned(), |span| span.to_string())
}

fn each(rows: &[(&str, &str)], put_off: bool) {
    let wrong: Vec<String> = rows
        .iter()
        .filter(|(text, wanted)| said(text, put_off) != *wanted)
        .map(|(text, wanted)| format!("{text}: {} instead of {wanted}", said(text, put_off)))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn years() {
    each(
        &[
            ("trump to visit japan in 2028", "2028"),
            ("trump's 2028 tokyo trip", "2028"),
            ("trump to visit japan next year", "2027"),
            ("trump to visit japan this year", "2026"),
            ("trump reist 2027 nach japan", "2027"),
            ("trump reist nächstes jahr nach japan", "2027"),
            ("trump ira au japon l'année prochaine", "2027"),
            ("トランプ氏、来年訪日へ", "2027"),
            ("トランプ氏、2028年に訪日", "2028"),
            ("トランプ氏、年内訪日へ", "2026"),
            ("트럼프 내년 방한", "2027"),
            ("트럼프 2028년 방한", "2028"),
            ("特朗普明年访华", "2027"),
            ("2027 troops leave okinawa", "-"),
            ("trump to visit japan", "-"),
        ],
        false,
    );
}

#[test]
fn months_and_days() {
    each(
        &[
            ("trump to visit tokyo in march", "2027-03"),
            ("trump to visit tokyo in march 2028", "2028-03"),
            ("trump to visit tokyo in march next year", "2027-03"),
            ("trump to visit tokyo november 24-26", "2026-11-24..2026-11-26"),
            ("trump to visit tokyo on 14 march 2028", "2028-03-14"),
            ("trump to visit tokyo next month", "2026-12"),
            ("trump kommt am 3. märz 2027 nach tokio", "2027-03-03"),
            ("trump ira à tokyo en mars", "2027-03"),
            ("トランプ氏、2027年3月14日に訪日", "2027-03-14"),
            ("トランプ氏、来年3月に訪日", "2027-03"),
            ("トランプ氏、来月訪日", "2026-12"),
            ("트럼프 내년 3월 방한", "2027-03"),
            ("트럼프 다음 달 방한", "2026-12"),
            ("特朗普明年四月访华", "2027-04"),
            ("特朗普4月9日访华", "2027-04-09"),
        ],
        false,
    );
}

#[test]
fn seasons_quarters_and_stretches() {
    each(
        &[
            ("trump to visit japan in spring 2027", "2027-03..2027-05"),
            ("trump to visit japan next spring", "2027-03..2027-05"),
            ("trump to visit japan in the winter", "2026-12..2027-02"),
            ("trump to visit japan early next year", "2027-01..2027-03"),
            ("trump to visit japan in late 2027", "2027-10..2027-12"),
            ("trump to visit japan in the second quarter of 2027", "2027-04..2027-06"),
            ("trump to visit japan in q3 2027", "2027-07..2027-09"),
            ("trump to visit japan in first half of next year", "2027-01..2027-06"),
            ("trump reist im frühjahr 2027 nach japan", "2027-03..2027-05"),
            ("trump kommt anfang 2027 nach tokio", "2027-01..2027-03"),
            ("trump au japon au printemps 2027", "2027-03..2027-05"),
            ("trump au japon début 2027", "2027-01..2027-03"),
            ("la visite a été annoncée", "-"),
            ("トランプ氏、来春訪日へ", "2027-03..2027-05"),
            ("トランプ氏、2027年春に訪日", "2027-03..2027-05"),
            ("トランプ氏、2027年初めに訪日", "2027-01..2027-03"),
            ("트럼프 내년 하반기 방한", "2027-07..2027-12"),
            ("트럼프 내년 봄 방한", "2027-03..2027-05"),
            ("特朗普明年第一季度访华", "2027-01..2027-03"),
            ("特朗普2027年上半年访华", "2027-01..2027-06"),
        ],
        false,
    );
}

#[test]
fn of_what_is_put_off_the_new_time() {
    each(
        &[
            ("trump postpones november trip to japan", "-"),
            ("trump postpones november trip to japan until march 2027", "2027-03"),
            ("trump's japan trip postponed until 2027", "2027"),
            ("trump's japan trip pushed to early 2028", "2028-01..2028-03"),
            ("trump japan trip rescheduled for march 3", "2027-03-03"),
            ("trump verschiebt japan-reise auf 2027", "2027"),
            ("trump verschiebt reise auf frühjahr 2027", "2027-03..2027-05"),
            ("trump reporte sa visite à mars", "2027-03"),
            ("トランプ氏、11月の訪日を来年3月に延期", "2027-03"),
            ("トランプ氏、11月の訪日を延期", "-"),
            ("트럼프 방한 내년으로 연기", "2027"),
            ("特朗普访华推迟至明年", "2027"),
            ("特朗普将11月访华推迟到2027年3月", "2027-03"),
        ],
        true,
    );
}
