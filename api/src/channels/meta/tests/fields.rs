//! The fields of messages, echoes and statuses, as the recorded bodies have them.

use serde_json::{Value, json};

use super::*;
use crate::channels::{FailureClass, Identity, IdentityKind, MessageKind};

#[test]
fn text_is_kept_byte_for_byte() {
    assert_eq!(
        message("messenger-text.json").text.as_deref(),
        Some("আসসালামু আলাইকুম, এই শাড়িটার দাম কত?")
    );
    assert!(
        message("messenger-text-banglish-emoji.json")
            .text
            .expect("text")
            .ends_with("👨‍👩‍👧‍👦")
    );
    assert_eq!(
        message("messenger-raw-escaped.json").text.as_deref(),
        Some("দাম <১০০%> @home/অফিস 😊")
    );
    assert_eq!(
        message("whatsapp-raw-escaped.json").text.as_deref(),
        Some("অর্ডার/ঠিকানা: বাড়ি #১২, রোড ৭ 🏠 <urgent> 100% a@b.co")
    );
}

#[test]
fn every_kind_is_told_from_its_sample() {
    use MessageKind::*;
    let kinds = [
        ("messenger-image", Image),
        ("messenger-voice-audio", Audio),
        ("messenger-video", Video),
        ("messenger-file", File),
        ("messenger-location", Location),
        ("messenger-sticker-like", Sticker),
        ("messenger-sticker-new-type", Sticker),
        ("messenger-fallback-link", Text),
        ("messenger-shared-reel", Share),
        ("messenger-quick-reply", Choice),
        ("messenger-postback-get-started", Choice),
        ("messenger-feed-comment-add", Comment),
        ("instagram-story-mention", StoryMention),
        ("instagram-story-reply", Text),
        ("instagram-share-post", Share),
        ("instagram-reel-share", Share),
        ("instagram-unsupported", Unsupported),
        ("instagram-ephemeral", Unsupported),
        ("instagram-live-comment", Comment),
        ("whatsapp-image-caption", Image),
        ("whatsapp-document", File),
        ("whatsapp-sticker", Sticker),
        ("whatsapp-location", Location),
        ("whatsapp-contacts", Contacts),
        ("whatsapp-button-reply", Choice),
        ("whatsapp-list-reply", Choice),
        ("whatsapp-template-button", Choice),
        ("whatsapp-flow-nfm-reply", Form),
        ("whatsapp-order", Order),
        ("whatsapp-unsupported", Unsupported),
    ];
    for (file, kind) in kinds {
        assert_eq!(message(&format!("{file}.json")).kind, kind, "{file}");
    }
}

#[test]
fn several_pictures_are_one_message() {
    let message = message("messenger-multi-image.json");
    assert_eq!(message.attachments.len(), 3);
    assert!(
        message
            .attachments
            .iter()
            .all(|picture| picture.kind == "image" && picture.url.is_some())
    );
}

