//! R22: stopping while work is going on loses nothing, repeats nothing, and is quick.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use banglachat_tests::{ChannelKind, TestApp, eventually};
use sandbox::Rule;
use sandbox::model::Reply;

const LONGEST_STOP: Duration = Duration::from_secs(25);

#[tokio::test(flavor = "multi_thread")]
async fn stopping_under_load_ends_in_time_and_loses_nothing() {
    const CUSTOMERS: usize = 60;
    let mut app = TestApp::start().await;
    let shop = app.shop().await;
    shop.agent_with_model().await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    app.model.fault(Rule::sometimes(
        0.5,
        7,
        Reply::Delayed {
            text: "একটু দেরিতে".into(),
            ms: 400,
        },
    ));
    for customer in 0..CUSTOMERS {
        let (id, text) = (format!("7{customer:04}"), format!("প্রশ্ন {customer}"));
        app.graph
            .customer_message_until_taken(page.simulated(), &page.external_id, &id, "রহিম", &text)
            .unwrap();
    }
    app.graph.wait_for_effects(5, Duration::from_secs(20)).await;
    let began = Instant::now();
    app.stop_server().await;
    assert!(
        began.elapsed() < LONGEST_STOP,
        "stopped after {:?}",
        began.elapsed()
    );
    let running = app.db.count("jobs WHERE state = 'running'").await
        + app.db.count("webhook_events WHERE state = 'running'").await;
    assert_eq!(running, 0, "what was begun was finished or given back");

    app.start_server().await;
    app.settle().await;
    let mut answers: BTreeMap<String, usize> = BTreeMap::new();
    for effect in app.graph.ledger() {
        *answers.entry(effect.recipient).or_default() += 1;
    }
    assert_eq!(answers.len(), CUSTOMERS, "everybody was answered");
    assert!(
        answers.values().all(|count| *count == 1),
        "nobody twice: {answers:?}"
    );
    assert_eq!(
        app.db.count("messages WHERE author = 'customer'").await,
        i64::try_from(CUSTOMERS).unwrap()
    );
    assert_eq!(
        app.db
            .count("messages WHERE state NOT IN ('received', 'sent')")
            .await,
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_server_takes_nothing_and_the_platforms_redelivery_finds_the_next_one() {
    let mut app = TestApp::start().await;
    let shop = app.shop().await;
    shop.agent_with_model().await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    app.stop_server().await;
    app.graph
        .customer_message_until_taken(
            page.simulated(),
            &page.external_id,
            "7001",
            "রহিম",
            "কেউ আছেন?",
        )
        .unwrap();
    eventually(
        "the platform tried once",
        Duration::from_secs(10),
        async || !app.graph.webhook_log().is_empty(),
    )
    .await;
    app.start_server().await;
    app.graph.wait_for_effects(1, Duration::from_secs(20)).await;
    app.settle().await;
    assert_eq!(app.graph.effect_count(), 1);
}

/// An idle server with open connections.
#[tokio::test(flavor = "multi_thread")]
async fn an_idle_server_stops_at_once() {
    let mut app = TestApp::start().await;
    app.api.get("/health/ready").await.expect(200);
    let began = Instant::now();
    app.stop_server().await;
    assert!(
        began.elapsed() < Duration::from_secs(7),
        "stopped after {:?}",
        began.elapsed()
    );
}
