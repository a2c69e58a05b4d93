//! An address that is asked again and again.

use url::Url;

use super::fetch::{self, FetchError};
use super::hosts::{leave_alone, place};
use super::intake::Intake;

/// A cursor at an address: how many lines were read.
pub(super) struct Poller {
    client: reqwest::Client,
    url: Url,
    read: u64,
}

impl Poller {
    pub(super) fn new(url: Url) -> Result<Self, FetchError> {
        Ok(Self { client: fetch::client(&url)?, url, read: 0 })
    }

    /// Asks once and takes every whole line in, as far as the source's limits let it; the rest, and a line
    /// without its end, is asked for again.
    pub(super) async fn look(&mut self, intake: &Intake) -> Result<(), FetchError> {
        let (hosts, host) = (&intake.common.hosts, place(&self.url));
        hosts.unheld(&host, intake.name()).await;
        let asked = fetch::lines_after(&self.client, &self.url, self.read).await;
        if let Err(FetchError::Busy { status, retry_after }) = &asked {
            leave_alone(hosts, &host, *status, *retry_after);
        }
        let body = asked?;
        let mut rest = body.as_slice();
        while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
            let (line, after) = rest.split_at(end);
            intake.room().await;
            if !intake.line(line, self.read + 1) {
                break;
            }
            self.read += 1;
            rest = after.get(1..).unwrap_or_default();
        }
        intake.waits(rest.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).count() as u64);
        Ok(())
    }
}
