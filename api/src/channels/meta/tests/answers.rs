//! What answers mean: the table of codes (R14), waiting times, and checks of accounts.

use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::channels::meta::errors;
use crate::channels::{
    Failure, FailureClass, HttpReply, Identity, IdentityKind, Outcome, PauseScope,
};

fn outcome(kind: ChannelKind, reply: &HttpReply) -> Outcome {
    channel(kind).expect("served").outcome(reply)
}

fn failure(reply: &HttpReply) -> Failure {
    match outcome(ChannelKind::Whatsapp, reply) {
        Outcome::Failed(failure) => failure,
        sent => panic!("{sent:?}"),
    }
}

fn refused(status: u16, code: i64, subcode: Option<i64>) -> Failure {
    failure(&reply(
        status,
        json!({"error": {"message": "(#1) x", "code": code, "error_subcode": subcode}}).to_string(),
    ))
}

/// `later account`, `never`, `window`, `broken`, `unknown`.
fn name(class: FailureClass) -> &'static str {
    match class {
        FailureClass::TryLater {
            scope: PauseScope::Account,
            ..
        } => "later account",
        FailureClass::TryLater {
            scope: PauseScope::Recipient,
            ..
        } => "later recipient",
        FailureClass::TryLater {
            scope: PauseScope::Message,
            ..
        } => "later message",
        FailureClass::Never => "never",
        FailureClass::WindowClosed => "window",
        FailureClass::AccountBroken => "broken",
        FailureClass::Unknown => "unknown",
    }
}

#[test]
fn every_code_has_its_class() {
    let table: [(&str, &[(i64, i64)]); 7] = [
        (
            "unknown",
            &[
                (1, 0),
                (2, 0),
                (2, 1545133),
                (131000, 0),
                (131016, 0),
                (135000, 0),
                (987654, 0),
                (-1, 0),
            ],
        ),
        (
            "later account",
            &[
                (4, 0),
                (17, 0),
                (32, 0),
                (341, 0),
                (613, 1996),
                (80001, 0),
                (80004, 0),
                (80008, 0),
                (130429, 0),
                (131048, 0),
                (131057, 0),
            ],
        ),
        ("later recipient", &[(131056, 0)]),
        ("later message", &[(1200, 0)]),
        (
            "window",
            &[
                (10, 2018278),
                (10, 2018065),
                (10, 2534022),
                (100, 2018278),
                (131047, 0),
            ],
        ),
        (
            "broken",
            &[
                (0, 0),
                (1, 99),
                (3, 0),
                (10, 0),
                (10, 1),
                (33, 0),
                (102, 0),
                (190, 0),
                (190, 460),
                (190, 463),
                (200, 0),
                (200, 2018028),
                (230, 0),
                (299, 0),
                (368, 0),
                (131005, 0),
                (131031, 0),
                (131042, 0),
                (133010, 0),
            ],
        ),
        (
            "never",
            &[
                (10, 2018300),
                (10, 2018108),
                (100, 0),
                (100, 33),
                (100, 2018001),
                (200, 1545041),
                (506, 0),
                (551, 0),
                (551, 1545041),
                (803, 0),
                (10900, 0),
                (10903, 0),
                (130472, 0),
                (131008, 0),
                (131009, 0),
                (131026, 0),
                (131030, 0),
                (131049, 0),
                (131050, 0),
                (131051, 0),
                (131053, 0),
                (131062, 0),
                (132001, 0),
                (132015, 0),
                (137000, 0),
                (138006, 0),
                (2388023, 0),
            ],
        ),
    ];
    for (class, codes) in table {
        for (code, subcode) in codes {
            let failure = refused(400, *code, Some(*subcode).filter(|subcode| *subcode != 0));
            assert_eq!(name(failure.class), class, "{code}/{subcode}");
            assert!(failure.advice.len() > 20, "{code}/{subcode}");
        }
    }
    assert_eq!(name(refused(400, 132069, None).class), "later message");
}

#[test]
fn blocks_and_locks_have_their_own_advice() {
    let token = refused(400, 190, None).advice;
    assert_ne!(refused(400, 368, None).advice, token);
    assert_ne!(refused(400, 131031, None).advice, token);
    assert_ne!(
        refused(400, 368, None).advice,
        refused(400, 131031, None).advice
    );
    assert_ne!(refused(400, 190, Some(460)).advice, token);
}

#[test]
fn the_code_is_told_with_its_subcode_and_the_status_only_without_one() {
    assert_eq!(refused(400, 100, Some(2_018_001)).code, "100/2018001");
    assert_eq!(refused(400, 131047, None).code, "131047");
    assert_eq!(
        failure(&reply(502, "<html>Bad gateway</html>")).code,
        "http 502"
    );
    let strings = failure(&reply(
        400,
        r#"{"error":{"code":"551","error_data":"text"}}"#,
    ));
    assert_eq!(
        (strings.class, strings.code.as_str()),
        (FailureClass::Never, "551")
    );
}

