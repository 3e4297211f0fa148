//! Customers' messages: stored, taken up by their conversations, and answers asked for where they are due.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::QueryResult;
use diesel::result::Error;

use super::place;
use crate::channels::{ChannelKind, CustomerMessage, MessageKind, channel};
use crate::db::TenantTx;
use crate::ids::ConversationId;
use crate::models::conversation::{Conversation, CustomerWrote};
use crate::models::conversation_word::{self, Words};
use crate::models::job;
use crate::models::message::{Author, NewMessage};
use crate::models::receiving_account::ReceivingAccount;
use crate::models::system_event;
use crate::state::AppState;

/// A customer's message with the conversation that it belongs to.
pub(super) struct Arrived<'b> {
    pub account: &'b ReceivingAccount,
    pub platform: ChannelKind,
    pub conversation: ConversationId,
    pub message: &'b CustomerMessage,
    pub received_at: DateTime<Utc>,
}

type Conversations = HashMap<ConversationId, Conversation>;

/// What messages bring about besides themselves.
#[derive(Default)]
struct Effects {
    changed: BTreeSet<ConversationId>,
    events: Vec<NewMessage>,
    words: Words,
    replies: BTreeMap<ConversationId, Duration>,
}

/// Applies messages in their order. `conversations` are locked, and as they are then afterwards. Tells whether an answer is due at
/// once.
pub(super) async fn apply(
    state: &AppState,
    tx: &mut TenantTx<'_>,
    conversations: &mut Conversations,
    messages: &[Arrived<'_>],
) -> QueryResult<bool> {
    let mut rows = Vec::with_capacity(messages.len());
    for arrived in messages {
        let conversation = conversations.get(&arrived.conversation);
        let conversation = conversation.ok_or(Error::NotFound)?;
        let due = quiet_time_if_due(state, conversation, arrived).is_some();
        rows.push(new_message(arrived, due));
    }
    // What is not stored is a redelivery: everything it causes was done when it came first (R4).
    let stored = NewMessage::insert_all(tx, &rows).await?;
    let mut effects = Effects::default();
    for (arrived, row) in messages.iter().zip(&rows) {
        if let Some(conversation) = conversations.get_mut(&arrived.conversation)
            && stored.contains(&row.id)
        {
            let quiet = quiet_time_if_due(state, conversation, arrived);
            effects.of(conversation, arrived, row, quiet);
        }
    }
    effects.write(tx, conversations).await
}

impl Effects {
    /// Those of one message that is new; `quiet` when an answer to it is due.
    fn of(
        &mut self,
        conversation: &mut Conversation,
        arrived: &Arrived<'_>,
        row: &NewMessage,
        quiet: Option<Duration>,
    ) {
        let returned = system_event::of_return(conversation, arrived.received_at);
        self.events.extend(returned);
        conversation.take_up(&windows(arrived, quiet.is_none()), arrived.received_at);
        self.changed.insert(conversation.id);
        if let Some(text) = &row.text {
            conversation_word::collect(&mut self.words, conversation.id, text, false);
        }
        if let Some(name) = &arrived.message.sender_name {
            conversation_word::collect(&mut self.words, conversation.id, name, true);
        }
        if let Some(quiet) = quiet {
            if conversation.ai_state == "paused" {
                // The pause is over, or no answer would be due.
                conversation.end_pause();
            }
            self.replies.insert(conversation.id, quiet);
        }
    }

    async fn write(
        self,
        tx: &mut TenantTx<'_>,
        conversations: &Conversations,
    ) -> QueryResult<bool> {
        let changed: Vec<_> = self
            .changed
            .iter()
            .filter_map(|id| conversations.get(id))
            .collect();
        Conversation::write_all(tx, &changed).await?;
        NewMessage::insert_all(tx, &self.events).await?;
        conversation_word::add_all(tx, &self.words).await?;
        job::enqueue_replies(tx, &self.replies).await?;
        Ok(self.replies.values().any(Duration::is_zero))
    }
}

/// How long to wait for more before answering; `None` when no automatic answer is due.
fn quiet_time_if_due(
    state: &AppState,
    conversation: &Conversation,
    arrived: &Arrived<'_>,
) -> Option<Duration> {
    let wants_answer =
        asks_something(arrived.message) && conversation.ai_answers(state.clock.now());
    arrived.account.quiet_time().filter(|_| wants_answer)
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

fn new_message(arrived: &Arrived<'_>, due: bool) -> NewMessage {
    let (message, received_at) = (arrived.message, arrived.received_at);
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
        ordered_at: place(arrived.platform, platform_time, received_at),
        answer_state: Some(if due { "due" } else { "not_due" }),
        ..NewMessage::new(
            arrived.conversation,
            arrived.account.id,
            Author::Customer,
            received_at,
        )
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

fn windows(arrived: &Arrived<'_>, nobody_answers: bool) -> CustomerWrote {
    let message = arrived.message;
    let at = message
        .timestamp_ms
        .and_then(DateTime::from_timestamp_millis)
        .unwrap_or(arrived.received_at)
        .min(arrived.received_at);
    let limits = channel(arrived.platform)
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
