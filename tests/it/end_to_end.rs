//! The main job on each platform, from registering to the answer in the platform's ledger.

use banglachat_tests::{Account, ChannelKind, Shop, TestApp};
use sandbox::graph::Effect;
use sandbox::model::Reply;
use serde_json::Value;

const CUSTOMER: &str = "8801711223344";
const QUESTION: &str = "ডেলিভারি চার্জ কত?";
const ANSWER: &str = "ঢাকার ভিতরে ৬০ টাকা, বাইরে ১২০ টাকা।";

/// What identifies our attempt comes back from the platform: it must be the attempt's own id (R15).
async fn delivery_id(app: &TestApp, shop: &Shop) -> String {
    let row = app
        .db
        .row(&format!(
            "SELECT id FROM deliveries WHERE organization_id = '{}'",
            shop.id
        ))
        .await;
    row["id"].as_str().unwrap().to_owned()
}

fn assert_sent(effect: &Effect, account: &Account, text: &str) {
    assert_eq!(effect.account, account.external_id);
    assert_eq!(effect.token, account.token);
    assert_eq!(effect.recipient, CUSTOMER);
    assert_eq!(effect.text.as_deref(), Some(text));
    assert_eq!(effect.comment_id, None);
}

/// Everything from a new user to the answer, for one platform; what the ledger and the conversation hold.
async fn a_question_is_answered(platform: ChannelKind) -> (Effect, String) {
    let app = TestApp::start().await;
    let shop = app
        .register("রহিম উদ্দিন")
        .await
        .organization_named("শাপলা স্টোর")
        .await;
    shop.agent_with_knowledge(&[(QUESTION, ANSWER), ("দোকান কখন খোলা?", "সকাল ১০টা থেকে রাত ৮টা।")])
        .await;
    let account = shop
        .account(platform)
        .simulate(|mut spec| {
            spec.require_proof = true;
            spec
        })
        .connect()
        .await;
    let challenge = format!(
        "?hub.mode=subscribe&hub.verify_token={}&hub.challenge=42",
        account.verify_token
    );
    assert_eq!(
        app.api
            .get(&format!("{}{challenge}", account.webhook_path()))
            .await
            .expect_text(200),
        "42"
    );

    let message = account.customer_writes(CUSTOMER, QUESTION).await;
    app.settle().await;

    let ledger = app.graph.ledger();
    assert_eq!(ledger.len(), 1, "{ledger:#?}\n{:#?}", app.graph.refusals());
    assert_sent(&ledger[0], &account, ANSWER);
    let conversation = shop.conversation().await;
    assert_eq!(
        conversation["account_id"].as_str(),
        Some(account.id.as_str())
    );
    assert_eq!(
        (
            conversation["status"].as_str(),
            conversation["ai"]["state"].as_str()
        ),
        (Some("open"), Some("on"))
    );
    assert_eq!(conversation["needs_human"], false);
    let messages = shop.messages(&conversation).await;
    assert_eq!(messages.len(), 2, "{messages:#?}");
    let [question, answer] = &messages[..] else {
        panic!("two messages")
    };
    assert_eq!(
        (question["author"].as_str(), question["text"].as_str()),
        (Some("customer"), Some(QUESTION))
    );
    assert_eq!(question["external_id"].as_str(), Some(message.as_str()));
    assert_eq!(
        (question["answer_state"].as_str(), &question["answered_by"]),
        (Some("answered"), &answer["id"])
    );
    assert_eq!(
        (answer["author"].as_str(), answer["state"].as_str()),
        (Some("agent"), Some("sent"))
    );
    assert_eq!(
        (answer["text"].as_str(), answer["agent_version"].as_i64()),
        (Some(ANSWER), Some(1))
    );
    assert_eq!(
        answer["parts"][0]["external_id"].as_str(),
        Some(ledger[0].message_id.as_str())
    );
    let view = account.view().await;
    assert!(
        view["last_event_at"].is_string(),
        "the account shows that events arrive: {view}"
    );
    let delivery = delivery_id(&app, &shop).await;
    (ledger[0].clone(), delivery)
}

