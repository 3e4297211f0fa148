//! The policy of answers (R14) for every code there may be, listed or not.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::channels::meta::errors::{GraphError, classify, classify_status};
use crate::channels::{FailureClass, Outcome, PauseScope};

const KINDS: [ChannelKind; 3] = [
    ChannelKind::Facebook,
    ChannelKind::Instagram,
    ChannelKind::Whatsapp,
];

fn error(code: i64, subcode: Option<i64>) -> GraphError {
    GraphError { code, subcode }
}

/// Codes near those that platforms use, and any others.
fn any_code() -> impl Strategy<Value = i64> {
    prop_oneof![
        -2..1_300_i64,
        10_000..11_000_i64,
        80_000..80_100_i64,
        130_000..140_000_i64,
        2_018_000..2_018_400_i64,
        any::<i64>()
    ]
}

fn any_subcode() -> impl Strategy<Value = Option<i64>> {
    prop::option::of(prop_oneof![
        0..600_i64,
        1_545_000..1_545_100_i64,
        2_018_000..2_018_400_i64,
        2_534_000..2_534_100_i64,
        any::<i64>()
    ])
}

/// "Try again" is for what was surely not accepted; the table names these codes and no others.
#[test]
fn only_rate_limits_and_busy_numbers_are_tried_again() {
    let tried_again: Vec<i64> = (-10..3_000_000)
        .filter(|code| {
            matches!(
                error(*code, None).meaning(),
                Some((FailureClass::TryLater { .. }, _))
            )
        })
        .collect();
    let busy = [
        4, 17, 32, 341, 613, 1200, 80001, 80002, 80003, 80004, 80005, 80006, 80007, 80008,
    ];
    let whatsapp = [
        130429, 131048, 131056, 131057, 131064, 132069, 133000, 133004, 133015,
    ];
    assert_eq!(tried_again, [busy.as_slice(), whatsapp.as_slice()].concat());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn every_answer_has_a_class_and_what_is_not_listed_is_unknown(code in any_code(), subcode in any_subcode(), status in prop_oneof![Just(400_u16), 100..700_u16]) {
        let failure = classify(Some(error(code, subcode)), Some(status));
        prop_assert!(failure.advice.len() > 20);
        prop_assert_eq!(&failure.code, &error(code, subcode).name());
        let listed = error(code, subcode).meaning().map(|(class, _)| class);
        match (failure.class, listed) {
            (FailureClass::AccountBroken, listed) => prop_assert_eq!(listed, Some(FailureClass::AccountBroken)),
            (FailureClass::Unknown, listed) => {
                prop_assert!(status >= 500 || matches!(listed, None | Some(FailureClass::Unknown)));
            }
            // R14: any 5xx may have been accepted.
            _ if status >= 500 => prop_assert!(false, "{failure:?} after {status}"),
            (FailureClass::TryLater { scope, .. }, None | Some(FailureClass::Unknown)) => {
                prop_assert!(status == 429 && scope == PauseScope::Account);
            }
            (class, listed) => prop_assert_eq!(Some(class), listed),
        }
        if let FailureClass::TryLater { after, .. } = failure.class {
            prop_assert!(after.is_none_or(|after| after <= Duration::from_secs(3600)));
        }
    }

    /// A failure told later is no riddle: it did not arrive.
    #[test]
    fn a_failed_status_is_never_unknown(code in any_code(), subcode in any_subcode()) {
        let failure = classify_status(&json!([{ "code": code, "error_subcode": subcode }]));
        prop_assert_ne!(failure.class, FailureClass::Unknown);
        prop_assert!(failure.advice.len() > 20);
    }

    /// Whatever a platform answers: sent only with an id, and never a panic.
    #[test]
    fn any_answer_is_read(status in any::<u16>(), body in prop_oneof![
        prop::collection::vec(any::<u8>(), 0..80),
        (any_code(), any_subcode(), prop_oneof![Just("error"), Just("errors"), Just("messages")])
            .prop_map(|(code, subcode, name)| json!({ name: { "code": code, "error_subcode": subcode } }).to_string().into_bytes()),
        "[ -~]{0,12}".prop_map(|id| json!({ "message_id": id, "messages": [{ "id": id }] }).to_string().into_bytes()),
    ], retry_after in prop::option::of("[0-9]{0,25}|.{0,40}"), usage in prop::collection::vec(".{0,40}", 0..2)) {
        let reply = HttpReply { status, retry_after, usage, body };
        for kind in KINDS {
            let channel = channel(kind).expect("served");
            channel.check_outcome(std::slice::from_ref(&reply));
            match channel.outcome(&reply) {
                Outcome::Sent { external_id, .. } => prop_assert!((200..300).contains(&status) && !external_id.trim().is_empty()),
                Outcome::Failed(failure) => prop_assert!(!failure.code.is_empty() && !failure.advice.is_empty()),
            }
        }
    }
}
