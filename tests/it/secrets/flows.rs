//! What is done with the planted secrets: everything that a member, a customer or a stranger may do, well and badly.

use std::time::Duration;

use banglachat_tests::{Answer, ChannelKind, MailServer, TestApp};
use chaos::planted::Planted;
use reqwest::Method;
use sandbox::Rule;
use sandbox::graph::Fault;
use sandbox::model::Reply;
use serde_json::{Value, json};

pub const QUESTION: &str = "planted-question আমার অর্ডার কোথায়?";
pub const CUSTOMER: &str = "8801798765432";
pub const CUSTOMER_NAME: &str = "Planted Customer Name";

/// Everything that was answered, but for the answers that are there to hand out a token.
#[derive(Default)]
pub struct Heard(pub Vec<String>);

impl Heard {
    pub fn hear(&mut self, answer: Answer) -> Answer {
        self.0.push(format!(
            "{} {:?} {}",
            answer.status, answer.headers, answer.text
        ));
        answer
    }
}

/// Registering, signing in and out, well and badly. The tokens that were handed out.
pub async fn sign_in_and_fail(app: &TestApp, planted: &mut Planted, heard: &mut Heard) -> Planted {
    let mut tokens = Planted::default();
    let email = "planted-person@example.com";
    let password = planted.plant("password", "planted password one kosh");
    let next = planted.plant("new password", "planted password two kosh");
    let wrong = planted.plant("wrong password", "planted password wrong kosh");
    let register = json!({"email": email, "password": password, "name": "Planted", "refresh_token_in_body": true});
    let signed_in = app
        .api
        .post("/api/v1/auth/register", &register)
        .await
        .expect(201);
    let token = |signed_in: &Value, name: &str| signed_in[name].as_str().unwrap().to_owned();
    let api = app
        .api
        .with_token(&tokens.plant("access token", token(&signed_in, "access_token")));
    let first = tokens.plant("refresh token", token(&signed_in, "refresh_token"));
    heard.hear(
        app.api
            .post(
                "/api/v1/auth/login",
                &json!({"email": email, "password": wrong}),
            )
            .await,
    );
    heard.hear(
        app.api
            .post(
                "/api/v1/auth/register",
                &json!({"email": email, "password": wrong, "name": "Again"}),
            )
            .await,
    );
    for bad in [
        json!({"email": email, "password": wrong, "extra": wrong}),
        json!({"email": wrong, "password": [wrong]}),
        json!({"email": email, "password": {"p": wrong}}),
    ] {
        heard.hear(app.api.post("/api/v1/auth/login", &bad).await);
    }
    let broken = format!("{{\"email\": \"{email}\", \"password\": \"{wrong}\"");
    let json_body = [("content-type", "application/json")];
    heard.hear(
        app.api
            .send(
                Method::POST,
                "/api/v1/auth/login",
                &json_body,
                Some(broken.into_bytes()),
            )
            .await,
    );
    let change = |from: &str, to: &str| json!({"current_password": from, "new_password": to, "refresh_token_in_body": true});
    heard.hear(
        api.post("/api/v1/me/password", &change(&wrong, &next))
            .await,
    );
    let refreshed = app
        .api
        .post("/api/v1/auth/refresh", &json!({"refresh_token": first}))
        .await
        .expect(200);
    tokens.plant("second refresh token", token(&refreshed, "refresh_token"));
    let changed = api
        .post("/api/v1/me/password", &change(&password, &next))
        .await
        .expect(200);
    tokens.plant("third refresh token", token(&changed, "refresh_token"));
    let api = app.api.with_token(&tokens.plant(
        "access token after the change",
        token(&changed, "access_token"),
    ));
    // A query is no place for a token, but people try.
    heard.hear(
        app.api
            .get(&format!(
                "/api/v1/me?access_token={}",
                token(&changed, "access_token")
            ))
            .await,
    );
    heard.hear(app.api.with_token(&wrong).get("/api/v1/me").await);
    for path in ["/api/v1/me", "/api/v1/me/sessions"] {
        heard.hear(api.get(path).await);
    }
    // Reuse: the family ends.
    heard.hear(
        app.api
            .post("/api/v1/auth/refresh", &json!({"refresh_token": first}))
            .await,
    );
    heard.hear(api.post("/api/v1/auth/logout_all", &Value::Null).await);
    tokens
}

