//! AI agents: list, create, read, change, put away, and their versions.

mod model;
mod model_failure;
mod model_test;
mod playground;
mod requests;
mod trial_limit;
mod versions;
mod views;

pub use model::{ModelInput, ModelView};
pub use model_test::*;
pub use playground::*;
pub use requests::{CreateAgent, UpdateAgent};
pub use trial_limit::TrialLimit;
pub use versions::*;
pub use views::{AgentVersionView, AgentView};

use actix_web::{HttpResponse, delete, get, patch, post, web};
use serde::Deserialize;
use utoipa::IntoParams;

use super::extract::{
    IdempotencyHeader, IfMatch, OrganizationPath, PageParams, ValidJson, ValidQuery, etag,
};
use super::idempotency::IdempotencyKey;
use super::page::Page;
use crate::auth::access::{Access, Admin, Viewer};
use crate::db::TenantTx;
use crate::error::{ApiError, ApiResult, OnConstraint, Problems};
use crate::ids::{AgentId, OrganizationId, UserId};
use crate::models::agent::{Agent, AgentState, AgentVersion};
use crate::models::audit;
use crate::state::AppState;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct AgentPath {
    pub organization_id: OrganizationId,
    pub agent_id: AgentId,
}

const NOT_FOUND: ApiError = ApiError::NotFound("agent");

fn name_taken() -> ApiError {
    ApiError::conflict(
        "agent_name_taken",
        "There is an agent with this name already; choose another name.",
    )
}

/// List agents
///
/// Newest first; archived ones are left out.
#[utoipa::path(tag = "agents", params(OrganizationPath, PageParams), responses((status = 200, body = Page<AgentView>), Problems))]
#[get("/api/v1/organizations/{organization_id}/agents")]
pub async fn list_agents(
    access: Access<Viewer>,
    query: ValidQuery<PageParams>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<Page<AgentView>>> {
    let page = query.page()?;
    let after = page.after.map(|(at, id)| (at, AgentId(id)));
    let rows = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            Ok::<_, ApiError>(Agent::list(tx, after, page.rows()).await?)
        })
        .await?;
    Ok(web::Json(page.page(
        rows,
        |(agent, _)| (agent.created_at, agent.id.0),
        AgentView::from,
    )))
}

/// Create an agent
///
/// An API key is stored sealed, is never shown again, and is only sent to the host of `base_url`.
#[utoipa::path(tag = "agents", params(OrganizationPath, IdempotencyHeader), request_body = CreateAgent,
    responses((status = 201, body = AgentView, description = "Created"), Problems))]
#[post("/api/v1/organizations/{organization_id}/agents")]
pub async fn create_agent(
    access: Access<Admin>,
    key: IdempotencyKey,
    body: ValidJson<CreateAgent>,
    state: web::Data<AppState>,
) -> ApiResult<HttpResponse> {
    let (user, now) = (access.user(), state.clock.now());
    let create = async |tx: &mut TenantTx<'_>| {
        let id = AgentId::new();
        let new = body.state(&state, tx.organization(), id)?;
        let created = Agent::insert(tx, id, &new, user, now)
            .await
            .on_constraint("ai_agents_organization_id_name_key", name_taken)?;
        let details = serde_json::json!({ "model_key": new.key.is_some() });
        audit::record(tx, Some(user), "agent.created", "agent", id, details, now).await?;
        serde_json::to_value(AgentView::from(created)).map_err(ApiError::internal)
    };
    let view = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            key.once(tx, user, now, &body.0, create).await
        })
        .await?;
    Ok(HttpResponse::Created().json(view))
}

/// Read an agent
#[utoipa::path(tag = "agents", params(AgentPath),
    responses((status = 200, body = AgentView, headers(("ETag" = String, description = "For `If-Match` of a change"))), Problems))]
#[get("/api/v1/organizations/{organization_id}/agents/{agent_id}")]
pub async fn get_agent(
    access: Access<Viewer>,
    path: web::Path<(OrganizationId, AgentId)>,
    state: web::Data<AppState>,
) -> ApiResult<HttpResponse> {
    let found = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            AgentVersion::find_current(tx, path.1)
                .await?
                .ok_or(NOT_FOUND)
        })
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header(etag(found.0.version))
        .json(AgentView::from(found)))
}

/// Change an agent
///
/// Each change makes a new version; a change that changes nothing makes none. With `If-Match`, a change to another version than
/// the one you have read is refused (409 `version_conflict`). Moving `base_url` to another host without a new `api_key` removes the key.
#[utoipa::path(tag = "agents", request_body = UpdateAgent,
    params(AgentPath, ("If-Match" = Option<String>, Header, description = "The ETag that reading gave", example = "\"1\"")),
    responses((status = 200, body = AgentView, headers(("ETag" = String, description = "Of the new version"))), Problems))]
