//! Entries of WhatsApp bodies: fields, the lists inside their values, statuses and echoes (reference 4.1 to 4.3).

use serde_json::Value;

use super::super::meta::{body, errors, json};
use super::super::{
    ChannelKind, CustomerMessage, Echo, Event, Identity, IdentityKind, Inbound, Status,
};
use super::message::{self, Content};

/// Adds every item of an entry, in order, none left out.
pub(super) fn read(entry: &Value, items: &mut Vec<Inbound>) {
    match &entry["changes"] {
        Value::Array(changes) => changes.iter().for_each(|change| read_change(change, items)),
        Value::Null => items.push(Inbound {
            account: None,
            raw: entry.clone(),
            event: Event::Other("other"),
        }),
        other => items.push(body::quarantined(
            other,
            "an object stands where a list was expected",
        )),
    }
}

fn read_change(change: &Value, items: &mut Vec<Inbound>) {
    let value = &change["value"];
    let Some(field) = change["field"].as_str() else {
        return items.push(body::quarantined(change, "the change has no field name"));
    };
    if !value.is_object() {
        return items.push(body::quarantined(change, "the change has no value"));
    }
    let number = Number {
        account: json::id(&value["metadata"]["phone_number_id"]),
        value,
    };
    let known = match field {
        "messages" => {
            let known = [
                number.read_list("messages", Number::message, items),
                number.read_list("statuses", |_, status| read_status(status), items),
                number.read_list("errors", |_, _| Event::Other("errors"), items),
            ];
            known.contains(&true)
        }
        "smb_message_echoes" => number.read_list("message_echoes", Number::echo, items),
        "user_preferences" => {
            number.read_list("user_preferences", |_, _| Event::Other("preference"), items)
        }
        _ => false,
    };
    if !known {
        items.push(Inbound {
            account: number.account,
            raw: change.clone(),
            event: Event::Other(name_of_field(field)),
        });
    }
}

/// What a change without items of its own is (reference 4.2).
fn name_of_field(field: &str) -> &'static str {
    match field {
        "template_category_update" => "template_notice",
        "business_capability_update" | "security" => "account_notice",
        "user_preferences" => "preference",
        "user_id_update" => "user_id_update",
        "history" => "history",
        _ if field.starts_with("message_template_") => "template_notice",
        _ if field.starts_with("account_") || field.starts_with("phone_number_") => {
            "account_notice"
        }
        _ => "other",
    }
}

/// One value: the number that it is for, and the contacts that its messages come from.
struct Number<'a> {
    account: Option<String>,
    value: &'a Value,
}

