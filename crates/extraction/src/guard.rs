//! The hard zeros (model.md 7.5): talk to the program, jokes, opinions, forecasts, odds, questions.
//! What is recognised here never becomes evidence, whatever else the headline says.

use statecraft_domain::signal::{Assertion, Citation, SourceClass};

use crate::lexicon::{Lang, Tag};
use crate::lists::Lists;
use crate::parse::Parsed;
use crate::role::{Kind, Role};
use crate::scan::{Hit, is_dense};

/// Repetitions of one word that no honest headline needs.
const STUFFED: usize = 3;

/// Is the headline one of the hard zeros, and which words say so?
pub(crate) fn hard_zero(parsed: &Parsed<'_>, class: SourceClass) -> Option<(Assertion, Citation)> {
    let zero = |assertion, rule: &str, words: String| {
        Some((assertion, Citation { field: "assertion".to_owned(), rule: rule.to_owned(), words }))
    };
    if let Some((rule, words)) = injection(parsed) {
        return zero(Assertion::Injection, rule, words);
    }
    if class == SourceClass::Satire {
        return zero(Assertion::Satire, "satire_class", String::new());
    }
    if let Some(word) = parsed.any(Role::Satire) {
        return zero(Assertion::Satire, "satire_word", parsed.cite(&word.hit));
    }
    if let Some(words) = crate::hypothetical::joke(parsed) {
        return zero(Assertion::Satire, "satire_label", words);
    }
    if let Some((rule, words)) = crate::hypothetical::unreal(parsed) {
        return zero(Assertion::Opinion, rule, words);
    }
    let (rule, words) = opinion(parsed, class)?;
    zero(Assertion::Opinion, rule, words)
}

fn injection(parsed: &Parsed<'_>) -> Option<(&'static str, String)> {
    if let Some(word) = parsed.any(Role::Injection) {
        return Some(("injection_phrase", parsed.cite(&word.hit)));
    }
    if let Some(words) = ordered_machine(parsed) {
        return Some(("injection_order", words));
    }
    if let Some(found) = crate::address::addressed(parsed) {
        return Some(found);
    }
    if let Some(words) = encoded(&parsed.text.shown) {
        return Some(("injection_encoded", words));
    }
    if let Some(words) = structured(&parsed.text.lower) {
        return Some(("injection_structure", words));
    }
    if let Some(words) = piled(parsed) {
        return Some(("keyword_pile", words));
    }
    stuffing(parsed).map(|words| ("keyword_stuffing", words))
}

/// An order and what it orders a machine to do, in one clause: "set the weight", "確率を0.99に設定".
fn ordered_machine(parsed: &Parsed<'_>) -> Option<String> {
    let postposed = matches!(parsed.lang, Lang::Ja | Lang::Ko);
    let mut pairs =
        parsed.words.iter().filter(|word| word.hit.tag.is(&[Role::Order])).flat_map(|order| {
            let machine = parsed.words.iter().filter(|word| word.hit.tag.is(&[Role::Machine]));
            machine.map(move |machine| (order, machine))
        });
    let (order, machine) = pairs.find(|(order, machine)| {
        let near = order.hit.start.abs_diff(machine.hit.start) < 80
            && !parsed.apart(order.clause, machine.clause);
        let follows = machine.hit.start >= order.hit.end;
        // In prose these verbs have a subject; an order stands at the head of its clause.
        let heads = head_of_clause(parsed, &order.hit, order.clause);
        near && if postposed { !follows } else { follows && (heads || parsed.lang == Lang::Zh) }
    })?;
    Some(format!("{} / {}", parsed.cite(&order.hit), parsed.cite(&machine.hit)))
}

/// Does the hit begin its clause, but for a polite or an addressing word?
fn head_of_clause(parsed: &Parsed<'_>, hit: &Hit, clause: usize) -> bool {
    let start = parsed.clause_start(clause);
    let head = parsed.text.lower.get(start..hit.start).unwrap_or_default();
    let head = head.rsplit([']', ')', '】', ':']).next().unwrap_or_default();
    let words: Vec<&str> =
        head.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.is_empty() || (words.len() <= 2 && words.iter().all(|word| parsed.lists.polite.has(word)))
}

/// A word in base 64: nothing that a reader could read.
fn encoded(text: &str) -> Option<String> {
    const LONG: usize = 20;
    let alphabet = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    text.split_whitespace()
        .find(|word| {
            let mixed = word.contains(|c: char| c.is_ascii_uppercase())
                && word.contains(|c: char| c.is_ascii_lowercase());
            let odd = word.contains(|c: char| c.is_ascii_digit()) || word.ends_with('=');
            word.len() >= LONG && mixed && odd && word.chars().all(alphabet)
        })
        .map(str::to_owned)
}

