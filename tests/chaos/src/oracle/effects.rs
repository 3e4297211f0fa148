//! I3, I5 and I6, and I2 of effects: what the platforms accepted, part by part.

use std::collections::{BTreeMap, HashMap};

use super::{Found, Invariant};
use crate::facts::{Attempt, Customer, Effect, Part, World};

type PartKey<'a> = (&'a str, i32);

pub fn check(world: &World, found: &mut Found) {
    let people = People::of(world);
    let sent = attribute(world, &people, found);
    doubled(world, &sent, found);
    misordered_answers(world, &sent, found);
    misordered_questions(world, found);
    people.in_one_organization(world, found);
}

/// Whose conversation each message stands in, known from the customer's own messages there.
struct People<'a> {
    by_message: HashMap<&'a str, &'a Customer>,
}

impl<'a> People<'a> {
    fn of(world: &'a World) -> Self {
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
        let by_message = world
            .messages
            .iter()
            .filter_map(|message| {
                Some((
                    message.id.as_str(),
                    *conversations.get(message.conversation.as_str())?,
                ))
            })
            .collect();
        Self { by_message }
    }

    fn get(&self, message: &str) -> Option<&'a Customer> {
        self.by_message.get(message).copied()
    }

    /// Every row stands where its account belongs, and a conversation is with one person.
    fn in_one_organization(&self, world: &World, found: &mut Found) {
        let posted: HashMap<&str, &Customer> = world
            .posted
            .iter()
            .map(|posted| (posted.external_id.as_str(), &posted.customer))
            .collect();
        for message in &world.messages {
            let Some(person) = self.get(&message.id) else {
                continue;
            };
            let owner = world
                .accounts
                .get(&person.account)
                .map(|owner| owner.organization.as_str());
            if owner != Some(message.organization.as_str()) {
                found.add(
                    Invariant::I6,
                    format!(
                        "foreign: {} stands in organization {}",
                        message.id, message.organization
                    ),
                );
            }
            let writer = message.external_id.as_deref().and_then(|id| posted.get(id));
            if writer.is_some_and(|writer| *writer != person) {
                found.add(
                    Invariant::I6,
                    format!(
                        "mixed: {} stands in another person's conversation",
                        message.id
                    ),
                );
            }
        }
    }
}

/// Which part each effect is of. Breaches: an effect that nobody attempted, or that went elsewhere.
fn attribute<'a>(
    world: &'a World,
    people: &People<'_>,
    found: &mut Found,
) -> Vec<Option<PartKey<'a>>> {
    let attempts: HashMap<&str, &Attempt> = world
        .attempts
        .iter()
        .map(|attempt| (attempt.id.as_str(), attempt))
        .collect();
    let parts: HashMap<PartKey<'_>, &Part> = world
        .parts
        .iter()
        .map(|part| ((part.message.as_str(), part.number), part))
        .collect();
    let mut sent = Vec::new();
    for effect in &world.effects {
        let attempt = match &effect.correlation {
            Some(id) => attempts.get(id.as_str()).copied(),
            None => likely_attempt(world, people, &parts, effect),
        };
        let Some(attempt) = attempt else {
            found.add(
                Invariant::I2,
                format!("an effect that nobody attempted, to {}", effect.recipient),
            );
            sent.push(None);
            continue;
        };
        if !is_addressed(world, people.get(&attempt.message), effect) {
            found.add(
                Invariant::I6,
                format!(
                    "misdirected: {} went to {} from {}",
                    attempt.message, effect.recipient, effect.account
                ),
            );
        }
        sent.push(Some((attempt.message.as_str(), attempt.part)));
    }
    sent
}

/// Where the platform takes no delivery id: the latest attempt before it, to this person and with this text; one conversation sends
/// one thing at a time.
fn likely_attempt<'a>(
    world: &'a World,
    people: &People<'_>,
    parts: &HashMap<PartKey<'_>, &Part>,
    effect: &Effect,
) -> Option<&'a Attempt> {
    world.attempts.iter().rfind(|attempt| {
        let text = parts
            .get(&(attempt.message.as_str(), attempt.part))
            .map(|part| part.text.as_str());
        attempt.started_ms <= effect.time_ms
            && text == Some(effect.text.as_str())
            && people.get(&attempt.message).is_some_and(|person| {
                person.id == effect.recipient && person.account == effect.account
            })
    })
}

fn is_addressed(world: &World, person: Option<&Customer>, effect: &Effect) -> bool {
    let tokens = world
        .accounts
        .get(&effect.account)
        .map(|owner| &owner.tokens);
    person.is_some_and(|person| person.id == effect.recipient && person.account == effect.account)
        && tokens.is_some_and(|tokens| tokens.contains(&effect.token))
}

/// At most one effect of each part, two where it is flagged, and one at least where it counts as sent.
fn doubled(world: &World, sent: &[Option<PartKey<'_>>], found: &mut Found) {
    let mut effects: HashMap<PartKey<'_>, usize> = HashMap::new();
    for part in sent.iter().flatten() {
        *effects.entry(*part).or_default() += 1;
    }
    for part in &world.parts {
        let count = effects
            .get(&(part.message.as_str(), part.number))
            .copied()
            .unwrap_or_default();
        let Part {
            message,
            number,
            possible_duplicate: flagged,
            ..
        } = part;
        if count > if *flagged { 2 } else { 1 } {
            found.add(
                Invariant::I3,
                format!(
                    "doubled: part {number} of {message} was sent {count} times, flagged: {flagged}"
                ),
            );
        }
        if count == 0 && part.state == "sent" {
            found.add(
                Invariant::I4,
                format!("never sent: part {number} of {message} counts as sent"),
            );
        }
    }
}

/// In each conversation the platform got the answers in the order of the rows.
fn misordered_answers(world: &World, sent: &[Option<PartKey<'_>>], found: &mut Found) {
    let places: HashMap<&str, usize> = world
        .messages
        .iter()
        .enumerate()
        .map(|(place, message)| (message.id.as_str(), place))
        .collect();
    let mut reached: HashMap<&str, (usize, i32)> = HashMap::new();
    for (message, part) in sent.iter().flatten() {
        let Some(&place) = places.get(message) else {
            continue;
        };
        let conversation = world.messages[place].conversation.as_str();
        let last = reached.insert(conversation, (place, *part));
        if last.is_some_and(|last| last > (place, *part)) {
            found.add(Invariant::I5, format!("misordered: part {part} of {message} was sent after a later one of conversation {conversation}"));
        }
    }
}

/// In each conversation the customer's messages stand in the order of the platform's time; equal times may stand as they came.
fn misordered_questions(world: &World, found: &mut Found) {
    let times: HashMap<&str, i64> = world
        .posted
        .iter()
        .map(|posted| (posted.external_id.as_str(), posted.platform_time_ms))
        .collect();
    let mut last: BTreeMap<&str, i64> = BTreeMap::new();
    for message in &world.messages {
        let Some(&time) = message.external_id.as_deref().and_then(|id| times.get(id)) else {
            continue;
        };
        let before = last.insert(message.conversation.as_str(), time);
        if before.is_some_and(|before| before > time) {
            found.add(
                Invariant::I5,
                format!(
                    "misordered: {} stands behind a later message of its conversation",
                    message.id
                ),
            );
        }
    }
}
