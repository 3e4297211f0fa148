//! What a WhatsApp message says, by its type (reference 0.3, 4.2).

use serde_json::Value;

use super::super::meta::{attachments::safe_name, json};
use super::super::{Attachment, MessageKind};

pub(super) struct Content {
    pub kind: MessageKind,
    pub text: Option<String>,
    pub payload: Option<String>,
    pub attachments: Vec<Attachment>,
}

impl Content {
    fn new(kind: MessageKind) -> Self {
        Self {
            kind,
            text: None,
            payload: None,
            attachments: Vec::new(),
        }
    }

    fn text(self, text: &Value) -> Self {
        Self {
            text: json::text(text),
            ..self
        }
    }

    fn payload(self, payload: &Value) -> Self {
        Self {
            payload: json::text(payload),
            ..self
        }
    }

    fn attachments(self, attachments: impl IntoIterator<Item = Attachment>) -> Self {
        Self {
            attachments: attachments.into_iter().collect(),
            ..self
        }
    }
}

/// The content of a message, or the name of the event where the item is none.
pub(super) fn content(message: &Value) -> Result<Content, &'static str> {
    let name = message["type"].as_str().unwrap_or_default();
    let part = &message[name];
    Ok(match name {
        "text" => Content::new(MessageKind::Text).text(&part["body"]),
        "image" => Content::new(MessageKind::Image)
            .text(&part["caption"])
            .attachments(media(name, part)),
        "video" => Content::new(MessageKind::Video)
            .text(&part["caption"])
            .attachments(media(name, part)),
        "audio" => Content::new(MessageKind::Audio).attachments(media(name, part)),
        "document" => Content::new(MessageKind::File)
            .text(&part["caption"])
            .attachments(media(name, part)),
        "sticker" => Content::new(MessageKind::Sticker).attachments(media(name, part)),
        "location" => Content::new(MessageKind::Location).attachments(whole(
            name,
            part,
            json::text(&part["name"]),
        )),
        "contacts" => Content::new(MessageKind::Contacts)
            .attachments(json::list(part).iter().filter_map(card)),
        "interactive" => return interactive(part),
        "button" => Content::new(MessageKind::Choice)
            .text(&part["text"])
            .payload(&part["payload"]),
        "order" => Content::new(MessageKind::Order)
            .text(&part["text"])
            .attachments(whole(name, part, None)),
        "reaction" => return Err("reaction"),
        "edit" => return Err("edit"),
        "revoke" => return Err("deletion"),
        "system" if part["type"] == "user_changed_user_id" => return Err("user_id_update"),
        "system" => return Err("system"),
        "request_welcome" => return Err("other"),
        // `unsupported`, `unknown`, `ephemeral`, and whatever comes next year.
        _ => Content::new(MessageKind::Unsupported),
    })
}

fn interactive(part: &Value) -> Result<Content, &'static str> {
    let name = part["type"].as_str().unwrap_or_default();
    let inner = &part[name];
    Ok(match name {
        "call_permission_reply" => return Err("other"),
        "button_reply" | "list_reply" if inner.is_object() => Content::new(MessageKind::Choice)
            .text(&inner["title"])
            .payload(&inner["id"]),
        // The answers of a flow come from the customer's device: passed on as received, trusted by nobody (trap 47).
        "nfm_reply" if inner.is_object() => {
            Content::new(MessageKind::Form).payload(&inner["response_json"])
        }
        _ => Content::new(MessageKind::Unsupported),
    })
}

/// An image, video, voice note, document or sticker: fetched later by its id (reference 4.6).
fn media(kind: &str, part: &Value) -> Option<Attachment> {
    Some(Attachment {
        kind: kind.into(),
        url: json::text(&part["url"]),
        media_id: json::id(&part["id"]),
        mime_type: json::text(&part["mime_type"]),
        name: part["filename"].as_str().and_then(safe_name),
        details: Some(json::object(part)?.clone()),
    })
}

/// Something that is all in the message itself: a place, a card, the lines of an order.
fn whole(kind: &str, part: &Value, name: Option<String>) -> Option<Attachment> {
    let details = Some(json::object(part)?.clone());
    Some(Attachment {
        kind: kind.into(),
        url: json::text(&part["url"]),
        media_id: None,
        mime_type: None,
        name,
        details,
    })
}

fn card(card: &Value) -> Option<Attachment> {
    whole("contact", card, json::text(&card["name"]["formatted_name"]))
}
