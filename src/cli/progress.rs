//! Progress of long work, on a terminal only.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over files, or other steps.
pub(super) struct Progress {
    bar: ProgressBar,
    total: u64,
}

/// Starts a bar; invisible where stderr is no terminal.
pub(super) fn files(total: usize, what: &'static str) -> Progress {
    steps(total, what, "files")
}

/// Starts a bar over `unit`s; invisible where stderr is no terminal.
pub(super) fn steps(total: usize, what: &'static str, unit: &str) -> Progress {
    let total = total as u64;
    let bar = if std::io::stderr().is_terminal() {
        ProgressBar::new(total)
    } else {
        ProgressBar::hidden()
    };
    let template = format!("{{prefix}} {{bar:30}} {{pos}}/{{len}} {unit} {{msg}}");
    let style = ProgressStyle::with_template(&template);
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_prefix(what);
    Progress { bar, total }
}

impl Progress {
    /// So many steps are left.
    pub(super) fn at(&self, left: usize) {
        self.bar.set_position(self.total.saturating_sub(left as u64));
    }

    /// So many of so many steps are done.
    pub(super) fn set(&self, done: usize, total: usize) {
        self.bar.set_length(total as u64);
        self.bar.set_position(done as u64);
    }

    /// Shows a word beside the bar.
    pub(super) fn say(&self, message: String) {
        self.bar.set_message(message);
    }

    /// Takes the bar away.
    pub(super) fn done(&self) {
        self.bar.finish_and_clear();
    }
}
