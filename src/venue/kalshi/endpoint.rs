//! [`Endpoint`]: where the venue answers, and the paths that signatures cover.

use url::{Host, Url};

/// Root of every REST path; part of what a signature covers.
pub const REST_ROOT: &str = "/trade-api/v2";
/// Path of the websocket; part of what the handshake's signature covers.
pub const WS_PATH: &str = "/trade-api/ws/v2";

const PROD: (&str, &str) = ("external-api.kalshi.com", "external-api-ws.kalshi.com");
const DEMO: (&str, &str) = ("external-api.demo.kalshi.co", "external-api-ws.demo.kalshi.co");

/// The two addresses of one environment of the venue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// REST root, ending in `/trade-api/v2`.
    pub rest: Url,
    /// Websocket, ending in `/trade-api/ws/v2`.
    pub ws: Url,
}

/// Why a text is no endpoint.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// Not a URL at all.
    #[error("endpoint {text:?} is not `prod`, `demo` or a URL: {source}")]
    NotAUrl {
        /// What was given.
        text: String,
        /// Why.
        source: url::ParseError,
    },
    /// A scheme other than http or https.
    #[error("endpoint {0:?} must start with https:// (or http:// on a loopback host)")]
    Scheme(String),
    /// Unencrypted to another machine: signatures and orders would cross the network in the clear.
    #[error("endpoint {0:?} is unencrypted; http is allowed for loopback hosts only, use https")]
    Unencrypted(String),
    /// User, password, query or fragment in the URL, or a path that is not the API root.
    #[error("endpoint {0:?} must be a bare base URL such as http://127.0.0.1:8080")]
    NotBare(String),
}

impl Endpoint {
    /// The real venue.
    ///
    /// # Errors
    /// None in practice: the addresses are constants.
    pub fn prod() -> Result<Self, EndpointError> {
        Self::of_hosts(PROD)
    }

    /// The venue's demo environment, with play money.
    ///
    /// # Errors
    /// None in practice: the addresses are constants.
    pub fn demo() -> Result<Self, EndpointError> {
        Self::of_hosts(DEMO)
    }

    /// From `prod`, `demo`, or a base URL with or without the REST root.
    ///
    /// # Errors
    /// [`EndpointError`] says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        match text {
            "prod" => Self::prod(),
            "demo" => Self::demo(),
            base => Self::of_base(base),
        }
    }

    fn of_hosts((rest, ws): (&str, &str)) -> Result<Self, EndpointError> {
        Ok(Self {
            rest: parse_url(&format!("https://{rest}{REST_ROOT}"))?,
            ws: parse_url(&format!("wss://{ws}{WS_PATH}"))?,
        })
    }

    fn of_base(base: &str) -> Result<Self, EndpointError> {
        let url = parse_url(base)?;
        let ws_scheme = match url.scheme() {
            "https" => "wss",
            "http" if is_loopback(&url) => "ws",
            "http" => return Err(EndpointError::Unencrypted(base.to_owned())),
            _ => return Err(EndpointError::Scheme(base.to_owned())),
        };
        if !is_bare(&url) {
            return Err(EndpointError::NotBare(base.to_owned()));
        }
        let authority = url.authority();
        Ok(Self {
            rest: parse_url(&format!("{}://{authority}{REST_ROOT}", url.scheme()))?,
            ws: parse_url(&format!("{ws_scheme}://{authority}{WS_PATH}"))?,
        })
    }

    /// Is it on this machine?
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.rest) && is_loopback(&self.ws)
    }

    /// Is it the venue with real money?
    #[must_use]
    pub fn is_prod(&self) -> bool {
        self.rest.host_str() == Some(PROD.0)
    }

    /// The full URL of an API path such as `/portfolio/balance` (query allowed).
    ///
    /// # Errors
    /// [`EndpointError::NotAUrl`] for a path that does not make a URL.
    pub fn url(&self, path: &str) -> Result<Url, EndpointError> {
        parse_url(&format!("{}{path}", self.rest))
    }

    /// What a signature covers for an API path: the path from the root, without its query.
    #[must_use]
    pub fn signed_path(path: &str) -> String {
        let bare = path.split('?').next().unwrap_or(path);
        format!("{REST_ROOT}{bare}")
    }
}

fn parse_url(text: &str) -> Result<Url, EndpointError> {
    Url::parse(text).map_err(|source| EndpointError::NotAUrl { text: text.to_owned(), source })
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn is_bare(url: &Url) -> bool {
    url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none()
        && matches!(url.path().trim_end_matches('/'), "" | REST_ROOT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_base_urls_give_both_addresses() {
        let check = |text: &str, rest: &str, ws: &str| {
            let endpoint = Endpoint::parse(text).unwrap();
            assert_eq!((endpoint.rest.as_str(), endpoint.ws.as_str()), (rest, ws), "{text}");
        };
        check(
            "prod",
            "https://external-api.kalshi.com/trade-api/v2",
            "wss://external-api-ws.kalshi.com/trade-api/ws/v2",
        );
        check(
            "demo",
            "https://external-api.demo.kalshi.co/trade-api/v2",
            "wss://external-api-ws.demo.kalshi.co/trade-api/ws/v2",
        );
        for base in ["http://127.0.0.1:8080", "http://127.0.0.1:8080/trade-api/v2/"] {
            check(
                base,
                "http://127.0.0.1:8080/trade-api/v2",
                "ws://127.0.0.1:8080/trade-api/ws/v2",
            );
        }
        check(
            "https://example.test",
            "https://example.test/trade-api/v2",
            "wss://example.test/trade-api/ws/v2",
        );
        check("http://[::1]:9", "http://[::1]:9/trade-api/v2", "ws://[::1]:9/trade-api/ws/v2");
    }

    #[test]
    fn unencrypted_elsewhere_and_odd_urls_are_refused() {
        assert!(matches!(
            Endpoint::parse("http://example.test"),
            Err(EndpointError::Unencrypted(_))
        ));
        assert!(matches!(Endpoint::parse("ftp://127.0.0.1"), Err(EndpointError::Scheme(_))));
        assert!(matches!(Endpoint::parse("production"), Err(EndpointError::NotAUrl { .. })));
        for odd in ["https://u:p@h.test", "https://h.test/other", "https://h.test/?a=1"] {
            assert!(matches!(Endpoint::parse(odd), Err(EndpointError::NotBare(_))), "{odd}");
        }
    }

    #[test]
    fn the_query_is_not_signed() {
        assert_eq!(
            Endpoint::signed_path("/portfolio/balance?subaccount=0"),
            "/trade-api/v2/portfolio/balance"
        );
        let url = Endpoint::parse("demo").unwrap().url("/markets?limit=1").unwrap();
        assert_eq!(url.path(), "/trade-api/v2/markets");
        assert_eq!(url.query(), Some("limit=1"));
    }
}
