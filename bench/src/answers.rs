//! End to end: customers write, the agents answer at once, and the answers that Graph has accepted are counted. Webhooks keep coming as
//! long as not too many answers are due, so that the rate is one that can be kept up.
//!
//! Many pages of several organizations, because a page may send 20 messages a second (R17). A customer writes four different things and
//! then never again, so that no rule against loops (R87) applies.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::Result;
use crate::book::Book;
use crate::database::Database;
use crate::helper::Helper;
use crate::ingest::fresh_run;
use crate::load::Connection;
use crate::machine::{Meter, family_mib, resident_mib};
use crate::program::{Folder, Program, free_address};
use crate::shop::{APP_SECRET, Owner, webhook_path};
use crate::simulator::COUNT;
use crate::webhook::Letter;

const ORGANIZATIONS: usize = 8;
const PAGES_EACH: usize = 25;
const CONNECTIONS: usize = 16;
/// Answers that may be due at once: many conversations wait, as on a busy evening.
const DUE: u64 = 512;
/// Customers that take turns until each has written four times.
const CUSTOMERS: u64 = 2_048;
const MESSAGES_EACH: u64 = 4;
const WARM_UP: Duration = Duration::from_secs(2);
/// After the last webhook, until every customer has an answer.
const REST_LIMIT: Duration = Duration::from_secs(60);

/// How the answers are made, and what follows them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Scenario {
    pub name: &'static str,
    model: Model,
    echoes: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Model {
    Knowledge,
    OpenAi,
}

pub const SCENARIOS: [Scenario; 4] = [
    Scenario {
        name: "built-in model",
        model: Model::Knowledge,
        echoes: false,
    },
    Scenario {
        name: "built-in model, with echo and receipts",
        model: Model::Knowledge,
        echoes: true,
    },
    Scenario {
        name: "OpenAI-compatible model",
        model: Model::OpenAi,
        echoes: false,
    },
    Scenario {
        name: "OpenAI-compatible model, with echo and receipts",
        model: Model::OpenAi,
        echoes: true,
    },
];

pub fn row(name: &str, scenario: Scenario) -> String {
    format!("answers {name}: {}", scenario.name)
}

/// Everything that runs during one measurement.
struct Stage {
    program: Program,
    simulator: Helper,
    database: Database,
    letters: Arc<Vec<Letter>>,
    /// Removed last.
    _data: Folder,
}

pub async fn round(
    book: &mut Book,
    name: &str,
    binary: &Path,
    scenario: Scenario,
    duration: Duration,
) -> Result<()> {
    let stage = set_up(binary, scenario).await?;
    let meter = Meter {
        server: stage.program.pid(),
        postgres: Some(stage.database.pid),
        simulator: Some(stage.simulator.pid()),
    };
    let traffic = Traffic::begin(&stage, WARM_UP + duration);
    tokio::time::sleep(WARM_UP).await;
    // As autovacuum does within the first quarter of a minute; plans made from empty tables say nothing of the hours after it.
    stage.database.client.batch_execute("ANALYZE").await?;
    let (since, first, began) = (meter.read(), traffic.accepted(), Instant::now());
    tokio::time::sleep(duration).await;
    let answers = traffic.accepted() - first;
    let per_second = answers as f64 / began.elapsed().as_secs_f64();
    let each = meter.each_ms(since, usize::try_from(answers)?);
    let row = row(name, scenario);
    eprintln!("  {row}: {per_second:.0} answers/s");
    book.note(&row, "per second", per_second);
    book.note(&row, "server ms", each.server);
    book.note(&row, "PostgreSQL ms", each.postgres);
    book.note(&row, "simulator ms", each.simulator);
    book.note(&row, "generator ms", each.generator);
    book.note(&row, "server MiB", resident_mib(stage.program.pid()));
    book.note(&row, "PostgreSQL MiB", family_mib(stage.database.pid));
    book.note(&row, "unanswered", traffic.end().await? as f64);
    drop(stage.database);
    stage.program.stop().await
}

async fn set_up(binary: &Path, scenario: Scenario) -> Result<Stage> {
    let data = Folder::make("answers")?;
    let address = free_address()?;
    // The simulator has to know the paths before, the program the simulator: so a first start makes the shops.
    let simulated = format!("http://{address}");
    let settings = [
        ("GRAPH_BASE_URL", simulated.clone()),
        ("EGRESS_ALLOWED_HOSTS", address.to_string()),
    ];
    let program = Program::start(binary, &data, "all", &settings).await?;
    let shops = shops(&program, scenario, &simulated).await?;
    let routes = data.path().join("routes.json");
    std::fs::write(&routes, routes_of(&shops).to_string())?;
    let server = program.address.to_string();
    let mut arguments = vec!["simulate"];
    let routes = routes.to_string_lossy().into_owned();
    if scenario.echoes {
        arguments.extend(["--echoes", server.as_str(), "--routes", routes.as_str()]);
    }
    let simulator = Helper::start_at(address, &arguments, &[]).await?;
    let letters = shops
        .iter()
        .map(|(page, path)| Letter::new(path, APP_SECRET, page));
    Ok(Stage {
        letters: Arc::new(letters.collect()),
        database: Database::connect(data.path()).await?,
        program,
        simulator,
        _data: data,
    })
}

