//! Recordings made by other programs. A broken line is counted and kept with its number; the rest of
//! the file goes on. A skipped sequence number makes the book untrusted until its next snapshot.

pub(crate) mod book_csv;
mod kalshi_ws;
pub(crate) mod lines;
pub(crate) mod quotes_csv;

pub use book_csv::BookCsv;
pub use kalshi_ws::KalshiWs;
pub use quotes_csv::QuotesCsv;
