//! The signing vectors of the venue's documentation and our own round trips.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{
    ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey,
};

use super::*;

const RSA_PKCS8: &str =
    include_str!("../../../../tests/fixtures/kalshi-keys/throwaway-rsa-pkcs8.pem");
const RSA_PKCS1: &str =
    include_str!("../../../../tests/fixtures/kalshi-keys/throwaway-rsa-pkcs1.pem");
const P256: &str = include_str!("../../../../tests/fixtures/kalshi-keys/throwaway-p256.pem");

const BALANCE: &str = "/trade-api/v2/portfolio/balance";
const TIME: i64 = 1_703_123_456_789;

/// Public RSA key whose signature the reference made (SPKI, base64 without the PEM lines).
const VENUE_RSA_SPKI: &str = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAkq06CGTbJKv3J4VJBXsdse4Z9cSGuXE64066XUsEuM7yNS1lTGCZWXqcCAV7JAbnd5gnYQHVM3RPgqzMvypzYPGE3sbnslTyM1s4vxS8UulFoHezmmfGRUC2scX/DuWfsvJDj665ZyHTc7P71oM6cFQNEVV9snuGhG8/BO5xtWqTJvysNmfedwAWJUJTE/t8fMMPV97ClGIokKMEh89tyhJCDZEEGOknLiiNa47xeEeDkS4rXBQ7J4HLrbJ4AoIidYzN+m2JUBbaPZk4Kixom6d/8Exw9vj+/JLCd7iGB+pito4J3v6/P5LoIwYoWO/IqN9MxYynSpFxOWEeeQDbzQIDAQAB";
const VENUE_RSA_SIGNATURE: &str = "MzU7tlWAq5rnUaUQqP/UwiEUQfjXqbdF/eWjhxyuSAmKczWkWETcwtkRNHzKcrTjQt2vUgwPAL1SnAqICjkcpw9AnXvLA0w8oksjaDH9BFavKsyeYJoDgN7DxY5NpeJ5Sze6uLo871MsewFDHwwYCBZZPvrCwzc0R0PDtUKWUYTr4SeBo6p2JcSmN05SIutaKseS8rnpck1qBPgl/5x7iZch0+EenItRVpKBY65lI/+kaPu50goMBZdKAwWeEJtmuz1q/sS4cAghqjnP4mGqmCgn77/xBqq71GA7OXDkLLe1LxAo7D+qsSkpekMwdB7c+010bBcovN3/YIOUeY6eow==";
/// An SPKI of a 2048 bit RSA key is this many bytes of algorithm header, then the PKCS#1 key.
const SPKI_HEADER_BYTES: usize = 24;

/// Ed25519 key with the seed 00 01 .. 1f, as openssl writes it (PKCS#8 version 1).
fn ed25519_pem() -> String {
    let mut der = hex::decode("302e020100300506032b657004220420").unwrap();
    der.extend(0_u8..32);
    pem("PRIVATE KEY", &der)
}

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}

fn signer(pem: &str) -> Signer {
    Signer::new(Credentials::from_pem("key-id", pem.as_bytes()).unwrap()).unwrap()
}

#[test]
fn ed25519_meets_the_published_vectors() {
    let signer = signer(&ed25519_pem());
    assert_eq!(
        hex::encode(signer.public_key()),
        "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"
    );
    let check = |method: &str, path: &str, signature: &str| {
        let headers = signer.headers(method, path, TIME).unwrap();
        assert_eq!(headers.signature_base64(), signature, "{method} {path}");
    };
    check(
        "GET",
        BALANCE,
        "hkBtGNHKCfMll7XdniCzUygg/ek7JdCINuVOaGq0bDS3feQIdYVMirJSybX93bQtj8CMmr3q0RiAToeTeMOwBg==",
    );
    check(
        "POST",
        "/trade-api/v2/portfolio/events/orders",
        "/ro4N0xtMcM9TBedlEcPA5AL1SsWyOiIo3UPU4/aeQ/H6c6rvS4ymxWhdFIT2dLRprk+g8Dju8XU1AY4/NDkDg==",
    );
    check(
        "GET",
        "/trade-api/ws/v2",
        "GpkXLSIK8avqVF1CPnKos7fulth1qYoYZjI5qzovCmuzcKV0/qCnl8R5kVmiu2d6dLYPcYVo2r2OgcCWv1uwAw==",
    );
    // A query is cut off and the method is upper-cased before signing.
    check(
        "get",
        "/trade-api/v2/portfolio/balance?subaccount=0",
        "hkBtGNHKCfMll7XdniCzUygg/ek7JdCINuVOaGq0bDS3feQIdYVMirJSybX93bQtj8CMmr3q0RiAToeTeMOwBg==",
    );
}

