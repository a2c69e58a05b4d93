//! The venue's REST client as a person elsewhere would use it, with the same key.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, missing_docs)]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use statecraft::venue::kalshi::rest::{KalshiRest, RestSettings};
use statecraft::venue::kalshi::{Credentials, Endpoint, Signer};

/// A client of the venue at `url` with the key in `dir`.
pub fn client(dir: &Path, url: &str) -> KalshiRest {
    let key_id = fs::read_to_string(dir.join("keys/api_key_id.txt")).unwrap();
    let key = Credentials::load(key_id.trim(), &dir.join("keys/private_key.pem")).unwrap();
    let signer = Arc::new(Signer::new(key).unwrap());
    let clock = Arc::new(statecraft::runtime::clock::wall_now);
    let endpoint = Endpoint::parse(url).unwrap();
    KalshiRest::new(endpoint, signer, clock, RestSettings::default()).unwrap()
}
