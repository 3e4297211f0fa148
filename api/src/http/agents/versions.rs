//! What an agent was: its versions.

use actix_web::{get, web};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::{AgentPath, AgentVersionView, NOT_FOUND};
use crate::auth::access::{Access, Viewer};
use crate::db::TenantTx;
use crate::error::{ApiError, ApiResult, Problems};
use crate::http::extract::{PageParams, ValidQuery};
use crate::http::page::Page;
use crate::ids::{AgentId, OrganizationId, UserId};
use crate::models::agent::AgentVersion;
use crate::models::member::Member;
use crate::state::AppState;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct AgentVersionPath {
    pub organization_id: OrganizationId,
    pub agent_id: AgentId,
    #[param(minimum = 1, maximum = 2147483647, example = 1)]
    pub version: i32,
}

/// List an agent's versions
///
/// Newest first: what it was after each change.
#[utoipa::path(tag = "agents", params(AgentPath, PageParams), responses((status = 200, body = Page<AgentVersionView>), Problems))]
#[get("/api/v1/organizations/{organization_id}/agents/{agent_id}/versions")]
pub async fn list_agent_versions(
    access: Access<Viewer>,
    path: web::Path<(OrganizationId, AgentId)>,
    query: ValidQuery<PageParams>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<Page<AgentVersionView>>> {
    let page = query.page()?;
    // The cursor's id is the version's number.
    let before = page
        .after
        .map(|(_, id)| i32::try_from(id.as_u128()).unwrap_or(i32::MAX));
    let (rows, people) = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            AgentVersion::find_current(tx, path.1)
                .await?
                .ok_or(NOT_FOUND)?;
            let rows = AgentVersion::list(tx, path.1, before, page.rows()).await?;
            let users: Vec<UserId> = rows.iter().map(|row| row.created_by).collect();
            let people = Member::names(tx, &users).await?;
            Ok::<_, ApiError>((rows, people))
        })
        .await?;
    let key = |row: &AgentVersion| {
        (
            row.created_at,
            Uuid::from_u128(u128::from(row.version.unsigned_abs())),
        )
    };
    Ok(web::Json(page.page(rows, key, |row| {
        AgentVersionView::new(row, &people)
    })))
}

/// Read a version of an agent
#[utoipa::path(tag = "agents", params(AgentVersionPath), responses((status = 200, body = AgentVersionView), Problems))]
#[get("/api/v1/organizations/{organization_id}/agents/{agent_id}/versions/{version}")]
pub async fn get_agent_version(
    access: Access<Viewer>,
    path: web::Path<(OrganizationId, AgentId, i32)>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<AgentVersionView>> {
    let (_, agent, version) = path.into_inner();
    let view = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            let (_, row) = AgentVersion::find(tx, agent, version)
                .await?
                .ok_or(ApiError::NotFound("agent version"))?;
            let people = Member::names(tx, &[row.created_by]).await?;
            Ok::<_, ApiError>(AgentVersionView::new(row, &people))
        })
        .await?;
    Ok(web::Json(view))
}
