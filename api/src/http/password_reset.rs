//! Forgotten passwords (R33, R37).
//!
//! Asking does the same work for every address: a row is put into the mail queue. Whether there is such a user is looked up by the worker,
//! and only the address's owner learns the answer. Without a mail server nothing is sent; a platform admin or the operator makes the link.

use actix_web::{HttpResponse, post, web};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use validator::Validate;

use super::extract::ValidJson;
use super::session::{TypedSecret, check_new_password, is_typed_secret};
use crate::auth::opaque::ResetToken;
use crate::auth::password::{POOL, Password};
use crate::auth::throttle::{Attempt, ClientAddress, count_reset_request};
use crate::db::PlatformTx;
use crate::error::{ApiError, ApiResult, Problems};
use crate::models::mail::{self, Subject};
use crate::models::session::revoke_others;
use crate::models::user::{User, normalized_email};
use crate::models::{identity_audit, password_reset};
use crate::state::AppState;

#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "rahim@shapla.example"}))]
pub struct ForgotPassword {
    #[validate(email, length(max = 254))]
    #[schema(format = "email", max_length = 254)]
    pub email: String,
}

#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"token": "bcp_00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", "password": "rupar jole nouka dole"}))]
pub struct ResetPassword {
    /// What stands behind `#token=` in the link.
    #[validate(custom(function = is_typed_secret))]
    pub token: TypedSecret,
    /// 12 to 128 characters, and not one that is tried first.
    #[validate(custom(function = is_typed_secret))]
    pub password: TypedSecret,
}

fn no_such_link() -> ApiError {
    ApiError::conflict(
        "reset_link_invalid",
        "This link was used, is older than 30 minutes, or a newer one has taken its place; ask for a new one.",
    )
}

/// Ask for a link to set a new password
///
/// Always 202, whether the address has an account or not. Where mail is sent (`GET /api/v1/installation`), an account's owner gets a link that
/// is good for 30 minutes and once; links of before are worth nothing then.
#[utoipa::path(tag = "session", operation_id = "forgot_password", request_body = ForgotPassword, security(()),
    responses((status = 202, description = "Asked"), Problems))]
#[post("/api/v1/auth/forgot_password")]
pub async fn forgot_password(
    address: ClientAddress,
    state: web::Data<AppState>,
    body: ValidJson<ForgotPassword>,
) -> ApiResult<HttpResponse> {
    let (email, now) = (normalized_email(&body.email), state.clock.now());
    let ask = state.db.platform(async |tx: &mut PlatformTx<'_>| {
        let within_limit = count_reset_request(tx, &email, &address, now).await?;
        // Beyond the limit nothing is sent and nothing told: nobody's mailbox is filled.
        if within_limit && state.mailer.is_some() {
            mail::enqueue(tx.conn(), &email, &Subject::PasswordReset, now).await?;
        }
        Ok::<_, ApiError>(())
    });
    ask.await?;
    Ok(HttpResponse::Accepted().finish())
}

/// Set a new password with a link
///
/// Uses the link up and ends all sign-ins of the user. 409 `reset_link_invalid` for a link that is unknown, used, too old or replaced.
#[utoipa::path(tag = "session", operation_id = "reset_password", request_body = ResetPassword, security(()),
    responses((status = 204), Problems))]
#[post("/api/v1/auth/reset_password")]
pub async fn reset_password(
    address: ClientAddress,
    state: web::Data<AppState>,
    body: ValidJson<ResetPassword>,
) -> ApiResult<HttpResponse> {
    let slot = POOL.slot()?;
    let (token, now) = (body.token.get().expose_secret(), state.clock.now());
    let token = ResetToken::parse(token);
    let find = state.db.platform(async |tx: &mut PlatformTx<'_>| {
        let attempt = Attempt::begin_with_link(tx, &address, now).await?;
        let user = match &token {
            Some(token) => password_reset::find_user(tx, token, now).await?,
            None => None,
        };
        // Committed also for a wrong one: it counts.
        Ok::<_, ApiError>((attempt, user))
    });
    let (attempt, user) = find.await?;
    let (token, user) = token.zip(user).ok_or_else(no_such_link)?;
    let password = Password::new(body.password.get());
    let judged = check_new_password("password", &password, &user.email, &user.name);
    if judged.is_err() {
        give_back(&state, attempt).await?;
        return judged.map(|()| HttpResponse::NoContent().finish());
    }
    let hash = slot.hash(&password).await?;
    let set = state.db.platform(async |tx: &mut PlatformTx<'_>| {
        attempt.take_back(tx).await?;
        set_password(tx, &state, &user, &token, &hash).await
    });
    set.await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The link was right, only the password was too easy to guess.
async fn give_back(state: &AppState, attempt: Attempt) -> ApiResult<()> {
    let back = state
        .db
        .platform(async |tx: &mut PlatformTx<'_>| Ok::<_, ApiError>(attempt.take_back(tx).await?));
    back.await
}

async fn set_password(
    tx: &mut PlatformTx<'_>,
    state: &AppState,
    user: &User,
    token: &ResetToken,
    hash: &str,
) -> ApiResult<()> {
    let now = state.clock.now();
    // The user's row first, as everything that changes a password takes it: two links, or a link and a change, are one after the other.
    user.lock_unchanged(tx).await?.ok_or_else(no_such_link)?;
    if !password_reset::use_up(tx, token, now).await? {
        return Err(no_such_link());
    }
    User::store_new_password(tx, user.id, hash, now).await?;
    let ended = revoke_others(tx.conn(), user.id, None, "password_reset", now).await?;
    let details = json!({"sessions_ended": ended});
    identity_audit::record(tx.conn(), Some(user.id), "password_reset", details, now).await?;
    Ok(())
}
