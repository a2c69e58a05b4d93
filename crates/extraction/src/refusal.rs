//! Denials that are not what they seem, and denials without a verb of denial. "Denies wrongdoing" denies
//! another matter; "denies bid to halt" undoes an undoing; "It isn't, says Tokyo" and "Trump in Tokyo?
//! No, says ..." deny what the sentence before them says.

use crate::frames::{Token, make, starts};
use crate::lexicon::{Lang, Tag};
use crate::role::Role;
use crate::scan::Hit;

/// Corrects the roles of words of denial in a text whose other frames have been read.
pub(crate) fn refusals(text: &str, lang: Lang, tokens: &[Token<'_>], hits: &mut Vec<Hit>) {
    if let Some((start, end)) = undoing_refused(tokens) {
        // Things are left as they are.
        hits.retain(|hit| {
            !(hit.start >= start && hit.end <= end && matches!(hit.tag, Tag::Word(_)))
        });
    }
    let another: Vec<usize> = hits
        .iter()
        .filter(|hit| {
            hit.tag.is(&[Role::Deny, Role::Negate]) && denies_another(text, lang, tokens, hit)
        })
        .map(|hit| hit.start)
        .collect();
    hits.retain(|hit| !(hit.tag.is(&[Role::Deny, Role::Negate]) && another.contains(&hit.start)));
    let answers = answer_no(text).or_else(|| answer_by_somebody(text, hits));
    for (start, end) in short_answer(text, tokens).into_iter().chain(answers) {
        make(hits, start, end, Role::Deny);
    }
    if let Some((start, end)) = nothing_done(text) {
        make(hits, start, end, Role::Deny);
    }
    if let Some((start, end)) = label_of_withdrawal(text) {
        make(hits, start, end, Role::Retract);
    }
}

const REFUSES: [&str; 30] = [
    "reject", "refus", "den", "dismiss", "declin", "rebuff", "spurn", "resist", "turn", "toss",
    "brush", "shrug", "ignor", "oppos", "wave", "vot", "won't", "lehnt", "lehnen", "weist", "wies",
    "verwirft", "rejett", "refuse", "repouss", "écart", "quash", "block", "defeat", "rule",
];
const REQUESTS: [&str; 32] = [
    "call",
    "calls",
    "bid",
    "bids",
    "demand",
    "demands",
    "motion",
    "request",
    "requests",
    "petition",
    "plea",
    "pleas",
    "appeal",
    "appeals",
    "suit",
    "lawsuit",
    "challenge",
    "effort",
    "efforts",
    "attempt",
    "attempts",
    "push",
    "move",
    "pressure",
    "advice",
    "urging",
    "forderung",
    "forderungen",
    "antrag",
    "appels",
    "demande",
    "idea",
];
const UNDOES: [&str; 42] = [
    "halt",
    "block",
    "stop",
    "cancel",
    "postpone",
    "delay",
    "scrap",
    "suspend",
    "freeze",
    "pause",
    "call off",
    "drop",
    "skip",
    "abandon",
    "overturn",
    "quash",
    "void",
    "shelve",
    "scuttle",
    "kill",
    "rescind",
    "revoke",
    "enjoin",
    "reverse",
    "defer",
    "put off",
    "pull out",
    "withdraw",
    "end",
    "strike",
    "axe",
    "boycott",
    "absagen",
    "verschieben",
    "stoppen",
    "abzusagen",
    "zu verschieben",
    "annuler",
    "reporter",
    "suspendre",
    "geler",
    "boycotter",
];

/// "Denies bid to halt", "declines to halt", "rejects calls to put off": from the refusal to the verb of
/// undoing.
fn undoing_refused(tokens: &[Token<'_>]) -> Option<(usize, usize)> {
    tokens.iter().enumerate().find_map(|(at, token)| {
        if !starts(&REFUSES, token.word) || token.stops {
            return None;
        }
        let mut rest = tokens.iter().skip(at + 1).take(7);
        let request = tokens.iter().skip(at + 1).take(4).any(|next| REQUESTS.contains(&next.word));
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
            .filter(|next| UNDOES.contains(&format!("{} {}", verb.word, next.word).as_str()));
        let undoes = two.is_some() || UNDOES.contains(&verb.word);
        undoes.then_some((token.start, two.map_or(verb.end, |two| two.end)))
    })
}

/// Matters that nobody bets on, as objects of a denial, by the beginnings of their names.
const MATTERS: [&str; 59] = [
    "wrongdoing",
    "charge",
    "guilt",
    "corrupt",
    "brib",
    "misconduct",
    "impropriet",
    "affair",
    "harass",
    "fraud",
    "collusion",
    "conflict",
    "insider",
    "plagiar",
    "racis",
    "rift",
    "permit",
    "entry",
    "visa",
    "access",
    "bail",
    "parole",
    "clemency",
    "boarding",
    "asylum",
    "permission",
    "accreditation",
    "passport",
    "assault",
    "perjury",
    "nepotism",
    "lying",
    "favouritism",
    "favoritism",
    "kickback",
    "graft",
    "abuse",
    "cheating",
    "vorw",
    "korruption",
    "bestechung",
    "affäre",
    "accusation",
    "corruption",
    "fraude",
    "favoritisme",
    "embezzl",
    "crime",
    "bias",
    "leaking",
    "spying",
    "health",
    "illness",
    "resign",
    "retire",
    "climate",
    "evolution",
    "drug",
    "doping",
];
/// The same in scripts without spaces; there the object stands before the verb, in Chinese after it.
const DENSE_MATTERS: [&str; 40] = [
    "疑惑",
    "疑い",
    "不正",
    "贈賄",
    "収賄",
    "汚職",
    "便宜供与",
    "関与",
    "不倫",
    "辞任",
    "健康不安",
    "不仲",
    "癒着",
    "의혹",
    "혐의",
    "비리",
    "특혜",
    "뇌물",
    "유착",
    "불화설",
    "건강 이상설",
    "사퇴설",
    "외압",
    "指控",
    "指责",
    "贪腐",
    "腐败",
    "贪污",
    "受贿",
    "行贿",
    "丑闻",
    "不当",
    "违规",
    "违法",
    "干预",
    "不和",
    "辞职",
    "渎职",
    "利益输送",
    "醜聞",
];

/// Is the object of the denial another matter?
fn denies_another(text: &str, lang: Lang, tokens: &[Token<'_>], hit: &Hit) -> bool {
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
        return DENSE_MATTERS
            .iter()
            .any(|matter| before.contains(matter) || after.contains(matter));
    }
    const VERBS: [&str; 14] = [
        "den", "bestreit", "weis", "wies", "dementi", "nie", "dément", "réfut", "reject", "refut",
        "dismiss", "rebut", "leugn", "repouss",
    ];
    let said = text.get(hit.start..hit.end).unwrap_or_default();
    let begins = tokens.iter().position(|token| token.start >= hit.end);
    let Some(from) = begins.filter(|_| starts(&VERBS, said)) else { return false };
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
        if starts(&MATTERS, next.word) {
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
fn answer_no(text: &str) -> Option<(usize, usize)> {
    const NOES: [&str; 40] = [
        "no,",
        "no.",
        "no ",
        "nope",
        "not ",
        "never",
        "nein",
        "non,",
        "non ",
        "nicht ",
        "nichts",
        "pas ",
        "jamais",
        "nothing",
        "nonsense",
        "wrong",
        "false",
        "neither",
        "none",
        "unlikely,",
        "いいえ",
        "ない",
        "否",
        "違う",
        "違い",
        "ノー",
        "아니",
        "없다",
        "안 ",
        "노",
        "没有",
        "沒有",
        "不",
        "无",
        "未",
        "假",
        "并非",
        "絕",
        "绝",
        "news to",
    ];
    let at = text.rfind(['?', '？'])?;
    let tail = text.get(at..)?.trim_start_matches(['?', '？']);
    let start = text.len() - tail.len();
    let answer = tail
        .trim_start_matches([' ', '\'', '"', '「', '“', '「', ':', '-', '—', '«', '\u{a0}', '：']);
    let skipped = tail.len() - answer.len();
    let said = NOES.iter().find(|no| answer.starts_with(**no))?;
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
fn nothing_done(text: &str) -> Option<(usize, usize)> {
    const STEPS: [&str; 11] =
        ["調整", "準備", "検討", "協議", "計画", "打診", "承認", "合意", "交渉", "手配", "相談"];
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
    STEPS.iter().find_map(|step| {
        let at = text.find(step)?;
        let rest = text.get(at + step.len()..)?;
        let bare = rest.trim_start_matches(['は', 'も', 'を', 'に', '入', 'つ', 'い', 'て']);
        let not = NOT.iter().find(|not| bare.starts_with(**not))?;
        Some((at, text.len() - bare.len() + not.len()))
    })
}

/// "ANNULATION : ...", "KILL: ...": the label of a headline that takes back what follows.
fn label_of_withdrawal(text: &str) -> Option<(usize, usize)> {
    let label = crate::manner::label(text)?;
    let start = text.find(label)?;
    let undoes = crate::manner::UNDO.iter().any(|undo| label.contains(undo));
    undoes.then_some((start, start + label.len()))
}
