//! One process an account on this machine, whatever state directory it has (I16): a name in the system's
//! abstract socket space, derived from venue and account, held as long as the process lives.
//!
//! The account is known by its key before anything is asked, and by the venue's own name of it as soon as an
//! order tells that: two keys of one account are kept apart only if it had an order when the first of the
//! two began.

use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};

use sha2::{Digest as _, Sha256};

use super::error::RunError;
use crate::config::{Endpoint, Settings};
use crate::venue::kalshi::rest::KalshiRest;

/// See the module.
#[derive(Debug)]
pub struct AccountLock {
    _held: UnixListener,
}

impl AccountLock {
    /// Takes the lock of the account that the settings name, before its key is read. The embedded venue's
    /// account is born with the run: nobody else can have it.
    ///
    /// # Errors
    /// [`RunError::AccountInUse`] with the holder's process id.
    pub async fn take(settings: &Settings) -> Result<Option<Self>, RunError> {
        let (endpoint, Some(key_id)) = (&settings.kalshi.endpoint, &settings.kalshi.key_id) else {
            return Ok(None);
        };
        if *endpoint == Endpoint::Embedded {
            return Ok(None);
        }
        Self::take_name(&format!("kalshi {endpoint} {key_id}")).await.map(Some)
    }

    /// Takes the lock of the account whose key this client has, under the venue's own name of it. `None`: the
    /// venue does not tell it, or cannot be asked; the key's lock is all there is then.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub async fn take_user(
        settings: &Settings,
        rest: &KalshiRest,
    ) -> Result<Option<Self>, RunError> {
        let endpoint = &settings.kalshi.endpoint;
        if *endpoint == Endpoint::Embedded {
            return Ok(None);
        }
        match rest.user_id().await {
            Ok(Some(user)) => {
                Self::take_name(&format!("kalshi {endpoint} user {user}")).await.map(Some)
            }
            Ok(None) => Ok(None),
            Err(error) => {
                tracing::warn!(%error, "the account's own name is not known: only its key is locked");
                Ok(None)
            }
        }
    }

    async fn take_name(account: &str) -> Result<Self, RunError> {
        let failed = |source| RunError::StateDir { path: "the account's lock".into(), source };
        let name = format!("statecraft-{}", hex::encode(Sha256::digest(account.as_bytes())));
        let address = SocketAddr::from_abstract_name(name).map_err(failed)?;
        match UnixListener::bind_addr(&address) {
            Ok(held) => Ok(Self { _held: held }),
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                let holder = holder(&address).map_or("(unknown)".to_owned(), |pid| pid.to_string());
                Err(RunError::AccountInUse { account: account.to_owned(), holder })
            }
            Err(error) => Err(failed(error)),
        }
    }
}

/// The process that listens there, by the system's word.
fn holder(address: &SocketAddr) -> Option<i32> {
    let socket = UnixStream::connect_addr(address).ok()?;
    socket.set_nonblocking(true).ok()?;
    tokio::net::UnixStream::from_std(socket).ok()?.peer_cred().ok()?.pid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn i16_an_account_is_held_once_and_the_holder_is_named() {
        let name = format!("test {} {:?}", std::process::id(), std::thread::current().id());
        let first = AccountLock::take_name(&name).await.unwrap();
        let refused = AccountLock::take_name(&name).await.unwrap_err();
        assert!(refused.is_refusal());
        let told = refused.to_string();
        assert!(told.contains(&format!("process {}", std::process::id())), "{told}");
        drop(first);
        AccountLock::take_name(&name).await.unwrap();
    }
}
