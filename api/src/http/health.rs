//! Liveness needs nothing; readiness needs the database with the right schema (R93).

use std::sync::atomic::Ordering;

use actix_web::{get, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::{ApiError, ApiResult, Problems};
use crate::state::AppState;

#[derive(Debug, Serialize, ToSchema)]
pub struct ProcessHealth {
    #[schema(example = "ok")]
    status: &'static str,
}

/// Whether the process runs
#[utoipa::path(tag = "health", operation_id = "get_liveness", security(()), responses((status = 200, body = ProcessHealth), Problems))]
#[get("/health/live")]
pub async fn get_liveness() -> web::Json<ProcessHealth> {
    web::Json(ProcessHealth { status: "ok" })
}

/// Whether the process can serve
///
/// 503 while it stops, and while the database is away or has another schema.
#[utoipa::path(tag = "health", operation_id = "get_readiness", security(()), responses((status = 200, body = ProcessHealth), Problems))]
#[get("/health/ready")]
pub async fn get_readiness(state: web::Data<AppState>) -> ApiResult<web::Json<ProcessHealth>> {
    if state.stopping.load(Ordering::Relaxed) {
        return Err(ApiError::Unavailable("the server is stopping"));
    }
    state.db.check_schema().await.map_err(|error| {
        tracing::warn!(error = %error, "not ready");
        ApiError::Unavailable("the database is not ready")
    })?;
    Ok(web::Json(ProcessHealth { status: "ok" }))
}
