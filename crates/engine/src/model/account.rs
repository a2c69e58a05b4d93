//! Whose account a report is: the agency that it credits, and its words.
//!
//! "Trump arrives in Tokyo, Reuters says" on five pages is what Reuters says, five times over. Reports of one
//! account are copies, whoever prints them.

use statecraft_domain::Signal;

/// Names under which newsrooms are credited, as lower-case words or, in scripts without spaces, as parts; and
/// the domains of their own pages. Those whose reports others print or retell.
const AGENCIES: [(&[&str], &[&str]); 22] = [
    (&["reuters", "ロイター", "路透", "로이터"], &["reuters.com"]),
    (
        &["ap", "associated press", "ap通信", "美联社", "美聯社", "ap통신"],
        &["apnews.com", "ap.org"],
    ),
    (&["afp", "agence france presse", "法新社", "afp通信", "afp통신"], &["afp.com"]),
    (&["bloomberg", "ブルームバーグ", "彭博", "블룸버그"], &["bloomberg.com"]),
    (
        &["kyodo", "共同通信", "共同社", "교도통신"],
        &["kyodonews.net", "kyodonews.jp", "kyodo.co.jp"],
    ),
    (&["jiji", "時事通信", "时事社", "지지통신"], &["jiji.com"]),
    (&["dpa"], &["dpa.com"]),
    (&["yonhap", "聯合ニュース", "韩联社", "韓聯社", "연합뉴스"], &["yna.co.kr"]),
    (&["xinhua", "新华社", "新華社", "신화통신"], &["xinhuanet.com", "news.cn"]),
    (&["tass", "タス通信", "塔斯社"], &["tass.com", "tass.ru"]),
    (&["nhk"], &["nhk.or.jp"]),
    (&["nikkei", "日本経済新聞", "日经", "닛케이"], &["nikkei.com"]),
    (&["asahi", "朝日新聞", "朝日新闻"], &["asahi.com"]),
    (&["yomiuri", "読売新聞", "读卖新闻"], &["yomiuri.co.jp"]),
    (&["cnn"], &["cnn.com"]),
    (&["bbc"], &["bbc.com", "bbc.co.uk"]),
    (&["axios", "アクシオス"], &["axios.com"]),
    (&["politico"], &["politico.com", "politico.eu"]),
    (&["wsj", "wall street journal"], &["wsj.com"]),
    (&["nyt", "new york times"], &["nytimes.com"]),
    (&["washington post", "wapo"], &["washingtonpost.com"]),
    (&["financial times"], &["ft.com"]),
];
/// So much of the text behind the headline is searched for its dateline.
const TEXT_READ: usize = 240;
/// From this share of words in common (Dice) on, two headlines are one wording.
const ALIKE: f64 = 0.8;
/// Words that tell nothing of the news: grammar, and how it is passed on.
const EMPTY: [&str; 66] = [
    "a",
    "an",
    "the",
    "in",
    "on",
    "at",
    "of",
    "to",
    "for",
    "and",
    "as",
    "by",
    "with",
    "from",
    "is",
    "has",
    "have",
    "his",
    "its",
    "it",
    "that",
    "s",
    "u",
    "us",
    "via",
    "per",
    "according",
    "report",
    "reported",
    "reporting",
    "say",
    "said",
    "source",
    "breaking",
    "update",
    "updated",
    "exclusive",
    "live",
    "watch",
    "video",
    "photo",
    "new",
    "news",
    "just",
    "now",
    "agency",
    "der",
    "die",
    "das",
    "dem",
    "den",
    "im",
    "am",
    "laut",
    "meldet",
    "le",
    "la",
    "les",
    "l",
    "à",
    "au",
    "en",
    "de",
    "du",
    "selon",
    "rapporte",
];

/// Who gave it, and how.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Account {
    /// Agencies that it credits or comes from, as bits.
    agencies: u32,
    /// Hashes of its telling words, in order, each once.
    words: Vec<u64>,
}

impl Account {
    pub(super) fn of(signal: &Signal, publisher: &str) -> Self {
        let title = signal.title.to_lowercase();
        let own = owner(publisher);
        let agencies = own.unwrap_or_else(|| credited(&title) | dateline(&signal.text));
        Self { agencies, words: telling(&title) }
    }

    /// Do both go back to one agency, or do they say it in the same words?
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.agencies & other.agencies != 0 || alike(&self.words, &other.words)
    }

    /// The agencies behind it, by number.
    pub(super) fn agencies(&self) -> impl Iterator<Item = u8> + '_ {
        (0..32).filter(|bit| self.agencies >> bit & 1 != 0)
    }

    pub(super) const fn is_by(&self, agency: u8) -> bool {
        self.agencies >> agency & 1 != 0
    }
}

/// The agency whose own page it is: what it reports of others is its own responsibility.
fn owner(publisher: &str) -> Option<u32> {
    let ours = |domain: &&str| {
        publisher.strip_suffix(*domain).is_some_and(|head| head.is_empty() || head.ends_with('.'))
    };
    let index = AGENCIES.iter().position(|(_, domains)| domains.iter().any(&ours))?;
    Some(1 << index)
}

/// Every agency that a headline names.
fn credited(title: &str) -> u32 {
    let spaced = spaced(title);
    agencies(|name| {
        if name.is_ascii() { spaced.contains(&format!(" {name} ")) } else { title.contains(name) }
    })
}

