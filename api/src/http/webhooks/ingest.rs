//! Ingest, the hot path: signature, one durable write, 200.

use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, routes, web};
use secrecy::SecretString;

use super::{organization_of, platform_of};
use crate::channels::{ChannelKind, channel};
use crate::error::{ApiError, ApiResult, Problems};
use crate::http::extract::is_plain_json;
use crate::http::middleware::WebhookBody;
use crate::ids::OrganizationId;
use crate::intake::NotStored;
use crate::models::webhook_event::NewWebhookEvent;
use crate::state::AppState;

/// Receive events of an organization's own app
///
/// Signed by the platform (`X-Hub-Signature-256`). 200 means: stored for good. What the body means is worked out later.
#[utoipa::path(post, path = "/social/webhook/{platform}/{organization_id}", tag = "webhooks", security(("webhook_signature" = [])),
    params(("platform" = ChannelKind, Path), ("organization_id" = OrganizationId, Path)),
    request_body(content = String, content_type = "application/json", description = "The platform's event, byte for byte; at most 4 MiB"),
    responses((status = 200, description = "Stored", body = String, content_type = "text/plain"), Problems))]
#[routes]
#[post("/social/webhook/{platform}/{organization_id}")]
#[post("/social/webhook/{platform}/{organization_id}/")]
pub async fn receive_organization_webhook(
    request: HttpRequest,
    path: web::Path<(String, String)>,
    body: web::ReqData<WebhookBody>,
    state: web::Data<AppState>,
) -> ApiResult<HttpResponse> {
    let (platform, organization) = (platform_of(&path.0)?, organization_of(&path.1)?);
    let body = of_json(&request, body)?;
    // An unknown organization and one without an app answer as a wrong signature does: nobody learns which exist (R1).
    let app = state
        .webhook_apps
        .find(organization, platform)
        .await?
        .ok_or(BAD_SIGNATURE)?;
    check_signature(&request, platform, &app.secrets, &body)?;
    store(
        &state,
        NewWebhookEvent::of_organization(platform, organization, body, state.clock.now()),
    )
    .await
}

/// Receive events of the installation's own app
///
/// Each entry is routed by its page, account or phone number id.
#[utoipa::path(post, path = "/social/webhook/{platform}", tag = "webhooks", security(("webhook_signature" = [])),
    params(("platform" = ChannelKind, Path)),
    request_body(content = String, content_type = "application/json", description = "The platform's event, byte for byte; at most 4 MiB"),
    responses((status = 200, description = "Stored", body = String, content_type = "text/plain"), Problems))]
#[routes]
#[post("/social/webhook/{platform}")]
#[post("/social/webhook/{platform}/")]
pub async fn receive_installation_webhook(
    request: HttpRequest,
    path: web::Path<String>,
    body: web::ReqData<WebhookBody>,
    state: web::Data<AppState>,
) -> ApiResult<HttpResponse> {
    let platform = platform_of(&path)?;
    let body = of_json(&request, body)?;
    let meta = &state.settings.meta;
    let mut secrets = meta.app_secrets.clone();
    if platform == ChannelKind::Instagram {
        // Which of the two secrets signs Instagram Login events is not settled: accept either (reference 1.2).
        secrets.extend(meta.instagram_app_secrets.iter().cloned());
    }
    check_signature(&request, platform, &secrets, &body)?;
    store(
        &state,
        NewWebhookEvent::of_installation(platform, body, state.clock.now()),
    )
    .await
}

const BAD_SIGNATURE: ApiError =
    ApiError::Unauthorized("The signature is missing or wrong; check the app secret.");

/// What its layer has read.
fn of_json(request: &HttpRequest, body: web::ReqData<WebhookBody>) -> ApiResult<Bytes> {
    if !is_plain_json(request) {
        return Err(ApiError::UnsupportedMediaType);
    }
    Ok(body.into_inner().0)
}

fn check_signature(
    request: &HttpRequest,
    platform: ChannelKind,
    secrets: &[SecretString],
    body: &[u8],
) -> ApiResult<()> {
    let channel = channel(platform).ok_or(ApiError::NotFound("webhook"))?;
    let signature = request
        .headers()
        .get(channel.signature_header())
        .and_then(|value| value.to_str().ok());
    channel
        .verify(secrets, signature, body)
        .map_err(|_| BAD_SIGNATURE)
}

/// Stored and committed, then 200. A body that is there already is a redelivery: success (R4). Whatever keeps it from being stored:
/// 503, and the platform brings it again (R3).
async fn store(state: &AppState, event: NewWebhookEvent) -> ApiResult<HttpResponse> {
    state.intake.store(event).await.map_err(|why| {
        ApiError::Unavailable(match why {
            NotStored::Full => "more events are waiting than can be taken",
            NotStored::Late => "the event could not be stored in time",
            NotStored::Failed => "the event could not be stored",
        })
    })?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/plain"))
        .body("EVENT_RECEIVED"))
}
