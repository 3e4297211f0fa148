//! Passwords: which are taken, how they change, and what trying them costs (R30, R33, R38).

use banglachat_tests::{Answer, TestApp};
use reqwest::Method;
use serde_json::json;

use crate::identity::{SignIn, log_in, refresh, seconds, try_password};

#[tokio::test(flavor = "multi_thread")]
async fn changing_the_password_wants_the_old_one_and_ends_all_other_sign_ins() {
    let app = TestApp::start().await;
    let member = app.register("Rahim").await;
    let (mine, other) = (log_in(&app, &member).await, log_in(&app, &member).await);
    let change = |current: &str, new: &str| json!({"current_password": current, "new_password": new, "refresh_token_in_body": true});
    let next = "rupar jole nouka dole 71";
    let wrong = mine
        .api
        .post("/api/v1/me/password", &change("not the password", next))
        .await
        .expect(422);
    assert_eq!(wrong["errors"][0]["field"], "current_password");
    let fresh = SignIn::of(
        &app,
        &mine
            .api
            .post("/api/v1/me/password", &change(&member.password, next))
            .await
            .expect(200),
    );
    assert_eq!(
        (fresh.works().await, mine.works().await, other.works().await),
        (true, false, false)
    );
    refresh(&app, &other.refresh_token).await.expect(401);
    assert_eq!(
        try_password(&app, &member.email, &member.password)
            .await
            .status,
        401
    );
    assert_eq!(try_password(&app, &member.email, next).await.status, 200);
    assert_eq!(
        app.db
            .count("identity_audit_log WHERE action = 'password_changed'")
            .await,
        1
    );
}

/// R30: by length and commonness, not by composition; nothing is cut off.
#[tokio::test(flavor = "multi_thread")]
async fn passwords_are_long_and_not_what_is_tried_first() {
    let app = TestApp::start().await;
    let register = async |email: &str, password: &str| {
        let body = json!({"email": email, "password": password, "name": "Rahim Uddin"});
        app.api.post("/api/v1/auth/register", &body).await
    };
    let too_long = "ম".repeat(129);
    for weak in [
        "elevenchars",
        too_long.as_str(),
        "password1234",
        "aaaaaaaaaaaaaa",
        "123456789012",
        "qwertyuiopas",
        "rahimuddin123",
        "newuser@example.com",
    ] {
        let refused = register("newuser@example.com", weak).await.expect(422);
        assert_eq!(refused["errors"][0]["field"], "password", "{weak}");
    }
    let longest = "শাপলা ফুল ".chars().cycle().take(128).collect::<String>();
    register("longest@example.com", &longest).await.expect(201);
    let cut: String = longest.chars().take(127).collect();
    assert_eq!(
        try_password(&app, "longest@example.com", &cut).await.status,
        401
    );
    assert_eq!(
        try_password(&app, "LONGEST@example.com", &longest)
            .await
            .status,
        200,
        "the case of an address means nothing"
    );
    let hash = app
        .db
        .row("SELECT password_hash FROM users WHERE email = 'longest@example.com'")
        .await;
    assert!(
        hash["password_hash"]
            .as_str()
            .unwrap()
            .starts_with("$argon2id$v=19$m=38912,t=2,p=1$"),
        "{hash}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_address_and_a_wrong_password_look_the_same() {
    let app = TestApp::start().await;
    let member = app.register("Rahim").await;
    let without_id = |answer: Answer| {
        let mut body = answer.json();
        body.as_object_mut().unwrap().remove("request_id");
        (answer.status, body)
    };
    let wrong = without_id(try_password(&app, &member.email, "not the right password").await);
    let unknown =
        without_id(try_password(&app, "nobody@example.com", "not the right password").await);
    assert_eq!(wrong, unknown);
    assert_eq!(wrong.0, 401);
    // Registering again: with the own password it is a log-in, so that a lost answer does no harm; else it only says no.
    let again =
        |password: &str| json!({"email": member.email, "password": password, "name": "Somebody"});
    app.api
        .post("/api/v1/auth/register", &again(&member.password))
        .await
        .expect(201);
    let taken = app
        .api
        .post("/api/v1/auth/register", &again("not the right password"))
        .await
        .expect(409);
    assert_eq!(taken["code"], "registration_not_possible");
    assert_eq!(app.db.count("users").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_failures_shut_an_account_for_fifteen_minutes() {
    let app = TestApp::start().await;
    let (member, other) = (app.register("Rahim").await, app.register("Karima").await);
    for _ in 0..9 {
        assert_eq!(
            try_password(&app, &member.email, "not the right password")
                .await
                .status,
            401
        );
    }
    assert_eq!(
        try_password(&app, &member.email, &member.password)
            .await
            .status,
        200,
        "the right one is no failure"
    );
    assert_eq!(
        try_password(&app, &member.email.to_uppercase(), "not the right password")
            .await
            .status,
        401
    );
    let shut = try_password(&app, &member.email, &member.password).await;
    assert_eq!(shut.status, 429, "even with the right password");
    let wait: u64 = shut.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=901).contains(&wait), "{wait}");
    assert_eq!(
        try_password(&app, &other.email, &other.password)
            .await
            .status,
        200
    );
    app.state.clock.advance(seconds(wait));
    assert_eq!(
        try_password(&app, &member.email, &member.password)
            .await
            .status,
        200
    );
    assert_eq!(
        app.db
            .count("identity_audit_log WHERE action LIKE '%burst%'")
            .await,
        1,
        "R49"
    );
}

/// R38: forwarding headers of strangers are free request fields, and change nothing.
#[tokio::test(flavor = "multi_thread")]
async fn thirty_failures_shut_an_address_whatever_it_says_it_is() {
    let app = TestApp::start().await;
    let member = app.register("Rahim").await;
    for number in 0..30 {
        let body = json!({"email": format!("guess-{number}@example.com"), "password": "not the right password"});
        let forwarded = format!("198.51.100.{number}");
        let headers = [
            ("content-type", "application/json"),
            ("x-forwarded-for", forwarded.as_str()),
        ];
        let answer = app
            .api
            .send(
                Method::POST,
                "/api/v1/auth/login",
                &headers,
                Some(body.to_string().into_bytes()),
            )
            .await;
        assert_eq!(answer.status, 401, "{number}");
    }
    assert_eq!(
        try_password(&app, &member.email, &member.password)
            .await
            .status,
        429
    );
    let new = json!({"email": "new@example.com", "password": "sonar tori bhashe 9", "name": "New"});
    assert_eq!(
        app.api.post("/api/v1/auth/register", &new).await.status,
        429
    );
    member.api.get("/api/v1/me").await.expect(200);
}
