//! What is not said of the world: advice of commentators, fiction, drills, polls, jokes, and what would
//! follow if the journey came to pass.

use crate::parse::Parsed;
use crate::role::{Kind, Role};

/// A mark of satire that is no word of the lexicon by itself.
pub(crate) fn joke(parsed: &Parsed<'_>) -> Option<String> {
    const LABELS: [&str; 48] = [
        "うそ",
        "嘘",
        "satirisch",
        "satirique",
        "ジョーク",
        "冗談",
        "お笑い",
        "嘘ニュース",
        "うそニュース",
        "笑い",
        "패러디",
        "가상뉴스",
        "웃음",
        "유머",
        "개그",
        "搞笑",
        "幽默",
        "笑话",
        "笑話",
        "洋葱",
        "洋蔥",
        "scherz",
        "zum lachen",
        "pastiche",
        "blague",
        "cartoon",
        "風刺",
        "諷刺",
        "讽刺",
        "풍자",
        "만평",
        "パロディ",
        "ネタ",
        "大喜利",
        "虚構",
        "恶搞",
        "惡搞",
        "段子",
        "parodie",
        "satire",
        "parody",
        "spoof",
        "humor",
        "humour",
        "glosse",
        "コント",
        "笑い話",
        "joke",
    ];
    const SHOWS: [&str; 12] = [
        "colbert",
        "kimmel",
        "fallon",
        "seth meyers",
        "jon stewart",
        "john oliver",
        "titanic",
        "snl",
        "heute-show",
        "die anstalt",
        "extra 3",
        "the daily show",
    ];
    const TELLERS: [&str; 24] = [
        "jokes late-night",
        "quips late-night",
        "late-night host",
        "late night host",
        "jokes comedian",
        "comedian ",
        "in skit",
        "in sketch",
        "snl ",
        "saturday night live",
        "standup",
        "stand-up comic",
        "spoof",
        "mock headline",
        "fake newscast",
        "heute-show",
        "les guignols",
        "コントで",
        "漫才",
        "お笑い芸人",
        "코미디언",
        "개그맨",
        "脱口秀",
        "相声",
    ];
    let text = &parsed.text.lower;
    let label = crate::manner::label(text).or_else(|| last_label(text)).unwrap_or_default();
    let labelled = LABELS.iter().find(|mark| label.contains(**mark));
    let show = SHOWS.iter().find(|show| label == **show);
    let labelled = labelled.or(show);
    let told = TELLERS.iter().find(|mark| text.contains(**mark));
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
    if let Some(words) = pundit(text).or_else(|| first_person(text)).or_else(|| retired(text)) {
        return Some(("advice_of_a_commentator", words));
    }
    if let Some(words) = drill(text) {
        return Some(("drill", words));
    }
    if let Some(words) = fiction(text) {
        return Some(("fiction", words));
    }
    if let Some(words) = poll(text) {
        return Some(("poll", words));
    }
    supposed(parsed).map(|words| ("supposition", words))
}

fn found(text: &str, marks: &[&str]) -> Option<String> {
    marks.iter().find(|mark| text.contains(**mark)).map(|mark| mark.trim().to_owned())
}

/// Whole words of a script with spaces.
fn has_word(text: &str, words: &[&str]) -> bool {
    text.split(|c: char| !c.is_alphanumeric()).any(|word| words.contains(&word))
}

