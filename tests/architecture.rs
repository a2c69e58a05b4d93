//! The rules of the house that the compiler does not hold: who may import whom, and the few calls
//! that may stand in one place only. ARCHITECTURE.md states them; this file makes them true.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below `dir`, with its text.
fn rust_files(dir: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}

/// The text without `//` comments, so that prose may name anything.
fn code(text: &str) -> String {
    text.lines()
        .map(|line| line.split_once("//").map_or(line, |(before, _)| before))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The rooms that `text` imports from this crate (`crate::room`).
fn imported_rooms(text: &str) -> Vec<String> {
    code(text)
        .split("crate::")
        .skip(1)
        .flat_map(|rest| {
            let rest = rest.trim_start();
            // `crate::{a::b, c}` names several rooms at once.
            match rest.strip_prefix('{') {
                Some(list) => {
                    let list = list.split('}').next().unwrap_or("");
                    list.split(',').map(first_word).collect::<Vec<_>>()
                }
                None => vec![first_word(rest)],
            }
        })
        .filter(|room| !room.is_empty())
        .collect()
}

fn first_word(text: &str) -> String {
    text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// Rooms of `src/` in the order in which they may import: a room knows itself and those listed.
const ROOMS: &[(&str, &[&str])] = &[
    ("telemetry", &[]),
    ("venue", &[]),
    ("signals", &[]),
    ("config", &["signals"]),
    ("journal", &[]),
    ("control", &[]),
    ("skill", &[]),
    ("tape", &["venue"]),
    ("simulator", &["tape", "signals", "venue"]),
    ("research", &["config", "signals", "tape", "venue"]),
    ("explain", &["journal", "research", "skill"]),
    ("trading", &["journal", "venue"]),
    ("simulation", &["config", "journal", "simulator", "trading", "venue"]),
    (
        "runtime",
        &[
            "config",
            "control",
            "journal",
            "research",
            "signals",
            "simulator",
            "skill",
            "tape",
            "telemetry",
            "trading",
            "venue",
        ],
    ),
    (
        "cli",
        &[
            "config",
            "control",
            "explain",
            "journal",
            "research",
            "runtime",
            "signals",
            "simulation",
            "simulator",
            "skill",
            "tape",
            "telemetry",
            "venue",
        ],
    ),
];

/// The crates that cannot reach the world.
const PURE: &[&str] = &["domain", "engine", "exchange", "extraction", "statistics"];

/// A room is a module of this crate, or a crate that it names as one.
fn place_of(room: &str) -> PathBuf {
    let module = root().join("src").join(room);
    if module.is_dir() { module } else { root().join("crates").join(room).join("src") }
}

#[test]
fn imports_run_down_the_table_only() {
    let mut wrong = Vec::new();
    for (room, allowed) in ROOMS {
        for (path, text) in rust_files(&place_of(room)) {
            for imported in imported_rooms(&text) {
                let is_room = ROOMS.iter().any(|(name, _)| *name == imported);
                if is_room && imported != *room && !allowed.contains(&imported.as_str()) {
                    wrong.push(format!("{} imports crate::{imported}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "imports that run up:\n{}", wrong.join("\n"));
}

#[test]
fn every_room_is_in_the_table() {
    for entry in fs::read_dir(root().join("src")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            assert!(ROOMS.iter().any(|(room, _)| *room == name), "src/{name} is in no table");
        }
    }
}

/// The names under `[dependencies]` of a manifest.
fn dependencies(manifest: &Path) -> Vec<String> {
    let text = fs::read_to_string(manifest).unwrap();
    let section = text.split("[dependencies]").nth(1).unwrap_or("");
    let section = section.split("\n[").next().unwrap_or("");
    section
        .lines()
        .filter_map(|line| line.split(['=', '.']).next())
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty() && !name.starts_with('#'))
        .collect()
}

#[test]
fn pure_crates_have_nothing_to_do_io_with() {
    let allowed = ["statecraft-domain", "serde", "thiserror", "sha2"];
    let of_text = ["toml", "aho-corasick", "regex", "unicode-normalization"];
    for pure in PURE {
        for name in dependencies(&root().join("crates").join(pure).join("Cargo.toml")) {
            let of_text = *pure == "extraction" && of_text.contains(&name.as_str());
            let allowed = of_text || allowed.contains(&name.as_str());
            assert!(allowed, "crates/{pure} depends on {name}");
        }
    }
}

#[test]
fn pure_crates_read_no_clock_file_socket_or_environment() {
    let forbidden = [
        "std::fs",
        "std::net",
        "std::env",
        "std::process",
        "std::io",
        "std::thread",
        "Instant::now",
        "SystemTime",
        "HashMap",
        "HashSet",
        "println!",
        "rand::",
    ];
    for pure in PURE {
        for (path, text) in rust_files(&root().join("crates").join(pure).join("src")) {
            let text = code(text.split("#[cfg(test)]").next().unwrap());
            for word in forbidden {
                assert!(!text.contains(word), "{} uses {word}", path.display());
            }
        }
    }
}

/// Files (outside tests) whose code contains `needle`, relative to the root.
fn places(needle: &str) -> Vec<String> {
    let mut found = Vec::new();
    for dir in ["src", "crates"] {
        for (path, text) in rust_files(&root().join(dir)) {
            let relative = path.strip_prefix(root()).unwrap().display().to_string();
            let in_tests = relative.contains("/tests") || relative.contains("/benches");
            let text = code(text.split("#[cfg(test)]").next().unwrap());
            if !in_tests && text.contains(needle) {
                found.push(relative);
            }
        }
    }
    found
}

#[test]
fn only_the_risk_gate_approves_orders() {
    let callers: Vec<_> = places("by_risk_gate")
        .into_iter()
        .filter(|path| path != "crates/domain/src/order.rs")
        .collect();
    assert!(
        callers.iter().all(|path| path.starts_with("crates/engine/src/risk")),
        "approved outside the risk gate: {callers:?}"
    );
    assert_eq!(callers.len(), 1, "one place approves orders: {callers:?}");
}

#[test]
fn only_the_gateway_sends_orders() {
    let callers: Vec<_> = places(".create_order(")
        .into_iter()
        .filter(|path| !path.starts_with("src/venue/") && !path.starts_with("src/simulator/"))
        .collect();
    assert_eq!(callers, ["src/runtime/gateway.rs"], "one place sends orders");
}

/// What a running bot decides, and how it talks to the venue, is told the time and does no I/O: so the
/// seeded simulation runs the very code that trades.
#[test]
fn decisions_of_the_runtime_read_no_clock_and_do_no_io() {
    let forbidden = [
        "tokio",
        "std::fs",
        "std::net",
        "std::env",
        "std::process",
        "std::thread",
        "Instant::now",
        "SystemTime",
        "HashMap",
        "HashSet",
        "println!",
        "use rand",
    ];
    let mut files = rust_files(&root().join("src/trading"));
    for path in ["session.rs", "conversation.rs"] {
        let path = root().join("src/venue/kalshi/stream").join(path);
        let text = fs::read_to_string(&path).unwrap();
        files.push((path, text));
    }
    for (path, text) in files {
        let text = code(text.split("#[cfg(test)]").next().unwrap());
        for word in forbidden {
            assert!(!text.contains(word), "{} uses {word}", path.display());
        }
    }
}
