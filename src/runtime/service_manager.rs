//! What the service manager is told (`Type=notify`, `WatchdogSec`): that the bot trades, that its loop still
//! turns, that it stops. The unit file is `contrib/statecraft.service`.
//!
//! The loop itself feeds the watchdog, not a thread of its own: a loop that hangs is a bot that is not there,
//! and the manager starts another. Without a manager (no `NOTIFY_SOCKET`) nothing is sent.

use std::time::{Duration, Instant};

use sd_notify::NotifyState;

/// See the module.
#[derive(Debug)]
pub struct ServiceManager {
    /// A third of what the manager's patience is; `None`: nobody watches.
    every: Option<Duration>,
    fed: Option<Instant>,
}

impl ServiceManager {
    /// The one this process was started by, if it was.
    #[must_use]
    pub fn from_environment() -> Self {
        Self { every: sd_notify::watchdog_enabled().map(|patience| patience / 3), fed: None }
    }

    /// The start is over: the account is compared and the bot does what its mode says.
    pub fn ready(&self) {
        tell(&[NotifyState::Ready]);
    }

    /// The loop has turned.
    pub fn turned(&mut self) {
        let Some(every) = self.every else { return };
        if self.fed.is_none_or(|fed| fed.elapsed() >= every) {
            self.fed = Some(Instant::now());
            tell(&[NotifyState::Watchdog]);
        }
    }

    /// The loop has ended; what is under way comes to its end.
    pub fn stopping(&self) {
        tell(&[NotifyState::Stopping]);
    }
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(code = "service_manager", %error, "the service manager cannot be told");
    }
}
