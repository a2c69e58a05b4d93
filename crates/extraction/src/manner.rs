//! In what manner a headline says it: withdrawn, corrected, denied, confirmed, conditional, hedged.

use statecraft_domain::signal::{Assertion, Capital, Direction, SourceClass};

use crate::Reading;
use crate::parse::Parsed;
use crate::read::cite;
use crate::role::{Kind, Role};

/// In what manner the headline says it.
pub(crate) fn modality(parsed: &Parsed<'_>, class: SourceClass, reading: &mut Reading) {
    let Some((assertion, rule, words)) = manner(parsed, class, reading.claim.assertion) else {
        return;
    };
    let found = reading.claim.assertion;
    reading.claim.assertion = assertion;
    cite(&mut reading.claim, "assertion", rule, words);
    if assertion == Assertion::Retracted {
        turn_retracted(found, reading);
    }
}

/// The first of the manners that applies; `found` is what the rules of journeys and money say.
fn manner(
    parsed: &Parsed<'_>,
    class: SourceClass,
    found: Assertion,
) -> Option<(Assertion, &'static str, String)> {
    let words = |role: Role| {
        parsed
            .words
            .iter()
            .find(|word| word.hit.tag.is(&[role]) && !word.negated)
            .map(|word| parsed.cite(&word.hit))
    };
    let replaces = parsed.money.len() > 1;
    if let Some(found) = words(Role::Correct).filter(|_| replaces) {
        return Some((Assertion::Correction, "correction", found));
    }
    if let Some(words) = withdrawn(parsed) {
        return Some((Assertion::Retracted, "report_withdrawn", words));
    }
    let taken_back = parsed
        .words
        .iter()
        .filter(|word| word.hit.tag.is(&[Role::Retract]))
        .map(|word| parsed.cite(&word.hit))
        .find(|words| !only_denied(parsed, words, found));
    if let Some(words) = taken_back {
        return Some((Assertion::Retracted, "retraction", words));
    }
    // "Clarifies" corrects a figure; of a sentence with "not" it says who says it.
    let clarified = |words: &String| {
        let clears =
            ["clarif", "klarst", "stellt klar", "précis"].iter().any(|it| words.starts_with(it));
        clears && parsed.any(Role::Negate).is_some() && parsed.money.is_empty()
    };
    // "Corrects NBC: no visit is planned": what is corrected is denied.
    let denies = found == Assertion::Denied && parsed.money.is_empty();
    if let Some(found) = words(Role::Correct).filter(|words| !denies && !clarified(words)) {
        return Some((Assertion::Correction, "correction", found));
    }
    if matches!(found, Assertion::Denied | Assertion::Hedged) {
        return None;
    }
    if let Some(hit) = parsed.open.filter(|_| parsed.denial.is_none()) {
        return Some((Assertion::Hedged, "not_ruled_out", parsed.cite(&hit)));
    }
    if let Some(hit) = parsed.denial {
        return Some((Assertion::Denied, "denial_verb", parsed.cite(&hit)));
    }
    if let Some(mark) = contrary(&parsed.text.lower) {
        return Some((Assertion::Denied, "contrary_to_reports", mark));
    }
    if let Some(words) = official(parsed).filter(|_| words(Role::Condition).is_none()) {
        return Some((Assertion::Confirmed, "official_statement", words));
    }
    if ["should ", "were "].iter().any(|word| parsed.text.lower.starts_with(word)) {
        return Some((Assertion::Conditional, "inversion", String::new()));
    }
    let manners = [
        (Role::Condition, Assertion::Conditional, "condition"),
        (Role::Hedge, Assertion::Hedged, "hedge"),
    ];
    if let Some((assertion, rule, found)) =
        manners.iter().find_map(|(role, assertion, rule)| Some((*assertion, *rule, words(*role)?)))
    {
        return Some((assertion, rule, found));
    }
    if let Some(medium) = by_medium(&parsed.text.lower) {
        return Some((Assertion::Hedged, "a_medium_says_so", medium));
    }
    if class == SourceClass::Social {
        return Some((Assertion::Hedged, "unverified_source", String::new()));
    }
    Some((Assertion::Confirmed, "confirmation", words(Role::Confirm)?))
}

