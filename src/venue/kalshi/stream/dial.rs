//! [`dial`]: a connection to whichever address of a host answers first. A name may have addresses that nothing answers
//! at (IPv6 behind a router that drops it); tried one after another, the first such would use up the whole time.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use url::{Host, Url};

/// The next address is tried so long after the one before it (RFC 8305, section 5).
const STAGGER: Duration = Duration::from_millis(250);

/// Connects to the host and port of a URL.
///
/// # Errors
/// Why the last of its addresses could not be reached.
pub(super) async fn dial(url: &Url) -> std::io::Result<TcpStream> {
    let nowhere = || std::io::Error::other(format!("no address for {url}"));
    let port = url.port_or_known_default().ok_or_else(nowhere)?;
    let addresses = match url.host().ok_or_else(nowhere)? {
        Host::Ipv4(address) => vec![SocketAddr::new(IpAddr::V4(address), port)],
        Host::Ipv6(address) => vec![SocketAddr::new(IpAddr::V6(address), port)],
        Host::Domain(name) => interleaved(lookup_host((name, port)).await?.collect()),
    };
    let stream = first_of(addresses).await?.ok_or_else(nowhere)?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// The families in turn, beginning with the one that the resolver prefers (RFC 8305, section 4).
fn interleaved(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let Some(preferred) = addresses.first().map(SocketAddr::is_ipv6) else { return addresses };
    let (first, second): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == preferred);
    let rounds = first.len().max(second.len());
    let turn = |round: usize| [first.get(round).copied(), second.get(round).copied()];
    (0..rounds).flat_map(turn).flatten().collect()
}

/// The first connection; the other tries end with it.
async fn first_of(addresses: Vec<SocketAddr>) -> std::io::Result<Option<TcpStream>> {
    let mut tries = JoinSet::new();
    for (turn, address) in (0..).zip(addresses) {
        tries.spawn(async move {
            tokio::time::sleep(STAGGER * turn).await;
            TcpStream::connect(address).await
        });
    }
    let mut failure = None;
    while let Some(tried) = tries.join_next().await {
        match tried {
            Ok(Ok(stream)) => return Ok(Some(stream)),
            Ok(Err(error)) => failure = Some(error),
            Err(error) => failure = Some(std::io::Error::other(error)),
        }
    }
    failure.map_or(Ok(None), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An address at which nothing answers: its queue of connections is full.
    async fn silent() -> (SocketAddr, tokio::net::TcpListener, Vec<TcpStream>) {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let mut waiting = Vec::new();
        let patience = Duration::from_millis(200);
        while let Ok(stream) = tokio::time::timeout(patience, TcpStream::connect(address)).await {
            waiting.push(stream.unwrap());
            assert!(waiting.len() < 50, "the queue never fills");
        }
        (address, listener, waiting)
    }

    #[tokio::test]
    async fn an_address_that_does_not_answer_holds_up_no_other() {
        let (silent, _listener, _waiting) = silent().await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let good = listener.local_addr().unwrap();
        let dialled = tokio::time::timeout(Duration::from_secs(5), first_of(vec![silent, good]));
        let stream = dialled.await.expect("held up").unwrap().unwrap();
        assert_eq!(stream.peer_addr().unwrap(), good);
        // One that refuses is no end either; where all do, the reason is told.
        drop(listener);
        let refused = first_of(vec![good, good]).await.unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
        assert!(first_of(Vec::new()).await.unwrap().is_none());
    }

    #[test]
    fn families_are_tried_in_turn() {
        let parse = |text: &str| text.parse::<SocketAddr>().unwrap();
        let given = ["[::1]:1", "[::2]:1", "[::3]:1", "127.0.0.1:1"].map(parse);
        let order = ["[::1]:1", "127.0.0.1:1", "[::2]:1", "[::3]:1"].map(parse);
        assert_eq!(interleaved(given.to_vec()), order);
        assert!(interleaved(Vec::new()).is_empty());
    }
}