/// An organization at work: connecting, answering, and everything that goes wrong there.
pub async fn work_and_fail(app: &TestApp, planted: &mut Planted, heard: &mut Heard) {
    let shop = app.shop().await;
    let owner = &shop.member.api;
    let key = planted.plant("model key", "sk-planted-model-key-0001");
    let model = |key: &str| json!({"provider": "openai_compatible", "base_url": app.model.base_url(), "model": "m", "api_key": key});
    let agent = json!({"name": "Planted", "model": model(&key), "quiet_ms": 0, "system_prompt": "planted-prompt", "fallback_text": "planted-answer fallback"});
    let headers = [
        ("content-type", "application/json"),
        ("idempotency-key", "planted-1"),
    ];
    let made = heard
        .hear(
            owner
                .send(
                    Method::POST,
                    &shop.path("/agents"),
                    &headers,
                    Some(agent.to_string().into_bytes()),
                )
                .await,
        )
        .expect(201);
    let agent = format!("/agents/{}", made["id"].as_str().unwrap());
    let bad_key = planted.plant("model key of a wrong form", "sk-planted-model-key-0002");
    heard.hear(
        shop.patch(
            &agent,
            &json!({"model": model(&format!("{bad_key}\r\nx-more: y"))}),
        )
        .await,
    );
    heard.hear(
        shop.patch(
            &agent,
            &json!({"model": {"provider": "knowledge", "api_key": key}}),
        )
        .await,
    );
    heard.hear(shop.patch(&agent, &json!({"model": {"provider": "openai_compatible", "base_url": format!("https://user:{key}@10.0.0.1/"), "model": "m"}})).await);

    let secret = planted.plant("app secret", "planted-app-secret-0001");
    let previous = planted.plant("previous app secret", "planted-app-secret-0000");
    let page = shop
        .account(ChannelKind::Whatsapp)
        .app_secret(&secret)
        .agent(made["id"].as_str())
        .connect()
        .await;
    planted.plant("account token", page.token.clone());
    let app_body =
        json!({"app_id": "990011223344556", "app_secret": secret, "app_secret_previous": previous});
    // Its answer shows the verify token, so it stays out of the record; the lists below are without it for viewers.
    let verify_token = shop
        .put("/platform_apps/whatsapp", &app_body)
        .await
        .expect(200)["verify_token"]
        .as_str()
        .unwrap()
        .to_owned();
    planted.plant("verify token", verify_token.clone());
    heard.hear(
        shop.put(
            "/platform_apps/whatsapp",
            &json!({"app_secret": [secret], "x": previous}),
        )
        .await,
    );
    let hook = page.webhook_path();
    let handshake = |token: &str| {
        format!("{hook}?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={token}")
    };
    heard.hear(app.api.get(&handshake(&verify_token)).await);
    heard.hear(app.api.get(&handshake(&secret)).await);
    heard.hear(
        app.api
            .get(&format!("{hook}?access_token={}", page.token))
            .await,
    );

    let writes = async || {
        app.graph
            .customer_message_named(
                page.simulated(),
                &page.external_id,
                CUSTOMER,
                CUSTOMER_NAME,
                QUESTION,
            )
            .await
            .unwrap();
        app.settle_within(Duration::from_secs(60)).await;
    };
    app.model.answer_next(Reply::text("planted-answer"));
    writes().await;
    app.model.fault(Rule::always(Reply::InvalidKey));
    writes().await;
    app.model.clear();
    let conversation = shop.conversation().await;
    let conversation = format!("/conversations/{}", conversation["id"].as_str().unwrap());
    heard.hear(
        shop.post(&format!("{conversation}/hand_back"), &Value::Null)
            .await,
    );
    app.model
        .fault(Rule::next(1, Reply::ServerError { status: 500 }));
    writes().await;
    heard.hear(
        app.api
            .send(
                Method::POST,
                &hook,
                &[
                    ("content-type", "application/json"),
                    ("x-hub-signature-256", "sha256=00"),
                ],
                Some(b"{}".to_vec()),
            )
            .await,
    );
    heard.hear(
        shop.post(&format!("/social_accounts/{}/check", page.id), &Value::Null)
            .await,
    );
    app.graph.fault(Rule::always(Fault::error(400, 190)));
    writes().await;
    heard.hear(
        shop.post(&format!("/social_accounts/{}/check", page.id), &Value::Null)
            .await,
    );
    // All that was meant to go well or wrong did.
    assert_eq!(
        shop.all("/audit_log?action=social_account.needs_reconnect")
            .await
            .len(),
        1
    );
    assert!(
        app.graph
            .ledger()
            .iter()
            .any(|effect| effect.text.as_deref() == Some("planted-answer"))
    );
    assert!(
        app.model
            .asked()
            .iter()
            .any(|asked| asked.authorization == Some(format!("Bearer {key}")))
    );
    let new_token = planted.plant("new account token", "EAAG-planted-new-token-0002");
    heard.hear(
        shop.patch(
            &format!("/social_accounts/{}", page.id),
            &json!({"access_token": new_token}),
        )
        .await,
    );
    heard.hear(
        shop.patch(
            &format!("/social_accounts/{}", page.id),
            &json!({"access_token": {"t": new_token}, "token": new_token}),
        )
        .await,
    );

    let invite = json!({"email": "planted-person@example.com", "role": "viewer"});
    let headers = [
        ("content-type", "application/json"),
        ("idempotency-key", "planted-2"),
    ];
    let invited = owner
        .send(
            Method::POST,
            &shop.path("/invitations"),
            &headers,
            Some(invite.to_string().into_bytes()),
        )
        .await
        .expect(201);
    planted.plant(
        "invitation token",
        invited["link"]
            .as_str()
            .unwrap()
            .split_once("#token=")
            .unwrap()
            .1,
    );
    let viewer = shop.invite("viewer").await;
    for list in [
        "/agents",
        "/social_accounts",
        "/conversations",
        "/inbound_events",
        "/dead_letters",
        "/troubled_messages",
        "/members",
        "/invitations",
        "/audit_log",
    ] {
        heard.hear(shop.get(list).await);
        heard.hear(viewer.get(list).await);
    }
    for one in [
        agent.clone(),
        format!("{agent}/versions"),
        format!("/social_accounts/{}", page.id),
        format!("{conversation}/messages"),
    ] {
        heard.hear(shop.get(&one).await);
    }
    heard.hear(viewer.get("/platform_apps").await);
    heard.hear(app.api.get("/api/v1/openapi.json").await);
}

