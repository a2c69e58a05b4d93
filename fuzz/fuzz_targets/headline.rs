//! Headlines in any language, and lexicons.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use statecraft_domain::signal::SourceClass;
use statecraft_extraction::{Extractor, Headline, Lexicon};

static EXTRACTOR: LazyLock<Option<Extractor>> = LazyLock::new(|| Extractor::shipped().ok());

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some(lexicon) = text.strip_prefix("#lexicon\n") {
        if let Ok(lexicon) = Lexicon::parse(lexicon) {
            let _ = Extractor::new(lexicon);
        }
        return;
    }
    let Some(extractor) = EXTRACTOR.as_ref() else { panic!("the shipped lexicon is broken") };
    let (lang, title) = text.split_once('\n').unwrap_or(("", text));
    let class = SourceClass::Wire;
    let headline = Headline { title, lang, class, target: "japan", published: None };
    let reading = extractor.read(&headline);
    assert_eq!(reading, extractor.read(&headline), "the same headline was read in two ways");
});
