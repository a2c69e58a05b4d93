//! A newsroom takes back what it brought out: a product (story, alert, post), a verb that undoes it, and
//! nothing between them but what the product is called. Nobody else scraps a story or recalls a dispatch.

use crate::frames::Token;
use crate::lists::Lists;
/// Between a verb and its product nothing may lead away.
const LEADS_AWAY: [&str; 40] = [
    "after", "on", "over", "in", "to", "of", "as", "amid", "and", "for", "from", "at", "by",
    "with", "about", "says", "say", "said", "finds", "suggests", "or", "but", "nach", "auf", "in",
    "für", "bei", "und", "après", "sur", "dans", "pour", "et", "trip", "visit", "tour", "funding",
    "loan", "pledge", "reise",
];
const OWN: [&str; 22] = [
    "its", "our", "own", "their", "my", "his", "her", "we", "unsere", "unser", "unseren", "seine",
    "seinen", "ihre", "ihren", "eigene", "notre", "nos", "son", "sa", "leur", "mon",
];

/// The places of the words that take a report back.
pub(crate) fn recantations(lists: &Lists, text: &str, tokens: &[Token<'_>]) -> Vec<(usize, usize)> {
    let found = [
        undoes_product(lists, tokens),
        product_undone(lists, tokens),
        own_fault(lists, tokens),
        sorry(lists, tokens),
        disregard(lists, tokens),
    ];
    found.into_iter().flatten().chain(dashed_label(lists, text)).collect()
}

fn product(lists: &Lists, token: &Token<'_>) -> bool {
    let bare = ["l'", "d'", "l\u{2019}", "d\u{2019}"];
    let word = bare.iter().find_map(|article| token.word.strip_prefix(article));
    let word = word.unwrap_or(token.word);
    lists.products.has(word.trim_end_matches('s'))
}

fn publisher(lists: &Lists, tokens: &[Token<'_>]) -> bool {
    tokens.iter().any(|token| lists.publishers.has(token.word.trim_end_matches('s')))
}

/// "Scraps story", "takes down Trump Kyoto claim", "backs away from its story", "annule son alerte".
fn undoes_product(lists: &Lists, tokens: &[Token<'_>]) -> Option<(usize, usize)> {
    let newsroom = publisher(lists, tokens);
    tokens.iter().enumerate().find_map(|(at, token)| {
        let next = tokens.get(at + 1).map(|next| next.word).unwrap_or_default();
        let particle = ["down", "back", "away", "offline", "off"].contains(&next);
        let plain = lists.undoes_product.begins(token.word)
            && !["takes", "took", "taken"].contains(&token.word);
        let phrasal = particle
            && [
                "take", "takes", "took", "taking", "back", "backs", "backed", "walk", "walks",
                "walked", "pull", "pulls", "pulled",
            ]
            .contains(&token.word);
        let german = ["rückt", "nimmt", "zieht", "rückte"].contains(&token.word)
            && tokens
                .iter()
                .skip(at)
                .any(|later| ["ab", "zurück", "netz", "offline"].contains(&later.word));
        let french = token.word == "revient" && next == "sur";
        if !(plain || phrasal || german || french) || token.stops {
            return None;
        }
        let from = at + 1 + usize::from(phrasal || french);
        let mut open = true;
        let mut between = tokens
            .iter()
            .skip(from)
            .take(5)
            .take_while(|next| std::mem::replace(&mut open, !next.stops));
        let object = between.find(|next| {
            product(lists, next)
                || (LEADS_AWAY.contains(&next.word)
                    && !(newsroom && ["trip", "visit", "tour", "from", "von"].contains(&next.word))
                    && !["from", "von"].contains(&next.word))
        })?;
        let weak = object.word.starts_with("claim")
            || object.word.starts_with("update")
            || object.word.starts_with("column");
        (product(lists, object) && (!weak || newsroom)).then(|| {
            (
                token.start,
                token.end.max(if phrasal { tokens.get(at + 1).map_or(0, |n| n.end) } else { 0 }),
            )
        })
    })
}

/// "Trump visit report withdrawn hours after", "story saying ... is withdrawn", "bulletin ... voided".
fn product_undone(lists: &Lists, tokens: &[Token<'_>]) -> Option<(usize, usize)> {
    let at = tokens.iter().position(|token| {
        product(lists, token) && !token.stops && !token.word.starts_with("claim")
    })?;
    let mut open = true;
    let rest: Vec<&Token<'_>> = tokens
        .iter()
        .skip(at + 1)
        .take_while(|next| std::mem::replace(&mut open, !next.stops))
        .collect();
    let undone = rest.iter().position(|next| lists.product_undone.has(next.word))?;
    let told = rest
        .iter()
        .take(undone)
        .any(|next| ["says", "said", "finds", "suggests", "reveals"].contains(&next.word));
    let strong = ["retracted", "unpublished", "voided", "deleted", "withdrawn", "removed"];
    let word = rest.get(undone)?;
    let last = undone + 3 >= rest.len() || undone == 0;
    let about = tokens.get(at + 1).is_some_and(|next| {
        ["on", "about", "of", "saying", "claiming", "that", "über", "zu", "zum", "sur"]
            .contains(&next.word)
    });
    let determined =
        at.checked_sub(1).and_then(|before| tokens.get(before)).is_some_and(|before| {
            ["the", "this", "our", "that", "die", "der", "diese", "la", "le", "cette"]
                .contains(&before.word)
        });
    let passive = undone
        .checked_sub(1)
        .and_then(|before| rest.get(before))
        .is_some_and(|before| ["been", "was", "is", "wurde", "wird", "été"].contains(&before.word));
    (!told
        && (undone <= 1
            || determined && passive && last
            || about && (last || strong.contains(&word.word))))
    .then_some((word.start, word.end))
}

/// "Nikkei says its report was wrong", "unsere Meldung war ein Fehler", "did not hold up".
fn own_fault(lists: &Lists, tokens: &[Token<'_>]) -> Option<(usize, usize)> {
    let newsroom = publisher(lists, tokens);
    let own = tokens.windows(2).any(|pair| match pair {
        [one, two] => {
            OWN.contains(&one.word)
                && product(lists, two)
                && (newsroom
                    || ["our", "we", "unsere", "unser", "unseren", "notre", "nos", "own", "my"]
                        .contains(&one.word))
        }
        _ => false,
    });
    let admitted = newsroom
        && tokens.iter().any(|token| {
            ["räumt", "admits", "concedes", "reconnaît", "acknowledges"].contains(&token.word)
        });
    if !own && !admitted {
        return None;
    }
    let fault = tokens.iter().find(|token| lists.faults.has(token.word));
    let pairs = tokens.windows(2).find(|pair| match pair {
        [one, two] => matches!(
            (one.word, two.word),
            ("hold", "up")
                | ("stand", "up")
                | ("stand", "by")
                | ("longer", "believe")
                | ("stand", "behind")
        ),
        _ => false,
    });
    let single = fault.map(|token| (token.start, token.end));
    single.or_else(|| Some((pairs?.first()?.start, pairs?.last()?.end)))
}

/// "NHK apologises over Trump visit flash", "Sorry, we got it wrong", "should never have run".
fn sorry(lists: &Lists, tokens: &[Token<'_>]) -> Option<(usize, usize)> {
    let run = tokens.windows(4).find(|four| match four {
        [a, b, c, d] => {
            a.word == "should"
                && ["never", "not"].contains(&b.word)
                && c.word == "have"
                && ["run", "aired", "appeared", "gone", "been"].contains(&d.word)
        }
        _ => false,
    });
    if let Some(run) =
        run.filter(|_| publisher(lists, tokens) || tokens.iter().any(|token| product(lists, token)))
    {
        return Some((run.first()?.start, run.last()?.end));
    }
    let word = tokens.iter().find(|token| lists.sorry.begins(token.word))?;
    let begins = tokens.first().is_some_and(|first| first.start == word.start);
    let regrets = ["apolog", "entschuldig", "s'excuse", "excuses", "regret", "bedauer"]
        .iter()
        .any(|it| word.word.starts_with(it));
    let brought = tokens.iter().any(|token| product(lists, token) || lists.faults.has(token.word));
    let ours = tokens.iter().any(|token| ["we", "our", "wir", "nous"].contains(&token.word));
    let says = (regrets && publisher(lists, tokens) && brought) || (begins && ours && brought);
    says.then_some((word.start, word.end))
}

/// "Ignore alert about ...", "do not use our story".
fn disregard(lists: &Lists, tokens: &[Token<'_>]) -> Option<(usize, usize)> {
    tokens.iter().enumerate().find_map(|(at, token)| {
        let verb = ["ignore", "disregard", "discard"].contains(&token.word)
            || (token.word == "use"
                && at > 0
                && tokens.get(at - 1).is_some_and(|no| no.word == "not"));
        let named =
            ["our", "the", "earlier", "previous", "alert", "story", "bulletin", "last", "item"];
        let next = tokens.iter().skip(at + 1).take(3);
        let object = next
            .clone()
            .any(|next| product(lists, next) && next.word != "message" && next.word != "headline");
        let own = next.take(1).any(|next| named.contains(&next.word));
        (verb && object && own && !token.stops).then_some((token.start, token.end))
    })
}

/// "WITHDRAWN - Japan pledges ...", "CANCELLED ALERT: ...", "Streichung: ...", "[취소] ...".
fn dashed_label(lists: &Lists, text: &str) -> Option<(usize, usize)> {
    let bare = text.trim_start_matches(['[', '(', '【', '<', '*', ' ']);
    let offset = text.len() - bare.len();
    let label = lists
        .withdrawal_labels
        .iter()
        .filter(|label| bare.starts_with(*label))
        .max_by_key(|label| label.len())?;
    let tail = bare.get(label.len()..)?.trim_start_matches([' ', ']', ')', '】', '>', '*']);
    let bracketed = offset > 0 && bare.get(label.len()..)?.starts_with([']', ')', '】', '>']);
    let dashed = [":", "- ", "\u{2014}", "–"].iter().any(|mark| tail.starts_with(mark));
    let dense = !label.is_ascii() && label.chars().count() == 2;
    (bracketed || (dashed && !dense)).then_some((offset, offset + label.len()))
}
