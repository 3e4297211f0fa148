//! As much as the server takes: each connection posts again as soon as it is answered.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::{Connection, Outcome, timed};
use crate::Result;

/// Sends requests over this many connections for this long. `request(connection, number)` builds one.
pub async fn run(
    address: SocketAddr,
    connections: usize,
    duration: Duration,
    request: impl Fn(usize, usize) -> Vec<u8> + Clone + Send + 'static,
) -> Result<Outcome> {
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(Connection::open(address).await?);
    }
    let began = Instant::now();
    let end = began + duration;
    let mut clients = JoinSet::new();
    for (index, connection) in open.into_iter().enumerate() {
        let request = request.clone();
        clients.spawn(client(address, connection, end, move |number| {
            request(index, number)
        }));
    }
    let clients = clients.join_all().await;
    Ok(Outcome::of(clients, began.elapsed()))
}

async fn client(
    address: SocketAddr,
    connection: Connection,
    end: Instant,
    request: impl Fn(usize) -> Vec<u8>,
) -> Outcome {
    let (mut connection, mut number, mut outcome) = (Some(connection), 0, Outcome::default());
    while Instant::now() < end {
        let bytes = request(number);
        number += 1;
        outcome.count(timed(address, &mut connection, &bytes, Instant::now()).await);
    }
    outcome
}
