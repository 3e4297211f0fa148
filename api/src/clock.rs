//! The only caller of `Utc::now`. Tests move the clock; across processes the database's clock decides (R20).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

/// The wall clock, with an offset that only tests set.
#[derive(Debug, Clone)]
pub struct Clock {
    offset_ms: Arc<AtomicI64>,
}

impl Default for Clock {
    fn default() -> Self {
        Self {
            offset_ms: Arc::new(AtomicI64::new(crate::fail_points::clock_offset_ms())),
        }
    }
}

impl Clock {
    pub fn now(&self) -> DateTime<Utc> {
        #[expect(clippy::disallowed_methods, reason = "the one place")]
        let now = Utc::now();
        now + TimeDelta::milliseconds(self.offset_ms.load(Ordering::Relaxed))
    }

    /// Moves this clock and its clones forward.
    pub fn advance(&self, by: std::time::Duration) {
        self.offset_ms.fetch_add(
            i64::try_from(by.as_millis()).unwrap_or(i64::MAX),
            Ordering::Relaxed,
        );
    }
}
