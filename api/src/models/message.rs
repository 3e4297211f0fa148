//! Messages of a conversation, in and out. What is sent goes in [parts](crate::models::message_part), one platform call each.

mod answers;
mod insert_all;

pub use answers::{AgentAnswers, Settled};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::conversation_word;
use crate::db::TenantTx;
use crate::ids::{AccountId, AgentId, ConversationId, MessageId, UserId};
use crate::schema::messages;

#[derive(Debug, Clone, HasQuery, QueryableByName)]
#[diesel(table_name = messages)]
pub struct Message {
    pub id: MessageId,
    pub conversation_id: ConversationId,
    pub account_id: AccountId,
    pub author: String,
    pub author_user_id: Option<UserId>,
    pub kind: String,
    pub text: Option<String>,
    pub payload: Option<String>,
    pub attachments: serde_json::Value,
    pub reply_to_external_id: Option<String>,
    pub context: Option<serde_json::Value>,
    pub comment_id: Option<String>,
    pub external_id: Option<String>,
    pub client_id: Option<String>,
    pub platform_time: Option<DateTime<Utc>>,
    pub ordered_at: DateTime<Utc>,
    pub agent_id: Option<AgentId>,
    pub agent_version: Option<i32>,
    pub state: String,
    pub answer_state: Option<String>,
    pub answered_by: Option<MessageId>,
    pub failure_code: Option<String>,
    pub failure_advice: Option<String>,
    pub created_at: DateTime<Utc>,
}

/// The kind of a system message that tells what happened to the conversation.
pub const EVENT_KIND: &str = "event";

/// Who wrote a message.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    Customer,
    /// An AI agent.
    Agent,
    /// A person of the organization, here or on the platform.
    Human,
    /// A private note; never sent.
    Note,
    /// The platform's automatic messages, and what happened to the conversation (kind `event`).
    System,
}

impl Author {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Agent => "agent",
            Self::Human => "human",
            Self::Note => "note",
            Self::System => "system",
        }
    }
}

/// A message on its way into the table.
#[derive(Debug, Insertable)]
#[diesel(table_name = messages)]
pub struct NewMessage {
    pub id: MessageId,
    pub conversation_id: ConversationId,
    pub account_id: AccountId,
    pub author: &'static str,
    pub author_user_id: Option<UserId>,
    pub kind: &'static str,
    pub text: Option<String>,
    pub nul_removed: bool,
    pub normalized_text: Option<String>,
    pub payload: Option<String>,
    pub attachments: serde_json::Value,
    pub reply_to_external_id: Option<String>,
    pub context: Option<serde_json::Value>,
    pub comment_id: Option<String>,
    pub external_id: Option<String>,
    pub client_id: Option<String>,
    pub platform_time: Option<DateTime<Utc>>,
    pub ordered_at: DateTime<Utc>,
    pub agent_id: Option<AgentId>,
    pub agent_version: Option<i32>,
    pub state: &'static str,
    pub answer_state: Option<&'static str>,
    /// Of an answer: since when the customer waited for it.
    pub waited_since: Option<DateTime<Utc>>,
    /// Of an agent's answer that calls a person: why.
    pub handoff: Option<&'static str>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl NewMessage {
    /// An empty message of `author`; the caller fills in what there is.
    pub fn new(
        conversation: ConversationId,
        account: AccountId,
        author: Author,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            id: MessageId::new(),
            conversation_id: conversation,
            account_id: account,
            author: author.as_str(),
            author_user_id: None,
            kind: "text",
            text: None,
            nul_removed: false,
            normalized_text: None,
            payload: None,
            attachments: serde_json::Value::Array(Vec::new()),
            reply_to_external_id: None,
            context: None,
            comment_id: None,
            external_id: None,
            client_id: None,
            platform_time: None,
            ordered_at: now,
            agent_id: None,
            agent_version: None,
            state: "received",
            answer_state: None,
            waited_since: None,
            handoff: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// Sets the text as decoded, but for NUL, which is removed and noted (R75); and the form that search and matching use.
    pub fn with_text(mut self, text: Option<String>) -> Self {
        self.nul_removed = text.as_ref().is_some_and(|text| text.contains('\0'));
        self.text = text.map(|text| {
            if self.nul_removed {
                text.replace('\0', "")
            } else {
                text
            }
        });
        self.normalized_text = self.text.as_deref().map(crate::text::normalize);
        self
    }

    /// Stores it with its words, unless its external id or client id is known already (R4). Tells whether it is new.
    pub async fn insert(&self, tx: &mut TenantTx<'_>) -> QueryResult<bool> {
        let stored = diesel::insert_into(messages::table)
            .values((messages::organization_id.eq(tx.organization()), self))
            .on_conflict_do_nothing()
            .execute(tx.conn())
            .await?;
        if stored == 1 {
            tx.conversation_changed(self.conversation_id);
            if let Some(text) = &self.text {
                conversation_word::add_text(tx, self.conversation_id, text).await?;
            }
        }
        Ok(stored == 1)
    }
}

impl Message {
    pub async fn find(tx: &mut TenantTx<'_>, id: MessageId) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(messages::organization_id.eq(tx.organization()))
            .filter(messages::id.eq(id))
            .first(tx.conn())
            .await
            .optional()
    }

    pub async fn find_by_client_id(
        tx: &mut TenantTx<'_>,
        conversation: ConversationId,
        client_id: &str,
    ) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(messages::organization_id.eq(tx.organization()))
            .filter(messages::conversation_id.eq(conversation))
            .filter(messages::client_id.eq(client_id))
            .first(tx.conn())
            .await
            .optional()
    }

