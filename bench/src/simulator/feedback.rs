//! What Messenger sends after a message: that it was sent, arrived and was read. Three signed webhooks over kept-alive connections.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hmac::Hmac;
use sandbox::{bodies, wire};
use serde_json::Value;
use sha2::Sha256;
use tokio::sync::{Mutex, mpsc};

use crate::load::Connection;
use crate::shop::{APP_ID, APP_SECRET};
use crate::{Result, machine, webhook};

/// Posts at once; Meta uses many.
const CONNECTIONS: usize = 8;

type Queue = Arc<Mutex<mpsc::UnboundedReceiver<Vec<u8>>>>;

pub struct Feedback {
    key: Hmac<Sha256>,
    /// The webhook's path for each page.
    paths: HashMap<String, String>,
    // As many as answers were asked for by the generator, which waits for them.
    queue: mpsc::UnboundedSender<Vec<u8>>,
}

impl Feedback {
    pub fn start(receiver: SocketAddr, routes: &Path) -> Result<Self> {
        let (queue, waiting) = mpsc::unbounded_channel();
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..CONNECTIONS {
            tokio::spawn(post(receiver, Arc::clone(&waiting)));
        }
        Ok(Self {
            key: webhook::key(APP_SECRET),
            paths: serde_json::from_slice(&std::fs::read(routes)?)?,
            queue,
        })
    }

    pub fn follow(&self, page: &str, sent: &Value, id: &str) {
        let Some(path) = self.paths.get(page) else {
            return;
        };
        let person = sent["recipient"]["id"].as_str().unwrap_or_default();
        let message = &sent["message"];
        let now = machine::now().timestamp_millis();
        let echo = bodies::messenger_echo(
            page,
            person,
            id,
            message["text"].as_str(),
            APP_ID.parse().ok(),
            message["metadata"].as_str(),
            now,
        );
        let delivery = bodies::messenger_delivery(page, person, id, now, now);
        let read = bodies::messenger_read(page, person, now, now);
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nX-Hub-Signature-256: sha256="
        );
        for body in [echo, delivery, read] {
            let request = webhook::signed(&head, &self.key, &wire::to_wire(&body));
            // Nobody takes them any more only when the process ends.
            let _queued = self.queue.send(request);
        }
    }
}

/// Brings what waits, each until it is taken, as Meta does.
async fn post(receiver: SocketAddr, waiting: Queue) {
    let mut connection: Option<Connection> = None;
    loop {
        let next = waiting.lock().await.recv().await;
        let Some(request) = next else { return };
        while !brought(receiver, &mut connection, &request).await {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

async fn brought(
    receiver: SocketAddr,
    connection: &mut Option<Connection>,
    request: &[u8],
) -> bool {
    if connection.is_none() {
        *connection = Connection::open(receiver).await.ok();
    }
    let Some(open) = connection.as_mut() else {
        return false;
    };
    let taken = open
        .exchange(request)
        .await
        .is_ok_and(|status| status == 200);
    if !taken {
        *connection = None;
    }
    taken
}
