//! The HTTP client of the sources: no redirects, no proxies, bounded bodies, and outside this machine
//! only public addresses, pinned for the connection.

use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::Url;

use super::settings::{is_loopback, is_public};

/// Largest body that is read, in bytes.
pub const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TOTAL_TIMEOUT: Duration = Duration::from_secs(10);

/// Why nothing was fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The client could not be built, or the request failed.
    #[error("request failed: {0}")]
    Request(#[from] reqwest::Error),
    /// Anything but success.
    #[error("answered with status {0}")]
    Status(u16),
    /// More than [`BODY_BYTES_MAX`].
    #[error("answered with more than {BODY_BYTES_MAX} bytes")]
    TooLarge,
}

/// A client for one address.
///
/// # Errors
/// [`FetchError::Request`] if it cannot be built.
pub fn client(url: &Url) -> Result<reqwest::Client, FetchError> {
    // Fails only if a provider is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect::<rustls::RootCertStore>();
    let tls = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let mut builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TOTAL_TIMEOUT);
    if !is_loopback(url) {
        builder = builder.dns_resolver(Arc::new(PublicOnly));
    }
    Ok(builder.build()?)
}

/// Fetches the lines after the first `after`.
///
/// # Errors
/// [`FetchError`]: nothing of the answer is used then.
pub async fn lines_after(
    client: &reqwest::Client,
    url: &Url,
    after: u64,
) -> Result<Vec<u8>, FetchError> {
    let request = client.get(url.clone()).query(&[("after", after.to_string())]);
    let mut response = request.send().await?;
    if !response.status().is_success() {
        return Err(FetchError::Status(response.status().as_u16()));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > BODY_BYTES_MAX {
            return Err(FetchError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Resolves names, and keeps public addresses only: a name on the list must not lead inside.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let open: Vec<_> = found.filter(|address| is_public(address.ip())).collect();
            if open.is_empty() {
                return Err("the name has no public address".into());
            }
            Ok(Box::new(open.into_iter()) as Addrs)
        })
    }
}
