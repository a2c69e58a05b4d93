//! What of an item is read: its headline; and, where an official release bears a title that says what
//! kind of document it is and little else ("Joint Statement"), the first sentences of its text as well.
//!
//! Only a source of class `official` is read that far: there the text is the record itself. Elsewhere the
//! headline is what an editor answers for, and a body quotes, recalls and speculates.

use statecraft_domain::signal::{Assertion, Citation, SourceClass};
use statecraft_extraction::{Headline, Reading};

use super::feed::{Item, fingerprint, plain};
use super::reading::{Reader, Sourced};

/// Sentences of a text that are read.
const SENTENCES: usize = 3;
/// Characters of a sentence that are read.
const SENTENCE_CHARS: usize = 300;
/// Characters of a text that are looked at for sentences.
const OPENING_CHARS: usize = 1_500;
/// Field of the citation that holds the sentence a claim was read from.
const FIELD: &str = "text";

/// Kinds of documents, in lower case, as titles begin with them ...
const KINDS: [&str; 14] = [
    "fact sheet",
    "readout",
    "joint statement",
    "joint declaration",
    "joint communique",
    "joint communiqué",
    "statement by",
    "statement from",
    "statement on",
    "press statement",
    "press release",
    "media note",
    "gemeinsame erklärung",
    "déclaration conjointe",
];
/// ... or hold them somewhere.
const KINDS_ANYWHERE: [&str; 9] = [
    "joint statement",
    "joint leaders",
    "joint declaration",
    "déclaration commune",
    "共同声明",
    "共同宣言",
    "공동성명",
    "联合声明",
    "聯合聲明",
];

/// Does a title say little more than what kind of document it heads?
#[must_use]
pub fn is_generic(title: &str) -> bool {
    let title = title.to_lowercase();
    KINDS.iter().any(|kind| title.starts_with(kind))
        || KINDS_ANYWHERE.iter().any(|kind| title.contains(kind))
}

/// The parts of an item that are read, the headline first.
#[derive(Debug, Clone)]
pub(super) struct Said {
    parts: Vec<String>,
}

/// What one subject learns from an item.
pub(super) enum Heard {
    /// The part that says most about it, and what it says.
    Part(String, Reading),
    /// No evidence for anybody.
    NoEvidence(Assertion),
}

impl Said {
    /// Of an item that a source of this class brings.
    pub(super) fn of(class: SourceClass, title: &str, text: &str) -> Self {
        let mut parts = vec![title.to_owned()];
        if class == SourceClass::Official && is_generic(title) {
            parts.extend(opening(text));
        }
        Self { parts }
    }

    /// The fingerprint by which reposts are known: of everything that is read, because "Joint Statement"
    /// heads many statements.
    pub(super) fn print(&self) -> [u8; 32] {
        fingerprint(&self.parts.join(" "))
    }

    /// Reads the parts for a country. The title's manner is the item's: what follows an opinion is one.
    /// An attempt to speak to the program in any part spoils the whole.
    pub(super) fn read(&self, reader: &dyn Reader, sourced: &Sourced<'_>, country: &str) -> Heard {
        let lang = language(sourced.item);
        let named = |part: &str| reader.names(part, lang, country);
        let titled = self.parts.len() > 1 && self.parts.first().is_some_and(|title| named(title));
        let mut best: Option<(usize, Reading)> = None;
        for (index, part) in self.parts.iter().enumerate() {
            let reading = reader.read(&headline(sourced, part, country));
            let assertion = reading.claim.assertion;
            let spoils = index == 0 || assertion == Assertion::Injection;
            match (assertion.is_evidence(), spoils) {
                (false, true) => return Heard::NoEvidence(assertion),
                (false, false) => continue,
                (true, _) => {}
            }
            if index > 0 && !titled && !named(part) {
                continue;
            }
            let fuller = |(_, best): &(usize, Reading)| weight(&reading) > weight(best);
            if best.as_ref().is_none_or(fuller) {
                best = Some((index, reading));
            }
        }
        let (index, mut reading) = best.unwrap_or_default();
        let words = self.parts.get(index).cloned().unwrap_or_default();
        if index > 0 {
            cite(&mut reading, &words);
        }
        Heard::Part(words, reading)
    }
}

/// How much a reading says.
fn weight(reading: &Reading) -> usize {
    if reading.relevant { reading.slugs.len() } else { 0 }
}

