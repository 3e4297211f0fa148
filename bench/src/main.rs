//! `make bench`: what one machine does with the release build. Starts the program with a PostgreSQL of its own (durable, as delivered),
//! posts signed webhooks over kept-alive connections, reads the inbox, and measures start and memory. Prints a table and writes it
//! into `docs/performance.md`. Loopback only; ends by itself after about three minutes.
//!
//! With several `--binary` the rounds take turns, so that two builds are compared under the same weather.

mod database;
mod load;
mod machine;
mod program;
mod report;
mod scenario;
mod shop;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

/// What can go wrong here is shown to a person and ends the run.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[derive(Parser)]
#[command(
    name = "banglachat-bench",
    about = "Measures a release build of the server on this machine"
)]
struct Options {
    /// The program to measure; several are measured in turns. Default: `banglachat` beside this program.
    #[arg(long = "binary")]
    binaries: Vec<PathBuf>,
    /// Seconds of load for each figure.
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u64).range(1..=120))]
    seconds: u64,
    /// How often each figure is taken.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=10))]
    rounds: u32,
    /// Only print the table.
    #[arg(long)]
    no_report: bool,
}

fn main() -> ExitCode {
    // One thread: the generator shares the machine's cores with what it measures.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let done = runtime
        .map_err(Into::into)
        .and_then(|runtime| runtime.block_on(run(Options::parse())));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<()> {
    let binaries = if options.binaries.is_empty() {
        vec![beside_us()?]
    } else {
        // The program runs in a folder of its own.
        let absolute = options.binaries.iter().map(std::fs::canonicalize);
        absolute.collect::<std::io::Result<_>>()?
    };
    let before = machine::Machine::now();
    let duration = Duration::from_secs(options.seconds);
    let mut measured = Vec::new();
    for round in 0..options.rounds {
        for (index, binary) in binaries.iter().enumerate() {
            eprintln!(
                "round {} of {}: {}",
                round + 1,
                options.rounds,
                binary.display()
            );
            measured.push(scenario::Round {
                binary: index,
                figures: scenario::round(binary, duration).await?,
            });
        }
    }
    let text = report::write(&binaries, &before, &measured, duration);
    println!("{text}");
    if !options.no_report {
        report::save(&text)?;
    }
    Ok(())
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
