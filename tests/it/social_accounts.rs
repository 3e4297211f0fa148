//! Connected accounts and the apps behind them: connecting, checking, tokens that only go in, and disconnecting.

use banglachat_tests::{Account, Answer, ChannelKind, Shop, TestApp};
use futures_util::future::join_all;
use sandbox::Rule;
use sandbox::graph::{Fault, FaultKind, Scope};
use serde_json::{Value, json};

const TOKEN: &str = "EAAG-planted-token-0123456789-x9Qz";
const QUESTION: &str = "ডেলিভারি চার্জ কত?";
const ANSWER: &str = "ঢাকায় ৬০ টাকা।";

fn page(external_id: &str) -> Value {
    json!({ "platform": "facebook", "external_id": external_id, "name": "শাপলা স্টোর", "access_token": TOKEN })
}

async fn connect(shop: &Shop, body: &Value) -> Answer {
    shop.post("/social_accounts", body).await
}

async fn check(account: &Account) -> Answer {
    let path = format!("/social_accounts/{}/check", account.id);
    account.shop.post(&path, &json!({})).await
}

async fn set(account: &Account, changes: Value) -> Answer {
    let path = format!("/social_accounts/{}", account.id);
    account.shop.patch(&path, &changes).await
}

#[track_caller]
fn conflict(answer: Answer) -> String {
    answer.expect(409)["code"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connected_account_shows_where_its_events_go_and_nothing_of_its_token() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let made = connect(&shop, &page("104857600001122")).await;
    let account = made.json();
    assert_eq!(
        account["access_token"],
        json!({ "configured": true, "last4": "x9Qz" })
    );
    let url = format!(
        "https://chat.example.com/social/webhook/facebook/{}/",
        shop.id
    );
    assert_eq!(account["webhook_url"], url);
    assert_eq!(
        (&account["health"], &account["last_event_at"]),
        (&json!("unchecked"), &Value::Null)
    );
    let path = format!("/social_accounts/{}", account["id"].as_str().unwrap());
    let mut answers = vec![made];
    answers.push(shop.patch(&path, &json!({ "name": "শাপলা" })).await);
    for below in [path.as_str(), "/social_accounts", "/audit_log"] {
        answers.push(shop.get(below).await);
    }
    for answer in answers {
        assert!(answer.status < 300, "{}", answer.text);
        assert!(
            !answer.text.contains("EAAG-planted-token"),
            "{}",
            answer.text
        );
    }
    let actions: Vec<Value> = shop.all("/audit_log?subject_kind=social_account").await;
    let actions: Vec<_> = actions
        .iter()
        .map(|entry| entry["action"].as_str().unwrap())
        .collect();
    assert_eq!(
        actions,
        ["social_account.changed", "social_account.connected"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_connected_elsewhere_is_refused_without_saying_whose_it_is() {
    let app = TestApp::start().await;
    let (owner, other) = (app.shop().await, app.shop().await);
    let body = page("104857600001122");
    let account = connect(&owner, &body).await.expect(201);
    let (own, foreign) = (connect(&owner, &body).await, connect(&other, &body).await);
    assert!(!foreign.text.contains(&owner.id) && !foreign.text.contains(&owner.name));
    // Word for word the same, so that not even that much is told.
    assert_eq!(own.json()["detail"], foreign.json()["detail"]);
    assert_eq!(conflict(foreign), "account_taken");
    assert_eq!(conflict(own), "account_taken");
    // The same number on another platform is another account.
    let mut instagram = body.clone();
    instagram["platform"] = json!("instagram");
    connect(&other, &instagram).await.expect(201);
    owner
        .delete(&format!(
            "/social_accounts/{}",
            account["id"].as_str().unwrap()
        ))
        .await
        .expect(204);
    connect(&other, &body).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_shops_that_connect_an_account_at_once_one_gets_it() {
    let app = TestApp::start().await;
    let shops = [app.shop().await, app.shop().await, app.shop().await];
    let body = page("104857600001122");
    let attempts = shops.iter().map(|shop| connect(shop, &body));
    let mut statuses: Vec<u16> = join_all(attempts)
        .await
        .iter()
        .map(|answer| answer.status)
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409]);
    assert_eq!(app.db.count("account_directory").await, 1);
    assert_eq!(app.db.count("social_accounts").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_that_is_not_served_yet_is_refused_as_such() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let mut body = page("104857600001122");
    body["platform"] = json!("twitter");
    assert_eq!(conflict(connect(&shop, &body).await), "platform_not_served");
    let secret = json!({ "app_secret": "app-secret-0123456789" });
    let put = shop.put("/platform_apps/twitter", &secret).await;
    assert_eq!(conflict(put), "platform_not_served");
    body["platform"] = json!("myspace");
    connect(&shop, &body).await.expect(422);
    assert_eq!(app.db.count("social_accounts").await, 0);
}

/// R41: an id in a body is checked as one in the path is.
#[tokio::test(flavor = "multi_thread")]
async fn another_organizations_agent_cannot_be_assigned() {
    let app = TestApp::start().await;
    let (shop, other) = (app.shop().await, app.shop().await);
    let foreign = other.agent(json!({})).await;
    let mut body = page("104857600001122");
    body["agent_id"] = json!(foreign);
    let refused = connect(&shop, &body).await.expect(422);
    assert_eq!(refused["errors"][0]["field"], "agent_id");
    assert_eq!(app.db.count("account_directory").await, 0);
    let account = shop.account(ChannelKind::Facebook).connect().await;
    set(&account, json!({ "agent_id": foreign }))
        .await
        .expect(422);
    assert_eq!(account.view().await["agent_id"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_tells_that_a_token_works_on_each_platform() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    for platform in [
        ChannelKind::Facebook,
        ChannelKind::Instagram,
        ChannelKind::Whatsapp,
    ] {
        let account = shop
            .account(platform)
            .simulate(|mut spec| {
                spec.name = "শাপলা স্টোর".to_owned();
                spec.require_proof = true;
                spec
            })
            .connect()
            .await;
        let found = check(&account).await.expect(200);
        assert_eq!(
            (&found["token_works"], &found["missing_permissions"]),
            (&json!(true), &json!([])),
            "{platform}: {found}"
        );
        assert!(found["account_name"].is_string(), "{platform}: {found}");
        let view = account.view().await;
        assert_eq!(
            (&view["health"], &view["health_reason"]),
            (&json!("ok"), &Value::Null),
            "{platform}"
        );
    }
    assert_eq!(app.graph.effect_count(), 0, "a check sends nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_names_the_permissions_that_are_missing() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let page = shop
        .account(ChannelKind::Facebook)
        .simulate(|mut spec| {
            spec.permissions = [
                "pages_show_list",
                "pages_manage_metadata",
                "pages_read_engagement",
            ]
            .map(str::to_owned)
            .into();
            spec
        })
        .connect()
        .await;
    let found = check(&page).await.expect(200);
    assert_eq!(
        (&found["token_works"], &found["missing_permissions"]),
        (&json!(true), &json!(["pages_messaging"]))
    );
    let view = page.view().await;
    assert_eq!(view["health"], "ok");
    assert!(
        view["health_reason"]
            .as_str()
            .unwrap()
            .contains("pages_messaging")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_token_asks_for_a_new_one_and_a_new_one_makes_the_account_well_again() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let page = shop
        .account(ChannelKind::Facebook)
        .simulate(|mut spec| {
            spec.token = TOKEN.to_owned();
            spec
        })
        .connect()
        .await;
    assert_eq!(check(&page).await.expect(200)["token_works"], false);
    let view = page.view().await;
    assert_eq!(view["health"], "needs_reconnect");
    assert!(!view["health_reason"].as_str().unwrap().is_empty());
    let view = set(&page, json!({ "access_token": format!(" {TOKEN}\n") }))
        .await
        .expect(200);
    assert_eq!(
        (&view["health"], &view["health_reason"]),
        (&json!("unchecked"), &Value::Null)
    );
    assert_eq!(check(&page).await.expect(200)["token_works"], true);
    assert_eq!(page.view().await["health"], "ok");
}

/// An outage says nothing about a token: a healthy account stays as it is.
#[tokio::test(flavor = "multi_thread")]
async fn while_the_platform_is_down_a_check_fails_and_changes_nothing() {
    let app = TestApp::start().await;
    let page = app.shop().await.social_account(ChannelKind::Facebook).await;
    check(&page).await.expect(200);
    let before = app.db.row("SELECT * FROM social_accounts").await;
    let throttled = FaultKind::Error {
        status: 429,
        code: 4,
        subcode: None,
        message: None,
        retry_after: None,
        usage: None,
    };
    for kind in [
        FaultKind::ServerError { status: 503 },
        FaultKind::Reset,
        FaultKind::Html,
        FaultKind::Empty,
        throttled,
    ] {
        app.graph.fault(Rule::always(
            Fault::before(kind.clone()).scope(Scope::Others),
        ));
        let problem = check(&page).await;
        assert_eq!(problem.status, 502, "{kind:?}: {}", problem.text);
        assert_eq!(problem.json()["type"], "urn:banglachat:problem:upstream");
        assert_eq!(
            app.db.row("SELECT * FROM social_accounts").await,
            before,
            "{kind:?}"
        );
        app.graph.clear_faults();
    }
    app.graph.stop().await;
    check(&page).await.expect(502);
    assert_eq!(app.db.row("SELECT * FROM social_accounts").await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn disconnecting_keeps_the_conversations_and_forgets_the_token() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    shop.agent_with_knowledge(&[(QUESTION, ANSWER)]).await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    page.customer_writes("7001", QUESTION).await;
    app.settle().await;
    let talk = shop.talk().await;
    assert_eq!(talk.len(), 2);
    let sealed = "SELECT token_sealed::text AS sealed, token_last4 FROM social_accounts";
    let before = app.db.row(sealed).await;
    let path = format!("/social_accounts/{}", page.id);
    shop.delete(&path).await.expect(204);

    let after = app.db.row(sealed).await;
    assert!(after["sealed"].as_str().unwrap().len() < before["sealed"].as_str().unwrap().len());
    assert_eq!(after["token_last4"], "");
    shop.get(&path).await.expect(404);
    shop.delete(&path).await.expect(404);
    check(&page).await.expect(404);
    assert!(shop.all("/social_accounts").await.is_empty());
    // What still comes in for it reaches nobody.
    page.customer_writes("7001", "কেউ আছেন?").await;
    app.settle().await;
    assert_eq!(shop.talk().await, talk);
    assert_eq!(app.graph.effect_count(), 1);
}

/// Signing and proving go on while the secret of an app is changed.
#[tokio::test(flavor = "multi_thread")]
async fn an_app_secret_is_rotated_without_losing_an_event_or_an_answer() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    shop.agent_with_knowledge(&[(QUESTION, ANSWER)]).await;
    let page = shop
        .account(ChannelKind::Facebook)
        .simulate(|mut spec| {
            spec.require_proof = true;
            // The platform proves with the new secret already, and signs with the old one still.
            spec.app_secret = "new-app-secret-0123456789".to_owned();
            spec
        })
        .connect()
        .await;
    let rotating = json!({
        "app_id": "990011223344556", "app_secret": "new-app-secret-0123456789", "app_secret_previous": page.app_secret,
    });
    let view = shop.put("/platform_apps/facebook", &rotating).await;
    assert!(!view.text.contains("new-app-secret") && !view.text.contains(&page.app_secret));
    let view = view.expect(200);
    assert_eq!(
        (
            &view["app_secret"]["last4"],
            &view["app_secret_previous"]["configured"]
        ),
        (&json!("6789"), &json!(true))
    );
    assert_eq!(
        view["verify_token"],
        page.verify_token.as_str(),
        "the dashboard stays as it is"
    );
    page.customer_writes("7001", QUESTION).await;
    app.settle().await;
    assert_eq!(app.graph.effect_count(), 1, "{:#?}", app.graph.refusals());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_verify_token_waits_for_its_handshake_while_events_go_on() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    let handshake = async |token: &str| {
        let query = format!("?hub.mode=subscribe&hub.verify_token={token}&hub.challenge=42");
        let path = format!("{}{query}", page.webhook_path());
        app.api.get(&path).await.status
    };
    assert_eq!(handshake(&page.verify_token).await, 200);
    let renewed = shop
        .post("/platform_apps/facebook/verify_token", &json!({}))
        .await
        .expect(200);
    let token = renewed["verify_token"].as_str().unwrap();
    assert!(token.len() >= 32 && token != page.verify_token);
    assert!(
        renewed["handshake_at"].is_null(),
        "the dashboard has the old one"
    );
    assert_eq!(handshake(&page.verify_token).await, 403);
    page.customer_writes("7001", QUESTION).await;
    assert_eq!(handshake(token).await, 200);
    let shown = shop.get("/platform_apps/facebook").await.expect(200);
    assert!(shown["handshake_at"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_app_a_platforms_events_are_refused() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    shop.delete("/platform_apps/facebook").await.expect(204);
    shop.get("/platform_apps/facebook").await.expect(404);
    shop.delete("/platform_apps/facebook").await.expect(404);
    assert_eq!(page.receive("{}").await, 401);
    assert_eq!(app.db.count("webhook_events").await, 0);
}
