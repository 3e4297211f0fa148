//! A load generator that costs little: HTTP/1.1 by hand over kept-alive connections, one request at a time on each. It knows as much
//! of HTTP as our own server's answers need.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::Result;

/// Slower answers count as errors.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// One kept-alive connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            buffer: Vec::with_capacity(4096),
        }
    }

    pub async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self::new(stream))
    }

    /// Sends a whole request and reads the whole answer; its status.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<u16> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let head = loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end + 4;
            }
            self.read_more().await?;
        };
        let text = std::str::from_utf8(&self.buffer[..head])?.to_ascii_lowercase();
        let status = text
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .ok_or("no status line")?;
        let length = text
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"));
        let length: usize = length.ok_or("an answer without a length")?.trim().parse()?;
        while self.buffer.len() < head + length {
            self.read_more().await?;
        }
        Ok(status)
    }

    async fn read_more(&mut self) -> Result<()> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err("the connection ended".into()),
            _ => Ok(()),
        }
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

/// What the requests came to.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Of each answer 200, in microseconds, sorted.
    latencies: Vec<u32>,
    pub errors: usize,
    pub elapsed: Duration,
}

impl Outcome {
    pub fn answered(&self) -> usize {
        self.latencies.len()
    }

    pub fn per_second(&self) -> f64 {
        self.answered() as f64 / self.elapsed.as_secs_f64()
    }

    /// The latency in milliseconds that this share of the answers stayed within.
    pub fn percentile_ms(&self, share: f64) -> f64 {
        let last = self.latencies.len().saturating_sub(1);
        let place = (self.latencies.len() as f64 * share).ceil() as usize;
        let latency = self.latencies.get(place.saturating_sub(1).min(last));
        f64::from(latency.copied().unwrap_or_default()) / 1000.0
    }

    pub fn add(&mut self, other: &Self) {
        self.latencies.extend(&other.latencies);
        self.latencies.sort_unstable();
        self.errors += other.errors;
        self.elapsed += other.elapsed;
    }
}

/// Sends requests over this many connections for this long, each as soon as the one before is answered. `request(connection, number)`
/// builds one.
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
    let mut outcome = Outcome::default();
    for client in clients.join_all().await {
        outcome.latencies.extend(client.latencies);
        outcome.errors += client.errors;
    }
    outcome.latencies.sort_unstable();
    outcome.elapsed = began.elapsed();
    Ok(outcome)
}

async fn client(
    address: SocketAddr,
    connection: Connection,
    end: Instant,
    request: impl Fn(usize) -> Vec<u8>,
) -> Outcome {
    let (mut connection, mut number, mut outcome) = (Some(connection), 0, Outcome::default());
    while Instant::now() < end {
        let Some(open) = connection.as_mut() else {
            connection = Connection::open(address).await.ok();
            if connection.is_none() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            continue;
        };
        let bytes = request(number);
        number += 1;
        let began = Instant::now();
        // The error stays here: it must not be held over an await.
        let status = tokio::time::timeout(ANSWER_LIMIT, open.exchange(&bytes))
            .await
            .ok()
            .and_then(std::result::Result::ok);
        match status {
            Some(200) => outcome
                .latencies
                .push(u32::try_from(began.elapsed().as_micros()).unwrap_or(u32::MAX)),
            Some(_) => outcome.errors += 1,
            None => {
                outcome.errors += 1;
                connection = None;
            }
        }
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_the_smallest_latency_that_covers_the_share() {
        let outcome = Outcome {
            latencies: (1..=1000).map(|ms| ms * 1000).collect(),
            errors: 0,
            elapsed: Duration::from_secs(2),
        };
        assert_eq!(outcome.percentile_ms(0.5), 500.0);
        assert_eq!(outcome.percentile_ms(0.99), 990.0);
        assert_eq!(outcome.percentile_ms(1.0), 1000.0);
        assert_eq!(outcome.per_second(), 500.0);
        assert_eq!(Outcome::default().percentile_ms(0.99), 0.0);
    }
}
