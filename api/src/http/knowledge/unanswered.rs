//! What customers asked and no entry answers.

use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

use crate::auth::access::{Access, Operator, Viewer};
use crate::db::TenantTx;
use crate::error::{ApiError, ApiResult, Problems};
use crate::http::extract::{OrganizationPath, ValidQuery};
use crate::http::page::{Page, PageRequest};
use crate::ids::{
    ConversationId, KnowledgeEntryId, MessageId, OrganizationId, UnansweredQuestionId,
};
use crate::models::unanswered_question::{After, UnansweredQuestion, UnansweredState};
use crate::state::AppState;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnansweredOrder {
    Newest,
    MostAsked,
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UnansweredParams {
    /// `open` if not given.
    #[param(inline)]
    state: Option<UnansweredState>,
    /// `newest` if not given. A cursor belongs to the order that it was made in.
    #[param(inline)]
    order: Option<UnansweredOrder>,
    /// Rows per page; 50 if not given.
    #[validate(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100, example = 50)]
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    #[param(pattern = "^[0-9a-f]{48}$")]
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct UnansweredPath {
    pub organization_id: OrganizationId,
    pub unanswered_id: UnansweredQuestionId,
}

/// A question of customers that the agent called a person for, because nothing in the knowledge fits. One that is spelled in several
/// ways is one question.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnansweredView {
    pub id: UnansweredQuestionId,
    /// As it was asked last; the beginning of a long one.
    #[schema(example = "cotton er kapor ache?")]
    pub text: String,
    /// Where it was asked last.
    pub conversation_id: ConversationId,
    pub message_id: MessageId,
    #[schema(example = 3)]
    pub times_asked: i64,
    pub first_asked_at: DateTime<Utc>,
    pub last_asked_at: DateTime<Utc>,
    pub state: UnansweredState,
    /// The entry that answers it.
    pub entry_id: Option<KnowledgeEntryId>,
}

impl From<UnansweredQuestion> for UnansweredView {
    fn from(question: UnansweredQuestion) -> Self {
        Self {
            id: question.id,
            text: question.text,
            conversation_id: question.conversation_id,
            message_id: question.message_id,
            times_asked: question.times_asked,
            first_asked_at: question.first_asked_at,
            last_asked_at: question.last_asked_at,
            state: question.state,
            entry_id: question.entry_id,
        }
    }
}

/// List unanswered questions
///
/// Those that customers asked and the agent called a person for, newest or most asked first. At most 1,000 open ones are kept.
#[utoipa::path(tag = "knowledge", params(OrganizationPath, UnansweredParams),
    responses((status = 200, body = Page<UnansweredView>), Problems))]
#[get("/api/v1/organizations/{organization_id}/knowledge/unanswered")]
pub async fn list_unanswered_questions(
    access: Access<Viewer>,
    query: ValidQuery<UnansweredParams>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<Page<UnansweredView>>> {
    let page = PageRequest::new(query.limit, query.cursor.as_deref())?;
    let most_asked = query.order == Some(UnansweredOrder::MostAsked);
    // In that order the cursor's time is the number of times.
    let after = if most_asked {
        let after = page.after;
        After::MostAsked(after.map(|(at, id)| (at.timestamp_micros(), UnansweredQuestionId(id))))
    } else {
        After::Newest(page.after.map(|(at, id)| (at, UnansweredQuestionId(id))))
    };
    let wanted = query.state.unwrap_or(UnansweredState::Open);
    let rows = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            Ok::<_, ApiError>(UnansweredQuestion::list(tx, wanted, after, page.rows()).await?)
        })
        .await?;
    let key = |row: &UnansweredQuestion| -> (DateTime<Utc>, Uuid) {
        let times = DateTime::from_timestamp_micros(row.times_asked).filter(|_| most_asked);
        (times.unwrap_or(row.last_asked_at), row.id.0)
    };
    Ok(web::Json(page.page(rows, key, UnansweredView::from)))
}

/// Dismiss an unanswered question
///
/// It needs no answer; asked again, it stays dismissed. To answer it, create a knowledge entry with its id as `unanswered_id`.
#[utoipa::path(tag = "knowledge", params(UnansweredPath), responses((status = 200, body = UnansweredView), Problems))]
#[post("/api/v1/organizations/{organization_id}/knowledge/unanswered/{unanswered_id}/dismiss")]
pub async fn dismiss_unanswered_question(
    access: Access<Operator>,
    path: web::Path<(OrganizationId, UnansweredQuestionId)>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<UnansweredView>> {
    let question = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            UnansweredQuestion::dismiss(tx, path.1)
                .await?
                .ok_or(ApiError::NotFound("unanswered question"))
        })
        .await?;
    if question.state == UnansweredState::Answered {
        return Err(ApiError::conflict(
            "question_answered",
            "A knowledge entry answers this question already.",
        ));
    }
    Ok(web::Json(question.into()))
}
