//! The news of a story: what happens around the deal and the two visits, as newspapers would
//! print it, with the labels a reader would give it (model.md 1.8).

use std::borrow::Cow;

use super::calendar;
use super::climate::{Climate, Course, Influence};
use super::deal::{Deal, Stage};
use super::dice::Dice;
use super::visit::VisitStep;

/// Event slug of the strategy files for Japan.
pub const JAPAN: &str = "trump-visits-japan-2026";
/// Event slug of the strategy files for China.
pub const CHINA: &str = "trump-visits-china-2026";

/// One piece of news before it becomes a signal.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Story day.
    pub day: f64,
    /// Who reports it.
    pub source: &'static str,
    /// Headline.
    pub title: String,
    /// One or two sentences.
    pub text: String,
    /// Event slug; empty for commentary.
    pub target: &'static str,
    /// Slugs and strengths; empty for commentary. The state of a plan carries its date:
    /// `scheduled:2026-03-31`.
    pub labels: Vec<(Cow<'static, str>, f64)>,
}

impl Item {
    fn new(day: f64, source: &'static str, title: &str, target: &'static str) -> Self {
        let text = String::new();
        Self { day, source, title: title.to_owned(), text, target, labels: Vec::new() }
    }

    fn text(mut self, text: &str) -> Self {
        text.clone_into(&mut self.text);
        self
    }

    fn label(mut self, slug: impl Into<Cow<'static, str>>, strength: f64) -> Self {
        self.labels.push((slug.into(), strength));
        self
    }
}

/// Slug, prior mean and deviation of its effect (model.md 1.8), and its course.
const WEIGHTS: &[(&str, f64, f64, Course)] = &[
    ("priv_capital", 0.04, 0.05, Course::Halving(90.0)),
    ("fed_land", 0.05, 0.15, Course::Lasting(400.0)),
    ("branding", 0.05, 0.15, Course::Lasting(400.0)),
    ("econ_security", 0.05, 0.15, Course::Halving(120.0)),
    ("emergency_decl", 0.02, 0.10, Course::Halving(60.0)),
    ("construction", 0.10, 0.20, Course::Halving(90.0)),
    ("leader_inbound", 0.38, 0.13, Course::Lasting(182.0)),
    ("america_first", -0.10, 0.15, Course::Lasting(400.0)),
    ("host_preference", -0.15, 0.20, Course::Halving(180.0)),
    ("relation_good", 0.10, 0.15, Course::Halving(60.0)),
    ("relation_bad", -0.40, 0.30, Course::Halving(120.0)),
];

