//! An echo: ours, or a person who answered on the platform itself (R9, R15, traps 1, 14, 37).

use chrono::{DateTime, TimeDelta, Utc};
use diesel::result::Error;

use super::place;
use super::status::{confirm_part, delivery_id, lock_conversation_of, our_part};
use crate::channels::Echo;
use crate::db::TenantTx;
use crate::models::contact::Contact;
use crate::models::conversation::{AiChange, AiReason, Conversation};
use crate::models::inbound_event::ItemState;
use crate::models::message::{Author, Message, NewMessage};
use crate::models::message_part::MessagePart;
use crate::models::social_account::SocialAccount;
use crate::models::system_event::SystemEvent;
use crate::state::AppState;

pub async fn apply(
    state: &AppState,
    tx: &mut TenantTx<'_>,
    account: &SocialAccount,
    echo: &Echo,
    received_at: DateTime<Utc>,
) -> Result<ItemState, Error> {
    let delivery = delivery_id(echo.delivery_id.as_deref());
    if let Some(part) = our_part(tx, account, delivery, &echo.external_id).await? {
        lock_conversation_of(tx, &part).await?;
        confirm_part(tx, &part, delivery, &echo.external_id, received_at).await?;
        return Ok(ItemState::Applied);
    }
    if echo.recipient.is_empty()
        || Message::knows_external_id(tx, account.id, &echo.external_id).await?
    {
        return Ok(ItemState::Stored);
    }
    let contact =
        Contact::find_or_insert(tx, account.id, &echo.recipient, None, received_at).await?;
    let conversation = Conversation::lock_or_insert(tx, account.id, contact, received_at).await?;
    // Instagram gives no id of ours back: the same text, still open, is ours (R15).
    if let Some(text) = &echo.text
        && let Some(part) = MessagePart::find_open_by_text(tx, conversation.id, text).await?
    {
        confirm_part(tx, &part, part.delivery_id, &echo.external_id, received_at).await?;
        return Ok(ItemState::Applied);
    }
    // Sent twice, it has two echoes; the second one of them is ours too, and no person who takes over.
    if let Some(text) = &echo.text
        && MessagePart::record_late_echo(tx, conversation.id, text, &echo.external_id, received_at)
            .await?
    {
        return Ok(ItemState::Applied);
    }
    record(state, tx, account, &conversation, echo, received_at).await?;
    Ok(ItemState::Applied)
}

/// Stores what somebody else wrote. A person's words pause the AI; an automatic greeting does not (trap 14).
async fn record(
    state: &AppState,
    tx: &mut TenantTx<'_>,
    account: &SocialAccount,
    conversation: &Conversation,
    echo: &Echo,
    received_at: DateTime<Utc>,
) -> Result<(), Error> {
    let platform_time = echo.timestamp_ms.and_then(DateTime::from_timestamp_millis);
    let author = if echo.may_be_human {
        Author::Human
    } else {
        Author::System
    };
    let message = NewMessage {
        kind: if echo.text.is_none() && !echo.attachments.is_empty() {
            "file"
        } else {
            "text"
        },
        attachments: serde_json::to_value(&echo.attachments).unwrap_or_default(),
        external_id: Some(echo.external_id.clone()),
        platform_time,
        ordered_at: place(account.platform, platform_time, received_at),
        state: "sent",
        waited_since: conversation.waiting_since.filter(|_| echo.may_be_human),
        ..NewMessage::new(conversation.id, account.id, author, received_at)
    }
    .with_text(echo.text.clone());
    if !message.insert(tx).await? {
        return Ok(());
    }
    conversation
        .spoke(tx, message.ordered_at, echo.may_be_human)
        .await?;
    if echo.may_be_human {
        conversation.read_all(tx).await?;
    }
    if echo.may_be_human && conversation.ai_state != "off" {
        let pause = TimeDelta::from_std(state.settings.worker.human_pause)
            .unwrap_or(TimeDelta::minutes(30));
        let change = AiChange::paused(state.clock.now() + pause, AiReason::HumanEcho, None);
        conversation.set_ai(tx, &change, received_at).await?;
        Message::hand_over_due(tx, conversation.id, received_at).await?;
        if conversation.ai_answers(state.clock.now()) {
            SystemEvent::AiPausedHuman
                .record(tx, conversation, None, None, received_at)
                .await?;
        }
    }
    Ok(())
}
