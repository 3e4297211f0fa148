//! R1, R2: nothing counts without the right signature over the raw bytes.

use std::time::{Duration, Instant};

use banglachat::startup::ServeRole;
use banglachat_tests::fixtures::{self, SECRET, signature_vectors};
use banglachat_tests::{Account, Answer, ChannelKind, Shop, TestApp};
use reqwest::Method;
use sandbox::wire::sign;
use serde_json::json;

const JSON: (&str, &str) = ("content-type", "application/json");

async fn post(app: &TestApp, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let headers: Vec<_> = std::iter::once(JSON)
        .chain(headers.iter().copied())
        .collect();
    app.api
        .send(Method::POST, path, &headers, Some(body.as_bytes().to_vec()))
        .await
}

async fn sample_page(app: &TestApp) -> (Shop, Account) {
    let shop = app.shop().await;
    let page = shop
        .account(ChannelKind::Facebook)
        .external_id("104857600001122")
        .app_secret(SECRET)
        .connect()
        .await;
    (shop, page)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_published_signature_vectors_are_accepted() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    for (platform, id) in fixtures::ACCOUNTS {
        shop.account(platform)
            .external_id(id)
            .app_secret(SECRET)
            .connect()
            .await;
    }
    let vectors = signature_vectors();
    assert_eq!(vectors.len(), 6, "the index names six vectors");
    for (file, hex) in vectors {
        let platform = file
            .split('-')
            .next()
            .unwrap()
            .replace("messenger", "facebook");
        let path = format!("/social/webhook/{platform}/{}", shop.id);
        post(
            &app,
            &path,
            &[("x-hub-signature-256", &format!("sha256={hex}"))],
            &fixtures::body(&file),
        )
        .await
        .expect_text(200);
    }
    assert_eq!(app.db.count("webhook_events").await, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_missing_or_damaged_signatures_are_refused_and_nothing_is_stored() {
    let app = TestApp::start().await;
    let (_, page) = sample_page(&app).await;
    let body = fixtures::body("messenger-raw-escaped.json");
    let right = sign(SECRET, body.as_bytes());
    let hex = right.strip_prefix("sha256=").unwrap();
    let (truncated, doubled) = (&right[..right.len() - 1], format!("{right}00"));
    let (wrong_digit, other_secret) = (
        format!("sha256=f{}", &hex[1..]),
        sign("another-secret-0123456789", body.as_bytes()),
    );
    let (sha1_name, no_name, spaced) = (format!("sha1={hex}"), hex, format!("sha256= {hex}"));
    let refused: Vec<Vec<(&str, &str)>> = vec![
        vec![],
        vec![("x-hub-signature-256", "")],
        vec![("x-hub-signature-256", "sha256=")],
        vec![("x-hub-signature-256", truncated)],
        vec![("x-hub-signature-256", &doubled)],
        vec![("x-hub-signature-256", &wrong_digit)],
        vec![("x-hub-signature-256", &other_secret)],
        vec![("x-hub-signature-256", &sha1_name)],
        vec![("x-hub-signature-256", no_name)],
        vec![("x-hub-signature-256", &spaced)],
        vec![(
            "x-hub-signature-256",
            "sha256=zzzz1cf96df60c0dcc0ff4968f71c4bf9876d0b4ba201119ef93dcd7c71d2dd950",
        )],
        vec![(
            "x-hub-signature",
            "sha1=b206104e36a7e38bc218d9a028848c2ccc689e21",
        )],
        vec![("x-hub-signature", &right)],
        vec![("authorization", &right)],
    ];
    for headers in refused {
        let answer = post(&app, &page.webhook_path(), &headers, &body).await;
        assert_eq!(answer.status, 401, "{headers:?}");
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json")
        );
    }
    assert_eq!(app.db.count("webhook_events").await, 0);
    // The same body with the right one is taken: nothing above failed for another reason.
    post(
        &app,
        &page.webhook_path(),
        &[("x-hub-signature-256", &right)],
        &body,
    )
    .await
    .expect_text(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn hex_digits_of_either_case_are_the_same_signature() {
    let app = TestApp::start().await;
    let (_, page) = sample_page(&app).await;
    let body = fixtures::body("messenger-text.json");
    let upper = sign(SECRET, body.as_bytes())
        .strip_prefix("sha256=")
        .unwrap()
        .to_uppercase();
    post(
        &app,
        &page.webhook_path(),
        &[("x-hub-signature-256", &format!("sha256={upper}"))],
        &body,
    )
    .await
    .expect_text(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_over_rewritten_json_is_refused() {
    let app = TestApp::start().await;
    let (_, page) = sample_page(&app).await;
    let negative = "sha256=a19872d92bd3c24d91d833ef6f91ee5d3422049b6c93131e37cfeadae180ac75";
    let body = fixtures::body("messenger-raw-escaped.json");
    assert_eq!(
        post(
            &app,
            &page.webhook_path(),
            &[("x-hub-signature-256", negative)],
            &body
        )
        .await
        .status,
        401
    );
    let rewritten = serde_json::from_str::<serde_json::Value>(&body)
        .unwrap()
        .to_string();
    let of_original = sign(SECRET, body.as_bytes());
    assert_eq!(
        post(
            &app,
            &page.webhook_path(),
            &[("x-hub-signature-256", &of_original)],
            &rewritten
        )
        .await
        .status,
        401
    );
    assert_eq!(app.db.count("webhook_events").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn both_forms_of_the_path_take_events() {
    let app = TestApp::start().await;
    let (shop, page) = sample_page(&app).await;
    for (ending, file) in [("", "messenger-text.json"), ("/", "messenger-image.json")] {
        let body = fixtures::body(file);
        let path = format!("/social/webhook/facebook/{}{ending}", shop.id);
        post(
            &app,
            &path,
            &[("x-hub-signature-256", &sign(SECRET, body.as_bytes()))],
            &body,
        )
        .await
        .expect_text(200);
    }
    app.settle().await;
    assert_eq!(app.db.count("messages").await, 2);
    assert_eq!(page.view().await["last_event_kind"], "message");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organizations_secret_does_not_open_the_installations_route_or_another_platform() {
    let app = TestApp::start().await;
    let (shop, _) = sample_page(&app).await;
    let body = fixtures::body("messenger-text.json");
    let headers = [("x-hub-signature-256", &*sign(SECRET, body.as_bytes()))];
    assert_eq!(
        post(&app, "/social/webhook/facebook/", &headers, &body)
            .await
            .status,
        401
    );
    // No app of the organization for that platform: never "accept".
    assert_eq!(
        post(
            &app,
            &format!("/social/webhook/whatsapp/{}/", shop.id),
            &headers,
            &body
        )
        .await
        .status,
        401
    );
    let stranger = "0190a3c4-d5e6-7f80-91a2-b3c4d5e6f708";
    assert_eq!(
        post(
            &app,
            &format!("/social/webhook/facebook/{stranger}/"),
            &headers,
            &body
        )
        .await
        .status,
        401
    );
    assert_eq!(app.db.count("webhook_events").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_configured_secret_the_installations_route_takes_nothing() {
    let app = TestApp::builder().set("META_APP_SECRETS", "").start().await;
    let body = fixtures::body("messenger-text.json");
    for secret in ["", SECRET] {
        let headers = [("x-hub-signature-256", &*sign(secret, body.as_bytes()))];
        assert_eq!(
            post(&app, "/social/webhook/facebook/", &headers, &body)
                .await
                .status,
            401
        );
    }
    assert_eq!(app.db.count("webhook_events").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_secret_is_rotated_both_sign_and_afterwards_only_the_new_one() {
    let app = TestApp::start().await;
    let (shop, page) = sample_page(&app).await;
    let new = "new-app-secret-0123456789";
    let rotating =
        json!({ "app_id": "990011223344556", "app_secret": new, "app_secret_previous": SECRET });
    shop.put("/platform_apps/facebook", &rotating)
        .await
        .expect(200);
    for secret in [SECRET, new] {
        let body = fixtures::body("messenger-text.json");
        post(
            &app,
            &page.webhook_path(),
            &[("x-hub-signature-256", &sign(secret, body.as_bytes()))],
            &body,
        )
        .await
        .expect_text(200);
    }
    shop.put("/platform_apps/facebook", &json!({ "app_secret": new }))
        .await
        .expect(200);
    let body = fixtures::body("messenger-image.json");
    let headers = [("x-hub-signature-256", &*sign(SECRET, body.as_bytes()))];
    assert_eq!(
        post(&app, &page.webhook_path(), &headers, &body)
            .await
            .status,
        401
    );
}

/// R5: genuine or not, only plain JSON of a bearable size is read at all.
#[tokio::test(flavor = "multi_thread")]
async fn other_content_types_and_too_large_bodies_are_refused() {
    let app = TestApp::start().await;
    let (_, page) = sample_page(&app).await;
    let body = fixtures::body("messenger-text.json");
    let signature = sign(SECRET, body.as_bytes());
    for headers in [
        vec![
            ("content-type", "application/x-www-form-urlencoded"),
            ("x-hub-signature-256", signature.as_str()),
        ],
        vec![
            ("content-type", "application/json"),
            ("content-encoding", "gzip"),
            ("x-hub-signature-256", signature.as_str()),
        ],
        vec![("x-hub-signature-256", signature.as_str())],
    ] {
        let answer = app
            .api
            .send(
                Method::POST,
                &page.webhook_path(),
                &headers,
                Some(body.clone().into_bytes()),
            )
            .await;
        assert_eq!(answer.status, 415, "{headers:?}");
    }
    let large = " ".repeat(4 * 1024 * 1024 + 1);
    let headers = [("x-hub-signature-256", &*sign(SECRET, large.as_bytes()))];
    assert_eq!(
        post(&app, &page.webhook_path(), &headers, &large)
            .await
            .status,
        413
    );
    assert_eq!(app.db.count("webhook_events").await, 0);
}

/// R3, R7: content that nobody understands is a matter for people, never for the platform.
#[tokio::test(flavor = "multi_thread")]
async fn a_signed_body_that_cannot_be_read_is_taken_and_quarantined() {
    let app = TestApp::start().await;
    let (shop, page) = sample_page(&app).await;
    for body in [
        "",
        "{",
        "null",
        "[]",
        "{\"object\":\"page\"}",
        "{\"object\":\"page\",\"entry\":[7,{\"id\":\"104857600001122\",\"messaging\":[{}]}]}",
    ] {
        assert_eq!(page.receive(body).await, 200, "{body}");
    }
    assert_eq!(page.receive(&"[".repeat(100_000)).await, 200);
    app.settle().await;
    assert_eq!(app.db.count("webhook_events WHERE state = 'done'").await, 7);
    let quarantined = shop.all("/inbound_events?state=quarantined").await;
    assert!(quarantined.len() >= 5, "{quarantined:#?}");
    assert!(quarantined.iter().all(|item| {
        item["quarantine_reason"]
            .as_str()
            .is_some_and(|reason| !reason.is_empty())
    }));
    assert_eq!(app.db.count("messages").await, 0);
}

/// Processes keep what they check with; a change reaches all of them within five seconds.
#[tokio::test(flavor = "multi_thread")]
async fn a_changed_secret_is_known_to_every_process_within_five_seconds() {
    let app = TestApp::start().await;
    let (shop, page) = sample_page(&app).await;
    let other = app.start_another(ServeRole::Api).await;
    let client = app.api.at(&format!("http://{}", other.address.unwrap()));
    let body = fixtures::body("messenger-text.json");
    let post_signed = async |secret: &str| {
        let signature = sign(secret, body.as_bytes());
        let headers = [JSON, ("x-hub-signature-256", &*signature)];
        let body = Some(body.as_bytes().to_vec());
        let answer = client.send(Method::POST, &page.webhook_path(), &headers, body);
        answer.await.status
    };
    // Long enough for the other process to hear its first heartbeat, and to keep what it looked up.
    for _ in 0..3 {
        assert_eq!(post_signed(SECRET).await, 200);
        tokio::time::sleep(Duration::from_millis(700)).await;
    }
    let new = "another-app-secret-0123456789";
    let changed = Instant::now();
    shop.put("/platform_apps/facebook", &json!({ "app_secret": new }))
        .await
        .expect(200);
    while post_signed(SECRET).await != 401 {
        assert!(
            changed.elapsed() < Duration::from_secs(5),
            "the old secret still counts"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(post_signed(new).await, 200);
    other.stop().await;
}
