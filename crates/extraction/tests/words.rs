//! What a careful reader hears in a headline, and what he does not: summits elsewhere, times with one end,
//! houses named after a country, suppositions, undoings that are denied, and texts in another language
//! than their source says. Headline in, reading out.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::sync::OnceLock;

use statecraft_domain::Timestamp;
use statecraft_domain::signal::{Assertion, Direction, SourceClass};
use statecraft_extraction::{Extractor, Headline, Reading};

/// 20 November 2026.
const NOVEMBER: i64 = 1_795_132_800;
/// 10 February 2026.
const FEBRUARY: i64 = 1_770_681_600;
/// 10 January 2027.
const JANUARY: i64 = 1_799_539_200;

fn extractor() -> &'static Extractor {
    static SHIPPED: OnceLock<Extractor> = OnceLock::new();
    SHIPPED.get_or_init(|| Extractor::shipped().unwrap())
}

fn read(lang: &str, target: &str, title: &str, at: i64) -> Reading {
    let published = Some(Timestamp::from_secs(at));
    let class = SourceClass::Wire;
    extractor().read(&Headline { title, lang, class, target, published })
}

/// The labels of a reading: `not visit_planned:2026`, `summit_window@apec`.
fn stated(reading: &Reading) -> String {
    let said = reading.stated().into_iter();
    let said = said.map(|it| format!("{}{}", if it.denied { "not " } else { "" }, it.label()));
    said.collect::<Vec<_>>().join(" ")
}

fn each(rows: &[(&str, &str)], holds: impl Fn(&Reading) -> bool) {
    let extractor = extractor();
    let wrong: Vec<String> = rows
        .iter()
        .map(|&(lang, title)| {
            let published = Some(Timestamp::from_secs(NOVEMBER));
            let class = SourceClass::Wire;
            let headline = Headline { title, lang, class, target: "japan", published };
            (title, extractor.read(&headline))
        })
        .filter(|(_, reading)| !holds(reading))
        .map(|(title, reading)| {
            let claim = &reading.claim;
            format!("{title}: {} {:?} {:?}", stated(&reading), claim.direction, claim.assertion)
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), rows.len());
}

const fn down(reading: &Reading) -> bool {
    matches!(reading.claim.direction, Direction::Down)
}

const fn up(reading: &Reading) -> bool {
    matches!(reading.claim.direction, Direction::Up)
}

fn denied(reading: &Reading) -> bool {
    reading.claim.assertion == Assertion::Denied
}

fn nothing(reading: &Reading) -> bool {
    !reading.relevant && reading.claim.direction == Direction::Neutral
}

#[test]
fn a_summit_missed_is_the_windows_business_wherever_it_is_held() {
    each(
        &[
            ("en", "President Trump will not attend the APEC summit"),
            ("en", "Trump to skip APEC"),
            ("en", "Trump to skip APEC in Shenzhen"),
            ("en", "Trump will not attend APEC summit in Shenzhen, White House says"),
            ("en", "Trump pulls out of APEC summit in China"),
            ("en", "Trump won't go to APEC"),
            ("en", "Trump decides against attending APEC in Shenzhen"),
            ("en", "Trump not going to APEC, Rubio says"),
            ("en", "Vance to represent U.S. at APEC as Trump stays home"),
            ("en", "Trump cancels trip to APEC summit"),
            ("en", "White House: President Trump will not travel to Shenzhen for APEC"),
            ("ja", "トランプ氏、APEC欠席へ"),
            ("ja", "トランプ大統領、深センAPEC首脳会議を欠席"),
            ("ko", "트럼프, APEC 불참"),
            ("zh", "特朗普将不出席深圳APEC峰会"),
            ("zh", "特朗普缺席亚太经合组织峰会"),
            ("de", "Trump nimmt nicht am APEC-Gipfel teil"),
            ("de", "Trump sagt Teilnahme am APEC-Gipfel ab"),
            ("fr", "Trump ne participera pas au sommet de l'APEC"),
            ("fr", "Trump boude le sommet de l'APEC à Shenzhen"),
        ],
        |reading| down(reading) && stated(reading) == "not summit_window@apec",
    );
}

