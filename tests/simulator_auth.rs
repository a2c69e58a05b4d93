//! Signatures at the simulated venue: what is accepted, and the exact body of each refusal.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

mod simulator_common;

use ring::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256};
use serde_json::{Value, json};
use simulator_common::{Bench, Client, Socket};

const PATH: &str = "/trade-api/v2/portfolio/balance";

fn incorrect() -> (u16, Value) {
    refusal("authentication_error", "authentication_error", Some("INCORRECT_API_KEY_SIGNATURE"))
}

fn refusal(code: &str, message: &str, details: Option<&str>) -> (u16, Value) {
    let mut error = json!({ "code": code, "message": message });
    if let Some(details) = details {
        error["details"] = json!(details);
    }
    (401, json!({ "error": error }))
}

async fn balance(client: &Client, headers: Vec<(&'static str, String)>) -> (u16, Value) {
    client.raw("GET", PATH, headers, None).await
}

#[tokio::test]
async fn both_algorithms_sign() {
    let bench = Bench::new().await;
    for client in [Client::rsa(&bench.simulator), Client::ed25519(&bench.simulator)] {
        assert_eq!(client.get("/portfolio/balance").await["balance"], 10_000);
        let signed_with_query = client.get("/portfolio/balance?subaccount=0").await;
        assert_eq!(signed_with_query["balance_dollars"], "100.0000");
    }
}

#[tokio::test]
async fn wrong_signatures_are_incorrect() {
    let bench = Bench::new().await;
    let client = &bench.client;
    let headers_over = |message: String, timestamp: String| {
        vec![
            ("KALSHI-ACCESS-KEY", client.key_id.clone()),
            ("KALSHI-ACCESS-TIMESTAMP", timestamp),
            ("KALSHI-ACCESS-SIGNATURE", message),
        ]
    };
    let now = client.now_ms().to_string();
    let padded = client.sign(&format!("{now}GET{PATH}"), &RSA_PKCS1_SHA256);
    assert_eq!(balance(client, headers_over(padded, now.clone())).await, incorrect());
    for wrong in [
        "GET/portfolio/balance",
        "GET/trade-api/v2/portfolio/balance?subaccount=0",
        "POST/trade-api/v2/portfolio/balance",
    ] {
        let signature = client.sign(&format!("{now}{wrong}"), &RSA_PSS_SHA256);
        assert_eq!(
            balance(client, headers_over(signature, now.clone())).await,
            incorrect(),
            "{wrong}"
        );
    }
    assert_eq!(balance(client, headers_over("not base64".to_owned(), now)).await, incorrect());
}

#[tokio::test]
async fn unknown_keys_and_missing_headers_are_named() {
    let bench = Bench::new().await;
    let mut client = Client::rsa(&bench.simulator);
    client.key_id = "00000000-0000-4000-8000-000000000000".to_owned();
    let unknown = balance(&client, client.headers("GET", PATH)).await;
    assert_eq!(unknown, refusal("authentication_error", "authentication_error", Some("NOT_FOUND")));
    let mut headers = bench.client.headers("GET", PATH);
    headers.pop();
    let missing =
        refusal("signature_is_missing_from_headers", "signature is missing from headers", None);
    assert_eq!(balance(&client, headers).await, missing);
    assert_eq!(balance(&client, Vec::new()).await, missing);
}

#[tokio::test]
async fn clocks_may_be_a_little_off() {
    let bench = Bench::new().await;
    let mut client = Client::rsa(&bench.simulator);
    let expired = refusal("header_timestamp_expired", "header timestamp expired", None);
    for (skew_ms, accepted) in
        [(-5_000, true), (5_000, true), (-30_000, false), (-300_000, false), (300_000, false)]
    {
        client.skew_ms = skew_ms;
        let answer = balance(&client, client.headers("GET", PATH)).await;
        if accepted {
            assert_eq!(answer.0, 200, "{skew_ms}");
        } else {
            assert_eq!(answer, expired, "{skew_ms}");
        }
    }
}

#[tokio::test]
async fn market_data_is_public_and_may_be_signed() {
    let bench = Bench::new().await;
    let client = &bench.client;
    let target = "/trade-api/v2/markets";
    assert_eq!(client.raw("GET", target, Vec::new(), None).await.0, 200);
    assert_eq!(client.call("GET", "/markets", None).await.0, 200);
    assert_eq!(client.raw("GET", "/trade-api/v2/exchange/status", Vec::new(), None).await.0, 200);
}

#[tokio::test]
async fn the_handshake_is_always_signed() {
    let bench = Bench::new().await;
    let client = &bench.client;
    assert!(Socket::open(&client.base, Vec::new()).await.is_err());
    let wrong_path = client.headers("GET", "/trade-api/v2/ws");
    assert!(Socket::open(&client.base, wrong_path).await.is_err());
    client.socket().await;
    Client::ed25519(&bench.simulator).socket().await;
}
