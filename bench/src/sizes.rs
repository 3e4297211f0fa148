//! With much stored: what a webhook costs and how long the commonest reads take, with few and many messages and organizations.
//!
//! Each size is a database of its own, filled by SQL ([`fill`]); then they are measured in turns ([`measure`]), the largest as warm or cold
//! as the file cache leaves it. Everything is removed at the end.

mod fill;
pub mod measure;
mod texts;

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use crate::Result;
use crate::book::Book;
use crate::machine::Machine;
use crate::program::Folder;
use crate::report::{self, Section};
use crate::run::Build;

const ROUNDS: u32 = 3;
/// Of each conversation: five questions and five answers.
pub const MESSAGES_EACH: u64 = 10;

/// So many messages, spread evenly over so many organizations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub messages: u64,
    pub organizations: u64,
}

impl Size {
    pub fn conversations(self) -> u64 {
        self.messages / MESSAGES_EACH
    }

    pub fn name(self) -> String {
        format!(
            "{} messages, {} organizations",
            short(self.messages),
            self.organizations
        )
    }
}

fn short(number: u64) -> String {
    match number {
        1_000_000.. if number.is_multiple_of(1_000_000) => {
            format!("{} million", number / 1_000_000)
        }
        _ => number.to_string(),
    }
}

impl FromStr for Size {
    type Err = String;

    /// `10k/1`, `10m/1000`.
    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let wrong = || format!("{text}: expected messages/organizations, like 10k/1 or 1m/1000");
        let (messages, organizations) = text.split_once('/').ok_or_else(wrong)?;
        let size = Self {
            messages: number(messages).ok_or_else(wrong)?,
            organizations: number(organizations).ok_or_else(wrong)?,
        };
        let fits = size.organizations > 0 && size.conversations() >= size.organizations;
        if fits {
            Ok(size)
        } else {
            Err(format!(
                "{text}: each organization needs a conversation of {MESSAGES_EACH} messages"
            ))
        }
    }
}

fn number(text: &str) -> Option<u64> {
    let (digits, times) = match text.strip_suffix('k') {
        Some(digits) => (digits, 1_000),
        None => text
            .strip_suffix('m')
            .map_or((text, 1), |digits| (digits, 1_000_000)),
    };
    digits.parse::<u64>().ok()?.checked_mul(times)
}

/// More messages first, then more organizations: together they would need more than 25 GB.
pub const USUAL: &str = "10k/1,1m/1,10m/1+1m/1,1m/1000,1m/100000";

/// Sizes that are measured in turns and compared with the first.
#[derive(Debug, Clone)]
pub struct Group(Vec<Size>);

impl FromStr for Group {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let sizes: std::result::Result<_, _> = text.split(',').map(str::parse).collect();
        Ok(Self(sizes?))
    }
}

/// A filled database.
pub struct Filled {
    pub size: Size,
    pub data: Folder,
}

pub async fn run(build: &Build, groups: &[Group], duration: Duration, save: bool) -> Result<()> {
    let machine = Machine::now();
    let mut text = report::about(&machine, "PostgreSQL of the program", ROUNDS, duration);
    for Group(sizes) in groups {
        let book = measured(build, sizes, duration).await?;
        text.push_str(&report::sizes::write(&book, sizes));
    }
    println!("{text}");
    if save {
        report::save(Section::Sizes, &text)?;
    }
    Ok(())
}

/// Fills a group and measures it in turns.
async fn measured(build: &Build, sizes: &[Size], duration: Duration) -> Result<Book> {
    let mut book = Book::default();
    let mut filled = Vec::new();
    for size in sizes {
        filled.push(prepare(&mut book, &build.path, *size).await?);
    }
    for round in 0..ROUNDS {
        for place in 0..filled.len() {
            let filled = &filled[(place + round as usize) % filled.len()];
            eprintln!("round {} of {ROUNDS}: {}", round + 1, filled.size.name());
            measure::round(&mut book, &build.path, filled, duration).await?;
        }
    }
    Ok(book)
}

async fn prepare(book: &mut Book, binary: &Path, size: Size) -> Result<Filled> {
    eprintln!("filling: {}", size.name());
    let began = std::time::Instant::now();
    let data = Folder::make(&format!("{}-{}", size.messages, size.organizations))?;
    let bytes = fill::fill(binary, &data, size).await?;
    let seconds = began.elapsed().as_secs_f64();
    eprintln!("  {seconds:.0} s, {:.1} GiB", gib(bytes));
    book.note(&row(size), "fill s", seconds);
    book.note(&row(size), "GiB", gib(bytes));
    Ok(Filled { size, data })
}

fn gib(bytes: i64) -> f64 {
    bytes as f64 / f64::from(1 << 30)
}

/// The row of a size's own figures in the book.
pub fn row(size: Size) -> String {
    format!("size {}", size.name())
}

/// The row of one kind of load.
pub fn load_row(size: Size, load: &str) -> String {
    format!("size {}: {load}", size.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_groups_can_be_read() {
        let groups = USUAL
            .split('+')
            .map(|group| group.parse::<Group>().unwrap());
        assert_eq!(
            groups.map(|group| group.0.len()).collect::<Vec<_>>(),
            [3, 3]
        );
    }

    #[test]
    fn sizes_are_read_with_their_suffixes_and_must_fit() {
        let size: Size = "1m/1000".parse().unwrap();
        assert_eq!((size.messages, size.organizations), (1_000_000, 1_000));
        assert_eq!(size.name(), "1 million messages, 1000 organizations");
        assert_eq!("10k/1".parse::<Size>().unwrap().conversations(), 1_000);
        for wrong in ["10k", "10k/0", "10k/1001", "x/1", "1m/"] {
            assert!(wrong.parse::<Size>().is_err(), "{wrong}");
        }
    }
}
