//! Whose journey it is, and whether one is spoken of at all: the envoy, the letter and the double of the
//! President are not he, nor is another president; who is invited has not said that he comes; a message at
//! a place is no visit; and the visit of last year is no news. Headline in, nothing out.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use statecraft_domain::Timestamp;
use statecraft_domain::signal::SourceClass;
use statecraft_extraction::{Extractor, Headline, Reading};

/// 10 February 2026.
const FEBRUARY: i64 = 1_770_681_600;

const COMES: [&str; 3] = ["visit_planned", "visit_announced", "visit_occurred"];

fn read(extractor: &Extractor, lang: &str, target: &str, title: &str) -> Vec<Reading> {
    let published = Some(Timestamp::from_secs(FEBRUARY));
    [SourceClass::Official, SourceClass::Wire]
        .map(|class| extractor.read(&Headline { title, lang, class, target, published }))
        .to_vec()
}

fn comes(reading: &Reading) -> bool {
    reading.stated().iter().any(|said| !said.denied && COMES.contains(&said.slug.as_str()))
}

/// No visit is read from these, whoever says them.
fn nothing(rows: &[(&str, &str, &str)]) {
    each(rows, false);
}

/// These are his visits still.
fn his(rows: &[(&str, &str, &str)]) {
    each(rows, true);
}

fn each(rows: &[(&str, &str, &str)], wanted: bool) {
    let extractor = Extractor::shipped().unwrap();
    let wrong: Vec<String> = rows
        .iter()
        .flat_map(|&(lang, target, title)| {
            read(&extractor, lang, target, title).into_iter().map(move |reading| (title, reading))
        })
        .filter(|(_, reading)| comes(reading) != wanted)
        .map(|(title, reading)| {
            format!("{title}: {:?} {:?}", reading.slugs, reading.claim.citations)
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), 2 * rows.len());
}

#[test]
fn who_or_what_is_his_is_not_he() {
    nothing(&[
        (
            "en",
            "japan",
            "Special Envoy of President Trump arrives in Tokyo for talks with Foreign Minister",
        ),
        ("en", "japan", "Foreign Minister meets Special Envoy of President Trump in Tokyo"),
        ("en", "japan", "President Trump's Commerce Secretary arrives in Tokyo"),
        ("en", "japan", "President Trump's senior adviser visits Japan"),
        ("en", "japan", "Former Trump adviser Bolton arrives in Tokyo"),
        ("en", "japan", "Trump Administration Delegation Arrives in Tokyo"),
        ("en", "japan", "Trump's security team arrives in Japan ahead of visit"),
        ("en", "japan", "Letter from President Trump arrives in Tokyo"),
        ("en", "japan", "Gift from President Trump arrives in Tokyo"),
        ("en", "japan", "Trump-class battleship visits Japan"),
        ("zh", "japan", "特朗普总统特使抵达东京"),
        ("ja", "japan", "トランプ大統領特使が来日"),
        ("ja", "japan", "トランプ大統領補佐官が来日"),
        ("en", "japan", "Trump ally Steve Bannon visits Tokyo"),
        ("en", "japan", "Trump impersonator arrives in Tokyo"),
        ("en", "japan", "Trump wax figure arrives in Tokyo"),
        ("en", "japan", "Trump musical arrives in Tokyo"),
        ("fr", "japan", "L'émissaire de Trump arrive à Tokyo"),
        ("fr", "japan", "Un sosie de Trump arrive à Tokyo"),
        ("ko", "japan", "트럼프 특사 일본 도착"),
        ("en", "japan", "Trump's envoy Witkoff lands in Tokyo"),
        ("en", "japan", "Adviser to President Trump arrives in Japan"),
        ("en", "japan", "Trump's letter delivered in Tokyo"),
        ("en", "japan", "President Trump's son arrives in Tokyo"),
        ("en", "japan", "Trump supporters arrive in Tokyo"),
        ("de", "japan", "Trumps Berater besucht Tokio"),
        ("de", "japan", "Trump-Double in Tokio gelandet"),
        ("fr", "japan", "Le conseiller de Donald Trump arrive à Tokyo"),
        ("ja", "japan", "トランプ氏の側近が来日"),
        ("zh", "japan", "特朗普顾问抵达东京"),
        ("ko", "japan", "트럼프 대통령 특사 방일"),
    ]);
}

#[test]
fn another_president_is_not_he() {
    nothing(&[
        ("en", "japan", "IOC President Coventry arrives in Tokyo"),
        ("ja", "japan", "フィリピン大統領の訪日"),
        ("ja", "japan", "ブラジル大統領が来日"),
        ("en", "japan", "State Visit to Japan by the President of Brazil"),
        ("en", "japan", "Visit to Japan by H.E. the President of the Republic of the Philippines"),
        ("de", "japan", "Präsident besucht Japan"),
        ("en", "japan", "French President Macron arrives in Tokyo"),
        ("en", "japan", "President of the Philippines arrives in Tokyo"),
        ("en", "japan", "World Bank President Banga visits Japan"),
        ("ja", "japan", "韓国大統領が来日"),
        ("en", "japan", "Brazilian President to visit Japan"),
    ]);
}

