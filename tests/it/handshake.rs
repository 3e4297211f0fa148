//! R8: the platform asks with a verify token and gets its challenge back, and nobody gets anything else.

use banglachat_tests::{Answer, ChannelKind, TestApp};
use reqwest::Method;

async fn ask(app: &TestApp, path: &str, mode: &str, token: &str, challenge: &str) -> Answer {
    let query = format!("hub.mode={mode}&hub.verify_token={token}&hub.challenge={challenge}");
    app.api
        .send(Method::GET, &format!("{path}?{query}"), &[], None)
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_right_token_gets_the_challenge_back_on_each_platform_and_path() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    for platform in [
        ChannelKind::Facebook,
        ChannelKind::Instagram,
        ChannelKind::Whatsapp,
    ] {
        let account = shop.social_account(platform).await;
        let with_slash = account.webhook_path();
        for path in [with_slash.as_str(), with_slash.trim_end_matches('/')] {
            let answer = ask(&app, path, "subscribe", &account.verify_token, "1158201444").await;
            assert!(
                answer
                    .header("content-type")
                    .unwrap()
                    .starts_with("text/plain")
            );
            assert_eq!(answer.expect_text(200), "1158201444");
        }
        let shown = shop
            .get(&format!("/platform_apps/{platform}"))
            .await
            .expect(200);
        assert!(
            shown["handshake_at"].is_string(),
            "the shop sees that the dashboard is set up"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_installations_own_token_answers_on_the_installations_path_only() {
    let app = TestApp::start().await;
    let page = app.shop().await.social_account(ChannelKind::Facebook).await;
    let installation = "installation-verify-token-0123456789";
    for path in ["/social/webhook/whatsapp", "/social/webhook/whatsapp/"] {
        assert_eq!(
            ask(&app, path, "subscribe", installation, "abc-_9")
                .await
                .expect_text(200),
            "abc-_9"
        );
    }
    assert_eq!(
        ask(
            &app,
            "/social/webhook/facebook",
            "subscribe",
            &page.verify_token,
            "1"
        )
        .await
        .status,
        403
    );
    assert_eq!(
        ask(&app, &page.webhook_path(), "subscribe", installation, "1")
            .await
            .status,
        403
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_tokens_and_modes_are_refused_and_do_not_count_as_a_handshake() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    let (path, token) = (page.webhook_path(), page.verify_token.clone());
    for (mode, token) in [
        ("subscribe", ""),
        ("subscribe", "wrong"),
        ("subscribe", &token[..token.len() - 1]),
        ("subscribe", &format!("{token}0")),
        ("unsubscribe", &token),
        ("", &token),
    ] {
        let answer = ask(&app, &path, mode, token, "1158201444").await;
        assert_eq!(answer.status, 403, "{mode} {token}");
        assert!(!answer.text.contains("1158201444"));
    }
    for query in [
        "",
        "?hub.mode=subscribe&hub.challenge=1",
        "?hub.challenge=1",
    ] {
        assert_eq!(
            app.api.get(&format!("{path}{query}")).await.status,
            403,
            "{query}"
        );
    }
    let shown = shop.get("/platform_apps/facebook").await.expect(200);
    assert!(shown["handshake_at"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_that_could_be_markup_or_is_too_long_is_not_given_back() {
    let app = TestApp::start().await;
    let page = app.shop().await.social_account(ChannelKind::Facebook).await;
    for challenge in [
        "",
        "%3Cscript%3E",
        "a%0D%0Ab",
        "a.b",
        "a%20b",
        "%E0%A6%95",
        &"1".repeat(257),
    ] {
        let answer = ask(
            &app,
            &page.webhook_path(),
            "subscribe",
            &page.verify_token,
            challenge,
        )
        .await;
        assert_eq!(answer.status, 403, "{challenge}");
    }
    let longest = "x".repeat(256);
    assert_eq!(
        ask(
            &app,
            &page.webhook_path(),
            "subscribe",
            &page.verify_token,
            &longest
        )
        .await
        .expect_text(200),
        longest
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_platforms_and_organizations_are_not_found() {
    let app = TestApp::start().await;
    for path in [
        "/social/webhook/myspace",
        "/social/webhook/facebook/0190a3c4-d5e6-7f80-91a2-b3c4d5e6f708/",
        "/social/webhook/facebook/no-organization/",
    ] {
        assert_eq!(
            ask(&app, path, "subscribe", "x", "1").await.status,
            404,
            "{path}"
        );
    }
}

/// A new verify token makes the old one worthless.
#[tokio::test(flavor = "multi_thread")]
async fn a_renewed_verify_token_replaces_the_old_one() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    let renewed = shop
        .post(
            "/platform_apps/facebook/verify_token",
            &serde_json::json!({}),
        )
        .await;
    let renewed = renewed.expect(200)["verify_token"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_ne!(renewed, page.verify_token);
    assert_eq!(
        ask(
            &app,
            &page.webhook_path(),
            "subscribe",
            &page.verify_token,
            "1"
        )
        .await
        .status,
        403
    );
    ask(&app, &page.webhook_path(), "subscribe", &renewed, "1")
        .await
        .expect_text(200);
}