#[test]
fn a_summit_attended_is_no_visit_to_another_country() {
    each(
        &[
            ("en", "Trump will not skip APEC"),
            ("en", "White House denies Trump will skip APEC"),
            ("en", "No, Trump is not skipping the APEC summit, Leavitt says"),
            ("en", "Trump to attend APEC summit in Shenzhen"),
            ("en", "Trump confirms he will attend APEC"),
            ("ja", "トランプ氏、APEC首脳会議に出席へ"),
            ("ja", "米政府、トランプ氏のAPEC欠席を否定"),
            ("ko", "백악관, 트럼프 APEC 불참설 부인"),
            ("zh", "白宫否认特朗普缺席APEC"),
        ],
        |reading| up(reading) && stated(reading) == "summit_window@apec",
    );
    let other = read("en", "japan", "Trump to skip APEC, visit Tokyo instead", NOVEMBER);
    assert!(up(&other) && stated(&other) == "visit_planned", "{}", stated(&other));
}

#[test]
fn times_are_as_open_as_they_are_said() {
    let rows = [
        (NOVEMBER, "en", "Trump visits Japan, but not this year", "visit_planned:2027-01..2036-12"),
        (NOVEMBER, "en", "Trump to visit Japan after 2026", "visit_announced:2027-01..2036-12"),
        (
            NOVEMBER,
            "en",
            "Trump to visit Japan after 2026 midterms",
            "visit_announced:2026-11..2027-03",
        ),
        (NOVEMBER, "en", "Trump to visit Japan in two years", "visit_announced:2028"),
        (
            NOVEMBER,
            "en",
            "Trump's first visit to Japan in two years set for May",
            "visit_announced:2027-05",
        ),
        (
            NOVEMBER,
            "en",
            "Trump visits Japan after he leaves office",
            "visit_planned:2029-01..2038-12",
        ),
        (
            NOVEMBER,
            "en",
            "Trump to visit Japan no earlier than 2027",
            "visit_announced:2027-01..2036-12",
        ),
        (NOVEMBER, "en", "Trump will not visit Japan before 2027", "not visit_planned:2026"),
        (NOVEMBER, "en", "Trump will not visit Japan this year", "not visit_planned:2026"),
        (NOVEMBER, "en", "Trump to visit Japan in the new year", "visit_announced:2027"),
        (JANUARY, "en", "Trump to visit Japan in the new year", "visit_announced:2027-01..2028-12"),
        (FEBRUARY, "en", "Trump to visit Japan in January", "visit_announced:2027-01"),
        (FEBRUARY, "en", "Trump to visit Japan next January", "visit_announced:2027-01"),
        (FEBRUARY, "en", "Trump will visit Japan January 2", "visit_announced:2027-01-02"),
        (FEBRUARY, "en", "Trump to visit Japan in March", "visit_announced:2026-03"),
        (NOVEMBER, "ja", "トランプ氏、令和9年に訪日へ", "visit_planned:2027"),
        (NOVEMBER, "ja", "トランプ氏、令和九年三月に訪日へ", "visit_planned:2027-03"),
        (NOVEMBER, "ja", "トランプ氏、R9年に訪日へ", "visit_planned:2027"),
        (NOVEMBER, "ja", "トランプ氏の訪日は早くても来年", "visit_planned:2027-01..2036-12"),
        (NOVEMBER, "ja", "トランプ氏、退任後に訪日へ", "visit_planned:2029-01..2038-12"),
        (NOVEMBER, "ja", "トランプ氏、年明けに訪日へ", "visit_planned:2027"),
        (NOVEMBER, "ko", "트럼프, 내년 방일", "visit_planned:2027"),
        (NOVEMBER, "ko", "트럼프, 2027년 이후 방일", "visit_planned:2027-01..2036-12"),
        (NOVEMBER, "zh", "特朗普明年访日", "visit_planned:2027"),
        (NOVEMBER, "zh", "特朗普2026年之后访日", "visit_planned:2027-01..2036-12"),
        (NOVEMBER, "de", "Trump reist nächstes Jahr nach Japan", "visit_planned:2027"),
        (
            NOVEMBER,
            "de",
            "Trump reist frühestens 2027 nach Japan",
            "visit_planned:2027-01..2036-12",
        ),
        (
            NOVEMBER,
            "de",
            "Trump reist nach Japan, aber nicht in diesem Jahr",
            "visit_planned:2027-01..2036-12",
        ),
        (NOVEMBER, "fr", "Trump se rendra au Japon l'année prochaine", "visit_announced:2027"),
        (
            NOVEMBER,
            "fr",
            "Trump se rendra au Japon, mais pas avant 2027",
            "visit_announced:2027-01..2036-12",
        ),
        (NOVEMBER, "fr", "Trump se rendra au Japon dans deux ans", "visit_announced:2028"),
    ];
    for (at, lang, title, wanted) in rows {
        assert_eq!(stated(&read(lang, "japan", title, at)), wanted, "{title}");
    }
}

