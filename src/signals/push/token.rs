//! The bearer token: read from a file that only its owner can read, and compared without telling how
//! much of a guess was right.

use std::fs::OpenOptions;
use std::io::{Read as _, Write as _};
use std::path::Path;

use ring::hmac;
use secrecy::{ExposeSecret as _, SecretString};

use super::PushError;

/// Shortest token, in characters.
const LENGTH_MIN: usize = 32;
/// Longest.
const LENGTH_MAX: usize = 1_024;

/// The token, as far as it takes to recognise it.
pub struct Token {
    key: hmac::Key,
    tag: hmac::Tag,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token")
    }
}

impl Token {
    /// Reads the token of a file, or makes both if the file is not there.
    ///
    /// # Errors
    /// [`PushError::Token`]: the file can be read by others, or holds no token.
    pub fn load_or_create(path: &Path) -> Result<Self, PushError> {
        let failed = |reason: String| PushError::Token { path: path.to_owned(), reason };
        let text = match std::fs::File::open(path) {
            Ok(_) => secret(path).map_err(failed)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                create(path).map_err(|error| failed(error.to_string()))?
            }
            Err(error) => return Err(failed(error.to_string())),
        };
        let token = text.expose_secret().trim();
        if !(LENGTH_MIN..=LENGTH_MAX).contains(&token.len()) || token.contains(char::is_whitespace)
        {
            let reason = format!("a token is one word of {LENGTH_MIN} to {LENGTH_MAX} characters");
            return Err(failed(reason));
        }
        Self::new(token).map_err(failed)
    }

    fn new(token: &str) -> Result<Self, String> {
        // A key of this process alone: tags are compared in constant time, whatever their texts are.
        let random = ring::rand::SystemRandom::new();
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &random)
            .map_err(|_| "the system gives no random numbers".to_owned())?;
        let tag = hmac::sign(&key, token.as_bytes());
        Ok(Self { key, tag })
    }

    /// Is this the value of an `Authorization` header with the right token?
    #[must_use]
    pub fn admits(&self, authorization: &str) -> bool {
        let Some((scheme, given)) = authorization.split_once(' ') else { return false };
        scheme.eq_ignore_ascii_case("bearer")
            && hmac::verify(&self.key, given.trim().as_bytes(), self.tag.as_ref()).is_ok()
    }
}

/// The text of a file that only its owner can read.
///
/// # Errors
/// Why it cannot be used, for people.
pub fn secret(path: &Path) -> Result<SecretString, String> {
    let mut file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let metadata = file.metadata().map_err(|error| error.to_string())?;
    check_mode(&metadata)?;
    if metadata.len() > 2 * LENGTH_MAX as u64 {
        return Err("far too long for a token".to_owned());
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(|error| error.to_string())?;
    Ok(SecretString::from(text))
}

#[cfg(unix)]
fn check_mode(metadata: &std::fs::Metadata) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(format!("others can read it (mode {mode:04o}); chmod 600 it"))
}

#[cfg(not(unix))]
fn check_mode(_: &std::fs::Metadata) -> Result<(), String> {
    Ok(())
}

fn create(path: &Path) -> std::io::Result<SecretString> {
    use ring::rand::SecureRandom as _;
    let mut bytes = [0; 32];
    let no_random = |_| std::io::Error::other("the system gives no random numbers");
    ring::rand::SystemRandom::new().fill(&mut bytes).map_err(no_random)?;
    let token = hex::encode(bytes);
    if let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
        std::fs::create_dir_all(dir)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    writeln!(options.open(path)?, "{token}")?;
    Ok(SecretString::from(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_once_and_known_again() {
        let dir = tempfile::tempdir().expect("dir");
        let path = dir.path().join("deep/token");
        let made = Token::load_or_create(&path).expect("made");
        let text = std::fs::read_to_string(&path).expect("there");
        let header = format!("Bearer {}", text.trim());
        assert!(
            made.admits(&header) && Token::load_or_create(&path).expect("read").admits(&header)
        );
        for wrong in ["", "Bearer", "Bearer ", "Basic abc", &header[..header.len() - 1]] {
            assert!(!made.admits(wrong), "{wrong}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_token_for_everybody_is_none() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().expect("dir");
        let path = dir.path().join("token");
        let write = |text: &str, mode: u32| {
            std::fs::write(&path, text).expect("written");
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("mode");
            Token::load_or_create(&path)
        };
        assert!(write(&"a".repeat(40), 0o644).is_err());
        assert!(write("short", 0o600).is_err());
        assert!(write(&"a b".repeat(20), 0o600).is_err());
        assert!(write(&"a".repeat(40), 0o600).is_ok());
    }
}
