//! The platform's own queues (raw webhook events, mail), as its pages show them.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};
use diesel_async::RunQueryDsl;

use crate::channels::ChannelKind;
use crate::db::PlatformTx;
use crate::http::page::PageRequest;
use crate::ids::{OrganizationId, WebhookEventId};
use crate::schema::webhook_events;

#[derive(Debug, QueryableByName)]
pub struct QueueNumbers {
    #[diesel(sql_type = BigInt)]
    pub ready: i64,
    #[diesel(sql_type = BigInt)]
    pub running: i64,
    #[diesel(sql_type = BigInt)]
    pub dead: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub oldest_ready_seconds: Option<i64>,
}

impl QueueNumbers {
    pub async fn of_webhook_events(tx: &mut PlatformTx<'_>) -> QueryResult<Self> {
        Self::of(tx, "webhook_events").await
    }

    pub async fn of_mails(tx: &mut PlatformTx<'_>) -> QueryResult<Self> {
        Self::of(tx, "mails").await
    }

    /// One part per state, so that each finds its partial index; what is done is not looked at.
    async fn of(tx: &mut PlatformTx<'_>, table: &'static str) -> QueryResult<Self> {
        diesel::sql_query(format!(
            "SELECT (SELECT count(*) FROM {table} WHERE state = 'ready') AS ready,
                    (SELECT count(*) FROM {table} WHERE state = 'running') AS running,
                    (SELECT count(*) FROM {table} WHERE state = 'dead') AS dead,
                    (SELECT extract(epoch FROM now() - min(run_at))::bigint FROM {table}
                        WHERE state = 'ready' AND run_at <= now()) AS oldest_ready_seconds"
        ))
        .get_result(tx.conn())
        .await
    }
}

/// A webhook event without its body.
#[derive(Debug, HasQuery)]
#[diesel(table_name = webhook_events)]
pub struct ListedEvent {
    pub id: WebhookEventId,
    pub platform: ChannelKind,
    pub received_at: DateTime<Utc>,
    pub attempts: i32,
    pub last_error: Option<String>,
    pub organization_id: Option<OrganizationId>,
}

impl ListedEvent {
    /// A page of those in a state, newest first.
    pub async fn list(
        tx: &mut PlatformTx<'_>,
        state: &'static str,
        page: &PageRequest,
    ) -> QueryResult<Vec<Self>> {
        let mut rows = Self::query()
            .filter(webhook_events::state.eq(state))
            .into_boxed();
        if let Some((at, id)) = page.after {
            let earlier = webhook_events::received_at
                .eq(at)
                .and(webhook_events::id.lt(WebhookEventId(id)));
            rows = rows.filter(webhook_events::received_at.lt(at).or(earlier));
        }
        rows.order((
            webhook_events::received_at.desc(),
            webhook_events::id.desc(),
        ))
        .limit(page.rows())
        .load(tx.conn())
        .await
    }
}
