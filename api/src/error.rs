//! Errors at the edge: one enum, rendered as problem documents (RFC 9457), logged once if the fault is ours.

mod constraint;
mod problem;

pub use constraint::OnConstraint;
pub use problem::{FieldProblem, Problem, ProblemType, Problems};

use std::time::Duration;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};

pub type ApiResult<T> = Result<T, ApiError>;
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Everything a request can end with besides success. `detail` texts are for the client, `source`s for the log.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// No, an expired or a revoked credential; or a wrong password.
    #[error("unauthorized: {0}")]
    Unauthorized(&'static str),
    /// Signed in, but the role does not reach.
    #[error("forbidden: {0}")]
    Forbidden(&'static str),
    /// The organization is suspended by the platform: what is there can be read, nothing changes. Carries the platform admin's reason.
    #[error("organization suspended")]
    Suspended { reason: String },
    /// Missing, or of another organization: the same answer (R41). Carries the noun.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// The request cannot be read at all: broken JSON, bad UTF-8, a bad header.
    #[error("bad request: {0}")]
    BadRequest(String),
    /// Readable, but fields are missing, unknown, of the wrong type or out of range (R71).
    #[error("invalid fields")]
    Invalid(Vec<FieldProblem>),
    /// The state does not allow it.
    #[error("conflict: {code}")]
    Conflict { code: &'static str, detail: String },
    #[error("method not allowed")]
    MethodNotAllowed,
    #[error("the body is too large")]
    TooLarge,
    #[error("the address is too long")]
    UriTooLong,
    #[error("the headers are too large")]
    HeadersTooLarge,
    #[error("unsupported media type")]
    UnsupportedMediaType,
    #[error("too many requests")]
    RateLimited { retry_after: Duration },
    /// We are over capacity or the database is away: come back (R29).
    #[error("unavailable: {0}")]
    Unavailable(&'static str),
    /// A platform or model that we asked on the caller's behalf did not answer usefully.
    #[error("{service} failed")]
    Upstream {
        service: &'static str,
        detail: String,
    },
    #[error("internal error")]
    Internal(#[source] BoxError),
}

impl ApiError {
    /// One invalid field.
    pub fn field(field: &str, code: &str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldProblem {
            field: field.to_owned(),
            code: code.to_owned(),
            message: message.into(),
        }])
    }

    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::Conflict {
            code,
            detail: detail.into(),
        }
    }

    pub fn internal(source: impl Into<BoxError>) -> Self {
        Self::Internal(source.into())
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } => Some(*retry_after),
            Self::Unavailable(_) => Some(Duration::from_secs(2)),
            _ => None,
        }
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        ProblemType::of(self).status()
    }

    fn error_response(&self) -> HttpResponse {
        if let Self::Internal(source) = self {
            tracing::error!(error = %source, "request failed");
        }
        let mut response = HttpResponse::build(self.status_code());
        if let Some(wait) = self.retry_after() {
            response.insert_header((header::RETRY_AFTER, wait.as_secs().max(1).to_string()));
        }
        if matches!(self, Self::Unauthorized(_)) {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        response
            .content_type("application/problem+json")
            .json(Problem::from(self))
    }
}

impl From<diesel::result::Error> for ApiError {
    fn from(error: diesel::result::Error) -> Self {
        crate::db::DbError::from(error).into()
    }
}

impl From<crate::db::DbError> for ApiError {
    fn from(error: crate::db::DbError) -> Self {
        match error {
            crate::db::DbError::Unavailable(source) => {
                tracing::warn!(error = %source, "database not available");
                Self::Unavailable("the database is not available right now")
            }
            other => Self::internal(other),
        }
    }
}

impl From<validator::ValidationErrors> for ApiError {
    fn from(errors: validator::ValidationErrors) -> Self {
        Self::Invalid(problem::field_problems(&errors))
    }
}