/// "Contrary to reports, the visit goes ahead": what stands is said against what was reported.
fn contrary(text: &str) -> Option<String> {
    const MARKS: [&str; 16] = [
        "contrary to report",
        "contrary to claim",
        "contrary to rumo",
        "contrary to media",
        "contrary to speculation",
        "despite reports to the contrary",
        "anders als berichtet",
        "entgegen bericht",
        "entgegen medienbericht",
        "entgegen anderslautend",
        "contrairement aux informations",
        "contrairement aux rumeurs",
        "報道と異なり",
        "報道に反し",
        "보도와 달리",
        "与报道相反",
    ];
    MARKS.iter().find(|mark| text.contains(**mark)).map(|mark| (*mark).to_owned())
}

/// What a report is called that is not true.
pub(crate) const CHARGES: [&str; 36] = [
    "hoax",
    "fabricated",
    "forged",
    "forgery",
    "fake document",
    "fake memo",
    "bogus document",
    "bogus memo",
    "erroneous report",
    "report was false",
    "report was wrong",
    "based on fake",
    "made up",
    "誤報",
    "誤り",
    "でっち上げ",
    "ねつ造",
    "偽文書",
    "偽造",
    "虚偽",
    "오보",
    "날조",
    "위조",
    "가짜 문서",
    "허위 보도",
    "误报",
    "誤報",
    "伪造",
    "偽造",
    "falschmeldung",
    "gefälscht",
    "fälschung",
    "erfunden",
    "捏造",
    "조작",
    "假新闻",
];

/// Does a newsroom speak of its own report: a label, an apology, "we", "this paper"?
pub(crate) fn newsroom(parsed: &Parsed<'_>) -> bool {
    const OWN: [&str; 34] = [
        "retract",
        "apolog",
        "regret",
        "withdr",
        "correct",
        "editor",
        "newsroom",
        "admits",
        "concedes",
        "acknowledges",
        "newspaper",
        "broadcaster",
        "we were",
        "this paper",
        "entschuldig",
        "bedauer",
        "räumt",
        "redaktion",
        "excuse",
        "rédaction",
        "おわび",
        "お詫び",
        "謝罪",
        "陳謝",
        "本紙",
        "弊紙",
        "弊社",
        "取り消",
        "本报",
        "本報",
        "致歉",
        "사과",
        "본지",
        "본보",
    ];
    OWN.iter().any(|mark| parsed.text.lower.contains(mark))
}

/// "Hoax", 誤報: who denies a report calls it so; only its medium can withdraw it.
fn only_denied(parsed: &Parsed<'_>, words: &str, found: Assertion) -> bool {
    let denied = parsed.denial.is_some() && !newsroom(parsed)
        || parsed.denial.is_some_and(|hit| parsed.cite(&hit) != words);
    CHARGES.contains(&words) && (denied || found == Assertion::Denied)
}

