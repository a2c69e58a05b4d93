//! Feeds and pushed signals from end to end: servers that hang, drip, lie and bomb; clients that send
//! rubbish; and every feed of the samples.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    clippy::missing_panics_doc,
    unreachable_pub,
    missing_docs
)]

mod feeds;
mod labeller;
mod push;
mod samples;

use std::sync::Arc;
use std::time::Duration;

use statecraft::signals::{Clock, Common, Counters, Handle, Hosts, Reader, ReadingRoom, Subject};
use statecraft_domain::signal::Assertion;
use statecraft_domain::{Signal, Timestamp};
use statecraft_extraction::{Headline, Reading};
use tokio::sync::mpsc;

/// 2026-02-02T02:40:00Z.
pub const NOW: Timestamp = Timestamp::from_secs(1_770_000_000);

pub fn fixed(at: Timestamp) -> Clock {
    Arc::new(move || at)
}

/// Finds a headline relevant if it names the country, and evidence unless it says otherwise.
pub struct Naming;

impl Reader for Naming {
    fn read(&self, headline: &Headline<'_>) -> Reading {
        let title = headline.title.to_lowercase();
        let mut reading =
            Reading { relevant: title.contains(headline.target), ..Reading::default() };
        if title.contains("ignore previous instructions") {
            reading.claim.assertion = Assertion::Injection;
        }
        reading.slugs.push("relation_good".to_owned());
        reading
    }

    fn story(&self, _: &Headline<'_>, _: &Reading, _: &str, _: &str, _: Timestamp) -> String {
        "a-story".to_owned()
    }

    fn names(&self, _: &str, _: &str, _: &str) -> bool {
        true
    }

    fn remember(&self, _: &Headline<'_>, _: &Reading, _: &str, _: &str, _: Timestamp) {}
}

pub fn common() -> Common {
    let subject = Subject { country: "japan".to_owned(), events: vec!["visit-japan".to_owned()] };
    let mut common = Common::new(fixed(NOW), 1);
    common.reading = Some(Arc::new(ReadingRoom::new(Arc::new(Naming), vec![subject])));
    common.hosts = Hosts::new(Duration::from_millis(1));
    common
}

pub async fn next(receiver: &mut mpsc::Receiver<Signal>) -> Signal {
    tokio::time::timeout(Duration::from_secs(20), receiver.recv()).await.expect("in time").unwrap()
}

/// Waits until the counters of source `index` satisfy `done`.
pub async fn counters(handle: &Handle, index: usize, done: impl Fn(&Counters) -> bool) -> Counters {
    for _ in 0..1500 {
        let now = handle.counters()[index].counters;
        if done(&now) {
            return now;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("counters stay at {:?}", handle.counters());
}
