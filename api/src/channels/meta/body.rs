//! The outermost layer of a webhook body: decoding, the `object` it is for, its entries, and doubles inside one body.

use std::collections::HashSet;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::mend::mended;
use crate::channels::{ChannelKind, Event, Inbound, Malformed};

/// Reads every entry of a body with `read_entry`, which adds the entry's items to the list (reference 0.3 rule 1).
/// A body for another product (a wrong callback URL in Meta's dashboard) is quarantined entry by entry.
pub fn read(
    body: &[u8],
    object: &str,
    read_entry: impl Fn(&Value, &mut Vec<Inbound>),
) -> Result<Vec<Inbound>, Malformed> {
    let body = decode(body)?;
    if !body.is_object() {
        return Err(Malformed("the body is not a JSON object".into()));
    }
    let Value::Array(entries) = &body["entry"] else {
        return Ok(vec![quarantined(&body, "the body has no list of entries")]);
    };
    let mut items = Vec::new();
    for entry in entries {
        if body["object"] != object {
            items.push(quarantined(
                entry,
                &format!("the body is not for `{object}`: check the callback URLs of the app"),
            ));
        } else if !entry.is_object() {
            items.push(quarantined(entry, "the entry is not an object"));
        } else {
            read_entry(entry, &mut items);
        }
    }
    drop_doubles(&mut items);
    Ok(items)
}

/// An item that could not be read and names no account.
pub fn quarantined(raw: &Value, reason: &str) -> Inbound {
    Inbound {
        account: None,
        raw: raw.clone(),
        event: Event::Quarantined(reason.into()),
    }
}

/// An id for a message that came without one, the same for every redelivery (reference 0.3 rule 7).
pub fn derived_id(
    kind: ChannelKind,
    account: Option<&str>,
    sender: &str,
    timestamp_ms: Option<i64>,
    content: &str,
) -> String {
    let time = timestamp_ms.map(|ms| ms.to_string()).unwrap_or_default();
    let parts = [
        kind.as_str(),
        account.unwrap_or_default(),
        sender,
        &time,
        content,
    ]
    .join("|");
    format!("derived:{}", hex::encode(Sha256::digest(parts)))
}

fn decode(body: &[u8]) -> Result<Value, Malformed> {
    // The library's errors name a line and a column, never content.
    let value = match serde_json::from_slice(body) {
        Ok(value) => value,
        Err(error) => {
            let malformed = |error| Malformed(format!("the body is not JSON: {error}"));
            let mended = mended(body).ok_or_else(|| malformed(error))?;
            let value = serde_json::from_slice(&mended).map_err(malformed)?;
            return Ok(without_nul(value));
        }
    };
    // PostgreSQL stores NUL neither in text nor in jsonb; the bytes received still have it (R75).
    let has_nul = body.windows(6).any(|bytes| bytes == b"\\u0000");
    Ok(if has_nul { without_nul(value) } else { value })
}

fn without_nul(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace('\0', "")),
        Value::Array(list) => list.into_iter().map(without_nul).collect(),
        Value::Object(members) => {
            // A name that is equal to another one only without its NUL does not take that one's place.
            let (clean, odd): (Vec<_>, Vec<_>) = members
                .into_iter()
                .partition(|(name, _)| !name.contains('\0'));
            odd.into_iter()
                .chain(clean)
                .map(|(name, value)| (name.replace('\0', ""), without_nul(value)))
                .collect()
        }
        other => other,
    }
}

/// Keeps the first of equal messages and echoes (reference 0.3 rule 5). Across bodies the database does this.
fn drop_doubles(items: &mut Vec<Inbound>) {
    let mut seen = HashSet::new();
    items.retain(|item| match &item.event {
        Event::Message(message) => {
            seen.insert((false, item.account.clone(), message.external_id.clone()))
        }
        Event::Echo(echo) => seen.insert((true, item.account.clone(), echo.external_id.clone())),
        _ => true,
    });
}
