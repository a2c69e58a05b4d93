//! Between two processes: what earlier versions left, and a person who releases a kill.

use statecraft_domain::{ClientOrderId, Nanos, Timestamp};

use crate::journal::Record;
use crate::simulation::scene;
use crate::venue::kalshi::rest::ORDERS;

use super::World;

impl World {
    pub(super) fn inherit(&mut self) {
        self.doomed = false;
        for _ in 0..3 {
            self.maybe_inherit();
        }
    }

    /// In some worlds the journal and the venue hold resting orders that an earlier version placed, under
    /// limits of its own and in no group.
    fn maybe_inherit(&mut self) {
        if self.resting || !self.has_past || !self.dice.chance(0.5) {
            return;
        }
        let names: Vec<String> =
            self.config.strategies.iter().map(|strategy| strategy.name.clone()).collect();
        let market = self.any_market();
        if self.settled.contains(&market.0) || self.paused_markets.contains(&market.0) {
            return;
        }
        let sequence = self.disk.borrow().next_sequence();
        let id = ClientOrderId { lineage: self.config.lineage, sequence };
        let book = self.venue.truth().book(market).cloned();
        let Some(order) = scene::resting(id, market, book.as_ref(), self.now, &mut self.dice)
        else {
            return;
        };
        let body = crate::venue::kalshi::rest::create_bytes(
            &order,
            &self.scene.ticker(market),
            &crate::trading::dispatch::route(&order, None, Nanos::ZERO),
        );
        let (Ok(body), Ok(json)) = (body, serde_json::to_string(&order)) else { return };
        self.advance_venue();
        let (status, _) = self.venue.call("POST", ORDERS, &body);
        let Ok(intent) = Record::from_json("intent", &json) else { return };
        if status != 201 {
            return;
        }
        let started = scene::run_started(&names, Timestamp::from_nanos(self.now));
        self.judge.inherited(self.now, &order, self.venue.truth());
        if let Err(closed) = self.disk.borrow_mut().interlude(vec![started, intent]) {
            self.judge.condemn("I21", closed.reason);
        }
    }
}
