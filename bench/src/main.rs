//! `make bench`: what one machine does with the release build, beside what it could do at most. Starts the program with a PostgreSQL of its
//! own (durable, as delivered), posts signed webhooks over kept-alive connections, lets agents answer, and measures start and memory; the
//! limits are small servers of this program ([`limit`]) before the same PostgreSQL. Prints tables and writes them into
//! `docs/performance.md`. Loopback only; ends by itself after about twelve minutes.
//!
//! With several `--binary` the rounds take turns, so that two builds are compared under the same weather. `--sizes` measures instead with
//! many stored messages and organizations ([`sizes`]), which takes longer.

mod answers;
mod book;
mod database;
mod helper;
mod ingest;
mod limit;
mod load;
mod machine;
mod postgres;
mod profile;
mod program;
mod report;
mod run;
mod shop;
mod simulator;
mod sizes;
mod webhook;
mod work;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What can go wrong here is shown to a person and ends the run.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[derive(Parser)]
#[command(
    name = "banglachat-bench",
    about = "Measures a release build of the server on this machine",
    args_conflicts_with_subcommands = true
)]
struct Arguments {
    #[command(subcommand)]
    role: Option<Role>,
    #[command(flatten)]
    run: run::Options,
}

/// Other processes of a measurement.
#[derive(Subcommand)]
enum Role {
    /// A server that shows what the machine can do.
    Limit(limit::Options),
    /// Graph and model.
    Simulate(simulator::Options),
    /// Where the time of ingest goes (bench/profile).
    Profile(profile::Options),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.role {
        Some(Role::Limit(limit)) => limit::run(&limit),
        Some(Role::Simulate(simulate)) => on_one_thread(simulator::run(simulate)),
        Some(Role::Profile(profile)) => on_one_thread(profile::run(profile)),
        None => on_one_thread(run::run(arguments.run)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {}", whole(&*error));
            ExitCode::FAILURE
        }
    }
}

/// An error with its causes: that of the database only says so.
fn whole(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", whole(source)),
        None => error.to_string(),
    }
}

/// Generator and simulator share the machine's cores with what is measured.
fn on_one_thread(work: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(work)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_arguments_are_consistent() {
        <super::Arguments as clap::CommandFactory>::command().debug_assert();
    }
}
