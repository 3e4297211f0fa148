//! At a given rate: requests are due at planned moments, and their latency counts from then. The clock's ticks are a millisecond apart,
//! so up to one of them is the generator's own.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::{Connection, Outcome, timed};
use crate::Result;

/// What is due and not yet sent.
#[derive(Default)]
struct Due {
    planned: Mutex<(VecDeque<Instant>, bool)>,
    more: Notify,
}

impl Due {
    fn lock(&self) -> MutexGuard<'_, (VecDeque<Instant>, bool)> {
        // Plain data: as good after a panic as before.
        self.planned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn next(&self) -> Option<Instant> {
        loop {
            let more = self.more.notified();
            {
                let mut planned = self.lock();
                if let Some(moment) = planned.0.pop_front() {
                    return Some(moment);
                }
                if planned.1 {
                    return None;
                }
            }
            more.await;
        }
    }
}

/// Sends `per_second` requests over at most this many connections for this long.
pub async fn run(
    address: SocketAddr,
    connections: usize,
    per_second: f64,
    duration: Duration,
    request: impl Fn(usize, usize) -> Vec<u8> + Clone + Send + 'static,
) -> Result<Outcome> {
    let due = Arc::new(Due::default());
    let mut clients = JoinSet::new();
    for index in 0..connections {
        let connection = Connection::open(address).await?;
        let (request, due) = (request.clone(), Arc::clone(&due));
        clients.spawn(client(address, connection, due, move |number| {
            request(index, number)
        }));
    }
    let began = Instant::now();
    plan(&due, began, per_second, duration).await;
    let clients = clients.join_all().await;
    Ok(Outcome::of(clients, began.elapsed()))
}

/// Hands out what has become due, until the time is over.
async fn plan(due: &Due, began: Instant, per_second: f64, duration: Duration) {
    let total = (per_second * duration.as_secs_f64()) as u64;
    let moment = |number: u64| began + Duration::from_secs_f64(number as f64 / per_second);
    let mut ticks = tokio::time::interval(Duration::from_millis(1));
    let mut planned = 0;
    while planned < total {
        ticks.tick().await;
        let now = Instant::now();
        while planned < total && moment(planned) <= now {
            due.lock().0.push_back(moment(planned));
            due.more.notify_one();
            planned += 1;
        }
    }
    due.lock().1 = true;
    due.more.notify_waiters();
}

async fn client(
    address: SocketAddr,
    connection: Connection,
    due: Arc<Due>,
    request: impl Fn(usize) -> Vec<u8>,
) -> Outcome {
    let (mut connection, mut number, mut outcome) = (Some(connection), 0, Outcome::default());
    while let Some(planned) = due.next().await {
        let bytes = request(number);
        number += 1;
        outcome.count(timed(address, &mut connection, &bytes, planned).await);
    }
    outcome
}
