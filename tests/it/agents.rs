//! AI agents: versions, conflicts, keys that only go in, addresses that may not be asked, and safe repetition.

use banglachat_tests::{Answer, ChannelKind, Shop, TestApp};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

const KEY: &str = "sk-planted-0123456789-x9Qz";

async fn create(shop: &Shop, name: &str, model: Value) -> String {
    let made = shop
        .post("/agents", &json!({ "name": name, "model": model }))
        .await
        .expect(201);
    made["id"].as_str().unwrap().to_owned()
}

async fn simple_agent(shop: &Shop, name: &str) -> String {
    create(shop, name, json!({ "provider": "knowledge" })).await
}

/// A model elsewhere; the key is left out, null or given.
fn model_at(base_url: &str, key: Option<Value>) -> Value {
    let mut model = json!({ "provider": "openai_compatible", "base_url": base_url, "model": "m" });
    if let Some(key) = key {
        model["api_key"] = key;
    }
    model
}

async fn change(shop: &Shop, agent: &str, body: &Value) -> Value {
    shop.patch(&format!("/agents/{agent}"), body)
        .await
        .expect(200)
}

/// A change under a header.
async fn change_if(shop: &Shop, agent: &str, etag: &str, body: &Value) -> Answer {
    let headers = [("content-type", "application/json"), ("if-match", etag)];
    let path = shop.path(&format!("/agents/{agent}"));
    let body = body.to_string().into_bytes();
    let api = &shop.member.api;
    api.send(Method::PATCH, &path, &headers, Some(body)).await
}

async fn post_with_key(shop: &Shop, below: &str, key: &str, body: &Value) -> Answer {
    let headers = [
        ("content-type", "application/json"),
        ("idempotency-key", key),
    ];
    let body = body.to_string().into_bytes();
    let api = &shop.member.api;
    api.send(Method::POST, &shop.path(below), &headers, Some(body))
        .await
}

#[track_caller]
fn conflict(answer: Answer) -> String {
    answer.expect(409)["code"].as_str().unwrap().to_owned()
}

#[track_caller]
fn wrong_field(answer: Answer) -> String {
    let problem = answer.expect(422);
    problem["errors"][0]["field"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_of_an_agent_makes_one_version_and_no_change_makes_none() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let agent = simple_agent(&shop, "Assistant").await;
    let changes = [
        json!({ "name": "সহকারী" }),
        json!({ "model": model_at("https://llm.example.com/v1", None) }),
        json!({ "system_prompt": "Answer in one sentence." }),
        json!({ "language": "bangla" }),
        json!({ "temperature": 0.7 }),
        json!({ "max_answer_tokens": 99 }),
        json!({ "quiet_ms": 1000 }),
        json!({ "history_budget_tokens": 777 }),
        json!({ "fallback_text": "একটু অপেক্ষা করুন।" }),
        json!({ "active": false }),
    ];
    for (version, body) in (2..).zip(&changes) {
        assert_eq!(
            change(&shop, &agent, body).await["version"],
            version,
            "{body}"
        );
        let again = change(&shop, &agent, body).await;
        assert_eq!(again["version"], version, "said again: {body}");
    }
    let versions = shop.all(&format!("/agents/{agent}/versions")).await;
    let numbers: Vec<_> = versions.iter().map(|one| one["version"].as_i64()).collect();
    let newest_first: Vec<_> = (1..=11).rev().map(Some).collect();
    assert_eq!(numbers, newest_first);
    let (first, last) = (&versions[10], &versions[0]);
    assert_eq!(
        (&first["model"]["provider"], &first["temperature"]),
        (&json!("knowledge"), &json!(0.3))
    );
    assert_eq!(
        (
            &last["system_prompt"],
            &last["temperature"],
            &last["created_by"]["user_id"]
        ),
        (
            &json!("Answer in one sentence."),
            &json!(0.7),
            &json!(shop.member.id)
        )
    );
    // R49: which parts, by name.
    let entries = shop.all("/audit_log?action=agent.changed").await;
    assert_eq!(entries.len(), changes.len());
    assert_eq!(
        entries[0]["details"],
        json!({ "version": 11, "changed": ["active"] })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_to_another_version_than_the_one_read_is_refused() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let agent = simple_agent(&shop, "Assistant").await;
    let read = shop.get(&format!("/agents/{agent}")).await;
    let seen = read.header("etag").unwrap().to_owned();
    let taken = change_if(&shop, &agent, &seen, &json!({ "name": "First" })).await;
    assert_ne!(taken.header("etag").unwrap(), seen);
    assert_eq!(taken.expect(200)["name"], "First");
    let late = change_if(&shop, &agent, &seen, &json!({ "name": "Second" })).await;
    assert_eq!(conflict(late), "version_conflict");
    let now = shop.get(&format!("/agents/{agent}")).await.expect(200);
    assert_eq!(
        (&now["name"], &now["version"]),
        (&json!("First"), &json!(2))
    );
    change_if(&shop, &agent, "*", &json!({ "name": "Any" }))
        .await
        .expect(200);
    change_if(&shop, &agent, "2", &json!({ "name": "No quotes" }))
        .await
        .expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_changes_to_one_version_at_once_one_is_taken() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let agent = simple_agent(&shop, "Assistant").await;
    let attempts = (0..6).map(async |number| {
        let body = json!({ "system_prompt": format!("Prompt {number}") });
        change_if(&shop, &agent, "\"1\"", &body).await.status
    });
    let mut statuses = join_all(attempts).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409, 409, 409]);
    assert_eq!(app.db.count("ai_agent_versions").await, 2);
}

