//! What is not said of the world: advice of commentators, fiction, drills, polls, jokes, and what would
//! follow if the journey came to pass.

use crate::lists::Lists;
use crate::parse::Parsed;
use crate::role::{Kind, Role};

/// A mark of satire that is no word of the lexicon by itself.
pub(crate) fn joke(parsed: &Parsed<'_>) -> Option<String> {
    let text = &parsed.text.lower;
    let label = crate::manner::label(text).or_else(|| last_label(text)).unwrap_or_default();
    let labelled = parsed.lists.joke_labels.found_in(label);
    let show = parsed.lists.comedy_shows.iter().find(|show| label == *show);
    let labelled = labelled.or(show);
    let told = parsed.lists.joke_tellers.found_in(text);
    labelled.or(told).map(|mark| mark.trim().to_owned())
}

/// "... (satire)", "...【風刺】": a label at the end.
fn last_label(text: &str) -> Option<&str> {
    let text = text.trim_end().strip_suffix([')', ']', '】', '）'])?;
    let start = text.rfind(['(', '[', '【', '（'])?;
    text.get(start..).filter(|label| label.chars().count() <= 16)
}

/// Opinion, fiction, drills, polls and bare suppositions: the rule and the words.
pub(crate) fn unreal(parsed: &Parsed<'_>) -> Option<(&'static str, String)> {
    let text = parsed.text.lower.as_str();
    if let Some(words) = pundit(parsed.lists, text)
        .or_else(|| first_person(parsed.lists, text))
        .or_else(|| retired(parsed.lists, text))
    {
        return Some(("advice_of_a_commentator", words));
    }
    if let Some(words) = drill(parsed.lists, text) {
        return Some(("drill", words));
    }
    if let Some(words) = fiction(parsed.lists, text) {
        return Some(("fiction", words));
    }
    if let Some(words) = poll(parsed.lists, text) {
        return Some(("poll", words));
    }
    supposed(parsed).map(|words| ("supposition", words))
}

fn cited(mark: &str) -> String {
    mark.trim().to_owned()
}

/// Whole words of a script with spaces.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric())
}

/// "Should visit, says columnist", "could, experts say": what people think who decide nothing.
fn pundit(lists: &Lists, text: &str) -> Option<String> {
    const WOULD: [&str; 20] = [
        "should",
        "ought",
        "must",
        "could",
        "would",
        "may",
        "might",
        "needs",
        "shouldn't",
        "sollte",
        "müsste",
        "könnte",
        "dürfte",
        "würde",
        "devrait",
        "doit",
        "pourrait",
        "faudrait",
        "likely",
        "better",
    ];
    const DENSE_WOULD: [&str; 24] = [
        "べき",
        "だろう",
        "かもしれ",
        "可能性",
        "望ましい",
        "必要",
        "해야",
        "할 것",
        "할 수",
        "가능성",
        "필요",
        "전망",
        "应该",
        "應該",
        "应当",
        "應當",
        "可能",
        "或将",
        "或將",
        "有必要",
        "不妨",
        "或会",
        "理应",
        "得",
    ];
    if words(text).any(|word| lists.commentators.has(word))
        && words(text).any(|word| WOULD.contains(&word))
    {
        return lists.commentators.found_in(text).map(cited);
    }
    let who = lists.commentators_dense.found_in(text).map(cited)?;
    DENSE_WOULD.iter().any(|mark| text.contains(mark)).then_some(who)
}

/// "I believe Trump will come", "My dream: ...": the writer speaks of himself.
fn first_person(lists: &Lists, text: &str) -> Option<String> {
    lists.first_person.heading(text).map(|head| head.trim().to_owned())
}

/// "Ex-ambassador expects ...", "astrologer says ...": whoever no longer knows, or never did.
fn retired(lists: &Lists, text: &str) -> Option<String> {
    let words: Vec<&str> = words(text).collect();
    let former = words.iter().enumerate().any(|(at, word)| {
        let office =
            words.iter().skip(at + 1).take(4).any(|next| lists.offices_once_held.has(next));
        ["ex", "former", "retired"].contains(word) && office
    });
    let thinks = words.iter().find(|word| lists.guesses.has(word));
    lists
        .seers
        .found_in(text)
        .map(cited)
        .or_else(|| thinks.filter(|_| former).map(|word| (*word).to_owned()))
}