#[tokio::test(flavor = "multi_thread")]
async fn on_messenger_a_question_is_answered_from_the_shops_knowledge() {
    let (effect, delivery) = a_question_is_answered(ChannelKind::Facebook).await;
    assert_eq!(effect.correlation.as_deref(), Some(delivery.as_str()));
    let body: Value = serde_json::from_str(&effect.raw).unwrap();
    assert_eq!(body["messaging_type"], "RESPONSE");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_instagram_a_question_is_answered_from_the_shops_knowledge() {
    let (effect, _) = a_question_is_answered(ChannelKind::Instagram).await;
    assert!(effect.message_id.starts_with("aWdf"));
}

#[tokio::test(flavor = "multi_thread")]
async fn on_whatsapp_a_question_is_answered_from_the_shops_knowledge() {
    let (effect, delivery) = a_question_is_answered(ChannelKind::Whatsapp).await;
    assert_eq!(effect.correlation.as_deref(), Some(delivery.as_str()));
}

/// The customer's name comes with WhatsApp's events.
#[tokio::test(flavor = "multi_thread")]
async fn a_whatsapp_customers_name_is_shown() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let number = shop.social_account(ChannelKind::Whatsapp).await;
    app.graph
        .customer_message_named(
            number.simulated(),
            &number.external_id,
            CUSTOMER,
            "রহিমা খাতুন",
            "হ্যালো",
        )
        .await
        .unwrap();
    app.settle().await;
    assert_eq!(shop.conversation().await["contact"]["name"], "রহিমা খাতুন");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_each_platform_the_models_second_prompt_holds_the_first_exchange() {
    for platform in [
        ChannelKind::Facebook,
        ChannelKind::Instagram,
        ChannelKind::Whatsapp,
    ] {
        let app = TestApp::start().await;
        let shop = app.shop().await;
        shop.post(
            "/knowledge",
            &serde_json::json!({ "questions": [QUESTION], "answer_bn": ANSWER }),
        )
        .await
        .expect(201);
        shop.agent_with_model().await;
        let account = shop.social_account(platform).await;
        app.model.require_key(Some("sk-test-0123456789"));
        app.model
            .answer_next(Reply::text("আমাদের কাছে লাল শাড়ি আছে, দাম ৮৫০ টাকা।"));
        account.customer_writes(CUSTOMER, "লাল শাড়ি আছে?").await;
        app.settle().await;
        app.model.answer_next(Reply::text("ঢাকায় ডেলিভারি ৬০ টাকা।"));
        account.customer_writes(CUSTOMER, QUESTION).await;
        app.settle().await;

        let asked = app.model.asked();
        assert_eq!(asked.len(), 2, "{platform}: {asked:#?}");
        let told: Vec<_> = asked[1].messages();
        let position = |role: &str, text: &str| {
            told.iter()
                .position(|(r, content)| r == role && content.contains(text))
        };
        let first = position("user", "লাল শাড়ি আছে?").expect("the first question");
        let answered = position("assistant", "দাম ৮৫০ টাকা").expect("the first answer");
        let second = told
            .iter()
            .rposition(|(role, content)| role == "user" && content.contains(QUESTION))
            .expect("the second question");
        assert!(
            first < answered && answered < second && second == told.len() - 1,
            "{platform}: {told:#?}"
        );
        assert!(
            position("system", ANSWER).is_some() || position("user", ANSWER).is_some(),
            "{platform}: the shop's knowledge: {told:#?}"
        );
        let sent: Vec<_> = app
            .graph
            .ledger()
            .into_iter()
            .map(|effect| effect.text.unwrap())
            .collect();
        assert_eq!(
            sent,
            ["আমাদের কাছে লাল শাড়ি আছে, দাম ৮৫০ টাকা।", "ঢাকায় ডেলিভারি ৬০ টাকা।"],
            "{platform}"
        );
    }
}

/// R81: another customer's words, and another shop's knowledge, are in nobody's prompt.
#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_holds_nothing_of_other_customers_or_shops() {
    let app = TestApp::start().await;
    let other = app.shop().await;
    other
        .agent_with_knowledge(&[(QUESTION, "গোপন-অন্য-দোকান")])
        .await;
    let shop = app.shop().await;
    shop.agent_with_model().await;
    let page = shop.social_account(ChannelKind::Facebook).await;
    page.customer_writes("7001", "আমার গোপন-নম্বর ০১৭১১").await;
    app.settle().await;
    page.customer_writes("7002", QUESTION).await;
    app.settle().await;
    let asked = app.model.asked();
    let body = asked.last().unwrap().body.to_string();
    assert!(
        body.contains(QUESTION) && !body.contains("গোপন-নম্বর") && !body.contains("গোপন-অন্য-দোকান"),
        "{body}"
    );
}
