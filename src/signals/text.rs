//! Text from outside made harmless: no control characters, nothing that turns the reading direction
//! or hides, and no more than so many characters.

/// Removes control characters (line ends and tabs become spaces), invisible format characters and
/// overrides of the reading direction, trims, and cuts after `chars_max` characters.
#[must_use]
pub fn clean(text: &str, chars_max: usize) -> String {
    let spaced = text.chars().map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c });
    let kept: String = spaced.filter(|&c| !is_harmful(c)).take(chars_max).collect();
    kept.trim().to_owned()
}

/// Control characters, direction marks, embeddings, overrides and isolates, zero-width and other
/// invisible characters, tags, and line and paragraph separators.
#[must_use]
pub fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(
            u32::from(c),
            0x00ad // soft hyphen
                | 0x061c // Arabic letter mark
                | 0x180e
                | 0x200b..=0x200f // zero width, direction marks
                | 0x2028..=0x202e // separators, embeddings, overrides
                | 0x2060..=0x206f // joiners, isolates
                | 0xfeff
                | 0xfff9..=0xfffb
                | 0xe0000..=0xe007f // tags
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removes_what_hides_or_turns() {
        assert_eq!(clean("a\u{202e}b\u{2066}c\u{200b}d\x1b[31m\0", 99), "abcd[31m");
        assert_eq!(clean("  one\r\ntwo\t三 ", 99), "one  two 三");
        assert_eq!(clean("東京都", 2), "東京");
    }
}
