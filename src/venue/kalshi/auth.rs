//! Signing: a key file becomes a [`Signer`], and nothing else ever sees the key.

mod credentials;
mod ready;
mod signer;
#[cfg(test)]
mod vectors;

pub use credentials::{Credentials, CredentialsError};
pub use ready::ReadySignature;
pub use signer::{Algorithm, AuthHeaders, SignError, Signer};
