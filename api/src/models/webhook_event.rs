//! Raw webhook bodies: kept as received, deduplicated by hash, and their own queue.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Bytes;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Binary, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::FutureExt;
use sha2::{Digest, Sha256};

use crate::channels::ChannelKind;
use crate::db::{Db, DbError, Kept, PlatformTx};
use crate::ids::{OrganizationId, WebhookEventId};
use crate::schema::webhook_events;

/// A body that came in.
pub struct NewWebhookEvent {
    id: WebhookEventId,
    platform: &'static str,
    /// Whose secret signed it: `org:<uuid>` or `installation`.
    app: String,
    organization_id: Option<OrganizationId>,
    body: Bytes,
    body_hash: [u8; 32],
    received_at: DateTime<Utc>,
}

impl NewWebhookEvent {
    pub fn of_organization(
        platform: ChannelKind,
        organization: OrganizationId,
        body: Bytes,
        now: DateTime<Utc>,
    ) -> Self {
        Self::new(
            platform,
            format!("org:{organization}"),
            Some(organization),
            body,
            now,
        )
    }

    pub fn of_installation(platform: ChannelKind, body: Bytes, now: DateTime<Utc>) -> Self {
        Self::new(platform, "installation".to_owned(), None, body, now)
    }

    fn new(
        platform: ChannelKind,
        app: String,
        organization: Option<OrganizationId>,
        body: Bytes,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            id: WebhookEventId::new(),
            platform: platform.as_str(),
            app,
            organization_id: organization,
            body_hash: Sha256::digest(&body).into(),
            body,
            received_at: now,
        }
    }

    /// Bytes of the body.
    pub fn size(&self) -> usize {
        self.body.len()
    }
}

/// Stores events in one statement and one commit, but for those whose bytes the same app sent before. A redelivery is success (R4),
/// also within a batch. Once it is committed, the caller announces the work.
pub async fn store(db: &Db, events: Vec<NewWebhookEvent>) -> Result<(), DbError> {
    let columns = Arc::new(Columns::of(events));
    db.alone(move |connection| {
        let columns = Arc::clone(&columns);
        async move { columns.insert(connection).await }.boxed()
    })
    .await
}

/// Events side by side, as `unnest` takes them.
#[derive(Default)]
struct Columns {
    ids: Vec<WebhookEventId>,
    platforms: Vec<&'static str>,
    apps: Vec<String>,
    organizations: Vec<Option<OrganizationId>>,
    bodies: Vec<Bytes>,
    hashes: Vec<[u8; 32]>,
    times: Vec<DateTime<Utc>>,
}

impl Columns {
    fn of(events: Vec<NewWebhookEvent>) -> Self {
        let mut columns = Self::default();
        for event in events {
            columns.ids.push(event.id);
            columns.platforms.push(event.platform);
            columns.apps.push(event.app);
            columns.organizations.push(event.organization_id);
            columns.bodies.push(event.body);
            columns.hashes.push(event.body_hash);
            columns.times.push(event.received_at);
        }
        columns
    }

    async fn insert(&self, connection: &mut AsyncPgConnection) -> QueryResult<()> {
        // Due by the database's clock, which also hands it out (R20).
        const STORE: &str = "
            INSERT INTO webhook_events (id, platform, app, organization_id, body, body_hash, received_at, run_at)
            SELECT id, platform, app, organization_id, body, body_hash, received_at, now()
            FROM unnest($1, $2, $3, $4, $5, $6, $7)
                 AS new (id, platform, app, organization_id, body, body_hash, received_at)
            ON CONFLICT DO NOTHING";
        let bodies: Vec<&[u8]> = self.bodies.iter().map(Bytes::as_ref).collect();
        let hashes: Vec<&[u8]> = self.hashes.iter().map(<[u8; 32]>::as_slice).collect();
        let insert = diesel::sql_query(STORE)
            .bind::<Array<SqlUuid>, _>(&self.ids)
            .bind::<Array<Text>, _>(&self.platforms)
            .bind::<Array<Text>, _>(&self.apps)
            .bind::<Array<Nullable<SqlUuid>>, _>(&self.organizations)
            .bind::<Array<Binary>, _>(&bodies)
            .bind::<Array<Binary>, _>(&hashes)
            .bind::<Array<Timestamptz>, _>(&self.times);
        Kept(insert).execute(connection).await.map(|_| ())
    }
}

/// An event that this process may work on until its lease runs out.
#[derive(Debug, QueryableByName)]
#[diesel(table_name = webhook_events)]
pub struct LeasedEvent {
    pub id: WebhookEventId,
    pub platform: String,
    pub app: String,
    pub organization_id: Option<OrganizationId>,
    pub body: Vec<u8>,
    pub attempts: i32,
    pub received_at: DateTime<Utc>,
}

/// An event all of whose items are applied.
#[derive(Debug, Clone, Copy)]
pub struct Finished {
    pub id: WebhookEventId,
    pub attempt: i32,
    pub items: usize,
    /// Items that belong to nobody here.
    pub ignored: usize,
}

/// Tries before an event is parked as dead.
const MAX_EVENT_ATTEMPTS: i32 = 10;

