//! Bytes of a feed to text, whatever they say they are.
//!
//! The order of belief is that of RFC 7303: a byte order mark, then the character set of the HTTP
//! header, then the XML declaration, then UTF-8. One thing comes before the last three: bytes that are
//! UTF-8 *and* say so, or say nothing, are UTF-8, because a server's default header lies more often
//! than a file that decodes without an error. What cannot be decoded becomes U+FFFD.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// Bytes in which an XML declaration is looked for.
const DECLARATION_MAX: usize = 256;

/// Text, without byte order mark and XML declaration: neither has a meaning any longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// The text.
    pub text: String,
    /// Name of the encoding it was read with.
    pub encoding: &'static str,
    /// Something could not be decoded and was replaced.
    pub replaced: bool,
}

/// Decodes a document; `charset` is what the HTTP header says.
#[must_use]
pub fn decode(bytes: &[u8], charset: Option<&str>) -> Decoded {
    let encoding = choose(bytes, charset);
    let (text, encoding, replaced) = encoding.decode(bytes);
    let text = strip_declaration(text.trim_start_matches('\u{feff}'));
    // Control characters are not allowed in XML and mean nothing in JSON.
    let blank = |c: char| if c.is_control() && !matches!(c, '\n' | '\r' | '\t') { ' ' } else { c };
    Decoded { text: text.chars().map(blank).collect(), encoding: encoding.name(), replaced }
}

fn choose(bytes: &[u8], charset: Option<&str>) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding;
    }
    match bytes {
        [b'<', 0, ..] => return UTF_16LE,
        [0, b'<', ..] => return UTF_16BE,
        _ => {}
    }
    let declared = declared(bytes);
    let says_utf8 = declared.is_none_or(|encoding| encoding == UTF_8);
    if says_utf8 && std::str::from_utf8(bytes).is_ok() {
        return UTF_8;
    }
    let header = charset.and_then(|label| Encoding::for_label(label.trim().as_bytes()));
    let header = header.filter(is_ascii_like);
    header.or(declared).unwrap_or(UTF_8)
}

/// The encoding of the XML declaration. One that is readable as ASCII cannot be in UTF-16.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..DECLARATION_MAX.min(bytes.len()))?;
    let head = String::from_utf8_lossy(head);
    let declaration = head.trim_start().strip_prefix("<?xml")?.split("?>").next()?;
    let value = declaration.split("encoding").nth(1)?.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let label = value.get(1..)?.split(quote).next()?;
    Encoding::for_label(label.trim().as_bytes()).filter(is_ascii_like)
}

fn is_ascii_like(encoding: &&'static Encoding) -> bool {
    *encoding != UTF_16LE && *encoding != UTF_16BE
}

fn strip_declaration(text: &str) -> &str {
    let start = text.trim_start();
    let Some(rest) = start.strip_prefix("<?xml") else { return start };
    if !rest.starts_with(|c: char| c.is_whitespace()) {
        return start;
    }
    rest.split_once("?>").map_or(start, |(_, body)| body.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8], charset: Option<&str>) -> (String, &'static str) {
        let decoded = decode(bytes, charset);
        (decoded.text, decoded.encoding)
    }

    #[test]
    fn belief_in_order() {
        let declared = b"<?xml version='1.0' encoding='windows-1252'?><a>\xe9</a>";
        assert_eq!(text(declared, None), ("<a>é</a>".to_owned(), "windows-1252"));
        assert_eq!(text(b"<a>\xe9</a>", Some("iso-8859-1")).0, "<a>é</a>");
        let utf8 = "<?xml version=\"1.0\" encoding=\"utf-8\"?><a>東</a>".as_bytes();
        assert_eq!(text(utf8, Some("iso-8859-1")), ("<a>東</a>".to_owned(), "UTF-8"));
        let mut marked = vec![0xff, 0xfe];
        marked.extend("<a>東</a>".encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(text(&marked, Some("utf-8")), ("<a>東</a>".to_owned(), "UTF-16LE"));
    }

    #[test]
    fn what_is_wrong_is_replaced() {
        let decoded = decode(b"<a>\xff\x00\x1b</a>", None);
        assert!(decoded.replaced);
        assert_eq!(decoded.text, "<a>\u{fffd}  </a>");
        assert_eq!(text(b"<?xml encoding='no-such'?><a/>", None).0, "<a/>");
        // A declaration in ASCII that says UTF-16 is wrong about itself.
        assert_eq!(text(b"<?xml version='1.0' encoding='utf-16'?><a/>", None).0, "<a/>");
    }
}
