//! The platform's own pages: for platform admins alone, with a reason, audited; looking into an organization; suspension.

use std::time::Duration;

use banglachat_tests::{Answer, ChannelKind, Member, Shop, TestApp, eventually};
use serde_json::{Value, json};

use crate::document::operations;
use crate::furnished::Furnished;
use crate::identity::{log_in, refresh, try_password};

const QUESTION: &str = "ডেলিভারি চার্জ কত?";
const ANSWER: &str = "ঢাকায় ৬০ টাকা।";
const SOON: Duration = Duration::from_secs(15);

async fn admin(app: &TestApp) -> Member {
    let admin = app.register("Root").await;
    admin.become_platform_admin().await;
    admin
}

fn because(reason: &str) -> Value {
    json!({ "reason": reason })
}

/// An action of a platform admin on an organization.
async fn act(admin: &Member, shop: &Shop, action: &str, reason: &str) -> Answer {
    let path = format!("/api/v1/admin/organizations/{}/{action}", shop.id);
    admin.api.post(&path, &because(reason)).await
}

/// (action, details) of the identity audit log, oldest first.
async fn noted(app: &TestApp, like: &str) -> Vec<(String, Value)> {
    let sql = format!(
        "SELECT action, details FROM identity_audit_log WHERE action LIKE '{like}' ORDER BY id"
    );
    let rows = app.db.rows(&sql).await;
    rows.iter()
        .map(|row| {
            (
                row["action"].as_str().unwrap().to_owned(),
                row["details"].clone(),
            )
        })
        .collect()
}

