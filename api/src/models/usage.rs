//! Tokens and answers by agent and day of the organization's time zone (R88).

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::TenantTx;
use crate::ids::AgentId;
use crate::language_model::Usage;
use crate::schema::usage;

/// Adds one answer's tokens to the day's sum.
pub async fn add(
    tx: &mut TenantTx<'_>,
    agent: AgentId,
    now: DateTime<Utc>,
    used: Usage,
) -> QueryResult<()> {
    use diesel::upsert::excluded;
    let today = super::organization::day(tx, now).await?;
    diesel::insert_into(usage::table)
        .values((
            usage::organization_id.eq(tx.organization()),
            usage::agent_id.eq(agent),
            usage::day.eq(today),
            usage::answers.eq(1_i64),
            usage::prompt_tokens.eq(i64::from(used.prompt_tokens)),
            usage::completion_tokens.eq(i64::from(used.completion_tokens)),
        ))
        .on_conflict((usage::organization_id, usage::agent_id, usage::day))
        .do_update()
        .set((
            usage::answers.eq(usage::answers + excluded(usage::answers)),
            usage::prompt_tokens.eq(usage::prompt_tokens + excluded(usage::prompt_tokens)),
            usage::completion_tokens
                .eq(usage::completion_tokens + excluded(usage::completion_tokens)),
        ))
        .execute(tx.conn())
        .await
        .map(|_| ())
}
