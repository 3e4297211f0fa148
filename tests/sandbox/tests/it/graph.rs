//! What the Graph simulator accepts, refuses and writes down.

use std::time::Duration;

use sandbox::graph::{AccountSpec, Graph, Platform};
use sandbox::wire::appsecret_proof;
use serde_json::{Value, json};

use crate::{http, page_message, post, whatsapp_message};

const PAGE: &str = "104857600001122";
const INSTAGRAM: &str = "17841460012345678";
const NUMBER: &str = "106600112233445";

async fn graph() -> Graph {
    let graph = Graph::start().await.expect("a free port");
    graph.add_account(
        AccountSpec::new(Platform::Facebook, PAGE, "page-token").app("99", "app-secret"),
    );
    let instagram =
        AccountSpec::new(Platform::Instagram, INSTAGRAM, "instagram-token").app("99", "app-secret");
    graph.add_account(AccountSpec {
        page_id: Some(PAGE.into()),
        name: "Shiuli Tala".into(),
        ..instagram
    });
    graph.add_account(
        AccountSpec::new(Platform::Whatsapp, NUMBER, "number-token").app("99", "app-secret"),
    );
    graph
}

fn messages(graph: &Graph, node: &str) -> String {
    format!("{}/v25.0/{node}/messages", graph.base_url())
}

async fn get(graph: &Graph, path: &str, token: &str) -> (u16, Value) {
    let url = format!("{}/v25.0/{path}", graph.base_url());
    let answer = http()
        .get(url)
        .bearer_auth(token)
        .send()
        .await
        .expect("an answer");
    let status = answer.status().as_u16();
    (status, answer.json().await.expect("JSON"))
}

fn code(body: &Value) -> (i64, Option<i64>) {
    let error = &body["error"];
    (
        error["code"].as_i64().unwrap_or_default(),
        error["error_subcode"].as_i64(),
    )
}

#[actix_web::test]
async fn accepted_messages_stand_in_the_ledger_with_their_ids() {
    let graph = graph().await;
    let (status, answer) = post(
        &messages(&graph, PAGE),
        "page-token",
        &page_message("73", "ধন্যবাদ"),
    )
    .await;
    assert_eq!((status, answer["recipient_id"].as_str()), (200, Some("73")));
    let (_, whatsapp) = post(
        &messages(&graph, NUMBER),
        "number-token",
        &whatsapp_message("+880 1812-000222", "জি"),
    )
    .await;
    assert_eq!(whatsapp["contacts"][0]["wa_id"], "8801812000222");

    let ledger = graph.ledger();
    assert_eq!(ledger.len(), 2);
    assert_eq!(
        ledger[0].message_id,
        answer["message_id"].as_str().expect("an id")
    );
    assert_eq!(ledger[0].text.as_deref(), Some("ধন্যবাদ"));
    assert_eq!(
        (ledger[0].account.as_str(), ledger[0].token.as_str()),
        (PAGE, "page-token")
    );
    assert_eq!(ledger[1].correlation.as_deref(), Some("delivery-1"));
    assert_eq!(
        ledger[1].message_id,
        whatsapp["messages"][0]["id"].as_str().expect("an id")
    );
    assert!(ledger[0].seq < ledger[1].seq);
    assert!(graph.refusals().is_empty());
}

#[actix_web::test]
async fn instagram_is_reached_through_its_page_itself_and_me() {
    let graph = graph().await;
    let body = json!({ "recipient": { "id": "11" }, "message": { "text": "hi" } });
    for node in [PAGE, INSTAGRAM, "me"] {
        assert_eq!(
            post(&messages(&graph, node), "instagram-token", &body)
                .await
                .0,
            200,
            "{node}"
        );
    }
    assert!(
        graph
            .ledger()
            .iter()
            .all(|effect| effect.account == INSTAGRAM)
    );
}

