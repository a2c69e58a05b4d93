//! What a second reader of headlines answers: a label of the closed schema, or nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use statecraft::signals::labeller::Label;

fuzz_target!(|data: &[u8]| {
    if let Ok(label) = serde_json::from_slice::<Label>(data) {
        let again = serde_json::to_vec(&label).ok().and_then(|text| serde_json::from_slice(&text).ok());
        assert_eq!(Some(label), again);
    }
});
