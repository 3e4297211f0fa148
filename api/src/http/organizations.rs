//! Organizations: mine, create, read, change, delete.

use actix_web::{HttpResponse, delete, get, patch, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

use super::extract::{OrganizationPath, ValidJson};
use super::fields::{Name, is_name, not_null};
use super::page::Page;
use crate::auth::access::{Access, Admin, CurrentUser, Owner, Role, Viewer};
use crate::db::TenantTx;
use crate::error::{ApiError, ApiResult, Problems};
use crate::ids::OrganizationId;
use crate::models::organization::{
    NewOrganization, Organization, OrganizationChanges, knows_timezone,
};
use crate::models::social_account::{SealedToken, SocialAccount};
use crate::models::{account_directory, audit};
use crate::state::AppState;

const NOT_FOUND: ApiError = ApiError::NotFound("organization");
/// More than anybody needs, and a bound for the list.
const MAX_ORGANIZATIONS: usize = 100;

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Shapla Store", "timezone": "Asia/Dhaka"}))]
pub struct CreateOrganization {
    #[validate(custom(function = is_name))]
    pub name: Name,
    /// A name of the IANA time zone database.
    #[serde(default = "dhaka")]
    #[validate(custom(function = is_timezone_name))]
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = "^[A-Za-z0-9_+/-]{1,64}$",
        default = "Asia/Dhaka",
        required = false
    )]
    pub timezone: String,
}

fn dhaka() -> String {
    "Asia/Dhaka".to_owned()
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Shapla Store, Uttara"}))]
pub struct UpdateOrganization {
    #[serde(default, deserialize_with = "not_null")]
    #[validate(custom(function = is_name))]
    #[schema(nullable = false)]
    pub name: Option<Name>,
    /// A name of the IANA time zone database.
    #[serde(default, deserialize_with = "not_null")]
    #[validate(custom(function = is_timezone_name))]
    #[schema(
        nullable = false,
        min_length = 1,
        max_length = 64,
        pattern = "^[A-Za-z0-9_+/-]{1,64}$"
    )]
    pub timezone: Option<String>,
}

/// The form only; whether there is such a zone, PostgreSQL says.
fn is_timezone_name(name: &str) -> Result<(), ValidationError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_+/-".contains(&byte);
    if (1..=64).contains(&name.len()) && name.bytes().all(plain) {
        return Ok(());
    }
    Err(ValidationError::new("timezone")
        .with_message("must be a time zone name like Asia/Dhaka".into()))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct OrganizationView {
    pub id: OrganizationId,
    #[schema(example = "Shapla Store")]
    pub name: String,
    #[schema(example = "Asia/Dhaka")]
    pub timezone: String,
    /// The role of whoever asks.
    pub role: Role,
    /// Since then nothing can be changed or sent: see `suspended_reason`.
    pub suspended_at: Option<DateTime<Utc>>,
    pub suspended_reason: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl OrganizationView {
    fn new(organization: Organization, role: Role) -> Self {
        let Organization {
            id,
            name,
            timezone,
            suspended_at,
            suspended_reason,
            created_at,
            updated_at,
        } = organization;
        Self {
            id,
            name,
            timezone,
            role,
            suspended_at,
            suspended_reason,
            created_at,
            updated_at,
        }
    }
}

/// An organization, as its members see it in their list.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrganizationSummary {
    pub id: OrganizationId,
    #[schema(example = "Shapla Store")]
    pub name: String,
    /// The role of whoever asks.
    pub role: Role,
}

/// List my organizations
///
/// All of them on one page, the longest standing membership first.
#[utoipa::path(tag = "organizations", operation_id = "list_organizations",
    responses((status = 200, body = Page<OrganizationSummary>), Problems))]
#[get("/api/v1/organizations")]
pub async fn list_organizations(
    user: CurrentUser,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<Page<OrganizationSummary>>> {
    let rows = state.db.organizations_of_user(user.id).await?;
    let view = |(id, name, role): (OrganizationId, String, String)| {
        let role = role
            .parse()
            .map_err(|()| ApiError::internal("a membership has an unknown role"))?;
        Ok(OrganizationSummary { id, name, role })
    };
    let items = rows.into_iter().map(view).collect::<ApiResult<_>>()?;
    Ok(web::Json(Page {
        items,
        next_cursor: None,
    }))
}

/// Create an organization
///
/// Whoever creates it is its owner.
#[utoipa::path(tag = "organizations", operation_id = "create_organization", request_body = CreateOrganization,
    responses((status = 201, body = OrganizationView), Problems))]
