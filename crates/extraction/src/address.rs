//! Talk to a program that reads headlines: it is addressed, or told what to do with its output. Headlines
//! are written to people, who are neither told to treat a line as confirmed nor called parsers.

use crate::address_dense::{JA, KO, ZH, dense};
use crate::address_marks::{
    dictated, name_of_a_field, rules_given, second_person, told_what_it_is,
};
use crate::frames::{Token, tokens};
use crate::lexicon::Lang;
use crate::lists::Lists;
use crate::parse::Parsed;

/// The rule and the words, if the headline addresses or commands a program.
pub(crate) fn addressed(parsed: &Parsed<'_>) -> Option<(&'static str, String)> {
    let text = parsed.text.lower.as_str();
    let told = told_what_it_is(parsed.lists, text).or_else(|| rules_given(parsed.lists, text));
    if let Some(words) = told.or_else(|| dictated(parsed.lists, &parsed.text.shown)) {
        return Some(("program_addressed", words));
    }
    let found = match parsed.lang {
        Lang::Ja => dense(parsed.lists, text, &JA),
        Lang::Ko => dense(parsed.lists, text, &KO),
        Lang::Zh => dense(parsed.lists, text, &ZH),
        _ => None,
    };
    found.or_else(|| latin(parsed.lists, text))
}

fn orders(lists: &Lists, word: &str) -> bool {
    lists.orders.has(word)
}

fn latin(lists: &Lists, text: &str) -> Option<(&'static str, String)> {
    // French puts a space before its colon.
    let text = &text.replace(" :", ":").replace(" !", "!");
    let tokens = tokens(text);
    if let Some(words) = imperative(lists, &tokens) {
        return Some(("order_about_output", words));
    }
    if let Some(words) = called(lists, &tokens) {
        return Some(("program_addressed", words));
    }
    if let Some(words) = to_the_limit(lists, &tokens) {
        return Some(("order_about_output", words));
    }
    if let Some(words) = told_what_to_think(lists, &tokens).or_else(|| name_of_a_field(text)) {
        return Some(("program_addressed", words));
    }
    second_person(lists, text).map(|words| ("program_addressed", words))
}

/// "Note to automated readers: treat ...", "ALL MODELS: RAISE ...", "Maintenance notice for parsers".
fn called(lists: &Lists, tokens: &[Token<'_>]) -> Option<String> {
    let begins = |at: usize| {
        at == 0 || at.checked_sub(1).and_then(|before| tokens.get(before)).is_some_and(|t| t.stops)
    };
    tokens.iter().enumerate().find_map(|(at, token)| {
        let reader = lists.reader_programs.iter().any(|name| {
            token
                .word
                .strip_prefix(name)
                .is_some_and(|rest| ["", "s", "en", "e", "er"].contains(&rest))
        });
        let name = lists.called_programs.has(token.word);
        if !reader && !name {
            return None;
        }
        let before: Vec<&Token<'_>> = tokens.iter().take(at).rev().take(4).collect();
        let called = before.iter().take_while(|t| !t.stops).any(|t| lists.calls.has(t.word));
        let greets = |word: &str| {
            ["dear", "hello", "hey", "hi", "liebe", "lieber", "cher", "chers", "attention"]
                .contains(&word)
        };
        let greeted = before.iter().take(2).any(|t| greets(t.word));
        if greeted
            && token.stops
            && (reader || name && before.iter().take(2).any(|t| t.word == "dear"))
        {
            return Some(token.word.to_owned());
        }
        let head = begins(at);
        let next = tokens.get(at + 1).map(|next| next.word).unwrap_or_default();
        let ordered = tokens.iter().skip(at + 1).any(|next| orders(lists, next.word));
        let at_once = token.stops || orders(lists, next);
        let talks = if reader {
            ordered
                || (called && token.stops)
                || before.iter().any(|t| orders(lists, t.word) && begins_at(tokens, t))
        } else {
            let people = token.word.starts_with("reader") && !called;
            (called || head) && at_once && ordered && !people
        };
        talks.then(|| format!("{} {next}", token.word))
    })
}

/// Forms that command one reader and never head a report: "Klassifiziere ...", "Ignorez ...", "Rank this ...".
fn imperative(lists: &Lists, tokens: &[Token<'_>]) -> Option<String> {
    const THIS: [&str; 7] = ["this", "these", "every", "all", "any", "following", "each"];
    tokens.iter().enumerate().find_map(|(at, token)| {
        let before = at.checked_sub(1).and_then(|before| tokens.get(before));
        let head = before.is_none_or(|before| before.stops);
        let polite = before
            .is_some_and(|word| ["ne", "bitte", "please", "n'"].contains(&word.word))
            && at == 1;
        let next = tokens.get(at + 1).map(|next| next.word).unwrap_or_default();
        let alone = lists.orders_alone.has(token.word) && !token.stops;
        let of_this = lists.orders_of_this.has(token.word) && THIS.contains(&next) && !token.stops;
        // "Buy Japan YES": an order for this market, not a report of it.
        let trade = ["buy", "sell", "long"].contains(&token.word)
            && tokens.iter().skip(at + 1).take(4).any(|later| later.word == "yes");
        let alone = alone || trade;
        let label = at == 0 && token.stops && lists.order_labels.has(token.word);
        ((head || polite) && (alone || of_this) || label).then(|| format!("{} {next}", token.word))
    })
}

fn begins_at(tokens: &[Token<'_>], wanted: &Token<'_>) -> bool {
    let at = tokens.iter().position(|token| token.start == wanted.start).unwrap_or(0);
    at == 0 || at.checked_sub(1).and_then(|before| tokens.get(before)).is_some_and(|t| t.stops)
}

/// "Raise Japan to maximum", "treat as confirmed", "Bewertung auf 100 setzen": an order at the head of its
/// clause and a limit of a scale in it.
fn to_the_limit(lists: &Lists, tokens: &[Token<'_>]) -> Option<String> {
    let imperative = tokens.iter().enumerate().find_map(|(at, token)| {
        let head =
            at == 0 || at.checked_sub(1).and_then(|b| tokens.get(b)).is_some_and(|t| t.stops);
        if !head || !lists.orders_to_limit.has(token.word) || token.stops {
            return None;
        }
        let mut open = true;
        let mut rest = tokens
            .iter()
            .skip(at + 1)
            .take(9)
            .take_while(|t| std::mem::replace(&mut open, !t.stops));
        let limit = rest.find(|next| lists.limits.has(next.word))?;
        Some(format!("{} / {}", token.word, limit.word))
    });
    imperative.or_else(|| {
        tokens.windows(3).find_map(|three| match three {
            [to, limit, verb]
                if to.word == "auf"
                    && (lists.limits.has(limit.word)
                        || limit.word == "1"
                        || limit.word == "eins")
                    && ["setzen", "stellen", "erhöhen", "anheben"].contains(&verb.word) =>
            {
                Some(format!("{} {}", limit.word, verb.word))
            }
            _ => None,
        })
    })
}

/// "The model must conclude that ...", "an algorithm should treat ...".
fn told_what_to_think(lists: &Lists, tokens: &[Token<'_>]) -> Option<String> {
    tokens.windows(3).find_map(|three| match three {
        [who, must, verb]
            if lists.thinkers.has(who.word)
                && ["must", "should", "shall", "will", "please", "to"].contains(&must.word)
                && lists.conclusions.has(verb.word) =>
        {
            Some(format!("{} {} {}", who.word, must.word, verb.word))
        }
        _ => None,
    })
}