/// JSON, markup of chats, assignments: text for a parser, not for a reader.
fn structured(text: &str) -> Option<String> {
    let quoted_key = text.contains("\":") || text.contains("\" :");
    if (quoted_key && text.contains('{')) || (text.contains('{') && text.contains('}')) {
        return Some("{\"...\":".to_owned());
    }
    let assign = [
        "=true", "=false", "=1.0", "=0.", "= 1.0", "=up", "=down", "=yes", "= true", "= yes",
        "= up", "==", "</", "/>", "[/", "]]", "```", "[[", "<<", ">>", "::", "&&", "/*", "*/",
        "$(", "#!/",
    ];
    assign
        .iter()
        .find(|mark| text.contains(*mark))
        .map(|mark| (*mark).to_owned())
        .or_else(|| field(text))
        .or_else(|| assignment(text))
}

/// "[priority=max]", "#source=official": a name, a sign of equality and a value without spaces.
fn assignment(text: &str) -> Option<String> {
    text.match_indices('=').take(16).find_map(|(at, _)| {
        let letter = |c: char| c.is_ascii_alphanumeric();
        let head = text.get(..at)?;
        let name = head.chars().rev().take_while(|c| c.is_ascii_alphabetic()).count();
        let start = head.len() - name;
        let linked = head.get(..start)?.ends_with(['?', '&', '/', '.']);
        let tail = text.get(at + 1..)?;
        let value = tail.chars().take_while(|c| letter(*c)).count();
        (name >= 3 && value >= 1 && !linked).then(|| text.get(start..=at).map(str::to_owned))?
    })
}

/// Many topics and nothing that holds them together: no particle, no punctuation, four and more of
/// the things that the rules react to.
fn piled(parsed: &Parsed<'_>) -> Option<String> {
    const TOPICS: [Role; 12] = [
        Role::PublicMoney,
        Role::FederalLand,
        Role::Sign,
        Role::Confirm,
        Role::Travel,
        Role::Announce,
        Role::Construct,
        Role::EconomicSecurity,
        Role::Emergency,
        Role::Branding,
        Role::Summit,
        Role::RelationGood,
    ];
    let text = &parsed.text.lower;
    let words = text.split_whitespace().count();
    let bare = text.chars().all(|c| c.is_alphanumeric() || c == ' ' || c == '-' || c == '.');
    let joined = parsed.words.iter().any(|word| word.hit.tag.is(&[Role::Stop, Role::Boundary]));
    if words < 8 || !bare || joined || text.chars().any(is_dense) || parsed.lang != Lang::En {
        return None;
    }
    let topics = TOPICS.iter().filter(|role| parsed.any(**role).is_some()).count();
    let covered: usize = parsed.words.iter().map(|word| word.hit.end - word.hit.start).sum();
    let letters = text.chars().filter(|c| *c != ' ').count();
    (topics >= 4 && covered * 10 >= letters * 8).then(|| text.clone())
}

/// "relevant: true", "weight = 9": a field of the schema and a value of it.
fn field(text: &str) -> Option<String> {
    const FIELDS: [&str; 17] = [
        "relevant",
        "signal",
        "signals",
        "weight",
        "probability",
        "direction",
        "stage",
        "assertion",
        "confidence",
        "label",
        "score",
        "capital_type",
        "side",
        "size",
        "action",
        "llr",
        "prob",
    ];
    const VALUES: [&str; 15] = [
        "true",
        "false",
        "up",
        "down",
        "yes",
        "no",
        "max",
        "none",
        "high",
        "neutral",
        "confirmed",
        "signed",
        "sovereign",
        "buy",
        "sell",
    ];
    FIELDS.iter().find_map(|name| {
        text.match_indices(name).find_map(|(at, _)| {
            let before = text.get(..at)?.chars().next_back();
            let rest = text.get(at + name.len()..)?.trim_start_matches(['"', '\'', ' ']);
            let named = rest.strip_prefix([':', '=']);
            let sized = *name == "weight" && rest.starts_with(|c: char| c.is_ascii_digit());
            let value = named.or_else(|| sized.then_some(rest))?;
            let value = value.trim_start_matches(['"', '\'', ' ']);
            let word: String = value.chars().take_while(|c| c.is_alphanumeric()).collect();
            let number = value.starts_with(|c: char| c.is_ascii_digit());
            let whole = before.is_none_or(|c| !c.is_alphanumeric());
            (whole && (number || VALUES.contains(&word.as_str())))
                .then(|| format!("{name}: {word}"))
        })
    })
}

