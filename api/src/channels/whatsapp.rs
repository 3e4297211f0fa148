//! WhatsApp Cloud API (object `whatsapp_business_account`; reference 4). Accounts are phone numbers, not business
//! accounts: one business account can have many numbers (trap 24).

mod message;
mod webhook;

use std::time::Duration;

use secrecy::SecretString;
use serde_json::{Value, json};

use super::meta::{body, check, graph, json as read, signature};
use super::{
    ApiRequest, BadSignature, Channel, CheckOutcome, HttpReply, Identity, IdentityKind, Inbound,
    Limits, Malformed, OutboundPart, Outcome, SendAccount, TextLimit,
};

const PERMISSIONS: [&str; 2] = [
    "whatsapp_business_messaging",
    "whatsapp_business_management",
];
const NUMBER_FIELDS: &str =
    "display_phone_number,verified_name,quality_rating,status,code_verification_status";

pub struct Whatsapp;

impl Channel for Whatsapp {
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
        body::read(body, "whatsapp_business_account", webhook::read)
    }

    fn send_request(&self, account: &SendAccount, part: &OutboundPart) -> ApiRequest {
        // People who hide their number are written to by their business-scoped id (reference 4.10).
        let recipient = if part.recipient.kind == IdentityKind::Bsuid {
            "recipient"
        } else {
            "to"
        };
        let has_link = part.text.contains("https://") || part.text.contains("http://");
        let body = json!({
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            recipient: part.recipient.value,
            "type": "text",
            "text": { "body": part.text, "preview_url": has_link },
            // Comes back in statuses (R15).
            "biz_opaque_callback_data": part.delivery_id,
        });
        graph::post(
            account,
            &account.graph_base_url,
            &account.external_id,
            "messages",
            body,
        )
    }

    fn outcome(&self, reply: &HttpReply) -> Outcome {
        graph::outcome(reply, |body| {
            Some((
                read::id(&body["messages"][0]["id"])?,
                alias(&body["contacts"][0]),
            ))
        })
    }

    fn check_requests(&self, account: &SendAccount) -> Vec<ApiRequest> {
        let number = graph::get(
            account,
            &account.graph_base_url,
            &account.external_id,
            NUMBER_FIELDS,
        );
        std::iter::once(number)
            .chain(check::debug_token(account))
            .collect()
    }

    fn check_outcome(&self, replies: &[HttpReply]) -> CheckOutcome {
        check::outcome(replies, &PERMISSIONS, number_name)
    }

    fn limits(&self) -> Limits {
        Limits {
            text: TextLimit::Chars(4096),
            reply_window: Duration::from_secs(24 * 3600),
            human_window: Duration::from_secs(24 * 3600),
            private_reply_window: Duration::ZERO,
            sends_per_second: 40,
        }
    }
}

/// The recipient as WhatsApp knows them; `wa_id` may differ from the number that was written to (reference 4.9).
fn alias(contact: &Value) -> Option<Identity> {
    let ids = [
        (IdentityKind::WaId, &contact["wa_id"]),
        (IdentityKind::Bsuid, &contact["user_id"]),
    ];
    ids.into_iter().find_map(|(kind, id)| {
        Some(Identity {
            kind,
            value: read::id(id)?,
        })
    })
}

fn number_name(number: &Value) -> Option<String> {
    match (
        read::text(&number["verified_name"]),
        read::text(&number["display_phone_number"]),
    ) {
        (Some(name), Some(number)) => Some(format!("{name} ({number})")),
        (name, number) => name.or(number),
    }
}
