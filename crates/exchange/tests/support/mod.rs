//! A venue under random operations, and what must hold after each of them.
#![allow(dead_code)]

use std::collections::BTreeMap;

use proptest::prelude::*;
use statecraft_domain::event::LevelChange;
use statecraft_domain::fees::{FIXED_POINT_FROM, MICRO_FEES_FROM};
use statecraft_domain::fees::{FeeSchedule, KalshiFeeType, KalshiMember};
use statecraft_domain::{
    Book, Listing, MarketId, MarketStatus, Nanos, Price, Quantity, RejectReason,
    SelfTradePrevention, Settlement, Side, TickBand, TickGrid, TimeInForce, Timestamp, Usd, Venue,
};
use statecraft_exchange::venue::{Amendment, OrderEnd, OrderRecord, Reject};
use statecraft_exchange::{AccountId, Exchange, NewOrder, OrderKey, Report};

pub(crate) fn price(e4: u16) -> Price {
    Price::from_e4(e4).unwrap()
}

pub(crate) fn listing(ticker: &str, grid: TickGrid, fees: FeeSchedule) -> Listing {
    Listing {
        venue: Venue::Kalshi,
        ticker: ticker.to_owned(),
        event: String::new(),
        series: String::new(),
        title: String::new(),
        grid,
        lot: Quantity::from_e6(10_000),
        close: None,
        fees,
        status: MarketStatus::Active,
    }
}

pub(crate) fn tapered() -> TickGrid {
    let band =
        |start, end, step| TickBand { start: price(start), end: price(end), step: price(step) };
    TickGrid::new(vec![band(0, 1_000, 10), band(1_000, 9_000, 100), band(9_000, 10_000, 10)])
        .unwrap()
}

pub(crate) const ACCOUNTS: u32 = 4;
pub(crate) const MARKETS: u32 = 2;

#[derive(Debug, Clone)]
pub(crate) struct PlaceOp {
    pub(crate) account: u32,
    pub(crate) market: u32,
    pub(crate) side: Side,
    pub(crate) price: u16,
    pub(crate) lots: i64,
    /// 0..=5 GTC, 6 GTC with expiry, 7..=8 IOC, 9 FOK.
    pub(crate) kind: u8,
    pub(crate) post_only: bool,
    pub(crate) reduce_only: bool,
    pub(crate) cancel_maker: bool,
    pub(crate) cancel_on_pause: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum Op {
    Place(PlaceOp),
    Cancel(usize),
    Amend(usize, u16, i64),
    Decrease(usize, i64),
    Wait(i64),
    Status(u32, MarketStatus),
    Trading(bool),
    Deposit(u32, i64),
    Settle(u32, Settlement),
}

fn any_side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Bid), Just(Side::Ask)]
}

/// Prices near each other, so that orders meet; some off the grid.
fn any_price() -> impl Strategy<Value = u16> {
    prop_oneof![
        20 => (40_u16..60).prop_map(|cents| cents * 100),
        4 => (1_u16..100).prop_map(|cents| cents * 100),
        3 => (1_u16..1000).prop_map(|deci| deci * 10),
        1 => 1_u16..10_000,
    ]
}

fn any_lots() -> impl Strategy<Value = i64> {
    prop_oneof![6 => (1_i64..20).prop_map(|n| n * 100), 3 => 1_i64..3_000, 1 => 1_i64..200_000]
}

fn any_place() -> impl Strategy<Value = PlaceOp> {
    (
        (0..ACCOUNTS, 0..MARKETS, any_side(), any_price(), any_lots(), 0_u8..10),
        (
            prop::bool::weighted(0.1),
            prop::bool::weighted(0.15),
            any::<bool>(),
            prop::bool::weighted(0.2),
        ),
    )
        .prop_map(
            |(
                (account, market, side, price, lots, kind),
                (post_only, reduce_only, cancel_maker, cancel_on_pause),
            )| PlaceOp {
                account,
                market,
                side,
                price,
                lots,
                kind: if reduce_only { 7 } else { kind },
                post_only,
                reduce_only,
                cancel_maker,
                cancel_on_pause,
            },
        )
}

/// A time under each of the fee rules.
pub(crate) fn any_era() -> impl Strategy<Value = Timestamp> {
    prop_oneof![Just(Timestamp::EPOCH), Just(FIXED_POINT_FROM), Just(MICRO_FEES_FROM)]
}

pub(crate) fn any_settlement() -> impl Strategy<Value = Settlement> {
    prop_oneof![
        Just(Settlement::Yes),
        Just(Settlement::No),
        (0_u16..=10_000).prop_map(|value| Settlement::Scalar(price(value))),
        Just(Settlement::Void),
    ]
}

