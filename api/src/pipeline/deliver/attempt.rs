//! One attempt to send one part: committed as started, then the call, outside any transaction.

use std::time::Instant;

use chrono::{DateTime, Utc};

use super::breaker_key;
use super::check::needs_human_tag;
use super::outbox::Outbox;
use crate::channels::{
    Failure, FailureClass, Identity, OutboundPart, Outcome, PauseScope, SendAccount, channel,
};
use crate::fail_points;
use crate::ids::DeliveryId;
use crate::models::message_part::{MessagePart, Start};
use crate::state::AppState;

/// A started attempt.
pub struct Attempt {
    pub outbox: Outbox,
    pub part: MessagePart,
    pub delivery: DeliveryId,
    /// The number under which the result is written (R11).
    pub number: i32,
    again: bool,
    account: SendAccount,
    outbound: OutboundPart,
}

impl Attempt {
    pub fn new(
        outbox: Outbox,
        part: MessagePart,
        delivery: DeliveryId,
        again: bool,
        recipient: Identity,
        account: SendAccount,
        now: DateTime<Utc>,
    ) -> Self {
        let outbound = OutboundPart {
            recipient,
            comment_id: outbox.message.comment_id.clone(),
            text: part.text.clone(),
            delivery_id: delivery.to_string(),
            human_agent_tag: needs_human_tag(&outbox, now),
        };
        Self {
            number: part.attempts + 1,
            outbox,
            part,
            delivery,
            again,
            account,
            outbound,
        }
    }

    /// Whether the call was made to this very id, which is known then.
    pub fn is_to(&self, identity: &Identity) -> bool {
        self.outbound.recipient == *identity
    }

    /// What is written down before the call.
    pub fn start(&self) -> Start<'_> {
        Start {
            part: &self.part,
            delivery: self.delivery,
            again: self.again,
        }
    }

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
        retried_if_planted(outcome)
    }
}

/// No answer at all: not sent if the connection was never made, else unknown (R14).
fn transport_failure(error: &reqwest::Error) -> Failure {
    if error.is_connect() || error.is_builder() {
        return Failure {
            class: TRY_LATER,
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

const TRY_LATER: FailureClass = FailureClass::TryLater {
    after: None,
    scope: PauseScope::Message,
};

/// The defect that the chaos run's oracle must notice: sending again what may have arrived.
fn retried_if_planted(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Failed(failure)
            if failure.class == FailureClass::Unknown
                && fail_points::is_set("planted::retry_unknown") =>
        {
            Outcome::Failed(Failure {
                class: TRY_LATER,
                ..failure
            })
        }
        other => other,
    }
}
