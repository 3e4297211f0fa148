//! The signed-in user: profile, password, sessions.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, delete, get, patch, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::extract::{PageParams, ValidJson, ValidQuery};
use super::fields::{Name, is_name, not_null};
use super::page::Page;
use super::session::{
    RefreshTokenGoes, Signed, SignedIn, TypedSecret, UserView, check_new_password, is_typed_secret,
    signed_in,
};
use crate::auth::access::CurrentUser;
use crate::auth::password::{POOL, Password, Slot, Verdict};
use crate::auth::throttle::{Attempt, ClientAddress};
use crate::db::PlatformTx;
use crate::error::{ApiError, ApiResult, Problems};
use crate::ids::SessionId;
use crate::models::identity_audit;
use crate::models::preferences::{Language, Sound, Theme};
use crate::models::session::{Session, revoke_others};
use crate::models::user::{User, UserChanges};
use crate::state::AppState;

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Rahim Uddin", "language": "en"}))]
pub struct UpdateMe {
    #[serde(default, deserialize_with = "not_null")]
    #[validate(custom(function = is_name))]
    #[schema(nullable = false)]
    pub name: Option<Name>,
    /// Of the web app and of mail.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    pub language: Option<Language>,
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    pub theme: Option<Theme>,
    /// Whether keyboard shortcuts are on.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    pub shortcuts: Option<bool>,
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    pub sound: Option<Sound>,
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"current_password": "sonar tori bhashe", "new_password": "rupar jole nouka dole"}))]
pub struct ChangePassword {
    #[validate(custom(function = is_typed_secret))]
    pub current_password: TypedSecret,
    /// 12 to 128 characters, and not one that is tried first.
    #[validate(custom(function = is_typed_secret))]
    pub new_password: TypedSecret,
    /// True: the refresh token comes in the body and no cookie is set.
    #[serde(default)]
    pub refresh_token_in_body: bool,
}

/// A sign-in of the user: one browser, one app.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionView {
    id: SessionId,
    /// What the client called itself.
    #[schema(example = "Mozilla/5.0 (X11; Linux x86_64)")]
    user_agent: String,
    created_at: DateTime<Utc>,
    last_used_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    /// Whether it is the one that asks.
    current: bool,
    ended_at: Option<DateTime<Utc>>,
    /// `refresh_token_reused`: its refresh token was used twice, so somebody else may have had it.
    #[schema(example = "refresh_token_reused")]
    ended_reason: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct SessionPath {
    pub session_id: SessionId,
}

/// Who I am
#[utoipa::path(tag = "session", operation_id = "get_me", responses((status = 200, body = UserView), Problems))]
#[get("/api/v1/me")]
pub async fn get_me(
    user: CurrentUser,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<UserView>> {
    let found = state
        .db
        .platform(async |tx: &mut PlatformTx<'_>| find(tx, &user).await)
        .await?;
    Ok(web::Json(UserView::new(found, state.clock.now())))
}

/// Change my profile
#[utoipa::path(tag = "session", operation_id = "update_me", request_body = UpdateMe,
    responses((status = 200, body = UserView), Problems))]
#[patch("/api/v1/me")]
pub async fn update_me(
    user: CurrentUser,
    state: web::Data<AppState>,
    body: ValidJson<UpdateMe>,
) -> ApiResult<web::Json<UserView>> {
    let now = state.clock.now();
    let changes = UserChanges {
        name: body.name.as_ref().map(Name::as_str),
        language: body.language,
        theme: body.theme,
        shortcuts: body.shortcuts,
        sound: body.sound,
    };
    let change = state.db.platform(async |tx: &mut PlatformTx<'_>| {
        Ok::<_, ApiError>(User::update(tx, user.id, &changes, now).await?)
    });
    Ok(web::Json(UserView::new(change.await?, now)))
}

async fn find(tx: &mut PlatformTx<'_>, user: &CurrentUser) -> ApiResult<User> {
    User::find(tx, user.id)
        .await?
        .ok_or(ApiError::NotFound("user"))
}

/// Change my password
///
/// Ends all other sign-ins; the answer has fresh tokens for this one, and the ones before are worth nothing. Wrong tries count as failed
/// log-ins.
#[utoipa::path(tag = "session", operation_id = "change_password", request_body = ChangePassword,
    responses((status = 200, body = SignedIn), Problems))]
