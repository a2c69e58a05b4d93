//! Is a venue's connection alive?

use statecraft_domain::{Nanos, Timestamp, Venue};

/// Position of a venue in tables of venues.
#[must_use]
pub const fn venue_index(venue: Venue) -> usize {
    match venue {
        Venue::Kalshi => 0,
        Venue::Polymarket => 1,
        Venue::File => 2,
    }
}

/// One venue's connection.
#[derive(Debug, Clone, Copy, Default)]
struct Liveness {
    /// The last event of any kind that came from the venue.
    heard: Option<Timestamp>,
    /// Said to be down and not yet up again.
    down: bool,
}

/// When each venue was last heard, and whether it is connected.
///
/// The age of a book is the age of its *venue's* last event of any kind: a quiet market on a lively
/// connection is not stale. On a wholly quiet connection the shell repeats
/// `ConnectionChanged { connected: true }` when it sees a ping; that counts as being heard.
#[derive(Debug, Clone, Default)]
pub struct Venues([Liveness; 3]);

impl Venues {
    /// Something came from this venue.
    pub fn heard(&mut self, venue: Venue, at: Timestamp) {
        self.0[venue_index(venue)].heard = Some(at);
    }

    /// The connection came up or went down. Until told otherwise a venue counts as connected.
    pub fn connection(&mut self, venue: Venue, connected: bool, at: Timestamp) {
        let liveness = &mut self.0[venue_index(venue)];
        liveness.down = !connected;
        if connected {
            liveness.heard = Some(at);
        }
    }

    /// Is the connection up, as far as we were told?
    #[must_use]
    pub fn is_connected(&self, venue: Venue) -> bool {
        !self.0[venue_index(venue)].down
    }

    /// Time since the venue was last heard; `None` if never.
    #[must_use]
    pub fn age(&self, venue: Venue, now: Timestamp) -> Option<Nanos> {
        self.0[venue_index(venue)].heard.map(|heard| now - heard)
    }
}
