//! [`Strangers`]: orders and fills on the account that are not ours, and orders that are over here and rest
//! there (F57). One report proves nothing: its parts are read one after the other, and reads lag writes.

use std::collections::BTreeSet;
use std::time::Duration;

use statecraft_domain::event::Dispute;
use statecraft_domain::{Timestamp, VenueOrderId};

use super::reconcile::{AccountState, Differences};
use super::reconciler::Wall;

/// Something that is not ours.
#[derive(Debug)]
struct Stranger {
    what: Dispute,
    /// When the report was asked for that showed it first.
    since: Wall,
    /// The engine was told.
    told: bool,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Strangers {
    seen: Vec<Stranger>,
    /// Fills up to then were there before this run traded: positions and cash speak of them.
    from: Timestamp,
    /// Orders of somebody else that were there before a run on paper, which leaves them alone.
    left_alone: BTreeSet<VenueOrderId>,
}

impl Strangers {
    /// Trading begins on an account like this, asked for from `since` on.
    pub(super) fn begin(&mut self, state: &AccountState, found: &Differences, since: Timestamp) {
        let newest = state.fills.iter().map(|fill| fill.venue_at).max();
        self.from = newest.unwrap_or(since).max(since);
        self.left_alone = found.foreign.iter().map(|order| order.venue_order.clone()).collect();
    }

    /// What a report has of them; `is_over`: an order of ours was over already when it was asked for.
    pub(super) fn of(
        &self,
        found: &Differences,
        is_over: impl Fn(&statecraft_domain::ClientOrderId) -> bool,
    ) -> Vec<Dispute> {
        let ghosts = found.ghosts.iter().filter(|(order, ..)| is_over(order)).map(
            |(order, venue_order, ticker)| Dispute::Ghost {
                order: *order,
                venue_order: venue_order.clone(),
                ticker: ticker.clone(),
            },
        );
        let orders =
            found.foreign.iter().filter(|order| !self.left_alone.contains(&order.venue_order));
        let orders = orders.map(|order| Dispute::ForeignOrder {
            client_id: order.client_id.clone(),
            venue_order: order.venue_order.clone(),
            ticker: order.ticker.clone(),
        });
        let fills = found.foreign_fills.iter().filter(|fill| {
            fill.venue_at > self.from && !self.left_alone.contains(&fill.venue_order)
        });
        let fills = fills.map(|fill| Dispute::ForeignFill {
            trade: fill.trade.clone(),
            venue_order: fill.venue_order.clone(),
            ticker: fill.ticker.clone(),
            quantity: fill.quantity,
        });
        ghosts.chain(orders).chain(fills).collect()
    }

    /// A report asked for at `asked` shows these. Proven are those that one asked for a grace before has shown,
    /// too; each is proven once, and again where `trades`: somebody has let it trade on meanwhile.
    pub(super) fn seen(
        &mut self,
        shown: Vec<Dispute>,
        asked: Wall,
        grace: Duration,
        trades: bool,
    ) -> Vec<Dispute> {
        let before = std::mem::take(&mut self.seen);
        let mut proven = Vec::new();
        for what in shown {
            let known = before.iter().find(|one| one.what == what);
            let since = known.map_or(asked, |known| known.since);
            let mut told = known.is_some_and(|known| known.told);
            // An old page shows what a cancel has ended meanwhile.
            let patience = if matches!(what, Dispute::Ghost { .. }) { grace * 2 } else { grace };
            // A fill is told once: it is listed for a while, whoever has accepted it.
            let again = trades && !matches!(what, Dispute::ForeignFill { .. });
            if asked.saturating_sub(since) >= patience && (again || !told) {
                proven.push(what.clone());
                told = true;
            }
            self.seen.push(Stranger { what, since, told });
        }
        proven
    }

    /// Is any of them still to be proven?
    pub(super) fn suspects(&self) -> bool {
        self.seen.iter().any(|one| !one.told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(name: &str) -> Dispute {
        Dispute::ForeignOrder {
            client_id: String::new(),
            venue_order: VenueOrderId::new(name),
            ticker: "T".to_owned(),
        }
    }

    #[test]
    fn f57_two_reports_a_grace_apart_prove_it_once() {
        let mut strangers = Strangers::default();
        let grace = Duration::from_secs(30);
        let mut seen = |secs, shown: &[&str], trades| {
            let shown = shown.iter().map(|name| order(name)).collect();
            strangers.seen(shown, Wall::from_secs(secs), grace, trades).len()
        };
        assert_eq!(seen(0, &["a"], true), 0);
        assert_eq!(seen(29, &["a", "b"], true), 0);
        assert_eq!(seen(30, &["a", "b"], true), 1);
        assert_eq!(seen(60, &["a"], false), 0, "told, and halted: nothing new");
        assert_eq!(seen(90, &["a", "b"], true), 1, "somebody has let it trade on; b begins anew");
    }
}
