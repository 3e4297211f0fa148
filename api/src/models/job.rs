//! Jobs: written in the transaction of the state they belong to, finished under the number of their attempt (R10, R11).
//!
//! Claiming and sweeping go over all organizations and live in `db::cross`.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Double, Integer, Jsonb, Nullable, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde::{Deserialize, Serialize};

use crate::db::cross::LeasedJob;
use crate::db::listen::announce_work;
use crate::db::{Kept, TenantTx};
use crate::fail_points;
use crate::ids::{ConversationId, JobId, MessageId, OrganizationId};
use crate::schema::jobs;

/// What there is to do for a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Work {
    /// Answer what the customer wrote since the last answer.
    Reply,
    /// Send a message's parts.
    Deliver { message_id: MessageId },
}

impl Work {
    fn kind(&self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::Deliver { .. } => "deliver",
        }
    }

    /// Tries before a job is parked. A send counts its own attempts per part (R16); waiting does not count.
    fn max_attempts(&self) -> i32 {
        match self {
            Self::Reply => 8,
            Self::Deliver { .. } => 40,
        }
    }

    /// What a claimed job asks for; an unreadable payload is a defect and parks the job.
    pub fn of(job: &LeasedJob) -> Result<Self, serde_json::Error> {
        serde_json::from_value(job.payload.clone())
    }
}

/// Longest that a burst of messages puts an answer off, counted from its first message.
const LONGEST_QUIET: Duration = Duration::from_secs(15);

/// Asks for work on a conversation whose row the caller has locked, due after `wait`. An answer that already waits is only moved,
/// so that a burst is answered once.
pub async fn enqueue(
    tx: &mut TenantTx<'_>,
    lane: ConversationId,
    work: &Work,
    wait: Duration,
) -> QueryResult<()> {
    let insert = "
        INSERT INTO jobs (organization_id, id, kind, lane, payload, request_id, run_at, max_attempts)
        VALUES ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7), $8)
        ON CONFLICT (organization_id, lane) WHERE kind = 'reply' AND state = 'ready'
        DO UPDATE SET run_at = least(excluded.run_at, jobs.created_at + make_interval(secs => $9))";
    diesel::sql_query(insert)
        .bind::<SqlUuid, _>(tx.organization())
        .bind::<SqlUuid, _>(JobId::new())
        .bind::<Text, _>(work.kind())
        .bind::<SqlUuid, _>(lane)
        .bind::<Jsonb, _>(
            serde_json::to_value(work)
                .map_err(|error| diesel::result::Error::SerializationError(error.into()))?,
        )
        .bind::<Nullable<Text>, _>(crate::telemetry::current_request_id())
        .bind::<Double, _>(wait.as_secs_f64())
        .bind::<Integer, _>(work.max_attempts())
        .bind::<Double, _>(LONGEST_QUIET.as_secs_f64())
        .execute(tx.conn())
        .await?;
    if wait.is_zero() {
        announce_work(tx.conn()).await?;
    }
    Ok(())
}

