//! Logs: structured lines on stderr. Text on a terminal, JSON otherwise.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// Installs the log writer once. `RUST_LOG` wins over `verbose` (0 info, 1 debug, 2 and more trace).
pub fn init(verbose: u8) {
    let default = match verbose {
        0 => "warn,statecraft=info",
        1 => "info,statecraft=debug",
        _ => "debug,statecraft=trace",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second call (tests) finds a writer installed already, which is fine.
    let _ = if std::io::stderr().is_terminal() {
        builder.with_target(false).try_init()
    } else {
        builder.json().with_current_span(false).try_init()
    };
}