impl LeasedEvent {
    /// Takes up to `limit` due events: of each app that has some the same share, its oldest ones, the apps behind `after` first (R24).
    pub async fn claim(
        tx: &mut PlatformTx<'_>,
        after: &str,
        limit: i64,
        lease: Duration,
    ) -> QueryResult<Vec<Self>> {
        // A loose index scan finds the apps that have due events without reading every event of a flooding one.
        const CLAIM: &str = "
            WITH RECURSIVE due (app, turn) AS (
                (SELECT app, 1 FROM webhook_events WHERE state = 'ready' AND run_at <= now() AND app > $1 ORDER BY app LIMIT 1)
                UNION ALL
                SELECT next.app, due.turn + 1 FROM due, LATERAL (
                    SELECT app FROM webhook_events WHERE state = 'ready' AND run_at <= now() AND webhook_events.app > due.app
                    ORDER BY app LIMIT 1) next
                WHERE due.turn < $2
            ), picked AS (
                SELECT event.id FROM due, LATERAL (
                    SELECT id FROM webhook_events WHERE state = 'ready' AND run_at <= now() AND webhook_events.app = due.app
                    ORDER BY run_at, id LIMIT greatest($2 / (SELECT count(*) FROM due), 1) FOR UPDATE SKIP LOCKED) event
                LIMIT $2
            )
            UPDATE webhook_events SET state = 'running', attempts = attempts + 1, locked_until = now() + make_interval(secs => $3)
            WHERE id = ANY (ARRAY(SELECT id FROM picked))
            RETURNING id, platform, app, organization_id, body, attempts, received_at";
        let claim = diesel::sql_query(CLAIM)
            .bind::<Text, _>(after)
            .bind::<diesel::sql_types::BigInt, _>(limit)
            .bind::<diesel::sql_types::Double, _>(lease.as_secs_f64());
        let mut claimed: Vec<Self> = Kept(claim).load(tx.conn()).await?;
        // As they came.
        claimed.sort_by_key(|event| (event.received_at, event.id));
        Ok(claimed)
    }

    /// Marks events done, last and in a transaction of its own; the steps before are idempotent. Each under the number of its attempt
    /// (R11).
    pub async fn finish_all(tx: &mut PlatformTx<'_>, finished: &[Finished]) -> QueryResult<()> {
        // Raw: rows out of arrays.
        const FINISH: &str = "
            UPDATE webhook_events e SET state = 'done', items = k.items, ignored_items = k.ignored, processed_at = now(),
                locked_until = NULL, last_error = NULL
            FROM unnest($1, $2, $3, $4) AS k (id, attempts, items, ignored)
            WHERE e.id = ANY ($1) AND e.id = k.id AND e.attempts = k.attempts AND e.state = 'running'";
        if finished.is_empty() {
            return Ok(());
        }
        let each = |of: fn(&Finished) -> usize| -> Vec<i32> {
            let numbers = finished.iter().map(of);
            numbers
                .map(|number| i32::try_from(number).unwrap_or(i32::MAX))
                .collect()
        };
        let finish = diesel::sql_query(FINISH)
            .bind::<Array<SqlUuid>, _>(finished.iter().map(|one| one.id).collect::<Vec<_>>())
            .bind::<Array<Integer>, _>(finished.iter().map(|one| one.attempt).collect::<Vec<_>>())
            .bind::<Array<Integer>, _>(each(|one| one.items))
            .bind::<Array<Integer>, _>(each(|one| one.ignored));
        Kept(finish).execute(tx.conn()).await.map(|_| ())
    }

    pub fn is_last_try(&self) -> bool {
        self.attempts >= MAX_EVENT_ATTEMPTS
    }

    /// Puts the event back for another try, or parks it after the last one.
    pub async fn fail(&self, tx: &mut PlatformTx<'_>, error: &str) -> QueryResult<()> {
        let state = if self.is_last_try() { "dead" } else { "ready" };
        let wait = crate::worker::retry::delay(
            self.attempts,
            None,
            crate::worker::retry::jitter(self.id.0, self.attempts),
        );
        diesel::sql_query(
            "UPDATE webhook_events SET state = $3, run_at = now() + make_interval(secs => $4), locked_until = NULL, last_error = $5
             WHERE id = $1 AND attempts = $2 AND state = 'running'",
        )
        .bind::<diesel::sql_types::Uuid, _>(self.id)
        .bind::<diesel::sql_types::Integer, _>(self.attempts)
        .bind::<diesel::sql_types::Text, _>(state)
        .bind::<diesel::sql_types::Double, _>(wait.as_secs_f64())
        .bind::<diesel::sql_types::Text, _>(error)
        .execute(tx.conn())
        .await
        .map(|_| ())
    }
}

/// Returns events whose lease ran out to the queue.
pub async fn sweep_leases(tx: &mut PlatformTx<'_>) -> QueryResult<usize> {
    diesel::sql_query(
        "UPDATE webhook_events SET state = CASE WHEN attempts >= $1 THEN 'dead' ELSE 'ready' END, run_at = now(), locked_until = NULL,
                last_error = 'a worker died over it'
         WHERE id IN (SELECT id FROM webhook_events WHERE state = 'running' AND locked_until < now()
                      ORDER BY locked_until LIMIT 500 FOR UPDATE SKIP LOCKED)",
    )
    .bind::<diesel::sql_types::Integer, _>(MAX_EVENT_ATTEMPTS)
    .execute(tx.conn())
    .await
}

/// Puts an event back to work, whatever became of it before: replaying is idempotent (R7). False when there is no such event.
pub async fn replay(tx: &mut PlatformTx<'_>, id: WebhookEventId) -> QueryResult<bool> {
    let replayed = diesel::update(webhook_events::table)
        .filter(webhook_events::id.eq(id))
        .filter(webhook_events::state.ne("running"))
        .set((
            webhook_events::state.eq("ready"),
            webhook_events::attempts.eq(0),
            webhook_events::run_at.eq(diesel::dsl::now),
            webhook_events::locked_until.eq(None::<DateTime<Utc>>),
        ))
        .execute(tx.conn())
        .await?;
    crate::db::listen::announce_work(tx.conn()).await?;
    Ok(replayed == 1)
}
