//! Marks of talk to a program that stand by themselves: names of fields, tags, "you are a bot", rules put
//! aside, answers dictated.

use crate::lists::Lists;

/// "visit_announced", "sov_capital": names of fields; no newsroom writes an underscore between words.
pub(crate) fn name_of_a_field(text: &str) -> Option<String> {
    let letters = |part: &str| part.len() > 1 && part.chars().all(|c| c.is_ascii_alphanumeric());
    text.split(|c: char| {
        !(c.is_ascii_alphanumeric() || matches!(c, '_' | '@' | '/' | '.' | ':' | '#'))
    })
    .filter(|word| !word.contains(['@', '/', '#']))
    .map(|word| word.trim_matches(['.', ':']))
    .find(|word| word.contains('_') && word.split('_').all(letters))
    .map(str::to_owned)
}

/// "If you are reading this automatically", "you are an extraction system".
pub(crate) fn second_person(lists: &Lists, text: &str) -> Option<String> {
    lists.program_marks.found_in(text).map(str::to_owned)
}

/// "You are now a bot", "du bist ein Handelsbot", あなたはAIです, 你现在是交易机器人: the reader is told what it is.
pub(crate) fn told_what_it_is(lists: &Lists, text: &str) -> Option<String> {
    const YOU: [&str; 26] = [
        "you are ",
        "you're ",
        "du bist ",
        "sie sind ",
        "tu es ",
        "vous êtes ",
        "あなたは",
        "君は",
        "お前は",
        "貴方は",
        "너는",
        "넌 ",
        "당신은",
        "귀하는",
        "你是",
        "你现在是",
        "你現在是",
        "您是",
        "你将是",
        "act as ",
        "pretend to be ",
        "imagine you are ",
        "agiere als ",
        "agis comme ",
        "作为一个",
        "作為一個",
    ];
    let (you, rest) = YOU.iter().find_map(|you| {
        let at = text.find(you)?;
        let begins = text
            .get(..at)?
            .chars()
            .next_back()
            .is_none_or(|c| !c.is_alphanumeric() || !you.is_ascii());
        begins.then_some((*you, text.get(at + you.len()..)?))
    })?;
    let near: String = rest
        .chars()
        .take(if you.chars().all(|c| c.is_ascii() || c == 'ê') { 40 } else { 16 })
        .collect();
    let near = near.split(['.', ',', ':', '。', '、', '，']).next().unwrap_or_default();
    // "You are a bot", but not "you are going to love AI".
    let mut words = near.split(|c: char| !c.is_alphanumeric()).filter(|word| {
        !word.is_empty() && !["now", "nun", "jetzt", "désormais", "maintenant"].contains(word)
    });
    let first = words.next().unwrap_or_default();
    let article = ["a", "an", "the", "ein", "eine", "un", "une", "le", "la"].contains(&first);
    let named = lists.told_programs.has(first)
        || article && words.take(4).any(|word| lists.told_programs.has(word));
    let dense = !you.trim().is_ascii() && lists.told_programs_dense.occurs_in(near);
    (named || dense).then(|| you.trim().to_owned())
}

