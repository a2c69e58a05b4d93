//! Frames: words that mean something else beside each other. "Rejects" turns down a bill, but "rejects
//! the report" denies; "withdrawn" undoes a journey, but "story withdrawn" takes back a report; a German
//! verb is what it is only with its particle ("sagt ... ab").

use crate::lexicon::{Lang, Tag};
use crate::lists::Lists;
use crate::manner::{dense_withdrawn, separable};
use crate::normalise::Text;
use crate::refusal::refusals;
use crate::role::Role;
use crate::scan::{Hit, is_dense};

/// A hit that no entry of the lexicon made.
const MADE: usize = usize::MAX;

/// A word of a text in a script with spaces.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token<'t> {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) word: &'t str,
    /// Does punctuation follow?
    pub(crate) stops: bool,
}

/// The hits, read in their frames.
pub(crate) fn framed(lists: &Lists, text: &Text, lang: Lang, hits: &[Hit]) -> Vec<Hit> {
    let tokens = tokens(&text.lower);
    let mut hits = once_negated(hits);
    titled(lists, &text.lower, &mut hits);
    for (start, end) in switched_off(&tokens) {
        make(&mut hits, start, end, Role::Cancel);
    }
    if lang == Lang::De {
        hits.retain(|hit| with_particle(&text.lower, &tokens, hit));
        // "Stellt ... klar" says; it offers nothing.
        let clears = tokens.iter().any(|token| token.word == "klar");
        hits.retain(|hit| !(clears && text.lower.get(hit.start..hit.end) == Some("stellt")));
    }
    let dense = text.lower.chars().filter(|c| is_dense(*c)).count() > 4;
    let undo = if dense { dense_withdrawn(lists, &text.lower) } else { None };
    let undo = undo.or_else(|| separable(lists, &text.lower).map(str::to_owned));
    let undone = undo.iter().flat_map(|word| {
        text.lower.match_indices(word.as_str()).map(|(at, word)| (at, at + word.len()))
    });
    let recanted = crate::recant::recantations(lists, &text.lower, &tokens);
    for (start, end) in undone.chain(withdrawals(lists, &tokens)).chain(recanted) {
        make(&mut hits, start, end, Role::Retract);
    }
    if let Some((start, end)) = preference(lists, &tokens) {
        make(&mut hits, start, end, Role::Contrast);
    }
    for (start, end) in
        dismissals(lists, &tokens).into_iter().chain(charges(lists, &text.lower, &tokens))
    {
        make(&mut hits, start, end, Role::Deny);
    }
    // "Regierungssprecher": who speaks for a government is no money of it.
    let speakers: Vec<usize> =
        hits.iter().filter(|hit| hit.tag.is(&[Role::Say])).map(|hit| hit.start).collect();
    hits.retain(|hit| !(hit.tag.is(&[Role::PublicMoney]) && speakers.contains(&hit.start)));
    refusals(lists, &text.lower, lang, &tokens, &mut hits);
    hits
}

/// "Prime Minister of Japan", "Takaichi of Japan", "empereur du Japon": a person, not a place.
fn titled(lists: &Lists, text: &str, hits: &mut [Hit]) {
    const LINKS: [&str; 6] = [" of", " of the republic of", " du", " de la", " von", " de l'"];
    let leaders: Vec<usize> =
        hits.iter().filter(|hit| matches!(hit.tag, Tag::Leader(_))).map(|hit| hit.end).collect();
    for hit in hits.iter_mut() {
        let Tag::Country(index) = hit.tag else { continue };
        let head = text.get(..hit.start).unwrap_or_default().trim_end();
        let linked = LINKS.iter().find_map(|link| head.strip_suffix(link));
        let Some(before) = linked else { continue };
        let title = lists.titles_of_country.iter().any(|title| before.ends_with(title));
        if title || leaders.contains(&before.len()) {
            hit.tag = Tag::Leader(index);
        }
    }
}

