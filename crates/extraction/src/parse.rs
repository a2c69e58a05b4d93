//! The small grammar: clauses, what is negated, what is only set against the assertion, who is only
//! quoted. After NegEx (Chapman and others, J. Biomed. Inform. 34, 2001): a trigger, a direction, a
//! scope that ends with the clause; two negations cancel.

use crate::amount::{Money, amounts};
use crate::lexicon::{Actor, Lang, Lexicon, Tag};
use crate::lists::Lists;
use crate::normalise::Text;
use crate::role::{Kind, Role};
use crate::scan::{Hit, is_dense};

/// A word of the lexicon in its clause.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Word {
    pub(crate) hit: Hit,
    /// Index of its clause.
    pub(crate) clause: usize,
    /// Under an odd number of negations.
    pub(crate) negated: bool,
    /// Set against the assertion: "Vance, not Trump".
    pub(crate) contrasted: bool,
    /// Only says who says it.
    pub(crate) aside: bool,
}

/// A clause.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clause {
    start: usize,
    end: usize,
    /// Is the border before it stronger than a comma?
    strong: bool,
}

/// A headline with its words in place.
#[derive(Debug, Clone)]
pub(crate) struct Parsed<'a> {
    pub(crate) lexicon: &'a Lexicon,
    pub(crate) lists: &'a Lists,
    pub(crate) text: &'a Text,
    pub(crate) lang: Lang,
    pub(crate) words: Vec<Word>,
    pub(crate) clauses: Vec<Clause>,
    pub(crate) money: Vec<Money>,
    /// A verb of denial that is not itself negated.
    pub(crate) denial: Option<Hit>,
    /// A verb of denial that is itself denied: "will not rule out".
    pub(crate) open: Option<Hit>,
}

impl<'a> Parsed<'a> {
    pub(crate) fn new(lexicon: &'a Lexicon, text: &'a Text, lang: Lang, hits: &[Hit]) -> Self {
        let hits = &crate::frames::framed(&lexicon.lists, text, lang, hits);
        let clauses = clauses(&text.shown, lang, hits);
        let place =
            |hit: &Hit| clauses.iter().rposition(|clause| clause.start <= hit.start).unwrap_or(0);
        let word = |hit: &Hit| Word {
            hit: *hit,
            clause: place(hit),
            negated: false,
            contrasted: false,
            aside: false,
        };
        let words = hits.iter().map(word).collect();
        let money = amounts(&text.lower, lang);
        let (lists, denial, open) = (&lexicon.lists, None, None);
        let mut parsed = Self { lexicon, lists, text, lang, words, clauses, money, denial, open };
        parsed.mark_namesakes();
        parsed.mark_asides();
        parsed.mark_contrasts();
        parsed.mark_negations();
        parsed.mark_bars();
        parsed.mark_denial();
        parsed
    }

    /// The words of a hit.
    pub(crate) fn cite(&self, hit: &Hit) -> String {
        self.text.lower.get(hit.start..hit.end).unwrap_or_default().trim().to_owned()
    }

