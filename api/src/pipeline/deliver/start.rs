//! The transaction before the calls: what to do next with each message, and that its part goes out now (R13, R21).

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use super::attempt::Attempt;
use super::breaker_key;
use super::check::{self, Next, decide};
use super::outbox::{Addresses, Outbox};
use crate::db::cross::LeasedJob;
use crate::db::{DbError, InOrganization, TenantTx};
use crate::ids::{DeliveryId, MessageId, OrganizationId};
use crate::metrics::metrics;
use crate::models::job::{self, Ending};
use crate::models::message::Message;
use crate::models::message_part::{self, MessagePart, Start};
use crate::models::organization::Organization;
use crate::models::social_account::SocialAccount;
use crate::pipeline::together::Step;
use crate::state::AppState;

/// A delivery's job and its message.
pub struct ToStart {
    pub job: LeasedJob,
    pub message: MessageId,
}

impl InOrganization for ToStart {
    fn organization_id(&self) -> OrganizationId {
        self.job.organization_id()
    }
}

/// What came of it.
pub enum Started {
    /// The job has ended, or is somebody else's.
    Over,
    Send(Box<Attempt>),
}

/// Decides and starts, for [`Together`](crate::pipeline::together::Together).
pub struct StartSends;

impl Step for StartSends {
    type Item = ToStart;
    type Output = Started;

    async fn run(
        state: &AppState,
        tx: &mut TenantTx<'_>,
        items: &[ToStart],
    ) -> Result<Vec<Started>, DbError> {
        let now = state.clock.now();
        let jobs: Vec<&LeasedJob> = items.iter().map(|item| &item.job).collect();
        let ours = job::hold(tx, &jobs).await?;
        let ids: Vec<MessageId> = items.iter().map(|item| item.message).collect();
        let mut outboxes = Outbox::load_all(tx, &ids).await?;
        let suspended = Organization::is_suspended(tx).await?;
        let mut plans = Vec::with_capacity(items.len());
        for item in items {
            let outbox = outboxes.remove(&item.message);
            plans.push(match outbox {
                _ if !ours.contains(&item.job.id) => Plan::Lost,
                None => Plan::End(Ending::Done),
                // Suspended since the job was claimed; from now on it is not claimed any more.
                Some(_) if suspended => {
                    Plan::End(again(Duration::ZERO, "the organization is suspended"))
                }
                Some(outbox) => plan(state, tx, outbox, now).await?,
            });
        }
        let mut ended = Vec::new();
        let started = start(state, tx, items, plans, &mut ended, now).await?;
        let ended: Vec<_> = ended.iter().map(|(job, ending)| (*job, ending)).collect();
        job::finish_all(tx, &ended).await?;
        Ok(started)
    }
}

enum Plan {
    Lost,
    End(Ending),
    Send(Box<Sending>),
}

/// A part that goes out, and how often it was tried before.
struct Sending {
    outbox: Outbox,
    index: usize,
    again: bool,
    delivery: DeliveryId,
}

fn again(after: Duration, reason: &str) -> Ending {
    Ending::Again {
        after,
        counted: false,
        reason: reason.to_owned(),
    }
}

/// What is next, and what it changes where nothing is sent.
async fn plan(
    state: &AppState,
    tx: &mut TenantTx<'_>,
    outbox: Outbox,
    now: DateTime<Utc>,
) -> Result<Plan, DbError> {
    let unknown_wait = state.settings.worker.unknown_wait;
    let ending = match decide(&outbox, unknown_wait, now) {
        Next::Finished => {
            let sent = outbox.parts.iter().all(|part| part.state == "sent");
            if sent && outbox.message.state != "sent" {
                Message::set_state(tx, outbox.message.id, "sent", None, now).await?;
            }
            Ending::Done
        }
        Next::Wait { after, reason } => again(after, reason),
        Next::GivenUp => give_up(tx, &outbox.parts, now).await?,
        Next::Cancel { reason } => {
            end_rest(tx, &outbox, "cancelled", ("cancelled", reason), now).await?
        }
        Next::Fail { code, advice } => end_rest(tx, &outbox, "failed", (code, advice), now).await?,
        Next::LostAttempt(part) => {
            let unknown = Some(check::LOST);
            let part = &outbox.parts[part];
            part.set_state(tx, "unknown", unknown, false, now).await?;
            Message::set_state(tx, outbox.message.id, "unknown", unknown, now).await?;
            again(
                unknown_wait,
                "outcome unknown, waiting for an echo or status",
            )
        }
        Next::StaysUnknown => Ending::Done,
        Next::Send {
            part,
            again: resend,
        } => match may_call(state, &outbox.account) {
            Err((wait, reason)) => again(wait, reason),
            Ok(()) => {
                if resend {
                    metrics().possible_duplicates.inc();
                }
                return Ok(Plan::Send(Box::new(Sending {
                    outbox,
                    index: part,
                    again: resend,
                    delivery: DeliveryId::new(),
                })));
            }
        },
    };
    Ok(Plan::End(ending))
}

