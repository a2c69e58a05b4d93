//! Rows of the journal. What is read is written again and read again unchanged.
#![no_main]

use libfuzzer_sys::fuzz_target;
use statecraft::journal::Record;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some((kind, body)) = text.split_once('\n') else { return };
    let Ok(record) = Record::from_json(kind, body) else { return };
    let Ok(written) = record.to_json() else { return };
    let again = Record::from_json(record.kind(), &written);
    assert_eq!(again.as_ref(), Ok(&record), "{written}");
});
