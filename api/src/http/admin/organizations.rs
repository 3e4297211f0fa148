//! All organizations with their size and health, and their suspension.

use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::Reason;
use crate::auth::access::Role;
use crate::auth::platform_admin::PlatformAdmin;
use crate::db::cross::AdministeredOrganization;
use crate::db::listen::announce_work;
use crate::db::{InOrganization, TenantTx};
use crate::error::{ApiError, ApiResult, Problems};
use crate::http::extract::{OrganizationPath, ValidJson, ValidQuery};
use crate::http::page::{Page, PageRequest};
use crate::ids::{OrganizationId, UserId};
use crate::models::member::Member;
use crate::models::organization::Organization;
use crate::models::organization_numbers::OrganizationNumbers;
use crate::models::{audit, identity_audit};
use crate::state::AppState;

const NOT_FOUND: ApiError = ApiError::NotFound("organization");
/// Members shown with an organization.
const MEMBERS_SHOWN: i64 = 100;

/// Which rows to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AdminListParams {
    /// Rows per page; 50 if not given.
    #[validate(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100, example = 50)]
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    #[param(pattern = "^[0-9a-f]{48}$")]
    cursor: Option<String>,
    /// Only what has this in its name (of users also in the address).
    #[validate(length(min = 1, max = 200))]
    #[param(min_length = 1, max_length = 200, example = "shapla")]
    pub q: Option<String>,
}

impl AdminListParams {
    pub fn page(&self) -> ApiResult<PageRequest> {
        PageRequest::new(self.limit, self.cursor.as_deref())
    }
}

/// An organization, as platform admins see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdminOrganizationView {
    pub organization_id: OrganizationId,
    #[schema(example = "Shapla Store")]
    pub name: String,
    pub created_at: DateTime<Utc>,
    pub suspended_at: Option<DateTime<Utc>>,
    pub suspended_reason: Option<String>,
    pub members: i64,
    pub accounts: i64,
    /// Accounts that have to be connected again.
    pub accounts_broken: i64,
    /// Conversations with a message in the last 7 days.
    pub conversations_7d: i64,
    pub messages_7d: i64,
    /// Answers of the AI.
    pub answers_7d: i64,
    pub tokens_30d: i64,
}

impl AdminOrganizationView {
    fn new(organization: AdministeredOrganization, numbers: OrganizationNumbers) -> Self {
        Self {
            organization_id: organization.organization_id(),
            name: organization.name,
            created_at: organization.created_at,
            suspended_at: organization.suspended_at,
            suspended_reason: organization.suspended_reason,
            members: numbers.members,
            accounts: numbers.accounts,
            accounts_broken: numbers.accounts_broken,
            conversations_7d: numbers.conversations_7d,
            messages_7d: numbers.messages_7d,
            answers_7d: numbers.answers_7d,
            tokens_30d: numbers.tokens_30d,
        }
    }
}

/// A member of an organization, as platform admins see them.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdminMemberView {
    pub user_id: UserId,
    #[schema(example = "Rahim Uddin")]
    pub name: String,
    #[schema(example = "rahim@shapla.example")]
    pub email: String,
    pub role: Role,
}

/// An organization with its people.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdminOrganizationDetail {
    #[serde(flatten)]
    pub organization: AdminOrganizationView,
    /// At most 100, the longest standing first.
    pub member_list: Vec<AdminMemberView>,
}

/// List all organizations
///
/// Newest first, with numbers of the last days.
#[utoipa::path(tag = "platform admin", operation_id = "admin_list_organizations", params(AdminListParams),
    responses((status = 200, body = Page<AdminOrganizationView>), Problems))]
#[get("/api/v1/admin/organizations")]
pub async fn admin_list_organizations(
    _admin: PlatformAdmin,
    query: ValidQuery<AdminListParams>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<Page<AdminOrganizationView>>> {
    let page = query.page()?;
    let db = &state.db;
    let rows = db
        .administered_organizations(query.q.as_deref(), &page)
        .await?;
    let key = |row: &AdministeredOrganization| (row.created_at, row.organization_id().0);
    let shown = page.page(rows, key, |row| row);
    let mut items = Vec::with_capacity(shown.items.len());
    // One transaction each: no statement looks into several organizations (scale-out rules).
    for organization in shown.items {
        let numbers = numbers(&state, &organization).await?;
        items.push(AdminOrganizationView::new(organization, numbers));
    }
    Ok(web::Json(Page {
        items,
        next_cursor: shown.next_cursor,
    }))
}

async fn numbers(
    state: &AppState,
    organization: &AdministeredOrganization,
) -> ApiResult<OrganizationNumbers> {
    let now = state.clock.now();
    let read = state
        .db
        .tenant(organization, async |tx: &mut TenantTx<'_>| {
            Ok::<_, ApiError>(OrganizationNumbers::read(tx, now).await?)
        });
    read.await
}

