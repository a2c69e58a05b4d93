//! Credentials of the simulated account, and where they are written for clients to find.

use std::fmt;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{Ed25519KeyPair, KeyPair as _, RsaKeyPair};

/// A fixed RSA key that opens nothing but simulated venues on this machine: `ring` signs with RSA keys
/// but cannot make them.
const LOOPBACK_DEMO_RSA_KEY_PEM: &str = include_str!("demo_rsa_key_loopback_only.pem");
/// Key id that goes with it.
const LOOPBACK_DEMO_RSA_KEY_ID: &str = "5ca1ab1e-0000-4000-8000-00000000d340";
/// PKCS#8 v1 wrapping of an Ed25519 seed (RFC 8410): everything before the 32 bytes.
const ED25519_PKCS8_PREFIX: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// Why credentials could not be made, read or written.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The system gave no randomness.
    #[error("the system's random source failed; no key can be made")]
    NoRandomness,
    /// A key text that is not a PKCS#8 private key of the named kind.
    #[error("{0} is not a PKCS#8 private key of this kind; delete it and a new one is made")]
    BadKey(String),
    /// A file of the key directory.
    #[error("cannot use key file {path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// A working key of the simulated account.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// What goes into `KALSHI-ACCESS-KEY`.
    pub key_id: String,
    /// PKCS#8 private key, PEM.
    pub private_key_pem: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// The public half, as the venue registers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// RSAPublicKey, DER (PKCS#1).
    Rsa(Vec<u8>),
    /// 32 bytes.
    Ed25519(Vec<u8>),
}

/// Both keys of the account: one for each algorithm that the venue accepts.
#[derive(Debug, Clone)]
pub struct KeyPairs {
    rsa: (Credentials, PublicKey),
    ed25519: (Credentials, PublicKey),
}

impl KeyPairs {
    /// The demo RSA key and a fresh Ed25519 key.
    ///
    /// # Errors
    /// [`KeyError`] without randomness.
    pub fn generate() -> Result<Self, KeyError> {
        let mut seed = [0_u8; 32];
        SystemRandom::new().fill(&mut seed).map_err(|_| KeyError::NoRandomness)?;
        let mut der = ED25519_PKCS8_PREFIX.to_vec();
        der.extend_from_slice(&seed);
        Self::with_ed25519(&pem("PRIVATE KEY", &der))
    }

    /// Keys kept in `dir`: those that are there, or new ones, written with mode 0600. A restarted
    /// venue therefore still knows its clients.
    ///
    /// # Errors
    /// [`KeyError`] if a file cannot be read or written, or is no key.
    pub fn in_dir(dir: &Path) -> Result<Self, KeyError> {
        let path = dir.join("ed25519/private_key.pem");
        let pairs = match std::fs::read_to_string(&path) {
            Ok(text) => Self::with_ed25519(&text)
                .map_err(|_| KeyError::BadKey(path.display().to_string()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::generate()?,
            Err(source) => return Err(KeyError::File { path, source }),
        };
        write_credentials(dir, &pairs.rsa.0)?;
        write_credentials(&dir.join("ed25519"), &pairs.ed25519.0)?;
        Ok(pairs)
    }

    fn with_ed25519(private_key_pem: &str) -> Result<Self, KeyError> {
        let rsa_public = rsa_public_key(LOOPBACK_DEMO_RSA_KEY_PEM)?;
        let ed_public = ed25519_public_key(private_key_pem)?;
        Ok(Self {
            rsa: (
                Credentials {
                    key_id: LOOPBACK_DEMO_RSA_KEY_ID.to_owned(),
                    private_key_pem: LOOPBACK_DEMO_RSA_KEY_PEM.to_owned(),
                },
                PublicKey::Rsa(rsa_public),
            ),
            ed25519: (
                Credentials {
                    key_id: key_id_of(&ed_public),
                    private_key_pem: private_key_pem.to_owned(),
                },
                PublicKey::Ed25519(ed_public),
            ),
        })
    }

    /// The RSA key.
    #[must_use]
    pub fn rsa(&self) -> &Credentials {
        &self.rsa.0
    }

    /// The Ed25519 key.
    #[must_use]
    pub fn ed25519(&self) -> &Credentials {
        &self.ed25519.0
    }

    /// What the venue registers: key id and public key.
    pub(crate) fn registered(&self) -> Vec<(String, PublicKey)> {
        [&self.rsa, &self.ed25519]
            .into_iter()
            .map(|(credentials, public)| (credentials.key_id.clone(), public.clone()))
            .collect()
    }
}

fn rsa_public_key(pem_text: &str) -> Result<Vec<u8>, KeyError> {
    let bad = || KeyError::BadKey("the RSA key".to_owned());
    let der = unpem(pem_text).ok_or_else(bad)?;
    let pair = RsaKeyPair::from_pkcs8(&der).map_err(|_| bad())?;
    Ok(pair.public().as_ref().to_vec())
}

fn ed25519_public_key(pem_text: &str) -> Result<Vec<u8>, KeyError> {
    let bad = || KeyError::BadKey("the Ed25519 key".to_owned());
    let der = unpem(pem_text).ok_or_else(bad)?;
    let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).map_err(|_| bad())?;
    Ok(pair.public_key().as_ref().to_vec())
}

/// A UUID-shaped name that is a pure function of the public key.
fn key_id_of(public: &[u8]) -> String {
    let hash = hex::encode(ring::digest::digest(&ring::digest::SHA256, public));
    let part = |from: usize, to: usize| hash.get(from..to).unwrap_or_default();
    format!("{}-{}-4{}-8{}-{}", part(0, 8), part(8, 12), part(12, 15), part(15, 18), part(18, 30))
}

fn pem(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let lines: Vec<&str> = body
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap_or_default())
        .collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

fn unpem(text: &str) -> Option<Vec<u8>> {
    let body: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
    STANDARD.decode(body.trim()).ok()
}

fn write_credentials(dir: &Path, credentials: &Credentials) -> Result<(), KeyError> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|source| KeyError::File { path: dir.to_owned(), source })?;
    write_private(&dir.join("api_key_id.txt"), &format!("{}\n", credentials.key_id))?;
    write_private(&dir.join("private_key.pem"), &credentials.private_key_pem)
}

fn write_private(path: &Path, text: &str) -> Result<(), KeyError> {
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|source| KeyError::File { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_restart_finds_the_same_keys_and_they_are_private() {
        let dir = tempfile::tempdir().unwrap();
        let first = KeyPairs::in_dir(dir.path()).unwrap();
        let second = KeyPairs::in_dir(dir.path()).unwrap();
        assert_eq!(first.registered(), second.registered());
        for file in ["private_key.pem", "api_key_id.txt", "ed25519/private_key.pem"] {
            let mode = std::fs::metadata(dir.path().join(file)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
        }
    }

    #[test]
    fn a_broken_key_file_is_named() {
        let dir = tempfile::tempdir().unwrap();
        KeyPairs::in_dir(dir.path()).unwrap();
        let path = dir.path().join("ed25519/private_key.pem");
        std::fs::write(&path, "-----BEGIN PRIVATE KEY-----\nAAAA\n").unwrap();
        let error = KeyPairs::in_dir(dir.path()).unwrap_err();
        assert!(error.to_string().contains("ed25519/private_key.pem"), "{error}");
    }
}
