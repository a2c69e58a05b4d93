//! The story of the embedded venue: a year of news, hidden probabilities and endings, drawn from a
//! seed.
//!
//! [`Story::draw`] is pure and gives the same story on every machine. It draws, each from a stream of
//! its own: what the labels of the news really do in this story ([`news::Truth`]), the course of the
//! deal ([`deal::Deal`], model.md 1.6), the Prime Minister's trip to Washington, and for Japan and
//! China the course of a visit ([`visit`], model.md 1.3 to 1.5): a plan comes at the modulated
//! intensity or with a dated occasion, is announced before it happens, and is kept, put off or called
//! off. The latent probability of every market follows from that ([`forecast`]); nobody trades on it
//! undelayed (see [`super::flow`]).
//!
//! Markets: Japan and China before 1 January 2027 (series `KXTRUMPCOUNTRIES`), and one market a month
//! of the series `KXTRUMPMEETPM`, so that markets are discovered, close and settle all year.
//!
//! About a third of all seeds end with a visit to Japan. To show: [`SEED_YES`] and [`SEED_NO`]; of the
//! smallest, 4, 6, 18, 21 and 22 end in YES and 0, 1, 2, 3 and 5 in NO.

mod atom;
pub mod calendar;
pub mod climate;
pub mod deal;
pub mod dice;
pub mod forecast;
pub mod market;
pub mod math;
pub mod meetings;
pub mod news;
pub mod path;
pub mod press;
pub mod visit;
mod wire;

pub use atom::AtomFeed;
pub use market::{End, StoryMarket};
pub use path::Path;
pub use wire::signal_lines;

use std::borrow::Cow;

use sha2::{Digest, Sha256};
use statecraft_domain::signal::Label;
use statecraft_domain::{Nanos, Signal, Timestamp};

use calendar::{FIRST_DAY, LAST_DAY, instant};
use deal::Deal;
use dice::Dice;
use forecast::Forecast;
use meetings::{Inbound, Meetings, Month};
use news::{Item, Truth};
use visit::{Fate, Occasion, VisitRules, VisitStep};

/// The deal is built and the President comes to Japan, in October; to China in November.
pub const SEED_YES: u64 = 37;
/// The deal is built all the same and the President does not come to Japan; to China in March.
pub const SEED_NO: u64 = 5;

/// How long after a deciding event a market closes.
const CLOSES_AFTER: Nanos = Nanos::from_secs(2 * 3600);
/// How long after its close a market is paid.
const SETTLES_AFTER: Nanos = Nanos::from_secs(3600);

/// One thing that happens, as the world hears it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoryEvent {
    /// When.
    pub at: Timestamp,
    /// The same as a signal: headline, source, target and labels. `received` equals `published`.
    pub signal: Signal,
}

impl StoryEvent {
    /// What a newspaper would print.
    #[must_use]
    pub fn headline(&self) -> &str {
        &self.signal.title
    }

    /// Who reports it.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.signal.source
    }
}

/// A year.
#[derive(Debug, Clone, PartialEq)]
pub struct Story {
    /// What it was drawn from.
    pub seed: u64,
    /// The news in order of time.
    pub events: Vec<StoryEvent>,
    /// The markets: Japan, China, then the months.
    pub markets: Vec<StoryMarket>,
    /// The deal's course.
    pub deal: Deal,
}

impl Story {
    /// Draws a story.
    #[must_use]
    pub fn draw(seed: u64) -> Self {
        let dice = |number| Dice::stream(seed, number);
        let truth = Truth::draw(&mut dice(1));
        let proposed = dice(2).between(12.0, 30.0);
        let deal = Deal::draw(&mut dice(3), proposed, LAST_DAY);
        let inbound = Inbound::draw(&mut dice(4));
        let mut items = news::opening(&mut dice(5), proposed);
        items.extend(news::recurring(&mut dice(6), LAST_DAY));
        items.extend(news::of_deal(&deal));
        if let Some(trip) = inbound {
            items.extend(news::of_inbound(trip.announced, trip.date, trip.held));
        }
        let (japan_rules, china_rules) = rules(&mut dice(7));
        let (japan, japan_path) =
            visit_and_path(&japan_rules, truth.climate(&items, news::JAPAN), &deal, &mut dice(8));
        let (china, china_path) =
            visit_and_path(&china_rules, truth.climate(&items, news::CHINA), &deal, &mut dice(9));
        items.extend(news::of_visit(news::JAPAN_PLACE, &japan));
        items.extend(news::of_visit(news::CHINA_PLACE, &china));
        let meetings = Meetings::draw(&mut dice(10), inbound, &japan);
        items.extend(meetings.others.iter().map(|&day| meeting_item(day)));

        let mut markets = vec![
            market::country(news::JAPAN_PLACE, "JAP", occurred(&japan), japan_path),
            market::country(news::CHINA_PLACE, "CHI", occurred(&china), china_path),
        ];
        markets.extend(Month::all().map(|month| {
            let met = meetings.first_in(month.start, month.end).map(instant);
            market::month(month, met, meetings.path(month))
        }));
        Self { seed, events: events(seed, items), markets, deal }
    }

