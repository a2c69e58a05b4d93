//! The extractor: normalise, find the words, parse, then the rules in order: hard zeros, journeys,
//! money, surroundings, modality.

use statecraft_domain::signal::{Assertion, Capital, Citation, Claim, Direction};

use crate::capital::capital;
use crate::context::context;
use crate::departure::{departed, turned_away};
use crate::detail::spared;
use crate::fallback::{disowned, fallback};
use crate::figure::amount;
use crate::finding::Finding;
use crate::guard::hard_zero;
use crate::lexicon::{Lang, Lexicon, Tag};
use crate::manner::modality;
use crate::normalise::{Text, normalise};
use crate::parse::Parsed;
use crate::role::{Kind, Role};
use crate::scan::{Hit, Scanner};
use crate::topic::{distractor, speaks_of_capital};
use crate::unspoken::{only_asked, unspoken};
use crate::visit::visit;
use crate::{Headline, Reading};

/// Reads headlines with one lexicon. Cheap to call, built once.
#[derive(Debug, Clone)]
pub struct Extractor {
    lexicon: Lexicon,
    scanner: Scanner,
}

/// An extractor could not be built.
#[derive(Debug, thiserror::Error)]
pub enum ExtractorError {
    /// The lexicon is wrong.
    #[error(transparent)]
    Lexicon(#[from] crate::lexicon::LexiconError),
    /// The lexicon is too large to search.
    #[error("lexicon too large: {0}")]
    Automaton(#[from] aho_corasick::BuildError),
}

/// Signal slugs in the order of the manual.
const ORDER: [&str; 21] = [
    "sov_capital",
    "priv_capital",
    "fed_land",
    "econ_security",
    "emergency_decl",
    "construction",
    "branding",
    "deal_progress",
    "relation_bad",
    "deal_collapse",
    "leader_inbound",
    "host_preference",
    "america_first",
    "visit_planned",
    "visit_announced",
    "visit_postponed",
    "visit_cancelled",
    "visit_occurred",
    "summit_window",
    "relation_good",
    crate::exit::SLUG,
];

impl Extractor {
    /// An extractor with a lexicon of one's own.
    ///
    /// # Errors
    /// [`ExtractorError`] if the lexicon is too large.
    pub fn new(lexicon: Lexicon) -> Result<Self, ExtractorError> {
        let scanner = Scanner::new(&lexicon)?;
        Ok(Self { lexicon, scanner })
    }

    /// An extractor with the shipped lexicon.
    ///
    /// # Errors
    /// [`ExtractorError`] if the shipped lexicon is broken; a test says it is not.
    pub fn shipped() -> Result<Self, ExtractorError> {
        Self::new(Lexicon::shipped()?)
    }

    /// Its words.
    #[must_use]
    pub const fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }

    /// Reads a headline. Every text is read, whatever is in it; nothing in it can be an instruction.
    #[must_use]
    pub fn read(&self, headline: &Headline<'_>) -> Reading {
        let text = normalise(headline.title);
        let (lang, hits) = self.hits(&text, headline.lang);
        let parsed = Parsed::new(&self.lexicon, &text, lang, &hits);
        let target = self.lexicon.country(headline.target);
        let zeroed = hidden(headline.title).or_else(|| hard_zero(&parsed, headline.class));
        let mut reading = match (zeroed, target) {
            (Some((assertion, citation)), target) => zero(&parsed, assertion, citation, target),
            (None, Some(target)) => self.evidence(&parsed, headline, target),
            (None, None) => unknown_target(headline.target),
        };
        for citation in &mut reading.claim.citations {
            citation.words = as_written(&text, &citation.words);
        }
        if reading.slugs.iter().any(|slug| slug == "summit_window") {
            reading.summit =
                parsed.of(Role::Summit).find_map(|word| summit(&parsed.cite(&word.hit)));
        }
        if reading.slugs.iter().any(|slug| {
            slug.starts_with("visit_") || slug == "summit_window" || slug == "leader_inbound"
        }) {
            let put_off = reading.slugs.iter().any(|slug| slug == "visit_postponed");
            let denied = reading.claim.assertion == Assertion::Denied
                && reading.claim.direction == Direction::Down;
            reading.visit_on = if denied {
                crate::span::denied_span(&text.lower, headline.published)
            } else {
                crate::span::span(&text.lower, headline.published, put_off)
            };
            if put_off && reading.visit_on.is_none() {
                reading.put_off_by = crate::span_shift::delay(&text.lower);
            }
        }
        reading
    }

    /// Which entries of the lexicon a headline uses (by index).
    #[must_use]
    pub fn fired(&self, headline: &Headline<'_>) -> Vec<usize> {
        let text = normalise(headline.title);
        let mut entries: Vec<usize> =
            self.hits(&text, headline.lang).1.iter().map(|hit| hit.entry).collect();
        entries.sort_unstable();
        entries.dedup();
        entries
    }

    /// Do these words name the country, its leaders or its places?
    #[must_use]
    pub fn names(&self, words: &str, lang: &str, country: &str) -> bool {
        let Some(target) = self.lexicon().country(country) else { return false };
        let (_, hits) = self.hits(&normalise(words), lang);
        hits.iter().any(|hit| match hit.tag {
            Tag::Country(index) | Tag::Leader(index) | Tag::VisitTo(index) | Tag::Place(index) => {
                index == target
            }
            Tag::Word(_) | Tag::Actor(_) => false,
        })
    }

    pub(crate) fn hits(&self, text: &Text, lang: &str) -> (Lang, Vec<Hit>) {
        let lang = crate::language::language(&text.lower, Lang::from_tag(lang));
        (lang, self.scanner.scan(&self.lexicon, text, lang))
    }

    fn evidence(&self, parsed: &Parsed<'_>, headline: &Headline<'_>, target: usize) -> Reading {
        if let Some(found) = crate::exit::gone(parsed) {
            let mut reading = merge(found, Finding::default(), Finding::default());
            reading.relevant = true;
            modality(parsed, headline.class, &mut reading);
            return reading;
        }
        let (journey, unspoken) = spoken(parsed, target, visit(parsed, target));
        let distracted = distractor(parsed, target);
        let about_money =
            distracted.is_none() && speaks_of_capital(parsed, target, !journey.slugs.is_empty());
        let money = if about_money { capital(parsed, target) } else { Finding::default() };
        let around = if distracted.is_none() {
            context(parsed, target, about_money)
        } else {
            Finding::default()
        };
        let received =
            journey.slugs.contains(&"leader_inbound") && !around.slugs.contains(&"deal_collapse");
        let around = if received { Finding::default() } else { around };
        let silent = [&journey, &money, &around].iter().all(|part| part.slugs.is_empty());
        let guessed =
            fallback(parsed, target).filter(|_| silent && !unspoken && !another(distracted));
        let journey = match guessed {
            Some(found) => spoken(parsed, target, found).0,
            None if silent && !unspoken && distracted.is_none() => {
                disowned(parsed, target).unwrap_or(journey)
            }
            None => journey,
        };
        let found = departed(parsed, target)
            .or_else(|| turned_away(parsed, target))
            .filter(|_| !unspoken && !another(distracted) && money.slugs.is_empty());
        let journey = found.unwrap_or(journey);
        let (journey, around) = match spared(parsed, target, &journey) {
            Some(nothing) => (nothing, Finding::default()),
            None => (journey, around),
        };
        let only_asked = only_asked(parsed, &journey);
        let mut reading = merge(journey, money, around);
        reading.only_asked = only_asked;
        if let Some((rule, word)) = distracted.filter(|_| reading.slugs.is_empty()) {
            cite(&mut reading.claim, "relevant", rule, parsed.cite(&word.hit));
        }
        reading.relevant = !reading.slugs.is_empty();
        modality(parsed, headline.class, &mut reading);
        self.actor(parsed, target, &mut reading.claim);
        if reading.claim.capital == Capital::None && !reading.relevant {
            reading.claim.capital = bystander(parsed);
        }
        if parsed.any(Role::Sports).is_none() {
            put_amount(parsed, &mut reading.claim);
        }
        if !reading.relevant {
            reading.claim.direction = Direction::Neutral;
            reading.claim.stage = None;
        }
        reading
    }

    /// The first actor known; a country's name stands for its government.
    fn actor(&self, parsed: &Parsed<'_>, target: usize, claim: &mut Claim) {
        let named = parsed.words.iter().filter(|word| !word.contrasted).find_map(|word| match word
            .hit
            .tag
        {
            Tag::Actor(_) => parsed.actor(word).map(|actor| (actor.slug.clone(), word.hit)),
            Tag::Country(index) | Tag::Place(index) | Tag::Leader(index) => self
                .lexicon
                .countries
                .get(index)
                .map(|country| (country.government.clone(), word.hit)),
            _ => None,
        });
        let home = || {
            parsed.any(Role::PublicMoney).and_then(|word| {
                self.lexicon
                    .countries
                    .get(target)
                    .map(|country| (country.government.clone(), word.hit))
            })
        };
        if let Some((slug, hit)) = named.or_else(home) {
            let state = parsed.words.iter().any(|word| {
                word.hit == hit
                    && matches!(parsed.kind(word), Some(Kind::StateFund | Kind::Legislature))
            });
            let country = parsed
                .words
                .iter()
                .find(|word| word.hit == hit)
                .and_then(|word| parsed.country(word));
            let slug = match country.and_then(|country| self.lexicon.countries.get(country)) {
                Some(country) if state => country.government.clone(),
                _ => slug,
            };
            claim.actor = slug;
            cite(claim, "actor", "first_actor", parsed.cite(&hit));
        }
    }
}

/// The words of a citation as the headline writes them; what is not in it stays as it is.
fn as_written(text: &Text, words: &str) -> String {
    let shown = |part: &str| {
        let at = text.lower.find(part).filter(|_| !part.is_empty())?;
        text.shown.get(at..at + part.len())
    };
    let parts = words.split(" / ").map(|part| shown(part).unwrap_or(part));
    shown(words).map_or_else(|| parts.collect::<Vec<_>>().join(" / "), str::to_owned)
}

/// Short name of a summit.
fn summit(words: &str) -> Option<&'static str> {
    const SUMMITS: [(&str, &str); 15] = [
        ("apec", "apec"),
        ("亚太经合", "apec"),
        ("亞太經合", "apec"),
        ("g20", "g20"),
        ("g7", "g7"),
        ("quad", "quad"),
        ("クアッド", "quad"),
        ("쿼드", "quad"),
        ("四方峰", "quad"),
        ("asean", "asean"),
        ("nato", "nato"),
        ("world economic forum", "wef"),
        ("expo", "expo"),
        ("group of seven", "g7"),
        ("group of 20", "g20"),
    ];
    SUMMITS.iter().find(|(part, _)| words.contains(part)).map(|(_, name)| *name)
}

