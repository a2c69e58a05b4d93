//! The order group of this run at the venue (reliability.md 6.6): every order that rests belongs to it,
//! no more than so many contracts may match within 15 seconds, and one request ends them all.
//!
//! Its name is on disk before the first order, so that the next run, or whoever kills this one, can end
//! what it left behind. A start ends the groups of all earlier runs of this state directory.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use statecraft_domain::Quantity;

use crate::venue::kalshi::rest::{KalshiRest, RestError};
use crate::venue::kalshi::wire::OrderGroupCreate;

/// Names of groups that may still have orders, one a line.
const FILE: &str = "order-groups";

/// Why there is no group.
#[derive(Debug, thiserror::Error)]
pub enum GroupError {
    /// The names cannot be kept.
    #[error("cannot keep the names of order groups in {}: {source}", .path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The venue did not do it.
    #[error("the venue did not answer about an order group: {0}")]
    Venue(#[from] RestError),
}

/// This run's group.
#[derive(Debug)]
pub struct OrderGroup {
    name: RwLock<Arc<str>>,
    /// Where its name is kept.
    dir: PathBuf,
    contracts: Quantity,
}

impl OrderGroup {
    /// Ends the groups of earlier runs and makes one for this run. `contracts` may match in 15 seconds.
    ///
    /// # Errors
    /// [`GroupError`]: nothing may rest at the venue without a group then.
    pub async fn make(
        rest: &KalshiRest,
        dir: &Path,
        contracts: Quantity,
    ) -> Result<Self, GroupError> {
        let name = RwLock::new(renew(rest, dir, contracts).await?);
        Ok(Self { name, dir: dir.to_owned(), contracts })
    }

    /// What the venue calls it now.
    #[must_use]
    pub fn name(&self) -> Arc<str> {
        Arc::clone(&self.name.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Cancels what rests in it and lets nothing in any more.
    ///
    /// # Errors
    /// [`GroupError::Venue`]: not known to be done.
    pub async fn end(&self, rest: &KalshiRest) -> Result<(), GroupError> {
        Ok(rest.trigger_order_group(&self.name()).await?)
    }

    /// Lets orders in again after its end; where somebody has removed it, another takes its place.
    ///
    /// # Errors
    /// [`GroupError`]: not known to be done; nothing may rest until it is.
    pub async fn set_up_anew(&self, rest: &KalshiRest) -> Result<(), GroupError> {
        if !rest.reset_order_group(&self.name()).await? {
            let made = renew(rest, &self.dir, self.contracts).await?;
            *self.name.write().unwrap_or_else(PoisonError::into_inner) = made;
        }
        Ok(())
    }
}

async fn renew(rest: &KalshiRest, dir: &Path, contracts: Quantity) -> Result<Arc<str>, GroupError> {
    end_recorded(rest, dir).await?;
    let wanted =
        OrderGroupCreate { contracts_limit_fp: contracts, subaccount: None, exchange_index: None };
    let made = rest.create_order_group(&wanted).await?.order_group_id;
    write(dir, &[made.as_str()])?;
    Ok(Arc::from(made))
}

/// Ends every group whose name is on record: its orders are cancelled, and none can be added.
/// Returns how many there were.
///
/// # Errors
/// [`GroupError`] for the first one not known to be over; its name stays on record.
pub async fn end_recorded(rest: &KalshiRest, dir: &Path) -> Result<usize, GroupError> {
    let names = read(dir)?;
    for name in &names {
        // Triggered first: nothing that is still on its way can rest in it while it is being removed.
        rest.trigger_order_group(name).await?;
        rest.delete_order_group(name).await?;
    }
    if !names.is_empty() {
        write(dir, &[])?;
    }
    Ok(names.len())
}

/// Names on record.
///
/// # Errors
/// [`GroupError::File`] if the file cannot be read; a missing one is empty.
pub fn read(dir: &Path) -> Result<Vec<String>, GroupError> {
    let path = dir.join(FILE);
    match fs::read_to_string(&path) {
        Ok(text) => {
            Ok(text.lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect())
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(source) => Err(GroupError::File { path, source }),
    }
}

/// Replaces the names, all or nothing, and durable.
fn write(dir: &Path, names: &[&str]) -> Result<(), GroupError> {
    let (path, new) = (dir.join(FILE), dir.join(format!("{FILE}.new")));
    let replace = || {
        let mut file = File::create(&new)?;
        for name in names {
            writeln!(file, "{name}")?;
        }
        file.sync_all()?;
        fs::rename(&new, &path)?;
        File::open(dir)?.sync_all()
    };
    replace().map_err(|source| GroupError::File { path: path.clone(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_replaced_whole() {
        let dir = tempfile::tempdir().unwrap();
        assert!(read(dir.path()).unwrap().is_empty());
        write(dir.path(), &["a", "b"]).unwrap();
        assert_eq!(read(dir.path()).unwrap(), ["a", "b"]);
        write(dir.path(), &[]).unwrap();
        assert!(read(dir.path()).unwrap().is_empty());
        let gone = dir.path().join("gone");
        assert!(write(&gone, &["a"]).unwrap_err().to_string().contains("gone"));
    }
}
