//! The figures of a run: what was measured, as often as it was measured.

use std::collections::BTreeMap;

/// Which thing was measured, and under which condition.
pub type Row = String;

/// Values in the order of the rounds.
#[derive(Default)]
pub struct Book(BTreeMap<(Row, &'static str), Vec<f64>>);

/// Of all rounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    pub median: f64,
    pub least: f64,
    pub most: f64,
}

impl Book {
    pub fn note(&mut self, row: &str, what: &'static str, value: f64) {
        self.0
            .entry((row.to_owned(), what))
            .or_default()
            .push(value);
    }

    fn values(&self, row: &str, what: &'static str) -> &[f64] {
        let values = self.0.get(&(row.to_owned(), what));
        values.map(Vec::as_slice).unwrap_or_default()
    }

    pub fn spread(&self, row: &str, what: &'static str) -> Option<Spread> {
        Spread::of(self.values(row, what).to_vec())
    }

    /// One row by another, round by round: what the rounds have in common, like other work on the machine, goes out.
    pub fn ratio(&self, row: &str, by: &str, what: &'static str) -> Option<Spread> {
        let pairs = self.values(row, what).iter().zip(self.values(by, what));
        Spread::of(pairs.map(|(value, by)| value / by).collect())
    }
}

impl Spread {
    fn of(mut values: Vec<f64>) -> Option<Self> {
        values.retain(|value| value.is_finite());
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        let median = if values.len() % 2 == 1 {
            *values.get(middle)?
        } else {
            (values.get(middle.checked_sub(1)?)? + values.get(middle)?) / 2.0
        };
        Some(Self {
            median,
            least: *values.first()?,
            most: *values.last()?,
        })
    }

    /// With so many digits behind the point; the spread only where there is one.
    pub fn show(self, digits: usize) -> String {
        let number = |value: f64| format!("{value:.digits$}");
        let (median, least, most) = (number(self.median), number(self.least), number(self.most));
        if least == most {
            median
        } else {
            format!("{median} ({least}–{most})")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_ratios_are_of_the_rounds() {
        let mut book = Book::default();
        for (ours, limit) in [(90.0, 100.0), (40.0, 80.0), (70.0, 100.0)] {
            book.note("ours", "acks/s", ours);
            book.note("limit", "acks/s", limit);
        }
        assert_eq!(book.spread("ours", "acks/s").unwrap().show(0), "70 (40–90)");
        assert_eq!(
            book.ratio("ours", "limit", "acks/s").unwrap().show(2),
            "0.70 (0.50–0.90)"
        );
        book.note("ours", "errors", 0.0);
        book.note("ours", "errors", 0.0);
        assert_eq!(book.spread("ours", "errors").unwrap().show(0), "0");
        assert_eq!(book.spread("nothing", "errors"), None);
    }
}
