//! Bodies that are not as documented: nothing panics, and nothing but the damaged item is lost (R7).

use serde_json::{Value, json};

use super::*;

#[test]
fn what_is_no_object_is_malformed() {
    for kind in [
        ChannelKind::Facebook,
        ChannelKind::Instagram,
        ChannelKind::Whatsapp,
    ] {
        let channel = channel(kind).expect("served");
        let deep = "[".repeat(100_000);
        for body in [
            "",
            "null",
            "[]",
            "\"text\"",
            "{",
            "{\"object\":\"page\",}",
            "\u{feff}{}",
            deep.as_str(),
        ] {
            assert!(channel.parse(body.as_bytes()).is_err(), "{kind}");
        }
        assert!(channel.parse(b"\xff{}").is_err());
    }
}

#[test]
fn a_body_for_another_product_is_quarantined_with_a_hint() {
    for (kind, file) in [
        (ChannelKind::Whatsapp, "messenger-text.json"),
        (ChannelKind::Facebook, "instagram-text.json"),
        (ChannelKind::Instagram, "whatsapp-text.json"),
    ] {
        assert_eq!(
            names(&parse(kind, &sample(file))),
            ["quarantined"],
            "{file}"
        );
    }
}

#[test]
fn the_same_message_twice_in_one_body_is_one() {
    for file in TEXTS {
        let mut body = value_of(file);
        let entry = body["entry"][0].clone();
        body["entry"].as_array_mut().expect("a list").push(entry);
        assert_eq!(
            names(&parse_value(kind_of(file), &body)),
            ["message"],
            "{file}"
        );
    }
}

#[test]
fn bad_siblings_are_quarantined_and_good_ones_are_read() {
    for file in TEXTS {
        let list = if file.starts_with("whatsapp") {
            "/entry/0/changes/0/value/messages"
        } else {
            "/entry/0/messaging"
        };
        let mut body = value_of(file);
        let items = body
            .pointer_mut(list)
            .and_then(Value::as_array_mut)
            .expect("a list");
        items.insert(0, json!(null));
        items.insert(1, json!({ "message": 5, "type": "text" }));
        items.push(json!("late"));
        let mut entries = vec![
            json!(7),
            json!({}),
            json!({ "id": "1", "messaging": {"a": 1}, "changes": "no" }),
        ];
        entries.append(body["entry"].as_array_mut().expect("a list"));
        body["entry"] = Value::Array(entries);
        let parsed = parse_value(kind_of(file), &body);
        let messages = names(&parsed)
            .into_iter()
            .filter(|name| *name == "message")
            .count();
        let quarantined = names(&parsed)
            .into_iter()
            .filter(|name| *name == "quarantined")
            .count();
        assert_eq!(messages, 1, "{file}");
        assert!(quarantined >= 5, "{file}: {:?}", names(&parsed));
    }
}

#[test]
fn half_an_emoji_and_a_nul_do_not_spoil_a_batch() {
    let body = String::from_utf8(sample("messenger-raw-escaped.json")).expect("text");
    let cut = body.replace("\\ude0a", "\\u0000");
    assert_ne!(body, cut);
    let items = parse(ChannelKind::Facebook, cut.as_bytes());
    let Event::Message(message) = &items[0].event else {
        panic!("a message")
    };
    assert!(
        message
            .text
            .as_deref()
            .expect("text")
            .ends_with("অফিস \u{fffd}")
    );
    assert!(!items[0].raw.to_string().contains("\\u0000"));
}

#[test]
fn own_and_unsent_messages_never_become_customer_messages() {
    let page = "104857600001122";
    let with = |change: &dyn Fn(&mut Value)| {
        let mut body = value_of("messenger-text.json");
        change(&mut body["entry"][0]["messaging"][0]);
        names(&parse_value(ChannelKind::Facebook, &body))[0]
    };
    for flag in [json!(true), json!("true"), json!(1)] {
        let echo = with(&|item| {
            item["message"]["is_echo"] = flag.clone();
            item["recipient"]["id"] = json!("7319284650112233");
        });
        assert_eq!(echo, "echo", "{flag}");
    }
    assert_eq!(
        with(&|item| item["message"]["is_echo"] = json!(false)),
        "message"
    );
    assert_eq!(
        with(&|item| item["message"]["is_deleted"] = json!(true)),
        "deletion"
    );
    assert_eq!(
        with(&|item| item["message"]["is_self"] = json!(true)),
        "other"
    );
    assert_eq!(with(&|item| item["is_self"] = json!(true)), "other");
    assert_eq!(
        with(&|item| {
            item["sender"]["id"] = json!(page);
            item["recipient"]["id"] = json!("7319284650112233");
        }),
        "echo"
    );
    assert_eq!(with(&|item| item["sender"]["id"] = json!(page)), "other");
    assert_eq!(with(&|item| item["sender"] = json!({})), "quarantined");
    assert_eq!(
        with(&|item| item["sender"] = json!({"user_ref": "plugin-1"})),
        "message"
    );
}

#[test]
fn a_comment_directly_in_the_entry_is_read_too() {
    let mut body = value_of("instagram-comment.json");
    let change = body["entry"][0]["changes"][0].clone();
    body["entry"][0] = json!({ "id": "17841460012345678", "time": 1_795_140_000, "field": change["field"], "value": change["value"] });
    assert_eq!(
        names(&parse_value(ChannelKind::Instagram, &body)),
        ["message"]
    );
}

#[test]
fn whatsapp_contacts_are_matched_by_id_and_never_by_position() {
    let mut body = value_of("whatsapp-text.json");
    let value = &mut body["entry"][0]["changes"][0]["value"];
    value["contacts"].as_array_mut().expect("a list").insert(
        0,
        json!({"profile": {"name": "Somebody else"}, "wa_id": "8801700000000"}),
    );
    let Event::Message(message) = &parse_value(ChannelKind::Whatsapp, &body)[0].event else {
        panic!("a message")
    };
    assert_eq!(message.sender_name.as_deref(), Some("রহিম উদ্দিন"));
    body["entry"][0]["changes"][0]["value"]["metadata"] = json!(null);
    assert_eq!(
        names(&parse_value(ChannelKind::Whatsapp, &body)),
        ["quarantined"]
    );
}

#[test]
fn unknown_whatsapp_types_are_unsupported_messages() {
    for change in [
        json!({"type": "hologram"}),
        json!({"type": null}),
        json!({"type": "interactive"}),
        json!({"type": "interactive", "interactive": {"type": "button_reply"}}),
    ] {
        let mut body = value_of("whatsapp-text.json");
        let message = &mut body["entry"][0]["changes"][0]["value"]["messages"][0];
        for (name, value) in change.as_object().expect("an object") {
            message[name] = value.clone();
        }
        let Event::Message(message) = &parse_value(ChannelKind::Whatsapp, &body)[0].event else {
            panic!("a message: {change}")
        };
        assert_eq!(
            message.kind,
            crate::channels::MessageKind::Unsupported,
            "{change}"
        );
    }
}
