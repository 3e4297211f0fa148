//! What the worker's watch counts (R92): how much waits in each queue, and samples of the invariants I1, I3 and I4. Each statement
//! reads through an index and stops at a limit: looking must cost nothing that anybody notices.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Integer, Nullable, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{PlatformTx, TenantTx};
use crate::ids::OrganizationId;

/// Work of one kind; counts end at [`MOST_COUNTED`].
#[derive(Debug, Default, QueryableByName)]
pub struct Queue {
    #[diesel(sql_type = BigInt)]
    pub ready: i64,
    #[diesel(sql_type = BigInt)]
    pub running: i64,
    #[diesel(sql_type = BigInt)]
    pub dead: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub oldest_due_seconds: Option<i64>,
    /// Leases that ended and were not swept (I4).
    #[diesel(sql_type = BigInt)]
    pub stuck: i64,
    /// Events that are due and that nobody takes (I1).
    #[diesel(sql_type = BigInt)]
    pub overdue: i64,
}

/// Nobody needs a longer queue counted to the last row.
pub const MOST_COUNTED: i64 = 100_000;
/// A lost lease is swept every five seconds; after this long nobody sweeps.
pub const LEASE_OVERDUE_SECONDS: i32 = 60;
/// Work that is due this long and not done is stuck, or the shop's people should know why.
const OVERDUE_SECONDS: i32 = 900;
/// Events, parts and messages looked at in one sample.
const SAMPLE: i64 = 200;

impl Queue {
    pub async fn of_webhook_events(tx: &mut PlatformTx<'_>) -> QueryResult<Self> {
        Self::of(tx, "webhook_events").await
    }

    pub async fn of_mails(tx: &mut PlatformTx<'_>) -> QueryResult<Self> {
        Self::of(tx, "mails").await
    }

    async fn of(tx: &mut PlatformTx<'_>, table: &'static str) -> QueryResult<Self> {
        let count = |condition: &str| {
            format!(
                "(SELECT count(*) FROM (SELECT FROM {table} WHERE {condition} LIMIT $1) counted)"
            )
        };
        diesel::sql_query(format!(
            "SELECT {} AS ready, {} AS running, {} AS dead, {} AS stuck, {} AS overdue,
                    (SELECT extract(epoch FROM now() - min(run_at))::bigint FROM {table}
                     WHERE state = 'ready' AND run_at <= now()) AS oldest_due_seconds",
            count("state = 'ready'"),
            count("state = 'running'"),
            count("state = 'dead'"),
            count("state = 'running' AND locked_until < now() - make_interval(secs => $2)"),
            count("state = 'ready' AND run_at < now() - make_interval(secs => $3)"),
        ))
        .bind::<BigInt, _>(MOST_COUNTED)
        .bind::<Integer, _>(LEASE_OVERDUE_SECONDS)
        .bind::<Integer, _>(OVERDUE_SECONDS)
        .get_result(tx.conn())
        .await
    }
}

/// An event that is done, and how many of its items should stand in its organization.
#[derive(Debug, Clone, QueryableByName)]
pub struct DoneEvent {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub organization_id: OrganizationId,
    #[diesel(sql_type = Integer)]
    pub kept_items: i32,
}

/// The smallest id of a moment: ids are UUIDv7, so that rows of a time are a range of the primary key.
fn first_id_of(moment: DateTime<Utc>) -> Uuid {
    let millis = u128::try_from(moment.timestamp_millis()).unwrap_or_default();
    Uuid::from_u128(millis << 80)
}

