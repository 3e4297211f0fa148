//! Secrets go in and never come out (R60, R61, R65, R66, R91): recognisable ones are planted everywhere, everything is done with them that
//! may fail, and then they are looked for in the log, in every answer and in a dump of the database.

use std::collections::BTreeMap;
use std::time::Duration;

use banglachat_tests::{Answer, ChannelKind, TestApp};
use reqwest::Method;
use sandbox::Rule;
use sandbox::graph::Fault;
use sandbox::model::Reply;
use serde_json::{Value, json};

use crate::kill::answers_requests;
use crate::kill::child::Server;

const QUESTION: &str = "planted-question আমার অর্ডার কোথায়?";
const CUSTOMER: &str = "8801798765432";
const CUSTOMER_NAME: &str = "Planted Customer Name";

/// What must not be found, by what it is.
#[derive(Default)]
struct Planted(BTreeMap<&'static str, String>);

impl Planted {
    fn plant(&mut self, name: &'static str, value: impl Into<String>) -> String {
        let value = value.into();
        assert!(value.len() >= 8, "{name}: too short to be recognised");
        self.0.insert(name, value.clone());
        value
    }

    /// The names of those that a text holds: plain, in hex, in base64, or as a list of bytes.
    fn found_in(&self, text: &str) -> Vec<&'static str> {
        let lower = text.to_lowercase();
        let bytes = |secret: &str| secret.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(", ");
        let holds = |secret: &str| {
            text.contains(secret) || lower.contains(&hex::encode(secret)) || text.contains(&base64_middle(secret)) || text.contains(&bytes(secret))
        };
        self.0.iter().filter(|(_, secret)| holds(secret)).map(|(name, _)| *name).collect()
    }
}

/// The part of a text's base64 that is the same wherever its bytes begin a group of three.
fn base64_middle(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let groups = text.as_bytes().chunks_exact(3);
    let digit = |group: &[u8], at: usize| {
        let bits = u32::from(group[0]) << 16 | u32::from(group[1]) << 8 | u32::from(group[2]);
        char::from(DIGITS[(bits >> (18 - 6 * at)) as usize & 63])
    };
    groups.flat_map(|group| (0..4).map(move |at| digit(group, at))).collect()
}

/// Everything that was answered, but for the answers that are there to hand out a token.
#[derive(Default)]
struct Heard(Vec<String>);

