//! A customer's message: contact, conversation, message, and whether an answer is due.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::result::Error;

use super::place;
use crate::channels::{ChannelKind, CustomerMessage, MessageKind, channel};
use crate::db::TenantTx;
use crate::models::agent::AgentVersion;
use crate::models::contact::Contact;
use crate::models::conversation::{AiChange, Conversation, CustomerWrote};
use crate::models::conversation_word;
use crate::models::inbound_event::ItemState;
use crate::models::job::{self, Work};
use crate::models::message::{Author, NewMessage};
use crate::models::social_account::SocialAccount;
use crate::models::system_event;
use crate::state::AppState;

pub async fn apply(
    state: &AppState,
    tx: &mut TenantTx<'_>,
    platform: ChannelKind,
    account: &SocialAccount,
    message: &CustomerMessage,
    received_at: DateTime<Utc>,
) -> Result<ItemState, Error> {
    let contact = Contact::find_or_insert(
        tx,
        account.id,
        &message.sender,
        message.sender_name.as_deref(),
        received_at,
    )
    .await?;
    let conversation = Conversation::lock_or_insert(tx, account.id, contact, received_at).await?;
    let quiet = quiet_time_if_due(state, tx, account, &conversation, message).await?;
    let stored = new_message(
        account,
        &conversation,
        message,
        received_at,
        quiet.is_some(),
    )
    .insert(tx)
    .await?;
    if !stored {
        // A redelivery: everything it causes was done when it came first (R4).
        return Ok(ItemState::Applied);
    }
    let wrote = windows(platform, message, received_at, quiet.is_none());
    conversation.customer_wrote(tx, &wrote, received_at).await?;
    system_event::record_return(tx, &conversation, received_at).await?;
    if let Some(name) = &message.sender_name {
        conversation_word::add_name(tx, conversation.id, name).await?;
    }
    if let Some(quiet) = quiet {
        if conversation.ai_state == "paused" {
            // The pause is over, or no answer would be due.
            conversation
                .set_ai(
                    tx,
                    &AiChange {
                        needs_human: conversation.needs_human,
                        ..AiChange::on(None)
                    },
                    received_at,
                )
                .await?;
        }
        job::enqueue(tx, conversation.id, &Work::Reply, quiet).await?;
    }
    Ok(ItemState::Applied)
}

/// How long to wait for more before answering; `None` when no automatic answer is due.
async fn quiet_time_if_due(
    state: &AppState,
    tx: &mut TenantTx<'_>,
    account: &SocialAccount,
    conversation: &Conversation,
    message: &CustomerMessage,
) -> Result<Option<Duration>, Error> {
    let wants_answer =
        account.auto_reply && conversation.ai_answers(state.clock.now()) && asks_something(message);
    let Some(agent_id) = account.agent_id.filter(|_| wants_answer) else {
        return Ok(None);
    };
    let Some((agent, version)) = AgentVersion::find_current(tx, agent_id).await? else {
        return Ok(None);
    };
    let quiet = Duration::from_millis(u64::try_from(version.settings.quiet_ms).unwrap_or_default());
    Ok(agent.active.then_some(quiet))
}

/// A thumbs-up wants no answer; comments are answered by a later feature, by people until then; and what was said in a group must
/// not be answered in private.
fn asks_something(message: &CustomerMessage) -> bool {
    let in_group = message
        .context
        .as_ref()
        .is_some_and(|context| context.get("group_id").is_some());
    !in_group && !matches!(message.kind, MessageKind::Sticker | MessageKind::Comment)
}

fn new_message(
    account: &SocialAccount,
    conversation: &Conversation,
    message: &CustomerMessage,
    received_at: DateTime<Utc>,
    due: bool,
) -> NewMessage {
    let platform_time = message
        .timestamp_ms
        .and_then(DateTime::from_timestamp_millis);
    NewMessage {
        kind: message.kind.as_str(),
        payload: message
            .payload
            .as_ref()
            .map(|payload| payload.replace('\0', "")),
        attachments: without_nul(serde_json::to_value(&message.attachments).unwrap_or_default()),
        reply_to_external_id: message.reply_to.clone(),
        context: message.context.clone().map(without_nul),
        comment_id: message.comment_id.clone(),
        external_id: Some(message.external_id.clone()),
        platform_time,
        ordered_at: place(account.platform, platform_time, received_at),
        answer_state: Some(if due { "due" } else { "not_due" }),
        ..NewMessage::new(conversation.id, account.id, Author::Customer, received_at)
    }
    .with_text(message.text.clone())
}

/// jsonb holds no NUL.
fn without_nul(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::String(text) => Value::String(text.replace('\0', "")),
        Value::Array(items) => items.into_iter().map(without_nul).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| (name.replace('\0', ""), without_nul(value)))
            .collect(),
        other => other,
    }
}

fn windows(
    platform: ChannelKind,
    message: &CustomerMessage,
    received_at: DateTime<Utc>,
    nobody_answers: bool,
) -> CustomerWrote {
    let at = message
        .timestamp_ms
        .and_then(DateTime::from_timestamp_millis)
        .unwrap_or(received_at)
        .min(received_at);
    let limits = channel(platform)
        .filter(|_| message.opens_window)
        .map(|channel| channel.limits());
    let end = |window: Duration| TimeDelta::from_std(window).ok().map(|window| at + window);
    CustomerWrote {
        at,
        window_ends_at: limits.and_then(|limits| end(limits.reply_window)),
        human_window_ends_at: limits.and_then(|limits| end(limits.human_window)),
        needs_human: nobody_answers && message.kind != MessageKind::Sticker,
        waits: message.kind != MessageKind::Sticker,
    }
}