/// "Should visit, says columnist", "could, experts say": what people think who decide nothing.
fn pundit(text: &str) -> Option<String> {
    const WHO: [&str; 34] = [
        "columnist",
        "columnists",
        "expert",
        "experts",
        "pundit",
        "pundits",
        "commentator",
        "commentators",
        "scholar",
        "scholars",
        "professor",
        "critics",
        "observers",
        "blogger",
        "historian",
        "historians",
        "academic",
        "academics",
        "kolumnist",
        "kolumnistin",
        "experte",
        "experten",
        "expertin",
        "kommentator",
        "politologe",
        "politologin",
        "éditorialiste",
        "chroniqueur",
        "politologue",
        "historien",
        "readers",
        "netizens",
        "analyst",
        "analysts",
    ];
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
    const DENSE_WHO: [&str; 26] = [
        "専門家",
        "識者",
        "評論家",
        "コラムニスト",
        "大学教授",
        "有識者",
        "元外交官",
        "전문가",
        "칼럼니스트",
        "평론가",
        "교수",
        "논객",
        "학자",
        "专家",
        "學者",
        "学者",
        "评论员",
        "評論員",
        "分析人士",
        "教授",
        "网友",
        "專家",
        "누리꾼",
        "ネット民",
        "評論員",
        "論客",
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
    if has_word(text, &WHO) && has_word(text, &WOULD) {
        return found(text, &WHO);
    }
    let who = found(text, &DENSE_WHO)?;
    found(text, &DENSE_WOULD).map(|_| who)
}

/// "I believe Trump will come", "My dream: ...": the writer speaks of himself.
fn first_person(text: &str) -> Option<String> {
    const HEADS: [&str; 21] = [
        "i believe ",
        "i bet ",
        "i hope ",
        "i predict ",
        "i expect ",
        "i wish ",
        "i want ",
        "i reckon ",
        "my dream",
        "my bet",
        "my prediction",
        "my guess",
        "my hope",
        "our hope",
        "ich glaube ",
        "ich hoffe ",
        "mein traum",
        "je crois ",
        "j'espère ",
        "mon rêve",
        "私の",
    ];
    HEADS.iter().find(|head| text.starts_with(**head)).map(|head| head.trim().to_owned())
}

/// "Ex-ambassador expects ...", "astrologer says ...": whoever no longer knows, or never did.
fn retired(text: &str) -> Option<String> {
    const OFFICES: [&str; 16] = [
        "ambassador",
        "aide",
        "adviser",
        "advisor",
        "official",
        "diplomat",
        "secretary",
        "minister",
        "premier",
        "pm",
        "envoy",
        "senator",
        "spokesman",
        "general",
        "consul",
        "strategist",
    ];
    const THINKS: [&str; 14] = [
        "expects",
        "thinks",
        "believes",
        "reckons",
        "foresees",
        "sees",
        "predicts",
        "hopes",
        "guesses",
        "doubts",
        "muses",
        "speculates",
        "bets",
        "imagines",
    ];
    const SEERS: [&str; 12] = [
        "astrologer",
        "psychic",
        "fortune teller",
        "fortune-teller",
        "clairvoyant",
        "wahrsager",
        "hellseher",
        "voyante",
        "astrologue",
        "占い師",
        "점술가",
        "算命",
    ];
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
    let former = words.iter().enumerate().any(|(at, word)| {
        let office = words.iter().skip(at + 1).take(4).any(|next| OFFICES.contains(next));
        ["ex", "former", "retired"].contains(word) && office
    });
    let thinks = words.iter().find(|word| THINKS.contains(word));
    found(text, &SEERS).or_else(|| thinks.filter(|_| former).map(|word| (*word).to_owned()))
}

/// "EXERCISE EXERCISE", "Simulated drill: ...", "...を想定した訓練": it is only played.
fn drill(text: &str) -> Option<String> {
    const MARKS: [&str; 34] = [
        "exercise exercise",
        "exercise, exercise",
        "exercise - exercise",
        "exercise only",
        "this is a drill",
        "this is only a test",
        "this is a test",
        "test message",
        "test alert",
        "for exercise",
        "simulated",
        "mock arrival",
        "mock visit",
        "mock landing",
        "mock motorcade",
        "security drill",
        "in drill",
        "in exercise",
        "training scenario",
        "tabletop",
        "war game",
        "wargame",
        "dress rehearsal",
        "rehearsal for",
        "想定した訓練",
        "想定の訓練",
        "訓練です",
        "予行演習",
        "모의훈련",
        "모의 훈련",
        "가상 훈련",
        "模拟演练",
        "模擬演練",
        "übungslage",
    ];
    const LABELS: [&str; 20] = [
        "drill",
        "exercise",
        "simulation",
        "training",
        "test",
        "mock",
        "scenario",
        "rehearsal",
        "訓練",
        "演習",
        "テスト",
        "훈련",
        "모의",
        "演习",
        "演练",
        "演練",
        "测试",
        "übung",
        "exercice",
        "simulation",
    ];
    let label = crate::manner::label(text).unwrap_or_default();
    let named = |mark: &&&str| {
        if mark.is_ascii() { has_word(label, &[**mark]) } else { label.contains(**mark) }
    };
    found(text, &MARKS).or_else(|| LABELS.iter().find(named).map(|mark| (*mark).to_owned()))
}

/// "In novel by ...", "in new thriller", 小説で: it is told.
fn fiction(text: &str) -> Option<String> {
    const KINDS: [&str; 38] = [
        "novel",
        "film",
        "movie",
        "thriller",
        "tv series",
        "tv drama",
        "drama",
        "sitcom",
        "play",
        "comic",
        "comics",
        "manga",
        "anime",
        "video game",
        "short story",
        "fiction",
        "fan fiction",
        "screenplay",
        "musical",
        "opera",
        "episode",
        "miniseries",
        "blockbuster",
        "graphic novel",
        "roman",
        "krimi",
        "kinofilm",
        "fernsehfilm",
        "série",
        "serie",
        "pièce",
        "bd",
        "bande dessinée",
        "alternate history",
        "ai video",
        "deepfake",
        "video clip",
        "trailer",
    ];
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
    const DENSE: [&str; 26] = [
        "小説で",
        "小説「",
        "小説の中",
        "ドラマで",
        "映画で",
        "漫画で",
        "劇中",
        "架空の",
        "フィクション",
        "ディープフェイク",
        "소설에서",
        "소설 속",
        "드라마에서",
        "영화에서",
        "영화 속",
        "드라마 속",
        "웹툰",
        "가상의",
        "딥페이크",
        "小说中",
        "小说里",
        "电影中",
        "电视剧",
        "剧中",
        "虚构的",
        "深度伪造",
    ];
    let told = KINDS.iter().find(|kind| {
        text.match_indices(**kind).any(|(at, kind)| {
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
    told.map(|kind| (*kind).to_owned()).or_else(|| found(text, &DENSE))
}

/// "Poll: majority want ...", "..., survey finds": what people want.
fn poll(text: &str) -> Option<String> {
    const MARKS: [&str; 30] = [
        "poll:",
        "poll finds",
        "poll shows",
        "poll says",
        "poll suggests",
        "poll indicates",
        "in poll",
        "survey:",
        "survey finds",
        "survey shows",
        "survey says",
        "survey suggests",
        "straw poll",
        "opinion poll",
        "majority want",
        "majority of japanese",
        "most japanese want",
        "respondents",
        "laut umfrage",
        "umfrage:",
        "mehrheit der",
        "selon un sondage",
        "sondage:",
        "sondage :",
        "世論調査",
        "アンケート",
        "여론조사",
        "설문",
        "民调",
        "民調",
    ];
    found(text, &MARKS)
}

/// "If Trump visits Japan in May, markets would ...": the journey is only supposed, and what follows from
/// it is no journey. "Trump will visit Japan if the deal is signed" is a plan with a condition.
fn supposed(parsed: &Parsed<'_>) -> Option<String> {
    const HEADS: [&str; 34] = [
        "if ",
        "what if ",
        "should ",
        "suppose ",
        "supposing ",
        "assuming ",
        "imagine ",
        "let's say ",
        "were trump",
        "had trump",
        "wenn ",
        "falls ",
        "sollte ",
        "angenommen",
        "was wäre, wenn",
        "stell dir vor",
        "si ",
        "et si ",
        "imaginons",
        "supposons",
        "もし",
        "仮に",
        "万が一",
        "만약",
        "만일",
        "가령",
        "如果",
        "若",
        "倘若",
        "假如",
        "假设",
        "要是",
        "万一",
        "若是",
    ];
    let text = &parsed.text.lower;
    let head = HEADS.iter().find(|head| text.starts_with(**head))?;
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
    (within && !goes).then(|| (*head).trim().to_owned())
}
