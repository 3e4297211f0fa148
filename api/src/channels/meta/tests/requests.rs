//! The requests that leave: host, path, token, proof and body.

use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::*;
use crate::channels::{ApiRequest, Identity, IdentityKind, Method, OutboundPart};

const PROOF: &str = "e5e553c4e0d30d911319b82922834ca72321ce309680681ea663f63aa2c1e0ff";

fn part(kind: IdentityKind, value: &str) -> OutboundPart {
    OutboundPart {
        recipient: Identity {
            kind,
            value: value.into(),
        },
        comment_id: None,
        text: "ধন্যবাদ".into(),
        delivery_id: "d-1".into(),
        human_agent_tag: false,
    }
}

fn send(kind: ChannelKind, account: &SendAccount, part: &OutboundPart) -> ApiRequest {
    channel(kind).expect("served").send_request(account, part)
}

fn body(request: &ApiRequest) -> &Value {
    request.json.as_ref().expect("a body")
}

fn query(request: &ApiRequest) -> Vec<(&str, &str)> {
    request
        .query
        .iter()
        .map(|(name, value)| (*name, value.expose_secret()))
        .collect()
}

#[test]
fn messenger_answers_carry_token_proof_and_delivery_id() {
    let request = send(
        ChannelKind::Facebook,
        &account("104857600001122"),
        &part(IdentityKind::Psid, "7319"),
    );
    assert_eq!(
        (request.method, request.url.as_str()),
        (
            Method::Post,
            "https://graph.test/v25.0/104857600001122/messages"
        )
    );
    assert_eq!(request.bearer.expose_secret(), "EAATESTTOKEN123");
    assert_eq!(query(&request), [("appsecret_proof", PROOF)]);
    assert_eq!(
        body(&request),
        &json!({"recipient": {"id": "7319"}, "messaging_type": "RESPONSE", "message": {"text": "ধন্যবাদ", "metadata": "d-1"}})
    );
}

#[test]
fn without_an_app_secret_there_is_no_proof() {
    let account = SendAccount {
        app_secret: None,
        ..account("1")
    };
    assert!(
        send(
            ChannelKind::Facebook,
            &account,
            &part(IdentityKind::Psid, "7319")
        )
        .query
        .is_empty()
    );
}

#[test]
fn only_a_person_after_the_window_uses_the_human_agent_tag() {
    let late = OutboundPart {
        human_agent_tag: true,
        ..part(IdentityKind::Psid, "7319")
    };
    for kind in [ChannelKind::Facebook, ChannelKind::Instagram] {
        let request = send(kind, &account("1"), &late);
        assert_eq!(body(&request)["messaging_type"], "MESSAGE_TAG");
        assert_eq!(body(&request)["tag"], "HUMAN_AGENT");
    }
}

#[test]
fn private_replies_go_to_the_comment() {
    let reply = OutboundPart {
        comment_id: Some("5566_1".into()),
        ..part(IdentityKind::Commenter, "2468")
    };
    let messenger = send(ChannelKind::Facebook, &account("1"), &reply);
    assert_eq!(
        body(&messenger),
        &json!({"recipient": {"comment_id": "5566_1"}, "message": {"text": "ধন্যবাদ", "metadata": "d-1"}})
    );
    let instagram = send(ChannelKind::Instagram, &account("1"), &reply);
    assert_eq!(
        body(&instagram),
        &json!({"recipient": {"comment_id": "5566_1"}, "message": {"text": "ধন্যবাদ"}})
    );
}

#[test]
fn plugin_senders_are_answered_by_their_reference() {
    let request = send(
        ChannelKind::Facebook,
        &account("1"),
        &part(IdentityKind::UserRef, "plugin-1"),
    );
    assert_eq!(body(&request)["recipient"], json!({"user_ref": "plugin-1"}));
}

#[test]
fn instagram_uses_the_host_and_node_of_its_login() {
    let part = part(IdentityKind::Igsid, "1122");
    let through_page = SendAccount {
        page_id: Some("1048".into()),
        ..account("1784")
    };
    let own_login = SendAccount {
        login: AccountLogin::Instagram,
        ..through_page.clone()
    };
    let request = send(ChannelKind::Instagram, &through_page, &part);
    assert_eq!(request.url, "https://graph.test/v25.0/1048/messages");
    assert_eq!(
        body(&request),
        &json!({"recipient": {"id": "1122"}, "messaging_type": "RESPONSE", "message": {"text": "ধন্যবাদ"}})
    );
    assert_eq!(
        send(ChannelKind::Instagram, &own_login, &part).url,
        "https://instagram.test/v25.0/1784/messages"
    );
}

#[test]
fn whatsapp_writes_to_a_number_or_to_a_hidden_person() {
    let number = send(
        ChannelKind::Whatsapp,
        &account("1066"),
        &part(IdentityKind::WaId, "8801812000222"),
    );
    assert_eq!(number.url, "https://graph.test/v25.0/1066/messages");
    assert_eq!(
        body(&number),
        &json!({"messaging_product": "whatsapp", "recipient_type": "individual", "to": "8801812000222", "type": "text",
            "text": {"body": "ধন্যবাদ", "preview_url": false}, "biz_opaque_callback_data": "d-1"})
    );
    let hidden = OutboundPart {
        text: "https://shop.test".into(),
        ..part(IdentityKind::Bsuid, "BD.9081")
    };
    let hidden = send(ChannelKind::Whatsapp, &account("1066"), &hidden);
    assert_eq!(body(&hidden)["recipient"], "BD.9081");
    assert_eq!(body(&hidden)["to"], Value::Null);
    assert_eq!(body(&hidden)["text"]["preview_url"], true);
}

#[test]
fn checks_ask_the_account_and_then_the_token_as_the_app() {
    for (kind, url) in [
        (
            ChannelKind::Facebook,
            "https://graph.test/v25.0/1048?fields=name",
        ),
        (
            ChannelKind::Instagram,
            "https://graph.test/v25.0/1048?fields=name,username",
        ),
        (
            ChannelKind::Whatsapp,
            "https://graph.test/v25.0/1048?fields=display_phone_number,verified_name,quality_rating,status,code_verification_status",
        ),
    ] {
        let requests = channel(kind)
            .expect("served")
            .check_requests(&account("1048"));
        assert_eq!(requests.len(), 2, "{kind}");
        assert_eq!(requests[0].url, url);
        assert_eq!(requests[0].method, Method::Get);
        assert_eq!(requests[1].url, "https://graph.test/v25.0/debug_token");
        assert_eq!(
            requests[1].bearer.expose_secret(),
            format!("990011223344556|{SECRET}")
        );
        assert!(query(&requests[1]).contains(&("input_token", "EAATESTTOKEN123")));
        let unknown_app = SendAccount {
            app_id: None,
            ..account("1048")
        };
        assert_eq!(
            channel(kind)
                .expect("served")
                .check_requests(&unknown_app)
                .len(),
            1,
            "{kind}"
        );
    }
    let own_login = SendAccount {
        login: AccountLogin::Instagram,
        ..account("1784")
    };
    let requests = channel(ChannelKind::Instagram)
        .expect("served")
        .check_requests(&own_login);
    assert_eq!(
        requests
            .iter()
            .map(|request| request.url.as_str())
            .collect::<Vec<_>>(),
        ["https://instagram.test/v25.0/me?fields=user_id,username"]
    );
}
