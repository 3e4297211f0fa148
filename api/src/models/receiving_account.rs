//! What process asks of the accounts that a batch of events belongs to, and notes on them.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Integer, Nullable, Text, Timestamptz, Uuid};
use diesel_async::RunQueryDsl;

use crate::db::{Kept, TenantTx};
use crate::ids::AccountId;

/// An account that something came in for.
#[derive(Debug, Clone, QueryableByName)]
pub struct ReceivingAccount {
    #[diesel(sql_type = Uuid)]
    pub id: AccountId,
    #[diesel(sql_type = Nullable<Integer>)]
    quiet_ms: Option<i32>,
}

/// What came in last for accounts: the event's name and when.
pub type Arrivals = BTreeMap<AccountId, (&'static str, DateTime<Utc>)>;

impl ReceivingAccount {
    /// The accounts among `ids` that there are, each with its agent's current version.
    pub async fn find_all(
        tx: &mut TenantTx<'_>,
        ids: Vec<AccountId>,
    ) -> QueryResult<HashMap<AccountId, Self>> {
        // Raw: a column of a join only where a condition holds.
        const FIND: &str = "
            SELECT a.id, CASE WHEN a.auto_reply AND g.active THEN v.quiet_ms END AS quiet_ms
            FROM social_accounts a
            LEFT JOIN ai_agents g ON g.organization_id = a.organization_id AND g.id = a.agent_id AND g.archived_at IS NULL
            LEFT JOIN ai_agent_versions v ON v.organization_id = g.organization_id AND v.agent_id = g.id AND v.version = g.version
            WHERE a.organization_id = $1 AND a.id = ANY ($2)";
        let find = diesel::sql_query(FIND)
            .bind::<Uuid, _>(tx.organization())
            .bind::<Array<Uuid>, _>(ids);
        let accounts: Vec<Self> = Kept(find).load(tx.conn()).await?;
        Ok(accounts
            .into_iter()
            .map(|account| (account.id, account))
            .collect())
    }

    /// How long its agent waits for more before it answers; `None` when nobody answers automatically.
    pub fn quiet_time(&self) -> Option<Duration> {
        self.quiet_ms
            .map(|ms| Duration::from_millis(u64::try_from(ms).unwrap_or_default()))
    }
}

/// Notes what arrived last. The last thing of a transaction: everybody locks conversations, then parts, then accounts, each in the
/// order of their ids, and batches of one account wait for each other from here on.
pub async fn note_arrivals(tx: &mut TenantTx<'_>, arrivals: Arrivals) -> QueryResult<()> {
    // Raw: rows out of arrays, locked in order.
    const NOTE: &str = "
        WITH held AS MATERIALIZED (
            SELECT id FROM social_accounts WHERE organization_id = $1 AND id = ANY ($2) ORDER BY id FOR NO KEY UPDATE)
        UPDATE social_accounts a SET last_event_at = k.at, last_event_kind = k.kind
        FROM unnest($2, $3, $4) AS k (id, kind, at) JOIN held ON held.id = k.id
        WHERE a.organization_id = $1 AND a.id = ANY ($2) AND a.id = k.id AND (a.last_event_at IS NULL OR a.last_event_at <= k.at)";
    if arrivals.is_empty() {
        return Ok(());
    }
    let (kinds, times): (Vec<_>, Vec<_>) = arrivals.values().copied().unzip();
    let note = diesel::sql_query(NOTE)
        .bind::<Uuid, _>(tx.organization())
        .bind::<Array<Uuid>, _>(arrivals.into_keys().collect::<Vec<_>>())
        .bind::<Array<Text>, _>(kinds)
        .bind::<Array<Timestamptz>, _>(times);
    Kept(note).execute(tx.conn()).await.map(|_| ())
}