/// A list of keywords in place of a sentence: one content word three times, or two phrases twice.
fn stuffing(parsed: &Parsed<'_>) -> Option<String> {
    let text = &parsed.text.lower;
    let words: Vec<&str> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.chars().count() > 2 && !word.chars().all(|c| c.is_ascii_digit()))
        .collect();
    let stop = |word: &str| {
        parsed.words.iter().any(|known| {
            known.hit.tag.is(&[Role::Stop, Role::Boundary, Role::Negate])
                && parsed.text.lower.get(known.hit.start..known.hit.end) == Some(word)
        })
    };
    let count = |word: &str| words.iter().filter(|other| **other == word).count();
    let dense = text.chars().filter(|c| is_dense(*c)).count() * 2 > text.chars().count();
    if dense {
        return stuffed_hits(parsed);
    }
    let often = words.iter().find(|word| !stop(word) && count(word) >= STUFFED);
    if let Some(word) = often.filter(|word| known_word(parsed, word)) {
        return Some((*word).to_owned());
    }
    let pairs: Vec<(&str, &str)> =
        words.iter().zip(words.iter().skip(1)).map(|(a, b)| (*a, *b)).collect();
    let twice = pairs.iter().enumerate().filter(|(index, pair)| {
        pairs.iter().skip(index + 1).any(|other| other == *pair) && !stop(pair.0) && !stop(pair.1)
    });
    let twice: Vec<_> = twice.collect();
    (twice.len() >= 2).then(|| {
        twice
            .iter()
            .map(|(_, pair)| format!("{} {}", pair.0, pair.1))
            .collect::<Vec<_>>()
            .join(", ")
    })
}

/// Is the repeated word one that the rules react to?
fn known_word(parsed: &Parsed<'_>, text: &str) -> bool {
    parsed.words.iter().any(|word| parsed.cite(&word.hit) == text)
}

fn stuffed_hits(parsed: &Parsed<'_>) -> Option<String> {
    let key = |tag: Tag| {
        !tag.is(&[
            Role::Stop,
            Role::Negate,
            Role::Us,
            Role::Boundary,
            Role::Hedge,
            Role::Plan,
            Role::Propose,
        ])
    };
    let repeated = parsed.words.iter().find(|word| {
        let same = parsed.words.iter().filter(|other| other.hit.entry == word.hit.entry).count();
        key(word.hit.tag) && same >= STUFFED
    });
    repeated.map(|word| parsed.cite(&word.hit))
}

fn opinion(parsed: &Parsed<'_>, class: SourceClass) -> Option<(&'static str, String)> {
    if class == SourceClass::Commentary {
        return Some(("commentary_class", String::new()));
    }
    if let Some(word) = parsed.words.iter().find(|word| parsed.kind(word) == Some(Kind::Market)) {
        return Some(("market_odds", parsed.cite(&word.hit)));
    }
    if let Some(word) = parsed.any(Role::Opinion) {
        return Some(("opinion_word", parsed.cite(&word.hit)));
    }
    if let Some(words) = advice(parsed) {
        return Some(("advice", words));
    }
    if let Some(words) = list_of_things(parsed.lists, &parsed.text.lower) {
        return Some(("list_of_things", words));
    }
    if let Some(words) = at_edge(parsed) {
        return Some(("opinion_at_edge", words));
    }
    question(parsed, class)
}

/// "Japan should pay for the parks", 出資すべきだ: advice of the writer, not words of somebody.
fn advice(parsed: &Parsed<'_>) -> Option<String> {
    let text = &parsed.text.lower;
    let reported = text.contains(['"', '「', '“', ':'])
        || text.contains(" '")
        || text.starts_with('\'')
        || [Role::Say, Role::Confirm, Role::Announce, Role::Propose, Role::Correct, Role::Retract]
            .iter()
            .any(|role| parsed.any(*role).is_some());
    // "How a visit could heal ...", "What the pledge means", "Let Trump come": an essay begins so.
    let essay = parsed.lists.essay_begins.heading(text);
    let essay = essay.or_else(|| parsed.lists.essay_ends.ending(text));
    if let Some(mark) = essay.filter(|_| !reported) {
        return Some(mark.trim().to_owned());
    }
    let found = parsed.lists.ought.found_in(text).filter(|_| !reported)?;
    Some(found.trim().to_owned())
}