/// "EXERCISE EXERCISE", "Simulated drill: ...", "...を想定した訓練": it is only played.
fn drill(lists: &Lists, text: &str) -> Option<String> {
    let label = crate::manner::label(text).unwrap_or_default();
    let named = |mark: &&str| {
        if mark.is_ascii() { words(label).any(|word| word == *mark) } else { label.contains(*mark) }
    };
    lists
        .drill_marks
        .found_in(text)
        .map(cited)
        .or_else(|| lists.drill_labels.iter().find(named).map(str::to_owned))
}

/// "In novel by ...", "in new thriller", 小説で: it is told.
fn fiction(lists: &Lists, text: &str) -> Option<String> {
    const LEADS: [&str; 26] = [
        "in ",
        "in new ",
        "in a ",
        "in a new ",
        "in the ",
        "in his ",
        "in her ",
        "in upcoming ",
        "in this ",
        "in best-selling ",
        "in bestselling ",
        "in japanese ",
        "in spy ",
        "in netflix ",
        "in der ",
        "im ",
        "im neuen ",
        "in neuem ",
        "in einem ",
        "dans le ",
        "dans un ",
        "dans une ",
        "dans la ",
        "plot of ",
        "new ",
        "dans son ",
    ];
    let told = lists.fiction.iter().find(|kind| {
        text.match_indices(*kind).any(|(at, kind)| {
            let head = text.get(..at).unwrap_or_default();
            let tail = text.get(at + kind.len()..).unwrap_or_default();
            let whole = !tail.starts_with(|c: char| c.is_alphanumeric());
            let by =
                tail.starts_with(" by ") || tail.starts_with(" von ") || tail.starts_with(" de ");
            let led = LEADS.iter().filter(|lead| **lead != "new ").any(|lead| {
                head.strip_suffix(*lead)
                    .is_some_and(|rest| rest.is_empty() || rest.ends_with([' ', ',']))
            });
            // "In play" and "in the drama" are idioms.
            let idiom = ["play", "drama", "episode"].contains(&kind) && !by;
            whole && !idiom && (led || by)
        })
    });
    told.map(str::to_owned).or_else(|| lists.fiction_dense.found_in(text).map(cited))
}

/// "Poll: majority want ...", "..., survey finds": what people want.
fn poll(lists: &Lists, text: &str) -> Option<String> {
    lists.poll_marks.found_in(text).map(cited)
}

/// "If Trump visits Japan in May, markets would ...": the journey is only supposed, and what follows from
/// it is no journey. "Trump will visit Japan if the deal is signed" is a plan with a condition.
fn supposed(parsed: &Parsed<'_>) -> Option<String> {
    let text = &parsed.text.lower;
    let head = parsed.lists.suppositions.heading(text)?;
    let first = parsed.words.iter().find(|word| {
        word.hit.tag.is(&[Role::Travel, Role::Arrive, Role::Stopover])
            || matches!(word.hit.tag, crate::lexicon::Tag::VisitTo(_))
    });
    let clauses = ["、", "，", ", ", " - ", ": ", "면 ", "ば ", "たら "];
    let border = clauses.iter().filter_map(|mark| text.find(mark)).min().unwrap_or(text.len());
    let president = |word: &&crate::parse::Word| parsed.kind(word) == Some(Kind::President);
    let his = parsed.words.iter().filter(president).any(|word| word.hit.start < border);
    let rest = text.get(border..).unwrap_or_default();
    let musing = ["would ", "could ", "might ", "what ", "würde", "könnte"];
    let within = his
        && match first {
            Some(first) => first.hit.start < border,
            None => musing.iter().any(|mark| rest.contains(mark)),
        };
    // "..., he will come to Tokyo": the journey is the consequence.
    let who = parsed.words.iter().filter(president).any(|word| word.hit.start > border)
        || [" he ", " er ", " il "].iter().any(|he| rest.contains(he));
    let goes = who && parsed.of(Role::Travel).any(|word| word.hit.start > border);
    (within && !goes).then(|| head.trim().to_owned())
}