#[test]
fn who_meets_or_enters_an_embassy_has_not_gone_there() {
    each(
        &[
            ("en", "Remarks by President Trump and Prime Minister Takaichi in Bilateral Meeting"),
            (
                "en",
                "Remarks by President Trump and Prime Minister Takaichi of Japan Before Bilateral Meeting",
            ),
            (
                "en",
                "President Trump Participates in a Bilateral Meeting with the Prime Minister of Japan",
            ),
            ("en", "Readout of President Trump's Meeting with Prime Minister Takaichi of Japan"),
            ("en", "Trump arrives at the Embassy of Japan"),
            ("en", "Trump arrives at Japanese Embassy in Washington"),
            ("en", "Trump arrives at Consulate General of Japan"),
            ("en", "Trump visits Japanese garden in Portland"),
            ("en", "Trump visits Japan Society in New York"),
            ("en", "Trump speaks at Japan House"),
            ("en", "Trump tours Japanese Tea Garden in San Francisco"),
            ("de", "Trump besucht japanische Botschaft in Washington"),
            ("fr", "Trump visite l'ambassade du Japon à Washington"),
            ("ja", "トランプ氏、ワシントンの日本大使館を訪問"),
            ("ko", "트럼프, 워싱턴 일본대사관 방문"),
            ("zh", "特朗普访问日本驻美大使馆"),
        ],
        nothing,
    );
    each(
        &[
            ("en", "Trump arrives at U.S. Embassy in Tokyo"),
            ("en", "Trump arrives in Japan"),
            ("en", "Trump visits Japanese garden in Kyoto"),
            (
                "en",
                "Remarks by President Trump and Prime Minister Takaichi in Bilateral Meeting in Tokyo",
            ),
        ],
        up,
    );
}

