//! What the API shows of messages. No type here is a row.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::TenantTx;
use crate::error::{ApiError, ApiResult};
use crate::ids::{AgentId, ConversationId, MessageId, UserId};
use crate::models::agent::Agent;
use crate::models::member::Member;
use crate::models::message::Message;
use crate::models::message_part::MessagePart;

/// A message. Texts and names are plain text, whatever they look like.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageView {
    pub id: MessageId,
    pub conversation_id: ConversationId,
    /// `customer`, `agent`, `human`, `note` or `system`.
    #[schema(example = "customer")]
    pub author: String,
    pub author_user_id: Option<UserId>,
    /// The member's or the agent's name.
    #[schema(example = "Rahim Uddin")]
    pub author_name: Option<String>,
    pub agent_id: Option<AgentId>,
    pub agent_version: Option<i32>,
    /// `text`, `image`, `audio`, `video`, `file`, `sticker`, `location`, `contacts`, `choice`, `form`, `order`, `share`,
    /// `story_mention`, `comment` or `unsupported`. `event` of `system` is what happened to the conversation: `payload` is `taken_over`,
    /// `handed_back`, `resolved`, `reopened`, `snoozed`, `unsnoozed`, `assigned`, `unassigned`, `ai_handoff` or `ai_paused_human`.
    #[schema(example = "text")]
    pub kind: String,
    /// Exactly as the customer wrote it.
    #[schema(example = "দাম কত?")]
    pub text: Option<String>,
    /// What a button, quick reply or form carries; the word of an event.
    pub payload: Option<String>,
    pub attachments: serde_json::Value,
    pub reply_to_external_id: Option<String>,
    /// Where the customer came from: an advertisement, a story, a product. Of an event: `user_id` and `name` of the assignee, `until` of a
    /// snooze, `reason` of a handoff.
    pub context: Option<serde_json::Value>,
    pub external_id: Option<String>,
    pub client_id: Option<String>,
    pub platform_time: Option<DateTime<Utc>>,
    /// Its place in the conversation.
    pub ordered_at: DateTime<Utc>,
    /// `received`, `queued`, `sending`, `sent`, `failed`, `unknown` (not confirmed) or `cancelled`.
    #[schema(example = "received")]
    pub state: String,
    /// For a customer's message: `due`, `answered`, `handed_over` or `not_due`.
    pub answer_state: Option<String>,
    pub answered_by: Option<MessageId>,
    pub failure: Option<FailureView>,
    /// What is sent goes in parts, one platform call each.
    pub parts: Vec<PartView>,
    pub created_at: DateTime<Utc>,
}

/// Why something was not sent, and what to do.
#[derive(Debug, Serialize, ToSchema)]
pub struct FailureView {
    #[schema(example = "131047")]
    pub code: String,
    pub advice: String,
}

/// One platform call's worth of a message.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartView {
    pub text: String,
    #[schema(example = "sent")]
    pub state: String,
    pub attempts: i32,
    pub external_id: Option<String>,
    /// It was sent again without knowing what became of the first time.
    pub possible_duplicate: bool,
    pub failure: Option<FailureView>,
}

impl MessageView {
    /// The views of a list, with their parts from one query.
    pub async fn all(tx: &mut TenantTx<'_>, messages: Vec<Message>) -> ApiResult<Vec<Self>> {
        let ids: Vec<MessageId> = messages
            .iter()
            .filter(|message| message.state != "received")
            .map(|message| message.id)
            .collect();
        let mut parts: HashMap<MessageId, Vec<PartView>> = HashMap::new();
        for part in MessagePart::of_messages(tx, &ids).await? {
            parts.entry(part.message_id).or_default().push(part.into());
        }
        let names = AuthorNames::load(tx, &messages).await?;
        Ok(messages
            .into_iter()
            .map(|message| {
                let parts = parts.remove(&message.id).unwrap_or_default();
                let name = names.of(&message);
                Self::new(message, parts, name)
            })
            .collect())
    }

    pub async fn one(tx: &mut TenantTx<'_>, message: Message) -> ApiResult<Self> {
        let views = Self::all(tx, vec![message]).await?;
        views
            .into_iter()
            .next()
            .ok_or(ApiError::NotFound("message"))
    }

    fn new(row: Message, parts: Vec<PartView>, author_name: Option<String>) -> Self {
        Self {
            id: row.id,
            conversation_id: row.conversation_id,
            author: row.author,
            author_user_id: row.author_user_id,
            author_name,
            agent_id: row.agent_id,
            agent_version: row.agent_version,
            kind: row.kind,
            text: row.text,
            payload: row.payload,
            attachments: row.attachments,
            reply_to_external_id: row.reply_to_external_id,
            context: row.context,
            external_id: row.external_id,
            client_id: row.client_id,
            platform_time: row.platform_time,
            ordered_at: row.ordered_at,
            state: row.state,
            answer_state: row.answer_state,
            answered_by: row.answered_by,
            failure: failure(row.failure_code, row.failure_advice),
            parts,
            created_at: row.created_at,
        }
    }
}

/// The names behind a list of messages.
struct AuthorNames {
    members: HashMap<UserId, String>,
    agents: HashMap<AgentId, String>,
}

impl AuthorNames {
    async fn load(tx: &mut TenantTx<'_>, messages: &[Message]) -> ApiResult<Self> {
        let members: Vec<UserId> = messages
            .iter()
            .filter_map(|one| one.author_user_id)
            .collect();
        let agents: Vec<AgentId> = messages.iter().filter_map(|one| one.agent_id).collect();
        Ok(Self {
            members: Member::names(tx, &members).await?,
            agents: Agent::names(tx, &agents).await?,
        })
    }

    fn of(&self, message: &Message) -> Option<String> {
        let member = message.author_user_id.and_then(|id| self.members.get(&id));
        let agent = || message.agent_id.and_then(|id| self.agents.get(&id));
        member.or_else(agent).cloned()
    }
}

impl From<MessagePart> for PartView {
    fn from(part: MessagePart) -> Self {
        Self {
            text: part.text,
            state: part.state,
            attempts: part.attempts,
            external_id: part.external_id,
            possible_duplicate: part.possible_duplicate,
            failure: failure(part.failure_code, part.failure_advice),
        }
    }
}

fn failure(code: Option<String>, advice: Option<String>) -> Option<FailureView> {
    Some(FailureView {
        code: code?,
        advice: advice.unwrap_or_default(),
    })
}