    pub(crate) fn actor(&self, word: &Word) -> Option<&'a Actor> {
        let Tag::Actor(index) = word.hit.tag else { return None };
        self.lexicon.actors.get(index)
    }

    pub(crate) fn kind(&self, word: &Word) -> Option<Kind> {
        self.actor(word).map(|actor| actor.kind)
    }

    /// The country that a word names, or that its actor belongs to.
    pub(crate) fn country(&self, word: &Word) -> Option<usize> {
        match word.hit.tag {
            Tag::Country(index) | Tag::Place(index) | Tag::Leader(index) | Tag::VisitTo(index) => {
                Some(index)
            }
            Tag::Actor(_) => self.actor(word).and_then(|actor| actor.country),
            Tag::Word(_) => None,
        }
    }

    /// Words of a role that are asserted or denied, not merely set aside.
    pub(crate) fn of(&self, role: Role) -> impl Iterator<Item = &Word> {
        self.words
            .iter()
            .filter(move |word| word.hit.tag == Tag::Word(role) && !word.contrasted && !word.aside)
    }

    /// The first word of a role, wherever it stands.
    pub(crate) fn any(&self, role: Role) -> Option<&Word> {
        self.words.iter().find(|word| word.hit.tag == Tag::Word(role))
    }

    /// The first word of a role in an affirmative sense.
    pub(crate) fn yes(&self, role: Role) -> Option<&Word> {
        self.of(role).find(|word| !word.negated)
    }

    /// The first negated word of a role.
    pub(crate) fn no(&self, role: Role) -> Option<&Word> {
        self.of(role).find(|word| word.negated)
    }

    pub(crate) fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Word> {
        self.words
            .iter()
            .filter(move |word| self.kind(word) == Some(kind) && !word.contrasted && !word.aside)
    }

    pub(crate) fn has_kind(&self, kind: Kind) -> bool {
        self.of_kind(kind).next().is_some()
    }

    /// Is there a border stronger than a comma between two clauses?
    pub(crate) fn apart(&self, one: usize, other: usize) -> bool {
        let (low, high) = (one.min(other), one.max(other));
        self.clauses
            .iter()
            .enumerate()
            .any(|(index, clause)| index > low && index <= high && clause.strong)
    }

    pub(crate) fn clause_start(&self, index: usize) -> usize {
        self.clauses.get(index).map_or(0, |clause| clause.start)
    }

    pub(crate) fn clause_of(&self, at: usize) -> usize {
        self.clauses.iter().rposition(|clause| clause.start <= at).unwrap_or(0)
    }

    /// "Peru, Indiana", "Paris, Texas": a town of America with a name from abroad.
    fn mark_namesakes(&mut self) {
        let states: Vec<usize> = self
            .words
            .iter()
            .filter(|word| word.hit.tag.is(&[Role::Us]))
            .filter(|word| !crate::cluster::is_whole_country(&self.cite(&word.hit)))
            .map(|word| word.hit.start)
            .collect();
        let text = &self.text.lower;
        self.words.retain(|word| {
            let foreign = matches!(word.hit.tag, Tag::Place(_) | Tag::Country(_));
            let next = |at: &usize| text.get(word.hit.end..*at) == Some(", ");
            !(foreign && states.iter().any(next))
        });
    }

    /// "..., ministry says": a clause with a speaker and nothing of its own.
    fn mark_asides(&mut self) {
        for index in 0..self.clauses.len() {
            let inside = || self.words.iter().filter(|word| word.clause == index);
            let speaks =
                inside().any(|word| word.hit.tag.is(&[Role::Say, Role::Hedge, Role::Confirm]));
            let empty = inside().all(|word| match word.hit.tag {
                Tag::Word(role) => ASIDE.contains(&role),
                Tag::VisitTo(_) => false,
                _ => true,
            });
            let clause = self.clauses.get(index).copied();
            let paid = clause.is_some_and(|clause| {
                self.money.iter().any(|m| m.start >= clause.start && m.start < clause.end)
            });
            if speaks && empty && !paid && self.clauses.len() > 1 {
                for word in self.words.iter_mut().filter(|word| word.clause == index) {
                    word.aside = !word.hit.tag.is(&[Role::Hedge, Role::Confirm, Role::Say]);
                }
            }
        }
    }

    fn mark_contrasts(&mut self) {
        let postposed = matches!(self.lang, Lang::Ja | Lang::Ko);
        let triggers: Vec<Word> =
            self.words.iter().filter(|word| word.hit.tag.is(&[Role::Contrast])).copied().collect();
        for trigger in triggers {
            if !self.contrasts(&trigger) || self.contrasts_dates(&trigger, postposed) {
                continue;
            }
            let stop = self.contrast_stop(&trigger);
            if let [money] = self.money.as_slice() {
                let beside = !postposed && sum_beside(money, &trigger, false);
                let text = &self.text.lower;
                let other = beside.then(|| crate::unit::shared(text, trigger.hit.start, money));
                if let Some(new) = other.flatten() {
                    self.money = vec![new];
                    continue;
                }
            }
            if self.contrasts_sums(&trigger, postposed) {
                self.set_sum_aside(&trigger, postposed);
                continue;
            }
            for word in &mut self.words {
                let beside = word.clause == trigger.clause;
                let after = word.hit.start >= trigger.hit.end && word.hit.start < stop;
                let before = word.hit.end <= trigger.hit.start;
                if beside && (if postposed { before } else { after }) {
                    word.contrasted = true;
                }
                // The negator that makes the contrast negates nothing else.
                if word.hit.start == trigger.hit.start
                    && word.hit.tag.is(&[Role::Negate, Role::Deny])
                {
                    word.contrasted = true;
                }
            }
            let money_stop = if postposed { trigger.hit.start } else { stop };
            let clause = trigger.clause;
            let money_start = if postposed { 0 } else { trigger.hit.end };
            let clauses = &self.clauses;
            let place = |at: usize| clauses.iter().rposition(|c| c.start <= at).unwrap_or(0);
            self.money.retain(|m| {
                !(place(m.start) == clause && m.start >= money_start && m.start < money_stop)
            });
        }
    }

    /// "10日ではなく20日から", "on May 5, not May 3": only a date is set against another.
    fn contrasts_dates(&self, trigger: &Word, postposed: bool) -> bool {
        let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        let text = &self.text.lower;
        let head = text.get(..trigger.hit.start).unwrap_or_default();
        let tail = text.get(trigger.hit.end..).unwrap_or_default().trim_start();
        if postposed || self.lang == Lang::Zh {
            let bare = head.trim_end_matches(['日', '月', '年', '時', '일', '월', '년', '号']);
            return bare.len() < head.len()
                && digit(bare.chars().next_back())
                && digit(tail.chars().next());
        }
        false
    }

    /// A bare negator is a contrast only at the head of its clause after a comma, or right between
    /// two nouns; the longer phrases ("instead of") always are.
    fn contrasts(&self, trigger: &Word) -> bool {
        let negator = self.words.iter().any(|word| {
            word.hit.start == trigger.hit.start
                && word.hit.end == trigger.hit.end
                && word.hit.tag.is(&[Role::Negate])
        });
        if !negator {
            return true;
        }
        let Some(clause) = self.clauses.get(trigger.clause) else { return false };
        let head = self.text.lower.get(clause.start..trigger.hit.start).unwrap_or_default();
        if head.trim().is_empty() && trigger.clause > 0 && !clause.strong {
            return true;
        }
        let next = self.words.iter().find(|word| word.hit.start >= trigger.hit.end);
        let noun =
            next.is_some_and(|word| word.hit.start <= trigger.hit.end + 5 && is_noun(word.hit.tag));
        let previous = head.split_whitespace().next_back().unwrap_or_default();
        noun && !previous.is_empty() && !AUXILIARIES.contains(&previous)
    }

    /// "12조원 아닌 1조2000억원", "not $32bn": only a sum is set against another.
    fn contrasts_sums(&self, trigger: &Word, postposed: bool) -> bool {
        self.money.iter().any(|m| sum_beside(m, trigger, postposed)) && self.money.len() > 1
    }

    fn set_sum_aside(&mut self, trigger: &Word, postposed: bool) {
        self.money.retain(|m| !sum_beside(m, trigger, postposed));
        for word in &mut self.words {
            let negator = word.hit.start == trigger.hit.start;
            word.contrasted |= negator && word.hit.tag.is(&[Role::Negate, Role::Deny]);
        }
    }

    /// Where the thing set aside ends: at the first verb that follows it.
    fn contrast_stop(&self, trigger: &Word) -> usize {
        let mut seen = false;
        for word in self
            .words
            .iter()
            .filter(|word| word.hit.start >= trigger.hit.end && word.clause == trigger.clause)
        {
            let verb = word.hit.tag.is(&VERBS);
            if verb && seen {
                return word.hit.start;
            }
            seen |= !verb;
        }
        usize::MAX
    }

    fn mark_negations(&mut self) {
        let triggers: Vec<Word> = self
            .words
            .iter()
            .filter(|word| word.hit.tag.is(&[Role::Negate]) && !word.contrasted)
            .copied()
            .collect();
        let mut spans: Vec<(usize, usize)> = Vec::new();
        for trigger in triggers {
            // "ne ... pas" is one negation.
            let span = (trigger.clause, trigger.hit.start);
            let paired =
                self.lang == Lang::Fr && spans.iter().any(|(clause, _)| *clause == trigger.clause);
            // "Neither ... nor" is one as well.
            let paired = paired
                || (["nor", "noch"].contains(&self.cite(&trigger.hit).as_str())
                    && spans.iter().any(|(clause, _)| *clause == trigger.clause));
            if paired {
                continue;
            }
            spans.push(span);
            if let Some(deny) = self.denies_denial(&trigger) {
                // "Not ruling out" leaves it open; it denies nothing.
                self.open = Some(deny.hit);
                for word in &mut self.words {
                    word.negated |= word.hit == deny.hit;
                }
                continue;
            }
            let whole = matches!(self.lang, Lang::De);
            let backwards =
                matches!(self.lang, Lang::Ja | Lang::Ko) || self.denies_existence(&trigger);
            let topic = self.topic_clause(&trigger);
            let inside = |word: &Word| word.clause == trigger.clause || Some(word.clause) == topic;
            for word in self.words.iter_mut().filter(|word| inside(word)) {
                let before = word.hit.end <= trigger.hit.end;
                let after = word.hit.start >= trigger.hit.end;
                if word.hit.start != trigger.hit.start
                    && (whole || if backwards { before } else { after })
                {
                    word.negated = !word.negated;
                }
            }
        }
    }

    /// "The visit is not planned", "n'est pas prévue": the predicate says that what stands before it is
    /// not there. "The visit is not about trade" says nothing of the kind.
    fn denies_existence(&self, trigger: &Word) -> bool {
        if !matches!(self.lang, Lang::En | Lang::Fr) {
            return false;
        }
        let text = &self.text.lower;
        let said = self.cite(&trigger.hit);
        let head = text.get(..trigger.hit.start).unwrap_or_default().trim_end();
        let before = head.rsplit(' ').next().unwrap_or_default();
        let copula = COPULAS.contains(&before)
            || CONTRACTED.contains(&said.as_str())
            || (said == "not" && head.ends_with(['\'', '"']))
            || (self.lang == Lang::Fr && ["n'", "ne"].contains(&said.as_str()));
        let tail = text.get(trigger.hit.end..).unwrap_or_default().trim_start();
        let tail = COPULAS.iter().find_map(|verb| tail.strip_prefix(verb)).unwrap_or(tail);
        let tail = tail.trim_start();
        let tail = tail.strip_prefix("pas ").unwrap_or(tail);
        let adverbs = ["currently ", "even ", "being ", "actually ", "pas ", "du tout ", "yet "];
        let tail = (0..3).fold(tail, |tail, _| {
            adverbs.iter().find_map(|adverb| tail.strip_prefix(adverb)).unwrap_or(tail)
        });
        let subject = self.words.iter().any(|word| {
            let key = word.hit.tag.is(&KEYS) || matches!(word.hit.tag, Tag::VisitTo(_));
            key && word.clause == trigger.clause && word.hit.end <= trigger.hit.start
        });
        copula && subject && EXISTENCE.iter().any(|predicate| tail.starts_with(predicate))
    }

    /// 広島訪問、計画していない: a topic before the comma of which the clause denies something.
    fn topic_clause(&self, trigger: &Word) -> Option<usize> {
        let previous = trigger.clause.checked_sub(1)?;
        let clause = self.clauses.get(trigger.clause)?;
        let own = self.words.iter().any(|word| {
            let key = word.hit.tag.is(&KEYS) && !word.hit.tag.is(&[Role::Plan])
                || matches!(word.hit.tag, Tag::VisitTo(_));
            key && word.clause == trigger.clause && word.hit.end <= trigger.hit.end
        });
        let postposed = matches!(self.lang, Lang::Ja | Lang::Ko);
        (postposed && !clause.strong && !own).then_some(previous)
    }

    /// The verb of denial that the negator governs: "not ruling out", 否定せず, "schließt nicht aus".
    fn denies_denial(&self, negator: &Word) -> Option<Word> {
        const BETWEEN: usize = 16;
        const AFTER: usize = 12;
        // "N'a pas connaissance": the second half of one negation.
        let half = |word: &&Word| {
            let denies = self.cite(&word.hit);
            self.lang == Lang::Fr
                && ["n'", "ne"].contains(&self.cite(&negator.hit).as_str())
                && ["pas ", "jamais", "aucun", "rien"].iter().any(|it| denies.starts_with(it))
        };
        let same = |word: &&Word| {
            word.clause == negator.clause && word.hit.tag.is(&[Role::Deny]) && !half(word)
        };
        let near = |word: &&Word| {
            let ahead = word.hit.start.checked_sub(negator.hit.end);
            let behind = negator.hit.start.checked_sub(word.hit.end);
            match self.lang {
                Lang::Ja | Lang::Ko => behind.is_some_and(|gap| gap <= AFTER),
                Lang::De => {
                    let verb = self.cite(&word.hit);
                    let verbs = ["schließ", "dementier", "bestreit", "leugn", "ausgeschlossen"];
                    self.cite(&negator.hit) == "nicht"
                        && verbs.iter().any(|stem| verb.starts_with(stem))
                }
                _ => ahead.is_some_and(|gap| gap <= BETWEEN && !self.key_within(negator, word)),
            }
        };
        self.words.iter().filter(same).find(near).copied()
    }

    fn key_within(&self, negator: &Word, deny: &Word) -> bool {
        self.words.iter().any(|word| {
            let between = word.hit.start >= negator.hit.end && word.hit.end <= deny.hit.start;
            between && (word.hit.tag.is(&KEYS) || !matches!(word.hit.tag, Tag::Word(_)))
        })
    }

    /// "State coffers stay shut": the predicate denies everything in its clause.
    fn mark_bars(&mut self) {
        let bars: Vec<Word> =
            self.words.iter().filter(|word| word.hit.tag.is(&[Role::Bar])).copied().collect();
        for bar in bars {
            for word in self.words.iter_mut().filter(|word| word.clause == bar.clause) {
                // What denies the bar is not barred by it.
                word.negated |= !word.hit.tag.is(&[Role::Deny]);
            }
        }
    }

    /// "A forgery, Secret Service says", 「説は誤り」内閣府: who is concerned calls a report false; a
    /// newsroom that says so takes it back.
    pub(crate) fn charged(&self, word: &Word) -> bool {
        if !word.hit.tag.is(&[Role::Retract])
            || (self.any(Role::Correct).is_some() && !self.money.is_empty())
            || !self.lists.charges.has(&self.cite(&word.hit))
        {
            return false;
        }
        let newsroom = crate::manner::newsroom(self);
        let sides = ["側は", "側が", "側「", "측은", "측이", "측 ", "方面称", "方回应"];
        if !newsroom && sides.iter().any(|side| self.text.lower.contains(side)) {
            return true;
        }
        let concerned = self.words.iter().any(|other| {
            let party = match other.hit.tag {
                Tag::Actor(_) => self.kind(other) != Some(Kind::Media),
                Tag::Leader(_) => true,
                Tag::Country(_) | Tag::Place(_) => other.aside,
                Tag::Word(_) => other.hit.tag.is(&[Role::UsSeat, Role::PublicMoney, Role::Say]),
                Tag::VisitTo(_) => false,
            };
            party
                && (other.aside
                    || other.hit.tag.is(&[Role::Say])
                    || self.apart(other.clause, word.clause)
                    || other.hit.start >= word.hit.end)
        });
        concerned && !newsroom
    }

    /// A verb of denial reaches over commas; a denial at the end reaches back ("..., untrue, says").
    fn mark_denial(&mut self) {
        let found = self
            .words
            .iter()
            .find(|word| {
                let denies = word.hit.tag.is(&[Role::Deny]) || self.charged(word);
                denies && !word.contrasted && !word.negated
            })
            .copied();
        let Some(trigger) = found else { return };
        self.denial = Some(trigger.hit);
        // "Regierung winkt ab": a government that denies is not what is denied.
        let key = |word: &Word| {
            let speaker =
                word.hit.tag.is(&[Role::PublicMoney]) && !crate::topic::weighty(self, word);
            (word.hit.tag.is(&KEYS) && !speaker) || matches!(word.hit.tag, Tag::VisitTo(_))
        };
        let postposed = matches!(self.lang, Lang::Ja | Lang::Ko);
        let after = |word: &Word, of: &Parsed<'_>| {
            // Who says so is not what is denied.
            word.hit.start >= trigger.hit.end
                && !word.aside
                && !of.apart(trigger.clause, word.clause)
        };
        // 凍結の報道、政府が否定: who denies stands in the clause; what, before its comma.
        let object = |word: &Word| key(word) && !word.hit.tag.is(&[Role::PublicMoney]);
        let own = self.words.iter().any(|word| {
            object(word) && word.clause == trigger.clause && word.hit.end <= trigger.hit.start
        });
        let before = |word: &Word| {
            let near = word.clause == trigger.clause
                || (postposed && !own && !self.apart(word.clause, trigger.clause));
            word.hit.end <= trigger.hit.start && near
        };
        let local = self.words.iter().any(|word| key(word) && word.negated);
        let covers_after =
            !postposed && self.words.iter().any(|word| key(word) && after(word, self));
        let covers_before = self.words.iter().any(|word| key(word) && before(word));
        // "초청한 적 없다" 대통령실, 트럼프 방한설에: what it answers stands behind the denial.
        let tail = self.text.lower.get(trigger.hit.end..).unwrap_or_default();
        let answers_talk = postposed
            && ["설에", "보도에", "주장에", "報道に", "説に", "との報道", "めぐり"]
                .iter()
                .any(|mark| tail.contains(mark));
        let reach: Vec<bool> = self
            .words
            .iter()
            .map(|word| {
                if answers_talk {
                    word.hit.start != trigger.hit.start
                } else if covers_after {
                    after(word, self)
                } else if covers_before {
                    before(word)
                } else {
                    !local && word.hit.start != trigger.hit.start
                }
            })
            .collect();
        for (word, reached) in self.words.iter_mut().zip(reach) {
            word.negated ^= reached;
        }
    }
}

