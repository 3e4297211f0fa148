//! Events as they go over the wire.

use actix_web::web::Bytes;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::position::Position;
use crate::auth::standing::Ended;
use crate::db::hints::Presence;
use crate::ids::{AccountId, ConversationId};

/// Something that changed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Changed {
    Conversation(ConversationId),
    Account(AccountId),
    PlatformApp(String),
}

/// A few events that are sent together.
#[derive(Default)]
pub struct Frame(String);

impl Frame {
    pub fn bytes(self) -> Bytes {
        Bytes::from(self.0)
    }

    /// The first event of every stream. `retry`: how soon a client that was cut off comes back.
    pub fn hello(&mut self, at: Position, server_time: DateTime<Utc>) {
        self.0.push_str("retry: 2000\n");
        self.event(Some(at), "hello", &json!({ "server_time": server_time }));
    }

    /// Somebody who has got everything before this event and this event has got everything up to `at`.
    pub fn changed(&mut self, at: Position, what: &Changed, changed_at: DateTime<Utc>) {
        match what {
            Changed::Conversation(id) => {
                let data = json!({ "conversation_id": id, "changed_at": changed_at });
                self.event(Some(at), "conversation", &data);
            }
            Changed::Account(id) => self.event(Some(at), "account", &json!({ "account_id": id })),
            Changed::PlatformApp(platform) => {
                self.event(Some(at), "platform_app", &json!({ "platform": platform }));
            }
        }
    }

    pub fn resync(&mut self, at: Position) {
        self.event(Some(at), "resync", &json!({}));
    }

    pub fn presence(presence: &Presence) -> Self {
        let mut frame = Self::default();
        let data = json!({
            "conversation_id": presence.conversation_id, "user_id": presence.user_id, "name": presence.name,
            "typing": presence.typing,
        });
        frame.event(None, "presence", &data);
        frame
    }

    pub fn session_ended(reason: Ended) -> Self {
        let mut frame = Self::default();
        frame.event(None, "session_ended", &json!({ "reason": reason.as_str() }));
        frame
    }

    /// JSON without line breaks is one line of data.
    fn event(&mut self, id: Option<Position>, name: &str, data: &Value) {
        if let Some(id) = id {
            self.0.push_str(&format!("id: {id}\n"));
        }
        self.0.push_str(&format!("event: {name}\ndata: {data}\n\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{OrganizationId, UserId};

    /// A name with line breaks must not become lines of the stream.
    #[test]
    fn whatever_a_name_holds_stays_inside_its_data() {
        let presence = Presence {
            organization_id: OrganizationId::new(),
            conversation_id: ConversationId::new(),
            user_id: UserId::new(),
            name: "রহিম\n\nevent: session_ended\r\ndata: {}".to_owned(),
            typing: true,
        };
        let text = String::from_utf8(Frame::presence(&presence).bytes().to_vec()).unwrap();
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(text.starts_with("event: presence\ndata: {") && text.ends_with("}\n\n"));
    }
}
