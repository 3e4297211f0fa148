//! Conversations: one per contact and account. Whoever changes one locks its row first; that is what keeps its messages and jobs
//! in order.

mod arrivals;
mod inbox;
mod spoken;

pub use arrivals::{CustomerWrote, Missing};
pub use spoken::Spoken;

use std::collections::HashMap;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::db::TenantTx;
use crate::ids::{AccountId, ContactId, ConversationId, UserId};
use crate::schema::{conversations, messages};

#[derive(Debug, Clone, HasQuery)]
#[diesel(table_name = conversations)]
pub struct Conversation {
    pub id: ConversationId,
    pub account_id: AccountId,
    pub contact_id: ContactId,
    pub status: String,
    pub assignee_id: Option<UserId>,
    pub ai_state: String,
    pub ai_paused_until: Option<DateTime<Utc>>,
    pub ai_reason: Option<String>,
    pub needs_human: bool,
    pub window_ends_at: Option<DateTime<Utc>>,
    pub human_window_ends_at: Option<DateTime<Utc>>,
    pub generation: i64,
    pub last_message_at: DateTime<Utc>,
    pub last_customer_message_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// By the database's clock: of the conversation, its messages and their parts.
    pub changed_at: DateTime<Utc>,
    pub snoozed_until: Option<DateTime<Utc>>,
    /// The customer's messages that nobody has looked at.
    pub unread_count: i32,
    /// Since when the customer waits for an answer.
    pub waiting_since: Option<DateTime<Utc>>,
}

/// Whether anything is still to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConversationStatus {
    Open,
    Resolved,
}

/// Whether the AI answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AiState {
    On,
    /// Silent until `ai_paused_until`.
    Paused,
    /// Silent until somebody hands the conversation back.
    Off,
}

/// Why the AI is silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AiReason {
    /// Somebody answered from the phone or another inbox.
    HumanEcho,
    /// A member answered here.
    HumanReply,
    /// A member took over.
    TakenOver,
    /// The agent called a person.
    Handoff,
    /// Too many answers in a short time (R87).
    Loop,
}

impl AiState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Paused => "paused",
            Self::Off => "off",
        }
    }
}

impl AiReason {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HumanEcho => "human_echo",
            Self::HumanReply => "human_reply",
            Self::TakenOver => "taken_over",
            Self::Handoff => "handoff",
            Self::Loop => "loop",
        }
    }
}

impl ConversationStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Resolved => "resolved",
        }
    }
}

macro_rules! from_text {
    ($name:ident: $($variant:ident),+) => {
        impl FromStr for $name {
            type Err = ();
            fn from_str(text: &str) -> Result<Self, ()> {
                [$(Self::$variant),+].into_iter().find(|value| value.as_str() == text).ok_or(())
            }
        }
    };
}
from_text!(AiState: On, Paused, Off);
from_text!(AiReason: HumanEcho, HumanReply, TakenOver, Handoff, Loop);
from_text!(ConversationStatus: Open, Resolved);

impl Conversation {
    pub async fn find(tx: &mut TenantTx<'_>, id: ConversationId) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(conversations::organization_id.eq(tx.organization()))
            .filter(conversations::id.eq(id))
            .first(tx.conn())
            .await
            .optional()
    }

    /// The conversations with these ids.
    pub async fn find_all(
        tx: &mut TenantTx<'_>,
        ids: &[ConversationId],
    ) -> QueryResult<HashMap<ConversationId, Self>> {
        let found: Vec<Self> = Self::query()
            .filter(conversations::organization_id.eq(tx.organization()))
            .filter(conversations::id.eq_any(ids))
            .load(tx.conn())
            .await?;
        Ok(found
            .into_iter()
            .map(|conversation| (conversation.id, conversation))
            .collect())
    }

    /// A contact's conversations, latest message first.
    pub async fn of_contact(
        tx: &mut TenantTx<'_>,
        contact: ContactId,
        rows: i64,
    ) -> QueryResult<Vec<Self>> {
        Self::query()
            .filter(conversations::organization_id.eq(tx.organization()))
            .filter(conversations::contact_id.eq(contact))
            .order((
                conversations::last_message_at.desc(),
                conversations::id.desc(),
            ))
            .limit(rows)
            .load(tx.conn())
            .await
    }

    /// Like [`Self::find`], and nobody else changes it until the transaction ends.
    pub async fn lock(tx: &mut TenantTx<'_>, id: ConversationId) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(conversations::organization_id.eq(tx.organization()))
            .filter(conversations::id.eq(id))
            .for_no_key_update()
            .first(tx.conn())
            .await
            .optional()
    }

    /// Whether the AI may answer now: on, or a pause that is over.
    pub fn ai_answers(&self, now: DateTime<Utc>) -> bool {
        match self.ai_state.parse() {
            Ok(AiState::On) => true,
            Ok(AiState::Paused) => self.ai_paused_until.is_some_and(|until| until <= now),
            Ok(AiState::Off) | Err(()) => false,
        }
    }

    /// Whether a person has taken the conversation, so that what the AI still wants to say must not be said (R21).
    pub fn taken_by_human(&self, now: DateTime<Utc>) -> bool {
        let by_human = matches!(
            self.ai_reason.as_deref().map(str::parse),
            Some(Ok(AiReason::HumanEcho
                | AiReason::HumanReply
                | AiReason::TakenOver))
        );
        by_human && !self.ai_answers(now)
    }