pub(crate) fn any_op() -> impl Strategy<Value = Op> {
    prop_oneof![
        60 => any_place().prop_map(Op::Place),
        6 => (0_usize..12).prop_map(Op::Cancel),
        14 => (0_usize..12, any_price(), any_lots()).prop_map(|(n, p, q)| Op::Amend(n, p, q)),
        4 => (0_usize..12, 0_i64..2_000).prop_map(|(n, q)| Op::Decrease(n, q)),
        4 => (0_i64..20).prop_map(Op::Wait),
        2 => (0..MARKETS, prop::bool::weighted(0.3)).prop_map(|(market, pause)| Op::Status(
            market,
            if pause { MarketStatus::Paused } else { MarketStatus::Active },
        )),
        2 => prop::bool::weighted(0.75).prop_map(Op::Trading),
        2 => (0..ACCOUNTS, -200_i64..200).prop_map(|(a, d)| Op::Deposit(a, d)),
        1 => (0..MARKETS, any_settlement()).prop_map(|(m, s)| Op::Settle(m, s)),
    ]
}

/// A venue, its reports so far, and what the test keeps on its own account of them.
pub(crate) struct World {
    pub(crate) exchange: Exchange,
    pub(crate) reports: Vec<Report>,
    pub(crate) now: Timestamp,
    deposits: Vec<Usd>,
    rebuilt: Vec<Book>,
    seen: usize,
    orders: usize,
    mirrored: bool,
    named: u64,
    pub(crate) refused: BTreeMap<RejectReason, u32>,
    pub(crate) amended_into_trades: u32,
}

impl World {
    /// Opens a venue at `now`, whose fee rules then hold.
    pub(crate) fn new(now: Timestamp, mirrored: bool) -> Self {
        let mut exchange = Exchange::new();
        let cash = [10_000, 1_000, 50, 3];
        let deposits: Vec<_> = cash.into_iter().map(Usd::from_dollars).collect();
        for &cash in &deposits {
            exchange.open_account(cash);
        }
        let direct = FeeSchedule::kalshi(KalshiFeeType::Quadratic, 1_000_000, KalshiMember::Direct);
        let maker_fees = FeeSchedule::kalshi(
            KalshiFeeType::QuadraticWithMakerFees,
            1_000_000,
            KalshiMember::NonDirect,
        );
        exchange.list(listing("CENTS", TickGrid::cents(), direct));
        exchange.list(listing("TAPERED", tapered(), maker_fees));
        Self {
            exchange,
            reports: Vec::new(),
            now,
            deposits,
            rebuilt: vec![Book::new(); 2],
            seen: 0,
            orders: 0,
            mirrored,
            named: 0,
            refused: BTreeMap::new(),
            amended_into_trades: 0,
        }
    }

    fn side(&self, side: Side) -> Side {
        if self.mirrored { side.opposite() } else { side }
    }

    fn price(&self, e4: u16) -> Price {
        if self.mirrored { price(e4).complement() } else { price(e4) }
    }

    fn nth_order(&self, nth: usize) -> Option<(AccountId, OrderKey)> {
        let key = OrderKey(u64::try_from(self.orders.checked_sub(1 + nth)? + 1).unwrap());
        Some((self.exchange.order(key)?.order.account, key))
    }

    /// Carries one operation out and checks everything.
    pub(crate) fn run(&mut self, op: &Op) -> Result<(), TestCaseError> {
        self.now = self.now + Nanos::new(1);
        self.exchange.expire(self.now, &mut self.reports);
        let before = self.reports.len();
        match op {
            Op::Place(place) => self.place(place)?,
            Op::Cancel(nth) => {
                if let Some((account, key)) = self.nth_order(*nth) {
                    let live = self.exchange.order(key).unwrap().clone();
                    let done = self.exchange.cancel(self.now, account, key, &mut self.reports);
                    prop_assert_eq!(done.is_ok(), live.is_live());
                }
            }
            Op::Amend(nth, price, lots) => self.amend(*nth, *price, *lots, before)?,
            Op::Decrease(nth, lots) => {
                if let Some((account, key)) = self.nth_order(*nth) {
                    let to = Quantity::from_e6(lots * 10_000);
                    let ahead = self.exchange.queue_ahead(key);
                    let done =
                        self.exchange.decrease_to(self.now, account, key, to, &mut self.reports);
                    if done.is_ok() && !to.is_zero() {
                        prop_assert_eq!(self.exchange.queue_ahead(key), ahead);
                    }
                }
            }
            Op::Wait(seconds) => {
                self.now = self.now + Nanos::from_secs(*seconds);
                self.exchange.expire(self.now, &mut self.reports);
            }
            Op::Status(market, status) => {
                self.exchange.set_status(self.now, MarketId(*market), *status, &mut self.reports);
            }
            Op::Trading(active) => {
                self.exchange.set_trading(self.now, *active, &mut self.reports);
            }
            Op::Deposit(account, dollars) => {
                let amount = Usd::from_dollars(*dollars);
                if self.exchange.deposit(AccountId(*account), amount).is_ok() {
                    self.deposits[*account as usize] += amount;
                }
            }
            Op::Settle(market, settlement) => self.settle(*market, *settlement),
        }
        self.check()
    }

