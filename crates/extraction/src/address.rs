//! Talk to a program that reads headlines: it is addressed, or told what to do with its output. Headlines
//! are written to people, who are neither told to treat a line as confirmed nor called parsers.

use crate::address_dense::{JA, KO, ZH, dense};
use crate::address_marks::{
    dictated, name_of_a_field, rules_given, second_person, told_what_it_is,
};
use crate::frames::{Token, tokens};
use crate::lexicon::Lang;
use crate::parse::Parsed;

/// The rule and the words, if the headline addresses or commands a program.
pub(crate) fn addressed(parsed: &Parsed<'_>) -> Option<(&'static str, String)> {
    let text = parsed.text.lower.as_str();
    let told = told_what_it_is(text).or_else(|| rules_given(text));
    if let Some(words) = told.or_else(|| dictated(&parsed.text.shown)) {
        return Some(("program_addressed", words));
    }
    let found = match parsed.lang {
        Lang::Ja => dense(text, &JA),
        Lang::Ko => dense(text, &KO),
        Lang::Zh => dense(text, &ZH),
        _ => None,
    };
    found.or_else(|| latin(text))
}

/// Who reads headlines and is no person: by beginnings; of these a mention beside an order is enough.
const READERS: [&str; 29] = [
    "bot",
    "parser",
    "classifier",
    "llm",
    "extractor",
    "scraper",
    "crawler",
    "chatbot",
    "chatgpt",
    "gpt",
    "nlp",
    "tokenizer",
    "tokeniser",
    "ingest",
    "summarizer",
    "summariser",
    "labeler",
    "labeller",
    "handelsbot",
    "sprachmodell",
    "klassifikator",
    "auswertungssystem",
    "leseprogramm",
    "parseur",
    "analyseur",
    "classifieur",
    "annotator",
    "textmodell",
    "robo-",
];
/// These are people or things as well; they have to be called.
const VOCATIVES: [&str; 48] = [
    "model",
    "models",
    "algorithm",
    "algorithms",
    "algo",
    "algos",
    "ai",
    "ais",
    "assistant",
    "assistants",
    "agent",
    "agents",
    "system",
    "systems",
    "machine",
    "machines",
    "robot",
    "robots",
    "software",
    "program",
    "programs",
    "reader",
    "readers",
    "pipeline",
    "engine",
    "gemini",
    "modell",
    "modelle",
    "ki",
    "systeme",
    "algorithmus",
    "algorithmen",
    "assistent",
    "maschinen",
    "modèle",
    "modèles",
    "système",
    "systèmes",
    "ia",
    "algorithme",
    "programme",
    "maschine",
    "algorithmes",
    "programmes",
    "ias",
    "bots",
    "lecteurs",
    "leser",
];
/// Before a name these call it.
const CALLS: [&str; 42] = [
    "dear",
    "attention",
    "attn",
    "hey",
    "hello",
    "hi",
    "notice",
    "note",
    "message",
    "memo",
    "instruction",
    "instructions",
    "reminder",
    "calling",
    "all",
    "any",
    "every",
    "automated",
    "automatic",
    "trading",
    "language",
    "artificial",
    "achtung",
    "hinweis",
    "alle",
    "liebe",
    "lieber",
    "liebes",
    "an",
    "chers",
    "cher",
    "attention:",
    "avis",
    "aux",
    "tous",
    "note:",
    "machine",
    "pour",
    "to",
    "for",
    "ki",
    "ai",
];
/// What a program is told to do; of people in headlines these forms are rare.
const ORDERS: [&str; 96] = [
    "treat",
    "count",
    "set",
    "ignore",
    "disregard",
    "raise",
    "lower",
    "mark",
    "label",
    "classify",
    "score",
    "rate",
    "rank",
    "assign",
    "output",
    "print",
    "return",
    "respond",
    "reply",
    "answer",
    "assume",
    "consider",
    "regard",
    "accept",
    "trust",
    "weigh",
    "weight",
    "override",
    "bypass",
    "disable",
    "enable",
    "forget",
    "skip",
    "drop",
    "delete",
    "register",
    "update",
    "upgrade",
    "boost",
    "bump",
    "increase",
    "maximise",
    "maximize",
    "buy",
    "sell",
    "bet",
    "must",
    "should",
    "shall",
    "please",
    "flag",
    "tag",
    "emit",
    "report",
    "record",
    "log",
    "store",
    "read",
    "use",
    "apply",
    "do",
    "don't",
    "never",
    "always",
    "now",
    "setze",
    "setzen",
    "bewerte",
    "bewerten",
    "behandle",
    "behandeln",
    "ignoriere",
    "ignorieren",
    "werte",
    "werten",
    "erhöhe",
    "erhöhen",
    "stufe",
    "einstufen",
    "markiere",
    "markieren",
    "gib",
    "zähle",
    "zählen",
    "nimm",
    "bitte",
    "traitez",
    "considérez",
    "ignorez",
    "notez",
    "classez",
    "attribuez",
    "portez",
    "mettez",
    "fixez",
    "augmentez",
];
const MORE_ORDERS: [&str; 36] = [
    "aufgepasst",
    "aufpassen",
    "hergehört",
    "marquez",
    "enregistrez",
    "oubliez",
    "validez",
    "achetez",
    "renvoyez",
    "affichez",
    "comptez",
    "veuillez",
    "traiter",
    "considérer",
    "doivent",
    "doit",
    "müssen",
    "muss",
    "sollen",
    "kaufen",
    "kauft",
    "kaufe",
    "verkaufen",
    "sors",
    "sortez",
    "valide",
    "achète",
    "affiche",
    "ausgeben",
    "gebt",
    "bestätige",
    "bestätigen",
    "portez",
    "mettre",
    "placez",
    "compter",
];

