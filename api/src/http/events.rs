//! The stream of live updates.

use actix_web::http::header::{self, HeaderName};
use actix_web::{HttpRequest, HttpResponse, get, web};

use super::extract::OrganizationPath;
use crate::auth::access::{Access, Viewer};
use crate::error::{ApiResult, Problems};
use crate::live::Start;
use crate::state::AppState;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Follow what happens, live
///
/// Server-sent events, a comment every 15 seconds. The first is always `hello` {"server_time"}: read what you show after it. Then:
/// `conversation` {"conversation_id","changed_at"}: something of the conversation or its messages changed; `account` {"account_id"};
/// `platform_app` {"platform"}; `presence` {"conversation_id","user_id","name","typing"}; `resync` {}: too much changed to say what, read
/// everything anew; `session_ended` {"reason"} (`signed_out`, `revoked`, `member_removed`): the stream closes, and the token is no longer
/// good. Coming back with the last event's id in `Last-Event-ID` tells all that changed meanwhile. An event may come twice.
#[utoipa::path(tag = "conversations",
    params(OrganizationPath, ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that arrived.")),
    responses((status = 200, description = "The stream", content_type = "text/event-stream", body = String), Problems))]
#[get("/api/v1/organizations/{organization_id}/events")]
pub async fn stream_events(
    access: Access<Viewer>,
    request: HttpRequest,
    state: web::Data<AppState>,
) -> ApiResult<HttpResponse> {
    let last = request.headers().get(LAST_EVENT_ID);
    let start = Start::read(last.map(header::HeaderValue::as_bytes));
    let subscription = state.live.subscribe(&access, start)?;
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        // Neither we nor a proxy may gather events: compression would, and so would nginx.
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .insert_header((HeaderName::from_static("x-accel-buffering"), "no"))
        .streaming(subscription.into_body()))
}
