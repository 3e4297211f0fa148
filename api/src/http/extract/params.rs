//! Parameters that many operations share: paths, pages, and the headers of safe repetition and safe change.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;

use crate::error::{ApiError, ApiResult};
use crate::http::page::PageRequest;
use crate::ids::OrganizationId;

/// For the document; handlers take the organization from their `Access`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct OrganizationPath {
    pub organization_id: OrganizationId,
}

/// For the document; handlers take `IdempotencyKey`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IdempotencyHeader {
    /// Any text of your choice, new for each new request: the same request sent again with it gets the same answer and does nothing.
    #[serde(rename = "Idempotency-Key")]
    #[param(
        required = false,
        min_length = 1,
        max_length = 200,
        pattern = "^[!-~]{1,200}$",
        example = "2f1c7a52-create"
    )]
    pub idempotency_key: Option<String>,
}

/// Which page of a list; for lists without filters.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageParams {
    /// Rows per page; 50 if not given.
    #[validate(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100, example = 50)]
    pub limit: Option<i64>,
    /// The `next_cursor` of the page before.
    #[param(pattern = "^[0-9a-f]{48}$")]
    pub cursor: Option<String>,
}

impl PageParams {
    pub fn page(&self) -> ApiResult<PageRequest> {
        PageRequest::new(self.limit, self.cursor.as_deref())
    }
}

/// The `If-Match` header of a change: the version that the client has seen.
pub struct IfMatch(Option<i32>);

impl IfMatch {
    /// Refuses a change to another version than the one the client has seen.
    pub fn check(&self, version: i32) -> ApiResult<()> {
        if self.0.is_none_or(|seen| seen == version) {
            return Ok(());
        }
        Err(ApiError::conflict(
            "version_conflict",
            "Somebody changed this meanwhile; read it again, then repeat your change.",
        ))
    }
}

impl FromRequest for IfMatch {
    type Error = ApiError;
    type Future = Ready<ApiResult<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(value) = request.headers().get(header::IF_MATCH) else {
            return ready(Ok(Self(None)));
        };
        ready(seen_version(value.to_str().unwrap_or_default().trim()).map(Self))
    }
}

/// `*` is any version; else one ETag as we give it out.
fn seen_version(value: &str) -> ApiResult<Option<i32>> {
    if value == "*" {
        return Ok(None);
    }
    let digits = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'));
    let version = digits
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|digits| digits.parse().ok());
    let wrong = || {
        ApiError::BadRequest(
            "If-Match must be the ETag that reading gave, in its quotes, or *.".to_owned(),
        )
    };
    version.map(Some).ok_or_else(wrong)
}

/// The ETag of a version, as `If-Match` takes it.
pub fn etag(version: i32) -> (header::HeaderName, String) {
    (header::ETAG, format!("\"{version}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn if_match_takes_the_etag_it_was_given_and_nothing_else() {
        assert_eq!(seen_version(&etag(7).1).unwrap(), Some(7));
        assert_eq!(seen_version("*").unwrap(), None);
        for wrong in [
            "",
            "7",
            "\"\"",
            "\"-7\"",
            "\"7\", \"8\"",
            "W/\"7\"",
            "\"99999999999\"",
        ] {
            assert!(seen_version(wrong).is_err(), "{wrong}");
        }
        assert!(
            IfMatch(Some(6)).check(7).is_err()
                && IfMatch(Some(7)).check(7).is_ok()
                && IfMatch(None).check(7).is_ok()
        );
    }
}
