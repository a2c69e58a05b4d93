//! Are there file descriptors enough to begin with? The runtime's own start fails without a word of use
//! when there are not.

use std::fs::File;
use std::io;

/// What a run needs before it can say by itself what is missing: two runtimes with their timers and signals,
/// the control socket, and one connection.
const NEEDED: usize = 12;

/// Too few.
#[derive(Debug, thiserror::Error)]
#[error(
    "only {free} more files can be opened ({source}), and a run needs {NEEDED} to begin with and a few \
     dozen to trade: raise the limit (`ulimit -n 1024`, LimitNOFILE= of systemd)"
)]
pub struct TooFew {
    /// How many there were.
    free: usize,
    /// What the system said at the next.
    source: io::Error,
}

/// Opens as many as a start needs, and lets go of them.
///
/// # Errors
/// [`TooFew`]; nothing was started.
pub fn check() -> Result<(), TooFew> {
    let mut held = Vec::with_capacity(NEEDED);
    while held.len() < NEEDED {
        match File::open("/dev/null") {
            Ok(file) => held.push(file),
            Err(source) => return Err(TooFew { free: held.len(), source }),
        }
    }
    Ok(())
}