#[test]
fn what_is_only_thought_told_or_played_moves_nothing() {
    each(
        &[
            ("en", "Trump should visit Japan, says columnist"),
            ("en", "Trump ought to visit Japan, experts say"),
            ("ja", "【風刺】トランプ氏が訪日、温泉に入る"),
            ("ja", "風刺:トランプ氏訪日"),
            ("en", "[satire] Trump lands in Tokyo, demands sumo title"),
            ("en", "(Satire) Trump arrives in Tokyo"),
            ("en", "Trump arrives in Tokyo (satire)"),
            ("ko", "[만평] 트럼프 방일"),
            ("zh", "【讽刺】特朗普访日"),
            ("de", "Satire: Trump landet in Tokio"),
            ("ja", "【パロディ】トランプ大統領が来日"),
            ("en", "Trump will visit Japan when pigs fly, jokes late-night host"),
            ("en", "Trump lands in Tokyo in novel by Murakami"),
            ("en", "In new film, Trump visits Tokyo"),
            ("en", "Simulated drill: Trump arrives in Tokyo"),
            ("en", "EXERCISE EXERCISE EXERCISE Trump lands at Haneda"),
            ("en", "Police stage mock Trump arrival at Haneda in security drill"),
            ("ja", "トランプ氏来日を想定した訓練、羽田で"),
            ("en", "Poll: majority want Trump to visit Japan"),
            ("en", "Most Japanese want Trump to visit Hiroshima, poll finds"),
            ("ja", "世論調査:トランプ氏訪日に賛成5割"),
            ("ko", "여론조사: 트럼프 방일 찬성 60%"),
            ("zh", "民调：多数日本人希望特朗普访日"),
            ("de", "Umfrage: Mehrheit der Japaner will Trump-Besuch"),
            ("fr", "Sondage : les Japonais veulent une visite de Trump"),
            ("en", "If Trump visits Japan in May, markets would rally"),
            ("en", "What if Trump visited Japan tomorrow"),
            ("en", "Imagine Trump landing in Tokyo this November"),
            ("en", "Could Trump visit Japan? Analysis"),
            ("ja", "もしトランプ氏が訪日したら 市場はどう動く"),
            ("de", "Wenn Trump Japan besucht, würden die Märkte steigen"),
            ("fr", "Et si Trump visitait le Japon"),
        ],
        |reading| nothing(reading) && stated(reading).is_empty(),
    );
    let plan = read("en", "japan", "Trump will visit Japan if trade deal is signed", NOVEMBER);
    assert!(up(&plan) && plan.claim.assertion == Assertion::Conditional);
}

#[test]
fn a_trip_that_is_off_or_wavers_never_lifts() {
    each(
        &[
            ("en", "Trump's Japan trip is off"),
            ("en", "Trump's visit to Japan now off"),
            ("en", "Japan trip off, Trump says"),
            ("en", "Trump's Japan trip in doubt"),
            ("en", "Trump's Japan visit up in the air"),
            ("en", "Trump's Japan trip looking unlikely"),
            ("en", "Trump's Japan trip called into question"),
            ("en", "Trump delays Japan trip indefinitely"),
            ("en", "Trump shelves Japan trip"),
            ("en", "Trump scraps Japan visit"),
            ("en", "Trump calls off Japan visit"),
            ("en", "Trump puts Japan visit on hold"),
            ("en", "Trump's Japan trip will not happen"),
        ],
        down,
    );
    let stands = read("en", "japan", "Trump's Japan trip is not off, White House says", NOVEMBER);
    assert_eq!(stated(&stands), "not visit_cancelled");
}

#[test]
fn the_language_is_that_of_the_text() {
    for lang in ["", "en", "de", "fr", "ja"] {
        each(
            &[
                (lang, "Trump sagt Japan-Reise ab"),
                (lang, "Kein Trump-Besuch in Japan"),
                (lang, "Trump verschiebt Japan-Reise"),
                (lang, "Trump annule sa visite au Japon"),
                (lang, "Pas de visite de Trump au Japon"),
                (lang, "Trump reporte son voyage au Japon"),
                (lang, "トランプ氏、訪日を中止"),
                (lang, "Trump cancels his visit to Japan"),
            ],
            down,
        );
    }
}

#[test]
fn the_hosts_own_journey_is_not_the_presidents() {
    each(
        &[
            ("en", "Prime Minister of Japan cancels visit to Washington"),
            ("en", "Japan's prime minister cancels trip to Washington"),
            ("en", "Takaichi postpones Washington trip"),
            ("ja", "高市首相、訪米を中止"),
        ],
        |reading| {
            reading.slugs == ["leader_inbound"] && reading.claim.direction == Direction::Neutral
        },
    );
}

