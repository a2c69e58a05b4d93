//! Laws of stories.

use super::*;
use crate::signals::parse_line;

const JAPAN_TICKER: &str = "KXTRUMPCOUNTRIES-27JAN01-JAP";
const CHINA_TICKER: &str = "KXTRUMPCOUNTRIES-27JAN01-CHI";

fn ends_yes(story: &Story, ticker: &str) -> bool {
    story.market(ticker).expect("listed").end.yes
}

/// A slug without its date.
fn state_of(slug: &str) -> &str {
    slug.split(':').next().unwrap_or(slug)
}

fn labelled<'a>(
    story: &'a Story,
    target: &'a str,
    slug: &'a str,
) -> impl Iterator<Item = &'a StoryEvent> {
    let has = move |event: &&StoryEvent| {
        let signal = &event.signal;
        signal.target == target && signal.labels.iter().any(|label| state_of(&label.slug) == slug)
    };
    story.events.iter().filter(has)
}

#[test]
fn the_same_seed_is_the_same_story_everywhere() {
    let story = Story::draw(SEED_YES);
    assert_eq!(story.hash(), Story::draw(SEED_YES).hash());
    assert_ne!(story.hash(), Story::draw(SEED_YES + 1).hash());
    // Fixed for ever: another value on another machine, or after a change that was not meant to alter
    // stories, is a defect. A change that is meant to alter them updates it.
    assert_eq!(&story.hash()[..16], "6913f97acf436462");
}

#[test]
fn small_seeds_end_as_promised() {
    for seed in [SEED_YES, 4, 6, 18, 21, 22] {
        assert!(ends_yes(&Story::draw(seed), JAPAN_TICKER), "{seed}");
    }
    for seed in [SEED_NO, 0, 1, 2, 3] {
        assert!(!ends_yes(&Story::draw(seed), JAPAN_TICKER), "{seed}");
    }
    // The contrast of the two: the deal gets as far in both.
    let built =
        |seed| Story::draw(seed).deal.changes().any(|step| step.1 == deal::Stage::Construction);
    assert!(built(SEED_YES) && built(SEED_NO));
}

#[test]
fn endings_follow_from_events_and_paths_from_both() {
    for seed in 0..40 {
        let story = Story::draw(seed);
        assert_eq!(story.markets.len(), 14);
        for market in &story.markets {
            let end = market.end;
            assert!(market.listed <= market.opens && market.opens < end.closes);
            assert!(end.closes <= market.scheduled_close && end.closes < end.settles);
            assert!(end.settles < story.end());
            assert_eq!(end.yes, end.decided.is_some());
            let after = market.path.at(end.closes);
            assert!((after - if end.yes { 1.0 } else { 0.0 }).abs() < 1e-9, "{seed} {after}");
            for &(_, p) in market.path.points() {
                assert!((0.0..=1.0).contains(&p));
            }
            assert!(market.path.points().windows(2).all(|pair| pair[0].0 <= pair[1].0));
        }
        for (ticker, target) in [(JAPAN_TICKER, news::JAPAN), (CHINA_TICKER, news::CHINA)] {
            let arrival = labelled(&story, target, "occurred").map(|event| event.at).next();
            let end = story.market(ticker).expect("listed").end;
            assert_eq!(end.decided, arrival, "seed {seed} {ticker}");
            if let Some(at) = arrival {
                let planned = labelled(&story, target, "scheduled").any(|event| event.at < at);
                assert!(planned, "seed {seed}: a visit is announced before it happens");
            }
        }
    }
}

#[test]
fn a_visit_or_a_reception_is_a_meeting_of_its_month() {
    let mut checked = 0;
    for seed in 0..60 {
        let story = Story::draw(seed);
        let visits = labelled(&story, news::JAPAN, "occurred");
        for event in visits.chain(labelled(&story, news::JAPAN, "leader_inbound")) {
            let day = calendar::day(event.at);
            let month = Month::all().find(|month| (month.start..month.end).contains(&day));
            let Some(month) = month else { continue };
            assert!(story.markets[2 + month.index].end.yes, "seed {seed} day {day}");
            checked += 1;
        }
    }
    assert!(checked > 30, "{checked}");
}

#[test]
fn a_quarter_to_two_fifths_of_stories_end_in_tokyo_and_the_latent_path_knows_it() {
    const STORIES: u64 = 240;
    let (mut yes, mut no_news) = (0.0, 0.0);
    let mut expected = [0.0; 3];
    let days = [FIRST_DAY, 120.0, 240.0];
    for seed in 1_000..1_000 + STORIES {
        let story = Story::draw(seed);
        let japan = story.market(JAPAN_TICKER).expect("listed");
        yes += f64::from(u8::from(japan.end.yes));
        for (sum, day) in expected.iter_mut().zip(days) {
            *sum += japan.path.at(instant(day));
        }
        no_news += f64::from(u8::from(story.events.len() < 15));
    }
    let count = STORIES as f64;
    let share = yes / count;
    assert!((0.25..=0.40).contains(&share), "{share}");
    assert!(no_news < 1.0, "every story has news");
    // The path is a forecast: on any day its mean is the share of stories that end well (within 2.5
    // standard errors of the share; future news, which the path leaves out, is worth less than that).
    for (sum, day) in expected.into_iter().zip(days) {
        assert!((sum / count - share).abs() < 0.075, "day {day}: {} {share}", sum / count);
    }
}