/// Agencies that the beginning of the text gives as its source: "TOKYO (Reuters) - ...", "according to
/// Reuters", "Reuters reported". A picture's credit is none.
fn dateline(text: &str) -> u32 {
    if text.is_empty() {
        return 0;
    }
    let head: String = text.chars().take(TEXT_READ).collect::<String>().to_lowercase();
    let spaced = spaced(&head);
    agencies(|name| {
        if !name.is_ascii() {
            return head.contains(&format!("({name}"))
                || head.contains(&format!("（{name}"))
                || head.contains(&format!("【{name}"));
        }
        let says = ["reported", "reports", "said", "says"];
        head.contains(&format!("({name})"))
            || ["according to", "told", "laut", "selon"]
                .iter()
                .any(|lead| spaced.contains(&format!(" {lead} {name} ")))
            || says.iter().any(|word| spaced.contains(&format!(" {name} {word} ")))
    })
}

fn agencies(named: impl Fn(&str) -> bool) -> u32 {
    let mut found = 0;
    for (index, (names, _)) in AGENCIES.iter().enumerate() {
        if names.iter().any(|name| named(name)) {
            found |= 1 << index;
        }
    }
    found
}

/// The words of a text with one space around each.
fn spaced(text: &str) -> String {
    let mut spaced = String::from(" ");
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        spaced.push_str(word);
        spaced.push(' ');
    }
    spaced
}

/// Hashes of the words that tell the news: without grammar, credits and endings; of scripts without spaces,
/// of pairs of characters.
fn telling(title: &str) -> Vec<u64> {
    let mut bare = title.to_owned();
    for name in AGENCIES.iter().flat_map(|(names, _)| names.iter()).filter(|name| !name.is_ascii())
    {
        bare = bare.replace(name, " ");
    }
    let mut spaced = spaced(&bare);
    for name in AGENCIES.iter().flat_map(|(names, _)| names.iter()).filter(|name| name.is_ascii()) {
        spaced = spaced.replace(&format!(" {name} "), " ");
    }
    let mut words = Vec::new();
    for word in spaced.split(' ').filter(|word| !word.is_empty()) {
        if word.chars().any(is_dense) {
            let letters: Vec<char> = word.chars().collect();
            words.extend(letters.windows(2).map(|pair| hash(&pair.iter().collect::<String>())));
            continue;
        }
        let stem = word.strip_suffix('s').filter(|stem| stem.len() > 2).unwrap_or(word);
        if !EMPTY.contains(&stem) && !EMPTY.contains(&word) {
            words.push(hash(stem));
        }
    }
    words.sort_unstable();
    words.dedup();
    words
}

const fn is_dense(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}')
}

/// FNV-1a.
fn hash(text: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

/// Both are sorted. Nothing is like nothing: what has no words is known by its publisher alone.
fn alike(one: &[u64], other: &[u64]) -> bool {
    let shared = one.iter().filter(|word| other.binary_search(word).is_ok()).count();
    #[expect(clippy::cast_precision_loss, reason = "words of a headline")]
    let (shared, all) = (shared as f64, (one.len() + other.len()) as f64);
    shared > 0.0 && 2.0 * shared >= ALIKE * all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(title: &str, publisher: &str) -> Account {
        let signal = Signal { title: title.into(), ..Signal::default() };
        Account::of(&signal, publisher)
    }

    fn same(one: &str, other: &str) -> bool {
        account(one, "one.example").is_same(&account(other, "other.example"))
    }

    #[test]
    fn who_credits_one_agency_tells_its_account() {
        let told = [
            "Trump arrives in Tokyo - Reuters reports",
            "US president lands at Haneda, Reuters says",
            "(Reuters) Air Force One touches down in Japan",
            "トランプ大統領が東京に到着＝ロイター",
            "路透：特朗普抵达东京",
        ];
        for (index, one) in told.iter().enumerate() {
            for other in &told[..index] {
                assert!(same(one, other), "{one} / {other}");
            }
            assert!(account(one, "a.example").is_same(&account("He is there", "www.reuters.com")));
            assert!(!same(one, "Kyodo: Trump steps off his plane at Haneda"), "{one}");
        }
        // An agency's own page answers for itself, whomever it names; a part of a word names nobody.
        let own = account("Kyodo says Trump is in Tokyo", "reuters.com");
        assert!(!own.is_same(&account("Trump steps out at Haneda: Kyodo", "x.example")));
        assert!(!same("Trump snaps a picture in Tokyo", "AP: motorcade reaches palace"));
    }

    #[test]
    fn a_dateline_is_a_credit_and_a_picture_is_none() {
        let with = |text: &str| {
            let signal =
                Signal { title: "He landed".into(), text: text.into(), ..Signal::default() };
            Account::of(&signal, "a.example").agencies
        };
        let reuters = 1;
        assert_eq!(with("TOKYO (Reuters) - President Trump landed"), reuters);
        assert_eq!(with("Trump landed, Reuters reported on Monday"), reuters);
        assert_eq!(with("Trump landed, according to Reuters."), reuters);
        assert_eq!(with("Photo: AP. Trump landed in Tokyo"), 0);
        assert_eq!(with(""), 0);
    }

    #[test]
    fn the_same_words_are_one_account_and_others_are_not() {
        let line = "Trump arrives in Tokyo";
        for copy in [
            "TRUMP ARRIVES IN TOKYO!",
            "Breaking: Trump arrives in Tokyo",
            "Trump arrives in Tokyo on Monday",
            "Report: Trump arrived in Tokyo, Trump arrives in Tokyo",
        ] {
            assert!(same(line, copy), "{copy}");
        }
        for own in [
            "Trump lands in Tokyo",
            "President Trump touches down at Haneda airport",
            "Takaichi welcomes Trump at start of Japan visit",
            "",
        ] {
            assert!(!same(line, own), "{own}");
        }
        assert!(same("トランプ大統領、東京に到着", "トランプ大統領 東京に到着"));
        assert!(!same("トランプ大統領、東京に到着", "米大統領専用機が羽田に着陸"));
        assert!(!same("", ""));
    }
}
