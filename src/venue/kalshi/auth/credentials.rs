//! [`Credentials`]: an API key id and its private key, read from a file that nobody else can read.

use std::fmt;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use ring::rsa;
use ring::signature::Ed25519KeyPair;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use zeroize::{Zeroize, Zeroizing};

use super::signer::Algorithm;

/// Larger files are no private keys.
const KEY_FILE_MAX_BYTES: u64 = 64 * 1024;

/// A parsed private key. Not `Debug`, not `Clone`, not `Serialize`.
pub(super) enum SigningKey {
    /// RSA, signs with PSS.
    Rsa(Box<rsa::KeyPair>),
    /// Ed25519.
    Ed25519(Box<Ed25519KeyPair>),
}

/// An API key: its public id and its private half.
pub struct Credentials {
    pub(super) key_id: String,
    pub(super) key: SigningKey,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("algorithm", &self.algorithm()).finish_non_exhaustive()
    }
}

/// Why a key could not be loaded. No message ever contains key material.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// The key id cannot be sent in a header.
    #[error("the API key id is empty or has characters that are not printable ASCII")]
    BadKeyId,
    /// The file cannot be opened or read.
    #[error("cannot read the private key {path}: {source}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Other users can read the key.
    #[error(
        "the private key {path} has mode {mode:03o}: others can read it; run `chmod 600 {path}`"
    )]
    TooOpen {
        /// Which file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Another user owns the key and could exchange it.
    #[error("the private key {path} belongs to user {owner}, not to the user of this process")]
    ForeignOwner {
        /// Which file.
        path: PathBuf,
        /// Numeric user id of the owner.
        owner: u32,
    },
    /// Not a file, or far too large.
    #[error("{0} is not a private key file (not a regular file, or larger than 64 KiB)")]
    NotAKeyFile(PathBuf),
    /// No PEM block with a private key in it.
    #[error(
        "no PEM private key found (encrypted keys are not supported; expected `BEGIN PRIVATE KEY` or `BEGIN RSA PRIVATE KEY`)"
    )]
    NoPem,
    /// PEM, but neither RSA of 2048 to 4096 bits nor Ed25519.
    #[error("the private key is neither RSA (2048 to 4096 bits) nor Ed25519: {0}")]
    Unsupported(String),
}

impl Credentials {
    /// Reads a PEM private key (PKCS#1 RSA, PKCS#8 RSA or PKCS#8 Ed25519) and pairs it with its id.
    /// What kind of key it is follows from the parsed key, not from the PEM label.
    ///
    /// # Errors
    /// [`CredentialsError`], also for a file that group or others can read or another user owns.
    pub fn load(key_id: &str, path: &Path) -> Result<Self, CredentialsError> {
        Self::from_pem(key_id, &read_private_file(path)?)
    }

    /// The same from PEM text already in memory (an environment variable, a test).
    ///
    /// # Errors
    /// [`CredentialsError`].
    pub fn from_pem(key_id: &str, pem: &[u8]) -> Result<Self, CredentialsError> {
        if key_id.is_empty() || !key_id.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(CredentialsError::BadKeyId);
        }
        let mut der = PrivateKeyDer::from_pem_slice(pem).map_err(|_| CredentialsError::NoPem)?;
        let key = parse_key(&der);
        der.zeroize();
        Ok(Self { key_id: key_id.to_owned(), key: key? })
    }

    /// What kind of key it is.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        match self.key {
            SigningKey::Rsa(_) => Algorithm::RsaPssSha256,
            SigningKey::Ed25519(_) => Algorithm::Ed25519,
        }
    }
}

fn parse_key(der: &PrivateKeyDer<'_>) -> Result<SigningKey, CredentialsError> {
    let unsupported =
        |rejected: ring::error::KeyRejected| CredentialsError::Unsupported(rejected.to_string());
    match der {
        PrivateKeyDer::Pkcs1(key) => rsa::KeyPair::from_der(key.secret_pkcs1_der())
            .map(|pair| SigningKey::Rsa(Box::new(pair)))
            .map_err(unsupported),
        PrivateKeyDer::Pkcs8(key) => {
            let bytes = key.secret_pkcs8_der();
            if let Ok(pair) = rsa::KeyPair::from_pkcs8(bytes) {
                return Ok(SigningKey::Rsa(Box::new(pair)));
            }
            // The lenient reader: openssl writes version 1 files without the public key.
            Ed25519KeyPair::from_pkcs8_maybe_unchecked(bytes)
                .map(|pair| SigningKey::Ed25519(Box::new(pair)))
                .map_err(unsupported)
        }
        _ => Err(CredentialsError::Unsupported("an elliptic-curve key of another kind".to_owned())),
    }
}

fn read_private_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, CredentialsError> {
    let unreadable = |source| CredentialsError::Unreadable { path: path.to_owned(), source };
    let file = fs::File::open(path).map_err(unreadable)?;
    // Metadata of the open file: what is checked is what is read.
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() || metadata.len() > KEY_FILE_MAX_BYTES {
        return Err(CredentialsError::NotAKeyFile(path.to_owned()));
    }
    check_access(path, &metadata)?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(KEY_FILE_MAX_BYTES as usize));
    file.take(KEY_FILE_MAX_BYTES).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

#[cfg(unix)]
fn check_access(path: &Path, metadata: &fs::Metadata) -> Result<(), CredentialsError> {
    use std::os::unix::fs::MetadataExt;
    let mode = metadata.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(CredentialsError::TooOpen { path: path.to_owned(), mode });
    }
    // The owner of /proc/self is this process's user; where there is no /proc the mode must do.
    match fs::metadata("/proc/self") {
        Ok(own) if own.uid() != metadata.uid() => {
            Err(CredentialsError::ForeignOwner { path: path.to_owned(), owner: metadata.uid() })
        }
        _ => Ok(()),
    }
}

#[cfg(not(unix))]
fn check_access(_path: &Path, _metadata: &fs::Metadata) -> Result<(), CredentialsError> {
    Ok(())
}