#[post("/api/v1/me/password")]
pub async fn change_password(
    user: CurrentUser,
    address: ClientAddress,
    state: web::Data<AppState>,
    body: ValidJson<ChangePassword>,
) -> ApiResult<HttpResponse> {
    let slot = POOL.slot()?;
    let new = Password::new(body.new_password.get());
    let now = state.clock.now();
    let begin = state.db.platform(async |tx: &mut PlatformTx<'_>| {
        let found = find(tx, &user).await?;
        // Before the attempt is counted: a weak new password is no failed sign-in.
        check_new_password("new_password", &new, &found.email, &found.name)?;
        Ok::<_, ApiError>((
            Attempt::begin(tx, &found.email, &address, now).await?,
            found,
        ))
    });
    let (attempt, found) = begin.await?;
    if !verified(&state, &slot, &found, &attempt, &address, &body).await? {
        return Err(ApiError::field(
            "current_password",
            "wrong",
            "is not your password",
        ));
    }
    let hash = slot.hash(&new).await?;
    let signed = store(&state, &user, &found, attempt, &hash).await?;
    signed_in(
        &state,
        signed,
        RefreshTokenGoes::asked(body.refresh_token_in_body),
        StatusCode::OK,
    )
}

async fn verified(
    state: &AppState,
    slot: &Slot,
    user: &User,
    attempt: &Attempt,
    address: &ClientAddress,
    body: &ChangePassword,
) -> ApiResult<bool> {
    let verdict = slot
        .verify(
            Some(&user.password_hash),
            &Password::new(body.current_password.get()),
        )
        .await?;
    if verdict == Verdict::Wrong && attempt.is_last {
        let now = state.clock.now();
        let note = state.db.platform(async |tx: &mut PlatformTx<'_>| {
            Ok::<_, ApiError>(
                identity_audit::record_burst(tx.conn(), Some(user.id), address.as_str(), now)
                    .await?,
            )
        });
        note.await?;
    }
    Ok(verdict != Verdict::Wrong)
}

async fn store(
    state: &AppState,
    user: &CurrentUser,
    found: &User,
    attempt: Attempt,
    hash: &str,
) -> ApiResult<Signed> {
    let now = state.clock.now();
    let change = state.db.platform(async |tx: &mut PlatformTx<'_>| {
        let changed = || {
            ApiError::conflict(
                "password_changed",
                "The password was changed elsewhere meanwhile; log in with the new one.",
            )
        };
        found.lock_unchanged(tx).await?.ok_or_else(changed)?;
        attempt.take_back(tx).await?;
        let changed_user = User::store_new_password(tx, user.id, hash, now).await?;
        let ended = revoke_others(
            tx.conn(),
            user.id,
            Some(user.session),
            "password_changed",
            now,
        )
        .await?;
        let ended_now =
            || ApiError::Unauthorized("Sign in again: this sign-in was ended meanwhile.");
        let (session, token) = Session::renew(tx, user.id, user.session, now)
            .await?
            .ok_or_else(ended_now)?;
        identity_audit::record(
            tx.conn(),
            Some(user.id),
            "password_changed",
            json!({"sessions_ended": ended}),
            now,
        )
        .await?;
        Ok::<_, ApiError>(Signed {
            user: changed_user,
            session,
            token,
        })
    });
    change.await
}

/// List my sign-ins
///
/// The living ones, newest first; and for 30 days those that were ended because their refresh token was used twice.
#[utoipa::path(tag = "session", operation_id = "list_my_sessions", params(PageParams),
    responses((status = 200, body = Page<SessionView>), Problems))]
#[get("/api/v1/me/sessions")]
pub async fn list_my_sessions(
    user: CurrentUser,
    query: ValidQuery<PageParams>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<Page<SessionView>>> {
    let (page, now) = (query.page()?, state.clock.now());
    let list = state.db.platform(async |tx: &mut PlatformTx<'_>| {
        Ok::<_, ApiError>(Session::list(tx, user.id, &page, now).await?)
    });
    let view = |session: Session| SessionView {
        current: session.id == user.session,
        id: session.id,
        user_agent: session.user_agent,
        created_at: session.created_at,
        last_used_at: session.last_used_at,
        expires_at: session.expires_at,
        ended_at: session.revoked_at,
        ended_reason: session.revoked_reason,
    };
    Ok(web::Json(page.page(
        list.await?,
        |session| (session.created_at, session.id.0),
        view,
    )))
}

/// End one of my sign-ins
#[utoipa::path(tag = "session", operation_id = "end_my_session", params(SessionPath), responses((status = 204), Problems))]
#[delete("/api/v1/me/sessions/{session_id}")]
pub async fn end_my_session(
    user: CurrentUser,
    path: web::Path<SessionId>,
    state: web::Data<AppState>,
) -> ApiResult<HttpResponse> {
    let (id, now) = (path.into_inner(), state.clock.now());
    let end = state.db.platform(async |tx: &mut PlatformTx<'_>| {
        if !Session::revoke(tx, user.id, id, "ended_by_user", now).await? {
            return Err(ApiError::NotFound("session"));
        }
        identity_audit::record(
            tx.conn(),
            Some(user.id),
            "session_ended",
            json!({"session_id": id}),
            now,
        )
        .await?;
        Ok(())
    });
    end.await?;
    Ok(HttpResponse::NoContent().finish())
}
