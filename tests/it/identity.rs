//! Signing in and out: tokens, their rotation and their end, cookies (R31, R32, R34, R39).

use std::time::Duration;

use banglachat_tests::{Answer, Api, Member, TestApp};
use reqwest::Method;
use serde_json::{Value, json};

const REFRESH: &str = "/api/v1/auth/refresh";

/// Tokens of a sign-in that keeps its refresh token itself.
pub struct SignIn {
    pub api: Api,
    pub refresh_token: String,
}

impl SignIn {
    pub fn of(app: &TestApp, signed_in: &Value) -> Self {
        let token = |name: &str| {
            signed_in[name]
                .as_str()
                .unwrap_or_else(|| panic!("{name} in {signed_in}"))
                .to_owned()
        };
        Self {
            api: app.api.with_token(&token("access_token")),
            refresh_token: token("refresh_token"),
        }
    }

    pub async fn works(&self) -> bool {
        let answer = self.api.get("/api/v1/me").await;
        assert!([200, 401].contains(&answer.status), "{}", answer.text);
        answer.status == 200
    }
}

pub async fn log_in(app: &TestApp, member: &Member) -> SignIn {
    let body =
        json!({"email": member.email, "password": member.password, "refresh_token_in_body": true});
    SignIn::of(
        app,
        &app.api.post("/api/v1/auth/login", &body).await.expect(200),
    )
}

pub async fn try_password(app: &TestApp, email: &str, password: &str) -> Answer {
    app.api
        .post(
            "/api/v1/auth/login",
            &json!({"email": email, "password": password}),
        )
        .await
}

pub async fn refresh(app: &TestApp, token: &str) -> Answer {
    app.api
        .post(REFRESH, &json!({"refresh_token": token}))
        .await
}

