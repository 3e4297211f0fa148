//! What must be true when everything has ended, whenever the server was killed. Pure: it compares what was posted, what the database
//! holds and what the platforms accepted, and returns every breach as a sentence.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::facts::{Attempt, Customer, World};

type PartKey<'a> = (&'a str, i32);

/// Every breach of the promises; empty means that they were kept.
pub fn breaches(world: &World) -> Vec<String> {
    let mut found = lost(world);
    found.extend(unfinished(world));
    let sent = attribute(world, &mut found);
    found.extend(doubled(world, &sent));
    found.extend(misordered_answers(world, &sent));
    found.extend(misordered_questions(world));
    found
}

/// Every acknowledged message is there exactly once, and none that nobody posted.
fn lost(world: &World) -> Vec<String> {
    let mut stored: HashMap<&str, usize> = HashMap::new();
    for message in world
        .messages
        .iter()
        .filter(|message| message.author == "customer")
    {
        *stored
            .entry(message.external_id.as_deref().unwrap_or_default())
            .or_default() += 1;
    }
    let mut found = Vec::new();
    for posted in &world.posted {
        match (
            stored.remove(posted.external_id.as_str()),
            posted.acknowledged,
        ) {
            (None, true) => found.push(format!(
                "lost: {} was acknowledged and is not stored",
                posted.external_id
            )),
            (Some(count), _) if count > 1 => {
                found.push(format!("stored {count} times: {}", posted.external_id))
            }
            _ => {}
        }
    }
    found.extend(
        stored
            .keys()
            .map(|id| format!("stored, but nobody posted it: {id}")),
    );
    let others = world
        .messages
        .iter()
        .filter(|message| !matches!(message.author.as_str(), "customer" | "agent"));
    found.extend(others.map(|message| {
        format!(
            "nobody but customers and the agent wrote, yet {} is by {}",
            message.id, message.author
        )
    }));
    found
}

/// Every question has an end, every answer too.
fn unfinished(world: &World) -> Vec<String> {
    let agents: HashSet<&str> = world
        .messages
        .iter()
        .filter(|message| message.author == "agent")
        .map(|message| message.id.as_str())
        .collect();
    let mut found = Vec::new();
    for message in &world.messages {
        let ended = match (message.author.as_str(), message.answer_state.as_deref()) {
            ("customer", Some("answered")) => message
                .answered_by
                .as_deref()
                .is_some_and(|answer| agents.contains(answer)),
            ("customer", Some("handed_over" | "not_due")) => true,
            ("agent", None) => matches!(message.state.as_str(), "sent" | "unknown"),
            ("customer" | "agent", _) => false,
            // Complained of as such already.
            _ => true,
        };
        if !ended {
            found.push(format!(
                "not ended: {} by {}, {}, {:?}",
                message.id, message.author, message.state, message.answer_state
            ));
        }
    }
    let open = world
        .parts
        .iter()
        .filter(|part| matches!(part.state.as_str(), "queued" | "sending"));
    found.extend(open.map(|part| {
        format!(
            "not ended: part {} of {} is {}",
            part.number, part.message, part.state
        )
    }));
    found
}

/// Which part each effect is of: by our delivery id, or, where the platform takes none, by the latest attempt to this person before
/// it (one conversation sends one thing at a time). Breaches: an effect that nobody attempted, or that went elsewhere.
fn attribute<'a>(world: &'a World, found: &mut Vec<String>) -> Vec<Option<PartKey<'a>>> {
    let attempts: HashMap<&str, &Attempt> = world
        .attempts
        .iter()
        .map(|attempt| (attempt.id.as_str(), attempt))
        .collect();
    let people = people(world);
    let mut sent = Vec::new();
    for effect in &world.effects {
        let attempt = match &effect.correlation {
            Some(id) => attempts.get(id.as_str()).copied(),
            None => world.attempts.iter().rfind(|attempt| {
                attempt.started_ms <= effect.time_ms
                    && people.get(attempt.message.as_str()).is_some_and(|person| {
                        person.id == effect.recipient && person.account == effect.account
                    })
            }),
        };
        let Some(attempt) = attempt else {
            found.push(format!(
                "an effect that nobody attempted, to {}",
                effect.recipient
            ));
            sent.push(None);
            continue;
        };
        match people.get(attempt.message.as_str()) {
            Some(person)
                if person.id == effect.recipient
                    && person.account == effect.account
                    && person.token == effect.token => {}
            _ => found.push(format!(
                "misdirected: {} went to {} from {}",
                attempt.message, effect.recipient, effect.account
            )),
        }
        sent.push(Some((attempt.message.as_str(), attempt.part)));
    }
    sent
}