#[actix_web::test]
async fn tokens_and_proofs_are_checked() {
    let graph = graph().await;
    let url = messages(&graph, PAGE);
    let message = page_message("73", "x");
    assert_eq!(code(&post(&url, "wrong", &message).await.1).0, 190);
    assert_eq!(
        post(
            &messages(&graph, NUMBER),
            "wrong",
            &whatsapp_message("880", "x")
        )
        .await
        .0,
        401
    );
    assert_eq!(
        code(&post(&url, "number-token", &message).await.1),
        (100, Some(33))
    );
    let proof = appsecret_proof("app-secret", "page-token");
    assert_eq!(
        post(
            &format!("{url}?appsecret_proof={proof}"),
            "page-token",
            &message
        )
        .await
        .0,
        200
    );
    assert_eq!(
        post(&format!("{url}?appsecret_proof=00"), "page-token", &message)
            .await
            .0,
        400
    );

    let strict = AccountSpec::new(Platform::Facebook, PAGE, "page-token").app("99", "app-secret");
    graph.add_account(AccountSpec {
        require_proof: true,
        ..strict
    });
    assert_eq!(post(&url, "page-token", &message).await.0, 400);
    assert_eq!(graph.effect_count(), 1);
    assert_eq!(graph.refusals().len(), 5);
}

#[actix_web::test]
async fn a_token_without_the_permission_cannot_send() {
    let graph = graph().await;
    let spec = AccountSpec::new(Platform::Facebook, PAGE, "page-token");
    graph.add_account(AccountSpec {
        permissions: vec!["pages_show_list".into()],
        ..spec
    });
    assert_eq!(
        code(
            &post(
                &messages(&graph, PAGE),
                "page-token",
                &page_message("73", "x")
            )
            .await
            .1
        )
        .0,
        230
    );
}

#[actix_web::test]
async fn text_is_measured_in_each_platforms_unit() {
    let graph = graph().await;
    // An emoji is two UTF-16 units on Messenger, four bytes on Instagram, one character on WhatsApp.
    let cases = [
        (PAGE, "page-token", 1000),
        (INSTAGRAM, "instagram-token", 250),
        (NUMBER, "number-token", 4096),
    ];
    for (node, token, most) in cases {
        for (count, expected) in [(most, 200), (most + 1, 400)] {
            let text = "😊".repeat(count);
            let body = if node == NUMBER {
                whatsapp_message("880", &text)
            } else {
                page_message("73", &text)
            };
            assert_eq!(
                post(&messages(&graph, node), token, &body).await.0,
                expected,
                "{node} {count}"
            );
        }
    }
}

#[actix_web::test]
async fn required_fields_are_required() {
    let graph = graph().await;
    for (node, token, mut body, key) in [
        (
            PAGE,
            "page-token",
            page_message("73", "x"),
            "messaging_type",
        ),
        (PAGE, "page-token", page_message("73", "x"), "recipient"),
        (PAGE, "page-token", page_message("73", "x"), "message"),
        (
            NUMBER,
            "number-token",
            whatsapp_message("880", "x"),
            "messaging_product",
        ),
        (NUMBER, "number-token", whatsapp_message("880", "x"), "to"),
        (NUMBER, "number-token", whatsapp_message("880", "x"), "text"),
    ] {
        body.as_object_mut().expect("an object").remove(key);
        let (status, answer) = post(&messages(&graph, node), token, &body).await;
        assert_eq!((status, code(&answer).0), (400, 100), "{key}");
    }
    assert_eq!(graph.effect_count(), 0);
}

#[actix_web::test]
async fn the_window_closes_a_day_after_the_customers_last_message() {
    let graph = graph().await;
    let codes = [
        (
            Platform::Facebook,
            PAGE,
            "page-token",
            (10, Some(2_018_278)),
        ),
        (
            Platform::Instagram,
            INSTAGRAM,
            "instagram-token",
            (10, Some(2_534_022)),
        ),
        (Platform::Whatsapp, NUMBER, "number-token", (131_047, None)),
    ];
    for (platform, account, token, expected) in codes {
        let body = if platform == Platform::Whatsapp {
            whatsapp_message("88018", "x")
        } else {
            page_message("88018", "x")
        };
        // No webhook is set, so nothing is posted; the customer is known from now on all the same.
        let _ = graph
            .customer_message(platform, account, "88018", "hi")
            .await;
        assert_eq!(post(&messages(&graph, account), token, &body).await.0, 200);
        assert!(graph.age_window(account, "88018", Duration::from_secs(25 * 3600)));
        assert_eq!(
            code(&post(&messages(&graph, account), token, &body).await.1),
            expected,
            "{platform:?}"
        );
    }
    let tagged = json!({ "recipient": { "id": "88018" }, "messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT", "message": { "text": "x" } });
    assert_eq!(
        post(&messages(&graph, PAGE), "page-token", &tagged).await.0,
        200
    );
}

