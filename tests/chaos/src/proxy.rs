//! A TCP proxy that breaks connections on purpose: delay, jitter, rate, cut after so many bytes, reset, black hole, half-open, and a cut in
//! the middle of a commit; each direction on its own, switched at run time, from Rust or over HTTP ([`control`]).
//!
//! In front of PostgreSQL, model, Graph, and of several server processes as a load balancer: the next upstream is tried where one refuses.

pub mod control;
mod link;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::random::Random;

/// What goes wrong in one direction of every connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Direction {
    pub delay_ms: u64,
    /// Up to this much more, by chance.
    pub jitter_ms: u64,
    /// At most this many bytes per second; 0: as fast as it goes.
    pub bytes_per_second: u64,
    /// The connection is reset once this many bytes have passed since it was opened.
    pub cut_after_bytes: Option<u64>,
    /// Bytes are taken and never arrive.
    pub black_hole: bool,
}

/// Where a commit is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommitCut {
    /// The server never sees it.
    Before,
    /// The server does it, and its answer is lost.
    After,
    /// One or the other, by chance.
    Either,
}

/// How connections are treated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// From the client to the server.
    pub up: Direction,
    /// From the server to the client.
    pub down: Direction,
    /// New connections are reset at once.
    pub refuse: bool,
    /// New connections are taken and lead nowhere; nothing is read from them.
    pub half_open: bool,
    pub commit: Option<CommitCut>,
    /// How likely a commit is cut, 0 to 1.
    pub commit_share: f64,
}

/// A running proxy. Clones are the same one; it ends with the last.
#[derive(Clone)]
pub struct Proxy(Arc<Inner>);

struct Inner {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: tokio::task::AbortHandle,
}

/// What all connections look at.
struct Shared {
    upstreams: Vec<SocketAddr>,
    turn: AtomicUsize,
    faults: Mutex<Faults>,
    random: Mutex<Random>,
    /// Raised to reset every connection that is open.
    resets: watch::Sender<u64>,
    connections: AtomicU64,
    cuts: AtomicU64,
}

impl Shared {
    fn faults(&self) -> Faults {
        *self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn chance(&self) -> f64 {
        self.random
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .unit()
    }
}

impl Proxy {
    /// Listens on a free port of 127.0.0.1.
    pub async fn start(upstreams: Vec<SocketAddr>, seed: u64) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            upstreams,
            turn: AtomicUsize::new(0),
            faults: Mutex::default(),
            random: Mutex::new(Random::new(seed)),
            resets: watch::Sender::new(0),
            connections: AtomicU64::new(0),
            cuts: AtomicU64::new(0),
        });
        let listening = tokio::spawn(listen(listener, Arc::clone(&shared))).abort_handle();
        Ok(Self(Arc::new(Inner {
            address,
            shared,
            listening,
        })))
    }

    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// From now on, also for connections that are open.
    pub fn set(&self, faults: Faults) {
        *self
            .0
            .shared
            .faults
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = faults;
    }

    pub fn faults(&self) -> Faults {
        self.0.shared.faults()
    }

    /// As if there were no proxy.
    pub fn heal(&self) {
        self.set(Faults::default());
    }

    /// Resets every open connection (RST, not FIN).
    pub fn reset_all(&self) {
        self.0.shared.resets.send_modify(|resets| *resets += 1);
    }

    /// Connections so far.
    pub fn connections(&self) -> u64 {
        self.0.shared.connections.load(Ordering::Relaxed)
    }

    /// Connections that were cut on purpose.
    pub fn cuts(&self) -> u64 {
        self.0.shared.cuts.load(Ordering::Relaxed)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.listening.abort();
        self.shared.resets.send_modify(|resets| *resets += 1);
    }
}

async fn listen(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        match listener.accept().await {
            Ok((client, _)) => {
                shared.connections.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(serve(client, Arc::clone(&shared)));
            }
            // Out of descriptors, or the client is gone already.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn serve(client: TcpStream, shared: Arc<Shared>) {
    let faults = shared.faults();
    let mut resets = shared.resets.subscribe();
    if faults.half_open {
        let _told = resets.changed().await;
        return reset(&client);
    }
    if faults.refuse {
        return reset(&client);
    }
    match connect(&shared).await {
        Some(server) => link::run(client, server, shared, resets).await,
        None => reset(&client),
    }
}

/// The next upstream that takes the connection, each tried once.
async fn connect(shared: &Shared) -> Option<TcpStream> {
    let count = shared.upstreams.len();
    let first = shared.turn.fetch_add(1, Ordering::Relaxed);
    for offset in 0..count {
        let address = shared.upstreams[(first + offset) % count];
        if let Ok(stream) = TcpStream::connect(address).await {
            return Some(stream);
        }
    }
    None
}

/// The other side gets RST when the socket is closed.
fn reset(stream: &TcpStream) {
    // Fails only where the other side was quicker.
    let _gone = stream.set_zero_linger();
}