/// Topics beside which a place of the target is not a journey.
fn another(distracted: Option<(&str, &crate::parse::Word)>) -> bool {
    distracted.is_some_and(|(rule, _)| ["sports", "past_event", "another_topic"].contains(&rule))
}

/// The finding, or, where no visit is spoken of after all, why not; and whether it is the latter.
fn spoken(parsed: &Parsed<'_>, target: usize, found: Finding) -> (Finding, bool) {
    let Some((rule, words)) = unspoken(parsed, target, &found) else { return (found, false) };
    let mut finding = Finding::default();
    finding.cite("relevant", rule, words);
    (finding, true)
}

/// Text in a markup comment is for a machine: no reader sees it.
fn hidden(title: &str) -> Option<(Assertion, Citation)> {
    let comment = title.contains("<!--").then(|| "<!--".to_owned());
    comment.or_else(|| crate::address_marks::foreign_markup(title)).map(|words| {
        let citation =
            Citation { field: "assertion".to_owned(), rule: "hidden_text".to_owned(), words };
        (Assertion::Injection, citation)
    })
}

fn unknown_target(target: &str) -> Reading {
    let mut reading = Reading::default();
    cite(&mut reading.claim, "relevant", "target_not_in_lexicon", target.to_owned());
    reading
}

/// A hard zero: nothing is emitted, nothing moves; what it speaks of is kept for the record.
fn zero(
    parsed: &Parsed<'_>,
    assertion: Assertion,
    citation: Citation,
    target: Option<usize>,
) -> Reading {
    let mut claim = Claim { assertion, citations: vec![citation], ..Claim::default() };
    if assertion == Assertion::Opinion {
        if let Some(target) = target.filter(|target| speaks_of_capital(parsed, *target, false)) {
            claim.capital = capital(parsed, target).capital.unwrap_or_default();
        }
        put_amount(parsed, &mut claim);
    }
    Reading { claim, ..Reading::default() }
}

