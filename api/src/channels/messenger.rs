//! Messenger: messages to and comments on Facebook pages (object `page`; reference 2).

use std::time::Duration;

use secrecy::SecretString;
use serde_json::{Value, json};

use super::meta::{body, check, graph, json as read, page_entry, signature};
use super::{
    ApiRequest, BadSignature, Channel, ChannelKind, CheckOutcome, HttpReply, Identity,
    IdentityKind, Inbound, Limits, Malformed, OutboundPart, Outcome, SendAccount, TextLimit,
};

/// Needed to receive and send messages (reference 2.8).
const PERMISSIONS: [&str; 4] = [
    "pages_messaging",
    "pages_manage_metadata",
    "pages_read_engagement",
    "pages_show_list",
];

pub struct Messenger;

impl Channel for Messenger {
    fn signature_header(&self) -> &'static str {
        signature::HEADER
    }

    fn verify(
        &self,
        secrets: &[SecretString],
        header: Option<&str>,
        body: &[u8],
    ) -> Result<(), BadSignature> {
        signature::verify_hub_sha256(secrets, header, body)
    }

    fn parse(&self, body: &[u8]) -> Result<Vec<Inbound>, Malformed> {
        body::read(body, "page", |entry, items| {
            page_entry::read(ChannelKind::Facebook, entry, items)
        })
    }

    fn send_request(&self, account: &SendAccount, part: &OutboundPart) -> ApiRequest {
        let mut body = page_message(part);
        // Comes back on the echo (R15).
        body["message"]["metadata"] = json!(part.delivery_id);
        graph::post(
            account,
            &account.graph_base_url,
            &account.external_id,
            "messages",
            body,
        )
    }

    fn outcome(&self, reply: &HttpReply) -> Outcome {
        graph::outcome(reply, |body| sent(body, IdentityKind::Psid))
    }

    fn check_requests(&self, account: &SendAccount) -> Vec<ApiRequest> {
        let page = graph::get(
            account,
            &account.graph_base_url,
            &account.external_id,
            "name",
        );
        std::iter::once(page)
            .chain(check::debug_token(account))
            .collect()
    }

    fn check_outcome(&self, replies: &[HttpReply]) -> CheckOutcome {
        check::outcome(replies, &PERMISSIONS, |page| read::text(&page["name"]))
    }

    fn limits(&self) -> Limits {
        Limits {
            text: TextLimit::Utf16(1900),
            reply_window: Duration::from_secs(24 * 3600),
            human_window: Duration::from_secs(7 * 24 * 3600),
            private_reply_window: Duration::from_secs(7 * 24 * 3600),
            sends_per_second: 20,
        }
    }
}

/// The body that Messenger and Instagram have in common. A private reply names the comment and no type: it is neither
/// an answer inside the window nor a tagged message.
pub(super) fn page_message(part: &OutboundPart) -> Value {
    let message = json!({ "text": part.text });
    if let Some(comment_id) = &part.comment_id {
        return json!({ "recipient": { "comment_id": comment_id }, "message": message });
    }
    let key = if part.recipient.kind == IdentityKind::UserRef {
        "user_ref"
    } else {
        "id"
    };
    let recipient = json!({ key: part.recipient.value });
    if part.human_agent_tag {
        json!({ "recipient": recipient, "messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT", "message": message })
    } else {
        json!({ "recipient": recipient, "messaging_type": "RESPONSE", "message": message })
    }
}

/// `{"recipient_id", "message_id"}`; the first is missing when the recipient was no id.
pub(super) fn sent(body: &Value, person: IdentityKind) -> Option<(String, Option<Identity>)> {
    let alias = read::id(&body["recipient_id"]).map(|value| Identity {
        kind: person,
        value,
    });
    Some((read::id(&body["message_id"])?, alias))
}
