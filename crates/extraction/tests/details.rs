//! What is off and whose it is: a detail of a journey that falls away leaves the journey standing; who does
//! not confirm denies nothing; who leaves was there; a doubt is half a denial.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use statecraft_domain::signal::{Assertion, Direction, SourceClass};
use statecraft_extraction::{Extractor, Headline, Reading};

const CLASSES: [SourceClass; 2] = [SourceClass::Wire, SourceClass::Official];

fn each(rows: &[(&str, &str, &str)], holds: impl Fn(&Reading) -> bool) {
    let extractor = Extractor::shipped().unwrap();
    let mut wrong = Vec::new();
    for &(lang, target, title) in rows {
        for class in CLASSES {
            let headline = Headline { title, lang, class, target, published: None };
            let reading = extractor.read(&headline);
            if !holds(&reading) {
                let claim = &reading.claim;
                let (way, manner) = (claim.direction, claim.assertion);
                wrong.push(format!(
                    "{title} ({class:?}): {:?} {way:?} {manner:?} {:?}",
                    reading.slugs,
                    claim.citations.iter().map(|c| &c.rule).collect::<Vec<_>>()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), 2 * rows.len());
}

/// Nothing that takes the journey back: not called off, not put off, not denied.
fn stands(reading: &Reading) -> bool {
    reading.stated().iter().all(|stated| {
        let plan = stated.slug.starts_with("visit_planned")
            || stated.slug.starts_with("visit_announced")
            || stated.slug.starts_with("visit_occurred");
        let undone = stated.slug == "visit_cancelled" || stated.slug == "visit_postponed";
        let summit = stated.slug.starts_with("summit_window");
        !((plan || summit) && stated.denied) && (!undone || stated.denied)
    }) && reading.claim.direction != Direction::Down
}

fn states(reading: &Reading, slug: &str) -> bool {
    reading.stated().iter().any(|stated| stated.slug == slug && !stated.denied)
}

#[test]
fn a_detail_that_is_off_leaves_the_journey() {
    each(
        &[
            ("en", "japan", "Trump and Takaichi cancel golf round during Tokyo visit"),
            ("en", "japan", "President Trump cancels Osaka stop of May Japan visit"),
            ("en", "japan", "President Trump cancels Diet speech in Tokyo"),
            ("en", "japan", "President Trump cuts short Japan visit to two days"),
            ("en", "japan", "Rally against President Trump's Japan visit cancelled"),
            ("en", "japan", "First Lady will skip President Trump's Japan visit"),
            (
                "en",
                "japan",
                "Prime Minister Takaichi's visit to Washington cancelled ahead of President Trump's Japan visit",
            ),
            ("ja", "japan", "トランプ大統領訪日中の記者会見は中止"),
            ("ja", "japan", "トランプ大統領の訪日、大阪訪問は見送り"),
            ("zh", "japan", "特朗普访日期间取消演讲"),
            ("ko", "japan", "트럼프 방일 중 기자회견 취소"),
            ("en", "japan", "President Trump will not visit Hiroshima during Japan trip"),
            ("en", "japan", "President Trump will not address the Diet during Tokyo visit"),
            ("en", "japan", "Secretary Rubio will not join President Trump on Japan visit"),
            (
                "en",
                "japan",
                "First Lady Melania Trump will not travel to Japan with President Trump",
            ),
            ("en", "japan", "No joint statement planned for President Trump's Japan visit"),
            ("en", "japan", "Police deny bomb threat against President Trump's Japan visit"),
            ("en", "japan", "President Trump delays departure for Japan by one day"),
            ("ja", "japan", "トランプ大統領の訪日に伴う日米財務相会談は延期"),
            ("de", "japan", "Pressekonferenz während Trumps Besuch in Tokio abgesagt"),
            ("fr", "japan", "Conférence de presse annulée pendant la visite de Trump au Japon"),
        ],
        stands,
    );
}

#[test]
fn the_journey_itself_still_falls() {
    each(
        &[
            ("en", "japan", "White House: President Trump cancels Japan trip"),
            ("en", "japan", "Trump cancels Japan visit during Asia tour"),
            ("en", "japan", "Trump cancels trip to Tokyo ahead of G20 summit"),
            ("en", "japan", "Trump skips Japan on Asia trip"),
            ("en", "japan", "Trump calls off Tokyo visit before meeting with Xi"),
            ("en", "japan", "Trump's Japan visit cancelled amid rally against president"),
            ("ja", "japan", "トランプ大統領の訪日中止"),
            ("ja", "japan", "トランプ大統領、訪日を延期"),
            ("zh", "japan", "特朗普取消访日"),
            ("ko", "japan", "트럼프 방일 취소"),
            ("de", "japan", "Trump sagt Japan-Reise ab"),
            ("fr", "japan", "Trump annule sa visite au Japon"),
        ],
        |reading| reading.claim.direction == Direction::Down,
    );
    each(
        &[
            ("en", "japan", "President Trump will not visit Japan this year, White House says"),
            ("en", "japan", "White House denies report on Trump's Japan visit"),
            ("en", "japan", "Trump did not arrive in Tokyo, White House says"),
        ],
        |reading| {
            reading.claim.direction == Direction::Down
                && reading.claim.assertion == Assertion::Denied
        },
    );
}

#[test]
fn who_does_not_confirm_denies_nothing() {
    each(
        &[
            ("en", "japan", "Japan cannot confirm report on President Trump's visit"),
            (
                "en",
                "japan",
                "White House declines to confirm dates of President Trump's Japan visit",
            ),
            ("en", "japan", "Japan not aware of any change to President Trump's visit"),
            (
                "en",
                "japan",
                "Chief Cabinet Secretary denies report that President Trump will visit Japan on May 10, says dates still being arranged",
            ),
        ],
        stands,
    );
}

#[test]
fn he_landed_elsewhere_in_the_same_country() {
    each(&[("en", "japan", "President Trump did not land in Osaka but in Tokyo")], |reading| {
        stands(reading) && states(reading, "visit_occurred")
    });
}

#[test]
fn who_leaves_was_there() {
    each(
        &[
            ("en", "japan", "Trump leaves Japan after three-day visit"),
            ("en", "japan", "Trump departs Tokyo for Washington"),
            ("en", "japan", "Trump wraps up Japan visit, heads to Seoul"),
            ("en", "japan", "President Trump departs Tokyo after state visit"),
            ("ja", "japan", "訪日中のトランプ大統領と会談"),
            ("ja", "japan", "トランプ大統領が訪日し、首脳会談を行った"),
            ("de", "japan", "Trump verlässt Tokio"),
            ("fr", "japan", "Trump quitte Tokyo pour Séoul"),
            ("ja", "japan", "トランプ氏が離日"),
        ],
        |reading| states(reading, "visit_occurred"),
    );
    each(
        &[
            ("en", "japan", "Trump leaves Japan tariffs in place"),
            ("en", "japan", "Trump departs for Japan"),
            ("en", "japan", "Trump to leave Japan off Asia tour"),
            ("en", "japan", "Trump's envoy leaves Japan after three-day visit"),
            ("en", "japan", "Vance departs Tokyo for Washington"),
            ("en", "japan", "Special Envoy of President Trump departs Tokyo"),
        ],
        |reading| !states(reading, "visit_occurred"),
    );
}

#[test]
fn a_doubt_is_half_a_denial() {
    each(
        &[
            ("en", "japan", "Doubts grow over Trump's Japan visit"),
            ("en", "japan", "Trump's planned visit to Japan faces uncertainty"),
            ("de", "japan", "Trump lässt Japan auf Asienreise aus"),
            ("en", "japan", "Air Force One turns back on way to Tokyo over electrical issue"),
        ],
        |reading| {
            reading.claim.direction == Direction::Down
                && reading.claim.assertion == Assertion::Hedged
        },
    );
}

#[test]
fn what_is_not_his_or_no_undoing() {
    each(
        &[
            ("en", "japan", "Earthquake strikes Japan; Trump offers help"),
            ("en", "japan", "Air Force One passes over Japan on way to Beijing"),
            ("ja", "japan", "習主席の訪日中止"),
            ("fr", "japan", "Le président français annule sa visite au Japon"),
            ("en", "japan", "Trump scraps Japan tariffs"),
        ],
        stands,
    );
}
