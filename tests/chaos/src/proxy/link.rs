//! One connection through the proxy: two pumps, each with the faults of its direction, looked up anew for each piece.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::sleep;

use super::{CommitCut, Direction, Shared, reset};

const PIECE: usize = 16 * 1024;
/// How PostgreSQL's clients end a transaction.
const COMMIT: &[u8] = b"COMMIT";
/// A commit takes no longer than this to be done before its answer is cut.
const COMMIT_TIME: Duration = Duration::from_millis(100);

/// Why a pump ended.
enum End {
    /// The side that it reads from closed.
    Closed,
    /// Both sides are to be reset.
    Cut,
}

/// Runs until one side closes, a fault cuts it, or everything is reset.
pub async fn run(
    client: TcpStream,
    server: TcpStream,
    shared: Arc<Shared>,
    mut resets: watch::Receiver<u64>,
) {
    for stream in [&client, &server] {
        // A hint only.
        let _set = stream.set_nodelay(true);
    }
    let (mut client, mut server) = (client, server);
    let cut = {
        let (mut from_client, mut to_client) = client.split();
        let (mut from_server, mut to_server) = server.split();
        let both = async {
            tokio::select! {
                end = pump(&mut from_client, &mut to_server, &shared, true) => end,
                end = pump(&mut from_server, &mut to_client, &shared, false) => end,
            }
        };
        tokio::select! {
            end = both => matches!(end, End::Cut),
            _ = resets.changed() => true,
        }
    };
    if cut {
        shared.cuts.fetch_add(1, Ordering::Relaxed);
        reset(&client);
        reset(&server);
    }
}

async fn pump(
    from: &mut (impl AsyncReadExt + Unpin),
    to: &mut (impl AsyncWriteExt + Unpin),
    shared: &Shared,
    is_up: bool,
) -> End {
    let mut buffer = vec![0; PIECE];
    let mut passed = 0;
    // The end of the piece before: a word may lie across two.
    let mut tail = Vec::new();
    loop {
        let Ok(length @ 1..) = from.read(&mut buffer).await else {
            return End::Closed;
        };
        let piece = &buffer[..length];
        let faults = shared.faults();
        let direction = if is_up { faults.up } else { faults.down };
        let commit = faults
            .commit
            .filter(|_| is_up && holds_commit(&mut tail, piece))
            .filter(|_| shared.chance() < faults.commit_share);
        let before = match commit {
            Some(CommitCut::Before) => true,
            Some(CommitCut::Either) => shared.chance() < 0.5,
            _ => false,
        };
        if before {
            return End::Cut;
        }
        if pass(piece, to, &direction, &mut passed, shared).await {
            return End::Cut;
        }
        if commit.is_some() {
            sleep(COMMIT_TIME).await;
            return End::Cut;
        }
    }
}

/// Whether the word ends in this piece.
fn holds_commit(tail: &mut Vec<u8>, piece: &[u8]) -> bool {
    tail.extend_from_slice(piece);
    let found = tail.windows(COMMIT.len()).any(|word| word == COMMIT);
    let keep = if found { 0 } else { COMMIT.len() - 1 };
    tail.drain(..tail.len().saturating_sub(keep));
    found
}

/// Passes a piece on as the direction's faults have it; true when the connection is to be cut.
async fn pass(
    piece: &[u8],
    to: &mut (impl AsyncWriteExt + Unpin),
    direction: &Direction,
    passed: &mut u64,
    shared: &Shared,
) -> bool {
    let jitter = direction.jitter_ms as f64 * shared.chance();
    if direction.delay_ms > 0 || jitter > 0.0 {
        sleep(Duration::from_millis(direction.delay_ms + jitter as u64)).await;
    }
    if direction.bytes_per_second > 0 {
        sleep(Duration::from_secs_f64(
            piece.len() as f64 / direction.bytes_per_second as f64,
        ))
        .await;
    }
    if direction.black_hole {
        return false;
    }
    let left = direction
        .cut_after_bytes
        .map(|limit| limit.saturating_sub(*passed));
    let fits = left.map_or(piece.len(), |left| {
        piece.len().min(usize::try_from(left).unwrap_or(usize::MAX))
    });
    *passed += fits as u64;
    to.write_all(&piece[..fits]).await.is_err() || fits < piece.len()
}

#[test]
fn a_commit_is_found_also_across_two_pieces() {
    let mut tail = Vec::new();
    assert!(!holds_commit(&mut tail, b"Q...COM"));
    assert!(holds_commit(&mut tail, b"MIT\0"));
    assert!(!holds_commit(&mut tail, b"SELECT 1"));
}
