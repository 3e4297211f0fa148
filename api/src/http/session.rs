//! Signing in and out: register, log in, refresh, log out.
//!
//! Browsers get the refresh token in an HttpOnly cookie that only these addresses see; other clients ask for it in the body. An access
//! token is in the body always, and a browser keeps it in memory only (R39).

mod answer;
mod presented;
mod sign_in;
mod typed_secret;

pub use answer::{RefreshTokenGoes, Signed, SignedIn, UserView, signed_in};
pub use presented::without_cookie;
pub use sign_in::check_new_password;
pub use typed_secret::{TypedSecret, is_typed_secret};

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, ResponseError, post, web};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use self::presented::Presented;
use crate::auth::access::CurrentUser;
use crate::auth::throttle::ClientAddress;
use crate::db::PlatformTx;
use crate::error::{ApiError, ApiResult, Problems};
use crate::http::extract::ValidJson;
use crate::http::fields::{Name, is_name, not_null};
use crate::metrics::metrics;
use crate::models::identity_audit;
use crate::models::preferences::Language;
use crate::models::session::{Rotation, Session, revoke_others};
use crate::models::user::User;
use crate::state::AppState;

#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "rahim@shapla.example", "password": "sonar tori bhashe", "name": "Rahim Uddin"}))]
pub struct Register {
    #[validate(email, length(max = 254))]
    #[schema(format = "email", max_length = 254)]
    pub email: String,
    /// 12 to 128 characters, and not one that is tried first.
    #[validate(custom(function = is_typed_secret))]
    pub password: TypedSecret,
    #[validate(custom(function = is_name))]
    pub name: Name,
    /// Of the web app and of mail; `bn` if not given.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    pub language: Option<Language>,
    /// True: the refresh token comes in the body and no cookie is set.
    #[serde(default)]
    pub refresh_token_in_body: bool,
}

#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "rahim@shapla.example", "password": "sonar tori bhashe", "refresh_token_in_body": true}))]
pub struct LogIn {
    #[validate(email, length(max = 254))]
    #[schema(format = "email", max_length = 254)]
    pub email: String,
    #[validate(custom(function = is_typed_secret))]
    pub password: TypedSecret,
    /// True: the refresh token comes in the body and no cookie is set.
    #[serde(default)]
    pub refresh_token_in_body: bool,
}

/// For clients that got their refresh token in the body. Browsers send no body: their cookie is used.
#[derive(Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"refresh_token": "bcr_00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"}))]
pub struct ShownRefreshToken {
    #[validate(custom(function = is_typed_secret))]
    pub refresh_token: Option<TypedSecret>,
}

/// Register
///
/// Signs the new user in. An address that is registered already answers 409 `registration_not_possible`, unless the password is its own: then
/// this is a log-in, so that a request whose answer was lost can be sent again.
#[utoipa::path(tag = "session", operation_id = "register", request_body = Register, security(()),
    responses((status = 201, body = SignedIn), Problems))]
#[post("/api/v1/auth/register")]
pub async fn register(
    request: HttpRequest,
    address: ClientAddress,
    state: web::Data<AppState>,
    body: ValidJson<Register>,
) -> ApiResult<HttpResponse> {
    let signed_in = sign_in::register(&state, &body, &address, &user_agent(&request)).await?;
    answer::signed_in(
        &state,
        signed_in,
        RefreshTokenGoes::asked(body.refresh_token_in_body),
        StatusCode::CREATED,
    )
}

/// Log in
///
/// 401 for an unknown address as for a wrong password. After 10 failures for an account, or 30 from one network address, within 15 minutes:
/// 429 with `Retry-After`.
#[utoipa::path(tag = "session", operation_id = "log_in", request_body = LogIn, security(()),
    responses((status = 200, body = SignedIn), Problems))]
#[post("/api/v1/auth/login")]
pub async fn log_in(
    request: HttpRequest,
    address: ClientAddress,
    state: web::Data<AppState>,
    body: ValidJson<LogIn>,
) -> ApiResult<HttpResponse> {
    let signed_in = sign_in::log_in(&state, &body, &address, &user_agent(&request)).await?;
    answer::signed_in(
        &state,
        signed_in,
        RefreshTokenGoes::asked(body.refresh_token_in_body),
        StatusCode::OK,
    )
}

/// Get a new access token
///
/// The refresh token is used up; the answer holds the next one, where this one came from. Browsers send their cookie, no body, and the header
/// `X-Requested-With: banglachat`. A refresh token that is used twice ends the sign-in, for somebody else may have it.
#[utoipa::path(tag = "session", operation_id = "refresh_session", request_body = Option<ShownRefreshToken>, security(()),
    params(("X-Requested-With" = Option<String>, Header, description = "`banglachat`, demanded when the cookie is used")),
    responses((status = 200, body = SignedIn), Problems))]
