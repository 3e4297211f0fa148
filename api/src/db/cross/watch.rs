//! How much work waits in all organizations together, for the metrics.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text};
use diesel_async::RunQueryDsl;

use crate::db::{Db, DbError};
use crate::models::watched::{LEASE_OVERDUE_SECONDS, MOST_COUNTED, Queue};

/// The jobs of one kind.
#[derive(Debug, QueryableByName)]
pub struct JobQueue {
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(embed)]
    pub queue: Queue,
}

impl Db {
    /// The jobs of all organizations by kind; of each state at most [`MOST_COUNTED`].
    pub async fn job_queues(&self) -> Result<Vec<JobQueue>, DbError> {
        // One part per state, so that each finds its partial index; done jobs are not looked at.
        const QUEUES: &str = "
            SELECT kind, count(*) FILTER (WHERE state = 'ready') AS ready, count(*) FILTER (WHERE state = 'running') AS running,
                   count(*) FILTER (WHERE state = 'dead') AS dead,
                   extract(epoch FROM now() - min(run_at) FILTER (WHERE state = 'ready' AND run_at <= now()))::bigint AS oldest_due_seconds,
                   count(*) FILTER (WHERE state = 'running' AND locked_until < now() - make_interval(secs => $2)) AS stuck, 0::bigint AS overdue
            FROM ((SELECT kind, state, run_at, locked_until FROM jobs WHERE state = 'ready' LIMIT $1)
                  UNION ALL (SELECT kind, state, run_at, locked_until FROM jobs WHERE state = 'running' LIMIT $1)
                  UNION ALL (SELECT kind, state, run_at, locked_until FROM jobs WHERE state = 'dead' LIMIT $1)) counted
            GROUP BY kind";
        self.cross(async |connection| {
            diesel::sql_query(QUEUES)
                .bind::<BigInt, _>(MOST_COUNTED)
                .bind::<Integer, _>(LEASE_OVERDUE_SECONDS)
                .load(connection)
                .await
        })
        .await
    }
}
