//! A line of a signal file, and an item of the push API's body: the same parser reads both.
#![no_main]

use libfuzzer_sys::fuzz_target;
use statecraft::signals::parse_line;
use statecraft_domain::Timestamp;

fuzz_target!(|data: &[u8]| {
    let received = Timestamp::from_secs(1_780_000_000);
    if let Ok(signal) = parse_line(data, "desk", received) {
        assert_eq!(signal.source, "desk", "a line chose its own source");
        assert_eq!(signal.received, received);
        assert!(!signal.id.is_empty());
    }
});
