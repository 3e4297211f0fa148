//! Messaging platforms, as pure functions: verify and parse what comes in, build and read what goes out.
//!
//! Nothing here performs I/O, knows actix or diesel, or remembers anything: fixture in, value out. Sending is done by
//! `pipeline::deliver`, storing by `pipeline::process`. Errors of a platform are classed here and nowhere else (R14).
//! Adding a platform touches its own file or folder and one line of [`channel`].

pub mod instagram;
pub mod messenger;
pub mod meta;
pub mod split;
pub mod whatsapp;

use std::time::Duration;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The platforms, named as in URLs and in the database.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    Facebook,
    Instagram,
    Whatsapp,
    /// X direct messages: accepted by the schema, not served yet.
    Twitter,
}

impl ChannelKind {
    pub const ALL: [Self; 4] = [
        Self::Facebook,
        Self::Instagram,
        Self::Whatsapp,
        Self::Twitter,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Facebook => "facebook",
            Self::Instagram => "instagram",
            Self::Whatsapp => "whatsapp",
            Self::Twitter => "twitter",
        }
    }
}

impl std::str::FromStr for ChannelKind {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or(())
    }
}

impl std::fmt::Display for ChannelKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The served channel of a platform; `None` for the ones whose events cannot be handled yet.
pub fn channel(kind: ChannelKind) -> Option<&'static dyn Channel> {
    match kind {
        ChannelKind::Facebook => Some(&messenger::Messenger),
        ChannelKind::Instagram => Some(&instagram::Instagram),
        ChannelKind::Whatsapp => Some(&whatsapp::Whatsapp),
        ChannelKind::Twitter => None,
    }
}

/// A messaging platform. No default bodies: a new channel has to answer each question, signatures above all.
pub trait Channel: Send + Sync {
    /// Name of the request header that carries the signature.
    fn signature_header(&self) -> &'static str;

    /// Checks the signature over the raw bytes against each accepted secret (R1, R2). Fails closed: no header, no secret,
    /// another algorithm or a malformed value are all [`BadSignature`].
    fn verify(
        &self,
        secrets: &[SecretString],
        signature: Option<&str>,
        body: &[u8],
    ) -> Result<(), BadSignature>;

    /// Takes a body apart into its items, in order, by the normalization contract (reference 0.3). One bad item becomes
    /// [`Event::Quarantined`] and never discards its siblings (R7); [`Malformed`] only when the body is no JSON object at all.
    fn parse(&self, body: &[u8]) -> Result<Vec<Inbound>, Malformed>;

    /// The request that sends one part of a message.
    fn send_request(&self, account: &SendAccount, part: &OutboundPart) -> ApiRequest;

    /// What the answer to [`Channel::send_request`] means (R14).
    fn outcome(&self, reply: &HttpReply) -> Outcome;

    /// The requests that tell whether the account's token works and which permissions it has (`POST .../check`),
    /// together read by [`Channel::check_outcome`].
    fn check_requests(&self, account: &SendAccount) -> Vec<ApiRequest>;

    /// Reads the answers to [`Channel::check_requests`], in the same order.
    fn check_outcome(&self, replies: &[HttpReply]) -> CheckOutcome;

    fn limits(&self) -> Limits;
}

/// The signature is missing, malformed or wrong. Which of these is never told to the caller.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the webhook signature is missing or wrong")]
pub struct BadSignature;

/// The body is not a JSON object of the platform's shape.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub String);

/// One item of a webhook body.
#[derive(Debug, Clone, PartialEq)]
pub struct Inbound {
    /// The platform's id of the business account the item belongs to (page, Instagram account, phone number id);
    /// `None` where the item names none (WhatsApp account notices, quarantined items).
    pub account: Option<String>,
    /// The item as received, for storage and replay.
    pub raw: Value,
    pub event: Event,
}

