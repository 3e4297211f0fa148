//! The tables of a run with much stored.

use std::fmt::Write;

use super::show;
use crate::book::Book;
use crate::sizes::{Size, load_row, measure::READS, row};

pub fn write(book: &Book, sizes: &[Size]) -> String {
    let mut text = String::from(
        "\n| stored | GiB, filled in | acks/s, 16 connections | p99 ms | CPU ms per webhook: in | in and processed |\n|---|---|---|---|---|---|\n",
    );
    for size in sizes {
        let (ingest, work) = (load_row(*size, "ingest"), load_row(*size, "work"));
        // Writing to a String cannot fail.
        let _written = writeln!(
            text,
            "| {} | {}, {} s | {} | {} | {} | {} |",
            size.name(),
            show(book, &row(*size), "GiB", 1),
            show(book, &row(*size), "fill s", 0),
            show(book, &ingest, "per second", 0),
            show(book, &ingest, "p99 ms", 1),
            show(book, &ingest, "both ms", 3),
            show(book, &work, "both ms", 2),
        );
    }
    text.push_str(&reads(book, sizes));
    text.push_str(&growth(book, sizes));
    text
}

fn reads(book: &Book, sizes: &[Size]) -> String {
    let mut text = String::from(
        "\n| reads, 8 connections | stored | /s | p50 ms | p99 ms | CPU ms each | errors |\n|---|---|---|---|---|---|---|\n",
    );
    for read in READS {
        for size in sizes {
            let row = load_row(*size, read);
            let of = |what, digits| show(book, &row, what, digits);
            let _written = writeln!(
                text,
                "| {read} | {} | {} | {} | {} | {} | {} |",
                size.name(),
                of("per second", 0),
                of("p50 ms", 1),
                of("p99 ms", 1),
                of("both ms", 2),
                of("errors", 0),
            );
        }
    }
    text
}

/// Each size over the first, round by round; wanted are at most 1.3.
fn growth(book: &Book, sizes: &[Size]) -> String {
    let Some((first, others)) = sizes.split_first() else {
        return String::new();
    };
    let mut text = format!(
        "\n| over {} | CPU per webhook in | in and processed | p99 of the inbox list | CPU of the inbox list |\n|---|---|---|---|---|\n",
        first.name()
    );
    for size in others {
        let ratio = |load: &str, what| {
            let ratio = book.ratio(&load_row(*size, load), &load_row(*first, load), what);
            ratio.map_or_else(|| "-".to_owned(), |ratio| ratio.show(2))
        };
        let _written = writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            size.name(),
            ratio("ingest", "both ms"),
            ratio("work", "both ms"),
            ratio("inbox list", "p99 ms"),
            ratio("inbox list", "both ms"),
        );
    }
    text
}