#[post("/api/v1/organizations")]
pub async fn create_organization(
    user: CurrentUser,
    state: web::Data<AppState>,
    body: ValidJson<CreateOrganization>,
) -> ApiResult<HttpResponse> {
    if state.db.organizations_of_user(user.id).await?.len() >= MAX_ORGANIZATIONS {
        return Err(ApiError::conflict(
            "too_many_organizations",
            "You are in 100 organizations; leave one before you create another.",
        ));
    }
    let (new, now) = (NewOrganization::new(), state.clock.now());
    let create = state.db.tenant(&new, async |tx: &mut TenantTx<'_>| {
        check_timezone(tx, &body.timezone).await?;
        let organization = new
            .insert(tx, body.name.as_str(), &body.timezone, user.id, now)
            .await?;
        audit::record(
            tx,
            Some(user.id),
            "organization.created",
            "organization",
            organization.id,
            json!({}),
            now,
        )
        .await?;
        Ok::<_, ApiError>(organization)
    });
    Ok(HttpResponse::Created().json(OrganizationView::new(create.await?, Role::Owner)))
}

async fn check_timezone(tx: &mut TenantTx<'_>, name: &str) -> ApiResult<()> {
    if knows_timezone(tx, name).await? {
        return Ok(());
    }
    Err(ApiError::field(
        "timezone",
        "timezone",
        "is not a time zone; Asia/Dhaka is one",
    ))
}

/// Read an organization
#[utoipa::path(tag = "organizations", operation_id = "get_organization", params(OrganizationPath),
    responses((status = 200, body = OrganizationView), Problems))]
#[get("/api/v1/organizations/{organization_id}")]
pub async fn get_organization(
    access: Access<Viewer>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<OrganizationView>> {
    let find = state.db.tenant(&access, async |tx: &mut TenantTx<'_>| {
        Organization::find(tx).await?.ok_or(NOT_FOUND)
    });
    Ok(web::Json(OrganizationView::new(find.await?, access.role())))
}

/// Change an organization
#[utoipa::path(tag = "organizations", operation_id = "update_organization", params(OrganizationPath),
    request_body = UpdateOrganization, responses((status = 200, body = OrganizationView), Problems))]
#[patch("/api/v1/organizations/{organization_id}")]
pub async fn update_organization(
    access: Access<Admin>,
    state: web::Data<AppState>,
    body: ValidJson<UpdateOrganization>,
) -> ApiResult<web::Json<OrganizationView>> {
    let now = state.clock.now();
    let changes = OrganizationChanges {
        name: body.name.as_ref().map(|name| name.as_str().to_owned()),
        timezone: body.timezone.clone(),
    };
    let update = state.db.tenant(&access, async |tx: &mut TenantTx<'_>| {
        if changes.is_empty() {
            return Organization::find(tx).await?.ok_or(NOT_FOUND);
        }
        if let Some(timezone) = &changes.timezone {
            check_timezone(tx, timezone).await?;
        }
        let organization = Organization::update(tx, &changes, now)
            .await?
            .ok_or(NOT_FOUND)?;
        let details = json!({"name": changes.name, "timezone": changes.timezone});
        audit::record(
            tx,
            Some(access.user()),
            "organization.changed",
            "organization",
            organization.id,
            details,
            now,
        )
        .await?;
        Ok(organization)
    });
    Ok(web::Json(OrganizationView::new(
        update.await?,
        access.role(),
    )))
}

/// Delete an organization
///
/// Nobody reaches it afterwards. Its accounts are disconnected and free for other organizations, its open invitations end, and its
/// stored secrets are forgotten; only the operator of the installation could bring its conversations back.
#[utoipa::path(tag = "organizations", operation_id = "delete_organization", params(OrganizationPath),
    responses((status = 204), Problems))]
#[delete("/api/v1/organizations/{organization_id}")]
pub async fn delete_organization(
    access: Access<Owner>,
    state: web::Data<AppState>,
) -> ApiResult<HttpResponse> {
    let now = state.clock.now();
    let delete = state.db.tenant(&access, async |tx: &mut TenantTx<'_>| {
        let organization = Organization::lock(tx).await?.ok_or(NOT_FOUND)?;
        let accounts = disconnect_accounts(tx, &state, now).await?;
        Organization::delete(tx, now).await?;
        let details = json!({"accounts_disconnected": accounts});
        audit::record(
            tx,
            Some(access.user()),
            "organization.deleted",
            "organization",
            organization.id,
            details,
            now,
        )
        .await?;
        Ok::<_, ApiError>(())
    });
    delete.await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Without this the pipeline would go on answering for an organization that is gone.
async fn disconnect_accounts(
    tx: &mut TenantTx<'_>,
    state: &AppState,
    now: DateTime<Utc>,
) -> ApiResult<usize> {
    const BATCH: i64 = 100;
    let organization = tx.organization();
    let mut disconnected = 0;
    loop {
        // What is disconnected leaves the list, so the first batch is always the next one.
        let accounts = SocialAccount::list(tx, None, BATCH).await?;
        if accounts.is_empty() {
            return Ok(disconnected);
        }
        for account in accounts {
            let emptied = SealedToken::seal(&state.sealer, organization, account.id, &"".into())
                .map_err(ApiError::internal)?;
            SocialAccount::disconnect(tx, account.id, &emptied, now).await?;
            account_directory::remove(tx.conn(), organization, account.id).await?;
            disconnected += 1;
        }
    }
}
