//! HTML to plain text. Not a parser of the web: tags go, their text stays, scripts and styles go with
//! their content, and character references become characters.

/// The elements whose content is not for reading.
const SILENT: [&str; 4] = ["script", "style", "head", "template"];
/// Longest character reference that is looked at.
const REFERENCE_MAX: usize = 12;

/// The text of a piece of HTML. Plain text passes through, as long as it has nothing like a tag.
#[must_use]
pub fn to_text(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    // Behind the last `>` no tag ends: looking for one again and again would take forever.
    let (mut rest, tail) = html.split_at(html.rfind('>').map_or(0, |last| last + 1));
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        text.push_str(before);
        rest = match skip_tag(tag) {
            // A tag is a place where words end, unless it is one that only changes their looks.
            Some((after, inline)) => {
                if !inline {
                    text.push(' ');
                }
                after
            }
            None => {
                text.push('<');
                tag.get(1..).unwrap_or_default()
            }
        };
    }
    text.push_str(rest);
    text.push_str(tail);
    references(&text)
}

/// What follows a tag (and its content, if that is silent), and whether it is inline; `None` if this is
/// no tag.
fn skip_tag(tag: &str) -> Option<(&str, bool)> {
    if let Some(comment) = tag.strip_prefix("<!--") {
        return Some((comment.split_once("-->").map_or("", |(_, after)| after), true));
    }
    let inner = tag.get(1..)?;
    if !inner.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?')) {
        return None;
    }
    let (body, after) = inner.split_once('>')?;
    let name: String = body
        .trim_start_matches('/')
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_ascii_lowercase();
    if SILENT.contains(&name.as_str()) && !body.starts_with('/') && !body.ends_with('/') {
        return Some((after_end(after, &name), false));
    }
    let inline = matches!(name.as_str(), "a" | "b" | "i" | "em" | "strong" | "span" | "u" | "sup");
    Some((after, inline))
}

/// What follows `</name ...>`, without regard to case; nothing if it never ends.
fn after_end<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("</") {
        let found = after.get(..name.len()).is_some_and(|word| word.eq_ignore_ascii_case(name));
        if found {
            return after.split_once('>').map_or("", |(_, after)| after);
        }
        rest = after;
    }
    ""
}

/// Character references, once.
fn references(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, tail) = rest.split_at(at);
        out.push_str(before);
        let end = tail.bytes().take(REFERENCE_MAX).position(|byte| byte == b';');
        let name = end.and_then(|end| tail.get(1..end));
        match (name.and_then(character), end) {
            (Some(found), Some(end)) => {
                out.push(found);
                rest = tail.get(end + 1..).unwrap_or_default();
            }
            _ => {
                out.push('&');
                rest = tail.get(1..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    out
}

fn character(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code);
    }
    let found = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "ndash" => '–',
        "mdash" => '—',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ldquo" => '“',
        "rdquo" => '”',
        "hellip" => '…',
        "euro" => '€',
        "pound" => '£',
        "yen" => '¥',
        "auml" => 'ä',
        "ouml" => 'ö',
        "uuml" => 'ü',
        "szlig" => 'ß',
        "eacute" => 'é',
        "egrave" => 'è',
        "agrave" => 'à',
        "ccedil" => 'ç',
        _ => return None,
    };
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_go_and_words_stay() {
        assert_eq!(to_text("<p>A &amp; B</p><br/>c"), " A & B  c");
        assert_eq!(to_text("<b>T</b>okyo"), "Tokyo");
        assert_eq!(to_text("a<script>alert('<b>')</SCRIPT>b"), "a b");
        assert_eq!(to_text("5 < 6 and x <- y"), "5 < 6 and x <- y");
        assert_eq!(
            to_text("&#26481;&#x4eac; &nosuch; &#xffffffff; R&D"),
            "東京 &nosuch; &#xffffffff; R&D"
        );
        assert_eq!(to_text("<!-- hidden -->seen <never ends"), "seen <never ends");
        assert_eq!(to_text("<style>x"), " x");
        assert_eq!(to_text("İ<script>x</script>y"), "İ y");
    }
}
