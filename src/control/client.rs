//! Asks a running bot.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::protocol::{REPLY_MAX_BYTES, Reply, Request};

/// Why there is no reply.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Nobody answers there.
    #[error(
        "no statecraft is running in {} (no answer at its control socket: {source}); start it with \
         `statecraft run`, or name the right settings with --config",
        .dir.display()
    )]
    NotRunning {
        /// The state directory.
        dir: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The connection broke, or the time passed.
    #[error("the running statecraft did not answer: {0}")]
    NoAnswer(std::io::Error),
    /// It answered something else.
    #[error("the running statecraft gave an answer that this version does not understand: {0}")]
    Unreadable(String),
}

/// Sends one request to the bot of a state directory and waits for the reply, `patience` at most.
///
/// # Errors
/// [`AskError`]; except for [`AskError::NotRunning`] the request may have taken effect.
pub fn ask(state_dir: &Path, request: &Request, patience: Duration) -> Result<Reply, AskError> {
    let not_running = |source| AskError::NotRunning { dir: state_dir.to_owned(), source };
    let (path, _dir) = super::socket_path(state_dir).map_err(not_running)?;
    let mut socket = UnixStream::connect(path).map_err(not_running)?;
    let timing =
        [socket.set_read_timeout(Some(patience)), socket.set_write_timeout(Some(patience))];
    timing.into_iter().collect::<Result<(), _>>().map_err(AskError::NoAnswer)?;
    let mut line =
        serde_json::to_vec(request).map_err(|error| AskError::Unreadable(error.to_string()))?;
    line.push(b'\n');
    socket.write_all(&line).map_err(AskError::NoAnswer)?;
    let mut answer = Vec::new();
    let mut reader = BufReader::new(socket.take(REPLY_MAX_BYTES as u64));
    reader.read_until(b'\n', &mut answer).map_err(AskError::NoAnswer)?;
    if answer.is_empty() {
        let closed = std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "it hung up");
        return Err(AskError::NoAnswer(closed));
    }
    serde_json::from_slice(&answer).map_err(|error| AskError::Unreadable(error.to_string()))
}