/// Pages with the path of their webhooks.
async fn shops(
    program: &Program,
    scenario: Scenario,
    simulated: &str,
) -> Result<Vec<(String, String)>> {
    let model = match scenario.model {
        Model::Knowledge => json!({ "provider": "knowledge" }),
        Model::OpenAi => {
            json!({ "provider": "openai_compatible", "base_url": format!("{simulated}/v1"), "model": "bench", "api_key": "sk-bench-0001" })
        }
    };
    let owner = Owner::register(program.address).await?;
    let mut shops = Vec::new();
    for number in 0..ORGANIZATIONS {
        let organization = owner.organization(&format!("Shop {number}")).await?;
        let agent = owner.agent(&organization, &model).await?;
        for page in 0..PAGES_EACH {
            let page = format!("1048576{number:04}{page:04}");
            owner.page(&organization, &page, Some(&agent)).await?;
            shops.push((page, webhook_path(&organization)));
        }
    }
    // Neighbours in the list belong to different organizations.
    shops.sort_by_key(|(page, _)| page[11..].to_owned());
    Ok(shops)
}

fn routes_of(shops: &[(String, String)]) -> Value {
    shops
        .iter()
        .map(|(page, path)| (page.clone(), Value::from(path.as_str())))
        .collect()
}

/// Customers that write, and the count of their answers.
struct Traffic {
    count: Arc<Count>,
    tasks: JoinSet<()>,
}

struct Count {
    address: std::net::SocketAddr,
    letters: Arc<Vec<Letter>>,
    run: u64,
    until: Instant,
    /// The next message.
    next: AtomicU64,
    /// Taken by the server.
    posted: AtomicU64,
    /// Taken by Graph.
    accepted: AtomicU64,
    graph: std::net::SocketAddr,
}

impl Traffic {
    fn begin(stage: &Stage, duration: Duration) -> Self {
        let count = Arc::new(Count {
            address: stage.program.address,
            letters: Arc::clone(&stage.letters),
            run: fresh_run(),
            until: Instant::now() + duration,
            next: AtomicU64::new(0),
            posted: AtomicU64::new(0),
            accepted: AtomicU64::new(0),
            graph: stage.simulator.address,
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(watch(Arc::clone(&count)));
        for _ in 0..CONNECTIONS {
            tasks.spawn(write(Arc::clone(&count)));
        }
        Self { count, tasks }
    }

    fn accepted(&self) -> u64 {
        self.count.accepted.load(Ordering::Relaxed)
    }

    /// Waits for the rest. Messages without an answer of their own: two that wait together get one.
    async fn end(mut self) -> Result<u64> {
        let (began, count) = (Instant::now(), Arc::clone(&self.count));
        while count.due() > 0 && began.elapsed() < REST_LIMIT {
            let before = self.accepted();
            tokio::time::sleep(Duration::from_secs(1)).await;
            if self.accepted() == before && Instant::now() > count.until + Duration::from_secs(5) {
                break;
            }
        }
        self.tasks.shutdown().await;
        Ok(count.due())
    }
}

impl Count {
    fn due(&self) -> u64 {
        let posted = self.posted.load(Ordering::Relaxed);
        posted.saturating_sub(self.accepted.load(Ordering::Relaxed))
    }

    /// The number-th message: customers take turns, and each writes four times.
    fn letter(&self, number: u64) -> Vec<u8> {
        let group = number / (CUSTOMERS * MESSAGES_EACH);
        let customer = group * CUSTOMERS + number % CUSTOMERS;
        let turn = number / CUSTOMERS % MESSAGES_EACH;
        let page = usize::try_from(customer).unwrap_or_default() % self.letters.len();
        let text = usize::try_from(customer + turn).unwrap_or_default();
        self.letters[page].write(
            &format!("73192846{customer:08}"),
            &format!("m_bench-{}-{number}", self.run),
            text,
        )
    }
}

/// Asks Graph how much it has accepted.
async fn watch(count: Arc<Count>) {
    let request = format!("GET {COUNT} HTTP/1.1\r\nHost: bench\r\n\r\n");
    let Ok(mut connection) = Connection::open(count.graph).await else {
        return;
    };
    while connection.exchange(request.as_bytes()).await.is_ok() {
        let told = std::str::from_utf8(connection.body()).unwrap_or_default();
        count
            .accepted
            .store(told.parse().unwrap_or_default(), Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn write(count: Arc<Count>) {
    let mut connection = None;
    while Instant::now() < count.until {
        if count.due() >= DUE {
            tokio::time::sleep(Duration::from_millis(2)).await;
            continue;
        }
        let number = count.next.fetch_add(1, Ordering::Relaxed);
        let request = count.letter(number);
        if !crate::load::is_taken(count.address, &mut connection, &request).await {
            // Not one of those that are waited for; the next customer's turn.
            continue;
        }
        count.posted.fetch_add(1, Ordering::Relaxed);
    }
}
