//! The embedded venue's story, as sources: a feed an outlet, each with its class.

use std::time::Duration;

use statecraft_domain::Nanos;
use url::Url;

use crate::signals::{SourceKind, SourceSettings};
use crate::simulator::story::press::{Outlet, PRESS};

/// The story is asked often: at full compression a day passes in less than a second.
const POLL: Duration = Duration::from_millis(250);

/// At full compression a month passes while a busy machine starts: what was told meanwhile still counts.
const AGE_MAX: Nanos = Nanos::from_secs(120 * 86_400);

/// The sources of the story of the venue at `rest`.
#[must_use]
pub(super) fn sources(rest: &Url) -> Vec<SourceSettings> {
    PRESS.iter().map(|outlet| source(rest, outlet)).collect()
}

/// The hosts of the outlets are made up: nothing is fetched from them, they name who speaks.
fn source(rest: &Url, outlet: &Outlet) -> SourceSettings {
    let mut url = rest.clone();
    url.set_path(&format!("/story/feeds/{}.atom", outlet.source));
    let name = format!("story-{}", outlet.source);
    SourceSettings {
        poll: POLL,
        age_max: AGE_MAX,
        polite: false,
        class: outlet.class,
        official_hosts: vec![outlet.host.to_owned()],
        publisher_hosts: vec![outlet.host.to_owned()],
        ..SourceSettings::new(&name, SourceKind::Feed(url))
    }
}
