//! I10: the worst that can come of everything that is open.

use std::collections::BTreeMap;

use statecraft_domain::{
    ClientOrderId, Event, Fill, MarketId, OrderRequest, Quantity, RejectReason, Side, StrategyId,
    Usd,
};
use statecraft_engine::Engine;
use statecraft_exchange::venue::OrderRecord;

use crate::journal::Record;
use crate::simulator::Backend;

use super::{Judge, Whereabouts};

/// Contracts that open orders of one direction may add, and the dearest price of one.
type Pending = (Quantity, u16);

/// What open orders may add in each direction: YES, then NO.
#[derive(Clone, Copy, Default)]
struct Open([Pending; 2]);

impl Open {
    fn add(&mut self, side: Side, price: u16, quantity: Quantity) {
        let (slot, dear) = match side {
            Side::Bid => (0, price),
            Side::Ask => (1, 10_000 - price),
        };
        if let Some((sum, dearest)) = self.0.get_mut(slot) {
            *sum += quantity;
            *dearest = (*dearest).max(dear);
        }
    }
}

/// The worst that can come of a market, or of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Worst {
    contracts: Quantity,
    cost: Usd,
}

/// A fill that the bot was told of.
#[derive(Debug)]
pub(super) struct Told {
    order: ClientOrderId,
    market: MarketId,
    side: Side,
    price: u16,
    quantity: Quantity,
    trade: String,
}

/// What a market's open contracts cost, by average: contracts and cost are signed as the position is.
#[derive(Debug, Clone, Copy, Default)]
struct Basis {
    held: i128,
    cost: i128,
}

impl Basis {
    fn trade(&mut self, side: Side, price: u16, quantity: Quantity) {
        let (sign, each) = match side {
            Side::Bid => (1, i128::from(price)),
            Side::Ask => (-1, 10_000 - i128::from(price)),
        };
        let quantity = i128::from(quantity.e6());
        let closing = if self.held * sign < 0 { quantity.min(self.held.abs()) } else { 0 };
        if closing > 0 {
            self.cost -= self.cost * closing / self.held.abs();
        }
        self.cost += (quantity - closing) * each;
        self.held += sign * quantity;
    }
}

impl Judge {
    /// The bot was told of a fill.
    pub(in crate::simulation) fn told(&mut self, fill: &Fill) {
        let trade = fill.trade.to_string();
        if self.told.iter().rev().any(|told| told.order == fill.order && told.trade == trade) {
            return;
        }
        let Fill { order, market, side, quantity, .. } = *fill;
        self.told.push(Told { order, market, side, price: fill.price.e4(), quantity, trade });
    }

    /// How much of an order it was told of.
    pub(super) fn told_of(&self, order: ClientOrderId) -> Quantity {
        let fills = self.told.iter().filter(|told| told.order == order);
        fills.fold(Quantity::ZERO, |sum, told| sum + told.quantity)
    }

    /// A process begins with what its journal has of them.
    pub(in crate::simulation) fn retell(&mut self, records: &[Record]) {
        self.told.clear();
        for record in records {
            if let Record::Event(Event::OrderFilled(filled)) = record {
                self.told(&filled.fill);
            }
        }
    }

    /// What open contracts cost if fills are counted in the order in which the bot was told of them, and
    /// those that it was not told of after them.
    ///
    /// An average cost depends on that order, though money and contracts do not: a bot that was told of a
    /// sale before the purchase that the venue had first counts another cost than the venue's ledger, and
    /// neither is more at risk than the other.
    fn costs_as_told(&self, truth: &dyn Backend) -> BTreeMap<MarketId, Usd> {
        let mut untold = truth.fills();
        let mut bases: BTreeMap<MarketId, Basis> = BTreeMap::new();
        for told in &self.told {
            let same = untold.iter().position(|fill| {
                let name = truth.order(fill.order).and_then(|one| one.order.client_id.as_deref());
                (fill.market, fill.side) == (told.market, told.side)
                    && fill.price.e4() == told.price
                    && fill.quantity == told.quantity
                    && name == Some(&*told.order.to_string())
            });
            if let Some(index) = same {
                untold.remove(index);
            }
            let basis = bases.entry(told.market).or_default();
            basis.trade(told.side, told.price, told.quantity);
        }
        for fill in untold {
            let basis = bases.entry(fill.market).or_default();
            basis.trade(fill.side, fill.price.e4(), fill.quantity);
        }
        bases.into_iter().map(|(market, basis)| (market, Usd::from_e10(basis.cost))).collect()
    }

    /// Our live orders at the venue.
    pub(in crate::simulation) fn live_at_venue(
        &self,
        truth: &dyn Backend,
    ) -> Vec<(ClientOrderId, Quantity)> {
        let live = |id: &ClientOrderId| {
            let record = truth.order(self.orders.get(id)?.key?)?;
            record.is_live().then_some((*id, record.remaining))
        };
        self.open.iter().filter_map(live).collect()
    }