/// Asks for answers to conversations whose rows the caller has locked, each once, due after its wait: [`enqueue`] for many. Nothing is
/// announced: the caller does, once it is committed (`Db::announce_soon`).
pub async fn enqueue_replies(
    tx: &mut TenantTx<'_>,
    replies: &BTreeMap<ConversationId, Duration>,
) -> QueryResult<()> {
    // Raw: rows out of arrays, and a key of some rows only.
    const INSERT: &str = "
        INSERT INTO jobs (organization_id, id, kind, lane, payload, request_id, run_at, max_attempts)
        SELECT o.organization_id, k.id, $5, k.lane, $6, $7, now() + make_interval(secs => k.wait), $8
        FROM organizations o CROSS JOIN unnest($2, $3, $4) AS k (id, lane, wait) WHERE o.organization_id = $1
        ON CONFLICT (organization_id, lane) WHERE kind = 'reply' AND state = 'ready'
        DO UPDATE SET run_at = least(excluded.run_at, jobs.created_at + make_interval(secs => $9))";
    if replies.is_empty() {
        return Ok(());
    }
    let payload = serde_json::to_value(Work::Reply)
        .map_err(|error| diesel::result::Error::SerializationError(error.into()))?;
    let insert = diesel::sql_query(INSERT)
        .bind::<SqlUuid, _>(tx.organization())
        .bind::<Array<SqlUuid>, _>(replies.iter().map(|_| JobId::new()).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(replies.keys().copied().collect::<Vec<_>>())
        .bind::<Array<Double>, _>(
            replies
                .values()
                .map(Duration::as_secs_f64)
                .collect::<Vec<_>>(),
        )
        .bind::<Text, _>(Work::Reply.kind())
        .bind::<Jsonb, _>(payload)
        .bind::<Nullable<Text>, _>(crate::telemetry::current_request_id())
        .bind::<Integer, _>(Work::Reply.max_attempts())
        .bind::<Double, _>(LONGEST_QUIET.as_secs_f64());
    Kept(insert).execute(tx.conn()).await.map(|_| ())
}

/// Keeps a lease that is still ours; false means that somebody took over and the work must stop (R11).
pub async fn renew(tx: &mut TenantTx<'_>, job: &LeasedJob, lease: Duration) -> QueryResult<bool> {
    let renewed = diesel::sql_query(
        "UPDATE jobs SET locked_until = now() + make_interval(secs => $4)
         WHERE organization_id = $1 AND id = $2 AND attempts = $3 AND state = 'running'",
    )
    .bind::<SqlUuid, _>(tx.organization())
    .bind::<SqlUuid, _>(job.id)
    .bind::<Integer, _>(job.attempts)
    .bind::<Double, _>(lease.as_secs_f64())
    .execute(tx.conn())
    .await?;
    Ok(renewed == 1)
}

/// How a job's run ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ending {
    Done,
    /// Not yet; again after this long. `counted` tells whether it was an attempt or only waiting.
    Again {
        after: Duration,
        counted: bool,
        reason: String,
    },
    /// Parked for people to see and replay (R19).
    Dead {
        reason: String,
    },
}

impl Ending {
    /// The job's next state, when it is due, whether the attempt counts, and why it is so.
    fn written(&self, job: &LeasedJob) -> (&'static str, Duration, bool, Option<&str>) {
        match self {
            Self::Done => ("done", Duration::ZERO, true, None),
            Self::Again {
                after,
                counted,
                reason,
            } if !counted || job.attempts < job.max_attempts => {
                ("ready", *after, *counted, Some(reason))
            }
            Self::Again { reason, .. } | Self::Dead { reason } => {
                ("dead", Duration::ZERO, true, Some(reason))
            }
        }
    }
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = SqlUuid)]
    id: JobId,
}

fn columns(jobs: &[&LeasedJob]) -> (Vec<JobId>, Vec<i32>) {
    jobs.iter().map(|job| (job.id, job.attempts)).unzip()
}

/// Those whose lease is still ours; nobody takes them over until the transaction ends (R11).
pub async fn hold(tx: &mut TenantTx<'_>, leased: &[&LeasedJob]) -> QueryResult<HashSet<JobId>> {
    const HOLD: &str = "
        SELECT jobs.id FROM jobs JOIN unnest($2, $3) AS mine (id, attempts) ON jobs.id = mine.id AND jobs.attempts = mine.attempts
        WHERE jobs.organization_id = $1 AND jobs.state = 'running' ORDER BY jobs.id FOR UPDATE OF jobs";
    if fail_points::is_set("planted::no_fencing") {
        return Ok(leased.iter().map(|job| job.id).collect());
    }
    let (ids, attempts) = columns(leased);
    let held: Vec<Found> = Kept(
        diesel::sql_query(HOLD)
            .bind::<SqlUuid, _>(tx.organization())
            .bind::<Array<SqlUuid>, _>(ids)
            .bind::<Array<Integer>, _>(attempts),
    )
    .load(tx.conn())
    .await?;
    Ok(held.into_iter().map(|job| job.id).collect())
}

/// Whether a job's lease has run out and nobody has taken it over; nobody does until the transaction ends.
pub async fn hold_expired(tx: &mut TenantTx<'_>, job: &LeasedJob) -> QueryResult<bool> {
    let held: Option<Found> = diesel::sql_query(
        "SELECT id FROM jobs WHERE organization_id = $1 AND id = $2 AND attempts = $3 AND state = 'running' AND locked_until < now()
         FOR UPDATE SKIP LOCKED",
    )
    .bind::<SqlUuid, _>(tx.organization())
    .bind::<SqlUuid, _>(job.id)
    .bind::<Integer, _>(job.attempts)
    .get_result(tx.conn())
    .await
    .optional()?;
    Ok(held.is_some())
}

