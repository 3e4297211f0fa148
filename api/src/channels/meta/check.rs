//! Whether an account's token works and what it may do (`POST .../check`; reference 2.8, 3.1, 4.8).
//!
//! Two questions: the account itself, asked with its own token, and `debug_token`, asked as the app, which alone tells
//! permissions and expiry. The second needs the app id and secret, and does not exist for Instagram Login.

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::{graph, json};
use crate::channels::{ApiRequest, CheckOutcome, FailureClass, HttpReply, Method, SendAccount};

/// Asks what the token is: in the name of the app, if its id and secret are known.
pub fn debug_token(account: &SendAccount) -> Option<ApiRequest> {
    let (app_id, app_secret) = (account.app_id.as_ref()?, account.app_secret.as_ref()?);
    let app_token = SecretString::from(format!("{app_id}|{}", app_secret.expose_secret()));
    let mut query = graph::proof(account, &app_token);
    query.push(("input_token", account.token.clone()));
    let url = format!(
        "{}/{}/debug_token",
        account.graph_base_url, account.graph_version
    );
    Some(ApiRequest {
        method: Method::Get,
        url,
        query,
        bearer: app_token,
        json: None,
    })
}

/// Reads the answers: first the account's, then perhaps `debug_token`'s.
pub fn outcome(
    replies: &[HttpReply],
    needed: &[&str],
    read_name: impl Fn(&Value) -> Option<String>,
) -> CheckOutcome {
    let Some(account) = replies.first() else {
        return refused("The platform was not asked. Try again.".into());
    };
    let body = parsed(account);
    let answered =
        (200..300).contains(&account.status) && body.is_object() && body["error"].is_null();
    if !answered {
        return refused(refusal(account, &body));
    }
    let debug = replies
        .get(1)
        .map(parsed)
        .map(|body| body["data"].clone())
        .filter(Value::is_object);
    if debug
        .as_ref()
        .is_some_and(|data| data["is_valid"] == Value::Bool(false))
    {
        return refused(
            "The platform calls the access token invalid. Connect the account again.".into(),
        );
    }
    let missing_permissions = debug
        .as_ref()
        .map(|data| missing(data, needed))
        .unwrap_or_default();
    CheckOutcome {
        token_works: true,
        account_name: read_name(&body),
        token_expires_at: debug
            .as_ref()
            .and_then(|data| json::integer(&data["expires_at"]))
            .filter(|seconds| *seconds > 0),
        advice: advice(&missing_permissions, debug.is_some(), replies.len() > 1),
        missing_permissions,
    }
}

fn parsed(reply: &HttpReply) -> Value {
    serde_json::from_slice(&reply.body).unwrap_or_default()
}

fn refused(advice: String) -> CheckOutcome {
    CheckOutcome {
        token_works: false,
        missing_permissions: Vec::new(),
        account_name: None,
        token_expires_at: None,
        advice,
    }
}

/// Why the account's own answer is no success, in words that fit a check: nothing was sent, so nothing is unknown.
fn refusal(reply: &HttpReply, body: &Value) -> String {
    let failure = graph::failure(reply, body);
    match failure.class {
        FailureClass::AccountBroken => failure.advice.into(),
        FailureClass::TryLater { .. } => "The platform limits how fast it may be asked. Check again in some minutes.".into(),
        FailureClass::Never | FailureClass::WindowClosed => {
            "The platform does not know this account, or the token is not for it. Check the account's id, and connect it again.".into()
        }
        FailureClass::Unknown => format!("The platform gave no usable answer ({}). Check again later.", failure.code),
    }
}

/// The needed permissions that a token does not have; none if its list is not told.
fn missing(data: &Value, needed: &[&str]) -> Vec<String> {
    let plain = json::list(&data["scopes"]).iter().filter_map(Value::as_str);
    let granular = json::list(&data["granular_scopes"])
        .iter()
        .filter_map(|scope| scope["scope"].as_str());
    let granted: Vec<&str> = plain.chain(granular).collect();
    let told = data["scopes"].is_array() || data["granular_scopes"].is_array();
    let missing = needed
        .iter()
        .filter(|permission| told && !granted.contains(permission));
    missing.map(|permission| (*permission).to_owned()).collect()
}

fn advice(missing: &[String], debug_told: bool, debug_asked: bool) -> String {
    if !missing.is_empty() {
        return format!(
            "The token works, but these permissions are missing: {}. Connect the account again and allow them.",
            missing.join(", ")
        );
    }
    match (debug_told, debug_asked) {
        (true, _) => "The token works and has every permission it needs.".into(),
        (false, true) => "The token works. Its permissions could not be read: check the app id and the app secret.".into(),
        (false, false) => "The token works. Its permissions are not told here; without the app's id and secret they cannot be read.".into(),
    }
}
