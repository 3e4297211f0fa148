//! Secrets go in and never come out (R60, R61, R65, R66, R91): recognisable ones are planted everywhere, everything is done with them that
//! may fail, and then they are looked for in the log, in every answer and in a dump of the database.

mod flows;

use banglachat_tests::{MailServer, TestApp};
use chaos::planted::Planted;

use crate::kill::answers_requests;
use crate::kill::child::Server;

use flows::{CUSTOMER, CUSTOMER_NAME, Heard, reset_and_use_a_key, sign_in_and_fail, work_and_fail};

#[tokio::test(flavor = "multi_thread")]
async fn planted_secrets_are_in_no_log_no_answer_and_no_dump_of_the_database() {
    let mut planted = Planted::default();
    let settings = [
        (
            "JWT_KEYS",
            "k:",
            planted.plant("jwt key", hex::encode([0xa1; 32])),
        ),
        (
            "ENCRYPTION_KEYS",
            "k:",
            planted.plant("encryption key", hex::encode([0xa2; 32])),
        ),
        (
            "REFRESH_TOKEN_KEY",
            "k:",
            planted.plant("refresh key", hex::encode([0xa3; 32])),
        ),
        (
            "META_APP_SECRETS",
            "",
            planted.plant("installation app secret", "planted-installation-app-secret"),
        ),
        (
            "META_VERIFY_TOKEN",
            "",
            planted.plant(
                "installation verify token",
                "planted-installation-verify-token",
            ),
        ),
    ];
    let mail = MailServer::start().await;
    // Everything that is ever logged, also by the crates below.
    let mut builder = TestApp::builder()
        .set("SMTP_URL", mail.url())
        .set("MAIL_FROM", "chat@example.com")
        .set("LOG", "trace")
        .set("LOG_FORMAT", "json");
    for (name, id, key) in settings {
        builder = builder.set(name, format!("{id}{key}"));
    }
    let mut app = builder.start().await;
    app.stop_server().await;
    let mut server = Server::new(app.settings().clone());
    server.start();
    answers_requests(&app, &server).await;

    let mut heard = Heard::default();
    let tokens = sign_in_and_fail(&app, &mut planted, &mut heard).await;
    work_and_fail(&app, &mut planted, &mut heard).await;
    reset_and_use_a_key(&app, &mail, &mut planted, &mut heard).await;
    let log = server.log();
    server.kill();

    let is_full = log.contains("\"TRACE\"") && log.contains("/api/v1/auth/login");
    assert!(
        is_full && log.lines().count() > 1_000,
        "there is no log to look at: {} lines",
        log.lines().count()
    );
    for answer in &heard.0 {
        assert_eq!(
            planted.found_in(answer),
            Vec::<&str>::new(),
            "in an answer: {answer}"
        );
    }
    // Handed out once by design, and then never seen again.
    planted.add(tokens);
    let texts = &app
        .db
        .row("SELECT string_agg(raw, '') AS raw FROM inbound_events")
        .await["raw"];
    assert!(
        texts.as_str().unwrap().contains("planted-question"),
        "messages themselves are kept"
    );
    for (table, row) in dump(&app).await {
        let found = planted.found_in(&row);
        assert_eq!(found, Vec::<&str>::new(), "in a row of {table}: {row}");
    }
    // R91: beyond secrets, nothing that customers wrote or that tells who they are.
    planted.plant("a customer's text", "planted-question");
    planted.plant("a customer's name", CUSTOMER_NAME);
    planted.plant("a customer's number", CUSTOMER);
    planted.plant("an answer", "planted-answer");
    planted.plant("a prompt", "planted-prompt");
    planted.plant("a person's address", "planted-person@example.com");
    for line in log.lines() {
        assert_eq!(
            planted.found_in(line),
            Vec::<&str>::new(),
            "in the log: {line}"
        );
    }
}

/// Every row of every table, as text. The verify token is the one thing that admins may read again (R60 names secrets, and it is none).
async fn dump(app: &TestApp) -> Vec<(String, String)> {
    let tables = app
        .db
        .rows("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'")
        .await;
    let mut dump = Vec::new();
    for table in tables
        .iter()
        .map(|row| row["name"].as_str().unwrap().to_owned())
    {
        let rows = app
            .db
            .rows(&format!(
                "SELECT (to_jsonb(t) - 'verify_token')::text AS row FROM {table} t"
            ))
            .await;
        dump.extend(
            rows.iter()
                .map(|row| (table.clone(), row["row"].as_str().unwrap().to_owned())),
        );
    }
    assert!(dump.len() > 40, "the database is empty");
    dump
}
