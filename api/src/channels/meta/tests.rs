//! What the three parsers and the tables of Meta's platforms are tested with: recorded bodies, damaged bodies, answers.

mod answers;
mod checks;
mod damage;
mod fields;
mod policy;
mod random_damage;
mod replay;
mod requests;
mod samples;
mod text_damage;

use secrecy::SecretString;
use serde_json::Value;

use crate::channels::{
    AccountLogin, ChannelKind, CustomerMessage, Event, HttpReply, Inbound, SendAccount, channel,
};

/// The accounts of the sample organisation, as the samples' index lists them.
pub const OWN_ACCOUNTS: [&str; 5] = [
    "104857600001122",
    "104857600003344",
    "17841460012345678",
    "106600112233445",
    "106600112233446",
];
pub const SECRET: &str = "test-app-secret-0f1e2d3c4b5a";

pub fn sample(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/webhooks/");
    std::fs::read(format!("{folder}{name}")).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The platform that a sample's name begins with.
pub fn kind_of(name: &str) -> ChannelKind {
    match name.split('-').next() {
        Some("messenger") => ChannelKind::Facebook,
        Some("instagram") => ChannelKind::Instagram,
        Some("whatsapp") => ChannelKind::Whatsapp,
        other => panic!("no platform {other:?}"),
    }
}

pub fn parse(kind: ChannelKind, body: &[u8]) -> Vec<Inbound> {
    channel(kind)
        .expect("served")
        .parse(body)
        .expect("an object")
}

pub fn parse_value(kind: ChannelKind, body: &Value) -> Vec<Inbound> {
    parse(kind, &serde_json::to_vec(body).expect("JSON"))
}

pub fn parse_sample(name: &str) -> Vec<Inbound> {
    parse(kind_of(name), &sample(name))
}

/// The only item of a sample.
pub fn item(name: &str) -> Inbound {
    let mut items = parse_sample(name);
    assert_eq!(items.len(), 1, "{name}");
    items.remove(0)
}

/// The only item of a sample, which is a customer message.
pub fn message(name: &str) -> CustomerMessage {
    match item(name).event {
        Event::Message(message) => message,
        other => panic!("{name}: {other:?}"),
    }
}

pub fn names(items: &[Inbound]) -> Vec<&'static str> {
    items.iter().map(|item| item.event.name()).collect()
}

pub fn account(external_id: &str) -> SendAccount {
    SendAccount {
        graph_base_url: "https://graph.test".into(),
        instagram_base_url: "https://instagram.test".into(),
        graph_version: "v25.0".into(),
        external_id: external_id.into(),
        page_id: None,
        login: AccountLogin::Page,
        token: SecretString::from("EAATESTTOKEN123"),
        app_id: Some("990011223344556".into()),
        app_secret: Some(SecretString::from(SECRET)),
    }
}

/// A text message of each platform.
pub const TEXTS: [&str; 3] = [
    "messenger-text.json",
    "instagram-text.json",
    "whatsapp-text.json",
];

pub fn value_of(file: &str) -> Value {
    serde_json::from_slice(&sample(file)).expect("JSON")
}

pub fn reply(status: u16, body: impl Into<Vec<u8>>) -> HttpReply {
    HttpReply {
        status,
        retry_after: None,
        usage: Vec::new(),
        body: body.into(),
    }
}
