//! Webhook bodies as Meta builds them (reference 2.1, 3.2, 4.1, 4.3). Values, not bytes: [`crate::wire::to_wire`] writes them.

use serde_json::{Value, json};

/// The app id under which people answer from the page's own inbox.
pub const PAGE_INBOX_APP_ID: u64 = 263_902_037_430_900;

/// One item of a page's or an Instagram account's `messaging` list, in its envelope.
fn messaging(object: &str, account: &str, time_ms: i64, item: Value) -> Value {
    json!({ "object": object, "entry": [{ "id": account, "time": time_ms, "messaging": [item] }] })
}

fn between(sender: &str, recipient: &str, time_ms: i64, key: &str, event: Value) -> Value {
    json!({ "sender": { "id": sender }, "recipient": { "id": recipient }, "timestamp": time_ms, key: event })
}

/// A customer writes to a page.
pub fn messenger_text(page: &str, psid: &str, mid: &str, text: &str, time_ms: i64) -> Value {
    let message = json!({ "mid": mid, "text": text });
    messaging(
        "page",
        page,
        time_ms,
        between(psid, page, time_ms, "message", message),
    )
}

/// A customer writes to an Instagram account.
pub fn instagram_text(account: &str, igsid: &str, mid: &str, text: &str, time_ms: i64) -> Value {
    let message = json!({ "mid": mid, "text": text });
    messaging(
        "instagram",
        account,
        time_ms,
        between(igsid, account, time_ms, "message", message),
    )
}

/// The page wrote: through an app (`metadata` as it was given), or by hand in the page's inbox.
pub fn messenger_echo(
    page: &str,
    psid: &str,
    mid: &str,
    text: Option<&str>,
    app_id: Option<u64>,
    metadata: Option<&str>,
    time_ms: i64,
) -> Value {
    let mut message = json!({ "mid": mid, "is_echo": true });
    set(&mut message, "text", text.map(Value::from));
    set(&mut message, "app_id", app_id.map(Value::from));
    set(&mut message, "metadata", metadata.map(Value::from));
    messaging(
        "page",
        page,
        time_ms,
        between(page, psid, time_ms, "message", message),
    )
}

/// The Instagram account wrote; neither app nor metadata are told (reference 3.2).
pub fn instagram_echo(
    account: &str,
    igsid: &str,
    mid: &str,
    text: Option<&str>,
    time_ms: i64,
) -> Value {
    let mut message = json!({ "mid": mid, "is_echo": true });
    set(&mut message, "text", text.map(Value::from));
    messaging(
        "instagram",
        account,
        time_ms,
        between(account, igsid, time_ms, "message", message),
    )
}

/// The message reached the customer's device.
pub fn messenger_delivery(
    page: &str,
    psid: &str,
    mid: &str,
    watermark_ms: i64,
    time_ms: i64,
) -> Value {
    let delivery = json!({ "mids": [mid], "watermark": watermark_ms });
    messaging(
        "page",
        page,
        time_ms,
        between(psid, page, time_ms, "delivery", delivery),
    )
}

/// The customer read everything up to the watermark.
pub fn messenger_read(page: &str, psid: &str, watermark_ms: i64, time_ms: i64) -> Value {
    let read = json!({ "watermark": watermark_ms });
    messaging(
        "page",
        page,
        time_ms,
        between(psid, page, time_ms, "read", read),
    )
}

/// The customer read this message.
pub fn instagram_read(account: &str, igsid: &str, mid: &str, time_ms: i64) -> Value {
    let read = json!({ "mid": mid });
    messaging(
        "instagram",
        account,
        time_ms,
        between(igsid, account, time_ms, "read", read),
    )
}

/// Somebody comments on a post of the page.
pub fn page_comment(
    page: &str,
    from_id: &str,
    from_name: &str,
    comment_id: &str,
    text: &str,
    time_ms: i64,
) -> Value {
    let seconds = time_ms / 1000;
    let value = json!({
        "item": "comment", "verb": "add", "from": { "id": from_id, "name": from_name },
        "post_id": format!("{page}_1"), "parent_id": format!("{page}_1"), "comment_id": comment_id,
        "created_time": seconds, "message": text,
    });
    json!({ "object": "page", "entry": [{ "id": page, "time": seconds, "changes": [{ "field": "feed", "value": value }] }] })
}

/// A WhatsApp number as it names itself in each event.
#[derive(Debug, Clone, Copy)]
pub struct Number<'a> {
    pub business_account_id: &'a str,
    pub phone_number_id: &'a str,
    pub display: &'a str,
}

