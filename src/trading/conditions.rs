//! [`Conditions`]: what the venue as a whole allows, from its status, its refusals and its silence.

use std::time::Duration;

use statecraft_domain::control::VenueCondition;
use statecraft_domain::{Event, Nanos, RejectReason};

use super::reconciler::Wall;
use super::reopening::{Hold, Reopenings, Well};
use crate::venue::kalshi::rest::RestError;
use crate::venue::kalshi::wire::ExchangeStatus;

/// Refusals of our key in a row before we believe that it is gone (F28).
const REFUSALS: u32 = 3;
/// Failed looks in a row before the venue counts as unreachable.
const FAILURES: u32 = 3;
/// No order for so long after a 429; doubled while they go on (F13).
const LIMITED: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(60));
/// After market data that was too late, orders wait until none was for so long; doubled where it is late again
/// soon, up to the second.
const ON_TIME: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(60));
/// Late again after so long begins anew.
const LATE_AGAIN: Duration = Duration::from_secs(600);
/// A person is told each time that it has lasted for so long.
const LATE_TOLD: Duration = Duration::from_secs(600);
/// How often the status is asked for: while all is well, and while it is not.
pub const LOOK: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(5));

/// Market data that was too late.
#[derive(Debug, Clone, Copy)]
struct Late {
    /// The last of it.
    since: Wall,
    /// No order leaves until then,
    until: Wall,
    /// and before something was heard on time: when that was.
    on_time: Option<Wall>,
    /// How old it was.
    behind: Nanos,
    /// How long nothing may have been late before orders leave again.
    patience: Duration,
}

/// See the module.
#[derive(Debug)]
pub struct Conditions {
    shown: VenueCondition,
    /// By the status endpoint, or by a refusal until that says otherwise.
    status: VenueCondition,
    detail: String,
    limited_until: Option<Wall>,
    limited_for: Duration,
    late: Option<Late>,
    /// Since when that is shown, and when a person was last told.
    lagging: Option<(Wall, Wall)>,
    /// Something was shown after which the account is to be compared before an order leaves.
    owes_comparison: bool,
    refusals: u32,
    failures: u32,
    /// The venue's calendar says that it is closed now.
    scheduled: bool,
    /// The cause is over since then; orders wait for a comparison asked for later (F35).
    over_since: Option<Wall>,
    is_connected: bool,
    is_clock_trusted: bool,
    reopenings: Reopenings,
}

impl Default for Conditions {
    fn default() -> Self {
        Self {
            shown: VenueCondition::Open,
            status: VenueCondition::Open,
            detail: String::new(),
            limited_until: None,
            limited_for: LIMITED.0,
            late: None,
            lagging: None,
            owes_comparison: false,
            refusals: 0,
            failures: 0,
            scheduled: false,
            over_since: None,
            is_connected: true,
            is_clock_trusted: true,
            reopenings: Reopenings::default(),
        }
    }
}

impl Conditions {
    /// The status endpoint answered, or did not.
    pub fn status(&mut self, now: Wall, answer: &Result<ExchangeStatus, RestError>) {
        match answer {
            Ok(status) => {
                self.failures = 0;
                let resume = status.exchange_estimated_resume_time.as_deref();
                (self.status, self.detail) = match (status.exchange_active, status.trading_active) {
                    (false, _) => (
                        VenueCondition::Maintenance,
                        format!("back at {}", resume.unwrap_or("an unknown time")),
                    ),
                    (true, false) => (VenueCondition::Paused, "its status says so".to_owned()),
                    (true, true) => (VenueCondition::Open, String::new()),
                };
            }
            Err(error) => {
                self.heard_of(now, error);
                if is_silence(error) {
                    self.failures = self.failures.saturating_add(1);
                    self.detail = error.to_string();
                }
            }
        }
    }

    /// What the venue's calendar says of now: a closed exchange is no outage, and no order is tried on it.
    pub const fn calendar(&mut self, is_maintenance: bool) {
        self.scheduled = is_maintenance;
    }

