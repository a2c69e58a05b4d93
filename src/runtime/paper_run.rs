//! Real money waits for a paper run (R28): the journal of the paper runs says which strategies have had theirs.

use statecraft_domain::{Nanos, Timestamp};

use crate::config::Loaded;
use crate::journal::{self, JournalError};

/// The strategies that have not run on paper for long enough as they are (R28), each with what it has.
/// Empty: nothing stands in the way.
///
/// # Errors
/// [`JournalError`]: there is a journal of paper runs, and it cannot be read.
pub fn unproved(loaded: &Loaded) -> Result<Vec<(String, Nanos)>, JournalError> {
    let paper = &loaded.settings.paper;
    if paper.wanted == Nanos::ZERO {
        return Ok(Vec::new());
    }
    let enabled = || loaded.strategies.iter().filter(|strategy| strategy.enabled);
    let hashes: Vec<String> = enabled().map(|strategy| strategy.hash.clone()).collect();
    let journal = paper.state_dir.as_ref().filter(|dir| dir.join(journal::FILE_NAME).exists());
    let records = match journal {
        Some(dir) => journal::inspect::records(dir, &journal::PAPER_KINDS, Timestamp::MAX)?,
        None => Vec::new(),
    };
    let names = enabled().map(|strategy| strategy.strategy.name.clone());
    let proved = names.zip(journal::paper_time(&records, &hashes));
    Ok(proved.filter(|(_, run)| *run < paper.wanted).collect())
}
