//! Every order of up to five reports about one order, against a model that only collects facts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

mod support;

use std::collections::BTreeSet;

use statecraft_domain::order::CloseReason;
use statecraft_domain::{
    Fill, Liquidity, OrderRequest, Quantity, RejectReason, SelfTradePrevention, Side, StrategyId,
    TimeInForce, TradeId, Usd, VenueOrderId,
};
use statecraft_engine::orders::ledger::{FillOutcome, Outcome};
use statecraft_engine::orders::life::Report;
use statecraft_engine::orders::{Ledger, Phase};
use support::{LINEAGE, M, cents, contracts, ms, order_id};

/// The order is of three contracts; each of the three trades is of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Sent,
    Accepted,
    NoAnswer,
    Rejected,
    NotPlaced,
    Trade(u8),
    /// Over, with so many filled by the venue's account.
    Closed(i32),
}

const WORDS: [Word; 11] = [
    Word::Sent,
    Word::Accepted,
    Word::NoAnswer,
    Word::Rejected,
    Word::NotPlaced,
    Word::Trade(0),
    Word::Trade(1),
    Word::Trade(2),
    Word::Closed(0),
    Word::Closed(1),
    Word::Closed(3),
];
const SIZE: i32 = 3;
const DEEPEST: usize = 5;

/// What has been heard, in no order at all.
#[derive(Debug, Clone, Default)]
struct Facts {
    accepted: bool,
    refused: bool,
    never_there: bool,
    trades: BTreeSet<u8>,
    closed: Option<i32>,
    unanswered: bool,
}

impl Facts {
    fn hear(&mut self, word: Word) {
        match word {
            Word::Sent => {}
            Word::Accepted => self.accepted = true,
            Word::NoAnswer => self.unanswered = true,
            Word::Rejected => self.refused = true,
            Word::NotPlaced => self.never_there = true,
            Word::Trade(trade) => {
                self.trades.insert(trade);
            }
            Word::Closed(filled) => self.closed = self.closed.max(Some(filled)),
        }
    }

    fn was_there(&self) -> bool {
        self.accepted || !self.trades.is_empty() || self.closed.is_some()
    }

    fn contradicts_itself(&self) -> bool {
        (self.refused || self.never_there) && self.was_there()
    }

    fn filled(&self) -> i32 {
        i32::try_from(self.trades.len()).unwrap()
    }

    /// Contracts that may still come.
    fn reserved(&self) -> i32 {
        if self.refused || self.never_there {
            return 0;
        }
        (self.closed.unwrap_or(SIZE) - self.filled()).max(0)
    }

    fn is_unknown(&self) -> bool {
        self.unanswered && !self.was_there() && !self.refused && !self.never_there
    }
}

fn request() -> OrderRequest {
    OrderRequest {
        id: order_id(1),
        strategy: StrategyId(0),
        market: M,
        side: Side::Bid,
        price: cents(40),
        quantity: contracts(SIZE),
        time_in_force: TimeInForce::GoodTilCancelled { expires: None },
        post_only: true,
        reduce_only: false,
        self_trade_prevention: SelfTradePrevention::CancelTaker,
        decided_at: ms(0),
    }
}

fn fill(trade: u8) -> Fill {
    Fill {
        trade: TradeId::new(&format!("t{trade}")),
        order: order_id(1),
        venue_order: VenueOrderId::new("V"),
        market: M,
        side: Side::Bid,
        price: cents(40),
        quantity: contracts(1),
        liquidity: Liquidity::Maker,
        fee: Usd::ZERO,
        venue_at: ms(0),
    }
}

/// Tells the ledger; `false` if it finds a contradiction. Money that moved is to be booked all the same.
fn tell(ledger: &mut Ledger, word: Word) -> bool {
    let id = order_id(1);
    let outcome = match word {
        Word::Sent => ledger.report(id, Report::Sent),
        Word::Accepted => ledger.accepted(id, &VenueOrderId::new("V")),
        Word::NoAnswer => ledger.report(id, Report::NoAnswer),
        Word::Rejected => ledger.rejected(id, RejectReason::InvalidOrder),
        Word::NotPlaced => ledger.closed(id, CloseReason::NotPlaced, Quantity::ZERO),
        Word::Closed(filled) => ledger.closed(id, CloseReason::Cancelled, contracts(filled)),
        Word::Trade(trade) => {
            return match ledger.filled(&fill(trade)) {
                FillOutcome::Book { .. } | FillOutcome::Duplicate => true,
                FillOutcome::BookImpossible => false,
                other => panic!("{other:?}"),
            };
        }
    };
    assert_ne!(outcome, Outcome::UnknownOrder);
    outcome != Outcome::Impossible
}

fn check(ledger: &Ledger, facts: &Facts, path: &[Word]) {
    let record = ledger.get(order_id(1)).unwrap();
    assert_eq!(record.filled, contracts(facts.filled()), "{path:?}");
    assert_eq!(record.reserved(), contracts(facts.reserved()), "{path:?}");
    assert_eq!(record.phase == Phase::Unknown, facts.is_unknown(), "{path:?}");
    assert_eq!(ledger.unknown_count(), usize::from(facts.is_unknown()), "{path:?}");
    let over = !record.phase.is_live();
    let known_over =
        facts.closed.is_some() || facts.refused || facts.never_there || facts.filled() == SIZE;
    assert_eq!(over, known_over, "{path:?}");
    // Listed as live while anything may still come, and only then.
    let open = facts.reserved() > 0;
    assert_eq!(!ledger.live().is_empty(), open, "{path:?}");
}

fn explore(ledger: &Ledger, facts: &Facts, path: &mut Vec<Word>, seen: &mut u64) {
    for word in WORDS {
        let (mut ledger, mut facts) = (ledger.clone(), facts.clone());
        facts.hear(word);
        path.push(word);
        *seen += 1;
        let consistent = tell(&mut ledger, word);
        assert_eq!(consistent, !facts.contradicts_itself(), "{path:?}");
        if consistent {
            check(&ledger, &facts, path);
            if path.len() < DEEPEST {
                explore(&ledger, &facts, path, seen);
            }
        } else if let Word::Trade(_) = word {
            // Against all that was said: the money moved, so it counts.
            let record = ledger.get(order_id(1)).unwrap();
            assert_eq!(record.filled, contracts(facts.filled()), "{path:?}");
        }
        path.pop();
    }
}

#[test]
fn every_interleaving_of_five_reports() {
    for restored in [false, true] {
        let mut ledger = Ledger::new(LINEAGE, 1);
        let mut facts = Facts::default();
        if restored {
            ledger.restore(request());
            facts.unanswered = true;
        } else {
            ledger.place(request());
        }
        let mut seen = 0;
        explore(&ledger, &facts, &mut Vec::new(), &mut seen);
        assert!(seen > 50_000, "only {seen} sequences");
    }
}
