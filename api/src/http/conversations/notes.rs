//! Private notes between a conversation's messages.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, post, web};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::NOUN;
use super::messages::reused_client_id;
use super::views::MessageView;
use crate::auth::access::{Access, Operator};
use crate::db::TenantTx;
use crate::error::{ApiError, ApiResult, Problems};
use crate::http::extract::{OrganizationPath, ValidJson};
use crate::ids::{ConversationId, OrganizationId};
use crate::models::conversation::Conversation;
use crate::models::message::{Author, Message, NewMessage};
use crate::state::AppState;

/// A note for the colleagues.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WriteNote {
    #[validate(length(min = 1, max = 10_000))]
    #[schema(
        min_length = 1,
        max_length = 10_000,
        example = "পুরোনো কাস্টমার, ১০% ছাড় দিন।"
    )]
    text: String,
    /// Chosen by you, unique in the conversation: the same one again is the same note.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "0193a1c2-note-3")]
    client_id: String,
}

/// Write a private note
///
/// Only members see it. It is never sent and the AI never reads it; nor does it keep the AI from answering.
#[utoipa::path(tag = "conversations", params(OrganizationPath, ("conversation_id" = uuid::Uuid, Path)), request_body = WriteNote,
    responses((status = 201, body = MessageView), Problems))]
#[post("/api/v1/organizations/{organization_id}/conversations/{conversation_id}/notes")]
pub async fn write_note(
    access: Access<Operator>,
    path: web::Path<(OrganizationId, ConversationId)>,
    body: ValidJson<WriteNote>,
    state: web::Data<AppState>,
) -> ApiResult<HttpResponse> {
    if body.text.trim().is_empty() {
        return Err(ApiError::field("text", "blank", "must not be empty"));
    }
    let now = state.clock.now();
    let view = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            // Locked before looking, so that a retry waits for the first try's commit.
            let conversation = Conversation::lock(tx, path.1)
                .await?
                .ok_or(ApiError::NotFound(NOUN))?;
            let known = Message::find_by_client_id(tx, conversation.id, &body.client_id).await?;
            if let Some(known) = known {
                return match known.is_same(Author::Note, &body.text) {
                    true => MessageView::one(tx, known).await,
                    false => Err(reused_client_id()),
                };
            }
            let account = conversation.account_id;
            let note = NewMessage {
                author_user_id: Some(access.user()),
                client_id: Some(body.client_id.clone()),
                ordered_at: now.max(conversation.last_message_at),
                ..NewMessage::new(conversation.id, account, Author::Note, now)
            }
            .with_text(Some(body.text.clone()));
            note.insert(tx).await?;
            let note = Message::find(tx, note.id)
                .await?
                .ok_or(ApiError::NotFound("message"))?;
            MessageView::one(tx, note).await
        })
        .await?;
    Ok(HttpResponse::build(StatusCode::CREATED).json(view))
}
