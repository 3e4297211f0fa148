//! Attachments of Messenger and Instagram messages (reference 2.2, 3.2), and names of files as customers give them.

use serde_json::Value;

use super::json;
use crate::channels::{Attachment, MessageKind};

/// The attachments of a `message`, in order; what is no object is passed over (the item keeps it as received).
pub fn of_page_message(message: &Value) -> Vec<Attachment> {
    json::list(&message["attachments"])
        .iter()
        .filter(|attachment| attachment.is_object())
        .map(read)
        .collect()
}

fn read(attachment: &Value) -> Attachment {
    let payload = &attachment["payload"];
    let url = json::text(&payload["url"]).or_else(|| json::text(&attachment["url"]));
    let kind = attachment["type"].as_str().unwrap_or("unknown").to_owned();
    let title = json::text(&attachment["title"]).or_else(|| json::text(&payload["title"]));
    let name = match kind.as_str() {
        "file" => title
            .as_deref()
            .and_then(safe_name)
            .or_else(|| url.as_deref().and_then(name_in_url)),
        _ => title,
    };
    Attachment {
        kind,
        url,
        media_id: None,
        mime_type: None,
        name,
        details: tells_more(attachment).then(|| attachment.clone()),
    }
}

/// Whether there is anything besides the type and the address.
fn tells_more(attachment: &Value) -> bool {
    let more = |value: &Value, known: &[&str]| {
        value.as_object().is_some_and(|members| {
            members
                .iter()
                .any(|(name, value)| !known.contains(&name.as_str()) && !value.is_null())
        })
    };
    more(attachment, &["type", "payload"]) || more(&attachment["payload"], &["url"])
}

/// The kind that the attachments give a message: a sticker in either of its shapes, else what the first one is that is
/// more than a link preview. `None` if there is no such one.
pub fn kind(attachments: &[Attachment]) -> Option<MessageKind> {
    let first = attachments
        .iter()
        .find(|attachment| attachment.kind != "fallback")?;
    let sticker = |attachment: &Attachment| {
        attachment.kind == "sticker"
            || attachment
                .details
                .as_ref()
                .is_some_and(|details| !details["payload"]["sticker_id"].is_null())
    };
    Some(if attachments.iter().any(sticker) {
        MessageKind::Sticker
    } else {
        kind_of(&first.kind)
    })
}

fn kind_of(name: &str) -> MessageKind {
    match name {
        "image" => MessageKind::Image,
        "audio" => MessageKind::Audio,
        "video" => MessageKind::Video,
        "file" => MessageKind::File,
        "location" => MessageKind::Location,
        "sticker" => MessageKind::Sticker,
        "reel"
        | "ig_reel"
        | "post"
        | "ig_post"
        | "share"
        | "template"
        | "appointment_booking"
        | "fallback" => MessageKind::Share,
        "story_mention" => MessageKind::StoryMention,
        _ => MessageKind::Unsupported,
    }
}

/// The file name that a CDN address ends in.
fn name_in_url(url: &str) -> Option<String> {
    let path = url.split(['?', '#']).next()?;
    let (_, segment) = path.split_once("://")?.1.rsplit_once('/')?;
    safe_name(&percent_decoded(segment)?)
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = after
            .get(..2)
            .filter(|_| *first == b'%')
            .and_then(|digits| hex::decode(digits).ok());
        match escaped {
            Some(decoded) => {
                bytes.extend(decoded);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

/// A file name to show: without folders, control characters and marks that turn the direction of writing around
/// (`gpj.exe` read backwards). Stored files get names of our own anyway (R76).
pub fn safe_name(name: &str) -> Option<String> {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{061c}');
    let last = name.rsplit(['/', '\\']).next()?;
    let shown: String = last
        .chars()
        .filter(|c| !c.is_control() && !turns(*c))
        .take(200)
        .collect();
    let shown = shown.trim();
    (!matches!(shown, "" | "." | "..")).then(|| shown.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_file_is_named_by_the_end_of_its_address() {
        let message = json!({"attachments": [{"type": "file", "payload": {"url": "https://cdn.test/v/%E0%A6%B0%E0%A6%B6%E0%A6%BF%E0%A6%A6.pdf?oe=1"}}]});
        assert_eq!(
            of_page_message(&message)[0].name.as_deref(),
            Some("রশিদ.pdf")
        );
    }

    #[test]
    fn names_cannot_climb_or_deceive() {
        assert_eq!(safe_name("../../etc/passwd").as_deref(), Some("passwd"));
        assert_eq!(
            safe_name("photo\u{202e}gpj.exe\r\n").as_deref(),
            Some("photogpj.exe")
        );
        for name in ["", "..", "a/..", "\u{202e}", "dir/"] {
            assert_eq!(safe_name(name), None, "{name:?}");
        }
        assert_eq!(
            name_in_url("https://cdn.test/a%2F..%2Fb%ZZ%").as_deref(),
            Some("b%ZZ%")
        );
        assert_eq!(name_in_url("https://cdn.test/%FF.pdf"), None);
        assert_eq!(name_in_url("nonsense"), None);
    }

    #[test]
    fn the_first_real_attachment_gives_the_kind_unless_one_is_a_sticker() {
        let kinds =
            |attachments: Value| kind(&of_page_message(&json!({ "attachments": attachments })));
        assert_eq!(
            kinds(json!([{"type": "fallback"}, {"type": "video"}, {"type": "image"}])),
            Some(MessageKind::Video)
        );
        assert_eq!(
            kinds(json!([{"type": "video"}, {"type": "image", "payload": {"sticker_id": 1}}])),
            Some(MessageKind::Sticker)
        );
        assert_eq!(kinds(json!([{"type": "fallback", "payload": null}])), None);
        assert_eq!(
            kinds(json!([{"type": "hologram"}])),
            Some(MessageKind::Unsupported)
        );
        assert_eq!(
            kinds(json!([{"payload": {}}, 5, null])),
            Some(MessageKind::Unsupported)
        );
        assert_eq!(kinds(json!("image")), None);
    }
}
