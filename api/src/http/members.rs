//! Members of an organization and their roles (R35).

use actix_web::{HttpResponse, delete, get, patch, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::extract::{OrganizationPath, PageParams, ValidJson, ValidQuery};
use super::page::Page;
use crate::auth::access::{Access, Admin, Role, Viewer};
use crate::db::TenantTx;
use crate::error::{ApiError, ApiResult, Problems};
use crate::ids::{OrganizationId, UserId};
use crate::models::audit;
use crate::models::member::{Change, Member, Refusal};
use crate::models::organization::Organization;
use crate::state::AppState;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct MemberPath {
    pub organization_id: OrganizationId,
    pub user_id: UserId,
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"role": "operator"}))]
pub struct UpdateMember {
    pub role: Role,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MemberView {
    user_id: UserId,
    #[schema(example = "karima@shapla.example")]
    email: String,
    #[schema(example = "Karima Begum")]
    name: String,
    role: Role,
    created_at: DateTime<Utc>,
}

impl From<Member> for MemberView {
    fn from(member: Member) -> Self {
        let Member {
            user_id,
            email,
            name,
            role,
            created_at,
        } = member;
        Self {
            user_id,
            email,
            name,
            role,
            created_at,
        }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotAdmin => {
                Self::Forbidden("Only admins and owners change or remove other members.")
            }
            Refusal::OwnRole => Self::Forbidden("Nobody raises their own role; ask an owner."),
            Refusal::NotOwner => Self::Forbidden("Only owners make, change or remove owners."),
            Refusal::LastOwner => Self::conflict(
                "last_owner",
                "An organization always keeps an owner; make somebody else owner first.",
            ),
        }
    }
}

/// List members
///
/// The longest standing first.
#[utoipa::path(tag = "members", operation_id = "list_members", params(OrganizationPath, PageParams),
    responses((status = 200, body = Page<MemberView>), Problems))]
#[get("/api/v1/organizations/{organization_id}/members")]
pub async fn list_members(
    access: Access<Viewer>,
    query: ValidQuery<PageParams>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<Page<MemberView>>> {
    let page = query.page()?;
    let list = state.db.tenant(&access, async |tx: &mut TenantTx<'_>| {
        Ok::<_, ApiError>(Member::list(tx, &page).await?)
    });
    Ok(web::Json(page.page(
        list.await?,
        |member| (member.created_at, member.user_id.0),
        MemberView::from,
    )))
}

/// Change a member's role
///
/// Nobody raises their own role; only owners make or change owners; the last owner stays owner (409 `last_owner`).
#[utoipa::path(tag = "members", operation_id = "update_member", params(MemberPath), request_body = UpdateMember,
    responses((status = 200, body = MemberView), Problems))]
#[patch("/api/v1/organizations/{organization_id}/members/{user_id}")]
pub async fn update_member(
    access: Access<Admin>,
    path: web::Path<(OrganizationId, UserId)>,
    state: web::Data<AppState>,
    body: ValidJson<UpdateMember>,
) -> ApiResult<web::Json<MemberView>> {
    let (now, to) = (state.clock.now(), body.role);
    let update = state.db.tenant(&access, async |tx: &mut TenantTx<'_>| {
        let member = allowed(tx, access.user(), path.1, Some(to)).await?;
        if member.role != to {
            Member::set_role(tx, member.user_id, to, now).await?;
            let details = json!({"from": member.role, "to": to});
            audit::record(
                tx,
                Some(access.user()),
                "member.role_changed",
                "user",
                member.user_id,
                details,
                now,
            )
            .await?;
        }
        Ok::<_, ApiError>(Member { role: to, ..member })
    });
    Ok(web::Json(update.await?.into()))
}

/// Remove a member, or leave
///
/// Everybody may leave, but for the last owner (409 `last_owner`). What the member wrote stays.
#[utoipa::path(tag = "members", operation_id = "remove_member", params(MemberPath), responses((status = 204), Problems))]
#[delete("/api/v1/organizations/{organization_id}/members/{user_id}")]
pub async fn remove_member(
    access: Access<Viewer>,
    path: web::Path<(OrganizationId, UserId)>,
    state: web::Data<AppState>,
) -> ApiResult<HttpResponse> {
    let now = state.clock.now();
    let remove = state.db.tenant(&access, async |tx: &mut TenantTx<'_>| {
        let member = allowed(tx, access.user(), path.1, None).await?;
        Member::end(tx, member.user_id, now).await?;
        let action = if member.user_id == access.user() {
            "member.left"
        } else {
            "member.removed"
        };
        audit::record(
            tx,
            Some(access.user()),
            action,
            "user",
            member.user_id,
            json!({"role": member.role}),
            now,
        )
        .await?;
        Ok::<_, ApiError>(())
    });
    remove.await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The member that a change is about, if the rules allow it. Holds the organization's lock: of two owners who leave at once, the second
/// finds that they are the last. The actor's role is read again under it, for it may have changed since the request came in.
async fn allowed(
    tx: &mut TenantTx<'_>,
    actor: UserId,
    subject: UserId,
    to: Option<Role>,
) -> ApiResult<Member> {
    Organization::lock(tx)
        .await?
        .ok_or(ApiError::NotFound("organization"))?;
    let actor_role = Member::find(tx, actor)
        .await?
        .ok_or(ApiError::NotFound("organization"))?
        .role;
    // A change of a role is an admin's; the extractor said so before the lock, and it must still hold.
    if to.is_some() && actor_role < Role::Admin {
        return Err(Refusal::NotAdmin.into());
    }
    let member = Member::find(tx, subject)
        .await?
        .ok_or(ApiError::NotFound("member"))?;
    let owners = Organization::owners(tx).await?;
    Change {
        actor: actor_role,
        about_self: actor == subject,
        from: member.role,
        to,
        owners,
    }
    .check()?;
    Ok(member)
}
