//! The shapes of bodies once more, as simply as possible: which items there are, each in a body of its own.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::channels::{ChannelKind, Event, Inbound};

/// Whether writing the body and reading it again gives the same (a few floats do not), and no name has a NUL, which the
/// parsers take out.
pub fn is_comparable(body: &Value) -> bool {
    let again = serde_json::to_vec(body)
        .ok()
        .and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    body.is_object() && !has_nul_name(body) && again.as_ref() == Some(body)
}

/// A body for each item of a body, in order.
pub fn single_bodies(kind: ChannelKind, body: &Value) -> Vec<Value> {
    let object = match kind {
        ChannelKind::Facebook => "page",
        ChannelKind::Instagram => "instagram",
        ChannelKind::Whatsapp | ChannelKind::Twitter => "whatsapp_business_account",
    };
    let Value::Array(entries) = &body["entry"] else {
        return vec![body.clone()];
    };
    let single_entries = entries.iter().flat_map(|entry| {
        if body["object"] != object || !entry.is_object() {
            vec![entry.clone()]
        } else if kind == ChannelKind::Whatsapp {
            of_whatsapp(entry)
        } else {
            of_page(entry)
        }
    });
    single_entries
        .map(|entry| with(body, "entry", json!([entry])))
        .collect()
}

fn of_page(entry: &Value) -> Vec<Value> {
    let (mut singles, found) = singles_of(entry, &["messaging", "standby", "changes"]);
    if !entry["field"].is_null() || !found {
        singles.push(without(entry, &["messaging", "standby", "changes"]));
    }
    singles
}

fn of_whatsapp(entry: &Value) -> Vec<Value> {
    let changes = match &entry["changes"] {
        Value::Array(changes) => changes,
        _ => return vec![entry.clone()],
    };
    let changes = changes.iter().flat_map(|change| {
        let lists: &[&str] = match change["field"].as_str() {
            Some("messages") => &["messages", "statuses", "errors"],
            Some("smb_message_echoes") => &["message_echoes"],
            Some("user_preferences") => &["user_preferences"],
            _ => &[],
        };
        if lists.is_empty() || !change["value"].is_object() {
            return vec![change.clone()];
        }
        let (values, found) = singles_of(&change["value"], lists);
        let singles: Vec<Value> = values
            .into_iter()
            .map(|value| with(change, "value", value))
            .collect();
        if found { singles } else { vec![change.clone()] }
    });
    changes
        .map(|change| with(entry, "changes", json!([change])))
        .collect()
}

/// The holder once for each item of its lists, with that item only, and whether it has any of the lists.
fn singles_of(holder: &Value, lists: &[&str]) -> (Vec<Value>, bool) {
    // A page's entry can be a change itself besides having lists: that one is counted apart.
    let bare = without(&without(holder, lists), &["field"]);
    let mut singles = Vec::new();
    for name in lists {
        match &holder[*name] {
            Value::Null => {}
            Value::Array(items) => {
                singles.extend(items.iter().map(|item| with(&bare, name, json!([item]))))
            }
            other => singles.push(with(&bare, name, other.clone())),
        }
    }
    (singles, lists.iter().any(|name| !holder[*name].is_null()))
}

fn with(object: &Value, name: &str, value: Value) -> Value {
    let mut object = object.clone();
    object[name] = value;
    object
}

fn without(object: &Value, names: &[&str]) -> Value {
    let members = object
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| !names.contains(&name.as_str()));
    Value::Object(
        members
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
    )
}

/// The first of equal messages and of equal echoes (reference 0.3 rule 5).
pub fn without_doubles(items: Vec<Inbound>) -> Vec<Inbound> {
    let mut seen = HashSet::new();
    let is_first = |item: &Inbound| match &item.event {
        Event::Message(message) => {
            seen.insert(("message", item.account.clone(), message.external_id.clone()))
        }
        Event::Echo(echo) => seen.insert(("echo", item.account.clone(), echo.external_id.clone())),
        _ => true,
    };
    items
        .into_iter()
        .filter({
            let mut is_first = is_first;
            move |item| is_first(item)
        })
        .collect()
}

pub fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(list) => list.iter().any(has_nul),
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| name.contains('\0') || has_nul(value)),
        _ => false,
    }
}

fn has_nul_name(value: &Value) -> bool {
    match value {
        Value::Array(list) => list.iter().any(has_nul_name),
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| name.contains('\0') || has_nul_name(value)),
        _ => false,
    }
}