fn sum_beside(money: &Money, trigger: &Word, postposed: bool) -> bool {
    if postposed {
        money.end <= trigger.hit.start && trigger.hit.start - money.end <= 6
    } else {
        money.start >= trigger.hit.end && money.start - trigger.hit.end <= 2
    }
}

impl Tag {
    /// Is it a word of one of these roles?
    pub(crate) fn is(self, roles: &[Role]) -> bool {
        matches!(self, Self::Word(role) if roles.contains(&role))
    }
}

const ASIDE: [Role; 16] = [
    Role::Say,
    Role::Hedge,
    Role::Confirm,
    Role::PublicMoney,
    Role::Us,
    Role::UsSeat,
    Role::Rumour,
    Role::Stop,
    Role::Void,
    Role::Announce,
    Role::Boundary,
    Role::Propose,
    Role::Question,
    Role::Statistic,
    Role::Plan,
    Role::Portfolio,
];
const VERBS: [Role; 9] = [
    Role::Travel,
    Role::Arrive,
    Role::Announce,
    Role::Invest,
    Role::Propose,
    Role::Sign,
    Role::Host,
    Role::Construct,
    Role::Negotiate,
];
/// What a denial can be about.
pub(crate) const KEYS: [Role; 17] = [
    Role::PublicMoney,
    Role::Invest,
    Role::Travel,
    Role::Arrive,
    Role::Cancel,
    Role::Postpone,
    Role::Collapse,
    Role::Sign,
    Role::Propose,
    Role::Negotiate,
    Role::FederalLand,
    Role::Construct,
    Role::Invite,
    Role::Host,
    Role::Plan,
    Role::Branding,
    Role::Project,
];
const AUXILIARIES: [&str; 24] = [
    "is", "are", "was", "were", "be", "will", "would", "does", "did", "do", "has", "have", "had",
    "should", "could", "may", "might", "can", "must", "wird", "ist", "sind", "werden", "est",
];

