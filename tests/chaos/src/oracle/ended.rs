//! I4: every question and every answer has come to an end that somebody can see.

use std::collections::HashSet;

use super::{Found, Invariant};
use crate::facts::{Message, World};

pub fn check(world: &World, found: &mut Found) {
    let agents: HashSet<&str> = world
        .messages
        .iter()
        .filter(|message| message.author == "agent")
        .map(|message| message.id.as_str())
        .collect();
    for message in &world.messages {
        let ended = match message.author.as_str() {
            "customer" => question_ended(world, message, &agents),
            "agent" => answer_ended(world, message),
            _ => true,
        };
        if !ended {
            let Message {
                id,
                author,
                state,
                answer_state,
                ..
            } = message;
            found.add(
                Invariant::I4,
                format!("not ended: {id} by {author}, {state}, {answer_state:?}"),
            );
        }
    }
    for part in world
        .parts
        .iter()
        .filter(|part| matches!(part.state.as_str(), "queued" | "sending"))
    {
        found.add(
            Invariant::I4,
            format!(
                "not ended: part {} of {} is {}",
                part.number, part.message, part.state
            ),
        );
    }
    for row in &world.open {
        found.add(Invariant::I4, format!("still open: {row}"));
    }
}

fn question_ended(world: &World, message: &Message, agents: &HashSet<&str>) -> bool {
    match message.answer_state.as_deref() {
        Some("answered") => message
            .answered_by
            .as_deref()
            .is_some_and(|answer| agents.contains(answer)),
        Some("handed_over" | "not_due") => true,
        // Given up, and listed as such.
        Some("due") => world.given_up.contains(&message.conversation),
        _ => false,
    }
}

/// Unknown is shown as not confirmed; a failure calls for a person, and so does what was held back for one.
fn answer_ended(world: &World, message: &Message) -> bool {
    let seen = world.calling.contains(&message.conversation)
        || world.given_up.contains(&message.conversation);
    match message.state.as_str() {
        "sent" | "unknown" | "cancelled" => message.answer_state.is_none(),
        "failed" => seen,
        _ => false,
    }
}
