//! What a web app needs to know of this installation before anybody has signed in.

use actix_web::{get, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::{ApiResult, Problems};
use crate::state::AppState;

#[derive(Debug, Serialize, ToSchema)]
pub struct InstallationView {
    /// Whether mail is sent. If not, links (invitations, forgotten passwords) are passed on by people.
    mail: bool,
    #[schema(example = "0.1.0")]
    version: &'static str,
    /// Whether this server also serves the web app.
    web: bool,
}

/// Read about the installation
///
/// Open to everybody.
#[utoipa::path(tag = "session", operation_id = "get_installation", security(()),
    responses((status = 200, body = InstallationView), Problems))]
#[get("/api/v1/installation")]
pub async fn get_installation(
    state: web::Data<AppState>,
) -> ApiResult<web::Json<InstallationView>> {
    Ok(web::Json(InstallationView {
        mail: state.mailer.is_some(),
        version: env!("CARGO_PKG_VERSION"),
        web: state.web.is_some(),
    }))
}
