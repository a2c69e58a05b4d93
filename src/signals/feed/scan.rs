//! A look over a feed before a parser sees it: what is forbidden, how deep it nests, and where its
//! items are. It never fails on bad XML, it only finds less in it.

use std::ops::Range;

/// Deepest nesting of elements.
pub const DEPTH_MAX: usize = 100;

/// What a document may not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    /// A document type or an entity of its own: the beginning of every XML bomb.
    #[error("a DOCTYPE or an entity declaration; feeds that need one are refused")]
    Doctype,
    /// Nested deeper than [`DEPTH_MAX`].
    #[error("elements nested more than {DEPTH_MAX} deep")]
    Depth,
}

/// Where things are in a document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outline {
    /// The opening tag of the root element.
    pub root: Range<usize>,
    /// Every `item` or `entry` element, in order, outermost ones only.
    pub items: Vec<Range<usize>>,
    /// Items that begin and never end.
    pub unended: usize,
}

/// Outlines a document.
///
/// # Errors
/// [`Forbidden`].
pub fn scan(text: &str) -> Result<Outline, Forbidden> {
    let mut scanner = Scanner::default();
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('<')) {
        let start = at + found;
        let Some(markup) = text.get(start..) else { break };
        let Some(length) = scanner.markup(markup, start)? else {
            // Markup that never ends hides what follows from us, but perhaps not from a parser.
            forbid_declarations(markup)?;
            break;
        };
        at = start + length.max(1);
    }
    scanner.outline.unended += usize::from(scanner.open.is_some());
    Ok(scanner.outline)
}

fn forbid_declarations(rest: &str) -> Result<(), Forbidden> {
    let words = ["<!doctype", "<!entity"];
    let hidden = |(at, _)| {
        words.iter().any(|word| {
            rest.get(at..at + word.len()).is_some_and(|found| found.eq_ignore_ascii_case(word))
        })
    };
    if rest.match_indices("<!").any(hidden) { Err(Forbidden::Doctype) } else { Ok(()) }
}

#[derive(Default)]
struct Scanner {
    outline: Outline,
    depth: usize,
    /// The item that is open: its local name and its start.
    open: Option<(&'static str, usize)>,
}

impl Scanner {
    /// Takes in what begins with `<` at `start`; the bytes it is long, `None` if it never ends.
    fn markup(&mut self, markup: &str, start: usize) -> Result<Option<usize>, Forbidden> {
        if markup.starts_with("<!--") {
            return Ok(markup.find("-->").map(|end| end + 3));
        }
        if markup.starts_with("<![CDATA[") {
            return Ok(markup.find("]]>").map(|end| end + 3));
        }
        if markup.starts_with("<?") {
            return Ok(markup.find("?>").map(|end| end + 2));
        }
        if markup.starts_with("<!") {
            return Err(Forbidden::Doctype);
        }
        let closing = markup.starts_with("</");
        let name_at = if closing { 2 } else { 1 };
        let name = local_name(markup.get(name_at..).unwrap_or_default());
        if name.is_empty() {
            return Ok(Some(1));
        }
        let Some(end) = tag_end(markup) else { return Ok(None) };
        if closing {
            self.close(name, start + end);
        } else {
            let empty = markup.get(..end).is_some_and(|tag| tag.ends_with("/>"));
            self.start(name, start..start + end, empty)?;
        }
        Ok(Some(end))
    }

    fn start(&mut self, name: &str, tag: Range<usize>, empty: bool) -> Result<(), Forbidden> {
        if self.outline.root.is_empty() {
            self.outline.root = tag.clone();
        } else if let Some(kind) = ["item", "entry"].into_iter().find(|kind| *kind == name) {
            match self.open {
                // The one before never ended.
                Some((open, _)) if open == kind && !empty => {
                    self.outline.unended += 1;
                    self.open = Some((kind, tag.start));
                }
                Some(_) => {}
                None if !empty => self.open = Some((kind, tag.start)),
                None => {}
            }
        }
        if !empty {
            self.depth += 1;
        }
        if self.depth > DEPTH_MAX { Err(Forbidden::Depth) } else { Ok(()) }
    }

    fn close(&mut self, name: &str, end: usize) {
        self.depth = self.depth.saturating_sub(1);
        if let Some((kind, start)) = self.open
            && kind == name
        {
            self.outline.items.push(start..end);
            self.open = None;
        }
    }
}

/// The name of a tag without its prefix; empty if this is no tag.
fn local_name(text: &str) -> &str {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    let end = text.find(|c| !is_name(c)).unwrap_or(text.len());
    let name = text.get(..end).unwrap_or_default();
    if !name.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        return "";
    }
    name.rsplit(':').next().unwrap_or(name)
}

/// One past the `>` of a tag; a `>` within quotes is none.
fn tag_end(tag: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in tag.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(at + 1),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn items(text: &str) -> Vec<&str> {
        scan(text).expect("allowed").items.into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn finds_items_and_only_items() {
        let text = "<rss a='>'><channel><item><t>1</t></item><!-- <item></item> --><x:item/>\
                    <item><![CDATA[<item>no</item>]]></item></channel></rss>";
        let found = items(text);
        assert_eq!(found, ["<item><t>1</t></item>", "<item><![CDATA[<item>no</item>]]></item>"]);
        assert_eq!(&text[scan(text).expect("allowed").root], "<rss a='>'>");
    }

    #[test]
    fn an_item_that_never_ends_does_not_swallow_the_next() {
        let outline = scan("<feed><entry>1<entry>2</entry><entry>3").expect("allowed");
        assert_eq!((outline.items.len(), outline.unended), (1, 2));
    }

    #[test]
    fn bombs_and_towers() {
        for bomb in ["<!DOCTYPE a>", "<!doctype a [<!ENTITY b 'c'>]>", "x<!ENTITY a 'b'>", "<! x>"]
        {
            assert_eq!(scan(bomb), Err(Forbidden::Doctype), "{bomb}");
        }
        assert_eq!(scan("<a><![CDATA[<!DOCTYPE x>]]></a>").map(|found| found.items), Ok(vec![]));
        assert_eq!(scan(&"<a>".repeat(DEPTH_MAX + 1)), Err(Forbidden::Depth));
        assert!(scan(&"<a></a>".repeat(DEPTH_MAX + 1)).is_ok());
    }

    proptest! {
        #[test]
        fn never_panics_and_stays_inside(text in "[<>/!a-c\\-\\[\\]\"'? é]{0,80}") {
            if let Ok(outline) = scan(&text) {
                for range in outline.items.into_iter().chain([outline.root]) {
                    prop_assert!(text.get(range).is_some());
                }
            }
        }
    }
}
