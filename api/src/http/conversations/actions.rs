//! What people do with a conversation: who answers, whether it is done, whose it is, when it comes back, what was read.

use actix_web::{post, web};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use validator::Validate;

use super::{ConversationView, NOUN};
use crate::auth::access::{Access, AtLeast, Operator, Role, Viewer};
use crate::db::TenantTx;
use crate::error::{ApiError, ApiResult, Problems};
use crate::http::extract::{OrganizationPath, ValidJson};
use crate::ids::{ConversationId, MessageId, OrganizationId, UserId};
use crate::models::audit;
use crate::models::conversation::{AiChange, AiReason, AiState, Conversation, ConversationStatus};
use crate::models::member::Member;
use crate::models::message::Message;
use crate::models::system_event::SystemEvent;
use crate::state::AppState;

const LONGEST_SNOOZE: TimeDelta = TimeDelta::days(90);

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
    act(&state, &access, path.1, async |act: &mut Act<'_, '_>| {
        take_over(act.tx, &act.conversation, access.user(), act.now).await
    })
    .await
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
    let user = access.user();
    act(&state, &access, path.1, async |act: &mut Act<'_, '_>| {
        if act.conversation.ai_state != AiState::On.as_str() {
            act.record(SystemEvent::HandedBack, user, None).await?;
        }
        let change = AiChange::on(Some(user));
        act.conversation.set_ai(act.tx, &change, act.now).await?;
        audit_ai(
            act.tx,
            "conversation.handed_back",
            user,
            act.conversation.id,
            act.now,
        )
        .await
    })
    .await
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

/// Whose conversation it is to be.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignConversation {
    /// A member who may answer; null for nobody.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required = true, value_type = Option<uuid::Uuid>, example = "0193a1c2-7f3e-7c41-9a01-5b8f2d6e4c10")]
    user_id: Option<UserId>,
}

/// Assign a conversation
#[utoipa::path(tag = "conversations", params(OrganizationPath, ("conversation_id" = uuid::Uuid, Path)), request_body = AssignConversation,
    responses((status = 200, body = ConversationView), Problems))]
#[post("/api/v1/organizations/{organization_id}/conversations/{conversation_id}/assign")]
pub async fn assign_conversation(
    access: Access<Operator>,
    path: web::Path<(OrganizationId, ConversationId)>,
    body: ValidJson<AssignConversation>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<ConversationView>> {
    act(&state, &access, path.1, async |act: &mut Act<'_, '_>| {
        let before = act.conversation.assignee_id;
        let name = match body.user_id {
            Some(user) => Some(assignable(act.tx, user).await?.name),
            None => None,
        };
        if body.user_id == before {
            return Ok(());
        }
        let (event, whose) = match body.user_id {
            Some(user) => (
                SystemEvent::Assigned,
                json!({ "user_id": user, "name": name }),
            ),
            None => (SystemEvent::Unassigned, named(act.tx, before).await?),
        };
        act.record(event, access.user(), Some(whose)).await?;
        let (conversation, now) = (&act.conversation, act.now);
        Ok(conversation.set_assignee(act.tx, body.user_id, now).await?)
    })
    .await
}

async fn assignable(tx: &mut TenantTx<'_>, user: UserId) -> ApiResult<Member> {
    let member = Member::find(tx, user).await?;
    member
        .filter(|member| member.role >= Role::Operator)
        .ok_or_else(|| {
            const MESSAGE: &str = "must be a member of this organization who may answer customers";
            ApiError::field("user_id", "not_assignable", MESSAGE)
        })
}

async fn named(tx: &mut TenantTx<'_>, user: Option<UserId>) -> ApiResult<serde_json::Value> {
    let names = Member::names(tx, user.as_slice()).await?;
    let name = user.and_then(|user| names.get(&user));
    Ok(json!({ "user_id": user, "name": name }))
}

/// Until when a conversation is put off.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SnoozeConversation {
    /// At most 90 days ahead.
    #[schema(example = "2027-01-05T09:00:00+06:00")]
    until: DateTime<Utc>,
}

/// Put a conversation off
///
/// It comes back by itself at that time, or when the customer writes.
#[utoipa::path(tag = "conversations", params(OrganizationPath, ("conversation_id" = uuid::Uuid, Path)), request_body = SnoozeConversation,
    responses((status = 200, body = ConversationView), Problems))]
#[post("/api/v1/organizations/{organization_id}/conversations/{conversation_id}/snooze")]
pub async fn snooze_conversation(
    access: Access<Operator>,
    path: web::Path<(OrganizationId, ConversationId)>,
    body: ValidJson<SnoozeConversation>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<ConversationView>> {
    let until = body.until;
    act(&state, &access, path.1, async |act: &mut Act<'_, '_>| {
        if until <= act.now || until > act.now + LONGEST_SNOOZE {
            const MESSAGE: &str = "must be in the future, and at most 90 days ahead";
            return Err(ApiError::field("until", "out_of_range", MESSAGE));
        }
        if act.conversation.status == ConversationStatus::Resolved.as_str() {
            const ADVICE: &str = "The conversation is resolved; open it again to put it off.";
            return Err(ApiError::conflict("resolved", ADVICE));
        }
        let context = json!({ "until": until });
        act.record(SystemEvent::Snoozed, access.user(), Some(context))
            .await?;
        let (conversation, now) = (&act.conversation, act.now);
        Ok(conversation
            .set_snoozed_until(act.tx, Some(until), now)
            .await?)
    })
    .await
}

/// Bring a conversation back that was put off
#[utoipa::path(tag = "conversations", params(OrganizationPath, ("conversation_id" = uuid::Uuid, Path)),
    responses((status = 200, body = ConversationView), Problems))]
