//! Which of the sums of a headline is its capital.

use statecraft_domain::signal::Amount;

use crate::amount::Money;
use crate::parse::Parsed;
use crate::role::Role;

/// The sum the headline speaks of, in the order of the manual: the new figure of a change, the first
/// of several; results, values and trade flows are no capital.
pub(crate) fn amount(parsed: &Parsed<'_>) -> Option<(Amount, &'static str, String)> {
    let sums: Vec<&Money> = parsed.money.iter().filter(|money| is_capital(parsed, money)).collect();
    let changed = |money: &Money| {
        let clause = parsed.clause_of(money.start);
        parsed
            .words
            .iter()
            .find(|word| word.hit.tag.is(&[Role::Change, Role::Correct]) && word.clause == clause)
    };
    let fresh = sums.iter().find(|money| sums.len() < 2 || !is_old(parsed, money));
    let money = fresh.or_else(|| sums.first())?;
    let words = parsed.text.lower.get(money.start..money.end).unwrap_or_default().trim().to_owned();
    let (units, rule) = match (money.ends, changed(money)) {
        (Some((_, last)), Some(_)) => (last, "new_figure"),
        (Some(_), None) => (money.units, "range_midpoint"),
        (None, _) if sums.len() > 1 => (money.units, "new_figure"),
        (None, _) => (money.units, "amount"),
    };
    Some((Amount { units, currency: money.currency.to_owned() }, rule, words))
}

fn is_capital(parsed: &Parsed<'_>, money: &Money) -> bool {
    let clause = parsed.clause_of(money.start);
    let near = |role: Role| {
        parsed.words.iter().any(|word| word.clause == clause && word.hit.tag.is(&[role]))
    };
    !near(Role::NotCapital) || near(Role::Invest)
}

/// Is this the figure that another one replaces?
fn is_old(parsed: &Parsed<'_>, money: &Money) -> bool {
    const BEFORE: [&str; 33] = [
        "from",
        "not",
        "instead of",
        "rather than",
        "previously",
        "versus",
        "vs",
        "vs.",
        "initial",
        "original",
        "earlier",
        "was",
        "against",
        "originally",
        "statt",
        "anstatt",
        "nicht",
        "von",
        "zuvor",
        "bisher",
        "zunächst",
        "au lieu de",
        "et non",
        "contre",
        "plutôt que",
        "initialement",
        "auparavant",
        "de",
        "从",
        "由",
        "而非",
        "原",
        "不是",
    ];
    const AFTER: [&str; 14] = [
        "から",
        "에서",
        "ではなく",
        "でなく",
        "아닌",
        "아니라",
        "より",
        "->",
        "→",
        "を",
        "보다",
        "의",
        "原定",
        "增至",
    ];
    let head = parsed
        .text
        .lower
        .get(..money.start)
        .unwrap_or_default()
        .trim_end()
        .trim_end_matches(['"', '(', ' ']);
    let tail = parsed.text.lower.get(money.end..).unwrap_or_default().trim_start();
    let word = |mark: &&str| {
        head.strip_suffix(*mark).is_some_and(|rest| {
            !rest.ends_with(|c: char| c.is_alphanumeric() && c.is_ascii()) || !mark.is_ascii()
        })
    };
    // "「8兆円」は「8000億円」の誤り": what stands before "error" is what it should be; what is its topic is old.
    let tail_bare = tail.trim_start_matches(['"', '」', '\'', ' ']);
    if parsed.money.len() > 1 && ["は", "とあるのは"].iter().any(|mark| tail_bare.starts_with(mark))
    {
        let rest = parsed.money.iter().find(|other| other.start >= money.end);
        let right = rest.and_then(|other| parsed.text.lower.get(other.end..)).unwrap_or_default();
        return right.trim_start_matches(['"', '」', '\'', ' ']).starts_with("の誤り");
    }
    let last = parsed.money.last().is_some_and(|last| last.start == money.start);
    // "To cut $550 billion pledge to $100 billion", "kürzt 550 Milliarden auf 100": moved to the later sum.
    let moved = parsed.words.iter().any(|word| {
        word.hit.tag.is(&[Role::Change]) && !word.negated && word.hit.start < money.start
    });
    let towards = parsed.money.iter().filter(|other| other.start >= money.end).any(|other| {
        let head = parsed.text.lower.get(money.end..other.start).unwrap_or_default().trim_end();
        let head = head.trim_end_matches([' ', '"']);
        [" to", " auf", " à", "to just", "to only", "auf nur"]
            .iter()
            .any(|mark| head.ends_with(mark) || head == mark.trim())
    });
    if moved && towards {
        return true;
    }
    BEFORE.iter().any(word) || (!last && AFTER.iter().any(|mark| tail.starts_with(mark)))
}
