//! [`Signer`]: the header triple of a signed request (docs.kalshi.com api_keys, 2026-10-01).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use ring::rand::SystemRandom;
use ring::signature::RSA_PSS_SHA256;

use super::credentials::{Credentials, SigningKey};

/// Header with the API key id.
pub(super) const KEY_HEADER: HeaderName = HeaderName::from_static("kalshi-access-key");
/// Header with the time in Unix milliseconds.
pub(super) const TIMESTAMP_HEADER: HeaderName = HeaderName::from_static("kalshi-access-timestamp");
/// Header with the base64 signature.
pub(super) const SIGNATURE_HEADER: HeaderName = HeaderName::from_static("kalshi-access-signature");

/// How a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// RSASSA-PSS, SHA-256, MGF1-SHA-256, salt of 32 bytes.
    RsaPssSha256,
    /// RFC 8032, deterministic.
    Ed25519,
}

/// Signing failed inside the crypto library; no request was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the request could not be signed")]
pub struct SignError;

/// The three headers of one signed request. Cheap to clone; the values are marked sensitive, so no
/// layer prints them.
#[derive(Clone)]
pub struct AuthHeaders {
    key: HeaderValue,
    timestamp: HeaderValue,
    signature: HeaderValue,
    /// What the timestamp header says.
    pub timestamp_ms: i64,
}

impl fmt::Debug for AuthHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthHeaders")
            .field("timestamp_ms", &self.timestamp_ms)
            .finish_non_exhaustive()
    }
}

impl AuthHeaders {
    /// Puts the triple into a request's headers.
    pub fn apply(&self, headers: &mut HeaderMap) {
        headers.insert(KEY_HEADER, self.key.clone());
        headers.insert(TIMESTAMP_HEADER, self.timestamp.clone());
        headers.insert(SIGNATURE_HEADER, self.signature.clone());
    }

    /// The signature as sent.
    #[must_use]
    pub fn signature_base64(&self) -> &str {
        self.signature.to_str().unwrap_or_default()
    }
}

/// Signs requests with one API key.
pub struct Signer {
    key_id: HeaderValue,
    key: SigningKey,
    algorithm: Algorithm,
    random: SystemRandom,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

impl Signer {
    /// Takes the credentials over.
    ///
    /// # Errors
    /// [`SignError`] if the key id is no header value ([`Credentials`] has checked that it is).
    pub fn new(credentials: Credentials) -> Result<Self, SignError> {
        let algorithm = credentials.algorithm();
        let mut key_id = HeaderValue::from_str(&credentials.key_id).map_err(|_| SignError)?;
        key_id.set_sensitive(true);
        Ok(Self { key_id, key: credentials.key, algorithm, random: SystemRandom::new() })
    }

    /// How this key signs.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Signs `timestamp_ms + METHOD + path`. `path` is the full path from the root; a query, which
    /// the venue does not sign, is cut off.
    ///
    /// # Errors
    /// [`SignError`].
    pub fn headers(
        &self,
        method: &str,
        path: &str,
        timestamp_ms: i64,
    ) -> Result<AuthHeaders, SignError> {
        let bare = path.split('?').next().unwrap_or(path);
        let message = format!("{timestamp_ms}{}{bare}", method.to_ascii_uppercase());
        let signature = STANDARD.encode(self.sign(message.as_bytes())?);
        let mut signature = HeaderValue::from_str(&signature).map_err(|_| SignError)?;
        signature.set_sensitive(true);
        Ok(AuthHeaders {
            key: self.key_id.clone(),
            timestamp: HeaderValue::from(timestamp_ms),
            signature,
            timestamp_ms,
        })
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        match &self.key {
            SigningKey::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
            SigningKey::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PSS_SHA256, &self.random, message, &mut signature)
                    .map_err(|_| SignError)?;
                Ok(signature)
            }
        }
    }

    /// The public key in the form `ring` verifies with (RSA: PKCS#1 DER; Ed25519: 32 bytes).
    #[cfg(test)]
    pub(super) fn public_key(&self) -> Vec<u8> {
        use ring::signature::KeyPair as _;
        match &self.key {
            SigningKey::Ed25519(pair) => pair.public_key().as_ref().to_vec(),
            SigningKey::Rsa(pair) => pair.public_key().as_ref().to_vec(),
        }
    }
}
