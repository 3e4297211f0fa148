//! `/_sandbox/...`: the Rust API for other processes. JSON only, so that no web page can post to it.

use actix_web::http::StatusCode;
use actix_web::web::{self, Data, Json, Query, ServiceConfig};
use actix_web::{HttpResponse, Responder};
use serde::Deserialize;
use serde_json::json;

use super::{AccountSpec, Fault, Graph, Platform};
use crate::faults::Rule;

/// Answers of one list.
const PAGE: usize = 1000;

pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/_sandbox/accounts", web::post().to(add_account))
        .route("/_sandbox/accounts", web::get().to(list_accounts))
        .route("/_sandbox/ledger", web::get().to(read_ledger))
        .route("/_sandbox/refused", web::get().to(read_refusals))
        .route("/_sandbox/webhooks", web::get().to(read_webhooks))
        .route("/_sandbox/faults", web::post().to(add_fault))
        .route("/_sandbox/faults", web::get().to(list_faults))
        .route("/_sandbox/faults", web::delete().to(clear_faults))
        .route(
            "/_sandbox/customer_messages",
            web::post().to(write_as_customer),
        )
        .route("/_sandbox/human_messages", web::post().to(write_as_human));
}

async fn add_account(graph: Data<Graph>, spec: Json<AccountSpec>) -> impl Responder {
    if graph.add_account(spec.into_inner()) {
        HttpResponse::NoContent().finish()
    } else {
        HttpResponse::InsufficientStorage().finish()
    }
}

async fn list_accounts(graph: Data<Graph>) -> impl Responder {
    let shown = |account: &AccountSpec| {
        let webhook = account.webhook.as_ref().map(|target| &target.url);
        json!({ "platform": account.platform, "external_id": account.external_id, "name": account.name, "webhook_url": webhook })
    };
    let items: Vec<_> = graph
        .accounts()
        .iter()
        .map(|account| shown(account))
        .collect();
    Json(json!({ "items": items }))
}

#[derive(Deserialize)]
struct After {
    #[serde(default)]
    after: u64,
}

async fn read_ledger(graph: Data<Graph>, query: Query<After>) -> impl Responder {
    let items = graph.ledger_after(query.after, PAGE);
    Json(json!({ "total": graph.effect_count(), "items": items }))
}

async fn read_refusals(graph: Data<Graph>) -> impl Responder {
    Json(json!({ "items": graph.refusals() }))
}

async fn read_webhooks(graph: Data<Graph>) -> impl Responder {
    Json(json!({ "items": graph.webhook_log() }))
}

async fn add_fault(graph: Data<Graph>, rule: Json<Rule<Fault>>) -> impl Responder {
    if graph.fault(rule.into_inner()) {
        HttpResponse::NoContent().finish()
    } else {
        HttpResponse::InsufficientStorage().finish()
    }
}

async fn list_faults(graph: Data<Graph>) -> impl Responder {
    Json(json!({ "items": graph.faults() }))
}

async fn clear_faults(graph: Data<Graph>) -> impl Responder {
    graph.clear_faults();
    HttpResponse::NoContent().finish()
}

#[derive(Deserialize)]
struct Written {
    platform: Platform,
    account: String,
    /// The customer, as sender or, for a human message, as recipient.
    customer_id: String,
    #[serde(default)]
    name: Option<String>,
    text: String,
}

async fn write_as_customer(graph: Data<Graph>, body: Json<Written>) -> impl Responder {
    let name = body.name.as_deref().unwrap_or("Customer");
    let sent = graph
        .customer_message_named(
            body.platform,
            &body.account,
            &body.customer_id,
            name,
            &body.text,
        )
        .await;
    receipt(sent)
}

async fn write_as_human(graph: Data<Graph>, body: Json<Written>) -> impl Responder {
    receipt(
        graph
            .human_message(body.platform, &body.account, &body.customer_id, &body.text)
            .await,
    )
}

fn receipt(sent: Result<super::Posted, super::NoWebhook>) -> HttpResponse {
    match sent {
        Ok(posted) => HttpResponse::Ok().json(posted),
        Err(problem) => {
            HttpResponse::build(StatusCode::NOT_FOUND).json(json!({ "error": problem.to_string() }))
        }
    }
}
