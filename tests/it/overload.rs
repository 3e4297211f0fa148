//! More than can be answered (R24, R27 to R29): what is refused, that it is refused early, and that webhooks go on meanwhile.

mod admission;
mod fairness;
mod flood;
mod limits;
mod metrics;
mod passwords;
mod raw;
mod slow;
mod watch;

use std::time::{Duration, Instant};

use banglachat_tests::{Account, TestDatabase};
use futures_util::future::join_all;
use serde_json::json;

/// An answer's status, and how long it took.
#[derive(Debug, Clone, Copy)]
struct Ack {
    status: u16,
    took: Duration,
}

/// Posts this many different events at once.
async fn post(account: &Account, name: &str, count: usize) -> Vec<Ack> {
    let posts = (0..count).map(|number| async move {
        let body = json!({ "object": "page", "entry": [], "note": format!("{name} {number}") });
        let began = Instant::now();
        let status = account.receive(&body.to_string()).await;
        Ack {
            status,
            took: began.elapsed(),
        }
    });
    join_all(posts).await
}

fn count(acks: &[Ack], status: u16) -> usize {
    acks.iter().filter(|ack| ack.status == status).count()
}

/// Stored events whose note begins so.
async fn stored(db: &TestDatabase, name: &str) -> usize {
    let from =
        format!("webhook_events WHERE convert_from(body, 'UTF8') LIKE '%\"note\":\"{name} %'");
    usize::try_from(db.count(&from).await).expect("a count")
}