#[patch("/api/v1/organizations/{organization_id}/agents/{agent_id}")]
pub async fn update_agent(
    access: Access<Admin>,
    path: web::Path<(OrganizationId, AgentId)>,
    if_match: IfMatch,
    body: ValidJson<UpdateAgent>,
    state: web::Data<AppState>,
) -> ApiResult<HttpResponse> {
    let (user, now) = (access.user(), state.clock.now());
    let changed = state
        .db
        .tenant(
            &access,
            async |tx: &mut TenantTx<'_>| -> ApiResult<(Agent, AgentVersion)> {
                let (agent, version) = Agent::lock_current(tx, path.1).await?.ok_or(NOT_FOUND)?;
                if_match.check(agent.version)?;
                let before = AgentState {
                    name: agent.name.clone(),
                    active: agent.active,
                    settings: version.settings.clone(),
                    key: agent.key(),
                };
                let next = body.state(&state, tx.organization(), &agent, &version)?;
                if next == before {
                    return Ok((agent, version));
                }
                let saved = agent
                    .save(tx, &next, user, now)
                    .await
                    .on_constraint("ai_agents_organization_id_name_key", name_taken)?;
                record_change(tx, user, &before, &next, &saved.0).await?;
                Ok(saved)
            },
        )
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header(etag(changed.0.version))
        .json(AgentView::from(changed)))
}

/// Which parts changed, by name (R49); what they say stands in the versions.
async fn record_change(
    tx: &mut TenantTx<'_>,
    user: UserId,
    before: &AgentState,
    next: &AgentState,
    saved: &Agent,
) -> ApiResult<()> {
    let (old, new) = (&before.settings, &next.settings);
    let model = |state: &AgentState| {
        let settings = &state.settings;
        (
            settings.model_provider,
            settings.model_base_url.clone(),
            settings.model_name.clone(),
        )
    };
    let changes = [
        ("name", before.name != next.name),
        ("active", before.active != next.active),
        ("model", model(before) != model(next)),
        ("model_key", before.key != next.key),
        (
            "model_prices",
            (
                old.input_price_usd_per_million,
                old.output_price_usd_per_million,
            ) != (
                new.input_price_usd_per_million,
                new.output_price_usd_per_million,
            ),
        ),
        ("system_prompt", old.system_prompt != new.system_prompt),
        ("language", old.language != new.language),
        ("temperature", old.temperature != new.temperature),
        (
            "max_answer_tokens",
            old.max_answer_tokens != new.max_answer_tokens,
        ),
        ("quiet_ms", old.quiet_ms != new.quiet_ms),
        (
            "history_budget_tokens",
            old.history_budget_tokens != new.history_budget_tokens,
        ),
        ("fallback_text", old.fallback_text != new.fallback_text),
    ];
    let changed: Vec<&str> = changes
        .iter()
        .filter(|(_, changed)| *changed)
        .map(|(name, _)| *name)
        .collect();
    let details = serde_json::json!({ "version": saved.version, "changed": changed });
    audit::record(
        tx,
        Some(user),
        "agent.changed",
        "agent",
        saved.id,
        details,
        saved.updated_at,
    )
    .await?;
    Ok(())
}

/// Archive an agent
///
/// Its versions stay, because messages name them; its API key is forgotten. Refused while a connected account is assigned to it.
#[utoipa::path(tag = "agents", params(AgentPath), responses((status = 204, description = "Archived"), Problems))]
#[delete("/api/v1/organizations/{organization_id}/agents/{agent_id}")]
pub async fn archive_agent(
    access: Access<Admin>,
    path: web::Path<(OrganizationId, AgentId)>,
    state: web::Data<AppState>,
) -> ApiResult<HttpResponse> {
    let (user, now) = (access.user(), state.clock.now());
    state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            let (agent, _) = Agent::lock_current(tx, path.1).await?.ok_or(NOT_FOUND)?;
            if agent.is_in_use(tx).await? {
                let detail =
                    "An account is answered by this agent; give the account another agent first.";
                return Err(ApiError::conflict("agent_in_use", detail));
            }
            agent.archive(tx, now).await?;
            audit::record(
                tx,
                Some(user),
                "agent.archived",
                "agent",
                agent.id,
                serde_json::json!({}),
                now,
            )
            .await?;
            Ok(())
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
