//! [`Summary`]: what a run came to, for people and for `--json`.

use std::collections::BTreeMap;

use serde::Serialize;
use statecraft_domain::{Quantity, Usd};

use super::observe::Tally;
use super::source_table;
use crate::config::TradingMode;
use crate::signals::SourceReport;

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StopCause {
    /// Ctrl-C or a termination signal.
    Interrupted,
    /// `--for` was over.
    Duration,
    /// The embedded venue's story was over.
    StoryEnded,
    /// The journal failed.
    JournalFailed,
}

impl StopCause {
    /// The word in summary and journal.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Interrupted => "interrupted",
            Self::Duration => "duration",
            Self::StoryEnded => "story_ended",
            Self::JournalFailed => "journal_failed",
        }
    }
}

/// See the module. Money as decimal strings.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Version of this object.
    pub schema_version: u32,
    /// Inputs the engine took, recovery not counted.
    pub events: u64,
    /// Signals taken in.
    pub signals: u64,
    /// Withdrawals, denials and corrections among the headlines that answered no story known.
    pub unmatched_revisions: u64,
    /// How every source of signals was at the end.
    pub sources: Vec<SourceReport>,
    /// Orders approved.
    pub orders: u64,
    /// Fills.
    pub fills: u64,
    /// Orders the venue refused.
    pub rejects: u64,
    /// Decisions that did not become orders, by reason.
    pub denials: BTreeMap<&'static str, u64>,
    /// Strategies that lost the right to real money by their own record.
    pub demoted: Vec<String>,
    /// Orders whose fate is still unknown.
    pub unknown_orders: u64,
    /// Orders that may still rest at the venue.
    pub open_orders: u64,
    /// Contracts filled.
    pub contracts_traded: Quantity,
    /// Fees paid.
    pub fees: Usd,
    /// Equity now minus opening equity.
    pub pnl_net: Usd,
    /// Cash now.
    pub cash_final: Usd,
    /// Cash and positions, marked at executable prices.
    pub equity_final: Usd,
    /// `paper` or `live`.
    pub mode: &'static str,
    /// Why it ended.
    pub stopped_by: StopCause,
}

impl Summary {
    /// Of a run that is over.
    #[must_use]
    pub fn new(tally: Tally, mode: TradingMode, stopped_by: StopCause) -> Self {
        Self {
            schema_version: 1,
            events: tally.counts.events,
            signals: tally.counts.signals,
            unmatched_revisions: 0,
            sources: Vec::new(),
            orders: tally.counts.orders,
            fills: tally.counts.fills,
            rejects: tally.counts.rejects,
            denials: tally.denials.into_iter().collect(),
            demoted: tally.demoted,
            unknown_orders: tally.counts.unknown,
            open_orders: tally.open_orders,
            contracts_traded: tally.contracts,
            fees: tally.fees,
            pnl_net: tally.pnl,
            cash_final: tally.cash,
            equity_final: tally.equity,
            mode: mode.name(),
            stopped_by,
        }
    }

    /// The closing words on a terminal.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!(
            "stopped by {}: {} events, {} signals, {} orders, {} fills, {} rejected\n\
             {} contracts traded, fees {}, P&L {} (mode {}), equity {}\n",
            self.stopped_by.name(),
            self.events,
            self.signals,
            self.orders,
            self.fills,
            self.rejects,
            self.contracts_traded,
            self.fees.to_rounded(2),
            self.pnl_net.to_rounded(2),
            self.mode,
            self.equity_final.to_rounded(2),
        );
        if self.unmatched_revisions > 0 {
            let count = self.unmatched_revisions;
            text.push_str(&format!("{count} withdrawals or denials answered no story known\n"));
        }
        text.push_str(&source_table::text(&self.sources));
        if !self.demoted.is_empty() {
            let names = self.demoted.join(", ");
            text.push_str(&format!("demoted to paper by their own record: {names}\n"));
        }
        text.push_str(match (self.open_orders, self.unknown_orders) {
            (0, 0) => "no order left at the venue\n",
            (_, 0) => "some orders may still rest at the venue: see `journal show --orders`\n",
            _ => "the fate of some orders is unknown: the next start will find out\n",
        });
        text
    }
}