/// Writes down how runs ended, where the lease is still ours; those are given back. What is done is gone: its trace is what it did. A
/// reply that would wait beside another one is done instead.
pub async fn finish_all(
    tx: &mut TenantTx<'_>,
    ended: &[(&LeasedJob, &Ending)],
) -> QueryResult<HashSet<JobId>> {
    let (done, open): (Vec<_>, Vec<_>) = ended
        .iter()
        .partition(|(_, ending)| matches!(ending, Ending::Done));
    let done: Vec<&LeasedJob> = done.into_iter().map(|(job, _)| job).collect();
    let mut ours = remove(tx, &done).await?;
    for (job, ending) in open {
        if put_back(tx, job, ending).await? {
            ours.insert(job.id);
        }
    }
    Ok(ours)
}

async fn remove(tx: &mut TenantTx<'_>, done: &[&LeasedJob]) -> QueryResult<HashSet<JobId>> {
    const REMOVE: &str = "
        DELETE FROM jobs USING unnest($2, $3) AS mine (id, attempts)
        WHERE jobs.organization_id = $1 AND jobs.id = mine.id AND jobs.attempts = mine.attempts AND jobs.state = 'running'
        RETURNING jobs.id";
    if done.is_empty() {
        return Ok(HashSet::new());
    }
    let (ids, attempts) = columns(done);
    let removed: Vec<Found> = Kept(
        diesel::sql_query(REMOVE)
            .bind::<SqlUuid, _>(tx.organization())
            .bind::<Array<SqlUuid>, _>(ids)
            .bind::<Array<Integer>, _>(attempts),
    )
    .load(tx.conn())
    .await?;
    if fail_points::is_set("planted::no_fencing") {
        return Ok(done.iter().map(|job| job.id).collect());
    }
    Ok(removed.into_iter().map(|job| job.id).collect())
}

async fn put_back(tx: &mut TenantTx<'_>, job: &LeasedJob, ending: &Ending) -> QueryResult<bool> {
    const PUT_BACK: &str = "
        UPDATE jobs SET
            state = CASE WHEN $4 = 'ready' AND kind = 'reply' AND EXISTS (
                        SELECT FROM jobs other WHERE other.organization_id = $1 AND other.lane = jobs.lane
                          AND other.kind = 'reply' AND other.state = 'ready') THEN 'done' ELSE $4 END,
            run_at = now() + make_interval(secs => $5), attempts = attempts - $6, last_error = $7,
            locked_by = NULL, locked_until = NULL, finished_at = CASE WHEN $4 = 'ready' THEN NULL ELSE now() END
         WHERE organization_id = $1 AND id = $2 AND attempts = $3 AND state = 'running'";
    let (state, after, counted, reason) = ending.written(job);
    let written = Kept(
        diesel::sql_query(PUT_BACK)
            .bind::<SqlUuid, _>(tx.organization())
            .bind::<SqlUuid, _>(job.id)
            .bind::<Integer, _>(job.attempts)
            .bind::<Text, _>(state)
            .bind::<Double, _>(after.as_secs_f64())
            .bind::<Integer, _>(i32::from(!counted))
            .bind::<Nullable<Text>, _>(reason),
    )
    .execute(tx.conn())
    .await?;
    Ok(written == 1)
}

/// Who takes the deliveries of what it has just written, and for how long.
#[derive(Debug, Clone)]
pub struct Taker {
    pub name: Arc<str>,
    pub lease: Duration,
}

