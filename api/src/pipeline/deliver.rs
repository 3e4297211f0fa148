//! Deliver: send a message's parts in order, and write down what became of each attempt before and after it (R12 to R18, R21).
//!
//! `sending` is committed before the first byte leaves. What is found in `sending` later belonged to a worker that died: its outcome
//! is unknown, and is looked for (echo, status) before anything is sent again (R13, R15).

mod attempt;
mod check;
#[cfg(test)]
mod model_test;
mod outcome;
pub mod pace;

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::channels::Outcome;
use crate::db::cross::LeasedJob;
use crate::db::{DbError, TenantTx};
use crate::fail_points;
use crate::ids::MessageId;
use crate::models::conversation::Conversation;
use crate::models::job::Ending;
use crate::models::message::Message;
use crate::models::message_part::MessagePart;
use crate::models::organization::Organization;
use crate::models::social_account::SocialAccount;
use crate::state::AppState;

use check::{Next, decide};

/// What sending looks at, read at one moment.
#[derive(Debug, Clone)]
struct Outbox {
    message: Message,
    parts: Vec<MessagePart>,
    conversation: Conversation,
    account: SocialAccount,
}

impl Outbox {
    async fn load(tx: &mut TenantTx<'_>, message: MessageId) -> Result<Option<Self>, DbError> {
        let Some(message) = Message::find(tx, message).await? else {
            return Ok(None);
        };
        let Some(conversation) = Conversation::lock(tx, message.conversation_id).await? else {
            return Ok(None);
        };
        let Some(account) = SocialAccount::find(tx, message.account_id).await? else {
            return Ok(None);
        };
        let parts = MessagePart::of_message(tx, message.id).await?;
        Ok(Some(Self {
            message,
            parts,
            conversation,
            account,
        }))
    }
}

/// What the next step of the job is, after one look at the database.
enum Step {
    Send(Box<attempt::Attempt>),
    Ended(Ending),
}

/// Sends what is left of a message.
pub async fn deliver(
    state: &AppState,
    job: &LeasedJob,
    message: MessageId,
) -> Result<Ending, DbError> {
    let db = state.db.for_worker();
    loop {
        let now = state.clock.now();
        let step = db
            .tenant(job, async |tx: &mut TenantTx<'_>| {
                next_step(state, tx, message, now).await
            })
            .await?;
        let attempt = match step {
            Step::Ended(ending) => return Ok(ending),
            Step::Send(attempt) => attempt,
        };
        fail_points::hit("deliver::before_send");
        let outcome = attempt.send(state).await;
        fail_points::hit("deliver::after_send");
        if let Some(ending) = record(state, job, &attempt, &outcome).await? {
            return Ok(ending);
        }
    }
}

/// Tries to write the outcome down.
const RECORD_TRIES: u32 = 3;

/// What the platform said is worth more than one try at the database: without it the outcome would count as unknown.
async fn record(
    state: &AppState,
    job: &LeasedJob,
    attempt: &attempt::Attempt,
    outcome: &Outcome,
) -> Result<Option<Ending>, DbError> {
    let db = state.db.for_worker();
    let unknown_wait = state.settings.worker.unknown_wait;
    let mut tries = 1;
    loop {
        let now = state.clock.now();
        let recorded = db
            .tenant(job, async |tx: &mut TenantTx<'_>| {
                outcome::record(tx, attempt, outcome, unknown_wait, now).await
            })
            .await;
        match recorded {
            Err(error) if tries < RECORD_TRIES => {
                tracing::warn!(error = %error, tries, "an outcome could not be written; trying again");
                tokio::time::sleep(Duration::from_millis(200) * tries).await;
                tries += 1;
            }
            other => return other,
        }
    }
}

async fn next_step(
    state: &AppState,
    tx: &mut TenantTx<'_>,
    message: MessageId,
    now: DateTime<Utc>,
) -> Result<Step, DbError> {
    let Some(outbox) = Outbox::load(tx, message).await? else {
        return Ok(Step::Ended(Ending::Done));
    };
    // Suspended since the job was claimed; from now on it is not claimed any more.
    if Organization::is_suspended(tx).await? {
        return Ok(Step::Ended(Ending::Again {
            after: Duration::ZERO,
            counted: false,
            reason: "the organization is suspended".to_owned(),
        }));
    }
    match decide(&outbox, state.settings.worker.unknown_wait, now) {
        Next::Finished => {
            let sent = outbox.parts.iter().all(|part| part.state == "sent");
            if sent && outbox.message.state != "sent" {
                Message::set_state(tx, message, "sent", None, now).await?;
            }
            Ok(Step::Ended(Ending::Done))
        }
        Next::Wait { after, reason } => Ok(Step::Ended(Ending::Again {
            after,
            counted: false,
            reason: reason.to_owned(),
        })),
        Next::Cancel { reason } => {
            end_rest(tx, &outbox, "cancelled", ("cancelled", reason), now).await
        }
        Next::Fail { code, advice } => end_rest(tx, &outbox, "failed", (code, advice), now).await,
        Next::LostAttempt(part) => {
            let unknown = Some(("worker_lost", check::NOT_CONFIRMED));
            outbox.parts[part]
                .set_state(tx, "unknown", unknown, false, now)
                .await?;
            Message::set_state(tx, message, "unknown", unknown, now).await?;
            Ok(Step::Ended(Ending::Again {
                after: state.settings.worker.unknown_wait,
                counted: false,
                reason: "outcome unknown, waiting for an echo or status".to_owned(),
            }))
        }
        Next::StaysUnknown => Ok(Step::Ended(Ending::Done)),
        Next::Send { part, again } => {
            if let Err((wait, reason)) = may_call(state, &outbox.account) {
                return Ok(Step::Ended(Ending::Again {
                    after: wait,
                    counted: false,
                    reason: reason.to_owned(),
                }));
            }
            attempt::start(state, tx, outbox, part, again, now).await
        }
    }
}

/// Whether the account's breaker (R18) and its budget (R17) let a call out now; else how long to wait, and why.
fn may_call(state: &AppState, account: &SocialAccount) -> Result<(), (Duration, &'static str)> {
    state
        .breakers
        .allow(&breaker_key(account), std::time::Instant::now())
        .map_err(|wait| (wait.max(Duration::from_secs(1)), "the platform was failing"))?;
    state
        .pace
        .take(account.platform, account.id)
        .map_err(|wait| (wait, "the account's budget of sends is used up"))
}

/// Ends the parts that have not gone out.
async fn end_rest(
    tx: &mut TenantTx<'_>,
    outbox: &Outbox,
    state: &str,
    reason: (&str, &str),
    now: DateTime<Utc>,
) -> Result<Step, DbError> {
    for part in outbox.parts.iter().filter(|part| part.state == "queued") {
        part.set_state(tx, state, Some(reason), false, now).await?;
    }
    Message::set_state(tx, outbox.message.id, state, Some(reason), now).await?;
    outbox.conversation.waits_again(tx).await?;
    if state == "failed" {
        outbox.conversation.call_human(tx, now).await?;
    }
    Ok(Step::Ended(Ending::Done))
}

/// What an account's breaker is kept under (R18).
fn breaker_key(account: &SocialAccount) -> String {
    format!("account:{}", account.id)
}
