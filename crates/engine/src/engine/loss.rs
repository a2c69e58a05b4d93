//! Losses of the day, of the week and since the best moment (R24), from profit marked at the worse of the
//! middle and what the position could be closed at.

use statecraft_domain::control::{Latch, ProfitMarked, VenueCondition};
use statecraft_domain::event::{Level, Mode, ModeChanged};
use statecraft_domain::{
    Action, MarketStatus, Nanos, Price, Quantity, Side, Timestamp, Usd, Venue,
};

use super::Engine;
use crate::config::Days;
use crate::orders::Position;

/// A new high is written down when it is this part of the allowed drawdown above the last one: no more
/// than that is forgotten by a crash.
const HIGH_STEPS: i128 = 20;

/// More than this between two looks is no waiting: the clock was set, or nothing ran.
const LOOK_MAX: Nanos = Nanos::from_secs(60);

/// What was lost. Zero where nobody watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Losses {
    /// Since the day began.
    pub day: Usd,
    /// Since the week began.
    pub week: Usd,
    /// Since the highest profit.
    pub drawdown: Usd,
    /// Some position has no price yet: nobody knows.
    pub unmarked: bool,
}

/// From where losses are counted, and the last prices known.
#[derive(Debug, Clone, Default)]
pub(crate) struct LossWatch {
    from: Option<ProfitMarked>,
    /// The highest profit written down.
    written: Usd,
    /// By market id.
    prices: Vec<Seen>,
    /// When it was looked last.
    looked: Option<Timestamp>,
    /// As of the last look.
    losses: Losses,
    /// Cash that went without a cause, and that a person has accepted.
    accepted: Usd,
    /// What is counted anew from the next look on.
    anew: Option<Anew>,
}

/// What a person accepted, and with it everything shorter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Anew {
    Day,
    Week,
    All,
}

/// The last price of a position.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    /// What one contract of what is held brought.
    each: Option<Usd>,
    /// Was that for a YES position?
    long: bool,
    /// For how long there has been no price although the venue was open, as far as it was looked.
    blind: Option<Nanos>,
}

impl Engine {
    /// What was lost, as of the last look at the clock.
    #[must_use]
    pub const fn losses(&self) -> Losses {
        self.loss.losses
    }

    /// Marks every position, counts losses, and stops trading where they are too large.
    pub(super) fn watch_losses(&mut self, actions: &mut Vec<Action>) {
        let guards = self.config.limits.guards;
        if !self.trades() || !guards.watch_losses() {
            return;
        }
        let Some(profit) = self.marked_profit() else {
            self.loss.losses.unmarked = true;
            return;
        };
        let from = self.count_from(profit, actions);
        let losses = Losses {
            day: from.day_base - profit,
            week: from.week_base - profit,
            drawdown: from.high_water - profit,
            unmarked: false,
        };
        self.loss.losses = losses;
        if losses.drawdown >= guards.max_drawdown {
            let message = format!(
                "{} lost since the highest profit (at most {}): everything is cancelled; positions stay",
                losses.drawdown, guards.max_drawdown
            );
            self.stop(Mode::Killed, "drawdown", message, actions);
            return;
        }
        let broken = [
            ("day_loss", "day", losses.day, guards.max_day_loss),
            ("week_loss", "week", losses.week, guards.max_week_loss),
        ];
        let broken = broken.into_iter().find(|(_, _, lost, most)| lost >= most);
        if let Some((code, span, lost, most)) = broken.filter(|_| self.mode == Mode::Active) {
            let message =
                format!("{lost} lost this {span} (at most {most}): only closing from now on");
            self.stop(Mode::ReduceOnly, code, message, actions);
        }
    }

    /// Where losses are counted from now; what is new about it is written down.
    fn count_from(&mut self, profit: Usd, actions: &mut Vec<Action>) -> ProfitMarked {
        let day = self.config.supervision.days.day(self.now);
        let week = Days::week_of(day);
        let before = self.loss.from.unwrap_or(ProfitMarked {
            at: self.now,
            day,
            day_base: profit,
            week,
            week_base: profit,
            high_water: profit,
        });
        let anew = self.loss.anew.take();
        let new_day = day > before.day || anew >= Some(Anew::Day);
        let new_week = week > before.week || anew >= Some(Anew::Week);
        let all = anew == Some(Anew::All);
        let from = ProfitMarked {
            at: self.now,
            day: day.max(before.day),
            day_base: if new_day { profit } else { before.day_base },
            week: week.max(before.week),
            week_base: if new_week { profit } else { before.week_base },
            high_water: if all { profit } else { before.high_water.max(profit) },
        };
        let step = self.config.limits.guards.max_drawdown.e10() / HIGH_STEPS;
        let risen = (from.high_water - self.loss.written).e10() >= step.max(1);
        let begins = self.loss.from.is_none() || anew.is_some();
        let write = begins || from.day != before.day || risen;
        self.loss.from = Some(from);
        if write {
            self.loss.written = from.high_water;
            actions.push(Action::Latch(Latch::Profit(from)));
        }
        from
    }

    /// What an earlier run counted from.
    pub(super) fn profit_marked(&mut self, marked: &ProfitMarked) {
        if self.loss.from.is_none_or(|from| marked.at >= from.at) {
            self.loss.from = Some(*marked);
            self.loss.anew = None;
            self.loss.written = marked.high_water;
            // Nothing is counted while cash that went waits to be accepted.
            self.loss.accepted = self.accounts.lost();
        }
    }