    /// What has its own say in whether orders leave, and counts among what was interrupted.
    pub const fn surroundings(&mut self, is_connected: bool, is_clock_trusted: bool) {
        (self.is_connected, self.is_clock_trusted) = (is_connected, is_clock_trusted);
    }

    /// Orders wait although the cause is over: it comes again and again.
    #[must_use]
    pub fn hold(&self, now: Wall) -> Option<Hold> {
        self.reopenings.hold(now)
    }

    /// What a person is to be told of that now.
    pub fn unsteady(&mut self, now: Wall) -> Option<Hold> {
        self.reopenings.alert(now)
    }

    /// A person lets it trade: what was interrupted before counts no more.
    pub fn forgive(&mut self) {
        self.reopenings.forgive();
    }

    /// What the stream tells is too old, by so much (P5).
    pub fn market_data_is_late(&mut self, now: Wall, behind: Nanos) {
        let patience = match self.late {
            None => ON_TIME.0,
            Some(late) if !late.is_past(now) => late.patience,
            Some(late) if now < late.end() + LATE_AGAIN => (late.patience * 2).min(ON_TIME.1),
            Some(_) => ON_TIME.0,
        };
        self.late =
            Some(Late { since: now, until: now + patience, on_time: None, behind, patience });
    }

    /// Something of now was heard: a change in time, or books that are the venue's.
    pub fn market_data_is_on_time(&mut self, now: Wall) {
        if let Some(late) = &mut self.late {
            late.on_time.get_or_insert(now);
        }
    }

    /// When market data was last too late.
    #[must_use]
    pub fn late_since(&self) -> Option<Wall> {
        self.late.map(|late| late.since)
    }

    /// It was late, and nothing was heard on time since.
    #[must_use]
    pub fn wants_word(&self, now: Wall) -> bool {
        self.late.is_some_and(|late| !late.is_past(now) && late.on_time.is_none())
    }

    /// Orders have waited for market data for so many minutes; told once in a while.
    pub fn late_for_minutes(&mut self, now: Wall) -> Option<u64> {
        if self.shown != VenueCondition::Lagging {
            self.lagging = None;
            return None;
        }
        let (since, told) = self.lagging.get_or_insert((now, now));
        if now.saturating_sub(*told) < LATE_TOLD {
            return None;
        }
        *told = now;
        Some(now.saturating_sub(*since).as_secs() / 60)
    }

    /// The venue asked to be left alone for so long (`Retry-After`).
    pub fn asked_to_wait(&mut self, now: Wall, span: Duration) {
        let until = now + span;
        self.limited_until = Some(self.limited_until.map_or(until, |before| before.max(until)));
    }

    /// A private read ended.
    pub fn private_read(&mut self, now: Wall, error: Option<&RestError>) {
        match error {
            None => self.refusals = 0,
            Some(error) => self.heard_of(now, error),
        }
    }

    /// Any failure may tell of limits and keys.
    fn heard_of(&mut self, now: Wall, error: &RestError) {
        let RestError::Venue { status, .. } = error else { return };
        match *status {
            429 => self.limited(now),
            401 => self.refused(error.to_string()),
            451 => {
                self.status = VenueCondition::GeoBlocked;
                self.detail = error.to_string();
            }
            _ => {}
        }
    }

    /// What became of an order. `true`: look at the status now.
    pub fn outcome(&mut self, now: Wall, event: &Event) -> bool {
        match event {
            Event::OrderRejected(rejected) => match rejected.reason {
                RejectReason::TradingPaused => {
                    self.status = VenueCondition::Paused;
                    self.detail.clone_from(&rejected.detail);
                    true
                }
                RejectReason::RateLimited => {
                    self.limited(now);
                    false
                }
                RejectReason::NotAuthorized => {
                    self.refused(rejected.detail.clone());
                    false
                }
                _ => false,
            },
            Event::OrderAccepted(_) => {
                (self.refusals, self.limited_for) = (0, LIMITED.0);
                false
            }
            _ => false,
        }
    }