#[test]
fn who_is_asked_has_not_said_that_he_comes() {
    nothing(&[
        ("en", "japan", "Prime Minister Takaichi invites President Trump to visit Japan"),
        ("ja", "japan", "広島市長、トランプ大統領に広島訪問を要請"),
        ("ja", "japan", "広島市長、トランプ氏に訪問要請"),
        ("ja", "japan", "長崎市、トランプ氏を式典に招待"),
        ("en", "japan", "Hiroshima mayor invites Trump"),
    ]);
}

#[test]
fn a_place_and_the_president_are_no_visit() {
    nothing(&[
        ("ja", "japan", "日米首脳会談"),
        ("en", "japan", "Congratulatory message from President Trump on Japan's National Day"),
        ("en", "japan", "Message from President Trump delivered to Prime Minister in Tokyo"),
        ("en", "japan", "Trump Gold Card office opens in Tokyo"),
        ("en", "japan", "Trump speaks by video to troops in Yokosuka"),
        ("en", "japan", "Trump absent from Hiroshima ceremony"),
        ("en", "japan", "Trump hosts state dinner for Japan's emperor"),
        ("en", "japan", "Trump visits U.S. Steel plant with Japanese executives"),
        ("en", "japan", "Trump scraps tariffs on Japanese cars"),
        ("ja", "japan", "トランプ杯ゴルフ大会、東京で開催へ"),
        ("ja", "japan", "ドジャース来日、トランプ氏が祝福"),
        ("en", "japan", "Japan delegation to visit Trump"),
    ]);
}

#[test]
fn the_visit_of_last_year_is_no_news() {
    nothing(&[
        ("ja", "japan", "昨年10月のトランプ大統領訪日時の共同文書の実施状況"),
        ("ja", "japan", "日米首脳会談(昨年10月)のフォローアップ"),
        ("ja", "japan", "トランプ大統領訪日から1年"),
        ("ja", "japan", "昨年のトランプ大統領訪日"),
        ("en", "japan", "ICYMI: President Trump's Visit to Japan Secured $550 Billion Investment"),
        ("en", "japan", "Prime Minister thanks President Trump for visit to Japan last year"),
        ("de", "japan", "Ein Jahr nach Trumps Besuch in Tokio"),
        ("de", "japan", "Trumps Besuch in Tokio vor einem Jahr: Eine Bilanz"),
        ("en", "japan", "Trump visit security cost Tokyo 1.2 billion yen"),
        ("ja", "japan", "東京都、トランプ氏来日の警備費12億円"),
        ("ja", "japan", "昨年10月のトランプ氏来日で使われた迎賓館公開"),
        ("ko", "japan", "트럼프 작년 10월 방일 때 약속한 투자"),
        ("zh", "japan", "特朗普去年10月访日时承诺"),
        ("en", "japan", "This day in history: Trump lands in Tokyo"),
        ("en", "japan", "Japan spent 2 billion yen on Trump's October visit"),
    ]);
}

#[test]
fn his_own_journeys_stay_his() {
    his(&[
        ("en", "japan", "President Trump will travel to Japan in May 2026, White House announces"),
        ("en", "japan", "President Trump arrives in Tokyo"),
        ("en", "japan", "President Trump Arrives in Tokyo"),
        ("en", "japan", "Trump lands in Japan, greeted by Takaichi"),
        ("en", "japan", "Air Force One carrying Trump lands at Haneda airport"),
        ("en", "japan", "Trump to visit Japan in May"),
        ("en", "japan", "Trump's Japan visit set for May, adviser says"),
        ("en", "japan", "Trump adviser says president will visit Japan in May"),
        ("en", "japan", "Trump accepts Takaichi's invitation to visit Japan in May"),
        ("ja", "japan", "トランプ大統領が来日"),
        ("ja", "japan", "トランプ大統領、5月に訪日へ"),
        ("ko", "japan", "트럼프 5월 방일"),
        ("zh", "japan", "特朗普总统抵达东京"),
        ("de", "japan", "Trump besucht im Mai Japan"),
        ("fr", "japan", "Trump arrive à Tokyo"),
        ("en", "japan", "President to Arrive in Tokyo on May 10, White House Says"),
        ("en", "japan", "Trump to visit Japan with trade team in May"),
        ("en", "japan", "Trump's plane lands at Haneda"),
        ("en", "japan", "Trump and his team arrive in Tokyo"),
        ("en", "japan", "Trump arrives in Tokyo, meets Japanese prime minister"),
        ("en", "japan", "Trump to meet Japanese emperor during Tokyo visit in May"),
        ("en", "japan", "President Trump Participates in an Arrival Ceremony in Tokyo, Japan"),
        ("en", "japan", "President Trump and the First Lady Arrive in Tokyo"),
        ("en", "japan", "Emperor welcomes President Trump to Tokyo"),
        ("en", "japan", "White House Press Secretary: President Trump will visit Japan in May"),
        ("en", "japan", "Trump, Treasury Secretary Bessent land in Tokyo"),
        ("ja", "japan", "トランプ大統領、メラニア夫人と来日"),
        ("ja", "japan", "トランプ大統領が来日、2度目"),
        ("ja", "japan", "日米首脳会談、東京で開催 トランプ氏が来日"),
        ("ja", "japan", "米大統領が来日"),
        ("ko", "japan", "트럼프 대통령 일본 도착"),
        ("zh", "japan", "特朗普总统5月访日"),
        ("fr", "japan", "Le président américain arrive à Tokyo"),
    ]);
}