/// Events of organizations' own apps that came in a span and are done.
pub async fn done_events(
    tx: &mut PlatformTx<'_>,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> QueryResult<Vec<DoneEvent>> {
    diesel::sql_query(
        "SELECT id, organization_id, items - ignored_items AS kept_items FROM webhook_events
         WHERE id >= $1 AND id < $2 AND state = 'done' AND organization_id IS NOT NULL ORDER BY id DESC LIMIT $3",
    )
    .bind::<SqlUuid, _>(first_id_of(from))
    .bind::<SqlUuid, _>(first_id_of(to))
    .bind::<BigInt, _>(SAMPLE)
    .load(tx.conn())
    .await
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// I1: how many of these events of the organization, all done, have fewer items stored than they had.
pub async fn lost(tx: &mut TenantTx<'_>, events: &[DoneEvent]) -> QueryResult<i64> {
    let ids: Vec<Uuid> = events.iter().map(|event| event.id).collect();
    let kept: Vec<i32> = events.iter().map(|event| event.kept_items).collect();
    let organization = tx.organization();
    diesel::sql_query(
        "SELECT count(*) AS count FROM unnest($2::uuid[], $3::int[]) AS event (id, kept)
         WHERE (SELECT count(*) FROM inbound_events WHERE organization_id = $1 AND webhook_event_id = event.id) < event.kept",
    )
    .bind::<SqlUuid, _>(organization)
    .bind::<diesel::sql_types::Array<SqlUuid>, _>(ids)
    .bind::<diesel::sql_types::Array<Integer>, _>(kept)
    .get_result(tx.conn())
    .await
    .map(|count: Count| count.count)
}

/// I3: parts with more than one accepted attempt since `from`, not flagged as a possible duplicate.
pub async fn doubled(tx: &mut TenantTx<'_>, from: DateTime<Utc>) -> QueryResult<i64> {
    let organization = tx.organization();
    diesel::sql_query(
        "SELECT count(*) AS count FROM (
            SELECT message_id, part FROM deliveries
            WHERE organization_id = $1 AND id >= $2 AND outcome = 'sent' GROUP BY message_id, part HAVING count(*) > 1 LIMIT $3) twice
         JOIN message_parts part USING (message_id, part)
         WHERE part.organization_id = $1 AND NOT part.possible_duplicate",
    )
    .bind::<SqlUuid, _>(organization)
    .bind::<SqlUuid, _>(first_id_of(from))
    .bind::<BigInt, _>(SAMPLE)
    .get_result(tx.conn())
    .await
    .map(|count: Count| count.count)
}

/// I4: customers who wait for an answer, and messages that wait to be sent, for longer than their time and with no job that would
/// ever end it, not even a dead one that people see.
pub async fn forgotten(tx: &mut TenantTx<'_>) -> QueryResult<i64> {
    let organization = tx.organization();
    diesel::sql_query(
        "SELECT (SELECT count(*) FROM (SELECT conversation_id, created_at AS since FROM messages
                    WHERE organization_id = $1 AND answer_state = 'due' LIMIT $3) due
                 WHERE since < now() - make_interval(secs => $2) AND NOT EXISTS (
                    SELECT FROM jobs WHERE jobs.organization_id = $1 AND lane = due.conversation_id AND kind = 'reply'
                       AND state IN ('ready', 'running'))
                   AND NOT EXISTS (SELECT FROM jobs WHERE jobs.organization_id = $1 AND state = 'dead' AND lane = due.conversation_id))
              + (SELECT count(*) FROM (SELECT conversation_id, updated_at AS since FROM messages
                    WHERE organization_id = $1 AND state IN ('queued', 'sending') LIMIT $3) leaving
                 WHERE since < now() - make_interval(secs => $2) AND NOT EXISTS (
                    SELECT FROM jobs WHERE jobs.organization_id = $1 AND lane = leaving.conversation_id AND kind = 'deliver'
                       AND state IN ('ready', 'running'))
                   AND NOT EXISTS (SELECT FROM jobs WHERE jobs.organization_id = $1 AND state = 'dead' AND lane = leaving.conversation_id))
              AS count",
    )
    .bind::<SqlUuid, _>(organization)
    .bind::<Double, _>(f64::from(OVERDUE_SECONDS))
    .bind::<BigInt, _>(SAMPLE)
    .get_result(tx.conn())
    .await
    .map(|count: Count| count.count)
}
