//! What a webhook passes, and nothing else: the hot path has no use for compression, CORS or a log span. The body is read here, so
//! that its memory and its place are bounded before anything touches the database (R27 to R29); the handler finds it as [`WebhookBody`].

use std::time::Instant;

use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::guard::{Guard, fn_guard};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::web::{self, Bytes};
use actix_web::{HttpMessage, ResponseError};
use uuid::Uuid;

use super::{as_problem, call, refused, with_headers};
use crate::error::{ApiError, ApiResult};
use crate::http::admission::Permit;
use crate::http::admission::bodies::Held;
use crate::http::extract::read_held;
use crate::metrics::metrics;
use crate::state::AppState;
use crate::telemetry;

/// Meta documents 3 MB at most; a smaller limit would make genuine batches fail for days (reference 1.2, R5).
const MAX_WEBHOOK_BODY: usize = 4 * 1024 * 1024;
const PREFIX: &str = "/social/webhook/";

/// The addresses that this layer stands before.
pub fn is_webhook() -> impl Guard {
    fn_guard(|context| context.head().uri.path().starts_with(PREFIX))
}

/// The body of a webhook, whole and as it came.
#[derive(Clone)]
pub struct WebhookBody(pub Bytes);

/// The only layer of a webhook.
pub async fn guard_webhook(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let began = Instant::now();
    let id = Uuid::now_v7().to_string();
    telemetry::with_request_id(id.clone(), async move {
        let is_event = request.method() == Method::POST;
        let response = match admit(&mut request).await {
            Err(error) => request.into_response(error.error_response()),
            // Held until the answer stands.
            Ok(_admitted) => as_problem(call(request, next).await?),
        };
        if is_event {
            metrics().acknowledged(began, response.status().as_u16());
        }
        Ok(with_headers(response, &id, false))
    })
    .await
}

/// Its body's memory and its place among the webhooks.
async fn admit(request: &mut ServiceRequest) -> ApiResult<(Held, Permit)> {
    if let Some(error) = refused(request) {
        return Err(error);
    }
    let state = request
        .app_data::<web::Data<AppState>>()
        .ok_or_else(|| ApiError::internal("the app has no state"))?;
    let admission = state.admission.clone();
    let mut held = admission.bodies.hold();
    let mut payload = request.take_payload();
    let body = read_held(&mut payload, MAX_WEBHOOK_BODY, &mut held).await?;
    request.extensions_mut().insert(WebhookBody(body.freeze()));
    // After the body: a client that trickles one takes no place from those who are done.
    let permit = admission.webhook(organization_in(request.path()))?;
    Ok((held, permit))
}

/// `/social/webhook/{platform}/{organization_id}`; the installation's own address ends before it.
fn organization_in(path: &str) -> Option<Uuid> {
    path.strip_prefix(PREFIX)?.split('/').nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_organization_stands_behind_the_platform() {
        let id = "0190a3c4-d5e6-7f80-91a2-b3c4d5e6f708";
        let found = |path: &str| organization_in(path).map(|id| id.to_string());
        for end in ["", "/"] {
            assert_eq!(
                found(&format!("/social/webhook/facebook/{id}{end}")).as_deref(),
                Some(id)
            );
        }
        for path in [
            "/social/webhook/facebook",
            "/social/webhook/facebook/",
            "/social/webhook/facebook/mine",
            "/api/v1/me",
        ] {
            assert_eq!(found(path), None, "{path}");
        }
    }
}
