//! Feeds: RSS, Atom, JSON Feed, in any character set, with any markup in them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use statecraft::signals::feed;

fuzz_target!(|data: &[u8]| {
    let Some((&which, body)) = data.split_first() else { return };
    let charset = [None, Some("utf-8"), Some("shift_jis"), Some("utf-16le")][usize::from(which % 4)];
    if let Ok(contents) = feed::read(body, charset) {
        for item in &contents.items {
            let _ = item.id("source");
        }
    }
    let _ = feed::plain(&String::from_utf8_lossy(body), 500);
});
