//! SHA-256 over all actions of a run in order: two runs with the same hash did the same.
//!
//! Each action is encoded as one byte of kind followed by its fields in the order of their declaration:
//! integers as little-endian of their own width ([`Price`] `u16`, [`Quantity`] `i64`, times `i64`,
//! ids `u64 u64` / `u32` / `u16`), booleans and enums as one byte, floats as the little-endian bytes of
//! their bits, an optional value as one byte 0 or 1 and the value, text as its length `u32` and its
//! UTF-8 bytes. Kinds: 1 place, 2 cancel, 3 predict, 4 resnapshot, 5 alert; 6 is no
//! action but the probability of a model without a market (time, strategy, probability, standard deviation
//! of its log-odds).

use sha2::{Digest as _, Sha256};
use statecraft_domain::action::{Alert, CancelOrder, Prediction, Resnapshot, Severity};
use statecraft_domain::control::{CautionRaised, Latch};
use statecraft_domain::{
    Action, ClientOrderId, OrderRequest, Price, Quantity, SelfTradePrevention, Side, StrategyId,
    TimeInForce, Timestamp,
};

/// The running hash.
#[derive(Debug, Clone)]
pub struct ActionsHash {
    hasher: Sha256,
    buffer: Vec<u8>,
}

impl Default for ActionsHash {
    fn default() -> Self {
        Self { hasher: Sha256::new(), buffer: Vec::with_capacity(256) }
    }
}

impl ActionsHash {
    /// Adds one action.
    pub fn update(&mut self, action: &Action) {
        self.buffer.clear();
        let mut out = Encoder(&mut self.buffer);
        match action {
            Action::Place(order) => out.order(order.get()),
            Action::Cancel(cancel) => out.cancel(cancel),
            Action::Predict(prediction) => out.prediction(prediction),
            Action::Resnapshot(resnapshot) => out.resnapshot(resnapshot),
            Action::Alert(alert) => out.alert(alert),
            Action::Latch(latch) => out.latch(latch),
        }
        self.hasher.update(&self.buffer);
    }

    /// Adds what a model without a market says.
    pub fn update_model(&mut self, at: Timestamp, strategy: StrategyId, p: f64, sd_logit: f64) {
        self.buffer.clear();
        let mut out = Encoder(&mut self.buffer);
        out.byte(6);
        out.time(at);
        out.bytes(&strategy.0.to_le_bytes());
        out.bytes(&p.to_bits().to_le_bytes());
        out.bytes(&sd_logit.to_bits().to_le_bytes());
        self.hasher.update(&self.buffer);
    }

    /// The hash so far, in hexadecimal.
    #[must_use]
    pub fn finish(self) -> String {
        hex::encode(self.hasher.finalize())
    }
}

struct Encoder<'a>(&'a mut Vec<u8>);