#[test]
fn choices_carry_their_payload_and_their_label() {
    for (file, payload, text) in [
        (
            "messenger-quick-reply.json",
            "DELIVERY_ZONE:INSIDE_DHAKA",
            "ঢাকার ভিতরে",
        ),
        ("messenger-postback-no-mid.json", "TRACK_ORDER", "অর্ডার ট্র্যাক"),
        (
            "instagram-postback-icebreaker.json",
            "FAQ_DELIVERY",
            "ডেলিভারি কতদিন?",
        ),
        ("whatsapp-list-reply.json", "area:uttara", "Uttara"),
        ("whatsapp-template-button.json", "STOP_PROMO", "বন্ধ করুন"),
    ] {
        let message = message(file);
        assert_eq!(
            (message.payload.as_deref(), message.text.as_deref()),
            (Some(payload), Some(text)),
            "{file}"
        );
    }
    let form = message("whatsapp-flow-nfm-reply.json");
    assert_eq!(form.text, None);
    assert!(
        form.payload
            .expect("raw JSON")
            .starts_with(r#"{"flow_token":"ft-77","#)
    );
}

#[test]
fn a_postback_without_an_id_gets_the_same_id_at_every_delivery() {
    let first = message("messenger-postback-no-mid.json").external_id;
    assert_eq!(first, message("messenger-postback-no-mid.json").external_id);
    assert_eq!(first.strip_prefix("derived:").map(str::len), Some(64));
    let mut other: Value =
        serde_json::from_slice(&sample("messenger-postback-no-mid.json")).expect("JSON");
    other["entry"][0]["messaging"][0]["timestamp"] = json!(1_795_140_000_011_i64);
    let Event::Message(other) = &parse_value(ChannelKind::Facebook, &other)[0].event else {
        panic!("a message")
    };
    assert_ne!(first, other.external_id);
}

#[test]
fn big_ids_keep_all_their_digits() {
    let reel = message("instagram-reel-share.json").attachments.remove(0);
    assert_eq!(
        reel.details.expect("details")["payload"]["reel_video_id"].to_string(),
        "17990011223344556"
    );
    let Event::Echo(echo) = item("messenger-echo-own-app.json").event else {
        panic!("an echo")
    };
    assert_eq!(echo.app_id.as_deref(), Some("990011223344556"));
}

#[test]
fn whatsapp_people_are_known_by_every_id_that_the_body_shows() {
    let id = |kind, value: &str| Identity {
        kind,
        value: value.into(),
    };
    let both = message("whatsapp-text.json");
    assert_eq!(
        both.sender,
        [
            id(IdentityKind::WaId, "8801812000222"),
            id(IdentityKind::Bsuid, "BD.90817263544536271")
        ]
    );
    assert_eq!(both.sender_name.as_deref(), Some("রহিম উদ্দিন"));
    assert_eq!(both.timestamp_ms, Some(1_795_140_000_000));
    let hidden = message("whatsapp-bsuid-username.json");
    assert_eq!(
        hidden.sender,
        [id(IdentityKind::Bsuid, "BD.90817263544531122")]
    );
    assert_eq!(hidden.sender_name.as_deref(), Some("Nila"));
}

#[test]
fn quotes_are_followed_and_forwards_quote_nothing() {
    assert_eq!(
        message("messenger-reply-to.json").reply_to.as_deref(),
        Some("m_Ab1Out_prev_7781")
    );
    assert!(
        message("whatsapp-text-reply-context.json")
            .reply_to
            .is_some()
    );
    assert_eq!(message("whatsapp-text-forwarded.json").reply_to, None);
    let story = message("instagram-story-reply.json");
    assert_eq!(story.reply_to, None);
    assert_eq!(
        story.context.expect("context")["story"]["id"],
        "18045500112233445"
    );
}

#[test]
fn where_a_customer_came_from_is_kept() {
    assert_eq!(
        message("messenger-ad-referral-message.json")
            .context
            .expect("context")["referral"]["ad_id"],
        "6045246247433"
    );
    assert_eq!(
        message("messenger-postback-get-started.json")
            .context
            .expect("context")["referral"]["ref"],
        "fb_ad_eid_2026"
    );
    assert_eq!(
        message("whatsapp-referral-ctwa.json")
            .context
            .expect("context")["referral"]["ctwa_clid"],
        "Aff-ExAmPlE"
    );
    assert_eq!(
        message("whatsapp-text-product-inquiry.json")
            .context
            .expect("context")["product"]["product_retailer_id"],
        "HONEY-500"
    );
}

#[test]
fn comments_are_answered_privately_and_open_no_window() {
    for (file, id, author) in [
        (
            "messenger-feed-comment-add.json",
            "5566778899_10001",
            "Rahim Uddin",
        ),
        (
            "instagram-comment.json",
            "17900112233445566",
            "nusrat.jahan_88",
        ),
    ] {
        let comment = message(file);
        assert_eq!(comment.comment_id.as_deref(), Some(id), "{file}");
        assert_eq!(comment.external_id, id, "{file}");
        assert_eq!(comment.sender[0].kind, IdentityKind::Commenter, "{file}");
        assert_eq!(comment.sender_name.as_deref(), Some(author), "{file}");
        assert_eq!(comment.timestamp_ms, Some(1_795_140_000_000), "{file}");
        assert!(!comment.opens_window, "{file}");
        assert_eq!(comment.reply_to, None, "{file}");
    }
    assert!(message("instagram-story-mention.json").opens_window);
}

#[test]
fn media_is_named_by_what_fetching_it_needs() {
    let document = message("whatsapp-document.json").attachments.remove(0);
    assert_eq!(document.media_id.as_deref(), Some("1803311223344559"));
    assert_eq!(document.name.as_deref(), Some("order list ২০২৬.pdf"));
    assert_eq!(document.mime_type.as_deref(), Some("application/pdf"));
    let contacts = message("whatsapp-contacts.json").attachments;
    assert_eq!(
        contacts
            .iter()
            .filter_map(|card| card.name.as_deref())
            .collect::<Vec<_>>(),
        ["Karim Bhai", "দোকান"]
    );
    let order = message("whatsapp-order.json").attachments.remove(0);
    assert_eq!(
        order.details.expect("details")["product_items"][1]["item_price"],
        380.5
    );
    assert_eq!(
        message("messenger-file.json").attachments[0]
            .name
            .as_deref(),
        Some("রশিদ.pdf")
    );
}

#[test]
fn echoes_tell_our_own_from_a_persons() {
    let echo = |file| match item(file).event {
        Event::Echo(echo) => echo,
        other => panic!("{file}: {other:?}"),
    };
    let ours = echo("messenger-echo-own-app.json");
    assert_eq!(ours.delivery_id.as_deref(), Some("send-req:01J9Z3"));
    assert_eq!(
        ours.recipient,
        [Identity {
            kind: IdentityKind::Psid,
            value: "7319284650112233".into()
        }]
    );
    assert!(!ours.may_be_human);
    assert!(echo("messenger-echo-human-inbox.json").may_be_human);
    // Instagram does not say who: the caller compares the id with what we sent.
    assert!(echo("instagram-echo.json").may_be_human);
    let phone = echo("whatsapp-smb-message-echo.json");
    assert!(phone.may_be_human);
    assert_eq!(phone.recipient.len(), 2);
}

#[test]
fn statuses_carry_our_delivery_id_and_the_class_of_their_failure() {
    let status = |file| match item(file).event {
        Event::Status(status) => status,
        other => panic!("{file}: {other:?}"),
    };
    let sent = status("whatsapp-status-sent.json");
    assert_eq!(
        (
            sent.status.as_str(),
            sent.delivery_id.as_deref(),
            sent.failure
        ),
        ("sent", Some("send-req:01J9Z4"), None)
    );
    let late = status("whatsapp-status-failed.json")
        .failure
        .expect("a failure");
    assert_eq!(
        (late.class, late.code.as_str()),
        (FailureClass::WindowClosed, "131047")
    );
    let unreachable = status("whatsapp-status-failed-undeliverable.json")
        .failure
        .expect("a failure");
    assert_eq!(unreachable.class, FailureClass::Never);
}