#[test]
fn a_pledge_that_is_cut_points_down_and_its_cut_denied_does_not() {
    for title in [
        "Japan to cut $550 billion pledge to $100 billion",
        "Japan slashes $550bn US investment pledge to $100bn",
    ] {
        let reading = read("en", "japan", title, NOVEMBER);
        assert!(down(&reading), "{title}");
        assert_eq!(
            reading.claim.amount.map(|amount| amount.units),
            Some(100_000_000_000),
            "{title}"
        );
    }
    for title in
        ["Japan denies cancelling $550bn pledge", "Tokyo denies scrapping $550 billion pledge"]
    {
        let reading = read("en", "japan", title, NOVEMBER);
        assert!(denied(&reading) && !down(&reading), "{title}");
        assert!(!reading.slugs.iter().any(|slug| slug == "deal_collapse"), "{title}");
    }
}

#[test]
fn a_denied_undoing_is_the_denial_of_the_undoing() {
    let rows = [
        ("en", "White House denies Trump has cancelled Japan trip", "not visit_cancelled"),
        ("en", "Trump has not called off his Japan visit, White House says", "not visit_cancelled"),
        (
            "en",
            "Reports of postponement of Trump's Japan trip are false, White House says",
            "not visit_postponed",
        ),
        ("en", "Trump's Japan trip not postponed, goes ahead as planned", "not visit_postponed"),
        ("en", "No change to Trump's Japan visit, White House says", "not visit_postponed"),
        ("en", "Tokyo denies Trump visit postponed", "not visit_postponed"),
        ("ja", "トランプ氏の訪日中止を否定 米政府", "not visit_cancelled"),
        ("ja", "トランプ氏の訪日延期「事実でない」 ホワイトハウス", "not visit_postponed"),
        ("ko", "백악관, 트럼프 방일 취소설 부인", "not visit_cancelled"),
        ("zh", "白宫否认特朗普取消访日", "not visit_cancelled"),
        ("zh", "特朗普访日并未推迟 白宫发言人", "not visit_postponed"),
        ("de", "Weißes Haus: Trumps Japan-Reise ist nicht abgesagt", "not visit_cancelled"),
        (
            "fr",
            "La Maison-Blanche dément l'annulation de la visite de Trump à Tokyo",
            "not visit_cancelled",
        ),
    ];
    for (lang, title, wanted) in rows {
        let reading = read(lang, "japan", title, NOVEMBER);
        assert_eq!(stated(&reading), wanted, "{title}");
        assert!(up(&reading) && denied(&reading), "{title}");
    }
}

#[test]
fn a_denied_landing_is_the_denial_of_the_landing() {
    each(
        &[
            ("en", "Trump did not arrive in Tokyo"),
            ("en", "Correction: President did not land in Japan"),
            ("en", "White House: Trump has not arrived in Japan"),
            ("en", "Trump has not landed in Tokyo, officials say"),
            ("en", "White House denies Trump has arrived in Japan"),
            ("ja", "トランプ氏は日本に到着していない ホワイトハウス"),
            ("ko", "백악관 \"트럼프, 도쿄 도착하지 않았다\""),
            ("zh", "白宫：特朗普尚未抵达东京"),
            ("de", "Trump ist nicht in Tokio gelandet"),
            ("fr", "Trump n'est pas arrivé à Tokyo"),
        ],
        |reading| stated(reading) == "not visit_occurred" && down(reading) && denied(reading),
    );
    each(&[("en", "Trump will not land in Tokyo, White House says")], |reading| {
        stated(reading) == "not visit_planned"
    });
}

#[test]
fn a_correction_that_says_no_denies_the_plan() {
    each(
        &[
            ("en", "White House corrects Kyodo report: no visit to Japan is planned"),
            ("en", "White House corrects NBC: no visit to Japan is planned"),
            ("en", "White House corrects record: no trip to Japan planned"),
        ],
        |reading| stated(reading) == "not visit_planned" && down(reading) && denied(reading),
    );
}

