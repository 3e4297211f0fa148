//! Knowledge: what agents may answer from. Written only by members with that right, never by customers' text (R85).

mod import;
mod import_rows;
mod requests;
mod unanswered;
mod views;

pub use import::*;
pub use requests::{
    CreateKnowledge, KnowledgeInput, KnowledgeParams, SearchParams, UpdateKnowledge,
};
pub use unanswered::*;
pub use views::{KnowledgeFound, KnowledgeSearch, KnowledgeView};

use actix_web::{HttpResponse, delete, get, patch, post, web};
use serde::Deserialize;
use utoipa::IntoParams;

use super::extract::{IdempotencyHeader, OrganizationPath, ValidJson, ValidQuery};
use super::idempotency::IdempotencyKey;
use super::page::Page;
use crate::auth::access::{Access, Operator, Viewer};
use crate::db::TenantTx;
use crate::error::{ApiError, ApiResult, Problems};
use crate::ids::{KnowledgeEntryId, OrganizationId};
use crate::models::knowledge_entry::{KnowledgeEntry, MAX_ENTRIES, rank};
use crate::models::unanswered_question::UnansweredQuestion;
use crate::state::AppState;
use crate::text::search_query;

/// Entries that a search shows, and that it scores in a large collection.
const SHOWN: usize = 10;
const CANDIDATES: usize = 50;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct KnowledgePath {
    pub organization_id: OrganizationId,
    pub entry_id: KnowledgeEntryId,
}

const NOT_FOUND: ApiError = ApiError::NotFound("knowledge entry");

/// Makes sure that `new` more entries fit.
async fn make_room(tx: &mut TenantTx<'_>, new: usize) -> ApiResult<()> {
    let room = KnowledgeEntry::lock_room(tx).await?;
    if usize::try_from(room).is_ok_and(|room| new <= room) {
        return Ok(());
    }
    let detail = format!(
        "An organization can have {MAX_ENTRIES} knowledge entries; delete some, or put more question variants into one entry."
    );
    Err(ApiError::conflict("knowledge_full", detail))
}

/// List knowledge entries
///
/// Newest first.
#[utoipa::path(tag = "knowledge", params(OrganizationPath, KnowledgeParams), responses((status = 200, body = Page<KnowledgeView>), Problems))]
#[get("/api/v1/organizations/{organization_id}/knowledge")]
pub async fn list_knowledge(
    access: Access<Viewer>,
    query: ValidQuery<KnowledgeParams>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<Page<KnowledgeView>>> {
    let page = query.page()?;
    let after = page.after.map(|(at, id)| (at, KnowledgeEntryId(id)));
    let (rows, people) = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            let rows = KnowledgeEntry::list(tx, &query.filter(), after, page.rows()).await?;
            let people = views::authors(tx, &rows).await?;
            Ok::<_, ApiError>((rows, people))
        })
        .await?;
    Ok(web::Json(page.page(
        rows,
        |entry| (entry.created_at, entry.id.0),
        |entry| KnowledgeView::new(entry, &people),
    )))
}

/// Create a knowledge entry
///
/// With `unanswered_id`, the question that customers asked is closed with it.
#[utoipa::path(tag = "knowledge", params(OrganizationPath, IdempotencyHeader), request_body = CreateKnowledge,
    responses((status = 201, body = KnowledgeView, description = "Created"), Problems))]
