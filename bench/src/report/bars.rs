//! What was asked for, beside what was measured: said plainly, with how much is missing.

use std::fmt::Write;

use crate::answers::{SCENARIOS, row as answers_row};
use crate::book::{Book, Spread};
use crate::ingest::{half_row, row};
use crate::limit::Kind;

/// One bar: what is measured, and whether more or less is wanted.
struct Bar {
    what: String,
    wanted: f64,
    at_least: bool,
    measured: Option<Spread>,
    digits: usize,
}

impl Bar {
    fn at_least(
        what: impl Into<String>,
        wanted: f64,
        measured: Option<Spread>,
        digits: usize,
    ) -> Self {
        Self {
            what: what.into(),
            wanted,
            at_least: true,
            measured,
            digits,
        }
    }

    fn at_most(
        what: impl Into<String>,
        wanted: f64,
        measured: Option<Spread>,
        digits: usize,
    ) -> Self {
        Self {
            at_least: false,
            ..Self::at_least(what, wanted, measured, digits)
        }
    }

    fn verdict(&self) -> String {
        let Some(measured) = self.measured else {
            return "not measured".to_owned();
        };
        let reached = if self.at_least {
            measured.median >= self.wanted
        } else {
            measured.median <= self.wanted
        };
        if reached {
            return "reached".to_owned();
        }
        format!("missed: {:.2} of the bar", measured.median / self.wanted)
    }
}

pub fn tables(book: &Book, names: &[String]) -> String {
    let mut text = String::new();
    for name in names {
        // Writing to a String cannot fail.
        let _written = writeln!(
            text,
            "\n| {name} against its bars | wanted | measured | |\n|---|---|---|---|"
        );
        for bar in bars(book, name) {
            let sign = if bar.at_least { "≥" } else { "≤" };
            let measured = bar.measured.map(|measured| measured.show(bar.digits));
            let _written = writeln!(
                text,
                "| {} | {sign} {} | {} | {} |",
                bar.what,
                bar.wanted,
                measured.unwrap_or_else(|| "-".to_owned()),
                bar.verdict()
            );
        }
    }
    text
}

fn bars(book: &Book, name: &str) -> Vec<Bar> {
    let batch = Kind::MicroBatch.name();
    let mut bars = Vec::new();
    for connections in [16, 64] {
        let by =
            |limit: &str, what| book.ratio(&row(name, connections), &row(limit, connections), what);
        let over = format!("over {batch}, {connections} connections");
        bars.push(Bar::at_least(
            format!("acks/s {over}"),
            0.8,
            by(batch, "per second"),
            2,
        ));
        bars.push(Bar::at_most(
            format!("CPU per webhook {over}"),
            1.4,
            by(batch, "both ms"),
            2,
        ));
        let insert = format!(
            "acks/s over {}, {connections} connections",
            Kind::Insert.name()
        );
        bars.push(Bar::at_least(
            insert,
            1.0,
            by(Kind::Insert.name(), "per second"),
            2,
        ));
    }
    let half = book.spread(&half_row(name), "p99 ms");
    bars.push(Bar::at_most("p99 of acks at half load, ms", 20.0, half, 1));
    for scenario in SCENARIOS {
        let answers = book.spread(&answers_row(name, scenario), "per second");
        let what = format!("answers/s, {}", scenario.name);
        bars.push(Bar::at_least(what, 1500.0, answers, 0));
    }
    let of = |what| book.spread(&format!("program {name}"), what);
    bars.push(Bar::at_most(
        "memory of the server idle, MiB",
        40.0,
        of("server idle MiB"),
        0,
    ));
    bars.push(Bar::at_most(
        "memory of the server after ingest, MiB",
        80.0,
        of("server loaded MiB"),
        0,
    ));
    bars.push(Bar::at_most(
        "memory of the server after work and reads, MiB",
        80.0,
        of("worker loaded MiB"),
        0,
    ));
    bars.push(Bar::at_most(
        "start until ready, existing database, s",
        0.3,
        of("start existing s"),
        2,
    ));
    bars
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(value: f64) -> Option<Spread> {
        Some(Spread {
            median: value,
            least: value,
            most: value,
        })
    }

    #[test]
    fn a_bar_says_whether_it_is_reached_and_what_is_missing() {
        let verdict = |bar: Bar| bar.verdict();
        assert_eq!(
            verdict(Bar::at_least("a", 0.8, measured(0.8), 2)),
            "reached"
        );
        assert_eq!(
            verdict(Bar::at_least("a", 0.8, measured(0.4), 2)),
            "missed: 0.50 of the bar"
        );
        assert_eq!(
            verdict(Bar::at_most("a", 20.0, measured(19.0), 0)),
            "reached"
        );
        assert_eq!(
            verdict(Bar::at_most("a", 20.0, measured(30.0), 0)),
            "missed: 1.50 of the bar"
        );
        assert_eq!(verdict(Bar::at_most("a", 1.0, None, 0)), "not measured");
    }
}
