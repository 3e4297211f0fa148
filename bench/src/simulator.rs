//! Graph and model that cost next to nothing: the wire format that the server needs, answered at once, and a count of what was accepted.
//! The sandbox checks, records and shows what it is sent, which would be a good part of what is measured here.
//!
//! With `--echoes` each accepted message is followed by the webhooks that Messenger sends then: echo, delivery and read ([`feedback`]).

mod feedback;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use clap::Args;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use self::feedback::Feedback;
use crate::Result;
use crate::load::{content_length, end_of_head};

/// Where the count is told.
pub const COUNT: &str = "/_bench/count";
/// What the model says; short, as a shop's answers are.
const ANSWER: &str =
    "জি, ঢাকার ভেতরে ডেলিভারি চার্জ ৭০ টাকা, ঢাকার বাইরে ১৩০ টাকা। ২ থেকে ৪ দিনের মধ্যে পেয়ে যাবেন।";
const LARGEST_REQUEST: usize = 1024 * 1024;

#[derive(Args)]
pub struct Options {
    #[arg(long)]
    address: SocketAddr,
    /// Sends echoes and receipts to the server at this address.
    #[arg(long, requires = "routes")]
    echoes: Option<SocketAddr>,
    /// A JSON object that tells the webhook's path for each page.
    #[arg(long)]
    routes: Option<PathBuf>,
}

struct World {
    accepted: AtomicU64,
    feedback: Option<Feedback>,
}

/// Serves until it is killed.
pub async fn run(options: Options) -> Result<()> {
    let listener = TcpListener::bind(options.address).await?;
    let feedback = match (options.echoes, options.routes) {
        (Some(receiver), Some(routes)) => Some(Feedback::start(receiver, &routes)?),
        _ => None,
    };
    let world = Arc::new(World {
        accepted: AtomicU64::new(0),
        feedback,
    });
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(serve(stream, Arc::clone(&world)));
    }
}

/// One connection, until it ends or says what cannot be read.
async fn serve(mut stream: TcpStream, world: Arc<World>) {
    let mut buffer = Vec::with_capacity(16 * 1024);
    loop {
        while let Some((answer, length)) = answer_first(&buffer, &world) {
            buffer.drain(..length);
            if stream.write_all(&answer).await.is_err() {
                return;
            }
        }
        let read = stream.read_buf(&mut buffer).await.unwrap_or_default();
        if read == 0 || buffer.len() > LARGEST_REQUEST {
            return;
        }
    }
}

/// The answer to the first request in the buffer and that request's length; none while it is not whole.
fn answer_first(buffer: &[u8], world: &World) -> Option<(Vec<u8>, usize)> {
    let head = end_of_head(buffer)?;
    let text = std::str::from_utf8(&buffer[..head]).ok()?;
    let length = head + content_length(text).unwrap_or_default();
    let body = buffer.get(head..length)?;
    let path = text.split(' ').nth(1).unwrap_or_default();
    let path = path.split('?').next().unwrap_or_default();
    let answer = world.answer(path, body);
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{answer}",
        answer.len()
    );
    Some((answer.into_bytes(), length))
}

impl World {
    fn answer(&self, path: &str, body: &[u8]) -> String {
        if path.ends_with("/messages") {
            let page = path.rsplit('/').nth(1).unwrap_or_default();
            self.accept(page, body)
        } else if path.ends_with("/chat/completions") {
            completion()
        } else if path == COUNT {
            self.accepted.load(Ordering::Relaxed).to_string()
        } else {
            // Names of pages and people.
            json!({ "id": "1", "name": "Bench" }).to_string()
        }
    }

    fn accept(&self, page: &str, body: &[u8]) -> String {
        let sent: Value = serde_json::from_slice(body).unwrap_or_default();
        let recipient = &sent["recipient"]["id"];
        if sent["message"]["text"].is_null() {
            // Typing indicators.
            return json!({ "recipient_id": recipient }).to_string();
        }
        let number = self.accepted.fetch_add(1, Ordering::Relaxed);
        let id = format!("m_answer-{}-{number}", std::process::id());
        if let Some(feedback) = &self.feedback {
            feedback.follow(page, &sent, &id);
        }
        json!({ "recipient_id": recipient, "message_id": id }).to_string()
    }
}

fn completion() -> String {
    json!({
        "id": "chatcmpl-bench", "object": "chat.completion", "created": 1_790_000_000, "model": "bench",
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": ANSWER }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 400, "completion_tokens": 50, "total_tokens": 450 },
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_answered_once_they_are_whole_and_messages_are_counted() {
        let world = World {
            accepted: AtomicU64::new(0),
            feedback: None,
        };
        let body = r#"{"message":{"text":"a"},"recipient":{"id":"7319"}}"#;
        let request = format!(
            "POST /v25.0/1048/messages?x=1 HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let bytes = request.as_bytes();
        assert!(answer_first(&bytes[..bytes.len() - 1], &world).is_none());
        let (answer, length) = answer_first(bytes, &world).unwrap();
        assert_eq!(length, bytes.len());
        assert!(
            String::from_utf8(answer)
                .unwrap()
                .contains("\"recipient_id\":\"7319\"")
        );
        assert_eq!(world.answer(COUNT, b""), "1");
    }
}
