//! Deliver: send a message's parts in order, and write down what became of each attempt before and after it (R12 to R18, R21).
//!
//! `sending` is committed before the first byte leaves. What is found in `sending` later belonged to a worker that died: its outcome
//! is unknown, and is looked for (echo, status) before anything is sent again (R13, R15). What is written of many messages is shared
//! ([`Batches`]); each call is its own.

mod abandon;
mod attempt;
mod check;
#[cfg(test)]
mod model_test;
mod outbox;
mod outcome;
pub mod pace;
mod start;

pub use abandon::abandon;
pub use outcome::RecordOutcomes;
pub use start::StartSends;

use crate::db::DbError;
use crate::db::cross::LeasedJob;
use crate::fail_points;
use crate::ids::MessageId;
use crate::metrics::metrics;
use crate::models::social_account::SocialAccount;
use crate::pipeline::batches::Batches;
use crate::state::AppState;

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
        // What the platform said is worth more than one try: without it the outcome would count as unknown.
        let tried = Tried::new(job.clone(), *attempt, outcome);
        match batches.record.insist(tried).await? {
            Recorded::Over => return Ok(()),
            Recorded::NextPart => {}
        }
    }
}

/// What an account's breaker is kept under (R18).
fn breaker_key(account: &SocialAccount) -> String {
    format!("account:{}", account.id)
}
