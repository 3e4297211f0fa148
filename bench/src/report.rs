//! The tables, and their places in `docs/performance.md`.

mod answers;
mod bars;
mod ingest;
pub mod sizes;

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use crate::Result;
use crate::book::Book;
use crate::machine::{Machine, first_line};

/// A place in the document that is written anew; what stands around it stays.
#[derive(Clone, Copy)]
pub enum Section {
    Run,
    Sizes,
}

impl Section {
    fn marks(self) -> [String; 2] {
        let command = match self {
            Self::Run => "make bench",
            Self::Sizes => "make bench-sizes",
        };
        ["begin", "end"].map(|end| format!("<!-- written by `{command}`: {end} -->"))
    }
}

/// The section of a whole run, as Markdown.
pub fn write(book: &Book, names: &[String], about: &str) -> String {
    let mut text = format!("{about}\n");
    text.push_str(&ingest::tables(book, names));
    text.push_str(&answers::table(book, names));
    text.push_str(&bars::tables(book, names));
    if let [before, after] = names {
        text.push_str(&compared(book, before, after));
    }
    text
}

/// On what the figures were taken.
pub fn about(machine: &Machine, database: &str, rounds: u32, duration: Duration) -> String {
    format!(
        "Measured on {}: {} ({} cores, {} MiB, Linux {}), load before {}; {database}; {}, release build. {rounds} rounds of {} s for each \
         figure, all programs in turns, in another order each round; medians, with the least and the most in brackets. Generator, server, \
         simulator and PostgreSQL share the cores.\n",
        machine.at.format("%Y-%m-%d"),
        machine.processor,
        machine.cores,
        machine.memory_mib,
        machine.kernel,
        machine.load,
        first_line(Path::new("rustc"), "--version"),
        duration.as_secs(),
    )
}

/// Median and spread, or a dash for what was not measured.
fn show(book: &Book, row: &str, what: &'static str, digits: usize) -> String {
    let spread = book.spread(row, what);
    spread.map_or_else(|| "-".to_owned(), |spread| spread.show(digits))
}

fn compared(book: &Book, before: &str, after: &str) -> String {
    let mut text =
        format!("\n{after} over {before}, round by round:\n\n| what | ratio |\n|---|---|\n");
    for connections in crate::ingest::CONNECTIONS {
        let row = |name: &str| crate::ingest::row(name, connections);
        for (what, title) in [("per second", "acks/s"), ("both ms", "CPU per webhook")] {
            let ratio = book.ratio(&row(after), &row(before), what);
            line(
                &mut text,
                &format!("{title}, {connections} connections"),
                ratio,
            );
        }
    }
    for scenario in crate::answers::SCENARIOS {
        let row = |name: &str| crate::answers::row(name, scenario);
        let ratio = book.ratio(&row(after), &row(before), "per second");
        line(&mut text, &format!("answers/s, {}", scenario.name), ratio);
    }
    text
}

fn line(text: &mut String, what: &str, ratio: Option<crate::book::Spread>) {
    if let Some(ratio) = ratio {
        // Writing to a String cannot fail.
        let _written = writeln!(text, "| {what} | {} |", ratio.show(2));
    }
}

/// Puts a section into `docs/performance.md` of the repository that this was built in.
pub fn save(section: Section, text: &str) -> Result<()> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/performance.md");
    let old = std::fs::read_to_string(&file)?;
    let [begin, end] = section.marks();
    let lost = || format!("docs/performance.md has lost its mark {begin} or {end}");
    let (before, rest) = old.split_once(&begin).ok_or_else(lost)?;
    let (_, after) = rest.split_once(&end).ok_or_else(lost)?;
    std::fs::write(&file, format!("{before}{begin}\n\n{text}\n{end}{after}"))?;
    eprintln!("written to docs/performance.md");
    Ok(())
}