    pub(crate) fn settle(&mut self, market: u32, settlement: Settlement) {
        let settlement = match (self.mirrored, settlement) {
            (true, Settlement::Yes) => Settlement::No,
            (true, Settlement::No) => Settlement::Yes,
            (true, Settlement::Scalar(value)) => Settlement::Scalar(value.complement()),
            (_, settlement) => settlement,
        };
        self.exchange.settle(self.now, MarketId(market), settlement, &mut self.reports);
    }

    fn new_order(&mut self, op: &PlaceOp) -> NewOrder {
        self.named += 1;
        let expires = (op.kind == 6).then(|| self.now + Nanos::from_secs(10));
        NewOrder {
            account: AccountId(op.account),
            client_id: Some(format!("order-{}", self.named)),
            market: MarketId(op.market),
            side: self.side(op.side),
            price: self.price(op.price),
            quantity: Quantity::from_e6(op.lots * 10_000),
            time_in_force: match op.kind {
                0..=6 => TimeInForce::GoodTilCancelled { expires },
                7 | 8 => TimeInForce::ImmediateOrCancel,
                _ => TimeInForce::FillOrKill,
            },
            post_only: op.post_only,
            reduce_only: op.reduce_only,
            self_trade_prevention: if op.cancel_maker {
                SelfTradePrevention::CancelMaker
            } else {
                SelfTradePrevention::CancelTaker
            },
            cancel_on_pause: op.cancel_on_pause,
        }
    }

    fn place(&mut self, op: &PlaceOp) -> Result<(), TestCaseError> {
        let order = self.new_order(op);
        let before = self.reports.len();
        let held = self.exchange.account(order.account).unwrap().quantity(order.market);
        let result = self.exchange.place(self.now, order.clone(), &mut self.reports);
        let after = self.exchange.account(order.account).unwrap().quantity(order.market);
        match result {
            Err(Reject { reason, .. }) => {
                *self.refused.entry(reason).or_default() += 1;
                prop_assert_eq!(self.reports.len(), before);
            }
            Ok(done) => {
                self.orders += 1;
                let record = self.exchange.order(done.order).unwrap();
                prop_assert_eq!(record.filled, done.filled);
                if order.reduce_only {
                    prop_assert!(after.abs() <= held.abs());
                    prop_assert!((after.e6() >= 0) == (held.e6() >= 0) || after.is_zero());
                }
                let met_own = record.end
                    == Some(OrderEnd::Closed(statecraft_domain::order::CloseReason::SelfTrade));
                if order.time_in_force == TimeInForce::FillOrKill && !met_own {
                    prop_assert_eq!(done.filled, order.quantity);
                }
                if order.post_only {
                    prop_assert_eq!(done.filled, Quantity::ZERO);
                }
                if !matches!(order.time_in_force, TimeInForce::GoodTilCancelled { .. }) {
                    prop_assert_eq!(done.remaining, Quantity::ZERO);
                }
            }
        }
        // A name is used once, whatever became of the order (a plain reject leaves it free).
        let name = order.client_id.clone().unwrap();
        if self.exchange.order_by_client_id(order.account, &name).is_some() {
            let again = self.exchange.place(self.now, order, &mut Vec::new());
            prop_assert!(again.is_err());
        }
        Ok(())
    }

    fn amend(
        &mut self,
        nth: usize,
        price: u16,
        lots: i64,
        before: usize,
    ) -> Result<(), TestCaseError> {
        let Some((account, key)) = self.nth_order(nth) else { return Ok(()) };
        let old = self.exchange.order(key).unwrap().clone();
        let old_ahead = self.exchange.queue_ahead(key);
        let amendment = Amendment {
            price: self.price(price),
            total: Quantity::from_e6(lots * 10_000),
            expires: None,
            client_id: None,
        };
        let done = self.exchange.amend(self.now, account, key, amendment, &mut self.reports);
        let new = self.exchange.order(key).unwrap();
        match done {
            Err(_) => {
                prop_assert_eq!(new, &old);
                prop_assert_eq!(self.reports.len(), before);
            }
            Ok(_) if new.order.price == old.order.price && new.initial <= old.initial => {
                prop_assert_eq!(self.exchange.queue_ahead(key), old_ahead);
            }
            Ok(done) if done.remaining.is_positive() && done.filled.is_zero() => {
                let level = self.exchange.book(new.order.market).unwrap();
                let level = level.quantity_at(new.order.side, new.order.price);
                prop_assert_eq!(self.exchange.queue_ahead(key), Some(level - done.remaining));
            }
            Ok(done) => self.amended_into_trades += u32::from(done.filled.is_positive()),
        }
        Ok(())
    }

