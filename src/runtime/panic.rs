//! What a panic means while trading: a defect of the program, after which nothing that it believes can be
//! relied on. The process ends at once, on whatever thread it happens, and the next start recovers as after
//! any crash (reliability.md A6, F47). What rests at the venue is bounded by its expiry and order group.
//!
//! This is a hook and not `panic = "abort"`: it holds for every build, so the tests try what is shipped; it
//! closes the gate first; it leaves no core with a key in it; and a parser of other people's bytes may fail
//! by itself ([`crate::signals::contained`]), so that one hostile document cannot keep the bot down.

use std::panic::PanicHookInfo;
use std::time::Duration;

use crate::signals::contained::is_contained;
use crate::trading::gate::Gate;

/// Exit code of a process that ended by a panic.
pub const EXIT_CODE: i32 = 101;
/// Saying so may take this long (nobody reads the log, no memory is left); then the process is aborted.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// From here on a panic on any thread closes the gate and ends the process.
pub fn end_process_on_panic(gate: Gate) {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if is_contained() {
            tracing::error!(code = "parser_failed", place = place(panic), "a parser panicked");
            return;
        }
        gate.close();
        // Whoever says nothing within its time is ended all the same; without a thread only the words
        // themselves can be in the way, and the gate is closed.
        drop(std::thread::Builder::new().spawn(|| {
            std::thread::sleep(LAST_WORDS);
            std::process::abort();
        }));
        report(panic);
        tracing::error!(
            code = "panic",
            place = place(panic),
            "a defect: the process ends here; the next start compares the account before it trades"
        );
        std::process::exit(EXIT_CODE);
    }));
}

fn place(panic: &PanicHookInfo<'_>) -> String {
    panic.location().map_or_else(|| "unknown".to_owned(), ToString::to_string)
}
