//! The word somebody probably meant.

/// The candidate nearest to `word`, if it is near enough to be a slip of the finger: at most one edit
/// in three characters (and never fewer than one allowed).
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(edits, candidate)| *edits <= allowed || is_reordering(word, candidate))
        .min()
        .map(|(_, candidate)| candidate)
}

/// The candidates in order of nearness to `word`, each once.
#[must_use]
pub fn by_nearness(word: &str, candidates: impl IntoIterator<Item = String>) -> Vec<String> {
    let near = |candidate: String| (distance(word, &candidate), candidate);
    let mut ordered: Vec<(usize, String)> = candidates.into_iter().map(near).collect();
    ordered.sort();
    ordered.dedup();
    ordered.into_iter().map(|(_, candidate)| candidate).collect()
}

/// `max_cost_order` for `max_order_cost`.
fn is_reordering(word: &str, candidate: &str) -> bool {
    let parts = |text: &str| {
        let mut parts: Vec<String> = text.split(['_', '-']).map(str::to_lowercase).collect();
        parts.sort();
        parts
    };
    word.contains(['_', '-']) && parts(word) == parts(candidate)
}

/// Edits (insert, remove, replace, swap neighbours) that turn one word into the other.
#[must_use]
pub fn distance(from: &str, to: &str) -> usize {
    let from: Vec<char> = from.to_lowercase().chars().collect();
    let to: Vec<char> = to.to_lowercase().chars().collect();
    let mut table = vec![vec![0; to.len() + 1]; from.len() + 1];
    table[0] = (0..=to.len()).collect();
    for (row, line) in table.iter_mut().enumerate() {
        line[0] = row;
    }
    for row in 1..=from.len() {
        for column in 1..=to.len() {
            let replace = usize::from(from[row - 1] != to[column - 1]);
            let mut best = (table[row - 1][column] + 1)
                .min(table[row][column - 1] + 1)
                .min(table[row - 1][column - 1] + replace);
            let swapped = row > 1
                && column > 1
                && from[row - 1] == to[column - 2]
                && from[row - 2] == to[column - 1];
            if swapped {
                best = best.min(table[row - 2][column - 2] + 1);
            }
            table[row][column] = best;
        }
    }
    table[from.len()][to.len()]
}

#[cfg(test)]
mod tests {
    use super::{by_nearness, nearest};

    #[test]
    fn tickers_in_order_of_nearness() {
        let known = ["KXB-27-JAP", "KXA-27-CHI", "KXA-27-JAP", "KXA-27-JAP"].map(str::to_owned);
        assert_eq!(by_nearness("KXA-27-JPN", known), ["KXA-27-JAP", "KXA-27-CHI", "KXB-27-JAP"]);
    }

    const KEYS: [&str; 4] = ["max_order_cost", "max_position_cost", "min_price", "mode"];

    #[test]
    fn slips_find_their_key() {
        for (typed, meant) in [
            ("max_order_cots", "max_order_cost"),
            ("maxordercost", "max_order_cost"),
            ("max_cost_order", "max_order_cost"),
            ("Max_Order_Cost", "max_order_cost"),
            ("min_prise", "min_price"),
            ("mod", "mode"),
        ] {
            assert_eq!(nearest(typed, KEYS), Some(meant), "{typed}");
        }
    }

    #[test]
    fn other_words_find_nothing() {
        for typed in ["leverage", "x", "api_key"] {
            assert_eq!(nearest(typed, KEYS), None, "{typed}");
        }
    }
}
