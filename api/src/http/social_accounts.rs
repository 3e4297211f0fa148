//! Connected accounts: pages, Instagram accounts and WhatsApp numbers. Tokens only go in (R60).

mod check;
mod requests;
mod views;

pub use requests::{CreateSocialAccount, UpdateSocialAccount};
use views::Facts;
pub use views::{AccountCheckView, SocialAccountView};

use actix_web::{HttpResponse, delete, get, patch, post, web};
use serde::Deserialize;
use utoipa::IntoParams;

use super::extract::{IdempotencyHeader, OrganizationPath, PageParams, ValidJson, ValidQuery};
use super::fields::Text;
use super::idempotency::IdempotencyKey;
use super::page::Page;
use super::platform_apps::refuse_unserved;
use crate::auth::access::{Access, Admin, Operator, Viewer};
use crate::db::TenantTx;
use crate::error::{ApiError, ApiResult, OnConstraint, Problems};
use crate::ids::{AccountId, AgentId, OrganizationId};
use crate::models::agent::Agent;
use crate::models::social_account::{NewSocialAccount, SealedToken, SocialAccount};
use crate::models::{account_directory, audit};
use crate::state::AppState;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct AccountPath {
    pub organization_id: OrganizationId,
    pub account_id: AccountId,
}

const NOT_FOUND: ApiError = ApiError::NotFound("social account");

/// Whose it is, is not told.
fn already_connected() -> ApiError {
    let detail = "This account is connected already. An account belongs to one organization at a time; disconnect it there first.";
    ApiError::conflict("account_taken", detail)
}

/// An agent of this organization that is not archived, or none (R41).
async fn check_agent(tx: &mut TenantTx<'_>, agent: Option<AgentId>) -> ApiResult<()> {
    match agent {
        Some(agent) if !Agent::hold_for_assignment(tx, agent).await? => Err(ApiError::field(
            "agent_id",
            "unknown",
            "is no agent of this organization",
        )),
        _ => Ok(()),
    }
}

/// List connected accounts
///
/// Newest first.
#[utoipa::path(tag = "social accounts", params(OrganizationPath, PageParams),
    responses((status = 200, body = Page<SocialAccountView>), Problems))]
#[get("/api/v1/organizations/{organization_id}/social_accounts")]
pub async fn list_social_accounts(
    access: Access<Viewer>,
    query: ValidQuery<PageParams>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<Page<SocialAccountView>>> {
    let page = query.page()?;
    let after = page.after.map(|(at, id)| (at, AccountId(id)));
    let (rows, facts) = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            let rows = SocialAccount::list(tx, after, page.rows()).await?;
            let facts = Facts::read(tx, &rows).await?;
            Ok::<_, ApiError>((rows, facts))
        })
        .await?;
    Ok(web::Json(page.page(
        rows,
        |account| (account.created_at, account.id.0),
        |account| SocialAccountView::new(&state, account, &facts),
    )))
}

/// Connect an account
///
/// An account belongs to one organization at a time (409 `account_taken`). Check it afterwards with `check`.
#[utoipa::path(tag = "social accounts", params(OrganizationPath, IdempotencyHeader), request_body = CreateSocialAccount,
    responses((status = 201, body = SocialAccountView, description = "Connected"), Problems))]
#[post("/api/v1/organizations/{organization_id}/social_accounts")]
pub async fn create_social_account(
    access: Access<Admin>,
    key: IdempotencyKey,
    body: ValidJson<CreateSocialAccount>,
    state: web::Data<AppState>,
) -> ApiResult<HttpResponse> {
    body.check()?;
    refuse_unserved(body.platform)?;
    let (user, now) = (access.user(), state.clock.now());
    let connect = async |tx: &mut TenantTx<'_>| {
        check_agent(tx, body.agent_id).await?;
        let account = connect(&state, tx, &body).await?;
        let details =
            serde_json::json!({ "platform": account.platform, "external_id": account.external_id });
        audit::record(
            tx,
            Some(user),
            "social_account.connected",
            "social_account",
            account.id,
            details,
            now,
        )
        .await?;
        let view = SocialAccountView::read(&state, tx, account).await?;
        serde_json::to_value(view).map_err(ApiError::internal)
    };
    let view = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            key.once(tx, user, now, &body.0, connect).await
        })
        .await?;
    Ok(HttpResponse::Created().json(view))
}

