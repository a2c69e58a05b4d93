//! [`Absences`]: what it proves that the venue does not list an order without an answer (6.3, I4, F16, F35).
//!
//! The request may still be on its way, and a venue that does not process requests has not refused it. So a
//! report counts only if it was asked for after the request's own life, from a venue that takes and answers
//! orders; and two such reports a grace apart are needed.

use std::collections::BTreeMap;
use std::time::Duration;

use statecraft_domain::ClientOrderId;
use statecraft_domain::control::VenueCondition;
use statecraft_engine::Engine;
use statecraft_engine::orders::Phase;

use super::reconciler::Wall;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Absences {
    /// Orders without an answer, and since when that is known.
    unknown: BTreeMap<ClientOrderId, Wall>,
    /// Those that reports which count have not listed, and since when.
    missing: BTreeMap<ClientOrderId, Wall>,
}

impl Absences {
    /// Looks which orders are without an answer now.
    pub(super) fn note(&mut self, engine: &Engine, now: Wall) {
        let live = engine.orders().live().iter();
        let before = std::mem::take(&mut self.unknown);
        self.unknown = live
            .filter(|order| order.phase == Phase::Unknown)
            .map(|order| (order.id(), before.get(&order.id()).copied().unwrap_or(now)))
            .collect();
    }

    /// A report asked for at `asked` does not list these, each of them unknown when it was asked for: which of
    /// them were never placed? `processes`: the venue was taking and answering orders.
    pub(super) fn seen(
        &mut self,
        absent: &[ClientOrderId],
        asked: Wall,
        processes: bool,
        grace: Duration,
    ) -> Vec<ClientOrderId> {
        let lifetime = lifetime(grace);
        let unknown = &self.unknown;
        let counts = |id: &ClientOrderId| {
            processes && unknown.get(id).is_some_and(|since| asked >= *since + lifetime)
        };
        let before = std::mem::take(&mut self.missing);
        let first = |id: &ClientOrderId| before.get(id).copied().unwrap_or(asked);
        self.missing = absent.iter().filter(|id| counts(id)).map(|id| (*id, first(id))).collect();
        let proven =
            self.missing.iter().filter(|(_, first)| asked.saturating_sub(**first) >= grace);
        proven.map(|(id, _)| *id).collect()
    }
}

/// How long a request may live after its client gave it up: as long as the client waits in all. A simulator on
/// loopback, whose grace is short, has nothing in between that could hold it.
const fn lifetime(grace: Duration) -> Duration {
    Duration::from_millis(grace.as_millis() as u64 / 3)
}

/// Are requests of orders looked at there, if only to be refused?
pub(super) const fn processes(condition: VenueCondition) -> bool {
    match condition {
        VenueCondition::Open
        | VenueCondition::PostOnly
        | VenueCondition::CancelOnly
        | VenueCondition::RateLimited
        | VenueCondition::Lagging
        | VenueCondition::Unsteady => true,
        VenueCondition::Paused
        | VenueCondition::Maintenance
        | VenueCondition::AuthRevoked
        | VenueCondition::GeoBlocked
        | VenueCondition::Unreachable => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trading::reconciler::GRACE;
    use crate::venue::kalshi::rest::RestSettings;

    const ID: ClientOrderId = ClientOrderId { lineage: 1, sequence: 1 };

    #[test]
    fn i4_a_request_lives_as_long_as_its_client_waits() {
        assert!(lifetime(GRACE) >= RestSettings::default().total_timeout);
    }

    #[test]
    fn i4_reports_within_the_life_of_the_request_do_not_count() {
        let mut absences = Absences::default();
        absences.unknown.insert(ID, Wall::from_secs(100));
        let mut seen = |secs| !absences.seen(&[ID], Wall::from_secs(secs), true, GRACE).is_empty();
        assert!(!seen(101));
        // A grace after the first, but that one proves nothing.
        assert!(!seen(135));
        assert!(!seen(164));
        assert!(seen(165));
    }

    #[test]
    fn f35_reports_of_a_venue_that_stands_still_do_not_count_and_begin_anew() {
        let mut absences = Absences::default();
        absences.unknown.insert(ID, Wall::from_secs(0));
        let mut seen =
            |secs, processes| absences.seen(&[ID], Wall::from_secs(secs), processes, GRACE).len();
        assert_eq!(seen(20, true), 0);
        assert_eq!(seen(60, false), 0);
        assert_eq!(seen(100, true), 0, "after a pause the first counts as the first");
        assert_eq!(seen(130, true), 1);
    }
}