#[post("/api/v1/organizations/{organization_id}/knowledge")]
pub async fn create_knowledge_entry(
    access: Access<Operator>,
    key: IdempotencyKey,
    body: ValidJson<CreateKnowledge>,
    state: web::Data<AppState>,
) -> ApiResult<HttpResponse> {
    let (user, now) = (access.user(), state.clock.now());
    let text = body.checked()?;
    let create = async |tx: &mut TenantTx<'_>| {
        make_room(tx, 1).await?;
        let entry = KnowledgeEntry::insert(tx, &text, user, now).await?;
        if let Some(question) = body.unanswered_id
            && !UnansweredQuestion::answer(tx, question, entry.id).await?
        {
            return Err(ApiError::field(
                "unanswered_id",
                "unknown",
                "is no unanswered question of this organization",
            ));
        }
        serde_json::to_value(KnowledgeView::read(tx, entry).await?).map_err(ApiError::internal)
    };
    let view = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            key.once(tx, user, now, &body.0, create).await
        })
        .await?;
    Ok(HttpResponse::Created().json(view))
}

/// Search knowledge as an agent does
///
/// The entries that fit a customer's question, best first, at most ten: shows what an agent would find and why it does not know.
#[utoipa::path(tag = "knowledge", params(OrganizationPath, SearchParams), responses((status = 200, body = KnowledgeSearch), Problems))]
#[get("/api/v1/organizations/{organization_id}/knowledge/search")]
pub async fn search_knowledge(
    access: Access<Viewer>,
    query: ValidQuery<SearchParams>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<KnowledgeSearch>> {
    let folded = search_query(&query.q);
    let search = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            let entries = KnowledgeEntry::candidates(tx, &folded, CANDIDATES).await?;
            let mut found = rank(&query.q, &entries);
            found.truncate(SHOWN);
            Ok::<_, ApiError>(KnowledgeSearch::read(tx, &query.q, found).await?)
        })
        .await?;
    Ok(web::Json(search))
}

/// Read a knowledge entry
#[utoipa::path(tag = "knowledge", params(KnowledgePath), responses((status = 200, body = KnowledgeView), Problems))]
#[get("/api/v1/organizations/{organization_id}/knowledge/{entry_id}")]
pub async fn get_knowledge_entry(
    access: Access<Viewer>,
    path: web::Path<(OrganizationId, KnowledgeEntryId)>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<KnowledgeView>> {
    let view = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            let entry = KnowledgeEntry::find(tx, path.1).await?.ok_or(NOT_FOUND)?;
            Ok::<_, ApiError>(KnowledgeView::read(tx, entry).await?)
        })
        .await?;
    Ok(web::Json(view))
}

/// Change a knowledge entry
#[utoipa::path(tag = "knowledge", params(KnowledgePath), request_body = UpdateKnowledge,
    responses((status = 200, body = KnowledgeView), Problems))]
#[patch("/api/v1/organizations/{organization_id}/knowledge/{entry_id}")]
pub async fn update_knowledge_entry(
    access: Access<Operator>,
    path: web::Path<(OrganizationId, KnowledgeEntryId)>,
    body: ValidJson<UpdateKnowledge>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<KnowledgeView>> {
    let (user, now) = (access.user(), state.clock.now());
    let view = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            let entry = KnowledgeEntry::lock(tx, path.1).await?.ok_or(NOT_FOUND)?;
            let text = body.apply(&entry)?;
            let saved = KnowledgeEntry::save(tx, path.1, &text, user, now)
                .await?
                .ok_or(NOT_FOUND)?;
            Ok::<_, ApiError>(KnowledgeView::read(tx, saved).await?)
        })
        .await?;
    Ok(web::Json(view))
}

/// Delete a knowledge entry
///
/// Questions of customers that it answered are open again.
#[utoipa::path(tag = "knowledge", params(KnowledgePath), responses((status = 204, description = "Deleted"), Problems))]
#[delete("/api/v1/organizations/{organization_id}/knowledge/{entry_id}")]
pub async fn delete_knowledge_entry(
    access: Access<Operator>,
    path: web::Path<(OrganizationId, KnowledgeEntryId)>,
    state: web::Data<AppState>,
) -> ApiResult<HttpResponse> {
    let deleted = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            Ok::<_, ApiError>(KnowledgeEntry::delete(tx, path.1).await?)
        })
        .await?;
    if deleted {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(NOT_FOUND)
    }
}
