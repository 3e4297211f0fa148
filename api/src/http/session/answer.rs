//! What a sign-in answers: the tokens, and who it is.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::presented::refresh_cookie;
use crate::auth::refresh::RefreshToken;
use crate::auth::token::ACCESS_TOKEN_SECONDS;
use crate::error::{ApiError, ApiResult};
use crate::ids::{OrganizationId, UserId};
use crate::models::preferences::{Language, Sound, Theme};
use crate::models::session::Session;
use crate::models::user::User;
use crate::state::AppState;

/// A sign-in, or the next step of one.
pub struct Signed {
    pub user: User,
    pub session: Session,
    pub token: RefreshToken,
}

/// Where the refresh token goes, and where the next ones are expected from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefreshTokenGoes {
    IntoCookie,
    IntoBody,
}

impl RefreshTokenGoes {
    pub fn asked(in_body: bool) -> Self {
        if in_body {
            Self::IntoBody
        } else {
            Self::IntoCookie
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct SignedIn {
    /// Send it as `Authorization: Bearer ...`; keep it in memory only.
    #[schema(value_type = String)]
    #[serde(serialize_with = "exposed")]
    access_token: SecretString,
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// Seconds until the access token expires.
    #[schema(example = 900, minimum = 1)]
    expires_in: i64,
    /// Only where it was asked for in the body; otherwise it is in a cookie.
    #[schema(value_type = Option<String>, example = "bcr_00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")]
    #[serde(
        serialize_with = "exposed_if_any",
        skip_serializing_if = "Option::is_none"
    )]
    refresh_token: Option<SecretString>,
    user: UserView,
}

/// A user, as they see themselves.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserView {
    pub id: UserId,
    #[schema(example = "rahim@shapla.example")]
    pub email: String,
    #[schema(example = "Rahim Uddin")]
    pub name: String,
    pub is_platform_admin: bool,
    pub language: Language,
    pub theme: Theme,
    /// Whether keyboard shortcuts are on.
    pub shortcuts: bool,
    pub sound: Sound,
    /// The organization that a platform admin is looking into: show it all the time.
    pub viewing: Option<ViewingView>,
    pub created_at: DateTime<Utc>,
}

/// A look of a platform admin into an organization.
#[derive(Debug, Serialize, ToSchema)]
pub struct ViewingView {
    pub organization_id: OrganizationId,
    #[schema(example = "Shapla Store")]
    pub name: String,
    pub until: DateTime<Utc>,
}

impl UserView {
    pub fn new(user: User, now: DateTime<Utc>) -> Self {
        let viewing = user.viewing(now).map(|viewing| ViewingView {
            organization_id: viewing.organization,
            name: viewing.name,
            until: viewing.until,
        });
        Self {
            id: user.id,
            email: user.email,
            name: user.name,
            is_platform_admin: user.is_platform_admin,
            language: user.language,
            theme: user.theme,
            shortcuts: user.shortcuts,
            sound: user.sound,
            viewing,
            created_at: user.created_at,
        }
    }
}

/// The answer to a sign-in.
pub fn signed_in(
    state: &AppState,
    signed: Signed,
    goes: RefreshTokenGoes,
    status: StatusCode,
) -> ApiResult<HttpResponse> {
    let Signed {
        user,
        session,
        token,
    } = signed;
    let now = state.clock.now();
    let access_token = state
        .access_tokens
        .issue(user.id, session.id, user.version, now)
        .map_err(ApiError::internal)?;
    let mut response = HttpResponse::build(status);
    let refresh_token = match goes {
        RefreshTokenGoes::IntoBody => Some(SecretString::from(token.expose())),
        RefreshTokenGoes::IntoCookie => {
            response.cookie(refresh_cookie(
                &state.settings.http,
                &token,
                session.expires_at - now,
            ));
            None
        }
    };
    Ok(response.json(SignedIn {
        access_token: access_token.into(),
        token_type: "Bearer",
        expires_in: ACCESS_TOKEN_SECONDS,
        refresh_token,
        user: UserView::new(user, now),
    }))
}

fn exposed<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose_secret())
}

fn exposed_if_any<S: Serializer>(
    secret: &Option<SecretString>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match secret {
        Some(secret) => exposed(secret, serializer),
        None => serializer.serialize_none(),
    }
}
