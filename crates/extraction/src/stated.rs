//! What a reading states: its signals, each said or denied.

use statecraft_domain::signal::{Assertion, Claim, Direction};

use crate::Reading;
use crate::capital::NO_STAGE;
use crate::standing::STOPOVER;

/// A signal of a reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated {
    /// The slug of the manual, with the name of the summit where one is named (`summit_window@apec`).
    pub slug: String,
    /// When that is to be, where the slug can carry a time: `2028-03`.
    pub on: Option<crate::Span>,
    /// How much later than planned that is to be, if no time is said.
    pub by: Option<crate::Delay>,
    /// Is it denied?
    pub denied: bool,
}

impl Stated {
    /// Slug and time as a label writes them: `visit_announced:2028-03`.
    #[must_use]
    pub fn label(&self) -> String {
        match (self.on, self.by) {
            (Some(span), _) => format!("{}:{span}", self.slug),
            (None, Some(delay)) => format!("{}:{delay}", self.slug),
            (None, None) => self.slug.clone(),
        }
    }
}

impl Reading {
    /// What the headline says, signal by signal. `slugs` is the column of the manual, where a cancellation
    /// that is denied is a plan; here it is a denial: `visit_cancelled`, denied.
    #[must_use]
    pub fn stated(&self) -> Vec<Stated> {
        if self.is_cut() {
            return Vec::new();
        }
        let slugs = self
            .slugs
            .iter()
            .filter(|slug| *slug != "none" && !self.is_wish(slug) && !self.is_guess(slug));
        slugs.map(|slug| self.one(slug)).collect()
    }

    /// The claim as evidence: a deal of which no stage is said is observed at none. (The column of the manual
    /// has "proposed"; a headline that is the agreement itself must not speak against its signature.)
    #[must_use]
    pub fn evidence(&self) -> Claim {
        let owned = ["sov_capital", "priv_capital"];
        let owned = self.slugs.iter().any(|slug| owned.contains(&slug.as_str()));
        let unsaid = self.claim.citations.iter().any(|citation| citation.rule == NO_STAGE);
        let stage = self.claim.stage.filter(|_| owned || !unsaid);
        Claim { stage, ..self.claim.clone() }
    }

    /// A pledge that is made smaller: no news of a pledge, and no denial of one.
    fn is_cut(&self) -> bool {
        self.claim.direction == Direction::Down
            && self.claim.assertion != Assertion::Denied
            && self.slugs.iter().all(|slug| slug == "sov_capital" || slug == "priv_capital")
    }

    /// Is the journey no more than a stop on the way?
    fn is_stopover(&self) -> bool {
        self.claim.citations.iter().any(|citation| citation.rule == STOPOVER)
    }

    /// An invitation is a plan in the column of the manual; as evidence it says nothing until it is accepted.
    fn is_wish(&self, slug: &str) -> bool {
        self.only_asked && matches!(slug, "visit_planned" | "summit_window")
    }

    /// What is guessed of a visit is no evidence; a report that is taken back is taken back all the same.
    fn is_guess(&self, slug: &str) -> bool {
        let again = matches!(self.claim.assertion, Assertion::Retracted | Assertion::Correction);
        self.loose && !again && slug.starts_with("visit_")
    }

    fn one(&self, slug: &str) -> Stated {
        let up = self.claim.direction == Direction::Up;
        let denied = self.claim.assertion == Assertion::Denied;
        if self.denies == Some(slug) {
            // The guest stays at home: what was said of his coming is taken back.
            return Stated { slug: slug.to_owned(), on: None, by: None, denied: true };
        }
        if let Some(undoing) = self.denies.filter(|_| slug == "visit_planned" && denied && up) {
            return Stated { slug: undoing.to_owned(), on: None, by: None, denied: true };
        }
        let (name, denied) = match (slug, self.summit) {
            ("summit_window", summit) => {
                let name = summit.map_or_else(|| slug.to_owned(), |it| format!("{slug}@{it}"));
                // A summit without the President counts against its window, whoever says so.
                (name, self.claim.direction == Direction::Down)
            }
            // What counts as a visit in one contract and not in another has a name of its own.
            ("visit_occurred", _) if self.is_stopover() => ("visit_stopover".to_owned(), denied),
            ("visit_planned" | "visit_announced", _) if self.is_stopover() => {
                ("visit_stopover_planned".to_owned(), denied)
            }
            _ => (slug.to_owned(), denied && !up),
        };
        let dated = [
            "visit_announced",
            "visit_planned",
            "visit_postponed",
            "summit_window",
            "leader_inbound",
        ];
        let on = self.visit_on.filter(|_| dated.contains(&slug));
        let by = self.put_off_by.filter(|_| slug == "visit_postponed" && !denied);
        Stated { slug: name, on, by, denied }
    }
}