/// What the labels really do in this story: the prior, moved by half its own uncertainty.
#[derive(Debug, Clone, PartialEq)]
pub struct Truth(Vec<(&'static str, f64, Course)>);

impl Truth {
    /// Draws the effects of one story.
    #[must_use]
    pub fn draw(dice: &mut Dice) -> Self {
        let effect = |dice: &mut Dice, mean: f64, sd: f64| mean + 0.5 * sd * dice.normal();
        let draws =
            WEIGHTS.iter().map(|&(slug, mean, sd, course)| (slug, effect(dice, mean, sd), course));
        Self(draws.collect())
    }

    /// The influences of all news about `target`.
    #[must_use]
    pub fn climate(&self, items: &[Item], target: &str) -> Climate {
        let mut climate = Climate::default();
        for item in items.iter().filter(|item| item.target == target) {
            for (slug, strength) in &item.labels {
                if let Some(&(_, effect, course)) =
                    self.0.iter().find(|entry| entry.0 == slug.as_ref())
                {
                    climate.push(Influence { day: item.day, effect: effect * strength, course });
                }
            }
        }
        climate
    }
}

/// The opening: what was known or happens in the first weeks, up to the proposal on day `proposed`.
#[must_use]
pub fn opening(dice: &mut Dice, proposed: f64) -> Vec<Item> {
    let pledge = dice.between(4.0, 11.0);
    let branded = dice.chance(0.8);
    let mut proposal = Item::new(
        proposed,
        "wire",
        if branded {
            "Japan proposes state funding for Trump-branded AI parks on US federal land, citing \
             economic security"
        } else {
            "Japan proposes state funding for AI parks on US federal land, citing economic security"
        },
        JAPAN,
    )
    .text("State-backed lenders would fund parks for AI and high-tech factories.")
    .label("sov_capital", Stage::Proposed.strength())
    .label("fed_land", 1.0)
    .label("econ_security", 1.0);
    if branded {
        proposal = proposal.label("branding", 1.0);
        proposal.text.push_str(" The parks would carry the President's name.");
    }
    vec![
        Item::new(
            1.2,
            "newspaper",
            "America First: US president to stay at home rather than travel to Japan",
            JAPAN,
        )
        .text("Advisers say the schedule puts domestic sites before trips abroad.")
        .label("america_first", 1.0),
        Item::new(
            dice.between(2.0, 4.0),
            "newspaper",
            "SoftBank adds private capital to its US data centres under Stargate pledge",
            JAPAN,
        )
        .text("The private pledge was announced in January 2025.")
        .label("priv_capital", 0.5),
        Item::new(
            pledge,
            "wire",
            "SoftBank chief renews private investment pledge after talks in Florida",
            JAPAN,
        )
        .text("The company speaks of its own capital; no public funds are involved.")
        .label("priv_capital", 1.0),
        proposal,
        Item::new(
            proposed + dice.between(3.0, 20.0),
            "trade-press",
            "Construction of AI park in US to start within months, Japan says",
            JAPAN,
        )
        .label("construction", 1.0),
        Item::new(
            dice.between(proposed + 10.0, proposed + 120.0),
            "wire",
            "White House plans emergency declaration to speed power for Japanese AI parks",
            JAPAN,
        )
        .label("emergency_decl", 1.0),
    ]
}

/// A kind of news that comes again and again.
struct Recurring {
    per_year: f64,
    source: &'static str,
    target: &'static str,
    label: Option<(&'static str, f64)>,
    titles: &'static [&'static str],
}

const RECURRING: &[Recurring] = &[
    Recurring {
        per_year: 3.0,
        source: "wire",
        target: JAPAN,
        label: Some(("relation_good", 1.0)),
        titles: &[
            "US president praises Japan as a model partner",
            "US president hails friendship with Japan as tariff talks end",
            "日米首脳、同盟の「黄金時代」を強調 共同声明",
        ],
    },
    Recurring {
        per_year: 2.0,
        source: "wire",
        target: JAPAN,
        label: Some(("relation_bad", 1.0)),
        titles: &[
            "US president threatens new tariffs on Japanese cars",
            "Dispute over cost of US bases strains ties with Japan",
            "米大統領、日本車への追加関税を警告",
        ],
    },
    Recurring {
        per_year: 1.2,
        source: "newspaper",
        target: JAPAN,
        label: Some(("host_preference", 1.0)),
        titles: &[
            "US president prefers to host Japan's leader in Florida rather than travel",
            "US president would rather host Japan's prime minister than travel to Tokyo",
        ],
    },
    Recurring {
        per_year: 1.0,
        source: "trade-press",
        target: JAPAN,
        label: Some(("econ_security", 1.0)),
        titles: &["Japan frames joint projects with US as economic security"],
    },
    Recurring {
        per_year: 1.2,
        source: "trade-press",
        target: JAPAN,
        label: Some(("priv_capital", 1.0)),
        titles: &[
            "SoftBank to fund another US data centre from its own balance sheet",
            "ソフトバンクG、米データセンターに自己資金を追加投資",
        ],
    },
    Recurring {
        per_year: 0.7,
        source: "trade-press",
        target: JAPAN,
        label: Some(("fed_land", 1.0)),
        titles: &["US agency offers federal land for another Japanese AI park"],
    },
    Recurring {
        per_year: 3.0,
        source: "wire",
        target: CHINA,
        label: Some(("relation_good", 1.0)),
        titles: &[
            "China and US hail progress as trade truce is extended",
            "US and China praise warm phone call between leaders",
        ],
    },
    Recurring {
        per_year: 2.5,
        source: "wire",
        target: CHINA,
        label: Some(("relation_bad", 1.0)),
        titles: &[
            "China condemns new US export controls",
            "China retaliates against US tariffs with tariffs of its own",
            "China protests over US naval patrol",
        ],
    },
    Recurring {
        per_year: 6.0,
        source: "commentary",
        target: "",
        label: None,
        titles: &[
            "Opinion: What a state visit to Japan would be worth",
            "Column: The art of the communique",
            "Satire: Presidential motorcade lost in Ginza, found at karaoke",
            "Forecasters disagree about the president's autumn travel calendar",
        ],
    },
];

/// Everything that comes at random over the year.
#[must_use]
pub fn recurring(dice: &mut Dice, end: f64) -> Vec<Item> {
    let mut items = Vec::new();
    for kind in RECURRING {
        let mean_days = 365.25 / kind.per_year;
        let mut day = calendar::FIRST_DAY + 2.0 + dice.waiting(mean_days);
        while day < end {
            let item = Item::new(day, kind.source, dice.pick(kind.titles), kind.target);
            items.push(match kind.label {
                Some((slug, strength)) => item.label(slug, strength),
                None => item,
            });
            day += dice.waiting(mean_days);
        }
    }
    items
}

/// The deal's news, after the proposal.
#[must_use]
pub fn of_deal(deal: &Deal) -> Vec<Item> {
    let item = |(day, stage): (f64, Stage)| {
        let title = match stage {
            Stage::None => "Interest in industrial parks in US fades",
            Stage::Rumoured => "Japan said to be considering state funding for US parks again",
            Stage::Proposed => {
                "Japan proposes new plan of government funding for US industrial parks"
            }
            Stage::Negotiated => "日本政府、米工業団地への政府融資で米側と交渉",
            Stage::Signed => "Japan signs deal to fund US industrial parks with government money",
            Stage::Construction => {
                "Construction begins at first US industrial park funded by Japan's government"
            }
            Stage::Dead => {
                "Japan withdraws government funding as US industrial park deal collapses"
            }
        };
        let item = Item::new(day, "wire", title, JAPAN).label("sov_capital", stage.strength());
        if stage == Stage::Construction { item.label("construction", 1.0) } else { item }
    };
    deal.changes().skip(1).map(item).collect()
}

/// How a country's visit is spoken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Event slug.
    pub target: &'static str,
    /// "Japan".
    pub country: &'static str,
    /// "Tokyo".
    pub capital: &'static str,
    /// Titles of an announcement on each occasion, in the order of the rules' occasions.
    pub occasions: &'static [&'static str],
    /// Titles of an occasion that leaves the country out.
    pub declined: &'static [&'static str],
}

