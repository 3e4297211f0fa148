//! All users: who they are, where they work, and what an admin does for them when mail cannot.

use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::Reason;
use super::organizations::AdminListParams;
use crate::auth::access::Role;
use crate::auth::platform_admin::PlatformAdmin;
use crate::db::PlatformTx;
use crate::error::{ApiError, ApiResult, Problems};
use crate::http::extract::{ValidJson, ValidQuery};
use crate::http::page::Page;
use crate::ids::{OrganizationId, UserId};
use crate::models::listed_user::ListedUser;
use crate::models::session::revoke_others;
use crate::models::user::User;
use crate::models::{identity_audit, password_reset};
use crate::state::AppState;

const NOT_FOUND: ApiError = ApiError::NotFound("user");

/// A user's place in an organization.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdminPlaceView {
    organization_id: OrganizationId,
    #[schema(example = "Shapla Store")]
    name: String,
    role: Role,
}

/// A user, as platform admins see them.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdminUserView {
    id: UserId,
    #[schema(example = "rahim@shapla.example")]
    email: String,
    #[schema(example = "Rahim Uddin")]
    name: String,
    is_platform_admin: bool,
    disabled_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    organizations: Vec<AdminPlaceView>,
    /// When one of their sign-ins was last refreshed.
    last_seen_at: Option<DateTime<Utc>>,
}

/// A link to set a new password.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResetLink {
    /// Give it to the user and to nobody else: whoever opens it sets their password.
    #[schema(
        example = "https://chat.example.com/reset#token=bcp_00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
    )]
    url: String,
    expires_at: DateTime<Utc>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct UserPath {
    pub user_id: UserId,
}

/// List all users
///
/// Newest first.
#[utoipa::path(tag = "platform admin", operation_id = "admin_list_users", params(AdminListParams),
    responses((status = 200, body = Page<AdminUserView>), Problems))]
#[get("/api/v1/admin/users")]
pub async fn admin_list_users(
    _admin: PlatformAdmin,
    query: ValidQuery<AdminListParams>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<Page<AdminUserView>>> {
    let page = query.page()?;
    let list = state.db.platform(async |tx: &mut PlatformTx<'_>| {
        Ok::<_, ApiError>(ListedUser::list(tx, query.q.as_deref(), &page).await?)
    });
    let shown = page.page(
        list.await?,
        |user| (user.created_at, user.id.0),
        |user| user,
    );
    Ok(web::Json(Page {
        items: views(&state, shown.items).await?,
        next_cursor: shown.next_cursor,
    }))
}

async fn views(state: &AppState, users: Vec<ListedUser>) -> ApiResult<Vec<AdminUserView>> {
    let ids: Vec<UserId> = users.iter().map(|user| user.id).collect();
    let places = state.db.places_of_users(&ids).await?;
    let of = |id: UserId| {
        let places = places.iter().filter(|place| place.user_id == id);
        let view = places.map(|place| AdminPlaceView {
            organization_id: place.organization_id,
            name: place.name.clone(),
            role: place.role,
        });
        view.collect()
    };
    let view = |user: ListedUser| AdminUserView {
        organizations: of(user.id),
        id: user.id,
        email: user.email,
        name: user.name,
        is_platform_admin: user.is_platform_admin,
        disabled_at: user.disabled_at,
        created_at: user.created_at,
        last_seen_at: user.last_seen_at,
    };
    Ok(users.into_iter().map(view).collect())
}

/// Disable a user
///
/// All their sign-ins and API keys stop working at once; what they wrote stays.
#[utoipa::path(tag = "platform admin", operation_id = "disable_user", params(UserPath), request_body = Reason,
    responses((status = 200, body = AdminUserView), Problems))]
#[post("/api/v1/admin/users/{user_id}/disable")]
pub async fn disable_user(
    admin: PlatformAdmin,
    path: web::Path<UserId>,
    state: web::Data<AppState>,
    body: ValidJson<Reason>,
) -> ApiResult<web::Json<AdminUserView>> {
    let id = path.into_inner();
    if id == admin.id {
        return Err(ApiError::conflict(
            "own_account",
            "You cannot disable yourself; another platform admin can.",
        ));
    }
    set_disabled(&state, &admin, id, &body, true).await
}

/// Enable a user again
///
/// They sign in with their old password; API keys they made work again.
#[utoipa::path(tag = "platform admin", operation_id = "enable_user", params(UserPath), request_body = Reason,
    responses((status = 200, body = AdminUserView), Problems))]
#[post("/api/v1/admin/users/{user_id}/enable")]
pub async fn enable_user(
    admin: PlatformAdmin,
    path: web::Path<UserId>,
    state: web::Data<AppState>,
    body: ValidJson<Reason>,
) -> ApiResult<web::Json<AdminUserView>> {
    set_disabled(&state, &admin, path.into_inner(), &body, false).await
}

async fn set_disabled(
    state: &AppState,
    admin: &PlatformAdmin,
    id: UserId,
    reason: &Reason,
    disabled: bool,
) -> ApiResult<web::Json<AdminUserView>> {
    let now = state.clock.now();
    let action = if disabled {
        "user_disabled"
    } else {
        "user_enabled"
    };
    let change = state.db.platform(async |tx: &mut PlatformTx<'_>| {
        if User::set_disabled(tx, id, disabled, now).await? {
            let ended = revoke_others(tx.conn(), id, None, action, now).await?;
            password_reset::forget(tx, id).await?;
            let details =
                json!({"by": admin.id, "reason": reason.as_str(), "sessions_ended": ended});
            identity_audit::record(tx.conn(), Some(id), action, details, now).await?;
        }
        ListedUser::find(tx, id).await?.ok_or(NOT_FOUND)
    });
    let user = change.await?;
    let view = views(state, vec![user]).await?.pop();
    Ok(web::Json(view.ok_or(NOT_FOUND)?))
}

/// Make a link to set a new password
///
/// For a user whom no mail reaches. Good for 30 minutes and once; links of before are worth nothing. Make sure that it is really they who ask.
#[utoipa::path(tag = "platform admin", operation_id = "create_reset_link", params(UserPath), request_body = Reason,
    responses((status = 200, body = ResetLink), Problems))]
#[post("/api/v1/admin/users/{user_id}/reset_link")]
pub async fn create_reset_link(
    admin: PlatformAdmin,
    path: web::Path<UserId>,
    state: web::Data<AppState>,
    body: ValidJson<Reason>,
) -> ApiResult<web::Json<ResetLink>> {
    let (id, now) = (path.into_inner(), state.clock.now());
    let make = state.db.platform(async |tx: &mut PlatformTx<'_>| {
        let user = User::find(tx, id).await?.ok_or(NOT_FOUND)?;
        if user.disabled_at.is_some() {
            return Err(ApiError::conflict(
                "user_disabled",
                "This user is disabled; enable them first.",
            ));
        }
        let made = password_reset::issue(tx, id, now).await?;
        let details = json!({"by": admin.id, "reason": body.as_str()});
        identity_audit::record(
            tx.conn(),
            Some(id),
            "password_reset_link_made",
            details,
            now,
        )
        .await?;
        Ok(made)
    });
    let (token, expires_at) = make.await?;
    Ok(web::Json(ResetLink {
        url: token.link(&state.settings.http.public_base_url),
        expires_at,
    }))
}
