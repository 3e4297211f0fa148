//! Writing down what an attempt came to, and what follows from it.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::attempt::Attempt;
use super::check::NOT_CONFIRMED;
use crate::channels::{Failure, FailureClass, Outcome, PauseScope};
use crate::db::{DbError, TenantTx};
use crate::models::audit;
use crate::models::contact::Contact;
use crate::models::conversation::Conversation;
use crate::models::job::Ending;
use crate::models::message::Message;
use crate::models::message_part::AttemptEnd;
use crate::models::social_account::SocialAccount;
use crate::worker::retry;

/// Stores the outcome. `None`: go on with the next part; else how this run of the job ends.
pub async fn record(
    tx: &mut TenantTx<'_>,
    attempt: &Attempt,
    outcome: &Outcome,
    unknown_wait: Duration,
    now: DateTime<Utc>,
) -> Result<Option<Ending>, DbError> {
    // Everybody locks the conversation first, then its messages, then the account.
    Conversation::lock(tx, attempt.outbox.conversation.id).await?;
    match outcome {
        Outcome::Sent { external_id, alias } => {
            end(tx, attempt, "sent", "sent", Some(external_id), None, now).await?;
            if let Some(alias) = alias {
                let conversation = &attempt.outbox.conversation;
                Contact::add_identity(
                    tx,
                    conversation.account_id,
                    conversation.contact_id,
                    alias,
                    now,
                )
                .await?;
            }
            Ok(None)
        }
        Outcome::Failed(failure) => failed(tx, attempt, failure, unknown_wait, now)
            .await
            .map(Some),
    }
}

async fn failed(
    tx: &mut TenantTx<'_>,
    attempt: &Attempt,
    failure: &Failure,
    unknown_wait: Duration,
    now: DateTime<Utc>,
) -> Result<Ending, DbError> {
    let reason = (failure.code.as_str(), failure.advice);
    tracing::info!(class = ?failure.class, code = failure.code, attempt = attempt.number, "a part was not sent");
    match failure.class {
        FailureClass::TryLater { after, scope } => {
            end(tx, attempt, "try_later", "queued", None, Some(reason), now).await?;
            Message::set_state(tx, attempt.outbox.message.id, "queued", None, now).await?;
            let wait = retry::delay(
                attempt.number,
                after,
                retry::jitter(attempt.outbox.message.id.0, attempt.number),
            );
            if scope == PauseScope::Account {
                SocialAccount::pause(
                    tx,
                    attempt.outbox.account.id,
                    now + TimeDelta::from_std(wait).unwrap_or(TimeDelta::hours(1)),
                    now,
                )
                .await?;
            }
            Ok(Ending::Again {
                after: wait,
                counted: false,
                reason: failure.code.clone(),
            })
        }
        FailureClass::AccountBroken => {
            end(
                tx,
                attempt,
                "account_broken",
                "queued",
                None,
                Some(reason),
                now,
            )
            .await?;
            Message::set_state(tx, attempt.outbox.message.id, "queued", Some(reason), now).await?;
            break_account(tx, attempt, failure, now).await?;
            Ok(Ending::Again {
                after: Duration::from_secs(30),
                counted: false,
                reason: failure.code.clone(),
            })
        }
        FailureClass::Unknown => {
            let reason = (failure.code.as_str(), NOT_CONFIRMED);
            if end(tx, attempt, "unknown", "unknown", None, Some(reason), now).await? {
                Message::set_state(tx, attempt.outbox.message.id, "unknown", Some(reason), now)
                    .await?;
            }
            Ok(Ending::Again {
                after: unknown_wait,
                counted: false,
                reason: format!("outcome unknown: {}", failure.code),
            })
        }
        FailureClass::Never | FailureClass::WindowClosed => {
            let outcome = if failure.class == FailureClass::Never {
                "never"
            } else {
                "window_closed"
            };
            end(tx, attempt, outcome, "failed", None, Some(reason), now).await?;
            // The rest of a message whose beginning never arrives makes no sense.
            for rest in attempt
                .outbox
                .parts
                .iter()
                .filter(|rest| rest.part > attempt.part.part)
            {
                rest.set_state(tx, "cancelled", Some(reason), false, now)
                    .await?;
            }
            Message::set_state(tx, attempt.outbox.message.id, "failed", Some(reason), now).await?;
            attempt.outbox.conversation.waits_again(tx).await?;
            attempt.outbox.conversation.call_human(tx, now).await?;
            Ok(Ending::Done)
        }
    }
}

/// Writes the attempt's end under its number; false when an echo or status settled the part first (R15).
async fn end(
    tx: &mut TenantTx<'_>,
    attempt: &Attempt,
    outcome: &'static str,
    state: &'static str,
    external_id: Option<&str>,
    failure: Option<(&str, &str)>,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let end = AttemptEnd {
        attempt: attempt.number,
        outcome,
        state,
        external_id,
        failure,
    };
    Ok(attempt.part.end(tx, &end, now).await?)
}

/// R14: no more calls, its people are told once, the queue is kept.
async fn break_account(
    tx: &mut TenantTx<'_>,
    attempt: &Attempt,
    failure: &Failure,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let account = &attempt.outbox.account;
    if SocialAccount::mark_broken(tx, account.id, failure.advice, now).await? {
        let details = serde_json::json!({ "code": failure.code });
        audit::record(
            tx,
            None,
            "social_account.needs_reconnect",
            "social_account",
            account.id,
            details,
            now,
        )
        .await?;
    }
    Ok(())
}
