//! Messages of a conversation: read them, answer as a person.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::NOUN;
use super::actions::take_over;
use super::views::MessageView;
use crate::auth::access::{Access, Operator, Viewer};
use crate::channels::channel;
use crate::channels::split::split_text;
use crate::db::TenantTx;
use crate::error::{ApiError, ApiResult, Problems};
use crate::http::extract::{OrganizationPath, PageParams, ValidJson, ValidQuery};
use crate::http::page::Page;
use crate::ids::{ConversationId, OrganizationId, UserId};
use crate::models::conversation::{AiChange, AiReason, AiState, Conversation};
use crate::models::job::{self, Work};
use crate::models::message::{Author, Message, NewMessage};
use crate::models::message_part::{self, NewPart};
use crate::models::social_account::SocialAccount;
use crate::models::system_event::SystemEvent;
use crate::state::AppState;

/// List a conversation's messages
///
/// Newest first, by the platform's time.
#[utoipa::path(tag = "conversations", params(OrganizationPath, ("conversation_id" = uuid::Uuid, Path), PageParams),
    responses((status = 200, body = Page<MessageView>), Problems))]
#[get("/api/v1/organizations/{organization_id}/conversations/{conversation_id}/messages")]
pub async fn list_messages(
    access: Access<Viewer>,
    path: web::Path<(OrganizationId, ConversationId)>,
    query: ValidQuery<PageParams>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<Page<MessageView>>> {
    let page = query.page()?;
    let found = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            Conversation::find(tx, path.1)
                .await?
                .ok_or(ApiError::NotFound(NOUN))?;
            let rows = Message::list(tx, path.1, page.after, page.rows()).await?;
            let page = page.page(rows, |row| (row.ordered_at, row.id.0), |row| row);
            let items = MessageView::all(tx, page.items).await?;
            Ok::<_, ApiError>(Page {
                items,
                next_cursor: page.next_cursor,
            })
        })
        .await?;
    Ok(web::Json(found))
}

/// A person's answer.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendMessage {
    /// Longer than the platform takes at once: it is sent in parts.
    #[validate(length(min = 1, max = 10_000))]
    #[schema(
        min_length = 1,
        max_length = 10_000,
        example = "আপনার অর্ডারটি আজ পাঠানো হয়েছে।"
    )]
    text: String,
    /// Chosen by you, unique in the conversation: the same one again is the same message, sent once.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "0193a1c2-draft-7")]
    client_id: String,
    /// Take the conversation over as well, so that the AI stays silent until it is handed back.
    #[serde(default)]
    #[schema(default = false)]
    take_over: bool,
}

/// Answer as a person
///
/// The AI is quiet for a while afterwards, unless the conversation was taken over already. Sending happens behind; watch the message's `state`.
#[utoipa::path(tag = "conversations", params(OrganizationPath, ("conversation_id" = uuid::Uuid, Path)), request_body = SendMessage,
    responses((status = 201, body = MessageView), Problems))]
#[post("/api/v1/organizations/{organization_id}/conversations/{conversation_id}/messages")]
pub async fn send_message(
    access: Access<Operator>,
    path: web::Path<(OrganizationId, ConversationId)>,
    body: ValidJson<SendMessage>,
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
            let message = match known {
                Some(message) if message.is_same(Author::Human, &body.text) => message,
                Some(_) => return Err(reused_client_id()),
                None => store(&state, tx, &conversation, access.user(), &body, now).await?,
            };
            MessageView::one(tx, message).await
        })
        .await?;
    Ok(HttpResponse::build(StatusCode::CREATED).json(view))
}

pub(super) fn reused_client_id() -> ApiError {
    ApiError::conflict(
        "client_id_reused",
        "This client_id was used for another text; use a new one for a new message.",
    )
}

async fn store(
    state: &AppState,
    tx: &mut TenantTx<'_>,
    conversation: &Conversation,
    user: UserId,
    body: &SendMessage,
    now: DateTime<Utc>,
) -> ApiResult<Message> {
    let account = SocialAccount::find_connected(tx, conversation.account_id)
        .await?
        .ok_or_else(|| {
            ApiError::conflict(
                "account_disconnected",
                "The account is disconnected; connect it again first.",
            )
        })?;
    let limits = channel(account.platform)
        .ok_or(ApiError::NotFound("platform"))?
        .limits();
    if conversation
        .human_window_ends_at
        .is_none_or(|end| end <= now)
    {
        const ADVICE: &str = "The customer's last message is too old for the platform to accept an answer; wait until they write again.";
        return Err(ApiError::conflict("window_closed", ADVICE));
    }
    let message = NewMessage {
        author_user_id: Some(user),
        client_id: Some(body.client_id.clone()),
        ordered_at: now.max(conversation.last_message_at),
        state: "queued",
        waited_since: conversation.waiting_since,
        ..NewMessage::new(conversation.id, account.id, Author::Human, now)
    }
    .with_text(Some(body.text.clone()));
    message.insert(tx).await?;
    let texts = split_text(&body.text, limits.text);
    let parts: Vec<NewPart> = NewPart::all(message.id, account.id, &texts).collect();
    message_part::insert_all(tx, &parts, now).await?;
    conversation.spoke(tx, message.ordered_at, true).await?;
    conversation.read_all(tx).await?;
    if body.take_over {
        take_over(tx, conversation, user, now).await?;
    } else {
        quiet_ai(state, tx, conversation, user, now).await?;
    }
    job::enqueue(
        tx,
        conversation.id,
        &Work::Deliver {
            message_id: message.id,
        },
        Duration::ZERO,
    )
    .await?;
    Message::find(tx, message.id)
        .await?
        .ok_or(ApiError::NotFound("message"))
}

/// A person answered: the AI says nothing for a while, and what waited for an answer has one.
async fn quiet_ai(
    state: &AppState,
    tx: &mut TenantTx<'_>,
    conversation: &Conversation,
    user: UserId,
    now: DateTime<Utc>,
) -> ApiResult<()> {
    Message::hand_over_due(tx, conversation.id, now).await?;
    let change = if conversation.ai_state == AiState::Off.as_str() {
        let reason = conversation
            .ai_reason
            .as_deref()
            .and_then(|reason| reason.parse().ok());
        AiChange::off(reason.unwrap_or(AiReason::TakenOver), Some(user), false)
    } else {
        let pause = TimeDelta::from_std(state.settings.worker.human_pause)
            .unwrap_or(TimeDelta::minutes(30));
        if conversation.ai_answers(now) {
            SystemEvent::AiPausedHuman
                .record(tx, conversation, Some(user), None, now)
                .await?;
        }
        AiChange::paused(now + pause, AiReason::HumanReply, Some(user))
    };
    Ok(conversation.set_ai(tx, &change, now).await?)
}
