//! How long to wait before the next try: data and one pure function (R16).

use std::time::Duration;

/// After the first, second, ... failed attempt; the last one holds for all that follow.
const DELAYS_SECONDS: [u64; 7] = [2, 10, 30, 120, 600, 1_800, 3_600];

/// Longest wait that a platform or model may tell us to.
pub const LONGEST_TOLD: Duration = Duration::from_secs(3_600);

/// Attempts of one send, and how long they may take altogether (R16).
pub const MAX_SEND_ATTEMPTS: i32 = 12;
pub const MAX_SEND_AGE: Duration = Duration::from_secs(24 * 3_600);

/// The wait after `failed` attempts (from 1). `jitter` in 0..1 adds up to a quarter and never subtracts; what the other side told
/// wins where it is longer, up to an hour.
pub fn delay(failed: i32, told: Option<Duration>, jitter: f64) -> Duration {
    let index = usize::try_from(failed.max(1) - 1)
        .unwrap_or(usize::MAX)
        .min(DELAYS_SECONDS.len() - 1);
    let own =
        Duration::from_secs(DELAYS_SECONDS[index]).mul_f64(1.0 + 0.25 * jitter.clamp(0.0, 1.0));
    own.max(told.unwrap_or_default().min(LONGEST_TOLD))
}

/// A jitter for [`delay`] that differs between ids and attempts, with no random source to seed.
pub fn jitter(id: uuid::Uuid, attempt: i32) -> f64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    (id, attempt).hash(&mut hasher);
    f64::from((hasher.finish() >> 40) as u32) / f64::from(1_u32 << 24)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// R16: jitter only adds, at most a quarter; a told wait is honoured up to an hour.
        #[test]
        fn delays_stay_within_their_bounds(failed in -3..200_i32, told in proptest::option::of(0..100_000_u64), jitter in -1.0..2.0_f64) {
            let told = told.map(Duration::from_secs);
            let index = usize::try_from((failed.max(1) - 1).min(6)).unwrap();
            let base = Duration::from_secs(DELAYS_SECONDS[index]);
            let found = delay(failed, told, jitter);
            prop_assert!(found >= base);
            prop_assert!(found <= base.mul_f64(1.25).max(told.unwrap_or_default().min(LONGEST_TOLD)));
            prop_assert!(found >= told.unwrap_or_default().min(LONGEST_TOLD));
        }

        #[test]
        fn jitter_is_a_fraction(attempt in any::<i32>(), id in any::<u128>()) {
            let found = jitter(uuid::Uuid::from_u128(id), attempt);
            prop_assert!((0.0..1.0).contains(&found));
        }
    }

    #[test]
    fn later_attempts_never_wait_less() {
        for failed in 1..20 {
            assert!(delay(failed + 1, None, 0.0) >= delay(failed, None, 0.0));
        }
    }
}
