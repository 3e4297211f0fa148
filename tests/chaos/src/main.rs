//! `chaos`: breaks the server in every way there is while customers write, and asks the oracle. docs/chaos.md says more.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use chaos::rig::Base;
use chaos::scenarios::{Scale, Scenario};
use chaos::{Result, now_ms, runner, scenarios};
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

/// Breaks the server in every way there is while customers write, and says which promise was not kept.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Only these scenarios; none: all of them.
    scenarios: Vec<String>,
    /// As `make test` runs it: every scenario, but small.
    #[arg(long)]
    short: bool,
    /// Plays a run again. A scenario of a whole run has the first seed plus its place; its report names it.
    #[arg(long)]
    seed: Option<u64>,
    /// Kills of the scenario that kills; every fourth hits PostgreSQL.
    #[arg(long)]
    kills: Option<usize>,
    /// Messages per second. The default is about half of what a debug build answers on two cores.
    #[arg(long)]
    rate: Option<f64>,
    /// Seconds that customers write, in the other scenarios.
    #[arg(long)]
    seconds: Option<u64>,
    /// Scenarios at once: they wait more than they work.
    #[arg(long, default_value_t = 1)]
    jobs: usize,
    /// The server's program, built with the feature `fail-points`; missing: the one beside this program.
    #[arg(long)]
    program: Option<PathBuf>,
    /// Instead of scenarios: every deliberate defect of the server, with and without it. The oracle must notice each.
    #[arg(long)]
    plants: bool,
    /// Lists the scenarios and ends.
    #[arg(long)]
    list: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let ended = tokio::select! {
        ended = run(Arguments::parse()) => ended,
        // Dropping the run ends every process of it.
        stopped = stop_signal() => Err(stopped),
    };
    match ended {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("chaos: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Waits until somebody wants this to stop.
async fn stop_signal() -> Box<dyn std::error::Error + Send + Sync> {
    match signal(SignalKind::terminate()) {
        Ok(mut terminated) => {
            tokio::select! {
                _ = terminated.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            "stopped".into()
        }
        Err(error) => error.into(),
    }
}

async fn run(arguments: Arguments) -> Result<bool> {
    let all = scenarios::all();
    if arguments.list {
        for scenario in &all {
            println!("{:18} {}", scenario.name, scenario.what);
        }
        return Ok(true);
    }
    let seed = arguments
        .seed
        .unwrap_or_else(|| now_ms().unsigned_abs() % 1_000_000);
    if arguments.plants {
        let base = Base::make(arguments.program).await?;
        return runner::try_plants(&base, &arguments.scenarios, seed).await;
    }
    let chosen = choose(all, &arguments)?;
    let scale = Scale {
        kills: arguments
            .kills
            .unwrap_or(if arguments.short { 12 } else { 80 }),
        rate: arguments.rate.unwrap_or(20.0),
        window: Duration::from_secs(arguments.seconds.unwrap_or(if arguments.short {
            6
        } else {
            20
        })),
    };
    println!("chaos: seed {seed}, {} messages per second", scale.rate);
    let base = Base::make(arguments.program).await?;
    runner::run_all(base, chosen, seed, scale, arguments.jobs).await
}

fn choose(all: Vec<Scenario>, arguments: &Arguments) -> Result<Vec<Scenario>> {
    if let Some(unknown) = arguments
        .scenarios
        .iter()
        .find(|name| all.iter().all(|scenario| scenario.name != **name))
    {
        return Err(format!("no scenario is called {unknown}; --list shows them").into());
    }
    let is_chosen = |scenario: &Scenario| {
        arguments.scenarios.is_empty()
            || arguments.scenarios.iter().any(|name| name == scenario.name)
    };
    Ok(all.into_iter().filter(is_chosen).collect())
}
