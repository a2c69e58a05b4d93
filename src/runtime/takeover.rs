//! `resume --accept-positions`: a person takes over positions of which reports have proven that they are not the
//! journal's (5.10, F64): he traded by hand at the venue.

use std::time::Duration;

use serde_json::{Value, json};

use super::operate::Release;
use super::trading::Trading;
use crate::control::protocol::Reply;
use crate::journal::JournalClosed;
use crate::trading::contest::Offer;
use crate::trading::reconciler::Wall;

/// How long it waits for a report that proves what differs.
const PATIENCE: Duration = Duration::from_secs(40);
/// So often it asks for one.
const AGAIN: Duration = Duration::from_secs(5);

/// Waits for a report of the account that is asked for from now on.
#[derive(Debug)]
pub(super) struct Takeover {
    /// Who asked, when and why.
    pub(super) release: Release,
    /// A kill is released as well, if one is in force.
    pub(super) release_kill: bool,
    /// When a report was last asked for.
    pub(super) hurried: Wall,
}

impl Trading {
    /// Takes over what is proven, once a report has come that was asked for after the request.
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed.
    pub(super) fn attend_takeover(&mut self) -> Result<(), JournalClosed> {
        let Some(mut takeover) = self.desk.takeover.take() else { return Ok(()) };
        let (asked, now) = (takeover.release.asked, self.clock.wall());
        let is_late = now.saturating_sub(asked) >= PATIENCE;
        match self.reconciler.offer(self.core.engine(), asked) {
            Some(offer) if !offer.waits || is_late => self.take_over(takeover, &offer),
            None if is_late => {
                let why =
                    "the account could not be compared with the venue's within 40 s; see the log";
                takeover.release.answer(Reply::refused(format!("nothing was accepted: {why}")));
                Ok(())
            }
            _ => {
                if now.saturating_sub(takeover.hurried) >= AGAIN {
                    takeover.hurried = now;
                    self.reconciler.hurry(now);
                }
                self.desk.takeover = Some(takeover);
                Ok(())
            }
        }
    }

    /// The positions are journaled first, whatever comes after: a mode, or the wait for the release of a kill.
    fn take_over(&mut self, takeover: Takeover, offer: &Offer) -> Result<(), JournalClosed> {
        let Takeover { mut release, release_kill, .. } = takeover;
        release.data = to_json(offer);
        let left = offer.left.join("; ");
        let cannot = match self.disk_is_full() {
            Some(full) => Some(format!("{full}; make room first")),
            None if offer.accepted.is_empty() && !left.is_empty() => Some(left.clone()),
            None => None,
        };
        if let Some(why) = cannot {
            release.answer(Reply::refused(format!("nothing was accepted: {why}")));
            return Ok(());
        }
        release.told = "positions agree with the venue's; ".to_owned();
        if !offer.accepted.is_empty() {
            let reason = format!("accepted by the operator: {}", release.reason);
            let now = self.clock.wall();
            self.reconciler.accept(&mut self.core, offer, &reason, now)?;
            self.core.flush()?;
            let list = in_words(offer);
            tracing::warn!(list, reason = release.reason, "positions of the venue accepted");
            release.told = format!("accepted: {list}; ");
        }
        if !left.is_empty() {
            release.told += &format!("not accepted: {left}; ");
        }
        if !self.is_killed() {
            let reply = self.activate(&release.reason, release.stops)?;
            release.answer(reply);
        } else if release_kill {
            release.asked = self.clock.wall();
            self.reconciler.hurry(release.asked);
            self.wait_to_release(release);
        } else {
            release.answer(Reply::done("still killed: `resume --release-kill`"));
        }
        Ok(())
    }
}

/// Each market, ours and the venue's.
fn in_words(offer: &Offer) -> String {
    let words = offer.accepted.iter().map(|(ticker, position)| {
        let booked = match position.fills.len() {
            0 => "no execution there leads to it: booked at the worst price".to_owned(),
            1 => "booked as 1 execution there".to_owned(),
            count => format!("booked as {count} executions there"),
        };
        format!(
            "{ticker}: the venue's {} contracts instead of our {} ({booked})",
            position.theirs, position.ours
        )
    });
    words.collect::<Vec<_>>().join(", ")
}

fn to_json(offer: &Offer) -> Value {
    let accepted = offer.accepted.iter().map(|(ticker, position)| {
        json!({
            "ticker": ticker,
            "ours": position.ours.to_string(),
            "venue": position.theirs.to_string(),
            "executions": position.fills.len(),
        })
    });
    json!({ "accepted": accepted.collect::<Vec<_>>(), "not_accepted": offer.left })
}
