//! Logs: lines on stderr (text, or JSON with `--json`), or JSON lines in a file while a live view has
//! the terminal.

use std::fs::OpenOptions;
use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;

/// Installs the log writer once. `RUST_LOG` wins over `verbose` (0 info, 1 debug, 2 and more trace);
/// `json` is for programs that read stderr.
pub fn init(verbose: u8, json: bool) {
    // A closed stderr must not end the program: the subscriber would report its own failure there, and
    // fail at that with a panic.
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter(verbose))
        .log_internal_errors(false)
        .with_writer(std::io::stderr);
    // A second call (tests) finds a writer installed already, which is fine.
    let _ = if json {
        builder.json().with_current_span(false).try_init()
    } else {
        builder.with_target(false).with_ansi(std::io::stderr().is_terminal()).try_init()
    };
}

/// The same into a file, appended.
///
/// # Errors
/// What the operating system says if the file cannot be created or opened.
pub fn init_to_file(verbose: u8, path: &Path) -> std::io::Result<()> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let file = OpenOptions::new().create(true).append(true).open(path)?;
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter(verbose))
        .json()
        .with_current_span(false)
        .with_writer(Mutex::new(file))
        .try_init();
    Ok(())
}

fn filter(verbose: u8) -> EnvFilter {
    let default = match verbose {
        0 => "warn,statecraft=info",
        1 => "info,statecraft=debug",
        _ => "debug,statecraft=trace",
    };
    EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default))
}
