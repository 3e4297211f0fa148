//! Webhooks in: the program beside the limits, then with its worker, and what it takes to run.

use std::fmt::Write;

use super::show;
use crate::book::Book;
use crate::ingest::{CONNECTIONS, half_row, row};
use crate::limit::Kind;

pub fn tables(book: &Book, names: &[String]) -> String {
    let mut text = String::from(
        "\n| webhook ingest | connections | acks/s | p50 ms | p99 ms | errors | CPU ms per webhook: server + PostgreSQL | generator |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    let limits = Kind::ALL.map(|kind| kind.name().to_owned());
    let all: Vec<&String> = names.iter().chain(&limits).collect();
    for connections in CONNECTIONS {
        for name in &all {
            ingest_line(
                &mut text,
                book,
                &row(name, connections),
                name,
                &connections.to_string(),
            );
        }
    }
    for name in &all {
        ingest_line(&mut text, book, &half_row(name), name, "half of the most");
    }
    for name in names {
        let (row, name) = (
            format!("with worker {name}"),
            format!("{name} with its worker"),
        );
        ingest_line(
            &mut text,
            book,
            &row,
            &name,
            &crate::work::CONNECTIONS.to_string(),
        );
    }
    for name in names {
        text.push_str(&facts(book, name));
    }
    text
}

fn ingest_line(text: &mut String, book: &Book, row: &str, name: &str, connections: &str) {
    let of = |what, digits| show(book, row, what, digits);
    // Writing to a String cannot fail.
    let _written = writeln!(
        text,
        "| {name} | {connections} | {} | {} | {} | {} | {}: {} + {} | {} |",
        of("per second", 0),
        of("p50 ms", 1),
        of("p99 ms", 1),
        of("errors", 0),
        of("both ms", 3),
        of("server ms", 3),
        of("PostgreSQL ms", 3),
        of("generator ms", 3),
    );
}

fn facts(book: &Book, name: &str) -> String {
    let (row, reads) = (format!("program {name}"), format!("inbox {name}"));
    let of = |what, digits| show(book, &row, what, digits);
    let read = |what, digits| show(book, &reads, what, digits);
    format!(
        "\n| {name} | figure |\n|---|---|\n\
         | start until ready, fresh database (initdb, migrations) | {} s |\n\
         | start until ready, existing database (PostgreSQL started too) | {} s |\n\
         | memory idle: server, PostgreSQL | {} MiB, {} MiB |\n\
         | memory after ingest: server, PostgreSQL | {} MiB, {} MiB |\n\
         | memory after work and reads: server, PostgreSQL | {} MiB, {} MiB |\n\
         | inbox list (25 of 500 conversations), {} connections | {}/s, p50 {} ms, p99 {} ms, {} errors |\n\
         | webhooks processed by the worker, nothing else going on | {} /s |\n",
        of("start fresh s", 2),
        of("start existing s", 2),
        of("server idle MiB", 0),
        of("PostgreSQL idle MiB", 0),
        of("server loaded MiB", 0),
        of("PostgreSQL loaded MiB", 0),
        of("worker loaded MiB", 0),
        of("PostgreSQL worker loaded MiB", 0),
        crate::work::READERS,
        read("per second", 0),
        read("p50 ms", 1),
        read("p99 ms", 1),
        read("errors", 0),
        of("processed per second", 0),
    )
}
