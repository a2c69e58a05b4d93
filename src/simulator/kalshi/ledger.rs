//! [`Ledger`]: everything that a test needs to compare with what a client believes.

use serde::{Deserialize, Serialize};
use statecraft_domain::{Liquidity, Price, Quantity, Side, Timestamp, Usd};

use super::api::end_word;
use super::format::Named;
use super::venue::KalshiVenue;

/// The user's account as the venue keeps it, read from the books, never through a fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Story time.
    pub at: Timestamp,
    /// Money not in positions.
    pub cash: Usd,
    /// Held back for resting orders.
    pub reserved: Usd,
    /// Every market ever held.
    pub positions: Vec<LedgerPosition>,
    /// Every order, oldest first.
    pub orders: Vec<LedgerOrder>,
    /// Every fill, oldest first.
    pub fills: Vec<LedgerFill>,
}

/// One position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerPosition {
    /// Market.
    pub ticker: String,
    /// YES positive, NO negative.
    pub quantity: Quantity,
    /// Cost of the open contracts, without fees.
    pub cost: Usd,
    /// Profit taken, before fees.
    pub realized: Usd,
    /// Fees paid.
    pub fees: Usd,
}

/// One order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerOrder {
    /// The venue's id.
    pub order_id: String,
    /// The client's id, empty if it gave none.
    pub client_order_id: String,
    /// Market.
    pub ticker: String,
    /// Side of the YES book.
    pub side: Side,
    /// YES price.
    pub price: Price,
    /// Size at placement or as amended.
    pub initial: Quantity,
    /// Filled.
    pub filled: Quantity,
    /// Still resting.
    pub remaining: Quantity,
    /// `resting`, `executed` or `canceled`.
    pub status: String,
}

/// One fill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerFill {
    /// The venue's id of the trade.
    pub trade_id: String,
    /// The venue's id of the order.
    pub order_id: String,
    /// The client's id of the order, empty if it gave none.
    pub client_order_id: String,
    /// Market.
    pub ticker: String,
    /// Side of the order.
    pub side: Side,
    /// YES price.
    pub price: Price,
    /// Contracts.
    pub quantity: Quantity,
    /// Net fee.
    pub fee: Usd,
    /// Took or made.
    pub liquidity: Liquidity,
    /// Story time.
    pub at: Timestamp,
}

impl KalshiVenue {
    /// The account now.
    pub(crate) fn ledger(&self) -> Ledger {
        let account = self.backend.account().cloned().unwrap_or_default();
        Ledger {
            at: self.backend.now(),
            cash: account.cash,
            reserved: account.reserved,
            positions: account
                .positions
                .iter()
                .map(|(market, position)| LedgerPosition {
                    ticker: self.ticker(*market),
                    quantity: position.quantity,
                    cost: position.cost,
                    realized: position.realized,
                    fees: position.fees,
                })
                .collect(),
            orders: self.ledger_orders(),
            fills: self.ledger_fills(),
        }
    }

    fn ledger_orders(&self) -> Vec<LedgerOrder> {
        let order = |record: &statecraft_exchange::venue::OrderRecord| LedgerOrder {
            order_id: self.ids.write(Named::Order, record.key.0),
            client_order_id: record.order.client_id.clone().unwrap_or_default(),
            ticker: self.ticker(record.order.market),
            side: record.order.side,
            price: record.order.price,
            initial: record.initial,
            filled: record.filled,
            remaining: record.remaining,
            status: end_word(record.end).to_owned(),
        };
        self.backend.orders().into_iter().map(order).collect()
    }

    fn ledger_fills(&self) -> Vec<LedgerFill> {
        let fill = |fill: &statecraft_exchange::venue::FillRecord| LedgerFill {
            trade_id: self.ids.write(Named::Trade, fill.trade.0),
            order_id: self.ids.write(Named::Order, fill.order.0),
            client_order_id: self
                .backend
                .order(fill.order)
                .and_then(|record| record.order.client_id.clone())
                .unwrap_or_default(),
            ticker: self.ticker(fill.market),
            side: fill.side,
            price: fill.price,
            quantity: fill.quantity,
            fee: fill.fee,
            liquidity: fill.liquidity,
            at: fill.at,
        };
        self.backend.fills().into_iter().map(fill).collect()
    }
}
