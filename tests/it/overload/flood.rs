//! A flood of one organization's webhooks, for five seconds or `OVERLOAD_SECONDS`: each is stored or refused, no 200 is lost, the other
//! organization's are taken all the while, and afterwards answers are as quick as before.

use std::time::{Duration, Instant};

use banglachat_tests::{Account, ChannelKind, TestApp, eventually};
use futures_util::future::join_all;

use super::{Ack, count, post, stored};

/// Clients that post one after the other, as fast as they are answered.
const CLIENTS: usize = 64;
/// Fewer places than the flood has clients, so that it is refused in part.
const PLACES: usize = 32;
const RECOVERED_WITHIN: Duration = Duration::from_secs(10);

fn seconds() -> u64 {
    let given = std::env::var("OVERLOAD_SECONDS").ok();
    given.map_or(5, |text| {
        text.parse().expect("OVERLOAD_SECONDS is a number")
    })
}

/// Posts one after the other until the end.
async fn post_until(account: &Account, name: &str, end: Instant, pause: Duration) -> Vec<Ack> {
    let mut acks = Vec::new();
    while Instant::now() < end {
        acks.extend(post(account, &format!("{name} {}", acks.len()), 1).await);
        tokio::time::sleep(pause).await;
    }
    acks
}

fn slowest(acks: &[Ack]) -> Duration {
    acks.iter().map(|ack| ack.took).max().unwrap_or_default()
}

/// The slowest of fifty, one after the other.
async fn calm(account: &Account, name: &str) -> Duration {
    let mut acks = Vec::new();
    for number in 0..50 {
        acks.extend(post(account, &format!("{name} {number}"), 1).await);
    }
    slowest(&acks)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_stored_or_refused_and_another_organization_goes_on() {
    let app = TestApp::builder()
        .set("WEBHOOKS_AT_ONCE", PLACES)
        .start()
        .await;
    let (flooding, quiet) = (app.shop().await, app.shop().await);
    let flooded = flooding.social_account(ChannelKind::Facebook).await;
    let page = quiet.social_account(ChannelKind::Facebook).await;
    let before = calm(&page, "before").await;
    let end = Instant::now() + Duration::from_secs(seconds());
    let clients = (0..CLIENTS).map(|client| {
        let (flooded, name) = (flooded.clone(), format!("flood {client}"));
        // Tasks of their own: the quiet client must not wait for this test's own polling.
        tokio::spawn(async move { post_until(&flooded, &name, end, Duration::ZERO).await })
    });
    let clients: Vec<_> = clients.collect();
    let others = post_until(&page, "quiet", end, Duration::from_millis(20)).await;
    let flood: Vec<Ack> = join_all(clients)
        .await
        .into_iter()
        .flat_map(|acks| acks.expect("a client"))
        .collect();
    let (taken, refused) = (count(&flood, 200), count(&flood, 503));
    println!(
        "flood: {taken} stored, {refused} refused; beside it {} of {} stored, slowest {:?}; before {before:?}",
        count(&others, 200),
        others.len(),
        slowest(&others)
    );
    assert_eq!(taken + refused, flood.len(), "nothing but 200 and 503");
    assert!(refused > 0, "no flood");
    assert_eq!(count(&others, 200), others.len(), "{others:?}");
    assert!(stored(&app.db, "flood").await >= taken, "a 200 was lost");
    assert_eq!(stored(&app.db, "quiet").await, others.len());

    let limit = (before * 2).max(Duration::from_millis(100));
    eventually(
        "answers are as quick as before",
        RECOVERED_WITHIN,
        async || calm(&page, &format!("after {:?}", Instant::now())).await <= limit,
    )
    .await;
}
