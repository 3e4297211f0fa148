//! The people who wrote to an account, and when: who they are, and whether the reply window is open.

use std::collections::HashMap;
use std::time::Duration;

/// Further people are not remembered: their window is not enforced, and nothing else changes.
const MAX_CUSTOMERS: usize = 500_000;

pub const REPLY_WINDOW: Duration = Duration::from_secs(24 * 3600);
pub const HUMAN_AGENT_WINDOW: Duration = Duration::from_secs(7 * 24 * 3600);

#[derive(Debug, Clone)]
pub struct Customer {
    pub name: String,
    pub last_message_ms: i64,
}

/// By account and person.
#[derive(Debug, Default)]
pub struct Customers(HashMap<String, HashMap<String, Customer>>);

impl Customers {
    pub fn wrote(&mut self, account: &str, id: &str, name: &str, time_ms: i64) {
        let known: usize = self.0.values().map(HashMap::len).sum();
        let people = self.0.entry(account.to_owned()).or_default();
        if known >= MAX_CUSTOMERS && !people.contains_key(id) {
            return;
        }
        people.insert(
            id.to_owned(),
            Customer {
                name: name.into(),
                last_message_ms: time_ms,
            },
        );
    }

    pub fn find(&self, account: &str, id: &str) -> Option<&Customer> {
        self.0.get(account)?.get(id)
    }

    /// Makes a person's last message this much older, so that windows close without waiting. False for strangers.
    pub fn age(&mut self, account: &str, id: &str, by: Duration) -> bool {
        let customer = self
            .0
            .get_mut(account)
            .and_then(|people| people.get_mut(id));
        let Some(customer) = customer else {
            return false;
        };
        customer.last_message_ms -= i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        true
    }
}

impl Customer {
    pub fn wrote_within(&self, window: Duration, now_ms: i64) -> bool {
        u128::try_from(now_ms - self.last_message_ms).is_ok_and(|ago| ago <= window.as_millis())
            || self.last_message_ms > now_ms
    }
}
