//! Conversations: list and look; what people do with them is in `actions`, their messages and notes below.

mod actions;
mod messages;
mod notes;
mod presence;
mod views;

pub use actions::{
    __path_assign_conversation, __path_hand_back_conversation, __path_read_conversation,
    __path_reopen_conversation, __path_resolve_conversation, __path_snooze_conversation,
    __path_take_over_conversation, __path_unsnooze_conversation, AssignConversation,
    ReadConversation, SnoozeConversation, assign_conversation, hand_back_conversation,
    read_conversation, reopen_conversation, resolve_conversation, snooze_conversation,
    take_over_conversation, unsnooze_conversation,
};

pub use messages::{
    __path_list_messages, __path_send_message, SendMessage, list_messages, send_message,
};
pub use notes::{__path_write_note, WriteNote, write_note};
pub use presence::{__path_tell_presence, TellPresence, tell_presence};
pub use views::{AiView, ContactView, ConversationView, FailureView, MessageView, PartView};

use actix_web::{get, web};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;

use super::extract::{OrganizationPath, ValidQuery};
use super::page::{Page, PageRequest};
use crate::auth::access::{Access, Viewer};
use crate::db::TenantTx;
use crate::error::{ApiError, ApiResult, Problems};
use crate::ids::{AccountId, ConversationId, OrganizationId};
use crate::models::conversation::{AiState, Conversation, ConversationFilter, ConversationStatus};
use crate::state::AppState;

pub(super) const NOUN: &str = "conversation";

/// What the list shows.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ConversationQuery {
    /// Only of this social account.
    #[param(value_type = Option<uuid::Uuid>)]
    account_id: Option<AccountId>,
    #[param(inline)]
    status: Option<ConversationStatus>,
    #[param(inline)]
    ai_state: Option<AiState>,
    /// Only those that wait for a person, or only those that do not.
    needs_human: Option<bool>,
    /// Rows per page; 50 if not given.
    #[validate(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100, example = 50)]
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    #[param(pattern = "^[0-9a-f]{48}$")]
    cursor: Option<String>,
}

/// List conversations
///
/// The one with the latest message first.
#[utoipa::path(tag = "conversations", params(OrganizationPath, ConversationQuery),
    responses((status = 200, body = Page<ConversationView>), Problems))]
#[get("/api/v1/organizations/{organization_id}/conversations")]
pub async fn list_conversations(
    access: Access<Viewer>,
    query: ValidQuery<ConversationQuery>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<Page<ConversationView>>> {
    let page = PageRequest::new(query.limit, query.cursor.as_deref())?;
    let filter = ConversationFilter {
        account: query.account_id,
        status: query.status,
        ai_state: query.ai_state,
        needs_human: query.needs_human,
    };
    let found = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            let rows = Conversation::list(tx, filter, page.after, page.rows()).await?;
            let page = page.page(rows, |row| (row.last_message_at, row.id.0), |row| row);
            let items = ConversationView::all(tx, page.items).await?;
            Ok::<_, ApiError>(Page {
                items,
                next_cursor: page.next_cursor,
            })
        })
        .await?;
    Ok(web::Json(found))
}

/// Get a conversation
#[utoipa::path(tag = "conversations", params(OrganizationPath, ("conversation_id" = uuid::Uuid, Path)),
    responses((status = 200, body = ConversationView), Problems))]
#[get("/api/v1/organizations/{organization_id}/conversations/{conversation_id}")]
pub async fn get_conversation(
    access: Access<Viewer>,
    path: web::Path<(OrganizationId, ConversationId)>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<ConversationView>> {
    let view = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            let conversation = Conversation::find(tx, path.1)
                .await?
                .ok_or(ApiError::NotFound(NOUN))?;
            ConversationView::one(tx, conversation).await
        })
        .await?;
    Ok(web::Json(view))
}
