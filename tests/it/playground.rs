//! The playground and the test of a model: they answer as the agent would, and nothing of it is kept or sent.

use std::time::Duration;

use banglachat_tests::{Answer, ChannelKind, Shop, TestApp};
use sandbox::model::{Model, Reply};
use serde_json::{Value, json};

const DELIVERY: &str = "ঢাকার ভিতরে ৬০ টাকা, বাইরে ১২০ টাকা।";
const KEY: &str = "sk-test-0123456789";

fn asks(text: &str) -> Value {
    json!({ "messages": [{ "author": "customer", "text": text }] })
}

async fn try_agent(shop: &Shop, agent: &str, body: &Value) -> Answer {
    shop.post(&format!("/agents/{agent}/playground"), body)
        .await
}

/// (name, data) of all events of a stream that ended.
#[track_caller]
fn events(answer: Answer) -> Vec<(String, Value)> {
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let text = answer.expect_text(200);
    let blocks = text
        .split("\n\n")
        .filter(|block| block.starts_with("event: "));
    blocks
        .map(|block| {
            let (name, data) = block.split_once("\ndata: ").unwrap();
            let name = name.trim_start_matches("event: ").to_owned();
            (name, serde_json::from_str(data).unwrap())
        })
        .collect()
}

#[track_caller]
fn one<'e>(events: &'e [(String, Value)], name: &str) -> &'e Value {
    let found: Vec<&Value> = events
        .iter()
        .filter(|(known, _)| known == name)
        .map(|(_, data)| data)
        .collect();
    assert_eq!(found.len(), 1, "one {name}: {events:#?}");
    found[0]
}

fn deltas(events: &[(String, Value)]) -> Vec<&str> {
    let deltas = events.iter().filter(|(name, _)| name == "delta");
    deltas
        .map(|(_, data)| data["text"].as_str().unwrap())
        .collect()
}

