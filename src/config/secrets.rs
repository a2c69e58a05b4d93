//! Keys never stand in a settings file. Something that looks like one is refused, and never shown.

use std::ops::Range;

use super::report::{Place, Problem};

/// Does the text hold something that looks like a private key?
#[must_use]
pub(super) fn found_in(text: &str) -> bool {
    first_in(text).is_some()
}

/// Where the first thing that looks like a private key is: PEM armour, a bare 256-bit hex number, or
/// a long run of base64. Hashes of contracts and ids are shorter or have their own alphabet; a market's
/// decimal token id has no letters.
#[must_use]
pub(super) fn first_in(text: &str) -> Option<Range<usize>> {
    if let Some(start) = text.find("PRIVATE KEY").or_else(|| text.find("-----BEGIN")) {
        return Some(start..start + 10);
    }
    let mut start = 0;
    for token in text.split(|c: char| !is_token(c)) {
        if is_key_material(token) {
            // Only the first characters: the caret must not be as long as the key.
            return Some(start..start + 1);
        }
        start += token.len();
        start += text.get(start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    }
    None
}

const fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '_')
}

fn is_key_material(token: &str) -> bool {
    let hex = token.strip_prefix("0x").unwrap_or(token);
    let is_hex = hex.len() == 64
        && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
        && hex.bytes().any(|byte| byte.is_ascii_alphabetic());
    let is_base64 = token.len() >= 120 && !token.bytes().all(|byte| byte.is_ascii_digit());
    is_hex || is_base64
}

/// What is said about it.
#[must_use]
pub(super) fn problem(place: &Place) -> Problem {
    Problem::at(place, "this looks like a private key; keys never stand in settings")
        .help("put it into a file of its own that only you can read (mode 0600) and name the file")
}

#[cfg(test)]
mod tests {
    use super::found_in;

    #[test]
    fn keys_are_recognised() {
        let hex = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";
        for text in [
            "private_key = \"\"\"\n-----BEGIN RSA PRIVATE KEY-----\nMII".to_owned(),
            format!("key = \"0x{hex}\""),
            format!("key = \"{hex}\""),
            format!("key = \"{}\"", "MIIEpAIBAAKCAQEA".repeat(10)),
        ] {
            assert!(found_in(&text), "{text}");
        }
    }

    #[test]
    fn ids_and_paths_are_not_keys() {
        for text in [
            "key_id = \"a952bcbe-ec3b-4b5b-b8f9-11dae589608c\"",
            "private_key = \"~/.config/statecraft/kalshi.pem\"",
            "ticker = \"21742633143463906290569050155826241533067272736897614950488156847949938836455\"",
            "# ----------------------------------------------------------------------------------------",
        ] {
            assert!(!found_in(text), "{text}");
        }
    }
}
