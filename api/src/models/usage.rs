//! Tokens and answers by agent and day of the organization's time zone (R88).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Double, Nullable};
use diesel_async::RunQueryDsl;

use crate::db::TenantTx;
use crate::ids::AgentId;
use crate::language_model::Usage;
use crate::schema::usage;

/// Tokens, answers and cost of some calls.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Used {
    answers: i64,
    prompt_tokens: i64,
    completion_tokens: i64,
    /// A cost that is not known adds nothing.
    cost_usd: Option<f64>,
}

impl Used {
    /// Adds an answer to a customer.
    pub fn add(&mut self, used: Usage, cost_usd: Option<f64>) {
        self.add_call(used, cost_usd);
        self.answers += 1;
    }

    fn add_call(&mut self, used: Usage, cost_usd: Option<f64>) {
        self.prompt_tokens += i64::from(used.prompt_tokens);
        self.completion_tokens += i64::from(used.completion_tokens);
        if let Some(cost) = cost_usd {
            *self.cost_usd.get_or_insert_default() += cost;
        }
    }
}

/// Adds one call of the playground to the day's sum: its tokens and cost count, but it is no answer.
pub async fn add_trial(
    tx: &mut TenantTx<'_>,
    agent: AgentId,
    now: DateTime<Utc>,
    used: Usage,
    cost_usd: Option<f64>,
) -> QueryResult<()> {
    let mut sum = Used::default();
    sum.add_call(used, cost_usd);
    add_all(tx, &BTreeMap::from([(agent, sum)]), now).await
}

/// Adds calls to the day's sums, in the order of the agents.
pub async fn add_all(
    tx: &mut TenantTx<'_>,
    by_agent: &BTreeMap<AgentId, Used>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    use diesel::upsert::excluded;
    if by_agent.is_empty() {
        return Ok(());
    }
    let today = super::organization::day(tx, now).await?;
    let organization = tx.organization();
    for (agent, used) in by_agent {
        diesel::insert_into(usage::table)
            .values((
                usage::organization_id.eq(organization),
                usage::agent_id.eq(*agent),
                usage::day.eq(today),
                usage::answers.eq(used.answers),
                usage::prompt_tokens.eq(used.prompt_tokens),
                usage::completion_tokens.eq(used.completion_tokens),
                usage::cost_usd.eq(used.cost_usd),
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
            .await?;
    }
    Ok(())
}