const COPULAS: [&str; 14] = [
    "will", "would", "is", "are", "was", "were", "be", "been", "being", "est", "sont", "était",
    "sera", "remains",
];
const CONTRACTED: [&str; 8] =
    ["won't", "wouldn't", "isn't", "aren't", "wasn't", "weren't", "ain't", "isn\u{2019}t"];
/// Predicates of being there at all.
const EXISTENCE: [&str; 45] = [
    "happen",
    "take place",
    "go ahead",
    "materialise",
    "materialize",
    "come off",
    "occur",
    "proceed",
    "talked about",
    "on the books",
    "on our books",
    "planned",
    "in preparation",
    "in the planning",
    "scheduled",
    "happening",
    "taking place",
    "going to happen",
    "foreseen",
    "envisaged",
    "envisioned",
    "imminent",
    "in the offing",
    "in the works",
    "in prospect",
    "in the pipeline",
    "under discussion",
    "under consideration",
    "discussed",
    "considered",
    "arranged",
    "prepared",
    "contemplated",
    "real",
    "on the agenda",
    "on his agenda",
    "on the schedule",
    "on the calendar",
    "prévu",
    "envisagé",
    "à l'ordre du jour",
    "au programme",
    "d'actualité",
    "en préparation",
    "programmé",
];

