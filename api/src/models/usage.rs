//! Tokens and answers by agent and day of the organization's time zone (R88).

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Double, Nullable};
use diesel_async::RunQueryDsl;

use crate::db::TenantTx;
use crate::ids::AgentId;
use crate::language_model::Usage;
use crate::schema::usage;

/// What the tokens were used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// An answer to a customer.
    Answer,
    /// The playground: tokens and cost count, but it is no answer.
    Trial,
}

/// Adds one call's tokens and cost to the day's sum. A cost that is not known leaves the sum as it is.
pub async fn add(
    tx: &mut TenantTx<'_>,
    agent: AgentId,
    now: DateTime<Utc>,
    used: Usage,
    cost_usd: Option<f64>,
    purpose: Purpose,
) -> QueryResult<()> {
    use diesel::upsert::excluded;
    let today = super::organization::day(tx, now).await?;
    diesel::insert_into(usage::table)
        .values((
            usage::organization_id.eq(tx.organization()),
            usage::agent_id.eq(agent),
            usage::day.eq(today),
            usage::answers.eq(i64::from(purpose == Purpose::Answer)),
            usage::prompt_tokens.eq(i64::from(used.prompt_tokens)),
            usage::completion_tokens.eq(i64::from(used.completion_tokens)),
            usage::cost_usd.eq(cost_usd),
        ))
        .on_conflict((usage::organization_id, usage::agent_id, usage::day))
        .do_update()
        .set((
            usage::answers.eq(usage::answers + excluded(usage::answers)),
            usage::prompt_tokens.eq(usage::prompt_tokens + excluded(usage::prompt_tokens)),
            usage::completion_tokens
                .eq(usage::completion_tokens + excluded(usage::completion_tokens)),
            usage::cost_usd.eq(sql::<Nullable<Double>>(
                "coalesce(usage.cost_usd + excluded.cost_usd, usage.cost_usd, excluded.cost_usd)",
            )),
        ))
        .execute(tx.conn())
        .await
        .map(|_| ())
}
