//! Tapes and foreign recordings as a stream of events that a venue can be made of.

use std::path::PathBuf;
use std::sync::mpsc::{SyncSender, sync_channel};

use statecraft_domain::Event;

use super::EventStream;
use crate::tape::{Playback, PlaybackOptions, TapeError};

/// Batches that are decoded ahead of the venue.
const AHEAD: usize = 4;

/// Plays files on a thread of their own, so that decoding never holds the venue up. A file that breaks
/// in the middle ends the stream; what was wrong is logged.
///
/// # Errors
/// [`TapeError`] if a file cannot be opened or recognised.
pub fn play(paths: Vec<PathBuf>, options: PlaybackOptions) -> Result<EventStream, TapeError> {
    let (sender, batches) = sync_channel::<Vec<Event>>(AHEAD);
    let (opened, answer) = sync_channel(1);
    std::thread::spawn(move || match Playback::open(&paths, options) {
        Ok(playback) => {
            // The other side waits for this answer; if it is gone there is nobody to play for.
            if opened.send(Ok(())).is_ok() {
                pump(playback, &sender);
            }
        }
        Err(error) => {
            let _ = opened.send(Err(error));
        }
    });
    // The thread answers before it does anything else; a panic in it leaves an empty stream.
    answer.recv().unwrap_or(Ok(()))?;
    Ok(Box::new(batches.into_iter().flatten()))
}

fn pump(mut playback: Playback, batches: &SyncSender<Vec<Event>>) {
    loop {
        let mut batch = Vec::new();
        match playback.read(&mut batch) {
            Ok(true) => {
                if batches.send(batch).is_err() {
                    return;
                }
            }
            Ok(false) => return,
            Err(error) => {
                tracing::error!(%error, "the recording ends here");
                return;
            }
        }
    }
}