fn is_noun(tag: Tag) -> bool {
    matches!(tag, Tag::Actor(_) | Tag::Country(_) | Tag::Place(_) | Tag::Leader(_))
        || tag.is(&[Role::PublicMoney, Role::PrivateMoney])
}

/// Cuts at punctuation and at the words that begin another clause.
fn clauses(shown: &str, lang: Lang, hits: &[Hit]) -> Vec<Clause> {
    let mut borders: Vec<(usize, bool)> = vec![(0, false)];
    let letters: Vec<(usize, char)> = shown.char_indices().collect();
    let at = |index: usize| letters.get(index).map(|(_, c)| *c);
    for (index, (byte, letter)) in letters.iter().enumerate() {
        let next = at(index + 1);
        let before = index.checked_sub(1).and_then(at);
        let spaced = next.is_none_or(|c| c == ' ');
        let end = byte + letter.len_utf8();
        let dense = matches!(lang, Lang::Ja | Lang::Zh) && before.is_some_and(is_dense);
        match letter {
            '。' | '；' | '！' | '？' | '\u{2014}' | '|' | '…' | '“' | '」'
                if lang != Lang::En || *letter == '\u{2014}' || *letter == '|' =>
            {
                borders.push((end, true))
            }
            ';' | '!' | '?' | ':' if spaced || before.is_some_and(is_dense) => {
                borders.push((end, true))
            }
            '.' if spaced && ends_sentence(shown, *byte, next.and_then(|_| at(index + 2))) => {
                borders.push((end, true))
            }
            '-' if before == Some(' ') && next == Some(' ') => borders.push((end, true)),
            ',' if spaced || dense => borders.push((end, false)),
            '、' | '，' => borders.push((end, false)),
            ' ' if dense => borders.push((end, true)),
            '(' | ')' => borders.push((end, true)),
            _ => {}
        }
    }
    let words = hits.iter().filter(|hit| hit.tag.is(&[Role::Boundary]));
    borders.extend(words.map(|hit| (hit.start, true)));
    borders.sort_unstable();
    borders.dedup_by_key(|border| border.0);
    let ends = borders.iter().skip(1).map(|border| border.0).chain([shown.len()]);
    borders
        .iter()
        .zip(ends)
        .map(|((start, strong), end)| Clause { start: *start, end, strong: *strong })
        .collect()
}

/// A full stop ends a sentence unless it belongs to an abbreviation.
fn ends_sentence(text: &str, at: usize, next: Option<char>) -> bool {
    const ABBREVIATIONS: [&str; 30] = [
        "mr", "mrs", "ms", "dr", "st", "u.s", "u.k", "u.n", "gov", "sen", "rep", "corp", "inc",
        "ltd", "co", "jr", "sr", "mrd", "mio", "bio", "jan", "feb", "sept", "mar", "apr", "aug",
        "oct", "nov", "dec", "no",
    ];
    let head = text.get(..at).unwrap_or_default();
    let word = head.rsplit(' ').next().unwrap_or_default().to_lowercase();
    let digit =
        next.is_some_and(|c| c.is_ascii_digit()) && word.chars().all(|c| c.is_ascii_digit());
    let ordinal = word.chars().all(|c| c.is_ascii_digit()) && word.len() <= 2;
    !ABBREVIATIONS.contains(&word.as_str()) && word.chars().count() > 1 && !digit && !ordinal
}
