//! Strategy T1: a fixed size whenever the price is far enough from the probability, one order at a
//! time (`bench/README.md`).

use statecraft_domain::event::Level;
use statecraft_domain::{Denial, Price, Quantity, Side};

use super::{Proposal, Style, Verdict};
use crate::config::Threshold;

/// Buy at the best ask if it is at or below `fair - edge`, else sell at the best bid if it is at or
/// above `fair + edge`, while the position stays within its bounds.
#[inline]
#[must_use]
pub fn decide(
    rules: &Threshold,
    fair: Price,
    bid: Option<Level>,
    ask: Option<Level>,
    position: Quantity,
) -> Verdict {
    let (fair_e4, edge_e4) = (i32::from(fair.e4()), i32::from(rules.edge.e4()));
    let cheap = ask.filter(|ask| i32::from(ask.price.e4()) <= fair_e4 - edge_e4);
    let dear = bid.filter(|bid| i32::from(bid.price.e4()) >= fair_e4 + edge_e4);
    let room_up = position + rules.quantity <= rules.max_position;
    let room_down = position - rules.quantity >= -rules.max_position;
    let (side, level) = match (cheap, dear) {
        (Some(ask), _) if room_up => (Side::Bid, ask),
        (_, Some(bid)) if room_down => (Side::Ask, bid),
        (Some(_), _) | (_, Some(_)) => return Verdict::Nothing(Denial::MarketPosition),
        (None, None) => return Verdict::Nothing(Denial::NoEdge),
    };
    let edge_e4 = (fair_e4 - i32::from(level.price.e4())).abs();
    Verdict::Propose(Proposal {
        side,
        price: level.price,
        quantity: rules.quantity,
        reduces: false,
        edge: f64::from(edge_e4) / 10_000.0,
        style: Style::Take,
    })
}

#[cfg(test)]
mod tests {
    use statecraft_domain::Nanos;

    use super::*;

    fn cents(cents: u16) -> Price {
        Price::from_cents(cents).unwrap()
    }

    fn level(price: u16) -> Option<Level> {
        Some(Level { price: cents(price), quantity: Quantity::from_contracts(5) })
    }

    fn decide_at(bid: u16, ask: u16, position: i32) -> Option<(Side, Price)> {
        let rules = Threshold {
            edge: cents(3),
            quantity: Quantity::from_contracts(10),
            max_position: Quantity::from_contracts(1000),
            interval: Nanos::from_secs(1),
        };
        let position = Quantity::from_contracts(position);
        match decide(&rules, cents(50), level(bid), level(ask), position) {
            Verdict::Propose(proposal) => Some((proposal.side, proposal.price)),
            Verdict::Nothing(_) => None,
        }
    }

    #[test]
    fn t1_triggers_exactly_at_its_edges() {
        assert_eq!(decide_at(46, 47, 0), Some((Side::Bid, cents(47))));
        assert_eq!(decide_at(46, 48, 0), None);
        assert_eq!(decide_at(53, 54, 0), Some((Side::Ask, cents(53))));
        assert_eq!(decide_at(52, 54, 0), None);
    }

    #[test]
    fn t1_stays_within_its_bounds() {
        assert_eq!(decide_at(40, 41, 990), Some((Side::Bid, cents(41))));
        assert_eq!(decide_at(40, 41, 991), None);
        assert_eq!(decide_at(60, 61, -990), Some((Side::Ask, cents(60))));
        assert_eq!(decide_at(60, 61, -991), None);
    }
}