pub fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_is_good_once_and_its_honest_repetition_gets_the_same_successor() {
    let app = TestApp::start().await;
    let member = app.register("Rahim").await;
    let first = log_in(&app, &member).await.refresh_token;
    let second = SignIn::of(&app, &refresh(&app, &first).await.expect(200));
    assert_ne!(second.refresh_token, first);
    assert!(second.works().await);
    // Two tabs: also when the successor is in use already.
    let third = SignIn::of(
        &app,
        &refresh(&app, &second.refresh_token).await.expect(200),
    );
    app.state.clock.advance(seconds(8));
    assert_eq!(
        SignIn::of(&app, &refresh(&app, &first).await.expect(200)).refresh_token,
        second.refresh_token
    );
    // A lost answer: within two minutes, as long as nobody has used the successor.
    app.state.clock.advance(seconds(60));
    assert_eq!(
        SignIn::of(
            &app,
            &refresh(&app, &second.refresh_token).await.expect(200)
        )
        .refresh_token,
        third.refresh_token
    );
    assert!(third.works().await);
    // At the same time, as tabs do it.
    let tokens = [(); 5].map(|()| refresh(&app, &third.refresh_token));
    let [a, b, c, d, e] = tokens;
    let answers = tokio::join!(a, b, c, d, e);
    let token = |answer: Answer| SignIn::of(&app, &answer.expect(200)).refresh_token;
    let fourth = token(answers.0);
    assert!(
        [
            token(answers.1),
            token(answers.2),
            token(answers.3),
            token(answers.4)
        ]
        .iter()
        .all(|one| *one == fourth)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_that_is_used_again_ends_its_sign_in_and_no_other() {
    let app = TestApp::start().await;
    let member = app.register("Rahim").await;
    let other = log_in(&app, &member).await;
    let stolen = log_in(&app, &member).await.refresh_token;
    let owner = SignIn::of(&app, &refresh(&app, &stolen).await.expect(200));
    let owner = SignIn::of(&app, &refresh(&app, &owner.refresh_token).await.expect(200));
    app.state.clock.advance(seconds(11));
    refresh(&app, &stolen).await.expect(401);
    assert!(
        !owner.works().await,
        "the access token of the family dies at once"
    );
    refresh(&app, &owner.refresh_token).await.expect(401);
    assert!(other.works().await);
    assert_eq!(
        app.db
            .count("identity_audit_log WHERE action = 'refresh_token_reused'")
            .await,
        1
    );
    // The user is told.
    let sessions = other.api.get("/api/v1/me/sessions").await.expect(200);
    let ended: Vec<_> = sessions["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|session| session["ended_reason"] == "refresh_token_reused")
        .collect();
    assert_eq!(ended.len(), 1, "{sessions}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_ends_after_30_idle_days_and_after_90_days_altogether() {
    const DAY: u64 = 86_400;
    let app = TestApp::start().await;
    let member = app.register("Rahim").await;
    let idle = log_in(&app, &member).await;
    let mut used = log_in(&app, &member).await;
    for day in [29, 58, 87] {
        app.state.clock.advance(seconds(29 * DAY));
        used = SignIn::of(&app, &refresh(&app, &used.refresh_token).await.expect(200));
        assert!(used.works().await, "day {day}");
    }
    refresh(&app, &idle.refresh_token).await.expect(401);
    app.state.clock.advance(seconds(4 * DAY));
    refresh(&app, &used.refresh_token).await.expect(401);
    // The days of an idle one are counted, not only those of all.
    let idle = log_in(&app, &member).await;
    app.state.clock.advance(seconds(30 * DAY + 60));
    refresh(&app, &idle.refresh_token).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_out_ends_this_sign_in_at_once_and_everywhere_ends_all() {
    let app = TestApp::start().await;
    let (member, other) = (app.register("Rahim").await, app.register("Karima").await);
    let (one, two, three) = (
        log_in(&app, &member).await,
        log_in(&app, &member).await,
        log_in(&app, &member).await,
    );
    let logged_out = app
        .api
        .post(
            "/api/v1/auth/logout",
            &json!({"refresh_token": one.refresh_token}),
        )
        .await;
    assert_eq!(logged_out.status, 204);
    assert_eq!((one.works().await, two.works().await), (false, true));
    refresh(&app, &one.refresh_token).await.expect(401);
    // A single one, by its id.
    let sessions = two.api.get("/api/v1/me/sessions").await.expect(200);
    let current = sessions["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|session| session["current"] == true)
        .unwrap();
    let path = format!("/api/v1/me/sessions/{}", current["id"].as_str().unwrap());
    other.api.delete(&path).await.expect(404);
    assert_eq!(three.api.delete(&path).await.status, 204);
    assert_eq!((two.works().await, three.works().await), (false, true));
    assert_eq!(
        three
            .api
            .post("/api/v1/auth/logout_all", &Value::Null)
            .await
            .status,
        204
    );
    assert!(!three.works().await && member.api.get("/api/v1/me").await.status == 401);
    refresh(&app, &three.refresh_token).await.expect(401);
    other.api.get("/api/v1/me").await.expect(200);
    assert!(
        log_in(&app, &member).await.works().await,
        "logging in again works"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_ends_after_fifteen_minutes() {
    let app = TestApp::start().await;
    let sign_in = log_in(&app, &app.register("Rahim").await).await;
    app.state.clock.advance(seconds(14 * 60));
    assert!(sign_in.works().await);
    app.state.clock.advance(seconds(70));
    assert!(!sign_in.works().await);
    assert!(
        SignIn::of(
            &app,
            &refresh(&app, &sign_in.refresh_token).await.expect(200)
        )
        .works()
        .await
    );
}

/// R39.
#[tokio::test(flavor = "multi_thread")]
async fn a_browser_gets_a_strict_cookie_that_foreign_pages_cannot_use() {
    let app = TestApp::builder()
        .set("CORS_ORIGINS", "https://app.example.com")
        .start()
        .await;
    let member = app.register("Rahim").await;
    let signed_in = try_password(&app, &member.email, &member.password).await;
    let cookie = signed_in.header("set-cookie").unwrap().to_owned();
    for attribute in [
        "banglachat_refresh=bcr_",
        "HttpOnly",
        "Secure",
        "SameSite=Strict",
        "Path=/api/v1/auth",
        "Max-Age=",
    ] {
        assert!(cookie.contains(attribute), "{attribute} in {cookie}");
    }
    assert!(
        signed_in.json()["refresh_token"].is_null(),
        "not in the body as well"
    );
    assert_eq!(signed_in.header("cache-control"), Some("no-store"));
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let send = async |path: &str, more: &[(&str, &str)]| {
        let headers = [&[("cookie", cookie.as_str())], more].concat();
        app.api.send(Method::POST, path, &headers, None).await
    };
    let ours = ("x-requested-with", "banglachat");
    for path in [REFRESH, "/api/v1/auth/logout"] {
        assert_eq!(
            send(path, &[]).await.status,
            403,
            "{path} without the header"
        );
        assert_eq!(
            send(path, &[("x-requested-with", "XMLHttpRequest")])
                .await
                .status,
            403
        );
        assert_eq!(
            send(path, &[ours, ("origin", "https://evil.example")])
                .await
                .status,
            403,
            "{path} from elsewhere"
        );
        assert_eq!(send(path, &[ours, ("origin", "null")]).await.status, 403);
    }
    assert_eq!(
        send(REFRESH, &[ours, ("origin", "https://chat.example.com")])
            .await
            .status,
        200
    );
    let next = send(REFRESH, &[ours, ("origin", "https://app.example.com")]).await;
    assert!(
        next.header("set-cookie")
            .unwrap()
            .contains("banglachat_refresh=bcr_")
    );
    let out = send("/api/v1/auth/logout", &[ours]).await;
    assert!(
        out.status == 204 && out.header("set-cookie").unwrap().contains("Max-Age=0"),
        "{:?}",
        out.headers
    );
    assert_eq!(send(REFRESH, &[ours]).await.status, 401);
    // A foreign page's script is not let at the answers either (R77).
    let preflight = [
        ("origin", "https://evil.example"),
        ("access-control-request-method", "POST"),
    ];
    let preflight = app
        .api
        .send(Method::OPTIONS, REFRESH, &preflight, None)
        .await;
    assert!(
        preflight.header("access-control-allow-origin").is_none(),
        "{:?}",
        preflight.headers
    );
}
