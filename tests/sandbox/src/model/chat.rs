//! The model's endpoints, and how each reply looks on the wire, whole and streamed.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::http::header;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};

use super::failures::{error, failure};
use super::{Asked, Model, Reply, Reported};
use crate::clock::{now_ms, unique};

const DEFAULT_MODEL: &str = "sandbox-model";
/// Odd, so that a network chunk ends inside of Bangla characters.
const CHUNK_BYTES: usize = 61;
const DEFAULT_DIMENSIONS: usize = 64;
const MAX_DIMENSIONS: usize = 4096;

fn read(request: &HttpRequest, endpoint: &'static str, bytes: &Bytes) -> Asked {
    let text = |value: &header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers: BTreeMap<String, String> = request
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), text(value)))
        .collect();
    let body: Value = serde_json::from_slice(bytes).unwrap_or_default();
    Asked {
        seq: 0,
        time_ms: 0,
        endpoint,
        authorization: headers.get("authorization").cloned(),
        headers,
        model: body["model"].as_str().map(Into::into),
        body,
    }
}

/// `POST /chat/completions`.
pub async fn complete(request: HttpRequest, bytes: Bytes, model: Data<Model>) -> HttpResponse {
    let asked = read(&request, "chat/completions", &bytes);
    model.record(asked.clone());
    if !model.key_fits(asked.authorization.as_deref()) {
        return failure(&Reply::InvalidKey);
    }
    if asked.body["messages"].as_array().is_none_or(Vec::is_empty) {
        return error(
            400,
            "'messages' must be a non-empty array.",
            "invalid_request_error",
            Some("messages"),
            Value::Null,
        );
    }
    let reply = model.next_reply(&asked);
    if let Reply::Delayed { ms, .. } | Reply::Hang { ms } = &reply {
        actix_web::rt::time::sleep(Duration::from_millis(*ms)).await;
    }
    if asked.body["stream"].as_bool() == Some(true) {
        streamed(&model, &asked, &reply)
    } else {
        whole(&model, &asked, &reply)
    }
}

fn whole(model: &Model, asked: &Asked, reply: &Reply) -> HttpResponse {
    match reply {
        Reply::Text { text } | Reply::Delayed { text, .. } => reported(model, asked, text, "stop"),
        Reply::EmptyContent => reported(model, asked, "", "stop"),
        Reply::CutOff { text } => reported(model, asked, text, "length"),
        Reply::Interrupted { text } => half_of(&completion(asked, text, "stop").to_string()),
        Reply::EndlessStream => endless(model, asked),
        Reply::StreamError => failure(&Reply::ServerError { status: 500 }),
        other => failure(other),
    }
}

/// A whole answer, whose usage is noted: what the caller can be charged.
fn reported(model: &Model, asked: &Asked, text: &str, finish: &str) -> HttpResponse {
    let answer = completion(asked, text, finish);
    note_usage(model, &answer["usage"]);
    HttpResponse::Ok().json(answer)
}

fn note_usage(model: &Model, usage: &Value) {
    let count = |field: &str| usage[field].as_u64().unwrap_or_default();
    model.report(Reported {
        prompt_tokens: count("prompt_tokens"),
        completion_tokens: count("completion_tokens"),
    });
}

/// A finished stream, whose usage is noted where it was asked for.
fn reported_events(model: &Model, asked: &Asked, text: &str, finish: &str) -> HttpResponse {
    if tells_usage(asked) {
        note_usage(model, &usage(asked, text));
    }
    events(told(asked, text, Some(finish)))
}

fn tells_usage(asked: &Asked) -> bool {
    asked.body["stream_options"]["include_usage"].as_bool() == Some(true)
}

fn streamed(model: &Model, asked: &Asked, reply: &Reply) -> HttpResponse {
    match reply {
        Reply::Text { text } | Reply::Delayed { text, .. } => {
            reported_events(model, asked, text, "stop")
        }
        Reply::EmptyContent => reported_events(model, asked, "", "stop"),
        Reply::CutOff { text } => reported_events(model, asked, text, "length"),
        Reply::Interrupted { text } => events(told(asked, text, None)),
        Reply::StreamError => {
            let problem = json!({ "error": { "message": "The server had an error", "type": "server_error" } });
            events(vec![
                chunk(asked, json!({ "role": "assistant", "content": "আ" }), None),
                problem.to_string(),
            ])
        }
        Reply::EndlessStream => endless(model, asked),
        other => failure(other),
    }
}

fn completion(asked: &Asked, text: &str, finish: &str) -> Value {
    json!({
        "id": format!("chatcmpl-{}", unique()), "object": "chat.completion", "created": now_ms() / 1000,
        "model": model_name(asked),
        "choices": [{
            "index": 0, "message": { "role": "assistant", "content": text, "refusal": null },
            "logprobs": null, "finish_reason": finish,
        }],
        "usage": usage(asked, text),
    })
}

