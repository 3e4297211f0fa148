//! R23: what three workers died over is parked, and its people see it and decide (R19).

use std::time::Duration;

use banglachat_tests::{Account, ChannelKind, Shop, TestApp, eventually};
use serde_json::{Value, json};

const CUSTOMER: &str = "8801711223344";
const PATIENCE: Duration = Duration::from_secs(20);

/// A shop whose answer waits to be sent, because its account is paused.
async fn waiting_answer(app: &TestApp) -> (Shop, Account) {
    let shop = app.shop().await;
    shop.agent_with_knowledge(&[("দাম কত?", "৫০০ টাকা")]).await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    pause(app, "now() + interval '1 hour'").await;
    page.customer_writes(CUSTOMER, "দাম কত?").await;
    eventually("its delivery waits", PATIENCE, async || {
        let waiting = "jobs WHERE kind = 'deliver' AND state = 'ready'";
        app.db.count(waiting).await == 1
    })
    .await;
    (shop, page)
}

async fn pause(app: &TestApp, until: &str) {
    let pause = format!("UPDATE social_accounts SET paused_until = {until}");
    app.db.execute(&pause).await;
}

/// A worker died over the delivery for the third time.
async fn wear_out(app: &TestApp) {
    app.db
        .execute(
            "UPDATE jobs SET state = 'running', attempts = attempts + 1, lost_leases = 2, locked_until = now() - interval '1 second'
             WHERE kind = 'deliver'",
        )
        .await;
}

async fn answer(shop: &Shop) -> Value {
    let messages = shop.messages(&shop.conversation().await).await;
    let answer = messages
        .into_iter()
        .find(|message| message["author"] == "agent");
    answer.expect("an answer")
}

async fn ends_as(shop: &Shop, state: &str) -> Value {
    eventually("the answer ends", PATIENCE, async || {
        answer(shop).await["state"] == state
    })
    .await;
    let answer = answer(shop).await;
    assert!(
        answer["failure"]["advice"]
            .as_str()
            .is_some_and(|advice| !advice.is_empty()),
        "people are told what to do: {answer:#}"
    );
    assert_eq!(shop.conversation().await["needs_human"], true);
    let troubled = shop.all("/troubled_messages").await;
    assert_eq!(troubled.len(), 1);
    assert_eq!(troubled[0]["id"], answer["id"]);
    answer
}

async fn resend(app: &TestApp, shop: &Shop, message: &Value) -> Value {
    pause(app, "NULL").await;
    let path = format!("/messages/{}/resend", message["id"].as_str().unwrap());
    shop.post(&path, &json!({})).await.expect(200);
    app.settle().await;
    answer(shop).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_workers_die_over_fails_visibly_and_can_be_sent_again() {
    let app = TestApp::start().await;
    let (shop, _page) = waiting_answer(&app).await;
    wear_out(&app).await;
    let failed = ends_as(&shop, "failed").await;
    assert_eq!(app.db.count("jobs").await, 0, "nothing goes on by itself");
    let sent = resend(&app, &shop, &failed).await;
    assert_eq!(sent["state"], "sent");
    assert_eq!(sent["parts"][0]["possible_duplicate"], false);
    assert_eq!(app.graph.effect_count(), 1);
}

/// R15: nobody knows whether it went out.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_on_its_way_then_is_not_confirmed() {
    let app = TestApp::start().await;
    let (shop, _page) = waiting_answer(&app).await;
    app.db
        .execute("UPDATE message_parts SET state = 'sending'")
        .await;
    wear_out(&app).await;
    let unknown = ends_as(&shop, "unknown").await;
    let sent = resend(&app, &shop, &unknown).await;
    assert_eq!(sent["state"], "sent");
    assert_eq!(sent["parts"][0]["possible_duplicate"], true);
}

/// A person gave it up before: that stays, and nobody is called.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_gave_up_stays_given_up() {
    let app = TestApp::start().await;
    let (shop, _page) = waiting_answer(&app).await;
    app.db
        .execute("UPDATE messages SET state = 'cancelled' WHERE author = 'agent'")
        .await;
    wear_out(&app).await;
    eventually("the job is gone", PATIENCE, async || {
        app.db.count("jobs").await == 0
    })
    .await;
    assert_eq!(answer(&shop).await["state"], "cancelled");
    assert_eq!(shop.conversation().await["needs_human"], false);
    assert_eq!(app.graph.effect_count(), 0);
}
