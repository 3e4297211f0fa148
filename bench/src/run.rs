//! A whole run: everything once in each round, in an order that changes from round to round.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use crate::answers::{self, SCENARIOS};
use crate::book::Book;
use crate::database::Database;
use crate::limit::Kind;
use crate::machine::Machine;
use crate::postgres::{CommandLine, Postgres};
use crate::program::Folder;
use crate::report::{self, Section};
use crate::{Result, ingest, sizes, work};

#[derive(Args)]
pub struct Options {
    /// The program to measure, as `path` or `name=path`; several are measured in turns. Default: `banglachat` beside this program.
    #[arg(long = "binary")]
    binaries: Vec<String>,
    /// Seconds of load for each figure.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=120))]
    seconds: u64,
    /// How often each figure is taken.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=20))]
    rounds: u32,
    /// Only these parts.
    #[arg(long, value_delimiter = ',', default_values_t = [Part::Ingest, Part::Work, Part::Answers])]
    only: Vec<Part>,
    /// Measure with many stored messages and organizations instead: `messages/organizations`, compared with the first of a group; what
    /// stands before a `+` is removed before the rest is filled.
    #[arg(long, value_delimiter = '+', num_args = 0..=1, default_missing_value = sizes::USUAL)]
    sizes: Option<Vec<sizes::Group>>,
    /// Only print the tables.
    #[arg(long)]
    no_report: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Webhooks in, and the limits.
    Ingest,
    /// Webhooks in while the worker processes them, and the inbox.
    Work,
    /// End to end.
    Answers,
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Ingest => "ingest",
            Self::Work => "work",
            Self::Answers => "answers",
        })
    }
}

/// A build of the program, and what it is called in the tables.
pub struct Build {
    pub name: String,
    pub path: PathBuf,
}

/// One thing that is measured by itself.
#[derive(Clone, Copy)]
enum Turn {
    Program(usize),
    Limit(Kind),
    Work(usize),
    Answers(usize, answers::Scenario),
}

pub async fn run(options: Options) -> Result<()> {
    let builds = builds(&options.binaries)?;
    let duration = Duration::from_secs(options.seconds);
    if let Some(groups) = &options.sizes {
        return sizes::run(&builds[0], groups, duration, !options.no_report).await;
    }
    let machine = Machine::now();
    let ground = Folder::make("limits")?;
    let line = CommandLine::learn(&builds[0].path, &ground).await?;
    let database = about_database(&line, &ground).await?;
    let turns = turns(&options.only, builds.len());
    let mut book = Book::default();
    for round in 0..options.rounds {
        eprintln!("round {} of {}", round + 1, options.rounds);
        for turn in in_order(&turns, round) {
            take(&mut book, turn, &builds, (&line, &ground), duration).await?;
        }
    }
    let about = report::about(&machine, &database, options.rounds, duration);
    let names: Vec<String> = builds.into_iter().map(|build| build.name).collect();
    let text = report::write(&book, &names, &about);
    println!("{text}");
    if !options.no_report {
        report::save(Section::Run, &text)?;
    }
    Ok(())
}

async fn take(
    book: &mut Book,
    turn: Turn,
    builds: &[Build],
    ground: (&CommandLine, &Folder),
    duration: Duration,
) -> Result<()> {
    match turn {
        Turn::Program(build) => {
            let build = &builds[build];
            ingest::program(book, &build.name, &build.path, duration).await
        }
        Turn::Limit(kind) => ingest::limit(book, kind, ground, duration).await,
        Turn::Work(build) => {
            let build = &builds[build];
            work::round(book, &build.name, &build.path, duration).await
        }
        Turn::Answers(build, scenario) => {
            let build = &builds[build];
            // Longer than the others: many steps have to get into their stride.
            answers::round(book, &build.name, &build.path, scenario, duration * 2).await
        }
    }
}

fn turns(parts: &[Part], builds: usize) -> Vec<Turn> {
    let mut turns = Vec::new();
    if parts.contains(&Part::Ingest) {
        turns.extend((0..builds).map(Turn::Program));
        turns.extend(Kind::ALL.map(Turn::Limit));
    }
    if parts.contains(&Part::Work) {
        turns.extend((0..builds).map(Turn::Work));
    }
    if parts.contains(&Part::Answers) {
        let scenarios = SCENARIOS.into_iter();
        turns.extend(
            scenarios
                .flat_map(|scenario| (0..builds).map(move |build| Turn::Answers(build, scenario))),
        );
    }
    turns
}

/// Each round begins with another one.
fn in_order(turns: &[Turn], round: u32) -> Vec<Turn> {
    let mut turns = turns.to_vec();
    let by = round as usize % turns.len().max(1);
    turns.rotate_left(by);
    turns
}

async fn about_database(line: &CommandLine, data: &Folder) -> Result<String> {
    let postgres = Postgres::start(line, data, &[]).await?;
    let database = Database::connect(data.path()).await?;
    let about = database
        .text("SELECT concat('PostgreSQL ', current_setting('server_version'), ', fsync ', current_setting('fsync'), ', synchronous_commit ', current_setting('synchronous_commit'))")
        .await?;
    drop(database);
    postgres.stop().await?;
    Ok(about)
}

fn builds(given: &[String]) -> Result<Vec<Build>> {
    if given.is_empty() {
        return Ok(vec![Build {
            name: "ours".to_owned(),
            path: beside_us()?,
        }]);
    }
    let build = |text: &String| {
        let (name, path) = text.split_once('=').unwrap_or(("", text));
        // The program runs in a folder of its own.
        let path = Path::new(path).canonicalize()?;
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let name = if name.is_empty() { &*file } else { name }.to_owned();
        Ok(Build { name, path })
    };
    given.iter().map(build).collect()
}

fn beside_us() -> Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name("banglachat");
    if path.exists() {
        Ok(path)
    } else {
        Err(format!(
            "{} is missing: run `make bench`, or `cargo build --release -p banglachat` first",
            path.display()
        )
        .into())
    }
}
