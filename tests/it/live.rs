//! Live updates: what open streams are told, to whom, how soon, and that nothing is missed (R28, R34, R45).

use std::time::{Duration, Instant};

use banglachat::startup::ServeRole;
use banglachat_tests::{ChannelKind, Event, Events, Shop, TestApp, eventually};
use serde_json::{Value, json};
use tokio_postgres::{Client, NoTls};

const SOON: Duration = Duration::from_secs(2);

async fn shop_with_page(app: &TestApp) -> (Shop, banglachat_tests::Account) {
    let shop = app.shop().await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    (shop, page)
}

/// A shop, its page, and the id of a conversation in it.
async fn shop_with_conversation(app: &TestApp) -> (Shop, banglachat_tests::Account, String) {
    let (shop, page) = shop_with_page(app).await;
    page.customer_writes("customer-1", "আছেন?").await;
    app.settle().await;
    let id = text(&shop.conversation().await["id"]);
    (shop, page, id)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn is_of(conversation: &str) -> impl Fn(&Event) -> bool {
    move |event| event.name == "conversation" && event.data["conversation_id"] == conversation
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customers_message_reaches_open_streams_at_once() {
    let app = TestApp::start().await;
    let (shop, page, id) = shop_with_conversation(&app).await;
    let mut events = shop.events(None).await;
    let began = Instant::now();
    page.customer_writes("customer-1", "কেউ আছেন?").await;
    let event = events.until(is_of(&id)).await;
    assert!(began.elapsed() < SOON, "after {:?}", began.elapsed());
    let conversation = shop.conversation().await;
    // The newest change is told last, and names what the API shows.
    let shown = text(&conversation["changed_at"]);
    if text(&event.data["changed_at"]) != shown {
        events
            .until(|event| event.data["changed_at"] == shown.as_str())
            .await;
    }
    assert_eq!(conversation["unread_count"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_becomes_of_an_answer_is_told_part_by_part() {
    let app = TestApp::start().await;
    let (shop, _, id) = shop_with_conversation(&app).await;
    let mut events = shop.events(None).await;
    let answer = json!({ "text": "জি, বলুন।", "client_id": "c-1" });
    let path = format!("/conversations/{id}/messages");
    let sent = shop.post(&path, &answer).await.expect(201);
    let is_sent = async || {
        let messages = shop.messages(&json!({ "id": id })).await;
        let found = messages.iter().find(|one| one["id"] == sent["id"]);
        found.is_some_and(|one| one["state"] == "sent")
    };
    // Fails where the last event comes before the last change.
    while !is_sent().await {
        events.until(is_of(&id)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_comes_back_is_told_what_it_missed_and_nothing_else() {
    let app = TestApp::start().await;
    let (shop, page, first) = shop_with_conversation(&app).await;
    page.customer_writes("customer-2", "দাম কত?").await;
    app.settle().await;
    let mut events = shop.events(None).await;
    let second = text(&shop.conversations().await[0]["id"]);
    shop.post(&format!("/conversations/{first}/resolve"), &json!({}))
        .await
        .expect(200);
    events.until(is_of(&first)).await;
    let last = events.last_id.clone().unwrap();
    drop(events);
    page.customer_writes("customer-2", "আর সাইজ?").await;
    shop.patch(
        &format!("/social_accounts/{}", page.id),
        &json!({ "auto_reply": false }),
    )
    .await
    .expect(200);
    app.settle().await;
    let mut back = shop.events(Some(&last)).await;
    let told = back.within(Duration::from_secs(1)).await;
    let names = |name: &str| told.iter().filter(|event| event.name == name).count();
    assert!(told.iter().any(is_of(&second)), "{told:?}");
    assert_eq!(names("account"), 1, "{told:?}");
    assert_eq!(names("resync"), 0, "{told:?}");
    assert!(
        names("conversation") <= 2,
        "what was told before is at most told once more: {told:?}"
    );
    // From the last of these ids on there is nothing but what cannot be known: apps that are not there.
    let last = back.last_id.clone().unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut again = shop.events(Some(&last)).await;
    let told = again.within(Duration::from_secs(1)).await;
    assert!(
        told.iter().all(|event| event.name == "platform_app"),
        "{told:?}"
    );
}

/// The server's login, which is what readers look at.
async fn as_server(app: &TestApp, shop: &Shop) -> Client {
    let (client, connection) = tokio_postgres::connect(&app.db.app_url(), NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    let begin = format!("BEGIN; SET LOCAL app.organization_id = '{}'", shop.id);
    client.batch_execute(&begin).await.unwrap();
    client
}

fn change(shop: &Shop, conversation: &str) -> String {
    format!(
        "UPDATE conversations SET changed_at = clock_timestamp() WHERE organization_id = '{}' AND id = '{conversation}'",
        shop.id
    )
}

/// A change that is written down first and committed last, with others committed and told between; open streams get it, and so does
/// a client that was away from the last event on.
#[tokio::test(flavor = "multi_thread")]
async fn changes_that_commit_out_of_order_are_told_to_everybody() {
    let app = TestApp::start().await;
    let (shop, page, late) = shop_with_conversation(&app).await;
    page.customer_writes("customer-2", "দাম কত?").await;
    app.settle().await;
    let other = text(&shop.conversations().await[0]["id"]);
    assert_ne!(late, other);
    let mut open = shop.events(None).await;
    let slow = as_server(&app, &shop).await;
    slow.batch_execute(&change(&shop, &late)).await.unwrap();
    let quick = as_server(&app, &shop).await;
    quick.batch_execute(&change(&shop, &other)).await.unwrap();
    quick.batch_execute("COMMIT").await.unwrap();
    let between = open.until(is_of(&other)).await;
    let (mut away, last) = (shop.events(None).await, between.id.unwrap());
    assert!(
        away.within(Duration::from_millis(2500)).await.is_empty(),
        "what is not committed is told to nobody"
    );
    drop(away);
    slow.batch_execute("COMMIT").await.unwrap();
    open.until(is_of(&late)).await;
    let mut back = shop.events(Some(&last)).await;
    back.until(is_of(&late)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_change_is_told_once_to_an_open_stream() {
    let app = TestApp::start().await;
    let (shop, _, id) = shop_with_conversation(&app).await;
    let mut events = shop.events(None).await;
    // An older transaction keeps the position behind the change for several looks.
    let holding = as_server(&app, &shop).await;
    holding
        .batch_execute("SELECT pg_current_xact_id()")
        .await
        .unwrap();
    shop.post(&format!("/conversations/{id}/resolve"), &json!({}))
        .await
        .expect(200);
    let told = events.within(Duration::from_secs(5)).await;
    assert_eq!(told.len(), 1, "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_changes_are_one_resync_and_so_is_an_id_of_nobody() {
    let app = TestApp::start().await;
    let (shop, _, _) = shop_with_conversation(&app).await;
    let mut events = shop.events(None).await;
    let last = events.last_id.clone().unwrap();
    app.db
        .execute(
            "INSERT INTO contacts (organization_id, id, created_at, updated_at)
             SELECT organization_id, gen_random_uuid(), now(), now() FROM conversations, generate_series(1, 201);
             INSERT INTO conversations (organization_id, id, account_id, contact_id, status, ai_state, last_message_at, created_at, updated_at)
             SELECT c.organization_id, gen_random_uuid(), v.account_id, c.id, 'open', 'on', now(), now(), now()
             FROM contacts c, (SELECT account_id FROM conversations LIMIT 1) v
             WHERE NOT EXISTS (SELECT FROM conversations WHERE contact_id = c.id)",
        )
        .await;
    events.expect("resync").await;
    let mut back = shop.events(Some(&last)).await;
    back.expect("resync").await;
    for odd in ["yesterday", "9999999999999999"] {
        shop.events(Some(odd)).await.expect("resync").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_of_two_processes_tell_what_one_of_them_changed() {
    let app = TestApp::start().await;
    let (shop, _, id) = shop_with_conversation(&app).await;
    let other = app.start_another(ServeRole::Api).await;
    let there = shop
        .member
        .api
        .at(&format!("http://{}", other.address.unwrap()));
    let mut here = shop.events(None).await;
    let mut away = there.follow(&shop.path("/events"), None).await.unwrap();
    away.expect("hello").await;
    let began = Instant::now();
    shop.post(&format!("/conversations/{id}/resolve"), &json!({}))
        .await
        .expect(200);
    let told = (here.until(is_of(&id)).await, away.until(is_of(&id)).await);
    assert!(began.elapsed() < SOON, "after {:?}", began.elapsed());
    assert_eq!(told.0.data, told.1.data);
    let path = shop.path(&format!("/conversations/{id}/presence"));
    let colleague = shop.invite("operator").await;
    let typing = json!({ "typing": true });
    let answer = colleague.member.api.post(&path, &typing).await;
    answer.expect(204);
    for events in [&mut here, &mut away] {
        let event = events.expect("presence").await;
        assert_eq!(event.id, None, "presence is nothing to come back to");
        assert_eq!(event.data["user_id"], colleague.member.id.as_str());
        assert_eq!(event.data["typing"], true);
        assert!(text(&event.data["name"]).starts_with("operator of"));
    }
    // A client may come back at the other process.
    let last = here.last_id.clone().unwrap();
    drop(here);
    shop.post(&format!("/conversations/{id}/reopen"), &json!({}))
        .await
        .expect(200);
    let mut back = there
        .follow(&shop.path("/events"), Some(&last))
        .await
        .unwrap();
    back.until(is_of(&id)).await;
    drop((back, away));
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_of_another_organization() {
    let app = TestApp::start().await;
    let (ours, our_page, _) = shop_with_conversation(&app).await;
    let (theirs, their_page, their_id) = shop_with_conversation(&app).await;
    let (mut ours_told, mut theirs_told) = (ours.events(None).await, theirs.events(None).await);
    their_page.customer_writes("customer-1", "আবার লিখলাম").await;
    theirs
        .patch(
            &format!("/social_accounts/{}", their_page.id),
            &json!({ "auto_reply": false }),
        )
        .await
        .expect(200);
    let presence = format!("/conversations/{their_id}/presence");
    theirs
        .post(&presence, &json!({ "typing": true }))
        .await
        .expect(204);
    theirs_told.until(|event| event.name == "account").await;
    app.settle().await;
    assert_eq!(ours_told.within(Duration::from_secs(3)).await, []);
    our_page.customer_writes("customer-9", "হ্যালো").await;
    ours_told.expect("conversation").await;
    let from = ours.member.api.follow(&theirs.path("/events"), None).await;
    assert_eq!(from.err(), Some(404));
}

/// The stream says why and ends; the id of another session or organization does not help.
async fn ends(mut events: Events, reason: &str) {
    let began = Instant::now();
    let event = events.until(|event| event.name == "session_ended").await;
    assert_eq!(event.data["reason"], reason);
    assert!(events.recv().await.is_none(), "the stream is closed");
    assert!(began.elapsed() < Duration::from_secs(5), "R34");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_out_is_out_of_the_stream_within_five_seconds() {
    let app = TestApp::start().await;
    let (shop, _, _) = shop_with_conversation(&app).await;
    let removed = shop.invite("viewer").await;
    let events = removed.events(None).await;
    shop.delete(&format!("/members/{}", removed.member.id))
        .await
        .expect(204);
    ends(events, "member_removed").await;

    let signed_out = shop.invite("viewer").await;
    let sessions = signed_out
        .member
        .api
        .get("/api/v1/me/sessions")
        .await
        .expect(200);
    let events = signed_out.events(None).await;
    let session = text(&sessions["items"][0]["id"]);
    signed_out
        .member
        .api
        .delete(&format!("/api/v1/me/sessions/{session}"))
        .await
        .expect(204);
    ends(events, "signed_out").await;

    let disabled = shop.invite("viewer").await;
    let events = disabled.events(None).await;
    app.db
        .execute(&format!(
            "UPDATE users SET disabled_at = now() WHERE id = '{}'",
            disabled.member.id
        ))
        .await;
    ends(events, "revoked").await;

    let mut staying = shop.events(None).await;
    assert_eq!(staying.within(Duration::from_secs(3)).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn presence_is_told_to_the_others_at_most_once_a_second() {
    let app = TestApp::start().await;
    let (shop, _, id) = shop_with_conversation(&app).await;
    let path = format!("/conversations/{id}/presence");
    let viewer = shop.invite("viewer").await;
    let (mut own, mut others) = (shop.events(None).await, viewer.events(None).await);
    let typing = json!({ "typing": true });
    shop.post(&path, &typing).await.expect(204);
    let again = shop.post(&path, &typing).await;
    assert_eq!(again.status, 429);
    assert_eq!(again.header("retry-after"), Some("1"));
    others.expect("presence").await;
    assert_eq!(own.within(Duration::from_secs(1)).await, []);
    viewer.post(&path, &typing).await.expect(403);
    let nowhere = format!("/conversations/{}/presence", uuid::Uuid::now_v7());
    shop.post(&nowhere, &typing).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn apps_are_told_when_they_are_entered_changed_shaken_hands_with_and_removed() {
    let app = TestApp::start().await;
    let (shop, page) = shop_with_page(&app).await;
    let mut events = shop.events(None).await;
    let is_app =
        |event: &Event| event.name == "platform_app" && event.data["platform"] == "facebook";
    let challenge = format!(
        "{}?hub.mode=subscribe&hub.challenge=42&hub.verify_token={}",
        page.webhook_path(),
        page.verify_token
    );
    app.api.get(&challenge).await.expect_text(200);
    events.until(is_app).await;
    shop.post("/platform_apps/facebook/verify_token", &json!({}))
        .await
        .expect(200);
    events.until(is_app).await;
    shop.delete("/platform_apps/facebook").await.expect(204);
    events.until(is_app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_user_holds_so_many_streams_and_a_closed_one_gives_its_place_back() {
    let app = TestApp::start().await;
    let (shop, _, id) = shop_with_conversation(&app).await;
    let mut open = Vec::new();
    for _ in 0..20 {
        open.push(shop.events(None).await);
    }
    let path = shop.path("/events");
    assert_eq!(shop.member.api.follow(&path, None).await.err(), Some(429));
    let colleague = shop.invite("viewer").await;
    drop(colleague.events(None).await);
    open.pop();
    eventually("a place is free again", SOON * 10, async || {
        // That a client has gone is noticed by writing to it.
        app.db.execute(&change(&shop, &id)).await;
        shop.member.api.follow(&path, None).await.is_ok()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_server_ends_its_streams_and_they_go_on_where_they_were() {
    let mut app = TestApp::start().await;
    let (shop, _, id) = shop_with_conversation(&app).await;
    let mut events = shop.events(None).await;
    let last = events.last_id.clone().unwrap();
    let began = Instant::now();
    let (_, ended) = tokio::join!(app.stop_server(), async {
        while events.recv().await.is_some() {}
        began.elapsed()
    });
    assert!(ended < Duration::from_secs(2), "ended after {ended:?}");
    assert!(
        began.elapsed() < Duration::from_secs(7),
        "stopped after {:?}",
        began.elapsed()
    );
    app.db.execute(&change(&shop, &id)).await;
    app.start_server().await;
    let mut back = shop.events(Some(&last)).await;
    back.until(is_of(&id)).await;
}

/// The database goes and comes back: the stream stays, and tells what came meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn an_outage_of_the_database_loses_no_event() {
    let app = TestApp::start().await;
    let (shop, _, id) = shop_with_conversation(&app).await;
    let mut events = shop.events(None).await;
    app.db.lock_out().await;
    app.db.execute(&change(&shop, &id)).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    app.db.let_in().await;
    let told = events.within(Duration::from_secs(10)).await;
    assert!(told.iter().any(is_of(&id)), "{told:?}");
}
