//! Stories: what is one piece of evidence and what is not.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use statecraft_domain::Timestamp;
use statecraft_domain::signal::SourceClass;
use statecraft_extraction::cluster::{
    ANSWER_WINDOW_SECS, CAPACITY, Clusterer, Report, WINDOW_SECS,
};
use statecraft_extraction::{Extractor, Headline};

const START: i64 = 1_767_225_600;

fn report(extractor: &Extractor, title: &str, lang: &str, secs: Option<i64>, url: &str) -> Report {
    let at = secs.map(Timestamp::from_secs);
    let headline =
        Headline { title, lang, class: SourceClass::Wire, target: "japan", published: at };
    let reading = extractor.read(&headline);
    assert!(reading.relevant, "{title}");
    Report::new(extractor, title, lang, "japan", &reading, url, at)
}

/// The stories of headlines an hour apart.
fn stories(titles: &[(&str, &str)]) -> Vec<String> {
    let extractor = Extractor::shipped().unwrap();
    let mut clusterer = Clusterer::new();
    let place = |(index, (title, lang)): (usize, &(&str, &str))| {
        let secs = START + i64::try_from(index).unwrap() * 3_600;
        let report = report(&extractor, title, lang, Some(secs), "");
        clusterer.place(&index.to_string(), report)
    };
    titles.iter().enumerate().map(place).collect()
}

#[test]
fn copies_of_a_story_are_one() {
    let found = stories(&[
        ("Japan commits ¥5 trillion to US chip plants under tariff deal", "en"),
        ("Japan commits Y5trn to US chip plants under tariff pact", "en"),
        ("Japan to put 5,000 billion yen into US chip plants", "en"),
    ]);
    assert_eq!(found, ["0", "0", "0"]);
}

#[test]
fn other_sums_and_other_matters_are_other_stories() {
    let found = stories(&[
        ("Japan commits $20 billion to Ohio gas plant", "en"),
        ("Japan commits $30 billion to Ohio gas plant", "en"),
        ("Trump's Tokyo trip put off a month", "en"),
        ("Takaichi resigns after election defeat", "en"),
    ]);
    assert_eq!(found, ["0", "1", "2", "3"]);
}

/// One plan in the words of several agencies, and in several languages, is one story: they corroborate each
/// other. Another month is another plan, and a denial answers it.
#[test]
fn one_plan_is_one_story_in_any_words() {
    let found = stories(&[
        ("Trump to visit Japan in May, Japanese government sources say", "en"),
        ("US President Trump arranging visit to Japan in May", "en"),
        ("トランプ大統領 5月に来日で調整", "ja"),
        ("Trump will im Mai nach Japan reisen", "de"),
        ("Trump to visit Japan in October", "en"),
    ]);
    assert_eq!(found, ["0", "0", "0", "0", "4"]);
    let denied = stories(&[
        ("Trump will not travel to Japan next week, officials say", "en"),
        ("Trump won't go to Tokyo next week after hospital stay", "en"),
    ]);
    assert_eq!(denied, ["0", "0"]);
}

#[test]
fn two_visits_of_one_president_are_not_one_story() {
    let found = stories(&[
        ("Trump accepts invitation to visit Japan, no date set", "en"),
        ("Air Force One lands at Haneda", "en"),
        ("Trump drops Tokyo stop from Asia itinerary", "en"),
    ]);
    assert_eq!(found, ["0", "1", "2"]);
}

#[test]
fn a_story_crosses_languages_by_its_sum() {
    let found = stories(&[
        ("NEXI board clears ¥850 billion guarantee for Idaho enrichment plant", "en"),
        ("Tokyo garantit 850 milliards de yens pour une usine d'enrichissement dans l'Idaho", "fr"),
    ]);
    assert_eq!(found, ["0", "0"]);
}

#[test]
fn a_denial_joins_what_it_denies() {
    let found = stories(&[
        ("Japan suspends $550 billion US investment pledge after tariff rise", "en"),
        ("Japan did not suspend $550 billion pledge, ministry says", "en"),
    ]);
    assert_eq!(found, ["0", "0"]);
}

