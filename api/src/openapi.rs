//! The head of the OpenAPI document: title, servers, tags, security schemes. Paths and schemas are collected from the routes.

mod finish;

pub use finish::finish;

use actix_web::HttpResponse;
use actix_web::http::header::ContentType;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::error::{FieldProblem, Problem, ProblemType};

#[derive(OpenApi)]
#[openapi(
    info(title = "BanglaChatPro", description = "Answers customers on Messenger, Instagram and WhatsApp, in Bangla, Banglish and English.\n\n\
        Register, log in, press *Authorize* and paste the access token. Errors are problem documents (RFC 9457); match on `type`. \
        Lists are pages: give `next_cursor` back as `cursor`. Bodies are limited to 256 KiB, pages to 100 rows.",
        license(name = "MIT", identifier = "MIT")),
    servers((url = "/")),
    components(schemas(Problem, ProblemType, FieldProblem)),
    security(("access_token" = [])),
    tags(
        (name = "session", description = "Register, log in, refresh, log out, own profile"),
        (name = "organizations", description = "Organizations"),
        (name = "members", description = "Members, roles and invitations"),
        (name = "api keys", description = "Keys for programs that work in an organization"),
        (name = "agents", description = "AI agents and their versions"),
        (name = "knowledge", description = "What agents may answer from"),
        (name = "social accounts", description = "Platform apps and connected accounts"),
        (name = "conversations", description = "Conversations and messages"),
        (name = "statistics", description = "The home page and the numbers of each day"),
        (name = "operations", description = "What went wrong, and how to replay it; the audit log"),
        (name = "platform admin", description = "The whole installation, for its admins"),
        (name = "webhooks", description = "Called by the platforms"),
        (name = "health", description = "For monitoring"),
    ),
    modifiers(&Head),
)]
pub struct ApiDoc;

struct Head;

impl Modify for Head {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some(
                "The `access_token` of register, log in or refresh; good for 15 minutes. Below an organization also one of its API keys (`bck_...`).",
            ))
            .build();
        components.add_security_scheme("access_token", SecurityScheme::Http(bearer));
        let signature = ApiKeyValue::with_description(
            "X-Hub-Signature-256",
            "HMAC-SHA256 of the raw body with the app secret.",
        );
        components.add_security_scheme(
            "webhook_signature",
            SecurityScheme::ApiKey(ApiKey::Header(signature)),
        );
    }
}

/// The document as committed, which the server shows. `tests/it/openapi.rs` sees to it that it is the one of the code: made anew at each
/// start it would cost each process tens of megabytes, which the allocator keeps.
pub const COMMITTED: &str = include_str!("../../openapi/openapi.json");

/// The whole document, made from the code.
pub fn document() -> utoipa::openapi::OpenApi {
    crate::startup::document()
}

/// The committed document, for Swagger UI and for generators of clients.
pub async fn show() -> HttpResponse {
    HttpResponse::Ok()
        .content_type(ContentType::json())
        .body(COMMITTED)
}
