//! A status of one of our messages: it is there, or it failed after it was accepted (R15, reference 4.3).
//!
//! How far it got beyond that (delivered, read) is kept with the item and applied by a later feature.

use chrono::{DateTime, Utc};
use diesel::result::Error;

use crate::channels::{Failure, Status};
use crate::db::TenantTx;
use crate::ids::DeliveryId;
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
    let delivery = status
        .delivery_id
        .as_deref()
        .and_then(|id| id.parse().ok())
        .map(DeliveryId);
    let by_delivery = match delivery {
        Some(delivery) => MessagePart::find_by_delivery(tx, delivery).await?,
        None => None,
    };
    let part = match by_delivery {
        Some(part) => Some(part),
        None => MessagePart::find_by_external_id(tx, account.id, &status.external_id).await?,
    };
    let Some(part) = part else {
        return Ok(ItemState::Stored);
    };
    match (status.status.as_str(), &status.failure) {
        ("sent" | "delivered" | "read" | "played", _) => {
            confirm_part(tx, &part, &status.external_id, received_at).await?
        }
        ("failed", Some(failure)) => fail_part(tx, &part, failure, received_at).await?,
        _ => return Ok(ItemState::Stored),
    }
    Ok(ItemState::Applied)
}

/// The platform has this part: it is sent, and so is the message once all its parts are.
pub(super) async fn confirm_part(
    tx: &mut TenantTx<'_>,
    part: &MessagePart,
    external_id: &str,
    now: DateTime<Utc>,
) -> Result<(), Error> {
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

/// Accepted, and failed later (trap 26): final, and shown with its reason.
async fn fail_part(
    tx: &mut TenantTx<'_>,
    part: &MessagePart,
    failure: &Failure,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let reason = Some((failure.code.as_str(), failure.advice));
    part.set_state(tx, "failed", reason, false, now).await?;
    Message::set_state(tx, part.message_id, "failed", reason, now).await
}
