//! [`Screen`]: where a person sees the run.

use std::io::Write as _;
use std::time::{Duration, Instant};

use super::status::Status;
use super::view;

/// How often the live view is drawn, and a log line written.
const DRAW_EVERY: Duration = Duration::from_millis(250);
const LOG_EVERY: Duration = Duration::from_secs(10);

/// Where and how the state of the run is shown.
#[derive(Debug, Default)]
pub enum Screen {
    /// Nowhere.
    #[default]
    Off,
    /// A log line now and then.
    Log(Pace),
    /// The live view, redrawn in place on stderr.
    Terminal {
        /// When it is drawn.
        pace: Pace,
        /// Lines drawn last, to be overwritten.
        drawn: usize,
    },
}

/// Lets something happen at most so often.
#[derive(Debug, Default)]
pub struct Pace(Option<Instant>);

impl Pace {
    fn due(&mut self, every: Duration) -> bool {
        let now = Instant::now();
        let due = self.0.is_none_or(|last| now.duration_since(last) >= every);
        if due {
            self.0 = Some(now);
        }
        due
    }
}

impl Screen {
    /// The live view on a terminal.
    #[must_use]
    pub fn terminal() -> Self {
        Self::Terminal { pace: Pace::default(), drawn: 0 }
    }

    /// Log lines.
    #[must_use]
    pub fn log() -> Self {
        Self::Log(Pace::default())
    }

    /// Shows the status if it is time to; `status` is only asked for then.
    pub fn show(&mut self, status: impl FnOnce() -> Status) {
        match self {
            Self::Off => {}
            Self::Log(pace) => {
                if pace.due(LOG_EVERY) {
                    tracing::info!("{}", view::log_line(&status()));
                }
            }
            Self::Terminal { pace, drawn } => {
                if pace.due(DRAW_EVERY) {
                    *drawn = draw(&view::render(&status(), view::Size::of_terminal()), *drawn);
                }
            }
        }
    }

    /// Shows the last state, whatever the pace.
    pub fn show_last(&mut self, status: impl FnOnce() -> Status) {
        if let Self::Log(pace) | Self::Terminal { pace, .. } = self {
            *pace = Pace::default();
        }
        self.show(status);
    }
}

/// Overwrites the last view: cursor up, each line cleared to its end, then what is below. Returns how
/// many lines were drawn. A terminal that went away is no reason to stop trading.
fn draw(lines: &[String], drawn_before: usize) -> usize {
    let mut text = String::new();
    if drawn_before > 0 {
        text.push_str(&format!("\x1b[{drawn_before}A"));
    }
    for line in lines {
        text.push_str(line);
        text.push_str("\x1b[K\n");
    }
    text.push_str("\x1b[J");
    let mut stderr = anstream::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
    lines.len()
}
