//! API keys: for programs that work in one organization. A key acts as the member who made it, with the lesser of its own role and theirs,
//! and ends with the membership. Keys are made and ended by people: no key makes another one that would outlive it.

use actix_web::{HttpResponse, delete, get, post, web};
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::extract::{OrganizationPath, PageParams, ValidJson, ValidQuery};
use super::fields::{Name, is_name};
use super::page::Page;
use crate::auth::access::{Access, Admin, Role};
use crate::auth::opaque::ApiKeyToken;
use crate::db::TenantTx;
use crate::error::{ApiError, ApiResult, Problems};
use crate::http::person::Person;
use crate::ids::{ApiKeyId, OrganizationId, UserId};
use crate::models::api_key::{ApiKey, ApiKeyRole, NewApiKey};
use crate::models::audit;
use crate::models::member::Member;
use crate::models::organization::Organization;
use crate::state::AppState;

/// A bound for what one organization can heap up.
const MAX_KEYS: i64 = 100;
const LONGEST: TimeDelta = TimeDelta::days(5 * 366);

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Order export", "role": "viewer"}))]
pub struct CreateApiKey {
    #[validate(custom(function = is_name))]
    pub name: Name,
    /// Not above your own role.
    pub role: ApiKeyRole,
    /// At most five years ahead; without it the key is good until it is revoked.
    pub expires_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ApiKeyView {
    id: ApiKeyId,
    #[schema(example = "Order export")]
    name: String,
    role: ApiKeyRole,
    /// The last four characters, to tell keys apart.
    #[schema(example = "9f3a")]
    last4: String,
    /// The member as whom it acts.
    created_by: Person,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    /// Exact to a minute; null while it was never used.
    last_used_at: Option<DateTime<Utc>>,
}

impl ApiKeyView {
    fn new((key, maker): (ApiKey, String)) -> Self {
        Self {
            id: key.id,
            name: key.name,
            role: key.role,
            last4: key.last4,
            created_by: Person {
                user_id: key.created_by,
                name: maker,
            },
            created_at: key.created_at,
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct CreatedApiKey {
    /// Send it as `Authorization: Bearer ...`; it is not shown again. Never put it into an address.
    #[schema(value_type = String, example = "bck_00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")]
    #[serde(serialize_with = "exposed")]
    key: SecretString,
    api_key: ApiKeyView,
}

fn exposed<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose_secret())
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ApiKeyPath {
    pub organization_id: OrganizationId,
    pub api_key_id: ApiKeyId,
}

fn by_a_person(access: &Access<Admin>) -> ApiResult<()> {
    if access.is_by_api_key() {
        return Err(ApiError::Forbidden(
            "API keys are managed by people; sign in to do this.",
        ));
    }
    Ok(())
}

/// List API keys
///
/// Newest first; revoked ones are gone, expired ones stay until they are revoked.
#[utoipa::path(tag = "api keys", operation_id = "list_api_keys", params(OrganizationPath, PageParams),
    responses((status = 200, body = Page<ApiKeyView>), Problems))]
#[get("/api/v1/organizations/{organization_id}/api_keys")]
pub async fn list_api_keys(
    access: Access<Admin>,
    query: ValidQuery<PageParams>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<Page<ApiKeyView>>> {
    by_a_person(&access)?;
    let page = query.page()?;
    let list = state.db.tenant(&access, async |tx: &mut TenantTx<'_>| {
        Ok::<_, ApiError>(ApiKey::list(tx, &page).await?)
    });
    Ok(web::Json(page.page(
        list.await?,
        |(key, _)| (key.created_at, key.id.0),
        ApiKeyView::new,
    )))
}

/// Create an API key
///
/// The answer shows the key, once. It works in this organization only, until it expires, is revoked, or your membership ends.
#[utoipa::path(tag = "api keys", operation_id = "create_api_key", params(OrganizationPath), request_body = CreateApiKey,
    responses((status = 201, body = CreatedApiKey), Problems))]
#[post("/api/v1/organizations/{organization_id}/api_keys")]
pub async fn create_api_key(
    access: Access<Admin>,
    state: web::Data<AppState>,
    body: ValidJson<CreateApiKey>,
) -> ApiResult<HttpResponse> {
    by_a_person(&access)?;
    let now = state.clock.now();
    if Role::from(body.role) > access.role() {
        return Err(ApiError::Forbidden(
            "A key cannot have a role above your own.",
        ));
    }
    check_expiry(body.expires_at, now)?;
    let token = ApiKeyToken::random();
    let create = state.db.tenant(&access, async |tx: &mut TenantTx<'_>| {
        insert(tx, &body, access.user(), &token, now).await
    });
    let api_key = ApiKeyView::new(create.await?);
    Ok(HttpResponse::Created().json(CreatedApiKey {
        key: token.expose().into(),
        api_key,
    }))
}

fn check_expiry(expires_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> ApiResult<()> {
    match expires_at {
        Some(at) if at <= now => Err(ApiError::field(
            "expires_at",
            "past",
            "must be in the future",
        )),
        Some(at) if at > now + LONGEST => Err(ApiError::field(
            "expires_at",
            "range",
            "must be at most five years ahead",
        )),
        _ => Ok(()),
    }
}

async fn insert(
    tx: &mut TenantTx<'_>,
    body: &CreateApiKey,
    user: UserId,
    token: &ApiKeyToken,
    now: DateTime<Utc>,
) -> ApiResult<(ApiKey, String)> {
    let gone = ApiError::NotFound("organization");
    // With the lock the count holds, and the membership cannot end meanwhile.
    Organization::lock(tx).await?.ok_or(gone)?;
    let gone = ApiError::NotFound("organization");
    let member = Member::find(tx, user).await?.ok_or(gone)?;
    if ApiKey::count(tx).await? >= MAX_KEYS {
        return Err(ApiError::conflict(
            "too_many_api_keys",
            "This organization has 100 API keys; revoke some before you make more.",
        ));
    }
    let new = NewApiKey {
        name: body.name.as_str(),
        role: body.role,
        expires_at: body.expires_at,
        created_by: user,
    };
    let key = new.insert(tx, token, now).await?;
    let details = json!({"name": key.name, "role": key.role, "expires_at": key.expires_at, "last4": key.last4});
    audit::record(
        tx,
        Some(user),
        "api_key.created",
        "api_key",
        key.id,
        details,
        now,
    )
    .await?;
    Ok((key, member.name))
}

/// Revoke an API key
///
/// It is worth nothing from this moment on.
#[utoipa::path(tag = "api keys", operation_id = "revoke_api_key", params(ApiKeyPath), responses((status = 204), Problems))]
#[delete("/api/v1/organizations/{organization_id}/api_keys/{api_key_id}")]
pub async fn revoke_api_key(
    access: Access<Admin>,
    path: web::Path<(OrganizationId, ApiKeyId)>,
    state: web::Data<AppState>,
) -> ApiResult<HttpResponse> {
    by_a_person(&access)?;
    let now = state.clock.now();
    let revoke = state.db.tenant(&access, async |tx: &mut TenantTx<'_>| {
        let key = ApiKey::revoke(tx, path.1, now)
            .await?
            .ok_or(ApiError::NotFound("API key"))?;
        let details = json!({"name": key.name, "last4": key.last4});
        audit::record(
            tx,
            Some(access.user()),
            "api_key.revoked",
            "api_key",
            key.id,
            details,
            now,
        )
        .await?;
        Ok::<_, ApiError>(())
    });
    revoke.await?;
    Ok(HttpResponse::NoContent().finish())
}