fn usage(asked: &Asked, text: &str) -> Value {
    let prompt: usize = asked
        .messages()
        .iter()
        .map(|(_, content)| tokens(content))
        .sum();
    let answer = tokens(text);
    json!({ "prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer })
}

/// About what tokenizers need for Bangla.
fn tokens(text: &str) -> usize {
    text.chars().count().div_ceil(2)
}

fn model_name(asked: &Asked) -> &str {
    asked.model.as_deref().unwrap_or(DEFAULT_MODEL)
}

/// The events of an answer; without a finish reason it is an interrupted one.
fn told(asked: &Asked, text: &str, finish: Option<&str>) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    let mut events = vec![chunk(
        asked,
        json!({ "role": "assistant", "content": "" }),
        None,
    )];
    events.extend(letters.chunks(4).map(|part| {
        chunk(
            asked,
            json!({ "content": part.iter().collect::<String>() }),
            None,
        )
    }));
    let Some(finish) = finish else { return events };
    events.push(chunk(asked, json!({}), Some(finish)));
    if tells_usage(asked) {
        let last = json!({ "object": "chat.completion.chunk", "model": model_name(asked), "choices": [], "usage": usage(asked, text) });
        events.push(last.to_string());
    }
    events.push("[DONE]".into());
    events
}

fn chunk(asked: &Asked, delta: Value, finish: Option<&str>) -> String {
    json!({
        "id": "chatcmpl-sandbox", "object": "chat.completion.chunk", "created": now_ms() / 1000, "model": model_name(asked),
        "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }],
    })
    .to_string()
}

fn events(events: Vec<String>) -> HttpResponse {
    let whole: String = events
        .iter()
        .map(|event| format!("data: {event}\n\n"))
        .collect();
    let pieces: Vec<_> = whole
        .as_bytes()
        .chunks(CHUNK_BYTES)
        .map(|piece| Ok::<_, Infallible>(Bytes::copy_from_slice(piece)))
        .collect();
    event_stream().streaming(stream::iter(pieces))
}

fn event_stream() -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-cache"));
    response
}

/// A token every 20 ms until the caller hangs up.
fn endless(model: &Model, asked: &Asked) -> HttpResponse {
    let open = OpenStream::new(model);
    let event = Bytes::from(format!(
        "data: {}\n\n",
        chunk(asked, json!({ "content": "আর " }), None)
    ));
    let ticks = stream::repeat(event).then(move |event| {
        // The stream holds it until it is dropped.
        let _open = &open;
        async move {
            actix_web::rt::time::sleep(Duration::from_millis(20)).await;
            Ok::<_, Infallible>(event)
        }
    });
    event_stream().streaming(Box::pin(ticks))
}

/// Counts a stream for as long as its caller listens.
struct OpenStream(Arc<AtomicUsize>);

impl OpenStream {
    fn new(model: &Model) -> Self {
        let count = Arc::clone(&model.state.open_streams);
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Says how long it is, and ends before.
fn half_of(body: &str) -> HttpResponse {
    let half = Bytes::copy_from_slice(&body.as_bytes()[..body.len() / 2]);
    let cut = stream::once(async move { Ok(half) }).chain(stream::once(async {
        // Lets the first half reach the caller.
        actix_web::rt::time::sleep(Duration::from_millis(50)).await;
        Err(std::io::Error::other(
            "the sandbox cuts this answer on purpose",
        ))
    }));
    HttpResponse::Ok()
        .content_type("application/json")
        .streaming(Box::pin(cut))
}

/// `GET /models`.
pub async fn list_models(request: HttpRequest, model: Data<Model>) -> HttpResponse {
    let asked = read(&request, "models", &Bytes::new());
    model.record(asked.clone());
    if !model.key_fits(asked.authorization.as_deref()) {
        return failure(&Reply::InvalidKey);
    }
    HttpResponse::Ok().json(json!({ "object": "list", "data": [{ "id": DEFAULT_MODEL, "object": "model", "owned_by": "sandbox" }] }))
}

/// `POST /embeddings`: the same text gives the same vector of length one; texts that share words are near each other.
pub async fn embed(request: HttpRequest, bytes: Bytes, model: Data<Model>) -> HttpResponse {
    let asked = read(&request, "embeddings", &bytes);
    model.record(asked.clone());
    if !model.key_fits(asked.authorization.as_deref()) {
        return failure(&Reply::InvalidKey);
    }
    let inputs: Vec<&str> = match &asked.body["input"] {
        Value::String(text) => vec![text],
        Value::Array(texts) => texts.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if inputs.is_empty() || inputs.iter().any(|text| text.is_empty()) {
        return error(
            400,
            "'input' must be a non-empty string or array of them.",
            "invalid_request_error",
            Some("input"),
            Value::Null,
        );
    }
    let wanted = asked.body["dimensions"]
        .as_u64()
        .and_then(|wanted| usize::try_from(wanted).ok());
    let dimensions = wanted
        .unwrap_or(DEFAULT_DIMENSIONS)
        .clamp(1, MAX_DIMENSIONS);
    let data: Vec<Value> = inputs
        .iter()
        .enumerate()
        .map(|(index, text)| json!({ "object": "embedding", "index": index, "embedding": vector(text, dimensions) }))
        .collect();
    let used: usize = inputs.iter().map(|text| tokens(text)).sum();
    HttpResponse::Ok().json(json!({
        "object": "list", "data": data, "model": model_name(&asked), "usage": { "prompt_tokens": used, "total_tokens": used },
    }))
}

/// Each word adds one to a place chosen by its bytes.
fn vector(text: &str, dimensions: usize) -> Vec<f32> {
    let mut places = vec![0.0_f32; dimensions];
    for word in text.split_whitespace() {
        let hash = word.bytes().fold(5381_usize, |hash, byte| {
            hash.wrapping_mul(33) ^ usize::from(byte)
        });
        places[hash % dimensions] += 1.0;
    }
    let length = places
        .iter()
        .map(|place| place * place)
        .sum::<f32>()
        .sqrt()
        .max(f32::MIN_POSITIVE);
    places.into_iter().map(|place| place / length).collect()
}
