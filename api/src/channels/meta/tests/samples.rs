//! The recorded bodies, read by the index that lies beside them.

use secrecy::SecretString;
use serde_json::Value;

use super::*;
use crate::channels::BadSignature;

/// The rows of a table of the index whose first cell is a file of one of the three platforms.
fn rows() -> Vec<(String, String)> {
    let index = String::from_utf8(sample("index.md")).expect("text");
    let cells = index.lines().filter_map(|line| {
        let mut cells = line.split('|').skip(1).map(str::trim);
        Some((
            cells
                .next()?
                .strip_prefix('`')?
                .strip_suffix('`')?
                .to_owned(),
            cells.next()?.to_owned(),
        ))
    });
    cells
        .filter(|(file, _)| file.ends_with(".json") && !file.starts_with("x-"))
        .collect()
}

fn yields() -> Vec<(String, usize)> {
    rows()
        .into_iter()
        .filter_map(|(file, cell)| Some((file, cell.parse().ok()?)))
        .collect()
}

fn own_messages(items: &[Inbound]) -> usize {
    let own = |item: &&Inbound| {
        item.account
            .as_deref()
            .is_some_and(|account| OWN_ACCOUNTS.contains(&account))
    };
    items
        .iter()
        .filter(own)
        .filter(|item| matches!(item.event, Event::Message(_)))
        .count()
}

#[test]
fn every_sample_yields_the_messages_that_its_index_says() {
    let yields = yields();
    assert_eq!(yields.len(), 100, "samples of three platforms");
    for (file, expected) in yields {
        assert_eq!(own_messages(&parse_sample(&file)), expected, "{file}");
    }
}

#[test]
fn no_sample_is_quarantined_and_none_is_read_as_nothing() {
    for (file, _) in yields() {
        let items = parse_sample(&file);
        assert!(!items.is_empty(), "{file}");
        assert!(!names(&items).contains(&"quarantined"), "{file}");
    }
}

#[test]
fn the_events_of_the_samples_are_recognised() {
    let expected = [
        ("messenger-delivery", "delivery"),
        ("messenger-read", "read"),
        ("messenger-reaction", "reaction"),
        ("messenger-unreact", "reaction"),
        ("messenger-referral-mme", "referral"),
        ("messenger-optin", "optin"),
        ("messenger-handover-pass", "thread_control"),
        ("messenger-handover-take", "thread_control"),
        ("messenger-handover-request", "thread_control"),
        ("messenger-standby-message", "standby"),
        ("messenger-policy-enforcement", "policy"),
        ("messenger-message-edit", "edit"),
        ("messenger-feed-comment-own-page", "comment_event"),
        (
            "messenger-feed-comment-edited-removed",
            "comment_event comment_event",
        ),
        ("messenger-feed-reaction-and-post", "other other"),
        ("messenger-dashboard-test", "test"),
        ("messenger-echo-own-app", "echo"),
        (
            "messenger-batch-multi-entry",
            "message message delivery message echo",
        ),
        ("instagram-deleted", "deletion"),
        ("instagram-seen", "read"),
        ("instagram-mention", "mention"),
        ("instagram-comment-own", "comment_event"),
        ("instagram-test-entry-zero", "test"),
        ("whatsapp-reaction-removed", "reaction"),
        ("whatsapp-system-number-change", "system"),
        ("whatsapp-user-id-update", "user_id_update"),
        ("whatsapp-edit", "edit"),
        ("whatsapp-revoke", "deletion"),
        ("whatsapp-status-group", "status"),
        ("whatsapp-value-errors", "errors"),
        ("whatsapp-messages-and-statuses", "message status"),
        ("whatsapp-smb-message-echo", "echo"),
        ("whatsapp-template-status-update", "template_notice"),
        ("whatsapp-account-update", "account_notice"),
        ("whatsapp-user-preferences", "preference"),
        // Read like any other; its number belongs to nobody here.
        ("whatsapp-dashboard-test", "message"),
    ];
    for (file, events) in expected {
        assert_eq!(
            names(&parse_sample(&format!("{file}.json"))).join(" "),
            events,
            "{file}"
        );
    }
}

#[test]
fn the_signature_vectors_hold_for_the_bytes_and_not_for_the_same_json_written_again() {
    let secrets = [SecretString::from(SECRET)];
    let vectors: Vec<_> = rows()
        .into_iter()
        .filter(|(_, cell)| cell.trim_matches('`').len() == 64)
        .collect();
    assert_eq!(vectors.len(), 6);
    for (file, digits) in vectors {
        let channel = channel(kind_of(&file)).expect("served");
        let header = format!("sha256={}", digits.trim_matches('`'));
        assert_eq!(
            channel.verify(&secrets, Some(&header), &sample(&file)),
            Ok(()),
            "{file}"
        );
        let again =
            serde_json::to_vec(&serde_json::from_slice::<Value>(&sample(&file)).expect("JSON"))
                .expect("JSON");
        assert_eq!(
            channel.verify(&secrets, Some(&header), &again),
            Err(BadSignature),
            "{file}"
        );
    }
    let negative = "sha256=a19872d92bd3c24d91d833ef6f91ee5d3422049b6c93131e37cfeadae180ac75";
    let legacy = "sha1=b206104e36a7e38bc218d9a028848c2ccc689e21";
    for header in [negative, legacy] {
        let channel = channel(ChannelKind::Facebook).expect("served");
        assert_eq!(
            channel.verify(
                &secrets,
                Some(header),
                &sample("messenger-raw-escaped.json")
            ),
            Err(BadSignature)
        );
    }
}
