//! Looking into an organization as one of its viewers, for a while and for a reason that its own people can read.

use actix_web::{HttpResponse, delete, post, web};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Reason, organizations};
use crate::auth::platform_admin::PlatformAdmin;
use crate::db::TenantTx;
use crate::error::{ApiError, ApiResult, Problems};
use crate::http::extract::{OrganizationPath, ValidJson};
use crate::ids::OrganizationId;
use crate::models::user::{User, Viewing};
use crate::models::{audit, identity_audit};
use crate::state::AppState;

const GOOD_FOR: TimeDelta = TimeDelta::minutes(30);

#[derive(Debug, Serialize, ToSchema)]
pub struct ViewGranted {
    /// When it ends by itself.
    until: DateTime<Utc>,
}

/// Look into an organization
///
/// For 30 minutes its addresses take you as a viewer, who changes nothing; `GET /api/v1/me` says so. One organization at a time. Its people find
/// it in their audit log.
#[utoipa::path(tag = "platform admin", operation_id = "view_organization", params(OrganizationPath), request_body = Reason,
    responses((status = 200, body = ViewGranted), Problems))]
#[post("/api/v1/admin/organizations/{organization_id}/view")]
pub async fn view_organization(
    admin: PlatformAdmin,
    path: web::Path<OrganizationId>,
    state: web::Data<AppState>,
    body: ValidJson<Reason>,
) -> ApiResult<web::Json<ViewGranted>> {
    let id = path.into_inner();
    let (organization, now) = (organizations::find(&state, id).await?, state.clock.now());
    // As exact as the database keeps it: the same here as in `me`.
    let until = (now + GOOD_FOR).trunc_subsecs(6);
    let viewing = Viewing {
        organization: id,
        name: organization.name.clone(),
        until,
    };
    let grant = state
        .db
        .tenant(&organization, async |tx: &mut TenantTx<'_>| {
            User::set_viewing(tx.conn(), admin.id, &viewing, now).await?;
            let details = json!({"reason": body.as_str(), "until": until});
            audit::record(
                tx,
                Some(admin.id),
                "platform_admin.view_started",
                "organization",
                id,
                details,
                now,
            )
            .await?;
            let details = json!({"organization_id": id, "reason": body.as_str(), "until": until});
            identity_audit::record(
                tx.conn(),
                Some(admin.id),
                "organization_view_started",
                details,
                now,
            )
            .await?;
            Ok::<_, ApiError>(())
        });
    grant.await?;
    Ok(web::Json(ViewGranted { until }))
}

/// Stop looking into an organization
///
/// No error when it has ended already.
#[utoipa::path(tag = "platform admin", operation_id = "end_organization_view", params(OrganizationPath), responses((status = 204), Problems))]
#[delete("/api/v1/admin/organizations/{organization_id}/view")]
pub async fn end_organization_view(
    admin: PlatformAdmin,
    path: web::Path<OrganizationId>,
    state: web::Data<AppState>,
) -> ApiResult<HttpResponse> {
    let id = path.into_inner();
    let (organization, now) = (organizations::find(&state, id).await?, state.clock.now());
    let end = state
        .db
        .tenant(&organization, async |tx: &mut TenantTx<'_>| {
            if !User::end_viewing(tx.conn(), admin.id, id, now).await? {
                return Ok(());
            }
            audit::record(
                tx,
                Some(admin.id),
                "platform_admin.view_ended",
                "organization",
                id,
                json!({}),
                now,
            )
            .await?;
            let details = json!({"organization_id": id});
            identity_audit::record(
                tx.conn(),
                Some(admin.id),
                "organization_view_ended",
                details,
                now,
            )
            .await?;
            Ok::<_, ApiError>(())
        });
    end.await?;
    Ok(HttpResponse::NoContent().finish())
}