async fn actions_in(shop: &Shop) -> Vec<String> {
    let log = shop.all("/audit_log").await;
    let mut actions: Vec<String> = log
        .iter()
        .map(|entry| entry["action"].as_str().unwrap().to_owned())
        .collect();
    actions.reverse();
    actions
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_gets_in_and_every_change_asks_for_a_reason() {
    let app = TestApp::start().await;
    let shop = Furnished::new(&app).await;
    let outsider = app.shop().await.member;
    let before = shop.rows(&app).await;
    let pages: Vec<_> = operations()
        .into_iter()
        .filter(|operation| operation.tag() == "platform admin")
        .collect();
    assert!(pages.len() >= 13, "{}", pages.len());
    for operation in &pages {
        assert!(operation.path.starts_with("/api/v1/admin/"));
        assert_eq!(
            operation.role(),
            Some("platform_admin"),
            "{}",
            operation.id()
        );
        let path = operation.call_path(|name| shop.id(name));
        let method = operation.method();
        let answer = match operation.example() {
            Some(body) => outsider.api.send_json(method.clone(), &path, &body).await,
            None => outsider.api.send(method.clone(), &path, &[], None).await,
        };
        assert_eq!(answer.status, 403, "{}: {}", operation.id(), answer.text);
        if operation.method == "post" {
            for reason in [json!({}), because(""), because("ab"), because("   ")] {
                let api = &shop.shop.member.api;
                let answer = api.send_json(method.clone(), &path, &reason).await;
                assert_eq!(answer.status, 422, "{} {reason}", operation.id());
            }
        }
    }
    assert_eq!(before, shop.rows(&app).await);
    let (users, notes) = ("users WHERE disabled_at IS NOT NULL", "password_resets");
    assert_eq!(app.db.count(users).await + app.db.count(notes).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_organizations_are_listed_with_their_size_and_health() {
    let app = TestApp::start().await;
    let admin = admin(&app).await;
    let shop = app.shop().await;
    shop.agent_with_knowledge(&[(QUESTION, ANSWER)]).await;
    shop.invite("operator").await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    page.customer_writes("customer-1", QUESTION).await;
    app.settle().await;
    app.db
        .execute("UPDATE social_accounts SET health = 'needs_reconnect'")
        .await;
    let quiet = app.shop().await;

    let list = admin
        .api
        .get("/api/v1/admin/organizations")
        .await
        .expect(200);
    let items = list["items"].as_array().unwrap();
    let ids: Vec<_> = items.iter().map(|item| &item["organization_id"]).collect();
    assert_eq!(ids, [&json!(quiet.id), &json!(shop.id)], "newest first");
    let numbers = |item: &Value| {
        [
            "members",
            "accounts",
            "accounts_broken",
            "conversations_7d",
            "messages_7d",
            "answers_7d",
        ]
        .map(|name| item[name].as_i64().unwrap())
    };
    assert_eq!(numbers(&items[0]), [1, 0, 0, 0, 0, 0]);
    assert_eq!(numbers(&items[1]), [2, 1, 1, 1, 2, 1]);
    let find = format!("/api/v1/admin/organizations?q={}&limit=1", &shop.name[5..]);
    let found = admin.api.get(&find).await.expect(200);
    assert_eq!(found["items"][0]["name"], json!(shop.name));
    let first = admin
        .api
        .get("/api/v1/admin/organizations?limit=1")
        .await
        .expect(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let next = format!("/api/v1/admin/organizations?limit=1&cursor={cursor}");
    let second = admin.api.get(&next).await.expect(200);
    assert_eq!(second["items"][0]["organization_id"], json!(shop.id));
    assert_eq!(second["next_cursor"], Value::Null);

    let path = format!("/api/v1/admin/organizations/{}", shop.id);
    let one = admin.api.get(&path).await.expect(200);
    let roles: Vec<_> = one["member_list"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| member["role"].as_str().unwrap())
        .collect();
    assert_eq!(roles, ["owner", "operator"]);
    assert_eq!(one["messages_7d"], 2);
    let nowhere = format!("/api/v1/admin/organizations/{}", uuid::Uuid::now_v7());
    assert_eq!(admin.api.get(&nowhere).await.status, 404);
    // What customers wrote stays out of these pages.
    assert!(!list.to_string().contains(QUESTION) && !one.to_string().contains(QUESTION));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_user_is_out_at_once_and_comes_back_when_enabled() {
    let app = TestApp::start().await;
    let (admin, shop) = (admin(&app).await, app.shop().await);
    let user = &shop.member;
    let other = log_in(&app, user).await;
    let find = format!("/api/v1/admin/users?q={}", user.email.to_uppercase());
    let listed = admin.api.get(&find).await.expect(200);
    let view = &listed["items"][0];
    assert_eq!(view["id"], json!(user.id));
    assert_eq!(
        view["organizations"],
        json!([{"organization_id": shop.id, "name": shop.name, "role": "owner"}])
    );
    assert!(view["last_seen_at"].is_string());

    let path = |action: &str| format!("/api/v1/admin/users/{}/{action}", user.id);
    let disabled = admin.api.post(&path("disable"), &because("spam")).await;
    assert!(disabled.expect(200)["disabled_at"].is_string());
    assert_eq!(user.api.get("/api/v1/me").await.status, 401);
    assert_eq!(shop.get("").await.status, 401);
    assert_eq!(refresh(&app, &other.refresh_token).await.status, 401);
    assert_eq!(
        try_password(&app, &user.email, &user.password).await.status,
        401
    );
    let link = admin.api.post(&path("reset_link"), &because("asked")).await;
    assert_eq!(link.expect(409)["code"], "user_disabled");

    admin
        .api
        .post(&path("enable"), &because("was a mistake"))
        .await
        .expect(200);
    assert_eq!(
        user.api.get("/api/v1/me").await.status,
        401,
        "not the old tokens"
    );
    assert_eq!(
        try_password(&app, &user.email, &user.password).await.status,
        200
    );
    let own = format!("/api/v1/admin/users/{}/disable", admin.id);
    let refused = admin.api.post(&own, &because("oops")).await.expect(409);
    assert_eq!(refused["code"], "own_account");
    let noted = noted(&app, "user\\_%").await;
    let expected = json!({"by": admin.id, "reason": "spam", "sessions_ended": 2});
    assert_eq!(noted[0], ("user_disabled".to_owned(), expected));
    assert_eq!(noted[1].0, "user_enabled");
    assert_eq!(noted[1].1["reason"], "was a mistake");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_looks_into_an_organization_reads_and_changes_nothing_and_is_seen() {
    let app = TestApp::start().await;
    let (admin, shop) = (admin(&app).await, Furnished::new(&app).await);
    let shop_path = shop.shop.path("");
    assert_eq!(
        admin.api.get(&shop_path).await.status,
        404,
        "not without asking"
    );
    let granted = act(&admin, &shop.shop, "view", "ticket 4711")
        .await
        .expect(200);
    let me = admin.api.get("/api/v1/me").await.expect(200);
    assert_eq!(
        me["viewing"],
        json!({"organization_id": shop.shop.id, "name": shop.shop.name, "until": granted["until"]})
    );
    let seen = admin.api.get(&shop_path).await.expect(200);
    assert_eq!(seen["role"], "viewer");

    let before = shop.rows(&app).await;
    for operation in operations().iter().filter(|one| one.is_tenant()) {
        let path = operation.call_path(|name| shop.id(name));
        if operation.method == "get" {
            if operation.role() == Some("viewer") && operation.id() != "stream_events" {
                let answer = admin.api.get(&path).await;
                assert_eq!(answer.status, 200, "{}: {}", operation.id(), answer.text);
            }
            continue;
        }
        let body = operation.example().map(|body| shop.at_home(body));
        let answer = match body {
            Some(body) => admin.api.send_json(operation.method(), &path, &body).await,
            None => admin.api.send(operation.method(), &path, &[], None).await,
        };
        assert_eq!(answer.status, 403, "{}: {}", operation.id(), answer.text);
    }
    assert_eq!(before, shop.rows(&app).await, "nothing was changed");

    // It ends when told, when the time is over, and when another one is looked into.
    let end = format!("/api/v1/admin/organizations/{}/view", shop.shop.id);
    admin.api.delete(&end).await.expect(204);
    assert_eq!(admin.api.get(&shop_path).await.status, 404);
    admin.api.delete(&end).await.expect(204);
    act(&admin, &shop.shop, "view", "once more")
        .await
        .expect(200);
    let other = app.shop().await;
    act(&admin, &other, "view", "another one").await.expect(200);
    assert_eq!(admin.api.get(&shop_path).await.status, 404);
    let api = log_in(&app, &admin).await.api;
    app.state.clock.advance(Duration::from_secs(29 * 60));
    let api_later = log_in(&app, &admin).await.api;
    assert_eq!(api_later.get(&other.path("")).await.status, 200);
    app.state.clock.advance(Duration::from_secs(61));
    assert_eq!(api_later.get(&other.path("")).await.status, 404);
    assert_eq!(
        api_later.get("/api/v1/me").await.expect(200)["viewing"],
        Value::Null
    );
    assert_eq!(api.get("/api/v1/me").await.status, 401);

    let shop = shop.shop.signed_in_again().await;
    let views: Vec<String> = actions_in(&shop)
        .await
        .into_iter()
        .filter(|action| action.starts_with("platform_admin."))
        .collect();
    let (start, end) = ("platform_admin.view_started", "platform_admin.view_ended");
    assert_eq!(views, [start, end, start]);
    let log = shop.all(&format!("/audit_log?action={start}")).await;
    assert_eq!(log[1]["user_id"], json!(admin.id));
    assert_eq!(log[1]["details"]["reason"], "ticket 4711");
    let noted = noted(&app, "organization\\_view%").await;
    assert_eq!(noted.len(), 4);
    assert_eq!(noted[0].1["reason"], "ticket 4711");
}

/// Being looked at gives nobody else anything, and a former platform admin nothing.
#[tokio::test(flavor = "multi_thread")]
async fn the_look_is_the_admins_own_and_ends_with_the_right() {
    let app = TestApp::start().await;
    let (admin, shop) = (admin(&app).await, app.shop().await);
    let colleague = self::admin(&app).await;
    act(&admin, &shop, "view", "ticket 1").await.expect(200);
    assert_eq!(colleague.api.get(&shop.path("")).await.status, 404);
    app.db
        .execute(&format!(
            "UPDATE users SET is_platform_admin = false WHERE id = '{}'",
            admin.id
        ))
        .await;
    assert_eq!(admin.api.get(&shop.path("")).await.status, 404);
    let me = admin.api.get("/api/v1/me").await.expect(200);
    assert_eq!(
        (&me["viewing"], &me["is_platform_admin"]),
        (&Value::Null, &json!(false))
    );
    assert_eq!(act(&admin, &shop, "view", "again").await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_organization_reads_and_is_silent_and_goes_on_afterwards() {
    let app = TestApp::start().await;
    let (admin, shop, busy) = (admin(&app).await, app.shop().await, app.shop().await);
    shop.agent_with_knowledge(&[(QUESTION, ANSWER)]).await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    page.customer_writes("customer-1", QUESTION).await;
    app.settle().await;
    assert_eq!(app.graph.ledger().len(), 1);
    let open = shop
        .post(
            "/invitations",
            &json!({"email": "later@example.com", "role": "viewer"}),
        )
        .await
        .expect(201);

    let view = act(&admin, &shop, "suspend", "unpaid bills")
        .await
        .expect(200);
    assert_eq!(view["suspended_reason"], "unpaid bills");
    let read = shop.get("").await.expect(200);
    assert_eq!(read["suspended_reason"], "unpaid bills");
    assert!(read["suspended_at"].is_string());
    let conversation = shop.conversation().await;
    assert_eq!(
        shop.messages(&conversation).await.len(),
        2,
        "all can be read"
    );
    let talk = format!("/conversations/{}", conversation["id"].as_str().unwrap());
    let send = json!({"client_id": "c-1", "text": "হ্যালো"});
    let refusals = [
        shop.post(&format!("{talk}/messages"), &send).await,
        shop.post(&format!("{talk}/resolve"), &json!({})).await,
        shop.patch("", &json!({"name": "Other"})).await,
        shop.delete("").await,
    ];
    for refused in refusals {
        assert_eq!(refused.status, 403, "{}", refused.text);
        let problem = refused.json();
        assert_eq!(problem["code"], "organization_suspended");
        assert!(problem["detail"].as_str().unwrap().contains("unpaid bills"));
    }
    let later = app.register("Later").await;
    app.db
        .execute(&format!(
            "UPDATE users SET email = 'later@example.com' WHERE id = '{}'",
            later.id
        ))
        .await;
    let token = open["link"]
        .as_str()
        .unwrap()
        .split_once("#token=")
        .unwrap()
        .1;
    let accept = json!({ "token": token });
    const ACCEPT: &str = "/api/v1/invitations/accept";
    let refused = later.api.post(ACCEPT, &accept).await.expect(403);
    assert_eq!(refused["code"], "organization_suspended");

    // What customers write is stored, and nobody answers; others are served meanwhile.
    page.customer_writes("customer-2", QUESTION).await;
    eventually("it is stored", SOON, async || {
        shop.conversations().await.len() == 2
    })
    .await;
    busy.agent_with_knowledge(&[(QUESTION, ANSWER)]).await;
    let other_page = busy.social_account(ChannelKind::Facebook).await;
    other_page.customer_writes("customer-3", QUESTION).await;
    eventually("the other shop answers", SOON, async || {
        app.graph.ledger().len() == 2
    })
    .await;
    app.pass(Duration::from_secs(120)).await;
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert_eq!(app.graph.ledger().len(), 2, "the suspended one is silent");
    let waiting = format!(
        "jobs WHERE organization_id = '{}' AND state = 'ready'",
        shop.id
    );
    assert_eq!(app.db.count(&waiting).await, 1);

    act(&admin, &shop, "unsuspend", "paid").await.expect(200);
    app.settle().await;
    assert_eq!(app.graph.ledger().len(), 3, "it answers what waited, once");
    shop.post(&format!("{talk}/messages"), &send)
        .await
        .expect(201);
    app.settle().await;
    assert_eq!(app.graph.ledger().len(), 4);
    later.api.post(ACCEPT, &accept).await.expect(200);
    let own = shop.all("/audit_log?subject_kind=organization").await;
    let reasons: Vec<_> = own
        .iter()
        .filter(|entry| entry["action"].as_str().unwrap().contains("suspended"))
        .map(|entry| (entry["action"].clone(), entry["details"]["reason"].clone()))
        .collect();
    let expected = [
        (json!("organization.unsuspended"), json!("paid")),
        (json!("organization.suspended"), json!("unpaid bills")),
    ];
    assert_eq!(reasons, expected);
    let noted = noted(&app, "organization\\_%suspended").await;
    assert_eq!(noted.len(), 2);
}

/// What was on its way when the suspension came waits too, and goes out once.
#[tokio::test(flavor = "multi_thread")]
async fn sends_that_wait_go_out_once_after_the_suspension() {
    let app = TestApp::start().await;
    let (admin, shop) = (admin(&app).await, app.shop().await);
    shop.agent_with_knowledge(&[(QUESTION, ANSWER)]).await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    page.customer_writes("customer-1", QUESTION).await;
    app.settle().await;
    // The worker is away while somebody writes.
    app.db
        .execute(&format!("UPDATE social_accounts SET paused_until = now() + interval '3 seconds' WHERE id = '{}'", page.id))
        .await;
    let talk = format!(
        "/conversations/{}/messages",
        shop.conversation().await["id"].as_str().unwrap()
    );
    let send = json!({"client_id": "c-1", "text": "হ্যালো"});
    shop.post(&talk, &send).await.expect(201);
    act(&admin, &shop, "suspend", "for a moment")
        .await
        .expect(200);
    app.pass(Duration::from_secs(30)).await;
    tokio::time::sleep(Duration::from_millis(3_500)).await;
    assert_eq!(app.graph.ledger().len(), 1, "only the answer of before");
    act(&admin, &shop, "unsuspend", "moment over")
        .await
        .expect(200);
    app.settle_within(Duration::from_secs(60)).await;
    assert_eq!(app.graph.ledger().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn queues_are_shown_and_a_dead_event_is_replayed() {
    let app = TestApp::start().await;
    let (admin, shop) = (admin(&app).await, app.shop().await);
    let empty = admin.api.get("/api/v1/admin/queue").await.expect(200);
    let none = json!({"ready": 0, "running": 0, "dead": 0, "oldest_ready_seconds": null});
    assert_eq!(
        empty,
        json!({"webhook_events": none, "jobs": [], "mails": none})
    );
    shop.agent_with_knowledge(&[(QUESTION, ANSWER)]).await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    page.customer_writes("customer-1", QUESTION).await;
    app.settle().await;
    app.db
        .execute(&format!(
            "UPDATE webhook_events SET state = 'dead', last_error = 'broken';
             INSERT INTO jobs (organization_id, id, kind, lane, payload, state, run_at, max_attempts)
             SELECT organization_id, gen_random_uuid(), 'deliver', gen_random_uuid(), '{{}}', state, at, 3 FROM organizations,
                (VALUES ('ready', now() + interval '1 day'), ('dead', now())) later (state, at) WHERE organization_id = '{}'",
            shop.id
        ))
        .await;
    let queues = admin.api.get("/api/v1/admin/queue").await.expect(200);
    // What the customer wrote, and what the platform says of the answer.
    let all = app.db.count("webhook_events").await;
    assert_eq!(queues["webhook_events"]["dead"], json!(all));
    let expected = json!([{"kind": "deliver", "ready": 1, "running": 0, "dead": 1, "oldest_due_seconds": null}]);
    assert_eq!(queues["jobs"], expected);

    let list = admin
        .api
        .get("/api/v1/admin/webhook_events?state=dead")
        .await
        .expect(200);
    let event = &list["items"][0];
    assert_eq!(event["last_error"], "broken");
    assert_eq!(event["organization_id"], json!(shop.id));
    assert!(!list.to_string().contains("customer-1"), "no bodies");
    let path = format!(
        "/api/v1/admin/webhook_events/{}/replay",
        event["id"].as_str().unwrap()
    );
    admin
        .api
        .post(&path, &because("the fix is out"))
        .await
        .expect(204);
    eventually("it is done", SOON, async || {
        app.db.count("webhook_events WHERE state = 'done'").await == 1
    })
    .await;
    assert_eq!(app.graph.ledger().len(), 1, "nothing is sent twice");
    let nowhere = format!(
        "/api/v1/admin/webhook_events/{}/replay",
        uuid::Uuid::now_v7()
    );
    let missing = admin.api.post(&nowhere, &because("no such")).await;
    assert_eq!(missing.status, 404);
    let noted = noted(&app, "webhook_event_replayed").await;
    assert_eq!(noted.len(), 1);
    assert_eq!(noted[0].1["reason"], "the fix is out");
}

#[tokio::test(flavor = "multi_thread")]
async fn preferences_are_kept_and_checked() {
    let app = TestApp::start().await;
    let body = json!({"email": "rahim@example.com", "password": "sonar tori bhashe dheu", "name": "Rahim", "language": "en"});
    let signed_in = app
        .api
        .post("/api/v1/auth/register", &body)
        .await
        .expect(201);
    assert_eq!(signed_in["user"]["language"], "en");
    assert_eq!(signed_in["user"]["viewing"], Value::Null);
    let api = app
        .api
        .with_token(signed_in["access_token"].as_str().unwrap());
    let defaults = app
        .register("Karim")
        .await
        .api
        .get("/api/v1/me")
        .await
        .expect(200);
    let of = |me: &Value| ["language", "theme", "shortcuts", "sound"].map(|name| me[name].clone());
    assert_eq!(
        of(&defaults),
        [json!("bn"), json!("system"), json!(true), json!("mine")]
    );
    let change = json!({"language": "bn", "theme": "dark", "shortcuts": false, "sound": "off"});
    let changed = api.patch("/api/v1/me", &change).await.expect(200);
    assert_eq!(
        of(&changed),
        [json!("bn"), json!("dark"), json!(false), json!("off")]
    );
    let same = api.patch("/api/v1/me", &json!({})).await.expect(200);
    assert_eq!(of(&same), of(&changed));
    assert_eq!(same["name"], "Rahim");
    for wrong in [
        json!({"language": "de"}),
        json!({"theme": null}),
        json!({"sound": "loud"}),
        json!({"is_platform_admin": true}),
    ] {
        api.patch("/api/v1/me", &wrong).await.expect(422);
    }
}
