//! What the API shows of a conversation.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::channels::ChannelKind;
use crate::db::TenantTx;
use crate::error::{ApiError, ApiResult};
use crate::http::person::Person;
use crate::ids::{AccountId, ContactId, ConversationId, UserId};
use crate::models::contact::Contact;
use crate::models::conversation::Conversation;
use crate::models::inbox_row::{self, LastMessage};

/// A conversation of one contact on one social account.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConversationView {
    pub id: ConversationId,
    pub account_id: AccountId,
    pub platform: ChannelKind,
    #[schema(example = "Rahim Store")]
    pub account_name: String,
    pub contact: ContactView,
    /// `open` or `resolved`.
    #[schema(example = "open")]
    pub status: String,
    pub assignee_id: Option<UserId>,
    pub assignee: Option<Person>,
    pub ai: AiView,
    /// Somebody has to look.
    pub needs_human: bool,
    /// Until when it is put aside; in the past it says nothing.
    pub snoozed_until: Option<DateTime<Utc>>,
    /// The customer's messages that nobody has looked at.
    pub unread_count: i32,
    /// Since when the customer waits for an answer; null when nobody waits.
    pub waiting_since: Option<DateTime<Utc>>,
    /// The newest message of the talk, without notes and events.
    pub last_message: Option<LastMessageView>,
    /// Until when the AI may answer by the platform's rules.
    pub window_ends_at: Option<DateTime<Utc>>,
    /// Until when a person may answer.
    pub human_window_ends_at: Option<DateTime<Utc>>,
    pub last_message_at: DateTime<Utc>,
    pub last_customer_message_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    /// When anything of it or its messages last changed.
    pub changed_at: DateTime<Utc>,
}

/// The customer.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContactView {
    pub id: ContactId,
    /// As the platform tells it, or as a member has called them; null until there is one.
    #[schema(example = "Rahim Uddin")]
    pub name: Option<String>,
}

/// Whether the AI answers here.
#[derive(Debug, Serialize, ToSchema)]
pub struct AiView {
    /// `on`, `paused` or `off`.
    #[schema(example = "on")]
    pub state: String,
    pub paused_until: Option<DateTime<Utc>>,
    /// `human_echo`, `human_reply`, `taken_over`, `handoff` or `loop`.
    #[schema(example = "taken_over")]
    pub reason: Option<String>,
}

/// What a list shows of the newest message.
#[derive(Debug, Serialize, ToSchema)]
pub struct LastMessageView {
    /// `customer`, `agent`, `human` or `system`.
    #[schema(example = "customer")]
    pub author: String,
    #[schema(example = "text")]
    pub kind: String,
    /// The first 200 characters.
    #[schema(example = "দাম কত?")]
    pub text: Option<String>,
    #[schema(example = "received")]
    pub state: String,
    pub ordered_at: DateTime<Utc>,
    /// It did not go out, or nobody knows whether it did.
    pub failure: bool,
}

impl From<LastMessage> for LastMessageView {
    fn from(row: LastMessage) -> Self {
        Self {
            failure: matches!(row.state.as_str(), "failed" | "unknown"),
            author: row.author,
            kind: row.kind,
            text: row.text,
            state: row.state,
            ordered_at: row.ordered_at,
        }
    }
}

/// What belongs to the conversations of a page, each from one query.
struct Around {
    contacts: HashMap<ContactId, Option<String>>,
    accounts: HashMap<AccountId, (ChannelKind, String)>,
    members: HashMap<UserId, String>,
    last: HashMap<ConversationId, LastMessage>,
}

impl Around {
    async fn gather(tx: &mut TenantTx<'_>, rows: &[Conversation]) -> ApiResult<Self> {
        let contacts: Vec<_> = rows.iter().map(|row| row.contact_id).collect();
        let accounts: Vec<_> = rows.iter().map(|row| row.account_id).collect();
        let members: Vec<_> = rows.iter().filter_map(|row| row.assignee_id).collect();
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        let contacts = Contact::find_all(tx, &contacts).await?;
        Ok(Self {
            contacts: contacts
                .into_iter()
                .map(|contact| (contact.id, contact.name))
                .collect(),
            accounts: inbox_row::account_labels(tx, &accounts).await?,
            members: inbox_row::member_names(tx, &members).await?,
            last: inbox_row::last_messages(tx, &ids).await?,
        })
    }
}

impl ConversationView {
    /// The views of a list.
    pub async fn all(tx: &mut TenantTx<'_>, rows: Vec<Conversation>) -> ApiResult<Vec<Self>> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let mut around = Around::gather(tx, &rows).await?;
        rows.into_iter()
            .map(|row| Self::new(row, &mut around))
            .collect()
    }

    pub async fn one(tx: &mut TenantTx<'_>, conversation: Conversation) -> ApiResult<Self> {
        let views = Self::all(tx, vec![conversation]).await?;
        views
            .into_iter()
            .next()
            .ok_or(ApiError::NotFound(super::NOUN))
    }

    fn new(row: Conversation, around: &mut Around) -> ApiResult<Self> {
        let (platform, account_name) = around
            .accounts
            .get(&row.account_id)
            .cloned()
            .ok_or_else(|| ApiError::internal("a conversation without its account"))?;
        let assignee = row.assignee_id.and_then(|user_id| {
            let name = around.members.get(&user_id)?.clone();
            Some(Person { user_id, name })
        });
        Ok(Self {
            id: row.id,
            account_id: row.account_id,
            platform,
            account_name,
            contact: ContactView {
                id: row.contact_id,
                name: around.contacts.get(&row.contact_id).cloned().flatten(),
            },
            status: row.status,
            assignee_id: row.assignee_id,
            assignee,
            ai: AiView {
                state: row.ai_state,
                paused_until: row.ai_paused_until,
                reason: row.ai_reason,
            },
            needs_human: row.needs_human,
            snoozed_until: row.snoozed_until,
            unread_count: row.unread_count,
            waiting_since: row.waiting_since,
            last_message: around.last.remove(&row.id).map(LastMessageView::from),
            window_ends_at: row.window_ends_at,
            human_window_ends_at: row.human_window_ends_at,
            last_message_at: row.last_message_at,
            last_customer_message_at: row.last_customer_message_at,
            created_at: row.created_at,
            changed_at: row.changed_at,
        })
    }
}
