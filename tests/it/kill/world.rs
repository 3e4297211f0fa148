//! What the database and the platforms hold when everything has ended.

use banglachat_tests::TestDatabase;
use sandbox::graph::Graph;
use serde_json::Value;

use super::facts::{Attempt, Effect, Message, Part, World};

/// Everything but the posts, which only the traffic knows.
pub async fn read(db: &TestDatabase, graph: &Graph) -> World {
    let messages = db
        .rows("SELECT id, conversation_id, author, external_id, state, answer_state, answered_by FROM messages ORDER BY conversation_id, ordered_at, id")
        .await;
    let parts = db
        .rows("SELECT message_id, part, state, possible_duplicate FROM message_parts")
        .await;
    let attempts = db
        .rows("SELECT id, message_id, part, floor(extract(epoch FROM started_at) * 1000)::bigint AS started_ms FROM deliveries ORDER BY started_at, id")
        .await;
    World {
        posted: Vec::new(),
        messages: messages.iter().map(message).collect(),
        parts: parts.iter().map(part).collect(),
        attempts: attempts.iter().map(attempt).collect(),
        effects: graph.ledger().into_iter().map(effect).collect(),
    }
}

fn text(row: &Value, column: &str) -> String {
    some_text(row, column).unwrap_or_default()
}

fn some_text(row: &Value, column: &str) -> Option<String> {
    row[column].as_str().map(str::to_owned)
}

fn number(row: &Value, column: &str) -> i64 {
    row[column].as_i64().expect("a number")
}

fn message(row: &Value) -> Message {
    Message {
        id: text(row, "id"),
        conversation: text(row, "conversation_id"),
        author: text(row, "author"),
        external_id: some_text(row, "external_id"),
        state: text(row, "state"),
        answer_state: some_text(row, "answer_state"),
        answered_by: some_text(row, "answered_by"),
    }
}

fn part(row: &Value) -> Part {
    Part {
        message: text(row, "message_id"),
        number: i32::try_from(number(row, "part")).expect("a small number"),
        state: text(row, "state"),
        possible_duplicate: row["possible_duplicate"] == true,
    }
}

fn attempt(row: &Value) -> Attempt {
    Attempt {
        id: text(row, "id"),
        message: text(row, "message_id"),
        part: i32::try_from(number(row, "part")).expect("a small number"),
        started_ms: number(row, "started_ms"),
    }
}

fn effect(found: sandbox::graph::Effect) -> Effect {
    Effect {
        account: found.account,
        token: found.token,
        recipient: found.recipient,
        correlation: found.correlation,
        time_ms: found.time_ms,
        text: found.text.unwrap_or_default(),
    }
}
