//! [`Forgotten`]: fills of orders that were over so long ago that the ledger has forgotten them. Nobody can tell
//! whether they were booked, so each is told, and written down, once a run and not with every report.

use std::collections::BTreeSet;

use statecraft_domain::{ClientOrderId, Event, TradeId};
use statecraft_engine::orders::Ledger;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Forgotten(BTreeSet<(ClientOrderId, TradeId)>);

impl Forgotten {
    /// Does this event of a report say what no report of this run has said?
    pub(super) fn is_new(&mut self, ledger: &Ledger, event: &Event) -> bool {
        let Event::OrderFilled(filled) = event else { return true };
        let fill = &filled.fill;
        ledger.get(fill.order).is_some() || self.0.insert((fill.order, fill.trade.clone()))
    }
}