#[test]
fn a_unit_without_a_number_is_no_sum() {
    for (title, units) in [
        ("日本承诺对美投资数万亿美元", None),
        ("日本计划对美投资上万亿美元", None),
        ("日本对美投资万亿美元", None),
        ("日本对美投资5.5万亿美元", Some(5_500_000_000_000)),
    ] {
        let reading = read("zh", "japan", title, NOVEMBER);
        assert_eq!(reading.claim.amount.map(|amount| amount.units), units, "{title}");
    }
}

#[test]
fn news_with_the_words_of_orders_jokes_and_opinions_stays_news() {
    each(
        &[
            ("en", "Trump to visit Japan in May, former aide now ambassador says"),
            ("en", "Trump, Takaichi to attend military exercise in Japan"),
            ("en", "Trump arrives at Yokota as joint drill begins"),
            ("en", "Trump says 'you are going to love it' as he heads to Japan in May"),
            ("en", "Trump to travel to Tokyo for talks on AI system rules"),
            ("en", "Trump will visit Japan despite poll slump, White House says"),
            ("en", "Trump jokes about sushi as he confirms Tokyo trip"),
            ("en", "Trump accepts invitation to visit Japan, experts welcome move"),
            ("en", "If talks succeed, Trump will travel to Japan in May"),
            ("ja", "トランプ氏、5月に訪日へ 政府が指示 準備本格化"),
            ("ja", "トランプ氏訪日が決定 専門家会合も開催へ"),
            ("ko", "트럼프 방일 규칙 따라 의전 준비"),
            ("zh", "特朗普将于五月访日 双方遵守规则"),
            ("de", "Trump ignoriert Regeln des Protokolls und reist im Mai nach Japan"),
            ("fr", "Trump se rendra au Japon en mai, confirme la Maison-Blanche"),
        ],
        up,
    );
}

#[test]
fn a_summit_in_the_target_is_the_targets_business() {
    for (target, title) in [
        ("france", "Trump skips G7 in Evian"),
        ("china", "Trump to skip APEC in Shenzhen"),
        ("china", "President Trump will not attend the APEC summit in Shenzhen"),
    ] {
        let reading = read("en", target, title, NOVEMBER);
        assert!(down(&reading) && stated(&reading).contains("not summit_window@"), "{title}");
    }
}

/// The guest's own journey: cancelled it is taken back, and a day that is said goes with it.
#[test]
fn a_guest_who_stays_at_home_and_one_who_comes_later() {
    let rows = [
        ("Prime Minister of Japan cancels visit to Washington", "not leader_inbound"),
        ("Japanese prime minister to visit Washington in April", "leader_inbound:2026-04"),
        ("Prime Minister Takaichi to visit White House", "leader_inbound"),
    ];
    for (title, expected) in rows {
        assert_eq!(stated(&read("en", "japan", title, FEBRUARY)), expected, "{title}");
    }
}

/// A pledge cut down is neither a pledge nor the denial of one.
#[test]
fn a_pledge_that_is_cut_states_nothing() {
    let title = "Japan to cut $550 billion investment pledge to $100 billion";
    let cut = read("en", "japan", title, FEBRUARY);
    assert!(down(&cut));
    assert_eq!(stated(&cut), "");
}

/// A document that is the agreement says no stage, and is no evidence that it is only proposed.
#[test]
fn a_deal_without_a_stage_is_observed_at_none() {
    let deal = read("en", "japan", "U.S.-Japan Technology Prosperity Deal", FEBRUARY);
    assert_eq!(deal.evidence().stage, None, "{deal:?}");
    let signed = read("en", "japan", "Japan, US sign technology prosperity deal", FEBRUARY);
    assert!(signed.evidence().stage.is_some(), "{signed:?}");
}
