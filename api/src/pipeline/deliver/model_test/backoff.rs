//! R16 whole: the waits between the attempts of one send, from the first to the last.

use std::time::Duration;

use proptest::prelude::*;

use crate::worker::retry::{LONGEST_TOLD, MAX_SEND_AGE, MAX_SEND_ATTEMPTS, delay, jitter};

/// As the rule is written: seconds after the first, second ... failure, then hourly.
const RULE: [u64; 11] = [
    2, 10, 30, 120, 600, 1_800, 3_600, 3_600, 3_600, 3_600, 3_600,
];

#[test]
fn without_jitter_the_waits_are_those_of_the_rule() {
    let waits = (1..MAX_SEND_ATTEMPTS).map(|failed| delay(failed, None, 0.0).as_secs());
    assert_eq!(waits.collect::<Vec<_>>(), RULE);
    assert_eq!(
        (MAX_SEND_ATTEMPTS, MAX_SEND_AGE.as_secs()),
        (12, 24 * 3_600)
    );
}

proptest! {
    /// Twelve attempts and no more fit into their day, whatever jitter and platform say.
    #[test]
    fn a_send_is_over_within_a_day(message in any::<u128>(), told in prop::collection::vec(prop::option::of(0..200_000_u64), 11)) {
        let mut passed = Duration::ZERO;
        for (failed, told) in (1..).zip(told) {
            let told = told.map(Duration::from_secs);
            let jitter = jitter(uuid::Uuid::from_u128(message), failed);
            let wait = delay(failed, told, jitter);
            let own = Duration::from_secs(RULE[usize::try_from(failed).unwrap() - 1]);
            let asked = told.unwrap_or_default().min(LONGEST_TOLD);
            prop_assert!(wait >= own.max(asked) && wait <= own.mul_f64(1.25).max(asked), "{failed}: {wait:?}");
            passed += wait;
        }
        prop_assert!(passed <= MAX_SEND_AGE, "{passed:?}");
    }

    /// Two messages that failed together do not come back together.
    #[test]
    fn jitter_spreads(messages in prop::collection::hash_set(any::<u128>(), 8)) {
        let waits: std::collections::HashSet<Duration> =
            messages.into_iter().map(|message| delay(4, None, jitter(uuid::Uuid::from_u128(message), 4))).collect();
        prop_assert!(waits.len() >= 7, "{waits:?}");
    }
}
