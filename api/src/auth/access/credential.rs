//! What a request shows to prove who it is, and what that is worth in an organization at this moment (R34): looked up at each request, so
//! that a revocation works at once.

use actix_web::HttpRequest;
use actix_web::http::header;
use chrono::{DateTime, Utc};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::Role;
use crate::auth::opaque::ApiKeyToken;
use crate::auth::standing::Standing;
use crate::auth::token::Claims;
use crate::db::{InOrganization, PlatformTx, TenantTx};
use crate::error::{ApiError, ApiResult};
use crate::ids::{ApiKeyId, OrganizationId, UserId};
use crate::models::api_key::ApiKey;
use crate::schema::{memberships, organizations, sessions, users};
use crate::state::AppState;

const SIGN_IN_AGAIN: ApiError = ApiError::Unauthorized(
    "Sign in again: the access token is missing, expired or no longer valid.",
);
/// The same for a key of another organization: nothing is told about organizations.
const NO_SUCH_KEY: ApiError = ApiError::Unauthorized(
    "This API key is not one of this organization, or it was revoked or has expired; make a new one.",
);
const NOT_FOUND: ApiError = ApiError::NotFound("organization");

/// What stands in the `Authorization` header.
pub(super) enum Credential {
    Session(Claims),
    Key(ApiKeyToken),
}

/// How somebody comes to be in an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Member,
    Key(ApiKeyId),
    /// A platform admin who looks around.
    Viewing,
}

/// What a credential is worth in an organization.
pub(super) struct Rights {
    pub user: UserId,
    pub role: Role,
    pub how: How,
    /// What is asked again later of whoever stays long (R34, R45).
    pub standing: Standing,
    /// Why the organization is suspended, if it is.
    suspended: Option<String>,
}

impl Rights {
    /// Whatever the role: looking around changes nothing, and neither does anybody in a suspended organization.
    pub fn may_change(&self) -> ApiResult<()> {
        if self.how == How::Viewing {
            return Err(ApiError::Forbidden(
                "You are viewing this organization as a platform admin; viewing changes nothing.",
            ));
        }
        match &self.suspended {
            Some(reason) => Err(ApiError::Suspended {
                reason: reason.clone(),
            }),
            None => Ok(()),
        }
    }
}

impl Credential {
    pub fn of(request: &HttpRequest, state: &AppState) -> ApiResult<Self> {
        let shown = bearer(request).ok_or(SIGN_IN_AGAIN)?;
        match ApiKeyToken::parse(shown) {
            Some(key) => Ok(Self::Key(key)),
            None => Ok(Self::Session(session_claims(request, state)?)),
        }
    }

    /// What it is worth in `organization` now.
    pub async fn rights(
        &self,
        state: &AppState,
        organization: OrganizationId,
    ) -> ApiResult<Rights> {
        let now = state.clock.now();
        let asked = Asked(organization);
        state
            .db
            .tenant(&asked, async |tx: &mut TenantTx<'_>| match self {
                Self::Session(claims) => of_session(tx, claims, now).await,
                Self::Key(key) => of_key(tx, key, now).await,
            })
            .await
    }

    /// The error for a path that names no organization at all.
    pub async fn nowhere(&self, state: &AppState) -> ApiError {
        match self {
            Self::Key(_) => NO_SUCH_KEY,
            Self::Session(claims) => verify_user(state, claims).await.err().unwrap_or(NOT_FOUND),
        }
    }
}

/// The path's organization, not yet known to be the caller's: it is only used to look for what makes it so.
struct Asked(OrganizationId);

impl InOrganization for Asked {
    fn organization_id(&self) -> OrganizationId {
        self.0
    }
}

fn bearer(request: &HttpRequest) -> Option<&str> {
    let header = request
        .headers()
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?;
    let token = header
        .strip_prefix("Bearer ")
        .or_else(|| header.strip_prefix("bearer "))?;
    Some(token.trim())
}

