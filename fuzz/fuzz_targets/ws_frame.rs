//! Frames of the venue's websocket, one a line: the fast scanner, the slow parser, and what they mean.
//! Whatever the fast one accepts the slow one must accept too.
#![no_main]

use libfuzzer_sys::fuzz_target;
use statecraft::venue::MarketRegistry;
use statecraft::venue::kalshi::{FrameMapper, MapperSettings, scan};
use statecraft_domain::Timestamp;

fuzz_target!(|data: &[u8]| {
    let mut mapper = FrameMapper::new(MapperSettings::default());
    mapper.follow_series("KXA");
    let mut registry = MarketRegistry::new();
    let mut events = Vec::new();
    for (number, frame) in data.split(|byte| *byte == b'\n').take(64).enumerate() {
        if scan::scan(frame).is_some() {
            assert!(
                serde_json::from_slice::<serde_json::Value>(frame).is_ok(),
                "the scanner accepts what is not JSON"
            );
        }
        let received = Timestamp::from_secs(1_700_000_000 + number as i64);
        let _ = mapper.frame(&mut registry, received, 1, frame, &mut events);
    }
    mapper.disconnected(Timestamp::from_secs(1_800_000_000), &mut events);
});
