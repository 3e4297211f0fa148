//! Comments on posts of a page or an Instagram account (reference 2.4, 3.2). They are answered by one private reply,
//! and do not open the reply window (trap 38).

use serde_json::Value;

use super::{body, json, page_entry::Place};
use crate::channels::{Attachment, CustomerMessage, Event, Identity, IdentityKind, MessageKind};

/// The value of a page's `feed` change: also posts, likes and shares come this way, and are not ours to answer.
pub fn page(place: &Place, value: &Value) -> Event {
    if !value.is_object() {
        return Event::Quarantined("the change has no value".into());
    }
    match (value["item"].as_str(), value["verb"].as_str()) {
        (Some("comment"), Some("add")) => comment(place, value, "comment_id", "message"),
        (Some("comment"), _) => Event::Other("comment_event"),
        _ => Event::Other("other"),
    }
}

/// The value of Instagram's `comments` and `live_comments` changes.
pub fn instagram(place: &Place, value: &Value) -> Event {
    if !value.is_object() {
        return Event::Quarantined("the change has no value".into());
    }
    if !value["from"]["self_ig_scoped_id"].is_null() {
        return Event::Other("comment_event");
    }
    comment(place, value, "id", "text")
}

fn comment(place: &Place, value: &Value, id_key: &str, text_key: &str) -> Event {
    let from = &value["from"];
    // Our own comment (trap 15), or one whose author Meta does not name: neither can be answered.
    let Some(author) = json::id(&from["id"]).filter(|author| author != place.account) else {
        return Event::Other("comment_event");
    };
    let comment_id = json::id(&value[id_key]);
    let text = json::text(&value[text_key]);
    let timestamp_ms = json::timestamp_ms(&value["created_time"]).or(place.entry_time_ms);
    let parent = json::id(&value["parent_id"])
        .filter(|parent| Some(parent) != json::id(&value["post_id"]).as_ref());
    Event::Message(CustomerMessage {
        external_id: comment_id.clone().unwrap_or_else(|| {
            let content = text.clone().unwrap_or_else(|| value.to_string());
            body::derived_id(
                place.kind,
                Some(place.account),
                &author,
                timestamp_ms,
                &content,
            )
        }),
        sender: vec![Identity {
            kind: IdentityKind::Commenter,
            value: author,
        }],
        sender_name: json::text(&from["name"]).or_else(|| json::text(&from["username"])),
        kind: MessageKind::Comment,
        text,
        payload: None,
        attachments: pictures(value),
        reply_to: parent,
        timestamp_ms,
        context: json::object_of([("comment", Some(value))]),
        opens_window: false,
        comment_id,
    })
}

/// Comments may be a photo or a video only.
fn pictures(value: &Value) -> Vec<Attachment> {
    let urls = ["photo", "video"]
        .into_iter()
        .filter_map(|kind| Some((kind, json::text(&value[kind])?)));
    urls.map(|(kind, url)| Attachment {
        kind: kind.into(),
        url: Some(url),
        media_id: None,
        mime_type: None,
        name: None,
        details: None,
    })
    .collect()
}