/// Asks for the delivery of messages, whose conversations the caller has locked. With a `taker` they are its own at once, without a
/// claim; not so where an earlier delivery of the conversation is open (R12): that one waits in the queue like any other.
pub async fn enqueue_deliveries(
    tx: &mut TenantTx<'_>,
    messages: &[(ConversationId, MessageId)],
    taker: Option<&Taker>,
) -> QueryResult<Vec<LeasedJob>> {
    const ENQUEUE: &str = "
        INSERT INTO jobs (organization_id, id, kind, lane, payload, request_id, run_at, max_attempts, state, attempts, locked_by, locked_until)
        SELECT $1, new.id, 'deliver', new.lane, new.payload, $5, now(), $6,
               CASE WHEN taken THEN 'running' ELSE 'ready' END, taken::integer,
               CASE WHEN taken THEN $7 END, CASE WHEN taken THEN now() + make_interval(secs => $8) END
        FROM unnest($2, $3, $4) AS new (id, lane, payload)
        CROSS JOIN LATERAL (SELECT $7 IS NOT NULL AND NOT EXISTS (
            SELECT FROM jobs earlier WHERE earlier.organization_id = $1 AND earlier.lane = new.lane AND earlier.kind = 'deliver'
              AND earlier.state IN ('ready', 'running')) AS taken) AS first
        RETURNING organization_id, id, kind, lane, payload, request_id, attempts, max_attempts, created_at, state = 'running' AS taken";
    #[derive(QueryableByName)]
    struct Enqueued {
        #[diesel(embed)]
        job: LeasedJob,
        #[diesel(sql_type = diesel::sql_types::Bool)]
        taken: bool,
    }
    if messages.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<JobId> = messages.iter().map(|_| JobId::new()).collect();
    let lanes: Vec<ConversationId> = messages.iter().map(|(lane, _)| *lane).collect();
    let payloads = messages
        .iter()
        .map(|(_, message_id)| {
            serde_json::to_value(Work::Deliver {
                message_id: *message_id,
            })
        })
        .collect::<Result<Vec<serde_json::Value>, _>>()
        .map_err(|error| diesel::result::Error::SerializationError(error.into()))?;
    let max_attempts = Work::Deliver {
        message_id: messages[0].1,
    }
    .max_attempts();
    let enqueued: Vec<Enqueued> = Kept(
        diesel::sql_query(ENQUEUE)
            .bind::<SqlUuid, _>(tx.organization())
            .bind::<Array<SqlUuid>, _>(ids)
            .bind::<Array<SqlUuid>, _>(lanes)
            .bind::<Array<Jsonb>, _>(payloads)
            .bind::<Nullable<Text>, _>(crate::telemetry::current_request_id())
            .bind::<Integer, _>(max_attempts)
            .bind::<Nullable<Text>, _>(taker.map(|taker| taker.name.to_string()))
            .bind::<Double, _>(taker.map_or(0.0, |taker| taker.lease.as_secs_f64())),
    )
    .load(tx.conn())
    .await?;
    Ok(enqueued
        .into_iter()
        .filter(|enqueued| enqueued.taken)
        .map(|enqueued| enqueued.job)
        .collect())
}

/// A job that failed for good, as the organization sees it.
#[derive(Debug, HasQuery)]
#[diesel(table_name = jobs)]
pub struct DeadJob {
    pub id: JobId,
    pub kind: String,
    pub lane: ConversationId,
    pub payload: serde_json::Value,
    pub attempts: i32,
    pub last_error: Option<String>,
    pub created_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
}

impl DeadJob {
    /// Dead jobs, those that failed last first; `after` is a page's (finished_at, id).
    pub async fn list(
        tx: &mut TenantTx<'_>,
        after: Option<(DateTime<Utc>, uuid::Uuid)>,
        rows: i64,
    ) -> QueryResult<Vec<Self>> {
        let mut query = Self::query()
            .filter(jobs::organization_id.eq(tx.organization()))
            .filter(jobs::state.eq("dead"))
            .order((jobs::finished_at.desc(), jobs::id.desc()))
            .limit(rows)
            .into_boxed();
        if let Some((at, id)) = after {
            let id = JobId(id);
            query = query.filter(
                jobs::finished_at
                    .lt(at)
                    .or(jobs::finished_at.eq(at).and(jobs::id.lt(id))),
            );
        }
        query.load(tx.conn()).await
    }

    /// Makes a dead job ready again, once; false when it is not dead (any more). A reply beside a waiting one is not needed.
    pub async fn replay(tx: &mut TenantTx<'_>, id: JobId) -> QueryResult<bool> {
        let organization: OrganizationId = tx.organization();
        let replayed = diesel::sql_query(
            "UPDATE jobs SET state = CASE WHEN kind = 'reply' AND EXISTS (
                        SELECT FROM jobs other WHERE other.organization_id = $1 AND other.lane = jobs.lane
                          AND other.kind = 'reply' AND other.state = 'ready') THEN 'done' ELSE 'ready' END,
                    run_at = now(), attempts = 0, lost_leases = 0, finished_at = NULL
             WHERE organization_id = $1 AND id = $2 AND state = 'dead'",
        )
        .bind::<SqlUuid, _>(organization)
        .bind::<SqlUuid, _>(id)
        .execute(tx.conn())
        .await?;
        announce_work(tx.conn()).await?;
        Ok(replayed == 1)
    }
}
