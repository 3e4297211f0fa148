//! The program with its worker: webhooks in while others are processed, what it processes when nothing comes in, and the inbox.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::Result;
use crate::book::Book;
use crate::database::Database;
use crate::ingest::{all_there, fresh_run, note};
use crate::load::closed;
use crate::machine::{Meter, family_mib, resident_mib};
use crate::program::{Folder, Program};
use crate::shop::Shop;

pub const CONNECTIONS: usize = 64;
pub const READERS: usize = 8;
/// How long the worker may take for what was posted.
const DRAIN_LIMIT: Duration = Duration::from_secs(120);

pub async fn round(book: &mut Book, name: &str, binary: &Path, duration: Duration) -> Result<()> {
    let data = Folder::make("all")?;
    let program = Program::start(binary, &data, "all", &[]).await?;
    let shop = Shop::make(program.address).await?;
    let database = Database::connect(data.path()).await?;
    let meter = Meter {
        server: program.pid(),
        postgres: Some(database.pid),
        simulator: None,
    };
    let (run, posting) = (fresh_run(), shop.clone());
    let post = move |connection, number| posting.webhook(run, connection, number);
    let since = meter.read();
    let outcome = closed::run(program.address, CONNECTIONS, duration, post).await?;
    let each = meter.each_ms(since, outcome.answered());
    note(book, &format!("with worker {name}"), &outcome, each);
    let row = format!("program {name}");
    book.note(&row, "processed per second", drain(&database).await?);
    let stored = database.number("SELECT count(*) FROM messages").await?;
    all_there(stored, outcome.answered())?;
    let since = meter.read();
    let inbox = shop.inbox();
    let reads = closed::run(program.address, READERS, duration, move |_, _| {
        inbox.clone()
    })
    .await?;
    let each = meter.each_ms(since, reads.answered());
    note(book, &format!("inbox {name}"), &reads, each);
    book.note(&row, "worker loaded MiB", resident_mib(program.pid()));
    book.note(
        &row,
        "PostgreSQL worker loaded MiB",
        family_mib(database.pid),
    );
    drop(database);
    program.stop().await
}

/// Waits until the worker has processed everything; how much it did in a second meanwhile.
pub async fn drain(database: &Database) -> Result<f64> {
    // One count for each of the partial indexes: a scan of all that is stored would be measured with the worker.
    const WAITING: &str = "SELECT (SELECT count(*) FROM webhook_events WHERE state = 'ready')
        + (SELECT count(*) FROM webhook_events WHERE state = 'running')";
    let began = Instant::now();
    let at_first = database.number(WAITING).await?;
    let mut left = at_first;
    while left > 0 {
        if began.elapsed() > DRAIN_LIMIT {
            return Err(format!("{left} webhooks are not processed after two minutes").into());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        left = database.number(WAITING).await?;
    }
    Ok((at_first - left) as f64 / began.elapsed().as_secs_f64())
}