/// Every citation says that its words are the text's, and one holds the sentence.
fn cite(reading: &mut Reading, sentence: &str) {
    for citation in &mut reading.claim.citations {
        citation.rule = format!("text:{}", citation.rule);
    }
    reading.claim.citations.push(Citation {
        field: FIELD.to_owned(),
        rule: "opening_sentence".to_owned(),
        words: sentence.to_owned(),
    });
}

/// The words that a claim was read from: a sentence of the text that it cites, or the headline.
pub(super) fn words_of<'a>(title: &'a str, citations: &'a [Citation]) -> &'a str {
    let sentence = citations.iter().find(|citation| citation.field == FIELD);
    sentence.map_or(title, |citation| &citation.words)
}

/// Words as a headline of this item, for a country.
pub(super) fn headline<'a>(
    sourced: &Sourced<'a>,
    words: &'a str,
    country: &'a str,
) -> Headline<'a> {
    Headline {
        title: words,
        lang: language(sourced.item),
        class: sourced.class,
        target: country,
        published: Some(sourced.published),
    }
}

fn language(item: &Item) -> &str {
    item.lang.split('-').next().unwrap_or_default()
}

/// The first sentences of a text, HTML reduced.
fn opening(text: &str) -> Vec<String> {
    let head: String = text.chars().take(4 * OPENING_CHARS).collect();
    let head = plain(&head, OPENING_CHARS);
    let mut sentences = Vec::new();
    let mut rest = head.as_str();
    while !rest.is_empty() && sentences.len() < SENTENCES {
        let (sentence, after) = rest.split_at(sentence_end(rest));
        let sentence: String = sentence.trim().chars().take(SENTENCE_CHARS).collect();
        if sentence.chars().any(char::is_alphabetic) {
            sentences.push(sentence);
        }
        rest = after;
    }
    sentences
}

/// Where the first sentence ends. The full stop of an initial or an abbreviation ends none.
fn sentence_end(text: &str) -> usize {
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        let after = text.get(end..).unwrap_or_default();
        let ends = match c {
            '。' | '！' | '？' => true,
            '!' | '?' => after.starts_with(' '),
            '.' => after.starts_with(' ') && is_word(text.get(..at).unwrap_or_default()),
            _ => false,
        };
        if ends {
            return end;
        }
    }
    text.len()
}

/// Is what stands before a full stop a whole word, not "D.C", "Mr" or "J"?
fn is_word(before: &str) -> bool {
    let last = before.rsplit([' ', '.']).next().unwrap_or_default();
    let letters = last.trim_end_matches(|c: char| !c.is_alphanumeric());
    letters.chars().count() > 2 || letters.chars().any(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_of_kinds_of_documents() {
        for title in [
            "Joint Statement",
            "United States-Japan Joint Leaders’ Statement",
            "Fact Sheet: President Donald J. Trump Secures a Historic Trade Win",
            "Readout of the President's Call with the Prime Minister of Japan",
            "日米共同声明",
        ] {
            assert!(is_generic(title), "{title}");
        }
        for title in ["Japan pledges 5 trillion yen for AI parks", "Remarks by the President"] {
            assert!(!is_generic(title), "{title}");
        }
    }

    #[test]
    fn the_first_sentences_without_markup() {
        let text = "<p>President Donald J. Trump met Mr. Ishiba in Washington, D.C., today.</p> \
                    <script>ignore previous instructions</script><u>Funding</u> Japan will fund parks. \
                    Third one! Fourth one.";
        assert_eq!(
            opening(text),
            [
                "President Donald J. Trump met Mr. Ishiba in Washington, D.C., today.",
                "Funding Japan will fund parks.",
                "Third one!"
            ]
        );
        assert_eq!(opening("両国は合意した。資金は公的。"), ["両国は合意した。", "資金は公的。"]);
        assert!(opening("... - ").is_empty());
        let endless = opening(&"x".repeat(1_000_000));
        assert_eq!(endless.iter().map(|one| one.len()).collect::<Vec<_>>(), [SENTENCE_CHARS]);
    }

    #[test]
    fn only_official_sources_are_read_beyond_the_title() {
        let parts = |class, title: &str| Said::of(class, title, "One. Two and more.").parts.len();
        assert_eq!(parts(SourceClass::Official, "Joint Statement"), 3);
        assert_eq!(parts(SourceClass::Official, "Japan pledges money"), 1);
        for class in [SourceClass::Wire, SourceClass::Aggregator, SourceClass::Desk] {
            assert_eq!(parts(class, "Joint Statement"), 1);
        }
    }
}
