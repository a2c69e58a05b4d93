//! `resume --accept-positions`: a person takes over positions of which reports have proven that they are not the
//! journal's (5.10, F64): he traded by hand at the venue.

use std::time::Duration;

use serde_json::{Value, json};

use super::operate::Release;
use super::trading::Trading;
use crate::control::protocol::Reply;
use crate::journal::JournalClosed;
use crate::trading::contest::Offer;

/// How long it waits for a report that proves what differs.
const PATIENCE: Duration = Duration::from_secs(40);

/// Waits for a report of the account that is asked for from now on.
#[derive(Debug)]
pub(super) struct Takeover {
    /// Who asked, when and why.
    pub(super) release: Release,
    /// A kill is released as well, if one is in force.
    pub(super) release_kill: bool,
}

impl Trading {
    /// Takes over what is proven, once a report has come that was asked for after the request.
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed.
    pub(super) fn attend_takeover(&mut self) -> Result<(), JournalClosed> {
        let Some(takeover) = self.desk.takeover.take() else { return Ok(()) };
        let (asked, now) = (takeover.release.asked, self.clock.wall());
        let is_late = now.saturating_sub(asked) >= PATIENCE;
        match self.reconciler.offer(self.core.engine(), asked) {
            Some(offer) if !offer.waits || is_late => self.take_over(takeover, &offer),
            None if is_late => {
                let why =
                    "the account could not be compared with the venue's within 40 s; see the log";
                let _ = takeover
                    .release
                    .reply
                    .send(Reply::refused(format!("nothing was accepted: {why}")));
                Ok(())
            }
            _ => {
                self.desk.takeover = Some(takeover);
                Ok(())
            }
        }
    }

    /// The positions are journaled first, whatever comes after: a mode, or the wait for the release of a kill.
    fn take_over(&mut self, takeover: Takeover, offer: &Offer) -> Result<(), JournalClosed> {
        let Takeover { release, release_kill } = takeover;
        let data = to_json(offer);
        let left = offer.left.join("; ");
        if offer.accepted.is_empty() && !left.is_empty() {
            let told = format!("nothing was accepted: {left}; ask again in a minute");
            let _ = release.reply.send(Reply::refused(told).with(data));
            return Ok(());
        }
        if let Some(full) = self.disk_is_full() {
            let told = format!("nothing was accepted: {full}; make room first");
            let _ = release.reply.send(Reply::refused(told).with(data));
            return Ok(());
        }
        let mut told = String::from("positions agree with the venue's; ");
        if !offer.accepted.is_empty() {
            let reason = format!("accepted by the operator: {}", release.reason);
            let now = self.clock.wall();
            self.reconciler.accept(&mut self.core, offer, &reason, now)?;
            self.core.flush()?;
            let list = in_words(offer);
            tracing::warn!(list, reason = release.reason, "positions of the venue accepted");
            told = format!("accepted: {list}; ");
        }
        if !left.is_empty() {
            told += &format!("not accepted: {left}; ");
        }
        if !self.is_killed() {
            let mut reply = self.activate(&release.reason, release.stops)?;
            reply.message.insert_str(0, &told);
            let _ = release.reply.send(reply.with(data));
        } else if release_kill {
            let asked = self.clock.wall();
            self.reconciler.hurry(asked);
            self.wait_to_release(Release { asked, told, ..release });
        } else {
            told += "still killed: `resume --release-kill`";
            let _ = release.reply.send(Reply::done(told).with(data));
        }
        Ok(())
    }
}

/// Each market, ours and the venue's.
fn in_words(offer: &Offer) -> String {
    let words = offer.accepted.iter().map(|(ticker, position)| {
        let booked = match position.fills.len() {
            0 => "no executions there lead to it: booked at the worst price".to_owned(),
            count => format!("booked by the venue's {count} executions"),
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