/// The account and its place in the directory, together or not at all.
async fn connect(
    state: &AppState,
    tx: &mut TenantTx<'_>,
    body: &CreateSocialAccount,
) -> ApiResult<SocialAccount> {
    let (id, organization) = (AccountId::new(), tx.organization());
    let token = SealedToken::seal(&state.sealer, organization, id, body.access_token.get())
        .map_err(ApiError::internal)?;
    let new = NewSocialAccount {
        id,
        platform: body.platform,
        external_id: body.external_id.as_str(),
        name: body.name.as_str(),
        login: body.login,
        page_id: body.page_id.as_ref().map(Text::as_str),
        token,
        token_expires_at: body.token_expires_at,
        agent_id: body.agent_id,
        auto_reply: body.auto_reply,
    };
    account_directory::insert(tx.conn(), body.platform, new.external_id, organization, id)
        .await
        .on_constraint("account_directory_pkey", already_connected)?;
    SocialAccount::insert(tx, &new, state.clock.now())
        .await
        .on_constraint("social_accounts_external_key", already_connected)
}

/// Read a connected account
#[utoipa::path(tag = "social accounts", params(AccountPath), responses((status = 200, body = SocialAccountView), Problems))]
#[get("/api/v1/organizations/{organization_id}/social_accounts/{account_id}")]
pub async fn get_social_account(
    access: Access<Viewer>,
    path: web::Path<(OrganizationId, AccountId)>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<SocialAccountView>> {
    let view = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            let account = SocialAccount::find_connected(tx, path.1)
                .await?
                .ok_or(NOT_FOUND)?;
            Ok::<_, ApiError>(SocialAccountView::read(&state, tx, account).await?)
        })
        .await?;
    Ok(web::Json(view))
}

/// Change a connected account
#[utoipa::path(tag = "social accounts", params(AccountPath), request_body = UpdateSocialAccount,
    responses((status = 200, body = SocialAccountView), Problems))]
#[patch("/api/v1/organizations/{organization_id}/social_accounts/{account_id}")]
pub async fn update_social_account(
    access: Access<Admin>,
    path: web::Path<(OrganizationId, AccountId)>,
    body: ValidJson<UpdateSocialAccount>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<SocialAccountView>> {
    let (id, user, now) = (path.1, access.user(), state.clock.now());
    let view = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            let mut account = SocialAccount::find_connected(tx, id).await?.ok_or(NOT_FOUND)?;
            check_agent(tx, body.agent_id.flatten()).await?;
            if let Some(token) = &body.access_token {
                let token = SealedToken::seal(&state.sealer, tx.organization(), id, token.get()).map_err(ApiError::internal)?;
                account = SocialAccount::set_token(tx, id, &token, now).await?.ok_or(NOT_FOUND)?;
                audit::record(tx, Some(user), "social_account.token_set", "social_account", id, serde_json::json!({}), now).await?;
            }
            let changes = body.changes();
            if !changes.is_empty() {
                account = SocialAccount::change(tx, id, &changes, now).await?.ok_or(NOT_FOUND)?;
                let details = serde_json::json!({ "agent_id": account.agent_id, "auto_reply": account.auto_reply });
                audit::record(tx, Some(user), "social_account.changed", "social_account", id, details, now).await?;
            }
            Ok::<_, ApiError>(SocialAccountView::read(&state, tx, account).await?)
        })
        .await?;
    Ok(web::Json(view))
}

/// Disconnect an account
///
/// Its token is forgotten and it is free for any organization; conversations stay.
#[utoipa::path(tag = "social accounts", params(AccountPath), responses((status = 204, description = "Disconnected"), Problems))]
#[delete("/api/v1/organizations/{organization_id}/social_accounts/{account_id}")]
pub async fn disconnect_social_account(
    access: Access<Admin>,
    path: web::Path<(OrganizationId, AccountId)>,
    state: web::Data<AppState>,
) -> ApiResult<HttpResponse> {
    let (id, now) = (path.1, state.clock.now());
    state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            let organization = tx.organization();
            let emptied = SealedToken::seal(&state.sealer, organization, id, &"".into())
                .map_err(ApiError::internal)?;
            SocialAccount::disconnect(tx, id, &emptied, now)
                .await?
                .ok_or(NOT_FOUND)?;
            account_directory::remove(tx.conn(), organization, id).await?;
            let details = serde_json::json!({});
            audit::record(
                tx,
                Some(access.user()),
                "social_account.disconnected",
                "social_account",
                id,
                details,
                now,
            )
            .await?;
            Ok::<_, ApiError>(())
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Check an account
///
/// Asks the platform whether the token works and which permissions are missing, and keeps the answer as the account's health. 502 when
/// the platform cannot be asked; then nothing is kept.
#[utoipa::path(tag = "social accounts", params(AccountPath), responses((status = 200, body = AccountCheckView), Problems))]
#[post("/api/v1/organizations/{organization_id}/social_accounts/{account_id}/check")]
pub async fn check_social_account(
    access: Access<Operator>,
    path: web::Path<(OrganizationId, AccountId)>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<AccountCheckView>> {
    check::check(&state, &access, path.1).await.map(web::Json)
}
