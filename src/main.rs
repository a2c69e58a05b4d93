//! The `statecraft` program: a `match` over its verbs lives in [`statecraft::cli`].

fn main() {}