#[test]
fn the_window_is_72_hours() {
    let extractor = Extractor::shipped().unwrap();
    let title = "Japan commits ¥5 trillion to US chip plants under tariff deal";
    let at = |secs| report(&extractor, title, "en", Some(secs), "");
    assert!(at(START).same_story(&at(START + WINDOW_SECS)));
    assert!(!at(START).same_story(&at(START + WINDOW_SECS + 1)));
    let mut clusterer = Clusterer::new();
    assert_eq!(clusterer.place("a", at(START)), "a");
    assert_eq!(clusterer.place("b", at(START + WINDOW_SECS)), "a");
    // The window runs from report to report: a story that is told on and on stays one.
    assert_eq!(clusterer.place("c", at(START + 2 * WINDOW_SECS)), "a");
    assert_eq!(clusterer.place("d", at(START + 3 * WINDOW_SECS + 1)), "d");
}

#[test]
fn the_same_address_is_the_same_story() {
    let extractor = Extractor::shipped().unwrap();
    let one = report(
        &extractor,
        "Air Force One lands at Haneda",
        "en",
        None,
        "https://www.example.org/a?x=1",
    );
    let two =
        report(&extractor, "Trump to visit Kyoto on May 3", "en", None, "http://example.org/a/");
    assert!(one.same_story(&two));
}

#[test]
fn the_memory_is_bounded_and_the_outcome_repeats() {
    let extractor = Extractor::shipped().unwrap();
    let base = report(&extractor, "Japan commits $20 billion to Ohio gas plant", "en", None, "");
    let run = || -> Vec<String> {
        let mut clusterer = Clusterer::new();
        let place = |index: usize| {
            let mut report = base.clone();
            report.amount = Some((u64::try_from(index).unwrap() + 1, "USD".to_owned()));
            clusterer.place(&index.to_string(), report)
        };
        (0..CAPACITY + 2).map(place).collect()
    };
    let found = run();
    assert_eq!(found, run());
    // Every sum is its own story.
    assert!(found.iter().enumerate().all(|(index, story)| *story == index.to_string()));
    let mut clusterer = Clusterer::new();
    for index in 0..=CAPACITY {
        let mut report = base.clone();
        report.amount = Some((u64::try_from(index).unwrap() + 1, "USD".to_owned()));
        clusterer.place(&index.to_string(), report);
    }
    // The first is forgotten, the second is not.
    let mut again = base.clone();
    again.amount = Some((1, "USD".to_owned()));
    assert_eq!(clusterer.place("again", again), "again");
}

#[test]
fn an_answer_joins_a_story_up_to_thirty_days_old() {
    let extractor = Extractor::shipped().unwrap();
    let told = "Japan suspends $550 billion US investment pledge after tariff rise";
    let answers = [
        "Japan did not suspend $550 billion pledge, ministry says",
        "RETRACTION: Report that Japan suspended $550 billion US pledge was fabricated",
    ];
    for answer in answers {
        let at = |title: &str, secs| report(&extractor, title, "en", Some(secs), "");
        let place = |later: &str, secs| {
            let mut clusterer = Clusterer::new();
            assert_eq!(clusterer.place("a", at(told, START)), "a");
            clusterer.place("b", at(later, START + secs))
        };
        assert_eq!(place(answer, WINDOW_SECS + 3_600), "a", "{answer}");
        assert_eq!(place(answer, ANSWER_WINDOW_SECS), "a", "{answer}");
        assert_eq!(place(answer, ANSWER_WINDOW_SECS + 1), "b", "{answer}");
        // A report told anew after the window is news, not a copy.
        assert_eq!(place(told, WINDOW_SECS + 3_600), "b");
    }
    // Nor does a new report reach back to an old answer.
    let mut clusterer = Clusterer::new();
    let at = |title: &str, secs| report(&extractor, title, "en", Some(secs), "");
    clusterer.place("a", at(answers[0], START));
    assert_eq!(clusterer.place("b", at(told, START + WINDOW_SECS + 1)), "b");
}