/// "The trip is off", "visit to Japan now off": a predicate, not a particle.
fn switched_off(tokens: &[Token<'_>]) -> Vec<(usize, usize)> {
    const TRIPS: [&str; 8] =
        ["trip", "visit", "tour", "leg", "stop", "travel", "summit", "journey"];
    const COPULAS: [&str; 13] = [
        "is",
        "now",
        "was",
        "are",
        "be",
        "officially",
        "not",
        "all",
        "been",
        "again",
        "reportedly",
        "completely",
        "isn't",
    ];
    let predicate = |at: usize, token: &Token<'_>| {
        let last = token.stops
            || tokens.get(at + 1).is_none_or(|next| {
                ["says", "white", "after", "as", "amid", "for", "over", "report", "until"]
                    .contains(&next.word)
            });
        let previous = at.checked_sub(1).and_then(|at| tokens.get(at));
        let said = previous.is_some_and(|before| COPULAS.contains(&before.word));
        let trip = tokens.iter().take(at).any(|before| TRIPS.contains(&before.word));
        token.word == "off" && last && said && trip
    };
    let found = tokens.iter().enumerate().filter(|(at, token)| predicate(*at, token));
    found.map(|(_, token)| (token.start, token.end)).collect()
}

/// Replaces what stands at a place by one word of a role.
pub(crate) fn make(hits: &mut Vec<Hit>, start: usize, end: usize, role: Role) {
    hits.retain(|hit| hit.end <= start || hit.start >= end || !matches!(hit.tag, Tag::Word(_)));
    hits.push(Hit { start, end, tag: Tag::Word(role), entry: MADE });
    hits.sort_by_key(|hit| hit.start);
}

/// "Has no plans to" is one negation, though two entries of the lexicon overlap in it.
fn once_negated(hits: &[Hit]) -> Vec<Hit> {
    let mut kept: Vec<Hit> = Vec::with_capacity(hits.len());
    for hit in hits {
        let negates = hit.tag.is(&[Role::Negate]);
        let overlaps = |other: &&mut Hit| {
            other.tag.is(&[Role::Negate]) && other.end > hit.start && other.start < hit.end
        };
        match kept.iter_mut().find(overlaps).filter(|_| negates) {
            Some(other) => other.end = other.end.max(hit.end),
            None => kept.push(*hit),
        }
    }
    kept
}

