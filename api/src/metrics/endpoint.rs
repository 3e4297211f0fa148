//! `/metrics` on an address of its own (`METRICS_ADDR`), which is never the public one.

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpResponse, HttpServer, web};

use super::render;
use crate::state::AppState;

/// What `prometheus-client` writes.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Nobody but a collector or two is expected here.
const CONNECTIONS: usize = 32;

/// The endpoint while it runs.
pub struct Endpoint {
    pub address: SocketAddr,
    handle: ServerHandle,
}

impl Endpoint {
    /// Answers at `address` until it is stopped.
    pub fn start(address: SocketAddr, state: &AppState) -> std::io::Result<Self> {
        let state = state.clone();
        let server = HttpServer::new(move || {
            App::new()
                .app_data(web::Data::new(state.clone()))
                .route("/metrics", web::get().to(answer))
        })
        .workers(1)
        .max_connections(CONNECTIONS)
        .client_request_timeout(Duration::from_secs(5))
        .shutdown_timeout(1)
        .disable_signals()
        .bind(address)?;
        let address = server.addrs().first().copied().unwrap_or(address);
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Ok(Self { address, handle })
    }

    pub async fn stop(self) {
        self.handle.stop(false).await;
    }
}

async fn answer(state: web::Data<AppState>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(OPEN_METRICS)
        .body(render(&state))
}
