//! Where the processor's time goes while webhooks come in as fast as they are taken: samples of the whole machine by `perf` (its software
//! clock, which every machine has), then the share of each program and the dearest functions of the server and of PostgreSQL.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use clap::Args;

use crate::Result;
use crate::database::Database;
use crate::ingest::{WARM_UP, fresh_run};
use crate::load::closed;
use crate::machine::Meter;
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
    let samples = data.path().join("perf.data");
    let meter = Meter {
        server: program.pid(),
        postgres: Some(database.pid),
        simulator: None,
    };
    let (record, since) = (record(&samples, options.seconds)?, meter.read());
    let again = move |connection, number| post(connection + connections, number);
    let outcome = closed::run(program.address, connections, duration, again).await?;
    let each = meter.each_ms(since, outcome.answered());
    let recorded = record.wait_with_output()?;
    if !recorded.status.success() {
        return Err(format!("perf: {}", String::from_utf8_lossy(&recorded.stderr)).into());
    }
    println!(
        "{:.0} acks/s over {connections} connections, role {role}; CPU ms per webhook: server {:.3}, PostgreSQL {:.3}",
        outcome.per_second(),
        each.server,
        each.postgres
    );
    println!("\nshare of the machine, by program and library:\n");
    println!(
        "{}",
        report(&samples, &["--sort", "comm,dso"], options.functions)?
    );
    println!("\nthe server's functions, of its own time:\n");
    let pid = format!("--pid={}", program.pid());
    let own = [pid.as_str(), "--sort", "symbol", "--percentage", "relative"];
    println!("{}", report(&samples, &own, options.functions)?);
    println!("\nPostgreSQL's functions, of its own time:\n");
    let theirs = [
        "--comms=postgres",
        "--sort",
        "symbol",
        "--percentage",
        "relative",
    ];
    println!("{}", report(&samples, &theirs, options.functions)?);
    drop(database);
    program.stop().await
}

fn record(samples: &Path, seconds: u64) -> Result<std::process::Child> {
    Ok(Command::new("perf")
        .args(["record", "-a", "-q", "-F", "499", "-e", "cpu-clock", "-o"])
        .arg(samples)
        .args(["--", "sleep", &seconds.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?)
}

/// The first lines of a report, without its comments.
fn report(samples: &Path, arguments: &[&str], lines: usize) -> Result<String> {
    let output = Command::new("perf")
        .args(["report", "--stdio", "--no-children", "-g", "none", "-i"])
        .arg(samples)
        .args(arguments)
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
