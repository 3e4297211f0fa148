//! The table, and its place in `docs/performance.md`.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::Result;
use crate::load::Outcome;
use crate::machine::{Machine, first_line};
use crate::scenario::{CONNECTIONS, Figures, Memory, Round};

const BEGIN: &str = "<!-- written by `make bench`: begin -->";
const END: &str = "<!-- written by `make bench`: end -->";

/// The section, as Markdown.
pub fn write(
    binaries: &[PathBuf],
    machine: &Machine,
    rounds: &[Round],
    duration: Duration,
) -> String {
    let mut text = about(machine, rounds, binaries.len(), duration);
    for (index, binary) in binaries.iter().enumerate() {
        let figures: Vec<&Figures> = rounds
            .iter()
            .filter(|round| round.binary == index)
            .map(|round| &round.figures)
            .collect();
        if binaries.len() > 1 {
            let name = binary.file_name().unwrap_or_default().to_string_lossy();
            // Writing to a String cannot fail.
            let _written = writeln!(text, "\n### {name}");
        }
        text.push_str(&tables(&figures));
    }
    if binaries.len() == 2 {
        text.push_str(&ratios(rounds));
    }
    text
}

fn about(machine: &Machine, rounds: &[Round], binaries: usize, duration: Duration) -> String {
    let database = rounds
        .first()
        .map(|round| round.figures.database.as_str())
        .unwrap_or_default();
    format!(
        "Measured on {}: {} ({} cores, {} MiB, Linux {}), load before {}; {database}; {}, release build. {} rounds of {} s for each figure; \
         generator, server and PostgreSQL share the cores.\n",
        machine.at.format("%Y-%m-%d"),
        machine.processor,
        machine.cores,
        machine.memory_mib,
        machine.kernel,
        machine.load,
        first_line(Path::new("rustc"), "--version"),
        rounds.len() / binaries.max(1),
        duration.as_secs(),
    )
}

fn tables(figures: &[&Figures]) -> String {
    let mut text = String::from(
        "\n| webhook ingest | connections | acks/s | p50 ms | p99 ms | max ms | errors | CPU ms per ack: server + PostgreSQL |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for (role, name) in [("api", "API alone"), ("all", "API and worker")] {
        for connections in CONNECTIONS {
            let (outcome, server, postgres) = ingest(figures, role, connections);
            let _written = writeln!(
                text,
                "| {name} | {connections} | {:.0} | {:.1} | {:.1} | {:.0} | {} | {server:.2} + {postgres:.2} |",
                outcome.per_second(),
                outcome.percentile_ms(0.5),
                outcome.percentile_ms(0.99),
                outcome.percentile_ms(1.0),
                outcome.errors,
            );
        }
    }
    let mut reads = Outcome::default();
    figures.iter().for_each(|figure| reads.add(&figure.reads));
    let memory = |of: fn(&Figures) -> Memory| {
        figures
            .iter()
            .map(|figure| of(figure))
            .fold(Memory::default(), Memory::max)
    };
    let (idle, loaded) = (
        memory(|figures| figures.idle),
        memory(|figures| figures.loaded),
    );
    let all = |of: fn(&Figures) -> f64| {
        figures
            .iter()
            .map(|figure| format!("{:.2}", of(figure)))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let _written = write!(
        text,
        "\n| what | figure |\n|---|---|\n\
         | start until ready, fresh database (initdb, migrations) | {} s |\n\
         | start until ready, existing database (PostgreSQL started too) | {} s |\n\
         | memory idle: server, PostgreSQL | {:.0} MiB, {:.0} MiB |\n\
         | memory loaded: server, PostgreSQL | {:.0} MiB, {:.0} MiB |\n\
         | inbox list (25 of 500 conversations), 8 connections | {:.0}/s, p50 {:.1} ms, p99 {:.1} ms, {} errors |\n\
         | events processed by the worker, nothing else going on | {} /s |\n",
        all(|figures| figures.start_fresh.as_secs_f64()),
        all(|figures| figures.start_existing.as_secs_f64()),
        idle.server_mib,
        idle.postgres_mib,
        loaded.server_mib,
        loaded.postgres_mib,
        reads.per_second(),
        reads.percentile_ms(0.5),
        reads.percentile_ms(0.99),
        reads.errors,
        figures
            .iter()
            .map(|figure| format!("{:.0}", figure.processed_per_second))
            .collect::<Vec<_>>()
            .join(", "),
    );
    text
}

/// All rounds of one condition together; processor time as their mean.
fn ingest(figures: &[&Figures], role: &str, connections: usize) -> (Outcome, f64, f64) {
    let runs: Vec<_> = figures
        .iter()
        .flat_map(|figure| &figure.ingests)
        .filter(|ingest| ingest.role == role && ingest.connections == connections)
        .collect();
    let mut outcome = Outcome::default();
    runs.iter().for_each(|run| outcome.add(&run.outcome));
    let mean = |of: fn(&crate::scenario::Ingest) -> f64| {
        runs.iter().map(|run| of(run)).sum::<f64>() / runs.len().max(1) as f64
    };
    (
        outcome,
        mean(|run| run.server_cpu_ms),
        mean(|run| run.postgres_cpu_ms),
    )
}

fn ratios(rounds: &[Round]) -> String {
    let of = |binary: usize| {
        rounds
            .iter()
            .filter(move |round| round.binary == binary)
            .map(|round| &round.figures)
            .collect::<Vec<_>>()
    };
    let (first, second) = (of(0), of(1));
    let mut text = String::from("\nSecond over first, acks/s:");
    for role in ["api", "all"] {
        for connections in CONNECTIONS {
            let (a, b) = (
                ingest(&first, role, connections).0,
                ingest(&second, role, connections).0,
            );
            let _written = write!(
                text,
                " {role} {connections}: {:.2}",
                b.per_second() / a.per_second()
            );
        }
    }
    text.push('\n');
    text
}

/// Puts the section into `docs/performance.md` of the repository that this was built in; what stands around it stays.
pub fn save(section: &str) -> Result<()> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/performance.md");
    let old = std::fs::read_to_string(&file)
        .unwrap_or_else(|_| format!("# Performance\n\n{BEGIN}\n{END}\n"));
    let (before, rest) = old
        .split_once(BEGIN)
        .ok_or("docs/performance.md has lost its mark for the beginning")?;
    let (_, after) = rest
        .split_once(END)
        .ok_or("docs/performance.md has lost its mark for the end")?;
    std::fs::write(&file, format!("{before}{BEGIN}\n\n{section}\n{END}{after}"))?;
    eprintln!("written to docs/performance.md");
    Ok(())
}
