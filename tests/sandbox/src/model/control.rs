//! `/_sandbox/model/...`: the Rust API for other processes.

use actix_web::web::{self, Data, Json, ServiceConfig};
use actix_web::{HttpResponse, Responder};
use serde_json::json;

use super::{Model, Reply};
use crate::faults::Rule;

pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/_sandbox/model/requests", web::get().to(read_requests))
        .route("/_sandbox/model/replies", web::post().to(add_reply))
        .route("/_sandbox/model/faults", web::post().to(add_fault))
        .route("/_sandbox/model/faults", web::delete().to(clear));
}

async fn read_requests(model: Data<Model>) -> impl Responder {
    Json(json!({ "items": model.asked() }))
}

async fn add_reply(model: Data<Model>, reply: Json<Reply>) -> impl Responder {
    taken(model.answer_next(reply.into_inner()))
}

async fn add_fault(model: Data<Model>, rule: Json<Rule<Reply>>) -> impl Responder {
    taken(model.fault(rule.into_inner()))
}

/// Forgets faults and scripted replies.
async fn clear(model: Data<Model>) -> impl Responder {
    model.clear();
    HttpResponse::NoContent()
}

fn taken(fits: bool) -> HttpResponse {
    if fits {
        HttpResponse::NoContent().finish()
    } else {
        HttpResponse::InsufficientStorage().finish()
    }
}
