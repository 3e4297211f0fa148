//! The oracle notices: each deliberate defect of the server breaks the promise that it should, and the same scenario without it none.
//! `CHAOS_SEED=...` plays a run again.

use chaos::rig::Base;
use chaos::scenarios::planted::{self, Plant, try_out};

async fn is_noticed(plant: Plant) {
    let base = Base::make(None).await.expect("a cluster to start from");
    let seed = std::env::var("CHAOS_SEED").ok();
    let seed = seed.and_then(|seed| seed.parse().ok()).unwrap_or(4711);
    let noticed = try_out(&base, &plant, seed).await.expect("two runs");
    println!("{}\n{}", noticed.with, noticed.without);
    assert!(
        noticed.is_right(),
        "{} breaks {:?}, and the oracle says\nwith it: {}\nwithout it: {}",
        plant.name,
        plant.breaks,
        noticed.with,
        noticed.without
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ack_before_the_commit_is_noticed() {
    is_noticed(planted::ack_before_commit()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_of_the_unknown_is_noticed() {
    is_noticed(planted::retry_unknown()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_lane_check_is_noticed() {
    is_noticed(planted::no_lane_check()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answered_echo_is_noticed() {
    is_noticed(planted::answer_echo()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_fence_is_noticed() {
    is_noticed(planted::no_fencing()).await;
}
