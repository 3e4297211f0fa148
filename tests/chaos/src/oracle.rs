//! What must be true when everything has ended, whatever was killed, cut or broken meanwhile. Pure: it compares what was posted, what
//! the database holds and what platforms and model say, and returns every breach with the invariant that it breaks.

mod effects;
mod ended;
mod kept;
#[cfg(test)]
mod tests;

use crate::facts::World;

/// The promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Invariant {
    /// Nothing acknowledged is lost: it is stored once, or parked where people see it.
    I1,
    /// Nothing is invented: no message that nobody wrote, no answer to nothing, no effect that nobody attempted.
    I2,
    /// At most one accepted effect per outbound part; two where it is flagged as a possible duplicate.
    I3,
    /// Everything due ends, as answered, handed over or visibly failed; nothing stays leased, queued or unknown beyond its time.
    I4,
    /// Questions stand, and answers go out, in order within a conversation.
    I5,
    /// Everything happens in the right organization, from the right account, with its token, to the right person.
    I6,
    /// No planted secret in any log, answer or row.
    I7,
    /// Tokens charged are those that the model reported: never more, and never less unless the answer was cut off by a fault.
    I8,
}

/// A broken promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    pub invariant: Invariant,
    pub what: String,
}

impl std::fmt::Display for Breach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {}", self.invariant, self.what)
    }
}

/// Every breach; empty means that the promises were kept.
pub fn breaches(world: &World) -> Vec<Breach> {
    let mut found = Found::default();
    kept::check(world, &mut found);
    effects::check(world, &mut found);
    ended::check(world, &mut found);
    tokens(world, &mut found);
    for leak in &world.leaks {
        found.add(Invariant::I7, format!("secret: {leak}"));
    }
    found.0
}

/// Breaches as they are found.
#[derive(Default)]
struct Found(Vec<Breach>);

impl Found {
    fn add(&mut self, invariant: Invariant, what: String) {
        self.0.push(Breach { invariant, what });
    }
}

/// A worker that dies between the model's answer and its commit cannot charge, so less is a breach only where none died.
fn tokens(world: &World, found: &mut Found) {
    for (organization, tokens) in &world.tokens {
        let wrong = tokens.charged > tokens.reported
            || world.exact_tokens && tokens.charged != tokens.reported;
        if wrong {
            found.add(
                Invariant::I8,
                format!(
                    "charged: organization {organization} was charged {} tokens, the model reported {} in {} calls",
                    tokens.charged, tokens.reported, tokens.calls
                ),
            );
        }
    }
}
