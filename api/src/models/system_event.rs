//! What happened to a conversation, as a message of its own between the others: never sent, never in a prompt, waits for nothing.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::{Value, json};

use super::conversation::Conversation;
use super::message::{Author, EVENT_KIND, NewMessage};
use crate::db::TenantTx;
use crate::ids::UserId;

/// What people see in the conversation's course; the word stands in the message's `payload`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SystemEvent {
    TakenOver,
    HandedBack,
    Resolved,
    Reopened,
    Snoozed,
    Unsnoozed,
    Assigned,
    Unassigned,
    /// The AI called a person.
    AiHandoff,
    /// A person wrote, so the AI is quiet for a while.
    AiPausedHuman,
}

impl SystemEvent {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TakenOver => "taken_over",
            Self::HandedBack => "handed_back",
            Self::Resolved => "resolved",
            Self::Reopened => "reopened",
            Self::Snoozed => "snoozed",
            Self::Unsnoozed => "unsnoozed",
            Self::Assigned => "assigned",
            Self::Unassigned => "unassigned",
            Self::AiHandoff => "ai_handoff",
            Self::AiPausedHuman => "ai_paused_human",
        }
    }

    /// Notes it as the newest thing of the conversation, whose row is locked. `by`: who did it, where it was a member.
    pub async fn record(
        self,
        tx: &mut TenantTx<'_>,
        conversation: &Conversation,
        by: Option<UserId>,
        context: Option<Value>,
        now: DateTime<Utc>,
    ) -> QueryResult<()> {
        let message = NewMessage {
            author_user_id: by,
            context,
            ..self.message(conversation, now)
        };
        message.insert(tx).await.map(|_| ())
    }

    /// The message that tells of it.
    fn message(self, conversation: &Conversation, now: DateTime<Utc>) -> NewMessage {
        NewMessage {
            kind: EVENT_KIND,
            payload: Some(self.as_str().to_owned()),
            ordered_at: now.max(conversation.last_message_at),
            ..NewMessage::new(
                conversation.id,
                conversation.account_id,
                Author::System,
                now,
            )
        }
    }
}

/// What a customer's message brings about besides itself, as messages to store: it opens the conversation, as it was before, again
/// and ends its being put off.
pub fn of_return(conversation: &Conversation, now: DateTime<Utc>) -> Vec<NewMessage> {
    let opened = (conversation.status == "resolved").then_some(SystemEvent::Reopened);
    let woken = conversation
        .is_snoozed(now)
        .then_some(SystemEvent::Unsnoozed);
    opened
        .into_iter()
        .chain(woken)
        .map(|event| event.message(conversation, now))
        .collect()
}

/// Notes that the AI called a person, and why.
pub async fn record_handoff(
    tx: &mut TenantTx<'_>,
    conversation: &Conversation,
    reason: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let context = Some(json!({ "reason": reason }));
    SystemEvent::AiHandoff
        .record(tx, conversation, None, context, now)
        .await
}
