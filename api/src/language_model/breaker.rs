//! R18: a circuit breaker per model endpoint or account. Open means "later", not "failed".
//!
//! Time is an argument, so that the breaker can be tested without waiting; callers pass `Instant::now()` (monotonic, R20).

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// This many failures within [`WINDOW`] open the breaker.
const FAILURES: usize = 10;
const WINDOW: Duration = Duration::from_secs(30);
/// While open, one call per interval is let through to see whether things are better.
const PROBE_INTERVAL: Duration = Duration::from_secs(10);
/// This many successful probes in a row close it.
const SUCCESSES: u32 = 3;
/// R24: the most keys remembered. The one untouched for longest gives way.
const MOST_KEYS: usize = 10_000;

/// The breakers of all endpoints (or accounts) by key. Keys without trouble take no memory.
#[derive(Debug, Default)]
pub struct Breakers {
    by_key: Mutex<HashMap<String, Breaker>>,
}

#[derive(Debug)]
struct Breaker {
    failures: VecDeque<Instant>,
    open: Option<Open>,
    touched: Instant,
}

#[derive(Debug)]
struct Open {
    last_probe: Instant,
    successes: u32,
}

impl Breakers {
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether a call may be made now; if not, after how long to ask again. Allowing a probe counts as the interval's probe,
    /// so ask only when the call follows, and [`Self::record`] its end.
    pub fn allow(&self, key: &str, now: Instant) -> Result<(), Duration> {
        let mut by_key = self.lock();
        let Some(open) = by_key
            .get_mut(key)
            .and_then(|breaker| breaker.open.as_mut())
        else {
            return Ok(());
        };
        let since_probe = now.saturating_duration_since(open.last_probe);
        if since_probe < PROBE_INTERVAL {
            return Err(PROBE_INTERVAL - since_probe);
        }
        open.last_probe = now;
        Ok(())
    }

    /// Tells how a call ended. Only failures of the other side count (timeouts, 5xx), not refusals of one request.
    pub fn record(&self, key: &str, success: bool, now: Instant) {
        let mut by_key = self.lock();
        if success {
            if by_key
                .get_mut(key)
                .is_some_and(|breaker| breaker.succeeded(now))
            {
                by_key.remove(key);
            }
            return;
        }
        if by_key.len() >= MOST_KEYS && !by_key.contains_key(key) {
            make_room(&mut by_key);
        }
        by_key
            .entry(key.to_owned())
            .or_insert_with(|| Breaker::new(now))
            .failed(now);
    }

    /// How many breakers are open now, for the metrics (R92).
    pub fn open_count(&self) -> usize {
        self.lock()
            .values()
            .filter(|breaker| breaker.open.is_some())
            .count()
    }

    /// A panic elsewhere leaves the map usable: every change is complete in itself.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Breaker>> {
        self.by_key.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn make_room(by_key: &mut HashMap<String, Breaker>) {
    let oldest = by_key
        .iter()
        .min_by_key(|(_, breaker)| breaker.touched)
        .map(|(key, _)| key.clone());
    if let Some(oldest) = oldest {
        by_key.remove(&oldest);
    }
}

impl Breaker {
    fn new(now: Instant) -> Self {
        Self {
            failures: VecDeque::with_capacity(FAILURES),
            open: None,
            touched: now,
        }
    }

    fn failed(&mut self, now: Instant) {
        self.touched = now;
        if let Some(open) = &mut self.open {
            open.successes = 0;
            return;
        }
        self.failures.push_back(now);
        while self
            .failures
            .front()
            .is_some_and(|at| now.saturating_duration_since(*at) > WINDOW)
        {
            self.failures.pop_front();
        }
        if self.failures.len() >= FAILURES {
            self.failures.clear();
            self.open = Some(Open {
                last_probe: now,
                successes: 0,
            });
        }
    }

    /// True when the breaker closes.
    fn succeeded(&mut self, now: Instant) -> bool {
        self.touched = now;
        match &mut self.open {
            Some(open) => {
                open.successes += 1;
                open.successes >= SUCCESSES
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(at: Instant) -> Breakers {
        let breakers = Breakers::new();
        (0..FAILURES).for_each(|_| breakers.record("model", false, at));
        breakers
    }

    #[test]
    fn ten_failures_in_thirty_seconds_open_and_nine_do_not() {
        let (breakers, start) = (Breakers::new(), Instant::now());
        (0..9).for_each(|_| breakers.record("model", false, start));
        assert_eq!(breakers.allow("model", start), Ok(()));
        breakers.record("model", false, start);
        assert_eq!(breakers.allow("model", start), Err(PROBE_INTERVAL));
        assert_eq!(
            breakers.allow("another", start),
            Ok(()),
            "another endpoint is not concerned"
        );
    }

    #[test]
    fn slow_failures_never_open() {
        let (breakers, start) = (Breakers::new(), Instant::now());
        for n in 0..40 {
            breakers.record("model", false, start + Duration::from_secs(4 * n));
        }
        assert_eq!(
            breakers.allow("model", start + Duration::from_secs(160)),
            Ok(())
        );
    }

    #[test]
    fn one_probe_per_interval_and_three_successes_close() {
        let start = Instant::now();
        let breakers = opened(start);
        for probe in 1..=3 {
            let now = start + PROBE_INTERVAL * probe;
            assert_eq!(breakers.allow("model", now), Ok(()), "probe {probe}");
            assert!(breakers.allow("model", now).is_err(), "only one probe");
            breakers.record("model", true, now);
        }
        assert_eq!(breakers.allow("model", start + PROBE_INTERVAL * 3), Ok(()));
        assert_eq!(breakers.open_count(), 0);
    }

    #[test]
    fn a_failed_probe_starts_the_count_again() {
        let start = Instant::now();
        let breakers = opened(start);
        for (probe, success) in [true, true, false, true, true].into_iter().enumerate() {
            let now = start + PROBE_INTERVAL * (probe as u32 + 1);
            assert_eq!(breakers.allow("model", now), Ok(()));
            breakers.record("model", success, now);
        }
        assert_eq!(breakers.open_count(), 1);
    }

    #[test]
    fn the_map_is_bounded() {
        let (breakers, start) = (Breakers::new(), Instant::now());
        for n in 0..=MOST_KEYS as u64 {
            breakers.record(&n.to_string(), false, start + Duration::from_millis(n));
        }
        let by_key = breakers.lock();
        assert_eq!(by_key.len(), MOST_KEYS);
        assert!(!by_key.contains_key("0"), "the oldest gave way");
    }
}
