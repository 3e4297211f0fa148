//! What happens when: 1,000 messages of 100 conversations at a steady rate, in bursts, and the moments of the kills. The same seed
//! gives the same plan.

use std::time::Duration;

use super::random::Random;

pub const CONVERSATIONS: usize = 100;
pub const MESSAGES_EACH: usize = 10;
pub const KILLS: usize = 10;
/// People send up to this many short messages in a row.
const LONGEST_BURST: usize = 4;

/// A message to be posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    pub at: Duration,
    pub conversation: usize,
    /// Its place in the conversation, from 0.
    pub number: usize,
}

pub struct Plan {
    /// By time; one conversation's messages in their order.
    pub messages: Vec<Planned>,
    pub kills: Vec<Duration>,
}

impl Plan {
    pub fn new(seed: u64, window: Duration) -> Self {
        let mut random = Random::new(seed);
        let mut order = Vec::new();
        let mut sent = [0; CONVERSATIONS];
        let mut open: Vec<usize> = (0..CONVERSATIONS).collect();
        while !open.is_empty() {
            let place = random.below(open.len());
            let conversation = open[place];
            let left = MESSAGES_EACH - sent[conversation];
            for _ in 0..(1 + random.below(LONGEST_BURST)).min(left) {
                order.push((conversation, sent[conversation]));
                sent[conversation] += 1;
            }
            if sent[conversation] == MESSAGES_EACH {
                open.swap_remove(place);
            }
        }
        let step = window / u32::try_from(order.len()).unwrap();
        let at = |index: usize| step * u32::try_from(index).unwrap();
        let messages = order.iter().enumerate();
        let messages = messages
            .map(|(index, &(conversation, number))| Planned {
                at: at(index),
                conversation,
                number,
            })
            .collect();
        // One in each tenth of the time, anywhere in it: some come while the server is still starting.
        let slice = window / u32::try_from(KILLS).unwrap();
        let kills = (0..KILLS)
            .map(|kill| slice.mul_f64(kill as f64 + random.unit()))
            .collect();
        Self { messages, kills }
    }
}

#[test]
fn a_plan_holds_every_message_once_in_order_and_all_kills() {
    let window = Duration::from_secs(30);
    let plan = Plan::new(7, window);
    assert_eq!(plan.messages, Plan::new(7, window).messages);
    assert_ne!(plan.messages, Plan::new(8, window).messages);
    assert_eq!(plan.messages.len(), CONVERSATIONS * MESSAGES_EACH);
    assert!(plan.messages.is_sorted_by_key(|message| message.at));
    for conversation in 0..CONVERSATIONS {
        let numbers: Vec<usize> = plan
            .messages
            .iter()
            .filter(|message| message.conversation == conversation)
            .map(|message| message.number)
            .collect();
        assert_eq!(numbers, (0..MESSAGES_EACH).collect::<Vec<_>>());
    }
    assert_eq!(plan.kills.len(), KILLS);
    assert!(plan.kills.is_sorted() && plan.kills.iter().all(|kill| *kill < window));
}