#[post("/api/v1/organizations/{organization_id}/conversations/{conversation_id}/unsnooze")]
pub async fn unsnooze_conversation(
    access: Access<Operator>,
    path: web::Path<(OrganizationId, ConversationId)>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<ConversationView>> {
    act(&state, &access, path.1, async |act: &mut Act<'_, '_>| {
        if act.conversation.is_snoozed(act.now) {
            act.record(SystemEvent::Unsnoozed, access.user(), None)
                .await?;
        }
        let (conversation, now) = (&act.conversation, act.now);
        Ok(conversation.set_snoozed_until(act.tx, None, now).await?)
    })
    .await
}

/// What somebody has seen of a conversation.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadConversation {
    /// The newest message that was shown.
    #[schema(value_type = uuid::Uuid, example = "0193a1c2-7f3e-7c41-9a01-5b8f2d6e4c11")]
    message_id: MessageId,
}

/// Mark a conversation as read
///
/// Up to a message: what the customer writes later stays unread.
#[utoipa::path(tag = "conversations", params(OrganizationPath, ("conversation_id" = uuid::Uuid, Path)), request_body = ReadConversation,
    responses((status = 200, body = ConversationView), Problems))]
#[post("/api/v1/organizations/{organization_id}/conversations/{conversation_id}/read")]
pub async fn read_conversation(
    access: Access<Viewer>,
    path: web::Path<(OrganizationId, ConversationId)>,
    body: ValidJson<ReadConversation>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<ConversationView>> {
    act(&state, &access, path.1, async |act: &mut Act<'_, '_>| {
        let newest = Message::find(act.tx, body.message_id)
            .await?
            .filter(|message| message.conversation_id == act.conversation.id);
        let Some(newest) = newest else {
            const MESSAGE: &str = "must be a message of this conversation";
            return Err(ApiError::field("message_id", "unknown", MESSAGE));
        };
        Ok(act.conversation.read_to(act.tx, &newest).await?)
    })
    .await
}

/// An action on a conversation whose row is locked.
struct Act<'a, 'c> {
    tx: &'a mut TenantTx<'c>,
    conversation: Conversation,
    now: DateTime<Utc>,
}

impl Act<'_, '_> {
    async fn record(
        &mut self,
        event: SystemEvent,
        by: UserId,
        context: Option<serde_json::Value>,
    ) -> ApiResult<()> {
        let recorded = event.record(self.tx, &self.conversation, Some(by), context, self.now);
        Ok(recorded.await?)
    }
}

/// Locks, acts, and shows the conversation as it is then.
async fn act<R: AtLeast>(
    state: &AppState,
    access: &Access<R>,
    id: ConversationId,
    work: impl AsyncFnOnce(&mut Act<'_, '_>) -> ApiResult<()>,
) -> ApiResult<web::Json<ConversationView>> {
    let now = state.clock.now();
    let view = state
        .db
        .tenant(access, async |tx: &mut TenantTx<'_>| {
            let conversation = Conversation::lock(tx, id)
                .await?
                .ok_or(ApiError::NotFound(NOUN))?;
            work(&mut Act {
                tx: &mut *tx,
                conversation,
                now,
            })
            .await?;
            // Before it is read, so that the answer shows the `changed_at` that the live stream will name.
            tx.note_changes().await?;
            let conversation = Conversation::find(tx, id)
                .await?
                .ok_or(ApiError::NotFound(NOUN))?;
            ConversationView::one(tx, conversation).await
        })
        .await?;
    Ok(web::Json(view))
}

async fn change_status(
    state: &AppState,
    access: &Access<Operator>,
    id: ConversationId,
    status: ConversationStatus,
) -> ApiResult<web::Json<ConversationView>> {
    let event = match status {
        ConversationStatus::Open => SystemEvent::Reopened,
        ConversationStatus::Resolved => SystemEvent::Resolved,
    };
    act(state, access, id, async |act: &mut Act<'_, '_>| {
        if act.conversation.status != status.as_str() {
            act.record(event, access.user(), None).await?;
        }
        let (conversation, now) = (&act.conversation, act.now);
        Ok(conversation.set_status(act.tx, status, now).await?)
    })
    .await
}

/// The AI is off from here on; what waited for it waits for a person. Also done by a person's answer that says so.
pub(super) async fn take_over(
    tx: &mut TenantTx<'_>,
    conversation: &Conversation,
    user: UserId,
    now: DateTime<Utc>,
) -> ApiResult<()> {
    let taken = [AiState::Off.as_str(), AiReason::TakenOver.as_str()];
    let is = [
        &*conversation.ai_state,
        conversation.ai_reason.as_deref().unwrap_or_default(),
    ];
    if is != taken {
        SystemEvent::TakenOver
            .record(tx, conversation, Some(user), None, now)
            .await?;
    }
    let change = AiChange::off(AiReason::TakenOver, Some(user), false);
    conversation.set_ai(tx, &change, now).await?;
    Message::hand_over_due(tx, conversation.id, now).await?;
    audit_ai(tx, "conversation.taken_over", user, conversation.id, now).await
}

async fn audit_ai(
    tx: &mut TenantTx<'_>,
    action: &'static str,
    user: UserId,
    id: ConversationId,
    now: DateTime<Utc>,
) -> ApiResult<()> {
    let nothing_more = json!({});
    Ok(audit::record(
        tx,
        Some(user),
        action,
        "conversation",
        id,
        nothing_more,
        now,
    )
    .await?)
}
