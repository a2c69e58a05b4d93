//! JSON Feed.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{BadFeed, Contents, ITEM_BYTES_MAX, ITEMS_MAX, message, parser, take};

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(default)]
    version: String,
    #[serde(default)]
    language: Option<String>,
    #[serde(borrow, default)]
    items: Vec<&'a RawValue>,
}

/// Reads every item in a document of its own: one of the wrong kind does not spoil the others.
pub(super) fn read(text: &str) -> Result<Contents, BadFeed> {
    let document: Document<'_> =
        serde_json::from_str(text).map_err(|error| BadFeed::NoFeed(message(&error)))?;
    if !document.version.contains("jsonfeed.org/version/") {
        return Err(BadFeed::NoFeed("JSON without the version of a JSON Feed".to_owned()));
    }
    let too_many = document.items.len().saturating_sub(ITEMS_MAX);
    let mut contents = Contents { too_many, ..Contents::default() };
    for item in document.items.iter().take(ITEMS_MAX) {
        if item.get().len() > ITEM_BYTES_MAX {
            contents.too_large += 1;
            continue;
        }
        let lang = serde_json::json!(document.language);
        let alone = format!(
            r#"{{"version":"https://jsonfeed.org/version/1.1","title":"-","language":{lang},"items":[{}]}}"#,
            item.get()
        );
        match parser().parse(alone.as_bytes()) {
            Ok(feed) => take(&feed, &mut contents),
            Err(_) => contents.bad += 1,
        }
    }
    Ok(contents)
}
