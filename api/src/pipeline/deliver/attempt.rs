//! One attempt to send one part: committed as started, then the call, outside any transaction.

use std::time::Instant;

use chrono::{DateTime, Utc};

use super::check::needs_human_tag;
use super::{Outbox, Step, breaker_key};
use crate::channels::{
    Failure, FailureClass, OutboundPart, Outcome, PauseScope, SendAccount, channel,
};
use crate::db::{DbError, TenantTx};
use crate::ids::DeliveryId;
use crate::models::contact::Contact;
use crate::models::job::Ending;
use crate::models::message::Message;
use crate::models::message_part::MessagePart;
use crate::state::AppState;

/// A started attempt.
pub struct Attempt {
    pub outbox: Outbox,
    pub part: MessagePart,
    /// The number under which the result is written (R11).
    pub number: i32,
    account: SendAccount,
    outbound: OutboundPart,
}

/// Commits that the part goes out now. Nothing has left yet.
pub async fn start(
    state: &AppState,
    tx: &mut TenantTx<'_>,
    outbox: Outbox,
    index: usize,
    again: bool,
    now: DateTime<Utc>,
) -> Result<Step, DbError> {
    let part = outbox.parts[index].clone();
    let identities =
        Contact::identities(tx, outbox.account.id, outbox.conversation.contact_id).await?;
    let account = outbox.account.send_account(state, tx).await?;
    let (Some(recipient), Some(account)) = (identities.into_iter().next(), account) else {
        let reason = (
            "cannot_send",
            "The account's token or the customer's id is missing; reconnect the account, then resend.",
        );
        part.set_state(tx, "failed", Some(reason), false, now)
            .await?;
        Message::set_state(tx, outbox.message.id, "failed", Some(reason), now).await?;
        return Ok(Step::Ended(Ending::Done));
    };
    let delivery = DeliveryId::new();
    let number = part.start(tx, delivery, now).await?;
    if again {
        part.set_state(tx, "sending", None, true, now).await?;
    }
    Message::set_state(tx, outbox.message.id, "sending", None, now).await?;
    let outbound = OutboundPart {
        recipient,
        comment_id: outbox.message.comment_id.clone(),
        text: part.text.clone(),
        delivery_id: delivery.to_string(),
        human_agent_tag: needs_human_tag(&outbox, now),
    };
    Ok(Step::Send(Box::new(Attempt {
        outbox,
        part,
        number,
        account,
        outbound,
    })))
}

impl Attempt {
    /// Makes the call and says what it came to.
    pub async fn send(&self, state: &AppState) -> Outcome {
        let Some(channel) = channel(self.outbox.account.platform) else {
            return Outcome::Failed(Failure {
                class: FailureClass::Never,
                code: "platform".to_owned(),
                advice: "This platform is not served yet.",
            });
        };
        let request = channel.send_request(&self.account, &self.outbound);
        let outcome = match crate::platform_api::call(&state.platform_http, &request).await {
            Ok(reply) => channel.outcome(&reply),
            Err(error) => Outcome::Failed(transport_failure(&error)),
        };
        let key = breaker_key(&self.outbox.account);
        let healthy = !matches!(
            &outcome,
            Outcome::Failed(Failure {
                class: FailureClass::Unknown | FailureClass::TryLater { .. },
                ..
            })
        );
        state.breakers.record(&key, healthy, Instant::now());
        outcome
    }
}

/// No answer at all: not sent if the connection was never made, else unknown (R14).
fn transport_failure(error: &reqwest::Error) -> Failure {
    if error.is_connect() || error.is_builder() {
        let class = FailureClass::TryLater {
            after: None,
            scope: PauseScope::Message,
        };
        return Failure {
            class,
            code: "connect".to_owned(),
            advice: "The platform could not be reached; it will be tried again by itself.",
        };
    }
    Failure {
        class: FailureClass::Unknown,
        code: "no_answer".to_owned(),
        advice: super::check::NOT_CONFIRMED,
    }
}
