//! One crypto provider and one TLS configuration for every client of a venue.

use std::sync::{Arc, LazyLock};

use rustls::{ClientConfig, RootCertStore};

static CONFIG: LazyLock<Arc<ClientConfig>> = LazyLock::new(|| {
    // A provider installed before is as good: there is only one in the tree.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
});

/// The shared configuration: bundled Mozilla roots, certificates verified, no switch to turn that off.
#[must_use]
pub fn client_config() -> Arc<ClientConfig> {
    Arc::clone(&CONFIG)
}