/// A forgotten password and an API key, well and badly.
pub async fn reset_and_use_a_key(
    app: &TestApp,
    mail: &MailServer,
    planted: &mut Planted,
    heard: &mut Heard,
) {
    let email = "planted-person@example.com";
    let ask = json!({ "email": email });
    heard.hear(app.api.post("/api/v1/auth/forgot_password", &ask).await);
    // The first mail of that person is the invitation.
    let got = crate::reset::mail_to(mail, email, 2).await;
    let token = planted.plant("reset token", got.token());
    let password = planted.plant("reset password", "planted password three kosh");
    for (token, password) in [
        (&token, &"short".to_owned()),
        (&token, &password),
        (&token, &password),
        (&password, &token),
    ] {
        let body = json!({"token": token, "password": password});
        heard.hear(app.api.post("/api/v1/auth/reset_password", &body).await);
    }

    let shop = app.shop().await;
    let body = json!({"name": "Planted", "role": "operator"});
    let made = shop.post("/api_keys", &body).await.expect(201);
    let key = planted.plant("API key", made["key"].as_str().unwrap());
    let api = app.api.with_token(&key);
    for below in ["", "/conversations", "/audit_log", "/nowhere"] {
        heard.hear(api.get(&shop.path(below)).await);
    }
    heard.hear(
        api.get(&shop.path(&format!("/conversations?key={key}")))
            .await,
    );
    heard.hear(shop.get("/api_keys").await);
    heard.hear(shop.get("/audit_log").await);
    let revoke = format!("/api_keys/{}", made["api_key"]["id"].as_str().unwrap());
    heard.hear(shop.delete(&revoke).await);
    heard.hear(api.get(&shop.path("")).await);
}
