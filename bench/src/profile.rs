//! Where the processor's time goes while webhooks come in as fast as they are taken: samples by `perf` (its software
//! clock, which every machine has) of the server and of PostgreSQL, and of each the share of its threads and libraries and the dearest functions.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use clap::Args;

use crate::Result;
use crate::database::Database;
use crate::ingest::{WARM_UP, fresh_run};
use crate::load::closed;
use crate::machine::{Meter, family};
use crate::program::{Folder, Program};
use crate::shop::Shop;

#[derive(Args)]
pub struct Options {
    /// A build that has kept its names, like `cargo build --profile profiling` makes it.
    #[arg(long)]
    binary: PathBuf,
    #[arg(long, default_value_t = 64)]
    connections: usize,
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// With the worker, which then processes what comes in.
    #[arg(long)]
    worker: bool,
    /// How many functions are shown of each program.
    #[arg(long, default_value_t = 25)]
    functions: usize,
}

pub async fn run(options: Options) -> Result<()> {
    let data = Folder::make("profile")?;
    let role = if options.worker { "all" } else { "api" };
    let binary = options.binary.canonicalize()?;
    let program = Program::start(&binary, &data, role, &[]).await?;
    let shop = Shop::make(program.address).await?;
    let database = Database::connect(data.path()).await?;
    let run = fresh_run();
    let post = move |connection, number| shop.webhook(run, connection, number);
    let (connections, duration) = (options.connections, Duration::from_secs(options.seconds));
    closed::run(program.address, connections, WARM_UP, post.clone()).await?;
    let meter = Meter {
        server: program.pid(),
        postgres: Some(database.pid),
        simulator: None,
    };
    let ours = Recording::start(&[program.pid()], data.path(), "server", options.seconds)?;
    let backends: Vec<u32> = family(database.pid).collect();
    let theirs = Recording::start(&backends, data.path(), "postgres", options.seconds)?;
    let since = meter.read();
    let again = move |connection, number| post(connection + connections, number);
    let outcome = closed::run(program.address, connections, duration, again).await?;
    let each = meter.each_ms(since, outcome.answered());
    println!(
        "{:.0} acks/s over {connections} connections, role {role}; CPU ms per webhook: server {:.3}, PostgreSQL {:.3}",
        outcome.per_second(),
        each.server,
        each.postgres
    );
    for (recording, title) in [(ours, "the server"), (theirs, "PostgreSQL")] {
        let samples = recording.end()?;
        println!("\n{title}, by thread and library:\n");
        println!("{}", report(&samples, "comm,dso", 12)?);
        println!("\n{title}, by function:\n");
        println!("{}", report(&samples, "symbol", options.functions)?);
    }
    drop(database);
    program.stop().await
}

/// `perf` at work on some processes.
struct Recording {
    perf: Child,
    samples: PathBuf,
}

impl Recording {
    fn start(pids: &[u32], folder: &Path, name: &str, seconds: u64) -> Result<Self> {
        let samples = folder.join(format!("{name}.perf"));
        let pids: Vec<String> = pids.iter().map(u32::to_string).collect();
        let perf = Command::new("perf")
            .args(["record", "-q", "-F", "499", "-e", "cpu-clock", "-p"])
            .arg(pids.join(","))
            .arg("-o")
            .arg(&samples)
            .args(["--", "sleep", &seconds.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        Ok(Self { perf, samples })
    }

    /// The file with the samples.
    fn end(self) -> Result<PathBuf> {
        let output = self.perf.wait_with_output()?;
        if !output.status.success() {
            return Err(format!("perf: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        Ok(self.samples)
    }
}

/// The first lines of a report, without its comments.
fn report(samples: &Path, sort: &str, lines: usize) -> Result<String> {
    let output = Command::new("perf")
        .args(["report", "--stdio", "--no-children", "--no-inline"])
        .args(["-g", "none", "--sort", sort, "-i"])
        .arg(samples)
        .stdin(Stdio::null())
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let entries = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let entries: Vec<&str> = entries.take(lines).map(str::trim_end).collect();
    if entries.is_empty() {
        return Err(format!("perf report: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(entries.join("\n"))
}
