//! Jobs that failed for good.

use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::access::{Access, Operator, Viewer};
use crate::db::TenantTx;
use crate::error::{ApiError, ApiResult, Problems};
use crate::http::extract::{OrganizationPath, PageParams, ValidQuery};
use crate::http::page::Page;
use crate::ids::{ConversationId, JobId, OrganizationId};
use crate::models::audit;
use crate::models::job::DeadJob;
use crate::state::AppState;

/// A job that was parked.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeadLetterView {
    pub id: JobId,
    /// `reply` or `deliver`.
    #[schema(example = "reply")]
    pub kind: String,
    pub conversation_id: ConversationId,
    pub attempts: i32,
    pub reason: Option<String>,
    pub created_at: DateTime<Utc>,
    pub failed_at: Option<DateTime<Utc>>,
}

/// List dead letters
///
/// Work that failed for good, the latest first.
#[utoipa::path(tag = "operations", params(OrganizationPath, PageParams),
    responses((status = 200, body = Page<DeadLetterView>), Problems))]
#[get("/api/v1/organizations/{organization_id}/dead_letters")]
pub async fn list_dead_letters(
    access: Access<Viewer>,
    query: ValidQuery<PageParams>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<Page<DeadLetterView>>> {
    let page = query.page()?;
    let rows = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            Ok::<_, ApiError>(DeadJob::list(tx, page.after, page.rows()).await?)
        })
        .await?;
    Ok(web::Json(page.page(
        rows,
        |row| (row.finished_at.unwrap_or(row.created_at), row.id.0),
        view,
    )))
}

fn view(row: DeadJob) -> DeadLetterView {
    DeadLetterView {
        id: row.id,
        kind: row.kind,
        conversation_id: row.lane,
        attempts: row.attempts,
        reason: row.last_error,
        created_at: row.created_at,
        failed_at: row.finished_at,
    }
}

/// Replay a dead letter
///
/// It is tried again from the start. What was sent already is not sent again.
#[utoipa::path(tag = "operations", params(OrganizationPath, ("job_id" = uuid::Uuid, Path)),
    responses((status = 204, description = "It is tried again"), Problems))]
#[post("/api/v1/organizations/{organization_id}/dead_letters/{job_id}/replay")]
pub async fn replay_dead_letter(
    access: Access<Operator>,
    path: web::Path<(OrganizationId, JobId)>,
    state: web::Data<AppState>,
) -> ApiResult<HttpResponse> {
    let now = state.clock.now();
    state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            if !DeadJob::replay(tx, path.1).await? {
                return Err(ApiError::NotFound("dead letter"));
            }
            audit::record(
                tx,
                Some(access.user()),
                "dead_letter.replayed",
                "job",
                path.1,
                serde_json::json!({}),
                now,
            )
            .await?;
            Ok(())
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