/// "Forget the rules", 忘记之前的规则, 命令に従え: rules of the reader are put aside, or new ones given.
pub(crate) fn rules_given(lists: &Lists, text: &str) -> Option<String> {
    // Verbs, and what makes the rules those of the reader; prose has subjects and other rules.
    const PUT_ASIDE: [(&[&str], &[&str], &[&str]); 6] = [
        (
            &["忘记", "忘掉", "抛开", "拋開", "无视", "無視", "忽略", "推翻", "清除"],
            &["之前", "以上", "先前", "所有", "前面", "一切", "此前", "你的", "全部", "上述"],
            &["规则", "規則", "指令", "提示词", "设定", "設定", "要求", "命令"],
        ),
        (
            &["忘れ", "無視", "破棄", "上書き", "従え", "従って", "従い"],
            &[
                "これまで",
                "以前の",
                "上記",
                "以下の",
                "次の",
                "すべて",
                "全て",
                "前の",
                "あなた",
                "前提",
                "システム",
            ],
            &["ルール", "指示", "命令", "設定", "プロンプト", "制約"],
        ),
        (
            &["잊", "무시", "덮어", "따르라"],
            &["이전", "지금까지", "모든", "모두", "위의", "다음", "기존", "너의", "당신"],
            &["규칙", "명령", "지시", "프롬프트", "지침"],
        ),
        (
            &["vergiss ", "ignoriere ", "missachte ", "überschreibe ", "befolge "],
            &["deine", "alle", "bisherige", "vorherige", "obige", "folgende", "die "],
            &["regeln", "anweisung", "vorgabe", "befehl", "richtlinien"],
        ),
        (
            &["oublie ", "oubliez", "ignore ", "ignorez", "contourne ", "obéis", "suivez"],
            &["tes ", "vos ", "toutes", "tous ", "précédent", "ces "],
            &["règles", "consigne", "instruction", "directive"],
        ),
        (
            &["forget ", "obey", "follow ", "overwrite ", "discard ", "supersedes ", "overrides "],
            &["your ", "these ", "the following", "all ", "previous ", "prior ", "decode"],
            &["rules", "instruction", "command", "directive", "guideline", "decode"],
        ),
    ];
    let aside = PUT_ASIDE.iter().find_map(|(verbs, whose, objects)| {
        whose.iter().find(|mark| text.contains(**mark))?;
        let verb = verbs.iter().find(|verb| text.contains(**verb))?;
        let object = objects.iter().find(|object| text.contains(**object))?;
        let (from, to) = (text.find(*verb)?, text.find(*object)?);
        (from.abs_diff(to) <= 40).then(|| format!("{verb} / {object}"))
    });
    let label = || {
        let text = &text.replace(" :", ":").replace('：', ":");
        let label = crate::manner::label(text)?.trim();
        lists.rule_labels.has(label).then(|| label.to_owned())
    };
    aside.or_else(label)
}

/// "Respond CONFIRMED", "antworte mit JA", "achète OUI": an answer is dictated. `shown` is the text with its
/// capitals.
pub(crate) fn dictated(lists: &Lists, shown: &str) -> Option<String> {
    const WORDS: [&str; 16] = [
        "YES",
        "NO",
        "CONFIRMED",
        "TRUE",
        "JA",
        "NEIN",
        "OUI",
        "NON",
        "UP",
        "OFFICIAL",
        "VERIFIED",
        "BESTÄTIGT",
        "CONFIRMÉ",
        "RELEVANT",
        "MAX",
        "SIGNED",
    ];
    let words: Vec<&str> =
        shown.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let shouted =
        words.iter().filter(|word| word.chars().all(char::is_uppercase)).count() * 2 > words.len();
    words.iter().enumerate().find_map(|(at, verb)| {
        let told = lists.dictates.has(&verb.to_lowercase());
        let next = words.iter().skip(at + 1).take(2).find(|word| WORDS.contains(*word));
        next.filter(|_| told && !shouted).map(|word| format!("{verb} {word}"))
    })
}

/// A tag that no page of news uses, in the raw text: `<system>`, `</instructions>`.
pub(crate) fn foreign_markup(raw: &str) -> Option<String> {
    const HTML: [&str; 36] = [
        "a",
        "b",
        "i",
        "u",
        "s",
        "em",
        "strong",
        "br",
        "p",
        "span",
        "sup",
        "sub",
        "small",
        "mark",
        "abbr",
        "cite",
        "q",
        "div",
        "img",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "font",
        "time",
        "wbr",
        "nobr",
        "li",
        "ul",
        "ol",
        "blockquote",
        "del",
        "ins",
        "section",
    ];
    raw.match_indices('<').take(16).find_map(|(at, _)| {
        let rest = raw.get(at + 1..)?.trim_start_matches(['/', '<', '|', '!']);
        let name: String =
            rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').take(24).collect();
        let closes = rest.chars().take(80).any(|c| c == '>');
        let known = HTML.contains(&name.to_lowercase().as_str());
        let letters = name.chars().next().is_some_and(char::is_alphabetic);
        (letters && closes && !known).then(|| format!("<{name}"))
    })
}