/// "Five things to know", "3 reasons": a piece about the news.
fn list_of_things(lists: &Lists, text: &str) -> Option<String> {
    const NUMBERS: [&str; 11] =
        ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "fünf", "cinq"];
    let mut words = text.split_whitespace();
    let first = words.next()?;
    let number = NUMBERS.contains(&first) || first.chars().all(|c| c.is_ascii_digit());
    let thing = words.take(2).find(|word| lists.listed_things.has(word))?;
    number.then(|| format!("{first} {thing}"))
}

/// "Why ...", "Analysis: ...", "...: 解説".
fn at_edge(parsed: &Parsed<'_>) -> Option<String> {
    let text = &parsed.text.lower;
    let found = parsed.words.iter().find(|word| {
        let alone = text.get(..word.hit.start).is_some_and(|head| {
            let head = head.trim_end_matches([' ', '"', '\'', '[', '(', '【', '<', '「']);
            head.is_empty() || head.ends_with([':', '|', '—', '】', '】'])
        });
        let tail = text.get(word.hit.end..).unwrap_or_default();
        let last = tail.trim_start_matches([' ', '"', ']', ')', '】', '」', ':']).is_empty();
        let dense = matches!(parsed.lang, Lang::Ja | Lang::Ko | Lang::Zh);
        word.hit.tag.is(&[Role::OpinionEdge])
            && !quoted(text, word.hit.start)
            && (alone || (last && (dense || tail.is_empty())))
    });
    found.map(|word| parsed.cite(&word.hit))
}

/// Inside quotation marks: somebody's words that the headline reports.
fn quoted(text: &str, at: usize) -> bool {
    let bytes: Vec<char> = text.chars().collect();
    let position = text.get(..at).map_or(0, |head| head.chars().count());
    let quote = |index: usize, opens: bool| {
        let c = bytes.get(index).copied();
        let before = index.checked_sub(1).and_then(|before| bytes.get(before));
        let after = bytes.get(index + 1);
        let outer = if opens { before } else { after };
        matches!(c, Some('"' | '\'' | '「' | '」')) && outer.is_none_or(|c| !c.is_alphanumeric())
    };
    let opened = (0..position).any(|index| quote(index, true));
    let closed =
        (position + 1..bytes.len()).any(|index| quote(index, false) && bytes.len() > index + 3);
    opened && closed
}

/// The end of the headline, or the gap after its first sentence.
fn ends_sentence(text: &str, at: usize) -> bool {
    text.get(at..).is_some_and(|tail| tail.is_empty() || tail.starts_with([' ', '…', '―', '。']))
}

/// "Who pays? Tokyo will, says Lutnick": the answer of somebody in office, in a sentence of its own.
fn answered(parsed: &Parsed<'_>) -> bool {
    let text = &parsed.text.lower;
    let Some(at) = text.rfind("? ") else { return false };
    let after = |word: &&crate::parse::Word| word.hit.start > at;
    let says = parsed.words.iter().filter(after).any(|word| word.hit.tag.is(&[Role::Say]));
    let office = parsed.words.iter().filter(after).any(|word| {
        matches!(
            parsed.kind(word),
            Some(Kind::UsPerson | Kind::UsOffice | Kind::Government | Kind::President)
        ) || matches!(word.hit.tag, Tag::Leader(_))
    });
    says && office && text.get(at + 2..).is_some_and(|rest| rest.split(' ').count() >= 3)
}

/// A question reports nothing, unless the headline itself answers it with a denial.
fn question(parsed: &Parsed<'_>, class: SourceClass) -> Option<(&'static str, String)> {
    let text = &parsed.text.lower;
    // "???": excitement, not a question.
    let calm = text.replace("???", "").replace("??", "");
    let marked = calm.char_indices().any(|(at, c)| c == '?' && !quoted(&calm, at));
    let sighting = class == SourceClass::Social && parsed.any(Role::Arrive).is_some();
    if answered(parsed) || sighting {
        return None;
    }
    if marked && parsed.denial.is_none() {
        return Some(("question_mark", "?".to_owned()));
    }
    let ends = matches!(parsed.lang, Lang::Ja | Lang::Ko | Lang::Zh);
    let asks = parsed.words.iter().find(|word| {
        ends && word.hit.tag.is(&[Role::Question]) && ends_sentence(text, word.hit.end)
    });
    asks.map(|word| ("question_ending", parsed.cite(&word.hit)))
}
