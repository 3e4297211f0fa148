//! What the oracle compares: the posts, the rows, and the platforms' ledgers, each as plainly as it needs.

/// A customer's message that the harness posted.
#[derive(Debug, Clone)]
pub struct Posted {
    pub external_id: String,
    pub customer: Customer,
    /// As the platform tells it: seconds on WhatsApp, milliseconds elsewhere.
    pub platform_time_ms: i64,
    /// The server answered 200.
    pub acknowledged: bool,
}

/// A person, and where an answer must go.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Customer {
    /// The account's external id.
    pub account: String,
    pub token: String,
    pub id: String,
}

/// A row of `messages`.
#[derive(Debug, Clone)]
pub struct Message {
    pub id: String,
    pub conversation: String,
    pub author: String,
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

#[derive(Debug, Clone, Default)]
pub struct World {
    /// In the order in which they were posted first.
    pub posted: Vec<Posted>,
    /// By conversation, in its order.
    pub messages: Vec<Message>,
    pub parts: Vec<Part>,
    /// By start.
    pub attempts: Vec<Attempt>,
    /// In the order in which they were accepted.
    pub effects: Vec<Effect>,
}
