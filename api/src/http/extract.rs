//! Reusable extractors. Each refuses with a problem document; none of them stores anything.

mod body;
mod json;
mod params;
mod query;

pub(crate) use body::{read_body, read_held};
pub use json::ValidJson;
pub(crate) use json::is_plain_json;
pub use params::{IdempotencyHeader, IfMatch, OrganizationPath, PageParams, etag};
pub use query::ValidQuery;

use crate::error::{ApiError, ApiResult};

/// Refuses NUL in any string: PostgreSQL cannot hold it, and no person types it.
fn refuse_nul(value: &serde_json::Value, path: &str) -> ApiResult<()> {
    let nul = |path: &str| {
        Err(ApiError::field(
            path,
            "nul",
            "must not contain the NUL character",
        ))
    };
    match value {
        serde_json::Value::String(text) if text.contains('\0') => nul(path),
        serde_json::Value::Array(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(index, item)| refuse_nul(item, &format!("{path}[{index}]"))),
        serde_json::Value::Object(fields) => fields.iter().try_for_each(|(name, item)| {
            if name.contains('\0') {
                return nul(path);
            }
            let path = if path.is_empty() {
                name.clone()
            } else {
                format!("{path}.{name}")
            };
            refuse_nul(item, &path)
        }),
        _ => Ok(()),
    }
}

/// A deserialization failure as a field entry; the text of serde is left out where it would repeat a value (a password).
fn field_error(path: String, error: &serde_json::Error) -> ApiError {
    let text = error.to_string();
    let (code, message) = if text.starts_with("missing field") {
        ("missing", text)
    } else if text.starts_with("unknown field") {
        (
            "unknown",
            "is not known here; see /docs for the fields that are".to_owned(),
        )
    } else if text.starts_with("unknown variant") {
        (
            "choice",
            "is not one of the allowed values; see /docs".to_owned(),
        )
    } else {
        ("type", "has the wrong type or format; see /docs".to_owned())
    };
    let message = message
        .split(" at line")
        .next()
        .unwrap_or_default()
        .to_owned();
    ApiError::field(if path == "." { "" } else { &path }, code, message)
}
