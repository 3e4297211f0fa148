//! Instagram messages and comments, in both flavours: through a Facebook page, and Instagram Login (object `instagram`;
//! reference 3).

use std::time::Duration;

use secrecy::SecretString;

use super::messenger::{page_message, sent};
use super::meta::{body, check, graph, json as read, page_entry, signature};
use super::{
    AccountLogin, ApiRequest, BadSignature, Channel, ChannelKind, CheckOutcome, HttpReply,
    IdentityKind, Inbound, Limits, Malformed, OutboundPart, Outcome, SendAccount, TextLimit,
};

/// Needed through a page (reference 3.1). Instagram Login has no way to tell a token's permissions.
const PERMISSIONS: [&str; 6] = [
    "instagram_basic",
    "instagram_manage_messages",
    "instagram_manage_comments",
    "pages_manage_metadata",
    "pages_show_list",
    "pages_read_engagement",
];

pub struct Instagram;

impl Channel for Instagram {
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
        body::read(body, "instagram", |entry, items| {
            page_entry::read(ChannelKind::Instagram, entry, items)
        })
    }

    /// Without our delivery id: nothing that is sent along comes back (R15).
    fn send_request(&self, account: &SendAccount, part: &OutboundPart) -> ApiRequest {
        let (base, node) = match account.login {
            AccountLogin::Page => (
                &account.graph_base_url,
                account.page_id.as_ref().unwrap_or(&account.external_id),
            ),
            AccountLogin::Instagram => (&account.instagram_base_url, &account.external_id),
        };
        graph::post(account, base, node, "messages", page_message(part))
    }

    fn outcome(&self, reply: &HttpReply) -> Outcome {
        graph::outcome(reply, |body| sent(body, IdentityKind::Igsid))
    }

    fn check_requests(&self, account: &SendAccount) -> Vec<ApiRequest> {
        match account.login {
            AccountLogin::Page => {
                let profile = graph::get(
                    account,
                    &account.graph_base_url,
                    &account.external_id,
                    "name,username",
                );
                std::iter::once(profile)
                    .chain(check::debug_token(account))
                    .collect()
            }
            AccountLogin::Instagram => vec![graph::get(
                account,
                &account.instagram_base_url,
                "me",
                "user_id,username",
            )],
        }
    }

    fn check_outcome(&self, replies: &[HttpReply]) -> CheckOutcome {
        check::outcome(replies, &PERMISSIONS, |profile| {
            read::text(&profile["username"]).or_else(|| read::text(&profile["name"]))
        })
    }

    fn limits(&self) -> Limits {
        Limits {
            text: TextLimit::Utf8Bytes(1000),
            reply_window: Duration::from_secs(24 * 3600),
            human_window: Duration::from_secs(7 * 24 * 3600),
            private_reply_window: Duration::from_secs(7 * 24 * 3600),
            sends_per_second: 10,
        }
    }
}
