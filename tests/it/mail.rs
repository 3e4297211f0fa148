//! Mail: what is said, in whose language, and that it goes out once even when the mail server does not always answer.

use std::time::Duration;

use banglachat::startup::ServeRole;
use banglachat_tests::{MailServer, TestApp, eventually};
use serde_json::json;

use crate::reset::{forgot, mail_to, with_mail};

const SOON: Duration = Duration::from_secs(15);

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_mailed_with_the_link_that_whoever_invites_sees() {
    let mail = MailServer::start().await;
    let app = with_mail(&mail).start().await;
    let shop = app.shop().await;
    let change = json!({"language": "en", "name": "Rahim Uddin"});
    let me = shop
        .member
        .api
        .patch("/api/v1/me", &change)
        .await
        .expect(200);
    assert_eq!(
        (&me["language"], &me["theme"]),
        (&json!("en"), &json!("system"))
    );
    let known = app.register("করিম").await;
    for email in ["new@example.com", &known.email] {
        let body = json!({"email": email, "role": "operator"});
        let made = shop.post("/invitations", &body).await.expect(201);
        let got = mail_to(&mail, email, 1).await;
        assert_eq!(json!(got.link()), made["link"]);
        assert!(
            got.link()
                .starts_with("https://chat.example.com/invite#token=bci_")
        );
        for part in [shop.name.as_str(), "Rahim Uddin", email] {
            assert!(got.body.contains(part), "{part} is not in {}", got.body);
        }
        assert!(
            got.headers.contains("From: Chat <chat@example.com>"),
            "{}",
            got.headers
        );
        assert!(got.headers.contains("@chat.example.com>"), "a message id");
    }
    // Who has no account reads the inviter's language, who has one their own.
    assert!(
        mail.mails_to("new@example.com")[0]
            .body
            .contains("as operator")
    );
    assert!(mail.mails_to(&known.email)[0].body.contains("অপারেটর"));
    eventually("the queue is empty", SOON, async || {
        app.db
            .count("mails WHERE state = 'done' AND params = '{}'")
            .await
            == 2
    })
    .await;
    let installation = app.api.get("/api/v1/installation").await.expect(200);
    assert_eq!(installation["mail"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_waits_for_a_server_that_is_down_and_then_goes_out_once() {
    let port = MailServer::unused_port().await;
    let app = TestApp::builder()
        .set("SMTP_URL", MailServer::url_at(port))
        .set("MAIL_FROM", "chat@example.com")
        .start()
        .await;
    let member = app.register("Rahim").await;
    forgot(&app, &member.email).await.expect_text(202);
    let tried =
        "mails WHERE state = 'ready' AND attempts = 1 AND last_error LIKE '%could not be reached%'";
    eventually("the first try fails", SOON, async || {
        app.db.count(tried).await == 1
    })
    .await;
    let mail = MailServer::at(port).await;
    mail.refuse_next("451 4.3.2 not now");
    app.pass(Duration::from_secs(3)).await;
    eventually("the second try is put off", SOON, async || {
        app.db
            .count("mails WHERE state = 'ready' AND attempts = 2 AND last_error LIKE '%451'")
            .await
            == 1
    })
    .await;
    assert!(mail.mails().is_empty());
    app.pass(Duration::from_secs(13)).await;
    mail_to(&mail, &member.email, 1).await;
    eventually("it is done", SOON, async || {
        app.db
            .count("mails WHERE state = 'done' AND attempts = 3")
            .await
            == 1
    })
    .await;
    // Later nothing comes after it.
    app.pass(Duration::from_secs(4_000)).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!((mail.mails().len(), mail.connections()), (1, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_mail_server_refuses_for_good_is_given_up_without_naming_anybody() {
    let mail = MailServer::start().await;
    let app = with_mail(&mail).start().await;
    let member = app.register("Rahim").await;
    mail.refuse_next(&format!("550 5.1.1 no mailbox {}", member.email));
    forgot(&app, &member.email).await.expect_text(202);
    eventually("it is given up", SOON, async || {
        app.db.count("mails WHERE state = 'dead'").await == 1
    })
    .await;
    let row = app
        .db
        .row("SELECT attempts, last_error, params FROM mails")
        .await;
    assert_eq!(
        row,
        json!({"attempts": 1, "last_error": "the mail server answered 550", "params": {}})
    );
    assert_eq!(mail.mails().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_ended_meanwhile_is_not_mailed() {
    let port = MailServer::unused_port().await;
    let app = TestApp::builder()
        .set("SMTP_URL", MailServer::url_at(port))
        .set("MAIL_FROM", "chat@example.com")
        .start()
        .await;
    let shop = app.shop().await;
    let body = json!({"email": "new@example.com", "role": "viewer"});
    let made = shop.post("/invitations", &body).await.expect(201);
    let id = made["id"].as_str().unwrap();
    let tried_once = async || {
        app.db
            .count("mails WHERE state = 'ready' AND attempts = 1")
            .await
            == 2
    };
    forgot(&app, &shop.member.email).await.expect_text(202);
    eventually("both were tried", SOON, tried_once).await;
    shop.delete(&format!("/invitations/{id}")).await.expect(204);
    let mail = MailServer::at(port).await;
    // Nobody waits for a reset link any more after an hour.
    app.pass(Duration::from_secs(3_700)).await;
    eventually("both are done", SOON, async || {
        app.db
            .count("mails WHERE state = 'done' AND last_error IS NOT NULL")
            .await
            == 2
    })
    .await;
    assert_eq!((mail.mails().len(), mail.connections()), (0, 0));
    let resets = app
        .db
        .count("password_resets WHERE expires_at > now() + interval '45 minutes'");
    assert_eq!(resets.await, 0, "no link was made for it");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_workers_send_each_mail_once() {
    let mail = MailServer::start().await;
    let app = with_mail(&mail).start().await;
    let others = [
        app.start_another(ServeRole::Worker).await,
        app.start_another(ServeRole::Worker).await,
    ];
    let shop = app.shop().await;
    for number in 0..12 {
        let body = json!({"email": format!("new-{number}@example.com"), "role": "viewer"});
        shop.post("/invitations", &body).await.expect(201);
    }
    eventually("all are sent", SOON, async || {
        app.db.count("mails WHERE state = 'done'").await == 12
    })
    .await;
    let mut to: Vec<String> = mail.mails().into_iter().map(|mail| mail.to).collect();
    assert_eq!(to.len(), 12);
    to.sort_unstable();
    to.dedup();
    assert_eq!(to.len(), 12);
    for other in others {
        other.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_whose_worker_died_is_sent_by_another_one() {
    let mail = MailServer::start().await;
    let app = with_mail(&mail).role(ServeRole::Api).start().await;
    let member = app.register("Rahim").await;
    forgot(&app, &member.email).await.expect_text(202);
    app.db
        .execute("UPDATE mails SET state = 'running', attempts = 1, locked_until = now() - interval '1 second'")
        .await;
    let worker = app.start_another(ServeRole::Worker).await;
    mail_to(&mail, &member.email, 1).await;
    worker.stop().await;
    assert_eq!(
        app.db
            .count("mails WHERE state = 'done' AND attempts = 2")
            .await,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_invitation_says_is_shown_to_whoever_holds_its_link() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let installation = app.api.get("/api/v1/installation").await.expect(200);
    assert_eq!(installation["mail"], false);
    let body = json!({"email": "new@example.com", "role": "operator"});
    let made = shop.post("/invitations", &body).await.expect(201);
    assert_eq!(app.db.count("mails").await, 0, "there is no mail server");
    let link = made["link"].as_str().unwrap();
    let token = json!({"token": link.split_once("#token=").unwrap().1});
    const LOOK_UP: &str = "/api/v1/invitations/look_up";
    let preview = app.api.post(LOOK_UP, &token).await.expect(200);
    let expected = json!({
        "organization_name": shop.name, "email": "new@example.com", "role": "operator",
        "invited_by_name": format!("{} owner", shop.name), "expires_at": made["expires_at"],
    });
    assert_eq!(preview, expected);
    shop.delete(&format!("/invitations/{}", made["id"].as_str().unwrap()))
        .await
        .expect(204);
    assert_eq!(app.api.post(LOOK_UP, &token).await.status, 404);
    let wrong = json!({"token": format!("bci_{}", "0".repeat(64))});
    for _ in 0..30 {
        assert_eq!(app.api.post(LOOK_UP, &wrong).await.status, 404);
    }
    assert_eq!(app.api.post(LOOK_UP, &wrong).await.status, 429);
}

/// `smtp://` demands STARTTLS: a server without it gets neither the link nor the password.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_said_in_the_clear_unless_the_settings_allow_it() {
    let mail = MailServer::start().await;
    let url = mail.url();
    let url = url.trim_end_matches("?tls=none");
    let app = with_mail(&mail)
        .set("SMTP_URL", url.replace("smtp://", "smtp://user:sesame@"))
        .start()
        .await;
    let member = app.register("Rahim").await;
    forgot(&app, &member.email).await.expect_text(202);
    eventually("the first try fails", SOON, async || {
        app.db
            .count("mails WHERE state = 'ready' AND attempts = 1")
            .await
            == 1
    })
    .await;
    assert_eq!((mail.mails().len(), mail.connections()), (0, 1));
    let told = mail.told();
    assert!(
        told.iter()
            .all(|line| line.starts_with("EHLO ") || line == "QUIT"),
        "{told:?}"
    );
}
