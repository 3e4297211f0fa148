//! Webhooks in: the program as an API process, and the limits, each under the same load.

use std::path::Path;
use std::time::Duration;

use crate::book::Book;
use crate::database::{self, Database};
use crate::helper::Helper;
use crate::limit::{self, Kind};
use crate::load::{Outcome, closed, open};
use crate::machine::{Cpu, Meter, family_mib, now, resident_mib};
use crate::postgres::{CommandLine, Postgres};
use crate::program::{Folder, Program};
use crate::shop::{self, Shop};
use crate::webhook::Letter;
use crate::{Result, load};

/// Connections that post at once.
pub const CONNECTIONS: [usize; 3] = [1, 16, 64];
/// Before each figure, not counted: caches fill, connections open.
pub const WARM_UP: Duration = Duration::from_millis(500);
/// Of a pool that is never the bottleneck at half load.
const HALF_LOAD_CONNECTIONS: usize = 64;

/// The row of a figure in the book.
pub fn row(name: &str, connections: usize) -> String {
    format!("ingest {name} {connections}")
}

/// The row of the figures at half of the most.
pub fn half_row(name: &str) -> String {
    format!("ingest {name} half")
}

/// What is posted to, and who pays for it.
struct Target<'a> {
    name: &'a str,
    address: std::net::SocketAddr,
    meter: Meter,
    /// Counts what is stored, and how; none where nothing is.
    stored: Option<(&'a Database, &'a str)>,
}

/// One start of the program on a fresh and on an existing database, and its ingest.
pub async fn program(book: &mut Book, name: &str, binary: &Path, duration: Duration) -> Result<()> {
    let data = Folder::make("api")?;
    let program = Program::start(binary, &data, "api", &[]).await?;
    let row = format!("program {name}");
    book.note(&row, "start fresh s", program.ready_after.as_secs_f64());
    let shop = Shop::make(program.address).await?;
    program.stop().await?;
    let program = Program::start(binary, &data, "api", &[]).await?;
    book.note(&row, "start existing s", program.ready_after.as_secs_f64());
    let database = Database::connect(data.path()).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    book.note(&row, "server idle MiB", resident_mib(program.pid()));
    book.note(&row, "PostgreSQL idle MiB", family_mib(database.pid));
    let target = Target {
        name,
        address: program.address,
        meter: Meter {
            server: program.pid(),
            postgres: Some(database.pid),
            simulator: None,
        },
        stored: Some((&database, "SELECT count(*) FROM webhook_events")),
    };
    let post = move |run, connection, number| shop.webhook(run, connection, number);
    all_loads(book, &target, duration, post).await?;
    book.note(&row, "server loaded MiB", resident_mib(program.pid()));
    book.note(&row, "PostgreSQL loaded MiB", family_mib(database.pid));
    drop(database);
    program.stop().await
}

/// One of the limits, before a PostgreSQL that is started as the program starts its own.
pub async fn limit(
    book: &mut Book,
    kind: Kind,
    (line, data): (&CommandLine, &Folder),
    duration: Duration,
) -> Result<()> {
    let postgres = Postgres::start(line, data, &[]).await?;
    let database = Database::connect(data.path()).await?;
    database.client.batch_execute(limit::TABLE).await?;
    let url = database::url(data.path())?;
    let helper = Helper::start(
        &["limit", kind.name()],
        &[(limit::DATABASE_URL, url.as_str())],
    )
    .await?;
    let target = Target {
        name: kind.name(),
        address: helper.address,
        meter: Meter {
            server: helper.pid(),
            postgres: kind.stores().then_some(database.pid),
            simulator: None,
        },
        stored: kind
            .stores()
            .then_some((&database, "SELECT count(*) FROM limit_events")),
    };
    let letter = Letter::new(limit::PATH, limit::SECRET, Shop::PAGE);
    let post = move |run, connection, number| shop::letter(&letter, run, connection, number);
    all_loads(book, &target, duration, post).await?;
    drop((helper, database));
    postgres.stop().await
}

/// As fast as it goes over few and many connections, then at half of the most.
async fn all_loads(
    book: &mut Book,
    target: &Target<'_>,
    duration: Duration,
    post: impl Fn(u64, usize, usize) -> Vec<u8> + Clone + Send + 'static,
) -> Result<()> {
    let mut most = 0.0_f64;
    for connections in CONNECTIONS {
        let (run, warm_up) = (fresh_run(), post.clone());
        let warm = move |connection, number| warm_up(run, connection, number);
        closed::run(target.address, connections, WARM_UP, warm).await?;
        let (run, post) = (fresh_run(), post.clone());
        let full = move |connection, number| post(run, connection, number);
        let load = closed::run(target.address, connections, duration, full);
        let outcome = measured(book, target, &row(target.name, connections), load).await?;
        most = most.max(outcome.per_second());
    }
    let run = fresh_run();
    let half = move |connection, number| post(run, connection, number);
    let load = open::run(
        target.address,
        HALF_LOAD_CONNECTIONS,
        most / 2.0,
        duration,
        half,
    );
    measured(book, target, &half_row(target.name), load).await?;
    Ok(())
}

/// Tells apart what different runs send: a message that was there before would only be recognized.
pub fn fresh_run() -> u64 {
    u64::try_from(now().timestamp_micros()).unwrap_or_default()
}

async fn measured(
    book: &mut Book,
    target: &Target<'_>,
    row: &str,
    load: impl Future<Output = Result<load::Outcome>>,
) -> Result<Outcome> {
    let before = match target.stored {
        Some((database, count)) => database.number(count).await?,
        None => 0,
    };
    let since = target.meter.read();
    let outcome = load.await?;
    let each = target.meter.each_ms(since, outcome.answered());
    if let Some((database, count)) = target.stored {
        all_there(database.number(count).await? - before, outcome.answered())?;
    }
    eprintln!("  {row}: {:.0} acks/s", outcome.per_second());
    note(book, row, &outcome, each);
    Ok(outcome)
}

/// Speed that loses something is worth nothing (R3).
pub fn all_there(stored: i64, acknowledged: usize) -> Result<()> {
    if stored < i64::try_from(acknowledged)? {
        return Err(format!("{acknowledged} posts were acknowledged, {stored} are stored").into());
    }
    Ok(())
}

pub fn note(book: &mut Book, row: &str, outcome: &Outcome, each: Cpu) {
    book.note(row, "per second", outcome.per_second());
    book.note(row, "p50 ms", outcome.percentile_ms(0.5));
    book.note(row, "p99 ms", outcome.percentile_ms(0.99));
    book.note(row, "max ms", outcome.percentile_ms(1.0));
    book.note(row, "errors", outcome.errors as f64);
    book.note(row, "server ms", each.server);
    book.note(row, "PostgreSQL ms", each.postgres);
    book.note(row, "both ms", each.server + each.postgres);
    book.note(row, "generator ms", each.generator);
}