/// A report and a verb that takes it back side by side, or such a verb as the label at the head.
fn withdrawn(parsed: &Parsed<'_>) -> Option<String> {
    let text = &parsed.text.lower;
    const CONFESSED: [&str; 12] = [
        "as our story",
        "as our report",
        "as we wrongly",
        "ce que nous avons écrit",
        "ce que nous avons publié",
        "ce que nous avions écrit",
        "we erred",
        "we were in error",
        "we reported in error",
        "wie wir fälschlich",
        "wir haben fälschlich",
        "von uns falsch",
    ];
    if let Some(mark) = CONFESSED.iter().find(|mark| text.contains(**mark)) {
        return Some((*mark).to_owned());
    }
    const OWNED: [&str; 13] = [
        "in eigener sache",
        "we got it wrong",
        "we got this wrong",
        "our mistake",
        "correcting the record",
        "for the record, we",
        "mea culpa",
        "we were wrong",
        "an apology",
        "apology:",
        "wir haben uns geirrt",
        "nous nous sommes trompés",
        "おわびと訂正",
    ];
    if let Some(mark) = OWNED.iter().find(|mark| text.starts_with(**mark)) {
        return Some((*mark).to_owned());
    }
    if let Some(label) = label(text).filter(|label| UNDO.iter().any(|undo| label.contains(undo))) {
        return Some(label.to_owned());
    }
    if text.chars().filter(|c| crate::scan::is_dense(*c)).count() > 4 {
        return dense_withdrawn(text);
    }
    let words: Vec<&str> =
        text.split([' ', '-', ',']).filter(|word| !word.is_empty()).take(80).collect();
    let is = |list: &[&str], word: &str| list.iter().any(|stem| word.starts_with(stem));
    let near = words.iter().enumerate().find(|(at, word)| {
        let rest = words.iter().skip(at + 1);
        let gap = rest.clone().take_while(|next| BETWEEN.contains(next)).count();
        let next = rest.clone().nth(gap).copied().unwrap_or_default();
        !word.ends_with(':')
            && ((is(&REPORT, word) && is(&UNDO, next)) || (is(&UNDO, word) && is(&REPORT, next)))
    });
    near.map(|(_, word)| (*word).to_owned()).or_else(|| separable(text).map(str::to_owned))
}

/// "Zieht ihren Bericht über ... zurück".
pub(crate) fn separable(text: &str) -> Option<&'static str> {
    let words: Vec<&str> =
        text.split([' ', ',']).filter(|word| !word.is_empty()).take(80).collect();
    ["zieht", "nimmt", "zog", "nahm", "ziehen", "nehmen"].into_iter().find(|verb| {
        let Some(at) = words.iter().position(|word| word == verb) else { return false };
        let report = |word: &&str| REPORT.iter().any(|stem| word.starts_with(stem));
        words.iter().skip(at + 1).take(3).any(report)
            && words.iter().skip(at + 1).any(|word| *word == "zurück")
    })
}

/// "WITHDRAWN: ...", "[撤回] ...": the label of a headline, if it has one.
pub(crate) fn label(text: &str) -> Option<&str> {
    let text = text.trim_start();
    let bracketed = text.strip_prefix(['[', '【', '(', '<', '〔']);
    let (inner, ends): (&str, &[char]) = match bracketed {
        Some(inner) => (inner, &[']', '】', ')', '>', '〕']),
        None => (text, &[':']),
    };
    let end = inner.find(ends)?;
    let label = inner.get(..end)?;
    let short = label.split_whitespace().count() <= 3 && label.chars().count() <= 32;
    let plain = !label.contains("report") || bracketed.is_some();
    (short && plain && !label.contains("trip") && !label.contains("visit")).then_some(label)
}

