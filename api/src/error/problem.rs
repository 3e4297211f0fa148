//! The problem document and its closed list of types.

use actix_web::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::ApiError;

/// A problem document (RFC 9457). Match on `type`; show `detail`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    #[serde(rename = "type")]
    pub kind: ProblemType,
    /// What kind of problem, in English.
    #[schema(example = "Not found")]
    pub title: &'static str,
    #[schema(example = 404, minimum = 400, maximum = 599)]
    pub status: u16,
    /// What happened and what to do next, in plain words.
    #[schema(example = "There is no such agent.")]
    pub detail: String,
    /// Which conflict, or `organization_suspended`; stable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// For invalid fields: one entry per field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<FieldProblem>,
    /// Quote this when you ask for help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// What is wrong with one field. Never repeats the value.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FieldProblem {
    /// Path of the field, `model.base_url`.
    #[schema(example = "name")]
    pub field: String,
    #[schema(example = "length")]
    pub code: String,
    #[schema(example = "must have 1 to 100 characters")]
    pub message: String,
}

/// The stable types of problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub enum ProblemType {
    #[serde(rename = "urn:banglachat:problem:unauthorized")]
    Unauthorized,
    #[serde(rename = "urn:banglachat:problem:forbidden")]
    Forbidden,
    #[serde(rename = "urn:banglachat:problem:not_found")]
    NotFound,
    #[serde(rename = "urn:banglachat:problem:bad_request")]
    BadRequest,
    #[serde(rename = "urn:banglachat:problem:invalid")]
    Invalid,
    #[serde(rename = "urn:banglachat:problem:conflict")]
    Conflict,
    #[serde(rename = "urn:banglachat:problem:method_not_allowed")]
    MethodNotAllowed,
    #[serde(rename = "urn:banglachat:problem:too_large")]
    TooLarge,
    #[serde(rename = "urn:banglachat:problem:uri_too_long")]
    UriTooLong,
    #[serde(rename = "urn:banglachat:problem:headers_too_large")]
    HeadersTooLarge,
    #[serde(rename = "urn:banglachat:problem:unsupported_media_type")]
    UnsupportedMediaType,
    #[serde(rename = "urn:banglachat:problem:rate_limited")]
    RateLimited,
    #[serde(rename = "urn:banglachat:problem:unavailable")]
    Unavailable,
    #[serde(rename = "urn:banglachat:problem:upstream")]
    Upstream,
    #[serde(rename = "urn:banglachat:problem:internal")]
    Internal,
}

impl ProblemType {
    pub fn of(error: &ApiError) -> Self {
        match error {
            ApiError::Unauthorized(_) => Self::Unauthorized,
            ApiError::Forbidden(_) | ApiError::Suspended { .. } => Self::Forbidden,
            ApiError::NotFound(_) => Self::NotFound,
            ApiError::BadRequest(_) => Self::BadRequest,
            ApiError::Invalid(_) => Self::Invalid,
            ApiError::Conflict { .. } => Self::Conflict,
            ApiError::MethodNotAllowed => Self::MethodNotAllowed,
            ApiError::TooLarge => Self::TooLarge,
            ApiError::UriTooLong => Self::UriTooLong,
            ApiError::HeadersTooLarge => Self::HeadersTooLarge,
            ApiError::UnsupportedMediaType => Self::UnsupportedMediaType,
            ApiError::RateLimited { .. } => Self::RateLimited,
            ApiError::Unavailable(_) => Self::Unavailable,
            ApiError::Upstream { .. } => Self::Upstream,
            ApiError::Internal(_) => Self::Internal,
        }
    }

    fn parts(self) -> (StatusCode, &'static str) {
        match self {
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "Not signed in"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "Not allowed"),
            Self::NotFound => (StatusCode::NOT_FOUND, "Not found"),
            Self::BadRequest => (StatusCode::BAD_REQUEST, "Bad request"),
            Self::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, "Invalid fields"),
            Self::Conflict => (StatusCode::CONFLICT, "Conflict"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "Method not allowed"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "Too large"),
            Self::UriTooLong => (StatusCode::URI_TOO_LONG, "Address too long"),
            Self::HeadersTooLarge => (
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "Headers too large",
            ),
            Self::UnsupportedMediaType => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "Unsupported media type")
            }
            Self::RateLimited => (StatusCode::TOO_MANY_REQUESTS, "Too many requests"),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "Not available right now"),
            Self::Upstream => (StatusCode::BAD_GATEWAY, "Another service failed"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "Our mistake"),
        }
    }

    pub fn status(self) -> StatusCode {
        self.parts().0
    }
}

impl From<&ApiError> for Problem {
    fn from(error: &ApiError) -> Self {
        let kind = ProblemType::of(error);
        let (status, title) = kind.parts();
        let (code, errors) = match error {
            ApiError::Conflict { code, .. } => (Some(*code), Vec::new()),
            ApiError::Suspended { .. } => (Some("organization_suspended"), Vec::new()),
            ApiError::Invalid(errors) => (None, errors.clone()),
            _ => (None, Vec::new()),
        };
        let request_id = crate::telemetry::current_request_id();
        Self {
            kind,
            title,
            status: status.as_u16(),
            detail: detail(error),
            code,
            errors,
            request_id,
        }
    }
}

