//! Forgotten passwords (R33, R36, R37): a link is good once and for half an hour, a newer one ends the older one, and nobody learns who has
//! an account.

use std::time::Duration;

use banglachat::startup::ServeRole;
use banglachat_tests::{Answer, MailServer, Member, Received, TestApp, TestAppBuilder, eventually};
use serde_json::{Value, json};

use crate::identity::{log_in, refresh, seconds, try_password};
use crate::program::run;
use crate::schema::wire::Wire;

const FORGOT: &str = "/api/v1/auth/forgot_password";
const RESET: &str = "/api/v1/auth/reset_password";
const PASSWORD: &str = "rupar jole nouka dole";
const SOON: Duration = Duration::from_secs(15);

/// A server that sends mail to this one.
pub fn with_mail(mail: &MailServer) -> TestAppBuilder {
    TestApp::builder()
        .set("SMTP_URL", mail.url())
        .set("MAIL_FROM", "Chat <chat@example.com>")
}

pub async fn forgot(app: &TestApp, email: &str) -> Answer {
    app.api.post(FORGOT, &json!({"email": email})).await
}

async fn reset(app: &TestApp, token: &str, password: &str) -> Answer {
    app.api
        .post(RESET, &json!({"token": token, "password": password}))
        .await
}

/// The `number`th mail to an address, counted from one.
pub async fn mail_to(mail: &MailServer, address: &str, number: usize) -> Received {
    eventually("the mail arrives", SOON, async || {
        mail.mails_to(address).len() >= number
    })
    .await;
    mail.mails_to(address).remove(number - 1)
}

#[track_caller]
fn is_invalid(answer: &Answer) {
    assert_eq!(answer.status, 409, "{}", answer.text);
    assert_eq!(answer.json()["code"], "reset_link_invalid");
}

