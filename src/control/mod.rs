//! How a person operates a running bot: one request, one reply, over a local socket in the state directory.
//!
//! [`protocol`] has the words, [`server`] answers, [`client`] asks, [`latch`] is the file `KILL` that holds
//! a kill over restarts. The socket is for the user the bot runs as and for nobody else.

pub mod client;
pub mod latch;
pub mod protocol;
pub mod server;

use std::path::{Path, PathBuf};

/// Name of the socket in the state directory.
pub const SOCKET: &str = "control.sock";

/// A Unix socket's name may be 107 bytes long; a state directory may lie deeper than that.
const SOCKET_PATH_MAX: usize = 100;

/// Where the socket of a state directory is, and the open directory that makes a long path short. The
/// directory must live as long as the path is used.
fn socket_path(state_dir: &Path) -> std::io::Result<(PathBuf, Option<std::fs::File>)> {
    use std::os::fd::AsRawFd as _;
    let path = state_dir.join(SOCKET);
    if path.as_os_str().len() <= SOCKET_PATH_MAX {
        return Ok((path, None));
    }
    let dir = std::fs::File::open(state_dir)?;
    Ok((PathBuf::from(format!("/proc/self/fd/{}/{SOCKET}", dir.as_raw_fd())), Some(dir)))
}