/// German verbs that undo or deny only with their particle.
fn with_particle(text: &str, tokens: &[Token<'_>], hit: &Hit) -> bool {
    const SEPARABLE: [(&str, &[&str]); 12] = [
        ("sagt", &["ab"]),
        ("sagte", &["ab"]),
        ("weist", &["zurück"]),
        ("weisen", &["zurück"]),
        ("wies", &["zurück"]),
        ("wiesen", &["zurück"]),
        ("schließt", &["aus"]),
        ("schließen", &["aus"]),
        ("streitet", &["ab"]),
        ("stritt", &["ab"]),
        ("streiten", &["ab"]),
        ("räumt", &["aus"]),
    ];
    let said = text.get(hit.start..hit.end).unwrap_or_default();
    let Some((_, particles)) = SEPARABLE.iter().find(|(verb, _)| *verb == said) else {
        return true;
    };
    tokens.iter().any(|token| token.start >= hit.end && particles.contains(&token.word))
}

/// "Picks Seoul over Tokyo": what stands behind "over" is not chosen.
fn preference(lists: &Lists, tokens: &[Token<'_>]) -> Option<(usize, usize)> {
    let verb = tokens.iter().position(|token| lists.chooses.begins(token.word))?;
    let over = tokens.iter().skip(verb + 1).take(5).find(|token| token.word == "over")?;
    Some((over.start, over.end))
}

/// "Rejects the Kyodo report", "rejette les rumeurs": a verb of refusal and a report as its object.
fn dismissals(lists: &Lists, tokens: &[Token<'_>]) -> Vec<(usize, usize)> {
    const REACH: usize = 6;
    let found = tokens.iter().enumerate().filter_map(|(at, token)| {
        let after = |n: usize| tokens.get(at + n).map(|token| token.word);
        let verb = lists.dismisses.begins(token.word);
        // "Suggestions that ... rejected by Akazawa": the object before, the speaker after.
        let passive = verb && token.word.ends_with("ed") && after(1) == Some("by");
        let said_of = tokens.iter().take(at).any(|before| lists.hearsay.has(before.word));
        if passive && said_of {
            return Some((token.start, token.end));
        }
        let phrase = PHRASES.iter().find(|(first, second)| {
            token.word.starts_with(first) && after(1).is_some_and(|word| second.contains(&word))
        });
        if (!verb && phrase.is_none()) || token.stops {
            return None;
        }
        let rest = tokens.iter().skip(at + 1).take(REACH);
        let mut open = true;
        let object =
            rest.take_while(|next| std::mem::replace(&mut open, !next.stops)).any(|next| {
                lists.hearsay.has(next.word.trim_start_matches("l'").trim_start_matches("d'"))
            });
        object.then_some((token.start, token.end))
    });
    found.collect()
}
/// The same, in two words.
const PHRASES: [(&str, &[&str]); 9] = [
    ("knock", &["back", "down", "away"]),
    ("hit", &["back", "out"]),
    ("hits", &["back", "out"]),
    ("lash", &["out"]),
    ("distanc", &["itself", "himself", "herself"]),
    ("put", &["down", "paid"]),
    ("puts", &["down", "paid"]),
    ("turn", &["down"]),
    ("set", &["straight"]),
];

pub(crate) fn starts(stems: &[&str], word: &str) -> bool {
    stems.iter().any(|stem| word.starts_with(stem))
}

/// "Calls the story 'completely made up'": who is concerned calls it false; nobody takes it back.
fn charges(lists: &Lists, text: &str, tokens: &[Token<'_>]) -> Vec<(usize, usize)> {
    let said_of = tokens.iter().any(|token| lists.hearsay.has(token.word));
    let newsroom = tokens.iter().any(|token| lists.admits.begins(token.word));
    let quoted = ["'", "\"", "»", "“", "\u{2018}"].iter().any(|mark| text.starts_with(mark));
    if newsroom || !(said_of || quoted) {
        return Vec::new();
    }
    let single = tokens.iter().filter(|token| lists.false_talk.begins(token.word));
    let single = single.map(|token| (token.start, token.end));
    let double = tokens.windows(2).filter_map(|pair| match pair {
        [one, two] if FALSE_PAIRS.contains(&(one.word, two.word)) => Some((one.start, two.end)),
        _ => None,
    });
    // "Brands rumour false": a verb of naming, and what it is named.
    let named = tokens.iter().enumerate().filter(|(at, token)| {
        let calls = tokens.iter().take(*at).rev().take(9);
        let names = calls.clone().any(|before| lists.brands.has(before.word));
        ["false", "fake", "wrong", "nonsense", "bogus", "fiction", "baseless", "untrue"]
            .contains(&token.word)
            && names
    });
    single.chain(double).chain(named.map(|(_, token)| (token.start, token.end))).collect()
}
const FALSE_PAIRS: [(&str, &str); 10] = [
    ("made", "up"),
    ("a", "lie"),
    ("total", "lie"),
    ("outright", "lie"),
    ("plain", "false"),
    ("simply", "false"),
    ("totally", "false"),
    ("completely", "false"),
    ("entirely", "false"),
    ("flat", "wrong"),
];

/// A report is taken back: the places of the words that say so.
fn withdrawals(lists: &Lists, tokens: &[Token<'_>]) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    found.extend(passive(lists, tokens));
    found.extend(admission(lists, tokens));
    found.extend(active(lists, tokens));
    found
}

/// "Story on Trump's visit withdrawn", "report about state loans has been taken down".
fn passive(lists: &Lists, tokens: &[Token<'_>]) -> Option<(usize, usize)> {
    const ABOUT: [&str; 20] = [
        "zum",
        "zur",
        "vom",
        "that",
        "dass",
        "selon",
        "on",
        "about",
        "of",
        "claiming",
        "alleging",
        "saying",
        "announcing",
        "über",
        "zu",
        "sur",
        "von",
        "annonçant",
        "regarding",
        "concerning",
    ];
    let report = tokens.iter().position(|token| lists.reports.has(singular(token.word)))?;
    let about = tokens.get(report + 1).is_some_and(|token| ABOUT.contains(&token.word));
    let begins = tokens.get(report).is_some_and(|token| !token.stops);
    let mut rest = tokens.iter().skip(report + 1);
    if !about || !begins {
        return None;
    }
    let undone = rest.find(|token| {
        lists.report_undone.has(token.word) || (token.word == "taken" && !token.stops)
    })?;
    Some((undone.start, undone.end))
}

/// "Newspaper admits report was wrong", "le journal s'excuse": a newsroom and an admission.
fn admission(lists: &Lists, tokens: &[Token<'_>]) -> Option<(usize, usize)> {
    let newsroom = tokens.iter().position(|token| lists.newsrooms.has(singular(token.word)))?;
    let verb =
        tokens.iter().skip(newsroom + 1).take(3).find(|token| lists.admits.begins(token.word))?;
    let fault =
        ["wrong", "false", "error", "mistake", "erroneous", "falsch", "fehler", "erreur", "faux"];
    let said = tokens
        .iter()
        .any(|token| lists.reports.has(singular(token.word)) || fault.contains(&token.word));
    said.then_some((verb.start, verb.end))
}

/// "Takes down article", "annule sa dépêche": a verb in two words, or with a determiner between.
fn active(lists: &Lists, tokens: &[Token<'_>]) -> Option<(usize, usize)> {
    const DETERMINERS: [&str; 29] = [
        "my",
        "our",
        "her",
        "its",
        "the",
        "a",
        "an",
        "their",
        "this",
        "that",
        "earlier",
        "own",
        "false",
        "erroneous",
        "sa",
        "son",
        "ses",
        "la",
        "le",
        "les",
        "une",
        "un",
        "cette",
        "seine",
        "seinen",
        "ihre",
        "ihren",
        "den",
        "eine",
    ];
    tokens.iter().enumerate().find_map(|(at, token)| {
        let two = tokens.get(at + 1).filter(|next| {
            ["take", "takes", "took", "taking", "pull", "pulls", "pulled"].contains(&token.word)
                && ["down", "back", "offline"].contains(&next.word)
        });
        let verb = two.is_some() || lists.takes_back.begins(token.word);
        let from = at + 1 + usize::from(two.is_some());
        let skipped = tokens
            .iter()
            .skip(from)
            .take_while(|next| DETERMINERS.contains(&next.word) && !next.stops)
            .count();
        let object = tokens.get(from + skipped)?;
        let report = lists.reports.has(singular(object.word));
        let open = !token.stops && two.is_none_or(|two| !two.stops);
        (verb && report && open).then_some((token.start, two.map_or(token.end, |two| two.end)))
    })
}

fn singular(word: &str) -> &str {
    word.strip_prefix("l'").unwrap_or(word).trim_end_matches('s')
}

pub(crate) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    for piece in text.split_inclusive([' ', '-', '/']) {
        let start = at;
        at += piece.len();
        let bare = piece.trim_matches(|c: char| !c.is_alphanumeric());
        let Some(offset) = piece.find(bare).filter(|_| !bare.is_empty()) else { continue };
        if bare.chars().any(is_dense) {
            continue;
        }
        let end = start + offset + bare.len();
        let tail = piece.get(offset + bare.len()..).unwrap_or_default();
        let stops = tail.contains([',', ':', ';', '.', '!', '?']);
        found.push(Token { start: start + offset, end, word: bare, stops });
    }
    found
}
