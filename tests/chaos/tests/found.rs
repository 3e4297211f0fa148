//! What chaos runs have found: the scenario with the seed that broke a promise, once its cause was mended. A seed fixes who writes what
//! when and what goes wrong when; the processes' own timing stays theirs, so that one run shows less than many seeds did.

use std::time::Duration;

use chaos::rig::Base;
use chaos::runner::run;
use chaos::scenarios::{self, Scale};

async fn is_kept(scenario: &str, seed: u64) {
    let all = scenarios::all();
    let scenario = all.iter().find(|one| one.name == scenario);
    let scenario = scenario.expect("a scenario of that name");
    let base = Base::make(None).await.expect("a cluster to start from");
    let scale = Scale {
        kills: 12,
        rate: 20.0,
        window: Duration::from_secs(6),
    };
    let report = run(&base, scenario, seed, scale).await.expect("a run");
    println!("{report}");
    assert!(report.is_good(), "{report}");
}

/// A worker that had lost its lease stored a second answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_paused_worker_stores_no_second_answer() {
    is_kept("paused-worker", 205).await;
}

/// An answer that was paid for was thrown away when no connection was free for it.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_outlasts_a_busy_pool() {
    is_kept("pool-exhausted", 100).await;
}

/// Tokens of answers that could not be used were not charged.
#[tokio::test(flavor = "multi_thread")]
async fn unusable_answers_are_charged() {
    is_kept("model-empty", 108).await;
}

/// A send that had begun with the old token broke the account that was just connected again.
#[tokio::test(flavor = "multi_thread")]
async fn a_late_refusal_of_the_old_token_breaks_nothing() {
    is_kept("token-dies", 105).await;
}