/// What the client reads. Says nothing about causes on our side (R66).
fn detail(error: &ApiError) -> String {
    match error {
        ApiError::Unauthorized(text) | ApiError::Forbidden(text) => (*text).to_owned(),
        ApiError::Suspended { reason } => format!(
            "This organization is suspended ({reason}). Everything can be read, nothing can be changed or sent; ask the platform's operator."
        ),
        ApiError::NotFound(noun) => format!("There is no such {noun}."),
        ApiError::BadRequest(text) => text.clone(),
        ApiError::Invalid(_) => {
            "Some fields are not right; see `errors`, correct them and send again.".to_owned()
        }
        ApiError::Conflict { detail, .. } => detail.clone(),
        ApiError::MethodNotAllowed => {
            "This address does not take this method; see /docs for the ones it takes.".to_owned()
        }
        ApiError::TooLarge => {
            "The body is larger than this address accepts; send less at once.".to_owned()
        }
        ApiError::UriTooLong => "The address is longer than 8 KiB; shorten the query.".to_owned(),
        ApiError::HeadersTooLarge => "The headers are larger than 32 KiB; send fewer.".to_owned(),
        ApiError::UnsupportedMediaType => {
            "Send the body as `application/json`, uncompressed.".to_owned()
        }
        ApiError::RateLimited { .. } => {
            "Too many tries; wait as long as `Retry-After` says, then try again.".to_owned()
        }
        ApiError::Unavailable(text) => format!("{text}; try again in a few seconds."),
        ApiError::Upstream { detail, .. } => detail.clone(),
        ApiError::Internal(_) => {
            "Something went wrong on our side. Try again; if it stays, tell us the request id."
                .to_owned()
        }
    }
}

/// validator's errors as field entries, without the values it would echo back.
pub(super) fn field_problems(errors: &validator::ValidationErrors) -> Vec<FieldProblem> {
    let mut found = Vec::new();
    collect("", errors, &mut found);
    found.sort_by(|a, b| (&a.field, &a.code).cmp(&(&b.field, &b.code)));
    found
}

fn collect(prefix: &str, errors: &validator::ValidationErrors, found: &mut Vec<FieldProblem>) {
    use validator::ValidationErrorsKind as Kind;
    for (field, kind) in errors.errors() {
        let path = if prefix.is_empty() {
            field.to_string()
        } else {
            format!("{prefix}.{field}")
        };
        match kind {
            Kind::Field(list) => found.extend(list.iter().map(|error| {
                FieldProblem {
                    field: path.clone(),
                    code: error.code.to_string(),
                    message: error
                        .message
                        .as_ref()
                        .map_or_else(|| wording(error), ToString::to_string),
                }
            })),
            Kind::Struct(inner) => collect(&path, inner, found),
            Kind::List(items) => {
                for (index, inner) in items {
                    collect(&format!("{path}[{index}]"), inner, found);
                }
            }
        }
    }
}

fn wording(error: &validator::ValidationError) -> String {
    let limit = |name: &str| error.params.get(name).map(ToString::to_string);
    match (error.code.as_ref(), limit("min"), limit("max")) {
        ("length", Some(min), Some(max)) => format!("must have {min} to {max} characters or items"),
        ("length", None, Some(max)) => format!("must have at most {max} characters or items"),
        ("length", Some(min), None) => format!("must have at least {min} characters or items"),
        ("range", Some(min), Some(max)) => format!("must be between {min} and {max}"),
        ("email", ..) => "must be an e-mail address".to_owned(),
        ("url", ..) => "must be a web address".to_owned(),
        _ => "is not valid".to_owned(),
    }
}

/// The error answers that every operation shares, for the OpenAPI document.
pub struct Problems;

impl utoipa::IntoResponses for Problems {
    fn responses()
    -> std::collections::BTreeMap<String, utoipa::openapi::RefOr<utoipa::openapi::Response>> {
        let texts = [
            (
                "400",
                "The request cannot be read: broken JSON, bad UTF-8 or a bad header",
            ),
            ("401", "No valid access token, or wrong credentials"),
            (
                "403",
                "The role does not allow it, or the organization is suspended (`code`)",
            ),
            (
                "404",
                "No such thing, or it belongs to another organization",
            ),
            ("405", "The method is not taken here"),
            ("409", "The state does not allow it; `code` says why"),
            ("413", "The body is larger than accepted"),
            ("414", "The address is longer than 8 KiB"),
            ("415", "The body is not `application/json`"),
            (
                "422",
                "Fields are missing, unknown, of a wrong type or out of range; see `errors`",
            ),
            ("429", "Too many tries; see `Retry-After`"),
            ("431", "The headers are larger than 32 KiB"),
            ("500", "Our mistake"),
            (
                "502",
                "Another service that was asked did not answer usefully",
            ),
            (
                "503",
                "Over capacity or the database is away; see `Retry-After`",
            ),
        ];
        texts
            .into_iter()
            .map(|(status, text)| (status.to_owned(), problem_response(text)))
            .collect()
    }
}

fn problem_response(text: &str) -> utoipa::openapi::RefOr<utoipa::openapi::Response> {
    use utoipa::openapi::{ContentBuilder, Ref, ResponseBuilder};
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .build();
    ResponseBuilder::new()
        .description(text)
        .content("application/problem+json", content)
        .build()
        .into()
}
