//! How the model's failures look on the wire (reference 7.4).

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use serde_json::{Value, json};

use super::Reply;
use crate::server::cut_connection;

/// The replies that look the same whether a stream was asked for or not.
pub fn failure(reply: &Reply) -> HttpResponse {
    let invalid = "invalid_request_error";
    match reply {
        Reply::RateLimited { retry_after } => {
            let mut response = error(429, "Rate limit reached for requests", "requests", None, json!("rate_limit_exceeded"));
            if let Some(Ok(value)) = retry_after.as_deref().map(header::HeaderValue::from_str) {
                response.headers_mut().insert(header::RETRY_AFTER, value);
            }
            response
        }
        Reply::QuotaExceeded => {
            error(429, "You exceeded your current quota, please check your plan and billing details.", "insufficient_quota", None, json!("insufficient_quota"))
        }
        Reply::InvalidKey => error(401, "Incorrect API key provided.", invalid, None, json!("invalid_api_key")),
        Reply::ModelNotFound => error(404, "The model does not exist or you do not have access to it.", invalid, None, json!("model_not_found")),
        Reply::ContextTooLong => {
            error(400, "This model's maximum context length is 8192 tokens.", invalid, Some("messages"), json!("context_length_exceeded"))
        }
        Reply::UnsupportedParameter { name } => {
            let message = format!("Unsupported parameter: '{name}' is not supported with this model.");
            error(400, &message, invalid, Some(name), json!("unsupported_parameter"))
        }
        Reply::ServerError { status } => error(*status, "The server had an error while processing your request.", "server_error", None, Value::Null),
        Reply::Html { status } => HttpResponse::build(status_of(*status))
            .content_type("text/html; charset=utf-8")
            .body("<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>"),
        Reply::GarbageJson => HttpResponse::Ok().content_type("application/json").body("{\"choices\":[{\"message\":{\"content\":\"অর্ধে"),
        // Hang and Reset; the replies with text never come here.
        _ => cut_connection(),
    }
}

/// An error with OpenAI's body.
pub fn error(
    status: u16,
    message: &str,
    kind: &str,
    param: Option<&str>,
    code: Value,
) -> HttpResponse {
    let body =
        json!({ "error": { "message": message, "type": kind, "param": param, "code": code } });
    HttpResponse::build(status_of(status)).json(body)
}

fn status_of(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