/// R60.
#[tokio::test(flavor = "multi_thread")]
async fn a_model_key_is_shown_by_its_last_four_characters_only() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let model = model_at("https://llm.example.com/v1", Some(json!(KEY)));
    let made = shop
        .post("/agents", &json!({ "name": "Assistant", "model": model }))
        .await;
    let agent = made.json()["id"].as_str().unwrap().to_owned();
    let mut answers = vec![made];
    for below in [
        "/agents",
        &format!("/agents/{agent}"),
        &format!("/agents/{agent}/versions"),
        "/audit_log",
    ] {
        answers.push(shop.get(below).await);
    }
    for answer in &answers {
        assert!(
            !answer.text.contains(&KEY[..KEY.len() - 4]),
            "{}",
            answer.text
        );
    }
    let shown = &answers[2].json()["model"]["api_key"];
    assert_eq!(shown, &json!({ "configured": true, "last4": "x9Qz" }));
    let removed = model_at("https://llm.example.com/v1", Some(Value::Null));
    let view = change(&shop, &agent, &json!({ "model": removed })).await;
    assert_eq!(
        view["model"]["api_key"],
        json!({ "configured": false, "last4": null })
    );
    assert_eq!(
        app.db
            .count("ai_agents WHERE model_key_sealed IS NOT NULL")
            .await,
        0
    );
}

/// R62: what would send a key elsewhere takes it away, and coming back does not bring it again.
#[tokio::test(flavor = "multi_thread")]
async fn a_model_key_stays_with_the_host_it_was_entered_for() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let home = "https://llm.example.com/v1";
    let agent = create(&shop, "Assistant", model_at(home, Some(json!(KEY)))).await;
    let configured = async |model: Value| {
        let view = change(&shop, &agent, &json!({ "model": model })).await;
        view["model"]["api_key"]["configured"] == true
    };
    assert!(configured(model_at("https://llm.example.com/v2/other", None)).await);
    assert!(configured(model_at("https://LLM.example.com:443/v2", None)).await);
    let elsewhere = [
        model_at("https://llm.example.com.evil.example/v1", None),
        model_at("https://other.example.com/v1", None),
        model_at(&app.model.base_url(), None),
        json!({ "provider": "knowledge" }),
    ];
    for model in elsewhere {
        assert!(configured(model_at(home, Some(json!(KEY)))).await);
        assert!(!configured(model.clone()).await, "{model}");
        assert!(!configured(model_at(home, None)).await, "back from {model}");
    }
}