#[test]
fn every_label_is_one_the_model_knows() {
    const KNOWN: [&str; 16] = [
        "sov_capital",
        "priv_capital",
        "fed_land",
        "branding",
        "econ_security",
        "emergency_decl",
        "construction",
        "leader_inbound",
        "america_first",
        "host_preference",
        "relation_good",
        "relation_bad",
        "scheduled",
        "postponed",
        "called_off",
        "occurred",
    ];
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..60 {
        for event in Story::draw(seed).events {
            for label in &event.signal.labels {
                let slug = state_of(&label.slug);
                assert!(KNOWN.contains(&slug), "{slug}");
                assert!(label.strength.abs() <= 3.0);
                seen.insert(slug.to_owned());
            }
        }
    }
    assert_eq!(seen.len(), KNOWN.len(), "{seen:?}");
}

#[test]
fn lines_come_back_as_the_same_signals() {
    let story = Story::draw(SEED_YES);
    let signals: Vec<Signal> = story.events.iter().map(|event| event.signal.clone()).collect();
    let lines = signal_lines(&signals);
    let read: Vec<Signal> = lines
        .lines()
        .zip(&signals)
        .map(|(line, sent)| {
            parse_line(line.as_bytes(), &sent.source, sent.received).expect("good line")
        })
        .collect();
    assert_eq!(read, signals);
}

/// What was meant, in the words of the reader of headlines.
fn meant(label: &str, strength: f64) -> String {
    let (state, date) = label.split_once(':').unwrap_or((label, ""));
    let slug = match state {
        "scheduled" => "visit_announced",
        "postponed" => "visit_postponed",
        "called_off" => "visit_cancelled",
        "occurred" => "visit_occurred",
        "sov_capital" if strength < 0.0 => "deal_collapse",
        other => other,
    };
    let said = date.starts_with("2026") && matches!(state, "scheduled" | "postponed");
    if said { format!("{slug}:{date}") } else { slug.to_owned() }
}

/// The headlines of the shipped stories are read as they were meant: the road from the headline to the
/// label is the one that real news takes.
#[test]
fn headlines_are_read_as_they_were_meant() {
    use crate::signals::feed::Item;
    use crate::signals::reading::{Read, Sourced};
    use crate::signals::{ReadingRoom, Rules, Subject};
    let subject = |country: &str, event: &str| Subject {
        country: country.to_owned(),
        events: vec![event.to_owned()],
    };
    let (mut right, mut total, mut misses) = (0_u32, 0_u32, Vec::new());
    for seed in [SEED_YES, SEED_NO] {
        let rules = std::sync::Arc::new(Rules::shipped().expect("lexicon"));
        let subjects = vec![subject("japan", news::JAPAN), subject("china", news::CHINA)];
        let room = ReadingRoom::new(rules, subjects);
        for event in Story::draw(seed).events {
            let signal = event.signal;
            let item = Item::from(signal.clone());
            let outlet = press::find(&signal.source).expect("an outlet");
            let sourced = Sourced {
                item: &item,
                source: &signal.source,
                id: &signal.id,
                class: outlet.class,
                publisher: outlet.host,
                published: signal.published,
                received: signal.published,
            };
            let read = match room.read(&sourced, false) {
                Read::Signals(signals) => signals,
                _ => Vec::new(),
            };
            let mut found: Vec<String> = read
                .iter()
                .flat_map(|read| {
                    // A report on the deal that says no more than that there is one: the story has no
                    // word for it.
                    let said = read.labels.iter().filter(|label| label.slug != "deal_progress");
                    said.map(|label| format!("{} {}", read.target, label.slug))
                })
                .collect();
            let mut wanted: Vec<String> = signal
                .labels
                .iter()
                .filter(|label| label.strength.abs() > 1e-9)
                .map(|label| format!("{} {}", signal.target, meant(&label.slug, label.strength)))
                .collect();
            found.sort();
            wanted.sort();
            total += 1;
            if found == wanted {
                right += 1;
            } else {
                misses.push(format!("{} | meant {wanted:?} | read {found:?}", signal.title));
            }
        }
    }
    misses.sort();
    misses.dedup();
    eprintln!("{right} of {total} headlines read as meant; not so:\n{}", misses.join("\n"));
    assert!(f64::from(right) >= 0.9 * f64::from(total), "{right}/{total}\n{}", misses.join("\n"));
}
