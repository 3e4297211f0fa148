//! The webhooks that the Graph simulator sends.

use sandbox::Rule;
use sandbox::graph::{AccountSpec, Fault, FaultKind, Graph, Platform};
use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::{page_message, post, whatsapp_message};

const SECRET: &str = "app-secret";

async fn with(platform: Platform) -> (Graph, Receiver) {
    let (graph, receiver) = (
        Graph::start().await.expect("a free port"),
        Receiver::start().await,
    );
    graph.add_account(
        AccountSpec::new(platform, "1", "token")
            .app("990011223344556", SECRET)
            .webhook(&receiver.url()),
    );
    (graph, receiver)
}

async fn send(graph: &Graph, body: &Value) -> u16 {
    post(
        &format!("{}/v25.0/1/messages", graph.base_url()),
        "token",
        body,
    )
    .await
    .0
}

fn item(body: &Value) -> &Value {
    &body["entry"][0]["messaging"][0]
}

#[actix_web::test]
async fn a_customers_message_arrives_signed_and_escaped() {
    let text = "দাম <১০০%>? a@b/c 😊";
    for platform in Platform::ALL {
        let (graph, receiver) = with(platform).await;
        let posted = graph
            .customer_message_named(platform, "1", "8801812000222", "রহিম", text)
            .await
            .expect("a webhook");
        assert_eq!(posted.status, Some(200));
        let body = receiver.bodies(1, SECRET).await.remove(0);
        assert_eq!(body["object"], platform.object());
        if platform == Platform::Whatsapp {
            let value = &body["entry"][0]["changes"][0]["value"];
            assert_eq!(value["metadata"]["phone_number_id"], "1");
            assert_eq!(value["contacts"][0]["profile"]["name"], "রহিম");
            assert_eq!(value["messages"][0]["text"]["body"], text);
            assert_eq!(value["messages"][0]["id"], posted.message_id.as_str());
        } else {
            assert_eq!(body["entry"][0]["id"], "1");
            assert_eq!(
                item(&body)["message"],
                json!({ "mid": posted.message_id, "text": text })
            );
        }
    }
}

#[actix_web::test]
async fn messenger_echoes_with_metadata_then_tells_delivery_and_read() {
    let (graph, receiver) = with(Platform::Facebook).await;
    assert_eq!(send(&graph, &page_message("73", "জি")).await, 200);
    let bodies = receiver.bodies(3, SECRET).await;
    let echo = &item(&bodies[0])["message"];
    assert_eq!(
        (echo["is_echo"].as_bool(), echo["metadata"].as_str()),
        (Some(true), Some("delivery-1"))
    );
    assert_eq!(echo["app_id"].as_u64(), Some(990_011_223_344_556));
    assert_eq!(echo["mid"], graph.ledger()[0].message_id.as_str());
    assert_eq!(item(&bodies[0])["sender"]["id"], "1");
    assert_eq!(
        item(&bodies[1])["delivery"]["mids"],
        json!([graph.ledger()[0].message_id])
    );
    assert!(item(&bodies[2])["read"]["watermark"].is_i64());
}

#[actix_web::test]
async fn instagram_echoes_without_app_and_metadata() {
    let (graph, receiver) = with(Platform::Instagram).await;
    assert_eq!(send(&graph, &page_message("73", "জি")).await, 200);
    let bodies = receiver.bodies(2, SECRET).await;
    let echo = &item(&bodies[0])["message"];
    assert_eq!(
        (
            echo["is_echo"].as_bool(),
            echo.get("metadata"),
            echo.get("app_id")
        ),
        (Some(true), None, None)
    );
    assert_eq!(
        item(&bodies[1])["read"]["mid"],
        graph.ledger()[0].message_id.as_str()
    );
}

#[actix_web::test]
async fn whatsapp_tells_sent_delivered_read_or_failed_with_our_data() {
    let (graph, receiver) = with(Platform::Whatsapp).await;
    let title = "Message undeliverable".to_owned();
    assert_eq!(send(&graph, &whatsapp_message("88018", "জি")).await, 200);
    let status = |body: &Value| body["entry"][0]["changes"][0]["value"]["statuses"][0].clone();
    let bodies = receiver.bodies(3, SECRET).await;
    let names: Vec<Value> = bodies
        .iter()
        .map(|body| status(body)["status"].clone())
        .collect();
    assert_eq!(names, ["sent", "delivered", "read"]);
    assert!(
        bodies
            .iter()
            .all(|body| status(body)["biz_opaque_callback_data"] == "delivery-1")
    );

    graph.fault(Rule::next(
        1,
        Fault::before(FaultKind::AsyncFailure {
            code: 131_026,
            title,
        }),
    ));
    assert_eq!(send(&graph, &whatsapp_message("88018", "জি")).await, 200);
    let failed = status(&receiver.bodies(4, SECRET).await[3]);
    assert_eq!(
        (
            failed["status"].as_str(),
            failed["errors"][0]["code"].as_i64()
        ),
        (Some("failed"), Some(131_026))
    );
    assert_eq!(graph.effect_count(), 2);
}

#[actix_web::test]
async fn a_webhook_that_is_not_taken_comes_again() {
    let (graph, receiver) = with(Platform::Facebook).await;
    receiver.refuse_next(2);
    let id = graph
        .customer_message_until_taken(Platform::Facebook, "1", "73", "Rahim", "hi")
        .expect("a webhook");
    let bodies = receiver.bodies(1, SECRET).await;
    assert_eq!(item(&bodies[0])["message"]["mid"], id.as_str());
    // The attempt is logged after the answer is read.
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    let statuses: Vec<_> = graph
        .webhook_log()
        .iter()
        .map(|attempt| attempt.status)
        .collect();
    assert_eq!(statuses, [Some(503), Some(503), Some(200)]);
}

#[actix_web::test]
async fn an_effect_that_was_not_answered_still_echoes_and_copies_are_sent() {
    let (graph, receiver) = with(Platform::Facebook).await;
    let spec = (*graph.accounts()[0]).clone();
    graph.add_account(AccountSpec {
        receipts: false,
        copies: 2,
        ..spec
    });
    graph.fault(Rule::next(
        1,
        Fault::after(FaultKind::ServerError { status: 500 }),
    ));
    assert_eq!(send(&graph, &page_message("73", "জি")).await, 500);
    let bodies = receiver.bodies(2, SECRET).await;
    assert_eq!(bodies[0], bodies[1]);
    assert_eq!(item(&bodies[0])["message"]["metadata"], "delivery-1");
}

#[actix_web::test]
async fn a_person_of_the_shop_answers_from_elsewhere() {
    for platform in Platform::ALL {
        let (graph, receiver) = with(platform).await;
        graph
            .human_message(platform, "1", "73", "আমি দেখছি")
            .await
            .expect("a webhook");
        let body = receiver.bodies(1, SECRET).await.remove(0);
        match platform {
            Platform::Facebook => {
                assert_eq!(item(&body)["message"]["app_id"], 263_902_037_430_900_u64)
            }
            Platform::Instagram => assert_eq!(item(&body)["message"]["is_echo"], true),
            Platform::Whatsapp => {
                let change = &body["entry"][0]["changes"][0];
                assert_eq!(change["field"], "smb_message_echoes");
                assert_eq!(change["value"]["message_echoes"][0]["to"], "73");
            }
        }
        assert_eq!(graph.effect_count(), 0);
    }
}