impl Number<'_> {
    fn change(&self, field: &str, content: Value) -> Value {
        let mut value = json!({
            "messaging_product": "whatsapp",
            "metadata": { "display_phone_number": self.display, "phone_number_id": self.phone_number_id },
        });
        if let (Some(value), Value::Object(content)) = (value.as_object_mut(), content) {
            value.extend(content);
        }
        json!({
            "object": "whatsapp_business_account",
            "entry": [{ "id": self.business_account_id, "changes": [{ "value": value, "field": field }] }],
        })
    }
}

fn whatsapp_contact(wa_id: &str, name: &str) -> Value {
    json!([{ "profile": { "name": name }, "wa_id": wa_id, "user_id": business_scoped_id(wa_id) }])
}

/// The business-scoped user id that goes with a phone id, always the same one.
pub fn business_scoped_id(wa_id: &str) -> String {
    format!("BD.9{wa_id}")
}

/// A customer writes to a WhatsApp number.
pub fn whatsapp_text(
    number: Number<'_>,
    wa_id: &str,
    name: &str,
    id: &str,
    text: &str,
    time_ms: i64,
) -> Value {
    let message = json!({
        "from": wa_id, "from_user_id": business_scoped_id(wa_id), "id": id,
        "timestamp": (time_ms / 1000).to_string(), "type": "text", "text": { "body": text },
    });
    number.change(
        "messages",
        json!({ "contacts": whatsapp_contact(wa_id, name), "messages": [message] }),
    )
}

/// What became of a message: `sent`, `delivered`, `read` or `failed` (then with `error`, a code and its title).
pub fn whatsapp_status(
    number: Number<'_>,
    wa_id: &str,
    id: &str,
    status: &str,
    callback_data: Option<&str>,
    error: Option<(i64, &str)>,
    time_ms: i64,
) -> Value {
    let mut entry = json!({
        "id": id, "status": status, "timestamp": (time_ms / 1000).to_string(), "recipient_id": wa_id,
    });
    set(
        &mut entry,
        "biz_opaque_callback_data",
        callback_data.map(Value::from),
    );
    match error {
        Some((code, title)) => {
            entry["errors"] = json!([{
                "code": code, "title": title, "message": title, "error_data": { "details": title },
                "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
            }]);
        }
        None => {
            entry["pricing"] = json!({ "billable": false, "pricing_model": "PMP", "type": "free_customer_service", "category": "service" });
        }
    }
    number.change("messages", json!({ "statuses": [entry] }))
}

/// The shop answered by hand in the phone app of the number.
pub fn whatsapp_app_echo(
    number: Number<'_>,
    wa_id: &str,
    id: &str,
    text: &str,
    time_ms: i64,
) -> Value {
    let echo = json!({
        "from": number.display, "to": wa_id, "to_user_id": business_scoped_id(wa_id), "id": id,
        "timestamp": (time_ms / 1000).to_string(), "type": "text", "text": { "body": text },
    });
    number.change("smb_message_echoes", json!({ "message_echoes": [echo] }))
}

/// Several bodies of one object in one POST, entries in order. None when they do not belong together or there are none.
pub fn batch(bodies: &[Value]) -> Option<Value> {
    let object = &bodies.first()?["object"];
    if bodies.iter().any(|body| &body["object"] != object) {
        return None;
    }
    let entries = bodies
        .iter()
        .filter_map(|body| body["entry"].as_array())
        .flatten();
    let entries: Vec<&Value> = entries.collect();
    Some(json!({ "object": object, "entry": entries }))
}

fn set(object: &mut Value, key: &str, value: Option<Value>) {
    if let Some(value) = value {
        object[key] = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatsapp_times_are_strings_of_seconds_and_the_others_numbers_of_milliseconds() {
        let number = Number {
            business_account_id: "1",
            phone_number_id: "2",
            display: "880",
        };
        let whatsapp = whatsapp_text(number, "8801", "রহিম", "wamid.1", "দাম?", 1_795_140_000_123);
        let message = &whatsapp["entry"][0]["changes"][0]["value"]["messages"][0];
        assert_eq!(message["timestamp"], json!("1795140000"));
        let page = messenger_text("1", "2", "m_1", "দাম?", 1_795_140_000_123);
        assert_eq!(
            page["entry"][0]["messaging"][0]["timestamp"],
            json!(1_795_140_000_123_i64)
        );
    }

    #[test]
    fn a_batch_holds_all_entries_and_refuses_mixed_objects() {
        let page = messenger_text("1", "2", "m_1", "a", 1);
        let account = instagram_text("1", "2", "m_1", "a", 1);
        let both = batch(&[page.clone(), page.clone()]).expect("one object");
        assert_eq!(both["entry"].as_array().map(Vec::len), Some(2));
        assert_eq!(batch(&[page, account]), None);
        assert_eq!(batch(&[]), None);
    }
}
