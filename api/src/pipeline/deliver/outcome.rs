//! The transaction after the calls: what attempts came to, and what follows from it.
//!
//! What follows is decided by [`settle`], a pure function; what was accepted is written for a whole batch, what failed one by one.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::attempt::Attempt;
use super::check::NOT_CONFIRMED;
use crate::channels::{Failure, FailureClass, Outcome, PauseScope};
use crate::db::cross::LeasedJob;
use crate::db::{DbError, InOrganization, TenantTx};
use crate::ids::{ConversationId, OrganizationId};
use crate::models::audit;
use crate::models::contact::Contact;
use crate::models::conversation::Conversation;
use crate::models::job::{self, Ending};
use crate::models::message::Message;
use crate::models::message_part::{self, Accepted, AttemptEnd, MessagePart};
use crate::models::social_account::SocialAccount;
use crate::pipeline::together::Step;
use crate::state::AppState;
use crate::worker::retry;

/// A call that was made.
#[derive(Clone)]
pub struct Tried {
    job: LeasedJob,
    attempt: Rc<Attempt>,
    outcome: Rc<Outcome>,
}

impl Tried {
    pub fn new(job: LeasedJob, attempt: Attempt, outcome: Outcome) -> Self {
        Self {
            job,
            attempt: Rc::new(attempt),
            outcome: Rc::new(outcome),
        }
    }

    /// Whether the message has a part behind this one.
    fn has_more(&self) -> bool {
        let mut parts = self.attempt.outbox.parts.iter();
        parts.any(|other| other.part > self.attempt.part.part)
    }
}

impl InOrganization for Tried {
    fn organization_id(&self) -> OrganizationId {
        self.job.organization_id()
    }
}

/// How the job goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    NextPart,
    /// It has ended, or is somebody else's.
    Over,
}

/// What a failed attempt changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Settlement {
    /// R14's class, as stored with the attempt.
    pub outcome: &'static str,
    /// The part's and the message's next state.
    pub state: &'static str,
    pub advice: &'static str,
    /// The message shows why, though it is not over.
    pub shows_reason: bool,
    /// Parts behind it are cancelled, and a person is called.
    pub ends_message: bool,
    /// Everything of the account waits for so long (R17).
    pub pauses_account: Option<Duration>,
    /// Nothing is sent from the account until its people act.
    pub breaks_account: bool,
    ending: Ending,
}

impl Settlement {
    /// How the job goes on. Where an echo or a status settled the part first, its failure ends and delays nothing: the parts behind
    /// it are still due, and nobody else would look.
    pub fn ending(self, is_ours: bool) -> Ending {
        if is_ours {
            return self.ending;
        }
        Ending::Again {
            after: Duration::ZERO,
            counted: false,
            reason: "the platform told about the part before the attempt ended".to_owned(),
        }
    }
}

/// What follows from a failure (R14 to R16) at this attempt of a part; `jitter` from 0 to 1.
pub fn settle(failure: &Failure, attempt: i32, jitter: f64, unknown_wait: Duration) -> Settlement {
    let again = |after, reason: String| Ending::Again {
        after,
        counted: false,
        reason,
    };
    let settlement = |outcome, state, ending| Settlement {
        outcome,
        state,
        advice: failure.advice,
        shows_reason: false,
        ends_message: false,
        pauses_account: None,
        breaks_account: false,
        ending,
    };
    let code = failure.code.clone();
    match failure.class {
        FailureClass::TryLater { after, scope } => {
            let wait = retry::delay(attempt, after, jitter);
            Settlement {
                pauses_account: (scope == PauseScope::Account).then_some(wait),
                ..settlement("try_later", "queued", again(wait, code))
            }
        }
        FailureClass::AccountBroken => Settlement {
            shows_reason: true,
            breaks_account: true,
            ..settlement(
                "account_broken",
                "queued",
                again(Duration::from_secs(30), code),
            )
        },
        FailureClass::Unknown => Settlement {
            shows_reason: true,
            advice: NOT_CONFIRMED,
            ..settlement(
                "unknown",
                "unknown",
                again(unknown_wait, format!("outcome unknown: {code}")),
            )
        },
        FailureClass::Never => Settlement {
            shows_reason: true,
            ends_message: true,
            ..settlement("never", "failed", Ending::Done)
        },
        FailureClass::WindowClosed => Settlement {
            shows_reason: true,
            ends_message: true,
            ..settlement("window_closed", "failed", Ending::Done)
        },
    }
}

/// Writes outcomes down, for [`Together`](crate::pipeline::together::Together).
pub struct RecordOutcomes;

impl Step for RecordOutcomes {
    type Item = Tried;
    type Output = Recorded;