fn put_amount(parsed: &Parsed<'_>, claim: &mut Claim) {
    if let Some((amount, rule, words)) = amount(parsed) {
        claim.amount = Some(amount);
        cite(claim, "amount", rule, words);
    }
}

pub(crate) fn cite(claim: &mut Claim, field: &str, rule: &str, words: String) {
    claim.citations.push(Citation { field: field.to_owned(), rule: rule.to_owned(), words });
}

/// Whose money an irrelevant headline speaks of.
fn bystander(parsed: &Parsed<'_>) -> Capital {
    let funds = parsed.has_kind(Kind::StateFund) && !parsed.money.is_empty();
    let private = parsed.words.iter().any(|word| {
        parsed
            .actor(word)
            .is_some_and(|actor| ["trump_org", "trump_family"].contains(&actor.slug.as_str()))
    });
    if funds {
        Capital::Sovereign
    } else if private && parsed.any(Role::OffTopic).is_some()
        || (!parsed.money.is_empty() && parsed.any(Role::Statistic).is_some())
    {
        Capital::Private
    } else {
        Capital::None
    }
}

/// Puts the parts together: a journey says more than money, money more than its surroundings; but a
/// deal that dies or a quarrel outweighs warm words.
fn merge(journey: Finding, money: Finding, around: Finding) -> Reading {
    let mut claim = Claim::default();
    let mut slugs: Vec<&'static str> = Vec::new();
    let denies = journey.denies;
    let down = [&money, &around]
        .iter()
        .find_map(|part| part.direction.filter(|direction| *direction == Direction::Down));
    let journey_moves = journey.direction.filter(|direction| *direction != Direction::Neutral);
    claim.direction = journey_moves
        .or(down)
        .or(money.direction)
        .or(around.direction)
        .or(journey.direction)
        .unwrap_or_default();
    if money.capital == Some(Capital::Private) && journey_moves.is_none() && down.is_none() {
        claim.direction = money.direction.unwrap_or_default();
    }
    claim.capital = money.capital.unwrap_or_default();
    if around.slugs.contains(&"emergency_decl") && claim.capital == Capital::Unknown {
        claim.capital = Capital::None;
    }
    claim.stage = money.stage.filter(|_| claim.capital != Capital::None);
    claim.assertion =
        journey.assertion.or(money.assertion).or(around.assertion).unwrap_or_default();
    for part in [money, around, journey] {
        slugs.extend(part.slugs);
        claim.citations.extend(part.citations);
    }
    slugs.sort_by_key(|slug| ORDER.iter().position(|known| known == slug));
    slugs.dedup();
    Reading {
        relevant: false,
        claim,
        slugs: slugs.into_iter().map(str::to_owned).collect(),
        visit_on: None,
        put_off_by: None,
        summit: None,
        denies,
        only_asked: false,
    }
}
