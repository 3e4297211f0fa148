//! Conversations: list, look, take over, hand back, resolve; and their messages.

mod messages;
mod views;

pub use messages::{
    __path_list_messages, __path_send_message, SendMessage, list_messages, send_message,
};
pub use views::{AiView, ContactView, ConversationView, FailureView, MessageView, PartView};

use actix_web::{get, post, web};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;

use super::extract::{OrganizationPath, ValidQuery};
use super::page::{Page, PageRequest};
use crate::auth::access::{Access, Operator, Viewer};
use crate::db::TenantTx;
use crate::error::{ApiError, ApiResult, Problems};
use crate::ids::{AccountId, ConversationId, OrganizationId};
use crate::models::audit;
use crate::models::conversation::{
    AiChange, AiReason, AiState, Conversation, ConversationFilter, ConversationStatus,
};
use crate::models::message::Message;
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

/// Take a conversation over
///
/// The AI is silent here until the conversation is handed back; what it was about to say is not said.
#[utoipa::path(tag = "conversations", params(OrganizationPath, ("conversation_id" = uuid::Uuid, Path)),
    responses((status = 200, body = ConversationView), Problems))]
#[post("/api/v1/organizations/{organization_id}/conversations/{conversation_id}/take_over")]
pub async fn take_over_conversation(
    access: Access<Operator>,
    path: web::Path<(OrganizationId, ConversationId)>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<ConversationView>> {
    let change = AiChange::off(AiReason::TakenOver, Some(access.user()), false);
    change_ai(&state, &access, path.1, "conversation.taken_over", change).await
}

/// Hand a conversation back to the AI
#[utoipa::path(tag = "conversations", params(OrganizationPath, ("conversation_id" = uuid::Uuid, Path)),
    responses((status = 200, body = ConversationView), Problems))]
#[post("/api/v1/organizations/{organization_id}/conversations/{conversation_id}/hand_back")]
pub async fn hand_back_conversation(
    access: Access<Operator>,
    path: web::Path<(OrganizationId, ConversationId)>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<ConversationView>> {
    let change = AiChange::on(Some(access.user()));
    change_ai(&state, &access, path.1, "conversation.handed_back", change).await
}

async fn change_ai(
    state: &AppState,
    access: &Access<Operator>,
    id: ConversationId,
    action: &'static str,
    change: AiChange,
) -> ApiResult<web::Json<ConversationView>> {
    let now = state.clock.now();
    let view = state
        .db
        .tenant(access, async |tx: &mut TenantTx<'_>| {
            let conversation = Conversation::lock(tx, id)
                .await?
                .ok_or(ApiError::NotFound(NOUN))?;
            conversation.set_ai(tx, &change, now).await?;
            if change.state != AiState::On {
                Message::hand_over_due(tx, id, now).await?;
            }
            audit::record(
                tx,
                Some(access.user()),
                action,
                "conversation",
                id,
                serde_json::json!({}),
                now,
            )
            .await?;
            let conversation = Conversation::find(tx, id)
                .await?
                .ok_or(ApiError::NotFound(NOUN))?;
            ConversationView::one(tx, conversation).await
        })
        .await?;
    Ok(web::Json(view))
}

/// Mark a conversation as resolved
///
/// The customer's next message opens it again.
#[utoipa::path(tag = "conversations", params(OrganizationPath, ("conversation_id" = uuid::Uuid, Path)),
    responses((status = 200, body = ConversationView), Problems))]
#[post("/api/v1/organizations/{organization_id}/conversations/{conversation_id}/resolve")]
pub async fn resolve_conversation(
    access: Access<Operator>,
    path: web::Path<(OrganizationId, ConversationId)>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<ConversationView>> {
    change_status(&state, &access, path.1, ConversationStatus::Resolved).await
}

/// Open a resolved conversation again
#[utoipa::path(tag = "conversations", params(OrganizationPath, ("conversation_id" = uuid::Uuid, Path)),
    responses((status = 200, body = ConversationView), Problems))]
#[post("/api/v1/organizations/{organization_id}/conversations/{conversation_id}/reopen")]
pub async fn reopen_conversation(
    access: Access<Operator>,
    path: web::Path<(OrganizationId, ConversationId)>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<ConversationView>> {
    change_status(&state, &access, path.1, ConversationStatus::Open).await
}

async fn change_status(
    state: &AppState,
    access: &Access<Operator>,
    id: ConversationId,
    status: ConversationStatus,
) -> ApiResult<web::Json<ConversationView>> {
    let now = state.clock.now();
    let view = state
        .db
        .tenant(access, async |tx: &mut TenantTx<'_>| {
            let conversation = Conversation::lock(tx, id)
                .await?
                .ok_or(ApiError::NotFound(NOUN))?;
            conversation.set_status(tx, status, now).await?;
            let conversation = Conversation::find(tx, id)
                .await?
                .ok_or(ApiError::NotFound(NOUN))?;
            ConversationView::one(tx, conversation).await
        })
        .await?;
    Ok(web::Json(view))
}