async fn works(app: &TestApp, member: &Member, password: &str) -> bool {
    try_password(app, &member.email, password).await.status == 200
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_by_mail_sets_the_password_once_and_ends_all_sign_ins() {
    let mail = MailServer::start().await;
    let app = with_mail(&mail).start().await;
    let member = app.register("রহিম").await;
    let elsewhere = log_in(&app, &member).await;
    // R37: the Host header decides nothing.
    let headers = [
        ("content-type", "application/json"),
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
    ];
    let body = json!({"email": member.email.to_uppercase()}).to_string();
    app.api
        .send(
            reqwest::Method::POST,
            FORGOT,
            &headers,
            Some(body.into_bytes()),
        )
        .await
        .expect_text(202);
    let got = mail_to(&mail, &member.email, 1).await;
    assert!(
        got.link()
            .starts_with("https://chat.example.com/reset#token=bcp_"),
        "{}",
        got.link()
    );
    assert!(got.body.starts_with("রহিম,"), "{}", got.body);
    let token = got.token();
    // A password that is too easy does not use the link up.
    let weak = reset(&app, &token, "password1234").await;
    assert_eq!(weak.clone().expect(422)["errors"][0]["field"], "password");
    assert!(elsewhere.works().await, "nothing has happened so far");

    reset(&app, &token, PASSWORD).await.expect(204);
    assert!(works(&app, &member, PASSWORD).await);
    assert!(!works(&app, &member, &member.password).await);
    assert!(!elsewhere.works().await);
    assert_eq!(refresh(&app, &elsewhere.refresh_token).await.status, 401);
    assert_eq!(member.api.get("/api/v1/me").await.status, 401);
    is_invalid(&reset(&app, &token, "another jole nouka dole").await);
    assert!(works(&app, &member, PASSWORD).await);
    let noted = app
        .db
        .rows("SELECT action, details FROM identity_audit_log WHERE action LIKE 'password_reset%' ORDER BY id")
        .await;
    assert_eq!(noted[0]["action"], "password_reset_link_made");
    assert_eq!(noted[1]["action"], "password_reset");
    assert_eq!(noted[1]["details"]["sessions_ended"], 2);
    for row in [
        "mails t WHERE t::text LIKE '%bcp_%'",
        "identity_audit_log t WHERE t::text LIKE '%bcp_%'",
    ] {
        assert_eq!(app.db.count(row).await, 0, "no token is stored in {row}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tries_at_once_with_one_link_set_one_password() {
    let mail = MailServer::start().await;
    let app = with_mail(&mail).start().await;
    let member = app.register("Rahim").await;
    forgot(&app, &member.email).await.expect_text(202);
    let token = mail_to(&mail, &member.email, 1).await.token();
    let (one, other) = tokio::join!(
        reset(&app, &token, "jol pore pata nore one"),
        reset(&app, &token, "jol pore pata nore two")
    );
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 409]);
    let kept = if one.status == 204 { "one" } else { "two" };
    assert!(works(&app, &member, &format!("jol pore pata nore {kept}")).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn links_end_with_a_newer_one_with_time_and_with_a_change_of_the_password() {
    let mail = MailServer::start().await;
    let app = with_mail(&mail).start().await;
    let member = app.register("Rahim").await;
    forgot(&app, &member.email).await.expect_text(202);
    let first = mail_to(&mail, &member.email, 1).await.token();
    forgot(&app, &member.email).await.expect_text(202);
    let second = mail_to(&mail, &member.email, 2).await.token();
    is_invalid(&reset(&app, &first, PASSWORD).await);
    app.state.clock.advance(seconds(31 * 60));
    is_invalid(&reset(&app, &second, PASSWORD).await);

    forgot(&app, &member.email).await.expect_text(202);
    let third = mail_to(&mail, &member.email, 3).await.token();
    let api = log_in(&app, &member).await.api;
    let change =
        json!({"current_password": member.password, "new_password": "notun dheu notun nouka"});
    api.post("/api/v1/me/password", &change).await.expect(200);
    is_invalid(&reset(&app, &third, PASSWORD).await);
    assert!(works(&app, &member, "notun dheu notun nouka").await);
}

/// R31, R38: other kinds of tokens are no reset links, and guessing is throttled by address.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_link_is_refused_and_counted() {
    let app = TestApp::start().await;
    let member = app.register("Rahim").await;
    let session = log_in(&app, &member).await;
    for token in [
        session.refresh_token.as_str(),
        session.api.token().unwrap(),
        "x",
        &format!("bcp_{}", "0".repeat(64)),
    ] {
        is_invalid(&reset(&app, token, PASSWORD).await);
    }
    for _ in 4..30 {
        is_invalid(&reset(&app, "x", PASSWORD).await);
    }
    let refused = reset(&app, "x", PASSWORD).await;
    assert_eq!(refused.status, 429);
    assert!(refused.header("retry-after").is_some());
    assert!(
        works(&app, &member, &member.password).await,
        "signing in is counted apart"
    );
}

/// R33: the same answer, and the very same statements, so that the time is the same too.
#[tokio::test(flavor = "multi_thread")]
async fn asking_costs_and_answers_the_same_for_known_and_unknown_addresses() {
    let mail = MailServer::start().await;
    let wire = Wire::listen().await;
    let url = format!(
        "host=127.0.0.1 port={} user=banglachat_test password=banglachat_test dbname={{database}}",
        wire.port
    );
    let mut app = with_mail(&mail)
        .set("DATABASE_URL", url)
        .role(ServeRole::Api)
        .start()
        .await;
    let known = app.register("Rahim").await;
    let unknown = forgot(&app, "nobody@example.com").await;
    let before = wire.heard();
    let answered = forgot(&app, &known.email).await;
    let added: Vec<_> = wire.heard().difference(&before).cloned().collect();
    assert!(
        added.is_empty(),
        "for a known address there is more: {added:?}"
    );
    assert!(
        !before.is_empty() && app.db.count("mails").await == 2,
        "both wait in the queue"
    );
    assert_eq!(
        (answered.status, answered.text),
        (unknown.status, unknown.text)
    );
    assert_eq!(unknown.status, 202);
    app.stop_server().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_may_sign_in_gets_a_link() {
    let mail = MailServer::start().await;
    let app = with_mail(&mail).start().await;
    let (disabled, known) = (app.register("Gone").await, app.register("Rahim").await);
    app.db
        .execute(&format!(
            "UPDATE users SET disabled_at = now() WHERE id = '{}'",
            disabled.id
        ))
        .await;
    for email in ["nobody@example.com", &disabled.email, &known.email] {
        forgot(&app, email).await.expect_text(202);
    }
    mail_to(&mail, &known.email, 1).await;
    eventually("all are done", SOON, async || {
        app.db.count("mails WHERE state = 'done'").await == 3
    })
    .await;
    assert_eq!(mail.mails().len(), 1, "{:?}", mail.mails());
    assert_eq!(app.db.count("password_resets").await, 1);
}

/// R38: nobody fills another one's mailbox, and nobody learns of the limit.
#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_gets_three_links_in_a_quarter_of_an_hour() {
    let mail = MailServer::start().await;
    let app = with_mail(&mail).start().await;
    let member = app.register("Rahim").await;
    for _ in 0..5 {
        forgot(&app, &member.email).await.expect_text(202);
    }
    mail_to(&mail, &member.email, 3).await;
    assert_eq!(app.db.count("mails").await, 3);
    for number in 5..30 {
        forgot(&app, &format!("nobody-{number}@example.com"))
            .await
            .expect_text(202);
    }
    let refused = forgot(&app, "nobody@example.com").await;
    assert_eq!(refused.status, 429, "one network asks for 30 at most");
    app.state.clock.advance(seconds(16 * 60));
    forgot(&app, &member.email).await.expect_text(202);
    mail_to(&mail, &member.email, 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_mail_the_operator_and_platform_admins_make_the_link() {
    let app = TestApp::start().await;
    let member = app.register("Rahim").await;
    forgot(&app, &member.email).await.expect_text(202);
    assert_eq!(app.db.count("mails").await, 0);

    let command = ["admin", "reset-link", "--email", &member.email];
    let printed = run(&command, app.settings(), "").await.expect_success();
    let token = |link: &str| link.split_once("/reset#token=").unwrap().1.to_owned();
    let of_operator = token(printed.lines().next().unwrap());
    let unknown = ["admin", "reset-link", "--email", "nobody@example.com"];
    assert!(
        run(&unknown, app.settings(), "")
            .await
            .expect_failure()
            .contains("nobody signs in")
    );

    let admin = app.register("Root").await;
    admin.become_platform_admin().await;
    let path = format!("/api/v1/admin/users/{}/reset_link", member.id);
    let made = admin
        .api
        .post(&path, &json!({"reason": "called us"}))
        .await
        .expect(200);
    let of_admin = token(made["url"].as_str().unwrap());
    is_invalid(&reset(&app, &of_operator, PASSWORD).await);
    reset(&app, &of_admin, PASSWORD).await.expect(204);
    assert!(works(&app, &member, PASSWORD).await);
    let noted = app
        .db
        .rows("SELECT user_id, details FROM identity_audit_log WHERE action = 'password_reset_link_made' ORDER BY id")
        .await;
    let expected = [
        json!({"by": "operator"}),
        json!({"by": admin.id, "reason": "called us"}),
    ];
    let details: Vec<Value> = noted.iter().map(|row| row["details"].clone()).collect();
    assert_eq!(details, expected);
    assert!(noted.iter().all(|row| row["user_id"] == json!(member.id)));
}
