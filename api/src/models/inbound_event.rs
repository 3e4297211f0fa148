//! Items found in webhook events, as an organization sees and replays them.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Integer, Nullable, Text, Timestamptz, Uuid};
use diesel_async::RunQueryDsl;

use crate::db::{Kept, TenantTx};
use crate::ids::{AccountId, InboundEventId, WebhookEventId};
use crate::schema::inbound_events;

#[derive(Debug, Clone, HasQuery)]
#[diesel(table_name = inbound_events)]
pub struct InboundEvent {
    pub id: InboundEventId,
    pub webhook_event_id: WebhookEventId,
    pub item: i32,
    pub account_id: Option<AccountId>,
    pub kind: String,
    pub raw: String,
    pub state: String,
    pub quarantine_reason: Option<String>,
    pub received_at: DateTime<Utc>,
}

/// An item on its way in.
#[derive(Debug)]
pub struct NewInboundEvent<'a> {
    pub webhook_event_id: WebhookEventId,
    pub item: i32,
    pub account_id: Option<AccountId>,
    pub kind: &'a str,
    pub raw: String,
    pub state: ItemState,
    pub received_at: DateTime<Utc>,
}

/// What became of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemState {
    /// It changed something: a message, an echo, a status.
    Applied,
    /// Recognised and kept; nothing to do.
    Stored,
    /// It could not be read or applied; people can look and replay (R7).
    Quarantined(String),
}

impl ItemState {
    fn name(&self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Stored => "stored",
            Self::Quarantined(_) => "quarantined",
        }
    }

    fn reason(&self) -> Option<&str> {
        match self {
            Self::Quarantined(reason) => Some(reason),
            _ => None,
        }
    }
}

impl NewInboundEvent<'_> {
    /// Stores items under their places in their events; on a replay their states are written anew.
    pub async fn upsert_all(tx: &mut TenantTx<'_>, items: &[Self]) -> QueryResult<()> {
        // Raw: rows out of arrays, so that the plan is kept for any number of them.
        const UPSERT: &str = "
            INSERT INTO inbound_events (organization_id, id, webhook_event_id, item, account_id, kind, raw, state, quarantine_reason,
                received_at)
            SELECT o.organization_id, k.* FROM organizations o CROSS JOIN unnest($2, $3, $4, $5, $6, $7, $8, $9, $10) k
            WHERE o.organization_id = $1
            ON CONFLICT (organization_id, webhook_event_id, item) DO UPDATE SET
                state = excluded.state, quarantine_reason = excluded.quarantine_reason, kind = excluded.kind,
                account_id = excluded.account_id";
        if items.is_empty() {
            return Ok(());
        }
        // Escaped in JSON, NUL is six plain characters; a raw one cannot be stored.
        let raw: Vec<_> = items.iter().map(|item| without_nul(&item.raw)).collect();
        let upsert = diesel::sql_query(UPSERT)
            .bind::<Uuid, _>(tx.organization())
            .bind::<Array<Uuid>, _>(each(items, |_| InboundEventId::new()))
            .bind::<Array<Uuid>, _>(each(items, |item| item.webhook_event_id))
            .bind::<Array<Integer>, _>(each(items, |item| item.item))
            .bind::<Array<Nullable<Uuid>>, _>(each(items, |item| item.account_id))
            .bind::<Array<Text>, _>(each(items, |item| item.kind))
            .bind::<Array<Text>, _>(raw)
            .bind::<Array<Text>, _>(each(items, |item| item.state.name()))
            .bind::<Array<Nullable<Text>>, _>(each(items, |item| item.state.reason()))
            .bind::<Array<Timestamptz>, _>(each(items, |item| item.received_at));
        Kept(upsert).execute(tx.conn()).await.map(|_| ())
    }
}

fn each<'i, T>(
    items: &'i [NewInboundEvent<'i>],
    of: impl Fn(&'i NewInboundEvent<'i>) -> T,
) -> Vec<T> {
    items.iter().map(of).collect()
}

fn without_nul(raw: &str) -> Cow<'_, str> {
    if raw.contains('\0') {
        Cow::Owned(raw.replace('\0', ""))
    } else {
        Cow::Borrowed(raw)
    }
}

/// What a list of items shows.
#[derive(Debug, Clone, Copy, Default)]
pub struct InboundFilter<'a> {
    pub account: Option<AccountId>,
    pub state: Option<&'a str>,
}

impl InboundEvent {
    pub async fn find(tx: &mut TenantTx<'_>, id: InboundEventId) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(inbound_events::organization_id.eq(tx.organization()))
            .filter(inbound_events::id.eq(id))
            .first(tx.conn())
            .await
            .optional()
    }

    /// Newest first; `after` is a page's (received_at, id).
    pub async fn list(
        tx: &mut TenantTx<'_>,
        filter: InboundFilter<'_>,
        after: Option<(DateTime<Utc>, uuid::Uuid)>,
        rows: i64,
    ) -> QueryResult<Vec<Self>> {
        let mut query = Self::query()
            .filter(inbound_events::organization_id.eq(tx.organization()))
            .order((
                inbound_events::received_at.desc(),
                inbound_events::id.desc(),
            ))
            .limit(rows)
            .into_boxed();
        if let Some(account) = filter.account {
            query = query.filter(inbound_events::account_id.eq(account));
        }
        if let Some(state) = filter.state {
            query = query.filter(inbound_events::state.eq(state.to_owned()));
        }
        if let Some((at, id)) = after {
            let id = InboundEventId(id);
            query = query.filter(
                inbound_events::received_at
                    .lt(at)
                    .or(inbound_events::received_at
                        .eq(at)
                        .and(inbound_events::id.lt(id))),
            );
        }
        query.load(tx.conn()).await
    }
}
