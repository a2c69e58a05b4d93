//! The embedded venue's story, as sources: one feed a source of the story, each with its class.

use std::time::Duration;

use url::Url;

use crate::signals::{SourceKind, SourceSettings};

/// The story is asked often: at full compression a day passes in less than a second.
const POLL: Duration = Duration::from_millis(250);

/// The sources of the story of the venue at `rest`.
#[must_use]
pub(super) fn sources(rest: &Url) -> Vec<SourceSettings> {
    let mut url = rest.clone();
    url.set_path("/story/signals");
    let source = SourceSettings::new("story", SourceKind::Http(url));
    vec![SourceSettings { poll: POLL, polite: false, ..source }]
}
