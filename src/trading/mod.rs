//! What a running bot decides around its engine, without I/O: each part is told what happened and what
//! time it is, and says what is to be done. The live loop and the seeded simulation both run these very
//! parts; only what carries their wishes out differs.
//!
//! | file | decides |
//! |---|---|
//! | [`desk`] | what is written down before what, which actions become which errands, cancels that wait for a name |
//! | [`dispatch`] | may this order leave now; what an answer of the venue means |
//! | [`clock_watch`] | may orders leave on this clock |
//! | [`lateness`] | how far behind the venue the market data is |
//! | [`conditions`] | what the venue as a whole allows |
//! | [`reopening`] | how long all must be well before orders leave again by themselves |
//! | [`book_check`] | is a book that seems alive the venue's book; quarantines |
//! | [`watch`] | what to look at besides the feed, and what the answers mean: clock, venue, books |
//! | [`edits`] | what an edited strategy file loosens |
//! | [`gate`] | the last thing before a socket: closed for good, or held until the account is compared |
//! | [`group`] | the order group of a run ends with the gate, and is set up anew with it |
//! | [`feed`] | what the stream's news beside events ask for |
//! | [`listings`] | when markets' listings are read again, and what a difference means |
//! | [`results`] | when to ask how a market ended, until the venue says so |
//! | [`flow`] | did anything leave that was not approved; the limits from behind |
//! | [`reconciler`] | when to ask for the account, and what its report proves |
//! | `asked` | what was known when a report was asked for |
//! | [`reconcile`] | the differences between a report and what is known |
//! | `suspicion` | since when a figure is not the venue's, and whether that proves anything |
//! | `cash` | is the venue's cash ours, as far as what is open does not explain the difference |
//! | [`contest`] | positions that differ until they agree again, or a person takes the venue's over |
//! | `strangers` | orders and fills that are not ours, and orders that are over here and rest there |
//! | `forgotten` | fills of orders that were over long ago are told once |
//! | `absence` | what it proves that the venue does not list an order without an answer |
//! | `stale` | positions that are older than the fills of their own report |
//! | [`recovery`] | from a journal back to an engine |
//! | [`beginning`] | how a start begins to trade, or does not, by what earlier runs stopped for |
//! | [`unfinished`] | what a person asked to be closed, and nothing closes since the process that did has ended |
//! | [`clock`] | what time it is when the machine's clock jumps |
//! | [`account`] | how an account is read: every page of every part, or nothing |

mod absence;
pub mod account;
mod asked;
pub mod beginning;
pub mod book_check;
mod cash;
pub mod clock;
pub mod clock_watch;
pub mod conditions;
pub mod contest;
pub mod desk;
pub mod dispatch;
pub mod edits;
pub mod feed;
pub mod flow;
mod forgotten;
pub mod gate;
pub mod group;
pub mod lateness;
pub mod listings;
pub mod markets;
pub mod reconcile;
pub mod reconciler;
pub mod recovery;
pub mod reopening;
pub mod results;
mod stale;
mod strangers;
mod suspicion;
pub mod unfinished;
pub mod watch;
