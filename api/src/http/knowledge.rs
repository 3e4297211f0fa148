//! Knowledge: what agents may answer from. Written only by members with that right, never by customers' text (R85).

mod import;
mod requests;

pub use import::ImportKnowledge;
pub use requests::{KnowledgeInput, KnowledgeParams, SearchParams, UpdateKnowledge};

use std::sync::Arc;

use actix_web::{HttpResponse, delete, get, patch, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::extract::{IdempotencyHeader, OrganizationPath, ValidJson, ValidQuery};
use super::idempotency::IdempotencyKey;
use super::page::Page;
use crate::auth::access::{Access, Operator, Viewer};
use crate::db::TenantTx;
use crate::error::{ApiError, ApiResult, Problems};
use crate::ids::{KnowledgeEntryId, OrganizationId};
use crate::models::audit;
use crate::models::knowledge_entry::{KnowledgeEntry, MAX_ENTRIES, rank};
use crate::state::AppState;
use crate::text::{KNOWN_THRESHOLD, search_query};

/// Bodies of imports may be this large.
const MAX_IMPORT: usize = 4 * 1024 * 1024;

/// Entries that a search shows, and that it scores in a large collection.
const SHOWN: usize = 10;
const CANDIDATES: usize = 50;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct KnowledgePath {
    pub organization_id: OrganizationId,
    pub entry_id: KnowledgeEntryId,
}

/// A knowledge entry.
#[derive(Debug, Serialize, ToSchema)]
pub struct KnowledgeView {
    pub id: KnowledgeEntryId,
    #[schema(example = "Delivery charge")]
    pub title: Option<String>,
    #[schema(example = json!(["ডেলিভারি চার্জ কত?"]))]
    pub questions: Vec<String>,
    pub answer_bn: Option<String>,
    pub answer_en: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl From<KnowledgeEntry> for KnowledgeView {
    fn from(entry: KnowledgeEntry) -> Self {
        Self {
            id: entry.id,
            title: entry.title,
            questions: entry.questions,
            answer_bn: entry.answer_bn,
            answer_en: entry.answer_en,
            created_at: entry.created_at,
            updated_at: entry.updated_at,
        }
    }
}

/// What a search found, best first.
#[derive(Debug, Serialize, ToSchema)]
pub struct KnowledgeSearch {
    pub items: Vec<KnowledgeFound>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct KnowledgeFound {
    pub entry: KnowledgeView,
    /// 0 to 1.
    #[schema(example = 0.91, minimum = 0, maximum = 1)]
    pub score: f32,
    /// Whether the built-in model would answer the question with this entry.
    pub answers: bool,
}

/// How many entries were stored.
#[derive(Debug, Serialize, ToSchema)]
pub struct Imported {
    #[schema(example = 120)]
    pub imported: usize,
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
    let rows = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            Ok::<_, ApiError>(KnowledgeEntry::list(tx, &query.filter(), after, page.rows()).await?)
        })
        .await?;
    Ok(web::Json(page.page(
        rows,
        |entry| (entry.created_at, entry.id.0),
        KnowledgeView::from,
    )))
}

/// Create a knowledge entry
#[utoipa::path(tag = "knowledge", params(OrganizationPath, IdempotencyHeader), request_body = KnowledgeInput,
    responses((status = 201, body = KnowledgeView, description = "Created"), Problems))]
#[post("/api/v1/organizations/{organization_id}/knowledge")]
pub async fn create_knowledge_entry(
    access: Access<Operator>,
    key: IdempotencyKey,
    body: ValidJson<KnowledgeInput>,
    state: web::Data<AppState>,
) -> ApiResult<HttpResponse> {
    let (user, now) = (access.user(), state.clock.now());
    let text = body.checked()?;
    let create = async |tx: &mut TenantTx<'_>| {
        make_room(tx, 1).await?;
        let entry = KnowledgeEntry::insert(tx, &text, now).await?;
        serde_json::to_value(KnowledgeView::from(entry)).map_err(ApiError::internal)
    };
    let view = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            key.once(tx, user, now, &body.0, create).await
        })
        .await?;
    Ok(HttpResponse::Created().json(view))
}

/// Import knowledge entries
///
/// Up to 5,000 entries and 4 MiB. Every row is checked first: if one is wrong, nothing is stored, and `errors` names the rows and
/// fields, at most 50.
#[utoipa::path(tag = "knowledge", params(OrganizationPath, IdempotencyHeader), request_body = ImportKnowledge,
    responses((status = 200, body = Imported), Problems))]
#[post("/api/v1/organizations/{organization_id}/knowledge/import")]
pub async fn import_knowledge(
    access: Access<Operator>,
    key: IdempotencyKey,
    body: ValidJson<ImportKnowledge, MAX_IMPORT>,
    state: web::Data<AppState>,
) -> ApiResult<HttpResponse> {
    let (user, now) = (access.user(), state.clock.now());
    let body = Arc::new(body.0);
    // Folding thousands of texts would hold up every other request of this thread.
    let texts = web::block({
        let body = Arc::clone(&body);
        move || body.checked()
    })
    .await
    .map_err(ApiError::internal)??;
    let import = async |tx: &mut TenantTx<'_>| {
        make_room(tx, texts.len()).await?;
        KnowledgeEntry::insert_all(tx, &texts, now).await?;
        let imported = Imported {
            imported: texts.len(),
        };
        let details = serde_json::json!({ "entries": imported.imported });
        audit::record(
            tx,
            Some(user),
            "knowledge.imported",
            "organization",
            tx.organization(),
            details,
            now,
        )
        .await?;
        serde_json::to_value(imported).map_err(ApiError::internal)
    };
    let view = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            key.once(tx, user, now, &*body, import).await
        })
        .await?;
    Ok(HttpResponse::Ok().json(view))
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
    let entries = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            Ok::<_, ApiError>(KnowledgeEntry::candidates(tx, &folded, CANDIDATES).await?)
        })
        .await?;
    let found = rank(&query.q, &entries).into_iter().take(SHOWN);
    let items = found
        .map(|(entry, score)| KnowledgeFound {
            entry: entry.clone().into(),
            score,
            answers: score >= KNOWN_THRESHOLD,
        })
        .collect();
    Ok(web::Json(KnowledgeSearch { items }))
}

/// Read a knowledge entry
#[utoipa::path(tag = "knowledge", params(KnowledgePath), responses((status = 200, body = KnowledgeView), Problems))]
#[get("/api/v1/organizations/{organization_id}/knowledge/{entry_id}")]
pub async fn get_knowledge_entry(
    access: Access<Viewer>,
    path: web::Path<(OrganizationId, KnowledgeEntryId)>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<KnowledgeView>> {
    let entry = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            KnowledgeEntry::find(tx, path.1).await?.ok_or(NOT_FOUND)
        })
        .await?;
    Ok(web::Json(entry.into()))
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
    let now = state.clock.now();
    let entry = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            let entry = KnowledgeEntry::lock(tx, path.1).await?.ok_or(NOT_FOUND)?;
            KnowledgeEntry::save(tx, path.1, &body.apply(&entry)?, now)
                .await?
                .ok_or(NOT_FOUND)
        })
        .await?;
    Ok(web::Json(entry.into()))
}

/// Delete a knowledge entry
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
