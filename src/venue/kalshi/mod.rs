//! Kalshi.