    fn check(&mut self) -> Result<(), TestCaseError> {
        self.check_money()?;
        self.check_books()?;
        self.check_orders()
    }

    fn check_money(&self) -> Result<(), TestCaseError> {
        let exchange = &self.exchange;
        let mut cash = Usd::ZERO;
        for (index, &deposits) in (0..).zip(&self.deposits) {
            let account = exchange.account(AccountId(index)).unwrap();
            prop_assert!(!account.cash.is_negative(), "account {index} has {}", account.cash);
            prop_assert!(!account.reserved.is_negative());
            prop_assert_eq!(account.paid_in(), deposits, "account {}", index);
            prop_assert!(account.positions.values().all(|p| !p.cost.is_negative()));
            if exchange.orders(AccountId(index)).all(|order| !order.is_live()) {
                prop_assert_eq!(account.reserved, Usd::ZERO);
            }
            cash += account.cash;
        }
        let collateral: Usd = (0..MARKETS).map(|m| exchange.collateral(MarketId(m))).sum();
        let till = exchange.till();
        prop_assert_eq!(cash + collateral + till.fees, till.deposits + till.void_paid);
        prop_assert_eq!(till.deposits, self.deposits.iter().copied().sum());
        for market in (0..MARKETS).map(MarketId) {
            let held = (0..ACCOUNTS).map(|a| exchange.account(AccountId(a)).unwrap());
            prop_assert_eq!(held.map(|a| a.quantity(market)).sum::<Quantity>(), Quantity::ZERO);
        }
        Ok(())
    }

    /// The public book equals the one its deltas build and the one its orders make up.
    fn check_books(&mut self) -> Result<(), TestCaseError> {
        for report in &self.reports[self.seen..] {
            if let Report::LevelChanged { market, side, price, by, .. } = *report {
                let applied = self.rebuilt[market.index()].apply(side, price, LevelChange::By(by));
                prop_assert!(applied.is_ok(), "{:?}", report);
            }
        }
        self.seen = self.reports.len();
        for market in (0..MARKETS).map(MarketId) {
            let book = self.exchange.book(market).unwrap();
            prop_assert_eq!(book, &self.rebuilt[market.index()]);
            prop_assert!(!book.is_crossed());
            let mut levels: BTreeMap<(Side, Price), Quantity> = BTreeMap::new();
            for order in self.live_orders(market) {
                *levels.entry((order.order.side, order.order.price)).or_default() +=
                    order.remaining;
            }
            prop_assert_eq!(levels.len(), book.depth(Side::Bid) + book.depth(Side::Ask));
            for ((side, price), quantity) in levels {
                prop_assert_eq!(book.quantity_at(side, price), quantity);
            }
        }
        Ok(())
    }

    fn live_orders(&self, market: MarketId) -> impl Iterator<Item = &OrderRecord> {
        let all = (0..ACCOUNTS).flat_map(|a| self.exchange.orders(AccountId(a)));
        all.filter(move |order| order.order.market == market && order.is_live())
    }

    fn check_orders(&self) -> Result<(), TestCaseError> {
        let mut filled: BTreeMap<OrderKey, (Quantity, Usd)> = BTreeMap::new();
        let mut fees = Usd::ZERO;
        for fill in self.exchange.all_fills() {
            let order = &self.exchange.order(fill.order).unwrap().order;
            prop_assert_eq!((order.account, order.side), (fill.account, fill.side));
            let entry = filled.entry(fill.order).or_default();
            entry.0 += fill.quantity;
            entry.1 += fill.fee;
            fees += fill.fee;
        }
        prop_assert_eq!(fees, self.exchange.till().fees);
        for account in (0..ACCOUNTS).map(AccountId) {
            for order in self.exchange.orders(account) {
                let (quantity, fee) = filled.get(&order.key).copied().unwrap_or_default();
                prop_assert_eq!(order.filled, quantity);
                prop_assert_eq!(order.taker_fees + order.maker_fees, fee);
                prop_assert!(order.filled + order.remaining <= order.initial);
                if order.is_live() {
                    prop_assert_eq!(order.filled + order.remaining, order.initial);
                    prop_assert!(order.remaining.is_positive());
                } else {
                    prop_assert_eq!(order.remaining, Quantity::ZERO);
                }
            }
        }
        Ok(())
    }
}