/// 記事を取り消します, 기사 철회, 撤回报道.
pub(crate) fn dense_withdrawn(text: &str) -> Option<String> {
    const REPORTS: [&str; 24] = [
        "記事",
        "報道を",
        "配信",
        "速報",
        "字幕",
        "投稿",
        "一報",
        "속보",
        "게시글",
        "게시물",
        "자막",
        "快讯",
        "快訊",
        "帖文",
        "帖子",
        "独家",
        "기사",
        "보도를",
        "报道",
        "報導",
        "稿",
        "该消息",
        "文章",
        "原稿",
    ];
    const UNDOES: [&str; 22] = [
        "取り消",
        "取消し",
        "撤回",
        "削除",
        "取り下げ",
        "철회",
        "삭제",
        "취소",
        "撤销",
        "撤銷",
        "撤下",
        "删除",
        "刪除",
        "收回",
        "작废",
        "作废",
        "誤りでした",
        "誤報でした",
        "陳謝",
        "사과",
        "내립니다",
        "오류로",
    ];
    const DONE: [&str; 10] = [
        "取り消します",
        "撤回します",
        "削除します",
        "取り下げます",
        "取り消しました",
        "취소합니다",
        "철회합니다",
        "삭제합니다",
        "취소했습니다",
        "삭제했습니다",
    ];
    if let Some(done) = DONE.iter().find(|done| text.contains(*done)) {
        return Some((*done).to_owned());
    }
    // A newsroom that speaks of itself.
    const OURSELVES: [&str; 9] =
        ["本紙", "弊紙", "弊社", "当編集部", "本报", "本報", "本刊", "본지", "본보"];
    if OURSELVES.iter().any(|name| text.contains(name))
        && let Some(undo) = UNDOES.iter().find(|undo| text.contains(*undo))
    {
        return Some((*undo).to_owned());
    }
    let near = |from: &str, span: usize| -> Option<&'static str> {
        let window: String = from.chars().take(span).collect();
        UNDOES.iter().find(|undo| window.contains(*undo)).copied()
    };
    let after = REPORTS.iter().find_map(|report| {
        let at = text.find(report)?;
        // A product can only be taken back; "reports" may be what another thing is withdrawn for.
        let product = !["報道を", "보도를", "报道", "報導", "配信"].contains(report);
        near(text.get(at + report.len()..)?, if product { 18 } else { 6 })
    });
    // In Japanese the object stands before the verb: 撤回報道 is a report of a withdrawal.
    let kana = text.chars().any(|c| matches!(c, 'ぁ'..='ヿ'));
    let before = ["撤回", "撤销", "撤銷", "撤下", "删除", "刪除", "收回"].iter().find(|undo| {
        let tail = text.find(*undo).and_then(|at| text.get(at + undo.len()..)).unwrap_or_default();
        let clause = tail.split(['，', ',', ' ', '。']).next().unwrap_or_default();
        let window: String = clause.chars().take(30).collect();
        [
            "报道", "報導", "報道", "稿", "文章", "消息", "快讯", "快訊", "帖文", "帖子", "独家",
            "獨家",
        ]
        .iter()
        .any(|report| window.contains(report) && !window.contains(&format!("{report}称")))
    });
    let before = before.filter(|_| !kana);
    after.or(before.copied()).map(str::to_owned).or_else(|| apology(text))
}

/// "오보…시청자께 사과", 誤報を謝罪: who brought it out says sorry for it.
fn apology(text: &str) -> Option<String> {
    const SORRY: [&str; 12] = [
        "사과드",
        "사과합",
        "께 사과",
        "사과문",
        "おわび",
        "お詫び",
        "謝罪し",
        "陳謝",
        "致歉",
        "道歉",
        "바로잡습니다",
        "바로 잡습니다",
    ];
    const REPORTS: [&str; 16] = [
        "보도",
        "기사",
        "속보",
        "오보",
        "報道",
        "記事",
        "速報",
        "誤報",
        "报道",
        "報導",
        "稿",
        "消息",
        "快讯",
        "误报",
        "정정보도",
        "配信",
    ];
    const ASKED: [&str; 6] = ["要求", "요구", "求め", "촉구", "要其", "敦促"];
    let brought = REPORTS.iter().any(|report| text.contains(report));
    let asked = ASKED.iter().any(|ask| text.contains(ask));
    let sorry = SORRY.iter().find(|sorry| text.contains(**sorry));
    sorry.filter(|_| brought && !asked).map(|sorry| (*sorry).to_owned())
}

pub(crate) const REPORT: [&str; 18] = [
    "story",
    "stories",
    "report",
    "article",
    "artikel",
    "dispatch",
    "alert",
    "headline",
    "item",
    "bulletin",
    "newsflash",
    "meldung",
    "bericht",
    "beitrag",
    "dépêche",
    "information",
    "papier",
    "post",
];
pub(crate) const UNDO: [&str; 32] = [
    "withdraw",
    "withdrew",
    "retract",
    "remov",
    "delet",
    "killed",
    "kills",
    "kill",
    "rescind",
    "unpublish",
    "scrub",
    "disown",
    "pulled",
    "pulls",
    "spiked",
    "zurückgezogen",
    "gelöscht",
    "storniert",
    "widerruf",
    "zurückzieh",
    "retir",
    "supprim",
    "annul",
    "rétract",
    "dépubli",
    "撤回",
    "取り消",
    "削除",
    "철회",
    "삭제",
    "撤稿",
    "撤销",
];
const BETWEEN: [&str; 22] = [
    "its",
    "the",
    "a",
    "an",
    "earlier",
    "this",
    "that",
    "false",
    "is",
    "was",
    "has",
    "been",
    "our",
    "own",
    "previous",
    "erroneous",
    "exclusive",
    "son",
    "un",
    "une",
    "wurde",
    "seinen",
];

