use proptest::prelude::*;
use statecraft_domain::order::CloseReason;
use statecraft_domain::{
    Fill, Liquidity, Price, Quantity, SelfTradePrevention, Side, StrategyId, TimeInForce, TradeId,
    Venue, VenueOrderId,
};

use super::*;
use crate::orders::ledger::FillOutcome;
use crate::orders::{Accounts, Report};

#[derive(Debug, Clone)]
enum Step {
    /// An order that opens, because of one of three stories, or none.
    Place(Option<u8>),
    /// A fill of so many contracts of an order, late or not.
    Fill(usize, i32),
    /// An order is over; the venue counts so many contracts.
    Close(usize, i32),
    Reject(usize),
    /// So many seconds pass.
    Wait(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => proptest::option::of(0..3_u8).prop_map(Step::Place),
        4 => (0..40_usize, 1..4_i32).prop_map(|(order, contracts)| Step::Fill(order, contracts)),
        4 => (0..40_usize, 0..5_i32).prop_map(|(order, contracts)| Step::Close(order, contracts)),
        1 => (0..40_usize).prop_map(Step::Reject),
        2 => (1..2_400_i64).prop_map(Step::Wait),
    ];
    proptest::collection::vec(step, 1..120)
}

fn story(number: u8) -> Story {
    // A new text each time: the same words need not be the same place.
    Story { signal: format!("s{number}").into(), source: format!("from {}", number / 2).into() }
}

fn request(ledger: &Ledger, at: Timestamp, number: usize) -> OrderRequest {
    OrderRequest {
        id: ledger.next_id(),
        strategy: StrategyId(0),
        market: MarketId(u32::try_from(number % 2).unwrap()),
        side: if number.is_multiple_of(3) { Side::Ask } else { Side::Bid },
        price: Price::from_cents(40).unwrap(),
        quantity: Quantity::from_contracts(5),
        time_in_force: TimeInForce::ImmediateOrCancel,
        post_only: false,
        reduce_only: false,
        self_trade_prevention: SelfTradePrevention::CancelTaker,
        decided_at: at,
    }
}

fn fill(request: &OrderRequest, number: usize, contracts: i32) -> Fill {
    Fill {
        order: request.id,
        venue_order: VenueOrderId::new("v"),
        trade: TradeId::new(&number.to_string()),
        market: request.market,
        side: request.side,
        price: request.price,
        quantity: Quantity::from_contracts(contracts),
        liquidity: Liquidity::Taker,
        fee: Usd::ZERO,
        venue_at: request.decided_at,
    }
}

proptest! {
    /// What is noted of orders that are over is what the ledger would say, after any history.
    #[test]
    fn what_is_settled_is_what_the_ledger_says(steps in steps()) {
        let mut ledger = Ledger::new(1, 1);
        let mut accounts = Accounts::default();
        let mut attributions = Attributions::default();
        let mut now = Timestamp::from_secs(1_790_000_000);
        let mut placed: Vec<OrderRequest> = Vec::new();
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Place(by) => {
                    let order = request(&ledger, now, number);
                    attributions.enter(&order, by.map(story), &ledger, |_, on| accounts.position(on).cost);
                    ledger.place(order.clone());
                    ledger.report(order.id, Report::Sent);
                    placed.push(order);
                }
                Step::Fill(order, contracts) => {
                    if let Some(order) = placed.get(order) {
                        let fill = fill(order, number, contracts);
                        if matches!(ledger.filled(&fill), FillOutcome::Book { .. }) {
                            accounts.book(Venue::Kalshi, &fill);
                        }
                    }
                }
                Step::Close(order, contracts) => {
                    if let Some(order) = placed.get(order) {
                        let filled = Quantity::from_contracts(contracts);
                        ledger.closed(order.id, CloseReason::Cancelled, filled);
                    }
                }
                Step::Reject(order) => {
                    if let Some(order) = placed.get(order) {
                        ledger.rejected(order.id, statecraft_domain::RejectReason::InvalidOrder);
                    }
                }
                Step::Wait(seconds) => now = now + Nanos::from_secs(seconds),
            }
            let mut forgetful = attributions.clone();
            forgetful.entries.iter_mut().for_each(|entry| entry.settled = None);
            for by in [None, Some(story(0)), Some(story(1)), Some(story(2))] {
                let held = |_, on| accounts.position(on).cost;
                let noted = attributions.at_stake(by.as_ref(), now, &ledger, held);
                let asked = forgetful.at_stake(by.as_ref(), now, &ledger, held);
                prop_assert_eq!(noted, asked);
                // No more than everything that is paid for, and what is still to be filled.
                let open = ledger.live().iter().map(|record| opened_by(record).open);
                let most: Usd = open.chain([held(StrategyId(0), MarketId(0)), held(StrategyId(0), MarketId(1))]).sum();
                prop_assert!(noted.source <= most && noted.signal <= noted.source, "{:?}", noted);
            }
        }
    }
}

/// The ledger forgets orders that are long over; what they opened is held all the same.
#[test]
fn what_is_held_is_at_stake_however_long_ago_it_was_opened() {
    let at = Timestamp::from_secs(1_790_000_000);
    let (mut ledger, mut accounts) = (Ledger::new(1, 1), Accounts::default());
    let mut attributions = Attributions::default();
    let entry = OrderRequest { side: Side::Bid, ..request(&ledger, at, 2) };
    attributions.enter(&entry, Some(story(0)), &ledger, |_, _| Usd::ZERO);
    ledger.place(entry.clone());
    let bought = fill(&entry, 0, 5);
    ledger.filled(&bought);
    accounts.book(Venue::Kalshi, &bought);
    let mut now = at;
    for number in 0..10_001 {
        now = at + Nanos::from_secs(number);
        let close = OrderRequest { reduce_only: true, ..request(&ledger, now, 0) };
        attributions.settle(&ledger);
        ledger.place(close.clone());
        ledger.closed(close.id, CloseReason::ImmediateRest, Quantity::ZERO);
    }
    assert_eq!(ledger.get(entry.id), None, "forgotten");
    let held = |_, market| accounts.position(market).cost;
    let two_dollars = Usd::from_cents(200);
    let at_stake = |attributions: &Attributions, ledger: &Ledger| {
        attributions.at_stake(Some(&story(0)), now, ledger, held).signal
    };
    assert_eq!(at_stake(&attributions, &ledger), two_dollars);
    // A report of another order that is over.
    let last = ledger.next_id().sequence - 1;
    let id = ClientOrderId { sequence: last, ..entry.id };
    ledger.closed(id, CloseReason::ImmediateRest, Quantity::ZERO);
    assert_eq!(at_stake(&attributions, &ledger), two_dollars);
    attributions.settle(&ledger);
    assert_eq!(at_stake(&attributions, &ledger), two_dollars);
    let next = request(&ledger, now, 2);
    attributions.enter(&next, None, &ledger, held);
    assert_eq!(at_stake(&attributions, &ledger), two_dollars);
}
