//! The database goes away under a running server; and one organization floods it.

use std::time::{Duration, Instant};

use banglachat_tests::{ChannelKind, TestApp, eventually};
use sandbox::Rule;
use sandbox::model::Reply;

const PATIENCE: Duration = Duration::from_secs(20);

/// R3: never 200 on doubt; the platform brings it again.
#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_cannot_be_stored_is_refused_and_taken_when_it_comes_again() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    shop.agent_with_model().await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    app.db.lock_out().await;
    let began = Instant::now();
    assert_eq!(page.receive("{}").await, 503);
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "refused after {:?}",
        began.elapsed()
    );
    app.graph
        .customer_message_until_taken(
            page.simulated(),
            &page.external_id,
            "7001",
            "রহিম",
            "দাম কত?",
        )
        .unwrap();
    eventually("the platform tried", PATIENCE, async || {
        !app.graph.webhook_log().is_empty()
    })
    .await;
    app.db.let_in().await;
    app.graph.wait_for_effects(1, PATIENCE).await;
    app.settle().await;
    assert_eq!(app.graph.effect_count(), 1);
    assert_eq!(app.db.count("messages WHERE author = 'customer'").await, 1);
}

/// R93.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_its_database_lives_and_is_not_ready() {
    let app = TestApp::start().await;
    app.api.get("/health/ready").await.expect(200);
    app.db.lock_out().await;
    app.api.get("/health/live").await.expect(200);
    let refused = app.api.get("/health/ready").await;
    assert!(refused.header("retry-after").is_some());
    refused.expect(503);
    app.db.let_in().await;
    eventually("it is ready again", PATIENCE, async || {
        app.api.get("/health/ready").await.status == 200
    })
    .await;
}

/// R24.
#[tokio::test(flavor = "multi_thread")]
async fn one_organizations_flood_does_not_hold_up_another_one() {
    const FLOOD: usize = 64;
    let app = TestApp::start().await;
    let (flooding, quiet) = (app.shop().await, app.shop().await);
    flooding.agent_with_model().await;
    quiet
        .agent_with_knowledge(&[("ডেলিভারি চার্জ কত?", "৬০ টাকা।")])
        .await;
    let flooded = flooding.social_account(ChannelKind::Facebook).await;
    let page = quiet.social_account(ChannelKind::Facebook).await;
    let slow = Reply::Delayed {
        text: "উত্তর".into(),
        ms: 700,
    };
    app.model.fault(Rule::always(slow));
    let writers: Vec<String> = (0..FLOOD)
        .map(|customer| format!("7{customer:04}"))
        .collect();
    let flood = writers
        .iter()
        .map(|customer| flooded.customer_writes(customer, "দাম কত?"));
    futures_util::future::join_all(flood).await;
    let before = app.graph.effect_count();
    page.customer_writes("8001", "ডেলিভারি চার্জ কত?").await;
    let ours = |effect: &sandbox::graph::Effect| effect.account == page.external_id;
    let answered = async || app.graph.ledger().iter().any(ours);
    eventually("the quiet shop's customer is answered", PATIENCE, answered).await;
    let overtaken = FLOOD - app.graph.ledger().iter().position(ours).unwrap();
    assert!(
        overtaken > (FLOOD - before) / 3,
        "{overtaken} of {FLOOD} were overtaken, {before} were answered when it came"
    );
    app.settle().await;
    assert_eq!(app.graph.effect_count(), FLOOD + 1);
}