    /// Worst case of a market by the venue's ledger and the network, one order left out.
    fn worst(
        &self,
        market: MarketId,
        except: ClientOrderId,
        truth: &dyn Backend,
        told: Option<&BTreeMap<MarketId, Usd>>,
    ) -> Worst {
        // Paid out at the venue, also if the bot was not told yet: nothing is held and nothing can be filled.
        if truth.settlement(market).is_some() {
            return Worst::default();
        }
        let held = truth.account().and_then(|account| account.positions.get(&market)).copied();
        let mut held = held.unwrap_or_default();
        if let Some(cost) = told.and_then(|told| told.get(&market)) {
            held.cost = held.cost.min(*cost);
        }
        let mut open = Open::default();
        for id in self.open.iter().filter(|id| **id != except) {
            let Some(tracked) = self.orders.get(id) else { continue };
            let request = &tracked.request;
            if request.market != market {
                continue;
            }
            let at_venue = tracked.key.and_then(|key| truth.order(key));
            match (tracked.whereabouts, at_venue) {
                (Whereabouts::Here | Whereabouts::Travelling, _) => {
                    open.add(request.side, request.price.e4(), request.quantity);
                }
                (_, Some(record)) if record.is_live() => {
                    open.add(record.order.side, record.order.price.e4(), record.remaining);
                }
                _ => {}
            }
        }
        let direction = |held_so: Quantity, (sum, dearest): Pending| {
            let reached = (held_so + sum).max(Quantity::ZERO);
            let kept = held_so.max(Quantity::ZERO);
            let carried = if kept.is_zero() { Usd::ZERO } else { held.cost };
            let opening = i128::from((reached - kept).e6()) * i128::from(dearest);
            (reached, carried + Usd::from_e10(opening))
        };
        let [long, short] = open.0;
        let (long, short) = (direction(held.quantity, long), direction(-held.quantity, short));
        Worst {
            contracts: long.0.max(short.0).max(held.quantity.abs()),
            cost: long.1.max(short.1).max(held.cost),
        }
    }

    /// I10: whatever comes of everything that is open, no limit is exceeded by what the bot decides.
    ///
    /// An order that leaves the worst case as it is (it can only close what is held, or the other
    /// direction is worse anyway) breaks no limit, even where one is exceeded already: by orders that an
    /// earlier version placed under other limits. To refuse it would keep the excess; `reliability.md`
    /// section 10 wants it sent even in `ReduceOnly` ("only lowers worst-case exposure"). Where nothing was
    /// inherited there is no such excuse, and the worst case itself must keep the limit.
    pub(super) fn check_exposure(
        &mut self,
        request: &OrderRequest,
        engine: &Engine,
        truth: &dyn Backend,
    ) {
        // A fill that the ledger does not know: the bot holds less or more than it was told, until the next
        // comparison stops it for good (F26). Up to then it keeps its limits by what it was told.
        if self.ghost || self.is_haunted(truth) {
            return;
        }
        if self.exceeded(request, engine, truth, None).is_none() {
            return;
        }
        let told = self.costs_as_told(truth);
        if let Some(trouble) = self.exceeded(request, engine, truth, Some(&told)) {
            self.condemn("I10", format!("with order {} {trouble}", request.id));
        }
    }

    /// Which limit the worst case exceeds, with the costs of the venue's ledger or with smaller ones.
    fn exceeded(
        &self,
        request: &OrderRequest,
        engine: &Engine,
        truth: &dyn Backend,
        told: Option<&BTreeMap<MarketId, Usd>>,
    ) -> Option<String> {
        let StrategyId(index) = request.strategy;
        let strategy = engine.config().strategies.get(usize::from(index))?;
        let (id, limits) = (request.id, strategy.limits);
        let nobody = ClientOrderId { lineage: 0, sequence: 0 };
        let here = |except| self.worst(request.market, except, truth, told);
        let (with, without) = (here(nobody), here(id));
        let event = engine.market(request.market).map(|market| market.listing().event.as_str());
        let (mut group, mut account) = (Usd::ZERO, Usd::ZERO);
        for market in engine.markets().iter().filter(|market| market.settlement().is_none()) {
            let cost = self.worst(market.id(), nobody, truth, told).cost;
            account += cost;
            if Some(market.listing().event.as_str()) == event {
                group += cost;
            }
        }
        // Shares of a cost are rounded to the unit; a cent is far more than that.
        let slack = Usd::CENT;
        let strict = !self.has_inherited && !self.is_any_undone();
        let dearer = strict || with.cost > without.cost;
        let larger = strict || with.contracts > without.contracts;
        let most = engine.config().limits.max_account_cost;
        if larger && with.contracts > limits.max_position_contracts {
            Some(format!(
                "the position may reach {}, {} are allowed",
                with.contracts, limits.max_position_contracts
            ))
        } else if dearer && with.cost > limits.max_position_cost + slack {
            Some(format!(
                "the position may cost {}, {} is allowed",
                with.cost, limits.max_position_cost
            ))
        } else if dearer && group > limits.max_group_cost + slack {
            Some(format!("the event may cost {group}, {} is allowed", limits.max_group_cost))
        } else if dearer && account > most + slack {
            Some(format!("the account may cost {account}, {most} is allowed"))
        } else {
            None
        }
    }

    /// Forgets orders that are over everywhere.
    pub(super) fn settle_whereabouts(&mut self, engine: &Engine, truth: &dyn Backend) {
        let orders = &mut self.orders;
        self.open.retain(|id| {
            let Some(tracked) = orders.get_mut(id) else { return false };
            let record = engine.orders().get(*id);
            let dropped = record
                .is_some_and(|record| record.reject_reason == Some(RejectReason::DroppedByGateway));
            if tracked.whereabouts == Whereabouts::Here && dropped {
                tracked.whereabouts = Whereabouts::Gone;
            }
            let here = matches!(tracked.whereabouts, Whereabouts::Here | Whereabouts::Travelling)
                || tracked.key.and_then(|key| truth.order(key)).is_some_and(OrderRecord::is_live);
            here || !record.is_none_or(|record| record.is_done())
        });
    }
}
