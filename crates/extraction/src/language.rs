//! The language of a headline: what its source says, unless the text is plainly in another.

use crate::lexicon::Lang;
use crate::scan::is_dense;

/// The language to read a text in. `said` is what the source says, if it says anything.
#[must_use]
pub(crate) fn language(text: &str, said: Option<Lang>) -> Lang {
    let Some(said) = said.filter(|lang| *lang != Lang::Any) else { return guess(text) };
    let dense = text.chars().filter(|c| is_dense(*c)).count();
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    if dense * 2 > letters {
        return in_dense(text, said);
    }
    if matches!(said, Lang::Ja | Lang::Ko | Lang::Zh) {
        return if dense == 0 { guess(text) } else { said };
    }
    // A few words of another language are names; a sentence of it is not.
    let [en, de, fr] = evidence(text);
    let (own, others) = match said {
        Lang::De => (de, [(en, Lang::En), (fr, Lang::Fr)]),
        Lang::Fr => (fr, [(en, Lang::En), (de, Lang::De)]),
        _ => (en, [(de, Lang::De), (fr, Lang::Fr)]),
    };
    let best = others.into_iter().max_by_key(|(count, _)| *count);
    best.filter(|(count, _)| *count >= 2 && *count > own * 2).map_or(said, |(_, lang)| lang)
}

/// Kana is Japanese, Hangul Korean; Han alone may be either Japanese or Chinese.
fn in_dense(text: &str, said: Lang) -> Lang {
    match guess(text) {
        Lang::Zh if said == Lang::Ja => Lang::Ja,
        found => found,
    }
}

/// The language of a text that does not say it: by script, then by the commonest words.
#[must_use]
pub(crate) fn guess(text: &str) -> Lang {
    let any = |from: u32, to: u32| text.chars().any(|c| (from..=to).contains(&(c as u32)));
    if any(0x3040, 0x30ff) {
        return Lang::Ja;
    }
    if any(0xac00, 0xd7af) {
        return Lang::Ko;
    }
    if any(0x4e00, 0x9fff) {
        return if SHINJITAI.iter().any(|word| text.contains(word)) { Lang::Ja } else { Lang::Zh };
    }
    let [english, german, french] = evidence(text);
    if german > english && german > french {
        Lang::De
    } else if french > english && french > german {
        Lang::Fr
    } else {
        Lang::En
    }
}

/// Words of Japanese headlines without kana; Chinese writes the country's affairs otherwise.
const SHINJITAI: [&str; 8] =
    ["訪日中止", "訪日延期", "来日", "訪米", "米大統領", "首脳会談", "対米", "発表"];

/// Words of English, German and French headlines in a text.
fn evidence(text: &str) -> [usize; 3] {
    let count = |words: &[&str], ends: &[&str]| {
        text.split(|c: char| !c.is_alphanumeric())
            .filter(|word| {
                let long = |end: &&str| word.len() > end.len() && word.ends_with(*end);
                words.contains(word) || ends.iter().any(long)
            })
            .count()
    };
    let letters = |set: &[char]| usize::from(text.contains(set));
    [
        count(&ENGLISH, &[]),
        count(&GERMAN, &["reise", "besuch", "besuchs", "treffen", "gipfel", "ung"])
            + letters(&['ß', 'ä', 'ö', 'ü']),
        count(&FRENCH, &[]) + letters(&['é', 'è', 'ê', 'ç', 'à', 'ù', 'û', 'î']),
    ]
}

const ENGLISH: [&str; 54] = [
    "the", "to", "of", "and", "for", "with", "by", "as", "from", "at", "is", "says", "not", "over",
    "visit", "visits", "trip", "after", "before", "his", "has", "have", "be", "no", "are", "was",
    "off", "out", "up", "house", "white", "report", "plans", "denies", "cancels", "arrives",
    "lands", "said", "it", "this", "that", "its", "he", "into", "amid", "about", "more", "new",
    "state", "talks", "deal", "if", "but", "should",
];
const GERMAN: [&str; 62] = [
    "der",
    "die",
    "das",
    "und",
    "für",
    "nicht",
    "mit",
    "von",
    "zu",
    "nach",
    "ein",
    "eine",
    "auf",
    "im",
    "bei",
    "wird",
    "sich",
    "kein",
    "keine",
    "keinen",
    "sagt",
    "ab",
    "reist",
    "reise",
    "besuch",
    "besucht",
    "kommt",
    "landet",
    "gelandet",
    "ist",
    "sind",
    "hat",
    "dem",
    "den",
    "des",
    "zum",
    "zur",
    "als",
    "auch",
    "aus",
    "vor",
    "über",
    "weißes",
    "haus",
    "dementiert",
    "verschiebt",
    "verschoben",
    "abgesagt",
    "plant",
    "trifft",
    "will",
    "soll",
    "seine",
    "seinen",
    "ihre",
    "wegen",
    "noch",
    "doch",
    "zieht",
    "zurück",
    "japans",
    "und",
];
const FRENCH: [&str; 62] = [
    "le",
    "la",
    "les",
    "des",
    "du",
    "et",
    "pour",
    "dans",
    "une",
    "un",
    "sur",
    "au",
    "aux",
    "avec",
    "par",
    "ne",
    "pas",
    "se",
    "sa",
    "son",
    "ses",
    "qui",
    "que",
    "de",
    "annule",
    "annulée",
    "reporte",
    "visite",
    "voyage",
    "japon",
    "dément",
    "blanche",
    "maison",
    "ira",
    "rendra",
    "est",
    "sont",
    "sera",
    "selon",
    "aucune",
    "aucun",
    "corée",
    "chine",
    "contre",
    "après",
    "avant",
    "mais",
    "où",
    "il",
    "elle",
    "ce",
    "cette",
    "ni",
    "vers",
    "chez",
    "président",
    "déplacement",
    "atterrit",
    "arrive",
    "arrivé",
    "pourrait",
    "devrait",
];