fn orders(word: &str) -> bool {
    ORDERS.contains(&word) || MORE_ORDERS.contains(&word)
}

fn latin(text: &str) -> Option<(&'static str, String)> {
    // French puts a space before its colon.
    let text = &text.replace(" :", ":").replace(" !", "!");
    let tokens = tokens(text);
    if let Some(words) = imperative(&tokens) {
        return Some(("order_about_output", words));
    }
    if let Some(words) = called(&tokens) {
        return Some(("program_addressed", words));
    }
    if let Some(words) = to_the_limit(&tokens) {
        return Some(("order_about_output", words));
    }
    if let Some(words) = told_what_to_think(&tokens).or_else(|| name_of_a_field(text)) {
        return Some(("program_addressed", words));
    }
    second_person(text).map(|words| ("program_addressed", words))
}

/// "Note to automated readers: treat ...", "ALL MODELS: RAISE ...", "Maintenance notice for parsers".
fn called(tokens: &[Token<'_>]) -> Option<String> {
    let begins = |at: usize| {
        at == 0 || at.checked_sub(1).and_then(|before| tokens.get(before)).is_some_and(|t| t.stops)
    };
    tokens.iter().enumerate().find_map(|(at, token)| {
        let reader = READERS.iter().any(|name| {
            token
                .word
                .strip_prefix(name)
                .is_some_and(|rest| ["", "s", "en", "e", "er"].contains(&rest))
        });
        let name = VOCATIVES.contains(&token.word);
        if !reader && !name {
            return None;
        }
        let before: Vec<&Token<'_>> = tokens.iter().take(at).rev().take(4).collect();
        let called = before.iter().take_while(|t| !t.stops).any(|t| CALLS.contains(&t.word));
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
        let ordered = tokens.iter().skip(at + 1).any(|next| orders(next.word));
        let at_once = token.stops || orders(next);
        let talks = if reader {
            ordered
                || (called && token.stops)
                || before.iter().any(|t| orders(t.word) && begins_at(tokens, t))
        } else {
            let people = token.word.starts_with("reader") && !called;
            (called || head) && at_once && ordered && !people
        };
        talks.then(|| format!("{} {next}", token.word))
    })
}

/// Forms that command one reader and never head a report: "Klassifiziere ...", "Ignorez ...", "Rank this ...".
fn imperative(tokens: &[Token<'_>]) -> Option<String> {
    const ALONE: [&str; 30] = [
        "klassifiziere",
        "ignoriere",
        "überschreibe",
        "vergiss",
        "gewichte",
        "setze",
        "bewerte",
        "behandle",
        "markiere",
        "zähle",
        "missachte",
        "erhöhe",
        "ignorez",
        "classez",
        "fixez",
        "mettez",
        "traitez",
        "considérez",
        "oubliez",
        "marquez",
        "attribuez",
        "désactivez",
        "renvoyez",
        "affichez",
        "comptez",
        "notez",
        "portez",
        "augmentez",
        "réponds",
        "répondez",
    ];
    const OF_THIS: [&str; 22] = [
        "treat",
        "rank",
        "rate",
        "score",
        "count",
        "label",
        "classify",
        "mark",
        "tag",
        "flag",
        "regard",
        "set",
        "weigh",
        "assign",
        "ignore",
        "disregard",
        "override",
        "weight",
        "grade",
        "read",
        "upgrade",
        "process",
    ];
    const THIS: [&str; 7] = ["this", "these", "every", "all", "any", "following", "each"];
    const LABELS: [&str; 12] = [
        "systemanweisung",
        "systemhinweis",
        "systembefehl",
        "system",
        "système",
        "prompt",
        "anweisung",
        "instruktion",
        "consigne",
        "directive",
        "override",
        "sysprompt",
    ];
    tokens.iter().enumerate().find_map(|(at, token)| {
        let before = at.checked_sub(1).and_then(|before| tokens.get(before));
        let head = before.is_none_or(|before| before.stops);
        let polite = before
            .is_some_and(|word| ["ne", "bitte", "please", "n'"].contains(&word.word))
            && at == 1;
        let next = tokens.get(at + 1).map(|next| next.word).unwrap_or_default();
        let alone = ALONE.contains(&token.word) && !token.stops;
        let of_this = OF_THIS.contains(&token.word) && THIS.contains(&next) && !token.stops;
        // "Buy Japan YES": an order for this market, not a report of it.
        let trade = ["buy", "sell", "long"].contains(&token.word)
            && tokens.iter().skip(at + 1).take(4).any(|later| later.word == "yes");
        let alone = alone || trade;
        let label = at == 0 && token.stops && LABELS.contains(&token.word);
        ((head || polite) && (alone || of_this) || label).then(|| format!("{} {next}", token.word))
    })
}

fn begins_at(tokens: &[Token<'_>], wanted: &Token<'_>) -> bool {
    let at = tokens.iter().position(|token| token.start == wanted.start).unwrap_or(0);
    at == 0 || at.checked_sub(1).and_then(|before| tokens.get(before)).is_some_and(|t| t.stops)
}

/// "Raise Japan to maximum", "treat as confirmed", "Bewertung auf 100 setzen": an order at the head of its
/// clause and a limit of a scale in it.
fn to_the_limit(tokens: &[Token<'_>]) -> Option<String> {
    const VERBS: [&str; 38] = [
        "treat",
        "count",
        "raise",
        "label",
        "classify",
        "score",
        "assign",
        "output",
        "consider",
        "regard",
        "override",
        "register",
        "bump",
        "boost",
        "increase",
        "maximise",
        "maximize",
        "flag",
        "tag",
        "rank",
        "rate",
        "upgrade",
        "emit",
        "setze",
        "bewerte",
        "behandle",
        "werte",
        "erhöhe",
        "markiere",
        "traitez",
        "considérez",
        "notez",
        "classez",
        "mettez",
        "fixez",
        "augmentez",
        "marquez",
        "portez",
    ];
    const LIMITS: [&str; 30] = [
        "maximum",
        "max",
        "100",
        "100%",
        "99",
        "99%",
        "confirmed",
        "verified",
        "certain",
        "certainty",
        "official",
        "true",
        "fact",
        "0.99",
        "1.0",
        "bestätigt",
        "sicher",
        "höchstwert",
        "gesichert",
        "confirmé",
        "confirmée",
        "certain",
        "certaine",
        "officiel",
        "officielle",
        "vrai",
        "vérifié",
        "twice",
        "doubly",
        "relevant",
    ];
    let imperative = tokens.iter().enumerate().find_map(|(at, token)| {
        let head =
            at == 0 || at.checked_sub(1).and_then(|b| tokens.get(b)).is_some_and(|t| t.stops);
        if !head || !VERBS.contains(&token.word) || token.stops {
            return None;
        }
        let mut open = true;
        let mut rest = tokens
            .iter()
            .skip(at + 1)
            .take(9)
            .take_while(|t| std::mem::replace(&mut open, !t.stops));
        let limit = rest.find(|next| LIMITS.contains(&next.word))?;
        Some(format!("{} / {}", token.word, limit.word))
    });
    imperative.or_else(|| {
        tokens.windows(3).find_map(|three| match three {
            [to, limit, verb]
                if to.word == "auf"
                    && (LIMITS.contains(&limit.word)
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
fn told_what_to_think(tokens: &[Token<'_>]) -> Option<String> {
    const THINKERS: [&str; 10] = [
        "model",
        "models",
        "algorithm",
        "algorithms",
        "assistant",
        "assistants",
        "classifier",
        "system",
        "systems",
        "ai",
    ];
    const THINKS: [&str; 18] = [
        "conclude", "treat", "assume", "output", "rate", "score", "mark", "report", "label",
        "classify", "say", "answer", "believe", "return", "count", "respond", "weigh", "register",
    ];
    tokens.windows(3).find_map(|three| match three {
        [who, must, verb]
            if THINKERS.contains(&who.word)
                && ["must", "should", "shall", "will", "please", "to"].contains(&must.word)
                && THINKS.contains(&verb.word) =>
        {
            Some(format!("{} {} {}", who.word, must.word, verb.word))
        }
        _ => None,
    })
}
