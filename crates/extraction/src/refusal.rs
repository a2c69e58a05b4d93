//! Denials that are not what they seem, and denials without a verb of denial. "Denies wrongdoing" denies
//! another matter; "denies bid to halt" undoes an undoing; "It isn't, says Tokyo" and "Trump in Tokyo?
//! No, says ..." deny what the sentence before them says.

use crate::frames::{Token, make};
use crate::lexicon::{Lang, Tag};
use crate::lists::Lists;
use crate::role::Role;
use crate::scan::Hit;

/// Corrects the roles of words of denial in a text whose other frames have been read.
pub(crate) fn refusals(
    lists: &Lists,
    text: &str,
    lang: Lang,
    tokens: &[Token<'_>],
    hits: &mut Vec<Hit>,
) {
    if let Some((start, end)) = undoing_refused(lists, tokens) {
        // Things are left as they are.
        hits.retain(|hit| {
            !(hit.start >= start && hit.end <= end && matches!(hit.tag, Tag::Word(_)))
        });
    }
    let another: Vec<usize> = hits
        .iter()
        .filter(|hit| {
            hit.tag.is(&[Role::Deny, Role::Negate])
                && denies_another(lists, text, lang, tokens, hit)
        })
        .map(|hit| hit.start)
        .collect();
    hits.retain(|hit| !(hit.tag.is(&[Role::Deny, Role::Negate]) && another.contains(&hit.start)));
    let answers = answer_no(lists, text).or_else(|| answer_by_somebody(text, hits));
    for (start, end) in short_answer(text, tokens).into_iter().chain(answers) {
        make(hits, start, end, Role::Deny);
    }
    if let Some((start, end)) = nothing_done(lists, text) {
        make(hits, start, end, Role::Deny);
    }
    if let Some((start, end)) = label_of_withdrawal(lists, text) {
        make(hits, start, end, Role::Retract);
    }
}

/// "Denies bid to halt", "declines to halt", "rejects calls to put off": from the refusal to the verb of
/// undoing.
fn undoing_refused(lists: &Lists, tokens: &[Token<'_>]) -> Option<(usize, usize)> {
    tokens.iter().enumerate().find_map(|(at, token)| {
        if !lists.refuses.begins(token.word) || token.stops {
            return None;
        }
        let mut rest = tokens.iter().skip(at + 1).take(7);
        let request = tokens.iter().skip(at + 1).take(4).any(|next| lists.requests.has(next.word));
        let direct = tokens.get(at + 1).is_some_and(|next| next.word == "to");
        let refuses = ["declin", "refus"].iter().any(|stem| token.word.starts_with(stem));
        if !(request || direct && refuses) {
            return None;
        }
        let to = rest
            .find(|next| ["to", "for", "zu", "à", "d'", "against", "nach"].contains(&next.word))?;
        let from = tokens.iter().position(|next| next.start == to.start)? + 1;
        let verb = tokens.get(from)?;
        let two = tokens
            .get(from + 1)
            .filter(|next| lists.undoings.has(format!("{} {}", verb.word, next.word).as_str()));
        let undoes = two.is_some() || lists.undoings.has(verb.word);
        undoes.then_some((token.start, two.map_or(verb.end, |two| two.end)))
    })
}

/// Is the object of the denial another matter?
fn denies_another(lists: &Lists, text: &str, lang: Lang, tokens: &[Token<'_>], hit: &Hit) -> bool {
    if !hit.tag.is(&[Role::Deny]) {
        return false;
    }
    if matches!(lang, Lang::Ja | Lang::Ko | Lang::Zh) {
        let head = text.get(..hit.start).unwrap_or_default();
        let before: String =
            head.chars().rev().take(7).collect::<Vec<_>>().into_iter().rev().collect();
        let tail = text.get(hit.end..).unwrap_or_default();
        let after: String = tail.chars().take(if lang == Lang::Zh { 6 } else { 0 }).collect();
        let before = if lang == Lang::Zh { String::new() } else { before };
        return lists
            .other_matters_dense
            .iter()
            .any(|matter| before.contains(matter) || after.contains(matter));
    }
    let said = text.get(hit.start..hit.end).unwrap_or_default();
    let begins = tokens.iter().position(|token| token.start >= hit.end);
    let Some(from) = begins.filter(|_| lists.denies_something.begins(said)) else { return false };
    // "Protesters denied permit": what is refused to them.
    let mut open = tokens.iter().take(from).next_back().is_none_or(|token| !token.stops);
    const LINKS: [&str; 22] = [
        "any",
        "all",
        "the",
        "of",
        "allegations",
        "accusations",
        "claims",
        "charges",
        "suggestion",
        "suggestions",
        "personal",
        "new",
        "seine",
        "alle",
        "die",
        "jede",
        "toute",
        "les",
        "des",
        "de",
        "being",
        "having",
    ];
    let mut rest = tokens.iter().skip(from).take(5);
    loop {
        let Some(next) = rest.next().filter(|_| open) else { return false };
        if lists.other_matters.begins(next.word) {
            return true;
        }
        open = LINKS.contains(&next.word) && !next.stops;
    }
}

/// "It isn't, says Tokyo", "He won't.": a pronoun, a contracted verb, and a stop.
fn short_answer(text: &str, tokens: &[Token<'_>]) -> Option<(usize, usize)> {
    const SUBJECTS: [&str; 9] = ["it", "he", "they", "there", "she", "that", "we", "i", "this"];
    let pair = tokens.windows(2).enumerate().find(|(at, pair)| match pair {
        [one, two] => {
            let first = *at == 0
                || at
                    .checked_sub(1)
                    .and_then(|before| tokens.get(before))
                    .is_some_and(|token| token.stops);
            let negates = two.word.ends_with("n't") || two.word == "cannot";
            let last =
                text.get(two.end..).is_some_and(|tail| tail.trim_matches(['"', '\'']).is_empty());
            first && SUBJECTS.contains(&one.word) && negates && (two.stops || last)
        }
        _ => false,
    });
    let (_, pair) = pair?;
    Some((pair.first()?.start, pair.last()?.end))
}

/// "Trump in Tokyo? No, says ...", "방한? 아니다", "Absage? Nein": the question is answered.
fn answer_no(lists: &Lists, text: &str) -> Option<(usize, usize)> {
    let at = text.rfind(['?', '？'])?;
    let tail = text.get(at..)?.trim_start_matches(['?', '？']);
    let start = text.len() - tail.len();
    let answer = tail
        .trim_start_matches([' ', '\'', '"', '「', '“', '「', ':', '-', '—', '«', '\u{a0}', '：']);
    let skipped = tail.len() - answer.len();
    let said = lists.answers_no.heading(answer)?;
    let bare = said.trim_end_matches([' ', ',', '.']);
    Some((start + skipped, start + skipped + bare.len()))
}

/// "Staatsgeld für Ohio? Tokio: Davon ist nichts wahr": a negation behind the question, by somebody.
fn answer_by_somebody(text: &str, hits: &[Hit]) -> Option<(usize, usize)> {
    let at = text.rfind(['?', '？'])?;
    let mut after = hits.iter().filter(|hit| hit.start > at);
    let somebody = after
        .clone()
        .any(|hit| !matches!(hit.tag, Tag::Word(_)) || hit.tag.is(&[Role::Say, Role::UsSeat]));
    let quoted = text.get(at..).is_some_and(|tail| tail.contains(['"', '「', '“']));
    let negation = after.find(|hit| hit.tag.is(&[Role::Negate]))?;
    (somebody || quoted).then_some((negation.start, negation.end))
}

/// 調整はしていない, 打診もしておらず: a step towards it that was not taken.
fn nothing_done(lists: &Lists, text: &str) -> Option<(usize, usize)> {
    const NOT: [&str; 9] = [
        "していない",
        "しておらず",
        "していません",
        "した事実はない",
        "したことはない",
        "行っていない",
        "進めていない",
        "行っておらず",
        "進めておらず",
    ];
    lists.steps.iter().find_map(|step| {
        let at = text.find(step)?;
        let rest = text.get(at + step.len()..)?;
        let bare = rest.trim_start_matches(['は', 'も', 'を', 'に', '入', 'つ', 'い', 'て']);
        let not = NOT.iter().find(|not| bare.starts_with(**not))?;
        Some((at, text.len() - bare.len() + not.len()))
    })
}

/// "ANNULATION : ...", "KILL: ...": the label of a headline that takes back what follows.
fn label_of_withdrawal(lists: &Lists, text: &str) -> Option<(usize, usize)> {
    let label = crate::manner::label(text)?;
    let start = text.find(label)?;
    let undoes = lists.takes_back.occurs_in(label);
    undoes.then_some((start, start + label.len()))
}
