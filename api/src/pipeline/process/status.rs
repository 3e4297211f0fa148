//! A status of one of our messages: it is there, or it failed after it was accepted (R15, reference 4.3).
//!
//! How far it got beyond that (delivered, read) is kept with the item and applied by a later feature.

use chrono::{DateTime, Utc};
use diesel::result::Error;

use crate::channels::{Failure, Status};
use crate::db::TenantTx;
use crate::ids::DeliveryId;
use crate::models::conversation::Conversation;
use crate::models::inbound_event::ItemState;
use crate::models::message::Message;
use crate::models::message_part::MessagePart;
use crate::models::social_account::SocialAccount;

pub async fn apply(
    tx: &mut TenantTx<'_>,
    account: &SocialAccount,
    status: &Status,
    received_at: DateTime<Utc>,
) -> Result<ItemState, Error> {
    let delivery = delivery_id(status.delivery_id.as_deref());
    let part = our_part(tx, account, delivery, &status.external_id).await?;
    let Some(part) = part else {
        return Ok(ItemState::Stored);
    };
    match (status.status.as_str(), &status.failure) {
        // Statuses overtake each other; failed is final (R9).
        _ if part.failed_as(&status.external_id) => return Ok(ItemState::Stored),
        ("sent" | "delivered" | "read" | "played", _) => {
            lock_conversation_of(tx, &part).await?;
            confirm_part(tx, &part, delivery, &status.external_id, received_at).await?
        }
        ("failed", Some(failure)) => fail_part(tx, &part, failure, received_at).await?,
        _ => return Ok(ItemState::Stored),
    }
    Ok(ItemState::Applied)
}

/// Our delivery id, as an echo or status gives it back; somebody else's data is none.
pub(super) fn delivery_id(given_back: Option<&str>) -> Option<DeliveryId> {
    given_back.and_then(|id| id.parse().ok()).map(DeliveryId)
}

/// The part of ours that an echo or status means: by our delivery id, else by the platform's own.
pub(super) async fn our_part(
    tx: &mut TenantTx<'_>,
    account: &SocialAccount,
    delivery: Option<DeliveryId>,
    external_id: &str,
) -> Result<Option<MessagePart>, Error> {
    if let Some(delivery) = delivery
        && let Some(part) = MessagePart::find_by_delivery(tx, delivery).await?
    {
        return Ok(Some(part));
    }
    MessagePart::find_by_external_id(tx, account.id, external_id).await
}

/// Whoever changes a part holds its conversation first, like everybody.
pub(super) async fn lock_conversation_of(
    tx: &mut TenantTx<'_>,
    part: &MessagePart,
) -> Result<Option<Conversation>, Error> {
    match Message::find(tx, part.message_id).await? {
        Some(message) => Conversation::lock(tx, message.conversation_id).await,
        None => Ok(None),
    }
}

/// The platform has this part: it is sent, and so is the message once all its parts are. `delivery`: the attempt that arrived.
pub(super) async fn confirm_part(
    tx: &mut TenantTx<'_>,
    part: &MessagePart,
    delivery: Option<DeliveryId>,
    external_id: &str,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    if let Some(delivery) = delivery {
        MessagePart::record_arrival(tx, delivery, external_id, now).await?;
    }
    if part.state == "sent" {
        return Ok(());
    }
    part.confirm(tx, external_id, now).await?;
    let parts = MessagePart::of_message(tx, part.message_id).await?;
    if parts.iter().all(|part| part.state == "sent") {
        Message::set_state(tx, part.message_id, "sent", None, now).await?;
    }
    Ok(())
}

/// Accepted, and failed later (trap 26): final, shown with its reason, and a person is called.
async fn fail_part(
    tx: &mut TenantTx<'_>,
    part: &MessagePart,
    failure: &Failure,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let conversation = lock_conversation_of(tx, part).await?;
    let reason = Some((failure.code.as_str(), failure.advice));
    part.set_state(tx, "failed", reason, false, now).await?;
    Message::set_state(tx, part.message_id, "failed", reason, now).await?;
    match conversation {
        Some(conversation) => {
            conversation.waits_again(tx).await?;
            conversation.call_human(tx, now).await
        }
        None => Ok(()),
    }
}
