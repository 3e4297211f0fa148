//! An echo that names no part of ours: a person who answered on the platform itself, or ours, told by its text (R9, R15, traps 1,
//! 14, 37).

use chrono::{DateTime, TimeDelta, Utc};
use diesel::QueryResult;

use super::place;
use crate::channels::{ChannelKind, Echo};
use crate::db::TenantTx;
use crate::models::conversation::{AiChange, AiReason, Conversation};
use crate::models::message::{Author, Message, NewMessage};
use crate::models::message_part::{Confirmation, MessagePart, SentPart, confirm_all};
use crate::models::system_event::SystemEvent;
use crate::state::AppState;

/// `conversation` is locked.
pub(super) async fn apply(
    state: &AppState,
    tx: &mut TenantTx<'_>,
    platform: ChannelKind,
    conversation: &Conversation,
    echo: &Echo,
    received_at: DateTime<Utc>,
) -> QueryResult<()> {
    if let Some(text) = &echo.text {
        // Instagram gives no id of ours back: the same text, still open, is ours (R15).
        if let Some(part) = MessagePart::find_open_by_text(tx, conversation.id, text).await? {
            let confirmation = Confirmation {
                arrived: part.delivery_id,
                part: SentPart::of(&part, conversation.id),
                external_id: &echo.external_id,
                unless_failed: false,
                at: received_at,
            };
            return confirm_all(tx, &[confirmation]).await;
        }
        // Sent twice, it has two echoes; the second one of them is ours too, and no person who takes over.
        let id = &echo.external_id;
        if MessagePart::record_late_echo(tx, conversation.id, text, id, received_at).await? {
            return Ok(());
        }
    }
    record(state, tx, platform, conversation, echo, received_at).await
}

/// Stores what somebody else wrote. A person's words pause the AI; an automatic greeting does not (trap 14).
async fn record(
    state: &AppState,
    tx: &mut TenantTx<'_>,
    platform: ChannelKind,
    conversation: &Conversation,
    echo: &Echo,
    received_at: DateTime<Utc>,
) -> QueryResult<()> {
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
        ordered_at: place(platform, platform_time, received_at),
        state: "sent",
        waited_since: conversation.waiting_since.filter(|_| echo.may_be_human),
        ..NewMessage::new(
            conversation.id,
            conversation.account_id,
            author,
            received_at,
        )
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
