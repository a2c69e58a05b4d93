//! Losses of the day, of the week and since the best moment (R24). What is lost by the present marks keeps anything
//! from being opened; what is lost by marks that stand stops.

use statecraft_domain::control::{Latch, ProfitMarked};
use statecraft_domain::event::{Mode, ModeChanged};
use statecraft_domain::{Action, Nanos, Timestamp, Usd};

use super::Engine;
use super::mark::Seen;
use crate::config::{Days, Guards};

/// A new high is written down when it is this part of the allowed drawdown above the last one: no more
/// than that is forgotten by a crash.
const HIGH_STEPS: i128 = 20;

/// More than this between two looks is no waiting: the clock was set, or nothing ran.
const LOOK_MAX: Nanos = Nanos::from_secs(60);

/// What was lost, by the present marks. Zero where nobody watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Losses {
    /// Since the day began.
    pub day: Usd,
    /// Since the week began.
    pub week: Usd,
    /// Since the highest profit.
    pub drawdown: Usd,
    /// Some position has no price that stands yet: nobody knows.
    pub unmarked: bool,
}

/// From where losses are counted, and the last prices known.
#[derive(Debug, Clone, Default)]
pub(crate) struct LossWatch {
    from: Option<ProfitMarked>,
    /// The highest profit written down.
    written: Usd,
    /// By market id.
    pub(super) prices: Vec<Seen>,
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

/// Profit by the present marks, and by those that stand: never less, and unknown while one does not stand yet.
#[derive(Debug, Clone, Copy)]
struct Profit {
    now: Usd,
    stood: Option<Usd>,
}

impl Losses {
    /// Is nothing lost beyond its limit?
    pub(crate) fn are_within(&self, guards: &Guards) -> bool {
        self.day < guards.max_day_loss
            && self.week < guards.max_week_loss
            && self.drawdown < guards.max_drawdown
    }

    fn of(from: &ProfitMarked, profit: Usd) -> Self {
        Self {
            day: from.day_base - profit,
            week: from.week_base - profit,
            drawdown: from.high_water - profit,
            unmarked: false,
        }
    }
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
        let Some(stood) = profit.stood else {
            // What is known to be lost opens nothing; nothing is stopped, and no day begun, by what may not stand.
            self.loss.losses = match &self.loss.from {
                Some(from) => Losses::of(from, profit.now),
                None => Losses { unmarked: true, ..Losses::default() },
            };
            return;
        };
        let from = self.count_from(profit.now, stood, actions);
        self.loss.losses = Losses::of(&from, profit.now);
        let losses = Losses::of(&from, stood);
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

    /// Where losses are counted from now; what is new about it is written down. Profit by the present marks, and by
    /// those that stand.
    fn count_from(&mut self, now: Usd, profit: Usd, actions: &mut Vec<Action>) -> ProfitMarked {
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
            high_water: if all { profit } else { before.high_water.max(now) },
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
    fn marked_profit(&mut self) -> Option<Profit> {
        self.loss.prices.resize(self.markets.len(), Seen::default());
        let scale = self.config.time_scale;
        // However short the patience is, one step of the clock does not use it up.
        let patience = self.config.limits.guards.mark_patience.times(scale);
        let longest = LOOK_MAX.times(scale).min(Nanos::new(patience.get() / 4));
        let since = self.loss.looked.map(|last| self.now - last);
        let waited = since.map_or(Nanos::ZERO, |since| since.min(longest));
        self.loss.looked = Some(self.now);
        let lately = since.is_some_and(|since| since <= LOOK_MAX.times(scale));
        let gone = self.accounts.lost();
        let mut profit = Some(Profit { now: -gone, stood: Some(-gone) });
        for index in 0..self.markets.len() {
            let position = self.accounts.position(self.markets[index].id());
            let closed = position.realized - position.fees - position.cost;
            let mark = self.mark_of(index, &position, (waited, lately));
            profit = profit.zip(mark).map(|(sum, mark)| Profit {
                now: sum.now + closed + mark.now,
                stood: sum.stood.zip(mark.stood).map(|(sum, stood)| sum + closed + stood),
            });
        }
        profit
    }
}
