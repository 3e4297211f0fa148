//! A JSON body: bounded, strict, validated (R27, R43, R71).

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;
use validator::Validate;

use super::{field_error, read_body, refuse_nul};
use crate::error::{ApiError, ApiResult};

/// 256 KiB, but for bulk imports.
const MAX_BYTES: usize = 256 * 1024;

/// A body of type `T` that its own rules accept. `MAX` is the largest body in bytes.
pub struct ValidJson<T, const MAX: usize = MAX_BYTES>(pub T);

impl<T, const MAX: usize> std::ops::Deref for ValidJson<T, MAX> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned + Validate + 'static, const MAX: usize> FromRequest for ValidJson<T, MAX> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = ApiResult<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let allowed = is_plain_json(request);
        let mut payload = payload.take();
        Box::pin(async move {
            if !allowed {
                return Err(ApiError::UnsupportedMediaType);
            }
            let body = read_body(&mut payload, MAX).await?;
            parse(&body).map(Self)
        })
    }
}

/// `application/json` without a content coding.
pub(crate) fn is_plain_json(request: &HttpRequest) -> bool {
    let encoded = request
        .headers()
        .get(header::CONTENT_ENCODING)
        .is_some_and(|value| value != "identity");
    let kind = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    !encoded && essence.eq_ignore_ascii_case("application/json")
}

fn parse<T: DeserializeOwned + Validate>(body: &[u8]) -> ApiResult<T> {
    let text = std::str::from_utf8(body)
        .map_err(|_| ApiError::BadRequest("The body is not UTF-8.".to_owned()))?;
    let broken = |error: serde_json::Error| {
        ApiError::BadRequest(format!(
            "The body is not JSON: line {}, column {}.",
            error.line(),
            error.column()
        ))
    };
    let value: serde_json::Value = serde_json::from_str(text).map_err(broken)?;
    refuse_nul(&value, "")?;
    let parsed: T = serde_path_to_error::deserialize(value)
        .map_err(|error| field_error(error.path().to_string(), error.inner()))?;
    parsed.validate()?;
    Ok(parsed)
}
