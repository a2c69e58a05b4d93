//! Answers at the socket. Bounded in every way: connections, length and time of a request.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;

use super::protocol::{REQUEST_MAX_BYTES, Reply, Request};

/// Connections at once; more wait to be accepted.
const CONNECTIONS_MAX: usize = 16;
/// A request must be complete by then, and a reply taken.
const PATIENCE: Duration = Duration::from_secs(5);

/// The open socket.
#[derive(Debug)]
pub struct Server {
    listener: UnixListener,
    /// Whose requests are heard: the owner of the socket, which is us.
    owner: u32,
}

impl Server {
    /// Opens the socket of a state directory that this process has locked; one that an earlier process
    /// left behind is replaced. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(state_dir: &Path) -> std::io::Result<Self> {
        let (path, _dir) = super::socket_path(state_dir)?;
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        let owner = std::fs::symlink_metadata(&path)?.uid();
        Ok(Self { listener, owner })
    }

    /// Answers for ever; each connection on its own, so that a slow one holds up nobody.
    pub async fn serve<F, A>(self, answer: F)
    where
        F: Fn(Request) -> A + Clone + Send + 'static,
        A: Future<Output = Reply> + Send + 'static,
    {
        let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        loop {
            let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
            let Ok((socket, _)) = self.listener.accept().await else {
                // Out of descriptors, for one: not a reason to spin.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let (answer, owner) = (answer.clone(), self.owner);
            tokio::spawn(async move {
                converse(socket, owner, answer).await;
                drop(place);
            });
        }
    }
}

async fn converse<F, A>(mut socket: UnixStream, owner: u32, answer: F)
where
    F: Fn(Request) -> A,
    A: Future<Output = Reply>,
{
    let peer = socket.peer_cred().map(|peer| peer.uid());
    // Root may do anything to us anyway.
    let reply = if matches!(peer, Ok(uid) if uid == owner || uid == 0) {
        match tokio::time::timeout(PATIENCE, read_line(&mut socket)).await {
            Ok(Ok(line)) => match Request::parse(&line) {
                Ok(request) => answer(request).await,
                Err(wrong) => Reply::failed(wrong),
            },
            Ok(Err(wrong)) => Reply::failed(wrong),
            Err(_) => Reply::failed("no complete request in time"),
        }
    } else {
        Reply::refused("only the user that runs the bot may operate it")
    };
    let Ok(mut line) = serde_json::to_vec(&reply) else { return };
    line.push(b'\n');
    // Whoever asked has gone: the request was carried out all the same.
    let _ = tokio::time::timeout(PATIENCE, socket.write_all(&line)).await;
}

async fn read_line(socket: &mut UnixStream) -> Result<Vec<u8>, String> {
    let mut line = Vec::new();
    let mut reader = BufReader::new(socket.take(REQUEST_MAX_BYTES as u64));
    reader.read_until(b'\n', &mut line).await.map_err(|error| error.to_string())?;
    match line.last() {
        Some(b'\n') => Ok(line),
        _ => Err(format!("a request is one line of at most {REQUEST_MAX_BYTES} bytes")),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;
    use crate::control::client;
    use crate::control::protocol::Outcome;

    fn started(dir: &Path) {
        let dir = dir.to_owned();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let server = Server::open(&dir).unwrap();
                server.serve(|request| async move { Reply::done(format!("{request:?}")) }).await;
            });
        });
    }

    fn wait_for(dir: &Path) {
        while client::ask(dir, &Request::Status, PATIENCE).is_err() {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn one_request_one_reply_for_the_owner_only_and_never_too_long() {
        let base = tempfile::tempdir().unwrap();
        // Deeper than a socket's name may be long.
        let dir = base.path().join("d".repeat(120));
        std::fs::create_dir(&dir).unwrap();
        std::fs::write(dir.join(crate::control::SOCKET), "left behind").unwrap();
        started(&dir);
        wait_for(&dir);
        let mode = std::fs::metadata(dir.join(crate::control::SOCKET)).unwrap().permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
        let kill = Request::Kill { reason: "a test".to_owned() };
        let reply = client::ask(&dir, &kill, PATIENCE).unwrap();
        assert!(reply.message.contains("a test"), "{reply:?}");
        let (path, _open) = crate::control::socket_path(&dir).unwrap();
        let raw = |bytes: &[u8]| {
            let mut socket = std::os::unix::net::UnixStream::connect(&path).unwrap();
            socket.write_all(bytes).unwrap();
            let mut answer = String::new();
            // A request cut off at its limit leaves unread bytes: the connection may end by a reset.
            let _ = socket.read_to_string(&mut answer);
            answer
        };
        let nonsense: Reply = serde_json::from_str(&raw(b"GET / HTTP/1.1\n")).unwrap();
        assert_eq!(nonsense.outcome, Outcome::Failed);
        let long = raw(&vec![b'x'; REQUEST_MAX_BYTES + 10]);
        assert!(long.is_empty() || long.contains("at most"), "{long}");
        wait_for(&dir);
    }

    #[test]
    fn nobody_there_is_said_so() {
        let dir = tempfile::tempdir().unwrap();
        let error = client::ask(dir.path(), &Request::Status, PATIENCE).unwrap_err();
        assert!(error.to_string().contains("no statecraft is running"), "{error}");
    }
}