/// Whose conversation each message stands in, known from the customer's own messages there.
fn people(world: &World) -> HashMap<&str, &Customer> {
    let posted: HashMap<&str, &Customer> = world
        .posted
        .iter()
        .map(|posted| (posted.external_id.as_str(), &posted.customer))
        .collect();
    let conversations: HashMap<&str, &Customer> = world
        .messages
        .iter()
        .filter_map(|message| {
            Some((
                message.conversation.as_str(),
                *posted.get(message.external_id.as_deref()?)?,
            ))
        })
        .collect();
    let messages = world.messages.iter();
    messages
        .filter_map(|message| {
            Some((
                message.id.as_str(),
                *conversations.get(message.conversation.as_str())?,
            ))
        })
        .collect()
}

/// At most one effect of each part, two where it is flagged, and one at least where it counts as sent.
fn doubled(world: &World, sent: &[Option<PartKey<'_>>]) -> Vec<String> {
    let mut effects: HashMap<PartKey<'_>, usize> = HashMap::new();
    for part in sent.iter().flatten() {
        *effects.entry(*part).or_default() += 1;
    }
    let mut found = Vec::new();
    for part in &world.parts {
        let count = effects
            .get(&(part.message.as_str(), part.number))
            .copied()
            .unwrap_or_default();
        let most = if part.possible_duplicate { 2 } else { 1 };
        if count > most {
            found.push(format!(
                "doubled: part {} of {} was sent {count} times, flagged: {}",
                part.number, part.message, part.possible_duplicate
            ));
        }
        if count == 0 && part.state == "sent" {
            found.push(format!(
                "never sent: part {} of {} counts as sent",
                part.number, part.message
            ));
        }
    }
    found
}

/// In each conversation the platform got the answers in the order of the rows.
fn misordered_answers(world: &World, sent: &[Option<PartKey<'_>>]) -> Vec<String> {
    let places: HashMap<&str, usize> = world
        .messages
        .iter()
        .enumerate()
        .map(|(place, message)| (message.id.as_str(), place))
        .collect();
    let mut reached: HashMap<&str, (usize, i32)> = HashMap::new();
    let mut found = Vec::new();
    for (message, part) in sent.iter().flatten() {
        let Some(&place) = places.get(message) else {
            continue;
        };
        let conversation = world.messages[place].conversation.as_str();
        let last = reached.insert(conversation, (place, *part));
        if last.is_some_and(|last| last > (place, *part)) {
            found.push(format!("misordered: part {part} of {message} was sent after a later one of conversation {conversation}"));
        }
    }
    found
}

/// In each conversation the customer's messages stand in the order of the platform's time; equal times may stand as they came.
fn misordered_questions(world: &World) -> Vec<String> {
    let times: HashMap<&str, i64> = world
        .posted
        .iter()
        .map(|posted| (posted.external_id.as_str(), posted.platform_time_ms))
        .collect();
    let mut last: BTreeMap<&str, i64> = BTreeMap::new();
    let mut found = Vec::new();
    for message in &world.messages {
        let Some(&time) = message.external_id.as_deref().and_then(|id| times.get(id)) else {
            continue;
        };
        let before = last.insert(message.conversation.as_str(), time);
        if before.is_some_and(|before| before > time) {
            found.push(format!(
                "misordered: {} stands behind a later message of its conversation",
                message.id
            ));
        }
    }
    found
}
