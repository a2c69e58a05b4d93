//! A panic anywhere ends the process at once, and a parser's does not. Each is tried in a process of its
//! own: this very test, started again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use statecraft::runtime::panic::{EXIT_CODE, end_process_on_panic};
use statecraft::signals::contained::contained;
use statecraft::trading::gate::Gate;

const ROLE: &str = "PANIC_STOP_ROLE";

/// Does nothing in a test run; in the child it plays its role, and ends with 7 if nothing ended it before.
#[test]
fn child() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let gate = Gate::default();
    end_process_on_panic(gate.clone());
    match role.as_str() {
        "task" => {
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
            runtime.spawn(async { panic!("planted in a task") });
            std::thread::sleep(Duration::from_secs(20));
        }
        "thread" => {
            let _ = std::thread::spawn(|| panic!("planted in a thread")).join();
        }
        "parser" => {
            assert_eq!(contained(|| -> u32 { panic!("planted in a parser") }), None);
            assert_eq!(contained(|| 5), Some(5));
            assert!(!gate.is_closed(), "a parser's failure is no reason to stop");
        }
        other => unreachable!("{other}"),
    }
    std::process::exit(7);
}

fn play(role: &str) -> (Output, Duration) {
    let started = Instant::now();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["child", "--exact", "--nocapture", "--test-threads=1"]).env(ROLE, role);
    (command.output().unwrap(), started.elapsed())
}

#[test]
fn f47_a_panic_of_a_task_or_a_thread_ends_the_process_at_once() {
    for role in ["task", "thread"] {
        let (output, after) = play(role);
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(EXIT_CODE), "{role}: {words}");
        assert!(words.contains(&format!("planted in a {role}")), "{words}");
        assert!(after < Duration::from_secs(10), "{role}: {after:?}");
    }
}

#[test]
fn f66_a_panic_of_a_parser_ends_its_document_only() {
    let (output, _) = play("parser");
    assert_eq!(output.status.code(), Some(7), "{}", String::from_utf8_lossy(&output.stderr));
}
