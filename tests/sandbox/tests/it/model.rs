//! The model simulator's answers, records and faults.

use std::time::{Duration, Instant};

use sandbox::Rule;
use sandbox::model::{Model, Reply};
use serde_json::{Value, json};

use crate::{http, post};

fn question(text: &str, stream: bool) -> Value {
    json!({ "model": "m", "stream": stream, "messages": [{ "role": "system", "content": "s" }, { "role": "user", "content": text }] })
}

async fn ask(model: &Model, body: &Value) -> Result<reqwest::Response, reqwest::Error> {
    http()
        .post(format!("{}/chat/completions", model.base_url()))
        .bearer_auth("key")
        .json(body)
        .send()
        .await
}

async fn status_and_code(model: &Model, reply: Reply) -> (u16, Value) {
    model.answer_next(reply);
    let answer = ask(model, &question("দাম?", false))
        .await
        .expect("an answer");
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.unwrap_or_default();
    (status, body["error"]["code"].clone())
}

#[actix_web::test]
async fn the_default_answer_quotes_the_question_and_is_recorded() {
    let model = Model::start().await.expect("a free port");
    let url = format!("{}/chat/completions", model.base_url());
    let (status, answer) = post(&url, "key", &question("দাম কত?", false)).await;
    assert_eq!(status, 200);
    let text = answer["choices"][0]["message"]["content"]
        .as_str()
        .expect("text");
    assert!(text.ends_with("দাম কত?"), "{text}");
    assert_eq!(answer["choices"][0]["finish_reason"], "stop");
    assert!(answer["usage"]["total_tokens"].as_u64() > Some(0));
    let asked = model.asked();
    assert_eq!(asked[0].authorization.as_deref(), Some("Bearer key"));
    assert_eq!(asked[0].messages()[1], ("user".into(), "দাম কত?".into()));
}

#[actix_web::test]
async fn scripted_replies_come_in_order_and_faults_win_over_them() {
    let model = Model::start().await.expect("a free port");
    model.answer_next(Reply::text("এক"));
    model.answer_next(Reply::text("দুই"));
    model.fault(Rule::next(1, Reply::ServerError { status: 503 }).of("m"));
    let url = format!("{}/chat/completions", model.base_url());
    assert_eq!(post(&url, "", &question("?", false)).await.0, 503);
    for expected in ["এক", "দুই"] {
        assert_eq!(
            post(&url, "", &question("?", false)).await.1["choices"][0]["message"]["content"],
            expected
        );
    }
}

#[actix_web::test]
async fn a_stream_carries_the_same_text() {
    let model = Model::start().await.expect("a free port");
    let text = "জি, জামদানি শাড়ি ১৮৫০ টাকা 😊";
    model.answer_next(Reply::text(text));
    let mut body = question("?", true);
    body["stream_options"] = json!({ "include_usage": true });
    let stream = ask(&model, &body).await.expect("an answer");
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    let stream = stream.text().await.expect("UTF-8");
    let events: Vec<&str> = stream
        .split("\n\n")
        .filter_map(|event| event.strip_prefix("data: "))
        .collect();
    assert_eq!(events.last(), Some(&"[DONE]"));
    let chunks: Vec<Value> = events[..events.len() - 1]
        .iter()
        .map(|event| serde_json::from_str(event).expect("JSON"))
        .collect();
    let told: String = chunks
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str())
        .collect();
    assert_eq!(told, text);
    assert!(chunks.last().expect("usage")["usage"]["completion_tokens"].is_u64());
}

#[actix_web::test]
async fn errors_have_openais_status_and_code() {
    let model = Model::start().await.expect("a free port");
    let cases = [
        (
            Reply::RateLimited { retry_after: None },
            429,
            json!("rate_limit_exceeded"),
        ),
        (Reply::QuotaExceeded, 429, json!("insufficient_quota")),
        (Reply::InvalidKey, 401, json!("invalid_api_key")),
        (Reply::ModelNotFound, 404, json!("model_not_found")),
        (Reply::ContextTooLong, 400, json!("context_length_exceeded")),
        (
            Reply::UnsupportedParameter {
                name: "max_tokens".into(),
            },
            400,
            json!("unsupported_parameter"),
        ),
        (Reply::ServerError { status: 500 }, 500, Value::Null),
        (Reply::Html { status: 502 }, 502, Value::Null),
    ];
    for (reply, status, code) in cases {
        assert_eq!(
            status_and_code(&model, reply.clone()).await,
            (status, code),
            "{reply:?}"
        );
    }
    model.answer_next(Reply::RateLimited {
        retry_after: Some("3".into()),
    });
    let limited = ask(&model, &question("?", false)).await.expect("an answer");
    assert_eq!(limited.headers()["retry-after"], "3");
}

