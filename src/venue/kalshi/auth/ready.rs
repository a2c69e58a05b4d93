//! [`ReadySignature`]: an RSA signature costs half a millisecond, but covers only time, method and
//! path; so the one for new orders is made before the order exists.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use statecraft_domain::Timestamp;
use tokio_util::sync::CancellationToken;

use super::{AuthHeaders, SignError, Signer};

/// A kept signature older (or further ahead) than this is not used. The venue accepts +-5 s; two
/// seconds are left for clock error and transit.
const USABLE_MS: i64 = 3_000;
/// How often the background renews.
const RENEW_EVERY: Duration = Duration::from_millis(1_000);

/// Keeps a fresh signature for one method and path.
#[derive(Debug)]
pub struct ReadySignature {
    signer: Arc<Signer>,
    method: &'static str,
    path: String,
    kept: Mutex<Option<AuthHeaders>>,
}

impl ReadySignature {
    /// Nothing is signed yet.
    #[must_use]
    pub fn new(signer: Arc<Signer>, method: &'static str, path: String) -> Self {
        Self { signer, method, path, kept: Mutex::new(None) }
    }

    /// Signs for `now_ms` and keeps the result.
    ///
    /// # Errors
    /// [`SignError`]; an older signature stays.
    pub fn renew(&self, now_ms: i64) -> Result<(), SignError> {
        // Signed outside the lock: nobody waits for it.
        let headers = self.signer.headers(self.method, &self.path, now_ms)?;
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(headers);
        Ok(())
    }

    /// The kept signature while the venue would accept it at `now_ms`, otherwise one made now.
    ///
    /// # Errors
    /// [`SignError`] if one had to be made and could not.
    pub fn take(&self, now_ms: i64) -> Result<AuthHeaders, SignError> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match kept {
            Some(headers) if now_ms.abs_diff(headers.timestamp_ms) <= USABLE_MS as u64 => {
                Ok(headers)
            }
            _ => self.signer.headers(self.method, &self.path, now_ms),
        }
    }

    /// Renews once a second until cancelled. Signing runs on the blocking pool, so that no task of
    /// the runtime waits for it.
    pub async fn keep_renewed<C>(self: Arc<Self>, clock: C, stop: CancellationToken)
    where
        C: Fn() -> Timestamp + Send + Sync + 'static,
    {
        loop {
            let ready = Arc::clone(&self);
            let now_ms = clock().millis();
            let renewed = tokio::task::spawn_blocking(move || ready.renew(now_ms)).await;
            if !matches!(renewed, Ok(Ok(()))) {
                tracing::warn!("the kept order signature was not renewed; orders sign on the way");
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = tokio::time::sleep(RENEW_EVERY) => {}
            }
        }
    }
}