#[test]
fn our_reading_of_rsa_pss_is_the_venues() {
    let spki = STANDARD.decode(VENUE_RSA_SPKI).unwrap();
    let public = &spki[SPKI_HEADER_BYTES..];
    let signature = STANDARD.decode(VENUE_RSA_SIGNATURE).unwrap();
    let message = format!("{TIME}GET{BALANCE}");
    let pss = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, public);
    assert!(pss.verify(message.as_bytes(), &signature).is_ok());
    // The same path with its query, the other padding, and a changed signature must fail.
    assert!(pss.verify(format!("{message}?subaccount=0").as_bytes(), &signature).is_err());
    let pkcs1 = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public);
    assert!(pkcs1.verify(message.as_bytes(), &signature).is_err());
    let mut changed = signature;
    changed[17] ^= 1;
    assert!(pss.verify(message.as_bytes(), &changed).is_err());
}

#[test]
fn both_rsa_files_give_one_key_that_signs_pss_with_a_32_byte_salt() {
    let (pkcs8, pkcs1) = (signer(RSA_PKCS8), signer(RSA_PKCS1));
    assert_eq!(pkcs8.public_key(), pkcs1.public_key());
    for signer in [pkcs8, pkcs1] {
        assert_eq!(signer.algorithm(), Algorithm::RsaPssSha256);
        let headers = signer.headers("GET", BALANCE, TIME).unwrap();
        let signature = STANDARD.decode(headers.signature_base64()).unwrap();
        let message = format!("{TIME}GET{BALANCE}");
        let public = signer.public_key();
        // ring's PSS verification accepts a salt of the digest's length only.
        let pss = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, &public);
        assert!(pss.verify(message.as_bytes(), &signature).is_ok());
        let pkcs1 = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &public);
        assert!(pkcs1.verify(message.as_bytes(), &signature).is_err());
        assert!(pss.verify(b"another message", &signature).is_err());
    }
}

/// PSS with a salt of 20 bytes is another signature scheme: the venue refuses it, and so must a
/// verifier that is to stand for the venue. `openssl` makes the signature; without it, nothing to
/// compare with.
#[test]
fn a_20_byte_salt_does_not_verify() {
    let dir = tempfile::tempdir().unwrap();
    let (key, message) = (dir.path().join("key.pem"), dir.path().join("message"));
    std::fs::write(&key, RSA_PKCS8).unwrap();
    std::fs::write(&message, b"message").unwrap();
    let sign = |salt: &str| {
        std::process::Command::new("openssl")
            .args(["dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt"])
            .arg(format!("rsa_pss_saltlen:{salt}"))
            .arg("-sign")
            .args([&key, &message])
            .output()
    };
    let Ok(long) = sign("32") else {
        eprintln!("skipped: no openssl program here");
        return;
    };
    let short = sign("20").unwrap();
    assert!(long.status.success() && short.status.success());
    let public = signer(RSA_PKCS8).public_key();
    let pss = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, &public);
    assert!(pss.verify(b"message", &long.stdout).is_ok());
    assert!(pss.verify(b"message", &short.stdout).is_err());
}

