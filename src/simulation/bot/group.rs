//! The order group of this run: those of earlier runs are ended, then one is made, before the account is
//! compared (reliability.md 6.6). A gate that closes ends it with everything that rests in it.

use std::time::Duration;

use serde_json::Value;

use crate::journal::JournalClosed;
use crate::trading::gate::Bar;
use crate::venue::kalshi::rest::RestError;

use super::{ATTEMPTS, Bot, Plant, Wish};

/// Between two tries to set the group up anew.
const GROUP_AGAIN: Duration = Duration::from_secs(1);

/// Something asked of the venue about a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::simulation) enum GroupCall {
    /// Cancel everything in it and let nothing in any more.
    Trigger(String),
    /// Let orders in again.
    Reset(String),
    /// Remove it.
    Delete(String),
    /// Make one.
    Create,
}

impl GroupCall {
    /// Method, path and body.
    pub(in crate::simulation) fn request(&self, contracts: u32) -> (&'static str, String, Vec<u8>) {
        const GROUPS: &str = "/portfolio/order_groups";
        match self {
            Self::Trigger(name) => ("PUT", format!("{GROUPS}/{name}/trigger"), b"{}".to_vec()),
            Self::Reset(name) => ("PUT", format!("{GROUPS}/{name}/reset"), b"{}".to_vec()),
            Self::Delete(name) => ("DELETE", format!("{GROUPS}/{name}"), Vec::new()),
            Self::Create => {
                let body = format!(r#"{{"contracts_limit_fp":"{contracts}.00"}}"#);
                ("POST", format!("{GROUPS}/create"), body.into_bytes())
            }
        }
    }
}

/// Where the process is with its groups.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// Still to be asked at the start, in order.
    calls: Vec<GroupCall>,
    attempt: u32,
    /// This run's own.
    pub(super) own: Option<String>,
    /// It was asked to end, and is not set up anew yet.
    ended: bool,
    /// The venue has been asked and has not answered.
    is_asking: bool,
    /// Not asked again before.
    again: Duration,
}

impl Bot {
    /// Ends the groups of earlier runs, by the names on record, and makes one.
    pub(super) fn renew_group(&mut self, recorded: &[String]) {
        let ends = recorded
            .iter()
            .flat_map(|name| [GroupCall::Trigger(name.clone()), GroupCall::Delete(name.clone())]);
        self.groups.calls = ends.chain([GroupCall::Create]).rev().collect();
        self.next_group_call();
    }

    fn next_group_call(&mut self) {
        if let Some(call) = self.groups.calls.last() {
            self.wishes.push(Wish::Group(call.clone()));
        }
    }

    /// The venue answered about a group, or did not. Without a group nothing may rest: the process ends.
    pub(in crate::simulation) fn grouped(
        &mut self,
        call: &GroupCall,
        answer: Result<(u16, String), RestError>,
    ) -> Result<(), JournalClosed> {
        if self.groups.calls.last() != Some(call) {
            self.own_group_answered(call, &answer);
            return Ok(());
        }
        let made = match (&answer, call) {
            (Ok((201, body)), GroupCall::Create) => name_in(body),
            (Ok((200 | 201 | 404, _)), GroupCall::Trigger(_) | GroupCall::Delete(_)) => {
                Some(String::new())
            }
            _ => None,
        };
        let Some(name) = made else {
            self.groups.attempt += 1;
            // A group that may have been made all the same is empty and harmless; only ends are repeated.
            if self.groups.attempt < ATTEMPTS && *call != GroupCall::Create {
                self.next_group_call();
            } else {
                self.wishes.push(Wish::Exit("no order group".to_owned()));
            }
            return Ok(());
        };
        self.groups.calls.pop();
        self.groups.attempt = 0;
        if *call != GroupCall::Create {
            self.next_group_call();
            return Ok(());
        }
        self.wishes.push(Wish::KeepGroup(name.clone()));
        self.groups.own = Some(name);
        if Plant::is(self.plant, Plant::SkipReconcile) {
            return self.begin_trading();
        }
        let question = self.reconciler.ask(self.core.desk.engine(), self.wall, self.ahead);
        self.ask_account(question);
        Ok(())
    }

    /// As the live gateway: whenever everything must end, the run's group ends, and it is set up anew before
    /// anything may rest in it again.
    pub(super) fn watch_group(&mut self) {
        let Some(name) = self.groups.own.clone() else { return };
        if self.groups.is_asking {
            return;
        }
        if self.gate.ends_all() {
            if !self.groups.ended {
                self.groups.ended = true;
                self.gate.bar(Bar::Ungrouped);
                self.ask_of_own_group(GroupCall::Trigger(name));
            }
        } else if self.groups.ended && self.wall >= self.groups.again {
            self.ask_of_own_group(GroupCall::Reset(name));
        }
    }

    fn ask_of_own_group(&mut self, call: GroupCall) {
        self.groups.is_asking = true;
        self.wishes.push(Wish::Group(call));
    }

    /// An end that failed: single cancels go out all the same.
    fn own_group_answered(&mut self, call: &GroupCall, answer: &Result<(u16, String), RestError>) {
        self.groups.is_asking = false;
        let GroupCall::Reset(name) = call else { return };
        match answer {
            Ok((200, _)) if self.gate.ends_all() => {
                self.ask_of_own_group(GroupCall::Trigger(name.clone()));
            }
            Ok((200, _)) => {
                self.groups.ended = false;
                self.gate.lift(Bar::Ungrouped);
            }
            _ => self.groups.again = self.wall + GROUP_AGAIN,
        }
    }
}

fn name_in(body: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    Some(body["order_group_id"].as_str()?.to_owned())
}
