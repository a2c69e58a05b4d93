//! Settings and strategy files: understood, or every mistake explained; never a panic.
#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use statecraft::config::{Overrides, load_strategies, load_with};

thread_local! {
    static DIR: RefCell<Option<tempfile::TempDir>> = const { RefCell::new(None) };
}

fuzz_target!(|data: &[u8]| {
    DIR.with_borrow_mut(|dir| {
        let make = || tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        let dir = dir.get_or_insert_with(|| make().unwrap_or_else(|error| panic!("{error}")));
        let path = dir.path().join("file.toml");
        if std::fs::write(&path, data).is_err() {
            return;
        }
        if let Err(report) = load_strategies(std::slice::from_ref(&path)) {
            assert!(!report.to_string().is_empty());
        }
        if let Err(report) = load_with(&path, &Overrides::default(), &[], Some(&[])) {
            assert!(!report.to_string().is_empty());
        }
    });
});
