//! A new key of the same account: the journal goes on under it when the venue shows that it is one, and what
//! the journal knows stays in force.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

#[path = "support/between.rs"]
mod between;
#[path = "support/ledger.rs"]
mod ledger;
#[path = "support/process.rs"]
mod process;
#[path = "support/verbs.rs"]
mod verbs;

use std::fs;
use std::path::Path;

use between::Between;
use ledger::*;
use process::*;
use verbs::*;

/// Writes the settings with the key that lies in `keys`; its id.
fn use_key(dir: &Path, url: &str, keys: &Path) -> String {
    let id = fs::read_to_string(keys.join("api_key_id.txt")).unwrap().trim().to_owned();
    let venue = format!(
        "[kalshi]\nendpoint = \"{url}\"\nkey_id = \"{id}\"\nprivate_key = \"{}/private_key.pem\"\n",
        keys.display(),
    );
    settings(dir, url, LIMITS);
    let path = dir.join("statecraft.toml");
    let text = fs::read_to_string(&path).unwrap();
    let (before, after) = (text.find("[kalshi]").unwrap(), text.find("[limits]").unwrap());
    fs::write(path, format!("{}{venue}{}", &text[..before], &text[after..])).unwrap();
    id
}

/// A start is refused, and says this.
fn refused(dir: &Path, why: &str) {
    let output = bot(dir, &["--for", "1s"]).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", log(dir));
    assert!(log(dir).lines().last().unwrap().contains(why), "{}", log(dir));
}

#[test]
fn a_key_can_be_changed_and_a_pause_outlives_it() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let (url, _venue) = venue(dir, "");
    strategy(dir, "churn", CHURN);
    let (old, new) = (dir.join("keys"), dir.join("keys/ed25519"));
    let old_id = use_key(dir, &url, &old);
    let mut running = answering(dir);
    wait_for_orders(&url, 2);
    assert_eq!(verb(dir, &["pause", "--reason", "the key is to be changed"]).0, 0);
    let (code, told) = verb(dir, &["journal", "new-key"]);
    assert_eq!(code, 3, "a bot runs: {told}");
    assert_eq!(running.stop(), Some(0));

    let new_id = use_key(dir, &url, &new);
    refused(dir, "journal new-key");
    let (code, told) = verb(dir, &["check", "--online"]);
    assert!(code == 1 && told.to_string().contains("journal new-key"), "{told}");
    let (code, told) = verb(dir, &["journal", "new-key"]);
    assert_eq!(code, 0, "{told}");
    let changed = &told["changed"];
    assert_eq!((text(changed, "from"), text(changed, "to")), (old_id, new_id));
    assert!(text(changed, "proof").contains("the venue shows order sc-"), "{told}");
    let (code, told) = verb(dir, &["journal", "new-key"]);
    assert_eq!((code, told["changed"].is_null()), (0, true), "{told}");

    let mut running = answering(dir);
    let status = wait(dir, "the pause", |status| status["mode"] == "halted");
    assert_eq!(status["gate"]["paused"], true, "{status}");
    let before = orders_at(&url);
    assert_eq!(verb(dir, &["resume", "--reason", "it is changed"]).0, 0);
    wait_for_orders(&url, before);
    assert_eq!(running.stop(), Some(0));
    compare(dir, &url);
    verify(dir);
    use_key(dir, &url, &old);
    refused(dir, "journal new-key");
}

#[test]
fn a_key_of_another_account_is_refused_and_changes_nothing() {
    let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (dir, elsewhere) = (dir.path(), elsewhere.path());
    let (url, _venue) = venue(dir, "");
    // The same venue to whoever asks for its address, with another account.
    let (other, _other) = venue(elsewhere, "");
    let between = Between::before(&url);
    strategy(dir, "churn", CHURN);
    use_key(dir, &between.url, &dir.join("keys"));
    let mut running = answering(dir);
    wait_for_orders(&url, 2);
    assert_eq!(running.stop(), Some(0));
    between.lead_to(&other);
    use_key(dir, &between.url, &elsewhere.join("keys/ed25519"));
    let (code, told) = verb(dir, &["journal", "new-key"]);
    assert_eq!(code, 3, "{told}");
    assert!(told.to_string().contains("nothing proves"), "{told}");
    refused(dir, "journal new-key");
    between.lead_to(&url);
    use_key(dir, &between.url, &dir.join("keys"));
    let mut running = answering(dir);
    wait(dir, "trading", |status| status["mode"] == "active");
    assert_eq!(running.stop(), Some(0));
}

#[test]
fn two_keys_of_one_account_do_not_trade_beside_each_other() {
    let (dir, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (dir, second) = (dir.path(), second.path());
    let (url, _venue) = venue(dir, "");
    strategy(dir, "churn", CHURN);
    use_key(dir, &url, &dir.join("keys"));
    // Without an order the venue does not tell whose the key is.
    let mut running = answering(dir);
    wait_for_orders(&url, 2);
    assert_eq!(running.stop(), Some(0));
    let mut running = answering(dir);
    fs::create_dir_all(second.join("keys")).unwrap();
    for file in ["api_key_id.txt", "private_key.pem"] {
        fs::copy(dir.join("keys/ed25519").join(file), second.join("keys").join(file)).unwrap();
    }
    strategy(second, "churn", CHURN);
    use_key(second, &url, &second.join("keys"));
    refused(second, &format!("process {} already trades on account", running.0.id()));
    let (code, told) = verb(second, &["check", "--online"]);
    assert!(code == 1 && told.to_string().contains("already trades on account"), "{told}");
    assert_eq!(running.stop(), Some(0));
}