/// What an item is. Only [`Event::Message`] may start an automatic answer (R9).
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    Message(CustomerMessage),
    /// A message that the business account itself sent: ours, or typed by a person elsewhere.
    Echo(Echo),
    /// A WhatsApp status of one of our messages (reference 4.3).
    Status(Status),
    /// Recognised and stored, applied by a later issue. The name is one of a closed set, for counting and filters:
    /// `delivery read reaction edit deletion referral optin thread_control policy app_roles account_linking standby
    /// comment_event mention system user_id_update account_notice template_notice preference history errors other`.
    Other(&'static str),
    /// A dashboard test (reference 0.3 rule 2): acknowledged, never acted on.
    Test,
    /// The item could not be read; the reason is for people. Visible and replayable (R7).
    Quarantined(String),
}

impl Event {
    /// The name under which an item is stored and filtered: `message`, `echo`, `status`, `test`, `quarantined`, or the
    /// name carried by [`Event::Other`].
    pub fn name(&self) -> &'static str {
        match self {
            Self::Message(_) => "message",
            Self::Echo(_) => "echo",
            Self::Status(_) => "status",
            Self::Other(name) => name,
            Self::Test => "test",
            Self::Quarantined(_) => "quarantined",
        }
    }
}

/// What a customer wrote, chose or sent, normalized (reference 0.3).
#[derive(Debug, Clone, PartialEq)]
pub struct CustomerMessage {
    /// The platform's message id, or `derived:` + SHA-256 hex (rule 7).
    pub external_id: String,
    /// Every id the item shows of the customer, the one to answer to first; never empty, never an empty value.
    pub sender: Vec<Identity>,
    /// The name the item shows of the customer, where it shows one.
    pub sender_name: Option<String>,
    pub kind: MessageKind,
    /// Exactly as decoded; `None` when missing, empty or only white space (rule 6).
    pub text: Option<String>,
    /// What a button, list row, quick reply, postback or form carries.
    pub payload: Option<String>,
    pub attachments: Vec<Attachment>,
    /// The external id of the message this one quotes.
    pub reply_to: Option<String>,
    /// Milliseconds since 1970 by the platform's clock; `None` when unreadable: the arrival time is used.
    pub timestamp_ms: Option<i64>,
    /// Where the customer came from or points at: `referral`, `story`, `product`, `comment` objects as received.
    pub context: Option<Value>,
    /// Whether this opens or renews the reply window (a comment does not: trap 38).
    pub opens_window: bool,
    /// Set for comments: answered by a private reply to this comment id (reference 2.4, 3.3).
    pub comment_id: Option<String>,
}

/// One id by which a platform knows a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub kind: IdentityKind,
    pub value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityKind {
    /// Messenger: page-scoped id.
    Psid,
    /// Messenger plugin sender without a PSID yet.
    UserRef,
    /// Instagram-scoped id.
    Igsid,
    /// Facebook or Instagram id of the author of a comment; not a messaging id.
    Commenter,
    /// WhatsApp phone id (`wa_id`, `from`): digits without plus.
    WaId,
    /// WhatsApp business-scoped user id (reference 4.10).
    Bsuid,
}

impl IdentityKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Psid => "psid",
            Self::UserRef => "user_ref",
            Self::Igsid => "igsid",
            Self::Commenter => "commenter",
            Self::WaId => "wa_id",
            Self::Bsuid => "bsuid",
        }
    }
}

impl std::str::FromStr for IdentityKind {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        [
            Self::Psid,
            Self::UserRef,
            Self::Igsid,
            Self::Commenter,
            Self::WaId,
            Self::Bsuid,
        ]
        .into_iter()
        .find(|kind| kind.as_str() == text)
        .ok_or(())
    }
}

/// The kinds of customer messages (reference 0.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    Text,
    Image,
    Audio,
    Video,
    File,
    Sticker,
    Location,
    Contacts,
    Choice,
    Form,
    Order,
    Share,
    StoryMention,
    Comment,
    Unsupported,
}

