//! Checking signatures: kalshi.md section 2.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use statecraft_domain::{Nanos, Timestamp};

use super::error::ApiError;
use crate::simulator::keys::PublicKey;

/// The three headers of a signed request, those that were sent.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SignedHeaders<'a> {
    pub(crate) key: Option<&'a str>,
    pub(crate) timestamp: Option<&'a str>,
    pub(crate) signature: Option<&'a str>,
}

impl SignedHeaders<'_> {
    /// Did the client try to sign at all?
    pub(crate) const fn any(&self) -> bool {
        self.key.is_some() || self.timestamp.is_some() || self.signature.is_some()
    }
}

/// The registered keys and how far a client's clock may be off.
#[derive(Debug)]
pub(crate) struct Verifier {
    keys: Vec<(String, PublicKey)>,
    oldest: Nanos,
    newest: Nanos,
}

impl Verifier {
    /// `oldest` is how far behind, `newest` how far ahead of us a timestamp may be.
    pub(crate) const fn new(keys: Vec<(String, PublicKey)>, oldest: Nanos, newest: Nanos) -> Self {
        Self { keys, oldest, newest }
    }

    /// Registered key ids.
    pub(crate) fn key_ids(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|(id, _)| id.as_str())
    }

    /// Checks a request signed over `timestamp + method + path` (the path without its query).
    pub(crate) fn check(
        &self,
        headers: SignedHeaders<'_>,
        method: &str,
        path: &str,
        wall: Timestamp,
    ) -> Result<(), ApiError> {
        let (Some(key_id), Some(timestamp), Some(signature)) =
            (headers.key, headers.timestamp, headers.signature)
        else {
            return Err(ApiError::coded(401, "signature_is_missing_from_headers"));
        };
        self.check_time(timestamp, wall)?;
        let (_, key) = self
            .keys
            .iter()
            .find(|(id, _)| id == key_id)
            .ok_or_else(|| ApiError::authentication("NOT_FOUND"))?;
        let message = format!("{timestamp}{method}{path}");
        let genuine = STANDARD
            .decode(signature)
            .is_ok_and(|signature| verifies(key, message.as_bytes(), &signature));
        if genuine { Ok(()) } else { Err(ApiError::authentication("INCORRECT_API_KEY_SIGNATURE")) }
    }

    fn check_time(&self, timestamp: &str, wall: Timestamp) -> Result<(), ApiError> {
        let expired = || ApiError::coded(401, "header_timestamp_expired");
        let sent = timestamp.parse().map(Timestamp::from_millis).map_err(|_| expired())?;
        if sent < wall - self.oldest || sent > wall + self.newest {
            return Err(expired());
        }
        Ok(())
    }
}

fn verifies(key: &PublicKey, message: &[u8], signature: &[u8]) -> bool {
    match key {
        // PSS with SHA-256, MGF1-SHA-256 and a salt of 32 bytes, no other.
        PublicKey::Rsa(der) => {
            UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, der).verify(message, signature)
        }
        PublicKey::Ed25519(bytes) => {
            UnparsedPublicKey::new(&ED25519, bytes).verify(message, signature)
        }
    }
    .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8";
    const SIGNATURE: &str =
        "hkBtGNHKCfMll7XdniCzUygg/ek7JdCINuVOaGq0bDS3feQIdYVMirJSybX93bQtj8CMmr3q0RiAToeTeMOwBg==";
    const RSA_SPKI: &str = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAkq06CGTbJKv3J4VJBXsdse4Z9cSGuXE64066XUsEuM7yNS1lTGCZWXqcCAV7JAbnd5gnYQHVM3RPgqzMvypzYPGE3sbnslTyM1s4vxS8UulFoHezmmfGRUC2scX/DuWfsvJDj665ZyHTc7P71oM6cFQNEVV9snuGhG8/BO5xtWqTJvysNmfedwAWJUJTE/t8fMMPV97ClGIokKMEh89tyhJCDZEEGOknLiiNa47xeEeDkS4rXBQ7J4HLrbJ4AoIidYzN+m2JUBbaPZk4Kixom6d/8Exw9vj+/JLCd7iGB+pito4J3v6/P5LoIwYoWO/IqN9MxYynSpFxOWEeeQDbzQIDAQAB";
    const RSA_SIGNATURE: &str = "MzU7tlWAq5rnUaUQqP/UwiEUQfjXqbdF/eWjhxyuSAmKczWkWETcwtkRNHzKcrTjQt2vUgwPAL1SnAqICjkcpw9AnXvLA0w8oksjaDH9BFavKsyeYJoDgN7DxY5NpeJ5Sze6uLo871MsewFDHwwYCBZZPvrCwzc0R0PDtUKWUYTr4SeBo6p2JcSmN05SIutaKseS8rnpck1qBPgl/5x7iZch0+EenItRVpKBY65lI/+kaPu50goMBZdKAwWeEJtmuz1q/sS4cAghqjnP4mGqmCgn77/xBqq71GA7OXDkLLe1LxAo7D+qsSkpekMwdB7c+010bBcovN3/YIOUeY6eow==";
    const PATH: &str = "/trade-api/v2/portfolio/balance";

    fn verifier() -> Verifier {
        // The RSAPublicKey stands in the SubjectPublicKeyInfo after a header of 24 bytes.
        let rsa = STANDARD.decode(RSA_SPKI).unwrap()[24..].to_vec();
        let keys = vec![
            ("ed".to_owned(), PublicKey::Ed25519(hex::decode(KEY).unwrap())),
            ("rsa".to_owned(), PublicKey::Rsa(rsa)),
        ];
        Verifier::new(keys, Nanos::from_secs(20), Nanos::from_secs(60))
    }

    fn check(key: &str, signature: &str, path: &str, skew_ms: i64) -> Result<(), ApiError> {
        let headers = SignedHeaders {
            key: Some(key),
            timestamp: Some("1703123456789"),
            signature: Some(signature),
        };
        verifier().check(headers, "GET", path, Timestamp::from_millis(1_703_123_456_789 + skew_ms))
    }

    #[test]
    fn published_vectors_verify_and_their_neighbours_do_not() {
        for (key, signature) in [("ed", SIGNATURE), ("rsa", RSA_SIGNATURE)] {
            assert_eq!(check(key, signature, PATH, 0), Ok(()));
            assert_eq!(check(key, signature, PATH, 5_000), Ok(()));
            assert_eq!(check(key, signature, PATH, -5_000), Ok(()));
            let queried = format!("{PATH}?subaccount=0");
            assert_eq!(
                check(key, signature, &queried, 0),
                Err(ApiError::authentication("INCORRECT_API_KEY_SIGNATURE"))
            );
            let expired = Err(ApiError::coded(401, "header_timestamp_expired"));
            assert_eq!(check(key, signature, PATH, 30_000), expired);
            assert_eq!(check(key, signature, PATH, -300_000), expired);
        }
        assert_eq!(check("who", SIGNATURE, PATH, 0), Err(ApiError::authentication("NOT_FOUND")));
    }

    #[test]
    fn a_missing_header_is_named() {
        let headers = SignedHeaders { key: Some("ed"), ..SignedHeaders::default() };
        assert_eq!(
            verifier().check(headers, "GET", PATH, Timestamp::EPOCH),
            Err(ApiError::coded(401, "signature_is_missing_from_headers"))
        );
    }
}
