//! The HTTP side: reads a Graph call, lets the faults have their way, answers.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::{Method, StatusCode, header};
use actix_web::web::{Bytes, Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::account::AccountSpec;
use super::core::Core;
use super::errors::{self, GraphError};
use super::fault::{Fault, FaultKind};
use super::{reads, send};
use crate::clock::lock;
use crate::server::cut_connection;
use crate::wire::appsecret_proof;

/// Where the simulator is mounted, without a last slash.
#[derive(Clone)]
pub struct Prefix(pub String);

/// A Graph call, read.
pub struct Call {
    pub method: Method,
    /// Without the mount point and version: `{node}` or `{node}/{edge}`.
    pub path: String,
    pub query: HashMap<String, String>,
    pub token: Option<String>,
    pub body: Value,
    pub raw: String,
}

impl Call {
    fn read(request: &HttpRequest, bytes: &Bytes, prefix: &str) -> Self {
        let path = request
            .path()
            .strip_prefix(prefix)
            .unwrap_or_default()
            .trim_matches('/');
        let path = match path.split_once('/') {
            Some((version, rest)) if is_version(version) => rest,
            _ => path,
        };
        let query = Query::<HashMap<String, String>>::from_query(request.query_string());
        let query = query.map(Query::into_inner).unwrap_or_default();
        let body: Value = serde_json::from_slice(bytes).unwrap_or_default();
        let header = request
            .headers()
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let bearer = header.and_then(|value| {
            value
                .strip_prefix("Bearer ")
                .or_else(|| value.strip_prefix("OAuth "))
        });
        let token = bearer
            .or(query.get("access_token").map(String::as_str))
            .or(body["access_token"].as_str());
        Self {
            method: request.method().clone(),
            path: path.to_owned(),
            token: token
                .map(|token| token.trim().to_owned())
                .filter(|token| !token.is_empty()),
            raw: String::from_utf8_lossy(bytes).into_owned(),
            query,
            body,
        }
    }

    pub fn node(&self) -> &str {
        self.path.split('/').next().unwrap_or_default()
    }

    fn edge(&self) -> Option<&str> {
        self.path.split_once('/').map(|(_, edge)| edge)
    }

    fn is_send(&self) -> bool {
        self.method == Method::POST && self.edge() == Some("messages")
    }

    /// The proof must be that of this call's token, if it is sent or required (reference 2.6).
    pub fn check_proof(&self, app_secret: &str, required: bool) -> Result<(), GraphError> {
        let proof = self
            .query
            .get("appsecret_proof")
            .map(String::as_str)
            .or(self.body["appsecret_proof"].as_str());
        let token = self.token.as_deref().unwrap_or_default();
        match proof {
            Some(proof) if app_secret.is_empty() || proof == appsecret_proof(app_secret, token) => {
                Ok(())
            }
            Some(_) => Err(errors::proof_invalid()),
            None if required => Err(errors::proof_missing()),
            None => Ok(()),
        }
    }
}

fn is_version(segment: &str) -> bool {
    segment
        .strip_prefix('v')
        .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
}

/// Every Graph call.
pub async fn handle(
    request: HttpRequest,
    bytes: Bytes,
    core: Data<Core>,
    prefix: Data<Prefix>,
) -> HttpResponse {
    let call = Call::read(&request, &bytes, &prefix.0);
    let account = account_of(&core, &call);
    let account = account.as_ref().map(|account| account.external_id.as_str());
    let is_send = call.is_send();
    let fault = lock(&core.faults).draw(account, |fault| fault.concerns(is_send));
    let Some(fault) = fault else {
        return answer(&core, &call, account, None);
    };
    match &fault.kind {
        FaultKind::Delay { ms } => {
            sleep(*ms).await;
            answer(&core, &call, account, None)
        }
        FaultKind::AsyncFailure { code, title } => {
            answer(&core, &call, account, Some((*code, title)))
        }
        _ => go_wrong(&core, &call, account, &fault).await,
    }
}

/// Whose call it is as far as that can be told, also when it is refused later.
fn account_of(core: &Core, call: &Call) -> Option<Arc<AccountSpec>> {
    let token = call.token.as_deref();
    let recipient = call.body["recipient"]["id"].as_str().unwrap_or_default();
    let named = token.and_then(|token| core.authorized(call.node(), token, recipient).ok());
    named.or_else(|| core.account_of_node(call.node()))
}

/// The true answer.
fn answer(
    core: &Core,
    call: &Call,
    account: Option<&str>,
    failure: Option<(i64, &str)>,
) -> HttpResponse {
    match perform(core, call, failure) {
        Ok(body) => HttpResponse::Ok().json(body),
        Err(error) => refused(core, call, account, &error),
    }
}

fn refused(core: &Core, call: &Call, account: Option<&str>, error: &GraphError) -> HttpResponse {
    let body = error.body();
    core.refuse(
        account,
        &call.path,
        &call.raw,
        Some(error.status),
        &body,
        "",
    );
    HttpResponse::build(status(error.status)).json(body)
}

fn perform(core: &Core, call: &Call, failure: Option<(i64, &str)>) -> Result<Value, GraphError> {
    let token = call.token.as_deref().ok_or_else(errors::token_missing)?;
    match (&call.method, call.edge()) {
        (&Method::POST, Some("messages")) => {
            let recipient = call.body["recipient"]["id"].as_str().unwrap_or_default();
            let account = core.authorized(call.node(), token, recipient)?;
            call.check_proof(&account.app_secret, account.require_proof)?;
            send::send(core, &account, &call.body, &call.raw, failure)
        }
        (&Method::GET, None) if call.node() == "debug_token" => {
            reads::debug_token(core, call, token)
        }
        (_, Some("subscribed_apps")) => reads::subscribed_apps(core, call, token),
        (&Method::GET, None) => reads::node(core, call, token),
        _ => Err(errors::unknown_path(&format!("/{}", call.path))),
    }
}

/// The answer that the fault gives, after the effect if the fault says so.
async fn go_wrong(core: &Core, call: &Call, account: Option<&str>, fault: &Fault) -> HttpResponse {
    let accepted = fault.accepts && call.is_send();
    if accepted && let Err(error) = perform(core, call, None) {
        return refused(core, call, account, &error);
    }
    let (response, status, error, name) = wrong_answer(core, call, &fault.kind);
    if !accepted {
        core.refuse(account, &call.path, &call.raw, status, &error, name);
    }
    if let FaultKind::Hold { ms } = &fault.kind {
        sleep(*ms).await;
    }
    response
}

fn wrong_answer(
    core: &Core,
    call: &Call,
    kind: &FaultKind,
) -> (HttpResponse, Option<u16>, Value, &'static str) {
    let page = "<!DOCTYPE html><html><head><title>Error</title></head><body>Sorry, something went wrong.</body></html>";
    let html = |code: u16| {
        HttpResponse::build(status(code))
            .content_type("text/html; charset=utf-8")
            .body(page)
    };
    match kind {
        FaultKind::Error {
            status: code,
            retry_after,
            usage,
            ..
        } => {
            let body = error_of(kind).body();
            let mut response = HttpResponse::build(status(*code));
            if let Some(value) = retry_after {
                response.insert_header((header::RETRY_AFTER, value.as_str()));
            }
            if let Some(value) = usage {
                response.insert_header(("X-Business-Use-Case-Usage", value.as_str()));
            }
            (response.json(&body), Some(*code), body, "error")
        }
        FaultKind::TokenInvalid => {
            let platform = account_of(core, call).map(|account| account.platform);
            let error = errors::token_died(platform);
            let body = error.body();
            (
                HttpResponse::build(status(error.status)).json(&body),
                Some(error.status),
                body,
                "token_invalid",
            )
        }
        FaultKind::ServerError { status: code } => {
            (html(*code), Some(*code), json!({}), "server_error")
        }
        FaultKind::Html => (html(200), Some(200), json!({}), "html"),
        FaultKind::Empty => (HttpResponse::Ok().finish(), Some(200), json!({}), "empty"),
        // The two that are no error of a call never come here.
        FaultKind::Hold { .. }
        | FaultKind::Reset
        | FaultKind::Delay { .. }
        | FaultKind::AsyncFailure { .. } => (cut_connection(), None, json!({}), "no_answer"),
    }
}

fn error_of(kind: &FaultKind) -> GraphError {
    let FaultKind::Error {
        status,
        code,
        subcode,
        message,
        ..
    } = kind
    else {
        return GraphError::new(500, 1, "An unknown error occurred");
    };
    let message = message
        .clone()
        .unwrap_or_else(|| format!("(#{code}) The sandbox was told to fail"));
    GraphError {
        subcode: *subcode,
        transient: [1, 2, 4, 17, 32, 613].contains(code),
        ..GraphError::new(*status, *code, message)
    }
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

async fn sleep(ms: u64) {
    actix_web::rt::time::sleep(Duration::from_millis(ms)).await;
}
