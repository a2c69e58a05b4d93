//! How long a source rests between looks.

use std::time::Duration;

use super::intake::Intake;

/// Longest pause after failures.
const BACKOFF_MAX: Duration = Duration::from_secs(30);

/// The time between looks: steady, and longer after each failure in a row.
pub(super) struct Pause {
    usual: Duration,
    next: Duration,
    longest: Duration,
}

impl Pause {
    pub(super) fn new(usual: Duration, polite: bool) -> Self {
        // A pause of nothing would be a busy loop.
        let usual = usual.max(Duration::from_millis(10));
        let longest = if polite { BACKOFF_MAX.max(usual * 8) } else { BACKOFF_MAX };
        Self { usual, next: usual, longest }
    }

    /// Sleeps: `wait` is what the source itself asks for.
    pub(super) async fn after<E: std::fmt::Display>(
        &mut self,
        outcome: Result<(), E>,
        wait: Duration,
        intake: &Intake,
    ) {
        match outcome {
            Ok(()) => {
                intake.answered();
                self.next = self.usual;
            }
            Err(error) => {
                intake.failed(&error);
                self.next = jittered((self.next * 2).min(self.longest)).max(self.usual);
            }
        }
        intake.rests(self.next.max(wait));
        tokio::time::sleep(self.next.max(wait)).await;
    }
}

/// Up to a fifth longer or shorter, so that those who failed together do not come back together.
fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(0.8 + 0.4 * rand::random::<f64>())
}