    fn limited(&mut self, now: Wall) {
        self.limited_until = Some(now + self.limited_for);
        self.limited_for = (self.limited_for * 2).min(LIMITED.1);
    }

    fn refused(&mut self, detail: String) {
        self.refusals = self.refusals.saturating_add(1);
        if self.refusals >= REFUSALS {
            self.detail = detail;
        }
    }

    /// What the venue itself does not allow.
    fn trouble(&self) -> VenueCondition {
        if self.refusals >= REFUSALS {
            VenueCondition::AuthRevoked
        } else if self.scheduled {
            VenueCondition::Maintenance
        } else if self.failures >= FAILURES {
            VenueCondition::Unreachable
        } else {
            self.status
        }
    }

    fn cause(&mut self, now: Wall) -> VenueCondition {
        let trouble = self.trouble();
        let is_late = self.late.is_some_and(|late| !late.is_past(now));
        self.reopenings.look(
            now,
            Well {
                venue: trouble == VenueCondition::Open || self.scheduled,
                market_data: !is_late,
                connection: self.is_connected || self.scheduled,
                clock: self.is_clock_trusted,
            },
        );
        if trouble != VenueCondition::Open {
            trouble
        } else if is_late {
            VenueCondition::Lagging
        } else if self.reopenings.hold(now).is_some() {
            VenueCondition::Unsteady
        } else if self.limited_until.is_some_and(|until| now < until) {
            VenueCondition::RateLimited
        } else {
            VenueCondition::Open
        }
    }

    /// The condition, if it is another than before. After an interruption it is open again only once the
    /// account has been compared; `agreed`: when the last comparison was asked for.
    pub fn change(&mut self, now: Wall, agreed: Option<Wall>) -> Option<(VenueCondition, String)> {
        let cause = self.cause(now);
        if cause == self.shown {
            self.over_since = None;
            return None;
        }
        let took = matches!(self.shown, VenueCondition::Open | VenueCondition::RateLimited);
        let is_over = cause == VenueCondition::Open || (cause == VenueCondition::Unsteady && !took);
        if is_over && self.owes_comparison {
            let since = *self.over_since.get_or_insert(now);
            if agreed.is_none_or(|asked| asked < since) {
                return None;
            }
        }
        self.over_since = None;
        self.shown = cause;
        match cause {
            VenueCondition::Open => self.owes_comparison = false,
            VenueCondition::RateLimited => {}
            _ => self.owes_comparison = true,
        }
        let detail = match cause {
            VenueCondition::Open => "all is well again".to_owned(),
            VenueCondition::RateLimited => "we asked too often, or were asked to wait".to_owned(),
            VenueCondition::Maintenance if self.scheduled => {
                "by its calendar: Thursdays 03:00 to 05:00 Eastern time".to_owned()
            }
            VenueCondition::Lagging => {
                let behind = self.late.map_or(0.0, |late| late.behind.secs_f64());
                format!("its market data is {behind:.1} s old when it is taken in")
            }
            VenueCondition::Unsteady => {
                self.reopenings.hold(now).map_or_else(String::new, |hold| hold.to_string())
            }
            _ => self.detail.clone(),
        };
        Some((cause, detail))
    }

    /// The cause is over, but nothing was compared since: compare now.
    #[must_use]
    pub const fn wants_comparison(&self) -> Option<Wall> {
        self.over_since
    }

    /// How long until the next look at the status.
    #[must_use]
    pub fn pause(&self) -> Duration {
        if self.shown == VenueCondition::Open && self.failures == 0 { LOOK.0 } else { LOOK.1 }
    }
}

impl Late {
    fn is_past(self, now: Wall) -> bool {
        self.on_time.is_some() && now >= self.until
    }

    /// When it was over.
    fn end(self) -> Wall {
        self.on_time.map_or(self.until, |on_time| self.until.max(on_time))
    }
}