#[actix_web::test]
async fn answers_that_cannot_be_used() {
    let model = Model::start().await.expect("a free port");
    for reply in [
        Reply::EmptyContent,
        Reply::CutOff {
            text: "আধা".into()
        },
    ] {
        model.answer_next(reply);
    }
    let url = format!("{}/chat/completions", model.base_url());
    let (_, empty) = post(&url, "", &question("?", false)).await;
    assert_eq!(empty["choices"][0]["message"]["content"], "");
    let (_, cut) = post(&url, "", &question("?", false)).await;
    assert_eq!(cut["choices"][0]["finish_reason"], "length");
    model.answer_next(Reply::GarbageJson);
    let garbage = ask(&model, &question("?", false)).await.expect("an answer");
    assert_eq!(garbage.status(), 200);
    assert!(serde_json::from_str::<Value>(&garbage.text().await.expect("text")).is_err());
}

#[actix_web::test]
async fn answers_that_do_not_end_well() {
    let model = Model::start().await.expect("a free port");
    model.answer_next(Reply::Reset);
    assert!(
        !ask(&model, &question("?", false))
            .await
            .expect_err("no answer")
            .is_timeout()
    );

    model.answer_next(Reply::Interrupted {
        text: "আধা উত্তর".into(),
    });
    let half = ask(&model, &question("?", false)).await.expect("a head");
    assert!(half.bytes().await.is_err());
    model.answer_next(Reply::Interrupted {
        text: "আধা উত্তর".into(),
    });
    let stream = ask(&model, &question("?", true))
        .await
        .expect("a head")
        .text()
        .await
        .expect("an early end");
    assert!(
        !stream.contains("[DONE]") && !stream.contains("stop"),
        "{stream}"
    );
    model.answer_next(Reply::StreamError);
    let stream = ask(&model, &question("?", true))
        .await
        .expect("a head")
        .text()
        .await
        .expect("text");
    assert!(stream.contains("\"error\""));

    for reply in [Reply::Hang { ms: 60_000 }, Reply::EndlessStream] {
        model.answer_next(reply);
        let call = http()
            .post(format!("{}/chat/completions", model.base_url()))
            .json(&question("?", true));
        let answer = call.timeout(Duration::from_millis(400)).send().await;
        let ended = match answer {
            Ok(stream) => stream.bytes().await.map(drop),
            Err(error) => Err(error),
        };
        assert!(ended.expect_err("no end").is_timeout());
    }
    model.answer_next(Reply::Delayed {
        text: "late".into(),
        ms: 300,
    });
    let start = Instant::now();
    assert_eq!(
        ask(&model, &question("?", false))
            .await
            .expect("an answer")
            .status(),
        200
    );
    assert!(start.elapsed() >= Duration::from_millis(300));
}

#[actix_web::test]
async fn keys_models_and_embeddings() {
    let model = Model::start().await.expect("a free port");
    model.require_key(Some("right"));
    let models = format!("{}/models", model.base_url());
    for (key, expected) in [("wrong", 401), ("right", 200)] {
        assert_eq!(
            http()
                .get(&models)
                .bearer_auth(key)
                .send()
                .await
                .expect("an answer")
                .status(),
            expected
        );
    }
    let url = format!("{}/embeddings", model.base_url());
    let (_, answer) = post(
        &url,
        "right",
        &json!({ "model": "e", "input": ["শাড়ি দাম", "শাড়ি দাম"], "dimensions": 16 }),
    )
    .await;
    let vector = |index: usize| {
        answer["data"][index]["embedding"]
            .as_array()
            .expect("a vector")
            .clone()
    };
    assert_eq!((vector(0).len(), vector(0) == vector(1)), (16, true));
}
