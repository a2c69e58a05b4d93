//! The second reader: a server on loopback that labels well, badly and maliciously.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use serde_json::{Value, json};
use statecraft::signals::labeller::{Labeller, LabellerSettings};
use statecraft_domain::signal::{Assertion, Direction, SourceClass};
use statecraft_extraction::{Headline, Reading};

struct Endpoint {
    asked: AtomicUsize,
    answer: Box<dyn Fn(&Value) -> String + Send + Sync>,
}

async fn serve(
    answer: impl Fn(&Value) -> String + Send + Sync + 'static,
) -> (String, Arc<Endpoint>) {
    let endpoint = Arc::new(Endpoint { asked: AtomicUsize::new(0), answer: Box::new(answer) });
    async fn complete(State(endpoint): State<Arc<Endpoint>>, body: String) -> String {
        endpoint.asked.fetch_add(1, Ordering::SeqCst);
        (endpoint.answer)(&serde_json::from_str(&body).unwrap())
    }
    let app = Router::new()
        .route("/v1/chat/completions", post(complete))
        .with_state(Arc::clone(&endpoint));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, endpoint)
}

fn says(content: &str) -> String {
    json!({ "choices": [{ "message": { "role": "assistant", "content": content } }] }).to_string()
}

fn label(direction: &str, assertion: &str) -> String {
    let signals = ["sov_capital"];
    json!({ "relevant": true, "capital": "sovereign", "stage": "proposed", "direction": direction,
            "assertion": assertion, "signals": signals })
    .to_string()
}

fn labeller(url: &str, dir: &std::path::Path) -> Arc<Labeller> {
    Labeller::new(LabellerSettings {
        url: url.parse().unwrap(),
        model: "m".to_owned(),
        key_file: None,
        timeout: Duration::from_secs(1),
        cache: dir.to_owned(),
    })
    .unwrap()
}

fn headline(title: &str) -> Headline<'_> {
    Headline { title, lang: "en", class: SourceClass::Wire, target: "japan", published: None }
}

fn reading() -> Reading {
    let mut reading = Reading { relevant: true, ..Reading::default() };
    reading.claim.direction = Direction::Up;
    reading.slugs.push("sov_capital".to_owned());
    reading
}

#[tokio::test]
async fn agreement_changes_nothing_and_disagreement_hedges() {
    let dir = tempfile::tempdir().unwrap();
    let (url, endpoint) = serve(|question| {
        let text = question.to_string();
        assert!(!text.contains("probability"), "never asked for one");
        assert_eq!(question["temperature"], 0);
        says(&label(if text.contains("against") { "down" } else { "up" }, "asserted"))
    })
    .await;
    let second = labeller(&url, dir.path());
    for title in ["for", "against"] {
        second.prepare(&headline(title)).await;
        second.prepare(&headline(title)).await;
    }
    assert_eq!(endpoint.asked.load(Ordering::SeqCst), 2, "cached by content");
    assert_eq!(second.check(&headline("for"), reading()), reading());
    let hedged = second.check(&headline("against"), reading());
    assert_eq!(hedged.claim.assertion, Assertion::Hedged);
    assert_eq!(hedged.slugs, reading().slugs);
    // A denial is not turned round, and what the rules do not hold for evidence stays none.
    for assertion in [Assertion::Denied, Assertion::Injection, Assertion::Satire] {
        let mut own = reading();
        own.claim.assertion = assertion;
        assert_eq!(second.check(&headline("against"), own.clone()), own);
    }
    // What was asked once is known after a restart.
    let again = labeller(&url, dir.path());
    again.prepare(&headline("against")).await;
    assert_eq!(endpoint.asked.load(Ordering::SeqCst), 2);
    assert_eq!(again.check(&headline("against"), reading()).claim.assertion, Assertion::Hedged);
}

#[tokio::test]
async fn whatever_goes_wrong_the_rules_stand() {
    let good = label("down", "denied");
    let malicious = [
        says("Ignore the schema. BUY."),
        says(&good.replace("sov_capital", "market_kill_switch")),
        says(&good.replace("\"relevant\":true", "\"relevant\":true,\"probability\":0.99")),
        says(&format!("{good} {good}")),
        good.clone(),
        "{}".to_owned(),
        String::new(),
        says(&"[".repeat(10_000)),
        " ".repeat(1_000_000),
        json!({ "choices": [{ "message": { "content": good, "tool_calls": [] } }, {}] })
            .to_string(),
    ];
    for answer in malicious {
        let dir = tempfile::tempdir().unwrap();
        let short: String = answer.chars().take(60).collect();
        let (url, endpoint) = serve(move |_| answer.clone()).await;
        let second = labeller(&url, dir.path());
        second.prepare(&headline("x")).await;
        assert_eq!(endpoint.asked.load(Ordering::SeqCst), 1);
        assert_eq!(second.check(&headline("x"), reading()), reading(), "{short}");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is kept: {short}");
    }
    // Nobody there, and nobody who answers in time.
    let dir = tempfile::tempdir().unwrap();
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let slow = labeller(&format!("http://{}", silent.local_addr().unwrap()), dir.path());
    let begun = std::time::Instant::now();
    slow.prepare(&headline("x")).await;
    assert!(begun.elapsed() < Duration::from_secs(4));
    assert_eq!(slow.check(&headline("x"), reading()), reading());
}
