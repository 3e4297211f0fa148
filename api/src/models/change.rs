//! What changed since a moment, read from `changed_at`: live updates need no table of their own.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Timestamptz;
use diesel_async::RunQueryDsl;

use crate::db::TenantTx;
use crate::ids::{AccountId, ConversationId};
use crate::schema::{conversations, platform_apps, social_accounts};

#[derive(QueryableByName)]
struct Horizon {
    #[diesel(sql_type = Timestamptz)]
    horizon: DateTime<Utc>,
}

/// The moment up to which everything that changed is committed and can be seen by the statements that follow, however late a commit
/// comes after its `changed_at`. To be asked before reading.
///
/// A transaction that still runs began before whatever it will write down as changed. One that holds a minute's transaction open
/// is not waited for: no statement of ours may take half of that. All processes must use one login, since nobody sees the
/// transactions of others.
pub async fn horizon(tx: &mut TenantTx<'_>) -> QueryResult<DateTime<Utc>> {
    const HORIZON: &str = "
        SELECT greatest(least(statement_timestamp(), min(xact_start)), statement_timestamp() - interval '1 minute')
                   - interval '1 microsecond' AS horizon
        FROM pg_stat_activity
        WHERE datname = current_database() AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()";
    let found: Horizon = diesel::sql_query(HORIZON).get_result(tx.conn()).await?;
    Ok(found.horizon)
}

/// Conversations that changed after `since`, in the order in which they did.
pub async fn conversations_since(
    tx: &mut TenantTx<'_>,
    since: DateTime<Utc>,
    limit: i64,
) -> QueryResult<Vec<(ConversationId, DateTime<Utc>)>> {
    conversations::table
        .filter(conversations::organization_id.eq(tx.organization()))
        .filter(conversations::changed_at.gt(since))
        .order((conversations::changed_at, conversations::id))
        .limit(limit)
        .select((conversations::id, conversations::changed_at))
        .load(tx.conn())
        .await
}

/// Social accounts that changed after `since`, in the order in which they did. There are few.
pub async fn accounts_since(
    tx: &mut TenantTx<'_>,
    since: DateTime<Utc>,
    limit: i64,
) -> QueryResult<Vec<(AccountId, DateTime<Utc>)>> {
    social_accounts::table
        .filter(social_accounts::organization_id.eq(tx.organization()))
        .filter(social_accounts::changed_at.gt(since))
        .order((social_accounts::changed_at, social_accounts::id))
        .limit(limit)
        .select((social_accounts::id, social_accounts::changed_at))
        .load(tx.conn())
        .await
}

/// All platform apps with the time of their last change: at most one a platform, and a removed one is only missed.
pub async fn platform_apps(tx: &mut TenantTx<'_>) -> QueryResult<Vec<(String, DateTime<Utc>)>> {
    platform_apps::table
        .filter(platform_apps::organization_id.eq(tx.organization()))
        .select((platform_apps::platform, platform_apps::changed_at))
        .load(tx.conn())
        .await
}