    /// Whether it is what a client sends again under its client id.
    pub fn is_same(&self, author: Author, text: &str) -> bool {
        self.author == author.as_str() && self.text.as_deref() == Some(text)
    }

    /// Those of the platform ids under which the accounts have whole messages; parts of ours are none.
    pub async fn known_external_ids(
        tx: &mut TenantTx<'_>,
        ids: &[(AccountId, &str)],
    ) -> QueryResult<std::collections::HashSet<(AccountId, String)>> {
        if ids.is_empty() {
            return Ok(std::collections::HashSet::new());
        }
        let accounts = ids.iter().map(|(account, _)| *account);
        let external_ids = ids.iter().map(|(_, external_id)| *external_id);
        let found: Vec<(AccountId, Option<String>)> = messages::table
            .filter(messages::organization_id.eq(tx.organization()))
            .filter(messages::account_id.eq_any(accounts))
            .filter(messages::external_id.eq_any(external_ids))
            .select((messages::account_id, messages::external_id))
            .load(tx.conn())
            .await?;
        Ok(found
            .into_iter()
            .filter_map(|(account, external_id)| Some((account, external_id?)))
            .collect())
    }

    /// A conversation's messages, newest first; `after` is a page's (ordered_at, id).
    pub async fn list(
        tx: &mut TenantTx<'_>,
        conversation: ConversationId,
        after: Option<(DateTime<Utc>, uuid::Uuid)>,
        rows: i64,
    ) -> QueryResult<Vec<Self>> {
        let mut query = Self::query()
            .filter(messages::organization_id.eq(tx.organization()))
            .filter(messages::conversation_id.eq(conversation))
            .order((messages::ordered_at.desc(), messages::id.desc()))
            .limit(rows)
            .into_boxed();
        if let Some((at, id)) = after {
            let id = MessageId(id);
            query = query.filter(
                messages::ordered_at
                    .lt(at)
                    .or(messages::ordered_at.eq(at).and(messages::id.lt(id))),
            );
        }
        query.load(tx.conn()).await
    }

    /// Messages that failed or whose outcome is not known, over all conversations, newest first (R19).
    pub async fn list_in_trouble(
        tx: &mut TenantTx<'_>,
        after: Option<(DateTime<Utc>, uuid::Uuid)>,
        rows: i64,
    ) -> QueryResult<Vec<Self>> {
        let mut query = Self::query()
            .filter(messages::organization_id.eq(tx.organization()))
            .filter(messages::state.eq_any(["failed", "unknown"]))
            .order((messages::created_at.desc(), messages::id.desc()))
            .limit(rows)
            .into_boxed();
        if let Some((at, id)) = after {
            let id = MessageId(id);
            query = query.filter(
                messages::created_at
                    .lt(at)
                    .or(messages::created_at.eq(at).and(messages::id.lt(id))),
            );
        }
        query.load(tx.conn()).await
    }

    /// Hands over every waiting message of a conversation: a person answers.
    pub async fn hand_over_due(
        tx: &mut TenantTx<'_>,
        conversation: ConversationId,
        now: DateTime<Utc>,
    ) -> QueryResult<()> {
        tx.conversation_changed(conversation);
        diesel::update(messages::table)
            .filter(messages::organization_id.eq(tx.organization()))
            .filter(messages::conversation_id.eq(conversation))
            .filter(answers::is_due())
            .set((
                messages::answer_state.eq(AnswerState::HandedOver.as_str()),
                messages::updated_at.eq(now),
            ))
            .execute(tx.conn())
            .await
            .map(|_| ())
    }

    /// Writes what a failed attempt makes of its message; one that a person gave up while the attempt ran stays so.
    pub async fn attempt_failed(
        tx: &mut TenantTx<'_>,
        id: MessageId,
        state: &str,
        failure: Option<(&str, &str)>,
        now: DateTime<Utc>,
    ) -> QueryResult<()> {
        tx.message_changed(id);
        diesel::update(messages::table.find((tx.organization(), id)))
            .filter(messages::organization_id.eq(tx.organization()))
            .filter(messages::state.ne("cancelled"))
            .set((
                messages::state.eq(state),
                messages::failure_code.eq(failure.map(|(code, _)| code)),
                messages::failure_advice.eq(failure.map(|(_, advice)| advice)),
                messages::updated_at.eq(now),
            ))
            .execute(tx.conn())
            .await
            .map(|_| ())
    }

    /// Writes how far an outbound message got; a failure with its reason.
    pub async fn set_state(
        tx: &mut TenantTx<'_>,
        id: MessageId,
        state: &str,
        failure: Option<(&str, &str)>,
        now: DateTime<Utc>,
    ) -> QueryResult<()> {
        tx.message_changed(id);
        diesel::update(messages::table.find((tx.organization(), id)))
            .filter(messages::organization_id.eq(tx.organization()))
            .set((
                messages::state.eq(state),
                messages::failure_code.eq(failure.map(|(code, _)| code)),
                messages::failure_advice.eq(failure.map(|(_, advice)| advice)),
                messages::updated_at.eq(now),
            ))
            .execute(tx.conn())
            .await
            .map(|_| ())
    }
}

/// How a customer's message ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerState {
    Answered,
    HandedOver,
}

impl AnswerState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::HandedOver => "handed_over",
        }
    }
}
