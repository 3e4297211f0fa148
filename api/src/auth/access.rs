//! Permissions as arguments: a handler that takes `Access<Admin>` cannot be reached by anybody below.

mod credential;

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};

use self::credential::{Credential, How, Rights, session_claims, verify_user};
use super::standing::Standing;
use crate::db::InOrganization;
use crate::error::{ApiError, ApiResult};
use crate::ids::{ApiKeyId, OrganizationId, SessionId, UserId};
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

/// A verified member of the organization that the path names, with at least the role `R`; or a platform admin who may look into it for a
/// while (a viewer who changes nothing). The private fields keep everyone but the extractor from making one.
pub struct Access<R> {
    organization: OrganizationId,
    rights: Rights,
    _least: PhantomData<R>,
}

impl<R> Access<R> {
    /// Who acts; for an API key the member who made it.
    pub fn user(&self) -> UserId {
        self.rights.user
    }

    /// The role that counts, at least `R`: of a member their own, of an API key the lesser of its own and its maker's.
    pub fn role(&self) -> Role {
        self.rights.role
    }

    /// What is asked again of whoever stays long (R34, R45).
    pub fn standing(&self) -> Standing {
        self.rights.standing
    }

    pub fn is_by_api_key(&self) -> bool {
        matches!(self.rights.how, How::Key(_))
    }
}

fn reaches<R: AtLeast>(rights: &Rights) -> ApiResult<()> {
    if rights.role < R::ROLE {
        return Err(ApiError::Forbidden(
            "Your role in this organization does not allow this; ask an admin or the owner.",
        ));
    }
    Ok(())
}

impl<R> InOrganization for Access<R> {
    fn organization_id(&self) -> OrganizationId {
        self.organization
    }

    fn api_key(&self) -> Option<ApiKeyId> {
        match self.rights.how {
            How::Key(id) => Some(id),
            How::Member | How::Viewing => None,
        }
    }
}

impl<R: AtLeast + 'static> FromRequest for Access<R> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = ApiResult<Self>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let state = state(&request)?;
            let credential = Credential::of(&request, state)?;
            // Whoever is nobody learns nothing of ids: 401 comes before 404.
            let path = request
                .match_info()
                .get("organization_id")
                .and_then(|text| text.parse().ok());
            let Some(organization) = path.map(OrganizationId) else {
                return Err(credential.nowhere(state).await);
            };
            let rights = credential.rights(state, organization).await?;
            reaches::<R>(&rights)?;
            if !request.method().is_safe() {
                rights.may_change()?;
            }
            Ok(Self {
                organization,
                rights,
                _least: PhantomData,
            })
        })
    }
}

/// A signed-in user, whatever their organizations. API keys are none: they belong to one organization.
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
            let claims = session_claims(&request, state)?;
            verify_user(state, &claims).await?;
            Ok(Self {
                id: claims.sub,
                session: claims.sid,
            })
        })
    }
}

fn state(request: &HttpRequest) -> ApiResult<&AppState> {
    request
        .app_data::<web::Data<AppState>>()
        .map(|data| data.as_ref())
        .ok_or_else(|| ApiError::internal("no state in the app"))
}
