//! What the answers to a check of an account mean.

use serde_json::json;

use super::*;
use crate::channels::CheckOutcome;

fn check(kind: ChannelKind, replies: &[HttpReply]) -> CheckOutcome {
    channel(kind).expect("served").check_outcome(replies)
}

fn debug(scopes: &[&str], expires_at: i64) -> HttpReply {
    reply(200, json!({"data": {"app_id": "9", "is_valid": true, "expires_at": expires_at, "scopes": scopes}}).to_string())
}

#[test]
fn a_good_check_names_the_account_and_lacks_nothing() {
    let page = check(
        ChannelKind::Facebook,
        &[
            reply(200, r#"{"name":"জামদানি ঘর","id":"1048"}"#),
            debug(
                &[
                    "pages_messaging",
                    "pages_manage_metadata",
                    "pages_read_engagement",
                    "pages_show_list",
                ],
                0,
            ),
        ],
    );
    assert!(page.token_works && page.missing_permissions.is_empty());
    assert_eq!(
        (page.account_name.as_deref(), page.token_expires_at),
        (Some("জামদানি ঘর"), None)
    );
    let number = check(
        ChannelKind::Whatsapp,
        &[reply(
            200,
            r#"{"verified_name":"Ghor","display_phone_number":"+880 1999-000111"}"#,
        )],
    );
    assert_eq!(
        number.account_name.as_deref(),
        Some("Ghor (+880 1999-000111)")
    );
    assert!(number.token_works && number.missing_permissions.is_empty());
    let login = check(
        ChannelKind::Instagram,
        &[reply(
            200,
            r#"{"user_id":"1784","username":"jamdani.ghor"}"#,
        )],
    );
    assert_eq!(login.account_name.as_deref(), Some("jamdani.ghor"));
}

#[test]
fn missing_permissions_and_expiry_are_told() {
    let number = check(
        ChannelKind::Whatsapp,
        &[
            reply(200, r#"{"verified_name":"Ghor"}"#),
            debug(&["whatsapp_business_messaging"], 1_800_000_000),
        ],
    );
    assert!(number.token_works);
    assert_eq!(number.missing_permissions, ["whatsapp_business_management"]);
    assert_eq!(number.token_expires_at, Some(1_800_000_000));
    assert!(number.advice.contains("whatsapp_business_management"));
}

#[test]
fn a_check_that_fails_says_what_to_do() {
    let expired = reply(
        400,
        r#"{"error":{"code":190,"error_subcode":463,"message":"secret text of the platform"}}"#,
    );
    for replies in [
        vec![],
        vec![expired],
        vec![reply(503, "")],
        vec![reply(200, "<html>")],
        vec![reply(400, r#"{"error":{"code":100,"error_subcode":33}}"#)],
        vec![reply(429, "")],
        vec![
            reply(200, r#"{"name":"x"}"#),
            reply(200, r#"{"data":{"is_valid":false}}"#),
        ],
    ] {
        let outcome = check(ChannelKind::Facebook, &replies);
        assert!(!outcome.token_works, "{replies:?}");
        assert!(
            outcome.advice.len() > 20 && !outcome.advice.contains("secret text"),
            "{replies:?}"
        );
    }
    let app_refused = check(
        ChannelKind::Facebook,
        &[
            reply(200, r#"{"name":"x"}"#),
            reply(400, r#"{"error":{"code":190}}"#),
        ],
    );
    assert!(app_refused.token_works && app_refused.advice.contains("app secret"));
}