#[test]
fn a_server_fault_may_have_sent_the_message_unless_the_account_was_refused() {
    for body in [
        "",
        "<html>",
        r#"{"error":{"code":131016}}"#,
        r#"{"error":{"code":4}}"#,
        r#"{"error":"text"}"#,
    ] {
        assert_eq!(
            failure(&reply(503, body)).class,
            FailureClass::Unknown,
            "{body}"
        );
    }
    assert_eq!(refused(500, 190, None).class, FailureClass::AccountBroken);
}

#[test]
fn without_a_listed_code_only_429_is_surely_not_sent() {
    assert_eq!(
        name(failure(&reply(429, "slow down")).class),
        "later account"
    );
    assert_eq!(name(refused(429, 987_654, None).class), "later account");
    assert_eq!(name(refused(429, 131056, None).class), "later recipient");
    for status in [0, 301, 400, 401, 404, 499] {
        assert_eq!(
            failure(&reply(status, "{}")).class,
            FailureClass::Unknown,
            "{status}"
        );
    }
}

#[test]
fn a_2xx_that_tells_no_message_id_is_unknown() {
    for kind in [
        ChannelKind::Facebook,
        ChannelKind::Instagram,
        ChannelKind::Whatsapp,
    ] {
        for body in [
            "",
            "OK",
            "[]",
            "null",
            r#"{"success":true}"#,
            r#"{"messages":[]}"#,
            r#"{"message_id":""}"#,
            r#"{"recipient_id":"7"}"#,
        ] {
            let Outcome::Failed(failure) = outcome(kind, &reply(200, body)) else {
                panic!("{kind} {body}")
            };
            assert_eq!(
                (failure.class, failure.code.as_str()),
                (FailureClass::Unknown, "http 200"),
                "{kind} {body}"
            );
        }
    }
}

#[test]
fn success_tells_the_message_and_another_id_of_the_recipient() {
    let sent = |kind, body: &str| match outcome(kind, &reply(200, body)) {
        Outcome::Sent { external_id, alias } => (external_id, alias),
        failed => panic!("{failed:?}"),
    };
    let id = |kind, value: &str| {
        Some(Identity {
            kind,
            value: value.into(),
        })
    };
    let page = r#"{"recipient_id":"7319","message_id":"m_Zz9"}"#;
    assert_eq!(
        sent(ChannelKind::Facebook, page),
        ("m_Zz9".into(), id(IdentityKind::Psid, "7319"))
    );
    assert_eq!(
        sent(ChannelKind::Instagram, page),
        ("m_Zz9".into(), id(IdentityKind::Igsid, "7319"))
    );
    assert_eq!(
        sent(ChannelKind::Facebook, r#"{"message_id":"m_Zz9"}"#),
        ("m_Zz9".into(), None)
    );
    let whatsapp = r#"{"contacts":[{"input":"+8801812","wa_id":"8801812"}],"messages":[{"id":"wamid.1","message_status":"accepted"}]}"#;
    assert_eq!(
        sent(ChannelKind::Whatsapp, whatsapp),
        ("wamid.1".into(), id(IdentityKind::WaId, "8801812"))
    );
    let hidden = r#"{"contacts":[{"user_id":"BD.9"}],"messages":[{"id":"wamid.2"}]}"#;
    assert_eq!(
        sent(ChannelKind::Whatsapp, hidden),
        ("wamid.2".into(), id(IdentityKind::Bsuid, "BD.9"))
    );
}

#[test]
fn waiting_times_are_those_that_the_platform_asks_for() {
    let after = |reply: &HttpReply| match failure(reply).class {
        FailureClass::TryLater { after, .. } => after,
        other => panic!("{other:?}"),
    };
    let mut limited = reply(400, r#"{"error":{"code":80006}}"#);
    assert_eq!(after(&limited), None);
    limited.retry_after = Some("30".into());
    assert_eq!(after(&limited), Some(Duration::from_secs(30)));
    limited.usage = vec![
        "{\"call_count\":100}".into(),
        r#"{"1048":[{"type":"messenger","estimated_time_to_regain_access":12}]}"#.into(),
    ];
    assert_eq!(after(&limited), Some(Duration::from_secs(720)));
    assert_eq!(
        after(&reply(400, r#"{"error":{"code":131056}}"#)),
        Some(Duration::from_secs(6))
    );
}

#[test]
fn a_failed_status_is_final_unless_it_says_to_try_later() {
    let class = |errors: Value| name(errors::classify_status(&errors).class);
    assert_eq!(class(json!([{"code": 131047}])), "window");
    assert_eq!(class(json!([{"code": 130429}])), "later account");
    for errors in [
        json!([{"code": 131000}]),
        json!([{"code": 987_654}]),
        json!([]),
        json!(null),
        json!("x"),
        json!([{"title": "x"}]),
    ] {
        assert_eq!(class(errors.clone()), "never", "{errors}");
    }
}
