//! R28: clients that are slow on purpose are cut off, and nobody else waits for them.

use std::time::{Duration, Instant};

use banglachat_tests::{ChannelKind, TestApp};
use futures_util::future::join_all;
use tokio::io::AsyncWriteExt;

use super::{count, post, raw};

const TRICKLING: usize = 64;
const IDLE: usize = 2_000;
/// A slow client is cut off after six seconds; whoever waits for one, or for a place that it holds, takes longer than this. The rest is
/// room for a machine that is busy with other tests.
const AT_ONCE: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread")]
async fn trickled_bodies_and_idle_connections_do_not_stop_webhooks() {
    // The server of this process has raised the limit on open files for both ends.
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    let path = page.webhook_path();
    let began = Instant::now();
    let trickles = (0..TRICKLING).map(|_| async {
        let mut stream = raw::begin(&app.url, &path, 100_000).await;
        // Until the server has had enough. What is sent after its answer would only break the connection.
        while began.elapsed() < Duration::from_secs(10) {
            if stream.write_all(b" ").await.is_err() {
                break;
            }
            let answered = tokio::time::timeout(Duration::from_millis(200), stream.readable());
            if answered.await.is_ok() {
                break;
            }
        }
        raw::answer(&mut stream).await
    });
    let webhooks = async {
        let mut idle = Vec::new();
        for _ in 0..IDLE {
            idle.push(raw::connect(&app.url).await);
        }
        let mut acks = Vec::new();
        for round in 0..10 {
            acks.extend(post(&page, &format!("round {round}"), 5).await);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        (acks, idle.len())
    };
    let (answers, (acks, idle)) = tokio::join!(join_all(trickles), webhooks);
    assert_eq!(idle, IDLE);
    assert_eq!(count(&acks, 200), 50, "{acks:?}");
    let slowest = acks.iter().map(|ack| ack.took).max().unwrap();
    println!(
        "slowest of 50 acks beside {TRICKLING} trickling and {IDLE} idle clients: {slowest:?}"
    );
    assert!(slowest < AT_ONCE, "{slowest:?}");
    let cut_off = answers
        .iter()
        .filter(|answer| answer.starts_with("HTTP/1.1 400"))
        .count();
    assert_eq!(cut_off, TRICKLING, "{:?}", answers[0]);
}

/// Memory of large bodies is bounded; whoever comes when it is taken is told to come back, and small events go on.
#[tokio::test(flavor = "multi_thread")]
async fn large_bodies_that_do_not_end_leave_room_for_small_events() {
    const LARGEST: usize = 4 * 1024 * 1024;
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    let path = page.webhook_path();
    let most = vec![b' '; LARGEST - 1];
    let mut unfinished = Vec::new();
    for _ in 0..8 {
        let mut stream = raw::begin(&app.url, &path, LARGEST).await;
        stream.write_all(&most).await.unwrap();
        unfinished.push(stream);
    }
    let full = Duration::from_secs(2);
    banglachat_tests::eventually("the memory is taken", full, async || {
        app.state.admission.bodies.taken() == 32 * 1024 * 1024
    })
    .await;
    let mut one_more = raw::begin(&app.url, &path, LARGEST).await;
    one_more.write_all(&most[..17 * 1024]).await.unwrap();
    let refused = raw::answer(&mut one_more).await;
    assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");
    assert!(refused.contains("retry-after: 2"), "{refused}");
    assert_eq!(count(&post(&page, "small", 10).await, 200), 10);
    drop(unfinished);
    banglachat_tests::eventually("the memory is given back", full, async || {
        app.state.admission.bodies.taken() == 0
    })
    .await;
}