async fn with_delivery(shop: &Shop) {
    let entry = json!({ "title": "Delivery", "questions": ["দোকান কোথায়?", "ডেলিভারি চার্জ কত?"], "answer_bn": DELIVERY });
    shop.post("/knowledge", &entry).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_streaming_model_is_shown_as_it_writes_and_nothing_is_kept_but_the_tokens() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    with_delivery(&shop).await;
    let model = json!({ "provider": "openai_compatible", "base_url": app.model.base_url(), "model": "sandbox-model", "api_key": KEY,
        "input_price_usd_per_million": 1000.0, "output_price_usd_per_million": 2000.0 });
    let agent = shop.agent(json!({ "model": model })).await;
    shop.social_account(ChannelKind::Facebook).await;
    let onboarding = shop.get("/home").await.expect(200)["onboarding"].clone();
    assert_eq!(onboarding["playground"], false);
    let said = "ঢাকার ভিতরে ডেলিভারি চার্জ ৬০ টাকা, আর ঢাকার বাইরে ১২০ টাকা।";
    app.model
        .answer_next(Reply::text(format!("<think>let me see</think>{said}")));
    let before = app.graph.effect_count();
    let events = events(try_agent(&shop, &agent, &asks("delivery charge koto?")).await);

    let order: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        (order[0], order[1], order[order.len() - 1]),
        ("retrieved", "prompt", "done")
    );
    let entry = &one(&events, "retrieved")["entries"][0];
    assert_eq!(
        (&entry["title"], &entry["question"], &entry["used"]),
        (&json!("Delivery"), &json!("ডেলিভারি চার্জ কত?"), &json!(true))
    );
    let prompt = one(&events, "prompt")["messages"].as_array().unwrap();
    assert!(prompt[0]["text"].as_str().unwrap().contains(DELIVERY));
    assert_eq!(
        prompt[1],
        json!({ "role": "user", "text": "delivery charge koto?" })
    );
    // What was shown is what was asked: one truth.
    let asked = app.model.asked().pop().unwrap();
    assert_eq!(asked.messages()[0].1, prompt[0]["text"].as_str().unwrap());
    assert_eq!(asked.body["stream"], true);
    assert_eq!(
        asked.authorization.as_deref(),
        Some(format!("Bearer {KEY}").as_str())
    );

    let deltas = deltas(&events);
    assert!(deltas.len() > 1, "{deltas:?}");
    let done = one(&events, "done");
    assert_eq!(deltas.concat(), said);
    assert_eq!(done["text"], said);
    assert_eq!(
        (&done["handoff"], &done["used_fallback"]),
        (&Value::Null, &json!(false))
    );
    let (input, output) = (
        done["prompt_tokens"].as_f64().unwrap(),
        done["completion_tokens"].as_f64().unwrap(),
    );
    assert!(input > 0.0 && output > 0.0 && done["estimated"] == false);
    let cost = done["cost_usd"].as_f64().unwrap();
    assert!(
        (cost - (input * 1000.0 + output * 2000.0) / 1e6).abs() < 1e-9,
        "{done}"
    );

    for table in [
        "conversations",
        "messages",
        "message_parts",
        "jobs",
        "contacts",
    ] {
        assert_eq!(app.db.count(table).await, 0, "{table}");
    }
    assert_eq!(app.graph.effect_count(), before);
    let used = app
        .db
        .row("SELECT answers, prompt_tokens, cost_usd FROM usage")
        .await;
    assert_eq!(
        (&used["answers"], used["prompt_tokens"].as_f64()),
        (&json!(0), Some(input))
    );
    assert!((used["cost_usd"].as_f64().unwrap() - cost).abs() < 1e-9);
    let onboarding = shop.get("/home").await.expect(200)["onboarding"].clone();
    assert_eq!(onboarding["playground"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_built_in_model_answers_from_the_entry_or_says_that_it_cannot() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    with_delivery(&shop).await;
    let agent = shop.agent(json!({})).await;
    let told = events(try_agent(&shop, &agent, &asks("ডেলিভারি চার্জ কত?")).await);
    assert_eq!(one(&told, "prompt")["messages"], Value::Null);
    let entry = &one(&told, "retrieved")["entries"][0];
    assert_eq!(
        (&entry["used"], &entry["title"]),
        (&json!(true), &json!("Delivery"))
    );
    let done = one(&told, "done");
    assert_eq!(
        (&done["text"], &done["cost_usd"]),
        (&json!(DELIVERY), &json!(0.0))
    );
    assert_eq!(deltas(&told).concat(), DELIVERY);
    let told = events(try_agent(&shop, &agent, &asks("cotton er kapor ache ki?")).await);
    assert_eq!(one(&told, "done")["handoff"], "not_known");
    // A trial is no customer's question.
    assert_eq!(app.db.count("unanswered_questions").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_and_an_old_version_are_tried_without_being_saved() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let agent = shop.agent_with_model().await;
    let path = format!("/agents/{agent}");
    shop.patch(&path, &json!({ "system_prompt": "The second text." }))
        .await
        .expect(200);
    let before = shop.get(&path).await.expect(200);
    let system = async |changes: Value| {
        let mut body = asks("hello");
        body.as_object_mut()
            .unwrap()
            .extend(changes.as_object().unwrap().clone());
        let told = events(try_agent(&shop, &agent, &body).await);
        one(&told, "prompt")["messages"][0]["text"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert!(system(json!({})).await.contains("The second text."));
    assert!(
        !system(json!({ "version": 1 }))
            .await
            .contains("The second text.")
    );
    let draft = json!({ "draft": { "system_prompt": "Only a draft." } });
    assert!(system(draft).await.contains("Only a draft."));
    assert_eq!(shop.get(&path).await.expect(200), before);
    let nothing = json!({ "version": 9, "messages": [{ "author": "customer", "text": "hi" }] });
    try_agent(&shop, &agent, &nothing).await.expect(404);
}

/// R62, for both ways to try a model.
#[tokio::test(flavor = "multi_thread")]
async fn a_stored_key_never_goes_to_another_host() {
    let (own, other) = (Model::start().await.unwrap(), Model::start().await.unwrap());
    let host = |model: &Model| {
        model
            .base_url()
            .trim_start_matches("http://")
            .trim_end_matches("/v1")
            .to_owned()
    };
    let app = TestApp::builder()
        .set(
            "EGRESS_ALLOWED_HOSTS",
            format!("{},{}", host(&own), host(&other)),
        )
        .start()
        .await;
    let shop = app.shop().await;
    let model = |at: &Model| json!({ "provider": "openai_compatible", "base_url": at.base_url(), "model": "m" });
    let mut keyed = model(&own);
    keyed["api_key"] = json!(KEY);
    let agent = shop.agent(json!({ "model": keyed })).await;

    let mut body = asks("hello");
    body["draft"] = json!({ "model": model(&other) });
    events(try_agent(&shop, &agent, &body).await);
    assert_eq!(other.asked().pop().unwrap().authorization, None);
    body["draft"] = json!({ "model": model(&own) });
    events(try_agent(&shop, &agent, &body).await);
    assert_eq!(
        own.asked().pop().unwrap().authorization,
        Some(format!("Bearer {KEY}"))
    );

    let count = other.asked().len();
    let foreign = json!({ "model": model(&other), "agent_id": agent });
    let refused = shop.post("/agents/test_model", &foreign).await.expect(422);
    assert_eq!(refused["errors"][0]["field"], "model.api_key");
    assert_eq!(other.asked().len(), count, "it was not even asked");
    let mut typed = foreign.clone();
    typed["model"]["api_key"] = json!("sk-typed-0123456789");
    let tested = shop.post("/agents/test_model", &typed).await.expect(200);
    assert_eq!(
        (&tested["ok"], &tested["code"]),
        (&json!(true), &Value::Null)
    );
    assert_eq!(
        other.asked().pop().unwrap().authorization.as_deref(),
        Some("Bearer sk-typed-0123456789")
    );
    let stored = json!({ "model": model(&own), "agent_id": agent });
    shop.post("/agents/test_model", &stored).await.expect(200);
    assert_eq!(
        own.asked().pop().unwrap().authorization,
        Some(format!("Bearer {KEY}"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_model_is_explained_and_the_fallback_is_what_a_customer_would_get() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let agent = shop.agent_with_model().await;
    let fallback = shop.get(&format!("/agents/{agent}")).await.expect(200)["fallback_text"].clone();
    for (reply, code) in [
        (Reply::ServerError { status: 500 }, "unavailable"),
        (Reply::InvalidKey, "refused"),
        (
            Reply::Interrupted {
                text: "অর্ধেক".to_owned(),
            },
            "unavailable",
        ),
        (Reply::StreamError, "unavailable"),
        (Reply::EmptyContent, "unusable_answer"),
    ] {
        app.model.answer_next(reply.clone());
        let told = events(try_agent(&shop, &agent, &asks("hello")).await);
        assert_eq!(one(&told, "error")["code"], code, "{reply:?}");
        let done = one(&told, "done");
        assert_eq!(
            (&done["text"], &done["used_fallback"]),
            (&fallback, &json!(true)),
            "{reply:?}"
        );
    }
    let model =
        json!({ "provider": "openai_compatible", "base_url": app.model.base_url(), "model": "m" });
    app.model.answer_next(Reply::ModelNotFound);
    let tested = shop
        .post("/agents/test_model", &json!({ "model": model }))
        .await
        .expect(200);
    assert_eq!(
        (&tested["ok"], &tested["code"]),
        (&json!(false), &json!("refused"))
    );
    assert!(
        tested["advice"].as_str().unwrap().contains("model"),
        "{tested}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_hold() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let agent = shop.agent(json!({})).await;
    let by = |author: &str| json!({ "author": author, "text": "hi" });
    for messages in [
        json!([]),
        json!([by("customer"), by("agent")]),
        json!(vec![by("customer"); 41]),
        json!([{ "author": "customer", "text": " " }]),
        json!([{ "author": "system", "text": "hi" }]),
    ] {
        try_agent(&shop, &agent, &json!({ "messages": messages }))
            .await
            .expect(422);
    }
    for _ in 0..20 {
        events(try_agent(&shop, &agent, &asks("hi")).await);
    }
    let refused = try_agent(&shop, &agent, &asks("hi")).await;
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=4).contains(&wait));
    refused.expect(429);
    let other = app.shop().await;
    let agent = other.agent(json!({})).await;
    events(try_agent(&other, &agent, &asks("hi")).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_takes_the_models_call_along() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let agent = shop.agent_with_model().await;
    app.model.answer_next(Reply::EndlessStream);
    let address = format!(
        "http://{}{}",
        app.settings()["HTTP_ADDR"],
        shop.path(&format!("/agents/{agent}/playground"))
    );
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(30))
        .build()
        .unwrap();
    let request = client
        .post(address)
        .bearer_auth(shop.member.api.token().unwrap())
        .json(&asks("hello"));
    let mut response = request.send().await.unwrap();
    let mut text = String::new();
    while !text.contains("event: delta") {
        text.push_str(&String::from_utf8_lossy(
            &response.chunk().await.unwrap().unwrap(),
        ));
    }
    assert_eq!(app.model.open_streams(), 1);
    drop(response);
    for _ in 0..100 {
        if app.model.open_streams() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the model's call goes on although nobody listens");
}
