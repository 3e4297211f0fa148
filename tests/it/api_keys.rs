//! API keys (R34, R36): what they may do, for how long, and what becomes of them.

use std::time::{Duration, Instant};

use banglachat_tests::{Api, Shop, TestApp};
use serde_json::{Value, json};

async fn make(shop: &Shop, role: &str) -> (Api, Value) {
    let made = shop
        .post(
            "/api_keys",
            &json!({"name": format!("{role} key"), "role": role}),
        )
        .await
        .expect(201);
    let key = made["key"].as_str().unwrap();
    (shop.member.api.with_token(key), made)
}

async fn status(api: &Api, shop: &Shop, below: &str) -> u16 {
    api.get(&shop.path(below)).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_does_what_its_role_does_in_its_organization_and_nothing_else() {
    let app = TestApp::start().await;
    let (shop, other) = (app.shop().await, app.shop().await);
    let (viewer, made) = make(&shop, "viewer").await;
    let (operator, _) = make(&shop, "operator").await;
    let (admin, of_admin) = make(&shop, "admin").await;
    let entry = json!({"questions": ["দাম কত?"], "answer_bn": "৬০ টাকা।"});
    for (api, writes, administers) in [
        (&viewer, 403, 403),
        (&operator, 201, 403),
        (&admin, 201, 201),
    ] {
        assert_eq!(status(api, &shop, "/conversations").await, 200);
        let written = api.post(&shop.path("/knowledge"), &entry).await;
        assert_eq!(written.status, writes, "{}", written.text);
        let name = format!("Agent {writes} {administers}");
        let agent = json!({"name": name, "model": {"provider": "knowledge"}});
        let administered = api.post(&shop.path("/agents"), &agent).await;
        assert_eq!(administered.status, administers, "{}", administered.text);
        // Another organization, nothing that is a user's own, and no keys.
        assert_eq!(status(api, &other, "/conversations").await, 401);
        assert_eq!(api.get("/api/v1/me").await.status, 401);
        assert_eq!(api.get("/api/v1/organizations").await.status, 401);
        assert_eq!(status(api, &shop, "/api_keys").await, 403);
        let another = json!({"name": "Another", "role": "viewer"});
        assert_eq!(
            api.post(&shop.path("/api_keys"), &another).await.status,
            403
        );
    }
    // What a key did says so, and whose it is.
    let log = shop.all("/audit_log?action=agent.created").await;
    assert_eq!(log.len(), 1);
    assert_eq!(log[0]["user_id"], json!(shop.member.id));
    assert_eq!(log[0]["details"]["api_key"], of_admin["api_key"]["id"]);
    let view = &made["api_key"];
    let key = made["key"].as_str().unwrap();
    assert!(key.starts_with("bck_") && key.len() == 68);
    assert_eq!(view["last4"], json!(&key[64..]));
    assert_eq!(view["created_by"]["user_id"], json!(shop.member.id));
    let listed = shop.all("/api_keys").await;
    assert_eq!(listed.len(), 3);
    assert!(listed.iter().all(|key| key["last_used_at"].is_string()));
    // R36: shown once, stored nowhere.
    assert!(!json!(listed).to_string().contains(key));
    for table in ["api_keys", "audit_log", "idempotency_keys"] {
        let found = format!("{table} t WHERE t::text LIKE '%{key}%'");
        assert_eq!(app.db.count(&found).await, 0, "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_ends_when_it_is_revoked_or_expires() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let (api, made) = make(&shop, "viewer").await;
    assert_eq!(status(&api, &shop, "").await, 200);
    let path = format!("/api_keys/{}", made["api_key"]["id"].as_str().unwrap());
    shop.delete(&path).await.expect(204);
    assert_eq!(status(&api, &shop, "").await, 401);
    shop.delete(&path).await.expect(404);
    assert!(shop.all("/api_keys").await.is_empty());

    let expires_at = app.state.clock.now() + Duration::from_secs(60);
    let body = json!({"name": "Short", "role": "viewer", "expires_at": expires_at});
    let made = shop.post("/api_keys", &body).await.expect(201);
    let api = shop.member.api.with_token(made["key"].as_str().unwrap());
    assert_eq!(status(&api, &shop, "").await, 200);
    app.state.clock.advance(Duration::from_secs(61));
    assert_eq!(status(&api, &shop, "").await, 401);
    for wrong in [
        json!(expires_at),
        json!(expires_at + Duration::from_secs(6 * 366 * 86_400)),
    ] {
        let body = json!({"name": "Wrong", "role": "viewer", "expires_at": wrong});
        let refused = shop.post("/api_keys", &body).await.expect(422);
        assert_eq!(refused["errors"][0]["field"], "expires_at");
    }
    let log = shop.all("/audit_log?subject_kind=api_key").await;
    let actions: Vec<_> = log.iter().map(|entry| entry["action"].clone()).collect();
    assert_eq!(
        actions,
        ["api_key.created", "api_key.revoked", "api_key.created"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_never_more_than_its_maker_and_ends_with_the_membership() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let maker = shop.invite("admin").await;
    let (api, _) = make(&maker, "admin").await;
    assert_eq!(status(&api, &shop, "/audit_log").await, 200);
    let member = format!("/members/{}", maker.member.id);
    shop.patch(&member, &json!({"role": "viewer"}))
        .await
        .expect(200);
    assert_eq!(status(&api, &shop, "/audit_log").await, 403);
    assert_eq!(status(&api, &shop, "/conversations").await, 200);
    shop.delete(&member).await.expect(204);
    assert_eq!(status(&api, &shop, "/conversations").await, 401);
    // Who comes back does not bring old keys along.
    let body = json!({"email": maker.member.email, "role": "admin"});
    let made = shop.post("/invitations", &body).await.expect(201);
    let token = made["link"]
        .as_str()
        .unwrap()
        .split_once("#token=")
        .unwrap()
        .1;
    maker
        .member
        .api
        .post("/api/v1/invitations/accept", &json!({"token": token}))
        .await
        .expect(200);
    assert_eq!(
        status(&maker.member.api, &shop, "/conversations").await,
        200
    );
    assert_eq!(status(&api, &shop, "/conversations").await, 401);
    // A disabled maker's keys sleep.
    let (api, _) = make(&maker, "viewer").await;
    app.db
        .execute(&format!(
            "UPDATE users SET disabled_at = now() WHERE id = '{}'",
            maker.member.id
        ))
        .await;
    assert_eq!(status(&api, &shop, "/conversations").await, 401);
    // An owner's rights are for people, and nobody gives more than they have.
    let owner = json!({"name": "Owner", "role": "owner"});
    shop.post("/api_keys", &owner).await.expect(422);
}

/// R36: what stands in an address is logged along the whole way.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_an_address_is_refused() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let (api, made) = make(&shop, "viewer").await;
    let key = made["key"].as_str().unwrap();
    for query in [
        format!("?api_key={key}"),
        format!("?limit=1&access_token={key}"),
        format!("?{key}"),
    ] {
        for caller in [&app.api, &api] {
            let refused = caller
                .get(&shop.path(&format!("/conversations{query}")))
                .await;
            assert_eq!(refused.status, 400, "{query}: {}", refused.text);
            assert!(!refused.text.contains(key));
        }
    }
    assert_eq!(status(&api, &shop, "/knowledge?q=bck_").await, 200);
}

/// R34, R45: within five seconds, also for what is open.
#[tokio::test(flavor = "multi_thread")]
async fn an_open_stream_ends_with_its_key() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let (api, made) = make(&shop, "viewer").await;
    let mut stream = api
        .follow(&shop.path("/events"), None)
        .await
        .expect("a stream");
    stream.expect("hello").await;
    let path = format!("/api_keys/{}", made["api_key"]["id"].as_str().unwrap());
    shop.delete(&path).await.expect(204);
    let revoked = Instant::now();
    let end = stream.expect("session_ended").await;
    assert_eq!(end.data["reason"], "revoked");
    assert_eq!(stream.recv().await, None);
    assert!(revoked.elapsed() < Duration::from_secs(5));
}

/// The same for a platform admin who stops looking.
#[tokio::test(flavor = "multi_thread")]
async fn an_open_stream_ends_with_the_look_of_a_platform_admin() {
    let app = TestApp::start().await;
    let (shop, admin) = (app.shop().await, app.register("Root").await);
    admin.become_platform_admin().await;
    let path = format!("/api/v1/admin/organizations/{}/view", shop.id);
    let reason = json!({"reason": "ticket 4711"});
    admin.api.post(&path, &reason).await.expect(200);
    let mut stream = admin
        .api
        .follow(&shop.path("/events"), None)
        .await
        .expect("a stream");
    stream.expect("hello").await;
    admin.api.delete(&path).await.expect(204);
    assert_eq!(
        stream.expect("session_ended").await.data["reason"],
        "member_removed"
    );
    assert_eq!(stream.recv().await, None);
}