/// R50, R52: what is inside the network, or not plainly public, is refused when it is entered.
#[tokio::test(flavor = "multi_thread")]
async fn a_model_at_an_address_inside_the_network_is_refused() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let agent = simple_agent(&shop, "Assistant").await;
    let own = app.url.replace("http://", "https://");
    for base_url in [
        "http://169.254.169.254/latest/meta-data",
        "https://169.254.169.254/v1",
        "https://127.0.0.1/v1",
        "https://2130706433/v1",
        "https://0x7f.1/v1",
        "https://[::1]/v1",
        "https://[::ffff:10.0.0.1]/v1",
        "https://10.0.0.5/v1",
        "https://localhost/v1",
        "https://postgres/v1",
        "https://db.internal/v1",
        "https://db.internal./v1",
        "http://llm.example.com/v1",
        "https://llm.example.com:8443/v1",
        "https://user:word@llm.example.com/v1",
        "file:///etc/passwd",
        "llm.example.com/v1",
        &own,
    ] {
        let model = model_at(base_url, None);
        let body = json!({ "name": "Other", "model": model });
        let field = wrong_field(shop.post("/agents", &body).await);
        assert_eq!(field, "model.base_url", "{base_url}");
        let changed = shop
            .patch(&format!("/agents/{agent}"), &json!({ "model": model }))
            .await;
        assert_eq!(wrong_field(changed), "model.base_url", "{base_url}");
    }
    assert_eq!(app.db.count("ai_agent_versions").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_is_archived_once_no_account_is_answered_by_it() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let agent = shop.agent(json!({ "name": "Assistant" })).await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    let path = format!("/agents/{agent}");
    assert_eq!(conflict(shop.delete(&path).await), "agent_in_use");
    let account = format!("/social_accounts/{}", page.id);
    shop.patch(&account, &json!({ "agent_id": null }))
        .await
        .expect(200);
    shop.delete(&path).await.expect(204);
    shop.get(&path).await.expect(404);
    shop.patch(&path, &json!({ "name": "Again" }))
        .await
        .expect(404);
    shop.delete(&path).await.expect(404);
    assert!(shop.all("/agents").await.is_empty());
    let assigned = shop.patch(&account, &json!({ "agent_id": agent })).await;
    assert_eq!(wrong_field(assigned), "agent_id");
    // Its name is free again.
    simple_agent(&shop, "Assistant").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_agents_of_an_organization_cannot_have_one_name() {
    let app = TestApp::start().await;
    let (shop, other) = (app.shop().await, app.shop().await);
    // Composed and decomposed are one name (R75).
    simple_agent(&shop, "Caf\u{e9}").await;
    let second = simple_agent(&shop, "Second").await;
    let same = json!({ "name": "Cafe\u{301}", "model": { "provider": "knowledge" } });
    assert_eq!(
        conflict(shop.post("/agents", &same).await),
        "agent_name_taken"
    );
    let renamed = shop
        .patch(
            &format!("/agents/{second}"),
            &json!({ "name": "Caf\u{e9}" }),
        )
        .await;
    assert_eq!(conflict(renamed), "agent_name_taken");
    assert_eq!(
        shop.get(&format!("/agents/{second}")).await.expect(200)["version"],
        1
    );
    simple_agent(&other, "Caf\u{e9}").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_sent_again_gets_the_same_answer_and_does_nothing() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let body = json!({ "name": "Assistant", "model": { "provider": "knowledge" } });
    let first = post_with_key(&shop, "/agents", "k-1", &body)
        .await
        .expect(201);
    let again = post_with_key(&shop, "/agents", "k-1", &body)
        .await
        .expect(201);
    assert_eq!(first, again);
    let other = json!({ "name": "Other", "model": { "provider": "knowledge" } });
    let reused = post_with_key(&shop, "/agents", "k-1", &other).await;
    assert_eq!(conflict(reused), "idempotency_key_reused");
    assert_eq!(shop.all("/agents").await.len(), 1);
    // At another address, and for another member, it is another request.
    let entry = json!({ "questions": ["দাম কত?"], "answer_bn": "৫০০ টাকা" });
    post_with_key(&shop, "/knowledge", "k-1", &entry)
        .await
        .expect(201);
    let admin = shop.invite("admin").await;
    post_with_key(&admin, "/agents", "k-1", &other)
        .await
        .expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_sent_many_times_at_once_creates_one_agent() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let body = json!({ "name": "Assistant", "model": { "provider": "knowledge" } });
    let posts = (0..6).map(|_| post_with_key(&shop, "/agents", "k-1", &body));
    let mut ids: Vec<_> = join_all(posts)
        .await
        .into_iter()
        .map(|answer| answer.expect(201)["id"].to_string())
        .collect();
    ids.dedup();
    assert_eq!(ids.len(), 1);
    assert_eq!(app.db.count("ai_agents").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_request_does_not_use_up_its_key_and_a_day_later_the_key_is_free() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let taken = simple_agent(&shop, "Assistant").await;
    let body = json!({ "name": "Assistant", "model": { "provider": "knowledge" } });
    let refused = post_with_key(&shop, "/agents", "k-1", &body).await;
    assert_eq!(conflict(refused), "agent_name_taken");
    change(&shop, &taken, &json!({ "name": "Renamed" })).await;
    post_with_key(&shop, "/agents", "k-1", &body)
        .await
        .expect(201);
    app.pass(std::time::Duration::from_secs(25 * 3600)).await;
    let shop = shop.signed_in_again().await;
    let next = json!({ "name": "Next", "model": { "provider": "knowledge" } });
    post_with_key(&shop, "/agents", "k-1", &next)
        .await
        .expect(201);
}
