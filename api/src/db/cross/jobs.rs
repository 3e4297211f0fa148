//! Handing out work: claims with a lease, in lane order, rotating over organizations (R11, R12, R24).

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;

use crate::db::{Db, DbError, InOrganization, Kept};
use crate::fail_points;
use crate::ids::{ConversationId, JobId, OrganizationId};

/// A job that this process may work on until its lease runs out.
#[derive(Debug, Clone, QueryableByName)]
pub struct LeasedJob {
    #[diesel(sql_type = SqlUuid)]
    organization_id: OrganizationId,
    #[diesel(sql_type = SqlUuid)]
    pub id: JobId,
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = SqlUuid)]
    pub lane: ConversationId,
    #[diesel(sql_type = Jsonb)]
    pub payload: serde_json::Value,
    #[diesel(sql_type = Nullable<Text>)]
    pub request_id: Option<String>,
    /// The number of this attempt, counted from 1: the fence that every result is written with (R11).
    #[diesel(sql_type = Integer)]
    pub attempts: i32,
    #[diesel(sql_type = Integer)]
    pub max_attempts: i32,
    /// When it was first due.
    #[diesel(sql_type = Timestamptz)]
    pub created_at: chrono::DateTime<chrono::Utc>,
}

impl InOrganization for LeasedJob {
    fn organization_id(&self) -> OrganizationId {
        self.organization_id
    }
}

/// Organizations looked at in one claim; the next claim begins behind the last of them.
const ORGANIZATIONS_PER_CLAIM: i64 = 64;

impl Db {
    /// Takes up to `limit` due jobs, at most `per_organization` of each organization, beginning behind `after`, none of the `busy`
    /// ones. Within a lane only the earliest unfinished job of a kind is taken, so a job that waits for its next try holds its lane.
    pub async fn claim_jobs(
        &self,
        worker: &str,
        after: OrganizationId,
        busy: &[OrganizationId],
        limit: i64,
        per_organization: i64,
        lease: Duration,
    ) -> Result<Vec<LeasedJob>, DbError> {
        // A loose index scan finds the organizations that have due work without reading every job of a flooding one.
        // Work of suspended organizations waits where it is.
        const CLAIM: &str = "
            WITH RECURSIVE left_out (ids) AS MATERIALIZED (
                SELECT ARRAY(SELECT organization_id FROM organizations WHERE suspended_at IS NOT NULL) || $7
            ), due (organization_id, turn) AS (
                (SELECT organization_id, 1 FROM jobs
                 WHERE state = 'ready' AND run_at <= now() AND organization_id > $1
                   AND organization_id <> ALL ((SELECT ids FROM left_out)::uuid[])
                 ORDER BY organization_id LIMIT 1)
                UNION ALL
                SELECT next.organization_id, due.turn + 1 FROM due, LATERAL (
                    SELECT organization_id FROM jobs
                    WHERE state = 'ready' AND run_at <= now() AND jobs.organization_id > due.organization_id
                      AND jobs.organization_id <> ALL ((SELECT ids FROM left_out)::uuid[])
                    ORDER BY organization_id LIMIT 1) next
                WHERE due.turn < $2
            ), picked AS (
                SELECT job.organization_id, job.id FROM due, LATERAL (
                    SELECT j.organization_id, j.id FROM jobs j
                    WHERE j.organization_id = due.organization_id AND j.state = 'ready' AND j.run_at <= now()
                      AND ($8 OR NOT EXISTS (
                        SELECT FROM jobs earlier
                        WHERE earlier.organization_id = j.organization_id AND earlier.lane = j.lane AND earlier.kind = j.kind
                          AND earlier.state IN ('ready', 'running') AND (earlier.created_at, earlier.id) < (j.created_at, j.id)))
                    ORDER BY j.run_at LIMIT $3
                    FOR UPDATE SKIP LOCKED) job
                LIMIT $4
            )
            UPDATE jobs SET state = 'running', attempts = attempts + 1, locked_by = $5,
                   locked_until = now() + make_interval(secs => $6)
            FROM picked WHERE jobs.organization_id = picked.organization_id AND jobs.id = picked.id
            RETURNING jobs.organization_id, jobs.id, jobs.kind, jobs.lane, jobs.payload, jobs.request_id, jobs.attempts,
                      jobs.max_attempts, jobs.created_at";
        self.cross(async |connection| {
            Kept(
                diesel::sql_query(CLAIM)
                    .bind::<SqlUuid, _>(after)
                    .bind::<BigInt, _>(ORGANIZATIONS_PER_CLAIM)
                    .bind::<BigInt, _>(per_organization)
                    .bind::<BigInt, _>(limit)
                    .bind::<Text, _>(worker)
                    .bind::<diesel::sql_types::Double, _>(lease.as_secs_f64())
                    .bind::<diesel::sql_types::Array<SqlUuid>, _>(busy)
                    .bind::<diesel::sql_types::Bool, _>(fail_points::is_set(
                        "planted::no_lane_check",
                    )),
            )
            .load(connection)
            .await
        })
        .await
    }

    /// Returns jobs whose lease ran out to the queue, but for the third time (see [`Self::worn_out_jobs`]). A reply beside which
    /// another already waits is finished: the waiting one answers for both.
    pub async fn sweep_job_leases(&self) -> Result<usize, DbError> {
        const SWEEP: &str = "
            UPDATE jobs SET locked_by = NULL, locked_until = NULL, run_at = now(), lost_leases = lost_leases + 1,
                   last_error = 'a worker died over it', finished_at = CASE WHEN next_state = 'ready' THEN NULL ELSE now() END,
                   state = next_state
            FROM (SELECT organization_id, id,
                         CASE WHEN kind = 'reply' AND EXISTS (
                                SELECT FROM jobs other WHERE other.organization_id = jobs.organization_id
                                  AND other.lane = jobs.lane AND other.kind = 'reply' AND other.state = 'ready') THEN 'done'
                              ELSE 'ready' END AS next_state
                  FROM jobs WHERE state = 'running' AND locked_until < now() AND lost_leases < 2
                  ORDER BY locked_until LIMIT 500
                  FOR UPDATE SKIP LOCKED) expired
            WHERE jobs.organization_id = expired.organization_id AND jobs.id = expired.id";
        self.cross(async |connection| diesel::sql_query(SWEEP).execute(connection).await)
            .await
    }

    /// Jobs whose lease ran out for the third time (R23), those first that did first. They are parked one by one, each with what that
    /// means for its conversation, in transactions of their organizations.
    pub async fn worn_out_jobs(&self) -> Result<Vec<LeasedJob>, DbError> {
        const WORN_OUT: &str = "
            SELECT organization_id, id, kind, lane, payload, request_id, attempts, max_attempts, created_at
            FROM jobs WHERE state = 'running' AND locked_until < now() AND lost_leases >= 2 ORDER BY locked_until LIMIT 100";
        self.cross(async |connection| diesel::sql_query(WORN_OUT).load(connection).await)
            .await
    }
}