    /// Writes a change of who answers; makes every draft void.
    pub async fn set_ai(
        &self,
        tx: &mut TenantTx<'_>,
        change: &AiChange,
        now: DateTime<Utc>,
    ) -> QueryResult<()> {
        tx.conversation_changed(self.id);
        diesel::update(conversations::table.find((tx.organization(), self.id)))
            .filter(conversations::organization_id.eq(tx.organization()))
            .set((
                conversations::ai_state.eq(change.state.as_str()),
                conversations::ai_paused_until.eq(change.paused_until),
                conversations::ai_reason.eq(change.reason.map(AiReason::as_str)),
                conversations::ai_changed_by.eq(change.by),
                conversations::needs_human.eq(change.needs_human),
                conversations::generation.eq(conversations::generation + 1),
                conversations::updated_at.eq(now),
            ))
            .execute(tx.conn())
            .await
            .map(|_| ())
    }

    /// Marks that somebody has to look, whoever answers.
    pub async fn call_human(&self, tx: &mut TenantTx<'_>, now: DateTime<Utc>) -> QueryResult<()> {
        tx.conversation_changed(self.id);
        diesel::update(conversations::table.find((tx.organization(), self.id)))
            .filter(conversations::organization_id.eq(tx.organization()))
            .set((
                conversations::needs_human.eq(true),
                conversations::updated_at.eq(now),
            ))
            .execute(tx.conn())
            .await
            .map(|_| ())
    }

    /// An answer did not go out: the customer waits again, unless another one did.
    pub async fn waits_again(&self, tx: &mut TenantTx<'_>) -> QueryResult<()> {
        let Some(asked) = self.last_customer_message_at else {
            return Ok(());
        };
        tx.conversation_changed(self.id);
        let answered = diesel::dsl::exists(
            messages::table
                .filter(messages::organization_id.eq(tx.organization()))
                .filter(messages::conversation_id.eq(self.id))
                .filter(messages::ordered_at.ge(asked))
                .filter(messages::author.eq_any(["agent", "human"]))
                .filter(messages::handoff.is_null())
                .filter(messages::state.ne_all(["failed", "cancelled"])),
        );
        diesel::update(conversations::table.find((tx.organization(), self.id)))
            .filter(conversations::organization_id.eq(tx.organization()))
            .filter(conversations::waiting_since.is_null())
            .filter(diesel::dsl::not(answered))
            .set(conversations::waiting_since.eq(asked))
            .execute(tx.conn())
            .await
            .map(|_| ())
    }

    /// Notes a message of ours: it moves the conversation up in the list. If it `answers`, nobody waits any more; calling a person
    /// or an automatic greeting is no answer.
    pub async fn spoke(
        &self,
        tx: &mut TenantTx<'_>,
        now: DateTime<Utc>,
        answers: bool,
    ) -> QueryResult<()> {
        tx.conversation_changed(self.id);
        diesel::update(conversations::table.find((tx.organization(), self.id)))
            .filter(conversations::organization_id.eq(tx.organization()))
            .set((
                conversations::last_message_at.eq(now.max(self.last_message_at)),
                conversations::waiting_since.eq(self.waiting_since.filter(|_| !answers)),
                conversations::updated_at.eq(now),
            ))
            .execute(tx.conn())
            .await
            .map(|_| ())
    }

    /// Resolved is not put off any more.
    pub async fn set_status(
        &self,
        tx: &mut TenantTx<'_>,
        status: ConversationStatus,
        now: DateTime<Utc>,
    ) -> QueryResult<()> {
        tx.conversation_changed(self.id);
        diesel::update(conversations::table.find((tx.organization(), self.id)))
            .filter(conversations::organization_id.eq(tx.organization()))
            .set((
                conversations::status.eq(status.as_str()),
                conversations::needs_human
                    .eq(self.needs_human && status == ConversationStatus::Open),
                conversations::snoozed_until.eq(self
                    .snoozed_until
                    .filter(|_| status == ConversationStatus::Open)),
                conversations::waiting_since.eq(self
                    .waiting_since
                    .filter(|_| status == ConversationStatus::Open)),
                conversations::updated_at.eq(now),
            ))
            .execute(tx.conn())
            .await
            .map(|_| ())
    }
}

/// Who answers from now on.
#[derive(Debug, Clone, Copy)]
pub struct AiChange {
    pub state: AiState,
    pub paused_until: Option<DateTime<Utc>>,
    pub reason: Option<AiReason>,
    pub by: Option<UserId>,
    pub needs_human: bool,
}

impl AiChange {
    /// The AI answers again.
    pub fn on(by: Option<UserId>) -> Self {
        Self {
            state: AiState::On,
            paused_until: None,
            reason: None,
            by,
            needs_human: false,
        }
    }

    /// A person answers; the AI is silent for a while.
    pub fn paused(until: DateTime<Utc>, reason: AiReason, by: Option<UserId>) -> Self {
        Self {
            state: AiState::Paused,
            paused_until: Some(until),
            reason: Some(reason),
            by,
            needs_human: false,
        }
    }

    /// A person answers until the conversation is handed back.
    pub fn off(reason: AiReason, by: Option<UserId>, needs_human: bool) -> Self {
        Self {
            state: AiState::Off,
            paused_until: None,
            reason: Some(reason),
            by,
            needs_human,
        }
    }
}
