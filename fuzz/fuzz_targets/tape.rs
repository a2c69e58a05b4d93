//! Tapes and foreign recordings, recognised from their content: our recording, sealed tapes, websocket
//! lines, quotes and books as CSV.
#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use statecraft::tape::{TapeReader, event_json};

thread_local! {
    static DIR: RefCell<Option<tempfile::TempDir>> = const { RefCell::new(None) };
}

fuzz_target!(|data: &[u8]| {
    DIR.with_borrow_mut(|dir| {
        let make = || tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        let dir = dir.get_or_insert_with(|| make().unwrap_or_else(|error| panic!("{error}")));
        let path = dir.path().join("tape");
        if std::fs::write(&path, data).is_err() {
            return;
        }
        let Ok(reader) = TapeReader::open(&path) else { return };
        for event in reader.take(10_000) {
            match event {
                Ok(event) => drop(event_json(&event)),
                Err(error) => {
                    assert!(!error.to_string().is_empty());
                    break;
                }
            }
        }
    });
});