    async fn run(
        state: &AppState,
        tx: &mut TenantTx<'_>,
        items: &[Tried],
    ) -> Result<Vec<Recorded>, DbError> {
        let now = state.clock.now();
        // Everybody locks the conversation first, then its messages, then the account.
        let lanes: BTreeSet<ConversationId> = items.iter().map(|tried| tried.job.lane).collect();
        Conversation::lock_all(tx, &lanes).await?;
        accept(tx, items, now).await?;
        let mut ended = Vec::new();
        let mut recorded = Vec::with_capacity(items.len());
        for tried in items {
            let ending = match &*tried.outcome {
                Outcome::Sent { .. } if tried.has_more() => None,
                Outcome::Sent { .. } => Some(Ending::Done),
                Outcome::Failed(failure) => Some(failed(state, tx, tried, failure, now).await?),
            };
            recorded.push(match ending {
                None => Recorded::NextPart,
                Some(ending) => {
                    ended.push((&tried.job, ending));
                    Recorded::Over
                }
            });
        }
        let ended: Vec<_> = ended.iter().map(|(job, ending)| (*job, ending)).collect();
        job::finish_all(tx, &ended).await?;
        Ok(recorded)
    }
}

/// All that was accepted, and what the answers told of the recipients.
async fn accept(tx: &mut TenantTx<'_>, items: &[Tried], now: DateTime<Utc>) -> Result<(), DbError> {
    let mut accepted = Vec::new();
    for tried in items {
        let Outcome::Sent { external_id, alias } = &*tried.outcome else {
            continue;
        };
        accepted.push(Accepted {
            part: &tried.attempt.part,
            delivery: tried.attempt.delivery,
            number: tried.attempt.number,
            external_id,
        });
        if let Some(alias) = alias
            && !tried.attempt.is_to(alias)
        {
            let conversation = &tried.attempt.outbox.conversation;
            let (account, contact) = (conversation.account_id, conversation.contact_id);
            Contact::add_identity(tx, account, contact, alias, now).await?;
        }
    }
    Ok(message_part::accept_all(tx, &accepted, now).await?)
}

async fn failed(
    state: &AppState,
    tx: &mut TenantTx<'_>,
    tried: &Tried,
    failure: &Failure,
    now: DateTime<Utc>,
) -> Result<Ending, DbError> {
    let attempt = &tried.attempt;
    tracing::info!(class = ?failure.class, code = failure.code, attempt = attempt.number, "a part was not sent");
    let jitter = retry::jitter(attempt.outbox.message.id.0, attempt.number);
    let unknown_wait = state.settings.worker.unknown_wait;
    let settlement = settle(failure, attempt.number, jitter, unknown_wait);
    let reason = (failure.code.as_str(), settlement.advice);
    let end = AttemptEnd {
        attempt: attempt.number,
        outcome: settlement.outcome,
        state: settlement.state,
        failure: Some(reason),
    };
    // An echo or status that settled the part first (R15) is right about the message, not about the account.
    let is_ours = attempt.part.end(tx, &end, now).await?;
    if is_ours {
        let shown = settlement.shows_reason.then_some(reason);
        let message = attempt.outbox.message.id;
        Message::attempt_failed(tx, message, settlement.state, shown, now).await?;
        if settlement.ends_message {
            end_message(tx, attempt, reason, now).await?;
        }
    }
    if let Some(wait) = settlement.pauses_account {
        let until = now + TimeDelta::from_std(wait).unwrap_or(TimeDelta::hours(1));
        SocialAccount::pause(tx, attempt.outbox.account.id, until, now).await?;
    }
    if settlement.breaks_account {
        break_account(tx, attempt, failure, now).await?;
    }
    Ok(settlement.ending(is_ours))
}

/// The rest of a message whose beginning never arrives makes no sense.
async fn end_message(
    tx: &mut TenantTx<'_>,
    attempt: &Attempt,
    reason: (&str, &str),
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    // As they are now: one that is there already (its message was sent again) stays sent, or it would go out twice.
    let parts = MessagePart::of_message(tx, attempt.outbox.message.id).await?;
    let behind = |rest: &&MessagePart| rest.part > attempt.part.part && rest.state == "queued";
    for rest in parts.iter().filter(behind) {
        rest.set_state(tx, "cancelled", Some(reason), false, now)
            .await?;
    }
    attempt.outbox.conversation.waits_again(tx).await?;
    Ok(attempt.outbox.conversation.call_human(tx, now).await?)
}

/// R14: no more calls, its people are told once, the queue is kept.
async fn break_account(
    tx: &mut TenantTx<'_>,
    attempt: &Attempt,
    failure: &Failure,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let account = &attempt.outbox.account;
    if account.mark_broken(tx, failure.advice, now).await? {
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
