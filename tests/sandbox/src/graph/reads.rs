//! The calls that send nothing: the account itself, people's profiles, tokens, subscriptions (reference 1.6, 2.7, 2.8, 3.1, 4.8).

use actix_web::http::Method;
use serde_json::{Map, Value, json};

use super::account::{AccountSpec, Platform};
use super::call::Call;
use super::core::Core;
use super::errors::{self, GraphError};
use crate::clock::lock;

/// `GET /{id}?fields=…`: an account of the token, or a person who wrote to it.
pub fn node(core: &Core, call: &Call, token: &str) -> Result<Value, GraphError> {
    let owned = core.accounts_of_token(token);
    let first = owned.first().ok_or_else(|| errors::token_invalid(None))?;
    call.check_proof(&first.app_secret, first.require_proof)?;
    let id = call.node();
    let fields = call
        .query
        .get("fields")
        .map(String::as_str)
        .unwrap_or_default();
    let named = owned
        .iter()
        .find(|account| account.external_id == id || id == "me");
    if let Some(account) = named {
        return Ok(choose(&account_fields(account, id == "me"), fields));
    }
    let customers = lock(&core.customers);
    let person = owned
        .iter()
        .find_map(|account| Some((account, customers.find(&account.external_id, id)?)));
    match person {
        Some((account, customer)) if account.platform != Platform::Whatsapp => {
            Ok(choose(&person_fields(id, &customer.name), fields))
        }
        _ => Err(errors::no_such_object("get", id)),
    }
}

fn account_fields(account: &AccountSpec, is_me: bool) -> Value {
    let id = &account.external_id;
    match account.platform {
        Platform::Facebook => {
            json!({ "id": id, "name": account.name, "category": "Clothing Store" })
        }
        Platform::Instagram => {
            // The `id` of `me` is another, app-scoped id (reference 3.1).
            let own_id = if is_me { format!("9{id}") } else { id.clone() };
            json!({ "id": own_id, "user_id": id, "username": username(&account.name), "name": account.name })
        }
        Platform::Whatsapp => json!({
            "id": id, "display_phone_number": format!("+{}", account.display_number()), "verified_name": account.name,
            "quality_rating": "GREEN", "status": "CONNECTED", "code_verification_status": "VERIFIED",
            "throughput": { "level": "STANDARD" },
        }),
    }
}

fn person_fields(id: &str, name: &str) -> Value {
    let (first, last) = name.split_once(' ').unwrap_or((name, ""));
    json!({ "id": id, "name": name, "first_name": first, "last_name": last, "username": username(name) })
}

fn username(name: &str) -> String {
    let letters = name.chars().filter(|letter| !letter.is_whitespace());
    letters.flat_map(char::to_lowercase).collect()
}

/// The fields asked for, and always the id; without a list the id and the name.
fn choose(all: &Value, fields: &str) -> Value {
    let fields = if fields.is_empty() { "name" } else { fields };
    let wanted = fields.split(',').map(str::trim).chain(["id"]);
    let chosen: Map<String, Value> = wanted
        .filter_map(|field| Some((field.to_owned(), all.get(field)?.clone())))
        .collect();
    Value::Object(chosen)
}

/// `GET /debug_token?input_token=…`, asked with an app token or with the token itself.
pub fn debug_token(core: &Core, call: &Call, token: &str) -> Result<Value, GraphError> {
    let asked = call
        .query
        .get("input_token")
        .map(String::as_str)
        .unwrap_or_default();
    if asked.is_empty() {
        return Err(errors::parameter(
            Platform::Facebook,
            "The parameter input_token is required",
        ));
    }
    let of_app = core.accounts_of_app(token);
    let asker = of_app
        .first()
        .cloned()
        .or_else(|| core.accounts_of_token(token).into_iter().next());
    let asker = asker.ok_or_else(|| errors::token_invalid(None))?;
    call.check_proof(&asker.app_secret, asker.require_proof)?;
    let Some(account) = core
        .accounts_of_token(asked)
        .into_iter()
        .find(|account| account.app_id == asker.app_id)
    else {
        let error = json!({ "code": 190, "message": "Invalid OAuth access token - Cannot parse access token" });
        return Ok(json!({ "data": { "error": error, "is_valid": false, "scopes": [] } }));
    };
    let granted = account.granted();
    let granular: Vec<Value> = granted
        .iter()
        .map(|scope| json!({ "scope": scope, "target_ids": [account.external_id] }))
        .collect();
    Ok(json!({ "data": {
        "app_id": account.app_id, "type": "PAGE", "application": "Sandbox", "is_valid": true, "issued_at": 1_790_000_000,
        "expires_at": 0, "data_access_expires_at": 0, "user_id": "122100000000000001", "profile_id": account.external_id,
        "scopes": granted, "granular_scopes": granular,
    } }))
}

/// Subscribing always works, and the list shows the app: what an account sends is set by its `webhook`.
pub fn subscribed_apps(core: &Core, call: &Call, token: &str) -> Result<Value, GraphError> {
    let account = core.authorized(call.node(), token, "")?;
    call.check_proof(&account.app_secret, account.require_proof)?;
    match call.method {
        Method::GET => Ok(
            json!({ "data": [{ "id": account.app_id, "name": "Sandbox", "subscribed_fields": ["messages"] }] }),
        ),
        Method::POST | Method::DELETE => {
            let names_fields = call.query.contains_key("subscribed_fields")
                || !call.body["subscribed_fields"].is_null();
            if call.method == Method::POST
                && account.platform == Platform::Facebook
                && !names_fields
            {
                return Err(errors::parameter(
                    account.platform,
                    "The parameter subscribed_fields is required.",
                ));
            }
            Ok(json!({ "success": true }))
        }
        _ => Err(errors::unknown_path(&format!("/{}", call.path))),
    }
}
