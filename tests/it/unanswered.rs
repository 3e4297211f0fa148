//! Questions that no entry answers: collected once per question, answered by an entry, dismissed.

use banglachat_tests::{ChannelKind, TestApp};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_question_in_any_spelling_is_one_until_an_entry_answers_it() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    shop.agent_with_knowledge(&[("ডেলিভারি চার্জ কত?", "৬০ টাকা")])
        .await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    page.customer_writes("one", "শাড়ির রং কী?").await;
    app.settle().await;
    page.customer_writes("two", "sharir rong ki").await;
    page.customer_writes("three", "ডেলিভারি চার্জ কত?").await;
    page.customer_writes("four", "হ্যালো").await;
    app.settle().await;
    let open = shop.all("/knowledge/unanswered").await;
    assert_eq!(open.len(), 1, "{open:#?}");
    assert_eq!(
        (&open[0]["text"], &open[0]["times_asked"]),
        (&json!("sharir rong ki"), &json!(2))
    );
    assert!(open[0]["first_asked_at"].as_str() < open[0]["last_asked_at"].as_str());
    let id = open[0]["id"].as_str().unwrap();

    let entry = json!({ "questions": ["শাড়ির রং কী?"], "answer_bn": "লাল", "unanswered_id": id });
    let made = shop.post("/knowledge", &entry).await.expect(201);
    assert_eq!(made["created_by"]["user_id"], json!(shop.member.id));
    assert!(shop.all("/knowledge/unanswered").await.is_empty());
    let answered = shop.all("/knowledge/unanswered?state=answered").await;
    assert_eq!(
        (&answered[0]["id"], &answered[0]["entry_id"]),
        (&json!(id), &made["id"])
    );
    let dismiss = format!("/knowledge/unanswered/{id}/dismiss");
    let refused = shop.post(&dismiss, &json!({})).await.expect(409);
    assert_eq!(refused["code"], "question_answered");

    // Without its entry it is open again.
    shop.delete(&format!("/knowledge/{}", made["id"].as_str().unwrap()))
        .await
        .expect(204);
    assert_eq!(shop.all("/knowledge/unanswered").await[0]["id"], json!(id));
    shop.post(&dismiss, &json!({})).await.expect(200);
    page.customer_writes("five", "শাড়ির রং কি").await;
    app.settle().await;
    assert!(shop.all("/knowledge/unanswered").await.is_empty());
    let dismissed = shop.all("/knowledge/unanswered?state=dismissed").await;
    assert_eq!(dismissed[0]["times_asked"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_question_is_no_ones_and_nothing_is_stored() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let entry =
        json!({ "questions": ["q"], "answer_en": "a", "unanswered_id": uuid::Uuid::now_v7() });
    let refused = shop.post("/knowledge", &entry).await.expect(422);
    assert_eq!(refused["errors"][0]["field"], "unanswered_id");
    assert!(shop.all("/knowledge").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_paged_in_both_orders() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    shop.agent(json!({})).await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    let questions = [
        "sharir rong ki?",
        "cotton er kapor ache ki?",
        "dokan kothay?",
    ];
    for (times, question) in questions.iter().enumerate() {
        for customer in 0..=times {
            page.customer_writes(&format!("{times}-{customer}"), question)
                .await;
            app.settle().await;
        }
    }
    // The first one once more, so that the orders differ.
    page.customer_writes("last", questions[0]).await;
    app.settle().await;
    let walk = async |order: &str| {
        let (mut texts, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/knowledge/unanswered?limit=1&order={order}{cursor}");
            let found = shop.get(&path).await.expect(200);
            texts.push(found["items"][0]["text"].as_str().unwrap().to_owned());
            match found["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return texts,
            }
        }
    };
    assert_eq!(
        walk("newest").await,
        [questions[0], questions[2], questions[1]]
    );
    let most_asked = walk("most_asked").await;
    assert_eq!(most_asked[0], questions[2]);
    assert_eq!(most_asked.len(), 3);
}