/// The organization of a path.
pub(super) async fn find(
    state: &AppState,
    id: OrganizationId,
) -> ApiResult<AdministeredOrganization> {
    let found = state.db.administered_organization(id).await?;
    found.ok_or(NOT_FOUND)
}

/// Read one of all organizations
#[utoipa::path(tag = "platform admin", operation_id = "admin_get_organization", params(OrganizationPath),
    responses((status = 200, body = AdminOrganizationDetail), Problems))]
#[get("/api/v1/admin/organizations/{organization_id}")]
pub async fn admin_get_organization(
    _admin: PlatformAdmin,
    path: web::Path<OrganizationId>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<AdminOrganizationDetail>> {
    let organization = find(&state, path.into_inner()).await?;
    let numbers = numbers(&state, &organization).await?;
    let everybody = PageRequest::new(Some(MEMBERS_SHOWN), None)?;
    let members = state
        .db
        .tenant(&organization, async |tx: &mut TenantTx<'_>| {
            Ok::<_, ApiError>(Member::list(tx, &everybody).await?)
        });
    let view = |member: Member| AdminMemberView {
        user_id: member.user_id,
        name: member.name,
        email: member.email,
        role: member.role,
    };
    let key = |member: &Member| (member.created_at, member.user_id.0);
    let member_list = everybody.page(members.await?, key, view).items;
    Ok(web::Json(AdminOrganizationDetail {
        organization: AdminOrganizationView::new(organization, numbers),
        member_list,
    }))
}

/// Suspend an organization
///
/// Its people can read and change nothing, its AI is silent, what was to be sent waits; what customers write is still stored. The reason is
/// shown to its people.
#[utoipa::path(tag = "platform admin", operation_id = "suspend_organization", params(OrganizationPath), request_body = Reason,
    responses((status = 200, body = AdminOrganizationView), Problems))]
#[post("/api/v1/admin/organizations/{organization_id}/suspend")]
pub async fn suspend_organization(
    admin: PlatformAdmin,
    path: web::Path<OrganizationId>,
    state: web::Data<AppState>,
    body: ValidJson<Reason>,
) -> ApiResult<web::Json<AdminOrganizationView>> {
    set_suspended(&state, &admin, path.into_inner(), &body, true).await
}

/// End an organization's suspension
///
/// What waited goes on.
#[utoipa::path(tag = "platform admin", operation_id = "unsuspend_organization", params(OrganizationPath), request_body = Reason,
    responses((status = 200, body = AdminOrganizationView), Problems))]
#[post("/api/v1/admin/organizations/{organization_id}/unsuspend")]
pub async fn unsuspend_organization(
    admin: PlatformAdmin,
    path: web::Path<OrganizationId>,
    state: web::Data<AppState>,
    body: ValidJson<Reason>,
) -> ApiResult<web::Json<AdminOrganizationView>> {
    set_suspended(&state, &admin, path.into_inner(), &body, false).await
}

async fn set_suspended(
    state: &AppState,
    admin: &PlatformAdmin,
    id: OrganizationId,
    reason: &Reason,
    suspended: bool,
) -> ApiResult<web::Json<AdminOrganizationView>> {
    let (organization, now) = (find(state, id).await?, state.clock.now());
    let (action, noted) = if suspended {
        ("organization.suspended", "organization_suspended")
    } else {
        ("organization.unsuspended", "organization_unsuspended")
    };
    let change = state
        .db
        .tenant(&organization, async |tx: &mut TenantTx<'_>| {
            let text = suspended.then_some(reason.as_str());
            // Doing it twice is no error; the first reason stays.
            if Organization::set_suspended(tx, text, now).await?.is_none() {
                return Ok(());
            }
            let details = json!({"reason": reason.as_str()});
            audit::record(tx, Some(admin.id), action, "organization", id, details, now).await?;
            let details = json!({"organization_id": id, "reason": reason.as_str()});
            identity_audit::record(tx.conn(), Some(admin.id), noted, details, now).await?;
            // What waited is due now.
            Ok::<_, ApiError>(announce_work(tx.conn()).await?)
        });
    change.await?;
    let organization = find(state, id).await?;
    let numbers = numbers(state, &organization).await?;
    Ok(web::Json(AdminOrganizationView::new(organization, numbers)))
}