impl Encoder<'_> {
    fn order(&mut self, order: &OrderRequest) {
        self.byte(1);
        self.order_id(order.id);
        self.bytes(&order.strategy.0.to_le_bytes());
        self.bytes(&order.market.0.to_le_bytes());
        self.byte(u8::from(order.side == Side::Ask));
        self.price(order.price);
        self.quantity(order.quantity);
        match order.time_in_force {
            TimeInForce::ImmediateOrCancel => self.byte(0),
            TimeInForce::FillOrKill => self.byte(1),
            TimeInForce::GoodTilCancelled { expires } => {
                self.byte(2);
                self.byte(u8::from(expires.is_some()));
                if let Some(expires) = expires {
                    self.time(expires);
                }
            }
        }
        self.byte(u8::from(order.post_only));
        self.byte(u8::from(order.reduce_only));
        self.byte(u8::from(order.self_trade_prevention == SelfTradePrevention::CancelMaker));
        self.time(order.decided_at);
    }

    fn cancel(&mut self, cancel: &CancelOrder) {
        self.byte(2);
        self.time(cancel.at);
        self.order_id(cancel.order);
    }

    fn prediction(&mut self, p: &Prediction) {
        self.byte(3);
        self.time(p.at);
        self.bytes(&p.strategy.0.to_le_bytes());
        self.bytes(&p.market.0.to_le_bytes());
        for float in [p.model, p.sd_logit, p.blended, p.market_price] {
            self.bytes(&float.to_bits().to_le_bytes());
        }
        self.price(p.bid);
        self.price(p.ask);
        self.text(&p.version);
        for signal in &p.signals {
            self.text(signal);
        }
    }

    fn latch(&mut self, latch: &Latch) {
        self.byte(7);
        match latch {
            Latch::Mode(changed) => {
                self.byte(0);
                self.time(changed.at);
                self.text(&format!("{:?}", changed.mode));
                self.text(&changed.reason);
            }
            Latch::Restriction(changed) => {
                self.byte(1);
                self.time(changed.at);
                self.text(&format!("{:?} {:?}", changed.scope, changed.mode));
                self.text(&changed.code);
                self.text(&changed.reason);
            }
            Latch::Profit(marked) => {
                self.byte(2);
                self.time(marked.at);
                self.bytes(&marked.day.to_le_bytes());
                self.bytes(&marked.week.to_le_bytes());
                for amount in [marked.day_base, marked.week_base, marked.high_water] {
                    self.bytes(&amount.e10().to_le_bytes());
                }
            }
            Latch::Denied(denied) => {
                self.byte(3);
                self.time(denied.at);
                self.bytes(&denied.strategy.0.to_le_bytes());
                self.bytes(&denied.market.0.to_le_bytes());
                self.text(denied.denial.code());
                self.bytes(&denied.count.to_le_bytes());
            }
            Latch::Caution(raised) => self.caution(raised),
            Latch::Flatten(ended) => {
                self.byte(5);
                self.time(ended.at);
                self.bytes(&ended.market.0.to_le_bytes());
                self.quantity(ended.left);
            }
        }
    }

    fn caution(&mut self, raised: &CautionRaised) {
        self.byte(4);
        self.time(raised.at);
        self.bytes(&raised.strategy.0.to_le_bytes());
        self.bytes(&raised.market.0.to_le_bytes());
        for until in [raised.frozen_until, raised.halved_until] {
            self.byte(u8::from(until.is_some()));
            self.time(until.unwrap_or(Timestamp::EPOCH));
        }
        self.byte(u8::from(raised.priced.is_some()));
        if let Some(priced) = raised.priced {
            self.byte(u8::from(priced.side == Side::Ask));
            self.bytes(&priced.reference.to_bits().to_le_bytes());
            self.time(priced.until);
        }
    }

    fn resnapshot(&mut self, resnapshot: &Resnapshot) {
        self.byte(4);
        self.time(resnapshot.at);
        self.bytes(&resnapshot.market.0.to_le_bytes());
    }

    fn alert(&mut self, alert: &Alert) {
        self.byte(5);
        self.time(alert.at);
        self.byte(match alert.severity {
            Severity::Info => 0,
            Severity::Warning => 1,
            Severity::Critical => 2,
        });
        self.text(&alert.code);
        self.text(&alert.message);
    }

    fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn time(&mut self, at: Timestamp) {
        self.bytes(&at.nanos().to_le_bytes());
    }

    fn price(&mut self, price: Price) {
        self.bytes(&price.e4().to_le_bytes());
    }

    fn quantity(&mut self, quantity: Quantity) {
        self.bytes(&quantity.e6().to_le_bytes());
    }

    fn order_id(&mut self, id: ClientOrderId) {
        self.bytes(&id.lineage.to_le_bytes());
        self.bytes(&id.sequence.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.bytes(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
        self.bytes(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use statecraft_domain::MarketId;

    fn hash(actions: &[Action]) -> String {
        let mut hash = ActionsHash::default();
        for action in actions {
            hash.update(action);
        }
        hash.finish()
    }

    fn resnapshot(at: i64, market: u32) -> Action {
        Action::Resnapshot(Resnapshot { at: Timestamp::from_nanos(at), market: MarketId(market) })
    }

    #[test]
    fn order_and_content_matter() {
        let (a, b) = (resnapshot(1, 0), resnapshot(2, 0));
        let all = [
            hash(&[]),
            hash(std::slice::from_ref(&a)),
            hash(&[a.clone(), b.clone()]),
            hash(&[b, a]),
            hash(&[resnapshot(1, 1)]),
        ];
        for (index, one) in all.iter().enumerate() {
            assert!(!all[..index].contains(one));
        }
    }

    #[test]
    fn the_encoding_is_as_documented() {
        // 04, then at = 1 as i64 LE, then market = 2 as u32 LE.
        let bytes = [4, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0];
        assert_eq!(hash(&[resnapshot(1, 2)]), hex::encode(Sha256::digest(bytes)));
    }
}
