//! Fills a database with what many conversations would have left, by SQL (`fill.sql`): all that is no primary key is dropped before and built
//! again after, and nothing is flushed meanwhile. A power cut would cost the measurement and nothing else.

use std::path::Path;
use std::time::Instant;

use super::{Size, texts};
use crate::Result;
use crate::database::Database;
use crate::ingest::fresh_run;
use crate::load::Connection;
use crate::machine::now;
use crate::postgres::{CommandLine, Postgres};
use crate::program::{Folder, Program};
use crate::shop::Shop;
use crate::work::drain;

const QUICKLY: [&str; 11] = [
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_wal_size=8GB",
    "checkpoint_timeout=1h",
    "autovacuum=off",
    "shared_buffers=2GB",
    "maintenance_work_mem=1GB",
    "work_mem=256MB",
];
const TABLES: &str = "'webhook_events', 'inbound_events', 'contacts', 'contact_identities', 'conversations', 'messages', 'message_parts',
    'deliveries', 'jobs', 'conversation_words'";
/// Over which the conversations are spread.
const DAYS: u64 = 90;
/// So many ticks lie between a conversation's first message and its last.
const TICKS_OF_ONE: u64 = 693;

/// Fills the folder's database; its size in bytes.
pub async fn fill(binary: &Path, data: &Folder, size: Size) -> Result<i64> {
    let line = make_shop(binary, data).await?;
    let postgres = Postgres::start(&line, data, &QUICKLY).await?;
    let database = Database::connect(data.path()).await?;
    let client = &database.client;
    // Foreign keys hold by how the rows are made.
    client
        .batch_execute("SET session_replication_role = replica")
        .await?;
    let dropped = drop_indexes(&database).await?;
    for statement in script(size)?.split(";\n") {
        let began = Instant::now();
        let done = client.batch_execute(statement).await;
        done.inspect_err(|_| eprintln!("this statement failed: {}", start(statement)))?;
        tell(statement, began);
    }
    for definition in dropped {
        let began = Instant::now();
        client.batch_execute(&definition).await?;
        tell(&definition, began);
    }
    client.batch_execute("VACUUM (ANALYZE)").await?;
    let bytes = database
        .number("SELECT pg_database_size(current_database())")
        .await?;
    drop(database);
    postgres.stop().await?;
    Ok(bytes)
}

/// What took long: a fill of ten million is a while without a word.
fn tell(statement: &str, began: Instant) {
    let seconds = began.elapsed().as_secs();
    if seconds >= 5 {
        eprintln!("  {seconds} s: {}", start(statement));
    }
}

/// By which a person recognizes it.
fn start(statement: &str) -> String {
    let lines = statement.lines().filter(|line| !line.starts_with("--"));
    let words: Vec<&str> = lines.flat_map(str::split_whitespace).take(6).collect();
    words.join(" ")
}

/// The organization that is read, and some messages through the real pipeline: what words the server makes of such texts.
async fn make_shop(binary: &Path, data: &Folder) -> Result<CommandLine> {
    let program = Program::start(binary, data, "all", &[]).await?;
    let shop = Shop::make(program.address).await?;
    let mut connection = Connection::open(program.address).await?;
    let run = fresh_run();
    for number in 0..16 {
        let status = connection.exchange(&shop.webhook(run, 0, number)).await?;
        if status != 200 {
            return Err(format!("a sample was answered with {status}").into());
        }
    }
    let database = Database::connect(data.path()).await?;
    drain(&database).await?;
    let line = CommandLine::of(database.pid)?;
    drop(database);
    program.stop().await?;
    Ok(line)
}

fn script(size: Size) -> Result<String> {
    let now = u64::try_from(now().timestamp_millis())?;
    let span = DAYS * 24 * 3600 * 1000;
    // Whole milliseconds, and at least ten: ids of a tick's messages differ by one.
    let tick = (span / (size.conversations() + TICKS_OF_ONE)).max(10);
    let base = now - tick * (size.conversations() + TICKS_OF_ONE) - 60_000;
    Ok(include_str!("fill.sql")
        .replace("{conversations}", &size.conversations().to_string())
        .replace("{organizations}", &size.organizations.to_string())
        .replace("{base_ms}", &format!("{base}::bigint"))
        .replace("{tick_ms}", &format!("{tick}::bigint"))
        .replace("{texts}", &texts::rows()))
}

/// Drops unique constraints and indexes of the filled tables; what makes them again.
async fn drop_indexes(database: &Database) -> Result<Vec<String>> {
    let constraints = format!(
        "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
                format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
         FROM pg_constraint WHERE contype = 'u' AND conrelid::regclass::text IN ({TABLES})"
    );
    let indexes = format!(
        "SELECT format('DROP INDEX %I', indexname), indexdef FROM pg_indexes
         WHERE schemaname = 'public' AND tablename IN ({TABLES})
           AND NOT EXISTS (SELECT FROM pg_constraint WHERE conname = indexname)"
    );
    let mut again = Vec::new();
    for list in [constraints, indexes] {
        for row in database.client.query(&list, &[]).await? {
            database.client.batch_execute(row.try_get(0)?).await?;
            again.push(row.try_get(1)?);
        }
    }
    Ok(again)
}
