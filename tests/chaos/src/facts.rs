//! What the oracle compares: the posts, the rows, and the ledgers of platforms and model, each as plainly as it needs.

use std::collections::{BTreeMap, BTreeSet};

/// A customer's message that the load generator posted.
#[derive(Debug, Clone)]
pub struct Posted {
    pub external_id: String,
    pub customer: Customer,
    pub text: String,
    /// As the platform tells it: seconds on WhatsApp, milliseconds elsewhere.
    pub platform_time_ms: i64,
    /// When the server answered 200; none: it never did.
    pub acknowledged_ms: Option<i64>,
}

/// A person, and where an answer must go.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Customer {
    /// The account's external id.
    pub account: String,
    pub id: String,
}

/// Whose an account is.
#[derive(Debug, Clone, Default)]
pub struct Owner {
    pub organization: String,
    /// All that it ever had: reconnecting changes the token.
    pub tokens: BTreeSet<String>,
}

/// A row of `messages`.
#[derive(Debug, Clone, Default)]
pub struct Message {
    pub id: String,
    pub organization: String,
    pub conversation: String,
    pub author: String,
    pub text: String,
    pub external_id: Option<String>,
    pub state: String,
    pub answer_state: Option<String>,
    pub answered_by: Option<String>,
}

/// A row of `message_parts`.
#[derive(Debug, Clone)]
pub struct Part {
    pub message: String,
    pub number: i32,
    pub text: String,
    pub state: String,
    pub possible_duplicate: bool,
}

/// A row of `deliveries`: one attempt.
#[derive(Debug, Clone)]
pub struct Attempt {
    pub id: String,
    pub message: String,
    pub part: i32,
    pub started_ms: i64,
    /// How the server classed its end; none while it has none.
    pub outcome: Option<String>,
}

/// A message that a platform accepted.
#[derive(Debug, Clone)]
pub struct Effect {
    pub account: String,
    pub token: String,
    pub recipient: String,
    /// Our delivery id, where the platform takes one.
    pub correlation: Option<String>,
    pub time_ms: i64,
    pub text: String,
}

impl From<sandbox::graph::Effect> for Effect {
    fn from(found: sandbox::graph::Effect) -> Self {
        Self {
            account: found.account,
            token: found.token,
            recipient: found.recipient,
            correlation: found.correlation,
            time_ms: found.time_ms,
            text: found.text.unwrap_or_default(),
        }
    }
}

/// Tokens of one organization.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Calls whose usage the model reported.
    pub calls: usize,
    pub reported: i64,
    pub charged: i64,
}

/// Everything there is to know once all has ended.
#[derive(Debug, Clone, Default)]
pub struct World {
    /// In the order in which they were posted first.
    pub posted: Vec<Posted>,
    /// By the account's external id.
    pub accounts: BTreeMap<String, Owner>,
    /// By conversation, in its order.
    pub messages: Vec<Message>,
    pub parts: Vec<Part>,
    /// By start.
    pub attempts: Vec<Attempt>,
    /// In the order in which they were accepted.
    pub effects: Vec<Effect>,
    /// Conversations that call for a person.
    pub calling: BTreeSet<String>,
    /// Conversations with a job that was given up, which their people see and may replay (R19).
    pub given_up: BTreeSet<String>,
    /// What was stored and not worked on, as it came: given up, where people see it and may replay it (R7, R19), or still waiting, which
    /// is a row of `open` too.
    pub parked: Vec<String>,
    /// Rows that wait, run or are leased although everything should have ended, in words.
    pub open: Vec<String>,
    /// By organization.
    pub tokens: BTreeMap<String, Tokens>,
    /// No process was killed and no call cut: every token that the model reported can have been charged.
    pub exact_tokens: bool,
    /// Where planted secrets were found, in words.
    pub leaks: Vec<String>,
}