impl Number<'_> {
    /// Adds the items of a list; whether the list is there at all.
    fn read_list(
        &self,
        name: &str,
        read: fn(&Self, &Value) -> Event,
        items: &mut Vec<Inbound>,
    ) -> bool {
        let mut add = |raw: &Value, event| {
            items.push(Inbound {
                account: self.account.clone(),
                raw: raw.clone(),
                event,
            })
        };
        match &self.value[name] {
            Value::Null => return false,
            Value::Array(list) => {
                for item in list {
                    let event = if self.account.is_none() {
                        Event::Quarantined("the change names no phone number id".into())
                    } else if !item.is_object() {
                        Event::Quarantined("the item is not an object".into())
                    } else {
                        read(self, item)
                    };
                    add(item, event);
                }
            }
            other => add(other, Event::Quarantined(format!("`{name}` is not a list"))),
        }
        true
    }

    fn message(&self, message: &Value) -> Event {
        let content = match message::content(message) {
            Ok(content) => content,
            Err(event) => return Event::Other(event),
        };
        let (sender, sender_name) = self.person(&message["from"], &message["from_user_id"]);
        let Some(first) = sender.first() else {
            return Event::Quarantined("the message does not name its sender".into());
        };
        let timestamp_ms = json::timestamp_ms(&message["timestamp"]);
        Event::Message(CustomerMessage {
            external_id: self.id_of(message, &first.value, timestamp_ms, &content),
            sender,
            sender_name,
            kind: content.kind,
            text: content.text,
            payload: content.payload,
            attachments: content.attachments,
            // Missing on forwarded messages, which quote nothing.
            reply_to: json::id(&message["context"]["id"]),
            timestamp_ms,
            context: json::object_of([
                ("referral", json::object(&message["referral"])),
                (
                    "product",
                    json::object(&message["context"]["referred_product"]),
                ),
                ("group_id", Some(&message["group_id"])),
            ]),
            opens_window: true,
            comment_id: None,
        })
    }

    /// The shop answered from the phone app (coexistence): always typed by a person.
    fn echo(&self, message: &Value) -> Event {
        let content = match message::content(message) {
            Ok(content) => content,
            Err(event) => return Event::Other(event),
        };
        let (recipient, _) = self.person(&message["to"], &message["to_user_id"]);
        let Some(first) = recipient.first() else {
            return Event::Quarantined("the echo does not name its recipient".into());
        };
        let timestamp_ms = json::timestamp_ms(&message["timestamp"]);
        Event::Echo(Echo {
            external_id: self.id_of(message, &first.value, timestamp_ms, &content),
            recipient,
            delivery_id: json::text(&message["biz_opaque_callback_data"]),
            app_id: None,
            may_be_human: content.text.is_some() || !content.attachments.is_empty(),
            text: content.text,
            attachments: content.attachments,
            timestamp_ms,
        })
    }

    /// Every id and the name of a person, the id to answer to first. The contacts of a value are matched by id, never by
    /// position (trap 29), and link the phone number with the business-scoped id (reference 4.10).
    fn person(&self, wa_id: &Value, user_id: &Value) -> (Vec<Identity>, Option<String>) {
        let (wa_id, user_id) = (json::id(wa_id), json::id(user_id));
        let contact = json::list(&self.value["contacts"]).iter().find(|contact| {
            (wa_id.is_some() && json::id(&contact["wa_id"]) == wa_id)
                || (user_id.is_some() && json::id(&contact["user_id"]) == user_id)
        });
        let contact = contact.unwrap_or(&Value::Null);
        let mut ids = vec![(IdentityKind::WaId, wa_id), (IdentityKind::Bsuid, user_id)];
        ids.push((IdentityKind::WaId, json::id(&contact["wa_id"])));
        ids.push((IdentityKind::Bsuid, json::id(&contact["user_id"])));
        let mut identities: Vec<Identity> = Vec::new();
        for (kind, value) in ids {
            let Some(value) = value else { continue };
            if !identities.iter().any(|known| known.kind == kind) {
                identities.push(Identity { kind, value });
            }
        }
        let name = json::text(&contact["profile"]["name"])
            .or_else(|| json::text(&contact["profile"]["username"]));
        (identities, name)
    }

    fn id_of(
        &self,
        message: &Value,
        person: &str,
        timestamp_ms: Option<i64>,
        content: &Content,
    ) -> String {
        json::id(&message["id"]).unwrap_or_else(|| {
            let content = content
                .payload
                .clone()
                .or_else(|| content.text.clone())
                .unwrap_or_else(|| message.to_string());
            body::derived_id(
                ChannelKind::Whatsapp,
                self.account.as_deref(),
                person,
                timestamp_ms,
                &content,
            )
        })
    }
}

fn read_status(status: &Value) -> Event {
    let (Some(external_id), Some(name)) = (json::id(&status["id"]), json::text(&status["status"]))
    else {
        return Event::Quarantined("the status names no message or no state".into());
    };
    Event::Status(Status {
        external_id,
        delivery_id: json::text(&status["biz_opaque_callback_data"]),
        timestamp_ms: json::timestamp_ms(&status["timestamp"]),
        failure: (name == "failed").then(|| errors::classify_status(&status["errors"])),
        status: name,
    })
}