#[test]
fn ed25519_signatures_verify_under_the_public_key() {
    let signer = signer(&ed25519_pem());
    assert_eq!(signer.algorithm(), Algorithm::Ed25519);
    let headers = signer.headers("DELETE", BALANCE, TIME).unwrap();
    let signature = STANDARD.decode(headers.signature_base64()).unwrap();
    let public = signer.public_key();
    let verifier = UnparsedPublicKey::new(&ED25519, &public);
    assert!(verifier.verify(format!("{TIME}DELETE{BALANCE}").as_bytes(), &signature).is_ok());
}

fn write_key(dir: &Path, mode: u32) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = dir.join(format!("key-{mode:o}.pem"));
    let mut file = std::fs::File::create(&path).unwrap();
    file.write_all(ed25519_pem().as_bytes()).unwrap();
    file.set_permissions(std::fs::Permissions::from_mode(mode)).unwrap();
    path
}

#[test]
fn a_key_file_that_others_can_read_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    assert!(Credentials::load("key-id", &write_key(dir.path(), 0o600)).is_ok());
    assert!(Credentials::load("key-id", &write_key(dir.path(), 0o400)).is_ok());
    for mode in [0o640, 0o604, 0o644, 0o660] {
        let error = Credentials::load("key-id", &write_key(dir.path(), mode)).unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, CredentialsError::TooOpen { .. }), "{text}");
        assert!(text.contains("chmod 600") && text.contains(&format!("{mode:o}")), "{text}");
    }
    let missing = Credentials::load("key-id", &dir.path().join("none")).unwrap_err();
    assert!(matches!(missing, CredentialsError::Unreadable { .. }));
    let folder = Credentials::load("key-id", dir.path()).unwrap_err();
    assert!(matches!(
        folder,
        CredentialsError::NotAKeyFile(_) | CredentialsError::Unreadable { .. }
    ));
}

#[test]
fn what_is_no_usable_key_says_so() {
    let load = |id: &str, pem: &str| Credentials::from_pem(id, pem.as_bytes()).unwrap_err();
    assert!(matches!(load("", &ed25519_pem()), CredentialsError::BadKeyId));
    assert!(matches!(load("a\nb", &ed25519_pem()), CredentialsError::BadKeyId));
    assert!(matches!(load("id", "no pem"), CredentialsError::NoPem));
    assert!(matches!(load("id", P256), CredentialsError::Unsupported(_)));
    assert!(matches!(load("id", &pem("PRIVATE KEY", b"junk")), CredentialsError::Unsupported(_)));
    let encrypted = pem("ENCRYPTED PRIVATE KEY", b"junk");
    assert!(matches!(load("id", &encrypted), CredentialsError::NoPem));
}

#[test]
fn debug_output_has_no_secret() {
    let credentials = Credentials::from_pem("the-key-id", ed25519_pem().as_bytes()).unwrap();
    let mut shown = format!("{credentials:?}");
    let signer = Signer::new(credentials).unwrap();
    let headers = signer.headers("GET", BALANCE, TIME).unwrap();
    let mut map = reqwest::header::HeaderMap::new();
    headers.apply(&mut map);
    shown += &format!("{signer:?} {headers:?} {map:?}");
    let seed_hex = hex::encode((0_u8..32).collect::<Vec<_>>());
    for secret in ["the-key-id", headers.signature_base64(), &seed_hex] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn the_kept_signature_is_used_while_fresh_and_remade_after() {
    let ready = ReadySignature::new(Arc::new(signer(&ed25519_pem())), "POST", "/x".to_owned());
    assert_eq!(ready.take(TIME).unwrap().timestamp_ms, TIME, "nothing kept: signed now");
    ready.renew(TIME).unwrap();
    assert_eq!(ready.take(TIME + 3_000).unwrap().timestamp_ms, TIME);
    assert_eq!(ready.take(TIME + 3_001).unwrap().timestamp_ms, TIME + 3_001);
    // The clock was set back: a signature from too far ahead is not used either.
    assert_eq!(ready.take(TIME - 3_001).unwrap().timestamp_ms, TIME - 3_001);
}
