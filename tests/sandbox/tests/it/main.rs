//! The simulators as their callers see them: over HTTP.

mod faults;
mod feedback;
mod graph;
mod model;
mod program;
mod receiver;

use std::time::Duration;

use serde_json::{Value, json};

/// Long enough for a busy machine; nothing waits so long when it works.
const SOON: Duration = Duration::from_secs(20);

/// A client that waits for nothing longer than `SOON`.
fn http() -> reqwest::Client {
    let builder = reqwest::Client::builder().timeout(SOON);
    builder.build().expect("a client")
}

async fn post(url: &str, token: &str, body: &Value) -> (u16, Value) {
    let answer = http()
        .post(url)
        .bearer_auth(token)
        .json(body)
        .send()
        .await
        .expect("an answer");
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or(Value::Null))
}

fn page_message(recipient: &str, text: &str) -> Value {
    json!({ "recipient": { "id": recipient }, "messaging_type": "RESPONSE", "message": { "text": text, "metadata": "delivery-1" } })
}

fn whatsapp_message(to: &str, text: &str) -> Value {
    json!({
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": to, "type": "text",
        "text": { "body": text }, "biz_opaque_callback_data": "delivery-1",
    })
}
