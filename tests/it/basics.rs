//! What every answer has in common: problem documents, headers, request ids; readiness; and the logs of the real program.

use std::sync::atomic::Ordering;

use banglachat_tests::{Answer, ChannelKind, TestApp};
use reqwest::Method;
use sandbox::Rule;
use sandbox::graph::{Fault, FaultKind, Scope};
use sandbox::model::Reply;
use serde_json::{Value, json};

use crate::program::Serving;

const JSON: (&str, &str) = ("content-type", "application/json");

/// The problem's name, if the answer is a whole problem document of this status.
#[track_caller]
fn problem(answer: &Answer, status: u16) -> String {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
    let problem = answer.json();
    assert_eq!(problem["status"], status);
    assert_eq!(
        problem["request_id"].as_str(),
        answer.header("x-request-id")
    );
    assert!(
        ["title", "detail"]
            .iter()
            .all(|name| !problem[name].as_str().unwrap().is_empty())
    );
    let kind = problem["type"].as_str().unwrap();
    kind.strip_prefix("urn:banglachat:problem:")
        .unwrap()
        .to_owned()
}

async fn sign_in_with(app: &TestApp, body: impl Into<Vec<u8>>) -> Answer {
    let body = Some(body.into());
    app.api
        .send(Method::POST, "/api/v1/auth/login", &[JSON], body)
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_does_not_exist_is_not_found_with_any_method() {
    let app = TestApp::start().await;
    for path in [
        "/api/v1/nothing",
        "/nothing",
        "/api/v2/organizations",
        "/api/v1/organizations/a/b/c/d",
        "/.env",
        "/docs/../.env",
    ] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let answer = app.api.send(method, path, &[], None).await;
            assert_eq!(problem(&answer, 404), "not_found", "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_an_address_does_not_take_is_refused_with_those_it_takes() {
    let app = TestApp::start().await;
    let id = "0190a3c4-d5e6-7f80-91a2-b3c4d5e6f708";
    for (method, path, allowed) in [
        (Method::PUT, "/api/v1/organizations".to_owned(), "GET, POST"),
        (
            Method::POST,
            format!("/api/v1/organizations/{id}/agents/{id}"),
            "DELETE, GET, PATCH",
        ),
        (Method::GET, "/api/v1/auth/login".to_owned(), "POST"),
        (Method::DELETE, "/health/live".to_owned(), "GET"),
        (
            Method::PATCH,
            format!("/social/webhook/facebook/{id}/"),
            "GET, POST",
        ),
    ] {
        let answer = app.api.send(method, &path, &[], None).await;
        assert_eq!(problem(&answer, 405), "method_not_allowed", "{path}");
        let mut methods: Vec<_> = answer.header("allow").unwrap().split(", ").collect();
        methods.sort_unstable();
        assert_eq!(methods.join(", "), allowed, "{path}");
    }
}

/// R27: what just fits is read, one byte more is refused.
#[tokio::test(flavor = "multi_thread")]
async fn requests_are_read_up_to_their_limits_and_not_beyond() {
    let app = TestApp::start().await;
    let path = |length: usize| {
        let start = "/api/v1/organizations?x=";
        format!("{start}{}", "x".repeat(length - start.len()))
    };
    assert_eq!(
        problem(&app.api.get(&path(8 * 1024)).await, 401),
        "unauthorized"
    );
    assert_eq!(
        problem(&app.api.get(&path(8 * 1024 + 1)).await, 414),
        "uri_too_long"
    );

    let filled = async |length: usize| {
        let value = "x".repeat(length);
        let headers = [("x-filler", value.as_str())];
        app.api
            .send(Method::GET, "/api/v1/me", &headers, None)
            .await
    };
    assert_eq!(problem(&filled(31 * 1024).await, 401), "unauthorized");
    assert_eq!(problem(&filled(33 * 1024).await, 431), "headers_too_large");

    let body = |length: usize| format!("\"{}\"", "x".repeat(length - 2));
    assert_eq!(
        problem(&sign_in_with(&app, body(256 * 1024)).await, 422),
        "invalid"
    );
    assert_eq!(
        problem(&sign_in_with(&app, body(256 * 1024 + 1)).await, 413),
        "too_large"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_cannot_be_read_is_refused_by_place_and_never_repeated() {
    let app = TestApp::start().await;
    let broken = sign_in_with(
        &app,
        "{\"email\": \"a@example.com\",\n \"password\": planted-word}",
    )
    .await;
    assert_eq!(problem(&broken, 400), "bad_request");
    assert!(
        broken.text.contains("line 2, column") && !broken.text.contains("planted"),
        "{}",
        broken.text
    );
    let binary = sign_in_with(&app, b"{\"email\": \"\xff\"}".to_vec()).await;
    assert_eq!(problem(&binary, 400), "bad_request");
    let wrong = sign_in_with(
        &app,
        json!({ "email": "a@example.com", "password": ["planted-word"], "x": 1 }).to_string(),
    )
    .await;
    assert_eq!(problem(&wrong, 422), "invalid");
    assert!(!wrong.text.contains("planted"), "{}", wrong.text);
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let form = app
        .api
        .send(
            Method::POST,
            "/api/v1/auth/login",
            &form,
            Some(b"a=b".to_vec()),
        )
        .await;
    assert_eq!(problem(&form, 415), "unsupported_media_type");
}

/// R74, on whatever comes back.
#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_the_security_headers() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    let answers = [
        (shop.get("/agents").await, 200),
        (shop.post("/agents", &json!({})).await, 422),
        (app.api.get("/api/v1/me").await, 401),
        (app.api.get("/nothing").await, 404),
        (app.api.delete("/health/live").await, 405),
        (app.api.get("/health/ready").await, 200),
        (app.api.get(&page.webhook_path()).await, 403),
        (sign_in_with(&app, "x".repeat(300_000)).await, 413),
        (app.api.get("/").await, 200),
        (app.api.get("/docs/").await, 200),
    ];
    for (answer, status) in answers {
        assert_eq!(answer.status, status, "{}", answer.text);
        let header = |name: &str| answer.header(name).unwrap_or_default();
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert!(header("strict-transport-security").starts_with("max-age=31536000"));
        let policy = header("content-security-policy");
        assert!(
            policy.contains("frame-ancestors 'none'") && !policy.contains("script-src"),
            "{policy}"
        );
        let is_page = header("content-type").starts_with("text/html");
        assert_eq!(
            header("cache-control") == "no-store",
            !is_page,
            "{}",
            answer.text
        );
        assert!(answer.header("server").is_none() && answer.header("x-powered-by").is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_has_an_id_of_the_servers_own_making() {
    let app = TestApp::start().await;
    let chosen = "chosen-by-the-caller";
    let mut ids = Vec::new();
    for path in ["/health/live", "/api/v1/me", "/nothing", "/docs/"] {
        let answer = app
            .api
            .send(Method::GET, path, &[("x-request-id", chosen)], None)
            .await;
        ids.push(answer.header("x-request-id").unwrap().to_owned());
    }
    assert!(
        ids.iter().all(|id| uuid::Uuid::parse_str(id).is_ok()),
        "{ids:?}"
    );
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 4);
}

/// R22, R93: a load balancer looks elsewhere while what runs is finished.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_lives_but_is_not_ready() {
    let app = TestApp::start().await;
    app.api.get("/health/ready").await.expect(200);
    app.state.stopping.store(true, Ordering::Relaxed);
    let answer = app.api.get("/health/ready").await;
    assert_eq!(problem(&answer, 503), "unavailable");
    assert!(answer.header("retry-after").is_some());
    app.api.get("/health/live").await.expect(200);
}

/// R91: lines that a machine reads, with the ids that people ask for, and nothing of what customers and shops say.
#[tokio::test(flavor = "multi_thread")]
async fn json_logs_carry_ids_and_no_text_of_anybody() {
    const CUSTOMER: &str = "7390041100223344";
    const SAID: &str = "গোপন কথা: আমার ঠিকানা মিরপুর";
    let mut app = TestApp::builder()
        .set("LOG_FORMAT", "json")
        .set(
            "LOG",
            "info,banglachat=debug,actix_web=debug,tracing_actix_web=debug",
        )
        .start()
        .await;
    let shop = app.shop().await;
    shop.agent_with_model().await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    app.stop_server().await;
    let server = Serving::start(app.settings(), &app.url).await;

    // A platform and a model that fail are worth a line each.
    app.graph.fault(Rule::next(
        1,
        Fault::before(FaultKind::Reset).scope(Scope::Others),
    ));
    let path = format!("/social_accounts/{}/check", page.id);
    let failed = shop.post(&path, &json!({})).await;
    let request_id = failed.header("x-request-id").unwrap().to_owned();
    failed.expect(502);
    app.model.fault(Rule::always(Reply::InvalidKey));
    page.customer_writes(CUSTOMER, SAID).await;
    app.settle().await;
    app.graph.stop().await;
    let (status, log) = server.stop().await;

    assert!(status.success(), "{status}");
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")))
        .collect();
    let complete = |line: &Value| {
        ["timestamp", "level", "message"]
            .iter()
            .all(|name| line[name].is_string())
    };
    assert!(lines.iter().all(complete), "{log}");
    let of_request = lines
        .iter()
        .find(|line| line["message"] == "a platform could not be asked about an account")
        .unwrap();
    assert_eq!(of_request["span"]["request.id"], request_id.as_str());
    let of_job = lines
        .iter()
        .find(|line| line["message"] == "the model did not answer; falling back")
        .unwrap();
    assert_eq!(of_job["span"]["organization.id"], shop.id.as_str());
    assert!(of_job["span"]["job.id"].is_string());
    for planted in [
        SAID,
        "মিরপুর",
        CUSTOMER,
        &page.token,
        &page.app_secret,
        &page.verify_token,
        &shop.member.email,
        &shop.name,
    ] {
        assert!(!log.contains(planted), "{planted}");
    }
}