    /// The first instant.
    #[must_use]
    pub fn start(&self) -> Timestamp {
        instant(FIRST_DAY)
    }

    /// The last instant at which anything happens.
    #[must_use]
    pub fn end(&self) -> Timestamp {
        let last = self.markets.iter().map(|market| market.end.settles).max();
        last.unwrap_or(instant(LAST_DAY)) + SETTLES_AFTER
    }

    /// A market by its ticker.
    #[must_use]
    pub fn market(&self, ticker: &str) -> Option<&StoryMarket> {
        self.markets.iter().find(|market| market.ticker == ticker)
    }

    /// SHA-256 of everything in the story: equal stories have equal hashes, on any machine.
    #[must_use]
    pub fn hash(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(self.seed.to_le_bytes());
        for event in &self.events {
            hash.update(event.at.nanos().to_le_bytes());
            for text in [&event.signal.id, &event.signal.title, &event.signal.text] {
                hash.update(text.as_bytes());
                hash.update([0]);
            }
            for label in &event.signal.labels {
                hash.update(label.slug.as_bytes());
                hash.update(label.strength.to_bits().to_le_bytes());
            }
        }
        for market in &self.markets {
            hash.update(market.ticker.as_bytes());
            hash.update([u8::from(market.end.yes)]);
            hash.update(market.end.settles.nanos().to_le_bytes());
            for &(at, probability) in market.path.points() {
                hash.update(at.nanos().to_le_bytes());
                hash.update(probability.to_bits().to_le_bytes());
            }
        }
        hex::encode(hash.finalize())
    }
}

/// What is fixed about the two visits. The autumn summit is one trip: whether it is made, when that is
/// decided and what becomes of it are the same for both countries.
fn rules(dice: &mut Dice) -> (VisitRules, VisitRules) {
    const TRIP: f64 = 0.76;
    const STOP: f64 = 0.30;
    const SPRING: f64 = 0.72;
    let trip = dice.chance(TRIP);
    let decided = dice.between(262.0, 300.0);
    let fate = Fate::draw(dice);
    let autumn =
        |date: f64, chance: f64, included: bool| Occasion { date, chance, decided, included, fate };
    let stop = dice.chance(STOP);
    let spring = Occasion {
        date: 89.2,
        chance: SPRING,
        decided: dice.between(36.0, 58.0),
        included: dice.chance(SPRING),
        fate: Fate::draw(dice),
    };
    // Nobody knows the base rate well: this story's own is drawn around a plausible one.
    let own = |dice: &mut Dice, rate: f64| rate * math::exp(0.25 * dice.normal());
    let japan = VisitRules {
        base_per_year: own(dice, 0.16),
        deal_factor: 1.0,
        deadline: LAST_DAY,
        occasions: vec![autumn(319.2, TRIP * STOP, trip && stop)],
    };
    let china = VisitRules {
        base_per_year: own(dice, 0.20),
        deal_factor: 0.0,
        deadline: LAST_DAY,
        occasions: vec![spring, autumn(321.2, TRIP, trip)],
    };
    (japan, china)
}

fn visit_and_path(
    rules: &VisitRules,
    mut climate: climate::Climate,
    deal: &Deal,
    dice: &mut Dice,
) -> (Vec<(f64, VisitStep)>, Path) {
    let steps = visit::draw(rules, &mut climate, deal, dice);
    let path = Forecast { rules, climate: &climate, deal, steps: &steps }.path();
    (steps, path)
}

fn occurred(steps: &[(f64, VisitStep)]) -> Option<Timestamp> {
    steps.iter().find(|step| step.1 == VisitStep::Occurred).map(|step| instant(step.0))
}

fn meeting_item(day: f64) -> Item {
    Item {
        day,
        source: "wire",
        title: "Leaders meet on the margins of a gathering".to_owned(),
        text: String::new(),
        target: "",
        labels: Vec::new(),
    }
}

/// Sorts the news and makes signals of it.
fn events(seed: u64, mut items: Vec<Item>) -> Vec<StoryEvent> {
    items.retain(|item| item.day < LAST_DAY);
    items.sort_by(|a, b| a.day.total_cmp(&b.day));
    let event = |(number, item): (usize, Item)| {
        let at = instant(item.day);
        let label = |(slug, strength): (Cow<str>, f64)| Label { slug: slug.into_owned(), strength };
        let signal = Signal {
            id: format!("story-{seed}-{number}"),
            source: item.source.to_owned(),
            published: at,
            received: at,
            text: item.text,
            url: format!("https://{}/2026/{number}", press::host(item.source)),
            lang: if item.title.is_ascii() { "en" } else { "ja" }.to_owned(),
            title: item.title,
            target: item.target.to_owned(),
            labels: item.labels.into_iter().map(label).collect(),
            ..Signal::default()
        };
        StoryEvent { at, signal }
    };
    items.into_iter().enumerate().map(event).collect()
}

#[cfg(test)]
mod tests;
