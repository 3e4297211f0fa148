//! What waits and what was given up, by account.

use std::collections::HashMap;

use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::TenantTx;
use crate::ids::AccountId;
use crate::schema::{conversations, jobs, messages};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AccountLoad {
    /// Messages that are not sent yet.
    pub queued_messages: i64,
    /// Jobs that were parked.
    pub dead_letters: i64,
}

pub async fn read(
    tx: &mut TenantTx<'_>,
    accounts: &[AccountId],
) -> QueryResult<HashMap<AccountId, AccountLoad>> {
    let mut loads: HashMap<AccountId, AccountLoad> = HashMap::new();
    let queued: Vec<(AccountId, i64)> = messages::table
        .filter(messages::organization_id.eq(tx.organization()))
        .filter(messages::account_id.eq_any(accounts))
        // Written out, so that the partial index fits.
        .filter(diesel::dsl::sql::<diesel::sql_types::Bool>(
            "messages.state IN ('queued', 'sending')",
        ))
        .group_by(messages::account_id)
        .select((messages::account_id, count_star()))
        .load(tx.conn())
        .await?;
    for (account, count) in queued {
        loads.entry(account).or_default().queued_messages = count;
    }
    let conversation = conversations::organization_id
        .eq(jobs::organization_id)
        .and(conversations::id.eq(jobs::lane));
    let dead: Vec<(AccountId, i64)> = jobs::table
        .inner_join(conversations::table.on(conversation))
        .filter(jobs::organization_id.eq(tx.organization()))
        .filter(diesel::dsl::sql::<diesel::sql_types::Bool>(
            "jobs.state = 'dead'",
        ))
        .filter(conversations::account_id.eq_any(accounts))
        .group_by(conversations::account_id)
        .select((conversations::account_id, count_star()))
        .load(tx.conn())
        .await?;
    for (account, count) in dead {
        loads.entry(account).or_default().dead_letters = count;
    }
    Ok(loads)
}
