//! What `status` answers: everything that a person who left the bot alone wants to know first.

use serde_json::{Value, json};
use statecraft_domain::control::{CautionRaised, Scope};
use statecraft_domain::{MarketId, StrategyId, Venue};

use super::trading::Trading;
use super::{disk, flatten, observe};

/// A strategy that holds back on a market because of a move that nothing explains.
#[derive(Debug, serde::Serialize)]
struct Held {
    strategy: String,
    market: String,
    what: &'static str,
    /// UTC.
    until: Option<String>,
}

impl Trading {
    pub(super) fn status_json(&self) -> Value {
        let engine = self.core.engine();
        let status = observe::status(&self.core, self.feeds.health(), &self.label, &self.listening);
        let controls = engine.controls();
        let restrictions: Vec<Value> = controls
            .restrictions()
            .map(|one| {
                json!({
                    "scope": match one.scope {
                        Scope::Strategy(id) => format!("strategy {}", self.name_of(id)),
                        Scope::Market(id) => format!("market {}", self.ticker_of(id)),
                    },
                    "mode": one.mode, "code": one.code, "reason": one.reason, "by": one.origin,
                })
            })
            .collect();
        let markets: Vec<Value> = status
            .markets
            .iter()
            .map(|market| {
                json!({
                    "ticker": market.ticker,
                    "bid": market.bid, "ask": market.ask,
                    "model": market.model.map(|(model, _)| model),
                    "position": market.position.to_string(),
                    "pnl": market.pnl.to_string(),
                    "state": market.state,
                })
            })
            .collect();
        json!({
            "venue": status.venue,
            "mode": status.mode,
            "mode_cause": engine.mode_cause(),
            "at": super::view::instant(status.at),
            "connected": status.connected,
            "silent_secs": status.silent_secs,
            "condition": controls.condition(Venue::Kalshi),
            "unsteady": self.watch.hold(self.clock.wall()).map(|hold| json!({
                "cause": hold.cause, "times": hold.times, "wait_secs": hold.wait.as_secs(),
                "left_secs": hold.left.as_secs(), "text": hold.to_string(),
            })),
            "clock": controls.clock(),
            "engine_time_speed": self.clock.speed(),
            "reconciled_secs_ago": self
                .reconciler
                .agreed()
                .map(|asked| self.clock.wall().saturating_sub(asked).as_secs_f64()),
            "pending_config": self.hot.pending_json(),
            "config_invalid": self.hot.invalid_json(),
            "watch": self.amiss.to_json(),
            "disk": self.disk.as_ref().map(disk::Look::to_json),
            "unclosed": flatten::unclosed_json(&self.core),
            "restrictions": restrictions,
            "held_back": self.held_json(),
            "cash": status.cash.to_string(),
            "equity": status.equity.to_string(),
            "pnl": status.pnl.to_string(),
            "open_orders": engine.orders().live().iter().filter(|order| order.phase.is_live()).count(),
            "unknown_orders": status.counts.unknown,
            "orders": status.counts.orders,
            "orders_left": self.sent.flow().orders,
            "fills": status.counts.fills,
            "strategies": engine.config().strategies.iter().map(|one| &one.name).collect::<Vec<_>>(),
            "markets": markets,
            "sources": self.listening.sources(),
            "source_alerts": self.source_watch.to_json(),
            "denials": status.denials.iter().map(|(code, count)| json!([code, count])).collect::<Vec<_>>(),
        })
    }

    /// Who holds back in a scope after a move that nothing explains, for whoever releases it.
    pub(super) fn held_back(&self, scope: Scope) -> Vec<String> {
        let told = |caution: CautionRaised| {
            let Held { strategy, market, what, until } = self.held(&caution);
            let until = until.map_or_else(String::new, |until| format!(" until {until}"));
            format!("unexplained_move: strategy {strategy} on {market} was {what}{until}")
        };
        self.core.engine().cautions(scope).map(told).collect()
    }

    fn held(&self, caution: &CautionRaised) -> Held {
        let now = self.core.engine().now();
        let frozen = caution.frozen_until.filter(|&until| now < until);
        let (what, until) = match (frozen, caution.halved_until) {
            (Some(until), _) => ("frozen", Some(until)),
            (None, until) => ("at half the model's weight", until),
        };
        Held {
            strategy: self.name_of(caution.strategy).to_owned(),
            market: self.ticker_of(caution.market).to_owned(),
            what,
            until: until.map(super::view::instant),
        }
    }

    /// Every strategy that holds back.
    fn held_json(&self) -> Value {
        let engine = self.core.engine();
        let ids = (0..engine.config().strategies.len()).filter_map(|id| u16::try_from(id).ok());
        let all = ids.flat_map(|id| engine.cautions(Scope::Strategy(StrategyId(id))));
        all.map(|caution| json!(self.held(&caution))).collect()
    }

    fn name_of(&self, id: StrategyId) -> &str {
        let strategy = self.core.engine().config().strategies.get(id.index());
        strategy.map_or("?", |strategy| strategy.name.as_str())
    }

    fn ticker_of(&self, id: MarketId) -> &str {
        let market = self.core.engine().market(id);
        market.map_or("?", |market| market.listing().ticker.as_str())
    }
}
