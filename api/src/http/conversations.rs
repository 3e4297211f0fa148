//! Conversations: the inbox's lists and one to look at; what people do with them is in `actions`, their messages and notes below.

mod actions;
mod conversation_view;
mod list;
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

pub use conversation_view::{AiView, ContactView, ConversationView, LastMessageView};
pub use list::{
    __path_count_conversations, __path_list_conversations, ConversationCounts, count_conversations,
    list_conversations,
};
pub use messages::{
    __path_list_messages, __path_send_message, SendMessage, list_messages, send_message,
};
pub use notes::{__path_write_note, WriteNote, write_note};
pub use presence::{__path_tell_presence, TellPresence, tell_presence};
pub use views::{FailureView, MessageView, PartView};

use actix_web::{get, web};

use super::extract::OrganizationPath;
use crate::auth::access::{Access, Viewer};
use crate::db::TenantTx;
use crate::error::{ApiError, ApiResult, Problems};
use crate::ids::{ConversationId, OrganizationId};
use crate::models::conversation::Conversation;
use crate::state::AppState;

pub(super) const NOUN: &str = "conversation";

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
