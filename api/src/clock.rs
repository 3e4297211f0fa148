//! The only caller of `Utc::now`. Tests move the clock; across processes the database's clock decides (R20).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::db::{Db, DbError};

/// How often it is set by the database's clock.
const EVERY: Duration = Duration::from_secs(30);
/// What it is off by and left alone: the way to the database and back takes time too.
const TOLERANCE: TimeDelta = TimeDelta::milliseconds(500);

/// The wall clock of this machine, corrected by what it is off from the database's: processes on machines whose clocks differ agree on
/// tokens, windows and pauses all the same.
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

    /// Moves this clock and its clones.
    fn shift(&self, by: TimeDelta) {
        self.offset_ms
            .fetch_add(by.num_milliseconds(), Ordering::Relaxed);
    }

    /// Moves this clock and its clones forward.
    pub fn advance(&self, by: Duration) {
        self.shift(TimeDelta::from_std(by).unwrap_or(TimeDelta::MAX));
    }

    /// Sets it by the database's clock, once.
    pub async fn set_by(&self, db: &Db) -> Result<(), DbError> {
        let asked = self.now();
        let told = db.time().await?;
        let answered = self.now();
        let off = told - (asked + (answered - asked) / 2);
        if off.abs() > TOLERANCE + (answered - asked) / 2 {
            tracing::warn!(
                off_ms = off.num_milliseconds(),
                "this machine's clock differs from the database's, which counts"
            );
            self.shift(off);
        }
        Ok(())
    }

    /// Keeps it set by the database's clock until the process ends.
    pub async fn follow(self, db: Db) {
        loop {
            tokio::time::sleep(EVERY).await;
            if let Err(error) = self.set_by(&db).await {
                tracing::debug!(error = %error, "the database's clock could not be read; looking again");
            }
        }
    }
}
