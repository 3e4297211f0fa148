//! What a webhook costs and how long reads take in a filled database: an API process first, then one with its worker.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::{Filled, load_row};
use crate::Result;
use crate::book::Book;
use crate::database::Database;
use crate::ingest::{WARM_UP, all_there, fresh_run, note};
use crate::load::{Connection, closed};
use crate::machine::Meter;
use crate::program::Program;
use crate::shop::{APP_SECRET, Owner, Shop, get};
use crate::webhook::Letter;
use crate::work::drain;

const CONNECTIONS: usize = 16;
const READERS: usize = 8;
/// How long webhooks are posted before the worker's whole cost is counted.
const WORK: Duration = Duration::from_secs(2);

/// The kinds of reads, as they are called in the table.
pub const READS: [&str; 5] = [
    "inbox list",
    "thread",
    "search, common word",
    "search, rare word",
    "counts",
];

/// What is asked for.
struct Sample {
    letters: Vec<(Letter, String)>,
    organization: String,
    threads: Vec<(String, i64)>,
}

pub async fn round(
    book: &mut Book,
    binary: &Path,
    filled: &Filled,
    duration: Duration,
) -> Result<()> {
    // The filled organizations have no app of their own.
    let settings = [("META_APP_SECRETS", APP_SECRET.to_owned())];
    let program = Program::start(binary, &filled.data, "api", &settings).await?;
    let database = Database::connect(filled.data.path()).await?;
    let sample = Arc::new(Sample::read(&database).await?);
    let meter = Meter {
        server: program.pid(),
        postgres: Some(database.pid),
        simulator: None,
    };
    ingest(
        book,
        filled,
        &program,
        meter,
        (&sample, &database),
        duration,
    )
    .await?;
    let token = Owner::sign_in(program.address).await?.token;
    for read in READS {
        let (sample, token) = (Arc::clone(&sample), token.clone());
        let ask = move |reader: usize, number: usize| {
            sample.read_request(read, &token, reader * 131 + number)
        };
        finds_something(&program, &ask(0, 0), read).await?;
        closed::run(program.address, READERS, WARM_UP, ask.clone()).await?;
        let since = meter.read();
        let outcome = closed::run(program.address, READERS, duration / 2, ask).await?;
        let each = meter.each_ms(since, outcome.answered());
        note(book, &load_row(filled.size, read), &outcome, each);
    }
    drop(database);
    program.stop().await?;
    work(book, binary, filled, &sample, &settings).await
}

/// A list that is empty is quick and tells nothing.
async fn finds_something(program: &Program, request: &[u8], read: &str) -> Result<()> {
    let mut connection = Connection::open(program.address).await?;
    let status = connection.exchange(request).await?;
    let body: serde_json::Value = serde_json::from_slice(connection.body())?;
    let is_empty = body["items"].as_array().is_some_and(Vec::is_empty);
    if status != 200 || is_empty {
        return Err(format!("{read} was answered with {status} and {body}").into());
    }
    Ok(())
}

async fn ingest(
    book: &mut Book,
    filled: &Filled,
    program: &Program,
    meter: Meter,
    (sample, database): (&Arc<Sample>, &Database),
    duration: Duration,
) -> Result<()> {
    const STORED: &str = "SELECT count(*) FROM webhook_events WHERE state = 'ready'";
    closed::run(program.address, CONNECTIONS, WARM_UP, sample.posts()).await?;
    let (before, since) = (database.number(STORED).await?, meter.read());
    let outcome = closed::run(program.address, CONNECTIONS, duration, sample.posts()).await?;
    let each = meter.each_ms(since, outcome.answered());
    all_there(database.number(STORED).await? - before, outcome.answered())?;
    let row = load_row(filled.size, "ingest");
    eprintln!("  {row}: {:.0} acks/s", outcome.per_second());
    note(book, &row, &outcome, each);
    Ok(())
}

/// Webhooks in and processed: the processor time of all of it, for each.
async fn work(
    book: &mut Book,
    binary: &Path,
    filled: &Filled,
    sample: &Arc<Sample>,
    settings: &[(&str, String)],
) -> Result<()> {
    let program = Program::start(binary, &filled.data, "all", settings).await?;
    let database = Database::connect(filled.data.path()).await?;
    // What the API process has left.
    drain(&database).await?;
    let meter = Meter {
        server: program.pid(),
        postgres: Some(database.pid),
        simulator: None,
    };
    let since = meter.read();
    let outcome = closed::run(program.address, CONNECTIONS, WORK, sample.posts()).await?;
    drain(&database).await?;
    let each = meter.each_ms(since, outcome.answered());
    note(book, &load_row(filled.size, "work"), &outcome, each);
    drop(database);
    program.stop().await
}

impl Sample {
    async fn read(database: &Database) -> Result<Self> {
        let rows = database
            .client
            .query(
                "SELECT page, person, conversation_id::text, organization_id::text, c FROM bench_sample ORDER BY c",
                &[],
            )
            .await?;
        let organization: String = database
            .text(&format!(
                "SELECT organization_id::text FROM account_directory WHERE external_id = '{}'",
                Shop::PAGE
            ))
            .await?;
        let (mut letters, mut threads) = (Vec::new(), Vec::new());
        for row in rows {
            let (page, person): (&str, String) = (row.try_get(0)?, row.try_get(1)?);
            letters.push((
                Letter::new("/social/webhook/facebook/", APP_SECRET, page),
                person,
            ));
            if row.try_get::<_, &str>(3)? == organization {
                threads.push((row.try_get(2)?, row.try_get(4)?));
            }
        }
        Ok(Self {
            letters,
            organization,
            threads,
        })
    }

    /// Messages of people from all over the database.
    fn posts(self: &Arc<Self>) -> impl Fn(usize, usize) -> Vec<u8> + Clone + Send + 'static {
        let (sample, run) = (Arc::clone(self), fresh_run());
        move |connection, number| {
            let place = connection * 7919 + number * 31;
            let (letter, person) = &sample.letters[place % sample.letters.len()];
            letter.write(
                person,
                &format!("m_bench-{run}-{connection}-{number}"),
                number,
            )
        }
    }

    fn read_request(&self, read: &str, token: &str, number: usize) -> Vec<u8> {
        let (conversation, c) = &self.threads[number % self.threads.len()];
        let conversations = format!("/organizations/{}/conversations", self.organization);
        let path = match read {
            "thread" => format!("{conversations}/{conversation}/messages?limit=50"),
            "search, common word" => format!("{conversations}?limit=25&q=delivery"),
            "search, rare word" => format!("{conversations}?limit=25&q={c}"),
            "counts" => format!("{conversations}/counts"),
            _ => format!("{conversations}?limit=25"),
        };
        get(&path, token)
    }
}
