//! An address that is asked again and again.

use url::Url;

use super::fetch::{self, FetchError};
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

    /// Asks once and takes every whole line in; a line without its end is asked for again.
    pub(super) async fn look(&mut self, intake: &Intake) -> Result<(), FetchError> {
        let body = fetch::lines_after(&self.client, &self.url, self.read).await?;
        let mut rest = body.as_slice();
        while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
            let (line, after) = rest.split_at(end);
            self.read += 1;
            intake.line(line, self.read);
            rest = after.get(1..).unwrap_or_default();
        }
        Ok(())
    }
}
