//! Answers end to end, and who took the processor's time.

use std::fmt::Write;

use super::show;
use crate::answers::{SCENARIOS, row};
use crate::book::Book;

pub fn table(book: &Book, names: &[String]) -> String {
    let mut text = String::from(
        "\n| end to end, all in one process | answers/s | CPU ms per answer: server | PostgreSQL | simulator | generator | memory MiB: server, PostgreSQL | never answered |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for name in names {
        for scenario in SCENARIOS {
            let row = row(name, scenario);
            let of = |what, digits| show(book, &row, what, digits);
            // Writing to a String cannot fail.
            let _written = writeln!(
                text,
                "| {name}: {} | {} | {} | {} | {} | {} | {}, {} | {} |",
                scenario.name,
                of("per second", 0),
                of("server ms", 2),
                of("PostgreSQL ms", 2),
                of("simulator ms", 2),
                of("generator ms", 2),
                of("server MiB", 0),
                of("PostgreSQL MiB", 0),
                of("unanswered", 0),
            );
        }
    }
    text
}
