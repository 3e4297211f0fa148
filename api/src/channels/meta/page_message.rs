//! Messages, postbacks and echoes of Messenger and Instagram (reference 0.3, 2.2, 3.2).

use serde_json::Value;

use super::{attachments, body, json, page_entry::Place};
use crate::channels::{
    Attachment, ChannelKind, CustomerMessage, Echo, Event, Identity, IdentityKind, MessageKind,
};

/// The apps in which people answer by hand: the page inbox and the Instagram inbox (reference 2.3).
const INBOX_APPS: [&str; 2] = ["263902037430900", "1217981644879628"];

/// `message`. What the account itself sent, or what was unsent, is never a customer message (trap 1).
pub fn message(place: &Place, item: &Value) -> Event {
    let message = &item["message"];
    if !message.is_object() {
        return Event::Quarantined("`message` is not an object".into());
    }
    if json::flag(&message["is_deleted"]) {
        return Event::Other("deletion");
    }
    let from_account = json::id(&item["sender"]["id"]).as_deref() == Some(place.account);
    if json::flag(&message["is_echo"]) || from_account {
        return echo(place, item);
    }
    if is_self(item, message) {
        return Event::Other("other");
    }
    let attachments = attachments::of_page_message(message);
    let text = json::text(&message["text"]);
    let kind = kind(message, &attachments, text.is_some());
    customer_message(
        place,
        item,
        message,
        Content {
            kind,
            text,
            payload: json::text(&message["quick_reply"]["payload"]),
            attachments,
        },
    )
}

/// `postback`: a tapped button, menu item or ice breaker.
pub fn postback(place: &Place, item: &Value) -> Event {
    let postback = &item["postback"];
    if !postback.is_object() {
        return Event::Quarantined("`postback` is not an object".into());
    }
    let from_account = json::id(&item["sender"]["id"]).as_deref() == Some(place.account);
    if is_self(item, postback) || from_account || json::flag(&postback["is_echo"]) {
        return Event::Other("other");
    }
    let content = Content {
        kind: MessageKind::Choice,
        text: json::text(&postback["title"]),
        payload: json::text(&postback["payload"]),
        attachments: Vec::new(),
    };
    customer_message(place, item, postback, content)
}

struct Content {
    kind: MessageKind,
    text: Option<String>,
    payload: Option<String>,
    attachments: Vec<Attachment>,
}

fn customer_message(place: &Place, item: &Value, part: &Value, content: Content) -> Event {
    let sender = people(place, &item["sender"]);
    let Some(first) = sender.first() else {
        return Event::Quarantined("the item does not name its sender".into());
    };
    let timestamp_ms = json::timestamp_ms(&item["timestamp"]);
    let external_id = json::id(&part["mid"]).unwrap_or_else(|| {
        derived_id(
            place,
            &first.value,
            timestamp_ms,
            part,
            &content.payload,
            &content.text,
        )
    });
    let referral = [&part["referral"], &item["referral"]]
        .into_iter()
        .find_map(json::object);
    Event::Message(CustomerMessage {
        external_id,
        sender,
        sender_name: None,
        kind: content.kind,
        text: content.text,
        payload: content.payload,
        attachments: content.attachments,
        reply_to: json::id(&part["reply_to"]["mid"]),
        timestamp_ms,
        context: json::object_of([
            ("referral", referral),
            ("story", json::object(&part["reply_to"]["story"])),
        ]),
        opens_window: true,
        comment_id: None,
    })
}

fn echo(place: &Place, item: &Value) -> Event {
    let message = &item["message"];
    let recipient = people(place, &item["recipient"]);
    let Some(first) = recipient.first() else {
        return Event::Quarantined("the echo does not name its recipient".into());
    };
    if first.value == place.account {
        return Event::Other("other");
    }
    let timestamp_ms = json::timestamp_ms(&item["timestamp"]);
    let text = json::text(&message["text"]);
    let attachments = attachments::of_page_message(message);
    let app_id = json::id(&message["app_id"]);
    let from_inbox = match app_id.as_deref() {
        Some(app) => INBOX_APPS.contains(&app),
        // Instagram usually names no app; Messenger leaves it out only for automatic texts (trap 14).
        None => place.kind == ChannelKind::Instagram,
    };
    Event::Echo(Echo {
        external_id: json::id(&message["mid"]).unwrap_or_else(|| {
            derived_id(place, &first.value, timestamp_ms, message, &None, &text)
        }),
        recipient,
        delivery_id: json::text(&message["metadata"]),
        app_id,
        may_be_human: from_inbox && (text.is_some() || !attachments.is_empty()),
        text,
        attachments,
        timestamp_ms,
    })
}

/// The kind by the first rule that fits (reference 0.3).
fn kind(message: &Value, attachments: &[Attachment], has_text: bool) -> MessageKind {
    if json::flag(&message["is_unsupported"]) {
        return MessageKind::Unsupported;
    }
    if message["quick_reply"].is_object() {
        return MessageKind::Choice;
    }
    match attachments::kind(attachments) {
        Some(kind) => kind,
        None if has_text => MessageKind::Text,
        None if !attachments.is_empty() => MessageKind::Share,
        None => MessageKind::Unsupported,
    }
}

/// Every id of a sender or recipient; empty when it has none.
fn people(place: &Place, person: &Value) -> Vec<Identity> {
    let ids = [
        (place.person(), &person["id"]),
        (IdentityKind::UserRef, &person["user_ref"]),
    ];
    ids.into_iter()
        .filter_map(|(kind, id)| {
            Some(Identity {
                kind,
                value: json::id(id)?,
            })
        })
        .collect()
}

fn is_self(item: &Value, part: &Value) -> bool {
    json::flag(&item["is_self"]) || json::flag(&part["is_self"])
}

/// Rule 7. What has neither text nor payload counts with all it has, so that two pictures of one moment stay two.
fn derived_id(
    place: &Place,
    person: &str,
    timestamp_ms: Option<i64>,
    part: &Value,
    payload: &Option<String>,
    text: &Option<String>,
) -> String {
    let content = payload
        .clone()
        .or_else(|| text.clone())
        .unwrap_or_else(|| part.to_string());
    body::derived_id(
        place.kind,
        Some(place.account),
        person,
        timestamp_ms,
        &content,
    )
}
