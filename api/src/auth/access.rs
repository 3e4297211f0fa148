//! Permissions as arguments: a handler that takes `Access<Admin>` cannot be reached by anybody below.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::standing::Standing;
use super::token::Claims;
use crate::db::{InOrganization, PlatformTx, TenantTx};
use crate::error::{ApiError, ApiResult};
use crate::ids::{OrganizationId, SessionId, UserId};
use crate::schema::{memberships, organizations, sessions, users};
use crate::state::AppState;

/// What a member may do; each one may do what the ones before may.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads.
    Viewer,
    /// Answers customers, writes knowledge.
    Operator,
    /// Agents, accounts, team.
    Admin,
    /// Everything, and there is always one.
    Owner,
}

impl Role {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }
}

impl std::str::FromStr for Role {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Viewer, Self::Operator, Self::Admin, Self::Owner]
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or(())
    }
}

/// The least role that an `Access` stands for.
pub trait AtLeast {
    const ROLE: Role;
}

macro_rules! levels {
    ($($name:ident),+) => {$(
        /// See [`Role`].
        pub struct $name;
        impl AtLeast for $name {
            const ROLE: Role = Role::$name;
        }
    )+};
}
levels!(Viewer, Operator, Admin, Owner);

/// A verified member of the organization that the path names, with at least the role `R`. The private fields keep everyone but
/// the extractor from making one.
pub struct Access<R> {
    organization: OrganizationId,
    user: UserId,
    role: Role,
    pub(super) standing: Standing,
    _least: PhantomData<R>,
}

impl<R> Access<R> {
    pub fn user(&self) -> UserId {
        self.user
    }

    /// The member's own role, at least `R`.
    pub fn role(&self) -> Role {
        self.role
    }
}

impl<R> InOrganization for Access<R> {
    fn organization_id(&self) -> OrganizationId {
        self.organization
    }
}

impl<R: AtLeast + 'static> FromRequest for Access<R> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = ApiResult<Self>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let state = state(&request)?;
            let claims = claims(&request, state)?;
            // Whoever is nobody learns nothing of ids: 401 comes before 404.
            let path = request
                .match_info()
                .get("organization_id")
                .and_then(|text| text.parse().ok());
            let Some(organization) = path.map(OrganizationId) else {
                verify_user(state, &claims).await?;
                return Err(ApiError::NotFound("organization"));
            };
            let role = verify_member(state, &claims, organization)
                .await?
                .ok_or(ApiError::NotFound("organization"))?;
            if role < R::ROLE {
                return Err(ApiError::Forbidden(
                    "Your role in this organization does not allow this; ask an admin or the owner.",
                ));
            }
            Ok(Self {
                organization,
                user: claims.sub,
                role,
                standing: Standing {
                    user: claims.sub,
                    session: claims.sid,
                    version: claims.ver,
                },
                _least: PhantomData,
            })
        })
    }
}

/// A signed-in user, whatever their organizations.
pub struct CurrentUser {
    pub id: UserId,
    pub session: SessionId,
}

impl FromRequest for CurrentUser {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = ApiResult<Self>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let state = state(&request)?;
            let claims = claims(&request, state)?;
            verify_user(state, &claims).await?;
            Ok(Self {
                id: claims.sub,
                session: claims.sid,
            })
        })
    }
}

const SIGN_IN_AGAIN: ApiError = ApiError::Unauthorized(
    "Sign in again: the access token is missing, expired or no longer valid.",
);

fn state(request: &HttpRequest) -> ApiResult<&AppState> {
    request
        .app_data::<web::Data<AppState>>()
        .map(|data| data.as_ref())
        .ok_or_else(|| ApiError::internal("no state in the app"))
}

fn claims(request: &HttpRequest, state: &AppState) -> ApiResult<Claims> {
    let header = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let token = header.and_then(|value| {
        value
            .strip_prefix("Bearer ")
            .or_else(|| value.strip_prefix("bearer "))
    });
    state
        .access_tokens
        .verify(token.ok_or(SIGN_IN_AGAIN)?.trim(), state.clock.now())
        .map_err(|_| SIGN_IN_AGAIN)
}

/// R34: user, session and version are looked up at each request, so that a revocation works at once.
async fn verify_user(state: &AppState, claims: &Claims) -> ApiResult<()> {
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
    diesel::select(diesel::dsl::exists(
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

/// The path's organization, not yet known to be the caller's: it is only used to look for the membership.
struct Asked(OrganizationId);

impl InOrganization for Asked {
    fn organization_id(&self) -> OrganizationId {
        self.0
    }
}

async fn verify_member(
    state: &AppState,
    claims: &Claims,
    organization: OrganizationId,
) -> ApiResult<Option<Role>> {
    state
        .db
        .tenant(&Asked(organization), async |tx: &mut TenantTx<'_>| {
            if !live_session(tx.conn(), claims).await? {
                return Err(SIGN_IN_AGAIN);
            }
            let role: Option<String> = memberships::table
                .inner_join(organizations::table)
                .filter(memberships::organization_id.eq(organization))
                .filter(memberships::user_id.eq(claims.sub))
                .filter(memberships::ended_at.is_null())
                .filter(organizations::deleted_at.is_null())
                .select(memberships::role)
                .first(tx.conn())
                .await
                .optional()?;
            Ok(role.and_then(|role| role.parse().ok()))
        })
        .await
}
