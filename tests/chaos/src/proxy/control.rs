//! The proxies' switches over HTTP: `PUT /proxy/{name}` with [`Faults`] as JSON (what is missing is healthy), `POST /proxy/{name}/reset`,
//! `GET /proxy` for all.

use std::collections::BTreeMap;

use actix_web::web::{self, Data, Json, Path, ServiceConfig};
use actix_web::{HttpResponse, Responder};
use sandbox::server::Running;
use serde_json::json;

use super::{Faults, Proxy};

/// By name.
pub type Proxies = BTreeMap<String, Proxy>;

/// Serves the switches on a free port of 127.0.0.1.
pub async fn start(proxies: Proxies) -> std::io::Result<Running> {
    let proxies = Data::new(proxies);
    Running::start(0, move |config: &mut ServiceConfig| {
        config
            .app_data(proxies.clone())
            .route("/proxy", web::get().to(list))
            .route("/proxy/{name}", web::put().to(set))
            .route("/proxy/{name}/reset", web::post().to(reset));
    })
    .await
}

async fn list(proxies: Data<Proxies>) -> impl Responder {
    let view = |proxy: &Proxy| {
        json!({
            "address": proxy.address().to_string(), "faults": proxy.faults(),
            "connections": proxy.connections(), "cuts": proxy.cuts(),
        })
    };
    let all: BTreeMap<_, _> = proxies
        .iter()
        .map(|(name, proxy)| (name, view(proxy)))
        .collect();
    Json(json!(all))
}

async fn set(proxies: Data<Proxies>, name: Path<String>, faults: Json<Faults>) -> HttpResponse {
    change(&proxies, &name, |proxy| proxy.set(*faults))
}

async fn reset(proxies: Data<Proxies>, name: Path<String>) -> HttpResponse {
    change(&proxies, &name, Proxy::reset_all)
}

fn change(proxies: &Proxies, name: &str, change: impl FnOnce(&Proxy)) -> HttpResponse {
    match proxies.get(name) {
        Some(proxy) => {
            change(proxy);
            HttpResponse::NoContent().finish()
        }
        None => HttpResponse::NotFound().finish(),
    }
}
