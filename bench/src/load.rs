//! A load generator that costs little: HTTP/1.1 by hand over kept-alive connections, one request at a time on each. It knows as much
//! of HTTP as our own server's answers need.
//!
//! [`closed`] posts again as soon as it is answered and finds the most that a server takes; [`open`] keeps to a schedule whatever the
//! server does, so that a stall shows in the latency of everything that was due meanwhile.

pub mod closed;
pub mod open;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Result;

/// Slower answers count as errors.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// One kept-alive connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// Where the body of the last answer begins.
    body: usize,
}

impl Connection {
    pub fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            buffer: Vec::with_capacity(4096),
            body: 0,
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
            if let Some(end) = end_of_head(&self.buffer) {
                break end;
            }
            self.read_more().await?;
        };
        let text = std::str::from_utf8(&self.buffer[..head])?;
        let status = text
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .ok_or("no status line")?;
        let length = content_length(text).ok_or("an answer without a length")?;
        self.body = head;
        while self.buffer.len() < head + length {
            self.read_more().await?;
        }
        Ok(status)
    }

    /// The body of the last answer.
    pub fn body(&self) -> &[u8] {
        &self.buffer[self.body..]
    }

    async fn read_more(&mut self) -> Result<()> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err("the connection ended".into()),
            _ => Ok(()),
        }
    }
}

/// The place behind the empty line that ends a head.
pub fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let place = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    place.map(|place| place + 4)
}

pub fn content_length(head: &str) -> Option<usize> {
    const NAME: &str = "content-length:";
    let line = head.lines().find(|line| {
        line.get(..NAME.len())
            .is_some_and(|name| name.eq_ignore_ascii_case(NAME))
    })?;
    line[NAME.len()..].trim().parse().ok()
}

/// Sends one request within the limit: its latency in microseconds, or none; a connection that failed is given up.
async fn timed(
    address: SocketAddr,
    connection: &mut Option<Connection>,
    request: &[u8],
    since: Instant,
) -> Option<u32> {
    if connection.is_none() {
        *connection = Connection::open(address).await.ok();
    }
    let Some(open) = connection.as_mut() else {
        tokio::time::sleep(Duration::from_millis(50)).await;
        return None;
    };
    // The error stays here: it must not be held over an await.
    let status = tokio::time::timeout(ANSWER_LIMIT, open.exchange(request))
        .await
        .ok()
        .and_then(std::result::Result::ok);
    if status.is_none() {
        *connection = None;
    }
    (status? == 200).then(|| u32::try_from(since.elapsed().as_micros()).unwrap_or(u32::MAX))
}

/// Whether the server took it, with 200 and within the limit.
pub async fn is_taken(
    address: SocketAddr,
    connection: &mut Option<Connection>,
    request: &[u8],
) -> bool {
    timed(address, connection, request, Instant::now())
        .await
        .is_some()
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
    /// All clients of one run.
    fn of(clients: Vec<Self>, elapsed: Duration) -> Self {
        let mut all = Self {
            elapsed,
            ..Self::default()
        };
        for client in clients {
            all.latencies.extend(client.latencies);
            all.errors += client.errors;
        }
        all.latencies.sort_unstable();
        all
    }

    fn count(&mut self, latency: Option<u32>) {
        match latency {
            Some(latency) => self.latencies.push(latency),
            None => self.errors += 1,
        }
    }

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

    #[test]
    fn a_head_is_read_whatever_case_its_names_have() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\nEVENT_RECEIVED";
        let head = end_of_head(answer).unwrap();
        assert_eq!(&answer[head..], b"EVENT_RECEIVED");
        assert_eq!(content_length("A: 1\r\ncontent-length:7\r\n"), Some(7));
        assert_eq!(content_length("HTTP/1.1 200 OK\r\nx: \u{985}\r\n"), None);
    }
}
