//! One round: start twice, post to a server without and one with its worker, read the inbox.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::Result;
use crate::database::Database;
use crate::load::{self, Outcome};
use crate::machine::{family_cpu_seconds, family_mib, now, resident_mib};
use crate::program::{Folder, Program};
use crate::shop::Shop;

/// Connections that post at once.
pub const CONNECTIONS: [usize; 2] = [16, 64];
const READERS: usize = 8;
/// How long the worker may take for what was posted.
const DRAIN_LIMIT: Duration = Duration::from_secs(120);

pub struct Round {
    /// Which of the measured programs.
    pub binary: usize,
    pub figures: Figures,
}

pub struct Figures {
    pub start_fresh: Duration,
    pub start_existing: Duration,
    pub idle: Memory,
    pub loaded: Memory,
    pub ingests: Vec<Ingest>,
    pub reads: Outcome,
    /// Events that the worker processed in a second after the posts had ended.
    pub processed_per_second: f64,
    /// Version and durability of the database.
    pub database: String,
}

#[derive(Clone, Copy, Default)]
pub struct Memory {
    pub server_mib: f64,
    pub postgres_mib: f64,
}

impl Memory {
    fn of(program: &Program, database: &Database) -> Self {
        Self {
            server_mib: resident_mib(program.pid()),
            postgres_mib: family_mib(database.pid),
        }
    }

    pub fn max(self, other: Self) -> Self {
        Self {
            server_mib: self.server_mib.max(other.server_mib),
            postgres_mib: self.postgres_mib.max(other.postgres_mib),
        }
    }
}

/// Posting under one condition.
pub struct Ingest {
    pub role: &'static str,
    pub connections: usize,
    pub outcome: Outcome,
    /// Processor milliseconds of each acknowledged post.
    pub server_cpu_ms: f64,
    pub postgres_cpu_ms: f64,
}

/// Takes every figure once.
pub async fn round(binary: &Path, duration: Duration) -> Result<Figures> {
    let run = u64::try_from(now().timestamp_micros()).unwrap_or_default();
    let data = Folder::make("api")?;
    let program = Program::start(binary, &data, "api").await?;
    let start_fresh = program.ready_after;
    let shop = Shop::make(program.address).await?;
    program.stop().await?;

    let program = Program::start(binary, &data, "api").await?;
    let start_existing = program.ready_after;
    let database = Database::connect(data.path()).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let idle = Memory::of(&program, &database);
    let mut ingests = Vec::new();
    for connections in CONNECTIONS {
        ingests.push(
            ingest(
                "api",
                connections,
                run,
                &program,
                &database,
                &shop,
                duration,
            )
            .await?,
        );
    }
    let mut loaded = Memory::of(&program, &database);
    let about = database.text("SELECT concat('PostgreSQL ', current_setting('server_version'), ', fsync ', current_setting('fsync'), ', synchronous_commit ', current_setting('synchronous_commit'))").await?;
    drop(database);
    program.stop().await?;
    drop(data);

    // A database of its own: the worker must not find what the runs without it have left.
    let data = Folder::make("all")?;
    let program = Program::start(binary, &data, "all").await?;
    let shop = Shop::make(program.address).await?;
    let database = Database::connect(data.path()).await?;
    for connections in CONNECTIONS {
        ingests.push(
            ingest(
                "all",
                connections,
                run + 1,
                &program,
                &database,
                &shop,
                duration,
            )
            .await?,
        );
    }
    loaded = loaded.max(Memory::of(&program, &database));
    let processed_per_second = drain(&database).await?;
    let inbox = shop.inbox();
    let reads = load::run(
        program.address,
        READERS,
        duration.min(Duration::from_secs(5)),
        move |_, _| inbox.clone(),
    )
    .await?;
    loaded = loaded.max(Memory::of(&program, &database));
    drop(database);
    program.stop().await?;
    Ok(Figures {
        start_fresh,
        start_existing,
        idle,
        loaded,
        ingests,
        reads,
        processed_per_second,
        database: about,
    })
}

async fn ingest(
    role: &'static str,
    connections: usize,
    run: u64,
    program: &Program,
    database: &Database,
    shop: &Shop,
    duration: Duration,
) -> Result<Ingest> {
    const STORED: &str = "SELECT count(*) FROM webhook_events";
    let before = database.number(STORED).await?;
    let cpu = || {
        (
            family_cpu_seconds(program.pid()),
            family_cpu_seconds(database.pid),
        )
    };
    let (server_cpu, postgres_cpu) = cpu();
    let shop = shop.clone();
    let post = move |connection: usize, number: usize| {
        shop.webhook(run, connections * 1000 + connection, number)
    };
    let outcome = load::run(program.address, connections, duration, post).await?;
    let (server_cpu_after, postgres_cpu_after) = cpu();
    let stored = database.number(STORED).await? - before;
    // Speed that loses something is worth nothing (R3).
    if stored < i64::try_from(outcome.answered())? {
        return Err(format!(
            "{} posts were acknowledged, {stored} are stored",
            outcome.answered()
        )
        .into());
    }
    let each = |seconds: f64| seconds * 1000.0 / outcome.answered().max(1) as f64;
    let (server_cpu_ms, postgres_cpu_ms) = (
        each(server_cpu_after - server_cpu),
        each(postgres_cpu_after - postgres_cpu),
    );
    eprintln!(
        "  {role}, {connections} connections: {:.0} acks/s",
        outcome.per_second()
    );
    Ok(Ingest {
        role,
        connections,
        outcome,
        server_cpu_ms,
        postgres_cpu_ms,
    })
}

/// Waits until the worker has processed everything; how much it did in a second meanwhile.
async fn drain(database: &Database) -> Result<f64> {
    const WAITING: &str = "SELECT count(*) FROM webhook_events WHERE state IN ('ready', 'running')";
    let began = Instant::now();
    let at_first = database.number(WAITING).await?;
    let mut left = at_first;
    while left > 0 && began.elapsed() < DRAIN_LIMIT {
        tokio::time::sleep(Duration::from_millis(100)).await;
        left = database.number(WAITING).await?;
    }
    Ok((at_first - left) as f64 / began.elapsed().as_secs_f64())
}
