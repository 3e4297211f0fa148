//! R29: over capacity everybody is told at once, before the database is touched, and the less urgent first.

use std::time::{Duration, Instant};

use banglachat_tests::{ChannelKind, TestApp, eventually};
use futures_util::future::join_all;

use super::{count, post, stored};

/// The server's own deadline is two seconds (R3); the rest is the test's machine.
const REFUSED_WITHIN: Duration = Duration::from_secs(4);
/// An export.
const REPORT: &str = "/analytics?from=2026-11-01&to=2026-11-02";
/// For requests that take no time on their own.
const MOMENT: Duration = Duration::from_millis(400);

/// Holds a table until [`let_go`]: whoever writes to it waits.
async fn hold(app: &TestApp, table: &str) {
    let hold = format!("BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
    app.db.execute(&hold).await;
}

async fn let_go(app: &TestApp) {
    app.db.execute("COMMIT").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_nothing_can_be_stored_every_webhook_is_refused_in_time_and_none_is_lost() {
    let app = TestApp::builder().set("WEBHOOKS_AT_ONCE", 32).start().await;
    let shop = app.shop().await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    hold(&app, "webhook_events").await;
    let held = post(&page, "held", 200).await;
    assert_eq!(count(&held, 503), 200, "{held:?}");
    let slowest = held.iter().map(|ack| ack.took).max().unwrap();
    let at_once = held.iter().filter(|ack| ack.took < Duration::from_secs(1));
    println!(
        "200 webhooks while nothing can be stored: slowest 503 after {slowest:?}, {} below a second",
        at_once.count()
    );
    assert!(slowest < REFUSED_WITHIN, "{slowest:?}");
    let_go(&app).await;

    app.db.lock_out().await;
    let away = post(&page, "away", 200).await;
    assert_eq!(count(&away, 503), 200, "{away:?}");
    let slowest = away.iter().map(|ack| ack.took).max().unwrap();
    println!("200 webhooks without a database: slowest 503 after {slowest:?}");
    assert!(slowest < REFUSED_WITHIN, "{slowest:?}");
    app.db.let_in().await;

    eventually("it stores again", Duration::from_secs(10), async || {
        post(&page, "ready", 1).await[0].status == 200
    })
    .await;
    let acks = post(&page, "again", 16).await;
    assert_eq!(count(&acks, 200), 16, "{acks:?}");
    assert_eq!(stored(&app.db, "again").await, 16);
}

/// R24.
#[tokio::test(flavor = "multi_thread")]
async fn one_organizations_flood_leaves_half_of_the_places_to_the_others() {
    let app = TestApp::builder().set("WEBHOOKS_AT_ONCE", 8).start().await;
    let (flooding, quiet) = (app.shop().await, app.shop().await);
    let flooded = flooding.social_account(ChannelKind::Facebook).await;
    let page = quiet.social_account(ChannelKind::Facebook).await;
    // Both are known before the flood, so that nothing but storing is waited for.
    post(&flooded, "warm", 1).await;
    post(&page, "warm", 1).await;
    app.settle().await;
    hold(&app, "webhook_events").await;
    let flood = post(&flooded, "flood", 20);
    let others = async {
        tokio::time::sleep(MOMENT).await;
        post(&page, "quiet", 3).await
    };
    let release = async {
        tokio::time::sleep(MOMENT * 2).await;
        let_go(&app).await;
    };
    let (flood, others, ()) = tokio::join!(flood, others, release);
    assert_eq!(count(&others, 200), 3, "{others:?}");
    assert_eq!(count(&flood, 200), 4, "half of eight places: {flood:?}");
    assert_eq!(count(&flood, 503), 16, "{flood:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_api_is_refused_at_once_and_webhooks_go_on() {
    let app = TestApp::builder().set("REQUESTS_AT_ONCE", 4).start().await;
    let shop = app.shop().await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    hold(&app, "conversations").await;
    let reads = (0..4).map(|_| shop.get("/conversations"));
    let beside = async {
        tokio::time::sleep(MOMENT).await;
        let began = Instant::now();
        let refused = shop.get("/agents").await;
        assert!(began.elapsed() < MOMENT, "{:?}", began.elapsed());
        assert!(refused.header("retry-after").is_some());
        let problem = refused.expect(503);
        assert_eq!(problem["type"], "urn:banglachat:problem:unavailable");
        shop.get(REPORT).await.expect(503);
        app.api.get("/health/live").await.expect(200);
        let acks = post(&page, "beside", 10).await;
        assert_eq!(count(&acks, 200), 10, "{acks:?}");
        let_go(&app).await;
    };
    let (reads, ()) = tokio::join!(join_all(reads), beside);
    for read in reads {
        read.expect(200);
    }
    shop.get("/agents").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn exports_go_first_when_the_api_is_half_full() {
    let app = TestApp::builder().set("REQUESTS_AT_ONCE", 4).start().await;
    let shop = app.shop().await;
    shop.get(REPORT).await.expect(200);
    hold(&app, "conversations").await;
    let reads = (0..2).map(|_| shop.get("/conversations"));
    let beside = async {
        tokio::time::sleep(MOMENT).await;
        shop.get(REPORT).await.expect(503);
        shop.get("/agents").await.expect(200);
        let_go(&app).await;
    };
    tokio::join!(join_all(reads), beside);
    shop.get(REPORT).await.expect(200);
}
