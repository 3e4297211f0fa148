//! Deliver: send a message's parts in order, and write down what became of each attempt before and after it (R12 to R18, R21).
//!
//! `sending` is committed before the first byte leaves. What is found in `sending` later belonged to a worker that died: its outcome
//! is unknown, and is looked for (echo, status) before anything is sent again (R13, R15). What is written of many messages is shared
//! ([`Batches`]); each call is its own.

mod attempt;
mod check;
#[cfg(test)]
mod model_test;
mod outbox;
mod outcome;
pub mod pace;
mod start;

pub use outcome::RecordOutcomes;
pub use start::StartSends;

use std::time::Duration;

use crate::channels::Outcome;
use crate::db::DbError;
use crate::db::cross::LeasedJob;
use crate::fail_points;
use crate::ids::MessageId;
use crate::metrics::metrics;
use crate::models::social_account::SocialAccount;
use crate::pipeline::batches::Batches;
use crate::state::AppState;

use attempt::Attempt;
use outcome::{Recorded, Tried};
use start::{Started, ToStart};

/// Sends what is left of a message, and ends the job.
pub async fn deliver(
    state: &AppState,
    batches: &Batches,
    job: &LeasedJob,
    message: MessageId,
) -> Result<(), DbError> {
    loop {
        let to_start = ToStart {
            job: job.clone(),
            message,
        };
        let attempt = match batches.start.run(to_start).await? {
            Started::Over => return Ok(()),
            Started::Send(attempt) => attempt,
        };
        fail_points::hit("deliver::before_send");
        let outcome = attempt.send(state).await;
        metrics().sent(&outcome);
        fail_points::hit("deliver::after_send");
        match record(batches, job, *attempt, outcome).await? {
            Recorded::Over => return Ok(()),
            Recorded::NextPart => {}
        }
    }
}

/// Tries to write the outcome down.
const RECORD_TRIES: u32 = 3;

/// What the platform said is worth more than one try at the database: without it the outcome would count as unknown.
async fn record(
    batches: &Batches,
    job: &LeasedJob,
    attempt: Attempt,
    outcome: Outcome,
) -> Result<Recorded, DbError> {
    let tried = Tried::new(job.clone(), attempt, outcome);
    let mut tries = 1;
    loop {
        match batches.record.run(tried.clone()).await {
            Err(error) if tries < RECORD_TRIES => {
                tracing::warn!(error = %error, tries, "an outcome could not be written; trying again");
                tokio::time::sleep(Duration::from_millis(200) * tries).await;
                tries += 1;
            }
            other => return other,
        }
    }
}

/// What an account's breaker is kept under (R18).
fn breaker_key(account: &SocialAccount) -> String {
    format!("account:{}", account.id)
}
