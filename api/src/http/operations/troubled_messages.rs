//! Messages that failed, or whose arrival nobody confirmed (R15).

use std::time::Duration;

use actix_web::{get, post, web};
use chrono::{DateTime, Utc};

use crate::auth::access::{Access, Operator, Viewer};
use crate::db::TenantTx;
use crate::error::{ApiError, ApiResult, Problems};
use crate::http::conversations::MessageView;
use crate::http::extract::{OrganizationPath, PageParams, ValidQuery};
use crate::http::page::Page;
use crate::ids::{MessageId, OrganizationId};
use crate::models::audit;
use crate::models::conversation::Conversation;
use crate::models::job::{self, Work};
use crate::models::message::Message;
use crate::models::message_part::MessagePart;
use crate::state::AppState;

/// List messages in trouble
///
/// Those that failed, with the reason and the fix, and those that are not confirmed; over all conversations, newest first.
#[utoipa::path(tag = "operations", params(OrganizationPath, PageParams),
    responses((status = 200, body = Page<MessageView>), Problems))]
#[get("/api/v1/organizations/{organization_id}/troubled_messages")]
pub async fn list_troubled_messages(
    access: Access<Viewer>,
    query: ValidQuery<PageParams>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<Page<MessageView>>> {
    let page = query.page()?;
    let found = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            let rows = Message::list_in_trouble(tx, page.after, page.rows()).await?;
            let page = page.page(rows, |row| (row.created_at, row.id.0), |row| row);
            let items = MessageView::all(tx, page.items).await?;
            Ok::<_, ApiError>(Page {
                items,
                next_cursor: page.next_cursor,
            })
        })
        .await?;
    Ok(web::Json(found))
}

/// Send a failed or unconfirmed message again
///
/// Parts that arrived are not sent again. Parts that are not confirmed are marked `possible_duplicate`.
#[utoipa::path(tag = "operations", params(OrganizationPath, ("message_id" = uuid::Uuid, Path)),
    responses((status = 200, body = MessageView), Problems))]
#[post("/api/v1/organizations/{organization_id}/messages/{message_id}/resend")]
pub async fn resend_message(
    access: Access<Operator>,
    path: web::Path<(OrganizationId, MessageId)>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<MessageView>> {
    settle(&state, &access, path.1, Decision::Resend).await
}

/// Give a failed or unconfirmed message up
#[utoipa::path(tag = "operations", params(OrganizationPath, ("message_id" = uuid::Uuid, Path)),
    responses((status = 200, body = MessageView), Problems))]
#[post("/api/v1/organizations/{organization_id}/messages/{message_id}/dismiss")]
pub async fn dismiss_message(
    access: Access<Operator>,
    path: web::Path<(OrganizationId, MessageId)>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<MessageView>> {
    settle(&state, &access, path.1, Decision::Dismiss).await
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Decision {
    Resend,
    Dismiss,
}

async fn settle(
    state: &AppState,
    access: &Access<Operator>,
    id: MessageId,
    decision: Decision,
) -> ApiResult<web::Json<MessageView>> {
    let now = state.clock.now();
    let view = state
        .db
        .tenant(access, async |tx: &mut TenantTx<'_>| {
            let message = lock_troubled(tx, id).await?;
            let action = if decision == Decision::Resend {
                reopen(tx, &message, now).await?;
                "message.resent"
            } else {
                let parts = MessagePart::of_message(tx, id).await?;
                MessagePart::give_up(tx, &parts, now).await?;
                Message::set_state(tx, id, "cancelled", None, now).await?;
                "message.dismissed"
            };
            audit::record(
                tx,
                Some(access.user()),
                action,
                "message",
                id,
                serde_json::json!({}),
                now,
            )
            .await?;
            let message = Message::find(tx, id)
                .await?
                .ok_or(ApiError::NotFound("message"))?;
            MessageView::one(tx, message).await
        })
        .await?;
    Ok(web::Json(view))
}

/// The message, with its conversation locked, if it is in trouble still.
async fn lock_troubled(tx: &mut TenantTx<'_>, id: MessageId) -> ApiResult<Message> {
    let found = Message::find(tx, id)
        .await?
        .ok_or(ApiError::NotFound("message"))?;
    Conversation::lock(tx, found.conversation_id).await?;
    // Again, now that nobody else can settle it.
    let message = Message::find(tx, id)
        .await?
        .ok_or(ApiError::NotFound("message"))?;
    if matches!(message.state.as_str(), "failed" | "unknown") {
        return Ok(message);
    }
    Err(ApiError::conflict(
        "not_in_trouble",
        "The message is not failed or unconfirmed (any more); there is nothing to decide.",
    ))
}

async fn reopen(tx: &mut TenantTx<'_>, message: &Message, now: DateTime<Utc>) -> ApiResult<()> {
    for part in MessagePart::of_message(tx, message.id).await? {
        if part.state != "sent" {
            // Also one whose call still runs, beside a part that failed: nobody knows yet.
            let may_have_arrived = matches!(part.state.as_str(), "unknown" | "sending");
            part.requeue(tx, may_have_arrived, now).await?;
        }
    }
    Message::set_state(tx, message.id, "queued", None, now).await?;
    job::enqueue(
        tx,
        message.conversation_id,
        &Work::Deliver {
            message_id: message.id,
        },
        Duration::ZERO,
    )
    .await?;
    Ok(())
}
