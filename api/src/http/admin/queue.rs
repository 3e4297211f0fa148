//! What waits, what runs, what was given up, over the whole installation; and webhook events that could not be processed.

use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::Reason;
use crate::auth::platform_admin::PlatformAdmin;
use crate::channels::ChannelKind;
use crate::db::PlatformTx;
use crate::error::{ApiError, ApiResult, Problems};
use crate::http::extract::{ValidJson, ValidQuery};
use crate::http::page::{Page, PageRequest};
use crate::ids::{OrganizationId, WebhookEventId};
use crate::models::platform_queue::{ListedEvent, QueueNumbers};
use crate::models::{identity_audit, webhook_event};
use crate::state::AppState;

/// How full a queue is.
#[derive(Debug, Serialize, ToSchema)]
pub struct QueueView {
    ready: i64,
    running: i64,
    dead: i64,
    /// How long the oldest that is due has been waiting; null when nothing is due.
    oldest_ready_seconds: Option<i64>,
}

impl From<QueueNumbers> for QueueView {
    fn from(numbers: QueueNumbers) -> Self {
        Self {
            ready: numbers.ready,
            running: numbers.running,
            dead: numbers.dead,
            oldest_ready_seconds: numbers.oldest_ready_seconds,
        }
    }
}

/// The jobs of one kind.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobQueueView {
    #[schema(example = "deliver")]
    kind: String,
    ready: i64,
    running: i64,
    dead: i64,
    oldest_due_seconds: Option<i64>,
}

/// All queues.
#[derive(Debug, Serialize, ToSchema)]
pub struct QueuesView {
    webhook_events: QueueView,
    /// Kinds of which there is neither a waiting nor a dead one are left out.
    jobs: Vec<JobQueueView>,
    mails: QueueView,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WebhookEventState {
    Ready,
    Running,
    #[default]
    Dead,
}

impl WebhookEventState {
    fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Running => "running",
            Self::Dead => "dead",
        }
    }
}

/// Which events to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WebhookEventParams {
    /// Rows per page; 50 if not given.
    #[validate(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100, example = 50)]
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    #[param(pattern = "^[0-9a-f]{48}$")]
    cursor: Option<String>,
    /// `dead` if not given.
    #[param(inline)]
    state: Option<WebhookEventState>,
}

/// A webhook event without its body: what customers wrote is not the platform's to read.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookEventView {
    id: WebhookEventId,
    platform: ChannelKind,
    received_at: DateTime<Utc>,
    attempts: i32,
    last_error: Option<String>,
    /// Null for events of the installation's own app.
    organization_id: Option<OrganizationId>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct WebhookEventPath {
    pub webhook_event_id: WebhookEventId,
}

/// Read how full the queues are
#[utoipa::path(tag = "platform admin", operation_id = "get_queues", responses((status = 200, body = QueuesView), Problems))]
#[get("/api/v1/admin/queue")]
pub async fn get_queues(
    _admin: PlatformAdmin,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<QueuesView>> {
    let read = state.db.platform(async |tx: &mut PlatformTx<'_>| {
        Ok::<_, ApiError>((
            QueueNumbers::of_webhook_events(tx).await?,
            QueueNumbers::of_mails(tx).await?,
        ))
    });
    let (events, mails) = read.await?;
    let jobs = state.db.job_backlog().await?;
    let view = |job: crate::db::cross::Backlog| JobQueueView {
        kind: job.kind,
        ready: job.ready,
        running: job.running,
        dead: job.dead,
        oldest_due_seconds: job.oldest_due_seconds,
    };
    Ok(web::Json(QueuesView {
        webhook_events: events.into(),
        jobs: jobs.into_iter().map(view).collect(),
        mails: mails.into(),
    }))
}

/// List webhook events
///
/// Newest first; those that were given up if no state is asked for.
#[utoipa::path(tag = "platform admin", operation_id = "admin_list_webhook_events", params(WebhookEventParams),
    responses((status = 200, body = Page<WebhookEventView>), Problems))]
#[get("/api/v1/admin/webhook_events")]
pub async fn admin_list_webhook_events(
    _admin: PlatformAdmin,
    query: ValidQuery<WebhookEventParams>,
    state: web::Data<AppState>,
) -> ApiResult<web::Json<Page<WebhookEventView>>> {
    let page = PageRequest::new(query.limit, query.cursor.as_deref())?;
    let wanted = query.state.unwrap_or_default().as_str();
    let list = state.db.platform(async |tx: &mut PlatformTx<'_>| {
        Ok::<_, ApiError>(ListedEvent::list(tx, wanted, &page).await?)
    });
    let view = |event: ListedEvent| WebhookEventView {
        id: event.id,
        platform: event.platform,
        received_at: event.received_at,
        attempts: event.attempts,
        last_error: event.last_error,
        organization_id: event.organization_id,
    };
    Ok(web::Json(page.page(
        list.await?,
        |event| (event.received_at, event.id.0),
        view,
    )))
}

/// Process a webhook event again
///
/// Whatever became of it before: what was processed gives the same rows and sends nothing again. 404 also while a worker has it.
#[utoipa::path(tag = "platform admin", operation_id = "replay_webhook_event", params(WebhookEventPath), request_body = Reason,
    responses((status = 204, description = "It is worked on again"), Problems))]
#[post("/api/v1/admin/webhook_events/{webhook_event_id}/replay")]
pub async fn replay_webhook_event(
    admin: PlatformAdmin,
    path: web::Path<WebhookEventId>,
    state: web::Data<AppState>,
    body: ValidJson<Reason>,
) -> ApiResult<HttpResponse> {
    let (id, now) = (path.into_inner(), state.clock.now());
    let replay = state.db.platform(async |tx: &mut PlatformTx<'_>| {
        if !webhook_event::replay(tx, id).await? {
            return Err(ApiError::NotFound("webhook event that could be replayed"));
        }
        let details = json!({"event": id, "reason": body.as_str()});
        identity_audit::record(
            tx.conn(),
            Some(admin.id),
            "webhook_event_replayed",
            details,
            now,
        )
        .await?;
        Ok(())
    });
    replay.await?;
    Ok(HttpResponse::NoContent().finish())
}
