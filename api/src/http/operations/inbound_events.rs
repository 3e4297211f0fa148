//! Items of webhook events, as they came.

use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::auth::access::{Access, Operator, Viewer};
use crate::db::{PlatformTx, TenantTx};
use crate::error::{ApiError, ApiResult, Problems};
use crate::http::extract::{OrganizationPath, ValidQuery};
use crate::http::page::{Page, PageRequest};
use crate::ids::{AccountId, InboundEventId, OrganizationId};
use crate::models::inbound_event::{InboundEvent, InboundFilter};
use crate::models::{audit, webhook_event};
use crate::state::AppState;

const NOUN: &str = "inbound event";

/// What became of an item.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InboundState {
    Applied,
    Stored,
    Quarantined,
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct InboundQuery {
    #[param(value_type = Option<uuid::Uuid>)]
    account_id: Option<AccountId>,
    #[param(inline)]
    state: Option<InboundState>,
    /// Rows per page; 50 if not given.
    #[validate(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100, example = 50)]
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    #[param(pattern = "^[0-9a-f]{48}$")]
    cursor: Option<String>,
}

/// An item found in a webhook event.
#[derive(Debug, Serialize, ToSchema)]
pub struct InboundEventView {
    pub id: InboundEventId,
    pub account_id: Option<AccountId>,
    /// `message`, `echo`, `status`, `delivery`, `read`, `reaction` and so on.
    #[schema(example = "message")]
    pub kind: String,
    /// `applied`, `stored` or `quarantined`.
    #[schema(example = "applied")]
    pub state: String,
    pub quarantine_reason: Option<String>,
    pub received_at: DateTime<Utc>,
    /// The item as received, as JSON text; only where one item is asked for.
    pub raw: Option<String>,
}

/// List inbound events
///
/// Newest first. `state=quarantined` shows what could not be read.
#[utoipa::path(tag = "operations", params(OrganizationPath, InboundQuery),
    responses((status = 200, body = Page<InboundEventView>), Problems))]
#[get("/api/v1/organizations/{organization_id}/inbound_events")]
pub async fn list_inbound_events(
    access: Access<Viewer>,
    query: ValidQuery<InboundQuery>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<Page<InboundEventView>>> {
    let page = PageRequest::new(query.limit, query.cursor.as_deref())?;
    let wanted = query.state.map(|state| match state {
        InboundState::Applied => "applied",
        InboundState::Stored => "stored",
        InboundState::Quarantined => "quarantined",
    });
    let filter = InboundFilter {
        account: query.account_id,
        state: wanted,
    };
    let rows = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            Ok::<_, ApiError>(InboundEvent::list(tx, filter, page.after, page.rows()).await?)
        })
        .await?;
    Ok(web::Json(page.page(
        rows,
        |row| (row.received_at, row.id.0),
        |row| view(row, false),
    )))
}

fn view(row: InboundEvent, with_raw: bool) -> InboundEventView {
    InboundEventView {
        id: row.id,
        account_id: row.account_id,
        kind: row.kind,
        state: row.state,
        quarantine_reason: row.quarantine_reason,
        received_at: row.received_at,
        raw: with_raw.then_some(row.raw),
    }
}

/// Get an inbound event as it came
#[utoipa::path(tag = "operations", params(OrganizationPath, ("event_id" = uuid::Uuid, Path)),
    responses((status = 200, body = InboundEventView), Problems))]
#[get("/api/v1/organizations/{organization_id}/inbound_events/{event_id}")]
pub async fn get_inbound_event(
    access: Access<Viewer>,
    path: web::Path<(OrganizationId, InboundEventId)>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<InboundEventView>> {
    let row = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            InboundEvent::find(tx, path.1)
                .await?
                .ok_or(ApiError::NotFound(NOUN))
        })
        .await?;
    Ok(web::Json(view(row, true)))
}

/// Replay an inbound event
///
/// The webhook event that it came in is worked on again. What was stored from it already stays as it is; nothing is sent twice.
#[utoipa::path(tag = "operations", params(OrganizationPath, ("event_id" = uuid::Uuid, Path)),
    responses((status = 204, description = "It is worked on again"), Problems))]
#[post("/api/v1/organizations/{organization_id}/inbound_events/{event_id}/replay")]
pub async fn replay_inbound_event(
    access: Access<Operator>,
    path: web::Path<(OrganizationId, InboundEventId)>,
    state: web::Data<AppState>,
) -> ApiResult<HttpResponse> {
    let now = state.clock.now();
    let event = state
        .db
        .tenant(&access, async |tx: &mut TenantTx<'_>| {
            let event = InboundEvent::find(tx, path.1)
                .await?
                .ok_or(ApiError::NotFound(NOUN))?;
            audit::record(
                tx,
                Some(access.user()),
                "inbound_event.replayed",
                "inbound_event",
                path.1,
                serde_json::json!({}),
                now,
            )
            .await?;
            Ok::<_, ApiError>(event)
        })
        .await?;
    let replayed = state
        .db
        .platform(async |tx: &mut PlatformTx<'_>| {
            Ok::<_, ApiError>(webhook_event::replay(tx, event.webhook_event_id).await?)
        })
        .await?;
    if !replayed {
        return Err(ApiError::conflict(
            "being_processed",
            "The event is being worked on or no longer kept; look again in a moment.",
        ));
    }
    Ok(HttpResponse::NoContent().finish())
}
