//! What happens when: messages at a steady rate, in bursts as people write, and moments for faults. The same seed gives the same plan.

use std::time::Duration;

use crate::random::Random;

/// People send up to this many short messages in a row.
const LONGEST_BURST: usize = 4;

/// How much is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub conversations: usize,
    pub messages_each: usize,
    pub window: Duration,
}

/// A message to be posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    pub at: Duration,
    pub conversation: usize,
    /// Its place in the conversation, from 0.
    pub number: usize,
}

/// Every message by time; one conversation's in their order.
pub fn messages(seed: u64, size: Size) -> Vec<Planned> {
    let mut random = Random::new(seed);
    let mut order = Vec::new();
    let mut sent = vec![0; size.conversations];
    let mut open: Vec<usize> = (0..size.conversations).collect();
    while !open.is_empty() {
        let place = random.below(open.len());
        let conversation = open[place];
        let left = size.messages_each - sent[conversation];
        for _ in 0..(1 + random.below(LONGEST_BURST)).min(left) {
            order.push((conversation, sent[conversation]));
            sent[conversation] += 1;
        }
        if sent[conversation] >= size.messages_each {
            open.swap_remove(place);
        }
    }
    let step = size.window.div_f64(order.len().max(1) as f64);
    let planned = |(index, &(conversation, number)): (usize, &(usize, usize))| Planned {
        at: step.mul_f64(index as f64),
        conversation,
        number,
    };
    order.iter().enumerate().map(planned).collect()
}

/// One moment in each slice of the time, anywhere in it: some come while what fell before is still starting.
pub fn moments(seed: u64, count: usize, window: Duration) -> Vec<Duration> {
    let mut random = Random::new(seed ^ 0x6b69_6c6c);
    let slice = window.div_f64(count.max(1) as f64);
    (0..count)
        .map(|moment| slice.mul_f64(moment as f64 + random.unit()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_holds_every_message_once_in_order() {
        let size = Size {
            conversations: 30,
            messages_each: 7,
            window: Duration::from_secs(30),
        };
        let plan = messages(7, size);
        assert_eq!(plan, messages(7, size));
        assert_ne!(plan, messages(8, size));
        assert_eq!(plan.len(), 210);
        assert!(plan.is_sorted_by_key(|message| message.at));
        for conversation in 0..size.conversations {
            let own = plan
                .iter()
                .filter(|message| message.conversation == conversation);
            let numbers: Vec<usize> = own.map(|message| message.number).collect();
            assert_eq!(numbers, (0..size.messages_each).collect::<Vec<_>>());
        }
    }

    #[test]
    fn moments_are_spread_over_the_window() {
        let window = Duration::from_secs(30);
        let moments = moments(7, 10, window);
        assert_eq!(moments.len(), 10);
        assert!(moments.is_sorted() && moments.iter().all(|moment| *moment < window));
    }
}