#[post("/api/v1/auth/refresh")]
pub async fn refresh_session(
    state: web::Data<AppState>,
    shown: Presented,
) -> ApiResult<HttpResponse> {
    let goes = shown.goes;
    match rotate(&state, shown).await {
        Ok(signed_in) => answer::signed_in(&state, signed_in, goes, StatusCode::OK),
        Err(error @ ApiError::Unauthorized(_)) => {
            Ok(without_cookie(&state.settings.http, error.error_response()))
        }
        Err(error) => Err(error),
    }
}

const SIGN_IN_AGAIN: ApiError = ApiError::Unauthorized(
    "Sign in again: the refresh token is missing, used up or no longer valid.",
);
const TOKEN_REUSED: ApiError = ApiError::Unauthorized(
    "This sign-in was ended, because its refresh token was used twice: somebody else may have it. Sign in again; if that was not you, change your password.",
);

async fn rotate(state: &AppState, shown: Presented) -> ApiResult<answer::Signed> {
    let token = shown.token.ok_or(SIGN_IN_AGAIN)?;
    let now = state.clock.now();
    let rotation = state.db.platform(async |tx: &mut PlatformTx<'_>| {
        let rotation = Session::rotate(tx, &token, &state.settings.keys.refresh, now).await?;
        if let Rotation::Reused(session) = &rotation {
            let details = serde_json::json!({"session_id": session.id});
            identity_audit::record(
                tx.conn(),
                Some(session.user_id),
                "refresh_token_reused",
                details,
                now,
            )
            .await?;
        }
        // Also a reuse is committed: it ended the family.
        Ok::<_, ApiError>(rotation)
    });
    match rotation.await? {
        Rotation::Fresh {
            user,
            session,
            token,
        } => Ok(answer::Signed {
            user: *user,
            session,
            token,
        }),
        Rotation::Reused(session) => {
            metrics().refresh_reuse.inc();
            tracing::warn!(session.id = %session.id, "a refresh token was used twice; its session was ended");
            Err(TOKEN_REUSED)
        }
        Rotation::Unknown => Err(SIGN_IN_AGAIN),
    }
}

/// Log out
///
/// Ends the sign-in that the refresh token belongs to. Browsers send their cookie, no body, and the header `X-Requested-With: banglachat`. A token
/// that is unknown or used up is no error: afterwards it is certainly worth nothing.
#[utoipa::path(tag = "session", operation_id = "log_out", request_body = Option<ShownRefreshToken>, security(()),
    params(("X-Requested-With" = Option<String>, Header, description = "`banglachat`, demanded when the cookie is used")),
    responses((status = 204), Problems))]
#[post("/api/v1/auth/logout")]
pub async fn log_out(state: web::Data<AppState>, shown: Presented) -> ApiResult<HttpResponse> {
    if let Some(token) = shown.token {
        let now = state.clock.now();
        let end = state.db.platform(async |tx: &mut PlatformTx<'_>| {
            let Some(session) = Session::lock_of_token(tx, &token).await? else {
                return Ok(());
            };
            if Session::revoke(tx, session.user_id, session.id, "signed_out", now).await? {
                let details = serde_json::json!({"session_id": session.id});
                identity_audit::record(
                    tx.conn(),
                    Some(session.user_id),
                    "signed_out",
                    details,
                    now,
                )
                .await?;
            }
            Ok::<_, ApiError>(())
        });
        end.await?;
    }
    Ok(without_cookie(
        &state.settings.http,
        HttpResponse::NoContent().finish(),
    ))
}

/// Log out everywhere
///
/// Ends all sign-ins of the user, this one too; every access token dies at once.
#[utoipa::path(tag = "session", operation_id = "log_out_everywhere", responses((status = 204), Problems))]
#[post("/api/v1/auth/logout_all")]
pub async fn log_out_everywhere(
    user: CurrentUser,
    state: web::Data<AppState>,
) -> ApiResult<HttpResponse> {
    let now = state.clock.now();
    let end = state.db.platform(async |tx: &mut PlatformTx<'_>| {
        User::raise_version(tx, user.id, now).await?;
        let ended = revoke_others(tx.conn(), user.id, None, "signed_out_everywhere", now).await?;
        let details = serde_json::json!({"sessions": ended});
        identity_audit::record(
            tx.conn(),
            Some(user.id),
            "signed_out_everywhere",
            details,
            now,
        )
        .await?;
        Ok::<_, ApiError>(())
    });
    end.await?;
    Ok(without_cookie(
        &state.settings.http,
        HttpResponse::NoContent().finish(),
    ))
}

/// What the client calls itself, for the user's own list of sessions.
fn user_agent(request: &HttpRequest) -> String {
    let header = request
        .headers()
        .get("user-agent")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    header
        .chars()
        .filter(|c| !c.is_control())
        .take(200)
        .collect()
}