/// "..., NHK says", "...: Nikkei": a medium vouches, not those concerned.
fn by_medium(text: &str) -> Option<String> {
    const MEDIA: [&str; 40] = [
        "nikkei",
        "kyodo",
        "nhk",
        "jiji",
        "yomiuri",
        "asahi",
        "mainichi",
        "sankei",
        "yonhap",
        "chosun",
        "joongang",
        "hankyoreh",
        "bloomberg",
        "reuters",
        "axios",
        "politico",
        "semafor",
        "ft",
        "financial times",
        "wsj",
        "wall street journal",
        "nyt",
        "new york times",
        "washington post",
        "cnn",
        "cnbc",
        "nbc",
        "cbs",
        "abc",
        "fox",
        "bbc",
        "afp",
        "spiegel",
        "der spiegel",
        "handelsblatt",
        "bild",
        "le monde",
        "les échos",
        "xinhua",
        "media",
    ];
    const VERBS: [&str; 9] =
        ["", "says", "reports", "said", "reported", "reveals", "berichtet", "meldet", "learns"];
    MEDIA.iter().find_map(|medium| {
        let at = text.rfind(medium)?;
        let head = text.get(..at)?.trim_end();
        let tail = text.get(at + medium.len()..)?.trim();
        let verb = VERBS.contains(&tail);
        let alone = head.ends_with([':', '-', '\u{2013}', '\u{2014}', '|', ',']);
        let first = at == 0 && tail.starts_with(':');
        ((verb && alone) || first).then(|| (*medium).to_owned())
    })
}

/// "White House announces", "Leavitt: ...", "외교부: ...": those whom it concerns say so themselves.
fn official(parsed: &Parsed<'_>) -> Option<String> {
    let offices = parsed.words.iter().filter(|word| {
        matches!(parsed.kind(word), Some(Kind::UsOffice | Kind::UsPerson | Kind::Government))
            || word.hit.tag.is(&[Role::UsSeat])
    });
    let near = |word: &&crate::parse::Word| {
        let tail = parsed.text.lower.get(word.hit.end..).unwrap_or_default();
        let head = parsed.text.lower.get(..word.hit.start).unwrap_or_default();
        let announces = parsed.words.iter().any(|other| {
            let after = other.hit.start >= word.hit.end && other.hit.start <= word.hit.end + 6;
            let before = other.hit.end <= word.hit.start && other.hit.end + 6 >= word.hit.start;
            let office = parsed.kind(word) == Some(Kind::UsOffice);
            let verb = other.hit.tag.is(&[Role::Confirm])
                || (office && other.hit.tag.is(&[Role::Say]))
                || (other.hit.tag.is(&[Role::Announce])
                    && !parsed.cite(&other.hit).ends_with("will"));
            verb && (after || before)
        });
        let speaks_first = head.trim().is_empty() && tail.starts_with(':');
        announces || speaks_first
    };
    offices.filter(near).map(|word| parsed.cite(&word.hit)).next()
}

/// A retraction takes back what it repeats: the sign turns, unless what it repeats is already denied in
/// it; no stage of its own remains, and no state's money if that is what it takes back.
fn turn_retracted(found: Assertion, reading: &mut Reading) {
    let claim = &mut reading.claim;
    claim.stage = None;
    claim.direction = match claim.direction {
        direction if found == Assertion::Denied => direction,
        Direction::Up => Direction::Down,
        Direction::Down => Direction::Up,
        Direction::Neutral => Direction::Neutral,
    };
    if claim.direction == Direction::Down && claim.capital != Capital::Private {
        claim.capital = Capital::None;
    }
}
