//! Items found in webhook events, as an organization sees and replays them.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::TenantTx;
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
    pub raw: &'a str,
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
    /// Stores the item under its place in the event; on a replay the state is written anew.
    pub async fn upsert(&self, tx: &mut TenantTx<'_>) -> QueryResult<()> {
        use diesel::upsert::excluded;
        diesel::insert_into(inbound_events::table)
            .values((
                inbound_events::organization_id.eq(tx.organization()),
                inbound_events::id.eq(InboundEventId::new()),
                inbound_events::webhook_event_id.eq(self.webhook_event_id),
                inbound_events::item.eq(self.item),
                inbound_events::account_id.eq(self.account_id),
                inbound_events::kind.eq(self.kind),
                // Escaped in JSON, NUL is six plain characters; a raw one cannot be stored.
                inbound_events::raw.eq(self.raw.replace('\0', "")),
                inbound_events::state.eq(self.state.name()),
                inbound_events::quarantine_reason.eq(self.state.reason()),
                inbound_events::received_at.eq(self.received_at),
            ))
            .on_conflict((
                inbound_events::organization_id,
                inbound_events::webhook_event_id,
                inbound_events::item,
            ))
            .do_update()
            .set((
                inbound_events::state.eq(excluded(inbound_events::state)),
                inbound_events::quarantine_reason.eq(excluded(inbound_events::quarantine_reason)),
                inbound_events::kind.eq(excluded(inbound_events::kind)),
                inbound_events::account_id.eq(excluded(inbound_events::account_id)),
            ))
            .execute(tx.conn())
            .await?;
        Ok(())
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