    /// A person let trading go on. What was lost until now is accepted where it is what stopped it: a day's loss
    /// counts on in its week and towards the drawdown, a week's towards the drawdown, and any other stop has
    /// nothing to do with losses. Cash that went is accepted in any case (he took it, perhaps), and is no loss of
    /// trading.
    pub(super) fn accept_losses(&mut self, actions: &mut Vec<Action>) {
        let code = self.latched.as_ref().and_then(ModeChanged::cause).map(|(code, _)| code);
        let anew = match code {
            Some("drawdown") => Some(Anew::All),
            Some("week_loss") => Some(Anew::Week),
            Some("day_loss") => Some(Anew::Day),
            _ => None,
        };
        if anew.is_some() {
            self.loss.losses = Losses::default();
        }
        self.loss.anew = self.loss.anew.max(anew);
        self.accept_lost_cash(actions);
    }

    /// Cash that went without a cause, and that no person has accepted.
    #[must_use]
    pub fn unaccepted_cash(&self) -> Usd {
        self.accounts.lost() - self.loss.accepted
    }

    fn accept_lost_cash(&mut self, actions: &mut Vec<Action>) {
        let gone = self.unaccepted_cash();
        self.loss.accepted = self.accounts.lost();
        if let Some(from) = self.loss.from.as_mut().filter(|_| !gone.is_zero()) {
            from.day_base -= gone;
            from.week_base -= gone;
            from.high_water -= gone;
            from.at = self.now;
            self.loss.written = from.high_water;
            actions.push(Action::Latch(Latch::Profit(*from)));
        }
    }

    /// Realised, less fees and cash that went without a cause, plus what open positions would bring more than
    /// they cost. `None` while a position has no price, and there may be one any moment.
    fn marked_profit(&mut self) -> Option<Usd> {
        self.loss.prices.resize(self.markets.len(), Seen::default());
        // However short the patience is, one step of the clock does not use it up.
        let patience = self.config.limits.guards.mark_patience.times(self.config.time_scale);
        let longest = LOOK_MAX.times(self.config.time_scale).min(Nanos::new(patience.get() / 4));
        let waited = self.loss.looked.map_or(Nanos::ZERO, |last| (self.now - last).min(longest));
        self.loss.looked = Some(self.now);
        let mut profit = Some(-self.accounts.lost());
        for index in 0..self.markets.len() {
            let position = self.accounts.position(self.markets[index].id());
            let gained = position.realized - position.fees;
            let value = self.value_of(index, &position, waited);
            let open = value.map(|value| value - position.cost);
            profit = profit.zip(open).map(|(sum, open)| sum + gained + open);
        }
        profit
    }

    /// What a position would bring: now; at its last price while it may come back; nothing after that.
    /// `waited`: since the last look.
    fn value_of(&mut self, index: usize, position: &Position, waited: Nanos) -> Option<Usd> {
        let market = &self.markets[index];
        let size = position.quantity.abs();
        if size.is_zero() {
            self.loss.prices[index] = Seen::default();
            return Some(Usd::ZERO);
        }
        let long = position.quantity.is_positive();
        if let Some(value) = self.closing_value(index, long, size) {
            let each = value.e10() * 1_000_000 / i128::from(size.e6()).max(1);
            self.loss.prices[index] = Seen { each: Some(Usd::from_e10(each)), long, blind: None };
            return Some(value);
        }
        let open =
            self.is_open(market.listing().venue) && market.listing().status == MarketStatus::Active;
        let patience = self.config.limits.guards.mark_patience.times(self.config.time_scale);
        let seen = &mut self.loss.prices[index];
        if seen.long != long {
            *seen = Seen { long, ..Seen::default() };
        }
        let last =
            seen.each.map(|each| Usd::from_e10(each.e10() * i128::from(size.e6()) / 1_000_000));
        if !open {
            // Nobody could trade at any price: the last one stands, or the cost. What was waited for it before counts
            // on when the venue is open again: one that comes and goes hides no loss.
            return Some(last.unwrap_or(position.cost));
        }
        let blind = seen.blind.map_or(0, |blind| blind.get().saturating_add(waited.get()));
        let blind = Nanos::new(blind);
        seen.blind = Some(blind);
        if blind > patience { Some(Usd::ZERO) } else { last }
    }

    /// Could others trade at the venue, as far as we know? It may well take no orders of ours: late books, those of a
    /// venue that comes and goes, and those that we asked for too often, still say something.
    fn is_open(&self, venue: Venue) -> bool {
        let condition = self.controls.condition(venue);
        let ours = matches!(
            condition,
            VenueCondition::Lagging | VenueCondition::RateLimited | VenueCondition::Unsteady
        );
        self.venues.is_connected(venue) && (ours || condition.takes_orders(false))
    }

    /// What closing the whole position would bring at the depth that others display, or at their middle if that
    /// is worse. Beyond the depth the worst level counts. `None` without a trusted book or a level.
    fn closing_value(&self, index: usize, long: bool, size: Quantity) -> Option<Usd> {
        let market = &self.markets[index];
        if !market.is_tradable_book() {
            return None;
        }
        let side = if long { Side::Bid } else { Side::Ask };
        let each = |price: Price| if long { price } else { price.complement() };
        let mut left = size;
        let mut value = Usd::ZERO;
        let mut worst = None;
        for Level { price, quantity } in self.others(market.id(), side) {
            let taken = quantity.min(left);
            value += each(price).times(taken);
            left -= taken;
            worst = Some(price);
            if left.is_zero() {
                break;
            }
        }
        value += each(worst?).times(left);
        let best = |side| self.others_best(market.id(), side);
        let middle = best(Side::Bid).zip(best(Side::Ask)).map(|(bid, ask)| {
            let both = each(bid).times(size) + each(ask).times(size);
            Usd::from_e10(both.e10() / 2)
        });
        Some(middle.map_or(value, |middle| value.min(middle)))
    }
}
