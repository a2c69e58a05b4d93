//! The order group of this run: those of earlier runs are ended, then one is made, before the account is
//! compared (reliability.md 6.6). A gate that closes ends it with everything that rests in it.

use serde_json::Value;

use crate::journal::JournalClosed;
use crate::trading::group::{Ask, GroupWatch};
use crate::venue::kalshi::rest::RestError;

use super::{ATTEMPTS, Bot, Plant, Wish};

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
    watch: GroupWatch,
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

    /// As the live gateway: the group follows the gate.
    pub(super) fn watch_group(&mut self) {
        let Some(name) = self.groups.own.clone() else { return };
        let call = match self.groups.watch.due(&self.gate, self.wall) {
            None => return,
            Some(Ask::End) => GroupCall::Trigger(name),
            Some(Ask::Renew) => GroupCall::Reset(name),
        };
        self.wishes.push(Wish::Group(call));
    }

    fn own_group_answered(&mut self, call: &GroupCall, answer: &Result<(u16, String), RestError>) {
        let ask = if matches!(call, GroupCall::Reset(_)) { Ask::Renew } else { Ask::End };
        let done = matches!(answer, Ok((200, _)));
        self.groups.watch.answered(&self.gate, self.wall, ask, done);
    }
}

fn name_in(body: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    Some(body["order_group_id"].as_str()?.to_owned())
}
