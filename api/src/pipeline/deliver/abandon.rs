//! The end of a message over which workers die (R23).

use chrono::{DateTime, Utc};

use super::check::LOST;
use super::outbox::Outbox;
use super::start::give_up;
use crate::db::{DbError, TenantTx};
use crate::ids::MessageId;
use crate::models::message::Message;

const NOT_SENT: (&str, &str) = (
    "worker_lost",
    "The server stopped several times while it was to be sent. Look at the chat on the platform, then resend it.",
);

/// Ends a message where people see it: what was on its way is not confirmed, what waited has failed. A person is called; one who gave
/// the message up before is not.
pub async fn abandon(
    tx: &mut TenantTx<'_>,
    message: MessageId,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let Some(outbox) = Outbox::load_all(tx, &[message]).await?.remove(&message) else {
        return Ok(());
    };
    let of = |state: &'static str| {
        let parts = outbox.parts.iter();
        parts.filter(move |part| part.state == state)
    };
    if outbox.message.state == "cancelled" {
        give_up(tx, &outbox.parts, now).await?;
        return Ok(());
    }
    for part in of("sending") {
        part.set_state(tx, "unknown", Some(LOST), false, now)
            .await?;
    }
    for part in of("queued") {
        part.set_state(tx, "failed", Some(NOT_SENT), false, now)
            .await?;
    }
    let (state, reason) = if of("sending").chain(of("unknown")).next().is_some() {
        ("unknown", LOST)
    } else if of("queued").next().is_some() {
        ("failed", NOT_SENT)
    } else {
        // It had ended, only its job had not.
        return Ok(());
    };
    Message::set_state(tx, message, state, Some(reason), now).await?;
    outbox.conversation.waits_again(tx).await?;
    Ok(outbox.conversation.call_human(tx, now).await?)
}