/// Whether the account's breaker (R18) and its budget (R17) let a call out now; else how long to wait, and why.
fn may_call(state: &AppState, account: &SocialAccount) -> Result<(), (Duration, &'static str)> {
    state
        .breakers
        .allow(&breaker_key(account), Instant::now())
        .map_err(|wait| (wait.max(Duration::from_secs(1)), "the platform was failing"))?;
    state
        .pace
        .take(account.platform, account.id)
        .map_err(|wait| (wait, "the account's budget of sends is used up"))
}

/// The message has ended by a person's word, and that stays; what is found in `sending` was lost with its worker.
pub(super) async fn give_up(
    tx: &mut TenantTx<'_>,
    parts: &[MessagePart],
    now: DateTime<Utc>,
) -> Result<Ending, DbError> {
    MessagePart::give_up(tx, parts, now).await?;
    for part in parts.iter().filter(|part| part.state == "sending") {
        part.set_state(tx, "unknown", Some(check::LOST), false, now)
            .await?;
    }
    Ok(Ending::Done)
}

/// Ends the parts that have not gone out.
async fn end_rest(
    tx: &mut TenantTx<'_>,
    outbox: &Outbox,
    state: &str,
    reason: (&str, &str),
    now: DateTime<Utc>,
) -> Result<Ending, DbError> {
    for part in outbox.parts.iter().filter(|part| part.state == "queued") {
        part.set_state(tx, state, Some(reason), false, now).await?;
    }
    Message::set_state(tx, outbox.message.id, state, Some(reason), now).await?;
    outbox.conversation.waits_again(tx).await?;
    if state == "failed" {
        outbox.conversation.call_human(tx, now).await?;
    }
    Ok(Ending::Done)
}

/// Writes down that parts go out, and gives what is needed for their calls.
async fn start<'i>(
    state: &AppState,
    tx: &mut TenantTx<'_>,
    items: &'i [ToStart],
    plans: Vec<Plan>,
    ended: &mut Vec<(&'i LeasedJob, Ending)>,
    now: DateTime<Utc>,
) -> Result<Vec<Started>, DbError> {
    let sending: Vec<&Outbox> = plans
        .iter()
        .filter_map(|plan| match plan {
            Plan::Send(sending) => Some(&sending.outbox),
            _ => None,
        })
        .collect();
    let addresses = if sending.is_empty() {
        None
    } else {
        Some(Addresses::load(state, tx, &sending).await?)
    };
    let mut attempts = Vec::with_capacity(plans.len());
    for (item, plan) in items.iter().zip(plans) {
        attempts.push(match (plan, &addresses) {
            (Plan::Send(sending), Some(addresses)) => {
                let attempt = address(tx, *sending, addresses, now).await?;
                if attempt.is_none() {
                    ended.push((&item.job, Ending::Done));
                }
                attempt
            }
            (Plan::End(ending), _) => {
                ended.push((&item.job, ending));
                None
            }
            _ => None,
        });
    }
    let starts: Vec<Start<'_>> = attempts.iter().flatten().map(Attempt::start).collect();
    message_part::start_all(tx, &starts, now).await?;
    Ok(attempts
        .into_iter()
        .map(|attempt| attempt.map_or(Started::Over, |attempt| Started::Send(Box::new(attempt))))
        .collect())
}

/// The attempt with all that its call needs; without a recipient or a token the message has failed.
async fn address(
    tx: &mut TenantTx<'_>,
    sending: Sending,
    addresses: &Addresses,
    now: DateTime<Utc>,
) -> Result<Option<Attempt>, DbError> {
    const CANNOT_SEND: (&str, &str) = (
        "cannot_send",
        "The account's token or the customer's id is missing; reconnect the account, then resend.",
    );
    let Sending {
        outbox,
        index,
        again,
        delivery,
    } = sending;
    let part = outbox.parts[index].clone();
    let Some((recipient, account)) = addresses.of(&outbox) else {
        part.set_state(tx, "failed", Some(CANNOT_SEND), false, now)
            .await?;
        Message::set_state(tx, outbox.message.id, "failed", Some(CANNOT_SEND), now).await?;
        return Ok(None);
    };
    // Queued it stays until the outcome is known; only what was not confirmed is on its way again.
    if outbox.message.state != "queued" {
        Message::set_state(tx, outbox.message.id, "sending", None, now).await?;
    }
    Ok(Some(Attempt::new(
        outbox, part, delivery, again, recipient, account, now,
    )))
}
