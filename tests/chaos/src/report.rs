//! What a run came to, in numbers per class and one verdict.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::facts::World;
use crate::load::Traffic;
use crate::oracle::Breach;

/// Breaches shown in full; the world's folder holds the rest.
const SHOWN: usize = 20;

/// Counts by class.
pub type Counts = BTreeMap<&'static str, usize>;

/// One scenario's end.
#[derive(Debug)]
pub struct Report {
    pub scenario: String,
    pub seed: u64,
    pub took: Duration,
    pub counts: Counts,
    /// Faults that happened.
    pub faults: Counts,
    pub breaches: Vec<Breach>,
    /// What went wrong beside the invariants.
    pub trouble: Vec<String>,
}

impl Report {
    pub fn is_good(&self) -> bool {
        self.breaches.is_empty() && self.trouble.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.is_good() { "kept" } else { "BROKEN" };
        let seconds = self.took.as_secs_f64();
        writeln!(
            f,
            "{verdict:6} {} (seed {}, {seconds:.1} s)",
            self.scenario, self.seed
        )?;
        writeln!(f, "       {}", listed(&self.counts))?;
        write!(f, "       faults: {}", listed(&self.faults))?;
        for trouble in &self.trouble {
            write!(f, "\n       !! {trouble}")?;
        }
        for breach in self.breaches.iter().take(SHOWN) {
            write!(f, "\n       !! {breach}")?;
        }
        if self.breaches.len() > SHOWN {
            write!(f, "\n       !! and {} more", self.breaches.len() - SHOWN)?;
        }
        Ok(())
    }
}

fn listed(counts: &Counts) -> String {
    let words: Vec<String> = counts
        .iter()
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    words.join(", ")
}

/// The classes of everything that came in and went out.
pub fn counts(world: &World, traffic: &Traffic) -> Counts {
    let questions = |state: &str| {
        let is = |message: &&crate::facts::Message| message.answer_state.as_deref() == Some(state);
        world.messages.iter().filter(is).count()
    };
    let parts = |state: &str| {
        world
            .parts
            .iter()
            .filter(|part| part.state == state)
            .count()
    };
    let outcomes = |outcome: Option<&str>| {
        let is = |attempt: &&crate::facts::Attempt| attempt.outcome.as_deref() == outcome;
        world.attempts.iter().filter(is).count()
    };
    let stored = world
        .messages
        .iter()
        .filter(|message| message.author == "customer")
        .count();
    let mut attempts: BTreeMap<(&str, i32), usize> = BTreeMap::new();
    for attempt in &world.attempts {
        *attempts
            .entry((&attempt.message, attempt.part))
            .or_default() += 1;
    }
    Counts::from([
        ("acknowledged", traffic.acknowledged()),
        ("posts refused", traffic.refused),
        ("messages", stored),
        ("answered", questions("answered")),
        ("handed over", questions("handed_over")),
        ("not due", questions("not_due")),
        ("parked", world.parked.len()),
        ("given up", world.given_up.len()),
        ("attempts sent", outcomes(Some("sent"))),
        ("attempts unknown", outcomes(Some("unknown"))),
        ("attempts put off", outcomes(Some("try_later"))),
        ("attempts on a dead token", outcomes(Some("account_broken"))),
        ("attempts lost", outcomes(None)),
        ("parts", world.parts.len()),
        ("parts sent", parts("sent")),
        ("not confirmed", parts("unknown")),
        ("visibly failed", parts("failed")),
        ("cancelled", parts("cancelled")),
        ("accepted effects", world.effects.len()),
        (
            "possible duplicates",
            world
                .parts
                .iter()
                .filter(|part| part.possible_duplicate)
                .count(),
        ),
        (
            "parts tried again",
            attempts.values().filter(|count| **count > 1).count(),
        ),
        (
            "model answers",
            world.tokens.values().map(|tokens| tokens.calls).sum(),
        ),
    ])
}
