//! The sampled invariants of production (R92): quiet over sound data, and each damage is noticed.

use std::time::Duration;

use banglachat::worker::watch::{Found, look};
use banglachat_tests::{ChannelKind, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn the_watch_notices_what_is_lost_doubled_or_forgotten() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    shop.agent_with_knowledge(&[("ডেলিভারি চার্জ কত?", "ঢাকায় ৬০ টাকা।")])
        .await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    page.customer_writes("rahim", "ডেলিভারি চার্জ কত?").await;
    app.settle().await;
    // Events are looked at when they are a minute old.
    app.state.clock.advance(Duration::from_secs(120));
    let sound = look(&app.state, &mut None).await.unwrap();
    assert_eq!(sound, Found::default());

    app.db
        .execute("DELETE FROM inbound_events WHERE kind = (SELECT min(kind) FROM inbound_events)")
        .await;
    app.db
        .execute(
            "INSERT INTO deliveries SELECT organization_id,
                (left(id::text, 35) || CASE right(id::text, 1) WHEN '0' THEN '1' ELSE '0' END)::uuid,
                message_id, part, attempt + 1, started_at, answered_at, outcome, code, external_id FROM deliveries WHERE outcome = 'sent'",
        )
        .await;
    app.db
        .execute(
            "UPDATE messages SET answer_state = 'due', created_at = created_at - interval '1 hour' WHERE author = 'customer'",
        )
        .await;
    let found = look(&app.state, &mut None).await.unwrap();
    assert!(found.lost >= 1, "{found:?}");
    assert_eq!((found.doubled, found.stuck), (1, 1), "{found:?}");

    // Said so, a double is no breach; nor is a wait that a job will end, or that a dead one shows to people. A job that was done is gone.
    app.db
        .execute("UPDATE message_parts SET possible_duplicate = true")
        .await;
    app.db
        .execute(
            "INSERT INTO jobs (organization_id, id, kind, lane, payload, run_at, max_attempts)
             SELECT organization_id, gen_random_uuid(), 'reply', conversation_id, '{}', now() + interval '1 day', 3
             FROM messages WHERE answer_state = 'due'",
        )
        .await;
    let found = look(&app.state, &mut None).await.unwrap();
    assert_eq!((found.doubled, found.stuck), (0, 0), "{found:?}");
    app.db
        .execute("UPDATE jobs SET state = 'dead', finished_at = now() WHERE kind = 'reply'")
        .await;
    let found = look(&app.state, &mut None).await.unwrap();
    assert_eq!((found.doubled, found.stuck), (0, 0), "{found:?}");
}

/// An event that nobody takes is noticed although it is stored.
#[tokio::test(flavor = "multi_thread")]
async fn the_watch_notices_an_event_that_nobody_takes() {
    let app = TestApp::builder()
        .role(banglachat::startup::ServeRole::Api)
        .start()
        .await;
    let shop = app.shop().await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    assert_eq!(
        page.receive("{\"object\":\"page\",\"entry\":[]}").await,
        200
    );
    assert_eq!(look(&app.state, &mut None).await.unwrap(), Found::default());
    app.db
        .execute("UPDATE webhook_events SET run_at = run_at - interval '1 hour'")
        .await;
    let found = look(&app.state, &mut None).await.unwrap();
    assert_eq!(
        found,
        Found {
            lost: 1,
            ..Found::default()
        }
    );
}
