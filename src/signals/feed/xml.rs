//! RSS and Atom.

use std::ops::Range;

use super::scan::{Outline, scan};
use super::{BadFeed, Contents, ITEM_BYTES_MAX, ITEMS_MAX, message, parser, take};

/// Reads an XML feed: as a whole if it is well-formed, else item by item.
pub(super) fn read(text: &str) -> Result<Contents, BadFeed> {
    let outline = scan(text)?;
    let small = outline.items.iter().all(|item| item.len() <= ITEM_BYTES_MAX);
    let parsed = if small && outline.items.len() <= ITEMS_MAX {
        parser().parse(text.as_bytes()).map_err(|error| message(&error))
    } else {
        Err("items are too large or too many".to_owned())
    };
    match parsed {
        Ok(feed) => {
            let mut contents = Contents::default();
            take(&feed, &mut contents);
            Ok(contents)
        }
        Err(_) if !outline.items.is_empty() => Ok(salvage(text, &outline)),
        Err(error) => Err(BadFeed::NoFeed(error)),
    }
}

/// Reads every item in a document of its own.
fn salvage(text: &str, outline: &Outline) -> Contents {
    let mut contents = Contents { salvaged: true, bad: outline.unended, ..Contents::default() };
    contents.too_many = outline.items.len().saturating_sub(ITEMS_MAX);
    let frame = Frame::of(text.get(outline.root.clone()).unwrap_or_default());
    for item in outline.items.iter().take(ITEMS_MAX) {
        if item.len() > ITEM_BYTES_MAX {
            contents.too_large += 1;
        } else if !frame.take(text, item, &mut contents) {
            contents.bad += 1;
        }
    }
    contents
}

/// What stands around an item, so that it is a document.
struct Frame {
    before: String,
    after: String,
}

impl Frame {
    fn of(root: &str) -> Self {
        let name: String = root
            .trim_start_matches('<')
            .chars()
            .take_while(|c| c.is_alphanumeric() || matches!(c, ':' | '_' | '-'))
            .collect();
        let local = name.rsplit(':').next().unwrap_or_default();
        let (channel, end) = match local.to_ascii_lowercase().as_str() {
            "rss" => ("<channel><title>-</title>", "</channel>"),
            "rdf" => ("<channel><title>-</title></channel>", ""),
            _ => ("", ""),
        };
        Self { before: format!("{root}{channel}"), after: format!("{end}</{name}>") }
    }

    fn take(&self, text: &str, item: &Range<usize>, contents: &mut Contents) -> bool {
        let Some(item) = text.get(item.clone()) else { return false };
        let document = format!("{}{item}{}", self.before, self.after);
        match parser().parse(document.as_bytes()) {
            Ok(feed) if !feed.entries.is_empty() => {
                take(&feed, contents);
                true
            }
            Ok(_) | Err(_) => false,
        }
    }
}