#[actix_web::test]
async fn strangers_are_refused_where_recipients_must_be_known() {
    let graph = graph().await;
    let spec = AccountSpec::new(Platform::Facebook, PAGE, "page-token");
    graph.add_account(AccountSpec {
        known_recipients_only: true,
        ..spec
    });
    let answer = post(
        &messages(&graph, PAGE),
        "page-token",
        &page_message("73", "x"),
    )
    .await
    .1;
    assert_eq!(code(&answer), (100, Some(2_018_001)));
}

#[actix_web::test]
async fn a_comment_is_answered_once() {
    let graph = graph().await;
    let reply = json!({ "recipient": { "comment_id": "5566_1" }, "message": { "text": "inbox" } });
    assert_eq!(
        post(&messages(&graph, PAGE), "page-token", &reply).await.0,
        200
    );
    assert_eq!(
        code(&post(&messages(&graph, PAGE), "page-token", &reply).await.1).0,
        10_900
    );
}

#[actix_web::test]
async fn accounts_people_and_tokens_can_be_read() {
    let graph = graph().await;
    let (_, me) = get(&graph, "me?fields=user_id,username", "instagram-token").await;
    assert_eq!(
        (me["user_id"].as_str(), me["username"].as_str()),
        (Some(INSTAGRAM), Some("shiulitala"))
    );
    let (_, number) = get(
        &graph,
        &format!("{NUMBER}?fields=quality_rating"),
        "number-token",
    )
    .await;
    assert_eq!(
        (number["quality_rating"].as_str(), number.get("status")),
        (Some("GREEN"), None)
    );

    let _ = graph
        .customer_message_named(Platform::Facebook, PAGE, "73", "Rahim Uddin", "hi")
        .await;
    let (_, person) = get(&graph, "73?fields=first_name,last_name", "page-token").await;
    assert_eq!(
        (person["first_name"].as_str(), person["last_name"].as_str()),
        (Some("Rahim"), Some("Uddin"))
    );
    assert_eq!(
        code(&get(&graph, "74?fields=first_name", "page-token").await.1),
        (100, Some(33))
    );

    let (_, token) = get(
        &graph,
        "debug_token?input_token=page-token",
        "99|app-secret",
    )
    .await;
    assert_eq!(
        (
            token["data"]["is_valid"].as_bool(),
            token["data"]["expires_at"].as_i64()
        ),
        (Some(true), Some(0))
    );
    assert!(
        token["data"]["scopes"]
            .as_array()
            .expect("scopes")
            .contains(&json!("pages_messaging"))
    );
    let (_, token) = get(&graph, "debug_token?input_token=other", "99|app-secret").await;
    assert_eq!(token["data"]["is_valid"].as_bool(), Some(false));
    assert_eq!(
        get(&graph, "debug_token?input_token=page-token", "99|wrong")
            .await
            .0,
        400
    );
    assert_eq!(
        get(&graph, &format!("{PAGE}/subscribed_apps"), "page-token")
            .await
            .0,
        200
    );
    assert_eq!(code(&get(&graph, "a/b/c", "page-token").await.1).0, 2500);
}

#[actix_web::test]
async fn other_processes_steer_it_by_the_control_api() {
    let graph = Graph::start().await.expect("a free port");
    let control = format!("{}/_sandbox", graph.base_url());
    let spec = json!({ "platform": "facebook", "external_id": PAGE, "token": "page-token" });
    assert_eq!(post(&format!("{control}/accounts"), "", &spec).await.0, 204);
    let fault = json!({ "calls": 1, "fault": { "kind": "error", "status": 400, "code": 551 } });
    assert_eq!(post(&format!("{control}/faults"), "", &fault).await.0, 204);
    assert_eq!(
        code(
            &post(
                &messages(&graph, PAGE),
                "page-token",
                &page_message("73", "x")
            )
            .await
            .1
        )
        .0,
        551
    );
    assert_eq!(
        post(
            &messages(&graph, PAGE),
            "page-token",
            &page_message("73", "x")
        )
        .await
        .0,
        200
    );
    let ledger: Value = http()
        .get(format!("{control}/ledger"))
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    assert_eq!(
        (
            ledger["total"].as_u64(),
            ledger["items"][0]["recipient"].as_str()
        ),
        (Some(1), Some("73"))
    );
    let refused: Value = http()
        .get(format!("{control}/refused"))
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    assert_eq!(refused["items"][0]["code"], 551);
}
