//! A query string: strict and validated. Give the type `deny_unknown_fields`.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;
use validator::Validate;

use crate::error::{ApiError, ApiResult};

/// The query parameters as `T`, accepted by its own rules.
pub struct ValidQuery<T>(pub T);

impl<T> std::ops::Deref for ValidQuery<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned + Validate> FromRequest for ValidQuery<T> {
    type Error = ApiError;
    type Future = Ready<ApiResult<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(parse(request.query_string()).map(Self))
    }
}

fn parse<T: DeserializeOwned + Validate>(query: &str) -> ApiResult<T> {
    if query.to_ascii_lowercase().contains("%00") {
        return Err(ApiError::field(
            "",
            "nul",
            "must not contain the NUL character",
        ));
    }
    let wrong = |_| {
        ApiError::field(
            "",
            "query",
            "a query parameter is unknown, given twice, or has the wrong type; see /docs",
        )
    };
    let parsed = actix_web::web::Query::<T>::from_query(query)
        .map_err(wrong)?
        .into_inner();
    parsed.validate()?;
    Ok(parsed)
}