/// The claims of a good access token; nothing is looked up yet.
pub(super) fn session_claims(request: &HttpRequest, state: &AppState) -> ApiResult<Claims> {
    let token = bearer(request).ok_or(SIGN_IN_AGAIN)?;
    state
        .access_tokens
        .verify(token, state.clock.now())
        .map_err(|_| SIGN_IN_AGAIN)
}

/// User, session and version must live.
pub(super) async fn verify_user(state: &AppState, claims: &Claims) -> ApiResult<()> {
    let valid = state
        .db
        .platform(async |tx: &mut PlatformTx<'_>| {
            live_session(tx.conn(), claims)
                .await
                .map_err(ApiError::from)
        })
        .await?;
    if valid { Ok(()) } else { Err(SIGN_IN_AGAIN) }
}

async fn live_session(
    connection: &mut diesel_async::AsyncPgConnection,
    claims: &Claims,
) -> QueryResult<bool> {
    diesel::select(exists(
        sessions::table
            .inner_join(users::table)
            .filter(sessions::id.eq(claims.sid))
            .filter(sessions::user_id.eq(claims.sub))
            .filter(sessions::revoked_at.is_null())
            .filter(users::version.eq(claims.ver))
            .filter(users::disabled_at.is_null()),
    ))
    .get_result(connection)
    .await
}

async fn of_session(
    tx: &mut TenantTx<'_>,
    claims: &Claims,
    now: DateTime<Utc>,
) -> ApiResult<Rights> {
    if !live_session(tx.conn(), claims).await? {
        return Err(SIGN_IN_AGAIN);
    }
    let member: Option<(String, Option<DateTime<Utc>>, Option<String>)> = memberships::table
        .inner_join(organizations::table)
        .filter(memberships::organization_id.eq(tx.organization()))
        .filter(memberships::user_id.eq(claims.sub))
        .filter(memberships::ended_at.is_null())
        .filter(organizations::deleted_at.is_null())
        .select((
            memberships::role,
            organizations::suspended_at,
            organizations::suspended_reason,
        ))
        .first(tx.conn())
        .await
        .optional()?;
    let Some((role, suspended_at, reason)) = member else {
        return viewing(tx, claims, now).await;
    };
    Ok(Rights {
        user: claims.sub,
        role: role.parse().map_err(|()| NOT_FOUND)?,
        how: How::Member,
        standing: Standing::of_session(claims),
        suspended: suspended_at.map(|_| reason.unwrap_or_default()),
    })
}

/// Nobody's member, but perhaps a platform admin who said why they want to look.
async fn viewing(tx: &mut TenantTx<'_>, claims: &Claims, now: DateTime<Utc>) -> ApiResult<Rights> {
    let granted = users::table
        .filter(users::id.eq(claims.sub))
        .filter(users::is_platform_admin)
        .filter(users::viewing_organization_id.eq(tx.organization()))
        .filter(users::viewing_until.gt(now))
        .select(users::id);
    let lives = organizations::table
        .filter(organizations::organization_id.eq(tx.organization()))
        .filter(organizations::deleted_at.is_null());
    let may: bool = diesel::select(exists(lives.filter(exists(granted))))
        .get_result(tx.conn())
        .await?;
    if !may {
        return Err(NOT_FOUND);
    }
    Ok(Rights {
        user: claims.sub,
        role: Role::Viewer,
        how: How::Viewing,
        standing: Standing::of_session(claims),
        suspended: None,
    })
}

async fn of_key(tx: &mut TenantTx<'_>, key: &ApiKeyToken, now: DateTime<Utc>) -> ApiResult<Rights> {
    let (key, member, suspended) = ApiKey::authenticate(tx, &key.hash(), now)
        .await?
        .ok_or(NO_SUCH_KEY)?;
    key.note_use(tx, now).await?;
    Ok(Rights {
        user: key.created_by,
        role: Role::from(key.role).min(member),
        how: How::Key(key.id),
        standing: Standing::of_key(key.created_by, key.id),
        suspended,
    })
}