impl Heard {
    fn hear(&mut self, answer: Answer) -> Answer {
        self.0.push(format!("{} {:?} {}", answer.status, answer.headers, answer.text));
        answer
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn planted_secrets_are_in_no_log_no_answer_and_no_dump_of_the_database() {
    let mut planted = Planted::default();
    let settings = [
        ("JWT_KEYS", "k:", planted.plant("jwt key", hex::encode([0xa1; 32]))),
        ("ENCRYPTION_KEYS", "k:", planted.plant("encryption key", hex::encode([0xa2; 32]))),
        ("REFRESH_TOKEN_KEY", "k:", planted.plant("refresh key", hex::encode([0xa3; 32]))),
        ("META_APP_SECRETS", "", planted.plant("installation app secret", "planted-installation-app-secret")),
        ("META_VERIFY_TOKEN", "", planted.plant("installation verify token", "planted-installation-verify-token")),
    ];
    // Everything that is ever logged, also by the crates below.
    let mut builder = TestApp::builder().set("LOG", "trace").set("LOG_FORMAT", "json");
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
    let log = server.log();
    server.kill();

    let is_full = log.contains("\"TRACE\"") && log.contains("/api/v1/auth/login");
    assert!(is_full && log.lines().count() > 1_000, "there is no log to look at");
    for answer in &heard.0 {
        assert_eq!(planted.found_in(answer), Vec::<&str>::new(), "in an answer: {answer}");
    }
    // Handed out once by design, and then never seen again.
    tokens.0.into_iter().for_each(|(name, token)| drop(planted.0.insert(name, token)));
    let texts = &app.db.row("SELECT string_agg(raw, '') AS raw FROM inbound_events").await["raw"];
    assert!(texts.as_str().unwrap().contains("planted-question"), "messages themselves are kept");
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
        assert_eq!(planted.found_in(line), Vec::<&str>::new(), "in the log: {line}");
    }
}

/// Every row of every table, as text. The verify token is the one thing that admins may read again (R60 names secrets, and it is none).
async fn dump(app: &TestApp) -> Vec<(String, String)> {
    let tables = app.db.rows("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'").await;
    let mut dump = Vec::new();
    for table in tables.iter().map(|row| row["name"].as_str().unwrap().to_owned()) {
        let rows = app.db.rows(&format!("SELECT (to_jsonb(t) - 'verify_token')::text AS row FROM {table} t")).await;
        dump.extend(rows.iter().map(|row| (table.clone(), row["row"].as_str().unwrap().to_owned())));
    }
    assert!(dump.len() > 40, "the database is empty");
    dump
}

/// Registering, signing in and out, well and badly. The tokens that were handed out.
async fn sign_in_and_fail(app: &TestApp, planted: &mut Planted, heard: &mut Heard) -> Planted {
    let mut tokens = Planted::default();
    let email = "planted-person@example.com";
    let password = planted.plant("password", "planted password one kosh");
    let next = planted.plant("new password", "planted password two kosh");
    let wrong = planted.plant("wrong password", "planted password wrong kosh");
    let register = json!({"email": email, "password": password, "name": "Planted", "refresh_token_in_body": true});
    let signed_in = app.api.post("/api/v1/auth/register", &register).await.expect(201);
    let token = |signed_in: &Value, name: &str| signed_in[name].as_str().unwrap().to_owned();
    let api = app.api.with_token(&tokens.plant("access token", token(&signed_in, "access_token")));
    let first = tokens.plant("refresh token", token(&signed_in, "refresh_token"));
    heard.hear(app.api.post("/api/v1/auth/login", &json!({"email": email, "password": wrong})).await);
    heard.hear(app.api.post("/api/v1/auth/register", &json!({"email": email, "password": wrong, "name": "Again"})).await);
    for bad in [json!({"email": email, "password": wrong, "extra": wrong}), json!({"email": wrong, "password": [wrong]}), json!({"email": email, "password": {"p": wrong}})] {
        heard.hear(app.api.post("/api/v1/auth/login", &bad).await);
    }
    let broken = format!("{{\"email\": \"{email}\", \"password\": \"{wrong}\"");
    let json_body = [("content-type", "application/json")];
    heard.hear(app.api.send(Method::POST, "/api/v1/auth/login", &json_body, Some(broken.into_bytes())).await);
    let change = |from: &str, to: &str| json!({"current_password": from, "new_password": to, "refresh_token_in_body": true});
    heard.hear(api.post("/api/v1/me/password", &change(&wrong, &next)).await);
    let refreshed = app.api.post("/api/v1/auth/refresh", &json!({"refresh_token": first})).await.expect(200);
    tokens.plant("second refresh token", token(&refreshed, "refresh_token"));
    let changed = api.post("/api/v1/me/password", &change(&password, &next)).await.expect(200);
    tokens.plant("third refresh token", token(&changed, "refresh_token"));
    let api = app.api.with_token(&tokens.plant("access token after the change", token(&changed, "access_token")));
    // A query is no place for a token, but people try.
    heard.hear(app.api.get(&format!("/api/v1/me?access_token={}", token(&changed, "access_token"))).await);
    heard.hear(app.api.with_token(&wrong).get("/api/v1/me").await);
    for path in ["/api/v1/me", "/api/v1/me/sessions"] {
        heard.hear(api.get(path).await);
    }
    // Reuse: the family ends.
    heard.hear(app.api.post("/api/v1/auth/refresh", &json!({"refresh_token": first})).await);
    heard.hear(api.post("/api/v1/auth/logout_all", &Value::Null).await);
    tokens
}

/// An organization at work: connecting, answering, and everything that goes wrong there.
async fn work_and_fail(app: &TestApp, planted: &mut Planted, heard: &mut Heard) {
    let shop = app.shop().await;
    let owner = &shop.member.api;
    let key = planted.plant("model key", "sk-planted-model-key-0001");
    let model = |key: &str| json!({"provider": "openai_compatible", "base_url": app.model.base_url(), "model": "m", "api_key": key});
    let agent = json!({"name": "Planted", "model": model(&key), "quiet_ms": 0, "system_prompt": "planted-prompt", "fallback_text": "planted-answer fallback"});
    let headers = [("content-type", "application/json"), ("idempotency-key", "planted-1")];
    let made = heard.hear(owner.send(Method::POST, &shop.path("/agents"), &headers, Some(agent.to_string().into_bytes())).await).expect(201);
    let agent = format!("/agents/{}", made["id"].as_str().unwrap());
    let bad_key = planted.plant("model key of a wrong form", "sk-planted-model-key-0002");
    heard.hear(shop.patch(&agent, &json!({"model": model(&format!("{bad_key}\r\nx-more: y"))})).await);
    heard.hear(shop.patch(&agent, &json!({"model": {"provider": "knowledge", "api_key": key}})).await);
    heard.hear(shop.patch(&agent, &json!({"model": {"provider": "openai_compatible", "base_url": format!("https://user:{key}@10.0.0.1/"), "model": "m"}})).await);

    let secret = planted.plant("app secret", "planted-app-secret-0001");
    let previous = planted.plant("previous app secret", "planted-app-secret-0000");
    let page = shop.account(ChannelKind::Whatsapp).app_secret(&secret).agent(made["id"].as_str()).connect().await;
    planted.plant("account token", page.token.clone());
    let app_body = json!({"app_id": "990011223344556", "app_secret": secret, "app_secret_previous": previous});
    // Its answer shows the verify token, so it stays out of the record; the lists below are without it for viewers.
    let verify_token = shop.put("/platform_apps/whatsapp", &app_body).await.expect(200)["verify_token"].as_str().unwrap().to_owned();
    planted.plant("verify token", verify_token.clone());
    heard.hear(shop.put("/platform_apps/whatsapp", &json!({"app_secret": [secret], "x": previous})).await);
    let hook = page.webhook_path();
    let handshake = |token: &str| format!("{hook}?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={token}");
    heard.hear(app.api.get(&handshake(&verify_token)).await);
    heard.hear(app.api.get(&handshake(&secret)).await);
    heard.hear(app.api.get(&format!("{hook}?access_token={}", page.token)).await);

    let writes = async || {
        app.graph.customer_message_named(page.simulated(), &page.external_id, CUSTOMER, CUSTOMER_NAME, QUESTION).await.unwrap();
        app.settle_within(Duration::from_secs(60)).await;
    };
    app.model.answer_next(Reply::text("planted-answer"));
    writes().await;
    app.model.fault(Rule::always(Reply::InvalidKey));
    writes().await;
    app.model.clear();
    let conversation = shop.conversation().await;
    let conversation = format!("/conversations/{}", conversation["id"].as_str().unwrap());
    heard.hear(shop.post(&format!("{conversation}/hand_back"), &Value::Null).await);
    app.model.fault(Rule::next(1, Reply::ServerError { status: 500 }));
    writes().await;
    heard.hear(app.api.send(Method::POST, &hook, &[("content-type", "application/json"), ("x-hub-signature-256", "sha256=00")], Some(b"{}".to_vec())).await);
    heard.hear(shop.post(&format!("/social_accounts/{}/check", page.id), &Value::Null).await);
    app.graph.fault(Rule::always(Fault::error(400, 190)));
    writes().await;
    heard.hear(shop.post(&format!("/social_accounts/{}/check", page.id), &Value::Null).await);
    // All that was meant to go well or wrong did.
    assert_eq!(shop.all("/audit_log?action=social_account.needs_reconnect").await.len(), 1);
    assert!(app.graph.ledger().iter().any(|effect| effect.text.as_deref() == Some("planted-answer")));
    assert!(app.model.asked().iter().any(|asked| asked.authorization == Some(format!("Bearer {key}"))));
    let new_token = planted.plant("new account token", "EAAG-planted-new-token-0002");
    heard.hear(shop.patch(&format!("/social_accounts/{}", page.id), &json!({"access_token": new_token})).await);
    heard.hear(shop.patch(&format!("/social_accounts/{}", page.id), &json!({"access_token": {"t": new_token}, "token": new_token})).await);

    let invite = json!({"email": "planted-person@example.com", "role": "viewer"});
    let headers = [("content-type", "application/json"), ("idempotency-key", "planted-2")];
    let invited = owner.send(Method::POST, &shop.path("/invitations"), &headers, Some(invite.to_string().into_bytes())).await.expect(201);
    planted.plant("invitation token", invited["link"].as_str().unwrap().split_once('#').unwrap().1);
    let viewer = shop.invite("viewer").await;
    for list in ["/agents", "/social_accounts", "/conversations", "/inbound_events", "/dead_letters", "/troubled_messages", "/members", "/invitations", "/audit_log"] {
        heard.hear(shop.get(list).await);
        heard.hear(viewer.get(list).await);
    }
    for one in [agent.clone(), format!("{agent}/versions"), format!("/social_accounts/{}", page.id), format!("{conversation}/messages")] {
        heard.hear(shop.get(&one).await);
    }
    heard.hear(viewer.get("/platform_apps").await);
    heard.hear(app.api.get("/api/v1/openapi.json").await);
}

#[test]
fn planted_secrets_are_recognised_in_each_form() {
    let mut planted = Planted::default();
    planted.plant("it", "planted-secret-123");
    let base64 = base64_middle("planted-secret-123");
    for text in ["x planted-secret-123 y".to_owned(), format!("\\x{}", hex::encode("xplanted-secret-123")), format!("AAAA{base64}AA"), format!("{:?}", b"planted-secret-123")] {
        assert_eq!(planted.found_in(&text), ["it"], "{text}");
    }
    assert!(planted.found_in("planted-secret-12").is_empty());
}
