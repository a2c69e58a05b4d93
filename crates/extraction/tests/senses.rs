//! One sentence of each sense that was once misread: whose money, who travels and when, what a denial
//! denies.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use statecraft_domain::signal::{Assertion, Capital, Direction, SourceClass};
use statecraft_extraction::{Extractor, Headline, Reading};

fn read(extractor: &Extractor, lang: &str, target: &str, title: &str) -> Reading {
    let class = SourceClass::Wire;
    extractor.read(&Headline { title, lang, class, target, published: None })
}

fn each(rows: &[(&str, &str, &str)], holds: impl Fn(&Reading) -> bool) {
    let extractor = Extractor::shipped().unwrap();
    let wrong: Vec<String> = rows
        .iter()
        .map(|(lang, target, title)| (title, read(&extractor, lang, target, title)))
        .filter(|(_, reading)| !holds(reading))
        .map(|(title, reading)| {
            let claim = &reading.claim;
            let (way, manner, capital) = (claim.direction, claim.assertion, claim.capital);
            format!("{title}: {:?} {way:?} {manner:?} {capital:?}", reading.slugs)
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn has(reading: &Reading, slug: &str) -> bool {
    reading.slugs.iter().any(|found| found == slug)
}

#[test]
fn a_delegation_is_not_the_president_and_a_press_room_no_journey() {
    each(
        &[
            (
                "en",
                "japan",
                "President Trump Names Presidential Delegation to Kyoto Memorial Service",
            ),
            (
                "en",
                "japan",
                "President Trump Announces Presidential Delegation to Tokyo to Attend Rites",
            ),
            ("en", "japan", "Joint Leaders' Statement by the United States and Japan"),
            (
                "en",
                "japan",
                "Remarks by President Trump and Prime Minister Ishiba in Joint Press Conference",
            ),
            (
                "en",
                "japan",
                "Order on the Proposed Acquisition of United States Steel Corporation by Nippon Steel",
            ),
        ],
        |reading| !reading.relevant,
    );
    each(
        &[(
            "en",
            "japan",
            "Remarks by President Trump and Prime Minister Ishiba at the White House",
        )],
        |reading| has(reading, "leader_inbound"),
    );
}

#[test]
fn woods_and_grazing_are_not_the_deal() {
    each(
        &[
            ("en", "japan", "National Forest Service opens trail office"),
            ("en", "japan", "Federal land ranchers face higher fees"),
        ],
        |reading| !reading.relevant,
    );
    each(&[("en", "japan", "Federal land chosen for AI data centers")], |reading| {
        has(reading, "fed_land")
    });
}

#[test]
fn a_company_named_after_a_country_is_not_the_state() {
    each(
        &[
            ("en", "japan", "Japan Airlines to spend $3 billion on US hub"),
            ("en", "japan", "Japan Tobacco commits $3 billion to US plant"),
            ("en", "china", "China Mobile to invest $1 billion in US cables"),
            ("en", "france", "Air France to invest $2 billion in US terminal"),
        ],
        |reading| reading.claim.capital == Capital::Private && !has(reading, "sov_capital"),
    );
}

#[test]
fn money_that_comes_in_is_not_the_targets() {
    each(
        &[
            ("en", "japan", "US to pour $7 billion into Japan"),
            ("en", "japan", "Amazon to invest $15 billion in Japan"),
            ("ja", "japan", "米国、日本に30億ドル投資へ"),
            ("ko", "korea-south", "미국, 한국에 30억달러 투자"),
            ("zh", "japan", "美国将在日本投资30亿美元"),
            ("de", "germany", "USA investieren 3 Milliarden Dollar in Deutschland"),
            ("fr", "france", "Les États-Unis vont investir 3 milliards de dollars en France"),
            ("en", "japan", "US Treasury yields climb as Japan sells $9 billion of bonds"),
        ],
        |reading| !has(reading, "sov_capital"),
    );
}

#[test]
fn a_present_tense_of_a_time_to_come_is_a_plan() {
    each(
        &[
            ("de", "germany", "Trump besucht München im Frühjahr"),
            ("de", "japan", "Trump reist nächsten Monat nach Tokio"),
            ("fr", "japan", "Trump visite le Japon le mois prochain"),
            ("en", "japan", "Trump visits Kyoto next month"),
            ("en", "japan", "Trump arrives in Tokyo next week"),
            ("en", "japan", "Trump en route to Osaka"),
        ],
        |reading| has(reading, "visit_planned") && !has(reading, "visit_occurred"),
    );
    each(&[("en", "japan", "Trump meets Takaichi in Tokyo")], |r| has(r, "visit_occurred"));
    each(
        &[("en", "japan", "Trump lands in Tokyo"), ("de", "japan", "Trump landet in Tokio")],
        |r| has(r, "visit_occurred"),
    );
}

#[test]
fn not_a_visit_of_his() {
    each(
        &[
            ("en", "japan", "Trump visits Tokyo steakhouse in Chicago"),
            ("en", "japan", "Trump visits Japanese embassy"),
            ("en", "japan", "Japanese emperor visits Washington, meets Trump"),
            ("en", "japan", "Takaichi meets Trump"),
            ("en", "japan", "Japan's trade minister meets Trump"),
            ("en", "japan", "Trump attends Japan-US business gala"),
            ("en", "japan", "Trump hosts Takaichi for dinner"),
            ("en", "japan", "Two years after Trump's Osaka visit"),
            ("en", "japan", "Trump's Tokyo stay was a success"),
        ],
        |reading| !has(reading, "visit_occurred") && reading.claim.direction == Direction::Neutral,
    );
    each(&[("en", "japan", "Japanese mayors ask Trump to visit Nagasaki")], |reading| {
        reading.claim.assertion == Assertion::Hedged && !has(reading, "visit_announced")
    });
}

#[test]
fn a_denial_denied_leaves_it_open() {
    each(
        &[
            ("en", "japan", "Trump does not rule out Tokyo trip"),
            ("en", "japan", "White House not ruling out Osaka visit by Trump"),
            ("en", "japan", "Japan won't rule out taxpayer money for US plants"),
            ("ja", "japan", "大統領報道官、トランプ氏の来日を否定せず"),
            ("ja", "japan", "トランプ氏の訪日、考えていないわけではない"),
            ("ko", "korea-south", "백악관, 트럼프 방한 배제하지 않아"),
            ("zh", "china", "白宫未排除特朗普年内访华"),
            ("de", "japan", "Weißes Haus schließt Trump-Besuch in Japan nicht aus"),
            ("fr", "japan", "La Maison-Blanche n'exclut pas une visite de Trump au Japon"),
        ],
        |reading| {
            reading.claim.direction == Direction::Up && reading.claim.assertion == Assertion::Hedged
        },
    );
    each(&[("en", "japan", "White House does not rule out cancelling Osaka trip")], |reading| {
        reading.claim.direction == Direction::Down
    });
}

#[test]
fn every_place_in_a_row_is_a_goal() {
    for target in ["japan", "korea-south"] {
        each(
            &[
                ("en", target, "Trump to travel to Seoul and Tokyo"),
                ("en", target, "Trump to visit Malaysia, Japan and South Korea"),
                ("ja", target, "トランプ氏、韓国と日本を訪問へ"),
                ("ko", target, "트럼프, 일본과 한국 방문"),
                ("zh", target, "特朗普将访问韩国和日本"),
                ("de", target, "Trump reist nach Japan und Südkorea"),
                ("fr", target, "Trump se rendra au Japon et en Corée du Sud"),
            ],
            |reading| reading.claim.direction == Direction::Up && !has(reading, "visit_occurred"),
        );
    }
    let skipped = "Trump to visit South Korea, skipping Tokyo";
    each(&[("en", "japan", skipped)], |reading| has(reading, "visit_cancelled"));
    each(&[("en", "korea-south", skipped)], |reading| reading.claim.direction == Direction::Up);
    each(&[("en", "japan", "Trump to visit South Korea, Japan says")], |reading| {
        !has(reading, "visit_announced")
    });
}

#[test]
fn headlines_deny_in_many_ways() {
    each(
        &[
            ("en", "japan", "No Trump visit to Tokyo, White House says"),
            ("en", "japan", "White House: no plan to bring Trump to Japan"),
            ("en", "japan", "Tokyo rejects talk of taxpayer money for US parks"),
            ("en", "japan", "Japan never agreed to bankroll US parks, minister says"),
            ("en", "japan", "Contrary to reports, Japan will not bankroll US plants"),
            ("en", "japan", "White House denial on Trump's Osaka trip"),
            ("en", "japan", "Fake: Trump visits Osaka"),
            ("en", "japan", "Trump to visit Osaka next month - fact check: false"),
            ("ja", "japan", "政府、米工場への公金支出計画なしと説明"),
            ("zh", "japan", "日本政府从未承诺出资美国工业园"),
            ("de", "japan", "Weißes Haus: Trump plant keine Reise nach Tokio"),
            ("fr", "japan", "La Maison-Blanche dément un voyage de Trump à Tokyo"),
        ],
        |reading| {
            reading.claim.direction == Direction::Down
                && reading.claim.assertion == Assertion::Denied
        },
    );
    each(
        &[
            ("en", "japan", "Trump's Osaka trip still on, White House says"),
            ("en", "japan", "Japan has not withdrawn $550 billion US pledge"),
            ("en", "japan", "Trump did not cancel Osaka trip, Leavitt says"),
        ],
        |reading| {
            reading.claim.direction == Direction::Up && reading.claim.assertion == Assertion::Denied
        },
    );
}

#[test]
fn the_countries_of_the_fit_are_known_in_every_language() {
    each(
        &[
            ("en", "portugal", "Trump to visit Lisbon"),
            ("fr", "austria", "Trump se rendra en Autriche"),
            ("ja", "greece", "トランプ氏、ギリシャを訪問へ"),
            ("zh", "iraq", "特朗普将访问伊拉克"),
            ("ko", "chile", "트럼프, 칠레 방문"),
            ("de", "kenya", "Trump will nach Kenia reisen"),
            ("ja", "peru", "トランプ氏、ペルーを訪問へ"),
            ("en", "jordan", "Trump to visit Amman"),
        ],
        |reading| reading.claim.direction == Direction::Up,
    );
    each(&[("en", "jordan", "Michael Jordan meets Trump")], |reading| !reading.relevant);
}
