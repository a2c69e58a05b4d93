//! The life of an order as one table of allowed transitions.
//!
//! ```text
//!   Approved --sent--> Sent --accepted--> Open --all filled--> Filled
//!       |               |                  |  \--closed------> Closed
//!       |               +--rejected------> Rejected
//!       |               +--no answer-----> Unknown --> any of the above, or NotPlaced
//!       +-- any later report may come first: reports travel on several channels
//! ```
//!
//! Phases are ordered by how much is known, and a report that says less than what is known changes
//! nothing. So any order of the same reports ends in the same phase (I7). Two reports that cannot both
//! be true (rejected and filled) are [`Step::Impossible`]; the engine halts on them (I5).

use serde::Serialize;

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Passed the risk gate and handed to the shell, which journals and then sends it.
    Approved,
    /// Bytes may have left.
    Sent,
    /// No answer: it may or may not rest at the venue. No timer ends this.
    Unknown,
    /// The venue has it.
    Open,
    /// The venue refused it.
    Rejected,
    /// Everything traded.
    Filled,
    /// Over with a rest that did not trade.
    Closed,
    /// Proved never to have reached the book.
    NotPlaced,
}

/// What is reported about an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Report {
    /// Handed to the venue.
    Sent,
    /// The venue has it.
    Accepted,
    /// The venue refused it.
    Rejected,
    /// No answer.
    NoAnswer,
    /// A part traded.
    FilledInPart,
    /// With this, everything has traded.
    FilledWhole,
    /// The venue says it is over.
    Closed,
    /// Reconciliation proved that it was never placed.
    NotPlaced,
}

/// What a report does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The order moves on.
    To(Phase),
    /// Nothing new.
    Stay,
    /// The report contradicts what is known.
    Impossible,
}

impl Phase {
    /// Every phase.
    pub const ALL: [Self; 8] = [
        Self::Approved,
        Self::Sent,
        Self::Unknown,
        Self::Open,
        Self::Rejected,
        Self::Filled,
        Self::Closed,
        Self::NotPlaced,
    ];

    /// May the order still trade, as far as we know?
    #[must_use]
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Approved | Self::Sent | Self::Unknown | Self::Open)
    }

    /// The table. Rows are phases, columns reports.
    ///
    /// | | sent | accepted | rejected | no answer | part | whole | closed | not placed |
    /// |---|---|---|---|---|---|---|---|---|
    /// | Approved | Sent | Open | Rejected | Unknown | Open | Filled | Closed | NotPlaced |
    /// | Sent | - | Open | Rejected | Unknown | Open | Filled | Closed | NotPlaced |
    /// | Unknown | - | Open | Rejected | - | Open | Filled | Closed | NotPlaced |
    /// | Open | - | - | ! | - | - | Filled | Closed | ! |
    /// | Rejected | - | ! | - | - | ! | ! | ! | - |
    /// | Filled | - | - | ! | - | ! | ! | - | ! |
    /// | Closed | - | - | ! | - | - | Filled | - | ! |
    /// | NotPlaced | - | ! | Rejected | - | ! | ! | ! | - |
    #[must_use]
    pub const fn after(self, report: Report) -> Step {
        use Step::{Impossible, Stay, To};
        match (self, report) {
            (Self::Approved, Report::Sent) => To(Self::Sent),
            (Self::Approved | Self::Sent, Report::NoAnswer) => To(Self::Unknown),
            (
                Self::Approved | Self::Sent | Self::Unknown,
                Report::Accepted | Report::FilledInPart,
            ) => To(Self::Open),
            (Self::Approved | Self::Sent | Self::Unknown, Report::Rejected) => To(Self::Rejected),
            (Self::Approved | Self::Sent | Self::Unknown, Report::NotPlaced) => To(Self::NotPlaced),
            (
                Self::Approved | Self::Sent | Self::Unknown | Self::Open | Self::Closed,
                Report::FilledWhole,
            ) => To(Self::Filled),
            (Self::Approved | Self::Sent | Self::Unknown | Self::Open, Report::Closed) => {
                To(Self::Closed)
            }
            (Self::NotPlaced, Report::Rejected) => To(Self::Rejected),

            (Self::Sent | Self::Unknown | Self::Open, Report::Sent)
            | (Self::Rejected | Self::Filled | Self::Closed | Self::NotPlaced, Report::Sent)
            | (Self::Unknown | Self::Open, Report::NoAnswer)
            | (Self::Rejected | Self::Filled | Self::Closed | Self::NotPlaced, Report::NoAnswer)
            | (Self::Open | Self::Filled | Self::Closed, Report::Accepted)
            | (Self::Open | Self::Closed, Report::FilledInPart)
            | (Self::Filled | Self::Closed, Report::Closed)
            | (Self::Rejected, Report::Rejected)
            | (Self::Rejected | Self::NotPlaced, Report::NotPlaced) => Stay,

            (Self::Open | Self::Filled | Self::Closed, Report::Rejected | Report::NotPlaced)
            | (Self::Rejected | Self::NotPlaced, Report::Accepted | Report::Closed)
            | (Self::Rejected | Self::NotPlaced | Self::Filled, Report::FilledInPart)
            | (Self::Rejected | Self::NotPlaced | Self::Filled, Report::FilledWhole) => Impossible,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORTS: [Report; 8] = [
        Report::Sent,
        Report::Accepted,
        Report::Rejected,
        Report::NoAnswer,
        Report::FilledInPart,
        Report::FilledWhole,
        Report::Closed,
        Report::NotPlaced,
    ];

    fn apply(phase: Phase, report: Report) -> Option<Phase> {
        match phase.after(report) {
            Step::To(next) => Some(next),
            Step::Stay => Some(phase),
            Step::Impossible => None,
        }
    }

    /// Two reports in either order: the same phase, or impossible both ways.
    #[test]
    fn i7_any_two_reports_commute() {
        for phase in Phase::ALL {
            for first in REPORTS {
                for second in REPORTS {
                    // "Whole" is by definition the last of the fills.
                    let fills = [Report::FilledInPart, Report::FilledWhole];
                    if fills.contains(&first) && fills.contains(&second) {
                        continue;
                    }
                    let one = apply(phase, first).and_then(|next| apply(next, second));
                    let other = apply(phase, second).and_then(|next| apply(next, first));
                    assert_eq!(one, other, "{phase:?}: {first:?}, {second:?}");
                }
            }
        }
    }

    /// A report repeated changes nothing (fills are told apart by their trade before they get here).
    #[test]
    fn repeated_reports_change_nothing() {
        for phase in Phase::ALL {
            for report in REPORTS {
                if let Some(next) = apply(phase, report).filter(|_| report != Report::FilledWhole) {
                    assert_eq!(apply(next, report), Some(next), "{phase:?}: {report:?}");
                }
            }
        }
    }

    /// Nothing but a definitive answer leads out of unknown (I4).
    #[test]
    fn i4_unknown_has_no_timer_exit() {
        assert_eq!(Phase::Unknown.after(Report::NoAnswer), Step::Stay);
        assert_eq!(Phase::Unknown.after(Report::Sent), Step::Stay);
        assert!(Phase::Unknown.is_live());
    }
}
