//! I1 and I2: what came in is there once, as it was written, and nothing else is.

use std::collections::{HashMap, HashSet};

use super::{Found, Invariant};
use crate::facts::{Message, Posted, World};

pub fn check(world: &World, found: &mut Found) {
    questions(world, found);
    answers_to_nothing(world, found);
}

/// Every acknowledged message is there exactly once, and none that nobody posted.
fn questions(world: &World, found: &mut Found) {
    let mut stored: HashMap<&str, Vec<&Message>> = HashMap::new();
    for message in by(world, "customer") {
        let id = message.external_id.as_deref().unwrap_or_default();
        stored.entry(id).or_default().push(message);
    }
    for posted in &world.posted {
        let id = &posted.external_id;
        let rows = stored.remove(id.as_str()).unwrap_or_default();
        if rows.is_empty() && posted.acknowledged_ms.is_some() && !is_parked(world, posted) {
            found.add(
                Invariant::I1,
                format!("lost: {id} was acknowledged and is not stored"),
            );
        }
        if rows.len() > 1 {
            found.add(Invariant::I2, format!("stored {} times: {id}", rows.len()));
        }
        if rows.iter().any(|row| row.text != posted.text) {
            found.add(
                Invariant::I2,
                format!("changed: {id} is stored with another text"),
            );
        }
    }
    for id in stored.keys() {
        found.add(Invariant::I2, format!("stored, but nobody posted it: {id}"));
    }
    for message in by(world, "human").chain(by(world, "note")) {
        let Message { id, author, .. } = message;
        found.add(
            Invariant::I2,
            format!("nobody but customers and agents wrote, yet {id} is by {author}"),
        );
    }
}

fn by<'a>(world: &'a World, author: &'a str) -> impl Iterator<Item = &'a Message> {
    world
        .messages
        .iter()
        .filter(move |message| message.author == author)
}

fn is_parked(world: &World, posted: &Posted) -> bool {
    // With its quotes, so that no id is found as the beginning of another.
    let id = format!("\"{}\"", posted.external_id);
    world.parked.iter().any(|body| body.contains(&id))
}

/// Every answer answers something: a question names it.
fn answers_to_nothing(world: &World, found: &mut Found) {
    let named: HashSet<&str> = world
        .messages
        .iter()
        .filter_map(|message| message.answered_by.as_deref())
        .collect();
    for answer in by(world, "agent").filter(|answer| !named.contains(answer.id.as_str())) {
        found.add(
            Invariant::I2,
            format!("answer to nothing: {} answers no question", answer.id),
        );
    }
}