impl MessageKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Image => "image",
            Self::Audio => "audio",
            Self::Video => "video",
            Self::File => "file",
            Self::Sticker => "sticker",
            Self::Location => "location",
            Self::Contacts => "contacts",
            Self::Choice => "choice",
            Self::Form => "form",
            Self::Order => "order",
            Self::Share => "share",
            Self::StoryMention => "story_mention",
            Self::Comment => "comment",
            Self::Unsupported => "unsupported",
        }
    }
}

/// Something that came with a message. Media is fetched later, never before the text is committed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attachment {
    /// The platform's own type name (`image`, `fallback`, `ig_reel`, `document` ...).
    pub kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// WhatsApp media id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The attachment's object as received: coordinates, cards, order lines, sticker id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Value>,
}

/// A message sent by the business account (reference 2.2, 3.2, 4.2 `smb_message_echoes`).
#[derive(Debug, Clone, PartialEq)]
pub struct Echo {
    pub external_id: String,
    /// The customer it went to, the same way as [`CustomerMessage::sender`].
    pub recipient: Vec<Identity>,
    /// Our delivery id, where the platform returns it (`metadata`).
    pub delivery_id: Option<String>,
    /// The sending app; often missing.
    pub app_id: Option<String>,
    pub text: Option<String>,
    pub attachments: Vec<Attachment>,
    pub timestamp_ms: Option<i64>,
    /// Whether somebody who is not us may have typed this: it has text or media, and comes from an inbox app, or from an
    /// unnamed one on Instagram (trap 14). The caller still has to rule out that it is our own.
    pub may_be_human: bool,
}

/// How far one of our messages got, as the platform tells it later.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    pub external_id: String,
    /// `biz_opaque_callback_data`: our delivery id.
    pub delivery_id: Option<String>,
    /// `sent delivered read played failed deleted warning` or what else comes.
    pub status: String,
    pub timestamp_ms: Option<i64>,
    /// For `failed`: what the error means, by the same classifier as [`Channel::outcome`] (reference 5.3).
    pub failure: Option<Failure>,
}

/// What sending needs to know of an account.
#[derive(Debug, Clone)]
pub struct SendAccount {
    /// `https://graph.facebook.com` or a simulator; without a last slash.
    pub graph_base_url: String,
    /// `https://graph.instagram.com` or a simulator; without a last slash.
    pub instagram_base_url: String,
    /// `v25.0`.
    pub graph_version: String,
    /// Page id, Instagram professional account id, or WhatsApp phone number id.
    pub external_id: String,
    /// Instagram through a page: the page whose token is used.
    pub page_id: Option<String>,
    pub login: AccountLogin,
    pub token: SecretString,
    /// For `appsecret_proof` (reference 2.6), and the app token of `debug_token`.
    pub app_id: Option<String>,
    pub app_secret: Option<SecretString>,
}

/// Which of Instagram's two flavours an account uses (reference 3.1); other platforms only know `Page`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccountLogin {
    /// A page token (Messenger, Instagram through a page) or a WhatsApp token.
    #[default]
    Page,
    /// Instagram API with Instagram Login.
    Instagram,
}

/// One platform call's worth of an outbound message.
#[derive(Debug, Clone)]
pub struct OutboundPart {
    pub recipient: Identity,
    /// Set: a private reply to this comment instead of a message to the recipient.
    pub comment_id: Option<String>,
    /// Within [`Limits::text`].
    pub text: String,
    /// Carried in `metadata` or `biz_opaque_callback_data`, so that an unknown outcome can be resolved (R15).
    pub delivery_id: String,
    /// A person wrote it, and the 24 hour window is over but the human agent window is not: send with `HUMAN_AGENT`.
    pub human_agent_tag: bool,
}