fn is_silence(error: &RestError) -> bool {
    match error {
        RestError::NotConnected(_) | RestError::Transport(_) | RestError::TimedOut => true,
        RestError::Venue { status, .. } => *status >= 500,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use statecraft_domain::event::OrderRejected;
    use statecraft_domain::{ClientOrderId, Timestamp};

    fn secs(secs: u64) -> Wall {
        Wall::from_secs(secs)
    }

    fn told(exchange_active: bool, trading_active: bool) -> Result<ExchangeStatus, RestError> {
        let text =
            format!(r#"{{"exchange_active":{exchange_active},"trading_active":{trading_active}}}"#);
        Ok(serde_json::from_str(&text).unwrap())
    }

    fn rejected(reason: RejectReason) -> Event {
        let order = ClientOrderId { lineage: 1, sequence: 1 };
        let (at, detail) = (Timestamp::EPOCH, "its words".to_owned());
        Event::OrderRejected(OrderRejected { at, order, reason, detail })
    }

    fn is(conditions: &mut Conditions, now: u64, agreed: u64) -> Option<VenueCondition> {
        conditions.change(secs(now), Some(secs(agreed))).map(|(condition, _)| condition)
    }

    #[test]
    fn f35_a_pause_ends_only_with_a_comparison_after_it() {
        let mut conditions = Conditions::default();
        assert!(conditions.outcome(secs(1), &rejected(RejectReason::TradingPaused)));
        assert_eq!(is(&mut conditions, 1, 0), Some(VenueCondition::Paused));
        conditions.status(secs(2), &told(false, false));
        assert_eq!(is(&mut conditions, 2, 0), Some(VenueCondition::Maintenance));
        conditions.status(secs(9), &told(true, true));
        assert_eq!(is(&mut conditions, 9, 5), None);
        assert_eq!(conditions.wants_comparison(), Some(secs(9)));
        assert_eq!(is(&mut conditions, 12, 10), Some(VenueCondition::Open));
        assert_eq!(is(&mut conditions, 13, 10), None);
    }

    #[test]
    fn f13_after_a_429_orders_wait_and_longer_each_time() {
        let mut conditions = Conditions::default();
        conditions.outcome(secs(0), &rejected(RejectReason::RateLimited));
        assert_eq!(is(&mut conditions, 4, 0), Some(VenueCondition::RateLimited));
        assert_eq!(is(&mut conditions, 5, 0), Some(VenueCondition::Open));
        conditions.outcome(secs(6), &rejected(RejectReason::RateLimited));
        assert_eq!(is(&mut conditions, 15, 0), Some(VenueCondition::RateLimited));
        assert_eq!(is(&mut conditions, 16, 0), Some(VenueCondition::Open));
    }

    #[test]
    fn f13_a_wait_that_was_asked_for_is_kept_and_not_cut_short() {
        let mut conditions = Conditions::default();
        conditions.outcome(secs(0), &rejected(RejectReason::RateLimited));
        conditions.asked_to_wait(secs(0), Duration::from_secs(30));
        conditions.asked_to_wait(secs(1), Duration::from_secs(3));
        assert_eq!(is(&mut conditions, 0, 0), Some(VenueCondition::RateLimited));
        assert_eq!(is(&mut conditions, 29, 0), None);
        assert_eq!(is(&mut conditions, 30, 0), Some(VenueCondition::Open));
    }

    #[test]
    fn f35_a_closed_exchange_is_no_outage() {
        let mut conditions = Conditions::default();
        conditions.calendar(true);
        let (condition, why) = conditions.change(secs(0), Some(secs(0))).unwrap();
        assert_eq!(condition, VenueCondition::Maintenance);
        assert!(!condition.takes_orders(true) && why.contains("calendar"), "{why}");
        for second in 1..5 {
            conditions.status(secs(second), &Err(RestError::TimedOut));
            assert_eq!(is(&mut conditions, second, 0), None, "its silence is no news");
        }
        conditions.status(secs(6), &told(true, false));
        conditions.calendar(false);
        assert_eq!(is(&mut conditions, 7, 0), Some(VenueCondition::Paused), "it is not back yet");
        conditions.status(secs(8), &told(true, true));
        assert_eq!(is(&mut conditions, 8, 7), None, "the account comes first");
        assert_eq!(is(&mut conditions, 9, 8), Some(VenueCondition::Open));
    }

    #[test]
    fn p5_late_market_data_stops_orders_until_none_was_late_for_ten_seconds() {
        let mut conditions = Conditions::default();
        conditions.market_data_is_late(secs(1), Nanos::from_millis(4_200));
        let (condition, why) = conditions.change(secs(1), Some(secs(0))).unwrap();
        assert!(condition == VenueCondition::Lagging && why.contains("4.2 s"), "{why}");
        assert!(!condition.takes_orders(true) && !condition.takes_orders(false));
        conditions.market_data_is_late(secs(8), Nanos::from_millis(2_100));
        assert_eq!(is(&mut conditions, 17, 16), None, "late again meanwhile");
        assert_eq!(is(&mut conditions, 40, 40), None, "silence proves nothing");
        conditions.market_data_is_on_time(secs(40));
        assert_eq!(is(&mut conditions, 41, 40), None, "fills came by the same connection");
        assert_eq!(is(&mut conditions, 43, 42), Some(VenueCondition::Open));
    }

    #[test]
    fn p5_market_data_that_is_late_again_and_again_is_waited_for_longer_each_time() {
        let mut conditions = Conditions::default();
        assert_eq!(is(&mut conditions, 0, 0), None);
        let mut waited = Vec::new();
        let mut now = 0;
        for _ in 0..7 {
            let began = now;
            conditions.market_data_is_late(secs(now), Nanos::from_millis(3_000));
            conditions.market_data_is_on_time(secs(now));
            assert_eq!(is(&mut conditions, now, now), Some(VenueCondition::Lagging));
            while is(&mut conditions, now, now) != Some(VenueCondition::Open) {
                now += 1;
            }
            waited.push(now - began);
            now += 30;
        }
        // From the fourth time on it must have been well for a while, too.
        assert_eq!(waited, [10, 20, 40, 90, 120, 180, 300]);
        now += 3_600;
        conditions.market_data_is_late(secs(now), Nanos::from_millis(3_000));
        conditions.market_data_is_on_time(secs(now));
        assert_eq!(is(&mut conditions, now, now), Some(VenueCondition::Lagging));
        assert_eq!(is(&mut conditions, now + 10, now + 10), Some(VenueCondition::Open));
    }

    #[test]
    fn p5_whoever_waits_for_market_data_for_long_is_told() {
        let mut conditions = Conditions::default();
        let mut told = Vec::new();
        for now in 0..1_300 {
            if now % 20 == 0 {
                conditions.market_data_is_late(secs(now), Nanos::from_millis(3_000));
            }
            let _ = is(&mut conditions, now, now);
            told.extend(conditions.late_for_minutes(secs(now)));
        }
        assert_eq!(told, [10, 20]);
    }

    #[test]
    fn f35_a_limit_in_between_does_not_stand_for_the_comparison() {
        let mut conditions = Conditions::default();
        conditions.outcome(secs(0), &rejected(RejectReason::TradingPaused));
        assert_eq!(is(&mut conditions, 0, 0), Some(VenueCondition::Paused));
        conditions.outcome(secs(5), &rejected(RejectReason::RateLimited));
        conditions.status(secs(6), &told(true, true));
        assert_eq!(is(&mut conditions, 6, 6), Some(VenueCondition::RateLimited));
        assert_eq!(is(&mut conditions, 11, 5), None, "nothing was compared since the pause");
        assert_eq!(is(&mut conditions, 13, 12), Some(VenueCondition::Open));
    }

    #[test]
    fn f35_a_venue_that_pauses_again_and_again_must_be_well_for_a_while() {
        let mut conditions = Conditions::default();
        let mut now = 0;
        assert_eq!(is(&mut conditions, now, 0), None);
        for times in 1..=4 {
            now += 60;
            conditions.outcome(secs(now), &rejected(RejectReason::TradingPaused));
            assert_eq!(is(&mut conditions, now, now), Some(VenueCondition::Paused));
            now += 5;
            conditions.status(secs(now), &told(true, true));
            assert_eq!(is(&mut conditions, now, now - 1), None, "the account comes first");
            let last = is(&mut conditions, now + 1, now);
            let free = times < 4;
            let open = if free { VenueCondition::Open } else { VenueCondition::Unsteady };
            assert_eq!(last, Some(open), "{times}");
        }
        let hold = conditions.unsteady(secs(now + 1)).unwrap();
        assert_eq!((hold.cause, hold.times, hold.wait), ("venue", 4, Duration::from_secs(30)));
        assert_eq!(is(&mut conditions, now + 29, now + 29), None);
        assert_eq!(is(&mut conditions, now + 30, now + 29), None, "and the account once more");
        assert_eq!(is(&mut conditions, now + 31, now + 30), Some(VenueCondition::Open));
        // A person ends the wait of the next one.
        now += 60;
        conditions.outcome(secs(now), &rejected(RejectReason::TradingPaused));
        assert_eq!(is(&mut conditions, now, now), Some(VenueCondition::Paused));
        conditions.status(secs(now), &told(true, true));
        assert_eq!(is(&mut conditions, now, now), Some(VenueCondition::Unsteady));
        conditions.forgive();
        assert_eq!(is(&mut conditions, now + 1, now + 1), Some(VenueCondition::Open));
    }

    #[test]
    fn f1_a_connection_that_comes_and_goes_is_unsteady_and_a_limit_is_not() {
        let mut conditions = Conditions::default();
        for now in 0..20 {
            conditions.outcome(secs(now * 100), &rejected(RejectReason::RateLimited));
            assert_eq!(is(&mut conditions, now * 100, 0), Some(VenueCondition::RateLimited));
            assert_eq!(is(&mut conditions, now * 100 + 99, 0), Some(VenueCondition::Open));
        }
        for now in 2_000..2_003 {
            conditions.surroundings(false, true);
            assert_eq!(is(&mut conditions, now, now), None);
            conditions.surroundings(true, true);
            assert_eq!(is(&mut conditions, now, now), None);
        }
        // Not between its return and the next look.
        conditions.surroundings(false, true);
        assert_eq!(is(&mut conditions, 2_010, 0), Some(VenueCondition::Unsteady));
        conditions.surroundings(true, true);
        assert_eq!(is(&mut conditions, 2_100, 2_100), None);
        assert_eq!(is(&mut conditions, 2_130, 2_130), Some(VenueCondition::Open));
    }

    #[test]
    fn f28_three_refusals_of_the_key_and_not_two() {
        let mut conditions = Conditions::default();
        for _ in 0..2 {
            conditions.outcome(secs(0), &rejected(RejectReason::NotAuthorized));
        }
        assert_eq!(is(&mut conditions, 0, 0), None);
        conditions.private_read(secs(1), None);
        for _ in 0..3 {
            conditions.outcome(secs(1), &rejected(RejectReason::NotAuthorized));
        }
        assert_eq!(is(&mut conditions, 1, 0), Some(VenueCondition::AuthRevoked));
    }

    #[test]
    fn f36_a_venue_that_does_not_answer_is_unreachable_and_asked_at_a_capped_rate() {
        let mut conditions = Conditions::default();
        for second in 0..3 {
            assert_eq!(is(&mut conditions, second, 0), None);
            conditions.status(secs(second), &Err(RestError::TimedOut));
        }
        assert_eq!(is(&mut conditions, 3, 0), Some(VenueCondition::Unreachable));
        assert!(conditions.pause() >= Duration::from_secs(5));
        conditions.status(secs(9), &told(true, true));
        assert_eq!(is(&mut conditions, 10, 10), Some(VenueCondition::Open));
    }
}