/// The place of the visit to Japan.
pub const JAPAN_PLACE: Place = Place {
    target: JAPAN,
    country: "Japan",
    capital: "Tokyo",
    occasions: &["White House announces US president's visit to Japan on {date} after Asia summit"],
    declined: &["White House cancels Japan stop on president's Asia trip"],
};

/// The place of the visit to China.
pub const CHINA_PLACE: Place = Place {
    target: CHINA,
    country: "China",
    capital: "Beijing",
    occasions: &[
        "White House confirms state visit to China on {date}",
        "US president to visit China for Shenzhen summit on {date}, White House confirms",
    ],
    declined: &[
        "White House cancels state visit to China this spring",
        "US president cancels trip to China for Shenzhen summit",
    ],
};

/// The visit's news.
#[must_use]
pub fn of_visit(place: Place, steps: &[(f64, VisitStep)]) -> Vec<Item> {
    steps.iter().map(|&(day, step)| visit_item(place, day, step)).collect()
}

fn visit_item(place: Place, day: f64, step: VisitStep) -> Item {
    let Place { target, country, capital, occasions, declined } = place;
    let at = |index: usize, titles: &[&'static str]| titles.get(index).copied().unwrap_or_default();
    let official = |title: &str| Item::new(day, "white-house", title, target);
    match step {
        VisitStep::Announced(plan, occasion) => {
            let title = match occasion {
                Some(index) => at(index, occasions).to_owned(),
                None => {
                    format!("White House announces US president's visit to {country} on {{date}}")
                }
            };
            let title = title.replace("{date}", &calendar::date(plan.date));
            let text = format!("Planned date: {}.", calendar::date(plan.date));
            official(&title).text(&text).label(dated("scheduled", plan.date), 1.0)
        }
        VisitStep::Declined(index) => official(at(index, declined)).label("called_off", 1.0),
        VisitStep::PutOff(plan) => official(&put_off(country, plan.date))
            .text(&format!("Both sides now speak of {}.", calendar::date(plan.date)))
            .label(dated("postponed", plan.date), 1.0),
        VisitStep::CalledOff => {
            official(&format!("White House cancels US president's visit to {country}"))
                .label("called_off", 1.0)
        }
        VisitStep::Occurred => {
            official(&format!("US president arrives in {country}, lands in {capital}"))
                .label("occurred", 1.0)
        }
    }
}

/// A date beyond the year is not said: nobody knows it yet.
fn put_off(country: &str, day: f64) -> String {
    let visit = format!("White House postpones US president's visit to {country}");
    if day < 365.0 { format!("{visit} to {}", calendar::date(day)) } else { visit }
}

fn dated(state: &str, day: f64) -> String {
    format!("{state}:{}", calendar::iso_date(day))
}

/// The Prime Minister's trip to Washington.
#[must_use]
pub fn of_inbound(announced: f64, date: f64, held: bool) -> Vec<Item> {
    let title =
        format!("Ministry sets {} for prime minister's trip overseas", calendar::date(date));
    let mut items = vec![Item::new(announced, "foreign-ministry", &title, JAPAN)];
    if held {
        let title = "Japan's prime minister meets US president at White House";
        items.push(Item::new(date, "wire", title, JAPAN).label("leader_inbound", 1.0));
    } else {
        let day = announced + 0.7 * (date - announced);
        let title = "Ministry says prime minister's trip overseas falls through";
        items.push(Item::new(day, "foreign-ministry", title, JAPAN));
    }
    items
}
