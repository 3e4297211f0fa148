//! The audit log of an organization (R49), for its admins.

use actix_web::{get, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::extract::{OrganizationPath, ValidQuery};
use super::page::{Page, PageRequest};
use crate::auth::access::{Access, Admin};
use crate::db::TenantTx;
use crate::error::{ApiError, ApiResult, Problems};
use crate::ids::{AuditId, UserId};
use crate::models::audit::AuditEntry;
use crate::state::AppState;

/// Which entries to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditParams {
    /// Rows per page; 50 if not given.
    #[validate(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100, example = 50)]
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    #[param(pattern = "^[0-9a-f]{48}$")]
    cursor: Option<String>,
    /// Only this action.
    #[validate(length(min = 1, max = 100))]
    #[param(min_length = 1, max_length = 100, example = "agent.changed")]
    action: Option<String>,
    /// Only what was done to this kind of thing.
    #[validate(length(min = 1, max = 100))]
    #[param(min_length = 1, max_length = 100, example = "agent")]
    subject_kind: Option<String>,
}

/// Something that somebody did.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditView {
    pub id: AuditId,
    /// Who; null for the system itself.
    pub user_id: Option<UserId>,
    #[schema(example = "agent.changed")]
    pub action: String,
    #[schema(example = "agent")]
    pub subject_kind: String,
    pub subject_id: String,
    /// Never holds secrets or message text.
    #[schema(value_type = Object, example = json!({"version": 2, "changed": ["system_prompt"]}))]
    pub details: serde_json::Value,
    pub created_at: DateTime<Utc>,
}

impl From<AuditEntry> for AuditView {
    fn from(entry: AuditEntry) -> Self {
        Self {
            id: entry.id,
            user_id: entry.user_id,
            action: entry.action,
            subject_kind: entry.subject_kind,
            subject_id: entry.subject_id,
            details: entry.details,
            created_at: entry.created_at,
        }
    }
}

/// List the audit log
///
/// Newest first.
#[utoipa::path(tag = "operations", params(OrganizationPath, AuditParams), responses((status = 200, body = Page<AuditView>), Problems))]
#[get("/api/v1/organizations/{organization_id}/audit_log")]
pub async fn list_audit_log(
    access: Access<Admin>,
    query: ValidQuery<AuditParams>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<Page<AuditView>>> {
    let page = PageRequest::new(query.limit, query.cursor.as_deref())?;
    let after = page.after.map(|(at, id)| (at, AuditId(id)));
    let (action, kind) = (query.action.as_deref(), query.subject_kind.as_deref());
    let rows = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            Ok::<_, ApiError>(AuditEntry::list(tx, after, page.rows(), action, kind).await?)
        })
        .await?;
    Ok(web::Json(page.page(
        rows,
        |entry| (entry.created_at, entry.id.0),
        AuditView::from,
    )))
}