/// A request to a platform. Everything secret sits in `bearer` and `appsecret_proof`, which are never logged (R65).
#[derive(Debug, Clone)]
pub struct ApiRequest {
    pub method: Method,
    pub url: String,
    /// Extra query parameters, secrets among them (`appsecret_proof`, `input_token`).
    pub query: Vec<(&'static str, SecretString)>,
    pub bearer: SecretString,
    pub json: Option<Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
}

/// An answer of a platform, read whole.
#[derive(Debug, Clone)]
pub struct HttpReply {
    pub status: u16,
    /// `Retry-After` in seconds or as HTTP date, as received.
    pub retry_after: Option<String>,
    /// `X-App-Usage` and `X-Business-Use-Case-Usage`, as received (reference 5.4).
    pub usage: Vec<String>,
    pub body: Vec<u8>,
}

/// What became of one attempt to send (R14). Transport errors (no answer at all) are classed by `pipeline::deliver`.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    Sent {
        external_id: String,
        /// Another id of the recipient that the answer told (`recipient_id`, `contacts[].wa_id`, `contacts[].user_id`).
        alias: Option<Identity>,
    },
    Failed(Failure),
}

/// An answer that is not success.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    pub class: FailureClass,
    /// The platform's code, `100/2018001` where a subcode is given, `http 502` where there is none.
    pub code: String,
    /// What happened and what to do next, in plain words, for the people of the organization. Never the platform's text (R66).
    pub advice: &'static str,
}

impl Failure {
    /// A platform's code that nobody has classed: unknown is only the safe guess (R14). 1 and 2 are known to tell nothing.
    pub fn is_unlisted(&self) -> bool {
        let main = self.code.split('/').next().unwrap_or_default();
        let is_code = !main.is_empty() && main.bytes().all(|byte| byte.is_ascii_digit());
        self.class == FailureClass::Unknown && is_code && !matches!(main, "1" | "2")
    }
}

/// R14's classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureClass {
    /// Not sent; try again, not before `after` if given. `scope` says what to pause (R17).
    TryLater {
        after: Option<Duration>,
        scope: PauseScope,
    },
    /// Will never be accepted: the next message of the conversation goes on.
    Never,
    /// The reply window is closed; like `Never`, shown differently.
    WindowClosed,
    /// The account cannot send until its people act (R14 account broken).
    AccountBroken,
    /// The message may have arrived.
    Unknown,
}

/// The narrowest scope that explains a limit (R17).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PauseScope {
    /// Only this message waits.
    Message,
    /// Everything to this recipient waits.
    Recipient,
    /// Everything of this account waits.
    Account,
}

/// What a check of an account's credentials found.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckOutcome {
    pub token_works: bool,
    /// Permissions the product needs and the token does not have; empty where the platform does not tell.
    pub missing_permissions: Vec<String>,
    /// The account's name as the platform tells it.
    pub account_name: Option<String>,
    /// Seconds since 1970 when the token dies; `None` for never or unknown.
    pub token_expires_at: Option<i64>,
    /// Plain words for the people of the organization: what was found and what to do next.
    pub advice: String,
}

/// What a platform accepts.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub text: TextLimit,
    /// How long after a customer's message an automatic answer may be sent.
    pub reply_window: Duration,
    /// How long a person may answer with the human agent tag; equal to `reply_window` where there is none.
    pub human_window: Duration,
    /// How long after a comment a private reply may be sent (reference 2.4); zero where there are no comments.
    pub private_reply_window: Duration,
    /// Own default budget per account and second (reference 5.4).
    pub sends_per_second: u32,
}

/// A text limit in the platform's own unit (R75). Cuts fall on grapheme borders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextLimit {
    /// UTF-16 units (Messenger: 2000 documented, split at 1900).
    Utf16(usize),
    /// Bytes of UTF-8 (Instagram: 1000).
    Utf8Bytes(usize),
    /// Unicode scalar values (WhatsApp: 4096).
    Chars(usize),
}
