//! What every request passes: the request id, limits, a place ([`admission`](super::admission)), security headers, and problem
//! documents for whatever else would answer in plain text, a panic among it. Webhooks have a layer of their own.

mod webhook;

pub use webhook::{WebhookBody, guard_webhook, is_webhook};

use std::panic::AssertUnwindSafe;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, ResponseError, web};
use futures_util::FutureExt;
use tracing_actix_web::RequestId;

use super::admission::Permit;
use super::known_paths::KnownPaths;
use super::web_app;
use crate::auth::opaque;
use crate::error::{ApiError, ApiResult};
use crate::metrics::labels::Class;
use crate::state::AppState;
use crate::telemetry;

const MAX_URI: usize = 8 * 1024;
const MAX_HEADERS: usize = 32 * 1024;
/// Below an organization: what reads or writes much at once.
const EXPORTS: [&str; 2] = ["analytics", "knowledge/import"];

/// The outermost of our own layers.
pub async fn guard(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let id = request
        .extensions()
        .get::<RequestId>()
        .map(ToString::to_string)
        .unwrap_or_default();
    let is_page = request.path().starts_with("/docs") || request.path() == "/";
    telemetry::with_request_id(id.clone(), async move {
        let response = match admit(&request) {
            Err(error) => request.into_response(error.error_response()),
            // Held until the answer stands; a stream's body goes on without it.
            Ok(_place) => as_problem(call(request, next).await?),
        };
        Ok(with_headers(response, &id, is_page))
    })
    .await
}

/// What is not too large, and has a place where it may touch the database (R29).
fn admit(request: &ServiceRequest) -> ApiResult<Option<Permit>> {
    if let Some(error) = refused(request) {
        return Err(error);
    }
    let Some(class) = class_of(request.path()) else {
        return Ok(None);
    };
    let state = request
        .app_data::<web::Data<AppState>>()
        .ok_or_else(|| ApiError::internal("the app has no state"))?;
    state.admission.request(class).map(Some)
}

/// Health, documentation and the web app's files need no place.
fn class_of(path: &str) -> Option<Class> {
    let below = path.strip_prefix("/api/v1/")?;
    let in_organization = below
        .strip_prefix("organizations/")
        .and_then(|path| path.split_once('/'))
        .map_or("", |(_, below)| below);
    let heavy = EXPORTS.iter().any(|path| in_organization.starts_with(path));
    Some(if heavy { Class::Exports } else { Class::Api })
}

/// A panic ends the request, not the connection or the worker.
async fn call(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match AssertUnwindSafe(next.call(request)).catch_unwind().await {
        Ok(result) => result.map(ServiceResponse::map_into_boxed_body),
        Err(_) => Err(ApiError::internal("a handler panicked").into()),
    }
}

/// R27, and secrets in an address (R36), before anything is read or looked up.
fn refused(request: &ServiceRequest) -> Option<ApiError> {
    let headers: usize = request
        .headers()
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum();
    if request
        .uri()
        .path_and_query()
        .is_some_and(|uri| uri.as_str().len() > MAX_URI)
    {
        return Some(ApiError::UriTooLong);
    }
    if headers > MAX_HEADERS {
        return Some(ApiError::HeadersTooLarge);
    }
    opaque::stands_in(request.query_string()).then(|| {
        ApiError::BadRequest(
            "A key or token stands in the address, where logs and histories keep it: revoke it, make a new one, and send it in the header or body.".to_owned(),
        )
    })
}

/// The framework's own answers (bad paths, bad queries, broken bodies) become problem documents.
fn as_problem(response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let status = response.status();
    let is_problem = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind == "application/problem+json");
    if is_problem || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let error = match status.as_u16() {
        404 => ApiError::NotFound("address"),
        405 => ApiError::MethodNotAllowed,
        413 => ApiError::TooLarge,
        415 => ApiError::UnsupportedMediaType,
        code if code < 500 => ApiError::BadRequest(
            "The request cannot be read; see /docs for what this address takes.".to_owned(),
        ),
        _ => ApiError::internal(format!(
            "an answer without a problem document, status {status}"
        )),
    };
    let (request, _) = response.into_parts();
    ServiceResponse::new(request, error.error_response())
}

/// R74. Data is never cached; pages may load their own scripts and nothing else. The web app's files bring their own policy.
fn with_headers(
    mut response: ServiceResponse<BoxBody>,
    request_id: &str,
    is_page: bool,
) -> ServiceResponse<BoxBody> {
    let policy = if is_page {
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'"
    } else {
        "default-src 'none'; frame-ancestors 'none'"
    };
    let headers = response.headers_mut();
    let has_policy = headers.contains_key(header::CONTENT_SECURITY_POLICY);
    let mut set = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value))
    };
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(
        header::STRICT_TRANSPORT_SECURITY,
        "max-age=31536000; includeSubDomains",
    );
    if !has_policy {
        set(header::CONTENT_SECURITY_POLICY, policy);
        if !is_page {
            set(header::CACHE_CONTROL, "no-store");
        }
    }
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    response
}

/// Whatever no route takes: 405 where the address is known, else a file or page of the web app, else 404.
pub async fn fallback(
    request: HttpRequest,
    known: web::Data<KnownPaths>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let Some(methods) = known.methods(request.path()) else {
        return web_app::respond(&request, state.web.as_deref())
            .ok_or(ApiError::NotFound("address"));
    };
    let mut response = ApiError::MethodNotAllowed.error_response();
    if let Ok(allow) = HeaderValue::from_str(&methods.join(", ")) {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_and_imports_are_exports_and_what_needs_no_database_has_no_class() {
        let id = "0190a3c4-d5e6-7f80-91a2-b3c4d5e6f708";
        let of = |below: &str| class_of(&format!("/api/v1/organizations/{id}/{below}"));
        assert_eq!(of("analytics"), Some(Class::Exports));
        assert_eq!(of("knowledge/import"), Some(Class::Exports));
        assert_eq!(of("knowledge"), Some(Class::Api));
        assert_eq!(class_of("/api/v1/me"), Some(Class::Api));
        for path in [
            "/health/live",
            "/health/ready",
            "/docs/",
            "/",
            "/assets/index.js",
        ] {
            assert_eq!(class_of(path), None, "{path}");
        }
    }
}
