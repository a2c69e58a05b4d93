//! Signals as JSON lines, as the embedded venue serves them.

use std::fmt::Write as _;

use serde_json::json;
use statecraft_domain::Signal;

/// One JSON object a line, each line ended. `received` is left out: the reader stamps it.
#[must_use]
pub fn signal_lines(signals: &[Signal]) -> String {
    let mut lines = String::new();
    for signal in signals {
        let line = json!({
            "id": signal.id,
            "source": signal.source,
            "published": signal.published.nanos(),
            "title": signal.title,
            "text": signal.text,
            "url": signal.url,
            "lang": signal.lang,
            "target": signal.target,
            "labels": signal.labels,
        });
        // Writing to a string cannot fail.
        let _ = writeln!(lines, "{line}");
    }
    lines
}
