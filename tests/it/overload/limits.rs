//! R27 where the webhooks' own layer stands: each limit answers with its problem document.

use std::time::Duration;

use banglachat::metrics::metrics;
use banglachat_tests::{Answer, ChannelKind, TestApp, eventually};
use reqwest::Method;

use super::raw;

const JSON: (&str, &str) = ("content-type", "application/json");

#[track_caller]
fn is_problem(answer: &Answer, status: u16, kind: &str) {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
    let problem = answer.json();
    assert_eq!(problem["type"], format!("urn:banglachat:problem:{kind}"));
    assert_eq!(
        problem["request_id"].as_str(),
        answer.header("x-request-id"),
        "{problem}"
    );
    assert!(
        answer
            .header("x-request-id")
            .is_some_and(|id| !id.is_empty())
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_is_too_large_is_refused_by_its_part() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let path = shop
        .social_account(ChannelKind::Facebook)
        .await
        .webhook_path();
    let send = async |path: &str, headers: &[(&str, &str)], body: Vec<u8>| {
        app.api.send(Method::POST, path, headers, Some(body)).await
    };
    let just_fits = send(&path, &[JSON], vec![b' '; 4 * 1024 * 1024]).await;
    is_problem(&just_fits, 401, "unauthorized");
    let body = send(&path, &[JSON], vec![b' '; 4 * 1024 * 1024 + 1]).await;
    is_problem(&body, 413, "too_large");
    let address = format!("{path}?x={}", "x".repeat(8 * 1024));
    is_problem(
        &send(&address, &[JSON], Vec::new()).await,
        414,
        "uri_too_long",
    );
    let filler = "x".repeat(33 * 1024);
    let headers = send(&path, &[JSON, ("x-filler", &filler)], Vec::new()).await;
    is_problem(&headers, 431, "headers_too_large");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_has_more_than_a_hundred_rows() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    for list in [
        "conversations",
        "agents",
        "audit_log",
        "knowledge",
        "members",
    ] {
        shop.get(&format!("/{list}?limit=100")).await.expect(200);
        let refused = shop.get(&format!("/{list}?limit=101")).await;
        is_problem(&refused, 422, "invalid");
    }
}

/// Those beyond the limit wait, and are served when others have gone.
#[tokio::test(flavor = "multi_thread")]
async fn no_more_connections_are_held_than_allowed() {
    const ALLOWED: i64 = 16;
    let app = TestApp::builder()
        .set("HTTP_CONNECTIONS", ALLOWED)
        .start()
        .await;
    let held = || metrics().connections.get();
    let mut connections = Vec::new();
    for _ in 0..64 {
        connections.push(raw::connect(&app.url).await);
    }
    let patience = Duration::from_secs(5);
    eventually("all that are allowed are held", patience, async || {
        held() == ALLOWED
    })
    .await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(held(), ALLOWED);
    drop(connections);
    app.api.get("/health/live").await.expect(200);
    eventually("they are given back", patience, async || held() <= 2).await;
}
