//! What became of every order, and what that did to positions and cash.

pub mod account;
pub mod ledger;
pub mod life;

pub use account::{Accounts, Position};
pub use ledger::{Ledger, OrderRecord, Outcome};
pub use life::{Phase, Report};
