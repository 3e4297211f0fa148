//! The oracle notices: each deliberate defect of the server breaks the promise that it should, and the same scenario without it none.

use chaos::rig::Base;
use chaos::runner::run_with;
use chaos::scenarios::Scale;
use chaos::scenarios::planted::{self, Plant};
use std::time::Duration;

/// Plants bring their own sizes.
const SCALE: Scale = Scale {
    kills: 0,
    rate: 0.0,
    window: Duration::ZERO,
};

async fn is_noticed(plant: Plant) {
    let base = Base::make(None).await.expect("a cluster to start from");
    let seed = std::env::var("CHAOS_SEED").ok();
    let seed = seed.and_then(|seed| seed.parse().ok()).unwrap_or(4711);
    let healthy = (plant.scenario.setup)();
    let (with, without) = (plant.setup(), format!("{}-healthy", plant.scenario.name));
    let (planted, healthy) = tokio::join!(
        run_with(
            &base,
            &plant.scenario,
            &with,
            plant.scenario.name,
            seed,
            SCALE
        ),
        run_with(&base, &plant.scenario, &healthy, &without, seed, SCALE),
    );
    let (planted, healthy) = (planted.expect("a run"), healthy.expect("a run"));
    println!("{planted}\n{healthy}");
    assert!(healthy.is_good(), "without the defect: {healthy}");
    assert!(
        planted
            .breaches
            .iter()
            .any(|breach| breach.invariant == plant.breaks),
        "{} was not noticed as {:?}: {planted}",
        plant.name,
        plant.breaks
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
